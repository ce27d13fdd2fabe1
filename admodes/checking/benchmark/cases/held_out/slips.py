"""Mistakes that look right when the code is read."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...case import Case, Subject

_X = np.array([0.7, -1.3, 2.1, 0.4])


def calculus() -> list[Case]:
    """A rule that was remembered wrongly."""
    squash = Subject("mistake", "sum(tanh(x[i]) for i in range(n))", lambda x: np.sum(np.tanh(x)), _X)
    power = Subject("mistake", "x[0]**x[1]", lambda x: x[0] ** x[1], np.array([1.7, 2.4]))
    turn = Subject("mistake", "x[0]*sin(pi*x[1])", lambda x: x[0] * np.sin(np.pi * x[1]), np.array([1.3, 0.2]))
    angle = Subject("mistake", "atan2(x[1], x[0])", lambda x: np.arctan2(x[1], x[0]), np.array([-1.2, 0.5]))

    def power_slope(x: Any, logarithm: Any = np.log) -> Any:
        return np.array([x[1] * x[0] ** (x[1] - 1), logarithm(x[0]) * x[0] ** x[1]])

    def turn_slope(x: Any, pi: float = np.pi) -> Any:
        return np.array([np.sin(np.pi * x[1]), pi * x[0] * np.cos(np.pi * x[1])])

    return [
        squash.right("tanh", lambda x: 1 - np.tanh(x) ** 2, "an ordinary function"),
        squash.wrong("tanh, of its input", lambda x: 1 - x**2, "the formula in the output, given the input", 59.57),
        power.right("x to the y", power_slope, "both inputs vary"),
        power.wrong("x to the y, log10", lambda x: power_slope(x, np.log10), "the logarithm to base 10", 0.5657),
        turn.right("half turns", turn_slope, "a factor of pi"),
        turn.wrong("half turns, 3.14", lambda x: turn_slope(x, 3.14), "pi with three digits", 0.000507),
        angle.right("arctan2", lambda x: np.array([-x[1], x[0]]) / (x @ x), "left of the vertical axis"),
        angle.wrong("arctan2, arguments swapped", lambda x: np.array([x[1], -x[0]]) / (x @ x), "arctan2(x, y)", 2.0),
    ]


def statistics() -> list[Case]:
    """Likelihoods, weighted means, differences of neighbours."""
    data = np.array([0.3, 1.9, -0.8, 1.1])
    values = np.array([1.0, 3.0, -2.0])
    numbers = data.tolist()
    normal = f"sum(log(x[1]) + (b - x[0])**2/(2*x[1]**2) for b in {numbers})"
    likelihood = Subject(
        "mistake",
        normal,
        lambda x: np.sum(np.log(x[1]) + (data - x[0]) ** 2 / (2 * x[1] ** 2)),
        np.array([0.5, 1.4]),
    )
    weighted = Subject(
        "mistake",
        "(x[0] + 3*x[1] - 2*x[2])/(x[0] + x[1] + x[2])",
        lambda w: values @ w / np.sum(w),
        np.array([0.5, 1.0, 0.8]),
    )
    rough = Subject("mistake", "sum((x[i+1] - x[i])**2 for i in range(n - 1))", lambda x: np.sum(np.diff(x) ** 2), _X)

    def likelihood_slope(x: Any, power: int = 3) -> Any:
        off = data - x[0]
        return np.array([-np.sum(off) / x[1] ** 2, data.size / x[1] - np.sum(off**2) / x[1] ** power])

    def rough_slope(x: Any) -> Any:
        found = np.zeros(x.size)
        found[1:] += 2 * np.diff(x)
        found[:-1] -= 2 * np.diff(x)
        return found

    return [
        likelihood.right("normal likelihood", likelihood_slope, "by the mean and the deviation"),
        likelihood.wrong("normal likelihood, square", lambda x: likelihood_slope(x, 2), "sigma**2 for sigma**3", 0.4274),
        weighted.right("weighted mean", lambda w: (values - values @ w / np.sum(w)) / np.sum(w), "by the weights"),
        weighted.wrong(
            "weighted mean, total held", lambda w: values / np.sum(w), "the total of the weights depends on them", 4.75
        ),
        rough.right("squared differences", rough_slope, "neighbours share terms"),
        rough.wrong(
            "squared differences, as a circle",
            lambda x: 2 * (2 * x - np.roll(x, 1) - np.roll(x, -1)),
            "the last number is taken for the first one's neighbour",
            0.1765,
        ),
    ]


def layouts() -> list[Case]:
    """Products of matrices, and memory by columns."""
    inputs, targets = np.array([[1.0, 2.0], [-0.5, 0.3]]), np.array([[0.4, -1.0], [0.7, 0.1]])
    w = np.array([[0.2, 1.1], [-0.6, 0.9]])
    rows, wanted = inputs.tolist(), targets.tolist()
    squares = f"sum((sum(x[2*i+k]*{rows}[k][j] for k in range(2)) - {wanted}[i][j])**2 for i in range(2) for j in range(2))"
    fit = Subject("mistake", squares, lambda w: np.sum((w @ inputs - targets) ** 2), w)
    table = np.asfortranarray(np.array([[0.3, -0.8, 1.4], [2.0, 0.6, -0.1]]))
    cubes = Subject("mistake", "sum((i + 1)*x[i]**3 for i in range(n))", lambda x: _ranks(x) @ np.ravel(x) ** 3, table)

    def right_cubes(x: Any) -> Any:
        return (_ranks(x) * 3 * np.ravel(x) ** 2).reshape(x.shape)

    return [
        fit.right("matrix fit", lambda w: 2 * (w @ inputs - targets) @ inputs.T, "the inputs stand behind"),
        fit.wrong(
            "matrix fit, inputs in front",
            lambda w: 2 * inputs.T @ (w @ inputs - targets),
            "square, so that no shape complains",
            4.567,
        ),
        fit.wrong(
            "matrix fit, not transposed",
            lambda w: 2 * (w @ inputs - targets) @ inputs,
            "square, so that no shape complains",
            7.73,
        ),
        cubes.right("memory by columns", right_cubes, "x is laid out by columns"),
        cubes.wrong(
            "memory by columns, read so",
            lambda x: np.ravel(right_cubes(x)).reshape(x.shape, order="F"),
            "the right numbers, filled in by columns",
            7.889,
        ),
    ]


def _ranks(x: Any) -> Any:
    return np.arange(1.0, x.size + 1)
