"""Runs f once on a tape, and reads off what it did."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .function import Function
from .kinds import Multilinear
from .levels import Traced
from .rules import ELEMENTWISE
from .steps.elements import WRITE
from .table.products import einsum, matmul
from .table.structural import cumulate, scatter, total
from .tape import CONSTANT, GUARD, INPUT, Tape

_ADD = ELEMENTWISE[np.add]
_NO_WORK = frozenset({INPUT, CONSTANT, GUARD})


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


def record(function: Function, tape: Tape | None = None) -> tuple[Tape, list[Any]]:
    """Run f once on a tape; returns the tape (no longer alive) and f's output leaves, still traced."""
    tape = Tape() if tape is None else tape
    try:
        outputs = function([tape.input(leaf) for leaf in function.inputs])
    finally:
        tape.alive = False
    return tape, outputs


class _Ledger(Tape):
    """A tape that keeps what was done but no values, and sees what is done to the seeds of derivatives as well."""

    def seed(self, seed: Any) -> Any:
        """The seed as an input: its product with a constant depends on no x, and is work all the same."""
        return seed if isinstance(seed, Traced) else self.input(np.asarray(seed))

    def append(self, record: Any) -> None:
        """Append the record without its values: what f and a derivative free is freed."""
        step, operands, _, _ = record
        super().append((step, operands, (), None))


def count_operations(f: Callable[..., Any], x: Any, args: Sequence[Any] = ()) -> OperationCounts:
    """Count what one evaluation of f at x does, by reading its tape.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.recording import count_operations
    >>> count_operations(lambda x: np.sum(np.sin(x)), np.ones(10)).elementary
    19
    """
    tape, _ = record(Function(f, x, args))
    held = {id(value): value.nbytes for _, _, values, out in tape for value in (*values, out) if isinstance(value, np.ndarray)}
    nodes = sum(step.primitive not in _NO_WORK for step, *_ in tape)
    return OperationCounts(nodes, _elementary(tape), sum(held.values()))


def count_derivative(derivative: Callable[..., Any], x: Any, args: Sequence[Any] = ()) -> int:
    """Elementary operations of a derivative that is taken by forward or reverse mode, those of f included.

    What is done to numbers that depend on x or on a seed is counted one by one, in the sweeps that the derivative
    really makes: the product of a constant matrix with k seeds costs k products. It takes a few times as long
    as the derivative, and about its memory.

    Parameters
    ----------
    derivative : callable
        ``derivative(x, *args)`` takes the derivative of something, of whatever order.
    x : array_like or container
    args : tuple
        Further positional arguments.

    Returns
    -------
    int

    Examples
    --------
    The sum of ten sines is 19 operations; its gradient has ten cosines and ten products with the seed more:

    >>> import numpy as np
    >>> import admodes as ad
    >>> from admodes.recording import count_derivative
    >>> f = lambda x: np.sum(np.sin(x))
    >>> count_derivative(lambda x: ad.gradient(f, x, method="reverse"), np.ones(10))
    39
    """
    return _elementary(record(Function(derivative, x, args), _Ledger())[0])


def _elementary(tape: Tape) -> int:
    """Elementary operations of all records."""
    scattered: dict[int, int] = {}
    elementary = 0
    for index, (step, operands, _, _) in enumerate(tape):
        if step.primitive in _NO_WORK:
            continue
        elementary += _operations(step, operands, scattered)
        if step.primitive is scatter:
            scattered[index] = math.prod(step.shapes[0])
    return elementary


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
