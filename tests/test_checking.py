"""Right derivatives at hard places: the checker must not raise an alarm, and say what is true where it cannot tell."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pytest

import admodes as ad


@pytest.fixture(autouse=True)
def no_figures_left():
    """Breaks if figures are kept open: pyplot warns at the twentieth."""
    yield
    plt.close("all")


RNG = np.random.default_rng(20)
SPD = (lambda a: a @ a.T + np.eye(6))(RNG.standard_normal((6, 6)))
DATA, LABELS = RNG.standard_normal((40, 3)), RNG.integers(0, 2, 40) * 1.0
SCALES = np.array([1e-12, 1e-3, 1.0, 1e6, 1e12])


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x):
    gradient, rest = np.zeros_like(x), x[1:] - x[:-1] ** 2
    gradient[:-1] = -400 * x[:-1] * rest - 2 * (1 - x[:-1])
    gradient[1:] += 200 * rest
    return gradient


def logistic(w):
    return np.sum(np.logaddexp(0, DATA @ w) - LABELS * (DATA @ w))


def logistic_gradient(w):
    return DATA.T @ (1 / (1 + np.exp(-DATA @ w)) - LABELS)


def cubic_root(value):
    """The y with y**3 + y = value, to rounding."""
    y = value / 3
    for _ in range(200):
        y -= (y**3 + y - value) / (3 * y * y + 1)
    return y


def by_newton(x):
    """The same, stopped early, times x[1]."""
    y = 1.0
    for _ in range(100):
        change = (y**3 + y - x[0]) / (3 * y * y + 1)
        y -= change
        if abs(change) < 1e-5:
            break
    return y * x[1]


def by_bisection(x):
    low, high = -10.0, 10.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if middle**3 + middle < x[0] else (low, middle)
    return (low + high) / 2 * x[1]


def root_gradient(x):
    y = cubic_root(x[0])
    return np.array([x[1] / (3 * y * y + 1), y])


def huber(x):
    return np.sum(np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5))


def norm_gradient(x):
    return x / np.linalg.norm(x) if np.any(x) else np.zeros_like(x)


RIGHT = {
    "ordinary": (rosenbrock, rosenbrock_gradient, np.array([-1.2, 1.0, 0.3])),
    "stationary": (rosenbrock, rosenbrock_gradient, np.ones(4)),
    "nearly stationary": (rosenbrock, rosenbrock_gradient, np.ones(4) + 1e-9),
    "stationary at zero": (lambda x: np.sum(np.cos(x)), lambda x: -np.sin(x), np.zeros(3)),
    "flat to fourth order": (lambda x: np.sum(x**4), lambda x: 4 * x**3, np.zeros(3)),
    "quadratic at zero": (lambda x: x @ SPD @ x / 2, lambda x: SPD @ x, np.zeros(6)),
    "data": (logistic, logistic_gradient, np.array([0.1, -3.0, 2.0])),
    "matrix": (lambda m: np.linalg.slogdet(m)[1], lambda m: np.linalg.inv(m).T, SPD),
    "x of 1e-12": (lambda x: np.sum(np.exp(x)), np.exp, np.full(3, 1e-12)),
    "x of 1e+12": (lambda x: np.sum(np.log(x)), lambda x: 1 / x, np.array([1e12, 3e12])),
    "mixed scales of x": (lambda x: np.sum(np.sin(x * SCALES)), lambda x: SCALES * np.cos(x * SCALES), 1.3 / SCALES),
    "f of 1e-20": (lambda x: 1e-20 * np.sum(x**3), lambda x: 3e-20 * x**2, np.array([1.0, 2.0])),
    "f of 1e+20": (lambda x: 1e20 * np.sum(x**3), lambda x: 3e20 * x**2, np.array([1.0, 2.0])),
    "large constant offset": (lambda x: 1e9 + np.sum(np.sin(x)), np.cos, np.array([1.0, 2.0])),
    "fast oscillation": (lambda x: np.sum(np.sin(1e5 * x)), lambda x: 1e5 * np.cos(1e5 * x), np.array([1.0, 2.0])),
    "faster oscillation": (lambda x: np.sum(np.sin(1e7 * x)), lambda x: 1e7 * np.cos(1e7 * x), np.array([1.0, 2.0])),
    "edge of the domain": (lambda x: np.sum(x**1.5), lambda x: 1.5 * np.sqrt(x), np.array([0.0, 1.0])),
    "beside the edge": (lambda x: np.sum(np.log(x)), lambda x: 1 / x, np.array([1e-12, 1e-3])),
    "an edge that raises": (lambda x: math.sqrt(x[0]) ** 3 + x[0], lambda x: 1.5 * np.sqrt(x) + 1, np.array([0.0])),
    "float32": (lambda x: np.sum(np.sin(x)), np.cos, np.array([1, 2, 3], np.float32)),
    "float32 inside": (lambda x: float(np.sum(np.sin(x.astype(np.float32)))), np.cos, np.array([1.0, 2.0, 3.0])),
    "noise of Newton's method": (by_newton, root_gradient, np.array([3.0, 2.0])),
    "noise of bisection": (by_bisection, root_gradient, np.array([3.0, 2.0])),
    "random noise": (lambda x: np.sum(x**2) + 1e-8 * RNG.standard_normal(), lambda x: 2 * x, np.array([1.0, 2.0])),
    "relu at 0": (lambda x: np.sum(np.maximum(x, 0)), lambda x: (x > 0) * 1.0, np.array([0.0, 1.0, -1.0])),
    "abs at 0": (lambda x: np.sum(np.abs(x)), np.sign, np.array([0.0, 1.0, -1.0])),
    "ties of max": (np.max, lambda x: np.eye(3)[np.argmax(x)], np.array([1.0, 1.0, 0.0])),
    "Huber's junction": (huber, lambda x: np.clip(x, -1, 1), np.array([1.0, -1.0, 0.3])),
    "near a kink": (lambda x: np.sum(np.abs(x - 1)), lambda x: np.sign(x - 1), np.array([1 + 1e-8, 1 - 1e-10, 2.0])),
    "norm at 0": (np.linalg.norm, norm_gradient, np.zeros(3)),
    "constant": (lambda x: 3.0, lambda x: np.zeros(3), np.ones(3)),
    "constant but for rounding": (lambda x: np.sum(np.exp(x) / np.sum(np.exp(x))), lambda x: 0 * x, np.array([1.0, 0.0, -5.0])),
    "constant in one element": (lambda x: x[0] ** 2, lambda x: np.array([2 * x[0], 0.0]), np.array([1.0, 2.0])),
    "vanishing elements": (lambda x: np.log(np.sum(np.exp(x))), lambda x: np.exp(x) / np.sum(np.exp(x)), np.array([100.0, 0.0])),
    "a number": (np.sin, np.cos, 1.0),
    "0-d": (np.sin, np.cos, np.array(1.0)),
    "integers": (lambda x: np.sum(x**2), lambda x: 2 * x, [1, 2, 3]),
    "non-contiguous": (lambda x: np.sum(x**3), lambda x: 3 * x**2, np.arange(1.0, 13.0).reshape(3, 4).T[::2]),
    "f of one number in an array": (lambda x: np.array([x @ x]), lambda x: 2 * x, np.array([1.0, 2.0])),
}


@pytest.mark.parametrize("name", RIGHT)
def test_no_false_alarm(name):
    """A right gradient that is called wrong or left open, or an interval that says nothing."""
    f, grad, x = RIGHT[name]
    check = ad.check_gradient(f, grad, x)
    assert check.verdict == "right", str(check)
    assert bool(check)
    assert check.causes == ()
    assert all(entry.verdict == "right" and entry.low <= entry.high for entry in check.components)
    assert not check.sensitivity > 1e-2


@pytest.mark.parametrize("name", ["ordinary", "data", "x of 1e+12", "f of 1e-20", "f of 1e+20", "mixed scales of x", "a number"])
def test_smooth_functions_take_few_calls(name):
    """More than 40 calls of f for a component and a point, or a report that does not say how many there were."""
    check = ad.check_gradient(*RIGHT[name])
    assert all(found.evaluations <= 40 * found.lines for found in check.points)
    assert f"f was called {check.evaluations} times" in str(check)
    assert check.sensitivity < 1e-8


@pytest.mark.parametrize("name", RIGHT)
def test_never_more_than_forty_calls_without_a_kink(name):
    """A hard place that costs without a limit."""
    check = ad.check_gradient(*RIGHT[name])
    for found in check.points:
        if not found.judgement.slopes.kink.any():
            assert found.evaluations <= 40 * found.lines


@pytest.mark.parametrize("error", [1e-1, 1e-3, 1e-4, 1e-6])
def test_a_wrong_claim_about_a_smooth_function_takes_few_calls_as_well(error):
    """The search for jumps of f, which is a measurement of its noise, told as the cost of a slope."""
    gradient = lambda x: (np.sin(x) + np.cos(x)) * np.exp(x)  # noqa: E731
    off = np.array([1, 1 + error, 1])
    check = ad.check_gradient(lambda x: np.sum(np.sin(x) * np.exp(x)), lambda x: gradient(x) * off, np.array([0.3, 0.7, 1.1]))
    assert check.verdict == "wrong"
    assert all(found.evaluations <= 40 * found.lines for found in check.points)


def test_the_calls_are_counted():
    """Numbers of calls that nobody made."""
    calls = {"f": 0, "grad": 0}

    def f(x):
        calls["f"] += 1
        return x @ x

    def grad(x):
        calls["grad"] += 1
        return 2 * x

    check = ad.check_gradient(f, grad, np.ones(3))
    assert (check.evaluations, check.claim_evaluations) == (calls["f"], calls["grad"])


def test_x_is_left_alone():
    """A check that moves the user's x, or hands out the array itself."""
    x = np.array([1.0, 2.0])
    x.flags.writeable = False
    seen = []

    def f(given):
        seen.append(given is x)
        return given @ given

    assert ad.check_gradient(f, lambda given: 2 * given, x)
    assert not any(seen)


def test_noise_that_hides_the_slope_is_said():
    """A verdict where random noise is as large as what f changes by."""
    rng = np.random.default_rng(1)
    check = ad.check_gradient(lambda x: np.sum(x) + rng.standard_normal(), lambda x: np.ones(2), np.array([1.0, 2.0]))
    assert check.verdict == "inconclusive"
    assert "noise" in check.reason
    assert "answers differently at the same x" in check.reason
    assert any("answers differently" in finding.text for finding in check.findings)


def test_a_claim_as_noisy_as_f_is_not_believed():
    """A noisy claim that passes for one of nothing, because f was never seen to change over distances like x."""
    f_noise, claim_noise = np.random.default_rng(0), np.random.default_rng(5)
    f = lambda x: np.sum(x**2) + 0.1 * f_noise.standard_normal()  # noqa: E731
    check = ad.check_gradient(f, lambda x: 2 * x + 0.1 * claim_noise.standard_normal(2), np.array([1.0, 2.0]))
    assert check.verdict == "inconclusive"


MATRIX = np.array([[1.0, 2.0, -1.0], [0.5, -3.0, 2.0], [1.0, 1.0, 4.0]])
PRODUCTS = {
    "jvp": (lambda x: np.sin(MATRIX @ x), lambda x, v: np.cos(MATRIX @ x) * (MATRIX @ v)),
    "vjp": (lambda x: np.sin(MATRIX @ x), lambda x, w: MATRIX.T @ (np.cos(MATRIX @ x) * w)),
    "hvp": (lambda x: np.sum(np.sin(MATRIX @ x)), lambda x, v: -MATRIX.T @ (np.sin(MATRIX @ x) * (MATRIX @ v))),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", PRODUCTS)
def test_a_product_is_linear_in_its_vector(kind, seed):
    """A product that is right for unit vectors alone."""
    f, product = PRODUCTS[kind]
    x = np.array([0.3, -0.2, 0.7])
    assert ad.check_gradient(f, product, x, kind=kind, seed=seed)
    distortions = (np.abs, np.square, lambda v: v * np.linalg.norm(v), lambda v: np.maximum(v, 0.9 * v))
    for distorted in distortions:
        check = ad.check_gradient(f, lambda x, v: product(x, distorted(v)), x, kind=kind, seed=seed)  # noqa: B023
        assert check.verdict == "wrong"
        assert any("not linear in its vector" in cause for cause in check.causes)


def test_a_product_in_float32_is_linear():
    """Rounding of a narrow type that passes for a product that is not linear."""
    x = np.array([0.3, -0.2, 0.7], np.float32)
    matrix = MATRIX.astype(np.float32)
    assert ad.check_gradient(lambda x: np.sin(matrix @ x), lambda x, v: np.cos(matrix @ x) * (matrix @ v), x, kind="jvp")


def test_a_large_jacobian_that_is_right_at_one_point_alone():
    """The nearby point of a large matrix, where random directions stand for its elements."""
    matrix = np.random.default_rng(2).standard_normal((80, 80)) / 9
    x = np.random.default_rng(3).standard_normal(80)
    f = lambda x: np.tanh(matrix @ x)  # noqa: E731
    jacobian = lambda x: (1 - np.tanh(matrix @ x) ** 2)[:, None] * matrix  # noqa: E731
    right, frozen = ad.check_gradient(f, jacobian, x), jacobian(x)
    assert right.verdict == "right"
    assert len(right.components) == 6400
    assert right.evaluations < 40 * 80
    check = ad.check_gradient(f, lambda x: frozen, x)
    assert (check.verdict, check.deciding) == ("wrong", 1)
    assert str(check)
    assert check.plot()


def test_a_jacobian_takes_few_operations(monkeypatch):
    """Steps that go on where rounding is all that is left of a bound, and tables of entries that are known already."""
    from admodes.finite.samples import Samples

    entries, table = [0], Samples.table
    matrix = np.random.default_rng(2).standard_normal((60, 60)) / 8
    x = np.random.default_rng(3).standard_normal(60)

    def counted(self, *given):
        found = table(self, *given)
        entries[0] += found.quotients.size
        return found

    monkeypatch.setattr(Samples, "table", counted)
    check = ad.check_gradient(
        lambda x: np.tanh(matrix @ x), lambda x: (1 - np.tanh(matrix @ x) ** 2)[:, None] * matrix, x, kind="jacobian"
    )
    assert check.verdict == "right"
    assert check.sensitivity < 1e-6
    slopes = sum(found.lines for found in check.points)
    assert all(found.evaluations <= 24 * found.lines for found in check.points)
    assert entries[0] <= 120 * 60 * slopes


def test_an_offset_that_hides_the_slope_is_said():
    """A verdict of right about a slope that rounding hides."""
    check = ad.check_gradient(lambda x: 1e16 + np.sum(np.sin(x)), np.cos, np.array([1.0, 2.0]))
    assert check.verdict == "inconclusive"
    assert "rounding" in check.reason


def test_overflow_is_said():
    """A reason that is not true where differences of f overflow, or advice that does not help."""
    check = ad.check_gradient(lambda x: np.exp(x[0]), np.exp, np.array([709.5]))
    assert check.verdict == "inconclusive"
    assert "f(x) is so large (1.35e+308) that multiples of its differences overflow: divide f" in check.reason
    assert ad.check_gradient(lambda x: np.exp(x[0]) / 1e50, lambda x: np.exp(x) / 1e50, np.array([709.5]))
    assert ad.check_gradient(lambda x: np.exp(x[0]) / 1e50, lambda x: np.exp(x) / 0.99e50, np.array([709.5])).verdict == "wrong"


def test_f_that_is_no_number_at_x_is_said():
    """A verdict where f has no value."""
    check = ad.check_gradient(lambda x: np.log(x[0]), lambda x: 1 / x, np.array([-1.0]))
    assert check.verdict == "inconclusive"
    assert "not finite" in check.reason


def test_an_infinite_slope_is_no_mistake():
    """inf for the slope of a root at 0, called wrong because no quotient is infinite."""
    check = ad.check_gradient(lambda x: np.sqrt(x[0]), lambda x: 0.5 / np.sqrt(x), np.array([0.0]))
    assert check.verdict == "inconclusive"


def test_a_kink_is_said():
    """A subgradient that passes without a word."""
    check = ad.check_gradient(*RIGHT["relu at 0"])
    assert "kink" in check.reason
    assert "subgradient" in check.reason
    assert [entry.kink for entry in check.components] == [True, False, False]
    assert check.components[0].low == pytest.approx(0, abs=1e-6)
    assert check.components[0].high == pytest.approx(1, abs=1e-6)


def test_rtol_says_what_matters():
    """An error that the user calls small enough, called wrong; or a large one passed."""
    f, x = (lambda x: np.sum(np.sin(x))), np.array([1.0, 2.0])
    nearly = lambda x: np.cos(x) * (1 + 1e-5)  # noqa: E731
    assert ad.check_gradient(f, nearly, x).verdict == "wrong"
    assert ad.check_gradient(f, nearly, x, rtol=1e-4).verdict == "right"
    assert ad.check_gradient(f, nearly, x, rtol=1e-6).verdict == "wrong"
    assert ad.check_gradient(lambda x: 1e9 + f(x), np.cos, x, rtol=1e-7).verdict == "inconclusive"


MATRIX = RNG.standard_normal((4, 3))
POINT = np.array([0.3, -1.2, 0.7])
PRODUCT = (lambda x: np.sin(MATRIX @ x)), (lambda x: np.cos(MATRIX @ x)[:, None] * MATRIX)
CUBIC_HESSIAN = lambda x: np.array([[6 * x[0], 0, 1], [0, np.exp(x[1]), 0], [1, 0, 0]])  # noqa: E731
CUBIC = lambda x: x[0] ** 3 + np.exp(x[1]) + x[0] * x[2]  # noqa: E731
KINDS = {
    "jacobian": (PRODUCT[0], PRODUCT[1], "jacobian"),
    "jvp": (PRODUCT[0], lambda x, v: PRODUCT[1](x) @ v, "jvp"),
    "vjp": (PRODUCT[0], lambda x, w: w @ PRODUCT[1](x), "vjp"),
    "hessian": (CUBIC, CUBIC_HESSIAN, "hessian"),
    "hvp": (CUBIC, lambda x, v: CUBIC_HESSIAN(x) @ v, "hvp"),
    "value_and_grad": (rosenbrock, lambda x: (rosenbrock(x), rosenbrock_gradient(x)), "value_and_grad"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind(name):
    """A kind of claim that is not told by its shapes, or whose right or wrong is not seen."""
    f, claim, kind = KINDS[name]
    check = ad.check_gradient(f, claim, POINT)
    assert (check.verdict, check.kind) == ("right", kind), str(check)

    def wrong(*given):
        found = claim(*given)
        if name == "value_and_grad":
            return found[0], -found[1]
        return found + 0.01 * np.abs(found)

    check = ad.check_gradient(f, wrong, POINT, kind=kind)
    assert check.verdict == "wrong", str(check)


def test_f_of_a_pair_may_be_left_out():
    """A pair whose value is not f."""
    assert ad.check_gradient(None, KINDS["value_and_grad"][1], POINT)
    check = ad.check_gradient(rosenbrock, lambda x: (rosenbrock(x) + 1, rosenbrock_gradient(x)), POINT)
    assert check.verdict == "wrong"
    assert "value" in check.reason


def test_containers_name_their_elements():
    """A dict whose wrong element is called x[5]."""
    model = {"weight": np.array([[1.0, 2.0], [3.0, 4.0]]), "bias": 0.5}

    def f(model):
        return model["bias"] * np.sum(model["weight"] ** 2)

    def grad(model):
        return {"weight": 2 * model["bias"] * model["weight"], "bias": np.sum(model["weight"] ** 2)}

    def wrong(model):
        found = grad(model)
        found["weight"][1, 0] += 0.1
        return found

    assert ad.check_gradient(f, grad, model)
    check = ad.check_gradient(f, wrong, model)
    assert [entry.index for entry in check.components if entry.verdict == "wrong"] == ["x['weight'][1, 0]"]


def test_further_arguments_reach_both():
    """args that f gets and grad does not."""
    assert ad.check_gradient(lambda x, a: a * np.sum(x**2), lambda x, a: 2 * a * x, POINT, args=(3.0,))


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"kind": "gradeint"}, ad.errors.OptionError, "none of 'auto'"),
        ({"rtol": -1.0}, ad.errors.OptionError, "rtol=1e-4"),
        ({"rtol": "small"}, ad.errors.OptionError, "rtol=1e-4"),
        ({"f": 3.0}, ad.errors.InputError, "f is a float"),
        ({"grad": np.ones(3)}, ad.errors.InputError, "grad is a ndarray"),
        ({"f": None, "kind": "hvp"}, ad.errors.OptionError, "value_and_grad"),
        ({"f": PRODUCT[0], "kind": "hessian"}, ad.errors.OptionError, "kind='jacobian'"),
        ({"f": lambda x: x * x, "grad": lambda x, v: 2 * x * v}, ad.errors.OptionError, "kind='jvp' or kind='vjp'"),
        ({"f": np.sin, "grad": lambda x, v: np.cos(x) * v, "x": 1.0}, ad.errors.OptionError, "write kind='jvp', kind='vjp' or"),
        ({"x": "here"}, ad.errors.InputError, "x is a str"),
    ],
)
def test_what_cannot_be_checked_is_refused(options, error, match):
    """An error without a cure."""
    arguments = {"f": lambda x: x @ x, "grad": lambda x: 2 * x, "x": POINT} | options
    with pytest.raises(error, match=match):
        ad.check_gradient(arguments.pop("f"), arguments.pop("grad"), arguments.pop("x"), **arguments)


@pytest.mark.parametrize("seed", range(12))
def test_bounds_hold_on_random_functions(seed):
    """An interval that the exact derivative lies outside of, or one that a relative error of 1e-6 hides in."""
    from admodes.finite.smooth import random_smooth_function

    f = random_smooth_function(np.random.default_rng(seed))
    exact = f.derivative().astype(float)
    # The claim is right at x alone, so it is judged there.
    check = ad.check_gradient(f, lambda x: f_derivative(f, x), f.x)
    assert check.verdict == "right", str(check)
    assert exact.shape == np.shape(f(f.x)) + f.x.shape
    planted = np.array(exact)
    place = np.unravel_index(np.argmax(np.abs(planted)), planted.shape)

    def wrong(x):
        found = f_derivative(f, x)
        found[place] *= 1 + 1e-6
        return found

    assert ad.check_gradient(f, wrong, f.x).verdict == "wrong"


def f_derivative(f, x):
    """The exact derivative of a random function at another point."""
    import dataclasses

    return dataclasses.replace(f, x=x).derivative().astype(float)
