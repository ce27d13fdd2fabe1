"""The tape: a flat Wengert list of what was done, which reverse mode and every other reader read.

A record is ``(step, operands, values, out)``. A step holds the primitive, its parameters and the
shapes; operands are record numbers: None for a constant, ``~number`` for a passive value. Values
and out are kept where a partial reads them, else None.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from .arrays import ComplexArray, TapeArray, recorded
from .kinds import Elementwise, Primitive, require_analytic
from .levels import Level, Traced, duplicate, next_number, refuse_threads
from .operands import is_complex
from .scalars import TapeFloat
from .steps.elements import WRITE, ElementStep, GatherStep, WriteStep
from .steps.elementwise import elementwise_step
from .steps.step import ComplexStep, MatmulStep, Step
from .table.products import matmul
from .table.structural import gather, spread
from .tracing import PassiveScalar, TracedArray, TracedScalar

#: Constants up to this many bytes are copied at each use; larger ones have one snapshot.
SMALL = 2048

Record = tuple[Any, tuple[Any, ...], tuple[Any, ...], Any]

INPUT = Primitive("input", lambda: None)
CONSTANT = Primitive("constant", lambda: None)
GUARD = Primitive("guard", lambda: None)
GUARD_STEP = Step(GUARD, {}, ((),), (), (False,))
_STEPS: dict[Primitive, type[Step]] = {gather: GatherStep, matmul: MatmulStep}
_FIRST = (True,)
_REAL = frozenset("fiub")
_ARRAYS = frozenset({TapeArray, ComplexArray})
_NO_PARAMETERS: dict[str, Any] = {}

#: Steps by primitive, shapes, live operands and parameters: records that are alike share one.
STEPS: dict[Any, Step] = {}
_MOST_STEPS = 2**16


def new_step(
    primitive: Primitive,
    parameters: dict[str, Any],
    shapes: tuple[Any, ...],
    out: Any,
    live: tuple[bool, ...],
    complexes: tuple[bool, ...] = (False,),
) -> Step:
    """The step of a record; `complexes` says which operands are complex."""
    smooth = tuple([flag and primitive.differentiable(position) for position, flag in enumerate(live)])
    if True in complexes or is_complex(out):
        complex_step = ComplexStep(primitive, parameters, shapes, getattr(out, "shape", ()), smooth)
        complex_step.complexes = complexes
        return complex_step
    kind = elementwise_step if isinstance(primitive, Elementwise) else _STEPS.get(primitive, Step)
    return kind(primitive, parameters, shapes, getattr(out, "shape", ()), smooth)


def remember(key: tuple[Any, ...], step: Step) -> Step:
    """Keep a step for records like this one; those whose parameters cannot be hashed are not kept."""
    if key[-1] is not None:
        if len(STEPS) >= _MOST_STEPS:
            STEPS.clear()
        STEPS[key] = step
    return step


_NOTHING_KEPT = (False, False)


def _keep_memory_at_hand() -> None:
    """Let the C library keep freed blocks instead of returning them to the system after each sweep.

    A tape frees all its arrays at once; glibc would give that memory back, and the next gradient would
    pay a page fault for every 4 KB of it (three quarters of the time at 1e5 elements). Freeing one
    block of 31 MiB, never touched, moves the threshold for good. Elsewhere it does nothing.
    """
    np.empty(31 * 2**20, dtype=np.uint8)


_keep_memory_at_hand()


class Tape(list[Record], Level):
    """The list of records, and the level of the values that belong to it."""

    def __init__(self) -> None:
        super().__init__()
        self.number = next_number()
        self.alive = True
        self._snapshots: dict[Any, tuple[Any, Any]] = {}

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__

    @property
    def largest(self) -> int:
        """Number of elements of the largest array on the tape."""
        return max((math.prod(record[0].shape) for record in self), default=1)

    def input(self, leaf: Any) -> Traced:
        """`leaf` as an independent variable."""
        return self._enter(INPUT, leaf, passive=False)

    def constant(self, value: Any) -> Traced:
        return self._enter(CONSTANT, value, passive=True)

    def _enter(self, primitive: Primitive, value: Any, passive: bool) -> Traced:
        key = (primitive, value.shape)
        step = STEPS.get(key)
        if step is None:
            step = remember(key, Step(primitive, _NO_PARAMETERS, (), value.shape, ()))
        index = len(self)
        self.append((step, (), (), None))
        if len(self) - index != 1:
            refuse_threads()
        value = value[()] if type(value) is np.ndarray and not value.ndim else value
        traced: Traced = self._wrap(value, index, passive)
        if isinstance(traced, TapeArray):
            traced.shared = primitive is INPUT
        return traced

    def guard(self, passive: Traced) -> None:
        self.append((GUARD_STEP, (passive.node,), (), passive.value))

    def apply(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        if len(operands) == 1 and type(operands[0]) is TapeArray:
            return self._unary(primitive, operands[0], parameters)
        if len(operands) == 2 and not parameters:
            result = self.binary(primitive, *operands)
            if result is not None:
                return result
        return self._general(primitive, operands, parameters)

    def _unary(self, primitive: Primitive, operand: TapeArray, parameters: dict[str, Any]) -> Any:
        """`_general` for one array of this level, without its loops."""
        if operand.source is not None:
            operand.refresh()
        value = operand.value
        node = operand.node
        if type(value) is not np.ndarray:
            return self._general(primitive, (operand,), parameters)
        out = primitive.evaluate(value, **parameters) if parameters else primitive.evaluate(value)
        if type(out) is tuple:
            return tuple(
                [
                    self.finish(new_step(primitive, parameters, (value.shape,), part, (False,)), (operand,), (node,), (), part)
                    for part in out
                ]
            )
        signature = primitive.signature(parameters)
        key = (primitive, value.shape, node >= 0, signature)
        step = None if signature is None else STEPS.get(key)
        if step is None:
            step = remember(key, new_step(primitive, parameters, (value.shape,), out, (node >= 0,)))
        kept: tuple[Any, ...] = step.nothing
        if step.keeps_any:
            kept = (value,)
            operand.shared = True
        return self.finish(step, (operand,), (node,), kept, out)

    def binary(self, primitive: Primitive, left: Any, right: Any) -> Any:
        """`_general` for two plain arrays of this level, or one and a constant; None where it is something else."""
        i = j = None
        x_shape: tuple[int, ...] = ()
        y_shape: tuple[int, ...] = ()
        x, y = left, right
        if type(left) is TapeArray and left.level is self:
            if left.source is not None:
                left.refresh()
            x, i = left.value, left.node
        if type(right) is TapeArray and right.level is self:
            if right.source is not None:
                right.refresh()
            y, j = right.value, right.node
        if type(x) is np.ndarray and x.dtype.kind in _REAL:
            x_shape = x.shape
        elif type(x) is not float and type(x) is not int:
            return None
        if type(y) is np.ndarray and y.dtype.kind in _REAL:
            y_shape = y.shape
        elif type(y) is not float and type(y) is not int:
            return None
        out = primitive.evaluate(x, y)
        if type(out) is tuple:
            return None
        x_live, y_live = i is not None and i >= 0, j is not None and j >= 0
        key = (primitive, x_shape, y_shape, x_live, y_live)
        step = STEPS.get(key)
        if step is None:
            step = remember(key, new_step(primitive, _NO_PARAMETERS, (x_shape, y_shape), out, (x_live, y_live)))
        kept: tuple[Any, ...] = step.nothing
        if step.keeps_any:
            x_kept, y_kept = step.keeps
            kept = (self._keep(x, i) if x_kept else None, self._keep(y, j) if y_kept else None)
            _share((left, right))
        return self.finish(step, (left, right), (i, j), kept, out)

    def _general(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        values: list[Any] = []
        nodes: list[int | None] = []
        nested = False
        for operand in operands:
            own = isinstance(operand, Traced) and operand.level is self
            if own and type(operand) in _ARRAYS:
                operand.refresh()
            value = operand.value if own else operand
            nodes.append(operand.node if own else None)
            values.append(np.float64(value) if own and type(value) is float else value)
            nested = nested or isinstance(value, Traced)
        out = primitive(*values, **parameters) if nested else primitive.evaluate(*values, **parameters)
        shapes = tuple([getattr(value, "shape", ()) for value in values])
        live = tuple([node is not None and node >= 0 for node in nodes])
        complexes = tuple([is_complex(value) for value in values])
        if True in complexes:
            require_analytic(primitive)
        results = []
        for part in out if type(out) is tuple else (out,):
            step = new_step(primitive, parameters, shapes, part, live, complexes)
            kept = tuple([self._keep(v, n) if k else None for v, n, k in zip(values, nodes, step.keeps, strict=True)])
            if step.keeps_any:
                _share(operands)
            results.append(self.finish(step, operands, tuple(nodes), kept, part))
        return tuple(results) if type(out) is tuple else results[0]

    def finish(self, step: Step, operands: Sequence[Any], nodes: tuple[Any, ...], kept: tuple[Any, ...], out: Any) -> Any:
        """Append the record and wrap the output."""
        if type(out) is np.ndarray and out.ndim and out.dtype.kind != "c":
            result: Any = recorded(self, step, nodes, kept, out)
            if not step.smooth:
                result.node = ~result.node
        else:
            index = len(self)
            self.append((step, nodes, kept, out if step.keeps_out else None))
            if len(self) - index != 1:
                refuse_threads()
            result = self._wrap(out, index, not step.smooth)
            if type(result) not in _ARRAYS:
                return result
            result.shared = result.shared or step.keeps_out
        if type(out) is np.ndarray and out.base is not None:
            result.shared = True
            _share(operands)
        if step.primitive.views and type(operands[0]) in _ARRAYS and step.primitive.is_view(operands[0].layout, step.parameters):
            follow(result, operands[0], step.primitive, step.parameters)
        return result

    def _wrap(self, out: Any, index: int, passive: bool) -> Any:
        node = ~index if passive else index
        kind = type(out)
        if kind is np.ndarray:
            if out.ndim:
                return (TapeArray if out.dtype.kind != "c" else ComplexArray)(out, self, node, passive)
            out = out[()]
        elif isinstance(out, TracedArray):
            inner = (ComplexArray if is_complex(out) else TapeArray)(out.detached(), self, node, passive)
            inner.shared = True
            return inner
        if passive:
            return PassiveScalar(out, self, node)
        if type(out) is np.float64:
            return TapeFloat(float(out), self, node)
        return TracedScalar(out, self, node)

    def element(self, array: TapeArray, index: int) -> Any:
        if array.source is not None:
            array.refresh()
        value = array.value
        if type(value) is not np.ndarray or value.ndim != 1 or value.dtype != np.float64:
            return None
        number = len(self)
        out = value.item(index)
        mark = (value.size, index)
        step = STEPS.get(mark)
        if step is None:
            step = remember(mark, ElementStep(gather, {"key": index}, (value.shape,), (), _FIRST))
        self.append((step, (array.node,), step.nothing, None))
        if len(self) - number != 1:
            refuse_threads()
        return PassiveScalar(np.float64(out), self, ~number) if array.passive else TapeFloat(out, self, number)

    def write(self, array: Any, key: Any, value: Any) -> None:
        own = isinstance(value, Traced) and value.level is self
        if isinstance(value, TapeArray):
            value.refresh()
        plain = value.value if own else value
        self.hold(array, plain)
        array.value[key] = plain
        operand = value.node if own else None
        passive = array.passive and (not own or value.passive)
        step = WriteStep(WRITE, {"key": key}, (array.shape, getattr(plain, "shape", ())), array.shape, _NOTHING_KEPT)
        step.number = len(self)
        step.complexes = (True, is_complex(plain)) if is_complex(array) else None
        self.append((step, (array.node, operand), (None, None), None))
        if len(self) - step.number != 1:
            refuse_threads()
        array.node, array.passive = ~step.number if passive else step.number, passive

    def _keep(self, value: Any, index: int | None) -> Any:
        """A value for the record: what is not ours is copied, since f may overwrite it later."""
        if index is not None or type(value) is not np.ndarray or (value.base is None and not value.flags.writeable):
            return value.detached() if isinstance(value, TracedArray) else value
        if value.nbytes <= SMALL:
            return duplicate(value)
        key = (value.__array_interface__["data"][0], value.shape, value.strides, value.dtype)
        known = self._snapshots.get(key)
        if known is None or not np.array_equal(known[1], value, equal_nan=value.dtype.kind in "fc"):
            known = self._snapshots[key] = (value, duplicate(value))
        return known[1]


def follow(result: TracedArray, base: TracedArray, primitive: Primitive, parameters: dict[str, Any]) -> None:
    """Note that `result` is a view of `base`, taken by `primitive`."""
    if primitive is gather:
        result.follow(base, None, parameters["key"])
    else:
        result.follow(base, partial(primitive, **parameters), None, primitive is not spread)


def _share(operands: Sequence[Any]) -> None:
    """Note that somebody else holds the operands' memory now."""
    for operand in operands:
        if type(operand) in _ARRAYS:
            operand.shared = True
