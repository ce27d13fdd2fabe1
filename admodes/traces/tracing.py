"""`ad.trace`: records f once, and reads the tape forward and backward."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, OptionError, OutputError, ShapeError
from ..function import Function
from ..levels import Traced, check_alive
from ..recording import record
from ..tape import CONSTANT, INPUT
from .formulas import constant_text, formula_of
from .model import Node, Trace
from .recording import TraceTape
from .sweeping import local_derivative, pull_back, push_forward, record_of

#: Inputs with more numbers than these have no tangents unless a direction is given.
MOST_SEEDS = 16


def trace(
    f: Callable[..., Any],
    x: Any,
    *,
    args: Sequence[Any] = (),
    argnums: int | Sequence[int] = 0,
    names: Sequence[str] | None = None,
    output: Any = None,
    cotangent: Any = None,
) -> Trace:
    """One evaluation of f at x, operation by operation, with its derivatives forward and backward."""
    function = Function(f, x, args, argnums)
    tape, leaves = record(function, TraceTape())
    outputs = [_output_record(tape, leaf) for leaf in leaves]
    seeds = _cotangents(function, tape, outputs, output, cotangent)
    labels = _input_names(function, names)
    with np.errstate(all="ignore"):
        return _read(function, tape, outputs, seeds, labels)


def _output_record(tape: Any, leaf: Any) -> int:
    if isinstance(leaf, Traced):
        check_alive([]) if leaf.level is tape else check_alive([leaf])
        leaf.refresh()
        return record_of(leaf.node)
    return record_of(tape.constant(leaf).node)


def _cotangents(function: Function, tape: TraceTape, outputs: list[int], output: Any, cotangent: Any) -> list[tuple[int, Any]]:
    value = tape.values[outputs[0]]
    if len(outputs) == 1 and np.shape(value) == ():
        return [(outputs[0], np.ones((), np.result_type(value, np.float32))[()])]
    raise ShapeError("choose")


def _input_names(function: Function, names: Sequence[str] | None) -> list[str]:
    if names is not None:
        return list(names)
    try:
        parameters = list(inspect.signature(function.f).parameters.values())
    except (TypeError, ValueError):
        return function.input_names
    found = []
    for name in function.input_names:
        number = 0 if name.startswith("x") else int(name[5:].partition("]")[0]) + 1
        path = name[1:] if name.startswith("x") else name[5:].partition("]")[2]
        positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        found.append(positional[number] + path if number < len(positional) else name)
    return found


def _read(function: Function, tape: TraceTape, outputs: list[int], seeds: list[tuple[int, Any]], labels: list[str]) -> Trace:
    numbers = tape.numbered()
    place = {number: place for place, number in enumerate(numbers)}
    back = pull_back(tape, seeds, numbers)
    units = _units(function)
    tangents = push_forward(tape, units, numbers)
    count = sum(leaf.size for leaf in function.inputs)
    count = count if count <= MOST_SEEDS else 0
    nodes = []
    for number in numbers:
        step, operands, _, _ = tape[number]
        value = tape.values[number]
        constants = tape.constants[number] or (None,) * len(operands)
        texts = [
            constant_text(constant) if node is None else f"v{place[record_of(node)]}"
            for node, constant in zip(operands, constants, strict=True)
        ]
        live = [position for position, node in enumerate(operands) if node is not None]
        handed = back.downstream.get(number, (None,) * len(operands))
        here = place[number]
        variable = labels[here] if here < len(labels) else ""
        kind = step.primitive
        nodes.append(
            Node(
                here,
                f"v{here}",
                variable,
                kind.name,
                variable if kind is INPUT else constant_text(value) if kind is CONSTANT else formula_of(step, texts),
                number_or_array(value),
                tuple(place[record_of(operands[position])] for position in live),
                tuple(number_or_array(local_derivative(tape, number, position)) for position in live),
                tuple(number_or_array(part) for part in tangents[number]) if number in tangents else _zeros(value, count),
                number_or_array(back.adjoint[number]) if number in back.adjoint else _zeros(value, 1)[0],
                tuple(
                    _zeros(tape.values[record_of(operands[position])], 1)[0]
                    if handed[position] is None
                    else number_or_array(handed[position])
                    for position in live
                ),
            )
        )
    title = f"{function.name}({', '.join(labels)})"
    return Trace(tuple(nodes), tuple(range(len(labels))), tuple(place[number] for number in outputs), title, seed_names(function, labels), tape)


def _units(function: Function) -> dict[int, Any]:
    """Unit tangents of the inputs: one for each number in them."""
    count = sum(leaf.size for leaf in function.inputs)
    if count > MOST_SEEDS:
        return {}
    seeds, start = {}, 0
    for number, leaf in enumerate(function.inputs):
        seed = np.zeros((count, leaf.size), leaf.dtype)
        seed[start : start + leaf.size] = np.eye(leaf.size)
        seeds[number] = seed.reshape(count, *leaf.shape)
        start += leaf.size
    return seeds


def seed_names(function: Function, labels: list[str]) -> tuple[str, ...]:
    """What the tangents are derivatives by."""
    if sum(leaf.size for leaf in function.inputs) > MOST_SEEDS:
        return ()
    return tuple(
        label if leaf.ndim == 0 else f"{label}[{', '.join(map(str, index))}]"
        for label, leaf in zip(labels, function.inputs, strict=True)
        for index in np.ndindex(*leaf.shape)
    )


def number_or_array(value: Any) -> Any:
    """A number as Python's, an array as it is."""
    return value.item() if isinstance(value, np.generic) or (type(value) is np.ndarray and not value.ndim) else value


def _zeros(value: Any, count: int) -> tuple[Any, ...]:
    shape = np.shape(value)
    return tuple(np.zeros(shape, np.result_type(value, np.float32)) if shape else 0.0 for _ in range(count))
