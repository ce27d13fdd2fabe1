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

#: The problems by name, those that can be made in several ways as they are made by default.
PROBLEMS = {
    problem.name: problem
    for problem in (
        DENSE_LAYER,
        ROSENBROCK,
        HELMHOLTZ,
        logistic_problem(),
        LOG_SUM_EXP,
        LEAST_SQUARES,
        CURVE_FIT,
        DETERMINANT,
        mixture_problem(),
        k_means_problem(),
        BUNDLE_ADJUSTMENT,
        recurrent_problem(),
        perceptron_problem(),
        digits_problem(),
    )
}

__all__ = [
    "BUNDLE_ADJUSTMENT",
    "CURVE_FIT",
    "DENSE_LAYER",
    "DETERMINANT",
    "HELMHOLTZ",
    "LEAST_SQUARES",
    "LOG_SUM_EXP",
    "PROBLEMS",
    "ROSENBROCK",
    "Problem",
    "digits_problem",
    "k_means_problem",
    "logistic_problem",
    "mixture_problem",
    "perceptron_problem",
    "recurrent_problem",
]
