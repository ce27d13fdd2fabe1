"""NumPy's functions that choose, leave out, insert and nest elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import ShapeError, TracedValueError
from ..kinds import Constant
from ..rules import implements
from .arguments import Traced, array, missing_option, whole_numbers
from .structural import gather, move


def move_several(arrays: Sequence[Any], mover: Callable[..., Any]) -> Any:
    """What `mover` (a function that only moves or copies elements) does to several arrays, as one gather."""
    ends = np.cumsum([0, *(a.size for a in arrays)]).tolist()
    numbers = [np.arange(start, start + a.size).reshape(a.shape) for start, a in zip(ends, arrays, strict=False)]
    joined = np.concatenate([np.reshape(a, -1) for a in arrays])
    return gather(joined, key=mover(*numbers))


# ---- choosing


@implements(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    if not len(condlist):
        raise ValueError("select with an empty condition list is not possible")
    conditions = [array(condition) for condition in condlist]
    for number, condition in enumerate(conditions):
        if condition.dtype != bool:
            raise TypeError(f"invalid entry {number} in condlist: should be boolean ndarray")
    # Python's numbers stay as they are: beside float32 they do not widen it.
    choices = [choice if isinstance(choice, (int, float)) else array(choice) for choice in (*choicelist, default)]
    dtype = np.result_type(*choices)
    shape = np.broadcast_shapes(*(np.shape(part) for part in (*conditions, *choices)))
    found = np.broadcast_to(array(choices[-1]).astype(dtype), shape)
    for condition, choice in zip(reversed(conditions), reversed(choices[:-1]), strict=True):
        found = np.where(condition, array(choice).astype(dtype), found)
    return found


@implements(np.choose)
def choose(a: Any, choices: Any, out: None = None, mode: str = "raise") -> Any:
    arrays = [array(choice) for choice in choices]
    chosen = whole_numbers(a)
    return move_several(arrays, lambda *numbers: np.choose(chosen, numbers, mode=mode))  # type: ignore[call-overload]


@implements(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: None = None) -> Any:
    chosen = whole_numbers(condition)
    return move(array(a), lambda numbers: np.compress(chosen, numbers, axis))


@implements(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    chosen = whole_numbers(condition)
    return move(array(arr), lambda numbers: np.extract(chosen, numbers))


@implements(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    m = array(m)
    return np.where(_lower(m, k), m, np.zeros(1, m.dtype))


@implements(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    m = array(m)
    return np.where(_lower(m, k - 1), np.zeros(1, m.dtype), m)


def _lower(m: Any, k: int) -> Any:
    rows, columns = (m.shape * 2)[-2:] if m.ndim == 1 else m.shape[-2:]
    return np.tri(rows, columns, k, dtype=bool)


@implements(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """NumPy calls each function with the elements of its condition alone, and the last of two conditions counts."""
    x = array(x)
    single = isinstance(condlist, (bool, np.bool_)) or (
        not isinstance(condlist[0], (list, np.ndarray, Traced)) and x.ndim != 0  # one condition, not a list of them
    )
    conditions = [whole_numbers(part).astype(bool) for part in ([condlist] if single else condlist)]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    elif len(funclist) != len(conditions):
        raise ValueError(f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} functions")
    if not x.ndim:
        return piecewise(np.reshape(x, 1), [np.reshape(part, 1) for part in conditions], funclist, *args, **kw)[0]
    y: Any = np.zeros_like(x)
    for condition, function in zip(conditions, funclist, strict=True):
        if not callable(function):
            y[condition] = function
        elif condition.any():
            y[condition] = function(x[condition], *args, **kw)
    return y


# ---- leaving out and inserting


def _places(obj: Any) -> Any:
    """Where to insert or delete; an empty list stays one, since an empty array of floats is no index."""
    return obj if isinstance(obj, slice) or (isinstance(obj, (list, tuple)) and not obj) else whole_numbers(obj)


@implements(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    places = _places(obj)
    return move(array(arr), lambda numbers: np.delete(numbers, places, axis))


@implements(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    arr, values = array(arr), array(values)
    places = _places(obj)
    if arr.dtype.kind != "f" and isinstance(values, Traced) and not values.passive:
        raise TracedValueError(
            f"np.insert of a traced value into an array of dtype {arr.dtype} would cut it to whole numbers and lose its "
            "derivative. Make the array of floats: arr.astype(float)."
        )
    values = values if values.dtype == arr.dtype else values.astype(arr.dtype)
    return move_several([arr, values], lambda numbers, new: np.insert(numbers, places, new, axis))


@implements(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    a = array(a)
    if not a.size:
        return np.zeros_like(a, shape=np.resize(np.zeros(0), new_shape).shape)
    return move(a, lambda numbers: np.resize(numbers, new_shape))


@implements(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Which elements are zero is locally constant, as a branch is: it counts as it is at x."""
    a = array(filt)
    zero = whole_numbers(np.not_equal(a, 0))
    axes = tuple(range(a.ndim)) if axis is None else np.lib.array_utils.normalize_axis_tuple(axis, a.ndim)
    sides = trim.lower()
    if sides not in {"fb", "bf", "b", "f"}:
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    key = [slice(None)] * a.ndim
    for number in axes:
        lines = np.flatnonzero(zero.any(axis=tuple(other for other in range(a.ndim) if other != number)))
        start, stop = (int(lines[0]), int(lines[-1]) + 1) if lines.size else (a.shape[number], 0)
        start, stop = (start if "f" in sides else 0), (stop if "b" in sides else a.shape[number])
        key[number] = slice(start, max(start, stop))
    return a[tuple(key)]


# ---- sets


@implements(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    first, second = np.ravel(ar1), whole(ar2)
    if not assume_unique:
        first = _unique(first)
    return first[np.isin(whole(first), second, invert=True)]


@implements(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    parts = [np.ravel(ar1), np.ravel(ar2)]
    if not assume_unique:
        parts = [_unique(part) for part in parts]
    joined = np.sort(np.concatenate(parts))
    plain = whole(joined)
    different = np.concatenate([[True], plain[1:] != plain[:-1], [True]])
    return joined[different[1:] & different[:-1]]


@implements(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """Ties share equally: what both arrays hold is half the one's element and half the other's."""
    first, second = np.ravel(ar1), np.ravel(ar2)
    common, i, j = np.intersect1d(whole(first), whole(second), assume_unique, return_indices=True)
    shared = first[i] * 0.5 + second[j] * 0.5
    shared = shared if shared.dtype == common.dtype else shared.astype(common.dtype)
    return (shared, i, j) if return_indices else shared


def whole(a: Any) -> Any:
    """The numbers of `a` as a plain array, by way of a locally constant copy."""
    a = array(a)
    return whole_numbers(_numbers(a)) if isinstance(a, Traced) else a


def _unique(flat: Any) -> Any:
    return flat[np.unique(whole(flat), return_index=True)[1]]


_numbers = Constant("numbers", np.array)
_isin = Constant("isin", lambda element, test_elements, invert: np.isin(element, test_elements, invert=invert))


@implements(np.isin)
def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False, *, kind: Any = None) -> Any:
    return _isin(array(element), array(test_elements), invert=bool(invert))


# ---- along axes


@implements(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    arr = array(arr)
    axis = normalize_axis_index(axis, arr.ndim)
    turned = np.moveaxis(arr, axis, -1)
    front = turned.shape[:-1]
    if 0 in front:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    results = [array(func1d(turned[index], *args, **kwargs)) for index in np.ndindex(*front)]
    # NumPy makes the result for the first call: its shape and dtype are those of the others.
    shape, dtype = results[0].shape, results[0].dtype
    if dtype.kind != "f" and any(isinstance(part, Traced) and not part.passive for part in results):
        raise TracedValueError(
            f"np.apply_along_axis got a result of dtype {dtype} first, and would cut the traced ones to it. "
            "Let the function return floats always."
        )
    if any(part.shape != shape for part in results):
        raise ShapeError(f"np.apply_along_axis got results of shapes {sorted({part.shape for part in results})}.")
    stacked = np.reshape(np.stack(results).astype(dtype), front + shape)
    order = [*range(axis), *range(len(front), len(front) + len(shape)), *range(axis, len(front))]
    return np.transpose(stacked, order)


@implements(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    found = array(a)
    ndim = found.ndim
    for axis in np.atleast_1d(axes).tolist():
        result = array(func(found, axis + ndim if axis < 0 else axis))
        if result.ndim != ndim:
            result = np.expand_dims(result, axis + ndim if axis < 0 else axis)
        if result.ndim != ndim:
            raise ValueError("function is not returning an array of the correct shape")
        found = result
    return found


@implements(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Any:
    if writeable:
        missing_option(np.lib.stride_tricks.sliding_window_view, "writeable=True")

    def windows(base: Any) -> Any:
        def take(numbers: Any) -> Any:
            return np.lib.stride_tricks.sliding_window_view(numbers, window_shape, axis)

        return move(base, take) if isinstance(base, Traced) else take(base)

    base = array(x)
    taken: Any = windows(base)
    return taken.follow(base, windows, writable=False) if hasattr(taken, "follow") else taken
