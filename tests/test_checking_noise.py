"""f that answers at random: means tell what single values hide, and nobody is believed or accused by luck."""

import numpy as np
import pytest

import admodes as ad
from admodes.checking.judgement.averaging import MOST_CALLS

X = np.array([1.0, 2.0])


@pytest.fixture
def cheap(monkeypatch):
    """Fewer calls than users are given."""
    monkeypatch.setattr("admodes.checking.run.MOST_CALLS", 4000)


def noisy(level, seed):
    rng = np.random.default_rng(seed)
    return lambda x: np.sum(x**2) + level * rng.standard_normal()


@pytest.mark.parametrize("seed", range(3))
def test_a_right_gradient_is_confirmed_by_means(seed):
    """Noise that leaves a right gradient open, though repeated calls would tell; a report that does not say how many."""
    check = ad.check_gradient(noisy(0.01, seed), lambda x: 2 * x, X)
    assert check.verdict == "right"
    assert check.points[0].repeats >= 16
    assert f"the mean of {check.points[0].repeats} calls" in str(check)
    assert check.evaluations < MOST_CALLS


@pytest.mark.parametrize("seed", range(3))
def test_a_wrong_gradient_is_found_by_means(seed):
    """A gradient 10 % off that passes, or is left open, where means show it."""
    check = ad.check_gradient(noisy(0.1, seed), lambda x: 2.2 * x, X)
    assert check.verdict == "wrong"
    assert check.points[0].repeats >= 16
    for entry, exact in zip(check.components, (2.0, 4.0), strict=True):
        assert abs(entry.expected - exact) <= (entry.high - entry.low) / 2


def test_noise_that_grows_with_f(cheap):
    """Noise measured at x alone, where larger steps have more of it."""
    rng = np.random.default_rng(1)
    f = lambda x: np.sum(np.exp(x)) * (1 + 1e-3 * rng.standard_normal())  # noqa: E731
    assert ad.check_gradient(f, np.exp, X).verdict != "wrong"
    assert ad.check_gradient(f, lambda x: 1.2 * np.exp(x), X).verdict == "wrong"


def test_a_gradient_as_random_as_f(cheap):
    """The gradient of a sample that is right on average."""
    rng = np.random.default_rng(4)
    f = lambda x: np.sum((1 + 0.01 * rng.standard_normal(2)) * x**2)  # noqa: E731
    g = lambda x: 2 * (1 + 0.01 * rng.standard_normal(2)) * x  # noqa: E731
    assert ad.check_gradient(f, g, X).verdict != "wrong"
    assert ad.check_gradient(f, lambda x: 0.5 * g(x), X).verdict == "wrong"


@pytest.mark.parametrize("seed", range(5))
def test_many_noisy_elements_are_not_accused_by_luck(seed, cheap):
    """Large steps of an oscillating f that agree by luck, where no small one is sure enough to contradict."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(400)
    f = lambda x: np.sum(np.sin(x)) + 0.3 * rng.standard_normal()  # noqa: E731
    assert ad.check_gradient(f, np.cos, x, seed=seed).verdict != "wrong"


def test_answers_that_drift_are_not_averaged():
    """Means of what changes from call to call."""
    calls = [0]

    def f(x):
        calls[0] += 1
        return np.sum(x**2) + 0.01 * calls[0]

    check = ad.check_gradient(f, lambda x: 2 * x, X)
    assert check.verdict == "inconclusive"
    assert "drift" in check.reason


def test_what_a_budget_does_not_settle_is_left_open(cheap):
    """More calls than are stated, or a reason that is not the true one."""
    check = ad.check_gradient(noisy(10.0, 0), lambda x: 2 * x, X)
    assert check.verdict == "inconclusive"
    assert f"even in means of {check.points[0].repeats} calls" in check.reason
    assert check.evaluations < 1.5 * 4000


@pytest.mark.parametrize("size", [2, 30, 400])
@pytest.mark.parametrize("level", [0.03, 1.0, 30.0])
def test_averaging_keeps_its_promise(size, level):
    """More calls of f than the documentation allows."""
    rng = np.random.default_rng(5)
    x = rng.uniform(0.5, 2, size)
    check = ad.check_gradient(lambda x: np.sum(x**3) + level * rng.standard_normal(), lambda x: 3 * x**2, x)
    assert check.evaluations <= MOST_CALLS
    assert check.verdict != "wrong"
