"""What f changes over distances, seen from x: how large its slopes are, and whether both sides have the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...finite.quotients import Sample
from ...finite.samples import Samples

Array = np.ndarray[Any, Any]


#: Secants may grow by this multiple of what a curved f makes of a larger step; a faster one is another function there.
GROWTH = 2.0
#: Changes below this multiple of f's rounding and noise are none that others could be compared with.
HIDDEN = 8.0
#: Changes above this multiple of it are beyond doubt.
CLEAR = 1e3


def secants(samples: Samples, lines: Array, scales: Array, smallest: Array, noise: Array) -> tuple[Array, Array]:
    """How large f's slopes are beside x: what a slope of 0, and the rounding of x, are compared with.

    Going from the step of the slope to larger ones, up to the scale of x, the largest one-sided secant as long as secants
    grow no faster than those of a parabola: ``exp`` a long way from x says nothing about x.

    Parameters
    ----------
    samples : Samples
    lines : ndarray of int
    scales : ndarray
    smallest : ndarray, shape (lines, m)
        The step of the slope.
    noise : ndarray, shape (m,)
        Of f.

    Returns
    -------
    size, far : ndarray, shape (lines, m)
        This secant, and the largest one however fast they grow.
    """
    derivative, shape = samples.quotient.derivative, (len(lines), samples.point.value.size)
    rounding = samples.point.relative_value * np.abs(samples.point.value)
    (size, far, all_steps), before, going = np.zeros((3, *shape)), np.full(shape, np.nan), np.ones(shape, bool)
    for step, change in by_steps(samples, lines):
        within = np.isfinite(step) & np.isfinite(change) & (step <= 1.001 * scales[lines, None])
        known = within & ~((step < 0.999 * smallest) & np.isfinite(smallest))
        found = change / step**derivative
        all_steps = np.where(within & (change > CLEAR * rounding), np.fmax(all_steps, found), all_steps)
        reference = np.fmax(size, HIDDEN * (rounding + noise) / before**derivative)
        going &= ~known | np.isnan(before) | (found <= GROWTH * (step / before) ** derivative * reference)
        far = np.where(known, np.fmax(far, found), far)
        size = np.where(known & going, np.fmax(size, found), size)
        before = np.where(known, step, before)
    # No step may lie between that of the slope and the scale of x: that says nothing of f.
    return size, np.where(np.isnan(before), all_steps, far)


def by_steps(samples: Samples, lines: Array) -> Iterator[tuple[Array, Array]]:
    """Steps, shape (lines, 1), from the smallest on, and what f changes by, shape (lines, m); NaN steps come last."""
    found = [
        sided for turn in range(samples.rounds) for sided in _changes(samples.sample(turn, lines), samples.quotient.derivative)
    ]
    changes, steps = (np.array(part) for part in zip(*found, strict=True))
    rows = np.arange(len(lines))
    for places in np.argsort(steps, axis=0):
        yield steps[places, rows][:, None], changes[places, rows]


def size_of(slope: Array, bound: Array, secant: Array, tight: float) -> Array:
    """What errors are compared with: the slope itself, and only where it may be 0 the secants of f."""
    return np.where(bound <= tight * slope, slope, np.fmax(slope, secant))


def _changes(sample: Sample, derivative: int) -> list[tuple[Array, Array]]:
    """What f changes on either side, with the steps; for second derivatives by how much the sides differ from a line."""
    base, above, below, up, down = sample
    if derivative == 2:
        return [(np.abs((above - base) + (below - base)), up)]
    return [(np.abs(above - base), up), (np.abs(below - base), down)]


def jumps(samples: Samples, lines: Array, smallest: Array, entries: Array | slice = slice(None)) -> Array:
    """By how much the slopes of both sides differ, from their secants at two steps; infinite without these.

    Of a smooth f the secants differ in proportion to the step, but for its third power: extrapolated to 0 nothing is left.

    Parameters
    ----------
    samples : Samples
    lines, entries : ndarray, ndarray or slice
        As in `Samples.sample`.
    smallest : ndarray
        The smaller one of both steps; the other is the next.
    """
    found, least = np.full((2, *smallest.shape), np.nan), np.full((2, *smallest.shape), np.inf)
    for turn in range(samples.rounds):
        base, above, below, up, down = samples.sample(turn, lines, entries)
        up, down = up.reshape(-1, 1), down.reshape(-1, 1)
        bend = (above - base) / up + (below - base) / down
        step = np.fmax(up, down)
        step = np.where(step < 0.999 * smallest, np.inf, step)
        for rank in range(2):  # this step takes the place of a larger one, which goes on to the next place
            smaller = step < least[rank]
            least[rank], step = np.where(smaller, step, least[rank]), np.where(smaller, least[rank], step)
            found[rank], bend = np.where(smaller, bend, found[rank]), np.where(smaller, found[rank], bend)
    jump = np.abs(found[0] - (found[1] - found[0]) * (least[0] / (least[1] - least[0])))
    return np.where(np.isnan(jump), np.inf, jump)


def one_sided(samples: Samples, lines: Array) -> Array:
    """On which lines some entry of f was defined at most on one side of x, at every step."""
    inside = np.zeros((len(lines), samples.point.value.size), bool)
    for turn in range(samples.rounds):
        _, above, below, _, _ = samples.sample(turn, lines)
        inside |= np.isfinite(above) & np.isfinite(below)
    return np.asarray(~inside.all(axis=1))
