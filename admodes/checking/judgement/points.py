"""A claim judged at one point, element by element."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...finite.curvature import line_direction
from ...finite.lines import Point
from ...formatting import format_error
from ..asking.probes import Noise, signs_of, value_at
from ..asking.subject import Reading, Subject
from ..slopes.repeated import RepeatedPoint
from ..slopes.slopes import Slopes, measure_slopes
from ..slopes.smaller import confirmed_by_smaller
from .elements import at_claimed_scales, first_slopes, second_slopes
from .unfinished import REMAINDER, find_pieces
from .verdicts import Finding, Judgement, judge, left_open, widened

Array = np.ndarray[Any, Any]

#: The second witness takes steps that no power of the ratio makes of the first one's.
SHIFT = 1.37
#: Lines that a second witness is asked about: the worst ones stand for the others.
MOST_CONFIRMED = 60
#: Random directions among the elements that have a kink.
KINK_DIRECTIONS = 6


@dataclass
class PointCheck:
    """A claim at one point.

    Attributes
    ----------
    vector : ndarray, shape (n,)
        The point.
    reading : Reading
    judgement : Judgement or None
        None where the claim could not be read.
    noise : Noise
    findings : list of Finding
    evaluations : int
        Calls of f for slopes, without those for noise.
    names : list of str
        Of the components, where they are not all elements of x.
    directions : Judgement or None
        Along the random directions of a large x.
    place : {"x", "nearby", "zero"}
    repeats : int
        Calls of f that each value is the mean of; `evaluations` counts means.
    elements : ndarray of int, or None
        Of a large x: the elements of x that were found to be wrong, one by one.
    witness : PointCheck or None
        The same nearby where the claim is wrong here: what explains the numbers has to do so there, too.
    """

    vector: Array
    reading: Reading
    judgement: Judgement | None
    noise: Noise
    findings: list[Finding] = field(default_factory=list)
    evaluations: int = 0
    names: list[str] = field(default_factory=list)
    directions: Judgement | None = None
    place: str = "x"
    repeats: int = 1
    elements: Array | None = None
    witness: PointCheck | None = None

    @property
    def lines(self) -> int:
        """How many slopes were taken."""
        return 0 if self.judgement is None else len(self.judgement.verdict)

    @property
    def slopes_sided(self) -> bool:
        """Whether f was defined on one side of x alone, along some element."""
        return self.judgement is not None and bool(self.judgement.slopes.sided.any())

    @property
    def verdict(self) -> str:
        """Of this point alone."""
        verdicts = {finding.verdict for finding in self.findings}
        if self.judgement is not None and self.judgement.verdict.size:
            worst = int(self.judgement.verdict.min())
            verdicts.add("wrong" if worst < 0 else "right" if worst > 0 else "inconclusive")
        return "wrong" if "wrong" in verdicts else "inconclusive" if "inconclusive" in verdicts else "right"


def point_at(subject: Subject, vector: Array, repeats: int = 1) -> Point:
    """f at a vector of all elements, or means of so many repeated calls."""
    function = subject.function.at(subject.at(vector))
    return Point(function) if repeats == 1 else RepeatedPoint(function, repeats)


def check_point(
    subject: Subject,
    point: Point,
    reading: Reading,
    rtol: float | None,
    rng: np.random.Generator,
    noise: Noise,
    slopes: Slopes | None = None,
) -> PointCheck:
    """Judge every element of the claim at one point; `slopes` of f there where they are known already."""
    before = subject.f.calls
    assert reading.matrix is not None  # noqa: S101 - callers judge what could be read
    if subject.derivative == 2:
        slopes, scales = second_slopes(point, noise)
        claimed = reading.matrix.reshape(-1, 1)
    else:
        claimed = reading.matrix.T
        slopes = first_slopes(point, noise, np.arange(point.x.size)) if slopes is None else slopes.copy()
        scales, noise = at_claimed_scales(subject, point, reading, noise, slopes, rng)
    judgement = _judged(subject, point, reading, claimed, slopes, scales, noise, rtol)
    _confirm(subject, point, reading, judgement, scales, noise, rtol)
    found = PointCheck(point.x, reading, judgement, noise)
    if subject.derivative == 1 and not isinstance(point, RepeatedPoint):
        found.findings += _allow_for_pieces(subject, point, reading, judgement, noise, rtol, rng)
    slight = judgement.slight()
    if slight > 0 and rtol is None:
        text = (
            f"an error of {format_error(slight)} is more than rounding explains, and less than a mistake would make; "
            "it may be a solver's"
        )
        found.findings.append(Finding("right", "slight", text))
    found.findings += _kink_findings(subject, point, reading, judgement, noise, rng)
    found.repeats = point.repeats if isinstance(point, RepeatedPoint) else 1
    found.evaluations = (subject.f.calls - before) // found.repeats - slopes.apart
    return found


def _judged(
    subject: Subject,
    point: Point,
    reading: Reading,
    claimed: Array,
    slopes: Slopes,
    scales: Array,
    noise: Noise,
    rtol: float | None,
) -> Judgement:
    with np.errstate(all="ignore"):
        spaced = np.where(noise.random, -1.0, point.relative_value * np.abs(point.value))
    claim_noise = noise.claim.reshape(-1, 1) if subject.derivative == 2 and noise.claim.size > 1 else noise.claim
    return judge(claimed, slopes, reading.spacing, claim_noise, noise.undone, scales, spaced, rtol)


def _confirm(
    subject: Subject, point: Point, reading: Reading, judgement: Judgement, scales: Array, noise: Noise, rtol: float | None
) -> None:
    """Ask a second witness, with other steps, before anybody is accused."""
    accused = (judgement.verdict == -1) & np.isfinite(judgement.claimed)
    rows = np.flatnonzero(accused.any(axis=1))
    if not rows.size:
        return
    if subject.derivative == 2:
        slopes, _ = second_slopes(point, noise, SHIFT)
        rows = np.arange(len(judgement.verdict))
    else:
        with np.errstate(all="ignore"):
            weight = np.max(np.where(accused, judgement.excess() / judgement.bound, 0), axis=1)[rows]
        rows = rows[np.argsort(weight)][:MOST_CONFIRMED]  # the least clear ones first
        slopes = first_slopes(point, noise, rows, SHIFT, scales)
    some = replace(noise, claim=noise.claim if noise.claim.shape[0] != len(judgement.verdict) else noise.claim[rows])
    second = _judged(subject, point, reading, judgement.claimed[rows], slopes, scales[rows], some, rtol)
    widened(judgement, second, rows, rtol)
    if subject.derivative == 1:
        left_open(judgement, confirmed_by_smaller(judgement.slopes, judgement.claimed, noise.value))


def _allow_for_pieces(
    subject: Subject,
    point: Point,
    reading: Reading,
    judgement: Judgement,
    noise: Noise,
    rtol: float | None,
    rng: np.random.Generator,
) -> list[Finding]:
    """What a loop that stops early leaves undone: where f jumps, slopes are known to its jumps only."""
    with np.errstate(all="ignore"):
        slightly = (judgement.verdict == -1) & (judgement.excess() <= REMAINDER * judgement.size)
    open_ones = slightly | (judgement.verdict == 0) & np.isfinite(judgement.claimed)
    open_ones[:, noise.random] = False
    across = signs_of(point.x.size, rng) * point.scale
    rounding = np.maximum(point.relative_value * np.abs(point.value), noise.value)
    entries = np.flatnonzero(open_ones.any(axis=0))
    pieces = None
    if entries.size:
        beside = functools.partial(_value_beside, subject, point, across)
        calls = subject.f.calls
        pieces = find_pieces(beside, rounding, float(point.relative_x.max()), entries)
        judgement.slopes.apart += subject.f.calls - calls
    if pieces is None:
        return []
    rows = np.flatnonzero((open_ones & (pieces.height > 0)).any(axis=1))
    if not rows.size:
        return []
    some = replace(
        noise,
        value=noise.value + pieces.height,
        undone=np.maximum(noise.undone, pieces.slope),
        claim=noise.claim if noise.claim.shape[0] != len(judgement.verdict) else noise.claim[rows],
    )
    slopes, scales = first_slopes(point, some, rows, within=True), point.scale[rows]
    judged = _judged(subject, point, reading, judgement.claimed[rows], slopes, scales, some, rtol)
    settled = (judgement.verdict[rows] == 0) & (pieces.height > 0) & (judged.verdict == 1)
    for name in ("expected", "low", "high", "verdict", "size"):
        getattr(judgement, name)[rows] = np.where(settled, getattr(judged, name), getattr(judgement, name)[rows])
    widened(judgement, judged, rows, rtol)
    jump = format_error(float(pieces.height.max()))
    text = f"{point.function.name} jumps by {jump} between pieces, as a loop does that stops early: its slopes are known to that"
    return [Finding("right", "pieces", text)]


def _value_beside(subject: Subject, point: Point, across: Array, place: float) -> Array:
    return value_at(subject, subject.at(point.x + place * across), point)


def _kink_findings(
    subject: Subject, point: Point, reading: Reading, judgement: Judgement, noise: Noise, rng: np.random.Generator
) -> list[Finding]:
    """At a kink the slopes along the elements do not tell all: a subgradient fits every direction."""
    kinked = np.flatnonzero((judgement.slopes.kink & (judgement.verdict == 1)).any(axis=1))
    if kinked.size < 2 or reading.matrix is None:
        return []
    weights = [np.ones(kinked.size), signs_of(kinked.size, rng), -np.ones(kinked.size)]
    weights[2][::2] = 1.0
    weights += [rng.standard_normal(kinked.size) for _ in range(KINK_DIRECTIONS - len(weights))]
    vectors = np.zeros((len(weights), point.x.size))
    vectors[:, kinked] = np.array(weights) * point.scale[kinked]
    slopes = measure_slopes(point, [line_direction(vector) for vector in vectors], np.ones(len(vectors)), noise.value)
    claimed = vectors @ reading.matrix.T
    none = np.zeros(point.value.size)
    judged = judge(claimed, slopes, reading.spacing, np.zeros((1, 1)), none, np.ones(len(vectors)), none, None)
    wrong = np.argwhere((judged.verdict == -1) & slopes.kink | ((judged.verdict == -1) & (slopes.bound < 1e-3 * judged.size)))
    if not wrong.size:
        return []
    line, entry = wrong[0]
    left, right = slopes.left[line, entry], slopes.right[line, entry]
    found = (
        f"f's slopes lie between {min(left, right):.6g} and {max(left, right):.6g}"
        if left != right
        else f"f's slope is {left:.6g}"
    )
    text = (
        f"at the kink, along a direction across {kinked.size} elements, the claim says {claimed[line, entry]:.6g}, "
        f"but {found}: it is no subgradient"
    )
    return [Finding("wrong", "kink", text)]
