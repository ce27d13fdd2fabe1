"""Second derivatives of a scalar f, put together from those along straight lines.

Along the sum of two directions, ``(a + b)' H (a + b) = a' H a + b' H b + 2 a' H b``: each mixed derivative takes one line
more than the pure ones. The directions are as long as the steps that suit them, so that all three terms are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .lines import Array, Derivatives, Direction, Point, unit_direction

#: Second derivatives along lines, with the largest steps given or chosen.
Along = Callable[[Sequence[Direction], Array | None], Derivatives]


def hessian_matrix(point: Point, along: Along, steps: Array | None) -> Array:
    """All second derivatives, shape (n, n)."""
    size = point.x.size
    pure = along([unit_direction(element) for element in range(size)], steps)
    lengths = pure.steps
    first, second = np.triu_indices(size, 1)
    pairs = [(np.array(pair), lengths[list(pair)]) for pair in zip(first, second, strict=True)]
    sums = along(pairs, np.ones(len(pairs))).value[:, 0]
    matrix = np.diag(pure.value[:, 0])
    with np.errstate(all="ignore"):
        squares = pure.value[:, 0] * lengths * lengths
        mixed = (sums - squares[first] - squares[second]) / 2 / lengths[first] / lengths[second]
    matrix[first, second] = matrix[second, first] = mixed
    return matrix


def hessian_products(point: Point, along: Along, steps: Array | None, vectors: Array) -> Array:
    """The Hessian times each of the vectors, shapes (k, n)."""
    size = point.x.size
    if len(vectors) * (size + 1) >= size * (size - 1) / 2:
        return np.asarray(vectors @ hessian_matrix(point, along, steps))
    pure = along([unit_direction(element) for element in range(size)], steps)
    return np.array([_product(point, along, steps, pure, vector) for vector in vectors]).reshape(vectors.shape)


def _product(point: Point, along: Along, steps: Array | None, pure: Derivatives, vector: Array) -> Array:
    largest = float(np.max(np.abs(vector)))
    if largest == 0 or not np.isfinite(largest):
        return np.zeros_like(vector) if largest == 0 else np.full_like(vector, np.nan)
    direction = line_direction(vector / largest)
    own = along([direction], None if steps is None else largest_steps([direction], steps))
    length = own.steps[0]
    lines, signs = [], np.where(vector < 0, -1.0, 1.0)
    for element in range(vector.size):
        amounts = vector / largest * length
        amounts[element] += signs[element] * pure.steps[element]
        lines.append(line_direction(amounts))
    sums = along(lines, np.ones(vector.size)).value[:, 0]
    with np.errstate(all="ignore"):
        squares = pure.value[:, 0] * pure.steps * pure.steps + own.value[0, 0] * length * length
        return np.asarray(signs * (sums - squares) / 2 / pure.steps / length * largest)


def line_direction(vector: Array) -> Direction:
    """Along a vector over all input elements."""
    elements = np.flatnonzero(vector)
    return elements, vector[elements]


def largest_steps(directions: Sequence[Direction], steps: Array) -> Array:
    """Steps along lines on which no element moves further than its own of `steps`."""
    return np.array([np.min(steps[elements] / np.abs(amounts)) for elements, amounts in directions])
