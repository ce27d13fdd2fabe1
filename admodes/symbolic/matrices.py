"""Determinant, inverse and solution of small systems, on object arrays of expressions, by minors."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from ..errors import UnsupportedError

#: The expressions grow as n factorial.
LARGEST = 4


def _check(matrix: Any, name: str) -> None:
    size = matrix.shape[-1]
    if size > LARGEST:
        raise UnsupportedError(
            f"Symbolic mode takes np.linalg.{name} of matrices up to {LARGEST} x {LARGEST}, but this one is {size} x {size}: the "
            "expressions grow as n factorial. Use method='forward' or method='reverse'."
        )


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
