"""What a trace is: one node for each operation, with its value, its tangents and its adjoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from ..errors import OptionError
from .files import write_file
from .writing import as_csv, as_html, as_latex, as_markdown, as_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .graph.pictures import Options

#: Rows that a table shows unless it is asked for more.
_LINES = 60


@dataclass(frozen=True, eq=False)
class Node:
    """One line of a trace: an input, a constant, or the result of one operation.

    Parameters
    ----------
    place : int
        Its index in `Trace.nodes`; what it reads comes before it.
    name : str
        ``v0``, ``v1``, ..., the inputs first.
    variable : str
        Its name in f's own source, ``x1`` or ``h``; "" where it has none.
    operation : str
        "input", "constant", the name of the primitive, or that of a group.
    formula : str
        ``v0 * v1``, ``log(v0)``; of an input its variable.
    value : float or ndarray
        A number is a Python number.
    operands : tuple of int
        Places of the nodes that it reads, one for each argument (the same twice for ``v0 * v0``); constants are no operands.
    locals : tuple
        Its local derivative by each operand. Elementwise: a number, or an array of the value's shape. Where the value is one
        number: the gradient, of the operand's shape. 0.0 where it does not depend smoothly on the operand. None for other
        maps of arrays (a product of matrices, a sum over an axis), which have no number for each element.
    tangents : tuple
        One for each of `Trace.seeds`, of the value's shape.
    adjoint : float or ndarray
        The derivative of the output by this value (the upstream), of the value's shape.
    downstream : tuple
        What it hands on to each operand, upstream times local, of the operand's shape.
    line : int or None
        Line in the file of f.
    group : str
        The function called by f that it was computed in, ``sigmoid``; "" where that is f itself.
    tangent_formula : str
        How its tangent follows from those of its operands where the operation is linear or a product of arrays, ``W @ v0'``;
        "" where the local derivatives say it.
    """

    place: int
    name: str
    variable: str
    operation: str
    formula: str
    value: Any
    operands: tuple[int, ...] = ()
    locals: tuple[Any, ...] = ()
    tangents: tuple[Any, ...] = ()
    adjoint: Any = 0.0
    downstream: tuple[Any, ...] = ()
    line: int | None = None
    group: str = ""
    tangent_formula: str = ""


class Source(Protocol):
    """What a trace was read from, and can be read from again with other nodes."""

    def grouped(self, depth: int) -> Trace:
        """With one node for each call."""

    def expanded(self) -> Trace:
        """With one node for each element."""

    def gradient(self) -> Any:
        """The adjoints of the inputs, arranged as x."""


@dataclass(frozen=True, eq=False)
class Trace:
    """One evaluation of f, operation by operation, with its derivatives forward and backward.

    Parameters
    ----------
    nodes : tuple of Node
        In the order of the evaluation.
    inputs : tuple of int
        Places of the inputs.
    outputs : tuple of int
        Places of f's outputs.
    title : str
    seeds : tuple of str
        What each of a node's tangents is a derivative by: ``x1``, ``x[2]``.
    source : Source or None
        What it was read from, by `ad.trace`.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> trace = ad.trace(lambda x: np.sin(x) * x, 2.0)
    >>> trace
    <trace of f(x): 3 nodes>
    >>> [(node.name, node.formula, round(node.adjoint, 3)) for node in trace.nodes]
    [('v0', 'x', 0.077), ('v1', 'sin(v0)', 2.0), ('v2', 'v1 * v0', 1.0)]
    """

    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    title: str
    seeds: tuple[str, ...] = ()
    source: Source | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<trace of {self.title}: {len(self.nodes)} nodes>"

    def _repr_html_(self) -> str:
        return as_html(self, 3, _LINES)

    @property
    def gradient(self) -> Any:
        """The adjoints of the inputs, arranged as x: what `ad.gradient` returns."""
        return self._source("the gradient").gradient()

    def grouped(self, depth: int = 1) -> Trace:
        """The same evaluation with one node for each call of a function.

        What f computes in a function of its own (`sigmoid`, a method of a layer), or in one of NumPy's that is made
        of several operations (`np.mean`), becomes one node with its own local derivatives.

        Parameters
        ----------
        depth : int
            1 for the calls that f itself makes, 2 for those that these make, and so on.
        """
        if not isinstance(depth, int) or depth < 1:
            raise OptionError(f"depth={depth!r} must be a whole number from 1 on: 1 groups what f calls, 2 what those call.")
        return self._source("grouped nodes").grouped(depth)

    def expanded(self) -> Trace:
        """The same evaluation with one node for each element of an array; for small arrays only."""
        return self._source("single elements").expanded()

    def _source(self, what: str) -> Source:
        if self.source is None:
            raise OptionError(f"This trace was put together from nodes and has no record to read {what} from: use ad.trace.")
        return self.source

    def text(self, digits: int = 3, lines: int | None = _LINES) -> str:
        """The three tables as plain text.

        Parameters
        ----------
        digits : int
            Decimals of a number.
        lines : int or None
            Rows of a table, the first and the last of which are shown with a count of what is left out; None for all.
        """
        return as_text(self, digits, lines)

    def to_html(self, digits: int = 3, lines: int | None = _LINES) -> str:
        """The three tables as HTML, as a notebook shows them; `digits` and `lines` as for `text`."""
        return as_html(self, digits, lines)

    def to_markdown(self, digits: int = 3, lines: int | None = _LINES) -> str:
        """The three tables in Markdown; `digits` and `lines` as for `text`."""
        return as_markdown(self, digits, lines)

    def to_latex(self, digits: int = 3, lines: int | None = _LINES) -> str:
        """The three tables as LaTeX's `tabular`, which needs no package; `digits` and `lines` as for `text`."""
        return as_latex(self, digits, lines)

    def to_csv(self, path: str | Path | None = None, *, overwrite: bool = False) -> str:
        """All nodes as CSV, a row each, to the last bit; written to `path` if there is one.

        Arrays are nested lists, as JSON has them. A file that exists is replaced with `overwrite` only.

        Raises
        ------
        FileExistsError
            If the file exists and is not to be replaced.
        """
        text = as_csv(self)
        if path is not None:
            write_file(path, text, overwrite)
        return text

    def plot(self, ax: Axes | None = None, *, legend: bool = True, **options: Unpack[Options]) -> Axes:
        """The computation graph: inputs on the left, the output on the right.

        Each box shows the value, the tangent (the derivative by one input) and the adjoint (the derivative of the output).

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            A figure of its own by default, as large as the graph needs. Letters grow and shrink with the axes, and the
            colours suit their ground, light or dark.
        legend : bool
            Whether there is one, above the graph.
        seed : str or int, optional
            The input by which the tangents are derivatives: one of `seeds`, or its number. The first by default.
        tangents, adjoints, locals : bool, optional
            Whether they are shown; local derivatives stand on the edges, by default where the graph is small.
        max_nodes : int
            Graphs of more than 100 nodes, or so many, are summed up: calls of functions, repeated parts, and if need be
            the middle become one box.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        OptionError
            If there is no such option or seed, or `max_nodes` is not a whole number of at least 10.
        """
        from .graph import pictures

        return pictures.plot(self, ax, legend=legend, **options)

    def to_svg(self, path: str | Path | None = None, *, overwrite: bool = False, **options: Unpack[Options]) -> str:
        """The computation graph as an SVG file, written to `path` if there is one; further options as for `plot`.

        A file that exists is replaced with `overwrite` only; otherwise FileExistsError is raised.
        """
        from .graph import pictures

        return pictures.to_svg(self, path, overwrite=overwrite, **options)

    def to_dot(self, **options: Unpack[Options]) -> str:
        """The computation graph in the language of Graphviz; options as for `plot`."""
        from .graph import pictures

        return pictures.to_dot(self, **options)

    def to_mermaid(self, **options: Unpack[Options]) -> str:
        """The computation graph in the language of Mermaid, which Markdown viewers draw; options as for `plot`."""
        from .graph import pictures

        return pictures.to_mermaid(self, **options)

    def to_page(self, path: str | Path, beside: Sequence[Trace] = (), *, overwrite: bool = False) -> Path:
        """Write a page that plays the forward and the backward pass over the graph, node by node.

        Parameters
        ----------
        path : str or Path
            Of the HTML file, which needs no other file and no network.
        beside : sequence of Trace
            Of the same function at other inputs, or of other outputs at the same inputs: the reader switches between them.
            One that is given twice is shown once.
        overwrite : bool
            Whether a file that exists is replaced.

        Raises
        ------
        OptionError
            If a trace has more than 300 nodes, or those beside it are of another function.
        FileExistsError
            If the file exists and is not to be replaced.
        """
        from .page import write_page

        return write_page([self, *beside], path, overwrite=overwrite)
