"""Writes expressions as Python code on NumPy's float64, and compiles it.

SymPy's own printer rounds constants to 15 digits. Here they go by `repr`; every distinct
subexpression is computed once; a choice is a conditional expression, so that the branch that was
not taken cannot spoil the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from . import functions as own
from .numerics import RUNTIME, general
from .walking import postorder

#: Longer texts get a line of their own, so that parentheses do not nest beyond what Python parses.
_LONGEST = 240
#: Sums of more terms are written by halves: rounding errors then grow with the logarithm.
_TERMS = 8

_NAMES: dict[Any, str] = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.asin: "arcsin",
    sympy.acos: "arccos",
    sympy.atan: "arctan",
    sympy.sinh: "sinh",
    sympy.cosh: "cosh",
    sympy.tanh: "tanh",
    sympy.asinh: "arcsinh",
    sympy.acosh: "arccosh",
    sympy.atanh: "arctanh",
    sympy.atan2: "arctan2",
    sympy.Abs: "absolute",
    sympy.sign: "sign",
    sympy.floor: "floor",
    sympy.ceiling: "ceil",
    own.absolute: "absolute",
    own.maximum: "maximum",
    own.minimum: "minimum",
    own.root: "sqrt",
    own.cbrt: "cbrt",
    own.expm1: "expm1",
    own.log1p: "log1p",
    own.logaddexp: "logaddexp",
    own.angle: "arctan2",
}
_HELPERS = {own.ratio: "_ratio", own.euclid: "_euclid", own.softshare: "_softshare", own.sinc: "_sinc", own.heaviside: "_heaviside"}
_RECIPROCALS = (sympy.sec, sympy.csc, sympy.cot, sympy.sech, sympy.csch, sympy.coth)


class Code:
    """Lines of straight code that compute expressions.

    Parameters
    ----------
    variables : sequence of Symbol
        What the compiled function takes, as one sequence of numbers.
    """

    def __init__(self, variables: Sequence[Any]) -> None:
        self.variables = variables
        self.lines: list[str] = []
        self.scope: dict[str, Any] = dict(RUNTIME)
        self._texts: dict[Any, str] = {variable: f"v[{number}]" for number, variable in enumerate(variables)}
        self._used: dict[Any, int] = {}

    def compile(self, expressions: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
        """A function of the variables' values that returns the values of `expressions`."""
        self._count(expressions)
        replaced, reduced = _common_subexpressions(expressions)
        names = [self.name(symbol, expression) for symbol, expression in replaced]
        del names
        self._count([expression for _, expression in replaced] + list(reduced))
        results = [self.text(expression) for expression in reduced]
        source = "\n    ".join(["def evaluate(v):", *self.lines, f"return [{', '.join(results)}]"])
        exec(compile(source, "<expressions>", "exec"), self.scope)  # noqa: S102 - the text is made here from expression nodes alone
        return self.scope["evaluate"]  # type: ignore[no-any-return]
