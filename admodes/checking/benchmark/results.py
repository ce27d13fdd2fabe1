"""The benchmark's results: confusion matrices of all tools, in all and by category, and the campaigns' rates."""

from __future__ import annotations

import html
import math
from dataclasses import asdict, dataclass
from typing import Any

from .campaign import ERRORS, Rate
from .confusion import DOES_NOT_APPLY, FALSE_ALARM, MISSED, OUTCOMES, UNDECIDED, Judgement, count_outcomes, youden


@dataclass(frozen=True)
class CheckerBenchmark:
    """What each checker said about each case, and what is true.

    ``str`` is Markdown; in a notebook it is shown as tables.

    Parameters
    ----------
    rules : dict
        For each tool that ran: by which rule its answer became a verdict.
    skipped : dict
        For each tool that did not run: why.
    judgements : tuple of Judgement
    rates : tuple of Rate
        Of the random campaigns; empty without one.

    Examples
    --------
    >>> said = Judgement("trusting", "half", "mistake", False, "right", "", 1)
    >>> CheckerBenchmark({"trusting": "believes everything"}, {}, (said,)).counts("trusting")["missed"]
    1
    """

    rules: dict[str, str]
    skipped: dict[str, str]
    judgements: tuple[Judgement, ...]
    rates: tuple[Rate, ...] = ()

    def of(self, tool: str, category: str | None = None) -> list[Judgement]:
        """The judgements of one tool, about all cases or those of one category."""
        return [said for said in self.judgements if said.tool == tool and category in (None, said.category)]

    def counts(self, tool: str, category: str | None = None) -> dict[str, int]:
        """The confusion matrix of one tool: how many cases fall into each cell."""
        return count_outcomes(self.of(tool, category))

    @property
    def categories(self) -> list[str]:
        """The categories, in the order of the cases."""
        return list(dict.fromkeys(said.category for said in self.judgements))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        return {
            "rules": self.rules,
            "skipped": self.skipped,
            "counts": {tool: self.counts(tool) for tool in self.rules},
            "categories": {category: {tool: self.counts(tool, category) for tool in self.rules} for category in self.categories},
            "judgements": [asdict(said) | {"outcome": said.outcome} for said in self.judgements],
            "rates": [asdict(rate) | {"interval": list(rate.interval)} for rate in self.rates],
        }

    def tables(self) -> list[tuple[str, list[str], list[list[str]]]]:
        """Title, headings and rows of each table."""
        found = [self._totals(), self._by_category()]
        return [*found, *self._campaigns()] if self.rates else found

    def notes(self) -> list[str]:
        """Rules, tools that were skipped, and the cases that our own checker did not get right."""
        lines = [f"{tool}: {rule}" for tool, rule in self.rules.items()]
        lines += [f"{tool} was skipped: {reason}" for tool, reason in self.skipped.items()]
        ours = [said for said in self.of("admodes") if said.outcome in (FALSE_ALARM, MISSED, UNDECIDED)]
        return lines + [f"admodes, {said.outcome}: {said.case}: {said.reason}" for said in ours]

    def __str__(self) -> str:
        parts = []
        for title, headings, rows in self.tables():
            rule = ["---", *["---:"] * (len(headings) - 1)]
            lines = ["| " + " | ".join(cells) + " |" for cells in (headings, rule, *rows)]
            parts.append("\n".join([f"## {title}", "", *lines]))
        return "\n\n".join([*parts, "\n".join(f"- {line}" for line in self.notes())])

    def _repr_html_(self) -> str:
        parts = []
        for title, headings, rows in self.tables():
            head = "".join(f"<th>{html.escape(text)}</th>" for text in headings)
            body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            parts.append(f"<h4>{html.escape(title)}</h4><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
        notes = "".join(f"<li>{html.escape(line)}</li>" for line in self.notes())
        return f'<div class="admodes-checkers">{"".join(parts)}<ul>{notes}</ul></div>'

    def _totals(self) -> tuple[str, list[str], list[list[str]]]:
        rows = []
        for tool in self.rules:
            applied = [said for said in self.of(tool) if said.outcome != DOES_NOT_APPLY]
            calls = sorted(said.calls for said in applied)
            median = f"{calls[len(calls) // 2]:,}" if calls else ""
            rows.append([tool, *(str(count) for count in self.counts(tool).values()), _signed(youden(applied)), median])
        cases = {said.case: said.right for said in self.judgements}
        title = f"{len(cases)} cases: {sum(cases.values())} right claims, {len(cases) - sum(cases.values())} wrong ones"
        return title, ["tool", *OUTCOMES, "J", "calls of f (median)"], rows

    def _by_category(self) -> tuple[str, list[str], list[list[str]]]:
        def cell(tool: str, category: str) -> str:
            counts = self.counts(tool, category)
            if counts[DOES_NOT_APPLY] == sum(counts.values()):
                return ""
            return " / ".join(str(counts[name]) for name in (FALSE_ALARM, MISSED, UNDECIDED))

        sizes = {name: len({said.case for said in self.judgements if said.category == name}) for name in self.categories}
        rows = [[name, str(sizes[name]), *(cell(tool, name) for tool in self.rules)] for name in self.categories]
        return "False alarms / missed / inconclusive by category", ["category", "cases", *self.rules], rows

    def _campaigns(self) -> list[tuple[str, list[str], list[list[str]]]]:
        found = []
        for scales in dict.fromkeys(rate.scales for rate in self.rates):
            rates = {(rate.tool, rate.error): rate for rate in self.rates if rate.scales == scales}
            tools = list(dict.fromkeys(tool for tool, _ in rates))
            title = f"Random functions, {scales}: mistakes, and the rate in % with its 95 % interval"
            rows = [[_planted(error), *(_mistakes(rates[tool, error]) for tool in tools)] for error in ERRORS]
            found.append((title, ["planted error", *tools], rows))
        return found


def _signed(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def _planted(error: float) -> str:
    return f"{error:.0e}: missed" if error else "none: false alarms"


def _mistakes(rate: Rate) -> str:
    if not rate.tries:
        return ""
    low, high = (100 * end for end in rate.interval)
    open_ones = f", {rate.inconclusive} inconclusive" if rate.inconclusive else ""
    return f"{rate.mistakes} of {rate.tries}: {100 * rate.mistakes / rate.tries:.1f} [{low:.1f}, {high:.1f}]{open_ones}"
