"""The measurement itself: every method on one subject, one row each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from numbers import Integral, Real
from typing import Any

from ..errors import AdmodesError, OptionError
from ..methods import choose_method
from ..recording import OperationCounts, count_operations
from ..rows import Row
from ..timing import Timing
from .accuracy import Check, Derivative, measure_error, require_same_shapes
from .cost import Candidate, Outcome, attempt, ratio_interval, sample_interleaved
from .counting import CallCounter, Operations, count
from .footprint import peak_bytes
from .preparation import with_preparation
from .references import Reference, confirmed, consensus, exact_expressions, family_of, given_reference
from .subject import Subject
from .witness import doubt, is_traced, traced_otherwise

#: The name of f itself among what is timed: no method can have it.
_PRIMAL = ""
#: A time ratio below this part of the counted calls of f is suspect (samples of a busy machine may be off by half). Calls
#: are a bound: whatever a method does, each of its calls of f takes what f takes. Operations are none: many in one call
#: of NumPy take less time each than few.
_SUSPECT = 0.5
#: Seconds that the exact reference may take, tracing and evaluations together; by its size it takes less.
_EXACT_SECONDS = 6.0
#: Seconds that the pass which watches memory may take at least: Python is several times slower meanwhile.
_MEMORY_SECONDS = 1.0


@dataclass(frozen=True)
class Effort:
    """How much time to spend on measuring.

    Parameters
    ----------
    rounds : int
        Interleaved rounds of timing; fewer where the budget ends first.
    budget : float
        Seconds for each method: first call, counting and timing together.
    sample_seconds : float
        How long one sample lasts at least.
    enough : float
        Seconds of timing after which a method gets no further round.

    Raises
    ------
    OptionError
        If there are no rounds, or no time.

    Examples
    --------
    >>> import admodes as ad
    >>> found = ad.sweep("rosenbrock", [2], methods=["reverse"], effort=ad.Effort(rounds=3, sample_seconds=0.001))
    >>> len(found.rows[0].time.samples)
    3
    """

    rounds: int = 15
    budget: float = 20.0
    sample_seconds: float = 0.005
    enough: float = 3.0

    def __post_init__(self) -> None:
        if not (isinstance(self.rounds, Integral) and is_positive(self.rounds)):
            raise OptionError(f"rounds must be an integer of at least 1, not {self.rounds!r}.")
        for name in ("budget", "sample_seconds", "enough"):
            seconds = getattr(self, name)
            if not (is_positive(seconds) or (name != "budget" and isinstance(seconds, Real) and seconds == 0)):
                raise OptionError(f"{name} must be a positive number of seconds, not {seconds!r}.")


def is_positive(value: Any) -> bool:
    """Whether an option is a real number above 0; NaN and texts are none."""
    return isinstance(value, Real) and float(value) > 0


@dataclass
class _Trial:
    """One method under way: what it returned, and what was counted."""

    method: Any
    first: Outcome
    value: Derivative | None = None
    counted: Outcome = field(default_factory=lambda: Outcome(seconds=0.0))
    calls: int | None = None
    operations: Operations = field(default_factory=Operations)

    @property
    def quickest(self) -> float:
        """Seconds that a call takes, roughly: one of the two may have been interrupted."""
        return min(self.first.seconds, self.counted.seconds)

    def left(self, budget: float) -> float:
        """Seconds left of the budget."""
        return max(budget - self.first.seconds - self.counted.seconds, 1e-3)


def measure(
    subject: Subject,
    methods: Mapping[str, Any],
    effort: Effort,
    *,
    reference: Any = None,
    tolerance: float | None = None,
) -> list[Row]:
    """One row a method.

    Parameters
    ----------
    subject : Subject
    methods : dict
        Name -> method, all known to exist.
    effort : Effort
    reference : array_like, container or callable, optional
    tolerance : float, optional
        1e-6 by default, in single precision 1e-3.

    Returns
    -------
    list of Row
        In the order of `methods`.
    """
    if tolerance is None:
        tolerance = 1e-3 if subject.single_precision else 1e-6
    trials = {name: _first_call(subject, method, effort) for name, method in methods.items()}
    if suspicion := traced_otherwise(subject, effort.budget):
        for trial in trials.values():
            if is_traced(trial.method):
                trial.value, trial.first.status, trial.first.reason = None, "error", suspicion
    against = _reference(subject, trials, reference, tolerance, effort)
    size = attempt(partial(count_operations, subject.f, subject.x, subject.args), effort.budget).value
    _count(subject, trials, size, effort)
    rows = _cost_rows(subject, trials, size, effort)
    judged = [_judged(rows[name], trial.value, against, tolerance) for name, trial in trials.items()]
    values = {name: trial.value for name, trial in trials.items()}
    return with_preparation(judged, subject, methods, values, effort, tolerance)


def _bare_row(subject: Subject, method: str) -> Row:
    auto = choose_method(subject.inputs, subject.outputs)[0]
    return Row(subject.name, subject.inputs, subject.outputs, method, "ok", operator=subject.operation.name, auto=auto)


def _first_call(subject: Subject, method: Any, effort: Effort) -> _Trial:
    trial = _Trial(method, attempt(subject.derivative(method, subject.f), effort.budget))
    if trial.first.status == "ok":
        try:
            trial.value = Derivative.of(trial.first.value, "the derivative").no_finer_than(subject.precision)
        except AdmodesError as error:
            trial.first.status, trial.first.reason = "error", str(error)
    trial.first.value = None  # the vector is enough; big Jacobians are not kept twice
    return trial


def _reference(subject: Subject, trials: Mapping[str, _Trial], given: Any, tolerance: float, effort: Effort) -> Reference:
    """What was given, exact expressions, or a consensus; a single family of methods gets a witness of another one."""
    values = {name: trial.value for name, trial in trials.items() if trial.value is not None}
    if given is not None:
        return given_reference(given, subject.x, subject.args, list(trials), next(iter(values.values()), None))
    families = {family_of(name) for name in values}
    methods = {name: trial.method for name, trial in trials.items()}
    if len(families) == 1 and not any(trial.value is None and is_traced(trial.method) for trial in trials.values()):
        witness = "forward" if "finite" in families else "finite"
        value = _first_call(subject, witness, effort).value
        if value is not None:
            values[witness] = value
    if len({(value.paths, value.shapes) for value in values.values()}) > 1:
        return Reference("none: the methods return derivatives of different shapes")
    if reason := doubt(subject, values, methods, tolerance, effort.budget):
        return Reference(f"none: {reason}")
    return _exact(subject, values, tolerance, effort) or consensus(values, tolerance)


def _exact(subject: Subject, values: Mapping[str, Derivative], tolerance: float, effort: Effort) -> Reference | None:
    """The exact derivative from expressions of f, where there is one and an independent method confirms it."""
    if not values:
        return None
    like = next(iter(values.values()))
    run = partial(exact_expressions, subject.f, subject.x, subject.args, like)
    exact = attempt(run, min(_EXACT_SECONDS, effort.budget)).value
    return None if exact is None else confirmed(exact, values, tolerance)


def _count(subject: Subject, trials: Mapping[str, _Trial], size: OperationCounts | None, effort: Effort) -> None:
    """Calls of f and operations of one derivative, in passes of their own whose times are not reported."""
    for trial in trials.values():
        if trial.value is None:
            continue
        counter = CallCounter(subject.f)
        trial.counted = attempt(subject.derivative(trial.method, counter), trial.left(effort.budget))
        trial.counted.value = None
        if trial.counted.status == "ok":
            trial.calls = counter.calls
            trial.operations = count(subject, trial.method, counter, size, trial.left(effort.budget))


def _cost_rows(subject: Subject, trials: Mapping[str, _Trial], size: OperationCounts | None, effort: Effort) -> dict[str, Row]:
    """Rows with all but the error: counts, seconds in rounds interleaved with f itself, and memory."""
    warm_up = [attempt(subject.primal(), effort.budget).seconds for _ in range(3)]
    candidates = {
        name: Candidate(subject.derivative(trial.method, subject.f), trial.quickest, trial.left(effort.budget), effort.enough)
        for name, trial in trials.items()
        if trial.calls is not None
    }
    candidates[_PRIMAL] = Candidate(subject.primal(), min(warm_up), effort.budget, effort.enough)
    timings = sample_interleaved(candidates, effort.rounds, effort.sample_seconds)
    watched = max(effort.enough, _MEMORY_SECONDS)
    peaks = {name: peak_bytes(candidate.run, min(candidate.limit, watched)) for name, candidate in candidates.items()}
    f_time = replace(timings[_PRIMAL], first=warm_up[0])
    rows = {}
    for name, trial in trials.items():
        row = replace(_bare_row(subject, name), status=trial.first.status, reason=trial.first.reason, f_time=f_time)
        row = replace(row, f_peak_bytes=peaks[_PRIMAL], peak_bytes=peaks.get(name))
        if row.status == "timeout":
            row = replace(row, stopped_after=trial.first.seconds)
        if size is not None:
            row = replace(row, f_operations=size.elementary, tape_nodes=size.nodes, tape_bytes=size.bytes)
        time = replace(timings.get(name, Timing()), first=trial.first.seconds)
        rows[name] = row if trial.value is None else _with_cost(row, time, trial.calls, trial.operations)
    return rows


def _with_cost(row: Row, time: Timing, calls: int | None, operations: Operations) -> Row:
    ratio, low, high = ratio_interval(time, row.f_time)
    return replace(
        row,
        time=time,
        calls=calls,
        **operations._asdict(),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        suspect=calls is not None and math.isfinite(high) and high < _SUSPECT * calls,
    )


def _judged(row: Row, value: Derivative | None, against: Reference, tolerance: float) -> Row:
    """The row with its error and the status that follows from it."""
    row = replace(row, reference=against.described(row.method), hand_error=against.hand_error)
    if value is None:
        return row
    reference = against.by_method.get(row.method)
    if reference is None:
        return replace(row, status="unverified", reason=f"the reference is {against.description}")
    try:
        require_same_shapes(value, reference)
    except AdmodesError as error:
        return replace(row, status="error", reason=str(error))
    if reference.vague:
        return replace(row, status="unverified", reason=f"the reference holds NaN at {reference.vague}, which says nothing")
    size, check = measure_error(value, reference), Check(reference, tolerance)
    row = replace(row, error=size.norm, worst=size.worst, worst_at=size.worst_at, digits=size.digits)
    row = replace(row, reference_error=against.accuracy.get(row.method, 0.0), check=check.weakness())
    row = replace(row, ulp=math.nan if row.is_bound else size.ulp)
    if not value.finite and reference.finite:
        return replace(row, status="nonfinite", reason="the derivative holds NaN or infinity, the reference does not")
    if not check.passes(value):
        reason = f"relative error {size.norm:.1e}, worst component {size.worst:.1e} at {size.worst_at}"
        return replace(row, status="inaccurate", reason=reason)
    return row
