"""Linear algebra against closed forms, singular and stacked matrices included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rule_cases import PAIRINGS, check_array_function
from support import assert_close, exact_modes, numerical_jacobian

import admodes as ad

RNG = np.random.default_rng(12)
A = RNG.normal(size=(3, 3)) + 2 * np.eye(3)
STACK = RNG.normal(size=(2, 4, 3, 3)) + 2 * np.eye(3)
V = np.array([1.5, -2.0, 0.5])
M = np.array([[1.5, -2.0, 0.25], [0.75, 3.0, -1.25]])
T = RNG.normal(size=(2, 3, 4))


# ---- determinants


def cofactors(x: np.ndarray) -> np.ndarray:
    """The cofactor matrix by minors of minors: no inverse, no determinant of NumPy's."""
    size = len(x)
    if size == 1:
        return np.ones((1, 1))
    minors = [[np.delete(np.delete(x, i, 0), j, 1) for j in range(size)] for i in range(size)]
    return np.array(
        [
            [(-1) ** (i + j) * float(np.sum(minors[i][j][0] * cofactors(minors[i][j])[0])) for j in range(size)]
            for i in range(size)
        ]
    )


SINGULAR = {
    "zero_1": np.zeros((1, 1)),
    "zero_2": np.zeros((2, 2)),
    "rank_1_of_2": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "rank_2_of_3": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]]),
    "rank_1_of_3": np.outer([1.0, -2.0, 3.0], [2.0, 1.0, 1.0]),
    "zero_3": np.zeros((3, 3)),
    "zero_row": np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 0.5], [3.0, -1.0, 1.0]]),
    "nearly": np.array([[1.0, 2.0], [2.0, 4.0 + 1e-13]]),
}


@exact_modes
@pytest.mark.parametrize("name", SINGULAR)
def test_gradient_of_singular_determinants(name: str, method: str) -> None:
    """Breaks if the gradient of det at a singular matrix is not that of cofactors (it is zero only for rank n - 2)."""
    x = SINGULAR[name]
    assert_close(ad.gradient(np.linalg.det, x, method=method), cofactors(x), 1e-9)


@exact_modes
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_gradient_of_determinants(size: int, method: str) -> None:
    """Breaks if the gradient of det is not the cofactor matrix, or that of log|det| not the inverse transposed."""
    x = RNG.normal(size=(size, size)) + np.eye(size)
    assert_close(ad.gradient(np.linalg.det, x, method=method), cofactors(x), 1e-12)
    assert_close(ad.gradient(lambda x: np.linalg.slogdet(x)[1], x, method=method), np.linalg.inv(x).T, 1e-12)


@pytest.mark.parametrize("name", ["rank_1_of_2", "rank_2_of_3", "rank_1_of_3", "zero_3", "zero_2"])
@pytest.mark.parametrize(("outer", "inner"), PAIRINGS)
def test_hessian_of_singular_determinants(name: str, outer: str, inner: str) -> None:
    """Breaks if second derivatives of det, a polynomial, are wrong or not finite at a singular matrix."""
    x = SINGULAR[name]
    found = ad.jacobian(lambda x: ad.gradient(np.linalg.det, x, method=inner), x, method=outer)
    assert_close(found, numerical_jacobian(cofactors, x), 1e-9)


@exact_modes
def test_stacked_determinants_some_of_them_singular(method: str) -> None:
    """Breaks if one singular matrix in a stack spoils the others."""
    x = np.stack([A, SINGULAR["rank_2_of_3"], np.zeros((3, 3)), 2 * A])
    found = ad.jacobian(np.linalg.det, x, method=method)
    wanted = np.zeros((4, 4, 3, 3))
    for k in range(4):
        wanted[k, k] = cofactors(x[k])
    assert_close(found, wanted, 1e-9)


@exact_modes
def test_slogdet_is_a_named_tuple(method: str) -> None:
    """Breaks if slogdet loses its names, its sign is differentiated, or a negative determinant is taken for a positive one."""
    x = A.copy()
    x[0] *= -1.0

    def f(x: Any) -> Any:
        result = np.linalg.slogdet(x)
        return result.sign * result.logabsdet

    sign, logarithm = np.linalg.slogdet(x)
    assert sign == -1.0
    value, gradient = ad.value_and_gradient(f, x, method=method)
    assert_close(value, -logarithm, 1e-14)
    assert_close(gradient, -np.linalg.inv(x).T, 1e-12)
    # The determinant itself underflows here.
    tiny = 1e-4 * np.eye(90)
    assert_close(ad.gradient(f, tiny, method=method), 1e4 * np.eye(90), 1e-12)


# ---- inverse and solve


@exact_modes
def test_inverse(method: str) -> None:
    """Breaks if d inv(x)_ij / d x_kl is not -inv(x)_ik inv(x)_lj."""
    inverse = np.linalg.inv(A)
    assert_close(ad.jacobian(np.linalg.inv, A, method=method), -np.einsum("ik,lj->ijkl", inverse, inverse), 1e-12)


@exact_modes
def test_solve(method: str) -> None:
    """Breaks if the derivatives of the solution by the matrix and by the right-hand side are not the closed forms."""
    inverse, x = np.linalg.inv(A), np.linalg.solve(A, V)
    by_a, by_b = ad.jacobian(np.linalg.solve, A, args=(V,), argnums=(0, 1), method=method)
    assert_close(by_a, -np.einsum("ik,l->ikl", inverse, x), 1e-12)
    assert_close(by_b, inverse, 1e-12)
    assert_close(ad.jacobian(np.linalg.solve, A, args=(V,), method=method), by_a, 1e-14)
    assert_close(ad.jacobian(lambda b: np.linalg.solve(A, b), V, method=method), by_b, 1e-14)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (3, 2)),
        ((2, 3, 3), (3,)),
        ((3, 3), (2, 3, 1)),
        ((2, 1, 3, 3), (4, 3, 2)),
        ((1, 1), (1,)),
    ],
)
def test_solve_of_stacks(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """Breaks if a broadcast matrix or right-hand side does not sum its cotangents over the stack."""
    matrices, right = RNG.normal(size=a) + 3 * np.eye(a[-1]), RNG.normal(size=b)
    size = matrices.size

    def f(x: Any) -> Any:
        return np.linalg.solve(x[:size].reshape(a), x[size:].reshape(b))

    check_array_function(f, np.concatenate([matrices.ravel(), right.ravel()]), 1e-7)
    check_array_function(lambda x: np.linalg.solve(x, right), matrices, 1e-7)
    check_array_function(lambda b: np.linalg.solve(matrices, b), right, 1e-7)


@pytest.mark.parametrize(
    "function", [np.linalg.inv, np.linalg.det, lambda x: np.linalg.slogdet(x)[1]], ids=["inv", "det", "slogdet"]
)
def test_stacks(function: Any) -> None:
    """Breaks if matrices of a stack mix, at first or second order."""
    check_array_function(function, STACK[0] + np.eye(3), 1e-7)
    check_array_function(function, STACK + np.eye(3), 1e-6)
    check_array_function(function, np.zeros((0, 3, 3)))


@exact_modes
def test_what_numpy_refuses(method: str) -> None:
    """Breaks if a singular inverse or a matrix that is not square gives numbers instead of NumPy's error."""
    for function in (np.linalg.inv, lambda x: np.linalg.solve(x, np.ones(2))):
        with pytest.raises(np.linalg.LinAlgError):
            ad.jacobian(function, np.ones((2, 2)), method=method)
    for function in (np.linalg.inv, np.linalg.det, np.linalg.slogdet):
        for x in (np.ones((2, 3)), np.ones(3)):
            with pytest.raises(np.linalg.LinAlgError):
                ad.jacobian(lambda x, function=function: function(x), x, method=method)


# ---- norms

VECTOR_NORMS = {
    None: lambda v: v / np.sqrt(np.sum(v * v)),
    2: lambda v: v / np.sqrt(np.sum(v * v)),
    1: np.sign,
    np.inf: lambda v: np.sign(v) * (np.abs(v) == np.max(np.abs(v))),
    -np.inf: lambda v: np.sign(v) * (np.abs(v) == np.min(np.abs(v))),
    0: np.zeros_like,
    3: lambda v: np.sign(v) * np.abs(v) ** 2 / np.sum(np.abs(v) ** 3) ** (2 / 3),
    0.5: lambda v: np.sign(v) * np.abs(v) ** -0.5 * np.sum(np.abs(v) ** 0.5),
    -1: lambda v: np.sign(v) * np.abs(v) ** -2.0 / np.sum(1 / np.abs(v)) ** 2,
    -2.5: lambda v: np.sign(v) * np.abs(v) ** -3.5 * np.sum(np.abs(v) ** -2.5) ** (-1 / 2.5 - 1),
}


@exact_modes
@pytest.mark.parametrize("order", VECTOR_NORMS)
def test_vector_norms(order: Any, method: str) -> None:
    """Breaks if the gradient of a norm of vectors is not its closed form, along any axis, kept or not."""
    value, gradient = ad.value_and_gradient(lambda v: np.linalg.norm(v, order), V, method=method)
    assert_close(value, np.linalg.norm(V, order), 1e-14)
    assert_close(gradient, VECTOR_NORMS[order](V), 1e-12)
    for axis in (0, 1, -1):
        wanted = np.apply_along_axis(VECTOR_NORMS[order], axis, M)
        for keepdims in (False, True):
            found = ad.gradient(
                lambda x, a=axis, k=keepdims: np.sum(np.linalg.norm(x, order, axis=a, keepdims=k)), M, method=method
            )
            assert_close(found, wanted, 1e-12, f"axis {axis}, keepdims {keepdims}")


@exact_modes
@pytest.mark.parametrize("order", [None, "fro", 1, -1, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [(0, 1), (1, 0), (0, 2), (2, 1), (-1, -3)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_matrix_norms(order: Any, axis: tuple[int, int], keepdims: bool, method: str) -> None:
    """Breaks if a norm of matrices mixes rows and columns when the axes stand in another order."""

    def f(x: Any) -> Any:
        return np.linalg.norm(x, order, axis=axis, keepdims=keepdims)

    value, jacobian = ad.value_and_jacobian(f, T, method=method)
    assert_close(value, f(T), 1e-14)
    assert_close(jacobian, numerical_jacobian(f, T, step=1e-3), 1e-9)


@exact_modes
@pytest.mark.parametrize("order", [None, 1, 2, 3, np.inf])
def test_norms_at_zero(order: Any, method: str) -> None:
    """Breaks if the gradient at 0 is NaN: it is 0, the subgradient of least norm."""
    np.testing.assert_array_equal(ad.gradient(lambda v: np.linalg.norm(v, order), np.zeros(3), method=method), np.zeros(3))
    rows = np.array([[0.0, 0.0], [3.0, 4.0]])
    found = ad.jacobian(lambda x: np.linalg.norm(x, order, axis=1), rows, method=method)
    np.testing.assert_array_equal(found[0], np.zeros((2, 2)))
    assert np.all(np.isfinite(found))


@pytest.mark.parametrize(("outer", "inner"), PAIRINGS)
def test_hessian_of_the_euclidean_norm(outer: str, inner: str) -> None:
    """Breaks if the Hessian is not (1 - v v^T / |v|^2) / |v|."""
    found = ad.jacobian(lambda v: ad.gradient(np.linalg.norm, v, method=inner), V, method=outer)
    size = np.sqrt(np.sum(V * V))
    assert_close(found, (np.eye(3) - np.outer(V, V) / size**2) / size, 1e-12)


@exact_modes
def test_norms_that_do_not_exist_are_refused(method: str) -> None:
    """Breaks if an order that NumPy does not know is silently taken for another norm."""
    for bad in ({"ord": "fro"}, {"ord": "nonsense"}):
        with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own messages differ between versions
            np.linalg.norm(V, **bad)
        with pytest.raises(ValueError):  # noqa: PT011
            ad.gradient(lambda x, bad=bad: np.linalg.norm(x, **bad), V, method=method)
    with pytest.raises(ValueError):  # noqa: PT011
        ad.gradient(lambda x: np.linalg.norm(x, 1), T, method=method)
