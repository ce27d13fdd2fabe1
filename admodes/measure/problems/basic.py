"""The problems of the report's grid: a dense layer, Rosenbrock's function, the Helmholtz free energy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ShapeError
from .problem import Problem, own_derivative, require_scalar


@dataclass(frozen=True, eq=False)
class DenseLayer:
    """``tanh(A x)``: R^n -> R^m."""

    weights: np.ndarray

    def __call__(self, x: Any) -> Any:
        return np.tanh(self.weights @ x)

    def derivative(self, x: np.ndarray) -> np.ndarray:
        """``diag(1 - tanh(A x)^2) A``, of shape (m, n)."""
        out: np.ndarray = np.tanh(self.weights @ x)
        derivative: np.ndarray = (1 - out * out)[:, np.newaxis] * self.weights
        return derivative


def rosenbrock(x: Any) -> Any:
    """``sum 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2``: R^n -> R."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_derivative(x: np.ndarray) -> np.ndarray:
    """The gradient of `rosenbrock`, of shape (n,)."""
    step = x[1:] - x[:-1] ** 2
    gradient = np.zeros_like(x)
    gradient[:-1] = -400.0 * x[:-1] * step - 2.0 * (1.0 - x[:-1])
    gradient[1:] += 200.0 * step
    return gradient


@dataclass(frozen=True, eq=False)
class Helmholtz:
    """The Helmholtz free energy of a mixed fluid by the Peng-Robinson equation, R T = 1: R^n -> R.

    ``sum x_i log(x_i / (1 - b.x)) - x.A x / (sqrt(8) b.x) log((1 + (1 + sqrt 2) b.x) / (1 + (1 - sqrt 2) b.x))``
    with b.x < 1.
    """

    attraction: np.ndarray
    volume: np.ndarray

    def __call__(self, x: Any) -> Any:
        occupied = self.volume @ x
        mixing = np.sum(x * np.log(x / (1 - occupied)))
        quotient = (1 + (1 + np.sqrt(2.0)) * occupied) / (1 + (1 - np.sqrt(2.0)) * occupied)
        return mixing - (x @ self.attraction @ x) / (np.sqrt(8.0) * occupied) * np.log(quotient)

    def derivative(self, x: np.ndarray) -> np.ndarray:
        """The gradient, of shape (n,), in the precision of x."""
        root = np.sqrt(x.dtype.type(2))
        b, matrix = self.volume, self.attraction
        occupied, form = b @ x, x @ matrix @ x
        log_term = np.log((1 + (1 + root) * occupied) / (1 + (1 - root) * occupied))
        mixing = np.log(x / (1 - occupied)) + 1 + np.sum(x) * b / (1 - occupied)
        slope = ((matrix + matrix.T) @ x) / (2 * root * occupied) - form * b / (2 * root * occupied**2)
        gradient: np.ndarray = mixing - slope * log_term - form * b / (occupied * (1 + 2 * occupied - occupied**2))
        return gradient


def _make_dense_layer(n: int, m: int, rng: np.random.Generator) -> tuple[DenseLayer, np.ndarray]:
    return DenseLayer(rng.standard_normal((m, n)) / np.sqrt(n)), rng.uniform(-1.0, 1.0, n)


def _make_rosenbrock(n: int, m: int, rng: np.random.Generator) -> tuple[Callable[[Any], Any], np.ndarray]:
    require_scalar("rosenbrock", m)
    if n < 2:
        raise ShapeError("Problem 'rosenbrock' couples neighbours: it needs n >= 2.")
    return rosenbrock, rng.uniform(-1.5, 1.5, n)


def _make_helmholtz(n: int, m: int, rng: np.random.Generator) -> tuple[Helmholtz, np.ndarray]:
    require_scalar("helmholtz", m)
    # b of size 1/n and x of size 0.1 keep b.x below 0.1 for every n: the formula needs b.x < 1.
    attraction, volume = 0.1 * rng.uniform(size=(n, n)), rng.uniform(0.1, 1.0, n) / n
    return Helmholtz(attraction, volume), 0.1 * rng.uniform(0.1, 1.0, n)


DENSE_LAYER = Problem("dense layer", _make_dense_layer, own_derivative)
ROSENBROCK = Problem("rosenbrock", _make_rosenbrock, lambda _f, x: rosenbrock_derivative(x))
HELMHOLTZ = Problem("helmholtz", _make_helmholtz, own_derivative)
