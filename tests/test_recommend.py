"""The advice: right where the winner is beyond doubt, honest where it is not, and never from a method that cannot win."""

from __future__ import annotations

import contextlib
import json
import math
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import admodes as ad
from admodes.cli import main
from admodes.errors import InputError, OptionError, UnknownMethodError
from admodes.limits import TimeLimitReached, time_limit
from admodes.measure.recommendation import Recommendation, fastest_exact, most_exact
from admodes.rows import Row, Timing


def sines(x):
    return np.sum(np.sin(x) * x)


def evidence(advice):
    """The rows by method."""
    return {row.method: row for row in advice.evidence}


def test_many_inputs_and_one_output_want_reverse():
    """Another method where reverse mode runs one sweep against 500 directions."""
    x = np.linspace(0, 1, 500)
    advice = ad.recommend(sines, x, budget=5.0)
    assert advice.method == "reverse"
    assert advice.reason.startswith("m = 1, n = 500: reverse, 1 sweep of 3 nodes, against 1,000 calls of f or more")
    assert 'The shape alone says the same (method="auto").' in advice.reason
    np.testing.assert_allclose(ad.gradient(sines, x, method=advice.method), np.sin(x) + x * np.cos(x), rtol=1e-12)


def test_one_input_and_many_outputs_want_forward():
    """Another method where forward mode carries one direction against 500 sweeps."""
    advice = ad.recommend(lambda x: np.sin(np.arange(500.0) * x), 0.5, methods=["finite", "forward", "reverse"], budget=5.0)
    assert advice.method == "forward"
    assert "m = 500, n = 1: forward, 1 direction through 2 nodes" in advice.reason
    assert "x faster than" in advice.reason


def test_what_cannot_win_is_not_run():
    """200,000 calls of f, or as many directions, to learn what their counts tell."""
    calls = 0

    def counted(x):
        nonlocal calls
        calls += 1
        return np.sum(x * x)

    advice = ad.recommend(counted, np.ones(100_000), methods=["finite", "symbolic", "forward", "reverse", "complex"], budget=5.0)
    assert advice.method == "reverse"
    for method in ("finite", "symbolic", "forward", "complex"):
        assert evidence(advice)[method].status == "skipped"
    assert calls < 100_000


def test_a_slow_f_is_notlead_over():
    """A probe that takes minutes because each call of f takes seconds."""
    calls = 0

    def slow(x):
        nonlocal calls
        calls += 1
        time.sleep(0.02)
        return np.sum(x * x)

    advice = ad.recommend(slow, np.ones(50), budget=0.02)
    assert advice.method == "reverse"
    assert "too long to measure within 0.02 s: this goes by counts alone" in advice.reason
    assert "1 sweep of 2 nodes" in advice.reason
    assert {row.status for row in advice.evidence} == {"skipped"}
    assert calls < 10


def test_a_slow_f_that_cannot_be_traced_gets_differences():
    """A method that fails, recommended by its counts."""

    def slow(x):
        time.sleep(0.02)
        return math.sin(x[0])

    advice = ad.recommend(slow, [1.0, 2.0], budget=0.02)
    assert advice.method == "finite"
    assert "cannot be traced" in advice.reason
    alone = ad.recommend(slow, [1.0, 2.0], methods=["reverse"], budget=0.02)
    assert alone.method is None
    assert "math" in alone.reason


def test_a_derivative_too_large_to_hold_is_not_made():
    """A probe that fills the memory with a Jacobian."""
    advice = ad.recommend(np.sin, np.ones(10_000))
    assert advice.method == "forward"
    assert "100,000,000 entries, too many for a probe" in advice.reason


def test_a_refused_method_says_why():
    """A method without a result that vanishes from the evidence."""
    advice = ad.recommend(lambda x: np.sum(np.abs(x)), np.array([1.0, -2.0]), methods=["reverse", "complex"])
    assert advice.method == "reverse"
    assert evidence(advice)["complex"].status in ("unsupported", "skipped")
    only = ad.recommend(lambda x: np.sum(np.abs(x)), np.array([1.0, -2.0]), methods=["complex"])
    assert only.method is None
    assert "complex (unsupported)" in only.reason
    assert "not analytic" in str(only)


def test_f_that_cannot_be_traced_gets_differences_with_their_estimate():
    """None, or a tracing method, where only plain f works."""
    advice = ad.recommend(lambda x: math.sin(x[0]) * x[1], np.array([1.0, 2.0]))
    assert advice.method == "finite"
    assert "nothing independent confirms it, its own estimate of its relative error is" in advice.reason.lower()
    assert "TracedValueError" in advice.reason


def test_f_that_is_another_one_when_traced_gets_differences():
    """The derivative of another function, because it is fast."""
    advice = ad.recommend(lambda x: np.sum(x**2) if type(x) is np.ndarray else np.sum(x**3), np.array([0.7, 1.3]))
    assert advice.method in ("finite", None)
    assert evidence(advice)["reverse"].status == "error"
    assert "when f is traced" in str(advice)


def test_a_jump_that_only_differences_see_is_not_recommended():
    """Differences across a jump, because no other method contradicts them."""
    advice = ad.recommend(lambda x: float(np.floor(float(x) * 3)) + float(x), 1.0)
    assert advice.method is None
    assert "look for a kink or a jump" in advice.reason


@pytest.mark.parametrize("x", [0.0, np.array(0.0)])
def test_methods_that_disagree_at_a_kink_leave_none(x):
    """One of two contradicting derivatives."""
    advice = ad.recommend(lambda x: 2 * x if x > 0 else 3 * x, x)
    assert advice.method is None
    assert advice.reason.startswith("Methods disagree, so none is recommended")
    assert "kink" in advice.reason


def test_a_swallowed_error_leaves_none():
    """A derivative that lost a term, because all methods that trace agree on it."""

    def swallows(x):
        try:
            scale = float(x[0])
        except TypeError:
            scale = 0.7
        return scale * x[1]

    assert ad.recommend(swallows, np.array([0.7, 1.3])).method is None


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.sin, 0.5),
        (np.sin, np.array(0.5)),
        (lambda p: np.sum(p["w"] @ np.ones(3) + p["b"]), {"w": np.ones((2, 3)), "b": np.ones(2)}),
        (lambda x: (x[0], x[1] ** 2), [1, 2]),
        (lambda x: np.sum(x**2), np.ones(3, np.float32)),
        (lambda x: x[:0], [1.0, 2.0]),
        (lambda x: np.sum(x * x), np.ones((4, 4))[::2, ::2]),
    ],
    ids=["number", "0-d", "dict", "tuple out", "float32", "empty out", "not contiguous"],
)
def test_any_point_and_value_get_an_answer(f, x):
    """A shape that the probe forgets."""
    advice = ad.recommend(f, x, budget=0.3)
    assert advice.method in ("forward", "reverse")
    ad.differentiate(f, x, advice.method)


def test_f_that_writes_into_x_leaves_x_alone():
    """A probe that changes its caller's point."""

    def writes(x):
        x[0] = 3 * x[0]
        return x[0] * x[1]

    x = np.array([1.0, 2.0])
    assert ad.recommend(writes, x, budget=0.3).method is not None
    np.testing.assert_array_equal(x, [1.0, 2.0])


def test_further_arguments_reach_f():
    """A probe of another function than the one asked about."""
    seen = set()

    def scaled(x, a):
        seen.add(a)
        return a * x[0] ** 2

    assert ad.recommend(scaled, [1.0, 2.0], args=(3.0,), budget=0.3).method is not None
    assert seen == {3.0}


def test_an_object_comes_back_as_the_object():
    """A name where the options of the object are what was recommended."""
    fixed = ad.CentralDifferences(order=4)
    advice = ad.recommend(lambda x: math.exp(x[0]), [1.0], methods=[fixed])
    assert advice.method is fixed
    assert advice.name == "finite"
    assert ad.gradient(lambda x: math.exp(x[0]), [1.0], method=advice.method)[0] == pytest.approx(math.e)


def test_a_tie_goes_to_the_method_of_the_shape():
    """Advice that changes from run to run where two methods are equally fast."""
    from admodes.measure.advice import _Probe

    def timed(method, *samples):
        timing = Timing(samples, 1, samples[0])
        return Row("f", 1, 1, method, "ok", error=0.0, digits=16.0, time=timing, auto="forward")

    probe = _Probe.__new__(_Probe)
    tie = (timed("reverse", 1.0, 1.2, 1.4), timed("forward", 1.05, 1.1, 1.3))
    clear = (timed("reverse", 1.0, 1.01, 1.02), timed("forward", 2.05, 2.1, 2.3))
    assert probe.settled(tie[0], tie).method == "forward"
    assert probe.settled(clear[0], clear).method == "reverse"
    assert "takes forward, which took 2.05 s" in _beside(probe, clear)


def _beside(probe, rows):
    from types import SimpleNamespace

    probe.subject = SimpleNamespace(inputs=1, outputs=1)
    return probe.beside_auto(rows[0], rows)


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (lambda x: x, [1.0, np.nan], r"x\[1\] is nan"),
        (lambda x: x, [], "x has no elements"),
        (lambda x: np.log(x), 0.0, "not finite|is -inf"),
        (lambda x: np.random.default_rng().random() * x, 1.0, "another value at each call"),
    ],
)
def test_points_without_a_derivative_are_refused(f, x, message):
    """Advice about a derivative that does not exist."""
    with pytest.raises(InputError, match=message), np.errstate(divide="ignore"):
        ad.recommend(f, x)


def test_options_that_make_no_sense_are_refused():
    """A probe without time, or with a method that is not there."""
    with pytest.raises(OptionError, match=r"budget is 0: give the probe some seconds"):
        ad.recommend(sines, [1.0], budget=0)
    with pytest.raises(UnknownMethodError, match="Did you mean 'finite'"):
        ad.recommend(sines, [1.0], methods=["fnite"])
    with pytest.raises(OptionError, match="methods is empty"):
        ad.recommend(sines, [1.0], methods=[])


def test_errors_of_f_are_its_own():
    """An error of f's that becomes advice."""
    with pytest.raises(ZeroDivisionError):
        ad.recommend(lambda x: x / 0 if isinstance(x, float) else 1 / 0, [1.0])


def test_notebooks_see_the_evidence_escaped():
    """Markup in a reason that becomes the page's; methods that failed alike one by one."""
    failed = [Row("f", 1, 1, method, "error", "it raised <b>that</b>") for method in ("forward", "reverse")]
    advice = Recommendation(None, "No method", tuple(failed))
    assert str(advice) == "No method\n- forward, reverse: error: it raised <b>that</b>"
    page = advice._repr_html_()
    assert "&lt;b&gt;that" in page
    assert page.count("<li>") == 1


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own_of_recommend.py").write_text(
        "import numpy as np\n\n\ndef loss(x):\n    return np.sum(x * x)\n", encoding="utf-8"
    )
    return tmp_path


def command(folder, *arguments):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "path", [*sys.path])
        return CliRunner().invoke(main, ["recommend", *arguments])


def test_the_command_prints_the_advice(folder):
    """A command that does something else than the function."""
    text = command(folder, "own_of_recommend:loss", "--at", "1.0,2.0,3.0", "--methods", "forward,reverse")
    assert text.exit_code == 0, text.output
    assert text.stdout.startswith(("Use reverse: m = 1, n = 3:", "Use forward: m = 1, n = 3:"))
    data = json.loads(
        command(folder, "own_of_recommend:loss", "--at", "1.0,2.0,3.0", "--methods", "reverse,complex", "--json").stdout
    )
    assert data["method"] == "reverse"
    assert [row["method"] for row in data["evidence"]] == ["reverse", "complex"]


def test_the_command_says_what_is_wrong(folder):
    """A traceback instead of a message."""
    failed = command(folder, "own_of_recommend:los", "--at", "1.0")
    assert failed.exit_code == 2
    assert "Did you mean 'loss'?" in failed.stderr
    assert "Traceback" not in failed.stderr


def busy(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_a_limit_leaves_no_module_half_imported(tmp_path, monkeypatch):
    """A short budget that breaks SymPy for the rest of the program by stopping its import."""
    (tmp_path / "slow_to_import.py").write_text(
        "import time\nend = time.perf_counter() + 0.2\nwhile time.perf_counter() < end:\n    pass\nCOMPLETE = True\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)

    def imports():
        import slow_to_import  # noqa: F401 - that it is imported is what is tested

        busy(5)

    with pytest.raises(TimeLimitReached), time_limit(0.05):
        imports()
    assert sys.modules.pop("slow_to_import").COMPLETE


def test_a_limit_inside_a_module_that_is_being_imported_strikes(tmp_path, monkeypatch):
    """A script that is imported by another and never stops, because an import is always under way."""
    (tmp_path / "limits_itself.py").write_text(
        "from admodes.limits import TimeLimitReached, time_limit\n"
        "try:\n    with time_limit(0.05):\n        for _ in range(10**10):\n            pass\n"
        "except TimeLimitReached:\n    STRUCK = True\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    import limits_itself

    assert limits_itself.STRUCK


def test_a_slow_f_that_is_another_one_when_traced_gets_differences():
    """The derivative of another function, because nothing was measured: the two values are there to be compared."""

    def slow(x):
        time.sleep(0.02)
        return np.sum(x**2) if type(x) is np.ndarray else np.sum(x**3)

    advice = ad.recommend(slow, np.array([1.0, 2.0]), budget=0.02)
    assert advice.method == "finite"
    assert "(x) is 5, but 9 when f is traced" in advice.reason
    assert evidence(advice)["reverse"].status == "error"
    assert ad.recommend(slow, np.array([1.0, 2.0]), methods=["reverse"], budget=0.02).method is None


def test_digits_that_f_does_not_have_are_no_merit():
    """A method that takes five times as long, for more digits than f in single precision has."""
    advice = ad.recommend(lambda x: x.astype(np.float32) ** 2, np.array(0.3), methods=["reverse", "symbolic"])
    assert advice.method == "reverse"


def test_a_slower_method_is_not_called_faster():
    """Symbolic takes 6 times as long as reverse, and the sentence says 0.17 times."""
    from admodes.measure.recommendation import lead_over

    best = Row("f", 1, 1, "symbolic", "ok", time=Timing((6.0, 6.0, 6.0), 1, 6.0))
    rival = Row("f", 1, 1, "reverse", "ok", time=Timing((1.0, 1.0, 1.0), 1, 1.0))
    assert lead_over(best, [best, rival]).startswith("; measured 6.00x the time of reverse (")
    assert lead_over(rival, [best, rival]).startswith("; measured 6.00x faster than symbolic")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sqrt(np.abs(x)),
        lambda x: np.where(x > 0, x * np.log(np.where(x > 0, x, 1)), 0),
        lambda x: np.heaviside(x, 0.5),
        np.sqrt,
    ],
    ids=["cusp", "infinite slope on one side", "jump", "infinite slope"],
)
@pytest.mark.parametrize("at", [0.0, np.array([0.0, 2.0])], ids=["number", "array"])
def test_nothing_is_recommended_where_there_is_no_derivative(f, at):
    """16 digits of a number that is no derivative: the methods that say so are outvoted or dropped."""
    with np.errstate(all="ignore"):
        advice = ad.recommend(lambda x: np.sum(f(x)), at, budget=3.0)
        compared = ad.compare(lambda x: np.sum(f(x)), at, rounds=1, budget=3.0)
    for found in (advice, compared.recommendation):
        assert found.method is None
        assert "There may be no derivative at x" in found.reason
    assert not any(row.status == "ok" for row in compared)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.sin(1e9 * x), 0.5),
        (lambda x: np.sum(np.sin(1e7 * x)), np.array([0.3, 4.0])),
        (lambda x: (1e10 + np.sin(x)) - 1e10, 0.3),
        (lambda x: np.exp(-(x**2) * 1e12), 1e-6),
        (lambda x: x**1.5, 0.0),
    ],
    ids=["fast", "fast array", "cancellation", "narrow", "edge of the domain"],
)
def test_differences_that_fail_on_a_smooth_function_do_not_stop_the_others(f, x):
    """A jump seen in what is rounding, or an oscillation."""
    advice = ad.recommend(f, x, methods=["finite", "symbolic", "forward", "reverse"], budget=3.0)
    assert advice.method in ("forward", "reverse", "symbolic"), advice.reason


@pytest.mark.parametrize("budget", ["a", None, math.nan, -1.0])
def test_a_budget_that_is_no_time_is_refused(budget):
    """Python's own error about operators, from inside."""
    with pytest.raises(OptionError, match=r"budget is .*: give the probe some seconds"):
        ad.recommend(sines, [1.0], budget=budget)


def test_an_empty_value_needs_no_method():
    """0 sweeps and 16 digits of nothing."""
    advice = ad.recommend(lambda x: x[:0], [1.0, 2.0])
    assert advice.reason == "f(x) is empty, so the derivative has no entries: every method gives the same."
    assert ad.jacobian(lambda x: x[:0], [1.0, 2.0], method=advice.method).shape == (0, 2)


def test_a_row_without_an_error_is_no_exact_one():
    """A file's row whose error is missing wins, or makes every other one exact."""
    times = {name: Timing((seconds,) * 3, 1, seconds) for name, seconds in (("finite", 1.0), ("reverse", 2.0), ("forward", 3.0))}
    finite, reverse, forward = (Row("f", 4, 1, name, "ok", time=time) for name, time in times.items())
    reverse, forward = (replace(row, error=1e-16) for row in (reverse, forward))
    for rows in ([finite, reverse, forward], [reverse, forward, finite]):
        assert fastest_exact(rows) is reverse
        assert most_exact(rows) == [reverse, forward]
    assert fastest_exact([finite]) is None
    assert most_exact([]) == []


def test_a_limit_that_strikes_as_its_block_ends_leaves_no_timer_behind():
    """The timer runs on after the block, and ends the program with "Alarm clock"."""
    before = signal.getsignal(signal.SIGALRM)
    for place in range(3000):
        with contextlib.suppress(TimeLimitReached), time_limit(1e-6 + 2e-8 * place):
            sum(range(7 * place % 1500))
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert signal.getsignal(signal.SIGALRM) is before
