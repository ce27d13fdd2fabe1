"""Pictures of a trace: on axes, as SVG, and as text for Graphviz and Mermaid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from ...errors import OptionError
from ...figures.plotting import STYLE, drawing_on
from .sketch import Sketch, only, sketch_trace
from .summary import summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..model import Trace

#: Nodes that are drawn one by one, those whose edges still have room for numbers, inputs of which the first is of interest.
MOST_NODES, _MOST_WITH_LABELS, _MOST_SEEDS = 100, 30, 16
#: A graph is not summed up into fewer boxes than this.
_LEAST_NODES = 10
#: Inches beside a graph, the narrowest and the widest picture; an SVG may have any width.
_MARGIN, _NARROWEST, _WIDEST = 0.3, 5.6, 40.0


def make_sketch(
    trace: Trace,
    *,
    seed: str | int | None = None,
    tangents: bool | None = None,
    adjoints: bool = True,
    locals: bool | None = None,  # noqa: A002 - as in Node
    max_nodes: int = MOST_NODES,
) -> Sketch:
    """What a picture of the trace says.

    Parameters
    ----------
    trace : Trace
    seed : str or int, optional
        The input by which the tangents are derivatives: one of ``trace.seeds``, or its number. The first by default.
    tangents : bool, optional
        Whether they stand in the boxes: by default where a seed is given, or there are few to choose from.
    adjoints : bool
        Whether they stand in the boxes.
    locals : bool, optional
        Whether the local derivatives stand on the edges: by default where the graph is small.
    max_nodes : int
        Larger graphs are summed up: repeated parts, and if need be the middle, become one box.

    Returns
    -------
    Sketch

    Raises
    ------
    OptionError
        If there is no such seed, or `max_nodes` is not a whole number of at least 10.
    """
    if isinstance(max_nodes, bool) or not isinstance(max_nodes, int | np.integer) or max_nodes < _LEAST_NODES:
        raise OptionError(f"max_nodes={max_nodes!r} is no number of nodes to draw: write a whole number from {_LEAST_NODES} on.")
    if tangents is None:
        tangents = seed is not None or len(trace.seeds) <= _MOST_SEEDS
    whole = sketch_trace(trace, seed=seed, tangents=tangents, adjoints=adjoints)
    sketch = summarise(whole, int(max_nodes))
    return only(sketch, links=len(sketch.cells) <= _MOST_WITH_LABELS if locals is None else locals)


def plot(
    trace: Trace,
    ax: Axes | None = None,
    *,
    seed: str | int | None = None,
    tangents: bool | None = None,
    adjoints: bool = True,
    locals: bool | None = None,  # noqa: A002 - as in Node
    max_nodes: int = MOST_NODES,
) -> Axes:
    """The computation graph: inputs on the left, the output on the right.

    Parameters
    ----------
    trace : Trace
    ax : matplotlib.axes.Axes, optional
        A figure of its own by default, as large as the graph needs. The letters grow and shrink with the axes, and
        the colours suit their ground, light or dark.
    seed, tangents, adjoints, locals, max_nodes
        As for `make_sketch`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    OptionError
        As `make_sketch` does.
    """
    from .boxes import arrange
    from .drawing import draw, fit_figure

    sketch = make_sketch(trace, seed=seed, tangents=tangents, adjoints=adjoints, locals=locals, max_nodes=max_nodes)
    lines, layout = arrange(sketch)
    width = min(_WIDEST, max(_NARROWEST, layout.width / 72 + _MARGIN))
    with drawing_on(ax, width=width) as axes:
        draw(axes, sketch, lines, layout)
        if ax is None:
            fit_figure(axes, layout, _WIDEST)
        return axes


def to_svg(
    trace: Trace,
    *,
    seed: str | int | None = None,
    tangents: bool | None = None,
    adjoints: bool = True,
    locals: bool | None = None,  # noqa: A002 - as in Node
    max_nodes: int = MOST_NODES,
) -> str:
    """The computation graph as an SVG file, the same bytes for the same trace.

    It has a title and a description of every operation, a hint on each box, and follows readers who prefer dark pages.

    Parameters
    ----------
    trace : Trace
    seed, tangents, adjoints, locals, max_nodes
        As for `make_sketch`.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        As `make_sketch` does.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from ...figures import svg
    from .boxes import arrange
    from .drawing import draw, fit_figure
    from .svg import finish_svg

    sketch = make_sketch(trace, seed=seed, tangents=tangents, adjoints=adjoints, locals=locals, max_nodes=max_nodes)
    lines, layout = arrange(sketch)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(max(_NARROWEST, layout.width / 72 + _MARGIN), _NARROWEST), layout="constrained")
        axes = draw(figure.add_subplot(), sketch, lines, layout)
        fit_figure(axes, layout, math.inf)
    return finish_svg(svg.to_svg(figure, "graph"), sketch)


def to_dot(
    trace: Trace,
    *,
    seed: str | int | None = None,
    tangents: bool | None = None,
    adjoints: bool = True,
    locals: bool | None = None,  # noqa: A002 - as in Node
    max_nodes: int = MOST_NODES,
) -> str:
    """The computation graph in the language of Graphviz: ``dot -Tpdf`` draws it.

    Parameters
    ----------
    trace : Trace
    seed, tangents, adjoints, locals, max_nodes
        As for `make_sketch`.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        As `make_sketch` does.
    """
    from .dot import dot_text

    return dot_text(make_sketch(trace, seed=seed, tangents=tangents, adjoints=adjoints, locals=locals, max_nodes=max_nodes))


def to_mermaid(
    trace: Trace,
    *,
    seed: str | int | None = None,
    tangents: bool | None = None,
    adjoints: bool = True,
    locals: bool | None = None,  # noqa: A002 - as in Node
    max_nodes: int = MOST_NODES,
) -> str:
    """The computation graph in the language of Mermaid, which Markdown viewers draw.

    Parameters
    ----------
    trace : Trace
    seed, tangents, adjoints, locals, max_nodes
        As for `make_sketch`.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        As `make_sketch` does.
    """
    from .mermaid import mermaid_text

    return mermaid_text(make_sketch(trace, seed=seed, tangents=tangents, adjoints=adjoints, locals=locals, max_nodes=max_nodes))
