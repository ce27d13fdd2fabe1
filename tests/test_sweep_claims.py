"""Claims in a sweep: each in a worker of its own, kept in the file like a cell, and found again when the sweep goes on."""

import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from pathlib import Path

import cloudpickle
import pytest
import sweep_cases as cases
from click.testing import CliRunner
from sweep_cases import CUBES, grid
from test_sweep import Scripted

import admodes as ad
from admodes import cli
from admodes.errors import OptionError
from admodes.reproduce import CLAIMS, Claim, Claims, Value, registry
from admodes.reproduce.claims import HOLDS, Figure, Series
from admodes.sweeps import Block, Grid, merge, read_results, ready_made
from admodes.sweeps.cell import Cell
from admodes.sweeps.claim import ClaimRow, ClaimTest, claim_tests
from admodes.sweeps.driving import run
from admodes.sweeps.progress import Progress
from admodes.sweeps.ready_made import READY_MADE, find_grid, read_grid
from admodes.sweeps.results import read_lines

ROOT = Path(__file__).parents[1]


def small_claim(name="first", number=math.pi):
    values = (Value("pi", "", "3.14", "ours alone", "of a circle", number), Value("text alone", "", "yes", "ours alone"))
    figure = Figure("x", "y", (Series("line", (1.0, 2.0), (3.0, math.inf)),))
    return Claim(name, "Circles are round", "a slide", "by looking", values, HOLDS, "they are", figure)


def hang():
    cases.hang_in_compiled_code(None)


def crash():
    os.abort()


@pytest.fixture
def planted(monkeypatch):
    """Claims of which one hangs, one crashes its process, one raises, one returns nonsense."""

    def raising():
        raise ValueError("no such slide")

    tests = {"first": small_claim, "hangs": hang, "crashes": crash, "raises": raising, "nonsense": lambda: 3}
    tests["last"] = lambda: small_claim("last")
    monkeypatch.setattr(registry, "CLAIMS", tests)
    monkeypatch.setattr("admodes.reproduce.CLAIMS", tests)
    return tests


class Counting(Scripted):
    """Runs claims right here, and answers for cells; counts what it was asked for."""

    def submit(self, run_it, request):
        unit = cloudpickle.loads(request.partition(b"\n")[2])
        if isinstance(unit, Cell):
            return super().submit(run_it, request)
        self.asked.append(unit.name)
        says = self.behave(unit, self.asked.count(unit.name))
        future = Future()
        if isinstance(says, Exception):
            future.set_exception(says)
        elif says == "ok":
            future.set_result(json.dumps({"row": unit.run().to_dict()}, allow_nan=True).encode())
        else:
            future.set_result(json.dumps({"status": says, "reason": "planted"}).encode())
        return future


def test_a_claim_that_fails_ends_alone(tmp_path, planted):
    """Breaks if a claim that hangs, crashes or raises takes others with it, or leaves no line."""
    path = tmp_path / "r"
    found = ad.sweep(grid(CUBES, inputs=(1,), seconds=3.0), out=path, claims=True)
    results = read_results(path)
    assert [row.status for row in found] == ["ok", "ok"]
    assert [claim.name for claim in results.claims] == ["first", "last"]
    failed = {row.name: (row.status, row.reason) for row in results.failed_claims}
    assert failed["hangs"][0] == "timeout"
    assert "killed after 3" in failed["hangs"][1]
    assert failed["crashes"][0] == "error"
    assert "Aborted" in failed["crashes"][1]
    assert failed["raises"] == ("error", "ValueError: no such slide")
    assert failed["nonsense"] == ("error", "the test returned a int, not a Claim")
    assert next(row for row in results.claim_rows if row.name == "hangs").seconds >= 3.0
    assert [line["kind"] for line in read_lines(path)].count("claim") == 6
    assert results.claim_rows[0].machine
    short = results.claims_in_short
    assert short.startswith("2 claims: 2 holds.\nclaim hangs: timeout: killed after")


def test_claims_travel_through_the_file_unchanged(tmp_path, planted):
    """Breaks if numbers, the figure or infinities of a claim are lost on the way to the disk."""
    for name in ("hangs", "crashes", "raises", "nonsense"):
        del planted[name]
    ad.sweep(grid(CUBES, inputs=(1,)), out=tmp_path / "r", claims=True)
    first, last = read_results(tmp_path / "r").claims
    assert repr(first) == repr(small_claim())
    assert repr(last) == repr(small_claim("last"))
    assert str(Claims((first,))).startswith("# The lectures' claims, tested")


def test_every_claim_of_the_lectures_can_be_read_back():
    """Breaks if a claim holds what a results file cannot give back."""
    claim = CLAIMS["backprop-dual"]()
    row = ClaimRow("backprop-dual", "ok", claim=claim)
    assert ClaimRow.from_dict(json.loads(json.dumps(row.to_dict() | {"unknown": 1}))).claim == claim
    assert {one.name for one in claim_tests()} == set(CLAIMS)


def test_names_of_claims_are_those_that_they_are_found_by():
    """Breaks if a claim is listed under another name than its own."""
    for name in ("fd-slow-in-inputs", "forward-per-input", "reverse-per-output", "backprop-dual", "gradcheck-finds"):
        assert CLAIMS[name]().name == name


def test_claims_are_not_tested_twice(tmp_path, planted):
    """Breaks if a resumed sweep tests what it has, keeps what was lost, or a claim whose test has changed."""
    path = tmp_path / "r"

    def asked(behave=lambda unit, attempt: "ok", **options):
        pool = Counting(behave)
        run(grid(CUBES, inputs=(1,), methods=["forward"], claims=True), path, executor=pool, **options)
        return [one for one in pool.asked if isinstance(one, str)]

    for name in ("hangs", "crashes", "raises", "nonsense"):
        del planted[name]
    gone = asked(lambda unit, _attempt: OSError("gone") if getattr(unit, "name", "") == "last" else "ok")
    assert gone == ["first", "last", "last"]
    assert [row.status for row in read_results(path).failed_claims] == ["lost"]
    assert asked(lambda unit, _attempt: "timeout") == ["last"]
    assert asked() == []
    assert asked(retry=["timeout"]) == ["last"]
    assert read_results(path).failed_claims == []
    planted["first"] = lambda: small_claim(number=3.0)
    assert asked() == ["first"]
    assert [claim.name for claim in read_results(path).claims] == ["first", "last"]
    assert read_results(path).claims[0].values[0].number == 3.0


def test_claims_come_first_so_that_the_time_reaches_them(tmp_path, planted):
    """Breaks if a sweep whose time is up has no claims, or says nothing of those that it did not reach."""
    seen = []
    run(
        grid(CUBES, inputs=(1,), methods=["forward"], claims=True),
        tmp_path / "r",
        executor=Counting(lambda unit, _attempt: "error"),
        progress=lambda row, done, total: seen.append((row.title, done, total)),
    )
    assert [title for title, _, _ in seen] == [*(f"claim {name}" for name in planted), "cubes 1 -> 1 forward"]
    assert [(done, total) for _, done, total in seen] == [(number, 7) for number in range(1, 8)]
    run(grid(CUBES, inputs=(1,), claims=True, total=1e-9), tmp_path / "late", executor=Counting())
    late = read_results(tmp_path / "late").failed_claims
    assert {row.status for row in late} == {"skipped"}
    assert "was used up" in late[0].reason


KILLED = """
import sys
sys.path.insert(0, {tests!r})
import sweep_cases, test_sweep_claims as own, time
from admodes.reproduce import registry
import admodes.reproduce
names = [f"claim {{number}}" for number in range(6)]
slow = {{name: (lambda name=name: time.sleep(0.3) or own.small_claim(name)) for name in names}}
admodes.reproduce.CLAIMS = registry.CLAIMS = slow
from admodes.sweeps.driving import run
run(sweep_cases.grid(inputs=(1,), claims=True), sys.argv[1])
"""


def test_claims_survive_a_kill_at_any_moment(tmp_path):
    """Breaks if SIGKILL loses a claim that was tested, or the sweep that goes on tests one twice."""
    path, code = tmp_path / "r.jsonl", KILLED.format(tests=str(ROOT / "tests"))
    command = [sys.executable, "-c", code, str(path)]
    environment, tested = {**os.environ, "PYTHONPATH": str(ROOT)}, 0
    for wanted in (1, 3):
        with subprocess.Popen(command, env=environment) as driver:
            start = time.monotonic()
            while driver.poll() is None and count_claims(path) < wanted and time.monotonic() - start < 300:
                time.sleep(0.01)
            driver.send_signal(signal.SIGKILL)
        assert tested <= count_claims(path)
        tested = count_claims(path)
    with path.open("ab") as file:
        file.write(b'{"kind": "claim", "name": "cla')  # cut off in the middle
    subprocess.run(command, check=True, env=environment)
    results = read_results(path)
    assert [claim.name for claim in results.claims] == [f"claim {number}" for number in range(6)]
    assert count_claims(path) == 6 + 1, "a claim was tested twice"
    assert results.torn
    assert results.complete
    assert len(results.rows) == 2


def count_claims(path):
    return path.read_bytes().count(b'"kind": "claim"') + path.read_bytes().count(b'"kind\\": \\"claim') if path.exists() else 0


def test_merged_files_keep_their_claims(tmp_path, planted):
    """Breaks if putting files together loses claims, doubles them, or prefers one that was not run."""
    one = grid(CUBES, inputs=(1,), methods=["forward"], claims=True)
    run(one, tmp_path / "a", executor=Counting(lambda unit, _: "ok" if getattr(unit, "name", "") == "first" else "lost"))
    run(one, tmp_path / "b", executor=Counting(lambda unit, _: "ok" if getattr(unit, "name", "") == "last" else "timeout"))
    rows, doubled = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "c")
    assert (rows, doubled) == (7, 7)
    merged = read_results(tmp_path / "c")
    assert [claim.name for claim in merged.claims] == ["first", "last"]
    assert {row.status for row in merged.failed_claims} == {"timeout"}
    assert len(merged.rows) == 1


def test_which_grids_test_claims(tmp_path):
    """Breaks if a ready-made grid has no claims, a grid of one's own has them unasked, or they cannot be left away."""
    assert all(make().claims for make in READY_MADE.values())
    assert not grid().claims
    assert not find_grid("quick").changed(claims=False).claims
    assert [type(unit) for unit in grid().units()] == [Cell] * 4
    assert [type(unit) for unit in grid(claims=True).units()] == [ClaimTest] * len(CLAIMS) + [Cell] * 4
    (tmp_path / "g.toml").write_text('claims = true\n[[blocks]]\nproblem = "rosenbrock"\ninputs = [2]\n', encoding="utf-8")
    assert read_grid(tmp_path / "g.toml").claims
    assert read_grid(tmp_path / "g.toml").to_dict()["claims"] is True
    (tmp_path / "g.toml").write_text('claims = "yes"\n[[blocks]]\nproblem = "rosenbrock"\ninputs = [2]\n', encoding="utf-8")
    with pytest.raises(OptionError, match="claims must be true or false, not 'yes'"):
        read_grid(tmp_path / "g.toml")


def test_the_command_tells_what_became_of_the_claims(tmp_path, monkeypatch, planted):
    """Breaks if the command is silent about claims that could not be tested, or tests them unasked."""
    monkeypatch.chdir(tmp_path)
    del planted["hangs"], planted["crashes"]
    monkeypatch.setitem(ready_made.READY_MADE, "quick", lambda: grid(inputs=(1,), methods=["forward"], claims=True))
    said = CliRunner().invoke(cli.main, ["sweep", "quick"]).stdout.splitlines()
    assert said[0] == "1 cell in sweep-quick.jsonl: ok 1"
    assert said[1:] == [
        "2 claims: 2 holds.",
        "claim raises: error: ValueError: no such slide",
        "claim nonsense: error: the test returned a int, not a Claim",
    ]
    without = CliRunner().invoke(cli.main, ["sweep", "quick", "--no-claims", "--out", "other.jsonl"])
    assert "claim" not in without.stdout
    assert read_results(tmp_path / "other.jsonl").claim_rows == []


def test_progress_counts_claims(monkeypatch):
    """Breaks if the bar cannot show a claim, or does not count one that failed; time left comes from what was done."""
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    test = ClaimTest("first", small_claim)
    with Progress(shown=True) as bar:
        bar.advance(test.row("ok"), 1, 4)
        time.sleep(0.11)
        bar.advance(test.row("timeout"), 2, 4)
        time.sleep(0.11)
        bar.advance(Cell(CUBES, 2, 1, "forward", "forward", "differentiate", cases.SHORT, 1).row("ok"), 3, 4)
    shown = terminal.getvalue()
    assert "claim first" in shown
    assert "1 failed" in shown
    assert "| 3/4 [" in shown
    assert "<00:0" in shown, "the time left"


def test_a_claim_does_not_stop_a_series(tmp_path, planted):
    """Breaks if a claim that times out has others skipped, as a larger cell of the same series would be."""
    pool = Counting(lambda unit, _attempt: "timeout" if isinstance(unit, ClaimTest) else "ok")
    run(Grid([Block(CUBES, (1, 2))], ["forward"], effort=cases.SHORT, claims=True), tmp_path / "r", executor=pool)
    results = read_results(tmp_path / "r")
    assert [row.status for row in results.failed_claims] == ["timeout"] * 6
    assert [row.status for row in results.rows] == ["ok", "ok"]
