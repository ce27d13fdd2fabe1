"""A check as text and as a piece of HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from ...formatting import format_count, format_error, html_table, plural
from ..slopes.ladders import DETECT
from ..slopes.steepness import steepness

if TYPE_CHECKING:
    from ..result import Component, GradientCheck

#: Of verdicts, in pages and figures.
COLOURS = {"right": "#027a5e", "wrong": "#ab2440", "inconclusive": "#6f6202"}
#: Components that a report shows.
SHOWN = 6
#: Differences of larger values overflow when they are divided by a step.
LARGEST = 1e300
#: Where the claim is wrong, as words after it.
_PLACES = {
    "x": "",
    "nearby": " at a point near x, though not at x itself",
    "zero": " at x = 0, where f is smooth, though not at x",
}
_NOISY = "f's own noise or rounding"


def reason_of(check: GradientCheck) -> str:
    """Why the verdict is what it is, in one sentence."""
    faults = [finding.text for finding in check.findings if finding.verdict == check.verdict != "right"]
    if check.verdict == "wrong":
        return _wrong_reason(check, faults)
    if check.verdict == "inconclusive":
        return "; ".join(faults) if faults else _open_reason(check) if check.components else _empty_reason(check)
    return _right_reason(check)


def _empty_reason(check: GradientCheck) -> str:
    """Nothing is wrong, and nothing was shown to be right."""
    what = "x" if not check.point.x.size else f"{check.subject.function.name}(x)"
    return f"nothing was checked: {what} has no elements, and any derivative is right"


def _wrong_reason(check: GradientCheck, faults: list[str]) -> str:
    wrong = [entry for entry in check.worst if entry.verdict == "wrong"]
    parts = list(faults)
    if wrong:
        where = _PLACES[check.points[check.deciding].place]
        found = check.points[check.deciding]
        whole, what = len(check.worst), "components"
        if found.directions is not None:
            named = found.judgement is not found.directions
            whole, what = (found.vector.size, "components") if named else (whole, "random directions")
        count = f"{format_count(len(wrong))} of {format_count(whole)} {what} {'is' if len(wrong) == 1 else 'are'} wrong{where}"
        if whole == 1:
            count = f"the derivative is wrong{where}"
        parts.append(f"{count}: {_described(check, wrong[0])}")
    return "; ".join(parts)


def _described(check: GradientCheck, entry: Component) -> str:
    """One component in words."""
    if entry.kink:
        sides = f"{entry.left:.6g} on the left and {entry.right:.6g} on the right (± {format_error(_half(entry))})"
        return f"{entry.index} is claimed to be {entry.claimed:.6g}, f's slopes at its kink are {sides}"
    if not np.isfinite(entry.expected):
        return f"{entry.index} is claimed to be {entry.claimed:.10g}"
    slope = f"{entry.expected:.10g} ± {format_error(_half(entry))}"
    return f"{entry.index} is claimed to be {entry.claimed:.10g}, f's {_slope_of(check)} is {slope}"


def _slope_of(check: GradientCheck) -> str:
    return "slope" if check.subject.derivative == 1 else "second derivative"


def _half(entry: Component) -> float:
    """The bound on the slope, or on both."""
    return (entry.high - entry.low - abs(entry.right - entry.left)) / 2


def _open_reason(check: GradientCheck) -> str:
    entry = next(entry for entry in check.worst if entry.verdict == "inconclusive")
    point = check.points[0]
    assert point.judgement is not None  # noqa: S101 - there are components
    place = [other.index for other in check.components].index(entry.index)
    judged = point.judgement
    line, column = divmod(place, judged.verdict.shape[1])
    bound, noise = judged.slopes.bound[line, column], judged.slopes.noise[line, column]
    if not np.isfinite(judged.size[line, column]) or not np.isfinite(bound):
        if np.max(np.abs(check.point.value), initial=0.0) > LARGEST:
            largest = float(np.max(np.abs(check.point.value)))
            return (
                f"{entry.index}: f(x) is so large ({largest:.3g}) that multiples of its differences overflow: "
                "divide f and the derivative by a constant such as 1e50, and check these"
            )
        return f"{entry.index}: f shows no finite {_slope_of(check)} there (no side of x has a limit of difference quotients)"
    relative = judged.bound[line, column] / max(judged.size[line, column], np.finfo(float).tiny)
    cause = (
        _NOISY
        if noise * 2 > bound / 3
        else "f's difference quotients, which do not settle at any step (a kink, a jump or an edge nearby)"
    )
    still = judged.slopes.still[line, column]
    if cause == _NOISY and still > 0 and not judged.slopes.flat[line, column]:
        cause = f"f, which does not change at all within {still:.2g} of x: flat there, or rounding hides its slope"
    noisy = any(finding.cause == "random f" for finding in check.findings)
    mixed = check.subject.derivative == 2  # its lines are along two elements, and jumps are looked for along one
    steep = "" if noisy or mixed or relative < 1 else steepness(judged.slopes, line, column, float(point.noise.value[column]))
    if steep:
        return f"{entry.index}: {steep}"
    if judged.slopes.bound[line, column] < DETECT * judged.size[line, column]:
        alike = not any(finding.cause == "random claim" for finding in check.findings)
        cause = "the rounding of the derivative, whose answers scatter right beside x" if alike else "the derivative's own noise"
    elif noisy:
        means = f", even in means of {point.repeats} calls" if point.repeats > 1 else ""
        cause = f"f's random noise (it answers differently at the same x{means}): fix its seed, or return the mean of many calls"
    known = f"known to {format_error(relative)} of its size only" if relative < 1 else "not known"
    return f"{entry.index}: the {_slope_of(check)} is {known}, because of {cause}"


def _right_reason(check: GradientCheck) -> str:
    parts = [
        f"all {format_count(len(check.components))} components agree" if len(check.components) > 1 else "the derivative agrees"
    ]
    if check.chance:
        return check.chance
    kinks = [entry.index for entry in check.components if entry.kink]
    if kinks:
        more = f" and {len(kinks) - 3} more" if len(kinks) > 3 else ""
        parts.append(
            f"at {', '.join(kinks[:3])}{more} f has a kink, and the claim lies between the slopes of both sides (a subgradient)"
        )
    if any(found.slopes_sided for found in check.points[:1]):
        parts.append("x is at the edge of f's domain, and one side was used")
    if np.isfinite(check.sensitivity):
        parts.append(f"an error above {format_error(check.sensitivity)} of a {_slope_of(check)} would have shown")
    elif not any(entry.claimed for entry in check.components):
        parts.append(f"f has a {_slope_of(check)} of 0 there, as far as its rounding lets see, and the claim is 0 as well")
    return "; ".join(parts)


def headline(check: GradientCheck) -> str:
    """What was checked, and the verdict."""
    return f"{check.kind} of {check.subject.function.name}: {check.verdict}"


def text_report(check: GradientCheck) -> str:
    """The verdict, why, the worst components, likely mistakes, what it cost."""
    lines = [headline(check).removesuffix(check.verdict) + check.verdict.upper(), _sentence(check.reason)]
    lines += [f"Likely mistake: {cause}" for cause in check.causes]
    lines += [f"Hint: {_sentence(hint)}" for hint in check.hints]
    shown = check.worst[:SHOWN]
    if shown:
        lines += ["", *_table(shown)]
        lines += [more] if (more := _more(check)) else []
    lines += ["", *(f"Note: {_sentence(text)}" for text in _notes(check)), _cost(check)]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return f"{text}." if text else ""  # no capital: it may start with the name of an element


def _notes(check: GradientCheck) -> list[str]:
    return [finding.text for finding in check.findings if finding.verdict == "right"]


def _row(entry: Component) -> list[str]:
    known = np.isfinite(entry.expected)
    found = f"{entry.left:.6g} | {entry.right:.6g}" if entry.kink else f"{entry.expected:.10g}" if known else _UNKNOWN
    return [
        entry.index,
        f"{entry.claimed:.10g}",
        found,
        f"± {format_error(_half(entry))}" if known and np.isfinite(_half(entry)) else _UNKNOWN,
        f"{entry.digits:g}" if known and np.isfinite(entry.claimed) and not entry.kink else _UNKNOWN,
        entry.verdict,
    ]


def _more(check: GradientCheck) -> str:
    """How many components the table does not show, and what its bars mean."""
    shown, hidden = check.worst[:SHOWN], max(len(check.worst) - SHOWN, 0)
    parts = [f"{format_count(hidden)} more, none of them worse"] if hidden else []
    parts += ["a | b: slopes on the left and on the right of a kink"] if any(entry.kink for entry in shown) else []
    return f"({'; '.join(parts)})" if parts else ""


_UNKNOWN = "-"
HEAD = ["component", "claimed", "found", "bound", "digits", "verdict"]


def _table(entries: list[Component]) -> list[str]:
    rows = [HEAD, *(_row(entry) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cost(check: GradientCheck) -> str:
    cost = f"f was called {plural(check.evaluations, 'time')}, the derivative {plural(check.claim_evaluations, 'time')}"
    lines = sum(found.lines for found in check.points)
    slopes = sum(found.evaluations for found in check.points)
    repeats = max((found.repeats for found in check.points), default=1)
    calls = f"means of {repeats} calls" if repeats > 1 else "calls"
    each = (
        f" ({slopes / lines:.0f} {calls} of f per component and point, the rest for noise and state)" if lines and slopes else ""
    )
    return f"{cost}{each}."


def html_report(check: GradientCheck) -> str:
    """For notebooks; no script, no style sheet."""
    name, what = html.escape(check.subject.function.name), f'<span style="color:{COLOURS[check.verdict]}">{check.verdict}</span>'
    parts = [f"<div><strong>{check.kind} of <code>{name}</code>: {what}</strong>"]
    parts.append(f"<p>{html.escape(_sentence(check.reason))}</p>")
    parts += [f"<p>Likely mistake: {html.escape(cause)}</p>" for cause in check.causes]
    parts += [f"<p>Hint: {html.escape(_sentence(hint))}</p>" for hint in check.hints]
    shown = check.worst[:SHOWN]
    if shown:
        columns = [(title, title in ("component", "verdict")) for title in HEAD]
        parts.append(f'<div style="overflow-x:auto">{html_table(columns, map(_row, shown))}</div>')
    notes = [_more(check), *map(_sentence, _notes(check)), _cost(check)]
    lines = "<br>".join(html.escape(note) for note in notes if note)
    return "".join([*parts, f"<p><small>{lines}</small></p></div>"])
