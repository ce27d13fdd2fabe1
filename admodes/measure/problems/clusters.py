"""Problems of clustering: a Gaussian mixture and k-means, as GradBench and ADBench have them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ShapeError
from .problem import Problem, own_derivative, require_scalar, require_sizes


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """Log-posterior of a mixture of K Gaussians under a Wishart prior (m = 0, gamma = 1).

    x is ``{"weights": (K,), "means": (K, D), "scales": (K, D), "lower": (K, D (D-1) / 2)}``. The inverse square root Q of a
    covariance is lower triangular, with ``exp(scales)`` on the diagonal and `lower` below it, column by column.
    """

    points: np.ndarray

    def __call__(self, parameters: Any) -> Any:
        alpha, q, lower = parameters["weights"], parameters["scales"], parameters["lower"]
        centred = self.points[:, np.newaxis] - parameters["means"]
        whitened = np.exp(q) * centred + np.einsum("kij,nkj->nki", self._triangles(lower), centred)
        exponents = alpha + np.sum(q, axis=1) - 0.5 * np.sum(whitened**2, axis=2)
        largest = np.max(exponents, axis=1, keepdims=True)
        likelihood = np.sum(np.log(np.sum(np.exp(exponents - largest), axis=1)) + largest[:, 0])
        top = np.max(alpha)
        likelihood = likelihood - len(self.points) * (np.log(np.sum(np.exp(alpha - top))) + top)
        return likelihood + self._constant(alpha.shape[0]) - 0.5 * (np.sum(np.exp(2.0 * q)) + np.sum(lower**2))

    def _triangles(self, lower: Any) -> Any:
        """The strict lower triangles, filled column by column."""
        size = self.points.shape[1]
        columns, rows = np.triu_indices(size, 1)
        triangles = np.zeros_like(lower, shape=(lower.shape[0], size, size))
        triangles[:, rows, columns] = lower
        return triangles

    def _constant(self, components: int) -> float:
        count, size = self.points.shape
        nu = size + 1
        log_gamma = size * (size - 1) / 4 * math.log(math.pi) + sum(math.lgamma((nu - j) / 2) for j in range(size))
        normal = -count * size / 2 * math.log(2 * math.pi)
        return float(normal + components * (nu * size * math.log(math.sqrt(0.5)) - log_gamma))

    def derivative(self, parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The gradient by responsibilities, arranged like the parameters."""
        alpha, q, lower = parameters["weights"], parameters["scales"], parameters["lower"]
        triangles, diagonal = self._triangles(lower), np.exp(q)
        centred = self.points[:, np.newaxis] - parameters["means"]
        whitened = diagonal * centred + np.sum(triangles * centred[:, :, np.newaxis], axis=3)
        exponents = alpha + np.sum(q, axis=1) - 0.5 * np.sum(whitened**2, axis=2)
        shares = np.exp(exponents - np.max(exponents, axis=1, keepdims=True))
        shares /= np.sum(shares, axis=1, keepdims=True)
        prior = np.exp(alpha - np.max(alpha))
        weighted = shares[:, :, np.newaxis] * whitened
        columns, rows = np.triu_indices(self.points.shape[1], 1)
        below = np.sum(weighted[:, :, rows] * centred[:, :, columns], axis=0)
        back = np.sum(weighted[:, :, :, np.newaxis] * triangles, axis=(0, 2))
        return {
            "weights": np.sum(shares, axis=0) - len(self.points) * prior / np.sum(prior),
            "means": np.sum(weighted, axis=0) * diagonal + back,
            "scales": np.sum(shares, axis=0)[:, np.newaxis] - np.sum(weighted * centred, axis=0) * diagonal - diagonal**2,
            "lower": -below - lower,
        }


def mixture_problem(dimensions: int = 2, components: int = 5, points: int = 100) -> Problem:
    """A Gaussian mixture: ``K (1 + 2 D + D (D - 1) / 2)`` parameters, one output.

    Parameters
    ----------
    dimensions, components, points : int
        D, K and the number of points.

    Returns
    -------
    Problem
        Its number of inputs follows from D and K.
    """
    name = "gaussian mixture"
    parameters = components * (1 + 2 * dimensions + dimensions * (dimensions - 1) // 2)

    def make(n: int, m: int, rng: np.random.Generator) -> tuple[GaussianMixture, dict[str, np.ndarray]]:
        require_sizes(name, (parameters, 1), n, m, f"has {components} components in {dimensions} dimensions and one output")
        return GaussianMixture(rng.standard_normal((points, dimensions))), mixture_point(dimensions, components, rng)

    return Problem(name, make, own_derivative)


def mixture_point(dimensions: int, components: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random parameters of a mixture, in GradBench's order of drawing."""
    return {
        "weights": rng.normal(size=components),
        "means": rng.uniform(size=(components, dimensions)),
        "scales": rng.normal(size=(components, dimensions)),
        "lower": rng.normal(size=(components, dimensions * (dimensions - 1) // 2)),
    }


@dataclass(frozen=True, eq=False)
class KMeans:
    """``sum_i min_j |C_j - P_i|^2`` of centroids C of shape (k, d): R^(k x d) -> R."""

    points: np.ndarray

    def __call__(self, centroids: Any) -> Any:
        distances = np.sum((self.points[:, np.newaxis] - centroids) ** 2, axis=2)
        return np.sum(np.min(distances, axis=1))

    def derivative(self, centroids: np.ndarray) -> np.ndarray:
        """``2 (n_j C_j - sum of the points of C_j)``, of shape (k, d)."""
        nearest = self.nearest(centroids)
        found: np.ndarray = 2 * nearest.sum(axis=0)[:, np.newaxis] * centroids - 2 * nearest.T @ self.points
        return found

    def nearest(self, centroids: np.ndarray) -> np.ndarray:
        """1 where a centroid (column) is the nearest of a point (row), else 0."""
        distances = np.sum((self.points[:, np.newaxis] - centroids) ** 2, axis=2)
        found: np.ndarray = (np.arange(len(centroids)) == np.argmin(distances, axis=1)[:, np.newaxis]).astype(centroids.dtype)
        return found


def k_means_problem(points: int = 200, dimensions: int = 4) -> Problem:
    """The cost of k-means at k of the points: ``k d`` inputs, one output, not smooth where a point is as near to two.

    Parameters
    ----------
    points, dimensions : int

    Returns
    -------
    Problem
    """

    def make(n: int, m: int, rng: np.random.Generator) -> tuple[KMeans, np.ndarray]:
        require_scalar("k-means", m)
        count, rest = divmod(n, dimensions)
        if rest or not 0 < count < points:
            # With k = n every point is its own centroid: cost and gradient are zero, and any method passes.
            raise ShapeError(f"Problem 'k-means' needs n = {dimensions} k with k below {points} centroids, not n={n}.")
        drawn = rng.uniform(size=(points, dimensions))
        return KMeans(drawn), drawn[-count:].copy()

    return Problem("k-means", make, own_derivative)
