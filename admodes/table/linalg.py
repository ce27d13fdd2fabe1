"""Linear algebra: determinant, inverse, solve, norms. Stacked matrices stand in front, as in NumPy.

References
----------
M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, in: Advances in Automatic Differentiation, Springer 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kinds import Constant, Custom, align, sum_to_shape
from ..rules import analytic, implements, reduction
from .arguments import array, missing_option
from .complex_values import magnitude
from .reductions import euclid
from .structural import negative_axes

Shape = tuple[int, ...]


def _swap(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


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
    if x.size and bool(np.any(np.max(np.abs(inverse), axis=(-2, -1)) * np.max(np.abs(x), axis=(-2, -1)) > _ILL_CONDITIONED)):
        return _minors(x)
    return out * _swap(inverse)


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
log_determinant = reduction(_matrix_reduction(_log_determinant), lambda out, x, axes: _swap(np.linalg.inv(x)))


@implements(np.linalg.det)
def det(a: Any) -> Any:
    return determinant(_square(a, "det"), axes=(-2, -1), keepdims=False)


@implements(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    a = _square(a, "slogdet")
    logarithm = log_determinant(a, axes=(-2, -1), keepdims=False)
    return _slogdet_result()(determinant_sign(a), logarithm)


def _slogdet_result() -> Any:
    return type(np.linalg.slogdet(np.ones((1, 1))))


def _square(a: Any, name: str) -> Any:
    a = array(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"np.linalg.{name} needs square matrices in the last two axes, but got shape {a.shape}.")
    return a


def _inverse_push(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    return -np.matmul(np.matmul(out, tangents[0]), out)


def _inverse_pull(position: int, g: Any, out: Any, values: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    transposed = _swap(out)
    return -np.matmul(np.matmul(transposed, g), transposed)


inverse = Custom("inv", np.linalg.inv, _inverse_push, _inverse_pull)


@implements(np.linalg.inv)
def inv(a: Any) -> Any:
    return inverse(_square(a, "inv"))


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
    change_b = np.linalg.solve(_swap(values[0]), g)
    if position == 1:
        return sum_to_shape(change_b, shapes[1], lead)
    return sum_to_shape(-np.matmul(change_b, _swap(out)), shapes[0], lead)


#: The solution of a x = b for matrices b.
solve_matrix = Custom("solve", np.linalg.solve, _solve_push, _solve_pull)


@implements(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    a, b = _square(a, "solve"), array(b)
    return solve_matrix(a, b[:, None])[..., 0] if b.ndim == 1 else solve_matrix(a, b)


analytic(determinant, inverse, solve_matrix)


@implements(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002 - NumPy's own name
    x = magnitude(array(x))
    axes = negative_axes(axis, x.ndim)
    if ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2):
        return euclid(x, axes=axes, keepdims=bool(keepdims))
    if len(axes) == 1:
        return vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(
            f"np.linalg.norm with ord={ord!r} needs one axis or two, but got axis={axis} of an array of shape {x.shape}."
        )
    return _matrix_norm(x, ord, axis if axis is not None else (0, 1), keepdims)


def vector_norm(x: Any, order: Any, axis: int, keepdims: bool) -> Any:
    """The p-norm of vectors along one axis."""
    if isinstance(order, str):
        raise ValueError(  # noqa: TRY004 - the error that NumPy raises
            f"np.linalg.norm with ord={order!r} is a norm of matrices, but it was asked for along one axis."
        )
    magnitude = np.abs(x)
    if order == np.inf:
        return np.max(magnitude, axis=axis, keepdims=keepdims)
    if order == -np.inf:
        return np.min(magnitude, axis=axis, keepdims=keepdims)
    if order == 0:
        return np.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    if order == 1:
        return np.sum(magnitude, axis=axis, keepdims=keepdims)
    powers = np.sum(magnitude**order, axis=axis, keepdims=keepdims)
    zero = powers == 0
    return np.where(zero, 0.0, np.where(zero, 1.0, powers) ** (1.0 / order))


def _matrix_norm(x: Any, order: Any, axis: Any, keepdims: bool) -> Any:
    row, column = (int(number) % x.ndim for number in axis)
    if order in (1, -1, np.inf, -np.inf):
        summed, chosen = (row, column) if abs(order) == 1 else (column, row)
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        extreme = np.max(sums, axis=chosen, keepdims=True) if order > 0 else np.min(sums, axis=chosen, keepdims=True)
        return extreme if keepdims else np.squeeze(extreme, (row, column))
    return missing_option(np.linalg.norm, f"ord={order!r} of matrices (it needs singular values)")
