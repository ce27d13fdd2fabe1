"""A computation graph in the language of Graphviz."""

from __future__ import annotations

from .labels import by_number, label_of
from .sketch import CONSTANT, INPUT, OPERATION, OUTPUT, SUMMARY, Cell, Sketch

_SHAPES = {
    INPUT: 'shape=box, style="rounded,filled", fillcolor="#eef1f4"',
    CONSTANT: 'shape=plaintext, fontcolor="#5c6978"',
    OPERATION: 'shape=box, style="rounded"',
    OUTPUT: 'shape=box, style="rounded", penwidth=2.4',
    SUMMARY: 'shape=box, style="dashed"',
}


def dot_text(sketch: Sketch) -> str:
    """The sketch as a digraph.

    Parameters
    ----------
    sketch : Sketch

    Returns
    -------
    str
    """
    lines = [
        "digraph trace {",
        '  graph [rankdir=LR, ordering=in, nodesep=0.25, ranksep=0.5, labelloc=t, fontname="DejaVu Sans", fontsize=10];',
        f"  label={_caption(sketch)};",
        '  node [fontname="DejaVu Sans", fontsize=11, color="#5c6978"];',
        '  edge [fontname="DejaVu Sans", fontsize=9, color="#5c6978", fontcolor="#5c6978"];',
    ]
    lines += [
        f"  n{number} [{_SHAPES[cell.kind]}, label=<{_words(cell)}>, tooltip={quote(cell.formula)}];"
        for number, cell in enumerate(sketch.cells)
    ]
    if inputs := [f"n{number}" for number, cell in enumerate(sketch.cells) if cell.kind == INPUT]:
        lines.append(f"  {{ rank=source; {'; '.join(inputs)}; }}")
    for link in sketch.links:
        label = f" [label={quote(link.label)}]" if link.label else ""
        lines.append(f"  n{link.source} -> n{link.target}{label};")
    return "\n".join([*lines, "}", ""])


def quote(text: str) -> str:
    r"""A string of DOT's. Its backslashes are doubled, since `\\N` and the like would stand for something else.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> print(quote('a "name" of two' + chr(10) + 'lines'))
    "a \"name\" of two\nlines"
    """
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r\n", "\n")
    # Characters that end a line in some program or other, or that no file should hold.
    return '"' + "".join("\\n" if letter == "\n" else letter if letter.isprintable() else "\ufffd" for letter in text) + '"'


def _words(cell: Cell) -> str:
    """A label in DOT's HTML: the only one that can have numbers in colours."""
    name = f"{_font(cell.name, 8, '#5c6978')} " if cell.name else ""
    return label_of(cell, name + _escape(cell.label), _escape, lambda text, color: _font(text, 9, color))


def _font(text: str, size: int, color: str) -> str:
    return f'<font point-size="{size}" color="{color}">{_escape(text)}</font>'


def _escape(text: str) -> str:
    """Text within HTML; by its number whatever is neither a letter nor a digit nor a space."""
    return by_number(text, " ", "&#", "\ufffd")


def _caption(sketch: Sketch) -> str:
    """The title and the meaning of the colours, each on a line that begins on the left."""
    lines = [sketch.title]
    if sketch.seed:
        lines.append(f"→ tangent: derivative by {sketch.seed}")
    if sketch.result:
        lines.append(f"← adjoint: derivative of {sketch.result}")
    if sketch.note:
        lines.append(sketch.note)
    return f'"{"".join(quote(line)[1:-1] + chr(92) + "l" for line in lines)}"'
