"""Functions with parameters (orders, shapes) by which no derivative is known: they must be constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import MissingRuleError
from ...kinds import Elementwise
from ...levels import Traced, lift
from ...rules import FUNCTIONS, elementwise


def fixed(name: str, parameter: str, value: Any) -> Any:
    """The plain value of a parameter. A locally constant traced one is used as it is, and recorded as a guard.

    Raises
    ------
    MissingRuleError
        The value depends smoothly on x.
    """
    value = lift(value) if isinstance(value, (list, tuple)) else value
    while isinstance(value, Traced):
        value.refresh()
        if not value.passive:
            raise MissingRuleError(
                f"scipy.special.{name} has no rule for the derivative by its parameter {parameter}, which depends on x here, so "
                f"that derivative would be lost. Keep {parameter} constant (a plain number or array), or wrap your own version "
                "of the function with @admodes.primitive."
            )
        value.level.guard(value)
        value = value.value
    return value


def by_last(function: Any, names: Sequence[str], *partials: Any, sympy: str, domain: Any = None) -> Elementwise:
    """An elementwise rule by the last arguments; those before them, called `names`, are parameters."""
    count = len(names)
    primitive = elementwise(function, *(None,) * count, *partials, sympy=sympy, domain=domain)

    def call(*operands: Any) -> Any:
        given = [fixed(function.__name__, name, value) for name, value in zip(names, operands, strict=False)]
        return primitive(*given, *operands[count:])

    FUNCTIONS[function] = call
    return primitive
