"""How far values of a function scatter about a smooth one: from equally spaced points on a short line.

Differences of order k of a smooth function vanish as the spacing does, those of noise of standard deviation s do not: their
mean square is ``s**2 * (2 k)! / k!**2``. The first three orders in a row that tell the same s tell the noise.

References
----------
Moré and Wild (2011), Estimating computational noise, SIAM Journal on Scientific Computing 33.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Differences up to order 6 of nine points leave three values to average.
POINTS = 9
HIGHEST_ORDER = 6
#: Three orders in a row agree where the largest is at most this multiple of the smallest.
AGREEMENT = 4.0

Array = np.ndarray[Any, Any]


def noise_of_values(values: Array, *, agreed: bool = False) -> Array:
    """Standard deviation of the noise in values at equally spaced points.

    Parameters
    ----------
    values : ndarray, shape (p, ...)
        p > 8 values of each entry.
    agreed : bool
        No noise where no three orders agree.

    Returns
    -------
    ndarray, shape (...)
        NaN values count as no noise; where no three orders agree, the smallest of what they tell.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(9) * 1e-9
    >>> noise = 1e-12 * np.random.default_rng(1).standard_normal(9)
    >>> bool(3e-13 < noise_of_values(np.sin(t) + noise) < 3e-12)
    True
    >>> bool(noise_of_values(np.sin(t)) < 1e-20)
    True
    """
    levels, turns = [], []
    gamma, differences = 1.0, values
    with np.errstate(all="ignore"):
        for order in range(1, HIGHEST_ORDER + 1):
            gamma *= order / (2 * (2 * order - 1))
            differences = np.diff(differences, axis=0)
            # Divided before it is squared, or tiny values would underflow.
            largest = np.max(np.abs(differences), axis=0)
            unit = np.where(largest > 0, largest, 1.0)
            levels.append(unit * np.sqrt(gamma * np.mean((differences / unit) ** 2, axis=0)))
            turns.append(np.any(differences > 0, axis=0) & np.any(differences < 0, axis=0))
        found = np.zeros(values.shape[1:]) if agreed else np.min(levels, axis=0)
        for first in reversed(range(HIGHEST_ORDER - 2)):
            trio = levels[first : first + 3]
            agree = (np.max(trio, axis=0) <= AGREEMENT * np.min(trio, axis=0)) & turns[first]
            found = np.where(agree, levels[first], found)
    return np.asarray(np.where(np.isfinite(found), found, 0.0))
