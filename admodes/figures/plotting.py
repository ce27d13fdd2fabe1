"""What all figures share: the plot with its words, an empty figure, the legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The largest relative error of rounding a number to float64.
ROUNDING = 2.0**-53

#: What every figure is drawn with; passed to rc_context, so that the user's own settings neither matter nor change.
STYLE: Any = {
    "axes.edgecolor": "#5c6978",
    "axes.labelcolor": "#1f2a37",
    "axes.facecolor": "#fefefe",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 12.0,
    "figure.facecolor": "#fefefe",
    "font.family": ["DejaVu Sans"],
    "font.size": 11.0,
    "grid.color": "#d9dee5",
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.color": "#1f2a37",
    "xtick.color": "#5c6978",
    "ytick.color": "#5c6978",
    "xtick.labelcolor": "#1f2a37",
    "ytick.labelcolor": "#1f2a37",
}


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


def new_figure(height: float = 4.4) -> tuple[Figure, Axes]:
    """One pair of axes, wide enough for a phone's whole width."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, height), layout="constrained")
    return figure, figure.add_subplot()


def plural(count: int, noun: str) -> str:
    """``1 input``, ``4 inputs``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def add_legend(axes: Axes, columns: int = 3) -> None:
    """Above the axes, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns, handlelength=2.2, columnspacing=1.4, borderaxespad=0.2)
