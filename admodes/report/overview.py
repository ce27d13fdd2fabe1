"""What a reader sees first: which method, when and why, and how each method did."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formatting import format_count, format_number, join_words, plural
from ..measure.recommendation import AS_EXACT, fastest_exact
from ..reproduce import Claim
from ..rows import Row, digits_of, methods_of
from .cells import cells_of, first_derivatives, is_settled, leaders

#: What the page means by exact.
EXACT = (
    f"A method is called exact in a cell where its error is at most {AS_EXACT} times the largest of three: the rounding of one "
    "number (2.2e-16), the error of the formula written by hand, and the smallest error of all methods there. Times closer "
    "than 10% are a tie, which nobody wins; nor does anybody win a cell in which a rival was not run or was lost."
)
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
    methods : tuple of str
        Several where they tie; none where no cell is settled.
    why : str
        How they work.
    measured : str
        How often it was the fastest exact one, and by how much.
    """

    shape: str
    methods: tuple[str, ...]
    why: str
    measured: str

    @property
    def take(self) -> str:
        """The methods in words: ``forward or reverse``."""
        return join_words(list(self.methods), "or")


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
    cells = [cell for cell in cells_of(first_derivatives(rows)).values() if fastest_exact(cell) is not None]
    found = []
    for shape, sign in _SIDES:
        own = [cell for cell in cells if np.sign(cell[0].inputs - cell[0].outputs) == sign]
        if own:
            found.append(_advice(shape, own))
    return found


def _advice(shape: str, cells: Sequence[Sequence[Row]]) -> Advice:
    settled = [cell for cell in cells if is_settled(cell)]
    names = Counter(leaders(cell) for cell in settled)
    parts = [f"{_either(who)} in {count}" for who, count in names.most_common()]
    parts += [f"not settled in {len(cells) - len(settled)}, where a rival was not run"] if len(settled) < len(cells) else []
    methods = names.most_common(1)[0][0] if names else ()
    why = "; ".join(f"{name} {WAYS[name]}" if len(methods) > 1 else WAYS[name] for name in methods if name in WAYS)
    text = f"the fastest exact method in {plural(len(cells), 'cell')}: {', '.join(parts)}{_lead(settled)}"
    return Advice(shape, methods, why, text)


def _either(methods: Sequence[str]) -> str:
    """``reverse``, or ``forward or reverse (a tie)``."""
    return f"{join_words(list(methods), 'or')} (a tie)" if len(methods) > 1 else methods[0]


def _lead(cells: Sequence[Sequence[Row]]) -> str:
    """By how much the fastest exact method leads where it leads most; first calls, which hold more than one, are left out."""
    leads = []
    for cell in cells:
        best = fastest_exact(cell)
        steady = [row for row in cell if row.succeeded and row.time.samples]
        if best is None or best not in steady:
            continue
        slowest = max(steady, key=lambda row: row.seconds)
        if slowest.seconds > best.seconds:
            leads.append((slowest.seconds / best.seconds, slowest, best))
    if not leads:
        return ""
    factor, slowest, best = max(leads, key=lambda lead: lead[0])
    sizes = f"{plural(best.inputs, 'input')} and {plural(best.outputs, 'output')}"
    return f". The slowest, {slowest.method}, takes up to {format_number(factor)} times as long as {best.method} ({sizes})"


def score(rows: Sequence[Row]) -> list[Score]:
    """One line for each method that was measured."""
    firsts = [leaders(cell) for cell in cells_of(rows).values() if is_settled(cell)]
    wins = Counter(who[0] for who in firsts if len(who) == 1)
    return [_score(method, [row for row in rows if row.method == method], wins[method]) for method in methods_of(rows)]


def _score(method: str, rows: Sequence[Row], wins: int) -> Score:
    right = sum(row.status == "ok" for row in rows)
    middle, worst = digits_of(rows)
    ratios = [row.ratio for row in rows if row.status == "ok" and row.time.samples and math.isfinite(row.ratio)]
    calls = [row.calls for row in rows if row.calls is not None]
    return Score(
        method,
        WAYS.get(method, "a method of another package"),
        f"{right:,} of {len(rows):,}",
        f"{middle} ({worst})" if worst else "",
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
