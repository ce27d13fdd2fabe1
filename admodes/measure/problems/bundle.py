"""Bundle adjustment: a Jacobian of blocks, one an observation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ShapeError
from .problem import Problem, own_derivative

#: Numbers of a camera (rotation 3, centre 3, focal length, principal point 2, distortion 2), of a point, of a weight.
CAMERA, POINT = 11, 3
PARAMETERS = CAMERA + POINT + 1
_TINY = 1e-200


@dataclass(frozen=True, eq=False)
class BundleAdjustment:
    """Reprojection errors of k observations, each with a camera, a point and a weight of its own: R^(15 k) -> R^(3 k).

    x holds k rows ``[r (3), C (3), f, u0, v0, k1, k2, X (3), w]``. A row gives ``w (projection - feature)`` and ``1 - w^2``.
    """

    features: np.ndarray

    def __call__(self, x: Any) -> Any:
        rows = x.reshape(-1, PARAMETERS)
        weight = rows[:, 14:15]
        error = weight * (self._project(rows) - self.features)
        return np.concatenate([error, 1.0 - weight**2], axis=1).ravel()

    def _project(self, rows: Any) -> Any:
        seen = rotate(rows[:, :3], rows[:, CAMERA : CAMERA + POINT] - rows[:, 3:6])
        plane = seen[:, :2] / seen[:, 2:3]
        square = np.sum(plane**2, axis=1, keepdims=True)
        distorted = plane * (1.0 + rows[:, 9:10] * square + rows[:, 10:11] * square**2)
        return distorted * rows[:, 6:7] + rows[:, 7:9]

    def derivative(self, x: np.ndarray) -> np.ndarray:
        """Shape (3 k, 15 k), by the complex step: f of complex numbers, without a difference to cancel.

        Moving one parameter of every observation at once gives a column of every block.
        """
        count = len(self.features)
        found = np.zeros((count, 3, count, PARAMETERS), x.dtype)
        each = np.arange(count)
        for parameter in range(PARAMETERS):
            moved = x.reshape(count, PARAMETERS).astype(np.result_type(x.dtype, np.complex64))
            moved[:, parameter] += 1j * _TINY
            found[each, :, each, parameter] = np.imag(self(moved.ravel())).reshape(count, 3) / _TINY
        return found.reshape(3 * count, PARAMETERS * count)


def rotate(rotation: Any, point: Any) -> Any:
    """Points (k, 3) turned about the axes `rotation` (k, 3) by the angles that are their lengths (Rodrigues).

    At length zero the turn is ``p + r x p``: its limit, and so is its derivative.
    """
    square = np.sum(rotation**2, axis=1, keepdims=True)
    still = square == 0
    angle = np.sqrt(np.where(still, 1.0, square))
    axis = rotation / angle
    along = np.sum(axis * point, axis=1, keepdims=True)
    turned = point * np.cos(angle) + _cross(axis, point) * np.sin(angle) + axis * along * (1.0 - np.cos(angle))
    return np.where(still, point + _cross(rotation, point), turned)


def _cross(one: Any, other: Any) -> Any:
    """np.cross of rows; of complex rows too."""
    following, last = [1, 2, 0], [2, 0, 1]
    return one[:, following] * other[:, last] - one[:, last] * other[:, following]


def _make_bundle(n: int, m: int, rng: np.random.Generator) -> tuple[BundleAdjustment, np.ndarray]:
    count, rest = divmod(n, PARAMETERS)
    if rest or m != 3 * count:
        raise ShapeError(
            f"Problem 'bundle adjustment' has {PARAMETERS} inputs and 3 outputs for each observation: "
            f"n = {PARAMETERS} k, m = 3 k, not n={n}, m={m}."
        )
    rotation, centre = 0.3 * rng.standard_normal((count, 3)), 0.2 * rng.standard_normal((count, 3))
    lens = np.stack([rng.uniform(1, 2, count), *rng.uniform(-0.1, 0.1, (4, count))], axis=1)
    point = rng.uniform(-1, 1, (count, 3)) + np.array([0.0, 0.0, 5.0])
    rows = np.concatenate([rotation, centre, lens, point, rng.uniform(0.2, 0.9, (count, 1))], axis=1)
    exact = BundleAdjustment(np.zeros((count, 2)))
    return BundleAdjustment(exact._project(rows) + 0.05 * rng.standard_normal((count, 2))), rows.ravel()  # noqa: SLF001


BUNDLE_ADJUSTMENT = Problem("bundle adjustment", _make_bundle, own_derivative)
