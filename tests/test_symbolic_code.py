"""The compiled code of the symbolic mode: alike expressions become arrays, and every number stays right."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_cases import draw
from support import assert_close

import admodes as ad
from admodes import rules
from admodes.errors import UnsupportedError
from admodes.symbolic.lowering import Lowering
from admodes.symbolic.printing import as_slice, compile_expressions
from admodes.symbolic.walking import is_real

RNG = np.random.default_rng(11)
x, y, z = sympy.symbols("x y z", real=True)


def rosenbrock(v: Any) -> Any:
    return np.sum(100 * (v[1:] - v[:-1] ** 2) ** 2 + (1 - v[:-1]) ** 2)


def layer(n: int) -> Any:
    weights = np.random.default_rng(n).normal(size=(n, n))
    return lambda v: np.tanh(weights @ v)


def helmholtz(n: int) -> Any:
    rng = np.random.default_rng(n)
    b, a = rng.uniform(0.01, 0.02, n) / n, rng.normal(size=(n, n))

    def f(v: Any) -> Any:
        bx, root = b @ v, np.sqrt(2)
        attraction = v @ (a + a.T) @ v / (2 * root * bx) * np.log((1 + (1 + root) * bx) / (1 + (1 - root) * bx))
        return np.sum(v * np.log(v / (1 - bx))) - attraction

    return f


def norms(v: Any) -> Any:
    return v / np.linalg.norm(v) + np.hypot(v, 2.0) * np.arctan2(v, v[0] + 3.0)


SIZED = {
    "rosenbrock": lambda n: rosenbrock,
    "layer": layer,
    "helmholtz": helmholtz,
    "softplus": lambda n: lambda v: np.logaddexp(v, 1.0).sum() ** 2,
    "choices": lambda n: lambda v: np.where(v > 0.3, v**2, np.sin(v)) * np.maximum(v, 0.5),
    "norms": lambda n: norms,
    "outer": lambda n: lambda v: np.outer(v, np.exp(v)),
}


def instructions(function: Any) -> int:
    """Length of the byte code behind a compiled derivative."""
    return len(function.__code__.co_code)


def compiled(f: Any, point: np.ndarray) -> Any:
    """The function that `evaluate` of a derivative calls."""
    derivative = ad.symbolic_derivative(f, point)
    return derivative._evaluate.__closure__, derivative


@pytest.mark.parametrize("name", SIZED)
def test_alike_entries_become_arrays(name: str) -> None:
    """Breaks if the code grows with the size of x where all entries have the same expression."""
    lengths = []
    for size in (12, 24):
        point = RNG.uniform(0.6, 1.4, size)
        closure, derivative = compiled(SIZED[name](size), point)
        (function,) = [cell.cell_contents for cell in closure if hasattr(cell.cell_contents, "__code__")]
        lengths.append(instructions(function))
        truth = ad.jacobian(SIZED[name](size), point + 0.1, method="forward")
        assert_close(derivative(point + 0.1), truth, 1e-12, name)
    # A few instructions may differ: sums beyond a size are kept apart from what they are terms of.
    assert lengths[1] < min(1.1 * lengths[0], 1500)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("name", sorted({rule.name for rule in rules.ELEMENTWISE.values()} - {"constant_power"}))
def test_every_function_on_arrays(name: str, count: int) -> None:
    """Breaks if a function is right for single numbers and wrong for arrays of them, at other points than that of the trace."""
    rule = next(rule for rule in rules.ELEMENTWISE.values() if rule.name == name)
    smooth = [position for position, partial in enumerate(rule.partials) if partial is not None]
    start = draw(rule, *[(count,)] * len(rule.partials), seed=1)
    other = draw(rule, *[(count,)] * len(rule.partials), seed=2)
    for position in smooth:

        def f(t: Any, position: int = position, points: Any = other) -> Any:
            return rule(*[t if place == position else point for place, point in enumerate(points)])

        try:
            derivative = ad.symbolic_derivative(f, start[position])
            found = derivative(other[position])
        except UnsupportedError as error:
            assert "hyper" in str(error)
            continue
        assert_close(found, ad.jacobian(f, other[position], method="forward"), 1e-9, f"{name} by argument {position}")


def random_expressions() -> Any:
    """Random expressions of three symbols."""
    leaf = st.one_of(
        st.sampled_from([x, y, z]), st.integers(-3, 3).map(sympy.Integer), st.floats(-2, 2).map(sympy.Float),
        st.sampled_from([sympy.pi, sympy.Rational(1, 3), sympy.sqrt(2)]),
    )  # fmt: skip

    def grow(inner: Any) -> Any:
        pair = st.tuples(inner, inner)
        return st.one_of(
            pair.map(lambda p: p[0] + p[1]),
            pair.map(lambda p: p[0] * p[1]),
            pair.map(lambda p: p[0] / (p[1] ** 2 + 1)),
            inner.map(lambda e: e**3 - e),
            inner.map(sympy.sin),
            inner.map(lambda e: sympy.exp(sympy.sin(e))),
            inner.map(lambda e: 1 - sympy.tanh(e) ** 2),
            inner.map(lambda e: sympy.sqrt(e**2 + 2)),
            inner.map(lambda e: (e**2 + 1) ** sympy.Rational(-3, 4)),
        )

    return st.recursive(leaf, grow, max_leaves=12)


@settings(max_examples=60)
@given(
    expressions=st.lists(random_expressions(), min_size=1, max_size=6),
    values=st.lists(st.floats(-1.5, 1.5), min_size=3, max_size=3),
)
def test_random_expressions_against_mpmath(expressions: list[Any], values: list[float]) -> None:
    """Breaks if lowering loses a coefficient, a sign, a division or a sharing; many copies of each are compared at once."""
    renamed = [(sympy.Symbol(f"x_{i}"), sympy.Symbol(f"y_{i}"), sympy.Symbol(f"z_{i}")) for i in range(5)]
    copies = [part.xreplace({x: a, y: b, z: c}) for part in expressions for a, b, c in renamed]
    points = [[value + 0.01 * i for value in values] for i in range(5)]
    function = compile_expressions(Lowering([symbol for triple in renamed for symbol in triple]), copies)
    found = function(np.array(points).ravel()).reshape(len(expressions), 5)
    with mpmath.workdps(40):
        for row, expression in zip(found, expressions, strict=True):
            exact = sympy.lambdify((x, y, z), expression, "mpmath")
            for value, point in zip(row, points, strict=True):
                wanted = mpmath.mpf(exact(*map(mpmath.mpf, point)))
                scale = max(
                    1,
                    abs(wanted),
                    *(abs(float(part.evalf(subs=dict(zip((x, y, z), point, strict=True))))) for part in expression.args),
                )
                assert abs(value - wanted) <= 1e-12 * scale


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -0.0])
def test_many_equal_constants(value: float) -> None:
    """Breaks if entries that are not finite, or all the same, are no array any more."""
    f = lambda v: np.repeat(value * v[:1], 6) + 0.0 * np.arange(6.0)[:, None].sum(axis=1) * v[1]  # noqa: E731 - a formula
    point = np.array([1.0, 2.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ad.symbolic_derivative(f, point)(point)[:, 0], np.full(6, value))


def test_a_term_that_is_not_finite_stays_in_its_own_sum() -> None:
    """Breaks if sums become a product with a matrix that has zeros: 0 * inf would spoil the other rows."""
    f = lambda v: np.array([np.sum(np.log(v[i : i + 5]) * v[i]) for i in range(6)])  # noqa: E731 - a formula
    point = np.append(np.linspace(0.5, 1.4, 9), 0.0)
    with np.errstate(all="ignore"):
        found = ad.symbolic_derivative(f, np.linspace(0.5, 1.4, 10))(point)
        truth = ad.jacobian(f, point, method="reverse")
    np.testing.assert_allclose(found, truth, rtol=1e-13)
    assert np.isinf(found[5]).any()
    assert np.isfinite(found[:5]).all()


def test_results_are_new_arrays() -> None:
    """Breaks if a caller who changes a derivative changes the next one."""
    derivative = ad.symbolic_derivative(lambda v: np.sum(v**2 * np.arange(6.0)), np.ones(6))
    for f in (derivative, ad.symbolic_derivative(lambda v: np.sum(v * v) / 2, np.ones(6))):
        first = f(np.ones(6))
        wanted = first.copy()
        first += 1.0
        assert_close(f(np.ones(6)), wanted)
        point = np.ones(6)
        assert f(point) is not point
        assert not np.shares_memory(f(point), point)


SLICES = [
    ([0, 1, 2], 3, ":"),
    ([0, 1, 2], 4, "0:3"),
    ([1, 3, 5], 9, "1:6:2"),
    ([2, 1, 0], 3, ""),
    ([1], 3, ""),
    ([0, 0], 2, ""),
    ([0, 1, 3], 4, ""),
]


@pytest.mark.parametrize(("positions", "length", "text"), SLICES)
def test_slices(positions: list[int], length: int, text: str) -> None:
    """Breaks if a slice takes other elements than the positions it stands for."""
    assert as_slice(np.array(positions), length) == text


def test_points_of_every_layout() -> None:
    """Breaks if the short way for arrays reads another element than the long one: strides, order, dtype, lists, read-only."""
    weights = np.arange(1.0, 7.0).reshape(2, 3)
    f = lambda v: v**2 * weights  # noqa: E731 - a formula
    derivative = ad.symbolic_derivative(f, np.ones((2, 3)))
    point = RNG.normal(size=(2, 3))
    wide = np.zeros((4, 6))
    wide[::2, ::2] = point
    frozen = point.copy()
    frozen.flags.writeable = False
    wanted = ad.jacobian(f, point, method="forward")
    for same in (point, np.asfortranarray(point), wide[::2, ::2], frozen, point.tolist()):
        assert_close(derivative(same), wanted)
    assert derivative(point.astype(np.float32)).dtype == np.float32
    assert_close(derivative(np.ones((2, 3), dtype=int)), ad.jacobian(f, np.ones((2, 3)), method="forward"))
    assert_close(derivative(np.ones((1, 3))), ad.jacobian(f, np.ones((1, 3)), method="forward"))


@pytest.mark.parametrize("x", [0.5, np.float64(0.5), np.array(0.5), np.float32(0.5), 1, True])
def test_numbers_of_every_kind(x: Any) -> None:
    """Breaks if the short way for numbers returns another kind of result than the long one."""
    scalar = ad.symbolic_derivative(lambda x: np.sin(x) * x, 0.1)
    vector = ad.symbolic_derivative(lambda x: np.stack([np.sin(x), x * 2.0]), 0.1)
    for derivative, f in ((scalar, lambda x: np.sin(x) * x), (vector, lambda x: np.stack([np.sin(x), x * 2.0]))):
        found, wanted = derivative(x), ad.differentiate(f, x, method="forward")
        assert type(found) is type(wanted)
        assert found.dtype == wanted.dtype
        assert_close(found, wanted, 1e-7 if found.dtype == np.float32 else 1e-15)


@settings(max_examples=100)
@given(expression=random_expressions())
def test_what_is_surely_real_is_real_to_sympy(expression: Any) -> None:
    """Breaks if a form is taken for real that SymPy knows not to be."""
    assert is_real(expression) == expression.is_real
    assert is_real(sympy.sqrt(expression - 5)) == sympy.sqrt(expression - 5).is_real
    assert is_real(sympy.Symbol("z") * expression) is not True or expression == 0
    assert is_real(sympy.oo * x) is not True
