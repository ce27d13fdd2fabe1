"""Linear algebra: determinant, inverse, solve. Stacked matrices stand in front, as in NumPy.

References
----------
M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, in: Advances in Automatic Differentiation, Springer 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kinds import Constant, Custom
from ..rules import analytic, implements, reduction
from ..shapes import align, sum_to_shape
from .arguments import array, whole_numbers
from .degenerate import named_tuple, square, swap
from .elementwise import size_of

Shape = tuple[int, ...]


def _matrix_reduction(function: Any) -> Any:
    def evaluate(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
        return function(x)

    evaluate.__name__ = function.__name__
    return evaluate


def _log_determinant(x: Any) -> Any:
    return np.linalg.slogdet(x)[1]


def cofactors(out: Any, x: Any, axes: Any) -> Any:
    """Partials of the determinant: det(x) inv(x)^T, and by minors where x is singular or nearly so."""
    try:
        inverse = np.linalg.inv(x)
    except np.linalg.LinAlgError:
        return _minors(x)
    # Near a singular matrix the product is 0 times infinity: its own derivative would lose all digits.
    if x.size and bool(np.any(np.max(size_of(inverse), axis=(-2, -1)) * np.max(size_of(x), axis=(-2, -1)) > _ILL_CONDITIONED)):
        return _minors(x)
    return out * swap(inverse)


#: Beyond this size of max |x| max |inv(x)|, derivatives of the determinant are taken by minors.
_ILL_CONDITIONED = 1e7


def _minors(x: Any) -> Any:
    size = x.shape[-1]
    rows = []
    for i in range(size):
        row = []
        for j in range(size):
            rest = x[..., [r for r in range(size) if r != i], :][..., [c for c in range(size) if c != j]]
            row.append((-1.0) ** (i + j) * np.linalg.det(rest))
        rows.append(np.stack(row, axis=-1))
    return np.stack(rows, axis=-2)


determinant = reduction(_matrix_reduction(np.linalg.det), cofactors)
determinant_sign = Constant("slogdet_sign", lambda x: np.linalg.slogdet(x)[0])


def _inverse_where_there_is_one(x: Any) -> Any:
    """The inverses, and NaN for singular matrices, at which log|det| has no derivative."""
    singular = np.asarray(whole_numbers(np.isneginf(np.linalg.slogdet(x)[1])))[..., None, None]
    if not singular.any():
        return np.linalg.inv(x)
    return np.where(singular, np.nan, np.linalg.inv(np.where(singular, np.eye(x.shape[-1]), x)))


log_determinant = reduction(_matrix_reduction(_log_determinant), lambda out, x, axes: swap(_inverse_where_there_is_one(x)))
log_determinant.name = "slogdet"


@implements(np.linalg.det)
def det(a: Any) -> Any:
    return determinant(square(a, "det"), axes=(-2, -1), keepdims=False)


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    a = square(a, "slogdet")
    logarithm = log_determinant(a, axes=(-2, -1), keepdims=False)
    return named_tuple(np.linalg.slogdet)(determinant_sign(a), logarithm)


def _inverse_push(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    return -np.matmul(np.matmul(out, tangents[0]), out)


def _inverse_pull(position: int, g: Any, out: Any, values: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    transposed = swap(out)
    return -np.matmul(np.matmul(transposed, g), transposed)


inverse = Custom("inv", np.linalg.inv, _inverse_push, _inverse_pull)
inverse.stacked = 2


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    return inverse(square(a, "inv"))


def _solve_push(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    aligned: list[Any] = [
        None if tangent is None else align(tangent, value.shape, out.ndim)
        for tangent, value in zip(tangents, values, strict=True)
    ]
    change_a, change_b = aligned
    if change_a is None:
        return np.linalg.solve(values[0], change_b)
    moved = np.matmul(change_a, out)
    return np.linalg.solve(values[0], -moved if change_b is None else change_b - moved)


def _solve_pull(position: int, g: Any, out: Any, values: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    lead = np.ndim(g) - np.ndim(out)
    change_b = np.linalg.solve(swap(values[0]), g)
    if position == 1:
        return sum_to_shape(change_b, shapes[1], lead)
    return sum_to_shape(-np.matmul(change_b, swap(out)), shapes[0], lead)


#: The solution of a x = b for matrices b.
solve_matrix = Custom("solve", np.linalg.solve, _solve_push, _solve_pull)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    a, b = square(a, "solve"), array(b)
    return solve_matrix(a, b[:, None])[..., 0] if b.ndim == 1 else solve_matrix(a, b)


analytic(determinant, inverse, solve_matrix)
