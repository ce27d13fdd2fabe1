"""The difference quotients that a verdict rests on, and Taylor's remainders, as a figure; or in words what is wrong."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ...figures.plotting import add_legend, drawing_on, literal, log_axis, short_number
from ...formatting import format_error
from .report import COLOURS, LARGEST, headline
from .sampled import Sampled, sampled_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..result import GradientCheck
    from .taylor import TaylorSlopes

Array = np.ndarray[Any, Any]

_QUOTIENTS, _NOISE, _BAND, _EDGE = "#0a5fa6", "#b4530a", "#d9dee5", "#5c6978"
_SIDES = {"left": ("#027a5e", "<"), "right": ("#0a5fa6", ">")}
_ORDERS = (("#5c6978", "o"), ("#0a5fa6", "s"), ("#027a5e", "^"))
#: Letters of a line of a title, of words in the place of curves, and of a name.
_LINE, _WORDS_LINE, _NAME = 76, 66, 48
#: Inches.
_WIDTH, _HEIGHT, _WORDS = 6.6, 8.6, 2.4
#: Quotients that differ by more than this factor are shown on a logarithmic axis.
_WIDE = 1e3
#: Rounding below this part of the smallest remainder is left out: all else would be a line at the top.
_SEEN = 1e-12


def plot_check(check: GradientCheck) -> tuple[Axes, Axes]:
    """The quotients of the worst component above, Taylor's remainders below; where there are none, the verdict in words."""
    sampled, taylor = sampled_of(check), check.taylor()
    measured = sampled is not None and sampled.measured
    claimed = taylor.remainders[check.subject.derivative]
    remains = bool((claimed < LARGEST).any())
    with drawing_on(None, _HEIGHT if measured or remains else _WORDS, _WIDTH) as axes:
        figure = axes.get_figure(root=True)
        assert figure is not None  # noqa: S101 - it was made for these axes
        if not (measured or remains):
            _say(axes, check)
            return axes, axes
        title = figure.suptitle(literal(headline(check)), x=0.02, ha="left", fontsize=13, fontweight="bold")
        title.set_color(COLOURS[check.verdict])
        axes.remove()
        above, below = figure.subplots(2, 1)
        if sampled is not None and measured:
            _draw(above, sampled)
        else:
            _say(above, check, titled=True)
        _draw_taylor(below, taylor)
    return above, below


def _say(axes: Axes, check: GradientCheck, *, titled: bool = False) -> None:
    """The verdict and its reasons where no curve could show them."""
    axes.set_axis_off()
    lines = [
        textwrap.fill(part, _WORDS_LINE)
        for part in (f"{check.reason}.", *(f"Likely mistake: {cause}." for cause in check.causes))
    ]
    if not titled:
        axes.set_title(literal(headline(check)), loc="left", fontsize=13, fontweight="bold", color=COLOURS[check.verdict])
    text = literal("\n\n".join(lines))
    axes.text(0.0, 0.95, text, transform=axes.transAxes, va="top", ha="left", fontsize=11, linespacing=1.4)


def _draw(axes: Axes, sampled: Sampled) -> None:
    """Sides of a kink, bare quotients where there is no number to subtract, else how far the quotients are from the claim."""
    if sampled.unread:
        _draw_values(axes, sampled)
    elif sampled.kink is not None:
        _draw_kink(axes, sampled)
    else:
        _draw_gaps(axes, sampled)


def _draw_gaps(axes: Axes, sampled: Sampled) -> None:
    """How far each central quotient is from the claim; the band is the bound on the slope."""
    steps, gaps = sampled.gaps
    slope_gap = abs(sampled.expected - sampled.claimed)
    sizes = np.array([*gaps, slope_gap, sampled.bound, sampled.allowed])
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    low, high = (float(sizes.min()) / 10, float(sizes.max()) * 5) if sizes.size else (1e-16, 1.0)
    if 0 < sampled.bound < np.inf:
        axes.axhspan(low, sampled.bound, color=_BAND, label="within the bound", zorder=0)
    shown = gaps > 0
    if shown.any():
        axes.plot(steps[shown], gaps[shown], "o-", color=_QUOTIENTS, label="quotients of f")
    bottom = low * (high / low) ** 0.03
    if not shown.all():
        equal = np.full_like(steps[~shown], bottom)
        axes.plot(steps[~shown], equal, "v", color=_QUOTIENTS, fillstyle="none", label="no difference")
    if np.isfinite(slope_gap) and np.isfinite(sampled.bound) and sampled.smallest > 0:
        colour = COLOURS[sampled.verdict]
        axes.plot([sampled.smallest], [max(slope_gap, bottom)], "D", color=colour, markersize=8, label="extrapolated slope")
    if sampled.noise > 0 and steps.size:
        span = np.array([steps.min(), steps.max()])
        axes.plot(span, sampled.noise / span**sampled.power, "--", color=_NOISE, label="f's rounding, noise")
    if sampled.allowed > 0:
        axes.axhline(sampled.allowed, linestyle=":", color=_EDGE, label="allowed by rtol")
    axes.set(xscale="log", yscale="log", xlabel="step", ylabel="|difference quotient − claim|", ylim=(low, high))
    _finish(axes, _title(sampled))


def _draw_kink(axes: Axes, sampled: Sampled) -> None:
    """The quotients of each side, the slopes that they tell, and where the claim lies."""
    assert sampled.kink is not None  # noqa: S101 - the caller has looked
    left, right, bound = sampled.kink
    low, high = min(left, right), max(left, right)
    axes.axhspan(low, high, color=_BAND, zorder=0, label="subgradients")
    for name, slope in (("left", left), ("right", right)):
        colour, marker = _SIDES[name]
        steps, quotients = sampled.sides[name]
        axes.axhspan(slope - bound, slope + bound, color=colour, alpha=0.3, linewidth=1)
        axes.plot(steps, quotients, marker, color=colour, zorder=3, label=f"{name} of x: {_digits(slope, bound)}")
    colour = COLOURS[sampled.verdict]
    axes.axhline(sampled.claimed, color=colour, linewidth=2, label=f"claim: {sampled.claimed:.6g}")
    ends = min(low, sampled.claimed), max(high, sampled.claimed)
    room = 0.3 * (ends[1] - ends[0])
    axes.set(xscale="log", xlabel="step", ylabel="difference quotient of one side", ylim=(ends[0] - room, ends[1] + room))
    inside = "between" if low - bound <= sampled.claimed <= high + bound else "outside of"
    _finish(axes, f"{_short(sampled.name)}: f has a kink, and the claim lies {inside} its slopes", y=False)


def _draw_values(axes: Axes, sampled: Sampled) -> None:
    """The quotients themselves where the claim is no number that could be subtracted."""
    sides = {name: pair for name, pair in sampled.sides.items() if np.isfinite(pair[1]).any()}
    sizes = np.abs(np.concatenate([pair[1] for pair in sides.values()] or [np.empty(0)]))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    wide = sizes.size > 0 and sizes.max() > _WIDE * sizes.min() and not sampled.bound < sizes.max()
    for name, (steps, quotients) in sides.items():
        colour, marker = _SIDES[name]
        axes.plot(steps, np.abs(quotients) if wide else quotients, marker + "-", color=colour, label=f"{name} of x")
    axes.set(xscale="log", xlabel="step", ylabel="|difference quotient of f|" if wide else "difference quotient of f")
    if wide:
        axes.set(yscale="log")
    elif sampled.bound < np.inf:
        label = f"f's slope: {_digits(sampled.expected, sampled.bound)}"
        axes.axhline(sampled.expected, color=_EDGE, linestyle="--", label=label)
    _finish(axes, f"{_short(sampled.name)}: the claim is {sampled.claimed:g}, which is no slope to compare with f's", y=wide)


def _draw_taylor(axes: Axes, found: TaylorSlopes) -> None:
    """The remainders, bold where their slopes were fitted."""
    sizes = found.remainders[(found.remainders < LARGEST) & (found.remainders > 0)]
    if not sizes.size:
        axes.set_axis_off()
        none = "" if found.remainders.any() else "Taylor's remainders are 0 at every step. "
        text = textwrap.fill(f"{none}{found.meaning}", _WORDS_LINE)
        axes.text(0.0, 0.95, literal(text), transform=axes.transAxes, va="top", ha="left", fontsize=11)
        return
    axes.set(xscale="log", yscale="log", xlabel="step h along a random direction", ylabel="Taylor's remainder")
    for order, (remainder, (colour, marker)) in enumerate(zip(found.remainders, _ORDERS, strict=True)):
        shown = (remainder < LARGEST) & (remainder > 0)
        slope, (low, high) = found.slopes[order], found.spans[order]
        fitted = shown & (found.steps >= low * 0.99) & (found.steps <= high * 1.01)
        style: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": ""}
        if not shown.any():
            continue
        label = "" if fitted.any() else f"order {order}"
        axes.plot(found.steps[shown], remainder[shown], **style, markersize=4, alpha=0.45, label=label)
        if fitted.any():
            style |= {"linestyle": "-", "linewidth": 2, "label": f"order {order}: slope {slope:.2f}"}
            axes.plot(found.steps[fitted], remainder[fitted], **style)
    least = float(sizes.min())
    if found.noise > _SEEN * least:
        axes.axhline(found.noise, linestyle="--", color=_NOISE, label="f's rounding, noise")
    axes.set_ylim(min(least, max(found.noise, _SEEN * least)) / 5, float(sizes.max()) * 5)
    _finish(axes, found.meaning)


def _title(sampled: Sampled) -> str:
    slope = "slope" if sampled.power == 1 else "second derivative"
    found = "not known" if not np.isfinite(sampled.expected) else f"{sampled.expected:.8g} ± {format_error(sampled.bound)}"
    return f"{_short(sampled.name)}: {sampled.verdict}\nclaimed {sampled.claimed:.8g}, f's {slope} {found}"


def _short(name: str) -> str:
    """A name that fits above the axes: its two ends."""
    return name if len(name) <= _NAME else f"{name[: _NAME // 2]}…{name[-_NAME // 2 :]}"


def _digits(value: float, bound: float) -> str:
    return f"{value:.6g} ± {format_error(bound)}"


def _finish(axes: Axes, title: str, *, y: bool = True) -> None:
    """Readable ticks, the legend above the axes, the title above the legend."""
    log_axis(axes, "x", short_number)
    if y:
        log_axis(axes, "y", short_number)
    axes.grid(visible=True, axis="y")
    add_legend(axes)
    legend, figure = axes.get_legend(), axes.get_figure(root=True)
    height = 0.0
    if legend is not None and figure is not None:
        legend.set_in_layout(False)  # the title leaves room for it, and a wide one must not narrow the axes
        figure.draw_without_rendering()
        height = legend.get_window_extent().height * 72 / figure.dpi
    text = "\n".join(textwrap.fill(line, _LINE) for line in title.splitlines())
    axes.set_title(literal(text), loc="left", fontsize=10.5, pad=height + 6)
