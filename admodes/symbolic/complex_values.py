"""Functions of complex expressions, written with real functions of their parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from ..table.complex_values import conjugate, imaginary_part, real_part
from . import functions as own
from .arrays import rule
from .formulas import ONE, ZERO, exponent_number, number
from .objects import unwrapped
from .parts import Parts, parts, parts_of_array, size

if TYPE_CHECKING:
    from .level import SymbolicLevel

Split = Callable[[Any], Parts]
_I = sympy.I


@rule(real_part)
def _real_part(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    return unwrapped(parts_of_array(level, traces[0], values[0])[0])


@rule(imaginary_part)
def _imaginary_part(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    return unwrapped(parts_of_array(level, traces[0], values[0])[1])


@rule(conjugate)
def _conjugate(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    real, imaginary = parts_of_array(level, traces[0], values[0])
    return unwrapped(real - _I * imaginary)


# ---- functions of complex values, by the real functions of their parts


def _exp(split: Split, z: Any) -> Any:
    a, b = split(z)
    return sympy.exp(a) * (sympy.cos(b) + _I * sympy.sin(b))


def _expm1(split: Split, z: Any) -> Any:
    a, b = split(z)
    return own.expm1(a) * sympy.cos(b) - 2 * sympy.sin(b / 2) ** 2 + _I * sympy.exp(a) * sympy.sin(b)


def _log(split: Split, z: Any) -> Any:
    a, b = split(z)
    return sympy.log(size(a, b)) + _I * own.angle(b, a)


def _log1p(split: Split, z: Any) -> Any:
    a, b = split(z)
    return own.log1p(a * (2 + a) + b**2) / 2 + _I * own.angle(b, 1 + a)


def _sin(split: Split, z: Any) -> Any:
    a, b = split(z)
    return sympy.sin(a) * sympy.cosh(b) + _I * sympy.cos(a) * sympy.sinh(b)


def _cos(split: Split, z: Any) -> Any:
    a, b = split(z)
    return sympy.cos(a) * sympy.cosh(b) - _I * sympy.sin(a) * sympy.sinh(b)


def _tanh(split: Split, z: Any) -> Any:
    # Not by quotients of sums, which overflow where tanh is saturated.
    a, b = split(z)
    t, u = sympy.tanh(a), sympy.tan(b)
    return (t + _I * u) / (1 + _I * t * u)


def _below(function: Callable[..., Any], split: Split, z: Any) -> Any:
    """`function` of z, below its cut where z is real."""
    return _conjugated(split, function(split, _conjugated(split, z)))


def _conjugated(split: Split, z: Any) -> Any:
    a, b = split(z)
    return a - _I * b


def _arctanh(split: Split, z: Any) -> Any:
    return (_log(split, 1 + z) - _below(_log, split, 1 - z)) / 2


def _arcsin(split: Split, z: Any) -> Any:
    """By Kahan's formula, which does not cancel (Branch cuts for complex elementary functions, 1987)."""
    left, right = _below(_sqrt, split, 1 - z), _sqrt(split, 1 + z)
    real, _ = split(left * right)
    _, imaginary = split(_conjugated(split, left) * right)
    return own.angle(split(z)[0], real) + _I * sympy.asinh(imaginary)


def _sqrt(split: Split, z: Any) -> Any:
    return _power(split, z, sympy.S.Half)


def _power(split: Split, z: Any, exponent: Any) -> Any:
    """The principal power; a whole one as a product."""
    exponent = exponent_number(exponent)
    if exponent.is_Integer or (exponent.is_Float and float(exponent).is_integer()):
        return z ** int(exponent)
    a, b = split(z)
    c, d = split(exponent)
    radius, angle = size(a, b), own.angle(b, a)
    turn = c * angle + (d * sympy.log(radius) if d != 0 else ZERO)
    length = (radius**c if c.is_Number else own.power(radius, c)) * (sympy.exp(-d * angle) if d != 0 else ONE)
    return length * (sympy.cos(turn) + _I * sympy.sin(turn))


#: What is no sum, product or whole power, by the name of its rule.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": _exp,
    "exp2": lambda split, z: _exp(split, z * sympy.log(2)),
    "expm1": _expm1,
    "log": _log,
    "log2": lambda split, z: _log(split, z) / sympy.log(2),
    "log10": lambda split, z: _log(split, z) / sympy.log(10),
    "log1p": _log1p,
    "sqrt": _sqrt,
    "sin": _sin,
    "cos": _cos,
    "tan": lambda split, z: -_I * _tanh(split, _I * z),
    "sinh": lambda split, z: -_I * _sin(split, _I * z),
    "cosh": lambda split, z: _cos(split, _I * z),
    "tanh": _tanh,
    "arcsin": _arcsin,
    "arccos": lambda split, z: sympy.pi / 2 - _arcsin(split, z),
    "arctan": lambda split, z: -_I * _arctanh(split, _I * z),
    "arcsinh": lambda split, z: -_I * _arcsin(split, _I * z),
    "arctanh": _arctanh,
    "power": _power,
    "float_power": _power,
    "constant_power": lambda split, z, exponent: _power(split, z, number(exponent)),
}


#: Their cuts lie on the imaginary axis; those of the others on the real one.
_CUT_UPWARD = frozenset({"arctan", "arcsinh"})


def function_of_complex(level: SymbolicLevel, name: str, plain: Sequence[Any]) -> Callable[..., Any] | None:
    """The function of complex expressions that a rule's name stands for, None where the formula for real ones serves.

    `plain` are the operands' numbers: on a cut, the sign of their zero says which side is meant, and SymPy's zero has none.
    """
    function = _FUNCTIONS.get(name)
    if function is None:
        return None

    def split(z: Any) -> Parts:
        return parts(level, level.graph.unique(sympy.sympify(z)))

    def evaluate(*operands: Any, **parameters: Any) -> Any:
        real, imaginary = split(operands[0])
        if name in _CUT_UPWARD and real == 0 and np.signbit(np.real(plain[0])):
            return -_conjugated(split, function(split, *operands, **parameters))
        if name not in _CUT_UPWARD and imaginary == 0 and np.signbit(np.imag(plain[0])):
            mirrored = [_conjugated(split, operand) for operand in operands]
            return _conjugated(split, function(split, *mirrored, **parameters))
        return function(split, *operands, **parameters)

    return evaluate
