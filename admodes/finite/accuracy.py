"""What adaptive differences reach: digits, calls of f, and how often the error estimate holds.

``python -m admodes.finite.accuracy [functions [seed]]`` prints them for random smooth functions and some problems.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .differences import CentralDifferences
from .lines import Array
from .smooth import random_smooth_function

#: Digits are counted for outputs whose rounding error leaves at least this many: |f| <= 100 max |x_i g_i|.
LARGEST_VALUE = 100.0
#: More than this cannot be told apart from the exact derivative.
MOST_DIGITS = 17.0

Problem = tuple[Callable[[Array], Any], Array, Array]


@dataclass
class Accuracy:
    """Measurements of `measure`.

    Attributes
    ----------
    digits : list of float
        -log10 of the norm-wise relative error of each output's gradient, where ``|f| <= 100 max|x_i g_i|``.
    calls : list of float
        Calls of f an input element, of each function.
    ratios : list of float
        Estimated error divided by true error, of each entry.
    """

    digits: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """The part of all entries whose error estimate is at least the true error."""
        return float(np.mean(np.array(self.ratios) >= 1))

    def row(self, name: str) -> str:
        """One line of the table."""
        digits = np.array(self.digits or [np.nan])
        return (
            f"{name:28s} {np.min(digits):6.1f} {np.quantile(digits, 0.01):6.1f} {np.median(digits):6.1f} "
            f"{np.mean(self.calls):7.1f} {np.max(self.calls):5.1f} {100 * self.coverage:8.2f} % {len(self.ratios):7d}"
        )


def measure(problems: Iterator[Problem] | Sequence[Problem], differences: CentralDifferences | None = None) -> Accuracy:
    """Compare derivatives by finite differences with exact ones.

    Parameters
    ----------
    problems : iterable of (f, x, derivative)
        The exact derivative in extended precision, of shape ``f(x).shape + x.shape``.
    differences : CentralDifferences, optional
        The adaptive ones where None.
    """
    found = Accuracy()
    for f, x, exact in problems:
        estimate = (differences or CentralDifferences()).estimate(f, x)
        errors = np.abs(estimate.value - exact).reshape(-1, x.size).astype(float)
        bounds = np.reshape(estimate.error, errors.shape)
        found.calls.append((estimate.calls - 1) / x.size)
        found.ratios += np.where(errors == 0, np.inf, bounds / np.where(errors == 0, 1, errors)).ravel().tolist()
        values = np.reshape(f(x), -1)
        for value, error, gradient in zip(values, errors, exact.reshape(errors.shape), strict=True):
            size = np.max(np.abs(gradient))
            if abs(value) <= LARGEST_VALUE * np.max(np.abs(x * gradient)) and size > 0:
                relative = np.linalg.norm(error / float(size)) / np.linalg.norm((gradient / size).astype(float))
                found.digits.append(float(-np.log10(max(relative, 10.0**-MOST_DIGITS))))
    return found


def random_problems(count: int, seed: int) -> Iterator[Problem]:
    """`random_smooth_function` from one seed."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        f = random_smooth_function(rng)
        yield f, f.x, f.derivative()


def rosenbrock_problems(count: int, seed: int, n: int = 10) -> Iterator[Problem]:
    """Rosenbrock's function at normally distributed points."""

    def gradient(x: Array) -> Array:
        rest = x[1:] - x[:-1] ** 2
        found = np.zeros_like(x)
        found[:-1] = -400 * x[:-1] * rest - 2 * (1 - x[:-1])
        found[1:] += 200 * rest
        return found

    rng = np.random.default_rng(seed)
    for _ in range(count):
        x = rng.standard_normal(n)
        yield lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), x, gradient(x.astype(np.longdouble))


def helmholtz_problems(count: int, seed: int, n: int = 10) -> Iterator[Problem]:
    """The Helmholtz free energy of a mixture (Griewank's example), at random compositions."""
    rng = np.random.default_rng(seed)
    root = np.sqrt(np.longdouble(2))
    plus, minus = float(1 + root), float(1 - root)
    for _ in range(count):
        matrix = rng.uniform(0.1, 1, (n, n))
        matrix = matrix + matrix.T
        volumes, x = rng.uniform(0.1, 1, n) / n, rng.uniform(0.1, 1, n)

        def energy(x: Array, matrix: Array = matrix, volumes: Array = volumes) -> Any:
            filled = volumes @ x
            attraction = x @ matrix @ x / (np.sqrt(8) * filled) * np.log((1 + plus * filled) / (1 + minus * filled))
            return np.sum(x * np.log(x / (1 - filled))) - attraction

        y = x.astype(np.longdouble)
        filled, product = volumes @ y, matrix @ y
        log = np.log((1 + plus * filled) / (1 + minus * filled))
        by_filled = np.sum(y) / (1 - filled)
        inner = plus / (1 + plus * filled) - minus / (1 + minus * filled)
        root_eight = np.longdouble(np.sqrt(8))
        by_filled -= y @ product / root_eight * (inner / filled - log / filled**2)
        yield energy, x, np.log(y / (1 - filled)) + 1 - 2 * product / (root_eight * filled) * log + by_filled * volumes


def layer_problems(count: int, seed: int, n: int = 20, m: int = 20) -> Iterator[Problem]:
    """The dense layer tanh(A x)."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        matrix, x = rng.standard_normal((m, n)) / np.sqrt(n), rng.standard_normal(n)
        slope = 1 - np.tanh(matrix.astype(np.longdouble) @ x) ** 2

        def layer(x: Array, matrix: Array = matrix) -> Array:
            return np.asarray(np.tanh(matrix @ x))

        yield layer, x, slope[:, None] * matrix


def bell_problems(count: int, seed: int) -> Iterator[Problem]:
    """exp(-x^2) at points from -3 to 3."""
    for x in np.random.default_rng(seed).uniform(-3, 3, (count, 1)):
        y = x.astype(np.longdouble)
        yield lambda x: np.exp(-(x[0] ** 2)), x, -2 * y * np.exp(-(y**2))


def main(arguments: Sequence[str]) -> None:
    """Print the table."""
    count = int(arguments[0]) if arguments else 600
    seed = int(arguments[1]) if len(arguments) > 1 else 1
    lines = [f"{'':28s} digits: min     1 % median   calls    max   estimate holds of entries"]
    lines.append(measure(random_problems(count, seed)).row("random smooth functions"))
    few = max(1, count // 10)
    for name, problems in (
        ("Rosenbrock n = 10", rosenbrock_problems),
        ("Helmholtz n = 10", helmholtz_problems),
        ("tanh(A x) 20 x 20", layer_problems),
        ("exp(-x^2)", bell_problems),
    ):
        lines.append(measure(problems(few, seed)).row(name))
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
