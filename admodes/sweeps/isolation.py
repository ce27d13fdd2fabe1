"""Runs a unit of work, mostly a cell, in a process of its own with a deadline and a limit on its memory, wherever it is called.

`run_cell` takes one argument of bytes and returns bytes, so that any executor can carry it to another
process or machine. Whoever calls it keeps a `Nursery` for the next call; threads have one each.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import IO, Any, cast

from ..errors import OptionError, SweepError
from .channels import read_message
from .environment import THREADS
from .fingerprint import engine_fingerprint
from .memory import memory_limit_problem
from .unit import Unit

#: Seconds after the deadline when a process that should have answered by itself is given up: it may be loading modules.
_GRACE = 150.0
#: How worker processes start: by a fork of one that has everything loaded, or each anew.
STARTS = ("fork", "spawn")


@dataclass(frozen=True)
class Limits:
    """What one cell may take.

    Parameters
    ----------
    seconds : float
        Its process is killed after so long.
    memory : float, optional
        Bytes that it may take beyond what NumPy and SymPy take. By default three quarters of the machine's.
    start : str, optional
        "fork": a process that has everything loaded forks one for each cell. "spawn": each is started anew, which takes
        a second. By default "fork" on Linux, "spawn" elsewhere: the libraries of other systems do not survive a fork.

    Raises
    ------
    OptionError
        If a limit is not positive, or there is no such start here.

    Examples
    --------
    >>> import admodes as ad
    >>> from admodes.measure import ROSENBROCK
    >>> ad.Grid([ad.Block(ROSENBROCK, [2])], limits=ad.Limits(seconds=10.0, memory=1e9)).limits.seconds
    10.0
    """

    seconds: float = 120.0
    memory: float | None = None
    start: str = "fork" if sys.platform == "linux" else "spawn"

    def __post_init__(self) -> None:
        for name, value in (("seconds", self.seconds), ("memory", self.memory)):
            if value is not None and (not isinstance(value, (int, float)) or not value > 0):
                raise OptionError(f"The limit {name} must be a positive number, not {value!r}.")
        if self.start not in STARTS or (self.start == "fork" and not hasattr(os, "fork")):
            raise OptionError(f"Worker processes cannot start by {self.start!r} here: use 'spawn'.")

    def to_dict(self) -> dict[str, Any]:
        """For the header of the results; a limit that this system lacks says so."""
        kept: Any = "three quarters of the machine's" if self.memory is None else self.memory
        if problem := memory_limit_problem():
            kept = f"not limited: {problem}"
        return {"seconds": self.seconds, "memory": kept, "start": self.start}


def request_of(unit: Unit, limits: Limits) -> bytes:
    """The one argument of `run_cell`.

    Raises
    ------
    SweepError
        If the problem or the method cannot be sent to another process.
    """
    import cloudpickle

    head = {"seconds": limits.seconds, "memory": limits.memory, "start": limits.start, "engine": engine_fingerprint()}
    try:
        body = cloudpickle.dumps(unit)
    except Exception as error:
        raise SweepError(
            f"{unit.title} cannot be sent to a worker process, because of its problem or its method: "
            f"{type(error).__name__}: {error}. Open files, locks and connections must be made inside make(n, m, rng)."
        ) from error
    return json.dumps(head).encode() + b"\n" + bytes(body)


def run_cell(request: bytes) -> bytes:
    """Run the cell of `request` in a process of its own, kill it at its deadline, and return its reply.

    Parameters
    ----------
    request : bytes
        From `request_of`.

    Returns
    -------
    bytes
        JSON: ``{"environment": ..., "row": ...}``, or ``{"environment": ..., "status": ..., "reason": ...}``.

    Raises
    ------
    SweepError
        If the process is lost, or admodes is another version than where the request was made.
    """
    limits = json.loads(request.partition(b"\n")[0])
    if limits["engine"] != engine_fingerprint():
        raise SweepError("This worker has another version of admodes than the one that sent the cell: install the same on both.")
    if limits["start"] == "spawn":
        return _run_spawned(request, limits["seconds"])
    nursery = getattr(_thread, "nursery", None)
    if nursery is None:
        nursery = _thread.nursery = Nursery()
        if (owner := getattr(_thread, "owner", None)) is not None:
            owner.adopt(nursery)
    try:
        return nursery.run(request, limits["seconds"] + _GRACE)
    except BaseException:
        _thread.nursery = None
        nursery.close()
        raise


_thread = threading.local()


class Nursery:
    """The process of `nursery.serve`, seen from outside."""

    def __init__(self) -> None:
        self._process, self._errors = _start("serve")
        self._requests, self._replies = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        try:
            self._greeting = json.loads(self._receive(_GRACE))
        except BaseException:
            self.close()
            raise

    def run(self, request: bytes, seconds: float) -> bytes:
        """The reply to a request.

        Raises
        ------
        SweepError
            If the process is gone, or does not answer within `seconds`.
        """
        try:
            self._requests.write(len(request).to_bytes(8, "little") + request)
            self._requests.flush()
        except OSError as error:
            raise self._lost() from error
        reply = json.loads(self._receive(seconds))
        return json.dumps(self._greeting | reply).encode()

    def kill(self) -> None:
        """End the process and, with it, the cell that it runs."""
        self._process.kill()

    def close(self) -> None:
        """Let the process end: it does when nobody can ask it any more."""
        for pipe in (self._requests, self._replies, self._errors):
            with contextlib.suppress(OSError):
                pipe.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self.kill()
            self._process.wait()

    def __del__(self) -> None:
        if self.__dict__.get("_process") is not None and self._process.returncode is None:
            self.close()

    def _receive(self, seconds: float) -> bytes:
        channel, poll = self._replies.fileno(), select.poll()
        poll.register(channel, select.POLLIN)
        if not poll.poll(seconds * 1000):
            self.kill()
            raise self._lost()
        reply = read_message(channel)
        if reply is None:
            raise self._lost()
        return reply

    def _lost(self) -> SweepError:
        self._process.kill()
        self._errors.seek(0)
        said = self._errors.read()[-1000:].decode(errors="replace").strip()
        return SweepError(f"The worker process has ended or does not answer{f': {said}' if said else '.'}")


def _start(entry: str) -> tuple[subprocess.Popen[bytes], Any]:
    """A new interpreter that runs a function of `nursery`, with our own path to modules, one thread and no Ctrl-C."""
    code = f"import sys, json; sys.path[:] = json.loads(sys.argv[1]); from admodes.sweeps.nursery import {entry}; {entry}()"
    errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
    process = subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, json.dumps([str(folder) for folder in sys.path])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=dict.fromkeys(THREADS, "1") | os.environ,
        start_new_session=True,
    )
    return process, errors


def _run_spawned(request: bytes, seconds: float) -> bytes:
    """Run a cell in a fresh interpreter."""
    process, errors = _start("serve_once")
    message, start = len(request).to_bytes(8, "little") + request, monotonic()
    with process, errors:
        try:
            answer, _ = process.communicate(message, timeout=seconds)
        except subprocess.TimeoutExpired:
            spent = monotonic() - start
            reply = {"status": "timeout", "reason": f"killed after {spent:.3g} s", "stopped_after": spent}
            return json.dumps(reply).encode()
        finally:
            _kill_session(process)
        if len(answer) > 8:
            return answer[8:]
        errors.seek(0)
        said = errors.read()[-300:].decode(errors="replace").strip()
    how = f"crashed: {signal.strsignal(-process.returncode)}" if process.returncode < 0 else "the process ended by itself"
    return json.dumps({"status": "error", "reason": f"{how} ({said})" if said else how}).encode()


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and, where the system has sessions, all that it has started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


class LocalExecutor(ThreadPoolExecutor):
    """Threads of this process that wait for processes of their own: cells on this machine.

    Parameters
    ----------
    workers : int
        Cells at the same time.
    """

    def __init__(self, workers: int) -> None:
        self._nurseries: list[Nursery] = []
        self._stopped = False
        super().__init__(workers, "admodes", initializer=lambda: setattr(_thread, "owner", self))

    def adopt(self, nursery: Nursery) -> None:
        """Take over a process that one of the threads has started."""
        self._nurseries.append(nursery)
        if self._stopped:  # after it was noted: `shutdown` looks the other way round, so that none slips through
            nursery.kill()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes too; at once where futures are to be cancelled."""
        if cancel_futures:
            self._stopped = True
            for nursery in list(self._nurseries):
                nursery.kill()
        super().shutdown(wait, cancel_futures=cancel_futures)
        for nursery in self._nurseries:
            nursery.close()
