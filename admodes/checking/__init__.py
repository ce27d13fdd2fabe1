"""Checks derivatives that somebody wrote by hand: a verdict with a bound, and a diagnosis."""

from .check import check_gradient as check_gradient
from .crossing.cross import cross_check as cross_check
from .crossing.result import CrossCheck as CrossCheck
from .optimise import Checked as Checked
from .optimise import checked as checked
from .result import Component as Component
from .result import GradientCheck as GradientCheck
