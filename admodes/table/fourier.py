"""Fourier transforms: linear maps, so that the transform of a tangent is the tangent of the transform.

The matrix of a complex transform is symmetric: it is its own transpose (cotangents pair by Re(sum w t),
without a conjugate). Lengths other than the input's are zeros added, or elements left out, before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..operands import is_complex
from ..rules import implements, linear
from .arguments import array, refuse_options
from .structural import cast

#: The normalisation of the transform back.
_SWAPPED: dict[Any, Any] = {"backward": "forward", None: "forward", "ortho": "ortho", "forward": "backward"}


def _complex_transform(function: Any) -> Any:
    def evaluate(x: Any, *, axis: int, norm: Any) -> Any:
        return function(x, axis=axis, norm=norm)

    evaluate.__name__ = function.__name__
    return linear(
        evaluate,
        lambda t, axis, norm: function(t, axis=axis, norm=norm),
        lambda g, shape, lead, axis, norm: function(g, axis=axis, norm=norm),
        structural=False,
    )


fourier, inverse_fourier = _complex_transform(np.fft.fft), _complex_transform(np.fft.ifft)


def _along(values: np.ndarray, axis: int) -> np.ndarray:
    """A vector that broadcasts along a negative axis."""
    return values.reshape(-1, *(1,) * (-axis - 1))


def _multiplicity(length: int, axis: int) -> np.ndarray:
    """How often each of the kept frequencies of `length` real numbers stands in the full transform: once or twice."""
    count = np.full(length // 2 + 1, 2.0)
    count[0] = 1.0
    if length % 2 == 0:
        count[-1] = 1.0
    return _along(count, axis)


def _half_transpose(g: Any, shape: Any, lead: int, *, axis: int, norm: Any) -> Any:
    length = shape[axis]
    weighted = np.conjugate(g) / _multiplicity(length, axis)
    return np.fft.irfft(weighted, length, axis=axis, norm=_SWAPPED[norm])


def _half_inverse_transpose(g: Any, shape: Any, lead: int, *, length: int, axis: int, norm: Any) -> Any:
    return np.conjugate(np.fft.rfft(g, length, axis=axis, norm=_SWAPPED[norm])) * _multiplicity(length, axis)


def _half(x: Any, *, axis: int, norm: Any) -> Any:
    return np.fft.rfft(x, axis=axis, norm=norm)


def _half_inverse(z: Any, *, length: int, axis: int, norm: Any) -> Any:
    return np.fft.irfft(z, length, axis=axis, norm=norm)


half_fourier = linear(_half, lambda t, axis, norm: np.fft.rfft(t, axis=axis, norm=norm), _half_transpose, structural=False)
half_inverse = linear(
    _half_inverse,
    lambda t, length, axis, norm: np.fft.irfft(t, length, axis=axis, norm=norm),
    _half_inverse_transpose,
    structural=False,
)


def _prepared(a: Any, n: Any, axis: int, norm: Any) -> tuple[Any, int]:
    """The array with `n` elements along the axis, which is made negative."""
    if norm not in _SWAPPED:
        raise ValueError(f"norm={norm!r} is none of 'backward', 'ortho' and 'forward'.")
    axis = int(np.lib.array_utils.normalize_axis_index(axis, a.ndim)) - a.ndim
    n = a.shape[axis] if n is None else int(n)
    if n < 1:
        raise ValueError(f"A Fourier transform needs at least 1 point, but got n={n}.")
    behind = (slice(None),) * (-axis - 1)
    if n < a.shape[axis]:
        return a[(..., slice(n), *behind)], axis
    if n > a.shape[axis]:
        zeros = np.zeros((*a.shape[:axis], n - a.shape[axis], *a.shape[a.ndim + axis + 1 :]), a.dtype)
        return np.concatenate([a, zeros], axis=axis), axis
    return a, axis


@implements(np.fft.fft)
def fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    refuse_options(np.fft.fft, out=out)
    a, axis = _prepared(array(a), n, axis, norm)
    return fourier(a, axis=axis, norm=norm)


@implements(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    refuse_options(np.fft.ifft, out=out)
    a, axis = _prepared(array(a), n, axis, norm)
    return inverse_fourier(a, axis=axis, norm=norm)


@implements(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    refuse_options(np.fft.rfft, out=out)
    a = array(a)
    if is_complex(a):
        raise TypeError("np.fft.rfft is of real values, but these are complex. Use np.fft.fft, or np.real(z).")
    a, axis = _prepared(a, n, axis, norm)
    return half_fourier(a, axis=axis, norm=norm)


@implements(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    refuse_options(np.fft.irfft, out=out)
    a = array(a)
    length = 2 * (a.shape[axis] - 1) if n is None else int(n)
    if length < 1:
        raise ValueError(f"np.fft.irfft would have {length} points: give n, the number of real values.")
    a, axis = _prepared(a if is_complex(a) else cast(a, dtype=np.result_type(a, 1j)), length // 2 + 1, axis, norm)
    return half_inverse(a, length=length, axis=axis, norm=norm)


@implements(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    refuse_options(np.fft.hfft, out=out)
    return np.fft.irfft(np.conjugate(a), n, axis, norm=_SWAPPED[norm])


@implements(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    refuse_options(np.fft.ihfft, out=out)
    return np.conjugate(np.fft.rfft(a, n, axis, norm=_SWAPPED[norm]))


# ---- several axes


def _lengths_and_axes(a: Any, s: Any, axes: Any) -> tuple[list[Any], list[int]]:
    """The number of points along each axis, and the axes; as NumPy reads them."""
    if axes is None:
        axes = list(range(a.ndim)) if s is None else list(range(-len(s), 0))
    lengths = [None] * len(axes) if s is None else [None if n is None or n == -1 else int(n) for n in s]
    if len(lengths) != len(axes):
        raise ValueError(f"s={s!r} and axes={axes!r} must have the same length.")
    return lengths, [int(axis) for axis in axes]


def _one_after_the_other(function: Any, a: Any, lengths: Sequence[Any], axes: Sequence[int], norm: Any) -> Any:
    for n, axis in reversed(list(zip(lengths, axes, strict=True))):
        a = function(a, n, axis, norm=norm)
    return a


def _install(name: str, function: Any, default: Any) -> None:
    numpys = getattr(np.fft, name)

    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        refuse_options(numpys, out=out)
        a = array(a)
        lengths, numbers = _lengths_and_axes(a, s, axes)
        return _one_after_the_other(function, a, lengths, numbers, norm)

    implements(numpys)(transform)


for _dimensions, _axes in (("2", (-2, -1)), ("n", None)):
    _install(f"fft{_dimensions}", np.fft.fft, _axes)
    _install(f"ifft{_dimensions}", np.fft.ifft, _axes)


def _install_real(dimensions: str, default: Any) -> None:
    ahead, back = getattr(np.fft, f"rfft{dimensions}"), getattr(np.fft, f"irfft{dimensions}")

    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        refuse_options(ahead, out=out)
        a = array(a)
        lengths, numbers = _lengths_and_axes(a, s, axes)
        halved = np.fft.rfft(a, lengths[-1], numbers[-1], norm=norm)
        return _one_after_the_other(np.fft.fft, halved, lengths[:-1], numbers[:-1], norm)

    def inverse(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        refuse_options(back, out=out)
        a = array(a)
        lengths, numbers = _lengths_and_axes(a, s, axes)
        for n, axis in zip(lengths[:-1], numbers[:-1], strict=True):
            a = np.fft.ifft(a, n, axis, norm=norm)
        return np.fft.irfft(a, lengths[-1], numbers[-1], norm=norm)

    implements(ahead)(transform)
    implements(back)(inverse)


_install_real("2", (-2, -1))
_install_real("n", None)


@implements(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    return _shifted(array(x), axes, 1)


@implements(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    return _shifted(array(x), axes, -1)


def _shifted(x: Any, axes: Any, sign: int) -> Any:
    numbers = tuple(range(x.ndim)) if axes is None else tuple(np.atleast_1d(axes).tolist())
    return np.roll(x, tuple(sign * (x.shape[axis] // 2) for axis in numbers), numbers)
