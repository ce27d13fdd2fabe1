"""What a symbolic derivative can do: its budget, its programs, its digits, its swell, its LaTeX; against SymPy and mpmath."""

from __future__ import annotations

import math
import time
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special
from support import assert_close

import admodes as ad
from admodes.errors import BudgetError, OptionError, UnsupportedError
from admodes.symbolic.budget import Budget
from admodes.symbolic.precise import Precise
from admodes.symbolic.recording import record
from admodes.symbolic.showing import symbol_latex
from admodes.symbolic.swell import count_operations
from admodes.symbolic.walking import Shared

X = np.array([0.7, -1.3, 2.1])
x = sympy.Symbol("x", real=True)
y = sympy.Symbol("y", real=True)


def logistic(steps: int) -> Any:
    """The logistic map, so many times."""

    def f(x: Any) -> Any:
        for _ in range(steps):
            x = 4 * x * (1 - x)
        return x

    return f


# --- budget ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "wrong"),
    [("nodes", value) for value in (0, -3, 2.5, math.nan, True, "many", None)]
    + [("seconds", value) for value in (0, -1.0, math.nan, False, "long", None)],
)
def test_budgets_that_mean_nothing_are_refused(option: str, wrong: Any) -> None:
    """Breaks if a budget is read as none at all, or fails only where it is used up."""
    for make in (ad.Symbolic, lambda **options: ad.symbolic_derivative(np.sin, 1.0, **options)):
        with pytest.raises(OptionError, match=f"{option}={wrong!r}"):
            make(**{option: wrong})


@pytest.mark.parametrize("steps", [10**9, 200])
def test_a_loop_that_is_too_long_ends_with_the_count(steps: int) -> None:
    """Breaks if tracing or differentiating goes on without end, or the error does not say how far it came and what to write."""
    with pytest.raises(BudgetError) as caught:
        ad.differentiate(logistic(steps), 0.3, method=ad.Symbolic(nodes=1000))
    message = str(caught.value)
    assert isinstance(caught.value, UnsupportedError)
    assert "1,001 distinct expressions" in message
    assert "for 1 input" in message
    assert ("traced" if steps > 200 else "differentiated") in message
    assert "1 output" in message or steps > 200
    assert "method='reverse'" in message
    assert "ad.Symbolic(nodes=10_000)" in message


def test_time_that_is_used_up_ends_it() -> None:
    """Breaks if the limit in seconds is not looked at while f is traced."""
    with pytest.raises(BudgetError, match=r"traced: .* its budget is 0.05 seconds.*seconds=0.5"):
        ad.symbolic_derivative(logistic(10**9), 0.3, seconds=0.05)


def test_hessians_and_derivatives_have_the_budget_too() -> None:
    """Breaks if one way into symbolic mode forgets its options."""
    f = lambda x: np.prod(np.sin(x)) ** 3  # noqa: E731 - a formula
    with pytest.raises(BudgetError):
        ad.hessian(f, X, method=ad.Symbolic(nodes=30))
    with pytest.raises(BudgetError):
        ad.symbolic_derivative(f, X, nodes=20)
    assert_close(ad.hessian(f, X, method=ad.Symbolic(nodes=math.inf, seconds=math.inf)), ad.hessian(f, X), 1e-12)


def test_compare_names_the_budget() -> None:
    """Breaks if a budget that is used up is an error of the method, and not a limit of it."""
    row = ad.compare(logistic(100), 0.3, [ad.Symbolic(nodes=50), "forward", "finite"], rounds=1)["symbolic"]
    assert row.status == "unsupported"
    assert "51 distinct expressions" in row.reason


@pytest.mark.parametrize("steps", [10, 40, 80])
def test_a_step_of_a_loop_costs_what_a_step_costs(steps: int) -> None:
    """Breaks if products of products are flattened without end: expressions then grow with the square of the loop."""
    from admodes.function import Function
    from admodes.symbolic.derivatives import differentiate

    found = record(Function(logistic(steps), 0.3, (), 0))
    differentiate(list(found.outputs[0].flat), found.variables, found.graph)
    assert len(found.graph) < 15 * steps + 100


@pytest.mark.parametrize("steps", [30, 400])
def test_long_loops_are_right(steps: int) -> None:
    """Breaks if an expression that SymPy sees from outside only loses a part of its derivative."""

    def f(x: Any) -> Any:
        a, b = x[0], x[1]
        for _ in range(steps):
            a, b = np.sin(a) + 0.1 * b, np.cos(a * b)
        return np.stack([a, b])

    point = np.array([0.3, 0.4])
    assert_close(ad.jacobian(f, point, method="symbolic"), ad.jacobian(f, point, method="reverse"), 1e-12)
    assert_close(ad.jacobian(f, point, method="symbolic"), ad.jacobian(f, point, method="finite"), 1e-6)


def test_shared_expressions_are_atoms_to_sympy() -> None:
    """Breaks if SymPy looks inside, takes two of them for one, or calls one a number."""
    one, other = Shared(x**2), Shared(y**2)
    assert one != other
    assert one + one == 2 * one
    assert one - one == 0
    assert one.is_real
    assert not one.is_number
    assert one.free_symbols == {one}
    assert len({one * other, other * one}) == 1


def test_formulas_too_long_to_write_are_told_by_their_size() -> None:
    """Breaks if text or LaTeX of a derivative that shares its parts is written out, which would not end."""
    found = ad.symbolic_derivative(logistic(60), 0.3)
    size = count_operations(found._parts)
    assert size > 10**18
    assert f"d f / d x = ({size:,} operations)" in str(found)
    assert rf"\text{{({size:,} operations)}}" in found._repr_latex_()
    with pytest.raises(BudgetError, match=rf"{size:,} operations.*to_python"):
        _ = found.expressions


def test_conditions_too_long_to_write_are_told_by_their_size() -> None:
    """Breaks if a long condition hangs what prints it."""
    f = lambda x: x**2 if logistic(40)(x) > -1e300 else x  # noqa: E731 - a formula
    found = ad.symbolic_derivative(f, 0.3)
    assert "operations)" in str(found)
    assert "2*x" in str(found)
    assert r"\text{where}" in found._repr_latex_()


# --- swell -------------------------------------------------------------------------------------


def test_the_published_swell() -> None:
    """Breaks if the counts of table 1's functions in Baydin et al. (2018) are not those of SymPy's own derivative."""
    found = [ad.symbolic_derivative(logistic(steps), 0.3).swell() for steps in range(10)]
    assert [swell.derivative for swell in found] == [0, 2, 21, 82, 264, 768, 2096, 5472, 13824, 34048]
    expression = x
    for swell in found:
        assert swell.function == sympy.count_ops(expression)
        assert swell.derivative == sympy.count_ops(sympy.diff(expression, x))
        expression = 4 * expression * (1 - expression)
    assert [swell.derivative_shared for swell in found[:2]] == [0, 2]
    assert found[9].derivative_shared < 250


def test_the_swell_of_what_nobody_could_write() -> None:
    """Breaks if the count is a float, or is taken by visiting the tree."""
    swell = ad.symbolic_derivative(logistic(50), 0.3).swell()
    assert isinstance(swell.derivative, int)
    assert swell.function == 5 * 2**49 - 2
    assert swell.derivative > 10**18
    assert swell.derivative_shared < 40 * 50


def test_the_swell_of_arrays() -> None:
    """Breaks if an output or an input is left out of the count."""
    f = lambda x: np.array([x[0] * x[1] * np.sin(x[2]), np.exp(x[0])])  # noqa: E731 - a formula
    a, b, c = sympy.symbols("x_0 x_1 x_2", real=True)
    roots = [a * b * sympy.sin(c), sympy.exp(a)]
    swell = ad.symbolic_derivative(f, X).swell()
    assert swell.function == sum(map(sympy.count_ops, roots))
    assert swell.derivative == sum(sympy.count_ops(sympy.diff(root, symbol)) for root in roots for symbol in (a, b, c))


NUMBERS = [sympy.Integer(n) for n in (-7, -2, -1, 2, 3, 10)] + [sympy.Rational(1, 3), sympy.Rational(-5, 2), sympy.Float(0.1)]


def trees(leaves: Any) -> Any:
    """Random expressions of sums, products, powers, quotients and functions."""
    return st.recursive(
        st.sampled_from([*leaves, *NUMBERS]),
        lambda part: st.one_of(
            st.builds(lambda a, b: a + b, part, part),
            st.builds(lambda a, b: a - b, part, part),
            st.builds(lambda a, b: a * b, part, part),
            st.builds(lambda a, b: a / b if b != 0 else a, part, part),
            st.builds(lambda a, n: a**n if a != 0 else a, part, st.sampled_from([2, 3, -1, -2])),
            st.builds(sympy.sin, part),
            st.builds(sympy.exp, part),
        ),
        max_leaves=12,
    )


@settings(max_examples=200, deadline=None)
@given(trees([x, y]))
def test_the_counter_is_that_of_sympy(expression: Any) -> None:
    """Breaks if operations of any expression are counted otherwise than by `sympy.count_ops`."""
    assert count_operations([expression]) == sympy.count_ops(expression)


class Step(NamedTuple):
    """One step of a random program, in NumPy and in SymPy."""

    name: str
    numpy: Any
    sympy: Any


STEPS = [
    Step("sum", lambda a, b: a + b, lambda a, b: a + b),
    Step("product", lambda a, b: a * b, lambda a, b: a * b),
    Step("difference", lambda a, b: a - 3 * b, lambda a, b: a - 3 * b),
    Step("square", lambda a, b: a**2 + b, lambda a, b: a**2 + b),
    Step("sine", lambda a, b: np.sin(a) * b, lambda a, b: sympy.sin(a) * b),
    Step("exponential", lambda a, b: np.exp(b) + a, lambda a, b: sympy.exp(b) + a),
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=7))
def test_the_swell_is_that_of_sympy_diff(steps: Any) -> None:
    """Breaks if the derivative that is counted is not the one that `sympy.diff` would write out."""

    def run(first: Any, second: Any, form: str) -> Any:
        for step in steps:
            first, second = getattr(step, form)(first, second), first
        return first

    a, b = sympy.symbols("x_0 x_1", real=True)
    with np.errstate(all="ignore"):
        swell = ad.symbolic_derivative(lambda v: run(v[0], v[1], "numpy"), np.array([0.3, 0.4])).swell()
    expression = run(a, b, "sympy")
    assert swell.function == sympy.count_ops(expression)
    assert swell.derivative == sum(sympy.count_ops(sympy.diff(expression, symbol)) for symbol in (a, b))


# --- programs ----------------------------------------------------------------------------------


def pasted(derivative: Any, name: str = "derivative") -> Any:
    """The function of a program, run where nothing but the program is."""
    scope: dict[str, Any] = {}
    exec(derivative.to_python(name), scope)
    assert not any(
        getattr(value, "__module__", "") and str(getattr(value, "__module__", "")).startswith("admodes")
        for value in scope.values()
    )
    return scope[name]


def kinks(x: Any) -> Any:
    """All of our own functions."""
    a, b = x[0], x[1]
    found = [np.maximum(a, b), np.minimum(a, 0.0), np.abs(b), np.hypot(a, b), np.arctan2(a, b), np.sinc(a), np.logaddexp(a, b)]
    found += [np.where(a > b, a * b, a), np.where((a > 0) & (b < 1), a, b), np.copysign(a, b), np.clip(a, 0.0, 1.0), np.std(x)]
    found += [np.cbrt(a + 3), np.expm1(a), np.log1p(a * a), np.floor(a) * b, np.linalg.norm(x), (a * a) ** b, 2.0**a]
    found += [np.where(~(a > 0.5), np.log(a * a + 1), 1 / (a - 7)), np.float64(0.1) * a / 3 - b**-2.0 + 1 - np.tanh(a) ** 2]
    return np.stack(found)


PROGRAMS = {
    "number": (lambda x: np.sin(x) * x**2 / 3, 0.7, [0.7, -2.0]),
    "constant": (lambda x: 3.0, 1.0, [2.0]),
    "vector": (lambda x: x[0] ** 2 * np.sin(x[1]) * 0.1 + np.exp(x[2]), X, [X, -X]),
    "matrix": (lambda x: np.linalg.inv(x @ x.T) @ x, np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]), [np.eye(2, 3) + 0.1]),
    "one": (lambda x: x**3, np.array([2.0]), [np.array([4.0])]),
    "float32": (lambda x: np.sin(x) * 3, X.astype(np.float32), [X.astype(np.float32)]),
    "long_sum": (lambda x: np.sum(np.arange(1.0, 30.0) * x) ** 2 * np.ones(2), np.linspace(0, 1, 29), [np.linspace(1, 0, 29)]),
    "empty": (lambda x: x * 2, np.zeros(0), [np.zeros(0)]),
    "dict": (
        lambda p: {"a": p["w"] @ p["b"][0], "c": [p["b"][1] * 2, {}]},
        {"w": np.ones((2, 2)), "b": [np.ones(2), 3.0]},
        [{"w": np.eye(2), "b": [np.arange(2.0), -3.0]}],
    ),
    "kinks": (
        kinks,
        np.array([0.3, -0.4]),
        [np.array([0.3, -0.4]), np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([-2.5, 3.0])],
    ),
    "branch": (lambda x: x**2 if x[0] > 0 else x, X, [X]),
    "extrema": (lambda x: np.max(x) * x + np.median(x) * np.argmin(x), X, [X, 2 * X]),
    "sorted": (lambda x: np.sort(x) * np.searchsorted(np.array([0.0, 1.0]), x), X, [X, 1.1 * X]),
    "erf": (lambda x: __import__("scipy.special").special.gammaln(x), 2.5, [2.5, 4.0]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_the_derivative(name: str) -> None:
    """Breaks if what is pasted into a file is not the derivative, for any arrangement of x, at kinks or after a branch."""
    f, start, points = PROGRAMS[name]
    derivative = ad.symbolic_derivative(f, start)
    program = pasted(derivative)
    for point in points:
        flat = lambda tree: np.concatenate([np.ravel(leaf) for leaf in __import__("optree").tree_leaves(tree)])  # noqa: E731
        wanted, got = derivative(point), program(point)
        assert __import__("optree").tree_structure(wanted) == __import__("optree").tree_structure(got)
        np.testing.assert_allclose(
            flat(got),
            flat(wanted),
            rtol=5e-16,
            atol=5e-16 * np.max(np.abs(flat(wanted)), initial=0.0, where=np.isfinite(flat(wanted))),
        )
        assert flat(got).dtype == flat(wanted).dtype


def test_powers_bind_as_tightly_as_they_should() -> None:
    """Breaks if x**(-3/2) is written as x**-3/2, or a divisor or an exponent loses its parentheses."""
    program = pasted(ad.symbolic_derivative(lambda x: 1 / np.sqrt(x), 4.0))
    assert program(4.0) == -0.0625
    f = lambda x: (-2.0) ** np.floor(x) * x ** (7 / 4) / (x ** (-5 / 2) + np.where(x > 9.0, 1.0, 0.0)) ** (1 / 3)  # noqa: E731 - a formula
    assert_close(pasted(ad.symbolic_derivative(f, 2.5))(2.5), ad.differentiate(f, 2.5, method="forward"), 1e-14)


def test_numbers_of_choices_divide_as_those_of_numpy() -> None:
    """Breaks if a choice between two numbers is a Python number, by which 0 cannot be divided."""
    f = lambda x: x / np.where(x > 0, 1.0, 0.0)  # noqa: E731 - a formula
    with np.errstate(all="ignore"):
        found = ad.symbolic_derivative(f, 1.0)
        assert pasted(found)(-1.0) == found(-1.0)
        assert pasted(found)(2.0) == found(2.0)


def quotients_and_powers() -> Any:
    """Random functions of two numbers, with rational powers of quotients, and of negative products."""
    leaf = st.one_of(
        st.sampled_from([lambda a, b: a, lambda a, b: b, lambda a, b: -a * b]),
        st.sampled_from([-3.0, -0.5, 2.0, 0.1, 7.0]).map(lambda number: lambda a, b: number + 0.0 * a),
    )
    exponents = st.sampled_from([-3.0, -2.0, -1.0, 2.0, 3.0, 4.0, -5.0])
    fractions = st.sampled_from([-2.5, -1.5, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1.5, 1.25, 0.3, -0.3])

    def grow(part: Any) -> Any:
        return st.one_of(
            st.builds(lambda f, g: lambda a, b: f(a, b) + g(a, b), part, part),
            st.builds(lambda f, g: lambda a, b: f(a, b) - g(a, b), part, part),
            st.builds(lambda f, g: lambda a, b: f(a, b) * g(a, b), part, part),
            st.builds(lambda f, g: lambda a, b: f(a, b) / g(a, b), part, part),
            st.builds(lambda f, n: lambda a, b: f(a, b) ** n, part, exponents),
            st.builds(lambda f, n: lambda a, b: (f(a, b) * f(a, b) + 0.5) ** n, part, fractions),
            st.builds(lambda f, n: lambda a, b: np.exp(-np.sin(f(a, b))) ** n, part, fractions),
            st.builds(lambda f, g: lambda a, b: (2.0 + np.sin(f(a, b))) ** np.cos(g(a, b)), part, part),
        )

    return st.recursive(leaf, grow, max_leaves=7)


@settings(max_examples=150, deadline=None)
@given(quotients_and_powers())
def test_random_programs_are_the_derivative(f: Any) -> None:
    """Breaks if anything that is written binds otherwise than the expression does."""
    point = np.array([0.7, -1.3])
    with np.errstate(all="ignore"):
        derivative = ad.symbolic_derivative(lambda v: f(v[0], v[1]), point)
        wanted = derivative(point)
        exact = derivative.evaluate(point).astype(float)
        assume(np.all(np.isfinite(wanted)) and np.max(np.abs(exact)) < 1e12)
        assume(np.max(np.abs(wanted - exact)) <= 1e-12 * np.max(np.abs(exact)))
        np.testing.assert_allclose(pasted(derivative)(point), exact, rtol=1e-6, atol=1e-9 * np.max(np.abs(exact)))


def normal(t: Any) -> Any:
    """The logarithm of the normal distribution function, without cancellation far to the left."""
    return mpmath.log(mpmath.erfc(-t / mpmath.sqrt(2)) / 2)


def quantile_slope(p: Any) -> Any:
    """The derivative of the inverse of the normal distribution function."""
    start = -mpmath.sqrt(-2 * mpmath.log(p))
    t = mpmath.findroot(lambda u: normal(u) - mpmath.log(p), (start, start + mpmath.mpf("0.1")))
    return mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(t**2 / 2)


#: name of scipy.special, point, the derivative there
SPECIAL = [
    ("exprel", 1e-9, lambda t: ((t - 1) * mpmath.exp(t) + 1) / t**2),
    ("exprel", 0.0, lambda t: mpmath.mpf("0.5")),
    ("log_ndtr", -40.0, lambda t: mpmath.diff(normal, t)),
    ("erfcx", 30.0, lambda t: 2 * t * mpmath.exp(t * t) * mpmath.erfc(t) - 2 / mpmath.sqrt(mpmath.pi)),
    ("ndtri", 1e-300, quantile_slope),
    ("entr", 0.3, lambda t: -mpmath.log(t) - 1),
]


@pytest.mark.parametrize(("name", "point", "truth"), SPECIAL)
def test_special_functions_keep_their_digits(name: str, point: float, truth: Any) -> None:
    """Breaks if a closed form is written as it stands, which cancels, overflows, or is 0 / 0."""
    found = ad.symbolic_derivative(getattr(special, name), point)
    with mpmath.workdps(800):
        wanted = truth(mpmath.mpf(point))
    assert abs(pasted(found)(point) / float(wanted) - 1) < 1e-15
    with mpmath.workdps(60):
        assert abs(found.evaluate(point) / wanted - 1) < mpmath.mpf(10) ** -45


def test_special_functions_of_several_arguments_are_written() -> None:
    """Breaks if the function of SymPy behind them has arguments that are no numbers."""
    found = ad.symbolic_derivative(lambda x: special.betainc(2.5, 1.5, x), 0.3)
    wanted = 0.3**1.5 * 0.7**0.5 / special.beta(2.5, 1.5)
    assert abs(pasted(found)(0.3) / wanted - 1) < 1e-15
    assert "\nimport numpy as np\nimport sympy\n" in found.to_python()


def test_functions_of_sympy_that_cannot_be_written_are_refused() -> None:
    """Breaks if the message names a class of SymPy's that nobody wrote."""
    from admodes.symbolic.standalone import Writer

    for expression, name in ((sympy.hyper((1, x), (2,), y), "hyper"), (sympy.Function("mine")(x), "mine")):
        with pytest.raises(UnsupportedError, match=f"SymPy's '{name}'.*Call the derivative itself"):
            Writer([expression]).write([expression])


@pytest.mark.parametrize("digits", [3, 50, 200])
def test_removable_points_at_any_digits(digits: int) -> None:
    """Breaks if the limit at 0 / 0 is NaN at any digits where the derivative has it, or its digits are a double's."""
    assert ad.symbolic_derivative(special.exprel, 0.0).evaluate(0.0, digits=digits) == 0.5
    product = ad.symbolic_derivative(lambda x: special.xlogy(x[0], x[1]), np.zeros(2))
    assert list(product.evaluate(np.zeros(2), digits=digits)) == list(product(np.zeros(2))) == [-math.inf, 0]
    # At an irrational factor, so that the digits show.
    scaled = ad.symbolic_derivative(lambda x: special.exprel(np.sqrt(np.float64(2) + x * 0) * x), 0.0).evaluate(
        0.0, digits=digits
    )
    with mpmath.workdps(digits + 10):
        assert abs(scaled * mpmath.sqrt(2) - 1) < mpmath.mpf(10) ** (1 - digits)


def test_condition_numbers_are_written() -> None:
    """Breaks if a function of ours that checks the path cannot be written for its annotations, or NaN is another path."""
    point = np.array([[1.0, 2.0], [3.0, 5.0]])
    found = ad.symbolic_derivative(np.linalg.cond, point)
    assert_close(pasted(found)(point), found(point), 1e-13)
    singular = ad.symbolic_derivative(np.linalg.cond, np.ones((2, 2)))
    assert np.isnan(pasted(singular)(np.ones((2, 2)))).all()
    with pytest.raises(ValueError, match="another path"):
        pasted(singular)(point)


@pytest.mark.parametrize("name", ["branch", "extrema", "sorted"])
def test_programs_refuse_another_path(name: str) -> None:
    """Breaks if a program returns the derivative of the branch that f does not take there."""
    f, start, _ = PROGRAMS[name]
    with pytest.raises(ValueError, match="another path"):
        pasted(ad.symbolic_derivative(f, start))(-start)


def test_programs_refuse_another_shape() -> None:
    """Breaks if the elements of another array are taken for those of x in another order."""
    program = pasted(ad.symbolic_derivative(lambda x: x.sum(axis=0) ** 2, np.ones((2, 3))))
    with pytest.raises(ValueError, match=r"\(3, 2\).*\(2, 3\)"):
        program(np.ones((3, 2)))


UNCHECKED = {
    "np.maximum.accumulate": np.maximum.accumulate,
    "np.minimum.accumulate": np.minimum.accumulate,
    "np.partition": lambda x: np.partition(x, 1),
    "np.logical_and.reduce": lambda x: x * np.logical_and.reduce(x > 0),
}


@pytest.mark.parametrize("name", UNCHECKED)
def test_programs_that_cannot_be_checked_are_refused(name: str) -> None:
    """Breaks if a path that NumPy alone cannot check is not checked at all, or is told by a name that f did not write."""
    with pytest.raises(UnsupportedError, match=f"path through f: {name} of values.*Call the derivative itself"):
        ad.symbolic_derivative(UNCHECKED[name], X).to_python()


MATRIX = np.array([[1.0, 2.0, 0.3], [3.0, 5.0, 0.7], [0.2, -0.4, 1.1]])

CHECKED = {
    "slogdet": (lambda x: np.linalg.slogdet(x)[0] * np.linalg.slogdet(x)[1], MATRIX, MATRIX[::-1]),
    "frexp": (lambda x: np.frexp(x)[0] * np.frexp(x)[1], X, 8 * X),
    "angle": (lambda x: np.angle(x, deg=True) * x, X, -X),
    "unwrap": (lambda x: np.unwrap(x) * x, np.array([0.5, 7.5, 2.0]), np.array([0.5, 0.6, 0.7])),
    "whole numbers": (lambda x: np.floor(x).astype(np.int32) * x, X, 2 * X),
    "isin": (lambda x: np.isin(x, [0.7]) * x, X, 2 * X),
    "rank": (lambda x: np.linalg.matrix_rank(x) * x, MATRIX, np.ones((3, 3))),
}


@pytest.mark.parametrize("name", CHECKED)
def test_programs_check_what_numpy_can(name: str) -> None:
    """Breaks if a path that NumPy can check is refused, is written wrongly, or is not checked."""
    f, point, elsewhere = CHECKED[name]
    program = pasted(ad.symbolic_derivative(f, point))
    assert_close(program(point), ad.jacobian(f, point, method="forward"), 1e-12)
    with pytest.raises(ValueError, match="another path"):
        program(elsewhere)


def test_helpers_of_one_name_are_never_mistaken() -> None:
    """Breaks if the second of two functions with the same name is taken for the first."""
    from admodes.symbolic.standalone import Writer

    def helper(x: Any) -> Any:
        return x + 1

    first = helper

    def helper(x: Any) -> Any:  # type: ignore[no-redef]
        return x + 2

    writer = Writer([])
    assert writer.need(first) == writer.need(first) == "helper"
    with pytest.raises(UnsupportedError, match="two functions that are called 'helper'"):
        writer.need(helper)


def test_refused_norms_say_which() -> None:
    """Breaks if a matrix norm is refused as if all of them were."""
    for order, text in ((2, "2"), ("nuc", "'nuc'"), (-2, "-2")):
        with pytest.raises(UnsupportedError, match=f"takes np.linalg.norm with ord={text} of matrices up to 2 x 2"):
            ad.gradient(lambda x, order=order: np.linalg.norm(x, order), MATRIX, method="symbolic")
    with pytest.raises(UnsupportedError, match=r"takes np.linalg.cond with p=-2 of"):
        ad.gradient(lambda x: np.linalg.cond(x, p=-2), MATRIX, method="symbolic")
    for order in (1, np.inf, "fro"):
        found = ad.gradient(lambda x, order=order: np.linalg.norm(x, order), MATRIX, method="symbolic")
        assert_close(found, ad.gradient(lambda x, order=order: np.linalg.norm(x, order), MATRIX, method="forward"), 1e-12)


def test_budgets_count_in_singular_and_plural() -> None:
    """Breaks if one expression is "1 expressions"."""
    for limit, text in ((Budget(1), "2 distinct expressions.*is 1 expression\\."), (Budget(2), "3 .*is 2 expressions\\.")):
        with pytest.raises(BudgetError, match=text):
            limit.check(int(limit.nodes) + 1)
    spent = Budget(seconds=1.0)
    spent._start -= 10
    with pytest.raises(BudgetError, match=r"1 distinct expression in.*is 1 second\."):
        spent.check(1)


def test_primitives_of_ones_own_say_what_works() -> None:
    """Breaks if somebody who gave a vjp reads that the function is unknown, and not what to do."""

    @ad.primitive
    def cube(x: Any) -> Any:
        return x**3

    @cube.def_vjp
    def _(g: Any, out: Any, x: Any) -> Any:
        return g * 3 * x**2

    with pytest.raises(UnsupportedError, match=r"'cube'.*jvp or vjp of a primitive of your own.*elementwise\(\.\.\., sympy="):
        ad.symbolic_derivative(cube, 2.0)
    known = ad.rules.elementwise(lambda x: x**3, lambda out, x: 3 * x**2, sympy="x**3", name="cube")
    assert ad.symbolic_derivative(known, 2.0)(2.0) == ad.gradient(cube, 2.0, method="reverse") == 12


def test_programs_are_readable() -> None:
    """Breaks if a program has helpers that it does not call, loses digits of a constant, or names what is used once."""
    source = ad.symbolic_derivative(lambda x: x[0] ** 2 * np.sin(x[1]) * 0.30000000000000004, np.array([1.0, 2.0])).to_python()
    assert "def derivative(x):" in source
    assert "x_0, x_1 = _elements(x, (2,))" in source
    assert "0.30000000000000004" in source
    assert "_ratio" not in source
    assert "t0" not in source
    shared = ad.symbolic_derivative(lambda x: np.exp(np.sin(x) * x) * x, 0.5).to_python()
    assert "t0 = " in shared
    assert shared.count("np.exp(") == 1
    assert max(map(len, source.splitlines())) < 130

    def loss(x: Any, y: Any) -> Any:
        return x * y**2

    both = ad.symbolic_derivative(loss, 2.0, args=(3.0,), argnums=(0, 1)).to_python()
    assert "def derivative_of_loss(x, args_0):" in both
    scope: dict[str, Any] = {}
    exec(both, scope)
    assert scope["derivative_of_loss"](2.0, 3.0) == (9.0, 12.0)


@pytest.mark.parametrize("name", ["2f", "a b", "class", "", 3])
def test_names_that_python_does_not_have(name: Any) -> None:
    """Breaks if a program cannot be parsed because of its name."""
    with pytest.raises(OptionError, match="no name"):
        ad.symbolic_derivative(np.sin, 1.0).to_python(name)


@pytest.mark.parametrize("name", ["np", "_elements", "_euclid", "abs", "ValueError", "\uff4e\uff50"])
def test_names_that_the_program_needs_itself(name: str) -> None:
    """Breaks if the function takes the name of what it calls, and then calls itself."""
    with pytest.raises(OptionError, match="means something else in the written function: write name='derivative'"):
        ad.symbolic_derivative(np.linalg.norm, X).to_python(name)
    for other in ("x", "t0", "x_0", "_ratio", "max"):
        assert pasted(ad.symbolic_derivative(lambda x: np.exp(np.sin(x) * x) * x, 0.5), other)(0.0) == 1


@pytest.mark.parametrize(
    "keys",
    [('a"""b', "c"), ("", "a"), ("\u00b2", "_"), ("\ufb01", "fi"), ("a\\", "a'\n"), (("a", 1), ("a", 2)), ("0", "0_")],
    ids=repr,
)
def test_any_key_is_written(keys: Any) -> None:
    """Breaks if a key ends the docstring, gives a name that Python does not have, or the same one as another key or argument."""
    first, second = keys
    found = ad.symbolic_derivative(lambda p: {first: p[first] ** 2 * p[second][0]}, {first: 2.0, second: [3.0]})
    assert pasted(found)({first: 5.0, second: [7.0]}) == {first: {first: 70.0, second: [25.0]}}


def test_keys_that_python_does_not_read_are_refused() -> None:
    """Breaks if a program cannot be parsed, or calls what the file does not have."""

    class Silent:
        pass

    class Named(NamedTuple):
        name: str

    for key in (Silent(), Named("a")):
        with pytest.raises(UnsupportedError, match=r"to_python cannot write the keys of a dict.*call the derivative itself"):
            ad.symbolic_derivative(lambda p, key=key: p[key] ** 2, {key: 2.0}).to_python()


# --- simplify ----------------------------------------------------------------------------------


def test_simplified_derivatives() -> None:
    """Breaks if simplify does nothing, forgets the conditions, or changes the numbers."""
    f = lambda x: np.exp(x) * np.exp(-x) + np.sin(2 * x) / np.cos(x) / np.sin(x) + (x**2 if x > 0 else x)  # noqa: E731 - a formula
    found = ad.symbolic_derivative(f, 0.7)
    shorter = found.simplify()
    assert shorter.expressions == 2 * sympy.Symbol("x", real=True)
    assert shorter.conditions == found.conditions
    assert_close(shorter(0.7), 1.4, 1e-15)
    assert_close(shorter(-0.7), 1.0, 1e-14)
    assert found.expressions != shorter.expressions
    assert "2*x" in shorter.to_python()
    assert str(shorter).startswith("d f / d x = 2*x")


@pytest.mark.parametrize("point", [[0.0, 0.0], [1.0, 1.0], [0.3, -0.4], [-2.5, 3.0]])
def test_simplified_derivatives_keep_the_policy(point: list[float]) -> None:
    """Breaks if simplify opens a kink or a limit, so that its value there is another one, or NaN."""
    found = ad.symbolic_derivative(kinks, np.array([0.3, -0.4]))
    np.testing.assert_allclose(found.simplify()(point), found(point), rtol=1e-12, atol=1e-14)


def test_simplify_has_limits() -> None:
    """Breaks if simplify is let loose on what it cannot end with."""
    found = ad.symbolic_derivative(logistic(12), 0.3)
    with pytest.raises(UnsupportedError, match=r"[\d,]+ operations, the limit is 500"):
        found.simplify()
    vector = ad.symbolic_derivative(lambda x: np.sin(x) * x.sum(), X)
    with pytest.raises(BudgetError, match="simplified"):
        vector.simplify(seconds=1e-9)


# --- LaTeX -------------------------------------------------------------------------------------


def test_latex_can_be_parsed() -> None:
    """Breaks if braces do not match, a symbol has two indices, or a renderer cannot read a line."""
    from matplotlib.mathtext import MathTextParser

    found = ad.symbolic_derivative(lambda p: p["w"] @ np.sin(p["b"]) * 0.1 / p["w"][0, 0], {"w": np.eye(2), "b": np.ones(2)})
    text = found._repr_latex_()
    assert text.count("{") == text.count("}")
    assert "x_{w,0,0}" in text
    body = text.removeprefix(r"$\displaystyle \begin{aligned} ").removesuffix(r" \end{aligned}$")
    parser = MathTextParser("path")
    for line in body.split(r" \\ "):
        parser.parse(f"${line.replace('&', '')}$")


def test_symbols_look_like_themselves_in_latex() -> None:
    """Breaks if two symbols have the same LaTeX, or a name of several letters is set as their product."""
    from matplotlib.mathtext import MathTextParser

    point = {"a_0": 1.0, "a": [2.0, 3.0], "a__0": 4.0, "b": np.ones((2, 2)), "b_0": np.ones(2)}
    found = ad.symbolic_derivative(
        lambda p: p["a_0"] ** 2 + p["a"][0] * p["a"][1] + p["a__0"] + np.sum(p["b"]) * p["b_0"][0], point
    )
    symbols = found._recording.variables
    texts = [symbol_latex(symbol) for symbol in symbols]
    assert len(set(texts)) == len(symbols) == 10
    for text in texts:
        MathTextParser("path").parse(f"${text}^2$")
    both = ad.symbolic_derivative(lambda x, y: x * y, 1.0, args=(2.0,), argnums=(0, 1))._repr_latex_()
    assert r"\partial f}{\partial \mathrm{args}_{0}}" in both


def test_latex_says_where_it_holds() -> None:
    """Breaks if the conditions of the path are missing under the entries, or hundreds of lines are shown."""
    found = ad.symbolic_derivative(lambda x: x**2 if x[0] > 0 else x, X)
    assert r"\text{where}" in found._repr_latex_()
    assert "x_{0} > 0" in found._repr_latex_()
    long = ad.symbolic_derivative(lambda x: x * x.sum(), np.arange(1.0, 9.0))._repr_latex_()
    assert long.count(r"\partial x") == 40
    assert r"24 more" in long
    assert ad.symbolic_derivative(lambda x: 3.0, 1.0)._repr_latex_().count("0") == 1


# --- any number of digits ----------------------------------------------------------------------


@pytest.mark.parametrize("digits", [5, 30, 200])
def test_digits_of_a_derivative(digits: int) -> None:
    """Breaks if a float of f counts as a decimal, two constants are rounded on their way, or digits are missing."""
    found = ad.symbolic_derivative(lambda x: np.exp(0.1 * x * 0.3) / 7.1, 0.0)
    got = found.evaluate(0.7, digits=digits)
    with mpmath.workdps(digits + 20):
        scale = mpmath.mpf(0.1) * mpmath.mpf(0.3)
        wanted = scale * mpmath.exp(scale * mpmath.mpf(0.7)) / mpmath.mpf(7.1)
        assert isinstance(got, mpmath.mpf)
        assert abs(got - wanted) < abs(wanted) * mpmath.mpf(10) ** -(digits - 1)


@pytest.mark.parametrize("point", [[0.3, -0.4], [1.0, 1.0], [0.0, 0.0], [-2.5, 3.0], [1e-9, 2.0]])
def test_our_own_functions_at_any_digits(point: list[float]) -> None:
    """Breaks if a kink or a limit has another value in mpmath than in NumPy."""
    found = ad.symbolic_derivative(kinks, np.array([0.3, -0.4]))
    got, wanted = found.evaluate(point, digits=40), found(point)
    assert got.shape == wanted.shape
    known = np.array([bool(mpmath.isfinite(value)) for value in got.flat])
    # Where NumPy has the sign of zero and mpmath has not, it is NaN: the derivative of copysign(x, 0.0).
    assert np.sum(~known) <= np.sum(~np.isfinite(wanted)) + 4 * (0.0 in point)
    np.testing.assert_allclose(got.astype(float).ravel()[known], wanted.ravel()[known], rtol=1e-13, atol=1e-15)


FUNCTIONS = {
    "sinc": (np.sinc, lambda t: mpmath.sincpi(t)),
    "cbrt": (np.cbrt, lambda t: mpmath.cbrt(t)),
    "log1p": (np.log1p, mpmath.log1p),
    "tanh": (np.tanh, mpmath.tanh),
    "arctan": (np.arctan, mpmath.atan),
    "hypot": (lambda x: np.hypot(x, 2.0), lambda t: mpmath.hypot(t, 2)),
    "logaddexp": (lambda x: np.logaddexp(x, 1.0), lambda t: mpmath.log(mpmath.exp(t) + mpmath.e)),
    "power": (lambda x: x**0.3, lambda t: t ** mpmath.mpf(0.3)),
    "gammaln": (lambda x: __import__("scipy.special").special.gammaln(x), mpmath.loggamma),
    "erf": (lambda x: __import__("scipy.special").special.erf(x), mpmath.erf),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_against_mpmath(name: str) -> None:
    """Breaks if a function of ours is evaluated in floats, or its name stands for another function of mpmath."""
    f, truth = FUNCTIONS[name]
    got = ad.symbolic_derivative(f, 0.7).evaluate(0.7, digits=30)
    with mpmath.workdps(80):
        wanted = mpmath.diff(truth, mpmath.mpf(0.7), h=mpmath.mpf(10) ** -35)
        assert abs(got - wanted) < 1e-27


@pytest.mark.parametrize(
    ("name", "arguments", "wanted"),
    [
        ("rint", [2.5], 2), ("rint", [-1.5], -2), ("rint", [0.7], 1), ("trunc", [-1.5], -1), ("ceil", [1.2], 2),
        ("floor_divide", [-7.0, 2.0], -4), ("heaviside", [0.0], 0.5), ("logical_xor", [1.0, 0.0], 1), ("isnan", [math.nan], 1),
        ("equal", [math.nan, math.nan], 0), ("isinf", [math.inf], 1), ("copysign", [3.0, -2.0], -3), ("sign", [-3.0], -1),
    ],
)  # fmt: skip
def test_steps_at_any_digits(name: str, arguments: list[float], wanted: float) -> None:
    """Breaks if a step function is another one than NumPy's."""
    from admodes.symbolic.functions import heaviside, sign
    from admodes.symbolic.passives import passive

    kind = {"heaviside": heaviside, "sign": sign}.get(name) or passive(name)
    symbols = sympy.symbols("a b")[: len(arguments)]
    (got,) = Precise(symbols, [np.float64(value) for value in arguments], 30).evaluate([kind(*symbols)], Budget())
    assert got == wanted


def test_evaluation_elsewhere_and_of_containers() -> None:
    """Breaks if another branch, other arguments or a dict are evaluated by the expressions of the first point."""
    f = lambda p, c: {"s": c * (p["a"] ** 2 if p["a"] > 0 else p["a"] ** 3)}  # noqa: E731 - a formula
    found = ad.symbolic_derivative(f, {"a": 1.0}, args=(2.0,))
    assert found.evaluate({"a": 3.0})["s"]["a"] == 12
    assert found.evaluate({"a": -3.0})["s"]["a"] == 54
    assert found.evaluate({"a": -3.0}, 1.0)["s"]["a"] == 27
    assert ad.symbolic_derivative(np.sum, X).evaluate(X).dtype == object
    before = mpmath.mp.dps
    found.evaluate({"a": 3.0}, digits=100)
    assert mpmath.mp.dps == before


@pytest.mark.parametrize(
    ("f", "start", "shape"),
    [
        (lambda x: np.sum(x**3), (3,), (3, 1)),
        (lambda x: np.sum(x**3, axis=0), (2, 2), (4, 1)),
        (lambda x: np.sum(x**3), (3,), (5,)),
        (lambda x: np.sum(x**3), (2,), (0,)),
        (lambda x: x**3, (2,), ()),
    ],
)
def test_evaluation_at_another_shape(f: Any, start: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Breaks if the symbols of the first shape take the numbers of another one."""
    point = np.arange(float(np.prod(shape))).reshape(shape) + 0.5
    got = np.array(ad.symbolic_derivative(f, np.ones(start)).evaluate(point), dtype=float)
    wanted = 3 * point**2
    assert got.size == point.size
    np.testing.assert_allclose(got.ravel(), wanted.ravel(), rtol=1e-15)


@pytest.mark.parametrize("rounding", [np.round, np.around])
def test_rounding_to_digits(rounding: Any) -> None:
    """Breaks if the number of digits, a whole number, comes back as a float where the path is checked."""
    found = ad.symbolic_derivative(lambda x: rounding(x, 2) * x, 0.333)
    assert found(0.333) == found.evaluate(0.333) == pasted(found)(0.333) == 0.33
    assert found(0.337) == found.evaluate(0.337) == 0.34
    with pytest.raises(ValueError, match="another path"):
        pasted(found)(0.337)


def test_whole_numbers_and_booleans_of_a_path_keep_their_type() -> None:
    """Breaks if what decided the path is called with floats for them."""
    point = np.array([1.5, 2.0, -3.0])
    f = lambda x: np.left_shift((x > 0).astype(int), 1) * x + np.where(np.bitwise_xor(x > 1, True), x, x**2)  # noqa: E731 - a formula
    found = ad.symbolic_derivative(f, point)
    for there in (point, 0.5 * point):
        wanted = np.diag(2.0 * (there > 0) + np.where(there > 1, 2 * there, 1.0))
        assert_close(found(there), wanted, 1e-15)
        assert_close(found.evaluate(there).astype(float), wanted, 1e-15)


@pytest.mark.parametrize("middle", [0.5, 0.2, -3.0])
@pytest.mark.parametrize("point", [0.3, 0.0, -0.3])
def test_the_step_with_a_value_of_its_own(middle: float, point: float) -> None:
    """Breaks if heaviside at any digits takes one argument, or forgets what it is at 0."""
    found = ad.symbolic_derivative(lambda x: np.heaviside(x, middle) * x, 0.3)
    wanted = middle if point == 0 else float(point > 0)
    assert found.evaluate(point) == found(point) == pasted(found)(point) == wanted


@pytest.mark.parametrize("digits", [0, -1, 2.5, True, "many", 10**6])
def test_digits_that_mean_nothing(digits: Any) -> None:
    """Breaks if a number of digits is not checked."""
    with pytest.raises(OptionError, match="digits="):
        ad.symbolic_derivative(np.sin, 1.0).evaluate(1.0, digits=digits)


# --- the reference of comparisons --------------------------------------------------------------


def test_exact_expressions_are_the_reference() -> None:
    """Breaks if errors are measured against another method's rounding although the exact derivative can be had."""
    result = ad.compare(lambda x: np.sum(np.sin(x) * x), X, ["finite", "symbolic", "forward"], rounds=1)
    exact = [mpmath.sin(t) + mpmath.mpf(t) * mpmath.cos(t) for t in X]
    forward = ad.gradient(lambda x: np.sum(np.sin(x) * x), X, method="forward")
    error = mpmath.norm([one - other for one, other in zip(forward, exact, strict=True)]) / mpmath.norm(exact)
    assert result["forward"].reference.startswith(
        "exact expressions in mpmath at 30 and 60 digits, confirmed by forward+reverse, finite"
    )
    assert abs(result["forward"].error - float(error)) < 1e-16
    assert "only its rounding" in result["symbolic"].reference
    assert "only its rounding" not in result["forward"].reference
    assert {row.status for row in result} == {"ok"}


def test_a_wrong_expression_is_no_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if an expression that no independent method confirms makes the right methods look wrong."""
    from admodes.symbolic import functions

    monkeypatch.setattr(functions.logaddexp, "fdiff", lambda self, argindex=1: functions.softshare(*self.args[::-1]))
    result = ad.compare(lambda x: np.logaddexp(x, 0.3), 1.1, ["finite", "symbolic", "forward"], rounds=1)
    assert result["forward"].status == "ok"
    assert result["forward"].reference.startswith("consensus of forward+reverse, finite")
    assert result["symbolic"].status == "inaccurate"


@pytest.mark.parametrize(
    ("f", "point"),
    [
        (lambda x: np.linalg.det(np.outer(x, x) + np.diag(x) ** 2 if x.size > 4 else x), np.arange(1.0, 6.0)),
        (lambda x: logistic(2000)(x) * 0 + x, 0.3),
        (lambda x: np.sqrt(np.abs(x)) * np.sign(x) if x < 0 else np.sqrt(x), 0.0),
    ],
    ids=["no_expression", "too_long", "infinite"],
)
def test_where_there_is_no_exact_reference(f: Any, point: Any) -> None:
    """Breaks if a function without expressions, with too many, or with an infinite derivative stops a comparison."""
    start = time.perf_counter()
    with np.errstate(all="ignore"):
        result = ad.compare(f, point, ["forward", "finite"], rounds=1)
    assert "mpmath" not in result["forward"].reference
    assert time.perf_counter() - start < 60


def test_what_cancels_to_nothing_is_zero() -> None:
    """Breaks if the rounding of 60 digits counts as a component that a method ought to find."""
    f = lambda x: np.exp(x[0]) + np.exp(x[1]) * np.exp(-x[1]) * 1e-3  # noqa: E731 - a formula
    row = ad.compare(f, np.array([0.3, 1.7]), ["forward", "finite"], rounds=1)["forward"]
    assert row.status == "ok"
    assert "mpmath" in row.reference
    assert "e-6" not in row.check
