"""Points at the edge of the domain, and stationary points."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..case import Case, Subject


def poles() -> list[Case]:
    """Points next to the end of the domain: no step of a usual size fits on one side."""
    at = np.array
    logarithm = Subject("edge", "log(x[0])", lambda x: np.log(x[0]), at([1e-10]))
    root = Subject("edge", "sqrt(x[0])", lambda x: np.sqrt(x[0]), at([1e-14]))
    arc = Subject("edge", "asin(x[0])", lambda x: np.arcsin(x[0]), at([1 - 1e-10]))
    tangent = Subject("edge", "tan(x[0])", lambda x: np.tan(x[0]), at([1.5707]))
    reciprocal = Subject("edge", "1/x[0]", lambda x: 1 / x[0], at([1e-7]))
    return [
        logarithm.right("log at 1e-10", lambda x: 1 / x, "zero is 1e-10 away"),
        root.right("sqrt at 1e-14", lambda x: 0.5 / np.sqrt(x), "zero is 1e-14 away"),
        arc.right("arcsin near 1", lambda x: 1 / np.sqrt((1 - x) * (1 + x)), "the end is 1e-10 away"),
        arc.wrong("arcsin near 1, no square", lambda x: 1 / np.sqrt(1 - x), "1 - x for 1 - x**2", 0.41421),
        tangent.right("tan near its pole", lambda x: 1 + np.tan(x) ** 2, "beyond the pole f comes back with the other sign"),
        reciprocal.right("1/x at 1e-7", lambda x: -1 / x**2, "beyond the pole f comes back with the other sign"),
        reciprocal.wrong("1/x at 1e-7, sign", lambda x: 1 / x**2, "a sign at slopes of 1e14", 2.0),
    ]


def ends() -> list[Case]:
    """Points where f is NaN, infinite or an error on one side."""
    formula = "(exp(x[0]) if x[0] >= 0 else nan)*x[1]"
    price = Subject("edge", formula, lambda x: np.where(x[0] < 0, np.nan, np.exp(x[0])) * x[1], np.array([0.0, 2.0]))
    scalar = Subject("edge", "log(x[0])", math.log, 0.05)
    overflow = Subject("edge", "exp(x[0])", lambda x: np.exp(x[0]), np.array([709.5]))
    entropy = "-sum(x[i]*log(x[i]) for i in range(n))"
    shares = Subject("edge", entropy, lambda x: -np.sum(x * np.log(x)), np.array([1e-9, 0.3, 0.7]))
    return [
        price.right("end of the domain", lambda x: np.exp(x[0]) * np.array([x[1], 1]), "NaN on one side: a one-sided derivative"),
        price.wrong(
            "end of the domain, half", lambda x: np.exp(x[0]) * np.array([x[1] / 2, 1]), "half of the one-sided derivative", 0.5
        ),
        scalar.right("math.log raises", lambda x: 1 / x, "beyond zero f raises instead of answering NaN"),
        overflow.right("exp before overflow", np.exp, "f is infinite at x + 1"),
        shares.right("entropy with a rare share", lambda x: -np.log(x) - 1, "x log x at 1e-9"),
        shares.wrong("entropy, product rule", lambda x: -np.log(x), "the derivative of the second factor is missing", 4.903),
    ]


def _valley(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def _valley_gradient(x: Any) -> Any:
    return np.array([-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)])


def stationary_points() -> list[Case]:
    """Derivatives of zero, where a relative error means nothing."""
    design, answers = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]]), np.array([1.0, 2.0, 2.0])
    minimum = Subject("stationary", "(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2", _valley, np.ones(2))
    fourth = Subject("stationary", "x[0]**4", lambda x: x[0] ** 4, np.zeros(1))
    crest = Subject("stationary", "cos(x[0])", lambda x: np.cos(x[0]), np.zeros(1))
    saddle = Subject("stationary", "x[0]**2 - x[1]**2", lambda x: x[0] ** 2 - x[1] ** 2, np.array([1.0e-9, -2.0e-9]))
    squares = "sum((x[0] + j*x[1] - b)**2 for j, b in ((1, 1), (2, 2), (3, 2)))/2"
    fit = Subject("stationary", squares, lambda x: np.sum((design @ x - answers) ** 2) / 2, np.array([2 / 3, 0.5]))
    return [
        minimum.right("minimum of Rosenbrock", _valley_gradient, "0 is compared with 0"),
        minimum.wrong(
            "minimum of Rosenbrock, 1e-3", lambda x: _valley_gradient(x) + np.array([1e-3, 0]), "an optimiser never stops", 1e-3
        ),
        fourth.right("fourth power at 0", lambda x: 4 * x**3, "differences are tiny, and no two agree"),
        crest.right("crest of a cosine", lambda x: -np.sin(x), "f is flat to the last digit around 0"),
        saddle.right("beside a saddle", lambda x: np.array([2 * x[0], -2 * x[1]]), "slopes of 1e-9 are real"),
        saddle.wrong("beside a saddle, sign", lambda x: 2 * x, "taken for a minimum: a slope of 4e-9 has the wrong sign", 2.0),
        fit.right("least squares at its solution", lambda x: design.T @ (design @ x - answers), "the gradient is pure rounding"),
    ]
