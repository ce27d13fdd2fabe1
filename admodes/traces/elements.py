"""The nodes of a trace with every element by itself, as one draws a small network by hand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..careful import careful_vjp
from ..errors import BudgetError, UnsupportedError
from ..kinds import Elementwise, Linear, Multilinear
from ..table.structural import select
from ..tape import CONSTANT, INPUT
from .evaluation import Evaluation, derivative, number_or_array
from .formulas import constant_text, formula_of, operation_name
from .grouping import elementary
from .model import Node
from .sweeping import local_derivative, read, record_of
from .tables import joined

#: Elements that are shown as nodes of their own, those of arrays that are only moved included.
MOST_ELEMENTS = 1_000

#: Numbers for which the terms of a product of two arrays are looked for.
_MOST_FACTORS = 100_000
#: Locally constant functions that go element by element without being ufuncs.
_BY_ELEMENT = frozenset({np.round, np.around, np.fix, np.isneginf, np.isposinf, np.isclose, np.isreal, np.iscomplex})

Key = tuple[int, int]


@dataclass
class _Element:
    """One element of a record: what it reads, and its local derivatives."""

    key: Key
    operands: list[Key] = field(default_factory=list)
    locals: list[float] = field(default_factory=list)
    texts: list[str | Key] = field(default_factory=list)
    linear: bool = False
    #: Of a product of two operands: factors and the two elements of each term.
    products: list[tuple[float, Key, Key]] = field(default_factory=list)
    #: Whether another element of the record is made of the same, so that only its index tells it apart.
    alike: bool = False


def build_elements(evaluation: Evaluation) -> tuple[list[Node], list[int], list[int]]:
    """The nodes, and the places of inputs and outputs.

    An element that is only moved (indexed, transposed, written into an array) is the element that it was.
    """
    _check(evaluation)
    elements: dict[Key, _Element] = {}
    same: dict[Key, Key] = {}
    for number in evaluation.shown:
        for element in _elements_of(evaluation, number):
            element.operands = [same.get(key, key) for key in element.operands]
            element.texts = [text if isinstance(text, str) else same.get(text, text) for text in element.texts]
            element.products = [(factor, same.get(a, a), same.get(b, b)) for factor, a, b in element.products]
            if _is_moved(evaluation, element):
                same[element.key] = element.operands[0]
            else:
                elements[element.key] = element
    outputs = [same.get(key, key) for number in evaluation.outputs for key in _keys(evaluation, number)]
    kept = _used(evaluation, elements, outputs)
    ordered = _in_order(evaluation, kept)
    place = {element.key: place for place, element in enumerate(ordered)}
    variables = evaluation.variables()
    groups = {unit.exit: unit.group for unit in elementary(evaluation.tape, evaluation.shown)}
    nodes = [_node(evaluation, element, place, variables, groups[element.key[0]]) for element in ordered]
    inputs = [place[key] for number in range(len(evaluation.labels)) for key in _keys(evaluation, number)]
    return nodes, inputs, [place[key] for key in outputs]


def _check(evaluation: Evaluation) -> None:
    values = evaluation.tape.values
    count = evaluation.tape.numbers
    if count > MOST_ELEMENTS:
        largest = max(values.values(), key=np.size)
        raise BudgetError(
            f"expand=True shows each element as a node, and at most {MOST_ELEMENTS:,} of them, but the values of "
            f"{evaluation.title} have {count:,} elements; the largest array has shape {np.shape(largest)}. "
            "Trace it without expand, or at a smaller input."
        )
    if any(np.asarray(value).dtype.kind == "c" for value in values.values()):
        raise UnsupportedError(
            f"expand=True shows real numbers, but {evaluation.title} computes with complex ones. Trace it without expand."
        )


def _keys(evaluation: Evaluation, number: int) -> list[Key]:
    return [(number, i) for i in range(np.size(evaluation.tape.values[number]))]


def _elements_of(evaluation: Evaluation, number: int) -> list[_Element]:
    """The elements of a record, with all that each could depend on."""
    tape = evaluation.tape
    step, nodes, _, _ = tape[number]
    elements = [_Element(key) for key in _keys(evaluation, number)]
    values = tape.operand_values(number)
    live = sum(node is not None for node in nodes)
    linear = isinstance(step.primitive, Linear) or (isinstance(step.primitive, Multilinear) and live == 1)
    pairs_up = _pairs_up(step, values)
    for position, node in enumerate(nodes):
        if node is None:
            constant = tape.constants[number][position]
            array = np.asarray(constant.value)
            items = np.broadcast_to(array, step.shape).ravel() if pairs_up else [constant.name or array] * len(elements)
            for element, item in zip(elements, items, strict=True):
                element.texts.append(item if isinstance(item, str) else constant_text(item))
            continue
        jacobian, structure = _paired(evaluation, number, position) if pairs_up else _dense(evaluation, number, position)
        for row, mask, element in zip(jacobian, structure, elements, strict=True):
            for i in np.flatnonzero(mask).tolist():
                element.operands.append((record_of(node), i))
                element.locals.append(float(row[i]))
                element.texts.append((record_of(node), i))
                element.linear = linear
    if live > 1 and isinstance(step.primitive, Multilinear):
        _note_products(evaluation, number, elements)
    if not pairs_up:
        counts = Counter(tuple(element.texts) for element in elements)
        for element in elements:
            element.alike = counts[tuple(element.texts)] > 1
    return elements


def _note_products(evaluation: Evaluation, number: int, elements: Sequence[_Element]) -> None:
    """The sums of products that the elements of a product of two variable operands are."""
    step, out, values = read(evaluation.tape, number)
    live = [(position, record_of(node)) for position, node in enumerate(evaluation.tape[number][1]) if node is not None]
    size = math.prod(step.shape)
    if len(live) > 2 or size * math.prod(math.prod(step.shapes[position]) for position, _ in live) > _MOST_FACTORS:
        return
    (first, one), (second, other) = live
    units = np.eye(size).reshape(size, *step.shape)
    for k in range(math.prod(step.shapes[second])):
        unit = np.zeros(math.prod(step.shapes[second]))
        unit[k] = 1.0
        changed = [*values[:second], unit.reshape(step.shapes[second])[()], *values[second + 1 :]]
        factors = np.asarray(step.primitive.vjp(step, first, units, out, changed), dtype=float).reshape(size, -1)
        for i, j in np.argwhere(factors).tolist():
            elements[i].products.append((float(factors[i, j]), (one, j), (other, k)))


def _pairs_up(step: Any, values: Sequence[Any]) -> bool:
    """Whether an operation takes its operands element by element."""
    if isinstance(step.primitive, Elementwise) or step.primitive is select:
        return True
    function = step.primitive.evaluate
    if not step.primitive.passive or not values or not (isinstance(function, np.ufunc) or function in _BY_ELEMENT):
        return False
    try:
        return bool(np.broadcast_shapes(*map(np.shape, values)) == step.shape)
    except ValueError:
        return False


def _paired(evaluation: Evaluation, number: int, position: int) -> tuple[Any, Any]:
    """The Jacobian of an elementwise operation by one operand, and where it may be other than zero."""
    step = evaluation.tape[number][0]
    own = step.shapes[position]
    places = np.broadcast_to(np.arange(math.prod(own)).reshape(own), step.shape).ravel()
    local = np.broadcast_to(local_derivative(evaluation.tape, number, position), step.shape).ravel()
    jacobian = np.zeros((places.size, math.prod(own)))
    structure = np.zeros(jacobian.shape, dtype=bool)
    rows = np.arange(places.size)
    jacobian[rows, places], structure[rows, places] = local, True
    return jacobian, structure


def _dense(evaluation: Evaluation, number: int, position: int) -> tuple[Any, Any]:
    """The Jacobian of any other operation by one operand, and where it may be other than zero."""
    step, out, values = read(evaluation.tape, number)
    size, own = math.prod(step.shape), math.prod(step.shapes[position])
    if not step.primitive.differentiable(position):
        return np.zeros((size, own)), np.ones((size, own), dtype=bool)
    units = np.eye(size).reshape(size, *step.shape)
    part, mask = careful_vjp(step, position, units, units != 0, out, values)
    jacobian = np.asarray(part, dtype=float).reshape(size, own)
    if isinstance(step.primitive, Multilinear):
        # Without signs nothing cancels, and a variable that happens to be zero is no reason for it to be left out.
        nodes = evaluation.tape[number][1]
        plain = [np.abs(v) if node is None else np.ones(np.shape(v))[()] for v, node in zip(values, nodes, strict=True)]
        mask = step.primitive.vjp(step, position, units, out, plain) != 0
    elif isinstance(step.primitive, Linear):
        mask = jacobian != 0
    return jacobian, np.asarray(mask).reshape(size, own)


def _is_moved(evaluation: Evaluation, element: _Element) -> bool:
    primitive = evaluation.tape[element.key[0]][0].primitive
    return element.locals == [1.0] and primitive is not select and bool(primitive.structural)


def _used(evaluation: Evaluation, elements: dict[Key, _Element], outputs: Sequence[Key]) -> list[_Element]:
    """All elements but those of constants that nothing reads."""
    read_keys = {key for element in elements.values() for key in element.operands} | set(outputs)

    def is_constant(element: _Element) -> bool:
        return not element.operands and evaluation.tape[element.key[0]][0].primitive is not INPUT

    return [element for element in elements.values() if element.key in read_keys or not is_constant(element)]


def _in_order(evaluation: Evaluation, elements: Sequence[_Element]) -> list[_Element]:
    """As the nodes of whole arrays are ordered: by stretches of code, in each by depth."""
    level: dict[Key, tuple[int, int]] = {}
    for element in elements:
        stretch = evaluation.stretch(element.key[0])
        depths = [level[key][1] for key in element.operands if level[key][0] == stretch]
        level[element.key] = stretch, 1 + max(depths, default=0)
    return sorted(elements, key=lambda element: (*level[element.key], *element.key))


def _node(evaluation: Evaluation, element: _Element, place: dict[Key, int], variables: dict[int, str], group: str) -> Node:
    number, i = element.key
    tape, here = evaluation.tape, place[element.key]
    value = tape.values[number]
    primitive = tape[number][0].primitive
    index = ", ".join(str(k) for k in np.unravel_index(i, np.shape(value))) if np.ndim(value) else ""
    name = variables.get(number, "")
    variable = f"{name}[{index}]" if name and index else name
    adjoint = float(np.ravel(evaluation.back.adjoint[number])[i]) if number in evaluation.back.adjoint else 0.0
    tangents = evaluation.tangents.get(number)
    site = tape.watch.sites[number]
    constant = primitive is not INPUT and not element.operands
    return Node(
        here,
        f"v{here}",
        variable,
        "constant" if constant else operation_name(primitive),
        _formula(evaluation, element, place, variable),
        number_or_array(np.ravel(value)[i]),
        tuple(place[key] for key in element.operands),
        tuple(element.locals),
        (0.0,) * len(evaluation.seeds) if tangents is None else tuple(derivative(row.ravel()[i]) for row in tangents),
        adjoint,
        tuple(adjoint * local if adjoint or math.isfinite(local) else 0.0 for local in element.locals),
        site.line,
        group,
    )


def _formula(evaluation: Evaluation, element: _Element, place: dict[Key, int], variable: str) -> str:
    number, i = element.key
    step = evaluation.tape[number][0]
    if step.primitive is INPUT:
        return variable
    if step.primitive is CONSTANT or not element.operands:
        return constant_text(np.ravel(evaluation.tape.values[number])[i])
    if element.linear:
        names = [f"v{place[key]}" for key in element.operands]
        return joined([_term(local, name) for local, name in zip(element.locals, names, strict=True)])
    if element.products:
        return joined([_term(factor, f"v{place[a]} * v{place[b]}") for factor, a, b in element.products])
    formula = formula_of(step, [text if isinstance(text, str) else f"v{place[text]}" for text in element.texts])
    index = ", ".join(str(k) for k in np.unravel_index(i, step.shape))
    return f"{formula}[{index}]" if element.alike else formula


def _term(local: float, name: str) -> str:
    return name if local == 1 else f"-{name}" if local == -1 else f"{constant_text(local)} * {name}"
