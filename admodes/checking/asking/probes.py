"""What is looked at before any slope: the same answer twice, answers elsewhere, arguments left alone, and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import AdmodesError
from ...finite.lines import Point
from ...function import Leaves
from ..judgement.verdicts import Finding
from ..slopes.noise import POINTS, noise_of_values
from .subject import SEEDED, Reading, Subject

Array = np.ndarray[Any, Any]

#: Spacing of the points that noise is measured at, in spacings of the floating-point numbers of x.
NOISE_SPACING = 2.0**12
#: The same for the claim where it comes in few digits: so short a line crosses no kinks.
FEW = 8.0
#: Multiples of it, of which the first one is taken that stays inside of f's domain.
CLOSER = (1.0, 2.0**-8)
#: The same for what a loop leaves undone, relative to x: between its jumps f is smooth, and has a slope.
FURTHER = 2.0**-16
#: More than this part of what f changes by is no stair, but f itself.
STAIRS = 1e-2
#: How far away the nearby point lies, relative to x; then closer until f is defined there.
NEARBY = (0.2, 0.02, 2e-3, 2e-4)
#: Answers that differ by fewer spacings than this are the same: sums may be taken in another order.
SAME = 100.0
#: A product that is off by more than this part of its terms, or so many spacings, is not linear in its direction.
LINEAR, LINEAR_SPACINGS = 1e-6, 1e3
#: Errors of f or the claim that mean "not defined here".
OUTSIDE = (ArithmeticError, AssertionError, LookupError, RuntimeError, RuntimeWarning, ValueError)
#: What f and the claim may raise at and beside a point that nobody asked them about.
UNASKED = (AdmodesError, *OUTSIDE, AssertionError, LookupError, RuntimeError, TypeError)


@dataclass
class Noise:
    """Standard deviations, with safety.

    Attributes
    ----------
    value : ndarray, shape (m,)
        Of f at points next to each other.
    claim : ndarray, shape (n, m) or (1, 1)
    random : ndarray of bool, shape (m,)
        Where f answers differently at the same x.
    undone : ndarray, shape (m,)
        Of f at points further apart: what a loop that stops early leaves undone is the same for neighbours.
    """

    value: Array
    claim: Array
    random: Array
    undone: Array


def signs_of(size: int, rng: np.random.Generator) -> Array:
    """Random signs."""
    return rng.integers(0, 2, size) * 2.0 - 1.0


def measure_noise(
    subject: Subject,
    point: Point,
    reading: Reading,
    rng: np.random.Generator,
    *,
    scale: Array | None = None,
    loops: bool = True,
) -> Noise:
    """Noise of f and of the claim on very short lines to one side of x, where a kink at x does not pass for noise.

    `scale` stands for that of x; `loops` asks for what loops leave undone.
    """
    across = signs_of(point.x.size, rng) * (point.scale if scale is None else scale)
    places, values = _short_line(subject, point, across)
    repeats = np.array([value_at(subject, subject.at(point.x), point) for _ in range(2)])
    spread = np.max(np.abs(repeats - point.value), axis=0)
    found = np.maximum(2 * noise_of_values(values), 3 * np.where(np.isfinite(spread), spread, 0.0))
    found = np.maximum(found, _smallest(point))
    undone = np.zeros(point.value.size)
    if loops and subject.spacing < NOISE_SPACING * 2.0**-52:
        values = np.array([value_at(subject, subject.at(point.x + k * FURTHER * across), point) for k in range(1, POINTS + 1)])
        left = noise_of_values(values, agreed=True)
        undone = np.where(left <= STAIRS * np.ptp(values, axis=0), left, 0.0)
    if subject.spacing > np.max(point.relative_x, initial=2.0**-52):  # f is asked in more digits than the claim
        places = [subject.at(point.x + step * FEW * subject.spacing * across) for step in range(1, POINTS + 1)]
    claims = [None] if subject.kind in SEEDED else [_claim_at(subject, leaves, reading) for leaves in places]
    silent = any(entry is None for entry in claims)
    claim = np.zeros((1, 1)) if silent else noise_of_values(np.array(claims))
    return Noise(np.asarray(found, float), np.asarray(claim, float).T, np.asarray(spread > 0), np.asarray(undone, float))


def _short_line(subject: Subject, point: Point, across: Array) -> tuple[list[Leaves], Array]:
    """Equally spaced points beside x, next to each other but for a few numbers, and f there, shape (points, m)."""
    for closer in CLOSER:
        spacing = closer * NOISE_SPACING * float(np.max(point.relative_x, initial=2.0**-52))
        places = [subject.at(point.x + step * spacing * across) for step in range(1, POINTS + 1)]
        values = np.array([value_at(subject, leaves, point) for leaves in places])
        if np.isfinite(values).all():
            break
    return places, values


def _smallest(point: Point) -> float:
    """Between the smallest numbers of f: what is below has vanished, however small x is."""
    kinds = [output.dtype for output in point.outputs if output.dtype.kind == "f"]
    return max((float(np.finfo(kind).smallest_subnormal) for kind in kinds), default=0.0)


def value_at(subject: Subject, leaves: list[Array], point: Point) -> Array:
    """f as a vector; NaN where it is not defined."""
    try:
        outputs = subject.function.plain(leaves)
    except AdmodesError:
        raise
    except OUTSIDE:
        return np.full(point.value.shape, np.nan)
    vector = np.concatenate([np.empty(0, point.dtype), *(output.astype(point.dtype).ravel() for output in outputs)])
    return vector if vector.shape == point.value.shape else np.full(point.value.shape, np.nan)


def _claim_at(subject: Subject, leaves: list[Array], like: Reading) -> Array | None:
    if like.matrix is None:
        return None
    try:
        found = subject.read(leaves).matrix
    except OUTSIDE:
        return None
    return found if found is not None and found.shape == like.matrix.shape else None


def find_nearby(subject: Subject, point: Point, rng: np.random.Generator) -> Array | None:
    """A point near x, with every element moved, where f and the claim are numbers; None where there is none."""
    signs = signs_of(point.x.size, rng) * rng.uniform(0.5, 1, point.x.size)
    for part in NEARBY:
        vector = subject.rounded(point.x + part * signs * point.scale)
        if np.array_equal(vector, point.x) or not np.all(np.isfinite(vector)):
            continue
        if np.all(np.isfinite(value_at(subject, subject.at(vector), point)[np.isfinite(point.value)])):
            return vector
    return None


def one_answer(subject: Subject, leaves: list[Array]) -> Array | None:
    """What the claim answers at a point, for comparison with another answer: no more than one call of it."""
    try:
        if subject.kind not in SEEDED:
            return subject.read(leaves).matrix
        shapes = subject.output_shapes if subject.kind == "vjp" else subject.shapes
        size = sum(int(np.prod(shape)) for shape in shapes)
        return subject.read_along(leaves, np.cos(np.arange(1.0, size + 1))).matrix
    except OUTSIDE:
        return None


def check_state(subject: Subject, point: Point, nearby: Array | None, noise: Noise) -> list[Finding]:
    """Answers that depend on more than x."""
    leaves, found = subject.at(point.x), []
    name = point.function.name
    again = [value_at(subject, leaves, point) for _ in range(2)]
    if any(not np.array_equal(value, point.value, equal_nan=True) for value in again):
        spread = float(np.max(np.abs(np.array([*again, point.value]) - point.value), initial=0.0))
        found.append(Finding("right", "random f", f"{name} answers differently at the same x (by {spread:.1g})"))
    first, second = one_answer(subject, leaves), one_answer(subject, leaves)
    if not _same(first, second):
        found.append(_random_claim(first, second, random=bool(found)))
    elif nearby is not None and first is not None:
        found += _stale(subject, leaves, subject.at(nearby), point, first)
    for function, what in ((subject.f, name), (subject.claim, "the derivative")):
        if function.mutates:
            found.append(Finding("wrong", "mutation", f"{what} changes its argument: work on a copy, e.g. x = x.copy()"))
    return found


def check_linear(subject: Subject, reading: Reading, rng: np.random.Generator) -> list[Finding]:
    """Whether a product with a vector is that of its parts: unit vectors alone do not tell ``J |v|`` from ``J v``."""
    size = sum(int(np.prod(shape)) for shape in (subject.output_shapes if subject.kind == "vjp" else subject.shapes))
    one = rng.standard_normal(size)
    two = -rng.uniform(0.3, 3.0, size) * one  # every sign differs
    try:
        found = [subject.read_along(subject.leaves, vector) for vector in (one, two, one + two)]
    except OUTSIDE:
        return []
    parts = [entry.matrix for entry in found if entry.matrix is not None]
    if len(parts) < len(found) or not all(np.all(np.isfinite(part)) for part in parts):
        return []
    first, second, whole = parts
    terms = float(np.max(np.abs([first, second]), initial=0.0))
    spacing = max(entry.spacing for entry in [reading, *found])
    off = float(np.max(np.abs(first + second - whole), initial=0.0))
    if off <= max(LINEAR, LINEAR_SPACINGS * spacing) * terms:
        return []
    text = f"the product with u + v is not that with u plus that with v: they differ by {off / terms:.2g} of the larger one"
    return [Finding("wrong", "nonlinear", text)]


def _random_claim(first: Array | None, second: Array | None, *, random: bool) -> Finding:
    """Two answers at one x: what that means depends on f."""
    text = "the derivative answers differently at the same x"
    if first is not None and second is not None and first.shape == second.shape:
        text += f" (by {float(np.max(np.abs(first - second))):.1g})"
    if random:
        return Finding("right", "random claim", f"{text}, as f does")
    return Finding("wrong", "random claim", f"{text}, though f does not")


def _stale(subject: Subject, leaves: list[Array], elsewhere: list[Array], point: Point, first: Array) -> list[Finding]:
    """Answers that belong to another call."""
    value_at(subject, elsewhere, point)
    if not _same(first, one_answer(subject, leaves)):
        text = "the derivative at x is another one after f was called elsewhere: it answers from what f left behind"
        return [Finding("wrong", "stale", text)]
    other = one_answer(subject, elsewhere)
    if not _same(first, one_answer(subject, leaves)):
        return [Finding("wrong", "stale", "the derivative at x is another one after it was asked elsewhere: it keeps state")]
    if subject.kind in SEEDED or len(leaves) != 1 or not leaves[0].ndim or other is None:
        return []
    buffer = leaves[0].astype(subject.dtypes[0])
    tree = subject.function.as_input_tree([buffer])  # x may hold its one array in a container
    subject.claim(tree, *subject.args)
    buffer[...] = elsewhere[0]
    try:
        reused = subject.read(elsewhere, subject.claim(tree, *subject.args)).matrix
    except OUTSIDE:
        return []
    if _same(other, reused):
        return []
    return [Finding("wrong", "stale", "the derivative ignores new numbers in the same array: its cache compares identity")]


def _same(one: Array | None, two: Array | None) -> bool:
    if one is None or two is None or one.shape != two.shape:
        return one is two
    with np.errstate(all="ignore"):
        close = np.abs(one - two) <= SAME * 2.0**-52 * np.maximum(np.abs(one), np.abs(two))
    return bool(np.all(close | (one == two) | (np.isnan(one) & np.isnan(two))))
