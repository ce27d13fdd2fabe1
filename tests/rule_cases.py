"""What the tests made from the rule table share: points, arguments of NumPy's functions, and one complete check."""

from __future__ import annotations

import contextlib
import inspect
import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
import sympy
from support import EXACT_MODES, assert_close, numerical_jacobian

import admodes as ad
import admodes.table
from admodes import rules
from admodes.kinds import Application

with contextlib.suppress(ImportError):
    # The rules for SciPy's functions, which are read on first use, are to be tested like all others.
    import admodes.table.special

FIRST_ORDER, SECOND_ORDER = 1e-8, 1e-7
PAIRINGS = [(outer, inner) for outer in ("forward", "reverse") for inner in ("forward", "reverse")]

#: Values for the parameters of elementwise rules, by their name; a name that is missing here gets the same.
PARAMETERS = {"exponent": (2, 3, -1, 0.5, 1, 2.5)}


# ---- points of elementwise rules


def domains(rule: rules.Elementwise) -> list[tuple[float, float]]:
    """One interval an argument, from which the tests draw."""
    domain = rule.domain or (-2.5, 2.5)
    single = not isinstance(domain[0], tuple)
    return [domain if single else domain[position] for position in range(len(rule.partials))]


def smooth(rule: rules.Elementwise) -> list[int]:
    """The positions by which the rule has a partial."""
    return [position for position, partial in enumerate(rule.partials) if partial is not None]


def parameter_choices(rule: rules.Elementwise) -> list[dict[str, Any]]:
    """Keyword parameters to try the rule with: none, or one dict a value."""
    try:
        signature = inspect.signature(rule.evaluate)
    except ValueError:  # a ufunc before NumPy 2.4 has no signature
        return [{}]
    names = [p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if isinstance(rule.evaluate, np.ufunc) or not names:
        return [{}]
    return [dict.fromkeys(names, value) for value in PARAMETERS.get(names[0], (2, 3, 0.5))]


def draw(rule: rules.Elementwise, *shapes: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    """Arguments inside the rule's domain, away from its borders; whole numbers where there is no partial."""
    rng = np.random.default_rng(seed)
    drawn = []
    for position, ((low, high), shape) in enumerate(zip(domains(rule), shapes, strict=True)):
        margin = 0.08 * (high - low)
        values = rng.uniform(low + margin, high - margin, size=shape)
        values = np.where(np.abs(values) < 0.06, 0.3, values)
        kind = np.int64 if rule.evaluate is np.ldexp and position == 1 else float
        drawn.append(np.array(_whole(values) if rule.partials[position] is None else values, dtype=kind))
    return drawn


def _whole(values: np.ndarray) -> np.ndarray:
    """Whole numbers near the values, none of them 0."""
    return np.where(np.rint(values) == 0, 1.0, np.rint(values))


# ---- calls of NumPy's functions


class Slot:
    """Where an array of floats stands among the arguments."""

    def __init__(self, number: int) -> None:
        self.number = number


class FunctionCase(NamedTuple):
    """A function of NumPy with its arguments; `slots` marks the floats among them, which are differentiated by."""

    function: Callable[..., Any]
    arguments: Any
    options: Any
    points: list[np.ndarray]
    smooth: bool

    def __call__(self, points: Any) -> Any:
        """The function's outputs at `points`, as one array where they are several."""
        points = list(points.values()) if isinstance(points, dict) else points
        result = self.function(*_fill(self.arguments, points), **_fill(self.options, points))
        return np.concatenate([np.ravel(part) for part in result]) if isinstance(result, (list, tuple)) else result

    def flat(self, x: Any) -> Any:
        """The same function of one vector that holds all points."""
        ends = np.cumsum([0, *(point.size for point in self.points)]).tolist()
        return self([x[a:b].reshape(p.shape) for a, b, p in zip(ends, ends[1:], self.points, strict=False)])

    def named(self, arrays: Sequence[Any]) -> dict[str, Any]:
        """One array a point, in a dict: a container even where all are numbers."""
        return {f"array{number}": array for number, array in enumerate(arrays)}

    def beside_constants(self, number: int) -> Callable[[Any], Any]:
        """The function of one array alone, while the others are plain NumPy."""
        return lambda x: self([*self.points[:number], x, *self.points[number + 1 :]])

    @property
    def flat_point(self) -> np.ndarray:
        """The points as one vector."""
        return np.concatenate([np.ravel(point) for point in self.points])


def _fill(tree: Any, points: Sequence[Any]) -> Any:
    if isinstance(tree, Slot):
        return points[tree.number]
    if isinstance(tree, (list, tuple)):
        return type(tree)(_fill(part, points) for part in tree)
    if isinstance(tree, dict):
        return {key: _fill(part, points) for key, part in tree.items()}
    return tree


def case(function: Callable[..., Any], *arguments: Any, smooth: bool = True, **options: Any) -> Any:
    """A parameter for pytest: the call ``function(*arguments, **options)``, by all its arrays of floats.

    `smooth` is False where second derivatives are not asked for.
    """
    points: list[np.ndarray] = []

    def collect(tree: Any) -> Any:
        if isinstance(tree, np.ndarray) and tree.dtype.kind == "f":
            points.append(tree)
            return Slot(len(points) - 1)
        if isinstance(tree, (list, tuple)):
            return type(tree)(collect(part) for part in tree)
        if isinstance(tree, dict):
            return {key: collect(part) for key, part in tree.items()}
        return tree

    made = FunctionCase(function, collect(arguments), collect(options), points, smooth)
    return pytest.param(made, id=_name(function, arguments, options))


def _name(function: Any, arguments: Any, options: Any) -> str:
    def text(value: Any) -> str:
        if isinstance(value, np.ndarray):
            return "x".join(map(str, value.shape)) or "0d"
        if isinstance(value, (list, tuple)):
            return "[" + ",".join(map(text, value)) + "]"
        # The address of a function would differ between the processes that share the tests.
        return getattr(value, "__name__", str(value)) if callable(value) else str(value)

    parts = [text(value) for value in arguments] + [f"{key}={text(value)}" for key, value in options.items()]
    return f"{function.__name__}({', '.join(parts)})"


# ---- one complete check


def check_value(case: FunctionCase) -> None:
    """The value, its type and shape are NumPy's."""
    wanted = case([point.copy() for point in case.points])
    for method in EXACT_MODES:
        got, _ = ad.value_and_jacobian(case, case.named(case.points), method=method)
        assert isinstance(got, np.ndarray) == bool(np.ndim(wanted)), f"{method}: f(x) is a {type(got)}"
        assert np.shape(got) == np.shape(wanted), f"{method}: shape {np.shape(got)}, not {np.shape(wanted)}"
        np.testing.assert_allclose(got, wanted, rtol=1e-14, atol=1e-14, err_msg=method)


def check_first_order(case: FunctionCase) -> None:
    """The Jacobian by every argument together, and by each alone while the others are constants."""
    flat = numerical_jacobian(case.flat, case.flat_point, step=5e-3)
    lead = flat.shape[:-1]
    ends = np.cumsum([0, *(point.size for point in case.points)]).tolist()
    truths = [flat[..., a:b].reshape(lead + p.shape) for a, b, p in zip(ends, ends[1:], case.points, strict=False)]
    for method in EXACT_MODES:
        got = ad.jacobian(case, case.named(case.points), method=method).values()
        for number, (found, truth) in enumerate(zip(got, truths, strict=True)):
            assert_close(found, truth, FIRST_ORDER, f"{method}, by array {number}")
            if len(case.points) > 1:
                alone = ad.jacobian(case.beside_constants(number), case.points[number], method=method)
                assert_close(alone, truth, FIRST_ORDER, f"{method}, by array {number} beside constants")


def check_seeds(case: FunctionCase) -> None:
    """k directions or cotangents at once give what k single ones give, for k of 0, 1 and 3; and the two modes agree."""
    rng = np.random.default_rng(3)
    points = case.named(case.points)
    value, pullback = ad.vjp(case, points)
    v = [rng.normal(size=(3, *point.shape)) for point in case.points]
    w = rng.normal(size=(3, *np.shape(value)))
    pushed = np.array([ad.jvp(case, points, case.named([part[row] for part in v]))[1] for row in range(3)])
    pulled = [np.array(rows) for rows in zip(*(pullback(w[row]).values() for row in range(3)), strict=True)]
    for rows in (slice(0, 0), slice(1, 2), slice(0, 3)):
        many = ad.jvp(case, points, case.named([part[rows] for part in v]))[1]
        assert_close(many, pushed[rows], 1e-12, f"tangents {rows}")
        for found, single in zip(pullback(w[rows]).values(), pulled, strict=True):
            assert_close(found, single[rows], 1e-12, f"cotangents {rows}")
    reverse = sum(np.sum(part * cotangent) for part, cotangent in zip(v, pulled, strict=True))
    np.testing.assert_allclose(np.sum(w * pushed), reverse, rtol=1e-10, atol=1e-10)


def check_single_precision(case: FunctionCase) -> None:
    """float32 stays where NumPy keeps it, and the derivative is that of double precision, but for rounding."""
    narrow = case.named([point.astype(np.float32) for point in case.points])
    wanted = np.asarray(case(narrow))
    exact = ad.jacobian(case, case.named(case.points), method="forward")
    for method in EXACT_MODES:
        value, derivative = ad.value_and_jacobian(case, narrow, method=method)
        assert np.asarray(value).dtype == wanted.dtype
        for found, truth in zip(derivative.values(), exact.values(), strict=True):
            assert found.dtype == np.float32
            assert_close(found, truth, 2e-4, method)


def check_second_order(case: FunctionCase) -> None:
    """Hessian times two vectors of sum(c sin(f)), in all pairings, against differences of the gradient."""
    x = case.flat_point
    weights = np.random.default_rng(5).normal(size=np.shape(case.flat(x)))
    direction = np.random.default_rng(6).normal(size=x.size)

    def scalar(x: Any) -> Any:
        return np.sum(weights * np.sin(case.flat(x)))

    truth = numerical_jacobian(lambda t: ad.gradient(scalar, x + t * direction, method="reverse"), 0.0, step=5e-3)
    directions = np.array([direction, -2.0 * direction])
    for outer, inner in PAIRINGS:

        def gradient(x: Any, inner: str = inner) -> Any:
            return ad.gradient(scalar, x, method=inner)

        found = ad.jvp(gradient, x, directions, method=outer)[1]
        assert_close(found, np.array([truth, -2.0 * truth]), SECOND_ORDER, f"{outer} over {inner}")


def check_array_function(
    f: Callable[[Any], Any], x: np.ndarray, tolerance: float = FIRST_ORDER, *, second: bool = True, rounding: float = 0.0
) -> None:
    """Value, Jacobian, single seeds and second order in all pairings of a function of one array.

    Along one random direction: a wrong entry anywhere shows, at eight evaluations of f.
    """
    rng = np.random.default_rng(8)
    value, v = np.asarray(f(x.copy())), rng.normal(size=x.shape)
    w = rng.normal(size=value.shape)
    along_v = numerical_jacobian(lambda t: f(x + t * v), 0.0, step=5e-3)
    jacobians = []
    for method in EXACT_MODES:
        got, jacobian = ad.value_and_jacobian(f, x, method=method)
        assert isinstance(got, np.ndarray) == (value.ndim > 0)
        np.testing.assert_allclose(got, value, rtol=rounding, atol=0, err_msg=method)
        assert_close(np.tensordot(jacobian, v, x.ndim), along_v, tolerance, f"{method}: Jacobian")
        jacobians.append(jacobian)
    assert_close(jacobians[0], jacobians[1], 1e-12, "forward beside reverse")
    assert_close(ad.jvp(f, x, v)[1], along_v, tolerance, "tangent")
    assert_close(ad.vjp(f, x)[1](w), np.tensordot(w, jacobians[0], value.ndim), 1e-12, "cotangent")
    if not second:
        return

    def scalar(x: Any) -> Any:
        return np.sum(w * np.sin(f(x)))

    truth = numerical_jacobian(lambda t: ad.gradient(scalar, x + t * v, method="reverse"), 0.0, step=5e-3)
    for outer, inner in PAIRINGS:
        found = ad.jvp(lambda x, inner=inner: ad.gradient(scalar, x, method=inner), x, v, method=outer)[1]
        assert_close(found, truth, 10 * tolerance, f"{outer} over {inner}")


# ---- the proof of a partial: our code on numbers of 60 digits against SymPy's derivative

#: Constants that a rule holds as floats, and what they stand for.
CONSTANTS = {
    float(sympy.N(c, 30)): c
    for c in (
        *(sympy.pi, sympy.log(2), sympy.log(10), sympy.pi / 180, 180 / sympy.pi, sympy.sqrt(2), 1 / sympy.sqrt(2)),
        *(2 / sympy.sqrt(sympy.pi), sympy.sqrt(sympy.pi) / 2, sympy.sqrt(sympy.pi / 2), sympy.sqrt(2 / sympy.pi)),
    )
}
_DIGITS = 60
_STEPS = {np.sign: mpmath.sign, np.floor: mpmath.floor, np.trunc: lambda x: mpmath.sign(x) * mpmath.floor(abs(x))}
_COMPARISONS = {
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
}


class Exact(np.lib.mixins.NDArrayOperatorsMixin):
    """A number of 60 digits that partials can be run on: NumPy's functions act on it by the SymPy texts of their rules."""

    def __init__(self, value: Any) -> None:
        constant = CONSTANTS.get(value) if isinstance(value, float) else None
        self.value = mpmath.mpf(value) if constant is None else mpmath.mpf(str(sympy.N(constant, _DIGITS + 5)))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        numbers = [value.value if isinstance(value, Exact) else Exact(value).value for value in inputs]
        if ufunc in _COMPARISONS:
            return _COMPARISONS[ufunc](*numbers)
        if ufunc is np.floor_divide:
            return Exact(mpmath.floor(numbers[0] / numbers[1]))
        return Exact((_STEPS.get(ufunc) or exact_function(rules.ELEMENTWISE[ufunc]))(*numbers))

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function is np.where:
            condition, x, y = arguments
            return x if condition else y
        return self.__array_ufunc__(function, "__call__", *arguments)


def symbols_of(rule: rules.Elementwise) -> tuple[Any, ...]:
    """The symbols of the rule's arguments: x, or x and y, and so on."""
    return sympy.symbols("x y z w", real=True)[: len(rule.partials)]


def formula(rule: rules.Elementwise, parameters: dict[str, Any] | None = None) -> Any:
    """The rule's SymPy counterpart as an expression of its symbols; its text is a function's name or a formula."""
    symbols = symbols_of(rule)
    names = {symbol.name: symbol for symbol in symbols}
    numbers = {name: sympy.Rational(str(value)) for name, value in (parameters or {}).items()}
    found = sympy.sympify(rule.sympy, locals={**names, **numbers}) if isinstance(rule.sympy, str) else rule.sympy
    return found if isinstance(found, sympy.Basic) and not isinstance(found, sympy.FunctionClass) else found(*symbols)


@cache
def exact_function(rule: rules.Elementwise, position: int | None = None, *parameters: tuple[str, Any]) -> Callable[..., Any]:
    """SymPy's function, or its derivative by the argument at `position`, on mpmath's numbers."""
    symbols, expression = symbols_of(rule), formula(rule, dict(parameters))
    if position is not None:
        # Steps are constant near every point where there is a derivative.
        steps = {part: sympy.Dummy(real=True) for part in expression.atoms(sympy.floor, sympy.sign)}
        expression = expression.xreplace(steps).diff(symbols[position]).xreplace({dummy: part for part, dummy in steps.items()})
    return sympy.lambdify(symbols, expression, [{"Heaviside": lambda x, _=0: mpmath.mpf(x > 0), "Abs": abs}, "mpmath"])


def rational_points(rule: rules.Elementwise) -> list[tuple[Any, ...]]:
    """Rational points inside the domain, none of them at a tie or a jump; whole numbers where there is no partial."""
    points = []
    for k in range(9):
        point = []
        for position, (low, high) in enumerate(domains(rule)):
            value = mpmath.mpf(low) + (mpmath.mpf(high) - mpmath.mpf(low)) * ((13 * k + 37 * position + 5) % 97) / 97
            point.append(mpmath.floor(value) if rule.partials[position] is None else value)
        points.append(tuple(point))
    return points


def digits_proved(rule: rules.Elementwise, position: int, parameters: dict[str, Any]) -> float:
    """To how many digits our partial is SymPy's derivative, at the worst of the rational points."""
    with mpmath.workdps(_DIGITS):
        return min(_digits(rule, position, parameters, point) for point in rational_points(rule))


def partial_of(rule: rules.Elementwise, position: int, out: Any, values: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """The rule's partial by one argument at these values, as the sweeps ask for it."""
    shapes = tuple(np.shape(value) if isinstance(value, np.ndarray) else () for value in (out, *values))
    return rule.partial(Application(rule, parameters, shapes[1:], shapes[0]), position, out, values)


def _digits(rule: rules.Elementwise, position: int, parameters: dict[str, Any], point: tuple[Any, ...]) -> float:
    items = tuple(parameters.items())
    truth = exact_function(rule, position, *items)(*point)
    out = Exact(exact_function(rule, None, *items)(*point))
    partial = partial_of(rule, position, out, [Exact(number) for number in point], parameters)
    ours = partial.value if isinstance(partial, Exact) else Exact(float(partial)).value
    error = abs(ours - truth) / max(1, abs(truth))
    return float(-mpmath.log10(error)) if error else float(_DIGITS)
