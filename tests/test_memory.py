"""Memory: linear in the number of records, and given back as soon as the result is returned."""

from __future__ import annotations

import contextlib
import gc
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from support import assert_close, exact_modes

import admodes as ad
from admodes.recording import count_operations

V = np.array([0.7, -1.3, 2.1])


def element_writes(count: int) -> Callable[[Any], Any]:
    """A function that writes `count` elements one by one, each from the one before."""

    def f(x: Any) -> Any:
        y = np.zeros(count, like=x)
        y[0] = x[0]
        for i in range(1, count):
            y[i] = y[i - 1] * x[1] + x[2]
        return y[-1]

    return f


def test_records_of_element_writes_are_linear() -> None:
    """Breaks if the number of records, or the bytes kept, grows faster than the number of writes."""
    x = np.array([0.5, 0.9, 0.1])
    small, large = (count_operations(element_writes(count), x) for count in (400, 4_000))
    assert 9.9 <= large.nodes / small.nodes <= 10.1
    assert large.nodes <= 8 * 4_000
    assert large.bytes <= 10.5 * small.bytes


@exact_modes
def test_element_writes_keep_no_copies_of_the_array(method: str) -> None:
    """Breaks if each of 10,000 writes keeps a copy of the 10,000 elements: 800 MB."""

    def f(x: Any) -> Any:
        y = np.zeros(10_000, like=x)
        first = x[0]
        for i in range(10_000):
            y[i] = first
        return y.sum() * x[1]

    tracemalloc.start()
    try:
        gradient = ad.gradient(f, np.array([0.5, 0.9]), method=method)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert_close(gradient, [9_000.0, 5_000.0])
    assert peak < 30e6


def test_depth_is_not_bounded_by_recursion() -> None:
    """Breaks if the backward sweep recurses: 50,000 operations in a chain."""

    def f(x: Any) -> Any:
        for _ in range(50_000):
            x = x * 1.0001
        return x

    assert_close(ad.differentiate(f, 2.0, method="reverse"), 1.0001**50_000, 1e-9)


@pytest.fixture
def no_collector() -> Iterator[None]:
    """The cyclic garbage collector switched off."""
    gc.freeze()  # a collection then looks at this test's objects alone
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def program(seen: list[Any], fails: bool) -> Callable[[Any], Any]:
    """A function that keeps weak references to the plain arrays of its traced values."""

    def f(x: Any) -> Any:
        y = np.tanh(x * np.linspace(0, 1, 1000))
        z = np.zeros_like(y)
        z[1:] = y[:-1] * x[0]
        row = z.reshape(10, 100)[3]
        seen.extend(weakref.ref(value.value) for value in (y, y * y, row * 2.0) if isinstance(value.value, np.ndarray))
        if fails:
            raise KeyError("mine")
        return np.sum(z * y) + row.sum() + np.stack([x[0], x[1]]).sum()

    return f


OPERATORS: dict[str, Callable[[Any, Any, str], Any]] = {
    "gradient": lambda f, x, method: ad.gradient(f, x, method=method),
    "value_and_gradient": lambda f, x, method: ad.value_and_gradient(f, x, method=method),
    "jvp": lambda f, x, method: ad.jvp(f, x, np.ones(1000), method=method),
    "vjp": lambda f, x, method: ad.vjp(f, x, method=method)[1](1.0),
}


@exact_modes
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("fails", [False, True], ids=["returns", "raises"])
@pytest.mark.usefixtures("no_collector")
def test_memory_is_freed_without_the_collector(operator: str, fails: bool, method: str) -> None:
    """Breaks if a reference cycle keeps the arrays of a tape alive after the result, or the exception, is gone."""
    x = np.linspace(0.1, 1.0, 1000)
    for _ in range(2):  # the first round imports and fills caches
        seen: list[Any] = []
        f, result = program(seen, fails), None
        gc.collect()
        with contextlib.suppress(KeyError):
            result = OPERATORS[operator](f, x, method)
        assert (result is None) == fails
        assert len(seen) >= 3
        assert [reference() for reference in seen] == [None] * len(seen)
    assert gc.collect() == 0, "cyclic garbage was left"


@exact_modes
@pytest.mark.parametrize(
    "work",
    [
        lambda m: ad.hessian(lambda x: np.sum(np.sin(x) * x[0]), V, method=m),
        lambda m: ad.hvp(lambda x: np.sum(np.sin(x) * x[0]), V, V, method=m),
        lambda m: ad.jacobian(lambda x: {"a": np.outer(x, x), "b": x[0]}, V, method=m),
        lambda m: ad.gradient(lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum(), np.zeros(3), method=m),
        lambda m: ad.gradient(lambda x: np.linalg.norm(x) + sum(v for v in x if v > 0), V, method=m),
    ],
    ids=["hessian", "hvp", "containers", "where_trap", "branches"],
)
@pytest.mark.usefixtures("no_collector")
def test_no_cyclic_garbage(work: Callable[[str], Any], method: str) -> None:
    """Breaks if an operator leaves cyclic garbage behind."""
    work(method)  # imports and caches
    gc.collect()
    work(method)
    assert gc.collect() == 0


@exact_modes
@pytest.mark.usefixtures("no_collector")
def test_refused_programs_leave_no_garbage(method: str) -> None:
    """Breaks if our own errors keep the tape alive once they are handled."""
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = x * x
        seen.append(weakref.ref(y.value))
        return float(y[0])

    for _ in range(2):
        gc.collect()
        with contextlib.suppress(TypeError):
            ad.gradient(f, V, method=method)
    assert [reference() for reference in seen] == [None, None]
    assert gc.collect() == 0


@pytest.mark.usefixtures("no_collector")
def test_pullback_keeps_the_tape_and_frees_it() -> None:
    """Breaks if a pullback loses its tape while it lives, or keeps it when it is gone."""
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = np.exp(x)
        seen.append(weakref.ref(y.value))
        return y * y

    gc.collect()
    _, pullback = ad.vjp(f, V, method="reverse")
    assert_close(pullback(np.ones(3)), 2 * np.exp(2 * V))
    assert_close(pullback(np.ones(3)), 2 * np.exp(2 * V))
    assert seen[0]() is not None
    del pullback
    assert seen[0]() is None
    assert gc.collect() == 0


def test_a_jacobian_bounds_its_memory() -> None:
    """Breaks if a whole wide Jacobian is swept at once: 1,000 seeds of 1,000 x 40 temporaries are 320 MB each."""
    n = 1_000

    def f(x: Any) -> Any:
        return np.sin(x[:, None] * np.linspace(1, 2, 40)).sum(axis=1)

    for method in ("forward", "reverse"):
        tracemalloc.start()
        try:
            jacobian = ad.jacobian(f, np.linspace(0, 1, n), method=method)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert jacobian.shape == (n, n)
        assert np.count_nonzero(jacobian - np.diag(np.diag(jacobian))) == 0
        assert peak < 500e6, f"{method}: {peak / 1e6:.0f} MB"
