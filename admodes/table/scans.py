"""Running products and extremes: accumulate of the ufuncs, cumprod, cumulative_sum and cumulative_prod."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..kinds import Constant, Custom
from ..rules import FUNCTIONS, implements, linear
from .arguments import array, refuse_options, whole_numbers

Shape = tuple[int, ...]

# ---- products


def _push_products(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    return out * np.cumsum(tangents[0] / values[0], axis=-1)


def _pull_products(position: int, g: Any, out: Any, values: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    return np.flip(np.cumsum(np.flip(g * out, -1), axis=-1), -1) / values[0]


#: Running products of factors none of which is near zero: only then may a derivative divide by them.
running_products = Custom("cumprod", lambda x: np.cumprod(x, axis=-1), _push_products, _pull_products)


def _has_tiny(x: Any) -> Any:
    return np.any(np.abs(x) < (np.cbrt(np.finfo(x.dtype).tiny) if x.dtype.kind == "f" else 1))


_any_tiny = Constant("any_tiny", _has_tiny)


def _in_turn(function: Callable[..., Any], rows: Any) -> Any:
    """``function`` of what came before and each element, along the last axis."""
    if not rows.shape[-1]:
        return rows
    parts = [rows[..., :1]]
    for number in range(1, rows.shape[-1]):
        parts.append(function(parts[-1], rows[..., number : number + 1]))
    return np.concatenate(parts, axis=-1)


def _rows(a: Any, axis: Any, dtype: Any) -> tuple[Any, int]:
    """`a` with `axis` put last (flat where it is None), and where it was."""
    a = array(a)
    a = np.ravel(a) if axis is None or a.ndim == 0 else a
    a = a if dtype is None else a.astype(dtype)
    axis = normalize_axis_index(-1 if axis is None else axis, a.ndim)
    return np.moveaxis(a, axis, -1), axis


@implements(np.cumprod)
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Any:
    """Where a factor is zero, one after the other: derivatives of every order are then right."""
    refuse_options(np.cumprod, out=out)
    rows, axis = _rows(a, axis, dtype)
    tiny = bool(whole_numbers(_any_tiny(rows)))
    return np.moveaxis(_in_turn(np.multiply, rows) if tiny else running_products(rows), -1, axis)


def _cumulative(function: Any, x: Any, axis: Any, dtype: Any, include_initial: bool, initial: float) -> Any:
    x = np.atleast_1d(array(x))
    if axis is None and x.ndim != 1:
        raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
    axis = normalize_axis_index(0 if axis is None else axis, x.ndim)
    result = function(x, axis=axis, dtype=dtype)
    if not include_initial:
        return result
    shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    return np.concatenate([np.full(shape, initial, dtype=result.dtype), result], axis=axis)


@implements(np.cumulative_sum)
def cumulative_sum(x: Any, /, *, axis: Any = None, dtype: Any = None, out: None = None, include_initial: bool = False) -> Any:
    refuse_options(np.cumulative_sum, out=out)
    return _cumulative(np.cumsum, x, axis, dtype, include_initial, 0.0)


@implements(np.cumulative_prod)
def cumulative_prod(x: Any, /, *, axis: Any = None, dtype: Any = None, out: None = None, include_initial: bool = False) -> Any:
    refuse_options(np.cumulative_prod, out=out)
    return _cumulative(np.cumprod, x, axis, dtype, include_initial, 1.0)


# ---- extremes


def _as_it_is_at(x: Any, *, plan: Any) -> Any:
    return np.take_along_axis(x, plan[0], axis=-1)


def _mean_of_ties(changes: Any, plan: Any) -> Any:
    """For each prefix, the mean change of those elements that are its extreme."""
    _, tied, start, _, count = plan
    sums = np.cumsum(np.where(tied, changes, 0.0), axis=-1)
    before = np.concatenate([np.zeros((*sums.shape[:-1], 1)), sums], axis=-1)
    return (sums - np.take_along_axis(before, np.broadcast_to(start, changes.shape), -1)) / count


def _mean_of_ties_back(g: Any, shape: Shape, lead: int, plan: Any) -> Any:
    _, tied, _, end, count = plan
    sums = np.flip(np.cumsum(np.flip(g / count, -1), axis=-1), -1)
    after = np.concatenate([sums, np.zeros((*sums.shape[:-1], 1))], axis=-1)
    return np.where(tied, sums - np.take_along_axis(after, np.broadcast_to(end, g.shape), -1), 0.0)


#: The extreme so far, along the last axis; those that tie share equally, as far as they have come. See `_plan`.
extremes_so_far = linear(_as_it_is_at, lambda t, plan: _mean_of_ties(t, plan), _mean_of_ties_back)


def _plan(x: Any, ufunc: Any) -> Any:
    """Of running extremes: an element of that value, whether an element is its prefix's extreme, from where to
    where that extreme stays, and how many elements have tied for it so far.
    """
    out = ufunc.accumulate(x, axis=-1)
    places = np.arange(x.shape[-1])

    def same(one: Any, other: Any) -> Any:
        return (one == other) | (np.isnan(one) & np.isnan(other))

    changes = ~same(out[..., 1:], out[..., :-1])
    edge = np.ones((*x.shape[:-1], 1), dtype=bool)
    start = np.maximum.accumulate(np.where(np.concatenate([edge, changes], -1), places, 0), axis=-1)
    last = np.where(np.concatenate([changes, edge], -1), places + 1, x.shape[-1])
    end = np.flip(np.minimum.accumulate(np.flip(last, -1), axis=-1), -1)
    tied = same(x, out)
    counts = np.cumsum(tied, axis=-1)
    before = np.concatenate([np.zeros((*x.shape[:-1], 1), dtype=int), counts], axis=-1)
    chosen = np.maximum.accumulate(np.where(tied, places, 0), axis=-1)
    return np.stack([chosen, tied, start, end, counts - np.take_along_axis(before, start, -1)])


_plans = Constant("plan_of_extremes", _plan)


def _running_extreme(ufunc: Any) -> Callable[..., Any]:
    def accumulate(a: Any, axis: Any = 0, dtype: Any = None) -> Any:
        rows, axis = _rows(a, axis, dtype)
        if not rows.size:
            return np.moveaxis(rows, -1, axis)
        chosen, tied, start, end, count = whole_numbers(_plans(rows, ufunc=ufunc))
        return np.moveaxis(extremes_so_far(rows, plan=(chosen, tied.astype(bool), start, end, count)), -1, axis)

    return accumulate


def accumulate_in_turn(ufunc: Any) -> Callable[..., Any]:
    """``ufunc.accumulate`` of any ufunc of two arguments, one element after the other."""

    def accumulate(a: Any, axis: Any = 0, dtype: Any = None) -> Any:
        rows, axis = _rows(a, axis, dtype)
        return np.moveaxis(_in_turn(FUNCTIONS[ufunc], rows), -1, axis)

    return accumulate


#: ``ufunc.accumulate`` by ufunc; the others go by `accumulate_in_turn`.
ACCUMULATE: dict[Any, Callable[..., Any]] = {
    np.add: np.cumsum,
    np.multiply: np.cumprod,
    **{ufunc: _running_extreme(ufunc) for ufunc in (np.maximum, np.minimum, np.fmax, np.fmin)},
}
