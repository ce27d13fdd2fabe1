"""The difference quotients that a verdict rests on, and Taylor's remainders, as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures.plotting import drawing_on
from .taylor import taylor_slopes
from .verdicts import WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .points import PointCheck
    from .result import GradientCheck

Array = np.ndarray[Any, Any]
#: Title, claim, bound; steps and quotients.
_Quotients = tuple[str, float, float, Array, Array]

_CLAIM, _NOISE, _BAND = "#0a5fa6", "#b4530a", "#d9dee5"
_ORDERS = (("#5c6978", "o"), ("#0a5fa6", "s"), ("#027a5e", "^"))


def plot_check(check: GradientCheck) -> tuple[Axes, Axes]:
    """Gap against step for the worst component above, Taylor's remainders below."""
    with drawing_on(None, 7.6) as axes:
        figure = axes.get_figure(root=True)
        assert figure is not None  # noqa: S101 - it was made for these axes
        axes.remove()
        above, below = figure.subplots(2, 1)
        _draw_gaps(above, check)
        _draw_taylor(below, check)
    return above, below


def _draw_gaps(axes: Axes, check: GradientCheck) -> None:
    """How far each central quotient is from the claim; the band is the bound on the slope."""
    axes.set(xscale="log", yscale="log", xlabel="step", ylabel="|difference quotient - claim|")
    found = check.points[check.deciding] if check.points else None
    if found is None or found.judgement is None or not check.worst:
        axes.set_title(f"{check.verdict}: nothing was measured")
        return
    title, claimed, bound, steps, quotients = _of_direction(found) if found.directions is not None else _of_worst(check, found)
    gaps = np.abs(quotients - claimed)
    shown = np.isfinite(gaps) & (gaps > 0)
    axes.plot(steps[shown], gaps[shown], "o-", color=_CLAIM, label="quotients of f")
    noise = float(np.max(found.noise.value, initial=0.0)) + 2.0**-52 * float(np.max(np.abs(check.point.value), initial=0.0))
    if noise > 0 and steps.size:
        axes.plot(steps, noise / steps, "--", color=_NOISE, label="noise / step")
    if np.isfinite(bound) and bound > 0:
        axes.axhspan(bound / 1e3, bound, color=_BAND, label="within the bound")
    axes.set_title(title)
    axes.legend()


def _of_worst(check: GradientCheck, found: PointCheck) -> _Quotients:
    """Of the worst component."""
    judged = found.judgement
    assert judged is not None  # noqa: S101 - the caller has looked
    worst = check.worst[0]
    entries = check.nearby if check.deciding else check.components
    line, entry = divmod([entry.index for entry in entries].index(worst.index), judged.verdict.shape[1])
    steps, quotients = _quotients(judged.slopes.samples, line, entry, np.sqrt(len(judged.verdict)), check)
    return f"{worst.index}: {worst.verdict}", worst.claimed, float(judged.bound[line, entry]), steps, quotients


def _of_direction(found: PointCheck) -> _Quotients:
    """Of the random direction along which the claim errs most; for a matrix, f was sampled less what is claimed."""
    judged = found.directions
    assert judged is not None  # noqa: S101 - the caller has looked
    with np.errstate(all="ignore"):
        line, entry = np.unravel_index(int(np.argmax(judged.excess() / judged.size)), judged.verdict.shape)
        claimed = float((judged.claimed - (judged.expected - judged.slopes.value))[line, entry])
    table_of = judged.slopes.samples[int(line)]
    table = table_of.table(np.array([0]), slice(None), table_of.quotient)
    title = f"random direction {line + 1} of a large x: {WORDS[int(judged.verdict[line, entry])]}"
    return title, claimed, float(judged.bound[line, entry]), table.steps[:, 0], table.quotients[:, 0, int(entry)]


def _quotients(chunks: list[Any], line: int, entry: int, size: float, check: GradientCheck) -> tuple[Array, Array]:
    """Steps and quotients of one line of the chunks that were sampled together."""
    if check.subject.derivative == 2:
        # The lines of second derivatives along single elements; mixed ones are put together from several.
        line, column = divmod(line, round(size))
        if line != column:
            return np.empty(0), np.empty(0)
    for samples in chunks:
        count = len(samples.directions)
        if line < count:
            table = samples.table(np.array([line]), slice(None), samples.quotient)
            return np.asarray(table.steps[:, 0], float), np.asarray(table.quotients[:, 0, entry], float)
        line -= count
    return np.empty(0), np.empty(0)


def _draw_taylor(axes: Axes, check: GradientCheck) -> None:
    found = taylor_slopes(check)
    axes.set(xscale="log", yscale="log", xlabel="step along a random direction", ylabel="Taylor's remainder")
    for order, (remainder, (colour, marker)) in enumerate(zip(found.remainders, _ORDERS, strict=True)):
        shown = np.isfinite(remainder) & (remainder > 0)
        label = f"order {order}: slope {found.slopes[order]:.2f}" if np.isfinite(found.slopes[order]) else f"order {order}"
        axes.plot(found.steps[shown], remainder[shown], marker=marker, color=colour, label=label)
    if found.noise > 0:
        axes.axhline(found.noise, linestyle="--", color=_NOISE, label="noise of f")
    axes.legend()
