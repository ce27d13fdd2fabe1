"""The test of a claim as a unit of work: in a process of its own like a cell, with a line of its own."""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from .._version import __version__
from ..measure.cost import attempt
from ..reproduce.claims import Claim
from .fingerprint import engine_fingerprint, fingerprint


@dataclass(frozen=True)
class ClaimRow:
    """What became of the test of a claim.

    Parameters
    ----------
    name : str
        Of the claim.
    status, reason : str
        "ok" where it was tested to the end, whatever the verdict.
    seconds : float
        How long the test took; NaN where it was not run.
    key, version, machine : str
        As those of a `Row`.
    claim : Claim or None
        None where the test has no end.
    """

    kind: ClassVar[str] = "claim"

    name: str
    status: str
    reason: str = ""
    seconds: float = math.nan
    key: str = ""
    version: str = ""
    machine: str = ""
    claim: Claim | None = None

    @property
    def title(self) -> str:
        """What was tested, in one line."""
        return f"claim {self.name}"

    def to_dict(self) -> dict[str, Any]:
        """The row and, beside, the claim as plain numbers, text and lists."""
        own = {name: getattr(self, name) for name in _COLUMNS}
        return own | ({} if self.claim is None else self.claim.to_dict())

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; keys that this version does not know are ignored."""
        known = {name: data[name] for name in _COLUMNS if name in data}
        return cls(**known, claim=Claim.from_dict(data) if "verdict" in data else None)


_COLUMNS = ("name", "status", "reason", "seconds", "key", "version", "machine")


@dataclass(frozen=True)
class ClaimTest:
    """A claim that is to be tested.

    Parameters
    ----------
    name : str
    test : callable
        Without arguments; returns a `Claim`.
    """

    name: str
    test: Callable[[], Claim]

    #: Claims are independent of each other.
    series: ClassVar[None] = None
    size: ClassVar[tuple[int, ...]] = ()

    @functools.cached_property
    def key(self) -> str:
        """The name, the version of the engine and the code of the test."""
        text = json.dumps([self.name, engine_fingerprint(), fingerprint(self.test)])
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def title(self) -> str:
        """What is tested, in one line."""
        return f"claim {self.name}"

    def run(self) -> ClaimRow:
        """Test it, here and now; whatever goes wrong becomes a status."""
        made = attempt(self.test, math.inf)
        if made.status == "ok" and not isinstance(made.value, Claim):
            return self.row("error", f"the test returned a {type(made.value).__name__}, not a Claim", seconds=made.seconds)
        return replace(self.row(made.status, made.reason, seconds=made.seconds), claim=made.value)

    def read(self, data: dict[str, Any]) -> ClaimRow:
        """The row that a worker has sent."""
        return ClaimRow.from_dict(data)

    def row(self, status: str, reason: str = "", *, seconds: float = math.nan, stopped_after: float = math.nan) -> ClaimRow:
        """A row without the claim; `stopped_after` is what a worker that was killed says."""
        took = stopped_after if math.isnan(seconds) else seconds
        return ClaimRow(self.name, status, reason, took, self.key, f"admodes {__version__} {engine_fingerprint()}")


def claim_tests() -> list[ClaimTest]:
    """One for each of the lectures' claims."""
    from ..reproduce import CLAIMS

    return [ClaimTest(name, test) for name, test in CLAIMS.items()]
