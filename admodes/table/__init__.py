"""The formulas. Importing this package fills the registry in `admodes.rules`."""

from . import arrangement, elementwise, linalg, movement, passive, products, reductions, structural  # isort: skip
from . import bessel, grids, missing, numerics, orders, parts, polynomials, quantiles, scans, statistics, ufuncs  # isort: skip

__all__ = [
    "arrangement",
    "bessel",
    "elementwise",
    "grids",
    "linalg",
    "missing",
    "movement",
    "numerics",
    "orders",
    "parts",
    "passive",
    "polynomials",
    "products",
    "quantiles",
    "reductions",
    "scans",
    "statistics",
    "structural",
    "ufuncs",
]
