"""Work counted in operations: of f, of one tangent pushed forward, of one cotangent pulled back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..api import jvp, vjp
from ..containers import flatten
from ..errors import InputError
from ..function import Function
from ..recording import count_operations


class Work(NamedTuple):
    """Elementary operations, counted one by one on a tape.

    Attributes
    ----------
    function : int
        Of f alone.
    pushed : int
        Of f and one product with a tangent, in forward mode.
    pulled : int
        Of f and one product with a cotangent, in reverse mode.
    """

    function: int
    pushed: int
    pulled: int

    @property
    def backward(self) -> float:
        """The backward pass over the forward pass."""
        return self.pulled / self.function - 1

    def seeds(self, mode: str, count: int) -> float:
        """f and `count` products in forward or reverse mode, in units of f."""
        one = (self.pushed if mode == "forward" else self.pulled) - self.function
        return 1 + count * one / self.function


def work_of(f: Callable[..., Any], x: Any) -> Work:
    """Count the operations of f and of its derivatives at x.

    The modes run on values that a tape records. So do the seeds: what is done to them alone is work as well.

    Examples
    --------
    >>> import numpy as np
    >>> work_of(np.sin, np.ones(3))
    Work(function=3, pushed=9, pulled=9)
    """
    leaves, structure = flatten(x, InputError, "x")
    tangent = structure.unflatten([np.ones(np.shape(leaf)) for leaf in leaves])
    function = Function(f, x)
    outputs = function.as_output_tree([np.ones(np.shape(output)) for output in function.plain(function.inputs)])

    def pushed(pair: Any) -> Any:
        return jvp(f, pair["x"], pair["seed"], "forward")[1]

    def pulled(pair: Any) -> Any:
        return vjp(f, pair["x"], "reverse")[1](pair["seed"])

    return Work(
        count_operations(f, x).elementary,
        count_operations(pushed, {"x": x, "seed": tangent}).elementary,
        count_operations(pulled, {"x": x, "seed": outputs}).elementary,
    )
