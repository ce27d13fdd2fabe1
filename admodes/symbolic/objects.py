"""Object arrays of expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from .budget import asked
from .formulas import number


def as_objects(trace: Any, value: Any) -> Any:
    """Expressions as an object array of the value's shape; a trace of None means the value's own numbers."""
    if isinstance(trace, np.ndarray):
        return trace
    if trace is not None:
        return zero_dimensional(trace)
    plain = np.asarray(value)
    objects = np.empty(plain.shape, dtype=object)
    for index, item in enumerate(asked(plain.ravel().tolist())):
        objects.flat[index] = number(item)
    return objects


def zero_dimensional(expression: Any) -> Any:
    """One expression as an object array of shape ()."""
    objects = np.empty((), dtype=object)
    objects[()] = expression
    return objects


def unwrapped(trace: Any) -> Any:
    """The expression in an array of shape (); other traces as they are."""
    return trace[()] if isinstance(trace, np.ndarray) and trace.ndim == 0 else trace


def as_expressions(objects: Any) -> Any:
    """An object array in which NumPy may have put plain zeros, or arrays without axes, as expressions."""
    array = np.array(objects, dtype=object)
    for index, item in enumerate(asked(array.ravel())):
        inner = unwrapped(item)
        array.flat[index] = inner if isinstance(inner, sympy.Basic) else number(inner)
    return array
