"""The report's page and summary: everything is read from a results file, nothing is measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..figures.marks import marks_of
from ..figures.pages import render, with_script
from ..figures.palette import styles_of
from ..figures.svg import to_svg
from ..formatting import format_number
from ..rows import STATUSES, methods_of
from ..sweeps.results import Results, read_results
from .findings import losses
from .method_texts import date, facts, measured
from .overview import EXACT, advise, scope, score, tally
from .packing import pack
from .problem_texts import ABOUT
from .sections import Report, make_report
from .svg import Inline, to_inline

_TEMPLATES = Path(__file__).parent / "templates"
#: What a header may lack.
_NAMELESS = {"admodes": "of an unknown version", "processor": "", "system": "an unknown machine"}


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
    return write_pages(read_results(results_file), Path(results_file).name, folder)


def write_pages(results: Results, source: str, folder: str | Path) -> Path:
    """The same for results that were read already; `source` is the name of their file.

    Parameters
    ----------
    results : Results
    source : str
    folder : str or Path

    Returns
    -------
    Path
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    report = make_report(results)
    drawn = {plot.name: to_svg(plot.figure, plot.name) for plot in report.plots}
    for name, svg in drawn.items():
        (place / f"{name}.svg").write_text(svg, encoding="utf-8")
    content = _content(report, source)
    (place / "summary.md").write_text(_render("summary.md.j2", content), encoding="utf-8")
    page = place / "index.html"
    page.write_text(_render("page.html.j2", content | _page_content(report, drawn)), encoding="utf-8")
    return page


def _render(template: str, content: Mapping[str, Any]) -> str:
    return render(_TEMPLATES, template, content, {"cell": _markdown_cell})


def _markdown_cell(text: str) -> str:
    """Text that stays inside its cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _content(report: Report, source: str) -> dict[str, Any]:
    """What the page and the summary show alike."""
    results = report.results
    rows = results.rows
    return {
        "report": report,
        "sections": {section.name: section for section in report.sections},
        "scope": scope(rows),
        "exact": EXACT,
        "advice": advise(rows),
        "scores": score(rows),
        "about": ABOUT,
        "statuses": {name: text for name, text in STATUSES.items() if any(row.status == name for row in rows)},
        "verdicts": tally(report.claims),
        "lost": losses(rows),
        "measured": measured(results),
        "facts": facts(results),
        "environment": _NAMELESS | results.environment,
        "created": date(results.environment.get("created", "")),
        "seconds": format_number(results.end["seconds"]) if results.end else "",
        "source": source,
    }


def _page_content(report: Report, drawn: Mapping[str, str]) -> dict[str, Any]:
    """What only the page needs: figures, colours, data for the script, and the script."""
    from markupsafe import Markup

    inline = _inline(report, drawn)
    later = {str(number): table for number, table in enumerate(report.tables) if not table.inline}
    methods = methods_of(report.results.rows)
    styles = styles_of(methods)
    data = {
        "labels": {name: figure.labels for name, figure in inline.items() if figure.labels},
        "methods": {name: [style.role.variable, style.glyph] for name, style in styles.items()},
        "tables": {
            number: {
                "columns": [title for title, _ in table.columns],
                "aligned": table.aligned,
                "lines": [line.packed() for line in table.lines],
            }
            for number, table in later.items()
        },
    }
    return {
        "figures": {name: Markup(figure.markup) for name, figure in inline.items()},  # noqa: S704 - our own SVG
        "styles": styles,
        "data": Markup(pack(data)),  # noqa: S704 - letters of base64
    } | with_script(_TEMPLATES / "page.js")


def _inline(report: Report, drawn: Mapping[str, str]) -> dict[str, Inline]:
    return {
        plot.name: to_inline(drawn[plot.name], f"f{number}", f"{plot.title}. {plot.caption}", marks_of(plot.figure))
        for number, plot in enumerate(report.plots)
    }
