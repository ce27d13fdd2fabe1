"""The gamma function, its logarithm, its logarithmic derivatives, and what is made of it.

References
----------
NIST Digital Library of Mathematical Functions, chapter 5; section 25.11 (the zeta function of Hurwitz).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special
from scipy.special import _ufuncs

from ...rules import constant, elementwise
from ..elementwise import size_of
from .parameters import by_last


def digamma(x: Any) -> Any:
    """psi, by reflection beside the poles, from which SciPy's own loses digits."""
    beside = x - np.floor(x + 0.5)
    mirrored = (x < 0) & (size_of(beside) < 0.1)
    # The distance to the nearest pole is exact, and so is the tangent beside it.
    turned = special.psi(np.where(mirrored, 1 - x, 1.0)) - np.pi / np.tan(np.pi * np.where(mirrored, beside, 0.25))
    return np.where(mirrored, turned, special.psi(np.where(mirrored, 1.0, x)))


def trigamma(x: Any) -> Any:
    """The derivative of psi: the zeta function of Hurwitz; to the left of 0 by reflection."""
    left = x < 0
    right = np.where(left, 1 - x, x)
    value = special.zeta(2.0, right)
    beside = np.where(left, x - np.floor(x + 0.5), 0.5)
    wave = np.pi / np.sin(np.pi * beside)
    return np.where(left, wave * wave - value, value)


def _binomial_by_n(out: Any, n: Any, k: Any) -> Any:
    return out * (special.psi(n + 1) - special.psi(n - k + 1))


def _binomial_by_k(out: Any, n: Any, k: Any) -> Any:
    return out * (special.psi(n - k + 1) - special.psi(k + 1))


def _pochhammer_by_z(out: Any, z: Any, m: Any) -> Any:
    return out * (special.psi(z + m) - special.psi(z))


_POSITIVE = (0.3, 4.0)

elementwise(special.gamma, lambda out, x: out * digamma(x), domain=_POSITIVE)
elementwise(special.gammaln, lambda out, x: digamma(x), sympy="loggamma", domain=_POSITIVE)
if special.loggamma is not special.gammaln:
    elementwise(special.loggamma, lambda out, x: digamma(x), sympy="loggamma", domain=_POSITIVE)
elementwise(special.psi, lambda out, x: trigamma(x), sympy="digamma", domain=_POSITIVE)
by_last(
    _ufuncs._zeta,  # noqa: SLF001 - the ufunc that special.zeta(s, q) calls
    ["s"],
    lambda out, s, q: -s * special.zeta(s + 1, q),
    sympy="zeta(x, y)",
    domain=((2.0, 6.0), (0.5, 4.0)),
)
elementwise(
    special.beta,
    lambda out, x, y: out * (special.psi(x) - special.psi(x + y)),
    lambda out, x, y: out * (special.psi(y) - special.psi(x + y)),
    sympy="gamma(x) * gamma(y) / gamma(x + y)",
    domain=_POSITIVE,
)
elementwise(
    special.betaln,
    lambda out, x, y: special.psi(x) - special.psi(x + y),
    lambda out, x, y: special.psi(y) - special.psi(x + y),
    sympy="loggamma(x) + loggamma(y) - loggamma(x + y)",
    domain=_POSITIVE,
)
elementwise(
    special.binom,
    _binomial_by_n,
    _binomial_by_k,
    sympy="gamma(x + 1) / gamma(y + 1) / gamma(x - y + 1)",
    domain=((3.2, 6.0), (0.3, 2.8)),
)
elementwise(
    special.poch,
    _pochhammer_by_z,
    lambda out, z, m: out * special.psi(z + m),
    sympy="gamma(x + y) / gamma(x)",
    domain=_POSITIVE,
)
constant(special.gammasgn)
