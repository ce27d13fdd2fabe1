"""Which mistake explains the numbers: one after the other is tried, and named only if it explains every wrong component."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..finite.lines import Point
from ..formatting import format_error
from .points import PointCheck
from .subject import SEEDED, Subject
from .verdicts import Finding

Array = np.ndarray[Any, Any]

#: Names of mistakes that findings speak for.
_FOUND = {
    "mutation": "f or the derivative writes into its argument",
    "stale": "the derivative answers from a cache or from what another call left behind",
    "value": "the value that comes with the derivative is not f(x)",
}
#: More elements than this are not searched for shifts and permutations.
MOST_SHIFTED = 5000


@dataclass
class _Case:
    """Claims g and slopes d of shape (m, n) with tolerances t; `wrong` marks what has to be explained."""

    claimed: Array
    expected: Array
    tolerance: Array
    wrong: Array
    x: Array
    value: Array
    subject: Subject
    found: PointCheck

    def explains(self, corrected: Array) -> bool:
        """Whether a corrected claim is right wherever it was wrong, and no worse elsewhere."""
        with np.errstate(all="ignore"):
            fits = np.abs(corrected - self.expected) <= self.tolerance
        return bool(fits.all())

    def repairs(self, corrected: Array) -> bool:
        """Whether it is right wherever it was wrong."""
        with np.errstate(all="ignore"):
            return bool((np.abs(corrected - self.expected) <= self.tolerance)[self.wrong].all())


def diagnose(subject: Subject, point: Point, points: Sequence[PointCheck], findings: Sequence[Finding]) -> list[str]:
    """The likely mistakes, the simplest explanation first; empty where none explains the numbers."""
    causes = [_FOUND[finding.cause] for finding in findings if finding.verdict == "wrong" and finding.cause in _FOUND]
    shape = _transposed_shape(subject, findings)
    if shape:
        causes.append(shape)
    number = next((place for place, found in enumerate(points) if found.verdict == "wrong"), None)
    if number is None or points[number].judgement is None or points[number].names:
        return causes
    case = _case_of(subject, points[number])
    if not case.wrong.any():
        return causes
    if number == 1 and (np.asarray(points[0].reading.matrix) == case.claimed).all():
        causes.append("the derivative is the same at x and nearby, to the last bit: a stale cache, or it ignores x")
    for rule in RULES:
        text = rule(case)
        if text:
            return [*causes, text]
    return causes


def _case_of(subject: Subject, found: PointCheck) -> _Case:
    judged = found.judgement
    assert judged is not None  # noqa: S101 - checked by the caller
    rows = (len(found.vector), -1) if subject.derivative == 2 else judged.claimed.shape
    arrays = [array.reshape(rows).T for array in (judged.claimed, judged.expected, judged.bound, judged.verdict)]
    claimed, expected, bound, verdict = arrays
    # Bounds are as wide as a wrong claim may be: three of them for what was computed from two numbers of theirs.
    with np.errstate(all="ignore"):
        tolerance = 3 * bound + 1e-13 * np.abs(expected)
    value = np.concatenate([np.ravel(output) for output in subject.function.plain(subject.at(found.vector))] or [np.empty(0)])
    return _Case(claimed, expected, tolerance, verdict == -1, found.vector, value, subject, found)


def _transposed_shape(subject: Subject, findings: Sequence[Finding]) -> str:
    if not any(finding.cause == "shape" for finding in findings) or subject.kind != "jacobian" or len(subject.shapes) != 1:
        return ""
    result = subject.ask(subject.leaves)
    if isinstance(result, np.ndarray) and len(subject.output_shapes) == 1:
        turned = subject.shapes[0] + subject.output_shapes[0]
        if result.shape == turned:
            return "the matrix is transposed: rows are outputs, columns inputs (write J.T)"
    return ""


def _not_finite(case: _Case) -> str:
    bad = ~np.isfinite(case.claimed[case.wrong])
    return "NaN or infinity: a division by zero, a log of zero, or inf - inf on the way" if bad.all() else ""


def _sign(case: _Case) -> str:
    if case.explains(-case.claimed):
        return "the sign: all of it is the negative of the derivative"
    flipped = np.where(case.wrong, -case.claimed, case.claimed)
    if case.explains(flipped) and case.wrong.sum() < case.wrong.size:
        return f"the sign of {_which(case)}"
    return ""


def _zero(case: _Case) -> str:
    if (case.claimed[case.wrong] == 0).all():
        return f"never written: {_which(case)} {'is' if case.wrong.sum() == 1 else 'are'} exactly 0"
    return ""


def _factor(case: _Case) -> str:
    """A constant c with claimed = c * expected."""
    usable = case.wrong & (np.abs(case.expected) > 10 * case.tolerance)
    if not usable.any():
        return ""
    with np.errstate(all="ignore"):
        weight = np.where(usable, np.abs(case.expected) / case.tolerance, 0)
        place = np.unravel_index(int(np.argmax(np.nan_to_num(weight, posinf=1e300))), weight.shape)
        factor = float(case.claimed[place] / case.expected[place])
        off = float(case.tolerance[place] / abs(case.expected[place]))
    if not np.isfinite(factor) or factor == 0:
        return ""
    named, value = _named_factor(factor, off, case)
    if case.explains(case.claimed / value) and case.wrong.sum() > 0:
        scope = "all of it"
    elif case.repairs(case.claimed / value):
        scope = _which(case)
    else:
        return ""
    if case.wrong.sum() == 1 and not named:
        return ""  # one number is always some multiple of another
    if named in ("n", "1/n"):
        advice = "a sum taken instead of a mean" if named == "n" else "a mean taken instead of a sum"
        return f"{advice}: {scope} is {factor:.6g} times the derivative, {named} for n = {round(max(factor, 1 / factor))}"
    return f"a constant factor: {scope} is {named or f'{factor:.6g}'} times the derivative"


def _named_factor(factor: float, off: float, case: _Case) -> tuple[str, float]:
    sizes = {size for size in (case.x.size, case.value.size, *_data_sizes(case.subject)) if size > 2}
    candidates = {"2": 2.0, "1/2": 0.5, "-2": -2.0, "-1/2": -0.5, "4": 4.0, "1/4": 0.25, "pi/180": np.pi / 180, "180/pi": 180 / np.pi}
    candidates |= {"ln 10": np.log(10), "1/ln 10": 1 / np.log(10), "ln 2": np.log(2), "1/ln 2": 1 / np.log(2), "10": 10.0, "0.1": 0.1}
    for name, value in candidates.items():
        if abs(factor / value - 1) <= 3 * off + 1e-12:
            return name, value
    for size in sizes:
        for name, value in (("n", float(size)), ("1/n", 1.0 / size)):
            if abs(factor / value - 1) <= 3 * off + 1e-12:
                return name, value
    return "", factor


def _data_sizes(subject: Subject) -> Iterator[int]:
    """Lengths of what f may take a mean over: its other arguments, and arrays that it closes over."""
    f = subject.f.call
    cells = [cell.cell_contents for cell in (getattr(f, "__closure__", None) or ()) if _filled(cell)]
    names = getattr(getattr(f, "__code__", None), "co_names", ())
    outside = [getattr(f, "__globals__", {}).get(name) for name in names]
    for value in (*subject.args, *cells, *outside):
        if isinstance(value, np.ndarray):
            yield from (value.size, *value.shape)
    for shape in subject.shapes:
        yield from shape


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell raises
    except ValueError:
        return False
    return True


def _transposed(case: _Case) -> str:
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


def _shifted(case: _Case) -> str:
    size = case.claimed.shape[1]
    if not 1 < size <= MOST_SHIFTED:
        return ""
    for distance in range(1, min(size // 2, 20) + 1):
        for shift in (distance, -distance):
            moved = np.roll(case.claimed, -shift, axis=1)
            # What was shifted out at the end may have come in at the start, or be lost.
            lost = np.arange(size) >= size - shift if shift > 0 else np.arange(size) < -shift
            kept = size - distance >= 3 and bool(case.wrong[:, ~lost].any(axis=0).sum() >= 2)
            if case.explains(moved) or (kept and case.explains(np.where(lost, case.expected, moved))):
                return f"an index is shifted by {shift}: what stands at k belongs to k {'-' if shift > 0 else '+'} {distance}"
    return _permuted(case)


def _permuted(case: _Case) -> str:
    """The right numbers in another order; numbers that are alike prove nothing."""
    columns = np.flatnonzero(case.wrong.any(axis=0))
    if columns.size < 2:
        return ""
    claimed, expected, tolerance = (array[:, columns] for array in (case.claimed, case.expected, case.tolerance))
    order = []
    for place in range(columns.size):
        with np.errstate(all="ignore"):
            fits = np.flatnonzero((np.abs(claimed - expected[:, [place]]) <= tolerance[:, [place]]).all(axis=0))
        if fits.size != 1:
            return ""
        order.append(int(fits[0]))
    if len(set(order)) != len(order):
        return ""
    names = _names(case)
    if columns.size == 2:
        return f"{names[columns[0]]} and {names[columns[1]]} are swapped"
    text = ", ".join(f"{names[columns[source]]} holds that of {names[columns[place]]}" for place, source in enumerate(order[:3]))
    return f"the elements are permuted: {text}{', ...' if len(order) > 3 else ''}"


def _other_output(case: _Case) -> str:
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
    return "; ".join(f"row {row} holds the derivative of output {other}" for row, other in zip(rows[:3].tolist(), taken, strict=False))


def _chain(case: _Case) -> str:
    """The factor of a reparametrisation that was left out (or put in twice): expected = claimed * factor(x)."""
    x = case.x[None, :]
    with np.errstate(all="ignore"):
        sigmoid = 1 / (1 + np.exp(-x))
        factors = {
            "exp(x), of a parameter on the log scale": np.exp(x),
            "1/x, of a logarithm": 1 / x,
            "s(1 - s) of a sigmoid": sigmoid * (1 - sigmoid),
            "1 - tanh(x)**2 of a tanh": 1 - np.tanh(x) ** 2,
            "sigmoid(x), of a softplus": sigmoid,
            "2 x, of a square": 2 * x,
            "1/(2 sqrt(x)), of a square root": 0.5 / np.sqrt(x),
            "x": x,
            "x**2": x * x,
            "cos(x), of a sine": np.cos(x),
            "-sin(x), of a cosine": -np.sin(x),
        }
        for name, factor in factors.items():
            spread = np.ptp(factor[:, case.wrong.any(axis=0)])
            if case.wrong.sum() > 1 and spread <= 1e-6 * np.max(np.abs(factor)):
                continue  # then it is a constant factor
            for applied, verb in ((factor, "is missing"), (1 / factor, "is there once too often")):
                if _explained_locally(case, case.claimed * applied):
                    return f"the chain factor {name} {verb} in {_which(case)}"
    return ""


def _explained_locally(case: _Case, corrected: Array) -> bool:
    """Whether it repairs what is wrong, with enough evidence: two numbers, or one in many digits."""
    if not case.repairs(corrected):
        return False
    values, tolerance = np.abs(case.expected[case.wrong]), case.tolerance[case.wrong]
    sharp = values > 1e4 * tolerance
    return bool(sharp.sum() >= 1 and (case.wrong.sum() > 1 or (values > 1e6 * tolerance).all()))


def _missing_term(case: _Case) -> str:
    """expected - claimed is a simple function of x: constant, or a multiple of x."""
    with np.errstate(all="ignore"):
        difference = np.where(case.wrong, case.expected - case.claimed, 0.0)[0]
        wrong = case.wrong[0]
        if case.claimed.shape[0] != 1 or wrong.sum() < 2:
            return ""
        tolerance = case.tolerance[0]
        for name, shape in (("a constant", np.ones_like(case.x)), ("x", case.x), ("sign(x)", np.sign(case.x)), ("x**2", case.x**2)):
            ratio = difference[wrong] / shape[wrong]
            if name == "sign(x)" and np.ptp(shape[wrong]) == 0:
                continue
            c = float(np.median(ratio))
            everywhere = (np.abs(case.claimed[0] + c * shape - case.expected[0]) <= tolerance).all()
            if np.isfinite(c) and c != 0 and everywhere and (np.abs(c * shape[wrong]) > 10 * tolerance[wrong]).all():
                term = f"{c:.6g}" if name == "a constant" else f"{c:.6g} * {name}"
                kind = ", as of a regulariser" if name == "x" else ""
                return f"one term is missing: the derivative is the claim plus {term} in every element{kind}"
    return ""


def _single_input(case: _Case) -> str:
    """All that is wrong belongs to one input: one input's own contribution is missing or wrong."""
    columns = np.flatnonzero(case.wrong.any(axis=0))
    if columns.size != 1 or case.claimed.shape[1] < 2:
        return ""
    difference = case.expected[:, columns[0]] - case.claimed[:, columns[0]]
    worst = difference[int(np.argmax(np.abs(difference)))]
    return f"one term is missing or wrong in {_names(case)[columns[0]]} alone: it lacks {worst:.6g}"


def _float32(case: _Case) -> str:
    """Every error is about as large as float32's rounding."""
    with np.errstate(all="ignore"):
        relative = np.abs(case.claimed - case.expected) / np.max(np.abs(case.expected), initial=0.0)
        wrong = relative[case.wrong]
    if wrong.size and wrong.max() < 64 * 2.0**-23 and np.array_equal(case.claimed.astype(np.float32).astype(float), case.claimed):
        return f"calculated in float32: the numbers have no more digits (errors up to {format_error(float(wrong.max()))})"
    if wrong.size and wrong.max() < 4 * 2.0**-23 and wrong.size > 1:
        return f"errors of {format_error(float(wrong.max()))}, as of an evaluation in float32 on the way"
    return ""


def _kink(case: _Case) -> str:
    judged = case.found.judgement
    assert judged is not None  # noqa: S101 - there is a case
    kink = judged.slopes.kink
    if kink.shape == judged.verdict.shape and (kink | (judged.verdict != -1)).all() and (judged.verdict == -1).any():
        return "at a kink of f the claim lies outside of the slopes of both sides"
    return ""


def _which(case: _Case) -> str:
    columns = np.flatnonzero(case.wrong.any(axis=0))
    if columns.size == case.claimed.shape[1]:
        return "all of it" if case.wrong.all() else "many elements"
    names = _names(case)
    shown = ", ".join(names[column] for column in columns[:3])
    return f"{shown} and {columns.size - 3} more" if columns.size > 3 else shown


def _names(case: _Case) -> list[str]:
    from .result import element_names

    return element_names(case.subject.function.input_names, case.subject.shapes)


def _seeded(case: _Case) -> str:
    """A product with the transposed matrix."""
    if case.subject.kind in SEEDED and case.claimed.shape[0] == case.claimed.shape[1] and case.explains(case.claimed.T):
        return "the product is with the transposed matrix: J v and J.T w are confused"
    return ""


#: In the order of their simplicity.
RULES: tuple[Callable[[_Case], str], ...] = (
    _not_finite,
    _kink,
    _float32,
    _zero,
    _sign,
    _seeded,
    _transposed,
    _factor,
    _shifted,
    _other_output,
    _missing_term,
    _chain,
    _single_input,
)
