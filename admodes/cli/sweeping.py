"""Commands about many cells: ``sweep``, ``report``, ``merge``, ``doctor``."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .answering import answering
from .group import INTERRUPTED, guarded, main
from .options import integers_in, names_in, refuse_existing, words_in

if TYPE_CHECKING:
    from ..sweeps.doctor import Diagnosis
    from ..sweeps.results import Results

#: The exit code where everything was written, and not a single cell gave a derivative.
ALL_FAILED = 1


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
@guarded
def report(results: Path | None, compared: tuple[Path, Path] | None, file: Path | None, out: str | None, **chosen: Any) -> None:
    """Write a page about the results of a sweep. Without RESULTS.jsonl, sweep first.

    The exit code is 1 where not a single cell gave a derivative: the page then says why.
    """
    from ..report import write_report

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
        from ..sweeps import read_results

        found = read_results(results)  # before there is a folder
        click.echo(str(write_report(results, _report_folder(Path(out) if out else Path("reports") / results.stem))))
        _exit_where_all_failed(found)
        return
    from ..sweeps import find_grid, read_results
    from ..sweeps.driving import run

    grid = find_grid("quick" if chosen["quick"] else "standard").changed(
        methods=names_in(chosen["methods"]),
        inputs=integers_in("--inputs", chosen["inputs"]),
        outputs=integers_in("--outputs", chosen["outputs"]),
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
    _exit_where_all_failed(read_results(folder / "results.jsonl"))


def _exit_where_all_failed(results: Results) -> None:
    """Scripts are to notice where not a single cell gave a derivative, though all there is to write was written."""
    if results.failure:
        click.echo(results.failure, err=True)
        sys.exit(ALL_FAILED)


def _compare_results(files: tuple[Path, Path], out: Path | None) -> None:
    """Print what changed, and write it down where that is wanted."""
    from ..sweeps import compare_results, read_results
    from ..sweeps.results import to_json

    refuse_existing(out)
    found = compare_results(read_results(files[0]), read_results(files[1]), (str(files[0]), str(files[1])))
    if out is not None:
        out.write_text(to_json(found.to_dict()) + "\n", encoding="utf-8")
    click.echo(str(found))


def _report_folder(place: Path) -> Path:
    """A new folder for a report; says where earlier ones are."""
    from ..report.folder import new_folder

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
@guarded
def sweep(grid: str, dask: str | None, workers: int | None, retry: str | None, out: str | None, **chosen: Any) -> None:
    """Measure every cell of a grid: problem, numbers of inputs and outputs, method, operator.

    GRID is quick, standard, full, a TOML file, or a problem of your own: module:problem or file.py:problem.
    Every cell runs in a process of its own and is on the disk as soon as it is measured: the same command goes on
    where an earlier one was stopped. The exit code is 1 where not a single cell gave a derivative.
    """
    from ..sweeps import sweep as measure
    from ..sweeps.clusters import dask_executor

    place = Path(out or f"sweep-{re.sub(r'[^0-9A-Za-z]+', '-', Path(grid).stem if grid.endswith('.toml') else grid)}.jsonl")
    options = {
        "methods": names_in(chosen["methods"]),
        "operators": words_in(chosen["operators"]),
        "inputs": integers_in("--inputs", chosen["inputs"]),
        "outputs": integers_in("--outputs", chosen["outputs"]),
        "deadline": chosen["deadline"],
        "memory": chosen["memory"],
        "total": chosen["total"],
        "claims": chosen["claims"],
        "retry": words_in(retry) or [],
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
    _exit_where_all_failed(found.results)


@main.command(short_help="Put results files together, for example of several machines.")
@click.argument("files", nargs=-1, required=True, metavar="A.jsonl B.jsonl ...", type=click.Path(path_type=Path))
@click.option("--out", default="merged.jsonl", show_default=True, type=click.Path(path_type=Path), help="A new file.")
@guarded
def merge(files: tuple[Path, ...], out: Path) -> None:
    """Put the rows of several results files into a new one; where two have the same cell, the first one's is taken."""
    from ..sweeps import merge as put_together

    rows, doubled = put_together(files, out)
    left_out = f"; {doubled} more were measured twice" if doubled else ""
    click.echo(f"{out}: {rows} rows of {len(files)} files{left_out}")


@main.command(short_help="Check the installation, the worker processes, and that wrong derivatives are noticed.")
@click.argument("problem", required=False, metavar="[PROBLEM]")
@answering("Print all findings as JSON.", lambda found: 0 if found.healthy else 1)
@guarded
def doctor(problem: str | None) -> Diagnosis:
    """Look at versions, methods, this machine's limits, worker processes, and at every problem.

    Mistakes are planted in each problem's derivative: its check must refuse them, and every method must agree with it.
    PROBLEM is one of ours by name or your own, module:problem or file.py:problem: then it alone is looked at.
    The exit code is 0 if all is well, 1 if something is wrong. What is only missing counts as well.
    """
    from ..sweeps import examine
    from ..sweeps.ready_made import find_problem

    return examine(None if problem is None else find_problem(problem))
