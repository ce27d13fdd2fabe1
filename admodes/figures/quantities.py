"""What can be drawn against the number of inputs or outputs: time, operations, memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ..formatting import format_bytes, format_count, format_number, format_seconds
from ..rows import Row, cost_of
from .plotting import short_number


@dataclass(frozen=True)
class Quantity:
    """A number of a row.

    Parameters
    ----------
    name : str
        Of the axis.
    of : callable
        The row's number; NaN where there is none.
    of_f : callable
        The same number of f itself.
    describe : callable
        The row's number in words.
    tick : callable
        A number as the label of a tick.
    format : callable
        A number of f's in words.
    is_time : bool
        Whether samples spread around the number, and runs are stopped by it.
    """

    name: str
    of: Callable[[Row], float]
    of_f: Callable[[Row], float]
    describe: Callable[[Row], str]
    tick: Callable[[float], str]
    format: Callable[[float], str]
    is_time: bool = False

    def over_f(self) -> Quantity:
        """The same in units of f itself, which is then 1."""
        short = self.name.partition(" of ")[0]
        return replace(
            self,
            name=f"{short} / {short} of f",
            of=lambda row: self.of(row) / self.of_f(row) if self.of_f(row) else math.nan,
            of_f=lambda row: 1.0 if self.of_f(row) > 0 else math.nan,
            tick=short_number,
            format=lambda _value: "1",
            is_time=False,
        )


#: Times closer than this are called a tie.
TIE = 1.1


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _ratio(value: float | None, of_f: float | None) -> str:
    return f" ({format_number(value / of_f)} times f)" if value is not None and of_f else ""


def _time_tick(seconds: float) -> str:
    """Whole where it can be: ``10 µs``; above 1000 seconds still in seconds."""
    text = format_seconds(seconds)
    number, _, unit = text.partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


def _bytes_tick(count: float) -> str:
    number, _, unit = format_bytes(round(count)).partition(" ")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {unit}"


TIME = Quantity(
    "time of one derivative",
    lambda row: row.seconds,
    lambda row: row.f_time.minimum,
    cost_of,
    _time_tick,
    format_seconds,
    is_time=True,
)
OPERATIONS = Quantity(
    "operations of one derivative",
    lambda row: _number(row.operations),
    lambda row: _number(row.f_operations),
    lambda row: f"{format_count(row.operations)} operations{_ratio(row.operations, row.f_operations)}",
    short_number,
    lambda value: f"{value:,.0f} operations",
)
MEMORY = Quantity(
    "peak memory of one derivative",
    lambda row: _number(row.peak_bytes),
    lambda row: _number(row.f_peak_bytes),
    lambda row: f"{format_bytes(row.peak_bytes)}{_ratio(row.peak_bytes, row.f_peak_bytes)}",
    _bytes_tick,
    lambda value: format_bytes(round(value)),
)
