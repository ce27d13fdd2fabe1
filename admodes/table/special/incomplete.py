"""Incomplete gamma and beta functions, and hypergeometric ones, by their last argument.

References
----------
NIST Digital Library of Mathematical Functions, sections 5.11, 8.8, 8.17, 13.3, 15.5, 16.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from .parameters import by_last

#: From this shape on, x**a exp(-x) / gamma(a) is taken by Stirling's series: its factors would cancel.
_LARGE = 20.0
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)


def _gamma_density(a: Any, x: Any) -> Any:
    """x**(a - 1) exp(-x) / gamma(a)."""
    large = a > _LARGE
    shape = np.where(large, a, _LARGE)
    distance = (x - shape) / shape
    correction: Any = 0.0
    for coefficient in reversed(_STIRLING):
        correction = correction / (shape * shape) + coefficient
    exponent = shape * (np.log1p(distance) - distance) - correction / shape
    zero = x == 0
    stirling = np.where(zero, 0.0, np.exp(exponent) * np.sqrt(shape / (2 * np.pi)) / np.where(zero, 1.0, x))
    direct = np.exp(special.xlogy(a - 1, x) - x - special.gammaln(np.where(large, 1.0, a)))
    return np.where(large, stirling, direct)


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    """x**(a - 1) (1 - x)**(b - 1) / beta(a, b)."""
    return np.exp(special.xlogy(a - 1, x) + special.xlog1py(b - 1, -x) - special.betaln(a, b))


_BETA = "z**x * hyper((x, 1 - y), (x + 1,), z) * gamma(x + y) / (gamma(x + 1) * gamma(y))"

by_last(
    special.gammainc,
    ["a"],
    lambda out, a, x: _gamma_density(a, x),
    sympy="lowergamma(x, y) / gamma(x)",
    domain=((1.0, 5.0), (0.3, 4.0)),
)
by_last(
    special.gammaincc,
    ["a"],
    lambda out, a, x: -_gamma_density(a, x),
    sympy="uppergamma(x, y) / gamma(x)",
    domain=((1.0, 5.0), (0.3, 4.0)),
)
by_last(
    special.betainc,
    ["a", "b"],
    lambda out, a, b, x: _beta_density(a, b, x),
    sympy=_BETA,
    domain=((1.0, 4.0), (1.0, 4.0), (0.1, 0.9)),
)
by_last(
    special.betaincc,
    ["a", "b"],
    lambda out, a, b, x: -_beta_density(a, b, x),
    sympy=f"1 - {_BETA}",
    domain=((1.0, 4.0), (1.0, 4.0), (0.1, 0.9)),
)
by_last(
    special.hyp0f1,
    ["v"],
    lambda out, v, x: special.hyp0f1(v + 1, x) / v,
    sympy="hyper((), (x,), y)",
    domain=((1.0, 4.0), (-2.0, 2.0)),
)
by_last(
    special.hyp1f1,
    ["a", "b"],
    lambda out, a, b, x: a / b * special.hyp1f1(a + 1, b + 1, x),
    sympy="hyper((x,), (y,), z)",
    domain=((1.0, 3.0), (1.0, 4.0), (-2.0, 2.0)),
)
by_last(
    special.hyp2f1,
    ["a", "b", "c"],
    lambda out, a, b, c, x: a * b / c * special.hyp2f1(a + 1, b + 1, c + 1, x),
    sympy="hyper((x, y), (z,), w)",
    domain=((1.0, 3.0), (1.0, 3.0), (1.0, 4.0), (-0.6, 0.6)),
)
