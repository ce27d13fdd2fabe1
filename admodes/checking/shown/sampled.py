"""The difference quotients that the verdict on one component rests on, as f was sampled for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...finite.quotients import Quotient
from ...finite.samples import Samples
from ...formatting import format_count
from ..judgement.verdicts import WORDS, Judgement
from ..slopes.repeated import RepeatedPoint
from .report import LARGEST

if TYPE_CHECKING:
    from ..judgement.points import PointCheck
    from ..result import GradientCheck

Array = np.ndarray[Any, Any]
_SIDES = (("left", "backward"), ("right", "forward"))
#: Steps and quotients.
Quotients = tuple[Array, Array]


@dataclass(frozen=True)
class Sampled:
    """One component, or one random direction of a large x.

    Attributes
    ----------
    name, verdict : str
    claimed, expected, bound : float
        The claim, the slope of f and half the interval around it.
    quotients : pair of ndarray
        Steps, and central difference quotients less what they would be if the claim was right.
    sides : dict of str to pair of ndarray
        The quotients of one side each: "left" and "right"; empty for second derivatives.
    kink : tuple of three floats, or None
        The slopes of both sides and their bound.
    smallest : float
        The smallest step that the slope was taken from.
    noise : float
        f's rounding and noise in the numerator of a quotient.
    power : 1 or 2
        Of the step in its denominator.
    allowed : float
        What `rtol` allows a claim to be off by.
    """

    name: str
    verdict: str
    claimed: float
    expected: float
    bound: float
    quotients: Quotients
    smallest: float
    noise: float
    power: int = 1
    sides: dict[str, Quotients] = field(default_factory=dict)
    kink: tuple[float, float, float] | None = None
    allowed: float = 0.0

    @property
    def gaps(self) -> Quotients:
        """How far each quotient is from the claim."""
        steps, gaps = self.quotients
        kept = (np.abs(gaps) < LARGEST) & np.isfinite(steps)
        return steps[kept], np.abs(gaps[kept])

    @property
    def measured(self) -> bool:
        """Whether there is any quotient to show."""
        return self.gaps[0].size > 0 or any(np.isfinite(pair[1]).any() for pair in self.sides.values() if self.unread)

    @property
    def unread(self) -> bool:
        """Whether the claim is no number that quotients could be compared with."""
        return not np.isfinite(self.claimed)


def sampled_of(check: GradientCheck) -> Sampled | None:
    """What was sampled for the worst component of the point that decided; None where nothing was."""
    found = check.points[check.deciding] if check.points else None
    if found is None or found.judgement is None or not check.worst:
        return None
    with np.errstate(all="ignore"):
        return _of_direction(found, found.directions) if found.directions is not None else _of_worst(check, found)


def _of_worst(check: GradientCheck, found: PointCheck) -> Sampled:
    judged, worst = found.judgement, check.worst[0]
    assert judged is not None  # noqa: S101 - the caller has looked
    entries = {"x": check.components, "nearby": check.nearby, "zero": check.at_zero}[found.place]
    line, entry = divmod([one.index for one in entries].index(worst.index), judged.verdict.shape[1])
    slopes, place = judged.slopes, (line, entry)
    common: dict[str, Any] = {
        "name": worst.index,
        "verdict": worst.verdict,
        "claimed": worst.claimed,
        "expected": worst.expected,
        "bound": float(judged.bound[place]),
        "smallest": float(slopes.step[place]),
        "allowed": (check.rtol or 0.0) * float(judged.size[place]),
    }
    if check.subject.derivative == 2:
        size = found.vector.size
        row, column = sorted(divmod(line, size))
        (steps, quotients), noise = _second(judged, row, column, size, float(found.noise.value[0]))
        return Sampled(**common, quotients=(steps, quotients - worst.claimed), noise=noise, power=2)
    samples, line = line_of(slopes.samples, line)
    noise = _noise(samples, entry, float(found.noise.value[entry]))
    kink = (float(slopes.left[place]), float(slopes.right[place]), float(slopes.bound[place])) if slopes.kink[place] else None
    return Sampled(**common, **_first(samples, line, entry, worst.claimed), noise=noise, kink=kink)


def _of_direction(found: PointCheck, judged: Judgement) -> Sampled:
    """Of the random direction along which the claim errs most; for a matrix, f was sampled less what is claimed."""
    line, entry = np.unravel_index(int(np.argmax(judged.excess() / judged.size)), judged.verdict.shape)
    place = (int(line), int(entry))
    samples, row = line_of(judged.slopes.samples, place[0])
    claimed, expected = float(judged.claimed[place]), float(judged.expected[place])
    common: dict[str, Any] = {
        "name": f"random direction {place[0] + 1}, all {format_count(found.vector.size)} elements",
        "verdict": WORDS[int(judged.verdict[place])],
        "claimed": claimed,
        "expected": expected,
        "bound": float(judged.bound[place]),
        "smallest": float(judged.slopes.step[place]),
    }
    noise = _noise(samples, place[1], float(found.noise.value[place[1]]))
    first = _first(samples, row, place[1], claimed - (expected - float(judged.slopes.value[place])))
    if samples.quotient.derivative == 2:
        return Sampled(**common, quotients=first["quotients"], noise=4 * noise, power=2)
    return Sampled(**common, **first, noise=noise)


def _first(samples: Samples, line: int, entry: int, claimed: float) -> dict[str, Any]:
    """The quotients along one line: of both sides together (of one, where f has no other), and of each."""
    steps, quotients = _quotients(samples, line, entry, samples.quotient)
    sides = {}
    if samples.quotient.derivative == 1:
        sides = {
            name: _quotients(samples, line, entry, Quotient(1, sided))
            for name, sided in (("left", "backward"), ("right", "forward"))
        }
    if not np.isfinite(quotients).any():
        steps, quotients = next((pair for pair in sides.values() if np.isfinite(pair[1]).any()), (steps, quotients))
    return {"quotients": (steps, quotients - claimed), "sides": sides}


def _second(judged: Judgement, row: int, column: int, size: int, noise: float) -> tuple[Quotients, float]:
    """Second derivatives by two elements: along one, or along the sum of both less those along each."""
    chunks = judged.slopes.samples
    samples, line = line_of(chunks, row)
    noise = _noise(samples, 0, noise)
    if row == column:
        return _quotients(samples, line, 0, samples.quotient), 4 * noise
    rows, columns = np.triu_indices(size, 1)
    samples, line = line_of(chunks, size + int(np.flatnonzero((rows == row) & (columns == column))[0]))
    lengths = samples.directions[line][1]
    steps, both = _quotients(samples, line, 0, samples.quotient)
    own = judged.slopes.value.reshape(size, size)[[row, column], [row, column]] @ lengths**2
    area = float(np.prod(lengths))
    return (steps * np.sqrt(area), (both - own) / 2 / area), 2 * noise


def line_of(chunks: Sequence[Samples], line: int) -> tuple[Samples, int]:
    """The samples that hold a line, and its number among them."""
    for samples in chunks:
        if line < len(samples.directions):
            return samples, line
        line -= len(samples.directions)
    raise IndexError(line)


def _quotients(samples: Samples, line: int, entry: int, quotient: Quotient) -> Quotients:
    """By descending step."""
    table = samples.table(np.array([line]), slice(None), quotient)
    return np.asarray(table.steps[:, 0], float), np.asarray(table.quotients[:, 0, entry], float)


def _noise(samples: Samples, entry: int, noise: float) -> float:
    """Of one value of f: rounding, and what was measured; of a mean its standard error."""
    point = samples.point
    scatter = float(point.error[entry]) if isinstance(point, RepeatedPoint) else 0.0
    return float(point.relative_value[entry]) * abs(float(point.value[entry])) + noise + scatter
