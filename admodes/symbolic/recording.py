"""Runs f once with symbols, and keeps the expressions that it returned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sympy

from ..errors import UnsupportedError
from ..function import Function, Leaves
from ..levels import read_outputs
from .budget import Budget, asked
from .formulas import number
from .level import Guard, SymbolicLevel, nested_error
from .objects import as_objects
from .walking import Graph


class Recording(NamedTuple):
    """f at x as expressions.

    Attributes
    ----------
    values : list of ndarray
        f's output leaves at x.
    outputs : list of ndarray of Expr
        The same as expressions.
    inputs : list of ndarray of Symbol
        The symbols of the input leaves.
    guards : list of Guard
        What must hold for the expressions to be those of f.
    known : dict
        What kinked and locally constant expressions are at x.
    graph : Graph
        Keeps one object for every distinct expression.
    """

    values: Leaves
    outputs: list[Any]
    inputs: list[Any]
    guards: list[Guard]
    known: dict[Any, Any]
    graph: Graph

    @property
    def variables(self) -> list[Any]:
        """All input symbols in order."""
        return [symbol for array in self.inputs for symbol in array.flat]


def input_symbols(names: Sequence[str], leaves: Sequence[Any]) -> list[Any]:
    """A real symbol for every element of the inputs, named after the way to it: x_0, x_w_1_2.

    Examples
    --------
    >>> input_symbols(["x['w']"], [np.zeros(2)])
    [array([x_w_0, x_w_1], dtype=object)]
    """
    used: set[str] = set()
    made = []
    for name, leaf in zip(names, leaves, strict=True):
        base = re.sub(r"\W+", "_", name).strip("_")
        symbols = np.empty(leaf.shape, dtype=object)
        for index in asked(np.ndindex(*leaf.shape)):
            label = "_".join([base, *map(str, index)])
            while label in used:
                label += "_"
            used.add(label)
            symbols[index] = sympy.Symbol(label, real=True)
        made.append(symbols)
    return made


def record(function: Function, budget: Budget | None = None) -> Recording:
    """Run f once on symbols that carry their numbers.

    Raises
    ------
    UnsupportedError
        The derivative is taken inside another one, f calls what has no expression, or the expressions
        nest too deeply.
    BudgetError
        There are too many expressions, or they take too long.
    """
    if function.nested:
        raise nested_error()
    budget = budget or Budget()
    budget.sizes = f" for {function.input_size:,} input{'s' * (function.input_size != 1)}"
    level = SymbolicLevel(budget)
    try:
        with budget.running():
            recording = _recorded(function, level)
    except RecursionError as error:
        raise too_deep() from error
    except BaseException:
        level.graph.forget()
        raise
    size = sum(output.size for output in recording.outputs)
    budget.sizes += f" and {size:,} output{'s' * (size != 1)}"
    budget.stage = "differentiated"
    return recording


def _recorded(function: Function, level: SymbolicLevel) -> Recording:
    """f run once at that level."""
    symbols = input_symbols(function.input_names, function.inputs)
    try:
        traced = function([level.input(leaf, part) for leaf, part in zip(function.inputs, symbols, strict=True)])
    finally:
        level.alive = False
    values, _ = read_outputs(level, traced)
    traces = [level.trace_of(output) for output in traced]
    outputs = [
        as_objects(level.unique(as_constants(value) if trace is None else trace), value)
        for value, trace in zip(values, traces, strict=True)
    ]
    return Recording(values, outputs, symbols, level.guards, level.known, level.graph)


def as_constants(value: Any) -> Any:
    """An output that does not depend on x, as expressions."""
    if isinstance(value, np.ndarray):
        return as_objects(None, value)
    objects = np.empty(value.shape, dtype=object)
    objects.fill(number(np.nan))
    return objects


def too_deep() -> UnsupportedError:
    """The error for expressions that SymPy cannot follow."""
    return UnsupportedError(
        "Symbolic mode cannot follow this function: its expressions nest too deeply for SymPy (a long loop that feeds each step "
        "into the next). Use method='forward' or method='reverse', which do not build expressions."
    )
