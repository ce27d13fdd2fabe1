"""The complex step: the derivative is the imaginary part of f at x + i h v, over h, for a tiny h.

Nothing is subtracted, so nothing cancels, and the error is that of rounding. Each primitive is evaluated on complex
numbers by itself, beside its plain value: branches, shapes and choices are those of plain f, and f's own complex values
are not mistaken for the step. No partial of the table of derivatives is read.

References
----------
W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40 (1998) 110-112.
J. R. R. A. Martins, P. Sturdza and J. J. Alonso, The complex-step derivative approximation, ACM Transactions on
Mathematical Software 29 (2003) 245-262.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .custom import CustomPrimitive
from .differentiator import Differentiator
from .errors import UnsupportedError
from .forward import CarefulDualLevel, DualLevel, push_forward
from .function import Function, Leaves
from .kinds import Application, Elementwise, Linear, Multilinear, Primitive, Reduction
from .levels import Traced
from .operands import is_complex
from .reverse import Reverse
from .rules import ELEMENTWISE
from .step_refusals import NESTED, refuse_complex, refuse_real_result, refuse_unless_analytic
from .stepping import BELOW, beside, larger_step, portions, slope_at, slope_of_reciprocal
from .table.elementwise import constant_power

# ---- primitives, by their own evaluation


class Stepped(Primitive):
    """A primitive whose tangents come from its own evaluation, and not from its rule. Tangents have one seed."""

    def __init__(self, primitive: Primitive) -> None:
        Primitive.__init__(self, primitive.name, primitive.evaluate)
        self.rule = primitive
        self.structural, self.stacked = primitive.structural, primitive.stacked
        self.continuation = primitive.continuation or primitive.evaluate

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        """All operands take the step at once."""
        moving = [position for position, tangent in enumerate(tangents) if tangent is not None]
        pushed = [np.asarray(tangents[position][0]) for position in moving]
        total: Any = 0.0
        for step, parts in portions([values[position] for position in moving], pushed, self.rule.homogeneous):
            along = dict(zip(moving, parts, strict=True))

            def evaluate(step: Any, along: dict[int, Any] = along) -> Any:
                moved = [beside(value, step * along[i]) if i in along else value for i, value in enumerate(values)]
                return self.continuation(*moved, **application.parameters)  # type: ignore[misc]

            slope = slope_at(evaluate, step, None, out, lambda size: np.max(size, initial=0.0))
            self.verify(application.parameters, out, values, along, step, slope)
            total = total + slope
        return np.asarray(total)[None]

    def verify(
        self, parameters: dict[str, Any], out: Any, values: Sequence[Any], along: dict[int, Any], step: Any, slope: Any
    ) -> None:
        """Nothing: the continuations of the table are tested."""


class SteppedReduction(Stepped, Reduction):
    """The same; sweeps with structural zeros know a reduction when they see one."""

    def __init__(self, primitive: Primitive) -> None:
        Stepped.__init__(self, primitive)


class SteppedCustom(Stepped):
    """A primitive of the user's own, who may be wrong about it."""

    def __init__(self, primitive: Primitive) -> None:
        Stepped.__init__(self, primitive)
        self.continuation = functools.partial(on_complex_numbers, primitive)

    def verify(
        self, parameters: dict[str, Any], out: Any, values: Sequence[Any], along: dict[int, Any], step: Any, slope: Any
    ) -> None:
        """Refuse a slope that is not that of the real values, seen at either of two distances.

        Some of the imaginary part may be lost on the way, and then the slope is off by as much. Where numbers are too coarse to
        see it, the slope is believed.
        """
        for distance in (step * 2.0 ** (BELOW - 13), step * 2.0 ** (BELOW - 27)):
            moved = [value + distance * along[i] if i in along else value for i, value in enumerate(values)]
            if not all(_is_seen(values[i], moved[i], distance * change) for i, change in along.items()):
                return
            seen = (self.evaluate(*moved, **parameters) - out) / distance
            precision = 128 * np.finfo(np.result_type(out, np.float32)).eps
            rounding = precision * np.max(np.abs(out), initial=0.0) / distance
            # NaN is no evidence.
            if not np.max(np.abs(seen - slope), initial=0.0) > 0.1 * np.max(np.abs(seen), initial=0.0) + rounding:
                return
        refuse_real_result(self.rule, "its values change otherwise than its imaginary part says, some of which it loses")


def _is_seen(value: Any, moved: Any, change: Any) -> bool:
    """Whether real numbers have moved by that change, and not far from where they were."""
    moved_by = np.abs((moved - value) - change) <= 2.0**-7 * np.abs(change)
    return bool(np.all(moved_by & ((value == 0) | (np.abs(change) <= 2.0**-12 * np.abs(value)))))


def on_complex_numbers(primitive: Primitive, *operands: Any, **parameters: Any) -> Any:
    """The primitive's evaluation, if it keeps the imaginary parts of its operands.

    That is told by the type of its result, and by the error of a conversion; NumPy's own warning belongs to the whole process.
    """
    try:
        found = primitive.evaluate(*operands, **parameters)
    except (TypeError, np.exceptions.ComplexWarning) as error:
        if "complex" not in str(error) and "real number" not in str(error):
            raise
        refuse_real_result(primitive, f"it cannot take complex numbers ({error})")
    if not is_complex(found):
        refuse_real_result(primitive, "it returned real numbers for complex ones")
    return found


class SteppedLinear(Stepped):
    """A linear map takes the tangents themselves."""

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        operands = [
            value if not self.rule.differentiable(position) else np.zeros(shape) if tangent is None else tangent[0]
            for position, (value, tangent, shape) in enumerate(zip(values, tangents, application.shapes, strict=True))
        ]
        return np.asarray(self.evaluate(*operands, **application.parameters))[None]


class SteppedMultilinear(Stepped):
    """A product takes one tangent in its operand's place, and the other operands."""

    def jvp(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        parts = [
            self.evaluate(*values[:position], tangent[0], *values[position + 1 :], **application.parameters)
            for position, tangent in enumerate(tangents)
            if tangent is not None
        ]
        return np.asarray(sum(parts[1:], start=parts[0]))[None]


class SteppedElementwise(Stepped, Elementwise):
    """Each operand takes a step of its own, so that tangents of any size, and structural zeros, are no trouble."""

    jvp = Elementwise.jvp

    def __init__(self, primitive: Primitive) -> None:
        Stepped.__init__(self, primitive)

    def partial(self, application: Application, position: int, out: Any, values: Sequence[Any]) -> Any:
        x = values[position]

        def evaluate(step: Any) -> Any:
            moved = (*values[:position], beside(x, step), *values[position + 1 :])
            return self.continuation(*moved, **application.parameters)  # type: ignore[misc]

        if self.rule.homogeneous:
            size = functools.reduce(np.maximum, (np.abs(value) for value in values))
            return slope_at(evaluate, larger_step(size), None, out, lambda size: size)
        larger = larger_step(x)
        # Far below the distance to the next singular point, which may be an ulp away.
        return slope_at(evaluate, np.minimum(larger, 2.0**-100), larger, out, lambda size: size)


class SteppedSum(SteppedElementwise):
    """Linear in all operands together: 1 in the place of one, and 0 in that of the others."""

    def partial(self, application: Application, position: int, out: Any, values: Sequence[Any]) -> Any:
        return self.evaluate(*(float(number == position) for number in range(len(values))))


class SteppedProduct(SteppedElementwise):
    """Linear in one operand: 1 in its place, beside the others."""

    def partial(self, application: Application, position: int, out: Any, values: Sequence[Any]) -> Any:
        return self.evaluate(*values[:position], 1.0, *values[position + 1 :])


_SUMS = frozenset(ELEMENTWISE[function] for function in (np.add, np.subtract, np.negative, np.positive))
#: By which operands each is linear.
_PRODUCTS = {ELEMENTWISE[np.multiply]: (0, 1), ELEMENTWISE[np.divide]: (0,)}


class SteppedQuotient(SteppedElementwise):
    """A quotient of values that are complex in f: linear in the one operand, and by the reciprocal of the other."""

    def partial(self, application: Application, position: int, out: Any, values: Sequence[Any]) -> Any:
        divisor = values[-1]
        if len(values) == 1:
            return slope_of_reciprocal(divisor)
        return 1 / divisor if position == 0 else values[0] * slope_of_reciprocal(divisor)


class SteppedPower(SteppedElementwise):
    """A whole power of values that are complex in f: a product, of reciprocals where the exponent is negative."""

    def partial(self, application: Application, position: int, out: Any, values: Sequence[Any]) -> Any:
        z, exponent = values[0], whole_exponent(self.rule, application.parameters, values)
        count = np.abs(exponent)
        left, down = np.maximum(count - 1, 0), exponent < 0
        # One of the equal factors moves, and the others stand beside it.
        if not np.any(down):
            return count * z**left
        return count * np.where(down, np.where(down, 1 / z, 1.0) ** left * slope_of_reciprocal(z), z**left)


def whole_exponent(primitive: Primitive, parameters: dict[str, Any], values: Sequence[Any]) -> Any:
    """The exponents of a power, as numbers that are whole; others are refused."""
    exponent = 2 if primitive is ELEMENTWISE[np.square] else parameters["exponent"] if parameters else values[1]
    if is_complex(exponent) or np.any(exponent != np.trunc(exponent)):
        refuse_complex(primitive)
    return np.asarray(exponent)[()]


_QUOTIENTS = frozenset((ELEMENTWISE[np.divide], ELEMENTWISE[np.reciprocal]))
_POWERS = frozenset((constant_power, *(ELEMENTWISE[function] for function in (np.power, np.float_power, np.square))))


def stepped(application: Application, values: Sequence[Any], out: Any, tangents: Sequence[Any]) -> Application:
    """The application with the primitive's own evaluation in the place of its rule.

    Raises
    ------
    UnsupportedError
        A value belongs to another derivative.
    MissingRuleError
        The primitive is not analytic.
    """
    if any(isinstance(value, Traced) for value in (*values, out)):
        raise UnsupportedError(NESTED)
    primitive = application.primitive
    if primitive.chooses:
        return application
    kind = _linear_kind(primitive, tangents)
    if kind is None:
        if any(is_complex(value) for value in (*values, out)):
            kind = _complex_kind(primitive, values, tangents)
        else:
            refuse_unless_analytic(primitive)
            kind = next(kind for known, kind in _KINDS if isinstance(primitive, known))
    return Application(kind(primitive), application.parameters, application.shapes, application.shape)


_KINDS: tuple[tuple[type[Primitive], type[Stepped]], ...] = (
    (Elementwise, SteppedElementwise),
    (Reduction, SteppedReduction),
    (CustomPrimitive, SteppedCustom),
    (Primitive, Stepped),
)


def _complex_kind(primitive: Primitive, values: Sequence[Any], tangents: Sequence[Any]) -> type[Stepped]:
    """How a function of values that are complex in f is pushed."""
    if primitive in _POWERS and tangents[-1] is not None and len(values) == 2:
        refuse_complex(primitive)
    if primitive in _QUOTIENTS:
        return SteppedQuotient
    return SteppedPower if primitive in _POWERS else refuse_complex(primitive)


def _linear_kind(primitive: Primitive, tangents: Sequence[Any]) -> type[Stepped] | None:
    """How a linear primitive is pushed; None where it is not linear in what moves."""
    if primitive in _SUMS:
        return SteppedSum
    if primitive in _PRODUCTS:
        moving = {position for position, tangent in enumerate(tangents) if tangent is not None}
        return SteppedProduct if moving <= set(_PRODUCTS[primitive]) else None
    if isinstance(primitive, Multilinear):
        return SteppedMultilinear
    return SteppedLinear if isinstance(primitive, Linear) or primitive.structural else None


# ---- the levels


class ComplexLevel(DualLevel):
    """Dual numbers whose tangents come from evaluations on complex numbers; one seed at a time."""

    def push(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return super().push(stepped(application, values, out, tangents), out, values, tangents)


class CarefulComplexLevel(CarefulDualLevel):
    """The same, with masks of structural zeros."""

    def push(self, application: Application, out: Any, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        return super().push(stepped(application, values, out, tangents), out, values, tangents)


class ComplexStep(Differentiator):
    """The complex step: one run of f for each direction, exact to rounding.

    It reads no table of derivatives, so that its agreement with forward and reverse mode is evidence. Functions that are
    not analytic are refused by name. Second derivatives are taken as the complex step of reverse mode's gradient.

    Raises
    ------
    MissingRuleError
        f uses a function that is not analytic.
    UnsupportedError
        It is taken inside another derivative.

    References
    ----------
    W. Squire and G. Trapp, Using complex variables to estimate derivatives of real functions, SIAM Review 40 (1998) 110-112.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> ad.ComplexStep().differentiate(lambda x: np.exp(x) / np.sqrt(1 + x), 0.0)
    np.float64(0.5)
    """

    name = "complex"
    traces = True

    def jvp(self, function: Function, tangents: Leaves) -> tuple[Leaves, Leaves]:
        if function.nested or any(isinstance(tangent, Traced) for tangent in tangents):
            raise UnsupportedError(NESTED)
        wide = [np.asarray(tangent, np.result_type(tangent, np.float64)) for tangent in tangents]
        seeds = wide[0].shape[0] if wide else 1
        rows: list[Leaves] = []
        # No direction at all still needs f's outputs.
        for number in range(max(seeds, 1)):
            seed = [leaf[number : number + 1] if seeds else np.zeros((1, *leaf.shape[1:])) for leaf in wide]
            outputs, pushed = push_forward(function, seed, ComplexLevel, CarefulComplexLevel)
            rows.append([np.asarray(part, output.dtype) for part, output in zip(pushed, outputs, strict=True)])
        return outputs, [np.concatenate(parts)[:seeds] for parts in zip(*rows, strict=True)]

    def hessian(self, function: Function) -> tuple[Any, list[list[Any]]]:
        """The complex step of reverse mode's gradient."""
        return self.jacobian(self.gradient_of(function, Reverse()))

    def hvp(self, function: Function, tangents: Leaves) -> Leaves:
        """The same along the tangents."""
        return self.jvp(self.gradient_of(function, Reverse()), tangents)[1]
