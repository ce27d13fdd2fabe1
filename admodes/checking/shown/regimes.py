"""Over which steps a remainder falls like one power of the step, and what that says of a claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Neighbouring steps that one power is fitted to, fewer where fewer show anything, and the least that tell one.
WINDOW, FEWEST = 5, 3
#: Slopes between neighbouring steps differ by less than this where one power fits all of them.
ALIKE = 0.2
#: A slope this close to a whole number is that number.
NEAR = 0.15


@dataclass(frozen=True)
class Regime:
    """How one remainder falls over the smallest steps at which it shows.

    Attributes
    ----------
    kind : {"power", "bent", "few", "hidden", "zero", "missing"}
        One power fits; none does; too few steps show the remainder; none does; it is 0 at every step; there is none.
    slope : float
        The power, NaN where there is none.
    low, high : float
        The steps that it was fitted to; NaN without.
    ends : tuple of two floats
        The slopes at the smallest and at the largest steps that show anything.
    size : float
        The remainder at `low`.
    count : int
        Steps that show the remainder.
    """

    kind: str
    slope: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    ends: tuple[float, float] = (float("nan"), float("nan"))
    size: float = float("nan")
    count: int = 0

    @property
    def power(self) -> str:
        """``h**2``; ``h`` for the first, ``h**1.50`` for what is no whole number."""
        return power_of(self.slope)


def power_of(slope: float) -> str:
    """A power of the step in words."""
    whole = round(slope)
    if abs(slope - whole) > NEAR:
        return f"h**{slope:.2f}"
    return "h" if whole == 1 else f"h**{whole}"


def find_regime(steps: Array, remainder: Array, least: Array) -> Regime:
    """The power of the smallest steps at which a remainder exceeds `least`: larger ones may belong to another regime.

    Parameters
    ----------
    steps : ndarray, shape (p,)
        Descending.
    remainder, least : ndarray, shape (p,)
    """
    finite = np.isfinite(remainder) & np.isfinite(least)
    if not finite.any():
        return Regime("missing")
    if not remainder[finite].any():
        return Regime("zero")
    places = np.flatnonzero(finite & (remainder > least) & (steps > 0))
    if places.size < FEWEST:
        return Regime("few" if places.size else "hidden", count=places.size)
    slopes = np.diff(np.log(remainder[places])) / np.diff(np.log(steps[places]))
    window = places[-WINDOW:]
    ends, size = (float(slopes[-1]), float(slopes[0])), float(remainder[window[-1]])
    fitted = float(np.polyfit(np.log(steps[window]), np.log(remainder[window]), 1)[0])
    settled = np.ptp(slopes[-WINDOW + 1 :]) <= ALIKE
    if window.size < WINDOW:  # so few steps may lie where one power turns into another
        settled &= abs(fitted - round(fitted)) <= NEAR
    if not settled:
        return Regime("bent", ends=ends, size=size, count=places.size)
    low, high = float(steps[window[-1]]), float(steps[window[0]])
    return Regime("power", fitted, low, high, ends, size, places.size)
