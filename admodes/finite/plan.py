"""The plan of one line: which step to try next."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .extrapolation import Limits
from .lines import Array, median
from .quotients import Quotient, Sample
from .samples import Samples

#: The first step as a part of the distance over which f is expected to change; no round number, against periodic f.
START = 0.13
#: The step that checks the limit, as a part of the largest one: fits between the halvings.
CHECK = 2.0**-12.5
#: Steps that one line may take.
MOST_STEPS = 16
#: Halvings after the search.
MOST_HALVINGS = 8
#: Two steps tell nearly the same where their quotients differ by less than this part of f's variation.
CURVED = 0.08
#: The search goes down by a factor of at most two to this power.
LARGEST_JUMP = 5
#: Relative error that ends the ladder, and the part of f's variation that counts as a derivative.
PRECISION, VARIATION = 1e-11, 0.01
#: A limit with an error above this part of f's variation explains nothing.
UNRESOLVED = 0.05
#: Changes of f up to this many spacings of its floating-point numbers are lost in rounding.
LOST = 50.0
#: Multiple of the errors of steps relative to a tiny x, within which they do not contradict f's own scale.
UNSURE = 20.0
#: Times that the check may send the search further down.
MOST_RESTARTS = 2
#: Ratio of rounding error to derivative, in units of the spacing, above which a larger step is tried:
#: within x's own size, and beyond it (where f's domain may end).
ROUGH = {1: (500.0, 2e4), 2: (2000.0, 2e6)}

Judged = tuple[Limits, Array]


class Plan:
    """The steps of one line, one at a time.

    Attributes
    ----------
    top : float
        The largest step that takes part in the ladder.
    judges : bool
        Whether the next decision needs the limits so far.
    """

    def __init__(self, samples: Samples, line: int, control: Array, start: float | None) -> None:
        self.samples, self.line, self.control = samples, line, control
        point = samples.point
        moved, amounts = samples.directions[line]
        self.scale = float(np.min(point.scale[moved] / np.abs(amounts)))
        self.unit = 1 / float(np.max(np.abs(amounts)))
        self.cap = 0.5 * max(self.scale, point.typical, self.unit)
        self.top = START * self.scale if start is None else start
        self.low = self.top
        self.growths = 0 if start is None else 2
        self.restarts = self.halvings = self.descents = self.turns = 0
        self.below_growth = self.floor = 0.0
        self.as_at_zero = False
        self.relative = point.relative_value[control]
        self._taken: dict[float, int] = {}
        self._phase: Callable[[Judged | None], float | None] = self._start

    @property
    def judges(self) -> bool:
        """Whether the next decision needs the limits so far."""
        return self._phase in (self._ladder, self._check)

    def next_step(self, judged: Judged | None) -> float | None:
        """The next step, or None where the line is done."""
        if not self.control.size or len(self._taken) >= MOST_STEPS:
            return None
        step = self._phase(judged)
        if step is not None:
            self._taken[step] = self.turns
        self.turns += 1
        return step

    def _start(self, judged: Judged | None) -> float:
        if self._taken:
            self._phase, self.low = self._search, self.top / 2
            return self.low
        return self.top

    def _search(self, judged: Judged | None) -> float | None:
        """Down until two steps tell nearly the same."""
        if len(self._taken) == 2 and self._is_flat(self.top) and self._is_flat(self.low):
            self._phase = self._flat
            return self.cap if self.cap > 4 * self.top and not self.growths else self.top * CHECK
        if self._may_be_tiny and self._is_flat(self.top, LOST) and self._is_flat(self.low, LOST):
            return self._start_as_at_zero()
        difference = self._difference(self.top, self.low)
        if self.floor:
            # Even and bounded f look flat from afar, which the first steps know better.
            difference = max(difference, self._contradiction(self.low))
        if difference <= CURVED:
            return self._settle()
        self.top, self.growths = self.low, 2
        self.descents += 1
        octaves = self.descents + 2 if difference > 0.5 else max(self.descents, _excess(difference) - 1)
        self.low = self.top / (2 if len(self._taken) == MOST_STEPS - 1 else 2.0 ** min(octaves, LARGEST_JUMP))
        if self.low < 2 * self.floor:
            # f does change over |x|: the steps taken at first were the best.
            self.top, self.floor = self.floor, 0.0
            return self._begin_ladder()
        return self.low

    def _flat(self, judged: Judged | None) -> float | None:
        """f is the same to the last bit at both sides: is it at other scales?"""
        last = list(self._taken)[-1]
        if self._is_flat(last):
            if last > self.top:
                return self.top * CHECK
            return self.top * CHECK**2 if last > self.top * CHECK**1.5 else None
        self.growths = 2
        self.top, self.low, self._phase = last, last / 2, self._search
        return self.low

    def _settle(self) -> float:
        """After the search: larger steps where rounding would dominate, else the ladder."""
        within, beyond = ROUGH[self.samples.quotient.derivative]
        roughness = self._roughness(self.top)
        if roughness > beyond and self._may_be_tiny:
            return self._start_as_at_zero()
        if roughness > within and self.growths < 1 and self.top < 0.49 * self.scale:
            larger, self.growths = 0.5 * self.scale, 1
        elif roughness > beyond and self.growths < 2 and self.cap > 2 * self.top:
            octaves = np.ceil(np.log2(roughness / within) / self.samples.quotient.derivative)
            larger, self.growths = min(self.cap, self.top * 2.0**octaves), 2
        else:
            return self._begin_ladder()
        self.below_growth, self.top, self._phase = self.top, larger, self._grow
        return larger

    @property
    def _may_be_tiny(self) -> bool:
        """Whether only steps relative to |x| were tried, and |x| is small."""
        return not self.growths and self.scale < START * self.unit

    def _start_as_at_zero(self) -> float:
        """|x| is nothing to f, whose values hardly change over it: look for its own scale from 1 downwards."""
        self.floor, self.scale, self.as_at_zero = self.top, self.unit, True
        self.top, self._phase = START * self.scale, self._start
        return self.top

    def _grow(self, judged: Judged | None) -> float:
        """Keep the larger step, or what f's curvature allows of it."""
        difference = self._difference(self.top, self.below_growth)
        if difference <= CURVED:
            return self._settle()
        octaves = 3 if difference > 0.5 else max(1, _excess(difference))
        self.top = max(self.below_growth, self.top * 2.0**-octaves)
        return self._begin_ladder(from_above=self._row(self.top) is None)

    def _begin_ladder(self, from_above: bool = False) -> float:
        if self.as_at_zero:
            self.samples.forget_above(self.line, 1.01 * self.top)
        self._phase, self.low = self._ladder, 2 * self.top if from_above else self.top
        self.halvings = 0
        return self._halve()

    def _halve(self) -> float:
        self._skip_taken()
        self.low /= 2
        self.halvings += 1
        return self.low

    def _skip_taken(self) -> None:
        while self._row(self.low / 2) is not None:
            self.low /= 2

    def _ladder(self, judged: Judged | None) -> float:
        """Halve the step until the limit has settled."""
        self._skip_taken()
        count = sum(0.99 * self.low <= step <= 1.01 * self.top for step in self._taken)
        if count < 3 or (self.halvings < MOST_HALVINGS and judged is not None and self._is_open(judged[0], count)):
            return self._halve()
        self._phase = self._check
        return self.top * CHECK

    def _is_open(self, limits: Limits, count: int) -> bool:
        """Whether a smaller step may still improve some entry."""
        quotient = self.samples.quotient
        with np.errstate(all="ignore"):
            size = np.fmax(np.abs(limits.value), VARIATION * quotient.variation(self._sample(self.top)))
            # A limit that rests on steps below the ladder, from before it grew, says nothing about the ladder.
            open_ended = (limits.truncation > limits.rounding) | (limits.smallest < 0.9 * self.low)
            improvable = (limits.error > PRECISION * size) & open_ended
        if count > (3 if quotient == Quotient() else 5):
            improvable &= limits.smallest < 1.5 * self.low
        return bool(np.any(improvable | ~np.isfinite(limits.error)))

    def _check(self, judged: Judged | None) -> float | None:
        """Go on below the smallest step where that contradicts the limit, or nothing explains f's variation."""
        if judged is None or self.restarts >= MOST_RESTARTS:
            return None
        limits, doubt = judged
        with np.errstate(all="ignore"):
            size = np.fmax(np.abs(limits.value), self.samples.quotient.variation(self._sample(self.top)))
            # Rounding alone cannot be resolved at any step.
            unresolved = ~(limits.error <= np.maximum(UNRESOLVED * size, 10 * limits.rounding))
        if not np.any(unresolved | doubt):
            return None
        self.restarts += 1
        self.growths, self.descents = 2, 1
        self.top = list(self._taken)[-1]
        self.low, self._phase = self.top / 2, self._search
        return self.low

    def _row(self, step: float) -> int | None:
        """The round in which nearly this step was taken."""
        for taken, row in self._taken.items():
            if abs(taken - step) < 0.1 * taken:
                return row
        return None

    def _sample(self, step: float) -> Sample:
        row = self._row(step)
        return self.samples.sample(0 if row is None else row, self.line, self.control)

    def _is_flat(self, step: float, spacings: float = 0.0) -> bool:
        """Whether f changes by no more than some spacings of its floating-point numbers, where it is defined at all."""
        base, above, below, _, _ = self._sample(step)
        allowed = spacings * self.relative * np.abs(base)
        same = ~(np.abs(above - base) > allowed) & ~(np.abs(below - base) > allowed)
        return bool(np.all(same) and not np.all(np.isnan(above) & np.isnan(below)))

    def _roughness(self, step: float) -> float:
        """Median over the entries of rounding error to derivative, in units of the spacing."""
        sample, quotient = self._sample(step), self.samples.quotient
        with np.errstate(all="ignore"):
            size = np.abs(quotient.of(sample))
            rounding = quotient.rounding(sample, self.relative, self.samples.size[self.line])
            # A quotient of 0 says nothing where f varies: it cancelled.
            ratios = (rounding / size)[(size > 0) | (self._may_be_tiny & (quotient.variation(sample) > 0))]
        return median(ratios) / float(self.relative.max()) if ratios.size else 0.0

    def _contradiction(self, step: float) -> float:
        """How far the quotient of a step lies from those of the first steps beside a tiny x: from 0 to 1."""
        quotient, first = self.samples.quotient, self._sample(self.floor)
        with np.errstate(all="ignore"):
            known, variation = quotient.of(first), quotient.variation(self._sample(step))
            doubt = np.abs(known - quotient.of(self._sample(self.floor / 2)))
            doubt += quotient.rounding(first, self.relative, self.samples.size[self.line])
            size = np.fmax(np.abs(known), VARIATION * variation) + UNSURE * doubt
            part = np.abs(quotient.of(self._sample(step)) - known) / size
        return float(np.mean(np.where(np.isnan(part), 1, np.minimum(part, 1))))

    def _difference(self, larger: float, smaller: float) -> float:
        """How much the quotients of two steps differ, on average over the entries: from 0 to 1."""
        quotient = self.samples.quotient
        one, two = self._sample(larger), self._sample(smaller)
        with np.errstate(all="ignore"):
            larger_quotient, smaller_quotient = quotient.of(one), quotient.of(two)
            size = np.fmax(np.abs(smaller_quotient), quotient.variation(one))
            difference = np.abs(larger_quotient - smaller_quotient)
            missing = np.isnan(difference)
            if quotient == Quotient() and missing.any():
                for side in (Quotient(1, "forward"), Quotient(1, "backward")):
                    difference = np.fmin(difference, np.where(missing, np.abs(side.of(one) - side.of(two)), np.inf))
                    size = np.fmax(size, np.where(missing, np.abs(side.of(two)), 0))
            rounding = quotient.rounding(two, self.relative, self.samples.size[self.line])
            part = np.where(size == 0, 0, difference / (size + 2 * np.fmax(rounding, 0)))
        return float(np.mean(np.where(np.isnan(part), 1, np.minimum(part, 1))))


def _excess(difference: float) -> int:
    """Octaves by which a step is too large if its quotient differs so much from that of a much smaller one."""
    return int(np.ceil(np.log2(np.sqrt(12 * difference) / 0.5)))
