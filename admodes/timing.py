"""How long a call took: samples, and what is read off them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Seconds a call took.

    Parameters
    ----------
    samples : tuple of float
        Seconds for each call, one sample a round, steady state only: the fastest of up to five parts of the round's calls.
    number : int
        Calls a round.
    first : float
        Seconds of the very first call; never among the samples. NaN where it was not taken.
    """

    samples: tuple[float, ...] = ()
    number: int = 0
    first: float = math.nan

    @property
    def minimum(self) -> float:
        """The fastest sample in seconds; NaN without samples."""
        return min(self.samples, default=math.nan)

    @property
    def median(self) -> float:
        """The median sample in seconds; NaN without samples."""
        return self._quantile(0.5)

    @property
    def quartiles(self) -> tuple[float, float]:
        """The lower and upper quartile in seconds."""
        return self._quantile(0.25), self._quantile(0.75)

    def _quantile(self, level: float) -> float:
        """Linear between samples, as NumPy's; a report asks for so many of few numbers that NumPy's took most of its time."""
        if not self.samples:
            return math.nan
        ordered, place = sorted(self.samples), level * (len(self.samples) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (place - low) * (ordered[high] - ordered[low])

    def to_dict(self) -> dict[str, Any]:
        """The samples and what is read off them, for a file."""
        lower, upper = self.quartiles
        return {
            "first": self.first,
            "minimum": self.minimum,
            "median": self.median,
            "lower_quartile": lower,
            "upper_quartile": upper,
            "number": self.number,
            "samples": list(self.samples),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Timing:
        """The inverse of `to_dict`: only samples, number and first call are read."""
        return cls(tuple(data["samples"]), data["number"], data["first"])
