"""Grids between two ends: linspace, logspace, geomspace."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..rules import implements
from .arguments import array


def _ends(*ends: Any) -> list[Any]:
    """The ends as arrays of the type that NumPy gives the grid: Python's numbers follow the others."""
    kinds = [end if type(end) in (int, float) else array(end).dtype for end in ends]
    kind = np.result_type(*kinds, 1.0)
    return [array(end).astype(kind) for end in ends]


def _typed(y: Any, dtype: Any) -> Any:
    if dtype is None:
        return y
    return (np.floor(y) if np.dtype(dtype).kind in "iu" else y).astype(dtype)


@implements(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    num = operator.index(num)
    if num < 0:
        raise ValueError(f"Number of samples, {num}, must be non-negative.")
    intervals = num - 1 if endpoint else num
    start, stop = np.broadcast_arrays(*_ends(start, stop))
    kind = start.dtype
    delta = stop - start
    step = delta / intervals if intervals > 0 else delta * np.nan
    numbers = np.arange(num, dtype=kind).reshape(-1, *(1,) * delta.ndim)
    y = numbers * (step if intervals > 0 else delta) + start
    if endpoint and num > 1:
        y = np.concatenate([y[:-1], stop[None] if stop.ndim else np.reshape(stop, 1)], axis=0)
    y = _typed(np.moveaxis(y, 0, axis) if axis != 0 else y, dtype)
    return (y, step) if retstep else y


@implements(np.logspace)
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Any:
    if np.ndim(base):
        start, stop, base = np.broadcast_arrays(array(start), array(stop), array(base))
        base = np.expand_dims(base, axis)
    powers = np.power(base, np.linspace(start, stop, num=num, endpoint=endpoint, axis=axis))
    return powers if dtype is None else powers.astype(dtype)


@implements(np.geomspace)
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Any:
    num = operator.index(num)
    # The type without a dtype is float64 here, unlike that of linspace.
    kind = np.result_type(array(start).dtype, array(stop).dtype, 1.0, np.zeros((), dtype))
    start, stop = np.broadcast_arrays(array(start).astype(kind), array(stop).astype(kind))
    if np.any(start == 0) or np.any(stop == 0):
        raise ValueError("Geometric sequence cannot include zero")
    sign = np.sign(start)
    log_start, log_stop = np.log10(start / sign), np.log10(stop / sign)
    inner = np.power(10.0, np.linspace(log_start, log_stop, num=num, endpoint=endpoint)) * sign
    pieces = [inner]
    if num > 0:
        # The ends are the arguments themselves, without the rounding of a logarithm.
        last = num > 1 and endpoint
        row = (1, *start.shape)
        pieces = [np.reshape(start, row), inner[1:-1] if last else inner[1:], *([np.reshape(stop, row)] if last else [])]
    y = np.concatenate(pieces, axis=0)
    y = np.moveaxis(y, 0, axis) if axis != 0 else y
    return y if dtype is None else y.astype(dtype)
