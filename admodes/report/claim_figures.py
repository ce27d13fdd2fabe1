"""The figure of a claim that was tested."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..figures.marks import mark
from ..figures.palette import styles_of
from ..figures.plotting import STYLE, Plot, add_legend, literal, log_axis, new_figure, short_number
from ..figures.svg import to_svg
from ..reproduce import Claim, Claims
from ..reproduce.claims import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: As many sizes are named on an axis.
_FEW = 10


def draw_claims(claims: Sequence[Claim]) -> dict[str, Plot]:
    """The figure of each claim that has one, by the claim's name.

    Parameters
    ----------
    claims : sequence of Claim

    Returns
    -------
    dict of str to Plot
    """
    return {claim.name: claim_plot(claim) for claim in claims if any(line.x for line in claim.figure.series)}


def claim_plot(claim: Claim) -> Plot:
    """A claim's figure: lines on logarithmic axes, or dots beside names.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    Plot
    """
    import matplotlib as mpl

    shown = claim.figure
    with mpl.rc_context(STYLE):
        figure, axes = new_figure(height=max(4.2, 1.6 + 0.36 * len(shown.names)))
        (_draw_named if shown.names else _draw_lines)(axes, shown)
        axes.grid(visible=True)
        if axes.get_lines():
            add_legend(axes, columns=2)
    return Plot(f"claim-{claim.name}", claim.claim, f"{claim.verdict[:1].upper()}{claim.verdict[1:]}: {claim.because}", figure)


def _draw_lines(axes: Axes, shown: Figure) -> None:
    """Each series as a line over x; what is not positive has no place on logarithmic axes."""
    styles = styles_of([line.name for line in shown.series])
    for line in shown.series:
        points = [(x, y) for x, y in zip(line.x, line.y, strict=True) if x > 0 and y > 0]
        if not points:
            continue
        style = styles[line.name]
        (drawn,) = axes.plot(
            *zip(*points, strict=True), label=line.name, color=style.color, marker=style.marker, linestyle=style.line, ms=4
        )
        mark(drawn, line.name, [f"{line.name}, {shown.x_label} {x:g}: {shown.y_label} {y:.4g}" for x, y in points])
    axes.set(xscale="log", yscale="log", xlabel=shown.x_label, ylabel=shown.y_label)
    _set_ticks(axes, sorted({x for line in shown.series for x in line.x}))


def _draw_named(axes: Axes, shown: Figure) -> None:
    """Each series as dots, one line of the figure for each name, the first one on top."""
    styles = styles_of([line.name for line in shown.series])
    for line in shown.series:
        points = [(y, x) for x, y in zip(line.x, line.y, strict=True) if shown.linear or y > 0]
        if not points:
            continue
        style = styles[line.name]
        (drawn,) = axes.plot(
            *zip(*points, strict=True), label=line.name, color=style.color, marker=style.marker, linestyle="", markersize=7
        )
        mark(drawn, line.name, [f"{line.name}, {shown.names[int(x) - 1]}: {y:.4g}" for y, x in points])
    axes.set_yticks(range(1, len(shown.names) + 1), [literal(name) for name in shown.names])
    axes.set_ylim(len(shown.names) + 0.6, 0.4)
    axes.set_xlabel(shown.y_label)
    if shown.linear:
        axes.set_xlim(min(0.0, axes.get_xlim()[0]) if _smallest(shown) < 0 else 0.0, 1.08 * axes.get_xlim()[1])
    else:
        axes.set_xscale("log")
        log_axis(axes, "x", short_number)


def _smallest(shown: Figure) -> float:
    return min((y for line in shown.series for y in line.y), default=0.0)


def _set_ticks(axes: Axes, sizes: list[float]) -> None:
    """A tick at each size where there are few of them, and plain numbers where an axis has too few powers of ten."""
    from matplotlib.ticker import FixedLocator, FormatStrFormatter, LogLocator, NullFormatter

    if len(sizes) <= _FEW:
        axes.xaxis.set_major_locator(FixedLocator(sizes))
        axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    bottom, top = axes.get_ylim()
    if top < 1000 * bottom:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())


def write_figures(claims: Claims, folder: Path) -> list[Path]:
    """One SVG file for each claim, in a folder that is made where it is missing.

    Parameters
    ----------
    claims : Claims
    folder : Path

    Returns
    -------
    list of Path
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for claim in claims.claims:
        plot = claim_plot(claim)
        written.append(folder / f"{plot.name}.svg")
        written[-1].write_text(to_svg(plot.figure, plot.name), encoding="utf-8")
    return written
