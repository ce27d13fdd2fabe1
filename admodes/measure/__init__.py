"""Accuracy and cost of derivatives: problems, comparisons, sweeps over grids, results on disk."""

from .comparison import Comparison, compare
from .grid import Block, Grid
from .isolation import Limits
from .merging import merge
from .problems import DENSE_LAYER, HELMHOLTZ, ROSENBROCK, Problem, digits_problem
from .ready_made import find_grid
from .recommendation import Recommendation
from .results import Results, read_results
from .rows import STATUSES, Row, Timing
from .sweeping import Sweep, sweep
from .trials import Effort

__all__ = [
    "DENSE_LAYER",
    "HELMHOLTZ",
    "ROSENBROCK",
    "STATUSES",
    "Block",
    "Comparison",
    "Effort",
    "Grid",
    "Limits",
    "Problem",
    "Recommendation",
    "Results",
    "Row",
    "Sweep",
    "Timing",
    "compare",
    "digits_problem",
    "find_grid",
    "merge",
    "read_results",
    "sweep",
]
