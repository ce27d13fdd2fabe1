"""Reproductions: what is published and what we find stand side by side, and the verdicts can tell them apart."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sympy
from click.testing import CliRunner

import admodes as ad
from admodes import cli
from admodes.errors import OptionError
from admodes.measure.accuracy import Derivative
from admodes.measure.problems import BUNDLE_ADJUSTMENT, DENSE_LAYER, LEAST_SQUARES, LOG_SUM_EXP
from admodes.recording import count_operations
from admodes.reproduce import REPRODUCTIONS, Reproduction, baydin, gradbench, reproduce
from admodes.reproduce.helmholtz import helmholtz_table, mixture
from admodes.reproduce.steps import step_curve
from admodes.reproduce.values import AGREES, DIFFERS, OURS, Table, compared, markdown, same_text
from admodes.reproduce.work import work_of


def by_quantity(table):
    return {value.quantity: value for value in table.values}


# verdicts


@pytest.mark.parametrize(
    ("ours", "published", "verdict"),
    [
        (11.652071, "11.652", AGREES),
        (11.6526, "11.652", DIFFERS),
        (-11.652071, "11.652", DIFFERS),
        (768, "768", AGREES),
        (769, "768", DIFFERS),
        (34048, "34,048", AGREES),
        (1.94e-9, "1.9e-9", AGREES),
        (1.96e-9, "1.9e-9", DIFFERS),
        (-3916.4648210544670, "-3916.464821054466", AGREES),
        (-3916.464822, "-3916.464821054466", DIFFERS),
        (float("nan"), "1.5", DIFFERS),
        (float("inf"), "1.5", DIFFERS),
    ],
)
def test_a_value_agrees_if_it_rounds_to_what_is_printed(ours, published, verdict):
    """Breaks if a wrong value passes, or a right one fails for digits that were never printed."""
    assert compared("quantity", ours, published).verdict == verdict


@pytest.mark.parametrize(
    ("ours", "verdict"), [(3e-9, "within a factor of 3"), (3.1e-9, DIFFERS), (-1e-9, DIFFERS), (0.0, DIFFERS)]
)
def test_orders_of_magnitude_have_their_bound(ours, verdict):
    """Breaks if a value read off a figure agrees with anything, or with one of the other sign."""
    assert compared("step", ours, "1e-9", factor=3).verdict == verdict


def test_what_was_never_published_agrees_with_nothing():
    """Breaks if a value of ours alone counts as confirmed."""
    value = compared("time", 3.21987)
    assert (value.verdict, value.published, value.ours) == (OURS, "", "3.22")
    assert "0 published" in Reproduction("one", (Table("t", "s", "x", (value,)),)).summary


def test_tables_are_markdown_with_aligned_columns():
    """Breaks if a table cannot be read in a terminal, or a bar inside a cell makes a column of its own."""
    lines = markdown([compared("|a|", 1.0, "1.0"), same_text("b", "x", "y", "note")]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split()[1::2] == ["quantity", "published", "ours", "verdict", "note"]
    assert r"\|a\|" in lines[2]
    assert DIFFERS in lines[3]


# Baydin et al.


def test_the_swell_table_is_sympys_own():
    """Breaks if the derivative of the logistic map or its operations differ from the paper's and SymPy's."""
    table = baydin.swell_table(7)
    assert {value.verdict for value in table.values} == {AGREES}
    assert by_quantity(table)["operations of l_7', unsimplified"].number == 2096
    x = sympy.Symbol("x")
    expression = x
    for whole, shared in baydin.logistic_operations(5):
        derivative = sympy.diff(expression, x)
        replaced, rest = sympy.cse(derivative)
        assert whole == sympy.count_ops(derivative)
        assert shared == sum(sympy.count_ops(part) for _, part in replaced) + sympy.count_ops(rest)
        expression = 4 * expression * (1 - expression)


def test_a_wrong_polynomial_would_differ(monkeypatch):
    """Breaks if the published formula is not compared at all."""
    monkeypatch.setitem(baydin._DERIVATIVES, 3, (16, (1, -10, 24, 16)))
    assert by_quantity(baydin.swell_table(1))["l_3'"].verdict == DIFFERS


def test_the_figure_of_steps_has_its_slopes_and_optima():
    """Breaks if a slope, an optimal step or an error of figure 3 is not met."""
    table = baydin.step_table()
    assert DIFFERS not in {value.verdict for value in table.values}
    found = by_quantity(table)
    assert found["slope of truncation, central"].number == pytest.approx(2, abs=0.01)
    assert found["slope of rounding, forward"].number == pytest.approx(-1, abs=0.1)


def test_a_curve_of_steps_knows_its_predicted_optimum():
    """Breaks if the prediction is not where truncation and rounding of exp at 1 meet, sqrt(4 eps) and cbrt(3 eps)."""
    eps = np.finfo(float).eps
    forward, central = (step_curve(np.exp, 1.0, np.e, sided) for sided in ("forward", "central"))
    assert forward.predicted == pytest.approx((4 * eps) ** 0.5)
    assert central.predicted == pytest.approx((3 * eps) ** (1 / 3))
    assert forward.slope == pytest.approx(1, abs=0.01)
    assert forward.errors[0] == pytest.approx(np.e * (np.e - 1) - np.e, rel=0.5)


def test_traces_are_the_papers():
    """Breaks if a value, tangent or adjoint of tables 2 and 3 is not the printed one."""
    table = baydin.trace_table()
    assert len(table.values) == 21
    assert {value.verdict for value in table.values} == {AGREES}


def test_nodes_have_the_papers_numbers():
    """Breaks if the reproduced tables number the inputs or formulas otherwise than the paper, which begins with v-1."""
    quantities = [value.quantity for value in baydin.trace_table().values]
    assert quantities[::3] == [
        "v-1 = x1", "v0 = x2", "v1 = log(v-1)", "v2 = v-1 * v0", "v3 = sin(v0)", "v4 = v1 + v2", "v5 = v4 - v3",
    ]  # fmt: skip


def test_the_helmholtz_table_counts_what_it_says():
    """Breaks if calls or operations are not those of the methods, or an impossible published ratio passes."""
    found = by_quantity(helmholtz_table((1, 50), rounds=2))
    assert found["n = 50, numerical: operations"].number == 51
    assert found["n = 50, numerical: operations"].verdict == DIFFERS
    assert "51 evaluations" in found["n = 50, numerical: operations"].note
    assert found["n = 50, reverse: operations"].verdict == "within a factor of 1.3"
    assert "calls of f: 51" in found["n = 50, numerical: time"].note
    assert "calls of f: 1;" in found["n = 50, reverse: time"].note
    assert all(value.number > 0 for value in found.values())


def test_helmholtz_data_stay_in_the_domain():
    """Breaks if b.x reaches 1, where f has no value."""
    for n in (1, 50):
        f, x = mixture(n)
        assert 0 < f.volume @ x < 1
        assert np.isfinite(f(x))


# GradBench


@pytest.fixture(scope="module")
def gradbench_values():
    return {
        (table.title.split(":")[0], value.quantity): value
        for table in gradbench.reproduce_gradbench().tables
        for value in table.values
    }


def test_gradbench_values_are_met(gradbench_values):
    """Breaks if a value or gradient of an eval differs: two published numbers are known to be of something else."""
    different = {key for key, value in gradbench_values.items() if value.verdict == DIFFERS}
    assert different == {("llsq", "gradient[0]"), ("ba", "20 cameras: nonzeros an observation")}
    assert sum(value.verdict == AGREES for value in gradbench_values.values()) >= 30


def test_gradbench_llsq_by_a_formula_of_its_own(gradbench_values):
    """Breaks if our first component of the gradient, which differs from the published one, is wrong itself."""
    x = np.random.RandomState(31337).uniform(size=128)
    t = -1 + 2 * np.arange(16) / 15
    residual = np.sign(t) - np.polynomial.polynomial.polyval(t, x)
    assert gradbench_values["llsq", "gradient[0]"].number == pytest.approx(-np.sum(residual), rel=1e-13)
    assert gradbench_values["llsq", "value"].number == pytest.approx(0.5 * np.sum(residual**2), rel=1e-13)


def test_gradbench_errors_are_rounding(gradbench_values):
    """Breaks if a mode loses digits on an eval."""
    errors = {
        key: value.number
        for key, value in gradbench_values.items()
        if "error of forward" in key[1] or "error of reverse" in key[1]
    }
    assert len(errors) >= 12
    assert max(errors.values()) < 1e-13


def test_checks_that_see_nothing_are_named(gradbench_values):
    """Breaks if a rule that a gradient of zeros passes is not shown to be one."""
    assert gradbench_values["lse", "n = 2500: a gradient of zeros, by GradBench's rule"].ours == "refused"
    assert gradbench_values["lse", "n = 20000: a gradient of zeros, by GradBench's rule"].ours == "passes"
    assert gradbench_values["lse", "n = 20000: our rule against planted mistakes"].ours == "guarded"
    assert gradbench_values["kmeans", "k = n = 50: our rule against planted mistakes"].ours.startswith("blind")


def test_gradbenchs_rule_is_its_rule():
    """Breaks if the rule that is shown to be blind is not the one that GradBench has."""
    reference = Derivative.of([0.0, 10.0], "reference")
    assert gradbench.passes_gradbench(Derivative.of([9e-5, 10.001], "found"), reference)
    assert not gradbench.passes_gradbench(Derivative.of([1.1e-4, 10.0], "found"), reference)
    assert not gradbench.passes_gradbench(Derivative.of([0.0, 10.003], "found"), reference)


# operations


@pytest.mark.parametrize(
    ("f", "x", "operations"),
    [
        (lambda x: np.sin(x), np.ones(5), 5),
        (lambda x: x * x + 1.0, np.ones(5), 10),
        (lambda x: np.sum(x), np.ones(5), 4),
        (lambda x: np.sum(x, axis=0), np.ones((5, 3)), 12),
        (lambda x: np.cumsum(x), np.ones(5), 4),
        (lambda x: np.reshape(x, (3, 2)).T[1], np.ones(6), 0),
        (lambda x: np.concatenate([x[1:], x[:1]]), np.ones(6), 0),
        (lambda x: np.ones((3, 4)) @ x, np.ones(4), 3 * 7),
        (lambda x: np.ones((3, 4)) @ x, np.ones((4, 2)), 6 * 7),
        (lambda x: np.einsum("ij,jk->ik", np.ones((3, 4)), x), np.ones((4, 2)), 6 * 7),
        (lambda x: np.einsum("i,i,i->", x, x, x), np.ones(5), 2 * 5 + 4),
        (lambda x: np.convolve(x, np.ones(3)), np.ones(4), 12 + 12 - 6),
        (lambda x: np.maximum(x, 0.0), np.ones(5), 5),
        (lambda x: x, np.ones(5), 0),
    ],
)
def test_operations_are_additions_multiplications_and_functions(f, x, operations):
    """Breaks if moving numbers counts as work, or a product of matrices as one operation for each number of its result."""
    assert count_operations(f, x).elementary == operations


def test_writes_move_numbers():
    """Breaks if writing one number counts as many operations as the array has elements."""

    def f(x):
        y = np.zeros_like(x)
        for place in range(4):
            y[place] = 2.0 * x[place]
        return y

    assert count_operations(f, np.ones(4)).elementary == 4


def test_work_counts_what_is_done_to_seeds_alone():
    """Breaks if a linear map's product with a constant seed, which depends on no input, counts as free."""
    matrix = np.ones((6, 4))
    work = work_of(lambda x: matrix @ x, np.ones(4))
    assert work.function == work.pushed - work.function == 6 * 7
    assert work.pulled - work.function == 4 * 11
    assert work.seeds("forward", 4) == 5
    assert work.backward == pytest.approx(44 / 42)


@pytest.mark.parametrize(
    ("problem", "n", "m"), [(DENSE_LAYER, 9, 7), (LOG_SUM_EXP, 40, 1), (LEAST_SQUARES, 8, 1), (BUNDLE_ADJUSTMENT, 30, 6)]
)
def test_a_product_costs_at_most_four_times_f(problem, n, m):
    """Breaks if a product in forward or reverse mode costs more than theory bounds it by."""
    work = work_of(*problem.at(n, m))
    assert work.function < work.pushed <= 4 * work.function
    assert work.function < work.pulled <= 4 * work.function


def test_reading_numbers_one_by_one_adds_one_number_each():
    """Breaks if a sweep's addition of one number into an array counts as many operations as the array has elements."""

    def chain(x):
        total = 0.0
        for place in range(50):
            total = total + x[place] * x[place]
        return total

    assert count_operations(lambda x: ad.gradient(chain, x, "reverse"), np.ones(50)).elementary <= 6 * 50


# the command


@pytest.fixture
def small(monkeypatch):
    """A reproduction that takes no time."""
    table = Table("Table", "a paper", "What it is.", (compared("y", 11.652, "11.652"), compared("z", 2.0, "3.0")))
    monkeypatch.setitem(REPRODUCTIONS, "baydin", lambda: Reproduction("Baydin", (table,)))


def test_the_command_prints_markdown_and_writes_json(tmp_path, small):
    """Breaks if the command's table or its file lacks a value, a verdict or the source."""
    result = CliRunner().invoke(cli.main, ["reproduce", "baydin", "--json", str(tmp_path / "found.json")])
    assert result.exit_code == 0, result.output
    assert "2 published values: 1 agrees, 1 differs." in result.stdout
    assert "Published: a paper" in result.stdout
    written = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert [value["verdict"] for value in written["tables"][0]["values"]] == [AGREES, DIFFERS]
    assert written["tables"][0]["source"] == "a paper"


def test_a_file_that_is_there_is_left_alone(tmp_path, small):
    """Breaks if an earlier file is overwritten, or the reason is a traceback."""
    earlier = tmp_path / "found.json"
    earlier.write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["reproduce", "baydin", "--json", str(earlier)])
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert earlier.read_text(encoding="utf-8") == "mine"


def test_what_cannot_be_reproduced_is_named():
    """Breaks if a name that does not exist ends in a KeyError."""
    with pytest.raises(OptionError, match="'baydin', 'gradbench', 'claims'"):
        reproduce("griewank")
    result = CliRunner().invoke(cli.main, ["reproduce", "griewank"])
    assert result.exit_code == 2
    assert "gradbench" in result.stderr
