"""What follows from the rows: how cost grows, where two methods change places, when preparing pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..formatting import format_count, plural
from ..measure.break_even import break_even
from ..measure.scaling import fit_scaling
from ..rows import Row
from .cells import cells_of

#: Cells that a list of sentences names at most.
_LISTED = 16


@dataclass
class Conclusions:
    """Sentences for the sections of a report, and the line of its map.

    Parameters
    ----------
    notes : dict of str to list of str
        Section -> sentences.
    crossover : callable or None
        A number of inputs -> the number of outputs at which two methods cost the same.
    """

    notes: dict[str, list[str]] = field(default_factory=dict)
    crossover: Callable[[float], float] | None = None


def conclude(rows: Sequence[Row]) -> Conclusions:
    """Fit what can be fitted, and say it.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    Conclusions
    """
    found = Conclusions()
    if grid := [row for row in rows if row.part == "grid"]:
        scaling = fit_scaling(grid)
        *growth, line = scaling.sentences
        found.notes |= {"map": [line], "growth": growth}
        if scaling.crossover is not None:
            found.crossover = scaling.crossover.m_at
    found.notes["break-even"] = _break_even(rows)
    return found


def _break_even(rows: Sequence[Row]) -> list[str]:
    """For each cell with a prepared method: from which call on it beats the fastest of the others."""
    cells = cells_of([row for row in rows if row.part != "grid"])
    found = []
    for (name, n, m), cell in cells.items():
        rivals = [row for row in cell if row.succeeded and not row.prepared.samples]
        if not rivals:
            continue
        fastest = min(rivals, key=lambda row: row.seconds)
        prepared = [row for row in cell if row.prepared.samples]
        found += [
            f"{name}, {plural(n, 'input')}, {plural(m, 'output')}: {one}"
            for one in break_even([*prepared, fastest])
            if one.rival == fastest.method
        ]
    rest = len(found) - _LISTED
    return found if rest <= 0 else [*found[:_LISTED], f"{format_count(rest)} more cells are in the tables."]
