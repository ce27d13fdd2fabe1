"""How expressions swell: operations of f and of its derivative, as trees and with everything shared.

References
----------
Expression swell: A. G. Baydin, B. A. Pearlmutter, A. A. Radul and J. M. Siskind, "Automatic differentiation in machine
learning: a survey", Journal of Machine Learning Research 18(153), 2018, table 1.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any, NamedTuple

import sympy

from .budget import Budget, ask
from .functions import Choice
from .passives import Passive, RealFunction
from .walking import Graph, Shared, postorder, rebuild

_ORDER = cmp_to_key(sympy.Basic.compare)


class Swell(NamedTuple):
    """Operations of f and of its derivative.

    Attributes
    ----------
    function : int
        Operations of f written out as a tree, as `sympy.count_ops` counts them.
    derivative : int
        Operations of the derivative as the product rule makes it, unsimplified and written out:
        ``sympy.count_ops(sympy.diff(f, x))`` for every output and input, without ever writing it out.
    function_shared, derivative_shared : int
        Operations where every subexpression is computed once, as the compiled code does.
    """

    function: int
    derivative: int
    function_shared: int
    derivative_shared: int


def measure_swell(roots: Sequence[Any], rows: Sequence[dict[Any, Any]], variables: Sequence[Any], budget: Budget) -> Swell:
    """The swell of expressions (`roots`) and their derivatives (`rows`)."""
    graph = Graph(budget)
    form = rebuild(roots, lambda node, args: _assembled(node, args, graph), budget)
    derivatives = [found for variable in variables for found in _derivatives(form, variable, graph)]
    parts = [part for row in rows for part in row.values()]
    graph.forget()
    return Swell(count_operations(form), count_operations(derivatives), count_shared(roots), count_shared(parts))


# ---- SymPy's own tree


def _assembled(node: Any, args: Sequence[Any], graph: Graph) -> Any:
    """A node as SymPy would have it: products within products and sums within sums are one."""
    if not node.args:
        return node
    if isinstance(node, Shared):
        return args[0]
    if isinstance(node, sympy.Add):
        return graph.keep(sympy.Add(*args))
    if isinstance(node, sympy.Mul):
        return graph.keep(_product(args, graph))
    return graph.keep(node.func(*(_atom(argument, graph) for argument in args)))


def _atom(node: Any, graph: Graph) -> Any:
    """What SymPy's rules for products and functions see from outside only: a sum of many operations, by number."""
    return graph.unique(node, ask=False) if isinstance(node, sympy.Add) else node


def _inside(node: Any) -> Any:
    return node.args[0] if isinstance(node, Shared) else node


def _product(args: Sequence[Any], graph: Graph) -> Any:
    factors = [_atom(argument, graph) for argument in args if argument is not sympy.S.One]
    if len(factors) == 2 and any(factor.is_Number for factor in factors):
        # SymPy multiplies a sum by a number term by term.
        factors = [_inside(factor) for factor in factors]
    return sympy.Mul(*factors)


def _replaced(node: Any, position: int, part: Any, graph: Graph) -> Any:
    """A product with another factor at that position."""
    rest = [*node.args[:position], *node.args[position + 1 :]]
    part = _atom(part, graph)
    if len(rest) < 2 or not isinstance(part, Shared) or part in rest:
        return _product([*rest, part], graph)
    # Nothing can be merged with it: it goes where SymPy would sort it.
    insort(rest, part, key=_ORDER)
    return sympy.Mul._from_args(rest, is_commutative=True)  # noqa: SLF001 - SymPy's own way to say that they are in order


def _derivatives(roots: Sequence[Any], variable: Any, graph: Graph) -> list[Any]:
    """The derivatives of `roots` by the rules of `sympy.diff`: sums term by term, products factor by factor."""
    zero = sympy.S.Zero
    known: dict[Any, Any] = {variable: sympy.S.One}
    for node in postorder(roots):
        if node not in known:
            inner = [known[argument] for argument in node.args]
            known[node] = graph.keep(_derivative(node, inner, variable, graph)) if any(part != 0 for part in inner) else zero
    return [known[root] for root in roots]


def _derivative(node: Any, inner: Sequence[Any], variable: Any, graph: Graph) -> Any:
    zero = sympy.S.Zero
    if isinstance(node, Shared):
        return inner[0]
    if isinstance(node, sympy.Add):
        return sympy.Add(*inner)
    active = [(position, part) for position, part in enumerate(inner) if part != 0]
    if isinstance(node, sympy.Mul):
        return sympy.Add(*(_replaced(node, position, part, graph) for position, part in active))
    if isinstance(node, sympy.Pow):
        return _derivative_of_power(node, inner, graph)
    if isinstance(node, Choice):
        return node.func(node.args[0], inner[1], inner[2]) if inner[1] != inner[2] else inner[1]
    if isinstance(node, (Passive, sympy.sign, sympy.floor, sympy.ceiling)):
        return zero
    if isinstance(node, (RealFunction, sympy.Function)):
        return sympy.Add(*(_product([node.fdiff(position + 1), part], graph) for position, part in active))
    return sympy.diff(node, variable)


def _derivative_of_power(node: Any, inner: Sequence[Any], graph: Graph) -> Any:
    """``b**e * (e' * log(b) + b' * e / b)``."""
    by_base, by_exponent = inner
    terms = []
    if by_exponent != 0:
        terms.append(_product([by_exponent, sympy.log(node.base)], graph))
    if by_base != 0:
        terms.append(_product([_product([by_base, node.exp], graph), 1 / node.base], graph))
    return _product([node, sympy.Add(*terms)], graph)


# ---- counting


def count_operations(expressions: Sequence[Any]) -> int:
    """`sympy.count_ops` of expressions that share subexpressions, which it would visit again at every use.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> count_operations([x**2 - 2 * x / 3]), sympy.count_ops(x**2 - 2 * x / 3)
    (4, 4)
    """
    counts: dict[Any, int] = {}
    stack: list[tuple[Any, int, Sequence[Any] | None]] = [(root, 0, None) for root in expressions]
    while stack:
        ask()
        node, own, parts = stack.pop()
        if parts is not None:
            counts[node] = own + sum(counts[part] for part in parts)
        elif node not in counts:
            own, parts = _own_operations(node)
            stack.append((node, own, parts))
            stack.extend((part, 0, None) for part in parts)
    return sum(counts[root] for root in expressions)


def _own_operations(node: Any) -> tuple[int, Sequence[Any]]:
    """The operations that a node adds to those of its parts, and the parts, as SymPy sees them."""
    if isinstance(node, Shared):
        return 0, node.args
    if node.is_Rational:
        return (0, ()) if node == 1 else (int(node.p < 0) + int(node.q != 1), ())
    if not node.args:
        return int(node is sympy.E), ()
    if isinstance(node, sympy.Add):
        negative = [_is_negative(term) for term in node.args]
        return len(node.args) - 1 + int(all(negative)), [
            -term if sign else term for term, sign in zip(node.args, negative, strict=True)
        ]
    if isinstance(node, sympy.Mul):
        return _operations_of_product(node)
    if isinstance(node, sympy.Pow) and node.exp == -1:
        return 1, (node.base,)
    if isinstance(node, sympy.Pow) and node.base is sympy.E:
        return 1, (node.exp,)
    return 1, node.args


def _operations_of_product(node: Any) -> tuple[int, Sequence[Any]]:
    """Signs, divisions and multiplications of a product, with its factors of negative power below the line."""
    if _is_negative(node):
        own, parts = _own_operations(-node)
        return own + 1, parts
    if not any(isinstance(factor, (sympy.Pow, sympy.exp)) or (factor.is_Rational and factor.q != 1) for factor in node.args):
        return len(node.args) - 1, node.args
    above, below = sympy.fraction(node)
    if above.is_Integer:
        return 1, (below,)
    if below is not sympy.S.One:
        return 1, (above,) if below.is_Integer else (above, below)
    return len(node.args) - 1, node.args


def _is_negative(node: Any) -> bool:
    coefficient = node.args[0] if isinstance(node, sympy.Mul) else node
    return bool(coefficient.is_Number and coefficient.is_extended_negative)


def count_shared(expressions: Sequence[Any]) -> int:
    """Operations where every distinct subexpression is computed once: n - 1 of a sum or product of n, else one."""
    total = 0
    for node in postorder(expressions):
        if isinstance(node, (sympy.Add, sympy.Mul)):
            total += len(node.args) - 1
        elif node.args and not isinstance(node, (Shared, sympy.Tuple)):
            total += 1
    return total
