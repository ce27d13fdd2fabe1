"""The command line: ``admodes compare``, ``check``, ``trace``, ``sweep``, ``report`` and others.

NumPy and everything that needs it are imported inside the commands, so that ``--help`` answers at once.
"""

from . import checker, functions, sweeping, tables, tracing  # noqa: F401 - loading them adds their commands to the group
from .group import main as main
