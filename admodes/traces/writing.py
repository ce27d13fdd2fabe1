"""The tables of a trace as plain text, HTML, Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ..formatting import plural, text_table
from .tables import Table, tables_of

if TYPE_CHECKING:
    from .model import Trace

#: Between the reader's own ink and a hue, so that it is readable on a light and on a dark page.
_INKS = {
    "value": "inherit",
    "tangent": "color-mix(in srgb, currentColor 45%, #2f7fd6)",
    "adjoint": "color-mix(in srgb, currentColor 45%, #d0562c)",
}
_WORDS = frozenset({"node", "formula", "variable", "in", "tangent", "sum of", "local", "downstream"})


def left_out_text(table: Table) -> str:
    """What is said where rows are missing."""
    return f"... {plural(table.left_out, 'line')} left out ..."


def _rows(table: Table) -> list[tuple[str, ...]]:
    """The rows, with one that says what is left out."""
    if not table.left_out:
        return table.rows
    said = ("", left_out_text(table), *[""] * (len(table.columns) - 2))
    return [*table.rows[: table.cut], said, *table.rows[table.cut :]]


def as_text(trace: Trace, digits: int, lines: int | None) -> str:
    """The tables for a terminal."""
    parts = [trace.title]
    for table in tables_of(trace, digits, lines):
        columns = [(name, name in _WORDS) for name in table.columns]
        parts.append(f"{table.caption}\n{text_table(columns, _rows(table))}")
    return "\n\n".join(parts)


def as_html(trace: Trace, digits: int, lines: int | None) -> str:
    """The tables for a notebook; every text is escaped."""
    tables = "".join(_html_table(table) for table in tables_of(trace, digits, lines))
    return f'<div class="admodes-trace"><p><strong>{html.escape(trace.title)}</strong></p>{tables}</div>'


def _html_table(table: Table) -> str:
    sides = ["left" if name in _WORDS else "right; white-space:nowrap" for name in table.columns]
    head = "".join(
        f'<th scope="col" style="text-align:{side}">{html.escape(name)}</th>'
        for name, side in zip(table.columns, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="text-align:{side}">{html.escape(text)}</td>' for text, side in zip(row, sides, strict=True))
        + "</tr>"
        for row in _rows(table)
    )
    return (
        f'<table style="color:{_INKS[table.kind]}"><caption style="text-align:left; caption-side:top">{html.escape(table.caption)}'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def as_markdown(trace: Trace, digits: int, lines: int | None) -> str:
    """The tables as GitHub's Markdown has them."""
    parts = [f"**{_markdown(trace.title)}**"]
    for table in tables_of(trace, digits, lines):
        head = f"| {' | '.join(table.columns)} |\n|{'|'.join(' :-- ' if name in _WORDS else ' --: ' for name in table.columns)}|"
        body = "\n".join(f"| {' | '.join(_markdown(text) for text in row)} |" for row in _rows(table))
        parts.append(f"{table.caption}\n\n{head}\n{body}")
    return "\n\n".join(parts) + "\n"


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~&$])", r"\\\1", text.replace("\n", " "))


def as_latex(trace: Trace, digits: int, lines: int | None) -> str:
    """The tables as `tabular` environments, which need no package."""
    parts = [f"% {' '.join(trace.title.split())}"]
    for table in tables_of(trace, digits, lines):
        sides = "".join("l" if name in _WORDS else "r" for name in table.columns)
        head = " & ".join(_latex_text(name) for name in table.columns)
        body = "\n".join(
            "  " + " & ".join(_latex_cell(table, i, text) for i, text in enumerate(row)) + r" \\" for row in _rows(table)
        )
        parts.append(
            f"% {table.caption}\n\\begin{{tabular}}{{{sides}}}\n  \\hline\n  {head} \\\\\n  \\hline\n{body}\n  \\hline\n\\end{{tabular}}"
        )
    return "\n\n".join(parts) + "\n"


_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{sign: f"\\{sign}" for sign in "&%$#_"},
}
_FUNCTIONS = frozenset(
    {"log", "sin", "cos", "tan", "exp", "sinh", "cosh", "tanh", "arctan", "arcsin", "arccos", "max", "min", "det"}
)
_TOKENS = re.compile(r"v\d+'?|\d+(?:\.\d+)?(?:e[+-]?\d+)?|[^\W\d]\w*|\*\*|==|!=|<=|>=|//|\s+|.", re.DOTALL)
_SIGNS = {"*": r"\,", "**": r"\mathbin{**}", "@": r"\,", "<=": r"\le ", ">=": r"\ge ", "!=": r"\ne ", "==": "=", "'": "'"}


def _latex_text(text: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in text)


def _latex_cell(table: Table, column: int, text: str) -> str:
    """A cell: formulas and numbers as mathematics, names and words as text."""
    if not text or text.startswith("... ") or table.columns[column] in ("variable", "in"):
        return _latex_text(text)
    if re.fullmatch(r"[a-z ]+", text):
        return text
    return f"${''.join(map(_latex_token, _TOKENS.findall(text)))}$"


def _latex_token(token: str) -> str:
    if node := re.fullmatch(r"v(\d+)('?)", token):
        return rf"\dot{{v}}_{{{node[1]}}}" if node[2] else rf"v_{{{node[1]}}}"
    if number := re.fullmatch(r"(\d+(?:\.\d+)?)e([+-]?\d+)", token):
        return rf"{number[1]} \cdot 10^{{{int(number[2])}}}"
    if token in _FUNCTIONS:
        return f"\\{token}"
    if re.fullmatch(r"[^\W\d]\w*", token):
        return rf"\mathrm{{{_latex_text(token)}}}" if len(token) > 1 else token
    if token.isspace():
        return r"\ " if token != " " else " "
    return _SIGNS.get(token) or _ESCAPES.get(token, token)


def as_csv(trace: Trace) -> str:
    """One row for each node, numbers to the last bit, arrays as nested lists."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = [
        "place",
        "name",
        "variable",
        "operation",
        "formula",
        "line",
        "group",
        "value",
        "operands",
        "locals",
        "adjoint",
        "downstream",
    ]
    writer.writerow([*columns, *(f"tangent by {seed}" for seed in trace.seeds)])
    for node in trace.nodes:
        line = "" if node.line is None else node.line
        texts = [
            _exact(part) for part in (node.value, list(node.operands), list(node.locals), node.adjoint, list(node.downstream))
        ]
        writer.writerow(
            [
                node.place,
                node.name,
                node.variable,
                node.operation,
                node.formula,
                line,
                node.group,
                *texts,
                *map(_exact, node.tangents),
            ]
        )
    return stream.getvalue()


def _exact(value: Any) -> str:
    """A value in full; nested lists as JSON has them, complex numbers as Python's texts."""

    def listed(part: Any) -> Any:
        if isinstance(part, np.ndarray):
            return listed(part.tolist())
        if isinstance(part, list):
            return [listed(item) for item in part]
        return str(part) if isinstance(part, complex) else part

    found = listed(value)
    return json.dumps(found) if isinstance(found, list) else "" if found is None else str(found)
