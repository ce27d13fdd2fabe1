"""NumPy's functions that cut arrays into pieces, and put them together in grids and blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..rules import implements
from .arguments import array, whole_numbers
from .selection import move_several


@implements(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> Any:
    x = array(x)
    if not x.ndim:
        raise ValueError("Input array must be at least 1-d.")
    return tuple(np.moveaxis(x, axis, 0))


@implements(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    ary = array(ary)
    if not ary.ndim:
        raise ValueError("hsplit only works on arrays of 1 or more dimensions")
    return np.split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@implements(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    ary = array(ary)
    if ary.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return np.split(ary, indices_or_sections, 0)


@implements(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    ary = array(ary)
    if ary.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return np.split(ary, indices_or_sections, 2)


@implements(np.block)
def block(arrays: Any) -> Any:
    leaves: list[Any] = []

    def collect(tree: Any) -> Any:
        if isinstance(tree, list):
            return [collect(part) for part in tree]
        if isinstance(tree, tuple):
            return tree  # NumPy's own error
        leaves.append(array(tree))
        return len(leaves) - 1

    tree = collect(arrays)

    def arrange(*numbers: Any) -> Any:
        def fill(part: Any) -> Any:
            return [fill(inner) for inner in part] if isinstance(part, list) else numbers[part] if type(part) is int else part

        return np.block(fill(tree))

    if not leaves:
        return np.block(arrays)
    return move_several(leaves, arrange)


@implements(np.meshgrid)
def meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    arrays = [array(x) for x in xi]
    places = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        places[:2] = [1, 0]
    ndim = len(arrays)
    grids = [np.reshape(x, (1,) * place + (-1,) + (1,) * (ndim - place - 1)) for x, place in zip(arrays, places, strict=True)]
    if not sparse:
        grids = list(np.broadcast_arrays(*grids))
    return tuple(grid.copy() for grid in grids) if copy else tuple(grids)


@implements(np.ix_)
def ix_(*args: Any) -> Any:
    out = []
    for number, sequence in enumerate(args):
        part = array(sequence)
        if part.ndim != 1:
            raise ValueError("Cross index must be 1 dimensional")
        part = part.astype(np.intp) if not part.size and not isinstance(sequence, np.ndarray) else part
        part = np.flatnonzero(whole_numbers(part)) if part.dtype.kind == "b" else part
        out.append(np.reshape(part, tuple(-1 if i == number else 1 for i in range(len(args)))))
    return tuple(out)


@implements(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    return np.diag(np.ravel(v), k)


@implements(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """Of flips and a transposition, which are views as NumPy's is."""
    m = array(m)
    np.rot90(np.broadcast_to(0, m.shape), k, axes)
    first, second = (normalize_axis_index(axis, m.ndim) for axis in axes)
    turns = k % 4
    if turns == 2:
        return np.flip(np.flip(m, first), second)
    if turns == 1:
        return np.swapaxes(np.flip(m, second), first, second)
    return np.flip(np.swapaxes(m, first, second), second) if turns == 3 else m[:]


# ---- real numbers as complex ones


@implements(np.astype)
def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return array(x).astype(dtype, copy=copy)
