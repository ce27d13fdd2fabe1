"""Robust losses and the power transforms of Box and Cox."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ...rules import elementwise
from ..elementwise import safe_ratio
from .exponential import moment

_NEAR = 1.0


def _pseudo_huber_by_delta(out: Any, delta: Any, r: Any) -> Any:
    """The square of hypot(delta, r) - delta over hypot(delta, r), where the difference does not cancel."""
    length = np.hypot(delta, r)
    return safe_ratio((r * safe_ratio(r, length + delta)) ** 2, length)


def _power_slope(out: Any, log: Any, y: Any) -> Any:
    """The derivative of (exp(y log) - 1) / y by y; by its series where y log is near 0."""
    t = log * y
    near = np.abs(t) < _NEAR
    far = np.where(near, 1.0, y)
    return np.where(near, np.where(near, log, 0.0) ** 2 * moment(np.where(near, t, 0.0), k=1), (_grown(t, log) - out) / far)


def _grown(t: Any, log: Any) -> Any:
    """exp(t) log, and its limit 0 where the logarithm is infinite."""
    zero = (t == -np.inf) & (log == -np.inf)
    return np.where(zero, 0.0, np.exp(t) * np.where(zero, 0.0, log))


def _root_slope(s: Any) -> Any:
    """s / (1 + s) - log(1 + s), over s squared; its series near 0, where the difference cancels."""
    near = np.abs(s) < 0.2
    small = np.where(near, s, 0.0)
    series: Any = 0.0
    for j in range(24, -1, -1):
        series = series * small + (-1) ** (j + 1) * (j + 1) / (j + 2)
    far = np.where(near, 1.0, s)
    return np.where(near, series, (far / (1 + far) - np.log1p(far)) / (far * far))


elementwise(
    special.huber,
    lambda out, delta, r: np.where(np.abs(r) <= delta, 0.0, np.abs(r) - delta),
    lambda out, delta, r: np.where(np.abs(r) <= delta, r, delta * np.sign(r)),
    sympy="Min(Abs(y), x) * (Abs(y) - Min(Abs(y), x) / 2)",
    domain=((0.8, 1.6), (-3.0, 3.0)),
)
elementwise(
    special.pseudo_huber,
    _pseudo_huber_by_delta,
    lambda out, delta, r: r * safe_ratio(delta, np.hypot(delta, r)),
    sympy="x**2 * (sqrt(1 + (y / x)**2) - 1)",
    domain=((0.5, 2.0), (0.4, 3.0)),
)
elementwise(
    special.boxcox,
    lambda out, x, y: x ** (y - 1),
    lambda out, x, y: _power_slope(out, np.log(x), y),
    sympy="(x**y - 1) / y",
    domain=((2.4, 5.0), (1.3, 3.0)),
)
elementwise(
    special.boxcox1p,
    lambda out, x, y: (1 + x) ** (y - 1),
    lambda out, x, y: _power_slope(out, np.log1p(x), y),
    sympy="((1 + x)**y - 1) / y",
    domain=((1.4, 4.0), (1.3, 3.0)),
)
elementwise(
    special.inv_boxcox,
    lambda out, x, y: out ** (1 - y),
    lambda out, x, y: out * x * x * _root_slope(x * y),
    sympy="(x * y + 1)**(1 / y)",
    domain=((0.3, 2.0), (0.7, 3.0)),
)
elementwise(
    special.inv_boxcox1p,
    lambda out, x, y: (1 + out) ** (1 - y),
    lambda out, x, y: (1 + out) * x * x * _root_slope(x * y),
    sympy="(x * y + 1)**(1 / y) - 1",
    domain=((0.3, 2.0), (0.7, 3.0)),
)
