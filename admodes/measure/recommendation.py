"""Which method to use, read off measured rows, and why."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..formatting import format_count, format_digits, format_number, format_seconds, join_words
from ..rows import Row
from .cost import ratio_interval

#: A method is exact whose error is at most this many times the largest of: the rounding of one number, the error of the
#: formula by hand, and the smallest error of all methods there; or which is within so many units in the last place: where f
#: is computed in float32, more digits than its own are none.
AS_EXACT = 16
_ROUNDING = 2.0**-52
_LAST_PLACES = 4


@dataclass(frozen=True, repr=False)
class Recommendation:
    """The method to use and the reason.

    Parameters
    ----------
    method : str, Differentiator or None
        What ``method=`` takes; None where no method gave a derivative to be trusted.
    reason : str
    evidence : tuple of Row
        What was measured for it, and of each other method why it was not.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> loss = lambda x: np.sum(np.sin(x) * x)
    >>> advice = ad.recommend(loss, np.linspace(0, 1, 500))
    >>> ad.gradient(loss, [0.0, 1.0], method=advice.method).round(6)
    array([0.      , 1.381773])
    """

    method: Any
    reason: str
    evidence: tuple[Row, ...] = ()

    @property
    def name(self) -> str | None:
        """The method's name."""
        return self.method if self.method is None or isinstance(self.method, str) else self.method.name

    def to_dict(self) -> dict[str, Any]:
        """Method, reason and rows as plain numbers, text and lists."""
        return {"method": self.name, "reason": self.reason, "evidence": [row.to_dict() for row in self.evidence]}

    def __str__(self) -> str:
        answer = f"Use {self.name}: {self.reason}" if self.method is not None else self.reason
        lines: dict[str, list[str]] = {}
        for row in self.evidence:
            lines.setdefault(_result(row), []).append(row.method)
        return "\n".join([answer, *(f"- {', '.join(methods)}: {result}" for result, methods in lines.items())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        answer, *lines = str(self).split("\n- ")
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        return f'<div class="admodes-recommendation"><p><strong>{html.escape(answer)}</strong></p><ul>{items}</ul></div>'


def advise_from_rows(rows: Sequence[Row]) -> Recommendation:
    """The fastest of the most exact methods of one comparison.

    Parameters
    ----------
    rows : sequence of Row
        All methods at one point.

    Returns
    -------
    Recommendation
    """
    best = fastest_exact(rows)
    if best is None:
        return Recommendation(None, nothing_verified(rows))
    others = sorted((row for row in most_exact(rows) if row is not best), key=lambda row: row.seconds)
    sentences = [merits(best), *(_slower(other, best) for other in others[:1]), *faster_but_inexact(best, rows), _shape(best)]
    return Recommendation(best.method, " ".join(sentence for sentence in sentences if sentence))


def fastest_exact(rows: Sequence[Row]) -> Row | None:
    """The fastest of the most exact verified rows; None without any."""
    return min(most_exact(rows), key=lambda row: row.seconds, default=None)


def most_exact(rows: Sequence[Row]) -> list[Row]:
    """The verified rows whose error is within a small factor of rounding, of the formula by hand or of the smallest error of all.

    A row without an error, such as a file may hold, is no exact one.
    """
    known = [row for row in rows if row.succeeded and math.isfinite(row.error)]
    by_hand = [row.hand_error for row in known if math.isfinite(row.hand_error)]
    bound = AS_EXACT * max(_ROUNDING, min((row.error for row in known), default=0.0), *by_hand)
    return [row for row in known if row.error <= bound or row.ulp <= _LAST_PLACES]


def nothing_verified(rows: Sequence[Row]) -> str:
    """That no method can be recommended: what they disagree about, or how each one failed."""
    if reason := disagreement(rows):
        return f"Methods disagree, so none is recommended: {reason}."
    failures = join_words([f"{row.method} ({row.status})" for row in rows])
    return f"No method gave a derivative that could be verified: {failures}."


def disagreement(rows: Sequence[Row]) -> str:
    """What the methods disagree about, where that is why none is verified; "" where they do not."""
    reasons = [row.reason for row in rows if row.status == "unverified" and math.isfinite(row.seconds)]
    doubtful = (reason for reason in reasons if "disagree" in reason or "There may be no derivative" in reason)
    return next(doubtful, "").removeprefix("the reference is none: ")


def merits(best: Row) -> str:
    """Digits, seconds and calls of one row."""
    digits = f"{format_digits(best.digits, best.is_bound)} digits, " if math.isfinite(best.digits) else ""
    cost = f"{digits}{format_seconds(best.seconds)} a derivative"
    if math.isfinite(best.ratio):
        cost += f", {format_number(best.ratio)} times f itself" + (" (suspect: less than its calls of f)" if best.suspect else "")
    if best.calls is not None:
        cost += f" ({format_count(best.calls)} call{'' if best.calls == 1 else 's'} of f)"
    return f"{cost}."


def lead_over(best: Row, rows: Sequence[Row]) -> str:
    """By how much a method is faster than the next one of `rows`, with the interval of the ratio."""
    rivals = [row for row in rows if row is not best and row.time.samples]
    if not rivals or not best.time.samples:
        return ""
    rival = min(rivals, key=lambda row: row.seconds)
    ratio, low, high = ratio_interval(rival.time, best.time)
    interval = f"({format_number(low)} to {format_number(high)})"
    if low <= 1 <= high:
        return f"; measured as fast as {rival.method} within the noise {interval}"
    if ratio > 1:
        return f"; measured {format_number(ratio)}x faster than {rival.method} {interval}"
    interval = f"({format_number(1 / high)} to {format_number(1 / low)})"
    return f"; measured {format_number(1 / ratio)}x the time of {rival.method} {interval}"


def faster_but_inexact(best: Row, rows: Sequence[Row]) -> list[str]:
    """A sentence for each method that is faster and has fewer digits."""
    exact = most_exact(rows)
    return [
        f"{row.method.capitalize()} is {format_number(best.seconds / row.seconds)} times faster, but {shortfall(row)}."
        for row in rows
        if row.succeeded and row not in exact and row.seconds < best.seconds
    ]


def shortfall(row: Row) -> str:
    """``good to 10.9 digits only``; known to be, where the reference has no more itself."""
    return f"{'known to be ' if row.is_bound else ''}good to {format_digits(row.digits)} digits only"


def _slower(other: Row, best: Row) -> str:
    if other.ratio_low <= best.ratio_high:
        return f"{other.method.capitalize()} is as fast within the noise."
    exact = "" if best.is_bound or other.is_bound else ", as exact,"
    return f"{other.method.capitalize()}{exact} takes {format_number(other.seconds / best.seconds)} times as long."


def _shape(best: Row) -> str:
    """What the numbers of inputs and outputs let expect, and whether it came true."""
    sizes = f"{plural(best.inputs, 'input')} and {plural(best.outputs, 'output')}"
    if best.auto and best.auto != best.method:
        return f'By the shape alone ({sizes}) "auto" takes {best.auto}.'
    return f"With {sizes}, forward carries one direction for each input and reverse one for each output."


def plural(count: int, noun: str) -> str:
    """``1 input``, ``1,000 inputs``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _result(row: Row) -> str:
    """How one method ended, in a line."""
    if not math.isfinite(row.seconds):
        return f"{row.status}: {row.reason}"
    calls = "" if row.calls is None else f", {plural(row.calls, 'call')} of f"
    # Why none of the rows is verified is said once, above them.
    reason = f" ({row.reason})" if row.reason and row.status != "unverified" else ""
    return f"{row.status}, {format_seconds(row.seconds)}{calls}{reason}"
