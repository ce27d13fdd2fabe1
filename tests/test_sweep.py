"""Sweeps: every cell has a row whatever happens, nothing is measured twice, and nothing that was measured is lost."""

import io
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cloudpickle
import numpy as np
import pytest
import sweep_cases as cases
from sweep_cases import CUBES, SHORT, cell, grid, problem

import admodes as ad
from admodes.errors import InputError, OptionError, SweepError, UnknownMethodError
from admodes.measure import DENSE_LAYER, Effort, Problem
from admodes.measure.operation import OPERATORS, Operation
from admodes.measure.problems import PROBLEMS
from admodes.methods import find_differentiator
from admodes.rows import Timing
from admodes.sweeps import Block, Grid, Limits, driving
from admodes.sweeps.cell import measure_cell
from admodes.sweeps.driving import run
from admodes.sweeps.fingerprint import fingerprint, version_of
from admodes.sweeps.isolation import LocalExecutor, request_of, run_cell
from admodes.sweeps.progress import Progress
from admodes.sweeps.ready_made import READY_MADE, find_grid, read_bytes, read_grid
from admodes.sweeps.results import read_lines, read_results

ROOT = Path(__file__).parents[1]


class Scripted(Executor):
    """Answers at once what `behave(cell, attempt)` says: a status, a row's columns, or an exception."""

    _max_workers = 1

    def __init__(self, behave=lambda cell, attempt: "ok"):
        self.behave = behave
        self.asked = []

    def submit(self, _run, request):
        one = cloudpickle.loads(request.partition(b"\n")[2])
        self.asked.append((one.inputs, one.outputs, one.label))
        says = self.behave(one, self.asked.count(self.asked[-1]))
        future = Future()
        if isinstance(says, Exception):
            future.set_exception(says)
        else:
            future.set_result(json.dumps({"status": says, "reason": "" if says == "ok" else "planted"}).encode())
        return future


def statuses(path):
    return {(row.inputs, row.outputs, row.method): row.status for row in read_results(path).rows}


# What is measured


def test_every_combination_has_a_row(tmp_path):
    """Breaks if a cell is silently missing, or progress does not tell of it."""
    seen = []
    found = ad.sweep(
        grid(CUBES, inputs=(2, 3), operators=("differentiate", "jvp")),
        out=tmp_path / "r.jsonl",
        progress=lambda row, done, total: seen.append((row.key, done, total)),
    )
    assert {(row.inputs, row.method, row.operator, row.status) for row in found} == {
        (n, method, operator, "ok") for n in (2, 3) for method in ("forward", "reverse") for operator in ("differentiate", "jvp")
    }
    assert [(done, total) for _, done, total in seen] == [(number, 8) for number in range(1, 9)]
    assert [key for key, _, _ in seen] == [row.key for row in found]
    assert len({row.key for row in found}) == 8
    header = found.results.header
    assert header["grid"]["blocks"] == [{"problem": "cubes", "inputs": [2, 3], "outputs": [1]}]
    assert header["grid"]["seed"] == grid().seed
    assert header["grid"]["limits"]["seconds"] == 60.0
    assert found.results.machines[0]["threads"]["OPENBLAS_NUM_THREADS"]
    assert str(found) == f"8 cells in {tmp_path / 'r.jsonl'}: ok 8"


def test_two_sweeps_measure_the_same():
    """Breaks if errors or counts depend on the run: all data come from seeds."""
    runs = [
        [(row.error, row.worst, row.calls, row.operations, row.tape_bytes) for row in ad.sweep(grid(DENSE_LAYER, inputs=(3,)))]
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("method", ["finite", "symbolic", "forward", "reverse"])
def test_every_operator_is_measured_against_the_closed_form(operator, method):
    """Breaks if a product or a second derivative is compared with something else than what it is."""
    row = measure_cell(cell(CUBES, method, n=3, operator=operator))
    assert (row.status, row.operator) == ("ok", operator)
    assert row.reference == "closed form" if operator not in ("hvp", "hessian") else row.reference.startswith("consensus of")


def test_directions_go_through_containers():
    """Breaks if the product with a Jacobian of dicts mixes its blocks up."""
    x = {"a": np.array([1.0, 2.0]), "b": np.float64(3.0)}
    matrix = np.arange(6.0).reshape(3, 2)

    def f(p):
        return [matrix @ p["a"] * p["b"], p["b"] ** 2]

    y = f(x)
    jacobian = [{"a": matrix * 3.0, "b": matrix @ x["a"]}, {"a": np.zeros(2), "b": np.float64(6.0)}]
    for name, evaluate in (("jvp", lambda seed: ad.jvp(f, x, seed)[1]), ("vjp", lambda seed: ad.vjp(f, x)[1](seed))):
        operation = Operation.at(name, x, y, seed=3)
        found, wanted = operation.of_jacobian(jacobian, x, y), evaluate(operation.seed)
        for one, other in zip(
            found if name == "jvp" else found.values(), wanted if name == "jvp" else wanted.values(), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=1e-13)


def test_a_wrong_product_is_inaccurate():
    """Breaks if the check of a product passes whatever comes."""

    class Halved(ad.Forward):
        name = "halved"

        def jvp(self, function, tangents):
            outputs, pushed = super().jvp(function, tangents)
            return outputs, [0.5 * one for one in pushed]

    assert measure_cell(cell(CUBES, Halved(), operator="jvp")).status == "inaccurate"
    assert measure_cell(cell(problem("unknown", lambda x: np.sum(x**3)), Halved(), operator="jvp")).status == "unverified"


def test_operators_that_need_a_scalar_say_so():
    """Breaks if the Hessian of a vector is an error without a reason."""
    row = measure_cell(cell(DENSE_LAYER, n=2, m=3, operator="hessian"))
    assert (row.status, row.reason) == ("unsupported", "hessian needs f(x) of shape (), but dense layer returns shape (3,)")


def test_a_problem_that_cannot_be_made_is_a_row():
    """Breaks if a missing data set, or a bug in one problem or in its reference, ends a sweep."""

    def make(_n, _m, _rng):
        raise ValueError("no data")

    def f(_x):
        raise ValueError("no value")

    def reference(_f, _x):
        raise ValueError("no formula")

    for one, reason in (
        (Problem("unmade", make), "no data"),
        (problem("failing", f), "no value"),
        (replace(CUBES, reference=reference), "no formula"),
        (replace(CUBES, reference=lambda f, x: np.ones((2, 2))), "shape"),
    ):
        row = measure_cell(cell(one))
        assert row.status == "error"
        assert reason in row.reason
        assert row.key


# What happens to cells


def test_after_a_timeout_larger_cells_of_the_series_are_skipped(tmp_path):
    """Breaks if a slow method costs its limit in every larger cell, vanishes from them, or takes another one with it."""
    pool = Scripted(lambda one, _: "timeout" if one.label == "reverse" and one.inputs >= 2 and one.outputs >= 2 else "ok")
    run(Grid([Block(DENSE_LAYER, (1, 2, 3), (1, 2, 3))], ["forward", "reverse"], effort=SHORT), tmp_path / "r", executor=pool)
    found = statuses(tmp_path / "r")
    assert {size for size in found if found[size] == "timeout"} == {(2, 2, "reverse")}
    skipped = {size for size in found if found[size] == "skipped after timeout"}
    assert skipped == {(2, 3, "reverse"), (3, 2, "reverse"), (3, 3, "reverse")}
    assert len(found) == 18
    assert not skipped & set(pool.asked)
    assert {row.reason for row in read_results(tmp_path / "r").rows if row.status == "skipped after timeout"} == {
        "was stopped at 2 in, 2 out"
    }


def test_a_real_timeout_is_followed_by_skips(tmp_path):
    """Breaks if the worker's timeouts, soft or by a kill, do not reach the rule."""

    def make(n, m, rng):
        return (cases.hang_in_compiled_code if n > 1 else np.sum), np.ones(n)

    found = ad.sweep(Problem("hangs", make), [1, 2, 3], methods=["forward", "reverse"], effort=SHORT, deadline=3.0)
    assert [row.status for row in found] == ["ok", "ok", "timeout", "timeout", "skipped after timeout", "skipped after timeout"]
    assert min(row.stopped_after for row in found if row.status == "timeout") >= 3.0
    soft = ad.sweep(problem("slow", lambda x: time.sleep(60)), [2], methods=["forward"], effort=replace(SHORT, budget=0.2))
    assert [row.reason for row in soft] == ["stopped after 0.2 s"]


def test_out_of_memory_stops_the_series_too(tmp_path):
    """Breaks if every larger size runs into the same limit."""
    pool = Scripted(lambda one, _: "out of memory" if one.inputs == 2 else "ok")
    run(grid(CUBES, inputs=(1, 2, 3), methods=["forward"]), tmp_path / "r", executor=pool)
    assert list(statuses(tmp_path / "r").values()) == ["ok", "out of memory", "skipped"]


def test_a_lost_worker_is_tried_again_once(tmp_path):
    """Breaks if one lost worker loses a cell, or one that always kills its worker is tried for ever."""
    pool = Scripted(lambda one, attempt: OSError("gone") if one.inputs == 2 or (one.inputs == 1 and attempt == 1) else "ok")
    path = tmp_path / "r"
    run(grid(CUBES, inputs=(1, 2, 3), methods=["forward"]), path, executor=pool)
    assert [size for size, _, _ in pool.asked] == [1, 1, 2, 2, 3]
    assert list(statuses(path).values()) == ["ok", "lost", "ok"]
    assert "2 times, at last with: OSError: gone" in read_results(path).rows[1].reason
    again = Scripted()
    run(grid(CUBES, inputs=(1, 2, 3), methods=["forward"]), path, executor=again)
    assert [size for size, _, _ in again.asked] == [2]
    assert statuses(path)[2, 1, "forward"] == "ok"


def test_when_the_time_is_up_the_rest_is_recorded_and_measured_later(tmp_path):
    """Breaks if a sweep runs past its time, the cells it did not reach are a gap, or are never measured."""
    path = tmp_path / "r"
    run(grid(total=1e-9), path, executor=Scripted())
    assert set(statuses(path).values()) == {"skipped"}
    assert len(statuses(path)) == 4
    assert "was used up" in read_results(path).rows[0].reason
    before = path.read_bytes()
    run(grid(total=1e-9), path, executor=Scripted())
    assert len(read_lines(path)) == len(before.splitlines()) or set(statuses(path).values()) == {"skipped"}
    run(grid(), path, executor=Scripted())
    assert set(statuses(path).values()) == {"ok"}


def test_an_executor_that_is_gone_keeps_the_rows(tmp_path):
    """Breaks if a broken pool loses what was measured, or the same sweep cannot go on with another one."""
    path, pool = tmp_path / "r", ThreadPoolExecutor(1)

    def stop(_row, _done, _total):
        pool.shutdown(wait=False)

    with pytest.raises(SweepError, match=r"takes no more cells.*start the same sweep again"):
        run(grid(), path, executor=pool, progress=stop)
    assert len(read_results(path).rows) == 1
    assert not read_results(path).complete
    run(grid(), path, executor=Scripted())
    assert len(read_results(path).rows) == 4
    assert read_results(path).complete


def test_workers_that_never_answer_end_the_sweep(tmp_path, monkeypatch):
    """Breaks if a cluster that has gone away hangs the sweep for ever."""

    class Silent(Scripted):
        def submit(self, _run, _request):
            return Future()

    monkeypatch.setattr(driving, "_SILENCE", 0.1)
    with pytest.raises(SweepError, match="No worker has answered"):
        run(grid(seconds=0.01), tmp_path / "r", executor=Silent())


def test_ctrl_c_keeps_the_finished_rows(tmp_path):
    """Breaks if stopping a sweep loses what it has measured, or leaves its worker running."""

    def stop(_row, done, _total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ad.sweep(grid(), out=tmp_path / "r", progress=stop)
    found = read_results(tmp_path / "r")
    assert len(found.rows) == 2
    assert found.end["finished"] is False


# Resuming


def test_what_has_changed_is_measured_again(tmp_path):
    """Breaks if a row of other code stands for this one's, or of other effort, seed or options."""
    path = tmp_path / "r"

    def asked(of):
        pool = Scripted()
        run(of, path, executor=pool)
        return len(pool.asked)

    assert asked(grid()) == 4
    assert asked(grid()) == 0
    assert asked(grid(inputs=(1, 2, 3))) == 2
    assert asked(grid(replace(CUBES, make=lambda n, m, rng: ((lambda x: np.sum(x**4)), np.ones(n))))) == 4
    assert asked(grid(replace(CUBES, reference=lambda f, x: 3 * x * x))) == 4
    assert asked(grid(effort=replace(SHORT, rounds=2))) == 4
    assert asked(grid(seed=7)) == 4
    assert asked(grid(methods=[ad.CentralDifferences(order=2)])) == 2
    assert asked(grid(methods=[ad.CentralDifferences(order=4)])) == 2
    assert asked(grid(methods=[ad.CentralDifferences(order=4)])) == 0
    assert asked(grid(seed=7)) == 0
    assert asked(grid()) == 0
    found = read_results(path)
    assert len(found.by_key) == 26
    assert len(found.rows) == len({row.place for row in found.rows}) == 8
    again = ad.sweep(grid(seed=7), out=path, executor=Scripted())
    assert [row.key for row in again] == [one.key for one in grid(seed=7).cells()]


def test_statuses_can_be_tried_again(tmp_path):
    """Breaks if a timeout stays for ever, or is tried again unasked."""
    path = tmp_path / "r"
    slow = Scripted(lambda one, _: "timeout" if one.inputs == 2 else "ok")
    run(grid(CUBES, inputs=(1, 2, 3), methods=["forward"]), path, executor=slow)
    unasked, asked = Scripted(), Scripted()
    run(grid(CUBES, inputs=(1, 2, 3), methods=["forward"]), path, executor=unasked)
    assert unasked.asked == []
    assert list(statuses(path).values()) == ["ok", "timeout", "skipped after timeout"]
    run(grid(CUBES, inputs=(1, 2, 3), methods=["forward"]), path, executor=asked, retry=["timeout"])
    assert [size for size, _, _ in asked.asked] == [2, 3]
    assert set(statuses(path).values()) == {"ok"}


GRID = """
methods = ["finite", "forward", "reverse"]
operators = ["differentiate", "vjp"]
[effort]
rounds = 1
sample_seconds = 0.0
[[blocks]]
problem = "dense layer"
inputs = [1, 2, 5]
outputs = [1, 3]
"""


def sweep_command(folder, out):
    return [sys.executable, "-m", "admodes", "sweep", str(folder / "small.toml"), "--out", str(out)]


def test_a_sweep_killed_at_any_moment_loses_at_most_what_was_in_flight(tmp_path):
    """Breaks if a kill loses a row, doubles one, or the sweep that goes on ends elsewhere than an unbroken one."""
    (tmp_path / "small.toml").write_text(GRID, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    whole, broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    subprocess.run(sweep_command(tmp_path, whole), check=True, capture_output=True, env=environment)
    rng, rows = random.Random(5), 0
    for _ in range(6):
        moment = rng.choice([0.0, 0.5, 1.5]) if rows == 0 and rng.random() < 0.5 else None
        with subprocess.Popen(sweep_command(tmp_path, broken), stdout=subprocess.DEVNULL, env=environment) as driver:
            wait_for_growth(driver, broken, rows + rng.randint(1, 6), moment)
            time.sleep(rng.random() * 0.1)
            driver.send_signal(signal.SIGKILL)
        survived = count_rows(broken)
        assert survived >= rows
        rows = survived
    done = subprocess.run(sweep_command(tmp_path, broken), check=True, capture_output=True, text=True, env=environment)
    assert "36 cells in" in done.stdout
    assert comparable(broken) == comparable(whole)
    assert len(comparable(whole)) == 36
    assert count_rows(broken) == 36, "a cell was measured twice"
    assert read_results(broken).complete


def wait_for_growth(driver, path, rows, moment):
    """Until the file has so many rows, or so many seconds have passed."""
    start = time.monotonic()
    while driver.poll() is None and time.monotonic() - start < (300 if moment is None else moment):
        if moment is None and count_rows(path) >= rows:
            return
        time.sleep(0.01)


def count_rows(path):
    return path.read_bytes().count(b'{"kind": "row"') if path.exists() else 0


def comparable(path):
    """All of each row that does not depend on the moment."""
    clock = {"time": Timing(), "f_time": Timing(), "ratio": 0.0, "ratio_low": 0.0, "ratio_high": 0.0, "suspect": False}
    clock |= {"peak_bytes": None, "f_peak_bytes": None}
    return {row.key: repr(replace(row, **clock)) for row in read_results(path).rows}


# Executors


def test_any_executor_runs_the_cells(tmp_path):
    """Breaks if cells run on this machine only, or its own threads only."""
    with ProcessPoolExecutor(1) as pool:
        found = ad.sweep(grid(CUBES, inputs=(1, 2)), executor=pool, out=tmp_path / "r")
    assert [row.status for row in found] == ["ok"] * 4


def test_several_workers_measure_the_same_cells():
    """Breaks if two cells at the same time get in each other's way."""
    one, two = ad.sweep(grid(DENSE_LAYER, inputs=(1, 2, 3))), ad.sweep(grid(DENSE_LAYER, inputs=(1, 2, 3)), workers=2)
    assert {row.key: row.error for row in one} == {row.key: row.error for row in two}


# Problems, grids


def test_a_lambda_travels():
    """Breaks if a problem written in a notebook cannot be swept."""
    factor = 2.5
    own = ad.Problem("own", lambda n, m, rng: (lambda x: factor * np.sum(np.sin(x)), rng.normal(size=n)))
    assert [row.status for row in ad.sweep(own, 3, methods=["forward"], effort=SHORT)] == ["ok"]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ((CUBES,), {}, OptionError, "inputs is missing"),
        (("rosenbrock",), {}, OptionError, "inputs is missing"),
        ((np.sin, [1]), {}, OptionError, "make one of your function"),
        ((CUBES, [0]), {}, OptionError, "inputs must be"),
        ((CUBES, [1.5]), {}, OptionError, "inputs must be"),
        ((CUBES, [1], []), {}, OptionError, "outputs must be"),
        ((CUBES, [1]), {"methods": ["backward"]}, UnknownMethodError, "backward"),
        ((CUBES, [1]), {"methods": []}, OptionError, "methods is empty"),
        ((CUBES, [1]), {"operators": ["curl"]}, OptionError, "operators must be"),
        ((CUBES, [1]), {"operators": "jvp"}, OptionError, "operators must be"),
        ((CUBES, [1]), {"workers": 0}, OptionError, "workers must be"),
        ((CUBES, [1]), {"retry": ["time out"], "out": "unused.jsonl"}, OptionError, "no status 'time out' to try again"),
        ((CUBES, [1]), {"deadline": -1.0}, OptionError, "seconds must be"),
        ((CUBES, [1]), {"memory": "2 apples"}, OptionError, "amount of memory"),
        (([],), {"inputs": [1]}, OptionError, "at least one block"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(arguments, options, error, message):
    """Breaks if a mistake is found out in a worker, once for each cell."""
    with pytest.raises(error, match=message):
        ad.sweep(*arguments, **options)
    assert not Path("unused.jsonl").exists()


def test_grids_are_what_they_say():
    """Breaks if a ready-made grid lost its problems, or the smallest cells do not come first."""
    sizes = {name: len(make().cells()) for name, make in READY_MADE.items()}
    assert 100 < sizes["quick"] < sizes["standard"] < sizes["full"]
    quick = find_grid("quick").changed(methods=["forward"])
    cells = quick.cells()
    assert {one.problem.name for one in cells} == {"dense layer", "rosenbrock", "helmholtz", "curve fit", "digits"}
    assert {one.problem.name for one in find_grid("standard").cells()} == set(PROBLEMS)
    assert {one.problem.name for one in cells if one.part == "grid"} == {"dense layer"}
    drawn = [one.inputs * one.outputs for one in cells if one.part == "grid"]
    assert drawn == sorted(drawn)
    assert quick.total < 120
    changed = quick.changed(inputs=[3, 1, 3], outputs=2)
    assert [(one.inputs, one.outputs) for one in changed.cells() if one.part == "grid"] == [(1, 2), (3, 2)]


def test_a_grid_in_a_file_is_the_same_as_in_python(tmp_path):
    """Breaks if something written in TOML is lost."""
    (tmp_path / "own.py").write_text("from sweep_cases import CUBES\n", encoding="utf-8")
    (tmp_path / "g.toml").write_text(
        'methods = ["forward"]\nseed = 3\ntotal = 9.0\n[effort]\nrounds = 2\n[limits]\nseconds = 7\nmemory = "1.5 GB"\n'
        '[[blocks]]\nproblem = "rosenbrock"\ninputs = [2, 4]\noperators = ["hvp"]\n'
        '[[blocks]]\nproblem = "own.py:CUBES"\ninputs = 5\noutputs = [1]\nmethods = ["reverse", "finite"]\n',
        encoding="utf-8",
    )
    found = read_grid(tmp_path / "g.toml")
    assert (found.name, found.seed, found.total, found.effort) == ("g", 3, 9.0, Effort(rounds=2))
    assert (found.limits.seconds, found.limits.memory) == (7, 1.5e9)
    described = [(one.problem.name, one.inputs, one.label, one.operator) for one in found.cells()]
    assert described == [
        ("rosenbrock", 2, "forward", "hvp"),
        ("rosenbrock", 4, "forward", "hvp"),
        ("cubes", 5, "reverse", "differentiate"),
        ("cubes", 5, "finite", "differentiate"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least one block"),
        ("blocks = [", "is not TOML"),
        ('method = ["forward"]', "no 'method' in a grid. Did you mean 'methods'"),
        ('[[blocks]]\nproblem = "cubes"\ninputs = [1]', "There is no problem 'cubes'"),
        ("[[blocks]]\ninputs = [1]", "every block needs a problem and inputs"),
        ('[[blocks]]\nproblem = "digits"\ninput = [1]', "no 'blocks.input' in a grid. Did you mean 'inputs'"),
        ("[effort]\nround = 3", "no 'effort.round'"),
        ("effort = 3", "effort must be a table"),
        ('[limits]\nmemory = "a lot"', "no amount of memory"),
        ("[limits]\nseconds = 0", "seconds must be a positive number"),
        ("[effort]\nrounds = 0", "rounds must be an integer of at least 1"),
        ('[[blocks]]\nproblem = "digits"\ninputs = ["many"]', "inputs must be one or more integers"),
    ],
)
def test_mistakes_in_a_grid_file_are_named(tmp_path, text, message):
    """Breaks if a typing error in a file is ignored, or shows a traceback of ours."""
    (tmp_path / "g.toml").write_text(text, encoding="utf-8")
    with pytest.raises((OptionError, InputError), match=message):
        read_grid(tmp_path / "g.toml")


def test_amounts_of_memory():
    """Breaks if a unit is off by a factor of a thousand."""
    assert [read_bytes(text) for text in ("2 GB", "500MB", "1e3", "3k", "inf")] == [2e9, 5e8, 1e3, 3e3, np.inf]


# Fingerprints


def make_with(constant):
    def make(n, m, rng):
        return lambda x: constant * np.sum(x), np.ones(n)

    return make


def test_fingerprints_follow_code_and_data_and_nothing_else():
    """Breaks if a change in a function, its helpers, closure or defaults goes unseen, or a second look differs."""
    namespaces = []
    for helper in ("x + 1", "x + 2", "x + 1"):
        scope = {"__name__": "own"}
        exec(f"def helper(x):\n    return {helper}\ndef f(x, y=3):\n    return helper(x)", scope)
        namespaces.append(fingerprint(scope["f"]))
    assert namespaces[0] == namespaces[2] != namespaces[1]
    values = [
        make_with(1.0),
        make_with(2.0),
        make_with(np.ones(3)),
        make_with([1]),
        make_with({"a": 1}),
        make_with({"a", "b"}),
        np.sin,
    ]
    found = [fingerprint(value) for value in values]
    assert len(set(found)) == len(found)
    assert fingerprint(make_with(1.0)) == found[0]
    assert fingerprint(make_with({"b", "a"})) == found[5]


def test_fingerprints_are_the_same_in_every_process():
    """Breaks if a resumed sweep measures everything again because Python numbers its hashes anew."""
    code = "from admodes.sweeps.ready_made import find_grid\nprint([cell.key for cell in find_grid('quick').cells()][::7])"
    outputs = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment)
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_versions_of_methods():
    """Breaks if a row does not say which code it measured."""
    assert version_of(find_differentiator("reverse")).startswith(f"admodes {ad.__version__} ")

    class Own(ad.Forward):
        name = "own"

    class Other(ad.Forward):
        name = "own"

        def hvp(self, function, tangents):
            return tangents

    assert len({version_of(Own()), version_of(Other()), version_of(find_differentiator("forward"))}) == 3


# Progress


def test_progress_tells_of_failures(monkeypatch):
    """Breaks if a bar does not show how far it is and what failed, or shows in a pipe."""
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress(shown=True) as bar:
        for done, status in enumerate(("ok", "timeout", "skipped after timeout"), 3):
            bar.advance(cell(CUBES).row(status), done, 9)
            time.sleep(0.11)
    assert "1 failed" in terminal.getvalue()
    assert "cubes 2 -> 1 forward" in terminal.getvalue()
    assert "| 5/9 [" in terminal.getvalue()
    silent = io.StringIO()
    monkeypatch.setattr(sys, "stderr", silent)
    monkeypatch.setitem(sys.modules, "IPython", None)
    with Progress() as bar:
        bar.advance(cell(CUBES).row("ok"), 1, 2)
    assert silent.getvalue() == ""


def test_a_notebook_has_a_bar_without_a_warning(monkeypatch):
    """Breaks if a notebook shows nothing, or a warning of tqdm's where there are no widgets."""

    class ZMQInteractiveShell:
        """What a kernel's shell is called."""

    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=ZMQInteractiveShell))
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with Progress() as bar:
        bar.advance(cell(CUBES).row("ok"), 1, 2)
    assert "1/2" in terminal.getvalue()


def test_a_sweep_that_is_stopped_while_a_worker_starts_ends_at_once(tmp_path):
    """Breaks if Ctrl-C in the first second waits for the first cell."""
    sleeper = problem("sleeper", lambda x: time.sleep(3600))
    pool = LocalExecutor(1)
    future = pool.submit(run_cell, request_of(cell(sleeper, effort=replace(SHORT, budget=3600.0)), Limits(3600.0)))
    while not future.running():
        time.sleep(0.01)
    pool.shutdown(cancel_futures=True)
    assert isinstance(future.exception(timeout=300), SweepError)


def test_rows_have_the_sizes_of_f():
    """A problem that makes other sizes than were asked for, whose rows would say what was never measured."""
    square = Problem("square", lambda n, m, rng: ((lambda x: np.sin(x) * x), rng.normal(size=n)))
    found = ad.sweep(square, inputs=[2, 3], methods=["forward"], effort=SHORT)
    assert [(row.inputs, row.outputs, row.status) for row in found] == [(2, 2, "ok"), (3, 3, "ok")]
    assert [row.auto for row in found] == ["forward", "forward"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"total": "x"}, "total must be a positive number"),
        ({"total": -5}, "total must be a positive number"),
        ({"total": math.nan}, "total must be a positive number"),
        ({"seed": -1}, "seed must be an integer"),
        ({"seed": 1.5}, "seed must be an integer"),
    ],
)
def test_grids_refuse_what_they_cannot_use(options, said):
    """A value that would fail in every cell, or in the driver after a file was written."""
    with pytest.raises(OptionError, match=said):
        grid(**options)


@pytest.mark.parametrize("options", [{"rounds": 2.5}, {"rounds": "5"}, {"budget": "x"}, {"budget": 0}, {"enough": -1.0}])
def test_efforts_refuse_what_they_cannot_use(options):
    """The same for the effort."""
    with pytest.raises(OptionError, match=f"{next(iter(options))} must be"):
        Effort(**options)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("blocks = 3", "blocks must be tables"),
        ("blocks = [3]", "blocks must be tables"),
        ("[[blocks]]\nproblem = 3\ninputs = [1]", "A problem is named by a text"),
        ('seed = "5"\n[[blocks]]\nproblem = "rosenbrock"\ninputs = [2]', "seed must be an integer"),
    ],
)
def test_files_of_grids_refuse_other_types(text, said, tmp_path):
    """A message of Python's about types, from which nobody learns what to write."""
    (tmp_path / "g.toml").write_text(text)
    with pytest.raises(OptionError, match=said):
        find_grid(str(tmp_path / "g.toml"))


def test_a_problem_that_is_not_there_is_said_before_sizes_are_asked_for():
    """A misspelt name that is answered with a question about sizes."""
    with pytest.raises(OptionError, match=r"nowhere\.py"):
        ad.sweep("nowhere.py:problem")
