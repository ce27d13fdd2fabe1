"""Writes what a trace is exported as, and never over a file that is there unless that is wanted."""

from __future__ import annotations

import errno
from pathlib import Path


def write_file(path: str | Path, text: str, overwrite: bool) -> Path:
    """Write a text file with the line ends that it has.

    Raises
    ------
    FileExistsError
        If the file exists and is not to be replaced.
    """
    place = Path(path)
    try:
        with place.open("w" if overwrite else "x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        said = "is there already, and is left as it is: choose another path, or write overwrite=True"
        raise FileExistsError(errno.EEXIST, said, str(place)) from None
    return place
