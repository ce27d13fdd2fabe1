"""Special functions by their closed forms, evaluated with as many digits as cancellation takes.

Where a formula is 0 / 0 or infinite, what counts is its limit from inside the domain, taken numerically at points so near
that the limit, where there is one, shows in all digits of a double.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy

from .functions import published
from .passives import RealFunction

SYMBOLS = sympy.symbols("x y z w", real=True)
#: Digits beyond a double's; and the most that a sum may cancel.
_DIGITS, _MOST = 20, 1200
#: Larger whole numbers are no more special than others, and SymPy would write out sums of as many terms.
_EXACT = 16
#: How near an end of the domain, or how far out, the two points of a limit lie: powers of ten.
_NEAR = (60, 240)
_LIMIT_DIGITS = 3 * _NEAR[-1]


class Closed(RealFunction):
    """A derivative, of order 0 or more, of a function with a closed form.

    Attributes
    ----------
    form : Expr
        Of the symbols x, y, z, w.
    middle : tuple of float
        A point inside the domain.
    orders : tuple of int
        How often it was differentiated by each argument.
    """

    form: Any
    middle: tuple[float, ...]
    orders: tuple[int, ...]

    def fdiff(self, argindex: int = 1) -> Any:
        return _derivative(type(self), argindex - 1)(*self.args)

    def shown(self, *args: Any) -> Any:
        return self.form.xreplace(dict(zip(SYMBOLS, args, strict=False)))

    @classmethod
    def at(cls, *numbers: Any) -> Any:
        """The value at plain numbers."""
        plain = [float(number) for number in numbers]
        if any(map(math.isnan, plain)):
            return np.float64(np.nan)
        value = cls.exactly([sympy.Float(number) for number in plain], _DIGITS) if all(map(math.isfinite, plain)) else None
        # SymPy takes 0 to the power of 0 for 0. That an absolute value has a slope of 0 at 0 is the policy.
        if value is None or (value.is_zero and not cls.form.has(sympy.Abs, sympy.sign)):
            return np.float64(cls._limit(plain))
        return np.float64(_rounded(value))

    @classmethod
    def exactly(cls, point: Sequence[Any], digits: int) -> Any:
        """The closed form at SymPy's numbers; None where it is not a real number.

        Small whole numbers are put in exactly; those far from 1 need as many more digits as they lie powers of ten away.
        """
        numbers = dict(zip(SYMBOLS, point, strict=False))
        whole = {symbol: sympy.Integer(int(n)) for symbol, n in numbers.items() if abs(n) <= _EXACT and (n - int(n)).is_zero}
        form = cls.form.xreplace(whole)
        digits += sum(abs(int(sympy.log(abs(number), 10).evalf(3))) for number in point if not number.is_zero)
        try:
            value = form.evalf(digits, subs=numbers, maxn=max(_MOST, 2 * digits), strict=True)
        except (ArithmeticError, ValueError, TypeError):
            return None
        return value if value.is_Float or value.is_Rational else None

    @classmethod
    def _limit(cls, plain: Sequence[float]) -> float:
        """Along one argument after the other, the first limit that there is; those first that it is the derivative by."""
        inward = [1 if number < middle else -1 for number, middle in zip(plain, cls.middle, strict=True)]
        for position in sorted(range(len(plain)), key=lambda place: -cls.orders[place]):
            steps = [step * (place == position) for place, step in enumerate(inward)]
            near, nearer = (
                cls.exactly([_beside(*pair, power) for pair in zip(plain, steps, strict=True)], _LIMIT_DIGITS) for power in _NEAR
            )
            if near is not None and nearer is not None:
                return _extrapolated(near, nearer)
        return math.nan


def _beside(number: float, step: int, power: int) -> Any:
    """A number as near to this one as 10**-power, relatively; beyond 10**(power / 10) for an infinite one."""
    if not math.isfinite(number):
        return sympy.Float(10, _LIMIT_DIGITS) ** (power // 10) * (1 if number > 0 else -1)
    return sympy.Float(number, _LIMIT_DIGITS) + step * sympy.Float(abs(number) or 1.0, _LIMIT_DIGITS) / sympy.Integer(10) ** power


def _rounded(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)


def _extrapolated(near: Any, nearer: Any) -> float:
    """The limit of a sequence of which two members are known: the same number, 0, or infinite; nan where none shows."""
    if nearer.is_zero or abs(nearer) <= abs(near) / 10**12:
        return 0.0
    if abs(near - nearer) <= abs(nearer) / 10**16:
        return _rounded(nearer)
    return math.copysign(math.inf, nearer) if abs(nearer) > 2 * abs(near) else math.nan


@cache
def closed_form(name: str, function: Callable[..., Any], count: int, domain: Any) -> Callable[..., Any]:
    """A smooth function of `count` expressions that is evaluated by its closed form; one with other kinks than abs as it is."""
    (form,) = published([function(*SYMBOLS[:count])])
    if form.has(sympy.Max, sympy.Min, sympy.Piecewise, sympy.floor):
        return function
    domains = (domain or (-1.0, 1.0),) * count if not domain or not isinstance(domain[0], tuple) else domain
    return _class(name, form, tuple(sum(ends) / 2 for ends in domains), (0,) * count)  # type: ignore[no-any-return]


@cache
def _class(name: str, form: Any, middle: tuple[float, ...], orders: tuple[int, ...]) -> Any:
    label = "_".join([name, *map(str, orders)]) if any(orders) else name
    return type(label, (Closed,), {"form": form, "middle": middle, "orders": orders, "named": name})


def _derivative(kind: Any, position: int) -> Any:
    orders = tuple(order + (place == position) for place, order in enumerate(kind.orders))
    return _class(kind.named, sympy.diff(kind.form, SYMBOLS[position]), kind.middle, orders)
