"""Medians and quantiles: an interpolation between two elements of the sorted array.

Where they interpolate is a matter of q and the number of elements alone. Equal elements share equally; a
slice with a NaN has NaN for value and derivative, but the functions named nan... leave NaN aside.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..kinds import Constant
from ..rules import implements
from .arguments import Traced, array, missing_option, real_array, refuse_options, whole_numbers
from .orders import sorted_rows
from .statistics import weights_along
from .structural import move, negative_axes

#: The methods with a slope by q: alpha and beta of the position q (n + 1 - alpha - beta) + alpha, counted from 1
#: (Hyndman and Fan, Sample quantiles in statistical packages, American Statistician 50, 1996).
_CONTINUOUS = {
    "linear": (1, 1),
    "weibull": (0, 0),
    "hazen": (0.5, 0.5),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
    "interpolated_inverted_cdf": (0, 1),
}


def rows_over(a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """`a` with the axes to reduce as one, the last; and the shape of the result where they are kept."""
    axes = negative_axes(axis, a.ndim)
    kept = [number for number in range(-a.ndim, 0) if number not in axes]
    count = math.prod(a.shape[number] for number in axes)
    rows = np.transpose(a, [number + a.ndim for number in (*kept, *axes)])
    shape = tuple(1 if number in axes else a.shape[number] for number in range(-a.ndim, 0))
    return np.reshape(rows, (*(a.shape[number] for number in kept), count)), shape


def _count_numbers(x: Any) -> Any:
    return np.count_nonzero(~np.isnan(x), axis=-1, keepdims=True)


_counts = Constant("count_numbers", _count_numbers)


def counts_of(rows: Any) -> Any:
    """How many elements of each row are not NaN, as a plain array with the last axis kept."""
    return np.asarray(whole_numbers(_counts(rows)))


def _take(ordered: Any, places: Any) -> Any:
    return move(ordered, lambda numbers: np.take_along_axis(numbers, places, -1))


def _undefined(result: Any, rows: Any, counts: Any, skip: bool) -> Any:
    """NaN where a row has a NaN, or where it has nothing else. Only in the first case does it depend on the row."""
    bad = counts == 0 if skip else counts < rows.shape[-1]
    if not bad.any():
        return result
    return np.where(bad, np.nan if skip else np.nan * np.sum(rows, axis=-1, keepdims=True), result)


def _median(function: Any, a: Any, axis: Any, keepdims: bool, skip: bool) -> Any:
    a = real_array(a)
    rows, kept = rows_over(a, axis)
    if not a.size:
        return function(np.zeros(a.shape, a.dtype), axis=axis, keepdims=keepdims)
    ordered, counts = sorted_rows(rows), counts_of(rows)
    size = counts if skip else np.full_like(counts, rows.shape[-1])
    low, high = (_take(ordered, np.maximum(place, 0)) for place in ((size - 1) // 2, size // 2))
    middle = low if np.all(size % 2 == 1) else np.where(size % 2 == 1, low, (low + high) / 2)
    result = _undefined(middle, rows, counts, skip)
    return np.reshape(result, kept if keepdims else rows.shape[:-1])


@implements(np.median)
def median(a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    refuse_options(np.median, out=out)
    return _median(np.median, a, axis, keepdims, skip=False)


@implements(np.nanmedian)
def nanmedian(a: Any, axis: Any = None, out: None = None, overwrite_input: bool = False, keepdims: bool = False) -> Any:
    refuse_options(np.nanmedian, out=out)
    return _median(np.nanmedian, a, axis, keepdims, skip=True)


# ---- quantiles


#: NumPy's own function, whose stubs know no method that is not spelled out.
_plain_quantile: Any = np.quantile


def _steps(q: Any, *, counts: Any, method: str) -> Any:
    """The positions by the methods that know no slope by q: what they make of the numbers 0, 1, 2, ..."""
    found = np.zeros((*counts.shape[:-1], q.size))
    for count in np.unique(counts):
        found[counts[..., 0] == count] = _plain_quantile(np.arange(max(count, 1), dtype=float), q, method=method)
    return found


_positions_of_steps = Constant("positions_of_quantiles", _steps)


def _positions(q: Any, counts: Any, method: str) -> Any:
    """Where the quantiles lie among 0, 1, ..., n - 1, of shape ``(..., q.size)``; traced where q is."""
    if method not in _CONTINUOUS:
        return _positions_of_steps(q, counts=counts, method=method)
    size = counts.astype(q.dtype)
    if method == "linear":
        return (size - 1) * q
    alpha, beta = _CONTINUOUS[method]
    return size * q + (alpha + q * (1 - alpha - beta)) - 1


def _interpolated(ordered: Any, counts: Any, positions: Any, dtype: Any) -> Any:
    """By the formula that NumPy uses, which rounds to both neighbours at their own positions."""
    inside = np.clip(positions, 0, np.maximum(counts - 1, 0))
    below = np.floor(inside).astype(np.intp)
    low, high = _take(ordered, below), _take(ordered, np.clip(below + 1, 0, np.maximum(counts - 1, 0)))
    share = (inside - below).astype(dtype)
    slope = high - low
    return np.where(share >= 0.5, high - slope * (1 - share), low + slope * share)


def _by_traced_q(ordered: Any, counts: Any, positions: Any, ends_are_inside: bool) -> Any:
    """The same where the positions are traced: at an element, the slope by q is the mean of both sides."""
    last = np.maximum(counts - 1, 0)
    plain = np.asarray(np.floor(positions))
    below = np.clip(plain, 0, last).astype(np.intp)
    exact = np.asarray(positions == below)
    right = _take(ordered, np.minimum(below + 1, last)) - _take(ordered, below)
    left = _take(ordered, below) - _take(ordered, np.maximum(below - 1, 0))
    inner = np.where((below == 0) & ends_are_inside, right, np.where((below == last) & ends_are_inside, left, (left + right) / 2))
    slope = np.where(plain < 0, 0.0, np.where(exact, inner, right))
    return _take(ordered, below) + slope * (positions - below.astype(positions.dtype))


def _places_by_weight(rows: Any, weights: Any, q: Any) -> Any:
    """Which element of each sorted row NumPy picks by the weights: it is asked for the quantile of the ranks."""
    ranks = np.argsort(np.argsort(rows, axis=-1), axis=-1).astype(float)
    picked = _plain_quantile(ranks, q, axis=-1, weights=weights, method="inverted_cdf")
    return np.moveaxis(picked, 0, -1).astype(np.intp)


#: The choice of an element is locally constant, by the weights too.
_weighted = Constant("places_by_weight", _places_by_weight)


def _weighted_rows(function: Any, a: Any, axis: Any, options: dict[str, Any], skip: bool) -> Any:
    """The weights in the shape of the rows."""
    if options["method"] != "inverted_cdf":
        raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {options['method']}.")
    if skip:
        missing_option(function, "weights=<array>")
    return rows_over(np.broadcast_to(weights_along(array(options["weights"]), a.shape, axis), a.shape), axis)[0]


def _check(q: Any, low: float, high: float, kind: str) -> None:
    plain = np.asarray((q >= low) & (q <= high))
    if not plain.all():
        raise ValueError(f"{kind} must be in the range [{low:g}, {high:g}]")


def _quantile(function: Any, a: Any, q: Any, axis: Any, options: dict[str, Any], skip: bool) -> Any:
    method, keepdims = options["method"], options["keepdims"]
    if skip and q.ndim > 1 and axis is not None and np.ndim(axis):
        # NumPy itself mixes up the axes of the result here.
        missing_option(function, "several axes and an array of q of two dimensions or more")
    rows, kept = rows_over(a, axis)
    if not a.size:
        return function(np.zeros(a.shape, a.dtype), np.zeros(q.shape), axis=axis, keepdims=keepdims)
    ordered, counts, flat = sorted_rows(rows), counts_of(rows), np.reshape(q, -1)
    size = counts if skip else np.full_like(counts, rows.shape[-1])
    if options["weights"] is not None:
        weights = _weighted_rows(function, a, axis, options, skip)
        found = _take(ordered, whole_numbers(_weighted(rows, weights, flat)))
    elif isinstance(positions := _positions(flat, size, method), Traced) and not positions.passive:
        found = _by_traced_q(ordered, size, positions, method == "linear")
    else:
        # Where it takes an element as it is, its type stays.
        sample = np.zeros(2, a.dtype), np.zeros(q.shape, q.dtype)
        dtype = positions.dtype if method in _CONTINUOUS else np.asarray(function(*sample, method=method)).dtype
        found = _interpolated(ordered, size, np.asarray(positions), dtype)
    found = _undefined(found, rows, counts, skip)
    return np.reshape(np.moveaxis(found, -1, 0), (*q.shape, *(kept if keepdims else rows.shape[:-1])))


def _implement(function: Any, scale: int, skip: bool) -> Callable[..., Any]:
    kind = "Quantiles" if scale == 1 else "Percentiles"

    @implements(function)
    def quantile(
        a: Any,
        q: Any,
        axis: Any = None,
        out: None = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        *,
        weights: Any = None,
    ) -> Any:
        refuse_options(function, out=out)
        a = real_array(a)
        weak = isinstance(q, (int, float)) and not isinstance(q, Traced)
        q = np.asarray(q, dtype=a.dtype) if weak else real_array(q)
        _check(q, 0, scale, kind)
        q = q if scale == 1 else q / a.dtype.type(scale)
        return _quantile(function, a, q, axis, {"method": method, "keepdims": keepdims, "weights": weights}, skip)

    return quantile


for _function, _scale, _skip in (
    (np.quantile, 1, False),
    (np.percentile, 100, False),
    (np.nanquantile, 1, True),
    (np.nanpercentile, 100, True),
):
    _implement(_function, _scale, _skip)
