"""Difference quotients extrapolated to step 0, with an error estimate for each entry.

A quotient of a smooth function is a polynomial in ``u = step**power``, so the derivative is the value at u = 0 of
the polynomial through several quotients. Every run of neighbouring steps (a window) gives a candidate. Its error
is estimated by how much the last step changed it, plus amplified rounding, and among the candidates the surest is
chosen that no smaller step contradicts.

References
----------
Ridders (1982), Accurate computation of F'(x) and F'(x) F''(x), Advances in Engineering Software 4.
Lepski (1991), Asymptotically minimax adaptive estimation, Theory of Probability and its Applications 36.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .lines import Array
from .quotients import Quotient

#: Steps further apart than this form no window: a remote step hardly moves the limit, which would pass for convergence.
LARGEST_RATIO = 4.5
#: Multiple of the bounds on rounding errors and noise that an error estimate contains.
ROUNDING = 3.0
#: Multiple of the last change that an error estimate contains.
CHANGE = 1.5
#: Above this ratio of successive changes the quotients are no polynomial in u: nothing is gained by extrapolating.
SLOW = 0.4
#: Two candidates contradict each other where they differ by more than this multiple of their errors.
CONTRADICTION = 3.0
#: The smallest step casts doubt on a limit where it deviates by more than this multiple of its rounding error.
DOUBT = 10.0
#: Rounding inside f may exceed the bound on the rounding of its result and argument by this factor.
UNMODELLED = 100.0


@dataclass
class Table:
    """Quotients of p steps (descending, NaN at the end where a line has fewer) for some lines and entries of f.

    Attributes
    ----------
    steps : ndarray, shape (p, lines)
    quotients, rounding : ndarray, shape (p, lines, m)
    noise : ndarray, shape (lines, m)
        Errors of f itself as far as its values show them.
    least_noise : ndarray, shape (lines, m)
        The same, at the least: free of truncation errors as long as the steps are still too large.
    quotient : Quotient
    scatter : ndarray, shape (p, lines, m), or 0
        What is known about each quotient's random error, where values of f are means.
    unmodelled : float
        The factor by which rounding inside f may exceed what is known of it.
    """

    steps: Array
    quotients: Array
    rounding: Array
    noise: Array
    least_noise: Array
    quotient: Quotient
    scatter: Array | float = 0.0
    unmodelled: float = UNMODELLED


@dataclass
class Limits:
    """The chosen candidate of each entry; all arrays are of shape (lines, m).

    `error` is `truncation` plus `rounding` plus measured noise; `smallest` is the smallest step of the window.
    """

    value: Array
    error: Array
    truncation: Array
    rounding: Array
    smallest: Array

    def arrays(self) -> tuple[Array, ...]:
        """All arrays in the order of the fields."""
        return self.value, self.error, self.truncation, self.rounding, self.smallest


def best_limits(table: Table, hopeful: bool = False) -> Limits:
    """The surest candidate of each entry that no smaller step contradicts; `hopeful` with the least noise."""
    tops = len(table.steps) - 1
    shape = table.quotients.shape[1:]
    by_top = _no_limits((max(tops, 0), *shape), table.quotients.dtype)
    with np.errstate(all="ignore"):
        for length, found in enumerate(_windows(table, table.least_noise if hopeful else table.noise), start=1):
            kept = [array[: tops + 1 - length] for array in by_top.arrays()]
            better = found.error < kept[1]
            for old, new in zip(kept, found.arrays(), strict=True):
                np.copyto(old, new, where=better)
        chosen = _no_limits(shape, table.quotients.dtype)
        for top in reversed(range(tops)):
            candidate = [array[top] for array in by_top.arrays()]
            value, error = candidate[0], candidate[1]
            allowed = CONTRADICTION * (error + chosen.error) + table.unmodelled * (candidate[3] + chosen.rounding)
            contradicted = np.abs(value - chosen.value) > allowed
            better = (error < chosen.error) & ~contradicted
            for old, new in zip(chosen.arrays(), candidate, strict=True):
                np.copyto(old, new, where=better)
    return chosen


def doubts(table: Table, limits: Limits) -> tuple[Array, Array]:
    """What the smallest step says about the limits.

    Returns
    -------
    error : ndarray, shape (lines, m)
        Least error that its quotient leaves to the limits.
    contradicted : ndarray of bool, shape (lines, m)
        Where neither rounding nor truncation can explain how far it lies from the limits.
    """
    steps, quotients, rounding = _smallest(table)
    derivative, power = table.quotient.derivative, table.quotient.power
    with np.errstate(all="ignore"):
        deviations = quotients - limits.value
        deviation, second, third = np.abs(deviations)
        allowed = DOUBT * (rounding + table.noise / steps[0] ** derivative)
        scatter = _at_smallest(table, table.scatter) if isinstance(table.scatter, np.ndarray) else 0.0
        allowed += DOUBT * scatter + limits.error + 2 * second * (steps[0] / steps[1]) ** power
        doubtful = deviation > allowed
        contradicted = doubtful & (deviation > DOUBT * table.unmodelled * rounding)
        # Quotients that grow to one side as the step goes to 0 have no limit.
        one_sided = np.abs(np.sum(np.sign(deviations), axis=0)) == len(deviations)
        diverging = one_sided & (deviation > second) & (second > third) & (third > 2 * limits.error)
        contradicted |= diverging & (deviation > DOUBT * (rounding + scatter))
        as_noise = ROUNDING * deviation * np.minimum(steps[0] / limits.smallest, 1) ** derivative
        return np.where(contradicted, deviation, np.where(doubtful, as_noise, 0.0)), contradicted


def _smallest(table: Table) -> tuple[Array, Array, Array]:
    """Steps and quotients of the three smallest steps, the smallest first, and the rounding of that one."""
    count = np.sum(~np.isnan(table.steps), axis=0)
    rows = np.stack([np.maximum(count - place, 0) for place in (1, 2, 3)])
    steps = np.take_along_axis(table.steps, rows, 0)[:, :, None]
    quotients = np.take_along_axis(table.quotients, rows[:, :, None], 0)
    return steps, quotients, np.take_along_axis(table.rounding, rows[:1, :, None], 0)[0]


def _at_smallest(table: Table, values: Array) -> Array:
    """Values of each step where the step is the smallest."""
    last = np.maximum(np.sum(~np.isnan(table.steps), axis=0) - 1, 0)
    return np.asarray(np.take_along_axis(values, last[None, :, None], 0)[0])


def _no_limits(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Limits:
    return Limits(np.full(shape, np.nan, dtype), *(np.full(shape, np.inf) for _ in range(4)))


def _windows(table: Table, noise: Array) -> Iterator[Limits]:
    """Neville's scheme: the candidates of windows of 2, 3, ... steps, by their largest step."""
    steps = table.steps
    nodes = relative_nodes(steps, table.quotient.power)
    limits, bounds = table.quotients, table.rounding
    amplified = (steps ** -float(table.quotient.derivative))[:, :, None]
    gaps, changes, scatter = None, None, table.scatter
    for length in range(1, len(steps)):
        first, last = nodes[:-length], nodes[length:]
        weight = last / (first - last)
        differences = limits[1:] - limits[:-1]
        if length == 1:
            remote = steps[:-1] > LARGEST_RATIO * steps[1:]
            differences = np.where(remote[:, :, None], np.nan, differences)
        limits = limits[1:] + differences * weight
        bounds = bounds[1:] * (1 + weight) + bounds[:-1] * weight
        amplified = amplified[1:] * (1 + weight) + amplified[:-1] * weight
        if isinstance(scatter, np.ndarray):
            scatter = scatter[1:] * (1 + weight) + scatter[:-1] * weight
        differences = np.abs(differences)
        if gaps is None or changes is None:
            # Between two means large steps may agree by luck, and no small step is sure enough to say so.
            truncation = np.full(differences.shape, np.inf) if isinstance(scatter, np.ndarray) else CHANGE * differences
        else:
            ratio = np.where(differences == 0, 0, differences / gaps[1:])
            factor = np.where(ratio > SLOW, 2.5, CHANGE * np.maximum(np.sqrt(last / first), ratio))
            # One small difference may be luck, two in a row are not.
            truncation = np.maximum(differences * factor, changes[1:] * (last / first))
        gaps, changes = differences, differences * weight
        rounding = ROUNDING * bounds
        error = truncation + rounding + ROUNDING * (amplified * noise + scatter)
        yield Limits(limits, error, truncation, rounding, np.broadcast_to(steps[length:, :, None], limits.shape))


def relative_nodes(steps: Array, power: int) -> Array:
    """Powers of the steps relative to the largest: those of the steps themselves could underflow."""
    return np.asarray((steps / steps[0]) ** power)[:, :, None]
