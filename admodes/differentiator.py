"""What every way of differentiating has in common: one primitive supplied, the rest derived here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from .function import Function, Leaves

Blocks = list[list[Any]]
Pullback = Callable[[Leaves], Leaves]

#: Elements that one sweep's largest array of seeds may hold (float64: 64 MB).
SWEEP_ELEMENTS = 2**23


def chunk_size(seeds: int, largest: int) -> int:
    """How many of `seeds` to carry in one sweep whose largest intermediate has `largest` elements."""
    return max(1, min(seeds, SWEEP_ELEMENTS // max(largest, 1)))


class Differentiator:
    """A way of differentiating. A subclass supplies one of `jvp`, `vjp`, `jacobian`.

    All three take a `Function`, whose inputs and outputs are lists of leaves:

    ``jvp(function, tangents)``
        -> ``(outputs, output tangents)``; each tangent of shape ``(k, *leaf.shape)``.
    ``vjp(function)``
        -> ``(outputs, pullback)``; ``pullback(cotangents)`` with each cotangent of shape
        ``(k, *output.shape)`` -> input cotangents of shape ``(k, *input.shape)``.
    ``jacobian(function)``
        -> ``(outputs, blocks)``; ``blocks[i][j]`` of shape ``output_i.shape + input_j.shape``.

    Examples
    --------
    One-sided differences with a fixed step, and all operators with them:

    >>> import numpy as np
    >>> import admodes as ad
    >>> class OneSided(ad.Differentiator):
    ...     name = "one-sided"
    ...     def jvp(self, function, tangents):
    ...         step = 2.0**-20
    ...         outputs = function.plain(function.inputs)
    ...         pushed = []
    ...         for seed in zip(*tangents):
    ...             moved = [leaf + step * part for leaf, part in zip(function.inputs, seed)]
    ...             pushed.append([(new - old) / step for new, old in zip(function.plain(moved), outputs)])
    ...         return outputs, [np.stack(parts) for parts in zip(*pushed)]
    >>> ad.jacobian(lambda x: 3 * x, np.array([1.0, 2.0]), method=OneSided())
    array([[3., 0.],
           [0., 3.]])
    """

    name: ClassVar[str]
    #: Whether f runs on traced values, and so must do the same with them as with plain arrays.
    traces: ClassVar[bool] = False

    def differentiate(self, f: Callable[..., Any], x: Any, *, args: Sequence[Any] = (), argnums: int | Sequence[int] = 0) -> Any:
        """The derivative of f at x, of shape ``f(x).shape + x.shape``.

        Parameters
        ----------
        f : callable
        x : array_like or container
        args : tuple
            Further positional arguments of f.
        argnums : int or tuple of int
            Which of ``(x, *args)`` to differentiate by.

        Returns
        -------
        ndarray, NumPy scalar or container
            The output's structure outside, x's inside.
        """
        function = Function(f, x, args, argnums)
        return function.assemble(self.derivative(function))

    def prepare(self, function: Function, *, second: bool = False) -> Differentiator | None:
        """What can be done once for all points at which f has inputs of these shapes; None where there is nothing of that kind.

        Parameters
        ----------
        function : Function
            f at some point. What is prepared is only ever asked about the same f, while all that f reads is as it was.
        second : bool
            Whether second derivatives will be asked for, instead of first ones.

        Returns
        -------
        Differentiator or None
            This way of differentiating, for f alone. Whatever f does at another point, its results are right there.
        """
        return None

    def derivative(self, function: Function) -> Blocks:
        """Derived: the blocks of `jacobian`, where f's outputs are not asked for."""
        return self.jacobian(function)[1]

    def jvp(self, function: Function, tangents: Leaves) -> tuple[Leaves, Leaves]:
        """Derived: the Jacobian times the tangents."""
        outputs, blocks = self.jacobian(function)
        return outputs, [_contract_inputs(row, function.inputs, tangents) for row in blocks]

    def vjp(self, function: Function) -> tuple[Leaves, Pullback]:
        """Derived: the cotangents times the Jacobian."""
        outputs, blocks = self.jacobian(function)

        def pullback(cotangents: Leaves) -> Leaves:
            columns = [[row[j] for row in blocks] for j in range(len(function.inputs))]
            return [
                _contract_outputs(column, outputs, cotangents, leaf)
                for column, leaf in zip(columns, function.inputs, strict=True)
            ]

        return outputs, pullback

    def jacobian(self, function: Function) -> tuple[Leaves, Blocks]:
        """Derived: one seed an input from `jvp`, or one seed an output from `vjp`."""
        if type(self).jvp is not Differentiator.jvp:
            return self._columns(function)
        if type(self).vjp is not Differentiator.vjp:
            return self.rows(function, *self.vjp(function))
        raise NotImplementedError(f"{type(self).__name__} supplies none of jvp, vjp, jacobian: define one of them.")

    def hessian(self, function: Function) -> tuple[Any, list[list[Any]]]:
        """Derived: this way's Jacobian of this way's gradient; f is scalar."""
        return self.jacobian(self.gradient_of(function, self))

    def hvp(self, function: Function, tangents: Leaves) -> Leaves:
        """Derived: the Hessian times the tangents, along the gradient where this way has a jvp or vjp of its own."""
        gradient = self.gradient_of(function, self)
        if type(self).jvp is not Differentiator.jvp:
            return self.jvp(gradient, tangents)[1]
        if type(self).vjp is not Differentiator.vjp:
            return self.vjp(gradient)[1](tangents)
        _, blocks = self.hessian(function)
        return [_contract_inputs(row, function.inputs, tangents) for row in blocks]

    @staticmethod
    def gradient_of(function: Function, differentiator: Differentiator) -> GradientFunction:
        """The gradient of a scalar `function` by `differentiator`, to be differentiated again."""
        return GradientFunction(differentiator, function)

    def _columns(self, function: Function) -> tuple[Leaves, Blocks]:
        """The Jacobian from sweeps that carry one seed an input element, k at once."""
        size = function.input_size
        # f's largest intermediate is known after the first sweep, which is therefore a cautious one.
        start, chunk = 0, chunk_size(size, 32 * max((leaf.size for leaf in function.inputs), default=1))
        parts: list[Leaves] = []
        outputs: Leaves = []
        while start < size or not parts:
            stop = min(size, start + chunk)
            # Without inputs there is nothing to seed: one seed, of which no row is kept, still gives f's outputs.
            outputs, tangents = self.jvp(function, unit_seeds(function.inputs, start, max(stop, 1)))
            parts.append([tangent[: stop - start] for tangent in tangents])
            chunk = chunk_size(size, max(function.largest, *(np.size(output) for output in outputs), 1))
            start = max(stop, 1)
        columns = [_join(leaf_parts) for leaf_parts in zip(*parts, strict=True)]
        return outputs, [_split_columns(column, function.inputs) for column in columns]

    def rows(self, function: Function, outputs: Leaves, pullback: Pullback) -> tuple[Leaves, Blocks]:
        """The Jacobian from sweeps that carry one seed an output element, k at once."""
        size = sum([output.size for output in outputs])
        largest = max(function.largest, *[leaf.size for leaf in [*outputs, *function.inputs]])
        chunk, start = chunk_size(size, largest), 0
        parts: list[Leaves] = []
        while start < size or not parts:
            parts.append(pullback(unit_seeds(outputs, start, min(size, start + chunk))))
            start += chunk
        rows = [_join(leaf_parts) for leaf_parts in zip(*parts, strict=True)]
        return outputs, _split_rows(rows, outputs)


class GradientFunction(Function):
    """The gradient of a scalar `function` as a map from leaves to leaves: what Hessians differentiate."""

    def __init__(self, differentiator: Differentiator, function: Function) -> None:
        self.__dict__.update(function.at(function.inputs).__dict__)
        self._differentiator = differentiator
        self._function = function

    def __call__(self, leaves: Sequence[Any]) -> Leaves:
        function = self._function.at(list(leaves))
        _, blocks = self._differentiator.jacobian(function)
        self.calls += function.calls
        return blocks[0]


def unit_seeds(leaves: Sequence[Any], start: int, stop: int) -> Leaves:
    """Seeds ``start`` to ``stop`` of the identity over all elements of `leaves`, one array a leaf."""
    if len(leaves) == 1 and leaves[0].size == 1:
        return [np.ones((1, *leaves[0].shape), leaves[0].dtype)]
    seeds, offset = [], 0
    for leaf in leaves:
        size = leaf.size
        block = np.zeros((stop - start, size), dtype=leaf.dtype)
        first, last = max(start, offset), min(stop, offset + size)
        rows = np.arange(first, last)
        block[rows - start, rows - offset] = 1
        seeds.append(block.reshape(stop - start, *leaf.shape))
        offset += size
    return seeds


def _join(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _split_columns(column: Any, inputs: Sequence[Any]) -> list[Any]:
    """Output tangents of all unit seeds, shape (n, *output.shape), as one block an input."""
    blocks, start = [], 0
    for leaf in inputs:
        part = column[start : start + leaf.size].reshape((*leaf.shape, *column.shape[1:]))
        block = np.transpose(part, (*range(leaf.ndim, part.ndim), *range(leaf.ndim)))
        blocks.append(block if block.dtype == leaf.dtype else block.astype(leaf.dtype))
        start += leaf.size
    return blocks


def _split_rows(rows: Sequence[Any], outputs: Sequence[Any]) -> Blocks:
    """Input cotangents of all unit seeds, each of shape (m, *input.shape), as one row of blocks an output."""
    blocks, start = [], 0
    for output in outputs:
        size, shape = output.size, output.shape
        blocks.append([row[start : start + size].reshape((*shape, *row.shape[1:])) for row in rows])
        start += size
    return blocks


def _contract_inputs(row: Sequence[Any], inputs: Sequence[Any], tangents: Leaves) -> Any:
    """J v for one output: tangents of shape (k, *input.shape) -> (k, *output.shape)."""
    total: Any = 0.0
    for block, leaf, tangent in zip(row, inputs, tangents, strict=True):
        shape = block.shape[: block.ndim - leaf.ndim]
        flat = _product(tangent.reshape(tangent.shape[0], leaf.size), block.reshape(math.prod(shape), leaf.size).T)
        total = total + flat.reshape(tangent.shape[0], *shape)
    return total


def _contract_outputs(column: Sequence[Any], outputs: Sequence[Any], cotangents: Leaves, leaf: Any) -> Any:
    """J^T w for one input: cotangents of shape (k, *output.shape) -> (k, *input.shape)."""
    total: Any = 0.0
    for block, output, cotangent in zip(column, outputs, cotangents, strict=True):
        size = np.size(output)
        flat = _product(cotangent.reshape(cotangent.shape[0], size), block.reshape(size, leaf.size))
        total = total + flat.reshape(cotangent.shape[0], *leaf.shape)
    return total


def _product(weights: Any, matrix: Any) -> Any:
    """weights @ matrix, in which a weight of 0 takes nothing, not even of an infinite derivative."""
    with np.errstate(all="ignore"):
        product = weights @ matrix
        if type(product) is np.ndarray and np.isnan(product).any():
            return np.sum(np.where(weights[:, :, None] == 0, 0.0, weights[:, :, None] * matrix), axis=1)
    return product
