"""f and the derivative that somebody claims for it, as functions of one vector: called with copies, watched, counted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...containers import flatten
from ...errors import AdmodesError, InputError, OutputError
from ...formatting import with_article
from ...function import Function, Leaves, as_numbers
from .foreign import foreign_name, labels_of, readable

Array = np.ndarray[Any, Any]

#: Kinds of claim that are called with a second argument, a direction or a cotangent.
SEEDED = ("jvp", "vjp", "hvp")
#: What a function that answered at x may raise elsewhere: there it is not defined, as with a ValueError.
UNDEFINED = (AssertionError, LookupError, RuntimeError)
#: What is said of integers and truth values.
CUT_OFF = "a fraction would be cut off"
KINDS = ("gradient", "jacobian", "jvp", "vjp", "hessian", "hvp", "value_and_grad")


@dataclass
class Reading:
    """What a claim returned.

    Attributes
    ----------
    matrix : ndarray, shape (m, n), or None
        The claimed derivative in float64 or wider; None where it cannot be read as one.
    fault : str
        Why it cannot be; empty otherwise.
    note : str
        What is odd about it and harmless.
    spacing : float
        Relative spacing of the floating-point numbers that it came in, or x, whichever is wider.
    """

    matrix: Array | None
    fault: str = ""
    note: str = ""
    spacing: float = float(np.finfo(np.float64).eps)


class CallsSpent(BaseException):
    """No more calls of f are allowed: caught by who set the limit, and by nobody who expects f to fail."""


class Watched:
    """A function of the user's: counts its calls (`most` of them), and sees whether it changes what it is given."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call, self.calls, self.mutates = call, 0, False
        self.watcher: Callable[[], Any] | None = None
        self.most = float("inf")
        self.__name__ = type(call).__name__  # an object that can be called has no name of its own
        functools.update_wrapper(self, call, updated=())

    def __call__(self, *arguments: Any) -> Any:
        """The function, with NumPy's warnings off: it is asked outside of its domain on purpose."""
        if self.calls >= self.most:
            raise CallsSpent
        self.calls += 1
        if self.watcher is not None:
            self.watcher()
        before = [(array, array.copy()) for array in _arrays(arguments)]
        try:
            with np.errstate(all="ignore"):
                result = self.call(*arguments)
        except AdmodesError:
            raise
        except UNDEFINED as error:
            if self.calls == 1:
                raise
            raise ValueError(f"{type(error).__name__}: {error}") from error
        self.mutates |= any(_changed(array, copy) for array, copy in before)
        return readable(result)


def _changed(array: Array, copy: Array) -> bool:
    """Whether two arrays differ, NaN being equal to NaN."""
    return not np.array_equal(array, copy) and array.tobytes() != copy.tobytes()


def _arrays(value: Any) -> list[Array]:
    if isinstance(value, np.ndarray):
        return [value] if value.dtype != object else []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [array for part in parts for array in _arrays(part)]


def require_functions(**calls: Any) -> None:
    """Refuse, by name, what is no function.

    Raises
    ------
    InputError
    """
    for name, call in calls.items():
        if not callable(call):
            kind = with_article(type(call).__name__)
            raise InputError(f"{name} is {kind}, not a function: pass the function itself, {name} and not {name}(x).")


class Subject:
    """f with a claimed derivative at x.

    Parameters
    ----------
    f, claim : callable
    x : array_like or container
    args : sequence
        Further arguments of both.

    Attributes
    ----------
    function : Function
        f at x, which may be in wider numbers than were given.
    dtypes : list of dtype
        Of the leaves of x: in these the claim is asked.
    """

    def __init__(self, f: Callable[..., Any], claim: Callable[..., Any], x: Any, args: Sequence[Any]) -> None:
        require_functions(f=f, grad=claim)
        self.f, self.claim = Watched(f), Watched(claim)
        self.given = x
        self.function = Function(self.f, readable(x, sparse=False), args)
        self.args = tuple(args)
        self.dtypes = [leaf.dtype for leaf in self.function.inputs]
        self.kind = "gradient"
        self.output_shapes: list[tuple[int, ...]] = []

    @contextmanager
    def blaming_x(self) -> Iterator[None]:
        """What fails because x is an array of another package, which f and the claim get as one of NumPy's, says so."""
        try:
            yield
        except (AttributeError, LookupError, TypeError) as error:
            kind = "" if isinstance(error, AdmodesError) else foreign_name(self.given)
            if not kind:
                raise
            raise InputError(
                f"x is a {kind}, but f and its derivative get NumPy arrays, and one of them failed over that "
                f"({type(error).__name__}: {error}). Pass functions of arrays, e.g. lambda x: f({kind}(x))."
            ) from error

    @property
    def leaves(self) -> Leaves:
        """x itself."""
        return self.function.inputs

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the leaves of x."""
        return [leaf.shape for leaf in self.leaves]

    @property
    def spacing(self) -> float:
        """Relative, between the floating-point numbers that x was given in."""
        return _spacing(self.dtypes)

    @property
    def derivative(self) -> int:
        """The order of the derivative that is claimed."""
        return 2 if self.kind in ("hessian", "hvp") else 1

    def tree(self, leaves: Sequence[Array]) -> Any:
        """Copies of leaves in the dtypes that were given, arranged as x is."""
        return self.function.as_input_tree([leaf.astype(dtype) for leaf, dtype in zip(leaves, self.dtypes, strict=True)])

    def rounded(self, vector: Array) -> Array:
        """The nearest vector whose elements the given dtypes can hold."""
        leaves = zip(self.at(vector), self.dtypes, strict=True)
        return np.concatenate([np.empty(0), *(leaf.astype(dtype).ravel() for leaf, dtype in leaves)])

    def at(self, vector: Array) -> Leaves:
        """A vector of all elements as leaves of x's shapes and dtypes."""
        bounds = np.cumsum([0, *(leaf.size for leaf in self.leaves)])
        return [
            vector[start:stop].astype(leaf.dtype).reshape(leaf.shape)
            for leaf, start, stop in zip(self.leaves, bounds[:-1], bounds[1:], strict=True)
        ]

    def ask(self, leaves: Sequence[Array], *seed: Any) -> Any:
        """What the claim returns at a point."""
        return self.claim(self.tree(leaves), *seed, *self.args)

    def read(self, leaves: Sequence[Array], result: Any = None) -> Reading:
        """The claimed matrix at a point; column by column (or row by row) where the claim takes a direction."""
        if self.kind in SEEDED:
            return self._read_seeded(leaves)
        result = self.ask(leaves) if result is None else result
        if self.kind == "value_and_grad":
            if not isinstance(result, (tuple, list)) or len(result) != 2:
                return Reading(None, f"returned {_described(result)} instead of a pair (value, derivative)")
            result = result[1]
        return self.matrix(result, *self._expected())

    def _expected(self) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
        rows = self.shapes if self.kind == "hessian" else self.output_shapes
        if self.kind == "gradient" or (self.kind == "value_and_grad" and _size(self.output_shapes) == 1):
            rows = [()]
        return rows, self.shapes

    def _read_seeded(self, leaves: Sequence[Array]) -> Reading:
        across = self.shapes if self.kind in ("jvp", "hvp") else self.output_shapes
        result_shapes = self.output_shapes if self.kind == "jvp" else self.shapes
        lines, reading = [], Reading(None)
        for number in range(_size(across)):
            seed = np.zeros(_size(across))
            seed[number] = 1.0
            reading = self.read_along(leaves, seed, result_shapes)
            if reading.matrix is None:
                return reading
            lines.append(reading.matrix)
        matrix = np.array(lines).reshape(_size(across), _size(result_shapes))
        reading.matrix = matrix if self.kind == "vjp" else matrix.T
        return reading

    def read_along(self, leaves: Sequence[Array], seed: Array, result_shapes: list[tuple[int, ...]] | None = None) -> Reading:
        """What a jvp, vjp or hvp claims for one direction or cotangent, as a vector."""
        if result_shapes is None:
            result_shapes = self.output_shapes if self.kind == "jvp" else self.shapes
        reading = self.matrix(self.ask(leaves, self.seed(seed)), [()], result_shapes)
        reading.matrix = None if reading.matrix is None else reading.matrix[0]
        return reading

    def seed(self, vector: Array) -> Any:
        """A vector arranged as x (jvp, hvp) or as f(x) (vjp)."""
        if self.kind in ("jvp", "hvp"):
            return self.tree(self.at(vector))
        bounds = np.cumsum([0, *(int(np.prod(shape)) for shape in self.output_shapes)])
        parts = zip(self.output_shapes, bounds[:-1], bounds[1:], strict=True)
        return self.function.as_output_tree([vector[start:stop].reshape(shape) for shape, start, stop in parts])

    def matrix(self, result: Any, rows: list[tuple[int, ...]], columns: list[tuple[int, ...]]) -> Reading:
        """A result whose blocks are of shapes ``row + column``, as one matrix."""
        if result is None:
            return Reading(None, "returned None")
        try:
            leaves, structure = flatten(result, OutputError, "its value")
            arrays = [_as_array(leaf) for leaf in leaves]
        except AdmodesError as error:
            return Reading(None, f"returned what cannot be read: {error}".rstrip("."))
        like = self.function.output_structure if self.kind == "jvp" else self.function.input_structures[0]
        if rows == [()] and isinstance(result, dict) and structure.paths() != like.paths():
            wanted = "one array" if like.is_leaf else ", ".join(like.paths())
            return Reading(None, f"returned the entries {', '.join(structure.paths())} where {wanted} is right")
        expected = [row + column for row in rows for column in columns]
        found = [array.shape for array in arrays]
        if found != expected:
            return Reading(None, f"returned shape {_listed(found)} where {_listed(expected)} is right")
        fault = _fault_of_dtype(arrays)
        if fault:
            return Reading(None, fault)
        dtype = np.result_type(np.float64, *(array.dtype for array in arrays if array.dtype.kind == "f"))
        blocks = iter(arrays)
        lines = [
            np.concatenate(
                [np.empty((_size([row]), 0), dtype)]
                + [next(blocks).astype(dtype).reshape(_size([row]), _size([column])) for column in columns],
                axis=1,
            )
            for row in rows
        ]
        matrix = np.concatenate(lines) if lines else np.empty((0, _size(columns)))
        note = _note_of_labels(leaves) or _note_of_dtype(arrays, self.dtypes)
        spacing = _spacing([*self.dtypes, *(array.dtype for array in arrays)])
        return Reading(matrix, note=note, spacing=spacing)


def _as_array(leaf: Any) -> Array:
    """One array of a claim.

    Raises
    ------
    OutputError
        Not all of its numbers can be read.
    """
    if np.ma.is_masked(leaf):
        raise OutputError("some of its elements are masked, and nobody can compare them. Return .filled() with a number instead")
    try:
        array = np.asarray(leaf)
    except ValueError as error:
        raise OutputError("its value is a ragged list: its rows differ in length") from error
    except (TypeError, RuntimeError) as error:
        raise OutputError(f"NumPy does not take its {type(leaf).__name__} ({error})") from error
    if array.dtype == object and array.ndim != getattr(leaf, "ndim", array.ndim):
        raise OutputError(f"NumPy makes no array of its {type(leaf).__name__}. Return the matrix itself")
    return as_numbers(array) if array.dtype == object else array


def _size(shapes: Sequence[tuple[int, ...]]) -> int:
    return sum(int(np.prod(shape)) for shape in shapes)


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(str(shape) for shape in shapes[:4]) + (", ..." if len(shapes) > 4 else "")


def _described(result: Any) -> str:
    return "None" if result is None else with_article(type(result).__name__)


def _spacing(dtypes: Iterable[np.dtype[Any]]) -> float:
    return max((float(np.finfo(dtype).eps) for dtype in dtypes if dtype.kind == "f"), default=2.0**-52)


def _fault_of_dtype(arrays: Sequence[Array]) -> str:
    for array in arrays:
        if array.dtype.kind == "c":
            return f"returned complex numbers ({array.dtype}) for a real function"
        if array.dtype.kind not in "biuf" and array.size:
            return f"returned values of dtype {array.dtype}, which are no numbers to compare"
    return ""


def _note_of_dtype(arrays: Sequence[Array], dtypes: Sequence[np.dtype[Any]]) -> str:
    narrow = {str(array.dtype) for array in arrays if array.size and array.dtype.kind == "f"}
    wide = max((dtype.itemsize for dtype in dtypes), default=8)
    found = sorted(name for name in narrow if np.dtype(name).itemsize < wide)
    if found:
        return f"the derivative comes in {found[0]}, x in {dtypes[0]}: only that many digits can be judged"
    for kinds, name in (("b", "truth values"), ("iu", "integers")):
        if any(array.dtype.kind in kinds and array.size for array in arrays):
            return f"the derivative comes as {name}: {CUT_OFF}"
    return ""


def _note_of_labels(leaves: Sequence[Any]) -> str:
    labels = next(filter(None, map(labels_of, leaves)), "")
    return f"the derivative comes with the labels {labels}, and is read in the order in which it stands" if labels else ""
