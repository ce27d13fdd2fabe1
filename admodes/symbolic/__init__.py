"""The symbolic mode: f is traced with SymPy expressions, which SymPy differentiates.

Importing this package imports SymPy; `import admodes` does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..differentiator import Blocks, Differentiator
from ..function import Function, Leaves
from .budget import NODES, SECONDS, Budget, checked_nodes, checked_seconds
from .derivative import SymbolicDerivative, symbolic_derivative
from .engines import checked_engine
from .prepared import PreparedSymbolic
from .values import hessian, jacobian

__all__ = ["Symbolic", "SymbolicDerivative", "symbolic_derivative"]


class Symbolic(Differentiator):
    """The symbolic mode: expressions, SymPy's derivatives, and their values at x.

    Python's branches are decided at x. Elementary functions of numbers and arrays, arithmetic,
    indexing, sums, products, `np.where`, extrema, complex values between real ones, matrices up to 4 x 4
    and Fourier transforms up to 8 points are understood; what is not raises `UnsupportedError`, which
    names a method that can.

    Parameters
    ----------
    nodes : int
        Distinct expressions that f and its derivatives may have; `math.inf` for no limit.
    seconds : float
        Time that tracing and differentiating f may take; `math.inf` for no limit. Where one of the two
        is used up, there is a `BudgetError`.
    engine : {"sympy", "symengine"}
        What multiplies and adds up the parts of the chain rule. SymEngine is a C++ library that has to be installed
        (``pip install 'admodes[symengine]'``): the same derivatives, sooner where there are many. Second derivatives are SymPy's.

    Raises
    ------
    OptionError
        A limit is not positive; there is no such engine, or it is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.Symbolic().differentiate(lambda x: np.sum(x**2), np.array([1.0, 2.0]))
    array([2., 4.])
    """

    name = "symbolic"
    traces = True

    def __init__(self, *, nodes: float = NODES, seconds: float = SECONDS, engine: str = "sympy") -> None:
        self.nodes = checked_nodes(nodes)
        self.seconds = checked_seconds(seconds)
        self.engine = checked_engine(engine)

    def jacobian(self, function: Function) -> tuple[Leaves, Blocks]:
        """Every element of every output, differentiated by every symbol in it."""
        return jacobian(function, Budget(self.nodes, self.seconds), self.engine)

    def hessian(self, function: Function) -> tuple[Any, Blocks]:
        """The expression of f, differentiated twice."""
        return hessian(function, Budget(self.nodes, self.seconds))

    def prepare(self, function: Function, *, second: bool = False) -> Differentiator | None:
        """f traced and differentiated, and its derivative compiled: for as many points as wanted."""
        prepared = PreparedSymbolic(function, Budget(self.nodes, self.seconds), self.engine)
        if prepared.decides and any(leaf.dtype != np.float64 for leaf in function.inputs):
            # f's branches and kinks compare numbers of fewer digits than the program has: beside a tie they may differ.
            return None
        prepared.hessian(function) if second else prepared.derivative(function)
        return prepared
