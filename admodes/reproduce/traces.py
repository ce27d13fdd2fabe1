"""Evaluation traces: the tape as a list of values, with the tangents of forward mode and the adjoints of reverse mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..api import jvp
from ..function import Function
from ..reverse import linearize, sweep


@dataclass(frozen=True)
class Line:
    """One line of a trace.

    Parameters
    ----------
    name : str
        ``v-1``, ``v0`` for two inputs, then ``v1``, ``v2``, ...
    formula : str
    value : float
    tangents : tuple of float
        One for each input that is seeded.
    adjoint : float
    """

    name: str
    formula: str
    value: float
    tangents: tuple[float, ...]
    adjoint: float


def trace(f: Callable[..., Any], point: Sequence[float]) -> list[Line]:
    """The evaluation trace of a function of numbers at `point`, read off the tape.

    Values and operands are the tape's records; an adjoint is the cotangent of a record when the sweep back over the tape
    has come down to it; a tangent is that of forward mode, seeded in one input, of the part of f that ends with the record.

    Parameters
    ----------
    f : callable
        Of as many numbers as `point` has, to a number.
    point : sequence of float

    Returns
    -------
    list of Line
        The inputs first.

    Examples
    --------
    >>> for line in trace(lambda x, y: x * y, [2.0, 5.0]):
    ...     print(line.name, line.formula, line.value, line.tangents, line.adjoint)
    v-1 x1 2.0 (1.0, 0.0) 5.0
    v0 x2 5.0 (0.0, 1.0) 2.0
    v1 multiply(v-1, v0) 10.0 (5.0, 2.0) 1.0
    """
    count = len(point)
    function = Function(f, point[0], tuple(point[1:]), tuple(range(count)))
    linear = linearize(function)
    tape, seeds = linear.tape, [(node, 1.0) for node in linear.nodes if node is not None]
    names = [f"v{place - count + 1}" for place in range(len(tape))]
    pushed = [jvp(_values_of(f, len(tape)), list(point), _unit(count, place), "forward") for place in range(count)]
    values = [float(value) for value in pushed[0][0]]
    return [
        Line(
            names[place],
            f"x{place + 1}" if place < count else _formula(tape[place], names),
            values[place],
            tuple(float(tangents[place]) for _, tangents in pushed),
            float(sweep(tape, seeds, place + 1)[place]),
        )
        for place in range(len(tape))
    ]


def _unit(count: int, place: int) -> list[float]:
    return [float(other == place) for other in range(count)]


def _formula(record: Any, names: Sequence[str]) -> str:
    step, operands, values, _ = record
    parts = [str(value) if node is None else names[node] for node, value in zip(operands, values, strict=True)]
    return f"{step.primitive.name}({', '.join(parts)})"


def _values_of(f: Callable[..., Any], length: int) -> Callable[[Any], list[Any]]:
    """f with every intermediate value as an output: its operations again, one by one, as the tape has them."""

    def replay(x: Any) -> list[Any]:
        values = list(x)
        records = linearize(Function(f, values[0], tuple(values[1:]), tuple(range(len(values))))).tape
        for step, operands, kept, _ in records[len(values) :]:
            inputs = [value if node is None else values[node] for node, value in zip(operands, kept, strict=True)]
            values.append(step.primitive(*inputs, **step.parameters))
        return values

    return replay
