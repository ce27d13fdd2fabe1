"""The figures of a report, each drawn from rows alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..measure.rows import Row
from .cost_figures import cost_plot
from .error_figures import error_plot, tradeoff_plot
from .map_figure import map_plot
from .plotting import Plot
from .svg import STYLE


def draw_all(rows: Sequence[Row], limit: float) -> list[Plot]:
    """All figures that `rows` have data for.

    Parameters
    ----------
    rows : sequence of Row
    limit : float
        Seconds after which a method was stopped; NaN where it is not known.

    Returns
    -------
    list of Plot
    """
    import matplotlib as mpl

    grid = [row for row in rows if row.part == "grid"]
    plots: list[Plot] = []
    with mpl.rc_context(STYLE):
        if grid:
            inputs, outputs = sorted({row.inputs for row in grid}), sorted({row.outputs for row in grid})
            plots += [cost_plot(grid, "inputs", count, limit) for count in dict.fromkeys((outputs[0], outputs[-1]))]
            plots += [cost_plot(grid, "outputs", count, limit) for count in dict.fromkeys((inputs[0], inputs[-1]))]
            plots.append(map_plot(grid, inputs, outputs))
        if any(math.isfinite(row.error) for row in rows):
            plots.append(error_plot(rows))
        if any(math.isfinite(row.error) and math.isfinite(row.ratio) for row in rows):
            plots.append(tradeoff_plot(rows))
    return plots
