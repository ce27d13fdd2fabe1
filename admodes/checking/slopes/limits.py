"""The limit of difference quotients at step 0, and what steps below those that it rests on leave to it as error."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...finite.extrapolation import Limits, Table, best_limits, doubts
from ...finite.quotients import Quotient
from ...finite.samples import Samples

Array = np.ndarray[Any, Any]
#: Lines, shape (k,), and entries of f: all (a slice), or one for each line, shape (k, 1).
Pairs = tuple[Array, Array | slice]

#: Without these parts of the largest steps, at least so many being left, the bound has to be smaller by this factor.
PARTS, FEWEST_STEPS, CLEARLY = (1 / 3, 2 / 3), 5, 0.1
#: Rounding inside f may exceed what is known of it by this factor where its noise was measured.
MEASURED = 3.0
#: Smaller steps contradict a limit beyond this multiple of their rounding and noise.
FIT = 10.0


def limits(samples: Samples, pairs: Pairs, noise: Array, quotient: Quotient) -> Limits:
    """The surest limit of each entry, with what its smallest step leaves to it as error."""
    steps = np.sort(samples.steps()[:, pairs[0]], axis=0)[::-1]  # NaN first
    counts = np.sum(~np.isnan(steps), axis=0)
    found, _ = limits_below(samples, pairs, noise, quotient, np.inf)
    for part in PARTS:
        # Over large steps f may be another function, which is no noise: the smaller ones are asked by themselves.
        cut = len(steps) - counts + (part * counts).astype(int)
        largest = steps[np.minimum(cut, len(steps) - 1), np.arange(len(pairs[0]))]
        largest = np.where(counts - (part * counts).astype(int) >= FEWEST_STEPS, largest, np.nan)
        smaller, _ = limits_below(samples, pairs, noise, quotient, largest)
        better = smaller.error < CLEARLY * found.error
        for old, new in zip(found.arrays(), smaller.arrays(), strict=True):
            np.copyto(old, new, where=better)
    return found


def limits_below(
    samples: Samples, pairs: Pairs, noise: Array, quotient: Quotient, largest: Array | float
) -> tuple[Limits, Array]:
    """The surest limit of the steps up to `largest`, and where the smallest one contradicts it."""
    table = _table(samples, pairs, noise, quotient, largest)
    limits = best_limits(table)
    least, contradicted = doubts(table, limits)
    misfit = _misfit(table, limits)
    limits.error = np.where(np.isfinite(limits.value), np.maximum(np.maximum(limits.error, least), misfit), np.inf)
    contradicted |= misfit > 0
    with np.errstate(all="ignore"):
        limits.rounding = limits.error - limits.truncation
    return limits, contradicted


def _misfit(table: Table, limits: Limits) -> Array:
    """How far quotients of smaller steps lie from a limit, where neither curvature nor rounding explains it.

    Over large steps an f with kinks may pass for a smooth one of another slope.
    """
    steps, quotient = table.steps[:, :, None], table.quotient
    with np.errstate(all="ignore"):
        deviation = np.abs(table.quotients - limits.value)
        its_own = np.abs(steps - limits.smallest) <= 1e-3 * limits.smallest
        edge = np.max(np.where(its_own & np.isfinite(deviation), deviation, 0.0), axis=0, initial=0.0)
        random = table.rounding + table.least_noise / steps**quotient.derivative + table.scatter
        allowed = limits.error + 2 * edge * (steps / limits.smallest) ** quotient.power + FIT * random
        misfits = (steps < 0.999 * limits.smallest) & (deviation > allowed)
        return np.asarray(np.max(np.where(misfits, deviation, 0.0), axis=0, initial=0.0))


def _table(samples: Samples, pairs: Pairs, noise: Array, quotient: Quotient, largest: Array | float = np.inf) -> Table:
    """The quotients, of which noise that was measured beforehand is one more rounding: small steps do not speak against it."""
    table = samples.table(*pairs, quotient, largest)
    with np.errstate(all="ignore"):
        table.rounding = table.rounding + 2 * noise[pairs[1]] / table.steps[:, :, None] ** quotient.derivative
    table.unmodelled = MEASURED
    return table
