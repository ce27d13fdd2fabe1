"""Calls of order statistics, statistics, numerical functions and polynomials, for the generic checks."""

from __future__ import annotations

from typing import Any

import numpy as np
from rule_cases import case

RNG = np.random.default_rng(7)
NAN = np.nan


def floats(*shape: int) -> np.ndarray:
    """Distinct numbers of both signs, no two closer than the steps of the numerical derivative."""
    size = int(np.prod(shape))
    values = np.linspace(-1.9, 2.1, size) + RNG.uniform(-0.2, 0.2, size) / max(size, 8)
    return RNG.permutation(values + 0.3 * (size == 1)).reshape(shape)


S, V, W, M, T, Z = floats(), floats(4), floats(3), floats(3, 4), floats(2, 3, 2), floats(0)
P, PM = np.abs(floats(4)) + 0.4, np.abs(floats(3, 4)) + 0.4
UP = np.array([-1.3, -0.2, 0.9, 2.2])
N = np.array([[0.3, NAN, -1.2, 0.8], [1.4, 0.1, -0.6, 2.0], [NAN, NAN, 0.5, -1.6]])
NV = np.array([0.7, NAN, -0.4, 1.9])
SPREAD = np.array([0.0, 0.3, 0.9, 2.1])
MASK = np.array([[True, False, True, True], [True, True, False, True], [False, True, True, True]])
CONTINUOUS = ["linear", "weibull", "hazen", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf"]
STEPPED = ["inverted_cdf", "averaged_inverted_cdf", "closest_observation", "lower", "higher", "midpoint", "nearest"]

ORDERS = [
    case(np.sort, T, axis=1),
    case(np.sort, T, None),
    case(np.sort, M, kind="stable"),
    case(np.sort, Z),
    case(np.partition, V, 2),
    case(np.partition, M, (0, 2), axis=-1),
    case(np.partition, M, 1, axis=0),
    case(np.partition, T, 3, axis=None),
    case(np.unique, M),
    case(np.unique, S),
    case(np.unique, NV[[0, 2, 3]], return_index=True, return_inverse=True, return_counts=True),
    case(np.unique_values, V),
    *(case(np.median, M, axis) for axis in (None, 0, 1, -1, (0, 1), (-1,))),
    case(np.median, T, axis=(0, -1), keepdims=True),
    case(np.median, W),
    case(np.median, S),
    case(np.nanmedian, N, axis=1),
    case(np.nanmedian, N, axis=0, keepdims=True),
    case(np.nanmedian, NV),
    case(np.nanmedian, T, axis=(0, 2)),
    *(case(np.quantile, V, 0.3, method=method) for method in (*CONTINUOUS, *STEPPED)),
    *(case(np.quantile, M, 0.45, axis=0, method=method) for method in CONTINUOUS),
    case(np.quantile, M, [0.1, 0.8], axis=1),
    case(np.quantile, M, [[0.1, 0.8], [1.0, 0.0]], axis=(0, 1), keepdims=True),
    case(np.quantile, T, [0.2], axis=(0, -1), keepdims=True),
    case(np.quantile, V, np.array(0.37)),
    case(np.quantile, V, np.array([0.37, 0.9])),
    case(np.quantile, M, np.array([0.37, 0.9]), axis=0, method="hazen"),
    case(np.quantile, V, 0.6, weights=P, method="inverted_cdf"),
    case(np.quantile, M, [0.1, 0.8], axis=1, weights=P, method="inverted_cdf", keepdims=True),
    case(np.percentile, M, [[10, 80.0]], axis=(0, 1), weights=PM, method="inverted_cdf"),
    case(np.percentile, M, 30, axis=1),
    case(np.percentile, V, [0, 33.3, 100]),
    case(np.percentile, S, 40.0),
    case(np.percentile, V, np.array(12.0), method="weibull"),
    case(np.nanquantile, N, 0.3, axis=1),
    case(np.nanquantile, N, [0.3, 0.6], axis=0, method="hazen"),
    case(np.nanquantile, NV, np.array(0.4)),
    case(np.nanpercentile, N, [20, 70]),
    case(np.nanpercentile, N, 20, axis=-1, keepdims=True, method="lower"),
]

SCANS = [
    case(np.cumprod, V),
    case(np.cumprod, M),
    case(np.cumprod, T, axis=1),
    case(np.cumprod, M, -2),
    case(np.cumprod, S),
    case(np.cumprod, Z),
    case(np.cumprod, np.array([0.0, 1.4, 2.2, -0.7])),
    case(np.cumprod, np.array([[1.4, 0.0, 2.2], [0.0, 0.7, 0.0]]), axis=1),
    case(np.cumulative_sum, V),
    case(np.cumulative_sum, M, axis=1, include_initial=True),
    case(np.cumulative_sum, S),
    case(np.cumulative_prod, V, include_initial=True),
    case(np.cumulative_prod, T, axis=-2),
]

MISSING = [
    *(
        case(function, N, axis=axis)
        for function in (np.nansum, np.nanprod, np.nanmean, np.nanvar, np.nanmax)
        for axis in (None, 0, 1)
    ),
    case(np.nanmin, N, axis=1, keepdims=True),
    case(np.nanmin, NV),
    case(np.nanmax, T, axis=(0, -1)),
    case(np.nanmax, N, axis=1, initial=1.1),
    case(np.nanmin, N, axis=0, initial=9.0, where=MASK),
    case(np.nansum, N, axis=(0, 1), keepdims=True),
    case(np.nansum, N, axis=0, where=MASK, initial=2.0),
    case(np.nanprod, N, 1, keepdims=True),
    case(np.nanmean, N, axis=0, where=MASK, keepdims=True),
    case(np.nanmean, T, axis=(0, 2)),
    case(np.nanvar, N[:2], axis=1, ddof=1),
    case(np.nanvar, N, ddof=1, keepdims=True),
    case(np.nanvar, N, axis=1, mean=0.3),
    case(np.nanvar, N[:, 2:], axis=0, where=MASK[:, 2:]),
    case(np.nanstd, N, axis=1),
    case(np.nanstd, N[:2], axis=1, correction=1),
    case(np.nanstd, M),
    case(np.nancumsum, N, axis=1),
    case(np.nancumsum, N),
    case(np.nancumprod, N, axis=0),
    case(np.nancumprod, NV),
    case(np.nan_to_num, N, nan=2.0),
    case(np.nan_to_num, np.array([np.inf, 0.4, -np.inf, NAN]), posinf=3.0, neginf=-4.0),
    case(np.nan_to_num, S),
]

STATISTICS = [
    case(np.average, M),
    case(np.average, M, axis=0),
    case(np.average, M, axis=(0, 1), keepdims=True),
    case(np.average, V, weights=[1, 2, 3, 4]),
    case(np.average, M, 1, P, True),
    case(np.average, M, weights=PM, returned=True),
    case(np.average, T, axis=(2, 1), weights=np.array([[0.4, 0.6, 1.2], [1.1, 0.7, 0.9]])),
    case(np.average, M, axis=1, returned=True),
    case(np.cov, M),
    case(np.cov, V),
    case(np.cov, M, rowvar=False),
    case(np.cov, M, floats(2, 4), bias=True),
    case(np.cov, M, floats(3, 2), rowvar=False, ddof=0),
    case(np.cov, M, aweights=P),
    case(np.cov, M, fweights=[1, 2, 1, 3]),
    case(np.cov, M, fweights=[1, 2, 1, 3], aweights=P, ddof=1),
    case(np.corrcoef, M),
    case(np.corrcoef, V, floats(4)),
    case(np.corrcoef, M, rowvar=False),
    case(np.bincount, [0, 2, 2, 5], V),
    case(np.bincount, [1, 1, 0, 1], weights=V, minlength=4),
    case(np.histogram, [0.1, 0.2, 0.8, 1.0], 3, weights=V),
    case(np.histogram, SPREAD, 3),
    case(np.histogram, V, bins=[-2.0, 0.1, 2.5], density=True, weights=P),
    case(np.histogram, V, bins=2, range=(-5.0, 5.0)),
    case(np.histogram, SPREAD, bins=3, density=True),
    case(np.histogram, [0.1, 0.4, 1.9], bins=UP, density=True),
    case(np.histogram_bin_edges, V, 3),
]

SAMPLES = [
    case(np.interp, V, [-1.0, 0.5, 3.0], [1.0, 4.0, 2.0]),
    case(np.interp, M, UP, P),
    case(np.interp, S, UP, P),
    case(np.interp, np.array([-3.0, 0.3, 8.0]), UP, P, 0.7, 1.9),
    case(np.interp, np.array([-3.0, 0.31, 8.02]), UP, P, left=1.0),
    case(np.interp, V, [0.11, 0.52, 0.9], W, period=1.37),
    case(np.interp, V, np.array([0.93, 0.11, 0.52]), W, period=-1.37),
    case(np.interp, V, [1.0], np.array([2.0])),
    case(np.interp, Z, UP, P),
    case(np.gradient, V),
    case(np.gradient, floats(2)),
    case(np.gradient, M),
    case(np.gradient, M, np.array(0.7), axis=1),
    case(np.gradient, M, 0.7, UP),
    case(np.gradient, M, UP, axis=-1, edge_order=2),
    case(np.gradient, T, axis=(1,), edge_order=2),
    case(np.gradient, M, 2.0, edge_order=2),
    case(np.gradient, V, UP),
    case(np.gradient, V, [0, 1, 3, 4]),
    case(np.trapezoid, V),
    case(np.trapezoid, M, dx=np.array(0.3)),
    case(np.trapezoid, M, UP),
    case(np.trapezoid, M, PM, axis=0),
    case(np.trapezoid, T, W, axis=1),
    case(np.ediff1d, M),
    case(np.ediff1d, V, to_end=[1.0, 2.0], to_begin=S),
    case(np.ediff1d, Z),
    case(np.unwrap, 5 * V),
    case(np.unwrap, 5 * M, axis=0),
    case(np.unwrap, 5 * V, period=2.3),
    case(np.unwrap, 5 * V, discont=4.0),
    case(np.i0, M),
    case(np.i0, S),
    case(np.i0, np.array([0.0, 2.5, -1.2])),
]

GRIDS = [
    case(np.linspace, S, floats(), 4),
    case(np.linspace, S, 3, 5, False),
    case(np.linspace, V, floats(4), 3, retstep=True),
    case(np.linspace, V, 2.0, num=3, axis=-1),
    case(np.linspace, M, V, num=3, axis=1),
    case(np.linspace, S, 2.0, 1),
    case(np.linspace, S, 2.0, 0),
    case(np.linspace, S, 2.0, 2, dtype=float),
    case(np.logspace, S, 1.2, 4),
    case(np.logspace, V, 1.2, 3, False, 2.0, axis=1),
    case(np.logspace, S, 1.2, 4, base=np.array(2.5)),
    case(np.logspace, V, 1.2, 4, base=P, axis=1),
    case(np.geomspace, P, 3.0, 4),
    case(np.geomspace, P, PM, 4, endpoint=False, axis=-1),
    case(np.geomspace, -P, -2.0, 3),
    case(np.geomspace, P, 3.0, 1),
    case(np.geomspace, P, 3.0, 0),
]

POLYNOMIALS = [
    *(case(np.convolve, V, W, mode) for mode in ("full", "same", "valid")),
    *(case(np.convolve, floats(2), V, mode) for mode in ("full", "same", "valid")),
    *(case(np.correlate, V, W, mode) for mode in ("full", "same", "valid")),
    *(case(np.correlate, floats(2), floats(5), mode) for mode in ("full", "same", "valid")),
    case(np.correlate, V, [1.0, -2.0]),
    case(np.convolve, S, V),
    case(np.polyval, W, S),
    case(np.polyval, W, M),
    case(np.polyval, [1, 0, 2], V),
    case(np.polyval, Z, V),
    case(np.polyadd, V, W),
    case(np.polyadd, W, 2.0),
    case(np.polysub, W, V),
    case(np.polymul, V, W),
    case(np.polymul, [0.0, 0.0, 2.0], V),
    case(np.polyder, V),
    case(np.polyder, V, 2),
    case(np.polyder, V, m=5),
    case(np.polyint, W),
    case(np.polyint, W, 2, floats(2)),
    case(np.polyint, W, m=3, k=S),
    case(np.polydiv, V, floats(2)),
    case(np.polydiv, floats(2), V),
    case(np.polydiv, np.array([1.0, 2.0, 3.5]), [2.0]),
    case(np.poly, V),
    case(np.poly, Z, smooth=False),
    case(np.vander, V),
    case(np.vander, V, 3, True),
    case(np.vander, np.array([0.0, 1.5]), 0),
    case(np.polyfit, UP, V, 1),
    case(np.polyfit, UP, V, 2, w=P),
    case(np.polyfit, UP, floats(4, 2), 1),
]

PARTS = [
    case(np.modf, 3 * V),
    case(np.frexp, V),
    case(np.divmod, V, 0.77),
    case(np.divmod, V, PM),
    case(np._core.umath.clip, V, -0.5, S),
    *(case(getattr(np.lib.scimath, name), P) for name in ("sqrt", "log", "log2", "log10")),
    *(case(getattr(np.lib.scimath, name), V / 3) for name in ("arcsin", "arccos", "arctanh")),
    case(np.lib.scimath.logn, PM + 1.5, P),
    case(np.lib.scimath.power, P, V),
    case(np.lib.scimath.power, P, 2),
]


def _at(ufunc: Any, a: Any, *rest: Any) -> Any:
    changed = a.copy()
    ufunc.at(changed, *rest)
    return changed


def add_at(*arguments: Any) -> Any:
    """np.add.at of a copy."""
    return _at(np.add, *arguments)


def subtract_at(*arguments: Any) -> Any:
    """np.subtract.at of a copy."""
    return _at(np.subtract, *arguments)


def multiply_at(*arguments: Any) -> Any:
    """np.multiply.at of a copy."""
    return _at(np.multiply, *arguments)


def negative_at(*arguments: Any) -> Any:
    """np.negative.at of a copy."""
    return _at(np.negative, *arguments)


UFUNC_METHODS = [
    case(np.add.reduce, M, 1, keepdims=True),
    case(np.add.reduce, M, axis=None, where=MASK, initial=2.0),
    case(np.add.reduce, M, dtype=float),
    case(np.multiply.reduce, T, axis=(0, 2)),
    case(np.maximum.reduce, M, axis=1, initial=-9.0, where=MASK),
    case(np.minimum.reduce, T),
    case(np.fmax.reduce, N),
    case(np.fmin.reduce, N, axis=1, keepdims=True),
    case(np.logaddexp.reduce, M),
    case(np.logaddexp.reduce, M, axis=(0, 1), keepdims=True, where=MASK),
    case(np.logaddexp.reduce, V, initial=1.2),
    case(np.logaddexp2.reduce, M, axis=1),
    case(np.hypot.reduce, T, axis=1),
    case(np.subtract.reduce, M, axis=1),
    case(np.divide.reduce, P, keepdims=True),
    case(np.arctan2.reduce, M, initial=1.0),
    case(np.add.accumulate, M, axis=1),
    case(np.multiply.accumulate, M),
    case(np.maximum.accumulate, M, axis=1),
    case(np.minimum.accumulate, T, axis=-2),
    case(np.fmax.accumulate, N[:2], axis=1),
    case(np.fmin.accumulate, NV),
    case(np.logaddexp.accumulate, V),
    case(np.subtract.accumulate, M, 0),
    case(np.maximum.accumulate, Z),
    case(np.add.reduceat, V, [0, 2, 1]),
    case(np.multiply.reduceat, M, [0, 1], axis=0),
    case(np.maximum.reduceat, M, np.array([1, 3]), 1),
    case(np.multiply.outer, V, W),
    case(np.hypot.outer, M, [1.0, 2.0]),
    case(np.power.outer, P, V),
    case(np.logaddexp.outer, S, W),
    case(np.divmod.outer, V, 0.77),
    case(add_at, V, [0, 0, 1], [0.2, 1.0, 3.0]),
    case(add_at, M, (slice(None), [0, 0]), 0.3),
    case(add_at, M, 1, 2.0),
    case(subtract_at, M, ([0, 1], [1, 1]), 2.0),
    case(multiply_at, V, [2, 0], 3.0),
    case(negative_at, V, [2, 0]),
]

CASES = [*ORDERS, *SCANS, *MISSING, *STATISTICS, *SAMPLES, *GRIDS, *POLYNOMIALS, *PARTS]
