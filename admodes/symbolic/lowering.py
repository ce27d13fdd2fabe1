"""Expressions as slots: sums, products and calls of numbers, each distinct one once.

A slot is what the compiled code computes: a number coefficient is a property of a sum or a product,
never an operation of its own, and a negative power is a division.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sympy

from ..errors import UnsupportedError
from . import functions as own
from .numerics import general
from .passives import Passive
from .walking import Shared, postorder

NAMES: dict[Any, str] = {
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
HELPERS = {
    own.tied: "_common",
    own.ratio: "_ratio",
    own.euclid: "_euclid",
    own.softshare: "_softshare",
    own.sinc: "_sinc",
    own.heaviside: "_heaviside",
}

#: A value: a number times a slot, or a number alone.
Term = tuple[Any, int | None]


class Slot(NamedTuple):
    """One number that the code computes.

    Attributes
    ----------
    kind : str
        "variable", "constant", "sum", "product", "power", "choice", "passive", "call" or "helper".
    name : str
        Of the function called.
    operands : tuple of int
        Slots. Of a product: the factors, then the divisors.
    numbers : tuple of float
        Of a sum: the constant, then a coefficient for each operand. Of a product: the coefficient. Of a constant: its
        value. Of a variable: its place.
    divisors : int
        How many of the operands divide.
    """

    kind: str
    name: str = ""
    operands: tuple[int, ...] = ()
    numbers: tuple[Any, ...] = ()
    divisors: int = 0


class Lowering:
    """Slots of expressions, and how each expression is read off them.

    Attributes
    ----------
    slots : list of Slot
        Operands before their users.
    terms : dict
        Expression -> what it is.
    functions : dict
        SymPy functions that NumPy lacks, by the name that slots call them by.
    """

    def __init__(self, variables: Sequence[Any]) -> None:
        self.slots: list[Slot] = []
        self.functions: dict[str, Any] = {}
        self._numbers: dict[Slot, int] = {}
        self.terms: dict[Any, Term] = {
            variable: (1.0, self._enter(Slot("variable", numbers=(place,)))) for place, variable in enumerate(variables)
        }

    def lower(self, expressions: Sequence[Any]) -> list[Term]:
        """What each of `expressions` is."""
        with np.errstate(all="ignore"):
            for node in postorder(expressions):
                if node not in self.terms:
                    self.terms[node] = self._lower(node)
        return [self.terms[expression] for expression in expressions]

    def _enter(self, slot: Slot) -> int:
        number = self._numbers.get(slot)
        if number is None:
            number = self._numbers[slot] = len(self.slots)
            self.slots.append(slot)
        return number

    def _lower(self, node: Any) -> Term:
        if not node.args and not isinstance(node, sympy.Tuple):
            return number_of(node), None
        terms = [self.terms[argument] for argument in node.args]
        if isinstance(node, Shared):
            return terms[0]
        if isinstance(node, sympy.Add):
            return self.sum(terms)
        if isinstance(node, sympy.Mul):
            return self.product(terms, [isinstance(argument, sympy.Pow) for argument in node.args])
        if isinstance(node, sympy.Pow):
            return self.power(terms[0], node.exp, terms[1])
        return self.call(type(node), terms)

    def materialised(self, term: Term) -> int:
        """A slot whose number is that of the term."""
        coefficient, slot = term
        if slot is None:
            # The text tells 0 from -0.
            return self._enter(Slot("constant", repr(float(coefficient)), numbers=(_plain(coefficient),)))
        return slot if coefficient == 1 else self._enter(Slot("product", operands=(slot,), numbers=(_plain(coefficient),)))

    def sum(self, terms: Sequence[Term]) -> Term:
        """A sum of terms."""
        constant = np.float64(0.0)
        coefficients: dict[int, Any] = {}
        for coefficient, slot in terms:
            if slot is None:
                constant += coefficient
            else:
                coefficients[slot] = coefficients.get(slot, 0.0) + coefficient
        if constant == 0 and len(coefficients) == 1:
            ((slot, coefficient),) = coefficients.items()
            return coefficient, slot
        return self._one_minus_square(constant, coefficients) or (
            1.0,
            self._enter(Slot("sum", "", tuple(coefficients), (_plain(constant), *map(_plain, coefficients.values())))),
        )

    def _one_minus_square(self, constant: Any, coefficients: dict[int, Any]) -> Term | None:
        """One minus a square as a product of two, which does not cancel near 1."""
        if constant != 1 or list(coefficients.values()) != [-1]:
            return None
        square = self.slots[next(iter(coefficients))]
        if square.kind != "product" or square.divisors or square.numbers != (1.0,) or len(square.operands) != 2:
            return None
        if square.operands[0] != square.operands[1]:
            return None
        factors = [self.sum([(1.0, None), (sign, square.operands[0])]) for sign in (-1.0, 1.0)]
        return 1.0, self._enter(Slot("product", "", tuple(map(self.materialised, factors)), (1.0,)))

    def product(self, factors: Sequence[Term], powers: Sequence[bool]) -> Term:
        """A product; `powers` says which factors are powers: negative ones are divided by."""
        coefficient = np.float64(1.0)
        above: list[int] = []
        below: list[int] = []
        for (number, slot), is_power in zip(factors, powers, strict=True):
            coefficient *= number
            if slot is None:
                continue
            inner = self.slots[slot]
            if is_power and inner.kind == "product" and inner.divisors:
                below += inner.operands
            else:
                above.append(slot)
        if len(above) == 1 and not below:
            return coefficient, above[0]
        if not above and not below:
            return coefficient, None
        return self._joined(coefficient, above, below)

    def _joined(self, coefficient: Any, above: Sequence[int], below: Sequence[int]) -> Term:
        """A product; the coefficient stays outside where nothing divides, so that sums can use the product as it is."""
        if below:
            return 1.0, self._enter(Slot("product", "", (*above, *below), (_plain(coefficient),), len(below)))
        return coefficient, self._enter(Slot("product", "", tuple(above), (1.0,)))

    def power(self, base: Term, exponent: Any, exponent_term: Term) -> Term:
        """A power; `exponent` is SymPy's, where it is a number."""
        slot = self.materialised(base)
        if exponent.is_Rational and exponent < 0:
            # Small powers one by one: their product may overflow.
            if exponent.is_Integer and exponent >= -3:
                return self._joined(1.0, [], [slot] * -int(exponent))
            inner = self.power((1.0, slot), -exponent, (-exponent_term[0], None))
            return self._joined(1.0, [], [self.materialised(inner)])
        if exponent == 2:
            return self._joined(1.0, [slot, slot], [])
        if exponent == sympy.S.Half:
            return 1.0, self._enter(Slot("call", "sqrt", (slot,)))
        return 1.0, self._enter(Slot("power", "", (slot, self.materialised(exponent_term))))

    def call(self, kind: Any, terms: Sequence[Term]) -> Term:
        """A function of SymPy's, or one of ours."""
        operands = tuple([self.materialised(term) for term in terms])
        if issubclass(kind, own.Choice):
            return 1.0, self._enter(Slot("choice", "", operands))
        if kind is own.power:
            return 1.0, self._enter(Slot("power", "", operands))
        if kind in HELPERS:
            return 1.0, self._enter(Slot("helper", HELPERS[kind], operands))
        if kind in NAMES:
            return 1.0, self._enter(Slot("call", NAMES[kind], operands))
        if issubclass(kind, Passive):
            return 1.0, self._enter(Slot("passive", kind.__name__, operands))
        if not issubclass(kind, sympy.Function):
            name = "hyper" if issubclass(kind, sympy.Tuple) else kind.__name__
            raise UnsupportedError(
                f"Symbolic mode cannot evaluate the SymPy expression '{name}'. Use method='forward' or method='reverse'."
            )
        name = f"_{kind.__name__}"
        self.functions[name] = general(kind)
        return 1.0, self._enter(Slot("helper", name, operands))


def _plain(number: Any) -> float:
    """A Python float; one nan for all, which is then equal to itself as a part of a slot."""
    return math.nan if math.isnan(number) else float(number)


def number_of(node: Any) -> Any:
    """The double nearest to a number, or to a symbol that stands for one."""
    if isinstance(node, own.Plain):
        return np.float64(node.number)
    if node.is_Number or node.is_NumberSymbol:
        if node.is_Rational:
            return _quotient(node.p, node.q)
        return np.float64(float(node) if node.is_finite else {sympy.oo: math.inf, -sympy.oo: -math.inf}.get(node, math.nan))
    if node is sympy.zoo:
        return np.float64(math.nan)
    raise UnsupportedError(
        f"Symbolic mode met '{node}', which is not a real number: the function leaves the real numbers there. "
        "Use method='forward' or method='reverse'."
    )


def _quotient(p: int, q: int) -> Any:
    """The double nearest to a fraction of whole numbers, which may be infinite."""
    try:
        return np.float64(p / q)
    except OverflowError:
        return np.float64(math.inf if p > 0 else -math.inf)
