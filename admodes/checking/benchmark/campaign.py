"""Miss rates and false-alarm rates on random functions, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .confusion import DOES_NOT_APPLY, FALSE_ALARM, MISSED, UNDECIDED
from .judging import judge
from .peers import Peer
from .random_functions import SCALES, plant_error, random_case

#: Relative errors that are planted; 0 is the right gradient.
ERRORS = (0.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
#: The normal distribution holds 95 % between minus and plus this.
_NORMAL_95 = 1.959963984540054


def wilson_interval(hits: int, tries: int) -> tuple[float, float]:
    """The 95 % interval of a rate of which `hits` in `tries` were seen.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927) 209-212.

    Examples
    --------
    >>> low, high = wilson_interval(0, 200)
    >>> low, round(high, 4)
    (0.0, 0.0188)
    """
    if not tries:
        return 0.0, 1.0
    rate, square = hits / tries, _NORMAL_95**2
    middle = (rate + square / (2 * tries)) / (1 + square / tries)
    width = _NORMAL_95 / (1 + square / tries) * math.sqrt(rate * (1 - rate) / tries + square / (4 * tries**2))
    return (0.0 if hits == 0 else middle - width), (1.0 if hits == tries else middle + width)


@dataclass(frozen=True)
class Rate:
    """How often one tool was mistaken about claims with one planted error.

    Parameters
    ----------
    tool : str
    scales : str
        "order one" or "mixed scales".
    error : float
        The planted relative error; 0 for right gradients, whose mistakes are false alarms (all others are misses).
    tries, mistakes, inconclusive : int
        Claims judged, judged wrongly, and left open.
    """

    tool: str
    scales: str
    error: float
    tries: int
    mistakes: int
    inconclusive: int

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the rate of mistakes."""
        return wilson_interval(self.mistakes, self.tries)


def run_campaign(tools: Sequence[Peer], count: int, seed: int = 0) -> Iterator[Rate]:
    """Let each tool judge the same `count` random functions on each of `SCALES`, right and with each of `ERRORS` planted.

    Parameters
    ----------
    tools : sequence of Peer
    count : int
        Functions for each of "order one" and "mixed scales".
    seed : int
        The same seed makes the same functions, points and errors, whatever the tools.

    Yields
    ------
    Rate
        For each tool, scale and error.
    """
    for tool in tools:
        for scales in SCALES:
            for number, error in enumerate(ERRORS):
                outcomes = []
                for index in range(count):
                    case = random_case(np.random.default_rng([seed, index]), scales)
                    if error:
                        case = plant_error(case, np.random.default_rng([seed, index, number]), error)
                    outcomes.append(judge(tool, case).outcome)
                applied = [found for found in outcomes if found != DOES_NOT_APPLY]
                mistakes = sum(found in (FALSE_ALARM, MISSED) for found in applied)
                yield Rate(tool.name, scales, error, len(applied), mistakes, applied.count(UNDECIDED))
