"""Other libraries' checkers in processes of their own: one that crashes or hangs loses a case, not the benchmark."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, cast

from .case import Case
from .confusion import Judgement
from .judging import judge
from .peers import INCONCLUSIVE, Peer

#: So many cases in a row without an answer, and the tool is not asked about the others: each costs a start and the limit.
MOST_FAILURES = 3
#: The most for the start of a process: some libraries take half a minute to import on a busy machine.
START_SECONDS = 300.0
_CODE = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from admodes.checking.benchmark.apart import serve; serve()"


def judge_apart(tool: Peer, cases: Callable[[], Iterable[Case]], seconds: float) -> Iterator[Judgement]:
    """What `tool` says about each case, in a process that is started anew where it ends or hangs.

    Parameters
    ----------
    tool : Peer
        Its function stands in a module, as does `cases`: the process imports both.
    cases : callable
    seconds : float
        The most for one case.

    Yields
    ------
    Judgement
        "inconclusive", with the reason, where there was no answer.
    """
    failures, reason, every = 0, "", list(cases())
    worker = _Worker(tool, cases, 0)
    try:
        for number, case in enumerate(every):
            if failures < MOST_FAILURES:
                said = worker.answer(seconds)
                if isinstance(said, Judgement):
                    failures = 0
                    yield said
                    continue
                failures, reason = failures + 1, said
                worker.end()
                if failures < MOST_FAILURES and number + 1 < len(every):
                    worker = _Worker(tool, cases, number + 1)
            yield Judgement(tool.name, case.name, case.category, case.right, INCONCLUSIVE, reason, 0)
    finally:
        worker.end()


class _Worker:
    """A process that judges the cases from `start` on, and says so line by line."""

    def __init__(self, tool: Peer, cases: Callable[[], Iterable[Case]], start: int) -> None:
        self.started = False
        self.process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", _CODE, json.dumps([str(folder) for folder in sys.path])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.lines: SimpleQueue[bytes] = SimpleQueue()
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()
        with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", self.process.stdin) as channel:
            channel.write(pickle.dumps((tool, cases, start)))

    def _read(self) -> None:
        with cast("IO[bytes]", self.process.stdout) as channel:
            for line in channel:
                self.lines.put(line)
        self.lines.put(b"")

    def answer(self, seconds: float) -> Judgement | str:
        """The next judgement, or why there is none."""
        try:
            if not self.started:
                self.started = bool(self.lines.get(timeout=START_SECONDS))
            line = self.lines.get(timeout=seconds) if self.started else b""
        except Empty:
            return f"no answer within {seconds if self.started else START_SECONDS:g} s"
        if line:
            return Judgement(**json.loads(line))
        code = self.process.wait()
        return f"crashed: {signal.strsignal(-code)}" if code < 0 else f"its process ended with exit code {code}"

    def end(self) -> None:
        """End the process; what it has not said is lost."""
        self.process.kill()
        self.process.wait()
        self.reader.join()


def serve() -> None:
    """What the process runs: a line when the tool is imported, and one for each case."""
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as answers:
        os.dup2(2, 1)  # what a library prints is no answer
        tool, cases, start = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started this one
        tool.missing()
        answers.write("ready\n")
        for case in list(cases())[start:]:
            answers.write(json.dumps(asdict(judge(tool, case))) + "\n")
