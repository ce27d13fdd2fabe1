"""Differentiates plain NumPy functions four ways behind one call, and measures what each way costs.

Examples
--------
>>> import numpy as np
>>> import admodes as ad
>>> ad.gradient(lambda x: np.sum(x**2), np.array([1.0, 2.0, 3.0]))
array([2., 4., 6.])
"""

import importlib as _importlib
import typing as _typing

from ._version import __version__

_HOME = {
    "differentiate": "api",
    "gradient": "api",
    "value_and_gradient": "api",
    "jacobian": "api",
    "value_and_jacobian": "api",
    "jvp": "api",
    "vjp": "api",
    "hessian": "api",
    "hvp": "api",
    "choose_method": "methods",
    "available_methods": "methods",
    "unavailable_methods": "methods",
    "primitive": "custom",
    "Differentiator": "differentiator",
    "CentralDifferences": "finite",
    "Forward": "forward",
    "Reverse": "reverse",
    "Symbolic": "symbolic",
    "symbolic_derivative": "symbolic",
    "Problem": "measure",
    "compare": "measure",
    "Comparison": "measure",
}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - the names are the keys of one table


def __getattr__(name: str) -> _typing.Any:
    """Load a public name when it is first used, so that `import admodes` costs next to nothing."""
    if name in _HOME:
        value = getattr(_importlib.import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'admodes' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
