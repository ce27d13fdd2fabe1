"""Numbers behind expressions at any precision, by mpmath: floats count as what they are stored as, kinks by the policy."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import sympy

from ..errors import OptionError
from . import functions as own
from .budget import Budget
from .closed import Closed
from .passives import Passive, RealFunction
from .walking import Shared, postorder

#: Digits beyond those asked for that the arithmetic carries.
_GUARD = 15

_NAMES: dict[Any, str] = {
    sympy.exp: "exp",
    sympy.log: "ln",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.asin: "asin",
    sympy.acos: "acos",
    sympy.atan: "atan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.asinh: "asinh",
    sympy.acosh: "acosh",
    sympy.atanh: "atanh",
    sympy.Abs: "fabs",
    own.absolute: "fabs",
    own.root: "sqrt",
    own.expm1: "expm1",
    own.log1p: "log1p",
}


def checked_digits(digits: Any) -> int:
    """A number of decimal digits: a whole number from 1 to 10,000."""
    if isinstance(digits, bool) or not isinstance(digits, (int, np.integer)) or not 1 <= digits <= 10_000:
        raise OptionError(
            f"digits={digits!r} is no number of decimal digits: give a whole number from 1 to 10_000, such as digits=50."
        )
    return int(digits)


class Precise:
    """Evaluates expressions in decimal digits.

    Parameters
    ----------
    variables : sequence of Symbol
    numbers : sequence of NumPy numbers
        What the variables are.
    digits : int
        Of the results; cancellation inside an expression costs some of them, which a second run with more digits shows.
    """

    def __init__(self, variables: Sequence[Any], numbers: Sequence[Any], digits: int) -> None:
        # A context of its own: the caller's mpmath.mp keeps its precision, and so do other threads.
        self.context = mpmath.MPContext()
        self.digits = digits
        self.context.dps = digits + _GUARD
        self._values = {variable: self._exactly(number) for variable, number in zip(variables, numbers, strict=True)}

    def _exactly(self, number: Any) -> Any:
        """A float as what is stored; a long double is the sum of two."""
        high = float(number)
        return self.context.mpf(high) + (float(number - type(number)(high)) if math.isfinite(high) else 0)

    def evaluate(self, expressions: Sequence[Any], budget: Budget) -> list[Any]:
        """The values of `expressions` as numbers of `mpmath.mp`; where the real numbers end, NaN."""
        for count, node in enumerate(postorder(expressions)):
            budget.check(count)
            if node not in self._values:
                self._values[node] = self._value(node)
        self.context.dps = self.digits
        return [mpmath.mp.make_mpf((+self._values[expression])._mpf_) for expression in expressions]

    def _value(self, node: Any) -> Any:
        try:
            found = self._rule(node)([self._values[argument] for argument in node.args])
        except (ValueError, ZeroDivisionError, OverflowError, mpmath.libmp.ComplexResult):
            return self.context.nan
        return found if isinstance(found, self.context.mpf) else self.context.nan

    def _rule(self, node: Any) -> Callable[[list[Any]], Any]:
        """What a node does with the values of its arguments."""
        context, kind = self.context, type(node)
        if not node.args:
            return lambda values: self._atom(node)
        if isinstance(node, Shared):
            return lambda values: values[0]
        if isinstance(node, own.Choice):
            return lambda values: values[1 if values[0] != 0 else 2]
        if isinstance(node, sympy.Add):
            return lambda values: sum(values[1:], values[0])
        if isinstance(node, sympy.Mul):
            return lambda values: context.fprod(values)
        if isinstance(node, sympy.Pow):
            return lambda values: self._power(*values)
        if kind in _NAMES:
            function = getattr(context, _NAMES[kind])
            return lambda values: function(*values)
        name = kind.__name__
        if isinstance(node, Passive):
            return lambda values: (
                context.mpf(_PASSIVE[name](*values)) if not any(map(context.isnan, values)) else self._of_nan(name)
            )
        if isinstance(node, Closed):
            return lambda values: self._from_sympy(node.value([self._to_sympy(value) for value in values], context.dps))
        if isinstance(node, RealFunction) or name in ("sign", "atan2", "floor", "ceiling"):
            method = getattr(self, f"_{name}")
            return lambda values: method(*values)
        return lambda values: self._general(node, values)

    def _atom(self, node: Any) -> Any:
        context = self.context
        if isinstance(node, own.Plain):
            return context.mpf(node.number)
        if node.is_Float:
            return context.make_mpf(node._mpf_)
        if node.is_Rational:
            return context.mpf(node.p) / node.q
        if node.is_NumberSymbol:
            return context.make_mpf(node._as_mpf_val(context.prec + 10))  # noqa: SLF001 - pi, e and the like at this precision
        return {sympy.oo: context.inf, -sympy.oo: -context.inf}.get(node, context.nan)

    def _general(self, node: Any, values: list[Any]) -> Any:
        """A SymPy function that mpmath has under another name, by SymPy."""
        return self._from_sympy(node.func(*map(self._to_sympy, values)).evalf(self.context.dps))

    def _to_sympy(self, value: Any) -> Any:
        return sympy.Float._new(value._mpf_, self.context.prec)  # noqa: SLF001 - its exact value

    def _from_sympy(self, found: Any) -> Any:
        if found is None or not found.is_number or not found.is_extended_real:
            return self.context.nan
        return self.context.make_mpf(found._mpf_) if found.is_Float else self._atom(found)

    # ---- functions whose values at limits and kinks are NumPy's or the policy's

    def _power(self, x: Any, y: Any) -> Any:
        if x == 0 and y < 0:
            # Which infinity an odd power is depends on the sign of zero, which mpmath does not have.
            return self.context.inf if y % 2 == 0 else self.context.nan
        return x**y

    def _tied(self, *equals: Any) -> Any:
        return equals[0]

    def _maximum(self, x: Any, y: Any) -> Any:
        return x + y if self.context.isnan(x + y) else max(x, y)

    def _minimum(self, x: Any, y: Any) -> Any:
        return x + y if self.context.isnan(x + y) else min(x, y)

    def _ratio(self, x: Any, y: Any) -> Any:
        return x / y if y != 0 else self.context.zero

    def _euclid(self, *values: Any) -> Any:
        return self.context.sqrt(self.context.fsum(values, squared=True))

    def _angle(self, y: Any, x: Any) -> Any:
        return self.context.atan2(y, x)

    _atan2 = _angle

    def _sign(self, x: Any) -> Any:
        return self.context.sign(x)

    def _floor(self, x: Any) -> Any:
        return self.context.floor(x)

    def _ceiling(self, x: Any) -> Any:
        return self.context.ceil(x)

    def _cbrt(self, x: Any) -> Any:
        return self.context.sign(x) * self.context.cbrt(abs(x))

    def _logaddexp(self, x: Any, y: Any) -> Any:
        if x == y:
            return x + self.context.ln2
        return max(x, y) + self.context.log1p(self.context.exp(-abs(x - y)))

    def _softshare(self, x: Any, y: Any) -> Any:
        return self.context.mpf(0.5) if x == y else 1 / (1 + self.context.exp(y - x))

    def _sinc(self, x: Any, order: Any) -> Any:
        """The derivative of that order of sin(pi x) / (pi x), by recursion, with the digits that cancel near 0 in addition."""
        context, order = self.context, int(order)
        if x == 0:
            return context.mpf(0) if order % 2 else (-1) ** (order // 2) * context.pi**order / (order + 1)
        with context.extradps(10 + order * max(0, 5 - int(context.floor(context.log10(abs(x)))))):
            value = context.sinpi(x) / (context.pi * x)
            for n in range(1, order + 1):
                wave = context.cospi(x) if n % 2 else context.sinpi(x)
                value = ((-wave if n % 4 >= 2 else wave) * context.pi ** (n - 1) - n * value) / x
        return +value

    def _of_nan(self, name: str) -> Any:
        return self.context.mpf(name in ("isnan", "not_equal", "logical_or")) if name in _DECIDES else self.context.nan


def _floor(x: Any) -> Any:
    return x.context.floor(x)


def _rounded(x: Any) -> Any:
    """To the nearest whole number, halves to the even one."""
    low = _floor(x)
    return low + (x - low > 0.5 or (x - low == 0.5 and low % 2 == 1))


def _sign_of(x: Any, y: Any) -> Any:
    return math.nan if y == 0 else abs(x) if y > 0 else -abs(x)


_DECIDES = frozenset({"isnan", "isfinite", "isinf", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal"})
_PASSIVE: dict[str, Callable[..., Any]] = {
    "heaviside": lambda x, middle=0.5: middle if x == 0 else x > 0,
    "sign": lambda x: (x > 0) - (x < 0),
    "floor": _floor,
    "ceil": lambda x: -_floor(-x),
    "trunc": lambda x: _floor(x) if x >= 0 else -_floor(-x),
    "rint": _rounded,
    "floor_divide": lambda x, y: _floor(x / y),
    "copysign": _sign_of,
    "signbit": lambda x: math.nan if x == 0 else x < 0,
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "logical_and": lambda x, y: x != 0 and y != 0,
    "logical_or": lambda x, y: x != 0 or y != 0,
    "logical_xor": lambda x, y: (x != 0) != (y != 0),
    "logical_not": lambda x: x == 0,
    "isnan": lambda x: False,
    "isfinite": lambda x: abs(x) != math.inf,
    "isinf": lambda x: abs(x) == math.inf,
}
