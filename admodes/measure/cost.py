"""What a derivative costs: calls of f counted exactly, seconds sampled in interleaved rounds."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from time import perf_counter
from typing import Any

import numpy as np

from ..errors import MissingRuleError, UnsupportedError
from ..rows import Timing
from .limits import TimeLimitReached, time_limit


class CallCounter:
    """f, and how often it was called."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.calls = 0
        self.__name__ = getattr(f, "__name__", type(f).__name__)

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        return self.f(*arguments)


@dataclass
class Outcome:
    """How one call ended.

    Parameters
    ----------
    value : object
        What it returned, None where it failed.
    status, reason : str
        Of the row.
    seconds : float
        How long the call took, whatever its end.
    """

    value: Any = None
    status: str = "ok"
    reason: str = ""
    seconds: float = math.nan


def attempt(run: Callable[[], Any], limit: float) -> Outcome:
    """Call `run` within `limit` seconds; whatever happens becomes a status with its reason.

    Ctrl-C is not caught.
    """
    outcome = Outcome()
    start = perf_counter()
    try:
        with time_limit(limit):
            outcome.value = run()
    except TimeLimitReached:
        outcome.status, outcome.reason = "timeout", f"stopped after {limit:.3g} s"
    except MemoryError:
        outcome.status, outcome.reason = "out of memory", "the method asked for more memory than there is"
    except (UnsupportedError, MissingRuleError) as error:
        outcome.status, outcome.reason = "unsupported", str(error)
    except Exception as error:  # noqa: BLE001 - a method and the user's f may raise anything: one failure is one row, not the end
        outcome.status, outcome.reason = "error", f"{type(error).__name__}: {error}"
    outcome.seconds = perf_counter() - start
    return outcome


@dataclass
class Candidate:
    """Something to be timed.

    Parameters
    ----------
    run : callable
        Without arguments.
    expected : float
        Seconds a call takes, roughly.
    limit : float
        Seconds that sampling it may take; a sample is stopped there.
    enough : float
        Seconds after which no further sample is taken.
    """

    run: Callable[[], Any]
    expected: float
    limit: float
    enough: float
    number: int = 1
    samples: list[float] = field(default_factory=list)


def sample_interleaved(candidates: Mapping[str, Candidate], rounds: int, sample_seconds: float) -> dict[str, Timing]:
    """Time all candidates in rounds, one sample of each a round, so that a slow spell of the machine hits all alike.

    Parameters
    ----------
    candidates : dict
        Name -> `Candidate`. One that had its time drops out of the later rounds.
    rounds : int
    sample_seconds : float
        How long one sample should last: fast candidates are called several times for it.

    Returns
    -------
    dict
        Name -> `Timing` without the first call.
    """
    running = dict(candidates)
    for candidate in running.values():
        candidate.number = max(1, math.ceil(sample_seconds / max(candidate.expected, 1e-9)))
    for _ in range(rounds):
        for name, candidate in list(running.items()):
            if not _take_sample(candidate):
                del running[name]
    return {name: Timing(tuple(one.samples), one.number if one.samples else 0) for name, one in candidates.items()}


def _take_sample(candidate: Candidate) -> bool:
    """Take one sample; False where there is no time for another one."""
    was_enabled = gc.isenabled()
    gc.disable()
    start = perf_counter()
    try:
        with time_limit(candidate.limit):
            for _ in repeat(None, candidate.number):
                candidate.run()
    except TimeLimitReached:
        return False
    finally:
        if was_enabled:
            gc.enable()
    elapsed = perf_counter() - start
    candidate.samples.append(elapsed / candidate.number)
    candidate.limit -= elapsed
    candidate.enough -= elapsed
    return candidate.enough > 0 and candidate.limit > elapsed


def ratio_interval(time: Timing, f_time: Timing, resamples: int = 500) -> tuple[float, float, float]:
    """Ratio of the minima of two timings, and its 95% bootstrap interval.

    Parameters
    ----------
    time, f_time : Timing
        The derivative's and f's.
    resamples : int

    Returns
    -------
    ratio, low, high : float
        NaN where there are no samples.
    """
    if not time.samples or not f_time.samples:
        return math.nan, math.nan, math.nan
    rng = np.random.default_rng(0)
    minima = [
        np.min(rng.choice(samples, (resamples, len(samples))), axis=1)
        for samples in (np.array(time.samples), np.array(f_time.samples))
    ]
    low, high = np.quantile(minima[0] / minima[1], [0.025, 0.975])
    return time.minimum / f_time.minimum, float(low), float(high)
