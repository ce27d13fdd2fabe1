"""Right here and not elsewhere, right once and not twice, right numbers in a wrong form."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...case import Case, Subject

_X = np.array([0.7, -1.3, 2.1])
_NAN = float("nan")


def accidents() -> list[Case]:
    """Mistakes that x hides."""
    growth = Subject("accident", "exp(x[0])*x[1]**2", lambda x: np.exp(x[0]) * x[1] ** 2, np.array([0.0, 1.5]))
    shares = Subject(
        "accident",
        "sum(x[i]**2 for i in range(n))/sum(x)",
        lambda x: np.sum(x**2) / np.sum(x),
        np.array([0.25, 0.25, 0.5]),
    )
    gap = Subject("accident", "(x[0] - x[1])**3 + x[0]", lambda x: (x[0] - x[1]) ** 3 + x[0], np.array([0.8, 0.8]))

    def growth_slope(x: Any) -> Any:
        return np.exp(x[0]) * np.array([x[1] ** 2, 2 * x[1]])

    def shares_slope(x: Any, power: int = 2) -> Any:
        return (2 * x * np.sum(x) - np.sum(x**2)) / np.sum(x) ** power

    return [
        growth.right("growth from 0", growth_slope, "exp(0) = 1"),
        growth.wrong("growth from 0, no exp", lambda x: np.array([x[1] ** 2, 2 * x[1]]), "exp(0) = 1 hides it", 0.0),
        shares.wrong("shares of 1", lambda x: shares_slope(x, 1), "the shares' sum is 1, which hides a power", 0.0),
        gap.wrong("no gap", lambda x: np.array([1.0, 0.0]), "the gap is 0 and hides its slope", 0.0),
    ]


def states() -> list[Case]:
    """What one call leaves for the next one."""
    plain = Subject("state", "sum(x[i]**3 for i in range(n))", lambda x: np.sum(x**3), _X)
    half = Subject("state", "sum(x[i]**2 for i in range(n))/2", lambda x: np.sum(x**2) / 2, _X)
    total = np.zeros(3)
    known: dict[str, Any] = {}
    kept: dict[bytes, Any] = {}

    def never_cleared(x: Any) -> Any:
        total[:] += 3 * x**2
        return total.copy()

    def by_identity(x: Any) -> Any:
        if known.get("owner") is not x:
            known.update(owner=x, answer=3 * x**2)
        return known["answer"].copy()

    def by_value(x: Any) -> Any:
        return kept.setdefault(x.tobytes(), 3 * x**2).copy()

    def sorting(x: Any) -> Any:
        found = 3 * x**2
        x.sort()
        return found

    return [
        plain.wrong("gradients that add up", never_cleared, "the first call is right, the second is twice as large", 0.0),
        plain.wrong("cache by identity", by_identity, "the same array with new numbers gets the old answer", 0.0),
        plain.right("cache by value", by_value, "a cache as it should be"),
        half.right("x itself", lambda x: x, "the answer is the argument, not a copy"),
        plain.wrong("grad sorts x", sorting, "the numbers are right, the caller's x is in another order", 0.0),
    ]


def forms() -> list[Case]:
    """Numbers, rows, flat arrays, a NaN in one leaf."""
    number = Subject("form", "exp(x[0])*x[0]", lambda x: x * math.exp(x), 0.8)
    cubes = Subject("form", "sum(x[i]**3 for i in range(n))", lambda x: np.sum(x**3), _X)
    table = Subject("form", "sum(x[i]**2 for i in range(n))", lambda x: np.sum(x**2), np.arange(1.0, 7.0).reshape(2, 3))
    pair = Subject("form", "x[0]**2 + sqrt(x[1])", lambda p: p["a"] ** 2 + np.sqrt(p["b"]), {"a": 1.5, "b": 2.5})
    return [
        number.right("a number in, a number out", lambda x: (1 + x) * math.exp(x), "no array anywhere"),
        number.wrong("a number, product rule", lambda x: math.exp(x), "no array anywhere, a term is missing", 0.4444),
        cubes.wrong("a row", lambda x: 3 * x[None, :] ** 2, "shape (1, 3) for (3,)", _NAN),
        table.wrong("flat for a table", lambda x: 2 * np.ravel(x), "shape (6,) for (2, 3)", _NAN),
        pair.right("a dict of numbers", lambda p: {"a": 2 * p["a"], "b": 0.5 / np.sqrt(p["b"])}, "floats, no arrays"),
        pair.wrong("a dict, NaN", lambda p: {"a": 2 * p["a"], "b": _NAN}, "NaN in one leaf", _NAN),
    ]
