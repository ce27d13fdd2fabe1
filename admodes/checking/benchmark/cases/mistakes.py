"""The mistakes that people make when they write a gradient by hand, each beside the right gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..case import Case, Subject

_X = np.array([0.7, -1.3, 2.1, 0.4])


def _scaled(gradient: Callable[[Any], Any], k: int, factor: float) -> Callable[[Any], Any]:
    """`gradient` with component k times `factor`."""

    def claim(x: Any) -> Any:
        found = np.array(gradient(x))
        found[k] *= factor
        return found

    return claim


def small_errors() -> list[Case]:
    """Relative errors of 1e-2 to 1e-6 in one component."""
    product = Subject("small error", "sin(x[0])*exp(x[1])*x[2] + x[3]**3", _product, _X)
    coupled = Subject("small error", "tanh(x[0]*x[1]) + x[2]**2/(1 + x[3]**2)", _coupled, _X)
    unequal = Subject("small error", "exp(x[0]) + 1e-4*sin(x[1])", lambda x: np.exp(x[0]) + 1e-4 * np.sin(x[1]), _X[:2])

    def unequal_gradient(x: Any) -> Any:
        return np.array([np.exp(x[0]), 1e-4 * np.cos(x[1])])

    return [
        product.right("product of functions", _product_gradient, "an ordinary function"),
        product.wrong("1e-2 off", _scaled(_product_gradient, 0, 1.01), "1 %", 1e-2),
        product.wrong("1e-4 off", _scaled(_product_gradient, 2, 1.0001), "a constant with four digits, 3.142 for pi", 1e-4),
        product.wrong("1e-6 off", _scaled(_product_gradient, 3, 1.000001), "a constant with six digits", 1e-6),
        coupled.right("coupled inputs", _coupled_gradient, "an ordinary function"),
        coupled.wrong("1e-3 off", _scaled(_coupled_gradient, 1, 0.999), "one part in a thousand", 1e-3),
        coupled.wrong("1e-5 off", _scaled(_coupled_gradient, 3, 1.00001), "single precision constants", 1e-5),
        unequal.wrong("sign of a small component", _scaled(unequal_gradient, 1, -1.0), "its slope is 1e-5 of the other's", 2.0),
    ]


def _product(x: Any) -> Any:
    return np.sin(x[0]) * np.exp(x[1]) * x[2] + x[3] ** 3


def _product_gradient(x: Any) -> Any:
    s, c, e = np.sin(x[0]), np.cos(x[0]), np.exp(x[1])
    return np.array([c * e * x[2], s * e * x[2], s * e, 3 * x[3] ** 2])


def _coupled(x: Any) -> Any:
    return np.tanh(x[0] * x[1]) + x[2] ** 2 / (1 + x[3] ** 2)


def _coupled_gradient(x: Any) -> Any:
    slope, width = 1 - np.tanh(x[0] * x[1]) ** 2, 1 + x[3] ** 2
    return np.array([slope * x[1], slope * x[0], 2 * x[2] / width, -2 * x[3] * x[2] ** 2 / width**2])


def constants_and_terms() -> list[Case]:
    """Factors, and terms that are missing."""
    square = Subject("mistake", "sum(x[i]**2 for i in range(n))", lambda x: np.sum(x**2), _X)
    mean = Subject("mistake", "sum(exp(x[i]) for i in range(n))/n", lambda x: np.mean(np.exp(x)), _X)
    ridge = "sum(sin(x[i]) for i in range(n)) + 0.05*sum(x[i]**2 for i in range(n))"
    penalised = Subject("mistake", ridge, lambda x: np.sum(np.sin(x)) + 0.05 * np.sum(x**2), _X)
    ratio = Subject("mistake", "x[0]*x[1]/(x[2] + x[3])", lambda x: x[0] * x[1] / (x[2] + x[3]), _X)

    def quotient(x: Any) -> Any:
        total = x[2] + x[3]
        return np.array([x[1] / total, x[0] / total, -x[0] * x[1] / total**2, -x[0] * x[1] / total**2])

    return [
        square.wrong("half", lambda x: x * 1.0, "the 2 of the square is missing", 0.5),
        mean.right("mean", lambda x: np.exp(x) / x.size, "an ordinary function"),
        mean.wrong("sum for mean", np.exp, "n times too large", 3.0),
        mean.wrong("1/n twice", lambda x: np.exp(x) / x.size**2, "n times too small", 0.75),
        penalised.right("penalty", lambda x: np.cos(x) + 0.1 * x, "an ordinary function"),
        penalised.wrong("penalty forgotten", np.cos, "a term proportional to x is missing", 0.9455),
        penalised.wrong("penalty twice", lambda x: np.cos(x) + 0.2 * x, "a term proportional to x is counted twice", 0.9455),
        ratio.right("quotient", quotient, "an ordinary function"),
        ratio.wrong("quotient rule", lambda x: quotient(x) * np.array([1, 1, -1, -1]), "the minus of the quotient rule", 2.0),
        ratio.wrong(
            "one never written", lambda x: quotient(x) * np.array([1, 1, 1, 0]), "its place still holds the zero of np.zeros", 1.0
        ),
    ]


def _bilinear(x: Any) -> Any:
    return np.sum(np.outer(np.array([1.0, 2.0, -1.0]), np.array([0.5, -0.4, 0.9])) * np.sin(x))


def _bilinear_gradient(x: Any) -> Any:
    return np.outer(np.array([1.0, 2.0, -1.0]), np.array([0.5, -0.4, 0.9])) * np.cos(x)


def arrangements() -> list[Case]:
    """The right numbers in the wrong places."""
    table = "sum((1.0, 2.0, -1.0)[i]*(0.5, -0.4, 0.9)[j]*sin(x[3*i + j]) for i in range(3) for j in range(3))"
    matrix = Subject("mistake", table, _bilinear, np.linspace(-1, 1, 9).reshape(3, 3))
    powers = "sum((i + 1)*x[i]**2 for i in range(n))/2"
    weights = np.arange(1.0, 5.0)
    ladder = Subject("mistake", powers, lambda x: np.sum(weights * x**2) / 2, _X)
    first, second = "exp(x[0])*x[1]", "sin(x[0]) + x[1]**2"
    losses = [
        Subject("mistake", first, lambda x: np.exp(x[0]) * x[1], _X[:2]),
        Subject("mistake", second, lambda x: np.sin(x[0]) + x[1] ** 2, _X[:2]),
    ]

    def other_gradient(x: Any) -> Any:
        return np.array([np.cos(x[0]), 2 * x[1]])

    return [
        matrix.right("matrix of inputs", _bilinear_gradient, "a gradient with the shape of x"),
        matrix.wrong("transposed", lambda x: _bilinear_gradient(x).T, "square, so that no shape complains", 4.959),
        ladder.wrong("shifted by one", lambda x: np.roll(weights * x, 1), "an index that begins at 1", 2.938),
        ladder.wrong("two swapped", lambda x: (weights * x)[[0, 2, 1, 3]], "one and two in each other's place", 3.423),
        losses[0].wrong("another loss's gradient", other_gradient, "of the other output", 2.291),
        losses[1].right("this loss's gradient", other_gradient, "of this output"),
    ]


def lost_chain_factors() -> list[Case]:
    """f was reparametrised, its gradient was not."""

    def inner(y: Any) -> Any:
        return 2 * (y - 0.5)

    def loss(y: Any) -> Any:
        return np.sum((y - 0.5) ** 2)

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    exponential = Subject("mistake", "sum((exp(x[i]) - 0.5)**2 for i in range(n))", lambda x: loss(np.exp(x)), _X)
    positive = np.abs(_X)
    logarithm = Subject("mistake", "sum((log(x[i]) - 0.5)**2 for i in range(n))", lambda x: loss(np.log(x)), positive)
    logistic = Subject("mistake", "sum((1/(1 + exp(-x[i])) - 0.5)**2 for i in range(n))", lambda x: loss(sigmoid(x)), _X)
    return [
        exponential.right("exp inside", lambda x: inner(np.exp(x)) * np.exp(x), "positive parameters as exp of free ones"),
        exponential.wrong("factor of exp lost", lambda x: inner(np.exp(x)), "the gradient by the positive parameter", 2.669),
        logarithm.wrong("factor of log lost", lambda x: inner(np.log(x)), "1/x is missing", 1.1),
        logistic.right("sigmoid inside", lambda x: inner(sigmoid(x)) * sigmoid(x) * sigmoid(-x), "parameters within (0, 1)"),
        logistic.wrong("factor of sigmoid lost", lambda x: inner(sigmoid(x)), "s(1 - s) is missing", 9.289),
    ]
