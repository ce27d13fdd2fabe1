"""Loops that stop early: f jumps between pieces, and on each piece it has a slope of its own.

Steps within one piece see smooth f, so that nothing but a jump itself tells that the slope of what the loop approaches is another
one. On equally spaced points across several pieces the differences of order 7 of smooth f vanish; where they do not, halving
between polynomials through the points of both sides leads to the place, and only if f still jumps there between two neighbours
is it a piece that ends: a smooth f, however rough, has no such place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from math import comb
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

#: Spacings of the points, relative to x: pieces shorter than the first have left their jumps in the noise.
SPACINGS = tuple(2.0**-power for power in range(13, 4, -1))
#: Points on either side of x.
REACH = 16
ORDER = 7
#: What a jump of 1 makes of the differences of order 7 that see it.
PATTERN = np.array([(-1) ** place * comb(ORDER - 1, place) for place in range(ORDER)], float)
#: The part of their squares that a single jump explains at least.
SINGLE = 0.9
#: Jumps of fewer spacings of the floating-point numbers of f than this are rounding.
CLEAR = 64.0
#: More than this part of what f changes by is no remainder of a loop, but f itself.
REMAINDER = 1e-4
#: Halvings of the distance of two points: then they are neighbours.
HALVINGS = 60
#: Places at which a jump is looked for, at the most.
MOST_PLACES = 3


class Pieces(NamedTuple):
    """What f's jumps amount to: their height, shape (m,), and the same per unit of the line over the length of a piece."""

    height: Array
    slope: Array


def find_pieces(value_at: Callable[[float], Array], rounding: Array, spaced: float, entries: Array) -> Pieces | None:
    """Jumps of some entries of f beside 0 on a line; None where there are none.

    Parameters
    ----------
    value_at : callable
        f at a distance along a line, in units of x: shape (m,), NaN where it is not defined.
    rounding : ndarray, shape (m,)
        Of f.
    spaced : float
        Relative, between the floating-point numbers of x.
    entries : ndarray of int
        Those that matter.
    """
    value_at = functools.cache(value_at)  # each spacing is twice the one before: points are shared
    tried = 0
    for spacing in (spacing for spacing in SPACINGS if spacing > CLEAR * spaced):
        places = spacing * np.arange(-REACH, REACH + 1)
        values = np.array([value_at(float(place)) for place in places])
        heights, single = _single_jumps(values)
        change = np.fmax.reduce(values) - np.fmin.reduce(values)
        # Neighbours among the numbers of x are as far apart as its rounding.
        least = CLEAR * np.maximum(rounding, spaced * change / (2 * REACH * spacing))
        heights = np.where((single >= SINGLE) & (heights > least) & (heights <= REMAINDER * change), heights, 0.0)
        for entry in entries[np.argsort(-single[:, entries].max(axis=0))]:
            if not heights[:, entry].any() or tried == MOST_PLACES:
                continue
            tried += 1
            block = int(np.argmax(np.where(heights[:, entry] > 0, single[:, entry], 0)))
            jumps = _jump(value_at, places[block : block + 2 * ORDER], values[block : block + 2 * ORDER, entry], entry)
            found = np.where(jumps > np.maximum(0.3 * heights[block], least / 2), heights.max(axis=0), 0.0)
            if found[entry]:
                return Pieces(found, found / (ORDER * spacing))
    return None


def _single_jumps(values: Array) -> tuple[Array, Array]:
    """The height of a jump behind each point but the outer ones, and the part of the differences that it explains."""
    blocks = np.lib.stride_tricks.sliding_window_view(np.diff(values, ORDER, axis=0), ORDER, axis=0)
    along, whole = blocks @ PATTERN, PATTERN @ PATTERN
    squares = np.sum(blocks**2, axis=-1)
    single = np.where(squares > 0, along**2 / (whole * np.where(squares > 0, squares, 1.0)), 0.0)
    return np.nan_to_num(np.abs(along) / whole), np.nan_to_num(single)


def _jump(value_at: Callable[[float], Array], places: Array, values: Array, entry: int) -> Array:
    """What remains of a jump between the middle points when they are as near as can be, shape (m,)."""
    low, high = float(places[ORDER - 1]), float(places[ORDER])
    at_low, at_high = value_at(low), value_at(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        found = value_at(middle)
        left, right = (
            abs(_through(places[side], values[side], middle) - found[entry]) for side in (slice(None, ORDER), slice(ORDER, None))
        )
        if left <= right:
            low, at_low = middle, found
        else:
            high, at_high = middle, found
    return np.asarray(np.nan_to_num(np.abs(at_high - at_low)))


def _through(places: Array, values: Array, place: float) -> float:
    """The polynomial through some values, elsewhere (Lagrange)."""
    apart = places[:, None] - places[None, :]
    np.fill_diagonal(apart, 1.0)
    factors = np.where(np.eye(len(places), dtype=bool), 1.0, (place - places)[None, :])
    return float(np.prod(factors / apart, axis=1) @ values)
