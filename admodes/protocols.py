"""NumPy's protocols: what its functions do when they meet a traced value."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .errors import MissingRuleError, TracedValueError
from .levels import Traced, lift
from .rules import ELEMENTWISE, FUNCTIONS, METADATA, reason_refused
from .table import ufuncs


def peel(value: Any) -> Any:
    """The plain value that a (nested) traced value stands for."""
    while isinstance(value, Traced):
        value.refresh()
        value = value.value
    return value


def _peel_all(arguments: Any) -> Any:
    if isinstance(arguments, (list, tuple)):
        return type(arguments)(_peel_all(item) for item in arguments)
    return peel(arguments)


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """NumPy's `__array_ufunc__` protocol."""
    outputs = options.pop("out", (None,))
    if len(outputs) > 1 and any(part is not None for part in outputs):
        raise MissingRuleError(f"np.{ufunc.__name__} with out=<several arrays> has no rule for traced values. Leave out= away.")
    out = outputs[0]
    if options.get("where", True) is True:
        options.pop("where", None)
    if method == "__call__" and (not options or ufunc in _WITH_AXES):
        result = rule_of(ufunc)(*inputs, **options)
    elif method in _METHODS and not (method in ("outer", "at") and options):
        rule_of(ufunc)
        result = _METHODS[method](ufunc, *inputs, **options)
    else:
        given = ", ".join(f"{name}=<{type(value).__name__}>" for name, value in options.items())
        name = f"{'scipy.special' if _is_special(ufunc) else 'np'}.{ufunc.__name__}{'' if method == '__call__' else '.' + method}"
        raise MissingRuleError(
            f"{name}({given or '...'}) of traced values has no rule. "
            "Call the function without options, and choose elements by np.where or indexing."
        )
    if out is None:
        return result
    if not isinstance(out, Traced) or not out.ndim:
        raise TracedValueError(
            f"np.{ufunc.__name__}(..., out=...) would write a traced value into a plain array, which cannot hold its derivative. "
            "Make the array with np.zeros_like(x), or leave out= away."
        )
    target: Any = out
    target[...] = result
    return out


_METHODS: dict[str, Callable[..., Any]] = {
    "reduce": ufuncs.reduce,
    "accumulate": ufuncs.accumulate,
    "reduceat": ufuncs.reduceat,
    "outer": ufuncs.outer,
    "at": ufuncs.at,
}


#: Ufuncs of vectors, whose rules read options themselves.
_WITH_AXES = frozenset(getattr(np, name) for name in ("vecdot", "matvec", "vecmat") if hasattr(np, name))


def rule_of(function: Any) -> Callable[..., Any]:
    """The rule of a function of NumPy, or an error that says how to add one."""
    rule = FUNCTIONS.get(function)
    if rule is None and _is_special(function):
        # The rules for SciPy's ufuncs are read when the first of them is met: nobody else pays for them, or needs SciPy.
        own, own_elementwise = dict(FUNCTIONS), dict(ELEMENTWISE)
        from .table import special  # noqa: F401 - fills the registry

        # What a user registered before keeps its place.
        FUNCTIONS.update(own)
        ELEMENTWISE.update(own_elementwise)
        rule = FUNCTIONS.get(function)
    if rule is None:
        missing_rule(function)
    return rule


def _is_special(function: Any) -> bool:
    """Whether a ufunc is one of `scipy.special`: SciPy's ufuncs do not name their module themselves."""
    modules = (sys.modules.get("scipy.special"), sys.modules.get("scipy.special._ufuncs"))
    return any(module is not None and getattr(module, function.__name__, None) is function for module in modules)


def missing_rule(function: Any) -> NoReturn:
    """Raise: no rule for this function; say how to add one."""
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None)
    if module:
        name = f"{module.replace('numpy', 'np', 1)}.{name}"
    elif getattr(np, name, None) is function:
        name = f"np.{name}"
    elif _is_special(function):
        name = f"scipy.special.{name}"
    if reason := reason_refused(function):
        raise MissingRuleError(
            f"{name} of traced values has no derivative: {reason}. Do it outside f, or on plain values (args=)."
        )
    raise MissingRuleError(
        f"{name} of traced values has no rule, so its derivative would be lost. Write it with functions that have one, "
        f"or wrap your own version with @admodes.primitive; an elementwise function is one line: "
        f"admodes.rules.elementwise({name}, lambda out, x: <partial by x>)."
    )


_WRITES_INTO_FIRST = frozenset({np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal})
CREATES: frozenset[Any] = frozenset(
    {np.zeros, np.ones, np.empty, np.eye, np.identity, np.arange, np.linspace, np.tri, np.fromiter, np.frombuffer}
)


def call_function(function: Any, arguments: tuple[Any, ...], options: dict[str, Any], like: Traced) -> Any:
    """NumPy's `__array_function__` protocol."""
    rule = FUNCTIONS.get(function)
    if rule is not None:
        return rule(*arguments, **options)
    if function in METADATA:
        return function(*_peel_all(arguments), **{name: peel(value) for name, value in options.items()})
    if function in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
        return _as_array(arguments[0], like, **options)
    if function is np.full:
        return np.full_like(like, arguments[1], shape=arguments[0], **options)
    if function in CREATES:
        traced = [value for value in (*arguments, *options.values()) if isinstance(value, Traced)]
        if all(value.passive for value in traced):
            for value in traced:
                value.level.guard(value)
            return like.level.constant(function(*_peel_all(arguments), **{name: peel(value) for name, value in options.items()}))
    if function in _WRITES_INTO_FIRST:
        _write_into_first(function, *arguments, **options)
    missing_rule(function)


def _as_array(value: Any, like: Traced, dtype: Any = None, **options: Any) -> Any:
    array: Any = lift(value)
    array = array if isinstance(array, Traced) else like.level.constant(np.array(array))
    return array if dtype is None else array.astype(dtype)


def _write_into_first(function: Any, target: Any, *_: Any, **__: Any) -> NoReturn:
    name = f"np.{function.__name__}"
    if isinstance(target, Traced):
        raise MissingRuleError(
            f"{name} into a traced array has no rule. Write by indexing instead: y[...] = values, or y[mask] = values."
        )
    raise TracedValueError(
        f"{name} would write traced values into a plain array, which cannot hold their derivatives. "
        "Make the array with np.zeros_like(x) and write by indexing (y[...] = values), or build it with np.stack or np.where."
    )


def refuse_number(kind: str, cure: str) -> NoReturn:
    """Raise where a traced value would become a plain number."""
    raise TracedValueError(
        f"{kind} of a traced value would cut its derivative (the result would be a constant). {cure} "
        "If you write into a plain array, make it with np.zeros_like(x) or np.zeros(n, like=x), or build it with np.stack."
    )


FLOAT_CURE = "Keep the value as it is, and use np.sin(x) and not math.sin(x)."
INT_CURE = "Use np.floor(x) or np.trunc(x), whose derivative is truly zero."
