"""Where f does not change around x: on a flat part, or on one of the stairs that rounding to few digits makes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...finite.samples import Samples
from .noise import POINTS, noise_of_values
from .secants import by_steps

Array = np.ndarray[Any, Any]

#: A change of f by fewer spacings of its floating-point numbers than this is none.
UNCHANGED = 8.0
#: Points beyond the flat part, in units of its half width: the next step that was taken is FIRST times as large, or less.
FIRST, APART = 4.0, 1.3
#: Stairs scatter by more than this part of what f changes by over these points.
SCATTER = 1e-3


def stillness(samples: Samples, lines: Array) -> tuple[Array, Array]:
    """The largest step up to which f did not change at all, 0 where there is none; and where it never changed."""
    shape = (len(lines), samples.point.value.size)
    reach, still = np.zeros(shape), np.ones(shape, bool)
    for step, change in by_steps(samples, lines):
        still &= ~np.isfinite(step) | (change == 0) | np.isnan(change)
        reach = np.where(still & np.isfinite(step), step, reach)
    return reach, still


def stairs_beyond(samples: Samples, line: int, reach: float) -> Array:
    """Whether f goes on in stairs on either side of the part within `reach` of x, shape (m,).

    A flat part, as that of a clipped function, ends on each side in a smooth piece or not at all.
    """
    point, direction = samples.point, samples.directions[line]
    stairs = np.zeros(point.value.size, bool)
    for sign in (1, -1):
        places = reach * (FIRST + APART * np.arange(POINTS))
        values = np.array([point.beside(direction, sign * place)[0] for place in places])
        with np.errstate(all="ignore"):
            changes = np.ptp(values, axis=0)
            stairs |= ~(noise_of_values(values) <= SCATTER * changes) & (changes != 0)
    return stairs
