"""The height at which each node stands: straight long edges and little bending elsewhere.

The method of Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2001): nodes are aligned with the median
of their neighbours in four ways (by the column on their left or right, from the top or the bottom), each alignment is made
as compact as it can be, and a node stands in the middle of its four places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from .layering import Layers

Segments = set[tuple[int, int]]


def place_nodes(layers: Layers, separation: Callable[[int, int], float]) -> list[float]:
    """The height of the middle of each node, downwards.

    Parameters
    ----------
    layers : Layers
    separation : callable
        How far apart the middles of two neighbours in a column are at least.

    Returns
    -------
    list of float
    """
    conflicts = _conflicts(layers)
    results = []
    for neighbours in (layers.before, layers.after):
        columns = layers.columns if neighbours is layers.before else layers.columns[::-1]
        for sign in (1, -1):
            oriented = [column[::sign] for column in columns]
            blocks = _align(layers, oriented, neighbours, conflicts)
            heights = _compact(oriented, blocks, separation)
            results.append([sign * height for height in heights])
    return _balance(results, layers)


def _conflicts(layers: Layers) -> Segments:
    """Segments that cross the inside of a long edge: they must not bend it."""
    found: Segments = set()
    for column, following in zip(layers.columns, layers.columns[1:]):
        place = {node: number for number, node in enumerate(following)}
        segments = [(start, place[end], node, end) for start, node in enumerate(column) for end in layers.after[node]]
        inner = [segment for segment in segments if layers.is_inner(segment[2], segment[3])]
        for start, end, node, other in segments:
            if not layers.is_inner(node, other) and any((start - one[0]) * (end - one[1]) < 0 for one in inner):
                found.add((node, other))
    return found


def _align(
    layers: Layers, columns: Sequence[Sequence[int]], neighbours: Sequence[Sequence[int]], conflicts: Segments
) -> list[int]:
    """The block of each node, named by its first node: nodes that will stand at one height."""
    blocks = list(range(len(layers.sizes)))
    for previous, column in pairwise(columns):
        place = {node: number for number, node in enumerate(previous)}
        free = 0
        for node in column:
            # The inside of a long edge goes before the edges that branch off there.
            ends = [one for one in neighbours[node] if layers.is_inner(one, node)] or neighbours[node]
            ends = sorted(ends, key=place.__getitem__)
            for one in dict.fromkeys((ends[(len(ends) - 1) // 2], ends[len(ends) // 2]) if ends else ()):
                segment = (one, node) if neighbours is layers.before else (node, one)
                if place[one] >= free and segment not in conflicts:
                    blocks[node] = blocks[one]
                    free = place[one] + 1
                    break
    return blocks


def _compact(columns: Sequence[Sequence[int]], blocks: Sequence[int], separation: Callable[[int, int], float]) -> list[float]:
    """Heights of nodes: every block as far up as those above it allow, then as far down as those below it allow."""
    above: dict[int, dict[int, float]] = {block: {} for block in blocks}
    below: dict[int, dict[int, float]] = {block: {} for block in blocks}
    for column in columns:
        for upper, lower in pairwise(column):
            one, other = blocks[upper], blocks[lower]
            distance = max(separation(upper, lower), above[other].get(one, 0.0))
            above[other][one] = below[one][other] = distance
    order = _sorted_blocks(above, below)
    height: dict[int, float] = {}
    for block in order:
        height[block] = max((height[one] + distance for one, distance in above[block].items()), default=0.0)
    for block in reversed(order):
        if below[block]:
            height[block] = max(height[block], min(height[one] - distance for one, distance in below[block].items()))
    return [height[block] for block in blocks]


def _sorted_blocks(above: dict[int, dict[int, float]], below: dict[int, dict[int, float]]) -> list[int]:
    missing = {block: len(those) for block, those in above.items()}
    order = [block for block, number in missing.items() if number == 0]
    for block in order:
        for one in below[block]:
            missing[one] -= 1
            if missing[one] == 0:
                order.append(one)
    return order


def _balance(results: Sequence[Sequence[float]], layers: Layers) -> list[float]:
    """The mean of the two middle ones of four heights, once all are moved to the bounds of the narrowest result.

    Neighbours of a column keep their distance: the middle ones of larger numbers are as much larger.
    """
    if not layers.sizes:
        return []
    bounds = [
        (
            min(height - size[1] / 2 for height, size in zip(heights, layers.sizes)),
            max(height + size[1] / 2 for height, size in zip(heights, layers.sizes)),
        )
        for heights in results
    ]
    top, bottom = min(bounds, key=lambda bound: bound[1] - bound[0])
    moved = []
    for number, (heights, (upper, lower)) in enumerate(zip(results, bounds)):
        shift = top - upper if number % 2 == 0 else bottom - lower
        moved.append([height + shift for height in heights])
    return [sum(sorted(four)[1:3]) / 2 for four in zip(*moved)]
