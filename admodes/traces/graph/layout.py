"""Where the nodes and edges of a graph stand in a picture: from left to right, in columns, no edge behind a node.

The steps are those of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures"
(1981): columns, an order in each with few crossings, heights, and then the paths of the edges. It is written here because
no library does it without a compiled program beside it; it knows nothing of traces.

An edge passes a column only where a virtual node keeps room for it, straight on, and turns only between columns, where
nothing stands: that is why none can pass behind a node or a label.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .layering import Edge, Layers, make_layers
from .ordering import reduce_crossings
from .placing import place_nodes

Point = tuple[float, float]

#: Between neighbours of a column: two nodes, a node and a passing edge, two passing edges.
_BETWEEN_NODES, _BESIDE_EDGE, _BETWEEN_EDGES = 14.0, 10.0, 9.0
#: The width between two columns: at least, at most, and as a part of the largest rise of an edge there.
_NARROWEST, _WIDEST, _PART_OF_RISE = 19.0, 90.0, 0.3
#: Beside a label less is needed, since the edge goes straight into it.
_BESIDE_LABEL = 10.0
#: The straight end of an edge, and the distance of two that end at one node.
_ARRIVAL, _PORT = 7.0, 11.0


@dataclass(frozen=True)
class Box:
    """A rectangle: its middle, and its size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Of the left side."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Of the right side."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Of the upper side: the smaller number."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Of the lower side."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """A picture of a graph: x to the right, y downwards, from (0, 0) to (width, height).

    Attributes
    ----------
    nodes : tuple of Box
        In the order given.
    labels : tuple of (Box or None)
        One for each edge: where its label stands, in the middle of its path.
    paths : tuple of tuple of Point
        One for each edge: where it starts, then the three points of each cubic Bézier curve. x never decreases.
    width, height : float
    """

    nodes: tuple[Box, ...]
    labels: tuple[Box | None, ...]
    paths: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def lay_out(
    sizes: Sequence[tuple[float, float]], edges: Sequence[Edge], *, first: Collection[int] = (), last: Collection[int] = ()
) -> Layout:
    """A layered picture of a graph without cycles; the same for the same graph.

    Parameters
    ----------
    sizes : sequence of tuple of float
        Width and height of each node.
    edges : sequence of Edge
        Several between the same nodes are drawn beside each other.
    first, last : collection of int
        Nodes that stand in the first column, if no edge leads to them, and in the last one, if none leaves them.

    Returns
    -------
    Layout

    Raises
    ------
    OptionError
        If edges form a cycle or lead to no node.

    Examples
    --------
    >>> picture = lay_out([(20, 10), (20, 10), (30, 10)], [Edge(0, 2), Edge(1, 2)])
    >>> [(box.x, box.y) for box in picture.nodes]
    [(10.0, 5.0), (10.0, 29.0), (61.0, 17.0)]
    """
    layers = make_layers(sizes, edges, first, last)
    reduce_crossings(layers)
    heights = place_nodes(layers, lambda upper, lower: _separation(layers, upper, lower))
    top = min((y - size[1] / 2 for y, size in zip(heights, layers.sizes)), default=0.0)
    # Rounded, so that what should be straight is straight, on every machine.
    heights = [round(y - top, 6) for y in heights]
    ports = _ports(layers, edges, heights)
    lefts, rights = _across(layers, heights, ports)
    column_of = {node: number for number, column in enumerate(layers.columns) for node in column}
    boxes = [
        Box((lefts[column_of[node]] + rights[column_of[node]]) / 2, heights[node], *layers.sizes[node])
        for node in range(len(layers.sizes))
    ]
    paths = tuple(
        _path(chain, boxes, port, [(lefts[column_of[node]], rights[column_of[node]]) for node in chain])
        for chain, port in zip(layers.chains, ports)
    )
    labels = tuple(boxes[chain[-2]] if edge.label else None for edge, chain in zip(edges, layers.chains))
    bottom = max((box.bottom for box in boxes), default=0.0)
    return Layout(tuple(boxes[: layers.real]), labels, paths, max(rights, default=0.0), bottom)


def _separation(layers: Layers, upper: int, lower: int) -> float:
    """How far apart the middles of neighbours are at least."""
    sizes = layers.sizes
    bare = (sizes[upper][1] == 0) + (sizes[lower][1] == 0)
    gap = (_BETWEEN_NODES, _BESIDE_EDGE, _BETWEEN_EDGES)[bare]
    if not bare and min(upper, lower) >= layers.real:
        gap = _BETWEEN_EDGES / 2
    return (sizes[upper][1] + sizes[lower][1]) / 2 + gap


def _ports(layers: Layers, edges: Sequence[Edge], heights: Sequence[float]) -> list[float]:
    """The height at which each edge ends: beside each other at the left side of a node, in the order in which they come."""
    arriving: dict[int, list[int]] = {}
    for number, edge in enumerate(edges):
        arriving.setdefault(edge.target, []).append(number)
    ports = [0.0] * len(edges)
    for node, numbers in arriving.items():
        room = 0.7 * layers.sizes[node][1]
        step = min(_PORT, room / max(1, len(numbers) - 1))
        numbers.sort(key=lambda number: heights[layers.chains[number][-2]])
        for place, number in enumerate(numbers):
            ports[number] = round(heights[node] + (place - (len(numbers) - 1) / 2) * step, 6)
    return ports


def _across(layers: Layers, heights: Sequence[float], ports: Sequence[float]) -> tuple[list[float], list[float]]:
    """The left and right sides of the columns. Where edges rise far there is more room for them between two columns."""
    rises = [0.0] * len(layers.columns)
    column_of = {node: number for number, column in enumerate(layers.columns) for node in column}
    for chain, port in zip(layers.chains, ports):
        levels = [*(heights[node] for node in chain[:-1]), port]
        for node, start, end in zip(chain, levels, levels[1:]):
            rises[column_of[node]] = max(rises[column_of[node]], abs(end - start))
    # A column of virtual nodes alone is one of labels.
    bare = [all(node >= layers.real for node in column) for column in layers.columns]
    lefts, rights, x = [], [], 0.0
    for number, column in enumerate(layers.columns):
        width = max((layers.sizes[node][0] for node in column), default=0.0)
        lefts.append(x)
        rights.append(x + width)
        beside = bare[number] or (number + 1 < len(bare) and bare[number + 1])
        least = _BESIDE_LABEL if beside else _NARROWEST
        x += width + min(_WIDEST, max(least, _PART_OF_RISE * rises[number])) + _ARRIVAL
    return lefts, rights


def _path(chain: Sequence[int], boxes: Sequence[Box], port: float, columns: Sequence[tuple[float, float]]) -> tuple[Point, ...]:
    """Straight through each column, and a curve from one to the next that leaves and arrives straight."""
    start, end = boxes[chain[0]], boxes[chain[-1]]
    points = [(start.right, start.y)]
    levels = [*(boxes[node].y for node in chain[:-1]), port]
    for place in range(len(chain) - 1):
        _line(points, columns[place][1])
        left, y = columns[place + 1][0], levels[place + 1]
        (x, before) = points[-1]
        if place == len(chain) - 2:
            left -= _ARRIVAL
        if y == before:
            _line(points, left)
        else:
            middle = (x + left) / 2
            points += [(middle, before), (middle, y), (left, y)]
    _line(points, end.left)
    return tuple(points)


def _line(points: list[Point], x: float) -> None:
    """A straight piece to the right, as a curve like the others."""
    start, y = points[-1]
    if x > start:
        points += [(start + (x - start) / 3, y), (start + 2 * (x - start) / 3, y), (x, y)]
