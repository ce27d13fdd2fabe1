"""What changed between two results files beyond the noise of measuring."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..formatting import format_bytes, format_count, format_error, format_number
from ..rows import UNSETTLED, Row, methods_of
from .changes_text import to_html, to_markdown
from .claim import ClaimRow
from .results import Results

#: Columns that are counted: two runs of the same code agree on them to the last one.
COUNTS = ("calls", "operations", "f_operations", "symbolic_operations", "symbolic_shared", "tape_nodes", "tape_bytes")
#: Columns that are measured in bytes, and by which factor they may differ by chance.
_BYTES, _SAME_BYTES = ("peak_bytes", "f_peak_bytes"), 1.1
#: Errors below are the rounding of the last place, whose size means nothing; where the code differs, this many digits do not.
_ROUNDING, _DIGITS = 1e-15, 1.0
#: How often two independent 95% intervals of the same quantity, as wide as each other, do not overlap: the two estimates
#: are then 2 * 1.96 standard errors apart, which is 2.77 of their difference's.
BY_CHANCE = 0.0056
#: The share of cells whose time ratios are to agree between two runs on an idle machine.
TARGET = 0.95
#: What of the environment and of the grid bears on which numbers.
_CIRCUMSTANCES = {
    "machine": "seconds cannot be compared, time ratios to f can",
    "processor": "seconds cannot be compared, time ratios to f can",
    "system": "seconds cannot be compared, time ratios to f can",
    "cores": "seconds may differ",
    "threads": "times of linear algebra may differ",
    "blas": "rounding and times of linear algebra may differ",
    "python": "times may differ",
    "numpy": "rounding and times may differ",
    "sympy": "symbolic counts and times may differ",
    "admodes": "everything may differ",
    "engine": "everything may differ: admodes was changed in what differentiates",
    "seed": "errors and data-dependent counts may differ: the data are others",
    "effort": "intervals are of another width",
}


@dataclass(frozen=True)
class Change:
    """One difference.

    Parameters
    ----------
    where : str
        The cell or claim.
    what : str
        "status", "verdict", "error", "time" or the name of a count.
    before, after : str
    note : str
        What the difference is worth: the reason of a status, a factor with its interval.
    """

    where: str
    what: str
    before: str
    after: str
    note: str = ""


@dataclass(frozen=True)
class Agreement:
    """In how many of the cells that can be compared two files agree."""

    same: int
    compared: int

    @property
    def share(self) -> float:
        """From 0 to 1; 1 where there is nothing to compare."""
        return self.same / self.compared if self.compared else 1.0

    def __str__(self) -> str:
        return f"{self.same} of {self.compared} ({math.floor(1000 * self.share) / 10:g}%)"


@dataclass(frozen=True)
class Shift:
    """By what factor a method's time ratios changed over all cells together: the median, with a 95% bootstrap interval."""

    method: str
    cells: int
    factor: float
    low: float
    high: float


@dataclass(frozen=True, repr=False)
class Changes:
    """What changed between two results files; printed, it is Markdown.

    Parameters
    ----------
    old, new : str
        Names of the files.
    circumstances : tuple of str
        In what else the two runs differ, and what that means for the numbers.
    cells : int
        Measured in both.
    changes : tuple of Change
        Beyond rounding and beyond the intervals.
    shifts : tuple of Shift
        One a method.
    only_old, only_new : tuple of str
        Cells and claims that only one of the files has.
    counts, errors, times : Agreement
        Cells with the same counts, with exactly the same error, with overlapping 95% intervals of the time ratio.
    """

    old: str
    new: str
    circumstances: tuple[str, ...]
    cells: int
    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...]
    only_old: tuple[str, ...]
    only_new: tuple[str, ...]
    counts: Agreement
    errors: Agreement
    times: Agreement

    @property
    def by_chance(self) -> float:
        """How many intervals would not overlap by chance alone if nothing had changed."""
        return BY_CHANCE * self.times.compared

    @property
    def reproduced(self) -> bool:
        """Whether they agree as two runs of the same grid are to: counts and errors exactly, 95% of the time ratios."""
        exact = self.counts.share == self.errors.share == 1 and not (self.only_old or self.only_new)
        return exact and self.times.share >= TARGET and not any(one.what in ("status", "verdict") for one in self.changes)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, text and lists."""
        return asdict(self) | {"by_chance": self.by_chance, "reproduced": self.reproduced}

    def __str__(self) -> str:
        return to_markdown(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return to_html(self)


def compare_results(old: Results, new: Results, names: tuple[str, str] = ("old", "new")) -> Changes:
    """What changed from one sweep to another, cell by cell: the same problem, sizes, method and operator.

    Counts are compared exactly. Errors are compared exactly where the cells have the same key on the same machine, elsewhere
    by digits. Time ratios (to f, measured beside) have changed where their 95% intervals do not overlap. Of many intervals a
    few do not overlap by chance: `Changes.by_chance` says how many are to be expected.

    Parameters
    ----------
    old, new : Results
    names : tuple of str
        What to call them.

    Returns
    -------
    Changes

    Examples
    --------
    >>> import admodes as ad
    >>> found = ad.sweep("rosenbrock", [2, 3], methods=["reverse"])
    >>> compare_results(found.results, found.results).reproduced
    True
    """
    before, after = ({row.place: row for row in one.rows if row.status not in UNSETTLED} for one in (old, new))
    pairs = [(row, after[place]) for place, row in before.items() if place in after]
    counts = [name for name in COUNTS if name != "operations" or _schema(old) == _schema(new)]
    alike = _alike(old, new)
    changes = [change for one, other in pairs for change in _of_cell(one, other, counts, alike=alike)]
    kept = [(one, other) for one, other in pairs if one.status == other.status]
    claims, lost, added = _of_claims(old.claim_rows, new.claim_rows)
    return Changes(
        *names,
        tuple(_circumstances(old, new)),
        len(pairs),
        (*changes, *claims),
        tuple(_shifts(kept)),
        (*(_where(row) for place, row in before.items() if place not in after), *lost),
        (*(_where(row) for place, row in after.items() if place not in before), *added),
        _agreement([not list(_counted(one, other, counts)) for one, other in kept if _has_counts(one, other, counts)]),
        _agreement([one.error == other.error for one, other in kept if math.isfinite(one.error + other.error)]),
        _agreement([_overlap(one, other) for one, other in kept if _has_ratios(one, other)]),
    )


def _of_cell(old: Row, new: Row, counts: Sequence[str], *, alike: bool) -> Iterator[Change]:
    """What changed in a cell; where the status did, the numbers stand for something else."""
    where = _where(new)
    if old.status != new.status:
        yield Change(where, "status", old.status, new.status, new.reason or old.reason)
        return
    yield from _counted(old, new, counts)
    for name in _BYTES:
        one, other = getattr(old, name), getattr(new, name)
        if one and other and not 1 / _SAME_BYTES <= other / one <= _SAME_BYTES:
            yield Change(where, name, format_bytes(one), format_bytes(other), f"{format_number(other / one)} times")
    if _error_changed(old, new, exactly=alike and bool(old.key) and old.key == new.key):
        digits = _digits(new) - _digits(old)
        note = f"{abs(digits):.1f} digits {'more' if digits > 0 else 'fewer'}" if abs(digits) >= 0.05 else "not exactly the same"
        yield Change(where, "error", *_distinct(old, new), note)
    if _has_ratios(old, new) and not _overlap(old, new):
        factor, low, high = _factor(old, new)
        note = f"{format_number(factor)} times, 95% interval {format_number(low)} to {format_number(high)}"
        yield Change(where, "time", f"{format_number(old.ratio)} f", f"{format_number(new.ratio)} f", note)


def _counted(old: Row, new: Row, counts: Sequence[str]) -> Iterator[Change]:
    for name in counts:
        one, other = getattr(old, name), getattr(new, name)
        if one is not None and other is not None and one != other:
            yield Change(_where(new), name, format_count(one), format_count(other))


def _has_counts(old: Row, new: Row, counts: Sequence[str]) -> bool:
    return any(getattr(old, name) is not None and getattr(new, name) is not None for name in counts)


def _error_changed(old: Row, new: Row, *, exactly: bool) -> bool:
    if not (math.isfinite(old.error) and math.isfinite(new.error)):
        return repr(old.error) != repr(new.error)
    return old.error != new.error if exactly else abs(_digits(old) - _digits(new)) > _DIGITS


def _digits(row: Row) -> float:
    """Correct digits, with all errors of the last place alike."""
    return -math.log10(max(row.error, _ROUNDING)) if math.isfinite(row.error) else 0.0


def _distinct(one: Row, other: Row) -> tuple[str, str]:
    """Both errors with as many digits as tell them apart."""
    short = format_error(one.error, one.is_bound), format_error(other.error, other.is_bound)
    return short if short[0] != short[1] else (repr(one.error), repr(other.error))


def _has_ratios(old: Row, new: Row) -> bool:
    return all(row.ratio_low > 0 and math.isfinite(row.ratio_high) for row in (old, new))


def _overlap(old: Row, new: Row) -> bool:
    return old.ratio_low <= new.ratio_high and new.ratio_low <= old.ratio_high


def _factor(old: Row, new: Row) -> tuple[float, float, float]:
    """New time ratio over the old one, and its interval: relative errors of independent factors add as squares do."""
    factor = new.ratio / old.ratio
    down = math.hypot(math.log(new.ratio / new.ratio_low), math.log(old.ratio_high / old.ratio))
    up = math.hypot(math.log(new.ratio_high / new.ratio), math.log(old.ratio / old.ratio_low))
    return factor, factor * math.exp(-down), factor * math.exp(up)


def _shifts(pairs: Sequence[tuple[Row, Row]]) -> Iterator[Shift]:
    rng = np.random.default_rng(0)
    for method in methods_of([new for _, new in pairs]):
        factors = np.array([new.ratio / old.ratio for old, new in pairs if new.method == method and _has_ratios(old, new)])
        if factors.size:
            medians = np.median(rng.choice(factors, (1000, factors.size)), axis=1)
            low, high = np.quantile(medians, [0.025, 0.975])
            yield Shift(method, int(factors.size), float(np.median(factors)), float(low), float(high))


def _of_claims(old: Sequence[ClaimRow], new: Sequence[ClaimRow]) -> tuple[list[Change], list[str], list[str]]:
    before, after = ({row.name: row for row in rows if row.status not in UNSETTLED} for rows in (old, new))
    changes = []
    for name in before.keys() & after.keys():
        one, other = before[name], after[name]
        if one.status != other.status:
            changes.append(Change(other.title, "status", one.status, other.status, other.reason or one.reason))
        elif one.claim and other.claim and one.claim.verdict != other.claim.verdict:
            changes.append(Change(other.title, "verdict", one.claim.verdict, other.claim.verdict, other.claim.because))
    lost, added = (
        [rows[name].title for name in rows if name not in others] for rows, others in ((before, after), (after, before))
    )
    return sorted(changes, key=lambda change: change.where), lost, added


def _circumstances(old: Results, new: Results) -> Iterator[str]:
    # Where nothing ran there are no workers, whose threads are set, and no numbers that a machine could bear on.
    ran = old.has_run and new.has_run
    before, after = ((one.environment if ran else {}) | one.grid for one in (old, new))
    for name, meaning in _CIRCUMSTANCES.items():
        one, other = before.get(name), after.get(name)
        if one is not None and other is not None and one != other:
            yield f"{name}: {_told(one)}, then {_told(other)}: {meaning}"
    if _schema(old) != _schema(new):
        yield f"schema: {_schema(old)}, then {_schema(new)}: operations do not mean the same, and are not compared"
    yield from (f"the {which} sweep was not finished" for which, one in (("old", old), ("new", new)) if not one.complete)


def _alike(old: Results, new: Results) -> bool:
    """Whether the same code must round alike: on the same kind of machine with the same libraries."""
    names = ("processor", "system", "numpy", "sympy", "python", "blas", "threads")
    return all(old.environment.get(name) == new.environment.get(name) for name in names)


def _told(value: Any) -> str:
    return ", ".join(f"{name} {item}" for name, item in value.items()) if isinstance(value, dict) else str(value)


def _schema(results: Results) -> int:
    return int(results.header["schema"])


def _where(row: Row) -> str:
    return row.title if row.operator == "differentiate" else f"{row.title}, {row.operator}"


def _agreement(same: Sequence[bool]) -> Agreement:
    return Agreement(sum(same), len(same))
