"""What a record does with a cotangent: the steps back over the tape."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .kinds import Application, Primitive, Shape, sum_to_shape
from .levels import Traced
from .table.structural import expand, is_basic, is_small_piece, positions, seeded_key

#: The cotangent of a record that nothing has reached; told by identity, so that 0.0 is not skipped.
ZERO = float("0")


class Cotangents:
    """One cotangent a record, in `table`; `owned` marks the arrays that nobody else holds, added to in place.

    The table is a plain list, which Python indexes faster than anything that only behaves like one.
    """

    __slots__ = ("owned", "table")

    def __init__(self, size: int) -> None:
        self.table: list[Any] = [ZERO] * size
        self.owned = bytearray(size)

    def add(self, index: int, part: Any, owned: bool) -> None:
        """Add one contribution; `owned` says that the array is ours to change."""
        found = self.table[index]
        if found is ZERO:
            self.table[index] = float(part) if part.__class__ is np.float64 else part
            self.owned[index] = owned
        elif self.owned[index] and part.__class__ is np.ndarray and found.__class__ is np.ndarray:
            found += part
        else:
            self.table[index] = total = found + part
            self.owned[index] = total.__class__ is np.ndarray

    def buffer(self, index: int, shape: tuple[int, ...], dtype: Any) -> Any:
        """The cotangent of a record as an array of our own, to scatter into."""
        found = self.table[index]
        if found is ZERO:
            self.table[index] = found = np.zeros(shape, dtype)
        elif not self.owned[index]:
            self.table[index] = found = found.copy()
        self.owned[index] = found.__class__ is np.ndarray
        return found


class Step(Application):
    """A primitive applied to arrays, some of them `active`: traced and smooth in that position.

    `keeps` and `keeps_out` say which values the record must hold for the partials.
    """

    __slots__ = ("active", "keeps", "keeps_any", "keeps_out", "keeps_own", "nothing", "smooth")

    def __init__(
        self, primitive: Primitive, parameters: dict[str, Any], shapes: tuple[Shape, ...], shape: Shape, active: tuple[bool, ...]
    ) -> None:
        self.primitive = primitive
        self.parameters = parameters
        self.shapes = shapes
        self.shape = shape
        self.active = active
        self.smooth = True in active
        self.keeps_out, self.keeps = primitive.reads(active) if self.smooth else (False, (False,) * len(active))
        self.keeps_any = True in self.keeps
        # Every value is kept and is the tape's own: no constant among them needs a snapshot.
        self.keeps_own = False not in self.keeps and False not in active
        self.nothing = (None,) * len(active)

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        """Pass the cotangent `g` of the output on to the active operands."""
        if g.__class__ is float:
            g = np.float64(g)
        for position, active in enumerate(self.active):
            if active:
                part = self.primitive.vjp(self, position, g, out, values)
                cotangents.add(operands[position], part, part is not g and part.__class__ is np.ndarray and part.base is None)


def _references_of_a_temporary() -> int:
    temporary = np.empty(1)
    return sys.getrefcount(temporary)


#: What getrefcount says of an array that only the calling frame holds; it differs between Python versions.
_TEMPORARY = _references_of_a_temporary()

#: Arrays up to this many elements come from NumPy's cache of small blocks: fresh ones cost nothing.
_CHEAP = 128


def _thin(g: Any) -> Any:
    """The cotangent at length one along the axes where it is constant (that of a sum is a view with strides of 0)."""
    if g.__class__ is not ndarray or 0 not in g.strides:
        return g
    return g[tuple([slice(None) if stride else slice(1) for stride in g.strides])]


def _wide(part: Any, g: Any) -> Any:
    """A contribution computed from a thin cotangent, at the full shape again."""
    return part if part.shape == g.shape else expand(part, g.shape, 0)


def _scaled(g: Any, partial: Any, shape: Shape, out: Any, values: Sequence[Any]) -> Any:
    """g times a partial that nobody else holds: it takes the product, since fresh memory costs page faults."""
    if (
        partial.__class__ is ndarray
        and g.__class__ is ndarray
        and partial.base is None
        and partial.shape == shape
        and partial.dtype == g.dtype
        and partial is not out
        and not any(partial is value for value in values)
    ):
        return np.multiply(g, partial, out=partial)
    return g * partial


def _summed_product(g: Any, partial: Any, shape: Shape, lead: int) -> Any:
    """The product summed to `shape`; over leading axes in one pass, without the product in memory."""
    if (
        not lead
        and g.__class__ is ndarray
        and partial.__class__ is ndarray
        and partial.shape == g.shape
        and g.shape[g.ndim - len(shape) :] == shape
        and g.flags.c_contiguous
        and partial.flags.c_contiguous
    ):
        size = math.prod(shape)
        return np.einsum("ij,ij->j", g.reshape(-1, size), partial.reshape(-1, size)).reshape(shape)
    return sum_to_shape(g * partial, shape, lead)


class ElementwiseStep(Step):
    """An elementwise primitive: the cotangent times each partial, summed down to the operand's shape."""

    __slots__ = ("large", "parts")

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        partials = self.primitive.partials  # type: ignore[attr-defined]
        shapes = [None if shape == self.shape else shape for shape in self.shapes]
        bound = self.parameters
        rules = [functools.partial(rule, **bound) if bound and callable(rule) else rule for rule in partials]
        self.large = math.prod(self.shape) > _CHEAP
        self.parts = [(i, rules[i], shapes[i]) for i, active in enumerate(self.active) if active]

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        if g.__class__ is float:
            g = np.float64(g)
        elif self.large:
            self._pull_large(cotangents, g, operands, values, out)
            return
        table = cotangents.table
        for position, rule, shape in self.parts:
            own = None
            if rule.__class__ is int:
                part = g if rule == 1 else g * rule
            else:
                part = rule(out, *values)
                if part.__class__ is tuple:
                    part, own = part
                part = g * part
            if shape is not None:
                part = sum_to_shape(part, shape, g.ndim - len(self.shape))
            if own is not None:
                part = part * own
            index = operands[position]
            if table[index] is ZERO and part.__class__ is ndarray:
                table[index] = part
                cotangents.owned[index] = part is not g
            else:
                cotangents.add(index, part, part is not g and part.__class__ is ndarray)

    def _pull_large(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        """`pull` with as few passes over memory as can be."""
        thin = _thin(g)
        lead = g.ndim - len(self.shape)
        for position, rule, shape in self.parts:
            if rule.__class__ is int:
                part = g if shape is None else sum_to_shape(g, shape, lead)
                part = part if rule == 1 else _wide((thin if part is g else part) * rule, part)
            else:
                partial, own, weight = rule(out, *values), None, thin
                if partial.__class__ is tuple:
                    partial, own = partial
                    if thin is not g and own.__class__ is int:
                        weight, own = thin * own, None
                # Counted in a statement of its own: arguments on their way to a call are references too.
                temporary = sys.getrefcount(partial) == _TEMPORARY
                if shape is not None and thin is g:
                    part = _summed_product(g, partial, shape, lead)
                else:
                    part = _scaled(weight, partial, g.shape, out, values) if temporary else weight * partial
                    part = _wide(part, g)
                    part = part if shape is None else sum_to_shape(part, shape, lead)
                if own is not None:
                    part = _scaled(own, part, part.shape, g, ())
            cotangents.add(operands[position], part, part is not g and part.__class__ is ndarray and part.base is None)


class MatmulStep(Step):
    """A product; matrix times vector, the step of recurrent networks, goes without the general case's look-ups."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        if g.__class__ is not np.ndarray or g.ndim != 1 or len(self.shapes[0]) != 2 or len(self.shapes[1]) != 1:
            super().pull(cotangents, g, operands, values, out)
            return
        matrix, vector = values
        if self.active[0]:
            part = g[:, None] * vector
            cotangents.add(operands[0], part, part.__class__ is np.ndarray)
        if self.active[1]:
            part = g @ matrix
            cotangents.add(operands[1], part, part.__class__ is np.ndarray)


class ElementStep(Step):
    """Reading one number of a vector: its cotangent is added in place."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        key = self.parameters["key"]
        if isinstance(g, Traced):
            super().pull(cotangents, g, operands, values, out)
        elif g.__class__ is float:
            cotangents.buffer(operands[0], self.shapes[0], np.float64)[key] += g
        else:
            buffer = cotangents.buffer(operands[0], g.shape + self.shapes[0], g.dtype)
            buffer[..., key] += g


def _rest(key: Any, shape: Shape) -> tuple[slice, ...] | None:
    """What a slice of the first axis leaves out, where that is little: cheaper to clear than the whole."""
    if key.__class__ is not slice or math.prod(shape) <= _CHEAP:
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
        if g.__class__ is float:
            g = np.float64(g)
        elif not self.basic or isinstance(g, Traced):
            super().pull(cotangents, g, operands, values, out)
            return
        key, index = self.key, operands[0]
        lead = g.ndim - len(self.shape)
        if lead:
            key = seeded_key(key, lead)
        if cotangents.table[index] is ZERO:
            shape = g.shape[:lead] + self.shapes[0]
            cotangents.table[index] = buffer = np.zeros(shape, g.dtype) if self.rest is None else np.empty(shape, g.dtype)
            cotangents.owned[index] = True
            buffer[key] = g
            for rest in self.rest or ():
                buffer[seeded_key(rest, lead)] = 0.0
        else:
            buffer = cotangents.buffer(index, g.shape[:lead] + self.shapes[0], g.dtype)
            buffer[key] += g


class Write(Primitive):
    """The array with some elements replaced: linear in the array and in what is written."""

    structural = True

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

    __slots__ = ("number",)
    number: int

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        key = self.parameters["key"]
        before, written = operands
        lead = g.ndim - len(self.shape)
        if not cotangents.owned[self.number]:
            g = g.copy()
        if key.__class__ is int and not lead and g.__class__ is np.ndarray and g.ndim == 1:
            if written is not None and written >= 0:
                cotangents.add(written, g.item(key), False)
            if before >= 0:
                g[key] = 0.0
                cotangents.add(before, g, True)
            return
        if written is not None and written >= 0:
            part = last_written(gather_seeded(g, key, lead), key, self.shape)
            cotangents.add(written, _to_written(part, self.shapes[1], lead), False)
        if before >= 0:
            g[seeded_key(key, lead) if lead else key] = 0.0
            cotangents.add(before, g, g.__class__ is np.ndarray)


WRITE = Write("write", lambda base, value, key: None)
