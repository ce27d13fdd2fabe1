"""How functions go on from the real line into the complex plane, where NumPy's own evaluation does not, or loses digits.

The complex step evaluates these on numbers whose imaginary parts are tiny; a rule that is called analytic and is not
listed here is evaluated by NumPy itself. Real parts need be right to a few digits only.

References
----------
NIST Digital Library of Mathematical Functions, chapter 4 (elementary functions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..kinds import Primitive
from ..rules import ELEMENTWISE
from .elementwise import DEGREE, LN2, constant_power
from .linalg import determinant, inverse, log_determinant, solve_matrix
from .missing import largest_number, smallest_number
from .orders import share
from .reductions import euclid, largest, product, root_of_squares, smallest
from .scans import extremes_so_far, running_products


def _ldexp(x: Any, n: Any) -> Any:
    return np.ldexp(np.real(x), n) + 1j * np.ldexp(np.imag(x), n)


def exp2(z: Any) -> Any:
    """2**z without the logarithm of a large power."""
    return np.exp2(np.real(z)) * np.exp(1j * (LN2 * np.imag(z)))


def power(x: Any, y: Any) -> Any:
    """x**y as its real value, turned: NumPy's exp(y log x) multiplies the rounding error of the logarithm by y.

    At 0 it is its tangent, which a finite step would meet only where the exponent is far from 1; NaN where that is vertical.
    """
    base, exponent = np.real(x), np.real(y)
    zero = base == 0
    safe = np.where(zero, 1.0, base)
    turn = exponent * np.log(np.where(zero, 1.0, x) / safe) if np.iscomplexobj(x) else 0.0
    if np.iscomplexobj(y):
        # Beside a negative base no power is real: the logarithm is NaN.
        turn = turn + (y - exponent) * np.log(safe)
    straight = np.where(exponent == 1, x, np.where((exponent > 1) | ((exponent > 0) & np.iscomplexobj(y)), 0.0, np.nan))
    constant = (exponent == 0) & (not np.iscomplexobj(y))
    return np.where(zero, np.where(constant, 1.0, straight), np.power(base, exponent) * np.exp(turn))


def cbrt(z: Any) -> Any:
    """The real root, turned by a third of the angle."""
    return np.cbrt(np.real(z)) * np.exp(np.log(z / np.real(z)) / 3)


def hypot(x: Any, y: Any) -> Any:
    """sqrt(x**2 + y**2) of numbers of size 1; NaN where both are 0, at the tip of the cone."""
    size = np.maximum(np.abs(np.real(x)), np.abs(np.real(y)))
    return size * np.sqrt(np.square(x / size) + np.square(y / size))


def arctan2(y: Any, x: Any) -> Any:
    """The angle of the real point, and the small one between it and the complex point: without a cut."""
    size = np.maximum(np.abs(np.real(x)), np.abs(np.real(y)))
    across, along = np.real(y) / size, np.real(x) / size
    return np.arctan2(np.real(y), np.real(x)) + np.arctan((y * along - x * across) / (x * along + y * across))


def sinc(z: Any) -> Any:
    """By its Taylor series near 0, where the quotient's derivative cancels."""
    near = np.abs(np.real(z)) < 0.5
    square = np.square(np.pi * np.where(near, z, 0.0))
    series: Any = 1.0
    for k in range(13, 0, -1):
        series = 1 - series * square / (2 * k * (2 * k + 1))
    far = np.pi * np.where(near, 1.0, z)
    return np.where(near, series, np.sin(far) / far)


def log_of_sum(exponential: Callable[..., Any], logarithm: Callable[..., Any]) -> Callable[..., Any]:
    """The logarithm of a sum of exponentials: of the differences to the larger one, which cannot overflow."""

    def soft_maximum(x: Any, y: Any) -> Any:
        peak = np.maximum(np.real(x), np.real(y))
        return peak + logarithm(exponential(x - peak) + exponential(y - peak))

    return soft_maximum


#: Exponents of two that differ by less need no scaling.
_ALIKE = 20


def scales(a: Any) -> tuple[Any, Any]:
    """Exponents of two, for rows and for columns, that bring the entries of matrices to a like size.

    Elimination on entries of very different sizes loses the imaginary parts of the small ones.
    """
    size = np.abs(np.real(a))
    there = np.isfinite(size) & (size > 0)
    exponents = np.frexp(np.where(there, size, 1.0))[1]
    rows, columns = np.zeros((*a.shape[:-1], 1), int), np.zeros((*a.shape[:-2], 1, a.shape[-1]), int)
    if not np.any(there) or np.ptp(exponents[there]) <= _ALIKE:
        return rows, columns
    for _ in range(4):
        for turn, axis in ((rows, -1), (columns, -2)):
            mean = np.sum((exponents + rows + columns) * there, axis=axis, keepdims=True)
            turn -= mean // np.maximum(np.sum(there, axis=axis, keepdims=True), 1)
    return rows, columns


def determinant_of(a: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    rows, columns = scales(a)
    grown = np.sum(rows, axis=(-2, -1)) + np.sum(columns, axis=(-2, -1))
    return _ldexp(np.linalg.det(_ldexp(a, rows + columns)), -grown)


def log_abs_determinant(a: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    """log(det) up to a multiple of i pi: its imaginary part is the angle between the determinant and the real line."""
    rows, columns = scales(a)
    sign, logarithm = np.linalg.slogdet(_ldexp(a, rows + columns))
    grown = np.sum(rows, axis=(-2, -1)) + np.sum(columns, axis=(-2, -1))
    return logarithm - grown * LN2 + 1j * np.arctan(np.imag(sign) / np.real(sign))


def inverse_of_matrix(a: Any) -> Any:
    rows, columns = scales(a)
    return _ldexp(np.linalg.inv(_ldexp(a, rows + columns)), np.swapaxes(rows + columns, -2, -1))


def solution(a: Any, b: Any) -> Any:
    rows, columns = scales(a)
    return _ldexp(np.linalg.solve(_ldexp(a, rows + columns), _ldexp(b, rows)), np.swapaxes(columns, -2, -1))


def continued(function: Any, continuation: Callable[..., Any]) -> None:
    """State the continuation of an elementwise function of NumPy or SciPy."""
    ELEMENTWISE[function].continuation = continuation


continued(np.exp2, exp2)
continued(np.power, power)
continued(np.float_power, power)
constant_power.continuation = lambda x, exponent: power(x, exponent)
continued(np.cbrt, cbrt)
continued(np.hypot, hypot)
continued(np.arctan2, arctan2)
continued(np.sinc, sinc)
continued(np.logaddexp, log_of_sum(np.exp, np.log))
continued(np.logaddexp2, log_of_sum(exp2, np.log2))
continued(np.arccosh, np.arccosh)
root_of_squares.continuation = np.sqrt
determinant.continuation, log_determinant.continuation = determinant_of, log_abs_determinant
inverse.continuation, solve_matrix.continuation = inverse_of_matrix, solution
running_products.continuation = running_products.evaluate
# Of real numbers alone: the conjugate of a number that is real in f is the number itself.
continued(np.conjugate, lambda z: z)
for _function, _factor in ((np.deg2rad, DEGREE), (np.radians, DEGREE), (np.rad2deg, 1 / DEGREE), (np.degrees, 1 / DEGREE)):
    continued(_function, lambda z, factor=_factor: z * factor)
# What is subtracted counts whole multiples, a number that is constant between its steps.
continued(np.remainder, lambda x, y: x - y * np.floor_divide(np.real(x), np.real(y)))
continued(np.fmod, lambda x, y: x - y * np.trunc(np.real(x) / np.real(y)))
continued(np.ldexp, _ldexp)

# Those that choose among elements: by the plain values, and where these tie by the policy for ties.
for _primitive in (largest, smallest, largest_number, smallest_number, share, extremes_so_far):
    _primitive.chooses = True
for _extreme in (np.maximum, np.minimum, np.fmax, np.fmin):
    ELEMENTWISE[_extreme].chooses = True

_HOMOGENEOUS: tuple[Primitive, ...] = (
    *(determinant, log_determinant, inverse, solve_matrix, product, running_products),
    *(ELEMENTWISE[np.hypot], ELEMENTWISE[np.arctan2]),
)
for _without_scale in _HOMOGENEOUS:
    _without_scale.homogeneous = True

# The name by which it is refused.
euclid.name = "norm"
