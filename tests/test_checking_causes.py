"""Causes that fit the numbers of one point alone are not named."""

import numpy as np
import pytest

import admodes as ad

CASES = {
    "norm": (np.linalg.norm, lambda x: x, [1.0, 2.0, 3.0]),
    "softmax without its sum": (lambda x: np.log(np.sum(np.exp(x))), np.exp, [0.5, 0.1, 0.25]),
    "quotient rule forgotten": (
        lambda x: x @ [1, 2, 3.0] / np.linalg.norm(x),
        lambda x: np.array([1, 2, 3.0]) / np.linalg.norm(x),
        [0.5, 0.1, 0.25],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_factor_of_this_point_is_no_cause(name):
    f, grad, x = CASES[name]
    check = ad.check_gradient(f, grad, np.array(x))
    assert check.verdict == "wrong"
    assert check.causes == ()


def test_a_power_taken_for_another_is_no_factor():
    """At x = 2 the claim is half of the slope, and there alone."""
    causes = ad.check_gradient(lambda x: x**3, lambda x: 3 * x, 2.0).causes
    assert causes == ("a factor x is missing in all of it",)


def test_a_cause_that_holds_nearby_is_named():
    check = ad.check_gradient(lambda x: np.sum(x**3), lambda x: 6 * x**2, np.array([1.0, 2.0]))
    assert check.causes == ("a constant factor: all of it is 2 times the derivative",)


@pytest.mark.parametrize(
    ("f", "grad", "x", "reason"),
    [
        (np.sqrt, lambda x: 0.5 / np.sqrt(x) if x else np.inf, 0.0, "grow without limit as the steps shrink"),
        (lambda x: np.floor(x) + x, lambda x: 1.0, 2.0, "f jumps at x by 1, and has no slope there"),
        (lambda x: np.round(np.exp(x), 3), np.exp, 0.3, "f's own noise or rounding"),
    ],
)
def test_why_a_slope_is_not_known(f, grad, x, reason):
    """Breaks if noise is blamed for a jump or an infinite slope, or these for noise."""
    check = ad.check_gradient(f, grad, x)
    assert check.verdict == "inconclusive"
    assert reason in check.reason


def test_a_claim_that_differs_beside_x_is_not_called_noisy():
    def f(x):
        return x * x * np.sin(1 / x) if x else 0.0

    check = ad.check_gradient(f, lambda x: 2 * x * np.sin(1 / x) - np.cos(1 / x) if x else 0.0, 0.0)
    assert "answers otherwise right beside x" in check.reason
