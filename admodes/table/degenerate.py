"""What decompositions share: which values count as equal or zero, and what is not determined there.

The policy: equal eigenvalues (or singular values) share their derivative equally, so that symmetric functions of them,
and their largest or smallest, are differentiated rightly. The vectors of equal values are any basis of a space: they
have no derivative. It is NaN where f uses them, and a structural zero where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..kinds import Constant, Elementwise
from .arguments import array

Shape = tuple[int, ...]


def swap(a: Any) -> Any:
    """The transposes of the matrices in the last two axes."""
    return np.swapaxes(a, -1, -2)


def matrices(a: Any, name: str) -> Any:
    """`a` as an array of matrices."""
    a = array(a)
    if a.ndim < 2:
        raise np.linalg.LinAlgError(f"np.linalg.{name} needs matrices in the last two axes, but got shape {a.shape}.")
    return a


def square(a: Any, name: str) -> Any:
    """`a` as an array of square matrices."""
    a = array(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"np.linalg.{name} needs square matrices in the last two axes, but got shape {a.shape}.")
    return a


def mirrored(a: Any, lower: bool) -> Any:
    """The symmetric matrices that NumPy takes `a` for when it reads one triangle: the other one has the derivative 0."""
    size = a.shape[-1]
    read = np.tri(size, dtype=bool) if lower else np.tri(size, dtype=bool).T
    return np.where(read, a, swap(a))


@cache
def named_tuple(function: Any) -> Any:
    """The class of what a function of NumPy's returns."""
    return type(function(np.ones((1, 1))))


# ---- several outputs in one array, so that one primitive computes them together


def pack(parts: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    """Arrays of shapes ``(..., *shape)`` side by side in one of shape ``(..., total)``."""
    rows = [
        np.reshape(part, (*np.shape(part)[: np.ndim(part) - len(shape)], math.prod(shape)))
        for part, shape in zip(parts, shapes, strict=True)
    ]
    return np.concatenate(rows, axis=-1)


def unpack(packed: Any, shapes: Sequence[Shape]) -> list[Any]:
    """The arrays that `pack` put together; leading axes stay."""
    parts, start = [], 0
    for shape in shapes:
        stop = start + math.prod(shape)
        parts.append(np.reshape(packed[..., start:stop], (*packed.shape[:-1], *shape)))
        start = stop
    return parts


# ---- equal values


def _tolerance(values: Any) -> Any:
    """Differences below this are rounding errors of the decomposition."""
    size = np.max(np.abs(values), axis=-1, keepdims=True, initial=0.0)
    return 8 * values.shape[-1] * np.finfo(values.dtype).eps * size


def _tied(values: Any) -> Any:
    """Which pairs are equal; every value equals itself."""
    own, tolerance = _identity(values.shape[-1]), _tolerance(values)
    steps = values[..., 1:] - values[..., :-1]
    if np.all(steps > tolerance) or np.all(steps < -tolerance):  # in order, as most decompositions return them
        return np.broadcast_to(own, (*values.shape, values.shape[-1]))
    tied: np.ndarray = np.abs(values[..., :, None] - values[..., None, :]) <= tolerance[..., None]
    return tied | own


@cache
def _identity(size: int) -> np.ndarray:
    return np.eye(size, dtype=bool)


def _shares(values: Any) -> Any:
    tied = _tied(values)
    return (tied / np.sum(tied, axis=-1, keepdims=True)).astype(values.dtype)


def _nonzero(values: Any) -> Any:
    return values > _tolerance(values)


def _nan_where(undetermined: Any, values: Any) -> Any:
    return np.where(undetermined, np.nan, 1.0).astype(values.dtype)


def _alone(values: Any) -> Any:
    return _nan_where(np.sum(_tied(values), axis=-1) > 1, values)


def _alone_and_nonzero(values: Any) -> Any:
    return _nan_where((np.sum(_tied(values), axis=-1) > 1) | ~_nonzero(values), values)


#: Booleans ``(..., n, n)``: which values of a row of n are equal, up to rounding.
tied = Constant("tied", _tied)
#: Weights ``(..., n, n)`` that average over equal values.
shares = Constant("shares", _shares)
#: Which singular values are not zero, up to rounding.
nonzero = Constant("nonzero", _nonzero)
#: 1 for the vectors that are determined, up to sign, by their eigenvalue; NaN for the others.
alone = Constant("alone", _alone)
#: Whether all vectors are determined; the same for singular values.
all_alone = Constant("all_alone", lambda values: not np.isnan(_alone(values)).any())
all_alone_and_nonzero = Constant("all_alone_and_nonzero", lambda values: not np.isnan(_alone_and_nonzero(values)).any())
#: The same for singular values, where those of zero are not determined either.
alone_and_nonzero = Constant("alone_and_nonzero", _alone_and_nonzero)


def averaged(weights: Any, values: Any) -> Any:
    """Matrices `weights` times vectors `values`, in the last axes."""
    return np.matmul(weights, values[..., None])[..., 0]


def inverse_gaps(values: Any) -> Any:
    """``1 / (values[j] - values[i])`` at ``[..., i, j]``, and 0 where the two are equal."""
    equal = tied(values)
    return np.where(equal, 0.0, 1.0 / np.where(equal, 1.0, values[..., None, :] - values[..., :, None]))


def inverse_nonzero(values: Any) -> Any:
    """The reciprocals, and 0 for values that are zero up to rounding."""
    kept = nonzero(values)
    return np.where(kept, 1.0 / np.where(kept, values, 1.0), 0.0)


def undetermined_part(*parts: Any) -> Any:
    """NaN where a cotangent of vectors that are not determined is NaN (f uses them), else 0; summed over each matrix."""
    return sum(0.0 * np.sum(part, axis=(-2, -1), keepdims=True) for part in parts)


def _keep(values: Any, factor: Any) -> Any:
    return np.positive(values)


#: The first argument; its derivative is multiplied by the second: 1 where it is determined, NaN where it is not.
#: An elementwise primitive, so that sweeps with structural zeros know which elements f does not use.
determined = Elementwise("determined", _keep, (lambda out, values, factor: factor, None), "determined", None)
