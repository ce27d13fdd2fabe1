"""The command line: what it prints, what it writes, and one clear message for every bad input."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import COMMON, commands_in

import admodes as ad
import admodes.measure
from admodes.measure import DENSE_LAYER, Effort
from admodes.measure.user_input import find_object
from admodes.sweeps import Block, Grid, clusters, ready_made
from admodes.sweeps.progress import Progress
from admodes.sweeps.results import read_results

MODEL = (
    COMMON
    + """
SCALE = 2.0

def loss(x):
    return SCALE * np.sum(np.sin(x))

def loss_gradient(x):
    return SCALE * np.cos(x)

def pair(x):
    return np.stack([x[0] * x[1], x[2]])

class Models:
    @staticmethod
    def square(x):
        return np.sum(x * x)
"""
)
PROBLEM = """
import numpy as np
import admodes as ad

def make(n, m, rng):
    return (lambda x: np.sum(x**3)), rng.uniform(1, 2, n)

cubes = ad.Problem("cubes", make, lambda f, x: 3 * x**2)
"""
ROOT = Path(__file__).parents[1]
QUICK = ("--methods", "forward,reverse")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a command in an empty folder; whatever it imports there is forgotten afterwards."""
    with commands_in(tmp_path, monkeypatch, my_model=MODEL) as invoke:
        yield invoke


def refused(result):
    """The one message of a command that refused its input."""
    assert result.exit_code == 2, (result.output, result.exception)
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "Error: " in result.stderr
    return result.stderr.partition("Error: ")[2].strip()


# compare


@pytest.mark.parametrize("name", ["my_model:loss", "my_model.py:loss", "./my_model.py:loss", "my_model:Models.square"])
def test_a_function_is_found_by_module_or_file(run, name):
    """Breaks if the documented ways to name one's own function do not work from its folder."""
    result = run("compare", name, "--at", "0.5,1.0", *QUICK)
    assert result.exit_code == 0, result.output
    assert re.search(r"^ *forward +ok ", result.stdout, re.MULTILINE)
    assert "Use " in result.stdout


def test_a_file_can_import_its_neighbours(run, tmp_path):
    """Breaks if a function's file works in its own folder only."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "neighbour_of_user.py").write_text("FACTOR = 3.0\n", encoding="utf-8")
    (tmp_path / "sub" / "user.py").write_text(
        "from neighbour_of_user import FACTOR\ndef f(x): return FACTOR * x * x\n", encoding="utf-8"
    )
    assert run("compare", "sub/user.py:f", "--at", "2.0", *QUICK).exit_code == 0


@pytest.mark.parametrize(
    ("point", "sizes"),
    [
        ("-1.0,2.0,3.0", "3 in, 2 out"),
        ("[1, 2, 3]", "3 in, 2 out"),
        ("x.npy", "3 in, 2 out"),
        ("x.json", "3 in, 2 out"),
    ],
)
def test_a_point_is_numbers_json_or_a_file(run, tmp_path, point, sizes):
    """Breaks if one of the documented ways to give x is not understood."""
    np.save(tmp_path / "x.npy", np.array([1.0, 2.0, 3.0]))
    (tmp_path / "x.json").write_text("[1.0, 2.0, 3.0]", encoding="utf-8")
    result = run("compare", "my_model:pair", "--at", point, *QUICK)
    assert result.exit_code == 0, result.output
    assert sizes in result.stdout


@pytest.mark.parametrize("point", ["p.json", "p.npz", '{"b": 2.0, "w": [[1.0, 2.0], [3.0, 4.0]]}'])
def test_a_point_may_be_a_container(run, tmp_path, point):
    """Breaks if functions of a dict of arrays cannot be compared from the command line."""
    tree = {"b": 2.0, "w": [[1.0, 2.0], [3.0, 4.0]]}
    (tmp_path / "p.json").write_text(json.dumps(tree), encoding="utf-8")
    np.savez(tmp_path / "p.npz", **{name: np.array(value) for name, value in tree.items()})
    result = run("compare", "my_model:tree", "--at", point, *QUICK)
    assert result.exit_code == 0, result.output
    assert "5 in, 1 out" in result.stdout


PRINTING = """
import os
import sys
import numpy as np
import admodes as ad

print("loaded")
os.system("echo from a process")

def f(x):
    print("called")
    return np.sum(x**2)

def gradient(x):
    print("claimed")
    return 2 * x

def make(n, m, rng):
    print("made")
    return (lambda x: np.sum(x**2)), rng.uniform(1, 2, n)

squares = ad.Problem("squares", make, lambda f, x: 2 * x)
"""


@pytest.mark.parametrize(
    "command",
    [
        ("compare", "printing.py:f", "--at", "1.0,2.0", "--methods", "forward", "--budget", "0.1"),
        ("recommend", "printing.py:f", "--at", "1.0,2.0", "--methods", "forward", "--budget", "0.1"),
        ("check", "printing.py:f", "printing.py:gradient", "--at", "1.0,2.0"),
        ("doctor", "printing.py:squares"),
    ],
    ids=lambda command: command[0],
)
def test_json_is_all_that_is_printed(tmp_path, command):
    """What f prints comes before the JSON, so that no program can read it."""
    (tmp_path / "printing.py").write_text(PRINTING, encoding="utf-8")
    program = [sys.executable, "-m", "admodes", *command, "--json"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)
    assert "loaded" in done.stderr
    assert "from a process" in done.stderr


def test_json_holds_every_number(run):
    """Breaks if a script that reads the output gets text, or NaN that is no JSON."""
    result = run("compare", "my_model:loss", "--at", "0.5,1.0", "--reference", "my_model:loss_gradient", "--json", *QUICK)
    data = json.loads(result.stdout)
    assert [row["method"] for row in data["rows"]] == ["forward", "reverse"]
    assert all(row["status"] == "ok" and row["reference"] == "closed form" for row in data["rows"])
    assert len(data["rows"][0]["time"]["samples"]) > 1
    assert data["recommendation"]["method"] in ("forward", "reverse")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing_there:f", "--at", "1"), "There is no module 'nothing_there'"),
        (("my_modle:loss", "--at", "1"), "Did you mean 'my_model'?"),
        (("my_modle.py:loss", "--at", "1"), "There is no file my_modle.py. Did you mean 'my_model.py'?"),
        (("my_model:los", "--at", "1"), "There is no 'los' in my_model. Did you mean 'loss'?"),
        (("my_model:SCALE", "--at", "1"), "is a float, not a function"),
        (("my_model", "--at", "1"), "write module:function or file.py:function"),
        (("my_model:loss", "--at", "missing.npy"), "There is no file missing.npy"),
        (("my_model:loss", "--at", "my_model.py"), "is a file of a kind that is not read"),
        (("my_model:loss", "--at", "one,two"), "is no point"),
        (("my_model:loss", "--at", "[1, 2"), "--at is not JSON"),
        (("my_model:loss", "--at", "[[1, 2], [3]]"), "ragged"),
        (("my_model:loss", "--at", '["a"]'), "no numbers"),
        (("my_model:loss", "--at", "1,nan,3"), "x[1] is nan"),
        (("my_model:pair", "--at", "1,2"), "my_model:pair fails at x of shape (2,): IndexError"),
        (("my_model:broken", "--at", "1"), "my_model:broken fails at x of shape (): RuntimeError: out of luck"),
        (("my_model:loss", "--at", "1", "--methods", "forwrad"), "Did you mean 'forward'?"),
        (("my_model:loss", "--at", "1", "--methods", ","), "name at least one method"),
        (("my_model:loss", "--at", "1", "--budget", "0"), "--budget"),
        (("my_model:loss", "--at", "1", "--reference", "my_model:pear"), "Did you mean 'pair'?"),
        (("my_model:loss",), "Missing option '--at'"),
    ],
)
def test_bad_input_to_compare_is_one_message(run, arguments, message):
    """Breaks if a mistake on the command line ends in a traceback, or the message does not say what is wrong."""
    assert message in refused(run("compare", *arguments))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import a_package_that_is_not_there\n", "No module named 'a_package_that_is_not_there'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("def f(:\n", "SyntaxError"),
        ("raise SystemExit(0)\n", "SystemExit"),
    ],
)
@pytest.mark.parametrize("name", ["failing_import", "failing_import.py"])
def test_a_module_that_fails_to_import_says_why(run, tmp_path, name, source, message):
    """Breaks if an error inside the user's module looks like a missing module, or ends the command as a success."""
    (tmp_path / "failing_import.py").write_text(source, encoding="utf-8")
    said = refused(run("compare", f"{name}:f", "--at", "1"))
    assert message in said
    assert "failing_import" in said


def test_files_of_objects_are_not_unpickled(run, tmp_path):
    """Breaks if a file named as a point can run code."""
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert "does not hold arrays of numbers" in refused(run("compare", "my_model:loss", "--at", "x.npy"))


@pytest.mark.parametrize("arguments", [("--debug", "compare"), ("compare", "--debug")])
def test_debug_shows_the_traceback(run, arguments):
    """Breaks if there is no way to see where in the user's code an error came from."""
    result = run(*arguments, "my_model:broken", "--at", "1")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr
    assert "RuntimeError" in result.stderr


@pytest.mark.parametrize("point", ["", " ", "[]", "{}"])
def test_a_point_without_numbers_is_refused(run, point):
    """Breaks if nothing at all is measured as if it were a point."""
    said = refused(run("compare", "my_model:loss", "--at", point))
    assert "empty" in said or "no elements" in said


def test_ctrl_c_is_not_an_error_of_the_input(run, monkeypatch):
    """Breaks if a shell script cannot tell an interrupted command from a refused one."""

    def interrupted(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(admodes.measure, "compare", interrupted)
    result = run("compare", "my_model:loss", "--at", "1")
    assert result.exit_code == 130
    assert result.stderr.strip() == "Interrupted."


# report


@pytest.fixture
def small(monkeypatch):
    """A report that takes seconds: no problems, few rounds."""
    grid = Grid([Block(DENSE_LAYER, (1, 2))], effort=Effort(rounds=1, budget=20.0, sample_seconds=0.0))
    monkeypatch.setitem(ready_made.READY_MADE, "quick", lambda: grid)


REPORT = ("report", "--quick", "--methods", "forward,reverse", "--inputs", "1,2", "--outputs", "1")


def test_a_report_has_page_summary_figures_and_results(run, small):
    """Breaks if one of the files is missing, or the printed path does not lead to the page."""
    result = run(*REPORT, "--out", "reports/first")
    assert result.exit_code == 0, (result.output, result.exception)
    page = Path(result.stdout.strip())
    assert re.fullmatch(r"first-\d{4}-\d\d-\d\d-\d{6}", page.parent.name)
    names = {path.name for path in page.parent.iterdir()}
    assert {"index.html", "summary.md", "results.jsonl", "map.svg", "errors.svg", "cost-inputs-1.svg"} <= names
    results = read_results(page.parent / "results.jsonl")
    assert results.complete
    assert len(results.rows) == 4
    assert result.stderr == ""


def test_a_second_run_leaves_the_first_alone_and_says_so(run, small):
    """Breaks if a report is overwritten, even within the same second."""
    first = Path(run(*REPORT).stdout.strip())
    before = {path.name: path.read_bytes() for path in first.parent.iterdir()}
    result = run(*REPORT)
    second = Path(result.stdout.strip())
    assert second.parent != first.parent
    assert {path.name: path.read_bytes() for path in first.parent.iterdir()} == before
    assert first.parent.name in result.stderr
    assert "are kept" in result.stderr
    assert first.parent.parent.name == second.parent.parent.name == "reports"


def test_ctrl_c_in_a_report_keeps_the_finished_cells(run, small, monkeypatch):
    """Breaks if stopping a report loses its rows or its page."""

    def stop(_self, _row, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "advance", stop)
    result = run(*REPORT)
    assert result.exit_code == 130
    page = Path(result.stdout.strip())
    assert "The run was ended early" in page.read_text(encoding="utf-8")
    assert len(read_results(page.parent / "results.jsonl").rows) == 2


def test_a_report_of_results_measures_nothing(run, small, monkeypatch):
    """Breaks if a page cannot be made of a file alone, or its rows are measured again."""
    first = Path(run(*REPORT).stdout.strip()).parent
    monkeypatch.setattr("admodes.sweeps.driving.run", None)
    monkeypatch.setattr("admodes.sweeps.isolation.run_cell", None)
    result = run("report", first / "results.jsonl", "--out", "again/page")
    page = Path(result.stdout.strip())
    assert page.parent.parent.name == "again"
    assert page.read_text(encoding="utf-8").count("<tr>") == (first / "index.html").read_text(encoding="utf-8").count("<tr>")
    assert "leave --quick" in refused(run("report", first / "results.jsonl", "--quick"))
    assert "No such file" in refused(run("report", "missing.jsonl"))
    assert "not JSON" in refused(run("report", "my_model.py"))


# sweep and merge


HOPELESS = """
import admodes as ad

def make(n, m, rng):
    def f(x):
        raise RuntimeError("no luck")
    return f, rng.uniform(1, 2, n)

hopeless = ad.Problem("hopeless", make)
"""


def test_where_every_cell_failed_the_exit_code_says_so(run, tmp_path):
    """A script goes on with a page on which nothing is."""
    (tmp_path / "luck.py").write_text(HOPELESS, encoding="utf-8")
    swept = run("sweep", "luck.py:hopeless", "--inputs", "2,3", "--methods", "forward", "--out", "luck.jsonl")
    assert swept.exit_code == 1
    assert swept.stdout.strip() == "2 cells in luck.jsonl: error 2"
    said = "No derivative came of 2 cells (error 2). The first: hopeless 2 -> 1 forward: "
    assert swept.stderr.startswith(said)
    assert "no luck" in swept.stderr
    page = run("report", "luck.jsonl")
    assert page.exit_code == 1
    assert page.stderr == swept.stderr
    assert "no luck" in Path(page.stdout.strip()).read_text(encoding="utf-8")


def test_a_report_that_sweeps_first_ends_alike(run, monkeypatch, tmp_path):
    """Exit code 0 where the page that was just measured is empty."""
    (tmp_path / "luck.py").write_text(HOPELESS, encoding="utf-8")
    grid = Grid([Block(find_object("luck.py:hopeless"), (2,))], effort=Effort(rounds=1, sample_seconds=0.0))
    monkeypatch.setitem(ready_made.READY_MADE, "quick", lambda: grid)
    done = run("report", "--quick", "--methods", "forward")
    assert done.exit_code == 1
    assert done.stderr.startswith("No derivative came of 1 cell (error 1).")
    assert Path(done.stdout.strip()).is_file()


def test_a_sweep_goes_on_where_it_was(run, small):
    """Breaks if the same command measures what is there already, or says nothing of where the rows are."""
    result = run("sweep", "quick", *QUICK)
    assert result.exit_code == 0, (result.output, result.exception)
    assert result.stdout.strip() == "4 cells in sweep-quick.jsonl: ok 4"
    before = Path("sweep-quick.jsonl").read_bytes()
    assert run("sweep", "quick", *QUICK).stdout == result.stdout
    assert Path("sweep-quick.jsonl").read_bytes() == before
    more = run("sweep", "quick", *QUICK, "--inputs", "1,2,3", "--operators", "differentiate,jvp", "--workers", "2")
    assert more.stdout.strip() == "12 cells in sweep-quick.jsonl: ok 12"
    assert Path("sweep-quick.jsonl").read_bytes().startswith(before)


def test_a_problem_of_ones_own_is_swept_and_merged(run, tmp_path):
    """Breaks if a problem in a file cannot be named, or files of two runs cannot be put together."""
    (tmp_path / "cubes.py").write_text(PROBLEM, encoding="utf-8")
    for name, sizes in (("a.jsonl", "2,3"), ("b.jsonl", "3,4")):
        result = run("sweep", "cubes.py:cubes", "--inputs", sizes, "--methods", "forward", "--out", name, "--memory", "2 GB")
        assert result.stdout.strip() == f"2 cells in {name}: ok 2", (result.output, result.exception)
    merged = run("merge", "a.jsonl", "b.jsonl")
    assert merged.stdout.strip() == "merged.jsonl: 3 rows of 2 files; 1 more were measured twice"
    assert [row.inputs for row in read_results("merged.jsonl").rows] == [2, 3, 4]
    assert run("report", "merged.jsonl").exit_code == 0
    assert "never overwritten" in refused(run("merge", "a.jsonl", "b.jsonl"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("quikc",), "Did you mean 'quick'?"),
        (("missing.toml",), "There is no file missing.toml"),
        (("rosenbrock",), "inputs is missing"),
        (("my_model.py:loss", "--inputs", "1"), "is a function, not a Problem"),
        (("my_model.py:los", "--inputs", "1"), "Did you mean 'loss'?"),
        (("quick", "--operators", "hesian"), "operators must be one or more of differentiate"),
        (("quick", "--memory", "much"), "is no amount of memory"),
        (("quick", "--deadline", "0"), "The limit seconds must be a positive number"),
        (("quick", "--inputs", "0"), "inputs must be one or more integers of at least 1"),
        (("quick", "--methods", "forwrad"), "Did you mean 'forward'?"),
        (("quick", "--dask", "tcp://127.0.0.1:1"), "no Dask scheduler at tcp://127.0.0.1:1"),
        (("quick", "--out", "my_model.py"), "is not JSON"),
    ],
)
def test_bad_input_to_sweep_is_one_message(run, monkeypatch, arguments, message):
    """Breaks if a mistake in a grid or an option ends in a traceback, or only after an hour."""
    if "--dask" in arguments:
        pytest.importorskip("distributed")
        monkeypatch.setattr(clusters, "_PATIENCE", 1)
    assert message in refused(run("sweep", *arguments))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--inputs", "1,x"), "is no list of integers"),
        (("--inputs", "0"), "inputs must be one or more integers of at least 1"),
        (("--outputs", "4,-1"), "outputs must be one or more integers of at least 1"),
        (("--outputs", ""), "is no list of integers"),
        (("--methods", "backward"), "There is no method 'backward'"),
        (("--out", "my_model.py/report"), "my_model.py: "),
    ],
)
def test_bad_input_to_report_is_one_message(run, tmp_path, arguments, message):
    """Breaks if a report starts with nonsense, or a folder that cannot be written ends in a traceback."""
    assert message in refused(run("report", "--quick", *arguments))
    assert not (tmp_path / "reports").exists()


# The command itself


def test_version_and_methods(run):
    """Breaks if the version or the list of methods cannot be asked for."""
    assert run("--version").stdout.strip() == f"admodes, version {ad.__version__}"
    listed = run("methods")
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ad.available_methods()


@pytest.mark.parametrize(
    "arguments", [("--help",), ("compare", "--help"), ("report", "--help"), ("sweep", "--help"), ("--version",)]
)
def test_help_imports_no_numpy(arguments):
    """Breaks if asking for help waits for NumPy, SymPy or matplotlib."""
    code = (
        "import sys\nfrom admodes.cli import main\n"
        f"try:\n    main({list(arguments)!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(sorted({'numpy', 'sympy', 'matplotlib', 'rich', 'tqdm', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_module_runs_as_a_program(tmp_path):
    """Breaks if `python -m admodes` is not the same as `admodes`, or a pipe gets a cut table."""
    (tmp_path / "my_model.py").write_text(MODEL, encoding="utf-8")
    path = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252"}
    command = [sys.executable, "-m", "admodes", "compare", "my_model:loss", "--at", "0.5,1.0", "--methods", "forward"]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=path, check=False)
    assert done.returncode == 0, done.stderr
    assert b"forward" in done.stdout
    assert b"times f" in done.stdout
