"""The array fast path: what the general path of a tape does, without its loops and look-ups.

It serves operands of one tape whose values are plain arrays and that are not passive, and Python
numbers; everything else (other levels, constants that need a snapshot, lists) falls back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .keys import plain_key
from .kinds import Elementwise, Reduction
from .levels import Traced, refuse_threads
from .protocols import call_function, call_ufunc
from .rules import ELEMENTWISE
from .scalars import TapeFloat
from .steps.elements import GatherStep
from .steps.elementwise import elementwise_step
from .steps.step import MatmulStep, Step
from .table.elementwise import constant_power
from .table.products import matmul
from .table.structural import gather, total
from .tracing import TracedArray
from .views import View

_NO_PARAMETERS: dict[str, Any] = {}
_SQUARE = ELEMENTWISE[np.square]
#: Of an array and a constant one.
_BINARY: dict[Any, Any] = {ufunc: ELEMENTWISE[ufunc] for ufunc in (np.add, np.subtract, np.multiply, np.divide)}
_BINARY[np.matmul] = matmul
_new = object.__new__

#: Steps that records share, by shapes and parameters; forgotten all at once when there are too many.
_MOST_STEPS = 4096


class TapeArray(TracedArray):
    """A traced array on a tape: its node is a record number, ``~number`` where it is passive."""

    __slots__ = ()

    @property
    def passive(self) -> bool:
        """Whether it is (so far) locally constant."""
        return bool(self.node < 0)

    @passive.setter
    def passive(self, flag: bool) -> None:
        """The node says it."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if len(inputs) == 1 and method == "__call__" and not options:
            rule = ELEMENTWISE.get(ufunc)
            if rule is not None and self.node >= 0:
                return _unary(self, rule, None, ufunc, _NO_PARAMETERS)
        elif len(inputs) == 2 and method == "__call__" and not options:
            rule = _BINARY.get(ufunc)
            tape: Any = self.level
            result = None if rule is None else tape.binary(rule, *inputs)
            if result is not None:
                return result
        return call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        known = function in _REDUCTIONS and arguments and arguments[0] is self
        if not known or type(self.value) is not ndarray or self.node < 0:
            return call_function(function, arguments, options, self)
        tape: Any = self.level
        step = mark = None
        if (len(arguments) == 1 and not options) or _are_plain(arguments[1:], options):
            mark = (function, self.value.dtype, self.value.shape, arguments[1:], *options.items())
            step = _reduction_steps.get(mark)
        if step is not None:
            return _reduced(self, tape, step)
        index = len(tape)
        result = call_function(function, arguments, options, self)
        if mark is not None and len(tape) == index + 1 and isinstance(result, Traced) and result.node == index:
            step = tape[index][0]
            if isinstance(step.primitive, Reduction) or step.primitive is total:
                _step(_reduction_steps, mark, step)
        return result

    def __pow__(self, other: Any) -> Any:
        if (type(other) is int or type(other) is float) and self.node >= 0:
            if other == 2:
                return _unary(self, _SQUARE, None, np.square, _NO_PARAMETERS)
            return _unary(self, constant_power, other, None, {"exponent": other})
        return TracedArray.__pow__(self, other)

    def __neg__(self) -> Any:
        return np.negative(self)

    def __getitem__(self, key: Any) -> Any:
        if type(key) is tuple and len(key) == 1:
            key = key[0]
        if type(key) is slice:
            if type(key.start) in _ENDS and type(key.stop) in _ENDS and type(key.step) in _ENDS:
                return _piece(self, key)
        elif type(key) is int:
            found = self.level.element(self, key)
            if found is not None:
                return found
        return self.level.apply(gather, (self,), {"key": plain_key(key)})


def _step(steps: dict[Any, Any], key: Any, step: Step) -> Any:
    if len(steps) >= _MOST_STEPS:
        steps.clear()
    steps[key] = step
    return step


def recorded(tape: Any, step: Step, nodes: tuple[Any, ...], kept: tuple[Any, ...], out: Any) -> TapeArray:
    """Append a record of an array that is not passive."""
    result = _new(TapeArray)
    result.value = out
    result.level = tape
    result.node = index = len(tape)
    result.shared = step.keeps_out
    result.source = None
    result.version = 0
    tape.append((step, nodes, kept, out if step.keeps_out else None))
    if len(tape) - index != 1:
        refuse_threads()
    return result


_unary_steps: dict[Any, Any] = {}


def _unary(operand: TapeArray, rule: Elementwise, mark: Any, ufunc: Any, parameters: dict[str, Any]) -> Any:
    """An elementwise function of one array; `mark` tells its parameters."""
    if operand.source is not None:
        operand.refresh()
    x = operand.value
    if type(x) is not ndarray:
        return operand.level.apply(rule, (operand,), parameters)
    out = x**mark if ufunc is None else ufunc(x)
    key = (rule, mark, x.shape)
    step = _unary_steps.get(key) or _step(_unary_steps, key, elementwise_step(rule, parameters, (x.shape,), x.shape, (True,)))
    kept = step.nothing
    if step.keeps_any:
        kept = (x,)
        operand.shared = True
    return recorded(operand.level, step, (operand.node,), kept, out)


#: Calls such as ``np.sum(x, axis=0)`` that came down to one reduction, by function, dtype, shape and options.
_reduction_steps: dict[Any, Any] = {}


_AXES = frozenset({int, type(None)})
_REDUCTIONS = frozenset({np.sum, np.max, np.amax, np.min, np.amin, np.linalg.norm, np.linalg.det})


def _are_plain(arguments: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether a call has an axis, several, and keepdims alone: values that are equal mean the same then."""
    for value in arguments:
        if type(value) not in _AXES and not (type(value) is tuple and {type(part) for part in value} <= _AXES):
            return False
    for name, value in options.items():
        if name == "keepdims" and type(value) is bool:
            continue
        if type(value) not in _AXES and not (type(value) is tuple and {type(part) for part in value} <= _AXES):
            return False
    return True


def _reduced(array: TapeArray, tape: Any, step: Step) -> Any:
    """A call that is known to be one reduction of `array`."""
    if array.source is not None:
        array.refresh()
    value = array.value
    out = step.primitive.evaluate(value, **step.parameters)
    kept = step.nothing
    if step.keeps_any:
        kept = (value,)
        array.shared = True
    if type(out) is np.float64:
        index = len(tape)
        tape.append((step, (array.node,), kept, out if step.keeps_out else None))
        if len(tape) - index != 1:
            refuse_threads()
        return TapeFloat(float(out), tape, index)
    return tape.finish(step, (array,), (array.node,), kept, out)


_piece_steps: dict[Any, Any] = {}

#: What the ends of a slice may be for the fast path.
_ENDS = frozenset({int, type(None)})


def _piece(array: TapeArray, key: slice) -> Any:
    """A slice of the first axis, a view."""
    if array.source is not None:
        array.refresh()
    value = array.value
    if type(value) is not ndarray:
        return array.level.apply(gather, (array,), {"key": key})
    mark = (value.shape, key.start, key.stop, key.step)
    step = _piece_steps.get(mark)
    if step is None:
        out = gather.evaluate(value, key=key)
        step = _step(_piece_steps, mark, GatherStep(gather, {"key": key}, (value.shape,), out.shape, (True,)))
    tape: Any = array.level
    node = array.node
    result = _new(TapeArray)
    result.value = gather.evaluate(value, key=key) if step.copies else value[key]
    result.level = tape
    index = len(tape)
    result.node = index if node >= 0 else ~index
    result.shared = array.shared = True
    result.source = View(array, None, key, True)
    result.version = 0
    tape.append((step, (node,), step.nothing, None))
    if len(tape) - index != 1:
        refuse_threads()
    return result


def _forward(ufunc: Any, rule: Any, kind: Any, general: Any) -> Any:
    """``x op y`` for an array of the tape and another, or a number."""
    steps: dict[Any, Any] = {}

    def forward(self: TapeArray, other: Any) -> Any:
        if self.source is not None:
            self.refresh()
        tape: Any = self.level
        x, i = self.value, self.node
        if type(other) is TapeArray:
            if other.source is not None:
                other.refresh()
            y, j = other.value, other.node
            if other.level is not tape or type(y) is not ndarray or j < 0:
                return general(self, other)
            y_shape = y.shape
        elif type(other) is float or type(other) is int:
            y, j, y_shape = other, None, None
        else:
            return general(self, other)
        if type(x) is not ndarray or i < 0:
            return general(self, other)
        out = ufunc(x, y)
        key = (x.shape, y_shape)
        step = steps.get(key)
        if step is None:
            step = _step(steps, key, kind(rule, _NO_PARAMETERS, (x.shape, y_shape or ()), np.shape(out), (True, j is not None)))
        kept = step.nothing
        if step.keeps_any:
            x_kept, y_kept = step.keeps
            kept = (x if x_kept else None, y if y_kept else None)
            self.shared = True
            if j is not None:
                other.shared = True
        if type(out) is not ndarray:
            return tape.finish(step, (self, other), (i, j), kept, out)
        return recorded(tape, step, (i, j), kept, out)

    return forward


def _reflected(ufunc: Any, rule: Any, kind: Any, general: Any) -> Any:
    """``number op y`` for an array of the tape."""
    steps: dict[Any, Any] = {}

    def reflected(self: TapeArray, other: Any) -> Any:
        if self.source is not None:
            self.refresh()
        y, j = self.value, self.node
        if (type(other) is not float and type(other) is not int) or type(y) is not ndarray or j < 0:
            return general(self, other)
        out = ufunc(other, y)
        step = steps.get(y.shape)
        if step is None:
            step = _step(steps, y.shape, kind(rule, _NO_PARAMETERS, ((), y.shape), out.shape, (False, True)))
        kept = step.nothing
        if step.keeps_any:
            kept = (other if step.keeps[0] else None, y if step.keeps[1] else None)
            self.shared = True
        return recorded(self.level, step, (None, j), kept, out)

    return reflected


for _name, _ufunc in (("add", np.add), ("sub", np.subtract), ("mul", np.multiply), ("truediv", np.divide)):
    _rule = ELEMENTWISE[_ufunc]
    setattr(TapeArray, f"__{_name}__", _forward(_ufunc, _rule, elementwise_step, getattr(TracedArray, f"__{_name}__")))
    setattr(TapeArray, f"__r{_name}__", _reflected(_ufunc, _rule, elementwise_step, getattr(TracedArray, f"__r{_name}__")))
setattr(TapeArray, "__matmul__", _forward(np.matmul, matmul, MatmulStep, getattr(TracedArray, "__matmul__")))  # noqa: B009, B010 - installed, as all operators are


class ComplexArray(TapeArray):
    """A traced array of complex numbers on a tape: the fast path is for real ones, so all goes the general way."""

    __slots__ = ()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return call_function(function, arguments, options, self)


def _install_general(name: str) -> None:
    def general(self: ComplexArray, *arguments: Any) -> Any:
        return getattr(TracedArray, name)(self, *arguments)

    setattr(ComplexArray, name, general)


for _name in ("add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "matmul", "pow", "getitem"):
    _install_general(f"__{_name}__")
