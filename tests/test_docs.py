"""The pages in docs: every row of their tables is true, and nothing in them is an example that nobody runs."""

from __future__ import annotations

import math
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import EXACT_MODES, TRACING_MODES, numerical_jacobian

import admodes as ad
from admodes.errors import AdmodesError

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
NAMES = {"np": np, "math": math, "statistics": statistics, "inf": np.inf, "nan": np.nan}
KINKS = ["f(x)", "x", "forward, reverse", "symbolic", "finite", "why"]
CURES = ["refused", "write instead", "x", "error"]

# A part of a derivative by differences: more doubt than this, and the number means nothing.
UNSURE = 0.25


def rows_of(page: str, columns: list[str]) -> list[list[str]]:
    """The rows of all tables of a page that have these columns."""
    rows: list[list[str]] = []
    header: list[str] = []
    for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells or not header:
            header = cells
        elif header == columns and set(line) - set("|- "):
            assert len(cells) == len(columns), f"{line!r} has not {len(columns)} cells"
            rows.append(cells)
    return rows


def parametrised(rows: list[list[str]]) -> Any:
    """One test a row, named by what it shows."""
    return pytest.mark.parametrize("row", [pytest.param(row, id=f"{row[0]} at {row[2 if 'e' in row[1] and row[1] == '' else 1]}") for row in rows])
