"""`sweep`: every cell of a grid, each in a process of its own, each on disk as soon as it is done."""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from ..errors import OptionError
from ..figures.grids import GridCollection
from ..formatting import plural
from ..measure.problems import PROBLEMS
from ..measure.scaling import Scaling, fit_scaling
from ..rows import Row
from .changes import Changes, compare_results
from .driving import Report, run
from .grid import Block, Grid
from .isolation import Limits
from .memory import memory_limit_problem
from .ready_made import find_grid, find_problem, read_bytes
from .results import Results, read_results
from .summary import summary_html


@dataclass(frozen=True, repr=False)
class Sweep(GridCollection):
    """What `sweep` measured: an iterable of rows, which draws itself and can be filtered.

    Parameters
    ----------
    results : Results
        Header, rows, and how the run ended.
    path : Path or None
        Of the results file, where one was asked for.

    Examples
    --------
    >>> import admodes as ad
    >>> found = ad.sweep("rosenbrock", [2, 3], methods=["reverse"])
    >>> print(found)
    2 cells: ok 2
    >>> [row.inputs for row in found if row.calls == 1]
    [2, 3]
    >>> print(found.filter(inputs=3))
    1 cell: ok 1
    """

    results: Results
    path: Path | None = None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The sweep of a results file."""
        return cls(read_results(path), Path(path))

    def compare_with(self, other: Sweep) -> Changes:
        """What changed from this sweep to `other`, an earlier to a later one, beyond the noise of measuring."""
        return compare_results(self.results, other.results, (str(self.path or "old"), str(other.path or "new")))

    @property
    def rows(self) -> list[Row]:
        """One row a cell."""
        return self.results.rows

    def _with_rows(self, rows: list[Row]) -> Self:
        kept = replace(self.results, rows=rows, by_key={row.key: row for row in rows if row.key})
        return replace(self, results=kept)

    @property
    def scaling(self) -> Scaling:
        """How the cost of each method grows with the sizes, of the problem with the most cells."""
        return fit_scaling(self.rows)

    def _fitted_crossover(self) -> Callable[[float], float] | None:
        line = self.scaling.crossover if self.rows else None
        return None if line is None else line.m_at

    def __str__(self) -> str:
        counts = Counter(row.status for row in self.rows)
        found = ", ".join(f"{status} {count}" for status, count in counts.most_common())
        where = f" in {self.path}" if self.path else ""
        state = "" if self.results.complete else " (not finished)"
        return f"{plural(len(self.rows), 'cell')}{state}{where}: {found or 'none yet'}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return summary_html(str(self), self.rows)


def sweep(
    problem: Any,
    inputs: Sequence[int] | int | None = None,
    outputs: Sequence[int] | int | None = None,
    methods: Sequence[Any] | None = None,
    *,
    operators: Sequence[str] | None = None,
    out: str | Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    deadline: float | None = None,
    memory: float | str | None = None,
    total: float | None = None,
    effort: Any = None,
    seed: int | None = None,
    claims: bool | None = None,
    retry: Sequence[str] = (),
    progress: bool | Report | None = None,
) -> Sweep:
    """Accuracy and cost of every method over a grid of dimensions, each cell in a worker process of its own.

    A cell that hangs, crashes or needs too much memory ends alone, with a status that says so. With `out`, every
    row is on the disk as soon as it is measured, and the same call goes on where an earlier one was stopped.

    Parameters
    ----------
    problem : Problem, sequence of Problem, Grid or str
        A name is that of a ready-made grid ("quick", "standard", "full"), of a TOML file, or ``module:problem``.
    inputs, outputs : sequence of int, optional
        Numbers of inputs and outputs of the problems, or of the largest part of a ready-made grid. 1 output by default.
    methods : sequence of str or Differentiator, optional
        All by default.
    operators : sequence of str, optional
        "differentiate" by default; also "gradient", "jacobian", "jvp", "vjp", "hvp", "hessian".
    out : str or Path, optional
        The results file: JSON Lines. Cells that it has already are not measured again, unless their problem's code or
        their method has changed. Without it the rows are only in memory.
    executor : concurrent.futures.Executor, optional
        Where the cells run: a process pool, ``distributed.Client(...).get_executor(pure=False)``, ... By default on this machine.
    workers : int, optional
        Cells at the same time: 1 by default on this machine, so that nothing else is running while a cell is timed; with an
        executor as many as it has workers, and 4 where it does not tell.
    deadline : float, optional
        Seconds after which the process of a cell is killed.
    memory : float or str, optional
        Bytes that a cell may take beyond what NumPy and SymPy take: ``2e9``, ``"2 GB"``; by default three quarters of the
        machine's. Enforced on Linux; elsewhere there is a warning, and the header of the results says so.
    total : float, optional
        Seconds for everything; what the time does not reach is recorded as skipped.
    effort : Effort, optional
        Rounds and seconds of the timing.
    seed : int, optional
        Of all random data.
    claims : bool, optional
        Whether the lectures' claims are tested too, in workers like the cells: ``found.results.claims``. By default the
        ready-made grids do so.
    retry : sequence of str, optional
        Statuses of rows in `out` that are to be measured again, such as "timeout".
    progress : bool or callable, optional
        A bar, on a terminal and in a notebook by default; or ``progress(row, done, total)``; row has a title and a status.

    Returns
    -------
    Sweep
        The rows of the cells that were asked for.

    Raises
    ------
    OptionError
        If a size, operator, grid or limit is not understood.
    UnknownMethodError
        If a method does not exist.
    ResultsError
        If the results file cannot be written, or another sweep writes it.
    SweepError
        If a problem cannot be sent to another process, or the executor is gone.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> cubes = ad.Problem("cubes", lambda n, m, rng: (lambda x: np.sum(x**3), rng.uniform(1, 2, n)), lambda f, x: 3 * x**2)
    >>> found = ad.sweep(cubes, inputs=[2, 4], methods=["forward", "reverse"])
    >>> [(row.inputs, row.method, row.status) for row in found]
    [(2, 'forward', 'ok'), (2, 'reverse', 'ok'), (4, 'forward', 'ok'), (4, 'reverse', 'ok')]
    """
    grid = _grid(problem, inputs, outputs)
    limits = _limits(grid.limits, deadline, memory)
    grid = grid.changed(methods=methods, operators=operators, limits=limits, total=total, effort=effort, seed=seed, claims=claims)
    how = {"executor": executor, "workers": workers, "progress": progress}
    return _in_memory(grid, how) if out is None else _on_disk(grid, Path(out), retry, how)


def _in_memory(grid: Grid, how: dict[str, Any]) -> Sweep:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.jsonl"
        run(grid, path, **how)
        return Sweep(read_results(path))


def _on_disk(grid: Grid, out: Path, retry: Sequence[str], how: dict[str, Any]) -> Sweep:
    """The rows that were asked for; the file may hold more: other sizes, and rows of earlier code."""
    run(grid, out, retry=retry, **how)
    results = read_results(out)
    results.rows = [results.by_key[cell.key] for cell in grid.cells()]
    return Sweep(results, out)


def _grid(problem: Any, inputs: Any, outputs: Any) -> Grid:
    name = str(problem) if isinstance(problem, (str, Path)) else ""
    if name and ":" not in name and name not in PROBLEMS:
        return find_grid(name).changed(inputs=inputs, outputs=outputs)
    if isinstance(problem, Grid):
        return problem.changed(inputs=inputs, outputs=outputs)
    problems = list(problem) if isinstance(problem, (list, tuple)) else [find_problem(name) if name else problem]
    if inputs is None:
        raise OptionError("inputs is missing: say over which numbers of inputs to sweep, e.g. inputs=[1, 10, 100].")
    return Grid([Block(one, inputs, (1,) if outputs is None else outputs) for one in problems])


def _limits(limits: Limits, deadline: float | None, memory: float | str | None) -> Limits:
    seconds = limits.seconds if deadline is None else deadline
    if memory is not None and (problem := memory_limit_problem()):
        warnings.warn(f"Cells are not limited to {memory} of memory: {problem}.", stacklevel=3)
    allowed = limits.memory if memory is None else read_bytes(memory) if isinstance(memory, str) else memory
    return Limits(seconds, allowed, limits.start)
