"""The nodes of a trace, from a evaluation: one for each operation, or one for each call of a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..kinds import Elementwise, Multilinear
from ..tape import CONSTANT, INPUT
from .evaluation import Evaluation, derivative, number_or_array, zeros
from .formulas import constant_text, formula_of, is_linear, operation_name
from .grouping import Unit, reads_of
from .model import Node
from .recording import TraceTape
from .sweeping import local_derivative, pull_back, push_forward, record_of


def build(evaluation: Evaluation, units: Sequence[Unit]) -> dict[int, Node]:
    """The nodes of these units by the record that each ends with, numbered in the order in which they are read."""
    ordered = _in_order(evaluation, units)
    place = {unit.exit: place for place, unit in enumerate(ordered)}
    variables = evaluation.variables()
    return {unit.exit: _node(evaluation, unit, place, variables) for unit in ordered}


def _in_order(evaluation: Evaluation, units: Sequence[Unit]) -> list[Unit]:
    """In the order of the evaluation; in a stretch of straight code by depth, as one numbers an expression by hand."""
    level: dict[int, tuple[int, int]] = {}
    for unit in units:
        stretch = evaluation.stretch(unit.exit)
        depths = [level[number][1] for number in reads_of(evaluation.tape, unit) if level[number][0] == stretch]
        level[unit.exit] = stretch, 1 + max(depths, default=0)
    return sorted(units, key=lambda unit: (*level[unit.exit], unit.exit))


def _node(evaluation: Evaluation, unit: Unit, place: dict[int, int], variables: dict[int, str]) -> Node:
    tape, number = evaluation.tape, unit.exit
    operands = reads_of(tape, unit)
    value = tape.values[number]
    adjoint = evaluation.back.adjoint.get(number)
    handed = _handed(evaluation, unit, operands) if adjoint is not None else [None] * len(operands)
    tangents = evaluation.tangents.get(number)
    variable = variables.get(number, "")
    return Node(
        place[number],
        f"v{place[number]}",
        variable,
        operation_name(tape[number][0].primitive) if not unit.whole else unit.group,
        _formula(tape, unit, place, variable),
        number_or_array(value),
        tuple(place[operand] for operand in operands),
        tuple(_locals(evaluation, unit, operands)),
        tuple(derivative(part) for part in tangents) if tangents is not None else (zeros(value),) * len(evaluation.seeds),
        zeros(value) if adjoint is None else derivative(adjoint),
        tuple(zeros(tape.values[o]) if part is None else derivative(part) for o, part in zip(operands, handed, strict=True)),
        tape.watch.sites[number].line,
        unit.group,
        _tangent_formula(tape, unit, place),
    )


def _formula(tape: TraceTape, unit: Unit, place: dict[int, int], variable: str) -> str:
    number = unit.exit
    step = tape[number][0]
    if step.primitive is INPUT:
        return variable
    if step.primitive is CONSTANT:
        return constant_text(tape.values[number])
    if unit.whole:
        return f"{unit.group}({', '.join(f'v{place[operand]}' for operand in reads_of(tape, unit))})"
    return formula_of(step, _texts(tape, number, place, ""))


def _texts(tape: TraceTape, number: int, place: dict[int, int], mark: str) -> list[str]:
    """The operands of a record in a formula; `mark` tells their tangents from their values."""
    return [
        f"v{place[record_of(node)]}{mark}" if node is not None else constant.name or constant_text(constant.value)
        for node, constant in zip(tape[number][1], tape.constants[number], strict=True)
    ]


def _tangent_formula(tape: TraceTape, unit: Unit, place: dict[int, int]) -> str:
    """How tangents go through a linear operation, and by the product rule through a product."""
    step, operands, _, _ = tape[unit.exit]
    live = [position for position, node in enumerate(operands) if node is not None]
    if unit.whole or not live or not step.primitive.differentiable(0):
        return ""
    values, tangents = (_texts(tape, unit.exit, place, mark) for mark in ("", "'"))
    if is_linear(step, len(live)):
        # A constant that is written or stacked has a tangent of zero; a factor is the constant itself.
        zero = step.primitive.structural
        return formula_of(step, ["0" if node is None and zero else t for node, t in zip(operands, tangents, strict=True)])
    if isinstance(step.primitive, Multilinear):
        return " + ".join(formula_of(step, [*values[:i], tangents[i], *values[i + 1 :]]) for i in live)
    return ""


def _locals(evaluation: Evaluation, unit: Unit, operands: Sequence[int]) -> list[Any]:
    tape = evaluation.tape
    if not unit.whole:
        live = [position for position, node in enumerate(tape[unit.exit][1]) if node is not None]
        return [derivative(local_derivative(tape, unit.exit, position)) for position in live]
    value = tape.values[unit.exit]
    swept = _swept(tape, unit, np.ones(np.shape(value), np.result_type(value, np.float32))[()], operands)
    return [derivative(_group_local(tape, unit, operand, part)) for operand, part in zip(operands, swept, strict=True)]


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


def _handed(evaluation: Evaluation, unit: Unit, operands: Sequence[int]) -> list[Any]:
    """What a unit hands on to each of its operands."""
    tape = evaluation.tape
    if not unit.whole:
        parts = evaluation.back.downstream.get(unit.exit, (None,) * len(tape[unit.exit][1]))
        return [part for part, node in zip(parts, tape[unit.exit][1], strict=True) if node is not None]
    return _swept(tape, unit, evaluation.back.adjoint[unit.exit], operands)


def _swept(tape: TraceTape, unit: Unit, seed: Any, operands: Sequence[int]) -> list[Any]:
    """A sweep back through the records of a unit to what it reads."""
    downstream = pull_back(tape, [(unit.exit, seed)], unit.members).downstream
    total: dict[int, Any] = {}
    for number, parts in downstream.items():
        for node, part in zip(tape[number][1], parts, strict=True):
            if node is not None and part is not None:
                total[record_of(node)] = total[record_of(node)] + part if record_of(node) in total else part
    return [total.get(operand) for operand in operands]
