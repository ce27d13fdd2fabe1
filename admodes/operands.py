"""What stands beside a traced value: complex numbers, lists, arrays of subclasses."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .errors import InputError


def is_complex(value: Any) -> bool:
    """Whether a value, traced or plain, is of complex numbers."""
    dtype = getattr(value, "dtype", None)
    return type(value) is complex if dtype is None else dtype.kind == "c"


def plain_array(operand: Any) -> Any:
    """An array of a subclass as the array that it is; those whose arithmetic is another one are refused."""
    if not issubclass(type(operand), np.ndarray) or type(operand) is np.ndarray:
        return operand
    masked = sys.modules.get("numpy.ma")
    if isinstance(operand, np.matrix) or (masked is not None and isinstance(operand, masked.MaskedArray)):
        raise InputError(
            f"A traced value met a {type(operand).__name__}, whose arithmetic is not that of arrays. "
            "Use a plain array: np.asarray(m) and @ for a matrix, m.filled(0.0) and np.where for a masked array."
        )
    return np.asarray(operand)


def needs_lift(operand: Any) -> bool:
    """Whether an operand is a list, or an array of objects, that may hold traced values."""
    return type(operand) in (list, tuple) or (isinstance(operand, np.ndarray) and operand.dtype == object)


def as_numbers(operand: Any) -> Any:
    """An array of objects that are plain numbers as what it holds; others as they are."""
    if type(operand) is not np.ndarray or operand.dtype != object:
        return operand
    numbers = np.array(operand.tolist())
    if numbers.dtype == object:
        raise InputError(
            f"A traced value met an array of objects of type {type(operand.flat[0]).__name__}. Make it an array of numbers."
        )
    return numbers
