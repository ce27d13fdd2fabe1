"""Puts results of several sweeps, perhaps of several machines, together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..rows import UNSETTLED
from .results import read_lines, read_results
from .writing import ResultsWriter


def merge(paths: Sequence[str | Path], out: str | Path) -> tuple[int, int]:
    """Put the rows and claims of several results files into a new one. The files stay as they are.

    Rows are taken over as they are, columns included that this version does not know. Where two files have a row
    for the same cell, one that holds a measurement goes before one that does not, and an earlier file before a later one.

    Parameters
    ----------
    paths : sequence of str or Path
    out : str or Path
        Must not exist yet.

    Returns
    -------
    rows, doubled : int
        Rows and claims written, and those left out because an earlier file has the same one too.

    Raises
    ------
    FileExistsError
        If `out` exists.
    OptionError
        If a file is no results file, or has a newer schema.
    """
    files = [read_lines(path) for path in paths]
    rows: dict[str, dict[str, Any]] = {}
    doubled = 0
    for place, (_, *lines) in enumerate(files):
        own = {
            line.get("key") or f"file {place} row {number}": line
            for number, line in enumerate(lines)
            if line.get("kind") in ("row", "claim")
        }
        for key, line in own.items():
            if key in rows:
                doubled += 1
            if key not in rows or (line["status"] not in UNSETTLED and rows[key]["status"] in UNSETTLED):
                rows[key] = line
    complete = all(read_results(path).complete for path in paths)
    grid = {"name": "merged", "merged": [header.get("grid") or header.get("settings") for header, *_ in files]}
    with ResultsWriter(out, grid) as writer:
        for header, *lines in files:
            writer.write_machine({name: value for name, value in header["environment"].items() if name != "created"})
            writer.write_lines(line for line in lines if line.get("kind") == "machine")
        writer.write_lines(rows.values())
        seconds = sum(line["seconds"] for _, *lines in files for line in lines if line.get("kind") == "end")
        writer.write_end(finished=complete, seconds=seconds)
    return len(rows), doubled
