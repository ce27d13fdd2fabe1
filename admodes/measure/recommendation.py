"""Which method to use, read off measured rows, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..formatting import format_count, format_digits, format_number, format_seconds, join_words
from ..rows import Row

#: Methods whose error is within this factor of the smallest one count as equally exact; so do all below `_EXACT`.
_AS_EXACT = 1e3
_EXACT = 1e-13


@dataclass(frozen=True)
class Recommendation:
    """The method to use and the reason.

    Parameters
    ----------
    method : str or None
        None where no method gave a verified derivative.
    reason : str
    """

    method: str | None
    reason: str

    def __str__(self) -> str:
        return f"Use {self.method}: {self.reason}" if self.method else self.reason


def recommend(rows: Sequence[Row]) -> Recommendation:
    """The fastest of the most exact methods of one comparison.

    Parameters
    ----------
    rows : sequence of Row
        All methods at one point.

    Returns
    -------
    Recommendation
    """
    usable = [row for row in rows if row.succeeded]
    if not usable:
        failures = join_words([f"{row.method} ({row.status})" for row in rows])
        return Recommendation(None, f"No method gave a derivative that could be verified: {failures}.")
    exact = most_exact(usable)
    best = min(exact, key=lambda row: row.seconds)
    sentences = [_merits(best), *_rivals(best, usable, exact), _shape(best)]
    return Recommendation(best.method, " ".join(sentence for sentence in sentences if sentence))


def most_exact(rows: Sequence[Row]) -> list[Row]:
    """The rows whose error is as small as rounding allows, or close to the smallest error of all."""
    bound = max(_EXACT, _AS_EXACT * min(row.error for row in rows))
    return [row for row in rows if row.error <= bound]


def _merits(best: Row) -> str:
    cost = f"{format_seconds(best.seconds)} a derivative"
    if math.isfinite(best.ratio):
        cost += f", {format_number(best.ratio)} times f itself" + (" (suspect: less than its calls of f)" if best.suspect else "")
    if best.calls is not None:
        cost += f" ({format_count(best.calls)} call{'' if best.calls == 1 else 's'} of f)"
    return f"{format_digits(best.digits)} digits, {cost}."


def _rivals(best: Row, usable: Sequence[Row], exact: Sequence[Row]) -> list[str]:
    """What the other methods would cost or gain, in words that say which way round it is."""
    sentences = []
    others = sorted((row for row in exact if row is not best), key=lambda row: row.seconds)
    if others:
        sentences.append(_slower(others[0], best))
    cheaper = [row for row in usable if row not in exact and row.seconds < best.seconds]
    sentences += [
        f"{row.method.capitalize()} is {format_number(best.seconds / row.seconds)} times faster, "
        f"but good to {format_digits(row.digits)} digits only."
        for row in cheaper
    ]
    return sentences


def _slower(other: Row, best: Row) -> str:
    if other.ratio_low <= best.ratio_high:
        return f"{other.method.capitalize()} is as fast within the noise."
    return f"{other.method.capitalize()}, as exact, takes {format_number(other.seconds / best.seconds)} times as long."


def _shape(best: Row) -> str:
    """What the numbers of inputs and outputs let expect, and whether it came true."""
    sizes = f"{_plural(best.inputs, 'input')} and {_plural(best.outputs, 'output')}"
    if best.auto and best.auto != best.method:
        return f'By the shape alone ({sizes}) "auto" takes {best.auto}.'
    return f"With {sizes}, forward carries one direction for each input and reverse one for each output."


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
