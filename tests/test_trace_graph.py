"""The picture of a computation graph: its layout, what is drawn, and the same as text."""

from __future__ import annotations

import html
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

import admodes as ad
from admodes.errors import OptionError
from admodes.figures.palette import INK, styles_of
from admodes.traces import Node, Trace, trace
from admodes.traces.graph.boxes import arrange
from admodes.traces.graph.layering import Edge, Layers, find_ranks
from admodes.traces.graph.layout import Box, lay_out
from admodes.traces.graph.ordering import count_crossings, reduce_crossings
from admodes.traces.graph.pictures import make_sketch
from admodes.traces.graph.sketch import label_of, number_text, sketch_trace, value_text
from admodes.traces.graph.summary import summarise

SVG = "{http://www.w3.org/2000/svg}"
TANGENT, ADJOINT = (styles_of([mode])[mode].role for mode in ("forward", "reverse"))

#: Names that a picture must show as they are, and that must not mean anything to who reads its text.
HOSTILE = (
    "end", "graph", 'a"b', 'x["end"]', "<b>bold</b>", "back\\slash\\", "`code`", "1. list", "- item", "#35;", "&amp;",
    'click n0 "javascript:alert(1)"', "%%{init}%%", "{{x}}", "--> n1", "|pipe|", ";", "\\N", "é漢", "subgraph x",
    "<script>bad</script>", "$x$", "$\\frac$", "]]>", "-->", "\\", "'",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _no_figures_left():
    """Figures of one test that are still there in the next."""
    mpl.use("Agg", force=True)
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


def lecture(x):
    x1, x2 = x
    return np.log(x1) + x1 * x2 - np.sin(x2)


def loop(x):
    state = x
    for _ in range(250):
        state = np.sin(state) * 0.9 + x
    return state


@pytest.fixture(scope="module")
def example():
    return trace(lecture, [2.0, 5.0])


def made(operands, *, names=None, outputs=None):
    """A trace of additions with the given operands; without any, an input."""
    nodes = []
    for place, reads in enumerate(operands):
        name = f"v{place}"
        kind, formula = ("add", " + ".join(f"v{one}" for one in reads)) if reads else ("input", name)
        variable = names[place] if names else ""
        nodes.append(
            Node(
                place,
                name,
                variable,
                kind,
                formula,
                1.5 * place,
                tuple(reads),
                (1.0,) * len(reads),
                (0.5,),
                -2.0,
                (0.0,) * len(reads),
            )
        )
    inputs = tuple(node.place for node in nodes if node.operation == "input")
    read = {one for reads in operands for one in reads}
    ends = tuple(place for place in range(len(operands)) if place not in read) if outputs is None else outputs
    return Trace(tuple(nodes), inputs, ends, "made", ("x",))


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


@settings(max_examples=120, deadline=None)
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


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_the_same_graph_has_the_same_layout(graph):
    """A layout that depends on hashes, on time or on what was laid out before."""
    assert lay_out(*graph) == lay_out(*graph)


@settings(max_examples=100, deadline=None)
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


def test_the_check_of_edges_sees_one_that_passes_behind_a_node():
    """A property that holds of everything."""
    layout = lay_out([(20, 10)] * 3, [Edge(0, 1), Edge(1, 2), Edge(0, 2)])
    points = samples(layout.paths[2])
    middle = points[len(points) // 2]
    assert not any(inside(box, points) for box in layout.nodes)
    assert inside(Box(middle[0], middle[1], 5, 5), points)
    assert overlap(layout.nodes[0], Box(layout.nodes[0].x + 5, layout.nodes[0].y, 5, 5))


def test_repeated_edges_are_seen_apart():
    """v0 * v0 drawn with one arrow."""
    layout = lay_out([(20, 30), (20, 30)], [Edge(0, 1), Edge(0, 1)])
    assert layout.paths[0][0] == layout.paths[1][0]
    assert abs(layout.paths[0][-1][1] - layout.paths[1][-1][1]) > 5


def test_long_edges_are_straight_where_they_pass_columns():
    """A long edge that goes up and down beside a chain."""
    chain = [Edge(node, node + 1) for node in range(6)]
    layout = lay_out([(30, 40)] * 7, [*chain, Edge(0, 6)])
    heights = {y for x, y in layout.paths[-1] if layout.nodes[1].left <= x <= layout.nodes[5].right}
    assert len(heights) == 1
    assert {box.y for box in layout.nodes[1:6]} == {layout.nodes[1].y}


def test_edges_of_one_node_share_their_way():
    """Three lines beside each other for one value that is read in three places."""
    chain = [Edge(node, node + 1) for node in range(1, 6)]
    layout = lay_out([(30, 40)] * 7, [*chain, Edge(0, 2), Edge(0, 4), Edge(0, 6)], first=[0, 1])
    _, near, far = layout.paths[-3:]
    assert near[:3] == far[:3]


def layers_of(*joins):
    """Two columns, "a" and "b", joined as told."""
    nodes = sorted({end for join in joins for end in join})
    number = {name: place for place, name in enumerate(nodes)}
    columns = [[number[name] for name in nodes if name[0] == letter] for letter in "ab"]
    layers = Layers(columns, [(1.0, 1.0)] * len(nodes), [[] for _ in nodes], [[] for _ in nodes], [], len(nodes))
    for one, other in joins:
        layers.join(number[one], number[other])
    return layers


def test_crossings():
    """A wrong count, or crossings that are left where there need not be any."""
    crossed = layers_of(("a1", "b3"), ("a2", "b2"), ("a3", "b1"))
    assert count_crossings(crossed) == 3
    reduce_crossings(crossed)
    assert count_crossings(crossed) == 0
    complete = layers_of(*itertools.product(("a1", "a2", "a3"), ("b1", "b2", "b3")))
    reduce_crossings(complete)
    assert count_crossings(complete) == 9


@pytest.mark.parametrize("edges", [[Edge(0, 1), Edge(1, 0)], [Edge(0, 0)], [Edge(0, 5)], [Edge(-1, 0)]])
def test_what_cannot_be_laid_out_is_refused(edges):
    """A cycle that makes the layout hang, an index that counts from the end."""
    with pytest.raises(OptionError, match=r"cycle|no edge from"):
        lay_out([(1, 1), (1, 1)], edges)


def test_empty_and_single():
    """A graph without edges, or without anything."""
    assert lay_out([], []).nodes == ()
    assert lay_out([(20, 10)], []).nodes == (Box(10, 5, 20, 10),)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (11.652071455, "11.652"),
        (5.5, "5.5"),
        (-1.0, "−1"),
        (0, "0"),
        (0.0123456, "0.012"),
        (1.7163378, "1.716"),
        (123456.0, "123456"),
        (1e7, "10000000"),
        (1.5e20, "1.5·10²⁰"),
        (2e-5, "2·10⁻⁵"),
        (-1.25e-9, "−1.25·10⁻⁹"),
        (np.inf, "∞"),
        (np.nan, "nan"),
        (np.float32(0.5), "0.5"),
        (True, "True"),
        (1 - 2j, "1 − 2i"),
        (None, ""),
        (np.ones(3), ""),
    ],
)
def test_numbers(number, text):
    """A number as nobody prints it, or one of an array taken for a number."""
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array(2.5), "2.5"),
        (np.array([1.0, 2.0, 3.0]), "[1, 2, 3]"),
        (np.arange(5.0), "5 [0 … 4]"),
        (np.arange(12.0).reshape(3, 4), "3×4 [0 … 11]"),
        (np.empty((0, 2)), "0×2 []"),
        (np.ones((1, 1)), "1×1 [1]"),
    ],
)
def test_arrays_show_shape_and_a_short_value(value, text):
    """An array printed whole, or without its shape."""
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("formula", "label"),
    [
        ("v0 * v1", "×"),
        ("v0 - v12", "−"),
        ("v0 @ v1", "@"),
        ("log(v0)", "log"),
        ("maximum(v0, v1)", "maximum"),
        ("v0 / 4.0", "v0 ÷ 4.0"),
        ("v3 ** 2", "v3²"),
        ("v3 ** 2.5", "v3 ** 2.5"),
        ("a_function_of(many, arguments, of=a, very=long, name=here)", "the operation"),
        ("", "the operation"),
    ],
)
def test_labels(formula, label):
    """A box as wide as its formula, or one that hides a constant."""
    assert label_of(formula, "the operation") == label


def test_the_lectures_example(example):
    """Numbers that differ from those of the survey's tables 2 and 3."""
    sketch = make_sketch(example)
    shown = {cell.label: (cell.kind, cell.value, cell.tangent, cell.adjoint) for cell in sketch.cells}
    assert shown == {
        "x1": ("input", "2", "1", "5.5"),
        "x2": ("input", "5", "0", "1.716"),
        "log": ("operation", "0.693", "0.5", "1"),
        "×": ("operation", "10", "5", "1"),
        "sin": ("operation", "−0.959", "0", "−1"),
        "+": ("operation", "10.693", "5.5", "1"),
        "−": ("output", "11.652", "5.5", "1"),
    }
    links = {(sketch.cells[link.source].label, sketch.cells[link.target].label): link.label for link in sketch.links}
    assert links == {
        ("x1", "log"): "0.5",
        ("x1", "×"): "5",
        ("x2", "×"): "2",
        ("x2", "sin"): "0.284",
        ("log", "+"): "1",
        ("×", "+"): "1",
        ("+", "−"): "1",
        ("sin", "−"): "−1",
    }
    other = make_sketch(example, seed=1, adjoints=False, locals=False)
    assert {cell.label: cell.tangent for cell in other.cells}["−"] == "1.716"
    assert not any(cell.adjoint for cell in other.cells)
    assert not any(link.label for link in other.links)


def test_vectors_that_are_taken_apart_are_their_elements():
    """An input called v0[1] where there is no v0."""
    sketch = make_sketch(trace(lambda x: x[0] * x[1], [2.0, 5.0]))
    assert [cell.label for cell in sketch.cells] == ["x[0]", "x[1]", "×"]


def test_what_is_not_used_stays_where_it_was_computed():
    """A result that nobody reads, drawn beside the output."""
    _, layout = arrange(make_sketch(made([(), (0,), (0,), (2,), (3,)], outputs=(4,))))
    assert layout.nodes[1].x < layout.nodes[3].x < layout.nodes[4].x


def test_vectors_stay_whole_where_elements_are_read_twice():
    """An input whose adjoint is only a part of it."""
    whole = make_sketch(trace(lambda x: x[0] * x[0] + x[1], [2.0, 5.0]))
    assert [cell.label for cell in whole.cells if cell.kind == "input"] == ["x"]
    unread = make_sketch(trace(lambda x: x[0] * 2, [2.0, 5.0]))
    assert [cell.label for cell in unread.cells if cell.kind == "input"] == ["x"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": "x9"}, "no seed 'x9'"),
        ({"seed": 2}, "no seed 2"),
        ({"seed": -1}, "no seed -1"),
        ({"seed": True}, "no seed True"),
        ({"max_nodes": 5}, "max_nodes=5"),
        ({"max_nodes": 20.5}, r"max_nodes=20\.5"),
        ({"max_nodes": True}, "max_nodes=True"),
        ({"colour": "red"}, "no option 'colour'"),
    ],
)
@pytest.mark.parametrize("method", ["plot", "to_svg", "to_dot", "to_mermaid"])
def test_options_are_checked(example, method, options, message):
    """A misspelt input that looks like the first one."""
    with pytest.raises(OptionError, match=message):
        getattr(example, method)(**options)


@st.composite
def histories(draw):
    """Operands of many operations: of the last ones, or of any; loops and disorder."""
    operands = [()] * draw(st.integers(1, 5))
    for _ in range(draw(st.integers(20, 60))):
        kind = draw(st.sampled_from(["input", "last", "any", "loop"]))
        last = len(operands) - 1
        if kind == "input":
            operands.append(())
        elif kind == "last":
            operands.append((last, max(0, last - 1)))
        elif kind == "any":
            operands.append(tuple(draw(st.lists(st.integers(0, last), min_size=1, max_size=3))))
        else:
            operands += [(last + turn, last + turn) for turn in range(draw(st.integers(1, 12)))]
    return operands


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(10, 40))
def test_summaries(operands, most):
    """Nodes that are lost or counted twice, links that lead nowhere or back, a summary that is not small."""
    whole = sketch_trace(made(operands), tangents=True, adjoints=True)
    small = summarise(whole, most)
    assert sorted(node for cell in small.cells for node in cell.nodes) == list(range(len(operands)))
    assert len(small.cells) <= most
    assert bool(small.note) == (len(operands) > most)
    cell_of = {node: number for number, cell in enumerate(small.cells) for node in cell.nodes}
    between = {(cell_of[one], cell_of[node]) for node, reads in enumerate(operands) for one in reads}
    assert {(link.source, link.target) for link in small.links} == {pair for pair in between if pair[0] != pair[1]}
    find_ranks(len(small.cells), [Edge(link.source, link.target) for link in small.links])


def test_a_loop_is_summed_up():
    """A thousand boxes, or a summary that does not say what it stands for."""
    sketch = make_sketch(trace(loop, 0.7))
    (summary,) = [cell for cell in sketch.cells if cell.kind == "summary"]
    assert len(sketch.cells) < 20
    assert re.fullmatch(r"… \d+ times the 3 operations …", summary.label)
    count = int(summary.label.split()[1])
    assert f"{count} sin" in summary.value
    assert len(summary.nodes) == 3 * count
    assert sketch.note == f"751 nodes, {len(sketch.cells) - 1} of them drawn: the dashed boxes stand for the others."


def test_up_to_a_hundred_nodes_nothing_is_left_out():
    """A graph summed up that could have been drawn."""
    operands = [()] + [(place,) for place in range(99)]
    assert len(make_sketch(made(operands)).cells) == 100
    assert not make_sketch(made(operands)).note
    assert len(make_sketch(made([*operands, (99,)])).cells) < 100
    assert len(make_sketch(made([*operands, (99,)]), max_nodes=101).cells) == 101


def test_many_inputs_are_summed_up():
    """Inputs of which there are too many for one operation."""
    sketch = make_sketch(made([()] * 200 + [tuple(range(200))]))
    assert [cell.label for cell in sketch.cells if cell.kind == "summary"] == ["… 197 inputs …"]


def groups(axes, name):
    """The groups of shapes and texts, by kind."""
    return [child for child in axes.get_children() if re.fullmatch(rf"{name}-\d+", child.get_gid() or "")]


def test_plot(example):
    """Boxes or edges that are missing, a colour that means something else, a legend that does not say it."""
    axes = example.plot()
    assert len(groups(axes, "node")) == 7
    assert len(groups(axes, "edge")) == 8
    colors = {
        text.get_text(): text.get_color()
        for group in groups(axes, "node")
        for text in group.children
        if hasattr(text, "get_text")
    }
    assert colors["11.652"] == INK.light
    assert colors["→ 5.5"] == TANGENT.light
    assert colors["← 1.716"] == ADJOINT.light
    legend = {text.get_text(): text.get_color() for text in axes.get_legend().get_texts()}
    assert set(legend) >= {"input", "operation", "output", "value", "local derivative"}
    assert [color for text, color in legend.items() if text.startswith("tangent")] == [TANGENT.light]
    assert [color for text, color in legend.items() if text.startswith("adjoint")] == [ADJOINT.light]
    assert example.plot(legend=False).get_legend() is None


def test_plot_on_given_axes(example):
    """Another figure than the one given, or dark letters on a dark ground."""
    from matplotlib import pyplot as plt

    figure, (left, right) = plt.subplots(1, 2)
    right.set_facecolor("black")
    assert example.plot(left) is left
    assert example.plot(ax=right) is right
    inks = [{text.get_color() for group in groups(axes, "node") for text in group.children[1:]} for axes in (left, right)]
    assert INK.light in inks[0]
    assert INK.dark in inks[1]
    assert not inks[0] & inks[1]
    figure.set_facecolor("black")
    left.set_facecolor("none")
    clear = example.plot(left)
    assert clear is left


@pytest.mark.parametrize("size", [(5, 3), (14, 4), (3, 9)])
def test_words_stay_in_their_boxes(example, size):
    """Letters that keep their size while their boxes shrink."""
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 6))
    example.plot(axes)
    figure.set_size_inches(*size)
    figure.canvas.draw()
    for group in groups(axes, "node"):
        box, *words = group.children
        outside = box.get_window_extent()
        for word in words:
            inner = word.get_window_extent()
            assert outside.x0 <= inner.x0 < inner.x1 <= outside.x1
            assert outside.y0 <= inner.y0 < inner.y1 <= outside.y1


def test_words_of_a_box_do_not_overlap():
    """A name that runs into the operation beside it."""
    sketch = make_sketch(trace(lambda x: np.sum(np.tanh(x @ np.ones((3, 2))) * 1e-9), np.ones((4, 3))), seed=0)
    lines, layout = arrange(sketch)
    for box, words in zip(layout.nodes, lines, strict=True):
        assert box.height >= sum(word.size for line in words for word in line[:1])
    axes = trace(lambda x: np.sin(x) * 3, 2.0).plot()
    axes.figure.canvas.draw()
    for group in groups(axes, "node"):
        extents = [word.get_window_extent() for word in group.children[1:]]
        for one, other in itertools.combinations(extents, 2):
            assert not (one.x0 < other.x1 and other.x0 < one.x1 and one.y0 + 2 < other.y1 and other.y0 + 2 < one.y1)


def test_svg(example, tmp_path):
    """A file that changes from run to run, or that says nothing to a screen reader."""
    text = example.to_svg(tmp_path / "graph.svg")
    assert text == example.to_svg() == (tmp_path / "graph.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    ids = {element.get("id") for element in root.iter() if element.get("id")}
    assert set(root.get("aria-labelledby").split()) <= ids
    assert "lecture" in root.find(f"{SVG}title").text
    assert "adjoint 1.716" in root.find(f"{SVG}desc").text
    assert {f"node-{number}" for number in range(7)} | {f"edge-{number}" for number in range(8)} <= ids
    assert "date" not in text.lower().replace("update", "")
    shown = ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]
    assert {"11.652", "→ 5.5", "← 1.716", "log"} <= set(shown)
    assert "prefers-color-scheme: dark" in text
    assert TANGENT.dark in text


def hostile():
    """A trace whose names mean something to every language that a picture is written in."""
    return made([(), *[(place,) for place in range(len(HOSTILE) - 1)]], names=HOSTILE)


def test_hostile_names_in_svg():
    """A name that ends an element, a formula of matplotlib's, a character that XML does not have."""
    texts = {"".join(element.itertext()) for element in ET.fromstring(hostile().to_svg()).iter(f"{SVG}text")}
    for place, name in enumerate(HOSTILE[1:], 1):
        assert any(f"v{place} {name}"[:12] in text for text in texts), name
    assert ET.fromstring(made([(), (0,)], names=("a\x00b\ud800", "c\u2028\x1b")).to_svg()) is not None


STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def test_dot(example):
    """Nodes, edges or numbers that are missing in the text for Graphviz."""
    text = example.to_dot()
    assert text.startswith("digraph trace {\n")
    assert len(re.findall(r"^  n\d+ \[", text, re.MULTILINE)) == 7
    assert len(re.findall(r"^  n\d+ -> n\d+ \[label=\"[^\"]+\"\];$", text, re.MULTILINE)) == 8
    assert TANGENT.light in text
    assert ADJOINT.light in text
    assert text == example.to_dot()


def test_hostile_names_in_dot():
    """A name that ends a string or a label of DOT's."""
    text = hostile().to_dot()
    for number, name in enumerate(HOSTILE):
        (line,) = [line for line in text.splitlines() if line.startswith(f"  n{number} [")]
        found = re.fullmatch(rf'  n{number} \[[^<]*, label=<(.*)>, tooltip="((?:[^"\\]|\\.)*)"\];', line)
        assert found is not None, line
        words = "".join(ET.fromstring(f"<label>{found[1].replace('<br/>', ' ')}</label>").itertext())
        assert name[:17] in words
    for string in STRING.findall(text):
        assert "\n" not in string
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=text, capture_output=True, text=True, check=False)
        assert drawn.returncode == 0, drawn.stderr


def mermaid_words(text):
    """What Mermaid shows: codes in decimal between # and ;."""
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", re.sub(r"</?font[^>]*>", "", text)))


def test_mermaid(example):
    """Nodes, edges or numbers that are missing in the text for Mermaid."""
    text = example.to_mermaid()
    assert text.startswith("flowchart LR\n")
    assert len(re.findall(r"^  n\d+[(\[]", text, re.MULTILINE)) == 7
    assert len(re.findall(r'^  n\d+ -->\|"[^"]+"\| n\d+$', text, re.MULTILINE)) == 8
    assert "11.652" in text
    assert "class n6 output" in text


def test_hostile_names_in_mermaid():
    """A name that Mermaid takes for a word of its own, for markup or for the end of a label."""
    lines = hostile().to_mermaid().splitlines()
    nodes = [re.fullmatch(r'  n(\d+)(?:\(\[|\(|\[)"([^"`]*)"(?:\]\)|\)|\])', line) for line in lines]
    shown = {int(found[1]): mermaid_words(found[2]) for found in nodes if found}
    assert len(shown) == len(HOSTILE)
    for number, name in enumerate(HOSTILE):
        assert name[:17] in shown[number]
    rest = [line for line, found in zip(lines, nodes, strict=True) if not found]
    simple = r"flowchart LR|  n\d+ -->(\|\"[^\"]*\"\|)? n\d+|  classDef \w+ [#\w:,; -]+|  class [n\d,]+ \w+"
    assert all(re.fullmatch(simple, line) for line in rest)


def test_nothing_is_loaded_that_is_not_drawn():
    """`import admodes`, or a picture as text, that loads matplotlib."""
    code = (
        "import sys, admodes; from admodes.traces import trace\n"
        "made = trace(lambda x: x * x, 2.0); made.to_dot(); made.to_mermaid()\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(ad.__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.parametrize(
    ("f", "x", "options"),
    [
        (lambda x: x, 2.0, {}),
        (lambda x: x * x, 3.0, {}),
        (lambda x: 4.0, 2.0, {}),
        (lambda x: (np.sin(x), np.cos(x)), 2.0, {"output": 1}),
        (lambda x: np.outer(x, x[:0]), np.ones(2), {"cotangent": np.empty((2, 0))}),
        (lambda x: np.exp(1j * x).real, 2.0, {}),
        (lambda x: np.log(x) * x, 0.0, {}),
        (lambda x: np.sum(x["$a_1$"] @ x["b"]), {"$a_1$": np.ones((2, 3)), "b": np.ones(3)}, {}),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_unusual_functions(f, x, options):
    """A picture that fails where the trace does not."""
    found = trace(f, x, **options)
    count = len(make_sketch(found).cells)
    axes = found.plot()
    axes.figure.canvas.draw()
    assert len(groups(axes, "node")) == count
    assert f"node-{count - 1}" in found.to_svg()
    assert found.to_dot().count("label=<") == count
    assert len(re.findall(r"^  n\d+[(\[]", found.to_mermaid(), re.MULTILINE)) == count


#: How linear red, green and blue look to who lacks the long or the medium cones (Machado, Oliveira and Fernandes, 2009).
BLIND = (
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
)


def lab(color, sight):
    """CIELAB of a colour as it is seen."""
    red_green_blue = np.array(to_rgb(color))
    linear = np.where(red_green_blue <= 0.04045, red_green_blue / 12.92, ((red_green_blue + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ np.clip(np.array(sight) @ linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", [np.eye(3), *BLIND], ids=["all cones", "no long cones", "no medium cones"])
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_colours_differ_for_the_colour_blind(ground, sight):
    """Tangents that look like adjoints or like values to one man in twelve."""
    colors = [lab(getattr(role, ground), sight) for role in (INK, TANGENT, ADJOINT)]
    assert all(np.linalg.norm(one - other) > 15 for one, other in itertools.combinations(colors, 2))


@pytest.mark.parametrize(("sign", "f"), [("−", np.subtract), ("÷", np.divide), ("@", np.matmul), ("**", np.power)])
def test_the_order_of_arrays_is_seen(sign, f):
    """Breaks if A - B and B - A have the same picture."""
    a, b = np.full((2, 2), 2.0), np.full((2, 2), 3.0)
    traces = [ad.trace(g, a, args=(b,), argnums=(0, 1), output=(0, 0)) for g in (lambda a, b: f(a, b), lambda a, b: f(b, a))]
    labels = [make_sketch(trace).cells[-1].label for trace in traces]
    assert labels == [f"v0 {sign} v1", f"v1 {sign} v0"]
