"""What the code of a function names: globals, attributes, modules; and which of Python's and NumPy's own things never change."""

from __future__ import annotations

import dis
import functools
import types
from typing import NamedTuple

_PACKAGES = {
    __name__.partition(".")[0],
    "numpy",
    "scipy",
    "math",
    "cmath",
    "operator",
    "itertools",
    "functools",
    "numbers",
    "typing",
    "abc",
    "enum",
    "dataclasses",
    "collections",
    "builtins",
    "_operator",
    "_collections_abc",
}
#: What draws random numbers, or reads files.
_OPEN = ("numpy.random", "numpy.ctypeslib", "scipy.stats", "scipy.io", "scipy.datasets")
_OPEN_NAMES = {
    "load",
    "loadtxt",
    "genfromtxt",
    "fromfile",
    "fromregex",
    "memmap",
    "DataSource",
    "open_memmap",
    "geterr",
    "geterrcall",
    "getbufsize",
    "attrgetter",
    "methodcaller",
    # Builtins that reach what no code names.
    "getattr",
    "hasattr",
    "vars",
    "globals",
    "locals",
    "dir",
    "eval",
    "exec",
    "compile",
    "open",
    "input",
    "id",
    "__import__",
    "breakpoint",
}
#: Attributes that lead from any function to all globals of its module.
_DOORS = {"__globals__", "__builtins__", "__subclasses__", "f_globals", "f_back", "gi_frame"}


class Reads(NamedTuple):
    """What a function and the functions inside it name.

    Attributes
    ----------
    names : tuple of str
        Globals.
    attributes : tuple of str
        Attributes of whatever they meet.
    modules : tuple of str
        Modules that are imported while it runs.
    reason : str
        What cannot be followed; "" where there is nothing of that kind.
    """

    names: tuple[str, ...]
    attributes: tuple[str, ...]
    modules: tuple[str, ...]
    reason: str


@functools.lru_cache(maxsize=256)
def reads_of(code: types.CodeType) -> Reads:
    """What code names, without running it.

    Examples
    --------
    >>> def f(x):
    ...     return settings.rate * x
    >>> reads_of(f.__code__)
    Reads(names=('settings',), attributes=('rate',), modules=(), reason='')
    """
    inner = [reads_of(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    names = [name for part in inner for name in part.names]
    attributes = [name for part in inner for name in part.attributes]
    modules = [name for part in inner for name in part.modules]
    reasons = [part.reason for part in inner]
    instructions = list(dis.get_instructions(code))
    for position, instruction in enumerate(instructions):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
            names.append(instruction.argval)
        elif instruction.opname == "IMPORT_NAME":
            relative = instructions[position - 2].argval != 0
            if relative or not fixed(instruction.argval):
                reasons.append(f"it imports `{instruction.argval}` while it runs: import that outside")
            modules += [instruction.argval, instruction.argval.partition(".")[0]]
        elif instruction.opcode in dis.hasname:
            attributes.append(instruction.argval)
            if instruction.argval in _DOORS:
                reasons.append(f"it reads `{instruction.argval}`, through which it may reach anything")
    return Reads(_once(names), _once(attributes), _once(modules), next(filter(None, reasons), ""))


def _once(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def fixed(module: str, name: str = "") -> bool:
    """Whether a module of this name, or what it has under a name, does the same at any time.

    Examples
    --------
    >>> fixed("numpy", "sum"), fixed("numpy.random", "normal"), fixed("time", "time"), fixed("builtins", "open")
    (True, False, False, False)
    """
    return module.partition(".")[0] in _PACKAGES and not module.startswith(_OPEN) and name not in _OPEN_NAMES
