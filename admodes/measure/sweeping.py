"""`sweep`: every cell of a grid, each in a process of its own, each on disk as soon as it is done."""

from __future__ import annotations

import queue
import tempfile
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Self

from ..errors import OptionError, SweepError
from .cell import Cell
from .grid import Block, Grid
from .isolation import Limits, LocalExecutor, request_of, run_cell
from .nursery import memory_limit_problem
from .progress import Progress
from .ready_made import PROBLEMS, find_grid, find_problem, read_bytes
from .results import Results, from_json, read_results
from .rows import UNSETTLED, Row
from .writing import ResultsWriter

#: Called after each cell with its row, the number of cells done and of all cells.
Report = Callable[[Row, int, int], None]
#: How often a cell is started whose worker is lost.
_ATTEMPTS = 2
#: Seconds, and twice the deadline of a cell, after which any worker has answered: after a longer silence there is none.
_SILENCE = 120.0
#: Cells in flight on an executor that does not tell how many workers it has.
_UNKNOWN_WORKERS = 4


@dataclass(frozen=True, repr=False)
class Sweep:
    """What `sweep` measured: an iterable of rows.

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
    """

    results: Results
    path: Path | None = None

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """The sweep of a results file."""
        return cls(read_results(path), Path(path))

    @property
    def rows(self) -> list[Row]:
        """One row a cell."""
        return self.results.rows

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        counts = Counter(row.status for row in self.rows)
        found = ", ".join(f"{status} {count}" for status, count in counts.most_common())
        where = f" in {self.path}" if self.path else ""
        state = "" if self.results.complete else " (not finished)"
        return f"{len(self.rows)} cell{'s' * (len(self.rows) != 1)}{state}{where}: {found or 'none yet'}"

    __repr__ = __str__


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
        Cells at the same time: 1 by default on this machine, so that nothing else is running while a cell is timed.
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
    retry : sequence of str, optional
        Statuses of rows in `out` that are to be measured again, such as "timeout".
    progress : bool or callable, optional
        A bar, on a terminal and in a notebook by default; or ``progress(row, done, total)``.

    Returns
    -------
    Sweep

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
    grid = grid.changed(methods=methods, operators=operators, limits=limits, total=total, effort=effort, seed=seed)
    if out is None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "results.jsonl"
            run(grid, path, executor=executor, workers=workers, progress=progress)
            return Sweep(read_results(path))
    run(grid, out, executor=executor, workers=workers, retry=retry, progress=progress)
    return Sweep.read(out)


def _grid(problem: Any, inputs: Any, outputs: Any) -> Grid:
    name = str(problem) if isinstance(problem, (str, Path)) else ""
    if name and ":" not in name and name not in PROBLEMS:
        return find_grid(name).changed(inputs=inputs, outputs=outputs)
    if isinstance(problem, Grid):
        return problem.changed(inputs=inputs, outputs=outputs)
    if inputs is None:
        raise OptionError("inputs is missing: say over which numbers of inputs to sweep, e.g. inputs=[1, 10, 100].")
    problems = list(problem) if isinstance(problem, (list, tuple)) else [find_problem(name) if name else problem]
    return Grid([Block(one, inputs, (1,) if outputs is None else outputs) for one in problems])


def _limits(limits: Limits, deadline: float | None, memory: float | str | None) -> Limits:
    seconds = limits.seconds if deadline is None else deadline
    if memory is not None and (problem := memory_limit_problem()):
        warnings.warn(f"Cells are not limited to {memory} of memory: {problem}.", stacklevel=3)
    allowed = limits.memory if memory is None else read_bytes(memory) if isinstance(memory, str) else memory
    return Limits(seconds, allowed, limits.start)


def run(
    grid: Grid,
    out: str | Path,
    *,
    executor: Executor | None = None,
    workers: int | None = None,
    retry: Sequence[str] = (),
    progress: bool | Report | None = None,
) -> None:
    """Measure the cells of `grid` that the results file does not have yet. See `sweep`.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, after the finished rows were closed with a line that says so.
    """
    if workers is not None and workers < 1:
        raise OptionError(f"workers must be at least 1, not {workers}.")
    cells, start, finished = grid.cells(), monotonic(), False
    for cell in {(cell.problem.name, cell.label): cell for cell in cells}.values():
        request_of(cell, grid.limits)  # what cannot travel is refused before anything is written
    bar = Progress(progress if isinstance(progress, bool) else None)
    report = progress if callable(progress) else bar.advance
    owned = LocalExecutor(workers or 1) if executor is None else None
    with bar, ResultsWriter(out, grid.to_dict(), resume=True) as writer:
        width = workers or (1 if executor is None else getattr(executor, "_max_workers", None) or _UNKNOWN_WORKERS)
        driver = _Driver(grid, writer, owned or executor, width, report, cells)
        try:
            driver.resume(retry)
            driver.drive(start + grid.total)
            finished = True
        finally:
            for future in driver.in_flight:
                future.cancel()
            if owned is not None:
                owned.shutdown(cancel_futures=not finished)
            writer.write_end(finished=finished, seconds=monotonic() - start)


@dataclass
class _Driver:
    """The one who hands out cells and writes rows."""

    grid: Grid
    writer: ResultsWriter
    executor: Any
    workers: int
    report: Report
    cells: list[Cell]
    pending: deque[Cell] = field(default_factory=deque)
    attempts: Counter[str] = field(default_factory=Counter)
    in_flight: dict[Future[bytes], Cell] = field(default_factory=dict)
    stopped: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    machines: list[Any] = field(default_factory=list)
    done: int = 0

    def resume(self, retry: Sequence[str]) -> None:
        """Take over what the file has already."""
        earlier = {row.key: row for row in self.writer.earlier.rows} if self.writer.earlier else {}
        for cell in self.cells:
            row = earlier.get(cell.key)
            if row is None or row.status in UNSETTLED or row.status in retry:
                self.pending.append(cell)
                self.written[cell.key] = "" if row is None else row.status
            else:
                self.done += 1
                self._note_stop(cell, row)

    def drive(self, deadline: float) -> None:
        """Run what is pending, and write each row as soon as it is there."""
        finished: queue.SimpleQueue[Future[bytes]] = queue.SimpleQueue()
        silence = 2 * self.grid.limits.seconds + _SILENCE
        while self.pending or self.in_flight:
            while self.pending and len(self.in_flight) < self.workers:
                cell = self.pending.popleft()
                row = self._reason_to_skip(cell, deadline)
                if row is not None:
                    self._record(cell, row)
                else:
                    self._submit(cell, finished)
            if not self.in_flight:
                continue
            try:
                future = finished.get(timeout=silence)
            except queue.Empty:
                raise SweepError(
                    f"No worker has answered for {silence:.0f} s: they are gone, or never came. The rows so far are in "
                    f"{self.writer.path}: start the workers and the same sweep again."
                ) from None
            self._receive(self.in_flight.pop(future), future)

    def _submit(self, cell: Cell, finished: queue.SimpleQueue[Future[bytes]]) -> None:
        self.attempts[cell.key] += 1
        try:
            future = self.executor.submit(run_cell, request_of(cell, self.grid.limits))
        except RuntimeError as error:  # a broken pool, and one that was shut down
            raise SweepError(
                f"The executor takes no more cells: {type(error).__name__}: {error}. The rows so far are in {self.writer.path}: "
                "start the same sweep again with a new one."
            ) from error
        self.in_flight[future] = cell
        future.add_done_callback(finished.put)

    def _receive(self, cell: Cell, future: Future[bytes]) -> None:
        """Turn what came back into a row; a cell whose worker was lost is started once more."""
        problem = "the future was cancelled" if future.cancelled() else future.exception()
        if problem is not None:
            if self.attempts[cell.key] < _ATTEMPTS:
                self.pending.appendleft(cell)
                return
            said = problem if isinstance(problem, str) else f"{type(problem).__name__}: {problem}"
            self._record(cell, cell.row("lost", f"the worker was lost {_ATTEMPTS} times, at last with: {said}"))
            return
        reply = from_json(bytes(future.result()).decode())
        self._note_machine(reply.get("environment"))
        row = Row.from_dict(reply["row"]) if "row" in reply else cell.row(**_columns(reply))
        self._record(cell, row)

    def _record(self, cell: Cell, row: Row) -> None:
        self._note_stop(cell, row)
        if row.status not in UNSETTLED or self.written.get(cell.key) != row.status:
            self.writer.write_row(row)
        self.done += 1
        self.report(row, self.done, len(self.cells))

    def _note_stop(self, cell: Cell, row: Row) -> None:
        if row.status in ("timeout", "out of memory"):
            self.stopped.setdefault(cell.series, []).append(row)

    def _note_machine(self, environment: dict[str, Any] | None) -> None:
        """Write down what a worker runs on, once."""
        description = {name: value for name, value in (environment or {}).items() if name != "created"}
        if description and description not in self.machines:
            self.machines.append(description)
            self.writer.write_machine(description)

    def _reason_to_skip(self, cell: Cell, deadline: float) -> Row | None:
        """The row of a cell that need not be run: its series was stopped at no larger a size, or the time is up."""
        for row in self.stopped.get(cell.series, []):
            if row.inputs <= cell.inputs and row.outputs <= cell.outputs:
                where = f"at {row.inputs} in, {row.outputs} out"
                if row.status == "timeout":
                    return cell.row("skipped after timeout", f"was stopped {where}")
                return cell.row("skipped", f"ran out of memory {where}")
        if monotonic() >= deadline:
            return cell.row("skipped", f"the time for the whole sweep ({self.grid.total:.0f} s) was used up")
        return None


def _columns(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name != "environment"}
