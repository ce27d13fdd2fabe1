"""The kinds of rule. No formulas: those are in `table`.

A rule is written once, as a partial of the output by one argument (or as a pair of linear maps).
Forward and reverse mode, second order and the trace all read that one statement. Tangents and
cotangents may carry one leading axis of k seeds; `lead_of` tells by the number of dimensions.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from .errors import MissingRuleError
from .levels import Traced, highest_level, lift
from .operands import as_numbers, needs_lift, plain_array
from .shapes import Shape, align, broadcast_seeds, lead_of, reduced_shape, sum_to_shape

_TRUSTED = frozenset({float, int, bool, np.float64, np.float32, np.bool_})


#: What is itself as a key.
_PLAIN = frozenset({int, float, str, type(None), type(Ellipsis), np.ufunc})


def frozen(value: Any) -> Any:
    """`value` as a part of a key; None where it cannot be one (arrays). True is not 1 here, as in an index."""
    kind = type(value)
    if kind in _PLAIN:
        return value if value is not None else kind
    if kind is tuple:
        parts = tuple([frozen(part) for part in value])
        return None if None in parts else parts
    if kind is slice:  # hashed by itself from Python 3.12 on only
        ends = frozen((value.start, value.stop, value.step))
        return None if ends is None else (slice, ends)
    return (bool, value) if kind is bool else None


class Application:
    """A primitive at given parameters and operand shapes: what the tape records, less the values."""

    __slots__ = ("parameters", "primitive", "shape", "shapes")

    def __init__(self, primitive: Primitive, parameters: dict[str, Any], shapes: tuple[Shape, ...], shape: Shape) -> None:
        self.primitive = primitive
        self.parameters = parameters
        self.shapes = shapes
        self.shape = shape


class Primitive:
    """A function whose derivative is known. Operands are positional, parameters are keywords.

    Attributes
    ----------
    name : str
    evaluate : callable
        ``evaluate(*values, **parameters)`` on plain arrays.
    passive : bool
        The output is locally constant: recorded, never differentiated.
    structural : bool
        Linear with coefficients 0 and 1 only: structural zeros pass through as such.
    views : bool
        The output may be a view of the first operand (see `is_view`).
    stacked : int
        How many of the output's last axes belong to one matrix of the operand, whose stacked matrices do not mix; 0: unknown.
    analytic : bool
        The rule holds for complex values too: the derivative is one complex number an element.
    continuation : callable or None
        `evaluate` beside the real line, for the complex step; None: `evaluate` itself where it is analytic.
    homogeneous : bool
        Operands of another size make an output of another size and nothing else: it has no scale of its own.
    chooses : bool
        The output is made of the operands' own elements; those that tie share equally.
    """

    passive = False
    structural = False
    views = False
    stacked = 0
    analytic = False
    continuation: Callable[..., Any] | None = None
    homogeneous = False
    chooses = False

    def is_view(self, layout: Callable[[], Any], parameters: dict[str, Any]) -> bool:
        """Whether NumPy's output shares memory with its first operand, so that writes are seen through both.

        `layout()` is a plain array with the operand's shape and strides.
        """
        return False

    def __init__(self, name: str, evaluate: Callable[..., Any]) -> None:
        self.name = name
        self.evaluate = evaluate

    def signature(self, parameters: dict[str, Any]) -> Any:
        """All parameters as a key, so that like records share one step; None where they cannot be one."""
        return frozen((*parameters, *parameters.values())) if parameters else ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.name}>"

    def __call__(self, *operands: Any, **parameters: Any) -> Any:
        level = None
        for operand in operands:
            kind = type(operand)
            if kind in _TRUSTED or (kind is np.ndarray and operand.dtype != object):
                continue
            if not isinstance(operand, Traced):
                if needs_lift(operand):
                    return self(*(as_numbers(lift(part)) for part in operands), **parameters)
                if issubclass(kind, np.ndarray) and kind is not np.ndarray:
                    return self(*(plain_array(part) for part in operands), **parameters)
                continue
            if level is not operand.level:
                level = operand.level if level is None else highest_level(operands)
        if level is None:
            return self.evaluate(*operands, **parameters)
        return level.apply(self, operands, parameters)

    def differentiable(self, position: int) -> bool:
        """Whether the output depends smoothly on the operand at `position`."""
        return not self.passive

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        """Whether derivatives by the active operands read the output, and which operands they read."""
        return True, (True,) * len(active)

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """Tangent of the output, shape ``(k, *out.shape)``; a tangent of None is zero."""
        raise NotImplementedError

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        """Cotangent of one operand, with the leading axis of `g` if it has one."""
        raise NotImplementedError


def plain_of(value: Any) -> Any:
    """The plain value of what a locally constant function is told; that it was used is recorded."""
    while isinstance(value, Traced):
        value.refresh()
        value.level.guard(value)
        value = value.value
    return value


def require_analytic(primitive: Primitive) -> None:
    """Refuse a primitive whose rule is for real values alone."""
    if not primitive.analytic:
        raise MissingRuleError(
            f"{primitive.name} of complex values has no rule: it has no complex derivative, or none is known. "
            "Apply it to the real parts you mean: np.real(z), np.imag(z), np.abs(z)."
        )


class Elementwise(Primitive):
    """A ufunc with one partial an argument: a function of ``(out, *arguments)``, or a number.

    A partial may be a product ``(of all arguments, of its own argument alone)``: the second factor then
    multiplies after the sum over the axes that broadcasting added.
    """

    def __init__(self, name: str, evaluate: Callable[..., Any], partials: Sequence[Any], sympy: Any, domain: Any) -> None:
        super().__init__(name, evaluate)
        self.partials = tuple(partials)
        self.sympy = sympy
        self.domain = domain
        self.reads = cache(self._reads)  # type: ignore[method-assign]

    def differentiable(self, position: int) -> bool:
        return self.partials[position] is not None

    def _reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        used = {name for partial, flag in zip(self.partials, active, strict=True) if flag for name in _positions_read(partial)}
        return 0 in used, tuple(position + 1 in used for position in range(len(active)))

    def partial(self, application: Application, position: int, out: Any, values: Sequence[Any]) -> Any:
        """The partial by one argument, of a shape that broadcasts to the output's; or a number."""
        rule = self.partials[position]
        partial = rule(out, *values, **application.parameters) if callable(rule) else rule
        return partial[0] * partial[1] if type(partial) is tuple else partial

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        total = None
        ndim = len(application.shape)
        for position, tangent in enumerate(tangents):
            if tangent is None:
                continue
            tangent = align(tangent, application.shapes[position], ndim)
            part = _scale(tangent, self.partial(application, position, out, values))
            total = part if total is None else total + part
        return broadcast_seeds(total, application.shape)

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        scaled = _scale(g, self.partial(application, position, out, values))
        return sum_to_shape(scaled, application.shapes[position], lead_of(g, application.shape))


def _scale(array: Any, partial: Any) -> Any:
    """`array` times `partial`; a partial of 1 costs no multiplication."""
    if type(partial) is int:
        return array if partial == 1 else -array if partial == -1 else array * partial
    return array * partial


def _positions_read(partial: Any) -> set[int]:
    """Which of the parameters ``(out, *arguments)`` the code of a partial reads."""
    if not callable(partial):
        return set()
    code = getattr(partial, "__code__", None)
    if code is None or code.co_cellvars:
        return set(range(64))
    names = code.co_varnames[: code.co_argcount]
    read = {name for step in dis.get_instructions(code) for name in np.ravel(step.argval) if "LOAD_FAST" in step.opname}
    return {position for position, name in enumerate(names) if name in read}


class Linear(Primitive):
    """A map linear in its first operand; `transpose` and the seeded map take the lead explicitly.

    ``seeded(tangent, **parameters)`` maps tangents with a leading axis of seeds;
    ``transpose(g, shape, lead, **parameters)`` maps cotangents back to the operand's `shape`.
    """

    def __init__(
        self,
        name: str,
        evaluate: Callable[..., Any],
        seeded: Callable[..., Any],
        transpose: Callable[..., Any],
        structural: bool,
    ) -> None:
        super().__init__(name, evaluate)
        self.analytic = True
        self.seeded = seeded
        self.transpose = transpose
        self.structural = structural

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        return False, (False,) * len(active)

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return self.seeded(tangents[0], **application.parameters)

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        return self.transpose(g, application.shapes[0], lead_of(g, application.shape), **application.parameters)


class Multilinear(Primitive):
    """Linear in each operand. ``part(position, change, values, lead, **parameters)`` is the output with one
    operand replaced by a seeded change; `transposes(position, g, values, shapes, lead, **parameters)` its transpose.
    """

    analytic = True

    def __init__(self, name: str, evaluate: Callable[..., Any], part: Callable[..., Any], transposes: Callable[..., Any]) -> None:
        super().__init__(name, evaluate)
        self.part = part
        self.transposes = transposes

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        return False, tuple(any(active[:i] + active[i + 1 :]) for i in range(len(active)))

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        parts = [
            self.part(position, tangent, values, application.shapes, **application.parameters)
            for position, tangent in enumerate(tangents)
            if tangent is not None
        ]
        return broadcast_seeds(sum(parts[1:], start=parts[0]), application.shape)

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        lead = lead_of(g, application.shape)
        return self.transposes(position, g, values, application.shapes, lead, **application.parameters)


class Reduction(Primitive):
    """A function of ``(x, axes, keepdims)`` with a partial by x of x's shape; `axes` are negative.

    The partial gets the output with the reduced axes kept at length one.
    """

    def __init__(self, name: str, evaluate: Callable[..., Any], partial: Callable[..., Any]) -> None:
        super().__init__(name, evaluate)
        self.partial = partial

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        axes, keepdims, shape = application.parameters["axes"], application.parameters["keepdims"], application.shapes[0]
        kept = np.reshape(out, reduced_shape(shape, axes))
        return np.sum(tangents[0] * self.partial(kept, values[0], axes), axis=axes, keepdims=keepdims)

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        axes, shape = application.parameters["axes"], application.shapes[0]
        kept_shape = reduced_shape(shape, axes)
        lead = g.shape[: lead_of(g, application.shape)]
        kept = out.reshape(kept_shape) if type(out) is np.ndarray else np.reshape(out, kept_shape)
        return g.reshape(lead + kept_shape) * self.partial(kept, values[0], axes)


class Constant(Primitive):
    """A locally constant function: comparisons, floor, argmax. Its derivative is zero where it exists."""

    passive = True
    analytic = True

    def __call__(self, *operands: Any, **parameters: Any) -> Any:
        # A tolerance or a mask may be traced: the result is constant in it as well.
        plain = {name: plain_of(value) for name, value in parameters.items()} if parameters else parameters
        return super().__call__(*operands, **plain)

    def reads(self, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        return False, (False,) * len(active)


class Custom(Primitive):
    """A primitive that states its own maps for tangents and cotangents with a leading axis of seeds.

    ``push(tangents, out, values, **parameters)`` and ``pull(position, g, out, values, shapes, **parameters)``.
    """

    def __init__(self, name: str, evaluate: Callable[..., Any], push: Callable[..., Any], pull: Callable[..., Any]) -> None:
        super().__init__(name, evaluate)
        self.push = push
        self.pull = pull

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return broadcast_seeds(self.push(tangents, out, values, **application.parameters), application.shape)

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        return self.pull(position, g, out, values, application.shapes, **application.parameters)
