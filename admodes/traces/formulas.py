"""Operations as text: ``v0 * v1``, ``log(v0)``, ``v2[0]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..custom import CustomPrimitive
from ..kinds import Linear, Multilinear, Primitive
from ..steps.elements import WRITE
from ..table.elementwise import constant_power
from ..table.structural import gather

_SYMBOLS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "matmul": "@",
    "power": "**",
    "remainder": "%",
    "floor_divide": "//",
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}


#: Primitives that NumPy's users know under another name.
_NAMES = {
    "_as_it_is": "copy",
    "_cast": "astype",
    "_cumulate": "cumsum",
    "_gather": "index",
    "_product": "prod",
    "_spread": "broadcast",
    "_total": "sum",
    "constant_power": "power",
    "join": "concatenate",
}


def operation_name(primitive: Primitive) -> str:
    """What a primitive is called in a trace."""
    return primitive.name if isinstance(primitive, CustomPrimitive) else _NAMES.get(primitive.name, primitive.name.lstrip("_"))


def formula_of(step: Any, operands: Sequence[str]) -> str:
    """The operation of a record, of operands given as text."""
    parameters = step.parameters
    name = operation_name(step.primitive)
    if step.primitive is gather:
        return f"{operands[0]}[{key_text(parameters['key'])}]"
    if step.primitive is WRITE:
        return f"{operands[0]} with [{key_text(parameters['key'])}] = {operands[1]}"
    if name == "negative":
        return f"-{operands[0]}"
    if step.primitive is constant_power:
        return f"{operands[0]} ** {constant_text(parameters['exponent'])}"
    if name in _SYMBOLS and len(operands) == 2:
        return f"{operands[0]} {_SYMBOLS[name]} {operands[1]}"
    return f"{name}({', '.join([*operands, *_options(step)])})"


def _options(step: Any) -> list[str]:
    """Parameters that tell operations of one name apart: ``axis=0``."""
    options = []
    for name, value in step.parameters.items():
        if name == "axes" and value == _usual_axes(step):
            continue
        if name == "keepdims" and value:
            options.append("keepdims=True")
        if type(value) in (int, str) or (type(value) is tuple and all(type(part) is int for part in value)):
            single = name == "axes" and len(value) == 1
            options.append(f"axis={value[0]}" if single else f"{name}={value!r}")
    return options


def _usual_axes(step: Any) -> tuple[int, ...]:
    """The axes where none are given: reversed ones of a transpose, all of a reduction."""
    ndim = len(step.shapes[0])
    return tuple(reversed(range(ndim))) if operation_name(step.primitive) == "transpose" else tuple(range(-ndim, 0))


def is_linear(step: Any, live: int) -> bool:
    """Whether an operation is linear in its `live` operands together, so that tangents go through it as values do."""
    primitive = step.primitive
    return isinstance(primitive, Linear) or primitive.structural or (isinstance(primitive, Multilinear) and live == 1)


def key_text(key: Any) -> str:
    """An index as Python writes it."""
    if type(key) is tuple:
        return ", ".join(map(key_text, key)) or "()"
    if type(key) is slice:
        ends = ["" if end is None else str(end) for end in (key.start, key.stop, key.step)]
        return ":".join(ends if ends[2] else ends[:2])
    if key is Ellipsis:
        return "..."
    return constant_text(key)


def constant_text(value: Any) -> str:
    """A constant in a formula: a number, a short array, or the shape of a long one."""
    if type(value) is np.ndarray or isinstance(value, (list, tuple)):
        array = np.asarray(value)
        if array.ndim <= 1 and array.size <= 4 and array.dtype != object:
            return f"[{', '.join(constant_text(item) for item in array.ravel().tolist())}]"
        return f"array{array.shape}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
