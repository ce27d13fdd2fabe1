"""Small matrices of expressions: determinant, inverse and solution of systems by minors, and the factor of Cholesky."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from .refusals import too_large

#: The expressions grow as n factorial.
LARGEST = 4


def _check(matrix: Any, name: str) -> None:
    size = matrix.shape[-1]
    if size > LARGEST:
        what = f"of matrices up to {LARGEST} x {LARGEST}, but this one is {size} x {size}"
        raise too_large(f"np.linalg.{name}", what, "the expressions grow as n factorial")


def _minor(matrix: Any, row: int, column: int) -> Any:
    return np.delete(np.delete(matrix, row, 0), column, 1)


def _expand(matrix: Any) -> Any:
    """The determinant by minors of the first row."""
    if matrix.shape[0] == 0:
        return sympy.S.One
    return sympy.Add(*((-1) ** j * matrix[0, j] * _expand(_minor(matrix, 0, j)) for j in range(matrix.shape[0])))


def determinant(matrix: Any, name: str = "det") -> Any:
    """The determinant of a square object array.

    Raises
    ------
    UnsupportedError
        It is larger than 4 x 4.
    """
    _check(matrix, name)
    return _expand(matrix)


def _adjugate(matrix: Any) -> Any:
    made = np.empty(matrix.shape, dtype=object)
    for i, j in np.ndindex(*matrix.shape):
        made[i, j] = (-1) ** (i + j) * _expand(_minor(matrix, j, i))
    return made


def inverse(matrix: Any) -> Any:
    """The inverse of a square object array: its adjugate over its determinant."""
    size = determinant(matrix, "inv")
    return np.array([[entry / size for entry in row] for row in _adjugate(matrix)], dtype=object).reshape(matrix.shape)


def solve(matrix: Any, right: Any) -> Any:
    """The solution of ``matrix @ x = right``, for a matrix of right sides."""
    size = determinant(matrix, "solve")
    adjugate = _adjugate(matrix)
    made = np.empty(right.shape, dtype=object)
    for i, k in np.ndindex(*right.shape):
        made[i, k] = sympy.Add(*(adjugate[i, j] * right[j, k] for j in range(right.shape[0]))) / size
    return made


def lower_factor(matrix: Any) -> Any:
    """The lower factor of Cholesky, of a symmetric matrix."""
    _check(matrix, "cholesky")
    factor = np.full(matrix.shape, sympy.S.Zero, dtype=object)
    for i, j in zip(*np.tril_indices(matrix.shape[0]), strict=True):
        rest = matrix[i, j] - sympy.Add(*factor[i, :j] * factor[j, :j])
        factor[i, j] = sympy.sqrt(rest) if i == j else rest / factor[j, j]
    return factor
