"""Claims that are right but for their last digits: float32, difference quotients, and f that is not exact itself."""

import json

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.optimize import approx_fprime
from scipy.optimize._numdiff import approx_derivative

import admodes as ad

X = np.array([1.0, 2.0, 3.0, 0.5, 0.7])
RNG = np.random.default_rng(0)
DATA, TARGET = RNG.standard_normal((30, 5)), RNG.standard_normal(30)


def f(x):
    return np.sum(np.sin(x) * x**2)


def gradient(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x)


def squares(x):
    return np.sum((DATA @ x - TARGET) ** 2) / 2


def squares_partly_single(x):
    residual = DATA.astype("f4") @ x.astype("f4") - TARGET.astype("f4")
    return DATA.T @ residual.astype(float)


def single_sine(x):
    return np.cos(x) * x**2 + 2 * x * np.sin(x.astype("f4")).astype(float)


@pytest.mark.parametrize(
    ("f", "grad", "cause"),
    [
        (f, lambda x: gradient(x).astype("f4").astype(float), "calculated in float32"),
        (f, lambda x: gradient(x.astype("f4")).astype(float), "calculated in float32"),
        (f, single_sine, "scatter from point to point: an evaluation in float32 on the way"),
        (squares, squares_partly_single, "scatter from point to point: an evaluation in float32 on the way"),
    ],
)
def test_float32_is_told_by_its_numbers(f, grad, cause):
    """float32 that is not recognised."""
    check = ad.check_gradient(f, grad, X)
    assert check.verdict == "wrong"
    assert len(check.causes) == 1
    assert cause in check.causes[0]


CLOSE = {
    "softened": (lambda x: np.sum(np.log(x)), lambda x: 1 / (x + 1e-8)),
    "softened more": (lambda x: np.sum(np.log(x)), lambda x: 1 / (x + 1e-7)),
    "few digits of pi": (lambda x: np.sum(np.sin(np.pi * x)), lambda x: 3.1415927 * np.cos(3.1415927 * x)),
    "a step relative to nothing": (f, lambda x: gradient(x + 3.3e-8)),
    "typed slopes": (lambda x: x @ [1 + 1e-7, 2, 3, 4, 5], lambda x: np.arange(1.0, 6.0)),
}


@pytest.mark.parametrize("name", CLOSE)
def test_small_errors_are_not_called_float32(name):
    """Any error of about 1e-8 taken for float32, or for a difference quotient."""
    check = ad.check_gradient(*CLOSE[name], X)
    assert check.verdict == "wrong"
    assert not any("float32" in cause or "difference" in cause for cause in check.causes)


def quotient(f, step, *, central=False):
    def grad(x):
        lines = np.eye(len(x)) * step(x)[:, None]
        if central:
            return np.array([(f(x + line) - f(x - line)) / (2 * line.sum()) for line in lines])
        return np.array([(f(x + line) - f(x)) / line.sum() for line in lines])

    return grad


@pytest.mark.parametrize(
    ("grad", "cause"),
    [
        *(
            (quotient(f, lambda x, h=h: np.full(5, h)), f"forward difference with step {h:.2g} and")
            for h in 10.0 ** -np.arange(2, 9)
        ),
        (quotient(f, lambda x: np.full(5, -1e-6)), "backward difference with step 1e-06 and"),
        (quotient(f, lambda x: 1e-7 * x), r"forward difference with step 1e-07 |x| and"),
        (quotient(f, lambda x: 1e-6 * np.maximum(1, x)), r"forward difference with step 1e-06 max(1, |x|) and"),
        (quotient(f, lambda x: np.full(5, 1e-3), central=True), "central difference with step 0.001 and"),
        (lambda x: approx_fprime(x, f), "forward difference with step 1.5e-08"),
        (lambda x: approx_derivative(f, x, method="2-point"), "forward difference with step 1.5e-08"),
    ],
)
def test_difference_quotients_are_made_again(grad, cause):
    """A difference quotient that is called float32, or a constant factor."""
    check = ad.check_gradient(f, grad, X)
    assert check.verdict == "wrong"
    assert len(check.causes) == 1
    assert cause in check.causes[0]
    assert "made again" in check.causes[0]


def test_difference_quotients_of_jacobians_and_numbers():
    """A difference quotient that is recognised for gradients of arrays alone."""
    layer = lambda x: np.sin(DATA[:3] @ x)  # noqa: E731
    claim = lambda x: np.array([(layer(x + 1e-6 * line) - layer(x)) / 1e-6 for line in np.eye(5)]).T  # noqa: E731
    assert "forward difference with step 1e-06" in ad.check_gradient(layer, claim, X).causes[0]
    check = ad.check_gradient(np.exp, lambda x: (np.exp(x + 1e-5) - np.exp(x)) / 1e-5, 0.7)
    assert "forward difference with step 1e-05" in check.causes[0]


def decay(rtol):
    def end(p):
        return solve_ivp(lambda t, y: [-p[0] * y[0] + p[1]], (0, 2), [1.0], rtol=rtol, atol=1e-12).y[0, -1]

    return end


def decay_gradient(p):
    a, b = p
    left = np.exp(-2 * a)
    return np.array([-2 * left - b * (1 - left) / a**2 + 2 * b / a * left, (1 - left) / a])


def four_nodes(p):
    t, w = np.polynomial.legendre.leggauss(4)
    return np.sum(1.5 * w * np.exp(-p[0] * 1.5 * (t + 1)))


def exact_integral(p):
    a = p[0]
    return np.array([(np.exp(-3 * a) * (3 * a + 1) - 1) / a**2])


def roots(x):
    found = np.ones_like(x)
    for _ in range(4):
        found = (found + x / found) / 2
    return np.sum(found)


TABLE = CubicSpline(np.linspace(0, 4, 21), np.sin(np.linspace(0, 4, 21)))

NOT_EXACT = {
    **{f"an ODE solved to {rtol:g}": (decay(rtol), decay_gradient, [1.3, 0.4]) for rtol in (1e-3, 1e-4, 1e-6, 1e-8)},
    "a quadrature with four nodes": (four_nodes, exact_integral, [0.7]),
    "a loop of four steps": (roots, lambda x: 0.5 / np.sqrt(x), [0.5, 2.0, 3.0]),
    "an interpolation": (lambda x: np.sum(TABLE(x)), np.cos, [0.4, 1.3, 2.9]),
}


@pytest.mark.parametrize("name", NOT_EXACT)
def test_f_that_is_not_exact_itself_is_hinted_at(name):
    """The exact derivative of what f approaches, called wrong without a word about f; a cause that is none; useless advice."""
    f, grad, x = NOT_EXACT[name]
    check = ad.check_gradient(f, grad, np.array(x))
    assert check.verdict == "wrong"
    assert check.causes == ()
    (hint,) = check.hints
    assert "f itself may be what is not exact" in hint
    assert f"Hint: {hint}." in str(check)
    assert "<p>Hint: the claim agrees" in check._repr_html_()
    assert json.loads(json.dumps(check.to_dict()))["hints"] == [hint]
    rtol = float(hint.rpartition("rtol=")[2])
    assert ad.check_gradient(f, grad, np.array(x), rtol=rtol)


@pytest.mark.parametrize("error", [1e-2, 3e-3, 0.5])
def test_mistakes_are_not_excused(error):
    """A planted error that the report puts down to f's own precision."""
    noise = 1 + error * np.array([1, -1, 0.7, 0.3, -0.5])
    check = ad.check_gradient(f, lambda x: gradient(x) * noise, X)
    assert check.verdict == "wrong"
    assert check.hints == ()
    assert "Hint" not in str(check)


def test_a_small_element_that_is_wrong_is_not_excused():
    """An error that is small beside the other elements, and as large as its own."""
    check = ad.check_gradient(
        lambda x: x[0] ** 2 + 1e-6 * np.sin(x[1] * x[2]),
        lambda x: np.array([2 * x[0], 1e-6 * np.cos(x[1] * x[2]), 1e-6 * x[1]]),
        np.array([1.0, 0.4, 0.3]),
    )
    assert check.verdict == "wrong"
    assert check.hints == ()


def test_one_wrong_element_is_called_alone_only_if_the_others_are_right():
    """An element that errs too little to be accused counts as right beside one that is."""

    def grad(x):
        found = gradient(x)
        found[0] *= 1 + 1e-6
        found[1] *= 1 + 1.5e-9
        return found

    check = ad.check_gradient(f, grad, X)
    assert check.verdict == "wrong"
    assert not any("alone" in cause for cause in check.causes)
