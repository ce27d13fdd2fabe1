"""The concolic trace: values that carry their number at x and their expression.

Python's branches are decided by the numbers. What they decided, and every plain value that was
used, is noted as a guard: the expressions hold wherever all guards do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import UnsupportedError
from ..kinds import Constant, Elementwise, Primitive, require_analytic
from ..levels import Level, Traced, next_number
from ..operands import is_complex
from ..tape import follow
from ..tracing import PassiveScalar, TracedArray, TracedScalar
from . import decompositions, fourier  # noqa: F401 - they fill RULES
from .arrays import rule_of
from .budget import Budget, ask, asked
from .elementwise import apply_constant, apply_elementwise
from .objects import as_objects, unwrapped
from .parts import parts_of_array
from .refusals import called, unknown
from .walking import Graph

_SINGLE = (np.dtype(np.float32), np.dtype(np.float16))


class Guard(NamedTuple):
    """A condition of the path: `function` of the values of `expressions` gave `value`; `name` is what to call it.

    The values are of `dtypes`: float64, or whole numbers and booleans, which count as such. Where it is `origin` called with
    `parameters`, this is said too; f wrote it as `wrote`.
    """

    name: str
    function: Callable[..., Any]
    expressions: list[Any]
    dtypes: list[Any]
    value: Any
    origin: Callable[..., Any] | None = None
    wrote: str = ""
    parameters: dict[str, Any] = {}  # noqa: RUF012 - an empty one that nobody writes into


class SymbolicLevel(Level):
    """The level of expressions; a traced value's trace is an expression or an object array of them.

    Attributes
    ----------
    guards : list of Guard
    known : dict
        What kinked and locally constant expressions are at x: one smooth branch, or a number.
    parts : dict
        The real and the imaginary parts of complex expressions that were taken apart.
    graph : Graph
        Keeps one object for every distinct expression.
    """

    def __init__(self, budget: Budget) -> None:
        self.number = next_number()
        self.alive = True
        self.guards: list[Guard] = []
        self.known: dict[Any, Any] = {}
        self.parts: dict[Any, tuple[Any, Any]] = {}
        self.graph = Graph(budget)

    def input(self, leaf: Any, symbols: Any) -> Traced:
        """`leaf` as independent variables of the given symbols."""
        traced: Traced = self._wrap(leaf, symbols, passive=False)
        return traced

    def constant(self, value: Any) -> Traced:
        traced: Traced = self._wrap(value, None, passive=True)
        return traced

    def guard(self, passive: Traced) -> None:
        if passive.node is None:
            return
        if not is_complex(passive.value):
            self.note("value", itself, [passive.node], [passive.value], passive.value)
            return
        for trace, value in zip(parts_of_array(self, passive.node, passive.value), (passive.value.real, passive.value.imag)):
            self.note("value", itself, [trace], [value], value)

    def note_primitive(
        self, primitive: Primitive, traces: Sequence[Any], values: Sequence[Any], out: Any, parameters: dict[str, Any]
    ) -> None:
        """Note what a primitive gave."""

        def again(*plain: Any) -> Any:
            found = primitive(*plain, **parameters)
            return np.stack(found) if type(found) is tuple else found

        value = np.stack(out) if type(out) is tuple else out
        self.note(primitive.name, again, traces, values, value, primitive.evaluate, parameters)

    def note(
        self,
        name: str,
        function: Callable[..., Any],
        traces: Sequence[Any],
        values: Sequence[Any],
        value: Any,
        origin: Callable[..., Any] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        """Note that `function` of operands with these expressions gave `value`, unless they are all constants."""
        expressions: list[Any] = []
        dtypes: list[Any] = []
        for trace, plain in zip(traces, values, strict=True):
            expressions += parts_of_array(self, trace, plain) if is_complex(plain) else [as_objects(trace, plain)]
            kept = np.asarray(plain).dtype
            dtypes += [np.dtype(np.float64)] * 2 if kept.kind == "c" else [kept if kept.kind in "biu" else np.dtype(np.float64)]
        if any(not expression.is_Number for array in expressions for expression in array.flat):
            whole = len(expressions) == len(values)
            of_parts = function if whole else _of_parts(function, [is_complex(plain) for plain in values])
            wrote = called(name) if origin is not None else name
            found = np.array(value)
            self.guards.append(
                Guard(name, of_parts, expressions, dtypes, found, origin if whole else None, wrote, parameters or {})
            )

    def trace_of(self, operand: Any) -> Any:
        """The expression or expressions of an operand; None for a constant."""
        return operand.node if isinstance(operand, Traced) and operand.level is self else None

    def unique(self, trace: Any) -> Any:
        """The same expression or expressions, as the objects that the graph keeps."""
        if not isinstance(trace, np.ndarray):
            return self.graph.unique(trace)
        made = np.empty(trace.shape, dtype=object)
        for index, expression in enumerate(asked(trace.ravel())):
            made.flat[index] = self.graph.unique(expression)
        return unwrapped(made)

    def apply(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        ask()
        values: list[Any] = []
        arrays: list[TracedArray] = []
        active = False
        for position, operand in enumerate(operands):
            own = isinstance(operand, Traced) and operand.level is self
            if own and type(operand) is TracedArray:
                operand.refresh()
                arrays.append(operand)
            value = operand.value if own else operand
            if isinstance(value, Traced):
                raise nested_error()
            if is_complex(value):
                require_analytic(primitive)
            values.append(np.float64(value) if own and type(value) is float else value)
            active = active or (own and not operand.passive and primitive.differentiable(position))
        if not any(getattr(value, "dtype", None) in _SINGLE for value in values):
            # Beside numbers of fewer digits, Python's own floats are rounded to as few; elsewhere they are doubles.
            values = [np.float64(value) if type(value) is float else value for value in values]
        out = primitive(*values, **parameters)
        traces = [self.trace_of(operand) for operand in operands]
        if type(out) is tuple:
            self.note_primitive(primitive, traces, values, out, parameters)
            return tuple(self._wrap(part, None, passive=True) for part in out)
        trace = self._translate(primitive, traces, values, out, parameters)
        result = self._wrap(out, trace, passive=not active)
        if type(result) is TracedArray:
            for array in arrays:
                array.shared = True
            if primitive.views and type(operands[0]) is TracedArray and primitive.is_view(operands[0].layout, parameters):
                follow(result, operands[0], primitive, parameters)
        return result

    def _translate(self, primitive: Primitive, traces: list[Any], values: list[Any], out: Any, parameters: dict[str, Any]) -> Any:
        if all(trace is None for trace in traces):
            return None
        if isinstance(primitive, Elementwise):
            return apply_elementwise(self, primitive, traces, values, out, parameters)
        if isinstance(primitive, Constant):
            trace = apply_constant(self, primitive, traces, values, out, parameters)
            if trace is None:
                self.note_primitive(primitive, traces, values, out, parameters)
            return trace
        rule = rule_of(primitive)
        if rule is None:
            raise unknown(primitive)
        return self.unique(rule(self, traces, values, out, **parameters))

    def _wrap(self, out: Any, trace: Any, passive: bool) -> Any:
        out = out[()] if isinstance(out, np.ndarray) and out.ndim == 0 else out
        if np.ndim(out):
            array = TracedArray(out, self, trace, passive)
            array.shared = True
            return array
        return PassiveScalar(out, self, unwrapped(trace)) if passive else TracedScalar(out, self, unwrapped(trace))

    def write(self, array: Any, key: Any, value: Any) -> None:
        ask()
        own = isinstance(value, Traced) and value.level is self
        if isinstance(value, TracedArray):
            value.refresh()
        plain = value.value if own else value
        if isinstance(plain, Traced):
            raise nested_error()
        trace = None if array.node is None and not own else as_objects(array.node, array.value).copy()
        array.value[key] = plain
        if trace is not None:
            written = as_objects(self.trace_of(value), plain)
            trace[key] = written if written.ndim else written[()]
        array.node = trace
        array.passive = array.passive and (not own or value.passive)


def itself(value: Any) -> Any:
    """The function of a guard on the plain value that was used."""
    return value


def _of_parts(function: Callable[..., Any], split: Sequence[bool]) -> Callable[..., Any]:
    """`function` of operands of which the complex ones are given as their real and their imaginary part."""

    def joined(*plain: Any) -> Any:
        numbers = iter(plain)
        return function(*(next(numbers) + 1j * next(numbers) if flag else next(numbers) for flag in split))

    return joined


def nested_error() -> UnsupportedError:
    """The error for a symbolic derivative inside another one."""
    return UnsupportedError(
        "Symbolic differentiation inside another derivative is not supported: its symbols cannot carry the outer derivative. "
        "Use method='forward' or method='reverse' inside, or ad.hessian(f, x, method='symbolic') for second derivatives."
    )
