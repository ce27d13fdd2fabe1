"""The results as Markdown; reads records only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .measurement import FUNCTION, OURS
from .timing import ratio_interval
from .workloads import WRITES

Record = dict[str, Any]

#: Linear growth is tenfold here, quadratic would be a hundredfold.
LINEAR = 15.0
COLUMNS = (
    "workload",
    "method",
    "median",
    "minimum",
    "first call",
    "median / f",
    "over admodes",
    "95 %",
    "minima",
    "target",
    "met",
)


def seconds(value: float) -> str:
    """A time of three significant digits in the unit that suits it.

    Examples
    --------
    >>> seconds(0.00123456), seconds(2.5e-5), seconds(12.0)
    ('1.23 ms', '25 us', '12 s')
    """
    scale, unit = next(((scale, unit) for scale, unit in ((1.0, "s"), (1e-3, "ms")) if value >= scale), (1e-6, "us"))
    return f"{value / scale:.3g} {unit}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _head(*cells: str) -> list[str]:
    return [_row(*cells), "|" + "---|" * len(cells)]


def _met(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def render_environment(environment: Record) -> str:
    """Machine, versions, and what is missing."""
    versions = [f"Python {environment['python']}", f"NumPy {environment['numpy']}"]
    versions += [f"{name} {found}" for name, found in environment["versions"].items()]
    cores = f"{environment['cores']} cores, one thread"
    if environment["usable_cores"] == 1:
        cores += " on one core"
    machine = f"{environment['processor']} ({cores}), {environment['platform']}"
    lines = [f"{machine}; {', '.join(versions)}; float64; {environment['rounds']} rounds; {environment['started']}."]
    lines += [f"\n**Missing: {name}** ({reason}); it has no rows." for name, reason in environment["missing"].items()]
    return "\n".join(lines) + "\n"


def _comparison(record: Record, name: str) -> list[str]:
    """Ratio of the medians to admodes', its interval, ratio of the minima, the target, and whether the first meets it."""
    timings, target = record["timings"], record["targets"].get(name)
    wanted = "" if target is None else f">= {target:.2g}"
    if name in (OURS, FUNCTION) or OURS not in timings:
        return ["", "", "", wanted, "" if target is None else "not measured"]
    peer, ours = timings[name], timings[OURS]
    ratio, of_minima = (peer[key] / ours[key] for key in ("median", "minimum"))
    low, high = ratio_interval(peer["samples"], ours["samples"])
    verdict = ""
    if target is not None:
        verdict = _met(ratio >= target) + (", but within the noise" if low < target <= high else "")
    return [f"{ratio:.3g}", f"{low:.3g} to {high:.3g}", f"{of_minima:.3g}", wanted, verdict]


def render_results(records: Sequence[Record]) -> str:
    """One row a workload and method."""
    lines = _head(*COLUMNS)
    for record in records:
        label = f"{record['workload']} ({record['operator']}, {record['method']})"
        function = record["timings"][FUNCTION]["median"]
        for name, timing in record["timings"].items():
            times = [seconds(timing[key]) for key in ("median", "minimum", "first")]
            lines.append(_row(label, name, *times, f"{timing['median'] / function:.3g}", *_comparison(record, name)))
        lines += [_row(label, name, reason, *[""] * (len(COLUMNS) - 3)) for name, reason in record["refused"].items()]
    checked = [record["largest_difference"] for record in records if record["largest_difference"] is not None]
    if checked:
        lines.append(f"\nLargest norm-wise difference between two methods: {max(checked):.1e}.")
    alone = [record["workload"] for record in records if record["largest_difference"] is None]
    if alone:
        lines.append(f"\nOne method only, so nothing was checked: {', '.join(alone)}.")
    return "\n".join(lines) + "\n"


def render_growth(records: Sequence[Record]) -> str:
    """What ten times as many element writes cost; empty where they were not measured."""
    found = {record["workload"]: record for record in records}
    if not all(name in found for name in WRITES):
        return ""
    small, large = (found[name] for name in WRITES)
    lines = _head("quantity", *WRITES, "growth", "target", "met")
    for name in small["timings"]:
        pair = small["timings"][name]["median"], large["timings"][name]["median"]
        lines.append(_row(f"median, {name}", *map(seconds, pair), *_growth(pair[0], pair[1], is_ours=name == OURS)))
    memories = small["memory"], large["memory"]
    if all(memories):
        peaks, cyclic, held = ([memory[key] for memory in memories] for key in ("peak_bytes", "cyclic_objects", "held_bytes"))
        lines.append(
            _row(f"peak of memory, {OURS}", *(f"{size:,} bytes" for size in peaks), *_growth(peaks[0], peaks[1], is_ours=True))
        )
        lines.append(_row(f"held afterwards, {OURS}", *(f"{size:,} bytes" for size in held), "", "", ""))
        left = f"left to the garbage collector, {OURS}"
        lines.append(_row(left, *(f"{count} objects" for count in cyclic), "", "0", _met(not any(cyclic))))
    return "\n".join(lines) + "\n"


def _growth(small: float, large: float, is_ours: bool) -> list[str]:
    ratio = large / small
    return [f"{ratio:.3g}", f"<= {LINEAR:g}" if is_ours else "", _met(ratio <= LINEAR) if is_ours else ""]
