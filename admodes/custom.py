"""A user's own function as one primitive, with a derivative written by hand."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .errors import MissingRuleError, OutputError, ShapeError, TracedValueError
from .kinds import Application, Primitive
from .levels import Traced, lift
from .shapes import Shape


class CustomPrimitive(Primitive):
    """A function of arrays with a jvp, a vjp or both; the one that is missing is derived from the other.

    The array arguments are positional; keyword arguments are parameters without a derivative.
    """

    def signature(self, parameters: dict[str, Any]) -> Any:
        return None

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function.__name__, self._evaluate)
        functools.update_wrapper(self, function)
        self._function = function
        self._jvp: Callable[..., Any] | None = None
        self._vjp: Callable[..., Any] | None = None

    def __call__(self, *operands: Any, **parameters: Any) -> Any:
        lifted = [lift(operand) if isinstance(operand, (list, tuple, np.ndarray)) else operand for operand in operands]
        traced = any(isinstance(operand, Traced) for operand in lifted)
        return super().__call__(*lifted, **parameters) if traced else self._function(*operands, **parameters)

    def _evaluate(self, *values: Any, **parameters: Any) -> Any:
        """The function on copies: what it changes, or gives back again and again, must not reach the record."""
        copies = [np.array(value) if type(value) is np.ndarray else value for value in values]
        out = self._function(*copies, **parameters)
        for value, copy in zip(values, copies, strict=True):
            if type(value) is np.ndarray and not np.array_equal(value, copy, equal_nan=value.dtype.kind == "f"):
                raise TracedValueError(
                    f"`{self.name}` changes its argument in place, which a primitive may not do: nobody could follow it. "
                    "Let it return the new array instead."
                )
        if not issubclass(type(out), (np.ndarray, np.generic, int, float)):
            raise OutputError(
                f"`{self.name}` returned a {type(out).__name__}, but a primitive must return one array or number. "
                "Return np.stack([...]) of the parts, or write one primitive for each."
            )
        return np.array(out)[()]

    def def_jvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register ``rule(tangents, out, *arguments, **parameters)`` -> the output's tangent.

        `tangents` has one entry an argument, of its shape; zeros where it is not differentiated by.
        """
        self._jvp = rule
        return rule

    def def_vjp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Register ``rule(g, out, *arguments, **parameters)`` -> one cotangent an argument (None for zero)."""
        self._vjp = rule
        return rule

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        seeds = next(tangent.shape[0] for tangent in tangents if tangent is not None)
        full = [np.zeros((seeds, *shape)) if t is None else t for t, shape in zip(tangents, application.shapes, strict=True)]
        return _stacked([self._push([t[k] for t in full], application, out, values) for k in range(seeds)], application.shape)

    def _push(self, tangents: Sequence[Any], application: Application, out: Any, values: Sequence[Any]) -> Any:
        if self._jvp is not None:
            return self._checked(
                self._jvp([_own(tangent) for tangent in tangents], _own(out), *map(_own, values), **application.parameters),
                application.shape,
                "jvp",
            )
        parts = [self._pull(unit, application, out, values) for unit in _units(application.shape)]
        products = [
            sum((np.sum(part * tangent) for part, tangent in zip(row, tangents, strict=True)), start=np.float64(0.0))
            for row in parts
        ]
        return np.stack(products).reshape(application.shape) if products else np.zeros(application.shape)

    def vjp(self, application: Application, position: int, g: Any, out: Any, values: Sequence[Any]) -> Any:
        if np.ndim(g) == len(application.shape):
            return self._pull(g, application, out, values)[position]
        parts = [self._pull(g[k], application, out, values)[position] for k in range(g.shape[0])]
        return _stacked(parts, application.shapes[position])

    def _pull(self, g: Any, application: Application, out: Any, values: Sequence[Any]) -> list[Any]:
        if self._vjp is not None:
            parts = self._vjp(_own(g), _own(out), *map(_own, values), **application.parameters)
            parts = parts if isinstance(parts, (tuple, list)) else (parts,)
            if len(parts) != len(values):
                raise ShapeError(
                    f"The vjp of `{self.name}` returned {len(parts)} cotangents for {len(values)} arguments. "
                    "Return a tuple with one an argument (None for an argument without a derivative)."
                )
            return [
                np.zeros(shape) if part is None else self._checked(part, shape, "vjp")
                for part, shape in zip(parts, application.shapes, strict=True)
            ]
        if self._jvp is None:
            raise MissingRuleError(
                f"`{self.name}` is a primitive without a derivative. "
                f"Give it one with @{self.name}.def_jvp or @{self.name}.def_vjp."
            )
        return [self._pull_by_units(position, g, application, out, values) for position in range(len(values))]

    def _pull_by_units(self, position: int, g: Any, application: Application, out: Any, values: Sequence[Any]) -> Any:
        shapes = application.shapes
        zeros = [np.zeros(shape) for shape in shapes]
        products = []
        for unit in _units(shapes[position]):
            tangents = [unit if i == position else zero for i, zero in enumerate(zeros)]
            products.append(np.sum(g * self._push(tangents, application, out, values)))
        return np.stack(products).reshape(shapes[position]) if products else zeros[position]

    def _checked(self, part: Any, shape: Shape, rule: str) -> Any:
        part = _own(lift(part))
        if part.shape != shape:
            raise ShapeError(f"The {rule} of `{self.name}` returned shape {part.shape}, but it must return shape {shape}.")
        return part


def _own(array: Any) -> Any:
    """A copy that a rule may change."""
    return array.copy() if type(array) is np.ndarray else array


def _stacked(parts: list[Any], shape: Shape) -> Any:
    return np.stack(parts) if parts else np.zeros((0, *shape))


def _units(shape: Shape) -> list[Any]:
    size = math.prod(shape)
    return list(np.eye(size).reshape(size, *shape))


def primitive(function: Callable[..., Any]) -> CustomPrimitive:
    """Make a function of arrays one primitive, with a derivative of its own.

    Its inside is not traced, so it may call anything: compiled code, a table, a solver. A derivative by
    `def_jvp` or by `def_vjp` is enough for every mode; with both, each mode takes its own. Rules written
    in NumPy are differentiated themselves for second derivatives.

    Parameters
    ----------
    function : callable
        ``function(*arrays, **parameters)`` -> array.

    Returns
    -------
    CustomPrimitive
        Called as the function is.

    Raises
    ------
    MissingRuleError
        When it is differentiated and has no rule yet.
    ShapeError
        When a rule returns a wrong shape.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> @ad.primitive
    ... def sigmoid(x):
    ...     return 1 / (1 + np.exp(-x))
    >>> @sigmoid.def_vjp
    ... def sigmoid_vjp(g, out, x):
    ...     return g * out * (1 - out)
    >>> ad.gradient(lambda x: np.sum(sigmoid(x)), np.zeros(2))
    array([0.25, 0.25])
    """
    return CustomPrimitive(function)
