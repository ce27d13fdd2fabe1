"""Time the symbolic mode beside NumPy written by hand and SymPy's lambdify: ``python -m benchmarks.symbolic --help``."""

from __future__ import annotations

import sys
from typing import Any

import click

from .peers import select, use_one_thread

#: A compiled derivative may cost this many times what the same derivative costs by hand.
ALLOWED = 3.0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(min=1), default=9, show_default=True, help="Interleaved rounds.")
@click.option("--only", multiple=True, metavar="NAME", help="A function, or how several begin; may be repeated.")
def main(rounds: int, only: tuple[str, ...]) -> None:
    """Time making a derivative and calling it, beside two others; Markdown tables go to stdout."""
    if "numpy" in sys.modules:
        raise click.ClickException("NumPy is loaded already, with threads of its own choice; start a new process.")
    use_one_thread([])
    from .measurement import describe_environment, settle_allocator
    from .symbolic_forms import FORMS
    from .table import render_environment

    settle_allocator()
    click.echo(render_environment(describe_environment([], rounds)))
    click.echo(
        "| function | made and compiled | with SymEngine | allowed | f | by hand | called | called / by hand | 95 % | met "
        "| lambdify made | lambdify called |\n" + "|---" * 12 + "|"
    )
    names = list(FORMS)
    for position in select(names, only):
        click.echo(_row(names[position], FORMS[names[position]], rounds))


def _row(name: str, form: Any, rounds: int) -> str:
    import admodes as ad

    from .table import seconds
    from .timing import check_agreement, first_calls, ratio_interval, sample

    f, by_hand, x, allowed = form
    making = {"sympy": lambda: ad.Symbolic().differentiate(f, x), "symengine": _with_symengine(f, x)}
    made, _ = first_calls({key: call for key, call in making.items() if call})
    derivative = ad.symbolic_derivative(f, x)
    lambdified, lambdify_seconds = _lambdified(derivative, x)
    calls = {"f": lambda: f(x), "by hand": lambda: by_hand(x), "called": lambda: derivative(x), "lambdify": lambdified}
    timings, results = first_calls(calls)
    check_agreement({key: [results[key]] for key in ("by hand", "called", "lambdify")}, name)
    sample(calls, timings, rounds)
    low, high = ratio_interval(timings["called"].samples, timings["by hand"].samples)
    ratio = timings["called"].median / timings["by hand"].median
    met = "yes" if ratio <= ALLOWED and made["sympy"].first <= allowed else "**no**"
    fast = seconds(made["symengine"].first) if "symengine" in made else "not installed"
    times = " | ".join(seconds(timings[key].median) for key in ("f", "by hand", "called"))
    return (
        f"| {name} | {seconds(made['sympy'].first)} | {fast} | {allowed:g} s | {times} | {ratio:.2f} | {low:.2f} to {high:.2f} "
        f"| {met} | {seconds(lambdify_seconds)} | {seconds(timings['lambdify'].median)} |"
    )


def _with_symengine(f: Any, x: Any) -> Any:
    import admodes as ad

    try:
        fast = ad.Symbolic(engine="symengine")
    except ad.OptionError:
        return None
    return lambda: fast.differentiate(f, x)


def _lambdified(derivative: Any, x: Any) -> tuple[Any, float]:
    """SymPy's own compiled form of the same expressions, and the seconds that it took."""
    from time import perf_counter

    import numpy as np
    import sympy

    start = perf_counter()
    entries = np.ravel(derivative.expressions).tolist()
    function = sympy.lambdify(np.ravel(derivative.inputs).tolist(), entries, "numpy", cse=True)
    made = perf_counter() - start
    shape = np.shape(derivative.expressions)
    return lambda: np.array(function(*x)).reshape(shape), made


if __name__ == "__main__":
    main()
