"""The methods at one point, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import NothingToDrawError
from ..formatting import format_seconds, join_words
from ..rows import Row, describe, methods_of
from .marks import mark
from .palette import MUTED, styles_of
from .plotting import add_legend, log_axis
from .points import STOPPED, Point, add_keys, draw_points, kind_of
from .quantities import TIME

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_times(axes: Axes, rows: Sequence[Row]) -> Axes:
    """One line a method: its time with the quartiles of its samples, beside the time of f itself.

    Parameters
    ----------
    axes : Axes
    rows : sequence of Row
        One a method, at one point.

    Returns
    -------
    Axes

    Raises
    ------
    NothingToDrawError
        If no row has a time.
    """
    drawn = [row for row in rows if math.isfinite(row.seconds) or math.isfinite(row.stopped_after)]
    if not drawn:
        lost = join_words([f"{row.method}: {row.status}" for row in rows])
        raise NothingToDrawError(f"No method has a time{f' ({lost})' if lost else ': there are no rows'}.")
    styles, kinds = styles_of(methods_of(rows)), []
    for line, row in enumerate(rows):
        style = styles[row.method]
        if row.time.samples:
            (spread,) = axes.plot(row.time.quartiles, [line, line], color=style.color, linewidth=5, alpha=0.3)
            mark(spread, row.method)
        if row in drawn:
            kind = kind_of(row)
            seconds = row.stopped_after if kind == STOPPED else row.seconds
            draw_points(axes, [Point(seconds, line, describe(row), kind)], style, row.method, size=8)
            kinds.append(kind)
    own = [row.f_time.minimum for row in rows if row.f_time.samples]
    if own:
        line_of_f = axes.axvline(
            min(own), color=MUTED.light, linewidth=2.5, alpha=0.6, label=f"f itself: {format_seconds(min(own))}"
        )
        mark(line_of_f, "f itself")
    names = [row.method if row in drawn else f"{row.method}\n({row.status})" for row in rows]
    axes.set(xlabel="time of one derivative", xscale="log", ylim=(len(rows) - 0.5, -0.5))
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis="x")
    log_axis(axes, "x", TIME.tick)
    add_keys(axes, kinds)
    add_legend(axes)
    return axes
