"""What the tests of reports share: rows as measurements leave them, claims, and results files made of them."""

from __future__ import annotations

import math
from dataclasses import replace

from admodes.reproduce.claims import Claim, Figure, Series
from admodes.reproduce.values import compared
from admodes.rows import Row, Timing
from admodes.sweeps.writing import ResultsWriter

METHODS = ("finite", "symbolic", "forward", "reverse")
SIZES = (1, 4, 16)
HOSTILE = 'secant <script>alert("x")</script> | & \u202e'


def row(method, n, m, seconds, error=1e-16, problem="dense layer", part="grid", **changes):
    """A row as a measurement would leave it; f takes a microsecond."""
    time, f_time = Timing((seconds, 1.1 * seconds, 1.2 * seconds), 10, 2 * seconds), Timing((1e-6,) * 3, 100, 2e-6)
    digits = -math.log10(error) if error > 0 else 16.0
    measured = Row(problem, n, m, method, "ok", part=part, error=error, worst=3 * error, worst_at="[0, 0]", digits=digits)
    ratio = seconds / 1e-6
    measured = replace(measured, time=time, f_time=f_time, ratio=ratio, ratio_low=0.9 * ratio, ratio_high=1.1 * ratio, calls=1)
    measured = replace(
        measured, operations=10, tape_nodes=3, tape_bytes=100, hand_error=1e-16, check="guarded", reference="closed form"
    )
    return replace(measured, **{"auto": "reverse" if m < n else "forward", **changes})


def plausible_rows():
    """A grid in which forward pays for inputs and reverse for outputs, with one failure of each kind."""
    rows = []
    for n in SIZES:
        for m in SIZES:
            rows += [
                row("finite", n, m, 12e-6 * n, 1e-11, calls=12 * n),
                row("symbolic", n, m, 1e-3 * n * m)
                if n * m < 64
                else failed("symbolic", n, m, "timeout", "stopped after 4 s", stopped_after=4.0),
                row("forward", n, m, 20e-6 + 2e-6 * n),
                row("reverse", n, m, 20e-6 + 2e-6 * m),
            ]
    digits = {"problem": "digits", "part": "problem"}
    rows += [row("reverse", 650, 1, 1e-4, **digits), row("forward", 650, 1, 5e-3, **digits)]
    rows.append(failed("finite", 650, 1, "error", "ValueError: <b>bold</b>", **digits))
    return rows


def failed(method, n, m, status, reason, **changes):
    return Row(
        **{
            "problem": "dense layer",
            "inputs": n,
            "outputs": m,
            "method": method,
            "status": status,
            "reason": reason,
            "part": "grid",
            **changes,
        }
    )


def write_results(path, rows, *, finished=True):
    with ResultsWriter(path, {"seed": 1}) as writer:
        for one in rows:
            writer.write_row(one)
        if finished is not None:
            writer.write_end(finished=finished, seconds=1.5)
    return path


def many_rows(count=700):
    """More rows of one problem than stand in a page."""
    return [row(method, n, 1, 1e-5 * n, problem="ladder", part="problem") for n in range(1, count // 2) for method in METHODS[2:]]


def claim(name="per-input", **changes):
    """A claim whose figure has two methods and something else."""
    lines = (Series("finite", (1.0, 4.0, 16.0), (3.0, 9.0, 33.0)), Series("reverse", (1.0, 4.0, 16.0), (1.0, 1.0, 1.0)))
    figure = Figure("inputs", "calls of f", (*lines, Series("theory", (1.0, 16.0), (2.0, 32.0))))
    values = (compared("finite at n = 16", 33), compared("reverse at n = 16", 1))
    whole = Claim(name, f"{name} is slow", "slide 1", "by counting", values, "holds", "finite took 33 calls", figure)
    return replace(whole, **changes)
