"""Writes expressions as Python code on NumPy's float64, and compiles it.

SymPy's own printer rounds constants to 15 digits. Here they go by `repr`; every distinct
subexpression is computed once; a choice is a conditional expression, so that the branch that was
not taken cannot spoil the result.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sympy

from ..errors import UnsupportedError
from . import functions as own
from .numerics import RUNTIME, general
from .passives import Passive
from .walking import Shared, postorder

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
_HELPERS = {
    own.ratio: "_ratio",
    own.euclid: "_euclid",
    own.softshare: "_softshare",
    own.sinc: "_sinc",
    own.heaviside: "_heaviside",
}


class Code:
    """Lines of straight code that compute expressions.

    Parameters
    ----------
    variables : sequence of Symbol
        What the compiled function takes, as one sequence of numbers.
    """

    def __init__(self, variables: Sequence[Any]) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = dict(RUNTIME)
        self._texts: dict[Any, str] = {variable: f"v[{number}]" for number, variable in enumerate(variables)}

    def compile(self, expressions: Sequence[Any]) -> Callable[[Sequence[Any]], list[Any]]:
        """A function of the variables' values that returns the values of `expressions`."""
        uses = Counter(argument for node in postorder(expressions) for argument in node.args)
        uses.update(expressions)
        for node in postorder(expressions):
            if node not in self._texts:
                text = self._write(node)
                shared = uses[node] > 1 and node.args
                self._texts[node] = self._name(text) if shared or len(text) > _LONGEST else text
        results = "".join(f"{self._texts[expression]}, " for expression in expressions)
        source = "\n    ".join(["def evaluate(v):", *self.lines, f"return [{results}]"])
        exec(compile(source, "<expressions>", "exec"), self.scope)  # noqa: S102 - made above, from expression nodes alone
        return self.scope["evaluate"]  # type: ignore[no-any-return]

    def _name(self, text: str) -> str:
        """A variable that holds the value of `text`."""
        name = f"t{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def _write(self, node: Any) -> str:
        """One node, as an atom or in parentheses."""
        if not node.args:
            return _atom(node)
        if isinstance(node, sympy.Add):
            return self._sum(node)
        if isinstance(node, sympy.Mul):
            return self._product(node)
        if isinstance(node, sympy.Pow):
            return _power(self._texts[node.base], self._texts[node.exp], node.exp)
        texts = [self._texts[argument] for argument in node.args]
        if isinstance(node, Shared):
            return texts[0]
        if isinstance(node, own.Choice):
            return f"({texts[1]} if {texts[0]} else {texts[2]})"
        return self._call(node, texts)

    def _call(self, node: Any, texts: list[str]) -> str:
        kind = type(node)
        if kind is own.power:
            return f"(float64({texts[0]})**{texts[1]})"
        if kind in _HELPERS:
            return f"{_HELPERS[kind]}({', '.join(texts)})"
        name = _NAMES.get(kind) or (kind.__name__ if isinstance(node, Passive) else None)
        if name is not None:
            # Comparisons count as 1 and 0: NumPy's booleans would add up by "or".
            text = f"np.{name}({', '.join(texts)})"
            return f"float64({text})" if isinstance(node, Passive) else text
        if not isinstance(node, sympy.Function):
            name = "hyper" if isinstance(node, sympy.Tuple) else kind.__name__
            raise UnsupportedError(
                f"Symbolic mode cannot evaluate the SymPy expression '{name}'. Use method='forward' or method='reverse'."
            )
        self.scope[f"_{kind.__name__}"] = general(node.func)
        return f"_{kind.__name__}({', '.join(texts)})"

    def _sum(self, node: Any) -> str:
        """A sum; one minus a square as a product of two, which does not cancel near 1."""
        if len(node.args) == 2 and node.args[0] == 1:
            square = -node.args[1]
            if isinstance(square, sympy.Pow) and square.exp == 2:
                base = self._texts[square.base]
                return f"((1.0 - {base})*(1.0 + {base}))"
        return self._halved([self._texts[argument] for argument in node.args], " + ")

    def _product(self, node: Any) -> str:
        """A product: factors of negative power as divisions, a minus sign in front."""
        above, below = [], []
        negative = False
        for factor in node.args:
            if factor.is_Rational:
                negative = factor < 0
                above += [_atom(sympy.Integer(abs(factor.p)))] if abs(factor.p) != 1 else []
                below += [_atom(sympy.Integer(factor.q))] if factor.q != 1 else []
            elif isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
                below += self._divisors(factor)
            else:
                above.append(self._texts[factor])
        text = self._halved(above, "*") if above else "1.0"
        text = "/".join([text, *below])
        return f"(-{text})" if negative else f"({text})"

    def _divisors(self, factor: Any) -> list[str]:
        """What to divide by for a factor of negative power; small powers one by one, whose product may overflow."""
        base, exponent = self._texts[factor.base], -factor.exp
        if exponent.is_Integer and exponent <= 3:
            return [base] * int(exponent)
        return [_power(base, _atom(exponent), exponent)]

    def _halved(self, texts: list[str], operator: str) -> str:
        if len(texts) <= _TERMS:
            return f"({operator.join(texts)})" if len(texts) > 1 else texts[0]
        middle = len(texts) // 2
        text = f"({self._halved(texts[:middle], operator)}{operator}{self._halved(texts[middle:], operator)})"
        return self._name(text) if len(text) > _LONGEST else text


def _power(base: str, exponent: str, number: Any) -> str:
    if number == -1:
        return f"(1.0/{base})"
    if number == sympy.S.Half:
        return f"np.sqrt({base})"
    if number == -sympy.S.Half:
        return f"(1.0/np.sqrt({base}))"
    return f"(float64({base})**{exponent})"


def _atom(node: Any) -> str:
    """A number or a symbol that stands for one."""
    if isinstance(node, own.Plain):
        return f"({node.name})"
    if node.is_Number or node.is_NumberSymbol:
        if node.is_Rational and node.q != 1:
            return f"({_atom(sympy.Integer(node.p))}/{_atom(sympy.Integer(node.q))})"
        value = float(node) if node.is_finite else {sympy.oo: math.inf, -sympy.oo: -math.inf}.get(node, math.nan)
        return repr(value) if math.isfinite(value) and value >= 0 else f"({value!r})"
    if node is sympy.zoo:
        return "nan"
    raise UnsupportedError(
        f"Symbolic mode met '{node}', which is not a real number: the function leaves the real numbers there. "
        "Use method='forward' or method='reverse'."
    )
