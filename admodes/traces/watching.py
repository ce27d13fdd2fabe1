"""Sees, while f runs on a tape, which functions it is in and which of its variables hold which record.

Names are not guessed from the text: a variable names a record if it is bound to it. Frames are held until f has
returned, since a frame keeps the variables that it ended with.
"""

from __future__ import annotations

import inspect
import linecache
import re
from types import CodeType, FrameType
from typing import Any, NamedTuple

from ..expressions.formula import Formula
from ..function import Function
from ..levels import Traced
from ..operators import Operators
from ..protocols import call_function

#: Frames in which a function of NumPy that is written with others is at work; they have it as `function`.
_COMPOSITES = frozenset({call_function.__code__, vars(Operators)["mean"].__code__})
_ENTRY: CodeType = Function.__call__.__code__
#: The variable of it that holds what f returned, from then on.
_RESULT = "result"
#: What no constant is called in a formula: what is not meant to be seen, and what looks like a node.
_NOT_A_NAME = re.compile(r"_|v\d+$")
_HERE = __name__.rpartition(".")[0]
#: What runs a formula, whose text has no lines.
_FORMULAS = Formula.__module__
_MACHINERY = frozenset({"admodes", "numpy", "optree", "scipy"})


class Call(NamedTuple):
    """One call of a function: its name, a number of its own, and whether the function is one of NumPy's."""

    name: str
    number: int
    of_numpy: bool = False


class Site(NamedTuple):
    """Where a record was made.

    Attributes
    ----------
    frames : tuple of int
        Numbers of the frames of the user's functions, f's first.
    calls : tuple of Call
        The named functions that f was in, the outermost first; last one of NumPy's that is made of several operations.
    line : int or None
        Line in f's file.
    stretch : int
        Counts the stretches of straight code: a new one begins where a variable is bound, a function entered or left,
        or where code is repeated.
    """

    frames: tuple[int, ...]
    calls: tuple[Call, ...]
    line: int | None
    stretch: int


class Watch:
    """Looks at the frames between f and a tape."""

    def __init__(self, level: Any, function: Function) -> None:
        self.level = level
        self.function = function
        self.sites: dict[int, Site] = {}
        self.names: dict[int, tuple[int, str]] = {}
        #: Records that were not made by f, but of its results.
        self.assembled: set[int] = set()
        self._numbers: dict[FrameType, int] = {}
        self._own = ""
        self._last: tuple[tuple[int, ...], int, int] = ((), -1, 0)

    def note(self, number: int) -> None:
        """Note where the record of that number is being made."""
        users, composite, assembling = self._frames()
        if assembling:
            self.assembled.add(number)
        frames = tuple([self._number(frame) for frame in users])
        self._read_names(users)
        calls = [Call(name, self._numbers[frame]) for frame in users[1:] if (name := _name(frame.f_code))]
        if composite is not None:
            calls.append(Call(composite.f_locals["function"].__name__, self._number(composite), True))
        entered = (*frames, calls[-1].number) if composite is not None else frames
        self.sites[number] = Site(frames, tuple(calls), self._line(users), self._stretch(entered, users, number))

    def look(self) -> None:
        """Read what variables hold now: an array that is written into is about to become another record."""
        self._read_names(self._frames()[0])

    def finish(self) -> None:
        """Read the variables that all functions ended with, and let them go."""
        self._read_names(list(self._numbers))
        self._numbers.clear()

    def name_of(self, array: Any) -> str:
        """The name under which f holds an array that is no record; "" where it has none."""
        users, _, _ = self._frames()
        if not users:
            return ""
        for scope in (users[-1].f_locals, users[-1].f_globals):
            for name, value in scope.items():
                if value is array and name.isidentifier() and not _NOT_A_NAME.match(name):
                    return name
        return ""

    def _frames(self) -> tuple[list[FrameType], FrameType | None, bool]:
        """Frames of the user's functions, f's first; of the function of NumPy that the last called; whether f has returned."""
        users: list[FrameType] = []
        inner: list[FrameType] = []
        frame = inspect.currentframe()
        while frame is not None and not (frame.f_code is _ENTRY and frame.f_locals["self"] is self.function):
            inner.append(frame)
            frame = frame.f_back
        composite = None
        for entered in reversed(inner if frame is not None else []):
            if self._is_user(entered, first=entered is inner[-1]):
                users.append(entered)
                composite = None
            elif composite is None and entered.f_code in _COMPOSITES:
                composite = entered
        return users, composite, frame is not None and _RESULT in frame.f_locals

    def _is_user(self, frame: FrameType, first: bool) -> bool:
        module = str(frame.f_globals.get("__name__", ""))
        package = module.partition(".")[0]
        if package not in _MACHINERY:
            return True
        if module == _FORMULAS:
            return False
        if first and package == "admodes" and module.count(".") > 1:
            # f is one of admodes itself, an example or a problem: what stands in the same folder is the user's code here.
            self._own = "" if module.startswith(_HERE) else module.rpartition(".")[0]
            return True
        return bool(self._own) and module.startswith(self._own)

    def _number(self, frame: FrameType) -> int:
        return self._numbers.setdefault(frame, len(self._numbers))

    def _read_names(self, frames: list[FrameType]) -> None:
        for frame in frames:
            here = self._number(frame)
            for name, value in frame.f_locals.items():
                if isinstance(value, Traced) and value.level is self.level and name.isidentifier():
                    number = value.node if value.node >= 0 else ~value.node
                    site = self.sites.get(number)
                    if site is None or here not in site.frames:
                        continue
                    known = self.names.get(number)
                    if known is None or here < known[0]:
                        self.names[number] = here, name

    def _line(self, users: list[FrameType]) -> int | None:
        file = users[0].f_code.co_filename if users else ""
        lines = [frame.f_lineno for frame in users if frame.f_code.co_filename == file]
        return lines[-1] if lines and linecache.getline(file, lines[-1], users[0].f_globals) else None

    def _stretch(self, entered: tuple[int, ...], users: list[FrameType], number: int) -> int:
        before, place, stretch = self._last
        here = users[-1].f_lasti if users else -1
        if entered != before or here < place or number - 1 in self.names:
            stretch += 1
        self._last = entered, here, stretch
        return stretch


def _name(code: CodeType) -> str:
    """What a call of this code is named; "" for lambdas and comprehensions."""
    parts = code.co_qualname.rpartition("<locals>.")[2].split(".")
    if parts[-1].startswith("<"):
        return ""
    return parts[-2] if parts[-1] == "__call__" and len(parts) > 1 else ".".join(parts)
