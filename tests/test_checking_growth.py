"""Where f grows fast beside x: slopes are judged against themselves, not against what f does far away."""

from __future__ import annotations

import numpy as np
import pytest

import admodes as ad

COUNTS = np.array([3.0, 4.0, 5.0])


def normal(x):
    return np.exp(-x * x / 2)


WRONG = {
    "sign of exp(100)": (np.exp, lambda x: -np.exp(x), 100.0),
    "zero for exp(100)": (np.exp, lambda x: 0 * x, 100.0),
    "exp(60), 1e-4 off": (np.exp, lambda x: 1.0001 * np.exp(x), 60.0),
    "sign of a normal density": (normal, lambda x: x * normal(x), 30.0),
    "exp(1e4 x) at 0": (lambda x: np.exp(1e4 * x), lambda x: 1.2e4 * np.exp(1e4 * x), 0.0),
    "sign of a Poisson likelihood": (
        lambda e: np.sum(np.exp(e) - COUNTS * e),
        lambda e: COUNTS - np.exp(e),
        np.array([1.0, 2.0, 100.0]),
    ),
    "zero below the rounding of another element": (
        lambda x: np.sum(np.exp(x)),
        lambda x: np.array([0.0, np.exp(x[1])]),
        np.array([1.0, 60.0]),
    ),
    "sign in a Jacobian": (np.exp, lambda x: np.diag([np.exp(x[0]), -np.exp(x[1])]), np.array([1.0, 100.0])),
    "sinh(100), three times": (np.sinh, lambda x: 3 * np.cosh(x), 100.0),
    "exp(x**2), 1e-6 off": (lambda x: np.exp(x * x), lambda x: (1 + 1e-6) * 2 * x * np.exp(x * x), 5.0),
    "x**50, 1e-6 off": (lambda x: x**50, lambda x: (1 + 1e-6) * 50 * x**49, 1.5),
    "normal density, 1e-6 off": (normal, lambda x: -(1 + 1e-6) * x * normal(x), 8.0),
}
RIGHT = {
    "exp(100)": (np.exp, np.exp, 100.0),
    "a normal density": (normal, lambda x: -x * normal(x), 30.0),
    "exp(1e4 x) at 0": (lambda x: np.exp(1e4 * x), lambda x: 1e4 * np.exp(1e4 * x), 0.0),
    "a Jacobian": (np.exp, lambda x: np.diag(np.exp(x)), np.array([1.0, 100.0])),
    "sinh(100)": (np.sinh, np.cosh, 100.0),
    "exp(x**2)": (lambda x: np.exp(x * x), lambda x: 2 * x * np.exp(x * x), 5.0),
    "x**50": (lambda x: x**50, lambda x: 50 * x**49, 1.5),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_claim_is_found_however_fast_f_grows(name):
    """A secant over |x| / 4 may be a billion times the slope: what is small beside it is not small."""
    f, grad, x = WRONG[name]
    assert ad.check_gradient(f, grad, x).verdict == "wrong"


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_claim_is_right_with_a_sensitivity_that_holds(name):
    """An error ten times as large as the sensitivity that is promised, and above what counts as none, is found."""
    f, grad, x = RIGHT[name]
    check = ad.check_gradient(f, grad, x)
    assert check.verdict == "right", str(check)
    assert check.points[0].evaluations <= 40 * np.size(x)
    error = max(10 * check.sensitivity, 1e-8)
    assert ad.check_gradient(f, lambda x: (1 + error) * grad(x), x).verdict == "wrong"


@pytest.mark.parametrize(("factor", "x"), [(1.1, 30.0), (-1.0, 50.0)])
def test_what_the_user_says_matters_is_relative_to_the_slope(factor, x):
    assert ad.check_gradient(np.exp, lambda x: factor * np.exp(x), x, rtol=1e-3).verdict == "wrong"


def test_steps_as_small_as_the_claim_says():
    """At x = 0 nothing but the claim tells how fast f turns."""
    assert ad.check_gradient(lambda x: np.exp(-1e12 * x), lambda x: -1e12 * np.exp(-1e12 * x), 0.0).verdict != "wrong"


@pytest.mark.parametrize("claimed", [0.0, 7.0, 1e5])
def test_an_infinite_slope_confirms_no_number(claimed):
    """Breaks if f is taken for one that hardly changes where its slope was taken from steps beyond the scale of x."""
    check = ad.check_gradient(np.sqrt, lambda x: 0.5 / np.sqrt(x) if x > 0 else claimed, 0.0)
    assert check.verdict != "right"


AT_ZERO = {
    "sin": (np.sin, np.cos),
    "sin + cos": (lambda t: np.sin(t) + np.cos(t), lambda t: np.cos(t) - np.sin(t)),
    "exp": (lambda t: np.exp(-t), lambda t: -np.exp(-t)),
    "tanh": (np.tanh, lambda t: 1 - np.tanh(t) ** 2),
}


@pytest.mark.parametrize("rate", [1e6, 1e9, 1e12, 1e15])
@pytest.mark.parametrize("name", AT_ZERO)
def test_at_zero_a_claim_tells_how_fast_f_turns(name, rate):
    """All that is known of the scale of x = 0 is the claim: the right one is confirmed on it, and others are not."""
    function, slope = AT_ZERO[name]

    def verdict(factor):
        return ad.check_gradient(lambda x: function(rate * x), lambda x: factor * rate * slope(rate * x), 0.0).verdict

    assert verdict(1.0) == "right"
    assert verdict(1.2) == verdict(-1.0) == "wrong"
    assert "right" not in {verdict(0.0), verdict(1e-3), verdict(1e3)}


def test_scales_of_elements_at_zero_are_their_own():
    def verdict(first, second):
        return ad.check_gradient(
            lambda x: np.sin(1e12 * x[0]) + x[1] ** 2,
            lambda x: np.array([first * 1e12 * np.cos(1e12 * x[0]), second * 2 * x[1]]),
            np.array([0.0, 3.0]),
        ).verdict

    assert verdict(1, 1) == "right"
    assert verdict(1.2, 1) == verdict(-1, 1) == verdict(1, 1.1) == "wrong"
    assert verdict(0, 1) != "right"
