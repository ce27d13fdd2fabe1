"""The picture of a computation graph: its layout, what is drawn, and the same as text."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admodes.traces.graph.layering import Edge, find_ranks
from admodes.traces.graph.layout import lay_out


@st.composite
def graphs(draw):
    """Sizes of nodes and edges without cycles: sparse and dense, with repeated edges, labels and nodes that stand alone."""
    count = draw(st.integers(1, 14))
    sizes = [(draw(st.sampled_from([12.0, 40.0, 75.5])), draw(st.sampled_from([10.0, 30.0, 61.0]))) for _ in range(count)]
    labels = st.sampled_from([None, (24.0, 9.0), (50.0, 9.0)]) if draw(st.booleans()) else st.none()
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] != pair[1])
    pairs = draw(st.lists(ends, max_size=30)) if count > 1 else []
    return sizes, [Edge(min(pair), max(pair), draw(labels)) for pair in pairs]


def samples(path, number=24):
    """Points on a path of cubic curves."""
    points = np.array(path)
    t = np.linspace(0, 1, number)[:, None]
    curves = [points[start : start + 4] for start in range(0, len(points) - 1, 3)]
    weights = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3
    return np.concatenate([sum(weight * point for weight, point in zip(weights, curve)) for curve in curves])


def overlap(one, other):
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom


def inside(box, points):
    x, y = points.T
    margin = 1e-6
    within = (x > box.left + margin) & (x < box.right - margin) & (y > box.top + margin) & (y < box.bottom - margin)
    return bool(within.any())


@settings(max_examples=250, deadline=None)
@given(graphs())
def test_no_edge_passes_behind_a_node_or_a_label(graph):
    """Boxes that overlap, an edge behind a box that is not its own, one that runs to the left, ends that are not at nodes."""
    sizes, edges = graph
    layout = lay_out(sizes, edges)
    labels = [label for label in layout.labels if label]
    assert not any(overlap(one, other) for one, other in itertools.combinations([*layout.nodes, *labels], 2))
    for edge, label, path in zip(edges, layout.labels, layout.paths, strict=True):
        source, target = layout.nodes[edge.source], layout.nodes[edge.target]
        assert path[0] == (source.right, source.y)
        assert path[-1][0] == pytest.approx(target.left)
        assert target.top < path[-1][1] < target.bottom
        assert path[0][0] < path[-1][0]
        assert all(one[0] <= other[0] for one, other in itertools.pairwise(path))
        points = samples(path)
        assert not any(inside(box, points) for box in layout.nodes)
        assert not any(inside(box, points) for box in labels if box != label)
        if edge.label:
            assert inside(label, points)
            assert (label.width, label.height) == edge.label
    for box in [*layout.nodes, *labels]:
        assert box.left >= -1e-9
        assert box.top >= -1e-9
        assert box.right <= layout.width + 1e-9
        assert box.bottom <= layout.height + 1e-9


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_the_same_graph_has_the_same_layout(graph):
    """A layout that depends on hashes, on time or on what was laid out before."""
    assert lay_out(*graph) == lay_out(*graph)


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_ranks(graph):
    """An edge within a column or to the left; an input that is not in the first column, an output not in the last."""
    sizes, edges = graph
    first = {node for node in range(len(sizes)) if not any(edge.target == node for edge in edges)}
    last = {node for node in range(len(sizes)) if not any(edge.source == node for edge in edges)} - first
    ranks = find_ranks(len(sizes), edges, first, last)
    assert all(ranks[source] < ranks[target] for source, target, _ in edges)
    assert all(ranks[node] == 0 for node in first)
    assert all(ranks[node] == max(ranks) for node in last)
