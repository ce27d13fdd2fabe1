"""How far a long check is: its cost is estimated before it starts, and a bar counts the calls of f."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .subject import Subject

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
    if seconds < LONG or not (_in_notebook() or sys.stderr.isatty()):
        yield
        return
    bar = _bar_class()(total=evaluations, initial=subject.f.calls, unit="call", desc="check", file=sys.stderr, leave=False)
    subject.f.watcher = bar.update
    try:
        yield
    finally:
        subject.f.watcher = None
        bar.close()


def _in_notebook() -> bool:
    """Whether a kernel of Jupyter runs us."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def _bar_class() -> Any:
    """The widget where a notebook can show it: tqdm.auto would warn where ipywidgets are missing."""
    if _in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as bar
    else:
        from tqdm import tqdm as bar
    return bar
