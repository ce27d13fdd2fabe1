"""What sparse derivatives cost beside dense ones, and how they grow.

``python -m benchmarks.sparsity`` prints a Markdown table. Each row is a derivative, with how often f was called for it, the
entries that came out, the smallest and the median time of some rounds, and the most memory that NumPy held at once. A dense
derivative beside a sparse one is timed in turn with it. Those that would need more than a gigabyte have no row.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import click
import numpy as np

import admodes as ad

RNG = np.random.default_rng(0)
SECONDS = 2.0


class Work(NamedTuple):
    """A derivative to take: ``operator(f, x, **options)``."""

    name: str
    operator: Callable[..., Any]
    f: Callable[..., Any]
    x: Any
    args: tuple[Any, ...] = ()
    sparse: bool = True
    method: str = "auto"

    def run(self, f: Callable[..., Any] | None = None) -> Any:
        """The derivative."""
        options = {"sparse": True} if self.sparse else {}
        return self.operator(f or self.f, self.x, self.method, args=self.args, **options)


def sigmoid(x: Any) -> Any:
    """A layer of the lecture, elementwise."""
    return 1 / (1 + np.exp(-x))


def stencil(x: Any) -> Any:
    """Three neighbours."""
    return np.roll(x, 1) * x - np.roll(x, -1)


def arrow(x: Any) -> Any:
    """A long row, a long column and a diagonal."""
    return np.concatenate([[np.sum(x**2)], x[1:] * x[0] + x[1:] ** 2])


def rosenbrock(x: Any) -> Any:
    """The chained Rosenbrock function."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def skip_gram(vectors: Any, center: Any, context: Any, negatives: Any) -> Any:
    """The loss of skip-gram with negative sampling."""
    own = vectors["own"][center]
    near = np.sum(own * vectors["context"][context], axis=1)
    far = np.einsum("bd,bkd->bk", own, vectors["context"][negatives])
    return np.sum(np.logaddexp(0, -near)) + np.sum(np.logaddexp(0, far))


def words(count: int, batch: int = 16) -> tuple[Any, tuple[Any, ...]]:
    """Vectors of 100 numbers for `count` words, and a batch."""
    vectors = {name: 0.1 * RNG.normal(size=(count, 100)) for name in ("own", "context")}
    return vectors, (RNG.integers(0, count, batch), RNG.integers(0, count, batch), RNG.integers(0, count, (batch, 5)))


def workloads() -> list[list[Work]]:
    """Those of one list are timed in turn."""
    layer, batch = RNG.normal(size=2048), RNG.normal(size=204_800)
    groups = [
        [Work("sigmoid layer, 2,048 x 2,048", ad.jacobian, sigmoid, layer, sparse=flag) for flag in (True, False)],
        [Work("its mini-batch of 100, 204,800 x 204,800", ad.jacobian, sigmoid, batch)],
        [Work("three neighbours, 2,048", ad.jacobian, stencil, layer, sparse=flag) for flag in (True, False)],
        [Work("three neighbours, 204,800", ad.jacobian, stencil, batch)],
        [Work("arrow, 2,048", ad.jacobian, arrow, layer, sparse=flag) for flag in (True, False)],
        [Work("arrow, 204,800", ad.jacobian, arrow, batch)],
        [Work("Rosenbrock's Hessian, 1,000", ad.hessian, rosenbrock, layer[:1000], sparse=flag) for flag in (True, False)],
        [Work("Rosenbrock's Hessian, 204,800", ad.hessian, rosenbrock, batch)],
    ]
    for count in (1_000, 10_000, 100_000):
        x, args = words(count)
        groups.append([Work(f"skip-gram, {count:,} words", ad.gradient, skip_gram, x, args, flag) for flag in (True, False)])
    return groups


def calls_of(work: Work) -> int:
    """How often f is called."""
    count = 0

    def counted(*arguments: Any) -> Any:
        nonlocal count
        count += 1
        return work.f(*arguments)

    work.run(counted)
    return count


def peak_of(work: Work) -> float:
    """Megabytes that are held at most."""
    tracemalloc.start()
    try:
        work.run()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def times_of(group: list[Work]) -> list[list[float]]:
    """Seconds of each, in turn, until time is up."""
    times: list[list[float]] = [[] for _ in group]
    end = perf_counter() + SECONDS * len(group)
    while perf_counter() < end or len(times[0]) < 3:
        for work, own in zip(group, times, strict=True):
            start = perf_counter()
            work.run()
            own.append(perf_counter() - start)
    return times


def main() -> None:
    """Print the table."""
    click.echo("| derivative | sparse | calls of f | entries | minimum, ms | median, ms | peak, MB |")
    click.echo("|---|---|---|---|---|---|---|")
    for group in workloads():
        facts = [(calls_of(work), _entries(work.run()), peak_of(work)) for work in group]
        for work, (calls, entries, peak), own in zip(group, facts, times_of(group), strict=True):
            flag = "yes" if work.sparse else "no"
            seconds = f"{1000 * min(own):.1f} | {1000 * median(own):.1f}"
            click.echo(f"| {work.name} | {flag} | {calls} | {entries:,} | {seconds} | {peak:.1f} |")


def _entries(found: Any) -> int:
    if isinstance(found, dict):
        return sum(map(_entries, found.values()))
    return int(found.values.size if isinstance(found, ad.SparseRows) else getattr(found, "nnz", np.size(found)))


if __name__ == "__main__":
    main()
