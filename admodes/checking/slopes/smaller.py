"""What steps below those of a slope say of a claim, where f's values have few digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from .slopes import COARSE, Slopes

Array = np.ndarray[Any, Any]

#: Quotients whose rounding and noise exceed this part of the claim say nothing of it; float32 has no more where kinks are close.
TELLING = 4e-2


def confirmed_by_smaller(slopes: Slopes, claimed: Array, noise: Array) -> Array:
    """Where a quotient of smaller steps than those of the slope is the claim, as far as rounding and noise let see.

    In few digits f with kinks beside x may pass for a smooth one of another slope, and only steps between x and the next kink
    tell it: too few of them for a limit of their own.

    Parameters
    ----------
    slopes : Slopes
        First derivatives with their samples, of n lines and m entries.
    claimed : ndarray, shape (n, m)
    noise : ndarray, shape (m,)
        Of f.

    Returns
    -------
    ndarray of bool, shape (n, m)
        False everywhere where f's values have many digits.
    """
    found, first = np.zeros(claimed.shape, bool), 0
    for samples in slopes.samples:
        lines = np.arange(len(samples.directions))
        rows, first = first + lines, first + len(lines)
        point = samples.point
        if not np.any(point.relative_value > COARSE):
            continue
        error = point.relative_value * np.abs(point.value) + noise
        for turn in range(samples.rounds):
            _, above, below, up, down = samples.sample(turn, lines)
            step = ((up + down) / 2)[:, None]
            with np.errstate(all="ignore"):
                agree = np.abs((above - below) / (2 * step) - claimed[rows]) <= error / step
                found[rows] |= agree & (step < 0.999 * slopes.step[rows]) & (error / step <= TELLING * np.abs(claimed[rows]))
    return found
