"""The grids that have names, and grids written down in a TOML file."""

from __future__ import annotations

import difflib
import math
import re
import sys
import tomllib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..measure.problems import CURVE_FIT, DENSE_LAYER, HELMHOLTZ, PROBLEMS, ROSENBROCK, Problem, digits_problem
from ..measure.trials import Effort
from ..measure.user_input import find_object
from .grid import Block, Grid
from .isolation import Limits


def quick() -> Grid:
    """Ends within two minutes on two cores, with a report."""
    sizes = (1, 8, 64, 512)
    return Grid(
        [
            Block(ROSENBROCK, (10, 100)),
            Block(HELMHOLTZ, (8, 50)),
            Block(CURVE_FIT, (3,), (1000,)),
            Block(digits_problem(images=100), (650,)),
            Block(DENSE_LAYER, sizes, sizes),
        ],
        effort=Effort(rounds=9, budget=2.4, sample_seconds=0.003, enough=0.15),
        limits=Limits(seconds=15.0),
        total=100.0,
        claims=True,
        name="quick",
    )


def standard() -> Grid:
    """Ends within a quarter of an hour."""
    sizes = (1, 3, 10, 30, 100, 300, 1000)
    return Grid(
        [
            Block(ROSENBROCK, (10, 100, 1000)),
            Block(HELMHOLTZ, (1, 8, 15, 22, 29, 36, 43, 50)),
            *_others(),
            Block(digits_problem(), (650,)),
            Block(DENSE_LAYER, sizes, sizes),
        ],
        effort=Effort(rounds=15, budget=8.0, sample_seconds=0.005, enough=0.6),
        limits=Limits(seconds=45.0),
        total=840.0,
        claims=True,
        name="standard",
    )


def _others() -> list[Block]:
    """The problems that are no series, each at a size or two that every method can be tried on."""
    return [
        Block(PROBLEMS["logistic map"], (1,)),
        Block(PROBLEMS["log-sum-exp"], (10, 1000)),
        Block(PROBLEMS["least squares"], (8, 64)),
        Block(CURVE_FIT, (3,), (10, 100, 1000, 10_000)),
        Block(PROBLEMS["determinant"], (4, 16)),
        Block(PROBLEMS["gaussian mixture"], (30,)),
        Block(PROBLEMS["k-means"], (16,)),
        Block(PROBLEMS["bundle adjustment"], (15,), (3,)),
        Block(PROBLEMS["recurrent network"], (40, 180)),
        Block(PROBLEMS["digits network"], (760,)),
    ]


def full() -> Grid:
    """Larger sizes, longer series, and products and second derivatives beside: some hours at most."""
    sizes = (1, 3, 10, 30, 100, 300, 1000)
    scalar = ("differentiate", "jvp", "vjp", "hvp", "hessian")
    return Grid(
        [
            Block(ROSENBROCK, (10, 30, 100, 300, 1000), operators=scalar),
            Block(HELMHOLTZ, (1, 8, 15, 22, 29, 36, 43, 50, 100), operators=scalar),
            *_others(),
            Block(digits_problem(), (650,), operators=("differentiate", "jvp", "vjp", "hvp")),
            Block(DENSE_LAYER, sizes, sizes, operators=("differentiate", "jvp", "vjp")),
        ],
        effort=Effort(rounds=25, budget=30.0, sample_seconds=0.01, enough=2.0),
        limits=Limits(seconds=120.0),
        total=4 * 3600.0,
        claims=True,
        name="full",
    )


READY_MADE: dict[str, Callable[[], Grid]] = {"quick": quick, "standard": standard, "full": full}


def find_grid(name: str) -> Grid:
    """The grid of a name ("quick", "standard", "full") or of a TOML file.

    Raises
    ------
    OptionError
        If there is no such grid or file, or the file is no grid.
    """
    if name in READY_MADE:
        return READY_MADE[name]()
    if name.endswith(".toml"):
        return read_grid(name)
    close = difflib.get_close_matches(name, [*READY_MADE, *PROBLEMS], 1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    raise OptionError(
        f"There is no grid {name!r}. {hint}The grids are {', '.join(READY_MADE)}, files that end in .toml, and problems: "
        f"{', '.join(PROBLEMS)}, module:problem or file.py:problem."
    )


def find_problem(name: str, folder: Path | None = None) -> Problem:
    """One of our problems by name, or ``module:problem``, ``file.py:problem`` with files looked for in `folder`."""
    if not isinstance(name, str):
        raise OptionError(f"A problem is named by a text, such as 'rosenbrock' or 'file.py:problem', not by {name!r}.")
    if name in PROBLEMS:
        return PROBLEMS[name]
    if ":" not in name:
        raise OptionError(
            f"There is no problem {name!r}. Ours are {', '.join(PROBLEMS)}; yours is module:problem or file.py:problem."
        )
    found = find_object(name, folder)
    if not isinstance(found, Problem):
        raise OptionError(f"{name} is a {type(found).__name__}, not a Problem: write problem = ad.Problem('name', make).")
    import cloudpickle

    # The workers may run where there is no such file: the module travels with the problem.
    if (module := sys.modules.get(getattr(found.make, "__module__", ""))) is not None:
        cloudpickle.register_pickle_by_value(module)
    return found


def read_grid(path: str | Path) -> Grid:
    """The grid that a TOML file describes.

    Parameters
    ----------
    path : str or Path
        With tables ``[[blocks]]`` (problem, inputs, outputs, methods, operators), and if wanted methods, operators,
        seed, total, claims, ``[effort]`` and ``[limits]``.

    Raises
    ------
    OptionError
        If there is no such file, or something in it is not understood.
    """
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise OptionError(f"There is no file {path} to read a grid from.") from None
    except ValueError as error:
        raise OptionError(f"{path} is not TOML: {error}") from error
    known = {"blocks", "methods", "operators", "seed", "total", "claims", "effort", "limits"}
    _refuse_unknown(path, "", data, known)
    listed = data.pop("blocks", [])
    if not isinstance(listed, list) or not all(isinstance(block, dict) for block in listed):
        raise OptionError(f"{path}: blocks must be tables: a line [[blocks]] for each, and below it problem and inputs.")
    try:
        blocks = [_block(path, block) for block in listed]
        effort = Effort(**_table(path, "effort", data.pop("effort", {}), Effort))
        limits = _table(path, "limits", data.pop("limits", {}), Limits)
        if isinstance(limits.get("memory"), str):
            limits["memory"] = read_bytes(limits["memory"])
        return Grid(blocks, effort=effort, limits=Limits(**limits), name=Path(path).stem, **data)
    except TypeError as error:
        raise OptionError(f"{path}: {error}") from error


def _block(path: str | Path, data: dict[str, Any]) -> Block:
    _refuse_unknown(path, "blocks", data, {entry.name for entry in fields(Block)})
    if not {"problem", "inputs"} <= set(data):
        raise OptionError(f"{path}: every block needs a problem and inputs, but one has only {', '.join(data) or 'nothing'}.")
    return Block(**{**data, "problem": find_problem(data["problem"], Path(path).parent)})


def _table(path: str | Path, name: str, data: Any, kind: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise OptionError(f"{path}: {name} must be a table: [{name}], and below it lines such as seconds = 60.")
    _refuse_unknown(path, name, data, {entry.name for entry in fields(kind)})
    return dict(data)


def _refuse_unknown(path: str | Path, table: str, data: dict[str, Any], known: set[str]) -> None:
    for name in data:
        if name not in known:
            close = difflib.get_close_matches(name, sorted(known), 1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(sorted(known))}."
            raise OptionError(f"{path}: there is no {f'{table}.{name}' if table else name!r} in a grid. {hint}")


def read_bytes(text: str) -> float:
    """A number of bytes: ``"2 GB"``, ``"500 MB"``, ``"1e9"``; ``"inf"`` is no limit."""
    match = re.fullmatch(r"\s*([0-9.e+]+|inf)\s*([kMGT]?)B?\s*", text)
    try:
        number = float(match[1]) if match else math.nan
    except ValueError:
        number = math.nan
    if match is None or math.isnan(number):
        raise OptionError(f"{text!r} is no amount of memory: write for example '2 GB' or '500 MB'.")
    return number * 1000.0 ** " kMGT".index(match[2] or " ")
