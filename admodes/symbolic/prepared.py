"""The symbolic mode with f traced once: programs of the derivative for every path through f that was met."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ..containers import key_order
from ..differentiator import Blocks, Differentiator
from ..function import Function, Leaves
from .budget import Budget
from .level import nested_error
from .paths import Path
from .recording import record, too_deep
from .values import first_order, numbers_of, second_order, split_rows, to_blocks

#: Paths that are kept; the one that was not taken for the longest time is forgotten first.
_PATHS = 16


class PreparedSymbolic(Differentiator):
    """The symbolic mode for one f at points of one structure: where f takes a new path, it is traced again.

    Parameters
    ----------
    function : Function
        f where it is traced first.
    budget : Budget
        What each trace may cost.
    engine : str
    """

    name = "symbolic"
    traces = True

    def __init__(self, function: Function, budget: Budget, engine: str) -> None:
        self._budget = budget
        self._engine = engine
        self._paths = [_PreparedPath(function, budget, engine)]

    @property
    def decides(self) -> bool:
        """Whether f branched, or has kinks or steps, on the path that was taken last."""
        recording = self._paths[0].recording
        return bool(recording.guards or recording.known)

    def derivative(self, function: Function) -> Blocks:
        """The derivative alone: f is not called unless its path is new."""
        path, numbers = self._path_at(function)
        return path.blocks(path.first(numbers), function)

    def jacobian(self, function: Function) -> tuple[Leaves, Blocks]:
        """f's value is f's own: expressions that SymPy simplified may have one where f has none."""
        return function.plain(function.inputs), self.derivative(function)

    def hessian(self, function: Function) -> tuple[Any, Blocks]:
        """The gradient and the Hessian of a scalar f."""
        path, numbers = self._path_at(function)
        matrix, inputs = path.second(numbers), function.inputs
        parts = split_rows(matrix[1:], inputs)
        rows = [to_blocks(part, leaf.shape, inputs) for part, leaf in zip(parts, inputs, strict=True)]
        return to_blocks(matrix[:1], (), inputs), rows

    def _path_at(self, function: Function) -> tuple[_PreparedPath, np.ndarray]:
        """The path that f takes at a point, and the point as one vector."""
        if function.nested:
            raise nested_error()
        numbers, layout = numbers_of(function.inputs), _layout(function)
        for position, path in enumerate(self._paths):
            if path.layout == layout and path.holds(numbers):
                if position:
                    self._paths = [path, *self._paths[:position], *self._paths[position + 1 :]]
                return path, numbers
        path = _PreparedPath(function, self._budget.again("traced"), self._engine)
        self._paths = [path, *self._paths[: _PATHS - 1]]
        return path, numbers


class _PreparedPath(Path):
    """A path with the programs of the derivatives along it, made when they are first asked for."""

    def __init__(self, function: Function, budget: Budget, engine: str) -> None:
        super().__init__(record(function, budget))
        self.layout = _layout(function)
        self._structure = function.output_structure
        self._shapes = [np.shape(value) for value in self.recording.values]
        self._engine = engine
        self.recording.graph.forget()

    @cached_property
    def first(self) -> Callable[[np.ndarray], np.ndarray]:
        """The point -> the derivatives, one row an output element."""
        return self._made(lambda outputs: first_order(outputs, self.recording, self._engine))

    @cached_property
    def second(self) -> Callable[[np.ndarray], np.ndarray]:
        """The point -> the gradient, and below it the Hessian."""
        return self._made(lambda outputs: second_order(outputs, self.recording))

    def _made(self, program: Callable[[list[Any]], Callable[[np.ndarray], np.ndarray]]) -> Callable[[np.ndarray], np.ndarray]:
        # Choices and kinks stay open, unlike in a derivative at one point: they are settled where the program is called.
        try:
            with self.recording.graph.budget.running():
                return program([expression for output in self.recording.outputs for expression in output.flat])
        except RecursionError as error:
            raise too_deep() from error
        finally:
            self.recording.graph.forget()

    def blocks(self, matrix: np.ndarray, function: Function) -> Blocks:
        """The matrix of derivatives as one block for each output and input of `function`, which learns what it returns."""
        function.output_structure, inputs = self._structure, function.inputs
        if len(inputs) == len(self._shapes) == 1:
            # A new array at each call already: the usual case needs no cutting.
            return [[matrix.reshape(self._shapes[0] + inputs[0].shape).astype(inputs[0].dtype, copy=False)]]
        parts = split_rows(matrix, self.recording.values)
        return [to_blocks(part, shape, inputs) for part, shape in zip(parts, self._shapes, strict=True)]


def _layout(function: Function) -> tuple[Any, ...]:
    """What f can see of its point besides structure and numbers: the order in memory, and that of the keys of a dict."""
    orders = [key_order(function.positional[number]) for number in function.selected]
    return tuple([(leaf.shape, leaf.strides) for leaf in function.inputs]), orders
