"""Views: how an array was taken from another, so that writes are seen through both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

#: The version of an array that a conversion has read: it may not be written into any more.
EXPORTED = -1


class View:
    """How an array was taken from another: writes go through, and stale reads are taken again.

    `key` is the index of the base that it shows, or else `take` the function from the base to the view.
    """

    __slots__ = ("base", "key", "seen", "take", "writable")

    def __init__(self, base: Any, take: Callable[[Any], Any] | None, key: Any, writable: bool) -> None:
        self.base = base
        self.take = take
        self.key = key
        self.writable = writable
        self.seen = base.version

    def of(self, base: Any) -> Any:
        """The view of `base`, or of a plain array in its place."""
        return base[self.key] if self.take is None else self.take(base)

    def index(self) -> Any:
        """An index of the base that selects what this view shows."""
        if self.take is None:
            return self.key
        shape = self.base.shape
        return np.unravel_index(self.take(np.arange(self.base.size).reshape(shape)), shape)
