"""The methods of ufuncs: reduce, accumulate, reduceat, outer and at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import MissingRuleError
from ..kinds import Constant, plain_of
from ..rules import ELEMENTWISE, FUNCTIONS
from .arguments import Traced, array, constant_like, ufunc_name, whole_numbers
from .quantiles import rows_over
from .scans import ACCUMULATE, accumulate_in_turn


def _no_method(ufunc: Any, method: str, why: str) -> MissingRuleError:
    return MissingRuleError(
        f"{ufunc_name(ufunc)}.{method} of traced values {why} has no rule. Call {ufunc_name(ufunc)} itself "
        "in a loop over the elements, and choose elements by np.where or indexing."
    )


def _in_halves(ufunc: Any, neutral: float) -> Callable[..., Any]:
    """``ufunc.reduce`` of an associative ufunc: half of the elements with the other half, until one is left."""

    def reduce(a: Any, axis: Any = 0, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
        a = array(a)
        a = a if where is True else np.where(where, a, neutral)
        rows, kept = rows_over(a, axis)
        if not rows.shape[-1]:
            rows = np.full((*rows.shape[:-1], 1), neutral, dtype=a.dtype)
        while (size := rows.shape[-1]) > 1:
            pairs = ufunc(rows[..., : size // 2], rows[..., size // 2 : size // 2 * 2])
            rows = np.concatenate([pairs, rows[..., -1:]], axis=-1) if size % 2 else pairs
        result = np.reshape(rows, kept) if keepdims else rows[..., 0]
        return result if initial is None else ufunc(initial, result)

    return reduce


def _in_turn(ufunc: Any) -> Callable[..., Any]:
    """``ufunc.reduce`` along one axis, one element after the other."""

    def reduce(a: Any, axis: Any = 0, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
        a = array(a)
        if where is not True or axis is None or np.ndim(axis):
            raise _no_method(ufunc, "reduce", "with where= or over several axes")
        axis = normalize_axis_index(axis, a.ndim)
        layers = [a[(slice(None),) * axis + (number,)] for number in range(a.shape[axis])]
        layers = layers if initial is None else [initial, *layers]
        if not layers:
            raise ValueError(f"zero-size array to reduction operation {ufunc.__name__} which has no identity")
        result = layers[0]
        for layer in layers[1:]:
            result = FUNCTIONS[ufunc](result, layer)
        return np.expand_dims(result, axis) if keepdims else result

    return reduce


_REDUCE: dict[Any, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.fmax: np.nanmax,
    np.fmin: np.nanmin,
    np.logaddexp: _in_halves(np.logaddexp, -np.inf),
    np.logaddexp2: _in_halves(np.logaddexp2, -np.inf),
    np.hypot: _in_halves(np.hypot, 0.0),
}


def _constantly(ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    options = {name: plain_of(value) for name, value in options.items()}
    return Constant(f"{ufunc.__name__}_{method}", lambda *plain: getattr(ufunc, method)(*plain, **options))(*inputs)


def _is_constant(ufunc: Any) -> bool:
    return isinstance(FUNCTIONS.get(ufunc), Constant)


def _check(ufunc: Any, method: str) -> None:
    if ufunc not in ELEMENTWISE or ufunc.nin != 2:
        raise _no_method(ufunc, method, "(it is not an elementwise function of two arguments)")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not np._NoValue}  # noqa: SLF001 - what NumPy passes on


def reduce(ufunc: Any, a: Any, **options: Any) -> Any:
    """``ufunc.reduce(a, axis, dtype, keepdims, initial, where)``."""
    options = {"axis": 0, **_given(options)}
    if _is_constant(ufunc):
        return _constantly(ufunc, "reduce", [array(a)], options)
    _check(ufunc, "reduce")
    traced = next((value for value in options.values() if isinstance(value, Traced)), None)
    a = array(a) if traced is None or isinstance(a, Traced) else constant_like(traced, np.array(a))
    dtype = options.pop("dtype", None)
    rule = _REDUCE.get(ufunc) or _in_turn(ufunc)
    return rule(a if dtype is None else a.astype(dtype), **options)


def accumulate(ufunc: Any, a: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``ufunc.accumulate(a, axis, dtype)``."""
    if _is_constant(ufunc):
        return _constantly(ufunc, "accumulate", [array(a)], {"axis": axis, "dtype": dtype})
    _check(ufunc, "accumulate")
    a = array(a)
    if not a.ndim:
        raise TypeError("cannot accumulate on a scalar")
    return (ACCUMULATE.get(ufunc) or accumulate_in_turn(ufunc))(a, axis=axis, dtype=dtype)


def reduceat(ufunc: Any, a: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    """``ufunc.reduceat(a, indices, axis, dtype)``: each part reduced; a part that is empty is its first element."""
    a, indices = array(a), whole_numbers(indices)
    # NumPy itself says what it refuses.
    np.add.reduceat(np.zeros(a.shape), indices, axis)
    axis = normalize_axis_index(axis, a.ndim)
    parts = []
    for start, stop in zip(indices.tolist(), [*indices.tolist()[1:], a.shape[axis]], strict=True):
        end = stop if stop > start else start + 1
        parts.append(reduce(ufunc, a[(slice(None),) * axis + (slice(start, end),)], axis=axis, dtype=dtype))
    return np.stack(parts, axis=axis)


def outer(ufunc: Any, left: Any, right: Any) -> Any:
    """``ufunc.outer(left, right)``."""
    left, right = array(left), array(right)
    return FUNCTIONS[ufunc](np.reshape(left, left.shape + (1,) * right.ndim), right)
