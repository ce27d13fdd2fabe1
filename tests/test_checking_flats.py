"""Flat parts beside kinks: the slope is that of x's own side, and a part where f does not change is no staircase."""

from __future__ import annotations

import numpy as np
import pytest

import admodes as ad

DISTANCES = [0.1, 1e-2, 1e-3, 1e-5, 1e-7, 1e-9, 1e-10]


def tukey(r):
    return np.sum(np.where(np.abs(r) < 1.5, 0.375 * (1 - (1 - (r / 1.5) ** 2) ** 3), 0.375))


def tukey_gradient(r):
    return np.where(np.abs(r) < 1.5, r * (1 - (r / 1.5) ** 2) ** 2, 0)


FLAT = {
    "truncated square": (lambda x: np.minimum(x**2, 1), lambda x: 2 * x * (x * x < 1), 2.0),
    "truncated square, near its edge": (lambda x: np.minimum(x**2, 1), lambda x: 2 * x * (x * x < 1), 1.001),
    "dead zone": (lambda z: np.maximum(abs(z) - 1, 0) ** 2, lambda z: 2 * np.sign(z) * np.maximum(abs(z) - 1, 0), 0.6),
    "squared hinge": (
        lambda x: np.sum(np.maximum(0, 1 - x) ** 2),
        lambda x: -2 * np.maximum(0, 1 - x),
        np.array([3.0, 0.5, 10.0, 1.01]),
    ),
    "Tukey": (tukey, tukey_gradient, np.array([0.3, 2.0, -4.0, 1.5001])),
    "clipped": (lambda x: np.sum(np.clip(x, 0, 6)), lambda x: ((x > 0) & (x < 6)) * 1.0, np.array([-0.3, 2.0, 7.5, 6.01])),
    "largest": (np.max, lambda z: (z == z.max()) * 1.0, np.array([-9.0, -8.0, -10.0, 1.0, 0.997])),
    "behind a jump": (lambda x: np.where(x > 1, x, 0.0), lambda x: np.where(x > 1, 1.0, 0.0), 0.99),
}


@pytest.mark.parametrize("name", FLAT)
def test_a_flat_part_has_the_slope_0(name):
    """Far steps, which see f rise, taken for its slope; a part without changes taken for rounding."""
    f, gradient, x = FLAT[name]
    check = ad.check_gradient(f, gradient, x)
    assert check.verdict == "right", str(check)
    assert all(component.high - component.low < 0.02 * max(1, abs(component.claimed)) for component in check.components)
    assert ad.check_gradient(f, lambda x: gradient(x) + 1e-3, x).verdict == "wrong"


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("others", [(), (2.0, 0.3)])
def test_beside_a_kink_the_own_side_decides(distance, others):
    """A slope of the other side, or one between both, that passes for a subgradient; the right one called wrong."""
    f = lambda x: np.sum(np.maximum(x - 1, 0))  # noqa: E731
    x = np.array([1 - distance, *others])
    assert ad.check_gradient(f, lambda x: 1.0 * (x > 1), x).verdict == "right"
    assert ad.check_gradient(f, lambda x: 1.0 * (x > 1 - 2 * distance), x).verdict == "wrong"
    near = lambda x: np.where(np.abs(x - 1) < 2 * distance, 0.5, x > 1)  # noqa: E731
    assert ad.check_gradient(f, near, x).verdict == "wrong"


@pytest.mark.parametrize("distance", [1e-14, 1e-13, 1e-12, 2e-12])
@pytest.mark.parametrize("side", [-1, 1])
def test_closer_than_all_steps_nobody_is_accused(distance, side):
    x = np.array([1 + side * distance, 2.0])
    for f, gradient in [
        (lambda x: np.sum(np.maximum(x - 1, 0)), lambda x: 1.0 * (x > 1)),
        (lambda x: np.sum(np.abs(x - 1)), lambda x: np.sign(x - 1)),
    ]:
        assert ad.check_gradient(f, gradient, x).verdict != "wrong"
        assert ad.check_gradient(f, lambda x, gradient=gradient: gradient(x) + 1.3, x).verdict == "wrong"


def test_rounded_values_are_stairs_and_not_flat():
    """The slope of what was rounded to four digits is not called wrong for the sake of one stair."""
    f = lambda x: np.round(np.sum(x**2), 4)  # noqa: E731
    assert ad.check_gradient(f, lambda x: 2 * x, np.array([1.1, -0.7])).verdict != "wrong"
    assert ad.check_gradient(f, lambda x: 3 * x, np.array([1.1, -0.7])).verdict == "wrong"


def test_a_claim_outside_of_both_slopes_beside_other_elements():
    """A claim that is close to one of the slopes at a kink looked at by steps below rounding."""
    claim = lambda x: np.where(x == 0, 1.05, np.sign(x))  # noqa: E731
    assert ad.check_gradient(lambda x: np.sum(np.abs(x)), claim, np.array([0.0, 3.0])).verdict == "wrong"


def test_a_slope_of_nearly_0_beside_large_elements():
    special = pytest.importorskip("scipy.special")
    x = np.array([0.01, 1.4616321, 5.0, 100.0])
    assert ad.check_gradient(lambda x: np.sum(special.gammaln(x)), special.digamma, x).verdict == "right"
