"""What methods against each other showed, and how it is shown."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...formatting import format_error, html_table
from ..result import GradientCheck

#: Pairs of methods that are shown.
SHOWN = 6


@dataclass(frozen=True, repr=False)
class CrossCheck:
    """What `cross_check` found: true where at least two methods can differentiate f and all that can agree.

    Attributes
    ----------
    verdict : {"right", "wrong", "inconclusive"}
        "wrong" where two methods contradict each other, "inconclusive" where f's slopes are not known well enough, where
        fewer than two methods could do it, or where they choose different slopes at a kink.
    methods : dict
        Method -> its own verdict against the difference quotients with their bounds, or why it has none:
        "refused: ...", "left out: ...", "stopped: ...", "not needed: ...".
    differences : dict
        Pair of methods -> largest difference, relative to the slope; of a large x relative to the largest slope, and for
        "finite" along random directions. NaN where only one of the two has a number.
    sensitivity : float
        A relative difference above this would have shown; NaN where no slope is known.
    reason : str
        Why the verdict is what it is, in one sentence.
    checks : dict
        Method -> its `GradientCheck`, where it has a verdict of its own.

    Parameters
    ----------
    verdict, methods, differences, sensitivity, reason, checks
        See above.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> found = ad.cross_check(lambda x: np.sum(np.sin(x)), np.array([1.0, 2.0]), methods=["finite", "forward", "reverse"])
    >>> found.verdict, found.methods["forward"]
    ('right', 'right')
    """

    verdict: str
    methods: dict[Any, str]
    differences: dict[tuple[Any, Any], float] = field(default_factory=dict)
    sensitivity: float = float("nan")
    reason: str = ""
    checks: dict[Any, GradientCheck] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return f"<CrossCheck: {self.verdict}, {self.reason}>"

    def __str__(self) -> str:
        lines = [f"methods against each other: {self.verdict.upper()}", f"{self.reason}.", ""]
        wide = max(len(str(name)) for name in self.methods)
        lines += [f"{name!s:{wide}}  {text}" for name, text in self._texts()]
        return "\n".join([*lines, "", *self._gaps()]).rstrip()

    def _repr_html_(self) -> str:
        rows = html_table([("method", True), ("verdict", True)], self._texts())
        gaps = "<br>".join(map(html.escape, self._gaps()))
        title = f"<strong>methods against each other: {self.verdict}</strong>"
        return f"<div>{title}<p>{html.escape(self.reason)}.</p>{rows}<p>{gaps}</p></div>"

    def _texts(self) -> list[tuple[str, str]]:
        """Each method with its verdict, and why where it is not right."""
        found = []
        for name, text in self.methods.items():
            check = self.checks.get(name)
            causes = f". Likely mistake: {check.causes[0]}" if check is not None and check.causes else ""
            found.append((str(name), text if check is None or check else f"{text}: {check.reason}{causes}"))
        return found

    def _gaps(self) -> list[str]:
        apart = {pair: gap for pair, gap in self.differences.items() if gap != 0}
        shown = sorted(apart, key=lambda pair: -apart[pair] if np.isfinite(apart[pair]) else -np.inf)[:SHOWN]
        lines = [f"{one} and {two} differ by {_gap(apart[one, two])}" for one, two in shown]
        if len(apart) > len(shown):
            lines.append(f"({len(apart) - len(shown)} more pairs, none of them further apart)")
        return lines or (["No two of them differ."] if self.differences else [])


def _gap(gap: float) -> str:
    if np.isnan(gap):
        return "what is no number in one of them"
    return f"{format_error(gap)} of a slope" if np.isfinite(gap) else "an infinite value"
