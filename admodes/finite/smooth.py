"""Random smooth functions with exact derivatives: what the promises of finite differences are measured on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .lines import Array

Elementary = tuple[Callable[[Array], Array], Callable[[Array], Array]]

#: Functions of one variable that are smooth on the whole line, with their derivatives.
ELEMENTARY: tuple[Elementary, ...] = (
    (np.sin, np.cos),
    (np.cos, lambda z: -np.sin(z)),
    (np.exp, np.exp),
    (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    (np.arctan, lambda z: 1 / (1 + z * z)),
    (lambda z: np.exp(-z * z), lambda z: -2 * z * np.exp(-z * z)),
    (lambda z: 1 / (1 + z * z), lambda z: -2 * z / (1 + z * z) ** 2),
    (lambda z: np.sqrt(1 + z * z), lambda z: z / np.sqrt(1 + z * z)),
    (lambda z: np.log(1 + z * z), lambda z: 2 * z / (1 + z * z)),
    (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    (lambda z: z * np.sin(z), lambda z: np.sin(z) + z * np.cos(z)),
    (lambda z: z**3 - 2 * z + 1, lambda z: 3 * z * z - 2),
    (lambda z: z * z, lambda z: 2 * z),
    (lambda z: z, np.ones_like),
)


@dataclass
class SmoothFunction:
    """A sum of elementary functions of affine functions of x, some of them multiplied in pairs.

    Attributes
    ----------
    x : ndarray, shape (n,)
        Where to differentiate.
    scale : ndarray, shape (n,)
        The units in which x counts.
    slopes, shifts, amplitudes : ndarray, shapes (terms, 2, m, n), (terms, 2, m) and (terms, m)
        ``amplitude * g(slope @ (x / scale) + shift)`` is one term.
    elementary : ndarray of int, shape (terms, 2)
        g and the factor to it, as positions in `ELEMENTARY`.
    product : ndarray of bool, shape (terms,)
        Whether the term has the second factor.
    scalar : bool
        Whether the value is a number (then m is 1).
    """

    x: Array
    scale: Array
    slopes: Array
    shifts: Array
    amplitudes: Array
    elementary: Array
    product: Array
    scalar: bool

    def __call__(self, x: Array) -> Any:
        """f(x), of shape (m,) or ()."""
        z = x / self.scale
        total = np.zeros(self.amplitudes.shape[1], dtype=z.dtype)
        for term, product in enumerate(self.product):
            part = self._factor(term, 0, z)[0]
            if product:
                part = part * self._factor(term, 1, z)[0]
            total = total + self.amplitudes[term] * part
        return total[0] if self.scalar else total

    def derivative(self) -> Array:
        """The exact derivative at `x`, of shape (m, n) or (n,), in extended precision."""
        z = self.x.astype(np.longdouble) / self.scale
        total = np.zeros((self.amplitudes.shape[1], z.size), dtype=z.dtype)
        for term, product in enumerate(self.product):
            value, slope = self._factor(term, 0, z)
            if product:
                other, other_slope = self._factor(term, 1, z)
                slope = slope * other[:, None] + other_slope * value[:, None]
            total += self.amplitudes[term][:, None] * slope / self.scale
        return np.asarray(total[0] if self.scalar else total)

    def _factor(self, term: int, place: int, z: Array) -> tuple[Array, Array]:
        """One elementary function of all outputs, and its derivative by z."""
        function, derivative = ELEMENTARY[self.elementary[term, place]]
        argument = self.slopes[term, place] @ z + self.shifts[term, place]
        return function(argument), derivative(argument)[:, None] * self.slopes[term, place]


def random_smooth_function(rng: np.random.Generator) -> SmoothFunction:
    """A smooth function of 1 to 6 variables with 1 to 4 outputs, at a random point.

    Half of them have variables and outputs of order one, half are scaled by 10^-3 to 10^3 and 10^-4 to 10^4. The slopes
    spread over 10^-0.5 to 10^0.5 times a normal distribution.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    SmoothFunction

    Examples
    --------
    >>> import numpy as np
    >>> f = random_smooth_function(np.random.default_rng(1))
    >>> f(f.x).shape == f.derivative().shape[:-1]
    True
    """
    n, m, terms = int(rng.integers(1, 7)), int(rng.integers(1, 5)), int(rng.integers(1, 5))
    scaled = rng.random() < 0.5
    scale = 10.0 ** rng.uniform(-3, 3, n) if scaled else np.ones(n)
    sizes = 10.0 ** rng.uniform(-4, 4, m) if scaled else np.ones(m)
    return SmoothFunction(
        x=rng.standard_normal(n) * scale,
        scale=scale,
        slopes=rng.standard_normal((terms, 2, m, n)) * 10.0 ** rng.uniform(-0.5, 0.5, (terms, 1, 1, 1)),
        shifts=rng.standard_normal((terms, 2, m)),
        amplitudes=rng.standard_normal((terms, m)) * sizes,
        elementary=rng.integers(0, len(ELEMENTARY), (terms, 2)),
        product=rng.random(terms) < 0.4,
        scalar=m == 1 and bool(rng.random() < 0.7),
    )
