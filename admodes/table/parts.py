"""Functions with two results, and those of numpy.lib.scimath, which leave the real numbers where they must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import MissingRuleError
from ..kinds import Constant
from ..rules import FUNCTIONS, constant, implements
from .arguments import array, real_array, whole_numbers
from .elementwise import size_of

constant(np.iscomplex, np.isreal, np.gcd, np.lcm, np.bitwise_count)

_exponent = Constant("frexp_exponent", lambda x: np.frexp(x)[1])


@implements(np.modf)
def modf(x: Any) -> Any:
    """The fraction has slope 1, the whole number slope 0."""
    x = real_array(x)
    whole = np.trunc(x)
    infinite = np.isinf(x)
    # An infinity has no fraction, and minus itself would be NaN.
    return np.where(infinite, 0.0, x - np.where(infinite, 0.0, whole)) if np.any(infinite) else x - whole, whole


@implements(np.frexp)
def frexp(x: Any) -> Any:
    """The mantissa is x times a power of two that is locally constant."""
    x = array(x)
    exponent = _exponent(x)
    return np.ldexp(x, whole_numbers(-exponent)), exponent


@implements(np.divmod)
def divmod_(x: Any, y: Any) -> Any:
    return np.floor_divide(x, y), np.remainder(x, y)


@implements(np._core.umath.clip)  # type: ignore[attr-defined]  # noqa: SLF001 - it has no public name
def clip(x: Any, low: Any, high: Any) -> Any:
    """The ufunc behind np.clip."""
    return np.clip(x, low, high)


# ---- numpy.lib.scimath


def _real_alone(function: Any, real: Callable[..., Any], outside: Callable[..., Any]) -> None:
    def rule(*arguments: Any) -> Any:
        lifted = [array(argument) for argument in arguments]
        if np.any(outside(*lifted)):
            raise MissingRuleError(
                f"np.lib.scimath.{function.__name__} is complex here, and derivatives are of real numbers. "
                f"Write its real and imaginary parts in two real values, or use np.{real.__name__}, which is NaN here."
            )
        return real(*lifted)

    FUNCTIONS[function] = rule


def logn(n: Any, x: Any) -> Any:
    """The logarithm of x to base n."""
    return np.log(x) / np.log(n)


_scimath = np.lib.scimath
for _name in ("sqrt", "log", "log2", "log10"):
    _real_alone(getattr(_scimath, _name), getattr(np, _name), lambda x: x < 0)
for _name in ("arcsin", "arccos", "arctanh"):
    _real_alone(getattr(_scimath, _name), getattr(np, _name), lambda x: size_of(x) > 1)
_real_alone(_scimath.logn, logn, lambda n, x: (x < 0) | (n < 0))
_real_alone(_scimath.power, np.power, lambda x, p: x < 0)
