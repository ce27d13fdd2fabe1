"""The cotangents of a sweep, and the step that any primitive can take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kinds import Application, Primitive
from ..operands import is_complex
from ..shapes import Shape

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
            self.table[index] = float(part) if type(part) is np.float64 else part
            self.owned[index] = owned
        elif self.owned[index] and type(part) is np.ndarray and type(found) is np.ndarray:
            found += part
        else:
            self.table[index] = total = found + part
            self.owned[index] = type(total) is np.ndarray

    def buffer(self, index: int, shape: tuple[int, ...], dtype: Any) -> Any:
        """The cotangent of a record as an array of our own, to scatter into."""
        found = self.table[index]
        if found is ZERO:
            self.table[index] = found = np.zeros(shape, dtype)
        elif not self.owned[index]:
            self.table[index] = found = found.copy()
        self.owned[index] = type(found) is np.ndarray
        return found


class Step(Application):
    """A primitive applied to arrays, some of them `active`: traced and smooth in that position.

    `keeps` and `keeps_out` say which values the record must hold for the partials.
    """

    __slots__ = ("active", "keeps", "keeps_any", "keeps_out", "nothing", "smooth")
    complexes: tuple[bool, ...] | None = None

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
        self.nothing = (None,) * len(active)

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        """Pass the cotangent `g` of the output on to the active operands."""
        if type(g) is float:
            g = np.float64(g)
        for position, active in enumerate(self.active):
            if active:
                part = self.primitive.vjp(self, position, g, out, values)
                cotangents.add(operands[position], part, part is not g and type(part) is np.ndarray and part.base is None)


class ComplexStep(Step):
    """A record with complex operands, or a complex output. Cotangents pair by Re(sum w t): that of a real operand is real.

    `complexes` says which operands are complex: their cotangents are complex too, so that they can be added up in place.
    """

    __slots__ = ("complexes",)

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        if type(g) is float:
            g = np.float64(g)
        elif type(g) is complex:
            g = np.complex128(g)
        for position, active in enumerate(self.active):
            if active:
                part = settled(self, position, self.primitive.vjp(self, position, g, out, values))
                cotangents.add(operands[position], part, part is not g and type(part) is np.ndarray and part.base is None)


def settled(step: Any, position: int, part: Any) -> Any:
    """The cotangent of one operand in the operand's own numbers, real or complex."""
    complexes = getattr(step, "complexes", None)
    if complexes is None or is_complex(part) == complexes[position]:
        return part
    return part + 0j if complexes[position] else np.real(part)


class MatmulStep(Step):
    """A product; matrix times vector, the step of recurrent networks, goes without the general case's look-ups."""

    __slots__ = ()

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        if type(g) is not np.ndarray or g.ndim != 1 or len(self.shapes[0]) != 2 or len(self.shapes[1]) != 1:
            super().pull(cotangents, g, operands, values, out)
            return
        matrix, vector = values
        if self.active[0]:
            part = g[:, None] * vector
            cotangents.add(operands[0], part, type(part) is np.ndarray)
        if self.active[1]:
            part = g @ matrix
            cotangents.add(operands[1], part, type(part) is np.ndarray)
