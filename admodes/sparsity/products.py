"""Products of a Jacobian or a Hessian with k seeds at once, all leaves of the inputs and of the outputs in one row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..differentiator import Differentiator, GradientFunction, unit_seeds
from ..errors import ShapeError
from ..forward import Forward
from ..function import Function, Leaves
from ..reverse import Linearization, Reverse, linearize

Map = Callable[[Leaves], Leaves]


class Products:
    """The products with the Jacobian of a function, by one way of differentiating.

    Parameters
    ----------
    function : Function
    differentiator : Differentiator
        One that supplies jvp, vjp or both.
    linear : Linearization or None
        f on a tape, where it has been recorded already: reverse mode goes back over that.

    Attributes
    ----------
    dtype : dtype
        Of the derivative.
    pushes, pulls : bool
        Which of `push` and `pull` cost a sweep for all seeds.
    exact : bool
        Whether products are right but for rounding.
    precision : tuple of float
        What products by differences of f may be off by, relative to the products, and to f's values, which they cancel.
    rows : int or None
        Rows that the matrix is expected to have: the outputs are counted in the first product.
    """

    precision = (1e-6, 1e-11)

    def __init__(self, function: Function, differentiator: Differentiator, linear: Linearization | None = None) -> None:
        self.function = function
        self.differentiator = differentiator
        self.linear = linear
        self.dtype: Any = np.result_type(*[leaf.dtype for leaf in function.inputs]) if function.inputs else np.dtype(float)
        self.pushes = type(differentiator).jvp is not Differentiator.jvp
        self.pulls = type(differentiator).vjp is not Differentiator.vjp
        self.exact = differentiator.traces
        self.outputs: Leaves = [] if linear is None else linear.outputs
        self.rows: int | None = None
        self._pullback: Map | None = None
        if linear is not None and differentiator.name in (Reverse.name, "auto"):
            self._pullback = linear.pullback

    @property
    def largest(self) -> int:
        """Numbers that one seed carries, at most: known from the tape, else guessed on the safe side."""
        known = self.linear is not None or self.function.largest > 1
        return max(
            (1 if known else 32) * self.function.input_size, self.linear.tape.largest if self.linear else 1, self.function.largest
        )

    @property
    def value(self) -> float:
        """The largest of f's values, whose rounding goes into differences."""
        return _largest_of(self.outputs)

    def push(self, directions: np.ndarray) -> np.ndarray:
        """(k, n) directions to (k, m) tangents."""
        self.outputs, tangents = self.differentiator.jvp(self.function, self._split(directions, self.function.inputs))
        self._check_rows()
        return _flat(tangents)

    def pull(self, weights: np.ndarray) -> np.ndarray:
        """(k, m) weights to (k, n) cotangents."""
        if self._pullback is None:
            self.outputs, self._pullback = self.differentiator.vjp(self.function)
        self._check_rows()
        return _flat(self._pullback(self._split(weights, self.outputs)))

    def _check_rows(self) -> None:
        size = sum(np.size(output) for output in self.outputs)
        if size != (size if self.rows is None else self.rows):
            raise ShapeError(
                f"The pattern has {self.rows} rows, but `{self.function.name}(x)` has {size} elements. Give it one row an "
                "element of f(x): a container's leaves one after the other, each in C order."
            )

    def exact_row(self, row: int) -> np.ndarray:
        """One row of the matrix by reverse mode, with nothing left out."""
        linear = self.linear or linearize(self.function)
        found: np.ndarray = _flat(linear.pullback(unit_seeds(linear.outputs, row, row + 1)))[0]
        return found

    def exact_column(self, column: int) -> np.ndarray:
        """One column of the matrix by forward mode, with nothing left out."""
        seeds = unit_seeds(self.function.inputs, column, column + 1)
        found: np.ndarray = _flat(Forward().jvp(self.function, seeds)[1])[0]
        return found

    def _split(self, seeds: np.ndarray, leaves: Sequence[Any]) -> Leaves:
        parts, start = [], 0
        for leaf in leaves:
            size, shape = math.prod(np.shape(leaf)), np.shape(leaf)
            parts.append(seeds[:, start : start + size].reshape(len(seeds), *shape).astype(leaf.dtype))
            start += size
        return parts


class SecondProducts(Products):
    """The products with the Hessian of a scalar function: it is symmetric, so that pulling back is pushing forward."""

    precision = (1e-5, 1e-10)

    def __init__(self, function: Function, differentiator: Differentiator, linear: Linearization | None = None) -> None:
        super().__init__(GradientFunction(Reverse(), function), differentiator, linear)
        self._scalar = function
        self.outputs = list(function.inputs)

    @property
    def value(self) -> float:
        return _largest_of(self._scalar.plain(self._scalar.inputs))

    def push(self, directions: np.ndarray) -> np.ndarray:
        """(k, n) directions to (k, n) products."""
        self._check_rows()
        return _flat(self.differentiator.hvp(self._scalar, self._split(directions, self._scalar.inputs)))

    def pull(self, weights: np.ndarray) -> np.ndarray:
        """(k, n) weights to (k, n) products."""
        return self.push(weights)


def _flat(leaves: Sequence[Any]) -> np.ndarray:
    rows = [np.reshape(leaf, (np.shape(leaf)[0], -1)) if np.size(leaf) else np.zeros((np.shape(leaf)[0], 0)) for leaf in leaves]
    return np.concatenate(rows, axis=1) if len(rows) != 1 else rows[0]


def _largest_of(leaves: Sequence[Any]) -> float:
    return max((float(np.max(np.abs(leaf), initial=0)) for leaf in leaves), default=0.0)
