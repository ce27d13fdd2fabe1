"""x = 0 as a place to look at: where f is smooth there, a derivative that is right is right there, too.

Zero is where branches such as ``if x == 0`` are taken, where formulas differ that agree at ones, and where elements are equal.
It is also where roots, norms, medians and quotients have no derivative. So f is first asked whether its slopes add up: those
along u + v and u - v are the sum and the difference of those along u and v (for second derivatives, by the law of
parallelograms). Where they do not, no claim is judged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...finite.curvature import line_direction
from ..asking.probes import Noise, measure_noise
from ..asking.subject import Reading, Subject
from ..slopes.ladders import DETECT
from ..slopes.slopes import Slopes, measure_slopes
from .points import Array, PointCheck, point_at
from .verdicts import NEGLIGIBLE

#: Slopes that add up to within this part of them do so.
ADDITIVE = 1e-6
#: Noise of f at x above this multiple of the spacing of f's numbers at 0 is measured again.
LOUD = 100.0


def probe_zero(
    subject: Subject, noise: Noise, rng: np.random.Generator, *, directed: bool, check: Callable[[Array, Reading], PointCheck]
) -> PointCheck | None:
    """Judge the claim at x = 0, if f is smooth there and the claim errs along some direction.

    Parameters
    ----------
    subject : Subject
    noise : Noise
        Of f at x.
    rng : numpy.random.Generator
    directed : bool
        Whether the claim is asked for directions alone.
    check : callable
        The check of one point, which is made only where something is wrong.

    Returns
    -------
    PointCheck or None
        None where nothing speaks against the claim.
    """
    zeros = np.zeros(sum(leaf.size for leaf in subject.leaves))
    point = point_at(subject, zeros)
    reading = Reading(None) if directed else subject.read(subject.at(zeros))
    if not np.all(np.isfinite(point.value)) or [output.shape for output in point.outputs] != subject.output_shapes:
        return None
    if not directed and (reading.matrix is None or not np.all(np.isfinite(reading.matrix))):
        return None
    if not directed and np.any(noise.value > LOUD * point.relative_value * np.abs(point.value)):
        noise = measure_noise(subject, point, reading, rng, loops=False)  # that of x may hide all there is at 0
    one, two = rng.standard_normal((2, zeros.size)) * point.scale
    vectors = np.array([one, two, one + two, one - two])
    slopes = measure_slopes(point, [line_direction(vector) for vector in vectors], np.ones(4), noise.value, subject.derivative)
    if not _adds_up(slopes, subject.derivative):
        return None
    claimed = np.array([_claimed(subject, reading, vector) for vector in vectors])
    with np.errstate(all="ignore"):
        size = np.fmax(np.max(np.abs(slopes.value), axis=0), slopes.size)
        # What is no error here is none in the check of the point either, which decides.
        suspect = np.abs(claimed - slopes.value) > slopes.bound + NEGLIGIBLE * np.fmax(size, np.abs(claimed))
    if not suspect.any():
        return None
    found = check(zeros, reading)
    judged = found.judgement
    assert judged is not None  # noqa: S101 - the claim could be read
    judged.verdict[judged.slopes.kink | judged.slopes.sided] = 1
    found.findings = [finding for finding in found.findings if finding.cause != "kink"]
    return found if found.verdict == "wrong" else None


def _claimed(subject: Subject, reading: Reading, vector: Array) -> Array:
    """What the claim says along a direction at 0, shape (m,)."""
    product = subject.read_along(subject.at(0 * vector), vector).matrix if reading.matrix is None else reading.matrix @ vector
    found = np.full(1, np.nan) if product is None else np.asarray(product)
    return np.array([vector @ found]) if subject.derivative == 2 else found


def _adds_up(slopes: Slopes, derivative: int) -> bool:
    """Whether slopes along u, v, u + v and u - v are those of one linear (or quadratic) map."""
    if slopes.kink.any() or slopes.sided.any():
        return False
    one, two, both, apart = slopes.value
    with np.errstate(all="ignore"):
        size = np.max(np.abs(slopes.value), axis=0)
        allowed = np.sum(slopes.bound, axis=0) * 2 + ADDITIVE * size
        gaps = [both + apart - 2 * (one + two)] if derivative == 2 else [one + two - both, one - two - apart]
        known = np.sum(slopes.bound, axis=0) <= DETECT * np.fmax(size, slopes.size.max(axis=0))
        return bool(np.all(known & (np.max(np.abs(gaps), axis=0) <= allowed) | slopes.flat.all(axis=0)))
