"""Results on disk: nothing that was written is ever lost, whatever happens to the process, the disk or the file."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from admodes.errors import OptionError, ResultsError
from admodes.report.method_texts import facts
from admodes.rows import Row
from admodes.sweeps import merge, read_results
from admodes.sweeps.results import SCHEMA, read_lines
from admodes.sweeps.writing import ResultsWriter

ROOT = Path(__file__).parents[1]


def row(n, status="ok", **changes):
    return Row("cubes", n, 1, "forward", status, **{"key": f"key {n}", "error": 1e-16, **changes})


def written(path, *rows, finished=True, grid=None):
    with ResultsWriter(path, {"name": "test"} if grid is None else grid, resume=path.exists()) as writer:
        for one in rows:
            writer.write_row(one)
        if finished is not None:
            writer.write_end(finished=finished, seconds=1.0)
    return path


def kinds(path):
    return [line["kind"] for line in read_lines(path)]


# Resuming


def test_a_file_is_resumed_where_it_ends(tmp_path):
    """Breaks if what was there changes by a byte, or does not come back."""
    path = written(tmp_path / "r.jsonl", row(1), row(2), finished=False)
    before = path.read_bytes()
    with ResultsWriter(path, {"name": "again"}, resume=True) as writer:
        assert [one.key for one in writer.earlier.rows] == ["key 1", "key 2"]
        assert not writer.earlier.complete
        writer.write_row(row(3))
        writer.write_end(finished=True, seconds=2.0)
    assert path.read_bytes().startswith(before)
    assert kinds(path) == ["header", "row", "row", "end", "session", "row", "end"]
    assert read_results(path).complete
    assert read_results(path).grid == {"name": "test"}


def test_a_complete_file_stays_as_it_is(tmp_path):
    """Breaks if starting a finished sweep once more writes into its file."""
    path = written(tmp_path / "r.jsonl", row(1))
    before = path.read_bytes()
    written(path)
    assert path.read_bytes() == before


def test_the_last_row_of_a_cell_counts(tmp_path):
    """Breaks if a cell that was lost and then measured shows as lost, or twice."""
    path = written(tmp_path / "r.jsonl", row(1, "lost"), row(2), row(1))
    assert [(one.key, one.status) for one in read_results(path).rows] == [("key 1", "ok"), ("key 2", "ok")]


def test_a_run_that_was_cut_off_after_a_complete_one_is_not_complete(tmp_path):
    """Breaks if an old end line speaks for a new session."""
    path = written(tmp_path / "r.jsonl", row(1))
    written(path, row(2), finished=None)
    assert not read_results(path).complete


def test_a_file_cut_off_anywhere_can_be_resumed(tmp_path):
    """Breaks if there is a byte at which a crash makes the rows before it, or the rows after it, unreadable."""
    whole = written(tmp_path / "whole.jsonl", row(1), row(2, reason="a | b \u2028 \u20ac")).read_bytes()
    header = whole.index(b"\n") + 1
    ends = [place for place in range(header, len(whole)) if whole[place - 1 : place] == b"\n"]
    places = {*range(header, header + 40), *range(header, len(whole), 37), *ends, *(end - 1 for end in ends[1:]), len(whole)}
    for place in sorted(places):
        path = tmp_path / "cut.jsonl"
        path.write_bytes(whole[:place])
        kept = [line for line in whole[:place].split(b"\n")[1:-1] if b'"row"' in line]
        with ResultsWriter(path, {}, resume=True) as writer:
            assert len(writer.earlier.rows) in (len(kept), len(kept) + 1)
            writer.write_row(row(3))
        after = path.read_bytes()
        assert after.startswith(b"\n".join(whole[:place].split(b"\n")[:-1]))
        assert read_results(path).rows[-1].key == "key 3"
        torn = [line["text"] for line in read_lines(path) if line["kind"] == "torn"]
        rest = whole[:place].rpartition(b"\n")[2]
        assert torn in ([], [rest.decode(errors="replace")])


def test_a_header_that_was_cut_off_is_written_anew(tmp_path):
    """Breaks if a sweep that was killed in its first moment can never be started again."""
    path = tmp_path / "r.jsonl"
    whole = written(path).read_bytes()
    for place in (0, 25, whole.index(b"\n")):
        path.write_bytes(whole[:place])
        written(path, row(1))
        assert len(read_results(path).rows) == 1


@pytest.mark.parametrize("tail", [b"\0" * 500, b"\0\0\0\n", b'{"kind": "row", "prob\n', b"\xff\xfe"])
def test_what_a_power_cut_leaves_is_kept_apart(tmp_path, tail):
    """Breaks if zeros at the end of the file, which some file systems leave, lose the rows before them."""
    path = written(tmp_path / "r.jsonl", row(1), finished=None)
    path.write_bytes(path.read_bytes() + tail)
    assert read_results(path).torn
    written(path, row(2))
    found = read_results(path)
    assert [one.key for one in found.rows] == ["key 1", "key 2"]
    assert found.complete


def test_lines_end_at_line_ends_only(tmp_path):
    """Breaks if a character that Python takes for a line end, in the reason of a row, makes a file unreadable."""
    path = written(tmp_path / "r.jsonl", row(1, "error", reason="a\u2028b\x85c\x0bd\r\ne"))
    assert read_results(path).rows[0].reason == "a\u2028b\x85c\x0bd\r\ne"


def test_text_that_no_encoding_has_is_written(tmp_path):
    """Breaks if an error message with half a character in it ends the sweep."""
    assert "?" in read_results(written(tmp_path / "r.jsonl", row(1, "error", reason="half \ud800"))).rows[0].reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps({"kind": "header", "schema": SCHEMA + 1}) + "\n", f"schema {SCHEMA + 1}.*Update admodes"),
        (json.dumps({"kind": "header", "schema": 1, "environment": {}, "settings": {}}) + "\n", "cannot be resumed"),
        ("my notes\n", "no results file"),
        ('{"kind": "header", "schema": 2}\nbroken\n{"kind": "end", "finished": true}\n', "line 2 is not JSON"),
    ],
)
def test_files_that_are_none_of_ours_stay_as_they_are(tmp_path, text, message):
    """Breaks if a sweep writes into a file of a newer version, or into somebody's notes."""
    path = tmp_path / "r.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError, match=message):
        ResultsWriter(path, {}, resume=True)
    assert path.read_text(encoding="utf-8") == text


def test_rows_without_keys_are_read(tmp_path):
    """Breaks if a file of the first schema loses rows: they had no keys."""
    path = tmp_path / "r.jsonl"
    rows = [{"kind": "row"} | {name: value for name, value in row(n).to_dict().items() if name != "key"} for n in (1, 2)]
    lines = [{"kind": "header", "schema": 1, "environment": {}, "settings": {"seed": 3}}, *rows]
    path.write_text("".join(json.dumps(line).replace("NaN", "null") + "\n" for line in lines), encoding="utf-8")
    found = read_results(path)
    assert [one.inputs for one in found.rows] == [1, 2]
    assert found.grid == {"seed": 3}


# One writer


def test_a_second_writer_is_refused(tmp_path):
    """Breaks if two sweeps mix their lines in one file."""
    path = tmp_path / "r.jsonl"
    with ResultsWriter(path, {}) as writer:
        with pytest.raises(ResultsError, match="being written by another sweep"):
            ResultsWriter(path, {}, resume=True)
        code = f"from admodes.sweeps.writing import ResultsWriter\nResultsWriter({str(path)!r}, {{}}, resume=True)"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode
        assert "being written by another sweep" in done.stderr
        writer.write_row(row(1))
    written(path, row(2))
    assert len(read_results(path).rows) == 2


def test_the_lock_of_a_killed_writer_is_gone(tmp_path):
    """Breaks if a sweep that was killed can never be resumed."""
    path = tmp_path / "r.jsonl"
    code = (
        "import os, signal\nfrom admodes.sweeps.writing import ResultsWriter\n"
        f"writer = ResultsWriter({str(path)!r}, {{}})\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    written(path, row(1))
    assert len(read_results(path).rows) == 1


# Where it cannot be written


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_says_so():
    """Breaks if "no space left" ends in a traceback that does not say what to do."""
    with pytest.raises(ResultsError, match=r"No space left on device\. Make room and start the same sweep again"):
        ResultsWriter("/dev/full", {}, resume=True)


def test_a_disk_that_fills_up_leaves_whole_lines(tmp_path):
    """Breaks if half a line of the row that did not fit is left, or the rows before it are."""
    path = tmp_path / "r.jsonl"
    code = (
        "import resource\nfrom admodes.sweeps.writing import ResultsWriter\nfrom admodes.rows import Row\n"
        f"with ResultsWriter({str(path)!r}, {{}}) as writer:\n"
        "    writer.write_row(Row('a', 1, 1, 'forward', 'ok', key='1'))\n"
        f"    size = len(open({str(path)!r}).read())\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))\n"
        "    writer.write_row(Row('a', 2, 1, 'forward', 'ok', key='2'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert "File too large. 1 rows of this run are in it. Make room and start the same sweep again" in done.stderr
    assert path.read_bytes().endswith(b"\n")
    found = read_results(path)
    assert not found.torn
    assert len(found.rows) == 1


def test_writes_that_take_only_a_part_are_finished(tmp_path, monkeypatch):
    """Breaks if a system call that writes half a line loses the other half."""
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, bytes(data[:7])))
    path = written(tmp_path / "r.jsonl", row(1))
    monkeypatch.undo()
    assert read_results(path).complete


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EISDIR])
def test_a_place_that_cannot_be_written_says_so(tmp_path, monkeypatch, number):
    """Breaks if a read-only folder is found out after the first cell, or without a cure."""

    def refuse(path, *_arguments):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ResultsError, match=f"{os.strerror(number)}.*Choose another file"):
        ResultsWriter(tmp_path / "r.jsonl", {})


def test_a_folder_is_no_results_file(tmp_path):
    """Breaks if a folder's name is taken for a file's."""
    with pytest.raises(ResultsError, match="Is a directory"):
        ResultsWriter(tmp_path, {})


# Merging


def test_files_are_merged_and_stay_as_they_are(tmp_path):
    """Breaks if rows are lost, doubled or changed, or the machines that measured them are."""
    a = written(tmp_path / "a.jsonl", row(1, machine="one"), row(2, machine="one"), row(4, "lost"))
    b = written(tmp_path / "b.jsonl", row(2, machine="two"), row(3, machine="two"), row(4, machine="two"))
    with ResultsWriter(b, {}, resume=True) as writer:
        writer.write_machine({"machine": "two"})
        writer.write_end(finished=True, seconds=1.0)
    before = a.read_bytes(), b.read_bytes()
    assert merge([a, b], tmp_path / "c.jsonl") == (4, 2)
    found = read_results(tmp_path / "c.jsonl")
    assert [(one.key, one.machine, one.status) for one in found.rows] == [
        ("key 1", "one", "ok"),
        ("key 2", "one", "ok"),
        ("key 4", "two", "ok"),
        ("key 3", "two", "ok"),
    ]
    assert found.complete
    assert found.machines[-1] == {"machine": "two"}
    assert found.environment["machine"].endswith(", two")
    assert (a.read_bytes(), b.read_bytes()) == before
    with pytest.raises(FileExistsError):
        merge([a, b], tmp_path / "c.jsonl")


def test_a_merged_file_keeps_the_settings_that_all_have_in_common(tmp_path):
    """The page of merged files knows neither seed nor effort, or takes those of the first file for all."""
    grids = {
        "a": {"name": "quick", "seed": 1, "total": 60},
        "b": {"name": "quick", "seed": 2, "total": 60},
        "c": {"name": "quick"},
    }
    for name, grid in grids.items():
        with ResultsWriter(tmp_path / name, grid) as writer:
            writer.write_row(row(1))
            writer.write_end(finished=True, seconds=1.0)
    merge([tmp_path / "a", tmp_path / "b"], tmp_path / "ab")
    found = read_results(tmp_path / "ab")
    assert found.grid == {"name": "quick", "total": 60}
    assert found.differing == {"seed": [1, 2]}
    assert ("seed", "1 or 2: the files put together differ") in facts(found)
    merge([tmp_path / "ab", tmp_path / "c"], tmp_path / "abc")
    again = read_results(tmp_path / "abc")
    assert again.grid == {"name": "quick"}
    assert again.differing == {"seed": [1, 2, None], "total": [60, None]}
    assert ("total", "60 or not said: the files put together differ") in facts(again)
    alone = read_results(tmp_path / "a")
    assert (alone.grid, alone.differing) == (grids["a"], {})


def test_columns_of_a_later_version_survive_a_merge(tmp_path):
    """Breaks if merging with an older version drops what it does not know."""
    a = written(tmp_path / "a.jsonl", row(1), finished=None)
    with a.open("a", encoding="utf-8") as file:
        file.write(
            json.dumps({"kind": "row"} | row(2).to_dict() | {"colour": "blue", "time": row(2).time.to_dict()}).replace(
                "NaN", "null"
            )
            + "\n"
        )
    merge([a], tmp_path / "b.jsonl")
    lines = [line for line in read_lines(tmp_path / "b.jsonl") if line["kind"] == "row"]
    assert lines[1]["colour"] == "blue"
    assert not read_results(tmp_path / "b.jsonl").complete
