"""Writes the step-through page: one file that needs no other and no network."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import OptionError
from ...figures.pages import render, with_script
from ..files import write_file
from .story import tell_story

if TYPE_CHECKING:
    from ..model import Trace

_FOLDER = Path(__file__).parent
#: Nodes that a reader steps through without losing the thread, and that a graph shows on a screen.
MOST_NODES = 300


def write_page(traces: Sequence[Trace], path: str | Path, *, overwrite: bool = False) -> Path:
    """Write a page that plays the passes of a function's traces, node by node.

    The reader chooses between forward mode (and the input to seed) and reverse mode (and the output), steps with buttons,
    keys or a slider, and switches between the inputs that were traced.

    Parameters
    ----------
    traces : sequence of Trace
        Of one function, at several inputs, or of several of its outputs at the same inputs.
    path : str or Path
        Of the HTML file.
    overwrite : bool
        Whether a file that exists is replaced.

    Returns
    -------
    Path

    Raises
    ------
    OptionError
        If there is no trace, one has more nodes than can be stepped through, or they are not of one function.
    FileExistsError
        If the file exists and is not to be replaced.
    """
    stories = [tell_story(group) for group in _points(traces)]
    content = {
        "title": traces[0].title,
        "stories": stories,
        "tangents": all(story["forward"] for story in stories),
        # In a script element only "<" could end it or begin a comment.
        "data": _markup(json.dumps(stories, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")),
    }
    page = render(_FOLDER, "page.html.j2", content | with_script(_FOLDER / "page.js"))
    return write_file(path, page, overwrite)


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - JSON without "<"


def _points(traces: Sequence[Trace]) -> list[list[Trace]]:
    """The traces by their inputs: one point of the page, with one trace for each output."""
    if not traces:
        raise OptionError("A page needs at least one trace: write_page([ad.trace(f, x)], path).")
    points: list[list[Trace]] = []
    for trace in traces:
        if len(trace.nodes) > MOST_NODES:
            raise OptionError(
                f"{trace.title} has {len(trace.nodes):,} nodes, and a page steps through at most {MOST_NODES}. "
                "Write the page of trace.grouped(), in which a called function is one node, or trace f at a smaller input."
            )
        if trace.title != traces[0].title:
            raise OptionError(
                f"A page is about one function, but the traces are of {traces[0].title} and of {trace.title}. "
                "Write a page for each, or trace both under the same name."
            )
        point = next((point for point in points if _same_inputs(point[0], trace)), None)
        if point is None:
            points.append([trace])
        elif _formulas(point[0]) != _formulas(trace):
            raise OptionError(
                f"Two traces of {trace.title} at the same inputs have different nodes: they are of different functions, or one "
                "is grouped or expanded and the other is not. Traces at the same inputs may differ in their output only."
            )
        elif not any(_same_adjoints(one, trace) for one in point):
            point.append(trace)
    return points


def _formulas(trace: Trace) -> list[str]:
    return [node.formula for node in trace.nodes]


def _same_adjoints(one: Trace, other: Trace) -> bool:
    return all(np.array_equal(a.adjoint, b.adjoint, equal_nan=True) for a, b in zip(one.nodes, other.nodes, strict=True))


def _same_inputs(one: Trace, other: Trace) -> bool:
    pairs = zip(one.inputs, other.inputs, strict=False)
    return len(one.inputs) == len(other.inputs) and all(
        np.array_equal(one.nodes[a].value, other.nodes[b].value, equal_nan=True) for a, b in pairs
    )
