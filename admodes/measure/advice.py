"""`recommend`: which method to use for f at x, from its shape, its counts and a short probe."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from ..errors import OptionError
from ..formatting import format_count, format_seconds
from ..methods import choose_method, find_differentiator
from ..recording import OperationCounts, count_operations
from ..rows import Row
from .comparison import method_table
from .cost import Candidate, Outcome, attempt, ratio_interval, sample_interleaved
from .recommendation import (
    Recommendation,
    disagreement,
    faster_but_inexact,
    fastest_exact,
    lead_over,
    merits,
    most_exact,
    nothing_verified,
    plural,
)
from .subject import Subject
from .trials import Effort, is_positive, measure
from .witness import is_traced, own_estimate, traced_otherwise

#: Nothing is measured where f alone takes more than this part of the budget: a probe runs it some ten times at least.
_SLOW = 0.02
#: Seconds that one operation takes at the very least, in NumPy and in SymPy.
_OPERATION, _EXPRESSION = 2e-11, 1e-5
#: Entries of a derivative that is not made for a probe: each method would hold several copies of it.
_ENTRIES = 20_000_000
_ROUNDS = 7
#: The part of the budget that one method may take, and the witness that confirms it.
_SHARE = 0.6
#: Central differences whose own estimate of the error is larger, relative to the derivative, are not recommended.
_TRUSTED = 1e-3


@dataclass(frozen=True)
class _Plan:
    """What is known of a method before it runs: its work in words, and the least seconds that it can take."""

    work: str
    least: float


def recommend(
    f: Callable[..., Any], x: Any, *, args: Sequence[Any] = (), methods: Sequence[Any] | None = None, budget: float = 1.0
) -> Recommendation:
    """Which method to use for f at x, with the evidence.

    Shapes and counts come first; then a short probe times the methods that can still win. ``method="auto"`` goes by the
    shape alone, and the answer says where the two differ.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *args)``; plain NumPy.
    x : array_like or container
    args : tuple
        Further positional arguments of f.
    methods : sequence of str or Differentiator, optional
        All that are available by default.
    budget : float
        Seconds for the probe, roughly. What cannot win is not run, and where a few calls of f alone take longer, the
        answer goes by counts.

    Returns
    -------
    Recommendation
        Its ``method`` is what ``method=`` takes: None where methods disagree or all fail, and the reason says so.

    Raises
    ------
    InputError
        If x is empty or not finite, or f(x) is not finite or another value at each call.
    UnknownMethodError
        If a method does not exist.
    OptionError
        If budget is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> advice = ad.recommend(lambda x: np.sum(np.exp(x) * x), np.linspace(0, 1, 2000))
    >>> advice.method
    'reverse'
    >>> [row.status for row in advice.evidence if row.method == "finite"]
    ['skipped']
    """
    if not is_positive(budget):
        raise OptionError(f"budget is {budget!r}: give the probe some seconds, e.g. budget=1.0.")
    table = method_table(methods)
    end = perf_counter() + budget
    return _advice(Subject.at(f, x, args), table, budget, end)


def _advice(subject: Subject, table: dict[str, Any], budget: float, end: float) -> Recommendation:
    """The answer for a subject: measured before `end` where a probe fits in, by counts alone where none does."""
    f_seconds = _seconds(subject, budget)
    counts, refused = _count(subject, max(budget, 5 * f_seconds))
    plans = {name: _plan(find_differentiator(method).name, subject, counts, f_seconds) for name, method in table.items()}
    probe = _Probe(subject, table, plans, counts, refused, f_seconds, budget)
    if not subject.outputs:
        return probe.without_entries()
    if subject.inputs * subject.outputs > _ENTRIES:
        entries = f"{subject.inputs * subject.outputs:,} entries"
        return probe.by_counts(f"The derivative has {entries}, too many for a probe (jvp and vjp do not make them)")
    if f_seconds > _SLOW * budget:
        return probe.by_counts(f"One call of f takes {format_seconds(f_seconds)}, too long to measure within {budget:g} s")
    return probe.by_measuring(end)


def _seconds(subject: Subject, budget: float) -> float:
    """Seconds that f takes: the fastest of a few calls, or the only one where that takes long."""
    first = attempt(subject.primal(), max(budget, 1.0)).seconds
    if first > budget:
        return first
    f = Candidate(subject.primal(), first, budget, _SLOW * budget)
    return min([first, *sample_interleaved({"f": f}, 3, 0.001)["f"].samples])


def _count(subject: Subject, limit: float) -> tuple[OperationCounts | None, Outcome]:
    """The counts of f's tape, or how recording it failed."""
    outcome = attempt(lambda: count_operations(subject.f, subject.x, subject.args), limit)
    return outcome.value, outcome


def _plan(name: str, subject: Subject, counts: OperationCounts | None, f_seconds: float) -> _Plan:
    """What a method has to do, counted before it runs."""
    n, m = subject.inputs, subject.outputs
    nodes = "" if counts is None else f" {{}} {plural(counts.nodes, 'node')}"
    elementary = 0 if counts is None else counts.elementary
    plans = {
        "finite": _Plan(f"{format_count(2 * n)} calls of f", 2 * n * f_seconds),
        "complex": _Plan(f"{plural(n, 'call')} of f", n * f_seconds),
        "forward": _Plan(plural(n, "direction") + nodes.format("through"), max(f_seconds, n * elementary * _OPERATION)),
        "reverse": _Plan(plural(m, "sweep") + nodes.format("of"), max(f_seconds, m * elementary * _OPERATION)),
        "symbolic": _Plan(plural(n * m, "expression"), (elementary + n * m) * _EXPRESSION),
    }
    rule = choose_method(n, m).method
    return plans.get(rule if name == "auto" else name, _Plan("its own way", 0.0))


@dataclass
class _Probe:
    """The methods that may be recommended, and what is known before any of them runs."""

    subject: Subject
    table: dict[str, Any]
    plans: dict[str, _Plan]
    counts: OperationCounts | None
    refused: Outcome
    f_seconds: float
    budget: float

    def by_measuring(self, end: float) -> Recommendation:
        """Time what can win."""
        failed: dict[str, Row] = {}
        favourite, seconds = "", 0.0
        for name in self.order():
            outcome = self.tried(name)
            if outcome.status == "ok":
                favourite, seconds = name, min(outcome.seconds, self.tried(name).seconds)
                break
            failed[name] = self.row(name, outcome.status, outcome.reason)
            if perf_counter() > end:
                break
        if not favourite:
            if any(row.status == "timeout" for row in failed.values()):
                return self.by_counts(f"No method ends within {format_seconds(self.budget / 3)}")
            rows = tuple(failed[name] for name in self.table if name in failed)
            return Recommendation(None, nothing_verified(rows), rows)
        left_out = {
            name: self.row(name, "skipped", self.too_slow(name, favourite, seconds))
            for name in self.table
            if name not in failed and name != favourite and self.plans[name].least > seconds
        }
        found = self.run(failed | left_out, seconds, end)
        if not any(row.status in ("ok", "unverified") for row in found.values()):
            # f is another one when it is traced: what was too slow to win against tracing methods is all there is.
            found = self.run(
                {name: row for name, row in (failed | left_out).items() if is_traced(self.table[name])}, seconds, end
            )
        return self.judged(tuple(found[name] for name in self.table))

    def tried(self, name: str) -> Outcome:
        """How one derivative went."""
        return attempt(self.subject.derivative(self.table[name], self.subject.f), self.budget / 3)

    def run(self, known: dict[str, Row], seconds: float, end: float) -> dict[str, Row]:
        """The rows that are known, and those of all other methods measured side by side."""
        running = {name: method for name, method in self.table.items() if name not in known}
        enough = max(end - perf_counter(), 0.1 * self.budget) / (2 * len(running))
        effort = Effort(_ROUNDS, max(_SHARE * self.budget, 3 * seconds), 0.002, enough)
        return {row.method: row for row in measure(self.subject, running, effort)} | known

    def order(self) -> list[str]:
        """The method of the shape rule first, then by the least that each can take; traced ones last where tracing failed."""
        rule = choose_method(self.subject.inputs, self.subject.outputs).method
        return sorted(
            self.table,
            key=lambda name: (self.counts is None and is_traced(self.table[name]), name != rule, self.plans[name].least),
        )

    def row(self, name: str, status: str, reason: str) -> Row:
        """A row of a method that was not measured."""
        subject = self.subject
        auto = choose_method(subject.inputs, subject.outputs).method
        return Row(subject.name, subject.inputs, subject.outputs, name, status, reason, auto=auto)

    def too_slow(self, name: str, favourite: str, seconds: float) -> str:
        """Why a method cannot win."""
        plan = self.plans[name]
        least, best = format_seconds(plan.least), format_seconds(seconds)
        return f"cannot win: {plan.work} take {least} at least, and {favourite} took {best} the first time"

    def judged(self, rows: tuple[Row, ...]) -> Recommendation:
        """The fastest exact method; without a verified one, what can be said of the others."""
        best = fastest_exact(rows)
        if best is None:
            return self.unverified(rows)
        best = self.settled(best, rows)
        verified = [row for row in rows if row.succeeded]
        sentences = [f"{self.lead(best.method)}{lead_over(best, verified)}.", merits(best), *faster_but_inexact(best, rows)]
        return self.answer(best.method, [*sentences, self.beside_auto(best, rows)], rows)

    def settled(self, best: Row, rows: Sequence[Row]) -> Row:
        """The method of the shape rule where it is as exact, and as fast within the noise: a tie is not worth a difference."""
        rule = next((row for row in most_exact(rows) if row.method == best.auto), best)
        return rule if ratio_interval(rule.time, best.time)[1] <= 1 else best

    def answer(self, name: str, sentences: Sequence[str], rows: tuple[Row, ...]) -> Recommendation:
        text = " ".join(f"{sentence[:1].upper()}{sentence[1:]}" for sentence in sentences[1:] if sentence)
        return Recommendation(self.table[name], f"{sentences[0]} {text}".strip(), rows)

    def lead(self, name: str) -> str:
        """``m = 1, n = 200: reverse, 1 sweep of 812 nodes, against 400 calls of f for central differences``."""
        sizes = f"m = {self.subject.outputs:,}, n = {self.subject.inputs:,}"
        against = "" if name == "finite" else f", against {2 * self.subject.inputs:,} calls of f or more for central differences"
        return f"{sizes}: {name}, {self.plans[name].work}{against}"

    def beside_auto(self, best: Row, rows: Sequence[Row]) -> str:
        """Where `method="auto"` does something else, and why."""
        choice = choose_method(self.subject.inputs, self.subject.outputs)
        if best.method == "auto":
            return ""
        if best.method == choice.method:
            return 'The shape alone says the same (method="auto").'
        other = next((row for row in rows if row.method == choice.method), None)
        text = f'By the shape alone ({choice.reason}) method="auto" takes {choice.method}'
        if other is None or other.status == "skipped":
            return f"{text}."
        if not math.isfinite(other.seconds):
            return f"{text}, which fails: {other.reason or other.status}"
        return f"{text}, which took {format_seconds(other.seconds)}."

    def unverified(self, rows: tuple[Row, ...]) -> Recommendation:
        """None where methods disagree; a method that nothing contradicts, with that said."""
        seen = [row for row in rows if row.status == "unverified" and math.isfinite(row.seconds)]
        wrong = [row for row in rows if row.status in ("error", "inaccurate", "nonfinite") and "traced" in row.reason]
        if not seen or disagreement(rows):
            return Recommendation(None, nothing_verified(rows), rows)
        best = min(seen, key=lambda row: row.seconds)
        lead = f"{self.lead(best.method)}{lead_over(best, seen)}."
        if is_traced(self.table[best.method]):
            caveat = (
                "no second method confirms the whole derivative within the budget; along one random direction, differences "
                "of f do not contradict it."
            )
            return self.answer(best.method, [lead, caveat, merits(best), self.beside_auto(best, rows)], rows)
        error = own_estimate(self.table[best.method], self.subject, self.budget)
        if not error <= _TRUSTED:
            return Recommendation(None, f"{nothing_verified(rows)} {_distrust(best.method, error)}", rows)
        failures = wrong or [row for row in rows if row.status in ("error", "unsupported")]
        others = f"{failures[0].method} fails: {failures[0].reason}" if failures else "no other method ran"
        caveat = f"nothing independent confirms it, its own estimate of its relative error is {error:.0e}, and {others}"
        return self.answer(best.method, [lead, caveat, merits(best)], rows)

    def without_entries(self) -> Recommendation:
        """Any method where f(x) is empty: the one that is tried first."""
        rows = tuple(self.row(name, "skipped", "not run: the derivative has no entries") for name in self.table)
        return self.answer(
            self.order()[0], ["f(x) is empty, so the derivative has no entries: every method gives the same."], rows
        )

    def by_counts(self, why: str) -> Recommendation:
        """The method of the shape rule where f can be traced, without a measurement."""
        limit = max(self.budget, 5 * self.f_seconds)
        wrong = "" if self.counts is None else traced_otherwise(self.subject, limit)
        untraced = wrong or ("" if self.counts is not None else f"f cannot be traced: {self.refused.reason}")
        rows = tuple(
            self.row(name, "error", wrong)
            if wrong and is_traced(method)
            else self.row(name, "skipped", f"not run: {self.plans[name].work}")
            for name, method in self.table.items()
        )
        usable = [name for name in self.order() if not untraced or not is_traced(self.table[name])]
        if not usable:
            return Recommendation(None, f"{why}, and {untraced}", rows)
        return self.answer(usable[0], [f"{self.lead(usable[0])}.", f"{why}: this goes by counts alone.", untraced], rows)


def _distrust(name: str, error: float) -> str:
    if math.isnan(error):
        return f"{name.capitalize()} gives no estimate of its error."
    return f"{name.capitalize()} itself estimates its relative error as {error:.0e}: look for a kink or a jump at x."
