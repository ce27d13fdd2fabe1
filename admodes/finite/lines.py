"""f along straight lines through x: where difference quotients take their values from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import AdmodesError, ShapeError, UnsupportedError
from ..function import Function, Leaves

Array = np.ndarray[Any, Any]
#: The input elements that move along a line, and how far each moves per unit of step.
Direction = tuple[Array, Array]


@dataclass
class Derivatives:
    """Derivatives of all output elements along some lines.

    Attributes
    ----------
    value, error : ndarray, shape (lines, m)
        `error` is an estimate, infinite where there is none.
    steps : ndarray, shape (lines,)
        A step of each line over which f was found to be smooth.
    """

    value: Array
    error: Array
    steps: Array


class Point:
    """x as one vector, and f there.

    Attributes
    ----------
    x : ndarray, shape (n,)
        All input elements one after the other, in float64 or wider.
    value : ndarray, shape (m,)
        All output elements at x.
    scale : ndarray, shape (n,)
        Distances over which f may be expected to change: ``|x_k|``; where x_k is 0, `typical`, but at most 1.
    typical : float
        Median of the non-zero ``|x_k|``; 1 where there are none.
    relative_x, relative_value : ndarray, shapes (n,) and (m,)
        Relative spacing of floating-point numbers of each element's own dtype.
    """

    def __init__(self, function: Function) -> None:
        if function.nested:
            raise UnsupportedError(_NESTED)
        self.function = function
        self.outputs = [np.asarray(output) for output in function.plain(function.inputs)]
        if any(output.dtype == object for output in self.outputs):
            raise UnsupportedError(_NESTED)
        self.structure = function.output_structure
        inputs = function.inputs
        self.dtype = np.result_type(np.float64, *(leaf.dtype for leaf in [*inputs, *self.outputs]))
        self.x = self._vector(inputs)
        self.value = self._vector(self.outputs)
        self.relative_x, self.relative_value = _spacing(inputs), _spacing(self.outputs)
        self._bounds = np.cumsum([0, *(leaf.size for leaf in inputs)])
        self._rounded = [number for number, leaf in enumerate(inputs) if leaf.dtype != self.dtype]
        self._succeeded = False
        self._failure: Exception | None = None
        size = np.abs(self.x)
        smallest = max((float(np.finfo(leaf.dtype).tiny) for leaf in inputs), default=0.0) * 2.0**20
        usable = (size > smallest) & np.isfinite(size)
        self.typical = median(size[usable]) if usable.any() else 1.0
        self.scale = np.where(usable, size, min(self.typical, 1.0))

    def beside(self, direction: Direction, step: float) -> tuple[Array, float]:
        """f at ``x + step * direction``, and the step that rounding left of it.

        Where nothing of x moves, f is not called: the values are NaN, the step is 0. Where f raises an arithmetic error,
        a value error or a runtime warning, or returns other shapes than at x, the point lies outside the part of f's domain
        that x belongs to: NaN. Infinite values are NaN, too.
        """
        elements, amounts = direction
        moved = self.x.copy()
        with np.errstate(all="ignore"):
            moved[elements] += step * amounts
            for number in self._rounded:
                part = slice(self._bounds[number], self._bounds[number + 1])
                moved[part] = moved[part].astype(self.function.inputs[number].dtype)
            if elements.size == 1:
                step = float((moved[elements] - self.x[elements])[0] / amounts[0])
        if np.array_equal(moved[elements], self.x[elements]):
            return np.full(self.value.shape, np.nan, self.dtype), 0.0
        try:
            outputs = self.function.plain(self._leaves(moved))
        except AdmodesError:
            raise
        except (ArithmeticError, ValueError, RuntimeWarning) as error:
            self._failure = error
            return np.full(self.value.shape, np.nan, self.dtype), step
        found, wanted = [output.shape for output in outputs], [output.shape for output in self.outputs]
        if found != wanted or self.function.output_structure != self.structure:
            self._failure = ShapeError(
                f"{self.function.name} returned arrays of shapes {wanted} at x but {found} beside x, so there is nothing to "
                "subtract. Make the output's shape independent of x's values, e.g. by np.where instead of boolean indexing."
            )
            return np.full(self.value.shape, np.nan, self.dtype), step
        self._succeeded = True
        value = self._vector(outputs)
        value[~np.isfinite(value)] = np.nan
        return value, step

    def check_domain(self) -> None:
        """Raise what went wrong beside x if it went wrong at every point."""
        if self._failure is not None and not self._succeeded:
            raise self._failure

    def _leaves(self, x: Array) -> Leaves:
        parts = zip(self.function.inputs, self._bounds[:-1], self._bounds[1:], strict=True)
        return [_like(leaf, x[start:stop]) for leaf, start, stop in parts]

    def _vector(self, leaves: Sequence[Array]) -> Array:
        if len(leaves) == 1:
            return leaves[0].astype(self.dtype).ravel()
        return np.concatenate([np.empty(0, self.dtype), *(leaf.ravel().astype(self.dtype) for leaf in leaves)])


_NESTED = (
    "Finite differences cannot be taken inside another derivative: they see plain numbers only, so the outer derivative "
    'would be lost. Use method="forward" or method="reverse" for the inner derivative.'
)


def unit_direction(element: int) -> Direction:
    """Along one input element."""
    return np.array([element]), np.array([1.0])


def median(values: Array) -> float:
    """The middle of the values, of two middles the larger (np.median would load numpy.ma)."""
    return float(np.sort(values)[values.size // 2])


def argument_size(point: Point, direction: Direction) -> float:
    """Size of what moves along a line, per unit of step: it is what f rounds at first."""
    elements, amounts = direction
    with np.errstate(all="ignore"):
        return float(np.max(np.abs(point.x[elements])) / np.max(np.abs(amounts)))


def _spacing(leaves: Sequence[Array]) -> Array:
    """Relative spacing of each element's floating-point numbers."""
    spacing = [float(np.finfo(leaf.dtype if leaf.dtype.kind == "f" else np.float64).eps) for leaf in leaves]
    return np.repeat(np.array(spacing), [leaf.size for leaf in leaves])


def _like(leaf: Any, numbers: Array) -> Any:
    """The numbers in the shape, dtype and memory order of `leaf`."""
    made = numbers.astype(leaf.dtype, copy=False).reshape(leaf.shape)
    if leaf.flags.c_contiguous:
        return made
    ordered = np.empty_like(leaf)
    ordered[...] = made
    return ordered
