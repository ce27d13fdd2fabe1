"""Decompositions of matrices into factors: Cholesky and QR. Stacked matrices stand in front, as in NumPy.

A decomposition is one primitive that packs its outputs into one array; its tangent and its pullback are written with
the outputs themselves, so that they can be differentiated again.

References
----------
M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, in: Advances in Automatic Differentiation, Springer 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import MissingRuleError
from ..kinds import Custom
from ..rules import implements
from .arguments import missing_option
from .degenerate import determined, matrices, mirrored, named_tuple, pack, square, swap, undetermined_part, unpack

Shape = tuple[int, ...]


# ---- Cholesky


def _lower_half(a: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    size = a.shape[-1]
    return a * (np.tri(size) - 0.5 * np.eye(size)).astype(a.dtype)


def _cholesky(a: Any, *, upper: bool) -> Any:
    factor = np.linalg.cholesky(a, upper=True) if upper else np.linalg.cholesky(a)
    return np.swapaxes(factor, -1, -2) if upper else factor


def _cholesky_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, upper: bool) -> Any:
    left = np.linalg.inv(out)
    return np.matmul(out, _lower_half(np.matmul(np.matmul(left, tangents[0]), swap(left))))


def _cholesky_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, upper: bool) -> Any:
    left = np.linalg.inv(out)
    return np.matmul(np.matmul(swap(left), _lower_half(np.matmul(swap(out), g))), left)


#: The lower factor, of symmetric matrices.
lower_factor = Custom("cholesky", _cholesky, _cholesky_push, _cholesky_pull)
lower_factor.stacked = 2


@implements(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    factor = lower_factor(mirrored(square(a, "cholesky"), lower=not upper), upper=bool(upper))
    return swap(factor) if upper else factor


# ---- QR


def _qr_shapes(shape: Shape, mode: str) -> list[Shape]:
    rows, columns = shape[-2:]
    inner = rows if mode == "complete" else min(rows, columns)
    return [(rows, inner), (inner, columns)]


def _qr(a: Any, *, mode: Any) -> Any:
    return pack(np.linalg.qr(a, mode), _qr_shapes(a.shape, mode))


def _thin_qr(out: Any, shape: Shape, mode: str) -> tuple[Any, Any, Any]:
    """Q and R of the reduced form, and the inverse of R's leading square part."""
    q, r = unpack(out, _qr_shapes(shape, mode))
    inner = min(shape[-2:])
    q, r = q[..., :inner], r[..., :inner, :]
    diagonal = np.abs(np.diagonal(r, 0, -2, -1))
    tolerance = 8 * max(shape[-2:]) * np.finfo(out.dtype).eps
    if inner and bool(np.any(np.min(diagonal, axis=-1) <= tolerance * np.max(np.abs(r), axis=(-2, -1)))):
        raise MissingRuleError(
            "np.linalg.qr of a matrix whose leading columns are linearly dependent has no derivative: Q is not determined there. "
            "Use np.linalg.svd or np.linalg.lstsq, or drop the dependent columns."
        )
    return q, r, np.linalg.inv(r[..., :inner])


def _strictly_lower(a: Any) -> Any:
    return a * np.tri(a.shape[-1], k=-1).astype(a.dtype)


def _qr_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, mode: Any) -> Any:
    change, shape = tangents[0], values[0].shape
    q, r, inverse = _thin_qr(out, shape, mode)
    rotated = np.matmul(swap(q), change)
    inner = q.shape[-1]
    scaled = np.matmul(change[..., :inner], inverse)
    within = np.matmul(swap(q), scaled)
    lower = _strictly_lower(within)
    turn = lower - swap(lower)
    return _pack_qr(scaled - np.matmul(q, within - turn), rotated - np.matmul(turn, r), _qr_shapes(shape, mode))


def _pack_qr(q: Any, r: Any, shapes: Sequence[Shape]) -> Any:
    """The reduced parts, filled up with zeros for mode 'complete'."""
    extra = shapes[0][1] - q.shape[-1]
    if extra:
        q = np.concatenate([q, np.zeros((*q.shape[:-1], extra), q.dtype)], axis=-1)
        r = np.concatenate([r, np.zeros((*r.shape[:-2], extra, r.shape[-1]), r.dtype)], axis=-2)
    return pack([q, r], shapes)


def _qr_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, mode: Any) -> Any:
    shape = shapes[0]
    q, r, inverse = _thin_qr(out, shape, mode)
    all_q, all_r = unpack(g, _qr_shapes(shape, mode))
    inner = q.shape[-1]
    g_q, g_r = all_q[..., :inner], all_r[..., :inner, :]
    projected = np.matmul(swap(q), g_q)
    turn = projected - np.matmul(g_r, swap(r))
    within = _strictly_lower(turn - swap(turn)) - projected
    by_square = np.matmul(g_q + np.matmul(q, within), swap(inverse))
    by_all = np.matmul(q, g_r) + undetermined_part(all_q[..., inner:])
    if inner == shape[-1]:
        return by_square + by_all
    return by_all + np.concatenate([by_square, np.zeros_like(by_all[..., inner:])], axis=-1)


packed_qr = Custom("qr", _qr, _qr_push, _qr_pull)
packed_qr.stacked = 1


@implements(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    a = matrices(a, "qr")
    if mode not in ("reduced", "r", "complete"):
        if mode in ("raw", "f", "full", "e", "economic"):
            missing_option(np.linalg.qr, f"mode={mode!r}")
        raise ValueError(f"np.linalg.qr knows the modes 'reduced', 'complete', 'r' and 'raw', but got mode={mode!r}.")
    form = "complete" if mode == "complete" else "reduced"
    q, r = unpack(packed_qr(a, mode=form), _qr_shapes(a.shape, form))
    if mode == "r":
        return r
    extra = q.shape[-1] - min(a.shape[-2:])
    if extra:
        factor = np.where(np.arange(q.shape[-1]) < q.shape[-1] - extra, 1.0, np.nan).astype(q.dtype)
        q = determined(q, np.broadcast_to(factor, q.shape))
    return named_tuple(np.linalg.qr)(q, r)
