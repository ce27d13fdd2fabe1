"""Which of NumPy's functions have a rule: each that can be overridden is in exactly one class."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from . import table  # noqa: F401 - fills the registry
from .kinds import Constant
from .protocols import CREATES, FROM_SHAPE, INDICES
from .rules import FUNCTIONS, METADATA, WRITERS, reason_refused
from .table.creation import CREATORS

#: The classes, and what a function of each does with traced values.
CLASSES = {
    "differentiable": "These have a derivative (or a value that moves, copies or creates what has one).",
    "constant": "The results are locally constant: traced, so that branches on them are known, and with a derivative of zero.",
    "metadata": "These are about shape, type and text: they answer with plain values.",
    "refused": "These raise `MissingRuleError`, which says why and what would help.",
}


def overridable() -> set[Any]:
    """The functions that `numpy.testing.overrides` lists, numpy.fft among them."""
    from numpy.testing import overrides

    importlib.import_module("numpy.fft")
    functions: set[Any] = overrides.get_overridable_numpy_array_functions()
    return functions | overrides.get_overridable_numpy_ufuncs()


def classes_of(function: Any) -> list[str]:
    """Every class that claims a function; there should be one."""
    # NumPy dispatches `np.eye(..., like=x)` by a function of its own, of the same name.
    if function.__name__ in _WITH_LIKE:
        function = getattr(np, function.__name__)
    rule = FUNCTIONS.get(function)
    claims = {
        "differentiable": (rule is not None and not isinstance(rule, Constant) and function not in METADATA)
        or function in WRITERS
        or function in CREATORS,
        "constant": isinstance(rule, Constant) or function in CREATES or function in INDICES or function in FROM_SHAPE,
        "metadata": function in METADATA,
        "refused": bool(reason_refused(function)),
    }
    return [name for name, claimed in claims.items() if claimed]


def classify(function: Any) -> str:
    """The class of one of NumPy's functions; "unknown" where none claims it (a newer NumPy's)."""
    return next(iter(classes_of(function)), "unknown")


def name_of(function: Any) -> str:
    """How NumPy's documentation calls a function: ``np.linalg.svd``."""
    name = function.__name__
    module = getattr(function, "__module__", None)
    if module:
        return f"{module.replace('numpy', 'np', 1)}.{name}"
    home = next((space for space in ("np", "np.strings") if getattr(_SPACES[space], name, None) is function), "np._core.umath")
    return f"{home}.{name}"


_WITH_LIKE = frozenset({"eye", "fromfunction", "full", "genfromtxt", "identity", "loadtxt", "ones", "require", "tri"})
_SPACES = {"np": np, "np.strings": np.strings}
