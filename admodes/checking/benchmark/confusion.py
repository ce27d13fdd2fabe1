"""What a checker said against what is true, counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from .peers import INCONCLUSIVE, WRONG

TRUE_PASS, TRUE_FAIL, FALSE_ALARM, MISSED = "true pass", "true fail", "false alarm", "missed"
UNDECIDED, DOES_NOT_APPLY = "inconclusive", "does not apply"
OUTCOMES = (TRUE_PASS, TRUE_FAIL, FALSE_ALARM, MISSED, UNDECIDED, DOES_NOT_APPLY)


def outcome(right: bool, verdict: str) -> str:
    """The cell of the confusion matrix; an empty verdict is that of a tool that cannot take the case.

    Examples
    --------
    >>> outcome(True, "wrong"), outcome(False, "right"), outcome(False, "")
    ('false alarm', 'missed', 'does not apply')
    """
    if not verdict:
        return DOES_NOT_APPLY
    if verdict == INCONCLUSIVE:
        return UNDECIDED
    if verdict == WRONG:
        return FALSE_ALARM if right else TRUE_FAIL
    return TRUE_PASS if right else MISSED


@dataclass(frozen=True)
class Judgement:
    """What one tool said about one case.

    Parameters
    ----------
    tool : str
    case : str
    category : str
    right : bool
        The truth.
    verdict : str
        "right", "wrong", "inconclusive", or "" where the tool does not apply.
    reason : str
        The tool's own words, or why it does not apply.
    calls : int
        How often it called f.
    """

    tool: str
    case: str
    category: str
    right: bool
    verdict: str
    reason: str
    calls: int

    @property
    def outcome(self) -> str:
        """The cell of the confusion matrix."""
        return outcome(self.right, self.verdict)


def count_outcomes(judgements: Iterable[Judgement]) -> dict[str, int]:
    """How many judgements fall into each cell of the confusion matrix, in the order of `OUTCOMES`."""
    counts = Counter(judgement.outcome for judgement in judgements)
    return {name: counts[name] for name in OUTCOMES}


def youden(judgements: Iterable[Judgement]) -> float:
    """Youden's J: the share of bugs found plus the share of right claims passed, less one. 1 is perfect, 0 is a coin.

    Inconclusive answers are neither; cases that a tool does not apply to are left out. NaN without right or wrong claims.
    Source: W. J. Youden, Index for rating diagnostic tests, Cancer 3 (1950) 32-35.

    Examples
    --------
    >>> said = [("right", True), ("wrong", True), ("wrong", False), ("wrong", False)]
    >>> youden(Judgement("tool", "case", "category", right, verdict, "", 1) for verdict, right in said)
    0.5
    """
    applied = [judgement for judgement in judgements if judgement.outcome != DOES_NOT_APPLY]
    sizes = Counter(judgement.right for judgement in applied)
    counts = count_outcomes(applied)
    if not sizes[True] or not sizes[False]:
        return math.nan
    return counts[TRUE_PASS] / sizes[True] + counts[TRUE_FAIL] / sizes[False] - 1
