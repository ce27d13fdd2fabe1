"""NumPy's protocols: what its functions do when they meet a traced value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .errors import MissingRuleError, TracedValueError
from .levels import Traced
from .outputs import check_out, write_out
from .rules import ELEMENTWISE, FUNCTIONS, METADATA, WRITERS, reason_refused
from .table import ufuncs
from .table.arguments import is_special, ufunc_name, whole_numbers
from .table.creation import CREATORS
from .table.writing import write_at, write_chosen


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
    outs = options.pop("out", (None,))
    where = options.pop("where", True) if method == "__call__" else True
    written = any(out is not None for out in outs)
    casting = options.pop("casting", "same_kind") if written and method == "__call__" else "same_kind"
    for out in outs:
        if out is not None:
            check_out(ufunc_name(ufunc), out)
    if where is not True and not options and method == "__call__":
        write_chosen(ufunc, rule_of(ufunc), inputs, where, outs)
        return outs[0] if len(outs) == 1 else outs
    if method == "at" and not options:
        return _write_at(ufunc, *inputs)
    result = _result(ufunc, method, inputs, options)
    if not written:
        return result
    name, exact = ufunc_name(ufunc), method in ("reduce", "accumulate")
    results = result if isinstance(result, tuple) else (result,)
    given = tuple(
        part if out is None else write_out(name, out, part, exact=exact, casting=casting)
        for out, part in zip(outs, results, strict=True)
    )
    return given if isinstance(result, tuple) else given[0]


def _result(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    if options.get("where", True) is True:
        options.pop("where", None)
    if method == "__call__" and (not options or ufunc in _WITH_AXES):
        return rule_of(ufunc)(*inputs, **options)
    if method in _METHODS and not (method == "outer" and options):
        rule_of(ufunc)
        return _METHODS[method](ufunc, *inputs, **options)
    given = ", ".join(f"{name}=<{type(value).__name__}>" for name, value in options.items())
    name = ufunc_name(ufunc) + ("" if method == "__call__" else f".{method}")
    raise MissingRuleError(
        f"{name}({given or '...'}) of traced values has no rule. "
        "Call the function without options, and choose elements by np.where or indexing."
    )


def _write_at(ufunc: Any, target: Any, indices: Any, *values: Any) -> None:
    name = f"{ufunc_name(ufunc)}.at"
    if not isinstance(target, Traced) or not target.ndim:
        _refuse_target(name, target)
    write_at(ufunc, rule_of(ufunc), target, indices, *values)


_METHODS: dict[str, Callable[..., Any]] = {
    "reduce": ufuncs.reduce,
    "accumulate": ufuncs.accumulate,
    "reduceat": ufuncs.reduceat,
    "outer": ufuncs.outer,
}


#: Ufuncs of vectors, whose rules read options themselves.
_WITH_AXES = frozenset(getattr(np, name) for name in ("vecdot", "matvec", "vecmat") if hasattr(np, name))


def rule_of(function: Any) -> Callable[..., Any]:
    """The rule of a function of NumPy, or an error that says how to add one."""
    rule = FUNCTIONS.get(function)
    if rule is None and is_special(function):
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


def missing_rule(function: Any) -> NoReturn:
    """Raise: no rule for this function; say how to add one."""
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None)
    if module:
        name = f"{module.replace('numpy', 'np', 1)}.{name}"
    elif getattr(np, name, None) is function:
        name = f"np.{name}"
    elif is_special(function):
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


CREATES: frozenset[Any] = frozenset(
    {np.zeros, np.ones, np.empty, np.eye, np.identity, np.arange, np.tri, np.frombuffer, np.loadtxt, np.genfromtxt}
)

#: Functions of indices, and of shapes, that answer with plain arrays of indices.
INDICES: frozenset[Any] = frozenset({np.unravel_index, np.ravel_multi_index})
FROM_SHAPE: frozenset[Any] = frozenset({np.diag_indices_from, np.tril_indices_from, np.triu_indices_from})


def call_function(function: Any, arguments: tuple[Any, ...], options: dict[str, Any], like: Traced) -> Any:
    """NumPy's `__array_function__` protocol."""
    rule = FUNCTIONS.get(function)
    if rule is not None:
        return rule(*arguments, **options)
    if function in METADATA:
        return function(*_peel_all(arguments), **{name: peel(value) for name, value in options.items()})
    if function in CREATORS:
        return CREATORS[function](like, *arguments, **options)
    if function in FROM_SHAPE:
        return function(np.broadcast_to(0.0, np.shape(arguments[0])), *arguments[1:], **options)
    if function in INDICES:
        return function(*_plain_indices(list(arguments)), **_plain_indices(options))
    if function in CREATES:
        traced = [value for value in (*arguments, *options.values()) if isinstance(value, Traced)]
        if all(value.passive for value in traced):
            for value in traced:
                value.level.guard(value)
            return like.level.constant(function(*_peel_all(arguments), **{name: peel(value) for name, value in options.items()}))
    if function in WRITERS:
        target = arguments[0] if arguments else next(iter(options.values()))
        if not isinstance(target, Traced) or not target.ndim:
            _refuse_target(f"np.{function.__name__}", target)
        return WRITERS[function](*arguments, **options)
    missing_rule(function)


def _plain_indices(tree: Any) -> Any:
    """`tree` with its locally constant traced values as plain integers."""
    if isinstance(tree, dict):
        return {name: _plain_indices(part) for name, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(_plain_indices(part) for part in tree)
    return whole_numbers(tree)[()] if isinstance(tree, Traced) else tree


def _refuse_target(name: str, target: Any) -> NoReturn:
    if isinstance(target, Traced):
        raise TracedValueError(
            f"{name} would write into a traced number, which is a value and not a buffer. Use a new name for it."
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
