"""What symbolic mode refuses, by the name that the user wrote."""

from __future__ import annotations

import inspect
from types import FrameType

from ..coverage import name_of
from ..errors import UnsupportedError
from ..protocols import call_function, call_ufunc
from ..table.arguments import ufunc_name

_CALLS = {call_function.__code__: ("function", name_of), call_ufunc.__code__: ("ufunc", ufunc_name)}


def called(default: str) -> str:
    """The function of NumPy that f called, of which the present computation is a part: np.linalg.svd.

    Parameters
    ----------
    default : str
        What it is called where f reached it without NumPy's protocols, as by a method or by a function of its own.
    """
    found = default
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in ("admodes", "numpy"):
        if frame.f_code in _CALLS:
            variable, name = _CALLS[frame.f_code]
            found = name(frame.f_locals[variable])
        frame = frame.f_back
    return found


def too_large(default: str, what: str, reason: str) -> UnsupportedError:
    """The error for a function that is written out for small arrays alone."""
    return UnsupportedError(f"Symbolic mode takes {called(default)} {what}: {reason}. Use method='forward' or method='reverse'.")


def unknown(name: str) -> UnsupportedError:
    """The error for a function without an expression."""
    return UnsupportedError(
        f"Symbolic mode does not know {called(repr(name))}: it has no expression for it. "
        "Use method='forward' or method='reverse'."
    )
