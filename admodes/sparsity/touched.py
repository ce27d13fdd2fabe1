"""Gradients of what reads few rows of a large array: only those rows are computed and returned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..careful import has_nan
from ..differentiator import Differentiator
from ..errors import OptionError, UnsupportedError
from ..function import ScalarFunction, as_input
from ..reverse import Linearization, Reverse, as_leaf, linearize, sweep
from ..steps.step import Cotangents, Step
from ..table.structural import gather, is_basic
from .pattern import scipy_sparse


@dataclass(frozen=True, eq=False)
class SparseRows:
    """An array most of whose rows are zero: the others, and where they stand.

    Parameters
    ----------
    rows : ndarray of int
        Numbers of the rows that are kept, in order, each once.
    values : ndarray
        The rows, of shape ``(len(rows), *shape[1:])``.
    shape : tuple of int
        Of the whole array.

    Examples
    --------
    One step of gradient descent on the rows that f has read, and on no others:

    >>> import numpy as np
    >>> import admodes as ad
    >>> vectors = np.ones((10_000, 2))
    >>> step = ad.gradient(lambda v: np.sum(v[[7, 3, 7]] ** 2), vectors, sparse=True)
    >>> vectors[step.rows] -= 0.1 * step.values
    >>> print(step)
    2 of 10000 rows: [3 7]
    """

    rows: np.ndarray
    values: np.ndarray
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return f"{len(self.rows)} of {self.shape[0]} rows: {np.array2string(self.rows, threshold=10)}"

    def toarray(self) -> np.ndarray:
        """The whole array."""
        whole = np.zeros(self.shape, self.values.dtype)
        whole[self.rows] = self.values
        return whole

    def tocsr(self) -> Any:
        """A ``scipy.sparse.csr_array`` with the same rows: of shape (n, 1) for a vector, further axes in one."""
        width = math.prod(self.shape[1:])
        starts = np.zeros(self.shape[0] + 1, dtype=int)
        starts[self.rows + 1] = width
        columns = np.tile(np.arange(width), len(self.rows))
        return scipy_sparse().csr_array((self.values.ravel(), columns, np.cumsum(starts)), shape=(self.shape[0], width))


class _Borrowed(ScalarFunction):
    """A function whose inputs are not copied: a copy of all rows would cost more than the gradient."""

    @staticmethod
    def as_input(leaf: Any, what: str) -> Any:
        return leaf if type(leaf) is np.ndarray and leaf.dtype.char in "df" else as_input(leaf, what)


class _Collector(Step):
    """In place of reading rows of an input: it keeps the cotangent of what was read."""

    __slots__ = ("found", "key")

    def __init__(self, step: Step) -> None:
        super().__init__(step.primitive, step.parameters, step.shapes, step.shape, ())
        self.key = step.parameters["key"]
        self.found: Any = None

    def pull(self, cotangents: Cotangents, g: Any, operands: Sequence[Any], values: Sequence[Any], out: Any) -> None:
        self.found = g


def sparse_gradient(f: Any, x: Any, differentiator: Differentiator, args: Sequence[Any], argnums: Any, sparse: Any) -> Any:
    """The gradient of a scalar function with a `SparseRows` for each array of x.

    By reverse mode, an input that f reads only by rows (``x[numbers]``, ``x[3, 1]``, ``x[2:5]``) costs what these rows
    cost. For any other input, and by any other way of differentiating, the whole gradient is computed, and
    the rows of zeros are left out. Numbers stay numbers.
    """
    if sparse is not True and sparse is not np.True_:
        raise OptionError(
            f"sparse= of a gradient is True or False, not a {type(sparse).__name__}: the rows that f reads are its pattern."
        )
    function = _Borrowed(f, x, args, argnums)
    if function.nested:
        raise UnsupportedError("Sparse rows of traced values cannot be made: inside of another derivative leave sparse= out.")
    found = _by_rows(function) if differentiator.name in (Reverse.name, "auto") else None
    if found is None:
        function = ScalarFunction(f, x, args, argnums)  # type: ignore[assignment]
        found = [_nonzero_rows(leaf) for leaf in differentiator.derivative(function)[0]]
    return function.as_input_tree(found)


def _by_rows(function: ScalarFunction) -> list[Any] | None:
    """The gradient by one sweep back that ends where rows are read; None where there are none, or a NaN."""
    linear = linearize(function)
    readers = _readers(linear)
    if not readers:
        return None
    tape: Any = list(linear.tape)
    for collectors in readers.values():
        for index, collector in collectors:
            tape[index] = (collector, (), (), None)
    seeds = [(node, 1.0) for node in linear.nodes if node is not None]
    with np.errstate(all="ignore"):
        swept = sweep(tape, seeds, len(linear.inputs))
    results = []
    for number, (leaf, g) in enumerate(zip(linear.inputs, swept, strict=True)):
        if number in readers:
            results.append(_gathered(leaf, [collector for _, collector in readers[number]]))
        else:
            results.append(_nonzero_rows(as_leaf(g, leaf, leaf.shape)))
    return None if any(has_nan(found.values if isinstance(found, SparseRows) else found) for found in results) else results


def _readers(linear: Linearization) -> dict[int, list[tuple[int, _Collector]]]:
    """By input, the records that read it, where all of them read rows."""
    readers: dict[int, list[tuple[int, _Collector]]] = {number: [] for number, leaf in enumerate(linear.inputs) if leaf.ndim}
    for index, (step, operands, _, _) in enumerate(linear.tape):
        for operand in operands:
            if operand is None or operand not in readers:
                continue
            if step.primitive is gather and _rows(step.parameters["key"], step.shapes[0][0]) is not None:
                readers[operand].append((index, _Collector(step)))
            else:
                del readers[operand]
    return readers


def _rows(key: Any, length: int) -> Any:
    """The rows that a key selects; None where it does not begin with rows."""
    first = key[0] if type(key) is tuple and key else key
    if type(first) is slice:
        return np.arange(*first.indices(length)) if first is key else None
    if type(first) is np.ndarray and first.dtype.kind == "b":
        return np.flatnonzero(first) if first.ndim == 1 else None
    if type(first) is bool or not isinstance(first, (int, np.integer, np.ndarray)):
        return None
    numbers = np.asarray(first, np.intp)  # a small type has no room for the sum
    return np.where(numbers < 0, numbers + length, numbers)


def _gathered(leaf: Any, collectors: Sequence[_Collector]) -> SparseRows:
    """What was collected, added up by rows."""
    reached = [collector for collector in collectors if collector.found is not None]
    selected = [_rows(collector.key, leaf.shape[0]) for collector in reached]
    rows = np.unique(np.concatenate([np.zeros(0, dtype=int), *[part.ravel() for part in selected]]))
    values = np.zeros((len(rows), *leaf.shape[1:]), leaf.dtype)
    for collector, part in zip(reached, selected, strict=True):
        places = np.searchsorted(rows, part)
        key = (places if part.ndim else int(places), *(collector.key[1:] if type(collector.key) is tuple else ()))
        if is_basic(key):
            values[key] += collector.found
        else:
            np.add.at(values, key, collector.found)
    return SparseRows(rows, values, leaf.shape)


def _nonzero_rows(whole: Any) -> Any:
    """A gradient without its rows of zeros; a number as it is."""
    if not whole.ndim:
        return whole
    rows = np.flatnonzero((whole != 0).reshape(len(whole), -1).any(axis=1)) if whole.size else np.zeros(0, dtype=int)
    return SparseRows(rows, whole[rows], whole.shape)
