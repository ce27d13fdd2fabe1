"""All the figures that rows have data for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..errors import NothingToDrawError
from ..rows import Row, named
from .cost import Theory, cost_plot, memory_plot, work_plot
from .errors import error_plot
from .map import Crossover, map_plot
from .pareto import tradeoff_plot
from .plotting import Plot
from .preparation import break_even_plot
from .quantities import MEMORY, OPERATIONS, TIME, Quantity
from .series import OTHER, sizes_of, split


def draw_sections(
    rows: Sequence[Row], crossover: Crossover | None = None, theory: Mapping[str, Theory] | None = None
) -> dict[str, list[Plot]]:
    """Every figure that `rows` have data for, by what it is about; a figure without data is left out.

    Parameters
    ----------
    rows : sequence of Row
        Those of the part "grid" make curves and the map, where there are any; else all rows do.
    crossover : callable, optional
        A number of inputs -> the number of outputs at which two methods cost the same; drawn on the map.
    theory : mapping, optional
        "inputs" and "outputs" -> what the theory of each method says, as `draw_cost` takes it.

    Returns
    -------
    dict of str to list of Plot
        "map", "inputs", "outputs", "error", "tradeoff", "work", "memory", "break-even": those that have any.

    Examples
    --------
    >>> draw_sections([])
    {}
    """
    grid = [row for row in rows if row.part == "grid"] or list(rows)
    theories = theory or {}

    def cost(curve: Sequence[Row], axis: str, fixed: int) -> Plot:
        return cost_plot(curve, axis, fixed, theories.get(axis))

    sections = {
        "map": _drawn(lambda: map_plot(grid, crossover)) if _is_wide(grid) else [],
        "inputs": _curves(grid, "inputs", TIME, cost),
        "outputs": _curves(grid, "outputs", TIME, cost),
        "error": _drawn(lambda: error_plot(rows)),
        "tradeoff": _drawn(lambda: tradeoff_plot(rows)),
        "work": [plot for axis in OTHER for plot in _curves(grid, axis, OPERATIONS.over_f(), work_plot, ends=1)],
        "memory": [plot for axis in OTHER for plot in _curves(grid, axis, MEMORY, memory_plot, ends=1)],
        "break-even": _drawn(lambda: break_even_plot(rows)),
    }
    return {name: plots for name, plots in sections.items() if plots}


def _drawn(draw: Callable[[], Plot]) -> list[Plot]:
    """The plot, or none where there are no data for it."""
    try:
        return [draw()]
    except NothingToDrawError:
        return []


def _is_wide(grid: Sequence[Row]) -> bool:
    """Whether a map has more than one cell to show."""
    cells: dict[str, set[tuple[int, int]]] = {}
    for row in grid:
        cells.setdefault(named(row), set()).add((row.inputs, row.outputs))
    return any(len(sizes) > 1 for sizes in cells.values()) or any(row.part == "grid" for row in grid)


def _curves(
    grid: Sequence[Row], axis: str, quantity: Quantity, plot: Callable[[Sequence[Row], str, int], Plot], ends: int = 2
) -> list[Plot]:
    """A figure for each problem and operator of the grid: at the smallest, and with two ends also the largest, other size."""
    groups: dict[str, dict[int, list[Row]]] = {}
    for (_, _, fixed), curve in split(grid, axis).items():
        if len(sizes_of(curve, axis, quantity)) > 1:
            groups.setdefault(named(curve[0]), {})[fixed] = curve
    plots = []
    for number, curves in enumerate(groups.values()):
        sizes = sorted(curves)
        for fixed in dict.fromkeys([sizes[0], sizes[-1]][:ends]):
            drawn = plot(curves[fixed], axis, fixed)
            plots.append(drawn if not number else replace(drawn, name=f"{drawn.name}-{number + 1}"))
    return plots
