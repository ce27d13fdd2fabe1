"""Rows as measurements would leave them, for what is made of rows."""

from __future__ import annotations

import math
from dataclasses import replace

from admodes.rows import Row, Timing

SIZES = (1, 4, 16, 64)
#: Seconds of f, and what each method takes at n inputs and m outputs.
F_SECONDS = 1e-6
COST = {
    "finite": lambda n, m: 12e-6 * n,
    "symbolic": lambda n, m: 1e-3 * n * m,
    "forward": lambda n, m: 20e-6 + 2e-6 * n,
    "reverse": lambda n, m: 20e-6 + 2e-6 * m,
}


def row(method, n, m, seconds=None, error=1e-16, problem="layer", **changes):
    """A verified row with everything that can be measured."""
    seconds = COST[method](n, m) if seconds is None else seconds
    measured = Row(problem, n, m, method, "ok", part="grid", error=error, digits=-math.log10(error) if error else 16.0)
    measured = replace(
        measured,
        time=Timing((seconds, 1.1 * seconds, 1.2 * seconds), 10, 2 * seconds),
        f_time=Timing((F_SECONDS,) * 3, 100, 2 * F_SECONDS),
        ratio=seconds / F_SECONDS,
        calls=n,
        operations=10 * n * m + 5,
        f_operations=5,
        peak_bytes=1000 * n + 8 * m,
        f_peak_bytes=100,
    )
    return replace(measured, **changes)


def failed(method, n, m, status="error", reason="it broke", **changes):
    """A row without any number."""
    return Row(**{"problem": "layer", "inputs": n, "outputs": m, "method": method, "status": status, "reason": reason} | changes)


def plain(*rows):
    """The rows without what only newer files have, and without samples."""
    missing = {"operations": None, "f_operations": None, "peak_bytes": None, "f_peak_bytes": None, "ratio": math.nan}
    return [replace(one, time=Timing((), 0, 1e-3), f_time=Timing(), **missing) for one in rows]


def grid_rows():
    """Every method at every size; the largest formulas were stopped, and one finite difference is wrong."""
    rows = []
    for n in SIZES:
        for m in SIZES:
            rows += [row(method, n, m) for method in ("finite", "forward", "reverse")]
            stopped = n * m > 256
            rows.append(failed("symbolic", n, m, "timeout", stopped_after=4.0) if stopped else row("symbolic", n, m))
    return [replace(one, status="inaccurate") if (one.method, one.inputs) == ("finite", 4) else one for one in rows]


def prepared_rows():
    """One cell in which preparing pays for itself: after 10 calls, and against the fastest after 201."""
    slow = row("symbolic", 4, 4, 1e-3, preparation=9.5e-3, prepared=Timing((5e-5,), 1))
    fast = row("reverse", 4, 4, 1e-4 - 2.5e-6)
    return [slow, fast]
