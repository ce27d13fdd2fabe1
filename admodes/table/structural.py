"""Linear maps that move, copy and add up elements, closed under transposition.

Axes are negative throughout, so that a leading axis of seeds never shifts them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..kinds import Primitive
from ..rules import linear
from ..shapes import align, reduced_shape, sum_to_shape

Shape = tuple[int, ...]


def negative_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """`axis` (None, an integer or a tuple) as sorted negative axes."""
    if axis is None:
        return tuple(range(-ndim, 0))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis - ndim if axis >= 0 else axis,)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    normal = normalize_axis_tuple(axes, ndim)
    return tuple(sorted(int(number) - ndim for number in normal))


def expand(array: Any, shape: Shape, lead: int) -> Any:
    """Broadcast (lead..., *short) to (lead..., *shape)."""
    if type(array) is np.ndarray and array.size == 1:
        return np.ndarray(array.shape[:lead] + shape, array.dtype, array, 0, (0,) * (lead + len(shape)))
    front = array.shape[:lead]
    short = array.shape[lead:]
    array = array.reshape(front + (1,) * (len(shape) - len(short)) + short)
    if type(array) is np.ndarray and array.flags.c_contiguous:
        # np.broadcast_to takes 5 us for this.
        strides = [0 if old == 1 else step for old, step in zip(array.shape, array.strides, strict=True)]
        return np.ndarray(front + shape, array.dtype, array, 0, tuple(strides))
    return np.broadcast_to(array, front + shape)


def _may_view(primitive: Primitive, is_view: Any) -> None:
    primitive.views = True
    primitive.is_view = is_view  # type: ignore[method-assign]


# ---- sums and their transpose, broadcasting


def _total(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.add.reduce(x, axis=axes, keepdims=keepdims)  # type: ignore[call-overload]


def _total_transpose(g: Any, shape: Shape, lead: int, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    g = np.asarray(g) if issubclass(type(g), np.generic) else g
    return expand(g.reshape(g.shape[:lead] + reduced_shape(shape, axes)), shape, lead)


def _spread(x: Any, *, shape: Shape) -> Any:
    return np.broadcast_to(x, shape)


total = linear(_total, lambda t, axes, keepdims: np.sum(t, axis=axes, keepdims=keepdims), _total_transpose)
spread = linear(_spread, lambda t, shape: expand(t, shape, 1), lambda g, old, lead, shape: sum_to_shape(g, old, lead))


# ---- the same elements in another arrangement


def _reshape(x: Any, *, shape: Shape) -> Any:
    return np.reshape(x, shape)


def _reshapes_in_place(layout: Any, shape: Shape) -> bool:
    return np.may_share_memory(layout, np.reshape(layout, shape))


def _transpose(x: Any, *, axes: tuple[int, ...]) -> Any:
    return np.transpose(x, axes)


def _seeded_transpose(t: Any, axes: tuple[int, ...]) -> Any:
    return np.transpose(t, (0, *(axis + 1 for axis in axes)))


def _transpose_back(g: Any, shape: Shape, lead: int, axes: tuple[int, ...]) -> Any:
    back = sorted(range(len(axes)), key=axes.__getitem__)
    return np.transpose(g, (*range(lead), *(axis + lead for axis in back)))


reshape = linear(
    _reshape,
    lambda t, shape: np.reshape(t, t.shape[:1] + shape),
    lambda g, old, lead, shape: np.reshape(g, np.shape(g)[:lead] + old),
)
transpose = linear(_transpose, _seeded_transpose, _transpose_back)
_may_view(reshape, lambda layout, parameters: _reshapes_in_place(layout(), parameters["shape"]))
_may_view(spread, lambda layout, parameters: True)
_may_view(transpose, lambda layout, parameters: True)


def _flip(x: Any, *, axes: tuple[int, ...]) -> Any:
    return np.flip(x, axes)


flip = linear(_flip, lambda t, axes: np.flip(t, axes), lambda g, old, lead, axes: np.flip(g, axes))
_may_view(flip, lambda layout, parameters: True)


def _roll(x: Any, *, shift: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    return np.roll(x, shift, axes)


roll = linear(
    _roll,
    lambda t, shift, axes: np.roll(t, shift, axes),
    lambda g, old, lead, shift, axes: np.roll(g, tuple(-step for step in shift), axes),
)


def _cumulate(x: Any, *, axis: int) -> Any:
    return np.cumsum(x, axis=axis)


cumulate = linear(
    _cumulate,
    lambda t, axis: np.cumsum(t, axis=axis),
    lambda g, old, lead, axis: np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis),
)


def _cast(x: Any, *, dtype: Any) -> Any:
    return x.astype(dtype)


cast = linear(_cast, lambda t, dtype: t.astype(dtype), lambda g, old, lead, dtype: g)


# ---- indexing: reading, its transpose, and writing


def seeded_key(key: Any, lead: int) -> Any:
    """`key` for an array with `lead` further axes in front."""
    return (slice(None),) * lead + (key if isinstance(key, tuple) else (key,))


def positions(key: Any, shape: Shape) -> Any:
    """Flat positions of the elements that `key` selects, in the shape of the selection."""
    return np.arange(math.prod(shape)).reshape(shape)[key]


def is_basic(key: Any) -> bool:
    """Whether `key` is made of integers, slices, None and Ellipsis only: no element is selected twice."""
    if type(key) in (int, slice):
        return not isinstance(key, slice) or _is_plain_slice(key)
    if not isinstance(key, tuple):
        return _is_basic_part(key)
    return all(map(_is_basic_part, key))


def _is_basic_part(part: Any) -> bool:
    if isinstance(part, slice):
        return _is_plain_slice(part)
    return part is None or part is Ellipsis or (issubclass(type(part), (int, np.integer)) and type(part) is not bool)


def _is_plain_slice(part: slice) -> bool:
    return _is_plain_end(part.start) and _is_plain_end(part.stop) and _is_plain_end(part.step)


def _is_plain_end(end: Any) -> bool:
    return end is None or type(end) is int or issubclass(type(end), np.integer)


def is_small_piece(piece: Shape, shape: Shape) -> bool:
    """Whether a piece is copied: a small one must not pin, or be pinned by, the large array that it is a view of."""
    return 4 * math.prod(piece) < math.prod(shape)


def _gather(x: Any, *, key: Any) -> Any:
    out = x[key]
    return out.copy("K") if out.base is x and is_small_piece(out.shape, x.shape) else out


def _gather_seeded(t: Any, key: Any) -> Any:
    if is_basic(key):
        return t[seeded_key(key, 1)]
    flat = positions(key, t.shape[1:])
    return t.reshape(t.shape[0], math.prod(t.shape[1:]))[:, flat]


def _gather_transpose(g: Any, shape: Shape, lead: int, key: Any) -> Any:
    return scatter(g, key=key, shape=shape, lead=lead)


def _scatter(g: Any, *, key: Any, shape: Shape, lead: int) -> Any:
    front = np.shape(g)[:lead]
    out = np.zeros(front + shape, dtype=g.dtype)
    if is_basic(key):
        out[seeded_key(key, lead)] = g
        return out
    if not lead:
        np.add.at(out, key, g)
        return out
    flat = positions(key, shape)
    rows = out.reshape(*front, math.prod(shape))
    np.add.at(rows, (*(slice(None),) * lead, flat), g)
    return out


gather = linear(_gather, _gather_seeded, _gather_transpose)
_may_view(gather, lambda layout, parameters: is_basic(parameters["key"]))
scatter = linear(
    _scatter,
    lambda t, key, shape, lead: _seeded_scatter(t, key, shape, lead),
    lambda g, old, outer, key, shape, lead: _scatter_back(g, key, outer + lead, shape),
)


def _seeded_scatter(t: Any, key: Any, shape: Shape, lead: int) -> Any:
    if not lead:
        return scatter(t, key=key, shape=shape, lead=1)
    joined = t.reshape(t.shape[0] * t.shape[1], *t.shape[2:])
    return scatter(joined, key=key, shape=shape, lead=1).reshape(*t.shape[:2], *shape)


def _scatter_back(g: Any, key: Any, lead: int, shape: Shape) -> Any:
    if is_basic(key):
        return g[seeded_key(key, lead)]
    return g.reshape(*g.shape[:lead], math.prod(shape))[(*(slice(None),) * lead, positions(key, shape))]


# ---- several operands


def _join(*arrays: Any, axis: int) -> Any:
    return np.concatenate(arrays, axis=axis)


def full_tangents(tangents: Sequence[Any], shapes: Sequence[Shape]) -> list[Any]:
    """The tangents, with zeros for those that are None."""
    seeds = next(tangent.shape[0] for tangent in tangents if tangent is not None)
    return [np.zeros((seeds, *shape)) if tangent is None else tangent for tangent, shape in zip(tangents, shapes, strict=True)]


class Join(Primitive):
    """Concatenation along a negative axis; its transpose cuts the cotangent into pieces."""

    structural = True
    analytic = True

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        return False, (False,) * len(active)

    def jvp(self, application: Any, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return np.concatenate(full_tangents(tangents, application.shapes), axis=application.parameters["axis"])

    def vjp(self, application: Any, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        axis = application.parameters["axis"]
        start = sum(shape[axis] for shape in application.shapes[:position])
        piece = slice(start, start + application.shapes[position][axis])
        return g[(..., piece, *(slice(None),) * (-axis - 1))]


join = Join("join", _join)


def _pile(*arrays: Any, axis: int) -> Any:
    return np.stack(arrays, axis=axis)


class Pile(Primitive):
    """np.stack along a negative axis of the result; its transpose takes the operand's layer."""

    structural = True
    analytic = True

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        return False, (False,) * len(active)

    def jvp(self, application: Any, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return np.stack(full_tangents(tangents, application.shapes), axis=application.parameters["axis"])

    def vjp(self, application: Any, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        return g[(..., position, *(slice(None),) * (-application.parameters["axis"] - 1))]


pile = Pile("stack", _pile)


def _select(condition: Any, x: Any, y: Any) -> Any:
    return np.where(condition, x, y)


class Select(Primitive):
    """np.where: each branch gets the cotangent where it is chosen, and a structural zero elsewhere."""

    structural = True
    analytic = True

    def differentiable(self, position: int) -> bool:
        return position > 0

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        return False, (True, False, False)

    def jvp(self, application: Any, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        ndim = len(application.shape)
        parts = [
            0.0 if tangent is None else align(tangent, shape, ndim)
            for tangent, shape in zip(tangents[1:], application.shapes[1:], strict=True)
        ]
        seeds = next(tangent.shape[0] for tangent in tangents if tangent is not None)
        return np.broadcast_to(np.where(values[0], *parts), (seeds, *application.shape))

    def vjp(self, application: Any, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        kept = np.where(values[0], g, 0.0) if position == 1 else np.where(values[0], 0.0, g)
        kept = sum_to_shape(kept, application.shapes[position], np.ndim(g) - len(application.shape))
        # np.where of numbers is an array without axes, but cotangents of numbers are numbers.
        return kept[()] if type(kept) is np.ndarray and not kept.ndim else kept


select = Select("where", _select)


def move(x: Any, mover: Any) -> Any:
    """What `mover` (a function that only moves or copies elements) does to `x`, as one gather."""
    size = math.prod(x.shape)
    return gather(reshape(x, shape=(size,)), key=mover(np.arange(size).reshape(x.shape)))
