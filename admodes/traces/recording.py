"""Records one evaluation of f on a tape that keeps every value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..arrays import ComplexArray, TapeArray
from ..errors import BudgetError, LevelError
from ..function import Function
from ..kinds import Primitive
from ..levels import Traced
from ..tape import GUARD, Tape
from ..tracing import PassiveScalar, TracedScalar
from .watching import Watch

#: More nodes than anybody reads, and more numbers than are worth their memory.
MOST_NODES = 10_000
MOST_NUMBERS = 10_000_000


def plain(value: Any) -> Any:
    """A copy of a value, which f may go on to change."""
    return value.copy() if type(value) is np.ndarray and value.ndim else value[()] if type(value) is np.ndarray else value


class Constant(NamedTuple):
    """What an operation read beside records, and the variable of f that held it ("" where none did)."""

    value: Any
    name: str


class TraceTape(Tape):
    """A tape that keeps the value of every record, and all constants.

    Its arrays and numbers are those without fast paths, so that each operation comes through `apply`.

    Attributes
    ----------
    values : dict
        The value of each record, by its number.
    constants : dict
        What else each record reads, by its number: one entry an operand, None where that is a record.
    """

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.watch = Watch(self, function)
        self.values: dict[int, Any] = {}
        self.constants: dict[int, tuple[Any, ...]] = {}
        self.numbers = 0

    def apply(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Record the operation the general way, and keep what it read and made."""
        constants = tuple([self._constant(operand) for operand in operands])
        result = self._general(primitive, operands, parameters)
        for part in result if type(result) is tuple else (result,):
            self._note(part.node if part.node >= 0 else ~part.node, part.value, constants)
        return result

    def write(self, array: Any, key: Any, value: Any) -> None:
        """Record the write, and keep the array as it is after it."""
        constant = self._constant(value)
        self.watch.look()
        super().write(array, key, value)
        self._note(len(self) - 1, array.value, (None, constant))

    def element(self, array: Any, index: int) -> Any:
        """No faster way than the general one."""
        return None

    def finish(self, step: Any, operands: Sequence[Any], nodes: tuple[Any, ...], kept: tuple[Any, ...], out: Any) -> Any:
        """Append the record, and wrap the output in an array without fast paths."""
        result = super().finish(step, operands, nodes, kept, out)
        if type(result) is not TapeArray:
            return result
        general = ComplexArray(result.value, self, result.node)
        general.shared, general.source = result.shared, result.source
        return general

    def _enter(self, primitive: Primitive, value: Any, passive: bool) -> Traced:
        traced = super()._enter(primitive, value, passive)
        self._note(len(self) - 1, value, ())
        return traced

    def _wrap(self, out: Any, index: int, passive: bool) -> Any:
        node = ~index if passive else index
        if type(out) is np.ndarray:
            if out.ndim:
                return ComplexArray(out, self, node, passive)
            out = out[()]
        return PassiveScalar(out, self, node) if passive else TracedScalar(out, self, node)

    def _constant(self, operand: Any) -> Any:
        """What stands beside the records in an operation; None for a record."""
        if isinstance(operand, Traced):
            if operand.level is self:
                operand.refresh()
                return None
            raise LevelError(
                "ad.trace met a value of a derivative that is being taken outside of it: it traces plain numbers. "
                "Trace the function outside, or trace the derivative itself: ad.trace(lambda x: ad.gradient(f, x), x)."
            )
        if type(operand) is np.ndarray and operand.ndim:
            return Constant(plain(operand), self.watch.name_of(operand))
        return Constant(plain(operand), "")

    def _note(self, number: int, value: Any, constants: tuple[Any, ...]) -> None:
        self.values[number] = value = plain(value)
        self.constants[number] = constants
        self.watch.note(number)
        self.numbers += math.prod(np.shape(value))
        if len(self.values) > MOST_NODES or self.numbers > MOST_NUMBERS:
            raise BudgetError(
                f"The trace of f has more than {MOST_NODES:,} operations, or more than {MOST_NUMBERS:,} numbers in them "
                f"(it stopped after {len(self.values):,} operations and {self.numbers:,} numbers). Nobody reads so many: "
                "trace f at a smaller input or with fewer iterations, or a part of it."
            )

    def operand_values(self, number: int) -> tuple[Any, ...]:
        """What a record read, constants included."""
        _, operands, _, _ = self[number]
        beside = self.constants[number]
        return tuple(
            [
                beside[position].value if node is None else self.values[node if node >= 0 else ~node]
                for position, node in enumerate(operands)
            ]
        )

    def numbered(self) -> list[int]:
        """The records that have a value; a guard has none."""
        return [number for number, (step, *_) in enumerate(self) if step.primitive is not GUARD]
