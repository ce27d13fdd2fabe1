"""Cholesky factors up to 4 x 4, and the eigenvalues and singular values that have a closed form: those of 2 x 2 matrices.

Lengths that are 0 have the slope 0 here, and so equal values share their derivative and values of 0 have that of abs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from ..table.decompositions import lower_factor
from ..table.eigenvalues import symmetric_eigenvalues
from ..table.norms import nuclear, smallest_singular, spectral
from ..table.singular import singular_values
from . import functions as own
from . import matrices
from .arrays import rule, stacked
from .objects import as_objects
from .refusals import too_large


@rule(lower_factor)
def _cholesky(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, upper: bool) -> Any:
    return stacked(matrices.lower_factor, [as_objects(traces[0], values[0])], np.shape(out), 2)


def _eigenvalues(matrix: Any) -> Any:
    """Of a symmetric matrix, in increasing order."""
    if matrix.shape[0] < 2:
        return np.diagonal(matrix)
    _check(matrix, "eigvalsh")
    (a, b), (_, d) = matrix
    middle, half = (a + d) / 2, own.euclid((a - d) / 2, b)
    return np.array([middle - half, middle + half], dtype=object)


def _singular_values(matrix: Any) -> Any:
    """In decreasing order."""
    if 0 in matrix.shape:
        return np.empty(0, dtype=object)
    if 1 in matrix.shape:
        return np.array([own.euclid(*matrix.ravel())], dtype=object)
    _check(matrix, "svdvals")
    (a, b), (c, d) = matrix
    turned, mirrored = own.euclid(a + d, c - b), own.euclid(a - d, b + c)
    return np.array([(turned + mirrored) / 2, own.absolute(turned - mirrored) / 2], dtype=object)


def _check(matrix: Any, name: str) -> None:
    if matrix.shape != (2, 2):
        what = "of matrices up to 2 x 2, but this one is {} x {}".format(*matrix.shape)
        raise too_large(f"np.linalg.{name}", what, "the values of larger ones are roots of polynomials without a useful formula")


@rule(symmetric_eigenvalues)
def _eigvalsh(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, uplo: Any) -> Any:
    return stacked(_eigenvalues, [as_objects(traces[0], values[0])], np.shape(out), 1)


@rule(singular_values)
def _svdvals(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    return stacked(_singular_values, [as_objects(traces[0], values[0])], np.shape(out), 1)


def _norm(primitive: Any, of_values: Callable[[Any], Any]) -> None:
    def norm(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, **_: Any) -> Any:
        return stacked(lambda matrix: of_values(_singular_values(matrix)), [as_objects(traces[0], values[0])], np.shape(out), 0)

    rule(primitive)(norm)


_norm(spectral, lambda found: found[0])
_norm(smallest_singular, lambda found: found[-1])
_norm(nuclear, lambda found: sympy.Add(*found))
