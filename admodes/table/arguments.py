"""Reads the arguments of NumPy's functions: lists as arrays, options that have no rule."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import numpy as np

from ..errors import MissingRuleError, TracedValueError
from ..levels import Traced, highest_level, lift

array = lift


def real_array(value: Any) -> Any:
    """`value` as an array of floats; integers, locally constant traced ones among them, become float64."""
    value = lift(value)
    return value if value.dtype.kind == "f" else value.astype(float)


def refuse_options(function: Any, **options: Any) -> None:
    """Raise where an option without a rule is given."""
    for name, value in options.items():
        if value is not None:
            missing_option(
                function,
                f"{name}={value!r}" if isinstance(value, (str, bool, int, float)) else f"{name}=<{type(value).__name__}>",
            )


def missing_option(function: Any, option: str) -> NoReturn:
    """Raise: the function has a rule, but not with this option."""
    name = f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"
    cure = (
        "assign the result instead: y[...] = " + name + "(...)"
        if option.startswith("out=")
        else "write it with functions that have one"
    )
    raise MissingRuleError(
        f"{name} with {option} has no rule for traced values: its derivative would be lost. Leave it out, or {cure}."
    )


def constant_like(template: Any, value: Any) -> Any:
    """`value` as a passive array of the template's level, which may be written into."""
    level = highest_level([template])
    return value if level is None else level.constant(value)


def whole_numbers(indices: Any) -> Any:
    """Indices or counts, locally constant traced ones among them, as a plain array (each use is recorded as a guard)."""
    indices = lift(indices)
    if not isinstance(indices, Traced):
        return indices
    if not indices.passive:
        raise TracedValueError(
            "An index or a count was made of a traced value whose derivative would be lost. Use np.floor(i).astype(int)."
        )
    scalar: Any = indices
    plain: Any = indices if indices.shape else [bool(scalar) if indices.dtype.kind == "b" else int(scalar)]
    # np.array copies: an array that np.asarray has read may not be written into any more.
    return np.array(plain).reshape(indices.shape)


def is_special(function: Any) -> bool:
    """Whether a ufunc is one of `scipy.special`: SciPy's ufuncs do not name their module themselves."""
    modules = (sys.modules.get("scipy.special"), sys.modules.get("scipy.special._ufuncs"))
    return any(module is not None and getattr(module, function.__name__, None) is function for module in modules)


def ufunc_name(ufunc: Any) -> str:
    """How the documentation calls a ufunc."""
    return f"{'scipy.special' if is_special(ufunc) else 'np'}.{ufunc.__name__}"


__all__ = [
    "Traced",
    "array",
    "constant_like",
    "is_special",
    "missing_option",
    "real_array",
    "refuse_options",
    "ufunc_name",
    "whole_numbers",
]
