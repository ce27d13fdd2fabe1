"""What a picture of a trace says: boxes with a few words and numbers in each, and the links between them.

Pictures and texts (DOT, Mermaid) are all made of the same sketch, so that they say the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import OptionError
from ...formatting import join_words, raised
from .. import numbers
from ..numbers import typeset

if TYPE_CHECKING:
    from ..model import Node, Trace

INPUT, CONSTANT, OPERATION, OUTPUT, SUMMARY = "input", "constant", "operation", "output", "summary"

#: Characters of a label, of a name and of the text of an array.
_LONGEST_LABEL, _LONGEST_NAME = 26, 18
#: Elements and characters of a vector that is written out.
_WRITTEN_OUT, _LONGEST_VECTOR = 3, 24

_NAME = r"[^\W\d]\w*(?:\[[^\]]*\])?"
_BINARY = re.compile(rf"(?:{_NAME}) (\S+) (?:{_NAME})")
_CALL = re.compile(rf"([\w.]+)\((?:{_NAME})(?:, (?:{_NAME}))*\)")
_ELEMENT = re.compile(r"[^\W\d]\w*\[\d+\]")
_POWER = re.compile(r" ?\*\* ?(-?\d+)(?![\w.])")
#: Signs of which the order of the operands matters.
_ORDERED = frozenset({"−", "÷", "@", "**", "%", "//"})
_OPERANDS = re.compile(r" \S+ ")
_SIGNS = {" * ": " × ", " - ": " − ", " / ": " ÷ "}


@dataclass(frozen=True)
class Cell:
    """One box of a picture.

    Attributes
    ----------
    kind : str
        "input", "constant", "operation", "output" or "summary".
    label : str
        What it is: the name of an input, the sign or name of an operation.
    name : str
        Of the node, and what f calls it: ``v4``, ``v4 h``.
    value, tangent, adjoint : str
        "" where it is not shown.
    formula : str
        The whole of it: ``v4 = v0 * v1``.
    operation : str
        Name of the primitive or group; "" of what is put together.
    nodes : tuple of int
        Places of the nodes that it stands for.
    """

    kind: str
    label: str
    name: str = ""
    value: str = ""
    tangent: str = ""
    adjoint: str = ""
    formula: str = ""
    operation: str = ""
    nodes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Link:
    """An operand: cells by their index, and the local derivative of `target` by `source` as text, or ""."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True)
class Sketch:
    """A picture before it is laid out.

    Attributes
    ----------
    cells : tuple of Cell
    links : tuple of Link
    title : str
    seed : str
        What the tangents are derivatives by; "" without tangents.
    result : str
        What the adjoints are derivatives of; "" without adjoints.
    note : str
        What was left out; "" where everything is there.
    """

    cells: tuple[Cell, ...]
    links: tuple[Link, ...]
    title: str
    seed: str = ""
    result: str = ""
    note: str = ""


def sketch_trace(trace: Trace, *, seed: str | int | None = None, tangents: bool, adjoints: bool) -> Sketch:
    """The sketch of a whole trace, one cell a node.

    Parameters
    ----------
    trace : Trace
    seed : str or int, optional
        The input by which the tangents are derivatives, by name or number; the first by default.
    tangents, adjoints : bool
        Whether they are shown besides the values.

    Returns
    -------
    Sketch

    Raises
    ------
    OptionError
        If there is no such seed.
    """
    place = _find_seed(trace, seed) if tangents and trace.seeds else None
    outputs = set(trace.outputs)
    cells = tuple(_cell(node, place, node.place in outputs, adjoints) for node in trace.nodes)
    links = tuple(
        Link(operand, node.place, number_text(local))
        for node in trace.nodes
        for operand, local in zip(node.operands, [*node.locals, *[None] * len(node.operands)])
    )
    result = _result(trace) if adjoints else ""
    whole = Sketch(cells, links, trace.title, "" if place is None else trace.seeds[place], result)
    return _unpack(whole, [np.shape(node.value) for node in trace.nodes])


def _unpack(sketch: Sketch, shapes: Sequence[tuple[int, ...]]) -> Sketch:
    """Draw a vector that f takes apart, each element once, as what it was made of: its elements are the inputs."""
    readers: dict[int, list[int]] = {index: [] for index, cell in enumerate(sketch.cells) if cell.kind == INPUT}
    for link in sketch.links:
        if link.source in readers:
            readers[link.source].append(link.target)
    cells = list(sketch.cells)
    dropped = set()
    for index, targets in readers.items():
        if not targets or len(shapes[index]) != 1:
            continue
        reads = [cells[target].formula.partition(" = ")[2] for target in targets]
        if len(set(reads)) == len(reads) == shapes[index][0] and all(_ELEMENT.fullmatch(read) for read in reads):
            dropped.add(index)
            whole = cells[index]
            for target in targets:
                label = cells[target].label.replace(f"{whole.name}[", f"{whole.label}[") if whole.name else cells[target].label
                cells[target] = replace(cells[target], label=label, kind=OUTPUT if cells[target].kind == OUTPUT else INPUT)
    kept = [index for index in range(len(cells)) if index not in dropped]
    where = {index: number for number, index in enumerate(kept)}
    links = [
        Link(where[one], where[other], label)
        for one, other, label in ((link.source, link.target, link.label) for link in sketch.links)
        if one in where
    ]
    return replace(sketch, cells=tuple(cells[index] for index in kept), links=tuple(links))


def only(sketch: Sketch, *, links: bool) -> Sketch:
    """The sketch with or without the texts of its links."""
    return sketch if links else replace(sketch, links=tuple(replace(link, label="") for link in sketch.links))


def _find_seed(trace: Trace, seed: str | int | None) -> int:
    if seed is None:
        return 0
    if isinstance(seed, str) and seed in trace.seeds:
        return trace.seeds.index(seed)
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool) and 0 <= seed < len(trace.seeds):
        return int(seed)
    shown = [repr(name) for name in trace.seeds[:8]] + (["..."] if len(trace.seeds) > 8 else [])
    raise OptionError(f"There is no seed {seed!r}: the tangents of this trace are derivatives by {join_words(shown)}.")


def _result(trace: Trace) -> str:
    ends = [trace.nodes[output] for output in trace.outputs]
    return ends[0].variable or ends[0].name if len(ends) == 1 and np.size(ends[0].value) == 1 else "the chosen output"


def _cell(node: Node, seed: int | None, is_output: bool, adjoints: bool) -> Cell:
    if node.operation in (INPUT, CONSTANT):
        kind = node.operation
        label = _short(node.variable or node.name, _LONGEST_NAME)
        name = node.name if node.variable not in ("", node.name) else ""
        formula = node.formula or label
    else:
        kind, label, name = OPERATION, label_of(node.formula, node.operation), node.name
        if label in _ORDERED and any(np.ndim(local) or local is None for local in node.locals):
            # Of arrays no number on an edge says which operand is which.
            label = f" {label} ".join(_short(part, _LONGEST_NAME) for part in _OPERANDS.split(node.formula, maxsplit=1))
        variable = "" if node.variable == node.name else _short(node.variable, _LONGEST_NAME)
        if variable and _ELEMENT.fullmatch(node.formula):
            label = variable
        elif variable:
            name = f"{name} {variable}"
        formula = f"{node.name} = {node.formula}"
    return Cell(
        OUTPUT if is_output else kind,
        label,
        name,
        value_text(node.value),
        "" if seed is None or kind == CONSTANT else value_text(node.tangents[seed]),
        value_text(node.adjoint) if adjoints and kind != CONSTANT else "",
        formula,
        node.operation,
        (node.place,),
    )


def label_of(formula: str, operation: str) -> str:
    """An operation as short as it can be said: its sign or name, with what else than nodes stands in its formula.

    Parameters
    ----------
    formula, operation : str

    Returns
    -------
    str

    Examples
    --------
    >>> [label_of(text, "any") for text in ("v0 * v1", "log(v0)", "-v3", "2.0 * v3", "v1 ** 2", "f(v1, axis=0)")]
    ['×', 'log', '−', '2.0 × v3', 'v1²', 'f(v1, axis=0)']
    """
    text = " ".join(formula.split())
    if found := _BINARY.fullmatch(text):
        return {"*": "×", "-": "−", "/": "÷"}.get(found[1], found[1])
    if found := _CALL.fullmatch(text):
        return _short(found[1], _LONGEST_LABEL)
    if re.fullmatch(rf"-{_NAME}", text):
        return "−"
    for sign, shown in _SIGNS.items():
        text = text.replace(sign, shown)
    text = _POWER.sub(lambda match: raised(match[1]), text)
    return text if text and len(text) <= _LONGEST_LABEL else _short(operation, _LONGEST_LABEL)


def _short(text: str, most: int) -> str:
    """One line of at most so many characters."""
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def number_text(value: Any) -> str:
    """A number as tables show it, in the signs of print; "" for what is no single number."""
    return "" if value is None or np.ndim(value) else typeset(numbers.number_text(np.asarray(value)[()]))


def value_text(value: Any) -> str:
    """A number, a short vector in full, or the shape of an array with its first and last element."""
    if np.ndim(value) == 0:
        return number_text(value)
    array = np.asarray(value)
    shape = "×".join(map(str, array.shape))
    if array.size == 0:
        return f"{shape} []"
    if array.ndim == 1 and array.size <= _WRITTEN_OUT:
        text = f"[{', '.join(map(number_text, array))}]"
        if len(text) <= _LONGEST_VECTOR:
            return text
    ends = [number_text(array.flat[0]), number_text(array.flat[-1])]
    return f"{shape} [{ends[0]}{', ' if array.size == 2 else ' … '}{ends[1]}]" if array.size > 1 else f"{shape} [{ends[0]}]"


def counted(words: Sequence[str], most: int = 3) -> str:
    """The commonest words with their counts: ``96 ×, 96 tanh and 4 more``."""
    counts = dict.fromkeys(words, 0)
    for word in words:
        counts[word] += 1
    common = sorted(counts, key=lambda word: -counts[word])
    listed = [f"{counts[word]:,} {word}" for word in common[:most]]
    rest = sum(counts[word] for word in common[most:])
    return join_words([*listed, *([f"{rest:,} more"] if rest else [])])
