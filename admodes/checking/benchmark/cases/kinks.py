"""Kinks, where a whole interval of claims is right, points beside them, and functions that are flat or straight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Case, Subject


def _relu_claim(slope: float) -> Callable[[Any], Any]:
    return lambda x: np.array([np.where(x[0] == 0, slope, x[0] > 0), 2 * x[1]], dtype=float)


def _largest_claim(*shares: float) -> Callable[[Any], Any]:
    return lambda x: np.where(x[0] == x[1], shares, np.asarray(x) == np.max(x)).astype(float)


def _curved_claim(slope: float) -> Callable[[Any], Any]:
    return lambda x: np.where(x < 1, 1.0, np.where(x > 1, 2 * x, slope))


def at_kinks() -> list[Case]:
    """One-sided derivatives differ: what lies between them is right."""
    relu = Subject("kink", "max(x[0], 0) + x[1]**2", lambda x: np.maximum(x[0], 0) + x[1] ** 2, np.array([0.0, 1.5]))
    tie = Subject("kink", "max(x[0], x[1])", np.max, np.array([2.0, 2.0]))
    ones = "sum(abs(x[i]) for i in range(n))"
    norm = Subject("kink", ones, lambda x: np.sum(np.abs(x)), np.array([0.0, 1.0, 0.0, -2.0]))
    curved = Subject("kink", "max(x[0], x[0]**2)", lambda x: np.maximum(x[0], x[0] ** 2), np.array([1.0]))
    return [
        relu.right("relu at 0, 0", _relu_claim(0.0), "the left derivative"),
        relu.right("relu at 0, 1", _relu_claim(1.0), "the right derivative"),
        relu.right("relu at 0, 1/2", _relu_claim(0.5), "between both"),
        relu.wrong("relu at 0, -0.2", _relu_claim(-0.2), "below both one-sided derivatives", 0.2),
        relu.wrong("relu at 0, 1.3", _relu_claim(1.3), "above both one-sided derivatives", 0.3),
        tie.right("tie, first takes all", _largest_claim(1.0, 0.0), "argmax and its first index"),
        tie.right("tie, shared", _largest_claim(0.5, 0.5), "half to each"),
        tie.wrong(
            "tie, both take all", _largest_claim(1.0, 1.0), "each is in [0, 1], but along (1, 1) f grows by 1 and not 2", 0
        ),
        norm.right("1-norm at zeros", np.sign, "sign(0) = 0, twice"),
        norm.wrong("1-norm at zeros, 1.5", lambda x: np.where(x == 0, 1.5, np.sign(x)), "outside of [-1, 1]", 0.5),
        curved.right("curved kink", _curved_claim(1.5), "between the slopes 1 and 2"),
        curved.wrong("curved kink, too flat", _curved_claim(0.5), "below the slopes 1 and 2", 0.25),
    ]


def _huber(x: Any) -> Any:
    return np.sum(np.where(np.abs(x) <= 1, x**2 / 2, np.abs(x) - 0.5))


def beside_kinks() -> list[Case]:
    """One derivative, and another one nearby."""
    sides = [
        Subject("kink", "abs(x[0] - 1)", lambda x: np.abs(x[0] - 1), np.array([place]))
        for place in (1.001, 1 - 1e-6, 1 + 1e-9, 1 - 1e-5)
    ]
    joined = "sum(x[i]**2/2 if abs(x[i]) <= 1 else abs(x[i]) - 0.5 for i in range(n))"
    junction = Subject("kink", joined, _huber, np.array([1.0, -1.0, 0.3]))
    outside = Subject("kink", joined, _huber, np.array([1.0, -2.0, 0.3]))
    return [
        sides[0].right("1e-3 beside a kink", lambda x: np.sign(x - 1), "the other side is within a step of 1e-2"),
        sides[1].right("1e-6 beside a kink", lambda x: np.sign(x - 1), "the other side is within a step of 1e-5"),
        sides[2].right("1e-9 beside a kink", lambda x: np.sign(x - 1), "the other side is within every usual step"),
        sides[3].wrong("1e-5 beside a kink, sign", lambda x: -np.sign(x - 1), "the slope of the other side", 2.0),
        junction.right("Huber's junction", lambda x: np.clip(x, -1, 1), "only the second derivative jumps"),
        outside.wrong("Huber, wrong branch", lambda x: x * 1.0, "the parabola's slope where f is straight", 1.0),
    ]


def flat() -> list[Case]:
    """Constant, linear and piecewise constant functions, inputs that f ignores, integers."""
    x, slope = np.array([0.3, -1.4, 2.6]), np.array([1.0, -2.0, 3.0])
    line = Subject("flat", "x[0] - 2*x[1] + 3*x[2]", lambda x: slope @ x, x)
    bent = Subject("flat", "x[0] - 2*x[1] + 3*x[2] + 1e-9*x[0]**2", lambda x: slope @ x + 1e-9 * x[0] ** 2, x)
    partial = Subject("flat", "exp(x[0])*x[2]", lambda x: np.exp(x[0]) * x[2], x)
    constant = Subject("flat", "mpf(7)", lambda x: 7.0, x)
    steps = Subject("flat", "sum(floor(x[i]) for i in range(n))", lambda x: np.sum(np.floor(x)), x)
    quarter = "sum(x[i]**2 for i in range(n))/4"
    whole = Subject("flat", quarter, lambda x: np.sum(x**2) / 4, np.array([1, 3, 5]))

    def known(x: Any) -> Any:
        return np.exp(x[0]) * np.array([x[2], 0, 1])

    return [
        line.right("linear", lambda x: slope.copy(), "differences have no truncation error"),
        line.wrong("linear, 1e-5 off", lambda x: slope * np.array([1, 1, 1.00001]), "one part in 1e5", 1e-5),
        bent.right("nearly linear", lambda x: slope + np.array([2e-9 * x[0], 0, 0]), "curvature below what remainders show"),
        partial.right("ignored input", known, "a derivative that is exactly 0"),
        partial.wrong(
            "ignored input, 1e-6", lambda x: known(x) + np.array([0, 1e-6, 0]), "a slope where there is none", 2.849e-07
        ),
        constant.right("constant", lambda x: np.zeros(3), "all derivatives are 0"),
        constant.wrong("constant, 1e-3", lambda x: np.full(3, 1e-3), "a slope where f is constant", 1e-3),
        steps.right("floor", lambda x: np.zeros(3), "constant between the integers"),
        steps.wrong("floor, straight through", lambda x: np.ones(3), "the slope of the trend, as in quantised networks", 1.0),
        whole.right("integers", lambda x: x / 2, "x is of integers"),
        whole.wrong("integers, divided in whole", lambda x: x // 2, "// for /", 1),
    ]
