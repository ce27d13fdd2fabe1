"""Losses in float32: right gradients are never called wrong, and errors of 10 % never right."""

from __future__ import annotations

import numpy as np
import pytest

import admodes as ad

#: Among them is one (33) whose kinks beside x pass for a smooth loss of another slope but for the smallest steps.
SEEDS = (*range(12), 33)


def make_loss(seed, activation, dtype):
    """A loss in float32 whose intermediate sums round, its gradient and a point."""
    rng = np.random.default_rng(seed)
    inputs, targets = rng.standard_normal((64, 2)).astype("f4"), rng.standard_normal(64).astype("f4")
    weights = (rng.standard_normal((2, 2)) / 2).astype(dtype)

    def act(z):
        return np.tanh(z) if activation == "tanh" else np.maximum(z, np.float32(0))

    def f(p):
        return np.mean((act(inputs @ p.astype("f4")).sum(1) - targets) ** 2)

    def grad(p):
        z = act(inputs @ p.astype("f4"))
        slope = 1 - z * z if activation == "tanh" else (z > 0).astype("f4")
        return inputs.T @ ((2 * (z.sum(1) - targets) / np.float32(64))[:, None] * slope)

    return f, grad, weights


def ten_percent_off(grad):
    def off(p):
        found = grad(p).copy()
        found[np.unravel_index(np.argmax(np.abs(found)), found.shape)] *= 1.1
        return found

    return off


@pytest.mark.parametrize(("activation", "dtype"), [("tanh", "f4"), ("relu", "f4"), ("tanh", "f8")])
def test_rounding_of_float32_accuses_nobody(activation, dtype):
    verdicts = [ad.check_gradient(*make_loss(seed, activation, dtype)).verdict for seed in SEEDS]
    assert "wrong" not in verdicts, [seed for seed in SEEDS if verdicts[seed] == "wrong"]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_errors_of_ten_percent_are_never_right(activation):
    for seed in SEEDS:
        f, grad, weights = make_loss(seed, activation, "f4")
        assert ad.check_gradient(f, ten_percent_off(grad), weights).verdict != "right", seed


def make_wide_loss(seed, activation, dtype):
    """The same in NumPy's own precision: float32 for weights in float32, float64 for weights in float64."""
    rng = np.random.default_rng(seed)
    inputs, targets = rng.standard_normal((64, 2)).astype(dtype), rng.standard_normal(64).astype(dtype)
    weights = (rng.standard_normal((2, 2)) / 2).astype(dtype)

    def act(z):
        return np.tanh(z) if activation == "tanh" else np.maximum(z, 0)

    def f(p):
        return np.mean((act(inputs @ p).sum(1) - targets) ** 2)

    def grad(p):
        z = act(inputs @ p)
        slope = 1 - z * z if activation == "tanh" else z > 0
        return inputs.T @ ((2 * (z.sum(1) - targets) / 64)[:, None] * slope)

    return f, grad, weights


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_where_f_answers_in_float64_all_is_decided(activation, dtype):
    """An error of 0.1 % hides in the steps of float32's staircase, and so does the right gradient; kinks nearby are no noise."""
    for seed in range(8):
        f, grad, weights = make_wide_loss(seed, activation, dtype)
        assert grad(weights).dtype == dtype
        check = ad.check_gradient(f, grad, weights)
        assert check.verdict == "right", (seed, str(check))
        assert ("evaluated in float64" in str(check)) == (dtype == "f4")
        assert ad.check_gradient(f, lambda p, grad=grad: 1.001 * grad(p), weights).verdict == "wrong", seed


@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_the_claim_is_asked_in_the_dtype_of_x(dtype):
    asked = set()

    def grad(x):
        asked.add(x.dtype)
        return 3 * x**2

    x = np.array([1.1, 2.3], dtype)
    check = ad.check_gradient(lambda x: np.sum(x**3), grad, x)
    assert asked == {np.dtype(dtype)}
    assert check.verdict == ("right" if dtype == "f4" else "inconclusive")  # float16 has three digits: 1 % cannot be told
    assert all(np.array_equal(found.vector, found.vector.astype(dtype)) for found in check.points)


def test_lists_of_numbers_in_float32_are_no_mistake():
    """They come as float64, with the digits of float32."""
    x = np.array([1.1, 2.3], "f4")
    assert ad.check_gradient(lambda x: np.sum(np.exp(x)), lambda x: [float(np.exp(v)) for v in x], x).verdict == "right"


def test_f_that_refuses_float64_is_asked_in_float32():
    seen = set()

    def f(x):
        seen.add(x.dtype)
        if x.dtype != np.float32:
            raise TypeError("float32 only")
        return np.sum(x * x)

    check = ad.check_gradient(f, lambda x: 2 * x, np.array([1.5, -2.0], "f4"))
    assert check.verdict == "right"
    assert "float64" not in str(check)


def test_f_that_is_another_one_in_float64_is_asked_in_float32():
    """Widening must not change the function that is checked."""

    def f(x):
        return np.sum(x * x) * (1 if x.dtype == np.float32 else 2)

    assert ad.check_gradient(f, lambda x: 2 * x, np.array([1.5, -2.0], "f4")).verdict == "right"
    assert ad.check_gradient(f, lambda x: 4 * x, np.array([1.5, -2.0], "f4")).verdict == "wrong"


def test_a_pair_in_float32():
    """Its value was calculated in float32."""
    rng = np.random.default_rng(5)
    data = rng.standard_normal(10_000).astype("f4")

    def f(x):
        return np.float32(0) + np.sum((data - x) ** 2)

    check = ad.check_gradient(f, lambda x: (f(x), np.float32(2) * np.sum(x - data)), np.float32(0.25))
    assert check.verdict == "right", str(check)


@pytest.mark.parametrize("size", [301, 5000])
def test_many_elements_in_float32(size):
    """Random directions that are rounded to float32 make stairs of a smooth f."""
    x = np.random.default_rng(0).standard_normal(size).astype("f4")
    f, gradient = (lambda x: np.sum(np.tanh(x))), (lambda x: 1 - np.tanh(x) ** 2)
    assert ad.check_gradient(f, gradient, x).verdict == "right"
    assert ad.check_gradient(f, lambda x: gradient(x) * np.where(np.arange(size) == 7, 1.1, 1), x).verdict == "wrong"
