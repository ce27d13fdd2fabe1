"""What f changes over distances, seen from x: how large its slopes are, and whether both sides have the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..finite.quotients import Sample
from ..finite.samples import Samples

Array = np.ndarray[Any, Any]


def secants(samples: Samples, lines: Array, scales: Array, smallest: Array) -> tuple[Array, Array]:
    """The largest one-sided secant slope from the step of the slope up to the scale of x, and where f never changed."""
    derivative, shape = samples.quotient.derivative, (len(lines), samples.point.value.size)
    size, flat = np.zeros(shape), np.ones(shape, bool)
    for turn in range(samples.rounds):
        for change, step in _changes(samples.sample(turn, lines), derivative):
            known, step = np.isfinite(step)[:, None], step[:, None]
            flat &= ~known | (change == 0) | np.isnan(change)
            inside = ~((step < 0.999 * smallest) & np.isfinite(smallest)) & (step <= 1.001 * scales[lines, None])
            size = np.fmax(size, np.where(known & inside, change / step**derivative, 0))
    return size, flat


def _changes(sample: Sample, derivative: int) -> list[tuple[Array, Array]]:
    """What f changes on either side, with the steps; for second derivatives by how much the sides differ from a line."""
    base, above, below, up, down = sample
    if derivative == 2:
        return [(np.abs((above - base) + (below - base)), up)]
    return [(np.abs(above - base), up), (np.abs(below - base), down)]


def jumps(samples: Samples, lines: Array) -> Array:
    """By how much the slopes of both sides differ, from their secants at the two smallest steps; infinite without these.

    Of a smooth f the secants differ in proportion to the step, but for its third power: extrapolated to 0 nothing is left.
    """
    found = np.full((2, len(lines), samples.point.value.size), np.nan)
    least = np.full((2, len(lines), 1), np.inf)
    for turn in range(samples.rounds):
        base, above, below, up, down = samples.sample(turn, lines)
        bend = (above - base) / up[:, None] + (below - base) / down[:, None]
        step = np.fmax(up, down)[:, None]
        for rank in range(2):  # this step takes the place of a larger one, which goes on to the next place
            smaller = step < least[rank]
            least[rank], step = np.where(smaller, step, least[rank]), np.where(smaller, least[rank], step)
            found[rank], bend = np.where(smaller, bend, found[rank]), np.where(smaller, found[rank], bend)
    jump = np.abs(found[0] - (found[1] - found[0]) * (least[0] / (least[1] - least[0])))
    return np.where(np.isnan(jump), np.inf, jump)
