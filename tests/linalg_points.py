"""Points of linear algebra where all is determined: no two singular values or eigenvalues are alike, none is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

RNG = np.random.default_rng(31)


def normal(*shape: int) -> np.ndarray:
    """Random numbers."""
    return RNG.normal(size=shape)


def with_singular_values(rows: int, columns: int, values: Any) -> np.ndarray:
    """A random matrix with these singular values, far enough apart for differences."""
    left, right = np.linalg.qr(normal(rows, rows))[0], np.linalg.qr(normal(columns, columns))[0]
    return left[:, : len(values)] @ np.diag(values) @ right[:, : len(values)].T


def with_eigenvalues(values: Any) -> np.ndarray:
    """A matrix that is not symmetric, with these eigenvalues."""
    basis = normal(len(values), len(values)) + 2.5 * np.eye(len(values))
    return basis @ np.diag(values) @ np.linalg.inv(basis)


def symmetric(values: Any) -> np.ndarray:
    """A matrix whose lower and upper triangles both belong to symmetric matrices, not the same: NumPy reads one of them."""
    basis = np.linalg.qr(normal(len(values), len(values)))[0]
    made = basis @ np.diag(values) @ basis.T
    return made + 0.05 * np.triu(normal(len(values), len(values)), 1)


S3, S4 = symmetric([-1.0, 0.7, 2.5]), symmetric([0.8, 1.9, 3.1, 4.6])
SPD = symmetric([2.0, 3.5, 5.0])
SYMMETRIC_STACK = np.stack([S3, symmetric([0.5, 2.0, 3.0])])
SPD_STACK = np.stack([SPD, symmetric([4.0, 2.0, 3.0])]).reshape(2, 1, 3, 3)
TALL, WIDE, SQUARE = (with_singular_values(*shape, [3.0, 1.9, 0.8]) for shape in ((4, 3), (3, 5), (3, 3)))
PAIR = np.stack([with_singular_values(3, 2, [2.5, 1.0]), with_singular_values(3, 2, [1.6, 0.7])])
REAL = with_eigenvalues([-1.2, 0.6, 2.0])
REAL_STACK = np.stack([REAL, with_eigenvalues([3.0, 1.0, -2.0])])
#: No element near 0, and no two absolute values alike.
BLOCK = RNG.permutation(np.linspace(0.4, 2.0, 48) * np.resize([1.0, -1.0], 48)).reshape(2, 3, 4, 2)
