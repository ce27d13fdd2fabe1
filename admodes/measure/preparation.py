"""What preparing a derivative once costs, and what a prepared one costs then."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from ..preparing import Prepared, has_preparation, prepare
from ..rows import Row
from .accuracy import Check, Derivative, measure_error
from .cost import Candidate, attempt, sample_interleaved
from .subject import Subject

#: The name of f itself among what is timed: no method can have it.
_PRIMAL = ""


class Limits(Protocol):
    """How long measuring may take (see `Effort`)."""

    @property
    def rounds(self) -> int: ...
    @property
    def budget(self) -> float: ...
    @property
    def sample_seconds(self) -> float: ...
    @property
    def enough(self) -> float: ...


@dataclass(frozen=True)
class _Ready:
    """A prepared derivative that was found right: what to call, and seconds of preparing it and of its first call."""

    run: Callable[[], Any]
    preparation: float
    call: float


def with_preparation(
    rows: Sequence[Row],
    subject: Subject,
    methods: Mapping[str, Any],
    values: Mapping[str, Derivative | None],
    effort: Limits,
    tolerance: float,
) -> list[Row]:
    """The rows with the columns `preparation` and `prepared`, or `unprepared`, for the methods that have something to prepare.

    Preparation is timed once, right after the method's own measurement: what libraries keep in caches, SymPy's above all,
    is warm. The prepared call is then sampled in rounds interleaved with f, within what is left of each method's budget. A
    prepared derivative that is not the method's own, or does not come about, is not reported, and the row says why.

    Parameters
    ----------
    rows : sequence of Row
    subject : Subject
    methods : dict
        Name -> method.
    values : dict
        Name -> what the method returned; None where it failed.
    effort : Effort
    tolerance : float
        Relative, of the comparison with the method's own derivative.

    Returns
    -------
    list of Row
    """
    done = {row.method: row for row in rows}
    ready: dict[str, _Ready] = {}
    for row in rows:
        value, method = values.get(row.method), methods[row.method]
        if value is None or not value.finite or not has_preparation(method):
            continue
        left = _left(row, effort)
        made = _prepared(subject, method, value, left, tolerance) if left > 0 else "there was no time left for it"
        if isinstance(made, _Ready):
            ready[row.method] = made
        else:
            done[row.method] = replace(row, unprepared=made)
    if ready:
        for name, timing in _sampled(subject, ready, done, effort).items():
            done[name] = replace(done[name], preparation=ready[name].preparation, prepared=timing)
    return list(done.values())


def _left(row: Row, effort: Limits) -> float:
    """Seconds that the method has left of its budget."""
    spent = 2 * row.time.first + sum(row.time.samples) * row.time.number
    return effort.budget - spent


def _prepared(subject: Subject, method: Any, value: Derivative, limit: float, tolerance: float) -> _Ready | str:
    """The prepared derivative, or why there is none."""
    operator = subject.operation.name
    made = attempt(partial(prepare, subject.f, subject.x, method, operator, args=subject.args), limit)
    if made.status != "ok":
        return f"preparing it failed: {made.reason}"
    prepared: Prepared = made.value
    if not prepared.prepares:
        # What is said of f beside its name is said here beside the method's.
        return re.sub("^it ", "f ", prepared.reason)
    run = partial(subject.operation.evaluate_prepared, prepared, subject.x)
    first = attempt(lambda: Derivative.of(run(), "the prepared derivative"), max(limit - made.seconds, 1e-3))
    if first.status != "ok":
        return f"the prepared derivative failed: {first.reason}"
    found = first.value
    if (found.paths, found.shapes) != (value.paths, value.shapes):
        return "the prepared derivative is of another shape than the method's own, so its cost is not reported"
    if not Check(value, tolerance).passes(found):
        size = measure_error(found, value)
        return f"the prepared derivative differs from the method's own (relative error {size.norm:.1e}): its cost is not reported"
    return _Ready(run, prepared.seconds, first.seconds)


def _sampled(subject: Subject, ready: Mapping[str, _Ready], rows: Mapping[str, Row], effort: Limits) -> dict[str, Any]:
    """Steady-state timings of the prepared derivatives, by method."""
    candidates = {
        name: Candidate(one.run, one.call, max(_left(rows[name], effort) - one.preparation, 1e-3), effort.enough)
        for name, one in ready.items()
    }
    f_time = next(iter(rows.values())).f_time
    expected = f_time.minimum if f_time.samples else f_time.first
    candidates[_PRIMAL] = Candidate(subject.primal(), expected, effort.budget, effort.enough)
    timings = sample_interleaved(candidates, effort.rounds, effort.sample_seconds)
    return {name: replace(timings[name], first=one.call) for name, one in ready.items()}
