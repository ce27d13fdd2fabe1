"""Readers of options, and options that several commands have."""

from __future__ import annotations

import errno
from pathlib import Path

import click

at_point = click.option(
    "--at", "point", required=True, metavar="X", help='The point: "1.0,2.0", JSON text, x.npy, x.npz or x.json.'
)


def refuse_existing(file: Path | None, instead: str = "name a new file") -> None:
    """Say, before anything is computed, that nothing is overwritten."""
    if file is not None and file.exists():
        raise FileExistsError(errno.EEXIST, f"is there already, and is left as it is: {instead}", str(file))


def names_in(text: str | None) -> list[str] | None:
    """The methods of a comma-separated list, known to exist."""
    if text is None:
        return None
    from ..methods import find_differentiator

    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("name at least one method, e.g. --methods forward,reverse", param_hint="--methods")
    for name in names:
        find_differentiator(name)
    return names


def words_in(text: str | None) -> list[str] | None:
    """The words of a comma-separated list."""
    return None if text is None else [word.strip() for word in text.split(",") if word.strip()]


def integers_in(option: str, text: str | None) -> list[int] | None:
    """The integers of a comma-separated list, for a message that names the option."""
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        message = f"{text!r} is no list of integers; write e.g. {option} 1,4,16"
        raise click.BadParameter(message, param_hint=option) from None
