"""How the cost of each method grows with the numbers of inputs and outputs: fitted exponents beside the theory."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import OptionError
from ..formatting import format_seconds, join_words, plural
from ..rows import Row
from ..theory import theory_of
from .crossover import Crossover, find_crossover
from .fits import PRIMAL, SECONDS, Fit, Unfitted, fit_all, fit_inside, seconds_of


@dataclass(frozen=True, repr=False)
class Scaling:
    """What `fit_scaling` found: it prints as plain sentences.

    Parameters
    ----------
    problem, operator : str
    fits : tuple of Fit
    unfitted : tuple of Unfitted
    crossover : Crossover or None
        Between the two methods that are the fastest most often.
    no_crossover : str
        Why there is none.
    rows : tuple of Row
        What was fitted.
    """

    problem: str
    operator: str
    fits: tuple[Fit, ...]
    unfitted: tuple[Unfitted, ...]
    crossover: Crossover | None
    no_crossover: str = ""
    rows: tuple[Row, ...] = ()

    def fit(self, method: str, quantity: str = "time") -> Fit | None:
        """The fit of one quantity of one method, None where there is none."""
        return next((one for one in self.fits if (one.method, one.quantity) == (method, quantity)), None)

    def crossover_of(self, first: str, second: str) -> Crossover | str:
        """The line between any two methods, or the reason why there is none."""
        return _crossover(self.rows, first, second)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence a method and quantity, what has no exponents, then the crossover line."""
        line = str(self.crossover) if self.crossover is not None else f"No line between methods: {self.no_crossover}."
        return (*self.told, *self.untold, line)

    @property
    def told(self) -> tuple[str, ...]:
        """One sentence for each quantity of each method that has exponents."""
        return tuple(_sentence(fit, self) for fit in self.fits if fit.quantity != "time per f")

    @property
    def untold(self) -> tuple[str, ...]:
        """What has no exponents, and why; a sentence for each reason."""
        reasons: dict[str, dict[str, list[str]]] = {}
        for one in self.unfitted:
            if one.quantity != "time per f":
                reasons.setdefault(one.reason, {}).setdefault(one.method or "f itself", []).append(one.quantity)
        return tuple(
            f"No exponents for {join_words([f'{method} ({join_words(what)})' for method, what in about.items()])}: {reason}."
            for reason, about in reasons.items()
        )

    def __str__(self) -> str:
        return "\n".join([f"{self.problem}, {self.operator}:", *(f"- {sentence}" for sentence in self.sentences)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in self.sentences)
        return f'<div class="admodes-scaling"><p>{html.escape(f"{self.problem}, {self.operator}")}</p><ul>{items}</ul></div>'


def fit_scaling(rows: Sequence[Row], problem: str | None = None, operator: str | None = None) -> Scaling:
    """Exponents of time and of counts in n and in m, for each method of one problem.

    Fitted is overhead + constant · n^a · m^b, by least squares in logarithms with less weight on outliers. Where the
    overhead is nearly all there is, no exponents are given.

    Parameters
    ----------
    rows : sequence of Row
        Of a sweep, for example.
    problem, operator : str, optional
        By default those with the most cells. Rows of different machines are never fitted together: again the most cells.

    Returns
    -------
    Scaling

    Raises
    ------
    OptionError
        If there are no such rows, or if they are not rows.

    Examples
    --------
    >>> from admodes.measure.scaling import fit_scaling
    >>> from admodes.rows import Row
    >>> rows = [Row("cubes", n, 1, "finite", "ok", calls=2 * n + 1) for n in (1, 4, 16, 64, 256)]
    >>> print(fit_scaling(rows).sentences[0])
    Finite: calls of f grow like n^1.00 (1.00 to 1.00) for n from 1 to 256, m = 1 (5 cells, exactly). Theory says n^1 m^0 \
(2 calls of f an input, a constant factor more with several step sizes): agrees with theory in n alone.
    """
    known = list(rows) if isinstance(rows, Iterable) else []
    if not isinstance(rows, Iterable) or not all(isinstance(row, Row) for row in known):
        raise OptionError(f"fit_scaling takes the rows of a sweep, fit_scaling(ad.sweep(...).rows), but this is {rows!r:.60}.")
    rows = _of_one_grid(known, problem, operator)
    fits, unfitted = fit_all(rows, rows[0].operator)
    line = _default_crossover(rows)
    found, reason = (None, line) if isinstance(line, str) else (line, "")
    return Scaling(rows[0].problem, rows[0].operator, fits, unfitted, found, reason, tuple(rows))


def _default_crossover(rows: Sequence[Row]) -> Crossover | str:
    """The line between the two methods that are the fastest most often."""
    winners = _fastest(rows)
    if len(winners) < 2:
        return f"{winners[0]} is the fastest in every cell" if winners else "no method gave a verified derivative"
    return _crossover(rows, winners[0], winners[1])


def _crossover(rows: Sequence[Row], first: str, second: str) -> Crossover | str:
    """The line between two methods, or the reason why there is none."""
    times = [seconds_of(rows, method) for method in (first, second)]
    # Inside the grid overheads count as well, so fits serve that would say nothing about larger sizes.
    fits = [fit_inside(method, "time", one, set()) for method, one in zip((first, second), times, strict=True)]
    for method, fit in zip((first, second), fits, strict=True):
        if isinstance(fit, str):
            return f"{method} has no fit: {fit}"
    if any(one.n_exponent is None or one.m_exponent is None for one in fits if isinstance(one, Fit)):
        return f"{first} and {second} need several numbers of inputs and of outputs"
    return find_crossover(fits[0], fits[1], times[0], times[1])  # type: ignore[arg-type]


def _of_one_grid(rows: Sequence[Row], problem: str | None, operator: str | None) -> list[Row]:
    """The rows of one problem, operator and machine: those with the most cells."""
    wanted = [row for row in rows if problem in (None, row.problem) and operator in (None, row.operator)]
    cells: dict[tuple[str, str, str], set[tuple[int, int]]] = {}
    for row in wanted:
        cells.setdefault((row.problem, row.operator, row.machine), set()).add((row.inputs, row.outputs))
    if not cells:
        named = " ".join(word for word in (problem, operator) if word)
        there = join_words(sorted({f"{row.problem} ({row.operator})" for row in rows})) or "none"
        raise OptionError(f"There are no rows{f' of {named}' if named else ''} to fit. The problems in these rows: {there}.")
    largest = max(cells, key=lambda key: len(cells[key]))
    return [row for row in wanted if (row.problem, row.operator, row.machine) == largest]


def _fastest(rows: Sequence[Row]) -> list[str]:
    """The methods by the number of cells in which they are the fastest."""
    cells: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        if row.succeeded:
            cells.setdefault((row.inputs, row.outputs), []).append(row)
    return [
        method for method, _ in Counter(min(cell, key=lambda row: row.seconds).method for cell in cells.values()).most_common()
    ]


def _named(method: str) -> str:
    return method[:1].upper() + method[1:] if method else "f itself"


def _sentence(fit: Fit, scaling: Scaling) -> str:
    noun = {
        "time": "time grows",
        "prepared": "time once prepared grows",
        "operations per f": "operations over those of f grow",
    }.get(fit.quantity, f"{fit.quantity} grow")
    if fit.is_constant:
        text = f"{_named(fit.method)}: {fit.quantity} are {fit.predict(1, 1):,.6g} in all {fit.cells} cells."
    else:
        text = f"{_named(fit.method)}: {noun} like {fit.growth} for {_range(fit)}{_quality(fit)}."
    return text + _beside_theory(fit, scaling)


def _range(fit: Fit) -> str:
    parts = []
    for name, (low, high) in (("n", fit.n_range), ("m", fit.m_range)):
        parts.append(f"{name} = {low:,}" if low == high else f"{name} from {low:,} to {high:,}")
    return ", ".join(parts)


def _quality(fit: Fit) -> str:
    off = "exactly" if fit.spread == 0 else f"{max(fit.spread, 0.001):.1%} off typically"
    without = f", {fit.missing} more have no result" if fit.missing else ""
    text = f" ({fit.cells} cells{without}, {off})"
    if fit.quantity in SECONDS and fit.overhead > 0:
        text += f", beside {format_seconds(fit.overhead)} of overhead, which are less than half in {plural(fit.beyond, 'cell')}"
    return text


def _beside_theory(fit: Fit, scaling: Scaling) -> str:
    if fit.quantity == "time" and fit.method != PRIMAL:
        return _time_beside_theory(fit, scaling)
    if fit.theory is None:
        return " No theory: it depends on how f is written." if fit.quantity == "tape nodes" else ""
    return f" Theory says {fit.theory} ({fit.theory.reason}): {fit.judgement}."


def _time_beside_theory(fit: Fit, scaling: Scaling) -> str:
    """What the seconds say of the theory, which is about evaluations of f; that they say nothing, where f is overhead itself."""
    theory = theory_of(fit.method, "cost", scaling.operator)
    if theory is None:
        return ""
    says = f"theory says {theory} per evaluation of f ({theory.reason})"
    relative = scaling.fit(fit.method, "time per f")
    if relative is not None:
        where = f"{_range(relative)}, {plural(relative.cells, 'cell')} where neither is mostly overhead"
        return f" Over f's own time that is {relative.growth} ({where}); {says}: {relative.judgement}."
    why = next(one.reason for one in scaling.unfitted if (one.method, one.quantity) == (fit.method, "time per f"))
    return f" {says[0].upper()}{says[1:]}, which these times cannot test: {why}."
