"""Witnesses against what all tracing methods share: they see f run on traced values, not f itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..errors import AdmodesError
from ..function import Function
from ..methods import find_differentiator
from ..protocols import peel
from ..recording import record
from .accuracy import Check, Derivative
from .cost import attempt
from .subject import Subject

#: Plain and traced f use the same functions of NumPy, but sums may be arranged otherwise: this much may part them,
#: or so many times what moving x by one unit in the last place does.
_RELATIVE = 1e-8
_CONDITION = 1e3
#: Finite differences may be wrong by this many times their own estimate.
_CONFIDENCE = 10.0


def is_traced(method: Any) -> bool:
    """Whether a method runs f on traced values."""
    return find_differentiator(method).traces


def traced_otherwise(subject: Subject, limit: float) -> str:
    """What is wrong where f(x) is another one when f is traced; "" where nothing is."""
    function = Function(subject.f, subject.x, subject.args)
    traced = attempt(partial(_traced_outputs, function), limit).value
    if traced is None:
        return ""
    moved = [np.nextafter(leaf, np.inf) for leaf in function.inputs]
    nearby = attempt(partial(function.plain, moved), limit).value
    if nearby is None:
        return ""
    for plain, seen, near in zip(subject.outputs_at_x, traced, nearby, strict=False):
        if plain.shape != np.shape(seen) or plain.shape != near.shape:
            return f"f returns shape {plain.shape}, but {np.shape(seen)} when it is traced. {_CAUSES}"
        with np.errstate(all="ignore"):
            slack = _RELATIVE * np.abs(plain) + _CONDITION * np.abs(near - plain)
            apart = (np.abs(seen - plain) > slack) & np.isfinite(plain)
        if np.any(apart):
            index = tuple(int(number) for number in np.argwhere(apart)[0])
            return f"f(x) is {plain[index]:.6g}, but {np.asarray(seen)[index]:.6g} when f is traced. {_CAUSES}"
    return ""


_CAUSES = (
    "f does something else with traced values: it asks for a type (`type(x) is`), catches an exception, "
    "or keeps state between calls. Let it treat all values alike, or use method='finite'."
)


def _traced_outputs(function: Function) -> list[Any]:
    return [np.asarray(peel(output)) for output in record(function)[1]]


def doubts(
    subject: Subject, values: Mapping[str, Derivative], methods: Mapping[str, Any], tolerance: float, limit: float
) -> Sequence[str]:
    """Methods that see f alone, and disagree with the others by more than their own estimate of the error."""
    traced = [name for name in values if is_traced(methods.get(name, name))]
    found = []
    for name, value in values.items():
        method = find_differentiator(methods.get(name, name))
        estimate = getattr(method, "estimate", None)
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
            found.append(name)
    return found
