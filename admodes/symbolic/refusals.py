"""What symbolic mode refuses, by the name that the user wrote."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from ..coverage import name_of
from ..custom import CustomPrimitive
from ..errors import UnsupportedError
from ..kinds import Primitive
from ..protocols import call_function, call_ufunc
from ..table.arguments import ufunc_name


def _ufunc_name(local: Mapping[str, Any]) -> str:
    name = ufunc_name(local["ufunc"])
    return name if local["method"] == "__call__" else f"{name}.{local['method']}"


_CALLS: dict[Any, Callable[[Mapping[str, Any]], str]] = {
    call_function.__code__: lambda local: name_of(local["function"]),
    call_ufunc.__code__: _ufunc_name,
}


def called(default: str) -> str:
    """The function of NumPy that f called, of which the present computation is a part: np.linalg.svd.

    Parameters
    ----------
    default : str
        What it is called where f reached it without NumPy's protocols, as by a method or by a function of its own.
    """
    frame = _call()
    return _CALLS[frame.f_code](frame.f_locals) if frame else default


def _call() -> FrameType | None:
    """The call of NumPy's that f wrote: the last one outside of which there is only NumPy and this package, up to f."""
    found = None
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in ("admodes", "numpy"):
        found = frame if frame.f_code in _CALLS else found
        frame = frame.f_back
    return found


def _order() -> str:
    """Which norm f called for, where it is one: `` with ord=2``."""
    frame = _call()
    if frame is None or "function" not in frame.f_locals:
        return ""
    local = frame.f_locals
    given = inspect.signature(local["function"]).bind(*local["arguments"], **local["options"]).arguments
    return "".join(f" with {name}={given[name]!r}" for name in ("ord", "p") if isinstance(given.get(name), (int, float, str)))


def too_large(default: str, what: str, reason: str) -> UnsupportedError:
    """The error for a function that is written out for small arrays alone."""
    return UnsupportedError(
        f"Symbolic mode takes {called(default)}{_order()} {what}: {reason}. Use method='forward' or method='reverse'."
    )


def unknown(primitive: Primitive) -> UnsupportedError:
    """The error for a function without an expression."""
    way = "Use method='forward' or method='reverse'."
    if isinstance(primitive, CustomPrimitive):
        way = (
            "Symbolic mode cannot use the jvp or vjp of a primitive of your own; method='forward' and method='reverse' do. "
            "A function of numbers can have a formula: admodes.rules.elementwise(..., sympy='x**3')."
        )
    return UnsupportedError(f"Symbolic mode does not know {called(repr(primitive.name))}: it has no expression for it. {way}")
