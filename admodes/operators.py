"""Python's operators and ndarray's methods, which traced scalars and traced arrays share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .errors import ShapeError, TracedAttributeError, TracedValueError
from .kinds import Constant
from .levels import Traced
from .protocols import FLOAT_CURE, call_function, call_ufunc, peel, refuse_number, rule_of
from .rules import FUNCTIONS
from .table.elementwise import constant_power
from .table.structural import cast

_NO_PARAMETERS: dict[str, Any] = {}
_PYTHON_NUMBERS = frozenset({float, int, bool, complex})
_PLAIN_NUMBERS = (int, float, np.integer, np.floating)


class Operators(Traced):
    """Python's operators and NumPy's protocols; shared by scalars and arrays."""

    __slots__ = ()
    __array_priority__ = 1000.0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        return call_function(function, arguments, options, self)

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the value."""
        value = self.value
        return np.result_type(value) if type(value) in _PYTHON_NUMBERS else value.dtype

    def __pow__(self, other: Any) -> Any:
        if issubclass(type(other), _PLAIN_NUMBERS):
            return self.level.apply(constant_power, (self,), {"exponent": other})
        return _binary(np.power, self, other)

    def __rpow__(self, other: Any) -> Any:
        return _binary(np.power, other, self)

    def __abs__(self) -> Any:
        return np.absolute(self)

    def __neg__(self) -> Any:
        return FUNCTIONS[np.negative](self)

    def __pos__(self) -> Any:
        return FUNCTIONS[np.positive](self)

    def __invert__(self) -> Any:
        return FUNCTIONS[np.invert](self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, digits: int | None = None) -> Any:
        return FUNCTIONS[np.round](self, digits or 0)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TracedValueError(
            "A traced value cannot be pickled: it belongs to this call of f. "
            "Compute on it here, and pickle plain results after the call."
        )

    def __hash__(self) -> int:
        raise TracedValueError(
            "A traced value cannot be a dict key, a set member or a cache key: values that are equal have different derivatives. "
            "Use an index or a name as the key, and keep the traced value as the value."
        )

    def __complex__(self) -> NoReturn:
        refuse_number("complex(x)", FLOAT_CURE)

    @property
    def real(self) -> Any:
        """The real part: the value itself where it is real."""
        return FUNCTIONS[np.real](self)

    @property
    def imag(self) -> Any:
        """The imaginary part: zeros where the value is real."""
        return FUNCTIONS[np.imag](self)

    def conj(self) -> Any:
        """The complex conjugate: the value itself where it is real."""
        return FUNCTIONS[np.conjugate](self) if self.dtype.kind == "c" else self

    conjugate = conj

    def __format__(self, spec: str) -> str:
        # Never the bare number: float(f"{x:.17g}") would be a constant without a word.
        return f"traced({format(peel(self), spec)})"

    def __repr__(self) -> str:
        return f"traced({peel(self)!r})"

    __str__ = __repr__


def _binary(ufunc: Any, left: Any, right: Any) -> Any:
    return FUNCTIONS[ufunc](left, right)


def _accepts(other: Any) -> bool:
    return isinstance(other, (Traced, int, float, complex, np.ndarray, np.generic, list, tuple))


def _install(name: str, ufunc: Any) -> None:
    rule = FUNCTIONS[ufunc]

    def forward(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind is float or (kind is type(self) and other.level is self.level):
            return self.level.apply(rule, (self, other), _NO_PARAMETERS)
        return _binary(ufunc, self, other) if _accepts(other) else NotImplemented

    def reflected(self: Any, other: Any) -> Any:
        return _binary(ufunc, other, self) if _accepts(other) else NotImplemented

    setattr(Operators, f"__{name}__", forward)
    setattr(Operators, f"__r{name}__", reflected)


BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.divide,
    "matmul": np.matmul,
    "mod": np.remainder,
    "floordiv": np.floor_divide,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}
COMPARISONS = {"lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal, "ne": np.not_equal}
for _name, _ufunc in BINARY.items():
    _install(_name, _ufunc)


def _install_comparison(name: str, ufunc: Any) -> None:
    def compare(self: Any, other: Any) -> Any:
        return _binary(ufunc, self, other) if _accepts(other) else NotImplemented

    setattr(Operators, f"__{name}__", compare)


for _name, _ufunc in COMPARISONS.items():
    _install_comparison(_name, _ufunc)


_METHODS = [
    "sum",
    "mean",
    "var",
    "std",
    "prod",
    "max",
    "min",
    "cumsum",
    "cumprod",
    "dot",
    "ravel",
    "squeeze",
    "swapaxes",
    "repeat",
    "take",
    "trace",
    "diagonal",
    "clip",
    "any",
    "all",
    "argmax",
    "argmin",
    "argsort",
    "nonzero",
    "round",
    "searchsorted",
    "choose",
]


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)

    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        return rule_of(function)(self, *arguments, **options)

    method.__name__ = name
    method.__doc__ = f"As `numpy.{name}`."
    return method


for _name in _METHODS:
    setattr(Operators, _name, _method(_name))


def _shape_argument(arguments: tuple[Any, ...]) -> Any:
    return arguments[0] if len(arguments) == 1 else arguments


class Shaped(Operators):
    """The rest of ndarray's methods that scalars and arrays share."""

    __slots__ = ()

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """As `numpy.reshape`."""
        return FUNCTIONS[np.reshape](self, _shape_argument(shape), order)

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """As `numpy.compress`, whose first argument is the condition."""
        return FUNCTIONS[np.compress](condition, self, axis, out)

    def transpose(self, *axes: Any) -> Any:
        """As `numpy.transpose`."""
        return FUNCTIONS[np.transpose](self, _shape_argument(axes) if axes else None)

    def flatten(self, order: str = "C") -> Any:
        """As `numpy.ndarray.flatten`."""
        return FUNCTIONS[np.ravel](self, order).copy()

    def astype(self, dtype: Any, **options: Any) -> Any:
        """As `numpy.ndarray.astype`; to integers and booleans the result is locally constant."""
        kind = np.dtype(dtype).kind
        if self.dtype.kind == "c" and kind in "biuf":
            raise TracedValueError(
                f"x.astype({dtype!r}) of complex values would drop their imaginary parts. Write np.real(z).astype({dtype!r})."
            )
        if kind in "fc":
            if np.dtype(dtype) == self.dtype and options.get("copy") is False:
                return self
            return self.copy("K") if np.dtype(dtype) == self.dtype else cast(self, dtype=np.dtype(dtype))
        if kind in "biu":
            return _AS_INTEGER(self, dtype=np.dtype(dtype))
        raise TracedValueError(f"x.astype({dtype!r}) of a traced value has no rule: traced values are numbers. Leave it out.")

    def copy(self, order: str = "C") -> Any:
        """A copy that shares no writes with this one."""
        raise NotImplementedError

    def item(self, *index: Any) -> Any:
        """One element, as a traced scalar."""
        if not index and self.size != 1:
            raise ShapeError(f"x.item() needs an array of one element, but x has shape {self.shape}. Give an index: x.item(i).")
        array: Any = np.ravel(self) if len(index) <= 1 else self
        return array[index if len(index) > 1 else index[0] if index else 0]

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    shape: tuple[int, ...]
    size: int
    ndim: int

    @property
    def T(self) -> Any:
        """The transpose."""
        return FUNCTIONS[np.transpose](self)

    def __getattr__(self, name: str) -> Any:
        # NumPy's loops over object arrays look for the function's name as a method of each element.
        function = getattr(np, name, None)
        if isinstance(function, np.ufunc) and function in FUNCTIONS:
            return lambda *others: FUNCTIONS[function](self, *others)
        raise TracedAttributeError(
            f"A traced value has no attribute '{name}': NumPy's {name} would see the bare numbers without their derivative. "
            f"Use a function of NumPy that has a rule (np.sum, np.stack, np.where, ...) or indexing instead."
        )


_AS_INTEGER = Constant("astype", lambda x, dtype: np.asarray(x).astype(dtype)[()])
