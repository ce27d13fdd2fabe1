"""Expressions as graphs: every distinct subexpression is one object, visited once, without recursion.

An expression that a loop has built shares subexpressions; written out as a tree it can be
exponentially large. SymPy's own traversals see the tree, and so does its comparison of two
expressions that are equal without being the same object. So what has grown large is `Shared`: SymPy
takes it for an atom, and each step of a loop costs what a step costs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

import sympy
from sympy.core.cache import clear_cache

from .budget import Budget, ask, asked

#: Expressions of fewer nodes are compared fast enough.
_LARGE = 300
#: Nodes, counted as in a tree, beyond which an expression is shared.
_SHARED = 150
_numbers = itertools.count()


_REAL_OF_REAL = (sympy.exp, sympy.sin, sympy.cos, sympy.atan, sympy.sinh, sympy.cosh, sympy.tanh, sympy.asinh)


def is_real(node: Any) -> Any:
    """What SymPy's ``is_real`` says; where the form alone tells, at a glance instead of by all its rules of inference."""
    if not isinstance(node, (sympy.Add, sympy.Mul)):
        return True if _is_surely_real(node) else node.is_real
    if all(map(_is_surely_real, asked(node.args))):
        return True
    # One by one, each remembers its answer: SymPy would ask all terms of a long sum in one go.
    all(argument.is_real for argument in asked(node.args))
    return node.is_real


def _is_surely_real(node: Any) -> bool:
    if node.is_Float:
        return True
    if not node.args or isinstance(node, Shared):
        return bool(node.is_real)
    if isinstance(node, sympy.Pow):
        return bool(node.exp.is_Integer and node.exp > 0) and _is_surely_real(node.base)
    if isinstance(node, (sympy.Add, sympy.Mul, *_REAL_OF_REAL)):
        return all(map(_is_surely_real, node.args))
    return False


class Shared(sympy.Expr):  # type: ignore[misc]
    """An expression that SymPy sees from outside only, as an atom with a number: it stands for its argument."""

    __slots__ = ("_number", "_real")
    is_commutative = True
    is_number = False

    def __new__(cls, expression: Any, ask: bool = True) -> Self:
        made: Self = super().__new__(cls, expression)
        made._number = next(_numbers)
        # Asked here, from the inside out: SymPy would ask from the outside in, and recurse as deep as the loop was long.
        made._real = is_real(expression) if ask else None
        return made

    def _hashable_content(self) -> tuple[Any, ...]:
        return (self._number,)

    def _eval_is_real(self) -> Any:
        return self._real

    @property
    def free_symbols(self) -> set[Any]:
        return {self}

    def sort_key(self, order: Any = None) -> Any:
        return self.class_key(), (1, (str(self._number),)), sympy.S.One.sort_key(), sympy.S.One


class Graph:
    """Keeps one object for every distinct expression, whose arguments are such objects too.

    Parameters
    ----------
    budget : Budget, optional
        What the expressions may cost.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self._known: dict[int, Any] = {}
        self._table: dict[Any, Any] = {}
        self._weights: dict[int, int] = {}
        self._shared: dict[int, Any] = {}
        # An id is only good while its object lives.
        self._alive: list[Any] = []

    def __len__(self) -> int:
        return len(self._table)

    def unique(self, root: Any, ask: bool = True) -> Any:
        """The one object that is equal to `root`; the one `Shared` that stands for it where it is large.

        Whether it is real is asked unless `ask` is false, when SymPy need not know.
        """
        found = self.keep(root)
        if self._weights[id(found)] <= _SHARED:
            return found
        if id(found) not in self._shared:
            self._shared[id(found)] = self.keep(Shared(found, ask))
        return self._shared[id(found)]

    def keep(self, root: Any) -> Any:
        """The one object that is equal to `root`, however large."""
        if id(root) in self._known:
            return self._known[id(root)]
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if id(node) in self._known:
                continue
            if ready or not node.args:
                self._enter(node)
            else:
                stack.append((node, True))
                stack.extend((argument, False) for argument in node.args)
        return self._known[id(root)]

    def _enter(self, node: Any) -> None:
        arguments = [self._known[id(argument)] for argument in node.args]
        key = (node.func, *map(id, arguments)) if arguments else node
        found = self._table.get(key)
        if found is None:
            same = all(new is old for new, old in zip(arguments, node.args, strict=True))
            found = self._table[key] = node if same else _with_arguments(node, arguments)
            self._known[id(found)] = found
            self._alive.append(found)
            weights = [self._weights[id(argument)] for argument in arguments]
            self._weights[id(found)] = 1 if isinstance(found, Shared) else 1 + sum(weights)
            self.budget.check(len(self._table))
        self._known[id(node)] = found
        self._alive.append(node)

    @staticmethod
    def expression(node: Any) -> Any:
        """A SymPy expression as one of this graph's kind."""
        return node

    @staticmethod
    def product(*factors: Any) -> Any:
        """Their product; a number goes into linear sums alone: it would spoil the cancellation of others (1 - tanh(x)**2)."""
        coefficient, rest = sympy.Mul(*(factor for factor in factors if not factor.is_Number)).as_coeff_Mul()
        coefficient = sympy.Mul(coefficient, *(factor for factor in factors if factor.is_Number))
        if rest.is_Add and coefficient not in {1, -1} and not all(map(_is_linear, rest.args)):
            return sympy.Mul(coefficient, rest, evaluate=False)
        return sympy.Mul(coefficient, rest)

    @staticmethod
    def sum(*terms: Any) -> Any:
        """Their sum."""
        return sympy.Add(*terms)

    @staticmethod
    def choice(node: Any, x: Any, y: Any) -> Any:
        """x or y, as the choice `node` is made."""
        return node.between(x, y)

    def forget(self) -> None:
        """Empty SymPy's cache after large expressions.

        SymPy compares every later expression with those in its cache, as trees: the same function
        traced again would meet its own expressions there.
        """
        if len(self) > _LARGE:
            clear_cache()


def _is_linear(term: Any) -> bool:
    return bool(term.as_coeff_Mul()[1].is_Atom)


def _with_arguments(node: Any, arguments: Sequence[Any]) -> Any:
    """A node equal to `node` that holds these very arguments."""
    if isinstance(node, (sympy.Add, sympy.Mul, sympy.Pow, sympy.Function)) and not isinstance(node, sympy.Piecewise):
        return node.func(*arguments, evaluate=False)
    return node.func(*arguments)


def postorder(roots: Sequence[Any], arguments: Callable[[Any], Sequence[Any]] = lambda node: node.args) -> Iterator[Any]:
    """Every distinct node below `roots`, after its arguments."""
    seen = set()
    for root in roots:
        stack = [(root, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                ask()
                yield node
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((argument, False) for argument in arguments(node) if argument not in seen)


def rebuild(roots: Sequence[Any], make: Callable[[Any, Sequence[Any]], Any], budget: Budget | None = None) -> list[Any]:
    """`roots` with every node replaced by ``make(node, its arguments made anew)``."""
    made: dict[Any, Any] = {}
    budget = budget or Budget()
    for count, node in enumerate(postorder(roots)):
        budget.check(count)
        made[node] = make(node, [made[argument] for argument in node.args])
    return [made[root] for root in roots]


def resolve(roots: Sequence[Any], known: Mapping[Any, Any], graph: Graph) -> list[Any]:
    """`roots` with every node in `known` replaced, and what replaces it resolved in turn."""
    made: dict[Any, Any] = {}
    for node in postorder(roots, lambda node: (known[node],) if node in known else node.args):
        if node in known:
            made[node] = made[known[node]]
        else:
            arguments = [made[argument] for argument in node.args]
            same = all(new is old for new, old in zip(arguments, node.args, strict=True))
            made[node] = node if same else graph.unique(node.func(*arguments))
    return [made[root] for root in roots]
