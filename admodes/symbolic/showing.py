"""How a derivative is shown: as lines of text, and as LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import sympy

#: Lines that are shown.
LINES = 40
#: Operations of a formula that is worth reading; longer ones are told by their size.
READABLE = 120


class Long(sympy.Symbol):  # type: ignore[misc]
    """A formula too long to be shown."""

    def __new__(cls, operations: int) -> Self:
        made: Self = super().__new__(cls, f"({operations:,} operations)")
        return made


#: (label of the output, symbol, derivative)
Entry = tuple[str, Any, Any]


def entries(matrix: Any, variables: Sequence[Any], outputs: Sequence[Any]) -> list[Entry]:
    """Every derivative that is not zero, from the matrix of all of them."""
    labels = [_label(i, index, len(outputs)) for i, output in enumerate(outputs) for index in np.ndindex(*output.shape)]
    return [(labels[i], variables[j], matrix[i, j]) for i, j in np.ndindex(*matrix.shape) if matrix[i, j] != 0]


def _label(number: int, index: tuple[int, ...], count: int) -> str:
    """What an output element is called: f, f_0, f_{1,2}; with several outputs f^{(0)}_1."""
    name = "f" if count == 1 else f"f^{{({number})}}"
    places = ",".join(map(str, index))
    return name if not index else f"{name}_{places}" if len(places) == 1 else f"{name}_{{{places}}}"


def as_text(found: Sequence[Entry], conditions: Sequence[Any]) -> str:
    """One line a derivative, then the conditions of the path."""
    lines = [f"d {output} / d {symbol} = {expression}" for output, symbol, expression in found[:LINES]]
    lines += [f"... and {len(found) - LINES} more"] if len(found) > LINES else []
    return "\n".join([*lines, *(f"where {condition}" for condition in conditions[:LINES])]) or "0"


def as_latex(found: Sequence[Entry], conditions: Sequence[Any]) -> str:
    """The derivatives one below the other, then the conditions of the path; what is long is cut."""
    lines = [
        rf"\frac{{\partial {output}}}{{\partial {symbol_latex(symbol)}}} &= {_latex(expression)}"
        for output, symbol, expression in found[:LINES]
    ]
    lines += [_more(len(found) - LINES)] if len(found) > LINES else []
    lines = lines or ["&0"]
    shown = [rf"&{_latex(condition)}" for condition in conditions[:LINES]]
    if shown:
        lines += [r"&\text{where}", *shown, *([_more(len(conditions) - LINES)] if len(conditions) > LINES else [])]
    body = r" \\ ".join(lines)
    return rf"$\displaystyle \begin{{aligned}} {body} \end{{aligned}}$"


def _more(count: int) -> str:
    return rf"&\;\;\vdots \quad (\text{{{count:,} more}})"


def symbol_latex(symbol: Any) -> str:
    """A symbol with its places as one index: ``x_0`` as ``x_{0}``, ``x_w_1_2`` as ``x_{w,1,2}``, ``x_0_`` as ``x_{0'}``."""
    if isinstance(symbol, Long):
        return rf"\cdots \quad \text{{{symbol.name}}}"
    stem = symbol.name.rstrip("_")
    # What tells two symbols of one name apart, and underscores of a key, are shown as well: no two may look alike.
    name, *places = [_upright(part) for part in stem.split("_")]
    primes = "'" * (len(symbol.name) - len(stem))
    return rf"{name}_{{{','.join(places)}{primes}}}" if places else name + primes


def _upright(text: str) -> str:
    return text if len(text) < 2 or text.isdigit() else rf"\mathrm{{{text}}}"


def _latex(expression: Any) -> str:
    names = {symbol: symbol_latex(symbol) for symbol in expression.free_symbols}
    text: str = sympy.latex(expression, symbol_names=names)
    return text
