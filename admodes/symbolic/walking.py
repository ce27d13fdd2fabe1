"""Walks over expressions as graphs: every distinct subexpression once, without recursion.

An expression that a loop has built shares subexpressions, and written out as a tree it can be
exponentially large. SymPy's own traversals see the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any


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


def resolve(roots: Sequence[Any], known: Mapping[Any, Any]) -> list[Any]:
    """`roots` with every node in `known` replaced, and what replaces it resolved in turn."""
    made: dict[Any, Any] = {}
    for node in postorder(roots, lambda node: (known[node],) if node in known else node.args):
        if node in known:
            made[node] = made[known[node]]
        else:
            arguments = [made[argument] for argument in node.args]
            same = all(new is old for new, old in zip(arguments, node.args, strict=True))
            made[node] = node if same else node.func(*arguments)
    return [made[root] for root in roots]
