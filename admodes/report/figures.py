"""The figures of a report, each drawn from rows alone, by the section that shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..figures.cost import cost_plot
from ..figures.errors import error_plot, tradeoff_plot
from ..figures.map import map_plot
from ..figures.plotting import STYLE, Plot
from ..reproduce import Claim
from ..rows import Row
from .claim_figures import claim_plot


def draw_sections(rows: Sequence[Row]) -> dict[str, list[Plot]]:
    """All figures that `rows` have data for, by the name of their section.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    dict of str to list of Plot
    """
    import matplotlib as mpl

    grid = [row for row in rows if row.part == "grid"]
    plots: dict[str, list[Plot]] = {}
    with mpl.rc_context(STYLE):
        if grid:
            plots["map"] = [map_plot(grid)]
            plots["inputs"] = _cost_plots(grid, "inputs")
            plots["outputs"] = _cost_plots(grid, "outputs")
        if any(math.isfinite(row.error) for row in rows):
            plots["error"] = [error_plot(rows)]
        if any(math.isfinite(row.error) and math.isfinite(row.ratio) for row in rows):
            plots["tradeoff"] = [tradeoff_plot(rows)]
    return plots


def draw_claims(claims: Sequence[Claim]) -> dict[str, Plot]:
    """The figure of each claim, by the claim's name."""
    return {claim.name: claim_plot(claim) for claim in claims if any(line.x for line in claim.figure.series)}


def draw_all(rows: Sequence[Row]) -> list[Plot]:
    """The figures of all sections, in their order."""
    return [plot for plots in draw_sections(rows).values() for plot in plots]


def _cost_plots(grid: Sequence[Row], axis: str) -> list[Plot]:
    """Cost along one axis of the grid, at the smallest and the largest number of the other."""
    other = "outputs" if axis == "inputs" else "inputs"
    timed = [row for row in grid if math.isfinite(row.seconds)]
    if len({getattr(row, axis) for row in timed}) < 2:
        return []
    counts = sorted({getattr(row, other) for row in timed})
    return [cost_plot(grid, axis, count) for count in dict.fromkeys((counts[0], counts[-1]))]
