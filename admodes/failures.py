"""Reads what leaves f as an error: NumPy often hides the cure that a traced value named."""

from __future__ import annotations

import linecache
from types import TracebackType

from .errors import AdmodesError, TracedValueError

_OBJECT_HINTS = (
    "object arrays",
    "dtype('O')",
    "ufunc '",
    "cast array data from dtype",
    "data type object",
    "type object",
    "REFS_OK",
    "Error setting single item",
)


def read_failure(error: Exception) -> None:
    """Raise the error that says what to write instead, if `error` is one of ours in disguise.

    Called while `error` is being handled; returns where the error is none of our business.
    """
    if isinstance(error, AdmodesError):
        return
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AdmodesError):
            raise type(cause)(f"{cause}{_place(error.__traceback__)}") from error
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, ValueError) and "traced(" in str(error):
        raise TracedValueError(
            f"A number was read back from the text of a traced value: {error}{_place(error.__traceback__)}. It would be "
            "a constant, and its derivative lost. Keep the value, and format it only to show it."
        ) from error
    if isinstance(error, ValueError) and "read-only" in str(error) and "it is a view by" not in str(error):
        raise TracedValueError(
            f"{error}{_place(error.__traceback__)}. np.asarray of a traced array gives a read-only one, "
            "since writes into it would be lost. "
            "Use np.array(y), which copies, or leave the conversion out: y is an array already."
        ) from error
    if isinstance(error, (TypeError, ValueError)) and any(hint in str(error) for hint in _OBJECT_HINTS):
        raise TracedValueError(
            f"NumPy refused an array of traced values: {error}{_place(error.__traceback__)}. np.array([...]) of traced values "
            "is an object array, which this function does not take. Build the array with np.stack([...]) instead."
        ) from error


def _place(traceback: TracebackType | None) -> str:
    """The deepest line of f that is not inside NumPy or admodes."""
    place = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0]
        if module not in ("admodes", "numpy", "optree"):
            line = linecache.getline(code.co_filename, traceback.tb_lineno, traceback.tb_frame.f_globals).strip()
            place = f" (in {code.co_name}, line {traceback.tb_lineno}{': ' + line if line else ''})"
        traceback = traceback.tb_next
    return place
