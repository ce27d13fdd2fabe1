"""NumPy's functions that make arrays ``like=`` a traced one: they may be written into."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import TracedValueError
from .arguments import Traced, array


def _buffer(like: Any, value: Any) -> Any:
    """`value` as a traced array of the level of `like`, which is locally constant until it is written into."""
    value = array(value)
    return value if isinstance(value, Traced) else like.level.constant(np.array(value))


def _ordered(made: Any, given: Any, order: Any, copy: Any) -> Any:
    """`made` in the memory order asked for; a copy where NumPy makes one."""
    if not made.ndim:
        return made
    flags = made.layout().flags
    wrong = (order == "C" and not flags.c_contiguous) or (order == "F" and not flags.f_contiguous)
    if copy is False and (wrong or made is not given):
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    return made.copy(order or "K") if wrong or (copy and made is given) else made


def _converted(
    like: Any,
    value: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    copy: Any = None,
    subok: bool = False,
    ndmin: int = 0,
    device: Any = None,
) -> Any:
    made = _buffer(like, value)
    if dtype is not None and np.dtype(dtype) != made.dtype:
        made = made.astype(dtype)
    made = _ordered(made, value, order, copy)
    return np.reshape(made, (1,) * (ndmin - made.ndim) + made.shape) if made.ndim < ndmin else made


def _array(like: Any, value: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", **options: Any) -> Any:
    return _converted(like, value, dtype, order, copy=copy, **options)


def _contiguous(like: Any, value: Any, dtype: Any = None) -> Any:
    return _converted(like, value, dtype, "C", ndmin=1)


def _fortran(like: Any, value: Any, dtype: Any = None) -> Any:
    return _converted(like, value, dtype, "F", ndmin=1)


def _require(like: Any, value: Any, dtype: Any = None, requirements: Any = None) -> Any:
    letters = {str(letter).upper()[:1] for letter in requirements or ()}
    # "ENSUREARRAY", "WRITEABLE", "ALIGNED" and "OWNDATA" hold of traced arrays, or are about memory that f does not see.
    unknown = letters - set("CFAWOE")
    if unknown:
        raise ValueError(f"np.require does not know the requirements {sorted(unknown)}.")
    if {"C", "F"} <= letters:
        raise ValueError('Cannot specify both "C" and "F" order')
    return _converted(like, value, dtype, "C" if "C" in letters else "F" if "F" in letters else None)


def _full(like: Any, shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None) -> Any:
    fill = array(fill_value)
    made = like.level.constant(np.zeros(shape, fill.dtype if dtype is None else dtype, order))  # type: ignore[call-overload]
    if not made.ndim:
        return fill if isinstance(fill, Traced) else like.level.constant(np.full((), fill, made.dtype))
    made[...] = fill_value
    return made


def _from_function(like: Any, function: Callable[..., Any], shape: Any, *, dtype: Any = float, **options: Any) -> Any:
    made = function(*np.indices(shape, dtype=dtype), **options)
    return _buffer(like, made) if isinstance(made, np.ndarray) and not isinstance(made, Traced) else made


def _from_iterable(like: Any, items: Any, dtype: Any, count: int = -1) -> Any:
    values = list(items)
    if any(isinstance(value, Traced) and not value.passive for value in values):
        raise TracedValueError(
            "np.fromiter of traced values would cut their derivatives: it makes plain numbers. Write np.stack([...]) instead."
        )
    return like.level.constant(np.fromiter(values, dtype, count))


#: What makes an array, by NumPy's function: called with `like` first.
CREATORS: dict[Any, Callable[..., Any]] = {
    np.array: _array,
    np.asarray: _converted,
    np.asanyarray: _converted,
    np.ascontiguousarray: _contiguous,
    np.asfortranarray: _fortran,
    np.require: _require,
    np.full: _full,
    np.fromfunction: _from_function,
    np.fromiter: _from_iterable,
}
