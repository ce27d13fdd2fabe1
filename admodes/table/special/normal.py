"""The error function, the normal distribution, and their inverses.

Tails are taken from the scaled complement erfcx, which neither overflows nor cancels there.

References
----------
NIST Digital Library of Mathematical Functions, sections 7.2, 7.18 (repeated integrals of erfc).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from ...kinds import Elementwise
from ...rules import elementwise

# As literals, since NumPy's quotients and roots of roots are off by a bit.
ROOT_HALF = 0.7071067811865476
TWO_OVER_ROOT_PI = 1.1283791670955126
HALF_ROOT_PI = 0.886226925452758
ROOT_HALF_PI = 1.2533141373155003
ROOT_TWO_OVER_PI = 0.7978845608028654

#: Beyond it exp(-x * x / 2) is 0.
_END = 40.0
#: From here on the continued fraction of the repeated integrals is exact after this many terms.
_FAR, _TERMS = 2.0, 60


def _gauss(x: Any) -> Any:
    """exp(-x * x); the rounding error of the square, which exp would multiply by x * x, is split off."""
    near = np.minimum(np.maximum(x, -_END), _END)
    head = np.floor(near * 64.0) / 64.0
    return np.exp(-head * head) * np.exp((head - near) * (head + near))


def _bell(x: Any) -> Any:
    """exp(-x * x / 2), likewise."""
    near = np.minimum(np.maximum(x, -_END), _END)
    head = np.floor(near * 64.0) / 64.0
    return np.exp(-0.5 * head * head) * np.exp(0.5 * (head - near) * (head + near))


gauss = elementwise(_gauss, lambda out, x: -2 * x * out, sympy="exp(-x**2)", name="gauss")
bell = elementwise(_bell, lambda out, x: -x * out, sympy="exp(-x**2 / 2)", name="bell")


def _repeated(x: Any, *, n: int) -> Any:
    """exp(x * x) times the n-th repeated integral of erfc: by its recurrence, which runs backwards for large x."""
    lower, value = TWO_OVER_ROOT_PI, special.erfcx(x)
    for k in range(1, n + 1):
        lower, value = value, (lower - 2 * x * value) / (2 * k)
    far = np.maximum(x, _FAR)
    ratio: Any = 0.0
    product = special.erfcx(far)
    for k in range(_TERMS + n, 0, -1):
        ratio = 0.5 / (far + (k + 1) * ratio)
        product = product * ratio if k <= n else product
    return np.where(x > _FAR, product, value)


#: Its derivative is the next one; all terms have one sign, so nothing cancels at any order.
repeated: Elementwise = Elementwise(
    "repeated_erfc", _repeated, (lambda out, x, n: -2 * (n + 1) * repeated(x, n=n + 1),), "none", None
)


def over_tail(tail: Any, far: Any) -> Any:
    """erfcx(far) / tail: 1 / exp(-far**2) for a tail that is erfc(far); infinite where the tail is 0."""
    end = tail == 0
    # 1 / 0 and not inf: its own derivative is infinite as well.
    return np.where(end, 1.0 / np.where(end, tail, 1.0), special.erfcx(far) / np.where(end, 1.0, tail))


def _erfinv(out: Any, x: Any) -> Any:
    left = x < 0
    return HALF_ROOT_PI * over_tail(np.where(left, 1 + x, 1 - x), np.where(left, -out, out))


def _erfcinv(out: Any, x: Any) -> Any:
    right = x > 1
    return -(HALF_ROOT_PI * over_tail(np.where(right, 2 - x, x), np.where(right, -out, out)))


def _ndtri(out: Any, x: Any) -> Any:
    left = x < 0.5
    return ROOT_HALF_PI * over_tail(np.where(left, x, 1 - x), np.where(left, -out, out) * ROOT_HALF)


def _log_ndtr(out: Any, x: Any) -> Any:
    """The density over its integral: to the left by erfcx, which to the right would lose digits."""
    left = x < 0
    ratio = 1 / special.erfcx(ROOT_HALF * np.where(left, -x, 0.0))
    right = np.where(left, 0.0, x)
    return ROOT_TWO_OVER_PI * np.where(left, ratio, 0.5 * bell(right) / special.ndtr(right))


elementwise(special.erf, lambda out, x: TWO_OVER_ROOT_PI * gauss(x))
elementwise(special.erfc, lambda out, x: -(TWO_OVER_ROOT_PI * gauss(x)))
elementwise(special.erfcx, lambda out, x: -2 * repeated(x, n=1), sympy="exp(x**2) * erfc(x)", domain=(-1.8, 1.8))
elementwise(special.erfi, lambda out, x: TWO_OVER_ROOT_PI / gauss(x))
elementwise(special.erfinv, _erfinv, domain=(-0.95, 0.95))
elementwise(special.erfcinv, _erfcinv, sympy="erfinv(1 - x)", domain=(0.05, 1.95))
elementwise(special.ndtr, lambda out, x: ROOT_TWO_OVER_PI * (0.5 * bell(x)), sympy="erfc(-x / sqrt(2)) / 2")
elementwise(special.log_ndtr, _log_ndtr, sympy="log(erfc(-x / sqrt(2)) / 2)")
elementwise(special.ndtri, _ndtri, sympy="sqrt(2) * erfinv(2 * x - 1)", domain=(0.05, 0.95))
