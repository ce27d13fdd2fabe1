"""Cost against the number of inputs or outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..rows import Row, methods_of
from .palette import MUTED, PAPER, Style, styles_of
from .plotting import Plot, add_legend, new_figure, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def cost_plot(grid: Sequence[Row], axis: str, fixed: int) -> Plot:
    """Seconds against the number of inputs (or outputs) for a fixed number of the other."""
    figure, axes = new_figure()
    other = "outputs" if axis == "inputs" else "inputs"
    rows = sorted((row for row in grid if getattr(row, other) == fixed), key=lambda row: getattr(row, axis))
    sizes = sorted({getattr(row, axis) for row in rows})
    styles = styles_of(methods_of(grid))
    for method, style in styles.items():
        _draw_line(axes, [row for row in rows if row.method == method], axis, style, method)
        _draw_stopped(axes, [row for row in rows if row.method == method], axis, style.color)
    _draw_primal(axes, rows, axis)
    _draw_keys(axes, rows)
    singular = plural(fixed, other[:-1])
    axes.set(xscale="log", yscale="log", xlabel=f"number of {axis} ({singular})", ylabel="time of one derivative")
    axes.set_xticks(_thinned(sizes), [f"{size:,}" for size in _thinned(sizes)])
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter(_time_label)
    axes.grid(visible=True)
    add_legend(axes)
    return Plot(
        f"cost-{axis}-{fixed}",
        f"Cost against {axis}, {singular}",
        f"Time of one derivative of the dense layer with {singular}: the fastest sample, with a band up to the upper quartile. "
        "The grey line is f itself: the distance from it is what the derivative costs.",
        figure,
    )


def _draw_line(axes: Axes, rows: Sequence[Row], axis: str, style: Style, label: str) -> None:
    timed = [row for row in rows if math.isfinite(row.seconds)]
    if not timed:
        return
    sizes = [getattr(row, axis) for row in timed]
    axes.plot(
        sizes, [row.seconds for row in timed], style.line, color=style.color, marker=style.marker, markersize=6, label=label
    )
    sampled = [row for row in timed if row.time.samples]
    lower, upper = [row.time.minimum for row in sampled], [row.time.quartiles[1] for row in sampled]
    axes.fill_between([getattr(row, axis) for row in sampled], lower, upper, color=style.color, alpha=0.18, linewidth=0)
    wrong = [row for row in timed if row.status != "ok"]
    axes.plot(
        [getattr(row, axis) for row in wrong],
        [row.seconds for row in wrong],
        linestyle="",
        marker=style.marker,
        markersize=6,
        markerfacecolor=PAPER.light,
        markeredgecolor=style.color,
    )


def _draw_primal(axes: Axes, rows: Sequence[Row], axis: str) -> None:
    times = {getattr(row, axis): row.f_time.minimum for row in rows if row.f_time.samples}
    axes.plot(list(times), list(times.values()), "-", color=MUTED.light, linewidth=2.5, alpha=0.6, label="f itself")


def _draw_stopped(axes: Axes, rows: Sequence[Row], axis: str, color: str) -> None:
    """A cross where a method was stopped: it takes longer than that."""
    stopped = [row for row in rows if math.isfinite(row.stopped_after)]
    if stopped:
        sizes, times = [getattr(row, axis) for row in stopped], [row.stopped_after for row in stopped]
        axes.plot(sizes, times, linestyle="", marker="x", color=color, markersize=8, markeredgewidth=2)


def _draw_keys(axes: Axes, rows: Sequence[Row]) -> None:
    """Keys to the crosses and the hollow markers, where there are any."""
    if any(math.isfinite(row.stopped_after) for row in rows):
        axes.plot([], [], linestyle="", marker="x", color=MUTED.light, markersize=8, markeredgewidth=2, label="stopped")
    if any(math.isfinite(row.seconds) and row.status != "ok" for row in rows):
        axes.plot(
            [],
            [],
            linestyle="",
            marker="o",
            markerfacecolor=PAPER.light,
            markeredgecolor=MUTED.light,
            label="wrong or unverified",
        )


def _thinned(sizes: Sequence[int], most: int = 9) -> list[int]:
    step = -(-len(sizes) // most)
    return list(sizes[::step])


def _time_label(seconds: float, _position: float) -> str:
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
        if seconds >= 0.9995 * scale:
            return f"{seconds / scale:.0f} {unit}"
    return f"{seconds:.0e} s"
