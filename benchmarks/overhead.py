"""What the harness itself takes for a cell of a sweep, beside the calls of f and of the derivative that it measures.

``python -m benchmarks.overhead`` sweeps cells whose derivative takes a fraction of a millisecond, with the least effort:
one round of one call. What a cell takes then, from one row to the next, is nearly all overhead: a process of its own, the
problem made, the method warmed up, references, counts and memory, a row on the disk. The few calls of the
derivative that are in it are taken off by their measured times.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import click

import admodes as ad
from admodes.measure import DENSE_LAYER

#: Calls of the derivative in a cell of one round: warm-up, first call, calls of f, operations, one sample, memory.
CALLS = 6
SIZES = (1, 2, 3, 4, 5)


def overhead(method: str) -> float:
    """Seconds that the harness takes for one more cell of `method`: what starts a sweep is in the single cell as well."""
    many, calls = _elapsed(method, SIZES)
    one, call = _elapsed(method, SIZES[:1])
    return (many - calls - one + call) / (len(SIZES) ** 2 - 1)


def _elapsed(method: str, sizes: tuple[int, ...]) -> tuple[float, float]:
    """Seconds of a sweep, and of the derivative's calls in it."""
    effort = ad.Effort(rounds=1, sample_seconds=1e-9, enough=1e-9)
    grid = ad.Grid([ad.Block(DENSE_LAYER, sizes, sizes)], methods=[method], effort=effort)
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        rows = ad.sweep(grid, out=Path(folder) / "cells.jsonl").rows
        elapsed = perf_counter() - start
    return elapsed, sum(CALLS * row.time.minimum for row in rows)


def main() -> None:
    """Print the overhead a cell, in milliseconds, for each method."""
    for method in ("forward", "reverse"):
        found = median(overhead(method) for _ in range(3))
        click.echo(f"{method:9} {1000 * found:6.1f} ms a cell")


if __name__ == "__main__":
    main()
