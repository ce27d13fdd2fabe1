"""Smooth functions on extreme scales, and functions whose period is far below x."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import Case, Subject

_ANGLES = (0.3, -0.8, 1.1)


def _blend(x: Any) -> Any:
    return (1e8 * x[0]) ** 2 * x[1] + 1e-9 * x[2] * np.sin(x[1])


def _blend_gradient(x: Any) -> Any:
    return np.array([2e16 * x[0] * x[1], (1e8 * x[0]) ** 2 + 1e-9 * x[2] * np.cos(x[1]), 1e-9 * np.sin(x[1])])


def scales_of_x() -> list[Case]:
    """Inputs far from one, where an absolute step means nothing."""
    waves = "sum(sin(1e12*x[i]) for i in range(n))"
    tiny = Subject("scale", waves, lambda x: np.sum(np.sin(1e12 * x)), np.array([1.3e-12, -0.7e-12, 2.1e-12]))
    logarithms = "sum(log(x[i]) for i in range(n))"
    huge = Subject("scale", logarithms, lambda x: np.sum(np.log(x)), np.array([3.0e12, 7.0e11, 1.1e12]))
    decay = Subject("scale", "exp(-x[0]/1e-200)", lambda x: np.exp(-x[0] / 1e-200), np.array([0.5e-200]))
    formula = "(1e8*x[0])**2*x[1] + 1e-9*x[2]*sin(x[1])"
    mixed = Subject("scale", formula, _blend, np.array([2.0e-8, 1.5, 3.0e9]))
    return [
        tiny.right("x of 1e-12", lambda x: 1e12 * np.cos(1e12 * x), "a usual step of 1e-6 is many thousand periods"),
        tiny.wrong("x of 1e-12, reversed", lambda x: 1e12 * np.cos(1e12 * x[::-1]), "components in another order", 2.887),
        huge.right("x of 1e12", lambda x: 1 / x, "slopes of 1e-12 pass any absolute tolerance"),
        huge.wrong("x of 1e12, twice", lambda x: 2 / x, "a factor of two below 1e-11", 1.0),
        decay.right("x of 1e-200", lambda x: -np.exp(-x / 1e-200) / 1e-200, "only a step that follows x is small enough"),
        mixed.right("mixed scales", _blend_gradient, "no one step suits inputs of 1e-8 and 1e9"),
        mixed.wrong(
            "mixed scales, sign",
            lambda x: _blend_gradient(x) * np.array([1, 1, -1]),
            "the slope of 1e-9 belongs to an x of 1e9",
            2.0,
        ),
    ]


def scales_of_f() -> list[Case]:
    """Values of f far from one, where an absolute tolerance means nothing."""
    x = np.array(_ANGLES)
    growth = "1e-20*sum(exp(x[i]) for i in range(n))"
    small = Subject("scale", growth, lambda x: 1e-20 * np.sum(np.exp(x)), x)
    product = "1e20*cos(x[0])*cos(x[1])*cos(x[2])"
    large = Subject("scale", product, lambda x: 1e20 * np.prod(np.cos(x)), x)
    offset = Subject("scale", "1e8 + sum(x[i]**3 for i in range(n))", lambda x: 1e8 + np.sum(x**3), x)
    slopes = Subject("scale", "1e3*exp(x[0]) + 1e-3*sin(x[1])", lambda x: 1e3 * np.exp(x[0]) + 1e-3 * np.sin(x[1]), x[:2])
    return [
        small.right("f of 1e-20", lambda x: 1e-20 * np.exp(x), "below every absolute tolerance"),
        small.wrong("f of 1e-20, sign", lambda x: -1e-20 * np.exp(x), "an absolute tolerance lets the sign pass", 2.0),
        large.right("f of 1e20", lambda x: -1e20 * np.prod(np.cos(x)) * np.tan(x), "differences off by 1e9 agree to ten digits"),
        offset.right("large constant", lambda x: 3 * x**2, "half of the digits of f are spent on 1e8"),
        offset.wrong("large constant, 2 % off", lambda x: 3 * x**2 * np.array([1, 1, 1.02]), "the step must fit the noise", 0.02),
        slopes.right(
            "slopes of 1e3 and 1e-3",
            lambda x: np.array([1e3 * np.exp(x[0]), 1e-3 * np.cos(x[1])]),
            "the small slope stands beside the rounding of the large term",
        ),
    ]


def oscillations() -> list[Case]:
    """A coarse step sees another slope, and may see it twice."""
    at = np.array
    fast = Subject("oscillation", "sin(1e5*x[0])", lambda x: np.sin(1e5 * x[0]), at([0.3]))
    chirp = Subject("oscillation", "sin(x[0]**2)", lambda x: np.sin(x[0] ** 2), at([300.0]))
    ripple = Subject("oscillation", "x[0] + 1e-3*sin(1e4*x[0])", lambda x: x[0] + 1e-3 * np.sin(1e4 * x[0]), at([0.7]))
    damped = Subject("oscillation", "sin(1e3*x[0])*exp(-x[0])", lambda x: np.sin(1e3 * x[0]) * np.exp(-x[0]), at([3.0]))
    return [
        fast.right("fast sine", lambda x: 1e5 * np.cos(1e5 * x), "the period is 6e-5 at x = 0.3"),
        fast.wrong("fast sine, chain factor", lambda x: np.cos(1e5 * x), "without the inner 1e5", 0.99999),
        chirp.right("chirp", lambda x: 2 * x * np.cos(x**2), "the period shrinks as x grows"),
        ripple.right(
            "ripple on a slope", lambda x: 1 + 10 * np.cos(1e4 * x), "the slope seen from afar is 1, the derivative is not"
        ),
        ripple.wrong("ripple ignored", np.ones_like, "the derivative of the trend", 0.8961),
        damped.right(
            "damped wave", lambda x: (1e3 * np.cos(1e3 * x) - np.sin(1e3 * x)) * np.exp(-x), "500 periods between 0 and x"
        ),
    ]
