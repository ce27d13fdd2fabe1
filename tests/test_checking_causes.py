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
    assert causes == ("the chain factor 1/x, of a logarithm is there once too often in all of it",)


def test_a_cause_that_holds_nearby_is_named():
    check = ad.check_gradient(lambda x: np.sum(x**3), lambda x: 6 * x**2, np.array([1.0, 2.0]))
    assert check.causes == ("a constant factor: all of it is 2 times the derivative",)
