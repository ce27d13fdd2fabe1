"""The formulas. Importing this package fills the registry in `admodes.rules`."""

from . import arrangement, elementwise, linalg, movement, passive, products, reductions, structural

__all__ = ["arrangement", "elementwise", "linalg", "movement", "passive", "products", "reductions", "structural"]
