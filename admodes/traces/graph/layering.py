"""Which column each node of a picture stands in, and the virtual nodes that keep room for what passes by.

Ranks are those of longest paths (Sugiyama, Tagawa and Toda, 1981), then nodes move towards their neighbours wherever that
makes edges shorter. All edges that leave a node and pass by other columns share one trunk: they carry the same value.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...errors import OptionError


class Edge(NamedTuple):
    """From one node to another.

    Attributes
    ----------
    source, target : int
        Indices of nodes; the same pair may occur more than once.
    label : tuple of float or None
        Width and height of a text on the edge.
    """

    source: int
    target: int
    label: tuple[float, float] | None = None


@dataclass
class Layers:
    """A graph whose edges all lead from one column to the next.

    Attributes
    ----------
    columns : list of list of int
        The nodes of each column, from the top down.
    sizes : list of tuple of float
        Width and height of each node: the real ones, then the virtual ones, which are labels or have no size.
    before, after : list of list of int
        Neighbours of each node in the columns on its left and right, without repetition.
    chains : list of list of int
        For each edge of the graph the nodes that it leads through, both ends included.
    real : int
        How many nodes are real: the first ones.
    """

    columns: list[list[int]]
    sizes: list[tuple[float, float]]
    before: list[list[int]]
    after: list[list[int]]
    chains: list[list[int]] = field(default_factory=list)
    real: int = 0

    def is_inner(self, one: int, other: int) -> bool:
        """Whether a segment is the inside of a long edge, which should be straight."""
        return one >= self.real and other >= self.real

    def add(self, column: int, size: tuple[float, float], previous: int) -> int:
        """A new virtual node on the right of `previous`."""
        self.columns[column].append(len(self.sizes))
        self.sizes.append(size)
        self.before.append([])
        self.after.append([])
        self.join(previous, len(self.sizes) - 1)
        return len(self.sizes) - 1

    def join(self, left: int, right: int) -> None:
        """An edge between neighbouring columns."""
        if right not in self.after[left]:
            self.after[left].append(right)
            self.before[right].append(left)


def make_layers(
    sizes: Sequence[tuple[float, float]], edges: Sequence[Edge], first: Collection[int], last: Collection[int]
) -> Layers:
    """The columns of a graph.

    Parameters
    ----------
    sizes : sequence of tuple of float
        Width and height of each node.
    edges : sequence of Edge
    first, last : collection of int
        Nodes for the first column (if no edge leads to them) and for the last one (if none leaves them).

    Returns
    -------
    Layers

    Raises
    ------
    OptionError
        If edges form a cycle or lead to no node.
    """
    ranks = find_ranks(len(sizes), edges, first, last)
    # Labels have columns of their own, between those of the nodes.
    stride = 2 if any(edge.label for edge in edges) else 1
    columns: list[list[int]] = [[] for _ in range(stride * max(ranks, default=-1) + 1)]
    for node, rank in enumerate(ranks):
        columns[stride * rank].append(node)
    layers = Layers(columns, list(sizes), [[] for _ in sizes], [[] for _ in sizes], [], len(sizes))
    trunks = [[node] for node in range(len(sizes))]
    for edge in edges:
        start, end = stride * ranks[edge.source], stride * ranks[edge.target]
        trunk = trunks[edge.source]
        for column in range(start + len(trunk), end - bool(edge.label)):
            trunk.append(layers.add(column, (0.0, 0.0), trunk[-1]))
        chain = trunk[: end - start - bool(edge.label)]
        if edge.label:
            chain.append(layers.add(end - 1, edge.label, chain[-1]))
        layers.join(chain[-1], edge.target)
        layers.chains.append([*chain, edge.target])
    return layers


def find_ranks(count: int, edges: Sequence[Edge], first: Collection[int] = (), last: Collection[int] = ()) -> list[int]:
    """The column of each node: every edge leads to a later one.

    Parameters
    ----------
    count : int
        Of nodes.
    edges : sequence of Edge
    first, last : collection of int
        As for `make_layers`.

    Returns
    -------
    list of int

    Raises
    ------
    OptionError
        If edges form a cycle or lead to no node.
    """
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target, _ in edges:
        if not (0 <= source < count and 0 <= target < count):
            raise OptionError(f"There is no edge from {source} to {target}: the nodes are 0 to {count - 1}.")
        if target not in after[source]:
            after[source].append(target)
            before[target].append(source)
    order = _topological(before, after)
    ranks = [0] * count
    for node in order:
        ranks[node] = max((ranks[one] + 1 for one in before[node]), default=0)
    end = max(ranks, default=0)
    pinned = {node for node in first if not before[node]}
    for node in last:
        if not after[node] and node not in pinned:
            ranks[node] = end
            pinned.add(node)
    # First as far to the right as can be, so that whole branches stand where they are read, then back unless that costs.
    for node in reversed(order):
        if node not in pinned and after[node]:
            ranks[node] = min(ranks[one] for one in after[node]) - 1
    for node in order:
        if node not in pinned and before[node] and after[node]:
            ranks[node] = min(_cheapest(node, ranks, before, after))
    return ranks


def _topological(before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    missing = [len(those) for those in before]
    ready = [node for node, number in enumerate(missing) if number == 0]
    for node in ready:
        for one in after[node]:
            missing[one] -= 1
            if missing[one] == 0:
                ready.append(one)
    if len(ready) < len(before):
        raise OptionError("The edges form a cycle: only a graph without cycles can be drawn from left to right.")
    return ready


def _cheapest(node: int, ranks: Sequence[int], before: Sequence[Sequence[int]], after: Sequence[Sequence[int]]) -> list[int]:
    """The columns of a node at which the trunks of itself and of what it reads are shortest together."""
    low = max((ranks[one] + 1 for one in before[node]), default=0)
    high = min(ranks[one] - 1 for one in after[node])
    # As far as the trunk of each node it reads goes anyway.
    reach = [max((ranks[other] for other in after[one] if other != node), default=0) for one in before[node]]
    places = sorted({low, high, *(min(max(end, low), high) for end in reach)})
    costs = [sum(max(place, end) for end in reach) - place for place in places]
    return [place for place, cost in zip(places, costs) if cost == min(costs)]
