"""From expressions to arrays of numbers: the Jacobian and the Hessian at x."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from ..differentiator import Blocks
from ..function import Function, Leaves
from .budget import Budget, asked
from .derivatives import Derivatives, differentiate
from .engines import SymEngineGraph
from .lowering import Lowering
from .printing import compile_expressions
from .recording import Recording, record, too_deep
from .walking import resolve


def jacobian(function: Function, budget: Budget | None = None, engine: str = "sympy") -> tuple[Leaves, Blocks]:
    """f at x, and every element of every output differentiated by every input element."""
    recording = record(function, budget)
    matrix = _matrix(function, recording, lambda outputs: first_order(outputs, recording, engine))
    parts = split_rows(matrix, recording.values)
    blocks = [to_blocks(part, np.shape(value), function.inputs) for part, value in zip(parts, recording.values, strict=True)]
    return recording.values, blocks


def hessian(function: Function, budget: Budget | None = None) -> tuple[Leaves, Blocks]:
    """The gradient of a scalar f and its Hessian, from the expression of f differentiated twice."""
    recording = record(function, budget)
    matrix = _matrix(function, recording, lambda outputs: second_order(outputs, recording))
    gradient = to_blocks(matrix[:1], (), function.inputs)
    parts = split_rows(matrix[1:], function.inputs)
    return gradient, [to_blocks(part, leaf.shape, function.inputs) for part, leaf in zip(parts, function.inputs, strict=True)]


def _matrix(
    function: Function, recording: Recording, program: Callable[[list[Any]], Callable[[np.ndarray], np.ndarray]]
) -> np.ndarray:
    """What a program of the smooth outputs gives at x."""
    try:
        with recording.graph.budget.running():
            return program(smooth_outputs(recording))(numbers_of(function.inputs))
    except RecursionError as error:
        raise too_deep() from error
    finally:
        recording.graph.forget()


def first_order(outputs: Sequence[Any], recording: Recording, engine: str) -> Callable[[np.ndarray], np.ndarray]:
    """The program of the derivatives of `outputs`, one row for each, made by an engine."""
    variables, budget = recording.variables, recording.graph.budget
    graph = recording.graph if engine == "sympy" else SymEngineGraph(budget)
    rows = differentiate(outputs, variables, graph)
    budget.stage = "compiled"
    return evaluate_rows(rows, variables, graph.lowering if isinstance(graph, SymEngineGraph) else Lowering)


def second_order(outputs: Sequence[Any], recording: Recording) -> Callable[[np.ndarray], np.ndarray]:
    """The program of the gradient of the only one of `outputs`, and below it its Hessian."""
    variables = recording.variables
    (first,) = differentiate(outputs, variables, recording.graph)
    second = dict(zip(first, differentiate(list(first.values()), variables, recording.graph), strict=True))
    recording.graph.budget.stage = "compiled"
    return evaluate_rows([first, *(second.get(variable, {}) for variable in variables)], variables)


def smooth_outputs(recording: Recording) -> list[Any]:
    """All output elements, with every choice and every kink settled as it is at x."""
    return resolve([expression for output in recording.outputs for expression in output.flat], recording.known, recording.graph)


def numbers_of(inputs: Leaves) -> np.ndarray:
    """All elements of the inputs as one vector of float64."""
    if len(inputs) == 1:
        return np.asarray(inputs[0], dtype=np.float64).reshape(-1)
    return np.concatenate([np.zeros(0), *(leaf.reshape(-1) for leaf in inputs)])


def evaluate_rows(
    rows: Sequence[Derivatives], variables: Sequence[Any], lowering: Callable[[Sequence[Any]], Lowering] = Lowering
) -> Callable[[np.ndarray], np.ndarray]:
    """A function from the variables' values to the matrix of derivatives; what is missing from a row is zero."""
    column = {variable: number for number, variable in enumerate(variables)}
    shape = (len(rows), len(variables))
    places = [row * shape[1] + column[variable] for row, entries in enumerate(asked(rows)) for variable in entries]
    expressions = [expression for entries in asked(rows) for expression in entries.values()]
    function = compile_expressions(lowering(variables), expressions, places, shape[0] * shape[1])

    def evaluate(numbers: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return function(numbers).reshape(shape)

    return evaluate


def split_rows(rows: Any, outputs: Sequence[Any]) -> list[Any]:
    """The rows of each output leaf."""
    if len(outputs) == 1:
        return [rows]
    ends = accumulate([np.size(output) for output in outputs])
    return [rows[end - np.size(output) : end] for end, output in zip(ends, outputs, strict=True)]


def to_blocks(rows: Any, shape: tuple[int, ...], inputs: Sequence[Any]) -> list[Any]:
    """The rows of one output as one block an input, in the input's dtype."""
    ends = accumulate([leaf.size for leaf in inputs])
    parts = [rows[:, end - leaf.size : end] for end, leaf in zip(ends, inputs, strict=True)]
    return [part.reshape(shape + leaf.shape).astype(leaf.dtype) for part, leaf in zip(parts, inputs, strict=True)]
