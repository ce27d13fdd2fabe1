"""Steps chosen for each line on its own, until the extrapolated quotients are as good as f's rounding allows.

On each line the steps are looked for in four phases: *search* goes down until two steps tell nearly the same;
*grow* goes up where rounding would dominate; *ladder* halves the step until the limit has settled; *check* tries one
much smaller step, and where that contradicts the limit, the search goes on below it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .extrapolation import Limits, Table, best_limits, doubts
from .lines import Array, Derivatives, Direction, Point
from .plan import Plan
from .quotients import Quotient
from .samples import Samples

#: Values of f that one round of a chunk of lines may hold.
ROUND_VALUES = 2**16
#: Entries that are extrapolated together: few enough for their tables to stay in the processor's cache.
BLOCK_VALUES = 2**13
#: Lines in one chunk.
CHUNK_LINES = 1024
#: Entries of f that decide about steps where it has more of them; all are extrapolated in the end.
CONTROL_ENTRIES = 512


def settled_derivatives(
    point: Point, directions: Sequence[Direction], quotient: Quotient, starts: Array | None = None
) -> Derivatives:
    """The derivatives of f along straight lines through a point.

    Parameters
    ----------
    point : Point
    directions : sequence of Direction
    quotient : Quotient
    starts : ndarray, shape (lines,), optional
        The largest step of each line; chosen where None.
    """
    lines, entries = len(directions), point.value.size
    found = Derivatives(np.zeros((lines, entries), point.dtype), np.zeros((lines, entries)), np.ones(lines))
    if entries == 0:
        return found
    chunk = max(1, min(CHUNK_LINES, ROUND_VALUES // entries))
    for first in range(0, lines, chunk):
        part = slice(first, min(lines, first + chunk))
        samples = Samples(point, directions[part], quotient)
        found.steps[part] = _sample(samples, None if starts is None else starts[part])
        if samples.rounds:
            _extrapolate(samples, found.value[part], found.error[part])
    found.value[:, ~np.isfinite(point.value)] = np.nan
    found.error[np.isnan(found.value)] = np.inf
    point.check_domain()
    return found


def _sample(samples: Samples, starts: Array | None) -> Array:
    """Evaluate f beside x until every line is content."""
    control = _control(samples.point)
    given = [None] * len(samples.directions) if starts is None else starts.tolist()
    plans = [Plan(samples, line, control, start) for line, start in enumerate(given)]
    active = list(plans)
    while active:
        limits = _select(samples, [plan for plan in active if plan.judges], control)
        steps = np.full(len(plans), np.nan)
        for plan in active:
            step = plan.next_step(limits.get(plan.line))
            if step is not None:
                steps[plan.line] = step
        active = [plan for plan in active if not np.isnan(steps[plan.line])]
        if active:
            samples.add(steps)
    return np.array([plan.top for plan in plans])


def _control(point: Point) -> Array:
    """The entries that decide about steps: the first of each output, and others evenly spaced."""
    count = point.value.size
    spaced = np.linspace(0, count - 1, min(count, CONTROL_ENTRIES)).astype(int)
    starts = np.cumsum([0, *(output.size for output in point.outputs)])[:-1]
    entries = sorted({*spaced.tolist(), *starts[starts < count].tolist()})
    return np.array([entry for entry in entries if np.isfinite(point.value[entry])], dtype=int)


def _select(samples: Samples, plans: Sequence[Plan], entries: Array) -> dict[int, tuple[Limits, Array]]:
    """For each plan the limits so far and the doubts about them."""
    if not plans:
        return {}
    lines = np.array([plan.line for plan in plans])
    table = samples.table(lines, entries, samples.quotient)
    limits = best_limits(table, hopeful=True)
    _, doubt = doubts(table, limits)
    rows = [Limits(*(array[row] for array in limits.arrays())) for row in range(len(plans))]
    return {plan.line: (rows[row], doubt[row]) for row, plan in enumerate(plans)}


def _extrapolate(samples: Samples, value: Array, error: Array) -> None:
    """Fill `value` and `error`, by blocks of entries."""
    lines, entries = value.shape
    block = max(1, BLOCK_VALUES // lines)
    for first in range(0, entries, block):
        part = slice(first, min(entries, first + block))
        value[:, part], error[:, part] = _judge(samples.table(np.arange(lines), part, samples.quotient))
        if samples.quotient == Quotient():
            _fall_back(samples, value, error, part)


def _judge(table: Table) -> tuple[Array, Array]:
    limits = best_limits(table)
    return limits.value, np.maximum(limits.error, doubts(table, limits)[0])


def _fall_back(samples: Samples, value: Array, error: Array, part: slice) -> None:
    """One side of x for the entries that are not finite on the other: at the edge of f's domain."""
    for line in np.flatnonzero(~np.all(np.isfinite(error[:, part]), axis=1)):
        entries = np.arange(part.start, part.stop)[~np.isfinite(error[line, part])]
        for sided in ("forward", "backward"):
            found, doubt = _judge(samples.table(np.array([line]), entries, Quotient(1, sided)))
            better = doubt[0] < error[line, entries]
            value[line, entries[better]] = found[0, better]
            error[line, entries[better]] = doubt[0, better]
