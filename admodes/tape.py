"""The tape: a flat Wengert list of what was done, which reverse mode and every other reader read.

A record is ``(step, operands, values, out)``. A step holds the primitive, its parameters and the
shapes; operands are record numbers: None for a constant, ``~number`` for a passive value. Values
and out are kept where a partial reads them (or with `keep_all`), else None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .levels import Level, Traced, next_number
from .rules import Application, Primitive, sum_to_shape
from .scalars import TapeFloat
from .table.structural import gather, is_basic, positions, seeded_key
from .tracing import PassiveScalar, TracedArray, TracedScalar, View

if TYPE_CHECKING:
    from .function import Function

#: The cotangent of a record that nothing has reached; told by identity, so that 0.0 is not skipped.
ZERO = float("0")

#: Constants up to this many bytes are copied at each use; larger ones have one snapshot.
SMALL = 2048

Record = tuple[Any, tuple[Any, ...], tuple[Any, ...], Any]


class Cotangents(list[Any]):
    """One cotangent a record; `owned` marks the arrays that nobody else holds, added to in place."""

    __slots__ = ("owned",)

    def __init__(self, size: int) -> None:
        super().__init__([ZERO]) if size == 1 else super().__init__([ZERO] * size)
        self.owned = bytearray(size)

    def add(self, index: int, part: Any, owned: bool) -> None:
        """Add one contribution; `owned` says that the array is ours to change."""
        found = self[index]
        if found is ZERO:
            self[index] = float(part) if part.__class__ is np.float64 else part
            self.owned[index] = owned
        elif self.owned[index] and part.__class__ is np.ndarray:
            found += part
        else:
            self[index] = total = found + part
            self.owned[index] = total.__class__ is np.ndarray

    def buffer(self, index: int, shape: tuple[int, ...], dtype: Any) -> Any:
        """The cotangent of a record as an array of our own, to scatter into."""
        found = self[index]
        if found is ZERO:
            self[index] = found = np.zeros(shape, dtype)
        elif not self.owned[index]:
            self[index] = found = found.copy()
        self.owned[index] = found.__class__ is np.ndarray
        return found


class Step(Application):
    """A primitive applied to arrays."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        """Pass the cotangent `g` of the output on to the operands."""
        if g.__class__ is float:
            g = np.float64(g)
        primitive = self.primitive
        for position, index in enumerate(operands):
            if index is not None and index >= 0 and primitive.differentiable(position):
                part = primitive.vjp(self, position, g, out, values)
                cotangents.add(index, part, part is not g and part.__class__ is np.ndarray and part.base is None)


class GatherStep(Step):
    """Reading elements: the cotangent is scattered into one buffer, in place."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        key, shape = self.parameters["key"], self.shapes[0]
        if isinstance(g, Traced) or not is_basic(key):
            super().pull(cotangents, g, operands, values, out)
            return
        lead = np.ndim(g) - len(self.shape)
        buffer = cotangents.buffer(operands[0], np.shape(g)[:lead] + shape, np.result_type(g))
        buffer[seeded_key(key, lead) if lead else key] += g


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
        return sum_to_shape(last_written(gather_seeded(g, key, lead), key, application.shape), application.shapes[1], lead)


def gather_seeded(g: Any, key: Any, lead: int) -> Any:
    """``g[..., key]`` behind `lead` axes, whatever kind of key it is, as an array of its own."""
    if is_basic(key):
        return g[seeded_key(key, lead)].copy()
    front = g.shape[:lead]
    return g.reshape(*front, -1)[(*(slice(None),) * lead, positions(key, g.shape[lead:]))]


def write_seeded(target: Any, key: Any, value: Any, shape: tuple[int, ...]) -> None:
    """``target[:, key] = value`` for a value with one leading axis of seeds in front of `shape`."""
    if is_basic(key):
        found = target[seeded_key(key, 1)]
        missing = found.ndim - 1 - len(shape)
        target[seeded_key(key, 1)] = value.reshape(value.shape[0], *(1,) * missing, *shape) if missing > 0 else value
        return
    flat = positions(key, target.shape[1:])
    rows = np.arange(target.shape[0]).reshape(-1, *(1,) * flat.ndim)
    missing = flat.ndim - len(shape)
    value = value.reshape(value.shape[0], *(1,) * missing, *shape) if missing > 0 else value
    target[(rows, *(part[None] for part in np.unravel_index(flat, target.shape[1:])))] = value


def last_written(part: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """`part` with zeros where a later element of the same write went to the same place."""
    if is_basic(key):
        return part
    flat = positions(key, shape)
    numbers = np.arange(flat.size).reshape(flat.shape)
    last = np.zeros(int(np.prod(shape)), dtype=int)
    last[flat] = numbers
    return np.where(last[flat] == numbers, part, 0.0)


class WriteStep(Step):
    """Writing elements: the cotangent moves on to the array as it was before, without a copy."""

    __slots__ = ("number",)

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        key = self.parameters["key"]
        before, written = operands
        lead = np.ndim(g) - len(self.shape)
        if not cotangents.owned[self.number]:
            g = g.copy()
        if written is not None and written >= 0:
            part = last_written(gather_seeded(g, key, lead), key, self.shape)
            cotangents.add(written, sum_to_shape(part, self.shapes[1], lead), False)
        if before >= 0:
            g[seeded_key(key, lead) if lead else key] = 0.0
            cotangents.add(before, g, g.__class__ is np.ndarray)


WRITE = Write("write", lambda base, value, key: None)
INPUT = Primitive("input", lambda: None)
CONSTANT = Primitive("constant", lambda: None)
GUARD = Primitive("guard", lambda: None)
GUARD_STEP = Step(GUARD, {}, ((),), ())
_STEPS: dict[Primitive, type[Step]] = {gather: GatherStep}


class Tape(list[Record], Level):
    """The list of records, and the level of the values that belong to it.

    Parameters
    ----------
    keep_all : bool
        Keep all values, also those that no partial reads (for tables of the evaluation).
    """

    def __init__(self, keep_all: bool = False) -> None:
        super().__init__()
        self.number = next_number()
        self.alive = True
        self.keep_all = keep_all
        self.largest = 1
        self._snapshots: dict[Any, tuple[Any, Any]] = {}

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def input(self, leaf: Any) -> Traced:
        """`leaf` as an independent variable."""
        return self._enter(INPUT, leaf, passive=False)

    def constant(self, value: Any) -> Traced:
        return self._enter(CONSTANT, value, passive=True)

    def _enter(self, primitive: Primitive, value: Any, passive: bool) -> Traced:
        self.append((Step(primitive, {}, (), np.shape(value)), (), (), value if self.keep_all else None))
        value = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
        traced = self._wrap(value, len(self) - 1, passive)
        if isinstance(traced, TracedArray):
            traced.shared = primitive is INPUT
            self.largest = max(self.largest, traced.size)
        return traced

    def guard(self, passive: Traced) -> None:
        self.append((GUARD_STEP, (~passive.trace,), (), passive.value))

    def apply(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        values: list[Any] = []
        indices: list[int | None] = []
        active: list[bool] = []
        arrays: list[TracedArray] = []
        for position, operand in enumerate(operands):
            if isinstance(operand, Traced) and operand.level is self:
                if operand.__class__ is TracedArray:
                    if operand.view is not None:
                        operand.refresh()
                    arrays.append(operand)
                live = not operand.passive and primitive.differentiable(position)
                indices.append(operand.trace if not operand.passive else ~operand.trace)  # type: ignore[attr-defined]
                value = operand.value
                values.append(np.float64(value) if value.__class__ is float else value)
                active.append(live)
            else:
                indices.append(None)
                values.append(operand)
                active.append(False)
        out = primitive(*values, **parameters)
        if out.__class__ is tuple:
            return tuple(self._record(primitive, parameters, indices, values, active, part, arrays) for part in out)
        return self._record(primitive, parameters, indices, values, active, out, arrays)

    def _record(
        self,
        primitive: Primitive,
        parameters: dict[str, Any],
        indices: list[int | None],
        values: list[Any],
        active: list[bool],
        out: Any,
        arrays: list[TracedArray],
    ) -> Any:
        kept: tuple[Any, ...] = ()
        passive = True not in active
        shape = np.shape(out)
        step = _STEPS.get(primitive, Step)(primitive, parameters, tuple([_shape(value) for value in values]), shape)
        keep_out = None
        if not passive or self.keep_all:
            reads_out, reads = (True, (True,) * len(active)) if self.keep_all else primitive.reads(tuple(active))
            kept = tuple([self._keep(v, i) if r else None for v, i, r in zip(values, indices, reads, strict=True)])
            keep_out = out if reads_out else None
            if arrays and True in reads:
                for array in arrays:
                    array.shared = True
        index = len(self)
        self.append((step, tuple(indices), kept, keep_out))
        result = self._wrap(out, index, passive)
        if result.__class__ is TracedArray:
            if keep_out is not None:
                result.shared = True
            if result.size > self.largest:
                self.largest = result.size
            if arrays:
                _link(result, arrays, operand_view=primitive.is_view(values[0], out, parameters), step=step)
        return result

    def _wrap(self, out: Any, index: int, passive: bool) -> Any:
        kind = out.__class__
        if kind is np.ndarray:
            if out.ndim:
                return TracedArray(out, self, index, passive)
            out = out[()]
        elif kind is TracedArray:
            return TracedArray(out.detached(), self, index, passive)
        if passive:
            return PassiveScalar(out, self, index)
        if out.__class__ is np.float64:
            return TapeFloat(float(out), self, index)
        return TracedScalar(out, self, index)

    def write(self, array: Any, key: Any, value: Any) -> None:
        own = isinstance(value, Traced) and value.level is self
        if isinstance(value, TracedArray):
            value.refresh()
        plain = value.value if own else value
        array.value[key] = plain
        operand = None if not own else ~value.trace if value.passive else value.trace
        passive = array.passive and (not own or value.passive)
        step = WriteStep(WRITE, {"key": key}, (array.shape, _shape(plain)), array.shape)
        step.number = len(self)
        self.append((step, (~array.trace if array.passive else array.trace, operand), (), None))
        array.trace, array.passive = step.number, passive

    def _keep(self, value: Any, index: int | None) -> Any:
        """A value for the record: what is not ours is copied, since f may overwrite it later."""
        if index is not None or value.__class__ is not np.ndarray or (value.base is None and not value.flags.writeable):
            return value.detached() if value.__class__ is TracedArray else value
        if value.nbytes <= SMALL:
            return value.copy()
        key = (value.__array_interface__["data"][0], value.shape, value.strides, value.dtype)
        known = self._snapshots.get(key)
        if known is None or not np.array_equal(known[1], value, equal_nan=value.dtype.kind == "f"):
            known = self._snapshots[key] = (value, value.copy())
        return known[1]


def _shape(value: Any) -> tuple[int, ...]:
    return getattr(value, "shape", ())


def _link(result: TracedArray, arrays: list[TracedArray], operand_view: bool, step: Step) -> None:
    """Note that memory is shared, and that a view was taken."""
    value = result.value
    if value.__class__ is np.ndarray and value.base is not None:
        result.shared = True
        for array in arrays:
            array.shared = True
    if operand_view:
        result.view = View(arrays[0], step.primitive, step.parameters)


class OperationCounts(NamedTuple):
    """What one evaluation of f does: `nodes` records, `elementary` operations on numbers, `bytes` kept by the tape."""

    nodes: int
    elementary: int
    bytes: int


def record(function: Function, keep_all: bool = False) -> tuple[Tape, list[Any]]:
    """Run f once on a tape; returns the tape (no longer alive) and f's output leaves, still traced."""
    tape = Tape(keep_all)
    try:
        outputs = function([tape.input(leaf) for leaf in function.inputs])
    finally:
        tape.alive = False
    return tape, outputs


def count_operations(f: Callable[..., Any], x: Any, args: Sequence[Any] = ()) -> OperationCounts:
    """Count what one evaluation of f at x does, by reading its tape.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.tape import count_operations
    >>> count_operations(lambda x: np.sum(np.sin(x)), np.ones(10)).nodes
    2
    """
    from .function import Function

    function = Function(f, x, args)
    tape, _ = record(function)
    nodes = elementary = 0
    held: dict[int, int] = {}
    for step, operands, values, out in tape:
        if step.primitive in (INPUT, CONSTANT, GUARD):
            continue
        nodes += 1
        sizes = [int(np.prod(shape)) for shape in (step.shape, *step.shapes)]
        elementary += sizes[0] if len(operands) != 1 else max(sizes)
        held.update({id(value): value.nbytes for value in (*values, out) if isinstance(value, np.ndarray)})
    return OperationCounts(nodes, elementary, sum(held.values()))


