"""The figures of a report, each drawn from rows alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..measure.formatting import format_number
from ..measure.rows import Row, methods_of
from .palette import INK, MUTED, PAPER, RULE, Style, styles_of
from .svg import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Relative errors below this, zero included, are drawn here.
ERROR_FLOOR = 1e-18
#: The largest relative error of rounding a number to float64.
ROUNDING = 2.0**-53


@dataclass(frozen=True)
class Plot:
    """A figure with the words around it.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    title : str
    caption : str
        What to see and how to read it.
    figure : Figure
    """

    name: str
    title: str
    caption: str
    figure: Figure


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
            for count in dict.fromkeys((outputs[0], outputs[-1])):
                plots.append(_cost_plot(grid, "inputs", count, limit))
            for count in dict.fromkeys((inputs[0], inputs[-1])):
                plots.append(_cost_plot(grid, "outputs", count, limit))
            plots.append(_map_plot(grid, inputs, outputs))
        if any(math.isfinite(row.error) for row in rows):
            plots.append(_error_plot(rows))
        if any(math.isfinite(row.error) and math.isfinite(row.ratio) for row in rows):
            plots.append(_tradeoff_plot(rows))
    return plots


def _new_figure(height: float = 4.4) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, height), layout="constrained")
    return figure, figure.add_subplot()


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _cost_plot(grid: Sequence[Row], axis: str, fixed: int, limit: float) -> Plot:
    """Seconds against the number of inputs (or outputs) for a fixed number of the other."""
    figure, axes = _new_figure()
    other = "outputs" if axis == "inputs" else "inputs"
    rows = sorted((row for row in grid if getattr(row, other) == fixed), key=lambda row: getattr(row, axis))
    sizes = sorted({getattr(row, axis) for row in rows})
    styles = styles_of(methods_of(grid))
    for method, style in styles.items():
        _draw_line(axes, [row for row in rows if row.method == method], axis, style, method)
        stopped = [getattr(row, axis) for row in rows if row.method == method and row.status == "timeout"]
        if stopped and math.isfinite(limit):
            axes.plot(stopped, [limit] * len(stopped), linestyle="", marker="x", color=style.color, markersize=8, markeredgewidth=2)
    _draw_primal(axes, rows, axis)
    _draw_stopped_line(axes, rows, limit)
    axes.set(xscale="log", yscale="log", xlabel=f"number of {axis}", ylabel="time of one derivative")
    axes.set_xticks(_thinned(sizes), [f"{size:,}" for size in _thinned(sizes)])
    axes.set_xticks([], minor=True)
    axes.yaxis.set_major_formatter(_time_label)
    axes.grid(visible=True)
    _add_legend(axes)
    singular = _plural(fixed, other[:-1])
    return Plot(
        f"cost-{axis}-{fixed}",
        f"Cost against {axis}, {singular}",
        f"Median time of one derivative of the dense layer with {singular}; the bands are the quartiles. "
        "The grey line is f itself: the distance from it is what the derivative costs.",
        figure,
    )


def _draw_line(axes: Axes, rows: Sequence[Row], axis: str, style: Style, label: str) -> None:
    timed = [row for row in rows if math.isfinite(row.seconds)]
    if not timed:
        return
    sizes = [getattr(row, axis) for row in timed]
    axes.plot(sizes, [row.seconds for row in timed], style.line, color=style.color, marker=style.marker, markersize=6, label=label)
    sampled = [row for row in timed if row.time.samples]
    lower, upper = zip(*(row.time.quartiles for row in sampled)) if sampled else ((), ())
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
    times = {getattr(row, axis): row.f_time.median for row in rows if row.f_time.samples}
    axes.plot(list(times), list(times.values()), "-", color=MUTED.light, linewidth=2.5, alpha=0.6, label="f itself")


def _draw_stopped_line(axes: Axes, rows: Sequence[Row], limit: float) -> None:
    """A key to the crosses, where there are any."""
    if math.isfinite(limit) and any(row.status == "timeout" for row in rows):
        axes.plot([], [], linestyle="", marker="x", color=MUTED.light, markersize=8, markeredgewidth=2, label="stopped")


def _add_legend(axes: Axes, columns: int = 3) -> None:
    """Above the axes, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, handlelength=2.2, columnspacing=1.4, borderaxespad=0.2)


def _thinned(sizes: Sequence[int], most: int = 9) -> list[int]:
    step = -(-len(sizes) // most)
    return list(sizes[::step])


def _time_label(seconds: float, _position: int) -> str:
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")):
        if seconds >= 0.9995 * scale:
            return f"{seconds / scale:.0f} {unit}"
    return f"{seconds:.0e} s"


def cheapest(rows: Sequence[Row]) -> tuple[Row | None, float]:
    """The fastest verified row of one cell, and how many times longer the next method takes (NaN without one)."""
    ordered = sorted((row for row in rows if row.succeeded), key=lambda row: row.seconds)
    if not ordered:
        return None, math.nan
    return ordered[0], ordered[1].seconds / ordered[0].seconds if len(ordered) > 1 else math.nan


def _map_plot(grid: Sequence[Row], inputs: Sequence[int], outputs: Sequence[int]) -> Plot:
    """The cheapest method in every cell of the grid."""
    figure, axes = _new_figure(5.2)
    styles = styles_of(methods_of(grid))
    winners: dict[str, int] = {}
    for column, n in enumerate(inputs):
        for line, m in enumerate(outputs):
            best, factor = cheapest([row for row in grid if (row.inputs, row.outputs) == (n, m)])
            winners.update({best.method: 1} if best else {"": 1})
            _draw_cell(axes, column, line, None if best is None else styles[best.method], factor, len(inputs) <= 6)
    axes.set(xlim=(-0.5, len(inputs) - 0.5), ylim=(-0.5, len(outputs) - 0.5), xlabel="number of inputs n", ylabel="number of outputs m")
    axes.set_xticks(range(len(inputs)), [f"{n:,}" for n in inputs])
    axes.set_yticks(range(len(outputs)), [f"{m:,}" for m in outputs])
    axes.tick_params(length=0)
    axes.set_aspect("equal", adjustable="box", anchor="NW")
    for spine in axes.spines.values():
        spine.set_visible(False)
    handles = [_map_key(style, method) for method, style in styles.items() if method in winners]
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


def _error_plot(rows: Sequence[Row]) -> Plot:
    """One line a method, one point a cell: where its errors lie."""
    styles = styles_of(methods_of(rows))
    figure, axes = _new_figure(1.9 + 0.52 * (len(styles) + 1))
    labels = []
    for line, (method, style) in enumerate(styles.items()):
        own = [row for row in rows if row.method == method]
        found = [row.error for row in own if math.isfinite(row.error)]
        _draw_strip(axes, found, line, style.color, style.marker)
        missing = len(own) - len(found)
        labels.append(f"{method}\n({missing} missing)" if missing else method)
    cells = {(row.problem, row.inputs, row.outputs): row.hand_error for row in rows if math.isfinite(row.hand_error)}
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


def _tradeoff_plot(rows: Sequence[Row]) -> Plot:
    """Error against cost, one point a cell."""
    figure, axes = _new_figure()
    for method, style in styles_of(methods_of(rows)).items():
        points = [row for row in rows if row.method == method and math.isfinite(row.error) and math.isfinite(row.ratio)]
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
    axes.set(xscale="log", yscale="log", xlabel="time of the derivative / time of f", ylabel="relative error in the norm")
    axes.xaxis.set_major_formatter(_ratio_label)
    axes.grid(visible=True)
    _add_legend(axes)
    return Plot(
        "error-cost",
        "Error against cost",
        "Every function and method that was measured: the best are at the lower left. "
        "Cost is time in units of the function itself; the dotted line is the rounding of a single number.",
        figure,
    )


_ratio_label: Callable[[float, int], str] = lambda ratio, _position: f"{ratio:,.0f}" if ratio >= 1 else f"{ratio:g}"  # noqa: E731
