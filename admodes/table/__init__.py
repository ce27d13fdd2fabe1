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
    refused,
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
    "refused",
    "structural",
]
