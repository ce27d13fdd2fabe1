"""The map of the cheapest method over the numbers of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..formatting import format_number
from ..rows import Row, methods_of
from .palette import MUTED, PAPER, RULE, Style, styles_of
from .plotting import Plot, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def cheapest(rows: Sequence[Row]) -> tuple[Row | None, float]:
    """The fastest verified row of one cell, and how many times longer the next method takes (NaN without one)."""
    ordered = sorted((row for row in rows if row.succeeded), key=lambda row: row.seconds)
    if not ordered:
        return None, math.nan
    return ordered[0], ordered[1].seconds / ordered[0].seconds if len(ordered) > 1 else math.nan


def map_plot(grid: Sequence[Row]) -> Plot:
    """The cheapest method in every cell of the grid."""
    inputs, outputs = sorted({row.inputs for row in grid}), sorted({row.outputs for row in grid})
    figure, axes = new_figure(5.2)
    styles = styles_of(methods_of(grid))
    winners: set[str] = set()
    for column, n in enumerate(inputs):
        for line, m in enumerate(outputs):
            best, factor = cheapest([row for row in grid if (row.inputs, row.outputs) == (n, m)])
            winners |= set() if best is None else {best.method}
            _draw_cell(axes, column, line, None if best is None else styles[best.method], factor, len(inputs) <= 6)
    axes.set(
        xlim=(-0.5, len(inputs) - 0.5), ylim=(-0.5, len(outputs) - 0.5), xlabel="number of inputs n", ylabel="number of outputs m"
    )
    axes.set_xticks(range(len(inputs)), [f"{n:,}" for n in inputs])
    axes.set_yticks(range(len(outputs)), [f"{m:,}" for m in outputs])
    axes.tick_params(length=0)
    axes.set_aspect("equal", adjustable="box", anchor="NW")
    for spine in axes.spines.values():
        spine.set_visible(False)
    handles = [_map_key(style, method) for method, style in styles.items() if method in winners]
    if handles:
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2, handletextpad=0.4)
    return Plot(
        "map",
        "The cheapest method",
        "The fastest method whose derivative is right, for every number of inputs and outputs. "
        "The number in a cell says how many times longer the next method takes: 1.0 is a tie.",
        figure,
    )


def _draw_cell(axes: Axes, column: int, line: int, style: Style | None, factor: float, roomy: bool) -> None:
    from matplotlib.patches import Rectangle

    face = RULE.light if style is None else style.color
    axes.add_patch(Rectangle((column - 0.47, line - 0.47), 0.94, 0.94, facecolor=face, linewidth=0))
    if style is None:
        axes.text(column, line, "none", ha="center", va="center", color=MUTED.light, fontsize=9)
        return
    lift = 0.16 if roomy else 0.0
    axes.plot(column, line + lift, marker=style.marker, color=PAPER.light, markersize=9 if roomy else 7, linestyle="")
    if roomy and math.isfinite(factor):
        axes.text(column, line - 0.2, format_number(factor), ha="center", va="center", color=PAPER.light, fontsize=10)


def _map_key(style: Style, method: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", marker=style.marker, markersize=8, color=style.color, label=method)
