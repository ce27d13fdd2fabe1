"""Mistakes of place, sign and terms: each looks at the numbers, and answers with a sentence if it explains them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..asking.subject import SEEDED
from .evidence import Case, names_of, typed, which, wrong_names

Array = np.ndarray[Any, Any]

#: More elements than this are not searched for shifts and permutations.
MOST_SHIFTED = 5000


def not_finite(case: Case) -> str:
    """Numbers that are none."""
    bad = ~np.isfinite(case.claimed[case.wrong])
    return "NaN or infinity: a division by zero, a log of zero, or inf - inf on the way" if bad.all() else ""


def kink(case: Case) -> str:
    """A claim that is no subgradient."""
    judged = case.found.judgement
    assert judged is not None  # noqa: S101 - there is a case
    kink = judged.slopes.kink
    if kink.shape == judged.verdict.shape and (kink | (judged.verdict != -1)).all() and (judged.verdict == -1).any():
        return "at a kink of f the claim lies outside of the slopes of both sides"
    return ""


def zero(case: Case) -> str:
    """What nobody wrote."""
    if (case.claimed[case.wrong] == 0).all():
        at = " at x = 0, where the slope is not" if case.found.place == "zero" else ""
        return f"never written: {which(case)} {'is' if len(wrong_names(case)) == 1 else 'are'} exactly 0{at}"
    return ""


def sign(case: Case) -> str:
    """The negative, of all or of some."""
    if case.explains(-case.claimed):
        return "the sign: all of it is the negative of the derivative"
    flipped = np.where(case.wrong, -case.claimed, case.claimed)
    if case.explains(flipped) or (case.part and case.repairs(flipped)):
        return f"the sign of {which(case)}"
    return ""


def seeded(case: Case) -> str:
    """A product with the transposed matrix."""
    if case.subject.kind in SEEDED and case.claimed.shape[0] == case.claimed.shape[1] and case.explains(case.claimed.T):
        return "the product is with the transposed matrix: J v and J.T w are confused"
    return ""


def transposed(case: Case) -> str:
    """Rows for columns."""
    if case.claimed.shape[0] == case.claimed.shape[1] > 1 and case.explains(case.claimed.T):
        return "the matrix is transposed: rows are outputs, columns inputs"
    shapes = case.subject.shapes
    if len(shapes) == 1 and len(shapes[0]) == 2 and case.claimed.shape[0] == 1 and 1 not in shapes[0]:
        rows, columns = shapes[0]
        if rows == columns and case.explains(case.claimed.reshape(rows, columns).T.reshape(1, -1)):
            return "the gradient by a matrix is transposed (write G.T)"
        if case.explains(case.claimed.reshape(columns, rows).T.reshape(1, -1)):
            return "the gradient by a matrix was laid out by columns: reshape with order='F', or transpose before it"
    return ""


def shifted(case: Case) -> str:
    """The right numbers, one place off."""
    size = case.claimed.shape[1]
    if not 1 < size <= MOST_SHIFTED:
        return ""
    if size == 2:
        return _permuted(case)
    for distance in range(1, min(size // 2, 20) + 1):
        for shift in (distance, -distance):
            moved = np.roll(case.claimed, -shift, axis=1)
            # What was shifted out at the end may have come in at the start, or be lost.
            lost = np.arange(size) >= size - shift if shift > 0 else np.arange(size) < -shift
            kept = size - distance >= 3 and bool(case.wrong[:, ~lost].any(axis=0).sum() >= 2)
            if case.explains(moved) or (kept and case.explains(np.where(lost, case.expected, moved))):
                return f"an index is shifted by {shift}: what stands at k belongs to k {'-' if shift > 0 else '+'} {distance}"
    return _permuted(case)


def _permuted(case: Case) -> str:
    """The right numbers in another order; numbers that are alike prove nothing."""
    columns, order = np.flatnonzero(case.wrong.any(axis=0)), []
    for column in columns:
        with np.errstate(all="ignore"):
            off = np.abs(case.claimed[:, [column]] - case.expected)
            fits = np.flatnonzero((off <= case.tolerance + case.tolerance[:, [column]]).all(axis=0))
        if fits.size != 1 or fits[0] == column or not np.any(case.claimed[:, column]):
            return ""
        order.append(int(fits[0]))
    names = names_of(case)
    if columns.size == 2 and order == columns[::-1].tolist():
        return f"{names[columns[0]]} and {names[columns[1]]} are swapped"
    if set(order) != set(columns.tolist()) and typed(case.claimed[:, columns]).all():
        return ""  # such a number needs no other element to come from
    if len(set(order)) == 1 and len(order) > 1:
        return f"{which(case)} hold the derivative by {names[order[0]]}"
    some = zip(columns[:3], order, strict=False)
    text = ", ".join(f"{names[column]} holds that of {names[source]}" for column, source in some)
    more = ", ..." if len(order) > 3 else ""
    if set(order) == set(columns.tolist()):
        what = ", in reverse order" if order == columns[::-1].tolist() else ""
        return f"the elements are permuted{what}: {text}{more}"
    return f"an index is wrong: {text}{more}"


def other_output(case: Case) -> str:
    """The right rows, of another output."""
    rows = np.flatnonzero(case.wrong.any(axis=1))
    if case.claimed.shape[0] < 2:
        return ""
    taken = []
    for row in rows:
        with np.errstate(all="ignore"):
            fits = np.flatnonzero((np.abs(case.claimed[row] - case.expected) <= case.tolerance[row] + case.tolerance).all(axis=1))
        fits = fits[fits != row]
        if not fits.size or not np.any(case.expected[fits[0]]):
            return ""
        taken.append(int(fits[0]))
    return rows_in_words([f"row {row} holds the derivative of output {other}" for row, other in zip(rows, taken, strict=True)])


def rows_in_words(texts: list[str]) -> str:
    """The first of them."""
    return "; ".join(texts[:3]) + ("; ..." if len(texts) > 3 else "")


def missing_term(case: Case) -> str:
    """expected - claimed is a simple function of x: constant, or a multiple of x."""
    with np.errstate(all="ignore"):
        difference = np.where(case.wrong, case.expected - case.claimed, 0.0)[0]
        wrong = case.wrong[0]
        if case.claimed.shape[0] != 1 or wrong.sum() < 2:
            return ""
        tolerance = case.tolerance[0]
        for name, shape in terms(case.x):
            ratio = difference[wrong] / shape[wrong]
            c = float(np.median(ratio))
            everywhere = (np.abs(case.claimed[0] + c * shape - case.expected[0]) <= tolerance).all()
            if np.isfinite(c) and c != 0 and everywhere and (np.abs(c * shape[wrong]) > 10 * tolerance[wrong]).all():
                kind = ", as of a regulariser" if name == " * x" else ""
                return f"one term is missing: the derivative is the claim plus {c:.6g}{name} in every element{kind}"
    return ""


def terms(x: Array) -> tuple[tuple[str, Array], ...]:
    """What a multiple of may be missing, as it is written behind a number."""
    return ("", np.ones_like(x)), (" * x", x), (" * sign(x)", np.sign(x)), (" * x**2", x**2)


def single_input(case: Case) -> str:
    """All that is wrong belongs to one input: one input's own contribution is missing or wrong."""
    columns = np.flatnonzero(case.wrong.any(axis=0))
    if columns.size != 1 or case.claimed.shape[1] < 2:
        return ""
    others = np.arange(case.claimed.shape[1]) != columns[0]
    if not case.explains(np.where(others, case.claimed, case.expected)):
        return ""  # they err as well, by too little to be accused, or are not known
    difference = case.expected[:, columns[0]] - case.claimed[:, columns[0]]
    worst = difference[int(np.argmax(np.abs(difference)))]
    return f"one term is missing or wrong in {names_of(case)[columns[0]]} alone: it lacks {worst:.6g}"
