"""Commands about one function of the user's: ``compare``, ``recommend``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .answering import answering
from .group import guarded, main
from .options import at_point, names_in

if TYPE_CHECKING:
    from ..measure import Comparison, Recommendation


@main.command()
@click.argument("function", metavar="MODULE:FUNCTION")
@at_point
@click.option("--methods", default=None, metavar="NAMES", help="Comma-separated; all by default.")
@click.option("--reference", default=None, metavar="MODULE:FUNCTION", help="A function that returns the exact derivative at X.")
@click.option("--budget", default=20.0, show_default=True, type=click.FloatRange(min=0, min_open=True), help="Seconds a method.")
@answering("Print all numbers, every sample included, as JSON.")
@guarded
def compare(function: str, point: str, methods: str | None, reference: str | None, budget: float) -> Comparison:
    """Compare all methods on your own function.

    MODULE:FUNCTION names it as Python would import it (the current folder is importable), or as a file: model.py:loss.
    """
    from ..measure import compare as measure
    from ..measure.user_input import evaluate, find_function, read_point

    names = names_in(methods)
    f = find_function(function)
    exact = None if reference is None else find_function(reference)
    x = read_point(point)
    evaluate(f, x, function)
    return measure(f, x, names, reference=exact, budget=budget)


@main.command(short_help="Say which method to use for your own function, and why.")
@click.argument("function", metavar="MODULE:FUNCTION")
@at_point
@click.option("--methods", default=None, metavar="NAMES", help="Comma-separated; all by default.")
@click.option("--budget", default=1.0, show_default=True, type=click.FloatRange(min=0, min_open=True), help="Seconds, roughly.")
@answering("Print the evidence, every sample included, as JSON.")
@guarded
def recommend(function: str, point: str, methods: str | None, budget: float) -> Recommendation:
    """Say which method to use for your own function, with the evidence: counts, and a short probe of what can win.

    MODULE:FUNCTION names it as Python would import it (the current folder is importable), or as a file: model.py:loss.
    """
    from ..measure import recommend as advise
    from ..measure.user_input import evaluate, find_function, read_point

    names = names_in(methods)
    f = find_function(function)
    x = read_point(point)
    evaluate(f, x, function)
    return advise(f, x, methods=names, budget=budget)
