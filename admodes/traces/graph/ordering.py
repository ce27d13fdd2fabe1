"""The order of the nodes in each column: sweeps of medians and exchanges of neighbours, for few crossings."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from .layering import Layers

#: Sweeps without a better order after which the search ends, and how many there are at most.
_PATIENCE, _SWEEPS = 4, 32
#: Rounds of exchanges within one sweep.
_ROUNDS = 8


def reduce_crossings(layers: Layers) -> None:
    """Put the columns into an order in which few edges cross.

    Parameters
    ----------
    layers : Layers
        Its columns are changed.
    """
    best = [list(column) for column in layers.columns]
    fewest = count_crossings(layers)
    for start in (best, [column[::-1] for column in best]):
        layers.columns = [list(column) for column in start]
        idle = 0
        for sweep in range(_SWEEPS):
            if fewest == 0 or idle == _PATIENCE:
                break
            _sweep(layers, forward=sweep % 2 == 0)
            _exchange(layers)
            found = count_crossings(layers)
            idle += 1
            if found < fewest:
                best, fewest, idle = [list(column) for column in layers.columns], found, 0
    layers.columns = best


def count_crossings(layers: Layers) -> int:
    """How many pairs of edges between neighbouring columns cross.

    Parameters
    ----------
    layers : Layers

    Returns
    -------
    int
    """
    total = 0
    for column, following in zip(layers.columns, layers.columns[1:]):
        place = {node: number for number, node in enumerate(following)}
        seen: list[int] = []
        for node in column:
            ends = sorted(place[one] for one in layers.after[node])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _sweep(layers: Layers, *, forward: bool) -> None:
    """Each column by the medians of its neighbours in the column just put in order; nodes without any stay in place."""
    neighbours = layers.before if forward else layers.after
    numbers = range(1, len(layers.columns)) if forward else range(len(layers.columns) - 2, -1, -1)
    for number in numbers:
        fixed = {node: place for place, node in enumerate(layers.columns[number - 1 if forward else number + 1])}
        column = layers.columns[number]
        medians = {node: _median(sorted(fixed[one] for one in neighbours[node])) for node in column if neighbours[node]}
        moved = iter(sorted(medians, key=lambda node: medians[node]))
        layers.columns[number] = [next(moved) if node in medians else node for node in column]


def _median(places: Sequence[int]) -> float:
    """The middle; of an even number the one that leans to the side where the others stand closer together."""
    middle = len(places) // 2
    if len(places) % 2:
        return places[middle]
    if len(places) == 2:
        return (places[0] + places[1]) / 2
    left, right = places[middle - 1] - places[0], places[-1] - places[middle]
    if left + right == 0:
        return (places[middle - 1] + places[middle]) / 2
    return (places[middle - 1] * right + places[middle] * left) / (left + right)


def _exchange(layers: Layers) -> None:
    """Exchange neighbours in a column as long as that removes crossings."""
    for _ in range(_ROUNDS):
        improved = False
        for number, column in enumerate(layers.columns):
            left = _places(layers, number - 1)
            right = _places(layers, number + 1)
            ends = {
                node: (sorted(left[one] for one in layers.before[node]), sorted(right[one] for one in layers.after[node]))
                for node in column
            }
            for upper in range(len(column) - 1):
                one, other = ends[column[upper]], ends[column[upper + 1]]
                gain = sum(_crossing(one[side], other[side]) - _crossing(other[side], one[side]) for side in (0, 1))
                if gain > 0:
                    column[upper], column[upper + 1] = column[upper + 1], column[upper]
                    improved = True
        if not improved:
            return


def _places(layers: Layers, number: int) -> dict[int, int]:
    column = layers.columns[number] if 0 <= number < len(layers.columns) else []
    return {node: place for place, node in enumerate(column)}


def _crossing(upper: Sequence[int], lower: Sequence[int]) -> int:
    """Crossings between the edges of a node and of the one just below it."""
    return sum(bisect_left(lower, end) for end in upper)
