"""Formulas that somebody typed, as functions of their variables: read by a whitelist, and never run as Python."""

from .formula import Formula as Formula
from .formula import formula as formula
