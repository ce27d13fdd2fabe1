"""The formulas. Importing this package fills the registry in `admodes.rules`."""

from . import (
    arrangement,
    decompositions,
    degenerate,
    eigenvalues,
    elementwise,
    least_squares,
    linalg,
    matrix_products,
    movement,
    norms,
    passive,
    products,
    reductions,
    singular,
    structural,
)

__all__ = [
    "arrangement",
    "decompositions",
    "degenerate",
    "eigenvalues",
    "elementwise",
    "least_squares",
    "linalg",
    "matrix_products",
    "movement",
    "norms",
    "passive",
    "products",
    "reductions",
    "singular",
    "structural",
]
