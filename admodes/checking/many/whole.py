"""Mistakes of all of a claim for many inputs: a correction of it is right if it is right along the random directions.

Two directions of many elements are two numbers with nine digits or more: a correction without a free parameter does not fit both
by chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..asking.naming import name_of_element, output_names, slices, whole_arrays
from ..asking.subject import SEEDED, Subject
from ..causes.factors import chain_factors, data_sizes, factor_in_words, factor_text
from ..causes.mistakes import rows_in_words, terms
from ..causes.precision import is_single
from ..judgement.verdicts import Judgement
from ..slopes.slopes import Slopes
from .halving import MOST_NAMED

if TYPE_CHECKING:
    from .large import LargeCheck

Array = np.ndarray[Any, Any]

#: Slopes known to less than this, relative, tell corrections apart.
SHARP = 1e-6
#: Calls of f that a slope along one more direction takes about.
CALLS_A_SLOPE = 20
#: Elements are moved by up to so many places.
MOST_MOVED = 3


def explanation(check: LargeCheck, judged: Judgement, vectors: Array) -> str:
    """The mistake that the whole claim makes in all directions alike; "" where there is none.

    Parameters
    ----------
    check : LargeCheck
    judged : Judgement
        Of k directions and m entries of f.
    vectors : ndarray, shape (k, n)
        The directions.
    """
    if (
        check.matrix is not None
        and is_single(check.matrix)
        and np.all(np.abs(judged.claimed - judged.expected) < SHARP * judged.size)
    ):
        return "calculated in float32: the numbers have no more digits"
    found = common_factor(judged)
    with np.errstate(all="ignore"):
        if found is not None and check.matrix is not None and abs(np.linalg.norm(check.matrix) - 1) < 1e-12 and found[0] > 0:
            return "normalised: it has the direction of the derivative, and length 1"
    if found is not None:
        factor, off = found
        if factor == 0:
            return "never written: all of it is exactly 0"
        if abs(factor + 1) <= off + 1e-12:
            return "the sign: all of it is the negative of the derivative"
        words, *_ = factor_in_words(factor, off, data_sizes(check.subject, check.point.value.size))
        return factor_text("all of it", words)
    with np.errstate(all="ignore"):
        sharp = np.all(judged.bound <= SHARP * judged.size) and len(judged.verdict) > 1
    if check.matrix is None or not sharp:
        return ""
    return _of_rows(check, judged) or _corrected(check, judged, vectors)


def _of_rows(check: LargeCheck, judged: Judgement) -> str:
    """Rows that belong to other outputs."""
    texts = []
    for row in np.flatnonzero((judged.verdict == -1).any(axis=0)).tolist():
        off = np.abs(judged.claimed[:, [row]] - judged.expected)
        fits = np.flatnonzero((off <= 3 * judged.bound).all(axis=0) & np.any(judged.expected != 0, axis=0))
        fits = fits[fits != row]
        if not fits.size:
            return ""
        texts.append(f"row {row} holds the derivative of output {fits[0]}")
    return rows_in_words(texts)


def _corrected(check: LargeCheck, judged: Judgement, vectors: Array) -> str:
    tolerance = 3 * judged.bound
    with np.errstate(all="ignore"):
        for text, corrected in _corrections(check):
            if np.all(np.abs(vectors @ corrected.T - judged.expected) <= tolerance):
                return text
        text = _factor_of_an_array(check, judged, vectors)
        if text:
            return text
        if judged.claimed.shape[1] == 1:
            lacking = (judged.expected - judged.claimed)[:, 0]
            for name, shape in terms(check.point.x):
                along = vectors @ shape
                best = int(np.argmax(np.abs(along)))
                c, off = lacking[best] / along[best], tolerance[best, 0] / np.abs(along[best])
                clear = np.abs(c) > 1e3 * off
                if clear and np.all(np.abs(c * along - lacking) <= tolerance[:, 0] + off * np.abs(along)):
                    text = f"one term is missing: the derivative is the claim plus {c:.6g}{name} in every element"
                    return text + (", as of a regulariser" if name == " * x" else "")
    return ""


def _factor_of_an_array(check: LargeCheck, judged: Judgement, vectors: Array) -> str:
    """A constant factor of one array of a container: what it makes of the claim is all that is wrong."""
    matrix = check.matrix
    assert matrix is not None  # noqa: S101 - there is a claim of all elements
    for name, part in slices(check.subject) if len(check.subject.shapes) > 1 else ():
        along = vectors[:, part] @ matrix[:, part].T
        usable = np.abs(along) > 1e3 * judged.bound
        ratios, off = (judged.expected - judged.claimed)[usable] / along[usable], 3 * judged.bound[usable] / np.abs(along[usable])
        if ratios.size < 2 or not np.all(np.abs(ratios - np.median(ratios)) <= off + np.max(off)):
            continue
        if not np.all(np.abs(judged.claimed + np.median(ratios) * along - judged.expected) <= 6 * judged.bound):
            continue
        factor = 1 / (1 + float(np.median(ratios)))
        if abs(factor + 1) <= 4 * np.max(off):
            return f"the sign of {name}"
        words, *_ = factor_in_words(factor, float(np.max(off)) * abs(factor), data_sizes(check.subject, check.point.value.size))
        return factor_text(name, words)
    return ""


def _corrections(check: LargeCheck) -> Iterator[tuple[str, Array]]:
    """What the claim may have to be, with the mistake that it has made then."""
    matrix, x = check.matrix, check.point.x
    assert matrix is not None  # noqa: S101 - there is a claim of all elements
    rows, columns = matrix.shape
    if rows == columns:
        seeded = "the product is with the transposed matrix: J v and J.T w are confused"
        plain = "the matrix is transposed: rows are outputs, columns inputs"
        yield seeded if check.subject.kind in SEEDED else plain, matrix.T
    shapes = check.subject.shapes
    if rows == 1 and len(shapes) == 1 and len(shapes[0]) == 2 and 1 not in shapes[0]:
        high, wide = shapes[0]
        if high == wide:
            yield "the gradient by a matrix is transposed (write G.T)", matrix.reshape(high, wide).T.reshape(1, -1)
        else:
            text = "the gradient by a matrix was laid out by columns: reshape with order='F', or transpose before it"
            yield text, matrix.reshape(wide, high).T.reshape(1, -1)
    for distance in range(1, MOST_MOVED + 1):
        for shift, sign in ((distance, "-"), (-distance, "+")):
            text = f"an index is shifted by {shift}: what stands at k belongs to k {sign} {distance}"
            yield text, np.roll(matrix, -shift, axis=1)
    yield "the elements are permuted, in reverse order", matrix[:, ::-1]
    for factor, before, after in chain_factors(x):
        yield f"{before} in all of it{after}", matrix * factor
    if len(shapes) == 1:
        return
    for (name, part), shape in zip(slices(check.subject), shapes, strict=True):
        if len(shape) == 2 and shape[0] == shape[1] and rows == 1:
            corrected = matrix.copy()
            corrected[0, part] = corrected[0, part].reshape(shape).T.ravel()
            yield f"the gradient by {name} is transposed (write G.T)", corrected
        for factor, before, after in chain_factors(x[part]):
            corrected = matrix.copy()
            corrected[:, part] *= factor
            yield f"{before} in {name}{after}", corrected


def common_factor(judged: Judgement) -> tuple[float, float] | None:
    """A constant that the claim is of the derivative in every direction, with its error, or None."""
    with np.errstate(all="ignore"):
        usable = np.abs(judged.expected) > 1e3 * judged.bound
        factors = judged.claimed[usable] / judged.expected[usable]
        off = np.max(judged.bound[usable] / np.abs(judged.expected[usable]), initial=1e-9) * np.abs(factors).max(initial=1)
    if factors.size < 2 or np.ptp(factors) > 4 * off or abs(np.median(factors) - 1) <= 4 * off:
        return None
    return float(np.median(factors)), float(off)


def never_written(check: LargeCheck, entry: int, vector: Array, slopes: Slopes) -> str:
    """Elements that are claimed to be 0, if all that errs along the first direction does so along their part of it."""
    if check.matrix is None:
        return ""
    zeros = check.matrix[entry] == 0
    if zeros.all():
        what = output_names(check.subject)[entry] if check.point.value.size > 1 else "all of it"
        return f"never written: {what} is exactly 0"
    empty = np.zeros(zeros.shape, bool)
    for _, elements in slices(check.subject):
        empty[elements] = zeros[elements].all()
    zeros = empty if empty.any() else zeros  # other elements may be 0 by right
    if zeros.sum() <= MOST_NAMED or check.subject.f.calls + CALLS_A_SLOPE > check.most:
        return ""
    part = check.slopes(np.where(zeros, vector, 0.0), np.zeros(check.point.value.size))
    off = 3 * (part.bound[0, entry] + slopes.bound[0, entry])
    if not abs(part.value[0, entry] - slopes.value[0, entry]) <= off:
        return ""
    arrays = whole_arrays(check.subject, zeros)
    what = ", ".join(arrays) or elements_in_words(zeros, check.subject)
    return f"never written: {what} {'is' if len(arrays) == 1 else 'are'} exactly 0"


def elements_in_words(chosen: Array, subject: Subject) -> str:
    """Some of very many elements: a range, or the first of them."""
    places = np.flatnonzero(chosen)
    if places[-1] - places[0] + 1 == places.size:
        return f"{name_of_element(subject, places[0])} to {name_of_element(subject, places[-1])}"
    return f"{', '.join(name_of_element(subject, place) for place in places[:3])} and {places.size - 3} more"
