"""Which number of f's result a trace goes back from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError
from ..function import Function


def cotangents_of(function: Function, values: Sequence[Any], output: Any, cotangent: Any) -> list[Any]:
    """The seed of each output leaf: one at the chosen number and zeros, or those that were given.

    Parameters
    ----------
    function : Function
        After its call.
    values : sequence
        f's output leaves.
    output : object
        An index into f's result, or a tuple of them that are applied one after the other; None where f returns one number.
    cotangent : object
        Arranged as f's result; None without one.
    """
    shapes = [np.shape(value) for value in values]
    if cotangent is not None:
        if output is not None:
            raise OptionError("output= and cotangent= both say where to go back from: give one of them.")
        given = function.flatten_like_outputs(cotangent, shapes, "cotangent")
        if any(np.shape(part) != shape for part, shape in zip(given, shapes, strict=True)):
            raise ShapeError("cotangent must have f(x)'s own shape here: a trace goes back once, without an axis of seeds.")
        return [part.astype(_dtype(value))[()] for part, value in zip(given, values, strict=True)]
    size = sum(np.size(value) for value in values)
    if output is None and size != 1:
        raise ShapeError(
            f"{function.name}(x) is {_described(function, shapes)}, {size} numbers, and an adjoint is the derivative of one. "
            f"Choose it, {_example(function, shapes)}, or give weights, cotangent=w, arranged as the result."
        )
    chosen = 0 if output is None else _find(function, values, output)
    seeds, start = [], 0
    for value, shape in zip(values, shapes, strict=True):
        seed = np.zeros(np.size(value), _dtype(value))
        if 0 <= chosen - start < seed.size:
            seed[chosen - start] = 1
        start += seed.size
        seeds.append(seed.reshape(shape)[()])
    return seeds


def _dtype(value: Any) -> Any:
    kind = np.asarray(value).dtype
    return np.dtype(float) if kind.kind in "biu" else kind


def _find(function: Function, values: Sequence[Any], output: Any) -> int:
    """The position of the chosen number among all of them."""
    leaves, start = [], 0
    for value in values:
        leaves.append(np.arange(start, start + np.size(value)).reshape(np.shape(value)))
        start += np.size(value)
    tree = function.as_output_tree(leaves)
    shapes = [leaf.shape for leaf in leaves]
    found = tree
    try:
        if isinstance(found, np.ndarray):
            found = found[output]
        else:
            for key in output if isinstance(output, tuple) else (output,):
                found = found[key]
    except (LookupError, TypeError) as error:
        raise OptionError(
            f"output={output!r} is no index into {function.name}(x), which is {_described(function, shapes)} ({error}). "
            f"Write {_example(function, shapes)}."
        ) from error
    if not isinstance(found, np.integer):
        raise OptionError(
            f"output={output!r} chooses more than one number of {function.name}(x), which is {_described(function, shapes)}. "
            f"Choose one, {_example(function, shapes)}, or give weights, cotangent=w."
        )
    return int(found)


def _described(function: Function, shapes: Sequence[tuple[int, ...]]) -> str:
    paths = function.output_structure.paths()
    if function.output_structure.is_leaf:
        return f"an array of shape {shapes[0]}" if shapes[0] else "one number"
    return "a container of " + ", ".join(f"{path}: shape {shape}" for path, shape in zip(paths, shapes, strict=True))


def _example(function: Function, shapes: Sequence[tuple[int, ...]]) -> str:
    """An index that would choose one number."""
    if function.output_structure.is_leaf:
        index: Any = tuple(0 for _ in shapes[0])
        return f"output={index[0] if len(index) == 1 else index}"
    return "output=key, or output=(key, index) for a number of an array"
