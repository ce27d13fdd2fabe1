"""Claims about finite differences."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..api import differentiate
from ..custom import primitive
from ..finite import CentralDifferences
from ..measure.accuracy import Check, Derivative, mutants
from ..measure.counting import CallCounter
from ..measure.problems import (
    BUNDLE_ADJUSTMENT,
    CURVE_FIT,
    DENSE_LAYER,
    HELMHOLTZ,
    LEAST_SQUARES,
    LOG_SUM_EXP,
    ROSENBROCK,
    k_means_problem,
    mixture_problem,
    recurrent_problem,
)
from .baydin import logistic_formula
from .claims import FAILS, HOLDS, Claim, Figure, series, verdict
from .steps import StepCurve, step_curve
from .values import compared

#: (name of a function, "forward" or "central") -> its errors.
Curves = Mapping[tuple[str, str], StepCurve]
#: Name, function of one number, point, exact derivative.
_FUNCTIONS: tuple[tuple[str, Callable[[Any], Any], float, float], ...] = (
    ("logistic map", logistic_formula, 0.2, 708288 / 78125),
    ("exp", np.exp, 1.0, float(np.exp(1.0))),
    ("tanh", np.tanh, 0.3, float(1 - np.tanh(0.3) ** 2)),
)


def slow_in_inputs() -> Claim:
    """Calls of f against inputs."""
    sizes = (1, 2, 4, 8, 16, 32, 64)
    methods: dict[str, Any] = {"central": CentralDifferences(2), "adaptive": CentralDifferences(), "reverse": "reverse"}
    calls: dict[str, list[int]] = {name: [] for name in methods}
    for n in sizes:
        f, x = DENSE_LAYER.at(n, 1)
        for name, method in methods.items():
            counter = CallCounter(f)
            differentiate(counter, x, method)
            calls[name].append(counter.calls)
    values = [
        compared(f"{name} at n = {n}: calls of f", count) for name in methods for n, count in zip(sizes, calls[name], strict=True)
    ]
    exact = all(count - 2 * n in (0, 1) for n, count in zip(sizes, calls["central"], strict=True))
    return Claim(
        "fd-slow-in-inputs",
        "Finite differences are slow for high-dimensional inputs (2n evaluations for central)",
        "Gormley slide 6; CMP784 slides 66-69",
        "Calls of f are counted for one gradient of a dense layer with n inputs and one output.",
        tuple(values),
        HOLDS if exact else FAILS,
        f"central differences took 2n calls, and one at x for the value, at every n; for n = {sizes[-1]} these are "
        f"{calls['central'][-1]} calls, {calls['adaptive'][-1]} where the steps are chosen adaptively, and "
        f"{calls['reverse'][-1]} in reverse mode.",
        Figure("inputs", "calls of f", tuple(series(name, sizes, counts) for name, counts in calls.items())),
    )


def precision(curves: Curves | None = None) -> Claim:
    """The V of the error against the step."""
    curves = curves or all_curves()
    values, right = [], True
    for (name, sided), curve in curves.items():
        values += [
            compared(f"{name}, {sided}: slope of truncation", curve.slope),
            compared(f"{name}, {sided}: slope of rounding", curve.rounding_slope),
            compared(f"{name}, {sided}: best step", curve.best[0], note=f"predicted {curve.predicted:.1e}"),
            compared(f"{name}, {sided}: error there", curve.best[1]),
            compared(f"{name}, {sided}: error at step 1e-6", _at(curve, 1e-6)),
        ]
        right &= abs(curve.slope - curve.order) < 0.1 and abs(curve.rounding_slope + 1) < 0.3
    return Claim(
        "fd-precision",
        "Finite differences suffer from floating-point precision: the error is V-shaped in the step size, with slope 1 (forward) "
        "and 2 (central) on the truncation side",
        "Gormley slide 7; CMP784 slide 68 (h = 1e-6)",
        f"Steps from 1 down to 1e-16 at {len(_FUNCTIONS)} functions with closed derivatives, the median of 15 steps around each; "
        f"the figure shows {' and '.join(name for name, *_ in _FUNCTIONS[:2])}.",
        tuple(values),
        HOLDS if right else FAILS,
        "slopes are within 0.1 of 1 and 2 on the truncation side, and within 0.3 of -1 on the side of rounding."
        if right
        else "a slope is further off than 0.1 on the truncation side, or 0.3 on the side of rounding.",
        Figure("step", "absolute error", tuple(series(f"{n}, {s}", c.steps, c.errors) for (n, s), c in [*curves.items()][:4])),
    )


def _at(curve: StepCurve, step: float) -> float:
    return float(curve.errors[int(np.argmin(np.abs(np.log(curve.steps / step))))])


@functools.cache
def all_curves() -> Curves:
    """Error curves of all functions, one-sided and central."""
    return {(name, sided): step_curve(f, x, exact, sided) for name, f, x, exact in _FUNCTIONS for sided in ("forward", "central")}


def central_better(curves: Curves | None = None) -> Claim:
    """Central against one-sided, each at its best step and both at the same step."""
    curves = curves or all_curves()
    values, best, same, small = [], [], [], []
    lines = []
    for name, *_ in _FUNCTIONS:
        forward, central = curves[name, "forward"], curves[name, "central"]
        gain = forward.errors / central.errors
        best.append(forward.best[1] / central.best[1])
        same += list(gain[(forward.steps >= 1e-6) & (forward.steps <= 1e-2)])
        small += list(gain[forward.steps <= 1e-11])
        values.append(compared(f"{name}: gain, each at its best step", best[-1]))
        lines.append(series(name, forward.steps, gain))
    share = float(np.mean(np.array(small) > 1))
    values += [
        compared("share of steps from 1e-6 to 1e-2 where central is better", float(np.mean(np.array(same) > 1))),
        compared("share of steps below 1e-11 where central is better", share),
    ]
    always, smooth = min(same) > 1 and min(best) > 1, min(best) > 1
    return Claim(
        "central-better",
        "Central differences are more accurate than one-sided ones",
        "CMP784 slide 67",
        "The error of one-sided differences over that of central ones, at their best steps and at the same step.",
        tuple(values),
        verdict(holds=always and share == 1, limited=smooth),
        f"at the best steps central gains a factor of {min(best):.0f} to {max(best):.0f}; where rounding rules, below 1e-11, it "
        f"is better at {share:.0%} of the steps only. A gradient takes 2n calls instead of n + 1.",
        Figure("step", "one-sided error / central error", tuple(lines)),
    )


def _cases() -> Iterator[tuple[str, Callable[..., Any], Any]]:
    for problem, n, m in (
        (DENSE_LAYER, 5, 4),
        (ROSENBROCK, 10, 1),
        (HELMHOLTZ, 8, 1),
        (LOG_SUM_EXP, 20, 1),
        (LEAST_SQUARES, 8, 1),
        (CURVE_FIT, 3, 20),
        (mixture_problem(2, 3, 30), 18, 1),
        (recurrent_problem(10), 10, 1),
        (BUNDLE_ADJUSTMENT, 15, 3),
    ):
        f, x = problem.at(n, m)
        yield f"{problem.name}, n = {n}", f, x


def finds_mistakes() -> Claim:
    """Planted mistakes that a check against finite differences must find."""
    values, found, planted, accepted, cases = [], 0, 0, 0, 0
    names, shares = [], []
    for name, f, x in _cases():
        truth = Derivative.of(differentiate(f, x, "reverse"), "reverse mode")
        check = Check(Derivative.of(differentiate(f, x, "finite"), "differences"), 1e-6)
        wrong = [mutant for _, mutant in mutants(truth)]
        caught = sum(not check.passes(mutant) for mutant in wrong)
        found, planted, cases, accepted = found + caught, planted + len(wrong), cases + 1, accepted + check.passes(truth)
        values.append(compared(f"{name}: planted mistakes found", caught, note=f"of {len(wrong)}"))
        names.append(name)
        shares.append(caught / len(wrong))
    seen, alarm = _wrong_rule_is_seen(), _kinks_raise_an_alarm()
    values += [
        compared("right gradients accepted", accepted, note=f"of {cases}"),
        compared("false alarms at a right gradient of k-means", int(alarm), note="of 1: it has kinks within the steps"),
        compared("a wrong rule in a network's backpropagation found", int(seen), note="of 1: tanh' as 1 - tanh"),
    ]
    return Claim(
        "gradcheck-finds",
        "Finite differences are great for testing an implementation of backpropagation",
        "Gormley slide 6; CMP784 slide 68; CS224N slides 41-47",
        "Mistakes are planted in right gradients (zero, sign, one component, transposed, dropped) and a wrong rule in a network.",
        tuple(values),
        verdict(holds=found == planted and accepted == cases and seen and not alarm, limited=found > 0.9 * planted and seen),
        f"{found} of {planted} planted mistakes and the wrong rule were found, and {accepted} of {cases} right gradients "
        f"accepted, with steps chosen adaptively; {'a' if alarm else 'no'} right gradient of a function with kinks near x was "
        "refused.",
        Figure(
            "problem",
            "share of mistakes found",
            (series("found", range(1, cases + 1), shares),),
            tuple(names),
            linear=True,
        ),
    )


def _kinks_raise_an_alarm() -> bool:
    """Whether the right gradient of a function with kinks near x is refused."""
    f, x = k_means_problem().at(20, 1)
    check = Check(Derivative.of(differentiate(f, x, "finite"), "differences"), 1e-6)
    return not check.passes(Derivative.of(differentiate(f, x, "reverse"), "reverse mode"))


def _wrong_rule_is_seen() -> bool:
    """Whether differences see that a rule for tanh forgets the square."""

    @primitive
    def activation(x: Any) -> Any:
        return np.tanh(x)

    activation.def_jvp(lambda tangents, out, x: (1 - out) * tangents[0])
    rng = np.random.default_rng(0)
    inputs, output, weights = rng.normal(size=(20, 6)), rng.normal(size=(4, 3)), rng.normal(size=(6, 4))

    def loss(weights: Any) -> Any:
        return np.mean((activation(inputs @ weights) @ output) ** 2)

    right = Check(Derivative.of(differentiate(loss, weights, "finite"), "differences"), 1e-6)
    return not right.passes(Derivative.of(differentiate(loss, weights, "reverse"), "reverse mode"))
