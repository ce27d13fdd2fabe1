"""The primitive of `admodes.special`, which only a program that has SciPy meets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..special import log_sum
from . import functions as own
from .arrays import cells, rule
from .objects import as_objects


@rule(log_sum)
def _log_sum_exp(
    level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axes: tuple[int, ...], keepdims: bool
) -> Any:
    """By pairs; where the sum is 0 or infinite, the largest share equally, as they do in a maximum."""

    def places(x: Any) -> Any:
        largest = np.max(x, axis=axes, keepdims=True, initial=-np.inf)
        return (x == largest) & np.isinf(largest)

    plain = np.asarray(values[0])
    infinite = places(plain)
    level.note("places_of_infinity", places, traces, values, infinite)
    made = np.empty(np.shape(out), dtype=object)
    flags = [row for _, row in cells(infinite, axes, made.shape)]
    for index, row in cells(as_objects(traces[0], plain), axes, made.shape):
        tied = [expression for expression, flag in zip(row, flags[index], strict=True) if flag]
        made.flat[index] = own.shared(list(tied)) if tied else _by_pairs(row)
    return made


def _by_pairs(row: list[Any]) -> Any:
    if len(row) < 2:
        return row[0]
    middle = len(row) // 2
    return own.logaddexp(_by_pairs(row[:middle]), _by_pairs(row[middle:]))
