"""The truth about the benchmark's claims, from their formulas alone: one-sided slopes with a hundred digits."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import mpmath
import numpy as np

DIGITS = 100
#: Steps relative to each input: far below any scale of the cases, and far above the last digit.
STEP = mpmath.mpf(10) ** -30
#: What differences with such a step leave of a derivative that is 0.
ZERO = mpmath.mpf(10) ** -26


def numbers_of(case, x=None):
    """All numbers of x, one after another, exactly."""
    leaves = case.flattened()[0] if x is None else [np.asarray(x)]
    return [mpmath.mpf(number.item()) for leaf in leaves for number in leaf.ravel()]


def evaluate(formula, x):
    """The formula's values at numbers x, as a list."""
    names = {name: getattr(mpmath, name) for name in dir(mpmath) if not name.startswith("_")}
    names |= {"x": x, "n": len(x), "sum": sum, "abs": abs, "max": max, "min": min, "range": range, "reduce": functools.reduce}
    value = eval(formula, {"__builtins__": {}} | names)
    return list(value) if isinstance(value, list) else [value]


def slopes(formula, x, direction):
    """The slopes of every output along `direction`, on the left and on the right, as pairs; a side outside the domain is None."""
    with mpmath.workdps(DIGITS):
        # A step belongs to the scale of the inputs that move.
        size = min((abs(a) for a, v in zip(x, direction, strict=True) if v and a), default=mpmath.mpf(1))
        step = STEP * min(size, 1)
        here = evaluate(formula, x)
        sides = []
        for sign in (-1, 1):
            there = evaluate(formula, [a + sign * step * v for a, v in zip(x, direction, strict=True)])
            found = [(b - a) / (sign * step) for a, b in zip(here, there, strict=True)]
            sides.append(None if any(mpmath.isnan(value) for value in found) else found)
        left, right = (side if side is not None else other for side, other in (sides, sides[::-1]))
        return list(zip(left, right, strict=True))


def jacobian(formula, x):
    """Rows of (lower, upper) slopes, a row for each output, a column for each input; equal but for kinks."""
    columns = [slopes(formula, x, [mpmath.mpf(int(j == k)) for j in range(len(x))]) for k in range(len(x))]
    return [[tuple(sorted(column[i])) for column in columns] for i in range(len(columns[0]))]


def hessian(formula, x):
    """Second derivatives of a smooth formula: differences of differences."""
    with mpmath.workdps(DIGITS):
        h = mpmath.mpf(10) ** -20

        def shifted(j, a, k, b):
            moved = list(x)
            moved[j] += a * h
            moved[k] += b * h
            return evaluate(formula, moved)[0]

        pairs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
        cross = [[sum(a * b * shifted(j, a, k, b) for a, b in pairs) / (4 * h * h) for k in range(len(x))] for j in range(len(x))]
        return [[(value, value) for value in row] for row in cross]


@dataclass(frozen=True)
class Comparison:
    """How far claimed numbers are from the truth: of each component, over its own derivative and over the largest."""

    component: float
    largest: float


def size_of_slopes(case):
    """A size that no slope of the case is, unless it is 0: f over the largest input, at most 1."""
    at = numbers_of(case)
    values = max(abs(value) for value in evaluate(case.formula, at))
    return min(mpmath.mpf(1), values / max(1, *map(abs, at))) if values else mpmath.mpf(1)


def compare(claimed, truth, size=1):
    """Compare a flat list of claimed numbers with (lower, upper) pairs, as `Case.off` says; `size` tells what counts as 0."""
    with mpmath.workdps(DIGITS):
        zero = ZERO * size
        top = max(max(abs(low), abs(high)) for low, high in truth)
        relative, absolute = [], []
        for number, (low, high) in zip(claimed, truth, strict=True):
            number = mpmath.mpf(number)
            error = max(low - number, number - high, mpmath.mpf(0))
            own = max(abs(low), abs(high))
            own = own if own > ZERO * top else top
            relative.append(error / own if own > zero else error)
            absolute.append(error / top if top > zero else error)
        return Comparison(float(max(relative)), float(max(absolute)))


def seeds(case):
    """A direction for the products with vectors; all cases have as many outputs as inputs there, two."""
    return np.array([0.6, -1.7])


def claimed_numbers(case, x=None):
    """What grad claims at x (at the case's own by default), as a flat list of floats."""
    x = case.point() if x is None else x
    answer = case.grad(x, seeds(case)) if case.kind in ("jvp", "vjp", "hvp") else case.grad(x)
    import admodes.containers
    from admodes.errors import OutputError

    leaves = admodes.containers.flatten(answer, OutputError, "grad(x)")[0]
    return [float(number) for leaf in leaves for number in np.asarray(leaf).ravel()]


def true_numbers(case, x=None):
    """Pairs (lower, upper) for each claimed number."""
    at = numbers_of(case, x)
    if case.kind in ("hessian", "hvp"):
        rows = hessian(case.formula, at)
        flat = [pair for row in rows for pair in row]
        if case.kind == "hessian":
            return flat
        values = [sum(row[k][0] * mpmath.mpf(v) for k, v in enumerate(seeds(case))) for row in rows]
        return [(value, value) for value in values]
    rows = jacobian(case.formula, at)
    vector = [mpmath.mpf(v) for v in seeds(case)]
    if case.kind == "jvp":
        values = [sum(entry[0] * v for entry, v in zip(row, vector, strict=True)) for row in rows]
    elif case.kind == "vjp":
        values = [sum(rows[i][k][0] * vector[i] for i in range(len(rows))) for k in range(len(at))]
    else:
        return [pair for row in rows for pair in row]
    return [(value, value) for value in values]


def along_diagonals(case):
    """The largest distance of grad . v from the one-sided slopes, for v of ones and of alternating signs (scalar f)."""
    at, claim = numbers_of(case), claimed_numbers(case)
    worst = 0.0
    for direction in ([mpmath.mpf(1)] * len(at), [mpmath.mpf((-1) ** k) for k in range(len(at))]):
        with mpmath.workdps(DIGITS):
            low, high = sorted(slopes(case.formula, at, direction)[0])
            product = sum(mpmath.mpf(c) * v for c, v in zip(claim, direction, strict=True))
            size = sum(abs(mpmath.mpf(c)) for c in claim) or mpmath.mpf(1)
            worst = max(worst, float(max(low - product, product - high, mpmath.mpf(0)) / size))
    return worst if math.isfinite(worst) else math.inf
