"""Taylor's remainders along a direction: how fast f leaves its claimed tangent tells whether that is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...finite.curvature import line_direction
from ...finite.lines import Direction, Point
from ..asking.probes import signs_of
from ..judgement.points import point_at
from ..slopes.repeated import RepeatedPoint, mean_and_error
from ..slopes.slopes import measure_slopes
from .regimes import NEAR, find_regime
from .taylor_words import LARGEST, Setting, meaning, notes_of, size_of

if TYPE_CHECKING:
    from ..result import GradientCheck

Array = np.ndarray[Any, Any]

#: Steps from `LARGEST` downwards, halved each time: the fewest (fewer where f is random), and the most.
FEWEST_STEPS, MOST_STEPS = 16, 44
#: Remainders below this multiple of f's rounding and noise, or so many standard errors of a mean, tell nothing.
VISIBLE, SCATTERED = 50.0, 30.0


@dataclass(frozen=True)
class TaylorSlopes:
    """Remainders ``|f(x + h v) - f(x)|``, ``... - h g.v|`` and ``... - h g.v - h**2 v.H v / 2|`` of a random direction v.

    Each is the larger one of both sides, h and -h; so that terms of different order never cancel.

    Attributes
    ----------
    steps : ndarray, shape (p,)
    remainders : ndarray, shape (3, p)
        Of order 0, 1 and 2; the norm over all outputs.
    slopes : tuple of three floats
        Slopes in a log-log plot, near 1, 2 and 3 where f is smooth and the claim right; NaN where there is none, which
        `notes` explain. Only the smallest steps that show something are fitted: larger ones may have another slope.
    noise : float
        What remainders are made of that are nothing but rounding and noise.
    spans : tuple of three pairs of floats
        From which step to which each slope was fitted.
    notes : tuple of three strings
        Why there is no slope, or another one than expected.
    meaning : str
        What the table says of the claim, in one sentence.
    """

    steps: Array
    remainders: Array
    slopes: tuple[float, float, float]
    noise: float
    spans: tuple[tuple[float, float], ...] = ((float("nan"), float("nan")),) * 3
    notes: tuple[str, ...] = ("",) * 3
    meaning: str = ""

    def __str__(self) -> str:
        lines = ["order  slope  expected  steps h"]
        for order, (slope, (low, high), note) in enumerate(zip(self.slopes, self.spans, self.notes, strict=True)):
            shown = "    -" if np.isnan(slope) else f"{slope:5.2f}"
            steps = "" if np.isnan(low) else f"{low:.1e} to {high:.1e}"
            lines.append(f"{order:5d}  {shown}  {order + 1:8d}  {steps}{'  ' if steps and note else ''}{note}".rstrip())
        return "\n".join([*lines, self.meaning] if self.meaning else lines)


def taylor_slopes(check: GradientCheck, seed: int = 0) -> TaylorSlopes:
    """Remainders of the claim of a check, at the point that decided.

    The claim's own number stands for g.v (a claimed Hessian's for v.H v); the other one is measured on f.
    """
    with np.errstate(all="ignore"):
        return _taylor_slopes(check, seed)


def _taylor_slopes(check: GradientCheck, seed: int) -> TaylorSlopes:
    found = check.points[check.deciding] if check.points else None
    subject, repeats = check.subject, found.repeats if found is not None else 1
    point = point_at(subject, check.point.x if found is None else found.vector, repeats)
    setting = Setting.of(check, point)
    if not (point.x.size and point.value.size):
        nothing = np.empty((3, 0))
        return TaylorSlopes(
            nothing[0], nothing, (float("nan"),) * 3, 0.0, notes=(setting.missing,) * 3, meaning=meaning(setting, [])
        )
    rng = np.random.default_rng(seed)
    along = signs_of(point.x.size, rng) * rng.uniform(0.5, 1.5, point.x.size) * point.scale
    noise = np.zeros(point.value.size) if found is None else found.noise.value
    if repeats > 1 and found is not None:
        noise = np.where(found.noise.random, 0.0, noise)  # the means' own scatter is measured
    direction = line_direction(along)
    first, second = (measure_slopes(point, [direction], np.ones(1), noise, derivative) for derivative in (1, 2))
    rounding = point.relative_value * np.abs(point.value) + noise
    rounding = rounding + float(np.max(point.relative_x)) * np.abs(np.nan_to_num(first.value[0]))
    setting.measured(_claimed(check, along), first, second, VISIBLE * size_of(rounding))
    curved = float(np.max(point.relative_x)) * np.abs(np.nan_to_num(second.value[0]))  # x's rounding where the slope grows
    rows = _Rows(point, direction, setting, rounding, curved)
    while not rows.done:
        rows.add(LARGEST * 0.5 ** len(rows.steps))
    steps, remainders, least = np.array(rows.steps), np.array(rows.remainders).T, np.array(rows.least).T
    regimes = [find_regime(steps, *pair) for pair in zip(remainders, least, strict=True)]
    zero, one, two = (regime.slope for regime in regimes)
    spans = tuple((regime.low, regime.high) for regime in regimes)
    setting.noise = size_of(rounding) + (max(rows.scatter) if repeats > 1 else 0.0)
    notes = notes_of(setting, regimes)
    return TaylorSlopes(steps, remainders, (zero, one, two), setting.noise, spans, notes, meaning(setting, regimes))


class _Rows:
    """Remainders at smaller and smaller steps, each with the least one that would tell anything."""

    def __init__(self, point: Point, direction: Direction, setting: Setting, rounding: Array, curved: Array) -> None:
        self.point, self.direction, self.setting, self.rounding, self.curved = point, direction, setting, rounding, curved
        self.steps: list[float] = []
        self.remainders: list[list[float]] = []
        self.least: list[list[float]] = []
        self.scatter: list[float] = []

    def add(self, step: float) -> None:
        """Both sides at one more step."""
        terms: tuple[Array | float, ...] = (0.0, self.setting.first, self.setting.second)
        (above, up), (below, down), scatter = self._beside(step)
        taken = (up + abs(down)) / 2
        sides = []
        for value, at in ((above, up), (below, down)):
            left, parts = value - self.point.value, []
            for order, term in enumerate(terms):
                left = left - at**order * term / max(order, 1)
                parts.append(size_of(left))
            sides.append(parts)
        floor = VISIBLE * size_of(self.rounding + taken * self.curved) + SCATTERED * scatter
        one, two = self.setting.errors
        errors = VISIBLE * np.cumsum([0.0, one * taken, two * taken**2 / 2])
        self.steps.append(taken if taken > 0 else step)
        self.remainders.append([float(part) for part in np.fmax(*np.array(sides))])
        self.least.append([float(floor + error) for error in errors])
        self.scatter.append(scatter)

    def _beside(self, step: float) -> tuple[tuple[Array, float], tuple[Array, float], float]:
        """f on both sides with the steps that rounding left, and what means of it may be off by."""
        if not isinstance(self.point, RepeatedPoint):
            return self.point.beside(self.direction, step), self.point.beside(self.direction, -step), 0.0
        answers = [[self.point.beside(self.direction, sign * step) for sign in (1, -1)] for _ in range(self.point.repeats)]
        (above, one), (below, two) = (mean_and_error([pair[side][0] for pair in answers]) for side in (0, 1))
        error = size_of(np.hypot(np.fmax(one, two), self.point.error))
        return (above, answers[0][0][1]), (below, answers[0][1][1]), error

    @property
    def done(self) -> bool:
        """Whether smaller steps would tell no more of the claim: it is lost in rounding, or its lowest power is seen."""
        random, count = isinstance(self.point, RepeatedPoint), len(self.steps)
        if count < (4 if random else FEWEST_STEPS):
            return False
        order = self.setting.order
        last = [row[order] for row in self.remainders[-4:]]
        lost = all(not value > row[order] for value, row in zip(last[-2:], self.least[-2:], strict=True))
        falls = np.diff(np.log2(last)) / np.diff(np.log2(self.steps[-4:]))
        return lost or count >= MOST_STEPS or bool(np.all(np.abs(falls - order) < NEAR / 3))


def _claimed(check: GradientCheck, along: Array) -> Array | None:
    """The claimed derivative along a direction, for each output; None where there is none."""
    subject = check.subject
    found = check.points[check.deciding] if check.points else None
    leaves = subject.leaves if found is None else subject.at(found.vector)
    matrix = None if found is None else found.reading.matrix
    if matrix is None and subject.kind in ("jvp", "hvp"):
        product = subject.read_along(leaves, along).matrix
    elif matrix is None:
        matrix = subject.read(leaves).matrix
    if matrix is not None:
        product = matrix @ along
    elif subject.kind not in ("jvp", "hvp"):
        return None
    return product if product is None or subject.derivative == 1 else np.array([along @ product])
