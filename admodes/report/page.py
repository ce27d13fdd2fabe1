"""The report's page and summary: everything is read from a results file, nothing is measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..figures.palette import ROLES, styles_of
from ..figures.plotting import Plot
from ..formatting import format_number
from ..measure.table import COLUMNS
from ..rows import STATUSES, Row, methods_of
from ..sweeps.results import Results, read_results
from .figures import draw_all
from .findings import cells_of, find_all, named
from .svg import to_inline, to_svg

_TEMPLATES = Path(__file__).parent / "templates"


def write_report(results_file: str | Path, folder: str | Path) -> Path:
    """Write the page, the summary and the figures that a results file holds the data for.

    Parameters
    ----------
    results_file : str or Path
        JSON Lines as ``admodes report`` writes them.
    folder : str or Path
        Created if need be. ``index.html``, ``summary.md`` and ``*.svg`` are written into it.

    Returns
    -------
    Path
        Of ``index.html``, a page that needs no other file and no network.

    Raises
    ------
    OptionError
        If the file is no results file.
    """
    results = read_results(results_file)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    plots = draw_all(results.rows)
    drawn = {plot.name: to_svg(plot.figure, plot.name) for plot in plots}
    for name, svg in drawn.items():
        (place / f"{name}.svg").write_text(svg, encoding="utf-8")
    content = _content(results, plots, drawn, Path(results_file).name)
    (place / "summary.md").write_text(_render("summary.md.j2", content, escape=False), encoding="utf-8")
    page = place / "index.html"
    page.write_text(_render("page.html.j2", content, escape=True), encoding="utf-8")
    return page


def _render(template: str, content: dict[str, Any], *, escape: bool) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=escape,  # noqa: S701 - off for Markdown only
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    return environment.get_template(template).render(content)


def _markdown_cell(text: str) -> str:
    """Text that stays inside its cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _content(results: Results, plots: Sequence[Plot], drawn: dict[str, str], source: str) -> dict[str, Any]:
    """All that the templates show."""
    from markupsafe import Markup

    rows = results.rows
    styles = styles_of(methods_of(rows))
    return {
        "findings": find_all(results),
        "plots": [
            {
                "name": plot.name,
                "title": plot.title,
                "caption": plot.caption,
                "svg": Markup(to_inline(drawn[plot.name], plot.name, f"{plot.title}. {plot.caption}")),  # noqa: S704 - our own SVG
            }
            for plot in plots
        ],
        "columns": [(title, is_text) for title, is_text, _ in COLUMNS],
        "problems": [_case(row_list) for row_list in cells_of([row for row in rows if row.part != "grid"]).values()],
        "grid": [_case(row_list) for row_list in cells_of([row for row in rows if row.part == "grid"]).values()],
        "failures": _failures(rows),
        "doubts": _doubts(rows),
        "statuses": {name: text for name, text in STATUSES.items() if any(row.status == name for row in rows)},
        "styles": styles,
        "roles": ROLES,
        "environment": results.environment,
        "settings": results.grid,
        "seconds": format_number(results.end["seconds"]) if results.end else "",
        "source": source,
    }


def _case(rows: Sequence[Row]) -> dict[str, Any]:
    """One cell as a table."""
    first = rows[0]
    return {
        "problem": first.problem,
        "name": named(first),
        "inputs": first.inputs,
        "outputs": first.outputs,
        "rows": [{"method": row.method, "status": row.status, "cells": [cell(row) for _, _, cell in COLUMNS]} for row in rows],
    }


def _failures(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What did not succeed, equal reasons of one method together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        if row.status != "ok":
            groups.setdefault((row.method, row.status, row.reason), []).append(_where(row))
    return [
        {"method": method, "status": status, "reason": reason, "cells": "; ".join(cells)}
        for (method, status, reason), cells in groups.items()
    ]


def _where(row: Row) -> str:
    return f"{named(row)} {row.inputs:,} → {row.outputs:,}"


def _doubts(rows: Sequence[Row]) -> list[str]:
    """Rows whose time or check is not to be taken as it stands, and why."""
    lines = [
        f"{row.method} on {_where(row)}: the time is {format_number(row.ratio)} times that of f, "
        f"but f was called {row.calls:,} times"
        for row in rows
        if row.suspect
    ]
    lines += [
        f"{row.method} on {_where(row)}: the time is that of the first call, there was no time for a second one"
        for row in rows
        if row.succeeded and not row.time.samples
    ]
    weak = {f"{_where(row)}: the check is {row.check}": None for row in rows if row.check not in ("", "guarded")}
    return [*lines, *weak]
