"""The command line.

NumPy and everything that needs it are imported inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import errno
import functools
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ._version import __version__
from .errors import AdmodesError, InputError

#: Exit codes: bad input, and Ctrl-C as shells have it.
BAD_INPUT, INTERRUPTED = 2, 130
#: Exit codes of a check.
VERDICT_CODES = {"right": 0, "wrong": 1, "inconclusive": 3}


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Show what went wrong with the input as one message; add ``--debug``, which shows the traceback as well."""

    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(command)
    def run(*arguments: Any, debug: bool, **options: Any) -> None:
        debug = debug or bool(click.get_current_context().find_root().params.get("debug"))
        try:
            command(*arguments, **options)
        except BrokenPipeError:
            raise  # the reader of a pipe went away: click ends quietly
        except (AdmodesError, OSError) as error:
            if debug:
                traceback.print_exc()
                sys.exit(BAD_INPUT)
            named = isinstance(error, OSError) and error.filename
            click.echo(f"Error: {error.filename}: {error.strerror}" if named else f"Error: {error}", err=True)  # type: ignore[union-attr]
            sys.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(INTERRUPTED)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="admodes")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Differentiate plain NumPy functions four ways, and measure what each way costs and how exact it is."""


@main.command()
@click.argument("function", metavar="MODULE:FUNCTION")
@click.option("--at", "point", required=True, metavar="X", help='The point: "1.0,2.0", JSON text, x.npy, x.npz or x.json.')
@click.option("--methods", default=None, metavar="NAMES", help="Comma-separated; all by default.")
@click.option("--reference", default=None, metavar="MODULE:FUNCTION", help="A function that returns the exact derivative at X.")
@click.option("--budget", default=20.0, show_default=True, type=click.FloatRange(min=0, min_open=True), help="Seconds a method.")
@click.option("--json", "as_json", is_flag=True, help="Print all numbers, every sample included, as JSON.")
@_guarded
def compare(function: str, point: str, methods: str | None, reference: str | None, budget: float, as_json: bool) -> None:
    """Compare all methods on your own function.

    MODULE:FUNCTION names it as Python would import it (the current folder is importable), or as a file: model.py:loss.
    """
    from .measure import compare as measure
    from .measure.user_input import evaluate, find_function, read_point
    from .sweeps.results import to_json

    names = _names(methods)
    f = find_function(function)
    exact = None if reference is None else find_function(reference)
    x = read_point(point)
    evaluate(f, x, function)
    comparison = measure(f, x, names, reference=exact, budget=budget)
    click.echo(to_json(comparison.to_dict()) if as_json else str(comparison))


@main.command(short_help="Say which method to use for your own function, and why.")
@click.argument("function", metavar="MODULE:FUNCTION")
@click.option("--at", "point", required=True, metavar="X", help='The point: "1.0,2.0", JSON text, x.npy, x.npz or x.json.')
@click.option("--methods", default=None, metavar="NAMES", help="Comma-separated; all by default.")
@click.option("--budget", default=1.0, show_default=True, type=click.FloatRange(min=0, min_open=True), help="Seconds, roughly.")
@click.option("--json", "as_json", is_flag=True, help="Print the evidence, every sample included, as JSON.")
@_guarded
def recommend(function: str, point: str, methods: str | None, budget: float, as_json: bool) -> None:
    """Say which method to use for your own function, with the evidence: counts, and a short probe of what can win.

    MODULE:FUNCTION names it as Python would import it (the current folder is importable), or as a file: model.py:loss.
    """
    from .measure import recommend as advise
    from .measure.user_input import evaluate, find_function, read_point
    from .sweeps.results import to_json

    names = _names(methods)
    f = find_function(function)
    x = read_point(point)
    evaluate(f, x, function)
    advice = advise(f, x, methods=names, budget=budget)
    click.echo(to_json(advice.to_dict()) if as_json else str(advice))


@main.command(short_help="Check a hand-written derivative: 0 right, 1 wrong, 3 inconclusive.")
@click.argument("function", metavar="MODULE:F")
@click.argument("derivative", metavar="MODULE:GRAD")
@click.option("--at", "point", required=True, metavar="X", help='The point: "1.0,2.0", JSON text, x.npy, x.npz or x.json.')
@click.option("--kind", default="auto", show_default=True, metavar="KIND", help="gradient, jacobian, jvp, vjp, hessian, hvp, ...")
@click.option("--rtol", default=None, type=click.FloatRange(min=0, min_open=True), help="The relative error that matters.")
@click.option("--json", "as_json", is_flag=True, help="Print all numbers as JSON.")
@_guarded
def check(function: str, derivative: str, point: str, kind: str, rtol: float | None, as_json: bool) -> None:
    """Check a derivative that somebody wrote by hand against the function it belongs to.

    Exit codes: 0 right, 1 wrong, 3 inconclusive, 2 usage error.
    """
    from .checking import check_gradient
    from .measure.user_input import find_function, read_point
    from .sweeps.results import to_json

    f, claim = find_function(function), find_function(derivative)
    try:
        found = check_gradient(f, claim, read_point(point), kind=kind, rtol=rtol)
    except AdmodesError:
        raise
    except Exception as error:
        raise InputError(f"{function} or {derivative} failed at X: {type(error).__name__}: {error}") from error
    click.echo(to_json(found.to_dict()) if as_json else str(found))
    sys.exit(VERDICT_CODES[found.verdict])


@main.command(short_help="Measure all methods on a grid and on problems; write a page.")
@click.argument("results", required=False, metavar="[RESULTS.jsonl]", type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="A smaller grid: ends within two minutes; without it, a quarter of an hour.")
@click.option("--methods", default=None, metavar="NAMES", help="Comma-separated; all by default.")
@click.option("--inputs", default=None, metavar="N,N,...", help="Numbers of inputs of the dense layer.")
@click.option("--outputs", default=None, metavar="M,M,...", help="Numbers of outputs of the dense layer.")
@click.option("--claims/--no-claims", default=None, help="Whether to test the lectures' claims too; they take some seconds.")
@click.option("--out", default=None, metavar="reports/NAME", help="Where to write; the date is added to the name.")
@click.option(
    "--compare",
    "compared",
    nargs=2,
    default=None,
    metavar="OLD.jsonl NEW.jsonl",
    type=click.Path(path_type=Path),
    help="No page: print what changed from one sweep to another beyond the noise.",
)
@click.option(
    "--json", "file", default=None, metavar="FILE", type=click.Path(path_type=Path), help="With --compare: all numbers."
)
@_guarded
def report(results: Path | None, compared: tuple[Path, Path] | None, file: Path | None, out: str | None, **chosen: Any) -> None:
    """Write a page about the results of a sweep. Without RESULTS.jsonl, sweep first."""
    from .report import write_report

    given = any(value not in (None, False) for name, value in chosen.items() if name != "claims") or chosen["claims"] is not None
    if compared is not None:
        if given or results is not None or out is not None:
            raise click.UsageError("--compare takes two results files as they are: leave all but --json away.")
        _compare_results(compared, file)
        return
    if file is not None:
        raise click.UsageError("--json goes with --compare OLD.jsonl NEW.jsonl; a page's numbers are in its results.jsonl.")
    if results is not None:
        if given:
            raise click.UsageError(
                f"{results} is reported as it is: leave --quick, --methods, --inputs, --outputs and --claims away."
            )
        from .sweeps import read_results

        read_results(results)  # before there is a folder
        click.echo(str(write_report(results, _report_folder(Path(out) if out else Path("reports") / results.stem))))
        return
    from .sweeps import find_grid
    from .sweeps.driving import run

    grid = find_grid("quick" if chosen["quick"] else "standard").changed(
        methods=_names(chosen["methods"]),
        inputs=_integers("--inputs", chosen["inputs"]),
        outputs=_integers("--outputs", chosen["outputs"]),
        claims=chosen["claims"],
    )
    folder = _report_folder(Path(out) if out else Path("reports") / grid.name)
    interrupted = False
    try:
        run(grid, folder / "results.jsonl")
    except KeyboardInterrupt:
        interrupted = True
        click.echo("Interrupted: the page shows the cells that were finished.", err=True)
    click.echo(str(write_report(folder / "results.jsonl", folder)))
    if interrupted:
        sys.exit(INTERRUPTED)


def _compare_results(files: tuple[Path, Path], out: Path | None) -> None:
    """Print what changed, and write it down where that is wanted."""
    from .sweeps import compare_results, read_results
    from .sweeps.results import to_json

    _refuse_existing(out)
    found = compare_results(read_results(files[0]), read_results(files[1]), (str(files[0]), str(files[1])))
    if out is not None:
        out.write_text(to_json(found.to_dict()) + "\n", encoding="utf-8")
    click.echo(str(found))


def _refuse_existing(file: Path | None) -> None:
    """Say, before anything is computed, that nothing is overwritten."""
    if file is not None and file.exists():
        raise FileExistsError(errno.EEXIST, "is there already, and is left as it is: name a new file", str(file))


def _report_folder(place: Path) -> Path:
    """A new folder for a report; says where earlier ones are."""
    from .report.folder import new_folder

    folder, earlier = new_folder(place)
    if earlier:
        click.echo(f"Earlier reports are kept (the last one is {earlier[-1]}); this one goes into {folder}.", err=True)
    return folder


@main.command(short_help="Measure every cell of a grid in a process of its own; go on where an earlier run stopped.")
@click.argument("grid", metavar="GRID")
@click.option(
    "--out", default=None, metavar="FILE.jsonl", help="The results file; by default sweep-GRID.jsonl. What it has is kept."
)
@click.option("--methods", default=None, metavar="NAMES", help="Comma-separated; all by default.")
@click.option("--operators", default=None, metavar="NAMES", help="Comma-separated: differentiate, jvp, vjp, hvp, hessian, ...")
@click.option("--inputs", default=None, metavar="N,N,...", help="Numbers of inputs.")
@click.option("--outputs", default=None, metavar="M,M,...", help="Numbers of outputs.")
@click.option(
    "--workers", default=None, type=click.IntRange(min=1), help="Cells at the same time; 1 by default, or all of Dask's."
)
@click.option("--deadline", default=None, type=float, metavar="SECONDS", help="After which the process of a cell is killed.")
@click.option("--memory", default=None, metavar="AMOUNT", help="What a cell may take: 2GB, 500MB.")
@click.option("--total", default=None, type=float, metavar="SECONDS", help="For everything; the rest is recorded as skipped.")
@click.option("--claims/--no-claims", default=None, help="Whether to test the lectures' claims too; ready-made grids do.")
@click.option("--retry", default=None, metavar="STATUSES", help="Rows to be measured again: timeout,error.")
@click.option("--dask", default=None, metavar="ADDRESS", help="Run the cells on a Dask cluster: tcp://host:8786.")
@_guarded
def sweep(grid: str, dask: str | None, workers: int | None, retry: str | None, out: str | None, **chosen: Any) -> None:
    """Measure every cell of a grid: problem, numbers of inputs and outputs, method, operator.

    GRID is quick, standard, full, a TOML file, or a problem of your own: module:problem or file.py:problem.
    Every cell runs in a process of its own and is on the disk as soon as it is measured: the same command goes on
    where an earlier one was stopped.
    """
    from .sweeps import sweep as measure
    from .sweeps.clusters import dask_executor

    place = Path(out or f"sweep-{re.sub(r'[^0-9A-Za-z]+', '-', Path(grid).stem if grid.endswith('.toml') else grid)}.jsonl")
    options = {
        "methods": _names(chosen["methods"]),
        "operators": _words(chosen["operators"]),
        "inputs": _integers("--inputs", chosen["inputs"]),
        "outputs": _integers("--outputs", chosen["outputs"]),
        "deadline": chosen["deadline"],
        "memory": chosen["memory"],
        "total": chosen["total"],
        "claims": chosen["claims"],
        "retry": _words(retry) or [],
        "out": place,
    }
    if dask is None:
        found = measure(grid, workers=workers, **options)
    else:
        with dask_executor(dask) as (executor, count):
            found = measure(grid, workers=workers or count, executor=executor, **options)
    click.echo(str(found))
    if found.results.claim_rows:
        click.echo(found.results.claims_in_short)


@main.command(short_help="Put results files together, for example of several machines.")
@click.argument("files", nargs=-1, required=True, metavar="A.jsonl B.jsonl ...", type=click.Path(path_type=Path))
@click.option("--out", default="merged.jsonl", show_default=True, type=click.Path(path_type=Path), help="A new file.")
@_guarded
def merge(files: tuple[Path, ...], out: Path) -> None:
    """Put the rows of several results files into a new one; where two have the same cell, the first one's is taken."""
    from .sweeps import merge as put_together

    rows, doubled = put_together(files, out)
    left_out = f"; {doubled} more were measured twice" if doubled else ""
    click.echo(f"{out}: {rows} rows of {len(files)} files{left_out}")


@main.command(short_help="Check the installation, the worker processes, and that wrong derivatives are noticed.")
@click.argument("problem", required=False, metavar="[PROBLEM]")
@click.option("--json", "as_json", is_flag=True, help="Print all findings as JSON.")
@_guarded
def doctor(problem: str | None, as_json: bool) -> None:
    """Look at versions, methods, this machine's limits, worker processes, and at every problem.

    Mistakes are planted in each problem's derivative: its check must refuse them, and every method must agree with it.
    PROBLEM is one of ours by name or your own, module:problem or file.py:problem: then it alone is looked at.
    The exit code is 0 if all is well, 1 if something is wrong. What is only missing counts as well.
    """
    from .sweeps import examine
    from .sweeps.ready_made import find_problem
    from .sweeps.results import to_json

    found = examine(None if problem is None else find_problem(problem))
    click.echo(to_json(found.to_dict()) if as_json else str(found))
    if not found.healthy:
        sys.exit(1)


@main.command("methods")
@_guarded
def list_methods() -> None:
    """List the methods, those of other packages included."""
    from .methods import available_methods, find_differentiator, unavailable_methods

    names = available_methods()
    width = max(len(name) for name in names)
    for name in names:
        summary = (type(find_differentiator(name)).__doc__ or "").strip().partition("\n")[0]
        click.echo(f"{name:{width}}  {summary}".rstrip())
    for name, reason in unavailable_methods().items():
        click.echo(f"{name:{width}}  cannot be loaded: {reason}")


@main.command(short_help="Make published tables anew, or test the lectures' claims.")
@click.argument("what", type=click.Choice(["baydin", "gradbench", "claims"]))
@click.option(
    "--json", "file", default=None, metavar="FILE", type=click.Path(path_type=Path), help="Write all numbers to a new file."
)
@click.option(
    "--figures", default=None, metavar="FOLDER", type=click.Path(path_type=Path), help="Draw the claims' figures there."
)
@_guarded
def reproduce(what: str, file: Path | None, figures: Path | None) -> None:
    """Print published values beside ours, with a verdict each, as Markdown.

    baydin: expression swell, error against step size, traces and the Helmholtz free energy of the survey by Baydin et al.
    gradbench: six of GradBench's evals. claims: what lectures say about the methods, tested.
    """
    if figures is not None and what != "claims":
        raise click.UsageError(f"--figures draws the figures of claims, and {what} has tables alone: leave it away.")
    _refuse_existing(file)
    from .reproduce import Claims
    from .reproduce import reproduce as make_anew
    from .sweeps.results import to_json

    found = make_anew(what)
    if file is not None:
        file.write_text(to_json(found.to_dict()) + "\n", encoding="utf-8")
    if figures is not None and isinstance(found, Claims):
        from .report.claim_figures import write_figures

        write_figures(found, figures)
    click.echo(str(found))


@main.command("benchmark-checkers", short_help="Judge checkers of gradients on claims whose truth is known.")
@click.option("--peers", default=None, metavar="NAMES", help="Comma-separated, or none; all that are installed by default.")
@click.option("--campaign", default=0, metavar="N", type=click.IntRange(min=0), help="N random functions of each kind as well.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of the campaign.")
@click.option(
    "--json", "file", default=None, metavar="FILE", type=click.Path(path_type=Path), help="Write all judgements to a new file."
)
@_guarded
def benchmark_checkers(peers: str | None, campaign: int, seed: int, file: Path | None) -> None:
    """Print what our checker and its peers say about right and wrong gradients, as Markdown.

    The peers are scipy, scipy-relative, torch, torch-fast, jax, autograd and numdifftools, each with its own defaults.
    """
    if file is not None and file.exists():
        raise FileExistsError(errno.EEXIST, "is there already, and is left as it is: name a new file", str(file))
    from .checking.benchmark import benchmark_checkers as judge_all
    from .sweeps.results import to_json

    names = [] if peers == "none" else _words(peers)
    found = judge_all(names, campaign=campaign, seed=seed)
    if file is not None:
        file.write_text(to_json(found.to_dict()) + "\n", encoding="utf-8")
    click.echo(str(found))


def _names(text: str | None) -> list[str] | None:
    """The methods of a comma-separated list, known to exist."""
    if text is None:
        return None
    from .methods import find_differentiator

    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("name at least one method, e.g. --methods forward,reverse", param_hint="--methods")
    for name in names:
        find_differentiator(name)
    return names


def _words(text: str | None) -> list[str] | None:
    """The words of a comma-separated list."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def _integers(option: str, text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        message = f"{text!r} is no list of integers; write e.g. {option} 1,4,16"
        raise click.BadParameter(message, param_hint=option) from None
