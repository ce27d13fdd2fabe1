"""SymPy functions of real numbers whose derivatives follow the written policy at kinks and limits.

SymPy's own Abs, Max and Piecewise differentiate into expressions of complex arguments, share ties of
three unevenly, and are slow. These stay unevaluated, say their derivative by `fdiff`, and become
SymPy's own functions when an expression is shown (see `published`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from .budget import Budget
from .passives import Passive, RealFunction, TotalFunction, as_condition, passive
from .walking import Shared, rebuild

PI = sympy.pi
#: Digits of the numbers that are shown: all that a float has.
_DOUBLE = 15


class Plain(sympy.Symbol):  # type: ignore[misc]
    """A number that SymPy must not calculate with (nan, inf): a symbol named by it."""

    __slots__ = ()

    @property
    def number(self) -> float:
        """The number it stands for."""
        return float(self.name)


class heaviside(Passive):  # noqa: N801 - SymPy's functions are named as in formulas
    """0, 1/2 or 1: the share of the first of two that meet at 0."""

    def shown(self, *args: Any) -> Any:
        return sympy.Heaviside(args[0])


sign = passive("sign")
not_equal = passive("not_equal")


class absolute(TotalFunction):  # noqa: N801
    """|x|, whose derivative at 0 is 0."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> Any:
        return sign(self.args[0])

    def shown(self, *args: Any) -> Any:
        return sympy.Abs(*args)


class maximum(TotalFunction):  # noqa: N801
    """The larger of two; where they tie they share equally."""

    def fdiff(self, argindex: int = 1) -> Any:
        x, y = self.args
        return heaviside(x - y) if argindex == 1 else heaviside(y - x)

    def shown(self, *args: Any) -> Any:
        return sympy.Max(*args)


class minimum(TotalFunction):  # noqa: N801
    """The smaller of two; where they tie they share equally."""

    def fdiff(self, argindex: int = 1) -> Any:
        x, y = self.args
        return heaviside(y - x) if argindex == 1 else heaviside(x - y)

    def shown(self, *args: Any) -> Any:
        return sympy.Min(*args)


class tied(TotalFunction):  # noqa: N801
    """What several equal numbers are, to the last bit: they share its slope equally. Their mean would be off by rounding."""

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Rational(1, len(self.args))

    def shown(self, *args: Any) -> Any:
        return sympy.Add(*args) / len(args)


def shared(equals: Sequence[Any]) -> Any:
    """One expression for several whose numbers are equal."""
    return equals[0] if len(equals) == 1 else tied(*equals)


class Choice(RealFunction):
    """``(condition, x, y)``: x where the condition is not 0, else y. The other branch contributes nothing."""

    def between(self, x: Any, y: Any) -> Any:
        """The same choice between x and y."""
        return choose(type(self), self.args[0], x, y)

    def _eval_derivative(self, symbol: Any) -> Any:
        return self.between(self.args[1].diff(symbol), self.args[2].diff(symbol))

    def shown(self, *args: Any) -> Any:
        condition, x, y = args
        return sympy.Piecewise((x, as_condition(condition)), (y, True))


class where(Choice):  # noqa: N801
    """A choice that the function itself makes."""


class limited(Choice):  # noqa: N801
    """A formula, and the value it takes by its limit or by the policy where the condition fails."""

    def shown(self, *args: Any) -> Any:
        return args[1]


def choose(kind: Any, condition: Any, x: Any, y: Any) -> Any:
    """A choice, unless both branches are the same or the condition is a number."""
    if condition.is_Number:
        return x if condition != 0 else y
    return x if x == y else kind(condition, x, y)


class ratio(TotalFunction):  # noqa: N801
    """x / y, and 0 where y is 0."""

    def fdiff(self, argindex: int = 1) -> Any:
        x, y = self.args
        return ratio(sympy.S.One, y) if argindex == 1 else -ratio(ratio(x, y), y)

    def shown(self, *args: Any) -> Any:
        return args[0] / args[1]


class root(TotalFunction):  # noqa: N801
    """The square root of a sum of squares: its derivative at 0 is 0."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> Any:
        return ratio(sympy.S.Half, self)

    def shown(self, *args: Any) -> Any:
        return sympy.sqrt(*args)


class euclid(TotalFunction):  # noqa: N801
    """The Euclidean norm of its arguments; its derivative at 0 is 0."""

    is_nonnegative = True

    def fdiff(self, argindex: int = 1) -> Any:
        return ratio(self.args[argindex - 1], self)

    def shown(self, *args: Any) -> Any:
        return sympy.sqrt(sympy.Add(*(arg**2 for arg in args)))


class angle(TotalFunction):  # noqa: N801
    """atan2(y, x); its derivatives at the origin are 0."""

    def fdiff(self, argindex: int = 1) -> Any:
        y, x = self.args
        square = x**2 + y**2
        return ratio(x, square) if argindex == 1 else -ratio(y, square)

    def shown(self, *args: Any) -> Any:
        return sympy.atan2(*args)


class power(RealFunction):  # noqa: N801
    """x**y of real numbers; 0 by x where y is 0, and 0 by y where x is 0 (its right limit)."""

    def fdiff(self, argindex: int = 1) -> Any:
        x, y = self.args
        if argindex == 1:
            return choose(limited, _nonzero(y), y * power(x, y - 1), sympy.S.Zero)
        if x == 0:
            return sympy.S.Zero
        logarithm = Plain("nan") if x.is_Number and x < 0 else sympy.log(x)
        return choose(limited, _nonzero(x), self * logarithm, sympy.S.Zero)

    def shown(self, *args: Any) -> Any:
        return args[0] ** args[1]


def _nonzero(x: Any) -> Any:
    return sympy.Integer(x != 0) if x.is_Number else not_equal(x, sympy.S.Zero)


class cbrt(TotalFunction):  # noqa: N801
    """The real cube root."""

    def fdiff(self, argindex: int = 1) -> Any:
        return 1 / (3 * self**2)

    def shown(self, *args: Any) -> Any:
        return sympy.sign(args[0]) * sympy.Abs(args[0]) ** sympy.Rational(1, 3)


class expm1(TotalFunction):  # noqa: N801
    """exp(x) - 1."""

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.exp(self.args[0])

    def shown(self, *args: Any) -> Any:
        return sympy.exp(args[0]) - 1


class log1p(RealFunction):  # noqa: N801
    """log(1 + x)."""

    def fdiff(self, argindex: int = 1) -> Any:
        return 1 / (1 + self.args[0])

    def shown(self, *args: Any) -> Any:
        return sympy.log(1 + args[0])


class logaddexp(TotalFunction):  # noqa: N801
    """log(exp(x) + exp(y)) without overflow."""

    def fdiff(self, argindex: int = 1) -> Any:
        x, y = self.args
        return softshare(x, y) if argindex == 1 else softshare(y, x)

    def shown(self, *args: Any) -> Any:
        return sympy.log(sympy.exp(args[0]) + sympy.exp(args[1]))


class softshare(TotalFunction):  # noqa: N801
    """exp(x) / (exp(x) + exp(y)) without overflow; 1/2 where both are the same infinity."""

    def fdiff(self, argindex: int = 1) -> Any:
        x, y = self.args
        product = self * softshare(y, x)
        return product if argindex == 1 else -product

    def shown(self, *args: Any) -> Any:
        return sympy.exp(args[0]) / (sympy.exp(args[0]) + sympy.exp(args[1]))


class sinc(TotalFunction):  # noqa: N801
    """The derivative of order n of NumPy's sinc, ``sinc(x, n)``."""

    def fdiff(self, argindex: int = 1) -> Any:
        x, order = self.args
        return sinc(x, order + 1) if argindex == 1 else sympy.S.Zero

    def shown(self, *args: Any) -> Any:
        x, order = args
        expression, t = sympy.sin(PI * _T) / (PI * _T), _T
        if not order:
            return sympy.sinc(PI * x)
        value = sympy.diff(expression, t, int(order)).subs(t, x)
        return sympy.Piecewise((value, sympy.Ne(x, 0)), (sympy.S.Zero if order % 2 else _sinc_at_zero(int(order)), True))


_T = sympy.Symbol("t", real=True)


def _sinc_at_zero(order: int) -> Any:
    half = order // 2
    return sympy.Integer(-1) ** half * PI**order / (order + 1)


def published(expressions: Sequence[Any], budget: Budget | None = None) -> list[Any]:
    """`expressions` in SymPy's own functions."""

    def show(node: Any, args: Sequence[Any]) -> Any:
        if isinstance(node, Plain):
            return {"inf": sympy.oo, "-inf": -sympy.oo}.get(node.name, sympy.nan)
        if isinstance(node, Shared):
            return args[0]
        if node.is_Float:
            return sympy.Float(node, _DOUBLE)
        if isinstance(node, RealFunction):
            return node.shown(*args)
        return node.func(*args) if node.args else node

    return rebuild(expressions, show, budget)
