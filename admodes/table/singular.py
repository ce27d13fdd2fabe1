"""Singular values and what is made of them: svd, pseudo-inverse, least squares. Stacked matrices stand in front.

Ranks count as constant: where a small change of the matrix would raise its rank, pinv and lstsq jump, and their
derivative is the one along matrices of the same rank.

References
----------
G. H. Golub and V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares
problems whose variables separate, SIAM Journal on Numerical Analysis 10 (1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kinds import Constant, Custom
from ..rules import implements
from .arguments import array
from .degenerate import (
    alone_and_nonzero,
    averaged,
    determined,
    inverse_gaps,
    inverse_nonzero,
    matrices,
    mirrored,
    named_tuple,
    nonzero,
    pack,
    shares,
    square,
    swap,
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
    u, s, v = _thin(out, shape, full)
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
    u, s, v = _thin(out, shape, full)
    g_u, g_s, g_v = _thin(g, shape, full)
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
    return result


packed_svd = Custom("svd", _svd, _svd_push, _svd_pull)


def _svdvals(a: Any) -> Any:
    return np.linalg.svd(a, compute_uv=False)


def _used_vectors(a: Any, s: Any) -> tuple[Any, Any]:
    """U and V, with zeros for singular values of zero: their vectors are not determined, and nothing depends on them."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    kept = nonzero(s)[..., None, :]
    return np.where(kept, u, 0.0), np.where(kept, swap(vh), 0.0)


def _svdvals_push(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    u, v = _used_vectors(values[0], out)
    return averaged(_weights(out), np.sum(u * np.matmul(tangents[0], v), axis=-2))


def _svdvals_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape]) -> Any:
    u, v = _used_vectors(values[0], out)
    return np.matmul(u * averaged(swap(_weights(out)), g)[..., None, :], swap(v))


singular_values = Custom("svdvals", _svdvals, _svdvals_push, _svdvals_pull)


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
    return named_tuple(np.linalg.svd)(v, np.abs(w), swap(v * np.where(np.signbit(w), -1.0, 1.0)[..., None, :]))


# ---- the orthogonal factor of the polar decomposition: the gradient of the nuclear norm


def _polar(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return np.matmul(u * _nonzero_as_numbers(s), vh)


def _nonzero_as_numbers(s: Any) -> Any:
    return np.asarray(nonzero(s)).astype(s.dtype)[..., None, :]


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


# ---- the pseudo-inverse


def _pinv(a: Any, *, rcond: Any, hermitian: bool) -> Any:
    return np.linalg.pinv(a, rcond, hermitian)


def _pinv_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, rcond: Any, hermitian: bool) -> Any:
    a, change = values[0], tangents[0]
    flipped, back = swap(change), swap(out)
    first = np.matmul(np.matmul(out, change), out)
    by_columns = np.matmul(np.matmul(out, back), flipped)
    by_columns = by_columns - np.matmul(np.matmul(by_columns, a), out)
    by_rows = np.matmul(flipped, np.matmul(back, out))
    by_rows = by_rows - np.matmul(out, np.matmul(a, by_rows))
    return by_columns + by_rows - first


def _pinv_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, rcond: Any, hermitian: bool) -> Any:
    a, flipped, back = values[0], swap(g), swap(out)
    first = np.matmul(np.matmul(back, g), back)
    by_columns = np.matmul(flipped, np.matmul(out, back))
    by_columns = by_columns - np.matmul(swap(np.matmul(a, out)), by_columns)
    by_rows = np.matmul(np.matmul(back, out), flipped)
    by_rows = by_rows - np.matmul(by_rows, swap(np.matmul(out, a)))
    return by_columns + by_rows - first


pseudo_inverse = Custom("pinv", _pinv, _pinv_push, _pinv_pull)


@implements(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, **options: Any) -> Any:
    a = matrices(a, "pinv")
    if options.keys() - {"rtol"}:
        raise TypeError(f"np.linalg.pinv has no arguments {sorted(options.keys() - {'rtol'})}.")
    if rcond is None:
        rcond = options.get("rtol", 1e-15)
        rcond = max(a.shape[-2:]) * np.finfo(a.dtype).eps if rcond is None else rcond
    elif "rtol" in options:
        raise ValueError("np.linalg.pinv takes rcond or rtol, but both were given.")
    a = mirrored(square(a, "pinv"), lower=True) if hermitian else a
    return pseudo_inverse(a, rcond=rcond, hermitian=bool(hermitian))


# ---- least squares


def _solution(a: Any, b: Any, *, rcond: Any) -> Any:
    return np.linalg.lstsq(a, b, rcond)[0]


def _pseudo_inverse_of(a: Any, rcond: Any) -> Any:
    smallest = np.finfo(a.dtype).eps if a.dtype.kind == "f" else np.finfo(float).eps
    if rcond is None:
        rcond = smallest * max(a.shape)
    return np.linalg.pinv(a, smallest if rcond < 0 else rcond)


def _solution_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, rcond: Any) -> Any:
    (a, b), (change_a, change_b) = values, tangents
    inverse = _pseudo_inverse_of(a, rcond)
    if change_a is None:
        return np.matmul(inverse, change_b)
    flipped, rest = swap(change_a), b - np.matmul(a, out)
    moved = -np.matmul(change_a, out) if change_b is None else change_b - np.matmul(change_a, out)
    by_rest = np.matmul(inverse, np.matmul(swap(inverse), np.matmul(flipped, rest)))
    by_rows = np.matmul(flipped, np.matmul(swap(inverse), out))
    return np.matmul(inverse, moved) + by_rest + by_rows - np.matmul(inverse, np.matmul(a, by_rows))


def _solution_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, rcond: Any) -> Any:
    a, b = values
    inverse = _pseudo_inverse_of(a, rcond)
    change_b = np.matmul(swap(inverse), g)
    if position == 1:
        return change_b
    rest = b - np.matmul(a, out)
    outside = g - np.matmul(inverse, np.matmul(a, g))
    by_rest = np.matmul(rest, swap(np.matmul(inverse, change_b)))
    return by_rest + np.matmul(np.matmul(swap(inverse), out), swap(outside)) - np.matmul(change_b, swap(out))


#: The least-squares solution of least norm, for a matrix of right-hand sides.
least_squares = Custom("lstsq", _solution, _solution_push, _solution_pull)


def _residuals(a: Any, b: Any, *, rcond: Any) -> Any:
    return np.linalg.lstsq(a, b, rcond)[1]


def _rest(values: Sequence[Any], rcond: Any) -> tuple[Any, Any]:
    a, b = values
    solution = least_squares(a, b, rcond=rcond)
    return solution, b - np.matmul(a, solution)


def _residuals_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, rcond: Any) -> Any:
    solution, rest = _rest(values, rcond)
    moved = 0.0 if tangents[1] is None else tangents[1]
    moved = moved if tangents[0] is None else moved - np.matmul(tangents[0], solution)
    return 2.0 * np.sum(rest * moved, axis=-2)


def _residuals_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, rcond: Any) -> Any:
    solution, rest = _rest(values, rcond)
    change_b = 2.0 * g[..., None, :] * rest
    return change_b if position == 1 else -np.matmul(change_b, swap(solution))


#: Sums of squared residuals; the solution is optimal, so its own change does not count.
squared_residuals = Custom("lstsq_residuals", _residuals, _residuals_push, _residuals_pull)
rank_of = Constant("lstsq_rank", lambda a, b, rcond: np.linalg.lstsq(a, b, rcond)[2])


@implements(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    a, b = array(a), array(b)
    single = b.ndim == 1
    b = b[:, None] if single else b
    if a.ndim != 2 or b.ndim != 2 or a.shape[0] != b.shape[0]:
        raise np.linalg.LinAlgError(
            f"np.linalg.lstsq needs a matrix a and right-hand sides b with as many rows, but got shapes {a.shape} and {b.shape}."
        )
    solution = least_squares(a, b, rcond=rcond)
    rank = rank_of(a, b, rcond=rcond)
    if int(rank) == a.shape[1] < a.shape[0]:
        residuals = squared_residuals(a, b, rcond=rcond)
    else:
        residuals = np.zeros(0, dtype=solution.dtype)
    return solution[:, 0] if single else solution, residuals, rank, np.linalg.svdvals(a)
