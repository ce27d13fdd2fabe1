"""The sections of a report, in their order: what each one says and shows, and what the results lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..figures.gathering import draw_sections
from ..figures.plotting import Plot
from ..reproduce import Claim
from ..sweeps.results import Results
from .claim_figures import draw_claims
from .conclusions import conclude
from .findings import Finding, find_all
from .growth import Growth
from .problem_texts import ABOUT
from .tables import Failure, Table, doubts_of, failures_of, tables_of

#: Claims whose figures have sections of their own, because they show what the grid cannot.
_CLAIM_SECTIONS = {"precision": ("fd-precision", "central-better"), "swell": ("symbolic-swell", "symbolic-piecewise")}


@dataclass
class Section:
    """One section of the page.

    Parameters
    ----------
    name : str
        Its anchor.
    title : str
        Its heading.
    intro : str
        What it is about and how to read it, true for any results.
    missing : str
        What is said where there are no data; "" where that is nothing to speak of.
    findings : list of Finding
        What the numbers say.
    notes : list of str
        Further sentences with numbers.
    plots : list of Plot
    template : str
        The template that shows it.
    present : bool
        Whether there are data.
    """

    name: str
    title: str
    intro: str = ""
    missing: str = ""
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    template: str = "figures"
    present: bool = True


@dataclass
class Report:
    """All that a page and a summary show.

    Parameters
    ----------
    results : Results
    sections : list of Section
        Those with data.
    missing : list of str
        What the results lack.
    claims : list of Claim
    claim_plots : dict of str to Plot
        The figure of each claim that has one.
    homes : dict of str to str
        Claim -> the section that shows its figure.
    tables : list of Table
    failures : list of Failure
    doubts : list of str
    growth : list of Growth
    growth_sentences : list of str
        The same in words.
    """

    results: Results
    sections: list[Section]
    missing: list[str]
    claims: list[Claim]
    claim_plots: dict[str, Plot]
    homes: dict[str, str]
    tables: list[Table]
    failures: list[Failure]
    doubts: list[str]
    growth: list[Growth]
    growth_sentences: list[str]

    @property
    def plots(self) -> list[Plot]:
        """Every figure once, in the order of the page."""
        own = [plot for section in self.sections for plot in section.plots]
        return list({plot.name: plot for plot in [*own, *self.claim_plots.values()]}.values())


def make_report(results: Results) -> Report:
    """Gather what there is to show.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Report
    """
    rows, claims = results.rows, results.claims
    claim_plots, concluded = draw_claims(claims), conclude(rows)
    homes = {name: section for section, names in _CLAIM_SECTIONS.items() for name in names if name in claim_plots}
    tables = tables_of(rows), failures_of(rows), doubts_of(rows), concluded.growth, concluded.growth_sentences
    report = Report(results, [], [], list(claims), claim_plots, homes, *tables)
    findings = find_all(results)
    for section in _sections(report, draw_sections(rows, concluded.crossover), concluded.notes):
        section.findings = [finding for finding in findings if finding.section == section.name]
        if section.present or section.plots or section.notes or section.findings:
            report.sections.append(section)
        elif section.missing:
            report.missing.append(section.missing)
    report.missing += [f"“{row.title}” could not be tested: {row.status}, {row.reason}." for row in results.failed_claims]
    return report


def _sections(report: Report, drawn: Mapping[str, list[Plot]], notes: Mapping[str, Sequence[str]]) -> list[Section]:
    """Every section that a report can have; those drawn of rows or claims alone are present if there is something to draw."""
    own = {name: list(plots) for name, plots in drawn.items()}
    for claim, home in report.homes.items():
        own.setdefault(home, []).append(report.claim_plots[claim])
    sections: list[Section] = [
        Section("summary", "Summary", template="summary"),
        *(Section(name, title, intro, missing, present=False) for name, title, intro, missing in _TEXTS),
    ]
    for section in sections:
        section.plots, section.notes = own.get(section.name, []), list(notes.get(section.name, []))
        if section.name == "growth" and report.growth:
            section.template, section.present = "growth", True
    grid = next((row.problem for row in report.results.rows if row.part == "grid"), "")
    if grid in ABOUT:
        sections[1].intro += f" The function is the {grid}, {ABOUT[grid].formula}."
    return [
        *sections,
        Section(
            "claims",
            "The lectures’ claims",
            "What lectures say about the methods, put to the test. A verdict follows from the numbers below it.",
            (
                "No claim of the lectures was tested with these results: there is no curve of error against step size, "
                "and no figure "
                "of how formulas grow (admodes reproduce claims makes both)."
            ),
            template="claims",
            present=bool(report.claims),
        ),
        Section(
            "problems",
            "The functions, cell by cell",
            "Every measurement. f is the function; a cell n → m has n inputs and m outputs.",
            template="problems",
            present=bool(report.tables),
        ),
        Section("failures", "What failed and why", template="failures", present=bool(report.results.rows)),
        Section("measured", "How it was measured", template="measured"),
        Section("environment", "Environment", template="environment"),
    ]


#: Name, title, what to read it as, what is said where it is missing.
_TEXTS = (
    (
        "map",
        "Which method is the cheapest where",
        (
            "Each field is one function with n inputs and m outputs; its colour and sign name the fastest method whose "
            "derivative is "
            "right."
        ),
        (
            "There is no grid of dimensions with a right derivative in these results: no map of the cheapest method, and no "
            "cost curves."
        ),
    ),
    (
        "inputs",
        "Cost against the number of inputs",
        (
            "How long one derivative takes as the function gets more inputs. Both axes are logarithmic: a straight line "
            "is a power, and "
            "its slope is the exponent."
        ),
        "",
    ),
    (
        "outputs",
        "Cost against the number of outputs",
        "The same as the function gets more outputs.",
        "",
    ),
    (
        "growth",
        "How fast the cost grows",
        (
            "Powers of n and m, fitted to counts and to times beside a constant overhead, each with its 95% interval and with "
            "what theory says. "
            "Counts are the same on every machine; times are not."
        ),
        "",
    ),
    (
        "error",
        "Error",
        (
            "How far each derivative is from the exact one, relative to its size. 1e-16 is the rounding of a single "
            "number; the summary says "
            "which methods are called exact."
        ),
        "No error could be measured: nothing in these results has a reference.",
    ),
    (
        "tradeoff",
        "Accuracy against cost",
        (
            "Each small point is one method on one function, each large one the median of a method: to the left is fast, down "
            "is exact. The stairs (the Pareto front) join the medians that no other median beats in both."
        ),
        "",
    ),
    (
        "precision",
        "Finite differences: error against step size",
        (
            "A large step makes the formula wrong, a small one lets rounding take over: the error is V-shaped, and no step is "
            "good for everything."
        ),
        "",
    ),
    (
        "swell",
        "How formulas grow",
        "The operations in a symbolic derivative, written out and with each repeated part computed once.",
        "",
    ),
    (
        "work",
        "Operations",
        "How many elementary operations a derivative takes, in units of those of f: a count, the same on every machine.",
        "",
    ),
    (
        "memory",
        "Memory",
        "What a method holds beside the numbers of f itself.",
        "Memory was not measured.",
    ),
    (
        "break-even",
        "When preparing pays",
        (
            "Some methods can be prepared once for many calls, such as by compiling a formula. Break-even is the number "
            "of calls after "
            "which that has paid. For the cell of the figure every pair of methods is compared; for the others each prepared "
            "method with the fastest of those that were not prepared."
        ),
        "No method was prepared for many calls: after how many calls preparing pays is not known.",
    ),
)
