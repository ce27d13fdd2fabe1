"""The written policy at kinks and singular points: the right limit or the documented value, never an accidental NaN."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support import Case, assert_close, cases, exact_modes, tracing_modes

import admodes as ad

INF = np.inf


@pytest.fixture(autouse=True)
def singular_points_are_expected() -> Iterator[None]:
    """f itself divides by zero at some of these points, in plain NumPy too."""
    with np.errstate(all="ignore"):
        yield


def spread(f: Any, count: int = 2) -> Any:
    """f of `count` separate numbers as a function of one array."""
    return lambda x: f(*(x[i] for i in range(count)))


def both(name: str, f: Any, x: Any, truth: Any) -> list[tuple[Any, ...]]:
    """The same point as a number and inside an array."""
    array = np.array([x, x], dtype=float)
    return [(f"{name}", f, x, truth), (f"{name}_array", f, array, np.diag([truth, truth]))]


ELEMENTWISE = [
    *both("maximum_right", lambda x: np.maximum(x, 0), 0.0, 0.5),
    *both("maximum_left", lambda x: np.maximum(0.0, x), 0.0, 0.5),
    *both("maximum_self", lambda x: np.maximum(x, x), 1.3, 1.0),
    *both("minimum", lambda x: np.minimum(x, 0), 0.0, 0.5),
    *both("fmax", lambda x: np.fmax(x, 0), 0.0, 0.5),
    *both("fmin", lambda x: np.fmin(x, 0), 0.0, 0.5),
    *both("abs", lambda x: np.abs(x), 0.0, 0.0),
    *both("builtin_abs", lambda x: abs(x), 0.0, 0.0),
    *both("fabs", lambda x: np.fabs(x), 0.0, 0.0),
    *both("sign", lambda x: np.sign(x), 0.0, 0.0),
    *both("where", lambda x: np.where(x > 0, x, 0), 0.0, 0.0),
    *both("where_or_equal", lambda x: np.where(x >= 0, x, 0), 0.0, 1.0),
    *both("clip_low", lambda x: np.clip(x, 0, 1), 0.0, 0.5),
    *both("clip_high", lambda x: np.clip(x, 0, 1), 1.0, 0.5),
    *both("floor", lambda x: np.floor(x), 2.0, 0.0),
    *both("remainder", lambda x: np.remainder(x, 2.0), 4.0, 1.0),
    *both("sqrt", lambda x: np.sqrt(x), 0.0, INF),
    *both("cbrt", lambda x: np.cbrt(x), 0.0, INF),
    *both("power_half", lambda x: x**0.5, 0.0, INF),
    *both("power_zero", lambda x: x**0, 0.0, 0.0),
    *both("power_zero_float", lambda x: np.power(x, 0.0), 0.0, 0.0),
    *both("power_one", lambda x: x**1, 0.0, 1.0),
    *both("power_one_float", lambda x: x**1.0, 0.0, 1.0),
    *both("power_two", lambda x: x**2, 0.0, 0.0),
    *both("power_one_and_a_half", lambda x: x**1.5, 0.0, 0.0),
    *both("power_three_negative_base", lambda x: x**3, -2.0, 12.0),
    *both("power_minus_one", lambda x: x**-1, -2.0, -0.25),
    *both("zero_to_the_x", lambda x: 0.0**x, 2.0, 0.0),
    *both("numpy_zero_to_the_x", lambda x: np.power(0.0, x), 0.5, 0.0),
    *both("one_to_the_x", lambda x: 1.0**x, 0.0, 0.0),
    *both("square", lambda x: np.square(x), 0.0, 0.0),
    *both("log", lambda x: np.log(x), 0.0, INF),
    *both("log1p", lambda x: np.log1p(x), -1.0, INF),
    *both("arcsin", lambda x: np.arcsin(x), 1.0, INF),
    *both("arccos", lambda x: np.arccos(x), -1.0, -INF),
    *both("arccosh", lambda x: np.arccosh(x), 1.0, INF),
    *both("arctanh", lambda x: np.arctanh(x), 1.0, INF),
    *both("reciprocal", lambda x: 1.0 / x, 0.0, -INF),
    *both("sinc", lambda x: np.sinc(x), 0.0, 0.0),
    *both("logaddexp_equal", lambda x: np.logaddexp(x, x), -INF, 1.0),
    *both("logaddexp_far", lambda x: np.logaddexp(x, -INF), 1.0, 1.0),
    *both("logaddexp_huge", lambda x: np.logaddexp(x, 0.0), 1e4, 1.0),
    *both("exp_underflow", lambda x: np.exp(x), -1e4, 0.0),
    *both("tanh_saturated", lambda x: np.tanh(x), 800.0, 0.0),
    *both("hypot_x", lambda x: np.hypot(x, 0.0), 0.0, 0.0),
]


@exact_modes
@cases(*ELEMENTWISE)
def test_elementwise_policy(case: Case, method: str) -> None:
    """Breaks if a kink or an end of a domain gives another value than the policy's, on numbers or on arrays."""
    got = ad.jacobian(case.f, case.x, method=method)
    np.testing.assert_array_equal(got, case.truth)


@pytest.mark.parametrize("name", ["maximum_right", "maximum_left", "minimum", "abs", "where", "where_or_equal"])
def test_symbolic_policy(name: str) -> None:
    """Breaks if SymPy's own value at a kink differs from the policy."""
    for _, f, x, truth in [entry for entry in ELEMENTWISE if entry[0] in (name, f"{name}_array")]:
        np.testing.assert_array_equal(ad.jacobian(f, x, method="symbolic"), truth)


@exact_modes
@cases(
    ("maximum", spread(np.maximum), [2.0, 2.0], [0.5, 0.5]),
    ("minimum", spread(np.minimum), [2.0, 2.0], [0.5, 0.5]),
    ("maximum_arrays", lambda x: np.maximum(x, x[::-1]), [1.0, 1.0], [[0.5, 0.5], [0.5, 0.5]]),
    ("max_two", lambda x: np.max(x), [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
    ("max_all", lambda x: x.max(), np.ones((2, 2)), np.full((2, 2), 0.25)),
    ("max_axis", lambda x: np.max(x, axis=1), [[1.0, 1.0], [0.0, 5.0]], [[[0.5, 0.5], [0, 0]], [[0, 0], [0, 1.0]]]),
    ("min_three", lambda x: np.min(x), [2.0, 2.0, 2.0], [1 / 3, 1 / 3, 1 / 3]),
    ("max_infinite", lambda x: np.max(x), [-INF, -INF], [0.5, 0.5]),
    ("hypot", spread(np.hypot), [0.0, 0.0], [0.0, 0.0]),
    ("arctan2", spread(np.arctan2), [0.0, 0.0], [0.0, 0.0]),
    ("logaddexp", spread(np.logaddexp), [-INF, -INF], [0.5, 0.5]),
    ("logaddexp_arrays", lambda x: np.logaddexp(x[:1], x[1:]), [-INF, -INF], [[0.5, 0.5]]),
    ("logaddexp2", spread(np.logaddexp2), [-INF, -INF], [0.5, 0.5]),
    ("norm", lambda x: np.linalg.norm(x), [0.0, 0.0], [0.0, 0.0]),
    ("norm_axis", lambda x: np.linalg.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]], [[[0, 0], [0, 0]], [[0, 0], [0.6, 0.8]]]),
    ("norm_1", lambda x: np.linalg.norm(x, 1), [0.0, -2.0], [0.0, -1.0]),
    ("norm_inf", lambda x: np.linalg.norm(x, np.inf), [2.0, -2.0], [0.5, -0.5]),
    ("norm_frobenius", lambda x: np.linalg.norm(x), [[0.0, 0.0]], [[0.0, 0.0]]),
    ("std", lambda x: np.std(x), [2.0, 2.0], [0.0, 0.0]),
    ("prod_one_zero", lambda x: np.prod(x), [0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
    ("prod_two_zeros", lambda x: np.prod(x), [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]),
    ("prod_axis", lambda x: np.prod(x, axis=0), [[0.0, 2.0], [3.0, 0.0]], [[[3.0, 0], [0, 0]], [[0, 0], [0, 2.0]]]),
    ("power_of_both", spread(lambda x, y: x**y), [0.0, 2.0], [0.0, 0.0]),
    ("numpy_power_of_both", lambda x: np.power(x[:1], x[1:]), [0.0, 1.0], [[1.0, 0.0]]),
    ("softmax_of_huge", lambda x: np.exp(x - np.max(x)) / np.exp(x - np.max(x)).sum(), [1e4, 0.0], [[0, 0], [0, 0]]),
    ("relu_sum", lambda x: np.maximum(x, 0).sum(), [-1.0, 0.0, 1.0], [0, 0.5, 1]),
)
def test_policy_of_several_arguments(case: Case, method: str) -> None:
    """Breaks if ties do not share equally, or a singular point of several arguments gives NaN."""
    assert_close(ad.jacobian(case.f, case.x, method=method), case.truth, 1e-15)


@exact_modes
def test_sort_of_ties(method: str) -> None:
    """Breaks if the derivative of sorted ties is not doubly stochastic: it must be an average of orders."""
    got = ad.jacobian(np.sort, [2.0, 1.0, 1.0], method=method)
    assert_close(got.sum(axis=0), np.ones(3))
    assert_close(got.sum(axis=1), np.ones(3))
    assert_close(got[2], [1.0, 0, 0])
    assert np.all(got >= 0)


# --- the where-branch trap ---------------------------------------------------------------------

X = np.array([0.0, 4.0])


@exact_modes
@cases(
    ("sqrt", lambda x: np.where(x > 0, np.sqrt(x), 0.0), X, [0.0, 0.25]),
    ("log", lambda x: np.where(x > 0, np.log(x), 0.0), X, [0.0, 0.25]),
    ("x_log_x", lambda x: np.where(x > 0, x * np.log(x), 0.0), X, [0.0, 1 + np.log(4.0)]),
    ("quotient", lambda x: np.where(x == 0, 1.0, np.sin(x) / x), X, [0.0, (4 * np.cos(4.0) - np.sin(4.0)) / 16]),
    ("quotient_other_way", lambda x: np.where(x != 0, np.sin(x) / x, 1.0), X, [0.0, (4 * np.cos(4.0) - np.sin(4.0)) / 16]),
    ("power", lambda x: np.where(x > 0, x**0.5, x**2), X, [0.0, 0.25]),
    ("chain", lambda x: np.where(x > 0, np.exp(np.sqrt(x)) * x, x), X, [1.0, np.exp(2.0) * 2]),
    ("nested", lambda x: np.where(x > 0, np.where(x > 1, np.sqrt(x), 1 / x), 3 * x), X, [3.0, 0.25]),
    ("index", lambda x: np.sqrt(x)[1:], X, None),
    ("written", lambda x: np.stack([x[0] * 2, np.sqrt(x)[1]]), X, [2.0, 0.25]),
    ("reshaped", lambda x: np.where((x > 0)[:, None], np.sqrt(x).reshape(2, 1), 0.0)[:, 0], X, [0.0, 0.25]),
    ("concatenated", lambda x: np.where(x > 0, np.concatenate([np.sqrt(x[:1]), np.sqrt(x[1:])]), 0.0), X, [0.0, 0.25]),
    ("norm_of_rows", lambda x: np.where(x > 0, np.linalg.norm(x[:, None] * np.ones(2), axis=1), 0.0), X, [0.0, np.sqrt(2.0)]),
)
def test_where_trap(case: Case, method: str) -> None:
    """Breaks if the branch that np.where did not select sends a NaN into the gradient (0 * inf)."""
    truth = np.array([[0.0, 0.25]]) if case.truth is None else np.diag(case.truth)
    assert_close(ad.jacobian(case.f, case.x, method=method), truth)
    assert_close(ad.gradient(lambda x: case.f(x).sum(), case.x, method=method), truth.sum(axis=0))
    assert_close(ad.jvp(case.f, case.x, np.array([1.0, 2.0]), method=method)[1], truth @ np.array([1.0, 2.0]))


@tracing_modes
def test_where_trap_on_a_number(method: str) -> None:
    """Breaks if the trap is avoided on arrays only, or not in symbolic mode."""
    assert ad.differentiate(lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0, method=method) == 0.0
    assert_close(ad.gradient(lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum(), X, method=method), [0.0, 0.25])


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@exact_modes
def test_where_trap_of_second_order(outer: str, method: str) -> None:
    """Breaks if the second derivative falls into the trap that the first avoids, in any pairing."""
    f = lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum()  # noqa: E731 - a formula
    got = ad.jacobian(lambda x: ad.gradient(f, x, method=method), X, method=outer)
    assert_close(got, np.diag([0.0, -1 / 32]))
    assert_close(ad.hessian(f, X, method=method), np.diag([0.0, -1 / 32]))


@exact_modes
def test_unseeded_inputs_are_structural_zeros(method: str) -> None:
    """Breaks if 0 * inf of an input that is not seeded spoils the other columns of a Jacobian."""
    assert_close(ad.jacobian(np.sqrt, X, method=method), np.array([[INF, 0], [0, 0.25]]))
    with np.errstate(all="warn"):
        assert_close(ad.jvp(np.sqrt, X, np.array([0.0, 1.0]), method=method)[1], [0.0, 0.25])
        assert_close(ad.vjp(np.sqrt, X, method=method)[1](np.array([0.0, 1.0])), [0.0, 0.25])
    assert_close(ad.gradient(lambda x: np.sqrt(x)[1] + x[0], X, method=method), [1.0, 0.25])


@exact_modes
@pytest.mark.parametrize(
    "f",
    [np.sqrt, np.cbrt, lambda x: x**0.5, lambda x: np.hypot(x, x), lambda x: np.arctan2(x, x), np.sinc, np.linalg.norm, np.abs,
     lambda x: np.where(x > 0, np.sqrt(x), 0.0), lambda x: np.stack([v**0.5 for v in x]), np.prod,
     lambda x: np.arcsin(x + 1)],
)  # fmt: skip
def test_derivatives_warn_no_more_than_f(f: Any, method: str) -> None:
    """Breaks if a singular derivative makes NumPy warn about a division that the user did not write."""
    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("error")
        wanted = np.shape(f(np.zeros(2)))
        assert ad.jacobian(f, np.zeros(2), method=method).shape == (*wanted, 2)


@exact_modes
def test_a_numeric_nan_stays(method: str) -> None:
    """Breaks if a true 0 * inf, or the NaN of f itself, is hidden as a number."""
    assert np.isnan(ad.differentiate(lambda x: np.sqrt(x * x), 0.0, method=method))
    assert np.isnan(ad.gradient(lambda x: np.log(x - 1.0).sum(), np.array([0.0]), method=method)[0]) or (
        ad.gradient(lambda x: np.log(x - 1.0).sum(), np.array([0.0]), method=method)[0] == -1.0
    )
    assert np.isnan(ad.gradient(lambda x: (x * np.array([np.nan, 2.0])).sum(), X, method=method)[0])
    assert ad.gradient(lambda x: (x * np.array([np.nan, 2.0])).sum(), X, method=method)[1] == 2.0


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@exact_modes
@cases(
    ("power_zero", lambda x: np.sum(x**0), 0.0, 0.0),
    ("power_one", lambda x: np.sum(x**1), 0.0, 0.0),
    ("power_two", lambda x: np.sum(x**2), 0.0, 2.0),
    ("power_three", lambda x: np.sum(x**3), 0.0, 0.0),
    ("product", lambda x: np.sum(x * x), 0.0, 2.0),
    ("square", lambda x: np.sum(np.square(x)), 0.0, 2.0),
    ("relu", lambda x: np.sum(np.maximum(x, 0.0)), 0.0, 0.0),
    ("abs", lambda x: np.sum(np.abs(x)), 0.0, 0.0),
    ("abs_cubed", lambda x: np.sum(np.abs(x) ** 3), 0.0, 0.0),
    ("sinc", lambda x: np.sum(np.sinc(x)), 0.0, -(np.pi**2) / 3),
    ("where_polynomial", lambda x: np.sum(np.where(x > 0, x**2, 0.0)), 0.0, 0.0),
    ("sqrt_right", lambda x: np.sum(np.sqrt(x)), 4.0, -1 / 32),
)
def test_second_derivatives(case: Case, method: str, outer: str) -> None:
    """Breaks if a second derivative at a kink or a power at 0 is NaN, on a number or on an array."""
    second = lambda x: ad.gradient(case.f, x, method=method)  # noqa: E731 - the shape users write
    assert_close(ad.differentiate(second, case.x, method=outer), case.truth)
    assert_close(ad.jacobian(second, np.full(2, case.x), method=outer), case.truth * np.eye(2))
