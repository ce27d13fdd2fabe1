"""Commands that show how derivatives come about: ``trace``, ``examples``."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..errors import AdmodesError, InputError, OptionError
from ..formatting import plural
from .group import guarded, main
from .options import refuse_existing, words_in

if TYPE_CHECKING:
    from ..traces import Trace

#: What a trace is written as, and what the help says about it.
_FILES = {
    "html": "A page that steps through the passes, node by node.",
    "svg": "The computation graph as a picture.",
    "dot": "The computation graph for Graphviz.",
    "mermaid": "The computation graph for Markdown viewers.",
    "csv": "Every node, to the last bit.",
    "latex": "The tables for LaTeX.",
    "markdown": "The tables in Markdown.",
}

#: A function, module:function or path/to/file.py:function; any other text is a formula.
_FUNCTION = re.compile(r"(.*\.py|[\w.]+):[\w.]+")


def _file_options(command: Callable[..., None]) -> Callable[..., None]:
    for kind, text in reversed(_FILES.items()):
        command = click.option(f"--{kind}", default=None, metavar="FILE", type=click.Path(path_type=Path), help=text)(command)
    return command


class _Call(NamedTuple):
    """A function, its arguments by name, and a title.

    Attributes
    ----------
    many : bool
        Whether f has so many outputs that their sum is taken where none is chosen.
    """

    f: Callable[..., Any]
    arguments: dict[str, Any]
    title: str
    many: bool = False


@main.command(short_help="Show a function's evaluation, tangent and adjoint tables; write its graph or a page.")
@click.argument("function", required=False, metavar="FORMULA|MODULE:F")
@click.option(
    "--at", "points", multiple=True, metavar="X", help='"x1=2,x2=5", or X as for compare. Several: one after the other.'
)
@click.option("--example", default=None, metavar="NAME", help="A worked example: admodes examples lists them.")
@click.option("--wrt", default=None, metavar="NAMES", help="Comma-separated: the inputs to differentiate by; all by default.")
@click.option("--output", default=None, metavar="INDEX", help="Which of several outputs to go back from: 0, or 1,2, or a key.")
@click.option("--grouped", is_flag=True, help="One node for each call of a named function: sigmoid, a layer.")
@click.option("--expand", is_flag=True, help="One node for each element of an array.")
@click.option("--digits", default=3, show_default=True, type=click.IntRange(0, 17), help="Decimals in the tables.")
@_file_options
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@guarded
def trace(function: str | None, points: tuple[str, ...], example: str | None, digits: int, force: bool, **chosen: Any) -> None:
    """Print the evaluation, tangent and adjoint tables of one function at one point.

    FORMULA is typed as it is, "log(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5; it is never run as Python. MODULE:F names a
    function as Python would import it, or as a file: model.py:loss. --example takes its own point where --at names none.
    A formula that begins with a minus sign stands last, after --.
    """
    files = {kind: file for kind in _FILES if (file := chosen.pop(kind)) is not None}
    _check_request(function, points, example, files)
    if not force:
        for file in files.values():
            refuse_existing(file, "name a new file, or give --force")
    calls = [_call(function or "", example, point) for point in points or ("",)]
    traces = [_traced(call, **chosen) for call in calls]
    for kind, file in files.items():
        _write(kind, traces, file, digits)
    click.echo("\n\n".join(each.text(digits) for each in traces))
    for each in filter(_is_undefined, traces):
        click.echo(f"Note: {each.title} is nan there, outside of its domain: the derivatives mean nothing.", err=True)
    for file in files.values():
        click.echo(f"Wrote {file}.", err=True)


def _is_undefined(trace: Trace) -> bool:
    """Whether an output is NaN, and no input."""
    import numpy as np

    inputs, outputs = (
        [np.any(np.isnan(trace.nodes[place].value)) for place in places] for places in (trace.inputs, trace.outputs)
    )
    return any(outputs) and not any(inputs)


def _check_request(function: str | None, points: tuple[str, ...], example: str | None, files: dict[str, Path]) -> None:
    if (function is None) == (example is None):
        raise click.UsageError("Give a formula, a function MODULE:F, or --example NAME: one of them.")
    if example is None and not points:
        raise click.UsageError("Missing option '--at': the point, such as --at x1=2,x2=5.")
    if len(points) > 1 and set(files) - {"html"}:
        raise click.UsageError("Several --at go into one page, --html: give one --at for a file of another kind.")
    if len(set(files.values())) < len(files):
        raise click.UsageError("Two options name the same file: name a file for each.")


def _call(function: str, example: str | None, point: str) -> _Call:
    """What is asked for: a worked example, a function of the user's, or a formula."""
    from ..measure.user_input import find_function, read_named, read_point

    named = read_named(point)
    if example is not None:
        return _example_call(example, named, point)
    if _FUNCTION.fullmatch(function):
        f = find_function(function)
        return _Call(f, {"": read_point(point)} if named is None else named, function)
    return _formula_call(function, named, point)


def _example_call(name: str, named: dict[str, Any] | None, point: str) -> _Call:
    from ..examples.example import find

    example = find(name)
    if point and named is None:
        raise OptionError(f"--at {point}: an example's inputs have names. Write --at {next(iter(example.inputs))}=...")
    unknown = [key for key in named or {} if key not in example.inputs]
    if unknown:
        raise OptionError(f"{name} has no input {unknown[0]!r}: its inputs are {', '.join(example.inputs)}.")
    return _Call(example.f, {**example.inputs, **(named or {})}, f"{name}: {example.formula}", many=example.value is None)


def _formula_call(text: str, named: dict[str, Any] | None, point: str) -> _Call:
    import numpy as np

    from ..expressions import formula
    from ..measure.user_input import read_point

    if named is None:
        names, x = formula(text).names, read_point(point)
        if isinstance(x, dict):
            named = x
        elif len(names) == 1:
            named = {names[0]: x}
        elif np.size(x) == len(names):
            named = dict(zip(names, np.ravel(x)))
        else:
            raise OptionError(
                f"--at gives {plural(np.size(x), 'number')}, and the formula has {plural(len(names), 'variable')}. "
                f"Write --at {','.join(f'{name}=1' for name in names)}."
                if names
                else "The formula has no variable to differentiate by: name one in it, such as x."
            )
    return _Call(formula(text, named), named, text)


def _traced(call: _Call, wrt: str | None, output: str | None, grouped: bool, expand: bool) -> Trace:
    import numpy as np

    from ..traces import trace

    values, places = _positions(call)
    names = words_in(wrt)
    if names is not None:
        unknown = [name for name in names if name not in places]
        if unknown or not names:
            known = ", ".join(name for name in places if name)
            raise OptionError(
                f"--wrt {wrt}: " + (f"the inputs are {known}." if known else "name the inputs in --at, x=..., first.")
            )
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise OptionError(f"--wrt {wrt} names {twice[0]} twice: name each input once.")
    chosen = [places[name] for name in names or places]
    choice: dict[str, Any] = {} if output is None else {"output": _index(output)}
    if call.many and not choice:
        choice = {"cotangent": np.ones_like(call.f(*values))}
    try:
        with np.errstate(all="ignore"):  # what is not finite stands in the tables
            found = trace(call.f, values[0], args=values[1:], argnums=chosen, expand=expand, **choice)
    except AdmodesError:
        raise
    except Exception as error:
        raise InputError(f"{call.title} fails there: {type(error).__name__}: {error}") from error
    found = found.grouped() if grouped else found
    return dataclasses.replace(found, title=call.title)


def _positions(call: _Call) -> tuple[list[Any], dict[str, int]]:
    """The positional arguments of a call, and the place of each name that was given."""
    import inspect

    if "" in call.arguments:
        return [call.arguments[""]], {"": 0}
    try:
        parameters = list(inspect.signature(call.f).parameters.values())
    except (TypeError, ValueError):
        raise OptionError(f"The arguments of {call.title} have no names that Python knows: give --at one point.") from None
    positional = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    places = {each.name: place for place, each in enumerate(positional)}
    unknown = [name for name in call.arguments if name not in places]
    if unknown:
        raise OptionError(f"{call.title} has no argument {unknown[0]!r}: its arguments are {', '.join(places)}.")
    last = max(places[name] for name in call.arguments)
    missing = [each.name for each in positional if each.name not in call.arguments and each.default is each.empty]
    if missing:
        raise OptionError(f"--at gives no {missing[0]}: {call.title} needs {', '.join(places)}.")
    values = [call.arguments.get(each.name, each.default) for each in positional[: last + 1]]
    return values, {name: places[name] for name in call.arguments}


def _index(output: str) -> Any:
    """An index into what f returns: numbers are one index together, anything else is a key."""
    try:
        numbers = tuple(int(part) for part in output.split(","))
    except ValueError:
        return output
    return numbers if len(numbers) > 1 else numbers[0]


def _write(kind: str, traces: list[Trace], file: Path, digits: int) -> None:
    """Write one file about one trace, or a page about several."""
    if kind == "html":
        traces[0].to_page(file, traces[1:], overwrite=True)
        return
    (found,) = traces
    writers: dict[str, Callable[[], str]] = {
        "svg": found.to_svg,
        "dot": found.to_dot,
        "mermaid": found.to_mermaid,
        "csv": found.to_csv,
        "latex": lambda: found.to_latex(digits, None),
        "markdown": lambda: found.to_markdown(digits, None),
    }
    file.write_text(writers[kind](), encoding="utf-8", newline="")


@main.command(short_help="List the lectures' worked examples, or show one with its numbers.")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--json", "as_json", is_flag=True, help="Print all numbers as JSON.")
@guarded
def examples(name: str | None, as_json: bool) -> None:
    """List the worked examples; with NAME, print its formula, its point, its exact and its printed numbers.

    admodes trace --example NAME shows how its derivative comes about.
    """
    from ..examples.example import find, load
    from ..examples.writing import as_data, as_table, as_text
    from ..sweeps.results import to_json

    chosen = list(load().values()) if name is None else [find(name)]
    if as_json:
        data = {example.name: as_data(example) for example in chosen}
        click.echo(to_json(data if name is None else data[name]))
    else:
        click.echo(as_table(chosen) if name is None else as_text(chosen[0]))
