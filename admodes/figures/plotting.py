"""What all figures share: the plot with its words, axes to draw on, the legend, readable axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..formatting import raised

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: The largest relative error of rounding a number to float64.
ROUNDING = 2.0**-53

#: The line style of what is not measured: theory, rounding.
DOTS: Any = (0, (1, 1.8))

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


#: Inches: wide enough for a phone's whole width.
_WIDTH = 5.6
_HEIGHT = 4.4
#: Inches of a letter of a legend and of a key with the space around it, in the middle.
_LETTER, _KEY = 0.085, 0.5


def new_figure(height: float = _HEIGHT) -> tuple[Figure, Axes]:
    """One pair of axes, wide enough for a phone's whole width."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def make_plot(name: str, title: str, caption: str, *draw: Callable[[Axes], Any], height: float = _HEIGHT) -> Plot:
    """A plot for a page: each of `draw` on axes of its own, one below the other, in the house's style.

    Parameters
    ----------
    name, title, caption : str
        As in `Plot`.
    *draw : callable
        Called with the axes to draw on.
    height : float
        Inches.

    Returns
    -------
    Plot
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        for place, one in enumerate(draw, 1):
            one(figure.add_subplot(len(draw), 1, place))
    return Plot(name, title, caption, figure)


@contextmanager
def drawing_on(ax: Axes | None, height: float = _HEIGHT, width: float = _WIDTH) -> Iterator[Axes]:
    """The given axes, in whatever style they have; or those of a new figure of pyplot's, which a notebook shows.

    Parameters
    ----------
    ax : Axes or None
    height, width : float
        Inches of a new figure.

    Yields
    ------
    Axes
    """
    if ax is not None:
        yield ax
        return
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    # The first figure makes pyplot load its backend, and a notebook's sets rcParams that have to last.
    figure = plt.figure(figsize=(width, height), layout="constrained", facecolor=STYLE["figure.facecolor"])
    with mpl.rc_context(STYLE):
        try:
            yield figure.subplots()
        except BaseException:
            plt.close(figure)
            raise


def add_legend(
    axes: Axes,
    columns: int | None = None,
    handles: Sequence[Artist] | None = None,
    handlers: Mapping[Any, Any] | None = None,
) -> None:
    """Above the axes, where it hides nothing, in as many columns as have room (or `columns`).

    Parameters
    ----------
    axes : Axes
    columns : int, optional
    handles : sequence of Artist, optional
        What to show; by default everything on the axes that has a label.
    handlers : mapping, optional
        How handles of a type are drawn, where that is not matplotlib's way.
    """
    if handles is None:
        handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            handles=handles,
            handler_map=handlers,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=columns or _columns(axes, [str(handle.get_label()) for handle in handles]),
            handlelength=2.2,
            columnspacing=1.4,
            borderaxespad=0.2,
        )


def _columns(axes: Axes, labels: Sequence[str]) -> int:
    """How many columns of `labels` fit over the axes; a legend is filled column by column."""
    figure = axes.get_figure(root=True)
    inches = axes.bbox.width / figure.dpi if figure else _WIDTH
    for columns in (4, 3, 2):
        widest = [max(map(len, column), default=0) for column in np.array_split(list(labels), columns)]
        if _LETTER * sum(widest) + _KEY * columns <= inches:
            return columns
    return 1


def label_sizes(axes: Axes, sizes: Sequence[int], most: int = 9) -> None:
    """A logarithmic x axis with a tick at the sizes that were measured, as many as have room."""
    axes.set_xscale("log")
    room = math.log(max(sizes) / min(sizes)) / most
    shown: list[int] = []
    # From the largest down, since that is the one that must not be missing.
    for size in sorted(set(sizes), reverse=True):
        if not shown or math.log(shown[-1] / size) >= room:
            shown.append(size)
    axes.set_xticks(shown, [short_number(size) for size in shown])
    axes.set_xticks([], minor=True)


def log_axis(axes: Axes, which: str, name: Callable[[float], str]) -> None:
    """A logarithmic axis with few ticks, written by `name`: powers of ten, or finer where there are too few of them.

    Parameters
    ----------
    axes : Axes
        On which everything is drawn already.
    which : str
        "x" or "y".
    name : callable
        Writes a number.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axis.get_view_interval()
    if 0 < low <= high < 1.5 * low:  # so narrow that no tick would fall on it
        low, high = low / 1.5, high * 1.5
        axes.set(**{f"{which}lim": (low, high)})
    fine = low > 0 and high < 300 * low
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if fine else (1.0,), numticks=8))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _position: name(value)))


def literal(name: str) -> str:
    """A name of a user's as matplotlib shows it as it is: between two dollars stands a formula otherwise."""
    return name.replace("$", r"\$")


def short_number(value: float) -> str:
    """``0.5``, ``16``, ``4,096``, ``65,536``, ``10⁶``: as exact as a tick has room for."""
    if value <= 0:
        return f"{value:g}"
    if 1e-3 <= value < 1e6:
        return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"
    exponent = math.floor(math.log10(value) + 1e-9)
    leading = f"{value / 10.0**exponent:.3g}"
    power = f"10{raised(str(exponent))}"
    return power if leading == "1" else f"{leading}·{power}"
