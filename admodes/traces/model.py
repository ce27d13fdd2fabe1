"""What a trace is: one node for each operation, with its value, its tangents and its adjoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Node:
    """One line of a trace: an input, a constant, or the result of one operation.

    Parameters
    ----------
    place : int
        Its index in `Trace.nodes`; what it reads comes before it.
    name : str
        ``v0``, ``v1``, ..., the inputs first.
    variable : str
        Its name in f's own source, ``x1`` or ``h``; "" where it has none.
    operation : str
        "input", "constant", the name of the primitive, or that of a group.
    formula : str
        ``v0 * v1``, ``log(v0)``; of an input its variable.
    value : float or ndarray
        A number is a Python number.
    operands : tuple of int
        Places of the nodes that it reads, one for each argument (the same twice for ``v0 * v0``); constants are no operands.
    locals : tuple
        Its local derivative by each operand. Elementwise: a number, or an array of the value's shape. Where the value is one
        number: the gradient, of the operand's shape. 0.0 where it does not depend smoothly on the operand. None for other
        maps of arrays (a product of matrices, a sum over an axis), which have no number for each element.
    tangents : tuple
        One for each of `Trace.seeds`, of the value's shape.
    adjoint : float or ndarray
        The derivative of the output by this value (the upstream), of the value's shape.
    downstream : tuple
        What it hands on to each operand, upstream times local, of the operand's shape.
    line : int or None
        Line in the file of f.
    group : str
        The function called by f that it was computed in, ``sigmoid``; "" where that is f itself.
    """

    place: int
    name: str
    variable: str
    operation: str
    formula: str
    value: Any
    operands: tuple[int, ...] = ()
    locals: tuple[Any, ...] = ()
    tangents: tuple[Any, ...] = ()
    adjoint: Any = 0.0
    downstream: tuple[Any, ...] = ()
    line: int | None = None
    group: str = ""


@dataclass(frozen=True)
class Trace:
    """One evaluation of f, operation by operation, with its derivatives forward and backward.

    Parameters
    ----------
    nodes : tuple of Node
        In the order of the evaluation.
    inputs : tuple of int
        Places of the inputs.
    outputs : tuple of int
        Places of f's outputs.
    title : str
    seeds : tuple of str
        What each of a node's tangents is a derivative by: ``x1``, ``x[2]``.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    title: str
    seeds: tuple[str, ...] = ()
    recording: Any = field(default=None, repr=False, compare=False)
