"""One case of the benchmark: a function, a claimed derivative, a point, and whether the claim is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...containers import Structure, flatten
from ...errors import InputError


@dataclass(frozen=True)
class Case:
    """A function and a claimed derivative whose truth is known.

    Parameters
    ----------
    name : str
        Unique in the benchmark.
    category : str
        What makes it hard: a row of the tables.
    formula : str
        f in Python's notation with the names of mpmath, of the numbers ``x[0]``, ``x[1]``, ... (all leaves of a container,
        one after another) and their count ``n``. It is the evidence: the derivative of the formula decides what is right,
        and it shares nothing with `f` and `grad` but the mathematics. Where `f` has noise, steps or rounding, the formula
        is the smooth function below.
    f : callable
        The function, plain NumPy.
    grad : callable
        The claimed derivative: ``grad(x)``, or ``grad(x, v)`` for the kinds "jvp", "vjp" and "hvp".
    x : array_like or container
        The point.
    right : bool
        Whether the claim is right.
    why : str
        What the case stands for, as one would tell a colleague.
    kind : str
        "gradient", "jacobian", "jvp", "vjp", "hessian" or "hvp".
    off : float
        For wrong claims, the largest error of a component over its own derivative (over the largest derivative where
        its own is 0; the error itself where all are 0). At a kink, the error is the distance from the interval between the
        one-sided derivatives. Zero where the numbers at x are right and what is wrong shows elsewhere, or in how `f` and
        `grad` behave; NaN where the claim has numbers that are not finite, or not enough of them.

    Examples
    --------
    >>> import numpy as np
    >>> case = Case("half", "mistake", "x[0]**2", lambda x: np.sum(x**2), lambda x: x, np.array([3.0]), False, "no 2", off=0.5)
    >>> case.size
    1
    >>> case.grad(case.x)
    array([3.])
    """

    name: str
    category: str
    formula: str
    f: Callable[..., Any]
    grad: Callable[..., Any]
    x: Any
    right: bool
    why: str
    kind: str = "gradient"
    off: float = 0.0

    def flattened(self) -> tuple[list[Any], Structure]:
        """The arrays of x, as copies, and the structure that puts them back."""
        leaves, structure = flatten(self.x, InputError, "x")
        return [np.array(leaf) for leaf in leaves], structure

    def point(self) -> Any:
        """A copy of x."""
        leaves, structure = self.flattened()
        return structure.unflatten(leaves) if not structure.is_leaf or isinstance(self.x, np.ndarray) else self.x

    @property
    def size(self) -> int:
        """How many numbers x holds."""
        return sum(leaf.size for leaf in self.flattened()[0])


@dataclass(frozen=True)
class Subject:
    """A function at a point, about which claims are made, right and wrong ones."""

    category: str
    formula: str
    f: Callable[..., Any]
    x: Any
    kind: str = "gradient"

    def right(self, name: str, grad: Callable[..., Any], why: str) -> Case:
        """A claim that is right."""
        return Case(name, self.category, self.formula, self.f, grad, self.x, right=True, why=why, kind=self.kind)

    def wrong(self, name: str, grad: Callable[..., Any], why: str, off: float) -> Case:
        """A claim that is wrong, by `off` (see `Case`)."""
        return Case(name, self.category, self.formula, self.f, grad, self.x, right=False, why=why, kind=self.kind, off=off)
