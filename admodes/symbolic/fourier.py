"""Fourier transforms of up to eight points, with the exact roots of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy

from ..table.fourier import fourier, half_fourier, half_inverse, inverse_fourier
from .arrays import rule
from .budget import asked
from .objects import as_objects
from .parts import parts
from .refusals import too_large

#: Every element of a transform is a sum over all points.
LONGEST = 8


def root_of_one(number: int, length: int) -> Any:
    """exp(-2 pi i number / length)."""
    angle = 2 * sympy.pi * sympy.Rational(number % length, length)
    return sympy.cos(angle) - sympy.I * sympy.sin(angle)


def _scale(length: int, norm: Any, *, inverse: bool) -> Any:
    if norm == "ortho":
        return 1 / sympy.sqrt(length)
    return sympy.Rational(1, length) if inverse == (norm in (None, "backward")) else sympy.S.One


def _along(array: Any, axis: int, count: int, function: Callable[[Any, int], Any]) -> Any:
    """``function(vector, number)`` for `count` numbers in the place of every vector along an axis."""
    vectors = np.moveaxis(array, axis, -1)
    made = np.empty((*vectors.shape[:-1], count), dtype=object)
    for index in asked(np.ndindex(*made.shape)):
        made[index] = function(vectors[index[:-1]], index[-1])
    return np.moveaxis(made, -1, axis)


def _check(length: int, name: str) -> None:
    if length > LONGEST:
        what = f"of up to {LONGEST} points, but here are {length}"
        raise too_large(f"np.fft.{name}", what, "every element of the result would be a sum over all of them")


def _transform(array: Any, count: int, axis: int, norm: Any, *, inverse: bool) -> Any:
    length = array.shape[axis]
    scale, sign = _scale(length, norm, inverse=inverse), -1 if inverse else 1

    def element(vector: Any, k: int) -> Any:
        return scale * sympy.Add(*(root_of_one(sign * j * k, length) * z for j, z in enumerate(vector)))

    return _along(array, axis, count, element)


@rule(fourier)
def _fourier(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axis: int, norm: Any) -> Any:
    array = as_objects(traces[0], values[0])
    _check(array.shape[axis], "fft")
    return _transform(array, array.shape[axis], axis, norm, inverse=False)


@rule(inverse_fourier)
def _inverse_fourier(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axis: int, norm: Any) -> Any:
    array = as_objects(traces[0], values[0])
    _check(array.shape[axis], "ifft")
    return _transform(array, array.shape[axis], axis, norm, inverse=True)


@rule(half_fourier)
def _half_fourier(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axis: int, norm: Any) -> Any:
    array = as_objects(traces[0], values[0])
    _check(array.shape[axis], "rfft")
    return _transform(array, array.shape[axis] // 2 + 1, axis, norm, inverse=False)


@rule(half_inverse)
def _half_inverse(
    level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, length: int, axis: int, norm: Any
) -> Any:
    """Each kept frequency stands for itself and its conjugate; of the first and of the middle one the real part counts."""
    _check(length, "irfft")
    scale = _scale(length, norm, inverse=True)

    def element(kept: Any, j: int) -> Any:
        often = [1 if 2 * k in (0, length) else 2 for k in range(kept.size)]
        terms = [often[k] * root_of_one(-j * k, length) * z for k, z in enumerate(kept)]
        return scale * parts(level, level.graph.unique(sympy.Add(*terms)))[0]

    return _along(as_objects(traces[0], values[0]), axis, length, element)
