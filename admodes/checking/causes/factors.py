"""Mistakes that multiply: constants, and the inner derivative of a reparametrisation."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..asking.subject import Subject
from .evidence import Case, typed, which

Array = np.ndarray[Any, Any]

#: Factors are written as fractions up to these.
LARGEST_DENOMINATOR = 12
#: One number is some multiple of another anyway: a factor with a name has to be known as well as this, relative.
SHARP = 1e-5
#: Factors that are known by a name.
NAMED = {
    "2": 2.0,
    "1/2": 0.5,
    "-2": -2.0,
    "-1/2": -0.5,
    "4": 4.0,
    "1/4": 0.25,
    "pi/180": np.pi / 180,
    "180/pi": 180 / np.pi,
    "ln 10": float(np.log(10)),
    "1/ln 10": float(1 / np.log(10)),
    "ln 2": float(np.log(2)),
    "1/ln 2": float(1 / np.log(2)),
    "10": 10.0,
    "0.1": 0.1,
}


def factor(case: Case) -> str:
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
    words, value, named = factor_in_words(factor, off, data_sizes(case.subject, case.value.size))
    if case.explains(case.claimed / value):
        scope = "all of it"
    elif case.repairs(case.claimed / value):
        scope = which(case)
    else:
        return ""
    values = case.expected[usable]
    if np.ptp(values) <= 1e-6 * np.max(np.abs(values)) and not (named and off < SHARP):
        return ""  # one number is always some multiple of another
    return factor_text(scope, words)


def factor_text(scope: str, words: str) -> str:
    """The cause in a sentence."""
    number, _, why = words.partition(", ")
    return f"a constant factor: {scope} is {number} times the derivative{', ' if why else ''}{why}"


def factor_in_words(factor: float, off: float, sizes: set[int]) -> tuple[str, float, bool]:
    """A factor that is known to `off`, relative, as text and without its error, and whether it is one that has a name."""

    def same(value: float) -> bool:
        return abs(factor / value - 1) <= 3 * off + 1e-12

    for name, value in NAMED.items():
        if same(value):
            return name, value, True
    for n in sorted(sizes):
        for name, value in (("n", float(n)), ("1/n", 1.0 / n), ("n/2", n / 2), ("2/n", 2 / n)):
            if same(value):
                why = {"n": ": perhaps a sum taken instead of a mean", "1/n": ": perhaps a mean taken instead of a sum"}
                return f"{value:.6g}, {name} for n = {n}{why.get(name, '')}", value, True
    return written(factor), factor, False


def written(factor: float) -> str:
    """A factor as a simple fraction, or with all the digits that tell it from 1 or -1."""
    fraction = Fraction(factor).limit_denominator(LARGEST_DENOMINATOR)
    if abs(factor - round(factor, 2)) > 1e-6 and abs(factor - float(fraction)) < 1e-9 * abs(factor):
        return str(fraction)
    with np.errstate(all="ignore"):
        same = -np.log10(abs(abs(factor) - 1))
    return f"{factor:.{int(np.clip(same + 2, 6, 15))}g}"


def data_sizes(subject: Subject, outputs: int) -> set[int]:
    """Lengths of what f may take a mean over: x, f(x), its other arguments, and arrays that it closes over."""
    f = subject.f.call
    cells = [cell.cell_contents for cell in (getattr(f, "__closure__", None) or ()) if _filled(cell)]
    names = getattr(getattr(f, "__code__", None), "co_names", ())
    outside = [getattr(f, "__globals__", {}).get(name) for name in names]
    found = {sum(int(np.prod(shape)) for shape in subject.shapes), outputs}
    found |= {length for shape in subject.shapes for length in shape}
    for value in (*subject.args, *cells, *outside):
        if isinstance(value, np.ndarray):
            found |= {value.size, *value.shape}
    return {size for size in found if size > 2}


def _filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty cell raises
    except ValueError:
        return False
    return True


def chain(case: Case) -> str:
    """A factor x, or that of a reparametrisation, left out or put in twice: expected = claimed * factor(x)."""
    for factor, before, after in chain_factors(case.x):
        spread = np.ptp(factor[case.wrong.any(axis=0)])
        if case.wrong.sum() > 1 and spread <= 1e-6 * np.max(np.abs(factor)):
            continue  # then it is a constant factor
        with np.errstate(all="ignore"):
            corrected = case.claimed * factor
        if _explained_locally(case, corrected):
            return f"{before} in {which(case)}{after}"
    return ""


def chain_factors(x: Array) -> Iterator[tuple[Array, str, str]]:
    """What the claim has to be multiplied by, and words before and after the elements for which that is so."""
    with np.errstate(all="ignore"):
        yield x, "a factor x is missing", ""
        yield 1 / x, "a factor x is there once too often", ", or the chain factor 1/x of a logarithm is missing"
        sigmoid = 1 / (1 + np.exp(-x))
        factors = {
            "exp(x) of a parameter on the log scale": np.exp(x),
            "s(1 - s) of a sigmoid": sigmoid * (1 - sigmoid),
            "1 - tanh(x)**2 of a tanh": 1 - np.tanh(x) ** 2,
            "sigmoid(x) of a softplus": sigmoid,
            "2 x of a square": 2 * x,
            "1/(2 sqrt(x)) of a square root": 0.5 / np.sqrt(x),
            "x**2": x * x,
            "cos(x) of a sine": np.cos(x),
            "-sin(x) of a cosine": -np.sin(x),
        }
        for name, factor in factors.items():
            yield factor, f"the chain factor {name} is missing", ""
            yield 1 / factor, f"the chain factor {name} is there once too often", ""


def normalised(case: Case) -> str:
    """The right direction with length 1."""
    if case.claimed.shape[0] != 1 or case.claimed.shape[1] < 2:
        return ""
    with np.errstate(all="ignore"):
        length = float(np.linalg.norm(case.expected))
        if abs(np.linalg.norm(case.claimed) - 1) < 1e-12 and case.explains(case.claimed * length):
            return "normalised: it has the direction of the derivative, and length 1"
    return ""


def clipped(case: Case) -> str:
    """Right below some limit, and the limit above it."""
    claimed, expected = case.claimed[case.wrong], case.expected[case.wrong]
    limit = float(np.abs(claimed[0]))
    if (
        claimed.size < 2
        or limit == 0
        or typed(case.claimed).all()
        or np.ptp(np.abs(expected)) <= 1e-6 * limit
        or np.any(np.abs(case.claimed) > limit)
    ):
        return ""
    if np.all(np.abs(claimed) == limit) and np.all(np.abs(expected) > limit) and np.all(np.sign(claimed) == np.sign(expected)):
        return f"clipped at {limit:.6g}, which the derivative exceeds in {which(case)}"
    return ""


def broadcast(case: Case) -> str:
    """A vector that multiplies columns where it should multiply rows: then claimed = expected * v_j / v_i."""
    size = case.claimed.shape[0]
    shapes = case.subject.shapes
    if size == 1 and len(shapes) == 1 and len(shapes[0]) == 2 and case.subject.derivative == 1:
        size = shapes[0][0]
    if size < 3 or case.claimed.size != size * size or case.wrong.sum() < 3:
        return ""
    claimed, expected, tolerance = (array.reshape(size, size) for array in (case.claimed, case.expected, case.tolerance))
    with np.errstate(all="ignore"):
        ratio = claimed / expected
        off = 3 * np.max(tolerance / np.abs(expected)) * np.max(np.abs([ratio, 1 / ratio])) ** 2 + 1e-12
        fits = np.abs(ratio[:, :1] * ratio[:1, :] - ratio) <= off * np.abs(ratio)
    if off < 1e-3 and fits.all():
        return (
            "a vector multiplies the columns where it should multiply the rows, or the other way round (v * A and v[:, None] * A)"
        )
    return ""


def _explained_locally(case: Case, corrected: Array) -> bool:
    """Whether it repairs what is wrong, with enough evidence: two numbers, or one in many digits."""
    if not case.repairs(corrected):
        return False
    values, tolerance = np.abs(case.expected[case.wrong]), case.tolerance[case.wrong]
    sharp = values > 1e4 * tolerance
    return bool(sharp.sum() >= 1 and (case.wrong.sum() > 1 or (values > 1e6 * tolerance).all()))
