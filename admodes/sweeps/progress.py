"""How far a sweep is: a bar on a terminal and in a notebook, with failures and the time that is left; nothing in a pipe."""

from __future__ import annotations

import sys
from typing import Any, Self

from ..bars import bar_class, somebody_looks
from ..rows import UNSETTLED
from .unit import Outcome


class Progress:
    """A bar that is told of every finished cell.

    Parameters
    ----------
    shown : bool, optional
        By default where somebody looks: on a terminal, and in a notebook.
    """

    def __init__(self, shown: bool | None = None) -> None:
        self._shown = somebody_looks() if shown is None else shown
        self._bar: Any = None
        self._failures = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, row: Outcome, done: int, total: int) -> None:
        """Show that `done` of `total` cells (and claims) are done, and `row` was the last of them."""
        if not self._shown:
            return
        if self._bar is None:
            # What was there before this run says nothing about how long the rest takes.
            self._bar = bar_class()(total=total, initial=done - 1, unit="cell", file=sys.stderr, dynamic_ncols=True)
        self._failures += row.status != "ok" and row.status not in UNSETTLED
        self._bar.set_description_str(f"{self._failures} failed", refresh=False)
        self._bar.set_postfix_str(row.title, refresh=False)
        self._bar.update(done - self._bar.n)
