"""The complex step: its claims for every primitive, its accuracy, what it refuses by name, and singular points."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import test_docs
from hypothesis import given, settings
from rule_cases import draw, exact_function, parameter_choices, smooth
from support import Case, assert_close, assert_right_or_refused, numerical_jacobian
from test_nesting import layer, layer_hessian, rosenbrock, rosenbrock_hessian, written, written_hessian
from test_programs import points, programs, run
from test_random_programs import random_expression, random_program

import admodes as ad
import admodes.special
from admodes import kinds
from admodes.complex_step import SteppedElementwise
from admodes.errors import MissingRuleError, OutputError, TracedValueError, UnsupportedError
from admodes.kinds import Application
from admodes.rules import ELEMENTWISE
from admodes.stepping import slope_at

special = pytest.importorskip("scipy.special")

EPS = float(np.finfo(float).eps)
RNG = np.random.default_rng(8)
V = np.array([0.7, -1.3, 2.1])
S = RNG.normal(size=(3, 3)) + 3 * np.eye(3)
TALL = RNG.normal(size=(4, 3))
INF = np.inf


def by_step(f: Callable[..., Any], x: Any) -> Any:
    """The Jacobian by the complex step."""
    return ad.jacobian(f, x, method="complex")


@pytest.fixture(autouse=True)
def singular_points_are_expected() -> Any:
    """f itself divides by zero at some points, in plain NumPy too."""
    with np.errstate(all="ignore"):
        yield


# --- every primitive says whether it is analytic ---------------------------------------------------


def registered(*types: type) -> dict[str, kinds.Primitive]:
    """All primitives of these kinds that a module of the package holds, by name."""
    found: dict[str, kinds.Primitive] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("admodes"):
            for value in vars(module).values():
                held = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else [value]
                for one in held:
                    if type(one) in types:
                        found[one.name] = one
    return found


def claims(primitive: kinds.Primitive) -> bool:
    """Whether a primitive says that the complex step takes it."""
    return primitive.analytic or primitive.continuation is not None or primitive.chooses


EVERY_PARTIAL = [
    pytest.param(rule, position, id=f"{rule.name}-{position}") for rule in ELEMENTWISE.values() for position in smooth(rule)
]


def stepped_partial(rule: Any, position: int, values: list[Any], parameters: dict[str, Any]) -> Any:
    shapes = tuple(np.shape(value) for value in values)
    out = rule.evaluate(*values, **parameters)
    application = Application(rule, parameters, shapes, np.shape(out))
    return SteppedElementwise(rule).partial(application, position, out, values)


def check_elementwise(rule: Any, position: int) -> None:
    """The derivative by the step against SymPy's in fifty digits, in units of the last place of the larger slopes around."""
    points = draw(rule, *((50,) for _ in rule.partials), seed=4)
    for parameters in parameter_choices(rule):
        got = np.broadcast_to(stepped_partial(rule, position, points, parameters), (50,))
        rows = zip(*points, strict=True)
        with mpmath.workdps(50):
            truth = [exact_function(rule, position, *parameters.items())(*(mpmath.mpf(float(v)) for v in row)) for row in rows]
            errors = [abs(float(mpmath.mpf(float(one)) - other)) for one, other in zip(got, truth, strict=True)]
        size = np.abs(np.array(truth, dtype=float))
        assert np.max(np.array(errors) / np.maximum(size, max(np.median(size), EPS))) <= 16 * EPS, parameters


@pytest.mark.parametrize(("rule", "position"), EVERY_PARTIAL)
def test_elementwise_claims(rule: Any, position: int) -> None:
    """Breaks if a rule that says it is analytic is inexact by the complex step, or one that does not is not refused by name."""
    points = draw(rule, *((3,) for _ in rule.partials))

    def f(x: Any) -> Any:
        operands = [x if number == position else point for number, point in enumerate(points)]
        return rule(*operands, **parameter_choices(rule)[0])

    if not claims(rule):
        name = {"modulus": "absolute", "bessel_i0": "i0", "_zeta": "zeta"}.get(rule.name, rule.name)  # as f wrote it
        with pytest.raises(MissingRuleError, match=f"^{name} is not analytic"):
            by_step(f, points[position])
        return
    if not rule.chooses:
        check_elementwise(rule, position)
    assert_close(by_step(f, points[position]), numerical_jacobian(f, points[position]), 1e-7)


def test_a_wrong_continuation_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if the check above would let a wrong claim pass."""
    for function, wrong in (
        (np.arctan2, lambda y, x: np.arctan(y / x) * (1 + 1e-13)),
        (np.absolute, lambda z: np.abs(z)),
        (np.exp, np.exp2),
    ):
        monkeypatch.setattr(ELEMENTWISE[function], "continuation", wrong)
        with pytest.raises(AssertionError):
            check_elementwise(ELEMENTWISE[function], 0)


SYMMETRIC = S @ S.T
#: A call of each primitive that is not elementwise, by the primitive's name.
WHOLE: dict[str, Callable[[Any], Any]] = {
    "det": np.linalg.det,
    "slogdet": lambda a: np.linalg.slogdet(-a)[1],
    "_product": lambda a: np.prod(a, axis=0),
    "max": lambda a: np.max(a, axis=1),
    "min": lambda a: np.min(a, axis=(0, 1)),
    "_fmax": lambda a: np.nanmax(a, axis=1),
    "_fmin": np.nanmin,
    "logsumexp": lambda a: admodes.special.logsumexp(a, axis=0),
    "inv": np.linalg.inv,
    "solve": lambda a: np.linalg.solve(a, a[0] * 2),
    "cumprod": lambda a: np.cumprod(a, axis=1),
    "norm": np.linalg.norm,
    "spectral_norm": lambda a: np.linalg.norm(a, 2),
    "smallest_singular_value": lambda a: np.linalg.norm(a, -2),
    "nuclear_norm": lambda a: np.linalg.norm(a, "nuc"),
    "cholesky": np.linalg.cholesky,
    "qr": lambda a: np.linalg.qr(a)[1],
    "eigh": lambda a: np.linalg.eigh(a)[1],
    "eigvalsh": np.linalg.eigvalsh,
    "eig": lambda a: np.linalg.eig(a)[0],
    "eigvals": np.linalg.eigvals,
    "svd": lambda a: np.linalg.svd(a)[0],
    "svdvals": np.linalg.svdvals,
    "pinv": np.linalg.pinv,
    "lstsq": lambda a: np.linalg.lstsq(a[:, :2], a[0])[0],
    "lstsq_residuals": lambda a: np.linalg.lstsq(a[:, :2], a[0])[1],
    "lstsq_svdvals": lambda a: np.linalg.lstsq(a[:, :2], a[0])[3],
    "matmul": lambda a: a @ a @ a[0],
    "convolve": lambda a: np.convolve(a[0], a[1]),
    "einsum": lambda a: np.einsum("ij,jk,ik->i", a, a, a),
}
#: Primitives that stand in the derivatives of others alone.
INNER = {"polar"}


def test_no_primitive_is_forgotten() -> None:
    """Breaks if a new primitive says nothing of the complex step to these tests."""
    found = registered(kinds.Reduction, kinds.Custom, kinds.Multilinear)
    assert set(found) == set(WHOLE) | INNER


@pytest.mark.parametrize("name", WHOLE)
def test_other_claims(name: str) -> None:
    """Breaks if a map of whole arrays is inexact by the complex step, or is not analytic and not refused by name."""
    primitive = registered(kinds.Reduction, kinds.Custom, kinds.Multilinear)[name]
    f = WHOLE[name]
    if not claims(primitive):
        # What f meets first may be another one of its kind; or a norm, by its order.
        with pytest.raises(MissingRuleError, match=rf"^({name}|lstsq|svd|eigh|eigvalsh|norm\(x, .*\)) is not analytic"):
            by_step(f, SYMMETRIC)
        return
    got = by_step(f, SYMMETRIC)
    truth = numerical_jacobian(f, SYMMETRIC)
    assert_close(got, truth, 1e-8)
    assert_close(got, ad.jacobian(f, SYMMETRIC, method="reverse"), 32 * EPS, "the derivative beside reverse mode")


def test_no_table_of_derivatives_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a partial, a seeded map or a push of the table is called: its agreement with forward would be no evidence."""

    def f(a: Any) -> Any:
        spectrum = np.fft.rfft(np.tanh(a) * np.exp(-a), axis=0)
        power = np.real(spectrum) ** 2 + np.imag(spectrum) ** 2
        product = np.linalg.solve(a, np.linalg.inv(a) @ np.sinc(a)) + np.hypot(a, 1.0) ** a.T / np.logaddexp(a, a.T)
        product[0] = np.cumsum(a[1]) * np.prod(a[2])
        return np.linalg.det(product) + np.sum(power) + np.var(a) + np.sum(np.where(a > 1, np.log(a), 0.0))

    a = np.abs(SYMMETRIC) + 0.1
    wanted = ad.gradient(f, a, method="reverse")

    def refuse(*_: Any, **__: Any) -> Any:
        raise AssertionError("the table was read")

    for kind in (kinds.Elementwise, kinds.Reduction, kinds.Custom, kinds.Multilinear, kinds.Linear):
        if kind is not kinds.Elementwise:
            monkeypatch.setattr(kind, "jvp", refuse)
        monkeypatch.setattr(kind, "vjp", refuse)
    monkeypatch.setattr(kinds.Elementwise, "partial", refuse)
    assert_close(ad.gradient(f, a, method="complex"), wanted, 1e-13)
    with pytest.raises(AssertionError, match="table"):
        ad.gradient(f, a, method="forward")


# --- accuracy far out ------------------------------------------------------------------------------

LEFT = (-0.7, -1.46, -2.3, -1e-10, -3.0000001, -100.7)


def gamma_slope(x: Any) -> Any:
    return mpmath.gamma(x) * mpmath.digamma(x)


def hazard(x: Any) -> Any:
    """Density over integral of the normal distribution, far out by the first terms of its series."""
    return -x - 1 / x if x < -1000 else mpmath.npdf(x) / mpmath.ncdf(x)


FAR = [
    (np.tanh, 20.0, lambda x: mpmath.sech(x) ** 2),
    (np.tanh, -300.0, lambda x: mpmath.sech(x) ** 2),
    (np.tan, np.pi / 2, lambda x: mpmath.sec(x) ** 2),
    (np.tan, 1e10, lambda x: mpmath.sec(x) ** 2),
    (np.sin, 1e22, mpmath.cos),
    (np.exp, 700.0, mpmath.exp),
    (np.exp, -600.0, mpmath.exp),
    (np.exp2, 1000.3, lambda x: mpmath.mpf(2) ** x * mpmath.log(2)),
    (np.expm1, 1e-10, mpmath.exp),
    (np.expm1, 0.0, mpmath.exp),
    (np.sinh, 700.0, mpmath.cosh),
    (np.log, 1e-300, lambda x: 1 / x),
    (np.log, 1e300, lambda x: 1 / x),
    (np.log10, 1e300, lambda x: 1 / x / mpmath.log(10)),
    (np.log1p, -1 + 2**-53, lambda x: 1 / (1 + x)),
    (np.log1p, 1e-20, lambda x: 1 / (1 + x)),
    (np.sqrt, 1e-300, lambda x: 1 / (2 * mpmath.sqrt(x))),
    (np.sqrt, 1e300, lambda x: 1 / (2 * mpmath.sqrt(x))),
    (np.cbrt, -8.0, lambda x: mpmath.mpf(1) / 12),
    (np.cbrt, 1e300, lambda x: mpmath.cbrt(x) / (3 * x)),
    (np.arcsin, 1 - 2**-53, lambda x: 1 / mpmath.sqrt(1 - x * x)),
    (np.arccos, -1 + 1e-12, lambda x: -1 / mpmath.sqrt(1 - x * x)),
    (np.arctan, 1e150, lambda x: 1 / (1 + x * x)),
    (np.arcsinh, 1e150, lambda x: 1 / mpmath.sqrt(1 + x * x)),
    (np.arccosh, 1 + 2**-52, lambda x: 1 / mpmath.sqrt(x * x - 1)),
    (np.arctanh, 1 - 2**-53, lambda x: 1 / (1 - x * x)),
    (np.reciprocal, 1e-150, lambda x: -1 / (x * x)),
    (np.sinc, 1e-10, lambda x: -(mpmath.pi**2) * x / 3),
    (lambda x: x**-2, -3.0, lambda x: -2 / x**3),
    (lambda x: x**3, -1e100, lambda x: 3 * x * x),
    (lambda x: np.power(x, 1e9), 1.0000001, lambda x: mpmath.mpf(10) ** 9 * x ** (10**9 - 1)),
    (lambda x: np.power(1.5, x), 1000.0, lambda x: mpmath.mpf(1.5) ** x * mpmath.log(mpmath.mpf(1.5))),
    (lambda x: np.hypot(x, 3e200), 1e200, lambda x: x / mpmath.sqrt(x * x + mpmath.mpf(3e200) ** 2)),
    (lambda x: np.hypot(x, 3e-200), 1e-200, lambda x: x / mpmath.sqrt(x * x + mpmath.mpf(3e-200) ** 2)),
    (lambda x: np.arctan2(x, -3e-200), 1e-200, lambda x: mpmath.mpf(-3e-200) / (x * x + mpmath.mpf(3e-200) ** 2)),
    (lambda x: np.arctan2(x, -1.0), 0.0, lambda x: mpmath.mpf(-1)),
    (lambda x: np.logaddexp(x, 0.0), 1e4, lambda x: mpmath.mpf(1)),
    (lambda x: np.logaddexp(x, 600.0), 0.0, lambda x: mpmath.exp(-600) / (1 + mpmath.exp(-600))),
    (special.expit, -600.0, mpmath.exp),
    (special.expit, 40.0, lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2),
    (special.log_expit, -800.0, lambda x: mpmath.mpf(1)),
    (special.logit, 1e-300, lambda x: 1 / (x * (1 - x))),
    (special.erfc, 20.0, lambda x: -2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)),
    (special.gamma, 170.1, lambda x: mpmath.gamma(x) * mpmath.digamma(x)),
    (special.gamma, 1e-10, lambda x: mpmath.gamma(x) * mpmath.digamma(x)),
    *((special.gammaln, x, mpmath.digamma) for x in (1e10, 1e17, 2e18, 1e30, 1e300)),
    *(
        (function, x, slope)
        for function, slope in ((special.gamma, gamma_slope), (special.gammaln, mpmath.digamma))
        for x in LEFT
    ),
    *((special.log_ndtr, x, hazard) for x in (-1e100, -300.0, -5.0, -0.3, 0.0, 0.4, 1.0, 3.0, 5.0, 6.0, 8.5, 20.0, 36.0)),
    *((function, x, lambda x: mpmath.mpf(0)) for function in (special.ndtr, special.log_ndtr) for x in (41.0, 1e10, 1e200)),
    *((special.ndtr, x, mpmath.npdf) for x in (-30.0, -6.0, -0.3, 0.0, 0.4, 3.0, 6.0, 20.0)),
    *((lambda x, b=b: np.hypot(x, b), 0.0, lambda x: mpmath.mpf(0)) for b in (1e-300, 1e-140, 1e-25, 1e-20, 1e20)),
    *((lambda x, b=b: np.hypot(x, b), 1e-22, lambda x, b=b: x / mpmath.hypot(x, b)) for b in (1e-200, 1e-25, 1e-21, 1e20)),
    *((lambda x, b=b: np.arctan2(x, b), 0.0, lambda x, b=b: 1 / mpmath.mpf(b)) for b in (1e-200, 1e-30, -1e-20, 1e140)),
]


@pytest.mark.parametrize(("f", "x", "slope"), FAR)
def test_accuracy_far_out(f: Callable[..., Any], x: float, slope: Callable[..., Any]) -> None:
    """Breaks if NumPy's complex evaluation loses the digits that its real one has: huge, tiny and nearly singular points."""
    with mpmath.workdps(60):
        truth = float(slope(mpmath.mpf(x)))
    for point, expected in ((x, truth), (np.array([x, x]), np.diag([truth, truth]))):
        np.testing.assert_allclose(by_step(f, point), expected, rtol=12 * EPS, atol=0)


EVERYWHERE = [
    (special.ndtr, mpmath.npdf, (-9, 9)),
    (special.log_ndtr, hazard, (-35, 35)),
    (special.erf, lambda x: 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x), (-9, 9)),
    (special.erfcx, lambda x: 2 * x * mpmath.exp(x * x) * mpmath.erfc(x) - 2 / mpmath.sqrt(mpmath.pi), (-9, 25)),
    (special.psi, lambda x: mpmath.psi(1, x), (-9, 9)),
]


@pytest.mark.parametrize(("f", "slope", "interval"), EVERYWHERE, ids=lambda value: getattr(value, "__name__", ""))
def test_the_digits_that_are_promised(f: Any, slope: Callable[..., Any], interval: tuple[float, float]) -> None:
    """Breaks if a function of SciPy's loses more digits somewhere than docs/limits.md says."""
    x = RNG.uniform(*interval, 200)
    with mpmath.workdps(60 + int(max(interval) ** 2 / 2)):
        truth = [float(slope(mpmath.mpf(one))) for one in x]
    np.testing.assert_allclose(ad.jvp(f, x, np.ones(200), "complex")[1], truth, rtol=2e-14)


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: x**1000, 2.03, INF),
        (lambda x: np.power(1e300, x), 1.02, INF),
        (special.gamma, 171.5, INF),
        (lambda x: x**-2, 1e-140, -INF),
    ],
)
def test_slopes_that_overflow(f: Callable[..., Any], x: float, slope: float) -> None:
    """Breaks if a slope beyond the largest number comes out as 0: it is the same infinity with every step."""
    assert by_step(f, x) == slope == ad.differentiate(f, x, "reverse")


def test_operands_of_different_sizes() -> None:
    """Breaks if a step that is tiny beside the largest operand, and not beside the others, passes, or is lost beside it."""
    ill = np.array([[1.0, 2.0], [3.0, 1e20]])
    np.testing.assert_allclose(by_step(np.linalg.det, ill), [[1e20, -3.0], [-2.0, 1.0]], rtol=1e-14)
    logsumexp = admodes.special.logsumexp
    assert ad.jvp(logsumexp, [1e100, 2e100, 1.0], [1.0, 2.0, 0.0], "complex")[1] == 2.0
    mask, lowest = np.array([True, False, True]), np.finfo(float).min
    assert_close(ad.gradient(lambda x: logsumexp(np.where(mask, x, lowest)), V, "complex")[1], 0.0)
    assert_close(ad.gradient(lambda x: logsumexp(np.where(mask, x, lowest)), V, "complex")[mask], special.softmax(V[mask]), 1e-15)
    np.testing.assert_allclose(ad.gradient(logsumexp, [0.0, 648.0], "complex")[0], np.exp(-648.0), rtol=1e-14)
    x, ones = np.array([1e-80, 1e80, 3.0]), np.ones(3)
    np.testing.assert_allclose(ad.jvp(np.prod, x, ones, "complex")[1], 3e80, rtol=1e-15)
    np.testing.assert_allclose(ad.jvp(np.cumprod, x, ones, "complex")[1], [1.0, 1e80, 3e80], rtol=1e-15)
    inverses = by_step(np.linalg.inv, [[[1e-80]], [[1e80]]]).ravel()
    np.testing.assert_allclose(inverses, [-1e160, 0.0, 0.0, -1e-160], rtol=1e-15)


@pytest.mark.parametrize("seed", range(4))
def test_badly_scaled_matrices(seed: int) -> None:
    """Breaks if rows and columns of very different sizes spoil the small entries of a derivative."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(3, 3)) + 2 * np.eye(3)
    rows, columns = 10.0 ** rng.integers(-40, 40, (3, 1)), 10.0 ** rng.integers(-40, 40, (1, 3))
    with mpmath.workdps(200):
        matrix = mpmath.matrix((a * rows * columns).tolist())
        turned, size = matrix**-1, mpmath.det(matrix)
        inverse = np.array([[float(turned[i, j]) for j in range(3)] for i in range(3)])
        minors = np.array([[float(turned[j, i] * size) for j in range(3)] for i in range(3)])
    scaled, one = a * rows * columns, np.ones(3)
    np.testing.assert_allclose(by_step(np.linalg.det, scaled), minors, rtol=1e-12)
    np.testing.assert_allclose(by_step(lambda a: np.linalg.slogdet(a)[1], scaled), inverse.T, rtol=1e-12)
    np.testing.assert_allclose(by_step(np.linalg.inv, scaled), -np.einsum("ik,lj->ijkl", inverse, inverse), rtol=1e-12)
    by_right_side = ad.jacobian(lambda b: np.linalg.solve(scaled, b), one, "complex")
    np.testing.assert_allclose(by_right_side, inverse, rtol=1e-12)


@pytest.mark.parametrize("scale", [1e250, 1.0, 1e-290])
def test_tangents_of_any_size(scale: float) -> None:
    """Breaks if a step that is tiny beside x is not tiny beside the tangent, or is lost in it."""
    f = lambda x: np.linalg.det(np.outer(x, x) + np.eye(3)) * np.sum(np.sin(x))  # noqa: E731 - a formula
    along = np.array([1.0, -2.0, 1e-6])
    wanted = along @ numerical_jacobian(f, V)
    assert abs(ad.jvp(f, V, scale * along, "complex")[1] / scale - wanted) < 1e-8 * abs(wanted)


def test_tiny_values_between() -> None:
    """Breaks if the tangent of a value that has become tiny is lost: the chain rule goes on from it."""
    assert_close(ad.differentiate(lambda x: np.log(np.exp(x)), -600.0, method="complex"), 1.0, 1e-13)
    assert_close(ad.differentiate(lambda x: (x * 1e-200) / 1e-200, 3.0, method="complex"), 1.0, 1e-14)
    assert_close(ad.gradient(np.prod, np.full(3, 1e-40), method="complex") * 1e80, np.ones(3), 1e-14)
    assert_close(ad.jvp(np.prod, np.full(3, 1e-40), np.ones(3), method="complex")[1] * 1e80, 3.0, 1e-14)


# --- singular points -------------------------------------------------------------------------------


@pytest.mark.parametrize("row", test_docs.KINKS, ids=lambda row: f"{row[0]} at {row[1]}")
def test_kinks(row: list[str]) -> None:
    """Breaks if at a point of the written policy there is anything else than its value, NaN, or a refusal by name."""
    f, wanted = test_docs.function(row[0]), test_docs.numbers(row[2])
    for x in test_docs.points(row[1]):
        try:
            got = np.ravel(by_step(f, x))
        except MissingRuleError as error:
            assert "is not analytic" in str(error)
            continue
        expected = np.where(np.isnan(got), np.nan, np.ravel(wanted))
        np.testing.assert_allclose(got, expected, rtol=1e-15, atol=1e-15)
        assert row[0] not in DEFINITE or not np.isnan(got[~np.isnan(np.ravel(wanted))]).any()


#: Of the table of kinks, what the complex step decides as the other modes do.
DEFINITE = {
    *("`np.maximum(x, 0)`", "`np.minimum(x, 0)`", "`np.max(x)`", "`np.sort(x)`", "`np.median(x)`", "`np.clip(x, 0, 1)`"),
    *("`x**0`", "`x**1`", "`x**2`", "`x**1.5`", "`np.sinc(x)`", "`np.prod(x)`", "`np.cumprod(x)`", "`np.tanh(x)`"),
    *("`np.sqrt(x)[1]`", "`np.where(x > 0, np.sqrt(x), 0.0)`", "`np.where(x == 0, 1.0, np.sin(x) / x)`"),
}


def test_the_table_has_what_is_definite() -> None:
    """Breaks if a row of the table of kinks is renamed, so that NaN would pass in it."""
    assert {row[0] for row in test_docs.KINKS} >= DEFINITE


@pytest.mark.parametrize(
    ("f", "x"),
    [
        *((function, 0.0) for function in (np.sqrt, np.cbrt, np.log, np.log2, np.log10, np.reciprocal, special.logit)),
        *((function, 1.0) for function in (np.arcsin, np.arccos, np.arccosh, np.arctanh)),
        *((function, -1.0) for function in (np.arcsin, np.arccos, np.arctanh, np.log1p)),
        *((function, -1.0) for function in (np.sqrt, np.log, np.log10, np.arccosh)),
        *((function, 2.0) for function in (np.arcsin, np.arccos, np.arctanh)),
        *((lambda x, p=p: x**p, 0.0) for p in (0.5, -1.0, 0.9)),
        (lambda x: x**0.5, -2.0),
        (lambda x: (-2.0) ** x, 2.0),
        (lambda x: np.power(0.0, x), 0.0),
        (lambda x: np.sqrt(x * x), 0.0),
        (lambda x: np.hypot(x, 0.0), 0.0),
        (lambda x: np.std(np.stack([x, x])), 1.0),
        (lambda x: np.linalg.slogdet(x * np.ones((2, 2)))[1], 1.0),
        (np.exp, 1e4),
        (special.gammaln, -1.0),
        (special.loggamma, -1.5),
        (special.gamma, 0.0),
        (special.entr, 0.0),
    ],
)
def test_singular_points_are_nan(f: Callable[..., Any], x: float) -> None:
    """Breaks if the huge number, or that of a branch beside the real line, which complex numbers give there passes as a slope."""
    assert np.isnan(by_step(f, x))
    assert np.isnan(by_step(lambda x: f(x) * 2.0, np.float64(x)))


@pytest.mark.parametrize(
    ("power", "wanted"),
    [
        (1.0, 1.0),
        (1.0 + 1e-8, 0.0),
        (1.0001, 0.0),
        (1.25, 0.0),
        (1.5, 0.0),
        (2.0, 0.0),
        (2.5, 0.0),
        (3, 0.0),
        (0, 0.0),
        (7.0, 0.0),
    ],
)
def test_powers_of_zero(power: Any, wanted: float) -> None:
    """Breaks if a power whose slope at 0 is a number is taken for a singular point."""
    for f in (lambda x: x**power, lambda x: np.power(x, power), lambda x: np.float_power(x, power)):
        assert abs(by_step(f, 0.0) - wanted) < 1e-30


def test_steps_are_told_from_slopes() -> None:
    """Breaks if a quotient that grows as the step shrinks is believed, or one that vanishes is not 0."""

    def at(function: Callable[..., Any]) -> Any:
        return slope_at(lambda step: function(1j * step), 2.0**-100, None, 0.0, lambda size: size)

    assert at(lambda z: z + 1e-3) == 1.0  # its real part differs, but the quotient stays
    assert np.isnan(at(np.sqrt))
    assert at(lambda z: z**1.5) == 0.0


@pytest.mark.parametrize("function", [np.sqrt, np.log, lambda x: x**-1.5, lambda x: np.std(x[:, None] * [1.0, 2.0], axis=1)])
def test_branches_that_are_not_taken(function: Callable[..., Any]) -> None:
    """Breaks if a singular point that f drops, or does not use, spoils the rest."""
    x = np.array([0.0, 4.0])
    slope = numerical_jacobian(function, [4.0])[0, 0]
    assert_close(by_step(lambda x: np.where(x > 0, function(x), 3 * x), x), [[3.0, 0.0], [0.0, slope]], 1e-8)
    assert_close(by_step(lambda x: function(x)[1], x), [0.0, slope], 1e-8)
    assert_close(ad.jvp(function, x, [0.0, 1.0], "complex")[1], [0.0, slope], 1e-8)

    def kept(x: Any) -> Any:
        y = np.zeros_like(x)
        y[:] = function(x)
        y[0] = x[1]
        return np.linalg.solve(np.diag([2.0, 4.0]), y)

    assert_close(by_step(kept, x), [[0.0, 0.5], [0.0, slope / 4]], 1e-8)


def test_choices_are_those_of_plain_numbers() -> None:
    """Breaks if a maximum, a sort or a branch looks at the step."""
    wanted = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert_close(by_step(np.sort, V), wanted)
    assert_close(by_step(lambda x: np.sort(np.maximum(x, x[::-1])), [1.0, 0.0, 1.0]).sum(axis=0), [1.0, 1.0, 1.0])
    assert_close(by_step(lambda x: np.median(x) + x.max() - np.clip(x, -1, 1).sum(), V), [0.0, 0.0, 1.0])
    assert_close(by_step(lambda x: x[0] ** 2 if x[0] >= 0.7 and not x[0] > 0.7 else x[0], V), [1.4, 0.0, 0.0])
    assert_close(by_step(lambda x: x if -1 < x < 1 else x * x, 0.5), 1.0)
    assert_close(by_step(lambda x: np.floor(x) * x + np.sign(x) * x, V), np.diag([1.0, -3.0, 3.0]))


# --- what is refused, and what to write instead ----------------------------------------------------

CURES = [
    ("absolute", lambda x: np.abs(x), lambda x: np.sign(x) * x),
    ("fabs", lambda x: np.fabs(x), lambda x: np.sign(x) * x),
    ("poch", lambda x: special.poch(x + 3, 2.5), lambda x: special.gamma(x + 5.5) / special.gamma(x + 3)),
    (
        "binom",
        lambda x: special.binom(x + 3, 1.5),
        lambda x: special.gamma(x + 4) / (special.gamma(2.5) * special.gamma(x + 2.5)),
    ),
    ("copysign", lambda x: np.copysign(x[2], x[1]), lambda x: np.where(x[1] < 0, -x[2], x[2])),
    ("norm", lambda x: np.linalg.norm(x), lambda x: np.sqrt(np.sum(x * x))),
    ("pinv", lambda x: np.linalg.pinv(TALL * x), lambda x: (lambda a: np.linalg.solve(a.T @ a, a.T))(TALL * x)),
    (
        "lstsq",
        lambda x: np.linalg.lstsq(TALL * x, np.ones(4))[0],
        lambda x: (lambda a: np.linalg.solve(a.T @ a, a.T @ np.ones(4)))(TALL * x),
    ),
    (
        "absolute",
        lambda x: np.abs(np.fft.rfft(x)),
        lambda x: (lambda z: np.sqrt(np.real(z) ** 2 + np.imag(z) ** 2))(np.fft.rfft(x)),
    ),
]


@pytest.mark.parametrize(("name", "refused", "instead"), CURES)
def test_cures(name: str, refused: Callable[..., Any], instead: Callable[..., Any]) -> None:
    """Breaks if a function that is not analytic passes, or what its message says to write is another function."""
    with pytest.raises(MissingRuleError, match=rf"^{name} is not analytic.*Write .*method='forward'"):
        by_step(refused, V)
    assert_close(by_step(instead, V), numerical_jacobian(refused, V), 1e-9)


def test_the_cure_of_abs_has_its_slope_at_0() -> None:
    """Breaks if what is to be written instead of np.abs has another slope at 0 than the policy."""
    assert by_step(lambda x: np.sign(x) * x, 0.0) == ad.differentiate(np.abs, 0.0) == 0.0


def test_composites_of_analytic_functions_work() -> None:
    """Breaks if statistics and products of real values are refused because NumPy's take absolute values of complex ones."""
    for f in (np.var, np.std, lambda x: np.vdot(x, x), lambda x: np.real(x) * np.conj(x), lambda x: np.cov(x, x[::-1])):
        assert_close(by_step(f, V), numerical_jacobian(f, V), 1e-9)


@pytest.mark.parametrize("row", test_docs.CURES, ids=lambda row: row[0])
def test_what_cannot_be_traced(row: list[str]) -> None:
    """Breaks if what loses derivatives in other tracing modes passes here, or what is to be written instead does not."""
    refused, instead, x = test_docs.function(row[0]), test_docs.function(row[1]), test_docs.numbers(row[2])
    with pytest.raises(getattr(ad.errors, test_docs.code(row[3]))):
        by_step(refused, x)
    assert_close(by_step(instead, x), numerical_jacobian(refused, x), 1e-8)


# --- complex values in f ---------------------------------------------------------------------------

COMPLEX = {
    "spectrum": lambda x: np.real(np.fft.fft(x)) ** 2 + np.imag(np.fft.fft(x)) ** 2,
    "there and back": lambda x: np.real(np.fft.ifft(np.fft.fft(x) * (1 + 2j))) + np.fft.irfft(np.fft.rfft(x) * 1j, 3),
    "products": lambda x: np.imag((x + 1j) * (x - 2j) * x),
    "matrices": lambda x: np.real((S + 1j * S.T) @ (x * (1 + 2j))) + np.imag(np.einsum("ij,j->i", S * 1j, x + x * 1j)),
    "means": lambda x: np.real(np.mean(np.outer(x, x) * (1 + 1j), axis=0)) + np.var(x * 2j),
    "conjugates": lambda x: np.real(np.conj(x * 1j) * (x + 2j)),
    "written": lambda x: np.imag(np.stack([x[0] * 1j, x[1] * x[2] * (2 + 1j)])),
    "quotients": lambda x: np.real(1 / (x + 1j)) + np.imag(x[0] * 1j / x.sum()) + np.real((x + 2j) / (x * x - 1j)),
    "quotients of many sizes": lambda x: (
        1e-140 * np.imag(1 / ((x + 1j) * 1e-140)) + np.real(np.reciprocal((x - 2j) * 1e140)) * 1e140
    ),
    "powers": lambda x: (
        np.real((x + 1j) ** 2) + np.imag(np.square(x * 1j + x)) - np.imag((x - 1j) ** 3) + np.real((x + 1j) ** -2)
    ),
    "arrays of powers": lambda x: np.imag(np.power(x + 1j, [3, 0, -1])) + np.real(np.float_power(x - 1j, [2.0, 1.0, -3.0])),
    "quotient by real values": lambda x: np.imag((x + 1j) * x / (2 + 1j)) - np.real(x * 2j - (x - 1j)),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_values_in_f(name: str) -> None:
    """Breaks if the imaginary part of f's own complex values is mistaken for the step."""
    assert_close(by_step(COMPLEX[name], V), numerical_jacobian(COMPLEX[name], V), 1e-9)


@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("exp", lambda x: np.real(np.exp(1j * x))),
        ("power", lambda x: np.real((1 + 1j) ** x)),
        ("power", lambda x: np.real((x * 1j) ** 2.5)),
        ("power", lambda x: np.real(np.power(x * 1j, x))),
        ("prod", lambda x: np.real(np.prod(x * 1j))),
        ("inv", lambda x: np.real(np.linalg.inv(S + 1j * np.outer(x, x)))),
        ("solve", lambda x: np.real(np.linalg.solve(S + 1j * np.eye(3), x))),
        ("det", lambda x: np.real(np.linalg.det(S + 1j * np.outer(x, x)))),
    ],
)
def test_nonlinear_functions_of_complex_values(name: str, f: Callable[..., Any]) -> None:
    """Breaks if a function of values that are complex in f is stepped as if they were real."""
    with pytest.raises(MissingRuleError, match=rf"^{name} of values that are complex in f.* Write .*method='forward'"):
        by_step(f, V)


def blocks(x: Any) -> Any:
    """S + 1j * outer(x, x) as a real matrix of twice the size."""
    return np.block([[S, -np.outer(x, x)], [np.outer(x, x), S]])


def polar_power(z: Any, p: float) -> Any:
    r, t = np.sqrt(np.real(z) ** 2 + np.imag(z) ** 2), np.arctan2(np.imag(z), np.real(z))
    return r**p * (np.cos(p * t) + 1j * np.sin(p * t))


BY_PARTS = [
    (
        lambda x: np.real(np.exp(1j * x)),
        lambda x: np.real((lambda z: np.exp(np.real(z)) * (np.cos(np.imag(z)) + 1j * np.sin(np.imag(z))))(1j * x)),
    ),
    (
        lambda x: np.imag(np.log(x + 1j) * 1j),
        lambda x: (
            (lambda z: 0.5 * np.log(np.real(z) ** 2 + np.imag(z) ** 2) + 1j * np.arctan2(np.imag(z), np.real(z)))(x + 1j).real
        ),
    ),
    (lambda x: np.real((x + 1j) ** 2.5), lambda x: np.real(polar_power(x + 1j, 2.5))),
    (lambda x: np.imag(np.sqrt(x + 1j)), lambda x: np.imag(polar_power(x + 1j, 0.5))),
    (lambda x: np.real(np.prod(x + 1j)), lambda x: np.real(functools.reduce(np.multiply, x + 1j))),
    (
        lambda x: np.imag(np.linalg.solve(S + 1j * np.outer(x, x), x + 2j)),
        lambda x: np.linalg.solve(blocks(x), np.concatenate([x, np.full(3, 2.0)]))[3:],
    ),
    (lambda x: np.imag(np.linalg.inv(S + 1j * np.outer(x, x))), lambda x: np.linalg.inv(blocks(x))[3:, :3]),
    (lambda x: np.abs(np.linalg.det(S + 1j * np.outer(x, x))) ** 2, lambda x: np.linalg.det(blocks(x))),
]


@pytest.mark.parametrize(("refused", "instead"), BY_PARTS)
def test_what_to_write_for_complex_values(refused: Callable[..., Any], instead: Callable[..., Any]) -> None:
    """Breaks if what a message says to write of the parts of complex values is refused too, or is another function."""
    with pytest.raises(MissingRuleError, match="of values that are complex in f"):
        by_step(refused, V)
    assert_close(by_step(instead, V), numerical_jacobian(refused, V), 1e-8)


def test_names_are_those_that_f_wrote() -> None:
    """Breaks if a message names a function that f did not write, and not the one that it did."""
    stand_ins = admodes.special
    for f, name in (
        (lambda x: np.linalg.cond(x * S), r"norm\(x, -2\)"),
        (lambda x: np.linalg.cond(x * S), r"np\.linalg\.cond"),
        (lambda x: np.linalg.norm(x * S, 2), r"norm\(x, 2\)"),
        (lambda x: np.linalg.norm(x * S, 1), "norms of other orders"),
        (lambda x: np.linalg.norm(x * S, INF), "norms of other orders"),
        (np.i0, "^i0"),
        (lambda x: np.kaiser(4, x), r"np\.kaiser"),
        (lambda x: stand_ins.polygamma(1, x), "polygamma"),
        (lambda x: stand_ins.perm(x, 2), r"perm.*gamma\(z \+ m\) / gamma\(z\)"),
        (lambda x: stand_ins.comb(x, 2), r"comb.*gamma\(n \+ 1\)"),
    ):
        with pytest.raises(MissingRuleError, match=name):
            by_step(f, 4.0)


def test_complex_results_are_refused() -> None:
    """Breaks if an f whose result is complex is differentiated as its real part."""
    with pytest.raises(OutputError):
        by_step(np.fft.fft, V)


# --- derivatives inside derivatives ----------------------------------------------------------------


def inner_gradient(x: Any, method: str) -> Any:
    return ad.gradient(lambda z: np.sum(z**3) * np.exp(z[0]), x, method=method)


@pytest.mark.parametrize("inner", ["forward", "reverse", "auto"])
def test_around_other_derivatives(inner: str) -> None:
    """Breaks if an f that takes a derivative itself is not differentiated by the complex step."""
    got = ad.jacobian(inner_gradient, V, args=(inner,), method="complex")
    assert_close(got, numerical_jacobian(lambda x: inner_gradient(x, "reverse"), V), 1e-8)
    assert ad.differentiate(lambda x: x * ad.differentiate(lambda y: x + y, 1.0, inner), 2.0, "complex") == 1.0


@pytest.mark.parametrize("inner", ["finite", "symbolic"])
def test_around_what_cannot_be_nested(inner: str) -> None:
    """Breaks if the inner method does not say itself why it cannot be inside."""
    with pytest.raises(UnsupportedError, match="inside another derivative"):
        ad.jacobian(inner_gradient, V, args=(inner,), method="complex")


@pytest.mark.parametrize("outer", ["forward", "reverse", "auto", "symbolic", "complex"])
def test_inside_other_derivatives(outer: str) -> None:
    """Breaks if the step is taken on values that another derivative traces, given as x or met by a closure."""
    with pytest.raises(UnsupportedError, match=r"complex step inside another derivative.*method='forward'"):
        ad.jacobian(inner_gradient, V, args=("complex",), method=outer)
    with pytest.raises(UnsupportedError, match="complex step inside another derivative"):
        ad.differentiate(lambda y: ad.differentiate(lambda x: x * y, 1.0, "complex"), 2.0, outer)


def test_inside_finite_differences() -> None:
    """Breaks if central differences of a gradient by the complex step are refused: they trace nothing."""
    assert_close(
        ad.jacobian(inner_gradient, V, args=("complex",), method="finite"),
        by_step(lambda x: inner_gradient(x, "reverse"), V),
        1e-5,
    )


@pytest.mark.parametrize(
    ("f", "truth"), [(rosenbrock, rosenbrock_hessian(V)), (layer, layer_hessian(V)), (written, written_hessian(V))]
)
def test_second_derivatives(f: Callable[..., Any], truth: Any) -> None:
    """Breaks if the Hessian, or its product with a vector, is not the complex step of reverse mode's gradient."""
    assert_close(ad.hessian(f, V, method="complex"), truth, 1e-13)
    assert_close(ad.hvp(f, V, V[::-1], method="complex"), truth @ V[::-1], 1e-13)


def test_second_derivatives_through_the_rules() -> None:
    """Breaks if a rule of reverse mode asks for a size by np.abs, which the complex step refuses."""

    def f(x: Any) -> Any:
        return (
            np.linalg.det(np.outer(x, x) + np.eye(3)) * np.sinc(x[0]) * np.logaddexp(x[0], x[1])
            + np.sum(special.gammaln(x + 3) * special.erf(x) * special.expit(x))
            + np.unwrap(x * x)[2]
        )

    assert_close(ad.hessian(f, V, method="complex"), ad.hessian(f, V, method="forward"), 1e-13)
    trap = np.array([0.0, 4.0])
    assert_close(ad.hessian(lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum(), trap, "complex"), np.diag([0.0, -1 / 32]))
    assert_close(ad.hessian(lambda x: np.sum(x**3) + np.prod(x), trap, "complex"), [[0.0, 1.0], [1.0, 24.0]], 1e-15)


# --- the operators ---------------------------------------------------------------------------------


def test_operators_and_containers() -> None:
    """Breaks if containers, argnums, args or cotangents are arranged otherwise than by the other methods."""
    got = ad.gradient(lambda p: np.sum(np.tanh(p["w"] @ V + p["b"])), {"w": np.ones((2, 3)), "b": np.zeros(2)}, "complex")
    slope = 1 - math.tanh(1.5) ** 2
    assert_close(got["w"], slope * np.array([V, V]), 1e-14)
    assert_close(got["b"], [slope, slope], 1e-14)
    assert ad.differentiate(lambda x, y: x * y**2, 2, "complex", args=(3.0,), argnums=(0, 1)) == (9.0, 12.0)
    value, pullback = ad.vjp(lambda x: x**2, V, "complex")
    assert_close(value, V**2)
    assert_close(pullback(np.eye(3)), np.diag(2 * V))
    value, tangent = ad.jvp(lambda x: x**2, V, np.stack([V, -V]), "complex")
    assert_close(tangent, np.stack([2 * V * V, -2 * V * V]))
    value, gradient = ad.value_and_gradient(lambda x: np.sum(x**2), [1, 2], "complex")
    assert (value, gradient.tolist()) == (5.0, [2.0, 4.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_precisions(dtype: Any) -> None:
    """Breaks if single precision is widened in the result, or stepped in single precision, where the step is 0."""
    x = np.array([0.5, 1.5], dtype=dtype)
    value, derivative = ad.value_and_jacobian(lambda x: np.sin(x) * x[0], x, "complex")
    assert value.dtype == derivative.dtype == dtype
    truth = np.diag(np.cos([0.5, 1.5]) * 0.5) + np.outer(np.sin([0.5, 1.5]), [1.0, 0.0])
    np.testing.assert_allclose(derivative, truth, rtol=2 * max(np.finfo(dtype).eps, EPS), atol=0)
    assert ad.hessian(lambda x: np.sum(x**3), x, "complex").dtype == dtype
    assert ad.jvp(np.sin, x[0], x[1], "complex")[1].dtype == dtype


def test_empty_and_shapes() -> None:
    """Breaks if no elements, no directions or no axes are an error."""
    assert ad.jacobian(lambda x: x**2, np.zeros((0, 2)), "complex").shape == (0, 2, 0, 2)
    assert ad.gradient(lambda x: np.sum(x), np.zeros(0), "complex").shape == (0,)
    assert ad.jvp(lambda x: x**2, np.ones(3), np.zeros((0, 3)), "complex")[1].shape == (0, 3)
    assert by_step(np.sin, np.array(0.0)) == 1.0
    assert by_step(lambda x: np.outer(x, x), V).shape == (3, 3, 3)
    assert_close(by_step(lambda x: x.T[::2, ::-1] * 2.0, np.asfortranarray(S))[0, 0], np.eye(9)[6].reshape(3, 3) * 2)
    assert_close(by_step(lambda x: np.power(x[:, None], np.arange(4.0)), [2.0, 0.0])[:, :, 0].sum(axis=0), [0.0, 1.0, 4.0, 12.0])


def test_calls_are_counted() -> None:
    """Breaks if a direction costs another number of runs of f than one."""
    calls = 0

    def f(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return np.sum(x**2)

    for derivative, wanted in (
        (lambda: ad.gradient(f, np.ones(7), "complex"), 7),
        (lambda: ad.jvp(f, np.ones(7), np.ones((3, 7)), "complex"), 3),
        (lambda: ad.hessian(f, np.ones(5), "complex"), 5),
        (lambda: ad.hvp(f, np.ones(5), np.ones(5), "complex"), 1),
        (lambda: ad.gradient(f, np.zeros(0), "complex"), 1),
    ):
        calls = 0
        derivative()
        assert calls == wanted


def test_warnings_are_those_of_f(recwarn: pytest.WarningsRecorder) -> None:
    """Breaks if complex evaluations warn about what the user did not write."""
    with np.errstate(all="warn"):
        for f in (np.sqrt, np.cbrt, lambda x: x**0.5, np.sinc, lambda x: np.hypot(x, x), lambda x: np.arctan2(x, x), np.prod):
            by_step(f, np.zeros(2))
        by_step(np.linalg.det, np.zeros((2, 2)))
    assert not recwarn.list


def test_primitives_of_users() -> None:
    """Breaks if a function that is not traced inside is stepped though nobody said that it takes complex numbers."""

    @ad.primitive
    def squared(x: Any) -> Any:
        return x * x

    squared.def_jvp(lambda tangents, out, x: 2 * x * tangents[0])
    with pytest.raises(MissingRuleError, match=r"^squared is not analytic.*squared\.analytic = True"):
        by_step(lambda x: squared(x), V)
    squared.analytic = True
    assert_close(by_step(lambda x: squared(x), V), np.diag(2 * V))


def buffer(x: Any) -> Any:
    y = np.zeros(3)
    y[:] = x**2
    return y


def in_part(x: Any) -> Any:
    return buffer(x) * x


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (buffer, "returned real numbers"),
        (lambda x: np.asarray(x, float) ** 2, "returned real numbers"),
        (lambda x: np.array([math.sin(part) for part in x]), "returned real numbers"),
        (lambda x: np.array([math.sin(part) for part in x.tolist()]), "cannot take complex numbers"),
        (lambda x: np.array([float(part) for part in x.tolist()]), "cannot take complex numbers"),
        (lambda x: x * np.real(x), "some of which it loses"),
        (in_part, "some of which it loses"),
        (lambda x: x * np.abs(x), "some of which it loses"),
    ],
)
@pytest.mark.filterwarnings("ignore:Casting complex")
def test_primitives_that_lose_the_imaginary_part(function: Callable[..., Any], why: str) -> None:
    """Breaks if a primitive that is wrongly said to be analytic has zeros, or the slope of a part, for a derivative."""
    marked = ad.primitive(function)
    marked.analytic = True
    with pytest.raises(MissingRuleError, match=rf"is marked analytic, but it.* {why}.*np\.zeros\(x\.shape, x\.dtype\)"):
        by_step(lambda x: marked(x), V)


@pytest.mark.filterwarnings("error:Casting complex")
def test_warnings_that_are_errors() -> None:
    """Breaks if NumPy's warning, where the user made an error of it, hides what to write."""
    marked = ad.primitive(buffer)
    marked.analytic = True
    with pytest.raises(MissingRuleError, match=r"it cannot take complex numbers \(Casting complex values.*np\.zeros\(x\.shape"):
        by_step(lambda x: marked(x), V)


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: np.sin(1e6 * x), V),
        (lambda x: np.exp(x), V * 100),
        (lambda x: np.sqrt(x), np.array([1e-140, 1.0, 1e300])),
        (lambda x: x**2 / 3, V * 1e-20),
        (lambda x: x - x + 1.0, V),
        (lambda x: 1000 + 0.1 * np.sin(x), V.astype(np.float32)),
        (lambda x: np.where(np.real(x) > 0, x, 3 * x), V),
        (lambda x: np.sin(x), np.array([1e100, 1.0, 0.0])),
    ],
)
def test_analytic_primitives_pass(function: Callable[..., Any], x: Any) -> None:
    """Breaks if a primitive that is rightly said to be analytic is refused: waves, large slopes, many sizes, constants."""
    marked = ad.primitive(function)
    marked.analytic = True
    np.testing.assert_allclose(by_step(lambda x: marked(x), x), by_step(function, x), rtol=1e-14)


def test_comparisons() -> None:
    """Breaks if compare does not know the method, its cost in calls, or that it shares no derivative code with reverse."""
    assert "complex" in ad.available_methods()
    result = ad.compare(layer, V, ["reverse", "complex"], rounds=1)
    assert [row.status for row in result] == ["ok", "ok"]
    assert result["complex"].calls == 3
    assert result["complex"].error < 1e-14
    refused = ad.compare(lambda x: np.sum(np.abs(x)), V, ["complex", "forward", "finite"], rounds=1)["complex"]
    assert refused.status == "unsupported"
    assert "absolute" in refused.reason


def test_values_do_not_leave_the_step() -> None:
    """Breaks if float(x) of a stepped value cuts its derivative without a word."""
    with pytest.raises(TracedValueError):
        by_step(lambda x: float(x[0]) * x[1], V)


# --- random programs -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_random_views_and_writes(seed: int) -> None:
    """Breaks if some order of views, copies, reads and writes gives another derivative by the step than by differences."""
    assert_right_or_refused(Case(random_program(seed), np.array([0.7, -0.4, 1.1])), "complex")


@pytest.mark.parametrize("seed", range(40))
def test_random_expressions(seed: int) -> None:
    """Breaks if broadcasting, reductions and indexing of tangents go wrong in some combination."""
    f, x = random_expression(seed), np.array([0.71, -0.43, 1.13])
    try:
        got = by_step(f, x)
    except MissingRuleError as error:
        assert "is not analytic" in str(error)
    else:
        assert_close(got, ad.jacobian(f, x, method="reverse"), 1e-12)


@settings(max_examples=60)
@given(program=programs, x=points)
def test_random_programs(program: list[Any], x: np.ndarray) -> None:
    """Breaks if any composition has another derivative by the step than by reverse mode, with which it shares no derivatives."""
    try:
        got = by_step(lambda x: run(program, x), x)
    except MissingRuleError as error:
        assert "is not analytic" in str(error)
    else:
        assert_close(got, ad.jacobian(lambda x: run(program, x), x, method="reverse"), 1e-12)
