"""What is asked of a method at x: an operator of the interface, with the directions it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..api import differentiate, gradient, hessian, hvp, jacobian, jvp, vjp
from ..containers import flatten
from ..errors import InputError, OptionError, OutputError

#: Name -> the derivative alone, as a function of (f, x, seed, method, args).
_EVALUATE: dict[str, Callable[[Any, Any, Any, Any, Any], Any]] = {
    "differentiate": lambda f, x, _seed, method, args: differentiate(f, x, method, args=args),
    "gradient": lambda f, x, _seed, method, args: gradient(f, x, method, args=args),
    "jacobian": lambda f, x, _seed, method, args: jacobian(f, x, method, args=args),
    "jvp": lambda f, x, seed, method, args: jvp(f, x, seed, method, args=args)[1],
    "vjp": lambda f, x, seed, method, args: vjp(f, x, method, args=args)[1](seed),
    "hvp": lambda f, x, seed, method, args: hvp(f, x, seed, method, args=args),
    "hessian": lambda f, x, _seed, method, args: hessian(f, x, method, args=args),
}

#: The operators that can be measured.
OPERATORS = tuple(_EVALUATE)
#: Those that return the whole first derivative.
WHOLE = ("differentiate", "gradient", "jacobian")
#: Those that need f(x) of shape ().
SCALAR = ("gradient", "hvp", "hessian")


@dataclass(frozen=True)
class Operation:
    """An operator and its direction.

    Parameters
    ----------
    name : str
        One of `OPERATORS`.
    seed : array or container, optional
        The tangent of ``jvp`` and ``hvp``, arranged like x, or the cotangent of ``vjp``, arranged like f(x).

    Examples
    --------
    >>> import numpy as np
    >>> operation = Operation.at("jvp", np.array([1.0, 2.0]), np.array([5.0]))
    >>> operation.of_jacobian(np.array([[2.0, 4.0]]), np.array([1.0, 2.0]), np.array([5.0])).shape
    (1,)
    """

    name: str = "differentiate"
    seed: Any = None

    @classmethod
    def at(cls, name: str, x: Any, outputs: Any, seed: int = 0) -> Operation:
        """The operator with a direction drawn at random; the same seed draws the same one.

        Raises
        ------
        OptionError
            If there is no such operator.
        """
        if name not in _EVALUATE:
            raise OptionError(f"There is no operator {name!r} to measure. The operators are {', '.join(OPERATORS)}.")
        like = x if name in ("jvp", "hvp") else outputs if name == "vjp" else None
        if like is None:
            return cls(name)
        rng = np.random.default_rng([seed, 1])
        leaves, structure = flatten(like, InputError, "x")
        return cls(name, structure.unflatten([_normal(rng, np.asarray(leaf)) for leaf in leaves]))

    @property
    def first_order(self) -> bool:
        """Whether the first derivative tells what the operator returns."""
        return self.name not in ("hvp", "hessian")

    def evaluate(self, f: Callable[..., Any], x: Any, method: Any, args: Sequence[Any] = ()) -> Any:
        """What the operator returns, less the value of f."""
        return _EVALUATE[self.name](f, x, self.seed, method, args)

    def evaluate_prepared(self, prepared: Callable[..., Any], x: Any) -> Any:
        """The same from the operator prepared for f."""
        found = prepared(x, self.seed) if self.name in ("jvp", "hvp") else prepared(x)
        if self.name == "jvp":
            return found[1]
        return found[1](self.seed) if self.name == "vjp" else found

    def of_jacobian(self, jacobian: Any, x: Any, outputs: Any) -> Any:
        """What a `first_order` operator returns where the derivative of f is `jacobian`.

        Parameters
        ----------
        jacobian : array or container
            The structure of `outputs` outside, that of `x` inside.
        x, outputs : array or container
        """
        if self.name in WHOLE:
            return jacobian
        blocks = [np.asarray(block) for block in flatten(jacobian, OutputError, "reference(x)")[0]]
        sources, source_structure = flatten(x, InputError, "x")
        targets, target_structure = flatten(outputs, OutputError, "f(x)")
        seeds = [np.asarray(leaf) for leaf in flatten(self.seed, InputError, "the direction")[0]]
        columns, rows = range(len(sources)), range(len(targets))
        if self.name == "jvp":
            pushed = [[np.tensordot(blocks[i * len(sources) + j], seeds[j], seeds[j].ndim) for j in columns] for i in rows]
            return target_structure.unflatten([sum(parts[1:], parts[0])[()] for parts in pushed])
        pulled = [[np.tensordot(seeds[i], blocks[i * len(sources) + j], seeds[i].ndim) for i in rows] for j in columns]
        return source_structure.unflatten([sum(parts[1:], parts[0])[()] for parts in pulled])


def _normal(rng: np.random.Generator, like: np.ndarray) -> Any:
    """Random numbers in the shape and precision of `like`."""
    return np.asarray(rng.standard_normal(like.shape), like.dtype if like.dtype.kind == "f" else np.float64)[()]
