"""Sweeps over grids of dimensions: cells in processes of their own, results on disk."""

from .changes import Changes, compare_results
from .doctor import Diagnosis, examine
from .grid import Block, Grid
from .isolation import Limits
from .merging import merge
from .ready_made import find_grid
from .results import Results, read_results
from .sweeping import Sweep, sweep

__all__ = [
    "Block",
    "Changes",
    "Diagnosis",
    "Grid",
    "Limits",
    "Results",
    "Sweep",
    "compare_results",
    "examine",
    "find_grid",
    "merge",
    "read_results",
    "sweep",
]
