"""Elementwise functions of expressions, and locally constant ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from ..operands import is_complex
from . import functions as own
from .budget import asked
from .complex_values import function_of_complex
from .formulas import formula, is_degenerate, is_infinite, number, settled
from .objects import as_objects, unwrapped
from .passives import passive
from .walking import postorder

if TYPE_CHECKING:
    from .level import SymbolicLevel

_PASSIVE = frozenset(
    {"floor", "ceil", "trunc", "rint", "floor_divide", "sign", "heaviside", "signbit"}
    | {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal"}
    | {"logical_and", "logical_or", "logical_xor", "logical_not", "isnan", "isfinite", "isinf"}
)
_OF_BOOLEANS = {"bitwise_and": "logical_and", "bitwise_or": "logical_or", "bitwise_xor": "logical_xor", "invert": "logical_not"}


def apply_elementwise(
    level: SymbolicLevel, primitive: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, parameters: dict[str, Any]
) -> Any:
    """The expressions of an elementwise function, broadcast as NumPy does."""
    if np.asarray(out).dtype.kind == "b":
        level.note_primitive(primitive, traces, values, out, parameters)
        return None
    if np.asarray(out).dtype.kind == "c":
        return _apply_complex(level, primitive, traces, values, out, parameters)
    function = formula(primitive)

    def make(expressions: Sequence[Any], plain: Sequence[Any], result: Any) -> Any:
        if primitive.name == "copysign" and expressions[1].is_Number:
            # SymPy's zero has no sign.
            expressions = [expressions[0], number(np.copysign(1.0, plain[1]))]
        made = sympy.sympify(function(*expressions, **parameters))
        if is_degenerate(made):
            return level.graph.unique(_undefined(expressions, result))
        made = level.graph.unique(made)
        smooth = settled(primitive.name, list(expressions), list(plain))
        if smooth is not None:
            level.known.setdefault(made, level.graph.unique(smooth))
        return made

    return over_elements(make, traces, values, out)


def _apply_complex(
    level: SymbolicLevel, primitive: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, parameters: dict[str, Any]
) -> Any:
    """The complex expressions of an elementwise function: of those that real ones have, or of the operands' parts."""

    def make(expressions: Sequence[Any], plain: Sequence[Any], result: Any) -> Any:
        function = function_of_complex(level, primitive.name, plain) or formula(primitive)
        made = level.graph.unique(sympy.sympify(function(*expressions, **parameters)))
        return level.graph.unique(_undefined(expressions, result)) if is_infinite(made) else made

    return over_elements(make, traces, values, out)


def _undefined(expressions: Sequence[Any], result: Any) -> Any:
    """A function outside its domain: a constant, or what depends on the same inputs with derivative nan."""
    variables = [node for node in postorder(expressions) if node.is_Symbol and not isinstance(node, own.Plain)]
    return number(np.nan) * sympy.Add(*variables) if variables else number(result)


def apply_constant(
    level: SymbolicLevel, primitive: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, parameters: dict[str, Any]
) -> Any:
    """The expressions of a locally constant function; None where only its value at x is followed."""
    name = _OF_BOOLEANS.get(primitive.name, primitive.name) if np.asarray(out).dtype.kind == "b" else primitive.name
    if name not in _PASSIVE or parameters or any(map(is_complex, values)):
        return None
    kind = passive(name)

    def make(expressions: Sequence[Any], plain: Sequence[Any], result: Any) -> Any:
        value = number(result)
        if all(expression.is_Number for expression in expressions):
            return value
        made = level.graph.unique(kind(*expressions))
        level.known.setdefault(made, level.graph.unique(value))
        return made

    return over_elements(make, traces, values, out)


def over_elements(make: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    """``make(expressions, numbers, number)`` at every element of broadcast operands."""
    shape = np.shape(out)
    if not shape:
        expressions = [unwrapped(as_objects(trace, value)) for trace, value in zip(traces, values, strict=True)]
        return make(expressions, [np.asarray(value)[()] for value in values], out)
    operands = [np.broadcast_to(as_objects(trace, value), shape).ravel() for trace, value in zip(traces, values, strict=True)]
    plain = [np.broadcast_to(value, shape).ravel() for value in values]
    made = np.empty(shape, dtype=object)
    flat = np.ravel(out)
    for index in asked(range(made.size)):
        made.flat[index] = make([part[index] for part in operands], [part[index] for part in plain], flat[index])
    return made
