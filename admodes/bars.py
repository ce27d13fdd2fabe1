"""Bars that show how far a long computation is: where somebody looks, and of the kind that is shown there."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any


def somebody_looks() -> bool:
    """Whether standard error is a terminal, or a notebook shows it."""
    return _in_notebook() or sys.stderr.isatty()


def bar_class() -> Any:
    """The class of tqdm's: the widget where a notebook can show it (tqdm.auto would warn where ipywidgets are missing)."""
    if _in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm as bar
    else:
        from tqdm import tqdm as bar
    return bar


def _in_notebook() -> bool:
    """Whether a kernel of Jupyter runs us."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"
