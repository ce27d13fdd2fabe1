"""The benchmark of checkers: its cases are what they say, its counts are right, its peers answer as their libraries do."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import rude_peers
from checker_truth import (
    along_diagonals,
    claimed_numbers,
    compare,
    evaluate,
    numbers_of,
    size_of_slopes,
    slopes,
    true_numbers,
)
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from admodes import cli
from admodes.checking.benchmark import (
    Case,
    CheckerBenchmark,
    Judgement,
    Peer,
    Rate,
    benchmark_cases,
    benchmark_checkers,
    held_out_cases,
    judge,
    plant_error,
    random_case,
    wilson_interval,
)
from admodes.checking.benchmark import peers as peers_module
from admodes.checking.benchmark.apart import judge_apart
from admodes.checking.benchmark.campaign import ERRORS, run_campaign
from admodes.checking.benchmark.confusion import OUTCOMES, youden
from admodes.checking.benchmark.peers import PEERS, find_peers
from admodes.errors import OptionError, UnsupportedError

#: What a right claim may be off where f itself has fewer digits: single precision, solvers, pure rounding.
LOOSE = {
    "softmax in float32": 1e-6,
    "fixed point stopped at 1e-8": 1e-8,
    "bisection": 1e-6,
    "least squares at its solution": 10.0,  # of derivatives of 1e-16
    "variance by mean squares": 1e-10,
    "Newton stopped at 1e-4": 1e-8,
    "logistic regression in float32": 1e-6,
    "mean square in float32": 1e-6,
    "half precision": 1e-3,
}
EXACT = 1e-11
#: How far f may be from its formula: the noise that the case is about.
NOISY = {
    "float32": 1e-6,
    "noise": 1e-5,
    "half precision": 1e-3,
    "half precision, no exp": 1e-3,
    "random factor of 1e-4": 1e-3,
    "random factor of 1e-4, half": 1e-3,
}


def every_case():
    return [*benchmark_cases(), *held_out_cases()]


SMALL = [case.name for case in every_case() if case.size < 100]
MANY = [case.name for case in every_case() if case.size >= 100]


def case_of(name):
    return next(case for case in every_case() if case.name == name)


def claim_is_true(case, tolerance=EXACT):
    """Whether the numbers that are claimed at x are the formula's derivative (or between its one-sided ones)."""
    try:
        claimed = claimed_numbers(case)
        truth = true_numbers(case)
        found = compare(claimed, truth, size_of_slopes(case))
    except (TypeError, ValueError):  # not as many numbers as there are derivatives, or no real ones
        return False
    diagonals = along_diagonals(case) if case.kind == "gradient" else 0.0
    return found.component <= tolerance and diagonals <= tolerance


def moves(name):
    """Whether a right claim can be tried at another point by adding to x."""
    case = case_of(name)
    return case.right and case.kind == "gradient" and isinstance(case.x, np.ndarray)


# The cases


def test_there_are_enough_cases_of_each_sort():
    """A benchmark that shrinks, that is all of one sort, or that names two cases alike."""
    cases = benchmark_cases()
    names = Counter(case.name for case in cases)
    assert max(names.values()) == 1
    assert len(cases) >= 150
    assert min(sum(case.right for case in cases), sum(not case.right for case in cases)) >= 70
    assert {case.kind for case in cases} == {"gradient", "jacobian", "jvp", "vjp", "hessian", "hvp"}
    for category in {case.category for case in cases}:
        assert {case.right for case in cases if case.category == category} == {True, False}, category


@pytest.mark.parametrize("name", SMALL)
def test_f_is_its_formula(name):
    """A formula that is evidence for another function than the one that tools are given."""
    case = case_of(name)
    values = np.ravel(np.asarray(case.f(case.point()), float))
    formula = np.array([float(value) for value in evaluate(case.formula, numbers_of(case))])
    assert np.max(np.abs(values - formula)) <= NOISY.get(name, NOISY.get(case.category, 1e-13)) * (np.max(np.abs(formula)) or 1)


@pytest.mark.parametrize("name", [name for name in SMALL if case_of(name).right])
def test_right_claims_are_right(name):
    """A right claim that is not the derivative of its formula, at x."""
    assert claim_is_true(case_of(name), LOOSE.get(name, EXACT))


@pytest.mark.parametrize("name", [name for name in SMALL if moves(name)])
def test_right_claims_are_right_nearby(name):
    """A right claim that is right at x alone: then a tool that probes other points would be blamed for seeing it."""
    case = case_of(name)
    x = np.asarray(case.x)
    nearby = (x + 0.01 * np.where(x == 0, 1, x)).astype(x.dtype if x.dtype.kind == "f" else float)
    with np.errstate(all="ignore"):
        inside = np.all(np.isfinite(case.f(nearby)))
    if inside:
        assert claim_is_true(replace(case, x=nearby), LOOSE.get(name, 1e-9))


@pytest.mark.parametrize("name", [name for name in SMALL if not case_of(name).right])
def test_wrong_claims_are_off_by_what_they_say(name):
    """A wrong claim that is right, or that is off by another amount than stated."""
    case = case_of(name)
    if case.off > 0:
        found = compare(claimed_numbers(case), true_numbers(case), size_of_slopes(case))
        assert found.component == pytest.approx(case.off, rel=0.01)
        assert not claim_is_true(case, case.off / 2)


@pytest.mark.parametrize(
    "name", ["at zero only", "at equal inputs only", "at ones only", "growth from 0, no exp", "shares of 1", "no gap"]
)
def test_accidents_are_right_here_and_wrong_elsewhere(name):
    """An accident that is none."""
    case = case_of(name)
    assert claim_is_true(case)
    assert not claim_is_true(replace(case, x=case.x + np.array([0.1, 0.2, 0.3])[: case.size]), 0.01)


@pytest.mark.parametrize(("name", "off"), [("tie, both take all", 0.5), ("length at the origin, ones", 1 - 2**-0.5)])
def test_some_claims_are_wrong_along_the_diagonal_only(name, off):
    """A claim that is called wrong although every coordinate of it is right, without a direction that shows it."""
    case = case_of(name)
    assert compare(claimed_numbers(case), true_numbers(case)).component == 0
    assert along_diagonals(case) == pytest.approx(off)


def test_what_is_wrong_with_the_manners_shows():
    """A case of bad manners that behaves."""
    case, x = case_of("stale cache"), np.array([1.0, 2.0, 3.0])
    first = case.grad(case.point())
    assert np.array_equal(case.grad(x), first)
    for name, call in (("grad writes into x", "grad"), ("f writes into x", "f"), ("grad sorts x", "grad")):
        case, x = case_of(name), np.array([4.0, 1.0, 2.0])
        getattr(case, call)(x)
        assert not np.array_equal(x, [4.0, 1.0, 2.0])
        assert claim_is_true(case_of(name))
    for name in ("gradients that add up", "cache by identity"):
        case, x = case_of(name), np.array([1.0, 2.0, 3.0])
        assert np.array_equal(case.grad(x), 3 * x**2)
        x += 1
        assert not np.array_equal(case.grad(x), 3 * x**2)
    case = case_of("dropout left on")
    assert len({tuple(case.grad(case.point())) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("a column", (3, 1)),
        ("one number for all", ()),
        ("one too few", (2,)),
        ("0/0", (3,)),
        ("infinite", (3,)),
        ("a row", (1, 3)),
        ("flat for a table", (6,)),
        ("product with two zeros, divided", (3,)),
    ],
)
def test_what_is_wrong_with_the_form_shows(name, shape):
    """A case of bad form that is well-formed."""
    case = case_of(name)
    claim = np.asarray(case.grad(case.point()))
    assert claim.shape == shape
    assert claim.shape != case.x.shape or not np.all(np.isfinite(claim))
    assert case_of("complex").grad(case.x).dtype.kind == "c"
    assert case_of("cut to integers").grad(case.x).dtype.kind == "i"


@pytest.mark.parametrize("name", MANY)
def test_many_inputs_are_right_and_wrong_where_they_say(name):
    """A claim about thousands of inputs that is wrong in other places than planted, or by another amount."""
    case = case_of(name)
    planted = {
        "4000 inputs, one 1 % off": [2718],
        "4000 inputs, one sign": [1234],
        "20000 inputs, three 10 % off": [17, 9999, 19000],
        "20000 inputs, last never linked": [19999],
        "1500 inputs, two swapped": [100, 1400],
        "1500 inputs, all 0.1 % off": list(range(1500)),
    }.get(name, [])
    right = case_of(f"{case.size} inputs")
    claim, x = case.grad(case.x), [mpmath.mpf(float(number)) for number in case.x]
    assert np.flatnonzero(claim != right.grad(case.x)).tolist() == planted
    for k in {0, case.size // 3, *planted[:1]}:
        direction = [mpmath.mpf(int(j == k)) for j in range(case.size)]
        truth = slopes(case.formula, x, direction)[0][0]
        off = float(abs(mpmath.mpf(float(claim[k])) / truth - 1))
        assert off == pytest.approx(case.off, rel=0.01) if k in planted else off < EXACT


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("product of functions", "1e-6 off"), ("tie, shared", "tie, both take all"), ("Hessian", "Hessian, not symmetric")],
)
def test_a_mislabelled_case_is_found(right, wrong):
    """Evidence that would also prove a wrong label."""
    assert claim_is_true(case_of(right))
    assert not claim_is_true(replace(case_of(wrong), right=True), 1e-7)


def test_cases_are_made_anew():
    """A tool that sees the traces of another: a cache that is full, random numbers that are drawn."""
    first, second = case_of("stale cache"), case_of("stale cache")
    first.grad(np.ones(3))
    assert np.array_equal(second.grad(second.point()), 2 * second.x)
    noisy = [case_of("random noise of 1e-6") for _ in range(2)]
    assert noisy[0].f(noisy[0].x) == noisy[1].f(noisy[1].x)
    point = first.point()
    point += 1
    assert not np.array_equal(point, first.x)


# Judging


def trusting(case):
    return "right", "why not"


def strict(case):
    """A simple checker: central differences with one step, one tolerance, arrays only."""
    if case.kind != "gradient" or not isinstance(case.x, np.ndarray):
        raise UnsupportedError("gradients of arrays only")
    x = np.asarray(case.x, float)
    found = [(case.f(x + 1e-6 * unit) - case.f(x - 1e-6 * unit)) / 2e-6 for unit in np.eye(x.size)]
    return ("right" if np.allclose(case.grad(x), found, rtol=1e-4) else "wrong"), "compared"


def half_hearted(case):
    return ("right", "") if case.name == "linear" else ("inconclusive", "who knows")


def few_cases():
    names = ["linear", "half", "tuple", "f of 1e-20, sign", "relu at 0, 1", "a column", "stale cache"]
    return [case for case in benchmark_cases() if case.name in names]


def test_every_cell_of_the_matrix():
    """A verdict that is counted in another cell than it belongs to."""
    found = benchmark_checkers([], ours=Peer("strict", "one step", strict), cases=few_cases)
    outcomes = {said.case: said.outcome for said in found.judgements}
    assert outcomes == {
        "linear": "true pass",
        "half": "true fail",
        "tuple": "does not apply",
        "f of 1e-20, sign": "missed",
        "relu at 0, 1": "false alarm",
        "a column": "true fail",
        "stale cache": "missed",
    }
    assert found.counts("strict") == dict(zip(OUTCOMES, (1, 2, 1, 2, 0, 1), strict=True))
    assert found.counts("strict", "form")["true fail"] == 1
    assert youden(found.of("strict")) == pytest.approx(1 / 2 + 2 / 4 - 1)
    undecided = benchmark_checkers([], ours=Peer("half-hearted", "", half_hearted), cases=few_cases)
    assert undecided.counts("half-hearted")["inconclusive"] == 6
    assert math.isnan(youden([]))


def test_what_a_tool_raises_is_its_verdict():
    """One crash that ends the benchmark, or a crash that is counted as a pass."""

    def raising(case):
        raise ZeroDivisionError("steps of nothing\nand more")

    said = judge(Peer("raising", "", raising), case_of("linear"))
    assert (said.verdict, said.outcome, said.reason) == ("wrong", "false alarm", "ZeroDivisionError: steps of nothing")


def test_calls_of_f_are_counted():
    """A cost that is not the cost."""
    assert judge(Peer("strict", "", strict), case_of("linear")).calls == 6


def test_the_report_says_what_happened():
    """A page without a tool, a category, a rule or a reason, or a notebook that runs markup of a message."""
    peer = Peer("admodes", "a <b>rule</b>", half_hearted)
    missing = CheckerBenchmark({}, {"torch": "torch cannot be imported"}, ())
    found = benchmark_checkers([], ours=peer, cases=few_cases)
    text = str(found)
    assert "## 7 cases: 3 right claims, 4 wrong ones" in text
    assert "| admodes | 1 | 0 | 0 | 0 | 6 | 0 |" in text
    assert "| flat | 1 | 0 / 0 / 0 |" in text
    assert "- admodes, inconclusive: half: who knows" in text
    assert "torch was skipped: torch cannot be imported" in str(missing)
    assert "&lt;b&gt;rule" in found._repr_html_()
    assert "<b>" not in found._repr_html_()
    data = json.loads(json.dumps(found.to_dict()))
    assert data["counts"]["admodes"]["true pass"] == 1
    assert len(data["judgements"]) == 7
    assert data["categories"]["flat"]["admodes"]["true pass"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"), [({"peers": ["scpy"]}, "no peer 'scpy'"), ({"campaign": -1}, "campaign of -1")]
)
def test_bad_options_are_refused(arguments, message):
    """A misspelt peer that is left out in silence."""
    with pytest.raises(OptionError, match=message):
        benchmark_checkers(**({"peers": []} | arguments))


# Random campaigns


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32), scales=st.sampled_from(["order one", "mixed scales"]))
def test_random_gradients_are_right_and_planted_ones_are_wrong(seed, scales):
    """A campaign whose truth is not true."""
    random = np.random.default_rng(seed)
    case = random_case(random, scales)
    assert 2 <= case.size <= 6
    truth = true_numbers(case)
    assert compare(claimed_numbers(case), truth).component < 1e-9
    effects = np.abs(case.grad(case.x) * case.x)
    assert np.min(effects) >= 1e-3 * np.max(effects)
    wrong = plant_error(case, random, 1e-5)
    assert not wrong.right
    assert compare(claimed_numbers(wrong), truth).component == pytest.approx(1e-5, rel=1e-3)


def test_campaigns_are_repeatable_and_the_same_for_every_tool():
    """Rates that cannot be compared or found again."""
    seen = {"a": [], "b": []}

    def recorder(name):
        def judge_it(case):
            seen[name].append((case.x.tolist(), case.grad(case.x).tolist()))
            return "right", ""

        return Peer(name, "", judge_it)

    rates = list(run_campaign([recorder("a"), recorder("b")], 3, seed=5))
    assert seen["a"] == seen["b"]
    assert len(rates) == 2 * 2 * len(ERRORS)
    assert all(rate.tries == 3 and rate.mistakes == (3 if rate.error else 0) for rate in rates)
    other = list(run_campaign([recorder("a")], 3, seed=6))
    assert seen["a"][:42] != seen["a"][42:]
    assert len(other) == 14


def test_a_campaign_is_reported():
    """Rates that were measured and do not show."""
    found = benchmark_checkers([], ours=Peer("trusting", "", trusting), cases=few_cases, campaign=2)
    assert "Random functions, mixed scales: mistakes" in str(found)
    assert "| planted error | trusting |" in str(found)
    assert "| none: false alarms | 0 of 2: 0.0 [0.0, 65.8] |" in str(found)
    assert "| 1e-06: missed | 2 of 2: 100.0 [34.2, 100.0] |" in str(found)
    assert Rate("tool", "order one", 0.1, 10, 0, 10).interval == wilson_interval(0, 10)
    assert len(found.to_dict()["rates"]) == 14


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), scales=st.sampled_from(["order one", "mixed scales"]), error=st.sampled_from(ERRORS))
def test_our_checker_on_random_functions(seed, scales, error):
    """A planted error that is missed, or a right gradient of a smooth function that is accused."""
    random = np.random.default_rng(seed)
    case = random_case(random, scales)
    claim = plant_error(case, random, error) if error else case
    assert judge(peers_module.OURS, claim).outcome == ("true fail" if error else "true pass"), claim.formula


@pytest.mark.parametrize(
    ("hits", "tries", "low", "high"),
    # Roots of |p - rate| = 1.96 sqrt(p (1 - p) / tries), found with mpmath to five digits.
    [(0, 10, 0.0, 0.27753), (5, 10, 0.23659, 0.76341), (1, 100, 0.0017674, 0.054488), (10, 10, 0.72247, 1.0)],
)
def test_wilson_interval(hits, tries, low, high):
    """An interval that is too narrow, or that leaves [0, 1]."""
    assert wilson_interval(hits, tries) == pytest.approx((low, high), rel=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)


# Peers


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_peers_answer_as_their_libraries_do(peer):
    """An adapter that asks its library for something else: ordinary claims are no matter of opinion."""
    if peer.missing():
        pytest.skip(peer.missing())
    ordinary = ["coupled inputs", "quotient", "exp inside", "polar coordinates", "jvp of polar coordinates", "dict of a model"]
    mistakes = ["half", "sum for mean", "quotient rule", "transposed", "polar coordinates, transposed", "jvp, transposed", "0/0"]
    said = [
        judge(peer, case_of(name)) for name in [*ordinary, *mistakes, "vjp of polar coordinates", "vjp, angle without radius"]
    ]
    assert {one.outcome for one in said} <= {"true pass", "true fail", "does not apply"}
    assert sum(one.outcome == "true pass" for one in said) >= 4
    assert sum(one.outcome == "true fail" for one in said) >= 6
    assert all(one.calls for one in said if one.verdict)
    assert all("Error" not in one.reason.partition(":")[0] for one in said if one.outcome == "true pass")


@pytest.mark.parametrize(
    ("name", "case", "outcome"),
    [
        ("scipy", "tuple", "does not apply"),
        ("scipy", "Hessian", "does not apply"),
        ("scipy", "x of 1e12, twice", "missed"),
        ("scipy-relative", "x of 1e12, twice", "true fail"),
        ("torch", "x of 1e12, twice", "missed"),
        ("torch", "tuple", "true pass"),
        ("torch", "Hessian", "does not apply"),
        ("torch", "1e-4 off", "missed"),
        ("torch-fast", "4000 inputs, one 1 % off", "missed"),
        ("jax", "x of 1e12, twice", "missed"),
        ("jax", "tuple, factor forgotten", "true fail"),
        ("autograd", "dict, bias not averaged", "true fail"),
        ("autograd", "relu at 0, 1", "false alarm"),
        ("numdifftools", "4000 inputs", "does not apply"),
        ("numdifftools", "Hessian", "true pass"),
    ],
)
def test_known_answers_of_peers(name, case, outcome):
    """A rule that is not the one that is documented: these follow from step and tolerance."""
    (peer,) = find_peers([name])
    if peer.missing():
        pytest.skip(peer.missing())
    assert judge(peer, case_of(case)).outcome == outcome


def test_a_peer_that_is_not_installed_is_skipped_with_a_reason(monkeypatch):
    """A row of zeros for a tool that never ran."""
    monkeypatch.setitem(sys.modules, "numdifftools", None)
    found = benchmark_checkers(["numdifftools"], ours=Peer("strict", "", strict), cases=few_cases)
    assert list(found.rules) == ["strict"]
    assert "numdifftools cannot be imported" in found.skipped["numdifftools"]
    assert "numdifftools was skipped" in str(found)


def test_a_peer_that_hangs_or_crashes_loses_a_case():
    """A benchmark that ends, or waits for ever, because of one tool on one case; a printed line that is read as an answer."""
    said = {one.case: one for one in judge_apart(rude_peers.RUDE, rude_peers.four_cases, 3.0)}
    assert list(said) == [case.name for case in rude_peers.four_cases()]
    assert said["relu at 0, 1"].verdict == "right"
    assert said["relu at 0, 1"].reason == "a reason"
    assert said[rude_peers.HANGS].reason == "no answer within 3 s"
    assert said[rude_peers.CRASHES].reason == "crashed: Killed"
    assert said[rude_peers.LEAVES].reason == "its process ended with exit code 3"
    assert {said[name].outcome for name in (rude_peers.HANGS, rude_peers.CRASHES, rude_peers.LEAVES)} == {"inconclusive"}


def test_a_peer_that_never_answers_is_left_alone():
    """A start of another library for each of hundreds of cases, in vain."""
    said = list(judge_apart(rude_peers.HOPELESS, benchmark_cases, 60.0))
    assert len(said) == len(benchmark_cases())
    assert {one.reason for one in said} == {"its process ended with exit code 4"}


# The command


@pytest.fixture
def command(monkeypatch, tmp_path):
    """The command with a simple checker in the place of ours, and seven cases."""
    monkeypatch.chdir(tmp_path)
    from admodes.checking import benchmark

    monkeypatch.setitem(benchmark.running.benchmark_checkers.__kwdefaults__, "ours", Peer("admodes", "one step", strict))
    monkeypatch.setattr(benchmark, "benchmark_cases", few_cases)
    monkeypatch.setattr(benchmark, "held_out_cases", lambda: [case_of("linear, 1e-5 off")])
    return lambda *arguments: CliRunner().invoke(cli.main, ["benchmark-checkers", *arguments])


def test_the_command_prints_and_writes(command, tmp_path):
    """A command that leaves out what it was asked for."""
    done = command("--peers", "none", "--campaign", "1", "--seed", "3", "--json", "found.json")
    assert done.exit_code == 0, done.output
    assert "| tool | true pass | true fail | false alarm | missed | inconclusive | does not apply |" in done.stdout
    data = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert len(data["judgements"]) == 7
    assert len(data["rates"]) == 14
    assert "1 cases: 0 right claims" in command("--peers", "none", "--held-out").stdout
    again = command("--peers", "none", "--json", "found.json")
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_the_command_refuses_unknown_peers(command):
    """A misspelt peer that costs minutes before it is found."""
    done = command("--peers", "torhc")
    assert done.exit_code == 2
    assert "no peer 'torhc'" in done.stderr


def test_our_checker_is_not_mistaken():
    """A bug missed, a right gradient accused, or a shrug more often than once in twenty cases."""
    found = benchmark_checkers([])
    counts = found.counts("admodes")
    bad = [f"{said.outcome}: {said.case}: {said.reason}" for said in found.of("admodes") if not said.outcome.startswith("true")]
    assert counts["missed"] == counts["false alarm"] == counts["does not apply"] == 0, bad
    assert counts["inconclusive"] <= 0.05 * len(found.judgements), bad


#: Loops that stop early: their own slope is another than their limit's, and nothing in f's numbers says so.
UNFINISHED = {"Newton stopped at 1e-4", "panels that depend on x", "square roots by averaging"}


def test_our_checker_on_claims_that_were_held_out():
    """The same on claims that it was not made with; loops that stop early may be accused."""
    found = benchmark_checkers([], cases=held_out_cases)
    bad = [f"{said.outcome}: {said.case}: {said.reason}" for said in found.of("admodes") if not said.outcome.startswith("true")]
    counts = found.counts("admodes")
    assert counts["missed"] == counts["does not apply"] == 0, bad
    assert {said.case for said in found.of("admodes") if said.outcome == "false alarm"} <= UNFINISHED, bad
    assert counts["inconclusive"] <= 0.05 * len(found.judgements), bad


def test_our_adapter_reads_the_verdict(monkeypatch):
    """Our own row, read from something else than the verdict."""

    class Check:
        verdict, reason = "inconclusive", "too noisy"

    monkeypatch.setattr(peers_module, "check_gradient", lambda f, grad, x, kind: Check())
    said = judge(peers_module.OURS, case_of("Hessian"))
    assert (said.verdict, said.reason) == ("inconclusive", "too noisy")


def test_a_case_is_complete():
    """A case without a reason, or one that cannot be read."""
    assert all(isinstance(case, Case) and case.why and case.formula and case.category for case in benchmark_cases())
    assert {Judgement("t", "c", "k", True, verdict, "", 1).outcome for verdict in ("right", "wrong", "inconclusive", "")} == {
        "true pass",
        "false alarm",
        "inconclusive",
        "does not apply",
    }
