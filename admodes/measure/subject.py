"""What is differentiated: f, the point, and what is known about them before anything is measured."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from ..containers import flatten
from ..errors import InputError
from ..function import Function
from .operation import Operation


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
    outputs_at_x : tuple of ndarray
        The leaves of f(x).
    value : array or container
        f(x).
    operation : Operation
        What is asked of every method.
    """

    f: Callable[..., Any]
    x: Any
    args: tuple[Any, ...]
    name: str
    inputs: int
    outputs: int
    f_changes_x: bool
    outputs_at_x: tuple[np.ndarray, ...] = ()
    value: Any = None
    operation: Operation = field(default_factory=Operation)

    @classmethod
    def at(
        cls,
        f: Callable[..., Any],
        x: Any,
        args: Sequence[Any] = (),
        name: str = "",
        operator: str = "differentiate",
        seed: int = 0,
    ) -> Subject:
        """Evaluate f at x once; whatever f raises is passed on. The direction of jvp, vjp and hvp comes from `seed`.

        Raises
        ------
        InputError
            If x is no point of finite real numbers, if f(x) is not a number at all, or another one at each call.
        """
        _require_finite(x)
        function = Function(f, x, args)
        leaves = [leaf.copy() if leaf.ndim else leaf[()] for leaf in function.inputs]
        outputs = function(leaves)
        changed = any(not np.array_equal(leaf, before) for leaf, before in zip(leaves, function.inputs, strict=True))
        values = tuple([np.array(output) for output in outputs])
        name = name or function.name
        _require_a_value(name, values, function)
        sizes = function.input_size, sum(value.size for value in values)
        point = function.as_input_tree(function.inputs)
        value = function.as_output_tree(values)
        operation = Operation.at(operator, point, value, seed)
        return cls(f, point, tuple(args), name, *sizes, changed, values, value, operation)

    def derivative(self, method: Any, f: Callable[..., Any]) -> Callable[[], Any]:
        """The derivative of `f`, which stands for ours, by `method` as a call without arguments."""
        return partial(self.operation.evaluate, f, self.x, method, self.args)

    def primal(self) -> Callable[[], Any]:
        """f at x as a call without arguments, with nothing around it that costs time."""
        if self.f_changes_x:
            return lambda: self.f(copy.deepcopy(self.x), *self.args)
        return partial(self.f, self.x, *self.args)

    @property
    def precision(self) -> np.dtype[Any]:
        """The finest floating-point type in f(x): a derivative has no digits that f itself does not have."""
        kinds = [value.dtype for value in self.outputs_at_x if value.dtype.kind == "f"]
        return min(kinds, key=lambda kind: float(np.finfo(kind).eps), default=np.dtype(np.float64))

    @property
    def single_precision(self) -> bool:
        """Whether a number of x has fewer digits than float64."""
        leaves, _ = flatten(self.x, InputError, "x")
        return any(np.finfo(np.asarray(leaf).dtype).eps > np.finfo(np.float64).eps for leaf in leaves)


def _require_finite(x: Any) -> None:
    leaves, structure = flatten(x, InputError, "x")
    if not sum(np.size(leaf) for leaf in leaves):
        raise InputError("x has no elements: there is nothing to differentiate by. Give at least one number.")
    for leaf, path in zip(leaves, structure.paths(), strict=True):
        array = np.asarray(leaf)
        if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
            index = tuple(int(number) for number in np.argwhere(~np.isfinite(array))[0])
            place = f"x{path}{list(index) if index else ''}"
            raise InputError(f"{place} is {array[index]}: there is no derivative to measure there. Choose a finite point.")


def _require_a_value(name: str, values: Sequence[np.ndarray], function: Function) -> None:
    """Refuse what has no derivative at x: a function without a finite value, or without a definite one."""
    if values and not any(np.any(np.isfinite(value)) for value in values) and any(value.size for value in values):
        found = "not finite" if any(value.size > 1 for value in values) else str(values[0])
        raise InputError(f"{name}(x) is {found}: there is no derivative to measure there. Choose a point where f is finite.")
    again = function.plain(function.inputs)
    same = all(np.array_equal(one, other, equal_nan=True) for one, other in zip(values, again, strict=True))
    if not same:
        raise InputError(
            f"{name}(x) is another value at each call, so it has no derivative to measure: "
            "it draws random numbers or keeps state. Fix the seed inside it: rng = np.random.default_rng(0)."
        )
