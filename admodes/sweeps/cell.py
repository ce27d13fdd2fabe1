"""One cell of a sweep: one problem at one size, one method, one operator."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from ..api import differentiate
from ..measure.cost import attempt
from ..measure.operation import SCALAR
from ..measure.problems import DENSE_LAYER, Problem
from ..measure.subject import Subject
from ..measure.trials import Effort, measure
from ..methods import choose_method
from ..rows import Row


@dataclass(frozen=True)
class Cell:
    """One problem at one size, one method, one operator, and how much time to spend on it.

    Parameters
    ----------
    problem : Problem
    inputs, outputs : int
    method : str or Differentiator
    label : str
        The method's name in the results.
    operator : str
    effort : Effort
    seed : int
        Of the problem's data and of the directions.
    part : str
        "grid" where the cell belongs to what the map and the cost curves show, else "problem".
    code, version : str
        Fingerprint of the problem, version of the method.
    """

    problem: Problem
    inputs: int
    outputs: int
    method: Any
    label: str
    operator: str
    effort: Effort
    seed: int
    part: str = "problem"
    code: str = ""
    version: str = ""

    @property
    def key(self) -> str:
        """What identifies the measurement: another problem, code, version, effort or seed is another key."""
        content = [self.problem.name, self.code, self.inputs, self.outputs, self.label, self.version, self.operator, self.seed]
        text = json.dumps([*content, asdict(self.effort)], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]

    @property
    def series(self) -> tuple[str, str, str]:
        """What the sizes of one series have in common."""
        return self.problem.name, self.label, self.operator

    @property
    def size(self) -> tuple[int, int]:
        """Where the cell stands in its series."""
        return self.inputs, self.outputs

    @property
    def title(self) -> str:
        """What is measured, in one line."""
        return self.row("").title

    def run(self) -> Row:
        """Measure it, here and now."""
        return measure_cell(self)

    def read(self, data: dict[str, Any]) -> Row:
        """The row that a worker has sent."""
        return Row.from_dict(data)

    def row(self, status: str, reason: str = "", **columns: Any) -> Row:
        """A row of this cell that holds no measurement."""
        return self.mark(Row(self.problem.name, self.inputs, self.outputs, self.label, status, reason, **columns))

    def mark(self, row: Row) -> Row:
        """`row` as one of this cell. Its sizes stay: f may have others than were asked for, and they are what was measured."""
        return replace(
            row,
            operator=self.operator,
            part=self.part,
            key=self.key,
            version=self.version,
            auto=row.auto or choose_method(self.inputs, self.outputs).method,
        )


def measure_cell(cell: Cell) -> Row:
    """Measure one cell; whatever the problem or the method does wrong becomes a status.

    Parameters
    ----------
    cell : Cell

    Returns
    -------
    Row
    """
    made = attempt(partial(_subject, cell), cell.effort.budget)
    if made.status != "ok":
        stopped = {"stopped_after": made.seconds} if made.status == "timeout" else {}
        return cell.row(made.status, made.reason, **stopped)
    subject: Subject = made.value
    shape = subject.outputs_at_x[0].shape if len(subject.outputs_at_x) == 1 else None
    if cell.operator in SCALAR and shape != ():
        found = "several arrays" if shape is None else f"shape {shape}"
        return cell.row("unsupported", f"{cell.operator} needs f(x) of shape (), but {cell.problem.name} returns {found}")
    _warm_up(cell)
    methods, reference = {cell.label: cell.method}, _reference(cell, subject)
    measured = attempt(lambda: measure(subject, methods, cell.effort, reference=reference), math.inf)
    # What fails here is the problem's reference: a mistake of the method's is a row already.
    return cell.row(measured.status, measured.reason) if measured.value is None else cell.mark(measured.value[0])


def _subject(cell: Cell) -> Subject:
    f, x = cell.problem.at(cell.inputs, cell.outputs, cell.seed)
    return Subject.at(f, x, name=cell.problem.name, operator=cell.operator, seed=cell.seed)


def _reference(cell: Cell, subject: Subject) -> Callable[[Any], Any] | None:
    """The closed form of what the operator returns, where the problem's derivative tells it."""
    exact, f = cell.problem.reference, subject.f
    if exact is None or not subject.operation.first_order:
        return None
    return lambda x: subject.operation.of_jacobian(exact(f, x), x, subject.value)


def _warm_up(cell: Cell) -> None:
    """Let the method import what it needs, so that the first call does not pay for it."""
    f, x = DENSE_LAYER.at(1, 1)
    attempt(partial(differentiate, f, x, cell.method), cell.effort.budget)
