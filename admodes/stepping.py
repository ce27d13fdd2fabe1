"""How large the imaginary steps of the complex step are, and what is believed of the slopes that they give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

#: Exponents of two. A step of a whole application is so far below the values that move,
BELOW = 80
#: but not so small that it is lost itself;
_LEAST = -860
#: and what is moved by one step differs in relative size by no more than this.
_SPREAD = 300


def larger_step(x: Any) -> Any:
    """A power of two for each element, so small beside it that its square is lost in rounding."""
    return np.ldexp(1.0, np.maximum(np.frexp(x)[1] - 40, -1074))


def portions(values: Sequence[Any], tangents: Sequence[Any], homogeneous: bool) -> list[tuple[Any, list[Any]]]:
    """Steps for a whole application, powers of two, each with the part of the tangents that it is taken along.

    A step times its tangents is tiny beside each value that moves, a zero counting as the smallest number beside it; and
    beside 1 as well, unless the function is homogeneous. The slope is the sum of those along the parts. There is more than
    one where a step that is tiny beside the small values would be lost beside the large ones.
    """
    exponents = [_relative_exponents(value, tangent, homogeneous) for value, tangent in zip(values, tangents, strict=True)]
    moved = [exponent[tangent != 0] for exponent, tangent in zip(exponents, tangents, strict=True)]
    everything = np.concatenate([np.ravel(exponent) for exponent in moved])
    if not everything.size:
        return [(1.0, list(tangents))]
    low = np.min(everything)
    found = []
    for number in np.unique((everything - low) // _SPREAD):
        chosen = [(exponent - low) // _SPREAD == number for exponent in exponents]
        least = np.min(everything[(everything - low) // _SPREAD == number])
        parts = [np.where(choice, tangent, 0.0) for choice, tangent in zip(chosen, tangents, strict=True)]
        found.append((np.ldexp(1.0, int(min(least - BELOW, 1000))), parts))
    return found


def _relative_exponents(value: Any, tangent: Any, homogeneous: bool) -> Any:
    size = np.abs(np.asarray(value, np.result_type(value, np.float64)))
    proper = np.isfinite(size) & (size > 0)
    smallest = np.min(size, where=proper, initial=np.inf)
    size = np.where(proper, size, smallest if np.isfinite(smallest) else 1.0)
    size = size if homogeneous else np.minimum(size, 1.0)
    return np.maximum(np.frexp(size)[1], _LEAST) - np.frexp(tangent)[1]


def slope_at(evaluate: Callable[[Any], Any], step: Any, larger: Any, out: Any, relative_to: Callable[[Any], Any]) -> Any:
    """The imaginary part of ``evaluate(step)`` over the step; NaN where that is no derivative.

    Where it underflows, the larger step is taken, if there is one. Where f is analytic the real part is f's plain value, and
    the quotient does not depend on the step. Where the real part is another number, or the quotient is very large, the step is
    made smaller: a quotient that stays is right (one that overflows as well), one that vanishes with the step tends to 0, and
    one that grows belongs to a singular point.
    """
    found = evaluate(step)
    lost = np.abs(np.imag(found)) < 2.0**-960
    if larger is not None and np.any(lost):
        step = np.where(lost, larger, step)
        found = evaluate(step)
    slope = np.imag(found) / step
    doubtful = ~(np.abs(np.real(found) - out) <= 1e-4 * np.abs(out)) | (np.abs(slope) > 2.0**30)
    if np.any(doubtful):
        smaller = step * 2.0**-20
        closer = np.imag(evaluate(smaller)) / smaller
        same = (slope == closer) | (np.abs(slope - closer) <= 1e-6 * relative_to(np.abs(closer)))
        limit = np.where((np.abs(closer) <= 2.0**-5 * np.abs(slope)) & np.isfinite(slope), 0.0, np.nan)
        slope = np.where(doubtful & ~same, limit, slope)
    defined = np.isfinite(out) & ~np.isnan(np.real(found))
    return slope if np.all(defined) else np.where(defined, slope, np.nan)


def beside(value: Any, change: Any) -> Any:
    """The complex number of the given real and imaginary parts, in double precision at least."""
    z = np.empty(np.broadcast_shapes(np.shape(value), np.shape(change)), np.result_type(value, change, np.complex128))
    z.real, z.imag = value, change
    return z[()]


def slope_of_reciprocal(w: Any) -> Any:
    """The slope of 1 / w for complex w: by a step beside its real part of the two parts, which are real functions of it."""
    along, across = np.real(w), np.imag(w)
    size = np.maximum(np.abs(along), np.abs(across))
    step = 2.0**-40
    z, across = along / size + 1j * step, across / size
    squares = z * z + across * across
    return ((z / squares).imag - 1j * (across / squares).imag) / step / size / size
