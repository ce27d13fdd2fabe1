"""Random smooth functions with exact gradients, and with a planted error in one component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .case import Case

#: Scales of the inputs and of f, as powers of ten to either side of one.
SCALES = {"order one": (0.0, 0.0), "mixed scales": (3.0, 4.0)}
#: Every input matters: its slope, times itself, is at least this share of the largest. A wrong component that does not
#: matter to f cannot be told from rounding by any method that only calls f.
LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class _Expression:
    """A formula, and its value and gradient at x."""

    formula: str
    evaluate: Callable[[Any], tuple[Any, Any]]

    def __add__(self, other: _Expression) -> _Expression:
        def evaluate(x: Any) -> tuple[Any, Any]:
            (a, da), (b, db) = self.evaluate(x), other.evaluate(x)
            return a + b, da + db

        return _Expression(f"({self.formula} + {other.formula})", evaluate)

    def __mul__(self, other: _Expression) -> _Expression:
        def evaluate(x: Any) -> tuple[Any, Any]:
            (a, da), (b, db) = self.evaluate(x), other.evaluate(x)
            return a * b, da * b + a * db

        return _Expression(f"({self.formula}*{other.formula})", evaluate)

    def __truediv__(self, other: _Expression) -> _Expression:
        """The quotient by 1.5 + the square of `other`, which is never 0."""

        def evaluate(x: Any) -> tuple[Any, Any]:
            (a, da), (b, db) = self.evaluate(x), other.evaluate(x)
            below = 1.5 + b * b
            return a / below, da / below - a / below**2 * (2 * b * db)

        return _Expression(f"({self.formula}/(1.5 + {other.formula}**2))", evaluate)

    def through(self, name: str) -> _Expression:
        """A function of the expression."""
        function, slope = _FUNCTIONS[name]

        def evaluate(x: Any) -> tuple[Any, Any]:
            a, da = self.evaluate(x)
            return function(a), slope(a) * da

        return _Expression(f"{name}({self.formula})", evaluate)


_FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "exp": (np.exp, np.exp),
}


def _scaled_input(k: int, inputs: int, scale: float) -> _Expression:
    unit = np.eye(inputs)[k] / scale
    return _Expression(f"(x[{k}]/{scale!r})", lambda x: (x[k] / scale, unit))


def _constant(value: float, inputs: int) -> _Expression:
    return _Expression(repr(value), lambda x: (value, np.zeros(inputs)))


def _grown(expression: _Expression, leaves: list[_Expression], random: np.random.Generator) -> _Expression:
    """`expression` combined with other inputs by a few random operations."""
    for _ in range(int(random.integers(1, 4))):
        other = leaves[int(random.integers(len(leaves)))]
        match int(random.integers(4)):
            case 0:
                expression = expression.through(str(random.choice(["sin", "tanh"])))
            case 1:
                expression = expression * other.through("sin")
            case 2:
                expression = expression / other
            case _:
                expression = expression.through("tanh").through("exp") + other * expression
    return expression


def random_case(random: np.random.Generator, scales: str = "order one") -> Case:
    """A random smooth function of 2 to 6 inputs, made of sums, products, quotients, sin, tanh and exp, and its gradient.

    Parameters
    ----------
    random : numpy.random.Generator
    scales : str
        "order one" or "mixed scales": inputs of 10^-3 to 10^3, f times 10^-4 to 10^4.

    Returns
    -------
    Case
        A right one.

    Examples
    --------
    >>> case = random_case(np.random.default_rng(0))
    >>> case.right, bool(np.isfinite(case.f(case.x))), case.grad(case.x).shape == case.x.shape
    (True, True, True)
    """
    spread, f_spread = SCALES[scales]
    while True:
        inputs = int(random.integers(2, 7))
        sizes = [float(10.0 ** random.uniform(-spread, spread)) for _ in range(inputs)]
        leaves = [_scaled_input(k, inputs, size) for k, size in enumerate(sizes)]
        whole = _constant(float(random.uniform(-1, 1)), inputs)
        for leaf in leaves:
            weight = _constant(float(random.uniform(0.3, 2) * random.choice([-1, 1])), inputs)
            whole = whole + weight * _grown(leaf, leaves, random)
        whole = whole * _constant(float(10.0 ** random.uniform(-f_spread, f_spread)), inputs)
        x = np.array(sizes) * random.uniform(0.3, 1.5, inputs) * random.choice([-1, 1], inputs)
        effects = np.abs(whole.evaluate(x)[1] * x)
        if np.all(effects >= LEAST_SHARE * np.max(effects)):
            return _case_of(whole, x, scales)


def _case_of(whole: _Expression, x: Any, scales: str) -> Case:
    def f(x: Any) -> Any:
        return whole.evaluate(x)[0]

    def grad(x: Any) -> Any:
        return whole.evaluate(x)[1]

    return Case("random", scales, whole.formula, f, grad, x, right=True, why="a random function")


def plant_error(case: Case, random: np.random.Generator, error: float) -> Case:
    """`case` with one random component of its gradient off by the relative `error`, up or down.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> case = random_case(random)
    >>> wrong = plant_error(case, random, 0.1)
    >>> np.sort(np.abs(wrong.grad(wrong.x) / case.grad(case.x) - 1))[-2:].round(12)
    array([0. , 0.1])
    """
    factors = np.ones(case.size)
    factors[int(random.integers(case.size))] += error * random.choice([-1, 1])
    return replace(case, grad=lambda x: case.grad(x) * factors, right=False, why="a planted error", off=error)
