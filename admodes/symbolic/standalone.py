"""Writes a derivative as the source of a Python function that needs NumPy alone: to read, and to paste into a file."""

from __future__ import annotations

import ast
import math
import types
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy

from ..errors import UnsupportedError
from . import functions as own
from . import numerics
from .closed import SYMBOLS, Closed, _closed_at
from .lowering import HELPERS, NAMES, number_of
from .passives import RELATIONS, Passive
from .sources import assignment_of, source_of
from .walking import Shared, postorder

#: How tightly a text binds: what stands in a tighter place gets parentheses.
CONDITION, SUM, PRODUCT, POWER, ATOM = range(5)
#: Longer texts get a name.
_LONGEST = 72
#: Sums of more terms are written by halves, as the compiled code does: rounding errors grow with the logarithm.
_TERMS = 8
#: From here on not every whole number is a float.
_WHOLE = 2**53

_RELATIONS = dict(zip(RELATIONS, (">", ">=", "<", "<=", "==", "!="), strict=True))
_LOGICAL = {"logical_and": "and", "logical_or": "or", "bitwise_and": "and", "bitwise_or": "or"}
_TESTS = frozenset({"isnan", "isfinite", "isinf", "signbit", "logical_xor"})
_CLOSED = '''def _{name}(*numbers):
    """{what}: its closed form with as many digits as cancel, or its limit."""
    form = sympy.sympify({text!r}, locals=dict(zip("xyzw", SYMBOLS)))
    return _closed_at(form, {middle}, {orders}, *numbers)'''
_GENERAL = '''def _{name}(*numbers):
    """SymPy's {name}, which NumPy does not have."""
    value = sympy.{name}(*(sympy.Float(float(number)) for number in numbers)).evalf(17)
    return np.float64(float(value) if value.is_real else np.nan)'''


class Writer:
    """Lines of Python that compute expressions from named variables.

    Parameters
    ----------
    expressions : sequence of Expr
        All that will be written.
    variables : dict of Symbol to str, optional
        What the symbols are called, where not by their own names.

    Attributes
    ----------
    lines : list of str
        Assignments to the names of common subexpressions.
    helpers : dict
        Name -> source of the functions that the lines call.
    constants : dict
        Name -> source of the constants that the helpers use.
    modules : set of str
        What else than NumPy they import.
    """

    def __init__(self, expressions: Sequence[Any], variables: Mapping[Any, str] | None = None) -> None:
        self._variables = variables or {}
        self.lines: list[str] = []
        self.helpers: dict[str, str] = {}
        self.constants: dict[str, str] = {}
        self.modules: set[str] = set()
        self._uses = Counter(argument for node in postorder(expressions) for argument in node.args)
        self._uses.update(expressions)
        self._texts: dict[Any, tuple[str, int]] = {}

    def write(self, expressions: Sequence[Any]) -> list[str]:
        """The texts of `expressions`, which refer to the lines that were written on the way."""
        for node in postorder(expressions):
            if node in self._texts:
                continue
            text, binding = self._node(node)
            named = self._uses[node] > 1 and node.args and not isinstance(node, Shared) and not text.isidentifier()
            if (named or len(text) > _LONGEST) and binding != CONDITION:
                name = f"t{len(self.lines)}"
                self.lines.append(f"{name} = {text}")
                text, binding = name, ATOM
            self._texts[node] = text, binding
        return [self._number(expression) for expression in expressions]

    def condition(self, expression: Any) -> str:
        """The text of a written expression as a condition: whether it is not 0."""
        text, binding = self._texts[expression]
        return text if binding == CONDITION else f"{self._bound(expression, POWER)} != 0"

    def _number(self, node: Any) -> str:
        text, binding = self._texts[node]
        return f"np.float64({text})" if binding == CONDITION else text

    def _bound(self, node: Any, place: int) -> str:
        """The text of a node for a place that binds as tightly as `place`."""
        text, binding = self._texts[node]
        if binding == CONDITION:
            return f"np.float64({text})"
        return _bracketed(text, binding, place)

    def _node(self, node: Any) -> tuple[str, int]:
        if not node.args:
            if node.is_Symbol and not isinstance(node, own.Plain):
                return self._variables.get(node, node.name), ATOM
            return constant(node)
        if isinstance(node, Shared):
            return self._texts[node.args[0]]
        if isinstance(node, sympy.Add):
            return self._sum(node)
        if isinstance(node, sympy.Mul):
            return self._product(node)
        if isinstance(node, sympy.Pow):
            return self._power(node)
        if isinstance(node, own.Choice):
            condition, x, y = node.args
            text = f"{self._number(x)} if {self.condition(condition)} else {self._number(y)}"
            # A number that Python wrote would not be divided by 0, nor taken a root of, as NumPy's are.
            return (f"np.float64({text})" if not (x.args and y.args) else f"({text})"), ATOM
        if isinstance(node, Passive):
            return self._passive(node)
        return self._call(node)

    def _passive(self, node: Any) -> tuple[str, int]:
        name = type(node).__name__
        if name in _RELATIONS:
            left, right = (self._bound(argument, SUM) for argument in node.args)
            return f"{left} {_RELATIONS[name]} {right}", CONDITION
        if name in _LOGICAL:
            return f" {_LOGICAL[name]} ".join(f"({self.condition(argument)})" for argument in node.args), CONDITION
        if name in ("logical_not", "invert"):
            return f"not ({self.condition(node.args[0])})", CONDITION
        if type(node) in HELPERS:
            return self._call(node)
        arguments = ", ".join(map(self._number, node.args))
        return f"np.{name}({arguments})", CONDITION if name in _TESTS else ATOM

    def _call(self, node: Any) -> tuple[str, int]:
        kind = type(node)
        if kind is own.power:
            return f"np.float64({self._number(node.args[0])})**{self._bound(node.args[1], POWER)}", POWER
        arguments = ", ".join(map(self._number, node.args))
        if kind in HELPERS:
            self.need(getattr(numerics, HELPERS[kind]))
            return f"{HELPERS[kind]}({arguments})", ATOM
        if kind in NAMES:
            return f"np.{NAMES[kind]}({arguments})", ATOM
        self.modules.add("sympy")
        self.helpers[f"_{kind.__name__}"] = self._closed(kind) if isinstance(node, Closed) else _general(kind)
        return f"_{kind.__name__}({arguments})", ATOM

    def _closed(self, kind: Any) -> str:
        """The source of a function with a closed form."""
        self.need(_closed_at)
        text = str(kind.form)
        if sympy.sympify(text, locals=dict(zip("xyzw", SYMBOLS, strict=True))) != kind.form:
            raise _unknown(kind.__name__)
        what = f"The derivative of {kind.named} of order {kind.orders}" if any(kind.orders) else f"SciPy's {kind.named}"
        return _CLOSED.format(name=kind.__name__, what=what, text=text, middle=kind.middle, orders=kind.orders)

    def need(self, function: Any, label: str = "") -> str:
        """Take the source of a function of ours, and of the functions and constants that it uses, among the helpers.

        Returns
        -------
        str
            What it is called there: `label` where it has no name.
        """
        name, source = source_of(function, label)
        if not _enter(self.helpers, name, source):
            return name
        for used in sorted({part.id for part in ast.walk(ast.parse(source)) if isinstance(part, ast.Name)}):
            found = function.__globals__.get(used)
            if isinstance(found, types.FunctionType):
                self.need(found)
            elif found in (math, sympy):
                self.modules.add(found.__name__)
            elif found is not None and found is not np:
                _enter(self.constants, used, assignment_of(used, function))
        return name

    # ---- arithmetic

    def _sum(self, node: Any) -> tuple[str, int]:
        if len(node.args) == 2 and node.args[0] == 1:
            square = -node.args[1]
            if isinstance(square, sympy.Pow) and square.exp == 2 and square.base in self._texts:
                base = self._named(square.base)
                return f"(1 - {base})*(1 + {base})", PRODUCT
        # As one writes it: numbers and what is subtracted behind the rest.
        terms = sorted(((term.is_Number, self._bound(term, SUM)) for term in node.args), key=_last)
        return self._halved([text for _, text in terms]), SUM

    def _named(self, node: Any) -> str:
        """The name of a written expression that is needed twice."""
        text, _ = self._texts[node]
        if not text.isidentifier():
            self.lines.append(f"t{len(self.lines)} = {self._number(node)}")
            self._texts[node] = f"t{len(self.lines) - 1}", ATOM
        return self._texts[node][0]

    def _halved(self, texts: list[str]) -> str:
        if len(texts) > _TERMS:
            middle = len(texts) // 2
            return f"({self._halved(texts[:middle])}) + ({self._halved(texts[middle:])})"
        text = texts[0]
        for term in texts[1:]:
            text += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
        return text

    def _product(self, node: Any) -> tuple[str, int]:
        """A product: factors of negative power as divisions, a minus sign in front."""
        above, below, negative = [], [], False
        for factor in node.args:
            if factor.is_Rational and max(abs(factor.p), factor.q) < _WHOLE:
                negative ^= bool(factor < 0)
                above += [str(abs(factor.p))] if abs(factor.p) != 1 else []
                below += [str(factor.q)] if factor.q != 1 else []
            elif factor.is_Number and factor.is_negative:
                negative = not negative
                above.append(_bracketed(*constant(-factor), POWER))
            elif isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
                base, exponent = self._bound(factor.base, ATOM), -factor.exp
                small = exponent.is_Integer and exponent <= 3
                below += [base] * int(exponent) if small else [_bracketed(*self._positive_power(base, exponent), POWER)]
            else:
                above.append(self._bound(factor, POWER))
        text = "/".join(["*".join(above) or "1", *below])
        return f"-{text}" if negative else text, PRODUCT

    def _power(self, node: Any) -> tuple[str, int]:
        """A power: a negative one as a division."""
        base = self._bound(node.base, ATOM)
        if node.base.is_negative and node.base.is_Number:
            base = f"np.float64{base}"  # Python's own powers become complex
        if not node.exp.is_Rational:
            return f"{base}**{self._bound(node.exp, POWER)}", POWER
        if node.exp > 0:
            return self._positive_power(base, node.exp)
        return f"1/{_bracketed(*self._positive_power(base, -node.exp), POWER)}", PRODUCT

    @staticmethod
    def _positive_power(base: str, exponent: Any) -> tuple[str, int]:
        """A power of a base that binds as an atom."""
        if exponent == 1:
            return base, ATOM
        if exponent == sympy.S.Half:
            return f"np.sqrt({base})", ATOM
        return f"{base}**{_bracketed(*constant(exponent), POWER)}", POWER


def _bracketed(text: str, binding: int, place: int) -> str:
    """A text for a place that binds as tightly as `place`."""
    return text if binding >= place else f"({text})"


def _enter(table: dict[str, str], name: str, source: str) -> bool:
    """Enter a source; false where it is there already.

    Raises
    ------
    UnsupportedError
        There is another one of that name.
    """
    new = name not in table
    if table.setdefault(name, source) != source:
        raise UnsupportedError(f"to_python cannot write two functions that are called '{name}'. Call the derivative itself.")
    return new


def _general(kind: Any) -> str:
    """The source of a function of SymPy's that NumPy does not have."""
    # Among the arguments of hyper and meijerg are tuples.
    name = "hyper" if issubclass(kind, sympy.Tuple) else kind.__name__
    if not issubclass(kind, sympy.Function) or getattr(sympy, name, None) != kind:
        raise _unknown(name)
    return _GENERAL.format(name=name)


def _unknown(name: str) -> UnsupportedError:
    return UnsupportedError(
        f"to_python cannot write SymPy's '{name}': NumPy does not have it, and it is no function of numbers alone. Call the "
        "derivative itself, or use method='forward' or method='reverse'."
    )


def _last(term: tuple[bool, str]) -> bool:
    number, text = term
    return number or text.startswith("-")


def constant(node: Any) -> tuple[str, int]:
    """A number that Python reads back as the nearest float of it."""
    if isinstance(node, own.Plain):
        value = node.number
    elif not (node.is_Number or node.is_NumberSymbol):
        raise UnsupportedError(f"to_python met '{node}', which is not a real number: the function leaves the real numbers there.")
    else:
        value = float(number_of(node))
    if not math.isfinite(value):
        return {math.inf: ("np.inf", ATOM), -math.inf: ("-np.inf", PRODUCT)}.get(value, ("np.nan", ATOM))
    if node.is_Rational and max(abs(node.p), node.q) < _WHOLE:
        return str(node), ATOM if node.is_Integer and node.p >= 0 else PRODUCT
    return {math.pi: "np.pi", math.e: "np.e"}.get(value, repr(value)), PRODUCT if value < 0 else ATOM
