"""Rows of one function at one size, side by side: which of the exact methods lead there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..figures.winners import not_run, tied
from ..formatting import format_count
from ..measure.operation import WHOLE
from ..measure.recommendation import most_exact
from ..rows import Row, named

#: Problem and operator, inputs, outputs.
Place = tuple[str, int, int]


def where(row: Row) -> str:
    """The function and its size: ``rosenbrock 10 → 1``."""
    return f"{named(row)} {row.inputs:,} → {row.outputs:,}"


def place_of(row: Row) -> Place:
    """The cell that a row belongs to."""
    return named(row), row.inputs, row.outputs


def cells_of(rows: Iterable[Row]) -> dict[Place, list[Row]]:
    """The rows of each cell, one a method, in the order of the file."""
    cells: dict[Place, list[Row]] = {}
    for row in rows:
        cells.setdefault(place_of(row), []).append(row)
    return cells


def first_derivatives(rows: Iterable[Row]) -> list[Row]:
    """Rows in which the whole first derivative was asked for."""
    return [row for row in rows if row.operator in WHOLE]


def leaders(cell: Sequence[Row]) -> tuple[str, ...]:
    """The fastest exact method of a cell and those that tie with it, in the order of the file; none where nothing is exact."""
    best = [row.method for row in tied(most_exact(cell))]
    return tuple(row.method for row in cell if row.method in best)


def is_settled(cell: Sequence[Row]) -> bool:
    """Whether no method that might be the fastest exact one was left out."""
    return not not_run([*most_exact(cell), *(row for row in cell if not row.succeeded)])


def shortened(texts: Sequence[str], most: int = 8) -> str:
    """The first few of a list, and how many more there are."""
    rest = len(texts) - most
    return "; ".join(texts[:most]) + (f"; and {format_count(rest)} more" if rest > 0 else "")


def capitalized(text: str) -> str:
    """With a capital at its head, the rest as it is."""
    return text[:1].upper() + text[1:]
