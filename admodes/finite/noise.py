"""How far f's own values betray the errors they carry.

Extrapolation removes truncation from quantities whose limit is known, or from their differences; what it leaves is noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .extrapolation import relative_nodes
from .lines import Array
from .quotients import Quotient

#: The quantile of what extrapolation leaves, and the multiple of it, that stand for the noise: higher quantiles contain
#: truncation errors, lower ones are luck.
QUANTILE, MULTIPLE = 0.4, 2.0
#: A staircase of at least so many stairs within the largest step counts as rounding.
FEWEST_STAIRS = 1000


def noise_of_mean(steps: Array, means: Array) -> tuple[Array, Array]:
    """Errors of f from the mean of both sides less f(x), which tends to 0.

    Parameters
    ----------
    steps : ndarray, shape (p, lines)
    means : ndarray, shape (p, lines, m)

    Returns
    -------
    noise, least_noise : ndarray, shape (lines, m)
    """
    left: list[Array] = []
    with np.errstate(all="ignore"):
        nodes = relative_nodes(steps, 2)
        for length in range(1, len(steps)):
            means = means[1:] + (means[1:] - means[:-1]) * (nodes[length:] / (nodes[:-length] - nodes[length:]))
            if length > 1:
                left += [*np.abs(means)]
    shape = means.shape[1:]
    return MULTIPLE * _quantile(left, shape, QUANTILE), MULTIPLE * _least(left, shape)


def noise_of_limits(steps: Array, quotients: Array, quotient: Quotient) -> tuple[Array, Array]:
    """Errors of f from the differences of neighbouring candidates for the derivative, which tend to 0, too."""
    left: list[Array] = []
    with np.errstate(all="ignore"):
        nodes = relative_nodes(steps, quotient.power)
        for length in range(1, len(steps)):
            differences = quotients[1:] - quotients[:-1]
            quotients = quotients[1:] + differences * (nodes[length:] / (nodes[:-length] - nodes[length:]))
            if length > 1:
                left += [*(np.abs(differences) * (steps[length:] ** quotient.derivative)[:, :, None])]
    least = _least(left, quotients.shape[1:])
    return least, least


def height_of_stairs(steps: Array, differences: Array, spacing: Array) -> Array:
    """The smallest change of f that is not 0, where other steps change nothing and there are many such stairs.

    Rounding of intermediate results (``np.exp(x) - 1`` at small x) looks like that. Few stairs are a property of f, and
    steps so small that even a straight line through the smallest change would be lost below f(x) are no stairs.

    Parameters
    ----------
    steps : ndarray, shape (steps, lines)
    differences : ndarray, shape (steps, lines, m)
        f beside x less f(x).
    spacing : ndarray, shape (m,)
        Between the floating-point numbers beside f(x).
    """
    sizes = np.abs(differences)
    changes = np.where(sizes > 0, sizes, np.inf)
    smallest = np.min(changes, axis=0)
    its_step = np.take_along_axis(np.broadcast_to(steps[:, :, None], sizes.shape), np.argmin(changes, axis=0)[None], 0)[0]
    idle = np.max(np.where(sizes == 0, steps[:, :, None], 0), axis=0)
    with np.errstate(all="ignore"):
        seen = smallest * (idle / its_step) > spacing
        stairs = (idle > 0) & seen & (smallest * FEWEST_STAIRS < np.fmax.reduce(sizes, axis=0))
    return np.where(stairs, smallest, 0.0)


def _least(left: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """The least of those that are numbers; 0 where none is."""
    if not left:
        return np.zeros(shape)
    least = np.fmin.reduce(left)
    return np.where(np.isnan(least), 0.0, least)


def _quantile(left: Sequence[Array], shape: tuple[int, ...], quantile: float) -> Array:
    """A quantile of those that are numbers; 0 where none is."""
    if not left:
        return np.zeros(shape)
    ordered = np.sort(np.stack(left, axis=-1), axis=-1)  # along neighbours in memory, which takes half the time
    count = np.sum(~np.isnan(ordered), axis=-1)
    rank = np.minimum((quantile * count).astype(int), np.maximum(count - 1, 0))
    return np.where(count > 0, np.take_along_axis(ordered, rank[..., None], -1)[..., 0], 0.0)
