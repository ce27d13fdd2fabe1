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
        Calls of f on each line, and the power of the step that the error falls with.
    steps : ndarray, shape (lines,), optional
        Chosen where None: so that truncation and rounding balance if f changes over distances like `Point.scale`.
    judged : bool
        Also estimate the errors, from a second stencil with steps twice as large.
    """
    shape = len(directions), point.value.size
    found = Derivatives(np.zeros(shape, point.dtype), np.full(shape if judged else (0, 0), np.inf), np.ones(len(directions)))
    for line, direction in enumerate(directions):
        step = _balanced_step(point, direction, order + quotient.derivative) if steps is None else float(steps[line])
        value, rounding = _stencil(point, direction, quotient, order, step)
        found.value[line], found.steps[line] = value, step
        if judged:
            doubled, _ = _stencil(point, direction, quotient, order, 2 * step)
            error = np.abs(value - doubled) + ROUNDING * rounding
            found.error[line] = np.where(np.isfinite(error), error, np.inf)
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


def _balanced_step(point: Point, direction: Direction, power: int) -> float:
    """The step at which an error of rounding / step**derivative meets one of step**order."""
    elements, amounts = direction
    relative = max(float(point.relative_x[elements].max()), float(point.relative_value.max(initial=0.0)))
    return float(np.min(point.scale[elements] / np.abs(amounts)) * relative ** (1 / power))


def _stencil(point: Point, direction: Direction, quotient: Quotient, order: int, step: float) -> tuple[Array, Array]:
    """The stencil's value and a bound on its rounding error."""
    elements, _ = direction
    multiples = np.arange(1, order // len(quotient.signs) + 1)
    weights = weights_at_zero((multiples**quotient.power).astype(float))
    relative = np.maximum(point.relative_x[elements].max(), point.relative_value)
    size = np.asarray(argument_size(point, direction))
    value, rounding = np.zeros(point.value.shape, point.dtype), np.zeros(point.value.shape)
    for multiple, weight in zip(multiples, weights, strict=True):
        sides = {sign: point.beside(direction, sign * multiple * step) for sign in quotient.signs}
        (above, up), (below, down) = (sides.get(sign, (np.full(value.shape, np.nan), np.nan)) for sign in (1, -1))
        sample = Sample(point.value, above, below, np.abs(np.asarray(up)), np.abs(np.asarray(down)))
        with np.errstate(all="ignore"):
            value += weight * quotient.of(sample)
            rounding += abs(weight) * quotient.rounding(sample, relative, size)
    return value, rounding
