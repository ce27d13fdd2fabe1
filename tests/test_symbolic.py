"""Symbolic mode: its expressions against hand-written SymPy, its numbers against closed forms, mpmath and differences."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from support import Case, assert_close, assert_right, cases, numerical_jacobian

import admodes as ad
from admodes import kinds, rules
from admodes.errors import AdmodesError, UnsupportedError
from admodes.symbolic import functions
from admodes.symbolic.formulas import number
from admodes.symbolic.functions import Plain
from admodes.symbolic.recording import input_symbols

X = np.array([0.7, -1.3, 2.1])
MATRIX = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])
x_0, x_1, x_2 = sympy.symbols("x_0 x_1 x_2", real=True)
x = sympy.Symbol("x", real=True)


# --- expressions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "point", "output", "derivative"),
    [
        (lambda x: np.sin(x) * x**2, 1.0, sympy.sin(x) * x**2, x**2 * sympy.cos(x) + 2 * x * sympy.sin(x)),
        (lambda x: x / 3, 1.0, x / 3, sympy.Rational(1, 3)),
        (lambda x: np.exp(2 * x), 1.0, sympy.exp(2 * x), 2 * sympy.exp(2 * x)),
        (lambda x: x**0.5, 1.0, sympy.sqrt(x), 1 / (2 * sympy.sqrt(x))),
        (lambda x: x**0, 1.0, sympy.S.One, sympy.S.Zero),
        (lambda x: np.log1p(x), 1.0, sympy.log(1 + x), 1 / (1 + x)),
        (lambda x: np.expm1(x), 1.0, sympy.exp(x) - 1, sympy.exp(x)),
        (lambda x: np.abs(x), 1.0, sympy.Abs(x), sympy.sign(x)),
        (lambda x: np.maximum(x, 0), 1.0, sympy.Max(x, 0), sympy.Heaviside(x)),
        (lambda x: np.arctan2(x, 2), 1.0, sympy.atan2(x, 2), 2 / (x**2 + 4)),
        (
            lambda x: np.where(x > 0, x**2, 0),
            1.0,
            sympy.Piecewise((x**2, x > 0), (0, True)),
            sympy.Piecewise((2 * x, x > 0), (0, True)),
        ),
        (lambda x: x > 0, 1.0, sympy.Piecewise((1, x > 0), (0, True)), sympy.S.Zero),
    ],
)
def test_expressions_of_one_number(f: Any, point: float, output: Any, derivative: Any) -> None:
    """Breaks if an expression is not the one that one would write in SymPy."""
    found = ad.symbolic_derivative(f, point)
    assert found.inputs == x
    assert found.outputs == output
    assert sympy.expand(found.expressions - derivative) == 0
    assert found.jacobian is found.expressions


def test_expressions_of_arrays() -> None:
    """Breaks if expressions are not arranged as the derivative, or differ from SymPy's own."""
    found = ad.symbolic_derivative(lambda x: np.array([x[0] * x[1], np.linalg.norm(x)]), X[:2])
    assert found.inputs.tolist() == [x_0, x_1]
    norm = sympy.sqrt(x_0**2 + x_1**2)
    assert found.outputs.tolist() == [x_0 * x_1, norm]
    assert found.expressions.tolist() == [[x_1, x_0], [x_0 / norm, x_1 / norm]]
    assert found.conditions == []


def test_expressions_of_containers() -> None:
    """Breaks if containers do not give the output's structure outside and x's inside, or symbols are not named by their path."""
    f = lambda p: {"a": p["w"] @ p["b"][0], "c": [p["b"][1] * 2, {}]}  # noqa: E731 - a formula
    found = ad.symbolic_derivative(f, {"w": np.ones((2, 2)), "b": [np.ones(2), 3.0]})
    assert str(found.inputs["w"][1, 0]) == "x_w_1_0"
    assert str(found.inputs["b"][1]) == "x_b_1"
    assert found.expressions["c"][0]["b"][1] == 2
    assert found.expressions["a"]["w"].shape == (2, 2, 2)
    assert found.expressions["a"]["w"][1, 1, 0] == found.inputs["b"][0][0]


def test_symbols_have_names_of_their_own() -> None:
    """Breaks if two inputs share a symbol: their derivatives would be added up."""
    leaves = [np.zeros(2), np.zeros(()), np.zeros(2)]
    names = [str(symbol) for part in input_symbols(["x['a b']", "x['a_b_0']", "x[0].a b"], leaves) for symbol in part.flat]
    assert len(set(names)) == 5
    assert names[:2] == ["x_a_b_0", "x_a_b_1"]
    assert all(name.isidentifier() for name in names)
    f = lambda p: p["a b"] ** 2 + 3 * p["a_b"]  # noqa: E731 - a formula
    assert ad.gradient(f, {"a b": 2.0, "a_b": 5.0}, method="symbolic") == {"a b": 4.0, "a_b": 3.0}


def test_argnums_of_expressions() -> None:
    """Breaks if argnums names other symbols than the arguments, or a tuple gives no tuple."""
    found = ad.symbolic_derivative(lambda x, y: x**2 * y, 2.0, args=(3.0,), argnums=(0, 1))
    args_0 = sympy.Symbol("args_0", real=True)
    assert found.expressions == (2 * x * args_0, x**2)
    assert found(2.0) == (12.0, 4.0)
    assert found(2.0, 5.0) == (20.0, 4.0)


def test_printed_forms() -> None:
    """Breaks if the text or the LaTeX of a derivative misses an entry, or long ones are not cut."""
    found = ad.symbolic_derivative(lambda x: np.sin(x[:2]) * (x[0] if x[0] > 0 else 1.0), X)
    assert "d f_1 / d x_1 = x_0*cos(x_1)" in str(found)
    assert "where x_0 > 0" in str(found)
    assert r"\frac{\partial f_1}{\partial x_{1}} &= x_{0} \cos" in found._repr_latex_()
    assert found._repr_latex_().startswith("$")
    assert "2 outputs by 3 inputs" in repr(found)
    assert "and 24 more" in str(ad.symbolic_derivative(lambda x: x * x.sum(), np.arange(1.0, 9.0)))
    assert str(ad.symbolic_derivative(lambda x: 3.0, 1.0)) == "0"


# --- the path and other points -----------------------------------------------------------------


def branching(x: Any) -> Any:
    """f with a branch, a sort, an extremum, an index and kinks."""
    if x[0] > x[1]:
        return np.maximum(x, 0.5) * np.max(x) + np.abs(x[int(np.argmin(x))])
    total = np.sort(x) * np.arange(1.0, 4.0) + np.floor(x[1]) * x
    while total[0] < 1:
        total = total + np.where(x > 0, x**2, 1.0)
    return total


@pytest.mark.parametrize("start", [X, X[::-1].copy()], ids=["one_branch", "other_branch"])
def test_other_points_take_their_own_path(start: np.ndarray) -> None:
    """Breaks if the expressions of one branch are evaluated where f takes another one."""
    found = ad.symbolic_derivative(branching, start)
    assert found.conditions
    rng = np.random.default_rng(4)
    for point in [X, X[::-1].copy(), *rng.normal(size=(12, 3)), np.zeros(3)]:
        assert_close(found(point), ad.jacobian(branching, point, method="reverse"), 1e-13)
    assert_close(found([0.3, 0.2, 0.1]), numerical_jacobian(branching, np.array([0.3, 0.2, 0.1])), 1e-7)


def test_other_shapes_are_traced_anew() -> None:
    """Breaks if expressions for three elements are evaluated for four."""
    found = ad.symbolic_derivative(lambda x: np.sum(x**2), X)
    assert_close(found(np.arange(4.0)), 2 * np.arange(4.0))
    assert found.expressions.shape == (3,)


@pytest.mark.parametrize("point", [[0.0, 0.0], [1.0, 0.0], [0.0, -2.0], [3.0, 3.0], [-1.0, 2.0]])
def test_unsettled_expressions_follow_the_policy(point: list[float]) -> None:
    """Breaks if a callable derivative, which keeps its kinks, differs there from the one taken at the point."""

    def f(x: Any) -> Any:
        a, b = x[0], x[1]
        kinks = [
            np.maximum(a, b),
            np.minimum(a, 0.0),
            np.abs(b),
            np.hypot(a, b),
            np.arctan2(a, b),
            np.sinc(a),
            np.logaddexp(a, b),
        ]
        more = [
            np.where(a > b, a * b, a),
            np.copysign(a, b),
            np.fmax(a, b),
            np.clip(a, 0.0, 1.0),
            np.linalg.norm(x),
            np.std(x),
            x[0] ** 2,
        ]
        return np.stack(kinks + more)

    with np.errstate(all="ignore"):
        found = ad.symbolic_derivative(f, np.array([0.3, -0.4]))
        assert_close(found(point), ad.jacobian(f, np.array(point), method="symbolic"), 1e-14)
        assert_close(found(point), ad.jacobian(f, np.array(point), method="forward"), 1e-14)


# --- numbers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [0.1, 1e-300, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -1 / 3, np.pi, 123456789.123456789, np.float32(0.1)]
)
def test_constants_are_exact(value: Any) -> None:
    """Breaks if a constant loses a digit on its way through SymPy and the printer."""
    derivative = ad.differentiate(lambda x: value * x + x, 1.0, method="symbolic") if abs(value) < 1 else None
    assert float(number(value)) == float(value)
    assert ad.differentiate(lambda x: value * x, 1.0, method="symbolic") == float(value)
    if derivative is not None:
        assert derivative == float(value) + 1.0
    found = ad.symbolic_derivative(lambda x: np.array([value]) * np.sin(x), np.array([0.0]))
    assert found(np.zeros(1))[0, 0] == float(value)


def test_integers_stay_exact_and_floats_do_not_become_fractions() -> None:
    """Breaks if 0.1 is taken for 1/10, or a whole number for a float."""
    assert number(3) == sympy.Integer(3)
    assert number(np.int64(2**60 + 1)) == sympy.Integer(2**60 + 1)
    assert isinstance(number(0.1), sympy.Float)
    assert isinstance(number(np.inf), Plain)
    assert isinstance(number(np.nan), Plain)


PRECISE = {
    "sum_of_constants": (lambda x: 0.1 * x**3 + 1e-300 * x, lambda x: 3 * mpmath.mpf(0.1) * x**2 + mpmath.mpf(1e-300), 1.7),
    "arcsin_near_one": (np.arcsin, lambda x: 1 / mpmath.sqrt(1 - x * x), 1 - 1e-12),
    "arctanh_near_one": (np.arctanh, lambda x: 1 / (1 - x * x), 1 - 1e-12),
    "arccosh_near_one": (np.arccosh, lambda x: 1 / mpmath.sqrt(x * x - 1), 1 + 1e-12),
    "log_of_expm1": (lambda x: np.log(np.expm1(x)), lambda x: mpmath.exp(x) / mpmath.expm1(x), 1e-10),
    "log1p": (np.log1p, lambda x: 1 / (1 + x), 1e-17),
    "sinc_near_zero": (np.sinc, lambda x: mpmath.diff(lambda t: mpmath.sin(mpmath.pi * t) / (mpmath.pi * t), x), 1e-3),
    "huge_divisor": (lambda x: 1e250 / x, lambda x: -mpmath.mpf(1e250) / x**2, 1e200),
    "hypot_of_huge": (lambda x: np.hypot(x, 1e200), lambda x: x / mpmath.sqrt(x * x + mpmath.mpf(1e200) ** 2), 1e200),
    "logaddexp": (lambda x: np.logaddexp(x, 2.0), lambda x: 1 / (1 + mpmath.exp(2 - x)), 3.3),
    "cbrt": (np.cbrt, lambda x: 1 / (3 * mpmath.cbrt(x * x)), 1e-3),
    "log2": (np.log2, lambda x: 1 / (x * mpmath.log(2)), 7.3),
    "exp2": (np.exp2, lambda x: 2**x * mpmath.log(2), 7.3),
    "deg2rad": (np.deg2rad, lambda x: mpmath.pi / 180, 3.0),
    "power": (lambda x: x**0.3, lambda x: mpmath.mpf(0.3) * x ** (mpmath.mpf(0.3) - 1), 3.3),
    "long_sum": (lambda x: np.sum(np.arange(1.0, 200.0) * 0.1 * x) ** 2, lambda x: 2 * x * (mpmath.mpf(0.1) * 19900) ** 2, 1.1),
}


@pytest.mark.parametrize("name", PRECISE)
def test_numbers_against_fifty_digits(name: str) -> None:
    """Breaks if printing loses digits: constants cut to 15 digits, 1 - x*x near 1, exp(x) - 1 near 0, squares that overflow."""
    f, truth, point = PRECISE[name]
    with mpmath.workdps(50):
        wanted = truth(mpmath.mpf(point))
        error = abs((mpmath.mpf(float(ad.differentiate(f, point, method="symbolic"))) - wanted) / wanted)
    assert error < 8 * np.finfo(float).eps


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_derivatives_of_sinc(order: int) -> None:
    """Breaks if a higher derivative of sinc cancels near 0, or its series and its recursion do not meet."""
    from admodes.symbolic.numerics import RUNTIME

    for point in [0.0, 1e-9, 0.01, 0.3, 0.5 + 0.25 * order - 1e-9, 0.5 + 0.25 * order, 3.7, -2.2]:
        with mpmath.workdps(60):
            t = mpmath.mpf(point) + mpmath.mpf(10) ** -25
            wanted = float(mpmath.diff(lambda s: mpmath.sin(mpmath.pi * s) / (mpmath.pi * s), t, order, h=mpmath.mpf(10) ** -9))
        assert_close(RUNTIME["_sinc"](np.float64(point), order), wanted, 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_of_the_input(dtype: Any) -> None:
    """Breaks if float32 inputs give float64 derivatives."""
    assert ad.jacobian(np.sin, X.astype(dtype), method="symbolic").dtype == dtype
    assert ad.differentiate(np.sin, dtype(0.5), method="symbolic").dtype == dtype
    assert ad.hessian(lambda x: np.sum(x**3), X.astype(dtype), method="symbolic").dtype == dtype


# --- functions ---------------------------------------------------------------------------------


@cases(
    ("einsum", lambda x: np.einsum("ij,kj->ik", x, x), MATRIX),
    ("einsum_trace", lambda x: np.einsum("ii->", x @ x.T), MATRIX),
    ("stacked_matmul", lambda x: np.matmul(np.stack([x, 2 * x]), x.T), MATRIX),
    ("vector_matmul", lambda x: x[0] @ x.T + x @ x[1], MATRIX),
    ("cumsum", lambda x: np.cumsum(x * x, axis=1), MATRIX),
    ("scatter", lambda x: np.diag(x[0]) @ np.diag(x[1], 0), MATRIX),
    ("repeated_index", lambda x: x[[0, 1, 0]] * x[[1, 1, 0]], MATRIX),
    ("boolean_index", lambda x: x[x > 0] ** 2, MATRIX),
    ("pad", lambda x: np.pad(x, 1, mode="reflect") ** 2, MATRIX),
    ("norms", lambda x: np.linalg.norm(x, axis=1) + np.linalg.norm(x, 3, axis=1) + np.linalg.norm(x, 1), MATRIX),
    ("variance", lambda x: np.var(x, axis=0) + np.std(x), MATRIX),
    ("det", lambda x: np.linalg.det(x @ x.T + np.eye(2)), MATRIX),
    ("slogdet", lambda x: np.linalg.slogdet(x @ x.T)[1], MATRIX),
    ("inv", lambda x: np.linalg.inv(x.T @ x + np.eye(3)), MATRIX),
    ("solve", lambda x: np.linalg.solve(x @ x.T + np.eye(2), x), MATRIX),
    ("solve_four", lambda x: np.linalg.solve(np.outer(x, x) + 3 * np.eye(4), x), np.array([0.5, -0.2, 0.8, 0.1])),
    ("softmax", lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(), MATRIX),
    ("powers", lambda x: (x**2) ** 1.5 + 2.0**x + (x * x) ** x, MATRIX),
    ("remainders", lambda x: np.remainder(x, 0.41) + np.fmod(x, 0.41) + np.remainder(1.3, x), MATRIX),
    ("extrema", lambda x: x.max(axis=0) * x.min() + np.ptp(x), MATRIX),
    ("sorted_and_picked", lambda x: np.sort(x, axis=None)[1:3] * np.arange(2.0), MATRIX),
)
def test_functions_of_arrays(case: Case) -> None:
    """Breaks if the expressions of a function are not those of NumPy's, value and derivative."""
    assert_right(case, "symbolic", 1e-8)


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda x: np.sum(np.tanh(x) * x[0]) ** 2, X),
        (lambda x: np.prod(x) + np.exp(x[0] * x[1]), X),
        (lambda x: np.log(np.sum(np.exp(x))), X),
        (lambda x: np.linalg.norm(x) ** 3 + np.sinc(x[0]), X),
        (lambda x: np.where(x > 0, x**3, x**2).sum() + np.maximum(x, 0.1)[0] ** 2, X),
        (lambda x: x[0] ** x[2] + np.hypot(x[1], x[2]) + np.arctan2(x[0], x[1]), X),
        (lambda x: np.linalg.det(np.outer(x, x) + np.eye(3)), X),
    ],
)
def test_second_derivatives(f: Any, point: np.ndarray) -> None:
    """Breaks if an expression differentiated twice is not the derivative of the gradient."""
    wanted = numerical_jacobian(lambda x: ad.gradient(f, x, method="reverse"), point)
    assert_close(ad.hessian(f, point, method="symbolic"), wanted, 1e-7)
    assert_close(ad.hvp(f, point, X, method="symbolic"), wanted @ X, 1e-7)


@pytest.mark.parametrize("name", sorted({rule.name for rule in rules.ELEMENTWISE.values()} - {"constant_power"}))
def test_every_elementwise_rule_has_an_expression(name: str) -> None:
    """Breaks if the formula of a rule is not the function itself, or its derivative disagrees with our table."""
    rule = next(rule for rule in rules.ELEMENTWISE.values() if rule.name == name)
    count = len(rule.partials)
    domains = rule.domain if isinstance((rule.domain or (0,))[0], tuple) else (rule.domain or (0.2, 2.2),) * count
    points = [low + (0.37 + 0.2 * i) * (high - low) for i, (low, high) in enumerate(domains)]
    points = [round(p) if partial is None else p for p, partial in zip(points, rule.partials, strict=True)]
    for position, partial in enumerate(rule.partials):
        if partial is None:
            continue
        f = lambda t, i=position: rule(*[t if j == i else p for j, p in enumerate(points)])  # noqa: E731 - a slot
        assert_right(Case(f, points[position]), "symbolic", 1e-8)
        value = ad.symbolic_derivative(f, points[position]).outputs.subs(x, points[position])
        assert_close(float(value.doit()), float(f(np.float64(points[position]))), 1e-12, "the published expression")


# --- kinks, infinities, branches ---------------------------------------------------------------


def test_three_ties_share_a_whole() -> None:
    """Breaks if SymPy's flat Max(x, y, z) gives each of three ties a half."""
    found = ad.symbolic_derivative(lambda x: np.maximum(np.maximum(x[0], x[1]), x[2]), X)
    assert_close(found(np.zeros(3)), [0.25, 0.25, 0.5])


def test_a_condition_that_sympy_would_decide_otherwise() -> None:
    """Breaks if exp(x) > 0 is taken as true where exp(x) underflowed to 0 and NumPy took the other branch."""
    f = lambda x: np.where(np.exp(x) > 0, x, -x)  # noqa: E731 - a formula
    assert_close(ad.jacobian(f, np.array([1.0, -1000.0]), method="symbolic"), np.diag([1.0, -1.0]))
    assert_close(ad.symbolic_derivative(f, np.array([1.0]))(np.array([-1000.0])), [[-1.0]])


def test_unselected_branches_do_not_spoil() -> None:
    """Breaks if nan, 1 / 0 or a complex number of the branch not taken reaches the derivative, at this point or another."""
    f = lambda x: np.where(x > 0, np.sqrt(x) + np.log(x) + 1 / x, np.sqrt(-x - 1) ** 2)  # noqa: E731 - a formula
    with np.errstate(all="ignore"):
        assert_close(ad.jacobian(f, np.array([4.0, -2.0, -3.0]), method="symbolic"), np.diag([0.25 + 0.25 - 0.0625, -1, -1]))
        assert_close(ad.symbolic_derivative(f, np.array([4.0]))(np.array([-2.0])), [[-1.0]])


@pytest.mark.parametrize(
    ("f", "wanted"),
    [
        (lambda x: (x * np.array([np.nan, 2.0])).sum(), [np.nan, 2.0]),
        (lambda x: (x * np.array([np.inf, 2.0])).sum(), [np.inf, 2.0]),
        (lambda x: np.sqrt(-np.exp(x)).sum(), [np.nan, np.nan]),
        (lambda x: (np.sqrt(-np.exp(x)) ** 2).sum(), [np.nan, np.nan]),
        (lambda x: np.max(np.where(x > 2, x, -np.inf)) + x[0], [1.0, 1.0]),
        (lambda x: ((-2.0) ** x).sum(), [np.nan, np.nan]),
    ],
)
def test_numbers_that_are_not_finite(f: Any, wanted: Any) -> None:
    """Breaks if SymPy calculates with nan or inf, or leaves the real numbers, and a finite derivative comes out."""
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ad.gradient(f, np.array([1.0, 3.0]), method="symbolic"), wanted)


def test_signs_of_zero() -> None:
    """Breaks if a negative zero loses its sign on the way to SymPy."""
    f = lambda x: np.copysign(x, -0.0)  # noqa: E731 - a formula
    assert_close(ad.jacobian(f, np.array([0.5, -1.5]), method="symbolic"), np.diag([-1.0, 1.0]))
    assert_close(ad.symbolic_derivative(f, 0.5)(-1.5), 1.0)


def test_booleans_add_up_as_in_numpy() -> None:
    """Breaks if True + True counts as 2 where NumPy says True, or the sum of a mask as True where NumPy counts."""
    point = np.array([2.0, 0.5, -1.0])
    assert_close(ad.gradient(lambda x: (((x > 0) + (x > 1)) * x).sum(), point, method="symbolic"), [1.0, 1.0, 0.0])
    assert_close(ad.gradient(lambda x: np.sum(x > 0) * x.sum(), point, method="symbolic"), [2.0, 2.0, 2.0])
    found = ad.symbolic_derivative(lambda x: np.sum(x > 0) * x.sum(), point)
    assert_close(found(-point), [1.0, 1.0, 1.0])


# --- size --------------------------------------------------------------------------------------


def loop(steps: int) -> Any:
    """A loop whose expression, written out, has more than 2 ** steps terms."""

    def f(x: Any) -> Any:
        a, b = x[0], x[1]
        for _ in range(steps):
            a, b = np.sin(a) * b + a * 0.5, b * 0.5 + a * 0.3
        return a * b + a

    return f


def test_shared_subexpressions_are_visited_once() -> None:
    """Breaks if a walk, a comparison or the printer sees a graph as a tree, the first time or when repeated: it would not end."""
    point = np.array([0.3, 0.8])
    for _ in range(2):
        assert_close(ad.gradient(loop(16), point, method="symbolic"), ad.gradient(loop(16), point, method="reverse"), 1e-14)


def test_long_loops_are_refused() -> None:
    """Breaks if an expression that nests too deeply ends in Python's RecursionError instead of a refusal with a cure."""

    def f(x: Any) -> Any:
        for _ in range(2000):
            x = np.sin(x)
        return x

    try:
        got = ad.differentiate(f, 0.5, method="symbolic")
    except UnsupportedError as error:
        assert "reverse" in str(error)
    else:
        assert_close(got, ad.differentiate(f, 0.5, method="reverse"), 1e-12)


def test_wide_sums() -> None:
    """Breaks if a sum of thousands of terms nests parentheses beyond what Python parses, or takes quadratic time."""
    point = np.linspace(0.0, 1.0, 1500)
    assert_close(ad.gradient(lambda x: np.sum(x * x) ** 2, point, method="symbolic"), 4 * np.sum(point**2) * point, 1e-13)


# --- refusals ----------------------------------------------------------------------------------


class Unknown(kinds.Primitive):
    """A primitive that symbolic mode has never heard of."""

    def jvp(self, application: Any, out: Any, values: Any, tangents: Any) -> Any:
        return tangents[0]


@pytest.mark.parametrize(
    ("f", "point", "words"),
    [
        (lambda x: Unknown("mystery", lambda x: x)(x), X, "mystery"),
        (lambda x: np.linalg.det(x), np.eye(5), "4 x 4"),
        (lambda x: np.linalg.inv(x), np.eye(5), "np.linalg.inv"),
        (lambda x: np.linalg.solve(x, x), np.eye(5), "np.linalg.solve"),
    ],
)
def test_refusals_name_the_function_and_a_way_out(f: Any, point: Any, words: str) -> None:
    """Breaks if symbolic mode guesses, or refuses without the function's name and a method that can."""
    with pytest.raises(UnsupportedError, match=words) as caught:
        ad.jacobian(f, point, method="symbolic")
    assert "method='forward'" in str(caught.value)


@pytest.mark.parametrize("outer", ["forward", "reverse", "symbolic"])
def test_inside_another_derivative(outer: str) -> None:
    """Breaks if a symbolic derivative inside another one loses the outer derivative silently."""
    with pytest.raises(UnsupportedError, match="inside another derivative"):
        ad.gradient(lambda x: ad.gradient(lambda y: np.sum(y**3), x, method="symbolic").sum(), X, method=outer)
    with pytest.raises(UnsupportedError, match="inside another derivative"):
        ad.gradient(lambda x: ad.gradient(lambda y: np.sum(y * x), X, method="symbolic").sum(), X, method=outer)


@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_around_another_derivative(inner: str) -> None:
    """Breaks if expressions through another mode's derivative are wrong."""
    found = ad.symbolic_derivative(lambda x: ad.gradient(lambda y: np.sum(y**3 * x), x, method=inner), X[:2])
    assert [[sympy.expand(entry) for entry in row] for row in found.expressions] == [[9 * x_0**2, 0], [0, 9 * x_1**2]]


@pytest.fixture
def own_rule() -> Any:
    """A way to register elementwise rules for one test."""
    registered = []

    def register(function: Any, *partials: Any, **options: Any) -> Any:
        registered.append(function)
        return rules.elementwise(function, *partials, **options)

    yield register
    for function in registered:
        rules.ELEMENTWISE.pop(function)
        rules.FUNCTIONS.pop(function)


def test_functions_that_only_sympy_has(own_rule: Any) -> None:
    """Breaks if a rule whose SymPy counterpart NumPy lacks (erf) cannot be evaluated, or a wrong name is not refused."""
    gauss = own_rule(
        lambda x: np.vectorize(mpmath.erf, otypes=[float])(x), lambda out, x: 0, sympy="erf(x)**2 + gamma(x)", name="gauss"
    )
    with mpmath.workdps(30):
        wanted = float(mpmath.diff(lambda t: mpmath.erf(t) ** 2 + mpmath.gamma(t), 1.3))
    assert_close(ad.differentiate(gauss, 1.3, method="symbolic"), wanted, 1e-14)
    for text in ("no_such_function", "no_such_function(x)", "x +"):
        wrong = own_rule(lambda x: x, 1, sympy=text, name=f"wrong {text}")
        with pytest.raises(UnsupportedError, match="wrong"):
            ad.differentiate(wrong, 1.0, method="symbolic")


def test_errors_leave_nothing_behind() -> None:
    """Breaks if a traced value of a failed call can be used later, or the error of f is not the user's own."""
    kept = []

    def f(x: Any) -> Any:
        kept.append(x)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        ad.gradient(f, X, method="symbolic")
    with pytest.raises(AdmodesError):
        ad.gradient(lambda x: (x * kept[0]).sum(), X, method="symbolic")


# --- ties and names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "size"),
    [
        (lambda x: np.maximum(0, 1 - np.min(x)), 3),
        (lambda x: np.where(x == np.max(x), x**2, 0), 6),
        (lambda x: np.linalg.norm(x - np.max(x)), 5),
        (lambda x: np.max(x) % 1 * x[0], 6),
        (lambda x: x[0] ** 2 if np.max(x) >= 1 else x[0] ** 3, 6),
        (lambda x: np.abs(np.sort(x)[1] - x[0]), 5),
        (lambda x: np.max(x, initial=1.0) * x[1], 3),
        (lambda x: np.floor(np.maximum(np.maximum(x[0], x[1]), x[2])) * x, 3),
        (lambda x: np.maximum.accumulate(x) % 1 * x, 3),
    ],
)
@pytest.mark.parametrize("at", [1.0, 0.1, 3.0])
def test_equal_numbers_that_share_are_still_that_number(f: Any, size: int, at: float) -> None:
    """Breaks if what ties becomes a mean, which rounding moves to the other side of a comparison, a step or a kink."""
    point = np.full(size, at)
    truth = ad.differentiate(f, point, method="reverse")
    assert_close(ad.differentiate(f, point, method="symbolic"), truth, 1e-14)
    found = ad.symbolic_derivative(f, point)
    assert_close(found(point), truth, 1e-14)
    assert_close(np.vectorize(float, otypes=[float])(found.evaluate(point, digits=20)), truth, 1e-14)


def test_functions_with_names_that_mpmath_gives_to_others() -> None:
    """Breaks if SymPy evaluates a function of ours by mpmath's of the same name: its sinc and root are other functions."""
    point = np.array([0.1, 0.2, 0.3])
    for f in (lambda x: np.sum(np.sinc(x)), lambda x: np.sum(np.cbrt(x) + np.log1p(x) + np.expm1(x))):
        third = [ad.symbolic_derivative(lambda x, f=f: ad.hessian(f, x, method="forward"), point)(point)]
        third.append(ad.jacobian(lambda x, f=f: ad.hessian(f, x, method="forward"), point, method="forward"))
        assert_close(third[0], third[1], 1e-11)
    assert_close(ad.gradient(lambda x: np.std(x[0] + np.array([1.0, -0.5, 1.0])), point, method="symbolic"), np.zeros(3))
    assert functions.sinc(sympy.Rational(1, 10), sympy.S.One).evalf() == functions.sinc(sympy.Rational(1, 10), sympy.S.One)
