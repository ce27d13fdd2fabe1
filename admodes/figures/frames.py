"""Rows as a data frame of pandas, which is loaded only here."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from ..errors import UnsupportedError
from ..rows import Row
from ..timing import Timing

#: Columns that are whole numbers or missing.
_COUNTS = tuple(column.name for column in fields(Row) if "int" in str(column.type))


def to_frame(rows: Sequence[Row]) -> Any:
    """One line a row, one flat column a number: a timing is its minimum, median, quartiles, first call and counts.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    pandas.DataFrame
        Counts are Int64, in which a missing one is <NA> and every other one is exact.

    Raises
    ------
    UnsupportedError
        If pandas is not installed.
    """
    try:
        pandas: Any = importlib.import_module("pandas")
    except ImportError as error:
        raise UnsupportedError(
            "to_pandas() needs pandas, which is not installed: pip install pandas. Without it, iterate over the rows: "
            "each has to_dict()."
        ) from error
    # An empty row goes first and out again, so that a frame without rows has the same types.
    flat = [_flat(row) for row in (Row("", 0, 0, "", ""), *rows)]
    columns = {name: [line[name] for line in flat] for name in flat[0]}
    # Given as Int64 from the start: a missing count would turn its column into floats, which round large ones.
    frame = pandas.DataFrame(
        {name: pandas.array(values, "Int64") if _is_count(name) else values for name, values in columns.items()}
    )
    return frame.iloc[1:].reset_index(drop=True)


def _is_count(name: str) -> bool:
    return name in _COUNTS or name.endswith(("_number", "_rounds"))


def _flat(row: Row) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for column in fields(Row):
        value = getattr(row, column.name)
        if not isinstance(value, Timing):
            line[column.name] = value
            continue
        numbers = value.to_dict()
        numbers["rounds"] = len(numbers.pop("samples"))
        line |= {f"{column.name}_{name}": number for name, number in numbers.items()}
    return line
