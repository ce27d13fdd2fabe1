"""What products of arrays make their elements depend on: matmul, einsum and convolution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .sets import Sets

Shape = tuple[int, ...]


def multiplied(sets: Sets, step: Any, numbers: Sequence[Any], constants: Sequence[Any], most: int) -> Any:
    """As `summed_products`, of ``x @ y``."""
    x, y = (len(shape) for shape in step.shapes)
    stack = "abcdefghijklmnopqrstuvw"[: max(x, y, 2) - 2]
    left = "z" if x == 1 else stack[len(stack) - (x - 2) :] + "yz"
    right = "z" if y == 1 else stack[len(stack) - (y - 2) :] + "zx"
    out = stack + "y" * (x > 1) + "x" * (y > 1)
    return summed_products(sets, f"{left},{right}->{out}", step, numbers, constants, most)


def summed_products(sets: Sets, subscripts: str, step: Any, numbers: Sequence[Any], constants: Sequence[Any], most: int) -> Any:
    """The sets of an einsum's output.

    An element depends, of each operand, on all elements that agree with it in the letters they share. With one
    constant factor beside it, the products with its zeros do not count (`constants` says where it is not zero), as
    long as there are at most `most` others.
    """
    left, _, out = subscripts.partition("->")
    terms = left.split(",")
    result = None
    for position, own in enumerate(numbers):
        if own is None:
            continue
        part = None
        if len(terms) == 2 and constants[1 - position] is not None:
            other = 1 - position
            part = _by_nonzeros(sets, (terms[position], own), (terms[other], constants[other]), out, step.shape, most)
        if part is None:
            part = _by_letters(sets, terms[position], own, out, step.shape)
        result = part if result is None else sets.either(result, part)
    return result


def _by_letters(sets: Sets, term: str, own: Any, out: str, shape: Shape) -> Any:
    """Letters that the output lacks are united over; those that the operand lacks are broadcast."""
    letters = "".join(dict.fromkeys(term))
    if len(letters) < len(term):
        own = np.einsum(f"{term}->{letters}", own)  # a diagonal: no sum
    kept = [letter for letter in out if letter in letters]
    summed = [letter for letter in letters if letter not in kept]
    arranged = np.transpose(own, [letters.index(letter) for letter in (*kept, *summed)])
    front = arranged.shape[: len(kept)]
    count = math.prod(front)
    if summed:
        groups = np.repeat(np.arange(count), math.prod(arranged.shape[len(kept) :]))
        arranged = sets.unite(groups, arranged.ravel(), count)
    full = tuple(front[kept.index(letter)] if letter in kept else 1 for letter in out)
    return np.array(np.broadcast_to(arranged.reshape(full), shape))


def _by_nonzeros(sets: Sets, operand: tuple[str, Any], constant: tuple[str, Any], out: str, shape: Shape, most: int) -> Any:
    """The same by each product of an element with a constant that is not zero; None where they are too many."""
    (term, own), (letters, nonzero) = operand, constant
    places = dict(zip(letters, np.nonzero(nonzero), strict=False))
    if len(places) < len(letters):
        return None
    lengths = dict(zip(term, own.shape, strict=True))
    free = [letter for letter in lengths if letter not in places]
    count = len(places[letters[0]]) if letters else 1
    extents = [lengths[letter] for letter in free]
    # A letter of length one in the constant stands for all of the operand's elements.
    stretched = any(nonzero.shape[letters.index(letter)] != lengths.get(letter, size) for letter, size in _sizes(constant))
    if count * math.prod(extents) > most or stretched:
        return None
    grids = np.indices(extents).reshape(len(free), math.prod(extents))
    index = {letter: np.repeat(place, grids.shape[1]) for letter, place in places.items()}
    index |= {letter: np.tile(grid, count) for letter, grid in zip(free, grids, strict=True)}
    source = own[tuple(index[letter] for letter in term)]
    target = np.ravel_multi_index(tuple(index[letter] for letter in out), shape) if out else np.zeros(source.size, dtype=int)
    return sets.unite(target, source, math.prod(shape)).reshape(shape)


def _sizes(constant: tuple[str, Any]) -> list[tuple[str, int]]:
    return list(zip(constant[0], constant[1].shape, strict=True))


def convolved(sets: Sets, step: Any, numbers: Sequence[Any], constants: Sequence[Any]) -> Any:
    """The sets of a full convolution: element k adds up the products of places that add up to k."""
    first, second = (np.arange(shape[0]) for shape in step.shapes)
    targets = first[:, None] + second
    result = None
    for position, own in enumerate(numbers):
        if own is None:
            continue
        sources = own[:, None] if position == 0 else own
        nonzero = constants[1 - position]
        if nonzero is not None:
            sources = np.where(nonzero if position == 0 else nonzero[:, None], sources, 0)
        flat = np.broadcast_to(sources, targets.shape).ravel()
        part = sets.unite(targets.ravel(), flat, step.shape[0])
        result = part if result is None else sets.either(result, part)
    return result
