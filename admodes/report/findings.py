"""What a report's numbers say, as plain sentences made from the rows: which method, when, why, how exact."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formatting import format_count, format_digits, format_number, format_seconds, join_words, plural
from ..measure.operation import WHOLE
from ..measure.recommendation import most_exact
from ..rows import Row, methods_of
from ..sweeps.results import Results

#: Times closer than this are called a tie.
_TIE = 1.1
_A_TIE = "a tie"
#: Why a method can be the one to take.
_REASONS = {
    "reverse": "runs f once and carries one seed for each output, however many inputs there are",
    "forward": "runs f once and carries one direction for each input, however many outputs there are",
    "finite": "only calls f, a few times for each input",
    "symbolic": "evaluates formulas of the derivative",
    "complex": "calls f once for each input",
}


@dataclass(frozen=True)
class Finding:
    """One statement.

    Parameters
    ----------
    title : str
        A few words: what it is about.
    text : str
        Sentences with the numbers.
    """

    title: str
    text: str


def find_all(results: Results) -> list[Finding]:
    """Everything that can be said about `results`, the most useful first."""
    rows = results.rows
    grid = [row for row in rows if row.part == "grid"]
    findings = [
        _in_short(grid),
        _corner(grid, "Many inputs, few outputs", wide=True),
        _corner(grid, "Few inputs, many outputs", wide=False),
        _real_data(rows),
        _automatic_choice(grid),
        _exactness(rows),
        _finite_differences(rows),
        _failures(rows),
        _doubts(rows),
        _incomplete(results),
    ]
    return [Finding(title, text) for title, text in findings if text]


def cells_of(rows: Sequence[Row]) -> dict[tuple[str, int, int], list[Row]]:
    """The rows of each cell: (problem and operator, inputs, outputs) -> one row a method."""
    cells: dict[tuple[str, int, int], list[Row]] = {}
    for row in rows:
        cells.setdefault((named(row), row.inputs, row.outputs), []).append(row)
    return cells


def named(row: Row) -> str:
    """The problem, and the operator where it is not the plain derivative."""
    return row.problem if row.operator == "differentiate" else f"{row.problem}, {row.operator}"


def fastest_exact(cell: Sequence[Row]) -> Row | None:
    """The fastest of the most exact verified rows of a cell."""
    usable = [row for row in cell if row.succeeded]
    return min(most_exact(usable), key=lambda row: row.seconds) if usable else None


def _corner(grid: Sequence[Row], title: str, *, wide: bool) -> tuple[str, str]:
    """The gradient-like and the tall corner of the grid."""
    if not grid:
        return title, ""
    inputs, outputs = [row.inputs for row in grid], [row.outputs for row in grid]
    n, m = (max(inputs), min(outputs)) if wide else (min(inputs), max(outputs))
    if n == m or (n > m) != wide:
        return title, ""
    cell = [row for row in grid if (row.inputs, row.outputs) == (n, m)]
    return title, _compared(cell, f"The dense layer with {plural(n, 'input')} and {plural(m, 'output')}")


def _compared(cell: Sequence[Row], subject: str) -> str:
    """Which method wins a cell, by how much, and what the others take."""
    best = fastest_exact(cell)
    if best is None:
        return f"{subject}: no method gave a verified derivative."
    text = f"{subject}: {best.method} is the fastest exact method, {format_seconds(best.seconds)} a derivative"
    if math.isfinite(best.ratio):
        text += f", {format_number(best.ratio)} times the function itself"
    others = sorted((row for row in cell if row.succeeded and row is not best), key=lambda row: row.seconds)
    parts = [_against(row, best) for row in others]
    lost = [f"{row.method}: {row.status}" for row in cell if not row.succeeded]
    text += f". {_capitalized('; '.join(parts))}." if parts else "."
    return f"{text} Without a result: {join_words(lost)}." if lost else text


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def _against(row: Row, best: Row) -> str:
    """One other method against the best: slower, tied or faster, as the numbers have it."""
    factor = row.seconds / best.seconds
    calls = f" with {plural(row.calls, 'call')} of f" if row.calls is not None and row.calls > 1 else ""
    if factor >= _TIE:
        return f"{row.method} takes {format_number(factor)} times as long{calls}"
    if factor > 1 / _TIE:
        return f"{row.method} takes about as long{calls}"
    return f"{row.method} is {format_number(1 / factor)} times faster{calls}, but good to {format_digits(row.digits)} digits only"


def _in_short(grid: Sequence[Row]) -> tuple[str, str]:
    """Which method to take on either side of the diagonal of the grid, and why."""
    cells = cells_of(grid)
    winners = [best for cell in cells.values() if (best := fastest_exact(cell)) is not None]
    sides = {
        "with more inputs than outputs": [row for row in winners if row.inputs > row.outputs],
        "with as many": [row for row in winners if row.inputs == row.outputs],
        "with fewer": [row for row in winners if row.inputs < row.outputs],
    }
    parts = [f"{side} {_most_often(rows, cells)}" for side, rows in sides.items() if rows]
    if not parts:
        return "In short", ""
    taken = dict.fromkeys(row.method for row in winners if row.method in _REASONS)
    reasons = [_capitalized(f"{method} {_REASONS[method]}.") for method in taken]
    return "In short", " ".join([_capitalized(f"{'; '.join(parts)}."), *reasons])


def _most_often(winners: Sequence[Row], cells: dict[tuple[str, int, int], list[Row]]) -> str:
    """The method that is most often the fastest exact one, how often, and how often it makes no difference."""
    names = Counter(_winner(best, cells[named(best), best.inputs, best.outputs]) for best in winners)
    (first, count), *others = names.most_common()
    rest = "".join(f", {name} in {number}" for name, number in others)
    share = f"in {count} of {plural(len(winners), 'cell')}{rest}"
    if first == _A_TIE:
        return f"it makes little difference ({first} {share})"
    return f"take {first} (the fastest exact method {share})"


def _winner(best: Row, cell: Sequence[Row]) -> str:
    """The name of the fastest exact method of a cell, unless another one is as fast."""
    rivals = [row for row in most_exact([row for row in cell if row.succeeded]) if row is not best]
    return _A_TIE if any(row.seconds < _TIE * best.seconds for row in rivals) else best.method


def _real_data(rows: Sequence[Row]) -> tuple[str, str]:
    """The handwritten digits."""
    digits = [row for row in rows if row.problem == "digits"]
    if not any(row.succeeded for row in digits):
        return "Real data", ""
    subject = f"Softmax regression on handwritten digits ({digits[0].inputs:,} parameters)"
    return "Real data", _compared(digits, subject)


def _automatic_choice(grid: Sequence[Row]) -> tuple[str, str]:
    """How good the choice by shape alone is."""
    hits, losses = 0, []
    for cell in cells_of(grid).values():
        best = fastest_exact(cell)
        chosen = next((row for row in cell if row.succeeded and row.method == row.auto), None)
        if best is None or chosen is None:
            continue
        if chosen.seconds <= _TIE * best.seconds:
            hits += 1
        else:
            losses.append(chosen.seconds / best.seconds)
    if not hits and not losses:
        return "The automatic choice", ""
    share = f"{hits} of {hits + len(losses)} cells"
    text = f"“auto” looks at the shape of the derivative only. It takes the fastest exact method in {share}"
    if losses:
        text += f" and at worst one that takes {format_number(max(losses))} times as long as the fastest"
    return "The automatic choice", f"{text}."


def _exactness(rows: Sequence[Row]) -> tuple[str, str]:
    """Digits of every method, and how the exact ones compare with the formula written by hand."""
    parts = []
    for method in methods_of(rows):
        digits = [row.digits for row in rows if row.method == method and math.isfinite(row.digits)]
        if digits:
            parts.append(
                f"{method} {format_digits(min(digits))} at worst and {format_digits(float(np.median(digits)))} in the median"
            )
    if not parts:
        return "Exactness", ""
    return "Exactness", f"Correct digits in the norm: {join_words(parts)}.{_against_hand(rows)}"


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


def _finite_differences(rows: Sequence[Row]) -> tuple[str, str]:
    """What finite differences pay."""
    whole = [row for row in rows if row.operator in WHOLE]
    own = [row for row in whole if row.method == "finite" and row.calls is not None and row.inputs]
    if not own:
        return "Finite differences", ""
    per_input = [row.calls / row.inputs for row in own if row.calls is not None]
    largest = max(own, key=lambda row: row.calls or 0)
    return "Finite differences", (
        f"They call f {format_number(float(np.median(per_input)))} times for each input in the median, "
        f"{format_count(largest.calls)} times for {largest.problem} with {plural(largest.inputs, 'input')}, "
        "however many outputs there are."
    )


def _failures(rows: Sequence[Row]) -> tuple[str, str]:
    """Which methods lack results, by status."""
    parts = []
    for method in methods_of(rows):
        own = [row for row in rows if row.method == method]
        lost = Counter(row.status for row in own if row.status != "ok")
        if lost:
            kinds = join_words([f"{status} {count}" for status, count in lost.most_common()])
            parts.append(f"{method} in {sum(lost.values())} of {len(own)} cells ({kinds})")
    if not parts:
        return "Failures", "None: every method gave a right derivative in every cell." if rows else ""
    return "Failures", f"No right derivative from {join_words(parts)}. Each one is listed below with its reason."


def _doubts(rows: Sequence[Row]) -> tuple[str, str]:
    """Measurements that should not be trusted as they stand."""
    parts = []
    if suspects := sum(row.suspect for row in rows):
        parts.append(f"{plural(suspects, 'time')} below what the counted calls of f must take")
    if weak := sum(bool(row.check) and row.check != "guarded" for row in rows):
        parts.append(f"{plural(weak, 'check')} that cannot see every planted mistake")
    return (
        "Doubts",
        f"There {'is' if suspects + weak == 1 else 'are'} {join_words(parts)}; the tables mark them." if parts else "",
    )


def _incomplete(results: Results) -> tuple[str, str]:
    """Whether the run ended before its time."""
    if results.complete:
        return "Incomplete", ""
    how = "The last line of the results was cut off and is left out. " if results.torn else ""
    return "Incomplete", f"{how}The run was ended early: this report shows the {len(results.rows)} rows measured until then."
