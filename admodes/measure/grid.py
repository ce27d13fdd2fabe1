"""The report's measurements: problems, and the dense layer over a grid of input and output dimensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from ..api import differentiate
from ..errors import OptionError
from .comparison import method_table
from .cost import attempt
from .problems import DENSE_LAYER, HELMHOLTZ, ROSENBROCK, Problem, digits_problem
from .results import ResultsWriter
from .rows import Row
from .subject import Subject
from .trials import Effort, measure

#: Called after each cell with its description, the number of cells done and of all cells.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Case:
    """One problem at one size.

    Parameters
    ----------
    problem : Problem
    inputs, outputs : int
    part : str
        "grid" or "problem".
    """

    problem: Problem
    inputs: int
    outputs: int
    part: str = "problem"

    def __str__(self) -> str:
        return f"{self.problem.name} {self.inputs} -> {self.outputs}"


@dataclass(frozen=True)
class Settings:
    """What a report measures, and how long it may take.

    Parameters
    ----------
    inputs, outputs : tuple of int
        The grid for the dense layer.
    methods : tuple of str
    cases : tuple of Case
        The other problems.
    effort : Effort
        For each method in each cell.
    total : float
        Seconds for everything; cells that the time does not reach are recorded as skipped.
    seed : int
        Of all random data.
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    methods: tuple[str, ...]
    cases: tuple[Case, ...]
    effort: Effort = field(default_factory=Effort)
    total: float = 3600.0
    seed: int = 20240229

    @classmethod
    def standard(
        cls,
        *,
        quick: bool = False,
        methods: Sequence[str] | None = None,
        inputs: Sequence[int] | None = None,
        outputs: Sequence[int] | None = None,
    ) -> Settings:
        """The settings of ``admodes report``, with what the user chose instead.

        Parameters
        ----------
        quick : bool
            Ends within two minutes on two cores, the page included.
        methods, inputs, outputs : sequence, optional

        Returns
        -------
        Settings

        Raises
        ------
        UnknownMethodError
            If a method does not exist.
        OptionError
            If a dimension is below 1.
        """
        grid = (1, 4, 16, 64, 256) if quick else (1, 2, 4, 8, 16, 32, 64, 128, 256)
        return cls(
            _dimensions("inputs", grid if inputs is None else inputs),
            _dimensions("outputs", grid if outputs is None else outputs),
            tuple(method_table(methods)),
            _quick_cases() if quick else _full_cases(),
            Effort(rounds=9, budget=8.0, sample_seconds=0.003, enough=0.3)
            if quick
            else Effort(rounds=25, budget=30.0, sample_seconds=0.01),
            total=75.0 if quick else 1800.0,
        )

    def all_cases(self) -> list[Case]:
        """Every cell, the smallest of the grid first."""
        grid = [Case(DENSE_LAYER, n, m, "grid") for n in self.inputs for m in self.outputs]
        return [*self.cases, *sorted(grid, key=lambda case: (case.inputs * case.outputs, case.inputs))]

    def to_dict(self) -> dict[str, Any]:
        """For the header of the results."""
        cases = [{"problem": case.problem.name, "inputs": case.inputs, "outputs": case.outputs} for case in self.cases]
        return {**asdict(replace(self, cases=())), "cases": cases}


def _dimensions(name: str, values: Sequence[int]) -> tuple[int, ...]:
    if not values or any(value < 1 for value in values):
        raise OptionError(f"{name} must be one or more integers of at least 1, not {list(values)}.")
    return tuple(sorted(set(values)))


def _quick_cases() -> tuple[Case, ...]:
    return (
        Case(ROSENBROCK, 10, 1),
        Case(ROSENBROCK, 100, 1),
        Case(HELMHOLTZ, 8, 1),
        Case(HELMHOLTZ, 50, 1),
        Case(digits_problem(images=100), 650, 1),
    )


def _full_cases() -> tuple[Case, ...]:
    rosenbrock = tuple(Case(ROSENBROCK, n, 1) for n in (10, 100, 1000))
    helmholtz = tuple(Case(HELMHOLTZ, n, 1) for n in (1, 8, 15, 22, 29, 36, 43, 50))
    return (*rosenbrock, *helmholtz, Case(digits_problem(), 650, 1))


def record(settings: Settings, path: Path, progress: Progress | None = None) -> None:
    """Measure all cells and write each one's rows to disk as soon as it is done.

    Parameters
    ----------
    settings : Settings
    path : Path
        A new results file.
    progress : callable, optional
        ``progress(description, done, total)`` after each cell.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C, after the finished rows were closed with a line that says so.
    """
    start, finished = perf_counter(), False
    cases = settings.all_cases()
    with ResultsWriter(path, settings.to_dict()) as writer:
        try:
            for done, (case, rows) in enumerate(_cells(settings, cases, start + settings.total), 1):
                for row in rows:
                    writer.write_row(row)
                if progress is not None:
                    progress(str(case), done, len(cases))
            finished = True
        finally:
            writer.write_end(finished=finished, seconds=perf_counter() - start)


def _cells(settings: Settings, cases: Sequence[Case], deadline: float) -> Iterator[tuple[Case, list[Row]]]:
    """The rows of each case. A method that was stopped is not run on larger cases of the same problem."""
    _warm_up(settings)
    stopped: dict[tuple[str, str], list[Case]] = {}
    for done, case in enumerate(cases):
        left = deadline - perf_counter()
        if left <= 0:
            reason = f"the time for the whole report ({settings.total:.0f} s) was used up"
            yield case, _unmeasured(case, settings, "skipped", reason)
            continue
        skip = {method: reason for method in settings.methods if (reason := _stopped_before(stopped, case, method))}
        # No cell of the grid may use up the time of those after it: the largest ones are the most telling.
        share = left / (len(cases) - done) if case.part == "grid" else left
        rows = _measure_case(case, settings, replace(settings.effort, budget=min(settings.effort.budget, share)), skip)
        for row in rows:
            if row.status in ("timeout", "out of memory"):
                stopped.setdefault((case.problem.name, row.method), []).append(case)
        yield case, rows


def _warm_up(settings: Settings) -> None:
    """Let every method import what it needs, so that no cell's first call pays for it."""
    f, x = DENSE_LAYER.at(1, 1, settings.seed)
    for method in settings.methods:
        attempt(partial(differentiate, f, x, method), settings.effort.budget)


def _stopped_before(stopped: dict[tuple[str, str], list[Case]], case: Case, method: str) -> str:
    """Why a method need not be tried: it was stopped on a case that is no larger in either dimension."""
    for earlier in stopped.get((case.problem.name, method), []):
        if earlier.inputs <= case.inputs and earlier.outputs <= case.outputs:
            return f"was stopped at a smaller size already: {earlier.inputs} in, {earlier.outputs} out"
    return ""


def _measure_case(case: Case, settings: Settings, effort: Effort, skip: dict[str, str]) -> list[Row]:
    def make() -> Subject:
        f, x = case.problem.at(case.inputs, case.outputs, settings.seed)
        return Subject.at(f, x, name=case.problem.name)

    made = attempt(make, settings.total)
    if made.status != "ok":
        return _unmeasured(case, settings, made.status, made.reason)
    subject, exact = made.value, case.problem.reference
    reference = None if exact is None else lambda x: exact(subject.f, x)
    rows = measure(subject, method_table(settings.methods), effort, reference=reference, skip=skip)
    return [replace(row, part=case.part) for row in rows]


def _unmeasured(case: Case, settings: Settings, status: str, reason: str) -> list[Row]:
    return [
        Row(case.problem.name, case.inputs, case.outputs, method, status, reason, part=case.part) for method in settings.methods
    ]
