"""Labels of nodes in languages that draw HTML."""

from __future__ import annotations

from collections.abc import Callable

from .boxes import ADJOINT, TANGENT
from .sketch import Cell


def label_of(cell: Cell, first: str, escape: Callable[[str], str], colored: Callable[[str, str], str]) -> str:
    """The lines of a label: `first`, the value, and the derivatives in their colours.

    Parameters
    ----------
    cell : Cell
    first : str
        The first line, which is escaped already.
    escape : callable
        Of a text.
    colored : callable
        A text, which it escapes, in a colour.

    Returns
    -------
    str
    """
    lines = [first]
    if cell.value:
        lines.append(escape(cell.value))
    derivatives = []
    if cell.tangent:
        derivatives.append(colored(f"→ {cell.tangent}", TANGENT.light))
    if cell.adjoint:
        derivatives.append(colored(f"← {cell.adjoint}", ADJOINT.light))
    return "<br/>".join([*lines, *([" ".join(derivatives)] if derivatives else [])])


def by_number(text: str, harmless: str, mark: str, unprintable: str) -> str:
    """A text in which all but letters, digits and what is harmless stands as its number.

    Parameters
    ----------
    text : str
    harmless : str
        Characters that stand as they are.
    mark : str
        What a number begins with.
    unprintable : str
        What stands for a character that has no shape.

    Returns
    -------
    str
    """
    return "".join(
        letter
        if letter.isalnum() or letter in harmless or (ord(letter) > 127 and letter.isprintable())
        else f"{mark}{ord(letter)};"
        if letter.isprintable()
        else unprintable
        for letter in text
    )
