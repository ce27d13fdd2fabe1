"""Is this installation healthy, and can its measurements be trusted? What `admodes doctor` looks at."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from .._version import __version__
from ..formatting import join_words, text_table
from ..measure.problems import Problem
from ..measure.trials import Effort
from ..methods import available_methods, unavailable_methods
from .cell import Cell
from .environment import THREADS, environment
from .guard import Guard, arrow, guard, guard_all
from .isolation import Limits, LocalExecutor, request_of, run_cell
from .memory import memory_limit_problem
from .results import from_json

OK, REMARK, WRONG = "ok", "remark", "wrong"
#: Columns of text where no terminal says how many it has, and the fewest that hold the table.
_WIDTH, _NARROWEST = 130, 80

#: What there is to install beside, by the name of its distribution: what it gives, and the extra that brings it.
_OPTIONAL = {
    "scipy": ("derivatives of scipy.special and scipy.linalg", "scipy"),
    "scikit-learn": ("the problems on handwritten digits", "data"),
    "symengine": ('a faster engine for the symbolic mode: ad.Symbolic(engine="symengine")', "symengine"),
    "distributed": ("sweeps on many machines: --dask", "dask"),
    "pandas": ("sweeps as data frames", "notebook"),
    "ipywidgets": ("progress bars as widgets in notebooks", "notebook"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    area : str
        "installation", "methods", "platform", "workers" or "problems".
    name : str
    state : str
        "ok", "remark" (nothing is wrong, but something is missing) or "wrong".
    text : str
    """

    area: str
    name: str
    state: str
    text: str


@dataclass(frozen=True)
class Diagnosis:
    """All that was looked at; printed, it is a table.

    Parameters
    ----------
    findings : tuple of Finding
    """

    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong; what is merely missing counts as healthy."""
        return all(one.state != WRONG for one in self.findings)

    @property
    def summary(self) -> str:
        """The verdict in one sentence."""
        counts = {state: sum(one.state == state for one in self.findings) for state in (OK, REMARK, WRONG)}
        told = ", ".join(f"{count} {state}{'s' * (state == REMARK and count > 1)}" for state, count in counts.items() if count)
        return f"{'Healthy' if self.healthy else 'Something is wrong'}: {told}."

    def to_dict(self) -> dict[str, Any]:
        """All findings as plain text."""
        return {"healthy": self.healthy, "summary": self.summary, "findings": [asdict(one) for one in self.findings]}

    def __str__(self) -> str:
        width = max(_NARROWEST, shutil.get_terminal_size((_WIDTH, 0)).columns)
        lines = [(one.area, one.name, one.state, one.text) for one in self.findings]
        return f"{text_table([(title, True) for title in ('area', 'what', 'state', 'found')], lines, width)}\n\n{self.summary}"


def examine(problem: Problem | None = None) -> Diagnosis:
    """Look at the installation, the methods, the platform, the worker processes and the problems.

    Parameters
    ----------
    problem : Problem, optional
        Your own: it alone is looked at, in place of ours and of everything else.

    Returns
    -------
    Diagnosis

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> blind = ad.Problem("blind", lambda n, m, rng: (np.sum, rng.normal(size=n)), lambda f, x: np.zeros(x.shape))
    >>> examine(blind).healthy
    False
    """
    if problem is not None:
        return Diagnosis((_of_guard(guard(problem)),))
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (_installation, _methods, _platform, _workers, _problems)
    return Diagnosis(tuple(finding for look in looks for finding in look()))


def _installation() -> Iterator[Finding]:
    about = partial(Finding, "installation")
    described = environment()
    yield about("admodes", OK, f"{__version__}, engine {described['engine']}")
    yield about("python", OK, f"{described['python']} on {described['system']}")
    for requirement in ("numpy", "sympy", "mpmath", "optree", "matplotlib"):
        version = _version_of(requirement)
        yield about(requirement, OK if version else WRONG, version or f"is missing: pip install {requirement}")
    for name, (gives, extra) in _OPTIONAL.items():
        version = _version_of(name)
        missing = f"not installed: it would give {gives}: pip install 'admodes[{extra}]'"
        yield about(name, OK if version else REMARK, f"{version}: {gives}" if version else missing)


def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _methods() -> Iterator[Finding]:
    yield Finding("methods", "available", OK, ", ".join(available_methods()))
    for name, reason in unavailable_methods().items():
        yield Finding("methods", name, WRONG, f"cannot be loaded: {reason}")


def _platform() -> Iterator[Finding]:
    about = partial(Finding, "platform")
    problem = memory_limit_problem()
    yield about("memory limit", REMARK if problem else OK, f"none: {problem}" if problem else "enforced in every cell")
    forks = Limits().start == "fork"
    anew = f"each starts anew on {platform.system()}, which takes a second a cell"
    yield about("worker start", OK if forks else REMARK, "by a fork, some milliseconds a cell" if forks else anew)
    precise = np.finfo(np.longdouble).precision > np.finfo(np.float64).precision
    coarse = "longdouble is double here: closed forms have no digits to spare, so errors near 1e-16 are not resolved"
    yield about("longdouble", OK if precise else REMARK, "more exact than double" if precise else coarse)
    chosen = [f"{name}={os.environ[name]}" for name in THREADS if name in os.environ]
    kept = f"{', '.join(chosen)}: taken over by the workers, whose times are those of so many threads"
    yield about("BLAS", OK, f"{environment()['blas']}; {kept if chosen else 'one thread in every worker'}")


def _hang(x: Any) -> Any:
    while True:
        pass


def _be_greedy(x: Any) -> Any:
    return np.sum(x) * np.sum(np.ones(int(2e8)))


#: Name, function, limits, status that its cell must end with.
_PLANTED: tuple[tuple[str, Callable[[Any], Any], Limits, str], ...] = (
    ("a cell is measured", np.sum, Limits(seconds=60.0), "ok"),
    ("a cell that hangs is killed", _hang, Limits(seconds=1.0), "timeout"),
    ("a cell that takes too much memory is stopped", _be_greedy, Limits(seconds=60.0, memory=4e8), "out of memory"),
)


def _workers() -> Iterator[Finding]:
    with LocalExecutor(1) as pool:
        for name, f, limits, wanted in _PLANTED:
            if wanted == "out of memory" and memory_limit_problem():
                continue
            found = _ended(pool, f, limits)
            yield Finding("workers", name, OK if found[0] == wanted else WRONG, ": ".join(text for text in found if text))


def _ended(pool: ThreadPoolExecutor, f: Callable[[Any], Any], limits: Limits) -> tuple[str, str]:
    """Status and reason of a cell of f that a worker process runs."""
    planted = Problem("planted", lambda n, _m, _rng: (f, np.ones(n)), lambda _f, x: np.ones(np.shape(x)))
    cell = Cell(planted, 2, 1, "forward", "forward", "differentiate", Effort(1, 3600.0, 0.0, 0.0), seed=0)
    try:
        reply = from_json(pool.submit(run_cell, request_of(cell, limits)).result().decode())
    except Exception as error:  # noqa: BLE001 - that no worker starts is what is looked for, whatever the reason
        return "lost", f"{type(error).__name__}: {error}"
    row = reply.get("row", reply)
    return row["status"], row["reason"]


def _problems() -> Iterator[Finding]:
    yield from map(_of_guard, guard_all())


def _of_guard(one: Guard) -> Finding:
    """Faults where there are any; else what was done, and what could not be."""
    sizes = ", ".join(arrow(n, m) for n, m in one.sizes)
    if one.missing:
        return Finding("problems", one.problem, REMARK, one.missing)
    if one.faults:
        return Finding("problems", one.problem, WRONG, "; ".join(one.faults))
    refused = f"{sizes}: its check refuses {join_words(list(one.planted))}"
    undecided = f"; not asked: {', '.join(one.undecided)}" if one.undecided else ""
    return Finding("problems", one.problem, OK, f"{refused}; {'the other' if one.undecided else 'all'} methods agree{undecided}")
