"""How it was measured, and where: what the page and the summary say alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..sweeps.results import Results

#: The first schema whose operations are those of the whole derivative.
_WHOLE_OPERATIONS = 3


def measured(results: Results) -> list[str]:
    """How the numbers came about, one paragraph each for time, counts and error."""
    new = results.header.get("schema", 0) >= _WHOLE_OPERATIONS
    operations = "those of the whole derivative, f included" if new else "those of f, in all its calls"
    digits = results.environment.get("longdouble_digits", "")
    precision = f"extended precision ({digits} digits)" if digits else "extended precision"
    return [
        (
            "Every method differentiates the same plain NumPy function f at the same point. Its first call is timed "
            "apart; the times "
            "are of later calls, f itself and the derivative in turn, round after round, so that a slow spell of the machine "
            "hits both alike. What else the machine does only ever adds to a time: methods are compared by their "
            "fastest samples, with "
            "medians and quartiles beside them. What a method repeats in every call (tracing, and for the symbolic one "
            "the differentiation and printing of formulas) is part of its time."
        ),
        (
            "Calls of f are counted in a pass of their own, so that counting costs no time; so is memory, where it was measured. "
            "Counts are exact and the same on every machine. Operations are elementary ones, such as the addition of two "
            f"numbers: {operations}."
        ),
        (
            f"The error is the distance from the closed form, evaluated in {precision}, or else from a derivative by a method "
            "that shares no code with the one that is tested; it is relative to the length of the exact "
            "derivative (the norm). The "
            "worst component is relative to itself. Digits are minus the logarithm of the error to base ten, 16 at most."
        ),
        (
            "Before a tolerance is trusted, planted mistakes are tried on it: the zero derivative, a flipped sign, one "
            "component off, "
            "a dropped component, a transposed Jacobian. A check that cannot see one of them is named among the failures."
        ),
    ]


def date(text: str) -> str:
    """A time as people read it; as it is where it is none.

    Examples
    --------
    >>> date("2024-02-29T12:30:00+00:00")
    '29 February 2024, 12:30 UTC'
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text or "at an unknown time"
    return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".rstrip()


def facts(results: Results) -> list[tuple[str, str]]:
    """The environment and the settings, as names and texts."""
    known = [(name, _text(value)) for name, value in (results.environment | results.grid).items()]
    known += [
        (name, f"{' or '.join('not said' if value is None else _text(value) for value in values)}: the files put together differ")
        for name, values in results.differing.items()
    ]
    return [(name.replace("_", " "), text) for name, text in known if name not in ("blocks", "cases")]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ') if key.islower() else key} {item}" for key, item in value.items()) or "not set"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
