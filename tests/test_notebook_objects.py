"""Sweeps, comparisons and rows in a notebook: tables that are safe and short, filters, data frames, plots."""

import html.parser
import math
import subprocess
import sys
from dataclasses import fields, replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from row_cases import SIZES, failed, grid_rows, prepared_rows, row

from admodes.errors import NothingToDrawError, OptionError, UnknownMethodError, UnsupportedError
from admodes.figures.marks import marks_of
from admodes.measure import Comparison, Recommendation, compare
from admodes.rows import Row, Timing
from admodes.sweeps import Sweep
from admodes.sweeps.results import Results

HOSTILE = '<b>&"</b><script>alert(1)</script>'
SWEEP_PLOTS = ("plot_cost", "plot_error", "plot_map", "plot_memory", "plot_operations", "plot_pareto", "plot_break_even")
COMPARISON_PLOTS = ("plot_cost", "plot_error", "plot_pareto", "plot_break_even")


def sweep_of(rows):
    return Sweep(Results({}, list(rows)))


def comparison_of(rows):
    return Comparison(tuple(rows), Recommendation("reverse", "it is the fastest."))


@pytest.fixture(autouse=True)
def no_figures_left():
    """Breaks if plotting where there is nothing to plot leaves an empty figure behind, which a notebook would show."""
    yield
    plt.close("all")


class Reader(html.parser.HTMLParser):
    """The text of a page and the tags that are in it, which must close in order."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f"{data}\n"


# HTML


@pytest.mark.parametrize(
    "thing",
    [
        row(HOSTILE, 1, 1, 1e-5, problem=HOSTILE, reason=HOSTILE),
        failed(HOSTILE, 1, 1, problem=HOSTILE, reason=HOSTILE),
        sweep_of([row(HOSTILE, 1, 1, 1e-5, problem=HOSTILE), failed(HOSTILE, 2, 1, problem=HOSTILE, reason=HOSTILE)]),
        comparison_of([row(HOSTILE, 1, 1, 1e-5, problem=HOSTILE), failed("forward", 1, 1, reason=HOSTILE)]),
    ],
    ids=["row", "failed row", "sweep", "comparison"],
)
def test_names_stay_text(thing):
    """Breaks if a problem or a reason can run as a script in a notebook."""
    page = Reader(thing._repr_html_())
    assert not set(page.tags) & {"script", "b"}
    assert HOSTILE in page.text


@pytest.mark.parametrize("thing", [sweep_of([]), comparison_of([]), Row("", 0, 0, "", "")])
def test_nothing_at_all_is_shown_as_such(thing):
    """Breaks if an empty collection cannot be looked at."""
    Reader(thing._repr_html_())
    assert str(thing)
    assert repr(thing)


def test_a_row_is_one_readable_line():
    """Breaks if a row prints its forty columns, most of them empty."""
    assert repr(row("forward", 16, 4)) == "<Row: forward on layer, 16 inputs, 4 outputs: 52.0 µs (52.0 times f), 16.0 digits>"
    assert repr(failed("forward", 16, 4)) == "<Row: forward on layer, 16 inputs, 4 outputs: error>"
    assert (
        repr(failed("reverse", 1, 1, "timeout", stopped_after=4.0))
        == "<Row: reverse on layer, 1 input, 1 output: stopped after 4.00 s>"
    )
    hessian = replace(row("forward", 1, 1, 2e-6, time=Timing((), 0, 2e-3)), operator="hessian", ratio=math.nan)
    assert repr(hessian) == "<Row: forward on layer (hessian), 1 input, 1 output: 2.00 ms (first call), 16.0 digits>"


def test_a_rows_table_holds_all_that_it_has():
    """Breaks if a number of a row is not to be seen, or what is missing fills the table."""
    full = row(
        "forward", 1200, 4, suspect=True, preparation=0.5, prepared=Timing((1e-6, 3e-6), 5, 4e-6), ulp=2.5, tape_bytes=2048
    )
    text = Reader(full._repr_html_()).text.split("\n")
    shown = dict(zip(text[::2], text[1::2], strict=False))
    assert shown["inputs"] == "1,200"
    assert shown["error"] == "1.0e-16"
    assert shown["preparation"] == "500 ms"
    assert shown["prepared"] == "1.00 µs, quartiles 1.50 µs .. 2.50 µs, first call 4.00 µs"
    assert shown["tape bytes"] == "2.05 kB"
    assert shown["suspect"] == "yes"
    assert not {"reason", "stopped after", "symbolic operations"} & set(shown)


def test_a_sweep_is_summed_up():
    """Breaks if the table does not say how often a method was right, how exact and dear it is, and what failed."""
    text = Reader(sweep_of(grid_rows())._repr_html_()).text
    assert "64 cells" in text
    assert "finite\n12 of 16\n16.0\n16.0\n192\n" in text
    assert "reverse\n16 of 16\n" in text
    assert "symbolic\ntimeout\n3\nlayer 16 → 64\nit broke" in text


def test_ten_thousand_rows_are_a_short_table():
    """Breaks if looking at a large sweep fills the notebook."""
    rows = [failed(f"m{number % 7}", number, 1, reason=f"reason {number % 500}") for number in range(5000)]
    rows += [row(f"m{number % 7}", number, 1, 1e-5) for number in range(1, 5001)]
    page = sweep_of(rows)._repr_html_()
    assert len(page) < 10_000
    assert Reader(page).text.count("\nerror\n") == 10
    assert "more kinds of failure" in page


def test_a_comparison_shows_only_columns_with_numbers():
    """Breaks if a table has columns of nothing, or hides one that has something."""
    plain_rows = [replace(one, peak_bytes=None) for one in (row("forward", 1, 1), row("reverse", 1, 1))]
    assert "peak memory" not in str(comparison_of(plain_rows))
    measured = [*plain_rows, row("finite", 1, 1, ulp=3.0, peak_bytes=5000, prepared=Timing((1e-6,), 1))]
    for text in (str(comparison_of(measured)), comparison_of(measured)._repr_html_()):
        assert all(title in text for title in ("peak memory", "5.00 kB", "ulp", "prepared"))


# Filters


@pytest.mark.parametrize(
    ("conditions", "count"),
    [
        ({"method": "reverse"}, 16),
        ({"method": ["reverse", "forward"]}, 32),
        ({"inputs": 4}, 16),
        ({"inputs": range(2, 20), "outputs": {1}}, 8),
        ({"inputs": np.array([1, 4])}, 32),
        ({"inputs": (size for size in (1, 4))}, 32),
        ({"inputs": 5}, 0),
        ({"status": "timeout"}, 3),
        ({"status": "lost"}, 0),
        ({"succeeded": True}, 57),
        ({"problem": "layer", "operator": "differentiate"}, 64),
        ({}, 64),
    ],
)
def test_rows_are_chosen_by_their_columns(conditions, count):
    """Breaks if a value, a collection of values or an array of them chooses other rows."""
    sweep = sweep_of(grid_rows())
    kept = sweep.filter(**conditions)
    assert type(kept) is Sweep
    assert len(kept) == len(list(kept)) == count
    assert len(sweep) == 64


def test_rows_are_chosen_by_a_function():
    """Breaks if a function of the row is not asked, or overrules the columns."""
    kept = sweep_of(grid_rows()).filter(lambda one: one.inputs > one.outputs, method="forward")
    assert {(one.inputs, one.outputs) for one in kept} == {(n, m) for n in SIZES for m in SIZES if n > m}


def test_a_filtered_sweep_keeps_where_it_comes_from():
    """Breaks if the header, the end or the path are lost, or an index of rows that are gone is kept."""
    rows = [replace(one, key=f"k{number}") for number, one in enumerate(grid_rows())]
    sweep = Sweep(Results({"grid": {"name": "g"}}, rows, {"finished": True}, by_key={one.key: one for one in rows}), "r.jsonl")
    kept = sweep.filter(method="reverse")
    assert kept.results.grid == {"name": "g"}
    assert kept.results.complete
    assert kept.path == "r.jsonl"
    assert list(kept.results.by_key.values()) == kept.rows


def test_a_filtered_comparison_is_recommended_anew():
    """Breaks if a method is recommended that is not among the rows any more."""
    found = compare(np.sin, 0.5, ["forward", "reverse", "finite"], reference=np.cos, rounds=2)
    kept = found.filter(method=["finite"])
    assert type(kept) is Comparison
    assert [one.method for one in kept] == ["finite"]
    assert kept.recommendation.method == "finite"
    nothing = found.filter(lambda one: False)
    assert nothing.recommendation.method is None
    assert "No method is left" in str(nothing)


@pytest.mark.parametrize(
    ("conditions", "error", "message"),
    [
        ({"method": "foward"}, UnknownMethodError, "no method 'foward': there is 'finite', 'forward', 'reverse' and 'symbolic'"),
        ({"problem": ["layer", "lair"]}, OptionError, "no problem 'lair': there is 'layer'"),
        ({"status": "failed"}, OptionError, "no status 'failed': there is 'ok'"),
        ({"input": 4}, OptionError, "no column 'input'. Did you mean inputs"),
        ({"zzz": 4}, OptionError, "The columns are problem, inputs"),
    ],
)
def test_a_misspelt_filter_is_no_empty_result(conditions, error, message):
    """Breaks if a typing error looks as if nothing had been measured."""
    with pytest.raises(error, match=message):
        sweep_of(grid_rows()).filter(**conditions)


def test_a_condition_must_be_callable():
    """Breaks if filter("reverse") ends in a TypeError about strings."""
    with pytest.raises(OptionError, match="method='reverse'"):
        sweep_of(grid_rows()).filter("reverse")


# Data frames


@pytest.mark.parametrize("collect", [sweep_of, comparison_of])
def test_every_number_reaches_pandas_and_comes_back(collect):
    """Breaks if a column is lost, renamed or rounded, or a missing count turns all others into floats."""
    rows = [*grid_rows(), row("forward", 1, 1, operations=2**53 + 1, tape_nodes=None, preparation=0.25, ulp=1.5)]
    frame = collect(rows).to_pandas()
    assert len(frame) == len(rows)
    for column in fields(Row):
        if isinstance(getattr(rows[0], column.name), Timing):
            continue
        values = [None if pd.isna(value) else value for value in frame[column.name]]
        given = [getattr(one, column.name) for one in rows]
        assert values == [None if isinstance(value, float) and math.isnan(value) else value for value in given], column.name
    for name in ("time", "f_time", "prepared"):
        timings = [getattr(one, name) for one in rows]
        np.testing.assert_array_equal(frame[f"{name}_minimum"], [timing.minimum for timing in timings])
        np.testing.assert_array_equal(frame[f"{name}_upper_quartile"], [timing.quartiles[1] for timing in timings])
        assert frame[f"{name}_rounds"].tolist() == [len(timing.samples) for timing in timings]
    assert all(str(frame[name].dtype) == "Int64" for name in ("inputs", "calls", "operations", "tape_nodes", "peak_bytes"))


def test_the_frame_is_flat():
    """Breaks if a cell holds a tuple or an object, which files and plots of frames cannot take."""
    frame = sweep_of(grid_rows()).to_pandas()
    assert not any(isinstance(value, (tuple, list, dict, Timing)) for name in frame for value in frame[name])
    assert frame.groupby("method")["time_minimum"].min().loc["forward"] == pytest.approx(22e-6)


def test_an_empty_frame_has_the_same_columns():
    """Breaks if a filter without result gives a frame on which every later line fails."""
    empty, full = sweep_of([]).to_pandas(), sweep_of(grid_rows()).to_pandas()
    assert list(empty.columns) == list(full.columns)
    assert len(empty) == 0
    assert list(empty.dtypes) == list(full.dtypes)


def test_without_pandas_it_is_said_what_to_install(monkeypatch):
    """Breaks if a missing extra ends in an ImportError from inside."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UnsupportedError, match="pip install pandas"):
        sweep_of(grid_rows()).to_pandas()


def test_looking_at_results_loads_neither_pandas_nor_pyplot():
    """Breaks if a comparison or its table loads what only data frames and plots need."""
    code = (
        "import sys, numpy as np, admodes as ad\n"
        "found = ad.compare(np.sin, 0.5, ['forward', 'reverse'], reference=np.cos, rounds=1)\n"
        "found._repr_html_(), str(found), found.filter(method='reverse'), repr(found.rows[0])\n"
        "print(sorted({'pandas', 'matplotlib', 'IPython'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# Plots


@pytest.mark.parametrize("name", SWEEP_PLOTS)
def test_a_sweep_draws_on_the_axes_it_is_given(name):
    """Breaks if a plot of several axes cannot be put together, or a second figure pops up."""
    figure, (ours, theirs) = plt.subplots(1, 2)
    before = plt.get_fignums(), dict(mpl.rcParams)
    assert getattr(sweep_of([*grid_rows(), *prepared_rows()]), name)(ax=ours) is ours
    assert (plt.get_fignums(), dict(mpl.rcParams)) == before
    assert ours.has_data()
    assert not theirs.has_data()
    assert marks_of(figure)


@pytest.mark.parametrize("name", SWEEP_PLOTS)
def test_a_sweep_makes_a_figure_that_a_notebook_shows(name):
    """Breaks if the figure is unknown to pyplot, which is what a notebook shows, or the settings stay changed."""
    before = dict(mpl.rcParams)
    axes = getattr(sweep_of([*grid_rows(), *prepared_rows()]), name)()
    assert axes.figure.number in plt.get_fignums()
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", COMPARISON_PLOTS)
def test_a_comparison_draws_itself(name):
    """Breaks if a comparison cannot be seen."""
    _, ours = plt.subplots()
    assert getattr(comparison_of(prepared_rows()), name)(ours) is ours
    assert getattr(comparison_of(prepared_rows()), name)().figure.number in plt.get_fignums()


def test_a_comparison_shows_every_method():
    """Breaks if a method that failed or was stopped is missing from the picture."""
    rows = [row("forward", 4, 4), failed("symbolic", 4, 4, "timeout", stopped_after=4.0), failed("complex", 4, 4, "unsupported")]
    axes = comparison_of(rows).plot_cost()
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["forward", "symbolic", "complex\n(unsupported)"]
    crosses = [line for line in axes.get_lines() if line.get_marker() == "x" and len(line.get_xdata())]
    assert [line.get_xdata().tolist() for line in crosses] == [[4.0]]
    assert "f itself: 1.00 µs" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_plots_take_options():
    """Breaks if the axis, the other size or the units are not those asked for."""
    sweep = sweep_of(grid_rows())
    axes = sweep.plot_cost("outputs", fixed=16, over_f=True, theory={})
    assert axes.get_xlabel() == "number of outputs (layer, 16 inputs)"
    assert axes.get_ylabel() == "time / time of f"
    assert "theory" not in [text.get_text() for text in axes.get_legend().get_texts()]
    assert sweep.plot_map(crossover=lambda n: n).get_xlabel() == "number of inputs n (layer)"
    assert sweep.plot_memory(axis="outputs").get_ylabel() == "peak memory of one derivative"


def test_the_map_of_a_sweep_has_the_fitted_line():
    """Breaks if the line that `scaling` finds is not the one on the map, or is drawn where none was found."""
    cost = {"forward": lambda n, m: 1e-6 * n, "reverse": lambda n, m: 1e-6 * m}
    rows = [row(method, n, m, cost[method](n, m)) for method in cost for n in SIZES for m in SIZES]
    sweep = sweep_of(rows)
    assert sweep.scaling.crossover.m_at(10) == pytest.approx(10, rel=0.05)
    assert [mark.series for mark in marks_of(sweep.plot_map().figure).values()].count("crossover") == 1
    alone = sweep.filter(method="forward")
    assert [mark.series for mark in marks_of(alone.plot_map().figure).values()].count("crossover") == 0


@pytest.mark.parametrize("rows", [[], [failed("forward", 1, 1)]], ids=["none", "failed"])
@pytest.mark.parametrize(("collect", "names"), [(sweep_of, SWEEP_PLOTS), (comparison_of, COMPARISON_PLOTS)])
def test_nothing_to_draw_is_said(collect, names, rows):
    """Breaks if an empty figure is shown, or left behind for the end of the cell, where there is nothing to draw."""
    for name in names:
        with pytest.raises(NothingToDrawError, match="No "):
            getattr(collect(rows), name)()
    assert plt.get_fignums() == []


def test_an_unknown_axis_is_refused():
    """Breaks if plot_cost("n") ends in an AttributeError."""
    with pytest.raises(OptionError, match='write axis="inputs"'):
        sweep_of(grid_rows()).plot_cost("n")
    assert plt.get_fignums() == []


def test_a_real_sweep_does_all_of_it(tmp_path):
    """Breaks if what is drawn and filtered here is not what a sweep returns."""
    import admodes as ad

    found = ad.sweep("rosenbrock", [2, 3], methods=["forward", "reverse"], out=tmp_path / "r.jsonl")
    assert len(found.filter(inputs=3).to_pandas()) == 2
    assert "rosenbrock" in found.plot_cost().get_xlabel()
    assert "4 cells" in found._repr_html_()
    assert Sweep.read(tmp_path / "r.jsonl").filter(method="reverse").plot_error().has_data()


def test_a_table_in_a_notebook_is_text(monkeypatch):
    """A table that goes to the notebook's screen instead of into the text: rich does so where it sees Jupyter."""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    text = str(comparison_of([row("forward", 1, 1, 1e-5), row("reverse", 1, 1, 2e-5)]))
    assert [line.split()[0] for line in text.splitlines() if " ok " in line] == ["forward", "reverse"]
