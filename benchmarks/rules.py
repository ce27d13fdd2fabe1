"""Time the rules one by one beside autograd's: ``python -m benchmarks.rules --help``."""

from __future__ import annotations

import sys

import click

from .peers import select, use_one_thread

#: A rule may cost this many times what the same rule costs in autograd.
ALLOWED = 1.5


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(min=1), default=9, show_default=True, help="Interleaved rounds.")
@click.option("--only", multiple=True, metavar="NAME", help="A rule, or how several begin; may be repeated.")
def main(rounds: int, only: tuple[str, ...]) -> None:
    """Time the reverse gradient of one function a rule beside autograd's; a Markdown table goes to stdout."""
    if "numpy" in sys.modules:
        raise click.ClickException("NumPy is loaded already, with threads of its own choice; start a new process.")
    use_one_thread([])
    try:
        import autograd
        import autograd.numpy as autograd_numpy
    except ImportError as error:
        raise click.ClickException(f"autograd is missing ({error}): pip install '.[peers]'.") from error
    import numpy as np

    import admodes as ad

    from .measurement import describe_environment, settle_allocator
    from .rule_forms import RULES, weighted
    from .table import render_environment, seconds
    from .timing import check_agreement, first_calls, ratio_interval, sample

    names = list(RULES)
    settle_allocator()
    click.echo(render_environment(describe_environment(["autograd"], rounds)))
    click.echo("| rule | f | admodes | autograd | autograd / admodes | 95 % | met |\n|---|---|---|---|---|---|---|")
    ratios = []
    for position in select(names, only):
        form, x = RULES[names[position]]
        plain, ours, theirs = (weighted(form, namespace, x) for namespace in (np, np, autograd_numpy))
        differentiated = autograd.grad(theirs)
        calls = {
            "f": lambda plain=plain, x=x: plain(x),
            "admodes": lambda ours=ours, x=x: ad.gradient(ours, x, method="reverse"),
            "autograd": lambda differentiated=differentiated, x=x: differentiated(x),
        }
        timings, results = first_calls(calls)
        check_agreement({name: [results[name]] for name in ("admodes", "autograd")}, names[position])
        sample(calls, timings, rounds)
        ratio = timings["autograd"].median / timings["admodes"].median
        low, high = ratio_interval(timings["autograd"].samples, timings["admodes"].samples)
        ratios.append(ratio)
        met = "yes" if ratio >= 1 / ALLOWED else "**no**"
        times = " | ".join(seconds(timings[name].median) for name in calls)
        click.echo(f"| {names[position]} | {times} | {ratio:.3g} | {low:.3g} to {high:.3g} | {met} |")
    slower = sum(ratio < 1 for ratio in ratios)
    median = float(np.median(ratios))
    click.echo(f"\n{len(ratios)} rules: the median is {median:.3g} times as fast as autograd, {slower} are slower.")


if __name__ == "__main__":
    main()
