"""Complex values on the way from real inputs to real outputs: their parts, and what is made of these.

Cotangents pair by Re(sum w t), so the transpose of taking the real part is to read a real cotangent as a complex one,
and that of taking the imaginary part is to multiply by -1j.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kinds import Constant
from ..operands import is_complex
from ..rules import ELEMENTWISE, FUNCTIONS, elementwise, implements, linear
from .arguments import array
from .elementwise import safe_ratio

real_part = linear(lambda z: np.real(z).copy(), lambda t: np.real(t), lambda g, shape, lead: g)
imaginary_part = linear(lambda z: np.imag(z).copy(), lambda t: np.imag(t), lambda g, shape, lead: -1j * g)
conjugate = linear(np.conjugate, lambda t: np.conjugate(t), lambda g, shape, lead: np.conjugate(g))
real_part.name, imaginary_part.name = "real", "imag"


#: 0 or pi, a step at 0.
_angle_of_real = Constant("angle", lambda x, deg: np.angle(x, deg))


def _read_only(part: Any, z: Any, take: Any) -> Any:
    """NumPy's parts of an array are views of it, which a traced one cannot be written through."""
    return part.follow(z, take, writable=False) if hasattr(part, "follow") else part


@implements(np.real)
def real(val: Any) -> Any:
    z = array(val)
    return _read_only(real_part(z), z, real_part) if is_complex(z) else z


@implements(np.imag)
def imag(val: Any) -> Any:
    z = array(val)
    return _read_only(imaginary_part(z), z, imaginary_part) if is_complex(z) else np.zeros_like(z)


@implements(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    z = array(z)
    if not is_complex(z):
        return _angle_of_real(z, deg=bool(deg)).astype(z.dtype if z.dtype.kind == "f" else float)
    angles = np.arctan2(np.imag(z), np.real(z))
    return np.rad2deg(angles) if deg else angles


@implements(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    a = array(a)
    if not is_complex(a):
        return a
    tolerance = np.finfo(a.dtype).eps * tol if tol > 1 else tol
    return np.real(a) if np.all(np.abs(np.imag(a)) < tolerance) else a


def _by_kind(function: Any, of_complex: Any) -> None:
    """Let `function` of complex values be another rule than that of real ones."""
    of_real = ELEMENTWISE[function]

    def choose(x: Any) -> Any:
        x = array(x)
        return of_complex(x) if is_complex(x) else of_real(x)

    choose.__name__ = function.__name__
    FUNCTIONS[function] = choose


def _modulus(x: Any, y: Any) -> Any:
    # Not np.hypot, whose last digit may differ from that of np.abs.
    return np.abs(x + 1j * y)


modulus = elementwise(
    _modulus,
    lambda out, x, y: safe_ratio(x, out),
    lambda out, x, y: safe_ratio(y, out),
    sympy="sqrt(x**2 + y**2)",
    name="modulus",
)
_by_kind(np.absolute, lambda z: modulus(np.real(z), np.imag(z)))
_by_kind(np.conjugate, conjugate)


def squared_magnitude(x: Any) -> Any:
    """|x|**2, real also where x is complex."""
    return np.square(np.real(x)) + np.square(np.imag(x)) if is_complex(x) else np.square(x)


def magnitude(x: Any) -> Any:
    """x where it is real, |x| where it is complex: what norms of x are norms of."""
    return np.abs(x) if is_complex(x) else x
