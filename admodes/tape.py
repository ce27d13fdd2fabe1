"""The tape: a flat Wengert list of what was done, which reverse mode and every other reader read.

A record is ``(step, operands, values, out)``. A step holds the primitive, its parameters and the
shapes; operands are record numbers: None for a constant, ``~number`` for a passive value. Values
and out are kept where a partial reads them (or with `keep_all`), else None.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .levels import Level, Traced, next_number
from .rules import Elementwise, Primitive
from .scalars import TapeFloat
from .steps import WRITE, ElementStep, ElementwiseStep, GatherStep, Step, WriteStep
from .table.structural import gather, spread
from .tracing import PassiveScalar, TracedArray, TracedScalar

if TYPE_CHECKING:
    from .function import Function

#: Constants up to this many bytes are copied at each use; larger ones have one snapshot.
SMALL = 2048

Record = tuple[Any, tuple[Any, ...], tuple[Any, ...], Any]

INPUT = Primitive("input", lambda: None)
CONSTANT = Primitive("constant", lambda: None)
GUARD = Primitive("guard", lambda: None)
GUARD_STEP = Step(GUARD, {}, ((),), (), (False,))
_STEPS: dict[Primitive, type[Step]] = {gather: GatherStep}
_FIRST = (True,)
_NOTHING_KEPT = (False, False)


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
        self._steps: dict[Any, Step] = {}
        self._snapshots: dict[Any, tuple[Any, Any]] = {}

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def input(self, leaf: Any) -> Traced:
        """`leaf` as an independent variable."""
        return self._enter(INPUT, leaf, passive=False)

    def constant(self, value: Any) -> Traced:
        return self._enter(CONSTANT, value, passive=True)

    def _enter(self, primitive: Primitive, value: Any, passive: bool) -> Traced:
        self.append((Step(primitive, {}, (), np.shape(value), ()), (), (), value if self.keep_all else None))
        value = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
        traced = self._wrap(value, len(self) - 1, passive)
        if isinstance(traced, TracedArray):
            traced.shared = primitive is INPUT
            self.largest = max(self.largest, traced.size)
        return traced

    def guard(self, passive: Traced) -> None:
        self.append((GUARD_STEP, (~passive.node,), (), passive.value))

    def apply(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        values: list[Any] = []
        indices: list[int | None] = []
        shapes: list[tuple[int, ...]] = []
        active: list[bool] = []
        nested = False
        for operand in operands:
            kind = operand.__class__
            if kind is float or kind is int:
                values.append(operand)
                indices.append(None)
                shapes.append(())
                active.append(False)
                continue
            if isinstance(operand, Traced) and operand.level is self:
                if kind is TracedArray and operand.source is not None:  # type: ignore[attr-defined]
                    operand.refresh()  # type: ignore[attr-defined]
                value = operand.value
                passive = operand.passive
                indices.append(~operand.node if passive else operand.node)  # type: ignore[attr-defined]
                active.append(not passive)
            else:
                value = operand
                indices.append(None)
                active.append(False)
            if value.__class__ is np.ndarray:
                shapes.append(value.shape)
            elif value.__class__ is float:
                value = np.float64(value)
                shapes.append(())
            else:
                nested = nested or isinstance(value, Traced)
                shapes.append(getattr(value, "shape", ()))
            values.append(value)
        out = primitive(*values, **parameters) if nested else primitive.evaluate(*values, **parameters)
        if out.__class__ is tuple:
            return tuple([self._record(primitive, operands, parameters, values, indices, shapes, active, part, nested) for part in out])
        return self._record(primitive, operands, parameters, values, indices, shapes, active, out, nested)

    def _record(
        self,
        primitive: Primitive,
        operands: Sequence[Any],
        parameters: dict[str, Any],
        values: list[Any],
        indices: list[int | None],
        shapes: list[tuple[int, ...]],
        active: list[bool],
        out: Any,
        nested: bool,
    ) -> Any:
        step = None
        if not parameters:
            # Without parameters, steps of the same shapes are one object.
            key = (primitive, tuple(shapes), tuple(active))
            step = self._steps.get(key)
        if step is None:
            kind = ElementwiseStep if isinstance(primitive, Elementwise) else _STEPS.get(primitive, Step)
            smooth = tuple([flag and primitive.differentiable(position) for position, flag in enumerate(active)])
            step = kind(primitive, parameters, tuple(shapes), getattr(out, "shape", ()), smooth)
            if not parameters:
                self._steps[key] = step
        kept = step.nothing
        if step.keeps_any or self.keep_all:
            kept = tuple(values) if step.keeps_own and not nested else self._kept(step, values, indices)
            for operand in operands:
                if operand.__class__ is TracedArray:
                    operand.shared = True
        keeps_out = step.keeps_out or self.keep_all
        index = len(self)
        self.append((step, tuple(indices), kept, out if keeps_out else None))
        if out.__class__ is not np.ndarray or not out.ndim:
            return self._wrap(out, index, not step.smooth)
        result = TracedArray(out, self, index, not step.smooth)
        result.shared = keeps_out
        if out.size > self.largest:
            self.largest = out.size
        if out.base is not None:
            result.shared = True
            _share(operands)
        if primitive.views:
            self._note_view(result, operands, step)
        return result

    def _kept(self, step: Step, values: list[Any], indices: list[int | None]) -> tuple[Any, ...]:
        flags = (True,) * len(values) if self.keep_all else step.keeps
        return tuple([self._keep(value, index) if flag else None for value, index, flag in zip(values, indices, flags, strict=True)])

    def _note_view(self, result: TracedArray, operands: Sequence[Any], step: Step) -> None:
        if operands[0].__class__ is TracedArray and step.primitive.is_view(operands[0].layout, step.parameters):
            follow(result, operands[0], step.primitive, step.parameters)

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

    def element(self, array: TracedArray, index: int) -> Any:
        if array.source is not None:
            array.refresh()
        value = array.value
        if value.__class__ is not np.ndarray or value.ndim != 1 or value.dtype != np.float64:
            return None
        number = len(self)
        out = value.item(index)
        if array.passive:
            self.append((ElementStep(gather, {"key": index}, (value.shape,), (), _FIRST), (~array.node,), (), None))
            return PassiveScalar(np.float64(out), self, number)
        self.append((ElementStep(gather, {"key": index}, (value.shape,), (), _FIRST), (array.node,), (None,), None))
        return TapeFloat(out, self, number)

    def write(self, array: Any, key: Any, value: Any) -> None:
        own = isinstance(value, Traced) and value.level is self
        if isinstance(value, TracedArray):
            value.refresh()
        plain = value.value if own else value
        self.hold(array, plain)
        array.value[key] = plain
        operand = None if not own else ~value.node if value.passive else value.node
        passive = array.passive and (not own or value.passive)
        step = WriteStep(WRITE, {"key": key}, (array.shape, getattr(plain, "shape", ())), array.shape, _NOTHING_KEPT)
        step.number = len(self)
        self.append((step, (~array.node if array.passive else array.node, operand), (), None))
        array.node, array.passive = step.number, passive

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


def follow(result: TracedArray, base: TracedArray, primitive: Primitive, parameters: dict[str, Any]) -> None:
    """Note that `result` is a view of `base`, taken by `primitive`."""
    key = parameters.get("key")
    take = partial(primitive, **parameters) if key is None else operator.itemgetter(key)
    result.follow(base, take, key, primitive is not spread)


def _share(operands: Sequence[Any]) -> None:
    """Note that somebody else holds the operands' memory now."""
    for operand in operands:
        if operand.__class__ is TracedArray:
            operand.shared = True


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


