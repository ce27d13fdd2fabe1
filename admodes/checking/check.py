"""The check of somebody's derivative: what is done in which order, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, OptionError
from ..finite.lines import Point
from .kinds import settle_kind
from .large import LargeCheck
from .points import PointCheck, check_point, point_at
from .probes import OUTSIDE, Noise, check_linear, check_state, find_nearby, measure_noise, value_at
from .progress import estimated_evaluations, progress, seconds_of
from .result import GradientCheck
from .subject import SEEDED, Reading, Subject
from .verdicts import Finding

Array = np.ndarray[Any, Any]

#: Elements of x up to which each one is checked by itself, for first and for second derivatives.
FULL = {1: 300, 2: 24}
#: Elements of a matrix above which the nearby point is checked along random directions: all outputs at once.
NEARBY_FULL = 4096


def check_gradient(
    f: Callable[..., Any] | None,
    grad: Callable[..., Any],
    x: Any,
    *,
    args: Sequence[Any] = (),
    kind: str = "auto",
    rtol: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Check a derivative that somebody wrote by hand.

    Parameters
    ----------
    f : callable
        ``f(x, *args)``. With ``kind="value_and_grad"`` it may be None: the value of the pair is f.
    grad : callable
        What is claimed to be f's derivative: ``grad(x, *args)``, or ``grad(x, v, *args)`` for jvp, vjp and hvp.
    x : array_like or container
        Where to check.
    args : sequence
        Further arguments of both.
    kind : {"auto", "gradient", "jacobian", "jvp", "vjp", "hessian", "hvp", "value_and_grad"}
        What `grad` is; "auto" tells it by its signature and shapes.
    rtol : float, optional
        The relative error that matters: smaller ones are right. By default any error that can be seen is wrong.
    seed : int
        Of the random directions and the nearby point.

    Returns
    -------
    GradientCheck
        True where the verdict is "right".

    Raises
    ------
    OptionError
        An unknown `kind`, one that the shapes leave open, or an `rtol` that is not positive.
    InputError, OutputError
        x or f(x) is nothing that has a derivative.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> def f(x):
    ...     return np.sum(x**3)
    >>> ad.check_gradient(f, lambda x: 3 * x**2, np.array([1.0, 2.0])).verdict
    'right'
    >>> check = ad.check_gradient(f, lambda x: 3 * x, np.array([1.0, 2.0]))
    >>> check.verdict, bool(check), check.components[1].claimed
    ('wrong', False, 6.0)
    """
    if rtol is not None and not (isinstance(rtol, (int, float)) and 0 < rtol < np.inf):
        raise OptionError(f"rtol={rtol!r} is no relative error: write e.g. rtol=1e-4, or leave it away.")
    if f is None:
        if kind not in ("auto", "value_and_grad"):
            raise OptionError(f"f is None, which only kind='value_and_grad' allows, not kind={kind!r}: give f.")
        kind, f = "value_and_grad", lambda *given: grad(*given)[0]
    for what, call in (("f", f), ("grad", grad)):
        if not callable(call):
            raise InputError(
                f"{what} is a {type(call).__name__}, not a function: pass the function itself, {what} and not {what}(x)."
            )
    rng = np.random.default_rng(seed)
    subject = Subject(f, grad, x, args)
    point = Point(subject.function)
    subject.output_shapes = [output.shape for output in point.outputs]
    result = settle_kind(subject, kind)
    with np.errstate(all="ignore"):  # bounds may be infinite, and differences of what is
        return _Run(subject, point, rtol, rng).check(result)


class _Run:
    """One check under way."""

    def __init__(self, subject: Subject, point: Point, rtol: float | None, rng: np.random.Generator) -> None:
        self.subject, self.point, self.rtol, self.rng = subject, point, rtol, rng
        self.findings: list[Finding] = []
        self.points: list[PointCheck] = []
        self.chance = ""

    def check(self, result: Any) -> GradientCheck:
        """All steps, until one of them settles it."""
        subject, point = self.subject, self.point
        reading = Reading(None) if self._directed else subject.read(subject.leaves, result)
        self._read(reading, result)
        if (reading.matrix is not None or self._directed) and not any(finding.verdict == "wrong" for finding in self.findings):
            size = 4 if self._large else self.point.x.size**subject.derivative
            estimate = estimated_evaluations(size)
            seconds = estimate * seconds_of(lambda: value_at(subject, subject.at(point.x), point))
            with progress(subject, estimate, seconds):
                self._judge(reading)
        return GradientCheck(subject, point, self.points, self.findings, self.rtol, self.chance)

    def _read(self, reading: Reading, result: Any) -> None:
        """What is said before any number is looked at."""
        if reading.fault:
            self.findings.append(
                Finding("wrong", "shape" if "shape" in reading.fault else "dtype", f"the derivative {reading.fault}")
            )
        if reading.note:
            self.findings.append(Finding("right", "dtype", reading.note))
        if not np.all(np.isfinite(self.point.value)):
            self.findings.append(Finding("inconclusive", "not finite", "f(x) is not finite everywhere, and has no slope there"))
        if self.subject.kind == "value_and_grad" and reading.matrix is not None:
            self._read_value(self.subject.ask(self.subject.leaves)[0] if result is None else result[0])

    def _read_value(self, value: Any) -> None:
        found, own = np.asarray(value, float).ravel(), self.point.value
        close = found.shape == own.shape and np.allclose(found, own, rtol=1e-6 if found.size else 0, atol=0, equal_nan=True)
        if not close:
            text = f"the value of the pair is {found.ravel()[:3]}, but f(x) is {own[:3]}"
            self.findings.append(Finding("wrong", "value", text))

    def _judge(self, reading: Reading) -> None:
        subject, point = self.subject, self.point
        nearby = find_nearby(subject, point, self.rng)
        noise = measure_noise(subject, point, reading, self.rng, coarse=not self._large)
        self.findings += check_state(subject, point, nearby, noise)
        if subject.kind in SEEDED and not self._random:
            self.findings += check_linear(subject, reading, self.rng)
        first = self._check(point, reading, noise, directions=self._large)
        if first.verdict != "wrong" and nearby is not None and not self._settled():
            self._judge_nearby(nearby)

    @property
    def _large(self) -> bool:
        return self.point.x.size > FULL[self.subject.derivative]

    @property
    def _directed(self) -> bool:
        """Whether the claim is asked for directions alone: a column for each of many elements is too much."""
        return self._large and self.subject.kind in ("jvp", "hvp")

    def _check(self, point: Point, reading: Reading, noise: Noise, *, directions: bool) -> PointCheck:
        if directions:
            large = LargeCheck(self.subject, point, reading, noise, self.rng, self.rtol)
            found = large.check()
            if not self.points:
                self.chance = large.chance(found)
        else:
            found = check_point(self.subject, point, reading, self.rtol, self.rng, noise)
        self.points.append(found)
        return found

    @property
    def _random(self) -> bool:
        return any(finding.cause == "random claim" for finding in self.findings)

    def _settled(self) -> bool:
        return any(finding.verdict == "wrong" for finding in self.findings)

    def _judge_nearby(self, nearby: Array) -> None:
        """A derivative that is right at x alone is wrong."""
        subject = self.subject
        try:
            reading = Reading(None) if self._directed else subject.read(subject.at(nearby))
        except OUTSIDE as error:
            text = f"the derivative raises {type(error).__name__} nearby, so it was checked at x alone"
            self.findings.append(Finding("right", "nearby", text))
            return
        if reading.fault:
            self.findings.append(Finding("wrong", "shape", f"the derivative is fine at x, but nearby it {reading.fault}"))
            return
        point = point_at(subject, nearby)
        noise = self.points[0].noise if self._large else measure_noise(subject, point, reading, self.rng)
        many = subject.derivative == 1 and point.x.size * point.value.size > NEARBY_FULL
        self._check(point, reading, noise, directions=self._large or many)
