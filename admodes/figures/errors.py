"""The error of each method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import NothingToDrawError
from ..formatting import format_error, plural
from ..rows import Row, describe, methods_of, named
from .marks import mark
from .palette import MUTED, styles_of
from .plotting import DOTS, ROUNDING, Plot, add_legend, literal, log_axis, make_plot, short_number
from .points import Point, add_keys, draw_points, kind_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Relative errors below this, zero included, are drawn here.
ERROR_FLOOR = 1e-18


def draw_errors(axes: Axes, rows: Sequence[Row]) -> Axes:
    """One line a method, one point a row: where its errors lie.

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
        If no row has an error.
    """
    if not any(math.isfinite(row.error) for row in rows):
        raise NothingToDrawError("No row has an error: nothing was measured, or there was no reference to measure it against.")
    styles, names, kinds = styles_of(methods_of(rows)), [], []
    for line, (method, style) in enumerate(styles.items()):
        own = [row for row in rows if row.method == method]
        points = _strip(own, line)
        draw_points(axes, points, style, method, alpha=0.65 if len(points) > 1 else 1)
        kinds += [point.kind for point in points]
        missing = len(own) - len(points)
        names.append(f"{method}\n({missing} missing)" if missing else method)
    if by_hand := _by_hand(rows, len(styles)):
        (drawn,) = axes.plot(
            [point.x for point in by_hand],
            [point.y for point in by_hand],
            linestyle="",
            marker="|",
            color=MUTED.light,
            markersize=8,
            markeredgewidth=1.5,
        )
        mark(drawn, "by hand", [point.label for point in by_hand])
        names.append("by hand")
    axes.axvline(ROUNDING, color=MUTED.light, linewidth=1, linestyle=DOTS)
    axes.set(xlabel="relative error in the norm", ylim=(len(names) - 0.45, -0.55))
    axes.set_yticks(range(len(names)), [literal(name) for name in names])
    axes.tick_params(axis="y", length=0)
    _finish(axes, kinds)
    return axes


def _finish(axes: Axes, kinds: Sequence[str]) -> None:
    axes.set_xscale("log")
    log_axis(axes, "x", short_number)
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    add_keys(axes, kinds)
    add_legend(axes)


def _strip(rows: Sequence[Row], line: int) -> list[Point]:
    """Points of equal error would hide each other: they are spread over the line, in a fixed order."""
    ordered = sorted((row for row in rows if math.isfinite(row.error)), key=lambda row: row.error)
    return [
        Point(
            max(row.error, ERROR_FLOOR),
            line + _offset(place, len(ordered)),
            describe(row, f"error {format_error(row.error, row.is_bound)}", problem=True),
            kind_of(row),
        )
        for place, row in enumerate(ordered)
    ]


def _offset(place: int, count: int) -> float:
    return ((7 * place) % 11 - 5) * 0.045 if count > 1 else 0.0


def _by_hand(rows: Sequence[Row], line: int) -> list[Point]:
    """The closed form in plain NumPy: the same for all methods of a cell."""
    cells = {(named(row), row.inputs, row.outputs): row.hand_error for row in rows if math.isfinite(row.hand_error)}
    ordered = sorted(cells.items(), key=lambda item: item[1])
    return [
        Point(
            max(error, ERROR_FLOOR),
            line + _offset(place, len(ordered)),
            f"by hand on {problem}, {plural(inputs, 'input')}, {plural(outputs, 'output')}: error {format_error(error)}",
        )
        for place, ((problem, inputs, outputs), error) in enumerate(ordered)
    ]


def error_plot(rows: Sequence[Row]) -> Plot:
    """One line a method, one point a cell: where its errors lie."""
    return make_plot(
        "errors",
        "Error of each method",
        "One point for each function measured, relative to the closed form in extended precision. "
        "The dotted line is the rounding of a single number; “by hand” is the closed form written in NumPy and "
        "evaluated in double precision. Errors that are exactly zero stand at the left edge.",
        lambda axes: draw_errors(axes, rows),
        height=error_height(rows),
    )


def error_height(rows: Sequence[Row]) -> float:
    """Inches that leave every method a line, broad enough for its points where it has several."""
    methods = len(methods_of(rows))
    return 1.9 + (0.52 if len(rows) > methods else 0.34) * (methods + 1)
