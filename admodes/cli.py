"""The command line: ``admodes compare``, ``sweep``, ``report``, ``merge``, ``methods``, ...

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
from .errors import AdmodesError

#: Exit codes: bad input, and Ctrl-C as shells have it.
BAD_INPUT, INTERRUPTED = 2, 130


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


@main.command(short_help="Measure all methods on a grid and on problems; write a page.")
@click.argument("results", required=False, metavar="[RESULTS.jsonl]", type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="A smaller grid: ends within two minutes; without it, a quarter of an hour.")
@click.option("--methods", default=None, metavar="NAMES", help="Comma-separated; all by default.")
@click.option("--inputs", default=None, metavar="N,N,...", help="Numbers of inputs of the dense layer.")
@click.option("--outputs", default=None, metavar="M,M,...", help="Numbers of outputs of the dense layer.")
@click.option("--out", default=None, metavar="reports/NAME", help="Where to write; the date is added to the name.")
@_guarded
def report(
    results: Path | None, quick: bool, methods: str | None, inputs: str | None, outputs: str | None, out: str | None
) -> None:
    """Write a page about the results of a sweep. Without RESULTS.jsonl, sweep first."""
    from .report import write_report

    if results is not None:
        if quick or methods or inputs or outputs:
            raise click.UsageError(f"{results} is reported as it is: leave --quick, --methods, --inputs and --outputs away.")
        from .sweeps import read_results

        read_results(results)  # before there is a folder
        click.echo(str(write_report(results, _report_folder(Path(out) if out else Path("reports") / results.stem))))
        return
    from .sweeps import find_grid
    from .sweeps.driving import run

    grid = find_grid("quick" if quick else "standard").changed(
        methods=_names(methods), inputs=_integers("--inputs", inputs), outputs=_integers("--outputs", outputs)
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


def _report_folder(place: Path) -> Path:
    """A new folder for a report; says where earlier ones are."""
    folder, earlier = _new_folder(place)
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
        "retry": _words(retry) or [],
        "out": place,
    }
    if dask is None:
        found = measure(grid, workers=workers, **options)
    else:
        with dask_executor(dask) as (executor, count):
            found = measure(grid, workers=workers or count, executor=executor, **options)
    click.echo(str(found))


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
    if file is not None and file.exists():
        raise FileExistsError(errno.EEXIST, "is there already, and is left as it is: name a new file", str(file))
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


def _new_folder(place: Path) -> tuple[Path, list[str]]:
    """A new folder named `place` and the date, and the names of its predecessors."""
    from datetime import datetime

    stamp = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    place.parent.mkdir(parents=True, exist_ok=True)
    earlier = sorted(other.name for other in place.parent.glob(f"{place.name}-[0-9]*") if other.is_dir())
    for number in range(1, 1000):
        folder = place.with_name(f"{place.name}-{stamp}{'' if number == 1 else f'-{number}'}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder, earlier
    raise FileExistsError(f"There are 999 folders {place}-{stamp}-* already. Choose another --out.")
