"""What the page tells: for each point the graph, and for each pass what every step says, as finished text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..graph.layering import Edge
from ..graph.layout import Layout, lay_out
from ..tables import value_text

if TYPE_CHECKING:
    from ..model import Node, Trace

#: Longest formula in a node of the picture; the text beside it has the whole one.
_SHORT = 26
#: Pixels: of a letter of a bold name and of a formula, beside the text, and the height of its four lines.
_BOLD, _PLAIN, _BESIDE, _HEIGHT = 8.2, 7.2, 18.0, 78.0
_MARGIN = 14.0


def tell_story(traces: Sequence[Trace]) -> dict[str, Any]:
    """One point of the page.

    Parameters
    ----------
    traces : sequence of Trace
        Of the same function at the same inputs, one for each output that is looked at.

    Returns
    -------
    dict
        ``label``; ``nodes`` and ``edges`` with their places in the picture, ``width``, ``height``; ``forward``, one entry a
        seed with the tangents; ``reverse``, one entry an output with the adjoints and the steps of the pass.
    """
    trace = traces[0]
    picture = _picture(trace)
    pairs = [(parent, node.place) for node in trace.nodes for parent in node.operands]
    edges = [
        {"from": parent, "to": place, "path": _path(path)} for (parent, place), path in zip(pairs, picture.paths, strict=True)
    ]
    return {
        "label": ", ".join(
            f"{one.variable or one.name} = {value_text(one.value)}" for one in (trace.nodes[place] for place in trace.inputs)
        ),
        "nodes": [_node(trace, node, box) for node, box in zip(trace.nodes, picture.nodes, strict=True)],
        "edges": edges,
        "width": round(picture.width + 2 * _MARGIN, 1),
        "height": round(picture.height + 2 * _MARGIN, 1),
        "forward": [_forward(trace, seed) for seed in range(len(trace.seeds))],
        "reverse": _told_apart([_reverse(one) for one in traces]),
    }


def _told_apart(passes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outputs of one name, of which the traces have different weights, are numbered."""
    labels = [one["label"] for one in passes]
    for number, label in enumerate(labels):
        if labels.count(label) > 1:
            passes[number]["label"] = f"{label} ({labels[: number + 1].count(label)})"
    return passes


def title(node: Node) -> str:
    """The name in f's source beside that of the table: ``h = v3``."""
    return f"{node.variable} = {node.name}" if node.variable and node.variable != node.name else node.name


def _formula(node: Node) -> str:
    """An input's formula is its name, which stands in the title already."""
    return node.operation if node.operation == "input" else node.formula


def _picture(trace: Trace) -> Layout:
    sizes = [_size(node) for node in trace.nodes]
    edges = [Edge(parent, node.place) for node in trace.nodes for parent in node.operands]
    return lay_out(sizes, edges, first=trace.inputs, last=trace.outputs)


def _size(node: Node) -> tuple[float, float]:
    texts = [
        len(_clipped(_formula(node))),
        len(value_text(node.value)),
        *(len(value_text(one)) for one in (*node.tangents, node.adjoint)),
    ]
    return max(_BOLD * len(_clipped(title(node))), _PLAIN * max(texts), 48.0) + _BESIDE, _HEIGHT


def _clipped(text: str) -> str:
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"


def _path(points: Sequence[tuple[float, float]]) -> str:
    moved = [f"{x + _MARGIN:.1f},{y + _MARGIN:.1f}" for x, y in points]
    return f"M{moved[0]} C{' '.join(moved[1:])}"


def _node(trace: Trace, node: Node, box: Any) -> dict[str, Any]:
    kind = "input" if node.place in trace.inputs else "output" if node.place in trace.outputs else node.operation
    return {
        "title": title(node),
        "name": _clipped(title(node)),
        "formula": _formula(node),
        "short": _clipped(_formula(node)),
        "value": value_text(node.value),
        "kind": kind if kind in ("input", "output", "constant") else "operation",
        "operands": list(node.operands),
        "telling": _evaluation(trace, node),
        "source": f"line {node.line} of the source" if node.line else "",
        **{name: round(value, 1) for name, value in zip("xy", (box.left + _MARGIN, box.top + _MARGIN), strict=True)},
        "width": round(box.width, 1),
        "height": round(box.height, 1),
    }


def _evaluation(trace: Trace, node: Node) -> list[str]:
    """The value, and what it was computed from."""
    if not node.operands:
        return [f"{title(node)} = {value_text(node.value)}"]
    read = [trace.nodes[place] for place in dict.fromkeys(node.operands)]
    given = ", ".join(f"{one.name} = {value_text(one.value)}" for one in read)
    return [f"{title(node)} = {node.formula}", f"with {given}", f"= {value_text(node.value)}"]


def _forward(trace: Trace, seed: int) -> dict[str, Any]:
    """The tangents of one seed, and how each comes from those of the operands."""
    return {
        "label": trace.seeds[seed],
        "tangents": [value_text(node.tangents[seed]) for node in trace.nodes],
        "telling": [_tangent(trace, node, seed) for node in trace.nodes],
    }


def _tangent(trace: Trace, node: Node, seed: int) -> list[str]:
    tangent = value_text(node.tangents[seed])
    if not node.operands:
        chosen = f"the seed: its derivative by {trace.seeds[seed]}"
        return [f"tangent: {tangent} ({chosen})"] if node.place in trace.inputs else [f"tangent: {tangent}"]
    if any(local is None for local in node.locals):
        return [f"tangent: {tangent} (the tangents of what it reads, through the same operation)"]
    parents = [trace.nodes[place] for place in node.operands]
    names = " + ".join(f"∂{node.name}/∂{one.name} · tangent of {one.name}" for one in parents)
    terms = " + ".join(
        f"{_factor(local)} × {_factor(one.tangents[seed])}" for local, one in zip(node.locals, parents, strict=True)
    )
    return [f"tangent: {names}", f"= {terms}", f"= {tangent}"]


def _factor(value: Any) -> str:
    """A factor of a product: a negative number in parentheses."""
    text = value_text(value)
    return f"({text})" if text.startswith("-") else text


def _reverse(trace: Trace) -> dict[str, Any]:
    """The adjoints of one output, and the steps of the backward pass."""
    totals: dict[int, Any] = {}
    start = [node for node in trace.nodes if node.place in trace.outputs]
    steps = [_seeding(node, totals, trace) for node in start if np.any(seed_of(trace, node))]
    steps += [_handing_down(trace, node, totals) for node in reversed(trace.nodes) if node.operands and node.place in totals]
    return {"label": output_name(trace), "adjoints": [value_text(node.adjoint) for node in trace.nodes], "steps": steps}


def seed_of(trace: Trace, node: Node) -> Any:
    """What the backward pass starts with at an output: its adjoint, less what those that read it handed down."""
    handed = [part for one in trace.nodes for place, part in zip(one.operands, one.downstream) if place == node.place]
    return node.adjoint - sum(handed[1:], handed[0]) if handed else node.adjoint


def output_name(trace: Trace) -> str:
    """The number that the adjoints are derivatives of: ``y``, ``v6[2]``; several names where it is a sum."""
    names = []
    for node in (trace.nodes[place] for place in trace.outputs):
        seed = np.asarray(seed_of(trace, node))
        found = np.argwhere(seed)
        if len(found):
            index = f"[{', '.join(map(str, found[0].tolist()))}]" if seed.ndim and len(found) == 1 else ""
            names.append(f"{node.variable or node.name}{index}")
    return " and ".join(names)


def _seeding(node: Node, totals: dict[int, Any], trace: Trace) -> dict[str, Any]:
    totals[node.place] = seed = seed_of(trace, node)
    says = f"The adjoint of a node is the derivative of {output_name(trace)} by it: here {value_text(seed)}."
    return {
        "node": node.place,
        "title": f"Backward pass: start at {title(node)}",
        "telling": [says],
        "products": [],
        "totals": [[node.place, value_text(seed)]],
    }


def _handing_down(trace: Trace, node: Node, totals: dict[int, Any]) -> dict[str, Any]:
    """Upstream times local for each operand, added to what other readers of the operand handed down before."""
    products = []
    for place, local, downstream in zip(node.operands, node.locals, node.downstream, strict=True):
        parent = trace.nodes[place]
        earlier = totals.get(place)
        totals[place] = downstream if earlier is None else earlier + downstream
        total = (
            f"{value_text(earlier)} + {_factor(downstream)} = {value_text(totals[place])}"
            if earlier is not None
            else value_text(downstream)
        )
        mapped = local is None
        products.append(
            [
                ("upstream", value_text(node.adjoint)),
                (
                    "local",
                    f"{node.operation}, a map of arrays" if mapped else f"∂{node.name}/∂{parent.name} = {value_text(local)}",
                ),
                (
                    "downstream",
                    value_text(downstream)
                    if mapped
                    else f"{_factor(node.adjoint)} × {_factor(local)} = {value_text(downstream)}",
                ),
                (f"adjoint of {title(parent)}", total),
            ]
        )
    return {
        "node": node.place,
        "title": f"Backward pass: through {title(node)} = {node.formula}",
        "telling": [f"{title(node)} hands its adjoint on, times the local derivative, to what it was computed from."],
        "products": products,
        "totals": [[place, value_text(totals[place])] for place in dict.fromkeys(node.operands)],
    }
