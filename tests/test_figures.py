"""Figures of rows: every point once and with its exact values, theory with its slope, nobody else's axes touched."""

import math
import re
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from row_cases import F_SECONDS, SIZES, failed, grid_rows, plain, prepared_rows, row

from admodes.errors import NothingToDrawError, OptionError
from admodes.figures.cost import cost_plot, draw_cost, memory_plot, work_plot
from admodes.figures.dots import draw_times
from admodes.figures.errors import draw_errors, error_plot
from admodes.figures.gathering import draw_sections
from admodes.figures.map import draw_map, map_plot
from admodes.figures.marks import marks_of
from admodes.figures.pareto import draw_pareto, front, tradeoff_plot
from admodes.figures.plotting import new_figure, short_number
from admodes.figures.points import Point
from admodes.figures.preparation import Course, break_even_plot, courses_of, crossings, draw_break_even
from admodes.figures.quantities import MEMORY, OPERATIONS, TIME
from admodes.figures.series import longest

DRAWINGS = {
    "cost": draw_cost,
    "operations": lambda axes, rows: draw_cost(axes, rows, quantity=OPERATIONS),
    "memory": lambda axes, rows: draw_cost(axes, rows, quantity=MEMORY),
    "map": draw_map,
    "errors": draw_errors,
    "pareto": draw_pareto,
    "break-even": draw_break_even,
    "times": draw_times,
}


def drawn(draw, rows, **options):
    """New axes with a figure on them."""
    _, axes = new_figure()
    assert draw(axes, rows, **options) is axes
    return axes


def labels_of(figure):
    """Every label of the figure, in the order of its marks."""
    return [label for one in marks_of(figure).values() for label in one.labels]


def line_named(axes, label):
    return next(line for line in axes.get_lines() if line.get_label() == label)


def uses(figure):
    """Id of a mark -> how many points the SVG draws for it."""
    buffer = StringIO()
    figure.savefig(buffer, format="svg")
    groups = ET.fromstring(buffer.getvalue()).iter("{http://www.w3.org/2000/svg}g")
    return {group.get("id"): len(list(group.iter("{http://www.w3.org/2000/svg}use"))) for group in groups}


# Marks


@pytest.mark.parametrize(
    "plot",
    [
        lambda: cost_plot(grid_rows(), "inputs", 16),
        lambda: cost_plot(grid_rows(), "outputs", 64),
        lambda: memory_plot(grid_rows(), "inputs", 1),
        lambda: work_plot(grid_rows(), "inputs", 1),
        lambda: error_plot(grid_rows()),
        lambda: error_plot([row("forward", 1, 1, error=error) for error in (0.0, 1e-300, 1e-16, 1.0, 1e30)]),
        lambda: tradeoff_plot(grid_rows()),
        lambda: tradeoff_plot(prepared_rows()),
        lambda: break_even_plot(prepared_rows()),
        lambda: map_plot(grid_rows(), lambda n: n),
    ],
    ids=["inputs", "outputs", "memory", "work", "errors", "extreme errors", "pareto", "one cell", "break-even", "map"],
)
def test_every_label_belongs_to_one_drawn_point(plot):
    """Breaks if a point lies outside of the axes, where the SVG leaves it out and the labels of all that follow move up."""
    figure = plot().figure
    points = uses(figure)
    # A line or a patch has no points: its one label is that of the whole.
    marked = {
        name: len(one.labels) for name, one in marks_of(figure).items() if len(one.labels) > 1 or (one.labels and points[name])
    }
    assert marked
    assert {name: points[name] for name in marked} == marked


def test_a_label_says_the_exact_values():
    """Breaks if hovering shows other numbers than those measured."""
    rows = [row("forward", 64, 4, 31.2e-6, ratio=1.8, digits=15.6), row("forward", 16, 4, 1e-6, ratio=1.0, digits=15.0)]
    labels = labels_of(drawn(draw_cost, rows).figure)
    assert "forward, 64 inputs, 4 outputs: 31.2 µs (1.80 times f), 15.6 digits" in labels
    rows = [replace(one, operator="hessian") for one in rows]
    assert "forward (hessian), 16 inputs, 4 outputs: 1.00 µs (1.00 times f), 15.0 digits" in labels_of(
        drawn(draw_cost, rows).figure
    )


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("operations", "reverse, 4 inputs, 1 output: 45 operations (9.00 times f), 16.0 digits"),
        ("memory", "reverse, 4 inputs, 1 output: 4.01 kB (40.1 times f), 16.0 digits"),
        ("errors", "reverse on layer, 4 inputs, 1 output: error 1.0e-16, 16.0 digits"),
        ("pareto", "reverse on layer, 4 inputs, 1 output: 22.0 µs (22.0 times f), error 1.0e-16, 16.0 digits"),
        ("pareto", "finite, median of 12: 192 times f, error 1.0e-16"),
    ],
)
def test_each_figure_says_what_it_shows(name, label):
    """Breaks if a point of the memory is labelled with its time."""
    assert label in labels_of(drawn(DRAWINGS[name], grid_rows()).figure)


def test_each_row_of_a_curve_is_one_point():
    """Breaks if a row is drawn twice or not at all, or a status is not to be seen."""
    axes = drawn(draw_cost, grid_rows(), fixed=16)
    marked = marks_of(axes.figure)
    points = [label for one in marked.values() if len(one.labels) > 1 or "input" in "".join(one.labels) for label in one.labels]
    assert len(points) == len(set(points)) == 4 * len(SIZES)
    assert "symbolic, 64 inputs, 16 outputs: stopped after 4.00 s" in points
    assert "finite, 4 inputs, 16 outputs: 48.0 µs (48.0 times f), 16.0 digits, inaccurate" in points


def test_statuses_are_seen_without_colour():
    """Breaks if a wrong derivative looks like a right one, or the legend does not say what a cross is."""
    axes = drawn(draw_cost, grid_rows(), fixed=16)
    points = [line for line in axes.get_lines() if line.get_gid() and line.get_linestyle() == "None"]
    by_place = {(x, line.get_color()): line for line in points for x in line.get_xdata()}
    wrong = by_place[4, line_named(axes, "finite").get_color()]
    assert wrong.get_markerfacecolor() == axes.get_facecolor()
    stopped = [line for line in axes.get_lines() if line.get_marker() == "x" and len(line.get_xdata())]
    assert [line.get_xdata().tolist() for line in stopped] == [[64]]
    assert {"stopped", "not verified", "theory", "f itself"} <= {text.get_text() for text in axes.get_legend().get_texts()}


def test_the_legend_counts_what_is_missing():
    """Breaks if a method whose cells ran out of memory looks as if it had not been asked."""
    rows = [row("forward", 1, 1), row("forward", 4, 1), failed("forward", 16, 1, "out of memory"), failed("reverse", 1, 1)]
    names = [text.get_text() for text in drawn(draw_cost, rows).get_legend().get_texts()]
    assert "forward (1 missing)" in names


# Theory


def guide_of(axes, method):
    """The theory's line of a method."""
    color = line_named(axes, method).get_color()
    lines = [line for line in axes.get_lines() if line.get_color() == color and line.get_linestyle() == ":"]
    found = [line for line in axes.get_lines() if line.get_color() == color and line.get_linewidth() == 1.2]
    (line,) = found or lines
    return np.array(line.get_data())


def slope(points):
    x, y = np.log(points)
    return (y[-1] - y[0]) / (x[-1] - x[0])


@pytest.mark.parametrize(
    ("axis", "method", "exponent"), [("inputs", "finite", 1), ("inputs", "reverse", 0), ("outputs", "reverse", 1)]
)
def test_theory_has_its_slope_and_goes_through_the_largest_point(axis, method, exponent):
    """Breaks if the guide has another slope in units of f, or hangs beside the data."""
    rows = [row(name, n, n_other, COST * size) for name, n, n_other, size, COST in sized(axis)]
    axes = drawn(draw_cost, rows, axis=axis)
    guide = guide_of(axes, method)
    assert slope(guide) == pytest.approx(exponent, abs=1e-12)
    last = line_named(axes, method).get_data()
    assert guide[:, -1] == pytest.approx([last[0][-1], last[1][-1]])


def sized(axis):
    """(method, n, m, size, seconds a size): both methods cost as much as they grow."""
    for size in SIZES:
        n, m = (size, 1) if axis == "inputs" else (1, size)
        yield "finite", n, m, size, 1e-3
        yield "reverse", n, m, size, 1e-3


def test_theory_is_in_units_of_f():
    """Breaks if f's own growth is taken for the method's: where f takes longer, so does the guide."""
    rows = [row("reverse", n, 1, 1e-3) for n in SIZES]
    rows = [replace(one, f_time=replace(one.f_time, samples=(F_SECONDS * one.inputs,))) for one in rows]
    assert slope(guide_of(drawn(draw_cost, rows), "reverse")) == pytest.approx(1.0, abs=1e-12)
    assert slope(guide_of(drawn(draw_cost, rows, quantity=TIME.over_f()), "reverse")) == pytest.approx(0.0, abs=1e-12)


def test_theory_can_be_given():
    """Breaks if exponents and functions of the size are not taken, or the default one stays."""
    rows = [row("secret", n, 1, 1e-2) for n in SIZES]
    assert slope(guide_of(drawn(draw_cost, rows, theory={"secret": 1.5}), "secret")) == pytest.approx(1.5)
    assert slope(guide_of(drawn(draw_cost, rows, theory={"secret": lambda n: n**0.25}), "secret")) == pytest.approx(0.25)
    assert "theory" not in [line.get_label() for line in drawn(draw_cost, rows).get_lines()]


def test_a_product_has_no_theory_of_a_jacobian():
    """Breaks if forward mode's one direction of a jvp is drawn as n of them."""
    rows = [replace(row("forward", n, 1), operator="jvp") for n in SIZES]
    assert slope(guide_of(drawn(draw_cost, rows), "forward")) == pytest.approx(0.0, abs=1e-12)
    rows = [replace(one, operator="hessian") for one in rows]
    assert "theory" not in [line.get_label() for line in drawn(draw_cost, rows).get_lines()]


# Which rows


def test_the_longest_curve_is_drawn():
    """Breaks if a problem with two sizes is drawn instead of the grid, or two problems are joined to one line."""
    rows = [row("forward", n, 1, problem="short") for n in (1, 2)] + [row("forward", n, 3) for n in SIZES]
    assert {one.problem for one in longest(rows, "inputs", TIME)} == {"layer"}
    assert drawn(draw_cost, rows).get_xlabel() == "number of inputs (layer, 3 outputs)"
    assert drawn(draw_cost, rows, fixed=1).get_xlabel() == "number of inputs (short, 1 output)"


def test_what_cannot_be_drawn_is_said():
    """Breaks if a misspelt axis or a missing size ends in an empty figure."""
    rows = grid_rows()
    with pytest.raises(OptionError, match='axis="inputs" or axis="outputs"'):
        drawn(draw_cost, rows, axis="input")
    with pytest.raises(NothingToDrawError, match="No row has 5 outputs: there are rows with 1, 4, 16 or 64"):
        drawn(draw_cost, rows, fixed=5)
    with pytest.raises(NothingToDrawError, match="the status of all 2 is error"):
        drawn(draw_cost, [failed("forward", 1, 1), failed("reverse", 1, 1)])


def test_sizes_without_a_logarithm_are_left_out():
    """Breaks if a function without inputs, or a count of zero, ends in a warning or a crash of the axis."""
    rows = [row("forward", 0, 1, 1e-5), row("forward", 1, 1), replace(row("forward", 4, 1), operations=0)]
    assert line_named(drawn(draw_cost, rows), "forward").get_xdata().tolist() == [1, 4]
    assert line_named(drawn(draw_cost, rows, quantity=OPERATIONS), "forward (1 missing)").get_xdata().tolist() == [1]


# The map


def cells_of(axes):
    """(column, line) -> colours of its stripes."""
    found = {}
    for patch in axes.patches:
        middle = round(patch.get_x() + 0.47), round(patch.get_y() + patch.get_height() / 2)
        found.setdefault(middle, []).append(patch.get_facecolor())
    return found


def test_a_tie_has_the_colours_of_all_who_tie():
    """Breaks if a coin toss between two methods is drawn as a win, or ten percent of a lead as a tie."""
    rows = [
        row("forward", 1, 1, 1.0e-5),
        row("reverse", 1, 1, 1.09e-5),
        row("forward", 4, 1, 1.0e-5),
        row("reverse", 4, 1, 1.11e-5),
    ]
    axes = drawn(draw_map, rows)
    assert [len(colours) for colours in cells_of(axes).values()] == [2, 1]
    assert "several: a tie" in [text.get_text() for text in axes.get_legend().get_texts()]
    label = "a tie of forward and reverse: forward, 1 input, 1 output: 10.0 µs (10.0 times f), 16.0 digits; reverse 10.9 µs"
    assert label in labels_of(axes.figure)


def test_a_cell_that_nobody_won_says_so():
    """Breaks if a cell of failures looks like a hole, or like a win."""
    rows = [row("forward", 1, 1), replace(row("forward", 4, 1), status="inaccurate")]
    axes = drawn(draw_map, rows)
    assert "none" in [text.get_text() for text in axes.texts]
    assert "4 inputs, 1 output: none verified (forward: inaccurate)" in labels_of(axes.figure)


@pytest.mark.parametrize(("crossover", "wanted"), [(lambda n: n, lambda x: x), (lambda n: n / 4, lambda x: x - 1)])
def test_the_crossover_runs_where_it_is(crossover, wanted):
    """Breaks if the line misses the cells that stand for its sizes."""
    axes = drawn(draw_map, grid_rows(), crossover=crossover)
    (line,) = [line for line in axes.get_lines() if len(line.get_xdata()) > 100 and line.get_linewidth() == 2]
    x, y = np.array(line.get_data(), float)
    inside = np.isfinite(y)
    assert inside.sum() > 300
    np.testing.assert_allclose(y[inside], wanted(x[inside]), atol=1e-12)


@pytest.mark.parametrize("crossover", [None, lambda n: math.nan, lambda n: None, lambda n: -1.0, lambda n: 1e9])
def test_a_crossover_elsewhere_is_not_drawn(crossover):
    """Breaks if a line outside of the map bends its axes or ends in a warning."""
    axes = drawn(draw_map, grid_rows(), crossover=crossover)
    assert not [line for line in axes.get_lines() if len(line.get_xdata()) > 100]
    assert axes.get_xlim() == (-0.5, 3.5)


# The front


def test_the_front_is_what_nothing_beats():
    """Breaks if a point that another one beats in both is on the front, or one that none beats is not."""
    rng = np.random.default_rng(1)
    points = [Point(x, y, "") for x, y in rng.uniform(size=(60, 2)).round(1)]
    kept = {(one.x, one.y) for one in front(points)}
    for one in points:
        beaten = any((o.x <= one.x and o.y <= one.y) and (o.x, o.y) != (one.x, one.y) for o in points)
        assert ((one.x, one.y) in kept) == (not beaten)


def test_a_wrong_derivative_beats_nobody():
    """Breaks if a fast method that is wrong hides the others behind it."""
    axes = drawn(draw_pareto, [row("forward", 4, 1, 1e-5), row("finite", 4, 1, 1e-6, error=1e-18, status="inaccurate")])
    assert line_named(axes, "Pareto front").get_xdata()[0] == pytest.approx(10.0)


# Break-even


def test_the_break_even_is_where_the_totals_are_equal():
    """Breaks if the ring stands beside the crossing of its lines."""
    courses = courses_of(prepared_rows())
    found = {(one.name, other.name): calls for calls, one, other in crossings(courses)}
    assert found == {
        ("symbolic, prepared", "symbolic"): pytest.approx(10.0),
        ("symbolic, prepared", "reverse"): pytest.approx(200.0),
    }
    for calls, one, other in crossings(courses):
        assert one.total(calls) == pytest.approx(other.total(calls))
    labels = labels_of(drawn(draw_break_even, prepared_rows()).figure)
    assert "symbolic, prepared: 9.50 ms once, then 50.0 µs a call" in labels
    assert "symbolic, prepared, 100 calls: 14.5 ms" in labels


@pytest.mark.parametrize(
    ("once", "each", "wanted"), [(1.0, 2.0, math.nan), (1.0, 1.0, math.nan), (0.0, 0.5, math.nan), (1.0, 0.5, 2.0)]
)
def test_what_never_pays_has_no_crossing(once, each, wanted):
    """Breaks if a preparation that gains nothing pays after a negative or infinite number of calls."""
    assert Course("a", "a, prepared", once, each).meets(Course("a", "a", 0.0, 1.0)) == pytest.approx(wanted, nan_ok=True)


def test_the_fastest_changes_in_order():
    """Breaks if a way that is never the fastest is told to overtake one."""
    courses = [Course(name, name, once, each) for name, once, each in (("a", 0, 4), ("b", 6, 2), ("c", 10, 3), ("d", 106, 1))]
    assert [(calls, one.name, other.name) for calls, one, other in crossings(courses)] == [(3.0, "b", "a"), (100.0, "d", "b")]


# Nobody else's


@pytest.mark.parametrize("name", DRAWINGS)
def test_given_axes_are_the_only_thing_that_changes(name):
    """Breaks if drawing changes the style of a figure, its other axes or matplotlib's settings."""
    figure = Figure()
    ours, theirs = figure.subplots(1, 2)
    theirs.plot([1, 2], [3, 4])
    before = (
        dict(mpl.rcParams),
        theirs.get_xlim(),
        theirs.get_ylim(),
        len(theirs.lines),
        figure.get_facecolor(),
        ours.get_facecolor(),
    )
    rows = prepared_rows() if name in ("break-even", "times") else grid_rows()
    assert DRAWINGS[name](ours, rows) is ours
    after = (
        dict(mpl.rcParams),
        theirs.get_xlim(),
        theirs.get_ylim(),
        len(theirs.lines),
        figure.get_facecolor(),
        ours.get_facecolor(),
    )
    assert after == before
    assert figure.axes == [ours, theirs]


def test_only_colours_of_the_palette_are_used():
    """Breaks if a page in the dark shows a colour that it cannot swap."""
    from admodes.figures.palette import ROLES

    for plots in draw_sections([*grid_rows(), *prepared_rows()], lambda n: n).values():
        for plot in plots:
            buffer = StringIO()
            plot.figure.savefig(buffer, format="svg")
            colours = set(re.findall(r"#[0-9a-f]{6}\b", buffer.getvalue()))
            assert colours <= {role.light for role in ROLES} | {"#000000"}, plot.name


# Anything missing


PARTIAL = {
    "none": [],
    "all failed": [failed("forward", n, 1) for n in SIZES],
    "all stopped": [failed("forward", n, 1, "timeout", stopped_after=1.0) for n in SIZES],
    "one row": [row("forward", 4, 1)],
    "one method": [row("forward", n, m) for n in SIZES for m in SIZES],
    "no grid": [row("forward", 3, 1, part="problem", problem="mine"), row("forward", 9, 1, part="problem", problem="other")],
    "nothing but first calls": plain(*grid_rows()),
    "only wrong": [replace(one, status="inaccurate") for one in grid_rows()],
    "infinite error": [row("forward", n, 1, error=math.inf, digits=math.nan, status="nonfinite") for n in SIZES],
    "no inputs": [row("forward", 0, 0, 1e-5), row("forward", 0, 1, 1e-5)],
    "a hole": [row("forward", 1, 1), row("forward", 4, 4)],
    "many methods": [row(f"method {number}", n, 1, 1e-5) for number in range(12) for n in SIZES],
    "names like formulas": [
        replace(one, method=r"$\nonsense$", problem="$x$ < $y_$")
        for one in (*prepared_rows(), *(row("forward", n, 1) for n in SIZES))
    ],
    "zero error": [row("forward", n, 1, error=0.0) for n in SIZES],
}


@pytest.mark.parametrize("rows", PARTIAL.values(), ids=PARTIAL)
def test_any_rows_are_drawn_or_left_out(rows):
    """Breaks if an unusual run ends in a traceback or a warning instead of fewer figures."""
    for plots in draw_sections(rows, lambda n: n).values():
        for plot in plots:
            plot.figure.savefig(StringIO(), format="svg")
    for draw in DRAWINGS.values():
        _, axes = new_figure()
        try:
            draw(axes, rows).figure.savefig(StringIO(), format="svg")
        except NothingToDrawError as error:
            assert str(error)
            assert not axes.has_data()


def test_a_report_has_a_figure_for_all_that_was_measured():
    """Breaks if memory or break-even were measured and are not shown."""
    sections = draw_sections([*grid_rows(), *[replace(one, part="problem", problem="other") for one in prepared_rows()]])
    names = {section: [plot.name for plot in plots] for section, plots in sections.items()}
    assert names == {
        "map": ["map"],
        "inputs": ["cost-inputs-1", "cost-inputs-64"],
        "outputs": ["cost-outputs-1", "cost-outputs-64"],
        "error": ["errors"],
        "tradeoff": ["error-cost"],
        "work": ["work-inputs-1", "work-outputs-1"],
        "memory": ["memory-inputs-1", "memory-outputs-1"],
        "break-even": ["break-even"],
    }
    assert len({plot.name for plots in sections.values() for plot in plots}) == 12


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.5"),
        (1, "1"),
        (16, "16"),
        (65536, "65,536"),
        (1e6, "10⁶"),
        (2e6, "2·10⁶"),
        (1e-16, "10⁻¹⁶"),
        (1234567, "1.23·10⁶"),
    ],
)
def test_ticks_are_short(value, text):
    """Breaks if a tick says another number, or overlaps its neighbour."""
    assert short_number(value) == text


def test_a_provisional_cell_of_the_map_is_marked():
    """Breaks if the fastest of those that ran is drawn like a winner though its rivals were skipped."""
    cell = [row("finite", 8, 1), row("symbolic", 8, 1), failed("reverse", 8, 1, "skipped", "the time was used up")]
    axes = drawn(draw_map, [row("forward", 2, 1), row("reverse", 2, 1), *cell])
    assert [text.get_text() for text in axes.texts].count("?") == 1
    assert any("a rival was not run" in text.get_text() for text in axes.get_legend().get_texts())
    assert any(label.endswith("provisional: no result from reverse (skipped)") for label in labels_of(axes.figure))
    settled = drawn(draw_map, [row("forward", 2, 1), row("reverse", 2, 1)])
    assert "?" not in [text.get_text() for text in settled.texts]


def test_the_map_s_fields_can_be_dimmed():
    """Breaks if hiding a method leaves its fields of the map as they are, or cuts holes into it."""
    figure = map_plot(grid_rows()).figure
    fields = [one for one in marks_of(figure).values() if one.field]
    assert {one.series for one in fields} >= {"forward", "reverse"}
