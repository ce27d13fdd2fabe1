"""Array functions on object arrays of expressions: arrangement, sums, choices, products, extrema, small matrices.

Each rule is called with ``(level, traces, values, out, **parameters)`` and returns the output's expressions.
"""

from __future__ import annotations

import importlib
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy

from ..kinds import Primitive
from ..table.linalg import determinant, inverse, log_determinant, solve_matrix
from ..table.missing import largest_number, smallest_number
from ..table.orders import share
from ..table.polynomials import convolution
from ..table.products import einsum, matmul
from ..table.reductions import euclid, largest, product, smallest
from ..table.scans import extremes_so_far, running_products
from ..table.structural import cast, cumulate, flip, gather, join, pile, reshape, roll, scatter, select, spread, total, transpose
from . import functions as own
from . import matrices
from .budget import asked
from .formulas import number
from .objects import as_expressions, as_objects
from .parts import by_parts

Rule = Callable[..., Any]
RULES: dict[Primitive, Rule] = {}
#: Sums of more terms are made in parts: SymPy's sum of all of them could not be stopped on the way.
_LONG = 5000


def rule(*primitives: Any) -> Callable[[Rule], Rule]:
    """Register the rule of some primitives."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(primitives, function))
        return function

    return register


def rule_of(primitive: Primitive) -> Rule | None:
    """The rule of a primitive, if there is one."""
    if primitive not in RULES and "admodes.special" in sys.modules:
        importlib.import_module(".stand_ins", __package__)
    return RULES.get(primitive)


def _moving(primitive: Any) -> None:
    """A primitive that only moves, copies or adds up elements does the same to object arrays."""

    def move(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, **parameters: Any) -> Any:
        arrays = [as_objects(trace, value) for trace, value in zip(traces, values, strict=True)]
        return as_expressions(primitive.evaluate(*arrays, **parameters))

    RULES[primitive] = move


for _primitive in (spread, reshape, transpose, flip, roll, scatter, join, pile):
    _moving(_primitive)


@rule(cast)
def _cast(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, dtype: Any) -> Any:
    return traces[0]


@rule(gather)
def _gather(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, key: Any) -> Any:
    return as_objects(traces[0], values[0])[key]


def cells(array: Any, axes: Sequence[int], shape: tuple[int, ...]) -> Iterator[tuple[int, list[Any]]]:
    """For each output element of a reduction over `axes`: its flat number and the elements that it reduces."""
    kept = [axis for axis in range(-array.ndim, 0) if axis not in axes]
    order = [axis + array.ndim for axis in (*kept, *axes)]
    count = int(np.prod([array.shape[axis] for axis in axes]))
    rows = np.transpose(array, order).reshape(int(np.prod(shape)), count)
    return ((index, list(row)) for index, row in enumerate(asked(rows)))


@rule(total)
def _total(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    made = np.empty(np.shape(out), dtype=object)
    for index, row in cells(as_objects(traces[0], values[0]), axes, made.shape):
        made.flat[index] = sympy.Add(*row)
    return made


@rule(product)
def _product(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    made = np.empty(np.shape(out), dtype=object)
    for index, row in cells(as_objects(traces[0], values[0]), axes, made.shape):
        made.flat[index] = sympy.Mul(*row)
    return made


@rule(cumulate)
def _cumulate(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axis: int) -> Any:
    array = np.moveaxis(as_objects(traces[0], values[0]), axis, -1)
    return np.moveaxis(_over_prefixes(array, lambda row, index: sympy.Add(*row)), -1, axis)


def _over_prefixes(array: Any, function: Callable[..., Any]) -> Any:
    """``function(prefix, index)`` of all prefixes of all rows."""
    made = np.empty(array.shape, dtype=object)
    for index in asked(np.ndindex(*array.shape)):
        made[index] = function(array[(*index[:-1], slice(0, index[-1] + 1))], index)
    return made


@rule(running_products)
def _running_products(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    return _over_prefixes(as_objects(traces[0], values[0]), lambda row, index: sympy.Mul(*row))


@rule(extremes_so_far)
def _extremes_so_far(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, plan: Any) -> Any:
    _, tied, start, _, _ = plan

    def common(row: Any, index: Any) -> Any:
        prefix = (*index[:-1], slice(start[index], index[-1] + 1))
        return own.shared(list(itertools.compress(row[start[index] :], tied[prefix])))

    return _over_prefixes(as_objects(traces[0], values[0]), common)


@rule(share)
def _share(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, groups: Any) -> Any:
    array = as_objects(traces[0], values[0])
    made = np.empty(array.shape, dtype=object)
    for group in asked(np.unique(groups)):
        members = array[groups == group]
        made[groups == group] = own.shared(list(members))
    return made


@rule(select)
def _select(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    shape = np.shape(out)
    condition, x, y = (np.broadcast_to(as_objects(trace, value), shape) for trace, value in zip(traces, values, strict=True))
    chosen = np.broadcast_to(np.asarray(values[0]).astype(bool), shape)
    made = np.empty(shape, dtype=object)

    def choose(index: tuple[int, ...], first: Any, second: Any) -> Any:
        choice = own.choose(own.where, condition[index], first, second)
        found = level.graph.unique(choice)
        if isinstance(choice, own.where):
            level.known.setdefault(found, first if chosen[index] else second)
        return found

    for index in asked(np.ndindex(*shape)):
        made[index] = by_parts(level, partial(choose, index), x[index], y[index])
    return made


# ---- products


@rule(matmul)
def _matmul(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    x, y = (as_objects(trace, value) for trace, value in zip(traces, values, strict=True))
    batch = "abcdefgh"[: max(x.ndim, y.ndim) - 2] if max(x.ndim, y.ndim) > 2 else ""
    left = batch[len(batch) - x.ndim + 2 :] + "ij" if x.ndim > 1 else "j"
    right = batch[len(batch) - y.ndim + 2 :] + "jk" if y.ndim > 1 else "j"
    result = batch + "i" * (x.ndim > 1) + "k" * (y.ndim > 1)
    return contract(level, [left, right], result, [x, y], np.shape(out))


@rule(einsum)
def _einsum(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, subscripts: str) -> Any:
    left, _, right = subscripts.partition("->")
    arrays = [as_objects(trace, value) for trace, value in zip(traces, values, strict=True)]
    return contract(level, left.split(","), right, arrays, np.shape(out))


def contract(level: Any, terms: Sequence[str], result: str, arrays: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Einstein summation of object arrays; axes of length one are stretched."""
    sizes: dict[str, int] = {}
    for term, array in zip(terms, arrays, strict=True):
        for letter, size in zip(term, array.shape, strict=True):
            sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    summed = [letter for letter in sizes if letter not in result]
    made = np.empty(shape, dtype=object)
    for outer in np.ndindex(*shape):
        place = dict(zip(result, outer, strict=True))
        inners = itertools.product(*(range(sizes[letter]) for letter in summed))
        places = (place | dict(zip(summed, inner, strict=True)) for inner in inners)
        made[outer] = _sum(
            level,
            (sympy.Mul(*(_element(array, term, at) for term, array in zip(terms, arrays, strict=True))) for at in places),
        )
    return made


def _sum(level: Any, terms: Iterator[Any]) -> Any:
    """A sum whose terms are made on the way. It is counted at once, and so are its parts where it is long."""
    parts: list[Any] = []
    remaining = asked(terms)
    while len(found := list(itertools.islice(remaining, _LONG))) == _LONG:
        parts.append(level.graph.keep(sympy.Add(*found)))
    return level.graph.unique(sympy.Add(*parts, *found))


def _element(array: Any, term: str, place: dict[str, int]) -> Any:
    return array[tuple(place[letter] if size > 1 else 0 for letter, size in zip(term, array.shape, strict=True))]


@rule(convolution)
def _convolution(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    a, v = (as_objects(trace, value) for trace, value in zip(traces, values, strict=True))
    made = np.empty(a.size + v.size - 1, dtype=object)
    for index in range(made.size):
        places = range(max(0, index - v.size + 1), min(a.size, index + 1))
        made[index] = _sum(level, (a[place] * v[index - place] for place in places))
    return made


# ---- reductions


def _follow_extreme(primitive: Any, name: str, reduce: Any, *, skips_nan: bool = False) -> None:
    """The element that is the extreme one at x; where several tie they share equally."""

    def follow(
        level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axes: tuple[int, ...], keepdims: bool
    ) -> Any:
        def places(x: Any) -> Any:
            return x == reduce(x, axis=axes, keepdims=True)

        plain = np.asarray(values[0])
        tied = places(plain)
        level.note(name, places, traces, values, tied, reduce, {"axis": axes, "keepdims": True})
        made = np.empty(np.shape(out), dtype=object)
        flags = (row for _, row in cells(tied, axes, made.shape))
        for (index, row), chosen in zip(cells(as_objects(traces[0], plain), axes, made.shape), flags, strict=True):
            found = list(itertools.compress(row, chosen))
            of_nothing = number(np.nan) if skips_nan else number(np.nan) * sympy.Add(*row)
            made.flat[index] = own.shared(found) if found else of_nothing
        return made

    RULES[primitive] = follow


_follow_extreme(largest, "places_of_max", np.maximum.reduce)
_follow_extreme(smallest, "places_of_min", np.minimum.reduce)
_follow_extreme(largest_number, "places_of_nanmax", np.fmax.reduce, skips_nan=True)
_follow_extreme(smallest_number, "places_of_nanmin", np.fmin.reduce, skips_nan=True)


@rule(euclid)
def _euclid(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, *, axes: tuple[int, ...], keepdims: bool) -> Any:
    made = np.empty(np.shape(out), dtype=object)
    for index, row in cells(as_objects(traces[0], values[0]), axes, made.shape):
        made.flat[index] = own.euclid(*row) if row else sympy.S.Zero
    return made


# ---- small matrices


def stacked(function: Callable[..., Any], arrays: Sequence[Any], shape: tuple[int, ...], core: int) -> Any:
    """`function` on every matrix of broadcast stacks; the output has `core` axes of its own."""
    lead = shape[: len(shape) - core]
    made = np.empty(shape, dtype=object)
    full = [np.broadcast_to(array, lead + array.shape[-2:]) for array in arrays]
    for index in asked(np.ndindex(*lead)):
        made[index] = function(*(array[index] for array in full))
    return made


@rule(determinant)
def _determinant(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, **_: Any) -> Any:
    return stacked(matrices.determinant, [as_objects(traces[0], values[0])], np.shape(out), 0)


@rule(log_determinant)
def _log_determinant(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any, **_: Any) -> Any:
    array = as_objects(traces[0], values[0])
    return stacked(lambda matrix: sympy.log(own.absolute(matrices.determinant(matrix))), [array], np.shape(out), 0)


@rule(inverse)
def _inverse(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    return stacked(matrices.inverse, [as_objects(traces[0], values[0])], np.shape(out), 2)


@rule(solve_matrix)
def _solve(level: Any, traces: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    arrays = [as_objects(trace, value) for trace, value in zip(traces, values, strict=True)]
    return stacked(matrices.solve, arrays, np.shape(out), 2)
