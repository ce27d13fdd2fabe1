"""f that answers at random is asked again and again, until the means tell whether a claim is right or the budget is spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ...finite.lines import Point
from ..asking.probes import Noise
from ..asking.subject import SEEDED, CallsSpent, Reading, Subject
from ..slopes.ladders import DETECT, RANDOM_STEPS
from ..slopes.repeated import mean_and_error
from .points import PointCheck
from .verdicts import Finding

Array = np.ndarray[Any, Any]

#: Calls of f that averaging may take, for x and for the point nearby together; fewer where they would take longer than this.
MOST_CALLS, MOST_SECONDS = 20_000, 60.0
#: Fewer values than this do not tell how far their mean is off.
FEWEST_REPEATS = 16
#: Where fewer repeats than this could be paid for each element, random directions take their place.
WORTHWHILE = 64
#: So many values at x before and after tell whether f drifts from call to call.
DRIFT_REPEATS = 64
#: Repeats are multiplied by at least and at most this until the bound is tight, with so much to spare.
LEAST_GROWTH, MOST_GROWTH, SPARE = 1.25, 32.0, 1.5


def mean_claim(subject: Subject, point: Point, reading: Reading, noise: Noise, repeats: int) -> tuple[Reading, Noise]:
    """The mean of a claim that answers at random as well, and what is left of f's and its own noise."""
    noise = replace(noise, value=np.where(noise.random, 0.0, noise.value), undone=np.where(noise.random, 0.0, noise.undone))
    if subject.kind in SEEDED or reading.matrix is None or not noise.claim.any():
        return reading, noise
    found = [subject.read(subject.at(point.x)).matrix for _ in range(repeats)]
    known = [matrix for matrix in found if matrix is not None and matrix.shape == reading.matrix.shape]
    if len(known) < repeats or all(np.array_equal(matrix, known[0]) for matrix in known):
        return reading, noise
    mean, error = mean_and_error(known)
    return replace(reading, matrix=mean), replace(noise, claim=2 * error.T)


def average(
    first: PointCheck, check: Callable[[int], PointCheck], most_calls: float, rtol: float | None
) -> tuple[PointCheck, list[Finding]]:
    """Repeat a check that is not right by single values with more values a mean, until it is settled or `most_calls` are spent.

    Parameters
    ----------
    first : PointCheck
        With single values.
    check : callable
        The same with so many repeats.
    most_calls : float
        Of f.
    rtol : float, optional

    Returns
    -------
    PointCheck
        The last one.
    list of Finding
    """
    found, repeats, spent, text = first, FEWEST_REPEATS, 0, ""
    each = max(min(first.evaluations, first.lines * 2 * RANDOM_STEPS), 1)
    while found.verdict == "inconclusive" or found.repeats == 1:
        repeats = int(min(repeats, (most_calls - spent) // each))
        if repeats < max(FEWEST_REPEATS, LEAST_GROWTH * found.repeats if found.repeats > 1 else 0):
            break
        try:
            found = check(repeats)
        except CallsSpent:
            break
        each, spent = max(found.evaluations, 1), spent + found.evaluations * repeats
        text = f"as f answers at random, each value is the mean of {repeats} calls"
        repeats = int(repeats * np.clip(SPARE * (_looseness(found) / (rtol or DETECT)) ** 2, LEAST_GROWTH, MOST_GROWTH))
    return found, [Finding("right", "averaged", text)] if text else []


def too_many(lines: int, most_calls: float) -> bool:
    """Whether so many slopes leave each too few repeats."""
    return lines * 2 * RANDOM_STEPS * WORTHWHILE > most_calls


def _looseness(found: PointCheck) -> float:
    """The largest bound of what is open, relative to the slope."""
    judged = found.judgement
    assert judged is not None  # noqa: S101 - it was checked
    with np.errstate(all="ignore"):
        relative = np.where(judged.verdict == 0, judged.bound / judged.size, 0.0)
    return float(np.max(relative[np.isfinite(relative)], initial=0.0))
