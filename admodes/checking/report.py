"""A check as text and as a piece of HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from ..formatting import format_count, format_error, join_words
from .ladders import DETECT
from .steepness import steepness

if TYPE_CHECKING:
    from .result import Component, GradientCheck

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
        return "; ".join(faults) if faults else _open_reason(check)
    if not check.components:
        return "there is nothing to check: x has no elements"
    return _right_reason(check)


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
        parts.append(f"{count}: {described(wrong[0])}")
    return "; ".join(parts)


def described(entry: Component) -> str:
    """One component in words."""
    if entry.kink:
        return (
            f"{entry.index} is claimed to be {entry.claimed:.6g}, f's slopes at its kink are {entry.low:.6g} and {entry.high:.6g}"
        )
    if not np.isfinite(entry.expected):
        return f"{entry.index} is claimed to be {entry.claimed:.10g}"
    half = (entry.high - entry.low) / 2
    return f"{entry.index} is claimed to be {entry.claimed:.10g}, f's slope is {entry.expected:.10g} ± {format_error(half)}"


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
        return f"{entry.index}: f shows no finite slope there (no side of x has a limit of difference quotients)"
    relative = judged.bound[line, column] / max(judged.size[line, column], np.finfo(float).tiny)
    cause = (
        _NOISY
        if noise * 2 > bound / 3
        else "f's difference quotients, which do not settle at any step (a kink, a jump or an edge nearby)"
    )
    noisy = any(finding.cause == "random f" for finding in check.findings)
    steep = "" if noisy or relative < 1 else steepness(judged.slopes, line, column, float(point.noise.value[column]))
    if steep:
        return f"{entry.index}: {steep}"
    if judged.slopes.bound[line, column] < DETECT * judged.size[line, column]:
        alike = not any(finding.cause == "random claim" for finding in check.findings)
        cause = "the derivative, which answers otherwise right beside x" if alike else "the derivative's own noise"
    elif noisy:
        means = f", even in means of {point.repeats} calls" if point.repeats > 1 else ""
        cause = f"f's random noise (it answers differently at the same x{means}): fix its seed, or return the mean of many calls"
    known = f"known to {format_error(relative)} of its size only" if relative < 1 else "not known"
    return f"{entry.index}: the slope is {known}, because of {cause}"


def _right_reason(check: GradientCheck) -> str:
    parts = [
        f"all {format_count(len(check.components))} components agree" if len(check.components) > 1 else "the derivative agrees"
    ]
    if check.chance:
        parts = [check.chance]
    kinks = [entry.index for entry in check.components if entry.kink]
    if kinks:
        more = f" and {len(kinks) - 3} more" if len(kinks) > 3 else ""
        parts.append(
            f"at {', '.join(kinks[:3])}{more} f has a kink, and the claim lies between the slopes of both sides (a subgradient)"
        )
    if any(found.slopes_sided for found in check.points[:1]):
        parts.append("x is at the edge of f's domain, and one side was used")
    if np.isfinite(check.sensitivity):
        parts.append(f"an error above {format_error(check.sensitivity)} of a slope would have shown")
    return "; ".join(parts)


def text_report(check: GradientCheck) -> str:
    """The verdict, why, the worst components, likely mistakes, what it cost."""
    lines = [f"{check.kind} of {check.subject.function.name}: {check.verdict.upper()}", _sentence(check.reason)]
    lines += [f"Likely mistake: {cause}" for cause in check.causes]
    lines += [f"Hint: {_sentence(hint)}" for hint in check.hints]
    shown = check.worst[:SHOWN]
    if shown:
        lines += ["", *_table(shown)]
        hidden = len(check.worst) - len(shown)
        if hidden > 0:
            lines.append(f"({format_count(hidden)} more, none of them worse)")
    lines += ["", *(f"Note: {_sentence(text)}" for text in _notes(check)), _cost(check)]
    return "\n".join(lines)


def _sentence(text: str) -> str:
    return f"{text}." if text else ""  # no capital: it may start with the name of an element


def _notes(check: GradientCheck) -> list[str]:
    return [finding.text for finding in check.findings if finding.verdict == "right"]


def _row(entry: Component) -> list[str]:
    return [
        entry.index,
        f"{entry.claimed:.10g}",
        f"{entry.expected:.10g}" if not entry.kink else "kink",
        f"{entry.low:.10g} .. {entry.high:.10g}" if entry.kink else f"± {format_error((entry.high - entry.low) / 2)}",
        f"{entry.digits:g}",
        entry.verdict,
    ]


HEAD = ["component", "claimed", "found", "bound", "digits", "verdict"]


def _table(entries: list[Component]) -> list[str]:
    rows = [HEAD, *(_row(entry) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cost(check: GradientCheck) -> str:
    cost = f"f was called {format_count(check.evaluations)} times, the derivative {format_count(check.claim_evaluations)} times"
    lines = sum(found.lines for found in check.points)
    slopes = sum(found.evaluations for found in check.points)
    repeats = max((found.repeats for found in check.points), default=1)
    calls = f"means of {repeats} calls" if repeats > 1 else "calls"
    each = f" ({slopes / lines:.0f} {calls} of f per component and point, the rest for noise and state)" if lines else ""
    return f"{cost}{each}."


def html_report(check: GradientCheck) -> str:
    """For notebooks; no script, no style sheet."""
    colour = {"right": "#027a5e", "wrong": "#ab2440", "inconclusive": "#6f6202"}[check.verdict]
    name = html.escape(check.subject.function.name)
    parts = [f'<div><strong>{check.kind} of <code>{name}</code>: <span style="color:{colour}">{check.verdict}</span></strong>']
    parts.append(f"<p>{html.escape(_sentence(check.reason))}</p>")
    parts += [f"<p>Likely mistake: {html.escape(cause)}</p>" for cause in check.causes]
    parts += [f"<p>Hint: {html.escape(_sentence(hint))}</p>" for hint in check.hints]
    shown = check.worst[:SHOWN]
    if shown:
        cells = "".join(f"<th>{title}</th>" for title in HEAD)
        rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _row(entry)) + "</tr>" for entry in shown)
        parts.append(f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table>")
    notes = join_words([html.escape(_sentence(text)) for text in [*_notes(check), _cost(check)[:-1]]], "")
    return "".join([*parts, f"<p><small>{notes}</small></p></div>"])
