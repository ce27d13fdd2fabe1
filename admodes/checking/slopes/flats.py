"""Where f does not change around x: on a flat part, or on one of the stairs that rounding to few digits makes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...finite.quotients import Sample
from ...finite.samples import Samples
from .noise import POINTS, noise_of_values
from .secants import by_steps

Array = np.ndarray[Any, Any]

#: A change of f by fewer spacings of its floating-point numbers than this is none.
UNCHANGED = 8.0
#: Points beyond the end of a flat part, in units of its half width.
BEYOND = 1 + 0.3 * np.arange(POINTS)
#: The end is known to within this factor.
CLOSE = 1.001
#: Stairs scatter by more than this part of what f changes by over these points.
SCATTER = 1e-3
#: At the end of a stair f jumps by about what its slope makes of the half width: to within this factor.
ABOUT = 10.0


def stillness(samples: Samples, lines: Array) -> tuple[Array, Array]:
    """The largest step up to which f did not change at all, 0 where there is none; and where it never changed."""
    shape = (len(lines), samples.point.value.size)
    reach, never = np.zeros(shape), np.ones(shape, bool)
    end = _end(samples, lines)
    for step, change in by_steps(samples, lines):
        reach = np.where((step < 0.999 * end) & (change == 0), step, reach)
        never &= ~np.isfinite(step) | (change == 0) | np.isnan(change)
    return reach, never


def _end(samples: Samples, lines: Array) -> Array:
    """The smallest step at which f changed, on either side; infinite where it never did."""
    end = np.full((len(lines), samples.point.value.size), np.inf)
    for step, change in by_steps(samples, lines):
        end = np.where((change != 0) & ~np.isnan(change), np.fmin(end, step), end)
    return end


def stairs_beyond(samples: Samples, line: int, entry: int, reach: float) -> bool:
    """Whether f goes on in stairs on either side of the part within `reach` of x.

    A flat part, as that of a clipped function, ends on each side in a smooth piece, with a kink or with any jump, or not at all.
    """
    point, direction = samples.point, samples.directions[line]
    for sign in (1, -1):
        changed = [
            float(step)
            for turn in range(samples.rounds)
            for step, value in [_side(samples.sample(turn, line), sign, entry)]
            if np.isfinite(value) and value != point.value[entry]
        ]
        if not changed:
            continue
        inside, end = reach, min(changed)
        while end > CLOSE * inside:
            middle = float(np.sqrt(inside * end))
            still = point.beside(direction, sign * middle)[0][entry] == point.value[entry]
            inside, end = (middle, end) if still else (inside, middle)
        values = np.array([point.beside(direction, sign * end * place)[0][entry] for place in BEYOND])
        with np.errstate(all="ignore"):
            change, rise = np.abs(values[0] - point.value[entry]), np.ptp(values) / np.ptp(BEYOND)
            if not noise_of_values(values) <= SCATTER * np.ptp(values) or rise / ABOUT < change < rise * ABOUT:
                return True
    return False


def _side(sample: Sample, sign: int, entry: int) -> tuple[float, float]:
    """The step on one side, and f there."""
    step, values = (sample.up, sample.above) if sign > 0 else (sample.down, sample.below)
    return float(step), float(values[entry])
