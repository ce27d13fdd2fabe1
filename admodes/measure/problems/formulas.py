"""Problems of one formula: the logistic map, log-sum-exp, least squares, a curve fit, a determinant."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import OptionError, ShapeError
from .problem import Problem, own_derivative, require_scalar, require_sizes


@dataclass(frozen=True, eq=False)
class Logistic:
    """``l_1 = x, l_{k+1} = 4 l_k (1 - l_k)`` up to l_steps: R -> R, a polynomial of degree ``2^(steps - 1)``."""

    steps: int

    def __call__(self, x: Any) -> Any:
        for _ in range(self.steps - 1):
            x = 4.0 * x * (1.0 - x)
        return x

    def derivative(self, x: Any) -> Any:
        """The product of the slopes ``4 (1 - 2 l_k)``."""
        slope = np.ones_like(x)[()]
        for _ in range(self.steps - 1):
            slope, x = slope * 4 * (1 - 2 * x), 4 * x * (1 - x)
        return slope


def logistic_problem(steps: int = 4) -> Problem:
    """The logistic map l_steps: its expressions swell, and its derivative grows like ``2^steps``.

    Parameters
    ----------
    steps : int
        At least 1; l_1 is x itself.

    Returns
    -------
    Problem
        One input, one output.
    """
    if steps < 1:
        raise OptionError(f"steps must be at least 1 (l_1 = x), not {steps}.")

    def make(n: int, m: int, rng: np.random.Generator) -> tuple[Logistic, Any]:
        require_sizes("logistic map", (1, 1), n, m, "maps one number to one")
        return Logistic(steps), np.float64(rng.uniform(0.1, 0.4))

    return Problem("logistic map", make, own_derivative)


def log_sum_exp(x: Any) -> Any:
    """``log sum exp x``: R^n -> R, computed so that nothing overflows."""
    largest = np.max(x)
    return largest + np.log(np.sum(np.exp(x - largest)))


def log_sum_exp_derivative(x: np.ndarray) -> np.ndarray:
    """The softmax of x, of shape (n,)."""
    exponentials = np.exp(x - np.max(x))
    softmax: np.ndarray = exponentials / np.sum(exponentials)
    return softmax


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """``1/2 |s - V x|^2``: a polynomial with coefficients x fitted to a step, R^n -> R."""

    powers: np.ndarray
    step: np.ndarray

    @classmethod
    def of(cls, points: int, coefficients: int) -> LeastSquares:
        """Points from -1 to 1 at equal distances; the step is the sign."""
        t = -1.0 + 2.0 * np.arange(points) / (points - 1)
        return cls(t[:, np.newaxis] ** np.arange(coefficients), np.sign(t))

    def __call__(self, x: Any) -> Any:
        residual = self.step - self.powers @ x
        return 0.5 * np.sum(residual**2)

    def derivative(self, x: np.ndarray) -> np.ndarray:
        """``-V'(s - V x)``, of shape (n,)."""
        gradient: np.ndarray = self.powers.T @ (self.powers @ x - self.step)
        return gradient


@dataclass(frozen=True, eq=False)
class CurveFit:
    """Residuals of ``a exp(-b t) + c`` at m times: R^3 -> R^m, the tall Jacobian of a curve fit."""

    times: np.ndarray
    measured: np.ndarray

    def __call__(self, x: Any) -> Any:
        return x[0] * np.exp(-x[1] * self.times) + x[2] - self.measured

    def derivative(self, x: np.ndarray) -> np.ndarray:
        """Columns ``exp(-b t)``, ``-a t exp(-b t)`` and 1, of shape (m, 3)."""
        decay: np.ndarray = np.exp(-x[1] * self.times)
        return np.stack([decay, -x[0] * self.times * decay, np.ones_like(decay)], axis=1)


def determinant(matrix: Any) -> Any:
    """The determinant by minors along the first row, without pivoting: R^(l x l) -> R, about ``e l!`` multiplications."""
    return _minor(matrix, 0, tuple(range(matrix.shape[0])))


def _minor(matrix: Any, row: int, columns: tuple[int, ...]) -> Any:
    if len(columns) == 1:
        return matrix[row, columns[0]]
    total: Any = 0.0
    for place, column in enumerate(columns):
        term = matrix[row, column] * _minor(matrix, row + 1, columns[:place] + columns[place + 1 :])
        total = total + term if place % 2 == 0 else total - term
    return total


def determinant_derivative(matrix: np.ndarray) -> np.ndarray:
    """The matrix of cofactors, by elimination: ``det(A) A^-T`` of shape (l, l), in the precision of A."""
    size = matrix.shape[0]
    if size == 1:
        return np.ones_like(matrix)
    cofactors = np.empty_like(matrix)
    for i, j in np.ndindex(size, size):
        cofactors[i, j] = (-1) ** (i + j) * _eliminated(np.delete(np.delete(matrix, i, axis=0), j, axis=1))
    return cofactors


def _eliminated(matrix: np.ndarray) -> Any:
    """A determinant by Gaussian elimination with pivots: np.linalg has no extended precision."""
    matrix, product = matrix.copy(), matrix.dtype.type(1)
    for step in range(len(matrix)):
        pivot = step + int(np.argmax(np.abs(matrix[step:, step])))
        if not matrix[pivot, step]:
            return matrix.dtype.type(0)
        if pivot != step:
            matrix[[step, pivot]] = matrix[[pivot, step]]
            product = -product
        product *= matrix[step, step]
        matrix[step + 1 :] -= np.outer(matrix[step + 1 :, step] / matrix[step, step], matrix[step])
    return product


def _make_log_sum_exp(n: int, m: int, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
    require_scalar("log-sum-exp", m)
    return log_sum_exp, rng.uniform(size=n)


def _make_least_squares(n: int, m: int, rng: np.random.Generator) -> tuple[LeastSquares, np.ndarray]:
    require_scalar("least squares", m)
    return LeastSquares.of(max(16, 2 * n), n), rng.uniform(size=n)


def _make_curve_fit(n: int, m: int, rng: np.random.Generator) -> tuple[CurveFit, np.ndarray]:
    if n != 3:
        raise ShapeError(f"Problem 'curve fit' has the parameters a, b, c: n must be 3, not {n}.")
    times = np.linspace(0.1, 3.0, m)
    measured = 2.0 * np.exp(-1.3 * times) + 0.5 + 0.01 * rng.standard_normal(m)
    return CurveFit(times, measured), rng.uniform(0.5, 1.5, 3)


def _make_determinant(n: int, m: int, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
    require_scalar("determinant", m)
    size = math.isqrt(n)
    if size * size != n:
        raise ShapeError(f"Problem 'determinant' needs the number of elements of a square matrix (1, 4, 9, ...), not n={n}.")
    return determinant, rng.uniform(size=(size, size))


LOG_SUM_EXP = Problem("log-sum-exp", _make_log_sum_exp, lambda _f, x: log_sum_exp_derivative(x))
LEAST_SQUARES = Problem("least squares", _make_least_squares, own_derivative)
CURVE_FIT = Problem("curve fit", _make_curve_fit, own_derivative)
DETERMINANT = Problem("determinant", _make_determinant, lambda _f, x: determinant_derivative(x))
