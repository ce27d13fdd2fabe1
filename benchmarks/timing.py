"""Interleaved timing in one process, and the check that what is timed agrees."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

#: Norm-wise difference that rounding may explain; a wrong formula is far above it.
AGREEMENT = 1e-10
SECONDS_PER_SAMPLE = 0.01
RESAMPLES = 2000


class DisagreementError(RuntimeError):
    """Two libraries returned different derivatives of the same function."""


@dataclass
class Timing:
    """Seconds per call: the first one apart, then one sample a round."""

    first: float
    loops: int = 1
    samples: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median over the rounds."""
        return median(self.samples)

    @property
    def minimum(self) -> float:
        """The fastest round."""
        return min(self.samples)


def first_calls(calls: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Timing], dict[str, Any]]:
    """Time each call once (what compiles or caches does it here) and keep its result."""
    timings, results = {}, {}
    for name, call in calls.items():
        start = perf_counter()
        results[name] = call()
        timings[name] = Timing(perf_counter() - start)
    return timings, results


def _seconds(call: Callable[[], Any], loops: int) -> float:
    repetitions = range(loops)
    start = perf_counter()
    for _ in repetitions:
        call()
    return (perf_counter() - start) / loops


def sample(calls: Mapping[str, Callable[[], Any]], timings: Mapping[str, Timing], rounds: int) -> None:
    """Add `rounds` samples to each timing, the calls taking turns and each round starting with another."""
    names = list(calls)
    for name in names:
        seconds = min(_seconds(calls[name], 1) for _ in range(2))
        timings[name].loops = max(1, min(10_000, round(SECONDS_PER_SAMPLE / max(seconds, 1e-7))))
    # Objects of the imported libraries are no garbage of the measured call: keep the collector from walking them.
    gc.collect()
    gc.freeze()
    try:
        for turn in range(rounds):
            shift = turn % len(names)
            for name in names[shift:] + names[:shift]:
                timings[name].samples.append(_seconds(calls[name], timings[name].loops))
    finally:
        gc.unfreeze()


def ratio_interval(numerator: Sequence[float], denominator: Sequence[float]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the ratio of two medians, whole rounds drawn again with replacement."""
    above, below = np.asarray(numerator), np.asarray(denominator)
    rounds = np.random.default_rng(0).integers(len(above), size=(RESAMPLES, len(above)))
    ratios = np.median(above[rounds], axis=1) / np.median(below[rounds], axis=1)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)


def check_agreement(arrays: Mapping[str, Sequence[np.ndarray[Any, Any]]], what: str) -> float:
    """The largest norm-wise relative difference from the first entry.

    Raises
    ------
    DisagreementError
        If it exceeds `AGREEMENT`, if shapes differ, or if the reference is zero or not finite.
    """
    (reference_name, reference), *others = arrays.items()
    for expected in reference:
        if not np.all(np.isfinite(expected)) or not np.any(expected):
            raise DisagreementError(f"{what}: the derivative by {reference_name} is zero or not finite: nothing to compare with.")
    worst = 0.0
    for name, leaves in others:
        if [leaf.shape for leaf in leaves] != [leaf.shape for leaf in reference]:
            shapes = f"{[leaf.shape for leaf in leaves]} and {[leaf.shape for leaf in reference]}"
            raise DisagreementError(f"{what}: {name} and {reference_name} return different shapes, {shapes}.")
        for leaf, expected in zip(leaves, reference, strict=True):
            difference = float(np.linalg.norm(leaf - expected) / np.linalg.norm(expected))
            if not difference <= AGREEMENT:
                raise DisagreementError(f"{what}: {name} and {reference_name} differ by {difference:.1e} of the norm.")
            worst = max(worst, difference)
    return worst


def traced_memory(call: Callable[[], Any]) -> dict[str, int]:
    """What `call` takes and leaves behind, its result dropped.

    Returns
    -------
    dict
        ``peak_bytes`` that Python and NumPy allocate for it; ``cyclic_objects`` that only the garbage collector can
        free; ``held_bytes`` after that (Python's lists of free objects not counted).
    """
    call()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        call()
        _, peak = tracemalloc.get_traced_memory()
        cyclic = gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        return {"peak_bytes": peak, "cyclic_objects": cyclic, "held_bytes": held}
    finally:
        tracemalloc.stop()
        gc.enable()
