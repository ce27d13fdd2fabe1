"""Results on disk: JSON Lines that survive a crash and are never overwritten.

The first line is a header (schema, environment, versions, settings), then one line a row, and a
line that says how the run ended. Every line is on the disk before the next cell starts.
NaN and infinity, which JSON lacks, are written as null and named under "nonfinite".
"""

from __future__ import annotations

import json
import math
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .._version import __version__
from ..errors import OptionError
from .rows import Row

SCHEMA = 1


class ResultsWriter:
    """Appends lines to a new results file.

    Parameters
    ----------
    path : Path
        Must not exist yet.
    settings : dict
        What was asked for; part of the header.

    Raises
    ------
    FileExistsError
        If there is a file at `path`: results are never overwritten.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        # Unbuffered: a line is written by one system call, wholly or (on Ctrl-C) not at all.
        self._file = path.open("xb", buffering=0)
        self._write("header", {"schema": SCHEMA, "environment": environment(), "settings": settings})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def write_row(self, row: Row) -> None:
        """Append one row and wait until it is on the disk."""
        self._write("row", row.to_dict())

    def write_end(self, *, finished: bool, seconds: float) -> None:
        """Say that the run ended, and whether it finished all cells."""
        self._write("end", {"finished": finished, "seconds": seconds})

    def _write(self, kind: str, content: dict[str, Any]) -> None:
        self._file.write((to_json({"kind": kind, **content}) + "\n").encode())
        os.fsync(self._file.fileno())


@dataclass
class Results:
    """What a results file holds.

    Parameters
    ----------
    header : dict
    rows : list of Row
    end : dict or None
        None where the run was cut off.
    torn : bool
        Whether the last line was cut off in the middle and left out.
    """

    header: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    end: dict[str, Any] | None = None
    torn: bool = False

    @property
    def complete(self) -> bool:
        """Whether the run measured all that was asked for."""
        return self.end is not None and bool(self.end["finished"])


def read_results(path: str | Path) -> Results:
    """Read a results file; a last line that was cut off is left out and noted.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Results

    Raises
    ------
    OptionError
        If the file is no results file, is damaged before its last line, or has a newer schema.
    """
    results: Results | None = None
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, 1):
        try:
            data = from_json(line)
        except ValueError as error:
            if number == len(lines) and results is not None:
                results.torn = True
                break
            raise OptionError(f"{path}, line {number} is not JSON ({error}). It is no results file, or it is damaged.") from error
        kind = data.pop("kind", None) if isinstance(data, dict) else None
        if results is None:
            results = Results(_checked_header(path, kind, data))
        elif kind == "row":
            results.rows.append(Row.from_dict(data))
        elif kind == "end":
            results.end = data
    if results is None:
        raise OptionError(f"{path} is empty: it holds no results. Measure first: admodes report.")
    return results


def _checked_header(path: str | Path, kind: Any, data: Any) -> dict[str, Any]:
    if kind != "header":
        raise OptionError(f"{path} does not start with a header of admodes: it is no results file.")
    if data["schema"] > SCHEMA:
        raise OptionError(f"{path} has schema {data['schema']}, this version of admodes reads {SCHEMA}. Update admodes.")
    return dict(data)


def environment() -> dict[str, Any]:
    """Versions and machine, as far as they bear on the numbers."""
    import numpy as np
    import sympy

    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "admodes": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "sympy": sympy.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "threads": {name: os.environ[name] for name in _THREADS if name in os.environ},
        "longdouble_digits": int(np.finfo(np.longdouble).precision),
        "byte_order": sys.byteorder,
    }


_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def to_json(data: dict[str, Any]) -> str:
    """`data` as one line of strict JSON: non-finite numbers as null, their paths under "nonfinite"."""
    lost: dict[str, str] = {}
    content = _strip(data, "", lost)
    return json.dumps(content | ({"nonfinite": lost} if lost else {}), allow_nan=False, ensure_ascii=False)


def _strip(value: Any, path: str, lost: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _strip(item, f"{path}/{key}", lost) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strip(item, f"{path}/{index}", lost) for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        lost[path] = repr(float(value))
        return None
    return value


def from_json(line: str) -> Any:
    """The inverse of `to_json`: the non-finite numbers are put back."""
    data = json.loads(line)
    for path, text in (data.pop("nonfinite", {}) if isinstance(data, dict) else {}).items():
        *outer, last = _steps(path)
        place = data
        for step in outer:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[int(last) if isinstance(place, list) else last] = float(text)
    return data


def _steps(path: str) -> Iterator[str]:
    yield from path.split("/")[1:]
