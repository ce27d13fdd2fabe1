"""Few digits: single and half precision, iterations, tables, random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...case import Case, Subject


def single_precision() -> list[Case]:
    """Everything in float32, or in float16."""
    rows = np.array([[0.5, -1.25], [1.5, 0.75], [-0.25, 2.0], [1.0, 1.0], [-1.5, 0.5]], dtype=np.float32)
    labels = np.array([1, -1, 1, -1, 1], dtype=np.float32)
    data = [(float(a * y), float(b * y)) for (a, b), y in zip(rows, labels, strict=True)]
    loss = f"sum(log(1 + exp(-(a*x[0] + b*x[1]))) for a, b in {data})/5"
    signed = rows * labels[:, None]
    logistic = Subject("float32", loss, lambda x: np.mean(np.log1p(np.exp(-signed @ x))), np.array([0.3, -0.7], np.float32))
    energy = Subject(
        "float32", "sum(x[i]**2 for i in range(n))/n", lambda x: np.mean(x**2), np.linspace(-3, 5, 30, dtype=np.float32)
    )
    brief = Subject("float32", "exp(x[0])*x[1]", lambda x: np.exp(x[0]) * x[1], np.array([0.75, 1.5], np.float16))

    def fitted(x: Any) -> Any:
        return -signed.T @ (1 / (1 + np.exp(signed @ x))) / np.float32(5)

    return [
        logistic.right("logistic regression in float32", fitted, "seven digits throughout"),
        logistic.wrong(
            "logistic regression in float32, not averaged", lambda x: fitted(x) * np.float32(5), "the sum for the mean", 4.0
        ),
        energy.right("mean square in float32", lambda x: 2 * x / x.size, "thirty inputs"),
        energy.wrong("mean square in float32, half", lambda x: x / x.size, "thirty inputs, the 2 is missing", 0.5),
        brief.right("half precision", lambda x: np.exp(x[0]) * np.array([x[1], 1], x.dtype), "three digits throughout"),
        brief.wrong("half precision, no exp", lambda x: np.array([np.exp(x[0]) * x[1], 1], x.dtype), "half of it", 0.5276),
    ]


def _newton(x: Any) -> Any:
    y = 1.0
    for _ in range(60):
        step = (y**5 + y - x[0]) / (5 * y**4 + 1)
        y = y - step
        if abs(step) < 1e-4:
            return y
    return y


def _panels(x: Any) -> Any:
    nodes = np.linspace(0, x[0], 200 + int(300 * x[0]))
    values = np.exp(-(nodes**2))
    return np.sum((values[1:] + values[:-1]) / 2) * (nodes[1] - nodes[0])


def _babylonian(x: Any) -> Any:
    y = np.array(x, float)
    while np.max(np.abs(y * y - x)) > 1e-5:
        y = (y + x / y) / 2
    return np.sum(y)


def iterations() -> list[Case]:
    """Loops whose length depends on x."""
    newton = Subject("noise", "findroot(lambda y: y**5 + y - x[0], 1.3)", _newton, np.array([5.2]))
    integral = Subject("noise", "sqrt(pi)/2*erf(x[0])", _panels, np.array([0.9]))
    roots = Subject("noise", "sum(sqrt(x[i]) for i in range(n))", _babylonian, np.array([2.3, 5.1]))

    def implicit(x: Any) -> Any:
        return 1 / (5 * _newton(x) ** 4 + 1 + 0 * x)

    return [
        newton.right("Newton stopped at 1e-4", implicit, "the last step is far below the tolerance"),
        newton.wrong("Newton stopped at 1e-4, 1 lost", lambda x: 1 / (5 * _newton(x) ** 4 + 0 * x), "y for y**5 + y", 0.06749),
        integral.right("panels that depend on x", lambda x: np.exp(-(x**2)), "f jumps by 1e-7 where a panel is added"),
        integral.wrong(
            "panels that depend on x, erf", lambda x: 2 / np.sqrt(np.pi) * np.exp(-(x**2)), "the error function's factor", 0.1284
        ),
        roots.right("square roots by averaging", lambda x: 0.5 / np.sqrt(x), "stopped at 1e-5"),
        roots.wrong("square roots by averaging, no 1/2", lambda x: 1 / np.sqrt(x), "stopped at 1e-5", 1.0),
    ]


def few_digits() -> list[Case]:
    """Random numbers, rounding to decimals, samples."""
    x, powers = np.array([0.8, -1.4]), "sum(x[i]**2 for i in range(n))"
    shaky = [np.random.default_rng(seed) for seed in (21, 22)]
    jitter = [
        Subject("noise", powers, lambda x, g=generator: np.sum(x**2) * (1 + 1e-4 * g.standard_normal()), x) for generator in shaky
    ]
    cents = Subject("noise", "exp(x[0]) + x[1]**2", lambda x: np.round(np.exp(x[0]) + x[1] ** 2, 4), x)
    drawn, redrawn = np.random.default_rng(5).normal(size=40), np.random.default_rng(6).normal(size=40)
    average = f"sum(tanh(x[0] + x[1]*z) for z in {drawn.tolist()})/40"
    sampled = Subject("noise", average, lambda x: np.mean(np.tanh(x[0] + x[1] * drawn)), np.array([0.3, 0.9]))

    def pathwise(x: Any, z: Any) -> Any:
        slope = 1 - np.tanh(x[0] + x[1] * z) ** 2
        return np.array([np.mean(slope), np.mean(slope * z)])

    return [
        jitter[0].right("random factor of 1e-4", lambda x: 2 * x, "two calls of f differ in the fourth digit"),
        jitter[1].wrong("random factor of 1e-4, half", lambda x: x * 1.0, "two calls of f differ in the fourth digit", 0.5),
        cents.right("four decimals", lambda x: np.array([np.exp(x[0]), 2 * x[1]]), "a staircase of 1e-4"),
        cents.wrong("four decimals, no 2", lambda x: np.array([np.exp(x[0]), x[1]]), "a staircase of 1e-4", 0.5),
        sampled.right("the same sample", lambda x: pathwise(x, drawn), "common random numbers: f is smooth"),
        sampled.wrong("another sample", lambda x: pathwise(x, redrawn), "right on average", 0.8934),
    ]
