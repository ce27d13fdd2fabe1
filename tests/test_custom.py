"""Primitives of users' own: a derivative written by hand, for every mode."""

from typing import Any

import numpy as np
import pytest

import admodes as ad
from admodes.errors import MissingRuleError, OutputError, ShapeError, TracedValueError

X = np.array([0.3, -0.7, 1.1])


def softplus() -> Any:
    """log(1 + exp(x)) as one primitive without a rule."""

    @ad.primitive
    def softplus(x, *, sharpness=1.0):
        return np.log1p(np.exp(sharpness * np.asarray(x))) / sharpness

    return softplus


def with_rules(*kinds: str) -> Any:
    """`softplus` with a jvp, a vjp or both."""
    function = softplus()
    if "jvp" in kinds:
        function.def_jvp(lambda tangents, out, x, sharpness=1.0: tangents[0] / (1 + np.exp(-sharpness * x)))
    if "vjp" in kinds:
        function.def_vjp(lambda g, out, x, sharpness=1.0: g / (1 + np.exp(-sharpness * x)))
    return function


@pytest.mark.parametrize("kinds", [("jvp",), ("vjp",), ("jvp", "vjp")], ids="-".join)
@pytest.mark.parametrize("method", ["forward", "reverse"])
@pytest.mark.parametrize("x", [0.4, X, np.ones((2, 2)), np.zeros(0)], ids=["number", "vector", "matrix", "empty"])
def test_one_rule_is_enough_for_every_mode(kinds, method, x):
    """Breaks if the rule that is missing is not derived from the other, or k seeds are mixed up."""
    function = with_rules(*kinds)
    found = ad.jacobian(lambda x: function(x, sharpness=2.0), x, method=method)
    expected = np.diag(1 / (1 + np.exp(-2.0 * np.ravel(x)))).reshape(np.shape(x) * 2)
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("outer", ["forward", "reverse"])
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_rules_in_numpy_are_differentiated_again(inner, outer):
    """Breaks if second derivatives take a hand-written rule for a constant."""
    function = with_rules("jvp", "vjp")
    hessian = ad.jacobian(lambda x: ad.gradient(lambda x: np.sum(function(x) * x), x, method=inner), X, method=outer)
    s = 1 / (1 + np.exp(-X))
    np.testing.assert_allclose(hessian, np.diag(2 * s + X * s * (1 - s)), rtol=1e-13)


def test_several_arguments():
    """Breaks if cotangents of several arguments are confused, or None does not stand for zero."""

    @ad.primitive
    def scaled(a, b, table):
        return a * b + table

    scaled.def_vjp(lambda g, out, a, b, table: (np.sum(g * b), g * a, None))
    gradients = ad.gradient(lambda a, b: np.sum(scaled(a, b, np.ones(3)) ** 2), 2.0, args=(X,), argnums=(0, 1), method="reverse")
    expected = ad.gradient(lambda a, b: np.sum((a * b + 1) ** 2), 2.0, args=(X,), argnums=(0, 1), method="finite")
    for found, wanted in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-8)


def test_it_stays_the_function_that_it_was():
    """Breaks if a plain call returns anything but the function's own value, name and documentation."""
    function = softplus()
    np.testing.assert_array_equal(function(X), np.log1p(np.exp(X)))
    assert function.__name__ == "softplus"


@pytest.mark.parametrize("method", ["forward", "reverse"])
def test_a_primitive_without_a_rule_says_how_to_give_it_one(method):
    """Breaks if a missing derivative counts as zero."""
    with pytest.raises(MissingRuleError, match=r"@softplus\.def_jvp or @softplus\.def_vjp"):
        ad.gradient(lambda x: np.sum(softplus()(x)), X, method=method)


@pytest.mark.parametrize("wrong", [lambda g, out, x: (g, g), lambda g, out, x: g[:1]], ids=["two", "short"])
def test_wrong_cotangents_are_refused(wrong):
    """Breaks if a rule of a wrong shape is broadcast in silence."""
    function = softplus()
    function.def_vjp(wrong)
    with pytest.raises(ShapeError, match="vjp of `softplus`"):
        ad.gradient(lambda x: np.sum(function(x)), X, method="reverse")


def test_planted_wrong_rule_is_seen_by_finite_differences():
    """Breaks if the comparison with finite differences could not tell a wrong rule from a right one."""
    function = softplus()
    function.def_vjp(lambda g, out, x: -g / (1 + np.exp(-x)))
    wrong = ad.gradient(lambda x: np.sum(function(x)), X, method="reverse")
    assert np.all(np.abs(wrong - ad.gradient(lambda x: np.sum(function(x)), X, method="finite")) > 0.5)


@pytest.mark.parametrize("method", ["forward", "reverse"])
def test_a_buffer_that_is_used_again_is_copied(method):
    """Breaks if a function that returns the same memory at each call changes what was recorded before."""
    buffer = np.zeros(3)

    @ad.primitive
    def doubled(x):
        buffer[:] = 2 * x
        return buffer

    doubled.def_vjp(lambda g, out, x: 2 * g)
    found = ad.gradient(lambda x: np.sum(doubled(x) * doubled(x**2)), X, method=method)
    np.testing.assert_allclose(found, 12 * X**2, rtol=1e-14)


def test_a_rule_may_change_its_cotangent():
    """Breaks if `g *= ...` in a user's rule changes the cotangents of other operations."""
    function = softplus()

    def rule(g, out, x):
        g *= 1 / (1 + np.exp(-x))
        return g

    function.def_vjp(rule)
    found = ad.gradient(lambda x: np.sum((lambda y: y + function(y))(x * 1.0)), X, method="reverse")
    np.testing.assert_allclose(found, 1 + 1 / (1 + np.exp(-X)), rtol=1e-14)


@pytest.mark.parametrize("method", ["forward", "reverse"])
def test_what_a_primitive_may_not_do_is_refused(method):
    """Breaks if a change of the argument, or several outputs, end in a wrong or zero derivative."""

    @ad.primitive
    def clipped(x):
        x[0] = 0.0
        return x

    @ad.primitive
    def parts(x):
        return x, x

    with pytest.raises(TracedValueError, match="changes its argument"):
        ad.gradient(lambda x: np.sum(clipped(x * 1.0)), X, method=method)
    with pytest.raises(OutputError, match="one array or number"):
        ad.gradient(lambda x: np.sum(parts(x)[0]), X, method=method)


@pytest.mark.parametrize("rule", ["jvp", "vjp"])
def test_a_rule_that_changes_its_argument(rule):
    """Breaks if what a rule writes into x reaches the record, and with it every later use of x."""
    half = ad.primitive(lambda x: 0.5 * x * x)
    if rule == "jvp":
        half.def_jvp(lambda tangents, out, x: np.multiply(x, tangents[0], out=x))
    else:
        half.def_vjp(lambda g, out, x: np.multiply(x, g, out=x))
    x = np.array([1.0, 2.0, 3.0])
    for method in ("forward", "reverse"):
        np.testing.assert_array_equal(ad.jacobian(half, x, method=method), np.diag([1.0, 2.0, 3.0]))
    _, pullback = ad.vjp(half, x)
    np.testing.assert_array_equal(pullback(x), pullback(x))
