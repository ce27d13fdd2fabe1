"""Pictures of a trace: on axes, as SVG, and as text for Graphviz and Mermaid."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import numpy as np

from ...errors import OptionError
from ...figures.plotting import STYLE, drawing_on
from ..files import write_file
from .dot import dot_text
from .mermaid import mermaid_text
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


class Options(TypedDict, total=False):
    """What a picture shows besides the values.

    Attributes
    ----------
    seed : str or int
        The input by which the tangents are derivatives: one of ``trace.seeds``, or its number. The first by default.
    tangents : bool
        Whether they stand in the boxes: by default where a seed is given, or there are few to choose from.
    adjoints : bool
        Whether they stand in the boxes; they do by default.
    locals : bool
        Whether the local derivatives stand on the edges: by default where the graph is small.
    max_nodes : int
        Larger graphs are summed up: calls of functions, repeated parts, and if need be the middle become one box. 100 by
        default.
    """

    seed: str | int | None
    tangents: bool | None
    adjoints: bool
    locals: bool | None
    max_nodes: int


def make_sketch(trace: Trace, **options: Unpack[Options]) -> Sketch:
    """What a picture of the trace says.

    Parameters
    ----------
    trace : Trace
    **options
        As in `Options`.

    Returns
    -------
    Sketch

    Raises
    ------
    OptionError
        If there is no such option or seed, or `max_nodes` is not a whole number of at least 10.
    """
    if unknown := [name for name in options if name not in Options.__annotations__]:
        known = ", ".join(Options.__annotations__)
        raise OptionError(f"Pictures of a trace have no option {unknown[0]!r}: there is {known}.")
    most = options.get("max_nodes", MOST_NODES)
    if isinstance(most, bool) or not isinstance(most, int | np.integer) or most < _LEAST_NODES:
        raise OptionError(f"max_nodes={most!r} is no number of nodes to draw: write a whole number from {_LEAST_NODES} on.")
    seed, tangents = options.get("seed"), options.get("tangents")
    if tangents is None:
        tangents = seed is not None or len(trace.seeds) <= _MOST_SEEDS
    shown = _by_calls(trace) if len(trace.nodes) > most else trace
    whole = sketch_trace(shown, seed=seed, tangents=tangents, adjoints=options.get("adjoints", True))
    sketch = summarise(whole, int(most))
    if len(shown.nodes) < len(trace.nodes):
        note = f"{len(trace.nodes):,} nodes: each call of a function is one box."
        sketch = replace(sketch, note=f"{note} {sketch.note}".strip())
    locals_shown = options.get("locals")
    return only(sketch, links=len(sketch.cells) <= _MOST_WITH_LABELS if locals_shown is None else locals_shown)


def _by_calls(trace: Trace) -> Trace:
    """One node for each call of a function, unless the whole of f is made of a few calls."""
    grouped = trace if trace.source is None else trace.grouped()
    return grouped if len(grouped.nodes) >= _LEAST_NODES else trace


def plot(trace: Trace, ax: Axes | None = None, *, legend: bool = True, **options: Unpack[Options]) -> Axes:
    """The computation graph: inputs on the left, the output on the right.

    Parameters
    ----------
    trace : Trace
    ax : matplotlib.axes.Axes, optional
        A figure of its own by default, as large as the graph needs. The letters grow and shrink with the axes, and
        the colours suit their ground, light or dark.
    legend : bool
        Whether there is one, above the graph.
    **options
        As in `Options`.

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

    sketch = make_sketch(trace, **options)
    lines, layout = arrange(sketch)
    width = min(_WIDEST, max(_NARROWEST, layout.width / 72 + _MARGIN))
    with drawing_on(ax, width=width) as axes:
        draw(axes, sketch, lines, layout, legend=legend)
        if ax is None:
            fit_figure(axes, layout)
        return axes


def to_svg(trace: Trace, path: str | Path | None = None, *, overwrite: bool = False, **options: Unpack[Options]) -> str:
    """The computation graph as an SVG file, the same bytes for the same trace.

    It has a title and a description of every operation, a hint on each box, and follows readers who prefer dark pages.

    Parameters
    ----------
    trace : Trace
    path : str or Path, optional
        Where to write it as well.
    overwrite : bool
        Whether a file that exists is replaced.
    **options
        As in `Options`.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        As `make_sketch` does.
    FileExistsError
        If the file exists and is not to be replaced.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from ...figures import svg
    from .boxes import arrange
    from .drawing import draw, fit_figure
    from .svg import finish_svg

    sketch = make_sketch(trace, **options)
    lines, layout = arrange(sketch)
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the fonts are the reader's, not matplotlib's
        figure = Figure(figsize=(max(_NARROWEST, layout.width / 72 + _MARGIN), _NARROWEST))
        axes = draw(figure.add_subplot(), sketch, lines, layout)
        fit_figure(axes, layout)
    text = finish_svg(svg.to_svg(figure, "graph"), sketch)
    if path is not None:
        write_file(path, text, overwrite)
    return text


def to_dot(trace: Trace, **options: Unpack[Options]) -> str:
    """The computation graph in the language of Graphviz: ``dot -Tpdf`` draws it.

    Parameters
    ----------
    trace : Trace
    **options
        As in `Options`.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        As `make_sketch` does.
    """
    return dot_text(make_sketch(trace, **options))


def to_mermaid(trace: Trace, **options: Unpack[Options]) -> str:
    """The computation graph in the language of Mermaid, which Markdown viewers draw.

    Parameters
    ----------
    trace : Trace
    **options
        As in `Options`.

    Returns
    -------
    str

    Raises
    ------
    OptionError
        As `make_sketch` does.
    """
    return mermaid_text(make_sketch(trace, **options))
