"""One method after the other against the slopes of f, each within its share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...api import differentiate
from ...errors import AdmodesError
from ...formatting import format_seconds
from ...limits import TimeLimitReached, time_limit
from ...methods import find_differentiator
from ..asking.naming import component_names
from ..asking.probes import Noise, measure_noise, value_at
from ..asking.subject import Reading, Subject
from ..judgement.elements import first_slopes
from ..judgement.verdicts import CLAIM_NOISE, NEGLIGIBLE
from ..progress import CALLS_A_SLOPE, seconds_of
from ..result import GradientCheck
from ..run import FULL, Run
from ..slopes.slopes import Slopes

Array = np.ndarray[Any, Any]

#: Methods that are exact but for rounding: two of them that differ by more contradict each other, whatever f's slopes are.
EXACT, CONTRADICTION = ("symbolic", "forward", "reverse", "complex", "auto"), 1e-2
#: The order in which they run: what easy ones leave of their share is there for the others.
EASE = ("reverse", "auto", "forward", "finite", "complex", "symbolic")
#: Calls of f for each element of x that a method cannot do without.
LEAST_CALLS = {"complex": 1, "finite": 2}


class _Claim:
    """A method's derivative of f, which is not asked again where the time does not suffice."""

    def __init__(self, f: Callable[..., Any], method: Any, deadline: float) -> None:
        self.f, self.method, self.deadline, self.longest = f, method, deadline, 0.0

    def __call__(self, x: Any, *args: Any) -> Any:
        start = time.perf_counter()
        if self.longest and start + self.longest > self.deadline:
            raise ValueError("too long")  # the checker then goes on with what it has
        found = differentiate(self.f, x, self.method, args=args)
        self.longest = max(self.longest, time.perf_counter() - start)
        return found


@dataclass
class Entrant:
    """A method and what became of it.

    Attributes
    ----------
    name : str or Differentiator
    subject : Subject
    matrix : ndarray, shape (m, n), or None
        Its derivative.
    check : GradientCheck or None
        That derivative against the slopes of f.
    fault : str
        Why one of them is missing.
    """

    name: Any
    subject: Subject
    matrix: Array | None = None
    check: GradientCheck | None = None
    fault: str = ""

    @property
    def verdict(self) -> str:
        return "inconclusive" if self.check is None else self.check.verdict

    @property
    def text(self) -> str:
        return self.fault or self.verdict

    @property
    def judged(self) -> Any:
        """What the slopes along single elements made of it; None where there are none."""
        point = self.check.points[0] if self.check is not None and self.check.points else None
        return None if point is None or point.directions is not None else point.judgement

    def _sizes(self, other: Entrant) -> Array:
        """The slopes that a difference is compared with, shape (m, n)."""
        sizes = [one.judged.size.T for one in (self, other) if one.judged is not None]
        if sizes:
            return np.asarray(np.fmax.reduce(sizes))
        largest = [np.max(np.abs(one), axis=1, keepdims=True, initial=0.0) for one in self._matrices(other)]
        return np.broadcast_to(np.fmax(*largest), self._matrices(other)[0].shape)

    def _matrices(self, other: Entrant) -> tuple[Array, Array]:
        assert self.matrix is not None and other.matrix is not None  # noqa: S101, PT018 - who has none is not compared
        return self.matrix, other.matrix

    def gaps(self, other: Entrant) -> Array:
        """Differences relative to the slopes, shape (m, n); NaN where one is no number."""
        one, two = self._matrices(other)
        with np.errstate(all="ignore"):
            gap, size = np.abs(one - two), self._sizes(other)
            relative = np.where(size > 0, gap / size, np.where(gap > 0, np.inf, 0.0))
        return np.where((one == two) | (np.isnan(one) & np.isnan(two)), 0.0, np.where(np.isnan(gap), np.nan, relative))

    def gap_to_slopes(self) -> float | None:
        """The largest difference from f's slopes where these are known and, unlike at kinks, one number; None where none is."""
        point = self.check.points[0] if self.check is not None and self.check.points else None
        judged = None if point is None else point.directions or point.judgement
        if judged is None or not judged.verdict.any():
            return None
        with np.errstate(all="ignore"):
            gap = np.abs(judged.claimed - judged.expected) / judged.size
        apart = ~judged.slopes.kink & (judged.verdict != 0) & (judged.claimed != judged.expected)
        return float(np.max(np.where(apart, gap, 0.0), initial=0.0))

    def contradicts(self, other: Entrant) -> str:
        """Where two exact methods cannot both be right, as the name of an element; "" where they can."""
        if not all(find_differentiator(one.name).name in EXACT for one in (self, other)) or self._random or other._random:
            return ""
        noise = sum((np.asarray(_noise(part).claim.T) for part in (self, other)), np.zeros((1, 1)))
        one, two = self._matrices(other)
        with np.errstate(all="ignore"):
            size = np.fmax(np.abs(one), np.abs(two))  # of a jump, f's own size tells nothing
            size += NEGLIGIBLE * np.max(size, axis=1, keepdims=True, initial=0.0, where=np.isfinite(size))
            apart = ~(np.abs(one - two) <= CONTRADICTION * size + CLAIM_NOISE * np.nan_to_num(noise)) & (self.gaps(other) != 0)
        return self._name(apart & ~self._kink())

    def parts_from(self, other: Entrant) -> str:
        """Where two methods choose different slopes at a kink, as the name of an element."""
        return self._name(self._kink() & ~(self.gaps(other) <= NEGLIGIBLE))

    def kinks(self) -> list[str]:
        """Elements at which f has one."""
        return [entry.index for entry in self.check.components if entry.kink][:4] if self.check is not None else []

    @property
    def _random(self) -> bool:
        return self.check is not None and any(finding.cause == "random f" for finding in self.check.findings)

    def _kink(self) -> Array:
        return np.asarray(np.zeros(self._matrices(self)[0].shape, bool) if self.judged is None else self.judged.slopes.kink.T)

    def _name(self, places: Array) -> str:
        where = np.flatnonzero(places.T)
        return component_names(self.subject)[where[0]] if where.size else ""


def _noise(entrant: Entrant) -> Noise:
    none = np.zeros((1, 1))
    return entrant.check.points[0].noise if entrant.check is not None and entrant.check.points else Noise(none, none, none, none)


class Contest:
    """All methods at one point; f's noise and slopes are measured once.

    Parameters
    ----------
    f, x, args, seed, seconds
        As for `cross_check`.
    """

    def __init__(self, f: Callable[..., Any], x: Any, args: Sequence[Any], seed: int, seconds: float) -> None:
        self.f, self.x, self.args, self.seed, self.seconds = f, x, args, seed, seconds
        self.start = time.perf_counter()
        self.own = self._run(f)
        self.name = self.own.subject.function.name
        subject, point = self.own.subject, self.own.point
        self.one = seconds_of(lambda: value_at(subject, subject.at(point.x), point))

    def _run(self, claim: Callable[..., Any]) -> Run:
        return Run(Subject(self.f, claim, self.x, self.args), None, self.seed)

    @property
    def left(self) -> float:
        """Seconds."""
        return max(self.seconds - (time.perf_counter() - self.start), 0.0)

    def run(self, names: Sequence[Any]) -> dict[Any, Entrant]:
        """All of them, the easy ones first; in the order of `names`."""
        order = sorted(names, key=lambda name: EASE.index(kind) if (kind := find_differentiator(name).name) in EASE else 3)
        noise, slopes = self._measured(self.left / (len(names) + 1))
        found = {name: self._enter(name, self.left / (len(order) - turn), noise, slopes) for turn, name in enumerate(order)}
        return {name: found[name] for name in names}

    def _measured(self, seconds: float) -> tuple[Noise | None, Slopes | None]:
        """Noise and slopes of f; no slopes where random directions have to do, and no noise where there is no time for it."""
        subject, point = self.own.subject, self.own.point
        noise = slopes = None
        try:
            with time_limit(seconds), np.errstate(all="ignore"):
                noise = measure_noise(subject, point, Reading(None), self.own.rng)
                if point.x.size <= FULL[1] and self.one * CALLS_A_SLOPE * point.x.size < seconds:
                    slopes = first_slopes(point, noise, np.arange(point.x.size))
        except TimeLimitReached:
            pass
        return noise, slopes

    def _enter(self, name: Any, seconds: float, noise: Noise | None, slopes: Slopes | None) -> Entrant:
        """One method, as far as its time goes."""
        run = self._run(_Claim(self.f, name, time.perf_counter() + seconds / 2))
        found = Entrant(name, run.subject)
        least = LEAST_CALLS.get(find_differentiator(name).name, 0) * run.point.x.size * self.one
        if least > seconds:
            found.fault = f"left out: it would take about {format_seconds(least)} or more{self._of(seconds)}"
            return found
        try:
            with time_limit(seconds):
                found.matrix = run.differentiated().matrix
                found.check = None if noise is None else run.check_here(noise, slopes)
        except TimeLimitReached:
            what = "its derivative" if found.matrix is None else "its comparison with f's slopes"
            found.fault = f"stopped: {what} took longer{self._of(seconds)}"
        except AdmodesError as error:
            found.fault = f"refused: {error}"
        except Exception as error:  # noqa: BLE001 - one method that fails is no reason to leave out the others
            found.fault = f"failed: {type(error).__name__}: {error}"
        return found

    def _of(self, seconds: float) -> str:
        share = f"than the {format_seconds(seconds)} that it had of seconds={self.seconds:g}"
        return f" {share}: allow for more, or give fewer elements of x"
