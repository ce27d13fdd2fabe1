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
from .errors import MissingRuleError, UnsupportedError
from .forward import CarefulDualLevel, DualLevel, push_forward
from .function import Function, Leaves
from .kinds import Application, Elementwise, Linear, Multilinear, Primitive, Reduction
from .levels import Traced
from .operands import is_complex
from .reverse import Reverse
from .rules import ELEMENTWISE
from .stepping import beside, larger_step, portions, slope_at

NESTED = (
    "A complex step inside another derivative is not supported: the outer one would have to differentiate by the step. "
    "Use method='forward' or method='reverse' for the inner derivative; the complex step may be the outer one."
)

#: What f wrote where a primitive has a name of its own.
_WRITTEN = {"modulus": "absolute"}
#: What to write instead of functions that are not analytic.
_CURES = {
    "absolute": "np.where(x > 0, x, -x), x * x < 1 in a condition, np.sqrt(np.real(z)**2 + np.imag(z)**2) of complex values",
    "fabs": "np.where(x > 0, x, -x)",
    "copysign": "np.where(y < 0, -x, x) of a positive x",
    "norm": "np.sqrt(np.sum(x * x))",
    "cholesky": "np.linalg.solve and np.linalg.det",
    "pinv": "np.linalg.solve(a.T @ a, a.T)",
    "lstsq": "np.linalg.solve(a.T @ a, a.T @ b)",
}

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

            total = total + slope_at(evaluate, step, None, out, lambda size: np.max(size, initial=0.0))
        return np.asarray(total)[None]


class SteppedReduction(Stepped, Reduction):
    """The same; sweeps with structural zeros know a reduction when they see one."""

    def __init__(self, primitive: Primitive) -> None:
        Stepped.__init__(self, primitive)


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
        _require_continuation(primitive, any(is_complex(value) for value in (*values, out)))
        kind = SteppedElementwise if isinstance(primitive, Elementwise) else Stepped
        kind = SteppedReduction if isinstance(primitive, Reduction) else kind
    return Application(kind(primitive), application.parameters, application.shapes, application.shape)


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


def _require_continuation(primitive: Primitive, of_complex: bool) -> None:
    if of_complex:
        raise MissingRuleError(
            f"{primitive.name} of values that are complex in f cannot be taken by the complex step, which itself moves into the "
            "complex plane: only linear functions and products of them can. Apply it to np.real(z) and np.imag(z), "
            "or use method='forward' or method='reverse'."
        )
    if not primitive.analytic and primitive.continuation is None:
        name = _WRITTEN.get(primitive.name, primitive.name)
        cure = _CURES.get(name)
        if isinstance(primitive, CustomPrimitive):
            cure = f"{primitive.name}.analytic = True if it takes complex numbers and is analytic there"
        raise MissingRuleError(
            f"{name} is not analytic, or no evaluation of it on complex numbers is known: the complex step cannot "
            f"differentiate it. {f'Write {cure}' if cure else 'Write it with analytic functions'}, "
            "or use method='forward' or method='reverse'."
        )


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
