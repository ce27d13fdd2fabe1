"""What decided the path through f, in SymPy's terms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy

from .level import Guard, itself
from .passives import as_condition, is_indicator

_COMBINED = {"any": sympy.Or, "all": sympy.And}


def conditions_of(guard: Guard, publish: Callable[[Sequence[Any]], list[Any]]) -> list[Any]:
    """A guard as conditions: relations where SymPy has them, else the value of a named function.

    Parameters
    ----------
    guard : Guard
    publish : callable
        Writes expressions in SymPy's own functions.

    Returns
    -------
    list of Boolean
    """
    operands = [publish(list(array.flat)) for array in guard.expressions]
    if guard.function is itself or guard.name == "astype":
        return _values(operands[0], guard.value.ravel().tolist(), as_booleans=guard.value.dtype.kind == "b")
    if guard.name in _COMBINED and not guard.value.ndim:
        combined = _COMBINED[guard.name](*map(as_condition, operands[0]))
        return [combined if guard.value else sympy.Not(combined)]
    readable = [list(map(_readable, operand)) for operand in operands]
    arguments = [
        sympy.Tuple(*operand) if array.ndim else operand[0] for operand, array in zip(readable, guard.expressions, strict=True)
    ]
    value = guard.value.ravel().tolist()
    found = sympy.Tuple(*value) if guard.value.ndim else sympy.sympify(value[0])
    return [sympy.Eq(sympy.Function(guard.name.lstrip("_"))(*arguments), found, evaluate=False)]


def _values(shown: Sequence[Any], values: Sequence[Any], *, as_booleans: bool) -> list[Any]:
    """The values that expressions have."""
    pairs = [(expression, value) for expression, value in zip(shown, values, strict=True) if not expression.is_Number]
    return [
        (as_condition(expression) if value else sympy.Not(as_condition(expression)))
        if as_booleans or is_indicator(expression)
        else sympy.Eq(expression, value, evaluate=False)
        for expression, value in pairs
    ]


def _readable(shown: Any) -> Any:
    """A condition instead of the 1 or 0 that stands for it."""
    return as_condition(shown) if is_indicator(shown) else shown
