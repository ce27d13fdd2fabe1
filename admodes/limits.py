"""A time limit on a block of Python code, without a second process."""

from __future__ import annotations

import contextlib
import inspect
import math
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: Seconds after which a limit that something swallowed strikes again, and after which one does that must not strike yet.
_REPEAT, _LATER = 1.0, 0.02


class TimeLimitReached(BaseException):
    """The block ran past its limit. Not an `Exception`, so that no `except Exception` in f swallows it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop the block after `seconds` by raising `TimeLimitReached` inside it.

    The limit is a timer signal: it strikes between two Python instructions, so one long call
    into compiled code ends first. Where there are no such signals (Windows, a thread other than
    the main one) or the timer is in use, the block runs to its end. An import ends first as well:
    stopped half way, it would leave a broken module behind for the rest of the program.

    Parameters
    ----------
    seconds : float
        Infinity: no limit.
    """
    if not _can_interrupt() or math.isinf(seconds):
        yield
        return
    active = True
    block, own = _caller_of_the_block(), inspect.currentframe()
    report = sys.unraisablehook

    def strike(_signal: int, frame: FrameType | None) -> None:
        if active and (_is_at_an_edge(frame, block, own) or _is_importing(frame, block)):
            signal.setitimer(signal.ITIMER_REAL, _LATER, _REPEAT)
        elif active:
            raise TimeLimitReached

    def report_others(unraisable: Any) -> None:
        # A strike inside a destructor cannot be raised; the next one will be.
        if unraisable.exc_type is not TimeLimitReached:
            report(unraisable)

    sys.unraisablehook = report_others
    previous = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), _REPEAT)
    try:
        yield
    finally:
        active = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        sys.unraisablehook = report


def _caller_of_the_block() -> FrameType | None:
    """The frame that entered `time_limit`: behind this one, the generator's and contextlib's."""
    frame = inspect.currentframe()
    for _ in range(3):
        frame = None if frame is None else frame.f_back
    return frame


def _is_at_an_edge(frame: FrameType | None, block: FrameType | None, own: FrameType | None) -> bool:
    """Whether the block is just being entered or left: a strike there would skip the cleaning up, and leave the timer running."""
    return frame is own or (frame is not None and frame.f_back is block and frame.f_code.co_filename == contextlib.__file__)


def _is_importing(frame: FrameType | None, block: FrameType | None) -> bool:
    """Whether `frame` is inside an import that started inside `block`."""
    while frame is not None and frame is not block:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _can_interrupt() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    )
