"""The values of f that an adaptive difference has collected along its lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .extrapolation import Table
from .lines import Array, Direction, Point, argument_size
from .noise import height_of_stairs, noise_of_limits, noise_of_mean
from .quotients import Quotient, Sample


class Samples:
    """f beside x along some lines, in rounds of one step a line.

    Attributes
    ----------
    size : ndarray, shape (lines,)
        Size of the argument that f rounds, per unit of direction.
    """

    def __init__(self, point: Point, directions: Sequence[Direction], quotient: Quotient) -> None:
        self.point, self.directions, self.quotient = point, directions, quotient
        self.size = np.array([argument_size(point, direction) for direction in directions])
        self._above: list[Array] = []
        self._below: list[Array] = []
        self._up: list[Array] = []
        self._down: list[Array] = []

    @property
    def rounds(self) -> int:
        """Number of rounds so far."""
        return len(self._up)

    def add(self, steps: Array) -> None:
        """One more step for each line (NaN: none)."""
        lines, entries = len(self.directions), self.point.value.size
        sides = {sign: np.full((lines, entries), np.nan, self.point.dtype) for sign in (1, -1)}
        taken = {sign: np.full(lines, np.nan, self.point.dtype) for sign in (1, -1)}
        for line in np.flatnonzero(~np.isnan(steps)).tolist():
            step = self._exact(self.directions[line], float(steps[line]))
            for sign, value, distance in self._beside(line, step):
                sides[sign][line] = value
                taken[sign][line] = abs(distance) if 0 < abs(distance) < np.inf else np.nan
        self._above.append(sides[1])
        self._below.append(sides[-1])
        self._up.append(taken[1])
        self._down.append(taken[-1])

    def _beside(self, line: int, step: float) -> list[tuple[int, Array, float]]:
        """The sides of x that the quotient needs: sign, values of f, and the step that rounding left."""
        return [(sign, *self.point.beside(self.directions[line], sign * step)) for sign in self.quotient.signs]

    def forget_above(self, line: int, step: float) -> None:
        """Forget the larger steps of one line: over them f was found to be another function, and not noisy."""
        for turn in range(self.rounds):
            if np.fmax(self._up[turn][line], self._down[turn][line]) > step:
                for kept in (self._above, self._below, self._up, self._down):
                    kept[turn][line] = np.nan

    def _exact(self, direction: Direction, step: float) -> float:
        """The step rounded so that x plus and minus it are floating-point numbers: both sides are then equally far."""
        elements, _ = direction
        if elements.size > 1:
            return step
        size = abs(float(self.point.x[elements[0]]))
        exact = (size + step) - size
        return exact if 0 < exact < np.inf else step

    def sample(self, turn: int, line: int | Array, entries: Array | slice = slice(None)) -> Sample:
        """What round `turn` found on one line, or on several."""
        above, below = self._above[turn][line, entries], self._below[turn][line, entries]
        return Sample(self.point.value[entries], above, below, self._up[turn][line], self._down[turn][line])

    def steps(self) -> Array:
        """All steps taken, shape (rounds, lines); NaN where there was none."""
        return np.asarray(np.fmax(np.array(self._up), np.array(self._down)))

    def _order(self, lines: Array, largest: Array | float) -> tuple[Array, Array]:
        """The steps up to `largest` of some lines, descending with NaN at the end, and the rounds that they belong to."""
        steps = self.steps()[:, lines]
        steps = np.where(steps <= largest, steps, np.nan)
        order = np.argsort(-steps, axis=0)
        return np.take_along_axis(steps, order, 0), order

    def table(self, lines: Array, entries: Array | slice, quotient: Quotient, largest: Array | float = np.inf) -> Table:
        """All rounds of some lines and entries as quotients by descending step; those above `largest` only show stairs."""
        steps, order = self._order(lines, largest)
        up, down = (np.take_along_axis(np.array(taken)[:, lines], order, 0) for taken in (self._up, self._down))
        chosen = (lines, entries) if isinstance(entries, slice) else (lines[:, None], entries)
        above, below = (
            np.take_along_axis(np.array([values[chosen] for values in rounds]), order[:, :, None], 0)
            for rounds in (self._above, self._below)
        )
        point = self.point
        base = point.value[entries]
        kept = np.where(np.isnan(steps), np.nan, 1.0)[:, :, None]
        sample = Sample(base, above, below, up[:, :, None] * kept, down[:, :, None] * kept)
        with np.errstate(all="ignore"):
            quotients = quotient.of(sample)
            rounding = quotient.rounding(sample, point.relative_value[entries], self.size[lines][:, None])
            if quotient == Quotient():
                noise, least = noise_of_mean(steps, (above - base) / 2 + (below - base) / 2)
            else:
                noise, least = noise_of_limits(steps, quotients, quotient)
            spacing = point.relative_value[entries] * np.abs(base)
            stairs = height_of_stairs(np.concatenate([up, down]), np.concatenate([above - base, below - base]), spacing)
        return Table(steps, quotients, rounding, np.maximum(noise, stairs), np.maximum(least, stairs), quotient)
