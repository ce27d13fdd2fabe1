"""Accuracy and cost of derivatives at one point: problems, the measurement of one method, comparisons of all."""

from ..rows import STATUSES, Row
from ..timing import Timing
from .advice import recommend
from .break_even import BreakEven, break_even
from .comparison import Comparison, compare
from .problems import DENSE_LAYER, HELMHOLTZ, ROSENBROCK, Problem, digits_problem
from .recommendation import Recommendation
from .scaling import Scaling, fit_scaling
from .trials import Effort

__all__ = [
    "DENSE_LAYER",
    "HELMHOLTZ",
    "ROSENBROCK",
    "STATUSES",
    "BreakEven",
    "Comparison",
    "Effort",
    "Problem",
    "Recommendation",
    "Row",
    "Scaling",
    "Timing",
    "break_even",
    "compare",
    "digits_problem",
    "fit_scaling",
    "recommend",
]
