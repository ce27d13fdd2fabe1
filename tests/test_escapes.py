"""Values that outlive their call, and outputs that depend on nothing or have no derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import (
    Case,
    assert_close,
    cases,
    every_mode,
    exact_modes,
    tracing_modes,
)

import admodes as ad
from admodes.errors import EscapedValueError, OutputError

V = np.array([0.7, -1.3, 2.1])

W = np.array([1.5, -0.5, 2.0])


def written_from(kept: Any, x: Any) -> Any:
    y = np.zeros_like(x)
    y[:] = kept
    return y + x


def written_to(kept: Any, x: Any) -> Any:
    kept[0] = x[0]
    return kept


ESCAPES = {
    "product": lambda kept, x: kept * x,
    "reflected": lambda kept, x: x - kept,
    "numpy": lambda kept, x: np.maximum(kept, x),
    "matmul": lambda kept, x: kept @ x,
    "output": lambda kept, x: kept,
    "output_computed": lambda kept, x: kept * 2.0,
    "part_of_output": lambda kept, x: {"a": x, "b": kept},
    "element": lambda kept, x: kept[0] * x[0],
    "element_output": lambda kept, x: kept[0],
    "array": lambda kept, x: np.array([kept[0], x[0]]),
    "stack": lambda kept, x: np.stack([kept, x]),
    "written_from": written_from,
    "written_to": written_to,
    "where": lambda kept, x: np.where(x > 0, kept, x),
}


@exact_modes
@pytest.mark.parametrize("made_by", ["forward", "reverse"])
@pytest.mark.parametrize("use", ESCAPES)
def test_escaped_values_are_refused(use: str, made_by: str, method: str) -> None:
    """Breaks if a traced value kept from an earlier call of f counts as a constant in a later one."""
    kept: list[Any] = []
    ad.jacobian(lambda x: (kept.append(x * x), x)[1], V, method=made_by)
    with pytest.raises(EscapedValueError, match="call"):
        ad.jacobian(lambda x: ESCAPES[use](kept[-1], x), V, method=method)


@tracing_modes
def test_cache_filled_by_an_earlier_call(method: str) -> None:
    """Breaks if f's own cache hands back a traced value of the call before, or the first call is refused."""
    cache: dict[str, Any] = {}

    def f(x: Any) -> Any:
        if "square" not in cache:
            cache["square"] = x * x
        return (cache["square"] * x).sum()

    try:
        assert_close(ad.gradient(f, V, method=method), 3 * V**2)
    except EscapedValueError:
        assert method == "symbolic", "one call of f is enough here"
    with pytest.raises(EscapedValueError):
        ad.gradient(f, 2 * V, method=method)


@exact_modes
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_escape_from_an_inner_derivative(inner: str, method: str) -> None:
    """Breaks if a value of an ended inner derivative may be used in the outer function."""

    def outer(y: Any) -> Any:
        kept: list[Any] = []
        ad.gradient(lambda x: (kept.append(x * y), x * y)[1], 1.0, method=inner)
        return kept[0] * y

    with pytest.raises(EscapedValueError):
        ad.gradient(outer, 2.0, method=method)


@exact_modes
def test_pullback_after_the_call_ended(method: str) -> None:
    """Breaks if a pullback works only once, or not after another derivative was taken."""
    _, pullback = ad.vjp(lambda x: np.sin(x) * x, V, method=method)
    ad.gradient(lambda x: x.sum(), V, method=method)
    truth = (np.cos(V) * V + np.sin(V)) * W
    for _ in range(2):
        assert_close(pullback(W), truth)


@every_mode
@cases(
    ("python_float", lambda x: 3.0, V, np.zeros(3)),
    ("integer", lambda x: 3, V, np.zeros(3)),
    ("array", lambda x: np.ones(2), V, np.zeros((2, 3))),
    ("integer_array", lambda x: np.arange(2), V, np.zeros((2, 3))),
    ("list", lambda x: [1.0, 2.0], V, np.zeros((2, 3))),
    ("shape_only", lambda x: x.size * 1.0, V, np.zeros(3)),
    ("constant_function", lambda x: np.floor(x), V, np.zeros((3, 3))),
    ("comparison", lambda x: (x > 0) * 1.0, V, np.zeros((3, 3))),
    ("zeros_like", lambda x: np.zeros_like(x), V, np.zeros((3, 3))),
    ("one_of_two", lambda x: np.array([x[0] * x[2], 1.0]), V, [[2.1, 0, 0.7], [0, 0, 0]]),
    ("closure_only", lambda x: (V * W).sum(), V, np.zeros(3)),
    ("times_zero", lambda x: x * 0.0, V, np.zeros((3, 3))),
    ("identity", lambda x: x, V, np.eye(3)),
    ("view_of_identity", lambda x: x[1:], V, np.eye(3)[1:]),
    ("constant_of_scalar", lambda x: 3.0, 0.5, 0.0),
)
def test_outputs_that_do_not_depend_on_x(case: Case, method: str) -> None:
    """Breaks if a true zero derivative is refused, or has the wrong shape or a dtype other than float."""
    value, derivative = ad.value_and_jacobian(case.f, case.x, method=method)
    assert_close(derivative, case.truth, 1e-6 if method == "finite" else 1e-15)
    np.testing.assert_array_equal(value, case.f(case.x))


@every_mode
@pytest.mark.parametrize(
    "result",
    [
        None,
        "text",
        [None, 1.0],
        {"a": None},
        (v for v in V),
        {1.0, 2.0},
        np.array(["a"]),
        1j,
        np.array([1 + 2j]),
        object(),
        print,
    ],
    ids=lambda r: type(r).__name__,
)
def test_outputs_that_have_no_derivative(result: Any, method: str) -> None:
    """Breaks if f returning None, text, a generator or complex numbers gives anything but OutputError."""
    with pytest.raises(OutputError, match=r"return|numbers"):
        ad.jacobian(lambda x: result, V, method=method)


@every_mode
def test_forgotten_return(method: str) -> None:
    """Breaks if the commonest mistake, no return, is not named."""

    def forgets(x: Any) -> None:
        x.sum()

    with pytest.raises(OutputError, match=r"forgets.*return"):
        ad.gradient(forgets, V, method=method)


@exact_modes
def test_other_exceptions_pass_through(method: str) -> None:
    """Breaks if an exception of f's own is replaced."""
    for error in (ValueError("mine"), KeyError("k"), TypeError("mine"), ZeroDivisionError("z")):

        def f(x: Any, error: Exception = error) -> Any:
            raise error

        with pytest.raises(type(error)) as caught:
            ad.gradient(f, V, method=method)
        assert caught.value is error
