"""Interpolation, differences, integrals on samples, phases: numerical functions of sampled data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..rules import implements
from .arguments import array, missing_option, real_array, whole_numbers
from .elementwise import size_of


@implements(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    x = array(x)
    if x.dtype.kind != "f":
        return x.copy() if copy else x
    limits = np.finfo(x.dtype)
    result = np.where(np.isnan(x), nan, x)
    for found, value, default in ((np.isposinf(x), posinf, limits.max), (np.isneginf(x), neginf, limits.min)):
        result = np.where(found, default if value is None else value, result)
    result = result.astype(x.dtype)
    if copy or not x.ndim:
        return result
    x[...] = result
    return x


# ---- interpolation


def _knots(xp: Any, fp: Any) -> tuple[Any, Any]:
    xp, fp = array(xp), array(fp)
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if xp.shape != fp.shape:
        raise ValueError("fp and xp are not of the same length.")
    if not xp.size:
        raise ValueError("array of sample points is empty")
    if np.iscomplexobj(fp):
        missing_option(np.interp, "complex fp")
    return xp.astype(float), fp.astype(float)


def _repeated(x: Any, xp: Any, fp: Any, period: Any) -> Any:
    """All within one period, and one knot more on each side."""
    if period == 0:
        raise ValueError("period must be a non-zero value")
    period = np.abs(period)
    x, xp = x % period, xp % period
    order = whole_numbers(np.argsort(xp))
    xp, fp = xp[order], fp[order]
    return x, np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])


@implements(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """At a knot the slope is the mean of those on both sides; outside the knots it is 0."""
    x = array(x).astype(float)
    xp, fp = _knots(xp, fp)
    if period is not None:
        x, xp, fp = _repeated(x, xp, fp, period)
        left = right = None
    # One more segment on each side, which is flat: slopes[i] is that on the left of knot i.
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.concatenate([[0.0], np.diff(fp) / np.diff(xp), [0.0]])
    after = np.asarray(whole_numbers(np.searchsorted(xp, x, side="right")))
    knot = np.maximum(after - 1, 0)
    exact = np.asarray(whole_numbers(x == xp[knot])) & (after > 0)
    slope = np.where(exact, (slopes[knot] + slopes[knot + 1]) / 2, slopes[after]) if exact.any() else slopes[after]
    # Between two knots at one place f jumps: its value is that of the last one, and steps are flat.
    jump = exact & ~np.asarray(whole_numbers(np.isfinite(slope)))
    slope = np.where(jump, 0.0, slope) if jump.any() else slope
    infinite = np.asarray(whole_numbers(np.isinf(x)))
    # A flat segment is flat at infinity too, and not 0 * inf.
    distance = np.where(infinite, 0.0, x - xp[knot]) if infinite.any() else x - xp[knot]
    result = fp[knot] + slope * distance
    if left is not None:
        result = np.where(x < xp[0], left, result)
    if right is not None:
        result = np.where(x > xp[-1], right, result)
    return result


# ---- differences and integrals


def _part(axis: int, ndim: int, start: Any, stop: Any) -> tuple[slice, ...]:
    return tuple(slice(start, stop) if number == axis else slice(None) for number in range(ndim))


def _spacings(f: Any, given: Any, axes: Any) -> list[Any]:
    """The distances along each axis: one number, or the differences of coordinates."""
    if len(given) not in (0, 1, len(axes)):
        raise TypeError("invalid number of arguments")
    found: list[Any] = []
    for axis, spacing in zip(axes, [1.0] * len(axes) if not given else list(given) * (len(axes) // len(given)), strict=True):
        if not np.ndim(spacing):
            found.append(spacing)
            continue
        spacing = array(spacing)
        if spacing.ndim > 1:
            raise ValueError("distances must be either scalars or 1d")
        if spacing.shape[0] != f.shape[axis]:
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
        # Differences of unsigned integers would wrap around.
        coordinates: Any = spacing if spacing.dtype.kind == "f" else spacing.astype(float)
        found.append(np.diff(coordinates))
    return found


def _one_gradient(f: Any, h: Any, axis: int, edge_order: int) -> Any:
    def at(start: Any, stop: Any) -> Any:
        return f[_part(axis, f.ndim, start, stop)]

    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            f"Shape of array too small to calculate a numerical gradient: at least {edge_order + 1} elements are required, "
            f"but axis {axis} has {f.shape[axis]}."
        )
    if not np.ndim(h):
        inner = (at(2, None) - at(None, -2)) / (2.0 * h)
        first = last = second = second_last = h
    else:
        before, behind = (np.reshape(part, [-1 if number == axis else 1 for number in range(f.ndim)]) for part in (h[:-1], h[1:]))
        inner = (
            -behind / (before * (before + behind)) * at(None, -2)
            + (behind - before) / (before * behind) * at(1, -1)
            + before / (behind * (before + behind)) * at(2, None)
        )
        first, last = h[0], h[-1]
        second, second_last = (h[1], h[-2]) if edge_order == 2 else (first, last)
    if edge_order == 1:
        edges = (at(1, 2) - at(0, 1)) / first, (at(-1, None) - at(-2, -1)) / last
    else:
        edges = (
            _at_edge(at(0, 1), at(1, 2), at(2, 3), first, second),
            -_at_edge(at(-1, None), at(-2, -1), at(-3, -2), last, second_last),
        )
    return np.concatenate([edges[0], inner, edges[1]], axis=axis).astype(f.dtype)


def _at_edge(f0: Any, f1: Any, f2: Any, near: Any, far: Any) -> Any:
    """The slope at the first of three points, away from which the distances are `near` and `far`."""
    both = near + far
    return -(near + both) / (near * both) * f0 + both / (near * far) * f1 - near / (far * both) * f2


@implements(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = real_array(f)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    spacings = _spacings(f, varargs, axes)
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    found = [_one_gradient(f, h, number, edge_order) for number, h in zip(axes, spacings, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


@implements(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = array(y)
    axis = normalize_axis_index(axis, y.ndim)
    if x is None:
        width = dx if np.ndim(dx) == 0 else array(dx)
    else:
        x = array(x)
        width = np.diff(x) if x.ndim == 1 else np.diff(x, axis=axis)
        if x.ndim == 1:
            width = np.reshape(width, [-1 if number == axis else 1 for number in range(y.ndim)])
    ends = y[_part(axis, y.ndim, 1, None)] + y[_part(axis, y.ndim, None, -1)]
    return np.sum(width * ends / 2.0, axis=axis)


@implements(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    differences = np.diff(np.ravel(array(ary)))
    pieces = [None if to_begin is None else np.ravel(array(to_begin)), differences]
    pieces.append(None if to_end is None else np.ravel(array(to_end)))
    present = [piece for piece in pieces if piece is not None]
    return differences if len(present) == 1 else np.concatenate(present).astype(differences.dtype)


@implements(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    """The jumps are whole periods: they are locally constant, but for the period itself."""
    p = real_array(p)
    axis = normalize_axis_index(axis, p.ndim)
    steps = np.diff(p, axis=axis)
    low = -period / 2
    inside = (steps - low) % period + low
    inside = np.where((inside == low) & (steps > 0), period / 2, inside)
    keep = size_of(steps) < (period / 2 if discont is None else discont)
    jumps = np.cumsum(np.where(keep, 0.0, inside - steps), axis=axis)
    head, tail = p[_part(axis, p.ndim, 0, 1)], p[_part(axis, p.ndim, 1, None)]
    return np.concatenate([head, tail + jumps.astype(p.dtype)], axis=axis)
