"""A sweep in a notebook: what became of its cells, each method in one line, what failed and why. Short, however many rows."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ..formatting import format_number, html_table
from ..rows import Row, digits_of, methods_of, named

#: Kinds of failure that are shown.
_MOST_FAILURES = 10

_METHODS = (
    ("method", True),
    ("verified", False),
    ("digits, median", False),
    ("digits, worst", False),
    ("times f, median", False),
    ("fastest in", False),
)
_FAILURES = (("method", True), ("status", True), ("cells", False), ("first of them", True), ("reason", True))


def summary_html(title: str, rows: Sequence[Row]) -> str:
    """The title, a line a method, the most frequent failures.

    Parameters
    ----------
    title : str
    rows : sequence of Row

    Returns
    -------
    str
    """
    if not rows:
        return f'<div class="admodes-sweep"><p>{html.escape(title)}</p></div>'
    parts = [f"<p>{html.escape(title)}</p>", html_table(_METHODS, _method_lines(rows))]
    failures = Counter((row.method, row.status, row.reason) for row in rows if row.status != "ok")
    if failures:
        first = {(row.method, row.status, row.reason): row for row in reversed(rows)}
        lines = [
            (method, status, f"{count:,}", _place(first[method, status, reason]), reason)
            for (method, status, reason), count in failures.most_common(_MOST_FAILURES)
        ]
        parts += ["<p>What failed, and why:</p>", html_table(_FAILURES, lines)]
        if len(failures) > _MOST_FAILURES:
            parts.append(f"<p>and {len(failures) - _MOST_FAILURES:,} more kinds of failure: filter(status=...) finds them.</p>")
    return f'<div class="admodes-sweep">{"".join(parts)}</div>'


def _place(row: Row) -> str:
    return f"{named(row)} {row.inputs:,} → {row.outputs:,}"


def _method_lines(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """How often each method was right, how exact and how dear it is, and in how many cells it is the fastest."""
    best: dict[tuple[str, str, int, int], Row] = {}
    for row in rows:
        cell = row.problem, row.operator, row.inputs, row.outputs
        if row.succeeded and (cell not in best or row.seconds < best[cell].seconds):
            best[cell] = row
    wins = Counter(row.method for row in best.values())
    lines: list[tuple[str, ...]] = []
    for method in methods_of(rows):
        own = [row for row in rows if row.method == method]
        ratios = [row.ratio for row in own if row.succeeded and math.isfinite(row.ratio)]
        lines.append(
            (
                method,
                f"{sum(row.status == 'ok' for row in own):,} of {len(own):,}",
                *digits_of(own),
                format_number(float(np.median(ratios))) if ratios else "",
                f"{wins[method]:,} of {len(best):,} cells" if best else "",
            )
        )
    return lines
