"""Simpler expressions: SymPy's `simplify` on each entry of a derivative, which must not meet kinks or limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from ..errors import UnsupportedError
from .budget import Budget
from .passives import RealFunction
from .swell import count_operations
from .walking import Shared, postorder, rebuild


def simplified(expressions: Sequence[Any], largest: int, budget: Budget) -> list[Any]:
    """`expressions` simplified one by one; functions with kinks, and what they are of, keep their form.

    Parameters
    ----------
    expressions : sequence of Expr
    largest : int
        Operations that one expression may have, written out.
    budget : Budget

    Raises
    ------
    UnsupportedError
        An expression is larger.
    BudgetError
        The time is over.
    """
    made: dict[Any, Any] = {}
    for count, expression in enumerate(expressions):
        budget.check(count)
        if expression not in made:
            size = count_operations([expression])
            if size > largest:
                raise UnsupportedError(
                    f"simplify() is for small expressions: one entry of this derivative has {size:,} operations, the limit is "
                    f"{largest:,}, and SymPy's simplify takes longer than in proportion. Use the derivative as it is, or "
                    f"simplify(operations={size})."
                )
            made[expression] = _simplified(expression)
    return [made[expression] for expression in expressions]


def _simplified(expression: Any) -> Any:
    """SymPy's `simplify`, with the functions of ours hidden behind symbols of their own."""
    (plain,) = rebuild([expression], lambda node, args: _opened(node, args))
    hidden: dict[Any, Any] = {}

    def hide(node: Any, args: Sequence[Any]) -> Any:
        if isinstance(node, RealFunction):
            real = True if node.is_real else None
            return hidden.setdefault(node, sympy.Dummy(f"h{len(hidden)}", real=real))
        return node.func(*args) if node.args else node

    (covered,) = rebuild([plain], hide)
    found = sympy.simplify(covered)
    if count_operations([found]) > count_operations([covered]) or any(node.is_Piecewise for node in postorder([found])):
        return expression
    return found.xreplace({dummy: node for node, dummy in hidden.items()})


def _opened(node: Any, args: Sequence[Any]) -> Any:
    if isinstance(node, Shared):
        return args[0]
    return node.func(*args) if node.args else node
