"""The three tables of a trace as texts: evaluation, tangents, adjoints. What draws them is in `writing`."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .model import Node, Trace

#: Elements of an array that are shown.
_ELEMENTS = 4


class Table(NamedTuple):
    """A table: its kind ("value", "tangent" or "adjoint"), a caption, headings and rows of texts.

    Where it is shortened, `left_out` rows are missing after row `cut`.
    """

    kind: str
    caption: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    cut: int = 0
    left_out: int = 0


def number_text(value: Any, digits: int = 3) -> str:
    """A number with so many decimals, without trailing zeros; very small and large ones with an exponent.

    Examples
    --------
    >>> number_text(11.652071), number_text(5.5), number_text(-1.0), number_text(2.4577e-05)
    ('11.652', '5.5', '-1', '2.458e-05')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, complex):
        if cmath.isnan(value):
            return "nan"
        sign = "-" if math.copysign(1.0, value.imag) < 0 else "+"
        return f"{number_text(value.real, digits)}{sign}{number_text(abs(value.imag), digits)}j"
    number = float(value)
    if not math.isfinite(number):
        return str(number)
    if number == 0 or 10.0**-digits <= abs(number) < 1e6:
        return f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits and number else f"{number:.0f}".replace("-0", "0")
    return f"{number:.{digits}e}" if number != round(number) or abs(number) >= 1e15 else f"{number:.0f}"


def value_text(value: Any, digits: int = 3) -> str:
    """A number, or an array's shape and its first and last elements; None is ``-``."""
    if value is None:
        return "-"
    if not isinstance(value, np.ndarray):
        return number_text(value, digits)
    flat = value.ravel()
    if flat.size > _ELEMENTS:
        texts = [number_text(item, digits) for item in (*flat[: _ELEMENTS - 1].tolist(), flat[-1].item())]
        texts.insert(_ELEMENTS - 1, "...")
    else:
        texts = [number_text(item, digits) for item in flat.tolist()]
    return f"{value.shape} [{', '.join(texts)}]"


def tables_of(trace: Trace, digits: int, lines: int | None) -> list[Table]:
    """The tables of a trace, each of at most so many rows (None for all)."""
    tables = [_evaluation(trace, digits)]
    if trace.seeds:
        tables.append(_tangents(trace, digits))
    tables.append(_adjoints(trace, digits))
    return [_shortened(table, lines) for table in tables]


def _shortened(table: Table, lines: int | None) -> Table:
    left_out = 0 if lines is None else len(table.rows) - max(lines, 2)
    if left_out <= 0:
        return table
    cut = (max(lines or 0, 2) + 1) // 2
    return table._replace(rows=[*table.rows[:cut], *table.rows[cut + left_out :]], cut=cut, left_out=left_out)


def _evaluation(trace: Trace, digits: int) -> Table:
    columns = ["node", "formula", "value"]
    rows = [[node.name, node.formula, value_text(node.value, digits)] for node in trace.nodes]
    groups = any(node.group and node.group != node.operation for node in trace.nodes)
    for row, node in zip(rows, trace.nodes, strict=True):
        named = node.variable if node.operation != "input" else ""
        row.append(named)
        if groups:
            row.append(node.group)
    if any(row[3] for row in rows) or groups:
        columns.append("variable")
    else:
        rows = [row[:3] for row in rows]
    columns += ["in"] if groups else []
    return Table("value", "Evaluation trace", tuple(columns), [tuple(row) for row in rows])


def _tangents(trace: Trace, digits: int) -> Table:
    columns = ("tangent", "formula", *(f"by {seed}" for seed in trace.seeds))
    rows = [
        (f"{node.name}'", _tangent_formula(trace, node, digits), *(value_text(part, digits) for part in node.tangents))
        for node in trace.nodes
    ]
    return Table("tangent", "Tangent trace (forward mode)", columns, rows)


def _tangent_formula(trace: Trace, node: Node, digits: int) -> str:
    if node.operation == "input":
        return "seed"
    if not node.operands:
        return "0"
    terms = [
        f"{trace.nodes[operand].name}' through {node.operation}"
        if local is None
        else _product(local, f"{trace.nodes[operand].name}'", digits)
        for operand, local in zip(node.operands, node.locals, strict=True)
    ]
    return joined(terms)


def _product(local: Any, name: str, digits: int) -> str:
    """``5 v0'``; a factor of one is left out."""
    if isinstance(local, np.ndarray):
        return f"{value_text(local, digits)} {name}"
    text = number_text(local, digits)
    return name if text == "1" else f"-{name}" if text == "-1" else f"{text} {name}"


def joined(terms: Sequence[str]) -> str:
    """A sum of terms, of which some begin with a minus."""
    text = terms[0]
    for term in terms[1:]:
        text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return text


def _adjoints(trace: Trace, digits: int) -> Table:
    received: dict[int, list[str]] = {}
    for node in reversed(trace.nodes):
        for operand, part in zip(node.operands, node.downstream, strict=True):
            received.setdefault(operand, []).append(value_text(part, digits))
    rows = []
    for node in reversed(trace.nodes):
        names = [trace.nodes[operand].name for operand in node.operands]
        rows.append(
            (
                node.name,
                node.variable,
                value_text(node.adjoint, digits),
                joined(received[node.place]) if node.place in received else "seed" if node.place in trace.outputs else "not read",
                ", ".join(f"by {name}: {value_text(local, digits)}" for name, local in zip(names, node.locals, strict=True)),
                ", ".join(f"to {name}: {value_text(part, digits)}" for name, part in zip(names, node.downstream, strict=True)),
            )
        )
    return Table(
        "adjoint", "Adjoint trace (reverse mode)", ("node", "variable", "upstream", "sum of", "local", "downstream"), rows
    )
