"""Points that show how far they can be trusted: filled, hollow or a cross."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..rows import Row
from .marks import mark
from .palette import MUTED, Style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What a point can be, and what the legend says about it: a wrong derivative is not verified either.
GOOD, DOUBTFUL, STOPPED = "", "not verified", "stopped"


class Point(NamedTuple):
    """One point of a figure: where it lies, what it is, and its exact values in words."""

    x: float
    y: float
    label: str
    kind: str = GOOD


def kind_of(row: Row) -> str:
    """Whether the numbers of `row` are those of a verified derivative."""
    if math.isfinite(row.stopped_after):
        return STOPPED
    return GOOD if row.status == "ok" else DOUBTFUL


def draw_points(axes: Axes, points: Iterable[Point], style: Style, series: str, *, size: float = 6, alpha: float = 1) -> None:
    """Every point once, marked with its label.

    Parameters
    ----------
    axes : Axes
    points : iterable of Point
    style : Style
        Of the method.
    series : str
        By which a page switches them on and off.
    size : float
        Of the markers.
    alpha : float
        Below 1 where many points lie on top of each other.
    """
    points = list(points)
    looks: dict[str, dict[str, Any]] = {
        GOOD: {"marker": style.marker, "markeredgewidth": 0.8, "alpha": alpha},
        DOUBTFUL: {"marker": style.marker, "markerfacecolor": axes.get_facecolor(), "markeredgewidth": 1.3},
        STOPPED: {"marker": "x", "markeredgewidth": 2},
    }
    for kind, look in looks.items():
        own = [point for point in points if point.kind == kind]
        if own:
            places = [point.x for point in own], [point.y for point in own]
            (drawn,) = axes.plot(*places, linestyle="", color=style.color, markersize=size + 2 * (kind == STOPPED), **look)
            drawn.set_zorder(3)
            mark(drawn, series, [point.label for point in own])


def add_keys(axes: Axes, kinds: Sequence[str]) -> None:
    """What hollow markers and crosses mean, for the legend, where there are any."""
    if STOPPED in kinds:
        axes.plot([], [], linestyle="", marker="x", color=MUTED.light, markersize=8, markeredgewidth=2, label=STOPPED)
    if DOUBTFUL in kinds:
        face = axes.get_facecolor()
        axes.plot([], [], linestyle="", marker="o", markerfacecolor=face, markeredgecolor=MUTED.light, label=DOUBTFUL)
