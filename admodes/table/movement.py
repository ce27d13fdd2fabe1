"""NumPy's functions that move or copy elements, as composites of the linear primitives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..rules import implements
from .arguments import Traced, array, missing_option, refuse_options, whole_numbers
from .structural import flip, gather, move, negative_axes, reshape, roll, scatter, total


@implements(np.tile)
def tile(A: Any, reps: Any) -> Any:
    return move(array(A), lambda numbers: np.tile(numbers, reps))


@implements(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    repeats = whole_numbers(repeats)
    return move(array(a), lambda numbers: np.repeat(numbers, repeats, axis))


@implements(np.roll)
def roll_(a: Any, shift: Any, axis: Any = None) -> Any:
    a = array(a)
    if axis is None:
        return np.roll(a, shift, 0) if a.ndim == 1 else np.reshape(np.roll(np.ravel(a), shift, 0), a.shape)
    axes = [normalize_axis_index(int(number), a.ndim) for number in np.atleast_1d(axis)]
    shifts = np.broadcast_to(whole_numbers(shift), len(axes)).tolist()
    return roll(a, shift=tuple(shifts), axes=tuple(number - a.ndim for number in axes))


@implements(np.flip)
def flip_(m: Any, axis: Any = None) -> Any:
    m = array(m)
    return flip(m, axes=negative_axes(axis, m.ndim))


@implements(np.fliplr)
def fliplr(m: Any) -> Any:
    return np.flip(m, 1)


@implements(np.flipud)
def flipud(m: Any) -> Any:
    return np.flip(m, 0)


@implements(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    v = array(v)
    if v.ndim != 1:
        return np.diagonal(v, k)
    numbers = np.arange(v.size)
    size = v.size + abs(k)
    return scatter(v, key=(numbers - min(k, 0), numbers + max(k, 0)), shape=(size, size), lead=0)


def _diagonal_of_matrices(base: Any, offset: int, axis1: int, axis2: int) -> Any:
    """The diagonal as a slice: every (columns + 1)-th element of the matrix in a row."""
    first, second = (normalize_axis_index(axis, base.ndim) for axis in (axis1, axis2))
    if first == second:
        raise ValueError("np.diagonal needs two different axes.")
    stacked = base if (first, second) == (base.ndim - 2, base.ndim - 1) else np.moveaxis(base, (first, second), (-2, -1))
    rows, columns = stacked.shape[-2:]
    start = offset if offset >= 0 else -offset * columns
    length = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    stop = start + (length - 1) * (columns + 1) + 1 if length else start
    in_a_row = reshape(stacked, shape=(*stacked.shape[:-2], rows * columns))
    return gather(in_a_row, key=(Ellipsis, slice(start, stop, columns + 1)))


@implements(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    def take_diagonal(base: Any) -> Any:
        if not isinstance(base, Traced):
            return np.diagonal(base, offset, axis1, axis2)  # with NumPy's strides
        return _diagonal_of_matrices(base, offset, axis1, axis2)

    base = array(a)
    taken: Any = take_diagonal(base)
    return taken.follow(base, take_diagonal, writable=False) if hasattr(taken, "follow") else taken


@implements(np.linalg.diagonal)
def matrix_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@implements(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: None = None) -> Any:
    refuse_options(np.trace, out=out)
    a = array(a)
    if dtype is not None or not isinstance(a, Traced):
        return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)
    return total(_diagonal_of_matrices(a, offset, axis1, axis2), axes=(-1,), keepdims=False)


@implements(np.linalg.trace)
def matrix_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return np.trace(x, offset, -2, -1, dtype)


@implements(np.take)
def take(a: Any, indices: Any, axis: Any = None, out: None = None, mode: str = "raise") -> Any:
    refuse_options(np.take, out=out)
    a, indices = array(a), whole_numbers(indices)
    if axis is None or not a.ndim:
        normalize_axis_index(axis or 0, 1)
        a, axis = np.ravel(a), 0
    axis = normalize_axis_index(axis, a.ndim)
    places = np.asarray(indices)
    if mode != "raise" or places.dtype.kind not in "iu":
        places = np.asarray(np.take(np.arange(a.shape[axis]), indices, mode=mode))  # type: ignore[call-overload]
    return gather(a, key=(slice(None),) * axis + (places,))


@implements(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    indices = whole_numbers(indices)
    return move(array(arr), lambda numbers: np.take_along_axis(numbers, indices, axis))


@implements(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = array(a)
    axis = normalize_axis_index(axis, a.ndim)
    if n < 0:
        raise ValueError(f"np.diff needs an order n of 0 or more, but got n={n}.")
    front = (slice(None),) * axis
    ends = [None if end is None else array(end) for end in (prepend, append)]
    shape = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
    pieces = [np.broadcast_to(end, shape) if end is not None and end.ndim == 0 else end for end in ends]
    if any(piece is not None for piece in pieces):
        a = np.concatenate([piece for piece in (pieces[0], a, pieces[1]) if piece is not None], axis=axis)
    for _ in range(n):
        a = a[(*front, slice(1, None))] - a[(*front, slice(None, -1))]
    return a


@implements(np.pad)
def pad(array_: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    a = array(array_)
    if options.get("reflect_type", "even") != "even":
        missing_option(np.pad, f"reflect_type={options['reflect_type']!r}")
    if mode in ("edge", "reflect", "symmetric", "wrap"):
        return move(a, lambda numbers: np.pad(numbers, pad_width, mode, **options))
    if mode != "constant":
        missing_option(np.pad, f"mode={mode!r}")
    frame = np.pad(np.zeros(a.shape, a.dtype), pad_width, mode, **options)
    inside = np.pad(np.ones(a.shape, dtype=bool), pad_width)
    corner = np.argwhere(inside).min(axis=0) if inside.any() else np.zeros(a.ndim, dtype=int)
    key = tuple(slice(int(start), int(start) + size) for start, size in zip(corner, a.shape, strict=True))
    padded = scatter(a, key=key, shape=frame.shape, lead=0)
    return padded + frame if frame.any() else padded
