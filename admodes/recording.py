"""Runs f once on a tape, and reads off what it did."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .function import Function
from .tape import CONSTANT, GUARD, INPUT, Tape


class OperationCounts(NamedTuple):
    """What one evaluation of f does: `nodes` records, `elementary` operations on numbers, `bytes` kept by the tape."""

    nodes: int
    elementary: int
    bytes: int


def record(function: Function) -> tuple[Tape, list[Any]]:
    """Run f once on a tape; returns the tape (no longer alive) and f's output leaves, still traced."""
    tape = Tape()
    try:
        outputs = function([tape.input(leaf) for leaf in function.inputs])
    finally:
        tape.alive = False
    return tape, outputs


def count_operations(f: Callable[..., Any], x: Any, args: Sequence[Any] = ()) -> OperationCounts:
    """Count what one evaluation of f at x does, by reading its tape.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.recording import count_operations
    >>> count_operations(lambda x: np.sum(np.sin(x)), np.ones(10)).nodes
    2
    """
    function = Function(f, x, args)
    tape, _ = record(function)
    nodes = elementary = 0
    held: dict[int, int] = {}
    for step, operands, values, out in tape:
        if step.primitive in (INPUT, CONSTANT, GUARD):
            continue
        nodes += 1
        sizes = [math.prod(shape) for shape in (step.shape, *step.shapes)]
        elementary += sizes[0] if len(operands) != 1 else max(sizes)
        held.update({id(value): value.nbytes for value in (*values, out) if isinstance(value, np.ndarray)})
    return OperationCounts(nodes, elementary, sum(held.values()))
