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
#: Digits beyond a double's.
_DIGITS = 20
#: The most digits that a sum may cancel.
_MOST = 1200
#: Larger whole numbers are no more special than others, and SymPy would write out sums of as many terms.
_EXACT = 16
#: How near an end of the domain, at least, the first point of a limit lies: a power of ten.
#: The second one is so many times as near, and they are calculated with so many times its digits.
_NEAR = 60
_NEARER = 4
_CARRIED = 3


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
        return _closed_at(cls.form, cls.middle, cls.orders, *numbers)

    @classmethod
    def value(cls, point: Sequence[Any], digits: int) -> Any:
        """The value at SymPy's numbers, which may be infinite; None where there is none."""
        return _closed_value(cls.form, cls.middle, cls.orders, point, digits)


# ---- these are written into programs too (see `standalone`)


def _closed_at(form: Any, middle: Sequence[float], orders: Sequence[int], *numbers: Any) -> Any:
    """A closed form at plain numbers: the nearest double, or NaN."""
    value = _closed_value(form, middle, orders, [sympy.Float(float(number)) for number in numbers], _DIGITS)
    try:
        return np.float64(np.nan if value is None else float(value))
    except OverflowError:
        return np.float64(math.copysign(math.inf, value))


def _closed_value(form: Any, middle: Sequence[float], orders: Sequence[int], point: Sequence[Any], digits: int) -> Any:
    """A closed form at SymPy's numbers, or its limit there; None where it is not a real number."""
    if any(number is sympy.nan for number in point):
        return None
    value = _exactly(form, point, digits) if all(number.is_finite for number in point) else None
    # SymPy takes 0 to the power of 0 for 0. That an absolute value has a slope of 0 at 0 is the policy.
    if value is None or (value.is_zero and not form.has(sympy.Abs, sympy.sign)):
        return _limit(form, middle, orders, point, digits)
    return value


def _exactly(form: Any, point: Sequence[Any], digits: int) -> Any:
    """A closed form by its formula; None where it is not a real number.

    Small whole numbers are put in exactly; those far from 1 need as many more digits as they lie powers of ten away.
    """
    numbers = dict(zip(SYMBOLS, point, strict=False))
    whole = {symbol: sympy.Integer(int(n)) for symbol, n in numbers.items() if abs(n) <= _EXACT and (n - int(n)).is_zero}
    digits += sum(abs(int(sympy.log(abs(number), 10).evalf(3))) for number in point if not number.is_zero)
    try:
        value = form.xreplace(whole).evalf(digits, subs=numbers, maxn=max(_MOST, 2 * digits), strict=True)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return value if value.is_Float or value.is_Rational else None


def _limit(form: Any, middle: Sequence[float], orders: Sequence[int], point: Sequence[Any], digits: int) -> Any:
    """Along one argument after the other, the first limit that there is; those first that it is the derivative by."""
    near = max(_NEAR, digits + _DIGITS)
    powers, carried = (near, _NEARER * near), _CARRIED * _NEARER * near
    inward = [1 if number < end else -1 for number, end in zip(point, middle, strict=True)]
    for position in sorted(range(len(point)), key=lambda place: -orders[place]):
        steps = [step * (place == position) for place, step in enumerate(inward)]
        points = [[_beside(*pair, power, carried) for pair in zip(point, steps, strict=True)] for power in powers]
        near_value, nearer_value = (_exactly(form, beside, carried) for beside in points)
        if near_value is not None and nearer_value is not None:
            return _extrapolated(near_value, nearer_value, digits)
    return None


def _beside(number: Any, step: int, power: int, digits: int) -> Any:
    """A number as near to this one as 10**-power, relatively; beyond 10**(power / 10) for an infinite one."""
    if not number.is_finite:
        return sympy.Float(10, digits) ** (power // 10) * (1 if number > 0 else -1)
    size = sympy.Float(1 if number.is_zero else abs(number), digits)
    return sympy.Float(number, digits) + step * size / sympy.Integer(10) ** power


def _extrapolated(near: Any, nearer: Any, digits: int) -> Any:
    """The limit of a sequence of which two members are known: the same number, 0, or infinite; None where none shows."""
    if nearer.is_zero or abs(nearer) <= abs(near) / 10**12:
        return sympy.Integer(0)
    if abs(near - nearer) <= abs(nearer) / 10 ** max(16, digits - 4):
        return nearer
    return sympy.oo * sympy.sign(nearer) if abs(nearer) > 2 * abs(near) else None


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
