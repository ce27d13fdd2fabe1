"""Choosing rows by what their columns hold."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from ..errors import OptionError, UnknownMethodError
from ..formatting import join_words
from ..rows import STATUSES, Row

#: What a row can be chosen by.
COLUMNS = (*(column.name for column in fields(Row)), "seconds", "succeeded")


def choose(rows: Sequence[Row], condition: Callable[[Row], Any] | None, columns: dict[str, Any]) -> list[Row]:
    """The rows that meet the condition and whose columns have the values, or one of several.

    Parameters
    ----------
    rows : sequence of Row
    condition : callable or None
        Called with a row.
    columns : dict
        Name of a column -> its value, or an iterable of values.

    Raises
    ------
    OptionError
        If there is no such column or status, no row of that problem or operator, or the condition is not callable.
    UnknownMethodError
        If no row is of that method.
    """
    if condition is not None and not callable(condition):
        raise OptionError(f"{condition!r} is no condition: write a column, method={condition!r}, or a function of a row.")
    wanted = {name: _values(name, value) for name, value in columns.items()}
    for name, values in wanted.items():
        _check(rows, name, values)
    return [
        row
        for row in rows
        if all(getattr(row, name) in values for name, values in wanted.items()) and (condition is None or condition(row))
    ]


def _values(name: str, value: Any) -> tuple[Any, ...]:
    if name not in COLUMNS:
        close = difflib.get_close_matches(name, COLUMNS, 1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise OptionError(f"Rows have no column {name!r}.{hint} The columns are {', '.join(COLUMNS)}.")
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)


def _check(rows: Sequence[Row], name: str, values: tuple[Any, ...]) -> None:
    """A name that was misspelt must not look like an empty result."""
    if name == "status":
        known: Iterable[Any] = STATUSES
    elif name in ("method", "problem", "operator") and rows:
        known = dict.fromkeys(getattr(row, name) for row in rows)
    else:
        return
    for value in values:
        if value not in known:
            kind = UnknownMethodError if name == "method" else OptionError
            raise kind(f"There is no {name} {value!r}: there is {join_words([repr(one) for one in known])}.")
