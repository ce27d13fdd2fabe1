"""Complex expressions: those that hold SymPy's I, and how they are taken apart.

Between real inputs and real outputs f may compute with complex values. Sums, products, choices and moves need no rules of
their own for them: those for real expressions build expressions with I as well. Where real numbers are asked for again
(np.real, np.imag, np.abs), an expression is taken apart. By then it is made of sums, products and whole powers alone:
all other functions take their operands apart themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from . import functions as own
from .budget import asked
from .formulas import ONE, ZERO
from .objects import as_objects
from .walking import Shared, postorder

if TYPE_CHECKING:
    from .level import SymbolicLevel

Parts = tuple[Any, Any]


def parts(level: SymbolicLevel, root: Any) -> Parts:
    """The real and the imaginary part of an expression, as real expressions.

    Parameters
    ----------
    level : SymbolicLevel
        Remembers the parts of every subexpression.
    root : Expr

    Returns
    -------
    tuple of Expr
    """
    known = level.parts
    for node in postorder([root], lambda node: () if node in known else node.args):
        if node not in known:
            real, imaginary = _taken_apart(node, [known[argument] for argument in node.args])
            known[node] = level.graph.unique(real), level.graph.unique(imaginary)
    return known[root]


def _taken_apart(node: Any, inner: Sequence[Parts]) -> Parts:
    if node is sympy.I:
        return ZERO, ONE
    if isinstance(node, Shared):
        return inner[0]
    if all(imaginary == 0 for _, imaginary in inner):
        real = [part for part, _ in inner]
        # Where imaginary parts have cancelled below, the node itself still holds them.
        same = all(new is old for new, old in zip(real, node.args, strict=True))
        return (node if same else node.func(*real)), ZERO
    if isinstance(node, sympy.Add):
        return sympy.Add(*(real for real, _ in inner)), sympy.Add(*(imaginary for _, imaginary in inner))
    if isinstance(node, sympy.Mul):
        return reduce(_product, inner)
    return _whole_power(inner[0], int(node.exp))


def _product(left: Parts, right: Parts) -> Parts:
    (a, b), (c, d) = left, right
    return a * c - b * d, a * d + b * c


def _whole_power(base: Parts, exponent: int) -> Parts:
    """By squaring."""
    if exponent < 0:
        real, imaginary = _whole_power(base, -exponent)
        # Divided by the size twice: its square may overflow.
        square = size(real, imaginary) ** 2
        return real / square, -imaginary / square
    result = (ONE, ZERO)
    for digit in f"{exponent:b}":
        result = _product(result, result)
        if digit == "1":
            result = _product(result, base)
    return result


def parts_of_array(level: SymbolicLevel, trace: Any, value: Any) -> Parts:
    """The real and the imaginary parts of a whole array of expressions, as two of its shape."""
    array = as_objects(trace, value)
    real, imaginary = np.empty(array.shape, dtype=object), np.empty(array.shape, dtype=object)
    for index, expression in enumerate(asked(array.flat)):
        real.flat[index], imaginary.flat[index] = parts(level, level.graph.unique(expression))
    return real, imaginary


def by_parts(level: SymbolicLevel, function: Callable[..., Any], *expressions: Any) -> Any:
    """``function`` of the real parts, and of the imaginary ones where there are any."""
    split = [parts(level, level.graph.unique(expression)) for expression in expressions]
    real = function(*(part for part, _ in split))
    return real if all(part == 0 for _, part in split) else real + sympy.I * function(*(part for _, part in split))


def size(real: Any, imaginary: Any) -> Any:
    """The absolute value of a complex number."""
    found = [part for part in (real, imaginary) if part != 0]
    return own.euclid(*found) if len(found) == 2 else own.absolute(found[0] if found else ZERO)
