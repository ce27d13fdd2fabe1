"""Matrices: quadratic forms, determinants, solves, normalising layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...case import Case, Subject

_SKEWED = np.array([[2.0, 1.0, 0.0], [-1.0, 3.0, 0.5], [0.3, 0.2, 1.0]])
_X = np.array([0.7, -1.2, 0.4])


def dense() -> list[Case]:
    """Transposition matters, and no shape says so."""
    rows = _SKEWED.tolist()
    form = Subject("mistake", f"sum({rows}[i][j]*x[i]*x[j] for i in range(n) for j in range(n))", lambda x: x @ _SKEWED @ x, _X)
    volume = (
        "x[0]*(x[4]*x[8] - x[5]*x[7]) - x[1]*(x[3]*x[8] - x[5]*x[6]) + x[2]*(x[3]*x[7] - x[4]*x[6])",
        np.array([[2.0, 0.4, -0.3], [0.1, 1.5, 0.8], [-0.6, 0.2, 1.1]]),
    )
    determinant = Subject("mistake", volume[0], np.linalg.det, volume[1])
    largest = Subject(
        "mistake",
        "(3 + sqrt(1 + 4*x[0]**2))/2",
        lambda x: np.linalg.eigvalsh(np.array([[2.0, x[0]], [x[0], 1.0]]))[1],
        np.array([0.6]),
    )

    def eigenvector_slope(x: Any, place: int = 1) -> Any:
        vector = np.linalg.eigh(np.array([[2.0, x[0]], [x[0], 1.0]]))[1][:, place]
        return np.array([2 * vector[0] * vector[1]])

    return [
        form.right("quadratic form", lambda x: (_SKEWED + _SKEWED.T) @ x, "of a matrix that is not symmetric"),
        form.wrong("quadratic form, 2 A x", lambda x: 2 * _SKEWED @ x, "right for symmetric matrices only", 3.353),
        determinant.right("determinant", lambda a: np.linalg.det(a) * np.linalg.inv(a).T, "cofactors"),
        determinant.wrong(
            "determinant, not transposed",
            lambda a: np.linalg.det(a) * np.linalg.inv(a),
            "right for symmetric matrices only",
            1.547,
        ),
        largest.right("largest eigenvalue", eigenvector_slope, "v v.T"),
        largest.wrong("largest eigenvalue, other vector", lambda x: eigenvector_slope(x, 0), "the smallest one's vector", 2.0),
    ]


def _system(x: Any) -> Any:
    return np.array([[x[0], 1.0], [0.5, x[1]]])


def _solution(x: Any) -> Any:
    return np.linalg.solve(_system(x), np.array([1.0, 2.0]))


def solves() -> list[Case]:
    """Products with the Jacobian of the solution of a linear system."""
    formula, x = "[(x[1] - 2)/(x[0]*x[1] - mpf(1)/2), (2*x[0] - mpf(1)/2)/(x[0]*x[1] - mpf(1)/2)]", np.array([1.6, -0.9])
    forward, backward = (Subject("product", formula, _solution, x, kind) for kind in ("jvp", "vjp"))

    def pushed(x: Any, v: Any) -> Any:
        return -np.linalg.solve(_system(x), v * _solution(x))

    def pulled(x: Any, w: Any) -> Any:
        return -np.linalg.solve(_system(x).T, w) * _solution(x)

    return [
        forward.right("jvp of a solve", pushed, "one more solve"),
        forward.wrong("jvp of a solve, sign", lambda x, v: -pushed(x, v), "the minus of the inverse", 2.0),
        forward.wrong("jvp of a solve, plus a bit", lambda x, v: pushed(x, v) + 1e-3, "affine in v, not linear", 0.0006114),
        backward.right("vjp of a solve", pulled, "a solve with the transposed matrix"),
        backward.wrong(
            "vjp of a solve, not transposed",
            lambda x, w: -np.linalg.solve(_system(x), w) * _solution(x),
            "a solve with the matrix itself",
            2.742,
        ),
    ]


def layers() -> list[Case]:
    """Normalising, attention's scores, a convolution."""
    gains = np.array([1.0, -0.5, 2.0, 0.3])
    x = np.array([0.9, -0.4, 1.7, 0.2])
    mean, spread = "(sum(x)/4)", "sqrt(sum((x[j] - sum(x)/4)**2 for j in range(4))/4)"
    normal = f"sum({gains.tolist()}[i]*(x[i] - {mean})/{spread} for i in range(4))"
    normalised = Subject("mistake", normal, lambda x: gains @ ((x - np.mean(x)) / np.std(x)), x)
    kernel, weights = np.array([0.5, -1.0, 0.2]), np.array([1.0, 2.0])
    slid = f"sum({weights.tolist()}[i]*sum({kernel.tolist()}[2-j]*sin(x[i+j]) for j in range(3)) for i in range(2))"
    convolved = Subject("mistake", slid, lambda x: weights @ np.convolve(np.sin(x), kernel, "valid"), x)

    def normalised_slope(x: Any) -> Any:
        z = (x - np.mean(x)) / np.std(x)
        return (gains - np.mean(gains) - z * np.mean(gains * z)) / np.std(x)

    return [
        normalised.right("layer norm", normalised_slope, "mean and deviation depend on x"),
        normalised.wrong(
            "layer norm, statistics held", lambda x: gains / np.std(x), "mean and deviation taken as constants", 163
        ),
        normalised.wrong(
            "layer norm, deviation held",
            lambda x: (gains - np.mean(gains)) / np.std(x),
            "the deviation taken as a constant",
            105.6,
        ),
        convolved.right(
            "convolution", lambda x: np.convolve(weights, kernel[::-1], "full") * np.cos(x), "with the kernel flipped"
        ),
        convolved.wrong(
            "convolution, kernel as it is", lambda x: np.convolve(weights, kernel, "full") * np.cos(x), "not flipped", 1.5
        ),
    ]
