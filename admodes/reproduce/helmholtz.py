"""The cost of the Helmholtz free energy's gradient in units of f: operations, calls, seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..finite import CentralDifferences
from ..measure.problems.basic import Helmholtz
from ..measure.subject import Subject
from ..measure.trials import Effort, measure
from ..rows import Row
from .values import DIFFERS, Table, Value, compared
from .work import work_of

SIZES = (1, 8, 15, 22, 29, 36, 43, 50)
SOURCE = (
    "A. G. Baydin et al., JMLR 18(153), 2018, table of the Helmholtz free energy (gradient times in units of f); only the ends "
    "n = 8 and n = 50 were at hand, at second hand, and are to be checked against the paper"
)
_PUBLISHED = {
    (8, "numerical"): "6.93",
    (50, "numerical"): "28.63",
    (8, "forward"): "2.66",
    (50, "forward"): "7.69",
    (8, "reverse"): "2.16",
    (50, "reverse"): "1.96",
}
_METHODS: dict[str, Any] = {
    "numerical": CentralDifferences(1, sided="forward"),
    "forward": "forward",
    "reverse": "reverse",
}


def mixture(n: int, seed: int = 0) -> tuple[Helmholtz, np.ndarray]:
    """f and x with all data uniform in (0, 0.1), made outside f."""
    rng = np.random.default_rng([seed, n])
    return Helmholtz(0.1 * rng.uniform(size=(n, n)), 0.1 * rng.uniform(size=n)), 0.1 * rng.uniform(size=n)


def helmholtz_table(sizes: tuple[int, ...] = SIZES, rounds: int = 7) -> Table:
    """Gradients of the free energy of n components by differences, forward and reverse mode."""
    values: list[Value] = []
    for n in sizes:
        f, x = mixture(n)
        subject = Subject.at(f, x, name="helmholtz")
        effort = Effort(rounds=rounds, budget=5.0, sample_seconds=0.002, enough=0.3)
        rows = measure(subject, _METHODS, effort, reference=f.derivative, tolerance=1e-3)
        work = work_of(f, x)
        units = {"numerical": n + 1.0, "forward": work.seeds("forward", n), "reverse": work.seeds("reverse", 1)}
        for row in rows:
            values += [
                _operations(n, row.method, units[row.method]),
                compared(f"n = {n}, {row.method}: time", row.ratio, note=_interval(row)),
            ]
    return Table(
        "The gradient of the Helmholtz free energy, in units of f",
        SOURCE,
        "R T = 1, all data uniform in (0, 0.1) and made outside f. Numerical: one-sided differences, n + 1 evaluations of f; "
        "forward: n tangents. A published ratio below n + 1 is none of evaluations: the published f drew its n^2 random numbers "
        "inside what was timed, which makes all the ratios too small. Published times are of compiled code and stand beside our "
        "counted operations; our times are NumPy's on small arrays, where a call costs more than its arithmetic.",
        tuple(values),
    )


def _operations(n: int, method: str, ours: float) -> Value:
    """Work in units of f, beside the published time."""
    quantity, published = f"n = {n}, {method}: operations", _PUBLISHED.get((n, method), "")
    if published and method == "numerical" and float(published) < n + 1:
        return Value(quantity, published, f"{ours:.2g}", DIFFERS, f"published is less than the n + 1 = {n + 1} evaluations", ours)
    return compared(quantity, ours, published, factor=1.3 if published else 0.0)


def _interval(row: Row) -> str:
    return f"95% interval {row.ratio_low:.3g} to {row.ratio_high:.3g}; calls of f: {row.calls}; {row.digits:.1f} digits"
