"""Whether a compressed matrix is the whole one: one product with a random seed, and a row by itself where they differ."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..errors import SparsityError
from .products import Products

#: Rounding that a product and the sum of its parts may differ by, in units of the type's rounding.
_ROUNDING = 1000
#: Rows that are looked at one by one, the worst first.
_MOST_ROWS = 64


def random_seed(length: int, dtype: Any) -> np.ndarray:
    """Numbers between 1/2 and 3/2 of either sign, the same in each run: none of them hides an entry."""
    rng = np.random.default_rng(0)
    return np.asarray(rng.uniform(0.5, 1.5, length) * rng.choice([-1.0, 1.0], length), dtype)


class Trial(NamedTuple):
    """A random seed and its product: the derivative times the seed, or the seed times the derivative if not `forward`."""

    seed: np.ndarray
    product: np.ndarray
    forward: bool


def verify(products: Products, matrix: Any, trial: Trial, *, given: bool) -> None:
    """Compare a product with the matrix that was put together from the others.

    Parameters
    ----------
    products : Products
    matrix : csr_array
    trial : Trial
    given : bool
        Whether the pattern came from outside.

    Raises
    ------
    SparsityError
        There is an entry that the pattern leaves out, or f is another function in each run.
    """
    seed, product, forward = trial
    matrix = matrix if forward else matrix.T.tocsr()
    with np.errstate(all="ignore"):
        expected, scale = matrix @ seed, abs(matrix) @ abs(seed)
        off = np.abs(product - expected)
        tolerance = _tolerance(products, scale)
        suspicious = np.flatnonzero(np.isfinite(expected) & ~(off <= tolerance))
        suspicious = suspicious[np.argsort(-off[suspicious], kind="stable")]
    for line in suspicious[:_MOST_ROWS].tolist():
        if not products.exact:
            raise SparsityError(_refusal(f"{'row' if forward else 'column'} {line}", given))
        _look_at(products, matrix, line, forward=forward, given=given)


def _tolerance(products: Products, scale: np.ndarray) -> Any:
    if products.exact:
        return _ROUNDING * np.finfo(products.dtype).eps * scale
    of_slopes, of_values = products.precision
    return of_slopes * (scale + 0.01 * np.max(scale, initial=0)) + of_values * products.value


def _look_at(products: Products, matrix: Any, line: int, *, forward: bool, given: bool) -> None:
    """A row (a column if not `forward`) by itself, in the mode that finds all of it in one sweep, beside the matrix's."""
    exact = products.exact_row(line) if forward else products.exact_column(line)
    inside = slice(matrix.indptr[line], matrix.indptr[line + 1])
    places = matrix.indices[inside]
    outside = np.abs(exact)
    outside[places] = 0.0
    # What is rounding in the largest entries is rounding in a row that would be zero.
    scale, largest = np.max(np.abs(exact), initial=0), np.max(np.abs(matrix.data), initial=0)
    epsilon = np.finfo(products.dtype).eps
    worst = int(np.argmax(outside))
    if not outside[worst] <= max(_ROUNDING * epsilon * scale, epsilon * largest):
        row, column = (line, worst) if forward else (worst, line)
        raise SparsityError(_refusal(f"row {row}, column {column} ({exact[worst]:.3g})", given))
    if not np.all(np.abs(exact[places] - matrix.data[inside]) <= max(np.sqrt(epsilon) * scale, _ROUNDING * epsilon * largest)):
        raise SparsityError(
            f"Two sweeps of `{products.function.name}` disagree in {'row' if forward else 'column'} {line} of its derivative: is "
            "it another function in each call (random numbers, a counter)? Make the random numbers outside and pass them in args."
        )


def _refusal(where: str, given: bool) -> str:
    if given:
        return (
            f"The pattern leaves out an entry that is not zero: {where}. All others may be wrong with it. Add it, "
            "or write sparse=True and the pattern is found."
        )
    return (
        f"The pattern found on the tape leaves out an entry that is not zero: {where}. Either f is another function in each call "
        "(random numbers, a counter), or a rule is at fault. Write sparse=pattern, or take the dense derivative."
    )
