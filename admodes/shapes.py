"""Shapes of tangents and cotangents: room for axes that broadcasting adds, and its transpose, beside a leading axis of seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Shape = tuple[int, ...]


def lead_of(array: Any, shape: Shape) -> int:
    """How many axes `array` has in front of `shape`: one of k seeds, or none."""
    return array.ndim - len(shape)  # type: ignore[no-any-return]


def align(tangent: Any, shape: Shape, ndim: int) -> Any:
    """(k, 3) to (k, 1, 3): room for the axes that broadcasting puts in front of the operand's own."""
    missing = ndim - len(shape)
    return tangent.reshape(tangent.shape[:1] + (1,) * missing + shape) if missing > 0 else tangent


def sum_to_shape(array: Any, shape: Shape, lead: int) -> Any:
    """The transpose of broadcasting: sum `array` down to `shape`, keeping `lead` leading axes."""
    found = array.shape
    if found[lead:] == shape:
        return array
    start = len(found) - len(shape)
    stretched = [start + i for i, size in enumerate(shape) if size == 1 and found[start + i] != 1]
    axes = (*range(lead, start), *stretched)
    # np.sum itself only where it is needed: it takes as long as the sum of a thousand numbers.
    summed = np.add.reduce(array, axis=axes) if type(array) is np.ndarray else np.sum(array, axis=axes)
    return summed.reshape(found[:lead] + shape) if stretched else summed


def broadcast_seeds(tangent: Any, shape: Shape) -> Any:
    """The tangent at its full shape ``(k, *shape)``, or a later sum would be silently short."""
    full = tangent.shape[:1] + shape
    return tangent if tangent.shape == full else np.broadcast_to(tangent, full)


def reduced_shape(shape: Shape, axes: Sequence[int]) -> Shape:
    """`shape` with the (negative) `axes` kept at length one."""
    kept = list(shape)
    for axis in axes:
        kept[axis] = 1
    return tuple(kept)
