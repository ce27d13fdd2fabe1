"""The lectures' claims: each has a test, numbers and a verdict, and a verdict can go either way."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from admodes import cli
from admodes.figures.marks import marks_of
from admodes.figures.svg import to_svg
from admodes.measure.problems import (
    LEAST_SQUARES,
    LOG_SUM_EXP,
    ROSENBROCK,
    digits,
    digits_problem,
    k_means_problem,
    mixture_problem,
    recurrent_problem,
)
from admodes.report.claim_figures import claim_plot
from admodes.reproduce import REPRODUCTIONS, Claims, claims_finite, claims_modes, claims_symbolic
from admodes.reproduce.claims import FAILS, HOLDS, LIMITED, Claim, verdict
from admodes.reproduce.steps import StepCurve
from admodes.rows import Row
from admodes.sweeps.results import to_json

#: The claims as the lectures make them.
CLAIMED = {
    "fd-slow-in-inputs",
    "fd-precision",
    "central-better",
    "symbolic-swell",
    "symbolic-piecewise",
    "forward-per-input",
    "reverse-per-output",
    "backprop-cost",
    "backprop-dual",
    "gradcheck-finds",
}
#: Six problems that a test can afford, to divide the work of backpropagation by that of f.
SMALL = (
    (ROSENBROCK, 50),
    (LOG_SUM_EXP, 50),
    (LEAST_SQUARES, 20),
    (mixture_problem(2, 3, 40), 18),
    (recurrent_problem(8), 18),
    (k_means_problem(60, 2), 8),
)


@pytest.fixture(scope="module")
def curves():
    return claims_finite.all_curves()


@pytest.fixture(scope="module")
def tested(curves):
    found = (
        claims_finite.slow_in_inputs(),
        claims_finite.precision(curves),
        claims_finite.central_better(curves),
        claims_symbolic.swell(7),
        claims_symbolic.piecewise(5, 2),
        claims_modes.per_input(),
        claims_modes.per_output(),
        claims_modes.backprop_cost(SMALL, rounds=2),
        claims_modes.backprop_dual(),
        claims_finite.finds_mistakes(),
    )
    return {claim.name: claim for claim in found}


def numbers(claim):
    return {value.quantity: value.number for value in claim.values}


def test_every_claim_is_tested(tested):
    """Breaks if a claim has no test, no numbers, no figure, or no verdict."""
    assert set(tested) == CLAIMED
    for claim in tested.values():
        assert claim.verdict in (HOLDS, LIMITED, FAILS)
        assert claim.values
        assert claim.figure.series
        assert all(len(line.x) == len(line.y) > 1 for line in claim.figure.series)
        assert all(math.isfinite(value.number) for value in claim.values)
        for text in (claim.claim, claim.source, claim.how, claim.because):
            assert text.strip()


def test_verdicts_are_those_of_the_numbers(tested):
    """Breaks if a claim that holds here is said not to, or the other way round.

    No verdict is one of a time, but that one seed at n = 4 takes more than 4 times f: Python's own work is ten times that.
    """
    found = {name: claim.verdict for name, claim in tested.items() if name != "backprop-cost"}
    assert {name for name, one in found.items() if one == HOLDS} == CLAIMED - {
        "central-better",
        "symbolic-piecewise",
        "gradcheck-finds",
        "backprop-cost",
        "forward-per-input",
        "reverse-per-output",
    }
    limited = {"central-better", "symbolic-piecewise", "gradcheck-finds", "forward-per-input", "reverse-per-output"}
    assert {found[name] for name in limited} == {LIMITED}
    assert tested["backprop-cost"].verdict in (HOLDS, LIMITED)


def test_calls_of_central_differences_are_two_an_input(tested):
    """Breaks if calls are not counted but assumed."""
    calls = numbers(tested["fd-slow-in-inputs"])
    assert [calls[f"central at n = {n}: calls of f"] for n in (1, 8, 64)] == [3, 17, 129]
    assert calls["reverse at n = 64: calls of f"] == 1
    assert calls["adaptive at n = 64: calls of f"] > calls["central at n = 64: calls of f"]


def test_the_logistic_map_swells_and_sharing_stops_it(tested):
    """Breaks if the two counts are mixed up."""
    found = numbers(tested["symbolic-swell"])
    assert found["l_7': operations, written out"] == 2096
    assert found["l_7': operations, shared"] == 93


def test_cases_of_nested_kinks_double(tested):
    """Breaks if cases are not counted, or the symbolic mode's own operations grow as fast."""
    found = numbers(tested["symbolic-piecewise"])
    assert [found[f"{kinks} kinks: cases, written out"] for kinks in (1, 2)] == [2, 4]
    kept = [found[f"{kinks} kinks: operations, shared"] for kinks in range(1, 6)]
    assert np.ptp(np.diff(kept)) == 0


@pytest.mark.parametrize(("name", "one"), [("forward-per-input", "one input"), ("reverse-per-output", "one output")])
def test_a_seed_costs_the_same_at_every_size(tested, name, one):
    """Breaks if the operations of one seed grow with the numbers of inputs and outputs."""
    found = numbers(tested[name])
    assert all(2 < found[f"n = m = {size}: {one}, operations in units of f"] < 2.3 for size in (4, 8, 16, 32, 64))


def test_backpropagation_is_measured_on_six_problems(tested):
    """Breaks if a problem is left out of the mean, or the operations are beyond what theory allows."""
    found = numbers(tested["backprop-cost"])
    ratios = [number for name, number in found.items() if "growth" not in name and "operations, b" in name]
    assert len(ratios) == len(SMALL)
    assert found["mean, operations"] == pytest.approx(np.mean(ratios))
    assert all(0.9 < ratio < 3 for ratio in ratios)
    assert found["recurrent network, n = 18: operations, backward / forward"] > 1.5
    assert found["least squares, n = 20: operations, backward / forward"] == pytest.approx(1, abs=0.1)


def test_a_problem_that_is_not_installed_is_left_out_and_said(monkeypatch):
    """Breaks if the claims cannot be tested without scikit-learn, or a problem is missing without a word."""
    digits._load_digits.cache_clear()
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    claim = claims_modes.backprop_cost((*SMALL, (digits_problem(), 650)), rounds=1)
    (left_out,) = (value for value in claim.values if "left out" in value.quantity)
    assert "admodes[data]" in left_out.note
    assert math.isfinite(numbers(claim)["mean, operations"])


def test_a_gradient_faster_than_f_is_suspect():
    """Breaks if a time that a busy machine made is shown like any other."""
    row = Row("f", 1, 1, "reverse", "ok", ratio=0.4, ratio_low=0.3, ratio_high=0.5, digits=16.0)
    assert "suspect" in claims_modes._interval(row)
    assert claims_modes._interval(replace(row, ratio=2.0)) == "95% interval -0.70 to -0.50; 16.0 digits"


def test_the_usual_problems_are_at_least_six():
    """Breaks if the mean is one of too few problems, or of one problem at several sizes."""
    assert len({problem.name for problem, _ in claims_modes.backprop_cases()}) >= 6


def test_forward_and_reverse_are_transposes(tested):
    """Breaks if the gap between <w, J t> and <J'w, t> is more than rounding."""
    gaps = [number for name, number in numbers(tested["backprop-dual"]).items() if "relative" in name]
    assert len(gaps) >= 5
    assert max(gaps) < 1e-13


def test_planted_mistakes_are_found(tested):
    """Breaks if a planted mistake passes the check against differences."""
    found = numbers(tested["gradcheck-finds"])
    assert sum(number for name, number in found.items() if name.endswith("mistakes found")) >= 4 * 9
    assert found["false alarms at a right gradient of k-means"] == 1
    assert found["a wrong rule in a network's backpropagation found"] == 1


# verdicts that go the other way


def test_a_slope_of_another_order_fails_the_claim(curves):
    """Breaks if the V-shape is called right whatever the slopes are."""
    key = ("exp", "central")
    curve: StepCurve = curves[key]
    assert claims_finite.precision({key: curve}).verdict == HOLDS
    assert claims_finite.precision({key: replace(curve, order=1)}).verdict == FAILS


def test_central_differences_that_gain_nothing_fail_the_claim(curves):
    """Breaks if the verdict does not look at the errors."""
    swapped = {(name, sided): curves[name, "central" if sided == "forward" else "forward"] for name, sided in curves}
    assert claims_finite.central_better(swapped).verdict == FAILS


def test_a_check_that_finds_nothing_fails_the_claim(monkeypatch):
    """Breaks if finding planted mistakes is taken for granted."""
    monkeypatch.setattr(claims_finite.Check, "passes", lambda _self, _found: True)
    assert claims_finite.finds_mistakes().verdict == FAILS


@pytest.mark.parametrize(
    ("holds", "limited", "wanted"), [(True, True, HOLDS), (True, False, HOLDS), (False, True, LIMITED), (False, False, FAILS)]
)
def test_the_three_verdicts(holds, limited, wanted):
    """Breaks if a claim that fails holds within limits."""
    assert verdict(holds=holds, limited=limited) == wanted


# how they are shown


def test_claims_print_and_travel_as_json(tested):
    """Breaks if a claim's text, source or numbers are lost on the way to the terminal or a file."""
    claims = Claims(tuple(tested.values()))
    text = str(claims)
    assert text.startswith("# The lectures' claims, tested\n\n10 claims: ")
    for claim in tested.values():
        assert f"## {claim.claim}" in text
        assert claim.source in text
    data = json.loads(to_json(claims.to_dict()))
    assert {one["name"] for one in data["claims"]} == CLAIMED
    assert data["claims"][0]["figure"]["series"][0]["name"] == "central"


def test_the_command_draws_the_figures(tmp_path, tested, monkeypatch):
    """Breaks if a figure is not written, or --figures is taken for what has none."""
    monkeypatch.setitem(REPRODUCTIONS, "claims", lambda: Claims((tested["symbolic-swell"], tested["fd-slow-in-inputs"])))
    result = CliRunner().invoke(cli.main, ["reproduce", "claims", "--figures", str(tmp_path / "new" / "figures")])
    assert result.exit_code == 0, result.output
    assert "2 claims: 2 holds." in result.stdout
    names = sorted(path.name for path in (tmp_path / "new" / "figures").iterdir())
    assert names == ["claim-fd-slow-in-inputs.svg", "claim-symbolic-swell.svg"]
    refused = CliRunner().invoke(cli.main, ["reproduce", "gradbench", "--figures", str(tmp_path)])
    assert refused.exit_code == 2
    assert "leave it away" in refused.stderr


def test_every_claim_has_a_figure(tested):
    """Breaks if a figure cannot be drawn, or is not of this claim."""
    for claim in tested.values():
        plot = claim_plot(claim)
        svg = to_svg(plot.figure, plot.name)
        assert svg.count("<svg") == 1
        assert all(line.name.replace("&", "&amp;") in svg for line in claim.figure.series)
        assert plot.name == f"claim-{claim.name}"
        assert plot.caption.lower().startswith(f"{claim.verdict}: ")


def test_a_figure_over_problems_names_them(tested):
    """Breaks if a reader sees "problem 3", or a line that joins things without an order."""
    for name in ("backprop-cost", "backprop-dual", "gradcheck-finds"):
        claim = tested[name]
        plot = claim_plot(claim)
        (axes,) = plot.figure.axes
        names = [label.get_text() for label in axes.get_yticklabels()]
        assert len(names) == len(claim.figure.series[0].x) > 4
        assert all(", " in one for one in names)
        assert {line.get_linestyle() for line in axes.get_lines()} == {"None"}
        labels = [label for one in marks_of(plot.figure).values() for label in one.labels]
        assert any(names[0] in label for label in labels)
        assert Claim.from_dict(json.loads(to_json(claim.to_dict()))) == claim


def test_a_share_has_a_linear_axis(tested):
    """Breaks if shares between 0 and 1 stand on a logarithmic axis, where none at all has no place."""
    claim = tested["gradcheck-finds"]
    none = replace(claim.figure, series=(replace(claim.figure.series[0], y=(0.0,) * len(claim.figure.names)),))
    for figure in (claim.figure, none):
        (axes,) = claim_plot(replace(claim, figure=figure)).figure.axes
        assert axes.get_xscale() == "linear"
        assert axes.get_xlim()[0] <= 0
        assert len(axes.get_lines()[0].get_xdata()) == len(claim.figure.names)


def test_the_v_curve_says_which_functions_it_shows(curves):
    """Breaks if three functions are said to be tested and two are drawn without a word."""
    claim = claims_finite.precision(curves)
    drawn = dict.fromkeys(line.name.partition(",")[0] for line in claim.figure.series)
    assert claim.how.endswith(f"the figure shows {' and '.join(drawn)}.")
