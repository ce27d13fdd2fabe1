"""Steps of reading and writing elements: cotangents are added, and moved on, in place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kinds import Application, Primitive
from ..levels import Traced
from ..shapes import Shape, sum_to_shape
from ..table.structural import is_basic, is_small_piece, positions, seeded_key
from .step import ZERO, Cotangents, Step, settled

#: Arrays up to this many elements are cleared as a whole.
_SMALL = 4096


class ElementStep(Step):
    """Reading one number of a vector: its cotangent is added in place."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        key = self.parameters["key"]
        if isinstance(g, Traced):
            super().pull(cotangents, g, operands, values, out)
        elif type(g) is float:
            cotangents.buffer(operands[0], self.shapes[0], np.float64)[key] += g
        else:
            buffer = cotangents.buffer(operands[0], g.shape + self.shapes[0], g.dtype)
            buffer[..., key] += g


def _rest(key: Any, shape: Shape) -> tuple[slice, ...] | None:
    """What a slice of the first axis leaves out, where that is little: cheaper to clear than the whole."""
    if type(key) is not slice or math.prod(shape) <= _SMALL:
        return None
    start, stop, step = key.indices(shape[0])
    return (slice(start), slice(stop, None)) if step == 1 and start < stop else None


class GatherStep(Step):
    """Reading elements: the cotangent is scattered into one buffer, in place."""

    __slots__ = ("basic", "copies", "key", "rest")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.key = self.parameters["key"]
        self.basic = is_basic(self.key)
        self.copies = is_small_piece(self.shape, self.shapes[0])
        self.rest = _rest(self.key, self.shapes[0])

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        if type(g) is float:
            g = np.float64(g)
        key, index = self.key, operands[0]
        lead = g.ndim - len(self.shape)
        if isinstance(g, Traced) or (not self.basic and (lead or isinstance(cotangents.table[index], Traced))):
            super().pull(cotangents, g, operands, values, out)
            return
        if not self.basic:
            np.add.at(cotangents.buffer(index, self.shapes[0], g.dtype), key, g)
            return
        if lead:
            key = seeded_key(key, lead)
        if cotangents.table[index] is ZERO:
            shape = g.shape[:lead] + self.shapes[0]
            cotangents.table[index] = buffer = np.zeros(shape, g.dtype) if self.rest is None else np.empty(shape, g.dtype)
            cotangents.owned[index] = True
            buffer[key] = g
            if self.rest is not None:
                for rest in self.rest:
                    buffer[seeded_key(rest, lead)] = 0.0
        else:
            buffer = cotangents.buffer(index, g.shape[:lead] + self.shapes[0], g.dtype)
            buffer[key] += g


class Write(Primitive):
    """The array with some elements replaced: linear in the array and in what is written."""

    structural = True
    analytic = True

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        return False, (False, False)

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        base, value = tangents
        shape, key = application.shape, application.parameters["key"]
        result = np.zeros((value.shape[0], *shape)) if base is None else base.copy()
        if isinstance(value, Traced) and not isinstance(result, Traced):
            result = value.level.constant(result)
        write_seeded(result, key, value, application.shapes[1])
        return result

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        lead = np.ndim(g) - len(application.shape)
        key = application.parameters["key"]
        if position == 0:
            kept = g.copy()
            kept[seeded_key(key, lead)] = 0.0
            return kept
        return _to_written(last_written(gather_seeded(g, key, lead), key, application.shape), application.shapes[1], lead)


def gather_seeded(g: Any, key: Any, lead: int) -> Any:
    """``g[..., key]`` behind `lead` axes, whatever kind of key it is, as an array of its own."""
    if is_basic(key):
        return g[seeded_key(key, lead)].copy()
    front = g.shape[:lead]
    return g.reshape(*front, math.prod(g.shape[lead:]))[(*(slice(None),) * lead, positions(key, g.shape[lead:]))]


def write_seeded(target: Any, key: Any, value: Any, shape: tuple[int, ...]) -> None:
    """``target[:, key] = value`` for a value with one leading axis of seeds in front of `shape`."""
    if is_basic(key):
        place = target[seeded_key(key, 1)].shape[1:]
        target[seeded_key(key, 1)] = value.reshape(value.shape[0], *_fitted(shape, len(place)))
        return
    flat = positions(key, target.shape[1:])
    rows = np.arange(target.shape[0]).reshape(-1, *(1,) * flat.ndim)
    value = value.reshape(value.shape[0], *_fitted(shape, flat.ndim))
    target[(rows, *(part[None] for part in np.unravel_index(flat, target.shape[1:])))] = value


def _fitted(shape: Shape, ndim: int) -> Shape:
    """`shape` with ones in front added or, as NumPy's assignment does, dropped until it has `ndim` axes."""
    missing = ndim - len(shape)
    return (1,) * missing + shape if missing >= 0 else shape[-missing:]


def last_written(part: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """`part` with zeros where a later element of the same write went to the same place."""
    if is_basic(key):
        return part
    flat = positions(key, shape)
    numbers = np.arange(flat.size).reshape(flat.shape)
    last = np.zeros(math.prod(shape), dtype=int)
    last[flat] = numbers
    return np.where(last[flat] == numbers, part, 0.0)


def _to_written(part: Any, shape: Shape, lead: int) -> Any:
    """The cotangent of what was written, whose shape may have more leading ones than the place."""
    fitted = _fitted(shape, part.ndim - lead)
    return sum_to_shape(part, fitted, lead).reshape(part.shape[:lead] + shape)


class WriteStep(Step):
    """Writing elements: the cotangent moves on to the array as it was before, without a copy."""

    __slots__ = ("complexes", "number")
    number: int

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        key = self.parameters["key"]
        before, written = operands
        lead = g.ndim - len(self.shape)
        if not cotangents.owned[self.number]:
            g = g.copy()
        if type(key) is int and not lead and type(g) is np.ndarray and g.ndim == 1:
            if written is not None and written >= 0:
                cotangents.add(written, settled(self, 1, g[key]), False)
            if before >= 0:
                g[key] = 0.0
                cotangents.add(before, g, True)
            return
        if written is not None and written >= 0:
            part = last_written(gather_seeded(g, key, lead), key, self.shape)
            cotangents.add(written, settled(self, 1, _to_written(part, self.shapes[1], lead)), False)
        if before >= 0:
            g[seeded_key(key, lead) if lead else key] = 0.0
            cotangents.add(before, g, type(g) is np.ndarray)


WRITE = Write("write", lambda base, value, key: None)
