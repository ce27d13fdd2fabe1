"""The formulas. Importing this package fills the registry in `admodes.rules`."""

from . import (
    arrangement,
    blocks,
    creation,
    elementwise,
    linalg,
    movement,
    passive,
    products,
    reductions,
    selection,
    structural,
    writing,
)

__all__ = [
    "arrangement",
    "blocks",
    "creation",
    "elementwise",
    "linalg",
    "movement",
    "passive",
    "products",
    "reductions",
    "selection",
    "structural",
    "writing",
]
