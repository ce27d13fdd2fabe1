"""Tangents and adjoints of all records of a tape, with the local derivatives between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..careful import careful_jvp, careful_vjp
from ..kinds import Elementwise
from ..steps.elements import WRITE
from ..steps.step import settled
from ..table.structural import select
from .recording import TraceTape


class Adjoints(NamedTuple):
    """What came out of a sweep back over a tape, by record number.

    Attributes
    ----------
    adjoint : dict
        Derivative of the output by the record; without an entry it is zero.
    downstream : dict
        One entry an operand: what it was handed, None where it is a constant or does not depend smoothly on it.
    """

    adjoint: dict[int, Any]
    downstream: dict[int, tuple[Any, ...]]


def record_of(node: int) -> int:
    """The number of the record of an operand, passive ones included."""
    return node if node >= 0 else ~node


def wide(value: Any) -> Any:
    """A number as NumPy's: partials divide by it, and Python's would raise."""
    return np.float64(value) if type(value) in (float, int) else value


def read(tape: TraceTape, number: int) -> tuple[Any, Any, tuple[Any, ...]]:
    """The step of a record, its output, and what it read."""
    return tape[number][0], wide(tape.values[number]), tuple(map(wide, tape.operand_values(number)))


def pull_back(tape: TraceTape, seeds: Sequence[tuple[int, Any]], numbers: Sequence[int]) -> Adjoints:
    """Adjoints of the records `numbers`, given those of some of them as `seeds`; what lies outside of `numbers` gets none.

    Structural zeros (an unselected branch of np.where) pass as such, as they do in a gradient. What is locally
    constant has an adjoint as well, and hands on nothing.
    """
    inside = frozenset(numbers)
    found: dict[int, tuple[Any, Any]] = {}
    downstream: dict[int, tuple[Any, ...]] = {}
    for number, seed in seeds:
        _add(found, number, seed, np.asarray(seed) != 0)
    for number in reversed(numbers):
        if number not in found:
            continue
        g, live = found[number]
        step, out, values = read(tape, number)
        parts: list[Any] = []
        for position, node in enumerate(tape[number][1]):
            if node is None or not step.primitive.differentiable(position):
                parts.append(None)
                continue
            part, mask = careful_vjp(step, position, wide(g), live, out, values)
            part = settled(step, position, part)
            parts.append(part)
            if record_of(node) in inside:
                _add(found, record_of(node), part, mask)
        downstream[number] = tuple(parts)
    return Adjoints({number: g for number, (g, _) in found.items()}, downstream)


def _add(found: dict[int, tuple[Any, Any]], number: int, part: Any, mask: Any) -> None:
    if number in found:
        before, live = found[number]
        part, mask = before + part, live | mask
    found[number] = part, mask


def push_forward(tape: TraceTape, seeds: dict[int, Any], numbers: Sequence[int]) -> dict[int, Any]:
    """Tangents of the records `numbers`, each with the leading axis of `seeds`; without an entry they are zero."""
    found = {number: (seed, np.asarray(seed) != 0) for number, seed in seeds.items()}
    for number in numbers:
        nodes = tape[number][1]
        step, out, values = read(tape, number)
        tangents = [
            found.get(node) if node is not None and node >= 0 and step.primitive.differentiable(position) else None
            for position, node in enumerate(nodes)
        ]
        known = next((tangent for tangent in tangents if tangent is not None), None)
        if known is None or number in seeds:
            continue
        if step.primitive is WRITE:
            tangents = [_zero(known, shape, value) if t is None else t for t, shape, value in zip(tangents, step.shapes, values)]
        found[number] = careful_jvp(step, out, values, tangents)
    return {number: tangent for number, (tangent, _) in found.items()}


def _zero(like: tuple[Any, Any], shape: tuple[int, ...], value: Any) -> tuple[Any, Any]:
    zero = np.zeros((like[0].shape[0], *shape), np.result_type(value, like[0]))
    return zero, zero != 0


def local_derivative(tape: TraceTape, number: int, position: int) -> Any:
    """The local derivative of a record by one operand; None where there is no number for each element."""
    step, out, values = read(tape, number)
    if not step.primitive.differentiable(position):
        return 0.0
    if step.primitive is select:
        return np.broadcast_to(np.where(values[0], 2.0 - position, position - 1.0), step.shape)
    if isinstance(step.primitive, Elementwise):
        return np.broadcast_to(step.primitive.partial(step, position, out, values), step.shape)
    if step.shape == ():
        return settled(step, position, step.primitive.vjp(step, position, np.float64(1.0), out, values))
    if step.shapes[position] == ():
        tangents = [np.ones(1) if place == position else None for place in range(len(values))]
        if step.primitive is WRITE:
            tangents = [np.zeros((1, *shape)) if t is None else t for t, shape in zip(tangents, step.shapes)]
        return step.primitive.jvp(step, out, values, tangents)[0]
    return None
