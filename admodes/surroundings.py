"""What a function reads besides its argument: closures, globals, defaults, attributes, as they were at one moment.

What is prepared for a function holds for the numbers that the function saw. Where one of them is another one
now, it does not. What cannot be compared exactly is not guessed at: the snapshot says so.
"""

from __future__ import annotations

import abc
import enum
import functools
import sys
import types
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from .comparing import NOTHING, NUMBERS, Attributes, bits_of, content_of, made_with, same, same_items
from .reading import Reads, fixed, reads_of

#: Classes written in C whose instances hold nothing but what is compared here.
_BASES = frozenset(
    {object, *NUMBERS, list, tuple, dict, set, frozenset, np.ndarray, range, slice, OrderedDict, types.FunctionType}
)
_METACLASSES = (type, abc.ABCMeta, enum.EnumMeta)
#: What classes have for Python's own use: no numbers of f.
_BOOKKEEPING = {
    "__module__",
    "__doc__",
    "__dict__",
    "__weakref__",
    "__annotations__",
    "__qualname__",
    "__dataclass_params__",
    "__dataclass_fields__",
    "__repr__",
    "__str__",
    "__abstractmethods__",
    "_abc_impl",
    "__parameters__",
    "__orig_bases__",
    "__firstlineno__",
    "__static_attributes__",
}
_DISPATCHER = type(np.sum)
_GETTER = type(NamedTuple("_Pair", [("first", int)]).first)  # type: ignore[attr-defined]
#: Values that never change.
_CONSTANTS = (np.ufunc, np.generic, np.dtype, types.MethodDescriptorType, types.WrapperDescriptorType, _GETTER)
#: Bytes of arrays and containers that are compared at each call; it takes some 0.1 ms.
_LARGEST = 2**20
#: Py_TPFLAGS_HEAPTYPE.
_MADE_AT_RUN_TIME = 1 << 9


class Surroundings:
    """The numbers that `roots` hold or read, kept to be compared with what they are later.

    Functions are followed through their closures, defaults, attributes and the globals they name, into the functions that they
    call; containers through their items, objects and classes through their attributes, modules through the names that any of
    the functions mentions. Numbers, arrays and what is known to be fixed in NumPy, SciPy and Python end the search.

    Parameters
    ----------
    *roots
        Functions and data.

    Attributes
    ----------
    reason : str
        The first thing that cannot be compared, because it may change without a trace; "" where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> weights = np.ones(3)
    >>> kept = Surroundings({"weights": weights})
    >>> kept.reason, kept.are_as_before()
    ('', True)
    >>> weights[0] = 2.0
    >>> kept.are_as_before()
    False
    >>> from collections import deque
    >>> Surroundings({"weights": deque([1.0])}).reason
    'it reads a deque (`weights`), whose changes cannot be seen'
    """

    def __init__(self, *roots: Any) -> None:
        self.reason = ""
        self._roots = roots
        self._names: list[tuple[Any, Any, Any]] = []
        self._cells: list[tuple[types.CellType, Any]] = []
        self._functions: list[tuple[types.FunctionType, tuple[Any, ...]]] = []
        self._contents: list[tuple[Any, Any]] = []
        self._arrays: list[tuple[np.ndarray, Any]] = []
        self._size = 0
        # They are kept alive with the snapshot: an id is not used twice.
        self._seen: dict[int, Any] = {}
        self._modules: list[types.ModuleType] = []
        self._attributes: dict[str, None] = {}
        try:
            self._watch_all((getattr(root, "__name__", type(root).__name__), root) for root in roots)
            self._watch_modules()
        except RecursionError:
            self._refuse("it reads data that nest too deeply to be compared")

    def are_as_before(self) -> bool:
        """Whether all numbers are still the same, to the bit."""
        # Loops, and identity first: this is asked before each call of what takes microseconds.
        for holder, name, kept in self._names:
            found = holder.get(name, NOTHING)
            if found is not kept and not same(found, kept):
                return False
        for cell, kept in self._cells:
            found = content_of(cell)
            if found is not kept and not same(found, kept):
                return False
        for array, bits in self._arrays:
            if bits_of(array) != bits:
                return False
        for function, made in self._functions:
            if made_with(function) != made:
                return False
        return not self._contents or all(same_items(found, kept) for found, kept in self._contents)

    def started_from(self, *roots: Any) -> bool:
        """Whether these are the roots, or equal numbers and arrays in their place."""
        return len(roots) == len(self._roots) and all(map(same, roots, self._roots))

    def _refuse(self, why: str) -> None:
        self.reason = self.reason or why

    def _watch(self, name: str, value: Any) -> None:
        if type(value) in NUMBERS or self.reason or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, types.FunctionType):
            self._watch_function(value)
        elif isinstance(value, type):
            self._watch_class(name, value)
        elif isinstance(value, types.ModuleType):
            self._watch_module(name, value)
        elif isinstance(value, types.MethodType):
            self._watch_all([(name, value.__func__), (name, value.__self__)])
        elif type(value) is functools.partial:
            self._watch_all([(name, value.func), (name, value.args), (name, value.keywords), (name, vars(value))])
        elif isinstance(value, (staticmethod, classmethod)):
            self._watch(name, value.__func__)
        elif isinstance(value, (property, functools.cached_property)):
            self._watch(name, value.fget if isinstance(value, property) else value.func)
        elif isinstance(value, (types.BuiltinFunctionType, types.MethodWrapperType)):
            self._watch_builtin(name, value)
        elif not (isinstance(value, _CONSTANTS) or (type(value) is _DISPATCHER and fixed(value.__module__, value.__name__))):
            self._watch_content(name, value)
            self._watch_object(name, value)

    def _watch_all(self, found: Iterable[tuple[str, Any]]) -> None:
        for name, value in found:
            self._watch(name, value)

    def _watch_builtin(self, name: str, value: Any) -> None:
        """A function written in C: of a module that is fixed, or the method of a value."""
        owner = value.__self__
        if not (owner is None or isinstance(owner, types.ModuleType)):
            self._watch(name, owner)
        elif not fixed(value.__module__ or "", value.__name__):
            self._refuse(f"it calls `{value.__module__}.{value.__name__}`, which may return something else each time")

    def _watch_content(self, name: str, value: Any) -> None:
        """What the value holds as an array or a container."""
        kind = type(value)
        if issubclass(kind, np.ndarray):  # not isinstance: traced values claim to be arrays
            if value.dtype.hasobject:
                self._refuse(f"it reads an array of objects (`{name}`), whose changes cannot be seen")
            elif self._has_room(name, value.nbytes):
                self._arrays.append((value, bits_of(value)))
        elif not issubclass(kind, (list, tuple, dict, set, frozenset)) or not self._has_room(name, 8 * len(value)):
            return
        elif issubclass(kind, dict):
            self._contents.append((value, dict(value.items())))
            self._watch_all((name, key) for key in value)
            self._watch_all((str(key), item) for key, item in value.items())
        else:
            if issubclass(kind, (list, set)):
                self._contents.append((value, list(value) if issubclass(kind, list) else set(value)))
            self._watch_all((name, item) for item in value)

    def _has_room(self, name: str, size: int) -> bool:
        self._size += size
        if self._size > _LARGEST:
            self._refuse(f"it reads more than {_LARGEST // 2**20} MiB of data (`{name}`), which would be compared at each call")
        return not self.reason

    def _watch_function(self, function: types.FunctionType) -> None:
        name = function.__name__
        self._functions.append((function, made_with(function)))
        self._watch_all([(name, function.__defaults__), (name, function.__kwdefaults__), (name, vars(function))])
        for label, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self._cells.append((cell, content_of(cell)))
            if content_of(cell) is not NOTHING:
                self._watch(label, content_of(cell))
        # Its own globals say where it was written: `functools.wraps` and `__module__` may say anything.
        home = function.__globals__.get("__name__", "")
        if not fixed(home, name):
            self._watch_reads(function, reads_of(function.__code__))

    def _watch_reads(self, function: types.FunctionType, reads: Reads) -> None:
        if reads.reason:
            self._refuse(reads.reason)
        self._attributes |= dict.fromkeys(reads.attributes)
        for name in reads.modules:
            self._names.append((sys.modules, name, sys.modules.get(name, NOTHING)))
            if name in sys.modules:
                self._watch(name, sys.modules[name])
        for name in reads.names:
            found = function.__globals__.get(name, NOTHING)
            self._names.append((function.__globals__, name, found))
            if found is not NOTHING:
                self._watch(name, found)
            elif name in vars(sys.modules["builtins"]) and not fixed("builtins", name):
                self._refuse(f"it calls `{name}`, which may read anything")

    def _watch_module(self, name: str, module: types.ModuleType) -> None:
        made_up = type(module) is not types.ModuleType or "__getattr__" in vars(module)
        foreign = module.__name__ in sys.stdlib_module_names and module.__name__ != "__main__"
        if not fixed(module.__name__) and (made_up or foreign):
            self._refuse(f"it reads the module `{module.__name__}`, which may return something else each time")
        self._modules.append(module)

    def _watch_modules(self) -> None:
        """Of a module, what any function mentions by name: in turn, as that may lead to further modules and functions."""
        done = (-1, -1)
        while done != (len(self._modules), len(self._attributes)):
            done = (len(self._modules), len(self._attributes))
            for module in list(self._modules):
                self._watch_mentioned(module)
        self._names = list({(id(holder), name): (holder, name, kept) for holder, name, kept in self._names}.values())

    def _watch_mentioned(self, module: types.ModuleType) -> None:
        for name in list(self._attributes):
            value = vars(module).get(name, NOTHING)
            if not fixed(module.__name__):
                self._names.append((vars(module), name, value))
                if value is not NOTHING:
                    self._watch(name, value)
            elif isinstance(value, types.ModuleType):
                self._watch(name, value)
            elif not fixed(f"{module.__name__}.{name}") or (value is not NOTHING and not fixed(module.__name__, name)):
                self._refuse(f"it reads `{module.__name__}.{name}`, which may be something else each time")
        if not fixed(module.__name__) and "__dict__" in self._attributes:
            self._refuse(f"it reads the `__dict__` of `{module.__name__}`")

    def _watch_object(self, name: str, value: Any) -> None:
        if type(value) in _BASES:
            return
        kinds = type(value).__mro__
        unknown = [kind for kind in kinds if not _written_in_python(kind) and kind not in _BASES]
        if unknown:
            self._refuse(f"it reads a {type(value).__name__} (`{name}`), whose changes cannot be seen")
            return
        self._watch(name, type(value))
        self._names.append((Attributes(value), "__class__", type(value)))
        if hasattr(value, "__dict__"):
            self._names.append((Attributes(value), "__dict__", vars(value)))
            self._watch(name, vars(value))
        for kind in kinds:
            for slot, part in vars(kind).items():
                if isinstance(part, types.MemberDescriptorType):
                    held = getattr(value, slot, NOTHING)
                    self._names.append((Attributes(value), slot, held))
                    if held is not NOTHING:
                        self._watch(slot, held)

    def _watch_class(self, name: str, kind: type) -> None:
        if kind in _BASES or fixed(kind.__module__, kind.__name__):
            return
        if type(kind) not in _METACLASSES or not _written_in_python(kind):
            self._refuse(f"it reads the class `{kind.__name__}`, whose changes cannot be seen")
            return
        self._contents.append((vars(kind), dict(vars(kind))))
        self._names.append((Attributes(kind), "__bases__", kind.__bases__))
        for label, part in vars(kind).items():
            if label not in _BOOKKEEPING and not isinstance(part, types.MemberDescriptorType):
                self._watch(label, part)
        self._watch_all((base.__name__, base) for base in kind.__bases__)


def _written_in_python(kind: type) -> bool:
    """Whether instances keep what they hold in a dict or in slots: what is written in C may keep it anywhere."""
    own = [part for name, part in vars(kind).items() if name not in _BOOKKEEPING]
    in_c = (types.MethodDescriptorType, types.WrapperDescriptorType, types.GetSetDescriptorType)
    return bool(kind.__flags__ & _MADE_AT_RUN_TIME) and not any(
        (isinstance(part, in_c) and part.__objclass__ is kind)
        or (isinstance(part, types.BuiltinFunctionType) and part.__self__ is kind)
        for part in own
    )
