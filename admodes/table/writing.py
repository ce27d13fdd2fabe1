"""NumPy's functions that write into an array, into a traced one: each comes down to a write by index."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import MissingRuleError
from ..rules import writes
from .arguments import Traced, array, ufunc_name, whole_numbers
from .structural import is_basic, positions, scatter


def cycle(values: Any, count: int) -> Any:
    """The first `count` of the values, which are repeated as often as that needs."""
    flat = np.ravel(array(values))
    return flat[np.arange(count) % flat.shape[0]] if count else flat[:0]


def _at(target: Any, numbers: Any) -> Any:
    """The index of the elements at these flat positions."""
    return np.unravel_index(numbers, target.shape)


def _mask(where: Any) -> Any:
    mask = np.asarray(whole_numbers(where))
    if mask.dtype != bool:
        raise TypeError(f"where= must be an array of booleans, not of {mask.dtype}. Compare first: where=mask != 0.")
    return mask


def _stretched(values: Any, shape: tuple[int, ...]) -> Any:
    """The values at `shape`; leading axes of length one may be too many, as in any assignment."""
    values = array(values)
    while values.ndim > len(shape) and values.shape[0] == 1:
        values = values[0]
    return np.broadcast_to(values, shape)


@writes(np.copyto)
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    src = array(src)
    if not np.can_cast(src.dtype, dst.dtype, casting):  # type: ignore[arg-type]
        raise TypeError(f"np.copyto cannot cast from {src.dtype} to {dst.dtype} by the rule {casting!r}.")
    if where is True:
        dst[...] = src
        return
    mask = np.broadcast_to(_mask(where), dst.shape)
    dst[mask] = _stretched(src, dst.shape)[mask]


@writes(np.put)
def put(a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    numbers = np.ravel(whole_numbers(ind)).astype(int)
    if not numbers.size or not np.size(v):
        return
    # NumPy's own checks and modes.
    places = np.take(np.arange(a.size), numbers, mode=mode)  # type: ignore[call-overload]
    a[_at(a, places)] = cycle(v, places.size)


@writes(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    places = _places(np.place, arr, mask)
    if not places.size:
        return
    if not np.size(vals):
        raise ValueError("Cannot insert from an empty array!")
    arr[_at(arr, places)] = cycle(vals, places.size)


@writes(np.putmask)
def putmask(a: Any, /, mask: Any, values: Any) -> None:
    places = _places(np.putmask, a, mask)
    if places.size and np.size(values):
        a[_at(a, places)] = cycle(values, a.size)[places]


def _places(function: Any, target: Any, mask: Any) -> Any:
    flat = np.ravel(whole_numbers(mask)).astype(bool)
    if flat.size != target.size:
        raise ValueError(f"np.{function.__name__} needs a mask of {target.size} elements, but it has {flat.size}.")
    return np.flatnonzero(flat)


@writes(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    numbers = np.arange(arr.size).reshape(arr.shape)
    arr[_at(arr, np.take_along_axis(numbers, whole_numbers(indices), axis))] = values


@writes(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    marks = np.zeros(a.shape, dtype=bool)
    np.fill_diagonal(marks, True, wrap)
    places = np.flatnonzero(marks)
    a[_at(a, places)] = cycle(val, places.size)


# ---- ufuncs


def write_chosen(ufunc: Any, rule: Callable[..., Any], inputs: Sequence[Any], where: Any, outs: Sequence[Any]) -> None:
    """``ufunc(*inputs, out=outs, where=where)``: only the chosen elements are computed."""
    name = ufunc_name(ufunc)
    if ufunc.signature is not None or any(out is None for out in outs):
        raise MissingRuleError(
            f"{name}(..., where=...) without out= leaves the other elements undefined. "
            f"Write np.where(mask, {name}(...), value) instead, or give out= an array like x that holds their values."
        )
    mask = _mask(where)
    shape = outs[0].shape
    if np.broadcast_shapes(shape, mask.shape, *(np.shape(part) for part in inputs)) != shape:
        raise ValueError(f"{name}(..., out=..., where=...): out of shape {shape} is too small for its arguments.")
    mask = np.broadcast_to(mask, shape)
    chosen = [np.broadcast_to(array(part), shape)[mask] if np.ndim(part) else part for part in inputs]
    results = rule(*chosen)
    for out, result in zip(outs, results if isinstance(results, tuple) else (results,), strict=True):
        if not np.can_cast(np.result_type(result), out.dtype, "same_kind"):
            raise TypeError(f"{name}(..., out=...) cannot cast its result to {out.dtype}. Make out with the dtype of the result.")
        out[mask] = result


def write_at(ufunc: Any, rule: Callable[..., Any], target: Any, indices: Any, *values: Any) -> None:
    """``ufunc.at(target, indices, *values)``: elements that are named twice are changed twice."""
    key = tuple(map(_plain, indices)) if isinstance(indices, tuple) else _plain(indices)
    flat = np.asarray(positions(key, target.shape))
    for value in values:
        if not np.can_cast(array(value).dtype, target.dtype, "same_kind"):
            raise TypeError(f"{ufunc_name(ufunc)}.at cannot cast to {target.dtype}: make the array of floats.")
    others = [np.broadcast_to(array(value), flat.shape) if np.ndim(value) else value for value in values]
    if is_basic(key) or not flat.size:
        target[key] = rule(target[key], *others)
        return
    flat, others = flat.ravel(), [np.ravel(other) if np.ndim(other) else other for other in others]
    if ufunc in (np.add, np.subtract) and getattr(others[0], "dtype", target.dtype) == target.dtype:
        _add_at(target, flat, np.negative(others[0]) if ufunc is np.subtract else others[0])
        return
    turns = _turns(flat)
    for turn in range(turns.max() + 1):
        chosen = turns == turn
        place = _at(target, flat[chosen])
        target[place] = rule(target[place], *(other[chosen] if np.ndim(other) else other for other in others))


def _add_at(target: Any, flat: Any, values: Any) -> None:
    """Sums by place, as one scatter that adds in NumPy's order: the elements first, then the values as they come."""
    size = math.prod(target.shape)
    values = np.broadcast_to(array(values).astype(target.dtype), flat.shape)
    terms = np.concatenate([np.ravel(target), values])
    summed = scatter(terms, key=(np.concatenate([np.arange(size), flat]),), shape=(size,), lead=0)
    places = np.unique(flat)
    target[_at(target, places)] = summed[places]


def _plain(part: Any) -> Any:
    return whole_numbers(part) if isinstance(part, (list, Traced)) else part


def _turns(flat: Any) -> Any:
    """How often each number occurred before."""
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    starts = np.r_[True, ordered[1:] != ordered[:-1]]
    counts = np.arange(flat.size)
    turns = np.empty(flat.size, dtype=int)
    turns[order] = counts - np.maximum.accumulate(np.where(starts, counts, 0))
    return turns
