"""`compare`: numbers for errors, guarded by planted mistakes; exact counts; a status for whatever happens."""

import html
import json
import math
import re
import signal
import sys
from dataclasses import replace
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import admodes as ad
from admodes.errors import InputError, OptionError, ShapeError, UnknownMethodError, UnsupportedError
from admodes.formatting import format_bytes, format_error, format_number, format_seconds, join_words
from admodes.forward import Forward
from admodes.limits import TimeLimitReached, time_limit
from admodes.measure.accuracy import Check, Derivative, digits_of, measure_error, mutants
from admodes.measure.comparison import method_table
from admodes.measure.cost import Candidate, attempt, ratio_interval, sample_interleaved
from admodes.measure.counting import Operations
from admodes.measure.recommendation import advise_from_rows
from admodes.measure.references import consensus
from admodes.measure.trials import _with_cost
from admodes.rows import Row, Timing
from admodes.sweeps.results import to_json

AD = ["forward", "reverse"]
POINT = np.array([0.3, -1.2, 2.0])
MATRIX = np.array([[1.0, 2.0, -1.0], [0.5, 1.5, 3.0], [2.0, -2.0, 1.0]])


def curve(x):
    return np.sum(np.sin(x) * x)


def curve_gradient(x):
    return np.sin(x) + x * np.cos(x)


def square_map(x):
    return np.tanh(MATRIX @ x)


class Planted(Forward):
    """Forward mode with a mistake: `change` gets the right Jacobian of the first output by the first input."""

    def __init__(self, name, change):
        self.name = name
        self.change = change

    def jacobian(self, function):
        outputs, blocks = super().jacobian(function)
        blocks[0][0] = self.change(np.array(blocks[0][0]))
        return outputs, blocks


def compared(f=curve, x=POINT, methods=AD, **options):
    return ad.compare(f, x, methods, **{"rounds": 2, **options})


# Accuracy


def test_errors_are_numbers_against_the_closed_form():
    """Breaks if the error is a verdict only, or is measured against the method itself."""
    off = Planted("off", lambda g: g * np.array([1, 1, 1 + 1e-9]))
    result = compared(methods=["forward", off], reference=curve_gradient)
    exact = curve_gradient(POINT)
    expected = 1e-9 * abs(exact[2]) / np.linalg.norm(exact)
    assert result["off"].error == pytest.approx(expected, rel=1e-5)
    assert result["off"].worst == pytest.approx(1e-9, rel=1e-5)
    assert result["off"].worst_at == "[2]"
    assert result["off"].digits == pytest.approx(-math.log10(expected), rel=1e-5)
    assert result["forward"].error < 1e-15
    assert [row.status for row in result] == ["ok", "ok"]
    assert {row.reference for row in result} == {"closed form"}


@pytest.mark.parametrize(
    "change",
    [
        np.zeros_like,
        np.negative,
        lambda j: j * np.where(np.arange(9).reshape(3, 3) == 4, 1.01, 1),
        np.transpose,
        lambda j: j * (np.arange(9).reshape(3, 3) != 2),
    ],
    ids=["zero", "sign", "one off", "transposed", "dropped"],
)
def test_planted_mistakes_are_inaccurate(change):
    """Breaks if a wrong Jacobian is called ok."""
    result = compared(
        square_map,
        methods=["forward", Planted("planted", change)],
        reference=lambda x: (1 - np.tanh(MATRIX @ x) ** 2)[:, None] * MATRIX,
    )
    assert result["planted"].status == "inaccurate"
    assert "worst component" in result["planted"].reason
    assert result["forward"].status == "ok"
    assert result["forward"].check == "guarded"


def test_every_mutant_fails_a_sound_check():
    """Breaks if one kind of mutant is no longer planted, or slips through the tolerance."""
    reference = Derivative.of(MATRIX, "reference")
    names = [name for name, mutant in mutants(reference) if not Check(reference, 1e-6).passes(mutant)]
    assert [name.split(" [")[0].split(" (")[0] for name in names] == [
        "the zero gradient",
        "a flipped sign",
        "a dropped component",
        "one component off by 1 percent",
        "a transposed Jacobian",
    ]


@pytest.mark.parametrize(
    ("reference", "flag"),
    [
        ([1.0, 1e-12, 2.0], r"blind to a dropped component \[1\] \(5e-13 of the largest\)"),
        ([0.0, 0.0], "blind: the reference is zero"),
        ([1.0, np.nan], "blind: the reference is not finite"),
        ([], "empty"),
        ([[1.0, 2.0], [2.0, 5.0]], "guarded"),
        ([[1.0, 2.0 + 1e-9], [2.0, 5.0]], "blind to a transposed Jacobian"),
    ],
)
def test_checks_that_cannot_see_a_mistake_say_so(reference, flag):
    """Breaks if a vacuous check counts as a success."""
    assert re.match(flag, Check(Derivative.of(np.array(reference), "reference"), 1e-6).weakness())


def test_a_loose_tolerance_is_flagged_in_the_row():
    """Breaks if the tolerance is trusted without being tried on mutants."""
    result = compared(methods=["forward", Planted("zero", np.zeros_like)], reference=curve_gradient, tolerance=10.0)
    assert result["zero"].status == "ok"
    assert "the zero gradient" in result["zero"].check
    assert "the zero gradient" in str(result)


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_errors_do_not_depend_on_the_scale(scale):
    """Breaks if squares in the norm underflow to a vacuous zero or overflow."""
    exact = Derivative.of(np.array([3.0, 4.0]) * scale, "reference")
    size = measure_error(Derivative.of(np.array([3.0, 4.004]) * scale, "derivative"), exact)
    assert size.norm == pytest.approx(0.004 / 5, rel=1e-9)
    assert not Check(exact, 1e-6).passes(exact.replaced(np.zeros(2)))


def test_errors_at_components_whose_reference_is_zero():
    """Breaks if a zero in the reference makes the error infinite, or hides what stands there instead."""
    exact = Derivative.of([0.0, 2.0], "reference")
    assert measure_error(Derivative.of([1e-3, 2.0], "derivative"), exact).worst == pytest.approx(5e-4)
    assert not Check(exact, 1e-6).passes(Derivative.of([1e-3, 2.0], "derivative"))
    assert measure_error(exact, exact).digits == 16.0


def test_infinities_in_the_right_place_are_no_error():
    """Breaks if a derivative that is infinite, as the reference is, counts as wrong by NaN."""
    infinite = Derivative.of([np.inf, 1.0], "reference")
    assert Check(infinite, 1e-6).passes(infinite)


def test_digits_are_bounded():
    """Breaks if an exact zero error becomes infinitely many digits, or a hopeless one negative."""
    assert [digits_of(error) for error in (0.0, 1e-20, 1e-10, 5.0)] == [16.0, 16.0, 10.0, 0.0]
    assert math.isnan(digits_of(math.nan))


def test_labels_name_components_of_containers():
    """Breaks if the worst component of a dict of arrays cannot be found."""
    derivative = Derivative.of({"b": np.float64(1.0), "w": np.zeros((2, 3))}, "derivative")
    assert [derivative.label(position) for position in (0, 1, 6)] == ["['b'][()]", "['w'][0, 0]", "['w'][1, 2]"]


# References


def test_without_expressions_independent_methods_are_the_reference():
    """Breaks if forward is confirmed by reverse, which reads the same table."""
    result = compared(lambda x: np.linalg.det(np.diag(np.tile(x, 2))), methods=["finite", *AD])
    assert {row.status for row in result} == {"ok"}
    assert all(row.reference.startswith("consensus of forward+reverse, finite (agree to") for row in result)


def test_no_method_is_its_own_judge():
    """Breaks if the method that supplies the reference gets an error of zero for free."""
    values = {
        name: Derivative.of(np.array([1.0, 2.0]) * (1 + shift), name) for name, shift in [("symbolic", 0), ("forward", 1e-9)]
    }
    reference = consensus(values, 1e-6)
    errors = [measure_error(values[name], reference.by_method[name]).norm for name in values]
    assert errors == pytest.approx([1e-9, 1e-9], rel=1e-5)


def test_a_wrong_method_is_outvoted():
    """Breaks if the most trusted method is believed against two independent ones."""
    values = {"symbolic": [1.0, 7.0], "forward": [1.0, 2.0], "finite": [1.0, 2.0 + 1e-10]}
    reference = consensus({name: Derivative.of(value, name) for name, value in values.items()}, 1e-6)
    assert "symbolic" not in reference.description
    assert reference.by_method["symbolic"].vector.tolist() == [1.0, 2.0]


def test_a_wrong_rule_is_seen_by_a_witness():
    """Breaks if forward and reverse alone confirm each other: a witness that shares no code must be called in."""

    @ad.primitive
    def wrong(x):
        return x * x

    wrong.def_jvp(lambda tangents, _out, x: 3 * x * tangents[0])
    result = ad.compare(lambda x: np.sum(wrong(x)), POINT, ["forward"], rounds=1)
    assert result["forward"].status == "unverified"
    assert "disagree" in result["forward"].reason


def test_two_methods_that_disagree_are_both_unverified():
    """Breaks if one of two contradicting methods is called right by chance."""
    values = {"forward": Derivative.of([1.0], "a"), "finite": Derivative.of([2.0], "b")}
    assert consensus(values, 1e-6).by_method == {}


def asks_for_a_type(x):
    return np.sum(x**2) if type(x) is np.ndarray else np.sum(x**3)


def swallows_our_error(x):
    try:
        return float(np.sum(x**2))
    except TypeError:
        return np.sum(x)


def takes_the_value_out(x):
    return np.sum(x * (x.value if hasattr(x, "value") else x))


@pytest.mark.parametrize("f", [asks_for_a_type, swallows_our_error])
def test_an_f_that_is_another_one_when_traced_is_an_error(f):
    result = ad.compare(f, POINT, rounds=2)
    assert {row.method: row.status for row in result} == {
        "finite": "unverified",
        "symbolic": "error",
        "forward": "error",
        "reverse": "error",
        "complex": "error",
    }
    assert "asks for a type" in result["reverse"].reason
    assert result.recommendation.method is None


def test_methods_that_share_the_trace_do_not_outvote_the_one_that_does_not():
    result = ad.compare(takes_the_value_out, POINT, rounds=2)
    assert {row.status for row in result} == {"unverified"}
    assert "than its own estimate" in result["finite"].reason
    assert result.recommendation.method is None


def test_methods_that_all_trace_are_checked_along_a_direction():
    x0 = np.array([0.7, 1.3])

    def swallows(x):
        try:
            scale = float(x[0])
        except TypeError:
            scale = x0[0]
        return scale * x[1]

    result = ad.compare(swallows, x0, ["forward", "symbolic"], rounds=2)
    assert {row.status for row in result} == {"unverified"}
    assert ad.compare(curve, POINT, ["forward", "symbolic"], rounds=2).recommendation.method is not None


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: x**2 if isinstance(x, float) else x**3, 1.5),
        (lambda x: round(x, 1) * x, 1.52),
        (lambda x: {"a": x["a"] ** 2, "positive": x["a"] > 0}, {"a": 1.5}),
        (lambda x: x > 1, np.array([0.7, 1.3])),
        (lambda x: np.linalg.norm(x) - np.linalg.norm(POINT), POINT),
        (lambda x: np.prod(1 + 1e-3 * x) - np.prod(1 + 1e-3 * np.linspace(-1, 1, 40)), np.linspace(-1, 1, 40)),
        (lambda x: x[x <= 1] ** 2, np.array([0.0, 1.0, 2.0])),
        (lambda x: [float(np.ndim(x)), x[0] * 1e-12, x[1] * 1e12], POINT),
    ],
)
def test_healthy_functions_are_not_accused(f, x):
    for row in ad.compare(f, x, AD, rounds=2):
        assert row.status == "ok", row.reason


def test_finite_differences_that_know_their_error_do_not_stop_the_others():
    steep = compared(lambda x: np.sum(np.sin(1e5 * x)), POINT, ["finite", "reverse", "symbolic"])
    assert steep.recommendation.method == "reverse"
    one_sided = ad.CentralDifferences(sided="forward", step=1e-3)
    assert compared(methods=[one_sided, "reverse", "symbolic"])["reverse"].status == "ok"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_f_without_a_value_is_refused(value):
    with pytest.raises(InputError, match="there is no derivative to measure"):
        compared(lambda x: np.sum(x) * 0 + value)


def test_an_f_that_draws_random_numbers_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="another value at each call"):
        compared(lambda x: np.sum(x) * rng.normal())


@pytest.mark.parametrize(
    "reference", [curve_gradient(POINT), list(curve_gradient(POINT)), curve_gradient], ids=["array", "list", "function"]
)
def test_references_may_be_values_or_functions(reference):
    """Breaks if one of the documented forms of a reference is not understood."""
    assert [row.status for row in compared(reference=reference)] == ["ok", "ok"]


def test_a_reference_of_another_shape_is_refused():
    """Breaks if broadcasting hides that the reference is the gradient of something else."""
    with pytest.raises(ShapeError, match=r"\(3,\).*\(1, 3\)"):
        compared(reference=curve_gradient(POINT)[None])


def test_a_reference_without_extended_precision_still_works():
    """Breaks if a closed form that calls np.linalg, which lacks long doubles, cannot be a reference."""
    rhs = np.array([1.0, 2.0, 3.0])
    result = compared(
        lambda x: rhs @ np.linalg.solve(MATRIX, x),
        methods=["forward"],
        reference=lambda x: np.linalg.solve(MATRIX.T, rhs + 0 * x.astype(x.dtype)),
    )
    assert result["forward"].status == "ok"


def test_the_hand_written_gradient_has_an_error_of_its_own():
    """Breaks if the yardstick for "exact" is lost: the rounding of the same formula in double precision."""
    row = compared(methods=["forward"], reference=curve_gradient)["forward"]
    if np.finfo(np.longdouble).eps < np.finfo(float).eps:
        assert 0 < row.hand_error < 1e-14
    else:
        assert row.hand_error == 0


# Statuses


def test_every_failure_is_a_row_with_its_reason():
    """Breaks if one method's failure is a gap, or ends the comparison."""

    def raising(_jacobian):
        raise ZeroDivisionError("planted")

    def unsupported(_jacobian):
        raise UnsupportedError("not this one; use forward")

    def exhausted(_jacobian):
        raise MemoryError

    methods = [
        "forward",
        Planted("raising", raising),
        Planted("refusing", unsupported),
        Planted("exhausted", exhausted),
        Planted("nonfinite", lambda g: g * np.nan),
        Planted("short", lambda g: g[:2]),
    ]
    result = compared(methods=methods, reference=curve_gradient)
    assert [row.status for row in result] == ["ok", "error", "unsupported", "out of memory", "nonfinite", "error"]
    assert result["raising"].reason == "ZeroDivisionError: planted"
    assert result["refusing"].reason == "not this one; use forward"
    assert "reference" in result["short"].reason
    assert all(row.reason for row in result if row.status != "ok")


def test_ctrl_c_is_not_a_status():
    """Breaks if a user who wants to stop gets a row instead."""

    def interrupted(_jacobian):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compared(methods=[Planted("interrupted", interrupted)])


def test_a_method_that_does_not_end_is_stopped():
    """Breaks if one endless method hangs the comparison, or its status hides that it was stopped."""

    def endless(_jacobian):
        while True:
            pass

    result = compared(methods=["forward", Planted("endless", endless)], reference=curve_gradient, budget=0.3)
    assert result["endless"].status == "timeout"
    assert "0.3 s" in result["endless"].reason
    assert result["forward"].status == "ok"


def test_the_limit_reaches_code_that_swallows_exceptions():
    """Breaks if `except Exception` in a user's function keeps it running for ever, or a signal stays armed."""
    before = signal.getsignal(signal.SIGALRM)

    def stubborn():
        while True:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001
                continue

    with pytest.raises(TimeLimitReached), time_limit(0.05):
        stubborn()
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_limit_is_not_lost_in_a_destructor(monkeypatch):
    """Breaks if a strike that Python cannot raise, inside a destructor, is printed as an error or was the only one."""
    printed = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)
    hook = sys.unraisablehook
    inside = []

    class Slow:
        def __del__(self):
            inside.append(1)
            end = perf_counter() + 0.3
            while perf_counter() < end:
                pass

    def destroy():
        Slow()
        while True:
            sum(range(1000))

    with pytest.raises(TimeLimitReached), time_limit(0.1):
        destroy()
    assert len(inside) == 1
    assert printed == []
    assert sys.unraisablehook is hook


def test_a_timer_in_use_is_left_alone():
    """Breaks if measuring disarms an alarm that the user has set."""
    previous = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        with time_limit(0.001):
            pass
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 900
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


# Cost


def test_calls_and_operations_are_counted_exactly():
    """Breaks if calls of f are estimated, or the passes that time are counted too."""

    class SevenCalls(Forward):
        name = "seven"

        def jacobian(self, function):
            for _ in range(6):
                function.plain(function.inputs)
            return super().jacobian(function)

    result = compared(methods=["forward", "reverse", ad.CentralDifferences(order=4), SevenCalls()], reference=curve_gradient)
    assert [row.calls for row in result][:2] == [1, 1]
    assert result["finite"].calls in (12, 13)
    assert result["seven"].calls == 7
    assert result["seven"].operations == result["forward"].operations + 6 * result["forward"].f_operations
    assert result["forward"].tape_nodes >= 3


def test_times_of_f_and_of_the_derivative_are_both_there():
    """Breaks if only a ratio is kept: raw samples, the first call and f's own time belong to every row."""
    row = compared(rounds=4, reference=curve_gradient)["forward"]
    assert len(row.time.samples) == len(row.f_time.samples) == 4
    assert 0 < row.time.minimum <= row.time.quartiles[0] <= row.time.median <= row.time.quartiles[1]
    assert row.time.first > 0
    assert row.ratio == pytest.approx(math.exp(np.median(np.log(np.divide(row.time.samples, row.f_time.samples)))))
    assert row.ratio_low <= row.ratio <= row.ratio_high


def test_rounds_are_interleaved():
    """Breaks if a slow spell of the machine falls on one method only."""
    log = []
    candidates = {name: Candidate(lambda name=name: log.append(name), expected=1.0, limit=100.0, enough=100.0) for name in "ab"}
    timings = sample_interleaved(candidates, rounds=3, sample_seconds=0.0)
    assert "".join(log) == "ababab"
    assert [len(timing.samples) for timing in timings.values()] == [3, 3]


@pytest.mark.parametrize(("limit", "enough", "samples"), [(1e-3, 10.0, 0), (10.0, 1e-9, 1)])
def test_a_candidate_without_time_drops_out(limit, enough, samples):
    """Breaks if a slow method takes the rounds of all others with it."""

    def slow():
        sum(range(2_000_000))
        sum(range(2_000_000))

    candidates = {"slow": Candidate(slow, 1.0, limit, enough), "fast": Candidate(lambda: None, 1.0, 10.0, 10.0)}
    timings = sample_interleaved(candidates, rounds=5, sample_seconds=0.0)
    assert len(timings["slow"].samples) == samples
    assert len(timings["fast"].samples) == 5


def test_fast_candidates_are_called_often_enough():
    """Breaks if a sample of a microsecond's work is mostly the clock's."""
    calls = []
    timings = sample_interleaved({"f": Candidate(lambda: calls.append(1), 1e-4, 10.0, 10.0)}, rounds=2, sample_seconds=0.01)
    assert timings["f"].number == 100
    assert len(calls) == 200


def test_the_bootstrap_interval_holds_the_ratio():
    """Breaks if the interval is not of the ratio, changes from call to call, or is made from nothing."""
    time, f_time = Timing((4.0, 5.0, 6.0, 9.0, 7.0), 1), Timing((1.0, 1.0, 1.0, 1.0), 1)
    ratio, low, high = ratio_interval(time, f_time)
    assert ratio == pytest.approx(math.sqrt(5.0 * 6.0))
    assert 4.0 / 1.15 <= low < ratio < high <= 9.0 * 1.15
    assert ratio_interval(time, f_time) == (ratio, low, high)
    assert all(math.isnan(value) for value in ratio_interval(Timing(), f_time))


@pytest.mark.parametrize(("calls", "suspect"), [(1, False), (5, False), (1000, True), (None, False)])
def test_a_time_below_the_counted_calls_is_suspect(calls, suspect):
    """Breaks if a measurement that contradicts its own count goes unnoticed."""
    row = Row("f", 1, 1, "m", "ok", f_time=Timing((1.0, 1.0), 1))
    assert _with_cost(row, Timing((3.0, 3.0), 1), calls, Operations()).suspect is suspect


def test_counting_and_timing_leave_f_and_x_alone():
    """Breaks if measuring changes the user's x, or f's own writes into its argument pile up over the rounds."""
    x = POINT.copy()

    def writing(x):
        x *= 2.0
        return np.sum(x * x)

    result = compared(writing, x, rounds=3, reference=lambda x: 8 * x)
    assert np.array_equal(x, POINT)
    assert [row.status for row in result] == ["ok", "ok"]


def test_attempts_report_how_long_they_took():
    """Breaks if a failure has no time: a budget could not be kept."""
    outcome = attempt(lambda: 1 / 0, 1.0)
    assert (outcome.status, outcome.reason) == ("error", "ZeroDivisionError: division by zero")
    assert outcome.seconds >= 0


# Arguments


def test_containers_args_and_numbers():
    """Breaks if a kind of x that `differentiate` takes cannot be compared."""

    def model(p, scale):
        return scale * np.sum(p["w"] ** 2) * p["b"]

    x = {"w": np.array([1.0, 2.0]), "b": 3.0}
    result = compared(
        model, x, args=(2.0,), reference=lambda p, scale: {"w": 2 * scale * p["w"] * p["b"], "b": scale * np.sum(p["w"] ** 2)}
    )
    assert [row.status for row in result] == ["ok", "ok"]
    assert (result.rows[0].inputs, result.rows[0].outputs) == (3, 1)
    scalar = compared(lambda x: np.sin(x), 0.5, reference=np.cos)
    assert [row.status for row in scalar] == ["ok", "ok"]


def test_single_precision_has_its_own_tolerance():
    """Breaks if float32 is judged by the digits of float64."""
    x = POINT.astype(np.float32)
    assert [row.status for row in compared(x=x, methods=["finite", "forward"], reference=curve_gradient)] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("x", "place"),
    [([1.0, np.nan], r"x\[1\] is nan"), ({"w": np.array([[1.0, np.inf]])}, r"x\['w'\]\[0, 1\] is inf"), (np.nan, "x is nan")],
)
def test_points_that_are_not_finite_are_refused(x, place):
    """Breaks if NaN at x yields a table of NaN instead of one sentence."""
    with pytest.raises(InputError, match=place):
        compared(x=x)


def test_methods_are_names_or_objects():
    """Breaks if two differentiators of one class overwrite each other's row, or a typo is found late."""
    table = method_table([ad.CentralDifferences(order=2), ad.CentralDifferences(order=4), "auto", "reverse"])
    assert list(table) == ["finite", "finite (2)", "auto", "reverse"]
    assert list(method_table("forward")) == ["forward"]
    assert "auto" not in method_table(None)
    assert {"finite", "symbolic", "forward", "reverse"} <= set(method_table(None))
    with pytest.raises(UnknownMethodError, match="Did you mean 'reverse'"):
        method_table(["revers"])
    with pytest.raises(OptionError, match="empty"):
        method_table([])


@pytest.mark.parametrize(
    "options", [{"rounds": 0}, {"rounds": "a"}, {"rounds": 1.5}, {"budget": 0.0}, {"budget": math.nan}, {"budget": None}]
)
def test_effort_out_of_range_is_refused(options):
    """Breaks if nonsense ends in an empty table."""
    with pytest.raises(OptionError, match=f"{next(iter(options))} must be"):
        compared(**options)


def test_what_f_raises_reaches_the_caller():
    """Breaks if a bug in the user's function is dressed up as a failure of the methods."""

    def broken(_x):
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        compared(broken)


# Display


def test_the_table_is_never_cut(monkeypatch):
    """Breaks if a narrow terminal shortens numbers, or brackets vanish as markup."""
    monkeypatch.setenv("COLUMNS", "20")
    result = compared(
        lambda p: np.sum(np.sin(p["weights"])), {"weights": POINT}, reference=lambda p: {"weights": np.cos(p["weights"])}
    )
    text = str(result)
    assert "…" not in text
    assert all(format_error(row.error) in text and format_seconds(row.time.median) in text for row in result)
    assert f"['weights']{result['reverse'].worst_at.removeprefix(chr(91) + repr('weights') + chr(93))}" in text
    assert "Use " in text
    assert repr(result) == text


def test_the_html_is_escaped():
    """Breaks if a name of the user's can break out of the page."""

    def f(x):
        return np.sum(x)

    f.__name__ = "<img src=x>"
    page = compared(f, reference=np.ones(3))._repr_html_()
    assert "<img" not in page
    assert html.escape("<img src=x>") in page
    assert page.count("<tr>") == 3


def test_numbers_go_to_json_and_back():
    """Breaks if a row cannot be written to a file, or loses digits there."""
    row = compared(reference=curve_gradient)["reverse"]
    data = json.loads(to_json({"row": row.to_dict()}))["row"]
    assert Row.from_dict(row.to_dict()) == row
    assert data["time"]["samples"] == list(row.time.samples)


def test_a_row_that_was_not_compared_is_named():
    """Breaks if a wrong name gives a bare KeyError."""
    with pytest.raises(KeyError, match="forward, reverse"):
        compared(reference=curve_gradient)["finite"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.01234, "0.0123"),
        (0.9999, "1.00"),
        (3.14159, "3.14"),
        (99.96, "100"),
        (1234.5, "1,230"),
        (math.inf, "inf"),
        (math.nan, ""),
    ],
)
def test_numbers_are_readable(value, text):
    """Breaks if a table shows exponents, or more digits than were measured."""
    assert format_number(value) == text


def test_units_are_readable():
    """Breaks if a unit is off by a factor of a thousand."""
    assert [format_seconds(value) for value in (2e-9, 1.5e-6, 0.9999e-3, 0.25, 61.0, math.nan)] == [
        "2.00 ns",
        "1.50 µs",
        "1.00 ms",
        "250 ms",
        "61.0 s",
        "",
    ]
    assert [format_bytes(count) for count in (None, 12, 1500, 2_000_000)] == ["", "12 B", "1.50 kB", "2.00 MB"]
    assert [join_words(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


# Recommendation


def measured(method, seconds, error=1e-16, **changes):
    """A row as a measurement would leave it; f takes one second."""
    time, f_time = Timing((seconds,) * 3, 1, seconds), Timing((1.0,) * 3, 1, 1.0)
    ratio, low, high = ratio_interval(time, f_time)
    row = Row("f", 64, 1, method, "ok", error=error, digits=digits_of(error), calls=1, time=time, f_time=f_time, auto="reverse")
    return replace(row, **{"ratio": ratio, "ratio_low": low, "ratio_high": high, **changes})


def test_the_fastest_exact_method_is_recommended():
    """Breaks if speed is bought with digits, or the slower of two exact methods wins."""
    advice = advise_from_rows([measured("finite", 1.0, 1e-10), measured("forward", 8.0), measured("reverse", 2.0)])
    assert advice.method == "reverse"
    assert "Forward, as exact, takes 4.00 times as long." in advice.reason
    assert "Finite is 2.00 times faster, but good to 10.0 digits only." in advice.reason
    assert "2.00 times f itself (1 call of f)" in advice.reason


def test_the_text_says_which_way_round_it_is():
    """Breaks if the text announces a gain where the numbers show a loss."""
    advice = advise_from_rows([measured("forward", 2.0), measured("reverse", 8.0)])
    assert advice.method == "forward"
    assert "Reverse, as exact, takes 4.00 times as long." in advice.reason
    assert '"auto" takes reverse' in advice.reason


def test_a_tie_is_called_a_tie():
    """Breaks if noise is reported as a difference."""
    advice = advise_from_rows([measured("forward", 2.0, ratio_low=0.5), measured("reverse", 1.9)])
    assert "Forward is as fast within the noise." in advice.reason


def test_without_a_verified_method_none_is_recommended():
    """Breaks if a wrong derivative is recommended for its speed."""
    advice = advise_from_rows([measured("forward", 1.0, status="inaccurate"), Row("f", 1, 1, "finite", "timeout", "stopped")])
    assert advice.method is None
    assert "forward (inaccurate) and finite (timeout)" in str(advice)


@given(st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=30))
def test_quartiles_are_those_of_numpy(samples):
    """Quantiles of a rule of our own."""
    timing = Timing(tuple(samples), 1)
    wanted = np.quantile(samples, [0.25, 0.5, 0.75])
    np.testing.assert_allclose([timing.quartiles[0], timing.median, timing.quartiles[1]], wanted, rtol=1e-13)


def test_errors_of_the_reference_are_not_those_of_a_method():
    """Reverse is called good to 13.2 digits, because finite differences, which it is compared with, are."""
    weights = np.random.default_rng(0).normal(size=(3, 200)) * 0.02
    x = np.linspace(-1, 1, 200)
    result = ad.compare(lambda x: np.tanh(weights @ x), x, ["reverse", "finite"], rounds=2)
    row = result["reverse"]
    exact = (1 - np.tanh(weights @ x) ** 2)[:, None] * weights
    found = ad.jacobian(lambda x: np.tanh(weights @ x), x, method="reverse")
    assert np.linalg.norm(found - exact) / np.linalg.norm(exact) < 1e-15 < row.error
    assert row.is_bound
    assert row.status == "ok"
    assert math.isnan(row.ulp)
    text = str(result)
    assert f"<= {row.error:.1e}" in text
    assert f">= {row.digits:.1f}" in text
    assert "as exact" not in text


def test_the_error_against_a_better_reference_is_no_bound():
    """Every error is called a bound: two exact methods agree, so what finite differences are off by is known."""
    rows = compared(methods=["finite", "reverse", "symbolic"])
    assert not rows["finite"].is_bound
    assert rows["finite"].error > 1e-14
    found = consensus(
        {
            "finite": Derivative.of([1 + 1e-9], "derivative"),
            "reverse": Derivative.of([1.0], "derivative"),
            "symbolic": Derivative.of([1.0], "derivative"),
        },
        1e-6,
    )
    assert found.accuracy["finite"] == 0
    two = consensus({"finite": Derivative.of([1 + 1e-9], "derivative"), "reverse": Derivative.of([1.0], "derivative")}, 1e-6)
    assert two.accuracy["reverse"] == pytest.approx(1e-9)


@pytest.mark.parametrize("reference", [lambda x: x * np.nan, [1.0, np.nan, 2.0]])
def test_a_reference_that_is_nan_judges_nobody(reference):
    """A right derivative is called inaccurate, with a relative error of NaN."""
    row = compared(methods=["reverse"], reference=reference)["reverse"]
    assert row.status == "unverified"
    assert "the reference holds NaN at [" in row.reason
    assert math.isnan(row.error)


def test_one_node_is_no_nodes():
    """A tape of 1 nodes."""
    assert "tape of 1 node," in str(compared(np.sin, 0.5, ["reverse"]))
