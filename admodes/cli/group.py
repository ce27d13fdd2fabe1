"""The group of all commands, and what they do with an error."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from .._version import __version__
from ..errors import AdmodesError

#: Exit codes: bad input, and Ctrl-C as shells have it.
BAD_INPUT, INTERRUPTED = 2, 130


def guarded(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show what went wrong with the input as one message; add ``--debug``, which shows the traceback as well."""

    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(command)
    def run(*arguments: Any, debug: bool, **options: Any) -> Any:
        debug = debug or bool(click.get_current_context().find_root().params.get("debug"))
        try:
            return command(*arguments, **options)
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
