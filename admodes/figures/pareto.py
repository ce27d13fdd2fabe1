"""Accuracy against cost, and which methods nothing beats in both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NothingToDrawError
from ..formatting import format_error, format_number
from ..rows import Row, cost_of, describe, methods_of
from .errors import ERROR_FLOOR
from .marks import mark
from .palette import MUTED, styles_of
from .plotting import DOTS, ROUNDING, Plot, add_legend, literal, log_axis, make_plot, short_number
from .points import Point, add_keys, draw_points, kind_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def front(points: Sequence[Point]) -> list[Point]:
    """The points that no other one beats in both, the cheapest first."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point.x, point.y)):
        if not best or point.y < best[-1].y:
            best.append(point)
    return best


def draw_pareto(axes: Axes, rows: Sequence[Row]) -> Axes:
    """Error against cost in units of f: one point a row, and the front of those that nothing beats in both.

    Of several cells, each method's median stands out and the front is that of the medians: a cell with a cheap derivative
    says nothing against the methods of another.

    Parameters
    ----------
    axes : Axes
    rows : sequence of Row

    Returns
    -------
    Axes

    Raises
    ------
    NothingToDrawError
        If no row has both an error and a time.
    """
    drawn = [row for row in rows if math.isfinite(row.error) and math.isfinite(row.ratio) and row.ratio > 0]
    if not drawn:
        raise NothingToDrawError("No row has both an error and a time beside that of f.")
    cells = {(row.problem, row.operator, row.inputs, row.outputs) for row in drawn}
    every: list[Point] = []
    typical: list[Point] = []
    for method, style in styles_of(methods_of(rows)).items():
        own = [row for row in drawn if row.method == method]
        points = [_point(row, several=len(cells) > 1) for row in own]
        every += points
        good = [(point, row) for point, row in zip(points, own, strict=True) if not point.kind]
        if len(cells) > 1:
            draw_points(axes, points, style, method, size=4.5, alpha=0.35)
            medians = [_median(good, method)] if good else []
            draw_points(axes, medians, style, method, size=11)
            typical += medians
        else:
            draw_points(axes, points, style, method, size=9)
            typical += [point for point, _ in good]
        if points:
            axes.plot([], [], linestyle="", marker=style.marker, color=style.color, markersize=7, label=literal(method))
    _draw_front(axes, front(typical), every)
    axes.axhline(ROUNDING, color=MUTED.light, linewidth=1, linestyle=DOTS)
    add_keys(axes, [point.kind for point in every])
    _finish(axes)
    return axes


def _point(row: Row, *, several: bool) -> Point:
    label = describe(row, f"{cost_of(row)}, error {format_error(row.error, row.is_bound)}", problem=several)
    # Ratios that differ in their last bit only would leave an axis no width that matplotlib can work with.
    return Point(float(f"{row.ratio:.12g}"), max(row.error, ERROR_FLOOR), label, kind_of(row))


def _median(drawn: Sequence[tuple[Point, Row]], method: str) -> Point:
    ratio, error = (float(np.median(values)) for values in ([point.x for point, _ in drawn], [point.y for point, _ in drawn]))
    # The errors below the middle do not change it, whether they are bounds or not.
    upper = sorted(drawn, key=lambda one: (one[0].y, not one[1].is_bound))[(len(drawn) - 1) // 2 :]
    shown = format_error(error, any(row.is_bound for _, row in upper))
    return Point(ratio, error, f"{method}, median of {len(drawn)}: {format_number(ratio)} times f, error {shown}")


def _draw_front(axes: Axes, best: Sequence[Point], drawn: Sequence[Point]) -> None:
    """Stairs: what lies above and to the right of them is beaten."""
    if not best:
        return
    highest = max(*(point.y for point in drawn), best[0].y)
    dearest = max(*(point.x for point in drawn), best[-1].x)
    across = [best[0].x, *(point.x for point in best), dearest]
    up = [highest, *(point.y for point in best), best[-1].y]
    (line,) = axes.step(across, up, where="post", color=MUTED.light, linewidth=1.6, alpha=0.6, label="Pareto front", zorder=1.5)
    mark(line, "Pareto front")


def _finish(axes: Axes) -> None:
    axes.set(xlabel="time of the derivative / time of f", ylabel="relative error in the norm", xscale="log", yscale="log")
    log_axis(axes, "x", short_number)
    log_axis(axes, "y", short_number)
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    add_legend(axes)


def tradeoff_plot(rows: Sequence[Row]) -> Plot:
    """Error against cost, one point a cell."""
    cells = {(row.problem, row.operator, row.inputs, row.outputs) for row in rows}
    several = (
        "Every function and method that was measured, small; the median of each method, large: the best are at the lower left. "
    )
    stairs = "the median of another method" if len(cells) > 1 else "another method"
    single = "Every method that was measured: the best are at the lower left. "
    return make_plot(
        "error-cost",
        "Error against cost",
        f"{several if len(cells) > 1 else single}Above and to the right of the stairs, {stairs} is both faster and more exact"
        f"{': they say nothing of a single cell' if len(cells) > 1 else ''}. "
        "Cost is time in units of the function itself; the dotted line is the rounding of a single number.",
        lambda axes: draw_pareto(axes, rows),
        height=4.8,
    )
