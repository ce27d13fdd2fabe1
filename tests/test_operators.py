"""Every operator of the interface, by every method: shapes, values, seeds, arguments and calls of f."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from support import EXACT_MODES, MODES, TOLERANCE, assert_close, every_mode, exact_modes

import admodes as ad
from admodes.errors import AdmodesError, InputError, OptionError

SCALAR, VECTOR, MATRIX = 0.7, np.array([0.7, -1.3, 2.1]), np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
POINTS = {"scalar": SCALAR, "vector": VECTOR, "matrix": MATRIX, "empty": np.zeros(0), "one": np.array([0.4])}
C = np.array([[1.5, -0.5], [2.0, 0.25]])

# f by the shape of its output: f(s) of s = sum(x^2), so that df/dx = f'(s) * 2 x.
OUTPUTS = {
    "scalar": (lambda s: np.sin(s) + s, lambda s: np.cos(s) + 1),
    "vector": (lambda s: np.array([1.0, 2.0, -1.0]) * s**2, lambda s: np.array([1.0, 2.0, -1.0]) * 2 * s),
    "matrix": (lambda s: C * np.cos(s), lambda s: -C * np.sin(s)),
    "empty": (lambda s: np.zeros(0) * s, lambda s: np.zeros(0)),
}
shapes = pytest.mark.parametrize(("point", "output"), [(p, o) for p in POINTS for o in OUTPUTS])


def build(point: str, output: str) -> tuple[Any, Any, np.ndarray]:
    """f, x and the Jacobian of f at x."""
    inner, slope = OUTPUTS[output]
    x = POINTS[point]
    s = np.sum(np.asarray(x) ** 2)
    jacobian = np.multiply.outer(slope(s), 2 * np.asarray(x))
    return (lambda x: inner(np.sum(x * x))), x, np.asarray(jacobian)


@every_mode
@shapes
def test_differentiate_and_jacobian(point: str, output: str, method: str) -> None:
    """Breaks if the derivative is not of shape f(x).shape + x.shape, or 0-d results are no NumPy scalars."""
    f, x, truth = build(point, output)
    for operator in (ad.differentiate, ad.jacobian):
        got = operator(f, x, method=method)
        assert_close(got, truth, TOLERANCE[method])
        assert isinstance(got, np.ndarray) == (truth.ndim > 0)
    value, jacobian = ad.value_and_jacobian(f, x, method=method)
    assert_close(value, f(np.asarray(x)), 1e-12, "value")
    assert isinstance(value, np.ndarray) == (np.ndim(value) > 0)
    assert_close(jacobian, truth, TOLERANCE[method])


@every_mode
@pytest.mark.parametrize("point", POINTS)
def test_gradient(point: str, method: str) -> None:
    """Breaks if the gradient is not of x's shape, or the value beside it is not f(x)."""
    f, x, truth = build(point, "scalar")
    assert_close(ad.gradient(f, x, method=method), truth, TOLERANCE[method])
    value, gradient = ad.value_and_gradient(f, x, method=method)
    assert_close(value, f(np.asarray(x)), 1e-12, "value")
    assert isinstance(value, np.floating)
    assert_close(gradient, truth, TOLERANCE[method])


@every_mode
@shapes
def test_jvp(point: str, output: str, method: str) -> None:
    """Breaks if J v is wrong for one direction, or for k directions on a leading axis (k = 0 and 1 included)."""
    f, x, truth = build(point, output)
    x_array = np.asarray(x)
    rng = np.random.default_rng(1)
    flat = truth.reshape((*truth.shape[: truth.ndim - x_array.ndim], x_array.size))
    for lead in [(), (1,), (4,), (0,)]:
        v = rng.normal(size=lead + x_array.shape)
        value, tangent = ad.jvp(f, x, v, method=method)
        assert_close(value, f(x_array), 1e-12, "value")
        wanted = np.tensordot(v.reshape(*lead, x_array.size), flat, (-1, -1))
        assert_close(tangent, wanted, TOLERANCE[method], f"tangent with lead {lead}")


@every_mode
@shapes
def test_vjp(point: str, output: str, method: str) -> None:
    """Breaks if w J is wrong for one cotangent, or for k cotangents on a leading axis (k = 0 and 1 included)."""
    f, x, truth = build(point, output)
    shape = truth.shape[: truth.ndim - np.ndim(x)]
    rng = np.random.default_rng(2)
    value, pullback = ad.vjp(f, x, method=method)
    assert_close(value, f(np.asarray(x)), 1e-12, "value")
    flat = truth.reshape(int(np.prod(shape)), *np.shape(x))
    for lead in [(), (1,), (4,), (0,)]:
        w = rng.normal(size=lead + shape)
        wanted = np.tensordot(w.reshape(*lead, int(np.prod(shape))), flat, 1)
        assert_close(pullback(w), wanted, TOLERANCE[method], f"cotangent with lead {lead}")


@every_mode
@pytest.mark.parametrize("point", POINTS)
def test_hessian_and_hvp(point: str, method: str) -> None:
    """Breaks if the Hessian is not of shape x.shape + x.shape, or hvp is not the Hessian times v."""
    f, x, _ = build(point, "scalar")
    x_array = np.asarray(x)
    s, size = np.sum(x_array**2), x_array.size
    flat = x_array.reshape(size)
    truth = -np.sin(s) * 4 * np.outer(flat, flat) + (np.cos(s) + 1) * 2 * np.eye(size)
    tolerance = 1e-5 if method == "finite" else 1e-9
    hessian = ad.hessian(f, x, method=method)
    assert_close(hessian, truth.reshape(x_array.shape * 2), tolerance)
    for lead in [(), (1,), (4,)]:
        v = np.random.default_rng(3).normal(size=lead + x_array.shape)
        wanted = (v.reshape(*lead, size) @ truth).reshape(lead + x_array.shape)
        assert_close(ad.hvp(f, x, v, method=method), wanted, tolerance, f"product with lead {lead}")


@pytest.mark.parametrize("method", ["auto", *MODES])
def test_argnums_and_args(method: str) -> None:
    """Breaks if args do not reach f, or argnums picks another argument than it names."""

    def f(x: Any, weights: Any, scale: Any, name: str) -> Any:
        assert name == "unused"
        return scale * np.sum(weights * x**2)

    args = (np.array([1.0, 2.0, 3.0]), 0.5, "unused")
    by_x, by_weights, by_scale = args[0] * VECTOR, 0.5 * VECTOR**2, np.sum(args[0] * VECTOR**2)
    tolerance = TOLERANCE.get(method, 1e-9)
    for argnums, wanted in [(0, by_x), (1, by_weights), (2, by_scale), (-2, by_scale), (-4, by_x), (np.int64(1), by_weights)]:
        assert_close(ad.gradient(f, VECTOR, method=method, args=args, argnums=argnums), wanted, tolerance)
    for argnums, several in [
        ((0,), (by_x,)),
        ((2, 0), (by_scale, by_x)),
        ((0, -3), (by_x, by_weights)),
        ([1, 2], (by_weights, by_scale)),
    ]:
        for operator in (ad.gradient, ad.differentiate, ad.jacobian):
            got = operator(f, VECTOR, method=method, args=args, argnums=argnums)
            assert isinstance(got, tuple)
            assert len(got) == len(several)
            for part, wanted in zip(got, several, strict=True):
                assert_close(part, wanted, tolerance)
    value, _ = ad.value_and_gradient(f, VECTOR, method=method, args=args, argnums=(0, 1))
    assert_close(value, 0.5 * by_scale, 1e-12)
    np.testing.assert_array_equal(args[0], [1.0, 2.0, 3.0])


@every_mode
def test_argnums_of_the_other_operators(method: str) -> None:
    """Breaks if jvp, vjp, hvp or hessian ignore argnums: a tuple of arguments is one point with tuples of tangents."""
    a, b = np.array([0.5, -1.0]), 2.0
    f = lambda x, y, z: y * np.sum(x**2) * z  # noqa: E731 - a formula
    tolerance = 1e-5 if method == "finite" else 1e-9
    value, tangent = ad.jvp(f, a, 3.0, method=method, args=(b, 1.5), argnums=1)
    assert_close(tangent, 3.0 * 1.25 * 1.5, tolerance)
    _, tangent = ad.jvp(f, a, (np.array([1.0, 2.0]), 3.0), method=method, args=(b, 1.5), argnums=(0, 1))
    assert_close(tangent, (2 * b * (0.5 - 2.0) + 3.0 * 1.25) * 1.5, tolerance)
    value, pullback = ad.vjp(f, a, method=method, args=(b, 1.5), argnums=(0, 1))
    by_a, by_b = pullback(2.0)
    assert_close(value, b * 1.25 * 1.5, 1e-12)
    assert_close(by_a, 2 * 2 * b * a * 1.5, tolerance)
    assert_close(by_b, 2 * 1.25 * 1.5, tolerance)
    assert_close(ad.hessian(f, a, method=method, args=(b, 1.5), argnums=0), 2 * b * 1.5 * np.eye(2), tolerance)
    assert_close(ad.hessian(f, a, method=method, args=(b, 1.5), argnums=1), 0.0, tolerance)
    blocks = ad.hessian(f, a, method=method, args=(b, 1.5), argnums=(0, 1))
    assert_close(blocks[0][0], 2 * b * 1.5 * np.eye(2), tolerance)
    assert_close(blocks[0][1], 2 * a * 1.5, tolerance)
    assert_close(blocks[1][0], 2 * a * 1.5, tolerance)
    assert_close(blocks[1][1], 0.0, tolerance)
    assert_close(ad.hvp(f, a, np.array([1.0, 2.0]), method=method, args=(b, 1.5)), 2 * b * 1.5 * np.array([1.0, 2.0]), tolerance)
    by_a, by_b = ad.hvp(f, a, (np.array([1.0, 2.0]), 3.0), method=method, args=(b, 1.5), argnums=(0, 1))
    assert_close(by_a, 1.5 * (2 * b * np.array([1.0, 2.0]) + 2 * a * 3.0), tolerance)
    assert_close(by_b, 1.5 * 2 * (0.5 - 2.0), tolerance)


@pytest.mark.parametrize("argnums", [3, -4, (0, 3), (), (0, 0), (0, -3), 1.5, "x", None], ids=repr)
def test_argnums_out_of_range(argnums: Any) -> None:
    """Breaks if argnums that name no argument, or one twice, are accepted or give an error that is not ours."""
    with pytest.raises(OptionError, match="argnums"):
        ad.gradient(lambda x, y, z: x * y * z, 1.0, method="reverse", args=(2.0, 3.0), argnums=argnums)


def test_args_must_be_a_tuple() -> None:
    """Breaks if args=5.0 or args=array is not refused by name."""
    for args in (5.0, np.ones(2)):
        with pytest.raises(InputError, match="args"):
            ad.gradient(lambda x, y: x * y, 1.0, args=args)


@every_mode
def test_unselected_arguments_reach_f_as_they_are(method: str) -> None:
    """Breaks if arguments that are not differentiated by are copied, converted or changed."""
    marker, integers, seen = object(), np.arange(3), []

    def f(x: Any, *rest: Any) -> Any:
        seen.append(rest)
        return (x * rest[1]).sum()

    ad.gradient(f, VECTOR, method=method, args=(marker, integers))
    assert all(first is marker and second is integers for first, second in seen)


class Model:
    """Several kinds of callables in one."""

    def __call__(self, x: Any) -> Any:
        return np.sum(x * x)

    def method(self, x: Any) -> Any:
        return np.sum(x * x)

    @staticmethod
    def function(x: Any, power: int = 2, *, scale: float = 1.0) -> Any:
        return np.sum(x**power) * scale


@every_mode
@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (Model(), 2 * VECTOR),
        (Model().method, 2 * VECTOR),
        (Model.function, 2 * VECTOR),
        (functools.partial(Model.function, power=3, scale=0.5), 1.5 * VECTOR**2),
        (functools.cache(lambda power: lambda x: np.sum(x**power))(3), 3 * VECTOR**2),
        (sum, np.ones(3)),
        (max, np.array([0.0, 0, 1])),
        (np.sum, np.ones(3)),
    ],
    ids=["object", "method", "static", "partial", "closure", "sum", "max", "np_sum"],
)
def test_kinds_of_callables(f: Any, gradient: np.ndarray, method: str) -> None:
    """Breaks if f must be a plain function."""
    assert_close(ad.gradient(f, VECTOR, method=method), gradient, TOLERANCE[method])


class Counted:
    """f that counts its calls, with n inputs and m outputs."""

    def __init__(self, m: int) -> None:
        self.calls = 0
        self.m = m

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return np.sin(x).sum() if self.m == 0 else np.sin(x).sum() * np.arange(1.0, self.m + 1)


@pytest.mark.parametrize("order", [2, 4, 6])
@pytest.mark.parametrize("m", [0, 4])
def test_calls_of_central_differences(order: int, m: int) -> None:
    """Breaks if central differences of a fixed order need other than 2, 4, 6 calls an input, and one for f(x)."""
    f, engine = Counted(m), ad.CentralDifferences(order=order)
    got = engine.differentiate(f, VECTOR)
    assert f.calls == order * 3 + 1
    assert_close(got, np.multiply.outer(np.arange(1.0, m + 1) if m else 1.0, np.cos(VECTOR)), 1e-6)
    f.calls = 0
    estimate = engine.estimate(f, VECTOR)
    assert estimate.calls == f.calls == 2 * order * 3 + 1
    assert_close(estimate.value, got, 1e-12)
    assert np.shape(estimate.error) == np.shape(got)
    assert np.all(
        np.abs(estimate.value - np.multiply.outer(np.arange(1.0, m + 1) if m else 1.0, np.cos(VECTOR))) <= estimate.error
    )


@pytest.mark.parametrize("sided", ["forward", "backward"])
def test_calls_of_one_sided_differences(sided: str) -> None:
    """Breaks if one-sided differences need more than one call an input and one for f(x)."""
    f = Counted(0)
    got = ad.CentralDifferences(sided=sided, order=1, step=1e-6).differentiate(f, VECTOR)
    assert f.calls == 4
    wanted = [(np.sin(v + h) - np.sin(v)) / h for v in VECTOR for h in [1e-6 if sided == "forward" else -1e-6]]
    assert_close(got, wanted, 1e-9)


def test_calls_of_the_adaptive_differences() -> None:
    """Breaks if the adaptive scheme returns a wrong count, or spends far more than a dozen calls an input."""
    f = Counted(0)
    estimate = ad.CentralDifferences().estimate(f, VECTOR)
    assert estimate.calls == f.calls <= 3 * 16 + 1
    assert np.all(np.abs(estimate.value - np.cos(VECTOR)) <= estimate.error)
    assert_close(estimate.value, np.cos(VECTOR), 1e-10)


@pytest.mark.parametrize("m", [0, 1, 4])
@exact_modes
def test_calls_of_the_tracing_modes(m: int, method: str) -> None:
    """Breaks if forward or reverse mode call f more than once for a whole small Jacobian."""
    f = Counted(m)
    for operator in (ad.differentiate, ad.jacobian, ad.value_and_jacobian):
        f.calls = 0
        operator(f, VECTOR, method=method)
        assert f.calls == 1
    f.calls = 0
    ad.jvp(f, VECTOR, np.ones((5, 3)), method=method)
    assert f.calls == 1 or method == "reverse"
    f.calls = 0
    _, pullback = ad.vjp(f, VECTOR, method=method)
    for _ in range(3):
        pullback(np.ones((5, m) if m else 5))
    assert f.calls == 1 or method == "forward"


@exact_modes
def test_calls_of_gradient_and_hessian(method: str) -> None:
    """Breaks if a gradient or a small Hessian runs f more than once."""
    f = Counted(0)
    ad.gradient(f, VECTOR, method=method)
    assert f.calls == 1
    f.calls = 0
    ad.value_and_gradient(f, VECTOR, method=method)
    assert f.calls == 1
    f.calls = 0
    ad.hessian(f, VECTOR, method=method)
    assert f.calls == 1


def test_hessian_by_finite_differences_uses_a_second_order_stencil() -> None:
    """Breaks if the finite Hessian nests first-order differences: then its calls grow as the square of their calls."""
    f = Counted(0)
    hessian = ad.hessian(f, VECTOR, method=ad.CentralDifferences(order=2))
    assert_close(hessian, -np.diag(np.sin(VECTOR)), 1e-5)
    assert f.calls <= 1 + 2 * 3 + 4 * 3


@exact_modes
def test_chunked_jacobian(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a Jacobian taken in several sweeps differs from one sweep's, or chunks do not bound the seeds."""
    from admodes import differentiator

    rng = np.random.default_rng(4)
    a, x = rng.normal(size=(7, 5)), rng.normal(size=5)
    f = Counted(0)

    def g(x: Any) -> Any:
        f.calls += 1
        return np.tanh(a @ x)

    truth = (1 - np.tanh(a @ x) ** 2)[:, None] * a
    monkeypatch.setattr(differentiator, "SWEEP_ELEMENTS", 15)
    assert_close(ad.jacobian(g, x, method=method), truth)
    assert f.calls == 1 if method == "reverse" else 2 <= f.calls <= 5


# --- methods -----------------------------------------------------------------------------------


def test_every_built_in_method_is_listed() -> None:
    """Breaks if a mode is missing from the list of methods."""
    assert {"finite", "symbolic", "forward", "reverse"} <= set(ad.available_methods())


@every_mode
def test_method_objects(method: str) -> None:
    """Breaks if a Differentiator object and its name mean different things."""
    engine = {"finite": ad.CentralDifferences, "forward": ad.Forward, "reverse": ad.Reverse, "symbolic": ad.Symbolic}[method]()
    assert isinstance(engine, ad.Differentiator)
    assert engine.name == method
    by_name = ad.jacobian(lambda x: np.sin(x) * x[0], VECTOR, method=method)
    by_object = ad.jacobian(lambda x: np.sin(x) * x[0], VECTOR, method=engine)
    np.testing.assert_array_equal(by_name, by_object)
    np.testing.assert_array_equal(engine.differentiate(lambda x: np.sin(x) * x[0], VECTOR), by_name)
    got = engine.differentiate(lambda x, y: x * y, 2.0, args=(3.0,), argnums=(0, 1))
    assert_close(got[0], 3.0, TOLERANCE[method])
    assert_close(got[1], 2.0, TOLERANCE[method])


@pytest.mark.parametrize(
    ("f", "x", "wanted"),
    [
        (lambda x: np.sum(x**2), np.ones(50), "reverse"),
        (lambda x: np.array([x, x**2, x**3]) * np.ones((40, 3)).sum(axis=0), 2.0, "forward"),
        (lambda x: np.tanh(np.ones((60, 3)) @ x), np.ones(3), "forward"),
        (lambda x: np.tanh(np.ones((3, 60)) @ x), np.ones(60), "reverse"),
        (lambda x: x**2, 3.0, "forward"),
    ],
    ids=["gradient", "curve", "tall", "wide", "scalar"],
)
def test_auto_chooses_by_shape_and_says_why(f: Any, x: Any, wanted: str) -> None:
    """Breaks if "auto" takes the mode that needs more sweeps, or cannot say why."""
    choice = ad.choose_method(np.size(x), np.size(f(x)))
    assert choice.method == wanted
    assert f"{np.size(x)} input" in choice.reason
    assert f"{np.size(f(x))} output" in choice.reason
    np.testing.assert_array_equal(ad.differentiate(f, x), ad.differentiate(f, x, method=choice.method))


@pytest.mark.parametrize("operator", ["differentiate", "gradient", "value_and_gradient", "hessian"])
def test_auto_is_the_default(operator: str) -> None:
    """Breaks if an operator without method= does not work, or auto is not exact."""
    f, x, truth = build("matrix", "scalar")
    got = getattr(ad, operator)(f, x)
    np.testing.assert_equal(np.asarray(got[-1] if operator == "value_and_gradient" else got).shape[: x.ndim], x.shape)
    if operator != "hessian":
        assert_close(got[-1] if operator == "value_and_gradient" else got, truth)
    assert_close(ad.jvp(f, x, np.ones_like(x))[1], truth.sum())
    assert_close(ad.vjp(f, x)[1](2.0), 2 * truth)
    assert ad.hvp(f, x, np.ones_like(x)).shape == x.shape


@pytest.mark.parametrize("magnitude", [1e-8, 1e-3, 1.0, 1e5, 1e12])
def test_finite_differences_at_every_scale(magnitude: float) -> None:
    """Breaks if the step does not follow the size of x, or mixed sizes disturb each other."""
    x = np.array([1.3, -0.7, 2.1]) * magnitude
    f = lambda x: np.sum((x / magnitude) ** 3)  # noqa: E731 - a formula
    assert_close(ad.gradient(f, x, method="finite") * magnitude, 3 * (x / magnitude) ** 2, 1e-8)
    mixed = np.array([1e-6, 1.0, 1e6])
    got = ad.gradient(lambda x: np.sum(np.sin(x / mixed)), mixed * 0.5, method="finite")
    assert_close(got * mixed, np.cos(np.full(3, 0.5)), 1e-8)


def test_one_non_finite_output_does_not_spoil_the_others() -> None:
    """Breaks if a NaN in one component of f reaches the derivatives of the others."""
    f = lambda x: np.array([x[0] ** 2, np.nan, x[1] ** 3, np.inf])  # noqa: E731 - a formula
    got = ad.jacobian(f, np.array([1.5, 2.0]), method="finite")
    assert_close(got[[0, 2]], np.array([[3.0, 0], [0, 12.0]]), 1e-8)


@pytest.mark.parametrize(
    "options",
    [{"order": 3}, {"order": 0}, {"order": "two"}, {"step": 0.0}, {"step": -1.0}, {"step": np.nan}, {"sided": "left"}],
    ids=repr,
)
def test_bad_options_of_central_differences(options: dict[str, Any]) -> None:
    """Breaks if an option out of range is accepted, or gives an error that is not ours."""
    with pytest.raises(AdmodesError, match=next(iter(options))):
        ad.CentralDifferences(**options).differentiate(np.sin, VECTOR)


@pytest.mark.parametrize("method", EXACT_MODES)
def test_zero_directions_and_zero_cotangents(method: str) -> None:
    """Breaks if a zero seed gives anything but zeros of the right shape."""
    f = lambda x: np.exp(x) * x[0]  # noqa: E731 - a formula
    np.testing.assert_array_equal(ad.jvp(f, VECTOR, np.zeros(3), method=method)[1], np.zeros(3))
    np.testing.assert_array_equal(ad.vjp(f, VECTOR, method=method)[1](np.zeros(3)), np.zeros(3))


@exact_modes
def test_leading_axis_of_seeds_against_broadcasting(method: str) -> None:
    """Breaks if k seeds meet an operand of fewer axes in the wrong place, or a sum over them is silently short."""
    a = np.arange(6.0).reshape(2, 3) + 1
    for k in (1, 2, 3):  # k equal to an axis of the operands is where misalignment goes unnoticed
        x = np.array([[0.5], [2.0], [-1.0]])[:k]

        def f(x: Any) -> Any:
            return np.sum(a[:, None, :] * x + x.sum() * a[0] + (a * 1.0).sum() * x**2, axis=0)

        jacobian = ad.jacobian(f, x, method="finite")
        flat = jacobian.reshape(-1, x.size)
        seeds = np.random.default_rng(k).normal(size=(k, *x.shape))
        _, tangents = ad.jvp(f, x, seeds, method=method)
        assert_close(tangents, (seeds.reshape(k, -1) @ flat.T).reshape(k, *jacobian.shape[:-2]), 1e-6)
        weights = np.random.default_rng(k).normal(size=(k, *jacobian.shape[:-2]))
        assert_close(ad.vjp(f, x, method=method)[1](weights), (weights.reshape(k, -1) @ flat).reshape(k, *x.shape), 1e-6)
