"""What a check found, as numbers: verdict, reason, components. How it is shown stands in `report`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..finite.lines import Point
from .asking.naming import component_names
from .asking.subject import Subject
from .causes.diagnosis import diagnose, hints
from .judgement.points import PointCheck
from .judgement.verdicts import WORDS, Finding
from .slopes.ladders import DETECT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .shown.taylor import TaylorSlopes

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Component:
    """One element of a claimed derivative.

    Attributes
    ----------
    index : str
        Where it stands: ``x[3]``, ``x['w'][0, 1]``, ``f(x)[2] by x[3]``.
    claimed, expected : float
        The claim and the slope of f.
    low, high : float
        The interval that holds the true derivative; at a kink, from one slope to the other.
    verdict : {"right", "wrong", "inconclusive"}
    digits : float
        Decimal digits that the claim and the slope have in common.
    kink : bool
        Whether f's slopes on both sides differ.
    error : float
        How far the claim lies outside of the interval, relative to the slope.
    left, right : float
        The slopes of f on both sides; they differ at a kink.
    """

    index: str
    claimed: float
    expected: float
    low: float
    high: float
    verdict: str
    digits: float
    kink: bool
    error: float
    left: float
    right: float


class GradientCheck:
    """The outcome of `check_gradient`: true where the verdict is "right"; printed, it is a short report.

    Parameters
    ----------
    subject, point, points, findings, rtol, chance
        What the check collected.

    Attributes
    ----------
    verdict : {"right", "wrong", "inconclusive"}
    reason : str
        Why, in one sentence.
    kind : str
        What the claim was taken for.
    components : tuple of Component
        Each element at x, in the order of x (of a large x: those that were looked at one by one).
    nearby, at_zero : tuple of Component
        The same at the nearby point, and at x = 0 where the claim is wrong there.
    causes : tuple of str
        Mistakes that explain the numbers; empty where none does.
    hints : tuple of str
        What may explain them where no mistake does, unproven: f itself may be what is not exact, where errors are small.
    findings : tuple of Finding
        What was found beside the numbers.
    evaluations, claim_evaluations : int
        Calls of f and of the claim, all of them.
    sensitivity : float
        A relative error above this (`rtol` is part of it) would have shown in every element whose slope is not 0; NaN where
        there is none such.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> check = ad.check_gradient(lambda x: np.sum(x**2), lambda x: 2.0 * x, np.array([1.0, 2.0]))
    >>> bool(check), check.sensitivity < 1e-9
    (True, True)
    """

    def __init__(
        self,
        subject: Subject,
        point: Point,
        points: Sequence[PointCheck],
        findings: Sequence[Finding],
        rtol: float | None,
        chance: str = "",
    ) -> None:
        self.subject, self.point, self.points, self.rtol, self.chance = subject, point, tuple(points), rtol, chance
        self.kind = subject.kind
        self.findings = (*findings, *(finding for found in points for finding in found.findings))
        self.verdict = self._verdict()
        self.causes = tuple(diagnose(subject, point, self.points, self.findings)) if self.verdict == "wrong" else ()
        self.hints = () if self.causes else tuple(hints(self.points, self.findings))
        self.evaluations, self.claim_evaluations = subject.f.calls, subject.claim.calls
        self.reason = self._reason()

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return f"<GradientCheck: {self.verdict}, {self.reason}>"

    def __str__(self) -> str:
        from .shown.report import text_report

        return text_report(self)

    def _repr_html_(self) -> str:
        from .shown.report import html_report

        return html_report(self)

    def plot(self) -> tuple[Axes, Axes]:
        """What the verdict on the worst component rests on above, Taylor's remainders below.

        How far the difference quotients are from the claim at each step, with the noise of f, the extrapolated slope and its
        bound; at a kink the quotients of both sides, the slopes that they tell, and the claim; where the claim is no number,
        the quotients alone. Where there is nothing to draw, the figure says why.

        Returns
        -------
        tuple of two matplotlib.axes.Axes
            Of a new figure of pyplot's, which a notebook shows; twice the same where it has words alone.
        """
        from .shown.plot import plot_check

        return plot_check(self)

    def taylor(self) -> TaylorSlopes:
        """The slopes of Taylor's remainders of order 0, 1 and 2: 1, 2 and 3 where f is smooth and the claim right.

        Of a wrong first derivative order 1 has slope 1, of a wrong second derivative order 2 has slope 2; printed, the table
        says so in its last line, or why there is no slope.

        Returns
        -------
        TaylorSlopes
        """
        from .shown.taylor import taylor_slopes

        return taylor_slopes(self)

    @functools.cached_property
    def components(self) -> tuple[Component, ...]:
        return self._components("x")

    @functools.cached_property
    def nearby(self) -> tuple[Component, ...]:
        return self._components("nearby")

    @functools.cached_property
    def at_zero(self) -> tuple[Component, ...]:
        return self._components("zero")

    @property
    def deciding(self) -> int:
        """Which of the points decided; 0 is x."""
        wrong = [number for number, found in enumerate(self.points) if found.verdict == "wrong"]
        return wrong[0] if wrong else 0

    @property
    def worst(self) -> list[Component]:
        """The components of the point that decided, the worst first."""
        rank = {"wrong": 0, "inconclusive": 1, "right": 2}
        place = self.points[self.deciding].place if self.points else "x"
        found = {"x": self.components, "nearby": self.nearby, "zero": self.at_zero}[place]
        return sorted(found, key=lambda entry: (rank[entry.verdict], -entry.error, entry.digits))

    @functools.cached_property
    def sensitivity(self) -> float:
        if not self.points or self.points[0].judgement is None or not self.points[0].judgement.size.size:
            return float("nan")
        judged = self.points[0].judgement
        with np.errstate(all="ignore"):
            bound = np.where(judged.slopes.kink, judged.slopes.bound, judged.bound)
            relative = bound / judged.size
        # Where f does not change at all there is no slope that an error could be compared with.
        known = (judged.verdict != 0) & np.isfinite(relative) & (relative <= max(DETECT, self.rtol or 0.0))
        return float(np.max(relative[known])) + (self.rtol or 0.0) if known.any() else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain Python objects, for JSON."""
        names = ("verdict", "reason", "kind", "evaluations", "claim_evaluations", "sensitivity", "chance")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found["causes"] = list(self.causes)
        found["hints"] = list(self.hints)
        found["findings"] = [asdict(finding) for finding in self.findings]
        found["components"] = [asdict(component) for component in self.components]
        found["nearby"] = [asdict(component) for component in self.nearby]
        found["at_zero"] = [asdict(component) for component in self.at_zero]
        return found

    def _components(self, place: str) -> tuple[Component, ...]:
        point = next((found for found in self.points if found.place == place), None)
        if point is None or point.judgement is None:
            return ()
        judged = point.judgement
        lines, entries = judged.verdict.shape
        names = point.names or component_names(self.subject)
        excess, digits = judged.excess(), judged.digits()
        with np.errstate(all="ignore"):
            size = np.fmax(np.abs(judged.claimed), np.abs(judged.expected))
            relative = np.where(size > 0, excess / size, excess)
        return tuple(
            Component(
                index=names[line * entries + entry],
                claimed=float(judged.claimed[line, entry]),
                expected=float(judged.expected[line, entry]),
                low=float(judged.low[line, entry]),
                high=float(judged.high[line, entry]),
                verdict=WORDS[int(judged.verdict[line, entry])],
                digits=round(float(digits[line, entry]), 1),
                kink=bool(judged.slopes.kink[line, entry]),
                error=float(relative[line, entry]),
                left=float(judged.slopes.left[line, entry]),
                right=float(judged.slopes.right[line, entry]),
            )
            for line in range(lines)
            for entry in range(entries)
        )

    def _verdict(self) -> str:
        # A nearby point can accuse, but it need not be a place where a verdict is possible.
        if any(finding.verdict == "wrong" for finding in self.findings) or any(found.verdict == "wrong" for found in self.points):
            return "wrong"
        open_findings = any(finding.verdict == "inconclusive" for finding in self.findings)
        if open_findings or not self.points or self.points[0].verdict == "inconclusive" or not self.components:
            return "inconclusive"  # no less where nothing was looked at
        return "right"

    def _reason(self) -> str:
        from .shown.report import reason_of

        return reason_of(self)
