"""The figures of a report, each drawn from rows alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..figures.cost import cost_plot
from ..figures.errors import error_plot, tradeoff_plot
from ..figures.map import map_plot
from ..figures.plotting import STYLE, Plot
from ..rows import Row


def draw_all(rows: Sequence[Row]) -> list[Plot]:
    """All figures that `rows` have data for.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    list of Plot
    """
    import matplotlib as mpl

    grid = [row for row in rows if row.part == "grid"]
    plots: list[Plot] = []
    with mpl.rc_context(STYLE):
        if grid:
            plots += [*_cost_plots(grid, "inputs"), *_cost_plots(grid, "outputs"), map_plot(grid)]
        if any(math.isfinite(row.error) for row in rows):
            plots.append(error_plot(rows))
        if any(math.isfinite(row.error) and math.isfinite(row.ratio) for row in rows):
            plots.append(tradeoff_plot(rows))
    return plots


def _cost_plots(grid: Sequence[Row], axis: str) -> list[Plot]:
    """Cost along one axis of the grid, at the smallest and the largest number of the other."""
    other = "outputs" if axis == "inputs" else "inputs"
    timed = [row for row in grid if math.isfinite(row.seconds)]
    if len({getattr(row, axis) for row in timed}) < 2:
        return []
    counts = sorted({getattr(row, other) for row in timed})
    return [cost_plot(grid, axis, count) for count in dict.fromkeys((counts[0], counts[-1]))]
