"""Cost against the number of inputs or outputs, beside what the theory says."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..formatting import plural
from ..rows import Row, describe, methods_of, named
from ..theory import theory_of
from .marks import mark
from .palette import MUTED, Style, styles_of
from .plotting import DOTS, Plot, add_legend, label_sizes, literal, log_axis, make_plot
from .points import STOPPED, Point, add_keys, draw_points, kind_of
from .quantities import MEMORY, OPERATIONS, TIME, Quantity
from .series import check_axis, is_drawable, longest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What the theory of a method says: an exponent of the size, or a function of it. In units of the cost of f itself.
Theory = Mapping[str, float | Callable[[int], float]]


def theory_along(axis: str, methods: Sequence[str], operator: str) -> Theory:
    """What the theory says of each method along one axis; a method without a theory is left out."""
    found = {method: theory_of(method, "cost", operator) for method in methods}
    return {method: getattr(theory, axis) for method, theory in found.items() if theory is not None}


def draw_cost(
    axes: Axes,
    rows: Sequence[Row],
    axis: str = "inputs",
    *,
    quantity: Quantity = TIME,
    fixed: int | None = None,
    theory: Theory | None = None,
    legend: bool = True,
) -> Axes:
    """A quantity against the number of inputs (or outputs), a line for each method.

    Parameters
    ----------
    axes : Axes
    rows : sequence of Row
        Of several problems or operators, those with the most sizes are drawn.
    axis : str
        "inputs" or "outputs".
    quantity : Quantity
        Time, operations or memory; the same in units of f.
    fixed : int, optional
        The number of the other size.
    theory : mapping, optional
        Method -> how its cost grows with the size in units of the cost of f: an exponent, or a function of the size.
        A thin line through the method's largest point shows it. By default that of `theory_of`; ``{}`` for none.
    legend : bool
        Whether there is one, above the axes.

    Returns
    -------
    Axes

    Raises
    ------
    NothingToDrawError
        If no row has the quantity.
    OptionError
        If the axis is not known.
    """
    curve = longest(rows, axis, quantity, fixed)
    if theory is None:
        theory = {} if quantity is MEMORY else theory_along(axis, methods_of(curve), curve[0].operator)
    of_f = _cost_of_f(curve, axis, quantity)
    kinds, guided = [], False
    for method, style in styles_of(methods_of(rows)).items():
        own = [row for row in curve if row.method == method]
        kinds += _draw_method(axes, own, axis, quantity, style)
        guided |= _draw_theory(axes, own, axis, quantity, of_f, theory.get(method), style)
    if of_f:
        (line,) = axes.plot(list(of_f), list(of_f.values()), "-", color=MUTED.light, linewidth=2.5, alpha=0.6, label="f itself")
        mark(line, "f itself")
    if guided:
        axes.plot([], [], linestyle=DOTS, color=MUTED.light, linewidth=1.2, label="theory")
    add_keys(axes, kinds)
    _finish(axes, curve, axis, quantity)
    if legend:
        add_legend(axes)
    return axes


def _finish(axes: Axes, curve: Sequence[Row], axis: str, quantity: Quantity) -> None:
    other = check_axis(axis)
    subject = f"{named(curve[0])}, {plural(getattr(curve[0], other), other[:-1])}"
    axes.set(xlabel=f"number of {axis} ({literal(subject)})", ylabel=quantity.name)
    axes.set_yscale("log")
    label_sizes(axes, [getattr(row, axis) for row in curve])
    log_axis(axes, "y", quantity.tick)
    axes.grid(visible=True)
    axes.set_axisbelow(True)


def _points(rows: Sequence[Row], axis: str, quantity: Quantity) -> Iterator[Point]:
    """What can be drawn of one method: its numbers, and for times also where it was stopped."""
    for row in rows:
        value = quantity.of(row)
        if quantity.is_time and math.isfinite(row.stopped_after):
            yield Point(getattr(row, axis), row.stopped_after, describe(row), STOPPED)
        elif is_drawable(value):
            yield Point(getattr(row, axis), value, describe(row, quantity.describe(row)), kind_of(row))


def _draw_method(axes: Axes, rows: Sequence[Row], axis: str, quantity: Quantity, style: Style) -> list[str]:
    """The line of one method, the spread of its samples and its points; which kinds of points there are."""
    points = list(_points(rows, axis, quantity))
    measured = [point for point in points if point.kind != STOPPED]
    if not points:
        return []
    method, left_out = rows[0].method, len(rows) - len(points)
    label = f"{method} ({left_out} missing)" if left_out else method
    # The line has no markers of its own (the points are drawn one by one), but its key in the legend has.
    (line,) = axes.plot(
        [point.x for point in measured],
        [point.y for point in measured],
        style.line,
        color=style.color,
        marker=style.marker,
        markersize=6,
        markeredgewidth=0.8,
        markevery=[],
        label=literal(label),
    )
    mark(line, method)
    sampled = [row for row in rows if row.time.samples] if quantity.is_time else []
    if sampled:
        low, high = [row.time.minimum for row in sampled], [row.time.quartiles[1] for row in sampled]
        band = axes.fill_between([getattr(row, axis) for row in sampled], low, high, color=style.color, alpha=0.18, linewidth=0)
        mark(band, method)
    draw_points(axes, points, style, method)
    return [point.kind for point in points]


def _cost_of_f(rows: Sequence[Row], axis: str, quantity: Quantity) -> dict[int, float]:
    """f itself at each size. It is measured beside every method: the smallest number is the one with the least added."""
    found: dict[int, float] = {}
    for row in rows:
        size, value = getattr(row, axis), quantity.of_f(row)
        if is_drawable(value):
            found[size] = min(value, found.get(size, math.inf))
    return found


def _draw_theory(
    axes: Axes,
    rows: Sequence[Row],
    axis: str,
    quantity: Quantity,
    of_f: Mapping[int, float],
    growth: float | Callable[[int], float] | None,
    style: Style,
) -> bool:
    """A thin line through the method's largest verified point, as long as it is above f itself; whether there is one."""
    known = [row for row in rows if row.status == "ok" and is_drawable(quantity.of(row)) and getattr(row, axis) in of_f]
    if growth is None or len(known) < 2:
        return False
    work = growth if callable(growth) else lambda size: float(size) ** growth
    anchor = getattr(known[-1], axis)
    scale = quantity.of(known[-1]) / (work(anchor) * of_f[anchor])
    costs = {size: scale * work(size) * own for size, own in of_f.items() if getattr(known[0], axis) <= size}
    shown = {size: cost for size, cost in costs.items() if cost >= of_f[size]}
    if len(shown) < 2:
        return False
    (line,) = axes.plot(list(shown), list(shown.values()), linestyle=DOTS, color=style.color, linewidth=1.2)
    mark(line, rows[0].method, [f"{rows[0].method}: the theory, through the largest point"])
    return True


def cost_plot(grid: Sequence[Row], axis: str, fixed: int, theory: Theory | None = None) -> Plot:
    """Seconds against the number of inputs (or outputs) for a fixed number of the other."""
    curve = longest(grid, axis, TIME, fixed)
    singular = plural(fixed, check_axis(axis)[:-1])
    return make_plot(
        f"cost-{axis}-{fixed}",
        f"Cost against {axis}, {singular}",
        f"Time of one derivative with {singular}: the fastest sample, with a band up to the upper quartile. "
        "The grey line is f itself: the distance from it is what the derivative costs. The dotted lines are what the theory "
        "says, in units of f and through the largest point of each method: finite differences, complex step and forward mode "
        "grow with the inputs, reverse mode with the outputs.",
        lambda axes: draw_cost(axes, curve, axis, theory=theory),
    )


def memory_plot(grid: Sequence[Row], axis: str, fixed: int) -> Plot:
    """Peak memory against the number of inputs (or outputs)."""
    curve = longest(grid, axis, MEMORY, fixed)
    singular = plural(fixed, check_axis(axis)[:-1])
    return make_plot(
        f"memory-{axis}-{fixed}",
        f"Memory against {axis}, {singular}",
        f"The most memory that one derivative with {singular} held at one moment, measured in a pass of its "
        "own. The grey line is f itself.",
        lambda axes: draw_cost(axes, curve, axis, quantity=MEMORY),
    )


def work_plot(grid: Sequence[Row], axis: str, fixed: int) -> Plot:
    """Operations counted above, time taken below, both in units of f."""
    curve = longest(grid, axis, OPERATIONS.over_f(), fixed)
    singular = plural(fixed, check_axis(axis)[:-1])
    return make_plot(
        f"work-{axis}-{fixed}",
        f"Operations and time against {axis}, {singular}",
        f"Above the elementary operations of one derivative with {singular}, counted; below the time that "
        "they took; both in units of f itself. Counts do not depend on the machine. Where the lines below are flatter than those "
        "above, Python's own time for each operation outweighs the arithmetic.",
        lambda axes: draw_cost(axes, curve, axis, quantity=OPERATIONS.over_f()),
        lambda axes: draw_cost(axes, curve, axis, quantity=TIME.over_f(), legend=False),
        height=7.6,
    )
