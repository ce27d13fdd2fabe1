"""The figures of a report, each drawn from rows alone."""

from __future__ import annotations

from collections.abc import Sequence

from ..figures.gathering import draw_sections
from ..figures.plotting import Plot
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
    return [plot for plots in draw_sections(rows).values() for plot in plots]
