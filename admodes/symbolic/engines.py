"""SymEngine in place of SymPy for the products and sums of the chain rule: the same derivatives, made faster.

SymPy still says the derivative of each node; SymEngine, a C++ library, only multiplies and adds up what
these give for every variable.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import sympy

from ..errors import OptionError
from .budget import Budget
from .functions import Plain
from .lowering import Lowering, Term, number_of
from .walking import Graph, Shared, postorder

ENGINES = ("sympy", "symengine")
#: Stands for an exponent that is no number.
_POWER = sympy.Symbol("exponent")


def checked_engine(engine: Any) -> str:
    """The name of an engine that can be used here.

    Raises
    ------
    OptionError
        There is no such engine, or it is not installed.
    """
    if engine not in ENGINES:
        raise OptionError(f"engine={engine!r} is none of {', '.join(map(repr, ENGINES))}: write engine='sympy'.")
    if engine == "symengine":
        _symengine()
    return str(engine)


def _symengine() -> Any:
    try:
        return importlib.import_module("symengine")
    except ImportError as error:
        raise OptionError(
            "engine='symengine' needs the package symengine, which is not installed here: "
            "pip install 'admodes[symengine]', or write engine='sympy'."
        ) from error


class SymEngineGraph(Graph):
    """The expressions of a chain rule as objects of SymEngine, which keeps equal ones together by itself.

    Sums, products and whole powers are SymEngine's own. Everything else is opaque to it, a symbol or a function
    with a number for a name: it would round constants, and rewrite functions that it takes for its own.

    Attributes
    ----------
    meanings : dict
        What an opaque name stands for: SymPy's constant, function, or exponent.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        super().__init__(budget)
        self.engine = _symengine()
        self.meanings: dict[str, Any] = {}
        self._names: dict[Any, str] = {}
        self._count = 0
        self._made: dict[Any, Any] = {}

    def unique(self, root: Any, ask: bool = True) -> Any:
        self._count += 1
        self.budget.check(self._count)
        return root

    def product(self, *factors: Any) -> Any:  # type: ignore[override]
        return self.engine.Mul(*factors)

    def sum(self, *terms: Any) -> Any:  # type: ignore[override]
        return self.engine.Add(*terms)

    def choice(self, node: Any, x: Any, y: Any) -> Any:  # type: ignore[override]
        return x if x == y else self._opaque(node.func, [self.expression(node.args[0]), x, y])

    def expression(self, node: Any) -> Any:  # type: ignore[override]
        """A SymPy expression as SymEngine's: every distinct part once."""
        for part in postorder([node]):
            if part not in self._made:
                self._made[part] = self._convert(part, [self._made[argument] for argument in part.args])
        return self._made[node]

    def _convert(self, node: Any, arguments: list[Any]) -> Any:
        if isinstance(node, Shared):
            return arguments[0]
        if isinstance(node, sympy.Add):
            return self.engine.Add(*arguments)
        if isinstance(node, sympy.Mul):
            return self.engine.Mul(*arguments)
        if isinstance(node, sympy.Pow):
            whole = node.exp.is_Integer
            return self.engine.Pow(*arguments) if whole else self._opaque(node.exp if node.exp.is_Number else _POWER, arguments)
        if node.is_Rational:
            return self.engine.Rational(node.p, node.q)
        if node.is_Symbol and not isinstance(node, Plain):
            return self.engine.Symbol(node.name)
        return self._opaque(node.func if node.args else node, arguments)

    def _opaque(self, meaning: Any, arguments: list[Any]) -> Any:
        name = self._names.setdefault(meaning, f"#{len(self._names)}")
        self.meanings[name] = meaning
        return self.engine.Function(name)(*arguments) if arguments else self.engine.Symbol(name)

    def lowering(self, variables: Sequence[Any]) -> Lowering:
        return _SymEngineLowering(self, variables)


class _SymEngineLowering(Lowering):
    """Slots of SymEngine's expressions."""

    def __init__(self, graph: SymEngineGraph, variables: Sequence[Any]) -> None:
        super().__init__([graph.expression(variable) for variable in variables])
        self._graph = graph

    def _lower(self, node: Any) -> Term:
        engine, meanings = self._graph.engine, self._graph.meanings
        if not node.args:
            return number_of(meanings[node.name] if isinstance(node, engine.Symbol) else sympy.sympify(node)), None
        terms = [self.terms[argument] for argument in node.args]
        if isinstance(node, engine.Add):
            return self.sum(terms)
        if isinstance(node, engine.Mul):
            return self.product(terms, [isinstance(argument, engine.Pow) for argument in node.args])
        if isinstance(node, engine.Pow):
            return self.power(terms[0], sympy.sympify(node.args[1]), terms[1])
        meaning = meanings[node.get_name()]
        return self.power(terms[0], meaning, terms[1]) if isinstance(meaning, sympy.Expr) else self.call(meaning, terms)
