"""What the elements of x, of f(x) and of a derivative are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .subject import Subject


def component_names(subject: Subject) -> list[str]:
    """What each entry of a judgement is called, line by line."""
    inputs = element_names(subject.function.input_names, subject.shapes)
    if subject.derivative == 2:
        return [f"{one}, {two}" for one in inputs for two in inputs]
    if subject.output_shapes == [()] or subject.kind == "gradient":
        return inputs
    outputs = output_names(subject)
    return [f"{output} by {name}" for name in inputs for output in outputs]


def output_names(subject: Subject) -> list[str]:
    """What each element of f(x) is called."""
    paths = subject.function.output_structure.paths()
    return element_names([f"{subject.function.name}(x){path}" for path in paths], subject.output_shapes)


def slices(subject: Subject) -> list[tuple[str, slice]]:
    """Each array of x by name, and where its elements stand."""
    bounds = np.cumsum([0, *(int(np.prod(shape)) for shape in subject.shapes)]).tolist()
    return [
        (name, slice(start, stop))
        for name, start, stop in zip(subject.function.input_names, bounds[:-1], bounds[1:], strict=True)
    ]


def whole_arrays(subject: Subject, chosen: Any) -> list[str]:
    """The arrays of a container that some elements are all of; empty where they are something else."""
    parts = [(name, part) for name, part in slices(subject) if chosen[part].any()]
    return [name for name, _ in parts] if len(subject.shapes) > 1 and all(chosen[part].all() for _, part in parts) else []


def element_names(leaves: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> list[str]:
    """``x[0, 1]`` for each element of some leaves."""
    return [
        _element_name(name, shape, place)
        for name, shape in zip(leaves, shapes, strict=True)
        for place in range(int(np.prod(shape)))
    ]


def name_of_element(subject: Subject, element: int) -> str:
    """Of one of very many elements of x."""
    name, part = next((name, part) for name, part in slices(subject) if part.start <= element < part.stop)
    return _element_name(name, subject.shapes[subject.function.input_names.index(name)], element - part.start)


def _element_name(name: str, shape: tuple[int, ...], place: int) -> str:
    return name if shape == () else f"{name}[{', '.join(map(str, np.unravel_index(place, shape)))}]"
