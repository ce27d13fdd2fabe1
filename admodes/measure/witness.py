"""Witnesses against what all tracing methods share: they see f run on traced values, not f itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np

from ..api import jvp
from ..containers import flatten
from ..errors import AdmodesError, InputError
from ..function import Function
from ..methods import find_differentiator
from ..protocols import peel
from ..recording import record
from .accuracy import Check, Derivative
from .cost import attempt
from .operation import WHOLE
from .references import family_of
from .subject import Subject

#: Plain and traced f use the same functions of NumPy, but sums may be arranged otherwise: this much may part them,
#: or so many times what moving x by one unit in the last place does.
_RELATIVE = 1e-8
_CONDITION = 1e3
_PROBES = 4
#: A derivative along a random direction is wrong where it is off by this part of the largest.
_DIRECTIONAL = 1e-3
#: Finite differences may be wrong by this many times their own estimate.
_CONFIDENCE = 10.0
#: Steps of the quotients that show a jump: so many must say something, one within this part of itself of the derivative
#: clears it, and the last must be that many times further off than the first. Rounding is that many times smaller.
_STEPS = 10.0 ** -np.arange(2, 12)
_ENOUGH, _CLOSE, _GROWN, _TELLABLE = 4, 0.01, 3.0, 100
#: Families whose NaN or infinity says where there is no derivative: the complex step has its own, where log or sqrt branch.
_SAYS_WHERE = ("symbolic", "forward+reverse", "finite")
_DISAGREES = (
    "disagrees, by more than its own estimate of the error, with the methods that trace f. Look for a kink at x, or for "
    "something that only plain f does"
)
_NO_DERIVATIVE = "There may be no derivative at x: look for a kink, a jump or an infinite slope there"


def is_traced(method: Any) -> bool:
    """Whether a method runs f on traced values."""
    return find_differentiator(method).traces


def traced_otherwise(subject: Subject, limit: float) -> str:
    """What is wrong where f(x) is another one when f is traced; "" where nothing is."""
    function = Function(subject.f, subject.x, subject.args)
    traced = attempt(partial(_traced_outputs, function), limit).value
    if traced is None:
        return ""
    nearby: list[list[np.ndarray]] | None = None
    for position, (plain, seen) in enumerate(zip(subject.outputs_at_x, traced, strict=False)):
        if plain.shape != np.shape(seen):
            return f"f returns shape {plain.shape}, but {np.shape(seen)} when it is traced. {_CAUSES}"
        value, found = plain.astype(float), seen.astype(float)
        with np.errstate(all="ignore"):
            if not np.any((np.abs(found - value) > _RELATIVE * np.abs(value)) & np.isfinite(value)):
                continue
            nearby = _nearby(function, limit) if nearby is None else nearby  # some calls of f, which may be slow
            changes = [np.abs(near[position] - value) for near in nearby if near[position].shape == value.shape]
            slack = _RELATIVE * np.abs(value) + _CONDITION * np.max([np.zeros(value.shape), *changes], axis=0)
            apart = (np.abs(found - value) > slack) & np.isfinite(value)
        if np.any(apart):
            index = tuple(int(number) for number in np.argwhere(apart)[0])
            return f"f(x) is {value[index]:.6g}, but {found[index]:.6g} when f is traced. {_CAUSES}"
    return ""


def _nearby(function: Function, limit: float) -> list[list[np.ndarray]]:
    """f where each element of x is moved up or down by one unit in the last place, several times."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(_PROBES):
        moved = [np.nextafter(leaf, rng.choice([-np.inf, np.inf], size=leaf.shape)) for leaf in function.inputs]
        moved = [leaf.astype(own.dtype) for leaf, own in zip(moved, function.inputs, strict=True)]
        outputs = attempt(partial(function.plain, moved), limit).value
        if outputs is None:
            break
        found.append([output.astype(float) for output in outputs])
    return found


_CAUSES = (
    "f does something else with traced values: it asks for a type (`type(x) is`), catches an exception, "
    "or keeps state between calls. Let it treat all values alike, or use method='finite'."
)


def _traced_outputs(function: Function) -> list[Any]:
    return [np.asarray(peel(output)) for output in record(function)[1]]


def own_estimate(method: Any, subject: Subject, limit: float) -> float:
    """What a method that sees f alone says of its error, relative to the derivative; NaN where it says nothing."""
    estimate = getattr(find_differentiator(method), "estimate", None)
    if estimate is None:
        return math.nan
    found = attempt(lambda: estimate(subject.f, subject.x, args=subject.args), limit).value
    if found is None:
        return math.nan
    try:
        value, error = Derivative.of(found.value, "the derivative"), Derivative.of(found.error, "the estimate")
    except AdmodesError:
        return math.nan
    size = float(np.linalg.norm(value.vector))
    return float(np.linalg.norm(error.vector)) / size if size else float(np.linalg.norm(error.vector))


def doubt(subject: Subject, values: Mapping[str, Derivative], methods: Mapping[str, Any], tolerance: float, limit: float) -> str:
    """Why the methods do not know the derivative: they disagree about more than digits; "" where they do not."""
    if parted := _finite_or_not(values):
        return parted
    traced = [name for name in values if is_traced(methods.get(name, name))]
    first = methods.get(traced[0], traced[0]) if traced else None
    if traced and (len(traced) == len(values) or subject.operation.name not in WHOLE):
        return f"finite {_DISAGREES}" if _contradicted(subject, first, limit) else ""
    for name, value in values.items():
        estimate = getattr(find_differentiator(methods.get(name, name)), "estimate", None)
        if estimate is None or not traced or all(Check(values[other], tolerance).passes(value) for other in traced):
            continue
        judged = attempt(partial(estimate, subject.f, subject.x, args=subject.args), limit).value
        if judged is None:
            continue
        try:
            error = Derivative.of(judged.error, "the estimate").vector
        except AdmodesError:
            continue
        allowed = _CONFIDENCE * error + tolerance * np.max(np.abs(value.vector), initial=0.0)
        with np.errstate(invalid="ignore"):
            sure = [np.any(np.abs(values[other].vector - value.vector) > allowed) for other in traced]
        if all(sure):
            return f"{name} {_DISAGREES}"
        if _without_limit(subject, first, limit):
            return f"difference quotients of f grow away from what {traced[0]} says as their step shrinks. {_NO_DERIVATIVE}"
    return ""


def _finite_or_not(values: Mapping[str, Derivative]) -> str:
    """That methods of different families disagree about where the derivative is finite; "" where they do not."""
    families: dict[str, tuple[str, np.ndarray]] = {}
    for name, value in values.items():
        if family_of(name) in _SAYS_WHERE:
            families.setdefault(family_of(name), (name, np.isfinite(value.vector)))
    for (one, there), (other, here) in permutations(families.values(), 2):
        if np.any(there & ~here):
            return f"{other} gives NaN or infinity where {one} gives a number. {_NO_DERIVATIVE}"
    return ""


def _without_limit(subject: Subject, method: Any, limit: float) -> bool:
    """Whether central difference quotients along a random direction grow away from what a method says, down to rounding.

    Those of a function with a derivative come close to it at some step, however wild it is; across a jump, or where the
    slope is infinite, they grow without end. Steps at which rounding could be the difference say nothing.
    """
    function = Function(subject.f, subject.x, subject.args)
    direction, tree = _direction(subject)
    told = attempt(partial(_tangent, subject, tree, method), limit).value
    apart = []
    for step in _STEPS if told is not None else ():
        moves = [(leaf, (step * part).astype(leaf.dtype)) for leaf, part in zip(function.inputs, direction, strict=True)]
        ends = [attempt(partial(function.plain, [leaf + sign * move for leaf, move in moves]), limit).value for sign in (1, -1)]
        if ends[0] is None or ends[1] is None:
            continue
        high, low = (np.concatenate([np.ravel(value).astype(float) for value in end]) for end in ends)
        with np.errstate(all="ignore"):
            quotient = (high - low) / (2 * step)
            distance = np.abs(quotient - told)
            tellable = distance * step > _TELLABLE * np.finfo(subject.precision).eps * np.maximum(np.abs(high), np.abs(low))
            apart.append(np.where(tellable, distance / (distance > _CLOSE * np.abs(quotient)), np.nan))
    if len(apart) < _ENOUGH:
        return False
    with np.errstate(invalid="ignore"):
        # NaN: a step that says nothing; infinity: a quotient that is close to what the method says.
        known = [np.array(one)[np.isfinite(one) | np.isinf(one)] for one in np.transpose(apart)]
    return any(len(one) >= _ENOUGH and bool(np.all(np.isfinite(one))) and one[-1] > _GROWN * one[0] for one in known)


def _direction(subject: Subject) -> tuple[list[np.ndarray], Any]:
    """A random direction in the space of x, as arrays and arranged as x."""
    leaves, structure = flatten(subject.x, InputError, "x")
    rng = np.random.default_rng(0)
    arrays = [np.asarray(leaf) for leaf in leaves]
    direction = [rng.normal(size=array.shape).astype(array.dtype) for array in arrays]
    return direction, structure.unflatten([part[()] for part in direction])


def _contradicted(subject: Subject, method: Any, limit: float) -> bool:
    """Whether differences of f along one random direction, a few calls of it, deny what a tracing method says of it."""
    _, direction = _direction(subject)
    pushed = [
        attempt(partial(_tangent, subject, direction, witness), limit).value
        for witness in (find_differentiator("finite"), method)
    ]
    if any(tangent is None for tangent in pushed):
        return False
    plain, traced = pushed
    scale = np.max(np.abs(plain), initial=0.0)
    return bool(np.any(np.abs(plain - traced) > _DIRECTIONAL * scale))


def _tangent(subject: Subject, direction: Any, method: Any) -> np.ndarray:
    return Derivative.of(jvp(subject.f, subject.x, direction, method, args=subject.args)[1], "the tangent").vector
