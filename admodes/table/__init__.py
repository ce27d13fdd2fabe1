"""The formulas. Importing this package fills the registry in `admodes.rules`."""

from . import (
    arrangement,
    complex_values,
    elementwise,
    fourier,
    linalg,
    movement,
    passive,
    products,
    reductions,
    structural,
)

__all__ = [
    "arrangement",
    "complex_values",
    "elementwise",
    "fourier",
    "linalg",
    "movement",
    "passive",
    "products",
    "reductions",
    "structural",
]
