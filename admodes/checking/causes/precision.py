"""Claims that are right but for their last digits: float32, or a difference quotient in the place of a derivative."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import AdmodesError
from ...formatting import format_error
from ..asking.probes import OUTSIDE
from ..asking.subject import SEEDED
from ..slopes.noise import POINTS, noise_of_values
from .evidence import Case, typed

Array = np.ndarray[Any, Any]

#: The spacing of float32, relative.
SINGLE = 2.0**-23
#: Errors of float32 are sums of so many roundings at most: where all numbers are its own, and on the way.
ROUNDINGS, ROUNDINGS_ON_THE_WAY = 64, 4
#: Spacings of the points, relative to x, between which each value is rounded anew; so many times do they tell the same.
SPACINGS, ALIKE = (2.0**-18, 2.0**-21), 8.0
#: Much closer than float32's numbers lie, it is smooth, or stands still.
STILL = 1e-3
#: Steps that people write, relative to one of the sizes of x.
STEPS = (*(10.0**-power for power in range(1, 14)), 2.0**-26, 2.0 ** (-52 / 3))
#: A step is tried if it explains an error to within these factors: of truncation, of rounding.
CLOSE, ROUGHLY = 2.0, 50.0
#: How much of an error a quotient that is made again may leave, and in spacings of the numbers.
LEFT, SPACINGS_LEFT = 1e-3, 4
#: Columns that are made again at most, the wrong ones first.
MOST_MADE = 8


def float32(case: Case) -> str:
    """Numbers of float32, or errors that scatter from point to point as its rounding does."""
    wrong = case.wrong
    with np.errstate(all="ignore"):
        error = np.max(np.abs(case.claimed - case.expected)[wrong]) / np.max(np.abs(case.expected), initial=0.0)
    if not error < ROUNDINGS * SINGLE:
        return ""
    if is_single(case.claimed) and not typed(case.claimed[wrong]).all():
        return f"calculated in float32: the numbers have no more digits (errors up to {format_error(float(error))})"
    if error < ROUNDINGS_ON_THE_WAY * SINGLE and _scatters(case):
        return f"errors of {format_error(float(error))} that scatter from point to point: an evaluation in float32 on the way"
    return ""


def is_single(claimed: Array) -> bool:
    """Whether all numbers are float32's, and not all so short that they are by chance."""
    with np.errstate(all="ignore"):
        return np.array_equal(claimed.astype(np.float32).astype(float), claimed) and not typed(claimed).all()


def _scatters(case: Case) -> bool:
    """Whether the claim is rounded anew wherever float32's numbers change, and nowhere else."""
    if case.subject.kind in SEEDED:
        return False
    size = np.where(case.x == 0, np.median(np.abs(case.x)), np.abs(case.x))
    size = size * np.where(np.arange(case.x.size) % 2, -1.0, 1.0)
    levels = []
    try:
        for spacing in SPACINGS:
            beside = [case.subject.read(case.subject.at(case.x + k * spacing * size)).matrix for k in range(1, POINTS + 1)]
            levels.append(noise_of_values(np.array([claim for claim in beside if claim is not None])))
    except (*OUTSIDE, AdmodesError):
        return False
    if any(level.shape != case.claimed.shape for level in levels):
        return False
    one, two = (level[case.wrong] for level in levels)
    with np.errstate(all="ignore"):
        alike = (one <= ALIKE * two) & (two <= ALIKE * one) & (np.abs(case.claimed - case.expected)[case.wrong] <= ALIKE * one)
    still = float(np.max(case.found.noise.claim, initial=0.0)) <= STILL * float(np.median(one))
    return bool(still and np.median(one) > 0 and np.mean(alike) >= 0.75)


def finite_difference(case: Case) -> str:
    """A difference quotient with a step that people write: made again, it gives the same numbers."""
    if case.subject.derivative != 1 or case.subject.kind == "vjp" or case.found.noise.random.any():
        return ""
    with np.errstate(all="ignore"):
        weight = np.where(case.wrong, np.abs(case.claimed - case.expected) / case.tolerance, 0.0)
    claimed = case.claimed[case.wrong]
    if not np.isfinite(claimed).all() or typed(claimed).all():
        return ""  # such numbers come from coarse quotients, or from anywhere
    columns = np.argsort(-weight.max(axis=0), kind="stable")[:MOST_MADE]
    column = int(columns[0])
    for central, step, sized in _candidates(case, column, int(np.argmax(weight[:, column]))):
        if all(_made_again(case, int(other), step * _sizes(case.x[other])[sized], central) for other in columns):
            kind = "a central difference" if central else "a forward difference" if step > 0 else "a backward difference"
            return f"{kind} with step {abs(step):.2g} {sized}and no derivative: made again, it gives the same numbers"
    return ""


def _sizes(x: float) -> dict[str, float]:
    """What steps are relative to, as it is written."""
    sizes = {"": 1.0, "|x| ": abs(x), "max(1, |x|) ": max(1.0, abs(x)), "(1 + |x|) ": 1 + abs(x)}
    return {**sizes, "sign(x) max(1, |x|) ": float(np.copysign(max(1.0, abs(x)), x))}


def _candidates(case: Case, column: int, row: int) -> Iterator[tuple[bool, float, str]]:
    """Steps whose quotients err about as much as the claim does in one element: by curvature, or by rounding of f."""
    far = 1e-2 * (abs(float(case.x[column])) or float(np.max(np.abs(case.x))) or 1.0)
    one, two, minus_one, minus_two = (_value(case, column, far * place)[row] for place in (1, 2, -1, -2))
    base = case.value[row]
    with np.errstate(all="ignore"):
        error = case.claimed[row, column] - case.expected[row, column]
        forward = 2 * error / ((one - 2 * base + minus_one) / far**2)
        central = np.sqrt(6 * error / ((two - 2 * one + 2 * minus_one - minus_two) / (2 * far**3)))
        rounded = 2.0**-52 * abs(base) / abs(error)
    for sized, size in _sizes(float(case.x[column])).items():
        for step in STEPS:
            rounding = rounded / ROUGHLY < abs(step * size) < rounded * ROUGHLY
            for signed in (step, -step):
                if rounding or 1 / CLOSE < forward / (signed * size if size else np.nan) < CLOSE:
                    yield False, signed, sized
            if rounding or 1 / CLOSE < central / (step * abs(size) if size else np.nan) < CLOSE:
                yield True, step, sized


def _made_again(case: Case, column: int, step: float, central: bool) -> bool:
    """Whether the quotient is the claim in one column, divided by the step or by what rounding left of it."""
    x = float(case.x[column])
    after, before = x + step, x - step if central else x
    change = _value(case, column, step) - (_value(case, column, -step) if central else case.value)
    claimed, wrong = case.claimed[:, column], case.wrong[:, column]
    with np.errstate(all="ignore"):
        left = np.maximum(LEFT * np.abs(claimed - case.expected[:, column]), SPACINGS_LEFT * 2.0**-52 * np.abs(claimed))
        left = np.where(wrong, left, np.maximum(left, case.tolerance[:, column]))
        quotients = (change / (2 * step if central else step), change / np.float64(after - before))
        return any(bool((np.abs(quotient - claimed) <= left).all()) for quotient in quotients)


def _value(case: Case, column: int, step: float) -> Array:
    """f beside x as a vector; NaN where it is not defined."""
    moved = case.x.copy()
    moved[column] += step
    try:
        outputs = case.subject.function.plain(case.subject.at(moved))
    except (*OUTSIDE, AdmodesError):
        return np.full(case.value.shape, np.nan)
    found = np.concatenate([np.ravel(output) for output in outputs])
    return found if found.shape == case.value.shape else np.full(case.value.shape, np.nan)
