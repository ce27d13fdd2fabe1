"""Exponentials, logarithms and roots, the logistic function, and exponential integrals."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ...kinds import Elementwise
from ...rules import constant, elementwise
from ..elementwise import DEGREE, LN2, LN10
from .parameters import by_last

#: Where the Taylor series of the moments converges fast.
_NEAR = 1.0


def _moment(x: Any, *, k: int) -> Any:
    """The integral of s**k exp(s x) for s from 0 to 1: a series near 0, where its recurrence cancels."""
    near = np.abs(x) < _NEAR
    small = np.where(near, x, 0.0)
    term: Any = 1.0
    series: Any = 1.0 / (k + 1)
    for j in range(1, 20):
        term = term * small / j
        series = series + term / (j + k + 1)
    large = np.where(near, 1.0, x)
    value = special.exprel(large)
    for j in range(1, k + 1):
        value = (np.exp(large) - j * value) / large
    return np.where(near, series, value)


#: The k-th derivative of (exp(x) - 1) / x.
moment: Elementwise = Elementwise("moment", _moment, (lambda out, x, k: moment(x, k=k + 1),), "none", None)


def _expn(out: Any, n: Any, x: Any) -> Any:
    zero = n == 0
    return np.where(zero, -out * (1 + 1 / x), -special.expn(np.where(zero, 0.0, n - 1), x))


elementwise(special.expit, lambda out, x: out * special.expit(-x), sympy="(1 + tanh(x / 2)) / 2")
elementwise(special.logit, lambda out, x: 1 / (x * (1 - x)), sympy="log(x / (1 - x))", domain=(0.05, 0.95))
elementwise(special.log_expit, lambda out, x: special.expit(-x), sympy="-log(1 + exp(-x))")

elementwise(special.exp2, lambda out, x: out * LN2, sympy="2**x")
elementwise(special.exp10, lambda out, x: out * LN10, sympy="10**x")
elementwise(special.expm1, lambda out, x: np.exp(x), sympy="exp(x) - 1")
elementwise(special.exprel, lambda out, x: moment(x, k=1), sympy="(exp(x) - 1) / x", domain=(1.1, 4.0))
elementwise(special.log1p, lambda out, x: 1 / (1 + x), sympy="log(1 + x)", domain=(-0.8, 4.0))
elementwise(special.cbrt, lambda out, x: 1 / (3 * out * out), domain=(0.1, 4.0))
elementwise(special.cosm1, lambda out, x: -np.sin(x), sympy="cos(x) - 1", domain=(0.4, 2.5))

elementwise(special.sindg, lambda out, x: DEGREE * special.cosdg(x), sympy="sin(pi * x / 180)", domain=(-170.0, 170.0))
elementwise(special.cosdg, lambda out, x: -(DEGREE * special.sindg(x)), sympy="cos(pi * x / 180)", domain=(10.0, 170.0))
elementwise(special.tandg, lambda out, x: DEGREE * (1 + out * out), sympy="tan(pi * x / 180)", domain=(-70.0, 70.0))
elementwise(special.cotdg, lambda out, x: -(DEGREE * (1 + out * out)), sympy="cot(pi * x / 180)", domain=(20.0, 160.0))

elementwise(special.exp1, lambda out, x: -np.exp(-x) / x, sympy="expint(1, x)", domain=(0.2, 3.0))
elementwise(special.expi, lambda out, x: np.exp(x) / x, sympy="Ei", domain=(0.5, 3.0))
by_last(special.expn, ["n"], _expn, sympy="expint(x, y)", domain=((0.0, 4.0), (0.3, 3.0)))

constant(special.round)
