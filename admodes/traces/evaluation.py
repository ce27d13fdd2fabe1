"""What one evaluation of f left behind: its tape, and the derivatives on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..function import Function
from ..tape import INPUT
from .recording import TraceTape
from .sweeping import Adjoints


@dataclass
class Evaluation:
    """One evaluation of f, by record numbers.

    Attributes
    ----------
    function : Function
    tape : TraceTape
    labels : list of str
        Names of the inputs.
    outputs : list of int
        Records of f's results.
    shown : list of int
        Records that are nodes of the trace.
    back : Adjoints
    tangents : dict
        With the leading axis of the seeds; without an entry they are zero.
    seeds : tuple of str
        What each tangent is a derivative by.
    """

    function: Function
    tape: TraceTape
    labels: list[str]
    outputs: list[int]
    shown: list[int]
    back: Adjoints
    tangents: dict[int, Any]
    seeds: tuple[str, ...]

    @property
    def title(self) -> str:
        """``f(x1, x2)``."""
        name = self.function.name if self.function.name.isidentifier() else "f"
        return f"{name}({', '.join(self.labels)})"

    def stretch(self, number: int) -> int:
        """The stretch of straight code that a record was made in; inputs come before all."""
        return -1 if self.tape[number][0].primitive is INPUT else self.tape.watch.sites[number].stretch

    def variables(self) -> dict[int, str]:
        """The variable of each record; one that is bound again and again is numbered: ``a_1``, ``a_2``."""
        found = dict(enumerate(self.labels))
        bound = self.tape.watch.names
        times: dict[str, int] = {}
        for _, name in bound.values():
            times[name] = times.get(name, 0) + 1
        taken = {*self.labels, *times}
        again = {name for name, count in times.items() if count > 1 or name in self.labels}
        # Not a_1 where f has a variable of that name.
        marks = {name: not any(f"{name}_{k + 1}" in taken for k in range(times[name])) for name in again}
        seen: dict[str, int] = {}
        for number in sorted(bound):
            name = bound[number][1]
            seen[name] = seen.get(name, 0) + 1
            numbered = f"{name}_{seen[name]}" if marks.get(name) else f"{name} ({seen[name]})"
            found.setdefault(number, numbered if name in again else name)
        return found


def number_or_array(value: Any) -> Any:
    """A number as Python's, an array as it is."""
    return value.item() if isinstance(value, np.generic) or (type(value) is np.ndarray and not value.ndim) else value


def derivative(part: Any) -> Any:
    """A derivative as a Python float, or an array of floats; None as it is."""
    if part is None:
        return None
    array = np.asarray(part)
    return number_or_array(array.astype(float) if array.dtype.kind in "biu" else array)


def zeros(value: Any) -> Any:
    """A derivative of zero, like `value`."""
    array = np.asarray(value)
    return np.zeros(array.shape, float if array.dtype.kind in "biu" else array.dtype) if array.ndim else 0.0
