"""What stands around the check: reports, figures, Taylor's slopes, assertions, the plugin, the command, optimisers."""

import json
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from click.testing import CliRunner

import admodes as ad
from admodes import cli
from admodes.checking import progress as bars


@pytest.fixture(autouse=True)
def no_figures_left():
    """Breaks if figures are kept open: pyplot warns at the twentieth."""
    yield
    plt.close("all")


ROOT = Path(__file__).parents[1]
X = np.array([1.0, 2.0, 3.0])


def f(x):
    return np.sum(np.sin(x) * x**2)


def gradient(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x)


def wrong(x):
    return gradient(x) * np.array([1.0, 1.01, 1.0])


MODEL = """
import numpy as np

def loss(x):
    return np.sum(x ** 3)

def right(x):
    return 3 * x ** 2

def wrong(x):
    return 3 * x

def noisy(x):
    return np.sum(x) + np.random.default_rng().standard_normal()

def ones(x):
    return np.ones_like(x)

def leaving(x):
    raise SystemExit(0)

def broken(x):
    raise RuntimeError("out of luck")

number = 3
"""


def test_the_report_is_short_and_starts_with_the_worst():
    """A matrix of numbers in which the wrong one has to be searched."""
    check = ad.check_gradient(f, wrong, X)
    lines = str(check).splitlines()
    assert lines[0] == "gradient of f: WRONG"
    assert "1 of 3 components is wrong: x[1]" in lines[1]
    head = next(number for number, line in enumerate(lines) if line.startswith("component"))
    assert lines[head + 1].startswith("x[1]")
    assert len(lines) < 15
    assert repr(check).startswith("<GradientCheck: wrong")


def test_a_pass_prints_what_would_have_shown():
    """A pass that does not say what it is worth."""
    check = ad.check_gradient(f, gradient, X)
    assert f"an error above {check.sensitivity:.1e} of a slope would have shown" in str(check)
    assert check.sensitivity < 1e-10


def test_long_reports_are_cut():
    """A line for each of many components."""
    text = str(ad.check_gradient(lambda x: np.sum(x**2), lambda x: 2 * x, np.arange(1.0, 40.0)))
    assert "(33 more, none of them worse)" in text


def test_html_escapes_names():
    """Names with < in a page."""
    page = ad.check_gradient(lambda x: x @ x, lambda x: 3 * x, X)._repr_html_()
    assert "&lt;lambda&gt;" in page
    assert "<lambda>" not in page
    assert page.count("<tr>") == 4


def test_numbers_as_json():
    """A result that cannot be kept."""
    found = json.loads(json.dumps(ad.check_gradient(f, wrong, X).to_dict()))
    assert found["verdict"] == "wrong"
    assert found["components"][1]["verdict"] == "wrong"
    assert found["causes"]


@pytest.mark.parametrize(
    ("f", "claim", "x"),
    [
        (np.sum, lambda x: np.zeros(0), np.zeros(0)),
        (lambda x: np.log(x[0]), lambda x: 1 / x, np.array([-1.0])),
        (lambda x: np.sum(np.maximum(x, 0)), lambda x: (x > 0) * 1.0, np.array([0.0, 1.0])),
        (lambda x: np.sum(x**3), lambda x: 3 * np.abs(x), np.ones(3)),
        (lambda x: np.sum(x**3), lambda x: 3.1 * x**2, np.linspace(1, 2, 500)),
    ],
)
def test_everything_can_be_shown(f, claim, x):
    """A check of nothing, of an undefined f, of a kink, wrong nearby, of many inputs: one that cannot be printed or drawn."""
    check = ad.check_gradient(f, claim, x)
    assert check.plot()
    assert str(check.taylor())
    assert str(check)
    assert check._repr_html_()
    assert json.dumps(check.to_dict())


def test_assert_gradient():
    """An assertion that passes what is wrong, or says nothing."""
    assert ad.testing.assert_gradient(f, gradient, X).verdict == "right"
    with pytest.raises(AssertionError, match=r"gradient of f: WRONG(.|\n)*x\[1\]"):
        ad.testing.assert_gradient(f, wrong, X)


def test_assert_gradient_of_what_cannot_be_judged():
    """An inconclusive check that passes unasked."""
    hidden = lambda x: 1e16 + np.sum(np.sin(x))  # noqa: E731
    with pytest.raises(AssertionError, match="INCONCLUSIVE"):
        ad.testing.assert_gradient(hidden, np.cos, X)
    assert ad.testing.assert_gradient(hidden, np.cos, X, inconclusive="pass").verdict == "inconclusive"


def test_the_plugin(tmp_path):
    """A fixture that is not there, or a plugin that loads NumPy for test suites that have no use for it."""
    (tmp_path / "test_model.py").write_text(
        "import sys\n"
        "def test_light():\n"
        "    assert 'numpy' not in sys.modules and 'admodes.checking' not in sys.modules\n"
        "def test_right(assert_gradient):\n"
        "    assert_gradient(lambda x: x @ x, lambda x: 2 * x, [1.0, 2.0])\n"
        "def test_wrong(assert_gradient):\n"
        "    assert_gradient(lambda x: x @ x, lambda x: 3 * x, [1.0, 2.0])\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "admodes.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
    ]
    done = subprocess.run(
        [*command, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 2 passed" in done.stdout, done.stdout
    assert "gradient of <lambda>: WRONG" in done.stdout


def test_the_plugin_is_announced():
    """An entry point that pytest does not find."""
    assert '[project.entry-points.pytest11]\nadmodes = "admodes.pytest_plugin"' in (ROOT / "pyproject.toml").read_text()


@pytest.fixture
def command(tmp_path, monkeypatch):
    """``admodes check`` in a folder with a model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checked_model.py").write_text(MODEL)
    np.save(tmp_path / "x.npy", np.array([1.0, 2.0]))
    return lambda *arguments: CliRunner().invoke(cli.main, ["check", *arguments])


@pytest.mark.parametrize(
    ("functions", "code", "text"),
    [
        (("loss", "right"), 0, "RIGHT"),
        (("loss", "wrong"), 1, "WRONG"),
        (("noisy", "ones"), 3, "INCONCLUSIVE"),
        (("loss", "nothing"), 2, "There is no 'nothing'"),
        (("broken", "right"), 2, "checked_model.py:broken failed at X, or beside it: RuntimeError: out of luck"),
        (("loss", "broken"), 2, "checked_model.py:broken failed at X, or beside it: RuntimeError: out of luck"),
        (("leaving", "right"), 2, "checked_model.py:leaving failed at X, or beside it: SystemExit"),
        (("loss", "leaving"), 2, "checked_model.py:leaving failed at X, or beside it: SystemExit"),
        (("loss", "number"), 2, "checked_model.py:number is an int, not a function"),
    ],
)
def test_exit_codes(command, functions, code, text):
    """A script that cannot tell wrong from inconclusive."""
    result = command(*(f"checked_model.py:{name}" for name in functions), "--at", "x.npy")
    assert result.exit_code == code
    assert text in result.output


@pytest.mark.parametrize("point", ["[]", "{}"])
def test_an_empty_point_is_not_right(command, point):
    """Exit code 0 where nothing was checked."""
    result = command("checked_model.py:loss", "checked_model.py:right", "--at", point, "--kind", "gradient")
    assert result.exit_code in (2, 3)
    assert command("checked_model.py:loss", "checked_model.py:right", "--at", "[]").exit_code == 3


def test_a_call_is_called_one_time():
    """1 times."""
    assert "f was called 1 time, the derivative 1 time." in str(ad.check_gradient(f, lambda x: 0.0, X))


def test_the_command_prints_json(command):
    """JSON that is none, or another exit code with it."""
    result = command("checked_model.py:loss", "checked_model.py:wrong", "--at", "1.0,2.0", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["verdict"] == "wrong"


@pytest.mark.parametrize("arguments", [("--at", "x.npy", "--kind", "gradeint"), ("--at", "y.npy"), ()])
def test_usage_errors(command, arguments):
    """A usage error that looks like a verdict."""
    assert command("checked_model.py:loss", "checked_model.py:right", *arguments).exit_code == 2


def test_checked_pairs_in_an_optimiser():
    """A wrapped pair that changes where the optimiser ends, or checks at every call."""
    optimize = pytest.importorskip("scipy.optimize")
    pair = ad.checked(optimize.rosen, optimize.rosen_der, every=10)
    value, slope = pair
    found = optimize.minimize(value, np.array([-1.0, 1.0]), jac=slope)
    assert found.x == pytest.approx([1, 1], abs=1e-4)
    assert len(pair.checks) == (found.njev + 9) // 10
    assert all(check.verdict == "right" for check in pair.checks)
    both = ad.checked(None, lambda x: (optimize.rosen(x), optimize.rosen_der(x)), every=1000)
    assert optimize.minimize(both, np.array([-1.0, 1.0]), jac=True).success
    assert len(both.checks) == 1


def test_checked_pairs_raise_or_warn():
    """An optimiser that goes on with a wrong gradient in silence."""
    with pytest.raises(ad.errors.GradientError, match=r"wrong at call 1(.|\n)*x\[1\]"):
        ad.checked(f, wrong)(X)
    pair = ad.checked(f, wrong, action="warn")
    with pytest.warns(RuntimeWarning, match="wrong at call 1"):
        assert pair.grad(X) == pytest.approx(wrong(X))
    assert pair.grad(X) == pytest.approx(wrong(X))


@pytest.mark.parametrize("options", [{"every": 0}, {"every": 1.5}, {"every": True}, {"action": "ignore"}, {"rtol": -1}])
def test_options_of_checked(options):
    """An option that never checks."""
    with pytest.raises(ad.errors.OptionError, match="write"):
        ad.checked(f, gradient, **options)


def test_cross_check():
    """Methods that agree and are said not to."""
    found = ad.cross_check(f, X)
    assert found
    assert found.methods == dict.fromkeys(["finite", "symbolic", "forward", "reverse"], "right")
    assert len(found.differences) == 6
    assert max(found.differences.values()) < 1e-9
    assert "RIGHT" in str(found)


def test_cross_check_finds_a_wrong_rule():
    """A primitive with a wrong derivative that all methods but one believe."""

    @ad.primitive
    def cube(x):
        return x**3

    @cube.def_vjp
    def cube_vjp(g, out, x):
        return g * 2 * x**2

    found = ad.cross_check(lambda x: np.sum(cube(x)), X, ["finite", "reverse"])
    assert found.verdict == "wrong"
    assert not found
    assert found.methods["reverse"] == "wrong"


def test_cross_check_says_who_refused():
    """A method that cannot do it, counted as agreeing."""
    import math

    found = ad.cross_check(lambda x: math.sin(x[0]) + x[1], X, ["finite", "forward"])
    assert found.verdict == "inconclusive"
    assert found.methods["forward"].startswith("refused: ")


@pytest.mark.parametrize("methods", [[], ["finite"], "finite"])
def test_cross_check_needs_two(methods):
    """One method that agrees with itself."""
    with pytest.raises(ad.errors.OptionError, match="two or more"):
        ad.cross_check(f, X, methods)


@pytest.mark.parametrize(("pair", "text"), [((f, 3), "grad is an int"), ((f(X), gradient), "f is a float64")])
def test_a_pair_of_functions(pair, text):
    """A value in the place of a function, heard of at the first call inside of the optimiser."""
    with pytest.raises(ad.errors.InputError, match=text):
        ad.checked(*pair)


def test_a_pair_shows_its_checks():
    """An address in memory."""
    pair = ad.checked(f, gradient, every=2)
    assert repr(pair) == "<Checked: 0 calls of the derivative, 0 checks>"
    for _ in range(3):
        pair.grad(X)
    assert repr(pair) == "<Checked: 3 calls of the derivative, 2 checks, 2 right>"


def test_inconclusive_passes_or_fails():
    """A word that is misspelt, taken for one of the two."""
    with pytest.raises(ad.errors.OptionError, match="inconclusive='ok' is neither"):
        ad.testing.assert_gradient(f, gradient, X, inconclusive="ok")


def test_long_checks_show_a_bar(monkeypatch, capsys):
    """A long check without a sign of life, or a bar in a pipe."""
    monkeypatch.setattr(bars, "LONG", 0.0)
    ad.check_gradient(f, gradient, X)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert ad.check_gradient(f, gradient, X)
    assert "check" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["csr_matrix", "coo_array"])
def test_a_sparse_matrix_is_a_jacobian(form):
    """SciPy's sparse matrices, which NumPy takes for objects, refused as no numbers."""
    sparse = pytest.importorskip("scipy.sparse")
    make = getattr(sparse, form)
    x = np.array([0.3, 0.7, 1.1])
    assert ad.check_gradient(np.sin, lambda x: make(np.diag(np.cos(x))), x, kind="jacobian")
    assert ad.check_gradient(np.sin, lambda x: make(np.diag(np.cos(x))), x)
    assert ad.check_gradient(np.sin, lambda x: make(np.diag(np.sin(x))), x).verdict == "wrong"
