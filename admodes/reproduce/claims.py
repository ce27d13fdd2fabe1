"""A claim put to the test: what it says, how it was tested, numbers, and a verdict that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from .values import Value, markdown

HOLDS, LIMITED, FAILS = "holds", "holds within limits", "does not hold here"


@dataclass(frozen=True)
class Series:
    """One line of a claim's figure."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Figure:
    """What a claim's figure shows: drawn by the report.

    Parameters
    ----------
    x_label, y_label : str
    series : tuple of Series
    names : tuple of str
        Of what x counts, 1 for the first; none where x is a number. Named things stand below each other, joined by no line.
    linear : bool
        Whether y starts at zero, as a share does, instead of being logarithmic.
    """

    x_label: str
    y_label: str
    series: tuple[Series, ...]
    names: tuple[str, ...] = ()
    linear: bool = False


@dataclass(frozen=True)
class Claim:
    """A claim and what became of it.

    Parameters
    ----------
    name : str
        A short name.
    claim : str
    source : str
        Where it is made.
    how : str
        How it was tested.
    values : tuple of Value
    verdict : str
        "holds", "holds within limits" or "does not hold here".
    because : str
        What the verdict rests on.
    figure : Figure
    """

    name: str
    claim: str
    source: str
    how: str
    values: tuple[Value, ...]
    verdict: str
    because: str
    figure: Figure

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain numbers, text and lists."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_dict`; keys that this version does not know are ignored."""
        texts = {name: data[name] for name in ("name", "claim", "source", "how", "verdict", "because")}
        shown = data["figure"]
        lines = tuple(Series(line["name"], tuple(line["x"]), tuple(line["y"])) for line in shown["series"])
        values = tuple(Value(**{entry.name: one[entry.name] for entry in fields(Value)}) for one in data["values"])
        names, linear = tuple(shown.get("names", ())), bool(shown.get("linear", False))
        return cls(**texts, values=values, figure=Figure(shown["x_label"], shown["y_label"], lines, names, linear))

    def __str__(self) -> str:
        return "\n\n".join(
            [
                f"## {self.claim}",
                f"**{self.verdict[0].upper()}{self.verdict[1:]}**: {self.because}",
                f"Tested: {self.how}",
                markdown(self.values),
                f"Claimed: {self.source}",
            ]
        )


@dataclass(frozen=True)
class Claims:
    """Several claims; printed, they are Markdown.

    Parameters
    ----------
    claims : tuple of Claim
    """

    claims: tuple[Claim, ...]

    @property
    def summary(self) -> str:
        """How many hold."""
        counts = {verdict: sum(one.verdict == verdict for one in self.claims) for verdict in (HOLDS, LIMITED, FAILS)}
        return (
            f"{len(self.claims)} claims: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count) + "."
        )

    def to_dict(self) -> dict[str, Any]:
        """All claims as plain numbers, text and lists."""
        return {"name": "claims", "summary": self.summary, "claims": [one.to_dict() for one in self.claims]}

    def __str__(self) -> str:
        return "\n\n".join(["# The lectures' claims, tested", self.summary, *map(str, self.claims)])


def series(name: str, x: Iterable[float], y: Iterable[float]) -> Series:
    """A line of numbers that JSON can hold."""
    return Series(name, tuple(float(number) for number in x), tuple(float(number) for number in y))


def verdict(*, holds: bool, limited: bool) -> str:
    """The verdict of a test that is passed as a whole, or only within limits."""
    return HOLDS if holds else LIMITED if limited else FAILS
