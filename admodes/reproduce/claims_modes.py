"""Claims about forward mode, reverse mode and what backpropagation costs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..api import jvp, vjp
from ..containers import flatten
from ..errors import InputError, UnsupportedError
from ..measure.accuracy import Derivative
from ..measure.problems import (
    BUNDLE_ADJUSTMENT,
    CURVE_FIT,
    DENSE_LAYER,
    HELMHOLTZ,
    LEAST_SQUARES,
    LOG_SUM_EXP,
    ROSENBROCK,
    Problem,
    digits_problem,
    k_means_problem,
    mixture_problem,
    perceptron_problem,
    recurrent_problem,
)
from ..measure.problems.problem import own_derivative
from ..measure.subject import Subject
from ..measure.trials import Effort, measure
from ..rows import Row
from .claims import FAILS, HOLDS, Claim, Figure, series, verdict
from .values import OURS, Value, compared
from .work import work_of

_SIZES = (4, 8, 16, 32, 64)
#: Those of the time of a single seed: from where Python's own work rules to where arithmetic does.
_TIMED_SIZES = (4, 64, 1024)
#: What one seed may cost by theory, in units of f.
_BOUND = 4


def per_input() -> Claim:
    """Work of forward mode against f, for one input and for all."""
    return _per_seed("forward")


def per_output() -> Claim:
    """Work of reverse mode against f, for one output and for all."""
    return _per_seed("reverse")


def _per_seed(mode: str) -> Claim:
    """One seed costs a constant times f whatever the size, and k seeds cost k times that."""
    of, all_of, claim, source = _WORDS[mode]
    works = [work_of(*DENSE_LAYER.at(size, size)) for size in _SIZES]
    one, whole = [work.seeds(mode, 1) for work in works], [work.seeds(mode, n) for work, n in zip(works, _SIZES, strict=True)]
    one_time = _ratios(mode, "jvp" if mode == "forward" else "vjp", _TIMED_SIZES)
    whole_time = _ratios(mode, "differentiate", _SIZES)
    lines = (
        series(f"one {of}, operations", _SIZES, one),
        series(f"one {of}, time", _TIMED_SIZES, one_time),
        series(f"all {all_of}, operations", _SIZES, whole),
        series(f"all {all_of}, time", _SIZES, whole_time),
    )
    values = [
        compared(f"n = m = {size:.0f}: {line.name} in units of f", unit)
        for line in lines
        for size, unit in zip(line.x, line.y, strict=True)
    ]
    bounded = max(one) <= _BOUND
    return Claim(
        f"{mode}-per-{of}",
        claim,
        source,
        "Operations of f and of one product with a seed are counted for a dense layer with n inputs and n outputs, by running "
        "the mode itself on a tape; n seeds are n products. One product and the whole Jacobian are timed, f included.",
        tuple(values),
        verdict(holds=bounded and max(one_time) <= _BOUND, limited=bounded),
        f"one {of} takes {min(one):.2f} to {max(one):.2f} times the operations of f at every size, f included; the theory allows "
        f"{_BOUND}. In time it is {one_time[0]:.3g} times f at n = {_TIMED_SIZES[0]}, where Python's own work is most of it, and "
        f"{one_time[-1]:.3g} times at n = {_TIMED_SIZES[-1]:,}, where arithmetic is. The passes are not run one after the other: "
        f"n seeds travel side by side through one call of f, so that the Jacobian of {_SIZES[-1]} {all_of} takes "
        f"{whole[-1]:.0f} times the operations of f, and {whole_time[-1]:.0f} times its time.",
        Figure("inputs = outputs", "in units of f", lines),
    )


def _ratios(mode: str, operator: str, sizes: tuple[int, ...]) -> list[float]:
    """Time of a product or of the whole Jacobian over that of f, at each size."""
    found = []
    for size in sizes:
        f, x = DENSE_LAYER.at(size, size)
        subject = Subject.at(f, x, operator=operator)
        reference = subject.operation.of_jacobian(own_derivative(f, x), x, subject.value)
        (row,) = measure(subject, {mode: mode}, Effort(5, 5.0, 0.002, 0.1), reference=reference)
        found.append(row.ratio)
    return found


_WORDS = {
    "forward": (
        "input",
        "inputs",
        "Forward mode gives all outputs' derivatives with respect to one input in time proportional to f: m inputs take m passes",
        "Gormley slide 6; CMP784 slide 101",
    ),
    "reverse": (
        "output",
        "outputs",
        (
            "Reverse mode gives one output's derivatives with respect to all inputs in time proportional to f: n outputs take "
            "n passes"
        ),
        "Gormley slide 6; CMP784 slide 103",
    ),
}


def backprop_cases() -> tuple[tuple[Problem, int], ...]:
    """Scalar problems large enough that arithmetic, not Python, takes the time."""
    return (
        (ROSENBROCK, 100_000),
        (LOG_SUM_EXP, 100_000),
        (HELMHOLTZ, 500),
        (LEAST_SQUARES, 400),
        (digits_problem(), 650),
        (perceptron_problem(), 75 * 64 + 10),
        (mixture_problem(10, 5, 1000), 330),
        (recurrent_problem(50), 128 * 131),
        (k_means_problem(2000, 8), 80),
    )


#: Sizes between which the ratio may not change: the work of both passes grows alike.
_GROWTH = (10, 1000)


def backprop_cost(cases: tuple[tuple[Problem, int], ...] | None = None, rounds: int = 9) -> Claim:
    """The backward pass over the forward pass, in operations and in seconds."""
    values: list[Value] = []
    names, operations, seconds = [], [], []
    for problem, n in cases or backprop_cases():
        try:
            f, x = problem.at(n, 1)
        except UnsupportedError as error:
            values.append(Value(f"{problem.name}: left out", "", "", OURS, str(error)))
            continue
        back, row = work_of(f, x).backward, _timed(problem, f, x, rounds)
        names.append(f"{problem.name}, n = {n:,}")
        operations.append(back)
        seconds.append(row.ratio - 1)
        values += [
            compared(f"{problem.name}, n = {n:,}: operations, backward / forward", back),
            compared(f"{problem.name}, n = {n:,}: time, backward / forward", row.ratio - 1, note=_interval(row)),
        ]
    ratios, constant = _growth()
    counted, timed = float(np.mean(operations)), float(np.mean(seconds))
    values += [*ratios, compared("mean, operations", counted), compared("mean, time", timed)]
    places = range(1, len(operations) + 1)
    near = 1.5 <= counted <= 2.5
    return Claim(
        "backprop-cost",
        "Backpropagation costs on average about twice the forward pass; done right, its big-O is that of the forward pass",
        "CMP784 slide 139; CS224N slide 41",
        f"On {len(operations)} problems the operations of a product with a cotangent are counted over those of f; the time is "
        "that of value and gradient less that of plain f, over that of plain f (recording the tape included).",
        tuple(values),
        verdict(holds=constant and near and 1.5 <= timed <= 2.5, limited=constant and max(operations) <= 3),
        f"in operations the backward pass is {min(operations):.2f} to {max(operations):.2f} times the forward pass, "
        f"{counted:.2f} on average: 1 where a product has constant data on one side, 2 where both sides are differentiated. "
        f"From n = {_GROWTH[0]} to {_GROWTH[1]:,} the ratio changes by {'less' if constant else 'more'} than a tenth. In time, "
        f"with the recording of the tape, it is {min(seconds):.2f} to {max(seconds):.2f}, {timed:.2f} on average.",
        Figure(
            "problem",
            "backward pass / forward pass",
            (series("operations", places, operations), series("time", places, seconds)),
            tuple(names),
        ),
    )


def _timed(problem: Problem, f: Any, x: Any, rounds: int) -> Row:
    """Value and gradient in reverse mode against plain f, in interleaved rounds."""
    effort = Effort(rounds=rounds, budget=10.0, sample_seconds=0.01, enough=0.6)
    reference = None if problem.reference is None else partial(problem.reference, f)
    (row,) = measure(Subject.at(f, x, name=problem.name), {"reverse": "reverse"}, effort, reference=reference)
    return row


def _interval(row: Row) -> str:
    text = f"95% interval {row.ratio_low - 1:.2f} to {row.ratio_high - 1:.2f}; {row.digits:.1f} digits"
    # f is part of what is timed: less than f's own time can only be the machine's doing.
    return f"{text}; suspect: less than f alone" if row.ratio < 1 else text


def _growth() -> tuple[list[Value], bool]:
    """Backward over forward at a small and a large size, and whether the two are the same."""
    values, constant = [], True
    for problem in (ROSENBROCK, LOG_SUM_EXP, LEAST_SQUARES):
        small, large = (work_of(*problem.at(n, 1)).backward for n in _GROWTH)
        constant &= abs(large / small - 1) < 0.1
        values += [
            compared(f"{problem.name}, growth: operations, backward / forward, n = {n:,}", ratio)
            for n, ratio in zip(_GROWTH, (small, large), strict=True)
        ]
    return values, constant


def backprop_dual() -> Claim:
    """Sums pull back to copies and copies to sums; and <w, J t> is <J'w, t> on every problem."""
    size = 7
    rng = np.random.default_rng(0)
    copied = np.asarray(vjp(np.sum, rng.normal(size=size), "reverse")[1](3.0))
    weights = rng.normal(size=size)
    summed = float(vjp(lambda x: np.broadcast_to(x, (size,)), 1.0, "reverse")[1](weights))
    values = [
        compared(
            "a sum's cotangent 3: components of the operand's cotangent that are 3", int(np.sum(copied == 3.0)), note=f"of {size}"
        ),
        compared("a copy's cotangents w: operand's cotangent less sum w", summed - float(np.sum(weights))),
    ]
    names, apart = [], []
    for problem, n, m in _PAIRS:
        f, x = problem.at(n, m)
        work = work_of(f, x)
        values.append(compared(f"{problem.name}: operations, pushed / pulled", work.pushed / work.pulled))
        names.append(f"{problem.name}, {n} → {m}")
        apart.append(_duality_gap(f, x, rng))
        values.append(compared(f"{problem.name}: |<w, J t> - <J'w, t>|, relative", apart[-1]))
    holds = bool(np.all(copied == 3.0)) and abs(summed - np.sum(weights)) < 1e-14 and max(apart) < 1e-12
    return Claim(
        "backprop-dual",
        "Backpropagation is the dual of forward propagation: a sum becomes a copy and a copy becomes a sum",
        "CMP784 slide 140",
        "A sum and a copy are pulled back; on each problem forward mode's product with a random tangent t and reverse mode's "
        "with a random cotangent w are paired.",
        tuple(values),
        HOLDS if holds else FAILS,
        f"a sum pulls back to a copy and a copy to a sum, and the two pairings differ by {max(apart):.0e} at most.",
        Figure(
            "problem",
            "relative gap, at least 1e-17",
            (series("gap", range(1, len(apart) + 1), [max(gap, 1e-17) for gap in apart]),),
            tuple(names),
        ),
    )


_PAIRS = (
    (DENSE_LAYER, 20, 30),
    (CURVE_FIT, 3, 50),
    (BUNDLE_ADJUSTMENT, 30, 6),
    (HELMHOLTZ, 20, 1),
    (recurrent_problem(20), 28, 1),
)


def _duality_gap(f: Any, x: Any, rng: np.random.Generator) -> float:
    leaves, structure = flatten(x, InputError, "x")
    tangent = structure.unflatten([rng.normal(size=np.shape(leaf)) for leaf in leaves])
    value, pushed = jvp(f, x, tangent, "forward")
    cotangent = rng.normal(size=np.shape(value))
    pulled = Derivative.of(vjp(f, x, "reverse")[1](cotangent), "the cotangent").vector
    one = float(np.sum(np.asarray(cotangent) * np.asarray(pushed)))
    other = float(np.sum(pulled * Derivative.of(tangent, "the tangent").vector))
    return abs(one - other) / max(abs(one), abs(other))
