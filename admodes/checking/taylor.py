"""Taylor's remainders along a direction: how fast f leaves its claimed tangent tells whether that is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..finite.curvature import line_direction
from ..finite.lines import Point
from .points import point_at
from .probes import signs_of
from .slopes import measure_slopes

if TYPE_CHECKING:
    from .result import GradientCheck

Array = np.ndarray[Any, Any]

#: Steps from a quarter of x downwards, halved each time.
STEPS = 0.25 * 0.5 ** np.arange(16)
#: Remainders below this multiple of f's rounding and noise tell nothing.
VISIBLE = 50.0


@dataclass(frozen=True)
class TaylorSlopes:
    """Remainders ``|f(x + h v) - f(x)|``, ``... - h g.v|`` and ``... - h g.v - h**2 v.H v / 2|`` of a random direction v.

    Attributes
    ----------
    steps : ndarray, shape (p,)
    remainders : ndarray, shape (3, p)
        Of order 0, 1 and 2; the norm over all outputs.
    slopes : tuple of three floats
        Slopes in a log-log plot, near 1, 2 and 3 where f is smooth and the claim right; NaN where the remainder vanishes
        below f's rounding.
    noise : float
        What remainders are made of that are nothing but rounding and noise.
    """

    steps: Array
    remainders: Array
    slopes: tuple[float, float, float]
    noise: float

    def __str__(self) -> str:
        lines = ["order  slope  expected"]
        for order, slope in enumerate(self.slopes):
            shown = "  -  " if np.isnan(slope) else f"{slope:5.2f}"
            meaning = " (the remainder vanishes below f's rounding)" if np.isnan(slope) else ""
            lines.append(f"{order:5d}  {shown}  {order + 1:8d}{meaning}")
        return "\n".join(lines)


def taylor_slopes(check: GradientCheck, seed: int = 0) -> TaylorSlopes:
    """Remainders of the claim of a check, at the point that decided.

    The claim's own number stands for g.v (a claimed Hessian's for v.H v); the other one is measured on f.
    """
    subject = check.subject
    vector = check.points[check.deciding].vector if check.points else check.point.x
    point = point_at(subject, vector)
    if not point.x.size:
        return TaylorSlopes(STEPS[:0], np.empty((3, 0)), (float("nan"),) * 3, 0.0)
    rng = np.random.default_rng(seed)
    along = signs_of(point.x.size, rng) * rng.uniform(0.5, 1.5, point.x.size) * point.scale
    noise = check.points[check.deciding].noise.value if check.points else np.zeros(point.value.size)
    first, second = _derivatives(check, point, along, noise)
    direction = line_direction(along)
    beside = [point.beside(direction, float(step)) for step in STEPS]
    steps = np.array([step for _, step in beside], float)
    remainders = np.array([_remainders(value - point.value, step, first, second) for value, step in beside]).T
    with np.errstate(all="ignore"):
        floor = float(np.linalg.norm(point.relative_value * np.abs(point.value) + noise))
    return TaylorSlopes(steps, remainders, _fitted(steps, remainders, floor), floor)


def _derivatives(check: GradientCheck, point: Point, along: Array, noise: Array) -> tuple[Array, Array]:
    """First and second derivatives along a direction: the claimed one and the other."""
    subject = check.subject
    leaves = subject.at(point.x)
    if subject.kind in ("jvp", "hvp"):
        product = subject.read_along(leaves, along).matrix
    else:
        matrix = subject.read(leaves).matrix
        product = None if matrix is None else matrix @ along
    claimed = np.full(point.value.size, np.nan) if product is None else product
    order = subject.derivative
    other = measure_slopes(point, [line_direction(along)], np.ones(1), noise, 3 - order).value[0]
    return (claimed, other) if order == 1 else (other, np.array([along @ claimed]))


def _remainders(change: Array, step: float, first: Array, second: Array) -> list[float]:
    with np.errstate(all="ignore"):
        parts = (change, change - step * first, change - step * first - step**2 / 2 * second)
        return [float(np.linalg.norm(part)) for part in parts]


def _fitted(steps: Array, remainders: Array, floor: float) -> tuple[float, float, float]:
    found = []
    for remainder in remainders:
        usable = np.isfinite(remainder) & (remainder > VISIBLE * floor) & (steps > 0)
        places = np.flatnonzero(usable)[-6:]  # the smallest steps that still show something
        if places.size < 3:
            found.append(float("nan"))
            continue
        found.append(float(np.polyfit(np.log(steps[places]), np.log(remainder[places]), 1)[0]))
    return found[0], found[1], found[2]
