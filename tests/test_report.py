"""Results on disk and the report made from them: nothing lost, nothing invented, nothing from the network."""

import html.parser
import json
import math
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest

from admodes.errors import OptionError
from admodes.figures.map import cheapest
from admodes.figures.palette import PAPER, ROLES, styles_of
from admodes.report import write_report
from admodes.report.figures import draw_all
from admodes.report.findings import find_all
from admodes.rows import Row, Timing
from admodes.sweeps.results import from_json, read_results, to_json
from admodes.sweeps.writing import ResultsWriter

METHODS = ("finite", "symbolic", "forward", "reverse")
SIZES = (1, 4, 16)
HOSTILE = 'secant <script>alert("x")</script> | & \u202e'


def row(method, n, m, seconds, error=1e-16, problem="dense layer", part="grid", **changes):
    """A row as a measurement would leave it; f takes a microsecond."""
    time, f_time = Timing((seconds, 1.1 * seconds, 1.2 * seconds), 10, 2 * seconds), Timing((1e-6,) * 3, 100, 2e-6)
    digits = -math.log10(error) if error > 0 else 16.0
    measured = Row(problem, n, m, method, "ok", part=part, error=error, worst=3 * error, worst_at="[0, 0]", digits=digits)
    ratio = seconds / 1e-6
    measured = replace(measured, time=time, f_time=f_time, ratio=ratio, ratio_low=0.9 * ratio, ratio_high=1.1 * ratio, calls=1)
    measured = replace(
        measured, operations=10, tape_nodes=3, tape_bytes=100, hand_error=1e-16, check="guarded", reference="closed form"
    )
    return replace(measured, **{"auto": "reverse" if m < n else "forward", **changes})


def plausible_rows():
    """A grid in which forward pays for inputs and reverse for outputs, with one failure of each kind."""
    rows = []
    for n in SIZES:
        for m in SIZES:
            rows += [
                row("finite", n, m, 12e-6 * n, 1e-11, calls=12 * n),
                row("symbolic", n, m, 1e-3 * n * m)
                if n * m < 64
                else failed("symbolic", n, m, "timeout", "stopped after 4 s", stopped_after=4.0),
                row("forward", n, m, 20e-6 + 2e-6 * n),
                row("reverse", n, m, 20e-6 + 2e-6 * m),
            ]
    digits = {"problem": "digits", "part": "problem"}
    rows += [row("reverse", 650, 1, 1e-4, **digits), row("forward", 650, 1, 5e-3, **digits)]
    rows.append(failed("finite", 650, 1, "error", "ValueError: <b>bold</b>", **digits))
    return rows


def failed(method, n, m, status, reason, **changes):
    return Row(
        **{
            "problem": "dense layer",
            "inputs": n,
            "outputs": m,
            "method": method,
            "status": status,
            "reason": reason,
            "part": "grid",
            **changes,
        }
    )


def write_results(path, rows, *, finished=True):
    with ResultsWriter(path, {"seed": 1}) as writer:
        for one in rows:
            writer.write_row(one)
        if finished is not None:
            writer.write_end(finished=finished, seconds=1.5)
    return path


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
    assert results.header["schema"] == 2
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
    assert not page.tags & {"script", "link", "iframe", "img", "object", "embed"}
    local = {path.name for path in folder.iterdir()}
    assert all(reference.startswith("#") or reference in local for reference in page.references)
    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/1998/Math/MathML"}
    assert "@import" not in text


def test_ids_of_the_page_are_unique_and_found(folder):
    """Breaks if two inline figures share an id: the markers of one would be drawn in the other."""
    text, page = read_page(folder)
    assert len(page.ids) == len(set(page.ids)) > 50
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
    assert text.count("<table") == text.count('<div class="scroll"')


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
    assert "<script" not in text
    assert HOSTILE in "".join(page.text)
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "<script" not in summary
    header = next(line for line in summary.splitlines() if line.startswith("| method |"))
    for line in summary.splitlines():
        if line.startswith("| secant"):
            assert len(re.findall(r"(?<!\\)\|", line)) in (header.count("|"), 5)


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
    draw_all(plausible_rows())
    assert dict(mpl.rcParams) == before


def test_lines_show_the_times_and_failures_have_a_mark():
    """Breaks if a curve is drawn from other numbers, or a stopped method is just absent."""
    plot = next(plot for plot in draw_all(plausible_rows()) if plot.name == "cost-inputs-16")
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
    assert said["In short"].startswith("With more inputs than outputs take reverse (the fastest exact method in 3 of 3 cells)")
    assert "with fewer take forward (the fastest exact method in 3 of 3 cells)" in said["In short"]
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
    assert "finite on dense layer 1 → 1: the time is that of the first call" in page


def test_doubts_are_not_hidden(tmp_path):
    """Breaks if suspect times, blind checks or an early end do not reach the page."""
    rows = [row("forward", 1, 1, 1e-5, suspect=True, check="blind to a flipped sign")]
    said = sentences(tmp_path, rows, finished=False)
    assert "1 time below what the counted calls" in said["Doubts"]
    assert "1 check that cannot see" in said["Doubts"]
    assert "ended early" in said["Incomplete"]


# In a browser


LOOK = """<script>
onload = () => {
  const frames = [375, 768, 1280].map(width => {
    const frame = document.createElement("iframe");
    frame.style.cssText = `width:${width}px;height:900px;border:0`;
    frame.srcdoc = PAGE;
    document.body.append(frame);
    return frame;
  });
  const look = frame => {
    const inside = frame.contentDocument.documentElement;
    const hits = [];
    for (const svg of inside.querySelectorAll("figure svg")) {
      const around = svg.getBoundingClientRect();
      const boxes = [...svg.querySelectorAll("text")].map(text => [text.textContent.trim(), text.getBoundingClientRect()]);
      boxes.forEach(([name, a], i) => {
        if (a.left < around.left - 1 || a.right > around.right + 1 || a.top < around.top - 1 || a.bottom > around.bottom + 1)
          hits.push(`cut: ${name}`);
        boxes.slice(i + 1).forEach(([other, b]) => {
          const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (width > 1 && height > 2.5) hits.push(`overlap: ${name} / ${other}`);
        });
      });
    }
    return {width: inside.clientWidth, needed: inside.scrollWidth, figures: inside.querySelectorAll("figure svg").length, hits};
  };
  Promise.all(frames.map(frame => new Promise(done => frame.onload = done))).then(() => {
    document.title = JSON.stringify(frames.map(look));
  });
};
</script>"""


@pytest.mark.browser
def test_labels_neither_overlap_nor_leave_the_page(folder, tmp_path):
    """Breaks if a browser shows labels on top of each other, cuts them, or the page scrolls sideways on a phone."""
    page = json.dumps((folder / "index.html").read_text(encoding="utf-8")).replace("</", "<\\/")
    (tmp_path / "look.html").write_text(
        f"<!DOCTYPE html><meta charset=utf-8><body>{LOOK.replace('PAGE', page)}", encoding="utf-8"
    )
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [
                shutil.which("chromium"),
                *(
                    "--headless",
                    "--hide-scrollbars",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-background-networking",
                ),
                *("--disable-component-update", "--disable-sync", f"--user-data-dir={profile}"),
                *("--window-size=1400,1000", "--virtual-time-budget=20000", "--dump-dom", (tmp_path / "look.html").as_uri()),
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    title = re.search(r"<title>(\[.*?\])</title>", done.stdout, re.DOTALL)
    assert title is not None, done.stdout[:500]
    seen = json.loads(html.unescape(title.group(1)))
    assert [view["width"] for view in seen] == [375, 768, 1280]
    for view in seen:
        assert view["figures"] == 7
        assert view["needed"] <= view["width"]
        assert view["hits"] == []


def test_the_folder_is_made(tmp_path):
    """Breaks if a report can be written into an existing folder only."""
    source = write_results(tmp_path / "r.jsonl", plausible_rows())
    assert write_report(source, tmp_path / "new" / "folder") == Path(tmp_path / "new" / "folder" / "index.html")
