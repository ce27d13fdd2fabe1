"""Large graphs made small: repeated parts, or the middle, become one cell that says how much it stands for.

Operations that follow each other in the evaluation can always be put together without a cycle: whatever lies on a path
from one of them to another was evaluated between them, so that it belongs to them. Inputs and constants read nothing, and
any of them can be put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ...formatting import plural
from .sketch import CONSTANT, INPUT, OUTPUT, SUMMARY, Cell, Link, Sketch, counted

#: Operations of the longest part whose repetition is looked for.
_LONGEST_PERIOD = 64
#: Repeated operations that stay at the beginning of a run, about.
_KEPT = 6
#: Inputs alike that stay: at the beginning and at the end.
_KEPT_SOURCES = (2, 1)

#: Indices of cells that become one, and the words for it.
_Part = tuple[list[int], str]


class _Run(NamedTuple):
    """A part of the evaluation that is made of `repeats` times the same `period` operations."""

    start: int
    period: int
    repeats: int

    @property
    def length(self) -> int:
        return self.period * self.repeats


def summarise(sketch: Sketch, most: int) -> Sketch:
    """The same with about `most` cells or fewer.

    Parameters
    ----------
    sketch : Sketch
    most : int

    Returns
    -------
    Sketch
        The one given where it has no more cells; otherwise with a note.
    """
    total = len(sketch.cells)
    if total <= most:
        return sketch
    found = _join(sketch, _repeated(sketch, most))
    if len(found.cells) > most:
        found = _join(found, _alike_sources(found))
    if len(found.cells) > most:
        found = _join(found, _middle(found, most))
        found = _join(found, _alike_sources(found))
    if len(found.cells) > most:
        found = _join(found, _many_sources(found, most))
    shown = sum(cell.kind != SUMMARY for cell in found.cells)
    note = f"{total:,} nodes, {shown} of them drawn: the dashed boxes stand for the others."
    return replace(found, note=note)


def _is_source(cell: Cell) -> bool:
    return cell.kind in (INPUT, CONSTANT)


def _repeated(sketch: Sketch, most: int) -> list[_Part]:
    """The longest runs of repeated operations, until few enough cells are left; the first and the last repeat stay."""
    operations = [index for index, cell in enumerate(sketch.cells) if not _is_source(cell)]
    codes = _codes(sketch, operations)
    parts: list[_Part] = []
    stretches = [(0, len(operations))]
    left = len(sketch.cells)
    while stretches and left > most // 2:
        begin, end = stretches.pop()
        run = _longest_run(codes[begin:end])
        if run is None:
            continue
        kept = max(1, _KEPT // run.period)
        start = begin + run.start + kept * run.period
        stop = begin + run.start + run.length - run.period
        hidden = run.repeats - kept - 1
        if hidden < 2:
            continue
        each = "" if run.period == 1 else f" the {run.period} operations"
        parts.append((operations[start:stop], f"… {hidden:,} times{each} …" if each else f"… {hidden:,} alike …"))
        left -= stop - start
        stretches += [(begin, begin + run.start), (begin + run.start + run.length, end)]
        stretches.sort(key=lambda stretch: stretch[1] - stretch[0])
    return parts


def _codes(sketch: Sketch, operations: Sequence[int]) -> np.ndarray[Any, Any]:
    """A number for each operation; the same for two that do the same with what lies as far before them."""
    place = {index: number for number, index in enumerate(operations)}
    reads: dict[int, list[int]] = {index: [] for index in operations}
    for link in sketch.links:
        # How far back is what it reads; 0 for inputs and constants, of which a loop reads another one in each round.
        reads[link.target].append(place[link.target] - place[link.source] if link.source in place else 0)
    known: dict[Any, int] = {}
    codes = []
    for index in operations:
        # What constants it reads makes no difference, nor which element it takes.
        doing = re.sub(r"[\d.]+", "#", sketch.cells[index].label)
        codes.append(known.setdefault((sketch.cells[index].operation, doing, tuple(reads[index])), len(known)))
    return np.array(codes, dtype=np.int64)


def _longest_run(codes: np.ndarray[Any, Any]) -> _Run | None:
    best: _Run | None = None
    for period in range(1, min(_LONGEST_PERIOD, len(codes) // 3) + 1):
        same = np.concatenate([[False], codes[period:] == codes[:-period], [False]])
        turns = np.flatnonzero(same[1:] != same[:-1])
        starts, ends = turns[::2], turns[1::2]
        if not starts.size:
            continue
        longest = int(np.argmax(ends - starts))
        repeats = int(ends[longest] - starts[longest]) // period + 1
        run = _Run(int(starts[longest]), period, repeats)
        if repeats >= 4 and (best is None or run.length > best.length):
            best = run
    return best


def _consumers(sketch: Sketch) -> dict[int, tuple[int, ...]]:
    """Inputs and constants -> the cells that read them."""
    found: dict[int, dict[int, None]] = {index: {} for index, cell in enumerate(sketch.cells) if _is_source(cell)}
    for link in sketch.links:
        if link.source in found:
            found[link.source][link.target] = None
    return {index: tuple(sorted(targets)) for index, targets in found.items()}


def _alike_sources(sketch: Sketch) -> list[_Part]:
    """Inputs and constants that are read by the same cells only: all of them where these are summed up, else but a few."""
    alike: dict[Any, list[int]] = {}
    for index, targets in _consumers(sketch).items():
        alike.setdefault((sketch.cells[index].kind, targets), []).append(index)
    parts = []
    for (_, targets), indices in alike.items():
        first, last = (0, 0) if all(sketch.cells[target].kind == SUMMARY for target in targets) else _KEPT_SOURCES
        hidden = indices[first : len(indices) - last]
        if len(hidden) > 1:
            parts.append((hidden, _sources_label(sketch, hidden)))
    return parts


def _many_sources(sketch: Sketch, most: int) -> list[_Part]:
    """Whatever inputs and constants are too many."""
    indices = list(_consumers(sketch))
    hidden = indices[max(1, most - (len(sketch.cells) - len(indices)) - 2) : -1]
    return [(hidden, _sources_label(sketch, hidden))] if len(hidden) > 1 else []


def _sources_label(sketch: Sketch, indices: Iterable[int]) -> str:
    kinds = [sketch.cells[index].kind for index in indices]
    inputs = kinds.count(INPUT)
    return f"… {plural(inputs, 'input') if inputs else plural(len(kinds), 'constant')} …"


def _middle(sketch: Sketch, most: int) -> list[_Part]:
    """All operations but the first and the last ones."""
    operations = [index for index, cell in enumerate(sketch.cells) if not _is_source(cell)]
    kept = max(2, most // 6)
    hidden = operations[kept:-kept]
    if len(hidden) < 2:
        return []
    count = sum(len(sketch.cells[index].nodes) for index in hidden)
    return [(hidden, f"… {plural(count, 'operation')} …")]


def _join(sketch: Sketch, parts: Sequence[_Part]) -> Sketch:
    """Each part as one cell, and one link where there were several between the same cells of which one is a part."""
    if not parts:
        return sketch
    part_of = {index: number for number, (indices, _) in enumerate(parts) for index in indices}
    cells: list[Cell] = []
    where: dict[int, int] = {}
    places: dict[int, int] = {}
    for index, cell in enumerate(sketch.cells):
        number = part_of.get(index)
        if number is None:
            where[index] = len(cells)
            cells.append(cell)
        else:
            if number not in places:
                places[number] = len(cells)
                cells.append(_sum_up([sketch.cells[one] for one in parts[number][0]], parts[number][1]))
            where[index] = places[number]
    summed = set(places.values())
    links: dict[Any, Link] = {}
    for count, link in enumerate(sketch.links):
        source, target = where[link.source], where[link.target]
        if source == target:
            continue
        joined = source in summed or target in summed
        links.setdefault((source, target, None if joined else count), Link(source, target, "" if joined else link.label))
    return _sorted(replace(sketch, cells=tuple(cells), links=tuple(links.values())))


def _sum_up(cells: Sequence[Cell], label: str) -> Cell:
    nodes = tuple(sorted(node for cell in cells for node in cell.nodes))
    outputs = sum(cell.kind == OUTPUT for cell in cells)
    if outputs == len(cells):
        label = f"… {plural(outputs, 'output')} …"
    what = "" if all(_is_source(cell) for cell in cells) else counted([cell.operation for cell in cells if cell.operation])
    return Cell(SUMMARY, label, value=what, formula=plural(len(nodes), "node"), nodes=nodes)


def _sorted(sketch: Sketch) -> Sketch:
    """Cells in the order of the first operation that they stand for, so that links lead on."""
    order = sorted(range(len(sketch.cells)), key=lambda index: sketch.cells[index].nodes[0])
    where = {index: place for place, index in enumerate(order)}
    links = tuple(Link(where[link.source], where[link.target], link.label) for link in sketch.links)
    return replace(sketch, cells=tuple(sketch.cells[index] for index in order), links=links)
