"""Expressions as graphs: every distinct subexpression is one object, visited once, without recursion.

An expression that a loop has built shares subexpressions; written out as a tree it can be
exponentially large. SymPy's own traversals see the tree, and so does its comparison of two
expressions that are equal without being the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sympy
from sympy.core.cache import clear_cache

#: Expressions of fewer nodes are compared fast enough.
_LARGE = 300


class Graph:
    """Keeps one object for every distinct expression, whose arguments are such objects too."""

    def __init__(self) -> None:
        self._known: dict[int, Any] = {}
        self._table: dict[Any, Any] = {}
        # An id is only good while its object lives.
        self._alive: list[Any] = []

    def __len__(self) -> int:
        return len(self._table)

    def unique(self, root: Any) -> Any:
        """The one object that is equal to `root`."""
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
        self._known[id(node)] = found
        self._alive.append(node)

    @staticmethod
    def expression(node: Any) -> Any:
        """A SymPy expression as one of this graph's kind."""
        return node

    @staticmethod
    def product(*factors: Any) -> Any:
        """Their product; a number is not multiplied into the terms of a sum, whose cancellation it would spoil."""
        coefficient, rest = sympy.Mul(*(factor for factor in factors if not factor.is_Number)).as_coeff_Mul()
        coefficient = sympy.Mul(coefficient, *(factor for factor in factors if factor.is_Number))
        if rest.is_Add and coefficient not in {1, -1}:
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
                yield node
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((argument, False) for argument in arguments(node) if argument not in seen)


def rebuild(roots: Sequence[Any], make: Callable[[Any, Sequence[Any]], Any]) -> list[Any]:
    """`roots` with every node replaced by ``make(node, its arguments made anew)``."""
    made: dict[Any, Any] = {}
    for node in postorder(roots):
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
