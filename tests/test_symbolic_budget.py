"""The seconds of a symbolic derivative: every long loop looks at the clock. Counted in calls of functions, never timed."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from support import assert_close

import admodes as ad
from admodes.errors import BudgetError
from admodes.measure.problems import k_means_problem, perceptron_problem, recurrent_problem
from admodes.symbolic import budget
from admodes.symbolic.budget import Budget, ask, asked

#: Calls of Python functions between two looks at the clock, at most: some milliseconds. SymPy makes some 50 for a product, and
#: a sum of hundreds of terms in one go: the problems and second derivatives may have a few times as many.
LONGEST = 8000
RNG = np.random.default_rng(3)


class Clock:
    """A clock that stands still until it was looked at `until` times, and then is past every limit; it counts what is called.

    Attributes
    ----------
    longest : int
        The most functions that were called between two looks.
    """

    def __init__(self, until: float = math.inf) -> None:
        self.until, self.looks, self.calls, self.longest = until, 0, 0, 0

    def __call__(self) -> float:
        self.looks += 1
        self.longest, self.calls = max(self.longest, self.calls), 0
        return 0.0 if self.looks <= self.until else 1e9

    def count(self, _frame: Any, event: str, _argument: Any) -> None:
        """What `sys.setprofile` tells."""
        self.calls += event == "call"

    def watch(self, run: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> Any:
        """What `run` returns, by this clock."""
        monkeypatch.setattr(budget, "perf_counter", self)
        before = sys.getprofile()
        sys.setprofile(self.count)
        try:
            return run()
        finally:
            sys.setprofile(before)
            self.longest = max(self.longest, self.calls)


def loop(x: Any) -> Any:
    """A plain loop over elements."""
    total = 0.0
    for i in range(len(x)):
        total = total + np.sin(x[i]) * x[i - 1]
    return total


def written(x: Any) -> Any:
    """An array that is filled element by element."""
    y = np.zeros_like(x)
    for i in range(len(x)):
        y[i] = x[i] * x[i - 1]
    return y[::-1]


def softmax(x: Any) -> Any:
    """A ratio whose parts are all of x."""
    powers = np.exp(x - np.max(x))
    return powers / np.sum(powers)


def with_constants(x: Any) -> Any:
    """An array of numbers that is made into expressions."""
    return x[0] * np.arange(300.0)


CONSTANTS = RNG.standard_normal((20, 20))
FUNCTIONS: dict[str, tuple[Callable[..., Any], Any]] = {
    "matmul": (lambda x: x @ x, RNG.standard_normal((9, 9))),
    "matmul with numbers": (lambda x: np.tanh(CONSTANTS @ x), RNG.standard_normal((20, 2))),
    "einsum to one number": (lambda x: np.einsum("ij,jk,kl->", x, x, x), RNG.standard_normal((3, 3))),
    "convolution": (lambda x: np.convolve(x, x), RNG.standard_normal(45)),
    "loop": (loop, RNG.standard_normal(150)),
    "writes": (written, RNG.standard_normal(150)),
    "softmax": (softmax, RNG.standard_normal(40)),
    "constants": (with_constants, RNG.standard_normal(2)),
    "product": (np.prod, RNG.standard_normal(120)),
    "running sums": (np.cumsum, RNG.standard_normal(70)),
    "running products": (np.cumprod, RNG.standard_normal(60)),
    "elementwise": (lambda x: np.exp(np.sin(x) * x), RNG.standard_normal(150)),
    "choices": (lambda x: np.where(x > 0, x * x, np.abs(x)), RNG.standard_normal(150)),
    "sorted": (lambda x: np.cumsum(np.sort(x)[::-1]), RNG.standard_normal(60)),
    "row maxima": (lambda x: np.max(x, axis=1), RNG.standard_normal((100, 3))),
    "row norms": (lambda x: np.linalg.norm(x, axis=1), RNG.standard_normal((60, 3))),
    "determinants": (np.linalg.det, RNG.standard_normal((40, 3, 3))),
    "transforms": (lambda x: np.abs(np.fft.fft(x, axis=1)), RNG.standard_normal((6, 4))),
    "logarithms of sums": (lambda x: np.log(np.sum(x * x, axis=1)), RNG.standard_normal((30, 4))),
}
PROBLEMS = {
    "digits network": (perceptron_problem(2), 85),
    "k-means": (k_means_problem(20), 8),
    "recurrent network": (recurrent_problem(2), 18),
}


def point_of(name: str) -> tuple[Callable[..., Any], Any]:
    """f and x of that name."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    problem, n = PROBLEMS[name]
    return problem.make(n, 1, np.random.default_rng(0))


@pytest.mark.parametrize("name", [*FUNCTIONS, *PROBLEMS])
def test_no_long_stretch_without_a_look_at_the_clock(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a loop as long as f or x forgets the clock: the limit in seconds would hold only after it."""
    f, x = point_of(name)
    ad.Symbolic().differentiate(lambda x: np.sin(x) @ x, RNG.standard_normal((2, 2)))  # what is prepared once
    clock = Clock()
    found = clock.watch(lambda: ad.Symbolic().differentiate(f, x), monkeypatch)
    assert clock.longest < (LONGEST if name in FUNCTIONS else 15 * LONGEST)
    monkeypatch.undo()
    expected = ad.differentiate(f, x)
    pairs = [(found[key], expected[key]) for key in found] if isinstance(found, dict) else [(found, expected)]
    for got, right in pairs:
        assert_close(got, right, 1e-9)


@pytest.mark.parametrize("share", [0.02, 0.4, 0.8])
@pytest.mark.parametrize("name", ["matmul", "softmax", "loop"])
def test_soon_after_its_end_there_is_the_error(name: str, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a look at the clock after the end has no consequence at some stage, or the error does not say what to do."""
    f, x = point_of(name)
    whole = Clock()
    whole.watch(lambda: ad.Symbolic().differentiate(f, x), monkeypatch)
    clock = Clock(until=share * whole.looks)
    with pytest.raises(BudgetError, match=r"its budget is 60 seconds.*method='reverse'.*seconds=600") as caught:
        clock.watch(lambda: ad.Symbolic().differentiate(f, x), monkeypatch)
    assert clock.looks <= share * whole.looks + 4
    assert clock.longest < LONGEST
    assert any(f"while f was {stage}" in str(caught.value) for stage in ("traced", "differentiated", "compiled"))


def test_hessians_and_expressions_look_at_the_clock_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if one way into symbolic mode does not run within its budget."""
    x = RNG.standard_normal(15)
    f = lambda x: np.log(np.sum(np.exp(x)))  # noqa: E731 - a formula
    derivative = ad.symbolic_derivative(f, x)
    prepared = ad.prepare(f, x, "symbolic")
    for run in (
        lambda: ad.hessian(f, x, method="symbolic"),
        lambda: ad.symbolic_derivative(f, x),
        lambda: derivative(x),
        lambda: derivative.swell(),
        lambda: ad.prepare(f, x, "symbolic"),
        lambda: prepared(-x),
        lambda: ad.gradient(f, x, method=ad.Symbolic(engine="symengine")),
    ):
        clock = Clock()
        clock.watch(run, monkeypatch)
        assert clock.longest < 3 * LONGEST


def test_long_sums_are_made_in_parts_and_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if parts of a sum are lost, added twice, or not merged with those that cancel them."""
    from admodes.symbolic import arrays

    x, c = RNG.standard_normal(7), RNG.standard_normal((5, 7))
    f = lambda x: np.einsum("ij,j,k->", c, x, x) + np.einsum("i,j->", x, -x)  # noqa: E731 - a formula
    whole = ad.symbolic_derivative(f, x).operations()
    for long in (1, 2, 3, 7, 35, 49):
        monkeypatch.setattr(arrays, "_LONG", long)
        parts = ad.symbolic_derivative(f, x)
        assert_close(parts(x), ad.gradient(f, x), 1e-12)
        assert parts.operations() == whole


def test_who_asks_when_no_budget_runs_is_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a budget outlives its block, an inner one ends the outer one, or asking fails where there is none."""
    outer, inner = Budget(seconds=1.0), Budget(seconds=1.0)
    ask()
    with outer.running():
        with inner.running():
            assert list(asked(range(3))) == [0, 1, 2]
        monkeypatch.setattr(budget, "perf_counter", lambda: math.inf)
        with pytest.raises(BudgetError, match="while f was traced: inf s, and its budget is 1 second"):
            ask()
    ask()
    assert list(asked("ab")) == ["a", "b"]
