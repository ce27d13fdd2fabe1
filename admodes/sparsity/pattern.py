"""The pattern of a Jacobian, read off the tape: which inputs each output may depend on."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import OptionError, ShapeError
from ..reverse import Linearization
from ..steps.elements import WRITE
from .dependence import Reader


class Detected(NamedTuple):
    """A pattern, a boolean csr_array of shape (outputs, inputs), and whether zeros of constants made it smaller."""

    matrix: Any
    used_zeros: bool


def scipy_sparse() -> Any:
    """SciPy's sparse arrays, which are what comes out."""
    try:
        return importlib.import_module("scipy.sparse")
    except ImportError as error:
        raise OptionError(
            "sparse= returns arrays of scipy.sparse, and SciPy is not installed here: pip install 'admodes[scipy]', "
            "or leave sparse= out for a dense array."
        ) from error


def detect(linear: Linearization, zeros: bool = True) -> Detected:
    """Read the pattern off the tape of f at x.

    Parameters
    ----------
    linear : Linearization
        f recorded at x.
    zeros : bool
        Whether a product with a constant 0 is no dependence.

    Returns
    -------
    Detected
        Rows are the outputs' elements, columns the inputs', each leaf in C order and one leaf after the other. Where
        there is no entry, the derivative at this x is zero.
    """
    reader = Reader(sum(leaf.size for leaf in linear.inputs), zeros)
    known = _sets_of(linear, reader)
    flat = [
        np.zeros(math.prod(output.shape), dtype=int) if node is None or known[node] is None else known[node].ravel()
        for output, node in zip(linear.outputs, linear.nodes, strict=True)
    ]
    numbers = np.concatenate(flat) if flat else np.zeros(0, dtype=int)
    starts = np.concatenate([[0], np.cumsum(reader.sets.sizes(numbers))])
    members = reader.sets.members(numbers)
    shape = (len(numbers), reader.sets.inputs)
    matrix = scipy_sparse().csr_array((np.ones(len(members), dtype=bool), members, starts), shape=shape)
    return Detected(matrix, reader.used_zeros)


def _sets_of(linear: Linearization, reader: Reader) -> list[Any]:
    """The numbers of the sets of the outputs' elements; those of other records are let go after their last use."""
    tape = linear.tape
    kept = {node for node in linear.nodes if node is not None}
    last = _last_uses(tape)
    known: list[Any] = [None] * len(tape)
    offset = 1
    for index, leaf in enumerate(linear.inputs):
        known[index] = np.arange(offset, offset + leaf.size).reshape(leaf.shape)
        offset += leaf.size
    #: Arrays of numbers that a write made and nobody else holds: the next write goes into the same.
    own: set[int] = set()
    for index in range(len(linear.inputs), len(tape)):
        step, operands, values, _ = tape[index]
        numbers = [
            known[operand] if operand is not None and operand >= 0 and step.primitive.differentiable(position) else None
            for position, operand in enumerate(operands)
        ]
        if all(part is None for part in numbers):
            continue
        if step.primitive is WRITE:
            before = operands[0]
            if numbers[0] is not None and not (before in own and last[before] == index and before not in kept):
                numbers[0] = numbers[0].copy()
            own.add(index)
        known[index] = found = reader.depend(step, numbers, values)
        for operand, part in zip(operands, numbers, strict=True):
            if part is found:
                own.discard(operand)
            if operand is not None and operand >= 0 and last[operand] == index and operand not in kept:
                known[operand] = None
    return known


def _last_uses(tape: Sequence[Any]) -> dict[int, int]:
    """The last record that reads each record."""
    return {operand: index for index, (_, operands, _, _) in enumerate(tape) for operand in operands if operand is not None}


def given_pattern(pattern: Any, inputs: int) -> Any:
    """A pattern from outside as a boolean csr_array; its stored entries count, or the elements of an array that are not 0.

    Raises
    ------
    OptionError, ShapeError
        It is no matrix, or has not one column an input.
    """
    sparse, given = scipy_sparse(), pattern
    if not sparse.issparse(pattern):
        try:
            pattern = np.asarray(pattern) != 0
        except (TypeError, ValueError) as error:
            raise OptionError(_NO_PATTERN.format(f"an object of type {type(pattern).__name__}")) from error
        if pattern.ndim != 2:
            raise OptionError(_NO_PATTERN.format(f"an array of shape {pattern.shape}" if pattern.ndim else repr(given)))
    if len(pattern.shape) != 2 or pattern.shape[1] != inputs:
        raise ShapeError(
            f"The pattern has shape {tuple(pattern.shape)}, but x has {inputs} elements. Give it one row an element of f(x) and "
            "one column an element of x: a container's leaves one after the other, each in C order."
        )
    matrix = sparse.csr_array(pattern, copy=True)  # its indices are sorted below
    matrix = sparse.csr_array((np.ones(len(matrix.indices), dtype=bool), matrix.indices, matrix.indptr), shape=matrix.shape)
    matrix.sum_duplicates()
    return matrix


_NO_PATTERN = (
    "sparse= takes True (the pattern is found), or the pattern itself as a matrix of scipy.sparse or a boolean array of two "
    "axes; this is {}."
)
