"""Runs f once on a tape, and reads off what it did."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .function import Function
from .kinds import Multilinear
from .rules import ELEMENTWISE
from .steps.elements import WRITE
from .table.products import einsum, matmul
from .table.structural import cumulate, scatter, total
from .tape import CONSTANT, GUARD, INPUT, Tape

_ADD = ELEMENTWISE[np.add]


class OperationCounts(NamedTuple):
    """What one evaluation of f does.

    Attributes
    ----------
    nodes : int
        Records on the tape.
    elementary : int
        Additions, multiplications, comparisons and elementary functions of numbers; moving numbers costs none. A sum of n
        numbers is n - 1, a product of matrices counts its multiplications and additions, and functions of whole
        matrices (inverses, decompositions), whose work NumPy does not tell, count one for each number.
    bytes : int
        What the tape keeps.
    """

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

    f may take a derivative itself: then its operations, those of the sweep included, are counted one by one.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> from admodes.recording import count_operations
    >>> f = lambda x: np.sum(np.sin(x))
    >>> count_operations(f, np.ones(10)).elementary
    19
    >>> count_operations(lambda x: ad.gradient(f, x, method="reverse"), np.ones(10)).elementary
    39
    """
    function = Function(f, x, args)
    tape, _ = record(function)
    nodes = elementary = 0
    held: dict[int, int] = {}
    scattered: dict[int, int] = {}
    for index, (step, operands, values, out) in enumerate(tape):
        if step.primitive in (INPUT, CONSTANT, GUARD):
            continue
        nodes += 1
        elementary += _operations(step, operands, scattered)
        if step.primitive is scatter:
            scattered[index] = math.prod(step.shapes[0])
        held.update({id(value): value.nbytes for value in (*values, out) if isinstance(value, np.ndarray)})
    return OperationCounts(nodes, elementary, sum(held.values()))


def _operations(step: Any, operands: Sequence[Any], scattered: dict[int, int]) -> int:
    """Elementary operations of one record."""
    primitive: Any = step.primitive
    size = _count(step.shape)
    if primitive is total:
        return max(0, _count(step.shapes[0]) - size)
    if primitive is cumulate:
        lanes: int = size // max(1, step.shape[step.parameters["axis"]])
        return size - lanes
    if primitive.structural or primitive is WRITE:
        return 0
    if isinstance(primitive, Multilinear):
        return _products(step, size)
    if primitive is _ADD:
        # What was read element by element is added in place when a sweep goes back: a number each, not the whole array.
        return min([size, *(scattered[operand] for operand in operands if operand in scattered)])
    return max([size, *(_count(shape) for shape in step.shapes)])


def _products(step: Any, size: int) -> int:
    """Multiplications and additions of a product of arrays."""
    if step.primitive is matmul:
        length: int = step.shapes[0][-1]
        return size * max(0, 2 * length - 1)
    if step.primitive is einsum:
        terms = step.parameters["subscripts"].partition("->")[0].split(",")
        extents: dict[str, int] = {}
        for term, shape in zip(terms, step.shapes, strict=True):
            for letter, extent in zip(term, shape, strict=True):
                extents[letter] = max(extents.get(letter, 1), extent)
        return max(0, len(terms) * math.prod(extents.values()) - size)
    return max(0, 2 * math.prod(_count(shape) for shape in step.shapes) - size)


def _count(shape: Sequence[int]) -> int:
    """Numbers in an array of that shape."""
    return math.prod(shape)
