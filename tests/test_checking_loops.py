"""Loops that stop early: f jumps between pieces, and has on each a slope that is not that of what the loop approaches."""

import numpy as np
import pytest

import admodes as ad
from admodes.checking.judgement.unfinished import find_pieces

X = np.array([2.3, 5.1])


def newton(x):
    """The y with y**5 + y = x, stopped at 1e-4."""
    y = 1.0
    for _ in range(60):
        step = (y**5 + y - x) / (5 * y**4 + 1)
        y = y - step
        if abs(step) < 1e-4:
            return y
    return y


def exact_root(x):
    y = 1.0
    for _ in range(200):
        y -= (y**5 + y - x) / (5 * y**4 + 1)
    return y


def panels(x):
    nodes = np.linspace(0, x, 200 + int(300 * x))
    values = np.exp(-(nodes**2))
    return np.sum((values[1:] + values[:-1]) / 2) * (nodes[1] - nodes[0])


def heron(x):
    y = np.array(x, float)
    while np.max(np.abs(y * y - x)) > 1e-5:
        y = (y + x / y) / 2
    return np.sum(y)


def series(x):
    """The exponential function, term by term until 1e-6."""
    total, term, number = 0.0, 1.0, 0
    while abs(term) > 1e-6:
        total, number = total + term, number + 1
        term = term * x / number
    return total


LOOPS = {
    "newton": (newton, lambda x: 1 / (5 * exact_root(x) ** 4 + 1), [5.2, 3.7, 21.0]),
    "panels": (panels, lambda x: np.exp(-(x**2)), [0.9, 1.013, 0.4321]),
    "heron": (heron, lambda x: 0.5 / np.sqrt(x), [X, np.array([1.1, 6.2]), np.array([1.9])]),
    "series": (series, np.exp, [1.0, 2.7, 0.6]),
}


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("name", LOOPS)
def test_the_derivative_of_what_a_loop_approaches_is_right(name, place):
    """A false alarm over the slope that f has between two jumps; an interval so wide that a mistake of 2 % passes."""
    f, grad, points = LOOPS[name]
    x = points[place]
    assert ad.check_gradient(f, grad, x).verdict == "right"
    assert ad.check_gradient(f, lambda x: 1.02 * grad(x), x).verdict == "wrong"


def test_a_report_says_that_f_jumps():
    """A bound that is wider than f's values seem to tell, without a word about it."""
    check = ad.check_gradient(heron, lambda x: 0.5 / np.sqrt(x), X)
    assert "stops early" in str(check)
    assert 1e-7 < check.sensitivity < 1e-2


SMOOTH = {
    "exp": np.exp,
    "log": np.log,
    "power": lambda x: x**20,
    "fast": lambda x: np.sin(1e3 * x),
    "ripple": lambda x: x + 1e-8 * np.sin(100 * x),
    "fine ripple": lambda x: x + 1e-8 * np.sin(2e3 * x),
    "kink": lambda x: x + 1e-6 * np.maximum(x - 1.05, 0),
    "cusp": lambda x: x + 1e-7 * np.sqrt(np.abs(x - 1.05)),
    "steep": lambda x: x + 1e-7 * np.tanh(1e9 * (x - 1.05)),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_smooth_f_has_no_pieces(name):
    """An interval that is widened though f has a slope: a small mistake that passes."""
    f = SMOOTH[name]
    value = lambda place: np.array([f(1.0 + place)])  # noqa: E731
    with np.errstate(all="ignore"):
        assert find_pieces(value, 2.2e-16 * np.abs(value(0.0)), 2.2e-16, np.array([0])) is None


def test_a_jump_is_measured():
    """A jump of another height, or one that belongs to another entry of f."""
    value = lambda place: np.array([place + 1e-7 * (place > 0.1), place + 1e-9 * (place > 0.1), place])  # noqa: E731
    found = find_pieces(value, np.full(3, 2.2e-16), 2.2e-16, np.array([0]))
    assert found.height == pytest.approx([1e-7, 1e-9, 0], rel=1e-3)
    assert find_pieces(value, np.full(3, 2.2e-16), 2.2e-16, np.array([2])) is None


@pytest.mark.parametrize("name", ["fine ripple", "kink"])
def test_small_mistakes_about_smooth_f_are_found(name):
    """A wrong derivative that passes because f is taken for a loop."""
    f = SMOOTH[name]
    slope = {"fine ripple": 1 + 2e-5 * np.cos(2000), "kink": 1.0}[name]
    assert ad.check_gradient(f, lambda x: slope * (1 + 1e-7), 1.0).verdict == "wrong"
