"""Order statistics, statistics, numerical functions and polynomials: every mode, seeds, second order, degenerate points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from order_cases import CASES, UFUNC_METHODS, M, floats
from rule_cases import FunctionCase, check_first_order, check_second_order, check_seeds, check_single_precision, check_value
from support import EXACT_MODES, MODES, TRACING_MODES, assert_close, exact_modes, numerical_jacobian, tracing_modes

import admodes as ad
from admodes.errors import MissingRuleError, TracedValueError

INF, NAN = np.inf, np.nan
ALL = [*CASES, *UFUNC_METHODS]
every_case = pytest.mark.parametrize("case", ALL)


@every_case
def test_values_are_those_of_numpy(case: FunctionCase) -> None:
    """Breaks if tracing changes a value, its shape or whether it is a scalar."""
    check_value(case)


@every_case
def test_first_order(case: FunctionCase) -> None:
    """Breaks if a derivative by all arguments, or by one beside constants, is not that of differences."""
    check_first_order(case)


@every_case
def test_many_seeds(case: FunctionCase) -> None:
    """Breaks if k seeds on a leading axis do not give what k single sweeps give."""
    check_seeds(case)


@pytest.mark.parametrize("case", [parameter for parameter in ALL if parameter.values[0].smooth])
def test_second_order(case: FunctionCase) -> None:
    """Breaks if a rule cannot be differentiated again, in any pairing of the modes."""
    check_second_order(case)


@every_case
def test_float32_stays(case: FunctionCase) -> None:
    """Breaks if a rule widens float32 to float64 where NumPy does not, or computes a wrong derivative in it."""
    check_single_precision(case)


#: SymPy knows no NaN to differentiate at.
FINITE = [case for case in CASES if case.values[0].flat_point.size and np.all(np.isfinite(case.values[0].flat_point))]


@pytest.mark.parametrize("case", FINITE)
def test_symbolic(case: FunctionCase) -> None:
    """Breaks if the symbolic mode has another derivative, or none."""
    truth = ad.jacobian(case.flat, case.flat_point, method="forward")
    assert_close(ad.jacobian(case.flat, case.flat_point, method="symbolic"), truth, 1e-9)


# ---- arguments that NumPy hands on to us only together with x


V = np.array([0.7, -0.4, 1.9, 0.2])
TOGETHER = {
    "nanmax initial": lambda x: np.nanmax(x, initial=1.4 + x[0] ** 2),
    "nanvar mean": lambda x: np.nanvar(x, mean=x[:1] * x[1]),
    "interp left right": lambda x: np.interp(2 * x, [-0.3, 0.1, 2.0], x[:3], left=x[0] ** 2, right=x[1] ** 2),
    "interp period": lambda x: np.interp(x, [0.11, 0.52, 0.9], x[:3], period=1.3 + 0.01 * x[0]),
    "interp of itself": lambda x: np.interp([-3.0, 0.33, 0.97, 8.0], np.cumsum(np.abs(x)), np.sin(x)),
    "unwrap period": lambda x: np.unwrap(5 * x, period=2.3 + 0.1 * x[2]),
    "reduce initial": lambda x: np.add.reduce(x, initial=x[0] ** 2),
    "logaddexp initial": lambda x: np.logaddexp.reduce(x, initial=x[0] ** 2),
    "at": lambda x: _changed(np.add, x * 1.0, [0, 0, 1], np.sin(x[1:])),
    "at in rows": lambda x: _changed(np.subtract, np.outer(x, x), (slice(None), [0, 0]), np.outer(x, x[:2])),
    "multiply at": lambda x: _changed(np.multiply, x * 1.0, [2, 0], x[:2] ** 2),
    "maximum at": lambda x: _changed(np.maximum, x * 1.0, [2, 0], x[1]),
    "quantile of itself": lambda x: np.quantile(x[:3], np.abs(x[2]) / 4),
    "list of quantiles": lambda x: np.percentile(x, [20 + x[0], 60.0]),
    "list": lambda x: np.nanmean(np.stack([x[0], x[1] * x[2]])),
    "average of a list": lambda x: np.average([1.0, 2.0], weights=x[:2] ** 2),
    "spacings": lambda x: np.stack(np.gradient(np.outer(x, x), x[2], np.cumsum(np.abs(x)))),
    "poly through a list": lambda x: np.polyval([x[0], 1.0, x[1]], x[2]),
    "strided": lambda x: np.median(np.outer(x, x)[::-1, ::2], axis=0),
    "fit": lambda x: np.polyfit(np.arange(4.0) + 0.1 * x, x**2, 2),
}


def _changed(ufunc: Any, a: Any, indices: Any, *operand: Any) -> Any:
    ufunc.at(a, indices, *operand)
    return a


@pytest.mark.parametrize("name", TOGETHER)
def test_arguments_of_one_array(name: str) -> None:
    """Breaks if an argument that depends on x too is taken for a constant, or refused."""
    f = TOGETHER[name]
    truth = numerical_jacobian(f, V, step=5e-3)
    for method in TRACING_MODES:
        value, derivative = ad.value_and_jacobian(f, V, method=method)
        np.testing.assert_allclose(value, f(V.copy()), rtol=1e-12, atol=1e-13)
        assert_close(derivative, truth, 1e-8, method)
    weights = np.random.default_rng(2).normal(size=truth.shape[:-1])
    gradient = lambda x, inner: ad.gradient(lambda x: np.sum(weights * np.sin(f(x))), x, method=inner)  # noqa: E731 - a formula
    second = numerical_jacobian(lambda x: gradient(x, "reverse"), V, step=5e-3)
    for outer in EXACT_MODES:
        for inner in EXACT_MODES:
            assert_close(
                ad.jacobian(lambda x, inner=inner: gradient(x, inner), V, method=outer), second, 1e-6, f"{outer} {inner}"
            )


# ---- degenerate points


DEGENERATE: dict[str, tuple[Any, Any, Any]] = {
    "sort rows": (lambda x: np.sort(x, axis=1), [[1.0, 1.0], [2.0, 1.0]], None),
    "unique": (np.unique, [1.0, 3.0, 1.0, 1.0], [[1 / 3, 0, 1 / 3, 1 / 3], [0, 1, 0, 0]]),
    "unique counts": (lambda x: 1.0 * np.unique(x, return_counts=True)[1], [1.0, 3.0, 1.0], np.zeros((2, 3))),
    "partition apart": (lambda x: np.partition(x, 0)[0], [2.0, 1.0, 3.0, 1.0], [0, 0.5, 0, 0.5]),
    "median even": (np.median, [1.0, 1.0, 2.0, 2.0], [0.25, 0.25, 0.25, 0.25]),
    "median of infinities": (lambda x: np.median(x), [-INF, 1.0, INF], [0, 1, 0]),
    "nanmedian": (np.nanmedian, [NAN, 2.0, 2.0, 5.0], [0, 0.5, 0.5, 0]),
    "nanmin of infinities": (np.nanmin, [INF, NAN, INF], [0.5, 0, 0.5]),
    "nanmax of minus infinity": (np.nanmax, [-INF, NAN], [1.0, 0]),
    "nanquantile": (lambda x: np.nanquantile(x, 0.5), [NAN, 1.0, 2.0, 4.0], [0, 0, 1.0, 0]),
    "cumprod": (np.cumprod, [2.0, 0.0, 4.0, 0.0, 5.0], [[1, 0, 0, 0, 0], [0, 2, 0, 0, 0], [0, 8, 0, 0, 0], [0] * 5, [0] * 5]),
    "cumprod of denormals": (np.cumprod, [1e-310, 3.0], [[1, 0], [3, 1e-310]]),
    "running maximum": (
        np.maximum.accumulate,
        [2.0, 1.0, 2.0, 3.0, 3.0],
        [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0.5, 0, 0.5, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0.5, 0.5]],
    ),
    "fmax reduce": (np.fmax.reduce, [1.0, 1.0, NAN, 1.0], [1 / 3, 1 / 3, 0, 1 / 3]),
    "logaddexp reduce": (np.logaddexp.reduce, [-INF, -INF, -INF, -INF], [0.25] * 4),
    "hypot reduce": (np.hypot.reduce, [0.0, 0.0, 0.0], [0, 0, 0]),
    "interp knot": (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 3.0]), [1.0, 0.0, 2.0], np.diag([1.5, 0.5, 1.0])),
    "interp at infinity": (lambda x: np.interp(x, [0.0, 1.0], [2.0, 3.0]), [-INF, 0.5, INF], np.diag([0.0, 1.0, 0.0])),
    "interp knot moves": (lambda x: np.interp(1.0, x, [0.0, 1.0, 3.0]), [0.0, 1.0, 2.0], [0, -1.5, 0]),
    "interp value at a knot": (lambda x: np.interp([1.0, -1.0, 5.0], [0.0, 1.0, 2.0], x), [0.0, 1.0, 3.0], np.eye(3)[[1, 0, 2]]),
    "interp period knot": (lambda x: np.interp(x, [0.0, 0.5], [0.0, 1.0], period=1.0), [0.0, 0.5], np.zeros((2, 2))),
    "quantile by q": (lambda q: np.quantile([0.0, 1.0, 3.0], q), [0.0, 0.5, 1.0], np.diag([2.0, 3.0, 4.0])),
    "hazen by q": (lambda q: np.quantile([0.0, 1.0, 3.0], q, method="hazen"), [0.0, 0.5, 1.0], np.diag([0.0, 4.5, 0.0])),
    "stepped by q": (lambda q: np.quantile([0.0, 1.0, 3.0], q, method="nearest"), [0.2, 0.6], np.zeros((2, 2))),
    "modf": (lambda x: np.modf(x)[0], [2.0, -1.0, INF], np.diag([1.0, 1, 0])),
    "corrcoef": (lambda x: np.corrcoef(x, [1.0, 2.0, 4.0])[0, 1], [1.0, 2.0, 4.0], [0, 0, 0]),
    "i0": (np.i0, [0.0], [[0.0]]),
    "histogram": (lambda x: 1.0 * np.histogram([0.1, 0.9], 2)[0] * x, [1.0, 2.0], np.eye(2)),
    "polymul trims": (lambda x: np.polymul(x, [1.0, 2.0]), [0.0, 3.0], [[0, 1.0], [0, 2.0]]),
}


@exact_modes
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_points(name: str, method: str) -> None:
    """Breaks if ties do not share equally, or a degenerate point has NaN by accident."""
    f, x, truth = DEGENERATE[name]
    if truth is None:
        truth = np.zeros((2, 2, 2, 2))
        truth[0, :, 0, :] = 0.5
        truth[1, 0, 1, 1] = truth[1, 1, 1, 0] = 1
    value, derivative = ad.value_and_jacobian(f, x, method=method)
    np.testing.assert_allclose(value, f(np.array(x)), rtol=1e-14)
    assert_close(derivative, truth, 1e-13)


@tracing_modes
@pytest.mark.parametrize("f", [np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmedian, lambda x: np.nanquantile(x, 0.3)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_slices_without_a_number(f: Any, method: str) -> None:
    """Breaks if a slice of nothing but NaN has another value than NaN, or NaN for a derivative."""
    x = np.array([NAN, NAN])
    value, derivative = ad.value_and_jacobian(f, x, method=method)
    assert np.isnan(value)
    np.testing.assert_array_equal(derivative, [0.0, 0.0])


@exact_modes
@pytest.mark.parametrize("f", [np.median, lambda x: np.percentile(x, 30), lambda x: np.max(x)])
def test_a_nan_among_numbers(f: Any, method: str) -> None:
    """Breaks if the derivative at a slice with a NaN looks like a number, in that slice or beyond it."""
    assert np.all(np.isnan(ad.gradient(f, [1.0, NAN, 2.0], method=method)))
    rows = ad.jacobian(lambda x: np.median(x, axis=1), [[1.0, NAN, 2.0], [1.0, 3.0, 2.0]], method=method)
    assert np.all(np.isnan(rows[0, 0]))
    np.testing.assert_array_equal(rows[1], [[0, 0, 0], [0, 0, 1.0]])


@pytest.mark.parametrize("outer", EXACT_MODES)
@exact_modes
def test_running_products_of_second_order(method: str, outer: str) -> None:
    """Breaks if second derivatives of products with zeros are wrong: d2(xyz)/dxdy is z."""
    f = lambda x: np.sum(np.cumprod(x))  # noqa: E731 - a formula
    second = ad.jacobian(lambda x: ad.gradient(f, x, method=method), [0.0, 0.0, 3.0], method=outer)
    assert_close(second, [[0.0, 4.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 0.0]])


@pytest.mark.parametrize("outer", EXACT_MODES)
@exact_modes
def test_ties_of_second_order(method: str, outer: str) -> None:
    """Breaks if the sharing of ties is not itself differentiated: sum(sort(x)**3)'' is diag(6 x), shared among ties."""
    f = lambda x: np.sum(np.sort(x) ** 3 * np.array([1.0, 2.0, 3.0]))  # noqa: E731 - a formula
    second = ad.jacobian(lambda x: ad.gradient(f, x, method=method), [2.0, 1.0, 1.0], method=outer)
    assert_close(second, [[36.0, 0, 0], [0, 4.5, 4.5], [0, 4.5, 4.5]])


# ---- what is refused


X = np.array([[0.7, -0.4], [1.9, 0.2]])
REFUSED: dict[str, Any] = {
    "median out": lambda x: np.median(x, axis=0, out=np.zeros(2)),
    "quantile out": lambda x: np.quantile(x, 0.3, axis=0, out=np.zeros(2)),
    "nanquantile weights": lambda x: np.nanquantile(x, 0.3, weights=np.ones((2, 2)), method="inverted_cdf"),
    "nansum out": lambda x: np.nansum(x, axis=0, out=np.zeros(2)),
    "cumprod out": lambda x: np.cumprod(x, axis=0, out=np.zeros((2, 2))),
    "unique axis": lambda x: np.unique(x, axis=0),
    "partition order": lambda x: np.partition(x, 1, order="a"),
    "histogram bins": lambda x: np.histogram(x, bins="auto"),
    "poly of a matrix": lambda x: np.poly(x),
    "polyfit degrees": lambda x: np.polyfit(x[0], x[1], [0, 1]),
    "polyfit full": lambda x: np.polyfit(x[0], x[1], 1, full=True),
    "polyfit too high": lambda x: np.polyfit(x[0], x[1], 5),
    "poly1d": lambda x: np.polymul(np.poly1d([1.0, 2.0]), x[0]),
    "interp complex": lambda x: np.interp(x, [0.0, 1.0], [0.0, 1j]),
    "scimath sqrt": lambda x: np.lib.scimath.sqrt(x),
    "scimath power": lambda x: np.lib.scimath.power(x, 2),
    "sort_complex": lambda x: np.sort_complex(x[0]),
    "reduce where": lambda x: np.subtract.reduce(x, where=x > 0, initial=0.0),
}


@exact_modes
@pytest.mark.parametrize("name", REFUSED)
def test_refusals_name_the_function(name: str, method: str) -> None:
    """Breaks if an option whose derivative is not known is ignored, or refused without a cure."""
    with pytest.raises(MissingRuleError, match=r"np\.") as caught:
        ad.jacobian(REFUSED[name], X, method=method)
    assert len(str(caught.value)) > 60


@exact_modes
@pytest.mark.parametrize("f", [
    lambda x: np.median(x, axis=3),
    lambda x: np.quantile(x, 1.5),
    lambda x: np.percentile(x, [-1.0]),
    lambda x: np.quantile(x, 0.5, method="none"),
    lambda x: np.quantile(x, 0.5, weights=np.ones((2, 2))),
    lambda x: np.quantile(x, 0.5, weights=-np.ones((2, 2)), method="inverted_cdf"),
    lambda x: np.quantile(x, 0.5, weights=np.ones(2), method="inverted_cdf"),
    lambda x: np.partition(x, 7),
    lambda x: np.sort(x[0, 0]),
    lambda x: np.cumprod(x, axis=2),
    lambda x: np.cumulative_sum(x),
    lambda x: np.nansum(x, axis=(0, 0)),
    lambda x: np.average(x, weights=np.ones(2)),
    lambda x: np.average(x, axis=0, weights=np.ones(3)),
    lambda x: np.average(x, weights=0 * x),
    lambda x: np.cov(x[None]),
    lambda x: np.cov(x, aweights=[-1.0, 1.0]),
    lambda x: np.cov(x, aweights=[1.0]),
    lambda x: np.bincount([0, 1], weights=x[0, :1]),
    lambda x: np.histogram(x, bins=0),
    lambda x: np.histogram(x, bins=[1.0, 0.0]),
    lambda x: np.interp(x, [0.0, 1.0], [0.0]),
    lambda x: np.interp(x, [], []),
    lambda x: np.interp(x, [0.0, 1.0], [0.0, 1.0], period=0),
    lambda x: np.gradient(x[:1], axis=0),
    lambda x: np.gradient(x, edge_order=2),
    lambda x: np.gradient(x, 1.0, 2.0, 3.0),
    lambda x: np.gradient(x, [1.0, 2.0, 3.0], axis=0),
    lambda x: np.gradient(x, edge_order=3),
    lambda x: np.trapezoid(x, axis=4),
    lambda x: np.unwrap(x, axis=4),
    lambda x: np.linspace(x, x, -1),
    lambda x: np.linspace(x, x, 2.5),
    lambda x: np.geomspace(0 * x, x, 3),
    lambda x: np.convolve(x, x[0]),
    lambda x: np.convolve(x[0], x[0, :0]),
    lambda x: np.convolve(x[0], x[0], "none"),
    lambda x: np.polyder(x[0], -1),
    lambda x: np.polyint(x[0], 3, [1.0, 2.0]),
    lambda x: np.polyfit(x[0], x[0], -1),
    lambda x: np.polyfit(x, x, 1),
    lambda x: np.vander(x),
    lambda x: np.add.reduceat(x[0], [5]),
    lambda x: np.add.reduce(x, axis=3),
    lambda x: np.maximum.reduce(x, where=x > 0),
    lambda x: np.maximum.reduce(x[:0]),
    lambda x: np.subtract.reduce(x[:0]),
])  # fmt: skip
def test_arguments_that_numpy_refuses(f: Any, method: str) -> None:
    """Breaks if a call that NumPy refuses gives a derivative, or another kind of error."""
    refused = (ValueError, IndexError, TypeError, ZeroDivisionError, RuntimeError)
    with pytest.raises(refused):
        f(X.copy())
    with pytest.raises(refused):
        ad.jacobian(lambda x: np.ravel(f(x)), X, method=method)


@tracing_modes
@pytest.mark.parametrize("name", ["mean", "std", "var", "median", "average", "nanmean", "gradient"])
def test_a_list_of_traced_numbers_names_its_cure(name: str, method: str) -> None:
    """Breaks if NumPy's own object arrays are refused with advice that does not help, or the advice does not work."""
    function = getattr(np, name)
    with pytest.raises(TracedValueError, match=rf"np\.{name}\(np\.stack\(\[\.\.\.\]\)\)"):
        ad.jacobian(lambda x: function([x[0] * x[1], x[1]]), [2.0, 3.0], method=method)
    truth = numerical_jacobian(lambda x: function([x[0] * x[1], x[1]]), [2.0, 3.0])
    assert_close(ad.jacobian(lambda x: function(np.stack([x[0] * x[1], x[1]])), [2.0, 3.0], method=method), truth)


@exact_modes
def test_a_plain_array_is_not_written_into(method: str) -> None:
    """Breaks if ufunc.at loses the derivative of what it adds to a plain array."""
    with pytest.raises(TracedValueError, match="zeros_like"):
        ad.jacobian(lambda x: _changed(np.add, np.zeros(3), [0, 1], x), [1.0, 2.0], method=method)


@pytest.mark.parametrize("method", MODES)
def test_empty_arrays(method: str) -> None:
    """Breaks if an empty array is not the neutral element that it is in NumPy."""
    for f in (np.nansum, np.nanprod, lambda x: np.sum(np.cumprod(x)), lambda x: np.sum(np.sort(x)), np.logaddexp.reduce):
        assert ad.gradient(f, np.zeros(0), method=method).shape == (0,)


@exact_modes
def test_nan_to_num_in_place(method: str) -> None:
    """Breaks if copy=False leaves the array as it was."""

    def f(x: Any) -> Any:
        y = x / np.array([1.0, 0.0, 2.0])
        np.nan_to_num(y, copy=False, posinf=5.0)
        return y

    with np.errstate(all="ignore"):
        value, derivative = ad.value_and_jacobian(f, [1.0, 2.0, 3.0], method=method)
    np.testing.assert_array_equal(value, [1.0, 5.0, 1.5])
    np.testing.assert_array_equal(derivative, np.diag([1.0, 0.0, 0.5]))


def test_points_are_apart() -> None:
    """Breaks if the points of the cases tie, so that they prove nothing about order statistics."""
    assert len(np.unique(M)) == M.size
    assert np.min(np.diff(np.sort(floats(12)))) > 2e-2


WHOLE: dict[str, Any] = {
    "sort": np.sort,
    "median": np.median,
    "quantile": lambda i: np.quantile(i, 0.3),
    "nanstd": np.nanstd,
    "nanmax": np.nanmax,
    "nanmean": np.nanmean,
    "cumprod": np.cumprod,
    "unique": np.unique,
    "cov": np.cov,
    "bincount": np.bincount,
    "histogram": lambda i: np.histogram(i, 3)[0],
    "interp": lambda i: np.interp(i, [0, 1, 2], [3, 4, 6]),
    "gradient": np.gradient,
    "nan_to_num": np.nan_to_num,
    "modf": lambda i: np.modf(i)[0],
    "linspace": lambda i: np.linspace(i[0], i[1], 4),
    "poly": np.poly,
    "gcd": np.gcd.reduce,
    "running gcd": np.gcd.accumulate,
    "running maximum": np.maximum.accumulate,
}


@tracing_modes
@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_are_constants(name: str, method: str) -> None:
    """Breaks if locally constant integers are refused, change their type, or get a derivative."""
    f, x = WHOLE[name], np.array([0.5, 2.5, 2.2])
    wanted = np.asarray(f(np.floor(x).astype(int)))
    seen: list[Any] = []

    def scaled(x: Any) -> Any:
        seen.append(f(np.floor(x).astype(int)))
        return np.sum(1.0 * seen[-1]) * x[0]

    assert_close(ad.gradient(scaled, x, method=method), [np.sum(wanted), 0.0, 0.0], 1e-12)
    assert seen[0].dtype == wanted.dtype
    assert seen[0].shape == wanted.shape
