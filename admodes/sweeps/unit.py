"""What a sweep runs and what comes of it, whatever it is: the driver knows no more than this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Outcome(Protocol):
    """What a unit of work ends in: one line of the results file."""

    @property
    def kind(self) -> str:
        """Of the line."""

    @property
    def key(self) -> str:
        """Of the unit."""

    @property
    def title(self) -> str:
        """What was run, in one line."""

    @property
    def status(self) -> str:
        """How it ended: one of `admodes.rows.STATUSES`."""

    @property
    def reason(self) -> str:
        """Why it is not "ok"."""

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, text and lists."""


class Unit(Protocol):
    """Something that runs in a process of its own, and is found again by its key when a sweep is resumed."""

    @property
    def key(self) -> str:
        """What identifies it, the version of its code included."""

    @property
    def title(self) -> str:
        """What is run, in one line."""

    @property
    def series(self) -> tuple[str, ...] | None:
        """What it shares with larger units, which are not run where this one is stopped; None where there are none."""

    @property
    def size(self) -> Sequence[int]:
        """Where it stands in its series."""

    def run(self) -> Outcome:
        """Run it, here and now."""

    def read(self, data: dict[str, Any]) -> Outcome:
        """What a worker has sent: the inverse of the outcome's `to_dict`."""

    def row(self, status: str, reason: str = "", **columns: Any) -> Outcome:
        """The outcome where there is none of its own: it was not run, or not to its end."""
