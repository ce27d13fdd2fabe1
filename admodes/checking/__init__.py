"""Checks derivatives that somebody wrote by hand: a verdict with a bound, and a diagnosis."""

from .check import check_gradient as check_gradient
from .result import Component as Component
from .result import GradientCheck as GradientCheck
