"""Finite differences: derivatives from nothing but values of f."""

from .differences import CentralDifferences, Estimate

__all__ = ["CentralDifferences", "Estimate"]
