"""How functions of SciPy go on from the real line into the complex plane (see `table.continuations`).

SciPy evaluates more of its functions on complex numbers than are here. Those that lose a tiny imaginary part in their
rounding errors (Bessel and hypergeometric functions, exponential integrals) are left out, and so refused.

References
----------
NIST Digital Library of Mathematical Functions, sections 5.5 and 5.11 (the gamma function: its reflection, Stirling's series)
and 7.9 (the continued fraction of the error function).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ..continuations import cbrt, continued, exp2, log_of_sum
from ..elementwise import LN10
from . import entropy, exponential, gammas  # noqa: F401 - they register the functions that go on here
from .normal import ROOT_HALF, TWO_OVER_ROOT_PI, bell, gauss

#: From here on the continued fraction of erfcx is exact after this many terms.
_FAR, _TERMS = 2.0, 60
#: From here on the logarithm is the derivative of that of gamma.
_STIRLING = 2.0**60


def exp10(z: Any) -> Any:
    """10**z without the logarithm of a large power."""
    return special.exp10(np.real(z)) * np.exp(1j * (LN10 * np.imag(z)))


def expit(z: Any) -> Any:
    """By an exponential that cannot overflow."""
    left = np.real(z) < 0
    small = np.exp(np.where(left, z, -z))
    return np.where(left, small, 1.0) / (1 + small)


def _gammaln(z: Any) -> Any:
    """log|gamma| of the real point, and the angle between gamma of the two points: to the left of 0 by reflection."""
    x = np.real(z)
    left = x < 0
    mirrored = np.where(left, 1 - z, z)
    far = np.real(mirrored) > _STIRLING
    # There it is the first term of Stirling's series, in which the imaginary part over the real one would underflow.
    right = np.where(far, 1j * np.imag(mirrored) * np.log(np.real(mirrored)), special.loggamma(np.where(far, 1.0, mirrored)))
    # The distance to the nearest pole is exact.
    beside = np.where(left, x - np.floor(x + 0.5), 0.5)
    wave = np.log(np.sin(np.pi * (beside + 1j * np.imag(z))) / np.sin(np.pi * beside))
    return special.gammaln(x) + 1j * np.imag(np.where(left, -right - wave, right))


def _loggamma(z: Any) -> Any:
    """NaN to the left of 0, where the logarithm of gamma is not real."""
    return np.where(np.real(z) < 0, np.nan, _gammaln(z))


def _gamma(z: Any) -> Any:
    """The real value, turned: SciPy's exponential of the logarithm loses digits where gamma is large."""
    return special.gamma(np.real(z)) * np.exp(1j * np.imag(_gammaln(z)))


def _squares(z: Any) -> Any:
    """z**2 less the square of its real part."""
    return (z - np.real(z)) * (z + np.real(z))


def _erfcx(z: Any) -> Any:
    """Far to the right by its continued fraction: SciPy's own loses a tiny imaginary part beside the real one there."""
    right = np.real(z) > _FAR
    far = np.where(right, z, _FAR)
    rest: Any = 0.0
    for k in range(_TERMS, 0, -1):
        rest = 0.5 * k / (far + rest)
    return np.where(right, 0.5 * TWO_OVER_ROOT_PI / (far + rest), special.erfcx(z))


def _upper_tail(z: Any) -> Any:
    """The normal integral from z to infinity, for z to the right of 0: neither erfcx nor the exponential cancels there."""
    return 0.5 * _erfcx(ROOT_HALF * z) * _bell(z)


def _turned(z: Any, real: Any, rate: float) -> Any:
    """exp(-rate * z**2) of the real value of it, turned; where that is 0 there is nothing to turn."""
    return np.where(real == 0, 0.0, real * np.exp(np.where(real == 0, 0.0, -rate * _squares(z))))


def _bell(z: Any) -> Any:
    return _turned(z, bell.evaluate(np.real(z)), 0.5)


def _ndtr(z: Any) -> Any:
    left = np.real(z) < 0
    tail = _upper_tail(np.where(left, -z, z))
    return np.where(left, tail, 1 - tail)


def _log_ndtr(z: Any) -> Any:
    """To the left by the logarithm of erfcx, and that of the exponential; to the right by the tail that is missing."""
    left = np.real(z) < 0
    on_the_left = np.where(left, z, 0.0)
    logarithm = np.log(0.5 * _erfcx(-ROOT_HALF * on_the_left)) - 0.5 * np.square(on_the_left)
    return np.where(left, logarithm, special.log1p(-_upper_tail(np.where(left, 0.0, z))))


_softplus = log_of_sum(np.exp, np.log)

for _function in (
    *(special.erf, special.erfc, special.erfi),
    *(special.xlogy, special.xlog1py, special.expm1, special.log1p, special.psi),
):
    continued(_function, _function)
continued(special.expit, expit)
continued(special.logit, lambda z: np.log(z / (1 - z)))
continued(special.log_expit, lambda z: -_softplus(0.0, -z))
continued(special.exp2, exp2)
continued(special.exp10, exp10)
continued(special.cbrt, cbrt)
continued(special.erfcx, _erfcx)
continued(special.ndtr, _ndtr)
continued(special.log_ndtr, _log_ndtr)
continued(special.gammaln, _gammaln)
if special.loggamma is not special.gammaln:
    continued(special.loggamma, _loggamma)
continued(special.gamma, _gamma)
continued(special.entr, lambda z: -z * np.log(z))
continued(special.rel_entr, lambda x, y: x * np.log(x / y))
gauss.continuation = lambda z: _turned(z, gauss.evaluate(np.real(z)), 1.0)
bell.continuation = _bell
