"""The error of differences against their step: truncation on one side, rounding on the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..api import differentiate
from ..finite import CentralDifferences

#: Steps drawn around each power of ten: a single step may be exact by luck.
_DRAWS = 15


@dataclass(frozen=True)
class StepCurve:
    """Absolute errors of one kind of difference over the steps.

    Parameters
    ----------
    sided : str
        "forward" or "central".
    order : int
        The power of the step that the truncation error falls with, in theory.
    steps, errors : ndarray
        Steps in falling order; the median of the errors at steps drawn around each.
    predicted : float
        The step at which truncation and rounding, as derivatives of f have them, are the same.
    """

    sided: str
    order: int
    steps: np.ndarray
    errors: np.ndarray
    predicted: float

    @property
    def best(self) -> tuple[float, float]:
        """The step with the smallest error, and that error."""
        place = int(np.argmin(self.errors))
        return float(self.steps[place]), float(self.errors[place])

    @property
    def slope(self) -> float:
        """Slope of the error in the step, both in logarithms, where truncation rules."""
        return self._slope((self.steps > 30 * self.predicted) & (self.steps < 1e-3))

    @property
    def rounding_slope(self) -> float:
        """The same where rounding rules."""
        return self._slope((self.steps < self.predicted / 30) & (self.steps > 1e-14))

    def _slope(self, chosen: np.ndarray) -> float:
        return float(np.polyfit(np.log(self.steps[chosen]), np.log(self.errors[chosen]), 1)[0])


def step_curve(f: Callable[..., Any], x: float, exact: float, sided: str) -> StepCurve:
    """Errors of forward or central differences of a function of one number at steps from 1 down to the precision of x.

    Parameters
    ----------
    f : callable
        Of one number, three times differentiable.
    x : float
    exact : float
        f's derivative at x.
    sided : {"forward", "central"}

    Returns
    -------
    StepCurve

    References
    ----------
    The optimal steps ``sqrt(4 eps |f / f''|)`` and ``cbrt(3 eps |f / f'''|)`` follow from a truncation error of
    ``h |f''| / 2`` and ``h^2 |f'''| / 6``, and a rounding error of f of ``eps |f|`` in either value.
    """
    rng = np.random.default_rng(0)
    order = 1 if sided == "forward" else 2
    steps = 10.0 ** -np.arange(0.0, 16.25, 0.25)
    # A smaller step may not move x at all.
    steps = steps[steps > 2 * np.finfo(float).eps * abs(x)]
    around = 10.0 ** rng.uniform(-0.125, 0.125, _DRAWS)
    errors = []
    for step in steps:
        found = [CentralDifferences(order, step=one, sided=sided).differentiate(f, x) for one in step * around]
        errors.append(np.median(np.abs(np.array(found) - exact)))
    return StepCurve(sided, order, steps, np.array(errors), _optimum(f, x, order))


def _optimum(f: Callable[..., Any], x: float, order: int) -> float:
    """The step where truncation and rounding are the same."""
    derivative = f
    for _ in range(order + 1):
        derivative = _derivative_of(derivative)
    scale = np.finfo(float).eps * abs(f(x) / derivative(x))
    return float((4 * scale) ** 0.5 if order == 1 else (3 * scale) ** (1 / 3))


def _derivative_of(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: differentiate(f, x, "forward")
