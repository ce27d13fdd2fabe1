"""Problems: functions whose derivative is known, in closed form or by the complex step, written in plain NumPy.

Data are made once, outside f, so that the time of f is the time of f.
"""

from .basic import DENSE_LAYER, HELMHOLTZ, ROSENBROCK
from .bundle import BUNDLE_ADJUSTMENT
from .clusters import k_means_problem, mixture_problem
from .digits import digits_problem, perceptron_problem
from .formulas import CURVE_FIT, DETERMINANT, LEAST_SQUARES, LOG_SUM_EXP, logistic_problem
from .problem import Problem
from .recurrent import recurrent_problem

__all__ = [
    "BUNDLE_ADJUSTMENT",
    "CURVE_FIT",
    "DENSE_LAYER",
    "DETERMINANT",
    "HELMHOLTZ",
    "LEAST_SQUARES",
    "LOG_SUM_EXP",
    "ROSENBROCK",
    "Problem",
    "digits_problem",
    "k_means_problem",
    "logistic_problem",
    "mixture_problem",
    "perceptron_problem",
    "recurrent_problem",
]
