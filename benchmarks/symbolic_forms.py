"""What the symbolic mode is measured on: a function, its derivative by hand in NumPy, a point, and the seconds allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .forms import rosenbrock, rosenbrock_gradient

_RNG = np.random.default_rng(20240607)


class SymbolicForm(NamedTuple):
    """`by_hand` is the derivative in plain NumPy; `allowed` the seconds that making the derivative may take."""

    f: Callable[[Any], Any]
    by_hand: Callable[[Any], Any]
    x: np.ndarray
    allowed: float


def _layer(n: int) -> SymbolicForm:
    weights = _RNG.normal(size=(n, n))

    def by_hand(x: Any) -> Any:
        out = np.tanh(weights @ x)
        return (1 - out * out)[:, None] * weights

    return SymbolicForm(lambda x: np.tanh(weights @ x), by_hand, _RNG.normal(size=n), 3.0)


def _helmholtz(n: int) -> SymbolicForm:
    """The free energy of a mixture of n gases after Peng and Robinson, as in Griewank and Walther."""
    b = _RNG.uniform(0.01, 0.02, n) / n
    a = _RNG.normal(size=(n, n))
    a = a @ a.T
    root = np.sqrt(2.0)

    def f(x: Any) -> Any:
        bx = b @ x
        fraction = (1 + (1 + root) * bx) / (1 + (1 - root) * bx)
        return np.sum(x * np.log(x / (1 - bx))) - x @ a @ x / (2 * root * bx) * np.log(fraction)

    def by_hand(x: Any) -> Any:
        bx, ax = b @ x, a @ x
        above, below = 1 + (1 + root) * bx, 1 + (1 - root) * bx
        logarithm, energy = np.log(above / below), x @ ax
        ideal = np.log(x / (1 - bx)) + 1 + b * (np.sum(x) / (1 - bx))
        slope = (1 + root) / above - (1 - root) / below
        return ideal - (2 * ax * logarithm + energy * (slope - logarithm / bx) * b) / (2 * root * bx)

    return SymbolicForm(f, by_hand, _RNG.uniform(0.5, 1.5, n), 5.0)


def _max(n: int) -> SymbolicForm:
    def by_hand(x: Any) -> Any:
        gradient = np.zeros_like(x)
        gradient[np.argmax(x)] = 1.0
        return gradient

    return SymbolicForm(np.max, by_hand, _RNG.normal(size=n), 1.0)


def _two_numbers() -> SymbolicForm:
    def by_hand(x: Any) -> Any:
        a, b = x
        product = np.exp(a * b)
        return np.array([2 * a * np.sin(b) + b * product, a * a * np.cos(b) + a * product])

    return SymbolicForm(lambda x: x[0] ** 2 * np.sin(x[1]) + np.exp(x[0] * x[1]), by_hand, _RNG.normal(size=2), 1.0)


FORMS = {
    "layer-20": _layer(20),
    "helmholtz-20": _helmholtz(20),
    "max-50": _max(50),
    "rosenbrock-10": SymbolicForm(rosenbrock(np), rosenbrock_gradient(np), _RNG.normal(size=10), 3.0),
    "rosenbrock-200": SymbolicForm(rosenbrock(np), rosenbrock_gradient(np), _RNG.normal(size=200), 5.0),
    "two-numbers": _two_numbers(),
}
