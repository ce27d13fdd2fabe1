"""After how many calls preparing a derivative pays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import NothingToDrawError
from ..formatting import format_seconds, plural
from ..rows import Row, methods_of, named
from .marks import mark
from .palette import MUTED, Style, styles_of
from .plotting import DOTS, Plot, add_legend, literal, log_axis, make_plot, short_number
from .points import Point, draw_points
from .quantities import TIME

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: More calls than this are not drawn.
_MOST_CALLS = 1e9
#: As many reasons are told why nothing was prepared.
_REASONS = 4


@dataclass(frozen=True)
class Course:
    """What k calls of one way of differentiating take: ``once + k * each`` seconds.

    Parameters
    ----------
    method, name : str
        The name says whether it is prepared.
    once, each : float
        Seconds to prepare, and for a call.
    """

    method: str
    name: str
    once: float
    each: float

    def total(self, calls: float) -> float:
        """Seconds of that many calls."""
        return self.once + calls * self.each

    def meets(self, other: Course) -> float:
        """The number of calls from which on this one takes less than `other`; NaN where there is none."""
        if self.once <= other.once or self.each >= other.each:
            return math.nan
        return (self.once - other.once) / (other.each - self.each)


def courses_of(rows: Sequence[Row]) -> list[Course]:
    """Every verified method of one cell, and prepared once more where it has been prepared."""
    found = []
    for row in rows:
        if row.succeeded:
            found.append(Course(row.method, row.method, 0.0, row.seconds))
        each = row.prepared.minimum if row.prepared.samples else row.prepared.first
        if row.status == "ok" and math.isfinite(row.preparation) and math.isfinite(each):
            found.append(Course(row.method, f"{row.method}, prepared", row.preparation, each))
    return found


def crossings(courses: Sequence[Course]) -> list[tuple[float, Course, Course]]:
    """(calls, course, the one it overtakes): each prepared method against itself unprepared, and where the cheapest changes."""
    pairs = [(one, other) for one in courses for other in courses if one.method == other.method]
    found = [(one.meets(other), one, other) for one, other in pairs]
    found += [(calls, later, earlier) for calls, earlier, later in _changes(courses)]
    unique = {(one.name, other.name): (calls, one, other) for calls, one, other in found if math.isfinite(calls)}
    return sorted(unique.values(), key=lambda crossing: crossing[0])


def _changes(courses: Sequence[Course]) -> list[tuple[float, Course, Course]]:
    """(calls, before, after) wherever another course becomes the cheapest, from one call on."""
    found: list[tuple[float, Course, Course]] = []
    now = min(courses, key=lambda course: (course.total(1), course.each), default=None)
    while now is not None:
        later = [(course.meets(now), course) for course in courses if math.isfinite(course.meets(now))]
        if not later:
            break
        calls, then = min(later, key=lambda pair: (pair[0], pair[1].each))
        found.append((calls, now, then))
        now = then
    return found


def draw_break_even(axes: Axes, rows: Sequence[Row]) -> Axes:
    """The total time of k calls, prepared and not, with the numbers of calls from which on preparing pays.

    Parameters
    ----------
    axes : Axes
    rows : sequence of Row
        Of several cells, the one with the most prepared methods is drawn, of these the largest.

    Returns
    -------
    Axes

    Raises
    ------
    NothingToDrawError
        If no row was prepared.
    """
    cell = prepared_cell(rows)
    courses = courses_of(cell)
    met = [crossing for crossing in crossings(courses) if crossing[0] <= _MOST_CALLS]
    furthest = max((calls for calls, _, _ in met), default=10.0)
    most = 10.0 ** math.ceil(math.log10(max(10.0, 3 * furthest)))
    styles = styles_of(methods_of(rows))
    for course in courses:
        _draw_course(axes, course, most, styles[course.method])
    for crossing in met:
        _draw_crossing(axes, *crossing)
    axes.set(xlabel=f"number of calls ({literal(_subject(cell))})", ylabel="time of all calls", xscale="log", yscale="log")
    log_axis(axes, "x", short_number)
    log_axis(axes, "y", TIME.tick)
    axes.grid(visible=True)
    axes.set_axisbelow(True)
    add_legend(axes)
    return axes


def _draw_course(axes: Axes, course: Course, most: float, style: Style) -> None:
    """A line, solid where it is prepared, with a point at every power of ten."""
    prepared = course.name != course.method
    calls = np.geomspace(1, most, 200)
    (line,) = axes.plot(
        calls,
        [course.total(k) for k in calls],
        linestyle="-" if prepared else DOTS,
        linewidth=2 if prepared else 1.6,
        color=style.color,
        marker=style.marker,
        markersize=5,
        markevery=[],
        label=literal(course.name),
    )
    mark(line, course.method, [_describe(course)])
    decades = [10**power for power in range(round(math.log10(most)) + 1)]
    draw_points(axes, [Point(k, course.total(k), _describe(course, k)) for k in decades], style, course.method, size=5)


def _draw_crossing(axes: Axes, calls: float, course: Course, other: Course) -> None:
    """A ring where `course` begins to take less than `other`, with the number of calls beside it."""
    number = math.floor(calls) + 1
    place = max(calls, 1.0), course.total(max(calls, 1.0))
    (ring,) = axes.plot(*place, marker="o", markersize=11, markerfacecolor="none", color=MUTED.light, markeredgewidth=1.5)
    mark(ring, course.method, [f"from {plural(number, 'call')} on {course.name} takes less than {other.name}"])
    ground = {"facecolor": axes.get_facecolor(), "linewidth": 0, "pad": 0.6, "alpha": 0.8}
    axes.annotate(plural(number, "call"), place, (8, -14), textcoords="offset points", fontsize=9.5, bbox=ground)


def _describe(course: Course, calls: int | None = None) -> str:
    if calls is not None:
        return f"{course.name}, {plural(calls, 'call')}: {format_seconds(course.total(calls))}"
    once = f"{format_seconds(course.once)} once, then " if course.name != course.method else ""
    return f"{course.name}: {once}{format_seconds(course.each)} a call"


def _subject(cell: Sequence[Row]) -> str:
    first = cell[0]
    return f"{named(first)}, {plural(first.inputs, 'input')}, {plural(first.outputs, 'output')}"


def prepared_cell(rows: Sequence[Row]) -> list[Row]:
    """The rows of the cell with the most prepared methods, of these the largest.

    Raises
    ------
    NothingToDrawError
        If no row was prepared.
    """
    cells: dict[tuple[str, str, int, int], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.problem, row.operator, row.inputs, row.outputs), []).append(row)
    prepared = {key: sum(course.name != course.method for course in courses_of(cell)) for key, cell in cells.items()}
    if not any(prepared.values()):
        reasons = dict.fromkeys(f" {row.method}: {row.unprepared}." for row in rows if row.unprepared)
        told = "".join(list(reasons)[:_REASONS])
        raise NothingToDrawError(f"No row has a verified derivative that was prepared: there is nothing to break even.{told}")
    return cells[max(cells, key=lambda key: (prepared[key], key[2] * key[3]))]


def break_even_plot(rows: Sequence[Row]) -> Plot:
    """Total time against the number of calls."""
    cell = prepared_cell(rows)
    return make_plot(
        "break-even",
        "When preparing pays",
        "The time of all calls from the first one on: solid lines prepare the derivative once. "
        "A ring stands where a prepared derivative begins to take less than itself unprepared, and wherever the fastest changes.",
        lambda axes: draw_break_even(axes, cell),
        height=4.8,
    )
