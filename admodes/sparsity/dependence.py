"""What each kind of record makes an output's elements depend on, given what the operands' elements depend on.

A rule is called as ``rule(reader, step, numbers, values)``: `numbers` holds the numbers of the sets of each operand's
elements (None for an operand that no input reaches), `values` what the record keeps. It returns those of the output,
never too small. Where nothing is known of a primitive, each element of the output depends on all of each operand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..kinds import Elementwise, Reduction
from ..protocols import peel
from ..rules import ELEMENTWISE
from ..shapes import reduced_shape
from ..steps.elements import WRITE
from ..table import structural
from ..table.complex_values import conjugate, imaginary_part, real_part
from ..table.fourier import fourier, half_fourier, half_inverse, inverse_fourier
from ..table.linalg import solve_matrix
from ..table.polynomials import convolution
from ..table.products import einsum, matmul
from ..table.scans import extremes_so_far, running_products
from .contractions import convolved, multiplied, summed_products
from .sets import NONE, Sets

Numbers = Sequence[Any]
Rule = Callable[["Reader", Any, Numbers, Sequence[Any]], Any]

#: Single dependences that a record may spell out; beyond, whole lanes depend on one another.
MOST_PAIRS = 2**24

_MULTIPLY = ELEMENTWISE[np.multiply]


class Reader:
    """The sets that a tape's records refer to, and whether zeros of constants count.

    Attributes
    ----------
    sets : Sets
    zeros : bool
        Whether a product with a constant 0 depends on nothing. It does where its other factor's derivative is infinite.
    used_zeros : bool
        Whether that made a difference.
    """

    def __init__(self, inputs: int, zeros: bool = True) -> None:
        self.sets = Sets(inputs)
        self.zeros = zeros
        self.used_zeros = False

    def constant(self, step: Any, numbers: Numbers, values: Sequence[Any], position: int) -> Any:
        """Where an operand that no input reaches is not zero, as an array; None where all of it counts."""
        if not self.zeros or numbers[position] is not None or values[position] is None:
            return None
        nonzero = np.asarray(peel(values[position])) != 0
        if nonzero.shape != step.shapes[position] or nonzero.all():
            return None
        self.used_zeros = True
        return nonzero

    def depend(self, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
        """The output's sets."""
        primitive = step.primitive
        rule = _RULES.get(primitive)
        if rule is None:
            rule = next((found for kind, found in _KINDS if isinstance(primitive, kind)), _everything)
        return rule(self, step, numbers, values)


def _elementwise(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    result: Any = None
    for position, own in enumerate(numbers):
        if own is None:
            continue
        wide = own if own.shape == step.shape else np.broadcast_to(own, step.shape)
        if step.primitive is _MULTIPLY and len(numbers) == 2:
            nonzero = reader.constant(step, numbers, values, 1 - position)
            wide = wide if nonzero is None else np.where(nonzero, wide, NONE)
        result = wide if result is None else reader.sets.either(result, wide)
    return result


def _moved(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    """What moves or copies elements does the same with their numbers."""
    present = [np.zeros(shape, dtype=int) if own is None else own for own, shape in zip(numbers, step.shapes, strict=True)]
    return np.array(step.primitive.evaluate(*present, **step.parameters))


def _unchanged(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    return numbers[0]


def _selected(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    """Each element depends on the branch that is chosen at this x."""
    chosen, other = (NONE if own is None else own for own in numbers[1:])
    return np.array(np.broadcast_to(np.where(np.asarray(peel(values[0])), chosen, other), step.shape))


def _written(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    """The array after a write. Its own numbers are written over: whoever calls hands over a copy."""
    before, written = numbers
    target = np.zeros(step.shape, dtype=int) if before is None else before
    target[step.parameters["key"]] = NONE if written is None else written
    return target


def _lanes(reader: Reader, step: Any, numbers: Numbers, axes: Sequence[int], position: int = 0) -> Any:
    """The union over `axes` of one operand, in its shape with those axes at length one."""
    kept = reduced_shape(step.shapes[position], axes)
    lanes = np.arange(math.prod(kept)).reshape(kept)
    groups = np.broadcast_to(lanes, step.shapes[position])
    return reader.sets.unite(groups.ravel(), numbers[position].ravel(), lanes.size).reshape(kept)


def _reduced(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    return _lanes(reader, step, numbers, step.parameters["axes"]).reshape(step.shape)


def _cumulated(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    """Running sums depend on what stands before them; so do running products and extremes, along the last axis."""
    shape, axis = step.shape, step.parameters.get("axis", -1)
    length = shape[axis]
    if math.prod(shape) * length > MOST_PAIRS:
        return np.array(np.broadcast_to(_lanes(reader, step, numbers, (axis,)), shape))
    own = np.moveaxis(numbers[0], axis, -1)
    places = np.arange(own.size).reshape(own.shape)
    later, earlier = np.tril_indices(length)
    united = reader.sets.unite(places[..., later].ravel(), own[..., earlier].ravel(), own.size)
    return np.moveaxis(united.reshape(own.shape), -1, axis)


def _along(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    """Transforms along one axis."""
    return np.array(np.broadcast_to(_lanes(reader, step, numbers, (step.parameters["axis"],)), step.shape))


def _scattered(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    shape, key = step.parameters["shape"], step.parameters["key"]
    front = numbers[0].shape[: step.parameters["lead"]]
    copies, size = math.prod(front), math.prod(shape)
    places = structural.positions(key, shape)
    groups = np.arange(copies).reshape(-1, 1) * size + np.ravel(places)
    return reader.sets.unite(groups.ravel(), numbers[0].ravel(), copies * size).reshape(step.shape)


def _multiplied(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    return multiplied(reader.sets, step, numbers, _constants(reader, step, numbers, values), MOST_PAIRS)


def _contracted(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    subscripts = step.parameters["subscripts"]
    return summed_products(reader.sets, subscripts, step, numbers, _constants(reader, step, numbers, values), MOST_PAIRS)


def _convolved(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    if math.prod(map(math.prod, step.shapes)) > MOST_PAIRS:
        return _everything(reader, step, numbers, values)
    return convolved(reader.sets, step, numbers, _constants(reader, step, numbers, values))


def _constants(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> list[Any]:
    return [reader.constant(step, numbers, values, position) for position in range(len(numbers))]


def _solved(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    """Each column of a solution depends on its whole matrix, and on the column of the right-hand side."""
    axes = ((-2, -1), (-2,))
    parts = [
        np.array(np.broadcast_to(_lanes(reader, step, numbers, axes[position], position), step.shape))
        for position, own in enumerate(numbers)
        if own is not None
    ]
    return parts[0] if len(parts) == 1 else reader.sets.either(*parts)


def _everything(reader: Reader, step: Any, numbers: Numbers, values: Sequence[Any]) -> Any:
    """All of the output depends on all of the operands, or on its own matrix of a stack."""
    if step.primitive.stacked and len(numbers) == 1:
        matrices = _lanes(reader, step, numbers, (-2, -1))
        front = step.shape[: len(step.shape) - step.primitive.stacked]
        if matrices.size == math.prod(front):
            return np.array(np.broadcast_to(matrices.reshape(*front, *(1,) * step.primitive.stacked), step.shape))
    present = np.concatenate([own.ravel() for own in numbers if own is not None])
    return np.full(step.shape, reader.sets.unite(np.zeros(present.size, dtype=int), present, 1)[0])


_RULES: dict[Any, Rule] = {
    **dict.fromkeys((structural.reshape, structural.transpose, structural.flip, structural.roll), _moved),
    **dict.fromkeys((structural.gather, structural.spread, structural.join, structural.pile), _moved),
    **dict.fromkeys((structural.cast, conjugate, real_part, imaginary_part), _unchanged),
    **dict.fromkeys((structural.cumulate, running_products, extremes_so_far), _cumulated),
    **dict.fromkeys((fourier, inverse_fourier, half_fourier, half_inverse), _along),
    structural.total: _reduced,
    structural.scatter: _scattered,
    structural.select: _selected,
    WRITE: _written,
    matmul: _multiplied,
    einsum: _contracted,
    convolution: _convolved,
    solve_matrix: _solved,
}
_KINDS: tuple[tuple[type, Rule], ...] = ((Elementwise, _elementwise), (Reduction, _reduced))
