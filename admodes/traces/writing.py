"""The tables of a trace as plain text, HTML, Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from ..formatting import html_table, plural, text_table
from .tables import Table, tables_of

if TYPE_CHECKING:
    from .model import Trace

#: Between the reader's own ink and a hue, so that it is readable on a light and on a dark page.
_INKS = {
    "value": "inherit",
    "tangent": "color-mix(in srgb, currentColor 45%, #2f7fd6)",
    "adjoint": "color-mix(in srgb, currentColor 45%, #d0562c)",
}


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
    tables = tables_of(trace, digits, lines)
    return "\n\n".join([trace.title, *(f"{table.caption}\n{text_table(table.columns, _rows(table))}" for table in tables)])


def as_html(trace: Trace, digits: int, lines: int | None) -> str:
    """The tables for a notebook; every text is escaped."""
    parts = []
    for table in tables_of(trace, digits, lines):
        inside = f"<p>{html.escape(table.caption)}</p>{html_table(table.columns, _rows(table))}"
        parts.append(f'<div style="color:{_INKS[table.kind]}">{inside}</div>')
    return f'<div class="admodes-trace"><p><strong>{html.escape(trace.title)}</strong></p>{"".join(parts)}</div>'


def as_markdown(trace: Trace, digits: int, lines: int | None) -> str:
    """The tables as GitHub's Markdown has them."""
    parts = [f"**{_markdown(trace.title)}**"]
    for table in tables_of(trace, digits, lines):
        sides = [" :-- " if is_text else " --: " for _, is_text in table.columns]
        rows = [[name for name, _ in table.columns], *_rows(table)]
        first, *others = [f"| {' | '.join(map(_markdown, row))} |" for row in rows]
        parts.append("\n".join([table.caption, "", first, f"|{'|'.join(sides)}|", *others]))
    return "\n\n".join(parts) + "\n"


def _markdown(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|~&$])", r"\\\1", " ".join(text.split()))


def as_latex(trace: Trace, digits: int, lines: int | None) -> str:
    """The tables as `tabular` environments, which need no package."""
    parts = [f"% {' '.join(trace.title.split())}"]
    for table in tables_of(trace, digits, lines):
        sides = "".join("l" if is_text else "r" for _, is_text in table.columns)
        head = " & ".join(_latex_text(name) for name, _ in table.columns)
        body = [" & ".join(_latex_cell(name, text) for (name, _), text in zip(table.columns, row)) for row in _rows(table)]
        rows = ["\\hline", f"{head} \\\\", "\\hline", *(f"{row} \\\\" for row in body), "\\hline"]
        inside = "\n".join(f"  {row}" for row in rows)
        parts.append(f"% {table.caption}\n\\begin{{tabular}}{{{sides}}}\n{inside}\n\\end{{tabular}}")
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
#: Functions that LaTeX has a command for.
_FUNCTIONS = frozenset(
    {"log", "sin", "cos", "tan", "exp", "sinh", "cosh", "tanh", "arctan", "arcsin", "arccos", "max", "min", "det"},
)
#: What a formula may have in it to be set as one; a name that a user gave may be any text.
_MATHEMATICS = re.compile(r"[\w\s'.,:+\-*/@()\[\]=<>!%|&]+")
_TOKENS = re.compile(r"v\d+'?|\d+(?:\.\d+)?(?:e[+-]?\d+)?|[^\W\d]\w*|\*\*|==|!=|<=|>=|//|\s+|.", re.DOTALL)
_SIGNS = {
    "*": r"\,",
    "**": r"\mathbin{**}",
    "@": r"\,",
    "<=": r"\le ",
    ">=": r"\ge ",
    "!=": r"\ne ",
    "==": "=",
    "<": "<",
    ">": ">",
}


def _latex_text(text: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in " ".join(text.split()))


def _latex_cell(column: str, text: str) -> str:
    """A cell: formulas and numbers as mathematics, names and words as text."""
    words = column in ("variable", "in") or text.startswith("... ") or re.fullmatch(r"[a-z ]*", text)
    if words or not _MATHEMATICS.fullmatch(text):
        return _latex_text(text)
    return f"${''.join(map(_latex_token, _TOKENS.findall(text)))}$"


def _latex_token(token: str) -> str:
    """A name, number or sign of a formula."""
    if node := re.fullmatch(r"v(\d+)('?)", token):
        return rf"\dot{{v}}_{{{node[1]}}}" if node[2] else rf"v_{{{node[1]}}}"
    if number := re.fullmatch(r"(\d+(?:\.\d+)?)e([+-]?\d+)", token):
        return rf"{number[1]} \cdot 10^{{{int(number[2])}}}"
    if token in ("by", "to", "with"):
        return rf"\ \mathrm{{{token}}}\ "
    if token in _FUNCTIONS:
        return f"\\{token}"
    if re.fullmatch(r"[^\W\d]\w*", token):
        return rf"\mathrm{{{_latex_text(token)}}}" if len(token) > 1 else token
    if token.isspace():
        return " "
    return _SIGNS.get(token) or _ESCAPES.get(token, token)


_TEXTS = ("place", "name", "variable", "operation", "formula", "line", "group")
_NUMBERS = ("value", "operands", "locals", "adjoint", "downstream")


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
        if isinstance(part, (list, tuple)):
            return [listed(item) for item in part]
        return str(part) if isinstance(part, complex) else part

    found = listed(value)
    return found if isinstance(found, str) else json.dumps(found)
