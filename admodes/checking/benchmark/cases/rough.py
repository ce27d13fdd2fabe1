"""Functions that are not smooth on every scale: single precision, solvers, noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Case, Subject


def _cross_entropy(x: Any) -> Any:
    return np.log(np.sum(np.exp(x))) - x[2]


def _softmax_error(x: Any) -> Any:
    return np.exp(x) / np.sum(np.exp(x)) - np.eye(3, dtype=x.dtype)[2]


def single_precision() -> list[Case]:
    """Rounding errors that are a thousandth of what usual steps find."""
    scores = np.array([0.4, -1.2, 0.9], dtype=np.float32)
    entropy = Subject("float32", "log(exp(x[0]) + exp(x[1]) + exp(x[2])) - x[2]", _cross_entropy, scores)
    waves = "sum(sin(x[i]) for i in range(n))"
    angles = np.array([0.5, 1.5, -0.7, 1.1])
    inside = Subject("float32", waves, lambda x: float(np.sum(np.sin(np.asarray(x, np.float32)))), angles)
    return [
        entropy.right("softmax in float32", _softmax_error, "f has seven digits"),
        entropy.wrong(
            "softmax in float32, 5 % off",
            lambda x: _softmax_error(x) * np.array([1, 1, 1.05], dtype=x.dtype),
            "5 % in one component",
            0.05,
        ),
        inside.right("float32 inside", np.cos, "x and f are float64 on paper; f is a staircase of 1e-7"),
        inside.wrong(
            "float32 inside, sign", lambda x: np.cos(x) * np.array([1, 1, 1, -1]), "the staircase is no excuse for a sign", 2.0
        ),
    ]


def _fixed_point(x: Any) -> Any:
    """Solve y = x cos y by iteration, until two iterates are within 1e-8."""
    y = 0.6
    for _ in range(1000):  # far from the case's x, it does not converge
        y, last = x[0] * np.cos(y), y
        if abs(y - last) <= 1e-8:
            break
    return y


def _bisected(x: Any) -> Any:
    """The root of y**3 + y = x, halved into an interval of 1e-7."""
    low, high = 0.0, 4.0
    for _ in range(25):
        middle = (low + high) / 2
        low, high = (middle, high) if middle**3 + middle < x[0] else (low, middle)
    return (low + high) / 2


def solvers() -> list[Case]:
    """Inner iterations that stop at a tolerance."""
    iterated = Subject("noise", "findroot(lambda y: y - x[0]*cos(y), 0.6)", _fixed_point, np.array([0.8]))
    halved = Subject("noise", "findroot(lambda y: y**3 + y - x[0], 1.0)", _bisected, np.array([3.1]))

    def implicit(x: Any) -> Any:
        y = _fixed_point(x)
        return np.cos(y) / (1 + x * np.sin(y))

    return [
        iterated.right("fixed point stopped at 1e-8", implicit, "the number of iterations jumps with x"),
        iterated.wrong(
            "fixed point, last iteration",
            lambda x: np.cos(_fixed_point(x)) + 0 * x,
            "that y depends on itself is left out",
            0.4785,
        ),
        halved.right(
            "bisection", lambda x: 1 / (3 * _bisected(x) ** 2 + 1 + 0 * x), "a staircase of 1e-7, flat almost everywhere"
        ),
        halved.wrong("bisection, lacks 1", lambda x: 1 / (3 * _bisected(x) ** 2 + 0 * x), "y for y**3 + y", 0.2197),
    ]


def _euler(x: Any) -> Any:
    y = 0.1
    for _ in range(50):
        y = y + 0.02 * x[0] * y * (1 - y)
    return y


def _euler_sensitivity(memory: float) -> Callable[[Any], Any]:
    """The derivative of Euler's steps; with `memory` 0 the state's own derivative is forgotten."""

    def slope(x: Any) -> Any:
        y, found = 0.1, np.zeros(1)
        for _ in range(50):
            found = found + 0.02 * y * (1 - y) + memory * 0.02 * x[0] * (1 - 2 * y) * found
            y = y + 0.02 * x[0] * y * (1 - y)
        return found

    return slope


def lost_digits() -> list[Case]:
    """Digits cut off, cancelled, or buried in random numbers."""
    x, waves = np.array([0.6, -1.1, 0.8]), "sum(sin(x[i]) for i in range(n))"
    printed = Subject("noise", waves, lambda x: np.round(np.sum(np.sin(x)), 6), x)
    first, second = np.random.default_rng(7), np.random.default_rng(8)
    squares = "sum(x[i]**2 for i in range(n))"
    random = Subject("noise", squares, lambda x: np.sum(x**2) + 1e-6 * first.standard_normal(), x)
    other = Subject("noise", squares, lambda x: np.sum(x**2) + 1e-6 * second.standard_normal(), x)
    cancelled = Subject("noise", "(1 - cos(x[0]))/x[0]**2", lambda x: (1 - np.cos(x[0])) / x[0] ** 2, np.array([0.02]))
    steps = "reduce(lambda y, _: y + 0.02*x[0]*y*(1 - y), range(50), mpf(0.1))"
    ode = Subject("noise", steps, _euler, np.array([1.7]))
    return [
        printed.right("six decimals", np.cos, "f was read from a text file: a staircase"),
        printed.wrong("six decimals, 3 % off", lambda x: np.cos(x) * np.array([1.03, 1, 1]), "far above the stairs", 0.03),
        random.right("random noise of 1e-6", lambda x: 2 * x, "two calls of f differ"),
        other.wrong("random noise of 1e-6, 10 % off", lambda x: 2 * x * np.array([1, 1.1, 1]), "far above the noise", 0.1),
        cancelled.right("cancellation", lambda x: -x / 12 + x**3 / 180 - x**5 / 6720, "f has twelve digits, its slope is small"),
        ode.right("Euler's method", _euler_sensitivity(1.0), "the derivative of fifty steps, carried along"),
        ode.wrong(
            "Euler's method, no memory", _euler_sensitivity(0.0), "the state's own derivative is not carried along", 0.3013
        ),
    ]
