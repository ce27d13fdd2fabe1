"""Can a problem tell a wrong derivative from a right one? Mistakes are planted, and every method is asked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..measure.accuracy import Derivative, mutants
from ..measure.comparison import method_table
from ..measure.cost import attempt
from ..measure.problems import (
    BUNDLE_ADJUSTMENT,
    CURVE_FIT,
    DENSE_LAYER,
    DETERMINANT,
    HELMHOLTZ,
    LEAST_SQUARES,
    LOG_SUM_EXP,
    ROSENBROCK,
    Problem,
    digits_problem,
    k_means_problem,
    logistic_problem,
    mixture_problem,
    perceptron_problem,
    recurrent_problem,
)
from ..measure.subject import Subject
from ..measure.trials import Effort, measure
from ..rows import Row

Sizes = Sequence[tuple[int, int]]

#: Our problems where they are small. A square Jacobian, or a matrix among the inputs, lets a transposition show.
CASES: tuple[tuple[Problem, Sizes], ...] = (
    (DENSE_LAYER, [(4, 4), (5, 3), (4, 1), (1, 3)]),
    (ROSENBROCK, [(2, 1), (7, 1)]),
    (HELMHOLTZ, [(1, 1), (5, 1)]),
    (logistic_problem(5), [(1, 1)]),
    (LOG_SUM_EXP, [(2, 1), (6, 1)]),
    (LEAST_SQUARES, [(2, 1), (4, 1)]),
    (CURVE_FIT, [(3, 1), (3, 7)]),
    (DETERMINANT, [(4, 1), (9, 1)]),
    (mixture_problem(2, 2, 6), [(12, 1)]),
    (k_means_problem(20, 2), [(2, 1), (4, 1)]),
    (BUNDLE_ADJUSTMENT, [(15, 3)]),
    (recurrent_problem(3), [(4, 1), (10, 1)]),
    (perceptron_problem(5), [(85, 1)]),
    (digits_problem(5), [(650, 1)]),
)
#: What is tried where nothing is known of the sizes that a problem has.
_USUAL = ((4, 4), (3, 2), (4, 1), (2, 1), (1, 1))
#: Seconds for each method at each size: one that needs more is not asked.
_BUDGET = 0.5
#: Statuses of methods that could not be asked.
_UNDECIDED = ("timeout", "out of memory", "unsupported")


@dataclass(frozen=True)
class Guard:
    """What was found out about one problem.

    Parameters
    ----------
    problem : str
    sizes : tuple of (int, int)
        Numbers of inputs and outputs at which it was looked at.
    planted : tuple of str
        Kinds of mistakes that were planted.
    faults : tuple of str
        Mistakes that pass its check, and methods that do not agree with its reference.
    undecided : tuple of str
        Methods that could not be asked, and why.
    missing : str
        Why the problem could not be looked at at all, where that is nobody's fault.
    """

    problem: str
    sizes: tuple[tuple[int, int], ...]
    planted: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    missing: str = ""


def guard(problem: Problem, sizes: Sizes | None = None, tolerance: float | None = None) -> Guard:
    """Plant mistakes in the reference of a problem, and have every method differentiate it.

    Parameters
    ----------
    problem : Problem
    sizes : sequence of (int, int), optional
        By default those of some usual ones that it has.
    tolerance : float, optional
        Of its check; that of `compare` by default.

    Returns
    -------
    Guard

    Examples
    --------
    >>> from admodes.measure import ROSENBROCK
    >>> guard(ROSENBROCK, [(3, 1)]).faults
    ()
    >>> guard(ROSENBROCK, [(3, 1)], tolerance=0.5).faults[0]
    'its check is blind to one component off by 1 percent [1] (at 3 -> 1)'
    """
    planted: dict[str, None] = {}
    faults: dict[str, list[str]] = {}
    refusals: dict[str, list[str]] = {}
    undecided: dict[str, list[str]] = {}
    looked_at: list[tuple[int, int]] = []
    for n, m in _USUAL if sizes is None else sizes:
        try:
            subject = Subject.at(*problem.at(n, m), name=problem.name)
            if (size := (subject.inputs, subject.outputs)) in looked_at:
                continue
            reference = _reference(problem, subject)
            rows = measure(subject, method_table(None), Effort(1, _BUDGET, 0.0, 0.0), reference=reference, tolerance=tolerance)
        except UnsupportedError as error:
            return Guard(problem.name, (), missing=str(error))
        except Exception as error:  # noqa: BLE001 - the problem's own code, which may raise anything
            refusals.setdefault(f"{type(error).__name__}: {error}", []).append(arrow(n, m))
            continue
        looked_at.append(size)
        planted |= dict.fromkeys(_kinds(subject, reference))
        for fault in _faults(rows):
            faults.setdefault(fault, []).append(arrow(*size))
        for row in rows:
            if row.status in _UNDECIDED:
                undecided.setdefault(f"{row.method} ({row.status})", []).append(arrow(*size))
    if not looked_at or sizes is not None:
        faults |= refusals
    return Guard(problem.name, tuple(looked_at), tuple(planted), _told(faults), _told(undecided))


def arrow(n: int, m: int) -> str:
    """Numbers of inputs and outputs in short."""
    return f"{n} -> {m}"


def _told(found: dict[str, list[str]]) -> tuple[str, ...]:
    """What was found, each with the sizes where it was."""
    return tuple(f"{what} (at {', '.join(places)})" for what, places in found.items())


def _reference(problem: Problem, subject: Subject) -> Any:
    exact = problem.reference
    return None if exact is None else lambda x: exact(subject.f, x)


def _faults(rows: Sequence[Row]) -> Iterator[str]:
    checks = dict.fromkeys(row.check for row in rows if row.check)
    if not checks:
        yield f"there is nothing to check a derivative against: {'; '.join(dict.fromkeys(row.reason for row in rows))}"
    yield from (f"its check is {check}" for check in checks if check != "guarded")
    for row in rows:
        if row.status not in ("ok", "unverified", *_UNDECIDED):
            where = "" if row.status == "inaccurate" else f": {row.reason}"  # the numbers differ from size to size
            yield f"{row.method} does not agree with its reference: {row.status}{where}"


def _kinds(subject: Subject, reference: Any) -> list[str]:
    """The kinds of mistakes that can be planted here: a zero reference has none."""
    value_of = subject.derivative("auto", subject.f) if reference is None else partial(reference, subject.x)
    value = attempt(lambda: Derivative.of(value_of(), "reference"), math.inf).value
    if value is None or not value.finite or not np.any(value.vector):
        return []
    return [name.partition(" [")[0].partition(" (")[0] for name, _ in mutants(value)]


def guard_all() -> list[Guard]:
    """Every problem of ours."""
    return [guard(problem, sizes) for problem, sizes in CASES]
