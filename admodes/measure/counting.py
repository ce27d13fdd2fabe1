"""What a derivative does, counted: calls of f, elementary operations, operations of expressions.

Counts depend on f, on x and on the method alone: two runs agree exactly. What would take too long is left out by its
size, not by the clock, so that a count is there in both runs or in none, unless the budget ends first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..containers import flatten
from ..errors import InputError
from ..levels import Traced
from ..methods import find_differentiator
from ..recording import OperationCounts, count_derivative
from .cost import attempt
from .operation import WHOLE
from .subject import Subject

#: Operations of f times inputs beyond which the formulas are not written out: some seconds, and it grows faster still.
_WRITTEN_OUT = 10_000
_PLAIN = (np.ndarray, np.generic, float, int)


class CallCounter:
    """f, how often it was called, and whether with plain numbers only."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.calls = 0
        self.plain = True
        self.__name__ = getattr(f, "__name__", type(f).__name__)

    def __call__(self, x: Any, *arguments: Any) -> Any:
        self.calls += 1
        leaves = (x,) if type(x) is np.ndarray else flatten(x, InputError, "x")[0]
        self.plain = self.plain and all(isinstance(leaf, _PLAIN) and not isinstance(leaf, Traced) for leaf in leaves)
        return self.f(x, *arguments)


class Operations(NamedTuple):
    """Operations of one derivative: the columns of a `Row`, None where they cannot be counted.

    Attributes
    ----------
    operations : int or None
        Of the whole derivative.
    symbolic_operations, symbolic_shared : int or None
        Of the derivative's expressions, written out and with every common subexpression computed once.
    """

    operations: int | None = None
    symbolic_operations: int | None = None
    symbolic_shared: int | None = None


def count(subject: Subject, method: Any, counter: CallCounter, size: OperationCounts | None, limit: float) -> Operations:
    """Elementary operations of a whole derivative.

    Forward and reverse mode, and other methods that trace f by our rules, are counted one by one, sweeps and seeds
    included. A method that calls f with plain numbers, as finite differences do, costs its calls times the operations
    of f: the few operations that make the differences are left out. So is what the complex step, which counts alike, does
    more for complex numbers. The symbolic mode costs the operations of its compiled expressions, every common
    subexpression computed once, and a product with a direction those of the product too; making the expressions is no
    arithmetic.
    Second derivatives of the symbolic mode and of the complex step, which is then one over reverse mode, are not counted.

    Parameters
    ----------
    subject : Subject
    method : str or Differentiator
    counter : CallCounter
        That saw one derivative.
    size : OperationCounts or None
        Of f; None where f cannot be traced.
    limit : float
        Seconds it may take.

    Returns
    -------
    Operations
    """
    differentiator = find_differentiator(method)
    if differentiator.name == "symbolic":
        found = attempt(partial(_of_expressions, subject, differentiator, size), limit).value
        return found or Operations()
    complex_step = differentiator.name == "complex"
    if complex_step or not differentiator.traces:
        calls_f_alone = subject.operation.first_order if complex_step else counter.plain
        return Operations(counter.calls * size.elementary if calls_f_alone and size is not None else None)
    run = partial(_evaluate, subject, method)
    return Operations(attempt(partial(count_derivative, run, subject.x, subject.args), limit).value)


def _evaluate(subject: Subject, method: Any, x: Any, *args: Any) -> Any:
    return subject.operation.evaluate(subject.f, x, method, args)


def _of_expressions(subject: Subject, differentiator: Any, size: OperationCounts | None) -> Operations:
    """Operations of the first derivative's expressions, and of their product with a direction."""
    from ..symbolic import symbolic_derivative

    operation = subject.operation
    if not operation.first_order:
        return Operations()
    derivative = symbolic_derivative(
        subject.f, subject.x, args=subject.args, nodes=differentiator.nodes, seconds=differentiator.seconds
    )
    shared = derivative.operations()
    product = 0
    if operation.name not in WHOLE:
        product = 2 * subject.inputs * subject.outputs - (subject.outputs if operation.name == "jvp" else subject.inputs)
    small = size is not None and size.elementary * subject.inputs <= _WRITTEN_OUT
    return Operations(shared + product, derivative.swell().derivative if small else None, shared)
