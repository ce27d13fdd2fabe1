"""Gradients that are right here and now, or in their numbers, and wrong all the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import Case, Subject

_X = np.array([0.7, -1.3, 2.1])
_NAN = float("nan")


def accidents() -> list[Case]:
    """Right at x, wrong at all other points."""
    sinh = Subject("accident", "sum(sinh(x[i]) for i in range(n))", lambda x: np.sum(np.sinh(x)), np.zeros(3))
    even = Subject("accident", "x[0]**2*x[1]", lambda x: x[0] ** 2 * x[1], np.array([1.2, 1.2]))
    unit = Subject("accident", "x[0]**3 + x[1]**3", lambda x: np.sum(x**3), np.ones(2))
    return [
        sinh.right("sinh at 0", np.cosh, "cosh(0) = 1"),
        sinh.wrong("at zero only", np.ones_like, "1 is the right slope at 0 only", 0.0),
        even.wrong("at equal inputs only", lambda x: np.array([2 * x[0] * x[1], x[1] ** 2]), "x[1]**2 for x[0]**2", 0.0),
        unit.wrong("at ones only", lambda x: 3 * x, "3x for 3x**2", 0.0),
    ]


def state() -> list[Case]:
    """Answers that depend on more than x, or that leave traces."""
    formula = "sum(x[i]**2 for i in range(n))"
    plain = Subject("state", formula, lambda x: np.sum(x**2), _X)
    remembered: list[Any] = []
    random = np.random.default_rng(11)

    def cached(x: Any) -> Any:
        if not remembered:
            remembered.append(2 * x)
        return remembered[0].copy()

    def doubling(x: Any) -> Any:
        x *= 2
        return x.copy()

    def centring(x: Any) -> Any:
        x -= np.mean(x)
        return np.sum(x**2)

    def dropping(x: Any) -> Any:
        return 2 * x * (random.uniform(size=x.shape) < 0.5) / 0.5

    centred = Subject("state", "sum((x[i] - sum(x)/n)**2 for i in range(n))", centring, _X)
    buffer = np.empty(3)
    return [
        plain.right("one buffer for all answers", lambda x: np.multiply(2, x, out=buffer), "the array returned is used again"),
        plain.wrong("stale cache", cached, "the first answer, for ever", 0.0),
        plain.wrong("grad writes into x", doubling, "the numbers are right, the caller's x is not any more", 0.0),
        centred.wrong(
            "f writes into x", lambda x: 2 * (x - np.mean(x)), "the value is right, the caller's x is not any more", 0.0
        ),
        plain.wrong("dropout left on", dropping, "two calls of grad differ, right on average", _NAN),
    ]


def form() -> list[Case]:
    """Answers of another shape or type, and answers that are no numbers."""
    cubes = Subject("form", "sum(x[i]**3 for i in range(n))", lambda x: np.sum(x**3), _X)
    same = Subject("form", "sum(x[i]**3 for i in range(n))", lambda x: np.sum(x**3), np.full(3, 1.5))
    series = Subject(
        "form", "log(1 + x[0]**2) + x[1]*x[2]", lambda x: np.log1p(x[0] ** 2) + x[1] * x[2], np.array([0.0, 1.0, 2.0])
    )

    def divided(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.array([2 * x[0] ** 2 / x[0] / (1 + x[0] ** 2), x[2], x[1]])

    return [
        cubes.right("list of floats", lambda x: [float(3 * t**2) for t in x], "a gradient may be a list"),
        cubes.wrong("a column", lambda x: 3 * x[:, None] ** 2, "shape (3, 1) for (3,)", _NAN),
        same.wrong("one number for all", lambda x: 3 * x[0] ** 2, "a number that NumPy would stretch; x is uniform", _NAN),
        cubes.wrong("one too few", lambda x: 3 * x[:-1] ** 2, "two numbers for three inputs", _NAN),
        cubes.wrong("cut to integers", lambda x: (3 * x**2).astype(int), "written into an array of integers", 0.3197),
        cubes.wrong("complex", lambda x: 3 * x**2 + 0.1j, "an imaginary part that nobody looks at", _NAN),
        series.right("log1p at 0", lambda x: np.array([2 * x[0] / (1 + x[0] ** 2), x[2], x[1]]), "an ordinary function"),
        series.wrong("0/0", divided, "NaN in one component", _NAN),
        cubes.wrong("infinite", lambda x: np.array([np.inf, 3 * x[1] ** 2, 3 * x[2] ** 2]), "an overflow in one component", _NAN),
    ]
