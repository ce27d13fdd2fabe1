"""The formulas. Importing this package fills the registry in `admodes.rules`."""

from . import arrangement, elementwise, linalg, movement, orders, passive, products, quantiles, reductions, scans, structural

__all__ = ["arrangement", "elementwise", "linalg", "movement", "orders", "passive", "products", "quantiles", "reductions", "scans", "structural"]
