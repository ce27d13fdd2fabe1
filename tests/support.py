"""What the behaviour tests share: the modes, an independent numerical derivative, and the two verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import admodes as ad
from admodes.errors import AdmodesError

MODES = ("finite", "forward", "reverse", "symbolic")
TRACING_MODES = ("forward", "reverse", "symbolic")
EXACT_MODES = ("forward", "reverse")
TOLERANCE = {"finite": 1e-6, "forward": 1e-9, "reverse": 1e-9, "symbolic": 1e-9, "complex": 1e-9}

every_mode = pytest.mark.parametrize("method", MODES)
tracing_modes = pytest.mark.parametrize("method", TRACING_MODES)
exact_modes = pytest.mark.parametrize("method", EXACT_MODES)


class Case(NamedTuple):
    """A function of x, where to differentiate it, and its derivative (None: taken numerically)."""

    f: Callable[..., Any]
    x: Any
    truth: Any = None


def cases(*entries: tuple[Any, ...]) -> Any:
    """Parametrise over ``(name, f, x[, truth])``."""
    return pytest.mark.parametrize("case", [pytest.param(Case(*entry[1:]), id=entry[0]) for entry in entries])


def numerical_jacobian(f: Callable[..., Any], x: Any, step: float = 1e-2, levels: int = 4) -> np.ndarray:
    """Central differences extrapolated to step 0 by Richardson's table: about 11 digits on smooth functions."""
    x = np.array(x, dtype=float)
    value = _evaluate(f, x)
    columns = []
    for index in np.ndindex(x.shape):
        row: list[np.ndarray] = []
        for level in range(levels):
            h = step / 2**level
            up, down = x.copy(), x.copy()
            up[index] += h
            down[index] -= h
            previous, row = row, [(_evaluate(f, up) - _evaluate(f, down)) / (2 * h)]
            for order, older in enumerate(previous, start=1):
                row.append(row[-1] + (row[-1] - older) / (4**order - 1))
        columns.append(row[-1])
    if not columns:
        return np.zeros(value.shape + x.shape)
    return np.stack(columns, axis=-1).reshape(value.shape + x.shape)


def _evaluate(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    return np.array(f(x.copy() if x.ndim else x[()]), dtype=float)


def assert_close(got: Any, wanted: Any, tolerance: float = 1e-9, what: str = "derivative") -> None:
    """Same shape, and norm-wise within `tolerance` (infinities and NaN in the same places)."""
    got, wanted = np.asarray(got), np.asarray(wanted, dtype=float)
    assert got.dtype.kind == "f", f"{what} has dtype {got.dtype}"
    assert got.shape == wanted.shape, f"{what} has shape {got.shape}, not {wanted.shape}"
    scale = max(1.0, float(np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0.0)))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * scale, err_msg=what)


def assert_right(case: Case, method: str, tolerance: float | None = None) -> None:
    """The value is NumPy's and the derivative is the truth; x is as it was."""
    x = np.array(case.x, dtype=float) if not isinstance(case.x, np.ndarray) else case.x
    before = x.copy()
    value, derivative = ad.value_and_jacobian(case.f, x, method=method)
    np.testing.assert_array_equal(x, before, err_msg="x was changed")
    assert_close(value, _evaluate(case.f, x.astype(float)), 1e-12, "value")
    truth = numerical_jacobian(case.f, x) if case.truth is None else case.truth
    assert_close(derivative, truth, tolerance or TOLERANCE[method])


def assert_right_or_refused(case: Case, method: str) -> None:
    """The derivative is the truth, or the error is one of ours and long enough to name a cure; nothing between."""
    try:
        assert_right(case, method)
    except AdmodesError as error:
        assert len(str(error)) > 60, f"no cure in {str(error)!r}"


def steps(*functions: Any) -> Any:
    """A function of x made of steps: each is called for its effect on (y, x), y starts as plain zeros, y is returned."""

    def f(x: Any) -> Any:
        y = np.zeros(3)
        for function in functions:
            function(y, x)
        return y

    return f


def traced_steps(*functions: Any) -> Any:
    """The same, with y a copy of x."""

    def f(x: Any) -> Any:
        y = x.copy()
        for function in functions:
            function(y, x)
        return y

    return f
