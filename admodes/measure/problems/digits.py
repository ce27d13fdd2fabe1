"""Classifiers of the handwritten digits: real data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...errors import ShapeError, UnsupportedError
from .problem import Problem, own_derivative, require_scalar


@dataclass(frozen=True, eq=False)
class SoftmaxRegression:
    """Mean cross-entropy of a linear classifier with weight decay; x is ``{"weights": (p, k), "bias": (k,)}``."""

    images: np.ndarray
    labels: np.ndarray
    decay: float = 1e-3

    def __call__(self, parameters: Any) -> Any:
        scores = self.images @ parameters["weights"] + parameters["bias"]
        shifted = scores - np.max(scores, axis=1, keepdims=True)
        chosen = shifted[np.arange(len(self.labels)), self.labels]
        loss = np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - chosen)
        return loss + 0.5 * self.decay * np.sum(parameters["weights"] ** 2)

    def derivative(self, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The gradient, arranged like the parameters."""
        scores = self.images @ parameters["weights"] + parameters["bias"]
        exponentials = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        residual = exponentials / np.sum(exponentials, axis=1, keepdims=True)
        residual[np.arange(len(self.labels)), self.labels] -= 1
        residual /= len(self.labels)
        return {
            "weights": self.images.T @ residual + self.decay * parameters["weights"],
            "bias": np.sum(residual, axis=0),
        }


@lru_cache(maxsize=1)
def _load_digits() -> tuple[np.ndarray, np.ndarray]:
    """All 1,797 images of 64 pixels, scaled to [0, 1], and their labels."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise UnsupportedError(
            "The handwritten digits ship inside scikit-learn, which is not installed: pip install 'admodes[data]'."
        ) from error
    images, labels = load_digits(return_X_y=True)
    return images / 16.0, labels


def digits_problem(images: int = 1797) -> Problem:
    """Softmax regression on the UCI handwritten digits: 650 parameters, one output.

    Parameters
    ----------
    images : int
        How many of the 1,797 images to use.

    Returns
    -------
    Problem
        Its sizes are fixed by the data: `make` takes n = 650 and m = 1 only.
    """

    def make(n: int, m: int, rng: np.random.Generator) -> tuple[SoftmaxRegression, dict[str, np.ndarray]]:
        if (n, m) != (650, 1):
            raise ShapeError(f"Problem 'digits' has 64 x 10 weights, 10 biases and one output: n=650, m=1, not n={n}, m={m}.")
        pixels, labels = _load_digits()
        point = {"weights": 0.1 * rng.standard_normal((64, 10)), "bias": 0.1 * rng.standard_normal(10)}
        return SoftmaxRegression(pixels[:images], labels[:images]), point

    return Problem("digits", make, own_derivative)


@dataclass(frozen=True, eq=False)
class Perceptron:
    """Mean cross-entropy of a network with one hidden layer of tanh.

    x is ``{"hidden": (p, h), "hidden_bias": (h,), "output": (h, k), "output_bias": (k,)}``.
    """

    images: np.ndarray
    labels: np.ndarray

    def __call__(self, parameters: Any) -> Any:
        active = np.tanh(self.images @ parameters["hidden"] + parameters["hidden_bias"])
        scores = active @ parameters["output"] + parameters["output_bias"]
        shifted = scores - np.max(scores, axis=1, keepdims=True)
        chosen = shifted[np.arange(len(self.labels)), self.labels]
        return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - chosen)

    def derivative(self, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The gradient, arranged like the parameters."""
        active = np.tanh(self.images @ parameters["hidden"] + parameters["hidden_bias"])
        scores = active @ parameters["output"] + parameters["output_bias"]
        exponentials = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        residual = exponentials / np.sum(exponentials, axis=1, keepdims=True)
        residual[np.arange(len(self.labels)), self.labels] -= 1
        residual /= len(self.labels)
        inner = (residual @ parameters["output"].T) * (1 - active * active)
        return {
            "hidden": self.images.T @ inner,
            "hidden_bias": np.sum(inner, axis=0),
            "output": active.T @ residual,
            "output_bias": np.sum(residual, axis=0),
        }


def perceptron_problem(images: int = 1797) -> Problem:
    """A network with one hidden layer on the UCI handwritten digits: ``75 h + 10`` parameters for h hidden units, one output.

    Parameters
    ----------
    images : int
        How many of the 1,797 images to use.

    Returns
    -------
    Problem
    """

    def make(n: int, m: int, rng: np.random.Generator) -> tuple[Perceptron, dict[str, np.ndarray]]:
        require_scalar("digits network", m)
        hidden, rest = divmod(n - 10, 75)
        if hidden < 1 or rest:
            raise ShapeError(f"Problem 'digits network' has n = 75 h + 10 parameters for h hidden units (85, 160, ...), not {n}.")
        pixels, labels = _load_digits()
        point = {
            "hidden": rng.standard_normal((64, hidden)) / 8,
            "hidden_bias": 0.1 * rng.standard_normal(hidden),
            "output": rng.standard_normal((hidden, 10)) / np.sqrt(hidden),
            "output_bias": 0.1 * rng.standard_normal(10),
        }
        return Perceptron(pixels[:images], labels[:images]), point

    return Problem("digits network", make, own_derivative)
