"""What is differentiated: f, the point, and what is known about them before anything is measured."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..containers import flatten
from ..errors import InputError
from ..function import Function


@dataclass(frozen=True)
class Subject:
    """f and the point x.

    Parameters
    ----------
    f : callable
    x : array or container of arrays
        Floating-point copies of our own.
    args : tuple
        Further positional arguments of f.
    name : str
    inputs, outputs : int
        Numbers in x and in f(x).
    f_changes_x : bool
        Whether f writes into the array it is given.
    """

    f: Callable[..., Any]
    x: Any
    args: tuple[Any, ...]
    name: str
    inputs: int
    outputs: int
    f_changes_x: bool

    @classmethod
    def at(cls, f: Callable[..., Any], x: Any, args: Sequence[Any] = (), name: str = "") -> Subject:
        """Evaluate f at x once; whatever f raises is passed on.

        Raises
        ------
        InputError
            If x is no point of finite real numbers.
        """
        _require_finite(x)
        function = Function(f, x, args)
        leaves = [leaf.copy() for leaf in function.inputs]
        outputs = function(leaves)
        changed = any(not np.array_equal(leaf, before) for leaf, before in zip(leaves, function.inputs, strict=True))
        sizes = function.input_size, sum(int(np.size(output)) for output in outputs)
        return cls(f, function.as_input_tree(function.inputs), tuple(args), name or function.name, *sizes, changed)

    def primal(self) -> Callable[[], Any]:
        """f at x as a call without arguments, with nothing around it that costs time."""
        if self.f_changes_x:
            return lambda: self.f(copy.deepcopy(self.x), *self.args)
        return partial(self.f, self.x, *self.args)

    @property
    def single_precision(self) -> bool:
        """Whether a number of x has fewer digits than float64."""
        leaves, _ = flatten(self.x, InputError, "x")
        return any(np.finfo(np.asarray(leaf).dtype).eps > np.finfo(np.float64).eps for leaf in leaves)


def _require_finite(x: Any) -> None:
    leaves, structure = flatten(x, InputError, "x")
    for leaf, path in zip(leaves, structure.paths(), strict=True):
        array = np.asarray(leaf)
        if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
            index = tuple(int(number) for number in np.argwhere(~np.isfinite(array))[0])
            place = f"x{path}{list(index) if index else ''}"
            raise InputError(f"{place} is {array[index]}: there is no derivative to measure there. Choose a finite point.")
