"""Planted mistakes: each is caught, and named where a name explains the numbers."""

import numpy as np
import pytest

import admodes as ad
from admodes.checking.slopes.noise import noise_of_values

X = np.array([1.0, 2.0, 3.0, 0.5, 0.7])
RNG = np.random.default_rng(3)
SAMPLES = RNG.standard_normal(37)
MATRIX = RNG.standard_normal((5, 5))


def f(x):
    return np.sum(np.sin(x) * x**2)


def gradient(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x)


def layer(x):
    return np.sin(MATRIX @ x)


def layer_jacobian(x):
    return MATRIX * np.cos(MATRIX @ x)[:, None]


def with_element(place, value):
    """The right gradient with one element replaced by `value` of it."""

    def grad(x):
        found = gradient(x)
        found[place] = value(found[place])
        return found

    return grad


MISTAKES = {
    "sign": (lambda x: -gradient(x), "the sign: all of it"),
    "sign of one element": (with_element(2, lambda g: -g), r"the sign of x\[2\]"),
    "factor 2": (lambda x: 2 * gradient(x), "2 times the derivative"),
    "factor 1/2": (lambda x: gradient(x) / 2, "1/2 times the derivative"),
    "factor 1.7": (lambda x: 1.7 * gradient(x), "1.7 times the derivative"),
    "degrees": (lambda x: gradient(x) * np.pi / 180, "pi/180 times"),
    "logarithm of base 10": (lambda x: gradient(x) / np.log(10), "1/ln 10 times"),
    "n": (lambda x: X.size * gradient(x), "sum taken instead of a mean"),
    "1/n": (lambda x: gradient(x) / X.size, "mean taken instead of a sum"),
    "shifted index": (lambda x: np.roll(gradient(x), 1), "shifted by 1"),
    "shifted back": (lambda x: np.roll(gradient(x), -1), "shifted by -1"),
    "shifted, and one lost": (lambda x: np.r_[0.0, gradient(x)[:-1]], "shifted by 1"),
    "swapped": (lambda x: gradient(x)[[1, 0, 2, 3, 4]], r"x\[0\] and x\[1\] are swapped"),
    "reversed": (lambda x: gradient(x)[::-1], "permuted"),
    "never written": (with_element(3, lambda g: 0.0), r"never written: x\[3\] is exactly 0"),
    "regulariser forgotten": (lambda x: gradient(x) - 0.3 * x, r"plus 0.3 \* x"),
    "constant forgotten": (lambda x: gradient(x) - 0.3, "plus 0.3 in every element"),
    "one element's term": (with_element(3, lambda g: g + 0.1), r"in x\[3\] alone: it lacks -0.1"),
    "chain factor of exp": (lambda x: gradient(x) / np.exp(x), r"chain factor exp\(x\).* is missing"),
    "chain factor of log": (lambda x: gradient(x) * x, "a factor x .*, or the chain factor 1/x of a logarithm is missing"),
    "chain factor of a sigmoid": (lambda x: gradient(x) * (2 + np.exp(x) + np.exp(-x)), "of a sigmoid is missing"),
    "float32": (lambda x: gradient(x).astype(np.float32).astype(float), "calculated in float32"),
    "NaN": (with_element(1, lambda g: np.nan), "NaN"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_planted_mistakes_are_named(name):
    """A mistake that passes, or one that is taken for another."""
    grad, cause = MISTAKES[name]
    check = ad.check_gradient(f, grad, X)
    assert check.verdict == "wrong"
    assert not check
    assert len(check.causes) == 1
    import re

    assert re.search(cause, check.causes[0]), check.causes
    assert f"Likely mistake: {check.causes[0]}" in str(check)


@pytest.mark.parametrize("size", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6])
def test_small_errors_are_caught(size):
    """A relative error of one element that passes."""
    check = ad.check_gradient(f, with_element(1, lambda g: g * (1 + size)), X)
    assert [entry.index for entry in check.components if entry.verdict == "wrong"] == ["x[1]"]
    worst = check.worst[0]
    assert worst.index == "x[1]"
    assert worst.digits == pytest.approx(-np.log10(size), abs=0.2)
    assert worst.error == pytest.approx(size, rel=0.1)
    assert worst.low <= gradient(X)[1] <= worst.high


@pytest.mark.parametrize("size", [1e-8, 1e-10])
def test_what_is_no_mistake_is_noted(size):
    """An error that no formula makes, passed in silence or called a mistake."""
    check = ad.check_gradient(f, with_element(1, lambda g: g * (1 + 0.1 * size)), X)
    assert check.verdict == "right"
    assert any(finding.cause == "slight" for finding in check.findings) == (size > 1e-9)


def test_no_cause_is_made_up():
    """A name for numbers that no single mistake explains."""
    noise = RNG.uniform(0.5, 1.5, 5)
    check = ad.check_gradient(f, lambda x: gradient(x) * noise, X)
    assert check.verdict == "wrong"
    assert check.causes == ()


@pytest.mark.parametrize(
    ("grad", "cause"),
    [
        (lambda x: layer_jacobian(x).T, "transposed"),
        (lambda x: layer_jacobian(x)[[1, 0, 2, 3, 4]], "row 0 holds the derivative of output 1"),
        (lambda x: -layer_jacobian(x), "the sign"),
        (lambda x: layer_jacobian(x)[:, [1, 0, 2, 3, 4]], "swapped"),
    ],
)
def test_mistakes_of_jacobians(grad, cause):
    """A Jacobian whose rows or columns are mixed up."""
    check = ad.check_gradient(layer, grad, X)
    assert check.verdict == "wrong"
    assert cause in check.causes[0]


def test_gradient_by_a_matrix_transposed():
    """A transposed gradient of a square matrix, which has the right shape."""
    check = ad.check_gradient(lambda m: np.sum(np.sin(m) * MATRIX), lambda m: (np.cos(m) * MATRIX).T, MATRIX + 1)
    assert check.verdict == "wrong"
    assert "transposed" in check.causes[0]


def test_the_mean_over_samples():
    """The sum over the samples that f closes over, where f takes their mean."""
    check = ad.check_gradient(lambda x: np.mean((SAMPLES[:, None] * x) ** 3), lambda x: 3 * np.sum(SAMPLES**3) * x**2 / 5, X)
    assert "n = 37" in check.causes[0]


@pytest.mark.parametrize(
    ("grad", "match"),
    [
        (lambda x: f(x), r"shape \(\) where \(5,\)"),
        (lambda x: gradient(x)[:, None], r"shape \(5, 1\)"),
        (lambda x: gradient(x)[None], r"shape \(1, 5\)"),
        (lambda x: gradient(x)[:-1], r"shape \(4,\)"),
        (lambda x: gradient(x) + 0j, "complex"),
        (lambda x: None, "None"),
        (lambda x: "no", "a str"),
        (lambda x: [1.0, [2.0]], "returned"),
    ],
)
def test_wrong_shapes_and_dtypes(grad, match):
    """A shape that NumPy broadcasts to the right one, or a dtype that loses half of the numbers."""
    check = ad.check_gradient(f, grad, X, kind="gradient")
    assert check.verdict == "wrong"
    import re

    assert re.search(match, check.reason), check.reason
    assert str(check)
    assert check._repr_html_()


def test_integers_for_a_float_gradient():
    """Fractions cut off by an integer array."""
    check = ad.check_gradient(f, lambda x: gradient(x).astype(int), X)
    assert check.verdict == "wrong"
    assert any("integers" in finding.text for finding in check.findings)


def test_a_transposed_shape_is_named():
    """(n, m) for (m, n)."""
    check = ad.check_gradient(lambda x: (MATRIX @ x)[:3], lambda x: MATRIX[:3].T, X)
    assert "transposed" in check.causes[0]


def changes_x(x):
    x[0] += 1
    return gradient(x - np.eye(5)[0])


def f_changes_x(x):
    value = f(x)
    x *= 2
    return value


class Stale:
    """Answers that belong to another call."""

    def __init__(self):
        self.kept = self.seen = None

    def once(self, x):
        """The first answer for ever."""
        self.kept = gradient(x) if self.kept is None else self.kept
        return self.kept

    def remember(self, x):
        """f that remembers x for `at_remembered`."""
        self.kept = x
        return f(x)

    def at_remembered(self, x):
        """The gradient where f was called last."""
        return gradient(self.kept)

    def same_object(self, x):
        """Calculates only for another array object."""
        if self.seen is not x:
            self.seen, self.kept = x, gradient(x)
        return self.kept


def randomly(x):
    return gradient(x) + 1e-3 * RNG.standard_normal(5)


@pytest.mark.parametrize(
    ("pair", "match"),
    [
        ((f, changes_x), "the derivative changes its argument"),
        ((f_changes_x, gradient), "f_changes_x changes its argument"),
        ((f, Stale().once), "cache"),
        ((lambda s: (s.remember, s.at_remembered))(Stale()), "what f left behind"),
        ((f, Stale().same_object), "compares identity"),
        ((f, randomly), "answers differently"),
    ],
)
def test_state_is_found(pair, match):
    """Arguments written into, caches that answer for another x, random answers."""
    check = ad.check_gradient(*pair, X)
    assert check.verdict == "wrong"
    assert match in str(check)


@pytest.mark.parametrize(
    ("f", "grad", "x"),
    [
        (lambda x: np.sum(x**3), lambda x: 3 * np.abs(x), np.ones(3)),
        (lambda x: np.sum(x**2 + x**3), lambda x: 2 * x, np.zeros(3)),
        (lambda x: x[0] * x[1], lambda x: x, np.full(2, 2.0)),
        (lambda x: np.sum(np.sin(x)), lambda x: np.ones(2), np.zeros(2)),
    ],
)
def test_right_by_accident(f, grad, x):
    """A gradient that is right at x alone: at ones, at zero, where elements are equal."""
    check = ad.check_gradient(f, grad, x)
    assert check.verdict == "wrong"
    assert "near x" in check.reason
    assert all(entry.verdict == "right" for entry in check.components)
    assert any(entry.verdict == "wrong" for entry in check.nearby)


def test_a_claim_that_fails_nearby_is_noted():
    """An exception of the claim beside x that ends the check."""

    def grad(x):
        if not np.all(x == 1):
            raise ValueError("only at ones")
        return 2 * x

    check = ad.check_gradient(lambda x: x @ x, grad, np.ones(2))
    assert check.verdict == "right"
    assert "checked at x alone" in str(check)


@pytest.mark.parametrize(
    ("f", "grad", "x"),
    [
        (lambda x: np.sum(np.maximum(x, 0)), lambda x: np.where(x == 0, -0.5, x > 0), np.array([0.0, 1.0])),
        (lambda x: np.sum(np.abs(x)), lambda x: np.where(x == 0, 1.5, np.sign(x)), np.array([0.0, 1.0])),
        (lambda x: np.max(x), lambda x: np.where(x == np.max(x), 1.0, 0.0), np.array([1.0, 1.0])),
        (lambda x: np.sum(np.abs(x)), lambda x: -np.sign(x), np.array([1e-9, 1.0])),
    ],
)
def test_no_subgradient(f, grad, x):
    """A number outside of the slopes of both sides; one for each tie of a maximum, where they share one."""
    check = ad.check_gradient(f, grad, x)
    assert check.verdict == "wrong", str(check)


def test_an_error_beside_noise_is_seen():
    """Noise that every error hides in."""
    rng = np.random.default_rng(0)
    check = ad.check_gradient(lambda x: np.sum(x**2) + 1e-8 * rng.standard_normal(), lambda x: 2.001 * x, np.array([1.0, 2.0]))
    assert check.verdict == "wrong"


@pytest.mark.parametrize("level", [1e-14, 1e-10, 1e-6, 1e-2])
def test_noise_is_measured(level):
    """Noise of a known standard deviation, an order of magnitude off."""
    rng = np.random.default_rng(5)
    t = np.linspace(0, 1e-9, 9)
    found = [noise_of_values(np.sin(t) + level * rng.standard_normal(9)) for _ in range(50)]
    assert level / 3 < np.median(found) < 3 * level


def test_smooth_values_have_no_noise():
    """Curvature taken for noise; values that overflow or are none."""
    assert noise_of_values(np.linspace(1, 2, 9) ** 3) < 1e-14
    assert noise_of_values(np.full(9, 1e308)) == 0
    assert noise_of_values(np.full(9, np.nan)) == 0
    assert noise_of_values(np.full((9, 3), 2.0)).shape == (3,)
