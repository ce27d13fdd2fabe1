"""What a call costs in seconds: one attempt within a limit, and samples in interleaved rounds."""

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
from ..limits import TimeLimitReached, time_limit
from ..timing import Timing

#: Parts of a sample: the fastest counts. Other programs take the processor away for some milliseconds at a time, which is as
#: long as a sample, but seldom in all of its parts.
_PARTS = 5
#: Half of the 95% interval, as a part of the ratio, of what differs between two processes that measure the same: where
#: arrays and code happen to lie in memory, the spell of a machine that is shared. No sample of one process shows it.
BETWEEN_PROCESSES = 0.18
#: The least half of the 95% interval of a ratio that one round gives, as a part; of k rounds, less by the root of k. One
#: sample shows no spread at all, and few resampled ones too little of it. Both figures are measured: in the six pairs of
#: four runs of the grid "quick" on a shared machine with two cores (95 cells each), the two ratios of a pair differ by less
#: than their intervals allow in 96% of the cells, 93% where there are three rounds or fewer.
_ONE_ROUND = 0.5


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

    A sample is the fastest of up to five parts, each several calls of a fast candidate.

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
            fastest = min(_seconds_each(candidate.run, calls) for calls in _parts(candidate.number))
    except TimeLimitReached:
        return False
    finally:
        if was_enabled:
            gc.enable()
    elapsed = perf_counter() - start
    candidate.samples.append(fastest)
    candidate.limit -= elapsed
    candidate.enough -= elapsed
    return candidate.enough > 0 and candidate.limit > elapsed


def _seconds_each(run: Callable[[], Any], calls: int) -> float:
    start = perf_counter()
    for _ in repeat(None, calls):
        run()
    return (perf_counter() - start) / calls


def _parts(number: int) -> list[int]:
    """The calls of a sample in parts that are timed apart."""
    each, rest = divmod(number, _PARTS)
    return [count for count in (*[each + 1] * rest, *[each] * (_PARTS - rest)) if count]


def ratio_interval(time: Timing, f_time: Timing, resamples: int = 1000) -> tuple[float, float, float]:
    """How many times f's own time a derivative takes, and the 95% interval of that.

    The ratio is the median, over the rounds, of the ratio within one round: the two samples of a round lie next to each
    other in time, so that a spell in which the machine is slower, or another clock rate, cancels out of it. (Minima,
    taken each on its own, may come from a fast spell for one and a slow one for the other: between processes, their
    ratio spread half as much again.)

    The interval is the percentile bootstrap of that median, rounds drawn with replacement, but no narrower than the usual
    spread of so few rounds; widened in quadrature by 18% for what differs between processes and no sample of one shows.

    Parameters
    ----------
    time, f_time : Timing
        The derivative's and f's, of the same rounds; samples of further rounds of one of them do not count.
    resamples : int
        Drawn with a fixed seed: the same samples have the same interval.

    Returns
    -------
    ratio, low, high : float
        NaN where there are no samples.

    References
    ----------
    B. Efron and R. J. Tibshirani, "An introduction to the bootstrap", Chapman & Hall, 1993, section 13.3.
    """
    rounds = min(len(time.samples), len(f_time.samples))
    if not rounds:
        return math.nan, math.nan, math.nan
    # Where f takes less than the clock can tell, the ratio is infinite.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.log(np.array(time.samples[:rounds]) / np.array(f_time.samples[:rounds]))
        drawn = np.random.default_rng(0).choice(ratios, (resamples, rounds))
        middle = np.median(ratios)
        low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
        least, between = np.log1p(_ONE_ROUND) / math.sqrt(rounds), np.log1p(BETWEEN_PROCESSES)
        low = middle - np.hypot(max(middle - low, least), between)
        high = middle + np.hypot(max(high - middle, least), between)
    return float(np.exp(middle)), float(np.exp(low)), float(np.exp(high))
