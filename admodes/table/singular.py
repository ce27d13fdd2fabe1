"""Singular values and vectors, and the polar factor. Stacked matrices stand in front, as in NumPy.

References
----------
M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, in: Advances in Automatic Differentiation, Springer 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kinds import Custom
from ..rules import implements
from .degenerate import (
    all_alone_and_nonzero,
    alone_and_nonzero,
    averaged,
    determined,
    inverse_gaps,
    inverse_nonzero,
    matrices,
    named_tuple,
    nonzero,
    pack,
    shares,
    square,
    swap,
    undetermined_part,
    unpack,
)

Shape = tuple[int, ...]


def _svd_shapes(shape: Shape, full: bool) -> list[Shape]:
    rows, columns = shape[-2:]
    inner = min(rows, columns)
    return [(rows, rows if full else inner), (inner,), (columns if full else inner, columns)]


def _svd(a: Any, *, full: bool) -> Any:
    return pack(np.linalg.svd(a, full_matrices=full), _svd_shapes(a.shape, full))


def _thin(packed: Any, shape: Shape, full: bool) -> tuple[Any, Any, Any]:
    """U, s and V (not transposed), without the columns that full_matrices adds."""
    u, s, vh = unpack(packed, _svd_shapes(shape, full))
    inner = s.shape[-1]
    return u[..., :inner], s, swap(vh[..., :inner, :])


def _determined(packed: Any, shape: Shape, full: bool) -> tuple[Any, Any, Any]:
    """The same of the outputs; vectors of equal singular values have no derivative, in derivatives of the rule as well."""
    u, s, v = _thin(packed, shape, full)
    if all_alone_and_nonzero(s):
        return u, s, v
    factor = alone_and_nonzero(s)[..., None, :]
    return determined(u, factor), s, determined(v, factor)


def _couplings(s: Any) -> Any:
    """``1 / (s[j]**2 - s[i]**2)`` at ``[..., i, j]``, and 0 where the two are equal."""
    total = s[..., None, :] + s[..., :, None]
    zero = total == 0
    return np.where(zero, 0.0, inverse_gaps(s) / np.where(zero, 1.0, total))


def _outside(basis: Any, a: Any) -> Any:
    """The part of the columns of `a` that is orthogonal to the columns of `basis`."""
    return a - np.matmul(basis, np.matmul(swap(basis), a))


def _weights(s: Any) -> Any:
    """Averages over equal singular values; 0 for zeros, where singular values have a kink as abs does."""
    return shares(s) * nonzero(s)[..., None]


def _svd_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, full: bool) -> Any:
    change, shape = tangents[0], values[0].shape
    u, s, v = _determined(out, shape, full)
    within = np.matmul(swap(u), np.matmul(change, v))
    right, left = within * s[..., None, :], s[..., None] * within
    couplings = _couplings(s)
    change_u = np.matmul(u, couplings * (right + swap(right)))
    change_v = np.matmul(v, couplings * (left + swap(left)))
    inverse = inverse_nonzero(s)[..., None, :]
    if shape[-2] > shape[-1]:
        change_u = change_u + _outside(u, np.matmul(change, v)) * inverse
    if shape[-1] > shape[-2]:
        change_v = change_v + _outside(v, np.matmul(swap(change), u)) * inverse
    parts = [change_u, averaged(_weights(s), np.diagonal(within, 0, -2, -1)), swap(change_v)]
    return pack(_filled(parts, _svd_shapes(shape, full)), _svd_shapes(shape, full))


def _filled(parts: Sequence[Any], shapes: Sequence[Shape]) -> list[Any]:
    """Thin parts with zeros for the rows and columns that full_matrices adds."""
    u, s, vh = parts
    wide, high = shapes[0][1] - u.shape[-1], shapes[2][0] - vh.shape[-2]
    u = np.concatenate([u, np.zeros((*u.shape[:-1], wide), u.dtype)], axis=-1) if wide else u
    vh = np.concatenate([vh, np.zeros((*vh.shape[:-2], high, vh.shape[-1]), vh.dtype)], axis=-2) if high else vh
    return [u, s, vh]


def _svd_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, full: bool) -> Any:
    shape = shapes[0]
    u, s, v = _determined(out, shape, full)
    g_u, g_s, g_v = _thin(g, shape, full)
    if type(g) is np.ndarray and np.count_nonzero(g) == np.count_nonzero(g_s):  # f uses the singular values alone
        return np.matmul(u * averaged(swap(_weights(s)), g_s)[..., None, :], swap(v))
    couplings = _couplings(s)
    by_u, by_v = couplings * np.matmul(swap(u), g_u), couplings * np.matmul(swap(v), g_v)
    diagonal = averaged(swap(_weights(s)), g_s)
    within = (by_u + swap(by_u)) * s[..., None, :] + s[..., None] * (by_v + swap(by_v))
    within = within + diagonal[..., None] * np.eye(s.shape[-1], dtype=s.dtype)
    result = np.matmul(np.matmul(u, within), swap(v))
    inverse = inverse_nonzero(s)[..., None, :]
    if shape[-2] > shape[-1]:
        result = result + np.matmul(_outside(u, g_u) * inverse, swap(v))
    if shape[-1] > shape[-2]:
        result = result + np.matmul(u, swap(_outside(v, g_v) * inverse))
    if full and shape[-2] != shape[-1]:
        all_u, _, all_vh = unpack(g, _svd_shapes(shape, full))
        result = result + undetermined_part(all_u[..., s.shape[-1] :], all_vh[..., s.shape[-1] :, :])
    return result


packed_svd = Custom("svd", _svd, _svd_push, _svd_pull)
packed_svd.stacked = 1


def _svdvals(a: Any) -> Any:
    return np.linalg.svd(a, compute_uv=False)


def _svdvals_push(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    u, _, vh = np.linalg.svd(values[0], full_matrices=False)
    return averaged(_weights(out), np.sum(u * np.matmul(tangents[0], swap(vh)), axis=-2))


def _svdvals_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape]) -> Any:
    u, _, vh = np.linalg.svd(values[0], full_matrices=False)
    return np.matmul(u * averaged(swap(_weights(out)), g)[..., None, :], vh)


singular_values = Custom("svdvals", _svdvals, _svdvals_push, _svdvals_pull)
singular_values.stacked = 1
#: Those that lstsq returns: another routine of LAPACK, other roundings.
least_squares_values = Custom(
    "lstsq_svdvals",
    lambda a: np.linalg.lstsq(a, np.zeros((a.shape[0], 1), a.dtype), None)[3],
    _svdvals_push,
    _svdvals_pull,
)


@implements(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    return singular_values(matrices(x, "svdvals"))


@implements(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    if hermitian:
        return _symmetric_svd(square(a, "svd"), compute_uv)
    a = matrices(a, "svd")
    if not compute_uv:
        return singular_values(a)
    full = bool(full_matrices)
    u, s, vh = unpack(packed_svd(a, full=full), _svd_shapes(a.shape, full))
    if u.shape[-1] == vh.shape[-2] and all_alone_and_nonzero(s):
        return named_tuple(np.linalg.svd)(u, s, vh)
    factor = alone_and_nonzero(s)
    return named_tuple(np.linalg.svd)(
        determined(u, _extended(factor, u.shape[-1])[..., None, :]), s, determined(vh, _extended(factor, vh.shape[-2])[..., None])
    )


def _extended(factor: Any, length: int) -> Any:
    """NaN for the vectors that full_matrices adds: any basis of what is left would do."""
    missing = length - factor.shape[-1]
    if not missing:
        return factor
    return np.concatenate([factor, np.full((*factor.shape[:-1], missing), np.nan, factor.dtype)], axis=-1)


def _symmetric_svd(a: Any, compute_uv: bool) -> Any:
    """By eigenvalues, as NumPy does it; only the lower triangle is read."""
    if not compute_uv:
        return np.flip(np.sort(np.abs(np.linalg.eigvalsh(a))), -1)
    w, v = np.linalg.eigh(a)
    order = np.argsort(np.abs(w))[..., ::-1]
    w = np.take_along_axis(w, order, -1)
    v = np.take_along_axis(v, np.broadcast_to(order[..., None, :], a.shape), -1)
    # np.sign would lose the vector of an eigenvalue of zero.
    return named_tuple(np.linalg.svd)(v, np.abs(w), swap(np.where(np.signbit(w)[..., None, :], -v, v)))


# ---- the orthogonal factor of the polar decomposition: the gradient of the nuclear norm


def _polar(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.matmul(u * _nonzero_as_numbers(s), vh)


def _nonzero_as_numbers(s: Any) -> Any:
    return np.asarray(nonzero(s)).astype(s.dtype)[..., None, :]


def _used_vectors(a: Any, s: Any) -> tuple[Any, Any]:
    """U and V, with zeros for singular values of zero: their vectors are not determined, and nothing depends on them."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    kept = nonzero(s)[..., None, :]
    return np.where(kept, u, 0.0), np.where(kept, swap(vh), 0.0)


def _polar_map(change: Any, a: Any) -> Any:
    """The derivative of the polar factor along `change`. Equal singular values do no harm, and the map is its own transpose."""
    s = np.linalg.svd(a, full_matrices=False)[1]
    u, v = _used_vectors(a, s)
    within = np.matmul(swap(u), np.matmul(change, v))
    sums = s[..., None, :] + s[..., :, None]
    both = nonzero(s)[..., None, :] & nonzero(s)[..., :, None]
    turn = np.where(both, (within - swap(within)) / np.where(both, sums, 1.0), 0.0)
    inverse = inverse_nonzero(s)[..., None, :]
    columns = np.matmul(_outside(u, np.matmul(change, v)) * inverse, swap(v))
    rows = np.matmul(u, swap(_outside(v, np.matmul(swap(change), u)) * inverse))
    return np.matmul(np.matmul(u, turn), swap(v)) + columns + rows


polar = Custom(
    "polar",
    _polar,
    lambda tangents, out, values: _polar_map(tangents[0], values[0]),
    lambda position, g, out, values, shapes: _polar_map(g, values[0]),
)
