"""Functions of NumPy that choose, leave out, insert, nest and cut: values, both modes, seeds and second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rule_cases import FunctionCase, case, check_array_function, check_first_order, check_second_order, check_seeds, check_value
from support import EXACT_MODES, TRACING_MODES, assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes.errors import AdmodesError, MissingRuleError, TracedValueError

RNG = np.random.default_rng(31)


def floats(*shape: int) -> np.ndarray:
    """Distinct numbers of both signs."""
    size = int(np.prod(shape))
    return RNG.permutation(np.linspace(-1.9, 2.1, size) + RNG.uniform(-0.1, 0.1, size) / max(size, 8)).reshape(shape)


S, V, W, M, N, T, Z = np.array(0.8), floats(4), floats(3), floats(2, 3), floats(2, 3), floats(2, 3, 2), floats(0)
MASK = np.array([[True, False, True], [True, True, False]])
window = np.lib.stride_tricks.sliding_window_view
PADDED = np.array([0.0, 0.0, 1.5, 0.0, -2.0, 0.0])
FRAMED = np.pad(floats(2, 2), 1)


def rot(m: Any, *arguments: Any) -> Any:
    """As np.rot90, at an array of three axes."""
    return np.rot90(m, *arguments)


CASES = [
    *(case(function, a, k) for function in (np.tril, np.triu) for a, k in ((M, 0), (M, 1), (M, -1), (T, 0), (M, 9), (V, 0))),
    case(np.tril, floats(0, 3)),
    case(np.triu, floats(2, 2, 3), k=1),
    case(np.select, [MASK, ~MASK], [M, N]),
    case(np.select, [MASK, M > 5], [M, N], 0.5),
    case(np.select, [MASK[0], MASK[1]], [W, 2.0], floats(3)),
    case(np.select, [MASK, MASK], [M, N], default=W),
    case(np.select, [MASK[:, :1], MASK], [W, S], V[0]),
    case(np.choose, [0, 1, 1], [W, floats(3)]),
    case(np.choose, [[0, 1, 1], [1, 0, 0]], [M, W]),
    case(np.choose, [3, -1, 1], [W, floats(3)], mode="wrap"),
    case(np.choose, [3, -1, 1], [W, S], mode="clip"),
    case(np.choose, [1, 0, 1], M),
    case(np.choose, 1, [W, floats(3)]),
    case(np.compress, [True, False, True], M, axis=1),
    case(np.compress, [0, 1], M, -2),
    case(np.compress, [False, True, True, False, True], M),
    case(np.compress, [False], M, 0),
    case(np.extract, MASK, M),
    case(np.extract, [0, 1, 1, 0], V),
    case(np.delete, V, 1),
    case(np.delete, V, -1),
    case(np.delete, M, 1, axis=1),
    case(np.delete, M, [0, 2], -1),
    case(np.delete, M, slice(None, None, 2), 1),
    case(np.delete, M, [True, False, True], 1),
    case(np.delete, M, [0, 4]),
    case(np.delete, V, []),
    case(np.insert, V, 1, W),
    case(np.insert, V, 1, 5.0),
    case(np.insert, V, [1, 3], floats(2)),
    case(np.insert, V, [1, 1], S),
    case(np.insert, M, 1, floats(2), axis=1),
    case(np.insert, M, -1, S, axis=0),
    case(np.insert, M, [0, 2], floats(2, 2), 1),
    case(np.insert, M, 2, W),
    case(np.insert, V, slice(0, 2), floats(2)),
    case(np.resize, V, 6),
    case(np.resize, M, (3, 3)),
    case(np.resize, V, 2),
    case(np.resize, S, (2,)),
    case(np.resize, V, 0),
    case(np.trim_zeros, PADDED),
    case(np.trim_zeros, PADDED, "f"),
    case(np.trim_zeros, PADDED, "b"),
    case(np.trim_zeros, FRAMED, axis=1),
    case(np.trim_zeros, FRAMED, "fb"),
    case(np.trim_zeros, FRAMED, "f", axis=(0, -1)),
    case(np.piecewise, V, [V < 0, V >= 0], [np.square, np.exp]),
    case(np.piecewise, V, [V < 0], [lambda v: 2 * v * v, 0.5]),
    case(np.piecewise, V, [V < 0, V < 1], [3.0, lambda v, a, b=0.0: a * v**2 + b, lambda v, a, b: v * a * b], 2.0, b=1.0),
    case(np.piecewise, V, V < 0, [np.square, np.exp]),
    case(np.piecewise, M, [M < 0, M < 1], [np.square, np.exp]),
    case(np.piecewise, S, [S < 0, S >= 0], [np.square, np.exp]),
    case(np.setdiff1d, V, [V[1], 9.0]),
    case(np.setdiff1d, V, floats(2)),
    case(np.setdiff1d, M, floats(2), assume_unique=True),
    case(np.setxor1d, V, W),
    case(np.setxor1d, M, W, True),
    case(np.intersect1d, V, [7.0]),
    case(np.apply_along_axis, np.prod, 1, M),
    case(np.apply_along_axis, lambda v: v * np.sum(v), 0, T),
    case(np.apply_along_axis, np.outer, -1, M, W),
    case(np.apply_along_axis, lambda v, scale: scale * v[:2], 1, T, scale=3.0),
    case(np.apply_along_axis, np.sum, 0, V),
    case(np.apply_over_axes, np.sum, T, [0, 2]),
    case(np.apply_over_axes, np.max, T, -1),
    case(window, V, 2),
    case(window, M, (2, 2)),
    case(window, M, 2, axis=1),
    case(window, T, (2, 2), (0, -2)),
    case(np.unstack, M),
    case(np.unstack, T, axis=-1),
    case(np.unstack, V),
    case(np.vsplit, M, 2),
    case(np.vsplit, T, [1]),
    case(np.hsplit, M, 3),
    case(np.hsplit, V, [1, 2]),
    case(np.dsplit, T, 2),
    case(np.block, [V, W]),
    case(np.block, [[M, N], [floats(1, 6)]]),
    case(np.block, [[S, W], [floats(4)]]),
    case(np.block, [[[T]], [[floats(2, 3, 2)]]]),
    case(np.block, M),
    case(np.block, [1.0, S, 2]),
    case(np.block, [V, Z]),
    *(case(np.meshgrid, V, W, indexing=indexing, sparse=sparse) for indexing in ("xy", "ij") for sparse in (False, True)),
    case(np.meshgrid, V, W, floats(2), copy=False),
    case(np.meshgrid, V),
    case(np.meshgrid, V, [1.0, 2.0]),
    case(np.meshgrid, S, W),
    case(np.ix_, V, W),
    case(np.ix_, V, [True, False]),
    case(np.diagflat, M),
    case(np.diagflat, V, -1),
    case(np.diagflat, S, k=1),
    *(case(np.rot90, T, k, axes) for k in (0, 1, 2, 3, -1, 6) for axes in ((0, 1), (2, 0), (1, -1))),
    case(np.real_if_close, M),
    case(np.angle, V),
    case(np.angle, M, deg=True),
    case(np.astype, M, np.float64),
    case(np.astype, M, float, copy=False),
    case(np.isin, V, [V[0], 2.0]),
    case(np.isin, M, N, invert=True),
]
every_case = pytest.mark.parametrize("case", CASES)
#: Those that no difference can see, since their shape or value steps at the point: they have a test of their own.
STEPPING = (np.trim_zeros, np.setdiff1d, np.isin)
SMOOTH = [parameter for parameter in CASES if parameter.values[0].function not in STEPPING]


@every_case
def test_values_are_those_of_numpy(case: FunctionCase) -> None:
    """Breaks if tracing changes a value, its shape or whether it is a scalar."""
    check_value(case)


@pytest.mark.parametrize("case", SMOOTH)
def test_first_order(case: FunctionCase) -> None:
    """Breaks if a derivative by all arguments, or by one beside constants, is not that of differences."""
    check_first_order(case)


@every_case
def test_many_seeds(case: FunctionCase) -> None:
    """Breaks if k seeds on a leading axis do not give what k single sweeps give."""
    check_seeds(case)


@pytest.mark.parametrize("case", [parameter for parameter in SMOOTH if parameter.values[0].function is not np.angle])
def test_second_order(case: FunctionCase) -> None:
    """Breaks if a rule cannot be differentiated again, in any pairing of the modes."""
    check_second_order(case)


# ---- float32, memory, and whole functions


@exact_modes
@pytest.mark.parametrize("f", [
    lambda x: np.tril(x),
    lambda x: np.select([x > 0], [x], 0),
    lambda x: np.select([x > 0], [x], 0.5),
    lambda x: np.choose([1, 0, 1], x),
    lambda x: np.insert(x, 0, 1.5),
    lambda x: np.delete(x, 0),
    lambda x: np.piecewise(x, [x > 0], [lambda v: 2 * v, 1.0]),
    lambda x: np.block([x, x]),
    lambda x: np.meshgrid(x, x)[0],
    lambda x: np.resize(x, 7),
    lambda x: np.angle(x),
    lambda x: np.apply_along_axis(np.sum, 0, x),
    lambda x: np.setxor1d(x[0], x[1]),
    lambda x: np.array(x, ndmin=4, like=x),
], ids=range(14))  # fmt: skip
def test_single_precision_stays(f: Any, method: str) -> None:
    """Breaks if float32 is widened where NumPy keeps it, or kept where NumPy widens it."""
    x = M.astype(np.float32)
    seen: list[Any] = []

    def noting(x: Any) -> Any:
        seen.append(f(x))
        return seen[0]

    value, _ = ad.value_and_jacobian(noting, x, method=method)
    assert seen[0].dtype == f(x).dtype
    np.testing.assert_array_equal(value, f(x))


def test_strided_and_read_only_arrays() -> None:
    """Breaks if the elements are taken in the order of memory and not of the indices."""
    x = floats(4, 6)[::2, ::-2].T
    x.flags.writeable = False
    for f in (
        lambda x: np.delete(x, 1, 0),
        lambda x: np.insert(x, 1, x[0], 0),
        lambda x: np.block([[x], [2 * x]]),
        lambda x: np.triu(x),
        lambda x: np.compress([True, False, True, True], x),
        lambda x: window(x, 2, axis=0),
        lambda x: np.stack(np.meshgrid(x[0], x[:, 0])),
    ):
        check_array_function(f, x)


def test_lists_of_traced_numbers() -> None:
    """Breaks if a list of traced numbers is taken for an array of objects."""
    check_array_function(lambda x: np.block([[x[0], x[1] * 2], [1.0, x[2]]]), W)
    check_array_function(lambda x: np.insert([1.0, 2.0], [1], x[0] * x[1]), W)


def test_choices_that_depend_on_x() -> None:
    """Breaks if a locally constant choice made from x is refused, or differentiated."""
    check_array_function(lambda x: np.compress(x > 0, x) ** 2, V)
    check_array_function(lambda x: np.extract(x > 0, x) ** 2, V)
    check_array_function(lambda x: np.choose(np.argsort(x)[:2] % 2, [x[:2], x[2:]]) ** 2, V)
    check_array_function(lambda x: np.delete(x, np.argmax(x)) ** 2, V)
    check_array_function(lambda x: np.insert(x, np.argmin(x), x[0]) ** 2, V)
    check_array_function(lambda x: np.piecewise(x, [x < 0], [np.square, np.exp]), V)
    check_array_function(lambda x: x[np.ix_(x[:, 0] > -5, np.argsort(x[0]))] ** 2, M)
    check_array_function(lambda x: x[np.unravel_index(np.argmax(x), x.shape)] ** 2, M)
    check_array_function(lambda x: np.ravel(x)[np.ravel_multi_index((np.argmax(x, 0) // 2, np.argsort(x[0])), x.shape)] ** 2, M)
    check_array_function(lambda x: x[np.triu_indices_from(x)] ** 2 + x[np.tril_indices_from(x)], floats(3, 3))
    check_array_function(lambda x: x[np.diag_indices_from(x)] ** 2, floats(3, 3))
    check_array_function(lambda x: np.where(np.isin(x, x[:2]), x**2, x), V)


def test_methods() -> None:
    """Breaks if a method of arrays takes its arguments in the order of the function."""
    check_array_function(lambda x: x.compress([True, False, True], axis=1) ** 2, M)
    check_array_function(lambda x: x.compress(x[0] > -9, 1) ** 2, M)
    check_array_function(lambda x: np.argsort(x[0]).choose([x, 2 * x, 3 * x]) ** 2, M)
    check_array_function(lambda x: x.take([0, 2], 1) ** 2, M)


STEPS = [
    (lambda x: np.trim_zeros(x), PADDED, np.eye(6)[2:5]),
    (lambda x: np.trim_zeros(x, "f"), PADDED, np.eye(6)[2:]),
    (lambda x: np.trim_zeros(x, "b"), PADDED, np.eye(6)[:5]),
    (lambda x: np.trim_zeros(x), np.zeros(3), np.zeros((0, 3))),
    (lambda x: np.setdiff1d(x, [1.0]), np.array([3.0, 1.0, 2.0]), np.eye(3)[[2, 0]]),
    (lambda x: np.setdiff1d(x, x[:1]), np.array([3.0, 1.0, 2.0]), np.eye(3)[[1, 2]]),
    (lambda x: np.setdiff1d([1.0, 2.0], x), np.array([3.0, 1.0]), np.zeros((1, 2))),
    (lambda x: np.intersect1d(x, 1.0 * x), np.array([3.0, 1.0]), np.eye(2)[[1, 0]]),
    (lambda x: np.intersect1d(x, [1.0, 5.0]), np.array([3.0, 1.0]), [[0.0, 0.5]]),
    (lambda x: np.intersect1d(x, [1.0, 5.0], return_indices=True)[0], np.array([3.0, 1.0]), [[0.0, 0.5]]),
    (lambda x: np.isin(x, [1.0]) * 1.0, np.array([3.0, 1.0]), np.zeros((2, 2))),
    (lambda x: np.angle(x), np.array([-1.0, 0.0, -0.0, np.nan]), np.zeros((4, 4))),
]


@pytest.mark.parametrize("method", TRACING_MODES)
@pytest.mark.parametrize(("f", "x", "truth"), STEPS, ids=range(len(STEPS)))
def test_what_is_chosen_by_equality(f: Any, x: np.ndarray, truth: Any, method: str) -> None:
    """Breaks if the choice is differentiated, or a tie is not shared equally."""
    value, derivative = ad.value_and_jacobian(f, x, method=method)
    np.testing.assert_array_equal(value, f(x))
    np.testing.assert_array_equal(derivative, truth)


def test_symbolic_mode_knows_them() -> None:
    """Breaks if a function comes down to a primitive that symbolic mode does not know."""
    for f in (
        lambda x: np.tril(np.outer(x, x)),
        lambda x: np.select([x > 0], [x * x], 0.5),
        lambda x: np.block([[x * x], [x]]),
        lambda x: np.insert(x * x, 1, x[0] ** 3),
        lambda x: np.piecewise(x, [x > 0], [np.square, np.exp]),
        lambda x: np.stack(np.meshgrid(x, x * x)),
        lambda x: window(x * x, 2),
        lambda x: np.rot90(np.outer(x, x)),
        lambda x: np.apply_along_axis(np.prod, 0, np.outer(x, x)),
    ):
        assert_close(ad.jacobian(f, W, method="symbolic"), numerical_jacobian(f, W))


VIEWS = {
    "rot90": lambda y: np.rot90(y),
    "rot90 thrice": lambda y: np.rot90(y, 3),
    "rot90 twice": lambda y: np.rot90(y, 2),
    "rot90 never": lambda y: np.rot90(y, 0),
    "vsplit": lambda y: np.vsplit(y, 2)[1],
    "hsplit": lambda y: np.hsplit(y, [1])[1],
    "unstack": lambda y: np.unstack(y, axis=1)[1],
    "meshgrid": lambda y: np.meshgrid(y[0], y[1], copy=False, sparse=True)[0],
    "real_if_close": lambda y: np.real_if_close(y),
    "real": lambda y: np.real(y),
    "trim_zeros": lambda y: np.trim_zeros(y, axis=1),
    "astype": lambda y: np.astype(y, float, copy=False),
    "copied by astype": lambda y: np.astype(y, float),
    "copied by meshgrid": lambda y: np.meshgrid(y[0], y[1], sparse=True)[0],
    "copied by delete": lambda y: np.delete(y, []),
    "copied by tril": lambda y: np.tril(y, 9),
    "copied by block": lambda y: np.block(y),
    "einsum": lambda y: np.einsum("ij->ij", y),
    "einsum transposed": lambda y: np.einsum("ij->ji", y),
    "einsum dots": lambda y: np.einsum("i...->...i", y),
    "einsum diagonal": lambda y: np.einsum("ii->i", y[:, :2]),
    "einsum implicit": lambda y: np.einsum("ba", y),
    "einsum lists": lambda y: np.einsum(y, [0, 1], [1, 0]),
    "einsum batched diagonal": lambda y: np.einsum("iji->ji", y[None, :, :1]),
    "copied by einsum": lambda y: np.einsum("ij->i", y),
    "require": lambda y: np.require(y, like=y),
    "asarray": lambda y: np.asarray(y, like=y),
    "ascontiguousarray": lambda y: np.ascontiguousarray(y, like=y),
    "copied by asfortranarray": lambda y: np.asfortranarray(y, like=y),
    "copied by array": lambda y: np.array(y, like=y),
    "array": lambda y: np.array(y, copy=None, like=y),
    "array of more axes": lambda y: np.array(y, copy=None, ndmin=3, like=y),
    "copied by require": lambda y: np.require(y, None, "F", like=y),
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_those_of_numpy(name: str) -> None:
    """Breaks if a write is seen through what NumPy copies, or is not seen through what it does not."""
    view = VIEWS[name]

    def f(x: Any) -> Any:
        y = x * x
        z = view(y)
        z[...] = z * 2.0 + x[0, 0]
        z[0] = x[0, 1]
        y[1] += 1.0
        return np.concatenate([np.ravel(y), np.ravel(z)])

    check_array_function(f, M)


@exact_modes
def test_windows_are_read_only_views(method: str) -> None:
    """Breaks if a window does not see later writes, or may be written into."""

    def f(x: Any) -> Any:
        y = x * x
        seen = window(y, 2)
        y[1] = x[0]
        return seen

    assert_close(ad.jacobian(f, V, method=method), numerical_jacobian(f, V))
    with pytest.raises((ValueError, AdmodesError), match="read-only"):
        ad.jacobian(lambda x: window(x, 2).fill(0.0), V, method=method)
    with pytest.raises(MissingRuleError, match="writeable=True"):
        ad.jacobian(lambda x: window(x, 2, writeable=True), V, method=method)


# ---- new arrays like a traced one

LIKE = [
    lambda x: np.full(3, 2, like=x),
    lambda x: np.full((2, 2), 2.5, like=x),
    lambda x: np.full(3, True, like=x),
    lambda x: np.full(2, 1.0, np.float32, like=x),
    lambda x: np.full((2, 3), x[0], like=x),
    lambda x: np.full((3, 2), x[0, :2], order="F", like=x),
    lambda x: np.zeros((2, 3), like=x),
    lambda x: np.ones(3, int, like=x),
    lambda x: np.eye(2, 3, 1, like=x),
    lambda x: np.identity(2, like=x),
    lambda x: np.tri(2, like=x),
    lambda x: np.arange(3, like=x),
    lambda x: np.array([1, 2], like=x),
    lambda x: np.asarray([1.0, 2.0], np.float32, like=x),
    lambda x: np.array([x[0, 0], 2.0], like=x),
    lambda x: np.array(3.0, ndmin=2, like=x),
    lambda x: np.ascontiguousarray([[1.0, 2.0]], like=x),
    lambda x: np.fromfunction(lambda i, j: i + 2.0 * j, (2, 3), like=x),
    lambda x: np.fromfunction(lambda i, j: i * x[0, 0] + j, (2, 3), like=x),
    lambda x: np.fromiter([1, 2, 3], float, like=x),
    lambda x: np.fromiter((v for v in x[0] > 0), bool, 2, like=x),
    lambda x: np.require([1, 2], float, like=x),
]


@pytest.mark.parametrize("number", range(len(LIKE)))
def test_new_arrays_like_a_traced_one(number: int) -> None:
    """Breaks if an array made like x has another shape, dtype or value, or cannot be written into."""
    make = LIKE[number]
    wanted = make(M)
    seen: list[Any] = []

    def f(x: Any) -> Any:
        made = make(x)
        seen.append(made.dtype)
        if made.dtype == np.float64 and made.ndim:
            made[0] += x[0, 1] ** 2
        return made * 1.0

    check_array_function(f, M)
    assert set(seen) == {wanted.dtype}


# ---- errors

BAD = [
    lambda x: np.select([x > 0], [x, x]),
    lambda x: np.select([], []),
    lambda x: np.select([x], [x]),
    lambda x: np.choose([0, 5], [x[0], x[1]]),
    lambda x: np.compress([True], x, axis=3),
    lambda x: np.delete(x, 9),
    lambda x: np.delete(x, 0, axis=5),
    lambda x: np.insert(x, 99, 1.0),
    lambda x: np.insert(x, 0, x[0, :2], axis=0),
    lambda x: np.resize(x, -2),
    lambda x: np.piecewise(x, [x > 0], [np.sin, np.cos, np.tan]),
    lambda x: np.trim_zeros(x, "q"),
    lambda x: np.trim_zeros(x, axis=4),
    lambda x: np.apply_along_axis(np.sum, 7, x),
    lambda x: np.apply_along_axis(np.sum, 0, x[:0, :0]),
    lambda x: np.unstack(x, axis=2),
    lambda x: np.unstack(x[0, 0]),
    lambda x: np.vsplit(x[0], 1),
    lambda x: np.hsplit(x, 2),
    lambda x: np.hsplit(x[0, 0], 1),
    lambda x: np.dsplit(x, 1),
    lambda x: np.block([[x], x]),
    lambda x: np.block([x, (x, x)]),
    lambda x: np.block([x, []]),
    lambda x: np.block([x, x[:1]]),
    lambda x: np.meshgrid(x[0], x[0], indexing="no"),
    lambda x: np.ix_(x),
    lambda x: np.rot90(x, axes=(0, 0)),
    lambda x: np.rot90(x[0]),
    lambda x: window(x, 9),
    lambda x: window(x, (1, 1, 1)),
    lambda x: np.ravel(x, "Q"),
    lambda x: np.reshape(x, (3, 2), "K"),
    lambda x: np.unravel_index(np.argmax(x) + 50, (2, 3)),
    lambda x: np.apply_over_axes(lambda a, axis: np.sum(a), x, 0),
]


@exact_modes
@pytest.mark.parametrize("number", range(len(BAD)))
def test_arguments_that_numpy_refuses(number: int, method: str) -> None:
    """Breaks if a call that NumPy refuses gives a derivative."""
    with pytest.raises((ValueError, IndexError, TypeError)):
        BAD[number](M)
    with pytest.raises((ValueError, IndexError, TypeError)):
        ad.jacobian(lambda x: BAD[number](x), M, method=method)


def test_what_would_lose_a_derivative_is_refused() -> None:
    """Breaks if a traced value is cut to a whole number in silence."""
    refused = (
        lambda x: np.insert([1, 2], 0, x[0]),
        lambda x: np.compress(x, x),
        lambda x: np.choose(x, [x, x]),
        lambda x: np.unravel_index(x, (2, 2)),
        lambda x: np.fromiter(list(x), float, like=x),
        lambda x: np.apply_along_axis(lambda v: np.array(1) if v[0] == x[0] else v[0], 0, np.stack([x, x])),
    )
    for f in refused:
        for method in EXACT_MODES:
            with pytest.raises((TracedValueError, AdmodesError)):
                ad.jacobian(f, W, method=method)
