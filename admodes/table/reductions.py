"""Sums, means, extrema, norms: along one axis, several, or all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..rules import analytic, elementwise, implements, reduction
from .arguments import array, refuse_options
from .complex_values import squared_magnitude
from .elementwise import safe_ratio
from .structural import cumulate, negative_axes, total


def _masked(a: Any, where: Any, neutral: float) -> Any:
    return a if where is True else np.where(where, a, neutral)


@implements(np.sum)
def sum_(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    refuse_options(np.sum, out=out)
    a = _masked(array(a), where, 0.0)
    a = a if dtype is None else a.astype(dtype)
    result = total(a, axes=negative_axes(axis, a.ndim), keepdims=bool(keepdims))
    return result if initial is None else result + initial


def _count(a: Any, axis: Any, where: Any, keepdims: bool = False) -> Any:
    """How many elements each mean is over."""
    if where is True:
        return math.prod([a.shape[number] for number in negative_axes(axis, a.ndim)])
    return np.sum(np.broadcast_to(where, a.shape), axis=axis, keepdims=keepdims).astype(a.dtype)


@implements(np.mean)
def mean(a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, *, where: Any = True) -> Any:
    a = array(a)
    return np.sum(a, axis=axis, dtype=dtype, out=out, keepdims=keepdims, where=where) / _count(a, axis, where, keepdims)


@implements(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: None = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    refuse_options(np.var, out=out)
    a = array(a)
    ddof = ddof if correction is None else correction
    center = np.mean(a, axis=axis, dtype=dtype, keepdims=True, where=where) if mean is None else mean
    squares = np.sum(squared_magnitude(a - center), axis=axis, dtype=dtype, keepdims=keepdims, where=where)
    count = _count(a, axis, where, keepdims) - ddof
    return squares / (np.maximum(count, 0) if np.ndim(count) else max(count, 0))


def _root(x: Any) -> Any:
    return np.sqrt(x)


#: The square root of a sum of squares: its derivative at 0 is 0, the subgradient of least norm.
root_of_squares = elementwise(_root, lambda out, x: safe_ratio(0.5, out), sympy="sqrt", domain=(0.1, 4.0), name="root_of_squares")


@implements(np.std)
def std(*args: Any, **options: Any) -> Any:
    return root_of_squares(np.var(*args, **options))


def _product(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.multiply.reduce(x, axis=axes, keepdims=keepdims)  # type: ignore[call-overload]


#: The product of factors none of which is zero.
product = reduction(_product, lambda out, x, axes: out / x)
analytic(product)


@implements(np.prod)
def prod(
    a: Any, axis: Any = None, dtype: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    refuse_options(np.prod, out=out)
    a = _masked(array(a), where, 1.0)
    a = a if dtype is None else a.astype(dtype)
    axes = negative_axes(axis, a.ndim)
    by_halves = bool(np.any(a == 0))
    result = _halved_product(a, axes, keepdims) if by_halves else product(a, axes=axes, keepdims=bool(keepdims))
    return result if initial is None else result * initial


def _halved_product(a: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    """By halves, so that derivatives of every order are right where factors are zero."""
    kept = [number for number in range(-a.ndim, 0) if number not in axes]
    shape = tuple(a.shape[number] for number in kept)
    factors = np.transpose(a, [number + a.ndim for number in (*kept, *axes)]).reshape(*shape, -1)
    while factors.shape[-1] > 1:
        half = factors.shape[-1] // 2
        pairs = factors[..., :half] * factors[..., half : 2 * half]
        factors = np.concatenate([pairs, factors[..., 2 * half :]], axis=-1) if factors.shape[-1] % 2 else pairs
    result = factors[..., 0] if factors.shape[-1] else np.ones(shape, a.dtype)
    return np.expand_dims(result, tuple(number + a.ndim for number in axes)) if keepdims else result


def _maximum(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.maximum.reduce(x, axis=axes, keepdims=keepdims)  # type: ignore[call-overload]


def _minimum(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.minimum.reduce(x, axis=axes, keepdims=keepdims)  # type: ignore[call-overload]


def _share_of_ties(out: Any, x: Any, axes: tuple[int, ...]) -> Any:
    ties = x == out
    if type(ties) is np.ndarray and np.count_nonzero(ties) == out.size and not np.isnan(np.vdot(out, out)):
        return ties
    return ties / np.sum(1.0 * ties, axis=axes, keepdims=True)


def _initial_alone(a: Any, axis: Any, keepdims: bool, initial: Any) -> Any:
    """The result over no elements: the initial value for each row (rows that there are have no elements)."""
    shape = np.max(np.zeros(a.shape), axis=axis, keepdims=keepdims, initial=0.0).shape
    return np.broadcast_to(array(initial), shape) + np.zeros(shape, a.dtype)


largest = reduction(_maximum, _share_of_ties)
smallest = reduction(_minimum, _share_of_ties)
largest.name, smallest.name = "max", "min"


@implements(np.max, np.amax)
def max_(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    refuse_options(np.max, out=out)
    if where is not True and initial is None:
        raise ValueError("np.max needs initial= beside where=: it is the value of a slice that has no element left.")
    a = _masked(array(a), where, -np.inf)
    if initial is not None and not a.size:
        return _initial_alone(a, axis, keepdims, initial)
    result = largest(a, axes=negative_axes(axis, a.ndim), keepdims=bool(keepdims))
    return result if initial is None else np.maximum(result, initial)


@implements(np.min, np.amin)
def min_(a: Any, axis: Any = None, out: None = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
    refuse_options(np.min, out=out)
    if where is not True and initial is None:
        raise ValueError("np.min needs initial= beside where=: it is the value of a slice that has no element left.")
    a = _masked(array(a), where, np.inf)
    if initial is not None and not a.size:
        return _initial_alone(a, axis, keepdims, initial)
    result = smallest(a, axes=negative_axes(axis, a.ndim), keepdims=bool(keepdims))
    return result if initial is None else np.minimum(result, initial)


@implements(np.ptp)
def ptp(a: Any, axis: Any = None, out: None = None, keepdims: bool = False) -> Any:
    refuse_options(np.ptp, out=out)
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@implements(np.cumsum)
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: None = None) -> Any:
    refuse_options(np.cumsum, out=out)
    a = array(a)
    a = np.ravel(a) if axis is None or a.ndim == 0 else a
    a = a if dtype is None else a.astype(dtype)
    return cumulate(a, axis=negative_axes(-1 if axis is None else axis, a.ndim)[0])


def _euclid(x: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    return np.sqrt(np.add.reduce(x * x, axis=axes, keepdims=keepdims))  # type: ignore[call-overload]


#: The Euclidean norm; at 0 its derivative is 0, the subgradient of least norm.
euclid = reduction(_euclid, lambda out, x, axes: safe_ratio(x, out))
