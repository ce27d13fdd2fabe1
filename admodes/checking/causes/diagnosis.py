"""Which mistake explains the numbers: one after the other is tried, and named only if it explains every wrong component."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...finite.lines import Point
from ...formatting import format_error
from ..asking.subject import CUT_OFF, Subject
from ..judgement.points import PointCheck
from ..judgement.verdicts import Finding
from ..many.halving import TOGETHER
from .evidence import Case, case_of, case_of_elements, which
from .factors import broadcast, chain, clipped, factor, normalised
from .mistakes import (
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
from .precision import finite_difference, float32

#: Names of mistakes that findings speak for.
_FOUND = {
    "mutation": "f or the derivative writes into its argument",
    "stale": "the derivative answers from a cache or from what another call left behind",
    "nonlinear": "the product is not linear in its vector: an absolute value, a power or a norm of it on the way",
    "not finite": "NaN or infinity: a division by zero, a log of zero, or inf - inf on the way",
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
    finite_difference,
    factor,
    normalised,
    clipped,
    broadcast,
    shifted,
    other_output,
    missing_term,
    chain,
    single_input,
)

#: Where no relative error exceeds this, f may be what is not exact.
SMALL = 1e-3

#: Those that say something of x alone, and those that say no more than which elements are wrong.
LOCAL = (not_finite, kink, float32, zero)
NAMING = (shifted, single_input)

#: Words of a difference quotient up to its step.
STEP = 6

#: For wrong elements of a large x.
NAMED = (not_finite, zero, sign, factor, chain)


def diagnose(subject: Subject, point: Point, points: Sequence[PointCheck], findings: Sequence[Finding]) -> list[str]:
    """The likely mistakes, the simplest explanation first; empty where none explains the numbers."""
    causes = [_FOUND[finding.cause] for finding in findings if finding.verdict == "wrong" and finding.cause in _FOUND]
    causes += [finding.text.partition(TOGETHER)[0] for finding in findings if finding.cause == "zero"]
    shape = _transposed_shape(subject, findings)
    if shape:
        causes.append(shape)
    number = next((place for place, found in enumerate(points) if found.verdict == "wrong"), None)
    if number is None or points[number].judgement is None:
        return causes
    if points[number].names:
        return [*causes, *_large_causes(subject, points[number])]
    case = case_of(subject, points[number])
    if not case.wrong.any():
        return causes
    if points[number].reading.note.endswith(CUT_OFF):
        return [*causes, points[number].reading.note]
    if number and (np.asarray(points[0].reading.matrix) == case.claimed).all():
        causes.append("the derivative is the same at x and nearby, to the last bit: a stale cache, or it ignores x")
    witness = _witness(subject, points[number])
    # What is right at x, and wrong at 0 alone, is no factor and no permutation; what is hardly known would be any.
    rules = LOCAL if points[number].place == "zero" else (*LOCAL, finite_difference) if case.loose else RULES
    for rule in rules:
        text = rule(case)
        if text and (witness is None or rule in LOCAL or _holds(rule, text, case, witness)):
            return [*causes, text]
    return causes


def _large_causes(subject: Subject, found: PointCheck) -> list[str]:
    """Of many inputs: what explains the whole, at both points, or the elements that were named."""
    alike = [finding.text for finding in found.findings if finding.cause == "alike"]
    if alike:
        beside = [] if found.witness is None else [finding.text for finding in found.witness.findings]
        return [alike[0].partition(": ")[2]] if found.witness is None or alike[0] in beside else []
    if found.elements is None:
        return []
    case = case_of_elements(subject, found)
    return next(([text] for rule in NAMED[: -1 if subject.derivative == 2 else None] if (text := rule(case))), [])


def hints(points: Sequence[PointCheck], findings: Sequence[Finding]) -> list[str]:
    """What may explain errors that are smaller than those of most formulas, where nothing else does: no proven cause."""
    wrong = next((found for found in points if found.verdict == "wrong"), None)
    if wrong is None or wrong.names or any(finding.verdict == "wrong" for finding in findings):
        return []
    worst = max((_worst(found) for found in (*points, wrong.witness) if found is not None), default=np.inf)
    if not worst < SMALL:
        return []
    digits = int(-np.log10(worst))
    text = (
        f"the claim agrees to {digits} digits (no error exceeds {format_error(worst)} of it), more than most mistakes leave: "
        "f itself may be what is not exact (a solver's steps or tolerance, a loop that stops early, a quadrature, an "
        "interpolation), or a constant has few digits; see whether the error shrinks with f's tolerance, "
        f"or pass what is as small with rtol={10.0**-digits:.0e}"
    )
    return [text]


def _worst(found: PointCheck) -> float:
    """The largest error at a point, of what errors are compared with there."""
    judged = found.judgement
    if judged is None or found.names or judged.slopes.kink.any():
        return np.inf
    with np.errstate(all="ignore"):
        relative = np.abs(judged.claimed - judged.expected) / judged.size
    return float(np.max(np.where(np.isnan(relative), np.inf, relative), where=judged.verdict == -1, initial=0.0))


def _witness(subject: Subject, found: PointCheck) -> Case | None:
    """The same nearby, where there is something to be explained; numbers fit many a cause at one point alone."""
    beside = found.witness
    if beside is None or beside.judgement is None or beside.names:
        return None
    case = case_of(subject, beside)
    return case if case.wrong.any() else None


def _holds(rule: Callable[[Case], str], text: str, case: Case, witness: Case) -> bool:
    """Whether the same is said of the point nearby; where the elements are what is said, the same elements."""
    found = rule(witness)
    if rule is finite_difference:  # where |x| < 1, a step is max(1, |x|) as well
        return text.split()[:STEP] == found.split()[:STEP]
    if rule in NAMING:
        return text.partition(": it lacks")[0] == found.partition(": it lacks")[0]
    return _named(text, case) == _named(found, witness)


def _named(text: str, case: Case) -> str:
    """The cause without what differs from point to point: which elements are wrong there, and by how much."""
    return text.replace(which(case), "").replace("all of it", "")


def _transposed_shape(subject: Subject, findings: Sequence[Finding]) -> str:
    if not any(finding.cause == "shape" for finding in findings) or subject.kind != "jacobian" or len(subject.shapes) != 1:
        return ""
    result = subject.ask(subject.leaves)
    if isinstance(result, np.ndarray) and len(subject.output_shapes) == 1:
        turned = subject.shapes[0] + subject.output_shapes[0]
        if result.shape == turned:
            return "the matrix is transposed: rows are outputs, columns inputs (write J.T)"
    return ""
