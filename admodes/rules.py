"""The registry of rules: one line states a derivative, and every mode reads it. No formulas here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .kinds import Constant, Elementwise, Linear, Primitive, Reduction
from .outputs import call_with_out, out_position, with_out

#: What NumPy's functions do with traced arguments, keyed by the function object itself.
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
#: Functions about shape and type alone: they answer with plain values.
METADATA: set[Any] = set()
#: Functions without a derivative to speak of: why. And those of whole modules of NumPy, by the module's name.
REFUSED: dict[Any, str] = {}
REFUSED_MODULES: dict[str, str] = {}
#: Functions that write into their first argument, as writes by index into a traced one.
WRITERS: dict[Any, Callable[..., Any]] = {}
#: The elementwise primitives, keyed by ufunc.
ELEMENTWISE: dict[Any, Elementwise] = {}


def elementwise(function: Any, *partials: Any, sympy: Any = None, domain: Any = None, name: str | None = None) -> Elementwise:
    """Register an elementwise primitive: one line makes it work in every mode, and generates its tests.

    Parameters
    ----------
    function : ufunc or callable
    *partials : callable or int
        One an argument: the partial as a function of ``(out, *arguments)``, or a constant; None where
        the output does not depend smoothly on that argument.
    sympy : str or callable, optional
        Its SymPy counterpart (default: the same name).
    domain : tuple, optional
        One ``(low, high)`` for all arguments, or a tuple of them, inside which tests draw their points.
    name : str, optional

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.rules import elementwise
    >>> def softplus(x):
    ...     return np.log1p(np.exp(x))
    >>> elementwise(softplus, lambda out, x: 1 - np.exp(-out), sympy="log(1 + exp(x))")
    <elementwise softplus>
    """
    label = name or function.__name__
    primitive = Elementwise(label, function, partials, sympy or label, domain)
    ELEMENTWISE[function] = primitive
    FUNCTIONS[function] = primitive
    return primitive


def analytic(*primitives: Primitive) -> None:
    """Say that the rules of `primitives` hold for complex values too."""
    for primitive in primitives:
        primitive.analytic = True


def linear(
    evaluate: Callable[..., Any], seeded: Callable[..., Any], transpose: Callable[..., Any], *, structural: bool = True
) -> Linear:
    """A linear primitive and its transpose (see `Linear`)."""
    return Linear(evaluate.__name__, evaluate, seeded, transpose, structural)


def reduction(evaluate: Callable[..., Any], partial: Callable[..., Any]) -> Reduction:
    """A reduction given by its partial (see `Reduction`)."""
    return Reduction(evaluate.__name__, evaluate, partial)


def constant(*functions: Any) -> None:
    """Register locally constant functions of arrays."""
    for function in functions:
        kind = Constant if isinstance(function, np.ufunc) else ConstantFunction
        FUNCTIONS[function] = kind(function.__name__, function)


class ConstantFunction(Constant):
    """A locally constant function that is no ufunc: its `out` may stand among the positional arguments."""

    def __init__(self, name: str, evaluate: Callable[..., Any]) -> None:
        super().__init__(name, evaluate)
        self.out_position = out_position(evaluate)

    def __call__(self, *operands: Any, **parameters: Any) -> Any:
        position = self.out_position
        if position is not None and ("out" in parameters or len(operands) > position >= 0):
            return call_with_out(self.evaluate, super().__call__, position, operands, parameters)
        return super().__call__(*operands, **parameters)


def metadata(*functions: Any) -> None:
    """Register functions about shape and type alone."""
    METADATA.update(functions)


def refused(reason: str, *functions: Any) -> None:
    """Register functions that no rule is to be expected for, and why."""
    REFUSED.update(dict.fromkeys(functions, reason))


def reason_refused(function: Any) -> str:
    """Why a function is refused for good; "" where it is not."""
    return REFUSED.get(function) or REFUSED_MODULES.get(getattr(function, "__module__", None) or "", "")


def implements(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say what NumPy's `functions` do with traced arguments: a composite of functions that have rules."""

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            FUNCTIONS[function] = with_out(function, implementation)
        return implementation

    return register


def writes(function: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say what a function of NumPy that writes into its first argument does with a traced one."""

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        WRITERS[function] = implementation
        return implementation

    return register
