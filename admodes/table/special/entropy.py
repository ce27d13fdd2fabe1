"""x log y and the entropies made of it: a term with x = 0 counts nothing.

At x = y = 0 the derivative by x is 0, so that an event which both distributions exclude adds nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ...rules import elementwise

_SMALLEST = 1e-300


def quotient(x: Any, y: Any) -> Any:
    """x / y, and 0 where both are 0."""
    return x / np.where((x == 0) & (y == 0), 1.0, y)


def log_ratio(x: Any, y: Any) -> Any:
    """log(x / y): neither does it cancel where x is near y, nor does x / y under- or overflow; 0 where both are 0."""
    near = np.abs(x - y) < 0.5 * y
    both = (x == 0) & (y == 0)
    ratio = x / np.where(both, 1.0, y)
    normal = (ratio > _SMALLEST) & (ratio < 1 / _SMALLEST)
    close = np.log1p((np.where(near, x, 1.0) - np.where(near, y, 1.0)) / np.where(near, y, 1.0))
    apart = np.log(np.where(near | both, 1.0, x)) - np.log(np.where(near | both, 1.0, y))
    return np.where(near, close, np.where(normal, np.log(np.where(normal, ratio, 1.0)), apart))


def _surprise_by_y(out: Any, x: Any, y: Any) -> Any:
    return -quotient(x, y)


def _divergence_by_y(out: Any, x: Any, y: Any) -> Any:
    """1 - x / y, as a difference that is exact where x is near y; 1 where both are 0."""
    both = (x == 0) & (y == 0)
    return np.where(both, 1.0, (y - x) / np.where(both, 1.0, y))


def _surprise_by_x(out: Any, x: Any, y: Any) -> Any:
    both = (x == 0) & (y == 0)
    return np.where(both, 0.0, log_ratio(x, y) + 1)


_POSITIVE = (0.1, 3.0)

elementwise(special.xlogy, lambda out, x, y: np.log(y), lambda out, x, y: quotient(x, y), sympy="x * log(y)", domain=_POSITIVE)
elementwise(
    special.xlog1py,
    lambda out, x, y: special.log1p(y),
    lambda out, x, y: quotient(x, 1 + y),
    sympy="x * log(1 + y)",
    domain=((-2.0, 2.0), (-0.8, 3.0)),
)
elementwise(special.entr, lambda out, x: -np.log(x) - 1, sympy="-x * log(x)", domain=_POSITIVE)
elementwise(special.rel_entr, _surprise_by_x, _surprise_by_y, sympy="x * log(x / y)", domain=_POSITIVE)
elementwise(special.kl_div, lambda out, x, y: log_ratio(x, y), _divergence_by_y, sympy="x * log(x / y) - x + y", domain=_POSITIVE)
