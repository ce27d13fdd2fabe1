"""The most memory that a call holds at one moment, in a pass of its own: watching memory makes everything slower."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

from .cost import attempt


def peak_bytes(run: Callable[[], Any], limit: float) -> int | None:
    """The most bytes that a call holds at one moment beyond what was there before it, its result included.

    Counted by `tracemalloc`, which sees Python's objects and NumPy's arrays. It does not see what C libraries allocate
    behind Python's back: SymEngine's expressions, the work arrays of LAPACK and of Fourier transforms. Python's
    collector of cycles is off meanwhile, as it is for timing: when it strikes depends on all that ran before.

    Parameters
    ----------
    run : callable
        Without arguments. Called before, so that what is made once and kept is there already.
    limit : float
        Seconds it may take.

    Returns
    -------
    int or None
        None where the call failed or did not end in time.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.measure.footprint import peak_bytes
    >>> 8_000_000 <= peak_bytes(lambda: np.ones(1_000_000).sum(), limit=10.0) < 8_010_000
    True
    """
    was_enabled, was_tracing = gc.isenabled(), tracemalloc.is_tracing()
    gc.disable()
    if not was_tracing:
        tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        outcome = attempt(run, limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not was_tracing:
            tracemalloc.stop()
        if was_enabled:
            gc.enable()
    return max(0, peak - before) if outcome.status == "ok" else None
