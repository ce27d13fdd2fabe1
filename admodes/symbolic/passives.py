"""The classes that SymPy functions of real numbers are made of, and the locally constant ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy


class RealFunction(sympy.Function):  # type: ignore[misc]
    """A function of real numbers that is never simplified; some numbers may lie outside its domain."""

    def shown(self, *args: Any) -> Any:
        """The same in SymPy's own functions, of arguments in SymPy's own functions."""
        return self.func(*args)

    def _eval_evalf(self, prec: Any) -> Any:
        """Not a number to SymPy, which would look for a function of this name in mpmath: its `root` and `sinc` are others."""
        return None


class TotalFunction(RealFunction):
    """A function that is a real number at all real numbers."""

    is_real = True


class Passive(TotalFunction):
    """A locally constant NumPy function of numbers."""

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.S.Zero

    def shown(self, *args: Any) -> Any:
        name = type(self).__name__
        if name in RELATIONS:
            return _indicator(RELATIONS[name](*args))
        if name in _LOGICAL:
            return _indicator(_LOGICAL[name](*map(as_condition, args)))
        return _SHOWN_PASSIVE[name](*args) if name in _SHOWN_PASSIVE else self.func(*args)


@cache
def passive(name: str) -> Any:
    """The class of the locally constant NumPy function of that name."""
    return type(name, (Passive,), {})


RELATIONS = {
    "greater": sympy.Gt,
    "greater_equal": sympy.Ge,
    "less": sympy.Lt,
    "less_equal": sympy.Le,
    "equal": sympy.Eq,
    "not_equal": sympy.Ne,
}


def _indicator(condition: Any) -> Any:
    return sympy.Piecewise((1, condition), (0, True))


def as_condition(shown: Any) -> Any:
    """A published number as SymPy's boolean: whether it is not 0."""
    return shown.args[0][1] if is_indicator(shown) else sympy.Ne(shown, 0)


def is_indicator(shown: Any) -> bool:
    """Whether a published number is 1 where a condition holds, and 0 elsewhere."""
    return isinstance(shown, sympy.Piecewise) and [branch for branch, _ in shown.args] == [1, 0]


_LOGICAL = {
    "logical_and": sympy.And,
    "bitwise_and": sympy.And,
    "logical_or": sympy.Or,
    "bitwise_or": sympy.Or,
    "logical_xor": sympy.Xor,
    "bitwise_xor": sympy.Xor,
    "logical_not": sympy.Not,
    "invert": sympy.Not,
}
_SHOWN_PASSIVE = {
    "floor": sympy.floor,
    "ceil": sympy.ceiling,
    "sign": sympy.sign,
    "floor_divide": lambda x, y: sympy.floor(x / y),
    "copysign": lambda x, y: x * sympy.Piecewise((1, y >= 0), (-1, True)),
    "trunc": lambda x: sympy.sign(x) * sympy.floor(sympy.Abs(x)),
}
