"""Numbers as text, the same in terminals, pages and summaries. What is missing is empty text."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from io import StringIO

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTE_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def raised(number: str) -> str:
    """Digits as a power shows them: ``⁻¹²``."""
    return number.translate(_SUPERSCRIPTS)


def format_number(value: float) -> str:
    """Three significant digits without an exponent: ``0.0123``, ``3.14``, ``12.3``, ``1,230``."""
    if not math.isfinite(value):
        return "" if math.isnan(value) else str(value)
    rounded = float(f"{value:.3g}")
    decimals = 0 if rounded == 0 else max(0, 2 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


def format_seconds(seconds: float) -> str:
    """Seconds in a unit that keeps the number readable: ``12.3 µs``."""
    if not math.isfinite(seconds):
        return ""
    scale, unit = next((pair for pair in _TIME_UNITS if seconds >= 0.9995 * pair[0]), _TIME_UNITS[-1])
    return f"{format_number(seconds / scale)} {unit}"


def format_bytes(count: int | None) -> str:
    """Bytes in decimal units: ``1.23 MB``."""
    if count is None:
        return ""
    scale, unit = next((pair for pair in _BYTE_UNITS if count >= pair[0]), (1.0, "B"))
    if scale == 1:
        return f"{count} B"
    return f"{format_number(count / scale)} {unit}"


def format_count(count: int | None) -> str:
    """An exact integer with thousands separated."""
    return "" if count is None else f"{count:,}"


def format_error(error: float, bound: bool = False) -> str:
    """A relative error: ``1.2e-11``; ``0`` only where it is exactly zero. Where it is a bound: ``<= 1.2e-11``."""
    if bound and math.isfinite(error):
        return f"<= {format_error(error)}"
    if not math.isfinite(error):
        return "" if math.isnan(error) else str(error)
    return "0" if error == 0 else f"{error:.1e}"


def format_digits(digits: float, bound: bool = False) -> str:
    """Correct digits: ``10.9``. Where they are a bound: ``>= 10.9``."""
    return "" if math.isnan(digits) else f"{'>= ' if bound else ''}{digits:.1f}"


def join_words(words: list[str], last: str = "and") -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def with_article(noun: str) -> str:
    """``a list``, ``an object``."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def plural(count: int, noun: str) -> str:
    """``1 input``, ``4 inputs``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def text_table(columns: Sequence[tuple[str, bool]], lines: Iterable[Sequence[str]], width: int | None = None) -> str:
    """A table for a terminal.

    Parameters
    ----------
    columns : sequence of (str, bool)
        Heading, and whether the column is text, which is aligned left.
    lines : iterable of sequence of str
        One text a column.
    width : int, optional
        Characters into which texts are wrapped. By default as many as the table needs: nothing is ever cut.

    Returns
    -------
    str
    """
    rows = [list(line) for line in lines]
    if width is None and rows and all(text.isprintable() for row in rows for text in row):
        return _padded(columns, rows)
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, is_text in columns:
        table.add_column(title, justify="left" if is_text else "right", no_wrap=width is None)
    for row in rows:
        table.add_row(*map(Text, row))
    # In a notebook rich would show the table by itself, and leave none in the text.
    console = Console(file=StringIO(), width=10_000, color_system=None, legacy_windows=False, force_jupyter=False)
    console.width = width or console.measure(table).maximum
    with console.capture() as captured:
        console.print(table)
    # Plain dashes: not every terminal and pipe has box-drawing characters.
    return "\n".join(line.rstrip() for line in captured.get().replace("─", "-").splitlines() if line.strip())


def _padded(columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> str:
    """A table that needs no wrapping, as rich draws it: that takes seconds for a thousand lines."""
    from rich.cells import cell_len

    def wide(text: str) -> int:
        return len(text) if text.isascii() else cell_len(text)

    whole = [[text.rstrip() for text in row] for row in ([title for title, _ in columns], *rows)]
    widths = [max(map(wide, texts)) for texts in zip(*whole, strict=True)]
    lines = []
    for row in whole:
        blanks = [" " * (width - wide(text)) for text, width in zip(row, widths)]
        cells = [text + blank if is_text else blank + text for text, blank, (_, is_text) in zip(row, blanks, columns)]
        lines.append(f" {'   '.join(cells)}".rstrip())
    lines.insert(1, f" {'-' * (sum(widths) + 3 * (len(widths) - 1))}")
    return "\n".join(line for line in lines if line)


def html_table(columns: Sequence[tuple[str, bool]], lines: Iterable[Sequence[str]]) -> str:
    """A table for a notebook; every text is escaped.

    Parameters
    ----------
    columns : sequence of (str, bool)
        Heading, and whether the column is text, which is aligned left. Without any heading the table has no head.
    lines : iterable of sequence of str
        One text a column.

    Returns
    -------
    str
    """
    sides = [f' style="text-align:{"left" if is_text else "right; white-space:nowrap"}"' for _, is_text in columns]
    titles = "".join(f"<th{side}>{html.escape(title)}</th>" for side, (title, _) in zip(sides, columns))
    head = f"<thead><tr>{titles}</tr></thead>" if any(title for title, _ in columns) else ""
    body = "".join(
        "<tr>" + "".join(f"<td{side}>{html.escape(text)}</td>" for side, text in zip(sides, line)) + "</tr>" for line in lines
    )
    return f"<table>{head}<tbody>{body}</tbody></table>"
