"""Averages, covariances, counts and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kinds import Constant
from ..operands import is_complex
from ..rules import implements
from .arguments import Traced, array, constant_like, missing_option, whole_numbers
from .structural import scatter


def weights_along(weights: Any, shape: tuple[int, ...], axis: Any) -> Any:
    """`weights` in a shape that fits an array of `shape`, of which they may cover the averaged axes alone."""
    if weights.shape == shape:
        return weights
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    axes = np.lib.array_utils.normalize_axis_tuple(axis, len(shape))
    if weights.shape != tuple(shape[number] for number in axes):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    ordered = np.transpose(weights, np.argsort(axes).tolist())
    return np.reshape(ordered, tuple(size if number in axes else 1 for number, size in enumerate(shape)))


@implements(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    a = array(a)
    if weights is None:
        mean = np.mean(a, axis=axis, keepdims=keepdims)
        total: Any = mean.dtype.type(a.size / mean.size)
    else:
        fitting = np.broadcast_to(weights_along(array(weights), a.shape, axis), a.shape)
        total = np.sum(fitting, axis=axis, keepdims=keepdims)
        if np.any(total == 0.0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        mean = np.sum(a * fitting, axis=axis, keepdims=keepdims) / total
    if not returned:
        return mean
    return mean, np.broadcast_to(total, mean.shape).copy() if mean.ndim else total


def _observations(m: Any, rowvar: bool) -> Any:
    m = array(m)
    if m.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    wide = np.reshape(m, (1, -1)) if m.ndim < 2 else m
    return wide if rowvar or m.ndim < 2 else np.transpose(wide)


def _joint_weights(count: int, fweights: Any, aweights: Any) -> Any:
    weights = None
    for name, given in (("fweights", fweights), ("aweights", aweights)):
        if given is None:
            continue
        given = array(given)
        if given.ndim > 1 or given.shape != (count,):
            raise RuntimeError(f"{name} must have one dimension and one entry for each of the {count} observations")
        if np.any(given < 0):
            raise ValueError(f"{name} cannot be negative")
        if name == "fweights" and np.any(given != np.around(given)):
            raise TypeError("fweights must be integer")
        weights = given if weights is None else weights * given
    return weights


@implements(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    rows = _observations(m, rowvar)
    if not rows.shape[0]:
        return constant_like(rows, np.zeros((0, 0)))
    if y is not None:
        other = array(y)
        if other.ndim > 2:
            raise ValueError("y has more than 2 dimensions")
        other = np.reshape(other, (1, -1)) if other.ndim < 2 else other
        rows = np.concatenate([rows, other if rowvar or other.shape[0] == 1 else np.transpose(other)], axis=0)
    rows = rows.astype(np.result_type(rows.dtype, np.float64) if dtype is None else dtype)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = _joint_weights(rows.shape[1], fweights, aweights)
    if weights is None:
        centered = rows - np.mean(rows, axis=1, keepdims=True)
        factor: Any = max(rows.shape[1] - ddof, 0)
        products = centered @ np.transpose(np.conjugate(centered))
    else:
        total = np.sum(weights)
        centered = rows - np.sum(rows * weights, axis=1, keepdims=True) / total
        lost = ddof if aweights is None else ddof * np.sum(weights * array(aweights)) / total
        factor = total - lost
        factor = factor if factor > 0 else 0.0
        products = centered @ np.transpose(np.conjugate(centered * weights))
    return np.squeeze(products * np.true_divide(1, factor))


@implements(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    covariance = np.cov(x, y, rowvar, dtype=dtype)
    if is_complex(covariance):
        missing_option(np.corrcoef, "complex values")
    if not covariance.ndim:
        return covariance / covariance
    deviations = np.sqrt(np.diagonal(covariance))
    found = covariance / deviations[:, None] / deviations[None, :]
    # What rounding has put beside [-1, 1] is at its end; what is there already keeps its derivative.
    return np.where(found > 1, 1.0, np.where(found < -1, -1.0, found))


# ---- counts


_plain_counts = Constant("bincount", lambda x, minlength: np.bincount(x, minlength=minlength))


@implements(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    if weights is None:
        return _plain_counts(array(x), minlength=minlength)
    places, weights = whole_numbers(x), array(weights)
    if places.ndim != 1 or weights.shape != places.shape:
        raise ValueError("The weights and list don't have the same length.")
    size = len(np.bincount(places, minlength=minlength))
    return scatter(weights.astype(np.float64), key=places.astype(np.intp), shape=(size,), lead=0)


def _edges(a: Any, bins: Any, range_: Any) -> Any:
    """The edges of the bins; they follow the smallest and the largest element where nothing else is said."""
    if isinstance(bins, str):
        missing_option(np.histogram, f"bins={bins!r}")
    if np.ndim(bins):
        edges = array(bins)
        if np.any(edges[1:] < edges[:-1]):
            raise ValueError("`bins` must increase monotonically, when an array")
        return edges
    if bins < 1:
        raise ValueError("`bins` must be positive, when an integer")
    if range_ is None:
        low, high = (np.min(a), np.max(a)) if a.size else (0.0, 1.0)
    else:
        low, high = range_
        if low > high:
            raise ValueError("max must be larger than min in range parameter.")
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    return np.linspace(low, high, int(bins) + 1)


def _bins_of(a: Any, edges: Any) -> Any:
    """The bin of each element, the last one with both of its edges; -1 for those outside."""
    found = np.searchsorted(edges, a, "right") - 1
    found = np.where(a == edges[-1], len(edges) - 2, found)
    return np.where((a < edges[0]) | ~(a <= edges[-1]), -1, found)


_bins = Constant("bins_of", _bins_of)


@implements(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:  # noqa: A002 - NumPy's own name
    a = np.ravel(array(a))
    edges = _edges(a, bins, range)
    places = whole_numbers(_bins(a, edges))
    inside, size = places >= 0, len(edges) - 1
    if weights is None:
        counts: Any = np.bincount(places[inside], minlength=size)
    else:
        weights = array(weights)
        if np.size(weights) != a.size:
            raise ValueError("weights should have the same shape as a.")
        counts = scatter(np.ravel(weights)[inside], key=places[inside], shape=(size,), lead=0)
    if density:
        counts = counts / np.diff(edges) / np.sum(counts)
    return (counts if isinstance(counts, Traced) else constant_like(a, counts)), edges


@implements(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:  # noqa: A002 - NumPy's own name
    return _edges(np.ravel(array(a)), bins, range)
