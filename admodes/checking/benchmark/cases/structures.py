"""Other shapes than a gradient of a few numbers: many inputs, containers, Jacobians, products, second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import Case, Subject


def many_inputs() -> list[Case]:
    """One wrong number among thousands."""
    n, length = 4000, 20_000
    softplus = "sum(log(1 + exp(x[i])) for i in range(n))"
    dense = Subject("large n", softplus, lambda x: np.sum(np.logaddexp(0, x)), np.linspace(-3, 3, n))
    chain = "sum((1 + i%7)*x[i]**2 for i in range(n)) + sum(x[i]*x[i+1] for i in range(n-1))"
    weights = 1.0 + np.arange(length) % 7
    neighbours = Subject(
        "large n", chain, lambda x: np.sum(weights * x**2) + np.sum(x[1:] * x[:-1]), 1.5 + np.arange(length) % 11 / 10
    )

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def linked(x: Any) -> Any:
        found = 2 * weights * x
        found[1:] += x[:-1]
        found[:-1] += x[1:]
        return found

    def planted(indices: list[int], factor: float, size: int) -> Any:
        factors = np.ones(size)
        factors[indices] = factor
        return factors

    return [
        dense.right("4000 inputs", sigmoid, "one rounding error for each"),
        dense.wrong("4000 inputs, one 1 % off", lambda x: sigmoid(x) * planted([2718], 1.01, n), "hides in an average", 0.01),
        dense.wrong("4000 inputs, one sign", lambda x: sigmoid(x) * planted([1234], -1, n), "hides in an average", 2.0),
        neighbours.right("20000 inputs", linked, "a chain of neighbours"),
        neighbours.wrong(
            "20000 inputs, three 10 % off", lambda x: linked(x) * planted([17, 9999, 19000], 1.1, length), "three at once", 0.1
        ),
        neighbours.wrong(
            "20000 inputs, last never linked",
            lambda x: np.append(linked(x)[:-1], 2 * weights[-1] * x[-1]),
            "an index too few",
            0.3191,
        ),
    ]


_ROWS = np.array([[1.0, 0.5], [-0.3, 2.0], [0.7, -1.1], [0.2, 0.4]])
_TARGETS = np.array([0.9, 0.1, -0.4, 0.3])


def _fit(p: Any) -> Any:
    return np.mean((np.tanh(_ROWS @ p["weight"] + p["bias"]) - _TARGETS) ** 2)


def _fit_gradient(p: Any) -> Any:
    out = np.tanh(_ROWS @ p["weight"] + p["bias"])
    inner = 2 * (out - _TARGETS) * (1 - out**2) / len(out)
    return {"bias": np.sum(inner), "weight": _ROWS.T @ inner}


def containers() -> list[Case]:
    """x as a dict or a tuple of arrays."""
    data = [(float(a), float(b), float(t)) for (a, b), t in zip(_ROWS, _TARGETS, strict=True)]
    loss = f"sum((tanh(a*x[1] + b*x[2] + x[0]) - t)**2 for a, b, t in {data})/4"
    model = Subject("container", loss, _fit, {"bias": 0.1, "weight": np.array([0.4, -0.6])})
    pair = Subject(
        "container",
        "x[0]*sin(x[1]) + x[0]*sin(x[2])",
        lambda x: x[0] * np.sum(np.sin(x[1])),
        (np.array(1.5), np.array([0.3, 0.8])),
    )

    def not_averaged(p: Any) -> Any:
        return {**_fit_gradient(p), "bias": 4 * _fit_gradient(p)["bias"]}

    return [
        model.right("dict of a model", _fit_gradient, "weights and bias of one layer"),
        model.wrong("dict, bias not averaged", not_averaged, "the sum for the mean, in one leaf only", 3.0),
        pair.right("tuple", lambda x: (np.sum(np.sin(x[1])), x[0] * np.cos(x[1])), "a number and an array"),
        pair.wrong(
            "tuple, factor forgotten", lambda x: (np.sum(np.sin(x[1])), np.cos(x[1])), "the second leaf lacks x[0]", 0.3333
        ),
    ]


def _polar(x: Any) -> Any:
    return np.array([x[0] * np.cos(x[1]), x[0] * np.sin(x[1])])


def _polar_jacobian(x: Any) -> Any:
    return np.array([[np.cos(x[1]), -x[0] * np.sin(x[1])], [np.sin(x[1]), x[0] * np.cos(x[1])]])


def jacobians() -> list[Case]:
    """Functions with several outputs: whole Jacobians, and products with them."""
    x, polar = np.array([1.3, 0.7]), "[x[0]*cos(x[1]), x[0]*sin(x[1])]"
    whole = Subject("jacobian", polar, _polar, x, "jacobian")
    forward = Subject("product", polar, _polar, x, "jvp")
    backward = Subject("product", polar, _polar, x, "vjp")
    inverse = "[x[3]/(x[0]*x[3]-x[1]*x[2]), -x[1]/(x[0]*x[3]-x[1]*x[2]), -x[2]/(x[0]*x[3]-x[1]*x[2]), x[0]/(x[0]*x[3]-x[1]*x[2])]"
    matrix = Subject("jacobian", inverse, np.linalg.inv, np.array([[2.0, 0.3], [-0.5, 1.1]]), "jacobian")

    def inverse_jacobian(a: Any) -> Any:
        return -np.einsum("ij,kl->iljk", np.linalg.inv(a), np.linalg.inv(a))

    return [
        whole.right("polar coordinates", _polar_jacobian, "two in, two out"),
        whole.wrong(
            "polar coordinates, transposed", lambda x: _polar_jacobian(x).T, "a square Jacobian has two ways to lie", 2.3
        ),
        whole.wrong(
            "polar coordinates, outputs swapped", lambda x: _polar_jacobian(x)[::-1], "each row belongs to the other", 2.187
        ),
        matrix.right("inverse of a matrix", inverse_jacobian, "shape (2, 2) + (2, 2)"),
        matrix.wrong(
            "inverse of a matrix, plus", lambda a: -inverse_jacobian(a), "d(A^-1) = -A^-1 dA A^-1 without its minus", 2.0
        ),
        forward.right("jvp of polar coordinates", lambda x, v: _polar_jacobian(x) @ v, "forward"),
        forward.wrong("jvp, transposed", lambda x, v: _polar_jacobian(x).T @ v, "a vjp in the place of the jvp", 1.338),
        backward.right("vjp of polar coordinates", lambda x, w: w @ _polar_jacobian(x), "backward"),
        backward.wrong(
            "vjp, angle without radius",
            lambda x, w: w @ _polar_jacobian(x) / np.array([1, x[0]]),
            "a column lacks its factor",
            0.2308,
        ),
    ]


def _curve(x: Any) -> Any:
    return np.exp(x[0]) * np.sin(x[1]) + x[0] ** 2 * x[1]


def _curvature(x: Any) -> Any:
    e, s, c = np.exp(x[0]), np.sin(x[1]), np.cos(x[1])
    return np.array([[e * s + 2 * x[1], e * c + 2 * x[0]], [e * c + 2 * x[0], -e * s]])


def second_derivatives() -> list[Case]:
    """Hessians, and their products with vectors."""
    formula, x = "exp(x[0])*sin(x[1]) + x[0]**2*x[1]", np.array([0.4, 1.1])
    whole, product = (Subject("second order", formula, _curve, x, kind) for kind in ("hessian", "hvp"))

    def halved(x: Any) -> Any:
        return _curvature(x) * np.array([[1, 0.5], [0.5, 1]])

    def lopsided(x: Any) -> Any:
        return _curvature(x) - np.array([[0, 2 * x[0]], [0, 0]])

    return [
        whole.right("Hessian", _curvature, "two by two"),
        whole.wrong("Hessian, mixed terms halved", halved, "1/2 x.H.x for x.H.x", 0.5),
        whole.wrong("Hessian, not symmetric", lopsided, "a term is missing on one side of the diagonal", 0.5418),
        product.right("product with the Hessian", lambda x, v: _curvature(x) @ v, "no matrix"),
        product.wrong("product, diagonal only", lambda x, v: np.diag(_curvature(x)) * v, "mixed derivatives are left out", 6.393),
    ]
