"""A recurrent network: the tape grows with the length of the sequence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ShapeError
from .formulas import Logistic
from .problem import Problem, own_derivative, require_scalar


@dataclass(frozen=True, eq=False)
class Recurrent:
    """Squared error of predicting the next number of a series by ``h_t = tanh(W h_{t-1} + u s_t + b)`` and ``v.h_t``.

    x is ``{"state": (h, h), "input": (h,), "bias": (h,), "output": (h,)}``.
    """

    series: np.ndarray

    def __call__(self, parameters: Any) -> Any:
        state: Any = np.zeros(parameters["bias"].shape[0])
        loss: Any = 0.0
        for now, following in zip(self.series[:-1], self.series[1:], strict=True):
            state = np.tanh(parameters["state"] @ state + parameters["input"] * now + parameters["bias"])
            loss = loss + (parameters["output"] @ state - following) ** 2
        return 0.5 * loss / (len(self.series) - 1)

    def derivative(self, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Backpropagation through time, written out by hand."""
        weights, output = parameters["state"], parameters["output"]
        states = [np.zeros_like(parameters["bias"])]
        for now in self.series[:-1]:
            states.append(np.tanh(weights @ states[-1] + parameters["input"] * now + parameters["bias"]))
        found = {name: np.zeros_like(value) for name, value in parameters.items()}
        back = np.zeros_like(output)
        for t in range(len(self.series) - 1, 0, -1):
            state = states[t]
            residual = (output @ state - self.series[t]) / (len(self.series) - 1)
            found["output"] += residual * state
            inner = (back + residual * output) * (1 - state * state)
            found["state"] += np.outer(inner, states[t - 1])
            found["input"] += inner * self.series[t - 1]
            found["bias"] += inner
            back = weights.T @ inner
        return found


def recurrent_problem(length: int = 50) -> Problem:
    """A recurrent network that predicts a chaotic series (the logistic map): ``h (h + 3)`` parameters, one output.

    Parameters
    ----------
    length : int
        Steps of the series that are predicted.

    Returns
    -------
    Problem
    """

    def make(n: int, m: int, rng: np.random.Generator) -> tuple[Recurrent, dict[str, np.ndarray]]:
        require_scalar("recurrent network", m)
        units = (math.isqrt(9 + 4 * n) - 3) // 2
        if units < 1 or units * (units + 3) != n:
            raise ShapeError(f"Problem 'recurrent network' has n = h (h + 3) parameters for h units (4, 10, 18, ...), not {n}.")
        start = rng.uniform(0.1, 0.4)
        series = np.array([Logistic(steps)(start) for steps in range(1, length + 2)])
        point = {
            "state": rng.standard_normal((units, units)) / (2 * np.sqrt(units)),
            "input": rng.standard_normal(units),
            "bias": 0.1 * rng.standard_normal(units),
            "output": rng.standard_normal(units) / np.sqrt(units),
        }
        return Recurrent(series), point

    return Problem("recurrent network", make, own_derivative)
