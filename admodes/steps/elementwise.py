"""Steps of elementwise primitives: lean for small arrays, few passes over memory for large ones."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ..shapes import Shape, sum_to_shape
from ..table.structural import expand
from .step import ZERO, Cotangents, Step


def _references_of_a_temporary() -> int:
    temporary = np.empty(1)
    return sys.getrefcount(temporary)


#: What getrefcount says of an array that only the calling frame holds; it differs between Python versions.
_TEMPORARY = _references_of_a_temporary()

#: Up to this many elements a further pass over memory costs less than the thought of sparing it.
_CHEAP = 4096


def _thin(g: Any) -> Any:
    """The cotangent at length one along the axes where it is constant (that of a sum is a view with strides of 0)."""
    if type(g) is not ndarray or 0 not in g.strides:
        return g
    return g[tuple([slice(None) if stride else slice(1) for stride in g.strides])]


def _wide(part: Any, g: Any) -> Any:
    """A contribution computed from a thin cotangent, at the full shape again."""
    return part if part.shape == g.shape else expand(part, g.shape, 0)


def _scaled(g: Any, partial: Any, shape: Shape, out: Any, values: Sequence[Any]) -> Any:
    """g times a partial that nobody else holds: it takes the product, since fresh memory costs page faults."""
    if (
        type(partial) is ndarray
        and type(g) is ndarray
        and partial.base is None
        and partial.shape == shape
        and partial.dtype == g.dtype
        and partial is not out
        and not any(partial is value for value in values)
    ):
        return np.multiply(g, partial, out=partial)
    return g * partial


def _fits(partial: Any, g: Any) -> bool:
    """Whether the product with `partial` can be written over the cotangent."""
    return type(partial) in (float, int) or (type(partial) is ndarray and partial.dtype == g.dtype)


#: Rows up to this length are summed by a product with ones: NumPy's own sum pays for each row.
_SHORT = 64


def _summed(g: Any, shape: Shape, lead: int) -> Any:
    """`sum_to_shape`; over leading axes, or short rows, as a product with ones, which is twice as fast."""
    if shape and not lead and type(g) is ndarray and g.flags.c_contiguous and g.dtype.kind == "f":
        if g.shape[g.ndim - len(shape) :] == shape:
            size = math.prod(shape)
            rows = g.reshape(-1, size)
            return (np.ones(len(rows), g.dtype) @ rows).reshape(shape)
        if len(shape) == g.ndim and (*g.shape[:-1], 1) == shape and g.shape[-1] <= _SHORT:
            return (g @ np.ones(g.shape[-1], g.dtype)).reshape(shape)
    return sum_to_shape(g, shape, lead)


def _summed_product(g: Any, partial: Any, shape: Shape, lead: int) -> Any:
    """The product summed to `shape`; over leading axes in one pass, without the product in memory."""
    if (
        shape
        and not lead
        and type(g) is ndarray
        and type(partial) is ndarray
        and partial.shape == g.shape
        and g.shape[g.ndim - len(shape) :] == shape
        and g.flags.c_contiguous
        and partial.flags.c_contiguous
    ):
        size = math.prod(shape)
        return np.einsum("ij,ij->j", g.reshape(-1, size), partial.reshape(-1, size)).reshape(shape)
    return _summed(g * partial, shape, lead)


def elementwise_step(
    primitive: Any, parameters: dict[str, Any], shapes: tuple[Shape, ...], shape: Shape, active: tuple[bool, ...]
) -> Step:
    """The step of an elementwise primitive for arrays of these shapes."""
    kind: type[_ElementwiseStep] = BroadcastStep
    if math.prod(shape) > _CHEAP:
        kind = LargeStep
    elif shape and all(own == shape for own, flag in zip(shapes, active, strict=True) if flag):
        kind = SameShapeStep
    return kind(primitive, parameters, shapes, shape, active)


class _ElementwiseStep(Step):
    """What they have in common: `parts`, one (position, partial, shape to sum to) for each active operand."""

    __slots__ = ("parts",)

    def __init__(self, primitive: Any, parameters: dict[str, Any], shapes: Any, shape: Shape, active: tuple[bool, ...]) -> None:
        super().__init__(primitive, parameters, shapes, shape, active)
        rules = [functools.partial(rule, **parameters) if parameters and callable(rule) else rule for rule in primitive.partials]
        narrow = [None if own == shape else own for own in shapes]
        self.parts = [(i, rules[i], narrow[i]) for i, flag in enumerate(active) if flag]


class SameShapeStep(_ElementwiseStep):
    """Small arrays, none of them broadcast: the step of most inner loops."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        table = cotangents.table
        for position, rule, _ in self.parts:
            if type(rule) is int:
                part = g if rule == 1 else g * rule
            else:
                part = rule(out, *values)
                part = g * part if type(part) is not tuple else g * part[0] * part[1]
            index = operands[position]
            if table[index] is ZERO:
                table[index] = part
                cotangents.owned[index] = part is not g
            else:
                cotangents.add(index, part, part is not g)


class BroadcastStep(_ElementwiseStep):
    """Small arrays, some of them broadcast; numbers."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        if type(g) is float:
            g = np.float64(g)
        for position, rule, shape in self.parts:
            own = None
            if type(rule) is int:
                part = g if rule == 1 else g * rule
            else:
                part = rule(out, *values)
                if type(part) is tuple:
                    part, own = part
                part = g * part
            if shape is not None:
                part = sum_to_shape(part, shape, g.ndim - len(self.shape))
            if own is not None:
                part = part * own
            cotangents.add(operands[position], part, part is not g and type(part) is ndarray)


class LargeStep(_ElementwiseStep):
    """Large arrays: as few passes over memory, and as little fresh memory, as can be."""

    __slots__ = ()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # Sums first: the last part may then overwrite the cotangent.
        self.parts.sort(key=lambda part: part[2] is None)

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        thin = _thin(g)
        lead = g.ndim - len(self.shape)
        # The sweep has just taken g from the end of the table.
        mine = thin is g and type(g) is ndarray and bool(cotangents.owned[len(cotangents.table)])
        last = self.parts[-1]
        for part_rule in self.parts:
            position, rule, shape = part_rule
            spare = mine and part_rule is last and shape is None
            own = None
            if type(rule) is int:
                part = self._multiple(g, thin, rule, shape, lead, spare)
                mine = mine and part is not g
            else:
                partial, weight = rule(out, *values), thin
                if type(partial) is tuple:
                    partial, own = partial
                    if thin is not g and type(own) is int:
                        weight, own = thin * own, None
                # Counted in a statement of its own: arguments on their way to a call are references too.
                temporary = sys.getrefcount(partial) == _TEMPORARY
                if shape is not None and thin is g:
                    part = _summed_product(g, partial, shape, lead)
                elif spare and _fits(partial, g):
                    part = np.multiply(g, partial, out=g)
                else:
                    part = _scaled(weight, partial, g.shape, out, values) if temporary else weight * partial
                    part = _wide(part, g)
                    part = part if shape is None else _summed(part, shape, lead)
                if own is not None:
                    part = _scaled(own, part, part.shape, None if spare else g, ())
            owned = (spare or part is not g) and type(part) is ndarray and part.base is None
            cotangents.add(operands[position], part, owned)

    @staticmethod
    def _multiple(g: Any, thin: Any, rule: int, shape: Shape | None, lead: int, spare: bool) -> Any:
        """The cotangent times a number."""
        if shape is not None:
            part = _summed(g, shape, lead)
            return part if rule == 1 else part * rule
        if rule == 1:
            return g
        return np.multiply(g, rule, out=g) if spare else _wide(thin * rule, g)
