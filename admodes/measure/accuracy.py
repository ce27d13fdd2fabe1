"""How far a derivative is from the reference, as numbers, and whether the check could tell a wrong one.

A tolerance that no mistake can violate proves nothing. So every check is tried on mutants of the
reference first: the zero gradient, a flipped sign, one component off, a transposed Jacobian, a
dropped component. What survives is named in the row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..containers import flatten
from ..errors import OutputError, ShapeError

#: Components below this part of the largest one are compared with the largest, not with themselves:
#: finite differences have noise there, which is no mistake.
SMALL_COMPONENT = 1e-3


@dataclass(frozen=True)
class Derivative:
    """A derivative seen as one vector in extended precision.

    Parameters
    ----------
    vector : ndarray
        All components, in the order of the leaves.
    paths : tuple of str
        The way to each leaf, "" for a single array.
    shapes : tuple of tuple of int
        The shape of each leaf.
    precisions : tuple of dtype
        The floating-point type of each leaf.
    """

    vector: np.ndarray
    paths: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    precisions: tuple[np.dtype[Any], ...]

    @classmethod
    def of(cls, value: Any, what: str) -> Derivative:
        """The derivative `value` (array_like or container of arrays); `what` names it in messages."""
        leaves, structure = flatten(value, OutputError, what)
        arrays = [np.asarray(leaf) for leaf in leaves]
        for array, path in zip(arrays, structure.paths(), strict=True):
            if array.dtype.kind not in "biuf":
                raise OutputError(f"{what}{path} has dtype {array.dtype}: a derivative is made of real numbers.")
        parts = [array.astype(np.longdouble).ravel() for array in arrays]
        vector = np.concatenate(parts) if parts else np.zeros(0, np.longdouble)
        precisions = tuple(array.dtype if array.dtype.kind == "f" else np.dtype(np.float64) for array in arrays)
        return cls(vector, tuple(structure.paths()), tuple(array.shape for array in arrays), precisions)

    def replaced(self, vector: np.ndarray) -> Derivative:
        """The same arrangement with other components."""
        return replace(self, vector=vector)

    def no_finer_than(self, precision: np.dtype[Any]) -> Derivative:
        """The same components, counted as numbers of `precision` where their own type is a finer one."""
        coarse = [precision if np.finfo(precision).eps > np.finfo(own).eps else own for own in self.precisions]
        return replace(self, precisions=tuple(coarse))

    def label(self, position: int) -> str:
        """Where component number `position` stands, as Python would index it: ``['w'][3, 1]``."""
        for path, shape in zip(self.paths, self.shapes, strict=True):
            size = math.prod(shape)
            if position < size:
                index = ", ".join(str(int(number)) for number in np.unravel_index(position, shape)) if shape else "()"
                return f"{path}[{index}]"
            position -= size
        return ""

    @property
    def vague(self) -> str:
        """Where the first NaN stands; "" without one."""
        places = np.flatnonzero(np.isnan(self.vector))
        return self.label(int(places[0])) if places.size else ""

    @property
    def finite(self) -> bool:
        """Whether every component is finite."""
        return bool(np.all(np.isfinite(self.vector)))


@dataclass(frozen=True)
class ErrorSize:
    """The error of a derivative as numbers.

    Parameters
    ----------
    norm : float
        ``|found - reference| / |reference|`` in the 2-norm; absolute where the reference is zero.
    worst : float
        The largest relative error of a component; one whose reference is zero is compared with the largest.
    worst_at : str
        Index of that component.
    digits : float
        ``-log10(norm)``, at most 16.
    ulp : float
        The largest error of a component in units of the last place of its reference, in the precision of what was found:
        float32 where that is float32. One whose reference is zero is compared with the largest of its array, and where
        all are zero with 1.
    """

    norm: float
    worst: float
    worst_at: str
    digits: float
    ulp: float


def measure_error(found: Derivative, reference: Derivative) -> ErrorSize:
    """The error of `found` against `reference`, norm-wise and of the worst component.

    Parameters
    ----------
    found, reference : Derivative
        Of the same shapes.

    Returns
    -------
    ErrorSize

    Raises
    ------
    ShapeError
        If the shapes differ.

    Examples
    --------
    >>> import numpy as np
    >>> exact = Derivative.of([1.0, 2.0], "reference")
    >>> size = measure_error(Derivative.of([1.0, 2.002], "derivative"), exact)
    >>> f"{size.norm:.1e} {size.worst:.1e} {size.worst_at} {size.digits:.1f}"
    '8.9e-04 1.0e-03 [1] 3.0'
    >>> measure_error(Derivative.of([1.0, 2.0 + 3 * np.spacing(2.0)], "derivative"), exact).ulp
    3.0
    """
    require_same_shapes(found, reference)
    if not found.vector.size:
        return ErrorSize(0.0, 0.0, "", 16.0, 0.0)
    difference, size = _difference(found, reference), np.abs(reference.vector)
    largest = np.max(size)
    scale = np.where(size > 0, size, largest if largest > 0 else 1)
    with np.errstate(invalid="ignore"):
        relative = difference / scale
        norm = _norm(difference) / (_norm(size) if largest > 0 else 1)
    position = int(np.nanargmax(relative)) if not np.all(np.isnan(relative)) else 0
    ulp = float(np.max(_in_last_places(difference, size, found)))
    return ErrorSize(float(norm), float(relative[position]), found.label(position), digits_of(float(norm)), ulp)


def _in_last_places(difference: np.ndarray, size: np.ndarray, found: Derivative) -> np.ndarray:
    """`difference` in units of the last place of numbers of that `size`, in the precision of `found`."""
    parts, start = [], 0
    with np.errstate(all="ignore"):
        for shape, precision in zip(found.shapes, found.precisions, strict=True):
            stop = start + math.prod(shape)
            part, apart = size[start:stop], difference[start:stop]
            largest = np.max(part, initial=0.0, where=np.isfinite(part))
            scale = np.where(part > 0, part, largest if largest > 0 else 1).astype(precision)
            units = apart / np.spacing(scale).astype(np.longdouble)
            # Equal infinities do not differ, and from anything else infinity is infinitely far.
            parts.append(np.where((apart == 0) | np.isinf(apart), apart, units))
            start = stop
    return np.concatenate(parts)


def digits_of(error: float) -> float:
    """Correct digits of a relative error: at most 16, at least 0; NaN for NaN."""
    if math.isnan(error):
        return math.nan
    return 16.0 if error <= 1e-16 else max(0.0, -math.log10(error))


def require_same_shapes(found: Derivative, reference: Derivative) -> None:
    """Refuse to compare derivatives that are arranged differently."""
    if (found.paths, found.shapes) != (reference.paths, reference.shapes):
        raise ShapeError(
            f"The derivative has shape {_arrangement(found)}, but the reference has shape {_arrangement(reference)}. "
            "Both must have shape f(x).shape + x.shape."
        )


def _arrangement(derivative: Derivative) -> str:
    return ", ".join(f"{path}{shape}" for path, shape in zip(derivative.paths, derivative.shapes, strict=True))


def _difference(found: Derivative, reference: Derivative) -> np.ndarray:
    """|found - reference|, where equal infinities do not differ."""
    with np.errstate(invalid="ignore"):
        difference: np.ndarray = np.abs(found.vector - reference.vector)
    return np.where(found.vector == reference.vector, 0, difference)


def _norm(vector: np.ndarray) -> np.floating[Any]:
    """The 2-norm, scaled so that squares of tiny or huge components do not under- or overflow."""
    largest = np.max(np.abs(vector))
    if not np.isfinite(largest) or largest == 0:
        return largest  # type: ignore[no-any-return]
    return largest * np.sqrt(np.sum((vector / largest) ** 2))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Check:
    """The rule that calls a derivative right: the norm within `tolerance`, and every component too.

    Parameters
    ----------
    reference : Derivative
    tolerance : float
        Relative. Components below `SMALL_COMPONENT` of the largest count as that large.
    """

    reference: Derivative
    tolerance: float

    def passes(self, found: Derivative) -> bool:
        """Whether `found` is within the tolerance."""
        difference, size = _difference(found, self.reference), np.abs(self.reference.vector)
        if not size.size:
            return True
        allowed = self.tolerance * np.maximum(size, SMALL_COMPONENT * np.max(size))
        close = _norm(difference) <= self.tolerance * _norm(size)
        return bool(close and np.all(difference <= allowed))

    def weakness(self) -> str:
        """Which planted mistakes pass the check, or "guarded" where none does."""
        reference = self.reference
        if not reference.vector.size:
            return "empty: the derivative has no components"
        if not reference.finite:
            return "blind: the reference is not finite"
        if not np.any(reference.vector):
            return "blind: the reference is zero, so a method that returns zeros passes"
        survivors = [name for name, mutant in mutants(reference) if self.passes(mutant)]
        return "blind to " + "; ".join(survivors) if survivors else "guarded"


def mutants(reference: Derivative) -> Iterator[tuple[str, Derivative]]:
    """Wrong derivatives that every check must refuse, with their names.

    Parameters
    ----------
    reference : Derivative
        Not all zero.

    Yields
    ------
    name : str
    mutant : Derivative
    """
    vector = reference.vector
    yield "the zero gradient", reference.replaced(np.zeros_like(vector))
    yield "a flipped sign", reference.replaced(-vector)
    nonzero = np.flatnonzero(vector)
    ordered = nonzero[np.argsort(np.abs(vector[nonzero]), kind="stable")]
    smallest, middle = int(ordered[0]), int(ordered[len(ordered) // 2])
    share = float(abs(vector[smallest]) / np.max(np.abs(vector)))
    yield f"a dropped component {reference.label(smallest)} ({share:.0e} of the largest)", _changed(reference, smallest, 0.0)
    yield f"one component off by 1 percent {reference.label(middle)}", _changed(reference, middle, 1.01)
    transposed = _transposed(reference)
    if not np.array_equal(transposed.vector, vector):
        yield "a transposed Jacobian", transposed


def _changed(reference: Derivative, position: int, factor: float) -> Derivative:
    vector = reference.vector.copy()
    vector[position] *= factor
    return reference.replaced(vector)


def _transposed(reference: Derivative) -> Derivative:
    """Every square matrix among the leaves transposed."""
    parts, start = [], 0
    for shape in reference.shapes:
        part = reference.vector[start : start + math.prod(shape)]
        start += part.size
        square = len(shape) == 2 and shape[0] == shape[1]
        parts.append(part.reshape(shape).T.ravel() if square else part)
    return reference.replaced(np.concatenate(parts))
