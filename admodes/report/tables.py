"""The tables of a report: every problem cell by cell, what failed, what is in doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..formatting import format_count, format_number
from ..measure.table import COLUMNS
from ..rows import Row, named
from .cells import cells_of, shortened, where

#: As many rows stand in the page itself; longer tables are written when they are opened.
_INLINE = 600
_LISTED = 20
#: What every row starts with: the columns of a comparison have the method first, and no sizes.
_METHOD = "method"


@dataclass(frozen=True)
class Line:
    """One row of a table as text."""

    method: str
    status: str
    starts: bool
    cells: tuple[str, ...]

    def packed(self) -> list[str | int]:
        """As a page's script reads it: the status, whether a new cell starts, the texts with the method first."""
        return [self.status, int(self.starts), *self.cells]


@dataclass
class Table:
    """All measurements of one problem.

    Parameters
    ----------
    name : str
        The problem, and the operator where it is not the plain derivative.
    problem : str
    columns : tuple of (str, bool)
        Heading, and whether it is text.
    lines : list of Line
    cells : int
        How many functions of different size they are.
    inline : bool
        Whether the lines stand in the page itself.
    """

    name: str
    problem: str
    columns: tuple[tuple[str, bool], ...]
    lines: list[Line] = field(repr=False)
    cells: int
    inline: bool = False

    @property
    def aligned(self) -> str:
        """One letter a column: t for text, n for numbers."""
        return "".join("t" if is_text else "n" for _, is_text in self.columns)


@dataclass(frozen=True)
class Failure:
    """What did not succeed for one reason, and where."""

    method: str
    status: str
    reason: str
    count: int
    places: str


def tables_of(rows: Sequence[Row]) -> list[Table]:
    """One table for each problem and operator, in the order of the file; the shortest stand in the page itself."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(named(row), []).append(row)
    tables = [_table(name, group) for name, group in groups.items()]
    left = _INLINE
    for table in sorted(tables, key=lambda table: len(table.lines)):
        left -= len(table.lines)
        table.inline = left >= 0
    return tables


def _table(name: str, rows: Sequence[Row]) -> Table:
    shown = [column for column in COLUMNS if column[0] != _METHOD]
    lines = []
    cells = cells_of(rows)
    for cell in cells.values():
        for place, row in enumerate(cell):
            texts = (row.method, f"{row.inputs:,} → {row.outputs:,}", *(text(row) for _, _, text in shown))
            lines.append(Line(row.method, row.status, place == 0, texts))
    columns = ((_METHOD, True), ("in → out", True), *((title, is_text) for title, is_text, _ in shown))
    return Table(name, rows[0].problem, columns, lines, len(cells))


def failures_of(rows: Sequence[Row]) -> list[Failure]:
    """What did not succeed, equal reasons of one method together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row.status != "ok":
            groups.setdefault((row.method, row.status, row.reason), []).append(where(row))
    return [Failure(*names, len(places), shortened(places)) for names, places in groups.items()]


def doubts_of(rows: Sequence[Row]) -> list[str]:
    """Rows whose time or check is not to be taken as it stands, and why."""
    lines = [
        f"{row.method} on {where(row)}: the time is {format_number(row.ratio)} times that of f, "
        f"but f was called {format_count(row.calls)} times."
        for row in rows
        if row.suspect
    ]
    rest = len(lines) - _LISTED
    lines = lines if rest <= 0 else [*lines[:_LISTED], f"{rest:,} more such times are too short for their calls of f."]
    groups: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.succeeded and not row.time.samples:
            reason = "The time is that of the first call, there was no time for a second one"
            groups.setdefault(reason, {})[f"{row.method} on {where(row)}"] = None
        if row.check not in ("", "guarded"):
            groups.setdefault(f"The check is {row.check}", {})[where(row)] = None
    return [*lines, *(f"{reason}: {shortened(list(places))}." for reason, places in groups.items())]
