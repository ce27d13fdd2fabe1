"""Forward mode: dual numbers whose tangents carry one leading axis of k seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .careful import Masked, careful_jvp, has_nan
from .differentiator import Differentiator
from .function import Function, Leaves
from .kinds import Application, Primitive, require_analytic
from .levels import Level, Traced, beside, next_number, read_outputs
from .operands import is_complex
from .protocols import peel
from .steps.elements import WRITE, write_seeded
from .tape import follow
from .tracing import PassiveScalar, TracedArray, TracedScalar


class DualLevel(Level):
    """The level of dual numbers; a traced value's trace is its tangent, None where it is zero."""

    def __init__(self) -> None:
        self.number = next_number()
        self.alive = True
        self.largest = 1

    def push(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """The tangent of the output."""
        return application.primitive.jvp(application, out, values, tangents)

    def input(self, leaf: Any, tangent: Any) -> Traced:
        """`leaf` as an independent variable with the given tangents."""
        traced: Traced = self._wrap(leaf[()] if type(leaf) is np.ndarray and leaf.ndim == 0 else leaf, tangent)
        return traced

    def constant(self, value: Any) -> Traced:
        traced: Traced = self._wrap(value, None)
        return traced

    def apply(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        values: list[Any] = []
        tangents: list[Any] = []
        arrays: list[TracedArray] = []
        for position, operand in enumerate(operands):
            own = isinstance(operand, Traced) and operand.level is self
            if own and type(operand) is TracedArray:
                operand.refresh()
                arrays.append(operand)
            value = operand.value if own else operand
            values.append(np.float64(value) if own and type(value) is float else value)
            tangents.append(operand.node if own and primitive.differentiable(position) else None)
            if is_complex(value):
                require_analytic(primitive)
        nested = any(isinstance(value, Traced) for value in values)
        out = primitive(*values, **parameters) if nested else primitive.evaluate(*values, **parameters)
        if type(out) is tuple:
            return tuple(self._wrap(part, None) for part in out)
        tangent = None
        if any(part is not None for part in tangents):
            shapes = tuple(getattr(value, "shape", ()) for value in values)
            with np.errstate(all="ignore"):
                tangent = self.push(Application(primitive, parameters, shapes, np.shape(out)), out, values, tangents)
        if not np.ndim(out):
            return self._wrap(out, self.own(tangent))
        # Tangents pass through some rules unchanged, so that memory may be shared: a later write copies.
        for array in arrays:
            array.shared = True
        result = self._wrap(out, tangent)
        if primitive.views and type(operands[0]) is TracedArray and primitive.is_view(operands[0].layout, parameters):
            follow(result, operands[0], primitive, parameters)
        self.largest = max(self.largest, out.size)
        return result

    def own(self, tangent: Any) -> Any:
        """The tangent of a scalar in memory of its own: it must not change when the array that it was read from does."""
        return tangent.copy() if type(tangent) is np.ndarray and tangent.base is not None else tangent

    def _wrap(self, out: Any, tangent: Any) -> Any:
        out = out[()] if type(out) is np.ndarray and out.ndim == 0 else out
        if isinstance(out, TracedArray):
            out = out.detached()
        if np.ndim(out):
            array = TracedArray(out, self, tangent, passive=tangent is None)
            array.shared = True
            return array
        return PassiveScalar(out, self, None) if tangent is None else TracedScalar(out, self, tangent)

    def write(self, array: Any, key: Any, value: Any) -> None:
        own = isinstance(value, Traced) and value.level is self
        if isinstance(value, TracedArray):
            value.refresh()
        plain = value.value if own else value
        self.hold(array, plain)
        array.value[key] = plain
        tangent = value.node if own else None
        if tangent is None and array.node is None:
            return
        array.node = self.write_tangent(array, key, tangent, np.shape(value))
        array.passive = False

    def write_tangent(self, array: Any, key: Any, tangent: Any, shape: tuple[int, ...]) -> Any:
        """The array's tangent after a write; in place where the memory is the array's own."""
        old = array.node
        seeds = (old if tangent is None else tangent).shape[0]
        new = np.zeros((seeds, *array.shape), array.dtype) if old is None else old
        if isinstance(tangent, Traced) and not isinstance(new, Traced):
            new = tangent.level.constant(new)
        write_seeded(new, key, np.zeros((seeds, *shape)) if tangent is None else tangent, shape)
        return new

    def unshare(self, array: Any) -> None:
        super().unshare(array)
        if array.node is not None:
            array.node = array.node.copy()


class CarefulDualLevel(DualLevel):
    """Dual numbers whose tangents carry a mask of the elements that are not zero by structure."""

    def push(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Masked:
        return careful_jvp(application, out, values, tangents)

    def own(self, tangent: Any) -> Any:
        return None if tangent is None else (super().own(tangent[0]), super().own(tangent[1]))

    def write_tangent(self, array: Any, key: Any, tangent: Any, shape: tuple[int, ...]) -> Masked:
        old = array.node
        seeds = (old if tangent is None else tangent)[0].shape[0]
        zero = np.zeros((seeds, *shape))
        written = (zero, zero > 0) if tangent is None else tangent
        application = Application(WRITE, {"key": key}, (array.shape, shape), array.shape)
        return careful_jvp(application, None, (), (old, written))

    def unshare(self, array: Any) -> None:
        Level.unshare(self, array)


class Forward(Differentiator):
    """Forward mode with dual numbers.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.Forward().differentiate(np.sin, 0.0)
    np.float64(1.0)
    """

    name = "forward"
    traces = True

    def jvp(self, function: Function, tangents: Leaves) -> tuple[Leaves, Leaves]:
        return push_forward(function, tangents, DualLevel, CarefulDualLevel)


def push_forward(
    function: Function, tangents: Leaves, plain: type[DualLevel], careful: type[DualLevel]
) -> tuple[Leaves, list[Any]]:
    """f's outputs and their tangents by a run on the `plain` level, and once more on the `careful` one after a NaN."""
    tangents = [beside(tangent, leaf) for tangent, leaf in zip(tangents, function.inputs, strict=True)]
    outputs, pushed = _run(plain(), function, tangents)
    if any(has_nan(tangent) for tangent in pushed):
        masked = [(tangent, np.asarray(peel(tangent)) != 0) for tangent in tangents]
        outputs, masked_out = _run(careful(), function, masked)
        pushed = [tangent[0] if isinstance(tangent, tuple) else tangent for tangent in masked_out]
    return outputs, pushed


def _run(level: DualLevel, function: Function, tangents: Sequence[Any]) -> tuple[Leaves, list[Any]]:
    try:
        traced = function([level.input(leaf, tangent) for leaf, tangent in zip(function.inputs, tangents, strict=True)])
    finally:
        level.alive = False
    function.largest = max(function.largest, level.largest)
    outputs, traces = read_outputs(level, traced)
    seeds = next((np.shape(t[0] if isinstance(t, tuple) else t)[0] for t in tangents), 1)
    pushed: list[Any] = []
    for output, trace in zip(outputs, traces, strict=True):
        tangent = np.zeros((seeds, *np.shape(output))) if trace is None else trace
        # Nobody else may hold a result: it could be one of the seeds, or the tangent of two outputs.
        held = type(tangent) is np.ndarray and (
            tangent.base is not None or any(tangent is other for other in (*tangents, *pushed))
        )
        pushed.append(tangent.copy() if held else tangent)
    return outputs, pushed
