"""The numbers behind printed expressions: helpers on NumPy's float64 that the compiled code calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from ..errors import UnsupportedError
from .budget import ask
from .closed import Closed


def _ratio(x: Any, y: Any) -> Any:
    """x / y, and 0 where y is 0; of numbers or arrays."""
    if type(y) is np.ndarray:
        return np.divide(x, y, out=np.zeros(np.broadcast(x, y).shape), where=np.not_equal(y, 0))
    return x / y if y != 0 else np.zeros(np.shape(x))[()]


def _common(*equals: Any) -> Any:
    """What equal numbers are."""
    return +equals[0]


def _euclid(*values: Any) -> Any:
    """The Euclidean norm, without overflow or underflow of the squares; of numbers, of arrays, of one array's first axis."""
    if any(type(value) is np.ndarray for value in values):
        return _euclid_of_array(values[0] if len(values) == 1 else np.stack(np.broadcast_arrays(*values)))
    largest = max(map(abs, values))
    if largest == 0 or not math.isfinite(largest):
        return np.float64(sum(map(abs, values)))
    return largest * np.sqrt(sum((value / largest) ** 2 for value in values))


def _euclid_of_array(array: np.ndarray) -> Any:
    squares = np.add.reduce(array * array, axis=0)
    if (1e-290 < squares < 1e290) if array.ndim == 1 else np.all((squares > 1e-290) & (squares < 1e290)):
        return np.sqrt(squares)
    sizes = np.abs(array)
    largest = sizes.max(axis=0)
    usual = (largest > 0) & np.isfinite(largest)
    scaled = sizes / np.where(usual, largest, 1.0)
    return np.where(usual, largest * np.sqrt(np.sum(scaled * scaled, axis=0)), sizes.sum(axis=0))[()]


def _softshare(x: Any, y: Any) -> Any:
    """exp(x) / (exp(x) + exp(y)); of numbers or arrays."""
    if type(x) is np.ndarray or type(y) is np.ndarray:
        return np.where(np.equal(x, y), 0.5, 1.0 / (1.0 + np.exp(np.subtract(y, x))))
    return np.float64(0.5) if x == y else 1.0 / (1.0 + np.exp(y - x))


def _heaviside(x: Any) -> Any:
    return np.heaviside(x, 0.5)


def _sinc(x: Any, order: Any) -> Any:
    """The derivative of that order of sin(pi x) / (pi x): its Taylor series near 0, else by recursion."""
    order = int(order)
    if abs(x) < 0.5 + 0.25 * order:
        return _sinc_series(float(x), order)
    value = np.sinc(x)
    for n in range(1, order + 1):
        value = (np.pi ** (n - 1) * _shifted_sine(x, n) - n * value) / x
    return value


def _shifted_sine(x: Any, quarters: int) -> Any:
    """sin(pi x + quarters * pi / 2)."""
    wave = np.cos(np.pi * x) if quarters % 2 else np.sin(np.pi * x)
    return -wave if quarters % 4 >= 2 else wave


def _sinc_series(x: float, order: int) -> Any:
    total = 0.0
    for half in range((order + 1) // 2, 40 + order):
        degree = 2 * half - order
        size = math.exp(2 * half * math.log(math.pi) - math.lgamma(degree + 1)) / (2 * half + 1)
        total += (-1) ** half * size * x**degree
    return np.float64(total)


def general(function: Any) -> Callable[..., Any]:
    """A SymPy function that NumPy does not have, on numbers: evaluated by SymPy itself, slowly."""

    def evaluate(*numbers: Any) -> Any:
        ask()
        if issubclass(function, Closed):
            return function.at(*numbers)
        value = function(*(sympy.Float(float(number)) for number in numbers)).evalf(17)
        if value.is_real is not True:
            raise UnsupportedError(
                f"Symbolic mode cannot evaluate the SymPy function '{function}' at {numbers}: it is {value}, "
                "and not a real number. Use method='forward' or method='reverse'."
            )
        return np.float64(float(value))

    return evaluate


#: What the compiled code may call.
RUNTIME: dict[str, Any] = {
    "np": np,
    "float64": np.float64,
    "nan": np.float64(np.nan),
    "inf": np.float64(np.inf),
    "pi": np.float64(np.pi),
    "_common": _common,
    "_ratio": _ratio,
    "_euclid": _euclid,
    "_softshare": _softshare,
    "_heaviside": _heaviside,
    "_sinc": _sinc,
}
