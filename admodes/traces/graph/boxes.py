"""The words and numbers in a box of a picture, and how much room they need."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from ...figures.palette import INK, MUTED, Role, styles_of
from .layering import Edge
from .layout import Layout, lay_out
from .sketch import CONSTANT, INPUT, OUTPUT, SUMMARY, Cell, Sketch

#: The colours of the modes that compute them, as in every figure.
TANGENT = styles_of(["forward"])["forward"].role
ADJOINT = styles_of(["reverse"])["reverse"].role

#: Points: sizes of letters, of the space between lines and words, and inside of a box.
_LABEL, _NUMBER, _SMALL = 11.0, 10.0, 8.0
_LINE, _WORD, _INSIDE, _ABOVE = 1.35, 7.0, 7.0, 4.0
_NARROWEST = 34.0


class Word(NamedTuple):
    """A piece of text: its colour, its size in points, and whether it is bold."""

    text: str
    role: Role
    size: float
    bold: bool = False


class Placed(NamedTuple):
    """A word in a picture: where it stands, and which part of it stands there (as matplotlib names it)."""

    word: Word
    x: float
    y: float
    align: Literal["left", "center", "right"]


Lines = list[list[Word]]


def lines_of(cell: Cell) -> Lines:
    """What a box says, line by line.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    list of list of Word
    """
    if cell.kind == SUMMARY:
        return [[Word(cell.label, INK, _NUMBER)], *([[Word(cell.value, MUTED, _SMALL)]] if cell.value else [])]
    if cell.kind == CONSTANT:
        words = [Word(word, MUTED, _SMALL) for word in (cell.label, cell.value) if word]
        return [words]
    label = Word(cell.label, INK, _LABEL, bold=cell.kind == INPUT)
    lines = [[Word(cell.name, MUTED, _SMALL), label] if cell.name else [label]]
    if cell.value:
        lines.append([Word(cell.value, INK, _NUMBER)])
    if cell.tangent:
        lines.append([Word(f"→ {cell.tangent}", TANGENT, _NUMBER - 1)])
    if cell.adjoint:
        lines.append([Word(f"← {cell.adjoint}", ADJOINT, _NUMBER - 1)])
    return lines


def size_of(cell: Cell, lines: Lines) -> tuple[float, float]:
    """Width and height of a box; those with round corners need more room."""
    width = max(_width(line) for line in lines) + (8.0 if cell.kind == INPUT else 0.0)
    height = sum(_LINE * max(word.size for word in line) for line in lines)
    return max(_NARROWEST, width + 2 * _INSIDE), height + 2 * _ABOVE


def place_words(lines: Lines, x: float, y: float) -> list[Placed]:
    """The words of a box around its middle; a line of two words is held together where they meet."""
    placed = []
    top = y - sum(_LINE * max(word.size for word in line) for line in lines) / 2
    for line in lines:
        height = _LINE * max(word.size for word in line)
        middle = top + height / 2
        if len(line) == 1:
            placed.append(Placed(line[0], x, middle, "center"))
        else:
            joint = x - _width(line) / 2 + measure(line[0])
            placed.append(Placed(line[0], joint, middle, "right"))
            placed.append(Placed(line[1], joint + _WORD, middle, "left"))
        top += height
    return placed


def edge_word(text: str) -> Word:
    """The text on an edge."""
    return Word(text, MUTED, _SMALL)


def arrange(sketch: Sketch) -> tuple[list[Lines], Layout]:
    """The words of each cell, and where cells and links stand.

    Parameters
    ----------
    sketch : Sketch

    Returns
    -------
    lines : list of list of list of Word
    layout : Layout
    """
    lines = [lines_of(cell) for cell in sketch.cells]
    edges = []
    for link in sketch.links:
        word = edge_word(link.label)
        label = (measure(word) + 4, _LINE * word.size) if link.label else None
        edges.append(Edge(link.source, link.target, label))
    reads = {link.target for link in sketch.links}
    is_read = {link.source for link in sketch.links}
    first = [index for index, cell in enumerate(sketch.cells) if cell.kind == INPUT or _sums_inputs(cell, index in reads)]
    # What nobody reads and is no output stays where it was computed.
    last = [index for index, cell in enumerate(sketch.cells) if cell.kind in (OUTPUT, SUMMARY) and index not in is_read]
    return lines, lay_out([size_of(cell, those) for cell, those in zip(sketch.cells, lines)], edges, first=first, last=last)


def _sums_inputs(cell: Cell, reads: bool) -> bool:
    return cell.kind == SUMMARY and not reads


def _width(line: Sequence[Word]) -> float:
    return sum(map(measure, line)) + _WORD * (len(line) - 1)


@lru_cache(maxsize=4096)
def measure(word: Word) -> float:
    """The width of a word in points, in the font that figures have."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    from ...figures.plotting import STYLE

    font = FontProperties(family=STYLE["font.family"], size=word.size, weight="bold" if word.bold else "normal")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # such a name is as wide as the boxes that stand for its letters
        width, _, _ = text_to_path.get_text_width_height_descent(word.text, font, ismath=False)
    return float(width)
