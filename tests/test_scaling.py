"""Exponents of cost: planted growth is found again, intervals hold, and what the data do not say is not said."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import admodes as ad
from admodes.errors import OptionError
from admodes.measure.power_law import Estimate, fit_power_law, last_exponent, t_quantile
from admodes.measure.scaling import fit_scaling
from admodes.rows import Row, Timing
from admodes.theory import AGREES, AT_LAST, DIFFERS, TOO_SMALL, VAGUE, theory_of

SIZES = (1, 4, 16, 64, 256)
GRID = [(n, m) for n in SIZES for m in SIZES]


def row(method, n, m, seconds=None, f_seconds=None, **columns):
    """A verified row; times are one sample."""
    time = Timing() if seconds is None else Timing((seconds,), 1, seconds)
    f_time = Timing() if f_seconds is None else Timing((f_seconds,), 1, f_seconds)
    return Row("planted", n, m, method, "ok", time=time, f_time=f_time, **columns)


def planted(method, law, f_law=None, noise=0.0, seed=0, cells=GRID):
    """Rows whose times follow `law(n, m)` within relative noise."""
    rng = np.random.default_rng([seed, len(method)])
    return [
        row(
            method,
            n,
            m,
            law(n, m) * math.exp(noise * rng.standard_normal()),
            None if f_law is None else f_law(n, m) * math.exp(noise * rng.standard_normal()),
        )
        for n, m in cells
    ]


@pytest.mark.parametrize(("freedom", "table"), [(2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (22, 2.074), (1e9, 1.960)])
def test_quantiles_are_those_of_the_printed_table(freedom, table):
    """Intervals that are too narrow because a normal quantile stands in for Student's."""
    assert t_quantile(freedom) == pytest.approx(table, rel=0.01 if freedom < 3 else 0.002)


@pytest.mark.parametrize(
    ("overhead", "constant", "a", "b", "outliers"),
    [(0.0, 1e-6, 1.0, 0.5, 0.0), (1e-4, 2e-8, 1.0, 1.0, 0.0), (1e-4, 1e-6, 0.1, 0.9, 0.0), (0.0, 1e-6, 1.0, 0.5, 0.08)],
    ids=["power", "overhead", "flat in n", "outliers"],
)
def test_intervals_hold_in_about_95_percent(overhead, constant, a, b, outliers):
    """Intervals that are called 95% and hold in half of the cases, with overhead and with outliers as well."""
    n, m = np.array(GRID, float).T
    rng = np.random.default_rng(20240229)
    runs = 80
    held = np.zeros(2)
    for _ in range(runs):
        times = (overhead + constant * n**a * m**b) * np.exp(0.15 * rng.standard_normal(n.size))
        times = np.where(rng.random(n.size) < outliers, 3 * times, times)
        law = fit_power_law(n, m, times, axes=[0, 1])
        held += [law.estimate(2).holds(a), law.estimate(3).holds(b)]
    assert np.all(held / runs >= 0.88), held / runs
    assert np.sum(held) < 2 * runs, "intervals that always hold are too wide"


def test_an_outlier_does_not_bend_the_fit():
    """One disturbed measurement that moves an exponent."""
    times = [1e-6 * n * (1 + 0.01 * (-1) ** k) for k, (n, _) in enumerate(GRID)]
    times[20] *= 30
    law = fit_power_law(*np.array(GRID, float).T, times, axes=[0, 1])
    assert law.parameters[2] == pytest.approx(1.0, abs=0.03)
    assert law.parameters[3] == pytest.approx(0.0, abs=0.03)


def test_overhead_and_growth_are_told_apart():
    """A constant start that is taken for slow growth: the exponent without it would be 0.4."""
    fit = fit_scaling(planted("finite", lambda n, m: 1e-4 + 1e-6 * n, noise=0.02)).fit("finite")
    assert fit.n_exponent.holds(1.0)
    assert fit.n_exponent.high - fit.n_exponent.low < 0.3
    assert fit.overhead == pytest.approx(1e-4, rel=0.1)
    assert fit.beyond == 5
    assert fit.predict(256, 16) == pytest.approx(3.56e-4, rel=0.1)


def test_counts_are_fitted_exactly():
    """Counted numbers that get an exponent of 0.97 because of their constant part."""
    rows = [row("finite", n, m, calls=10 * n + 1) for n, m in GRID] + [row("complex", n, m, calls=n) for n, m in GRID]
    found = fit_scaling(rows)
    for method in ("finite", "complex"):
        fit = found.fit(method, "calls of f")
        assert fit.n_exponent.value == pytest.approx(1.0, abs=1e-6)
        assert fit.m_exponent.value == pytest.approx(0.0, abs=1e-6)
        assert fit.verdict == AGREES
        assert fit.spread == 0


def test_calls_that_were_really_counted_follow_the_theory():
    """Fits that only work on made-up rows."""
    rows = []
    for n in (1, 4, 16, 64):
        compared = ad.compare(lambda x: np.sum(np.sin(x)), np.linspace(0, 1, n), ["complex", "reverse"], rounds=1)
        rows += [replace(one, problem="sines") for one in compared]
    found = fit_scaling(rows)
    assert found.fit("complex", "calls of f").n_exponent.value == pytest.approx(1.0)
    assert found.fit("reverse", "calls of f").is_constant
    assert "Reverse: calls of f are 1 in all 4 cells." in str(found)


def test_a_wrong_theory_is_flagged():
    """A comparison with the theory that always agrees."""
    f = lambda n, m: 1e-6 * n * m  # noqa: E731 - one line beside the laws that are compared with it
    right = planted("reverse", lambda n, m: 3e-6 * n * m * m, f, noise=0.05)
    wrong = planted("forward", lambda n, m: 3e-6 * n * m * m, f, noise=0.05)
    found = fit_scaling(right + wrong)
    assert found.fit("reverse", "time per f").verdict == AGREES
    assert found.fit("forward", "time per f").verdict == DIFFERS
    assert "agrees with theory" in next(one for one in found.sentences if one.startswith("Reverse"))
    assert "differs from theory" in next(one for one in found.sentences if one.startswith("Forward"))


@pytest.mark.parametrize(
    ("n", "m", "verdict"),
    [
        (Estimate(0.0, -0.1, 0.1), Estimate(1.0, 0.9, 1.1), AGREES),
        (Estimate(0.0, -0.1, 0.1), None, AGREES),
        (Estimate(0.06, 0.05, 0.07), Estimate(1.0, 0.9, 1.1), AGREES),
        (Estimate(0.0, -0.1, 0.1), Estimate(0.4, -0.5, 1.3), VAGUE),
        (Estimate(0.5, 0.2, 0.8), Estimate(1.0, 0.0, 2.0), DIFFERS),
    ],
    ids=["both", "n alone", "lower order", "wide", "outside"],
)
def test_verdicts_know_what_the_intervals_tell(n, m, verdict):
    """Intervals so wide that every theory is inside them, or a bend of 6% that refutes one."""
    assert theory_of("reverse", "cost").verdict(n, m) == verdict


def test_theory_is_not_tested_where_f_is_overhead():
    """Times of overheads that refute a theory which is about f's own work."""
    rows = planted("finite", lambda n, m: 1e-4 * n, lambda n, m: 2e-6 + 1e-12 * n * m, noise=0.03)
    found = fit_scaling(rows)
    assert found.fit("finite", "time per f") is None
    sentence = next(one for one in found.sentences if one.startswith("Finite"))
    assert "which these times cannot test: f's own time is nearly all overhead" in sentence
    assert any(one.startswith("No exponents for f itself (time)") for one in found.sentences)


def test_f_without_times_is_said():
    """Missing times of f that are called overhead."""
    found = fit_scaling(planted("finite", lambda n, m: 1e-4 * n, noise=0.03))
    assert "f's own time was not measured" in found.sentences[0]


def test_the_distance_from_the_fit_is_the_noise():
    """A fit that looks better than it is, because outliers are left out of its quality."""
    cells = [(n, m) for n in range(1, 30) for m in range(1, 30)]
    fit = fit_scaling(planted("finite", lambda n, m: 1e-4 * n, noise=0.2, cells=cells)).fit("finite")
    assert fit.spread == pytest.approx(math.expm1(0.2), rel=0.1)


def test_a_method_that_is_all_overhead_has_no_exponents():
    """n^0.02 as a statement about sizes that were not measured."""
    found = fit_scaling(planted("reverse", lambda n, m: 1e-4 + 1e-10 * n * m, noise=0.05))
    assert found.fit("reverse") is None
    assert "nearly all overhead" in str(found) or "larger sizes would tell" in str(found)


def test_growth_in_the_last_size_alone_is_no_exponent():
    """A second call at the largest size that becomes n^11.9."""
    cells = [(n, m) for n in (64, 256, 1024) for m in (64, 256, 1024)]
    found = fit_scaling([row("forward", n, m, calls=1 + (n == 1024)) for n, m in cells])
    assert found.fit("forward", "calls of f") is None


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([(2, 1)], "there are 1 and 1"),
        ([(2, 1), (64, 1)], "there are 2 and 1"),
        ([(10, 1), (11, 1), (12, 1), (13, 1)], "the largest 4 times the smallest"),
        ([(n, n) for n in (1, 4, 16, 64, 256)], "inputs and outputs grow together"),
        ([(1, 1), (4, 1), (16, 1)], "3 cells are too few"),
    ],
)
def test_too_little_to_fit_is_said(cells, reason):
    """Exponents of two points, or of a diagonal."""
    found = fit_scaling(planted("reverse", lambda n, m: 1e-5 * n, noise=0.05, cells=cells))
    assert found.fits == ()
    assert reason in found.unfitted[0].reason
    assert reason in str(found)


def test_one_number_of_outputs_gives_the_exponent_of_n_alone():
    """An exponent of m that was never varied."""
    cells = [(n, 1) for n in (4, 16, 64, 256, 1024)] + [(4, 2)]
    fit = fit_scaling(planted("finite", lambda n, m: 1e-5 * n, noise=0.02, cells=cells)).fit("finite")
    assert fit.m_exponent is None
    assert fit.m_range == (1, 1)
    assert fit.cells == 5
    assert fit.n_exponent.holds(1.0)


def test_cells_without_a_result_are_counted():
    """Timeouts, which would be the slowest cells, that leave no trace in the sentence."""
    rows = planted("finite", lambda n, m: 1e-5 * n * m, noise=0.02)
    rows = [replace(one, status="timeout", time=Timing()) if one.inputs * one.outputs > 4096 else one for one in rows]
    found = fit_scaling(rows)
    assert found.fit("finite").missing == sum(n * m > 4096 for n, m in GRID)
    assert "3 more have no result" in str(found)


@pytest.mark.parametrize("status", ["inaccurate", "nonfinite", "error"])
def test_wrong_derivatives_are_not_fitted(status):
    """The speed of a method that is wrong."""
    rows = [replace(one, status=status) for one in planted("finite", lambda n, m: 1e-5 * n * m)]
    assert fit_scaling(rows).fits == ()


def test_operations_without_those_of_f_are_another_column():
    """The operations of older files, which were f's own, taken for the derivative's."""
    old = [row("forward", n, m, operations=2 * n * m) for n, m in GRID]
    assert fit_scaling(old).fit("forward", "operations") is None
    new = [row("forward", n, m, operations=2 * n * m * (1 + n), f_operations=2 * n * m) for n, m in GRID]
    found = fit_scaling(new)
    per_f = found.fit("forward", "operations per f")
    assert per_f.n_exponent.value == pytest.approx(1.0, abs=1e-6)
    assert per_f.verdict == AGREES
    assert found.fit("", "operations").m_exponent.value == pytest.approx(1.0, abs=1e-6)


def test_prepared_expressions_are_compared_with_the_entries():
    """The preparation of the symbolic method in the time of its derivative."""
    rows = [replace(row("symbolic", n, m, 1.0), prepared=Timing((1e-6 * n * m,) * 3, 1, 1.0)) for n, m in GRID]
    fit = fit_scaling(rows).fit("symbolic", "prepared")
    assert fit.verdict == AGREES
    assert str(fit.theory) == "n^1 m^1"


def test_problems_and_machines_are_not_mixed():
    """Times of two machines in one fit."""
    rows = planted("finite", lambda n, m: 1e-5 * n, noise=0.01)
    other = [replace(one, machine="other", time=Timing((1e-3,), 1, 1e-3)) for one in rows[:10]]
    third = [replace(one, problem="third", operator="hessian") for one in rows[:4]]
    found = fit_scaling(rows + other + third)
    assert found.problem == "planted"
    assert found.fit("finite").n_exponent.holds(1.0)
    assert fit_scaling(rows + third, "third").operator == "hessian"


@pytest.mark.parametrize(("rows", "problem"), [([], None), (planted("finite", lambda n, m: 1.0), "nothing")])
def test_no_rows_are_refused(rows, problem):
    """An index error where there is nothing to fit."""
    with pytest.raises(OptionError, match=r"There are no rows.*to fit"):
        fit_scaling(rows, problem)


def test_failures_and_empty_outputs_do_not_stop_the_rest():
    """Logarithms of zero sizes, or of rows that hold nothing."""
    rows = [Row("planted", 4, 0, "finite", "ok", calls=9), Row("planted", 4, 1, "finite", "error", "it raised")]
    found = fit_scaling(rows)
    assert found.fits == ()
    assert found.crossover is None
    assert "no method gave a verified derivative" in str(found)


@pytest.mark.parametrize(
    ("method", "operator", "theory"),
    [
        ("forward", "jacobian", "n^1 m^0"),
        ("forward", "jvp", "n^0 m^0"),
        ("reverse", "vjp", "n^0 m^0"),
        ("finite", "vjp", "n^1 m^0"),
        ("reverse", "hessian", "None"),
        ("somebody's", "jacobian", "None"),
    ],
)
def test_theory_is_that_of_the_operator(method, operator, theory):
    """The theory of the whole derivative beside the cost of one direction."""
    assert str(theory_of(method, "cost", operator)) == theory


def line_of(forward, reverse, noise=0.0, seed=0):
    return fit_scaling(planted("forward", forward, noise=noise, seed=seed) + planted("reverse", reverse, noise=noise, seed=seed))


def test_the_line_between_two_methods_is_found():
    """The wrong side of the line, or a line that is elsewhere."""
    line = line_of(lambda n, m: 2e-6 * n, lambda n, m: 1e-6 * m).crossover
    assert (line.above, line.below) == ("forward", "reverse")
    assert line.m_at(10) == pytest.approx(20.0, rel=0.02)
    assert line.exponent.value == pytest.approx(1.0, abs=0.01)
    assert "reverse is cheaper than forward as long as m < 2.00 n^1.00" in str(line)


def test_the_interval_of_the_line_holds():
    """An interval of the line that ignores the noise of the times."""
    held = []
    for seed in range(12):
        line = line_of(lambda n, m: 4e-6 * n**0.5, lambda n, m: 1e-6 * m**0.9, noise=0.1, seed=seed).crossover
        held += [line.exponent.holds(0.5 / 0.9), line.constant.holds(4 ** (1 / 0.9))]
    assert np.mean(held) >= 0.85


def test_the_line_says_where_it_is_wrong():
    """A straight line through a bent border, without the cells it gets wrong."""
    line = line_of(lambda n, m: 1e-4 + 1e-6 * n, lambda n, m: 1.3e-4 + 1e-6 * m).crossover
    assert line.right < line.cells
    assert f"right or a tie in {line.right} of 25 cells, and costs" in str(line)
    assert f"overheads bend it by {line.bend:.0%} typically" in str(line)


@pytest.mark.parametrize(
    ("forward", "reverse", "reason"),
    [
        (lambda n, m: 1e-6 * n, lambda n, m: 1e-9 * n, "reverse is the fastest in every cell"),
        (lambda n, m: 1e-6 * n * m, lambda n, m: 8e-6 * m, "do not cross inside the grid"),
    ],
)
def test_no_line_is_said(forward, reverse, reason):
    """A line outside of the grid, or along its other side, drawn anyway."""
    found = line_of(forward, reverse)
    assert found.crossover is None
    assert reason in found.no_crossover
    assert reason in found.sentences[-1]


def test_any_two_methods_have_a_line_or_a_reason():
    """A crossover that is known for one pair alone."""
    found = line_of(lambda n, m: 2e-6 * n, lambda n, m: 1e-6 * m)
    assert found.crossover_of("reverse", "forward").m_at(4) == pytest.approx(8.0, rel=0.02)
    assert "finite has no fit: no cell has a result" in found.crossover_of("finite", "reverse")
    one_column = fit_scaling(planted("a", lambda n, m: n, cells=[(n, 1) for n in SIZES]))
    assert "several numbers of inputs and of outputs" in one_column.crossover_of("a", "a")


def test_a_sweep_has_its_scaling():
    """A sweep that must be taken apart by hand to be fitted."""
    found = ad.sweep("rosenbrock", [2, 4, 8, 16], methods=["complex"], effort=ad.Effort(rounds=1), progress=False).scaling
    assert found.fit("complex", "calls of f").n_exponent.value == pytest.approx(1.0)
    assert found.problem == "rosenbrock"


def test_a_notebook_shows_the_sentences_escaped():
    """Markup in the name of a problem that becomes the page's."""
    rows = [replace(one, problem="<b>f</b>") for one in planted("finite", lambda n, m: 1e-5 * n)]
    page = fit_scaling(rows)._repr_html_()
    assert "&lt;b&gt;f" in page
    assert "<b>" not in page
    assert page.count("<li>") == len(fit_scaling(rows).sentences)


def test_counts_are_judged_by_their_growth_and_not_by_terms_of_lower_order():
    """Sweeps that are counted as (1 + 1/2n) m and half an evaluation of f beside them differ from one sweep an output."""
    cells = [(n, m) for n in (2, 8, 32) for m in (1, 3, 9)]
    rows = [row("reverse", n, m, operations=(2 * n + 1) * m * m + (n + 1) * m, f_operations=2 * n * m) for n, m in cells]
    fit = fit_scaling(rows).fit("reverse", "operations per f")
    assert fit.m_exponent.value < 0.9
    assert fit.verdict == AT_LAST


@pytest.mark.parametrize(
    ("count", "verdict"),
    [
        (lambda n: n + 8, TOO_SMALL),
        (lambda n: n * n + 3 * n, DIFFERS),
        (lambda n: math.ceil(n**0.5 + n**0.25), DIFFERS),
    ],
)
def test_growth_at_the_largest_sizes_refutes_a_theory_too(count, verdict):
    """Terms of lower order as an excuse for every growth."""
    theory = theory_of("complex", "calls of f")
    cells = {(n, 1): float(count(n)) for n in (1, 4, 16)}
    fitted = math.log(count(16) / count(1)) / math.log(16)
    assert theory.verdict_of_counts([fitted, None], [last_exponent(cells, 0), last_exponent(cells, 1)]) == verdict


@pytest.mark.parametrize("rows", [None, [1], "rows", 3])
def test_what_is_no_row_is_refused(rows):
    """Python's own error about attributes, from inside."""
    with pytest.raises(OptionError, match="fit_scaling takes the rows of a sweep"):
        fit_scaling(rows)


def test_the_interval_of_the_line_knows_that_the_model_may_be_wrong():
    """A true line m = 0.5 n outside of a narrow interval, because f has an overhead that is multiplied by n or m."""
    sizes = (1, 10, 100, 1000, 10000)
    cells = [(n, m) for n in sizes for m in sizes]
    f = lambda n, m: 1e-6 + 1e-7 * n * m  # noqa: E731 - one line beside the laws that are made of it
    forward = planted("forward", lambda n, m: 5e-6 + 0.5 * n * f(n, m), noise=0.01, cells=cells)
    reverse = planted("reverse", lambda n, m: 5e-6 + m * f(n, m), noise=0.01, cells=cells)
    line = fit_scaling(forward + reverse).crossover
    assert line.constant.holds(0.5)
    assert line.exponent.holds(1.0)
    assert line.constant.high < 5 * line.constant.low, "an interval that holds everything"
