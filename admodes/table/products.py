"""Products of arrays: matmul and einsum are the primitives, the others are composites of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..errors import ShapeError
from ..kinds import Multilinear
from ..operands import is_complex
from ..rules import FUNCTIONS, implements
from ..shapes import sum_to_shape
from .arguments import Traced, array, refuse_options
from .structural import move, scatter

Shape = tuple[int, ...]

#: Contractions of more multiplications than this go through BLAS, whose set-up costs some 20 us.
_LARGE = 20_000


def _swap(array: Any) -> Any:
    return np.swapaxes(array, -1, -2)


def _matmul_part(position: int, t: Any, values: Sequence[Any], shapes: Sequence[Shape]) -> Any:
    """x @ y with one operand replaced by its seeded change `t` of shape (k, *shape)."""
    x_ndim, y_ndim = len(shapes[0]), len(shapes[1])
    seeds, ndim = t.shape[0], max(x_ndim, y_ndim)
    if position == 0:
        y = values[1]
        if x_ndim == 1 and y_ndim > 2:
            return np.matmul(t.reshape(seeds, *(1,) * (y_ndim - 1), *shapes[0]), y)[..., 0, :]
        if x_ndim == 2 and y_ndim == 2:
            return np.matmul(t.reshape(seeds * shapes[0][0], shapes[0][1]), y).reshape(seeds, shapes[0][0], shapes[1][1])
        if 1 < x_ndim < y_ndim:
            t = t.reshape(seeds, *(1,) * (ndim - x_ndim), *shapes[0])
        return np.matmul(t, y)
    x = values[0]
    if y_ndim == 1:
        if x_ndim <= 2:
            return np.matmul(t, x.T)
        return np.matmul(x, t.reshape(seeds, *(1,) * (x_ndim - 2), *shapes[1], 1))[..., 0]
    if y_ndim < x_ndim:
        t = t.reshape(seeds, *(1,) * (ndim - y_ndim), *shapes[1])
    return np.matmul(x, t)


def _matmul_transposes(position: int, g: Any, values: Sequence[Any], shapes: Sequence[Shape], lead: int) -> Any:
    x_ndim, y_ndim = len(shapes[0]), len(shapes[1])
    if position == 0:
        y = values[1]
        if y_ndim == 1:
            change = g * y if x_ndim == 1 and not lead else g[..., None] * y
        elif x_ndim == 1:
            change = np.matmul(g, _swap(y)) if y_ndim == 2 else np.matmul(g[..., None, :], _swap(y))[..., 0, :]
        else:
            change = np.matmul(g, _swap(y))
        return sum_to_shape(change, shapes[0], lead)
    x = values[0]
    if x_ndim == 1:
        change = (g[..., None] if lead else g) * x if y_ndim == 1 else x[:, None] * g[..., None, :]
    elif y_ndim == 1:
        change = np.matmul(g, x) if x_ndim == 2 else np.matmul(g[..., None, :], x)[..., 0, :]
    elif y_ndim == 2 and x_ndim > 2 and not lead:
        rows = math.prod(shapes[0][:-1])
        return np.matmul(x.reshape(rows, shapes[0][-1]).T, g.reshape(rows, shapes[1][-1]))
    else:
        change = np.matmul(_swap(x), g)
    return sum_to_shape(change, shapes[1], lead)


matmul = Multilinear("matmul", np.matmul, _matmul_part, _matmul_transposes)
FUNCTIONS[np.matmul] = matmul


# ---- einsum


@cache
def _is_large(subscripts: str, *shapes: Shape) -> bool:
    terms = subscripts.partition("->")[0].split(",")
    letters = dict(pair for term, shape in zip(terms, shapes, strict=True) for pair in zip(term, shape, strict=True))
    return math.prod(letters.values()) > _LARGE


def _contract(subscripts: str, *operands: Any) -> Any:
    return np.einsum(subscripts, *operands, optimize=_is_large(subscripts, *[np.shape(operand) for operand in operands]))


def _einsum(*operands: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, *operands)


def _terms(subscripts: str) -> tuple[list[str], str]:
    left, _, right = subscripts.partition("->")
    return left.split(","), right


def _unused(subscripts: str) -> str:
    return next(letter for letter in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if letter not in subscripts)


def _einsum_part(position: int, t: Any, values: Sequence[Any], shapes: Sequence[Shape], *, subscripts: str) -> Any:
    terms, right = _terms(subscripts)
    seed = _unused(subscripts)
    operands = [t if i == position else value for i, value in enumerate(values)]
    terms[position] = seed + terms[position]
    return _contract(f"{','.join(terms)}->{seed}{right}", *operands)


@cache
def _contraction(subscripts: str, position: int, seeded: bool) -> tuple[str, list[str], str]:
    """The einsum that contracts a cotangent with the other operands, the operand's letters, and those that are found."""
    terms, right = _terms(subscripts)
    seed = _unused(subscripts) if seeded else ""
    others = terms[:position] + terms[position + 1 :]
    unique = list(dict.fromkeys(terms[position]))
    kept = "".join(letter for letter in unique if letter in set(right).union(*others))
    return f"{','.join([seed + right, *others])}->{seed}{kept}", unique, kept


def _einsum_transposes(
    position: int, g: Any, values: Sequence[Any], shapes: Sequence[Shape], lead: int, *, subscripts: str
) -> Any:
    term, shape = _terms(subscripts)[0][position], shapes[position]
    contraction, unique, kept = _contraction(subscripts, position, lead > 0)
    change = _contract(contraction, g, *values[:position], *values[position + 1 :])
    if len(unique) == len(term) and np.shape(change)[lead:] == shape:
        return change
    sizes = dict(zip(term, shape, strict=True))
    front = np.shape(change)[:lead]
    # Letters of this operand alone were summed over: their transpose is a broadcast. So is that of a letter
    # whose length is one in all the others; where this operand's own length is one, it was stretched.
    stretched = dict(zip(kept, np.shape(change)[lead:], strict=True))
    full = tuple(max(sizes[letter], stretched.get(letter, 0)) if sizes[letter] else 0 for letter in unique)
    change = np.reshape(change, front + tuple(stretched.get(letter, 1) for letter in unique))
    change = sum_to_shape(np.broadcast_to(change, front + full), tuple(sizes[letter] for letter in unique), lead)
    if len(unique) == len(term):
        return change
    grids = np.meshgrid(*(np.arange(sizes[letter]) for letter in unique), indexing="ij")
    key = tuple(grids[unique.index(letter)] for letter in term)
    return scatter(change, key=key, shape=shape, lead=lead)


einsum = Multilinear("einsum", _einsum, _einsum_part, _einsum_transposes)


@implements(np.einsum)
def _numpy_einsum(*operands: Any, out: None = None, optimize: Any = False, **options: Any) -> Any:
    refuse_options(np.einsum, out=out, **options)
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], [array(operand) for operand in operands[1:]]
    else:
        subscripts, arrays = _interleaved(operands)
    explicit = _explicit(subscripts.replace(" ", ""), tuple([np.ndim(a) for a in arrays]))
    term, _, right = explicit.partition("->")
    return (
        _rearranged(arrays[0], explicit) if len(arrays) == 1 and set(term) == set(right) else einsum(*arrays, subscripts=explicit)
    )


def _rearranged(x: Any, subscripts: str) -> Any:
    """Without a sum, np.einsum returns a view of its operand that may be written into."""
    term, _, right = subscripts.partition("->")
    if len(term) == len(right) == len(set(term)):
        return np.transpose(x, [term.index(letter) for letter in right])

    def take(base: Any) -> Any:
        if not isinstance(base, Traced):
            return np.einsum(subscripts, base)  # with NumPy's strides
        return move(base, lambda numbers: np.einsum(subscripts, numbers))

    taken: Any = take(x)
    return taken.follow(x, take) if hasattr(taken, "follow") else taken


def _interleaved(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """einsum(op0, [0, 1], op1, [1, 2], [0, 2]) in the form of a string."""

    def text(labels: Sequence[Any]) -> str:
        return "".join(
            "..." if label is Ellipsis else "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[label] for label in labels
        )

    pairs = list(zip(operands[0::2], operands[1::2], strict=False))
    subscripts = ",".join(text(labels) for _, labels in pairs)
    if len(operands) % 2:
        subscripts += "->" + text(operands[-1])
    return subscripts, [array(operand) for operand, _ in pairs]


@cache
def _explicit(subscripts: str, dimensions: tuple[int, ...]) -> str:
    """`subscripts` with an output term and with letters for every ellipsis."""
    left, arrow, right = subscripts.partition("->")
    terms = left.split(",")
    spare = [letter for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" if letter not in subscripts]
    longest = max(
        (ndim - len(term.replace("...", "")) for term, ndim in zip(terms, dimensions, strict=True) if "..." in term), default=0
    )
    shared = "".join(spare[:longest])

    def fill(term: str, ndim: int) -> str:
        count = ndim - len(term.replace("...", ""))
        return term.replace("...", shared[longest - count :] if count else "")

    filled = [fill(term, ndim) for term, ndim in zip(terms, dimensions, strict=True)]
    if arrow:
        right = right.replace("...", shared)
    else:
        letters = "".join(terms).replace(".", "")
        right = shared + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return f"{','.join(filled)}->{right}"


# ---- composites


@implements(np.dot)
def dot(a: Any, b: Any, out: None = None) -> Any:

    refuse_options(np.dot, out=out)
    a, b = array(a), array(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    return np.matmul(a, b) if max(a.ndim, b.ndim) <= 2 or b.ndim == 1 else np.tensordot(a, b, (-1, -2))


@implements(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    a = array(a)
    return np.matmul(np.ravel(np.conjugate(a) if is_complex(a) else a), np.ravel(b))


@implements(np.inner)
def inner(a: Any, b: Any, /) -> Any:

    a, b = array(a), array(b)
    return np.multiply(a, b) if a.ndim == 0 or b.ndim == 0 else np.tensordot(a, b, (-1, -1))


@implements(np.outer)
def outer(a: Any, b: Any, out: None = None) -> Any:

    refuse_options(np.outer, out=out)
    return np.multiply(np.reshape(a, (-1, 1)), np.reshape(b, (1, -1)))


def _as_matrix(a: Any, axes: list[int], shape: tuple[int, int]) -> Any:
    arranged = a if axes == sorted(axes) else np.transpose(a, axes)
    return arranged if arranged.shape == shape else arranged.reshape(shape)


@implements(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:

    a, b = array(a), array(b)
    if isinstance(axes, (int, np.integer)):
        a_axes, b_axes = tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes))
    else:
        a_axes, b_axes = (tuple(np.atleast_1d(part).tolist()) for part in axes)
    a_axes = tuple(normalize_axis_index(axis, a.ndim) for axis in a_axes)
    b_axes = tuple(normalize_axis_index(axis, b.ndim) for axis in b_axes)
    if [a.shape[axis] for axis in a_axes] != [b.shape[axis] for axis in b_axes]:
        raise ShapeError(
            f"np.tensordot cannot sum axes {a_axes} of shape {a.shape} with axes {b_axes} of shape {b.shape}: lengths must agree."
        )
    a_free = [axis for axis in range(a.ndim) if axis not in a_axes]
    b_free = [axis for axis in range(b.ndim) if axis not in b_axes]
    summed = math.prod([a.shape[axis] for axis in a_axes])
    left = _as_matrix(a, [*a_free, *a_axes], (math.prod([a.shape[axis] for axis in a_free]), summed))
    right = _as_matrix(b, [*b_axes, *b_free], (summed, math.prod([b.shape[axis] for axis in b_free])))
    shape = tuple(a.shape[axis] for axis in a_free) + tuple(b.shape[axis] for axis in b_free)
    return np.reshape(np.matmul(left, right), shape)
