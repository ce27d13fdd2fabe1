"""Commands that print what is known: ``methods``, ``reproduce``."""

from __future__ import annotations

from pathlib import Path

import click

from .group import guarded, main
from .options import refuse_existing


@main.command("methods")
@guarded
def list_methods() -> None:
    """List the methods, those of other packages included."""
    from ..methods import available_methods, find_differentiator, unavailable_methods

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
@guarded
def reproduce(what: str, file: Path | None, figures: Path | None) -> None:
    """Print published values beside ours, with a verdict each, as Markdown.

    baydin: expression swell, error against step size, traces and the Helmholtz free energy of the survey by Baydin et al.
    gradbench: six of GradBench's evals. claims: what lectures say about the methods, tested.
    """
    if figures is not None and what != "claims":
        raise click.UsageError(f"--figures draws the figures of claims, and {what} has tables alone: leave it away.")
    refuse_existing(file)
    from ..reproduce import Claims
    from ..reproduce import reproduce as make_anew
    from ..sweeps.results import to_json

    found = make_anew(what)
    if file is not None:
        file.write_text(to_json(found.to_dict()) + "\n", encoding="utf-8")
    if figures is not None and isinstance(found, Claims):
        from ..report.claim_figures import write_figures

        write_figures(found, figures)
    click.echo(str(found))
