"""Hands out the cells and claims of a grid to an executor, and writes their rows as they come back."""

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
from ..rows import STATUSES, UNSETTLED
from .grid import Grid
from .isolation import LocalExecutor, request_of, run_cell
from .progress import Progress
from .results import from_json
from .unit import Outcome, Unit
from .writing import ResultsWriter

#: Called after each cell or claim with its row, the number of those that are done, and of all.
Report = Callable[[Outcome, int, int], None]
#: How often one is started whose worker is lost.
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
    """Measure the cells of `grid`, and test its claims, that the results file does not have yet. See `sweep`.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, after the finished rows were closed with a line that says so.
    """
    if workers is not None and workers < 1:
        raise OptionError(f"workers must be at least 1, not {workers}.")
    if unknown := sorted(set(retry) - set(STATUSES)):
        raise OptionError(f"There is no status {unknown[0]!r} to try again. The statuses are {', '.join(STATUSES)}.")
    units, start, finished = grid.units(), monotonic(), False
    for unit in {unit.series: unit for unit in units}.values():
        request_of(unit, grid.limits)  # what cannot travel is refused before anything is written
    bar = Progress(progress if isinstance(progress, bool) else None)
    report = progress if callable(progress) else bar.advance
    owned = LocalExecutor(workers or 1) if executor is None else None
    with bar, ResultsWriter(out, grid.to_dict(), resume=True) as writer:
        width = workers or (1 if executor is None else getattr(executor, "_max_workers", None) or _UNKNOWN_WORKERS)
        driver = Driver(grid, writer, owned or executor, width, report, units)
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
    """The one who hands out the units of work and writes their rows."""

    grid: Grid
    writer: ResultsWriter
    executor: Any
    workers: int
    report: Report
    units: list[Unit]
    pending: deque[Unit] = field(default_factory=deque)
    attempts: Counter[str] = field(default_factory=Counter)
    in_flight: dict[Future[bytes], Unit] = field(default_factory=dict)
    stopped: dict[tuple[str, ...], list[tuple[Unit, str]]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    machines: list[Any] = field(default_factory=list)
    done: int = 0

    def resume(self, retry: Sequence[str]) -> None:
        """Take over what the file has already."""
        before = self.writer.earlier
        earlier: dict[str, Outcome] = {} if before is None else {**before.by_key, **{row.key: row for row in before.claim_rows}}
        for unit in self.units:
            row = earlier.get(unit.key)
            if row is None or row.status in UNSETTLED or row.status in retry:
                self.pending.append(unit)
                self.written[unit.key] = "" if row is None else row.status
            else:
                self.done += 1
                self._note_stop(unit, row)

    def drive(self, deadline: float) -> None:
        """Run what is pending, and write each row as soon as it is there."""
        finished: queue.SimpleQueue[Future[bytes]] = queue.SimpleQueue()
        silence = 2 * self.grid.limits.seconds + _SILENCE
        while self.pending or self.in_flight:
            while self.pending and len(self.in_flight) < self.workers:
                unit = self.pending.popleft()
                row = self._reason_to_skip(unit, deadline)
                if row is not None:
                    self._record(unit, row)
                else:
                    self._submit(unit, finished)
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

    def _submit(self, unit: Unit, finished: queue.SimpleQueue[Future[bytes]]) -> None:
        self.attempts[unit.key] += 1
        request = request_of(unit, self.grid.limits)
        try:
            future = self.executor.submit(run_cell, request)
        except Exception as error:  # a broken pool, one that was shut down, a cluster that is gone: each raises its own
            raise SweepError(
                f"The executor takes no more cells: {type(error).__name__}: {error}. The rows so far are in {self.writer.path}: "
                "start the same sweep again with a new one."
            ) from error
        self.in_flight[future] = unit
        future.add_done_callback(finished.put)

    def _receive(self, unit: Unit, future: Future[bytes]) -> None:
        """Turn what came back into a row; a cell whose worker was lost is started once more."""
        problem = "the future was cancelled" if future.cancelled() else future.exception()
        if problem is not None:
            if self.attempts[unit.key] < _ATTEMPTS:
                self.pending.appendleft(unit)
                return
            said = problem if isinstance(problem, str) else f"{type(problem).__name__}: {problem}"
            self._record(unit, unit.row("lost", f"the worker was lost {_ATTEMPTS} times, at last with: {said}"))
            return
        reply = from_json(bytes(future.result()).decode())
        self._note_machine(reply.get("environment"))
        row = unit.read(reply["row"]) if "row" in reply else unit.row(**_columns(reply))
        self._record(unit, row)

    def _record(self, unit: Unit, row: Outcome) -> None:
        self._note_stop(unit, row)
        if row.status not in UNSETTLED or self.written.get(unit.key) != row.status:
            self.writer.write_row(row)
        self.done += 1
        self.report(row, self.done, len(self.units))

    def _note_stop(self, unit: Unit, row: Outcome) -> None:
        if unit.series is not None and row.status in ("timeout", "out of memory"):
            self.stopped.setdefault(unit.series, []).append((unit, row.status))

    def _note_machine(self, environment: dict[str, Any] | None) -> None:
        """Write down what a worker runs on, once."""
        description = {name: value for name, value in (environment or {}).items() if name != "created"}
        if description and description not in self.machines:
            self.machines.append(description)
            self.writer.write_machine(description)

    def _reason_to_skip(self, unit: Unit, deadline: float) -> Outcome | None:
        """The row of a cell that need not be run: its series was stopped at no larger a size, or the time is up."""
        for smaller, status in self.stopped.get(unit.series or (), []):
            if all(one <= other for one, other in zip(smaller.size, unit.size, strict=True)):
                where = "at {} in, {} out".format(*smaller.size)
                if status == "timeout":
                    return unit.row("skipped after timeout", f"was stopped {where}")
                return unit.row("skipped", f"ran out of memory {where}")
        if monotonic() >= deadline:
            return unit.row("skipped", f"the time for the whole sweep ({self.grid.total:.0f} s) was used up")
        return None


def _columns(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if name != "environment"}
