"""A comparison as a table, in a terminal and in a notebook, from one list of columns."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

from ..formatting import (
    format_bytes,
    format_count,
    format_digits,
    format_error,
    format_number,
    format_seconds,
    html_table,
    plural,
    text_table,
)
from ..rows import Row
from .recommendation import Recommendation

#: Heading, whether it is text (aligned left), and the cell of a row.
COLUMNS: tuple[tuple[str, bool, Callable[[Row], str]], ...] = (
    ("method", True, lambda row: row.method),
    ("status", True, lambda row: row.status),
    ("digits", False, lambda row: format_digits(row.digits, row.is_bound)),
    ("error", False, lambda row: format_error(row.error, row.is_bound)),
    ("worst component", False, lambda row: f"{format_error(row.worst, row.is_bound)} {row.worst_at}".strip()),
    ("ulp", False, lambda row: format_number(row.ulp)),
    ("calls of f", False, lambda row: format_count(row.calls)),
    ("operations", False, lambda row: format_count(row.operations)),
    ("first call", False, lambda row: format_seconds(row.time.first)),
    ("minimum", False, lambda row: format_seconds(row.time.minimum)),
    ("median", False, lambda row: format_seconds(row.time.median)),
    ("quartiles", False, lambda row: _quartiles(row)),
    ("times f", False, lambda row: format_number(row.ratio) + (" (suspect)" if row.suspect else "")),
    ("prepared", False, lambda row: format_seconds(row.prepared.minimum)),
    ("peak memory", False, lambda row: format_bytes(row.peak_bytes)),
)


def columns_of(rows: Sequence[Row]) -> list[tuple[str, bool, Callable[[Row], str]]]:
    """The columns in which any of `rows` has something to show."""
    return [column for column in COLUMNS if any(column[2](row) for row in rows)]


def _quartiles(row: Row) -> str:
    if not row.time.samples:
        return ""
    lower, upper = row.time.quartiles
    return f"{format_seconds(lower)} .. {format_seconds(upper)}"


def heading(row: Row) -> str:
    """What is common to all rows of a comparison: sizes, cost of f itself."""
    parts = [f"{row.problem}: {row.inputs:,} in, {row.outputs:,} out"]
    if row.f_time.samples:
        parts.append(f"f itself takes {format_seconds(row.f_time.minimum)}")
    if row.tape_nodes is not None:
        parts.append(f"tape of {plural(row.tape_nodes, 'node')}, {format_bytes(row.tape_bytes)}")
    return "; ".join(parts)


def notes(rows: Sequence[Row]) -> list[str]:
    """Reasons of failures, where the reference comes from, and what the check cannot see."""
    lines = [f"{row.method}: {row.status}: {row.reason}" for row in rows if row.reason]
    lines += [f"{row.method}: not prepared: {row.unprepared}" for row in rows if row.unprepared]
    lines += [f"{row.method}: suspect: the time is below what {row.calls} calls of f must take" for row in rows if row.suspect]
    lines += [
        f"{row.method}: the time is the first call's: there was no time for a second"
        for row in rows
        if row.succeeded and not row.time.samples
    ]
    lines += [f"Reference: {text}" for text in dict.fromkeys(row.reference for row in rows if row.reference)]
    lines += [f"Check: {text}" for text in dict.fromkeys(row.check for row in rows if row.check)]
    return lines


def comparison_text(rows: Sequence[Row], recommendation: Recommendation) -> str:
    """The comparison for a terminal, as wide as its numbers need: none is ever cut."""
    if not rows:
        return str(recommendation)
    columns = columns_of(rows)
    lines = [[cell(row) for _, _, cell in columns] for row in rows]
    table = text_table([(title, is_text) for title, is_text, _ in columns], lines)
    return "\n".join([heading(rows[0]), "", table, "", *notes(rows), str(recommendation)])


def comparison_html(rows: Sequence[Row], recommendation: Recommendation) -> str:
    """The comparison for a notebook; every text is escaped."""
    if not rows:
        return f'<div class="admodes-comparison"><p>{html.escape(str(recommendation))}</p></div>'
    columns = columns_of(rows)
    table = html_table([(title, is_text) for title, is_text, _ in columns], [[cell(row) for *_, cell in columns] for row in rows])
    remarks = "".join(f"<li>{html.escape(line)}</li>" for line in notes(rows))
    return (
        f'<div class="admodes-comparison"><p>{html.escape(heading(rows[0]))}</p>'
        f"{table}<ul>{remarks}</ul><p><strong>{html.escape(str(recommendation))}</strong></p></div>"
    )
