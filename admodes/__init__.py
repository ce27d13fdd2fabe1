"""Differentiates plain NumPy functions five ways behind one call, and measures what each way costs.

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

if _typing.TYPE_CHECKING:  # what `__getattr__` finds, for those who read the code without running it
    from .api import differentiate as differentiate
    from .api import gradient as gradient
    from .api import hessian as hessian
    from .api import hvp as hvp
    from .api import jacobian as jacobian
    from .api import jvp as jvp
    from .api import value_and_gradient as value_and_gradient
    from .api import value_and_jacobian as value_and_jacobian
    from .api import vjp as vjp
    from .checking import Checked as Checked
    from .checking import CrossCheck as CrossCheck
    from .checking import GradientCheck as GradientCheck
    from .checking import check_gradient as check_gradient
    from .checking import checked as checked
    from .checking import cross_check as cross_check
    from .complex_step import ComplexStep as ComplexStep
    from .custom import primitive as primitive
    from .differentiator import Differentiator as Differentiator
    from .examples import _Examples
    from .expressions import formula as formula
    from .finite import CentralDifferences as CentralDifferences
    from .forward import Forward as Forward
    from .measure import Comparison as Comparison
    from .measure import Effort as Effort
    from .measure import Problem as Problem
    from .measure import compare as compare
    from .measure import recommend as recommend
    from .methods import available_methods as available_methods
    from .methods import choose_method as choose_method
    from .methods import unavailable_methods as unavailable_methods
    from .preparing import prepare as prepare
    from .reverse import Reverse as Reverse
    from .sparsity import SparseRows as SparseRows
    from .sweeps import Block as Block
    from .sweeps import Grid as Grid
    from .sweeps import Limits as Limits
    from .sweeps import Sweep as Sweep
    from .sweeps import sweep as sweep
    from .symbolic import Symbolic as Symbolic
    from .symbolic import symbolic_derivative as symbolic_derivative
    from .traces import Trace as Trace
    from .traces import trace as trace

    examples: _Examples  # a module that is indexed: not known to type checkers by its import

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
    "prepare": "preparing",
    "choose_method": "methods",
    "available_methods": "methods",
    "unavailable_methods": "methods",
    "primitive": "custom",
    "Differentiator": "differentiator",
    "formula": "expressions",
    "CentralDifferences": "finite",
    "ComplexStep": "complex_step",
    "Forward": "forward",
    "Reverse": "reverse",
    "Symbolic": "symbolic",
    "symbolic_derivative": "symbolic",
    "SparseRows": "sparsity",
    "Problem": "measure",
    "compare": "measure",
    "recommend": "measure",
    "Comparison": "measure",
    "Effort": "measure",
    "check_gradient": "checking",
    "GradientCheck": "checking",
    "checked": "checking",
    "Checked": "checking",
    "cross_check": "checking",
    "CrossCheck": "checking",
    "sweep": "sweeps",
    "Sweep": "sweeps",
    "Grid": "sweeps",
    "Block": "sweeps",
    "Limits": "sweeps",
    "trace": "traces",
    "Trace": "traces",
}

#: Modules that are public as such: `ad.testing.assert_gradient`, `ad.errors.ShapeError`, `ad.examples["koehn_network"]`.
_MODULES = ("errors", "examples", "testing")

#: What other programs look for in the package, and its users do not: ``%load_ext admodes`` in a notebook.
_HOOKS = {"load_ipython_extension": "ipython", "unload_ipython_extension": "ipython"}

__all__ = ["__version__", *_HOME]  # noqa: PLE0604 - the names are the keys of one table


def __getattr__(name: str) -> _typing.Any:
    """Load a public name when it is first used, so that `import admodes` costs next to nothing."""
    if name in _HOME:
        value = getattr(_importlib.import_module(f".{_HOME[name]}", __name__), name)
        globals()[name] = value
        return value
    if name in _HOOKS:
        return getattr(_importlib.import_module(f".{_HOOKS[name]}", __name__), name)
    if name in _MODULES:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'admodes' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
