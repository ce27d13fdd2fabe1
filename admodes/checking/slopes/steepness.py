"""Whether f jumps at x or rises there without limit: then it has no slope, and noise is not to blame."""

from __future__ import annotations

import numpy as np

from .slopes import Slopes

#: Steps that have to agree, from the smallest one on, and how much smaller the last of them is than the first.
_STEPS, _APART = 4, 64.0
#: Of a jump, changes of f at these steps differ by less; of an infinite slope they exceed rounding this many times.
_SAME, _CLEAR = 0.2, 1e3
#: The same of measured noise.
_OF_NOISE = 8.0


def steepness(slopes: Slopes, line: int, entry: int, noise: float) -> str:
    """In words, "" where there is a slope, or noise may hide one.

    Over a smaller and smaller step f changes by as much (a jump), or by less but not in proportion (an infinite slope).

    Parameters
    ----------
    slopes : Slopes
        With their samples.
    line, entry : int
    noise : float
        Of f.
    """
    for samples in slopes.samples:
        if line < len(samples.directions):
            break
        line -= len(samples.directions)
    else:
        return ""
    found = [samples.sample(turn, line, slice(entry, entry + 1)) for turn in range(samples.rounds)]
    for above in (True, False):
        steps = np.array([float(one.up if above else one.down) for one in found])
        changes = np.array([abs(float(((one.above if above else one.below) - one.base)[0])) for one in found])
        kept = np.isfinite(steps) & np.isfinite(changes) & (steps > 0)
        order = np.argsort(steps[kept])[:_STEPS]
        h, change = steps[kept][order], changes[kept][order]
        largest = max(abs(float(samples.point.value[entry])), float(np.max(change, initial=0.0)))
        clear = max(_CLEAR * np.finfo(float).eps * largest, _OF_NOISE * noise)
        if len(h) < _STEPS or h[-1] < _APART * h[0] or change.min() <= clear:
            continue
        if change.max() <= (1 + _SAME) * change.min():
            return f"f jumps at x by {change[0]:.3g}, and has no slope there"
        if np.all(np.diff(change / h) < 0) and change[0] / h[0] > _APART**0.25 * change[-1] / h[-1]:
            return "f's difference quotients grow without limit as the steps shrink: its slope is infinite there"
    return ""
