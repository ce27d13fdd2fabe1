"""Places other than x: zero, where branches are taken and other formulas differ, and where f may have no derivative."""

import numpy as np
import pytest

import admodes as ad

X = np.array([1.3, -0.7, 2.1])
S = np.array([0.6, 1.5, 2.2])


def only_at_zero(right, at_zero):
    """A derivative with a branch for x = 0."""
    return lambda x: np.full_like(x, at_zero) if not np.any(x) else right(x)


WRONG = {
    "a branch for zero": (lambda x: np.sum(np.sin(x)), only_at_zero(np.cos, 0.0)),
    "a branch for each zero": (lambda x: np.sum(np.exp(x)), lambda x: np.where(x == 0, 0.0, np.exp(x))),
    "a guarded quotient": (lambda x: np.sum(x + x**2), lambda x: (x + 2 * x**2) / np.where(x == 0, 1, x)),
}
RIGHT = {
    "relu with another value at its kink": (lambda x: np.sum(np.maximum(x, 0)), lambda x: np.where(x == 0, 7.0, x > 0)),
    "a norm": (np.linalg.norm, lambda x: x / np.linalg.norm(x)),
    "a norm with a guard": (np.linalg.norm, lambda x: x / max(np.linalg.norm(x), 1e-300)),
    "a logarithm": (lambda x: np.sum(np.log(np.abs(x))), lambda x: 1 / x),
    "a root with a guard": (lambda x: np.sum(np.sqrt(np.abs(x))), lambda x: np.sign(x) / 2 / np.sqrt(np.abs(x) + 1e-300)),
    "a median": (np.median, lambda x: (x == np.median(x)) * 1.0 / np.sum(x == np.median(x))),
    "a median by position": (np.median, lambda x: np.eye(3)[np.argsort(x)[1]]),
    "a maximum": (np.max, lambda x: np.eye(3)[np.argmax(x)]),
    "a power of 4/3": (lambda x: np.sum(np.abs(x) ** (4 / 3)), lambda x: 4 / 3 * np.sign(x) * np.abs(x) ** (1 / 3)),
    "x |x|": (lambda x: np.sum(x * np.abs(x)), lambda x: 2 * np.abs(x)),
    "an angle": (lambda x: np.arctan2(x[1], x[0]), lambda x: np.array([-x[1], x[0], 0]) / max(x[0] ** 2 + x[1] ** 2, 1e-300)),
    "cos of an angle": (
        lambda x: x[0] ** 3 / max(x[0] ** 2 + x[1] ** 2, 1e-300),
        lambda x: (
            np.array([x[0] ** 4 + 3 * x[0] ** 2 * x[1] ** 2, -2 * x[0] ** 3 * x[1], 0])
            / max((x[0] ** 2 + x[1] ** 2) ** 2, 1e-300)
        ),
    ),
    "sinc": (
        lambda x: np.sum(np.sinc(x)),
        lambda x: np.where(x == 0, 0.0, np.cos(np.pi * x) / np.where(x == 0, 1, x) - np.sinc(x) / np.where(x == 0, 1, x)),
    ),
    "a step": (lambda x: np.sum(np.sign(x) + x), lambda x: np.ones(3)),
    "a smoothed norm": (lambda x: np.sqrt(np.sum(x**2) + 1e-12), lambda x: x / np.sqrt(np.sum(x**2) + 1e-12)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_claim_that_is_wrong_at_zero(name):
    """A derivative that is right at x and beside it, and wrong at 0."""
    f, grad = WRONG[name]
    check = ad.check_gradient(f, grad, X)
    assert check.verdict == "wrong"
    assert "at x = 0" in check.reason
    assert all(entry.verdict == "right" for entry in (*check.components, *check.nearby))
    assert any(entry.verdict == "wrong" for entry in check.at_zero)
    assert check.to_dict()["at_zero"]
    assert str(check)


@pytest.mark.parametrize("name", RIGHT)
def test_no_alarm_where_f_has_no_derivative_at_zero(name):
    """A claim that is accused at a place where f has a kink, an edge or a pole."""
    f, grad = RIGHT[name]
    x = S if name == "sinc" else X
    check = ad.check_gradient(f, grad, x)
    assert check.verdict == "right", str(check)


def test_second_derivatives_at_zero():
    """A Hessian with a branch for zero; one that jumps there is not accused."""
    f, jumping = (lambda x: np.sum(np.exp(x))), (lambda x: np.sum(np.abs(x) * x))
    assert ad.check_gradient(f, lambda x: np.diag(np.exp(x)), X).verdict == "right"
    check = ad.check_gradient(f, lambda x: np.diag(np.where(x == 0, 0.0, np.exp(x))), X)
    assert check.verdict == "wrong"
    assert "at x = 0" in check.reason
    assert ad.check_gradient(jumping, lambda x: np.diag(2 * np.sign(x)), X).verdict == "right"


@pytest.mark.parametrize("kind", ["jvp", "vjp"])
def test_products_at_zero(kind):
    """A product with a branch for zero."""
    slope = only_at_zero(np.cos, 0.5)
    assert ad.check_gradient(np.sin, lambda x, v: np.cos(x) * v, X, kind=kind)
    check = ad.check_gradient(np.sin, lambda x, v: slope(x) * v, X, kind=kind)
    assert check.verdict == "wrong"
    assert "at x = 0" in check.reason


def test_many_elements_at_zero():
    """A large x, where directions tell."""
    x = np.random.default_rng(0).standard_normal(1000)
    check = ad.check_gradient(lambda x: np.sum(np.sin(x)), only_at_zero(np.cos, 0.0), x)
    assert check.verdict == "wrong"
    assert "at x = 0" in check.reason


@pytest.mark.parametrize("error", [AssertionError, KeyError, NotImplementedError, TypeError, ZeroDivisionError])
@pytest.mark.parametrize("which", ["f", "grad"])
def test_what_is_raised_at_zero_is_nobodys_fault(error, which):
    """An exception at a place that was not asked for, which ends the check."""

    def raising(function):
        def guarded(x):
            if np.any(np.abs(x) < 1e-3):
                raise error("not here")
            return function(x)

        return guarded

    f, grad = (lambda x: x @ x), (lambda x: 2 * x)
    pair = (raising(f), grad) if which == "f" else (f, raising(grad))
    assert ad.check_gradient(*pair, X).verdict == "right"


def test_x_that_is_no_number():
    """NaN where x is NaN that is called a mistake."""
    check = ad.check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, np.array([np.nan, 1.0]))
    assert check.verdict == "inconclusive"
    assert "x is not finite" in check.reason
    assert str(check)
