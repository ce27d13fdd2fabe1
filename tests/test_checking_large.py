"""Many inputs: few calls of f, a stated chance to miss, and the wrong elements by name."""

import numpy as np
import pytest

import admodes as ad
from admodes.checking.run import FULL

N = 1_000_000
X = np.random.default_rng(3).standard_normal(N)


def f(x):
    return np.sum(np.sin(x) * x)


def gradient(x):
    return np.cos(x) * x + np.sin(x)


def three_wrong(x):
    found = gradient(x)
    found[654_321] *= 1.01
    found[3] = 0
    found[777_777] *= -1
    return found


def one_wrong(x):
    found = gradient(x)
    found[123] *= 1.001
    return found


def test_three_wrong_elements_of_a_million_are_named():
    """More than 200 calls of f, an element that is not found, or one that is accused in its place."""
    check = ad.check_gradient(f, three_wrong, X)
    assert check.verdict == "wrong"
    assert check.evaluations <= 200
    assert sorted(entry.index for entry in check.components) == ["x[3]", "x[654321]", "x[777777]"]
    exact = gradient(X)
    for entry in check.components:
        place = int(entry.index[2:-1])
        assert entry.low <= exact[place] <= entry.high
        assert entry.claimed == three_wrong(X)[place]


@pytest.mark.parametrize("places", [[3, 500_000, 999_999], [1, 77_777, 77_778]])
def test_small_errors_and_neighbours_are_named_as_well(places):
    """An element that errs by less than the step leaves to a whole direction, and is not even mentioned."""
    x = np.random.default_rng(8).standard_normal(N)

    def wrong(x):
        found = gradient(x)
        found[places] *= 1.01
        return found

    check = ad.check_gradient(f, wrong, x)
    assert [entry.index for entry in check.components] == [f"x[{place}]" for place in places]
    assert "3 of 1,000,000 components are wrong" in check.reason
    assert "more wrong" not in check.reason
    assert check.evaluations <= 200


def test_what_is_wrong_and_not_located_is_said():
    """Two elements of three by name, as if they were all; or none, and no word about why."""
    x = np.random.default_rng(8).standard_normal(N)

    def wrong(x, error):
        found = gradient(x)
        found[[3, 500_000, 999_999]] *= 1 + error
        return found

    check = ad.check_gradient(f, lambda x: wrong(x, 1e-4), x)
    assert check.verdict == "wrong"
    assert len(check.components) == 3 or "more wrong elements" in check.reason
    check = ad.check_gradient(f, lambda x: wrong(x, 3e-6), x)
    assert check.verdict == "wrong"
    assert "the wrong elements were not located: an error below" in check.reason
    assert "2 of 2 random directions are wrong" in check.reason
    assert check.evaluations <= 200


@pytest.mark.parametrize("size", [FULL[1] + 1, 5000])
def test_a_right_gradient_says_what_it_may_miss(size):
    """A pass that does not say how likely an error went through, or costs as much as a full check."""
    check = ad.check_gradient(f, gradient, X[:size])
    assert check.verdict == "right"
    assert "missed with a probability below 1e-06" in check.reason
    assert check.evaluations < 300
    assert check.sensitivity < 1e-6


def test_one_wrong_element_of_a_large_x():
    """A relative error of 0.1 % in one element of thousands."""
    check = ad.check_gradient(f, one_wrong, X[:20_000])
    assert [entry.index for entry in check.components] == ["x[123]"]
    assert check.evaluations <= 200


def test_what_is_wrong_everywhere_is_not_searched():
    """Halving that names twelve of many thousand wrong elements."""
    check = ad.check_gradient(f, lambda x: -gradient(x), X[:5000])
    assert check.verdict == "wrong"
    assert "negative" in check.reason
    check = ad.check_gradient(f, lambda x: np.sin(x), X[:5000])
    assert check.verdict == "wrong"
    assert "more wrong elements are in" in check.reason
    assert check.evaluations <= 200


def test_containers_of_many_elements():
    """A wrong element of a large container without its name."""
    model = {"w": X[:2000].reshape(50, 40), "b": X[2000:2100]}

    def loss(model):
        return np.sum(model["w"] ** 3) + np.sum(np.sin(model["b"]))

    def grad(model):
        found = {"w": 3 * model["w"] ** 2, "b": np.cos(model["b"])}
        found["w"][7, 9] += 1
        return found

    check = ad.check_gradient(loss, grad, model)
    assert [entry.index for entry in check.components] == ["x['w'][7, 9]"]


def test_jacobians_and_jvps_of_many_inputs():
    """A claim for many inputs that is asked for each column."""
    matrix = np.random.default_rng(0).standard_normal((3, 1000))

    def layer(x):
        return np.tanh(matrix @ x / 30)

    def jacobian(x):
        return matrix / 30 * (1 - np.tanh(matrix @ x / 30) ** 2)[:, None]

    x = X[:1000]
    assert ad.check_gradient(layer, jacobian, x)
    check = ad.check_gradient(layer, lambda x, v: jacobian(x) @ v, x, kind="jvp")
    assert check.verdict == "right"
    assert check.claim_evaluations < 100

    def wrong(x):
        found = jacobian(x)
        found[1, 77] += 0.5
        return found

    check = ad.check_gradient(layer, wrong, x)
    assert [entry.index for entry in check.components] == ["layer(x)[1] by x[77]"]
    check = ad.check_gradient(layer, lambda x, v: wrong(x) @ v, x, kind="jvp")
    assert [entry.index for entry in check.components] == ["layer(x)[1] by x[77]"]


def test_hessian_products_of_many_inputs():
    """A Hessian of many inputs that is checked pair by pair, or not at all."""
    x = X[:60]
    assert ad.check_gradient(lambda x: np.sum(x**4), lambda x, v: 12 * x**2 * v, x, kind="hvp")
    check = ad.check_gradient(lambda x: np.sum(x**4), lambda x, v: 12.1 * x**2 * v, x, kind="hvp")
    assert check.verdict == "wrong"


@pytest.mark.parametrize("seed", range(5))
def test_every_seed_finds_a_single_wrong_element(seed):
    """Random directions that are the same every time, or miss what they promise to see."""
    rng = np.random.default_rng(seed)
    place = int(rng.integers(1000))

    def wrong(x):
        found = gradient(x)
        found[place] += 1e-3
        return found

    check = ad.check_gradient(f, wrong, X[:1000], seed=seed)
    assert [entry.index for entry in check.components] == [f"x[{place}]"]


@pytest.mark.parametrize("kind", ["jacobian", "jvp", "vjp"])
def test_wrong_elements_of_several_outputs_are_named(kind):
    """The worst output that stands for all: what is wrong in the others is not even mentioned."""
    matrix = np.random.default_rng(0).standard_normal((3, 1000)) / 30
    layer = lambda x: np.tanh(matrix @ x)  # noqa: E731

    def wrong(x):
        found = matrix * (1 - np.tanh(matrix @ x) ** 2)[:, None]
        found[1, 77] += 0.5
        found[2, 500] *= 1.1
        return found

    products = {"jacobian": wrong, "jvp": lambda x, v: wrong(x) @ v, "vjp": lambda x, w: w @ wrong(x)}
    check = ad.check_gradient(layer, products[kind], X[:1000], kind=kind)
    names = [entry.index.split("(x)")[1] for entry in check.components]
    assert names[0] == "[1] by x[77]"
    assert names[1:] == ["[2] by x[500]"] or (kind == "jvp" and "more wrong elements are in the derivatives of" in check.reason)
    assert check.evaluations <= 200


@pytest.mark.parametrize(
    ("factor", "cause"), [(-1, "the sign: all of it is the negative"), (2, "a constant factor: all of it is 2 times")]
)
def test_what_is_wrong_alike_everywhere_is_a_cause(factor, cause):
    """A diagnosis that programs do not see, because it stands in the reason alone."""
    check = ad.check_gradient(f, lambda x: factor * gradient(x), X[:1000])
    assert len(check.causes) == 1
    assert check.causes[0].startswith(cause)


@pytest.mark.parametrize("size", [60, 3000])
def test_wrong_elements_of_hessian_products_are_named(size):
    """Random directions that tell that a product is wrong, and nobody where."""
    x = X[:size]

    def wrong(x, v):
        found = 12 * x**2 * v
        found[17] *= 1.1
        return found

    check = ad.check_gradient(lambda x: np.sum(x**4), wrong, x, kind="hvp")
    assert [entry.index for entry in check.components] == ["x[17], x[17]"]
    assert check.components[0].claimed == pytest.approx(1.1 * check.components[0].expected, rel=1e-3)
    assert check.evaluations <= 250
