"""The three tables of a trace as texts: evaluation, tangents, adjoints. What draws them is in `writing`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import OptionError
from .numbers import number_text

if TYPE_CHECKING:
    from .model import Node, Trace

#: Elements of an array that are shown.
_ELEMENTS = 4
#: Decimals that a number is shown with at most: more than these say nothing about it.
_DIGITS = 17


class Table(NamedTuple):
    """A table: its kind ("value", "tangent" or "adjoint"), a caption, headings (and whether a column is text), rows of texts.

    Where it is shortened, `left_out` rows are missing after row `cut`.
    """

    kind: str
    caption: str
    columns: list[tuple[str, bool]]
    rows: list[tuple[str, ...]]
    cut: int = 0
    left_out: int = 0


def value_text(value: Any, digits: int = 3) -> str:
    """A number, or an array's shape and its first and last elements; None is ``-``."""
    if value is None:
        return "-"
    if not isinstance(value, np.ndarray):
        return number_text(value, digits)
    return f"{value.shape} {elements_text(value, digits)}"


def elements_text(value: Any, digits: int = 3) -> str:
    """The first and last elements of an array; a number, and None, as in `value_text`."""
    if not isinstance(value, np.ndarray):
        return value_text(value, digits)
    flat = value.ravel()
    if flat.size > _ELEMENTS:
        texts = [number_text(item, digits) for item in (*flat[: _ELEMENTS - 1].tolist(), flat[-1].item())]
        texts.insert(_ELEMENTS - 1, "...")
    else:
        texts = [number_text(item, digits) for item in flat.tolist()]
    return f"[{', '.join(texts)}]"


def tables_of(trace: Trace, digits: int, lines: int | None) -> list[Table]:
    """The tables of a trace, each of at most so many rows (None for all).

    Raises
    ------
    OptionError
        If `digits` or `lines` is no number of digits or lines.
    """
    if not isinstance(digits, (int, np.integer)) or not 0 <= digits <= _DIGITS:
        raise OptionError(f"digits must be an integer from 0 to {_DIGITS}, not {digits!r}.")
    if lines is not None and (not isinstance(lines, (int, np.integer)) or lines < 1):
        raise OptionError(f"lines must be an integer of at least 1, or None for all, not {lines!r}.")
    nodes, cut, left_out = _shown(trace.nodes, lines)
    tables = [_evaluation(nodes, digits)]
    if trace.seeds:
        tables.append(_tangents(trace, nodes, digits))
    back, cut_back, _ = _shown(trace.nodes[::-1], lines)
    return [
        *(table._replace(cut=cut, left_out=left_out) for table in tables),
        _adjoints(trace, back, digits)._replace(cut=cut_back, left_out=left_out),
    ]


def _shown(nodes: Sequence[Node], lines: int | None) -> tuple[Sequence[Node], int, int]:
    """The first and last nodes; after how many of them, and how many, are left out."""
    most = len(nodes) if lines is None else max(lines, 2)
    left_out = len(nodes) - most
    if left_out <= 0:
        return nodes, 0, 0
    cut = (most + 1) // 2
    return (*nodes[:cut], *nodes[cut + left_out :]), cut, left_out


def _evaluation(nodes: Sequence[Node], digits: int) -> Table:
    rows = [(node.name, node.formula, value_text(node.value, digits)) for node in nodes]
    columns = [("node", True), ("formula", True), ("value", False)]
    # Of an input the formula is its name, and of a call that is a node the operation is its name.
    variables = ["" if node.operation == "input" else node.variable for node in nodes]
    groups = ["" if node.group == node.operation else node.group for node in nodes]
    more = [(heading, texts) for heading, texts in (("variable", variables), ("in", groups)) if any(texts)]
    columns += [(heading, True) for heading, _ in more]
    wider = [(*row, *(texts[line] for _, texts in more)) for line, row in enumerate(rows)]
    return Table("value", "Evaluation trace", columns, wider)


def _tangents(trace: Trace, nodes: Sequence[Node], digits: int) -> Table:
    columns = [("tangent", True), ("formula", True), *((f"by {seed}", False) for seed in trace.seeds)]
    rows = [
        (f"{node.name}'", _tangent_formula(trace, node, digits), *(elements_text(part, digits) for part in node.tangents))
        for node in nodes
    ]
    return Table("tangent", "Tangent trace (forward mode)", columns, rows)


def _tangent_formula(trace: Trace, node: Node, digits: int) -> str:
    if node.operation == "input":
        return "seed"
    if not node.operands:
        return "0"
    if node.tangent_formula:
        return node.tangent_formula
    terms = []
    for operand, local in zip(node.operands, node.locals, strict=True):
        name = f"{trace.nodes[operand].name}'"
        terms.append(f"{node.operation}({name})" if local is None else _product(local, name, digits))
    return joined(terms)


def _product(local: Any, name: str, digits: int) -> str:
    """``5 v0'``; a factor of one is left out."""
    if isinstance(local, np.ndarray):
        return f"{elements_text(local, digits)} {name}"
    text = number_text(local, digits)
    return name if text == "1" else f"-{name}" if text == "-1" else f"{text} {name}"


def joined(terms: Sequence[str]) -> str:
    """A sum of terms, of which some begin with a minus."""
    text = terms[0]
    for term in terms[1:]:
        text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return text


def _adjoints(trace: Trace, nodes: Sequence[Node], digits: int) -> Table:
    received: dict[int, list[Any]] = {node.place: [] for node in nodes}
    for node in reversed(trace.nodes):
        for operand, part in zip(node.operands, node.downstream, strict=True):
            if operand in received:
                received[operand].append(part)
    rows: list[tuple[str, ...]] = []
    for node in nodes:
        parts = ["seed"] if node.place in trace.outputs else []
        parts += [elements_text(part, digits) for part in received[node.place]]
        names = [trace.nodes[operand].name for operand in node.operands]
        rows.append(
            (
                node.name,
                node.variable,
                elements_text(node.adjoint, digits),
                joined(parts or ["not read"]),
                ", ".join(f"by {name}: {elements_text(local, digits)}" for name, local in zip(names, node.locals, strict=True)),
                ", ".join(f"to {name}: {elements_text(part, digits)}" for name, part in zip(names, node.downstream, strict=True)),
            )
        )
    columns = [("node", True), ("variable", True), ("upstream", False), ("sum of", True), ("local", True), ("downstream", True)]
    return Table("adjoint", "Adjoint trace (reverse mode)", columns, rows)
