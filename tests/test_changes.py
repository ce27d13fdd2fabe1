"""What changed between two results files: every planted difference is told, and nothing else."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sweep_cases
from click.testing import CliRunner

import admodes as ad
from admodes import cli
from admodes.reproduce.claims import FAILS, HOLDS, Claim, Figure
from admodes.rows import Row, Timing
from admodes.sweeps import Results, compare_results
from admodes.sweeps.changes import BY_CHANCE, COUNTS, Agreement
from admodes.sweeps.claim import ClaimRow
from admodes.sweeps.results import read_results
from admodes.sweeps.writing import ResultsWriter

ENVIRONMENT = {"machine": "a", "processor": "P", "numpy": "2.4", "admodes": "1", "engine": "e"}


def row(method="reverse", n=10, **columns):
    made = {
        "status": "ok",
        "key": f"{method} {n}",
        "error": 2e-16,
        "calls": 3,
        "operations": 100,
        "ratio": 4.0,
        "ratio_low": 3.8,
        "ratio_high": 4.2,
        "time": Timing((4e-6,), 1, 1e-3),
    }
    return Row("cubes", n, 1, method, **(made | columns))


def results(*rows, claims=(), schema=3, environment=ENVIRONMENT, **grid):
    header = {"schema": schema, "environment": environment, "grid": {"seed": 1} | grid}
    return Results(header, list(rows), {"finished": True, "seconds": 1.0}, claim_rows=list(claims))


def changed(old, new, **options):
    return compare_results(results(old, **options), results(new, **options))


def claim(verdict=HOLDS, name="round"):
    return ClaimRow(name, "ok", claim=Claim(name, "c", "s", "h", (), verdict, "because of it", Figure("x", "y", ())))


def test_identical_files_have_no_changes():
    """Breaks if something is said to have changed in a file compared with itself."""
    whole = results(row(), row("finite", error=math.nan), row(n=20, status="timeout", ratio_low=math.nan), claims=[claim()])
    found = compare_results(whole, whole)
    assert found.changes == found.only_old == found.only_new == found.circumstances == ()
    assert found.reproduced
    assert found.cells == 3
    assert (found.counts, found.errors, found.times) == (Agreement(3, 3), Agreement(2, 2), Agreement(2, 2))
    assert "Nothing changed beyond the noise." in str(found)
    assert "This reproduces the old run" in str(found)


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_that_changed_by_one_is_told(name):
    """Breaks if a count is compared within a tolerance, or a column is forgotten."""
    found = changed(row(**{name: 1000}), row(**{name: 1001}))
    assert [(one.where, one.what, one.before, one.after) for one in found.changes] == [
        ("cubes 10 -> 1 reverse", name, "1,000", "1,001")
    ]
    assert found.counts == Agreement(0, 1)
    assert not found.reproduced
    assert changed(row(**{name: None}), row(**{name: 1001})).changes == (), "what was not counted has not changed"


def test_a_doubled_ratio_is_told_with_its_interval():
    """Breaks if a method that became twice as slow is taken for noise, or the factor is upside down."""
    found = changed(row(), row(ratio=8.0, ratio_low=7.6, ratio_high=8.4))
    (one,) = found.changes
    assert (one.what, one.before, one.after) == ("time", "4.00 f", "8.00 f")
    assert one.note == "2.00 times, 95% interval 1.86 to 2.15"
    low, high = (2 * math.exp(sign * math.hypot(math.log(4.2 / 4.0), math.log(4.0 / 3.8))) for sign in (-1, 1))
    assert low == pytest.approx(1.86, abs=0.01)
    assert high == pytest.approx(2.15, abs=0.01)
    assert "1 of 1 intervals do not overlap; about 0.00560 are to be expected by chance" in str(found)
    assert [(shift.method, shift.cells, shift.factor) for shift in found.shifts] == [("reverse", 1, 2.0)]


def test_a_ratio_within_its_interval_is_noise():
    """Breaks if two intervals that overlap are told as a change, or ones that touch."""
    assert changed(row(), row(ratio=4.3, ratio_low=4.2, ratio_high=4.5)).changes == ()
    assert changed(row(), row(ratio=4.3, ratio_low=4.21, ratio_high=4.5)).changes != ()
    assert changed(row(), row(ratio=math.nan, ratio_low=math.nan, ratio_high=math.nan)).changes == ()


def test_the_share_expected_by_chance_is_that_of_equal_intervals():
    """Breaks if the number of chance findings is guessed: it is simulated here."""
    rng = np.random.default_rng(0)
    estimates = rng.normal(size=(2, 400_000))
    apart = np.abs(estimates[0] - estimates[1]) > 2 * 1.959964
    assert np.mean(apart) == pytest.approx(BY_CHANCE, rel=0.05)
    whole = results(*(row(n=n) for n in range(1, 101)))
    found = compare_results(whole, whole)
    assert found.by_chance == pytest.approx(0.56)


def test_a_status_is_told_with_its_reason_and_alone():
    """Breaks if a cell that fails now goes unseen, or its numbers are compared as if it had any."""
    found = changed(
        row(), row(status="timeout", reason="stopped after 1 s", calls=None, ratio=9.0, ratio_low=8.0, ratio_high=10.0)
    )
    assert [(one.what, one.before, one.after, one.note) for one in found.changes] == [
        ("status", "ok", "timeout", "stopped after 1 s")
    ]
    assert found.times == Agreement(0, 0)
    assert not found.reproduced


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (2.0e-16, 2.5e-16, True),
        (1e-11, 1.0000001e-11, True),
        (math.nan, 1e-11, True),
        (math.nan, math.nan, False),
        (0.0, 0.0, False),
    ],
)
def test_errors_of_the_same_code_are_compared_exactly(old, new, told):
    """Breaks if an error that is not reproduced is let pass where the same code ran on the same machine."""
    found = changed(row(error=old), row(error=new))
    assert bool(found.changes) == told
    if told:
        (one,) = found.changes
        assert one.what == "error"
        assert one.before != one.after


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (2e-16, 9e-16, ""),
        (1e-11, 5e-11, ""),
        (1e-11, 2e-9, "2.3 digits fewer"),
        (1e-6, 1e-12, "6.0 digits more"),
        (0.0, 1e-15, ""),
    ],
)
def test_errors_of_other_code_are_compared_by_digits(old, new, told):
    """Breaks if rounding is told as a change where the code differs, or lost digits are not."""
    found = changed(row(error=old), row(error=new, key="other code"))
    assert [one.note for one in found.changes] == ([told] if told else [])


def test_another_machine_may_round_otherwise():
    """Breaks if errors on two kinds of machine are to be the same, or it is not said what cannot be compared."""
    other = ENVIRONMENT | {"processor": "Q", "numpy": "2.5", "engine": "f"}
    found = compare_results(results(row()), results(row(error=4e-16), environment=other, seed=2))
    assert found.changes == ()
    assert found.circumstances == (
        "processor: P, then Q: seconds cannot be compared, time ratios to f can",
        "numpy: 2.4, then 2.5: rounding and times may differ",
        "engine: e, then f: everything may differ: admodes was changed in what differentiates",
        "seed: 1, then 2: errors and data-dependent counts may differ: the data are others",
    )
    assert "## The two runs differ in" in str(found)


def test_operations_of_another_schema_mean_something_else():
    """Breaks if an old file's operations, those of f's calls, are compared with those of the whole derivative."""
    found = compare_results(results(row(), schema=2), results(row(operations=999), schema=3))
    assert found.changes == ()
    assert "operations do not mean the same" in found.circumstances[0]


def test_memory_is_compared_roughly():
    """Breaks if bytes that differ by a page are told, or a doubled peak is not."""
    assert changed(row(peak_bytes=1000), row(peak_bytes=1050)).changes == ()
    (one,) = changed(row(peak_bytes=1_000_000), row(peak_bytes=2_000_000)).changes
    assert (one.what, one.before, one.after, one.note) == ("peak_bytes", "1.00 MB", "2.00 MB", "2.00 times")


def test_cells_in_one_file_only_are_named():
    """Breaks if cells that are gone or new, or were not reached, are left out of the account."""
    found = compare_results(
        results(row(), row(n=20), row(n=30, status="skipped")), results(row(), row(n=30), row("own", operator="jvp"))
    )
    assert found.only_old == ("cubes 20 -> 1 reverse",)
    assert found.only_new == ("cubes 30 -> 1 reverse", "cubes 10 -> 1 own, jvp")
    assert not found.reproduced
    assert "## Only in old\n\ncubes 20 -> 1 reverse." in str(found)
    many = compare_results(results(row(), *(row(n=n) for n in range(100, 130))), results(row()))
    assert "and 10 more." in str(many)


def test_verdicts_and_failures_of_claims_are_told():
    """Breaks if a claim that does not hold any more goes unseen."""
    old = results(row(), claims=[claim(), claim(name="flat"), claim(name="gone")])
    new = results(row(), claims=[claim(FAILS), ClaimRow("flat", "timeout", "killed"), claim(name="new")])
    found = compare_results(old, new)
    assert [(one.where, one.what, one.before, one.after, one.note) for one in found.changes] == [
        ("claim flat", "status", "ok", "timeout", "killed"),
        ("claim round", "verdict", HOLDS, FAILS, "because of it"),
    ]
    assert (found.only_old, found.only_new) == (("claim gone",), ("claim new",))


def test_a_shift_of_all_cells_is_seen_where_no_cell_tells_it():
    """Breaks if a method that is a tenth slower everywhere hides behind wide intervals."""
    rng = np.random.default_rng(1)
    old = [row(n=n, ratio=4.0, ratio_low=3.0, ratio_high=5.0) for n in range(1, 41)]
    new = [replace(one, ratio=4.4 * math.exp(rng.normal(0, 0.02)), ratio_low=3.3, ratio_high=5.5) for one in old]
    (shift,) = compare_results(results(*old), results(*new)).shifts
    assert shift.cells == 40
    assert 1.08 < shift.low < 1.1 * 1.01
    assert shift.low <= shift.factor <= shift.high < 1.12


def test_nothing_in_common_is_said():
    """Breaks if two files without a common cell are called the same."""
    for old, new in ((results(), results()), (results(row()), results(row(n=7)))):
        assert "there is nothing to compare" in str(compare_results(old, new))


def test_changes_are_shown_everywhere():
    """Breaks if Markdown, HTML or JSON lose a change, or take text for markup."""
    odd = row("a|b <i>")
    found = compare_results(results(odd), results(replace(odd, calls=4)), ("o.jsonl", "<n>.jsonl"))
    assert "| cubes 10 -> 1 a\\|b <i> | calls | 3      | 4     |" in str(found)
    page = found._repr_html_()
    assert "&lt;n&gt;.jsonl" in page
    assert "<i>" not in page
    assert page.count("<tr>") == 2
    data = json.loads(json.dumps(found.to_dict()))
    assert data["changes"][0]["what"] == "calls"
    assert data["counts"] == {"same": 0, "compared": 1}
    assert repr(found) == str(found)


# From files


def write(path, rows, claims=()):
    with ResultsWriter(path, {"name": "own", "seed": 1}) as writer:
        for one in (*rows, *claims):
            writer.write_row(one)
        writer.write_end(finished=True, seconds=1.0)


def test_the_command_tells_what_changed(tmp_path, monkeypatch):
    """Breaks if the command needs more than two files, writes a page, or overwrites numbers."""
    monkeypatch.chdir(tmp_path)
    write("old.jsonl", [row()], [claim()])
    write("new.jsonl", [row(calls=4)], [claim(FAILS)])
    done = CliRunner().invoke(cli.main, ["report", "--compare", "old.jsonl", "new.jsonl", "--json", "c.json"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("# old.jsonl and new.jsonl\n\n1 cell in both. 2 differences.")
    assert "## Verdicts on claims" in done.stdout
    assert json.loads(Path("c.json").read_text(encoding="utf-8"))["reproduced"] is False
    assert {path.name for path in tmp_path.iterdir()} == {"old.jsonl", "new.jsonl", "c.json"}
    again = CliRunner().invoke(cli.main, ["report", "--compare", "old.jsonl", "new.jsonl", "--json", "c.json"])
    assert again.exit_code == 2
    assert "is there already" in again.stderr


def test_where_nothing_ran_no_machine_bears_on_the_numbers(tmp_path):
    """Threads are told to differ, because those of workers are set and there were none."""
    for name, status in (("old", "ok"), ("idle", "skipped")):
        write(tmp_path / name, [row(status=status, reason="no time")])
    with ResultsWriter(tmp_path / "old", {"name": "own", "seed": 1}, resume=True) as writer:
        writer.write_machine({"machine": "worker", "threads": {"OMP_NUM_THREADS": "1"}})
        writer.write_end(finished=True, seconds=1.0)
    old, idle = (read_results(tmp_path / name) for name in ("old", "idle"))
    assert (old.has_run, idle.has_run) == (True, False)
    assert compare_results(old, idle).circumstances == compare_results(idle, old).circumstances == ()
    write(tmp_path / "new", [row()])
    assert any("threads" in line for line in compare_results(old, read_results(tmp_path / "new")).circumstances)


def test_errors_that_are_bounds_are_told_as_bounds():
    """The error of a vague reference is told as the method's own."""
    (change,) = compare_results(
        results(row(error=1e-6, reference_error=1e-6)), results(row(error=1e-12, reference_error=0.0))
    ).changes
    assert (change.before, change.after) == ("<= 1.0e-06", "1.0e-12")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--compare", "old.jsonl"), "requires 2 arguments"),
        (("--compare", "old.jsonl", "missing.jsonl"), "missing.jsonl"),
        (("--compare", "old.jsonl", "notes.txt"), "notes.txt"),
        (("--compare", "old.jsonl", "old.jsonl", "--quick"), "leave all but --json away"),
        (("--compare", "old.jsonl", "old.jsonl", "--no-claims"), "leave all but --json away"),
        (("old.jsonl", "--compare", "old.jsonl", "old.jsonl"), "leave all but --json away"),
        (("old.jsonl", "--json", "c.json"), "--json goes with --compare"),
        (("old.jsonl", "--no-claims"), "is reported as it is"),
    ],
)
def test_mistakes_are_one_message(tmp_path, monkeypatch, arguments, message):
    """Breaks if two ways of reporting are mixed up without a word."""
    monkeypatch.chdir(tmp_path)
    write("old.jsonl", [row()])
    Path("notes.txt").write_text("not results", encoding="utf-8")
    done = CliRunner().invoke(cli.main, ["report", *arguments])
    assert done.exit_code == 2
    assert re.search(re.escape(message), done.stderr)
    assert "Traceback" not in done.stderr


def test_two_sweeps_agree_in_counts_and_errors(tmp_path):
    """Breaks if the harness does not reproduce what has no clock in it."""
    one, two = (ad.sweep(sweep_cases.grid(inputs=(2, 3)), out=tmp_path / name) for name in ("one", "two"))
    found = one.compare_with(two)
    assert found.counts.share == found.errors.share == 1
    assert (found.old, found.new) == (str(tmp_path / "one"), str(tmp_path / "two"))
    assert not {change.what for change in found.changes} - {"time", "peak_bytes", "f_peak_bytes"}
    assert ad.sweep(sweep_cases.grid()).compare_with(one).old == "old"


def test_files_of_old_schemas_can_be_compared(tmp_path):
    """Breaks if rows without keys, as the first schema had them, end in an error."""
    header = {"kind": "header", "schema": 1, "environment": {}, "settings": {}}
    line = {"kind": "row"} | {name: getattr(row(), name) for name in ("problem", "inputs", "outputs", "method", "status")}
    (tmp_path / "r").write_text(json.dumps(header) + "\n" + json.dumps(line) + "\n", encoding="utf-8")
    found = compare_results(read_results(tmp_path / "r"), read_results(tmp_path / "r"))
    assert found.cells == 1
    assert found.changes == ()
    assert found.circumstances == ("the old sweep was not finished", "the new sweep was not finished")
