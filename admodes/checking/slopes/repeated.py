"""f whose answers scatter at random, at x and beside it: means of repeated calls in the place of single values.

Calls on both sides of x take turns, so that what drifts from call to call drifts alike on both. What a mean may be off by is
known from the scatter of its own values, point by point: noise may grow with f.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...finite.extrapolation import Table
from ...finite.lines import Point
from ...finite.quotients import Quotient
from ...finite.samples import Samples
from ...function import Function

Array = np.ndarray[Any, Any]

#: Standard errors that stand for the scatter of a quotient; bounds contain nine times as much as that.
STANDARD_ERRORS = 2 / 3
#: Two means of the same f differ by no more standard errors than this, unless its answers drift.
DRIFT = 6.0


class RepeatedPoint(Point):
    """x, and the mean of f there.

    Parameters
    ----------
    function : Function
    repeats : int
        Calls that each value is the mean of.

    Attributes
    ----------
    error : ndarray, shape (m,)
        Standard error of `value`.
    """

    def __init__(self, function: Function, repeats: int) -> None:
        super().__init__(function)
        self.repeats = repeats
        self.value, self.error = self._mean()

    def drifts(self) -> bool:
        """Whether f's mean at x is by now another one than it was."""
        value, error = self._mean()
        return bool(np.any(np.abs(value - self.value) > DRIFT * np.hypot(error, self.error)))

    def _mean(self) -> tuple[Array, Array]:
        leaves = self._leaves(self.x)
        return mean_and_error([self._vector(self.function.plain(leaves)) for _ in range(self.repeats)])


class RepeatedSamples(Samples):
    """f beside a `RepeatedPoint`: each sample is a mean, and what it may be off by is known."""

    point: RepeatedPoint

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._errors: dict[int, list[Array]] = {1: [], -1: []}

    def table(self, lines: Array, entries: Array | slice, quotient: Quotient, largest: Array | float = np.inf) -> Table:
        """The quotients of means: their scatter is known, and need not be guessed from what extrapolation leaves."""
        table = super().table(lines, entries, quotient, largest)
        chosen = (lines, entries) if isinstance(entries, slice) else (lines[:, None], entries)
        order = self._order(lines, largest)[1][:, :, None]
        above, below = (
            np.take_along_axis(np.array([errors[chosen] for errors in self._errors[sign]]), order, 0) for sign in (1, -1)
        )
        here, steps = self.point.error[entries], table.steps[:, :, None]
        with np.errstate(all="ignore"):
            if quotient.derivative == 2:
                error = np.sqrt(above**2 + below**2 + 4 * here**2) / steps**2
            elif quotient.sided == "central":
                error = np.hypot(above, below) / (2 * steps)
            else:
                error = np.hypot(above if quotient.sided == "forward" else below, here) / steps
            table.scatter = STANDARD_ERRORS * error
        table.noise, table.least_noise = np.zeros_like(table.noise), np.zeros_like(table.least_noise)
        return table

    def add(self, steps: Array) -> None:
        """One more step for each line (NaN: none)."""
        for errors in self._errors.values():
            errors.append(np.full((len(self.directions), self.point.value.size), np.nan))
        super().add(steps)

    def _beside(self, line: int, step: float) -> list[tuple[int, Array, float]]:
        answers: dict[int, list[Array]] = {sign: [] for sign in self.quotient.signs}
        distances = {}
        for _ in range(self.point.repeats):
            for sign in self.quotient.signs:
                value, distances[sign] = self.point.beside(self.directions[line], sign * step)
                answers[sign].append(value)
        found = []
        for sign, values in answers.items():
            mean, self._errors[sign][-1][line] = mean_and_error(values)
            found.append((sign, mean, distances[sign]))
        return found


def mean_and_error(values: list[Array]) -> tuple[Array, Array]:
    """The mean of some values and its standard error."""
    with np.errstate(all="ignore"):
        return np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
