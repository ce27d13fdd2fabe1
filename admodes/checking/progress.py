"""How far a long check is: its cost is estimated before it starts, and a bar counts the calls of f."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..bars import bar_class, somebody_looks
from .asking.subject import Subject

#: Checks that are expected to take longer than this many seconds show a bar, where somebody looks.
LONG = 3.0
#: Calls of f for one smooth slope, and beside the slopes, as they are on average.
CALLS_A_SLOPE, CALLS_BESIDE = 17, 40


def estimated_evaluations(lines: int) -> int:
    """Calls of f that a check of two points with so many slopes each is expected to take."""
    return CALLS_BESIDE + 2 * CALLS_A_SLOPE * lines


def seconds_of(call: Callable[[], Any]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextmanager
def progress(subject: Subject, evaluations: int, seconds: float) -> Iterator[None]:
    """A bar over the calls of f, if `seconds` are long and somebody looks."""
    if seconds < LONG or not somebody_looks():
        yield
        return
    bar = bar_class()(total=evaluations, initial=subject.f.calls, unit="call", desc="check", file=sys.stderr, leave=False)
    subject.f.watcher = bar.update
    try:
        yield
    finally:
        subject.f.watcher = None
        bar.close()
