"""One measured row: what one method did with one function at one point.

The same row is shown by `compare`, written to disk by the grid and read by the report.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from statistics import median
from typing import Any, ClassVar

from .formatting import (
    format_bytes,
    format_count,
    format_digits,
    format_error,
    format_number,
    format_seconds,
    html_table,
    plural,
)
from .timing import Timing

#: Every status a row can have, and what it means.
STATUSES = {
    "ok": "within the tolerance of the reference",
    "inaccurate": "finite, but further from the reference than the tolerance",
    "nonfinite": "the derivative holds NaN or infinity where the reference does not",
    "unverified": "no independent derivative to compare with",
    "timeout": "stopped at the time limit",
    "out of memory": "needed more memory than it was allowed",
    "skipped after timeout": "not run: the method was stopped at a smaller size already",
    "skipped": "not run",
    "unsupported": "the method cannot do this",
    "lost": "the worker that ran it was lost, twice",
    "error": "the method raised, or its process crashed",
}

#: The columns of a row that are timings.
_TIMINGS = ("time", "f_time", "prepared")

#: Statuses that say nothing about the cell: it was not run to its end, and is run when the sweep is resumed.
UNSETTLED = ("lost", "skipped", "skipped after timeout")

#: Statuses of rows whose counts and seconds are those of a whole derivative that nothing speaks against.
MEASURED = ("ok", "unverified")


@dataclass(frozen=True, repr=False)
class Row:
    """One method on one function at one point.

    Parameters
    ----------
    problem : str
        Name of the problem or function.
    inputs, outputs : int
        Numbers in x and in f(x).
    method : str
    status : str
        One of `STATUSES`.
    reason : str
        Why the status is not "ok".
    stopped_after : float
        Seconds after which a timeout struck; NaN for every other status.
    part : str
        "grid" or "problem" in a report, "" otherwise.
    error, worst : float
        Relative error in the norm, and of the worst component.
    worst_at : str
        Index of the worst component.
    digits : float
        Correct digits in the norm, at most 16 for float64.
    reference_error : float
        What the reference itself may be off by; 0 where it is exact. An error that is no larger is a bound (`is_bound`).
    ulp : float
        The largest error of a component in units of the last place of its reference, in the derivative's precision.
    hand_error : float
        The error of the closed form evaluated in plain NumPy, where there is one.
    reference : str
        What the error is measured against.
    check : str
        "guarded", or which planted mistakes the tolerance cannot see.
    calls : int or None
        Calls of f for one derivative.
    operations : int or None
        Elementary operations of the whole derivative, those of f included; of the symbolic method those of its compiled
        expressions. Methods that call plain f: its operations times the calls.
    f_operations : int or None
        Elementary operations of one evaluation of f.
    symbolic_operations, symbolic_shared : int or None
        Of the symbolic method: operations of the derivative's expressions written out, and with every common subexpression
        computed once.
    tape_nodes, tape_bytes : int or None
        Size of f's tape.
    peak_bytes, f_peak_bytes : int or None
        The most memory that the derivative and f itself held at one moment, measured in a pass of its own.
    time, f_time : Timing
        Of the derivative and of f itself, in interleaved rounds.
    preparation : float
        Seconds to prepare the derivative once for many calls; NaN where the method has nothing to prepare.
    prepared : Timing
        Of the prepared derivative.
    unprepared : str
        Why a method that can prepare has no such columns here; "" where it has them, or can prepare nothing at all.
    ratio, ratio_low, ratio_high : float
        Time over f's own time: the median over the rounds, and its 95% interval.
    suspect : bool
        Whether the time is below what the counted calls of f must take.
    auto : str
        The method that "auto" chooses here.
    operator : str
        What was asked for: "differentiate", "jvp", "hessian", ...
    key : str
        What identifies the cell of a sweep: problem and its code, sizes, method and its version, operator, effort, seed.
    version : str
        Of the method.
    machine : str
        Name of the machine that measured it.
    """

    kind: ClassVar[str] = "row"

    problem: str
    inputs: int
    outputs: int
    method: str
    status: str
    reason: str = ""
    stopped_after: float = math.nan
    part: str = ""
    error: float = math.nan
    worst: float = math.nan
    worst_at: str = ""
    digits: float = math.nan
    reference_error: float = 0.0
    ulp: float = math.nan
    hand_error: float = math.nan
    reference: str = ""
    check: str = ""
    calls: int | None = None
    operations: int | None = None
    f_operations: int | None = None
    symbolic_operations: int | None = None
    symbolic_shared: int | None = None
    tape_nodes: int | None = None
    tape_bytes: int | None = None
    time: Timing = field(default_factory=Timing)
    f_time: Timing = field(default_factory=Timing)
    peak_bytes: int | None = None
    f_peak_bytes: int | None = None
    preparation: float = math.nan
    prepared: Timing = field(default_factory=Timing)
    unprepared: str = ""
    ratio: float = math.nan
    ratio_low: float = math.nan
    ratio_high: float = math.nan
    suspect: bool = False
    auto: str = ""
    operator: str = "differentiate"
    key: str = ""
    version: str = ""
    machine: str = ""

    @property
    def place(self) -> tuple[str, int, int, str, str]:
        """Where the row stands in a report, whatever code, effort and seed it was measured with."""
        return self.problem, self.inputs, self.outputs, self.method, self.operator

    @property
    def is_bound(self) -> bool:
        """Whether the error may be the reference's own: it is at most this one, and the digits are at least these."""
        return self.reference_error > 1e-15 and self.error <= 2 * self.reference_error

    @property
    def title(self) -> str:
        """What was measured, in one line."""
        return f"{self.problem} {self.inputs} -> {self.outputs} {self.method}"

    @property
    def seconds(self) -> float:
        """Seconds a derivative: the fastest sample, or the first call where there was no time for more.

        What else the machine does only ever adds to a time, so the minimum is what methods are compared by.
        """
        return self.time.minimum if self.time.samples else self.time.first

    @property
    def succeeded(self) -> bool:
        """Whether there is a verified derivative with a time."""
        return self.status == "ok" and math.isfinite(self.seconds)

    def __repr__(self) -> str:
        return f"<Row: {describe(self, problem=True)}>"

    def _repr_html_(self) -> str:
        lines = [(column.name.replace("_", " "), _shown(self, column.name)) for column in fields(self)]
        return html_table([("", True), ("", True)], [line for line in lines if line[1]])

    def to_dict(self) -> dict[str, Any]:
        """The row as plain numbers, text and lists."""
        data = asdict(self)
        return data | {name: getattr(self, name).to_dict() for name in _TIMINGS}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Row:
        """The inverse of `to_dict`; keys that this version does not know are ignored."""
        known = {name: data[name] for name in (entry.name for entry in fields(cls)) if name in data}
        for name in _TIMINGS:
            if name in known:
                known[name] = Timing.from_dict(known[name])
        return cls(**known)


def methods_of(rows: Sequence[Row]) -> list[str]:
    """The methods of `rows` in the order of their first appearance."""
    return list(dict.fromkeys(row.method for row in rows))


def describe(row: Row, value: str = "", *, problem: bool = False) -> str:
    """One row in words.

    Parameters
    ----------
    row : Row
    value : str
        What to say of it; its cost by default.
    problem : bool
        Whether to name the problem, where there are several.

    Returns
    -------
    str

    Examples
    --------
    >>> from admodes.measure import Row, Timing
    >>> describe(Row("layer", 64, 4, "forward", "ok", time=Timing((31.2e-6,), 1), ratio=1.8, digits=15.6))
    'forward, 64 inputs, 4 outputs: 31.2 µs (1.80 times f), 15.6 digits'
    """
    who = f"{row.method} on {named(row)}" if problem else row.method
    if not problem and row.operator != "differentiate":
        who = f"{row.method} ({row.operator})"
    # That it was stopped says what a timeout's status would.
    stopped = math.isfinite(row.stopped_after)
    values = [value or cost_of(row), f"{format_digits(row.digits, row.is_bound)} digits" if math.isfinite(row.digits) else ""]
    values.append("" if stopped or (row.status == "ok" and any(values)) else row.status)
    return f"{who}, {dimensions_of(row)}: {', '.join(text for text in values if text)}"


def digits_of(rows: Sequence[Row]) -> tuple[str, str]:
    """Correct digits in the median and at worst, ``>=`` where they may be more; empty texts where none are known.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    median, worst : str

    Examples
    --------
    >>> known = [Row("layer", 4, 1, "forward", "ok", digits=digits) for digits in (15.5, 14.2, 16.0)]
    >>> digits_of(known)
    ('15.5', '14.2')
    """
    ordered = sorted((row for row in rows if math.isfinite(row.digits)), key=lambda row: (row.digits, row.is_bound))
    if not ordered:
        return "", ""
    # What is above the middle changes neither number, whether it is a bound or not.
    lower = ordered[: len(ordered) // 2 + 1]
    middle = format_digits(median(row.digits for row in ordered), any(row.is_bound for row in lower))
    return middle, format_digits(ordered[0].digits, ordered[0].is_bound)


def named(row: Row) -> str:
    """The problem, and the operator where it is not the plain derivative."""
    return row.problem if row.operator == "differentiate" else f"{row.problem} ({row.operator})"


def dimensions_of(row: Row) -> str:
    """``64 inputs, 4 outputs``."""
    return f"{plural(row.inputs, 'input')}, {plural(row.outputs, 'output')}"


def cost_of(row: Row) -> str:
    """``31.2 µs (1.80 times f)``, or after how long it was stopped."""
    if math.isfinite(row.stopped_after):
        return f"stopped after {format_seconds(row.stopped_after)}"
    if not math.isfinite(row.seconds):
        return ""
    notes = [] if row.time.samples else ["first call"]
    notes += [f"{format_number(row.ratio)} times f"] if math.isfinite(row.ratio) else []
    return format_seconds(row.seconds) + (f" ({', '.join(notes)})" if notes else "")


#: How the numbers of a column are written, where not as a count or to three digits.
_FORMATS: dict[str, Callable[[Any], str]] = {
    "hand_error": format_error,
    **dict.fromkeys(("stopped_after", "preparation"), format_seconds),
    **dict.fromkeys(("tape_bytes", "peak_bytes", "f_peak_bytes"), format_bytes),
}
#: The same of columns that may be bounds.
_BOUNDS: dict[str, Callable[[float, bool], str]] = {"error": format_error, "worst": format_error, "digits": format_digits}


def _shown(row: Row, name: str) -> str:
    """The value of a column as text; what is missing is empty text."""
    value = getattr(row, name)
    if name in _BOUNDS:
        return _BOUNDS[name](value, row.is_bound)
    if name in _FORMATS:
        return _FORMATS[name](value)
    if isinstance(value, Timing):
        lower, upper = value.quartiles
        spread = f", quartiles {format_seconds(lower)} .. {format_seconds(upper)}" if value.samples else ""
        first = f"first call {format_seconds(value.first)}" if math.isfinite(value.first) else ""
        return ", ".join(text for text in (f"{format_seconds(value.minimum)}{spread}", first) if text)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return format_number(value)
    return format_count(value) if isinstance(value, int) else value or ""
