"""Commands that answer with one result: as text, or with ``--json`` as JSON and nothing else on standard output."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click


def answering(
    description: str, exit_code: Callable[[Any], int] = lambda _found: 0
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Print what a command returns; add ``--json``, which prints its `to_dict` instead.

    With it, standard output belongs to the answer alone: what the user's module and function print goes to standard error.

    Parameters
    ----------
    description : str
        Of the option.
    exit_code : callable
        The exit code that a result stands for.

    Returns
    -------
    callable
        A decorator.
    """

    def decorated(command: Callable[..., Any]) -> Callable[..., None]:
        @click.option("--json", "as_json", is_flag=True, help=description)
        @functools.wraps(command)
        def run(*arguments: Any, as_json: bool, **options: Any) -> None:
            with _prints_on_stderr() if as_json else contextlib.nullcontext():
                found = command(*arguments, **options)
                text = _json(found) if as_json else str(found)
            click.echo(text)
            if code := exit_code(found):
                sys.exit(code)

        return run

    return decorated


def _json(found: Any) -> str:
    from ..sweeps.results import to_json

    return to_json(found.to_dict())


@contextlib.contextmanager
def _prints_on_stderr() -> Iterator[None]:
    """Both Python's standard output and that of processes that f starts go to standard error."""
    with contextlib.redirect_stdout(sys.stderr), contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # a program without standard output, or without standard error
            kept = os.dup(1)
            stack.callback(os.close, kept)
            os.dup2(2, 1)
            stack.callback(os.dup2, kept, 1)
        yield
