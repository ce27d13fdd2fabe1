"""The scalar fast path: operators on traced floats go straight to generated code.

Python's float arithmetic costs some 30 ns an operation, the general path of arrays 3 us. Whatever
the fast path does not know (other types, other levels, a division by zero) falls back to it.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .kinds import Application, Elementwise
from .levels import refuse_threads
from .protocols import call_ufunc
from .rules import ELEMENTWISE
from .table.elementwise import constant_power
from .tracing import TracedScalar

_FAILURES = (ArithmeticError, TypeError, ValueError)


class ScalarStep(Application):
    """A primitive applied to floats, of which `active` are traced; `pull` is generated."""

    __slots__ = ("pull",)

    def __init__(self, primitive: Any, active: tuple[bool, ...], parameters: dict[str, Any]) -> None:
        super().__init__(primitive, parameters, ((),) * len(active), ())
        self.pull = _generate_pull(self, active)


class _Text:
    """Stands for a variable while a partial is asked for its formula: arithmetic on it gives source text."""

    __array_ufunc__ = None

    def __init__(self, text: str) -> None:
        self.text = text

    def __neg__(self) -> _Text:
        return _Text(f"(-{self.text})")


def _install_text(name: str, symbol: str) -> None:
    def text(value: Any) -> str:
        return value.text if isinstance(value, _Text) else repr(value)

    setattr(_Text, f"__{name}__", lambda self, other: _Text(f"({self.text} {symbol} {text(other)})"))
    setattr(_Text, f"__r{name}__", lambda self, other: _Text(f"({text(other)} {symbol} {self.text})"))


for _name, _symbol in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/"), ("pow", "**")):
    _install_text(_name, _symbol)


def _formula(partial: Callable[..., Any], names: list[str], parameters: dict[str, Any]) -> str | None:
    """The source text of a partial made of arithmetic alone; None where it calls NumPy."""
    try:
        result = partial(_Text("out"), *map(_Text, names), **parameters)
        result = result[0] * result[1] if isinstance(result, tuple) else result
    except (TypeError, AttributeError):
        return None
    return result.text if isinstance(result, _Text) else repr(float(result)) if isinstance(result, (int, float)) else None


def _generate_pull(step: ScalarStep, active: tuple[bool, ...]) -> Callable[..., None]:
    """The code that passes a cotangent on; contributions are computed before any is added."""
    primitive: Elementwise = step.primitive  # type: ignore[assignment]
    names = ["x", "y"][: len(active)]
    scope: dict[str, Any] = {"fallback": _pull_as_arrays, "step": step, "FAILURES": _FAILURES}
    parts, adds = [], []
    for position, name in enumerate(names):
        if not active[position]:
            continue
        partial = primitive.partials[position]
        formula = _formula(partial, names, step.parameters) if callable(partial) else repr(partial)
        if formula is None:
            scope[f"partial_{name}"] = functools.partial(partial, **step.parameters) if step.parameters else partial
            formula = f"float(partial_{name}(out, {', '.join(names)}))"
        elif "**" in formula:
            formula = f"float({formula})"
        parts.append(f"g_{name} = g" if formula == "1" else f"g_{name} = g * {formula}")
        adds.append(f"table[i_{name}] = table[i_{name}] + g_{name}")
    indices = ", ".join(f"i_{name}" for name in names) + ","
    code = (
        "def pull(cotangents, g, operands, values, out):\n"
        "    table = cotangents.table\n"
        f"    {indices} = operands\n"
        f"    {', '.join(names)}, = values\n"
        "    try:\n" + "".join(f"        {part}\n" for part in parts) + "    except FAILURES:\n"
        "        fallback(step, cotangents, g, operands, values, out)\n"
        "    else:\n" + "".join(f"        {add}\n" for add in adds)
    )
    exec(code, scope)  # noqa: S102 - the text is made above from the rule table alone
    return scope["pull"]  # type: ignore[no-any-return]


def _pull_as_arrays(step: ScalarStep, cotangents: Any, g: Any, operands: Any, values: Any, out: Any) -> None:
    """Where Python's floats raise (1 / 0.0, 0.0 ** -1), NumPy's answer with inf or nan."""
    wide = tuple(np.float64(value) for value in values)
    for position, index in enumerate(operands):
        if index is not None and index >= 0:
            g = np.float64(g) if type(g) is float else g
            cotangents.add(index, step.primitive.vjp(step, position, g, np.float64(out), wide), False)


_TEMPLATE = """
def {name}(self, other):
    kind = type(other)
    try:
        if kind is TapeFloat:
            tape = self.level
            if tape is other.level:
                x = self.value
                y = other.value
                out = x {symbol} y
                result = new(TapeFloat)
                result.value = out
                result.level = tape
                result.node = index = len(tape)
                tape.append((both, (self.node, other.node), (x, y), out))
                if len(tape) - index != 1:
                    refuse_threads()
                return result
        elif kind is float or kind is int:
            tape = self.level
            x = self.value
            out = x {symbol} other
            result = new(TapeFloat)
            result.value = out
            result.level = tape
            result.node = index = len(tape)
            tape.append((left, (self.node, None), (x, other), out))
            if len(tape) - index != 1:
                refuse_threads()
            return result
    except ArithmeticError:
        pass
    return general(self, other)

def {reflected}(self, other):
    kind = type(other)
    if kind is float or kind is int:
        tape = self.level
        y = self.value
        try:
            out = other {symbol} y
        except ArithmeticError:
            return general_reflected(self, other)
        result = new(TapeFloat)
        result.value = out
        result.level = tape
        result.node = index = len(tape)
        tape.append((right, (None, self.node), (other, y), out))
        if len(tape) - index != 1:
            refuse_threads()
        return result
    return general_reflected(self, other)
"""


_new = object.__new__


class TapeFloat(TracedScalar):
    """A traced float on a tape."""

    __slots__ = ()
    __class__ = property(lambda self: np.float64)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if not options and method == "__call__":
            if len(inputs) == 1:
                step = _UNARY.get(ufunc)
                if step is not None:
                    tape = self.level
                    x = self.value
                    result = _new(TapeFloat)
                    result.value = out = float(ufunc(x))
                    result.level = tape
                    result.node = index = len(tape)  # type: ignore[arg-type]
                    tape.append((step, (self.node,), (x,), out))  # type: ignore[attr-defined]
                    if len(tape) - index != 1:  # type: ignore[arg-type]
                        refuse_threads()
                    return result
            elif ufunc in _OPERATORS and all(type(value) in _FLOATS or _is_single(value) for value in inputs):
                left, right = (value if type(value) in _OWN_FLOATS else float(value) for value in inputs)
                return _OPERATORS[ufunc](left, right)
        return call_ufunc(ufunc, method, inputs, options)

    def __neg__(self) -> Any:
        return _record_unary(self, _UNARY[np.negative], -self.value)

    def __pow__(self, other: Any) -> Any:
        if type(other) in (int, float):
            try:
                out = self.value**other
            except ArithmeticError:
                return constant_power(self, exponent=other)
            if type(out) is float:
                step = _POWERS.get(other) or _POWERS.setdefault(other, ScalarStep(constant_power, (True,), {"exponent": other}))
                return _record_unary(self, step, out)
        return TracedScalar.__pow__(self, other)


def _record_unary(operand: TapeFloat, step: ScalarStep, out: float) -> TapeFloat:
    tape: Any = operand.level
    index = len(tape)
    tape.append((step, (operand.node,), (operand.value,), out))
    if len(tape) - index != 1:
        refuse_threads()
    return TapeFloat(out, tape, index)


_FLOATS = frozenset({TapeFloat, float, int, np.float64})
_OWN_FLOATS = frozenset({TapeFloat, float, int})


def _is_single(value: Any) -> bool:
    """Whether a value is a plain array without axes, which NumPy takes for a number."""
    return type(value) is np.ndarray and not value.ndim and value.dtype == np.float64


_OPERATORS = {np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.divide: operator.truediv}
_UNARY = {
    function: ScalarStep(rule, (True,), {})
    for function, rule in ELEMENTWISE.items()
    if len(rule.partials) == 1 and isinstance(function, np.ufunc)
}
_POWERS: dict[Any, ScalarStep] = {}


def _install(name: str, symbol: str, ufunc: Any) -> None:
    rule = ELEMENTWISE[ufunc]
    reflected = f"__r{name}__"
    scope: dict[str, Any] = {
        "TapeFloat": TapeFloat,
        "new": _new,
        "both": ScalarStep(rule, (True, True), {}),
        "left": ScalarStep(rule, (True, False), {}),
        "right": ScalarStep(rule, (False, True), {}),
        "refuse_threads": refuse_threads,
        "general": getattr(TracedScalar, f"__{name}__"),
        "general_reflected": getattr(TracedScalar, reflected),
    }
    exec(_TEMPLATE.format(name=f"__{name}__", reflected=reflected, symbol=symbol), scope)  # noqa: S102 - our own text
    setattr(TapeFloat, f"__{name}__", scope[f"__{name}__"])
    setattr(TapeFloat, reflected, scope[reflected])


for _name, _symbol, _ufunc in (
    ("add", "+", np.add),
    ("sub", "-", np.subtract),
    ("mul", "*", np.multiply),
    ("truediv", "/", np.divide),
):
    _install(_name, _symbol, _ufunc)
