"""Pseudo-inverses and least squares. Stacked matrices stand in front, as in NumPy.

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
from .arguments import Traced, array, missing_option
from .degenerate import matrices, mirrored, square, swap
from .singular import least_squares_values

Shape = tuple[int, ...]


# ---- the pseudo-inverse


def _pinv(a: Any, *, rcond: Any, hermitian: bool) -> Any:
    return np.linalg.pinv(a, np.asarray(rcond), hermitian)


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
pseudo_inverse.stacked = 2


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
    return pseudo_inverse(a, rcond=_plain(rcond, np.linalg.pinv), hermitian=bool(hermitian))


def _plain(rcond: Any, function: Any) -> Any:
    """A threshold as a number, or as nested tuples, which can be part of a record's key."""
    if isinstance(rcond, Traced):
        missing_option(function, "a threshold (rcond, rtol) that depends on x")

    def frozen(part: Any) -> Any:
        return tuple(map(frozen, part)) if isinstance(part, list) else part

    return None if rcond is None else frozen(np.asarray(rcond).tolist())


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
    rcond = _plain(rcond, np.linalg.lstsq)
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
    return solution[:, 0] if single else solution, residuals, rank, least_squares_values(a)
