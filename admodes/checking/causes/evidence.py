"""What a diagnosis has to go by: claims and slopes of one point, and which claims have to be explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..asking.naming import element_names, output_names, whole_arrays
from ..asking.subject import Subject
from ..judgement.points import PointCheck

Array = np.ndarray[Any, Any]


#: Of a number that anybody may have typed.
TYPED_BITS = 16

#: Tolerances above this part of an error leave room for corrections of any kind.
LOOSE = 0.5


@dataclass
class Case:
    """Claims g and slopes d of shape (m, n) with tolerances t; `wrong` marks what has to be explained."""

    claimed: Array
    expected: Array
    tolerance: Array
    wrong: Array
    x: Array
    value: Array
    subject: Subject
    found: PointCheck
    part: bool = False
    """Whether these are some wrong elements of a large x, and the rest is not known."""

    @property
    def loose(self) -> bool:
        """Whether what is wrong is known so loosely that many a correction would fit."""
        with np.errstate(all="ignore"):
            relative = self.tolerance[self.wrong] / np.abs(self.claimed - self.expected)[self.wrong]
        return bool(np.median(relative) > LOOSE)

    def explains(self, corrected: Array) -> bool:
        """Whether a corrected claim is right wherever it was wrong, and no worse elsewhere."""
        if self.part:
            return False
        with np.errstate(all="ignore"):
            fits = np.abs(corrected - self.expected) <= self.tolerance
        return bool(fits.all())

    def repairs(self, corrected: Array) -> bool:
        """Whether it is right wherever it was wrong."""
        with np.errstate(all="ignore"):
            return bool((np.abs(corrected - self.expected) <= self.tolerance)[self.wrong].all())


def case_of(subject: Subject, found: PointCheck) -> Case:
    """Claims and slopes by outputs and inputs, with tolerances."""
    judged = found.judgement
    assert judged is not None  # noqa: S101 - checked by the caller
    rows = (len(found.vector), -1) if subject.derivative == 2 else judged.claimed.shape
    arrays = [array.reshape(rows).T for array in (judged.claimed, judged.expected, judged.bound, judged.verdict)]
    claimed, expected, bound, verdict = arrays
    # Bounds are as wide as a wrong claim may be: three of them for what was computed from two numbers of theirs.
    with np.errstate(all="ignore"):
        tolerance = 3 * bound + 1e-13 * np.abs(expected)
    value = np.concatenate([np.ravel(output) for output in subject.function.plain(subject.at(found.vector))] or [np.empty(0)])
    return Case(claimed, expected, tolerance, verdict == -1, found.vector, value, subject, found)


def case_of_elements(subject: Subject, found: PointCheck) -> Case:
    """The elements of a large x that were found to be wrong, as one row."""
    judged, elements = found.judgement, found.elements
    assert judged is not None and elements is not None  # noqa: S101, PT018 - checked by the caller
    rows = [array.reshape(1, -1) for array in (judged.claimed, judged.expected, judged.bound)]
    wrong = np.ones(rows[0].shape, bool)
    return Case(rows[0], rows[1], 3 * rows[2], wrong, found.vector[elements], np.empty(0), subject, found, part=True)


def which(case: Case) -> str:
    """What is wrong, in words."""
    found = wrong_names(case)
    shown = ", ".join(found[:3])
    return f"{shown} and {len(found) - 3} more" if len(found) > 3 else shown


def wrong_names(case: Case) -> list[str]:
    """What is wrong: all of it, arrays or elements of x, outputs, or entries of a matrix where only some of these are."""
    if case.wrong.all() and not case.part:
        return ["all of it"]
    columns = case.wrong.any(axis=0)
    names = names_of(case)
    if case.wrong[:, columns].all():
        arrays = [] if case.part or case.subject.derivative == 2 else whole_arrays(case.subject, columns)
        found = arrays or [names[column] for column in np.flatnonzero(columns)]
    elif case.subject.derivative == 2:
        found = [f"({names[row]}, {names[column]})" for row, column in np.argwhere(case.wrong.T)]
    else:
        outputs = output_names(case.subject)
        rows = case.wrong.any(axis=1)
        if case.wrong[rows].all():
            found = [outputs[row] for row in np.flatnonzero(rows)]
        else:
            found = [f"{outputs[row]} by {names[column]}" for row, column in np.argwhere(case.wrong)]
    return found


def typed(numbers: Array) -> Array:
    """Which numbers have so few bits that somebody may have typed them, or that they are float32's by chance."""
    mantissa = np.frexp(numbers)[0] * 2.0**TYPED_BITS
    return np.asarray(mantissa == np.round(mantissa))


def names_of(case: Case) -> list[str]:
    """Of the elements of x."""
    if case.part:
        entries = [case.subject.derivative == 2 and "product" not in name for name in case.found.names]
        return [f"({name})" if entry else name for name, entry in zip(case.found.names, entries, strict=True)]
    return element_names(case.subject.function.input_names, case.subject.shapes)
