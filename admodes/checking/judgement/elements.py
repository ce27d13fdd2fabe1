"""Slopes of f along the elements of x, and on the scales on which a claim says that f turns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...finite.lines import Direction, Point, unit_direction
from ...finite.samples import Samples
from ..asking.probes import Noise, measure_noise
from ..asking.subject import Reading, Subject
from ..slopes.flats import UNCHANGED
from ..slopes.ladders import DETECT
from ..slopes.slopes import Slopes, measure_slopes

Array = np.ndarray[Any, Any]

#: A claim that f changes as much as it does at its smallest step within less than this multiple of it asks for smaller ones.
FINER = 8.0


def first_slopes(
    point: Point,
    noise: Noise,
    elements: Array,
    shift: float = 1.0,
    scales: Array | None = None,
    *,
    within: bool = False,
) -> Slopes:
    """Along some input elements."""
    directions = [unit_direction(int(element)) for element in elements]
    scales = point.scale if scales is None else scales
    return measure_slopes(point, directions, scales[elements], noise.value, shift=shift, within=within)


def at_claimed_scales(
    subject: Subject, point: Point, reading: Reading, noise: Noise, slopes: Slopes, rng: np.random.Generator
) -> tuple[Array, Noise]:
    """Measure again, in place, where a claim says that f changes within less than the smallest step: by steps as small as that.

    Returns the scales that the steps of each line begin with, and the noise there. At x = 0 nothing else tells how fast f turns.
    """
    assert reading.matrix is not None  # noqa: S101 - callers judge what could be read
    claimed, scales, first = reading.matrix.T, point.scale.copy(), 0
    for part in slopes.samples:
        lines = slice(first, first + len(part.directions))
        first = lines.stop
        smallest, change = _smallest_step(part)
        with np.errstate(all="ignore"):
            slope = np.maximum(np.abs(slopes.left[lines]), np.abs(slopes.right[lines]))
            seen = change > UNCHANGED * point.relative_value * np.abs(point.value)
            open_ = ~(slopes.bound[lines] <= DETECT * slope) & seen & np.isfinite(claimed[lines])
            wanted = np.min(change / np.abs(claimed[lines]), axis=1, initial=np.inf, where=open_)
        scales[lines] = np.where(wanted < FINER * smallest, wanted, scales[lines])
    rows = np.flatnonzero(scales < point.scale)
    if rows.size:
        beside_zero = np.where(point.x == 0, scales, point.scale)  # elsewhere there are no numbers so close
        if np.any(beside_zero < point.scale):
            noise = measure_noise(subject, point, reading, rng, scale=beside_zero, loops=False)
        again = first_slopes(point, noise, rows, scales=scales)
        for name in Slopes.arrays():
            getattr(slopes, name)[rows] = getattr(again, name)
    return scales, noise


def _smallest_step(samples: Samples) -> tuple[Array, Array]:
    """The smallest step of each line, shape (lines,), and what the calmer side of f changes by there, shape (lines, m)."""
    steps = samples.steps()
    lines = np.arange(steps.shape[1])
    smallest = np.fmin.reduce(steps, axis=0)
    change = np.zeros((len(lines), samples.point.value.size))
    for turn in range(samples.rounds):
        base, above, below, _, _ = samples.sample(turn, lines)
        found = np.fmin(np.abs(above - base), np.abs(below - base))
        change = np.where((steps[turn] == smallest)[:, None], found, change)
    return smallest, change


def second_slopes(point: Point, noise: Noise, shift: float = 1.0) -> tuple[Slopes, Array]:
    """All second derivatives as n * n lines of one entry: along each element, and along the sums of two."""
    size = point.x.size
    rows, columns = np.triu_indices(size, 1)
    scale = point.scale
    pairs: list[Direction] = [
        (np.array([row, column]), scale[[row, column]]) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    pure = measure_slopes(point, [unit_direction(k) for k in range(size)], scale, noise.value, 2, shift=shift)
    sums = measure_slopes(point, pairs, np.ones(len(pairs)), noise.value, 2, shift=shift)
    squares = (scale**2)[:, None]
    product = (scale[rows] * scale[columns])[:, None]
    arrays: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        for name in ("value", "bound", "noise", "size", "far", "step", "still", "flat"):
            own, both = getattr(pure, name), getattr(sums, name)
            matrix = np.zeros((size, size), own.dtype)
            if name == "value":
                mixed = (both - own[rows] * squares[rows] - own[columns] * squares[columns]) / 2 / product
            elif name in ("bound", "noise"):
                mixed = (both + own[rows] * squares[rows] + own[columns] * squares[columns]) / 2 / product
            elif name in ("size", "far"):
                mixed = np.sqrt(own[rows]) * np.sqrt(own[columns])
            else:
                mixed = both
            matrix[np.diag_indices(size)] = own[:, 0]
            matrix[rows, columns] = matrix[columns, rows] = mixed[:, 0]
            arrays[name] = matrix.reshape(-1, 1)
    none = np.zeros((size * size, 1), bool)
    sides = {"left": arrays["value"], "right": arrays["value"], "kink": none, "sided": none.copy()}
    slopes = Slopes(**arrays, **sides, samples=[*pure.samples, *sums.samples])
    return slopes, np.outer(scale, scale).ravel()
