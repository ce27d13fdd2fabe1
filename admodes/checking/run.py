"""One check under way: what is done in which order, and what is made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..finite.lines import Point
from .asking.kinds import settle_kind
from .asking.probes import OUTSIDE, UNASKED, Noise, check_linear, check_state, find_nearby, measure_noise, value_at
from .asking.subject import SEEDED, CallsSpent, Reading, Subject
from .asking.widening import widen
from .judgement.averaging import DRIFT_REPEATS, FEWEST_REPEATS, MOST_CALLS, MOST_SECONDS, average, mean_claim, too_many
from .judgement.points import PointCheck, check_point, point_at
from .judgement.verdicts import Finding
from .judgement.zero import probe_zero
from .many.large import LargeCheck
from .progress import estimated_evaluations, progress, seconds_of
from .result import GradientCheck
from .slopes.repeated import RepeatedPoint
from .slopes.slopes import Slopes

Array = np.ndarray[Any, Any]

#: Elements of x up to which each one is checked by itself, for first and for second derivatives.
FULL = {1: 300, 2: 24}
#: Elements of a matrix above which the nearby point is checked along random directions: all outputs at once.
NEARBY_FULL = 4096
#: The point nearby may take so many times the calls that x took.
CAUTION = 1.25


class Run:
    """One check under way.

    Parameters
    ----------
    subject : Subject
    rtol : float or None
    seed : int
        Of the random directions and the nearby point.
    """

    def __init__(self, subject: Subject, rtol: float | None, seed: int) -> None:
        self.subject, self.rtol, self.rng = subject, rtol, np.random.default_rng(seed)
        with subject.blaming_x():
            given = Point(subject.function)
        self.value = given.value  # in the numbers that a pair calculates its own in
        self.point, self.findings = widen(subject, given)
        subject.output_shapes = [output.shape for output in self.point.outputs]
        self.points: list[PointCheck] = []
        self.chance = ""
        self.reading = Reading(None)

    def check(self, kind: str) -> GradientCheck:
        """All steps, until one of them settles it."""
        with self.subject.blaming_x():
            result = settle_kind(self.subject, kind)
        with np.errstate(all="ignore"):  # bounds may be infinite, and differences of what is
            return self._check(result)

    def _check(self, result: Any) -> GradientCheck:
        subject, point = self.subject, self.point
        reading = Reading(None) if self._directed else subject.read(subject.leaves, result)
        self._read(reading, result)
        if (reading.matrix is not None or self._directed) and self._measurable:
            size = 4 if self._large else self.point.x.size**subject.derivative
            estimate = estimated_evaluations(size)
            seconds = seconds_of(lambda: value_at(subject, subject.at(point.x), point))
            with progress(subject, estimate, estimate * seconds):
                self._judge(reading)
            subject.f.most = np.inf
        return GradientCheck(subject, point, self.points, self.findings, self.rtol, self.chance)

    def differentiated(self) -> Reading:
        """The claim at x, which is a Jacobian."""
        self.subject.kind = "jacobian"
        self.reading = self.subject.read(self.subject.leaves)
        return self.reading

    def check_here(self, noise: Noise, slopes: Slopes | None) -> GradientCheck:
        """x alone, for a derivative that nobody wrote by hand and that was `differentiated`: no state, no point nearby.

        Parameters
        ----------
        noise : Noise
            Of f; that of the claim is measured here.
        slopes : Slopes or None
            Of f along all elements of x; None: random directions are enough.
        """
        subject, point, reading = self.subject, self.point, self.reading
        with np.errstate(all="ignore"):
            self._read(reading, None)
            if self._measurable and reading.matrix is not None:
                noise = replace(noise, claim=measure_noise(subject, point, reading, self.rng, loops=False).claim)
                self.points.append(self._at(point, reading, noise, directions=slopes is None, slopes=slopes))
            if noise.random.any():
                self.findings.append(Finding("right", "random f", f"{point.function.name} answers differently at the same x"))
            return GradientCheck(subject, point, self.points, self.findings, self.rtol, self.chance)

    @property
    def _measurable(self) -> bool:
        return not self._settled and bool(np.all(np.isfinite(self.point.x)))

    def _read(self, reading: Reading, result: Any) -> None:
        """What is said before any number is looked at."""
        if reading.fault:
            self.findings.append(
                Finding("wrong", "shape" if "shape" in reading.fault else "dtype", f"the derivative {reading.fault}")
            )
        if reading.note:
            self.findings.append(Finding("right", "dtype", reading.note))
        if not np.all(np.isfinite(self.point.x)):
            self.findings.append(Finding("inconclusive", "not finite", "x is not finite everywhere, and nothing lies beside it"))
        elif not np.all(np.isfinite(self.point.value)):
            self.findings.append(Finding("inconclusive", "not finite", "f(x) is not finite everywhere, and has no slope there"))
        if self.subject.kind == "value_and_grad" and reading.matrix is not None:
            self._read_value(self.subject.ask(self.subject.leaves)[0] if result is None else result[0])

    def _read_value(self, value: Any) -> None:
        found, own = np.asarray(value, float).ravel(), self.value
        close = found.shape == own.shape and np.allclose(found, own, rtol=1e-6 if found.size else 0, atol=0, equal_nan=True)
        if not close:
            text = f"the value of the pair is {found.ravel()[:3]}, but f(x) is {own[:3]}"
            self.findings.append(Finding("wrong", "value", text))

    def _judge(self, reading: Reading) -> None:
        subject, point = self.subject, self.point
        nearby = find_nearby(subject, point, self.rng)
        noise = measure_noise(subject, point, reading, self.rng, loops=not self._large)
        self.findings += check_state(subject, point, nearby, noise)
        if subject.kind in SEEDED and not self._random:
            self.findings += check_linear(subject, reading, self.rng)
        first = self._at(point, reading, noise, directions=self._large)
        if noise.random.any() and first.verdict != "right":
            first = self._averaged(first)
        self.points.append(first)
        if nearby is not None and not self._settled and (first.verdict != "wrong" or self._has_witness(first)):
            try:
                beside = self._nearby(nearby, self._repeats_nearby(first))
            except CallsSpent:
                text = "the point nearby was not looked at to the end: the calls of f are spent"
                self.findings.append(Finding("right", "nearby", text))
                beside = None
            if first.verdict == "wrong":
                first.witness = beside
            elif beside is not None:
                self.points.append(beside)
        if np.any(point.x) and not noise.random.any() and not self._settled and self.points[-1].verdict != "wrong":
            self._judge_zero(noise)

    @property
    def _large(self) -> bool:
        return self.point.x.size > FULL[self.subject.derivative]

    @property
    def _directed(self) -> bool:
        """Whether the claim is asked for directions alone: a column for each of many elements is too much."""
        return self._large and self.subject.kind in ("jvp", "hvp")

    @property
    def _random(self) -> bool:
        return any(finding.cause == "random claim" for finding in self.findings)

    @property
    def _settled(self) -> bool:
        return any(finding.verdict == "wrong" for finding in self.findings)

    def _at(
        self,
        point: Point,
        reading: Reading,
        noise: Noise,
        *,
        directions: bool,
        repeats: int = 1,
        slopes: Slopes | None = None,
        search: bool = True,
    ) -> PointCheck:
        """The check of one point."""
        if repeats > 1:
            reading, noise = mean_claim(self.subject, point, reading, noise, repeats)
        if not directions:
            place = point if repeats == 1 else point_at(self.subject, point.x, repeats)
            return check_point(self.subject, place, reading, self.rtol, self.rng, noise, slopes)
        large = LargeCheck(self.subject, point, reading, noise, self.rng, self.rtol, repeats, search=search)
        found = large.check()
        if not self.points:
            self.chance = large.chance(found)
        return found

    def _averaged(self, first: PointCheck) -> PointCheck:
        """What random noise left open, with means of f: half of the calls are left for the point nearby."""
        self.subject.f.most = max(MOST_CALLS, self.subject.f.calls + 4 * DRIFT_REPEATS)
        base = RepeatedPoint(self.point.function, DRIFT_REPEATS)
        subject, leaves = self.subject, self.subject.at(self.point.x)
        seconds = min(seconds_of(lambda: value_at(subject, leaves, self.point)) for _ in range(5))
        left = max(subject.f.most - subject.f.calls - DRIFT_REPEATS, 0)
        calls = min(left, MOST_SECONDS / max(seconds, 1e-9)) / 2
        directions = self._large or too_many(first.lines, calls)

        def check(repeats: int) -> PointCheck:
            return self._at(self.point, first.reading, first.noise, directions=directions, repeats=repeats)

        subject.f.most -= DRIFT_REPEATS
        found, findings = average(first, check, calls, self.rtol)
        subject.f.most += DRIFT_REPEATS
        if found is not first and base.drifts():
            text = "f's answers drift from call to call, so that their means tell nothing: reset what it keeps at each call"
            self.findings.append(Finding("inconclusive", "drift", text))
            return first
        self.findings += findings
        return found

    def _repeats_nearby(self, first: PointCheck) -> int:
        """As many as at x, if the calls that are left suffice."""
        left = self.subject.f.most - self.subject.f.calls
        if first.repeats == 1 or left == np.inf:
            return first.repeats
        affordable = int(left / (CAUTION * max(first.evaluations, 1)))
        return min(first.repeats, max(affordable, FEWEST_REPEATS))

    def _has_witness(self, first: PointCheck) -> bool:
        """Whether a wrong claim is worth the calls of a second point, for the sake of its cause alone."""
        if first.judgement is None or first.noise.random.any():
            return False
        return any(finding.cause == "alike" for finding in first.findings) if self._large else first.directions is None

    def _nearby(self, nearby: Array, repeats: int) -> PointCheck | None:
        """A derivative that is right at x alone is wrong."""
        subject = self.subject
        try:
            reading = Reading(None) if self._directed else subject.read(subject.at(nearby))
        except OUTSIDE as error:
            text = f"the derivative raises {type(error).__name__} nearby, so it was checked at x alone"
            self.findings.append(Finding("right", "nearby", text))
            return None
        if reading.fault:
            self.findings.append(Finding("wrong", "shape", f"the derivative is fine at x, but nearby it {reading.fault}"))
            return None
        point = point_at(subject, nearby)
        noise = self.points[0].noise if self._large else measure_noise(subject, point, reading, self.rng)
        many = self._large or self.points[0].directions is not None
        many |= subject.derivative == 1 and point.x.size * point.value.size > NEARBY_FULL
        found = self._at(point, reading, noise, directions=many, repeats=repeats, search=self.points[0].verdict != "wrong")
        found.place = "nearby"
        return found

    def _judge_zero(self, noise: Noise) -> None:
        """Nor is one right that is wrong at 0, though f is smooth there."""
        try:
            found = probe_zero(self.subject, noise, self.rng, directed=self._directed, check=self._at_zero)
        except UNASKED:
            return
        if found is not None:
            found.place = "zero"
            self.points.append(found)

    def _at_zero(self, zeros: Array, reading: Reading) -> PointCheck:
        point = point_at(self.subject, zeros)
        noise = measure_noise(self.subject, point, reading, self.rng)
        return self._at(point, reading, noise, directions=self._large)
