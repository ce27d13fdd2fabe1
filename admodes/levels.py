"""Levels: one for each derivative being taken, so that nested derivatives never mix.

Every traced value knows its level. Numbers come from one counter that is never reset, so an
exception in f leaves nothing behind and threads do not meet. The highest level is peeled first.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .errors import EscapedValueError, LevelError

if TYPE_CHECKING:
    from .kinds import Primitive

_numbers = itertools.count(1)


def duplicate(array: np.ndarray) -> np.ndarray:
    """A copy of an array of real numbers, in its memory order.

    Not by memcpy: some processors copy ten times slower where both addresses agree in their last bits.
    """
    return np.positive(array) if array.ndim and array.dtype.kind == "f" else array.copy("K")


def next_number() -> int:
    """A level number above all that were given out before."""
    return next(_numbers)


class Traced:
    """A value that belongs to a level. `value` is what it stands for one level below."""

    __slots__ = ()
    value: Any
    level: Level
    node: Any
    passive: bool
    ndim: Any
    dtype: Any
    shape: Any
    size: Any

    def refresh(self) -> None:
        """Bring the value up to date: views override this."""


class Level:
    """One derivative being taken. Subclasses say what a primitive does to a traced value."""

    number: int
    alive: bool

    def apply(self, primitive: Primitive, operands: Sequence[Any], parameters: dict[str, Any]) -> Any:
        """Evaluate `primitive` one level below and record or push its derivative here."""
        raise NotImplementedError

    def write(self, array: Any, key: Any, value: Any) -> None:
        """Write `value` into the buffer `array`, whose own memory may be changed."""
        raise NotImplementedError

    def element(self, array: Any, index: int) -> Any:
        """``array[index]``: a level may have a faster way than the general one."""
        return None

    @staticmethod
    def hold(array: Any, plain: Any) -> None:
        """Make the buffer's value one that can hold `plain`, which may be traced by an outer derivative."""
        if isinstance(plain, Traced):
            own = array.value.level.number if isinstance(array.value, Traced) else 0
            if plain.level.number > own:
                array.value = plain.level.constant(array.value)

    def unshare(self, array: Any) -> None:
        """Give the buffer memory of its own, before it is written into."""
        array.value = array.value.copy(order="K")
        array.shared = False

    def guard(self, passive: Traced) -> None:
        """Note that the plain value of a passive one was used. Only a record that is played again needs it."""

    def seed(self, seed: Any) -> Any:
        """A seed of a derivative that is taken inside, which a level that counts operations traces as well."""
        return seed

    def constant(self, value: Any) -> Any:
        """`value` as a passive traced value of this level: it may be written into later."""
        raise NotImplementedError


def highest_level(values: Sequence[Any]) -> Level | None:
    """The highest level among `values`, or None where nothing is traced."""
    found: Level | None = None
    mixed = False
    for value in values:
        if isinstance(value, Traced):
            level = value.level
            if found is None:
                found = level
            elif level is not found:
                mixed = True
                if level.number > found.number:
                    found = level
    if mixed:
        check_alive(values)
    return found


def beside(seed: Any, value: Any) -> Any:
    """`seed` as the levels want it that trace `value`, at which the derivative is taken."""
    while isinstance(value, Traced):
        seed = value.level.seed(seed)
        value = value.value
    return seed


def check_alive(values: Sequence[Any]) -> None:
    """Refuse values whose call of f has ended."""
    for value in values:
        if isinstance(value, Traced) and not value.level.alive:
            raise EscapedValueError(
                "A traced value of an earlier call of f was used again. It was kept outside f (a global, a cache, an attribute) "
                "and its derivative record is gone. Compute it anew in each call, or return it from f."
            )


def lift(value: Any) -> Any:
    """`value` as an array; lists and object arrays of traced values become one traced array."""
    if isinstance(value, Traced):
        return value
    array = np.asarray(value)
    if array.dtype != object or not array.size:
        return array
    items = array.ravel().tolist()
    if highest_level(items) is None or any(item is None or isinstance(item, str) for item in items):
        return array
    return np.stack(items).reshape(array.shape) if array.ndim else items[0]


def read_outputs(level: Level, outputs: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Each output's value one level below, and its trace: None where it does not depend on x."""
    values: list[Any] = []
    traces: list[Any] = []
    for output in outputs:
        value, trace = output, None
        if isinstance(output, Traced):
            if output.level is level:
                output.refresh()
                value = output.value
                trace = None if output.passive else output.node
            else:
                check_alive([output])
                if output.level.number > level.number:
                    raise LevelError(
                        "f returned a value of a derivative that it takes inside: return the result of that derivative instead."
                    )
        value = value if isinstance(value, Traced) else np.array(value)
        if type(value) is np.ndarray and value.dtype.kind in "biu":
            value = value.astype(float)
        values.append(value)
        traces.append(trace)
    return values, traces


def refuse_threads() -> NoReturn:
    """Say that two threads recorded at the same moment, so that nobody knows which record is whose."""
    raise LevelError(
        "f computes with traced values in several threads at the same time, and what they do cannot be put in order. "
        "Compute in one thread: [part(item) for item in items] instead of pool.map(part, items)."
    )
