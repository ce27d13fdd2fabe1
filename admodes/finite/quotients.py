"""Difference quotients of first and second derivatives, and how much rounding can spoil each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .lines import Array


class Sample(NamedTuple):
    """f at x and beside x on one line or several: arrays that broadcast against each other.

    NaN where a side was not evaluated or lies outside f's domain.
    """

    base: Array
    above: Array
    below: Array
    up: Array
    down: Array


@dataclass(frozen=True)
class Quotient:
    """A difference quotient.

    Parameters
    ----------
    derivative : 1 or 2
        What it tends to as the step goes to 0.
    sided : {"central", "forward", "backward"}
        Which sides of x it uses. Second derivatives are central.
    """

    derivative: int = 1
    sided: str = "central"

    @property
    def power(self) -> int:
        """The quotient of a smooth function is a polynomial in ``step**power``."""
        return 2 if self.sided == "central" else 1

    @property
    def signs(self) -> tuple[int, ...]:
        """The sides of x that are evaluated."""
        return {"central": (1, -1), "forward": (1,), "backward": (-1,)}[self.sided]

    def of(self, sample: Sample) -> Array:
        """The quotient itself, divided by the steps really taken."""
        base, above, below, up, down = sample
        if self.derivative == 2:
            return np.asarray(((above - base) + (below - base)) / (up * down))
        if self.sided == "central":
            return np.asarray((above - below) / (up + down))
        return np.asarray((above - base) / up if self.sided == "forward" else (base - below) / down)

    def rounding(self, sample: Sample, relative: Array, size: Array) -> Array:
        """Bound of the quotient's error if f rounds its result, and its argument of `size`, by `relative`."""
        base, above, below, up, down = sample
        if self.sided == "central":
            level = np.maximum(np.abs(above), np.abs(below)) + size * np.abs(above - below) / (up + down)
            return np.asarray(relative * level * (4 / (up * down) if self.derivative == 2 else 2 / (up + down)))
        beside, step = (above, up) if self.sided == "forward" else (below, down)
        level = np.maximum(np.abs(beside), np.abs(base)) + size * np.abs(beside - base) / step
        return np.asarray(2 * relative * level / step)

    def variation(self, sample: Sample) -> Array:
        """How fast f changes between x and its neighbours, in the units of the quotient; the calmer side counts."""
        base, above, below, up, down = sample
        step = np.fmax(up, down)
        return np.asarray(np.fmin(np.abs(above - base), np.abs(below - base)) / step**self.derivative)
