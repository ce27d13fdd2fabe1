"""After how many calls preparing a derivative once is cheaper than another method each time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..formatting import format_count, format_seconds
from ..rows import Row
from .cost import BETWEEN_PROCESSES

_RESAMPLES = 2000


@dataclass(frozen=True)
class BreakEven:
    """When preparing pays: the smallest k with ``preparation + k * prepared_seconds < k * rival_seconds``.

    Parameters
    ----------
    prepared : str
        The method that is prepared once.
    rival : str
        The method that runs as it is each time; the same name for the method against itself.
    calls : float
        The smallest such k; infinite where there is none.
    low, high : float
        Its 95% interval; infinite where preparing never pays.
    preparation, prepared_seconds, rival_seconds : float
        Seconds to prepare, of one prepared call, and of one call of the rival.

    Examples
    --------
    >>> from admodes.measure import BreakEven
    >>> print(BreakEven("symbolic", "reverse", 201, 150, 300, 0.01, 50e-6, 100e-6))
    Symbolic, prepared in 10.0 ms, is cheaper than reverse from 201 calls on (95% interval 150 to 300).
    """

    prepared: str
    rival: str
    calls: float
    low: float
    high: float
    preparation: float = math.nan
    prepared_seconds: float = math.nan
    rival_seconds: float = math.nan

    @property
    def is_clear(self) -> bool:
        """Whether the timings tell if preparing ever pays."""
        return math.isfinite(self.high) or math.isinf(self.low)

    @property
    def never(self) -> bool:
        """Whether preparing never pays, for sure."""
        return math.isinf(self.low)

    def __str__(self) -> str:
        rival = f"{self.rival} anew each time" if self.rival == self.prepared else self.rival
        name = self.prepared[:1].upper() + self.prepared[1:]
        times = f"a prepared call takes {format_seconds(self.prepared_seconds)}, {rival} {format_seconds(self.rival_seconds)}"
        if self.never:
            return f"{name}, prepared, is never cheaper than {rival}: {times}."
        if not self.is_clear:
            return f"Whether {self.prepared}, prepared, is ever cheaper than {rival} is lost in the noise: {times}."
        low, high, calls = (format_count(int(count)) for count in (self.low, self.high, self.calls))
        interval = f" (95% interval {low} to {high})" if self.low < self.high else ""
        start = f"from {calls} calls on" if self.calls > 1 else "from the first call on"
        return f"{name}, prepared in {format_seconds(self.preparation)}, is cheaper than {rival} {start}{interval}."


def break_even(rows: Sequence[Row]) -> list[BreakEven]:
    """For each prepared method, and each method that gave a verified derivative of the same: when preparing pays.

    Times are minima, as everywhere where methods are compared. The interval is the percentile bootstrap: of both, samples
    of the faster half are drawn with replacement, and the times of preparation and of the prepared call, which were not
    measured in the same rounds as the rival's, are each off by 18% (half of a 95% interval, as between two processes) as well.

    Parameters
    ----------
    rows : sequence of Row
        Of one comparison or cell. Among those of several, only methods in the same cell are compared.

    Returns
    -------
    list of BreakEven
        In the order of the rows; a method is also compared with itself unprepared.

    Examples
    --------
    >>> from admodes.measure import Row, Timing, break_even
    >>> rows = [
    ...     Row("f", 2, 1, "symbolic", "ok", time=Timing((0.02,)), preparation=0.01, prepared=Timing((5e-6,))),
    ...     Row("f", 2, 1, "reverse", "ok", time=Timing((1e-4,))),
    ... ]
    >>> [(found.rival, found.calls) for found in break_even(rows)]
    [('symbolic', 1), ('reverse', 106)]
    """
    prepared = [row for row in rows if row.succeeded and row.prepared.samples and math.isfinite(row.preparation)]
    return [_between(one, rival) for one in prepared for rival in rows if rival.succeeded and _cell(rival) == _cell(one)]


def _cell(row: Row) -> tuple[str, int, int, str]:
    return row.problem, row.inputs, row.outputs, row.operator


def _between(row: Row, rival: Row) -> BreakEven:
    call, other = row.prepared.minimum, rival.seconds
    calls = calls_until(row.preparation, call, other)
    low, high = _interval(row.preparation, row.prepared.samples, rival.time.samples or (other,))
    return BreakEven(row.method, rival.method, calls, min(low, calls), max(high, calls), row.preparation, call, other)


def calls_until(preparation: float, prepared: float, rival: float) -> float:
    """The smallest k with ``preparation + k * prepared < k * rival``, infinite where there is none.

    Parameters
    ----------
    preparation, prepared, rival : float
        Seconds.

    Returns
    -------
    int or infinity

    Examples
    --------
    >>> calls_until(10.0, 1.0, 3.0), calls_until(9.0, 1.0, 3.0), calls_until(10.0, 3.0, 3.0)
    (6, 5, inf)
    """
    gain = rival - prepared
    count = preparation / gain if gain > 0 else math.inf
    return math.floor(count) + 1 if math.isfinite(count) else math.inf


def _interval(preparation: float, prepared: Sequence[float], rival: Sequence[float]) -> tuple[float, float]:
    """The 95% interval of the break-even count."""
    rng = np.random.default_rng(0)
    calls, others = (np.min(rng.choice(_fast(samples), (_RESAMPLES, len(samples))), axis=1) for samples in (prepared, rival))
    once, each = np.exp(rng.normal(0.0, np.log1p(BETWEEN_PROCESSES) / 1.96, (2, _RESAMPLES)))
    counts = [calls_until(preparation * a, call * b, other) for a, b, call, other in zip(once, each, calls, others, strict=True)]
    # Values that were drawn, and none between them: infinity has no middle with a number.
    low, high = np.sort(counts)[[int(0.025 * _RESAMPLES), int(0.975 * _RESAMPLES)]]
    return float(low), float(high)


def _fast(samples: Sequence[float]) -> list[float]:
    """The faster half: a sample in which the machine did something else says nothing about the call."""
    return sorted(samples)[: (len(samples) + 1) // 2]
