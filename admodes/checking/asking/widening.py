"""x in few digits: where f answers in float64 as well, its slopes are measured there.

A loss in float32 is a staircase whose steps hide its slope; the same loss of the same numbers in float64 is smooth. The claim
is asked in x's own dtype all the same.
"""

from __future__ import annotations

import numpy as np

from ...finite.lines import Point
from ..judgement.verdicts import Finding
from .probes import UNASKED
from .subject import Subject

#: Both values are the same where they differ by less than this part of the largest.
ALIKE = 1e-3
#: A relative change of x that float64 sees and narrower numbers do not.
FINE = 2.0**-30


def widen(subject: Subject, point: Point) -> tuple[Point, list[Finding]]:
    """x as a point in float64, if it came in fewer digits and f makes use of them; what is worth a note.

    `subject` asks f there from now on.
    """
    narrow = [leaf.dtype for leaf in subject.leaves if leaf.dtype.kind == "f" and leaf.dtype.itemsize < 8]
    if not narrow:
        return point, []
    wide = [leaf.astype(np.float64) if leaf.dtype in narrow else leaf for leaf in subject.leaves]
    try:
        found = Point(subject.function.at(wide))
        beside, _ = found.beside((np.arange(found.x.size), found.x), FINE)
    except UNASKED:
        return point, []
    if found.value.shape != point.value.shape or any(output.dtype.itemsize < 8 for output in found.outputs):
        return point, []
    with np.errstate(all="ignore"):
        alike = np.abs(found.value - point.value) <= ALIKE * np.max(np.abs(point.value), initial=0.0)
    if not alike.all() or np.array_equal(beside, found.value):
        return point, []
    subject.function = found.function
    return found, [Finding("right", "precision", f"x is {narrow[0]}: f was evaluated in float64, whose digits tell more")]
