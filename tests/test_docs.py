"""The pages in docs: every row of their tables is true, and no example of theirs goes unrun."""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
import statistics
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import TRACING_MODES, assert_close, numerical_jacobian

import admodes as ad
from admodes import errors

ROOT = Path(__file__).parents[1]
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if page.name != "numpy.md"]  # that one is made by a script
KINK_COLUMNS = ["f(x)", "x", "forward, reverse", "symbolic", "finite", "JAX", "PyTorch", "why"]
CURE_COLUMNS = ["refused", "write instead", "x", "error"]
NAMES = {"np": np, "math": math, "statistics": statistics, "inf": np.inf, "nan": np.nan}
if importlib.util.find_spec("scipy") is not None:
    NAMES["special"] = importlib.import_module("scipy.special")
    NAMES["stand_ins"] = importlib.import_module("admodes.special")
NAMES["A"] = np.array([[1.0, 2.0], [0.0, 1.0], [1.0, 1.0]])  # the page says so


@pytest.fixture(autouse=True)
def singular_points_are_expected() -> Iterator[None]:
    """f itself divides by zero at some of these points, in plain NumPy too."""
    with np.errstate(all="ignore"):
        yield


def rows_of(page: str, columns: list[str]) -> list[list[str]]:
    """The rows of all tables of a page that have these columns."""
    rows: list[list[str]] = []
    header: list[str] = []
    for line in (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells or not header:
            header = cells
        elif header == columns and set(line) - set("|- "):
            rows.append(cells)
    return rows


KINKS = rows_of("kinks.md", KINK_COLUMNS)
CURES = rows_of("limits.md", CURE_COLUMNS)


def code(cell: str) -> str:
    """What stands between the backticks of a cell."""
    found = re.fullmatch(r"`([^`]+)`", cell)
    assert found is not None, f"{cell!r} is not code"
    return found[1]


def function(cell: str) -> Callable[[Any], Any]:
    """The function of x that a cell writes down."""
    return eval(f"lambda x: {code(cell)}", dict(NAMES))  # type: ignore[no-any-return]


def numbers(cell: str) -> Any:
    """The number or the array that a cell writes down."""
    return np.array(eval(code(cell), dict(NAMES)), dtype=float)[()]


def points(cell: str) -> list[Any]:
    """The point of a row; a number also inside an array of one element."""
    x = numbers(cell)
    return [x] if x.ndim else [x, np.array([x])]


def sees_nothing(f: Callable[[Any], Any], x: Any) -> bool:
    """Whether central differences say themselves that some entry of theirs means nothing."""
    found = ad.CentralDifferences().estimate(f, x)
    return bool(np.any(~np.isfinite(found.value) | (found.error > np.maximum(np.abs(found.value), 1.0) / 4)))


@pytest.mark.parametrize("row", KINKS, ids=lambda row: f"{code(row[0])} at {code(row[1])}")
def test_kinks(row: list[str]) -> None:
    """Breaks if a method returns another value at a kink than the written policy says."""
    if re.match(r"`(special|stand_ins)\.", row[0]) and "special" not in NAMES:
        pytest.skip("needs SciPy")
    f, wanted = function(row[0]), numbers(row[2])
    claims = {"forward": wanted, "reverse": wanted}
    if row[3] != "refused":
        claims["symbolic"] = wanted if row[3] == "same" else numbers(row[3])
    for x in points(row[1]):
        if row[3] == "refused":
            with pytest.raises(errors.UnsupportedError):
                ad.jacobian(f, x, method="symbolic")
        for method, claim in claims.items():
            got = ad.jacobian(f, x, method=method)
            assert_close(np.ravel(got), np.ravel(claim), 1e-15, f"the derivative by {method}")
        if row[4] == "unsure":
            assert sees_nothing(f, x), "finite differences see a number here"
            continue
        seen = wanted if row[4] == "same" else numbers(row[4])
        assert_close(np.ravel(ad.jacobian(f, x, method="finite")), np.ravel(seen), 1e-7, "the derivative by finite")


@pytest.mark.parametrize("row", CURES, ids=lambda row: f"{code(row[0])} at {code(row[2])}")
def test_cures(row: list[str]) -> None:
    """Breaks if what the page calls refused is refused no more, or what it says to write instead is not the same function."""
    refused, instead, x = function(row[0]), function(row[1]), numbers(row[2])
    truth = numerical_jacobian(refused, x)
    assert_close(np.asarray(instead(x), dtype=float), refused(x), 1e-14, "the value")
    for method in TRACING_MODES:
        with pytest.raises(getattr(errors, code(row[3]))):
            ad.jacobian(refused, x, method=method)
        assert_close(ad.jacobian(instead, x, method=method), truth, 1e-9, f"the derivative by {method}")
    assert_close(ad.jacobian(refused, x, method="finite"), truth, 1e-7, "the derivative by finite")


def test_tables_are_read() -> None:
    """Breaks if a table changes its columns, so that its rows are tested no more."""
    for page, columns, rows in (("kinks.md", KINK_COLUMNS, KINKS), ("limits.md", CURE_COLUMNS, CURES)):
        lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
        tables = sum(line.startswith("|---") for line in lines)
        assert len(rows) == sum(line.startswith("|") for line in lines) - 2 * tables > 10
        assert {len(row) for row in rows} == {len(columns)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_are_run(page: Path) -> None:
    """Breaks if a page shows Python that is no doctest, or pytest does not come by to run it."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert "docs" in options["testpaths"]
    assert "--doctest-glob=*.md" in options["addopts"]
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks
    for language, text in blocks:
        assert language == "python"
        assert text.startswith(">>> ")
        assert text.endswith("\n\n"), "a doctest takes the closing fence for output"
