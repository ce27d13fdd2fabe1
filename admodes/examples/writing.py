"""Worked examples as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..formatting import text_table
from .example import Example

#: Characters of a line of text.
_WIDTH = 120
#: Numbers of an array that is shown in full.
_SHOWN = 24


def as_table(examples: Iterable[Example]) -> str:
    """The examples, one a row."""
    lines = [
        (example.name, example.formula, "" if example.value is None else f"{example.value:.6g}", example.source)
        for example in examples
    ]
    return text_table([("example", True), ("formula", True), ("value", False), ("source", True)], lines, _WIDTH)


def as_text(example: Example) -> str:
    """One example with all of its numbers."""
    parts = [f"{example.name}: {example.formula}", f"Source: {example.source}"]
    for title, numbers in (
        ("inputs", example.inputs),
        ("values", example.forward),
        ("derivative by", example.gradient),
        ("printed", example.printed),
    ):
        if numbers:
            lines = [(name, _number(number)) for name, number in numbers.items()]
            parts.append(text_table([(title, True), ("", True)], lines, _WIDTH))
    return "\n\n".join([*parts, *([f"Notes: {example.notes}"] if example.notes else [])])


def _number(value: Any) -> str:
    """A number to all of its digits, an array as nested lists, one that is too long by its shape."""
    if value is None:
        return ""
    if np.size(value) > _SHOWN:
        return f"array of shape {np.shape(value)}"
    return str((np.asarray(value) + 0).tolist())  # -0.0 is 0.0


def as_data(example: Example) -> dict[str, Any]:
    """All of an example but its function, with arrays as nested lists."""
    numbers: dict[str, Mapping[str, Any]] = {
        "inputs": example.inputs,
        "forward": example.forward,
        "gradient": example.gradient,
        "printed": example.printed,
    }
    return {
        "name": example.name,
        "source": example.source,
        "formula": example.formula,
        "value": None if example.value is None else np.asarray(example.value).tolist(),
        **{part: {key: np.asarray(value).tolist() for key, value in held.items()} for part, held in numbers.items()},
        "facts": example.facts,
        "notes": example.notes,
    }
