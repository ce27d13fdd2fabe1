"""Runs notebooks from their first cell to their last, in a fresh kernel each: ``python notebooks/execute.py A.ipynb ...``.

The outputs are written into the files. The tests run the same function, and write nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

#: Seconds after which a cell is taken to hang.
_LIMIT = 300


def execute(path: Path) -> Any:
    """The notebook with the outputs of this run.

    Parameters
    ----------
    path : Path

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell raises.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=_LIMIT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,  # or every run would change every cell
        coalesce_streams=True,  # or what a busy machine prints in two pieces is kept in two
    )
    # Figures are to be shown in the notebook, whatever is wanted outside.
    return client.execute(env={name: value for name, value in os.environ.items() if name != "MPLBACKEND"})


def main() -> None:
    """Run the notebooks that are named, and keep their outputs."""
    for name in sys.argv[1:]:
        nbformat.write(execute(Path(name)), name)


if __name__ == "__main__":
    main()
