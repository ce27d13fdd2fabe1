"""The functions named nan...: elements that are NaN count for nothing, and nothing depends on them.

A slice with no number in it has the value that NumPy gives it, and the derivative 0: nothing in it counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules import implements, reduction
from .arguments import array, real_array, refuse_options, whole_numbers
from .elementwise import safe_ratio
from .reductions import root_of_squares
from .structural import negative_axes


def _numbers(a: Any, instead: float, where: Any = True) -> tuple[Any, Any]:
    """`a` with `instead` for each NaN, and which elements are left: not NaN, and chosen by `where`."""
    a = array(a)
    missing = np.isnan(a)
    return np.where(missing, instead, a).astype(a.dtype), np.logical_and(np.logical_not(missing), where)


@implements(np.nansum)
def nansum(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    refuse_options(np.nansum, out=out)
    return np.sum(_numbers(a, 0.0)[0], axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@implements(np.nanprod)
def nanprod(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    refuse_options(np.nanprod, out=out)
    return np.prod(_numbers(a, 1.0)[0], axis=axis, dtype=dtype, keepdims=keepdims, initial=initial, where=where)


@implements(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Any:
    refuse_options(np.nancumsum, out=out)
    return np.cumsum(_numbers(a, 0.0)[0], axis=axis, dtype=dtype)


@implements(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Any:
    refuse_options(np.nancumprod, out=out)
    return np.cumprod(_numbers(a, 1.0)[0], axis=axis, dtype=dtype)


def _count(left: Any, axis: Any, keepdims: bool) -> Any:
    """How many elements are left, as plain numbers."""
    return np.sum(whole_numbers(left), axis=axis, keepdims=keepdims)


def _share(total: Any, count: Any, bad: Any) -> Any:
    """``total / count``, and NaN, which depends on nothing, where it is bad."""
    count = np.where(bad, 1, count).astype(total.dtype)
    quotient = total / (count if count.ndim else count[()])
    return np.where(bad, np.nan, quotient).astype(total.dtype) if np.any(bad) else quotient


@implements(np.nanmean)
def nanmean(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True) -> Any:
    refuse_options(np.nanmean, out=out)
    numbers, left = _numbers(real_array(a), 0.0, where)
    count = _count(left, axis, keepdims)
    return _share(np.sum(numbers, axis=axis, dtype=dtype, keepdims=keepdims, where=where), count, count == 0)


@implements(np.nanvar)
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    refuse_options(np.nanvar, out=out)
    numbers, left = _numbers(real_array(a), 0.0, where)
    numbers = numbers if dtype is None else numbers.astype(dtype)
    count = _count(left, axis, True)
    center = _share(np.sum(numbers, axis=axis, keepdims=True, where=where), count, count == 0) if mean is None else mean
    # A slice without numbers has no center; its differences, which are dropped, must not be NaN.
    squares = np.square(np.where(left, numbers - np.where(count == 0, 0.0, center), 0.0)).astype(numbers.dtype)
    freedom = _count(left, axis, keepdims) - (ddof if correction is None else correction)
    return _share(np.sum(squares, axis=axis, keepdims=keepdims), freedom, freedom <= 0)


@implements(np.nanstd)
def nanstd(*args: Any, **options: Any) -> Any:
    return root_of_squares(np.nanvar(*args, **options))


# ---- extremes


def _fmax(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.fmax.reduce(x, axis=axes, keepdims=keepdims)  # type: ignore[call-overload]


def _fmin(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.fmin.reduce(x, axis=axes, keepdims=keepdims)  # type: ignore[call-overload]


def _share_of_ties(out: Any, x: Any, axes: tuple[int, ...]) -> Any:
    ties = 1.0 * (x == out)
    return safe_ratio(ties, np.sum(ties, axis=axes, keepdims=True))


largest_number = reduction(_fmax, _share_of_ties)
smallest_number = reduction(_fmin, _share_of_ties)


@implements(np.nanmax)
def nanmax(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    refuse_options(np.nanmax, out=out)
    a = array(a)
    a = a if where is True else np.where(where, a, -np.inf)
    result = largest_number(a, axes=negative_axes(axis, a.ndim), keepdims=bool(keepdims))
    return result if initial is None else np.fmax(result, initial)


@implements(np.nanmin)
def nanmin(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    refuse_options(np.nanmin, out=out)
    a = array(a)
    a = a if where is True else np.where(where, a, np.inf)
    result = smallest_number(a, axes=negative_axes(axis, a.ndim), keepdims=bool(keepdims))
    return result if initial is None else np.fmin(result, initial)
