"""What expressions may cost: how many there may be, and how long making them may take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Any, TypeVar

from ..errors import BudgetError, OptionError

#: Distinct expressions of one derivative, where nothing else is said.
NODES = 100_000
#: Seconds of tracing and differentiating, where nothing else is said.
SECONDS = 60.0

_Item = TypeVar("_Item")


def checked_nodes(nodes: Any) -> float:
    """A number of expressions: a whole number from 1, or infinity."""
    if isinstance(nodes, bool) or not isinstance(nodes, (int, float)) or not nodes >= 1 or (nodes != math.inf and nodes % 1):
        raise OptionError(
            f"nodes={nodes!r} is no number of expressions: give a whole number from 1, such as nodes={NODES:_}, or math.inf."
        )
    return nodes


def checked_seconds(seconds: Any) -> float:
    """A time limit: positive, or infinity."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise OptionError(
            f"seconds={seconds!r} is no time limit: give a positive number, such as seconds={SECONDS:.0f}, or math.inf."
        )
    return seconds


def _s(count: float) -> str:
    """The ending of a word that is counted."""
    return "" if count == 1 else "s"


class Budget:
    """How many distinct expressions there may be, and how many seconds from now they may take.

    Parameters
    ----------
    nodes : int or float
    seconds : float

    Attributes
    ----------
    stage : str
        What is done with f at the moment: "traced", "differentiated", "written out".
    sizes : str
        Inputs and outputs as far as they are known, in words.
    count : int
        Distinct expressions when they were last counted.
    end : float
        The time by `time.perf_counter` from which on the time is over.

    Raises
    ------
    OptionError
        If one of them is not positive.
    """

    def __init__(self, nodes: float = NODES, seconds: float = SECONDS) -> None:
        self.nodes = checked_nodes(nodes)
        self.seconds = checked_seconds(seconds)
        self.stage = "traced"
        self.sizes = ""
        self.count = 0
        self._start = perf_counter()
        self.end = self._start + self.seconds

    def again(self, stage: str) -> Budget:
        """The same limits for something else, from now on."""
        fresh = Budget(self.nodes, self.seconds)
        fresh.stage, fresh.sizes = stage, self.sizes
        return fresh

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within the block, whoever asks (see `ask`) asks this budget."""
        token = _running.set(self)
        try:
            yield
        finally:
            _running.reset(token)

    def check_size(self, operations: int) -> None:
        """Raise `BudgetError` where an expression written out as a tree has too many operations: it may have 10 a node."""
        if operations > 10 * self.nodes:
            raise BudgetError(
                f"Symbolic mode gave up before f was {self.stage}: the expressions share their parts, and as formulas of "
                f"their own they have {operations:,} operations{self.sizes}. Call the derivative, or use to_python() or "
                f"evaluate(x), which compute each part once. ad.symbolic_derivative(f, x, nodes={-(-operations // 10):_}) writes "
                "them out all the same."
            )

    def check(self, count: int) -> None:
        """Raise `BudgetError` where `count` expressions are too many, or the time is over."""
        self.count = count
        elapsed = perf_counter() - self._start
        if count <= self.nodes and elapsed <= self.seconds:
            return
        limit, larger = f"{self.nodes:,} expression{_s(self.nodes)}", f"nodes={10 * self.nodes:_}"
        if count <= self.nodes:
            limit, larger = f"{self.seconds:g} second{_s(self.seconds)}", f"seconds={10 * self.seconds:g}"
        made = f"{count:,} distinct expression{_s(count)} in " if count else ""
        raise BudgetError(
            f"Symbolic mode gave up while f was {self.stage}: {made}{elapsed:.1f} s{self.sizes}, and its budget is "
            f"{limit}. It writes out every operation on every element. Use "
            "method='reverse' or method='forward', which do not build expressions, or give it more: "
            f"ad.Symbolic({larger}), ad.symbolic_derivative(f, x, {larger})."
        )


_running: ContextVar[Budget | None] = ContextVar("running", default=None)


def ask() -> None:
    """Raise `BudgetError` where the time of the budget that runs now is over.

    Every loop whose length f or x decides asks at each step: a step costs SymPy many times what asking costs.
    """
    budget = _running.get()
    if budget is not None and perf_counter() > budget.end:
        budget.check(budget.count)


def asked(items: Iterable[_Item]) -> Iterator[_Item]:
    """`items`, each after asking for time (see `ask`)."""
    budget = _running.get()
    if budget is None:
        yield from items
        return
    for item in items:
        if perf_counter() > budget.end:
            budget.check(budget.count)
        yield item
