"""A time limit on a block of Python code, without a second process."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Seconds after which a limit that something swallowed strikes again.
_REPEAT = 1.0


class TimeLimitReached(BaseException):
    """The block ran past its limit. Not an `Exception`, so that no `except Exception` in f swallows it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop the block after `seconds` by raising `TimeLimitReached` inside it.

    The limit is a timer signal: it strikes between two Python instructions, so one long call
    into compiled code ends first. Where there are no such signals (Windows, a thread other than
    the main one) or the timer is in use, the block runs to its end.

    Parameters
    ----------
    seconds : float
        Infinity: no limit.
    """
    if not _can_interrupt() or math.isinf(seconds):
        yield
        return
    active = True

    def strike(_signal: int, _frame: FrameType | None) -> None:
        if active:
            raise TimeLimitReached

    previous = signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 1e-6), _REPEAT)
    try:
        yield
    finally:
        active = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _can_interrupt() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    )
