"""Ends of the range of floats, empty arrays, operands that are traced alone: places where an accident would be silent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes.errors import MissingRuleError, TracedValueError

V = np.array([1.0, 2.0, 3.0])


@exact_modes
@pytest.mark.parametrize(
    ("f", "x", "wanted"),
    [
        (lambda x: np.arctan2(x[0], x[1]), [1e-170, 1e-170], [5e169, -5e169]),
        (lambda x: np.arctan2(x[0], x[1]), [1e200, 1e200], [5e-201, -5e-201]),
        (np.arcsinh, 1e155, 1e-155),
        (np.arccosh, 1e155, 1e-155),
        (np.expm1, -40.0, np.exp(-40.0)),
        (lambda x: np.log(-np.expm1(x)), -40.0, -np.exp(-40.0)),
        *((lambda x: np.logaddexp(x[0], x[1]), [-k, -k], [0.5, 0.5]) for k in (1e10, 1e16, np.inf, -np.inf)),
        (lambda x: np.logaddexp2(x[0], x[1]), [1e200, 1e200], [0.5, 0.5]),
        (lambda x: np.logaddexp(x[0], x[1]), [0.0, 40.0], [np.exp(-40.0), 1.0]),
        (lambda x: np.maximum(x, 1.0), np.nan, np.nan),
        (lambda x: np.clip(x, 0.0, 1.0), np.nan, np.nan),
        (lambda x: np.fmax(x, 1.0), np.nan, 0.0),
    ],
)
def test_no_digits_are_lost_at_the_ends(f: Any, x: Any, wanted: Any, method: str) -> None:
    """Breaks if an intermediate over- or underflows, or a difference cancels, where the derivative itself is a number."""
    np.testing.assert_allclose(ad.differentiate(f, x, method=method), wanted, rtol=1e-13)


@pytest.mark.parametrize("x", [[1.0, 1.0], [0.0, 0.0], [2.0, -1.0], [-1.0, 2.0], [0.0, 800.0]])
@pytest.mark.parametrize("method", ["auto", "forward", "reverse"])
def test_second_derivatives_of_soft_maxima(x: Any, method: str) -> None:
    """Breaks if a tie, which is no kink here, is treated as one."""
    share = np.exp(-np.logaddexp(0.0, x[1] - x[0]))
    curvature = share * (1 - share)
    found = ad.hessian(lambda x: np.logaddexp(x[0], x[1]), x, method=method)
    np.testing.assert_allclose(found, [[curvature, -curvature], [-curvature, curvature]], rtol=1e-12, atol=1e-300)


@exact_modes
def test_division_by_pythons_zero(method: str) -> None:
    """Breaks if a partial divides by Python's zero, which raises where NumPy's gives inf."""
    with np.errstate(all="ignore"):
        for zero in (0, 0.0):
            np.testing.assert_array_equal(ad.jacobian(lambda x, z=zero: x / z, V, method=method), np.diag([np.inf] * 3))
            np.testing.assert_array_equal(ad.gradient(lambda x, z=zero: x[0] / z, V, method=method), [np.inf, 0.0, 0.0])
            found = ad.jacobian(lambda x, z=zero: np.where(z > 0, x / z, 2.0 * x), V, method=method)
            np.testing.assert_array_equal(found, 2.0 * np.eye(3))


@exact_modes
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_statistics_of_nothing(method: str) -> None:
    """Breaks if the mean of no elements raises, in a branch that is not used either."""
    for f in (np.mean, np.std, np.var, lambda y: np.mean(np.reshape(y, (0, 3)), axis=0)):
        found = ad.jacobian(lambda x, f=f: x + np.where(len(x[x > 9]) > 0, np.sum(f(x[x > 9])), 0.0), V, method=method)
        np.testing.assert_array_equal(found, np.eye(3))
        assert np.isnan(np.sum(ad.value_and_jacobian(lambda x, f=f: f(x[:0]), V, method=method)[0]))
    np.testing.assert_array_equal(ad.jacobian(lambda x: np.max(x[:0], initial=3.0) * x, V, method=method), 3.0 * np.eye(3))
    np.testing.assert_array_equal(ad.jacobian(lambda x: np.min(x[:0], initial=x[1]), V, method=method), [0.0, 1.0, 0.0])


ALONE = {
    "where": lambda x: np.sum(V, where=x > 1.5) + np.std(V, where=x > 0) * x[0],
    "where of a maximum": lambda x: np.max(V, where=x > 0, initial=0.0) * x[1],
    "any": lambda x: np.any(V > 2, where=x > 1) * x,
    "sorter": lambda x: np.searchsorted(x, 2.2, sorter=np.argsort(x)) * x,
    "tolerance": lambda x: np.isclose(1.0, 1.1, atol=x[0]) * x,
    "objects": lambda x: np.array([1, 2, 3], dtype=object) * x,
    "steps of objects": lambda x: np.floor(np.asarray(x * 1.5)) * x,
    "full_like of a number": lambda x: np.full_like(x[0], 2.0) * x + np.full_like(x[0], x[1]),
}


@exact_modes
@pytest.mark.parametrize("name", ALONE)
def test_arguments_that_are_traced_alone(name: str, method: str) -> None:
    """Breaks if a call whose first argument is plain dispatches to itself for ever, or loses what is traced."""
    assert_close(ad.jacobian(ALONE[name], V + 0.3, method=method), numerical_jacobian(ALONE[name], V + 0.3), 1e-8)


@exact_modes
def test_sorting_makes_a_copy(method: str) -> None:
    """Breaks if a sorted array is a view in another memory order, through which writes go astray."""

    def f(x: Any, sort: Any) -> Any:
        y = sort(x)
        y.ravel()[0] = 10 * x[1, 1]
        return np.sum(y) + y.ravel("K")[1]

    x = np.array([[3.0, 1.0], [2.0, 5.0]])
    for sort in (lambda x: np.sort(x, axis=0), lambda x: np.partition(x, 1, axis=0)):
        value, gradient = ad.value_and_gradient(lambda x, s=sort: f(x, s), x, method=method)
        assert value == f(x, sort)
        assert_close(gradient, numerical_jacobian(lambda x, s=sort: f(x, s), x), 1e-8)


@exact_modes
def test_complex_arrays_are_not_exported(method: str) -> None:
    """Breaks if NumPy may take the imaginary part of an array of objects, which is zero."""
    for f in (lambda x: np.asarray(np.fft.fft(x)).imag, lambda x: np.vectorize(abs)(np.exp(1j * x))):
        with pytest.raises(TracedValueError, match="Leave the conversion out"):
            ad.jacobian(f, V, method=method)


@exact_modes
def test_complex_statistics_conjugate(method: str) -> None:
    """Breaks if a product of complex deviations forgets that one of them is conjugated."""

    def z(x: Any) -> Any:
        return x + 1j * x**2

    for f in (lambda x: np.real(np.cov(z(x))), lambda x: np.imag(np.correlate(z(x), x * 1j, "full"))):
        value, jacobian = ad.value_and_jacobian(f, V, method=method)
        np.testing.assert_allclose(value, f(V), rtol=1e-13)
        assert_close(jacobian, numerical_jacobian(f, V), 1e-8)
    for f in (lambda x: np.real(np.sign(x + 1j)), lambda x: np.real(np.corrcoef(z(x), x))):
        with pytest.raises(MissingRuleError):
            ad.jacobian(f, V, method=method)


@exact_modes
def test_singular_matrices_of_a_stack(method: str) -> None:
    """Breaks if one singular matrix spoils slogdet of the others."""
    stack = np.array([[[1.0, 1.0], [1.0, 1.0]], [[1.0, 2.0], [0.0, 3.0]]])
    value, jacobian = ad.value_and_jacobian(lambda x: np.linalg.slogdet(x)[1], stack, method=method)
    assert value[0] == -np.inf
    assert np.isnan(jacobian[0, 0]).all()
    np.testing.assert_allclose(jacobian[1, 1], np.linalg.inv(stack[1]).T)


@exact_modes
def test_interpolation_at_a_jump(method: str) -> None:
    """Breaks if two knots at one place make NaN of the value."""
    value, jacobian = ad.value_and_jacobian(lambda p: np.interp(1.0, [0.0, 1, 1, 2], p), [0.0, 1, 5, 6], method=method)
    assert value == 5.0
    np.testing.assert_array_equal(jacobian, [0.0, 0.0, 1.0, 0.0])
    value, slope = ad.value_and_jacobian(lambda x: np.interp(x, [0.0, 1, 1, 2], [0.0, 1, 5, 6]), [0.5, 1.0], method=method)
    np.testing.assert_array_equal(value, [0.5, 5.0])
    np.testing.assert_array_equal(slope, [[1.0, 0.0], [0.0, 0.0]])


@exact_modes
def test_odd_reflection_is_refused(method: str) -> None:
    """Breaks if np.pad's arithmetic is done on positions."""
    with pytest.raises(MissingRuleError, match="reflect_type"):
        ad.jacobian(lambda x: np.pad(x, 1, mode="reflect", reflect_type="odd"), V, method=method)
