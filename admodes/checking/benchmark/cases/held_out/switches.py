"""Switches: at them, beside them, many of them; and functions that have settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...case import Case, Subject


def _at_zero(slope: float) -> Callable[[Any], Any]:
    return lambda x: np.where(x == 0, slope, np.where(x > 0, 1.0, 0.01))


def exactly_at() -> list[Case]:
    """Kinks: what lies between the one-sided slopes is right."""
    at = np.array
    leaky = Subject(
        "kink", "sum(max(x[i], x[i]/100) for i in range(n))", lambda x: np.sum(np.maximum(x, x / 100)), at([0.0, -2.0, 1.0])
    )
    smooth = Subject("kink", "x[0]*abs(x[0]) + x[1]", lambda x: x[0] * np.abs(x[0]) + x[1], at([0.0, 2.0]))
    hinge = Subject("kink", "max(0, 1 - x[0] - x[1]) + x[0]**2", lambda x: max(0, 1 - x[0] - x[1]) + x[0] ** 2, at([0.5, 0.5]))
    length = Subject("kink", "sqrt(x[0]**2 + x[1]**2)", lambda x: np.hypot(x[0], x[1]), np.zeros(2))
    middle = Subject("kink", "max(x[0], x[1])", np.median, at([1.0, 1.0, 3.0]))
    clipped = Subject("kink", "min(max(x[0], 0), 1)*x[1]", lambda x: np.clip(x[0], 0, 1) * x[1], at([1.0, 3.0]))

    def active(share: float) -> Callable[[Any], Any]:
        def claim(x: Any) -> Any:
            gap = 1 - x[0] - x[1]
            return -np.ones(2) * (share if gap == 0 else float(gap > 0)) + np.array([2 * x[0], 0])

        return claim

    def clip_slope(slope: float) -> Callable[[Any], Any]:
        return lambda x: np.array([x[1] * (slope if x[0] == 1 else float(0 < x[0] < 1)), np.clip(x[0], 0, 1)])

    def lengths(x: Any) -> Any:
        return x / np.hypot(x[0], x[1]) if np.any(x) else np.zeros(2)

    def ones_at_zero(x: Any) -> Any:
        return x / np.hypot(x[0], x[1]) if np.any(x) else np.ones(2)

    def of_middle(x: Any) -> Any:
        return np.eye(3)[np.argsort(x, kind="stable")[1]]

    return [
        leaky.right("leaky relu at 0, 0.01", _at_zero(0.01), "the left derivative"),
        leaky.wrong("leaky relu at 0, 0", _at_zero(0.0), "below both one-sided derivatives", 0.01),
        smooth.right("x |x| at 0", lambda x: np.array([2 * np.abs(x[0]), 1]), "no kink: only the second derivative jumps"),
        hinge.right("hinge at its margin", active(1.0), "the active side"),
        hinge.right("hinge at its margin, half", active(0.5), "between both sides"),
        hinge.wrong("hinge at its margin, twice", active(2.0), "beyond the active side", 1),
        length.right("length at the origin", lengths, "0 is inside the unit disc"),
        length.wrong("length at the origin, ones", ones_at_zero, "each is in [-1, 1], but outside of the unit disc", 0.0),
        middle.right("median of a tie", of_middle, "one of the two takes all"),
        middle.wrong("median of a tie, the last", lambda x: np.eye(3)[2], "the largest number's", 1.0),
        clipped.right("clip at its end", clip_slope(1.0), "the inner derivative"),
        clipped.wrong("clip at its end, -1", clip_slope(-1.0), "outside of [0, 1]", 1.0),
    ]


def beside() -> list[Case]:
    """A switch or a jump within a usual step."""
    at = np.array
    curve = Subject("kink", "max(x[0], x[0]**2)", lambda x: max(x[0], x[0] ** 2), at([1 + 1e-7]))
    saw = Subject("kink", "x[0] - floor(x[0])", lambda x: x[0] - np.floor(x[0]), at([2 + 1e-6]))
    jump = Subject("kink", "x[0]**2 + (5 if x[0] > 1 else 0)", lambda x: x[0] ** 2 + 5 * (x[0] > 1), at([1 - 1e-6]))
    table = np.array([0.0, 0.8, 0.9, 0.1])
    looked_up = Subject("kink", "0.9 + (x[0] - 2)*(0.1 - 0.9)", lambda x: np.interp(x[0], np.arange(4.0), table), at([2.1]))
    return [
        curve.right("1e-7 beside a bend", lambda x: np.where(x > 1, 2 * x, 1.0), "the parabola's side"),
        curve.wrong("1e-7 beside a bend, other side", np.ones_like, "the line's slope on the parabola's side", 0.5),
        saw.right("1e-6 beside a jump", np.ones_like, "f falls by 1 at 2"),
        saw.wrong("1e-6 beside a jump, 0", np.zeros_like, "a slope of 0 on the tooth", 1.0),
        jump.right("1e-6 below a jump", lambda x: 2 * x, "f rises by 5 at 1"),
        jump.wrong("1e-6 below a jump, x", lambda x: x * 1.0, "f rises by 5 at 1, the 2 is missing", 0.5),
        looked_up.right("table", lambda x: np.diff(table)[np.floor(x).astype(int)], "straight between two entries"),
        looked_up.wrong(
            "table, smoothed", lambda x: np.gradient(table)[np.round(x).astype(int)], "the mean of two pieces' slopes", 0.5625
        ),
    ]


def sorting() -> list[Case]:
    """Order decides, near ties included."""
    weights, x = np.array([3.0, 2.0, 1.0]), np.array([1 + 1e-8, 3.0, 1.0])
    ranked = Subject("kink", "3*x[2] + 2*x[0] + x[1]", lambda x: weights @ np.sort(x), x)
    hidden, outer = np.random.default_rng(3).normal(size=(10, 2)), np.random.default_rng(4).normal(size=10)
    rows = [(float(a), float(b), float(c)) for (a, b), c in zip(hidden, outer, strict=True)]
    network = Subject(
        "kink",
        f"sum(c*max(a*x[0] + b*x[1] + mpf(1)/10, 0) for a, b, c in {rows})",
        lambda x: outer @ np.maximum(hidden @ x + 0.1, 0),
        np.array([0.7, -0.2]),
    )

    def by_rank(x: Any) -> Any:
        return weights[np.argsort(np.argsort(x))]

    def masked(x: Any) -> Any:
        return (outer * (hidden @ x + 0.1 > 0)) @ hidden

    return [
        ranked.right("weights by rank", by_rank, "two inputs are 1e-8 apart"),
        ranked.wrong("weights by rank, argsort once", lambda x: weights[np.argsort(x)], "the permutation for its inverse", 2),
        network.right("ten relus", masked, "no unit is at its switch"),
        network.wrong("ten relus, no mask", lambda x: outer @ hidden, "the units that are off count too", 2.392),
    ]


def saturated() -> list[Case]:
    """Functions that have settled to a constant."""
    soft = Subject(
        "flat",
        "log(sum(exp(x[i]) for i in range(n)))",
        lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))),
        np.array([800.0, 0.0, -800.0]),
    )
    settled = Subject("flat", "1/(1 + exp(-x[0]))", lambda x: 1 / (1 + np.exp(-x[0])), np.array([40.0]))

    def shares(x: Any) -> Any:
        found = np.exp(x - np.max(x))
        return found / np.sum(found)

    return [
        soft.right("settled softmax", shares, "one share is 1, the others are below 1e-300"),
        soft.wrong("settled softmax, equal shares", lambda x: np.full(3, 1 / 3), "the shares of equal scores", 0.6667),
        settled.right("settled sigmoid", lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2, "f is 1, its slope is 4e-18"),
    ]
