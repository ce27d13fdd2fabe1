"""Elementwise functions as SymPy expressions, from the text that their rule gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any

import numpy as np
import sympy

from ..errors import UnsupportedError
from ..table.arguments import is_special
from . import functions as own
from .closed import closed_form
from .passives import passive

ZERO, ONE = sympy.S.Zero, sympy.S.One

#: What the arguments are called in the texts of the rules.
_ARGUMENTS = ("x", "y", "z", "w")

#: Digits that SymPy calculates with where it meets two constants: what it makes of them is rounded when it is printed, once.
DIGITS = 100
_digits = ContextVar("digits", default=DIGITS)

#: Sums of more terms are not searched for signs and zeros by SymPy's functions: that takes longer than all the rest.
_LONG = 8


@contextmanager
def constants_of(digits: int) -> Iterator[None]:
    """Within the block, constants are calculated with this many digits."""
    token = _digits.set(digits)
    try:
        yield
    finally:
        _digits.reset(token)


def number(value: Any) -> Any:
    """A plain number, exactly: whole numbers as integers where their type says so, floats as they are stored."""
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return sympy.Integer(int(value))
    if isinstance(value, (complex, np.complexfloating)):
        return number(value.real) + sympy.I * number(value.imag)
    value = float(value)
    if not math.isfinite(value):
        return own.Plain(repr(value), real=True)
    return sympy.Integer(int(value)) if value in (0.0, 1.0, -1.0) else sympy.Float(value, _digits.get())


def exponent_number(exponent: Any) -> Any:
    """An exponent; halves and whole numbers are exact in binary, and SymPy knows more of exact powers."""
    if exponent.is_Float and abs(exponent) <= 64 and (4 * float(exponent)).is_integer():
        return sympy.Rational(int(4 * float(exponent)), 4)
    return exponent


def _power(x: Any, y: Any) -> Any:
    exponent = exponent_number(y)
    return x**exponent if exponent.is_Number else own.power(x, y)


def _remainder(x: Any, y: Any) -> Any:
    return x - y * passive("floor_divide")(x, y)


def _fmod(x: Any, y: Any) -> Any:
    return x - y * passive("trunc")(x / y)


def _copysign(x: Any, y: Any) -> Any:
    return own.absolute(x) * passive("copysign")(ONE, y)


#: Where SymPy's function differs from NumPy's at kinks, at limits or in the last digits.
_OWN: dict[str, Callable[..., Any]] = {
    "power": _power,
    "float_power": _power,
    "constant_power": lambda x, exponent: _power(x, number(exponent)),
    "absolute": own.absolute,
    "fabs": own.absolute,
    "maximum": own.maximum,
    "minimum": own.minimum,
    "fmax": own.maximum,
    "fmin": own.minimum,
    "cbrt": own.cbrt,
    "expm1": own.expm1,
    "log1p": own.log1p,
    "logaddexp": own.logaddexp,
    "logaddexp2": lambda x, y: own.logaddexp(x * sympy.log(2), y * sympy.log(2)) / sympy.log(2),
    "hypot": own.euclid,
    "modulus": own.euclid,
    "root_of_squares": own.root,
    "arctan2": own.angle,
    "sinc": lambda x: own.sinc(x, ZERO),
    "expit": lambda x: own.softshare(x, ZERO),
    "log_expit": lambda x: -own.logaddexp(ZERO, -x),
    "remainder": _remainder,
    "fmod": _fmod,
    "copysign": _copysign,
    "determined": lambda values, factor: values if factor == 1 else factor * values,
}
_LOG_TAIL = closed_form("log_ndtr", lambda x: sympy.log(sympy.erfc(x / sympy.sqrt(2)) / 2), 1, None)
#: What closed forms alone do not say. An event that both distributions exclude counts nothing: there, 0 / 0 has no limit.
#: And of erfc(-x), SymPy makes 2 - erfc(x), which cancels.
_AROUND: dict[str, Callable[..., Any]] = {
    "log_ndtr": lambda smooth, x: _LOG_TAIL(-x),
    "rel_entr": lambda smooth, x, y: own.choose(own.limited, _either(x, y), smooth(x, y), ZERO),
    "kl_div": lambda smooth, x, y: own.choose(own.limited, _either(x, y), smooth(x, y), y),
}


def _either(x: Any, y: Any) -> Any:
    """Whether one of the two is not 0."""
    return passive("logical_or")(own.not_equal(x, ZERO), own.not_equal(y, ZERO))


_NAMESPACE = {name: getattr(sympy, name) for name in sympy.__all__} | {
    "Abs": own.absolute,
    "sign": own.sign,
    "Max": own.maximum,
    "Min": own.minimum,
    "floor": passive("floor"),
    "ceiling": passive("ceil"),
    "cbrt": own.cbrt,
}


def formula(primitive: Any) -> Callable[..., Any]:
    """What an elementwise primitive is as a function of expressions.

    Raises
    ------
    UnsupportedError
        Its rule names no function that SymPy has.
    """
    if primitive.name in _OWN:
        return _OWN[primitive.name]
    if callable(primitive.sympy):
        return primitive.sympy  # type: ignore[no-any-return]
    function = _compiled(primitive.name, primitive.sympy)
    if not is_special(primitive.evaluate):
        return function
    smooth = closed_form(primitive.name, function, len(primitive.partials), primitive.domain)
    return partial(_AROUND[primitive.name], smooth) if primitive.name in _AROUND else smooth


@cache
def _compiled(name: str, text: str) -> Callable[..., Any]:
    function = _NAMESPACE.get(text)
    if isinstance(function, type) and issubclass(function, sympy.Function):
        return lambda *operands: _applied(function, operands)
    if callable(function):
        return function  # type: ignore[no-any-return]
    try:
        code = compile(text, f"<formula of {name}>", "eval")
    except SyntaxError as error:
        raise _no_counterpart(name, text) from error
    parameters = [used for used in code.co_names if used not in _NAMESPACE]
    if text in code.co_names and text not in _ARGUMENTS:
        raise _no_counterpart(name, text)

    def evaluate(*operands: Any, **options: Any) -> Any:
        scope = dict(zip(_ARGUMENTS, operands, strict=False)) | {key: number(value) for key, value in options.items()}
        if any(parameter not in scope for parameter in parameters):
            raise _no_counterpart(name, text)
        return eval(code, {"__builtins__": {}} | _NAMESPACE | scope)  # noqa: S307 - the text of a rule, which is code of its author

    return evaluate


def _applied(function: Any, operands: tuple[Any, ...]) -> Any:
    long = any(isinstance(operand, sympy.Add) and len(operand.args) > _LONG for operand in operands)
    return function(*operands, evaluate=False) if long else function(*operands)


def _no_counterpart(name: str, text: Any) -> UnsupportedError:
    return UnsupportedError(
        f"Symbolic mode does not know '{name}' (its rule says sympy={text!r}, which SymPy does not have): "
        "give the rule a formula, elementwise(..., sympy='exp(x) * x'), or use method='forward' or method='reverse'."
    )


def settled(name: str, expressions: list[Any], values: list[Any]) -> Any:
    """The smooth expression that a kinked function is at the concrete values, or None."""
    if name in ("absolute", "fabs"):
        return expressions[0] if values[0] > 0 else -expressions[0] if values[0] < 0 else ZERO if values[0] == 0 else None
    if name == "copysign":
        return expressions[0] * int(np.copysign(1, values[1]) * np.sign(values[0])) if not np.isnan(values[0]) else None
    if name in ("maximum", "fmax", "minimum", "fmin"):
        x, y = values
        if x == y:
            return own.shared(expressions)
        larger = bool(x > y)
        if np.isnan(x) or np.isnan(y):
            if name in ("maximum", "minimum"):
                return None
            larger = bool(np.isnan(y)) == (name == "fmax")
        return expressions[0 if larger == (name in ("maximum", "fmax")) else 1]
    return None


_INFINITE = (sympy.zoo, sympy.oo, -sympy.oo, sympy.nan)


def is_infinite(expression: Any) -> bool:
    """Whether SymPy left the finite numbers on the way (1 / 0)."""
    return expression in _INFINITE or (
        isinstance(expression, (sympy.Add, sympy.Mul)) and any(part in _INFINITE for part in expression.args)
    )


def is_degenerate(expression: Any) -> bool:
    """Whether SymPy left the finite real numbers on the way (1 / 0, the square root of -1)."""
    if is_infinite(expression) or expression is sympy.I:
        return True
    return isinstance(expression, (sympy.Add, sympy.Mul)) and any(
        part is sympy.I or (isinstance(part, sympy.Mul) and sympy.I in part.args) for part in expression.args
    )
