"""The nodes of a trace, from a recording: one for each operation, or one for each call of a function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..function import Function
from ..kinds import Elementwise
from ..tape import CONSTANT, INPUT
from .formulas import constant_text, formula_of, operation_name
from .grouping import Unit, reads_of
from .model import Node
from .recording import TraceTape
from .sweeping import Adjoints, local_derivative, pull_back, push_forward, record_of


@dataclass
class Recording:
    """What one evaluation of f left behind.

    Attributes
    ----------
    function : Function
    tape : TraceTape
    labels : list of str
        Names of the inputs.
    outputs : list of int
        Records of f's output leaves.
    seeds : dict
        Tangents of the inputs by record number, each with one leading axis.
    back : Adjoints
    tangents : dict
        By record number, with the leading axis of the seeds.
    seed_names : tuple of str
        What each seed is a derivative by.
    """

    function: Function
    tape: TraceTape
    labels: list[str]
    outputs: list[int]
    seeds: dict[int, Any]
    back: Adjoints
    tangents: dict[int, Any]
    seed_names: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many seeds the tangents have."""
        return len(next(iter(self.seeds.values()))) if self.seeds else 0


def build(recording: Recording, units: Sequence[Unit]) -> dict[int, Node]:
    """The nodes of these units by the record that each ends with, numbered in the order in which they are read."""
    ordered = _in_order(recording.tape, units)
    place = {unit.exit: place for place, unit in enumerate(ordered)}
    variables = _variables(recording)
    return {unit.exit: _node(recording, unit, place, variables) for unit in ordered}


def _in_order(tape: TraceTape, units: Sequence[Unit]) -> list[Unit]:
    """In the order of the evaluation; in a stretch of straight code by depth, as one numbers an expression by hand."""
    level: dict[int, tuple[int, int]] = {}
    for unit in units:
        stretch = tape.watch.sites[unit.exit].stretch if tape[unit.exit][0].primitive is not INPUT else -1
        depths = [level[number][1] for number in reads_of(tape, unit) if level[number][0] == stretch]
        level[unit.exit] = stretch, 1 + max(depths, default=0)
    return sorted(units, key=lambda unit: (*level[unit.exit], unit.exit))


def _variables(recording: Recording) -> dict[int, str]:
    """The variable of each record; one that is bound again and again is numbered: ``a_1``, ``a_2``."""
    found = dict(enumerate(recording.labels))
    bound = recording.tape.watch.names
    times: dict[str, int] = {}
    for _, name in bound.values():
        times[name] = times.get(name, 0) + 1
    taken = {*recording.labels, *times}
    seen: dict[str, int] = {}
    for number in sorted(bound):
        name = bound[number][1]
        seen[name] = seen.get(name, 0) + 1
        again = times[name] > 1 or name in recording.labels
        numbered = f"{name}_{seen[name]}"
        found.setdefault(number, name if not again else f"{name} ({seen[name]})" if numbered in taken else numbered)
    return found


def _node(recording: Recording, unit: Unit, place: dict[int, int], variables: dict[int, str]) -> Node:
    tape, number = recording.tape, unit.exit
    operands = reads_of(tape, unit)
    value = tape.values[number]
    adjoint = recording.back.adjoint.get(number)
    handed = _handed(recording, unit, operands) if adjoint is not None else [None] * len(operands)
    tangents = recording.tangents.get(number)
    variable = variables.get(number, "")
    return Node(
        place[number],
        f"v{place[number]}",
        variable,
        operation_name(tape[number][0].primitive) if not unit.whole else unit.group,
        _formula(tape, unit, place, variable),
        number_or_array(value),
        tuple(place[operand] for operand in operands),
        tuple(_locals(recording, unit, operands)),
        tuple(number_or_array(part) for part in tangents) if tangents is not None else (zeros(value),) * recording.count,
        zeros(value) if adjoint is None else number_or_array(adjoint),
        tuple(zeros(tape.values[o]) if part is None else number_or_array(part) for o, part in zip(operands, handed, strict=True)),
        tape.watch.sites[number].line,
        unit.group,
    )


def _formula(tape: TraceTape, unit: Unit, place: dict[int, int], variable: str) -> str:
    number = unit.exit
    step, operands, _, _ = tape[number]
    if step.primitive is INPUT:
        return variable
    if step.primitive is CONSTANT:
        return constant_text(tape.values[number])
    if unit.whole:
        return f"{unit.group}({', '.join(f'v{place[operand]}' for operand in reads_of(tape, unit))})"
    texts = [
        f"v{place[record_of(node)]}" if node is not None else constant.name or constant_text(constant.value)
        for node, constant in zip(operands, tape.constants[number], strict=True)
    ]
    return formula_of(step, texts)


def _locals(recording: Recording, unit: Unit, operands: Sequence[int]) -> list[Any]:
    tape = recording.tape
    if not unit.whole:
        live = [position for position, node in enumerate(tape[unit.exit][1]) if node is not None]
        return [number_or_array(local_derivative(tape, unit.exit, position)) for position in live]
    value = tape.values[unit.exit]
    swept = _swept(tape, unit, np.ones(np.shape(value), np.result_type(value, np.float32))[()], operands)
    return [number_or_array(_group_local(tape, unit, operand, part)) for operand, part in zip(operands, swept, strict=True)]


def _group_local(tape: TraceTape, unit: Unit, operand: int, swept: Any) -> Any:
    """The local derivative of a group by one operand, of which `swept` is the transpose applied to ones."""
    shape, own = np.shape(tape.values[unit.exit]), np.shape(tape.values[operand])
    if swept is None:
        return 0.0
    if shape == ():
        return swept
    if own == ():
        pushed = push_forward(tape, {operand: np.ones(1)}, unit.members)
        return pushed[unit.exit][0] if unit.exit in pushed else None
    if own != shape:
        return None
    reached = {operand}
    for number in unit.members:
        step, nodes, _, _ = tape[number]
        if any(node is not None and record_of(node) in reached for node in nodes):
            if not isinstance(step.primitive, Elementwise) or step.shape != shape:
                return None
            reached.add(number)
    return swept


def _handed(recording: Recording, unit: Unit, operands: Sequence[int]) -> list[Any]:
    """What a unit hands on to each of its operands."""
    tape = recording.tape
    if not unit.whole:
        parts = recording.back.downstream.get(unit.exit, (None,) * len(tape[unit.exit][1]))
        return [part for part, node in zip(parts, tape[unit.exit][1], strict=True) if node is not None]
    return _swept(tape, unit, recording.back.adjoint[unit.exit], operands)


def _swept(tape: TraceTape, unit: Unit, seed: Any, operands: Sequence[int]) -> list[Any]:
    """A sweep back through the records of a unit to what it reads."""
    downstream = pull_back(tape, [(unit.exit, seed)], unit.members).downstream
    total: dict[int, Any] = {}
    for number, parts in downstream.items():
        for node, part in zip(tape[number][1], parts, strict=True):
            if node is not None and part is not None:
                total[record_of(node)] = total[record_of(node)] + part if record_of(node) in total else part
    return [total.get(operand) for operand in operands]


def number_or_array(value: Any) -> Any:
    """A number as Python's, an array as it is."""
    return value.item() if isinstance(value, np.generic) or (type(value) is np.ndarray and not value.ndim) else value


def zeros(value: Any) -> Any:
    """A derivative of zero, like `value`."""
    shape = np.shape(value)
    return np.zeros(shape, np.result_type(value, np.float32)) if shape else 0.0
