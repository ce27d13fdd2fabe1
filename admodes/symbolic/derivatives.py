"""Derivatives of expressions: SymPy's derivative of each node, and the chain rule over the graph.

`sympy.diff` on a whole expression visits it as a tree, once for every variable. Here each distinct
node is visited once, and SymPy says its partial derivatives.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

import sympy

from .budget import asked
from .functions import Choice
from .passives import Passive, RealFunction
from .walking import Graph, Shared, postorder

Derivatives = dict[Any, Any]

_CONSTANT = (Passive, sympy.sign, sympy.floor, sympy.ceiling, sympy.Heaviside)
_BASE, _EXPONENT = sympy.Symbol("b", real=True), sympy.Symbol("e", real=True)


def differentiate(roots: Sequence[Any], variables: Collection[Any], graph: Graph) -> list[Derivatives]:
    """For each of `roots`, its derivatives that are not identically zero, by variable.

    Parameters
    ----------
    roots : sequence of Expr
    variables : collection of Symbol
    graph : Graph
        Keeps the expressions, `roots` included.

    Returns
    -------
    list of dict
        ``{variable: derivative}``, one a root.
    """
    one = graph.expression(sympy.S.One)
    known: dict[Any, Derivatives] = {variable: {variable: one} for variable in variables}
    for node in postorder(roots):
        if node not in known:
            inner = [known[argument] for argument in node.args]
            found = _node_derivatives(node, inner, graph) if any(inner) else {}
            known[node] = {variable: graph.unique(part) for variable, part in asked(found.items())}
    return [known[root] for root in roots]


def _node_derivatives(node: Any, inner: list[Derivatives], graph: Graph) -> Derivatives:
    """Derivatives of one node, given those of its arguments."""
    if isinstance(node, Shared):
        return inner[0]
    if isinstance(node, sympy.Add):
        return _sum([(sympy.S.One, part) for part in inner if part], graph)
    if isinstance(node, sympy.Mul):
        factors = [graph.expression(argument) for argument in node.args]
        rest = [graph.product(*factors[:i], *factors[i + 1 :]) if part else None for i, part in enumerate(asked(inner))]
        return _sum([(factor, part) for factor, part in zip(rest, inner, strict=True) if part], graph)
    if isinstance(node, _CONSTANT):
        return {}
    if isinstance(node, Choice):
        _, x, y = inner
        zero = graph.expression(sympy.S.Zero)
        chosen = {symbol: graph.choice(node, x.get(symbol, zero), y.get(symbol, zero)) for symbol in asked({**x, **y})}
        return {symbol: part for symbol, part in chosen.items() if part != 0}
    if isinstance(node, sympy.Pow):
        partials = [_power_partial(node.base, node.exp, place) if part else None for place, part in enumerate(inner)]
    elif isinstance(node, sympy.Function) and not isinstance(node, sympy.Piecewise):
        partials = [_function_partial(node, place) if part else None for place, part in enumerate(asked(inner), start=1)]
    else:
        derivatives = {symbol: sympy.diff(node, symbol) for symbol in {symbol: None for part in inner for symbol in part}}
        return {symbol: graph.expression(part) for symbol, part in derivatives.items() if part != 0}
    outer = [None if partial is None else graph.expression(partial) for partial in partials]
    return _sum([(factor, part) for factor, part in zip(outer, inner, strict=True) if part], graph)


def _sum(parts: Sequence[tuple[Any, Derivatives]], graph: Graph) -> Derivatives:
    """The chain rule: the sum of outer partials times inner derivatives, without what cancels."""
    terms: dict[Any, list[Any]] = {}
    for outer, inner in parts:
        for symbol, part in asked(inner.items()):
            terms.setdefault(symbol, []).append(part if outer == 1 else outer if part == 1 else graph.product(outer, part))
    summed = {symbol: found[0] if len(found) == 1 else graph.sum(*found) for symbol, found in asked(terms.items())}
    return {symbol: part for symbol, part in summed.items() if part != 0}


def _function_partial(node: Any, position: int) -> Any:
    """SymPy's partial of a function; that of one argument is asked for once, for a single symbol."""
    if isinstance(node, RealFunction) or len(node.args) > 1:
        return node.fdiff(position)
    function, partial = _function_template(node.func)
    return partial.xreplace({function: node, _BASE: node.args[0]})


@cache
def _function_template(function: Any) -> tuple[Any, Any]:
    call = function(_BASE)
    return call, call.fdiff(1)


def _power_partial(base: Any, exponent: Any, position: int) -> Any:
    if position == 1:
        return _template(None, 1).xreplace({_BASE: base, _EXPONENT: exponent})
    if exponent.is_Number:
        return _template(exponent, 0).xreplace({_BASE: base})
    return _template(None, 0).xreplace({_BASE: base, _EXPONENT: exponent})


@cache
def _template(exponent: Any, position: int) -> Any:
    """SymPy's partial derivative of ``b**e`` by b or by e."""
    return sympy.diff(_BASE ** (_EXPONENT if exponent is None else exponent), (_BASE, _EXPONENT)[position])
