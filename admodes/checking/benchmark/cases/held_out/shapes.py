"""Many inputs, containers, several outputs, second derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...case import Case, Subject


def thousands() -> list[Case]:
    """Mistakes in two of 1500 numbers, and a small one in all of them."""
    n = 1500
    x = np.linspace(-2, 2, n)
    subject = Subject("large n", "sum(log(cosh(x[i])) for i in range(n))", lambda x: np.sum(np.log(np.cosh(x))), x)

    def swapped(x: Any) -> Any:
        found = np.tanh(x)
        found[[100, 1400]] = found[[1400, 100]]
        return found

    return [
        subject.right("1500 inputs", np.tanh, "as many signs of either kind"),
        subject.wrong("1500 inputs, two swapped", swapped, "their sum is right", 2.0),
        subject.wrong("1500 inputs, all 0.1 % off", lambda x: 1.001 * np.tanh(x), "a constant with three digits", 0.001),
    ]


def _network(p: Any) -> Any:
    hidden = np.tanh(p["first"]["weight"] * 0.7 + p["first"]["bias"])
    return hidden @ p["second"][0] + p["second"][1]


def _network_gradient(p: Any) -> Any:
    hidden = np.tanh(p["first"]["weight"] * 0.7 + p["first"]["bias"])
    inner = p["second"][0] * (1 - hidden**2)
    return {"first": {"weight": 0.7 * inner, "bias": inner}, "second": (hidden, np.array(1.0))}


def containers() -> list[Case]:
    """Containers in containers, and a list."""
    formula = "x[4]*tanh(mpf(0.7)*x[2] + x[0]) + x[5]*tanh(mpf(0.7)*x[3] + x[1]) + x[6]"
    point = {
        "first": {"weight": np.array([0.4, -1.1]), "bias": np.array([0.1, 0.3])},
        "second": (np.array([1.5, -0.6]), np.array(0.2)),
    }
    nested = Subject("container", formula, _network, point)
    listed = Subject(
        "container",
        "x[0]*x[2] + x[1]*x[3] + x[4]**3",
        lambda x: x[0] @ x[1] + x[2] ** 3,
        [np.array([1.0, 2.0]), np.array([0.5, -0.3]), 1.2],
    )

    def exchanged(p: Any) -> Any:
        found = _network_gradient(p)
        return {**found, "first": {"weight": found["first"]["bias"], "bias": found["first"]["weight"]}}

    return [
        nested.right("nested parameters", _network_gradient, "a dict of a dict and a tuple"),
        nested.wrong("nested parameters, exchanged", exchanged, "two leaves of one shape", 0.4286),
        listed.right("list of two arrays and a number", lambda x: [x[1], x[0], 3 * x[2] ** 2], "leaves of three kinds"),
        listed.wrong("list, own factor", lambda x: [x[0], x[1], 3 * x[2] ** 2], "x for the other factor", 7.667),
    ]


def _mixed(x: Any) -> Any:
    return np.array([x[0] * x[1], np.exp(x[0]), np.sin(x[1])])


def _mixed_jacobian(x: Any) -> Any:
    return np.array([[x[1], x[0]], [np.exp(x[0]), 0], [0, np.cos(x[1])]])


def _softmax(x: Any) -> Any:
    found = np.exp(x - np.max(x))
    return found / np.sum(found)


def _unit(x: Any) -> Any:
    return x / np.linalg.norm(x)


def maps() -> list[Case]:
    """Jacobians that are not square, diagonal, or of rank n - 1."""
    three, x = "sum(exp(x[j]) for j in range(n))", np.array([0.2, -1.0, 0.7])
    tall = Subject("jacobian", "[x[0]*x[1], exp(x[0]), sin(x[1])]", _mixed, np.array([0.6, 1.9]), "jacobian")
    waves = Subject("jacobian", "[sin(x[0]), sin(x[1]), sin(x[2])]", np.sin, x, "jacobian")
    shares = Subject("jacobian", f"[exp(x[i])/{three} for i in range(n)]", _softmax, x, "jacobian")
    direction = "[x[i]/sqrt(x[0]**2 + x[1]**2 + x[2]**2) for i in range(n)]"
    unit = Subject("jacobian", direction, _unit, x, "jacobian")

    def no_row(x: Any) -> Any:
        return _mixed_jacobian(x) * np.array([[1], [1], [0]])

    def shares_jacobian(x: Any) -> Any:
        p = _softmax(x)
        return np.diag(p) - np.outer(p, p)

    def unit_jacobian(x: Any) -> Any:
        u = _unit(x)
        return (np.eye(3) - np.outer(u, u)) / np.linalg.norm(x)

    return [
        tall.right("three outputs of two inputs", _mixed_jacobian, "three by two"),
        tall.wrong("three outputs, last row lost", no_row, "a row of np.zeros", 1.0),
        waves.right("elementwise sine", lambda x: np.diag(np.cos(x)), "a diagonal matrix"),
        waves.wrong(
            "elementwise sine, not on the diagonal", lambda x: np.tile(np.cos(x), (3, 1)), "stretched over all rows", 1.0
        ),
        shares.right("softmax's Jacobian", shares_jacobian, "each share depends on all scores"),
        shares.wrong(
            "softmax's Jacobian, diagonal only",
            lambda x: np.diag(_softmax(x) * (1 - _softmax(x))),
            "the other scores are left out",
            1.0,
        ),
        unit.right("unit vector", unit_jacobian, "no change along x"),
        unit.wrong("unit vector, length held", lambda x: np.eye(3) / np.linalg.norm(x), "the length depends on x too", 1.887),
    ]


def _valley(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def _valley_hessian(x: Any) -> Any:
    return np.array([[2 - 400 * (x[1] - 3 * x[0] ** 2), -400 * x[0]], [-400 * x[0], 200.0]])


def _gauss_newton(x: Any) -> Any:
    return np.array([[2 + 800 * x[0] ** 2, -400 * x[0]], [-400 * x[0], 200.0]])


def curvatures() -> list[Case]:
    """Hessians and their products, exact and approximate."""
    formula, x = "(1 - x[0])**2 + 100*(x[1] - x[0]**2)**2", np.array([-1.2, 1.0])
    whole, product = (Subject("second order", formula, _valley, x, kind) for kind in ("hessian", "hvp"))
    scores = Subject(
        "second order",
        "log(exp(x[0]) + exp(x[1]) + exp(x[2]))",
        lambda x: np.log(np.sum(np.exp(x))),
        np.array([0.2, -1.0, 0.7]),
        "hessian",
    )

    def covariance(x: Any) -> Any:
        p = _softmax(x)
        return np.diag(p) - np.outer(p, p)

    return [
        whole.right("Hessian of a valley", _valley_hessian, "the usual start of optimisers"),
        whole.wrong("Gauss and Newton's Hessian", _gauss_newton, "the residual's own curvature is left out", 0.1323),
        product.right("Hessian of a valley times v", lambda x, v: _valley_hessian(x) @ v, "no matrix"),
        product.wrong(
            "Gauss and Newton's, times v", lambda x, v: _gauss_newton(x) @ v, "a matrix that is not the Hessian", 5.867
        ),
        scores.right("Hessian of log-sum-exp", covariance, "a covariance of rank 2"),
        scores.wrong("Hessian of log-sum-exp, sum", lambda x: np.diag(_softmax(x)), "the outer product is left out", 1.267),
    ]
