"""How changes between two results files are told: as Markdown in a terminal, as HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..formatting import format_number

if TYPE_CHECKING:
    from .changes import Changes

#: As many cells that only one file has are named.
_NAMED = 20

_Section = tuple[str, str, Sequence[Sequence[str]]]


def to_markdown(changes: Changes) -> str:
    """Headings, sentences and tables whose columns are aligned."""
    lines = [f"# {changes.old} and {changes.new}", *_summary(changes)]
    for title, text, table in _sections(changes):
        lines += [f"## {title}", *([text] if text else []), *([_markdown_table(table)] if table else [])]
    return "\n\n".join(lines)


def to_html(changes: Changes) -> str:
    """The same for a notebook."""
    parts = [f"<h3>{html.escape(f'{changes.old} and {changes.new}')}</h3>"]
    parts += [f"<p>{html.escape(line)}</p>" for line in _summary(changes)]
    for title, text, table in _sections(changes):
        parts.append(f"<h4>{html.escape(title)}</h4><p>{html.escape(text)}</p>")
        if table:
            head, *rows = (["".join(f"<td>{html.escape(cell)}</td>" for cell in row)] for row in table)
            parts.append(f"<table><thead><tr>{head[0]}</tr></thead><tbody>")
            parts += [f"<tr>{row[0]}</tr>" for row in rows] + ["</tbody></table>"]
    return "".join(parts)


def _summary(changes: Changes) -> list[str]:
    """Whether anything changed, and the shares that say how well the two runs agree."""
    if not changes.cells:
        return ["No cell is in both: there is nothing to compare."]
    found = len(changes.changes)
    verdict = "Nothing changed beyond the noise." if not found else f"{found} difference{'s' * (found != 1)}."
    agreement = (
        f"Agreement: counts the same in {changes.counts}; errors exactly the same in {changes.errors}; 95% intervals of the time "
        f"ratio overlap in {changes.times}, where about {format_number(changes.by_chance)} would not by chance. "
        f"{'This reproduces' if changes.reproduced else 'This does not reproduce'} the old run: two runs of the same grid on an "
        "idle machine are to agree in all counts and errors, and in 95% of the time ratios."
    )
    return [f"{changes.cells} cell{'s' * (changes.cells != 1)} in both. {verdict}", agreement]


def _sections(changes: Changes) -> list[_Section]:
    sections: list[_Section] = []
    if changes.circumstances:
        sections.append(("The two runs differ in", "", [("what it means",), *((line,) for line in changes.circumstances)]))
    named = {"status": "Statuses", "verdict": "Verdicts on claims", "error": "Errors", "time": "Times"}
    groups: dict[str, list[tuple[str, ...]]] = {
        title: [] for title in ("Statuses", "Verdicts on claims", "Counts", "Errors", "Times")
    }
    for one in changes.changes:
        groups[named.get(one.what, "Counts")].append((one.where, one.what, one.before, one.after, one.note))
    for title, rows in groups.items():
        if rows:
            sections.append((title, _told(title, len(rows), changes), [("cell", "what", "before", "after", "note"), *rows]))
    if changes.shifts and groups["Times"]:
        table = [(one.method, str(one.cells), *map(format_number, (one.factor, one.low, one.high))) for one in changes.shifts]
        text = "New time ratio over the old one, the median over all cells of a method, with a 95% interval."
        sections.append(("Times, all cells of a method together", text, [("method", "cells", "factor", "from", "to"), *table]))
    for title, cells in ((f"Only in {changes.old}", changes.only_old), (f"Only in {changes.new}", changes.only_new)):
        if cells:
            more = f" and {len(cells) - _NAMED} more" if len(cells) > _NAMED else ""
            sections.append((title, "; ".join(cells[:_NAMED]) + more + ".", []))
    return sections


def _told(title: str, count: int, changes: Changes) -> str:
    if title != "Times":
        return ""
    expected = format_number(changes.by_chance)
    return (
        f"{count} of {changes.times.compared} intervals do not overlap; about {expected} are to be expected by chance if nothing "
        "changed. The intervals hold what varied within each run, not what varies from one hour to the next."
    )


def _markdown_table(table: Sequence[Sequence[str]]) -> str:
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in table]
    widths = [max(len(row[place]) for row in cells) for place in range(len(cells[0]))]
    lines = [cells[0], ["-" * width for width in widths], *cells[1:]]
    return "\n".join(
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
