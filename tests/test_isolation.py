"""Cells in processes of their own: whatever one does, it ends alone, with a status that says what happened."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import sweep_cases as cases
from sweep_cases import CUBES, cell, problem

from admodes.errors import OptionError, SweepError
from admodes.forward import Forward
from admodes.measure import Problem
from admodes.sweeps import Limits, isolation, nursery, sweeping
from admodes.sweeps.isolation import LocalExecutor, Nursery, request_of, run_cell
from admodes.sweeps.results import from_json

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is no such limit")
starts = pytest.mark.parametrize("start", ["fork", "spawn"])


@pytest.fixture(scope="module", autouse=True)
def executor():
    """One worker for all tests; at the end its process is gone."""
    with LocalExecutor(1) as pool:
        yield pool
    assert all(own._process.returncode is not None for own in pool._nurseries)


@pytest.fixture
def ask(executor):
    """The reply to a cell."""

    def answer(one, **limits):
        limits = Limits(**{"seconds": 60.0, **limits})
        return from_json(executor.submit(run_cell, request_of(one, limits)).result(timeout=300).decode())

    return answer


@starts
def test_a_cell_comes_back_with_its_row(ask, start):
    """Breaks if a measurement in a worker is another one than here, or loses NaN on its way."""
    reply = ask(cell(CUBES), start=start)
    row = reply["row"]
    assert (row["problem"], row["inputs"], row["method"], row["status"], row["reference"]) == (
        "cubes",
        2,
        "forward",
        "ok",
        "closed form",
    )
    assert row["error"] < 1e-15
    assert np.isnan(row["stopped_after"])
    assert row["machine"] == reply["environment"]["machine"]


@starts
def test_what_hangs_is_killed_at_the_deadline(ask, start):
    """Breaks if a call into compiled code that never returns, or one that ignores signals, holds a sweep up."""
    seconds = 2.0 if start == "fork" else 8.0
    for f in (cases.hang_in_compiled_code, cases.ignore_every_limit):
        reply = ask(cell(problem("hangs", f)), start=start, seconds=seconds)
        assert reply["status"] == "timeout"
        assert reply["reason"].startswith("killed after")
        assert reply["stopped_after"] >= seconds
    assert ask(cell(CUBES), start=start)["row"]["status"] == "ok"


@starts
@pytest.mark.parametrize(
    ("f", "reason"),
    [
        (cases.segfault, "Segmentation fault"),
        (cases.abort, "Abort"),
        (cases.leave, "ended by itself"),
        (cases.leave_politely, "SystemExit: that was it"),
        (cases.interrupt, "KeyboardInterrupt"),
    ],
)
def test_a_crash_ends_its_cell_alone(ask, start, f, reason):
    """Breaks if a crash in compiled code, or an exit, ends the worker or goes by without its reason."""
    reply = ask(cell(problem("crashes", f)), start=start)
    assert reply["status"] == "error"
    assert reason in reply["reason"]
    assert ask(cell(CUBES))["row"]["status"] == "ok"


@linux
@starts
def test_memory_is_limited(ask, start):
    """Breaks if a cell that wants 3 GB takes the memory of the others."""
    greedy = cell(problem("greedy", cases.take_memory))
    assert ask(cell(problem("hopeless", lambda x: np.sum(np.ones(10**15)))), start=start)["row"]["status"] == "out of memory"
    assert ask(greedy, start=start, memory=1e9)["row"]["status"] == "out of memory"
    assert ask(cell(CUBES), start=start, memory=1e9)["row"]["status"] == "ok"


@linux
def test_a_kill_for_memory_is_told_from_other_kills(monkeypatch):
    """Breaks if what the system kills for want of memory looks like a bug, or the other way round."""
    monkeypatch.setattr(nursery, "memory_of_the_machine", lambda: 10e9)
    large, small = (json.loads(nursery._post_mortem(-signal.SIGKILL, int(size), b"")) for size in (8e9, 1e8))
    assert large["status"] == "out of memory"
    assert small["status"] == "error"
    assert small["reason"] == "killed by the system, with 100 MB of memory"


def test_a_limit_that_the_system_lacks_is_said(monkeypatch):
    """Breaks if a limit is silently not kept."""
    limits = Limits(60.0, 1e9)
    monkeypatch.setattr(isolation, "memory_limit_problem", str)
    assert limits.to_dict()["memory"] == 1e9
    for module in (isolation, sweeping):
        monkeypatch.setattr(module, "memory_limit_problem", lambda: "this system does not let a process limit its memory")
    assert limits.to_dict()["memory"] == "not limited: this system does not let a process limit its memory"
    assert Limits(60.0).to_dict()["memory"] == limits.to_dict()["memory"]
    with pytest.warns(UserWarning, match="not limited to 2 GB of memory: this system"):
        sweeping._limits(limits, None, "2 GB")


def test_what_f_prints_does_not_reach_the_replies(ask):
    """Breaks if a print in f is taken for a reply, or a full pipe stops the cell."""
    assert ask(cell(problem("loud", cases.print_a_lot)))["row"]["status"] == "ok"


def test_modules_are_loaded_once(tmp_path, monkeypatch):
    """Breaks if every cell pays anew for the import of the user's module, or one that fails or starts threads spoils all."""
    monkeypatch.syspath_prepend(tmp_path)
    loads, flag = tmp_path / "loads", tmp_path / "flag"
    head = f"import os, threading\nopen({str(loads)!r}, 'a').write('%s ')\n"
    bodies = {
        "plain_user": "",
        "threaded_user": "stop = threading.Event()\nthreading.Thread(target=stop.wait, daemon=True).start()\n",
        "failing_user": f"assert not os.path.exists({str(flag)!r})\nopen({str(flag)!r}, 'w')\n",
    }
    with LocalExecutor(1) as pool:
        for name, body in bodies.items():
            (tmp_path / f"{name}.py").write_text(head % name + body, encoding="utf-8")

            def make(n, m, rng, name=name):
                __import__(name)
                return np.sum, np.ones(n)

            request = request_of(cell(Problem(name, make)), Limits(60.0))
            replies = [json.loads(pool.submit(run_cell, request).result(timeout=300)) for _ in range(4)]
            assert not any("loaded" in reply for reply in replies)
    seen = loads.read_text().split()
    assert {name: seen.count(name) for name in bodies} == {"plain_user": 3, "threaded_user": 5, "failing_user": 5}


def test_functions_and_methods_of_a_notebook_travel(ask):
    """Breaks if a lambda, a closure or a class that no module holds cannot be measured."""
    scale = np.array([2.0, 3.0])

    class Doubled(Forward):
        name = "doubled"

        def jacobian(self, function):
            outputs, blocks = super().jacobian(function)
            return outputs, [[2 * block for block in row] for row in blocks]

    own = problem("own", lambda x: np.sum(scale * x**2))
    assert ask(cell(own))["row"]["status"] == "ok"
    assert ask(cell(CUBES, Doubled()))["row"]["status"] == "inaccurate"


def test_what_cannot_travel_is_refused_by_name():
    """Breaks if a lock in a problem is found out by the worker, after an hour."""
    lock = threading.Lock()
    with pytest.raises(SweepError, match=r"locked 2 -> 1 forward cannot be sent.*must be made inside make"):
        request_of(cell(problem("locked", lambda x: lock.locked())), Limits())


@pytest.mark.parametrize("limits", [{"seconds": 0}, {"seconds": np.nan}, {"memory": -1}, {"start": "thread"}, {"seconds": "1"}])
def test_limits_without_sense_are_refused(limits):
    """Breaks if a deadline of nothing is taken."""
    with pytest.raises(OptionError):
        Limits(**limits)


def test_workers_with_another_version_refuse():
    """Breaks if a machine with an older admodes adds its numbers to ours."""
    request = request_of(cell(CUBES), Limits())
    head, _, body = request.partition(b"\n")
    other = json.dumps(json.loads(head) | {"engine": "another"}).encode()
    with pytest.raises(SweepError, match="another version of admodes"):
        run_cell(other + b"\n" + body)


@pytest.mark.parametrize(("before", "after"), [(None, "1"), ("3", "3")])
def test_workers_use_one_thread_unless_told_otherwise(monkeypatch, before, after):
    """Breaks if threads of NumPy's libraries fight for cores with what is timed, or the user's own choice is overruled."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if before is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", before)
    own = Nursery()
    try:
        assert own._greeting["environment"]["threads"]["OPENBLAS_NUM_THREADS"] == after
    finally:
        own.close()


def test_a_worker_that_is_killed_is_an_exception_and_the_next_cell_has_a_new_one():
    """Breaks if a lost worker hangs the sweep, or spoils the cells after it."""
    with LocalExecutor(1) as pool:
        limits = Limits(60.0)
        assert b'"ok"' in pool.submit(run_cell, request_of(cell(CUBES), limits)).result(timeout=300)
        pool._nurseries[0].kill()
        with pytest.raises(SweepError, match="has ended or does not answer"):
            pool.submit(run_cell, request_of(cell(CUBES), limits)).result(timeout=300)
        assert b'"ok"' in pool.submit(run_cell, request_of(cell(CUBES), limits)).result(timeout=300)


LEAVES_A_CHILD = """
import os, sys, threading, time
sys.path[:0] = {path!r}
import sweep_cases as cases
from admodes.sweeps.isolation import Limits, request_of, run_cell

def f(x):
    open({file!r}, "w").write(str(os.getpid()))
    time.sleep(3600)

run_cell(request_of(cases.cell(cases.problem("sleeps", f)), Limits(600.0)))
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@linux
def test_when_the_sweep_is_killed_its_cells_end(tmp_path):
    """Breaks if a SIGKILL leaves processes behind that go on computing."""
    code = LEAVES_A_CHILD.format(path=[str(ROOT), str(ROOT / "tests")], file=str(tmp_path / "pid"))
    with subprocess.Popen([sys.executable, "-c", code]) as owner:
        deadline = time.monotonic() + 120
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        child = int((tmp_path / "pid").read_text())
        assert alive(child)
        owner.kill()
    deadline = time.monotonic() + 60
    while alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.05)
