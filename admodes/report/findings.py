"""What a report's numbers say, as plain sentences made from the rows: which method, when, why, how exact."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..figures.quantities import TIE
from ..figures.winners import not_run, tied
from ..formatting import format_bytes, format_count, format_number, format_seconds, join_words, plural
from ..measure.recommendation import fastest_exact, shortfall
from ..rows import Row, digits_of, methods_of
from ..sweeps.results import Results
from .cells import capitalized, cells_of, first_derivatives, is_settled, where
from .overview import WAYS, advise


@dataclass(frozen=True)
class Finding:
    """One statement.

    Parameters
    ----------
    title : str
        A few words: what it is about.
    text : str
        Sentences with the numbers.
    section : str
        The section of the page that shows what it is about; "summary" for what stands there alone.
    """

    title: str
    text: str
    section: str


def find_all(results: Results) -> list[Finding]:
    """Everything that can be said about `results`, in the order of the page."""
    rows = results.rows
    grid = [row for row in rows if row.part == "grid"]
    findings = [
        Finding("In short", _in_short(rows), "summary"),
        Finding("The fields", _fields(grid), "map"),
        Finding("The automatic choice", _automatic_choice(grid), "map"),
        Finding("Many inputs, few outputs", _corner(grid, wide=True), "inputs"),
        Finding("Finite differences", _finite_differences(rows), "inputs"),
        Finding("Few inputs, many outputs", _corner(grid, wide=False), "outputs"),
        Finding("Exactness", _exactness(rows), "error"),
        Finding("Not beaten in both", _unbeaten(rows), "tradeoff"),
        Finding("The largest tape", _tapes(rows), "memory"),
        Finding("Real data", _real_data(rows), "problems"),
        Finding("Failures", _failures(rows), "failures"),
        Finding("Doubts", _doubts(rows), "failures"),
        Finding("Incomplete", _incomplete(results), "summary"),
    ]
    return [finding for finding in findings if finding.text]


def _in_short(rows: Sequence[Row]) -> str:
    """Which method to take for functions of each shape, and how it works."""
    methods = methods_of(rows)
    if len(methods) == 1:
        return f"Only {methods[0]} was measured: there is nothing to compare it with."
    advice = advise(rows)
    parts = []
    for line in advice:
        shape = line.shape.partition(", such as")[0]
        parts.append(f"with {shape} {f'take {line.take}' if line.methods else 'no cell is settled'}")
    reasons = [capitalized(f"{name} {WAYS[name]}.") for line in advice for name in line.methods if name in WAYS]
    return " ".join([capitalized("; ".join(parts)) + ".", *dict.fromkeys(reasons)]) if parts else ""


def _corner(grid: Sequence[Row], *, wide: bool) -> str:
    """The gradient-like and the tall corner of the grid."""
    if not grid:
        return ""
    inputs, outputs = [row.inputs for row in grid], [row.outputs for row in grid]
    n, m = (max(inputs), min(outputs)) if wide else (min(inputs), max(outputs))
    if n == m or (n > m) != wide:
        return ""
    cell = [row for row in first_derivatives(grid) if (row.inputs, row.outputs) == (n, m)]
    if len({row.problem for row in cell}) != 1:
        return ""
    return _compared(cell, f"{capitalized(cell[0].problem)} with {plural(n, 'input')} and {plural(m, 'output')}")


def _compared(cell: Sequence[Row], subject: str) -> str:
    """Which method wins a cell, by how much, and what the others take."""
    best = fastest_exact(cell)
    if best is None:
        return f"{subject}: no method gave a verified derivative."
    among = "" if is_settled(cell) else " of those that ran"
    text = f"{subject}: {best.method} is the fastest exact method{among}, {format_seconds(best.seconds)} a derivative"
    if math.isfinite(best.ratio):
        text += f", {format_number(best.ratio)} times the function itself"
    others = sorted((row for row in cell if row.succeeded and row is not best), key=lambda row: row.seconds)
    parts = [_against(row, best) for row in others]
    lost = [f"{row.method}: {row.status}" for row in cell if not row.succeeded]
    text += f". {capitalized('; '.join(parts))}." if parts else "."
    return f"{text} Without a result: {join_words(lost)}." if lost else text


def _against(row: Row, best: Row) -> str:
    """One other method against the best: slower, tied or faster, as the numbers have it."""
    factor = row.seconds / best.seconds
    calls = f" with {plural(row.calls, 'call')} of f" if row.calls is not None and row.calls > 1 else ""
    calls += "" if row.time.samples else " in its first call"
    if factor >= TIE:
        return f"{row.method} takes {format_number(factor)} times as long{calls}"
    if factor > 1 / TIE:
        return f"{row.method} takes about as long{calls}"
    return f"{row.method} is {format_number(1 / factor)} times faster{calls}, but {shortfall(row)}"


def _real_data(rows: Sequence[Row]) -> str:
    """The handwritten digits."""
    cells = list(cells_of(row for row in first_derivatives(rows) if row.problem == "digits").values())
    if not cells or not any(row.succeeded for row in cells[-1]):
        return ""
    return _compared(cells[-1], f"Softmax regression on handwritten digits ({cells[-1][0].inputs:,} parameters)")


def _fields(grid: Sequence[Row]) -> str:
    """How many fields of the map each method has, and how many of them it shares with the next."""
    cells = list(cells_of(first_derivatives(grid)).values())
    if len(methods_of(grid)) < 2 or not any(tied(cell) for cell in cells):
        return ""
    settled = [[row.method for row in tied(cell)] for cell in cells if not not_run(cell)]
    counts = Counter(names[0] for names in settled if len(names) == 1)
    parts = [f"{method} in {count:,}" for method, count in counts.most_common()]
    ties = sum(len(names) > 1 for names in settled)
    parts += [f"a tie in {ties:,} (the next takes at most 10% longer)"] if ties else []
    provisional = sum(bool(tied(cell) and not_run(cell)) for cell in cells)
    parts += [f"not settled in {provisional:,} (a rival was not run)"] if provisional else []
    none = sum(not tied(cell) for cell in cells)
    parts += [f"none in {none:,}"] if none else []
    return f"Of {plural(len(cells), 'field')}, the fastest right method is {join_words(parts)}."


def _automatic_choice(grid: Sequence[Row]) -> str:
    """How good the choice by shape alone is."""
    hits, losses = 0, []
    for cell in cells_of(grid).values():
        best = fastest_exact(cell)
        chosen = next((row for row in cell if row.succeeded and row.method == row.auto), None)
        if best is None or chosen is None or not is_settled(cell):
            continue
        if chosen.seconds <= TIE * best.seconds:
            hits += 1
        else:
            losses.append(chosen.seconds / best.seconds)
    if not hits and not losses:
        return ""
    share = f"{hits} of {hits + len(losses)} cells"
    text = f"“auto” looks at the shape of the derivative only. It takes the fastest exact method in {share}"
    if losses:
        text += f" and at worst one that takes {format_number(max(losses))} times as long as the fastest"
    return f"{text}."


def _exactness(rows: Sequence[Row]) -> str:
    """Digits of every method, and how the exact ones compare with the formula written by hand."""
    parts = []
    for method in methods_of(rows):
        middle, worst = digits_of([row for row in rows if row.method == method])
        if worst:
            parts.append(f"{method} {worst} at worst and {middle} in the median")
    if not parts:
        return ""
    return f"Correct digits in the norm: {join_words(parts)}.{_against_hand(rows)}"


def _against_hand(rows: Sequence[Row]) -> str:
    """The errors of forward and reverse in units of the error of the closed form in plain NumPy."""
    factors = [
        row.error / row.hand_error
        for row in rows
        if row.method in ("forward", "reverse") and math.isfinite(row.error) and row.hand_error > 0
    ]
    if not factors:
        return ""
    above = sum(factor > 2 for factor in factors)
    middle, worst = format_number(float(np.median(factors))), format_number(max(factors))
    return (
        " Against the closed form written by hand in NumPy, the error of forward and reverse is "
        f"{middle} times as large in the median and {worst} times at worst; it is more than twice as large in "
        f"{above} of {len(factors)} measurements."
    )


def _finite_differences(rows: Sequence[Row]) -> str:
    """What finite differences pay."""
    own = [row for row in first_derivatives(rows) if row.method == "finite" and row.calls is not None and row.inputs]
    if not own:
        return ""
    per_input = [row.calls / row.inputs for row in own if row.calls is not None]
    largest = max(own, key=lambda row: row.calls or 0)
    return (
        f"They call f {format_number(float(np.median(per_input)))} times for each input in the median, "
        f"{format_count(largest.calls)} times for {largest.problem} with {plural(largest.inputs, 'input')}, "
        "however many outputs there are."
    )


def _unbeaten(rows: Sequence[Row]) -> str:
    """How often a method was beaten by none that is both faster and more exact."""
    counts: Counter[str] = Counter()
    cells = [cell for cell in cells_of(rows).values() if sum(row.succeeded for row in cell) > 1]
    for cell in cells:
        usable = [row for row in cell if row.succeeded]
        counts.update(
            row.method for row in usable if not any(other.seconds < row.seconds and other.error < row.error for other in usable)
        )
    if not cells:
        return ""
    parts = [f"{method} in {count:,}" for method, count in counts.most_common()]
    return (
        f"In each of {plural(len(cells), 'cell')} with two right derivatives or more, some methods are beaten by none that is "
        f"both faster and more exact: {join_words(parts)}."
    )


def _tapes(rows: Sequence[Row]) -> str:
    """What reverse mode has to keep of f."""
    taped = [row for row in rows if row.tape_bytes is not None and row.tape_nodes is not None]
    if not taped:
        return ""
    largest = max(taped, key=lambda row: row.tape_bytes or 0)
    return (
        "Reverse mode keeps a tape, a list of all that f did. The largest one here is that of "
        f"{where(largest)}: {plural(largest.tape_nodes or 0, 'node')}, {format_bytes(largest.tape_bytes)}."
    )


def losses(rows: Sequence[Row]) -> str:
    """Which methods lack results, by status; "" where none does."""
    parts = []
    for method in methods_of(rows):
        own = [row for row in rows if row.method == method]
        lost = Counter(row.status for row in own if row.status != "ok")
        if lost:
            kinds = join_words([f"{status} {count:,}" for status, count in lost.most_common()])
            parts.append(f"{method} in {sum(lost.values()):,} of {plural(len(own), 'cell')} ({kinds})")
    return f"No right derivative from {join_words(parts)}." if parts else ""


def _failures(rows: Sequence[Row]) -> str:
    """Which methods lack results, or that none does."""
    if not rows:
        return ""
    lost = losses(rows)
    return (
        f"{lost} Each one is listed below with its reason."
        if lost
        else "None: every method gave a right derivative in every cell."
    )


def _doubts(rows: Sequence[Row]) -> str:
    """Measurements that should not be trusted as they stand."""
    parts = []
    if suspects := sum(row.suspect for row in rows):
        parts.append(f"{plural(suspects, 'time')} below what the counted calls of f must take")
    if weak := sum(bool(row.check) and row.check != "guarded" for row in rows):
        parts.append(f"{plural(weak, 'check')} that cannot see every planted mistake")
    if not parts:
        return ""
    return f"There {'is' if suspects + weak == 1 else 'are'} {join_words(parts)}; they are listed below."


def _incomplete(results: Results) -> str:
    """Whether the run ended before its time."""
    if results.complete:
        return ""
    how = "The last line of the results was cut off and is left out. " if results.torn else ""
    return f"{how}The run was ended early: this report shows the {len(results.rows)} rows measured until then."
