"""Problems: functions whose derivative is known in closed form, written in plain NumPy.

Data are made once, outside f, so that the time of f is the time of f.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import InputError, OptionError, OutputError, ShapeError, UnsupportedError

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


def _make_dense_layer(n: int, m: int, rng: np.random.Generator) -> tuple[DenseLayer, np.ndarray]:
    return DenseLayer(rng.standard_normal((m, n)) / np.sqrt(n)), rng.uniform(-1.0, 1.0, n)


def _make_rosenbrock(n: int, m: int, rng: np.random.Generator) -> tuple[Callable[[Any], Any], np.ndarray]:
    _require_scalar("rosenbrock", m)
    if n < 2:
        raise ShapeError("Problem 'rosenbrock' couples neighbours: it needs n >= 2.")
    return rosenbrock, rng.uniform(-1.5, 1.5, n)


def _make_helmholtz(n: int, m: int, rng: np.random.Generator) -> tuple[Helmholtz, np.ndarray]:
    _require_scalar("helmholtz", m)
    # b of size 1/n and x of size 0.1 keep b.x below 0.1 for every n: the formula needs b.x < 1.
    attraction, volume = 0.1 * rng.uniform(size=(n, n)), rng.uniform(0.1, 1.0, n) / n
    return Helmholtz(attraction, volume), 0.1 * rng.uniform(0.1, 1.0, n)


def _require_scalar(name: str, m: int) -> None:
    if m != 1:
        raise ShapeError(f"Problem {name!r} has one output: m must be 1, not {m}.")


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

    return Problem("digits", make, _own_derivative)


def _own_derivative(f: Any, x: Any) -> Any:
    return f.derivative(x)


DENSE_LAYER = Problem("dense layer", _make_dense_layer, _own_derivative)
ROSENBROCK = Problem("rosenbrock", _make_rosenbrock, lambda _f, x: rosenbrock_derivative(x))
HELMHOLTZ = Problem("helmholtz", _make_helmholtz, _own_derivative)
