"""Convolutions, and polynomials by their coefficients, the highest power first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import MissingRuleError
from ..kinds import Constant, Multilinear
from ..operands import is_complex
from ..rules import implements
from .arguments import array, missing_option, real_array, refuse_options, whole_numbers

Shape = tuple[int, ...]


# ---- convolution


def _each(rows: Any, other: Any) -> Any:
    """The convolution of each row with the other."""
    if not rows.shape[0]:
        return np.zeros((0, rows.shape[1] + other.shape[0] - 1))
    return np.stack([convolution(row, other) for row in rows])


def _convolution_part(position: int, change: Any, values: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    return _each(change, values[1 - position])


def _convolution_transposes(position: int, g: Any, values: Sequence[Any], shapes: Sequence[Shape], lead: int) -> Any:
    other, size = values[1 - position], shapes[position][0]
    start = shapes[1 - position][0] - 1
    found = _each(g, other[::-1]) if lead else convolution(g, other[::-1])
    return found[..., start : start + size]


#: All products of two vectors, added up where their indices add up to the same.
convolution = Multilinear("convolve", lambda a, v: np.convolve(a, v), _convolution_part, _convolution_transposes)


def _vectors(a: Any, v: Any) -> tuple[Any, Any]:
    a, v = np.atleast_1d(array(a)), np.atleast_1d(array(v))
    for name, vector in (("a", a), ("v", v)):
        if not vector.size:
            raise ValueError(f"{name} cannot be empty")
        if vector.ndim != 1:
            raise ValueError("object too deep for desired array")
    return a, v


def _cut(full: Any, mode: Any, sizes: tuple[int, int], start_of_same: int) -> Any:
    """The part of a full convolution that the mode names."""
    mode = {0: "valid", 1: "same", 2: "full"}.get(mode, mode)
    small, large = min(sizes), max(sizes)
    if mode == "full":
        return full
    if mode == "same":
        return full[start_of_same : start_of_same + large]
    if mode == "valid":
        return full[small - 1 : large]
    raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")


@implements(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = _vectors(a, v)
    sizes = a.size, v.size
    return _cut(convolution(a, v), mode, sizes, (min(sizes) - 1) // 2)


@implements(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    a, v = _vectors(a, v)
    sizes = a.size, v.size
    # Where the first is the shorter one, NumPy exchanges the two and turns the result around.
    start = (v.size - 1) // 2 if a.size >= v.size else a.size // 2
    return _cut(convolution(a, np.conjugate(v[::-1]) if is_complex(v) else v[::-1]), mode, sizes, start)


# ---- polynomials


def _coefficients(p: Any, function: Any) -> Any:
    if isinstance(p, np.poly1d):
        missing_option(function, "a poly1d")
    return np.atleast_1d(array(p))


def _trimmed(p: Any, function: Any) -> Any:
    """Without leading zeros, as NumPy's poly1d would have it."""
    p = _coefficients(p, function)
    nonzero = whole_numbers(np.flatnonzero(p))
    return p[int(nonzero[0]) :] if nonzero.size else p[-1:]


@implements(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    if isinstance(x, np.poly1d):
        missing_option(np.polyval, "a poly1d")
    p, x = _coefficients(p, np.polyval), array(x)
    y = np.zeros_like(x)
    for coefficient in p:
        y = y * x + coefficient
    return y


def _same_length(a1: Any, a2: Any, function: Any) -> tuple[Any, Any]:
    a1, a2 = _coefficients(a1, function), _coefficients(a2, function)
    size = max(a1.size, a2.size)
    return np.pad(a1, (size - a1.size, 0)), np.pad(a2, (size - a2.size, 0))


@implements(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = _same_length(a1, a2, np.polyadd)
    return a1 + a2


@implements(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    a1, a2 = _same_length(a1, a2, np.polysub)
    return a1 - a2


@implements(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(_trimmed(a1, np.polymul), _trimmed(a2, np.polymul))


@implements(np.polyder)
def polyder(p: Any, m: Any = 1) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    p = _coefficients(p, np.polyder)
    for _ in range(m):
        p = p[:-1] * np.arange(p.size - 1, 0, -1)
    return p


@implements(np.polyint)
def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    m = int(m)
    if m < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    constants = np.atleast_1d(np.zeros(m) if k is None else array(k))
    if constants.size == 1 and m > 1:
        constants = np.broadcast_to(constants, m)
    if constants.ndim != 1 or constants.size < m:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    p = _coefficients(p, np.polyint)
    for number in range(m):
        p = np.concatenate([p / np.arange(p.size, 0, -1), constants[number : number + 1]])
    return p


_vanishes = Constant("vanishes", lambda x: np.allclose(x, 0, rtol=1e-14))


@implements(np.polydiv)
def polydiv(u: Any, v: Any) -> Any:
    u, v = _coefficients(u, np.polydiv) + 0.0, _coefficients(v, np.polydiv) + 0.0
    steps = max(u.size - v.size + 1, 0)
    scale, quotient, rest = 1.0 / v[0], [], u
    for number in range(steps):
        factor = scale * rest[number]
        quotient.append(factor)
        end = number + v.size
        rest = np.concatenate([rest[:number], rest[number:end] - factor * v, rest[end:]])
    while rest.size > 1 and bool(whole_numbers(_vanishes(rest[0]))):
        rest = rest[1:]
    return np.stack(quotient) if quotient else np.zeros_like(u[:1] + v[:1]), rest


@implements(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    zeros = np.atleast_1d(real_array(seq_of_zeros))
    if zeros.ndim != 1:
        missing_option(np.poly, "a matrix")
    if not zeros.size:
        return 1.0
    found: Any = np.ones(1, zeros.dtype)
    for zero in np.reshape(zeros, (-1, 1)):
        found = np.convolve(found, np.concatenate([np.ones(1, zeros.dtype), -zero]))
    return found


@implements(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:
    x = array(x)
    if x.ndim != 1:
        raise ValueError("x must be a one-dimensional array or sequence.")
    x = x.astype(np.promote_types(x.dtype, int))
    size = x.size if N is None else int(N)
    if size <= 0:
        return np.zeros((x.size, 0), x.dtype)
    columns = [np.ones_like(x)]
    for _ in range(size - 1):
        columns.append(columns[-1] * x)
    return np.stack(columns if increasing else columns[::-1], axis=1)


def _triangle(matrix: Any) -> Any:
    return np.linalg.qr(matrix)[1]


_factor = Constant("triangular_factor", _triangle)


@implements(np.polyfit)
def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """Least squares by the normal equations of a nearly orthonormal matrix: any fixed triangle gives the same solution."""
    refuse_options(np.polyfit, rcond=rcond, full=full or None, cov=cov or None)
    if np.ndim(deg):
        missing_option(np.polyfit, "deg=<several>")
    x, y = array(x) + 0.0, array(y) + 0.0
    if int(deg) < 0:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1 or not x.size or y.ndim not in (1, 2) or y.shape[0] != x.shape[0]:
        raise TypeError("expected vectors x and y of the same length that are not empty")
    matrix, right = np.vander(x, int(deg) + 1), y
    if w is not None:
        weights = array(w) + 0.0
        if weights.shape != x.shape:
            raise TypeError("expected a 1-d array for weights, of the length of x")
        matrix = matrix * weights[:, None]
        right = right * (weights[:, None] if y.ndim == 2 else weights)
    triangle = np.asarray(whole_numbers(_factor(matrix)))
    diagonal = np.abs(np.diagonal(triangle))
    if len(diagonal) <= int(deg) or diagonal.min() <= x.size * np.finfo(float).eps * diagonal.max():
        raise MissingRuleError(
            f"np.polyfit of degree {int(deg)} through these points is not unique, and has no derivative. Lower the degree."
        )
    basis = np.linalg.solve(triangle.T, np.transpose(matrix))
    solved = np.linalg.solve(basis @ np.transpose(basis), basis @ right)
    return np.linalg.solve(triangle, solved)
