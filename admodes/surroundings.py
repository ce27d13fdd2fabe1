"""What a function reads besides its argument: closures, globals, defaults, attributes, as they were at one moment.

What is prepared for a function holds for the numbers that the function saw. Where one of them is another one
now, it does not.
"""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_NOTHING = object()


class Surroundings:
    """The numbers that `roots` hold or read, kept to be compared with what they are later.

    Functions are followed through their closures, defaults and the globals they name, into functions and objects of their
    own package; containers through their items, objects through their attributes. What other packages keep is not seen.

    Parameters
    ----------
    *roots
        Functions and data.

    Examples
    --------
    >>> import numpy as np
    >>> weights = np.ones(3)
    >>> kept = Surroundings(lambda x: weights @ x)
    >>> kept.are_as_before()
    True
    >>> weights[0] = 2.0
    >>> kept.are_as_before()
    False
    """

    def __init__(self, *roots: Any) -> None:
        self._roots = roots
        self._names: list[tuple[dict[Any, Any], Any, Any]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._functions: list[tuple[types.FunctionType, tuple[Any, ...]]] = []
        self._contents: list[tuple[Any, Any]] = []
        self._arrays: list[tuple[np.ndarray, Any]] = []
        # They are kept alive with the snapshot: an id is not used twice.
        self._seen: dict[int, Any] = {}
        for root in roots:
            self._watch(root, _package(root))

    def are_as_before(self) -> bool:
        """Whether all numbers are still the same, to the bit."""
        return (
            all(_same(holder.get(name, _NOTHING), kept) for holder, name, kept in self._names)
            and all(_same(_content(cell), kept) for cell, kept in self._cells)
            and all(_fixed(function) == kept for function, kept in self._functions)
            and all(_same_items(found, kept) for found, kept in self._contents)
            and all(_bits(array) == kept for array, kept in self._arrays)
        )

    def started_from(self, *roots: Any) -> bool:
        """Whether these are the roots, or equal numbers and arrays in their place."""
        return len(roots) == len(self._roots) and all(map(_same, roots, self._roots))

    def _watch(self, value: Any, package: str) -> None:
        if type(value) in _PLAIN or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if issubclass(type(value), np.ndarray):  # not isinstance: traced values claim to be arrays
            self._arrays.append((value, _bits(value)))
        elif isinstance(value, (list, tuple, set, frozenset)):
            if not isinstance(value, tuple):
                self._contents.append((value, value.copy()))
            for item in value:
                self._watch(item, package)
        elif isinstance(value, dict):
            self._contents.append((value, dict(value)))
            for item in value.values():
                self._watch(item, package)
        elif isinstance(value, types.FunctionType):
            self._watch_function(value, package)
        elif isinstance(value, types.MethodType):
            self._watch(value.__func__, package)
            self._watch(value.__self__, package)
        elif isinstance(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self._watch(part, package)
        elif hasattr(value, "__dict__") and not isinstance(value, (type, types.ModuleType)):
            self._watch(vars(value), package)
            for kind in type(value).__mro__:
                if _package(kind) == package:
                    for part in vars(kind).values():
                        self._watch(part if isinstance(part, types.FunctionType) else None, package)

    def _watch_function(self, function: types.FunctionType, package: str) -> None:
        self._functions.append((function, _fixed(function)))
        self._watch((function.__defaults__, function.__kwdefaults__), package)
        for cell in function.__closure__ or ():
            self._cells.append((cell, _content(cell)))
            self._watch(_content(cell), package)
        for name in _global_names(function.__code__):
            value = function.__globals__.get(name, _NOTHING)
            if isinstance(value, (types.ModuleType, types.BuiltinFunctionType, np.ufunc)) or value is _NOTHING:
                continue
            self._names.append((function.__globals__, name, value))
            if not callable(value) or _package(value) == package:
                self._watch(value, package)


def _same(found: Any, kept: Any) -> bool:
    """Whether one is the other, or the same number or array of numbers."""
    if found is kept:
        return True
    if type(found) is not type(kept):
        return False
    if issubclass(type(kept), (np.ndarray, np.generic)):
        return bool(_bits(found) == _bits(kept))
    # By its text: nan is nan, and 0.0 is not -0.0.
    return type(kept) in _PLAIN and repr(found) == repr(kept)


def _same_items(found: Any, kept: Any) -> bool:
    if len(found) != len(kept):
        return False
    if isinstance(kept, dict):
        return all(one == other for one, other in zip(found, kept)) and all(map(_same, found.values(), kept.values()))
    return all(map(_same, found, kept)) if isinstance(kept, list) else bool(found == kept)


def _fixed(function: types.FunctionType) -> tuple[Any, ...]:
    """What a function was made with, by identity."""
    return function.__code__, id(function.__defaults__), id(function.__kwdefaults__)


def _bits(array: Any) -> tuple[Any, ...]:
    return array.dtype, array.shape, array.tobytes()


@functools.lru_cache(maxsize=256)
def _global_names(code: types.CodeType) -> tuple[str, ...]:
    """All global names that a function and the functions inside it may read."""
    inner = [_global_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return tuple(dict.fromkeys([*code.co_names, *(name for names in inner for name in names)]))


def _package(value: Any) -> str:
    """The package whose code `value` is, or is an object of."""
    home = getattr(value, "__module__", None)
    return home.partition(".")[0] if isinstance(home, str) else ""


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet
        return _NOTHING
