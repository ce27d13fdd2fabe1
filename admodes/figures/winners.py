"""Who is the fastest in one cell, with whom it ties, and whether a rival that was not run leaves that open."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..rows import Row
from .quantities import TIE

#: Statuses of rows that were never run, though nothing speaks against the method.
_NOT_RUN = ("skipped", "lost")


def ranked(rows: Sequence[Row]) -> list[Row]:
    """The verified rows of one cell, the fastest first."""
    return sorted((row for row in rows if row.succeeded), key=lambda row: row.seconds)


def cheapest(rows: Sequence[Row]) -> tuple[Row | None, float]:
    """The fastest verified row of one cell, and how many times longer the next method takes (NaN without one)."""
    ordered = ranked(rows)
    if not ordered:
        return None, math.nan
    return ordered[0], ordered[1].seconds / ordered[0].seconds if len(ordered) > 1 else math.nan


def tied(rows: Sequence[Row]) -> list[Row]:
    """The fastest verified row and those that are as fast, the fastest first."""
    ordered = ranked(rows)
    return [row for row in ordered if row.seconds < TIE * ordered[0].seconds]


def not_run(cell: Sequence[Row]) -> list[Row]:
    """The rivals that might be faster than the fastest verified row for all that is known.

    A timeout after more seconds than the fastest takes is a bound, and so is running out of memory at a smaller size.
    """
    best, _ = cheapest(cell)
    seconds = math.inf if best is None else best.seconds
    return [row for row in cell if _is_open(row, seconds)]


def _is_open(row: Row, seconds: float) -> bool:
    if row.status == "timeout":
        return not row.stopped_after >= seconds
    return row.status in _NOT_RUN and not row.reason.startswith("ran out of memory")
