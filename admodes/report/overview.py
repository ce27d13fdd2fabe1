"""What a reader sees first: which method, when and why, and how each method did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formatting import format_count, format_digits, format_number, join_words, plural
from ..reproduce import Claim
from ..rows import Row, methods_of
from .cells import A_TIE, cells_of, fastest_exact, first_derivatives, winner

#: How a method works, in words that need none of the others.
WAYS = {
    "finite": "calls f at neighbouring points and takes differences",
    "symbolic": "turns f into formulas and differentiates these",
    "forward": "runs f once and carries derivatives along, one direction for each input",
    "reverse": "runs f once, writes down what it does, and goes back over it, once for each output",
    "complex": "calls f beside the real line, once for each input: the derivative is the imaginary part",
}
_SIDES = (
    ("more inputs than outputs, such as a loss and its gradient", 1),
    ("as many inputs as outputs", 0),
    ("fewer inputs than outputs, such as a curve with few parameters", -1),
)


@dataclass(frozen=True)
class Advice:
    """What to take for functions of one shape.

    Parameters
    ----------
    shape : str
        What the function has.
    method : str
        "" where it makes little difference.
    why : str
        How that method works.
    measured : str
        How often it was the fastest exact one, and by how much.
    """

    shape: str
    method: str
    why: str
    measured: str


@dataclass(frozen=True)
class Score:
    """How one method did over all functions.

    Parameters
    ----------
    method, way : str
        Its name, and how it works.
    right : str
        In how many cells its derivative was right.
    digits : str
        Correct digits, median and worst.
    calls : str
        Calls of f for one derivative, fewest to most.
    ratio : str
        Time in units of f's own, median and range.
    fastest : str
        In how many cells it was the fastest of the exact methods.
    """

    method: str
    way: str
    right: str
    digits: str
    calls: str
    ratio: str
    fastest: str


def advise(rows: Sequence[Row]) -> list[Advice]:
    """One line for each shape of function that was measured: more inputs than outputs, as many, fewer."""
    if len(methods_of(rows)) < 2:
        return []
    cells = [cell for cell in cells_of(_judged(rows)).values() if fastest_exact(cell) is not None]
    found = []
    for shape, sign in _SIDES:
        own = [cell for cell in cells if np.sign(cell[0].inputs - cell[0].outputs) == sign]
        if own:
            found.append(_advice(shape, own))
    return found


def _judged(rows: Sequence[Row]) -> list[Row]:
    """The grid, whose sizes are spread evenly over the shapes; without one, everything."""
    whole = first_derivatives(rows)
    return [row for row in whole if row.part == "grid"] or whole


def _advice(shape: str, cells: Sequence[Sequence[Row]]) -> Advice:
    names = Counter(winner(cell) for cell in cells)
    (first, count), *others = names.most_common()
    method = "" if first == A_TIE else first
    rest = "".join(f"; {name} in {number}" for name, number in others)
    what = "no exact method is more than 10% faster than the next" if first == A_TIE else "the fastest exact method"
    return Advice(shape, method, WAYS.get(method, ""), f"{what} in {count} of {plural(len(cells), 'cell')}{rest}{_lead(cells)}")


def _lead(cells: Sequence[Sequence[Row]]) -> str:
    """By how much the fastest exact method leads where it leads most."""
    leads = []
    for cell in cells:
        best = fastest_exact(cell)
        slower = [row.seconds for row in cell if best is not None and row.succeeded and row.seconds > best.seconds]
        if best is not None and slower:
            leads.append((max(slower) / best.seconds, best))
    if not leads:
        return ""
    factor, best = max(leads, key=lambda lead: lead[0])
    sizes = f"{plural(best.inputs, 'input')} and {plural(best.outputs, 'output')}"
    return f". The slowest takes up to {format_number(factor)} times as long as {best.method} ({sizes})"


def score(rows: Sequence[Row]) -> list[Score]:
    """One line for each method that was measured."""
    whole = first_derivatives(rows) or list(rows)
    wins = Counter(winner(cell) for cell in cells_of(whole).values())
    return [_score(method, [row for row in whole if row.method == method], wins[method]) for method in methods_of(whole)]


def _score(method: str, rows: Sequence[Row], wins: int) -> Score:
    right = sum(row.status == "ok" for row in rows)
    digits = [row.digits for row in rows if math.isfinite(row.digits)]
    ratios = [row.ratio for row in rows if row.status == "ok" and math.isfinite(row.ratio)]
    calls = [row.calls for row in rows if row.calls is not None]
    return Score(
        method,
        WAYS.get(method, "a method of another package"),
        f"{right:,} of {len(rows):,}",
        f"{format_digits(float(np.median(digits)))} ({format_digits(min(digits))})" if digits else "",
        _range(format_count(min(calls)), format_count(max(calls))) if calls else "",
        f"{format_number(float(np.median(ratios)))} ({_range(format_number(min(ratios)), format_number(max(ratios)))})"
        if ratios
        else "",
        format_count(wins),
    )


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def scope(rows: Sequence[Row]) -> str:
    """How much was measured, in one sentence."""
    if not rows:
        return "The results file holds no measurement."
    problems, methods = list(dict.fromkeys(row.problem for row in rows)), methods_of(rows)
    sizes = len(cells_of(rows))
    return (
        f"{plural(len(methods), 'method')} ({join_words(methods)}) {'was' if len(methods) == 1 else 'were'} measured on "
        f"{plural(len(problems), 'function')} in {plural(sizes, 'cell')}: a cell is one function at one size. "
        f"That makes {plural(len(rows), 'measurement')}."
    )


def tally(claims: Sequence[Claim]) -> str:
    """How many claims have which verdict: ``6 hold, 1 does not hold here``."""
    counts = Counter(claim.verdict for claim in claims)
    return ", ".join(f"{count} {verdict if count == 1 else _several(verdict)}" for verdict, count in counts.items())


def _several(verdict: str) -> str:
    return verdict.replace("does not", "do not").replace("holds", "hold")
