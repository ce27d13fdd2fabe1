"""The derivative of f as expressions that can be evaluated, written out as a program, and simplified."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy

from ..function import Function
from .budget import NODES, SECONDS, Budget
from .expressions import Expressions
from .formulas import DIGITS, constants_of
from .paths import Path
from .precise import Precise, checked_digits
from .program import program
from .simplifying import simplified
from .sources import checked_name
from .swell import Swell, count_shared, measure_swell
from .values import evaluate_rows, jacobian, numbers_of, split_rows, to_blocks

_OF_DOUBLES = frozenset({np.ndarray, np.float64})
_DOUBLE = np.dtype(np.float64)


def symbolic_derivative(
    f: Callable[..., Any],
    x: Any,
    *,
    args: Sequence[Any] = (),
    argnums: int | Sequence[int] = 0,
    nodes: float = NODES,
    seconds: float = SECONDS,
) -> SymbolicDerivative:
    """The derivative of f as SymPy expressions.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` in plain NumPy.
    x : array_like or container
        Where f is traced: its shape counts, and its numbers decide Python's branches, sorts and extrema.
    args : tuple
        Further positional arguments of f.
    argnums : int or tuple of int
        Which of ``(x, *args)`` to differentiate by.
    nodes : int
        Distinct expressions that f and its derivative may have; `math.inf` for no limit.
    seconds : float
        Time that tracing and differentiating may take; `math.inf` for no limit.

    Returns
    -------
    SymbolicDerivative
        ``.inputs``, ``.outputs``, ``.expressions``, ``.conditions``; called at a point it gives numbers, by
        ``.evaluate`` as many digits as wanted; ``.to_python()``, ``.simplify()``, ``.swell()``. A notebook shows LaTeX.

    Raises
    ------
    UnsupportedError
        f does what has no expression; the message names a method that can.
    BudgetError
        There are more expressions than `nodes`, or `seconds` are over; the message names the count.
    OptionError
        `nodes` or `seconds` is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> derivative = ad.symbolic_derivative(lambda x: x[0] ** 2 * np.sin(x[1]), np.array([1.0, 2.0]))
    >>> derivative.outputs
    x_0**2*sin(x_1)
    >>> derivative.expressions
    array([2*x_0*sin(x_1), x_0**2*cos(x_1)], dtype=object)
    >>> derivative(np.array([3.0, 0.0]))
    array([0., 9.])
    """
    return SymbolicDerivative(f, x, args, argnums, Budget(nodes, seconds))


class SymbolicDerivative(Expressions):
    """The derivative of f as SymPy expressions (see `symbolic_derivative`).

    Attributes
    ----------
    inputs : ndarray of Symbol, Symbol or container
        The symbols, arranged like x.
    outputs : ndarray of Expr, Expr or container
        f's outputs, arranged like f(x).
    expressions : ndarray of Expr, Expr or container
        The derivative, arranged like the derivative: of shape ``f(x).shape + x.shape``.
    conditions : list
        What decided the path through f; where it does not hold, f is another expression.
    """

    @cached_property
    def _evaluate(self) -> Callable[[np.ndarray], np.ndarray]:
        with self._budget.again("compiled").running():
            return evaluate_rows(self._rows, self._recording.variables)

    @cached_property
    def _path(self) -> Path:
        return Path(self._recording)

    def __call__(self, x: Any, *args: Any) -> Any:
        """The derivative's numbers at x.

        Parameters
        ----------
        x : array_like or container
            Where `f` takes another path than at the point where it was traced, it is traced anew.
        *args
            Further arguments of f; those of the trace where left out.

        Returns
        -------
        ndarray, NumPy scalar or container
        """
        kind = type(x)
        if not args and (kind is float or (kind in _OF_DOUBLES and x.dtype == _DOUBLE)):
            shape = () if kind is float else x.shape
            if shape == self._one_shape:
                numbers = x.reshape(-1) if kind is np.ndarray else np.array([x])
                if self._path.holds(numbers):
                    return self._evaluate(numbers).reshape(self._result_shape)[()]
        function = Function(self._f, x, args or self._args, self._function.argnums)
        if args or not self._holds(function):
            return function.assemble(jacobian(function)[1])
        return self._arranged(function, self._evaluate(numbers_of(function.inputs)))

    def _arranged(self, function: Function, matrix: Any) -> Any:
        """A matrix of numbers as the derivative at a point of f."""
        leaves = function.inputs if matrix.dtype.kind == "f" else self._recording.inputs
        parts = split_rows(matrix, self._recording.outputs)
        blocks = [to_blocks(part, output.shape, leaves) for part, output in zip(parts, self._recording.outputs, strict=True)]
        function.output_structure = self._function.output_structure
        return function.assemble(blocks)

    @cached_property
    def _one_shape(self) -> tuple[int, ...] | None:
        """The shape of x where f maps one array to one array: such points need no unpacking."""
        function = self._function
        plain = function.argnums == 0 and function.output_structure.is_leaf and function.input_names == ["x"]
        return function.inputs[0].shape if plain else None

    @cached_property
    def _result_shape(self) -> tuple[int, ...]:
        """The shape of the derivative, where f maps one array to one array."""
        shape: tuple[int, ...] = self._recording.outputs[0].shape + self._recording.inputs[0].shape
        return shape

    def _holds(self, function: Function) -> bool:
        """Whether f takes the same path at this point: the same shapes, and every guard holds."""
        if function.nested or function.input_names != self._function.input_names:
            return False
        if any(leaf.shape != symbols.shape for leaf, symbols in zip(function.inputs, self._recording.inputs, strict=True)):
            return False
        return self._path.holds(numbers_of(function.inputs))

    def evaluate(self, x: Any, *args: Any, digits: int = 50) -> Any:
        """The derivative's numbers at x by mpmath, with as many digits as wanted.

        Floats, those of x and of f's constants, count as exactly what they are stored as; kinks follow the same
        policy as everywhere. NaN where the real numbers end. Digits that cancel inside an expression are lost: a
        second evaluation with more digits shows them.

        Parameters
        ----------
        x : array_like or container
            Where f takes another path than at the point where it was traced, it is traced anew.
        *args
            Further arguments of f; those of the trace where left out.
        digits : int
            Decimal digits, from 1 to 10,000.

        Returns
        -------
        ndarray of mpf, mpf or container
            Arranged like the derivative. ``mpmath.nstr(value, digits)`` shows all digits of one.

        Raises
        ------
        OptionError
            `digits` is no such number.

        Examples
        --------
        >>> import mpmath
        >>> import numpy as np
        >>> import admodes as ad
        >>> mpmath.nstr(ad.symbolic_derivative(np.exp, 0.0).evaluate(1.0, digits=30), 30)
        '2.71828182845904523536028747135'
        """
        digits = checked_digits(digits)
        function = Function(self._f, x, args or self._args, self._function.argnums)
        if args or digits > DIGITS or not self._holds(function):
            with constants_of(max(DIGITS, digits)):
                there = SymbolicDerivative(self._f, x, args or self._args, self._function.argnums, self._budget.again("traced"))
        else:
            there = self
        numbers = [value for leaf in function.inputs for value in leaf.flat]
        parts = Precise(there._recording.variables, numbers, digits).evaluate(there._parts, self._budget.again("evaluated"))
        return there._arranged(function, there._matrix(parts, mpmath.mpf(0)))

    def operations(self) -> int:
        """Operations of the derivative with every subexpression computed once: ``swell().derivative_shared``, found at once."""
        return count_shared(self._parts)

    def swell(self) -> Swell:
        """Operations of f and of its derivative: written out as trees, and with every subexpression computed once.

        Returns
        -------
        Swell
            ``function``, ``derivative``, ``function_shared``, ``derivative_shared``.

        Examples
        --------
        Expression swell: five steps of the logistic map

        >>> import admodes as ad
        >>> def logistic(x):
        ...     for _ in range(5):
        ...         x = 4 * x * (1 - x)
        ...     return x
        >>> swell = ad.symbolic_derivative(logistic, 0.3).swell()
        >>> swell.function, swell.derivative
        (78, 768)
        """
        budget = self._budget.again("counted")
        with budget.running():
            return measure_swell(self._roots, self._rows, self._recording.variables, budget)

    def simplify(self, *, operations: int = 500, seconds: float = SECONDS) -> SymbolicDerivative:
        """The same derivative with every entry simplified by SymPy.

        Functions with kinks or limits (abs, max, where, a norm, ...) and what they are of keep their form, so that the
        policy there stays. An entry that SymPy makes longer is left as it is.

        Parameters
        ----------
        operations : int
            What one entry may have, written out.
        seconds : float
            For all entries; one entry that is under way ends first.

        Returns
        -------
        SymbolicDerivative

        Raises
        ------
        UnsupportedError
            An entry has more operations.
        BudgetError
            The time is over.

        Examples
        --------
        >>> import numpy as np
        >>> import admodes as ad
        >>> derivative = ad.symbolic_derivative(lambda x: np.sin(x) ** 2 + np.cos(x) ** 2 + x, 1.0)
        >>> derivative.simplify().expressions
        1
        """
        budget = Budget(seconds=seconds).again("simplified")
        parts = iter(simplified(self._parts, operations, budget))
        # A copy without what was computed from the longer expressions and kept.
        shorter = copy.copy(self)
        shorter.__dict__ = {
            name: value for name, value in vars(self).items() if name not in ("expressions", "_shown", "_evaluate")
        }
        shorter._rows = [{variable: next(parts) for variable in row} for row in self._rows]  # noqa: SLF001 - a copy of self
        return shorter

    def to_python(self, name: str | None = None) -> str:
        """The derivative as the source of a Python function that needs NumPy alone, and SymPy for special functions.

        It is to be read and to be pasted into a file: common subexpressions have names, constants are exact. Where f
        takes another path than the one that was traced, it raises ValueError.

        Parameters
        ----------
        name : str, optional
            What the function is called; ``derivative_of_f`` for an f by default.

        Returns
        -------
        str

        Raises
        ------
        UnsupportedError
            What decided the path through f cannot be checked with NumPy alone, or a function cannot be written.
        OptionError
            `name` is no name of Python, or one that the function itself uses.

        Examples
        --------
        >>> import numpy as np
        >>> import admodes as ad
        >>> source = ad.symbolic_derivative(lambda x: x[0] ** 2 * np.sin(x[1]), np.array([1.0, 2.0])).to_python()
        >>> print(source.splitlines()[-1].strip())
        return np.array([2*x_0*np.sin(x_1), x_0**2*np.cos(x_1)], dtype=np.float64)
        """
        blocks = self._blocks(self._matrix(self._parts, sympy.S.Zero))
        return program(self._function, self._recording, blocks, checked_name(name, self._function.name))
