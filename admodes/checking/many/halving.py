"""The search for wrong elements: halving ranges of a direction along which the errors add up.

A range that holds a single wrong element is not halved any further: the error along the elements times their places, over the
error along the elements, is the place (as the centre of mass is that of a single mass), as exactly as both are measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...finite.curvature import line_direction
from ..slopes.ladders import RATIO
from ..slopes.slopes import Slopes

if TYPE_CHECKING:
    from .large import LargeCheck

Array = np.ndarray[Any, Any]

#: Calls of f for one check of a large x at most, unless the slopes along the directions alone need more.
MOST_EVALUATIONS = 200
#: Multiple of the calibrated error that counts as a sign of a wrong element.
SEEN = 5.0
#: What a difference of two measurements says is believed from this multiple on; else the half is measured itself.
SURE = 20.0
#: More wrong elements than this are not named.
MOST_NAMED = 12
#: Between what was never written, and that it is all.
TOGETHER = ", and all that errs lies there"
#: Calls of f that are left for a look at the whole when all that was found has been corrected.
LOOK_AGAIN = 6
#: Steps for single elements, relative to their scales.
CONFIRMING = (1 / 32, 1 / 32 / RATIO, 1 / 32 / RATIO**2)
#: Shorter ranges are halved: to point at a place takes two tests.
SHORTEST_POINTED = 16


@dataclass
class Range:
    """Elements from `start` to `stop` whose errors along the direction sum up to `error`."""

    start: int
    stop: int
    error: float
    alone: bool = False
    """Whether the other half of the range that it comes from holds nothing."""
    pointable: bool = True
    """Whether pointing at the place of its error was not tried in vain."""


class Search:
    """Halving ranges of elements along one fixed direction.

    A test is one central difference, at the step where that is best; where all that errs would hardly show in one, two of
    them are extrapolated. `known` are elements with errors that were found before, and count as corrected.
    """

    calls = 2
    """Of f, for one difference."""
    order = 1
    """Of the derivative: the power of a step that rounding is divided by."""

    def __init__(
        self,
        check: LargeCheck,
        vector: Array,
        entry: int,
        slopes: Slopes,
        known: Mapping[int, float],
        off: Mapping[int, float],
    ) -> None:
        self.check, self.vector, self.entry, self.known, self.off = check, vector, entry, known, off
        self.slopes, self.named, self.bounds = slopes, dict[int, float](), dict[int, float]()
        self._calibrate(1)
        self.whole = self.error(0, vector.size)
        if not abs(self.whole) > SURE * self.tolerance:
            self._calibrate(2)
            self.whole = self.error(0, vector.size)

    @property
    def consistent(self) -> bool:
        """Whether nothing errs along the whole direction that could be seen."""
        return bool(abs(self.whole) <= self._unseen(0, self.vector.size))

    def _unseen(self, start: int, stop: int) -> float:
        """What may err in a range for all that is seen: by calibration, and by what known errors are known to."""
        known = sum(bound * abs(self.vector[element]) for element, bound in self.off.items() if start <= element < stop)
        return SEEN * self.tolerance + float(known)

    @property
    def visible(self) -> float:
        """The error of a single element, of ordinary size, that would show."""
        least = max(SEEN * self.tolerance, abs(self.whole) if self.known else 0.0)
        return least / float(np.median(np.abs(self.vector)))

    def _calibrate(self, differences: int) -> None:
        step, self.tolerance = calibrated(self.slopes, self.entry, self.check.noise.value, differences)
        self.steps = [step / RATIO**number for number in range(differences)]

    def error(self, start: int, stop: int, *, ramp: bool = False) -> float:
        """f's slope less the claim along the part of the direction in a range, or along this times a ramp from 0 to 1."""
        part = np.zeros_like(self.vector)
        part[start:stop] = self.vector[start:stop] * (np.linspace(0, 1, stop - start) if ramp else 1.0)
        found = sum(error * part[element] for element, error in self.known.items())
        return self._along(part) - float(found)

    def _along(self, part: Array) -> float:
        slopes = [self._slope(part, step, step) for step in self.steps]
        slope = slopes[-1] + (slopes[-1] - slopes[0]) / (RATIO**2 - 1)
        return slope - self._claimed(part)

    def _slope(self, part: Array, step: float, other: float) -> float:
        """A central difference."""
        direction = line_direction(part)
        (above, up), (below, down) = (self.check.point.beside(direction, sign * step) for sign in (1, -1))
        return float((above - below)[self.entry]) / (abs(up) + abs(down)) if up and down else float("nan")

    def _claimed(self, part: Array) -> float:
        return 0.0 if self.check.matrix is not None else float(self.check.claim(part)[self.entry])

    def run(self, *, alone: bool = False) -> tuple[dict[int, float], list[Range]]:
        """Elements with their errors, and ranges that hold more; `alone` where a single one is likely."""
        ranges = [Range(0, self.vector.size, self.whole, alone)]
        while ranges and self._may_go_on():
            ranges.sort(key=lambda part: (abs(part.error), part.start))
            part = ranges.pop()
            if part.stop - part.start == 1:
                self.named[part.start] = part.error / self.vector[part.start]
                continue
            pointed = self._pointed(part) if part.alone and part.stop - part.start >= SHORTEST_POINTED else None
            if pointed is not None:
                ranges.append(pointed)
                continue
            middle = (part.start + part.stop) // 2
            left = self.error(part.start, middle)
            right = part.error - left
            if SEEN * self.tolerance < abs(right) < SURE * self.tolerance or not np.isfinite(right):
                right = self.error(middle, part.stop)
            halves = [
                found
                for found in (Range(part.start, middle, left), Range(middle, part.stop, right))
                if not abs(found.error) <= self._unseen(found.start, found.stop)
            ]
            for half in halves:
                half.alone = len(halves) == 1 and part.pointable
            ranges += halves
        ones = [part for part in ranges if part.stop - part.start == 1]
        self.named |= {part.start: part.error / self.vector[part.start] for part in ones}
        self._confirm()
        return self.named, sorted((part for part in ranges if part not in ones), key=lambda part: part.start)

    def _pointed(self, part: Range) -> Range | None:
        """The elements about the centre of a range's errors; None where these are not all of it."""
        last = part.stop - part.start - 1
        with np.errstate(all="ignore"):
            centre = np.float64(self.error(part.start, part.stop, ramp=True)) / part.error
            reach = 2 * self.tolerance / abs(part.error) * last + 1
        part.pointable = False
        if not (0 <= centre <= 1 and 4 * reach < last):
            return None
        start = part.start + max(int(centre * last - reach), 0)
        stop = min(part.start + int(np.ceil(centre * last + reach)) + 1, part.stop)
        error = self.error(start, stop)
        if not abs(error - part.error) <= SEEN * self.tolerance:
            return None
        return Range(start, stop, error, alone=True)

    def _confirm(self) -> None:
        """Ask each named element by itself: a part of a direction may bend more than the whole, which the steps suited."""
        point, found = self.check.point, {}
        for element in self.named:
            if self.check.subject.f.calls + len(CONFIRMING) * self.calls > self.check.most:
                break
            scale = float(point.scale[element])
            unit = np.zeros_like(self.vector)
            unit[element] = 1.0
            claim = self._claimed(unit)
            one, two, three = (self._slope(unit, scale * step, step) for step in CONFIRMING)
            with np.errstate(all="ignore"):
                spread = float(
                    point.relative_value[self.entry] * abs(point.value[self.entry]) + self.check.noise.value[self.entry]
                )
            # Of two steps extrapolated, or of three: the smaller ones are less bent, and more rounded.
            first, second = (two - one) / (RATIO**2 - 1), (three - two) / (RATIO**2 - 1)
            third = (three + second - two - first) / (RATIO**4 - 1)
            rounded = SEEN * spread / scale
            slope, bound = min(
                (two + first, abs(first) + rounded / CONFIRMING[1] ** self.order),
                (three + second + third, abs(third) + 1.5 * rounded / CONFIRMING[2] ** self.order),
                key=lambda pair: pair[1],
            )
            if abs(slope - claim) > bound:
                found[element] = slope - claim
                self.bounds[element] = bound
        self.named = found

    def _may_go_on(self) -> bool:
        return (
            len(self.named) < MOST_NAMED
            and self.check.subject.f.calls + 2 * self.calls * (len(self.steps) + len(self.named) + 1) + LOOK_AGAIN
            <= self.check.most
        )


class ProductSearch(Search):
    """The same for the product of the Hessian with one fixed vector v: ``u' H v`` along parts u of the direction."""

    calls = 4
    order = 2

    def __init__(
        self,
        check: LargeCheck,
        vector: Array,
        slopes: Slopes,
        known: Mapping[int, float],
        off: Mapping[int, float],
        fixed: Array,
        product: Array,
    ) -> None:
        self.fixed, self.product = fixed, product
        super().__init__(check, vector, 0, slopes, known, off)

    def _slope(self, part: Array, step: float, other: float) -> float:
        """A mixed second difference."""
        one, two, total = step * part, other * self.fixed, 0.0
        for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
            sum_ = first * one + second * two
            value, moved = self.check.point.beside(line_direction(sum_), 1.0) if sum_.any() else (self.check.point.value, 1.0)
            total += first * second * float(value[0]) if moved else float("nan")
        return total / (4 * step * other)

    def _claimed(self, part: Array) -> float:
        return float(part @ self.product)


class RowSearch(ProductSearch):
    """The same for one row i of the Hessian: ``H[i] u`` along parts u, pointed at before it is halved."""

    def __init__(self, check: LargeCheck, vector: Array, slopes: Slopes, row: int) -> None:
        self.row, self.scale = row, float(check.point.scale[row])
        fixed = np.zeros_like(vector)
        fixed[row] = self.scale
        super().__init__(check, vector, slopes, {}, {}, fixed, fixed)

    def _claimed(self, part: Array) -> float:
        return self.scale * float(self.check.product(part)[self.row])

    def entries(self) -> dict[int, tuple[float, float]]:
        """The wrong entries of the row: errors and bounds on them; empty where more is wrong than was found."""
        errors, rest = self.run(alone=True)
        if rest or set(errors) != set(self.bounds):
            return {}
        return {element: (error / self.scale, self.bounds[element] / self.scale) for element, error in errors.items()}


def calibrated(slopes: Slopes, entry: int, noise: Array, differences: int) -> tuple[float, float]:
    """The (larger) step at which one or two central differences are best, and how far they are off there."""
    samples = slopes.samples[0]
    table = samples.table(np.array([0]), slice(None), samples.quotient)
    steps, quotients = table.steps[:, 0], table.quotients[:, 0, entry]
    with np.errstate(all="ignore"):
        spread = samples.point.relative_value[entry] * abs(samples.point.value[entry]) + noise[entry]
        rounding = table.rounding[:, 0, entry] + spread / steps**samples.quotient.derivative
        if differences == 2:
            neighbours = np.abs(steps[:-1] / steps[1:] - RATIO) < 0.01
            quotients = quotients[1:] + np.diff(quotients) / (RATIO**2 - 1)
            quotients = np.where(neighbours, quotients, np.nan)
            steps, rounding = steps[:-1], 1.2 * rounding[1:]
        off = np.maximum(np.abs(quotients - slopes.value[0, entry]), rounding)
    # One step may be right by luck, and the whole where its parts are not: the larger step before it vouches for it,
    # less than truncation shrinks.
    off[1:] = np.where(np.isfinite(off[1:]), np.fmax(off[1:], off[:-1] / RATIO**differences), np.nan)
    best = int(np.argmin(np.where(np.isfinite(off), off, np.inf)))
    return float(steps[best]), float(off[best])
