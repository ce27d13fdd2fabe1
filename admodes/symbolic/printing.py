"""Writes expressions as Python code on NumPy's float64, and compiles it.

SymPy's own printer rounds constants to 15 digits; here they are the doubles themselves. Every distinct
subexpression is computed once, those that are alike together, as one array. A choice between two
numbers is a conditional expression, between arrays `np.where`: the branch that was not taken cannot
spoil the result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from .budget import asked
from .grouping import Group, Grouping
from .lowering import Lowering, Term
from .numerics import RUNTIME

#: Sums and products of more terms are written by halves: rounding errors then grow with the logarithm.
_TERMS = 8
#: Up to this many terms of a sum from one array are added as arrays; more as a product with a matrix, or row by row.
_FEW = 3


def compile_expressions(
    lowering: Lowering, expressions: Sequence[Any], places: Sequence[int] | None = None, size: int | None = None
) -> Callable[[np.ndarray], np.ndarray]:
    """A function of the variables' values that returns the values of `expressions`.

    Parameters
    ----------
    lowering : Lowering
        Of the variables.
    expressions : sequence of Expr
    places : sequence of int, optional
        Where each value goes in the result; one after the other by default.
    size : int, optional
        Length of the result; what has no place is 0.

    Returns
    -------
    callable
        ``evaluate(v)``: `v` a vector of float64, one number a variable; the result likewise, new at each call.
    """
    placed = zip(range(len(expressions)) if places is None else places, lowering.lower(expressions), strict=True)
    results = sorted(placed, key=itemgetter(0))
    code = _Code(lowering, Grouping(lowering.slots, [slot for _, (_, slot) in results if slot is not None]))
    return code.compile(results, len(expressions) if size is None else size)


class _Code:
    """Lines of straight code that compute the groups of a program."""

    def __init__(self, lowering: Lowering, grouping: Grouping) -> None:
        self.slots = lowering.slots
        self.grouping = grouping
        self.lines: list[str] = []
        self.scope: dict[str, Any] = RUNTIME | lowering.functions
        self._singles: dict[int, str] = {}
        self._arrays: dict[tuple[int, Any], str] = {}

    def compile(self, results: Sequence[tuple[int, Term]], size: int) -> Callable[[np.ndarray], np.ndarray]:
        for number, group in enumerate(asked(self.grouping.groups[1:]), start=1):
            name = f"t{group.members[0]}" if self._is_alone(number) else f"a{number}"
            self.lines.append(f"{name} = {self._computed(group)}")
        result = self._result(results, size)
        source = "\n    ".join(["def evaluate(v):", *self.lines, f"return {result}"])
        exec(compile(source, "<expressions>", "exec"), self.scope)  # noqa: S102 - made above, from expression nodes alone
        return self.scope["evaluate"]  # type: ignore[no-any-return]

    # ---- what is read

    def _single(self, slot: int) -> str:
        """The text of one number."""
        if self.slots[slot].kind == "constant":
            return _literal(self.slots[slot].numbers[0])
        if slot not in self._singles:
            group = self.grouping.group[slot]
            text = f"t{slot}"
            if not self._is_alone(group):
                self.lines.append(f"t{slot} = {_array_name(group)}[{self.grouping.position[slot]}]")
            self._singles[slot] = text
        return self._singles[slot]

    def _constant(self, values: Any) -> str:
        """The text of an array of constants; one number where all are equal."""
        values = np.array(values, dtype=float)
        first = values.flat[0]
        # By their bits: 0 is not -0, and nan is nan.
        return _literal(float(first)) if values.tobytes() == first.tobytes() * values.size else self._stored(values)

    def _stored(self, array: np.ndarray) -> str:
        array.flags.writeable = False
        name = f"c{len(self.scope)}"
        self.scope[name] = array
        return name

    def _column(self, slots: Sequence[int]) -> str:
        """The text of an array of slots that lie in one group, or are constants."""
        if len(set(slots)) == 1:
            return self._single(slots[0])
        if self.slots[slots[0]].kind == "constant":
            return self._constant([self.slots[slot].numbers[0] for slot in slots])
        return self._taken(self.grouping.group[slots[0]], np.array([self.grouping.position[slot] for slot in slots]))

    def _taken(self, group: int, positions: np.ndarray) -> str:
        """The text of some elements of a group's array: a slice where one will do."""
        key = (group, positions.tobytes() + bytes(str(positions.shape), "ascii"))
        if key not in self._arrays:
            piece = as_slice(positions.ravel(), len(self.grouping.groups[group].members))
            text = f".take({self._stored(positions)})" if not piece else "" if piece == ":" else f"[{piece}]"
            if piece and positions.ndim > 1:
                text += f".reshape{positions.shape}"
            self._arrays[key] = _array_name(group)
            if text:
                self._arrays[key] = f"p{len(self._arrays)}"
                self.lines.append(f"{self._arrays[key]} = {_array_name(group)}{text}")
        return self._arrays[key]

    def _rows(self, operands: Sequence[Sequence[int]]) -> str:
        """The text of the operands as a matrix, one row a member, or a vector; empty where they are few, or of several groups."""
        sources = {self.grouping.group[operand] for operand in operands[0]}
        if len(operands[0]) <= _FEW or len(sources) > 1 or self._is_alone(min(sources)):
            return ""
        positions = np.array([[self.grouping.position[operand] for operand in row] for row in operands])
        return self._taken(min(sources), positions if len(operands) > 1 else positions[0])

    # ---- what is computed

    def _computed(self, group: Group) -> str:
        """The text of what a group is."""
        slot, several = self.slots[group.members[0]], len(group.members) > 1
        if slot.kind == "sum":
            return self._sum(group)
        rows = self._rows(group.operands)
        if rows and slot.name == "_euclid":
            return f"_euclid({rows}.T)"
        if rows and slot.kind == "product" and not slot.divisors:
            return self._multiple(f"np.multiply.reduce({rows}, axis=-1)", np.array(group.numbers)[:, 0])
        texts = [self._column(column) for column in zip(*group.operands, strict=True)]
        if slot.kind == "product":
            ends = len(texts) - slot.divisors
            return self._quotient([numbers[0] for numbers in group.numbers], texts[:ends], texts[ends:])
        if slot.kind == "choice":
            return f"np.where({', '.join(texts)})" if several else f"float64({texts[1]} if {texts[0]} else {texts[2]})"
        if slot.kind == "power":
            return f"{texts[0]} ** {texts[1]}" if several else f"float64({texts[0]}) ** {texts[1]}"
        call = f"{slot.name if slot.kind == 'helper' else f'np.{slot.name}'}({', '.join(texts)})"
        # Comparisons count as 1 and 0: NumPy's booleans would add up by "or".
        return call if slot.kind != "passive" else f"{call}.astype(float64)" if several else f"float64({call})"

    def _quotient(self, coefficient: Any, above: Sequence[str], below: Sequence[str]) -> str:
        """A product, then one division after the other."""
        factor = self._constant(coefficient)
        if factor in {"1.0", "(-1.0)"} and above:
            return factor[1:2].replace(".", "") + "/".join([self._halved(above, "*"), *below])
        return "/".join([self._halved([factor, *above], "*"), *below])

    def _halved(self, texts: Sequence[str], operator: str) -> str:
        if len(texts) <= _TERMS:
            return operator.join(texts)
        middle = len(texts) // 2
        name = f"h{len(self.lines)}"
        first = self._halved(texts[:middle], operator)
        self.lines.append(f"{name} = {first}")
        return f"{name}{operator}({self._halved(texts[middle:], operator)})"

    def _sum(self, group: Group) -> str:
        """A sum, or an array of sums: the terms from each array together."""
        numbers = np.array(group.numbers, dtype=float)
        terms: list[str] = []
        start = 0
        sources = [self.grouping.group[operand] for operand in group.operands[0]]
        while start < len(sources):
            stop = start
            while stop < len(sources) and sources[stop] == sources[start]:
                stop += 1
            operands = [row[start:stop] for row in group.operands]
            terms += self._terms(sources[start], operands, numbers[:, 1 + start : 1 + stop])
            start = stop
        if np.any(numbers[:, 0] != 0):
            terms.insert(0, self._constant(numbers[:, 0]))
        return self._halved(terms, " + ")

    def _terms(self, source: int, operands: Sequence[Sequence[int]], coefficients: np.ndarray) -> list[str]:
        """The terms of sums that come from one array."""
        if all(row == operands[0] for row in operands):
            # All sums are of the same elements: one product with a matrix.
            row = self._rows(operands[:1])
            if row and len(operands) == 1:
                return [f"np.add.reduce({row})" if np.all(coefficients == 1) else f"{self._stored(coefficients[0])}.dot({row})"]
            if row:
                return [f"{self._stored(coefficients)}.dot({row})"]
        rows = self._rows(operands)
        if rows:
            return [f"np.add.reduce({self._multiple(rows, coefficients)}, axis=1)"]
        columns = zip(zip(*operands, strict=True), coefficients.T, strict=True)
        return [self._multiple(self._column(column), factors) for column, factors in columns]

    def _multiple(self, text: str, coefficients: np.ndarray) -> str:
        factor = self._constant(coefficients)
        return text if factor == "1.0" else f"(-{text})" if factor == "(-1.0)" else f"{factor}*{text}"

    # ---- what is returned

    def _result(self, results: Sequence[tuple[int, Term]], size: int) -> str:
        """The text of the result: one array as it is, or the constants with everything else written into them."""
        template = np.zeros(size)
        blocks: dict[Any, list[tuple[int, Term]]] = {}
        for place, (coefficient, slot) in asked(results):
            if slot is None:
                template[place] = coefficient
            else:
                group = self.grouping.group[slot]
                blocks.setdefault((group, slot if self._is_alone(group) else None), []).append((place, (coefficient, slot)))
        slots = {slot for _, (_, slot) in results} - {None}
        if len(blocks) == 1 and len(slots) == len(results) == size > 1:
            text = self._root([term for _, term in results])
            return text if text.startswith("a") or not text.isidentifier() else f"{text}.copy()"
        self.lines.append(f"out = {self._stored(template)}.copy()")
        for block in asked(blocks.values()):
            places = np.array([place for place, _ in block])
            piece = str(places[0]) if len(block) == 1 else as_slice(places, size) or self._stored(places)
            self.lines.append(f"out[{piece}] = {self._root([term for _, term in block])}")
        return "out"

    def _root(self, terms: Sequence[Term]) -> str:
        """The text of results that come from one array."""
        column = self._column([slot for _, slot in terms if slot is not None])
        return self._multiple(column, np.array([coefficient for coefficient, _ in terms]))

    def _is_alone(self, group: int) -> bool:
        """Whether the group is one number, or the constants."""
        return group < 0 or (group > 0 and len(self.grouping.groups[group].members) == 1)


def as_slice(positions: np.ndarray, length: int | None) -> str:
    """The text of a slice that takes these positions, ":" for all of `length`; empty where none does."""
    if len(positions) < 2:
        return ""
    step = int(positions[1] - positions[0])
    if step < 1 or np.any(np.diff(positions) != step):
        return ""
    if step == 1 and positions[0] == 0 and len(positions) == length:
        return ":"
    return f"{positions[0]}:{positions[-1] + 1}" + (f":{step}" if step > 1 else "")


def _array_name(group: int) -> str:
    return f"a{group}" if group else "v"


def _literal(value: float) -> str:
    """A number as text that stands for it exactly."""
    if not math.isfinite(value):
        return f"({value!r})" if value < 0 else repr(value)
    return repr(value) if math.copysign(1.0, value) > 0 else f"({value!r})"
