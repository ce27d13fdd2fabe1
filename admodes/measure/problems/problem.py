"""What a problem is: a family of functions and points, with the exact derivative beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import InputError, OptionError, OutputError, ShapeError

Make = Callable[[int, int, np.random.Generator], tuple[Callable[..., Any], Any]]


@dataclass(frozen=True)
class Problem:
    """A family of functions R^n -> R^m to measure the methods on.

    Parameters
    ----------
    name : str
    make : callable
        ``make(n, m, rng) -> (f, x)``: a function of plain NumPy and a point. All randomness comes
        from `rng`, and all data are made here, not inside f.
    reference : callable, optional
        ``reference(f, x)`` -> the exact derivative, of shape ``f(x).shape + x.shape``. It is called
        with x in extended precision, so a formula that keeps x's dtype gives extra digits.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.measure import Problem
    >>> def make(n, m, rng):
    ...     return (lambda x: np.sum(x**3)), rng.uniform(1, 2, n)
    >>> cubes = Problem("sum of cubes", make, reference=lambda f, x: 3 * x**2)
    >>> f, x = cubes.at(4, 1)
    >>> x.shape
    (4,)
    """

    name: str
    make: Make
    reference: Callable[[Callable[..., Any], Any], Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise OptionError(f"A problem needs a name, a non-empty text, not {self.name!r}.")
        if not callable(self.make):
            raise InputError(f"make of problem {self.name!r} must be a function make(n, m, rng) -> (f, x).")
        if self.reference is not None and not callable(self.reference):
            raise InputError(f"reference of problem {self.name!r} must be a function reference(f, x), not {self.reference!r}.")

    def at(self, n: int, m: int, seed: int = 0) -> tuple[Callable[..., Any], Any]:
        """f and x for n inputs and m outputs; the same seed and sizes give the same data.

        Parameters
        ----------
        n, m : int
            Numbers of inputs and outputs, at least 1.
        seed : int

        Returns
        -------
        f : callable
        x : array_like or container
        """
        if n < 1 or m < 1:
            raise ShapeError(f"Problem {self.name!r} needs at least one input and one output, not n={n}, m={m}.")
        made = self.make(n, m, np.random.default_rng([seed, n, m]))
        if not isinstance(made, tuple) or len(made) != 2 or not callable(made[0]):
            raise OutputError(f"make of problem {self.name!r} must return the pair (f, x), but returned a {type(made).__name__}.")
        return made


def require_scalar(name: str, m: int) -> None:
    """Refuse more than one output."""
    if m != 1:
        raise ShapeError(f"Problem {name!r} has one output: m must be 1, not {m}.")


def require_sizes(name: str, sizes: tuple[int, int], n: int, m: int, because: str) -> None:
    """Refuse all but the numbers of inputs and outputs that the problem has."""
    if (n, m) != sizes:
        raise ShapeError(f"Problem {name!r} {because}: n={sizes[0]}, m={sizes[1]}, not n={n}, m={m}.")


def own_derivative(f: Any, x: Any) -> Any:
    """The derivative that f states itself."""
    return f.derivative(x)
