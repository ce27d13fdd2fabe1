"""Hands out the cells of a grid to an executor, and writes their rows as they come back."""

from __future__ import annotations

import contextlib
import queue
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from ..errors import OptionError, ResultsError, SweepError
from ..rows import STATUSES, UNSETTLED, Row
from .cell import Cell
from .grid import Grid
from .isolation import LocalExecutor, request_of, run_cell
from .progress import Progress
from .results import from_json
from .writing import ResultsWriter

#: Called after each cell with its row, the number of cells done and of all cells.
Report = Callable[[Row, int, int], None]
#: How often a cell is started whose worker is lost.
_ATTEMPTS = 2
#: Seconds, and twice the deadline of a cell, after which any worker has answered: after a longer silence there is none.
_SILENCE = 300.0
#: Cells in flight on an executor that does not tell how many workers it has.
_UNKNOWN_WORKERS = 4


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
    if unknown := sorted(set(retry) - set(STATUSES)):
        raise OptionError(f"There is no status {unknown[0]!r} to try again. The statuses are {', '.join(STATUSES)}.")
    cells, start, finished = grid.cells(), monotonic(), False
    for cell in {(cell.problem.name, cell.label): cell for cell in cells}.values():
        request_of(cell, grid.limits)  # what cannot travel is refused before anything is written
    bar = Progress(progress if isinstance(progress, bool) else None)
    report = progress if callable(progress) else bar.advance
    owned = LocalExecutor(workers or 1) if executor is None else None
    with bar, ResultsWriter(out, grid.to_dict(), resume=True) as writer:
        width = workers or (1 if executor is None else getattr(executor, "_max_workers", None) or _UNKNOWN_WORKERS)
        driver = Driver(grid, writer, owned or executor, width, report, cells)
        try:
            driver.resume(retry)
            driver.drive(start + grid.total)
            finished = True
        finally:
            for future in driver.in_flight:
                future.cancel()
            if owned is not None:
                owned.shutdown(cancel_futures=not finished)
            # Where the disk is full, that is what is to be said, and not that the end could not be written either.
            with contextlib.suppress(*([] if finished else [ResultsError])):
                writer.write_end(finished=finished, seconds=monotonic() - start)


@dataclass
class Driver:
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
        earlier = self.writer.earlier.by_key if self.writer.earlier else {}
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
        request = request_of(cell, self.grid.limits)
        try:
            future = self.executor.submit(run_cell, request)
        except Exception as error:  # a broken pool, one that was shut down, a cluster that is gone: each raises its own
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
