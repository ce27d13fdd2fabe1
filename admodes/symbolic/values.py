"""From expressions to arrays of numbers: the Jacobian and the Hessian at x."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..differentiator import Blocks
from ..function import Function, Leaves
from .budget import Budget
from .derivatives import Derivatives, differentiate
from .printing import Code
from .recording import Recording, record, too_deep
from .walking import resolve


def jacobian(function: Function, budget: Budget | None = None) -> tuple[Leaves, Blocks]:
    """f at x, and every element of every output differentiated by every input element."""
    recording = record(function, budget)
    try:
        rows = differentiate(smooth_outputs(recording), recording.variables, recording.graph)
        matrix = evaluate_rows(rows, recording.variables)(numbers_of(function.inputs))
    except RecursionError as error:
        raise too_deep() from error
    finally:
        recording.graph.forget()
    parts = split_rows(matrix, recording.values)
    blocks = [to_blocks(part, np.shape(value), function.inputs) for part, value in zip(parts, recording.values, strict=True)]
    return recording.values, blocks


def hessian(function: Function, budget: Budget | None = None) -> tuple[Leaves, Blocks]:
    """The gradient of a scalar f and its Hessian, from the expression of f differentiated twice."""
    recording = record(function, budget)
    variables = recording.variables
    try:
        (first,) = differentiate(smooth_outputs(recording), variables, recording.graph)
        second = dict(zip(first, differentiate(list(first.values()), variables, recording.graph), strict=True))
        rows = [first, *(second.get(variable, {}) for variable in variables)]
        matrix = evaluate_rows(rows, variables)(numbers_of(function.inputs))
    except RecursionError as error:
        raise too_deep() from error
    finally:
        recording.graph.forget()
    gradient = to_blocks(matrix[:1], (), function.inputs)
    parts = split_rows(matrix[1:], function.inputs)
    return gradient, [to_blocks(part, leaf.shape, function.inputs) for part, leaf in zip(parts, function.inputs, strict=True)]


def smooth_outputs(recording: Recording) -> list[Any]:
    """All output elements, with every choice and every kink settled as it is at x."""
    return resolve([expression for output in recording.outputs for expression in output.flat], recording.known, recording.graph)


def numbers_of(inputs: Leaves) -> list[Any]:
    """All elements of the inputs as NumPy's float64."""
    return [np.float64(value) for leaf in inputs for value in leaf.flat]


def evaluate_rows(rows: Sequence[Derivatives], variables: Sequence[Any]) -> Callable[[Sequence[Any]], Any]:
    """A function from the variables' values to the matrix of derivatives; what is missing from a row is zero."""
    column = {variable: number for number, variable in enumerate(variables)}
    places = [(row, column[variable]) for row, entries in enumerate(rows) for variable in entries]
    function = Code(variables).compile([expression for entries in rows for expression in entries.values()])

    def evaluate(numbers: Sequence[Any]) -> Any:
        matrix = np.zeros((len(rows), len(variables)))
        with np.errstate(all="ignore"):
            found = function(numbers)
        for place, value in zip(places, found, strict=True):
            matrix[place] = value
        return matrix

    return evaluate


def split_rows(rows: Any, outputs: Sequence[Any]) -> list[Any]:
    """The rows of each output leaf."""
    ends = np.cumsum([np.size(output) for output in outputs], dtype=int)
    return [rows[end - np.size(output) : end] for end, output in zip(ends, outputs, strict=True)]


def to_blocks(rows: Any, shape: tuple[int, ...], inputs: Sequence[Any]) -> list[Any]:
    """The rows of one output as one block an input, in the input's dtype."""
    ends = np.cumsum([leaf.size for leaf in inputs], dtype=int)
    parts = [rows[:, end - leaf.size : end] for end, leaf in zip(ends, inputs, strict=True)]
    return [part.reshape(shape + leaf.shape).astype(leaf.dtype) for part, leaf in zip(parts, inputs, strict=True)]
