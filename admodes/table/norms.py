"""Norms of vectors and of matrices, and the condition number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..kinds import Constant
from ..operands import is_complex
from ..rules import implements, reduction
from .arguments import array, missing_option
from .complex_values import magnitude
from .degenerate import determined, matrices, nonzero, shares, square, swap
from .reductions import euclid
from .singular import polar
from .structural import negative_axes


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002 - NumPy's own name
    x = array(x)
    axes = negative_axes(axis, x.ndim)
    # Singular values are those of the complex matrix itself, which have no rule.
    x = x if ord in _BY_SINGULAR_VALUES and len(axes) == 2 else magnitude(x)
    if ord is None or (ord == 2 and len(axes) == 1) or (ord in ("fro", "f") and len(axes) == 2):
        return euclid(x, axes=axes, keepdims=bool(keepdims))
    if len(axes) == 1:
        return _norm_of_vectors(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(
            f"np.linalg.norm with ord={ord!r} needs one axis or two, but got axis={axis} of an array of shape {x.shape}."
        )
    return _norm_of_matrices(x, ord, axis if axis is not None else (0, 1), keepdims)


def _norm_of_vectors(x: Any, order: Any, axis: int, keepdims: bool) -> Any:
    """The p-norm of vectors along one axis."""
    if isinstance(order, str):
        raise ValueError(  # noqa: TRY004 - the error that NumPy raises
            f"np.linalg.norm with ord={order!r} is a norm of matrices, but it was asked for along one axis."
        )
    size = np.abs(x)
    if order == np.inf:
        return np.max(size, axis=axis, keepdims=keepdims)
    if order == -np.inf:
        return np.min(size, axis=axis, keepdims=keepdims)
    if order == 0:
        return np.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    if order == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if order < 1:
        # An element of 0 is a cusp (or, for negative orders, decides the norm): its derivative is 0, as that of abs.
        empty = x == 0
        powers = np.where(empty, 0.0 if order > 0 else np.inf, np.where(empty, 1.0, size) ** order)
    else:
        powers = size**order
    powers = np.sum(powers, axis=axis, keepdims=keepdims)
    zero = (powers == 0) if order > 0 else (powers == np.inf)
    return np.where(zero, 0.0, np.where(zero, 1.0, powers) ** (1.0 / order))


def _norm_of_matrices(x: Any, order: Any, axis: Any, keepdims: bool) -> Any:
    row, column = (int(number) % x.ndim for number in axis)
    if row == column:
        raise ValueError(f"np.linalg.norm needs two different axes, but got axis={axis}.")
    if order in (1, -1, np.inf, -np.inf):
        summed, chosen = (row, column) if abs(order) == 1 else (column, row)
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        extreme = np.max(sums, axis=chosen, keepdims=True) if order > 0 else np.min(sums, axis=chosen, keepdims=True)
        return extreme if keepdims else np.squeeze(extreme, (row, column))
    if order not in _BY_SINGULAR_VALUES:
        raise ValueError(f"np.linalg.norm of matrices has no ord={order!r}.")
    result = _BY_SINGULAR_VALUES[order](np.moveaxis(x, (row, column), (-2, -1)), axes=(-2, -1), keepdims=False)
    return np.expand_dims(result, (row, column)) if keepdims else result


# ---- norms by singular values: they are differentiated by those vectors only that the norm depends on


def nuclear_norm(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.linalg.norm(x, "nuc", axis=(-2, -1))


def spectral_norm(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.linalg.norm(x, 2, axis=(-2, -1))


def smallest_singular_value(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.linalg.norm(x, -2, axis=(-2, -1))


def _by_vectors_of(position: int) -> Any:
    """The partial of the singular value at `position`: u v^T, averaged over the values that tie with it; 0 where it is 0."""

    def partial(out: Any, x: Any, axes: Any) -> Any:
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        if not s.shape[-1]:
            return np.zeros_like(x)
        weights = shares(s)[..., position, :] * nonzero(s)
        used = (weights > 0)[..., None, :]
        return np.matmul(np.where(used, u, 0.0) * weights[..., None, :], swap(np.where(used, swap(vh), 0.0)))

    return partial


spectral = reduction(spectral_norm, _by_vectors_of(0))
smallest_singular = reduction(smallest_singular_value, _by_vectors_of(-1))
nuclear = reduction(nuclear_norm, lambda out, x, axes: polar(x))

_BY_SINGULAR_VALUES = {2: spectral, -2: smallest_singular, "nuc": nuclear}


@implements(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002 - NumPy's own name
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@implements(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:  # noqa: A002 - NumPy's own name
    x = array(x)
    if axis is None or isinstance(axis, tuple):
        axes = normalize_axis_tuple(range(x.ndim) if axis is None else axis, x.ndim)
        rest = tuple(number for number in range(x.ndim) if number not in axes)
        flat = np.reshape(np.transpose(x, (*rest, *axes)), (*(x.shape[number] for number in rest), -1))
        result = np.linalg.norm(flat, ord, axis=-1)
    else:
        axes = normalize_axis_tuple(axis, x.ndim)
        result = np.linalg.norm(x, ord, axis=axis)
    return np.expand_dims(result, axes) if keepdims else result


# ---- the condition number


def _singular(x: Any, *, order: Any) -> Any:
    """NaN where a matrix is singular up to rounding, so that its condition number has no derivative; else 1."""
    s = np.linalg.svd(x, compute_uv=False)
    rounding = 8 * max(x.shape[-2:]) * np.finfo(x.dtype).eps
    return np.where(s[..., -1] <= rounding * s[..., 0], np.nan, 1.0).astype(x.dtype)


regular = Constant("regular", _singular)
infinite_condition = Constant("infinite_condition", lambda x, order: np.isinf(np.linalg.cond(x, order)))


@implements(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    x = matrices(x, "cond")
    if not x.shape[-1] * x.shape[-2]:
        raise np.linalg.LinAlgError("np.linalg.cond is not defined on empty matrices.")
    if is_complex(x):
        missing_option(np.linalg.cond, "complex values")
    if p == -2:
        return np.linalg.norm(x, -2, axis=(-2, -1)) / np.linalg.norm(x, 2, axis=(-2, -1))
    if p is None or p == 2:
        smallest = np.linalg.norm(x, -2, axis=(-2, -1))
        zero = smallest == 0
        largest = np.linalg.norm(x, 2, axis=(-2, -1))
        found = np.where(zero, np.inf, largest / np.where(zero, 1.0, smallest))
        return _without_slope_where(zero, found, largest, regular(x, order=p))
    x = square(x, "cond")
    infinite = infinite_condition(x, order=p)
    filled = np.where(infinite[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x)
    # NumPy inverts in double precision here.
    inverse = np.linalg.inv(filled.astype(float))
    found = (np.linalg.norm(filled, p, axis=(-2, -1)) * np.linalg.norm(inverse, p, axis=(-2, -1))).astype(x.dtype)
    return _without_slope_where(infinite, found, np.linalg.norm(x, p, axis=(-2, -1)), regular(x, order=p))


def _without_slope_where(infinite: Any, found: Any, size: Any, factor: Any) -> Any:
    """`found`, and infinity where the matrix is singular; there the derivative is NaN, and not the 0 of a constant."""
    return determined(np.where(infinite, np.inf + size, found), factor)
