"""Difference quotients of a fixed order: on each line as many calls of f as the order says.

With steps h, 2h, ..., rh the quotient q of a smooth function is a polynomial in ``u = step**power`` up to the order, and the
stencil is that polynomial's value at 0. The textbook's ``(8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12h`` is
``4/3 q(h) - 1/3 q(2h)``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .extrapolation import ROUNDING
from .lines import Array, Derivatives, Direction, Point, argument_size
from .quotients import Quotient, Sample

#: An x below this tells nothing about the distances over which f changes.
TINY = 1e-3
#: Curvature of up to this many spacings of f's floating-point numbers is lost in rounding.
LOST = 50.0
#: From this part of 1 on, distances are as good as 1.
WIDE = 0.1
#: Distances of fewer steps than this are not resolved by them.
RESOLVED = 5.0


def stencil_derivatives(
    point: Point,
    directions: Sequence[Direction],
    quotient: Quotient,
    order: int,
    steps: Array | None = None,
    *,
    judged: bool = False,
) -> Derivatives:
    """The derivatives of f along straight lines through a point, from stencils of one order.

    Parameters
    ----------
    point : Point
    directions : sequence of Direction
    quotient : Quotient
    order : int
        Calls of f on each line, and the power of the step that the error falls with. One or two calls more where they show
        that f changes over distances like a tiny x.
    steps : ndarray, shape (lines,), optional
        Chosen where None: so that truncation and rounding balance if f changes over distances like `Point.scale`, or like 1
        where that is more, by what f's values show.
    judged : bool
        Also estimate the errors, from a second stencil with steps twice as large.
    """
    shape = len(directions), point.value.size
    found = Derivatives(np.zeros(shape, point.dtype), np.full(shape if judged else (0, 0), np.inf), np.ones(len(directions)))
    for line, direction in enumerate(directions):
        stencils = _Stencils(point, direction, quotient, order)
        chosen = stencils.balanced_steps() if steps is None else np.full(shape[1], float(steps[line]))
        found.steps[line] = np.min(chosen) if chosen.size else 1.0
        for step in np.unique(chosen).tolist():
            entries = chosen == step
            value, rounding = stencils.at(step)
            found.value[line, entries] = value[entries]
            if judged:
                doubled, _ = _Stencils(point, direction, quotient, order).at(2 * step)
                error = np.abs(value - doubled) + ROUNDING * rounding
                found.error[line, entries] = np.where(np.isfinite(error), error, np.inf)[entries]
    found.value[:, ~np.isfinite(point.value)] = np.nan
    point.check_domain()
    return found


def weights_at_zero(nodes: Array) -> Array:
    """Weights w for which ``sum(w * p(nodes))`` is p(0) for each polynomial p of degree below ``len(nodes)``."""
    weights = np.ones(len(nodes))
    for own, node in enumerate(nodes):
        others = np.delete(nodes, own)
        weights[own] = np.prod(others / (others - node))
    return weights


class _Stencils:
    """The stencils of one order along one line: what chose the step takes part in the stencil."""

    def __init__(self, point: Point, direction: Direction, quotient: Quotient, order: int) -> None:
        self.point, self.direction, self.quotient, self.order = point, direction, quotient, order
        elements, _ = direction
        self.relative = np.maximum(point.relative_x[elements].max(), point.relative_value)
        self._taken: dict[float, tuple[Array, float]] = {}

    def at(self, step: float) -> tuple[Array, Array]:
        """The value of one stencil and a bound on its rounding error."""
        point, quotient = self.point, self.quotient
        multiples = np.arange(1, self.order // len(quotient.signs) + 1)
        weights = weights_at_zero((multiples**quotient.power).astype(float))
        size = np.asarray(argument_size(point, self.direction))
        value, rounding = np.zeros(point.value.shape, point.dtype), np.zeros(point.value.shape)
        for multiple, weight in zip(multiples, weights, strict=True):
            sides = {sign: self._beside(sign * multiple * step) for sign in quotient.signs}
            (above, up), (below, down) = (sides.get(sign, (np.full(value.shape, np.nan), np.nan)) for sign in (1, -1))
            sample = Sample(point.value, above, below, np.abs(np.asarray(up)), np.abs(np.asarray(down)))
            with np.errstate(all="ignore"):
                value += weight * quotient.of(sample)
                rounding += abs(weight) * quotient.rounding(sample, self.relative, size)
        return value, rounding

    def balanced_steps(self) -> Array:
        """For each entry the step at which an error of rounding / step**derivative meets one of step**order."""
        elements, amounts = self.direction
        power = self.order + self.quotient.derivative
        part = float(self.relative.max(initial=self.point.relative_x[elements].max())) ** (1 / power)
        own = float(np.min(self.point.scale[elements] / np.abs(amounts)))
        unit = 1 / float(np.max(np.abs(amounts)))
        scale = np.full(self.point.value.shape, own)
        if own < TINY * unit:
            scale = self._scale(own, unit, part)
        elif own < unit:
            # Second derivatives lose twice the digits in rounding: a step between those for both scales spares them.
            scale[:] = unit * (own / unit) ** (self.order / (power - 1))
        return np.asarray(scale * part)

    def _scale(self, own: float, unit: float, part: float) -> Array:
        """For each entry the distance over which f changes beside a tiny x: 1, unless f is curved over the step for it.

        Three values tell f's slope and curvature, whose ratio is the distance. They are part of the stencil for 1.
        """
        base, step = self.point.value, part * unit
        signs = self.quotient.signs
        one, _ = self._beside(signs[0] * step)
        with np.errstate(all="ignore"):
            level = np.fmax(np.abs(one), np.abs(base))
            if self.order == 1:
                slope = np.abs(one - base)
                distance = np.where(slope == 0, unit, step * np.abs(base) / slope)
                proportional = np.abs(one - base * (1 + signs[0] * step / own)) < 10 * part * slope
                distance = np.where(proportional, unit, distance)
            else:
                other, _ = self._beside(-step if len(signs) == 2 else 2 * signs[0] * step)
                middle, far = (base, one) if len(signs) == 2 else (one, base)
                slope, curvature = np.abs(far - other) / 2, np.abs((far - middle) + (other - middle))
                smooth = curvature <= LOST * self.relative * level
                distance, even = step * slope / curvature, step * np.sqrt(np.abs(base) / curvature)
                # Beside an even f's centre only its value tells its scale, unless that is an offset.
                distance = np.where(even > WIDE * unit, np.fmax(distance, even), distance)
                distance = np.where(smooth, unit, distance)
                # Powers of x are odd or even about 0 and grow faster than x itself.
                distance = np.where(slope > 2 * np.abs(base) * step / own, own, distance)
        distance = np.where(np.isfinite(base), distance, unit)
        known = distance > RESOLVED * step
        distance = np.where(known, np.clip(distance, own, unit), own)
        # The step for 1 has been taken already, and is as good for what is nearly as wide.
        return np.where(distance > WIDE * unit, unit, distance)

    def _beside(self, step: float) -> tuple[Array, float]:
        if step not in self._taken:
            self._taken[step] = self.point.beside(self.direction, step)
        return self._taken[step]
