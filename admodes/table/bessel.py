"""np.i0, the modified Bessel function of order 0, and that of order 1, which is its derivative.

References
----------
NIST Digital Library of Mathematical Functions, 10.25.2 (the power series) and 10.29 (the derivatives).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kinds import Elementwise
from ..rules import implements
from .arguments import real_array


def _i1(x: Any) -> Any:
    """By its power series, whose terms all have one sign: nothing cancels."""
    x = np.asarray(x)
    quarter = np.square(x.astype(float)) / 4
    term = x.astype(float) / 2
    total = term.copy()
    number = 0
    while np.any(np.abs(term) > 1e-17 * np.abs(total)):
        number += 1
        term = term * quarter / (number * (number + 1))
        total = total + term
    return total.astype(x.dtype)[()]


def _i1_partial(out: Any, x: Any) -> Any:
    """I0(x) - I1(x) / x, which is 1/2 at 0."""
    zero = x == 0
    return np.where(zero, 0.5, np.i0(x) - out / np.where(zero, 1.0, x))


bessel_i1 = Elementwise("bessel_i1", _i1, (_i1_partial,), "besseli(1, x)", (-3.0, 3.0))
bessel_i0 = Elementwise("bessel_i0", lambda x: np.i0(x)[()], (lambda out, x: bessel_i1(x),), "besseli(0, x)", (-3.0, 3.0))


@implements(np.i0)
def i0(x: Any) -> Any:
    return bessel_i0(real_array(x))
