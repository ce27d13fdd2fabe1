"""The doctor: planted illnesses are found, and what is well is not called ill."""

import importlib.metadata
import json
import signal
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import admodes as ad
from admodes import cli
from admodes.errors import SweepError, UnsupportedError
from admodes.measure import DENSE_LAYER, ROSENBROCK, Problem
from admodes.measure.accuracy import Derivative, mutants
from admodes.measure.problems import PROBLEMS
from admodes.sweeps import doctor, examine
from admodes.sweeps.doctor import OK, REMARK, WRONG, Diagnosis, Finding
from admodes.sweeps.environment import THREADS
from admodes.sweeps.guard import CASES, guard

KINDS = {"the zero gradient", "a flipped sign", "a dropped component", "one component off by 1 percent"}


def cubes(n, m, rng):
    return (lambda x: np.sum(x**3)), rng.uniform(1.0, 2.0, n)


CUBES = Problem("cubes", cubes, lambda f, x: 3 * x**2)


def found_in(area, looked):
    return {one.name: (one.state, one.text) for one in looked if one.area == area}


# The mutant guard


def test_every_problem_is_looked_at():
    """Breaks if a problem is added that nobody plants mistakes in."""
    assert {problem.name for problem, _ in CASES} == set(PROBLEMS)


@pytest.mark.parametrize(("problem", "sizes"), CASES, ids=[problem.name for problem, _ in CASES])
def test_every_problem_sees_every_planted_mistake(problem, sizes):
    """Breaks if a wrong derivative passes a problem's check, or a right one does not."""
    found = guard(problem, sizes)
    assert found.faults == ()
    assert found.missing == ""
    assert set(found.planted) >= KINDS
    assert found.sizes == tuple(sizes)


def test_a_transposition_is_planted_wherever_there_is_a_square():
    """Breaks if sizes were chosen where a transposed Jacobian is the same, or there is no square to transpose."""
    for problem, sizes in CASES:
        names = set()
        for n, m in sizes:
            f, x = problem.at(n, m)
            names |= {name for name, _ in mutants(Derivative.of(problem.reference(f, x), "reference"))}
        if problem.name in ("dense layer", "determinant", "recurrent network", "gaussian mixture", "k-means"):
            assert "a transposed Jacobian" in names, problem.name


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        (lambda f, x: np.zeros(x.shape), "its check is blind: the reference is zero"),
        (lambda f, x: np.full(x.shape, np.nan), "the reference holds NaN at [0]"),
        (lambda f, x: -3 * x**2, "reverse does not agree with its reference: inaccurate"),
        (lambda f, x: 3.001 * x**2, "forward does not agree with its reference: inaccurate"),
        (lambda f, x: np.ones((2, 2)), "ShapeError"),
    ],
)
def test_a_wrong_reference_is_reported(reference, fault):
    """Breaks if a problem that cannot tell right from wrong is called guarded."""
    found = guard(replace(CUBES, reference=reference), [(3, 1)])
    assert any(fault in one for one in found.faults), found.faults
    assert not examine(replace(CUBES, reference=reference)).healthy


def test_a_tolerance_that_is_too_wide_is_reported():
    """Breaks if a check that nothing can fail is called guarded."""
    (fault,) = guard(ROSENBROCK, [(2, 1), (3, 1)], tolerance=0.02).faults[:1]
    assert "blind to one component off by 1 percent" in fault
    everything = guard(CUBES, [(3, 1)], tolerance=5.0).faults[0]
    for name in ("the zero gradient", "a flipped sign", "a dropped component"):
        assert name in everything


def test_a_component_that_is_zero_by_comparison_is_reported():
    """Breaks if dropping a tiny component passes unseen."""

    def make(n, m, rng):
        weights = np.array([1.0, 1e-12])
        return (lambda x: np.sum(weights * x**2)), np.ones(2)

    tiny = Problem("tiny", make, lambda f, x: 2 * np.array([1.0, 1e-12]) * x)
    (fault,) = guard(tiny, [(2, 1)]).faults
    assert fault.startswith("its check is blind to a dropped component [1] (1e-12 of the largest)")


def test_a_method_that_is_wrong_is_reported(monkeypatch):
    """Breaks if only the references are looked at, and not the methods."""
    monkeypatch.setattr(
        ad.Forward,
        "jvp",
        lambda self, function, tangents: (lambda made: (made[0], [2 * one for one in made[1]]))(JVP(self, function, tangents)),
    )
    faults = guard(DENSE_LAYER, [(4, 3)]).faults
    assert [fault for fault in faults if fault.startswith("forward does not agree")]
    assert not [fault for fault in faults if fault.startswith("reverse does not agree")]


JVP = ad.Forward.jvp


def test_a_fault_is_told_once_with_all_sizes():
    """Breaks if the same fault fills the screen, once for each size."""
    blind = replace(CUBES, reference=lambda f, x: np.zeros(x.shape))
    faults = guard(blind).faults
    assert (
        faults[0]
        == "its check is blind: the reference is zero, so a method that returns zeros passes (at 4 -> 1, 3 -> 1, 2 -> 1, 1 -> 1)"
    )
    assert len(faults) == len(set(faults)) == 6


def test_a_problem_without_a_closed_form_is_judged_by_independent_methods():
    """Breaks if a problem of the user's without a reference is called blind, or is not looked at."""
    found = guard(replace(CUBES, reference=None))
    assert found.faults == ()
    assert set(found.planted) >= KINDS


def test_sizes_that_a_problem_lacks_are_no_fault_of_it():
    """Breaks if a user's problem of one size is called broken, or one that has none of the usual sizes is called well."""

    def only(size):
        def make(n, m, rng):
            if (n, m) != size:
                raise ValueError(f"only {size}")
            return cubes(n, m, rng)

        return Problem("particular", make, CUBES.reference)

    assert guard(only((2, 1))).faults == ()
    assert guard(only((2, 1))).sizes == ((2, 1),)
    assert "ValueError: only (7, 1)" in guard(only((7, 1))).faults[0]
    assert guard(only((7, 1)), [(7, 1), (8, 1)]).faults == ("ValueError: only (7, 1) (at 8 -> 1)",)


def test_data_that_are_not_installed_are_a_remark():
    """Breaks if an installation without scikit-learn is called ill."""

    def make(n, m, rng):
        raise UnsupportedError("needs data: pip install 'admodes[data]'")

    found = examine(Problem("digits", make))
    assert [(one.state, one.text) for one in found.findings] == [(REMARK, "needs data: pip install 'admodes[data]'")]
    assert found.healthy


# The installation


def test_packages_that_are_missing_say_what_they_would_give(monkeypatch):
    """Breaks if an optional package that is missing is called wrong, or a needed one a remark."""
    known = importlib.metadata.version

    def version(name):
        if name in ("scipy", "mpmath"):
            raise importlib.metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = found_in("installation", doctor._installation())
    assert found["scipy"][0] == REMARK
    assert "derivatives of scipy.special" in found["scipy"][1]
    assert "admodes[scipy]" in found["scipy"][1]
    assert found["mpmath"] == (WRONG, "is missing: pip install mpmath")
    assert found["numpy"] == (OK, np.__version__)


def test_extras_that_the_doctor_names_exist():
    """Breaks if the doctor recommends an extra that the package does not have."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for package, (_, extra) in doctor._OPTIONAL.items():
        assert any(line.startswith(package) for line in project["optional-dependencies"][extra]), package


def test_a_method_that_cannot_be_loaded_is_wrong(monkeypatch):
    """Breaks if a broken plugin is only seen by who asks for it."""
    monkeypatch.setattr(doctor, "unavailable_methods", lambda: {"secant": "ImportError: no module"})
    found = found_in("methods", doctor._methods())
    assert found["secant"] == (WRONG, "cannot be loaded: ImportError: no module")
    assert "reverse" in found["available"][1]


def test_limits_that_a_platform_lacks_are_said(monkeypatch):
    """Breaks if a limit that does not hold is kept quiet about."""
    monkeypatch.setattr(doctor, "memory_limit_problem", lambda: "this system has none")
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    found = found_in("platform", doctor._platform())
    assert found["memory limit"] == (REMARK, "none: this system has none")
    assert "OMP_NUM_THREADS=4: taken over by the workers" in found["BLAS"][1]
    assert "a cell that takes too much memory is stopped" not in found_in("workers", doctor._workers())


def test_worker_processes_are_tried():
    """Breaks if the doctor does not see that a cell is killed at its deadline and kept within its memory."""
    found = found_in("workers", doctor._workers())
    assert [state for state, _ in found.values()] == [OK] * 3
    assert found["a cell that hangs is killed"][1].startswith("timeout: ")
    assert found["a cell that takes too much memory is stopped"][1].startswith("out of memory")


def test_a_worker_that_does_not_start_is_wrong(monkeypatch):
    """Breaks if a machine that cannot start processes is called healthy, or ends the doctor."""

    def refused(_request):
        raise SweepError("The worker process has ended")

    monkeypatch.setattr(doctor, "run_cell", refused)
    found = found_in("workers", doctor._workers())
    assert set(found.values()) == {(WRONG, "lost: SweepError: The worker process has ended")}


# The command


def test_the_command_says_what_is_wrong_and_fails(tmp_path, monkeypatch):
    """Breaks if a script cannot tell a healthy problem from a blind one."""
    monkeypatch.chdir(tmp_path)
    Path("doctor_problems.py").write_text(
        "import numpy as np, admodes as ad\n"
        "def make(n, m, rng):\n    return (lambda x: np.sum(x**3)), rng.uniform(1.0, 2.0, n)\n"
        "good = ad.Problem('good', make, lambda f, x: 3 * x**2)\n"
        "blind = ad.Problem('blind', make, lambda f, x: np.zeros(x.shape))\n",
        encoding="utf-8",
    )
    good = CliRunner().invoke(cli.main, ["doctor", "doctor_problems.py:good"])
    assert good.exit_code == 0, good.output
    assert good.stdout.rstrip().endswith("Healthy: 1 ok.")
    blind = CliRunner().invoke(cli.main, ["doctor", "doctor_problems.py:blind", "--json"])
    assert blind.exit_code == 1
    data = json.loads(blind.stdout)
    assert data["healthy"] is False
    assert data["findings"][0]["state"] == WRONG
    ours = CliRunner().invoke(cli.main, ["doctor", "rosenbrock"])
    assert ours.exit_code == 0
    for name, message in (("rosenbruck", "There is no problem"), ("doctor_problems.py:make", "not a Problem")):
        refused = CliRunner().invoke(cli.main, ["doctor", name])
        assert refused.exit_code == 2
        assert message in refused.stderr


def test_the_whole_examination_is_a_table(monkeypatch):
    """Breaks if an area is left out, or the table cannot be read in eighty columns."""
    monkeypatch.setattr(doctor, "guard_all", lambda: [guard(CUBES, [(2, 1)])])
    monkeypatch.setattr(doctor, "_workers", lambda: iter([Finding("workers", "a [cell]", OK, "ok")]))
    monkeypatch.setenv("COLUMNS", "40")
    done = CliRunner().invoke(cli.main, ["doctor"])
    assert done.exit_code == 0, done.output
    for word in ("installation", "methods", "platform", "workers", "a [cell]", "problems", "cubes", "Healthy: "):
        assert word in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout


def test_what_is_missing_is_not_wrong():
    """Breaks if the verdict mixes up remarks and faults."""
    remarks = Diagnosis((Finding("a", "b", REMARK, "c"), Finding("a", "b", REMARK, "c"), Finding("a", "b", OK, "c")))
    assert remarks.healthy
    assert remarks.summary == "Healthy: 1 ok, 2 remarks."
    wrong = Diagnosis((*remarks.findings, Finding("a", "b", WRONG, "c")))
    assert not wrong.healthy
    assert wrong.summary == "Something is wrong: 1 ok, 2 remarks, 1 wrong."


def test_the_planted_cells_are_what_they_claim():
    """Breaks if the cell that is to hang ends by itself, so that any deadline seems to hold."""

    def strike(_signal, _frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(TimeoutError):
            doctor._hang(np.ones(2))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
