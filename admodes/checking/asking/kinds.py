"""Which kind of derivative a claim is: told by its signature and the shape of what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import OptionError
from ...formatting import join_words
from .subject import KINDS, Subject


def settle_kind(subject: Subject, kind: str) -> Any:
    """Set `subject.kind`; what the claim returned on the way, or None.

    Raises
    ------
    OptionError
        An unknown kind, one that does not suit f, or shapes that several kinds would have.
    """
    if kind != "auto" and kind not in KINDS:
        raise OptionError(f"kind={kind!r} is none of 'auto', {', '.join(map(repr, KINDS))}: write kind='gradient'.")
    scalar = sum(int(np.prod(shape)) for shape in subject.output_shapes) == 1 and len(subject.output_shapes) == 1
    if kind in ("gradient", "hessian", "hvp") and not scalar:
        raise OptionError(
            f"kind={kind!r} is of functions of one number, but f(x) has shape {subject.output_shapes}. "
            "Use kind='jacobian', 'jvp' or 'vjp'."
        )
    if kind != "auto":
        subject.kind = kind
        return None
    if _takes_seed(subject.claim.call, len(subject.args)):
        subject.kind = _seeded_kind(subject, scalar)
        return None
    result = subject.ask(subject.leaves)
    subject.kind = _plain_kind(subject, scalar, result)
    return result


def _takes_seed(claim: Callable[..., Any], extra: int) -> bool:
    """Whether the claim demands one more argument than x and args."""
    try:
        parameters = inspect.signature(claim).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [entry for entry in parameters if entry.kind in positional and entry.default is inspect.Parameter.empty]
    return len(needed) == 2 + extra


def _plain_kind(subject: Subject, scalar: bool, result: Any) -> str:
    rows: dict[str, list[tuple[int, ...]]] = {"jacobian": subject.output_shapes}
    if scalar:
        rows = {"gradient": [()], "hessian": subject.shapes}
    if scalar and subject.output_shapes != [()]:
        rows["jacobian"] = subject.output_shapes
    fitting = [kind for kind, shapes in rows.items() if subject.matrix(result, shapes, subject.shapes).matrix is not None]
    if _is_pair(subject, result):
        fitting.append("value_and_grad")
    if fitting == ["gradient", "hessian"] and subject.shapes in ([()], []):
        return "gradient"  # of one number: both are one number, and nobody calls the second derivative a gradient
    if len(fitting) > 1:
        raise _ambiguous(fitting)
    return fitting[0] if fitting else "gradient" if scalar else "jacobian"


def _is_pair(subject: Subject, result: Any) -> bool:
    if not isinstance(result, tuple) or len(result) != 2 or len(subject.output_shapes) != 1:
        return False
    try:
        fits = np.shape(result[0]) == subject.output_shapes[0]
    except ValueError:
        return False
    rows: list[tuple[int, ...]] = [()] if int(np.prod(subject.output_shapes[0])) == 1 else subject.output_shapes
    return fits and subject.matrix(result[1], rows, subject.shapes).matrix is not None


def _seeded_kind(subject: Subject, scalar: bool) -> str:
    """By what comes back: a jvp returns what f returns, a vjp and an hvp what looks like x."""
    if scalar and subject.shapes == [()]:
        raise _ambiguous(["jvp", "vjp", "hvp"])
    if subject.output_shapes == subject.shapes:
        raise _ambiguous(["jvp", "vjp"])
    fitting = []
    for kind in ("jvp", "vjp", "hvp") if scalar else ("jvp", "vjp"):
        subject.kind = kind
        size = sum(int(np.prod(shape)) for shape in (subject.output_shapes if kind == "vjp" else subject.shapes))
        try:
            reading = subject.read_along(subject.leaves, np.ones(size))
        except (ArithmeticError, TypeError, ValueError, LookupError):
            continue
        if reading.matrix is not None:
            fitting.append(kind)
    if len(fitting) != 1:
        raise _ambiguous(fitting or ["jvp", "vjp", "hvp"])
    return fitting[0]


def _ambiguous(kinds: list[str]) -> OptionError:
    named = join_words([f"kind={kind!r}" for kind in kinds], "or")
    return OptionError(f"By its shapes the claimed derivative may be of several kinds: write {named}.")
