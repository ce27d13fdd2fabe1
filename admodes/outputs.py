"""`out=` of NumPy's functions: the result is written by index into a traced array, through all its views and aliases."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import MissingRuleError, TracedValueError
from .levels import Traced

_KEYWORDS_OF_ANY_NAME = 0x08


def write_out(name: str, out: Any, result: Any, *, exact: bool = True, casting: str = "same_kind") -> Any:
    """Write `result` into `out` as NumPy does, or raise as it does.

    `exact` asks for equal shapes, as all functions but ufuncs do; a ufunc stretches its result.
    """
    target = check_out(name, out)
    shape = np.shape(result)
    fits = shape == target.shape if exact else _fits(shape, target.shape)
    if not fits:
        raise ValueError(f"{name}(..., out=...) has a result of shape {shape}, but out has shape {target.shape}.")
    found = result.dtype if isinstance(result, Traced) else np.asarray(result).dtype
    if not np.can_cast(found, target.dtype, casting):  # type: ignore[arg-type]
        raise TypeError(
            f"{name}(..., out=...) cannot cast its result from {found} to {target.dtype} by the rule {casting!r}. "
            "Make out with the dtype of the result."
        )
    target[...] = result
    return out


def check_out(name: str, out: Any, refusal: type[Exception] = TracedValueError) -> Any:
    """`out`, or an error where it cannot hold derivatives."""
    if not isinstance(out, Traced):
        raise refusal(
            f"{name}(..., out=...) would write a traced value into a plain array, which cannot hold its derivative. "
            f"Make the array with np.zeros_like(x), or leave out= away and assign the result instead: y[...] = {name}(...)."
        )
    if not out.ndim:
        raise TracedValueError(
            f"{name}(..., out=...) would write into a traced number, which is a value and not a buffer. "
            "Leave out= away and use the result."
        )
    return out


def _fits(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False


def _code(function: Any, rule: Any) -> Any:
    """The code whose arguments are those of NumPy's `function`."""
    return getattr(getattr(function, "_implementation", None), "__code__", None) or getattr(rule, "__code__", None)


def out_position(function: Any, rule: Callable[..., Any] | None = None) -> int | None:
    """Where `out` stands among the positional arguments of NumPy's `function`; -1: by keyword only; None: it has none."""
    code = _code(function, rule)
    if code is None or isinstance(function, np.ufunc):
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if "out" in names:
        position: int = names.index("out")
        return position if position < code.co_argcount else -1
    return -1 if code.co_flags & _KEYWORDS_OF_ANY_NAME else None


def with_out(function: Any, rule: Callable[..., Any]) -> Callable[..., Any]:
    """`rule` with NumPy's ``out=``, by keyword or position; a function without it stays as it is."""
    position = out_position(function, rule)
    if position is None:
        return rule
    most = position if position >= 0 else 64

    @functools.wraps(rule)
    def writing(*arguments: Any, **options: Any) -> Any:
        if len(arguments) <= most and "out" not in options:
            return rule(*arguments, **options)
        return call_with_out(function, rule, position, arguments, options)

    return writing


def call_with_out(function: Any, rule: Callable[..., Any], position: int, arguments: Any, options: dict[str, Any]) -> Any:
    """Call `rule` without its ``out=``, and write the result there."""
    if "out" in options:
        out = options.pop("out")
    else:
        out, later = arguments[position], arguments[position + 1 :]
        arguments = (*arguments[:position], None, *later) if later else arguments[:position]
    out = out[0] if type(out) is tuple and len(out) == 1 else out
    if out is None:
        return rule(*arguments, **options)
    name = f"np.{function.__name__}"
    check_out(name, out, MissingRuleError)
    return write_out(name, out, rule(*arguments, **options))
