"""Commands about derivatives that others wrote: ``check``, ``benchmark-checkers``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import AdmodesError, InputError
from .answering import answering
from .group import guarded, main
from .options import at_point, refuse_existing, words_in

if TYPE_CHECKING:
    from ..checking import GradientCheck

#: Exit codes of a check.
VERDICT_CODES = {"right": 0, "wrong": 1, "inconclusive": 3}


@main.command(short_help="Check a hand-written derivative: 0 right, 1 wrong, 3 inconclusive.")
@click.argument("function", metavar="MODULE:F")
@click.argument("derivative", metavar="MODULE:GRAD")
@at_point
@click.option(
    "--kind",
    default="auto",
    show_default=True,
    metavar="KIND",
    help="gradient, jacobian, jvp, vjp, hessian, hvp or value_and_grad.",
)
@click.option("--rtol", default=None, type=click.FloatRange(min=0, min_open=True), help="The relative error that matters.")
@answering("Print all numbers as JSON.", lambda found: VERDICT_CODES[found.verdict])
@guarded
def check(function: str, derivative: str, point: str, kind: str, rtol: float | None) -> GradientCheck:
    """Check a derivative that somebody wrote by hand against the function it belongs to.

    Exit codes: 0 right, 1 wrong, 3 inconclusive, 2 usage error.
    """
    from ..checking import check_gradient
    from ..measure.user_input import find_function, read_point

    failed: list[str] = []
    f, claim = _telling(find_function(function), function, failed), _telling(find_function(derivative), derivative, failed)
    try:
        return check_gradient(f, claim, read_point(point), kind=kind, rtol=rtol)
    except AdmodesError:
        raise
    except (Exception, SystemExit) as error:  # an exit code 0 of theirs would say that the claim is right
        who = failed[-1] if failed else f"{function} or {derivative}"
        raise InputError(f"{who} failed at X, or beside it: {type(error).__name__}: {error}") from error


def _telling(call: Callable[..., Any], name: str, failed: list[str]) -> Callable[..., Any]:
    """`call`, which notes its name where it fails: the checker expects some failures, and hands on others."""

    @functools.wraps(call)
    def told(*arguments: Any) -> Any:
        try:
            return call(*arguments)
        except (Exception, SystemExit):
            failed.append(name)
            raise

    told.__name__ = getattr(call, "__name__", type(call).__name__)
    return told


@main.command("benchmark-checkers", short_help="Judge checkers of gradients on claims whose truth is known.")
@click.option("--peers", default=None, metavar="NAMES", help="Comma-separated, or none; all that are installed by default.")
@click.option("--held-out", is_flag=True, help="The claims that were written after the checker, in the place of the chosen ones.")
@click.option("--campaign", default=0, metavar="N", type=click.IntRange(min=0), help="N random functions of each kind as well.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of the campaign.")
@click.option(
    "--json", "file", default=None, metavar="FILE", type=click.Path(path_type=Path), help="Write all judgements to a new file."
)
@guarded
def benchmark_checkers(peers: str | None, held_out: bool, campaign: int, seed: int, file: Path | None) -> None:
    """Print what our checker and its peers say about right and wrong gradients, as Markdown.

    The peers are scipy, scipy-relative, torch, torch-fast, jax, autograd and numdifftools, each with its own defaults.
    """
    refuse_existing(file)
    from ..checking.benchmark import benchmark_cases, held_out_cases
    from ..checking.benchmark import benchmark_checkers as judge_all
    from ..sweeps.results import to_json

    names = [] if peers == "none" else words_in(peers)
    found = judge_all(names, cases=held_out_cases if held_out else benchmark_cases, campaign=campaign, seed=seed)
    if file is not None:
        file.write_text(to_json(found.to_dict()) + "\n", encoding="utf-8")
    click.echo(str(found))
