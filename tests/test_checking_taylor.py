"""Taylor's remainders of a claim: the slopes, the steps that they belong to, and what is said of them."""

import numpy as np
import pytest

import admodes as ad

X = np.array([1.0, 2.0, 3.0])
NONE = pytest.approx(float("nan"), nan_ok=True)


def f(x):
    return np.sum(np.sin(x) * x**2)


def gradient(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x)


def taylor(f, claim, x=X, **options):
    with np.errstate(all="raise"):
        return ad.check_gradient(f, claim, x, **options).taylor()


def row(found, order):
    """A line of the printed table."""
    return str(found).splitlines()[order + 1]


def test_a_right_gradient():
    """Slopes that are not 1, 2 and 3, or steps that a reader cannot see."""
    found = taylor(f, gradient)
    assert found.slopes == pytest.approx((1, 2, 3), abs=0.1)
    low, high = found.spans[1]
    assert row(found, 1).split() == ["1", "2.00", "2", f"{low:.1e}", "to", f"{high:.1e}"]
    assert found.meaning == "The claim's remainder falls like h**2, as that of a derivative does."
    assert str(found).splitlines()[-1] == found.meaning


@pytest.mark.parametrize("error", [2.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
def test_a_wrong_gradient_has_slope_1_in_order_1(error):
    """An order of 2, or one between 1 and 2: curvature at large steps and the error at small ones in one fit."""
    found = taylor(f, lambda x: (1 + error) * gradient(x))
    assert found.slopes[:2] == pytest.approx((1, 1), abs=0.1)
    assert found.meaning.startswith("The claim's remainder falls like h, not like h**2: it is no derivative (off by ")
    assert "what order 1 leaves is left here, too" in row(found, 2)


def test_one_slope_is_that_of_the_smallest_steps():
    """The slope of a remainder h / 100 + h**2 somewhere between: at steps of 1/4 it is near 2, at small ones 1."""
    found = taylor(lambda x: np.sum(x**2), lambda x: 2 * x + 0.01, np.array([1.0]))
    remainder = found.remainders[1]
    assert np.log2(remainder[0] / remainder[1]) > 1.9
    assert found.slopes[1] == pytest.approx(1, abs=0.01)
    assert found.spans[1][1] < 1e-3
    assert "(off by 0.5% of f's slope" in found.meaning


def test_a_small_error_shows_in_order_2():
    """A wrong gradient of which the table says that all is well."""
    found = taylor(f, lambda x: gradient(x) * np.array([1, 1 + 1e-6, 1]))
    assert found.slopes[1] > 1.85
    assert found.slopes[2] == pytest.approx(1, abs=0.05)
    assert "that of order 2 falls like h, so that the claim is no derivative" in found.meaning


def test_remainders_are_of_both_sides():
    """Terms of different order that cancel on one side: a dip in the middle of a straight line, or a kink that is not seen."""
    found = taylor(f, lambda x: 1.01 * gradient(x))
    assert np.all(np.diff(found.remainders[1]) < 0)
    sided = taylor(lambda x: np.sum(np.maximum(x, 0)), lambda x: np.ones_like(x), np.zeros(1))
    assert sided.slopes[1] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("claim", "between"), [(0.0, "between"), (1.0, "between"), (0.5, "between"), (2.0, "outside of"), (-1.0, "outside of")]
)
def test_a_kink(claim, between):
    """A subgradient of which the table says that it is no derivative, or a second derivative where f has none."""
    found = taylor(lambda x: np.sum(np.maximum(x, 0)), lambda x: np.where(x == 0, claim, x > 0), np.zeros(1))
    assert np.isnan(found.slopes[2])
    assert "f has a kink along this direction, and no second derivative" in row(found, 2)
    assert "as any claim's does at a kink" in found.meaning
    assert f", {between} them" in found.meaning
    assert "no derivative" not in found.meaning


def test_what_the_claim_explains():
    """A slope of rounding; or rounding given as the reason for what is none."""
    found = taylor(lambda x: np.sum(x), np.ones_like)
    assert found.slopes[0] == pytest.approx(1, abs=0.01)
    assert np.isnan(found.slopes[1:]).all()
    assert "nothing is left but rounding" in row(found, 1)
    assert "it explains all that f changes by" in found.meaning


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        (lambda x: np.where(x == 2, np.nan, gradient(x)), "the claim is nan along this direction"),
        (lambda x: np.where(x == 2, np.inf, gradient(x)), "the claim is inf along this direction"),
        (lambda x: gradient(x)[:, None], "the derivative returned shape (3, 1) where (3,) is right"),
        (lambda x: None, "the derivative returned None"),
        (lambda x: gradient(x) + 0j, "the derivative returned complex numbers"),
    ],
)
def test_no_claim_to_compare(claim, reason):
    """Rounding blamed for a claim that is no number."""
    found = taylor(f, claim)
    assert found.slopes[0] == pytest.approx(1, abs=0.01)
    assert np.isnan(found.slopes[1:]).all()
    assert reason in row(found, 1)
    assert reason in row(found, 2)
    assert found.meaning.startswith(f"There is no remainder of the claim: {reason}")
    assert "rounding" not in str(found)


@pytest.mark.parametrize(
    ("f", "claim", "x", "reason"),
    [
        (lambda x: np.log(x[0]), lambda x: 1 / x, np.array([-1.0]), "f(x) is not finite everywhere"),
        (f, gradient, np.array([1.0, np.inf]), "x is not finite everywhere"),
        (np.sum, lambda x: np.zeros(0), np.zeros(0), "x has no elements"),
        (lambda x: x[:0], lambda x: np.zeros((0, 3)), X, "(x) has no elements"),
    ],
)
def test_nothing_to_compare_with(f, claim, x, reason):
    """A table that blames rounding, or an error, where f or x is nothing to look at."""
    found = ad.check_gradient(f, claim, x).taylor()
    assert np.isnan(found.slopes).all()
    assert reason in found.meaning
    assert "rounding" not in str(found)


def test_flat_and_quadratic_functions():
    """Slopes read into exact zeros, or a slope missing that is there."""
    constant = taylor(lambda x: 7.0 + 0 * np.sum(x), np.zeros_like)
    assert np.isnan(constant.slopes).all()
    assert "f does not change at any step" in row(constant, 0)
    assert constant.meaning == "Along this direction f does not change, and the claim says so."
    wrong = taylor(lambda x: 7.0 + 0 * np.sum(x), np.ones_like)
    assert wrong.slopes[1] == pytest.approx(1, abs=0.01)
    assert "it is no derivative" in wrong.meaning
    quadratic = taylor(lambda x: np.sum(x**2), lambda x: 2 * x)
    assert quadratic.slopes == (pytest.approx(1, abs=0.01), pytest.approx(2, abs=0.01), NONE)
    assert "nothing is left but rounding" in row(quadratic, 2)
    stationary = taylor(lambda x: np.sum((x - X) ** 2), lambda x: 2 * (x - X))
    assert stationary.slopes[:2] == pytest.approx((2, 2), abs=0.01)
    assert "f's slope is too small to show" in row(stationary, 0)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(
    ("f", "claim", "kind"),
    [
        (lambda x: np.sum(x**4), lambda x: np.diag(12 * x**2), "hessian"),
        (lambda x: np.sum(x**4), lambda x, v: 12 * x**2 * v, "hvp"),
        (np.sin, lambda x, v: np.cos(x) * v, "jvp"),
        (np.sin, lambda x, v: np.cos(x) * v, "vjp"),
        (np.sin, lambda x: np.diag(np.cos(x)), "jacobian"),
        (None, lambda x: (np.sum(np.sin(x)), np.cos(x)), "value_and_grad"),
    ],
)
def test_other_kinds(f, claim, kind, size):
    """A claimed derivative that leaves a remainder of its own order."""
    check = ad.check_gradient(f, claim, X[:size], kind=kind)
    found = check.taylor()
    assert found.slopes == pytest.approx((1, 2, 3), abs=0.15)
    assert "as that of a " in found.meaning
    assert check.plot()


@pytest.mark.parametrize("kind", ["hessian", "hvp"])
def test_a_wrong_second_derivative_has_slope_2_in_order_2(kind):
    """Slopes 1, 2 and 3 of a wrong second derivative: the first is measured, and right."""
    claims = {"hessian": lambda x: np.diag(12.5 * x**2), "hvp": lambda x, v: 12.5 * x**2 * v}
    found = taylor(lambda x: np.sum(x**4), claims[kind], kind=kind)
    assert found.slopes == pytest.approx((1, 2, 2), abs=0.1)
    assert "falls like h**2, not like h**3: it is no second derivative" in found.meaning


def test_random_noise():
    """Slopes of scatter."""
    rng = np.random.default_rng(0)
    check = ad.check_gradient(lambda x: np.sum(x**2) + 10 * rng.standard_normal(), lambda x: 2 * x, np.array([1.0, 2.0]))
    found = check.taylor()
    assert np.isnan(found.slopes).all()
    assert found.noise > 0.1
    assert found.meaning.startswith("Rounding and noise of f")
    quiet = ad.check_gradient(
        lambda x: np.sum(x**2) + 1e-3 * rng.standard_normal(), lambda x: 2 * x, np.array([1.0, 2.0])
    ).taylor()
    assert quiet.slopes[0] == pytest.approx(1, abs=0.1)
    assert not quiet.slopes[1] < 1.85


def test_rounding_that_hides_everything():
    """A claim that is said to explain what nobody can see."""
    found = taylor(lambda x: 1e16 + np.sum(np.sin(x)), np.cos)
    assert np.isnan(found.slopes).all()
    assert "nothing can be told" in found.meaning


def test_a_million_elements():
    """Slopes of a direction along which the first derivative nearly vanishes, taken at steps where curvature is larger."""
    x = np.linspace(0.1, 1, 1_000_000)

    def careless(x):
        found = np.cos(x)
        found[[3, 70_000]] *= 1.5
        return found

    check = ad.check_gradient(lambda x: np.sum(np.sin(x)), careless, x)
    before = check.subject.f.calls
    found = check.taylor()
    assert check.subject.f.calls - before <= 250
    assert found.slopes[0] == pytest.approx(1, abs=0.05)
    assert "no derivative" in found.meaning


@pytest.mark.parametrize(
    ("f", "claim", "x", "said"),
    [
        (lambda x: np.sum(x * np.sqrt(x)), lambda x: 1.5 * np.sqrt(x), np.array([0.0, 1.0]), "h**1.50: faster than h"),
        (lambda x: np.sum(np.floor(x) + x), np.ones_like, np.array([1.0, 2.5]), "does not fall: f jumps at x"),
        (
            np.cbrt,
            lambda x: 1 / (3 * np.cbrt(x) ** 2) if x else 1.0,
            0.0,
            "falls like h**0.33, slower than h: f has no derivative",
        ),
        (lambda x: np.sum(x**3), lambda x: 3 * np.abs(x), np.ones(3), "At the point near x the claim's remainder falls like h"),
    ],
)
def test_points_that_are_not_smooth(f, claim, x, said):
    """What the slope of an edge, a jump, an infinite slope or another point means, left to the reader."""
    assert said in ad.check_gradient(f, claim, x).taylor().meaning


def test_what_rtol_allows():
    """A claim that the verdict calls right, and its table no derivative."""
    found = taylor(f, lambda x: gradient(x) * 1.0001, rtol=1e-3)
    assert found.meaning.endswith("it is off by 1.0e-04 of f's slope along this direction, which rtol=0.001 allows.")
