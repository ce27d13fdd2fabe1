"""What code and data something is made of, as a short text that changes when they do.

A cell of a sweep is measured again where its problem or its method has changed since. Functions are
told apart by their bytecode, defaults, closures and what they call in their own module; what comes
from other packages by its name and their version.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .._version import __version__
from ..differentiator import Differentiator

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
#: Parts of admodes that measure and show, and differentiate nothing.
_NOT_DIFFERENTIATING = (
    "figures",
    "measure",
    "checking",
    "reproduce",
    "testing.py",
    "sweeps",
    "pytest_plugin.py",
    "report",
    "cli",
    "__main__.py",
)


def fingerprint(value: Any) -> str:
    """16 hexadecimal digits that stand for the code and the data of `value`.

    Parameters
    ----------
    value : object
        A function, an object with functions in it, or data.

    Returns
    -------
    str

    Examples
    --------
    >>> fingerprint(lambda x: x + 1) == fingerprint(lambda x: x + 1)
    True
    >>> fingerprint(lambda x: x + 1) == fingerprint(lambda x: x + 2)
    False
    """
    digest = hashlib.sha256()
    for part in _parts(value, {}):
        digest.update(part)
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def version_of(method: Differentiator) -> str:
    """The package and version that a method comes from, with a fingerprint of its code and options."""
    package = type(method).__module__.partition(".")[0]
    options = fingerprint(vars(method))
    if package == __name__.partition(".")[0]:
        return f"admodes {__version__} {engine_fingerprint()} {options}"
    return f"{package} {_version_of(package)} {fingerprint(type(method))} {options}"


@functools.cache
def engine_fingerprint() -> str:
    """The fingerprint of all of admodes that differentiates: what a method's derivative and its cost depend on."""
    root, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] not in _NOT_DIFFERENTIATING:
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


@functools.cache
def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return ""


def _parts(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    if isinstance(value, _PLAIN):
        yield f"{type(value).__name__} {value!r}".encode()
        return
    if id(value) in seen:
        yield b"again"
        return
    seen[id(value)] = value  # kept alive: an id is not used twice
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        yield f"array {array.dtype} {array.shape}".encode()
        yield array.tobytes() if array.dtype != object else repr(array.tolist()).encode()
    elif isinstance(value, (list, tuple)):
        yield f"{type(value).__name__} {len(value)}".encode()
        for item in value:
            yield from _parts(item, seen)
    elif isinstance(value, (dict, set, frozenset, types.MappingProxyType)):
        yield f"{type(value).__name__} {len(value)}".encode()
        items = value.items() if isinstance(value, (dict, types.MappingProxyType)) else value
        for item in sorted(items, key=repr) if isinstance(value, (set, frozenset)) else items:
            yield from _parts(item, seen)
    else:
        yield from _parts_of_code(value, seen)


def _parts_of_code(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    if isinstance(value, types.ModuleType):
        package = value.__name__.partition(".")[0]
        yield f"module {value.__name__} {_version_of(package)}".encode()
    elif isinstance(value, types.FunctionType):
        yield b"function"
        yield from _parts_of_bytecode(value.__code__, seen)
        yield from _parts([value.__defaults__, value.__kwdefaults__], seen)
        for cell in value.__closure__ or ():
            yield from _parts(_content(cell), seen)
        for name in sorted(_names(value.__code__) & value.__globals__.keys()):
            yield name.encode()
            yield from _parts_of_global(value.__globals__[name], value.__module__, seen)
    elif isinstance(value, types.MethodType):
        yield from _parts([value.__func__, value.__self__], seen)
    elif isinstance(value, (staticmethod, classmethod)):
        yield from _parts(value.__func__, seen)
    elif isinstance(value, property):
        yield from _parts([value.fget], seen)
    elif isinstance(value, functools.partial):
        yield from _parts([value.func, value.args, value.keywords], seen)
    elif isinstance(value, type):
        yield f"class {value.__module__}.{value.__qualname__}".encode()
        if value.__module__ != "builtins":
            for name in sorted(vars(value)):
                if not name.startswith("__") or isinstance(vars(value)[name], types.FunctionType):
                    yield name.encode()
                    yield from _parts(vars(value)[name], seen)
    elif hasattr(value, "__wrapped__"):
        yield from _parts(value.__wrapped__, seen)
    else:
        yield f"{type(value).__module__}.{type(value).__qualname__} {getattr(value, '__qualname__', '')}".encode()
        if hasattr(value, "__dict__"):
            yield from _parts_of_global(type(value), type(value).__module__, seen)
            yield from _parts(dict(vars(value)), seen)


def _parts_of_bytecode(code: types.CodeType, seen: dict[int, Any]) -> Iterator[bytes]:
    """The instructions and constants, without line numbers and file names: moving a function changes nothing."""
    yield code.co_code
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_flags)).encode()
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _parts_of_bytecode(constant, seen)
        else:
            yield from _parts(constant, {})


def _names(code: types.CodeType) -> set[str]:
    """All global names that a function and the functions inside it may read."""
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return set(code.co_names).union(*inner)


def _parts_of_global(value: Any, module: str, seen: dict[int, Any]) -> Iterator[bytes]:
    """What a function finds by name: from its own module all of it, from elsewhere its name and version."""
    home = getattr(value, "__module__", None)
    if isinstance(home, str) and home != module and isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType)):
        yield f"{home}.{getattr(value, '__qualname__', '')} {_version_of(home.partition('.')[0])}".encode()
    else:
        yield from _parts(value, seen)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a name that is not bound yet
        return None
