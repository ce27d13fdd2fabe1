"""The map of the cheapest method over the numbers of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import NothingToDrawError
from ..formatting import format_number, format_seconds, join_words, plural
from ..rows import Row, describe, methods_of, named
from .marks import mark
from .palette import INK, MUTED, PAPER, RULE, Style, styles_of
from .plotting import Plot, add_legend, literal, make_plot, short_number
from .quantities import TIE
from .winners import not_run, ranked, tied

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A number of inputs -> the number of outputs at which two methods cost the same.
Crossover = Callable[[float], float]

#: Cells side by side up to which there is room for a number in each, and for a sign.
_ROOMY, _LEGIBLE = 6, 20


def draw_map(
    axes: Axes, rows: Sequence[Row], crossover: Crossover | None = None, crossover_label: str = "crossover, fitted"
) -> Axes:
    """The cheapest method in every cell of a grid. A cell with several colours is a tie; in a hatched one a rival was not run.

    Parameters
    ----------
    axes : Axes
    rows : sequence of Row
        Of several problems or operators, those with the most cells are drawn.
    crossover : callable, optional
        A number of inputs -> the number of outputs at which two methods cost the same; drawn as a line.
    crossover_label : str
        What the legend calls it.

    Returns
    -------
    Axes

    Raises
    ------
    NothingToDrawError
        If no row has a verified derivative with a time.
    """
    grid = _widest(rows)
    inputs, outputs = sorted({row.inputs for row in grid}), sorted({row.outputs for row in grid})
    styles = styles_of(methods_of(rows))
    winners: dict[str, None] = {}
    ties = provisional = False
    cells: dict[tuple[int, int], list[Row]] = {}
    for row in grid:
        cells.setdefault((row.inputs, row.outputs), []).append(row)
    for column, n in enumerate(inputs):
        for line, m in enumerate(outputs):
            cell = cells.get((n, m))
            best = _draw_cell(axes, (column, line), cell, styles, across=max(len(inputs), len(outputs))) if cell else []
            winners |= dict.fromkeys(best)
            ties |= len(best) > 1
            provisional |= bool(best) and bool(not_run(cell or []))
    drawn = crossover is not None and _draw_crossover(axes, crossover, inputs, outputs)
    _name_axes(axes, inputs, outputs, named(grid[0]))
    keys = [_key(styles[method], method) for method in styles if method in winners]
    keys += [_key(None, "several: a tie")] if ties else []
    keys += [_hatched_key()] if provisional else []
    keys += [_line_key(crossover_label)] if drawn else []
    add_legend(axes, handles=keys)
    return axes


def _widest(rows: Sequence[Row]) -> list[Row]:
    """The rows of the problem and operator that were measured in the most cells."""
    grids: dict[str, list[Row]] = {}
    for row in rows:
        grids.setdefault(named(row), []).append(row)
    grids = {name: grid for name, grid in grids.items() if any(row.succeeded for row in grid)}
    if not grids:
        raise NothingToDrawError("No cell has a verified derivative with a time: there is no cheapest method to show.")
    return max(grids.values(), key=lambda grid: len({(row.inputs, row.outputs) for row in grid}))


def _name_axes(axes: Axes, inputs: Sequence[int], outputs: Sequence[int], subject: str) -> None:
    axes.set(xlim=(-0.5, len(inputs) - 0.5), ylim=(-0.5, len(outputs) - 0.5))
    axes.set(xlabel=f"number of inputs n ({literal(subject)})", ylabel="number of outputs m")
    axes.set_xticks(range(len(inputs)), [short_number(n) for n in inputs])
    axes.set_yticks(range(len(outputs)), [short_number(m) for m in outputs])
    axes.tick_params(length=0)
    axes.set_aspect("equal", adjustable="box", anchor="NW")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw_cell(
    axes: Axes, place: tuple[int, int], cell: Sequence[Row], styles: dict[str, Style], *, across: int
) -> Sequence[str]:
    """One stripe for each of the fastest methods; their names. `across` is the number of cells side by side."""
    from matplotlib.patches import Rectangle

    roomy = across <= _ROOMY
    column, line = place
    ordered, best = ranked(cell), tied(cell)
    unsettled = bool(best) and bool(not_run(cell))
    label = _describe_cell(cell, ordered, best)
    count = max(1, len(best))
    height = 0.94 / count
    for stripe in range(count):
        face = styles[best[stripe].method].color if best else RULE.light
        bottom = line + 0.47 - (stripe + 1) * height
        patch = axes.add_patch(Rectangle((column - 0.47, bottom), 0.94, height, facecolor=face, linewidth=0))
        mark(patch, best[stripe].method if best else "", [label], field=True)
    if unsettled:
        _hatch(axes, column, line, best[0].method if count == 1 else "")
    for stripe, row in enumerate(best if across <= _LEGIBLE else []):
        # From the upper left to the lower right: a crossover runs from the lower left to the upper right.
        at = 0.47 * (1 - (2 * stripe + 1) / count) if count > 1 else 0.2 * roomy
        marker = styles[row.method].marker
        size = (9 if roomy else 7) * (1 if count < 3 else 0.7)
        (glyph,) = axes.plot(column - at, line + at, marker=marker, color=PAPER.light, markersize=size, linestyle="", zorder=3)
        mark(glyph, row.method, [label], field=True)
    if not best and across <= _LEGIBLE:
        axes.text(column, line, "none", ha="center", va="center", color=MUTED.light, fontsize=9)
    elif roomy and count == 1 and (unsettled or len(ordered) > 1):
        text = "?" if unsettled else format_number(ordered[1].seconds / ordered[0].seconds)
        ground = {"facecolor": styles[best[0].method].color, "linewidth": 0, "pad": 1}
        corner = column + 0.43, line - 0.27
        number = axes.text(*corner, text, ha="right", va="center", color=PAPER.light, fontsize=10, zorder=3, bbox=ground)
        mark(number, best[0].method, field=True)
    return [row.method for row in best]


def _hatch(axes: Axes, column: int, line: int, method: str) -> None:
    """Lines from the lower left to the upper right of a cell, in one path."""
    x, y = [], []
    for offset in (-0.6, -0.3, 0.0, 0.3, 0.6):
        low, high = max(-0.47, -0.47 - offset), min(0.47, 0.47 - offset)
        x += [column + low, column + high, math.nan]
        y += [line + low + offset, line + high + offset, math.nan]
    (lines,) = axes.plot(x, y, color=PAPER.light, linewidth=1.6, alpha=0.7, zorder=2.5)
    mark(lines, method, field=True)


def _describe_cell(cell: Sequence[Row], ordered: Sequence[Row], best: Sequence[Row]) -> str:
    """Who is the fastest, by how much, and what the others take."""
    if not ordered:
        first = cell[0]
        lost = join_words([f"{row.method}: {row.status}" for row in cell])
        return f"{plural(first.inputs, 'input')}, {plural(first.outputs, 'output')}: none verified ({lost})"
    text = describe(ordered[0])
    rest = [f"{row.method} {format_seconds(row.seconds)}" for row in ordered[1:]]
    others = f"; {join_words(rest)}" if rest else ""
    absent = join_words([f"{row.method} ({row.status})" for row in not_run(cell)])
    others += f"; provisional: no result from {absent}" if absent else ""
    return f"a tie of {join_words([row.method for row in best])}: {text}{others}" if len(best) > 1 else text + others


def _draw_crossover(axes: Axes, crossover: Crossover, inputs: Sequence[int], outputs: Sequence[int]) -> bool:
    """The line through the cells, which stand at equal distances whatever their sizes; whether it passes through any."""
    if min(*inputs, *outputs) < 1 or len(inputs) < 2 or len(outputs) < 2:
        return False
    places = np.linspace(-0.5, len(inputs) - 0.5, 501)
    m = np.array([_number(crossover(math.exp(size))) for size in _extended(places, range(len(inputs)), np.log(inputs))])
    known = np.where(m > 0, m, np.nan)
    heights = _extended(np.log(known), np.log(outputs), np.arange(len(outputs)))
    heights = np.where((heights >= -0.5) & (heights <= len(outputs) - 0.5), heights, np.nan)
    if np.isnan(heights).all():
        return False
    axes.plot(places, heights, color=PAPER.light, linewidth=5, solid_capstyle="butt")
    (line,) = axes.plot(places, heights, color=INK.light, linewidth=2)
    mark(line, "crossover")
    return True


def _extended(at: Any, known: Any, values: Any) -> Any:
    """Linear between the known places, and as steep beyond them as at their ends."""
    known, values = np.asarray(known, float), np.asarray(values, float)
    place = np.clip(np.searchsorted(known, at) - 1, 0, len(known) - 2)
    slope = (values[place + 1] - values[place]) / (known[place + 1] - known[place])
    return values[place] + slope * (at - known[place])


def _number(value: Any) -> float:
    """A crossover that there is none of counts as nowhere."""
    return math.nan if value is None else float(value)


def _key(style: Style | None, label: str) -> Any:
    """The marker of a method; without a style, several colours in one cell."""
    from matplotlib.lines import Line2D

    if style is None:
        return Line2D(
            [],
            [],
            linestyle="",
            marker="s",
            markersize=9,
            fillstyle="top",
            color=MUTED.light,
            markerfacecoloralt=RULE.light,
            label=label,
        )
    return Line2D([], [], linestyle="", marker=style.marker, markersize=8, color=style.color, label=literal(label))


def _hatched_key() -> Any:
    """The sign of a cell whose fastest method is not settled."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", marker="$///$", markersize=10, color=MUTED.light, label="hatched: a rival was not run")


def _line_key(label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=INK.light, linewidth=2, label=label)


def map_plot(grid: Sequence[Row], crossover: Crossover | None = None) -> Plot:
    """The cheapest method in every cell of the grid."""
    line = " The line is where forward and reverse mode cost the same by the fitted costs." if crossover else ""
    return make_plot(
        "map",
        "The cheapest method",
        "The fastest method whose derivative is right, for every number of inputs and outputs. "
        "The number in a cell says how many times longer the next method takes; where several are as fast within "
        f"{round(100 * (TIE - 1))}%, the cell has the colours of all of them. A hatched cell with a question mark "
        f"is provisional: a method that might be faster was not run there.{line}",
        lambda axes: draw_map(axes, grid, crossover),
        height=5.2,
    )
