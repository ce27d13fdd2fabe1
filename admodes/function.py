"""The user's f seen from inside: a map from a list of input leaves to a list of output leaves."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .containers import Structure, flatten
from .errors import AdmodesError, InputError, OptionError, OutputError, ShapeError
from .failures import read_failure
from .formatting import with_article
from .levels import Traced, duplicate, lift

Leaves = list[Any]


class Function:
    """f, the point x, and which arguments to differentiate by.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *args)``.
    x : array_like or container
    args : tuple
        Further positional arguments of f.
    argnums : int or tuple of int
        Which of ``(x, *args)`` to differentiate by.

    Attributes
    ----------
    inputs : list
        The leaves of the selected arguments: floating-point arrays of our own (shape ``()`` for
        numbers), or traced values where this derivative is taken inside another one.
    output_structure : Structure
        How f's outputs are arranged; known after the first call.
    calls : int
        How often f was called.
    largest : int
        Number of elements of the largest array seen inside f, as far as the way of differentiating sees it.
    """

    def __init__(self, f: Callable[..., Any], x: Any, args: Sequence[Any] = (), argnums: int | Sequence[int] = 0) -> None:
        if not callable(f):
            raise InputError(f"The first argument must be a function f(x), but it is {with_article(type(f).__name__)}.")
        if not isinstance(args, (tuple, list)):
            raise InputError(f"args must be a tuple of further arguments of f, not {type(args).__name__}: write args=(value,).")
        self.f = f
        self.name = getattr(f, "__name__", type(f).__name__)
        self.positional = [x, *args]
        self.argnums = int(argnums) if isinstance(argnums, np.integer) else argnums
        self.selected = _selected(argnums, len(self.positional))
        self.calls = 0
        self.largest = 1
        self.output_structure = Structure()
        self.inputs: Leaves = []
        self._groups: list[tuple[Structure, int]] = []
        for number in self.selected:
            what = _argument_name(number)
            leaves, structure = flatten(self.positional[number], InputError, what)
            self.inputs += _converted(self.as_input, leaves, what, structure)
            self._groups.append((structure, len(leaves)))

    @staticmethod
    def as_input(leaf: Any, what: str) -> Any:
        """A leaf of x as a floating-point array."""
        return as_input(leaf, what)

    @property
    def input_names(self) -> list[str]:
        """The way to each input: ``x['w']``, ``args[0]``."""
        names = zip(self.selected, self._groups, strict=True)
        return [_argument_name(number) + path for number, (structure, _) in names for path in structure.paths()]

    @property
    def input_structures(self) -> list[Structure]:
        """How the leaves of each selected argument are arranged."""
        return [structure for structure, _ in self._groups]

    @property
    def nested(self) -> bool:
        """Whether this derivative is taken inside another one (an input is itself traced)."""
        return any(isinstance(leaf, Traced) for leaf in self.inputs)

    @property
    def input_size(self) -> int:
        """Number of elements of all inputs together."""
        return sum(leaf.size for leaf in self.inputs)

    def at(self, leaves: Leaves) -> Function:
        """The same function at another point."""
        moved = copy.copy(self)
        moved.inputs, moved.calls = leaves, 0
        return moved

    def __call__(self, leaves: Sequence[Any]) -> Leaves:
        """f at `leaves`: traced values pass through, object arrays of them are lifted."""
        self.calls += 1
        arguments = list(self.positional)
        for number, tree in zip(self.selected, self._regroup(leaves), strict=True):
            arguments[number] = tree
        try:
            result = self.f(*arguments)
        except Exception as error:
            if any(isinstance(leaf, Traced) for leaf in leaves):
                read_failure(error)
            raise
        what = f"{self.name}(x)"
        outputs, self.output_structure = flatten(result, OutputError, what)
        return _converted(as_output, outputs, what, self.output_structure)

    def plain(self, leaves: Sequence[np.ndarray]) -> list[np.ndarray]:
        """f at plain arrays: f gets copies, so nothing it does reaches `leaves`, and so does the caller."""
        copies = [leaf.copy("K") if leaf.ndim else leaf[()] for leaf in leaves]
        return [np.array(output) for output in self(copies)]

    def assemble(self, blocks: Sequence[Sequence[Any]]) -> Any:
        """A derivative from its blocks: ``blocks[i][j]`` is by input leaf j of output leaf i."""
        return self.output_structure.unflatten([self.as_input_tree(row) for row in blocks])

    def as_input_tree(self, leaves: Sequence[Any]) -> Any:
        """`leaves` arranged as the arguments that f is differentiated by."""
        if len(leaves) == 1 and self._groups[0][0].is_leaf and isinstance(self.argnums, int):
            return _number(leaves[0])
        groups = self._regroup([_number(leaf) for leaf in leaves])
        return groups[0] if isinstance(self.argnums, int) else tuple(groups)

    def as_output_tree(self, leaves: Sequence[Any]) -> Any:
        """`leaves` arranged as f's outputs."""
        return self.output_structure.unflatten([_number(leaf) for leaf in leaves])

    def flatten_like_inputs(self, tree: Any, what: str) -> Leaves:
        """Leaves of a tangent, checked against the inputs; each may carry one leading axis of k seeds."""
        trees = [tree] if isinstance(self.argnums, int) else list(tree)
        leaves: Leaves = []
        for part, (structure, _) in zip(trees, self._groups, strict=True):
            leaves += _flatten_like(part, structure, what)
        return _same_seeds(leaves, [np.shape(leaf) for leaf in self.inputs], what, "x")

    def flatten_like_outputs(self, tree: Any, shapes: Sequence[tuple[int, ...]], what: str) -> Leaves:
        """Leaves of a cotangent, checked against f's outputs; each may carry one leading axis of k seeds."""
        return _same_seeds(_flatten_like(tree, self.output_structure, what), shapes, what, f"{self.name}(x)")

    def _regroup(self, leaves: Sequence[Any]) -> list[Any]:
        trees, start = [], 0
        for structure, count in self._groups:
            trees.append(structure.unflatten(list(leaves[start : start + count])))
            start += count
        return trees


class ScalarFunction(Function):
    """A function that must return a number: it says so before any work is done on the derivative."""

    operator = "gradient"

    def __call__(self, leaves: Sequence[Any]) -> Leaves:
        outputs = super().__call__(leaves)
        instead = "value_and_jacobian" if self.operator == "value_and_gradient" else "jacobian"
        if not self.output_structure.is_leaf:
            raise ShapeError(
                f"`{self.operator}` needs f(x) of shape (), but `{self.name}` returned a container "
                f"{self.output_structure}. Use `{instead}(f, x)` or return one number."
            )
        shape = outputs[0].shape
        if shape != ():
            raise ShapeError(
                f"`{self.operator}` needs f(x) of shape (), but `{self.name}` returned shape {shape}. "
                f"Use `{instead}(f, x)` or sum the output."
            )
        return outputs


def _converted(convert: Callable[[Any, str], Any], leaves: Sequence[Any], what: str, structure: Structure) -> Leaves:
    """`convert` of the leaves; the way to one through the container is spelled out only where its conversion fails."""
    if structure.is_leaf:
        return [convert(leaves[0], what)]
    converted = []
    for position, leaf in enumerate(leaves):
        try:
            converted.append(convert(leaf, what))
        except AdmodesError:
            converted.append(convert(leaf, what + structure.paths()[position]))
    return converted


def as_numbers(leaf: np.ndarray) -> np.ndarray:
    """An object array of plain numbers as what it holds; others as they are."""
    try:
        return np.array(leaf.tolist())
    except ValueError:
        return leaf


def as_output(leaf: Any, what: str) -> Any:
    """A leaf of f's output as an array: traced, or plain and real."""
    if isinstance(leaf, Traced) and leaf.dtype.kind != "c":
        return leaf
    kind = type(leaf).__name__
    masked = sys.modules.get("numpy.ma")
    if masked is not None and isinstance(leaf, masked.MaskedArray) and masked.is_masked(leaf):
        raise OutputError(
            f"{what} is an array with masked elements, whose mask would be dropped. Return .filled() with a number."
        )
    try:
        leaf = lift(leaf)
    except ValueError as error:
        raise ShapeError(f"{what} is a ragged list: its rows differ in length. Return an array, or a dict of arrays.") from error
    except AdmodesError:
        raise
    except (TypeError, RuntimeError) as error:  # what arrays of other packages raise that NumPy cannot read
        raise OutputError(
            f"{what} is {with_article(kind)}, which NumPy does not take ({error}). Return an array of it."
        ) from error
    if leaf.dtype == object:
        leaf = as_numbers(leaf)
    if leaf.dtype.kind not in "biuf":
        kind = "complex numbers" if leaf.dtype.kind == "c" else f"values of dtype {leaf.dtype}"
        raise OutputError(
            f"{what} returned {kind}: derivatives here are of real outputs. "
            "Return real numbers, e.g. np.real(z), np.imag(z) or np.abs(z)."
        )
    return leaf


def as_input(leaf: Any, what: str) -> Any:
    """A leaf of x as a floating-point array of our own: integers become float64, float32 stays."""
    if isinstance(leaf, Traced) or (type(leaf) is np.ndarray and leaf.dtype.char in "df"):
        return leaf if isinstance(leaf, Traced) else duplicate(leaf)
    masked = sys.modules.get("numpy.ma")
    if masked is not None and isinstance(leaf, masked.MaskedArray):
        raise InputError(f"{what} is a masked array, whose mask would be dropped. Pass x.filled(0.0), and the mask in args.")
    if isinstance(leaf, np.matrix):
        raise InputError(f"{what} is an np.matrix, whose * and ** are those of matrices. Pass np.asarray(x), and write @.")
    try:
        value = lift(leaf)
    except ValueError as error:
        raise ShapeError(
            f"{what} is a ragged list: its rows differ in length. Pad them, or pass a dict or list of arrays."
        ) from error
    if isinstance(value, Traced):
        return value
    if value.dtype.kind in "biu":
        return value.astype(np.float64)
    if value.dtype.kind == "f":
        return np.array(value, subok=False)
    known = isinstance(leaf, (np.ndarray, np.generic, list, tuple))
    kind = "" if known else f"{with_article(type(leaf).__name__)}, as an array "
    reason = (
        "complex: pass real and imaginary parts as two real arrays"
        if value.dtype.kind == "c"
        else f"{kind}of dtype {value.dtype}"
    )
    raise InputError(f"{what} is {reason}. Derivatives are taken by real floating-point numbers (integers become float64).")


def _argument_name(number: int) -> str:
    return "x" if number == 0 else f"args[{number - 1}]"


def _selected(argnums: int | Sequence[int], count: int) -> list[int]:
    if type(argnums) is int and argnums == 0:
        return [0]
    numbers: list[Any] = list(argnums) if isinstance(argnums, (tuple, list)) else [argnums]
    if not numbers or not all(isinstance(number, (int, np.integer)) and -count <= number < count for number in numbers):
        raise OptionError(f"argnums={argnums!r} does not name positions of (x, *args), of which there are {count} (0 is x).")
    positions = [int(number) % count for number in numbers]
    if len(set(positions)) < len(positions):
        raise OptionError(f"argnums={argnums!r} names an argument twice: give each position once.")
    return positions


def _number(leaf: Any) -> Any:
    """0-d results are NumPy scalars."""
    return leaf[()] if type(leaf) is np.ndarray and leaf.ndim == 0 else leaf


def _flatten_like(tree: Any, structure: Structure, what: str) -> Leaves:
    if structure.is_leaf:
        return [tree]
    leaves, found = flatten(tree, ShapeError, what)
    if found != structure:
        raise ShapeError(f"{what} is arranged as {found}, but it must be arranged as {structure}.")
    return leaves


def _same_seeds(leaves: Leaves, shapes: Sequence[tuple[int, ...]], what: str, like: str) -> Leaves:
    """The leaves as arrays; all of exactly their shape, or all with one leading axis of the same k."""
    arrays = [as_input(leaf, what) for leaf in leaves]
    seeds = {array.shape[: max(array.ndim - len(shape), 0)] for array, shape in zip(arrays, shapes, strict=True)}
    fits = all(array.shape[array.ndim - len(shape) :] == shape for array, shape in zip(arrays, shapes, strict=True))
    if not fits or len(seeds) > 1 or any(len(lead) > 1 for lead in seeds):
        found = ", ".join(str(array.shape) for array in arrays)
        wanted = ", ".join(str(shape) for shape in shapes)
        raise ShapeError(
            f"{what} has shape {found}, but {like} has shape {wanted}. Give {what} the same shape, "
            "or that shape with one leading axis of k directions."
        )
    return arrays
