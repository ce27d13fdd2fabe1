"""The magics, in a shell of IPython's that runs in this process."""

import re
import traceback
from pathlib import Path

import numpy as np
import pytest

import admodes as ad
from admodes.checking import GradientCheck
from admodes.errors import OptionError
from admodes.measure import Comparison
from admodes.measure.table import heading

interactiveshell = pytest.importorskip("IPython.core.interactiveshell", reason="needs IPython: pip install 'admodes[notebook]'")
traitlets = pytest.importorskip("traitlets.config")
lines = pytest.importorskip("admodes.ipython.lines")

SETUP = """
import numpy as np
import admodes as ad

def loss(w):
    return np.sum(w**3)

def gradient(w):
    return 3 * w**2

def scaled(w, factor, power):
    return factor * np.sum(w**power)

def broken(w):
    return w / undefined_constant

def careless(w):
    return 2 * w**2

w = np.array([1.0, 2.0])
data = {"a b": [0.5, 1.5]}
own = ad.CentralDifferences(order=4)
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A shell that leaves nothing behind: no history, no folder in the user's home."""
    config = traitlets.Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
    made = interactiveshell.InteractiveShell(ipython_dir=str(tmp_path_factory.mktemp("ipython")), config=config)
    assert made.run_cell("%load_ext admodes").success
    assert made.run_cell(SETUP).success
    return made


@pytest.fixture
def run(shell, capsys):
    """A cell's value, what it showed, and what it complained of."""

    def run(cell):
        capsys.readouterr()
        outcome = shell.run_cell(cell)
        out, err = capsys.readouterr()
        return outcome, out, err

    return run


def value_of(outcome):
    assert outcome.success
    return outcome.result


def test_the_package_is_what_is_loaded(shell):
    """Breaks if `%load_ext admodes` finds no extension in the package itself."""
    assert {"gradcheck", "difftime"} <= set(shell.magics_manager.magics["line"])


# %gradcheck


@pytest.mark.parametrize(("grad", "verdict"), [("gradient", "RIGHT"), ("careless", "WRONG")])
def test_a_report_is_shown(run, grad, verdict):
    """Breaks if the verdict is not on the screen, or the line returns something that was not asked for."""
    outcome, out, err = run(f"%gradcheck loss {grad} w")
    assert verdict in out.splitlines()[0]
    assert value_of(outcome) is None
    assert err == ""


def test_a_check_is_returned(run, shell):
    """Breaks if -o does not return the object, or -q shows it all the same."""
    outcome, out, _ = run("check = %gradcheck -oq loss gradient w\nother = %gradcheck -o -q loss careless w")
    assert outcome.success
    assert out == ""
    assert isinstance(shell.user_ns["check"], GradientCheck)
    assert [shell.user_ns[name].verdict for name in ("check", "other")] == ["right", "wrong"]


def test_a_notebook_gets_html(shell, monkeypatch):
    """Breaks if a notebook is shown the text for terminals alone."""
    shown = []
    monkeypatch.setattr(shell.display_pub, "publish", lambda data, *args, **kwargs: shown.append(data))
    shell.run_cell("%gradcheck loss gradient w")
    assert set(shown[0]) == {"text/plain", "text/html"}
    assert "table" in shown[0]["text/html"] or "<p" in shown[0]["text/html"]


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("loss (lambda w: 3 * w**2) w", "right"),
        ("loss gradient np.array([1.0, -2.0])", "right"),
        ("loss gradient np.array(data['a b'])", "right"),
        ("-k jvp loss (lambda w, v: gradient(w) @ v) w", "right"),
        ("-a (2.0,3) scaled (lambda w, factor, power: factor * power * w ** (power - 1)) w", "right"),
        ("-a (2.0, 3) scaled (lambda w, factor, power: power * w ** (power - 1)) w", "wrong"),
        ("-t 0.5 loss (lambda w: 3.3 * w**2) w", "right"),
        ("-kgradient loss gradient w", "right"),
        ("(lambda x: loss(x['w']) + x['b']) (lambda x: {'w': gradient(x['w']), 'b': 1.0}) {'w': w, 'b': 0.5}", "right"),
    ],
)
def test_expressions_and_options_are_read(run, line, verdict):
    """Breaks if blanks in brackets and quotes cut an expression, or an option is not handed on."""
    assert value_of(run(f"%gradcheck -oq {line}")[0]).verdict == verdict


# %difftime


def test_times_are_printed_and_returned(run):
    """Breaks if a method is missing, its time is no number, or the object is not that of `ad.compare`."""
    outcome, out, _ = run("%difftime -o -m forward,reverse -r 3 loss w")
    comparison = value_of(outcome)
    assert isinstance(comparison, Comparison)
    assert [row.method for row in comparison] == ["forward", "reverse"]
    assert all(len(row.time.samples) == 3 and row.status == "ok" and row.digits > 14 for row in comparison)
    assert out.startswith("loss: 2 in, 1 out; f itself takes")
    assert re.search(r"^ reverse +ok .*[µm]s", out, re.MULTILINE)
    assert "3 interleaved rounds; Use " in out


@pytest.mark.parametrize(
    ("line", "methods", "operator"),
    [
        ("-m reverse loss w", ["reverse"], "differentiate"),
        ("-m reverse,ad.CentralDifferences(order=2,step=1e-5) loss w", ["reverse", "finite"], "differentiate"),
        ("-m own,reverse loss w", ["finite", "reverse"], "differentiate"),
        ("-m 'forward,forward' loss w", ["forward", "forward (2)"], "differentiate"),
        ("-m reverse -p hessian loss w", ["reverse"], "hessian"),
        ("-m reverse -p jvp np.sin 0.5", ["reverse"], "jvp"),
        ("-m reverse -a (2.0,3) scaled w", ["reverse"], "differentiate"),
        ("-m reverse -t 2.5 loss (w * 2)", ["reverse"], "differentiate"),
    ],
)
def test_what_is_timed_can_be_chosen(run, line, methods, operator):
    """Breaks if methods, operator, arguments or seconds do not reach the measurement."""
    comparison = value_of(run(f"%difftime -oq -r 2 {line}")[0])
    assert [(row.method, row.operator, row.status) for row in comparison] == [(name, operator, "ok") for name in methods]


def test_a_method_that_fails_is_a_row(run):
    """Breaks if one method that cannot do f ends the comparison, or its reason is lost."""
    outcome, out, _ = run("%difftime -o -r 2 -m reverse,complex (lambda w: np.sum(np.linalg.svdvals(np.outer(w, w)))) w")
    assert [row.status for row in value_of(outcome)] == ["ok", "unsupported"]
    assert "complex: unsupported: " in out


# %trace


def last_value(trace):
    return trace.nodes[trace.outputs[0]].value


@pytest.mark.parametrize(
    ("cell", "value", "gradient"),
    [
        ("%%trace -o x1=2.0 x2=5.0\nnp.log(x1) + x1 * x2 - np.sin(x2)", 11.652071455, [5.5, 1.716337815]),
        ("%%trace -o one two\nproduct = one * two\nnp.log(one) + product - np.sin(two)", 11.652071455, [5.5, 1.716337815]),
        ("%%trace -o x=w\nk = 3; np.sum(x**k)  # of all", 9.0, [[3.0, 12.0]]),
        ("%%trace -o x=2.0\n(\n    x\n    * x\n)", 4.0, [4.0]),
        ('%%trace -o x=2.0\ntext = """é\nb"""\nx * len(text)', 6.0, [3.0]),
        ("%%trace -o x=2.0\n'é'; x * x;", 4.0, [4.0]),
        ("%%trace -o square 3.0\ndef square(x):\n    return x * x", 9.0, [6.0]),
        ("%trace -oq loss w", 9.0, [[3.0, 12.0]]),
        ("%trace -oq (lambda a, b: a * b) 2.0 5", 10.0, [5.0, 2.0]),
    ],
)
def test_what_is_traced(run, shell, cell, value, gradient):
    """Breaks if a cell or a function is traced as another one, or by other variables."""
    shell.user_ns.update(one=2.0, two=5.0)
    trace = value_of(run(cell)[0])
    assert last_value(trace) == pytest.approx(value)
    adjoints = [trace.nodes[place].adjoint for place in trace.inputs]
    for found, expected in zip(adjoints, gradient, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_a_cell_keeps_its_variables_to_itself(run, shell):
    """Breaks if tracing a cell leaves its variables, or the function that it became, in the notebook."""
    before = set(shell.user_ns)
    assert run("%%trace x=2.0\nhidden = x * x\nhidden + 1")[0].success
    assert {name for name in set(shell.user_ns) - before if not name.startswith("_")} == set()


def test_a_trace_names_the_variables_of_its_cell(run):
    """Breaks if the lines of a traced cell cannot be read back."""
    trace = value_of(run("%%trace -o x=2.0\nhidden = np.sin(x)\nhidden * x")[0])
    assert [node.variable for node in trace.nodes][:2] == ["x", "hidden"]


def test_a_trace_is_shown_once(run):
    """Breaks if a trace is not shown, or a cell's is shown twice: by the magic, and as the cell's value."""
    for cell in ("%trace loss w", "%%trace x=2.0\nx * x", "%%trace -o x=2.0\nx * x"):
        outcome, out, _ = run(cell)
        assert outcome.success
        assert ("Adjoint trace" in out) == ("-o" not in cell)
        assert (outcome.result is not None) == ("-o" in cell)
    assert run("kept = %trace -oq loss w")[1] == ""


def test_calls_are_grouped(run):
    """Breaks if -g shows the operations inside of a function that f calls."""
    cell = "%%trace -o{} f 0.5\ndef half(x):\n    return x / 2 + 1\ndef f(x):\n    return half(x) * x"
    alone, grouped = (value_of(run(cell.format(flag))[0]) for flag in ("", "g"))
    assert len(grouped.nodes) < len(alone.nodes)
    assert "half" in [node.operation for node in grouped.nodes]


def test_a_cell_that_fails_is_not_traced(run):
    """Breaks if a traced cell whose definition fails shows its error twice, or an older function of that name."""
    outcome, out, err = run("%%trace loss w\nloss_of = undefined_thing")
    assert not outcome.success
    assert (out + err).count("NameError: name 'undefined_thing'") == 1
    assert "trace of" not in out


# What is refused


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%gradcheck", "takes f, grad and x after its options.*here is nothing"),
        ("%gradcheck loss gradient", "here is loss and gradient"),
        ("%gradcheck loss gradient 2 * w", "An expression that holds blanks stands in brackets"),
        ("%gradcheck loss gradient missing", "x is 'missing', but name 'missing' is not defined: run the cell"),
        ("%gradcheck loss gradient w[7]", "x is 'w\\[7\\]', which raised IndexError"),
        ("%gradcheck loss gradient w[", "cannot be read as expressions.*is a bracket or a quote not closed"),
        ("%gradcheck loss gradient 'w", "cannot be read as expressions.*is a bracket or a quote not closed"),
        ("%gradcheck loss gradient $w", "cannot be read"),
        ("%gradcheck loss gradient w.", "is no expression of Python's"),
        ("%gradcheck loss gradient 3w", "no expression of Python's|is not defined|here is"),
        ("%gradcheck -z loss gradient w", "no option -z.*-o, -q, -k KIND, -t RTOL and -a ARGS"),
        ("%gradcheck -k", "no option -k, or its value is missing"),
        ("%gradcheck -k gradent loss gradient w", "gradent"),
        ("%gradcheck -t 0 loss gradient w", "rtol"),
        ("%gradcheck -t 'x' loss gradient w", "-t is 'x'"),
        ("%gradcheck -t w loss gradient w", "-t takes a number"),
        ("%gradcheck -a 2 scaled gradient w", "-a takes a tuple.*-a \\(2,\\)"),
        ("%gradcheck loss gradient 'text'", "text|str"),
        ("%gradcheck loss w w", "ndarray"),
        ("%gradcheck w gradient w", "ndarray"),
        ("%trace loss", "takes f and x.*here is loss"),
        ("%trace", "here is nothing"),
        ("%trace w loss", "a ndarray and not a function"),
        ("%trace -z loss w", "%trace has no option -z.*-o, -q and -g"),
        ("%trace loss 'text'", "text|str"),
        ("%%trace\nw * 2", "names the variables.*here is nothing"),
        ("%%trace w[0]\nw * 2", "names the variables.*here is w\\[0\\]"),
        ("%%trace x = 2.0\nx * 2", "no blanks around ="),
        ("%%trace x x\nx * 2", "here is x and x"),
        ("%%trace x=missing\nx * 2", "x is 'missing', but name"),
        ("%%trace loss w\nloss(w)", "loss is a function, and the cell ends with an expression"),
        ("%%trace x=2.0\nx * (2", "The cell is no Python: .* in line 1"),
        ("%%trace x=2.0\nfloat(x)", "float"),
        ("%%trace x=2.0\nprint(1)", "None: nothing to differentiate.*print"),
        ("%%trace w=2.0\nfresh = w * 2", r"%%trace w=2.0 names variables, so the cell must end with an expression"),
        ("%%trace -g w x1=f(1, 2)\ndef fresh(w):\n    return w", "must end with an expression.*Nothing was run"),
        ("%difftime w loss", "a ndarray and not a function: name the function first"),
        ("%difftime loss", "takes f and x"),
        ("%difftime loss np.array([np.nan])", "x\\[0\\] is nan"),
        ("%difftime -m revers loss w", "Did you mean 'reverse'"),
        ("%difftime -m , loss w", "methods is empty"),
        ("%difftime -p gradent loss w", "no operator 'gradent'"),
        ("%difftime -r 0 loss w", "rounds must be an integer of at least 1"),
        ("%difftime -r 2.5 loss w", "rounds must be an integer"),
        ("%difftime -t -1 loss w", "budget must be a positive number"),
        ("%difftime -p gradient (lambda x: 2 * x) w", "needs f\\(x\\) of shape \\(\\)"),
    ],
)
def test_bad_input_is_a_message(run, line, message):
    """Breaks if a mistake in the line buries its reader under a traceback, or goes unnoticed."""
    outcome, out, err = run(line)
    assert not outcome.success
    assert err.startswith("UsageError: ")
    assert re.search(message, err)
    assert "Traceback" not in out + err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "line", ["%gradcheck broken gradient w", "%difftime broken w", "%trace broken w", "%%trace w\nbroken(w)"]
)
def test_errors_of_f_are_shown_where_they_arise(run, line):
    """Breaks if a mistake inside of the user's own function is shown without its line, or below many of ours."""
    outcome, out, err = run(line)
    assert not outcome.success
    assert "return w / undefined_constant" in out + err
    frames = [frame.filename for frame in traceback.extract_tb(outcome.error_in_exec.__traceback__)]
    ours = [file for file in frames if Path(file).is_relative_to(Path(ad.__file__).parent)]
    assert [Path(file).name for file in ours] == ["magics.py"]


def test_a_cell_is_not_run_for_a_line_about_variables(run, shell):
    """Breaks if a cell that ends with an assignment is run, by the notebook's own variables, before it is refused."""
    assert not run("%%trace w=2.0\nfresh = w * 2")[0].success
    assert "fresh" not in shell.user_ns


def test_an_error_of_ours_keeps_its_frames(run, monkeypatch):
    """Breaks if a mistake in the package cannot be found any more."""
    monkeypatch.setattr("admodes.ipython.magics.method_table", heading)
    outcome, *_ = run("%difftime -r 1 -m reverse loss w")
    assert "heading" in [frame.name for frame in traceback.extract_tb(outcome.error_in_exec.__traceback__)]


@pytest.mark.parametrize(
    ("text", "separator", "pieces"),
    [
        ("", "", []),
        ("   ", "", []),
        ("a  b\tc", "", ["a", "b", "c"]),
        ("f(1, 2) [3, (4, 5)] {'k': 1}", "", ["f(1, 2)", "[3, (4, 5)]", "{'k': 1}"]),
        ("'a b' x", "", ["'a b'", "x"]),
        ('f"{a} {b}" x', "", ['f"{a} {b}"', "x"]),
        ("f x  # a note", "", ["f", "x"]),
        ("a-b -c", "", ["a-b", "-c"]),
        ("forward, g(1, 2)", ",", ["forward", "g(1, 2)"]),
        (",,", ",", []),
    ],
)
def test_pieces(text, separator, pieces):
    """Breaks if a line is cut inside of brackets or quotes, or not cut at its blanks."""
    assert lines.pieces_of(text, separator) == pieces


def test_unclosed_brackets_are_refused():
    with pytest.raises(OptionError, match="not closed\\?"):
        lines.pieces_of("f (1, 2")


def test_numbers_are_those_of_the_measurement(run):
    """Breaks if the table's ratio is not the row's."""
    outcome, out, _ = run("%difftime -o -r 3 -m reverse loss w")
    (row,) = value_of(outcome)
    shown = re.search(r"^ reverse +ok .* ([\d.,]+) +1 +16\.0$", out, re.MULTILINE)
    assert shown is not None
    assert float(shown[1].replace(",", "")) == pytest.approx(row.ratio, rel=0.01)
    assert np.isfinite(row.ratio)


def test_the_extension_is_unloaded(run):
    """Breaks if magics stay after `%unload_ext`, or do not come back."""
    try:
        assert run("%unload_ext admodes")[0].success
        for line in ("%gradcheck loss gradient w", "%trace loss w", "%%trace x=2.0\nx * x"):
            assert "not found" in run(line)[2]
    finally:
        assert run("%load_ext admodes")[0].success
    assert run("%gradcheck -q loss gradient w")[0].success
