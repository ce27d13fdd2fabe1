"""The derivative of f as expressions, to read, to use in SymPy, and to evaluate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sympy

from ..differentiator import Blocks
from ..function import Function
from .conditions import conditions_of
from .derivatives import differentiate
from .functions import published
from .printing import Code
from .recording import record, too_deep
from .values import evaluate_rows, jacobian, split_rows, to_blocks

#: Lines that the printed forms show.
_SHOWN = 40


def symbolic_derivative(
    f: Callable[..., Any], x: Any, *, args: Sequence[Any] = (), argnums: int | Sequence[int] = 0
) -> SymbolicDerivative:
    """The derivative of f as SymPy expressions.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` in plain NumPy.
    x : array_like or container
        Where f is traced: its shape counts, and its numbers decide Python's branches, sorts and extrema.
    args : tuple
        Further positional arguments of f.
    argnums : int or tuple of int
        Which of ``(x, *args)`` to differentiate by.

    Returns
    -------
    SymbolicDerivative
        ``.inputs``, ``.outputs``, ``.expressions``, ``.conditions``; called at a point it gives numbers.

    Raises
    ------
    UnsupportedError
        f does what has no expression; the message names a method that can.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> derivative = ad.symbolic_derivative(lambda x: x[0] ** 2 * np.sin(x[1]), np.array([1.0, 2.0]))
    >>> derivative.outputs
    x_0**2*sin(x_1)
    >>> derivative.expressions
    array([2*x_0*sin(x_1), x_0**2*cos(x_1)], dtype=object)
    >>> derivative(np.array([3.0, 0.0]))
    array([0., 9.])
    """
    return SymbolicDerivative(f, x, args, argnums)


class SymbolicDerivative:
    """The derivative of f as SymPy expressions (see `symbolic_derivative`).

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

    def __init__(self, f: Callable[..., Any], x: Any, args: Sequence[Any] = (), argnums: int | Sequence[int] = 0) -> None:
        self._f = f
        self._args = tuple(args)
        self._function = Function(f, x, args, argnums)
        self._recording = record(self._function)
        self._roots = [expression for output in self._recording.outputs for expression in output.flat]
        try:
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
        shown[:] = published(self._roots)
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
        return list(dict.fromkeys(condition for guard in self._recording.guards for condition in conditions_of(guard)))

    @cached_property
    def _shown(self) -> Any:
        """The published derivatives as a matrix: one row an output element, one column a symbol."""
        variables = self._recording.variables
        shown = iter(published([expression for row in self._rows for expression in row.values()]))
        matrix = np.full((len(self._roots), len(variables)), sympy.S.Zero, dtype=object)
        column = {variable: number for number, variable in enumerate(variables)}
        for number, row in enumerate(self._rows):
            for variable in row:
                matrix[number, column[variable]] = next(shown)
        return matrix

    def _blocks(self, matrix: Any) -> Blocks:
        """A matrix of derivatives as one block for each output and input leaf."""
        recording = self._recording
        parts = split_rows(matrix, recording.outputs)
        return [to_blocks(part, output.shape, recording.inputs) for part, output in zip(parts, recording.outputs, strict=True)]

    @cached_property
    def _evaluate(self) -> Callable[[Sequence[Any]], Any]:
        return evaluate_rows(self._rows, self._recording.variables)

    @cached_property
    def _guards(self) -> Callable[[Sequence[Any]], list[Any]]:
        flat = [expression for guard in self._recording.guards for array in guard.expressions for expression in array.flat]
        return Code(self._recording.variables).compile(flat)

    def __call__(self, x: Any, *args: Any) -> Any:
        """The derivative's numbers at x.

        Parameters
        ----------
        x : array_like or container
            Where `f` takes another path than at the point where it was traced, it is traced anew.
        *args
            Further arguments of f; those of the trace where left out.

        Returns
        -------
        ndarray, NumPy scalar or container
        """
        function = Function(self._f, x, args or self._args, self._function.argnums)
        if args or not self._holds(function):
            return function.assemble(jacobian(function)[1])
        matrix = self._evaluate([np.float64(value) for leaf in function.inputs for value in leaf.flat])
        parts = split_rows(matrix, self._recording.outputs)
        blocks = [
            to_blocks(part, output.shape, function.inputs) for part, output in zip(parts, self._recording.outputs, strict=True)
        ]
        function.output_structure = self._function.output_structure
        return function.assemble(blocks)

    def _holds(self, function: Function) -> bool:
        """Whether f takes the same path at this point: the same shapes, and every guard holds."""
        recording = self._recording
        if function.nested or function.input_names != self._function.input_names:
            return False
        if any(leaf.shape != symbols.shape for leaf, symbols in zip(function.inputs, recording.inputs, strict=True)):
            return False
        with np.errstate(all="ignore"):
            numbers = iter(self._guards([np.float64(value) for leaf in function.inputs for value in leaf.flat]))
            for guard in recording.guards:
                arrays = [
                    np.array([next(numbers) for _ in range(array.size)]).reshape(array.shape) for array in guard.expressions
                ]
                if not np.array_equal(guard.function(*arrays), guard.value, equal_nan=guard.value.dtype.kind == "f"):
                    return False
        return True

    def _entries(self) -> list[tuple[str, Any, Any]]:
        """(output, symbol, derivative) of every derivative that is not zero."""
        shape = [output.shape for output in self._recording.outputs]
        labels = [_label(i, index, len(shape)) for i, lengths in enumerate(shape) for index in np.ndindex(*lengths)]
        shown = self._shown
        variables = self._recording.variables
        return [(labels[i], variables[j], shown[i, j]) for i, j in np.ndindex(*shown.shape) if shown[i, j] != 0]

    def __str__(self) -> str:
        entries = self._entries()
        lines = [f"d {output} / d {symbol} = {expression}" for output, symbol, expression in entries[:_SHOWN]]
        lines += [f"... and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
        lines += [f"where {condition}" for condition in self.conditions[:_SHOWN]]
        return "\n".join(lines) or "0"

    def __repr__(self) -> str:
        name, outputs, inputs = self._function.name, len(self._roots), len(self._recording.variables)
        return f"<symbolic derivative of {name}: {outputs} outputs by {inputs} inputs>"

    def _repr_latex_(self) -> str:
        entries = self._entries()
        lines = [
            rf"\frac{{\partial {output}}}{{\partial {sympy.latex(symbol)}}} &= {sympy.latex(expression)}"
            for output, symbol, expression in entries[:_SHOWN]
        ]
        lines += [rf"&\;\;\vdots \quad (\text{{{len(entries) - _SHOWN} more}})"] if len(entries) > _SHOWN else []
        body = r" \\ ".join(lines) or "&0"
        return rf"$\displaystyle \begin{{aligned}} {body} \end{{aligned}}$"


def _label(number: int, index: tuple[int, ...], count: int) -> str:
    """What an output element is called: f, f_0, f_{1,2}; with several outputs f^{(0)}_1."""
    name = "f" if count == 1 else f"f^{{({number})}}"
    places = ",".join(map(str, index))
    return name if not index else f"{name}_{places}" if len(places) == 1 else f"{name}_{{{places}}}"
