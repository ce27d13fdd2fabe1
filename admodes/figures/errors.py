"""The error of each method, alone and against its cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..rows import Row, methods_of
from .palette import INK, MUTED, styles_of
from .plotting import ROUNDING, Plot, add_legend, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Relative errors below this, zero included, are drawn here.
ERROR_FLOOR = 1e-18


def error_plot(rows: Sequence[Row]) -> Plot:
    """One line a method, one point a cell: where its errors lie."""
    styles = styles_of(methods_of(rows))
    figure, axes = new_figure(1.9 + 0.52 * (len(styles) + 1))
    labels = []
    for line, (method, style) in enumerate(styles.items()):
        own = [row for row in rows if row.method == method]
        found = [row.error for row in own if math.isfinite(row.error)]
        _draw_strip(axes, found, line, style.color, style.marker)
        missing = len(own) - len(found)
        labels.append(f"{method}\n({missing} missing)" if missing else method)
    cells = {
        (row.problem, row.operator, row.inputs, row.outputs): row.hand_error for row in rows if math.isfinite(row.hand_error)
    }
    if cells:
        _draw_strip(axes, list(cells.values()), len(styles), MUTED.light, "|")
        labels.append("by hand")
    axes.axvline(ROUNDING, color=INK.light, linewidth=1, linestyle=(0, (1, 2)))
    axes.set(xscale="log", xlabel="relative error in the norm", ylim=(len(labels) - 0.45, -0.55))
    axes.set_xlim(ERROR_FLOOR / 2, max([1e-6, *(2 * row.error for row in rows if math.isfinite(row.error))]))
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=True, axis="x")
    return Plot(
        "errors",
        "Error of each method",
        "One point for each function measured, relative to the closed form in extended precision. "
        "The dotted line is the rounding of a single number; “by hand” is the closed form written in NumPy and "
        "evaluated in double precision. Errors that are exactly zero stand at the left edge.",
        figure,
    )


def _draw_strip(axes: Axes, errors: Sequence[float], line: int, color: str, marker: str) -> None:
    """Points of equal error would hide each other: they are spread over the line, in a fixed order."""
    ordered = sorted(errors)
    offsets = [((7 * place) % 11 - 5) * 0.045 for place in range(len(ordered))]
    axes.plot(
        [max(error, ERROR_FLOOR) for error in ordered],
        [line + offset for offset in offsets],
        linestyle="",
        marker=marker,
        color=color,
        alpha=0.65,
        markersize=6,
        markeredgewidth=1.5 if marker == "|" else 0,
    )


def tradeoff_plot(rows: Sequence[Row]) -> Plot:
    """Error against cost, one point a cell."""
    figure, axes = new_figure()
    drawn = [row for row in rows if math.isfinite(row.error) and math.isfinite(row.ratio)]
    ratios, errors = [row.ratio for row in drawn], [max(row.error, ERROR_FLOOR) for row in drawn]
    axes.set(xscale="log", yscale="log", xlim=(min(ratios) / 2, max(ratios) * 2))
    axes.set_ylim(min([ROUNDING, *errors]) / 4, max([ROUNDING, *errors]) * 4)
    for method, style in styles_of(methods_of(rows)).items():
        points = [row for row in drawn if row.method == method]
        if points:
            axes.plot(
                [row.ratio for row in points],
                [max(row.error, ERROR_FLOOR) for row in points],
                linestyle="",
                marker=style.marker,
                color=style.color,
                alpha=0.65,
                markersize=7,
                markeredgewidth=0,
                label=method,
            )
    axes.axhline(ROUNDING, color=INK.light, linewidth=1, linestyle=(0, (1, 2)))
    axes.set(xlabel="time of the derivative / time of f", ylabel="relative error in the norm")
    axes.xaxis.set_major_formatter(_ratio_label)
    axes.grid(visible=True)
    add_legend(axes)
    return Plot(
        "error-cost",
        "Error against cost",
        "Every function and method that was measured: the best are at the lower left. "
        "Cost is time in units of the function itself; the dotted line is the rounding of a single number.",
        figure,
    )


def _ratio_label(ratio: float, _position: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 1 else f"{ratio:g}"
