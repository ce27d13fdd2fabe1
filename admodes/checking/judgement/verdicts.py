"""Right, wrong or inconclusive: a claimed derivative against an interval that holds the true one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..slopes.flats import UNCHANGED
from ..slopes.ladders import DETECT
from ..slopes.secants import size_of
from ..slopes.slopes import Slopes

Array = np.ndarray[Any, Any]

#: What the numbers of verdicts mean.
WORDS = {1: "right", 0: "inconclusive", -1: "wrong"}
#: Rounding that a claim may have in its own precision: of its value, and of x where the slope changes.
OWN_ROUNDING, ARGUMENT_ROUNDING = 8.0, 16.0
#: No sum is so exact that smaller relative errors would tell anything.
LEAST_ROUNDING = 1e-12
#: Smaller relative errors are no mistake in a formula: a solver's tolerance, a constant with ten digits.
NEGLIGIBLE = 2e-9
#: A claimed change of f below this part of the spacing of its numbers is as good as none.
NOTHING = 1e-9
#: Multiple of the measured noise of the claim.
CLAIM_NOISE = 3.0
#: The same for what a bound leaves room for: it holds rounding many times over, at steps of a small part of x.
UNSEEN = 1e3


@dataclass(frozen=True)
class Finding:
    """Something found beside the numbers: state, shape, dtype.

    Attributes
    ----------
    verdict : {"right", "wrong", "inconclusive"}
        What it makes of the whole ("right": nothing, it is only worth a note).
    cause : str
        One word for programs, e.g. "shape", "mutation", "stale".
    text : str
        One sentence.
    """

    verdict: str
    cause: str
    text: str


@dataclass
class Judgement:
    """Verdicts of all components; arrays of shape (n, m).

    Attributes
    ----------
    claimed, expected, low, high : ndarray
        The claim, the slope of f, and the interval that a right claim lies in.
    verdict : ndarray of int
        1 right, 0 inconclusive, -1 wrong.
    size : ndarray
        The slope that an error is compared with.
    slopes : Slopes
    """

    claimed: Array
    expected: Array
    low: Array
    high: Array
    verdict: Array
    size: Array
    slopes: Slopes

    @property
    def bound(self) -> Array:
        """Half the width of the interval."""
        with np.errstate(all="ignore"):
            return np.asarray((self.high - self.low) / 2)

    def excess(self) -> Array:
        """How far outside of its interval a claim lies; infinite where it is no number."""
        with np.errstate(all="ignore"):
            outside = np.maximum(self.low - self.claimed, self.claimed - self.high)
        return np.where(np.isnan(outside), np.inf, np.maximum(outside, 0.0))

    def slight(self) -> float:
        """The largest relative error that lies outside of its interval and is too small to matter."""
        with np.errstate(all="ignore"):
            relative = self.excess() / self.size
        return float(np.max(relative, where=(self.verdict == 1) & np.isfinite(relative), initial=0.0))

    def digits(self) -> Array:
        """Decimal digits that claims and slopes have in common, from 0 to 16."""
        with np.errstate(all="ignore"):
            gap = np.abs(self.claimed - self.expected) / np.maximum(np.abs(self.claimed), np.abs(self.expected))
            found = np.where(self.claimed == self.expected, 16.0, -np.log10(gap))
        return np.asarray(np.clip(np.nan_to_num(found), 0.0, 16.0) + 0.0)


def judge(
    claimed: Array,
    slopes: Slopes,
    spacing: float,
    claim_noise: Array,
    undone: Array,
    scales: Array,
    spaced: Array,
    rtol: float | None,
) -> Judgement:
    """Compare claims with slopes.

    Parameters
    ----------
    claimed : ndarray, shape (n, m)
    slopes : Slopes
        Of n lines and m entries.
    spacing : float
        Relative, between the floating-point numbers of the claim or of x, whichever is wider.
    claim_noise : ndarray
        Measured noise of the claim; broadcasts to (n, m).
    undone : ndarray, shape (m,)
        Errors of f that its slopes do not show.
    scales : ndarray, shape (n,)
        The scale of each line.
    spaced : ndarray, shape (m,)
        Absolute, between the floating-point numbers beside f(x); negative where f is random, and no change is none.
    rtol : float, optional
        The relative error that matters.
    """
    with np.errstate(all="ignore"):
        claim_noise = np.where(slopes.kink, 0.0, claim_noise)  # at a kink a right claim jumps
        rounding = max(OWN_ROUNDING * spacing, LEAST_ROUNDING) * np.abs(claimed) + ARGUMENT_ROUNDING * spacing * slopes.size
        slack = rounding + CLAIM_NOISE * (claim_noise + undone / scales[:, None])
        slack = np.where(np.isfinite(slack), slack, 0.0)
        bound = slopes.bound + slack
        low = np.minimum(slopes.left, slopes.right) - bound
        high = np.maximum(slopes.left, slopes.right) + bound
        size = np.maximum(np.abs(slopes.left), np.abs(slopes.right))
        size = size_of(size, bound, slopes.size, max(DETECT, rtol or 0.0))
        size = np.fmax(size, np.where(np.isfinite(claimed), np.abs(claimed), 0))
        verdict = _verdicts(claimed, low, high, bound, size, rtol)
        # A claim of nothing for what changes nothing at any distance, but for rounding.
        unmoved = slopes.flat | (slopes.far * scales[:, None] <= UNCHANGED * spaced)
        near = np.where(spaced < 0, spaced, np.maximum(spaced, 2.0**-52 * slopes.far * scales[:, None]))
        unmoved |= (slopes.size * scales[:, None] <= UNCHANGED * near) & (bound * scales[:, None] <= UNSEEN * near)
        nothing = (np.abs(claimed) <= 100 * CLAIM_NOISE * claim_noise) | (np.abs(claimed) * scales[:, None] <= NOTHING * spaced)
        nothing &= unmoved & (low <= claimed) & (claimed <= high)
    return Judgement(claimed, slopes.value, low, high, np.where(nothing, 1, verdict), size, slopes)


def _verdicts(claimed: Array, low: Array, high: Array, bound: Array, size: Array, rtol: float | None) -> Array:
    gap = np.maximum(np.maximum(low - claimed, claimed - high), 0.0)
    known = np.isfinite(bound) & np.isfinite(low) & np.isfinite(high)
    if rtol is None:
        verdict = np.where(gap > NEGLIGIBLE * size, -1, np.where(bound <= DETECT * size, 1, 0))
    else:
        allowed = rtol * size
        verdict = np.where(gap > allowed, -1, np.where((bound <= allowed) & (gap <= allowed - bound), 1, 0))
        verdict = np.where((gap == 0) & (bound <= allowed), 1, verdict)
    verdict = np.where(known, verdict, 0)
    # Infinity is right where the quotients grow without a limit, and who could tell whether they do?
    verdict = np.where(np.isinf(claimed), np.where(known & (bound <= DETECT * size), -1, 0), verdict)
    return np.where(np.isnan(claimed), -1, verdict)


def widened(first: Judgement, second: Judgement, rows: Array, rtol: float | None) -> None:
    """Take back what a second witness does not confirm: both intervals together, `second` being of some lines of `first`."""
    disagree = (first.verdict[rows] == -1) & (second.verdict != -1)
    if not disagree.any():
        return
    low, high = np.minimum(first.low[rows], second.low), np.maximum(first.high[rows], second.high)
    verdict = _verdicts(first.claimed[rows], low, high, (high - low) / 2, first.size[rows], rtol)
    first.verdict[rows] = np.where(disagree, verdict, first.verdict[rows])
    first.low[rows] = np.where(disagree, low, first.low[rows])
    first.high[rows] = np.where(disagree, high, first.high[rows])


def left_open(judgement: Judgement, where: Array) -> None:
    """Take wrong verdicts back: intervals reach to the claims."""
    where = where & (judgement.verdict == -1)
    for ends, reach in ((judgement.low, np.minimum), (judgement.high, np.maximum)):
        np.copyto(ends, reach(ends, judgement.claimed), where=where)
    judgement.verdict[where] = 0
