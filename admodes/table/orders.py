"""Sorted values: which element stands where is locally constant, and elements that are equal share equally.

Whoever picks one of several equal elements could as well have picked another, so each of them gets the
mean: the derivative of a sorted array is the average over all orders that sort it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..kinds import Constant
from ..rules import implements, linear
from .arguments import array, missing_option, refuse_options, whole_numbers
from .structural import gather, move, scatter

# ---- equal elements share


def _as_it_is(x: Any, *, groups: Any) -> Any:
    return x.copy()


def _means_of_groups(changes: Any, groups: Any, lead: int) -> Any:
    """Each element's mean over its group, behind `lead` axes; this map is its own transpose."""
    front = changes.shape[:lead]
    flat, count = groups.ravel(), np.bincount(groups.ravel())
    sums = scatter(np.reshape(changes, (*front, flat.size)), key=flat, shape=(count.size,), lead=lead)
    return np.reshape((sums / count)[..., flat], (*front, *groups.shape))


#: The same array; the elements of a group, which are equal, share their changes. `groups` numbers the groups.
share = linear(
    _as_it_is,
    lambda t, groups: _means_of_groups(t, groups, 1),
    lambda g, old, lead, groups: _means_of_groups(g, groups, lead),
)


def _groups_of_equals(x: Any) -> Any:
    """A number for each element, the same for equal elements of a row; rows lie along the last axis."""
    order = np.argsort(x, axis=-1, kind="stable")
    ordered = np.take_along_axis(x, order, axis=-1)
    first = np.ones(x.shape, dtype=bool)
    first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    groups = np.empty(x.shape, dtype=np.intp)
    np.put_along_axis(groups, order, np.cumsum(first).reshape(x.shape) - 1, axis=-1)
    return groups


_groups = Constant("groups_of_equals", _groups_of_equals)


def shared(x: Any) -> Any:
    """`x` with equal elements of each row, along the last axis, sharing their changes."""
    groups = whole_numbers(_groups(x))
    return x if not groups.size or groups.max() == groups.size - 1 else share(x, groups=groups)


def _any_neighbours_tie(x: Any) -> Any:
    return bool(np.any(x[..., 1:] == x[..., :-1]))


_neighbours_tie = Constant("neighbours_tie", _any_neighbours_tie)


def _to_last(a: Any, axis: int) -> Any:
    return a if axis == a.ndim - 1 else np.moveaxis(a, axis, -1)


def _from_last(a: Any, axis: int) -> Any:
    """NumPy sorts a copy: no view of the rows, though they lie along another axis here."""
    return a if axis == a.ndim - 1 else np.moveaxis(a, -1, axis).copy()


def sorted_rows(a: Any, kind: Any = None) -> Any:
    """`a` sorted along its last axis, NaN last."""
    order = whole_numbers(np.argsort(a, axis=-1, kind=kind))
    taken = gather(a, key=order) if a.ndim == 1 else move(a, lambda numbers: np.take_along_axis(numbers, order, -1))
    return shared(taken) if _neighbours_tie(taken) else taken


@implements(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    refuse_options(np.sort, order=order)
    a = array(a)
    a = np.ravel(a) if axis is None else a
    axis = normalize_axis_index(-1 if axis is None else axis, a.ndim)
    return _from_last(sorted_rows(_to_last(a, axis), "stable" if stable else kind), axis)


def _places_after_partition(x: Any, kth: Any) -> Any:
    """Where the elements of a partitioned array come from. np.argpartition may order the rest differently."""
    parted = np.argsort(np.partition(x, kth, axis=-1), axis=-1, kind="stable")
    places = np.empty(x.shape, dtype=np.intp)
    np.put_along_axis(places, parted, np.argsort(x, axis=-1, kind="stable"), axis=-1)
    return places


_partition_places = Constant("places_after_partition", _places_after_partition)


@implements(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    refuse_options(np.partition, order=order)
    a = array(a)
    a = np.ravel(a) if axis is None else a
    axis = normalize_axis_index(-1 if axis is None else axis, a.ndim)
    rows = np.moveaxis(a, axis, -1)
    places = whole_numbers(_partition_places(rows, kth=whole_numbers(kth)))
    return _from_last(shared(move(rows, lambda numbers: np.take_along_axis(numbers, places, -1))), axis)


# ---- distinct values


def _first_places(x: Any, equal_nan: bool) -> Any:
    return np.unique(x, return_index=True, equal_nan=equal_nan)[1]


def _places_of_values(x: Any, equal_nan: bool) -> Any:
    return np.unique(x, return_inverse=True, equal_nan=equal_nan)[1]


def _counts_of_values(x: Any, equal_nan: bool) -> Any:
    return np.unique(x, return_counts=True, equal_nan=equal_nan)[1]


_UNIQUE = [Constant(function.__name__, function) for function in (_first_places, _places_of_values, _counts_of_values)]


@implements(np.unique)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Any = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,  # noqa: A002 - NumPy's own name
) -> Any:
    ar = array(ar)
    if axis is not None and ar.ndim != 1:
        missing_option(np.unique, f"axis={axis!r}")
    if not sorted:
        missing_option(np.unique, "sorted=False")
    flat = np.ravel(ar)
    asked = (return_index, return_inverse, return_counts)
    first, *others = [function(ar if number == 1 else flat, equal_nan=equal_nan) for number, function in enumerate(_UNIQUE)]
    places = whole_numbers(first)
    values = shared(flat)[places]
    extras = [extra for extra, flag in zip((first, *others), asked, strict=True) if flag]
    return (values, *extras) if extras else values


def _unique_values(x: Any, /) -> Any:
    return unique(x, equal_nan=False)


implements(np.unique_values)(_unique_values)
