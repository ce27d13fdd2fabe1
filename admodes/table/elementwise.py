"""Partials of the elementwise functions. One line each; `out` is the function's own value.

References
----------
NIST Digital Library of Mathematical Functions, chapter 4 (elementary functions); the values at
kinks and limits follow the policy table in ``docs/kinks.md``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kinds import Constant
from ..operands import is_complex
from ..rules import ELEMENTWISE, analytic, elementwise

LN2 = float(np.log(2.0))
LN10 = float(np.log(10.0))
DEGREE = float(np.pi / 180.0)

#: |x| in conditions, which no derivative goes through.
size_of = Constant("size_of", np.abs)


def lower_power(x: Any, exponent: Any) -> Any:
    """x ** (exponent - 1), without a power where the exponent is 1 or 2."""
    return x if exponent == 2 else 1 if exponent == 1 else x ** (exponent - 1)


def chosen(out: Any, x: Any, y: Any) -> Any:
    """1 where `x` is the one that max or min returned, 1/2 where both tie, else 0."""
    return (out == x) * (1 - 0.5 * (x == y))


def chosen_or_nan(out: Any, x: Any, y: Any) -> Any:
    """The same, and NaN where the result is NaN."""
    return np.where(out == out, chosen(out, x, y), np.nan)  # noqa: PLR0124 - false for NaN alone, in 60 digits as well


def soft_weight(x: Any, y: Any, exponential: Any) -> Any:
    """exp(x) / (exp(x) + exp(y)), the share of x in log(exp(x) + exp(y)); a half each where both are the same infinity."""
    both = (x == y) & (size_of(x) == np.inf)
    difference = np.where(both, 0.0, y - np.where(both, 0.0, x))
    # The exponential of what is negative neither overflows nor, where it is 0, meets an infinity in the next derivative.
    share = exponential(np.where(difference > 0, -difference, difference))
    return np.where(difference > 0, share, 1.0) / (1 + share)


def inverse_of(y: Any) -> Any:
    """1 / y; Python's own zero, which would raise, gives what NumPy's does."""
    return 1 / y if type(y) not in (float, int) or y else math.copysign(math.inf, y)


def safe_ratio(numerator: Any, denominator: Any) -> Any:
    """numerator / denominator, and 0 where the denominator is 0 (the documented value at such points)."""
    zero = denominator == 0
    return np.where(zero, 0.0, numerator / np.where(zero, 1.0, denominator))


def over_square(x: Any, radius: Any) -> Any:
    """x / radius**2, and 0 where the radius is 0; the square itself could under- or overflow."""
    return safe_ratio(safe_ratio(x, radius), radius)


def arc_root(x: Any) -> Any:
    """The square root of 1 - x**2; of complex values on the side of the cuts that x lies on.

    One root of the product would take the wrong side beyond 1. So would `1 - x` and `1 + x` by themselves: they make the
    imaginary part +0, of whichever sign the zero of x is.
    """
    return np.sqrt(-(x - 1)) * np.sqrt(x - (-1)) if is_complex(x) else np.sqrt((1 - x) * (1 + x))


def arcsinh_partial(x: Any) -> Any:
    """1 / sqrt(x**2 + 1); of real numbers without the square, which could overflow."""
    # Adding 1 would lose the sign of a zero imaginary part, and with it the side of the cut.
    return 1 / np.sqrt(x * x - (-1)) if is_complex(x) else 1 / np.hypot(x, 1.0)


def power_by_base(out: Any, x: Any, y: Any) -> Any:
    """y x**(y - 1), and 0 where y is 0, also at x = 0."""
    zero = y == 0
    return np.where(zero, 0.0, y * x ** np.where(zero, 1.0, y - 1))


def power_by_exponent(out: Any, x: Any, y: Any) -> Any:
    """x**y log(x), and its right limit 0 at x = 0."""
    zero = x == 0
    base = np.where(zero, 1.0, x)
    # A negative number has a logarithm where the power is complex.
    return np.where(zero, 0.0, out * np.log(base + 0j if is_complex(out) else base))


def sinc_partial(out: Any, x: Any) -> Any:
    """(cos(pi x) - sinc(x)) / x; near 0 its Taylor series, since the difference cancels."""
    near = size_of(x) < 0.2
    t = np.where(near, np.pi * x, 0.0)
    s = t * t
    series = -np.pi * t / 3 * (1 - s / 10 * (1 - s / 28 * (1 - s / 54 * (1 - s / 88 * (1 - s / 130)))))
    far = np.where(near, 1.0, x)
    return np.where(near, series, (np.cos(np.pi * far) - np.sinc(far)) / far)


def _constant_power(x: Any, *, exponent: Any) -> Any:
    return x**exponent


elementwise(np.add, 1, 1, sympy="x + y")
elementwise(np.subtract, 1, -1, sympy="x - y")
elementwise(np.multiply, lambda out, x, y: y, lambda out, x, y: x, sympy="x * y")
elementwise(
    np.divide, lambda out, x, y: inverse_of(y), lambda out, x, y: (out, -1 / y), sympy="x / y", domain=((-3.0, 3.0), (0.3, 3.0))
)
elementwise(np.power, power_by_base, power_by_exponent, sympy="x**y", domain=((0.2, 3.0), (-2.0, 3.0)))
elementwise(np.float_power, power_by_base, power_by_exponent, sympy="x**y", domain=((0.2, 3.0), (-2.0, 3.0)))
constant_power = elementwise(
    _constant_power,
    lambda out, x, exponent: (lower_power(x, exponent), exponent) if exponent else 0.0 * x,
    name="constant_power",
    sympy="x**exponent",
    domain=(0.2, 3.0),
)
elementwise(np.negative, -1, sympy="-x")
elementwise(np.positive, 1, sympy="x")
elementwise(np.conjugate, 1, sympy="x")
elementwise(np.absolute, lambda out, x: np.sign(x), sympy="Abs")
elementwise(np.fabs, lambda out, x: np.sign(x), sympy="Abs")
elementwise(np.square, lambda out, x: (x, 2), sympy="x**2")
elementwise(np.reciprocal, lambda out, x: -out * out, sympy="1/x", domain=(0.3, 3.0))
elementwise(np.sqrt, lambda out, x: 0.5 / out, domain=(0.1, 4.0))
elementwise(np.cbrt, lambda out, x: 1 / (3 * out * out), domain=(0.1, 4.0))

elementwise(np.exp, lambda out, x: out)
elementwise(np.exp2, lambda out, x: out * LN2, sympy="2**x")
elementwise(np.expm1, lambda out, x: np.exp(x), sympy="exp(x) - 1")
elementwise(np.log, lambda out, x: 1 / x, domain=(0.1, 4.0))
elementwise(np.log2, lambda out, x: 1 / (x * LN2), sympy="log(x, 2)", domain=(0.1, 4.0))
elementwise(np.log10, lambda out, x: 1 / (x * LN10), sympy="log(x, 10)", domain=(0.1, 4.0))
elementwise(np.log1p, lambda out, x: 1 / (1 + x), sympy="log(1 + x)", domain=(-0.8, 4.0))
elementwise(
    np.logaddexp,
    lambda out, x, y: soft_weight(x, y, np.exp),
    lambda out, x, y: soft_weight(y, x, np.exp),
    sympy="log(exp(x) + exp(y))",
)
elementwise(
    np.logaddexp2,
    lambda out, x, y: soft_weight(x, y, np.exp2),
    lambda out, x, y: soft_weight(y, x, np.exp2),
    sympy="log(2**x + 2**y, 2)",
)

elementwise(np.sin, lambda out, x: np.cos(x))
elementwise(np.cos, lambda out, x: -np.sin(x))
elementwise(np.tan, lambda out, x: 1 + out * out, domain=(-1.4, 1.4))
elementwise(np.arcsin, lambda out, x: 1 / arc_root(x), sympy="asin", domain=(-0.95, 0.95))
elementwise(np.arccos, lambda out, x: -1 / arc_root(x), sympy="acos", domain=(-0.95, 0.95))
elementwise(np.arctan, lambda out, x: 1 / (1 + x * x), sympy="atan")
elementwise(
    np.arctan2,
    lambda out, y, x: over_square(x, np.hypot(x, y)),
    lambda out, y, x: over_square(-y, np.hypot(x, y)),
    sympy="atan2",
    domain=((-3.0, 3.0), (0.3, 3.0)),
)
elementwise(np.hypot, lambda out, x, y: safe_ratio(x, out), lambda out, x, y: safe_ratio(y, out), sympy="sqrt(x**2 + y**2)")
elementwise(np.sinh, lambda out, x: np.cosh(x))
elementwise(np.cosh, lambda out, x: np.sinh(x))
elementwise(np.tanh, lambda out, x: 1 - out * out)
elementwise(np.arcsinh, lambda out, x: arcsinh_partial(x), sympy="asinh")
elementwise(np.arccosh, lambda out, x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)), sympy="acosh", domain=(1.1, 4.0))
elementwise(np.arctanh, lambda out, x: 1 / ((1 - x) * (1 + x)), sympy="atanh", domain=(-0.95, 0.95))
elementwise(np.sinc, sinc_partial, sympy="sinc(pi * x)")

elementwise(np.deg2rad, lambda out, x: DEGREE, sympy="pi * x / 180")
elementwise(np.radians, lambda out, x: DEGREE, sympy="pi * x / 180")
elementwise(np.rad2deg, lambda out, x: 1 / DEGREE, sympy="180 * x / pi")
elementwise(np.degrees, lambda out, x: 1 / DEGREE, sympy="180 * x / pi")

elementwise(np.maximum, lambda out, x, y: chosen_or_nan(out, x, y), lambda out, x, y: chosen_or_nan(out, y, x), sympy="Max")
elementwise(np.minimum, lambda out, x, y: chosen_or_nan(out, x, y), lambda out, x, y: chosen_or_nan(out, y, x), sympy="Min")
elementwise(np.fmax, lambda out, x, y: chosen(out, x, y), lambda out, x, y: chosen(out, y, x), sympy="Max")
elementwise(np.fmin, lambda out, x, y: chosen(out, x, y), lambda out, x, y: chosen(out, y, x), sympy="Min")
elementwise(np.copysign, lambda out, x, y: np.sign(x) * np.sign(out), None, sympy="Abs(x) * sign(y)")
elementwise(
    np.remainder, 1, lambda out, x, y: -np.floor_divide(x, y), sympy="x - y * floor(x / y)", domain=((-3.0, 3.0), (0.3, 3.0))
)
elementwise(
    np.fmod, 1, lambda out, x, y: -np.trunc(x / y), sympy="x - y * sign(x) * floor(Abs(x / y))", domain=((-3.0, 3.0), (0.3, 3.0))
)
elementwise(np.ldexp, lambda out, x, n: np.exp2(n), None, sympy="x * 2**y")

analytic(constant_power)
analytic(
    *(
        ELEMENTWISE[function]
        for function in (
            *(np.add, np.subtract, np.multiply, np.divide, np.power, np.float_power),
            *(np.negative, np.positive, np.square, np.reciprocal, np.sqrt),
            *(np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p),
            *(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan),
            *(np.sinh, np.cosh, np.tanh, np.arcsinh, np.arctanh),
        )
    )
)
