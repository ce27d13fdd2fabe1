"""Indices: what stands between the brackets of a traced array."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .errors import TracedValueError
from .levels import Traced, lift
from .table.structural import is_basic


def plain_key(key: Any) -> Any:
    """`key` with passive traced values as plain integers and booleans (each use is recorded as a guard)."""
    if is_basic(key):
        return key
    if isinstance(key, tuple):
        return tuple(plain_key(part) for part in key)
    if isinstance(key, slice):
        return slice(*(None if part is None else operator.index(part) for part in (key.start, key.stop, key.step)))
    if isinstance(key, list):
        array = lift(key)
        return np.zeros(np.shape(array), dtype=int) if not array.size else plain_key(array)
    if issubclass(type(key), np.ndarray):
        # f may overwrite the array of indices later.
        return plain_key(lift(key)) if key.dtype == object else key.copy()
    if isinstance(key, Traced):
        if not key.ndim:
            number: Any = key
            return bool(number) if number.dtype.kind == "b" else operator.index(number)
        if not key.passive:
            raise TracedValueError(
                "An array was indexed by a traced value whose derivative would be lost. Use np.floor(i).astype(int)."
            )
        return np.array(key)
    return key
