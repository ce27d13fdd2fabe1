"""Published values beside ours, a verdict each, and how they are printed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

AGREES, DIFFERS, OURS = "agrees", "differs", "ours alone"
#: Computed values may differ from published ones by the rounding of sums in another order.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Value:
    """One quantity: what was published, what we find, and whether they agree.

    Parameters
    ----------
    quantity : str
    published : str
        As printed; "" where nothing was published.
    ours : str
        From the run, with as many digits as were published.
    verdict : str
        "agrees", "differs", a bound such as "within a factor of 10", or "ours alone".
    note : str
    number : float
        Ours in full; NaN where it is not a number.
    """

    quantity: str
    published: str
    ours: str
    verdict: str
    note: str = ""
    number: float = math.nan


def compared(quantity: str, ours: float, published: str = "", *, factor: float = 0.0, note: str = "") -> Value:
    """A number of ours beside a published one.

    Parameters
    ----------
    quantity : str
    ours : float or int
    published : str
        A number as printed. Ours agrees if it rounds to it, or is the same to 12 digits.
    factor : float
        Where only the order of magnitude can be compared: how many times larger or smaller ours may be.
    note : str

    Examples
    --------
    >>> compared("y", 11.65207, "11.652").verdict, compared("y", 11.66, "11.652").verdict
    ('agrees', 'differs')
    >>> compared("step", 2e-9, "1e-9", factor=3).verdict
    'within a factor of 3'
    """
    if not published:
        return Value(quantity, "", f"{ours:,}" if isinstance(ours, int) else f"{ours:.4g}", OURS, note, float(ours))
    wanted = float(published.replace(",", ""))
    if factor:
        near = ours * wanted > 0 and 1 / factor <= ours / wanted <= factor
        return Value(quantity, published, f"{ours:.2g}", f"within a factor of {factor:g}" if near else DIFFERS, note, float(ours))
    agrees = abs(ours - wanted) <= max(0.5000001 * _last_place(published), _ROUNDING * abs(wanted))
    return Value(quantity, published, _like(ours, published), AGREES if agrees else DIFFERS, note, float(ours))


def same_text(quantity: str, ours: str, published: str, note: str = "") -> Value:
    """Two texts side by side, such as formulas in the same normal form."""
    return Value(quantity, published, ours, AGREES if ours == published else DIFFERS, note)


def _last_place(printed: str) -> float:
    """One unit in the last place of a printed number; 0 for an integer, which is to be met exactly."""
    mantissa, _, exponent = printed.replace(",", "").lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 0.0 if not decimals and not exponent else 10.0 ** (int(exponent or 0) - decimals)


def _like(number: float, printed: str) -> str:
    """The number with as many digits as the printed one."""
    mantissa, _, exponent = printed.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    if exponent:
        return f"{number:.{decimals}e}"
    return f"{number:,.{decimals}f}" if "," in printed or not decimals else f"{number:.{decimals}f}"


@dataclass(frozen=True)
class Table:
    """Values that belong together.

    Parameters
    ----------
    title : str
    source : str
        Where the published values are printed.
    text : str
        What is computed, and what to make of it.
    values : tuple of Value
    """

    title: str
    source: str
    text: str
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return "\n\n".join([f"## {self.title}", self.text, markdown(self.values), f"Published: {self.source}"])


@dataclass(frozen=True)
class Reproduction:
    """All tables of one reproduction; printed, it is Markdown.

    Parameters
    ----------
    name : str
    tables : tuple of Table
    """

    name: str
    tables: tuple[Table, ...]

    @property
    def values(self) -> tuple[Value, ...]:
        """The values of all tables."""
        return tuple(value for table in self.tables for value in table.values)

    @property
    def summary(self) -> str:
        """How many published values agree."""
        verdicts = Counter(value.verdict for value in self.values if value.published)
        total = sum(verdicts.values())
        return f"{total} published values: " + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()) + "."

    def to_dict(self) -> dict[str, Any]:
        """All tables as plain numbers, text and lists."""
        return {"name": self.name, "summary": self.summary, "tables": [asdict(table) for table in self.tables]}

    def __str__(self) -> str:
        return "\n\n".join([f"# {self.name}", self.summary, *map(str, self.tables)])


def markdown(values: Sequence[Value]) -> str:
    """The values as a Markdown table whose columns are aligned, so that it can be read in a terminal as well."""
    published, noted = any(value.published for value in values), any(value.note for value in values)
    columns = ["quantity", *["published"] * published, "ours", *["verdict"] * published, *["note"] * noted]
    rows = [[str(getattr(value, column)).replace("|", "\\|") for column in columns] for value in values]
    widths = [max(len(row[place]) for row in [columns, *rows]) for place in range(len(columns))]
    lines = [columns, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )
