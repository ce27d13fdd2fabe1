"""Slopes of f along straight lines, each with a bound on its error: what a claimed derivative is judged by.

The values come from the same rounds of steps as those of `admodes.finite`, and so does the choice among the extrapolated
quotients (Richardson's columns, Lepski's rule). What is added here: the steps go on until the bound is tight, the measured
noise of f enters it, and both sides are judged on their own, which is how a kink shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...finite.extrapolation import Limits
from ...finite.lines import Direction, Point
from ...finite.quotients import Quotient
from ...finite.samples import Samples
from .flats import UNCHANGED, stairs_beyond, stillness
from .ladders import DETECT, ROUNDING, SAFETY, Ladder, Plan, enough
from .limits import CLEARLY, Pairs, limits, limits_below
from .repeated import RepeatedPoint, RepeatedSamples
from .secants import jumps, one_sided, secants

Array = np.ndarray[Any, Any]

#: One side differs from the other by a kink where they are further apart than this multiple of their bounds.
APART = 3.0
#: Smaller jumps than this part of the slope are no kink that would matter.
LEAST_JUMP = 1e-5
#: A kink leaves more than this part of what the sides differ by when their secants are extrapolated to step 0.
SHARP = 0.2
#: Where there is no kink, the secants of both sides, extrapolated to step 0, differ by less than this part of the slope.
STRAIGHT = LEAST_JUMP / 10
#: Numbers of f are few digits where they are further apart than this; small steps are those below this part of x then.
COARSE, SMALL = 1e-9, 1 / 32
#: A part of x over which f does not change at all is flat: stairs of four digits are shorter.
STILL = 4.0**-4
#: Slopes that are asked whether f is flat beside x, at the most.
MOST_ASKED = 32
#: Lines that are sampled together hold this many values of f a round.
ROUND_VALUES = 2**14


@dataclass
class Slopes:
    """Derivatives along lines; all arrays but `steps` are of shape (lines, m).

    Attributes
    ----------
    value, bound : ndarray
        The slope and how far the true one may be away; NaN and infinite where there is none.
    left, right : ndarray
        The slopes of the two sides where f has a kink at x, else `value`.
    noise : ndarray
        Part of the bound that is rounding and noise of f; the rest is truncation.
    size : ndarray
        The largest secant slope over distances where f is much the same as at x: what a slope of zero is compared with.
    far : ndarray
        The same over distances like x: where even these are zero, f does not depend on it.
    kink, flat, sided : ndarray of bool
        Where both sides have different slopes; where f did not change at all in some part of x around it; where f is
        defined on one side alone.
    step : ndarray
        The smallest step that the slope was taken from.
    still : ndarray
        The largest step up to which f did not change at all.
    samples : list of Samples
        All rounds, in chunks of lines.
    apart : int
        Calls of f that measured its stairs and jumps, which are noise, once a point.
    """

    value: Array
    bound: Array
    left: Array
    right: Array
    noise: Array
    size: Array
    far: Array
    kink: Array
    flat: Array
    sided: Array
    step: Array
    still: Array
    samples: list[Samples] = field(default_factory=list)
    apart: int = 0

    def copy(self) -> Slopes:
        """With arrays of its own; the samples are shared."""
        return Slopes(**{name: getattr(self, name).copy() for name in self.arrays()}, samples=self.samples, apart=self.apart)

    @classmethod
    def arrays(cls) -> list[str]:
        """The names of all arrays."""
        return [name for name in cls.__dataclass_fields__ if name not in ("samples", "apart")]

    @classmethod
    def joined(cls, parts: Sequence[Slopes]) -> Slopes:
        """Lines of several measurements, one after the other."""
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in cls.arrays()}
        return cls(**arrays, samples=[one for part in parts for one in part.samples], apart=sum(part.apart for part in parts))


def measure_slopes(
    point: Point,
    directions: Sequence[Direction],
    scales: Array,
    noise: Array,
    derivative: int = 1,
    *,
    shift: float = 1.0,
    least: float = 0.0,
    within: bool = False,
) -> Slopes:
    """First or second derivatives along lines, with bounds.

    Parameters
    ----------
    point : Point
    directions : sequence of Direction
    scales : ndarray, shape (lines,)
        The distance over which f may be expected to change, in units of the direction.
    noise : ndarray, shape (m,)
        Errors of f as measured beforehand; those that a line itself shows are added.
    derivative : 1 or 2
    shift : float
        Multiple of all steps: another witness takes others.
    least : float
        A size of slopes that is known beforehand: the bound need not be tighter than relative to it.
    within : bool
        Whether no steps larger than the first ones are taken, whatever the noise.
    """
    lines, entries = len(directions), point.value.size
    chunk = max(1, min(256, ROUND_VALUES // max(entries, 1)))
    parts = []
    for first in range(0, lines, chunk):
        part = slice(first, min(lines, first + chunk))
        parts.append(_chunk(point, directions[part], scales[part] * shift, noise, derivative, least, within))
    if not parts:
        parts = [_no_slopes(0, entries)]
    return Slopes.joined(parts)


def _no_slopes(lines: int, entries: int) -> Slopes:
    shape = (lines, entries)
    numbers: dict[str, Any] = {name: np.full(shape, np.nan) for name in ("value", "left", "right", "step")}
    flags: dict[str, Any] = {name: np.zeros(shape, bool) for name in ("kink", "flat", "sided")}
    zeros: dict[str, Any] = {name: np.zeros(shape) for name in ("size", "far", "still")}
    return Slopes(**numbers, **flags, **zeros, bound=np.full(shape, np.inf), noise=np.full(shape, np.inf))


def _chunk(
    point: Point, directions: Sequence[Direction], scales: Array, noise: Array, derivative: int, least: float, within: bool
) -> Slopes:
    samples = (RepeatedSamples if isinstance(point, RepeatedPoint) else Samples)(point, directions, Quotient(derivative))
    if not point.value.size:
        return _no_slopes(len(directions), 0)
    plan = Plan.of(point, noise, derivative, single=directions[0][0].size == 1, least=least, within=within)
    ladders = [Ladder(plan, float(scale), point.typical) for scale in scales]
    found = _no_slopes(len(directions), point.value.size)
    while True:
        while any(ladder.waiting for ladder in ladders):
            steps = np.full(len(directions), np.nan)
            for line, ladder in enumerate(ladders):
                if ladder.waiting:
                    steps[line] = ladder.step()
            samples.add(steps)
        active = [line for line, ladder in enumerate(ladders) if not ladder.done]
        if not active:
            _flat_or_stairs(samples, found)
            found.samples = [samples]
            return found
        contradicted = _judge(samples, np.array(active), noise, scales, found, least, plan)
        outside = one_sided(samples, np.array(active))
        for row, line in enumerate(active):
            ladders[line].go_on(found, line, bool(contradicted[row]), bool(outside[row]))


def _judge(samples: Samples, lines: Array, noise: Array, scales: Array, found: Slopes, least: float, plan: Plan) -> Array:
    """Fill the rows of some lines with what all rounds so far tell; on which of them the smallest step contradicts it."""
    pairs = (lines, slice(None))
    limits, contradicted = limits_below(samples, pairs, noise, samples.quotient, np.inf)
    _fill(found, pairs, limits)
    with np.errstate(all="ignore"):
        slope = np.abs(found.value[lines])
        clear = found.bound[lines] <= enough(found, lines, plan) * slope
        if samples.quotient.derivative == 1:
            clear &= jumps(samples, lines, found.step[lines]) <= STRAIGHT * slope
    rows, columns = np.nonzero(~clear)
    if rows.size:
        _look_closely(samples, (lines[rows], columns[:, None]), noise, found)
    if np.any(samples.point.relative_value > COARSE) and not isinstance(samples, RepeatedSamples):
        _hear_small_steps(samples, lines, noise, scales, found)
    with np.errstate(all="ignore"):
        size, found.far[lines] = secants(samples, lines, scales, found.step[lines], noise)
        found.size[lines] = np.maximum(size, least)
        reach, never = stillness(samples, lines)
        found.still[lines] = reach
        found.flat[lines] = False
        wide = reach >= STILL * scales[lines, None]
        _flatten(samples, lines, found, never | (wide & _rising(samples.point, found)[lines]))
    return np.asarray(np.any(contradicted, axis=1))


def _flatten(samples: Samples, lines: Array, found: Slopes, flat: Array) -> None:
    """Where f does not change around x its slope is 0, whatever it does beyond."""
    reach = found.still[lines]
    found.flat[lines] |= flat
    flat = flat & (reach > 0)
    unseen = SAFETY * ROUNDING * samples.point.relative_value * np.abs(samples.point.value)
    bound = np.fmin(unseen / np.where(flat, reach, 1.0) ** samples.quotient.derivative, found.bound[lines])
    for name, values in (
        ("value", 0.0),
        ("left", 0.0),
        ("right", 0.0),
        ("bound", bound),
        ("noise", bound / SAFETY),
        ("step", reach),
    ):
        getattr(found, name)[lines] = np.where(flat, values, getattr(found, name)[lines])
    found.kink[lines] &= ~flat


def _flat_or_stairs(samples: Samples, found: Slopes) -> None:
    """Where f does not change close to x, though its slope would change it, a few more points tell flat parts from stairs."""
    if samples.quotient.derivative != 1 or isinstance(samples, RepeatedSamples):
        return
    doubtful, calls = ~found.flat & _rising(samples.point, found), samples.point.function.calls
    flat = np.zeros(doubtful.shape, bool)
    for line, entry in np.argwhere(doubtful)[:MOST_ASKED].tolist():
        if stairs_beyond(samples, line, entry, float(found.still[line, entry])):
            break  # f has few digits, everywhere
        flat[line, entry] = True
    _flatten(samples, np.arange(len(flat)), found, flat)
    found.apart = samples.point.function.calls - calls


def _rising(point: Point, found: Slopes) -> Array:
    """Where f, with the slope that was found, would change visibly within the part where it does not."""
    with np.errstate(all="ignore"):
        rise = np.fmax(np.abs(found.left), np.abs(found.right)) + found.bound
        spacing = point.relative_value * np.abs(point.value)
        return np.asarray((found.still > 0) & ~(rise * found.still <= UNCHANGED * spacing))


def _hear_small_steps(samples: Samples, lines: Array, noise: Array, scales: Array, found: Slopes) -> None:
    """In few digits f with many kinks may pass for a smooth one of another slope: small steps are heard by themselves."""
    small, _ = limits_below(samples, (lines, slice(None)), noise, samples.quotient, scales[lines] * SMALL)
    with np.errstate(all="ignore"):
        apart, tight = 2 * np.abs(small.value - found.value[lines]), 0.5 * DETECT * np.abs(found.value[lines])
        # Small steps are noisy: they take no verdict of right back that a mistake of 1% could not hide behind.
        apart = np.where(found.bound[lines] <= tight, np.fmin(apart, tight), apart)
    found.bound[lines] = np.where(np.isfinite(apart), np.fmax(found.bound[lines], apart), found.bound[lines])


def _look_closely(samples: Samples, pairs: Pairs, noise: Array, found: Slopes) -> None:
    """Smaller steps by themselves, and each side by itself, for single entries of single lines."""
    at = (pairs[0][:, None], pairs[1])
    _fill(found, at, limits(samples, pairs, noise, samples.quotient))
    if samples.quotient.derivative == 1:
        right = limits(samples, pairs, noise, Quotient(1, "forward"))
        left = limits(samples, pairs, noise, Quotient(1, "backward"))
        _split(found, at, left, right, jumps(samples, at[0], np.fmax(left.smallest, right.smallest), pairs[1]))


def _fill(found: Slopes, at: Pairs, central: Limits) -> None:
    """Slopes that both sides tell together."""
    fill = (central.value, SAFETY * central.error, central.value, central.value, central.rounding, central.smallest)
    for array, values in zip((found.value, found.bound, found.left, found.right, found.noise, found.step), fill, strict=True):
        array[at] = values
    for flags in (found.kink, found.sided):
        flags[at] = False


def _split(found: Slopes, at: Pairs, left: Limits, right: Limits, remaining: Array) -> None:
    """Where the two sides tell different slopes, or only one tells any; `remaining` is their difference at step 0."""
    both = np.isfinite(left.error) & np.isfinite(right.error)
    with np.errstate(all="ignore"):
        bounds = SAFETY * (left.error + right.error)
        jump = np.abs(right.value - left.value)
        large = np.maximum(np.abs(right.value), np.abs(left.value))
        kink = both & (jump > APART * bounds) & (jump > LEAST_JUMP * large)
        # A smooth f whose slope was found from both sides may bend so much that the sides alone tell less.
        kink &= ~(found.bound[at] < 0.01 * jump) | (jump > 30 * bounds)
        # A kink close to x, but not at it: the slope is that of one side, and nobody knows of which.
        beside = both & ~kink & (remaining > SHARP * jump) & (remaining < np.inf) & (jump > APART * found.bound[at])
        apart = np.maximum(np.abs(right.value - found.value[at]), np.abs(left.value - found.value[at]))
        found.bound[at] = np.where(beside, found.bound[at] + apart, found.bound[at])
    _side_with_both(found, at, left, right, both & (jump <= bounds))
    found.kink[at] = kink
    found.left[at] = np.where(kink, left.value, found.value[at])
    found.right[at] = np.where(kink, right.value, found.value[at])
    found.bound[at] = np.where(kink, SAFETY * np.maximum(left.error, right.error), found.bound[at])
    lost = ~np.isfinite(found.bound[at])
    for side in (left, right):
        better = lost & (SAFETY * side.error < found.bound[at])
        for name, values in (("value", side.value), ("left", side.value), ("right", side.value), ("noise", side.rounding)):
            getattr(found, name)[at] = np.where(better, values, getattr(found, name)[at])
        found.step[at] = np.where(better, side.smallest, found.step[at])
        found.bound[at] = np.where(better, SAFETY * side.error, found.bound[at])
    found.sided[at] = lost & np.isfinite(found.bound[at])


def _side_with_both(found: Slopes, at: Pairs, left: Limits, right: Limits, agree: Array) -> None:
    """Beside a kink both sides may tell the slope at small steps, where the quotients across it tell none."""
    with np.errstate(all="ignore"):
        middle, bound = (left.value + right.value) / 2, SAFETY * np.maximum(left.error, right.error)
        apart = np.abs(middle - found.value[at]) > found.bound[at] + bound
        better = agree & (apart | (bound < CLEARLY * found.bound[at]))
    found.value[at] = np.where(better, middle, found.value[at])
    found.bound[at] = np.where(better, bound, found.bound[at])
    found.step[at] = np.where(better, np.minimum(left.smallest, right.smallest), found.step[at])
