"""Large and small numbers: of x, of f, of a constant that f carries along."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...case import Case, Subject


def powers_of_ten() -> list[Case]:
    """Numbers near the ends of what float64 holds."""
    area = Subject("scale", "1e-300*x[0]*x[1]", lambda x: 1e-300 * x[0] * x[1], np.array([1e200, 3e50]))
    steep = Subject("scale", "1e295*tanh(x[0])*x[1]", lambda x: 1e295 * np.tanh(x[0]) * x[1], np.array([0.4, -1.3]))
    faint = Subject(
        "scale", "1e-300*sum(exp(x[i]) for i in range(n))", lambda x: 1e-300 * np.sum(np.exp(x)), np.array([0.2, -0.9])
    )
    spread = Subject(
        "scale",
        "sum((10**(5*i - 10)*x[i] - 1)**2 for i in range(n))",
        lambda x: np.sum((10.0 ** (5 * np.arange(5) - 10) * x - 1) ** 2),
        np.array([3e10, 1.7e5, 2.2, 4e-5, 0.6e-10]),
    )

    def steep_slope(x: Any) -> Any:
        return 1e295 * np.array([x[1] / np.cosh(x[0]) ** 2, np.tanh(x[0])])

    def spread_slope(x: Any) -> Any:
        weights = 10.0 ** (5 * np.arange(5) - 10)
        return 2 * weights * (weights * x - 1)

    return [
        area.right("1e200 by 3e50", lambda x: 1e-300 * x[::-1], "slopes of 1e-250 and 1e-100"),
        area.wrong("1e200 by 3e50, same order", lambda x: 1e-300 * x, "each component is the other's", 1.0),
        steep.right("f of 1e295", steep_slope, "a thousand times f is infinite, nearly"),
        steep.wrong("f of 1e295, sech", lambda x: steep_slope(x) * np.array([np.cosh(x[0]), 1]), "sech for sech**2", 0.08107),
        faint.right("f of 1e-300", lambda x: 1e-300 * np.exp(x), "its square is 0"),
        faint.wrong("f of 1e-300, 1 % off", lambda x: 1e-300 * np.exp(x) * np.array([1, 1.01]), "its square is 0", 0.01),
        spread.right("x from 1e-10 to 1e10", spread_slope, "five inputs, five scales"),
        spread.wrong(
            "x from 1e-10 to 1e10, last 0.1 % off",
            lambda x: spread_slope(x) * np.array([1, 1, 1, 1, 0.999]),
            "five inputs, five scales",
            0.001,
        ),
    ]


def offsets() -> list[Case]:
    """Most digits of f belong to a constant."""
    waves = "1e10 + sum(sin(x[i]) for i in range(n))"
    sky = Subject("scale", waves, lambda x: 1e10 + np.sum(np.sin(x)), np.array([0.4, 1.1]))
    dates = Subject("scale", "(x[0] - 1700000000)**2/2", lambda x: (x[0] - 1.7e9) ** 2 / 2, np.array([1700000012.5]))
    sample = 1e4 + np.array([0.3, -1.2, 0.8, 1.9, -0.4])
    variance = Subject(
        "noise", "sum(x[i]**2 for i in range(n))/n - (sum(x)/n)**2", lambda x: np.mean(x**2) - np.mean(x) ** 2, sample
    )
    return [
        sky.right("constant of 1e10", np.cos, "six digits are left for the slope"),
        sky.wrong("constant of 1e10, 5 % off", lambda x: np.cos(x) * np.array([0.95, 1]), "six digits are left", 0.05),
        dates.right("seconds since 1970", lambda x: x - 1.7e9, "x has ten digits that f subtracts"),
        dates.wrong("seconds since 1970, half", lambda x: (x - 1.7e9) / 2, "x has ten digits that f subtracts", 0.5),
        variance.right("variance by mean squares", lambda x: 2 * (x - np.mean(x)) / x.size, "f is a difference of 1e8s"),
        variance.wrong(
            "variance by mean squares, n - 1",
            lambda x: 2 * (x - np.mean(x)) / (x.size - 1),
            "the unbiased estimate's factor, for the biased one",
            0.25,
        ),
    ]


_BOLTZMANN, _GRAVITY = 1.380649e-23, 6.674e-11


def physics() -> list[Case]:
    """Formulas in SI units."""
    weight = Subject(
        "scale",
        "exp(-x[0]/(1.380649e-23*x[1]))",
        lambda x: np.exp(-x[0] / (_BOLTZMANN * x[1])),
        np.array([8e-21, 300.0]),
    )
    pull = Subject(
        "scale",
        "6.674e-11*x[0]*x[1]/x[2]**2",
        lambda x: _GRAVITY * x[0] * x[1] / x[2] ** 2,
        np.array([5.97e24, 7.35e22, 3.84e8]),
    )

    def weight_slope(x: Any) -> Any:
        thermal = _BOLTZMANN * x[1]
        return np.exp(-x[0] / thermal) * np.array([-1 / thermal, x[0] / (thermal * x[1])])

    def pull_slope(x: Any) -> Any:
        force = _GRAVITY * x[0] * x[1] / x[2] ** 2
        return np.array([force / x[0], force / x[1], -2 * force / x[2]])

    return [
        weight.right("Boltzmann's factor", weight_slope, "joules and kelvins"),
        weight.wrong(
            "Boltzmann's factor, sign of T", lambda x: weight_slope(x) * np.array([1, -1]), "a slope of 1e-3 beside 1e19", 2.0
        ),
        pull.right("gravity", pull_slope, "kilograms of 1e24, metres of 1e8"),
        pull.wrong("gravity, power of r", lambda x: pull_slope(x) * np.array([1, 1, 0.5]), "1/r differentiated for 1/r**2", 0.5),
    ]
