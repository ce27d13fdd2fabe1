"""f and its derivative as expressions, to read and to use in SymPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sympy

from ..differentiator import Blocks
from ..function import Function
from .budget import Budget
from .conditions import conditions_of
from .derivatives import differentiate
from .functions import published
from .recording import record, too_deep
from .showing import READABLE, Long, as_latex, as_text, entries
from .swell import count_operations
from .values import split_rows, to_blocks


class Expressions:
    """f and its derivative as SymPy expressions, and how they are shown.

    Attributes
    ----------
    inputs : ndarray of Symbol, Symbol or container
        The symbols, arranged like x.
    outputs : ndarray of Expr, Expr or container
        f's outputs, arranged like f(x).
    expressions : ndarray of Expr, Expr or container
        The derivative, arranged like the derivative: of shape ``f(x).shape + x.shape``.
    conditions : list
        What decided the path through f; where it does not hold, f is another expression.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        x: Any,
        args: Sequence[Any] = (),
        argnums: int | Sequence[int] = 0,
        budget: Budget | None = None,
    ) -> None:
        self._f = f
        self._args = tuple(args)
        self._function = Function(f, x, args, argnums)
        self._budget = budget or Budget()
        self._recording = record(self._function, self._budget)
        self._roots = [expression for output in self._recording.outputs for expression in output.flat]
        try:
            with self._budget.running():
                self._rows = differentiate(self._roots, self._recording.variables, self._recording.graph)
        except RecursionError as error:
            raise too_deep() from error
        finally:
            self._recording.graph.forget()

    @cached_property
    def inputs(self) -> Any:
        """The symbols, arranged like x."""
        return self._function.as_input_tree(self._recording.inputs)

    @cached_property
    def outputs(self) -> Any:
        """The expressions of f, arranged like f(x)."""
        shown = np.empty(len(self._roots), dtype=object)
        shown[:] = self._published(self._roots)
        leaves = split_rows(shown, self._recording.outputs)
        return self._function.as_output_tree(
            [part.reshape(output.shape) for part, output in zip(leaves, self._recording.outputs, strict=True)]
        )

    @cached_property
    def expressions(self) -> Any:
        """The expressions of the derivative, arranged like the derivative."""
        return self._function.assemble(self._blocks(self._shown))

    @property
    def jacobian(self) -> Any:
        """The same as `expressions`."""
        return self.expressions

    @cached_property
    def conditions(self) -> list[Any]:
        """Conditions under which f takes the path that it took at x."""
        return list(
            dict.fromkeys(condition for guard in self._recording.guards for condition in conditions_of(guard, self._published))
        )

    def _published(self, expressions: Sequence[Any]) -> list[Any]:
        """`expressions` in SymPy's own functions, within the budget."""
        budget = self._budget.again("written out")
        budget.check_size(count_operations(expressions))
        try:
            return published(expressions, budget)
        except RecursionError as error:
            raise too_deep() from error

    @cached_property
    def _shown(self) -> Any:
        """The published derivatives as a matrix: one row an output element, one column a symbol."""
        return self._matrix(self._published(self._parts), sympy.S.Zero)

    @property
    def _parts(self) -> list[Any]:
        """Every derivative that is not identically zero, in rows."""
        return [expression for row in self._rows for expression in row.values()]

    def _matrix(self, parts: Sequence[Any], zero: Any) -> Any:
        """One of `parts` for each of `_parts`, at its place in the matrix of all derivatives."""
        variables = self._recording.variables
        column = {variable: number for number, variable in enumerate(variables)}
        matrix = np.full((len(self._roots), len(variables)), zero, dtype=object)
        places = [(number, column[variable]) for number, row in enumerate(self._rows) for variable in row]
        for place, part in zip(places, parts, strict=True):
            matrix[place] = part
        return matrix

    def _blocks(self, matrix: Any) -> Blocks:
        """A matrix of derivatives as one block for each output and input leaf."""
        recording = self._recording
        leaves = recording.inputs
        parts = split_rows(matrix, recording.outputs)
        return [to_blocks(part, output.shape, leaves) for part, output in zip(parts, recording.outputs, strict=True)]

    def _lines(self) -> tuple[list[Any], list[Any]]:
        """What is shown: the derivatives that are not zero, and the conditions; the long ones by their size alone."""
        parts = [
            Long(count) if (count := count_operations([part])) > READABLE else self._published([part])[0] for part in self._parts
        ]
        found = entries(self._matrix(parts, sympy.S.Zero), self._recording.variables, self._recording.outputs)
        guarded = [expression for guard in self._recording.guards for array in guard.expressions for expression in array.flat]
        size = count_operations(guarded)
        return found, self.conditions if size <= READABLE * max(len(guarded), 1) else [Long(size)]

    def __str__(self) -> str:
        return as_text(*self._lines())

    def __repr__(self) -> str:
        name, outputs, inputs = self._function.name, len(self._roots), len(self._recording.variables)
        return f"<symbolic derivative of {name}: {outputs} outputs by {inputs} inputs>"

    def _repr_latex_(self) -> str:
        return as_latex(*self._lines())
