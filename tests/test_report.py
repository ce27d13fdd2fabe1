"""Results on disk and the report made from them: nothing lost, nothing invented, nothing from the network."""

import base64
import hashlib
import html
import html.parser
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from report_cases import HOSTILE, METHODS, claim, failed, many_rows, plausible_rows, row, write_results

from admodes.errors import OptionError
from admodes.figures.gathering import draw_sections
from admodes.figures.marks import mark, marks_of
from admodes.figures.palette import PAPER, ROLES, styles_of
from admodes.figures.plotting import new_figure
from admodes.figures.svg import to_svg
from admodes.figures.winners import cheapest, not_run
from admodes.measure.scaling import fit_scaling
from admodes.report import write_report
from admodes.report.conclusions import conclude
from admodes.report.findings import find_all
from admodes.report.growth import growth_of
from admodes.report.overview import advise, score
from admodes.report.packing import unpack
from admodes.report.page import write_pages
from admodes.report.svg import to_inline
from admodes.reproduce.claims import Figure
from admodes.rows import Row, Timing, digits_of
from admodes.sweeps.claim import ClaimRow
from admodes.sweeps.results import SCHEMA, from_json, read_results, to_json
from admodes.sweeps.summary import summary_html
from admodes.sweeps.writing import ResultsWriter


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A report that the tests read and do not change."""
    place = tmp_path_factory.mktemp("report")
    write_report(write_results(place / "results.jsonl", plausible_rows()), place)
    return place


# Results on disk


def test_rows_survive_the_disk(tmp_path):
    """Breaks if a number changes on its way to the file and back, NaN and infinity included."""
    rows = [*plausible_rows(), row("forward", 2, 2, 1e-5, error=math.inf, worst=-math.inf)]
    results = read_results(write_results(tmp_path / "r.jsonl", rows))
    assert [repr(one.to_dict()) for one in results.rows] == [repr(one.to_dict()) for one in rows]
    assert results.complete
    assert results.header["schema"] == SCHEMA
    assert {"python", "numpy", "sympy", "cores", "blas", "created"} <= set(results.header["environment"])


def test_every_line_is_strict_json(tmp_path):
    """Breaks if NaN is written as JavaScript's NaN, which other readers refuse."""

    def refuse(token):
        raise AssertionError(token)

    lines = write_results(tmp_path / "r.jsonl", plausible_rows()).read_text(encoding="utf-8").splitlines()
    data = [json.loads(line, parse_constant=refuse) for line in lines]
    assert [entry["kind"] for entry in data] == ["header", *["row"] * (len(lines) - 2), "end"]
    lost = next(entry for entry in data if entry.get("status") == "timeout")
    assert lost["error"] is None
    assert lost["nonfinite"]["/error"] == "nan"


def test_non_finite_numbers_are_named_at_any_depth():
    """Breaks if a null cannot be told from a NaN in a list or a nested table."""
    data = {"a": [1.0, math.inf, {"b": -math.inf}], "c": None}
    assert from_json(to_json(data)) == data


def test_results_are_never_overwritten(tmp_path):
    """Breaks if a second run destroys the first one's numbers."""
    path = write_results(tmp_path / "r.jsonl", [])
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        ResultsWriter(path, {})
    assert path.read_bytes() == before


@pytest.mark.parametrize("kept", [1, 30, -2])
def test_a_torn_last_line_is_left_out(tmp_path, kept):
    """Breaks if a crash while writing makes the rows before it unreadable."""
    path = write_results(tmp_path / "r.jsonl", plausible_rows(), finished=None)
    whole = path.read_text(encoding="utf-8")
    *before, last = whole.splitlines()
    path.write_text("\n".join([*before, last[:kept]]), encoding="utf-8")
    results = read_results(path)
    assert results.torn
    assert not results.complete
    assert len(results.rows) == len(plausible_rows()) - 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("not json\n", "line 1 is not JSON"),
        ('{"kind": "row"}\n', "does not start with a header"),
        ("[1, 2]\n", "does not start with a header"),
        ('{"kind": "header", "schema": 99}\n', "schema 99"),
        ('{"kind": "header", "schema": 1}\ntorn\n{"kind": "end"}\n', "line 2 is not JSON"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, text, message):
    """Breaks if damage in the middle is read over, or a foreign file ends in a KeyError."""
    path = tmp_path / "r.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError, match=message):
        read_results(path)


def test_unknown_keys_of_a_row_are_ignored():
    """Breaks if a later version that adds a column cannot be read by this one."""
    one = row("forward", 1, 1, 1e-5)
    assert Row.from_dict(one.to_dict() | {"colour": "blue"}) == one


# The page


class Page(html.parser.HTMLParser):
    """Collects ids, references and text, and checks that elements close in order."""

    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self, text):
        super().__init__()
        self.ids, self.references, self.open, self.tags, self.text = [], [], [], set(), []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href", "srcset", "data"):
                self.references.append(value)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read_page(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    return text, Page(text)


def test_the_page_needs_nothing_else(folder):
    """Breaks if the page loads a script, a font or a style sheet: it must open from a disk without a network."""
    text, page = read_page(folder)
    assert not page.tags & {"link", "iframe", "img", "object", "embed"}
    local = {path.name for path in folder.iterdir()}
    assert all(reference.startswith("#") or reference in local for reference in page.references)
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/1998/Math/MathML"}
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_only_our_own_script_may_run(folder):
    """Breaks if the policy names another script than the page's: nothing that a results file brings in can run then."""
    text, _ = read_page(folder)
    scripts = re.findall(r"<script(.*?)>(.*?)</script>", text, re.DOTALL)
    assert [attributes.strip() for attributes, _ in scripts] == ['type="text/plain" id="data"', ""]
    digest = base64.b64encode(hashlib.sha256(scripts[1][1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in text


def test_ids_of_the_page_are_unique_and_found(folder):
    """Breaks if two inline figures share an id: the markers of one would be drawn in the other."""
    text, page = read_page(folder)
    assert len(page.ids) == len(set(page.ids)) > 30
    targets = [reference[1:] for reference in page.references if reference.startswith("#")]
    targets += re.findall(r"url\(#([^)]+)\)", text)
    assert set(targets) <= set(page.ids)


def test_the_page_follows_the_reader_into_the_dark(folder):
    """Breaks if a figure keeps a fixed colour: black on black in dark mode."""
    text, _ = read_page(folder)
    assert "prefers-color-scheme: dark" in text
    figures = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert set(re.findall(r"#[0-9a-f]{6}\b", figures)) <= {"#000000"}
    assert all(f"--{role.variable}: {role.dark}" in text for role in ROLES)


def test_a_page_is_readable_on_a_phone(folder):
    """Breaks if a phone is told to show the page at desktop width, or a wide table widens the page."""
    text, _ = read_page(folder)
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in text
    assert text.count("<table") == len(re.findall(r'<div class="scroll[^>]*><table', text))


def test_failures_are_shown_with_their_reason(folder):
    """Breaks if a report hides what did not work."""
    text, page = read_page(folder)
    shown = " ".join(page.text)
    assert "stopped after 4 s" in shown
    assert "dense layer 4 → 16; dense layer 16 → 4" in shown
    assert "ValueError: <b>bold</b>" in shown
    assert "<b>bold" not in text
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert "| symbolic | timeout | stopped after 4 s |" in summary


def test_foreign_names_stay_text(tmp_path):
    """Breaks if the name of a method or problem can run as a script in the page or break the Markdown table."""
    rows = [row(HOSTILE, n, 1, 1e-5, problem=HOSTILE, part=part) for n in (1, 2) for part in ("grid", "problem")]
    rows.append(failed(HOSTILE, 4, 1, "error", HOSTILE))
    write_report(write_results(tmp_path / "results.jsonl", rows), tmp_path)
    text, page = read_page(tmp_path)
    assert "<script>alert" not in text
    assert text.count("<script") == 2
    assert HOSTILE in "".join(page.text)
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "<script" not in summary
    width = 0
    for line in summary.splitlines():
        pipes = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert pipes in (0, width) or not width, line
        width = pipes


def test_the_report_rebuilds_from_the_file_alone(folder, tmp_path_factory):
    """Breaks if pages or figures differ from run to run, or need more than the file."""
    elsewhere = tmp_path_factory.mktemp("again")
    write_report(folder / "results.jsonl", elsewhere)
    again = {path.name: path.read_bytes() for path in elsewhere.iterdir()}
    assert again == {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "results.jsonl"}


def test_the_numbers_on_the_page_are_those_of_the_file(folder):
    """Breaks if a table shows other numbers than were measured."""
    _, page = read_page(folder)
    shown = " ".join(page.text)
    for text in ("100 µs", "5.00 ms", "1.0e-16", "3.0e-16 [0, 0]"):
        assert text in shown


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [failed(method, 1, 1, "skipped", "no time") for method in METHODS],
        [row("forward", 1, 1, 1e-5)],
        [row("forward", 1, 1, 1e-5, error=0.0)],
        [row("forward", 3, 1, 1e-5, part="problem", problem="mine")],
        [row(f"method {number}", 2, 2, 1e-5) for number in range(12)],
        [row("forward", 1, 1, 1e-5, status="inaccurate", error=0.5, reason="wrong")],
        [replace(row("forward", 1, 1, 1e-5), time=Timing((), 0, 1e-5), ratio=math.nan)],
    ],
    ids=["none", "all failed", "one", "zero error", "no grid", "many methods", "only wrong", "first call only"],
)
def test_any_rows_make_a_report(tmp_path, rows):
    """Breaks if an unusual run (interrupted, one size, all failed) ends in a traceback instead of a page."""
    write_report(write_results(tmp_path / "results.jsonl", rows), tmp_path)
    read_page(tmp_path)
    figures = list(tmp_path.glob("*.svg"))
    assert all(ET.parse(figure).getroot().tag.endswith("svg") for figure in figures)


# Sections


def page_of(folder, rows, claims=(), **options):
    """The page of `rows`, and its sections' names."""
    results = read_results(write_results(folder / "results.jsonl", rows, **options))
    results.claim_rows = [ClaimRow(one.name, "ok", claim=one) for one in claims]
    write_pages(results, "results.jsonl", folder)
    text, page = read_page(folder)
    return text, page, re.findall(r'<section id="([^"]+)"', text)


ALWAYS = ["summary", "problems", "failures", "measured", "environment"]


def test_sections_stand_in_their_order(tmp_path):
    """Breaks if a section is lost, or the summary is not what a reader meets first."""
    claims = [claim(), claim("fd-precision"), claim("symbolic-swell")]
    _, page, sections = page_of(tmp_path, plausible_rows(), claims)
    before = ["summary", "map", "inputs", "outputs", "growth", "error", "tradeoff", "precision", "swell", "memory"]
    assert [name for name in sections if name != "break-even"] == [
        *before,
        "claims",
        "problems",
        "failures",
        "measured",
        "environment",
    ]
    assert [reference[1:] for reference in page.references if reference.startswith("#") and reference[1:] in sections][
        -1
    ] in sections
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert summary.count("\n## ") == len(sections)


def test_what_is_missing_is_said(tmp_path):
    """Breaks if a section without data is left out without a word, or shown empty."""
    rows = [replace(row("forward", 3, 1, 1e-5, part="problem", problem="mine"), error=math.nan, tape_nodes=None, tape_bytes=None)]
    _, page, sections = page_of(tmp_path, [replace(one, hand_error=math.nan, digits=math.nan) for one in rows])
    assert sections == ALWAYS
    shown = " ".join(page.text)
    for words in ("no grid of dimensions", "No error could be measured", "Memory was not measured", "No claim of the lectures"):
        assert words in shown
        assert words in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_file_without_rows_says_so(tmp_path):
    """Breaks if a sweep that was stopped at once gives a page full of empty tables."""
    _, page, sections = page_of(tmp_path, [], finished=None)
    assert sections == ["summary", "measured", "environment"]
    assert "holds no measurement" in " ".join(page.text)
    assert "ended early" in " ".join(page.text)


def test_a_header_may_lack_everything(tmp_path):
    """Breaks if results of another program, or of an older version, end in a KeyError."""
    (tmp_path / "r.jsonl").write_text('{"kind": "header", "schema": 1}\n', encoding="utf-8")
    page = write_report(tmp_path / "r.jsonl", tmp_path).read_text(encoding="utf-8")
    assert "at an unknown time" in page


def test_claims_have_verdict_figure_and_numbers(tmp_path):
    """Breaks if a claim loses what it rests on, or its figure is drawn twice."""
    claims = [claim(), claim("fd-precision", verdict="does not hold here"), claim("no figure", figure=Figure("x", "y", ()))]
    text, page, _ = page_of(tmp_path, plausible_rows(), claims)
    shown = " ".join(page.text)
    assert "2 hold, 1 does not hold here" in shown
    assert text.count('data-name="claim-fd-precision"') == text.count('data-name="claim-per-input"') == 1
    assert "claim-no figure" not in text
    assert "Finite took 33 calls" in shown
    assert "by counting" in shown


def test_long_tables_are_packed_and_complete(tmp_path):
    """Breaks if rows of a long table are lost on their way into the page's data, or stand in the page twice."""
    rows = [*plausible_rows(), *many_rows()]
    text, _, _ = page_of(tmp_path, rows)
    data = unpack(re.search(r'id="data">([^<]*)<', text)[1])
    (table,) = data["tables"].values()
    assert [line[2] for line in table["lines"]] == [one.method for one in rows if one.problem == "ladder"]
    assert len({len(line) - 2 for line in table["lines"]} | {len(table["columns"]), len(table["aligned"])}) == 1
    assert text.count("<tr data-series") < len(plausible_rows()) + 20
    assert "<noscript>" in text
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert all(f"| 3{n} → 1 |" in summary for n in range(10))


def test_thousands_of_rows_stay_small(tmp_path):
    """Breaks if the page grows by more than a few hundred bytes a row: three megabytes are the limit for ten thousand."""
    rows = [*plausible_rows(), *many_rows(3000)]
    text, _, _ = page_of(tmp_path, rows)
    assert len(text.encode()) < 300_000 + 270 * len(rows)


def test_many_failures_of_one_kind_are_one_line(tmp_path):
    """Breaks if a thousand equal failures make a thousand lines, or if their number is lost."""
    rows = [failed("symbolic", n, 1, "timeout", "stopped") for n in range(1, 1001)]
    _, page, _ = page_of(tmp_path, rows)
    assert "and 992 more" in " ".join(page.text)
    assert "1,000" in page.text


# Figures in a page


def marked_figure(labels):
    figure, axes = new_figure()
    (line,) = axes.plot([1.0, 2.0, 3.0], [1.0, 4.0, 9.0], marker="o", color=PAPER.light)
    mark(line, "forward", labels)
    return to_inline(to_svg(figure, "a figure"), "f0", "What is seen", marks_of(figure))


def test_points_carry_their_labels():
    """Breaks if a point shows another one's value."""
    inline = marked_figure(["one", "four", "nine"])
    root = ET.fromstring(inline.markup)
    (group,) = [element for element in root.iter("g") if element.get("data-mark")]
    points = list(group.iter("use"))
    assert group.get("data-series") == "forward"
    assert inline.labels == {group.get("data-mark"): ("one", "four", "nine")}
    assert [float(point.get("x")) for point in points] == sorted(float(point.get("x")) for point in points)
    assert len(points) == 3


def test_labels_that_do_not_match_the_points_are_left_out():
    """Breaks if a label is shown at a point that is not its own: no value is better than a wrong one."""
    assert marked_figure(["one", "four"]).labels == {}


def test_a_figure_speaks_for_itself():
    """Breaks if a screen reader meets a nameless drawing, or a quote in a title ends the attribute."""
    figure, _ = new_figure()
    root = ET.fromstring(to_inline(to_svg(figure, "x"), "f0", 'a "quoted" <title>').markup)
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a "quoted" <title>'


def test_names_that_xml_forbids_do_not_break_the_page(tmp_path):
    """Breaks if a control character in the name of a method makes a figure that no reader can read."""
    rows = [row("bell\x07", n, 1, 1e-5) for n in (1, 2)]
    page_of(tmp_path, rows)
    assert [ET.parse(path) for path in tmp_path.glob("*.svg")]


# Figures


def test_figures_are_well_formed_files_of_their_own(folder):
    """Breaks if a figure is missing, is not XML, or carries the date it was made."""
    names = {path.stem for path in folder.glob("*.svg")}
    assert names == {"cost-inputs-1", "cost-inputs-16", "cost-outputs-1", "cost-outputs-16", "map", "errors", "error-cost"}
    for path in folder.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        ET.fromstring(text)
        assert "var(--" not in text
        assert "<dc:date>" not in text


def test_drawing_leaves_matplotlib_as_it_was():
    """Breaks if making a report changes the user's own figures."""
    before = dict(mpl.rcParams)
    draw_sections(plausible_rows())
    assert dict(mpl.rcParams) == before


def test_lines_show_the_times_and_failures_have_a_mark():
    """Breaks if a curve is drawn from other numbers, or a stopped method is just absent."""
    plot = next(plot for plot in draw_sections(plausible_rows())["inputs"] if plot.name == "cost-inputs-16")
    lines = {line.get_label(): line for line in plot.figure.axes[0].get_lines()}
    assert lines["forward"].get_xdata().tolist() == [1, 4, 16]
    np.testing.assert_allclose(lines["forward"].get_ydata(), [22e-6, 28e-6, 52e-6])
    assert lines["symbolic"].get_xdata().tolist() == [1]
    crosses = [line for line in plot.figure.axes[0].get_lines() if line.get_marker() == "x" and len(line.get_xdata())]
    assert [(line.get_xdata().tolist(), line.get_ydata().tolist()) for line in crosses] == [([4, 16], [4.0, 4.0])]
    assert "stopped" in lines


def test_the_map_shows_the_fastest_verified_method():
    """Breaks if a wrong or failed derivative wins a cell, or the factor is not that of the runner-up."""
    best, factor = cheapest(
        [
            row("finite", 1, 1, 1e-6, status="inaccurate"),
            row("forward", 1, 1, 2e-6),
            row("reverse", 1, 1, 5e-6),
            failed("symbolic", 1, 1, "error", ""),
        ]
    )
    assert best.method == "forward"
    assert factor == pytest.approx(2.5)
    assert cheapest([failed("forward", 1, 1, "error", "")])[0] is None


def luminance(color):
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_colours_can_be_read(ground):
    """Breaks if a method's colour is too faint on its ground (4.5 to 1, also for the signs inside the map)."""
    paper = luminance(getattr(PAPER, ground))
    for role in ROLES:
        if role.variable not in ("paper", "rule"):
            bright, dim = sorted((paper, luminance(getattr(role, ground))), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, role


def test_methods_differ_without_colour():
    """Breaks if two methods can be told apart by colour only."""
    styles = styles_of([*METHODS, "complex", "a", "b", "c", "d"]).values()
    assert len({style.marker for style in styles}) == len({style.glyph for style in styles}) == 9
    assert len({(style.line, style.marker) for style in styles_of(METHODS).values()}) == 4


# Sentences


def sentences(tmp_path, rows, *, finished=True):
    results = read_results(write_results(tmp_path / "s.jsonl", rows, finished=finished))
    return {finding.title: finding.text for finding in find_all(results)}


def test_the_sentences_follow_from_the_rows(tmp_path):
    """Breaks if the page's conclusions are not those of the numbers."""
    said = sentences(tmp_path, plausible_rows())
    assert said["In short"].startswith("With more inputs than outputs take reverse;")
    assert "with fewer inputs than outputs take forward." in said["In short"]
    assert said["The fields"].startswith("Of 9 fields, the fastest right method is ")
    wide = said["Many inputs, few outputs"]
    assert (
        "16 inputs and 1 output: reverse is the fastest exact method, 22.0 µs a derivative, 22.0 times the function itself"
        in wide
    )
    assert "Forward takes 2.36 times as long" in wide
    assert "finite takes 8.73 times as long with 192 calls of f" in wide
    tall = said["Few inputs, many outputs"]
    assert "forward is the fastest exact method" in tall
    assert "Finite is 1.83 times faster with 12 calls of f, but good to 11.0 digits only" in tall
    assert said["The automatic choice"].endswith("in 9 of 9 cells.")
    assert "symbolic in 3 of 9 cells (timeout 3)" in said["Failures"]
    assert said["Finite differences"].startswith("They call f 12.0 times for each input")


def test_a_surprise_is_reported_as_one(tmp_path):
    """Breaks if the text knows beforehand who wins: here reverse is slower where theory favours it."""
    rows = [row("forward", n, m, 1e-5) for n in (1, 8) for m in (1, 8)] + [
        row("reverse", n, m, 3e-5) for n in (1, 8) for m in (1, 8)
    ]
    said = sentences(tmp_path, rows)
    assert said["In short"].startswith("With more inputs than outputs take forward")
    assert "Reverse takes 3.00 times as long" in said["Many inputs, few outputs"]
    assert "in 3 of 4 cells and at worst one that takes 3.00 times as long" in said["The automatic choice"]


def test_a_tie_is_no_difference(tmp_path):
    """Breaks if five percent of noise is told as a result."""
    rows = [row("forward", 4, 1, 1.05e-5), row("reverse", 4, 1, 1e-5)]
    assert "Forward takes about as long" in sentences(tmp_path, rows)["Many inputs, few outputs"]


def test_errors_are_compared_with_the_hand_written_formula(tmp_path):
    """Breaks if "exact" has no yardstick on the page."""
    rows = [row("forward", 1, 1, 1e-5, error=3e-16), row("reverse", 1, 1, 1e-5, error=1e-16)]
    text = sentences(tmp_path, rows)["Exactness"]
    assert "2.00 times as large in the median and 3.00 times at worst" in text
    assert "more than twice as large in 1 of 2 measurements" in text


def test_a_first_call_is_not_passed_off_as_a_steady_time(tmp_path):
    """Breaks if a time that includes what only the first call does stands on the page like any other."""
    rows = [replace(row("finite", 1, 1, 1e-5), time=Timing((), 0, 2.0))]
    page = write_report(write_results(tmp_path / "r.jsonl", rows), tmp_path).read_text(encoding="utf-8")
    assert "The time is that of the first call, there was no time for a second one: finite on dense layer 1 → 1." in page


def test_doubts_are_not_hidden(tmp_path):
    """Breaks if suspect times, blind checks or an early end do not reach the page."""
    rows = [row("forward", 1, 1, 1e-5, suspect=True, check="blind to a flipped sign")]
    said = sentences(tmp_path, rows, finished=False)
    assert "1 time below what the counted calls" in said["Doubts"]
    assert "1 check that cannot see" in said["Doubts"]
    assert "ended early" in said["Incomplete"]


def test_the_folder_is_made(tmp_path):
    """Breaks if a report can be written into an existing folder only."""
    source = write_results(tmp_path / "r.jsonl", plausible_rows())
    assert write_report(source, tmp_path / "new" / "folder") == Path(tmp_path / "new" / "folder" / "index.html")


def test_a_claim_that_could_not_be_tested_is_said(tmp_path):
    """A claim whose test hung, which would be missing from the page without a word."""
    results = read_results(write_results(tmp_path / "results.jsonl", plausible_rows()))
    results.claim_rows = [ClaimRow("backprop-cost", "timeout", "killed after 15 s")]
    page = write_pages(results, "results.jsonl", tmp_path).read_text(encoding="utf-8")
    assert "could not be tested: timeout, killed after 15 s." in page


def unsettled_cell(n=16, m=1):
    """Finite differences and formulas finished; the methods that might be faster were not run."""
    lost = [
        failed(method, n, m, "skipped", "the time for the whole sweep (95 s) was used up") for method in ("forward", "reverse")
    ]
    return [row("finite", n, m, 1e-3, 1.7e-13), row("symbolic", n, m, 3e-3, 1.7e-16), *lost]


def test_nobody_wins_where_a_rival_was_not_run(tmp_path):
    """Breaks if a method is crowned because the sweep ran out of time before its rivals."""
    rows = [*unsettled_cell(), row("forward", 8, 1, 2e-5), row("reverse", 8, 1, 1e-5)]
    assert {line.method: line.fastest for line in score(rows)} == {"finite": "0", "symbolic": "0", "forward": "0", "reverse": "1"}
    (line,) = advise(rows)
    assert line.methods == ("reverse",)
    assert "in 2 cells: reverse in 1, not settled in 1, where a rival was not run" in line.measured
    fields = sentences(tmp_path, rows)["The fields"]
    assert fields == "Of 2 fields, the fastest right method is reverse in 1 and not settled in 1 (a rival was not run)."


def test_a_bound_settles_a_cell():
    """Breaks if a method that was stopped later than the fastest one finished, or ran out of memory, leaves the cell open."""
    stopped = failed("symbolic", 4, 1, "timeout", "stopped after 4 s", stopped_after=4.0)
    memory = failed("forward", 4, 1, "skipped", "ran out of memory at 2 in, 1 out")
    cell = [row("reverse", 4, 1, 1e-5), stopped, memory]
    assert not_run(cell) == []
    assert not_run([row("reverse", 4, 1, 1e-5), replace(stopped, stopped_after=math.nan)])
    assert not_run([row("reverse", 4, 1, 9.0), stopped]) == [stopped]


def test_thirteen_digits_are_not_exact(tmp_path):
    """Breaks if finite differences pass for exact beside a formula that is a thousand times closer."""
    rows = [row("finite", 4, 1, 1e-6, 1.7e-13), row("reverse", 4, 1, 1e-5, 1.7e-16)]
    assert advise(rows)[0].methods == ("reverse",)
    write_report(write_results(tmp_path / "r.jsonl", rows), tmp_path)
    for name in ("index.html", "summary.md"):
        assert "at most 16 times the largest of three" in (tmp_path / name).read_text(encoding="utf-8")


def test_a_tie_is_advised_by_name(tmp_path):
    """Breaks if "any exact one" is advised where one exact method takes thousands of times as long."""
    rows = [row("forward", 4, 4, 1e-5), row("reverse", 4, 4, 1.05e-5), row("symbolic", 4, 4, 1e-1)]
    assert sentences(tmp_path, rows)["In short"].startswith("With as many inputs as outputs take forward or reverse.")
    assert "forward or reverse (a tie) in 1. The slowest, symbolic, takes up to 10,000 times" in advise(rows)[0].measured


def test_first_calls_are_no_lead():
    """Breaks if a first call, which builds formulas, is divided by a steady time."""
    first = replace(row("symbolic", 4, 4, 1e-5), time=Timing((), 0, 2.0))
    (line,) = advise([row("forward", 4, 4, 1e-5), row("reverse", 4, 4, 2e-5), first])
    assert "The slowest, reverse, takes up to 2.00 times as long as forward" in line.measured


def test_the_advice_counts_every_problem():
    """Breaks if only the grid's function is counted, beside a table that counts all."""
    rows = [row("reverse", 4, 1, 1e-5), row("forward", 4, 1, 2e-5)]
    rows += [row(method, 650, 1, 1e-5, problem="digits", part="problem") for method in ("reverse",)]
    assert "in 2 cells: reverse in 2" in advise(rows)[0].measured


def test_counts_of_one_page_agree(tmp_path):
    """Breaks if fields without a winner are not counted, or products are left out of one table and not of the other."""
    rows = [*plausible_rows(), *(failed(method, 64, 64, "error", "no") for method in METHODS)]
    fields = sentences(tmp_path, rows)["The fields"]
    assert fields.startswith("Of 10 fields")
    assert sum(int(number) for number in re.findall(r" in (\d+)", fields)) == 10
    products = [row("forward", 4, 1, 1e-5, operator="vjp"), failed("forward", 8, 1, "error", "no", operator="vjp")]
    assert [line.right for line in score([*products, row("forward", 4, 1, 1e-5)])] == ["2 of 3"]


def test_break_even_lists_every_pair_of_the_cell_that_is_drawn():
    """Breaks if the list leaves out the cell of its own figure, or some of the pairs there."""
    prepared = {"preparation": 1e-2, "prepared": Timing((1e-6,) * 5, 10)}
    rows = []
    for n in (4, 16):
        rows += [row("symbolic", n, 1, 1e-3, **prepared), row("forward", n, 1, 4e-5), row("reverse", n, 1, 2e-5)]
    notes = conclude(rows).notes["break-even"]
    assert [re.search(r"cheaper than (\w+)", note)[1] for note in notes[:3]] == ["symbolic", "forward", "reverse"]
    assert all("16 inputs" in note for note in notes[:3])
    assert notes[3].startswith("The other cells, each against the fastest")
    assert "4 inputs, 1 output: Symbolic" in notes[4]
    assert "cheaper than reverse" in notes[4]
    assert len(notes) == 5
    many = [replace(one, inputs=size) for size in range(1, 40) for one in rows[:3]]
    assert conclude(many).notes["break-even"][-1] == "22 more cells with a prepared method are in the tables."


def test_the_stairs_are_said_to_be_those_of_the_medians():
    """Breaks if stairs through the medians are told as beating single points."""
    (plot,) = draw_sections(plausible_rows())["tradeoff"]
    assert "the median of another method is both faster" in plot.caption
    (single,) = draw_sections(plausible_rows()[:4])["tradeoff"]
    assert "median" not in single.caption


def test_a_grid_that_was_skipped_has_no_map_section(tmp_path):
    """Breaks if a page has a section about a map that it does not show."""
    rows = [failed(method, n, 1, "skipped", "no time") for n in (1, 4) for method in METHODS]
    _, page, sections = page_of(tmp_path, rows)
    assert "map" not in sections
    assert "no grid of dimensions with a right derivative" in " ".join(page.text)


# What is told as it is known


def test_growth_is_a_table_with_the_sentences_below(tmp_path):
    """Breaks if a fitted power is on the page of no method, or its interval, its theory or what was not fitted is missing."""
    sizes = (1, 4, 16, 64, 256)
    rows = [row("finite", n, m, 1e-6 * n, calls=2 * n, f_operations=n * m) for n in sizes for m in sizes]
    scaling = fit_scaling(rows)
    lines = {(line.method, line.quantity): line for line in growth_of(scaling)}
    calls = lines["finite", "calls of f"]
    assert (calls.inputs, calls.outputs, calls.theory, calls.verdict, calls.cells) == ("1.00", "0.00", "n^1 m^0", "agrees", 25)
    assert lines["f itself", "operations"].starts
    assert not lines["f itself", "operations"].theory
    page = write_report(write_results(tmp_path / "results.jsonl", rows), tmp_path / "page")
    section = re.search(r'<section id="growth".*?</section>', page.read_text(encoding="utf-8"), re.DOTALL)[0]
    assert section.count('<tr data-series="finite"') == sum(method == "finite" for method, _ in lines)
    assert "<summary>The same in sentences" in section
    assert all(sentence in html.unescape(section) for sentence in (*scaling.told, *scaling.untold))
    summary = (tmp_path / "page" / "summary.md").read_text(encoding="utf-8")
    assert "| finite | calls of f | 1.00 | 0.00 | n^1 m^0 | agrees | 25 |" in summary


def test_a_power_has_its_interval_and_one_that_was_not_varied_none():
    """An interval that is lost makes noise look like a number."""
    rng = np.random.default_rng(0)
    rows = [row("finite", n, 1, 1e-3 * n * rng.uniform(0.9, 1.1), calls=2 * n) for n in (1, 4, 16, 64, 256, 1024)]
    lines = {(line.method, line.quantity): line for line in growth_of(fit_scaling(rows))}
    assert re.fullmatch(r"\d\.\d\d \(\d\.\d\d to \d\.\d\d\)", lines["finite", "time"].inputs)
    assert lines["finite", "time"].outputs == "not varied"
    assert lines["finite", "calls of f"].verdict == "agrees in n alone"


def test_bounds_are_told_as_bounds(tmp_path):
    """The error of a vague reference is shown as the method's own, in one of the places that show it."""
    vague = [
        row(method, n, 1, 1e-5 * n, 1e-9, reference_error=1e-9, hand_error=math.nan)
        for n in (1, 4, 16)
        for method in ("finite", "reverse")
    ]
    assert all(one.is_bound for one in vague)
    page = write_report(write_results(tmp_path / "results.jsonl", vague), tmp_path / "page")
    data = unpack(re.search(r'id="data">([^<]*)<', page.read_text(encoding="utf-8"))[1])
    labels = [
        label for name in ("errors", "error-cost") for label in re.findall(r"error [^,\"]*", json.dumps(data["labels"][name]))
    ]
    assert len(labels) >= 12
    assert all(label.startswith("error <= 1.0e-09") for label in labels)
    assert ">= 9.0 (>= 9.0)" in (tmp_path / "page" / "summary.md").read_text(encoding="utf-8").replace("&lt;", "<")
    found = {finding.title: finding.text for finding in find_all(read_results(tmp_path / "results.jsonl"))}
    assert found["Exactness"] == (
        "Correct digits in the norm: finite >= 9.0 at worst and >= 9.0 in the median and "
        "reverse >= 9.0 at worst and >= 9.0 in the median."
    )
    assert "<td" in vague[0]._repr_html_()
    assert "&lt;= 1.0e-09" in vague[0]._repr_html_()
    assert "&gt;= 9.0" in summary_html("", vague)


def test_the_median_is_a_bound_only_where_bounds_can_move_it():
    """Breaks if one bound far from the middle, or below it, is told of or not told of the median."""
    sure = [row("reverse", n, 1, 1e-5, 10.0**-n) for n in (8, 9, 10)]
    high = row("reverse", 20, 1, 1e-5, 1e-12, reference_error=1e-12)
    low = row("reverse", 20, 1, 1e-5, 1e-7, reference_error=1e-7)
    assert digits_of([*sure, high]) == ("9.5", "8.0")
    assert digits_of([*sure, low]) == (">= 8.5", ">= 7.0")
    assert digits_of([]) == ("", "")


def test_why_nothing_was_prepared_is_told_where_break_even_is_missing(tmp_path):
    """Breaks if a page is silent about a method that could have been prepared."""
    reason = "f reads a Generator (`rng`), whose changes cannot be seen"
    rows = [row("symbolic", n, 1, 1e-3, unprepared=reason) for n in (1, 4)] + [row("reverse", 4, 1, 1e-5)]
    assert conclude(rows).notes["break-even"] == [
        f"Symbolic was not prepared in 2 cells (dense layer 1 → 1; dense layer 4 → 1): {reason}."
    ]
    write_report(write_results(tmp_path / "results.jsonl", rows), tmp_path / "page")
    assert reason in (tmp_path / "page" / "summary.md").read_text(encoding="utf-8")
    old = rows[0].to_dict()
    del old["unprepared"]
    assert Row.from_dict(old).unprepared == ""
