"""The words of a formula: its functions, constants and operators, and nothing else."""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


def sigmoid(x: Any) -> Any:
    """1/(1 + exp(-x)), the logistic function."""
    return 1 / (1 + np.exp(-x))


def relu(x: Any) -> Any:
    """max(x, 0), whose derivative at 0 is 1/2."""
    return np.maximum(x, 0)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(0, x)


class Word(NamedTuple):
    """A function that a formula may call.

    Attributes
    ----------
    function : callable
    arguments : tuple of int
        The fewest and the most that it takes.
    """

    function: Callable[..., Any]
    arguments: tuple[int, int] = (1, 1)


_MANY = 1_000
_OF_ONE = (
    "abs sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh "
    "sign floor ceil sum mean"
)
FUNCTIONS: dict[str, Word] = {
    **{name: Word(getattr(np, name)) for name in _OF_ONE.split()},
    "ln": Word(np.log),
    "asin": Word(np.arcsin),
    "acos": Word(np.arccos),
    "atan": Word(np.arctan),
    "atan2": Word(np.arctan2, (2, 2)),
    "hypot": Word(np.hypot, (2, 2)),
    "dot": Word(np.dot, (2, 2)),
    "sigmoid": Word(sigmoid),
    "relu": Word(relu),
    "softplus": Word(softplus),
    # Without names of their own, so that a trace shows what NumPy does and no function around it.
    "max": Word(lambda *values: functools.reduce(np.maximum, values), (2, _MANY)),
    "min": Word(lambda *values: functools.reduce(np.minimum, values), (2, _MANY)),
    "where": Word(np.where, (3, 3)),
}
CONSTANTS = {"pi": np.pi, "\N{GREEK SMALL LETTER PI}": np.pi, "e": np.e}

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}

#: Signs that people write in formulas, and what to write here.
INSTEAD = {
    "^": "** for powers",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DOT OPERATOR}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{SUPERSCRIPT TWO}": "**2",
    "\N{SUPERSCRIPT THREE}": "**3",
    "\N{SQUARE ROOT}": "sqrt(...)",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "%": "x - floor(x/y)*y for a remainder",
    "@": "dot(x, y) for a product of vectors",
    "|": "abs(x) for an absolute value",
    "[": "a variable for each element, x1 and x2",
    "{": "round brackets",
    ":": "the expression alone",
    ";": "one expression alone",
    "!": "!= for a comparison, the product for a factorial",
    "=": "the right-hand side alone, and == in a comparison",
}
