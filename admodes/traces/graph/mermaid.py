"""A computation graph in the language of Mermaid, which many web pages and Markdown viewers draw."""

from __future__ import annotations

from ...figures.palette import INK, MUTED, PAPER
from .labels import by_number, label_of
from .sketch import CONSTANT, INPUT, OPERATION, OUTPUT, SUMMARY, Cell, Sketch

_SHAPES = {INPUT: ("([", "])"), CONSTANT: ("[", "]"), OPERATION: ("(", ")"), OUTPUT: ("(", ")"), SUMMARY: ("[", "]")}
#: Boxes have a ground of their own, since the page may be light or dark.
_DEFAULT = f"fill:{PAPER.light},color:{INK.light},stroke:{MUTED.light}"
_CLASSES = {
    CONSTANT: "stroke:none",
    OUTPUT: "stroke-width:3px",
    SUMMARY: "stroke-dasharray:4 3",
}


def mermaid_text(sketch: Sketch) -> str:
    """The sketch as a flowchart.

    Parameters
    ----------
    sketch : Sketch

    Returns
    -------
    str
    """
    lines = ["flowchart LR"]
    for number, cell in enumerate(sketch.cells):
        opening, closing = _SHAPES[cell.kind]
        # A node's id is never one of Mermaid's own words, such as "end".
        lines.append(f'  n{number}{opening}"{_words(cell)}"{closing}')
    for link in sketch.links:
        label = f'|"{escape(link.label)}"|' if link.label else ""
        lines.append(f"  n{link.source} -->{label} n{link.target}")
    lines.append(f"  classDef default {_DEFAULT}")
    for kind, style in _CLASSES.items():
        if members := [f"n{number}" for number, cell in enumerate(sketch.cells) if cell.kind == kind]:
            lines += [f"  classDef {kind} {style}", f"  class {','.join(members)} {kind}"]
    if sketch.note:
        lines.append(f"  %% {escape(sketch.note)}")
    return "\n".join([*lines, ""])


def escape(text: str) -> str:
    """Text within quotes of Mermaid's: by its number whatever is neither a letter nor a digit nor harmless.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> escape('x["end"]')
    'x#91;#34;end#34;#93;'
    """
    return by_number(text, " .,−→←×÷…·∞", "#", " ")


def _words(cell: Cell) -> str:
    return label_of(cell, escape(f"{cell.name} {cell.label}".strip()), escape, _colored)


def _colored(text: str, color: str) -> str:
    # Quotes of an attribute would end the label, and so would numbered ones once Mermaid has read them.
    return f"<font color={color}>{escape(text)}</font>"
