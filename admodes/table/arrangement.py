"""NumPy's functions that arrange elements, as composites of the linear primitives."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import ShapeError
from ..rules import implements
from .arguments import Traced, array, constant_like, refuse_options
from .structural import join, negative_axes, pile, reshape, select, spread, transpose

# ---- shapes


def _resolve(shape: Any, size: int) -> tuple[int, ...]:
    """`shape` as a tuple with its -1 filled in."""
    sizes = [int(shape)] if isinstance(shape, (int, np.integer)) else [int(number) for number in shape]
    if -1 in sizes:
        rest = math.prod([number for number in sizes if number != -1])
        sizes[sizes.index(-1)] = size // rest if rest else 0
    if math.prod(sizes) != size:
        raise ShapeError(f"cannot reshape an array of size {size} into shape {tuple(sizes)}: the sizes must agree.")
    return tuple(sizes)


def _layout(a: Any) -> Any:
    """A plain array with the strides of `a`; None for a number."""
    return None if not np.ndim(a) else a.layout() if isinstance(a, Traced) else a  # type: ignore[attr-defined]


def _index_order(a: Any, order: Any, allowed: str) -> str:
    """`order` as "C", "F" or "K": what "A" means depends on the memory of `a`."""
    letter = "C" if order is None else str(order).upper()[:1]
    if letter not in allowed:
        raise ValueError(f"order must be one of {', '.join(map(repr, allowed))}, but is {order!r}.")
    if letter != "A":
        return letter
    layout = _layout(a)
    return "F" if layout is not None and layout.flags.fnc else "C"


@implements(np.reshape)
def reshape_(a: Any, /, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    a = array(a)
    target = _resolve(shape, a.size)
    backwards = order != "C" and _index_order(a, order, "CFA") == "F"
    arranged = np.transpose(reshape(np.transpose(a), shape=target[::-1])) if backwards else reshape(a, shape=target)
    return arranged.copy() if copy else arranged


@implements(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    a = array(a)
    letter = _index_order(a, order, "CFAK")
    if letter != "C" and a.ndim > 1:
        a = np.transpose(a) if letter == "F" else transpose(a, axes=_axes_by_memory(_layout(a)))
    flat = reshape(a, shape=(a.size,))
    # Unlike reshape, ravel copies memory that is not in a row, also where a view would do.
    return flat.copy() if isinstance(a, Traced) and a.ndim and not _layout(a).flags.c_contiguous else flat


def _axes_by_memory(layout: Any) -> tuple[int, ...]:
    """The axes from the slowest in memory to the fastest; one of no stride stays where it is."""
    strides = [0 if size == 1 else abs(step) for size, step in zip(layout.shape, layout.strides, strict=True)]
    fastest: list[int] = []
    for axis in reversed(range(layout.ndim)):
        place = len(fastest)
        for number in reversed(range(len(fastest))):
            inner = strides[fastest[number]]
            if inner and strides[axis]:
                if inner <= strides[axis]:
                    break
                place = number
        fastest.insert(place, axis)
    return tuple(reversed(fastest))


@implements(np.transpose, np.permute_dims)
def transpose_(a: Any, axes: Any = None) -> Any:
    a = array(a)
    return transpose(
        a, axes=tuple(range(a.ndim))[::-1] if axes is None else tuple(normalize_axis_index(axis, a.ndim) for axis in axes)
    )


@implements(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    return np.swapaxes(x, -1, -2)


@implements(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    a = array(a)
    first, second = (normalize_axis_index(axis, a.ndim) for axis in (axis1, axis2))
    axes = list(range(a.ndim))
    axes[first], axes[second] = second, first
    return transpose(a, axes=tuple(axes))


@implements(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    a = array(a)
    return transpose(a, axes=tuple(np.moveaxis(np.empty(range(a.ndim)), source, destination).shape))


@implements(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    a = array(a)
    return transpose(a, axes=tuple(np.rollaxis(np.empty(range(a.ndim)), axis, start).shape))


@implements(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    a = array(a)
    return reshape(a, shape=np.squeeze(np.broadcast_to(0, a.shape), axis).shape)


@implements(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    a = array(a)
    return reshape(a, shape=np.expand_dims(np.broadcast_to(0, a.shape), axis).shape)


@implements(np.atleast_1d)
def atleast_1d(*arrays: Any) -> Any:
    return _each(np.atleast_1d, arrays)


@implements(np.atleast_2d)
def atleast_2d(*arrays: Any) -> Any:
    return _each(np.atleast_2d, arrays)


@implements(np.atleast_3d)
def atleast_3d(*arrays: Any) -> Any:
    return _each(np.atleast_3d, arrays)


def _each(function: Any, arrays: Sequence[Any]) -> Any:
    results = tuple(reshape(a, shape=function(np.broadcast_to(0, a.shape)).shape) for a in map(array, arrays))
    return results[0] if len(results) == 1 else results


@implements(np.broadcast_to)
def broadcast_to(array_: Any, shape: Any, subok: bool = False) -> Any:
    a = array(array_)
    return spread(a, shape=(int(shape),) if isinstance(shape, (int, np.integer)) else tuple(shape))


@implements(np.broadcast_arrays)
def broadcast_arrays(*arrays: Any, subok: bool = False) -> Any:
    lifted = [array(a) for a in arrays]
    shape = np.broadcast_shapes(*(a.shape for a in lifted))
    return tuple(spread(a, shape=shape) for a in lifted)


# ---- joining and splitting


@implements(np.concatenate)
def concatenate(arrays: Any, axis: Any = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    refuse_options(np.concatenate, out=out)
    lifted = [array(a) for a in arrays]
    lifted = [np.ravel(a) for a in lifted] if axis is None else lifted
    lifted = lifted if dtype is None else [a.astype(dtype) for a in lifted]
    return join(*lifted, axis=negative_axes(0 if axis is None else axis, lifted[0].ndim)[0])


@implements(np.stack)
def stack(arrays: Any, axis: int = 0, out: None = None, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    refuse_options(np.stack, out=out)
    lifted = [array(a) for a in arrays]
    lifted = lifted if dtype is None else [a.astype(dtype) for a in lifted]
    return pile(*lifted, axis=negative_axes(axis, np.ndim(lifted[0]) + 1)[0])


@implements(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    return np.concatenate([np.atleast_2d(array(a)) for a in tup], axis=0, dtype=dtype)


@implements(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    arrays = [np.atleast_1d(array(a)) for a in tup]
    return np.concatenate(arrays, axis=0 if arrays[0].ndim == 1 else 1, dtype=dtype)


@implements(np.dstack)
def dstack(tup: Any) -> Any:
    return np.concatenate([np.atleast_3d(array(a)) for a in tup], axis=2)


@implements(np.column_stack)
def column_stack(tup: Any) -> Any:
    arrays = [array(a) for a in tup]
    return np.concatenate([a if a.ndim == 2 else np.reshape(a, (-1, 1)) for a in arrays], axis=1)


@implements(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    pieces = [array(arr), array(values)]
    return np.concatenate([np.ravel(piece) for piece in pieces] if axis is None else pieces, axis=0 if axis is None else axis)


@implements(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    a = array(ary)
    if isinstance(indices_or_sections, (int, np.integer)) and a.shape[axis] % indices_or_sections:
        raise ShapeError(
            f"np.split cannot cut {a.shape[axis]} elements into {indices_or_sections} equal pieces. Use np.array_split."
        )
    return np.array_split(a, indices_or_sections, axis)


@implements(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    a = array(ary)
    front = (slice(None),) * normalize_axis_index(axis, a.ndim)
    pieces = np.array_split(np.arange(a.shape[axis]), indices_or_sections)
    if isinstance(indices_or_sections, (int, np.integer)):
        starts = np.cumsum([0] + [len(piece) for piece in pieces]).tolist()
    else:
        starts = [0, *(int(index) for index in indices_or_sections), a.shape[axis]]
    return [a[(*front, slice(start, stop))] for start, stop in itertools.pairwise(starts)]


# ---- choosing


@implements(np.where)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    if x is None and y is None:
        return np.nonzero(condition)
    # Python's numbers stay as they are: beside float32 they do not widen it.
    return select(array(condition), *(branch if isinstance(branch, (int, float)) else array(branch) for branch in (x, y)))


@implements(np.clip)
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: None = None, *, min: Any = None, max: Any = None) -> Any:  # noqa: A002 - NumPy's own names
    refuse_options(np.clip, out=out)
    low, high = a_min if min is None else min, a_max if max is None else max
    a = array(a)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


# ---- new arrays


@implements(np.copy)
def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return array(a).copy(order)


def _new(template: Any, dtype: Any, order: str, shape: Any) -> Any:
    """Zeros like `template`, in the memory order that NumPy would choose (views depend on it)."""
    template = array(template)
    layout = template.layout() if hasattr(template, "layout") else np.zeros(template.shape, template.dtype)
    return np.zeros_like(layout, dtype=dtype, order=order, shape=shape)  # type: ignore[call-overload]


@implements(np.zeros_like, np.empty_like)
def zeros_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Any:
    return constant_like(a, _new(a, dtype, order, shape))


@implements(np.ones_like)
def ones_like(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None) -> Any:
    return constant_like(a, _new(a, dtype, order, shape) + 1)


@implements(np.full_like)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *, device: Any = None
) -> Any:
    made = _new(a, dtype, order, shape)
    if not made.ndim:
        return array(fill_value).astype(made.dtype)[()]
    out = constant_like(array(a), made)
    out[...] = fill_value
    return out
