"""What all figures share: the plot with its words, an empty figure, the legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
