"""Which rows go on one curve: one problem, one operator, and one number of the other size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import NothingToDrawError, OptionError
from ..formatting import join_words
from ..rows import Row
from .quantities import Quantity

#: Each size, and the one that is held fixed while it varies.
OTHER = {"inputs": "outputs", "outputs": "inputs"}


def check_axis(axis: str) -> str:
    """The other axis.

    Raises
    ------
    OptionError
        If there is no such axis.
    """
    if axis not in OTHER:
        raise OptionError(f'axis={axis!r} is not known: write axis="inputs" or axis="outputs".')
    return OTHER[axis]


def split(rows: Sequence[Row], axis: str) -> dict[tuple[str, str, int], list[Row]]:
    """(problem, operator, number of the other size) -> the rows of that curve, the smallest first."""
    other = check_axis(axis)
    curves: dict[tuple[str, str, int], list[Row]] = {}
    # On a logarithmic axis there is no place for a function without inputs.
    for row in sorted((row for row in rows if getattr(row, axis) > 0), key=lambda row: int(getattr(row, axis))):
        curves.setdefault((row.problem, row.operator, getattr(row, other)), []).append(row)
    return curves


def sizes_of(rows: Sequence[Row], axis: str, quantity: Quantity) -> list[int]:
    """The sizes at which any method has the quantity."""
    return sorted({getattr(row, axis) for row in rows if is_drawable(quantity.of(row))})


def is_drawable(value: float) -> bool:
    """Whether a logarithmic axis has a place for it."""
    return math.isfinite(value) and value > 0


def longest(rows: Sequence[Row], axis: str, quantity: Quantity, fixed: int | None = None) -> list[Row]:
    """The rows of the curve with the most sizes, of the smallest number of the other size among equals.

    Parameters
    ----------
    rows : sequence of Row
    axis : str
        "inputs" or "outputs".
    quantity : Quantity
    fixed : int, optional
        The number of the other size.

    Raises
    ------
    NothingToDrawError
        If no row has the quantity, or none the fixed size.
    """
    other = check_axis(axis)
    curves = split(rows, axis)
    if fixed is not None:
        there = sorted({key[2] for key in curves})
        curves = {key: curve for key, curve in curves.items() if key[2] == fixed}
        if not curves:
            known = join_words([f"{number:,}" for number in there], "or") or "no other"
            raise NothingToDrawError(f"No row has {fixed:,} {other}: there are rows with {known}.")
    drawable = {key: curve for key, curve in curves.items() if sizes_of(curve, axis, quantity)}
    if not drawable:
        raise NothingToDrawError(f"No row has the {quantity.name}: {_why(rows)}.")
    best = max(drawable, key=lambda key: (len(sizes_of(drawable[key], axis, quantity)), -key[2]))
    return drawable[best]


def _why(rows: Sequence[Row]) -> str:
    """What the rows are, where none can be drawn."""
    if not rows:
        return "there are no rows"
    statuses = list(dict.fromkeys(row.status for row in rows))
    return (
        f"the status of all {len(rows)} is {statuses[0]}" if len(statuses) == 1 else f"their statuses are {join_words(statuses)}"
    )
