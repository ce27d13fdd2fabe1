"""The sweep again, with structural zeros, after a result had a NaN.

An unselected branch of np.where, or an input that is not seeded, contributes nothing: not zero
times a partial, which is NaN where the partial is infinite. Each (co)tangent carries a mask `live`
of the elements that can be nonzero; the others are zero by structure. A numeric 0 * inf stays NaN.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .kinds import Application, Elementwise, Reduction
from .operands import is_complex
from .protocols import peel
from .shapes import align, reduced_shape, sum_to_shape
from .steps.step import ZERO, settled

Masked = tuple[Any, Any]

#: Up to so many elements the quickest look is BLAS's. Above, it calls threads, which a busy machine keeps waiting for 20 ms.
_FEW = 4096


def has_nan(array: Any) -> bool:
    """Whether a result (peeled of outer derivatives) has a NaN."""
    plain = peel(array)
    if type(plain) is float:
        return math.isnan(plain)
    if np.size(plain) > _FEW:
        return bool(np.isnan(np.max(plain)))
    # A sum of squares is NaN only where an element is: infinities do not cancel in it.
    return bool(np.isnan(np.vdot(plain, plain)))


def careful_sweep(tape: Any, seeds: Sequence[tuple[int, Any]], inputs: int) -> list[Any]:
    """As `reverse.sweep`, with masks."""
    cotangents: dict[int, Masked] = {}
    for index, seed in seeds:
        _accumulate(cotangents, index, (seed, np.asarray(peel(seed)) != 0))
    for index in range(len(tape) - 1, inputs - 1, -1):
        if index not in cotangents:
            continue
        step, operands, values, out = tape[index]
        g, live = cotangents.pop(index)
        g = np.float64(g) if type(g) is float else g
        wide = tuple(np.float64(value) if type(value) is float else value for value in values)
        out = np.float64(out) if type(out) is float else out
        for position, operand in enumerate(operands):
            if operand is not None and operand >= 0 and step.primitive.differentiable(position):
                part, mask = careful_vjp(step, position, g, live, out, wide)
                _accumulate(cotangents, operand, (settled(step, position, part), mask))
    return [cotangents[index][0] if index in cotangents else ZERO for index in range(inputs)]


def _accumulate(cotangents: dict[int, Masked], index: int, part: Masked) -> None:
    if index in cotangents:
        found, live = cotangents[index]
        cotangents[index] = found + part[0], live | part[1]
    else:
        cotangents[index] = part


def careful_vjp(step: Application, position: int, g: Any, live: Any, out: Any, values: Sequence[Any]) -> Masked:
    """The cotangent of one operand and its mask."""
    primitive, shape = step.primitive, step.shapes[position]
    lead = np.ndim(g) - len(step.shape)
    if isinstance(primitive, Elementwise):
        scaled = np.where(live, g * primitive.partial(step, position, out, values), 0.0)
        return sum_to_shape(scaled, shape, lead), sum_to_shape(1.0 * live, shape, lead) > 0
    if primitive.structural:
        mask = primitive.vjp(step, position, 1.0 * live, out, values)
        return primitive.vjp(step, position, g, out, values), np.asarray(peel(mask)) != 0
    part = primitive.vjp(step, position, g, out, values)
    mask = np.ones(np.shape(part), dtype=bool)
    if isinstance(primitive, Reduction):
        kept = np.shape(g)[:lead] + reduced_shape(shape, step.parameters["axes"])
        mask = np.broadcast_to(np.reshape(live, kept), np.shape(part))
        part = np.where(mask, part, 0.0)
    return part, mask


def careful_jvp(step: Application, out: Any, values: Sequence[Any], tangents: Sequence[Masked | None]) -> Masked:
    """The tangent of the output and its mask."""
    primitive = step.primitive
    ndim = len(step.shape)
    plain = [None if tangent is None else tangent[0] for tangent in tangents]
    masks = [None if tangent is None else tangent[1] for tangent in tangents]
    if isinstance(primitive, Elementwise):
        total: Any = 0.0
        live: Any = False
        for position, (tangent, mask) in enumerate(zip(plain, masks, strict=True)):
            if tangent is None:
                continue
            tangent, mask = (align(part, step.shapes[position], ndim) for part in (tangent, mask))
            total = total + np.where(mask, tangent * primitive.partial(step, position, out, values), 0.0)
            live = live | mask
        full = (total.shape[0], *step.shape)
        return np.broadcast_to(total, full), np.broadcast_to(live, full)
    pushed = primitive.jvp(step, out, values, plain)
    if primitive.structural:
        # Either part of a complex tangent can be the live one: np.imag must not find zeros.
        ones = [
            None if mask is None else (1.0 + 1.0j if is_complex(tangent) else 1.0) * mask
            for tangent, mask in zip(plain, masks, strict=True)
        ]
        return pushed, np.asarray(peel(primitive.jvp(step, out, values, ones))) != 0
    live = np.broadcast_to(_seeded(step, masks), pushed.shape)
    return np.where(live, pushed, 0.0), live


def _seeded(step: Application, masks: Sequence[Any]) -> Any:
    """Which parts of the output any live element of the operands belongs to, of a shape that broadcasts to the output's."""
    primitive = step.primitive
    if isinstance(primitive, Reduction):
        return np.any(masks[0], axis=step.parameters["axes"], keepdims=step.parameters["keepdims"])
    if primitive.stacked:
        matrices = np.any(masks[0], axis=(-2, -1))
        return matrices.reshape(*matrices.shape, *(1,) * primitive.stacked)
    rows = [mask.reshape(mask.shape[0], -1).any(axis=1) for mask in masks if mask is not None]
    return np.logical_or.reduce(rows).reshape(-1, *(1,) * len(step.shape))
