"""Reverse mode: one sweep back over the tape carries k cotangents from the outputs to all inputs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from .careful import careful_sweep, has_nan
from .differentiator import Blocks, Differentiator, Pullback
from .function import Function, Leaves
from .levels import Traced, beside, read_outputs
from .recording import record
from .steps.step import ZERO, Cotangents
from .tape import Tape


def sweep(tape: Tape, seeds: Sequence[tuple[int, Any]], inputs: int) -> list[Any]:
    """Cotangents of the first `inputs` records, given those of some records as `seeds`."""
    cotangents = Cotangents(len(tape))
    for index, seed in seeds:
        cotangents.add(index, seed, False)
    table = cotangents.table
    for step, operands, values, out in islice(reversed(tape), len(tape) - inputs):
        g = table.pop()
        if g is not ZERO:
            step.pull(cotangents, g, operands, values, out)
    # Nobody else may hold a result: it could be a seed, or the cotangent of two inputs.
    return [g if type(g) is not np.ndarray or owned else g.copy() for g, owned in zip(table, cotangents.owned, strict=False)]


class Reverse(Differentiator):
    """Reverse mode on a tape.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.Reverse().differentiate(lambda x: np.sum(x**2), np.array([1.0, 2.0]))
    array([2., 4.])
    """

    name = "reverse"
    traces = True

    def vjp(self, function: Function) -> tuple[Leaves, Pullback]:
        linear = linearize(function)
        return linear.outputs, linear.pullback

    def jacobian(self, function: Function) -> tuple[Leaves, Blocks]:
        return self.blocks(function, linearize(function))

    def blocks(self, function: Function, linear: Linearization) -> tuple[Leaves, Blocks]:
        """The Jacobian of a function that has been recorded."""
        if len(linear.outputs) == 1 and linear.outputs[0].ndim == 0:
            # A gradient: one sweep with the seed 1, without an axis of seeds.
            seed = beside(1.0, linear.outputs[0])
            swept = backward(linear.tape, [(linear.nodes[0], seed)], len(linear.inputs))
            return linear.outputs, [[as_leaf(g, leaf, leaf.shape) for g, leaf in zip(swept, linear.inputs, strict=True)]]
        function.largest = max(function.largest, linear.tape.largest)
        return self.rows(function, linear.outputs, linear.pullback)


class Linearization(NamedTuple):
    """f recorded at a point: its outputs, and their records (None where an output does not depend on x)."""

    tape: Tape
    inputs: Leaves
    outputs: Leaves
    nodes: list[int | None]

    def pullback(self, cotangents: Leaves) -> Leaves:
        """Cotangents of the inputs, each with the leading axis of seeds."""
        count = cotangents[0].shape[0] if cotangents else 1
        cotangents = [beside(w, output) for w, output in zip(cotangents, self.outputs, strict=True)]
        # A single seed goes without its axis: scalars then stay floats.
        weights = [_first(w) for w in cotangents] if count == 1 else cotangents
        swept = backward(self.tape, list(zip(self.nodes, weights, strict=True)), len(self.inputs))
        return [as_leaf(g, leaf, (count, *leaf.shape)) for g, leaf in zip(swept, self.inputs, strict=True)]


def linearize(function: Function) -> Linearization:
    """Record f at its inputs."""
    tape, traced = record(function)
    outputs, nodes = read_outputs(tape, traced)
    return Linearization(tape, function.inputs, outputs, nodes)


def backward(tape: Tape, seeds: Sequence[tuple[int | None, Any]], inputs: int) -> list[Any]:
    """The sweep, and once more with structural zeros if it came out with a NaN."""
    known = [(node, seed) for node, seed in seeds if node is not None]
    with np.errstate(all="ignore"):
        swept = sweep(tape, known, inputs)
        for g in swept:
            if has_nan(g):
                return careful_sweep(tape, known, inputs)
    return swept


def _first(w: Any) -> Any:
    first = w[0]
    return float(first) if type(first) is np.float64 else first


def as_leaf(array: Any, leaf: Any, shape: tuple[int, ...]) -> Any:
    """A derivative as an array of the given shape, of the leaf's dtype."""
    if array is ZERO:
        return np.zeros(shape, leaf.dtype)
    if not isinstance(array, Traced):
        array = array if type(array) is np.ndarray and array.dtype == leaf.dtype else np.asarray(array, dtype=leaf.dtype)
        return array if array.shape == shape else array.reshape(shape)
    array = array if array.dtype == leaf.dtype else array.astype(leaf.dtype)  # type: ignore[attr-defined]
    return np.reshape(array, shape)
