"""Whether numbers, arrays and containers are what they were, to the bit; and where they are looked up."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

NUMBERS = (type(None), type(Ellipsis), bool, int, float, complex, str, bytes)
#: What stands where nothing is.
NOTHING = object()


class Attributes:
    """An object's attributes, looked up as in a dict: those in slots are in none."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self, name: str, default: Any) -> Any:
        return getattr(self._value, name, default)


def same(found: Any, kept: Any) -> bool:
    """Whether one is the other, or the same number or array of numbers."""
    if found is kept:
        return True
    if type(found) is not type(kept):
        return False
    if type(kept) is np.ndarray or issubclass(type(kept), np.generic):
        return not kept.dtype.hasobject and bool(bits_of(found) == bits_of(kept))
    # By its text: nan is nan, and 0.0 is not -0.0.
    return type(kept) in NUMBERS and repr(found) == repr(kept)


def same_items(found: Any, kept: Any) -> bool:
    """Whether a container holds the same things, in the same order where it has one."""
    if len(found) != len(kept):
        return False
    if isinstance(kept, dict):
        return all(map(same, found, kept)) and all(map(same, found.values(), kept.values()))
    return all(map(same, found, kept)) if isinstance(kept, list) else bool(found == kept)


def made_with(function: types.FunctionType) -> tuple[Any, ...]:
    """What a function was made with, by identity."""
    return function.__code__, id(function.__defaults__), id(function.__kwdefaults__), id(function.__dict__)


def bits_of(array: Any) -> tuple[Any, ...]:
    """What an array holds and how: also the order in memory, which functions can see."""
    raw = np.ndarray.tobytes(array) if isinstance(array, np.ndarray) else array.tobytes()
    return array.dtype, array.shape, array.strides, raw


def content_of(cell: types.CellType) -> Any:
    """What a variable of the enclosing function is bound to."""
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet
        return NOTHING
