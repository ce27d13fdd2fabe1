"""Bessel functions by their argument; the order is a parameter.

References
----------
NIST Digital Library of Mathematical Functions, sections 10.6, 10.29 (derivatives), 10.40 (large arguments).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ...rules import elementwise
from .parameters import by_last

#: From here on the asymptotic series are exact after this many terms.
_FAR, _TERMS = 25.0, 18


def _differences() -> list[float]:
    """The coefficients by which the asymptotic series of the orders 0 and 1 differ."""
    found, zeroth, first = [], 1.0, 1.0
    for k in range(1, _TERMS + 1):
        zeroth *= -((2 * k - 1) ** 2) / (8 * k)
        first *= (4 - (2 * k - 1) ** 2) / (8 * k)
        found.append(first - zeroth)
    return found


_DIFFERENCES = _differences()


def _series(x: Any, sign: float) -> Any:
    """The sum of the differences over powers of sign * x."""
    t = sign / x
    total: Any = 0.0
    for coefficient in reversed(_DIFFERENCES):
        total = (total + coefficient) * t
    return total


def _gap_of_i(x: Any) -> Any:
    """i0e(x) - i1e(x) for positive x: the difference cancels for large ones."""
    far = x > _FAR
    large = np.where(far, x, _FAR)
    near = np.where(far, _FAR, x)
    return np.where(far, -_series(large, -1.0) / np.sqrt(2 * np.pi * large), special.i0e(near) - special.i1e(near))


def _gap_of_k(x: Any) -> Any:
    """k1e(x) - k0e(x), likewise."""
    far = x > _FAR
    large = np.where(far, x, _FAR)
    near = np.where(far, _FAR, x)
    return np.where(far, _series(large, 1.0) * np.sqrt(0.5 * np.pi / large), special.k1e(near) - special.k0e(near))


def _i1e(out: Any, x: Any) -> Any:
    """gap - i1e / x, whose limit at 0 is 1/2."""
    size = np.abs(x)
    zero = size == 0
    return np.where(zero, 0.5, _gap_of_i(size) - special.i1e(size) / np.where(zero, 1.0, size))


_ORDERS = (0.0, 3.0)
_LEFT_AND_RIGHT = (_ORDERS, (-4.0, 4.0))
_RIGHT = (_ORDERS, (0.8, 4.0))

elementwise(special.j0, lambda out, x: -special.j1(x), sympy="besselj(0, x)")
elementwise(special.j1, lambda out, x: 0.5 * (special.j0(x) - special.jv(2, x)), sympy="besselj(1, x)")
elementwise(special.y0, lambda out, x: -special.y1(x), sympy="bessely(0, x)", domain=(0.4, 4.0))
elementwise(special.y1, lambda out, x: 0.5 * (special.y0(x) - special.yv(2, x)), sympy="bessely(1, x)", domain=(0.4, 4.0))
elementwise(special.i0, lambda out, x: special.i1(x), sympy="besseli(0, x)")
elementwise(special.i1, lambda out, x: 0.5 * (special.i0(x) + special.iv(2, x)), sympy="besseli(1, x)")
elementwise(special.k0, lambda out, x: -special.k1(x), sympy="besselk(0, x)", domain=(0.4, 4.0))
elementwise(special.k1, lambda out, x: -0.5 * (special.k0(x) + special.kv(2, x)), sympy="besselk(1, x)", domain=(0.4, 4.0))

elementwise(special.i0e, lambda out, x: -np.sign(x) * _gap_of_i(np.abs(x)), sympy="exp(-Abs(x)) * besseli(0, x)")
elementwise(special.i1e, _i1e, sympy="exp(-Abs(x)) * besseli(1, x)")
elementwise(special.k0e, lambda out, x: -_gap_of_k(x), sympy="exp(x) * besselk(0, x)", domain=(0.4, 4.0))
elementwise(special.k1e, lambda out, x: _gap_of_k(x) - out / x, sympy="exp(x) * besselk(1, x)", domain=(0.4, 4.0))

for _function, _name, _domain in (
    (special.jv, "besselj", _LEFT_AND_RIGHT),
    (special.yv, "bessely", _RIGHT),
    (special.yn, "bessely", _RIGHT),
):
    by_last(
        _function,
        ["v"],
        lambda out, v, x, f=_function: 0.5 * (f(v - 1, x) - f(v + 1, x)),
        sympy=f"{_name}(x, y)",
        domain=_domain,
    )
by_last(
    special.iv,
    ["v"],
    lambda out, v, x: 0.5 * (special.iv(v - 1, x) + special.iv(v + 1, x)),
    sympy="besseli(x, y)",
    domain=_RIGHT,
)
for _function in (special.kv, special.kn):
    by_last(
        _function,
        ["v"],
        lambda out, v, x, f=_function: -0.5 * (f(v - 1, x) + f(v + 1, x)),
        sympy="besselk(x, y)",
        domain=_RIGHT,
    )
