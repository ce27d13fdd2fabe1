"""`admodes trace` and `admodes examples`: what they print, what they write, and one clear message for every bad input."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from command_line import COMMON, commands_in
from hypothesis import example, given, settings
from hypothesis import strategies as st

import admodes as ad
from admodes import cli

FORMULA = "log(x1) + x1*x2 - sin(x2)"
MODEL = (
    COMMON
    + """
def sigmoid(a):
    return 1 / (1 + np.exp(-a))

def loss(w, b, scale=2.0):
    return scale * np.sum(sigmoid(w) * b)

def pair(x):
    return np.stack([x[0] * x[1], x[0]])
"""
)
EXTENSIONS = {
    "html": "<!doctype html>",
    "svg": "<svg",
    "dot": "digraph",
    "mermaid": "flowchart",
    "latex": "tabular",
    "markdown": "| ",
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in an empty folder; whatever it imports there is forgotten afterwards."""
    with commands_in(tmp_path, monkeypatch, traced_model=MODEL) as invoke:
        yield invoke


def printed(result):
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def refused(result):
    """The one message of a command that refused its input."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(re.findall("^Error: ", result.stderr, re.MULTILINE)) == 1
    return result.stderr.partition("Error: ")[2].strip()


def cells(text):
    """The lines of the tables, as lists of what stands in their columns."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]


@pytest.mark.parametrize("point", ["x1=2,x2=5", "x2=5.0, x1=2", "2,5", "[2, 5]", '{"x1": 2, "x2": 5}', "point.json"])
def test_the_lectures_three_tables(run, tmp_path, point):
    """Breaks if the tables are not the lecture's, line by line, however the point is given."""
    (tmp_path / "point.json").write_text('{"x1": 2, "x2": 5}', encoding="utf-8")
    text = printed(run("trace", FORMULA, "--at", point))
    assert text.splitlines()[0] == FORMULA
    found = cells(text)
    if not point.startswith("x2"):
        for line in (
            ["v0", "x1", "2"],
            ["v1", "x2", "5"],
            ["v2", "log(v0)", "0.693"],
            ["v3", "v0 * v1", "10"],
            ["v4", "sin(v1)", "-0.959"],
            ["v5", "v2 + v3", "10.693"],
            ["v6", "v5 - v4", "11.652"],
            ["v0'", "seed", "1", "0"],
            ["v1'", "seed", "0", "1"],
            ["v4'", "0.284 v1'", "0", "0.284"],
            ["v6'", "v5' - v4'", "5.5", "1.716"],
        ):
            assert line in found
    adjoints = text[text.index("Adjoint trace") :]
    upstream = re.findall(r"^ v\d +(?:x\d +)?(-?[\d.]+) ", adjoints, re.MULTILINE)
    assert upstream == (
        ["1", "1", "-1", "1", "1", "5.5", "1.716"] if point.startswith("x2") else ["1", "1", "-1", "1", "1", "1.716", "5.5"]
    )


def test_a_formula_of_one_variable_and_of_arrays(run):
    """Breaks if a plain number, or a named array, is no point of a formula."""
    assert ["v1", "v0 ** 2", "9"] in cells(printed(run("trace", "x**2", "--at", "3")))
    text = printed(run("trace", "sum(w*x)", "--at", "w=[1,2],x=[3,4]", "--wrt", "w"))
    assert "11" in text
    assert ["v0'", "seed"] in [line[:2] for line in cells(text)]
    assert ["v3", "v2 * v1", "20"] in cells(printed(run("trace", "sum(W)*b", "--at", "W=[[1,2],[3,4]],b=2")))
    assert ["v1", "-v0", "-3"] in cells(printed(run("trace", "--at", "x=3", "--", "-x")))


def test_options_shape_the_tables(run):
    """Breaks if grouping, single elements, digits or the choice of inputs leave the tables as they are."""
    whole = printed(run("trace", "--example", "koehn_network"))
    assert "exp(" in whole
    grouped = printed(run("trace", "--example", "koehn_network", "--grouped"))
    assert "exp(" not in grouped
    assert "sigmoid(v7)" in grouped
    assert "by W2[1]" in grouped
    few = printed(run("trace", "--example", "koehn_network", "--grouped", "--wrt", "b2,t"))
    assert "by b2" in few
    assert "by W2[1]" not in few
    assert "11.65207" in printed(run("trace", FORMULA, "--at", "2,5", "--digits", "5"))
    expanded = printed(run("trace", "sum(x*x)", "--at", "x=[1,2]", "--expand"))
    assert "x[0]" in expanded


def test_worked_examples_at_their_points_and_at_others(run):
    """Breaks if an example's own point is not the default, or --at moves more than it names."""
    own = printed(run("trace", "--example", "cmp784_trace"))
    assert ["v6", "v5 - v4", "11.652", "v6"] in cells(own)
    moved = printed(run("trace", "--example", "cmp784_trace", "--at", "x2=0"))
    assert ["v6", "v5 - v4", "0.693", "v6"] in cells(moved)


@pytest.mark.parametrize("name", ad.examples)
def test_every_example_is_traced(run, name):
    """Breaks if an example of the list cannot be traced from the command line."""
    assert "Adjoint trace" in printed(run("trace", "--example", name, "--grouped"))


def test_functions_of_the_users_own(run, tmp_path):
    """Breaks if a function by module or file is not traced, by one point or by names, or takes no default argument."""
    np.save(tmp_path / "w.npy", np.zeros(2))
    by_name = printed(run("trace", "traced_model.py:loss", "--at", "w=w.npy,b=3", "--grouped"))
    assert ["E", "6"] in [line[-2:] for line in cells(by_name)] or re.search(r"2 \* v\d +6$", by_name, re.MULTILINE)
    assert "sigmoid(v0)" in by_name
    only = printed(run("trace", "traced_model:loss", "--at", "w=[0,0],b=3", "--wrt", "b"))
    assert ["v0", "b", "3"] in cells(only)
    tree = printed(run("trace", "traced_model:tree", "--at", '{"w": [1, 2], "b": 3}'))
    assert "15" in tree
    first = printed(run("trace", "traced_model:pair", "--at", "2,3", "--output", "0"))
    assert re.search(r"^ v0 +x +.*\[3, 2\]", first, re.MULTILINE)


def test_files(run, tmp_path):
    """Breaks if a file is not written, is not of its kind, or is of another trace than the tables."""
    files = {kind: tmp_path / f"out.{kind}" for kind in [*EXTENSIONS, "csv"]}
    result = run("trace", FORMULA, "--at", "2,5", *(part for kind, file in files.items() for part in (f"--{kind}", file)))
    assert "11.652" in printed(result)
    assert result.stderr.count("Wrote ") == len(files)
    for kind, words in EXTENSIONS.items():
        assert words in files[kind].read_text(encoding="utf-8").lower(), kind
    assert ET.fromstring(files["svg"].read_text(encoding="utf-8")).tag.endswith("svg")
    rows = list(csv.DictReader(files["csv"].read_text(encoding="utf-8").splitlines()))
    assert [float(row["value"]) for row in rows][-1] == ad.examples["cmp784_trace"].value
    assert "11.652" in files["markdown"].read_text(encoding="utf-8")


def test_nothing_is_overwritten_without_force(run, tmp_path):
    """Breaks if a file is lost, or something is computed or written before that is known."""
    for kind in [*EXTENSIONS, "csv"]:
        (tmp_path / kind).write_text("mine", encoding="utf-8")
        other = ["--csv" if kind == "svg" else "--svg", tmp_path / "other"]
        message = refused(run("trace", FORMULA, "--at", "2,5", f"--{kind}", tmp_path / kind, *other))
        assert "is there already" in message
        assert "--force" in message
        assert (tmp_path / kind).read_text(encoding="utf-8") == "mine"
        assert not (tmp_path / "other").exists()
        printed(run("trace", FORMULA, "--at", "2,5", f"--{kind}", tmp_path / kind, "--force"))
        assert (tmp_path / kind).read_text(encoding="utf-8") != "mine"


def test_several_points_go_into_one_page(run, tmp_path):
    """Breaks if a page has one of two points only, or two points are written where one belongs."""
    page = tmp_path / "page.html"
    text = printed(run("trace", FORMULA, "--at", "x1=2,x2=5", "--at", "x1=7,x2=0", "--html", page))
    assert text.count("Adjoint trace") == 2
    assert page.stat().st_size > 10_000
    message = refused(run("trace", FORMULA, "--at", "2,5", "--at", "3,4", "--svg", tmp_path / "a.svg"))
    assert "one --at" in message


def test_what_is_not_finite_is_shown(run):
    """Breaks if a division by zero is an error, a warning, or a finite number in the tables."""
    result = run("trace", "1/x", "--at", "0")
    assert "-inf" in printed(result)
    assert "Warning" not in result.stderr
    assert "Note" not in result.stderr
    outside = run("trace", "log(x)", "--at", "x=2", "--at", "x=-1")
    assert printed(outside).count("Evaluation trace") == 2
    assert outside.stderr == "Note: log(x) is nan there, outside of its domain: the derivatives mean nothing.\n"


BAD = [
    (["x^2", "--at", "x=2"], r"Write \*\* for powers\.\n    x\^2\n     \^ column 2"),
    (["x*z", "--at", "x=2"], "no variable `z`"),
    (["expp(x)", "--at", "x=2"], "Did you mean exp"),
    (["__import__('os').system('touch pwned')", "--at", "x=1"], "column 1"),
    (["exec('import os'):x", "--at", "x=1"], "no sign of formulas"),
    (["(x).__class__", "--at", "x=1"], "begins with a letter"),
    (["9**9**9**9 + x", "--at", "x=1"], "exponents"),
    (["x*y", "--at", "1,2,3"], "3 numbers, and the formula has 2 variables. Write --at x=1,y=1"),
    (["2 + 3", "--at", "1"], "no variable to differentiate by"),
    (["x*y", "--at", "x=1,2"], "'2' has no name"),
    (["x*y", "--at", "x=1,x=2"], "x twice"),
    (["x*y", "--at", "x=1,y=2", "--wrt", "x,x"], "--wrt x,x names x twice"),
    (["x*y", "--at", "x=1,y="], "y no value"),
    (["x*y", "--at", "x=1,y=one"], "'one' is no point"),
    (["x*y", "--at", ""], "--at is empty"),
    (["x*y", "--at", "x=[1,2,y=3"], "not JSON"),
    (["x*y", "--at", "x=1],y=3"], "is no point"),
    (["x*y", "--at", "sin=1,y=1"], "`sin` is a function"),
    (["x*y", "--at", "x=1,y=2", "--wrt", "z"], "the inputs are x, y"),
    (["x*y", "--at", "x=1,y=2", "--wrt", ","], "the inputs are x, y"),
    (["x*y", "--at", "x=[1,2],y=2"], "output"),
    (["x*y", "--at", "x=[1,2],y=[1,2,3]"], "shape"),
    (["x", "--at", "x=1", "--digits", "99"], "--digits"),
    (["x", "--at", "x=1", "--svg", "a", "--csv", "a"], "same file"),
    (["x", "--at", "x=1", "--svg", "no/such/folder.svg"], "No such file"),
    (["x"], "Missing option '--at'"),
    ([], "Give a formula"),
    (["x", "--example", "perceptron"], "one of them"),
    (["--example", "perceptro"], "Did you mean perceptron"),
    (["--example", "perceptron", "--at", "y=2"], "its inputs are x, w, b"),
    (["--example", "perceptron", "--at", "2"], "Write --at x="),
    (["traced_model:nothing", "--at", "1"], "no 'nothing'"),
    (["no_such_module:f", "--at", "1"], "no module"),
    (["traced_model:broken", "--at", "1"], "RuntimeError: out of luck"),
    (["traced_model:loss", "--at", "c=1"], "has no argument 'c': its arguments are w, b, scale"),
    (["traced_model:loss", "--at", "w=1"], "gives no b"),
    (["traced_model:pair", "--at", "1,2"], "output"),
    (["traced_model:pair", "--at", "1,2", "--output", "7"], "output"),
    (["traced_model:pair", "--at", "1,2", "--wrt", "x"], "in --at, x="),
    (["numpy:maximum.reduce", "--at", "y=1"], "argument"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_bad_input_is_one_message(run, tmp_path, arguments, words):
    """Breaks if bad input ends in a traceback, in no message or in two, or runs something."""
    assert re.search(words, refused(run("trace", *arguments)), re.DOTALL), arguments
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["traced_model.py"]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="xy()+-*/^.,0129 e=_'\"<>[]:;\\\n\0", max_size=40))
@example("__import__('os').system('touch pwned')")
@example("().__class__.__base__.__subclasses__():x")
@example("x" * 5_000)
@example("(" * 500 + "x" + ")" * 500)
@example("9**9**9**9*x")
def test_hostile_formulas(text):
    """Breaks if any text ends in another way than with tables or with one message."""
    result = CliRunner().invoke(cli.main, ["trace", "--at", "x=0.5,y=2", "--", text])
    assert result.exit_code in (0, 2), (text, result.exception)
    assert "Traceback" not in result.output
    assert not list(Path.cwd().glob("pwned"))


def test_examples_are_listed(run):
    """Breaks if an example is not in the list, or the list is not what the package has."""
    text = printed(run("examples"))
    assert [line[0] for line in cells(text) if line[0] in set(ad.examples)] == list(ad.examples)
    data = json.loads(printed(run("examples", "--json")))
    assert list(data) == list(ad.examples)
    for name, entry in data.items():
        example = ad.examples[name]
        assert (entry["source"], entry["notes"]) == (example.source, example.notes)
        for key, number in example.gradient.items():
            assert np.array_equal(entry["gradient"][key], number)


def test_one_example_has_all_its_numbers(run):
    """Breaks if an exact number, a printed one, or the note of a misprint is left out."""
    text = printed(run("examples", "koehn_network"))
    for shown in ("0.027725576298993897", "0.0277", "[0.0382, 0.00712]", "-4.6", "Koehn 2020"):
        assert shown in text
    assert json.loads(printed(run("examples", "perceptron", "--json")))["printed"] == {"h": 0.96}
    assert "(2048,)" in printed(run("examples", "sigmoid_layer"))
    assert "Did you mean koehn_network" in refused(run("examples", "koehn"))


def test_help_says_what_there_is(run):
    """Breaks if a kind of file or a command is not in the help."""
    text = printed(run("trace", "--help"))
    for word in ("--html", "--svg", "--dot", "--mermaid", "--csv", "--latex", "--markdown", "--grouped", "--force", "FORMULA"):
        assert word in text
    assert {"trace", "examples"} <= set(re.findall(r"^  (\w+) ", printed(run("--help")), re.MULTILINE))
