"""Products and powers of matrices and vectors, as composites of matmul, inv and solve."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..operands import is_complex
from ..rules import constant, implements
from .arguments import array, refuse_options
from .degenerate import square

constant(np.linalg.matrix_rank)


@implements(np.linalg.matmul)
def matmul(x1: Any, x2: Any, /) -> Any:
    return np.matmul(x1, x2)


@implements(np.linalg.outer)
def outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = array(x1), array(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"np.linalg.outer needs two vectors, but got shapes {x1.shape} and {x2.shape}. np.outer flattens them.")
    return np.outer(x1, x2)


@implements(np.kron)
def kron(a: Any, b: Any) -> Any:
    a, b = array(a), array(b)
    ndim = max(a.ndim, b.ndim)
    left, right = ((1,) * (ndim - factor.ndim) + factor.shape for factor in (a, b))
    product = np.multiply(
        np.reshape(a, tuple(size for length in left for size in (length, 1))),
        np.reshape(b, tuple(size for length in right for size in (1, length))),
    )
    return np.reshape(product, tuple(x * y for x, y in zip(left, right, strict=True)))


# ---- the cross product


@implements(np.linalg.cross)
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x1, x2 = array(x1), array(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            f"np.linalg.cross needs vectors of length 3 along axis {axis}, but got shapes {x1.shape} and {x2.shape}."
        )
    return np.cross(x1, x2, axis=axis)


@implements(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa, axisb, axisc = axis, axis, axis
    a, b = array(a), array(b)
    if a.ndim < 1 or b.ndim < 1:
        raise ValueError(f"np.cross needs vectors, but got shapes {a.shape} and {b.shape}.")
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if not {a.shape[-1], b.shape[-1]} <= {2, 3}:
        raise ValueError(f"np.cross needs vectors of length 2 or 3, but got lengths {a.shape[-1]} and {b.shape[-1]}.")
    if 2 in (a.shape[-1], b.shape[-1]):
        warnings.warn(
            "Arrays of 2-dimensional vectors are deprecated. Use arrays of 3-dimensional vectors instead.",
            DeprecationWarning,
            stacklevel=2,
        )
    (a0, a1, a2), (b0, b1, b2) = _components(a), _components(b)
    last = a0 * b1 - a1 * b0
    if a2 is None and b2 is None:
        return last
    first = a1 * b2 if a2 is None else -(a2 * b1) if b2 is None else a1 * b2 - a2 * b1
    second = -(a0 * b2) if a2 is None else a2 * b0 if b2 is None else a2 * b0 - a0 * b2
    return np.moveaxis(np.stack([first, second, last], axis=-1), -1, normalize_axis_index(axisc, np.ndim(last) + 1))


def _components(a: Any) -> tuple[Any, Any, Any]:
    return a[..., 0], a[..., 1], a[..., 2] if a.shape[-1] == 3 else None


# ---- products of vectors in the last axes: vecdot, matvec, vecmat (the last two since NumPy 2.2)


def _conjugated(x: Any) -> Any:
    x = array(x)
    return np.conjugate(x) if is_complex(x) else x


@implements(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, **options: Any) -> Any:
    refuse_options(np.vecdot, **options)
    x1, x2 = np.moveaxis(_conjugated(x1), axis, -1), np.moveaxis(array(x2), axis, -1)
    return np.matmul(x1[..., None, :], x2[..., :, None])[..., 0, 0]


@implements(np.linalg.vecdot)
def linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return vecdot(x1, x2, axis=axis)


def _matvec(x1: Any, x2: Any, /, **options: Any) -> Any:
    refuse_options(np.matvec, **options)
    return np.matmul(array(x1), array(x2)[..., :, None])[..., 0]


def _vecmat(x1: Any, x2: Any, /, **options: Any) -> Any:
    refuse_options(np.vecmat, **options)
    return np.matmul(_conjugated(x1)[..., None, :], array(x2))[..., 0, :]


for _name, _rule in (("matvec", _matvec), ("vecmat", _vecmat)):
    if hasattr(np, _name):
        implements(getattr(np, _name))(_rule)


# ---- chains and powers


@implements(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: None = None) -> Any:
    refuse_options(np.linalg.multi_dot, out=out)
    factors = [array(factor) for factor in arrays]
    if len(factors) < 2:
        raise ValueError(f"np.linalg.multi_dot needs two arrays or more, but got {len(factors)}.")
    if len(factors) == 2:
        return np.dot(factors[0], factors[1])
    first, last = factors[0].ndim == 1, factors[-1].ndim == 1
    factors[0] = factors[0][None, :] if first else factors[0]
    factors[-1] = factors[-1][:, None] if last else factors[-1]
    for factor in factors:
        if factor.ndim != 2:
            raise np.linalg.LinAlgError(f"np.linalg.multi_dot needs matrices inside, but got shape {factor.shape}.")
    sizes = [factors[0].shape[0], *(factor.shape[1] for factor in factors)]
    result = _chain(factors, _splits(sizes), 0, len(factors) - 1)
    return result[0, 0] if first and last else np.ravel(result) if first or last else result


def _splits(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to cut each part of a chain of matrices of shapes ``(sizes[i], sizes[i + 1])``, for the fewest multiplications."""
    count = len(sizes) - 1
    costs = {(i, i): 0 for i in range(count)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for start in range(count - length):
            stop = start + length
            costs[start, stop], splits[start, stop] = min(
                (costs[start, cut] + costs[cut + 1, stop] + sizes[start] * sizes[cut + 1] * sizes[stop + 1], cut)
                for cut in range(start, stop)
            )
    return splits


def _chain(factors: Sequence[Any], splits: dict[tuple[int, int], int], start: int, stop: int) -> Any:
    if start == stop:
        return factors[start]
    cut = splits[start, stop]
    return np.matmul(_chain(factors, splits, start, cut), _chain(factors, splits, cut + 1, stop))


@implements(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Any:
    a = square(a, "matrix_power")
    n = operator.index(n)
    if n == 0:
        # The identity, whatever a is.
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 3:
        return np.matmul(np.matmul(a, a), a)
    square_of, result = a, None
    while True:
        n, bit = divmod(n, 2)
        if bit:
            result = square_of if result is None else np.matmul(result, square_of)
        if not n:
            return result
        square_of = np.matmul(square_of, square_of)


# ---- tensors as matrices


@implements(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = array(a), array(b)
    if axes is not None:
        order = list(range(a.ndim))
        for axis in axes:
            order.remove(axis)
            order.insert(a.ndim, axis)
        a = np.transpose(a, order)
    shape = a.shape[-(a.ndim - b.ndim) :]
    size = math.prod(shape)
    if a.size != size**2:
        raise np.linalg.LinAlgError(
            f"np.linalg.tensorsolve needs an a whose last axes have as many elements as its first {b.ndim}, not shape {a.shape}."
        )
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.ravel(b)), shape)


@implements(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    a = array(a)
    if ind <= 0:
        raise ValueError(f"np.linalg.tensorinv needs an ind above 0, but got {ind}.")
    front, back = a.shape[:ind], a.shape[ind:]
    return np.reshape(np.linalg.inv(np.reshape(a, (math.prod(back), -1))), back + front)
