"""Fast waves, ends of the domain, slopes of zero."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...case import Case, Subject


def waves() -> list[Case]:
    """Slopes that belong to a short length."""
    at, octaves = np.array, np.arange(8)
    topologist = Subject("oscillation", "sin(1/x[0])", lambda x: np.sin(1 / x[0]), at([0.01]))
    fractal = Subject(
        "oscillation",
        "sum(mpf(2)**-k*cos(mpf(7)**k*x[0]) for k in range(8))",
        lambda x: np.sum(0.5**octaves * np.cos(7.0**octaves * x[0])),
        at([0.37]),
    )
    beat = Subject("oscillation", "sin(1000*x[0])*sin(1001*x[0])", lambda x: np.sin(1000 * x[0]) * np.sin(1001 * x[0]), at([0.5]))
    far = Subject("oscillation", "cos(x[0])", lambda x: np.cos(x[0]), at([1e6]))
    fuzz = Subject("oscillation", "x[0]**2 + 1e-6*sin(1e6*x[0])", lambda x: x[0] ** 2 + 1e-6 * np.sin(1e6 * x[0]), at([0.8]))

    def fractal_slope(x: Any, terms: int = 8) -> Any:
        k = octaves[:terms]
        return np.array([-np.sum(3.5**k * np.sin(7.0**k * x[0]))])

    def beat_slope(x: Any) -> Any:
        return 1000 * np.cos(1000 * x) * np.sin(1001 * x) + 1001 * np.sin(1000 * x) * np.cos(1001 * x)

    return [
        topologist.right("sin(1/x)", lambda x: -np.cos(1 / x) / x**2, "waves that crowd at 0"),
        topologist.wrong("sin(1/x), sign", lambda x: np.cos(1 / x) / x**2, "the minus of (1/x)'", 2.0),
        fractal.right("eight octaves", fractal_slope, "each wave is steeper than the one before"),
        fractal.wrong("seven of eight octaves", lambda x: fractal_slope(x, 7), "the smallest wave has the steepest slope", 1.0),
        beat.right("beat", beat_slope, "two close frequencies"),
        far.right("cosine at 1e6", lambda x: -np.sin(x), "a step that is a share of x is many periods"),
        far.wrong("cosine at 1e6, in degrees", lambda x: -np.sin(x) * np.pi / 180, "a factor for degrees that are none", 0.98255),
        fuzz.right("fuzz of 1e-6", lambda x: 2 * x + np.cos(1e6 * x), "waves that look like noise, half of the slope"),
        fuzz.wrong("fuzz of 1e-6 left out", lambda x: 2 * x, "waves that look like noise, half of the slope", 0.3748),
    ]


def _barrier(x: Any) -> Any:
    return np.log(1 - x[0] - x[1])


def domains() -> list[Case]:
    """Points beside the end of the domain, or on it."""
    at = np.array
    cosine = Subject("edge", "acosh(x[0])", lambda x: np.arccosh(x[0]), at([1 + 1e-8]))
    below = Subject("edge", "log(1 + x[0])", lambda x: np.log1p(x[0]), at([-1 + 1e-9]))
    dust = Subject("edge", "x[0]*log(x[0])", lambda x: x[0] * np.log(x[0]), at([1e-300]))
    logit = Subject("edge", "log(x[0]/(1 - x[0]))", lambda x: np.log(x[0] / (1 - x[0])), at([1 - 1e-12]))
    corner = Subject("edge", "log(1 - x[0] - x[1])", _barrier, at([0.6, 0.4 - 1e-7]))
    half = Subject("edge", "(x[0]**2*sqrt(x[0]) if x[0] >= 0 else nan) + x[1]", lambda x: x[0] ** 2.5 + x[1], at([0.0, 1.0]))
    angle = Subject("edge", "acos(x[0])", math.acos, 0.999999)
    return [
        cosine.right("arccosh near 1", lambda x: 1 / np.sqrt((x - 1) * (x + 1)), "the end is 1e-8 away"),
        below.right("log1p near -1", lambda x: 1 / (1 + x), "the end is 1e-9 away"),
        below.wrong("log1p near -1, log", lambda x: 1 / x, "1/x for 1/(1 + x)", 1.0),
        dust.right("x log x at 1e-300", lambda x: np.log(x) + 1, "f is 1e-297, its slope is -690"),
        dust.wrong("x log x at 1e-300, no 1", np.log, "the derivative of the second factor is missing", 0.00145),
        logit.right("logit near 1", lambda x: 1 / (x * (1 - x)), "four digits of 1 - x are left"),
        logit.wrong("logit near 1, half of it", lambda x: 1 / x, "the derivative of log(1 - x) is missing", 1.0),
        corner.right("beside a barrier", lambda x: -1 / (1 - x[0] - x[1]) * np.ones(2), "the end is where the sum is 1"),
        corner.wrong("beside a barrier, sign", lambda x: 1 / (1 - x[0] - x[1]) * np.ones(2), "inside out", 2.0),
        half.right("power 5/2 at 0", lambda x: np.array([2.5 * x[0] ** 1.5, 1]), "NaN below, infinite third derivative above"),
        half.wrong("power 5/2 at 0, 1", lambda x: np.array([2.5 * x[0] ** 1.5 + 1, 1]), "a slope of 1 where there is none", 1.0),
        angle.right("math.acos near 1", lambda x: -1 / math.sqrt((1 - x) * (1 + x)), "beyond 1 f raises"),
        angle.wrong("math.acos near 1, arcsine", lambda x: 1 / math.sqrt((1 - x) * (1 + x)), "the arcsine's derivative", 2.0),
    ]


def slopes_of_zero() -> list[Case]:
    """Minima, saddles, inflections, and what is nearly flat."""
    distant = Subject("stationary", "(x[0] - 1000000)**2", lambda x: (x[0] - 1e6) ** 2, np.array([1e6]))
    bell = Subject("stationary", "1000 - exp(-x[0]**2 - x[1]**2)", lambda x: 1000 - np.exp(-np.sum(x**2)), np.zeros(2))
    factors = Subject("stationary", "x[0]*x[1]*x[2]", np.prod, np.array([0.0, 0.0, 3.0]))
    bend = Subject("stationary", "x[0]**3 + 5*x[1]", lambda x: x[0] ** 3 + 5 * x[1], np.array([0.0, 1.0]))
    crest = Subject("stationary", "cos(x[0])", lambda x: np.cos(x[0]), np.array([1e-9]))
    sixth = Subject("stationary", "(x[0] - 1)**6", lambda x: (x[0] - 1) ** 6, np.array([1.0]))

    def others(x: Any) -> Any:
        return np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1]])

    def divided(x: Any) -> Any:
        with np.errstate(all="ignore"):
            return np.prod(x) / x

    return [
        distant.right("minimum at 1e6", lambda x: 2 * (x - 1e6), "a step that is a share of x sees 1e8"),
        distant.wrong("minimum at 1e6, 1", lambda x: 2 * (x - 1e6) + 1, "a slope of 1 where f is curved", 1.0),
        bell.right("bottom of a bell", lambda x: 2 * x * np.exp(-np.sum(x**2)), "an offset of 1000"),
        bell.wrong("bottom of a bell, 1e-4", lambda x: 2 * x * np.exp(-np.sum(x**2)) + 1e-4, "an offset of 1000", 1e-4),
        factors.right("product with two zeros", others, "all slopes are 0"),
        factors.wrong("product with two zeros, divided", divided, "0/0 twice", float("nan")),
        bend.right("inflection", lambda x: np.array([3 * x[0] ** 2, 5]), "a slope of 0 beside a slope of 5"),
        bend.wrong("inflection, 1e-5", lambda x: np.array([3 * x[0] ** 2 + 1e-5, 5]), "a slope of 0 beside a slope of 5", 2e-6),
        crest.right("1e-9 beside a crest", lambda x: -np.sin(x), "f is 1 to the last digit, the slope is -1e-9"),
        sixth.right("sixth power at its root", lambda x: 6 * (x - 1) ** 5, "flatter than any quotient"),
    ]
