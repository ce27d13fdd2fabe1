"""Causes that fit the numbers of one point alone are not named."""

import numpy as np
import pytest

import admodes as ad

CASES = {
    "norm": (np.linalg.norm, lambda x: x, [1.0, 2.0, 3.0]),
    "softmax without its sum": (lambda x: np.log(np.sum(np.exp(x))), np.exp, [0.5, 0.1, 0.25]),
    "quotient rule forgotten": (
        lambda x: x @ [1, 2, 3.0] / np.linalg.norm(x),
        lambda x: np.array([1, 2, 3.0]) / np.linalg.norm(x),
        [0.5, 0.1, 0.25],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_factor_of_this_point_is_no_cause(name):
    f, grad, x = CASES[name]
    check = ad.check_gradient(f, grad, np.array(x))
    assert check.verdict == "wrong"
    assert check.causes == ()


def test_a_power_taken_for_another_is_no_factor():
    """At x = 2 the claim is half of the slope, and there alone."""
    causes = ad.check_gradient(lambda x: x**3, lambda x: 3 * x, 2.0).causes
    assert causes == ("a factor x is missing in all of it",)


def test_a_cause_that_holds_nearby_is_named():
    check = ad.check_gradient(lambda x: np.sum(x**3), lambda x: 6 * x**2, np.array([1.0, 2.0]))
    assert check.causes == ("a constant factor: all of it is 2 times the derivative",)


@pytest.mark.parametrize(
    ("f", "grad", "x", "reason"),
    [
        (np.sqrt, lambda x: 0.5 / np.sqrt(x) if x else np.inf, 0.0, "grow without limit as the steps shrink"),
        (lambda x: np.floor(x) + x, lambda x: 1.0, 2.0, "f jumps at x by 1, and has no slope there"),
        (lambda x: np.round(np.exp(x), 3), np.exp, 0.3, "does not change at all within"),
    ],
)
def test_why_a_slope_is_not_known(f, grad, x, reason):
    """Breaks if noise is blamed for a jump or an infinite slope, or these for noise."""
    check = ad.check_gradient(f, grad, x)
    assert check.verdict == "inconclusive"
    assert reason in check.reason


def test_a_claim_that_differs_beside_x_is_not_called_noisy():
    def f(x):
        return x * x * np.sin(1 / x) if x else 0.0

    check = ad.check_gradient(f, lambda x: 2 * x * np.sin(1 / x) - np.cos(1 / x) if x else 0.0, 0.0)
    assert "answers scatter right beside x" in check.reason


def _weights(n):
    return np.random.default_rng(n).standard_normal((n, n)) / np.sqrt(n)


def _f(x):
    return np.sum(np.sin(x) * x**2) + 0.1 * x @ _weights(x.size) @ x


def _gradient(x):
    weights = _weights(x.size)
    return np.cos(x) * x**2 + 2 * x * np.sin(x) + 0.1 * (weights + weights.T) @ x


def _clipped(x):
    found = _gradient(x)
    return np.clip(found, -2.0, 2.0)


#: What was planted, and what has to be said of it; of 2, 5, 50 and 400 elements.
EVERYWHERE = {
    "sign": (lambda x: -_gradient(x), "the sign: all of it is the negative"),
    "half": (lambda x: _gradient(x) / 2, "a constant factor: all of it is 1/2 times the derivative"),
    "third": (lambda x: _gradient(x) / 3, "a constant factor: all of it is 1/3 times the derivative"),
    "degrees": (lambda x: _gradient(x) * np.pi / 180, "a constant factor: all of it is pi/180 times the derivative"),
    "zero": (lambda x: 0 * x, "never written: all of it is exactly 0"),
    "exp": (
        lambda x: _gradient(x) / np.exp(x),
        "the chain factor exp(x) of a parameter on the log scale is missing in all of it",
    ),
    "a power": (lambda x: _gradient(x) / x, "a factor x is missing in all of it"),
    "regulariser": (lambda x: _gradient(x) - 0.2 * x, "the claim plus 0.2 * x in every element, as of a regulariser"),
    "constant": (lambda x: _gradient(x) - 0.2, "the claim plus 0.2 in every element"),
    "normalised": (lambda x: _gradient(x) / np.linalg.norm(_gradient(x)), "normalised"),
    "float32": (lambda x: _gradient(x).astype("f4").astype(float), "calculated in float32"),
}
PLACES = {
    "shifted": (lambda x: np.roll(_gradient(x), 1), "an index is shifted by 1"),
    "reversed": (lambda x: _gradient(x)[::-1], "the elements are permuted, in reverse order"),
    "n": (lambda x: _gradient(x) * x.size, "n for n = "),
    "half of it": (lambda x: np.where(np.arange(x.size) < x.size // 2, 0, _gradient(x)), "never written: x[0]"),
}


@pytest.mark.parametrize(
    ("name", "n"),  # of two elements, shifted ones are swapped, and a half is one
    [(name, n) for n in (2, 5, 50, 400) for name in (*EVERYWHERE, *(PLACES if n > 2 else ()))],
)
def test_planted_mistakes_are_named_at_all_sizes(name, n):
    """A mistake that is named up to 300 elements only, or another one that is named in its place."""
    claim, cause = {**EVERYWHERE, **PLACES}[name]
    check = ad.check_gradient(_f, claim, np.random.default_rng(n).uniform(0.4, 2, n))
    assert check.verdict == "wrong"
    assert len(check.causes) == 1
    assert cause in check.causes[0]
    assert check.hints == ()


def _only(place, change):
    def claim(x):
        found = _gradient(x)
        found[place] = change(found, x)
        return found

    return claim


@pytest.mark.parametrize("n", [5, 50, 400])
@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda g, x: -g[3], "the sign of x[3]"),
        (lambda g, x: 0.0, "never written: x[3] is exactly 0"),
        (lambda g, x: 2 * g[3], "a constant factor: x[3] is 2 times the derivative"),
        (lambda g, x: np.nan, "NaN or infinity"),
    ],
)
def test_single_mistakes_are_named_at_all_sizes(change, cause, n):
    check = ad.check_gradient(_f, _only(3, change), np.random.default_rng(n).uniform(0.4, 2, n))
    assert check.verdict == "wrong"
    assert len(check.causes) == 1
    assert cause in check.causes[0]


def test_copied_elements_and_clipped_ones():
    x = np.random.default_rng(5).uniform(0.4, 2, 5)
    assert "an index is wrong: x[3] holds that of x[1]" in ad.check_gradient(_f, _only(3, lambda g, x: g[1]), x).causes[0]
    check = ad.check_gradient(_f, lambda x: np.full(5, _gradient(x)[2]), x)
    assert check.causes == ("x[0], x[1], x[3] and 1 more hold the derivative by x[2]",)
    assert "clipped at 2" in ad.check_gradient(_f, _clipped, x + 0.5).causes[0]
    swapped = ad.check_gradient(_f, lambda x: _gradient(x)[::-1], x[:2])
    assert swapped.causes == ("x[0] and x[1] are swapped",)


MODEL = {"w": np.random.default_rng(0).standard_normal((20, 20)), "b": np.random.default_rng(1).standard_normal(100)}


def _loss(model):
    return np.sum(model["w"] ** 3 * np.arange(20)) + np.sum(np.sin(model["b"]))


def _weight(model):
    return 3 * model["w"] ** 2 * np.arange(20)


@pytest.mark.parametrize("size", [3, 20])
@pytest.mark.parametrize(
    ("claim", "cause"),
    [
        (lambda m: {"w": _weight(m), "b": -np.cos(m["b"])}, "the sign of x['b']"),
        (lambda m: {"w": _weight(m), "b": 0 * m["b"]}, "never written: x['b'] is exactly 0"),
        (lambda m: {"w": _weight(m), "b": 7 * np.cos(m["b"])}, "a constant factor: x['b'] is 7 times the derivative"),
    ],
)
def test_an_array_of_a_container_is_named(claim, cause, size):
    """A hundred elements by name where one array is meant."""
    model = {"w": MODEL["w"][:size], "b": MODEL["b"][: 5 * size]}
    assert ad.check_gradient(_loss, claim, model).causes == (cause,)


def test_a_transposed_array_of_a_container_is_named():
    check = ad.check_gradient(_loss, lambda m: {"w": _weight(m).T, "b": np.cos(m["b"])}, MODEL)
    assert check.causes == ("the gradient by x['w'] is transposed (write G.T)",)


@pytest.mark.parametrize("kind", ["hessian", "hvp"])
@pytest.mark.parametrize("n", [5, 40])
@pytest.mark.parametrize("places", [[(3, 1)], [(3, 1), (1, 3)], [(2, 2)]])
def test_wrong_entries_of_a_hessian_are_named(places, n, kind):
    """A wrong Hessian of more than 24 inputs that ends in an exception, or names rows only."""
    weights = _weights(n)

    def hessian(x):
        found = -(weights.T * np.sin(weights @ x)) @ weights + np.diag(6 * x)
        for place in places:
            found[place] = 0
        return found

    claim = hessian if kind == "hessian" else lambda x, v: hessian(x) @ v
    x = np.random.default_rng(n).uniform(0.5, 2, n)
    check = ad.check_gradient(lambda x: np.sum(np.sin(weights @ x)) + np.sum(x**3), claim, x, kind=kind)
    wrong = {entry.index for entry in check.components if entry.verdict == "wrong"}
    assert wrong == {f"x[{row}], x[{column}]" for row, column in places}
    entries = ", ".join(f"(x[{row}], x[{column}])" for row, column in sorted(places))
    assert check.causes == (f"never written: {entries} {'is' if len(places) == 1 else 'are'} exactly 0",)
    assert n < 25 or check.evaluations <= 400


OTHER = {
    "a vector along the wrong axis": lambda x: np.cos(LAYER @ x) * LAYER,
    "the inner derivative alone": lambda x: LAYER,
    "the outer derivative alone": lambda x: np.diag(np.cos(LAYER @ x)),
}
LAYER = np.random.default_rng(3).standard_normal((4, 4))


@pytest.mark.parametrize("name", OTHER)
def test_chain_rules_of_layers(name):
    causes = ad.check_gradient(lambda x: np.sin(LAYER @ x), OTHER[name], np.array([0.5, 1.2, 0.8, 1.7])).causes
    assert len(causes) == (name == "a vector along the wrong axis")
    assert all("a vector multiplies the columns where it should multiply the rows" in cause for cause in causes)


DATA, TARGET = np.random.default_rng(4).standard_normal((12, 4)), np.random.default_rng(5).standard_normal(12)


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


TYPOS = {
    "cos for sin": (lambda x: -np.sum(np.cos(x)), np.cos),
    "a factor of each": (lambda x: np.prod(x), lambda x: np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1], x[0] * x[1] * x[2]])),
    "softplus": (lambda x: np.sum(np.log1p(np.exp(x))), np.exp),
    "sigmoid": (lambda x: np.sum(_sigmoid(x)), _sigmoid),
    "sigmoid, sign": (lambda x: np.sum(_sigmoid(x)), lambda x: _sigmoid(x) * (1 + _sigmoid(x))),
    "tanh": (lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x)),
    "exponential": (lambda x: np.sum(2**x), lambda x: x * 2 ** (x - 1)),
    "half of a quadratic form": (lambda x: x @ LAYER @ x, lambda x: LAYER @ x),
    "not symmetric": (lambda x: x @ LAYER @ x, lambda x: 2 * LAYER @ x),
    "log-sum-exp": (lambda x: np.log(np.sum(np.exp(x))), lambda x: np.exp(x) / np.sum(x)),
    "norm": (np.linalg.norm, lambda x: x / np.linalg.norm(x) ** 2),
    "squared norm": (lambda x: np.linalg.norm(x) ** 2, lambda x: 2 * x * np.linalg.norm(x)),
    "no residual": (lambda x: np.sum((DATA @ x - TARGET) ** 2), lambda x: 2 * DATA.T @ (DATA @ x)),
    "sign of the target": (lambda x: np.sum((DATA @ x - TARGET) ** 2), lambda x: 2 * DATA.T @ (DATA @ x + TARGET)),
    "logistic": (lambda x: np.sum(np.log1p(np.exp(DATA @ x))), lambda x: DATA.T @ np.exp(DATA @ x)),
    "arctan": (lambda x: np.sum(np.arctan(x)), lambda x: 1 / (1 + x)),
    "x sin(x)": (lambda x: np.sum(x * np.sin(x)), lambda x: x * np.cos(x)),
    "x to the x": (lambda x: np.sum(x**x), lambda x: x**x * np.log(x)),
    "power": (lambda x: np.sum(np.abs(x) ** 1.5), lambda x: 1.5 * np.abs(x)),
    "mean for each": (lambda x: np.sum(np.sin(x)), lambda x: np.full(4, np.mean(np.cos(x)))),
    "centred": (lambda x: np.sum(np.sin(x)), lambda x: np.cos(x) - np.mean(np.cos(x))),
}


@pytest.mark.parametrize("name", TYPOS)
def test_what_is_none_of_the_mistakes_has_no_cause(name):
    """A cause that fits by chance."""
    f, grad = TYPOS[name]
    check = ad.check_gradient(f, grad, np.array([0.5, 1.2, 0.8, 1.7]))
    assert check.verdict == "wrong"
    assert check.causes == ()
    assert check.hints == ()


def test_a_typed_number_is_not_another_elements_derivative():
    """A slope of 1 taken from the element beside it."""
    claim = lambda x: np.array([1, 1, 2 * x[2], 1.0])  # noqa: E731
    check = ad.check_gradient(lambda x: x[0] ** 2 + x[1] + x[2] ** 2 + x[3], claim, np.array([0.7, 1.2, 0.8, 1.7]))
    assert check.verdict == "wrong"
    assert not any("holds" in cause for cause in check.causes)


def test_a_factor_that_is_one_at_x_only_is_no_cause_of_large_claims():
    """The length of x, as a constant factor of the gradient."""
    x = np.random.default_rng(0).standard_normal(500)
    check = ad.check_gradient(np.linalg.norm, lambda x: x, x)
    assert check.verdict == "wrong"
    assert check.causes == ()


@pytest.mark.parametrize("kind", ["jacobian", "jvp", "vjp"])
def test_an_output_that_was_never_written(kind):
    """Its elements one by one, or several where it is one."""

    def jacobian(x):
        found = LAYER * np.cos(LAYER @ x)[:, None]
        found[2] = 0
        return found

    claims = {"jacobian": jacobian, "jvp": lambda x, v: jacobian(x) @ v, "vjp": lambda x, w: w @ jacobian(x)}
    layer = lambda x: np.sin(LAYER @ x)  # noqa: E731
    check = ad.check_gradient(layer, claims[kind], np.array([0.5, 1.2, 0.8, 1.7]), kind=kind)
    assert check.causes == (f"never written: {layer.__name__}(x)[2] is exactly 0",)


def test_numbers_that_are_cut_off_say_so():
    """A stale cache, or a clip, for what are integers or truth values."""
    f, x = (lambda x: np.sum(x**2)), np.array([1.7, 2.2])
    for claim, word in [(lambda x: (2 * x).astype(int), "integers"), (lambda x: x > 0, "truth values")]:
        check = ad.check_gradient(f, claim, x)
        assert check.verdict == "wrong"
        assert check.causes == (f"the derivative comes as {word}: a fraction would be cut off",)


def test_one_entry_of_a_hessian_is_no_vector_along_the_wrong_axis():
    rng = np.random.default_rng(3)
    a, x = rng.standard_normal((4, 4)), rng.standard_normal(4)
    hessian = lambda x: a.T @ np.diag(1 - np.tanh(a @ x) ** 2) @ a  # noqa: E731
    one = np.where(np.arange(16).reshape(4, 4) == 5, 1 + 1e-6, 1)
    check = ad.check_gradient(lambda x: np.sum(np.log(np.cosh(a @ x))), lambda x: hessian(x) * one, x, kind="hessian")
    assert check.verdict == "wrong"
    assert not any("a vector multiplies" in cause for cause in check.causes)


def test_an_element_is_no_permutation_of_itself():
    x = np.array([0.6, 0.7999999])
    gradient = lambda x: -x / np.sqrt(1 - np.sum(x * x))  # noqa: E731
    off = np.array([1, 1 + 1e-5])
    check = ad.check_gradient(lambda x: np.sqrt(1 - np.sum(x * x)), lambda x: gradient(x) * off, x)
    assert not any("permuted" in cause or "swapped" in cause for cause in check.causes)


def test_what_is_hardly_known_has_no_cause():
    """The sign, said of 32 times a noisy gradient whose bound admits any factor."""
    rng = np.random.default_rng(0)
    data = np.random.default_rng(3).standard_normal((1000, 3))
    targets = data @ [1.0, -2.0, 0.5]

    def f(w):
        rows = rng.integers(0, 1000, 32)
        return np.mean((data[rows] @ w - targets[rows]) ** 2)

    def sums(w):
        rows = rng.integers(0, 1000, 32)
        return 2 * data[rows].T @ (data[rows] @ w - targets[rows])

    assert not any("sign" in cause for cause in ad.check_gradient(f, sums, np.array([0.5, 0.5, 0.5])).causes)
