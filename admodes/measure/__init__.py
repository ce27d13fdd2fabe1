"""Accuracy and cost of derivatives: problems, comparisons, grids, results on disk."""

from .comparison import Comparison, compare
from .grid import Settings, record
from .problems import DENSE_LAYER, HELMHOLTZ, ROSENBROCK, Problem, digits_problem
from .recommendation import Recommendation
from .results import Results, read_results
from .rows import STATUSES, Row, Timing

__all__ = [
    "DENSE_LAYER",
    "HELMHOLTZ",
    "ROSENBROCK",
    "STATUSES",
    "Comparison",
    "Problem",
    "Recommendation",
    "Results",
    "Row",
    "Settings",
    "Timing",
    "compare",
    "digits_problem",
    "read_results",
    "record",
]
