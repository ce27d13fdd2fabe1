"""What follows from the rows: how cost grows, where two methods change places, when preparing pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..errors import NothingToDrawError
from ..figures.preparation import prepared_cell
from ..formatting import plural
from ..measure.break_even import BreakEven, break_even
from ..measure.scaling import fit_scaling
from ..rows import Row
from .cells import Place, capitalized, cells_of, place_of, shortened, where
from .growth import Growth, growth_of

#: Cells that a list of sentences names at most, beside that of the figure.
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
    growth : list of Growth
        The powers that were fitted.
    growth_sentences : list of str
        The same in words, with ranges and overheads.
    """

    notes: dict[str, list[str]] = field(default_factory=dict)
    crossover: Callable[[float], float] | None = None
    growth: list[Growth] = field(default_factory=list)
    growth_sentences: list[str] = field(default_factory=list)


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
        found.growth, found.growth_sentences = growth_of(scaling), list(scaling.told)
        line = scaling.sentences[-1:] if any(row.succeeded for row in grid) else ()
        found.notes |= {"map": list(line), "growth": list(scaling.untold)}
        if scaling.crossover is not None:
            found.crossover = scaling.crossover.m_at
    found.notes["break-even"] = [*_break_even(rows), *_not_prepared(rows)]
    return found


def _break_even(rows: Sequence[Row]) -> list[str]:
    """For the cell of the figure every pair of methods, for the others each prepared method against the fastest rival."""
    cells = cells_of(rows)
    try:
        first = place_of(prepared_cell(rows)[0])
    except NothingToDrawError:
        return []
    shown = _sentences(first, break_even(cells.pop(first)))
    found: list[str] = []
    others = [(place, cell) for place, cell in cells.items() if _prepared(cell) and _unprepared(cell)]
    # An interval takes thousands of draws: only what is listed is computed.
    for place, cell in others[:_LISTED]:
        fastest = min(_unprepared(cell), key=lambda row: row.seconds)
        found += _sentences(place, [one for one in break_even([*_prepared(cell), fastest]) if one.rival == fastest.method])
    if found:
        found.insert(0, "The other cells, each against the fastest of the methods that were not prepared:")
    rest = len(others) - _LISTED
    return [*shown, *found, *([f"{plural(rest, 'more cell')} with a prepared method are in the tables."] if rest > 0 else [])]


def _not_prepared(rows: Sequence[Row]) -> list[str]:
    """Why methods that can prepare have no break-even count, equal reasons together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.unprepared:
            groups.setdefault((row.method, row.unprepared), []).append(where(row))
    return [
        f"{capitalized(method)} was not prepared in {plural(len(places), 'cell')} ({shortened(places, 4)}): {reason}."
        for (method, reason), places in groups.items()
    ]


def _prepared(cell: Sequence[Row]) -> list[Row]:
    return [row for row in cell if row.succeeded and row.prepared.samples]


def _unprepared(cell: Sequence[Row]) -> list[Row]:
    return [row for row in cell if row.succeeded and not row.prepared.samples]


def _sentences(place: Place, pairs: Sequence[BreakEven]) -> list[str]:
    name, n, m = place
    return [f"{name}, {plural(n, 'input')}, {plural(m, 'output')}: {one}" for one in pairs]
