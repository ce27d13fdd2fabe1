"""Which steps a line takes: first a few, then larger ones against rounding or smaller ones against truncation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...finite.lines import Point
from .repeated import RepeatedPoint
from .secants import size_of

if TYPE_CHECKING:
    from .slopes import Slopes

Array = np.ndarray[Any, Any]

#: Steps are the scale of a line times powers of this.
RATIO = 4.0
#: The first rounds take these powers; then one much smaller step contradicts what only seems to converge.
FIRST = tuple(range(1, 8))
REMOTE = 4
#: Steps of one line at the most: two calls of f each.
MOST_STEPS = 19
#: An edge of f's domain nearer than all steps is approached by so many powers at a time, by so many steps at most.
LEAP, MOST_LEAPS = 4, 4
#: A slope of one side with a relative bound like this is known: x lies on the edge.
KNOWN = 1e-2
#: The same for means of an f that answers at random: small steps tell nothing, and large ones are closer to each other.
RANDOM_FIRST, RANDOM_STEPS = (0, 0.5, 1, 1.5, 2), 10
#: A bound is a multiple of the estimated error: nobody is accused, or believed, by an estimate that is a little short.
SAFETY = 3.0
#: An interval wider than this part of the slope leaves room for mistakes that matter.
DETECT = 1e-2
#: Relative bounds below which no further step is taken, for first and for second derivatives.
TIGHT = {1: 1e-9, 2: 1e-5}
#: Where rounding and noise make up at least half of a bound, this multiple of the tight one will do: it gets no better.
ROUNDED = 100.0
#: Multiple of the errors of f that a bound contains at least.
ROUNDING = 10.0
#: Steps larger than x, its other elements and 1 by this power of RATIO are no help against rounding.
BEYOND = 2


@dataclass(frozen=True)
class Plan:
    """What all lines through a point have in common.

    Attributes
    ----------
    derivative : 1 or 2
    first : tuple of float
        The powers of RATIO that each line begins with.
    most : int
        Steps of a line at the most.
    errors : ndarray, shape (m,)
        A bound on f's rounding and noise.
    rounded : float
        Multiple of a tight bound that is enough where it consists of rounding and noise.
    beyond : bool
        Whether steps larger than x are taken against rounding and noise.
    least : float
        A size of slopes that bounds need not be tighter than.
    within : bool
        Whether no step larger than the first ones is taken: a loop may never end there.
    """

    derivative: int
    first: tuple[float, ...]
    most: int
    errors: Array
    rounded: float
    beyond: bool = True
    least: float = 0.0
    within: bool = False

    @classmethod
    def of(
        cls, point: Point, noise: Array, derivative: int, *, single: bool = True, least: float = 0.0, within: bool = False
    ) -> Plan:
        """The plan for smooth f, or for means of what is random: these get no better but by more repeats."""
        with np.errstate(all="ignore"):
            errors = ROUNDING * (point.relative_value * np.abs(point.value) + noise)
        if isinstance(point, RepeatedPoint):
            # Along many elements at once f may turn within such steps, and noise would hide it.
            return cls(derivative, RANDOM_FIRST, RANDOM_STEPS, errors + ROUNDING * point.error, np.inf, single, least)
        return cls(derivative, FIRST, MOST_STEPS, errors, ROUNDED, least=least, within=within)

    @property
    def random(self) -> bool:
        """Whether values of f are means."""
        return self.rounded == np.inf


class Ladder:
    """The powers of RATIO that one line has taken, and those that wait."""

    def __init__(self, plan: Plan, scale: float, typical: float) -> None:
        self.plan, self.scale = plan, scale
        self.taken: list[float] = []
        self.waiting = list(plan.first)
        self.done, self.remote = False, plan.random
        self.leaps: list[float] = []
        beyond = np.log(max(scale, typical, 1.0) / scale) / np.log(RATIO)
        self.ceiling = -int(np.ceil(beyond)) - (BEYOND if plan.beyond else 0)
        if plan.within:
            self.ceiling = int(min(plan.first))

    def step(self) -> float:
        """Take the next step."""
        self.taken.append(self.waiting.pop(0))
        return float(self.scale * RATIO ** -float(self.taken[-1]))

    def go_on(self, found: Slopes, line: int, contradicted: bool, outside: bool = False) -> None:
        """Decide which steps come next, from what the line has found so far.

        `outside` says that f is not defined on both sides of x at any step that was taken.
        """
        if outside and self._leap(found, line):
            return
        # After leaps in vain x is on the edge, and one side has to tell the slope.
        lowest = max(exponent for exponent in self.taken if not (outside and exponent in self.leaps))
        highest, derivative = min(self.taken), self.plan.derivative
        contiguous = lowest - REMOTE if self.remote and not self.plan.random else lowest
        with np.errstate(all="ignore"):
            size = size_of(np.abs(found.value[line]), found.bound[line], found.size[line], DETECT)
            size = np.fmax(size, self.plan.least)
            excess = np.where(found.flat[line] | (found.bound[line] == 0), 0.0, found.bound[line] / size)
        worst = int(np.argmax(excess))
        with np.errstate(all="ignore"):
            errors = self.plan.errors[worst] / self.scale**derivative
            hidden = float(errors * RATIO ** (derivative * highest) / size[worst] / TIGHT[derivative])
        flat = bool(found.flat[line].all())
        # Below f's rounding smaller steps tell nothing; between these and the largest ones there may be some that do.
        hopeless = errors * RATIO ** (derivative * (contiguous + 1)) >= found.bound[line][worst] < np.inf
        below = self._below_top() if hopeless else contiguous
        if contradicted or found.kink[line].any():
            self.remote = False
            self._queue(*(below + step for step in range(1, 1 + REMOTE)))
        elif (flat or hidden > 1) and highest > self.ceiling:
            octaves = int(np.ceil(np.log(min(hidden, 1e9)) / np.log(RATIO) / derivative)) if hidden > 1 else 4
            top = max(int(highest) - octaves, self.ceiling)
            self._queue(*range(top, min(int(highest), top + 4)))
        elif excess[worst] <= enough(found, line, self.plan)[worst]:
            self.remote, asked = True, self.remote
            self._queue(*([] if asked else [lowest + REMOTE]))
        else:
            self.remote = False
            self._queue(*([lowest - 1] if self.leaps else []), below + 1, below + 2)

    def _leap(self, found: Slopes, line: int) -> bool:
        """Towards an edge of f's domain, to where both sides are inside, unless the slope of one side is known already."""
        known = np.all(found.bound[line] <= KNOWN * np.abs(found.value[line]))
        if known or self.plan.random or len(self.leaps) >= MOST_LEAPS:
            return False
        self.leaps.append(max(self.taken) + LEAP)
        self.waiting = self.leaps[-1:]
        return True

    def _below_top(self) -> float:
        """The end of the run of neighbouring steps that begins with the largest."""
        last = min(self.taken)
        while last + 1 in self.taken:
            last += 1
        return last

    def _queue(self, *exponents: float) -> None:
        room = self.plan.most - len(self.taken)
        self.waiting = [exponent for exponent in exponents if exponent not in self.taken][: max(room, 0)]
        self.done = not self.waiting


def enough(found: Slopes, lines: Array | int, plan: Plan) -> Array:
    """Relative bounds that are tight enough: where less truncation is left than rounding, smaller steps help no more."""
    rounded = 2 * SAFETY * found.noise[lines] >= found.bound[lines]
    return np.asarray(TIGHT[plan.derivative] * np.where(rounded, plan.rounded, 1.0))
