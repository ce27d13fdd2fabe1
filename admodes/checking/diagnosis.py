"""Which mistake explains the numbers: one after the other is tried, and named only if it explains every wrong component."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..finite.lines import Point
from .evidence import Case, case_of, which
from .factors import chain, factor
from .mistakes import (
    float32,
    kink,
    missing_term,
    not_finite,
    other_output,
    seeded,
    shifted,
    sign,
    single_input,
    transposed,
    zero,
)
from .points import PointCheck
from .subject import Subject
from .verdicts import Finding

#: Names of mistakes that findings speak for.
_FOUND = {
    "mutation": "f or the derivative writes into its argument",
    "stale": "the derivative answers from a cache or from what another call left behind",
    "nonlinear": "the product is not linear in its vector: an absolute value, a power or a norm of it on the way",
    "value": "the value that comes with the derivative is not f(x)",
}

#: In the order of their simplicity.
RULES: tuple[Callable[[Case], str], ...] = (
    not_finite,
    kink,
    float32,
    zero,
    sign,
    seeded,
    transposed,
    factor,
    shifted,
    other_output,
    missing_term,
    chain,
    single_input,
)

#: Those that say something of x alone.
LOCAL = (not_finite, kink, float32, zero)


def diagnose(subject: Subject, point: Point, points: Sequence[PointCheck], findings: Sequence[Finding]) -> list[str]:
    """The likely mistakes, the simplest explanation first; empty where none explains the numbers."""
    causes = [_FOUND[finding.cause] for finding in findings if finding.verdict == "wrong" and finding.cause in _FOUND]
    for finding in findings:
        if finding.cause == "factor":
            alike = finding.text.partition(": ")[2]
            causes.append(f"{'the sign' if 'negative' in alike else 'a constant factor'}: {alike}")
    shape = _transposed_shape(subject, findings)
    if shape:
        causes.append(shape)
    number = next((place for place, found in enumerate(points) if found.verdict == "wrong"), None)
    if number is None or points[number].judgement is None or points[number].names:
        return causes
    case = case_of(subject, points[number])
    if not case.wrong.any():
        return causes
    if number and (np.asarray(points[0].reading.matrix) == case.claimed).all():
        causes.append("the derivative is the same at x and nearby, to the last bit: a stale cache, or it ignores x")
    witness = _witness(subject, points[number])
    for rule in RULES:
        text = rule(case)
        if text and (witness is None or rule in LOCAL or _named(text, case) == _named(rule(witness), witness)):
            return [*causes, text]
    return causes


def _witness(subject: Subject, found: PointCheck) -> Case | None:
    """The same nearby, where there is something to be explained; numbers fit many a cause at one point alone."""
    beside = found.witness
    if beside is None or beside.judgement is None or beside.names:
        return None
    case = case_of(subject, beside)
    return case if case.wrong.any() else None


def _named(text: str, case: Case) -> str:
    """The cause without what differs from point to point: which elements are wrong there, and by how much."""
    return text.replace(which(case), "").replace("all of it", "").partition(": it lacks")[0]


def _transposed_shape(subject: Subject, findings: Sequence[Finding]) -> str:
    if not any(finding.cause == "shape" for finding in findings) or subject.kind != "jacobian" or len(subject.shapes) != 1:
        return ""
    result = subject.ask(subject.leaves)
    if isinstance(result, np.ndarray) and len(subject.output_shapes) == 1:
        turned = subject.shapes[0] + subject.output_shapes[0]
        if result.shape == turned:
            return "the matrix is transposed: rows are outputs, columns inputs (write J.T)"
    return ""
