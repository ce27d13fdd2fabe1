"""What a function reads besides its argument: closures, globals, defaults, attributes, as they were at one moment.

What is prepared for a function holds for the numbers that the function saw. Where one of them is another one
now, it does not.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

#: Packages whose functions are what they are: their globals are not followed.
_FIXED = frozenset({"numpy", "scipy", "sympy", "mpmath", __name__.partition(".")[0], *sys.stdlib_module_names} - {"__main__"})
_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_NOTHING = object()


class Surroundings:
    """The numbers that `roots` hold or read, kept to be compared with what they are later.

    Functions are followed through their closures, defaults and the globals they name, into the functions that they call;
    containers through their items, objects and their classes through their attributes. What the functions of NumPy, of
    SciPy and of Python itself read is not.

    Parameters
    ----------
    *roots
        Functions and data.

    Examples
    --------
    >>> import numpy as np
    >>> weights = np.ones(3)
    >>> kept = Surroundings({"weights": weights})
    >>> kept.are_as_before()
    True
    >>> weights[0] = 2.0
    >>> kept.are_as_before()
    False
    """

    def __init__(self, *roots: Any) -> None:
        self._roots = roots
        self._names: list[tuple[Any, Any, Any]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._functions: list[tuple[types.FunctionType, tuple[Any, ...]]] = []
        self._contents: list[tuple[Any, Any]] = []
        self._arrays: list[tuple[np.ndarray, Any]] = []
        # They are kept alive with the snapshot: an id is not used twice.
        self._seen: dict[int, Any] = {}
        for root in roots:
            self._watch(root)

    def are_as_before(self) -> bool:
        """Whether all numbers are still the same, to the bit."""
        # Loops, and identity first: this is asked before each call of what takes microseconds.
        for holder, name, kept in self._names:
            found = holder.get(name, _NOTHING)
            if found is not kept and not _same(found, kept):
                return False
        for cell, kept in self._cells:
            found = _content(cell)
            if found is not kept and not _same(found, kept):
                return False
        for array, bits in self._arrays:
            if _bits(array) != bits:
                return False
        for function, made in self._functions:
            if _fixed(function) != made:
                return False
        return not self._contents or all(_same_items(found, kept) for found, kept in self._contents)

    def started_from(self, *roots: Any) -> bool:
        """Whether these are the roots, or equal numbers and arrays in their place."""
        return len(roots) == len(self._roots) and all(map(_same, roots, self._roots))

    def _watch(self, value: Any) -> None:
        if type(value) in _PLAIN or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if issubclass(type(value), np.ndarray):  # not isinstance: traced values claim to be arrays
            self._arrays.append((value, _bits(value)))
        elif isinstance(value, (list, set, dict)):
            self._contents.append((value, value.copy()))
            self._watch_all(value.values() if isinstance(value, dict) else value)
        elif isinstance(value, (tuple, frozenset)):
            self._watch_all(value)
        elif isinstance(value, types.FunctionType):
            self._watch_function(value)
        elif isinstance(value, types.MethodType):
            self._watch_all((value.__func__, value.__self__))
        elif isinstance(value, functools.partial):
            self._watch_all((value.func, value.args, value.keywords))
        elif not isinstance(value, (type, types.ModuleType, np.ufunc)):
            self._watch_object(value)

    def _watch_all(self, values: Iterable[Any]) -> None:
        for value in values:
            self._watch(value)

    def _watch_function(self, function: types.FunctionType) -> None:
        self._functions.append((function, _fixed(function)))
        self._watch_all((function.__defaults__, function.__kwdefaults__))
        names = () if _package(function) in _FIXED else _global_names(function.__code__)
        for cell in function.__closure__ or ():
            self._cells.append((cell, _content(cell)))
            self._watch_found(_content(cell), names)
        for name in names:
            if name in function.__globals__:
                self._names.append((function.__globals__, name, function.__globals__[name]))
                self._watch_found(function.__globals__[name], names)

    def _watch_found(self, value: Any, names: Sequence[str]) -> None:
        """What a function that reads these names found under one of them: of a module, it reads no more than these."""
        if not isinstance(value, types.ModuleType):
            self._watch(value)
        elif _package(value) not in _FIXED:
            for name in names:
                if name in vars(value):
                    self._names.append((vars(value), name, vars(value)[name]))
                    self._watch(vars(value)[name])

    def _watch_object(self, value: Any) -> None:
        if hasattr(value, "__dict__"):
            self._watch(vars(value))
        for kind in type(value).__mro__:
            if _package(kind) not in _FIXED:
                for name, part in vars(kind).items():
                    if isinstance(part, types.MemberDescriptorType):
                        self._names.append((_Attributes(value), name, getattr(value, name, _NOTHING)))
                        self._watch(getattr(value, name, _NOTHING))
                    elif isinstance(part, types.FunctionType) or not name.startswith("__"):
                        self._names.append((vars(kind), name, part))
                        self._watch(getattr(part, "fget", part))


class _Attributes:
    """An object's attributes, looked up as in a dict: those in slots are in none."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def get(self, name: str, default: Any) -> Any:
        return getattr(self._value, name, default)


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
    """The package that a function, a class or a module belongs to."""
    home = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
    return home.partition(".")[0] if isinstance(home, str) else ""


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet
        return _NOTHING
