"""Constants that f or its caller changes after their use, and results that own their memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import (
    TOLERANCE,
    assert_close,
    every_mode,
)

import admodes as ad
from admodes.errors import AdmodesError

V = np.array([0.7, -1.3, 2.1])

W = np.array([1.5, -0.5, 2.0])


def buffer_program(kind: str, size: int) -> Any:
    """A function of x of `size` elements that overwrites a constant after reading it."""

    def overwritten(x: Any) -> Any:
        buffer = np.linspace(1, 2, size)
        y = (x * buffer).sum()
        buffer[:] = 100.0
        return y

    def reused_in_a_loop(x: Any) -> Any:
        buffer, total = np.zeros(size), 0.0
        for k in range(3):
            buffer[:] = k + 1.0
            total = total + (x * buffer).sum()
        return total

    def restored(x: Any) -> Any:
        buffer = np.full(size, 2.0)
        y = (x * buffer).sum()
        buffer[:] = 5.0
        y = y + (np.sin(x) * buffer).sum()
        buffer[:] = 2.0
        return y

    def through_a_view(x: Any) -> Any:
        buffer = np.linspace(1, 2, size)
        y = (x[::-1] / buffer[::-1]).sum()
        buffer.reshape(1, size)[0, :] = 100.0
        return y

    def read_only_view(x: Any) -> Any:
        buffer = np.linspace(1, 2, size)
        view = buffer[:]
        view.flags.writeable = False
        y = (x * view).sum()
        buffer *= 3.0
        return y

    def condition(x: Any) -> Any:
        mask = np.arange(size) % 2 == 0
        y = np.where(mask, x, -x).sum() + x[mask].sum()
        mask[:] = True
        return y

    def index(x: Any) -> Any:
        chosen = np.arange(size)[::-1].copy()
        numbers = [0, 1, 0]
        y = (x[chosen] * np.arange(size)).sum() + x[numbers].sum()
        chosen[:] = 0
        numbers[0] = 2
        return y

    def written_index(x: Any) -> Any:
        chosen = np.arange(size)[::-1].copy()
        y = np.zeros_like(x)
        y[chosen] = x * x
        chosen[:] = 0
        return (y * np.arange(size)).sum()

    def matrix(x: Any) -> Any:
        rows = np.ones((3, size))
        y = (rows @ x).sum() + np.einsum("ij,j->", rows, x)
        rows[:] = 7.0
        return y

    def exponent(x: Any) -> Any:
        power = np.full(size, 2.0)
        y = ((x + 3.0) ** power).sum()
        power[:] = 1.0
        return y

    def written_value(x: Any) -> Any:
        buffer = np.ones(size)
        y = np.zeros_like(x)
        y[:] = buffer
        buffer[:] = 9.0
        return (x * y).sum()

    def scalar_buffer(x: Any) -> Any:
        factor = np.array(2.0)
        y = (x * factor).sum() + x[0] * factor
        factor[...] = 5.0
        return y

    return next(program for name, program in locals().items() if name == kind)


BUFFERS = (
    "overwritten", "reused_in_a_loop", "restored", "through_a_view", "read_only_view", "condition", "index", "written_index",
    "matrix", "exponent", "written_value", "scalar_buffer",
)  # fmt: skip


@pytest.mark.parametrize(
    ("method", "size"),
    [("forward", 3), ("reverse", 3), ("symbolic", 3), ("forward", 2000), ("reverse", 2000)],
)
@pytest.mark.parametrize("kind", BUFFERS)
def test_constant_overwritten_after_use(kind: str, size: int, method: str) -> None:
    """Breaks if reverse mode reads a constant after f has overwritten it and returns a wrong gradient."""
    x = np.linspace(0.1, 1.3, size)
    program = buffer_program(kind, size)
    try:
        value, gradient = ad.value_and_gradient(program, x, method=method)
    except AdmodesError as error:
        assert len(str(error)) > 60
        assert size > 3, "a small constant is copied, not refused"
        return
    assert_close(value, program(x.copy()), 1e-12, "value")
    rng = np.random.default_rng(0)
    for i in rng.choice(size, 3, replace=False):
        step = np.zeros(size)
        step[i] = 1e-5
        slope = (program(x + step) - program(x - step)) / 2e-5
        assert_close(gradient[i], slope, 1e-6, f"entry {i}")


@pytest.mark.parametrize("kind", ["small", "large"])
def test_constant_overwritten_before_the_pullback(kind: str) -> None:
    """Breaks if a constant that the caller changes after `vjp` returned changes the pullback."""
    size = 3 if kind == "small" else 2000
    buffer, x = np.linspace(1, 2, size), np.linspace(0.1, 1.3, size)
    kept = buffer.copy()
    value, pullback = ad.vjp(lambda x: np.exp(x) * buffer, x, method="reverse")
    buffer[:] = 0.0
    x[:] = 0.0
    value = np.asarray(value)
    try:
        got = pullback(np.ones(size))
    except AdmodesError as error:
        assert len(str(error)) > 60
        return
    assert_close(got, kept * np.exp(np.linspace(0.1, 1.3, size)))


@every_mode
def test_results_own_their_memory(method: str) -> None:
    """Breaks if writing into a returned value or gradient reaches x, the tape or a later result."""
    x = V.copy()
    value, pullback = ad.vjp(lambda x: x, x, method=method)
    value[:] = 99.0
    np.testing.assert_array_equal(x, V)
    value, pullback = ad.vjp(np.exp, x, method=method)
    value[:] = 0.0
    first = pullback(np.ones(3))
    assert_close(first, np.exp(V), TOLERANCE[method])
    weights = W.copy()
    for f in (lambda x: (weights * x).sum(), lambda x: x @ weights, lambda x: x.sum()):
        gradient = ad.gradient(f, x, method=method)
        kept = gradient.copy()
        gradient[:] = -1.0
        np.testing.assert_array_equal(weights, W)
        assert_close(ad.gradient(f, x, method=method), kept)
    cotangent = np.ones(3)
    result = ad.vjp(lambda x: x, x, method=method)[1](cotangent)
    result[:] = 5.0
    np.testing.assert_array_equal(cotangent, np.ones(3))
    tangent = np.ones(3)
    ad.jvp(lambda x: x, x, tangent, method=method)[1][:] = 5.0
    np.testing.assert_array_equal(tangent, np.ones(3))
