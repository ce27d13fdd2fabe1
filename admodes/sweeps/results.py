"""Results on disk: JSON Lines that survive a crash and are never overwritten.

The first line is a header (schema, environment, grid), then comes one line a row or claim. Every line is on
the disk before the next cell starts. Where a sweep is resumed, or a worker runs on another machine, a line says so.
NaN and infinity, which JSON lacks, are written as null and named under "nonfinite".
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..formatting import plural
from ..reproduce.claims import Claim, Claims
from ..rows import MEASURED, UNSETTLED, Row
from .claim import ClaimRow

#: 1 was written before there were sweeps: its rows have no keys. It is read, and not written any more.
SCHEMA = 3


@dataclass
class Results:
    """What a results file holds.

    Parameters
    ----------
    header : dict
    rows : list of Row
        The last row of each place: where the same method was measured again with other code, effort or seed, the latest.
    end : dict or None
        None where the run was cut off.
    torn : bool
        Whether the last line was cut off in the middle and left out.
    machines : list of dict
        The environments of the workers that measured.
    by_key : dict
        The last row of every cell, the earlier ones of the same place included.
    claim_rows : list of ClaimRow
        The last one of each claim.
    """

    header: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    end: dict[str, Any] | None = None
    torn: bool = False
    machines: list[dict[str, Any]] = field(default_factory=list)
    by_key: dict[str, Row] = field(default_factory=dict)
    claim_rows: list[ClaimRow] = field(default_factory=list)

    @property
    def claims(self) -> list[Claim]:
        """The claims that were tested to the end."""
        return [row.claim for row in self.claim_rows if row.claim is not None]

    @property
    def failed_claims(self) -> list[ClaimRow]:
        """The claims that were not, with status and reason."""
        return [row for row in self.claim_rows if row.claim is None]

    @property
    def claims_in_short(self) -> str:
        """How many claims hold, and which could not be tested."""
        lines = [f"{row.title}: {row.status}: {row.reason}" for row in self.failed_claims]
        return "\n".join([*([Claims(tuple(self.claims)).summary] if self.claims else []), *lines])

    @property
    def complete(self) -> bool:
        """Whether the run measured all that was asked for."""
        return self.end is not None and bool(self.end["finished"])

    @property
    def failure(self) -> str:
        """That not a single cell gave a derivative to be used, and what became of them; "" where one did."""
        if not self.rows or any(row.status in MEASURED for row in self.rows):
            return ""
        found = ", ".join(f"{status} {count:,}" for status, count in Counter(row.status for row in self.rows).most_common())
        first = next((f" The first: {row.title}: {row.reason}" for row in self.rows if row.reason), "")
        return f"No derivative came of {plural(len(self.rows), 'cell')} ({found}).{first}"

    @property
    def has_run(self) -> bool:
        """Whether any cell or claim was run: otherwise the environment is that of nothing that was measured."""
        return bool(({row.status for row in self.rows} | {row.status for row in self.claim_rows}) - set(UNSETTLED))

    @property
    def environment(self) -> dict[str, Any]:
        """Of the first machine that measured, with the names of all."""
        names = dict.fromkeys(machine["machine"] for machine in self.machines if "machine" in machine)
        first = dict(self.header.get("environment", {})) | (self.machines[0] if self.machines else {})
        return first | ({"machine": ", ".join(names)} if names else {})

    @property
    def grid(self) -> dict[str, Any]:
        """What was asked for. Of files that were merged: the settings they have in common."""
        return {name: values[0] for name, values in self._settings().items() if len(values) == 1}

    @property
    def differing(self) -> dict[str, list[Any]]:
        """The settings in which files that were merged differ, each with its values; None where a file does not say."""
        return {name: values for name, values in self._settings().items() if len(values) > 1}

    def _settings(self) -> dict[str, list[Any]]:
        """Each setting with its different values."""
        grids = list(_grids(self.header.get("grid") or self.header.get("settings") or {}))
        found: dict[str, list[Any]] = {name: [] for grid in grids for name in grid}
        for grid in grids:
            for name, values in found.items():
                if grid.get(name) not in values:
                    values.append(grid.get(name))
        return found


def _grids(settings: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The settings of a sweep, or of all sweeps whose files were merged, those merged before included."""
    if "merged" not in settings:
        yield settings
    for one in settings.get("merged", ()):
        yield from _grids(one or {})


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
    header, *lines = read_lines(path)
    results = Results(header)
    rows: dict[Any, Row] = {}
    claims: dict[str, ClaimRow] = {}
    for number, line in enumerate(lines):
        kind = line.pop("kind", None)
        if kind == "row":
            row = Row.from_dict(line)
            rows[row.place if row.key else number] = row
            if row.key:
                results.by_key[row.key] = row
        elif kind == "claim":
            claims[line["name"]] = ClaimRow.from_dict(line)
        elif kind == "end":
            results.end = line
        elif kind == "session":
            results.end = None
        elif kind == "machine":
            results.machines += [line] if line not in results.machines else []
        elif kind == "torn":
            results.torn = True
    results.rows, results.claim_rows = list(rows.values()), list(claims.values())
    return results


def read_lines(path: str | Path) -> list[dict[str, Any]]:
    """The lines of a results file as they are, the header first; a last one that was cut off as ``{"kind": "torn"}``.

    Raises
    ------
    OptionError
        As `read_results`.
    """
    lines: list[dict[str, Any]] = []
    texts = Path(path).read_text(encoding="utf-8", errors="replace").split("\n")
    if texts[-1] == "":
        texts.pop()
    for number, text in enumerate(texts, 1):
        try:
            data = from_json(text)
        except ValueError as error:
            if number == len(texts) and lines:
                lines.append({"kind": "torn", "text": text})
                break
            raise OptionError(f"{path}, line {number} is not JSON ({error}). It is no results file, or it is damaged.") from error
        if not lines:
            _check_header(path, data)
        if isinstance(data, dict):
            lines.append(data)
    if not lines:
        raise OptionError(f"{path} is empty: it holds no results. Measure first: admodes sweep quick.")
    return lines


def _check_header(path: str | Path, data: Any) -> None:
    if not isinstance(data, dict) or data.get("kind") != "header":
        raise OptionError(f"{path} does not start with a header of admodes: it is no results file.")
    if data["schema"] > SCHEMA:
        raise OptionError(f"{path} has schema {data['schema']}, this version of admodes reads {SCHEMA}. Update admodes.")


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
