"""Reads what leaves f as an error: NumPy often hides the cure that a traced value named."""

from __future__ import annotations

import linecache
import os
from types import TracebackType
from typing import Any

import numpy as np

from .errors import AdmodesError, MissingRuleError, TracedValueError

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
        if type(error) in (TracedValueError, MissingRuleError):
            _read_object_array(error)
        return
    _read_object_array(error)
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
    if isinstance(error, (TypeError, ValueError)):
        _read_failure_of_scipy(error)
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


#: Ordinary functions of `scipy.special` that `admodes.special` has for traced values.
STAND_INS = frozenset(
    {"comb", "factorial", "log_softmax", "logsumexp", "multigammaln", "perm", "polygamma", "softmax"},
)


def _read_failure_of_scipy(error: Exception) -> None:
    """Raise ours where SciPy made an array of objects of a traced value and then failed over it."""
    traceback = error.__traceback__
    while traceback is not None and not traceback.tb_frame.f_globals.get("__name__", "").startswith("scipy."):
        traceback = traceback.tb_next
    if traceback is None:
        return
    frame = traceback.tb_frame
    if not any(_holds_traced(value) for value in frame.f_locals.values()):
        return
    # Under SCIPY_ARRAY_API, the ufuncs of scipy.special are wrapped, and `self` is what the wrapper knows of them.
    name = getattr(frame.f_locals.get("self"), "name", frame.f_code.co_name)
    module = frame.f_globals["__name__"]
    module = "scipy.special" if module.startswith("scipy.special") else module
    cure = (
        f"Use the one of admodes, which is SciPy's for plain arrays: from admodes.special import {name}"
        if name in STAND_INS
        else "Write it with functions that have a rule, or wrap your own version with @admodes.primitive"
    )
    if os.environ.get("SCIPY_ARRAY_API"):
        cure = "Run without the environment variable SCIPY_ARRAY_API, under which SciPy converts all arguments. Or else: " + cure
    raise MissingRuleError(
        f"{module}.{name} of traced values has no rule: it turns its arguments into plain arrays first, and failed over that "
        f"({type(error).__name__}: {error}){_place(error.__traceback__)}. {cure}."
    ) from error


def _holds_traced(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_traced, value))
    kind = type(value)
    return kind.__module__.partition(".")[0] == "admodes" or (kind is np.ndarray and value.dtype == object)


def _read_object_array(error: Exception) -> None:
    """Raise, with the cure, if a function of NumPy failed on an object array that it made of a list of traced numbers."""
    name = None
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_globals.get("__name__", "").partition(".")[0] != "numpy":
            name = None
        else:
            name = name or frame.f_code.co_name.lstrip("_")
            if any(_holds_traced_objects(value) for value in frame.f_locals.values()):
                raise TracedValueError(
                    f"np.{name} made an object array of a list of traced numbers, and cannot calculate with it"
                    f"{_place(error.__traceback__)}. Build the array first: np.{name}(np.stack([...]))."
                ) from error
        traceback = traceback.tb_next


def _holds_traced_objects(value: Any) -> bool:
    # Traced arrays answer to __class__ as NumPy's do.
    if type(value).__module__ != "numpy" or getattr(getattr(value, "dtype", None), "kind", "") != "O" or not value.size:
        return False
    return type(value.flat[0]).__module__.partition(".")[0] == __name__.partition(".")[0]


def _place(traceback: TracebackType | None) -> str:
    """The deepest line of f that is not inside NumPy or admodes."""
    place = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "").partition(".")[0]
        if module not in ("admodes", "numpy", "optree", "scipy"):
            line = linecache.getline(code.co_filename, traceback.tb_lineno, traceback.tb_frame.f_globals).strip()
            place = f" (in {code.co_name}, line {traceback.tb_lineno}{': ' + line if line else ''})"
        traceback = traceback.tb_next
    return place
