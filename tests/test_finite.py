"""Finite differences: exact call counts, orders, scales, edges of domains, and error estimates that hold."""

from __future__ import annotations

import ast
import math
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

import admodes as ad
import admodes.finite
from admodes.errors import OptionError, ShapeError, UnsupportedError
from admodes.finite import CentralDifferences
from admodes.finite.accuracy import helmholtz_problems, measure, random_problems, rosenbrock_problems
from admodes.finite.smooth import ELEMENTARY
from admodes.function import Function

ADAPTIVE = CentralDifferences()
CENTRAL_ORDERS = (2, 4, 6)
SIDED_ORDERS = [("central", order) for order in CENTRAL_ORDERS] + [(s, o) for s in ("forward", "backward") for o in (1, 2, 4, 6)]


class Counted:
    """f with a record of where it was called."""

    def __init__(self, f):
        self.f, self.points = f, []

    def __call__(self, x, *args):
        self.points.append(np.array(x))
        return self.f(x, *args)


def smooth_scalar(x):
    return np.sin(x[0] * x[1]) + np.exp(x[2]) * x[0]


X3 = np.array([0.7, -1.3, 0.4])


# Calls


@pytest.mark.parametrize(("sided", "order"), SIDED_ORDERS)
def test_fixed_orders_call_f_exactly_n_order_plus_one_times(sided, order):
    """A call more or less than promised makes cost comparisons wrong."""
    f = Counted(smooth_scalar)
    CentralDifferences(order, sided=sided).differentiate(f, X3)
    assert len(f.points) == 3 * order + 1


@pytest.mark.parametrize("order", CENTRAL_ORDERS)
def test_estimates_of_fixed_orders_and_hessians_have_exact_counts(order):
    """The documented formulas for estimates, directional derivatives and Hessians would be wrong."""
    f = Counted(smooth_scalar)
    estimate = CentralDifferences(order).estimate(f, X3)
    assert estimate.calls == len(f.points) == 2 * 3 * order + 1
    f = Counted(smooth_scalar)
    ad.hessian(f, X3, CentralDifferences(order))
    assert len(f.points) == order * 6 + 1
    f = Counted(smooth_scalar)
    ad.jvp(f, X3, np.ones(3), CentralDifferences(order))
    assert len(f.points) == order + 1


def test_adaptive_calls_are_reported_and_bounded_whatever_f_does():
    """An adaptive search that never ends, or miscounts, on a function without any derivative."""
    rng = np.random.default_rng(0)
    f = Counted(lambda x: rng.standard_normal(4))
    estimate = ADAPTIVE.estimate(f, np.array([1.0, 0.0, -1e8]))
    assert estimate.calls == len(f.points) <= 3 * 32 + 1
    f = Counted(lambda x: rng.standard_normal())
    assert CentralDifferences(sided="forward").estimate(f, 2.0).calls == len(f.points) <= 17


@pytest.mark.parametrize(("sided", "sign"), [("forward", 1), ("backward", -1)])
@pytest.mark.parametrize("order", [None, 1, 4])
def test_one_sided_differences_stay_on_their_side(sided, sign, order):
    """A forward difference that looks below x leaves the domain it was chosen for."""
    f = Counted(np.exp)
    CentralDifferences(order, sided=sided).differentiate(f, 1.0)
    assert all(sign * (point - 1.0) >= 0 for point in f.points)


# Orders


@pytest.mark.parametrize(("sided", "order"), SIDED_ORDERS)
def test_error_falls_with_the_power_of_the_step(sided, order):
    """A wrong stencil weight changes the slope of the truncation error."""

    def error(step):
        return abs(CentralDifferences(order, step=step, sided=sided).differentiate(np.exp, 0.5) - np.exp(0.5))

    assert np.log2(error(0.1) / error(0.05)) == pytest.approx(order, abs=0.3)


@pytest.mark.parametrize("order", CENTRAL_ORDERS)
def test_second_differences_fall_with_the_power_of_the_step(order):
    """A stencil of first derivatives used for second ones, or a mixed derivative of lower order."""

    def error(step):
        found = ad.hessian(lambda x: np.exp(x[0] * x[1]), np.array([0.8, 1.1]), CentralDifferences(order, step=step))
        return np.abs(found - truth).max()

    e = np.exp(0.88)
    truth = np.array([[1.21 * e, e * 1.88], [e * 1.88, 0.64 * e]])
    assert np.log2(error(0.2) / error(0.1)) == pytest.approx(order, abs=0.4)


@pytest.mark.parametrize(("sided", "order"), SIDED_ORDERS)
def test_stencils_are_exact_for_polynomials_of_their_degree_and_no_more(sided, order):
    """The order claimed is not the order delivered, in either direction."""
    fixed = CentralDifferences(order, step=0.25, sided=sided)
    assert fixed.differentiate(lambda x: (x - 0.5) ** order, 1.0) == pytest.approx(order * 0.5 ** (order - 1), rel=1e-13)
    assert fixed.differentiate(lambda x: (x - 1.0) ** (order + 1), 1.0) != pytest.approx(0.0, abs=1e-4)


def test_division_is_by_the_step_really_taken():
    """Dividing by the step that was asked for is off by a tenth where x has few digits left for it."""
    for fixed in (CentralDifferences(2, step=3.3e-8), CentralDifferences(1, step=3.3e-8, sided="forward")):
        assert fixed.differentiate(lambda x: 2.0 * (x - 1e8), 1e8) == 2.0


# Scales and dtypes


class Scaled(NamedTuple):
    """f, x and the derivative of each element."""

    name: str
    f: object
    x: object
    truth: object


SCALED = [
    Scaled("tiny x", lambda x: np.sin(1e12 * x), np.array([1e-12, -3e-12]), lambda x: 1e12 * np.cos(1e12 * x)),
    Scaled("huge x", lambda x: np.sin(1e-12 * x), np.array([1e12, -3e12]), lambda x: 1e-12 * np.cos(1e-12 * x)),
    Scaled("largest x", lambda x: 1e-308 * x, np.array([1.7e308]), lambda x: 1e-308 * np.ones_like(x)),
    Scaled("smallest x", np.log, np.array([1e-300]), lambda x: 1 / x),
    Scaled("largest f", np.exp, np.array([700.0]), np.exp),
    Scaled("smallest f", np.exp, np.array([-700.0]), np.exp),
    Scaled("x far from f's scale", np.sin, np.array([1e3, 31.0]), np.cos),
    Scaled("zeros", lambda x: np.exp(x) / (2 + x), np.zeros(2), lambda x: (1 + x) * np.exp(x) / (2 + x) ** 2),
    Scaled("zero, tiny scale", lambda x: np.log(x + 1e-3), np.array([0.0]), lambda x: 1 / (x + 1e-3)),
    Scaled("zero, huge scale", lambda x: np.expm1(1e-9 * x), np.array([0.0]), lambda x: 1e-9 * np.exp(1e-9 * x)),
    Scaled("integers", lambda x: x**3, np.array([1, 2, -3]), lambda x: 3.0 * x**2),
    Scaled("x of no size for f", lambda x: np.exp(x) - x**2, np.array([1e-9]), lambda x: np.exp(x) - 2 * x),
    Scaled("near a pole", np.tan, np.array([1.57]), lambda x: 1 / np.cos(x) ** 2),
    Scaled("beside a kink", lambda x: np.abs(x - 1.001) * x, np.array([1.0]), lambda x: 1.001 - 2 * x),
    Scaled(
        "periodic in the steps",
        lambda x: np.sin(128 * np.pi * x),
        np.array([1.0]),
        lambda x: 128 * np.pi * np.cos(128 * np.pi * x),
    ),
    Scaled("narrow", lambda x: x * np.exp(-((1e6 * x) ** 2)), np.array([0.0]), np.ones_like),
]


@pytest.mark.parametrize("case", SCALED, ids=lambda case: case.name)
def test_ten_digits_at_every_scale(case):
    """Steps that do not suit the scale of x or of f cost digits, and the estimate does not say so."""
    total = lambda x: np.sum(case.f(x))  # noqa: E731
    found = ADAPTIVE.estimate(total, case.x)
    truth = case.truth(case.x.astype(np.longdouble))
    error = np.abs(found.value - truth)
    assert np.all(error <= 1e-10 * np.max(np.abs(truth)))
    assert np.all(error <= found.error)


def test_mixed_scales_in_one_x():
    """One step for all elements of x cannot suit elements 24 orders of magnitude apart."""
    x = np.array([2e-12, 0.5, 3e12, 0.0])
    weights = np.array([1e12, 1.0, 1e-12, 1.0])
    found = ADAPTIVE.estimate(lambda x: np.sum(np.sin(weights * x)) + np.prod(weights[:3] * x[:3]), x)
    z = (weights * x).astype(np.longdouble)
    others = np.append(np.prod(z[:3]) / z[:3], 0.0)
    truth = weights * (np.cos(z) + others)
    assert np.all(np.abs(found.value - truth) <= 1e-10 * np.abs(truth))
    assert np.all(np.abs(found.value - truth) <= found.error)


def test_cancellation_inside_f_shows_in_the_estimate():
    """f rounds to 0 at small steps, which passes for a derivative of exactly 0."""
    found = ADAPTIVE.estimate(lambda x: np.exp(1e-9 * x) - 1, 0.0)
    assert abs(found.value - 1e-9) <= found.error <= 1e-12


def test_stairs_are_constant_between_their_jumps():
    """np.floor has derivative 0 and not the slope of its stairs."""
    found = ADAPTIVE.estimate(lambda x: np.array([np.floor(1e3 * x), np.round(x)]), 1.0005)
    assert found.value.tolist() == [0.0, 0.0]


def test_high_frequency_is_found_below_aliasing_steps():
    """Steps of many periods agree with each other by accident, not with the derivative."""
    found = ADAPTIVE.estimate(lambda x: np.sin(1e5 * x), 1.0)
    truth = 1e5 * np.cos(1e5)
    assert abs(found.value - truth) <= found.error <= 1e-6 * abs(truth)


def test_float32_keeps_its_dtype_and_knows_its_noise():
    """Rounding of 1e-7 taken for rounding of 1e-16 gives steps, and estimates, far too small."""
    x = np.array([1.3, -0.4, 2.1], dtype=np.float32)
    found = ADAPTIVE.estimate(lambda x: np.sum(np.sin(x) * x), x)
    truth = np.sin(x.astype(float)) + x * np.cos(x.astype(float))
    assert found.value.dtype == np.float32
    assert np.all(np.abs(found.value - truth) <= np.minimum(found.error, 1e-5))
    assert np.all(found.error < 1e-2)
    inside = ADAPTIVE.estimate(lambda x: float(np.float32(x) ** 2), 1.234)
    assert abs(inside.value - 2.468) <= inside.error < 1e-3


def test_fixed_orders_choose_steps_for_float32():
    """The step for float64 is lost in float32's rounding."""
    for order in CENTRAL_ORDERS:
        found = CentralDifferences(order).differentiate(np.sin, np.float32(1.0))
        assert isinstance(found, np.float32)
        assert found == pytest.approx(np.cos(1.0), abs=1e-4)


def test_extended_precision_is_not_cut():
    """An x in extended precision rounded to float64 inside would be off by more than the estimate."""
    x = np.longdouble(1) / 3
    found = ADAPTIVE.estimate(lambda x: x**3, x)
    assert abs(found.value - 3 * x * x) <= found.error


# Tiny x


class Tiny(NamedTuple):
    """f with its first and second derivative."""

    name: str
    f: object
    first: object
    second: object


ORDINARY = [
    Tiny("exp", np.exp, np.exp, np.exp),
    Tiny(
        "product",
        lambda x: 1 + np.exp(x) * (1 + x**2),
        lambda x: np.exp(x) * (1 + x) ** 2,
        lambda x: np.exp(x) * (1 + x) * (3 + x),
    ),
    Tiny("log1p", np.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) ** 2),
    Tiny("narrower", lambda x: np.exp(1e3 * x), lambda x: 1e3 * np.exp(1e3 * x), lambda x: 1e6 * np.exp(1e3 * x)),
]
OF_SCALE_X = [
    Tiny("square", lambda x: x**2, lambda x: 2 * x, lambda x: 2 + 0 * x),
    Tiny("cube", lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x),
    Tiny("reciprocal", lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3),
    Tiny("log", np.log, lambda x: 1 / x, lambda x: -1 / x**2),
    Tiny("sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 * x**-1.5),
    Tiny("steep square", lambda x: (x / 1e-20) ** 2, lambda x: 2e40 * x, lambda x: 2e40 + 0 * x),
]
TINY_X = [1e-20, 1e-16, 1e-15, 1e-14, 1e-12, 1e-10, 3e-8, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2]


@pytest.mark.parametrize("case", ORDINARY, ids=lambda case: case.name)
def test_ordinary_functions_at_tiny_x(case):
    """Steps relative to a tiny x lose in rounding what f changes over them: the Hessian is 0, or 10^18."""
    for x in [sign * size for size in TINY_X for sign in (1, -1)]:
        found = ADAPTIVE.estimate(case.f, x)
        assert abs(found.value - case.first(x)) <= min(found.error, 1e-10 * abs(case.first(x))), x
        assert ad.hessian(case.f, x, "finite") == pytest.approx(case.second(x), rel=1e-8), x
        assert ad.hvp(case.f, x, 2.0, "finite") == pytest.approx(2 * case.second(x), rel=1e-8), x
        for sided in ("forward", "backward"):
            found = CentralDifferences(sided=sided).estimate(case.f, x)
            assert abs(found.value - case.first(x)) <= min(found.error, 1e-9 * abs(case.first(x))), x


@pytest.mark.parametrize("case", OF_SCALE_X, ids=lambda case: case.name)
def test_functions_that_change_over_a_tiny_x(case):
    """Steps that suit other functions better are far too large for powers and logarithms of x."""
    for x in TINY_X:
        found = ADAPTIVE.estimate(case.f, x)
        assert abs(found.value - case.first(x)) <= min(found.error, 1e-11 * abs(case.first(x))), x
        assert ad.hessian(case.f, x, "finite") == pytest.approx(case.second(x), rel=1e-8), x


@pytest.mark.parametrize("order", CENTRAL_ORDERS)
@pytest.mark.parametrize("case", [*ORDINARY[:3], *OF_SCALE_X], ids=lambda case: case.name)
def test_fixed_orders_at_tiny_x(case, order):
    """One scale of steps for all functions of a tiny x is wrong for most of them by any number of digits."""
    first, second = {2: (1e-7, 1e-4), 4: (1e-8, 1e-5), 6: (1e-8, 2e-5)}[order]
    for x in TINY_X:
        assert CentralDifferences(order).differentiate(case.f, x) == pytest.approx(case.first(x), rel=first), x
        assert ad.hessian(case.f, x, CentralDifferences(order)) == pytest.approx(case.second(x), rel=second), x


@pytest.mark.parametrize("sided", ["forward", "backward"])
@pytest.mark.parametrize("order", [1, 2, 4, 6])
@pytest.mark.parametrize("case", [*ORDINARY[:3], *OF_SCALE_X], ids=lambda case: case.name)
def test_one_sided_orders_at_tiny_x(case, order, sided):
    """The curvature that tells f's scale is asked of the wrong side, or not at all."""
    for x in TINY_X:
        found = CentralDifferences(order, sided=sided).differentiate(case.f, x)
        assert found == pytest.approx(case.first(x), rel=1e-4 if order == 1 else 1e-6), x


@pytest.mark.parametrize(("sided", "order"), SIDED_ORDERS)
def test_fixed_orders_at_tiny_x_count_as_promised(sided, order):
    """The value that tells f's scale must be one of the stencil's own, and no stencil is taken twice."""
    f = Counted(lambda x: np.exp(np.sum(x)))
    CentralDifferences(order, sided=sided).differentiate(f, np.array([1e-10, 1e-5, 0.0]))
    assert len(f.points) == 3 * order + 1
    f = Counted(lambda x: np.sum(np.log(x)))
    CentralDifferences(order, sided=sided).differentiate(f, np.array([1e-10, 0.5]))
    assert len(f.points) == 2 * order + 1 + (1 if order == 1 else 2)


def test_outputs_of_several_scales_beside_a_tiny_x():
    """One step for all outputs suits the logarithm or the exponential, not both."""
    x = 1e-10
    truth = np.array([1 / x, np.exp(x), 0.5 / np.sqrt(x), np.nan])
    f = lambda x: np.array([np.log(x), np.exp(x), np.sqrt(x), np.nan])  # noqa: E731
    with np.errstate(all="ignore"):
        for order in CENTRAL_ORDERS:
            assert CentralDifferences(order).differentiate(f, x) == pytest.approx(truth, rel=1e-9, nan_ok=True)
        found = ADAPTIVE.estimate(f, x)
    assert np.all(np.abs(found.value - truth)[:3] <= found.error[:3])


def test_mixed_second_derivatives_of_tiny_elements():
    """A wrong length of one direction spoils the mixed derivatives with all others."""
    f = lambda x: np.exp(x[0] + 2 * x[1]) * (1 + x[2] ** 2) + np.sin(3 * x[3])  # noqa: E731
    x = np.array([1e-10, 0.5, 1e-14, 1e-7])
    e = np.exp(x[0] + 2 * x[1])
    truth = np.diag([e, 4 * e, 2 * e, -9 * np.sin(3 * x[3])])
    truth[0, 1] = truth[1, 0] = 2 * e
    assert ad.hessian(f, x, "finite") == pytest.approx(truth, abs=1e-8)
    assert ad.hvp(f, x, np.array([1.0, -2.0, 0.5, 3.0]), "finite") == pytest.approx(truth @ [1.0, -2.0, 0.5, 3.0], abs=1e-7)
    assert ad.hessian(f, x, CentralDifferences(4)) == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("x", [1e-10, 1e-9, 1e-8, 1e-7, 1e-6])
def test_features_between_a_tiny_x_and_one_are_not_stepped_over(x):
    """From afar a bell looks flat: steps of 0.13 on either side agree about a slope of 0."""
    bell = lambda x: np.exp(-((1e6 * x) ** 2))  # noqa: E731
    found, truth = ADAPTIVE.estimate(bell, x), -2e12 * x * bell(x)
    assert abs(found.value - truth) <= min(found.error, 1e-9 * abs(truth))
    assert ad.hessian(bell, x, "finite") == pytest.approx((4e24 * x**2 - 2e12) * bell(x), rel=1e-8)


def test_second_derivatives_at_ordinary_points_stay_cheap():
    """The search for f's own scale must not be paid for where x has a size."""
    for f, x, most in [(np.sin, 1.3, 17), (lambda x: 3 * x + 1, 0.3, 11), (np.exp, 0.1, 13), (np.sin, np.pi, 11)]:
        counted = Counted(f)
        ad.hessian(counted, x, "finite")
        assert len(counted.points) <= most


# Shapes, containers, arguments


def test_matrix_output_by_matrix_input():
    """Axes of output and input swapped or flattened in the wrong order."""
    left = np.arange(6.0).reshape(2, 3)
    x = np.linspace(-1, 1, 12).reshape(3, 4)
    truth = np.einsum("ik,jl->ijkl", left, np.eye(4))
    assert ADAPTIVE.differentiate(lambda x: left @ x, x) == pytest.approx(truth, abs=1e-12)


def test_containers_of_inputs_and_outputs():
    """Leaves mixed up on the way into the vector of all elements or out of it."""

    def f(p, factor):
        return {"prod": p["w"] * p["b"]["c"], "sum": [np.sum(p["w"], keepdims=True) * factor, p["b"]["d"] ** 2]}

    p = {"w": np.array([[1.0, 2.0]]), "b": {"c": 3.0, "d": np.float32(4.0)}}
    found = ADAPTIVE.estimate(f, p, args=(2.0,))
    prod, (total, square) = found.value["prod"], found.value["sum"]
    assert prod["w"] == pytest.approx(3 * np.eye(2).reshape(1, 2, 1, 2))
    assert prod["b"]["c"] == pytest.approx(p["w"])
    assert prod["b"]["d"] == pytest.approx(np.zeros((1, 2)))
    assert total["w"] == pytest.approx(np.full((1, 1, 1, 2), 2.0))
    assert square["b"]["d"] == pytest.approx(8.0, abs=1e-3)
    assert isinstance(square["b"]["d"], np.float32)
    assert found.error["prod"]["w"].shape == (1, 2, 1, 2)
    assert found.error["sum"][1]["b"]["d"] >= abs(square["b"]["d"] - 8.0)


def test_args_and_argnums():
    """The wrong argument is moved, or the result is not a tuple for a tuple."""
    f = lambda x, y, z: x * y**2 * z  # noqa: E731
    assert ADAPTIVE.differentiate(f, 2.0, args=(3.0, 5.0)) == pytest.approx(45.0)
    by_z, by_x = ADAPTIVE.differentiate(f, 2.0, args=(3.0, 5.0), argnums=(2, 0))
    assert (by_z, by_x) == (pytest.approx(18.0), pytest.approx(45.0))
    assert ADAPTIVE.differentiate(f, 2.0, args=(3.0, 5.0), argnums=1) == pytest.approx(60.0)


@pytest.mark.parametrize("differences", [ADAPTIVE, CentralDifferences(4)], ids=repr)
def test_empty_inputs_and_outputs(differences):
    """A maximum of nothing, or a reshape of nothing, raises."""
    assert differences.differentiate(lambda x: np.sum(x) + 3, np.zeros((0, 2))).shape == (0, 2)
    assert differences.differentiate(lambda x: np.zeros((0, 3)) * x, 1.0).shape == (0, 3)
    assert ad.hessian(lambda x: np.sum(x) + 3, np.zeros(0), differences).shape == (0, 0)
    assert ad.jvp(lambda x: np.sum(x) + 3, np.zeros(0), np.zeros((4, 0)), differences)[1].tolist() == [0.0] * 4


def test_what_f_ignores_has_derivative_zero():
    """Rounding noise in place of exact zeros hides that f ignores an element."""
    found = ADAPTIVE.estimate(lambda x: np.array([np.sin(x[0]), 7.0, x[0] * 1e300]), np.array([0.3, 0.4]))
    assert found.value[:, 1].tolist() == [0.0, 0.0, 0.0]
    assert found.value[1].tolist() == [0.0, 0.0]
    assert ADAPTIVE.differentiate(lambda x: x > 0.5, 1.0) == 0.0


def test_many_outputs_are_all_extrapolated():
    """Entries that do not decide about the steps are forgotten, or blocks of them overlap."""
    t = np.linspace(0.0, 2.0, 20_001)
    p = np.array([1.5, 0.7])
    found = ADAPTIVE.estimate(lambda p: p[0] * np.exp(-p[1] * t), p)
    truth = np.stack([np.exp(-p[1] * t), -p[0] * t * np.exp(-p[1] * t)], axis=1)
    assert np.max(np.abs(found.value - truth)) < 1e-11
    assert np.mean(np.abs(found.value - truth) <= found.error) > 0.98


def test_x_is_never_changed_even_by_f():
    """f that works in place would move x under the differences' feet."""

    def f(x):
        x *= 2.0
        return np.sum(x**2)

    x = np.array([1.0, -2.0])
    for differences in (ADAPTIVE, CentralDifferences(2)):
        assert differences.differentiate(f, x) == pytest.approx(8 * np.array([1.0, -2.0]), rel=1e-7)
    assert ad.hessian(f, x, "finite") == pytest.approx(8 * np.eye(2), abs=1e-8)
    assert x.tolist() == [1.0, -2.0]


# Edges of f's domain, and functions without a derivative


def test_nonfinite_outputs_do_not_spoil_the_others():
    """One NaN in an average over the outputs would choose the steps of all."""

    def f(x):
        return np.array([np.sin(x[0]), np.nan, np.inf, np.log(x[1]), np.exp(x[0]) if x[0] <= 0.7 else np.nan])

    found = ADAPTIVE.estimate(f, np.array([0.7, 1e-4]))
    truth = np.array([[np.cos(0.7), 0.0], [0.0, 1e4], [np.exp(0.7), 0.0]])
    kept = found.value[[0, 3, 4]]
    assert np.all(np.abs(kept - truth) <= 1e-9 * np.max(np.abs(truth), axis=1, keepdims=True))
    assert np.all(np.abs(kept - truth) <= found.error[[0, 3, 4]])
    assert np.isnan(found.value[1:3]).all()
    assert np.isinf(found.error[1:3]).all()


@pytest.mark.parametrize(
    ("f", "x", "truth"),
    [
        (lambda x: math.sqrt(x + 1e-9) if x > -1e-9 else math.nan, 0.0, 0.5 / math.sqrt(1e-9)),
        (math.log, 1e-5, 1e5),
        (lambda x: np.sqrt(x), 1e-20, 0.5e10),
        (lambda x: math.exp(x) if x >= 0 else math.nan, 0.0, 1.0),
        (lambda x: math.sqrt(x) ** 2 * math.cos(x), 0.0, 1.0),
        (lambda x: np.log(-x) ** 2, -0.25, 2 * math.log(0.25) / -0.25),
    ],
    ids=["shrinks", "log", "sqrt", "one side is NaN", "one side raises", "negative"],
)
def test_edges_of_the_domain(f, x, truth):
    """A probe outside the domain must lead to smaller steps or to one side, not to NaN."""
    found = ADAPTIVE.estimate(f, x)
    assert abs(found.value - truth) <= min(found.error, 1e-8 * abs(truth))


def test_warnings_of_f_outside_its_domain_count_as_outside():
    """Where warnings are errors, f's own warning at a probe must not end the derivative."""
    f = lambda x: np.log(x + 1e-3)  # noqa: E731 (log of a negative number warns)
    assert ADAPTIVE.differentiate(f, np.float64(0.0)) == pytest.approx(1e3, rel=1e-9)


def test_f_that_raises_everywhere_beside_x_is_heard():
    """A bug in f that shows only beside x would be reported as NaN."""

    def f(x):
        if x != 1.0:
            raise ValueError("no value here")
        return x

    for differences in (ADAPTIVE, CentralDifferences(2)):
        with pytest.raises(ValueError, match="no value here"):
            differences.differentiate(f, 1.0)
    with pytest.raises(ShapeError, match=r"np\.where instead of boolean indexing"):
        ADAPTIVE.differentiate(lambda x: np.zeros(1 if x == 1.0 else 2), 1.0)


def test_shapes_that_change_far_from_x_count_as_outside():
    """Boolean indexing is constant near x: only steps that change the selection must be left out."""
    x = np.array([1e-3, -2.0, 3.0])
    found = ADAPTIVE.differentiate(lambda x: x[x > 0] ** 2, x)
    assert found == pytest.approx(np.array([[2e-3, 0.0, 0.0], [0.0, 0.0, 6.0]]), abs=1e-12)
    below = ADAPTIVE.differentiate(lambda x: x[x > 1.0] * x[0], np.array([1.0, 2.0]))
    assert below == pytest.approx(np.array([[2.0, 1.0]]))


@pytest.mark.parametrize(
    ("f", "least"),
    [
        (lambda x: np.where(x >= 1.0, 1.0, 0.0), 1.0),
        (lambda x: np.sqrt(np.abs(x - 1.0)) * np.sign(x - 1.0), 1.0),
        (lambda x: np.sqrt(x - 1.0) if x >= 1 else np.nan, 1.0),
        (lambda x: np.abs(x - 1.0), 1e-4),
    ],
    ids=["jump", "vertical tangent", "vertical tangent at an edge", "kink"],
)
def test_where_there_is_no_derivative_the_estimate_is_large(f, least):
    """A silently small estimate at a point without a derivative."""
    assert ADAPTIVE.estimate(f, 1.0).error > least


@pytest.mark.parametrize("noise", [1e-10, 1e-6, 1e-3])
def test_noise_of_f_is_measured(noise):
    """Noise far above the rounding of f's result makes the estimate too small."""
    held, errors = 0, []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-2, 2)
        found = ADAPTIVE.estimate(lambda x, rng=rng: np.sin(x) + np.exp(x / 2) + noise * rng.standard_normal(), x)
        error = abs(found.value - np.cos(x) - 0.5 * np.exp(x / 2))
        held += error <= found.error
        errors.append(error)
    assert held >= 57
    assert np.median(errors) < 100 * noise


# What is promised of smooth functions


def test_promises_on_random_smooth_functions():
    """Digits, calls or coverage of the error estimate fall behind what the documentation says."""
    found = measure(random_problems(150, seed=2024))
    assert np.mean(np.array(found.digits) >= 10) >= 0.99
    assert np.mean(found.calls) <= 12.5
    assert found.coverage >= 0.98
    assert np.median(found.ratios) < 1e4, "an estimate that always holds because it is huge says nothing"


@pytest.mark.parametrize("problems", [rosenbrock_problems, helmholtz_problems])
def test_promises_on_known_problems(problems):
    """Polynomials of several variables and quotients with logarithms."""
    found = measure(problems(6, seed=3))
    assert min(found.digits) >= 11
    assert max(found.calls) <= 13
    assert found.coverage >= 0.98


@pytest.mark.parametrize("sided", ["forward", "backward"])
def test_one_sided_estimates_hold_too(sided):
    """The adaptive one-sided differences extrapolate in the step, not in its square."""
    found = measure(random_problems(60, seed=5), CentralDifferences(sided=sided))
    assert found.coverage >= 0.98
    assert np.median(found.digits) >= 11
    assert np.mean(found.calls) <= 9


def test_fixed_order_estimates_hold():
    """Two stencils that are compared wrongly give an estimate of nothing."""
    for order in CENTRAL_ORDERS:
        found = measure(random_problems(60, seed=6), CentralDifferences(order))
        assert found.coverage >= 0.98
        assert np.median(found.ratios) < 1e3


@pytest.mark.parametrize("number", range(len(ELEMENTARY)))
def test_generator_derivatives_are_right(number):
    """The promises are measured on derivatives that would be wrong themselves."""
    function, derivative = ELEMENTARY[number]
    z = np.longdouble([-1.3, -0.2, 0.4, 2.1])
    h = np.longdouble(1e-3)
    wide, narrow = ((function(z + s) - function(z - s)) / (2 * s) for s in (2 * h, h))
    assert np.max(np.abs((4 * narrow - wide) / 3 - derivative(z))) < 1e-10


# Directional and second derivatives


def test_jvp_is_the_jacobian_times_the_tangents_and_cheap():
    """A directional derivative that builds the whole Jacobian, or divides by the wrong length."""
    matrix = np.random.default_rng(1).standard_normal((5, 40)) / 6
    x, tangents = np.linspace(-1, 1, 40), np.random.default_rng(2).standard_normal((3, 40)) * [[1e-8], [1.0], [1e8]]
    tangents[:, 3] = 0.0
    f = Counted(lambda x: np.sin(matrix @ x))
    value, pushed = ad.jvp(f, x, tangents, "finite")
    truth = tangents @ (np.cos(matrix @ x)[:, None] * matrix).T
    assert len(f.points) <= 3 * 20
    assert value == pytest.approx(np.sin(matrix @ x))
    assert np.max(np.abs(pushed - truth) / np.max(np.abs(truth), axis=1, keepdims=True)) < 1e-10
    assert ad.jvp(f, x, np.zeros(40), "finite")[1].tolist() == [0.0] * 5


def test_infinite_and_overflowing_tangents():
    """A tangent of infinite size, or a product beyond the largest number, must not warn or spoil its neighbours."""
    x = np.array([1.0, 2.0])
    tangents = np.array([[np.inf, 1.0], [1e300, 1.0], [1.0, -1.0]])
    pushed = ad.jvp(lambda x: 1e20 * x, x, tangents, "finite")[1]
    assert np.isnan(pushed[0]).all()
    assert np.isinf(pushed[1, 0])
    assert pushed[2] == pytest.approx([1e20, -1e20])


def test_jvp_of_containers():
    """Tangents of several leaves glued together in another order than the leaves."""
    p = {"a": np.array([1.0, 2.0]), "b": 3.0}
    _, pushed = ad.jvp(lambda p: p["a"] * p["b"], p, {"a": np.array([0.5, -1.0]), "b": 2.0}, "finite")
    assert pushed == pytest.approx(np.array([3.5, 1.0]))


def test_hessian_against_closed_forms():
    """Mixed derivatives, symmetry, and scales that differ between the elements."""
    scale = np.array([1e-6, 1.0, 1e6])
    x = np.array([1.2, -0.7, 0.3]) * scale

    def f(x):
        z = x / scale
        return np.exp(z[0] * z[1]) + z[1] ** 2 * np.sin(z[2]) + z[0] ** 3

    a, b, c = x / scale
    e = np.exp(a * b)
    mixed = (1 + a * b) * e
    truth = np.array(
        [
            [b * b * e + 6 * a, mixed, 0.0],
            [mixed, a * a * e + 2 * np.sin(c), 2 * b * np.cos(c)],
            [0.0, 2 * b * np.cos(c), -b * b * np.sin(c)],
        ]
    )
    found = ad.hessian(f, x, "finite")
    assert np.array_equal(found, found.T)
    assert np.max(np.abs(found * np.outer(scale, scale) - truth)) < 1e-8
    product = ad.hvp(f, x, np.array([0.5, -2.0, 1.0]) * scale, "finite")
    assert np.max(np.abs(product * scale - truth @ [0.5, -2.0, 1.0])) < 1e-8


def test_hessian_of_containers_and_products_along_one_direction():
    """Blocks of the Hessian by leaf, and Hessian-vector products that need few calls."""
    p = {"a": np.array([1.0, 2.0]), "b": 3.0}
    found = ad.hessian(lambda p: np.sum(p["a"] ** 3) * p["b"], p, "finite")
    assert found["a"]["a"] == pytest.approx(np.diag([18.0, 36.0]), abs=1e-8)
    assert found["a"]["b"] == pytest.approx(np.array([3.0, 12.0]))
    assert found["b"]["a"] == pytest.approx(np.array([3.0, 12.0]))
    assert found["b"]["b"] == pytest.approx(0.0, abs=1e-8)
    x = np.linspace(0.5, 1.5, 12)
    f = Counted(lambda x: np.sum(np.sin(x[1:] * x[:-1])))
    product = ad.hvp(f, x, -x, "finite")
    assert product == pytest.approx(ad.hessian(f.f, x, "forward") @ -x, abs=1e-8)
    assert len(f.points) < 32 * 25


# Options and errors


def test_steps_are_the_user_s():
    """A step that is given and not taken, or taken for the wrong element."""
    points = []

    def of_container(p):
        points.append([*p["a"], p["b"]])
        return np.sum(p["a"] ** 2) + p["b"]

    steps = {"a": [0.5, 0.25], "b": 0.125}
    CentralDifferences(2, step=steps).differentiate(of_container, {"a": np.ones(2), "b": 1.0})
    assert np.max(np.abs(np.array(points) - 1.0), axis=0).tolist() == [0.5, 0.25, 0.125]
    f = Counted(np.exp)
    assert CentralDifferences(step=0.01).differentiate(f, 1.0) == pytest.approx(np.e, rel=1e-10)
    assert np.max(np.abs(np.array(f.points) - 1.0)) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"order": 3}, OptionError, "one of 2, 4, 6"),
        ({"order": 1}, OptionError, "one of 2, 4, 6"),
        ({"order": 3, "sided": "forward"}, OptionError, "one of 1, 2, 4, 6"),
        ({"sided": "left"}, OptionError, "sided='central'"),
        ({"step": -0.1}, OptionError, "not positive"),
        ({"step": [0.1, 0.0]}, OptionError, "not positive"),
        ({"step": math.inf}, OptionError, "not positive"),
        ({"order": 2, "step": 1e-20}, OptionError, "too small"),
        ({"step": [0.1, 0.1, 0.1]}, ShapeError, "not arranged like x"),
        ({"step": np.ones((2, 2))}, ShapeError, "not arranged like x"),
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options, error, message):
    """An option that is ignored or fails deep inside."""
    with pytest.raises(error, match=message):
        CentralDifferences(**options).differentiate(np.sum, np.ones(2))


def test_hessians_are_of_numbers_and_from_both_sides():
    """A Hessian of a vector, or one-sided second differences of the wrong order."""
    with pytest.raises(ShapeError, match=r"shape \(\)"):
        ad.hessian(np.sin, np.ones(2), ADAPTIVE)
    with pytest.raises(ShapeError, match=r"shape \(\)"):
        ADAPTIVE.hessian(Function(np.sin, np.ones(2)))
    with pytest.raises(UnsupportedError, match=r"CentralDifferences\(\)"):
        ad.hessian(np.sum, np.ones(2), CentralDifferences(sided="forward"))


@pytest.mark.parametrize("outer", ["forward", "reverse"])
def test_differences_refuse_to_lose_an_outer_derivative(outer):
    """Plain values inside a traced derivative would give the outer one as zero."""
    through_x = lambda x: np.sum(ad.gradient(lambda y: np.sum(y**3), x, "finite"))  # noqa: E731
    through_closure = lambda x: np.sum(ad.gradient(lambda y: np.sum(y**3 * x), np.ones(2), "finite"))  # noqa: E731
    for f in (through_x, through_closure):
        with pytest.raises(UnsupportedError, match='method="forward" or method="reverse"'):
            ad.gradient(f, np.ones(2), outer)


def test_differences_of_exact_derivatives():
    """Differences around another method's derivative are plain and must work."""
    found = ad.jacobian(lambda x: ad.gradient(lambda y: np.sum(y**3), x, "reverse"), np.array([1.0, 2.0]), "finite")
    assert found == pytest.approx(np.diag([6.0, 12.0]), abs=1e-10)


def test_repr_is_the_call():
    """A report that names differences without their options."""
    assert repr(CentralDifferences(4, step=0.1, sided="forward")) == "CentralDifferences(order=4, step=0.1, sided='forward')"
    assert repr(ADAPTIVE) == "CentralDifferences()"


def test_finite_differences_are_an_independent_witness():
    """An oracle that imports the rules would repeat their mistakes."""
    allowed = {"numpy", "admodes.errors", "admodes.function", "admodes.differentiator"}
    folder = Path(admodes.finite.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [{0: node.module, 1: f"admodes.finite.{node.module}", 2: f"admodes.{node.module}"}[node.level]]
            else:
                continue
            assert all(
                name in allowed or name.split(".")[0] in sys.stdlib_module_names or name.startswith("admodes.finite.")
                for name in names
            ), (path.name, names)
