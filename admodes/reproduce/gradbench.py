"""The evals of GradBench as problems: values, gradients, and whether a wrong gradient would be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..api import differentiate, gradient, hvp
from ..containers import flatten
from ..errors import OutputError
from ..measure.accuracy import Check, Derivative, measure_error
from ..measure.problems.bundle import BUNDLE_ADJUSTMENT, BundleAdjustment
from ..measure.problems.clusters import GaussianMixture, KMeans, mixture_point
from ..measure.problems.formulas import (
    LeastSquares,
    determinant,
    determinant_derivative,
    log_sum_exp,
    log_sum_exp_derivative,
)
from ..measure.problems.problem import own_derivative
from .values import OURS, Reproduction, Table, Value, compared

SOURCE = (
    "GradBench at f26651a7 (2026-03-10), definitions and seeds of its evals; the values follow from them and were computed "
    "apart from this package, with NumPy"
)
_SEED = 31337
_TOLERANCE = 1e-6
#: The line that all of GradBench's bundle files share: camera, point, weight, feature.
_CAMERA = "-0.758453 -1.109613 -0.845551 34.556073 39.676747 53.881673 419.194514 5.864426 -8.518870 0.087812 0.002739"
_POINT, _WEIGHT, _FEATURE = "7.203245 0.001144 3.023326", "0.417022", "271.760969 834.209256"


def reproduce_gradbench() -> Reproduction:
    """The evals lse, llsq, det, gmm, kmeans and ba."""
    return Reproduction("GradBench", (lse_table(), llsq_table(), det_table(), gmm_table(), kmeans_table(), ba_table()))


def passes_gradbench(found: Derivative, reference: Derivative) -> bool:
    """GradBench's own rule: each number within 1e-4 of the reference, relative to ``max(1, |x| + |y|)``."""
    x, y = found.vector, reference.vector
    return bool(np.all(np.abs(x - y) <= 1e-4 * np.maximum(1, np.abs(x) + np.abs(y))))


def _checked(name: str, f: Any, x: Any, exact: Any, methods: Sequence[str] = ("forward", "reverse")) -> list[Value]:
    """Errors of the methods against the closed form, and what the two rules make of planted mistakes."""
    reference = Derivative.of(exact, "the reference")
    values = [
        compared(f"{name}: error of {method}", measure_error(_derivative(f, x, method), reference).norm, note="norm-wise")
        for method in methods
    ]
    zero = reference.replaced(np.zeros_like(reference.vector))
    theirs = "passes" if passes_gradbench(zero, reference) else "refused"
    ours = Check(reference, _TOLERANCE).weakness()
    return [
        *values,
        Value(f"{name}: a gradient of zeros, by GradBench's rule", "", theirs, OURS),
        Value(f"{name}: our rule against planted mistakes", "", ours, OURS),
    ]


def _derivative(f: Any, x: Any, method: str) -> Derivative:
    return Derivative.of(differentiate(f, x, method), "the derivative")


def _table(name: str, text: str, values: Sequence[Value]) -> Table:
    return Table(name, SOURCE, text, tuple(values))


def _random() -> np.random.RandomState:
    """NumPy's old generator, from which GradBench draws."""
    return np.random.RandomState(_SEED)


def lse_table() -> Table:
    """Log-sum-exp, at the smallest size and at the first one where GradBench's check is blind."""
    values = []
    for n in (2500, 20_000):
        x = _random().uniform(size=n)
        found = gradient(log_sum_exp, x)
        values += [
            compared(f"n = {n}: sum of the gradient", float(np.sum(found)), "1.000000000"),
            compared(f"n = {n}: n times the largest component", float(n * np.max(found)), "1.6"),
            *_checked(f"n = {n}", log_sum_exp, x, log_sum_exp_derivative(x.astype(np.longdouble)), ["reverse"]),
        ]
    return _table("lse: log-sum-exp", "The gradient is the softmax: each component is about 1 / n.", values)


def llsq_table() -> Table:
    """Least squares with 16 points and 128 coefficients."""
    f, x = LeastSquares.of(16, 128), _random().uniform(size=128)
    found, by_hand = gradient(f, x), f.derivative(x)
    values = [
        compared("value", float(f(x)), "1970.516864"),
        compared("gradient[0]", float(found[0]), "75.42892931", note=f"the closed form gives {by_hand[0]:.8f}"),
        compared("gradient[1]", float(found[1]), "64.46502277"),
        compared("gradient[2]", float(found[2]), "66.70357820"),
        *_checked("n = 128", f, x, f.derivative(x.astype(np.longdouble))),
    ]
    return _table("llsq: least squares", "A polynomial of 128 coefficients, fitted to a step at 16 points.", values)


def _numbers(name: str, found: Any, published: Sequence[str]) -> list[Value]:
    return [
        compared(f"{name}[{place}]", float(number), printed)
        for place, (number, printed) in enumerate(zip(found, published, strict=True))
    ]


def det_table() -> Table:
    """Determinants by minors of 5 x 5 and 6 x 6 matrices."""
    random = _random()
    five, six = random.uniform(size=(5, 5)), random.uniform(size=(6, 6))
    values = [
        compared("l = 5: determinant", float(determinant(five)), "0.004911350094512"),
        *_numbers("l = 5: gradient[0]", gradient(determinant, five)[0, :3], ("0.01764621", "0.00405367", "0.00859648")),
        *_checked("l = 5", determinant, five, determinant_derivative(five.astype(np.longdouble))),
        compared("l = 6: determinant", float(determinant(six)), "0.119673903713709"),
        *_checked("l = 6", determinant, six, determinant_derivative(six.astype(np.longdouble))),
    ]
    return _table("det: determinant by minors", "The gradient is the matrix of cofactors.", values)


def gmm_table() -> Table:
    """The Gaussian mixture's log-posterior in 2 and in 10 dimensions, 5 components, 1,000 points."""
    published = {
        2: ("-3916.464821054466", "30", "920.8469993989", ("99.56198743", "-236.27953904", "-12.69090573")),
        10: ("-42572.684975516058", "330", "9587.7855170901", ()),
    }
    values: list[Value] = []
    for dimensions, (value, count, norm, first) in published.items():
        rng = np.random.default_rng(_SEED)
        f = GaussianMixture(rng.normal(size=(1000, dimensions)))
        x = mixture_point(dimensions, 5, rng)
        found = gradient(f, x)
        parts = Derivative.of(found, "the gradient").vector
        name = f"d = {dimensions}, k = 5"
        values += [
            compared(f"{name}: value", float(f(x)), value),
            compared(f"{name}: parameters", parts.size, count),
            compared(f"{name}: norm of the gradient", float(np.linalg.norm(parts.astype(float))), norm),
            *_numbers(f"{name}: gradient by alpha", found["weights"][: len(first)], first),
            *_checked(name, f, x, f.derivative(_extended(x)), ["reverse"]),
        ]
    return _table("gmm: Gaussian mixture", "Wishart prior with m = 0 and gamma = 1; 1,000 points.", values)


def _extended(x: Any) -> Any:
    leaves, structure = flatten(x, OutputError, "x")
    return structure.unflatten([leaf.astype(np.longdouble) for leaf in leaves])


def kmeans_table() -> Table:
    """k-means: cost, and the Newton direction by a second derivative; and k = n, where all is zero."""
    points = _random().uniform(size=(1000, 8))
    f, centroids = KMeans(points), points[-10:].copy()
    slope, curvature = gradient(f, centroids), hvp(f, centroids, np.ones_like(centroids))
    small = KMeans(points[:50])
    values = [
        compared("k = 10: cost", float(f(centroids)), "609.338987589232"),
        compared("k = 10: norm of the direction", float(np.linalg.norm(slope / curvature)), "1.210399715751"),
        *_checked("k = 10", f, centroids, f.derivative(centroids.astype(np.longdouble)), ["reverse"]),
        *_checked("k = n = 50", small, points[:50].copy(), small.derivative(points[:50].astype(np.longdouble)), ["reverse"]),
    ]
    text = "The Hessian is diagonal: direction = gradient / (Hessian times ones). With k = n there is nothing to differentiate."
    return _table("kmeans: k-means", text, values)


def ba_table() -> Table:
    """One observation of GradBench's, and observations that each have a camera of their own."""
    x = np.array([*_CAMERA.split(), *_POINT.split(), _WEIGHT], dtype=float)
    f = BundleAdjustment(np.array([_FEATURE.split()], dtype=float))
    errors, jacobian = f(x), differentiate(f, x, "forward")
    count = 20
    many, row = BUNDLE_ADJUSTMENT.at(15 * count, 3 * count)
    blocks = differentiate(many, row, "forward")
    values = [
        *_numbers("error", errors[:2], ("0.10133584", "-0.06896777")),
        compared("error of the weight", float(errors[2]), "0.826092651516"),
        compared("derivative of the weight's error", float(jacobian[2, 14]), "-0.834044"),
        *_numbers("Jacobian[0]", jacobian[0, :3], ("-461.44632100", "178.86792801", "-19.42391647")),
        compared("Jacobian[0, 14]", float(jacobian[0, 14]), "0.24299878"),
        *_checked("one observation", f, x, f.derivative(x.astype(np.longdouble))),
        compared(
            f"{count} cameras: nonzeros an observation",
            int(np.count_nonzero(blocks)) // count,
            "31",
            note="31 = 2 x 15 + 1 are stored; two of them, u by v0 and v by u0, are zero",
        ),
        *_checked(f"{count} cameras", many, row, own_derivative(many, row.astype(np.longdouble))),
    ]
    text = "GradBench repeats one camera, point and weight; beside it, observations with random data of their own."
    return _table("ba: bundle adjustment", text, values)
