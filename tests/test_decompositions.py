"""Decompositions, norms by singular values and least squares where something is not determined, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from linalg_points import REAL, S3, SPD, SQUARE, TALL, WIDE
from rule_cases import PAIRINGS
from support import EXACT_MODES, assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes.errors import MissingRuleError

RNG = np.random.default_rng(17)
ROTATION = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
#: Symmetric, with the eigenvalues 1, 1 and 2; they agree up to rounding only.
TIED = ROTATION @ np.diag([1.0, 1.0, 2.0]) @ ROTATION.T
RANK_ONE = np.outer([1.0, 2.0, -1.0], [0.5, 3.0])
all_pairings = pytest.mark.parametrize(("outer", "inner"), PAIRINGS)


def hessian(f: Callable[[Any], Any], x: np.ndarray, outer: str, inner: str) -> Any:
    """The Jacobian of the gradient, each by a mode of its own."""
    return ad.jacobian(lambda x: ad.gradient(f, x, method=inner), x, method=outer)


def lower(gradient: np.ndarray) -> np.ndarray:
    """A gradient by a symmetric matrix as one by its lower triangle, which is all that NumPy reads."""
    return np.tril(gradient + gradient.T) - np.diag(np.diag(gradient))


# ---- equal eigenvalues

SPECTRAL = {
    "sum": (np.sum, np.ones_like),
    "squares": (lambda w: np.sum(w**2), lambda w: 2 * w),
    "cosines": (lambda w: np.sum(np.cos(w)), lambda w: -np.sin(w)),
    "product": (np.prod, lambda w: np.prod(w) / w),
    "largest": (lambda w: w[-1], lambda w: (w == w[-1]) / np.sum(w == w[-1])),
    "smallest": (lambda w: w[0], lambda w: (w == w[0]) / np.sum(w == w[0])),
    "middle": (lambda w: w[1], lambda w: np.array([0.5, 0.5, 0.0])),
}
EIGENVALUES = {
    "eigvalsh": np.linalg.eigvalsh,
    "eigh": lambda a: np.linalg.eigh(a).eigenvalues,
    "upper": lambda a: np.linalg.eigvalsh(a.T, "U"),
}


@exact_modes
@pytest.mark.parametrize("name", SPECTRAL)
@pytest.mark.parametrize("function", EIGENVALUES.values(), ids=EIGENVALUES)
def test_functions_of_equal_eigenvalues(function: Any, name: str, method: str) -> None:
    """Breaks if equal eigenvalues do not share equally: the gradient is V f'(w) V^T with the mean over equal ones."""
    f, slope = SPECTRAL[name]
    wanted = ROTATION @ np.diag(slope(np.array([1.0, 1.0, 2.0]))) @ ROTATION.T
    assert_close(ad.gradient(lambda a: f(function(a)), TIED, method=method), lower(wanted), 1e-12)


@exact_modes
def test_general_matrices_with_equal_eigenvalues(method: str) -> None:
    """Breaks if eig or eigvals is NaN where the sum of equal eigenvalues, and their mean, have derivatives."""
    for function in (np.linalg.eigvals, lambda a: np.linalg.eig(a).eigenvalues):
        assert_close(ad.gradient(lambda a, w=function: np.sum(w(a) ** 3), np.eye(2), method=method), 3 * np.eye(2), 1e-13)
        assert_close(ad.jacobian(function, np.eye(2), method=method), np.stack([np.eye(2) / 2] * 2), 1e-13)


@exact_modes
def test_vectors_of_equal_eigenvalues(method: str) -> None:
    """Breaks if a vector that is not determined gets a number, or spoils one that is."""
    simple = ad.jacobian(lambda a: np.linalg.eigh(a)[1][:, 2], TIED, method=method)
    _, vectors = np.linalg.eigh(TIED)
    # dv = (2 - A)^+ dA v, and the gap is 1.
    for i in range(3):
        for k in range(3):
            for m in range(k + 1):
                change = np.zeros((3, 3))
                change[k, m] = change[m, k] = 1.0
                wanted = (vectors[:, :2] @ vectors[:, :2].T @ change @ vectors[:, 2])[i]
                np.testing.assert_allclose(simple[i, k, m], wanted, atol=1e-12)
    assert np.all(np.isnan(ad.jacobian(lambda a: np.linalg.eigh(a)[1][:, 0], TIED, method=method)[:, np.tri(3, dtype=bool)]))
    # A function of the matrix depends on the basis as soon as it is written by eigenvectors.
    w_and_v = ad.gradient(lambda a: np.sum((lambda w, v: v * w @ v.T)(*np.linalg.eigh(a))), np.eye(2), method=method)
    assert np.isnan(w_and_v[1, 0])
    for function in (np.linalg.eig, np.linalg.svd):
        assert np.isnan(ad.jacobian(lambda a, f=function: f(a)[0 if f is np.linalg.svd else 1], np.eye(2), method=method)).any()


@exact_modes
@pytest.mark.parametrize(
    ("f", "undetermined"),
    [
        (lambda a: np.linalg.eigh(a).eigenvectors, np.eye(2)),
        (lambda a: np.linalg.eig(a).eigenvectors, np.eye(2)),
        (lambda a: np.linalg.svd(a).U, np.eye(2)),
        (np.linalg.cond, np.ones((2, 2))),
        (lambda a: np.linalg.cond(a, 1), np.diag([1.0, 0.0])),
    ],
)
def test_stacks_with_one_matrix_that_is_not_determined(f: Any, undetermined: np.ndarray, method: str) -> None:
    """Breaks if NaN of one matrix of a stack spoils the derivatives by, or of, the others."""
    stack = np.stack([undetermined, np.array([[1.0, 0.2], [0.2, 3.0]])])
    found = ad.jacobian(f, stack, method=method)
    assert np.isnan(found[0, ..., 0, :, :]).any()
    np.testing.assert_array_equal(found[0, ..., 1, :, :], 0.0)
    np.testing.assert_array_equal(found[1, ..., 0, :, :], 0.0)
    assert_close(found[1, ..., 1, :, :], ad.jacobian(f, stack[1], method=method), 1e-12)
    by_second = ad.gradient(lambda a: np.sum(f(a) ** 3), stack, method=method)[1]
    assert_close(by_second, ad.gradient(lambda a: np.sum(f(a) ** 3), stack[1], method=method), 1e-12)


@all_pairings
def test_second_derivatives_beside_equal_eigenvalues(outer: str, inner: str) -> None:
    """Breaks if second order is a wrong number there: it depends on the whole function, so it is NaN."""
    assert np.isnan(hessian(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2), np.eye(2), outer, inner)).any()
    # The difference of equal eigenvalues, squared: its gradient is 0, and its Hessian is not.
    assert np.isnan(hessian(lambda a: np.ptp(np.linalg.eigvalsh(a)) ** 2, np.eye(2), outer, inner)).any()
    # The vector of 2 is determined, but its second derivative goes through how the equal eigenvalues part.
    assert np.isnan(hessian(lambda a: np.linalg.eigh(a)[1][0, 2] ** 2, TIED, outer, inner)).any()
    assert np.isnan(hessian(lambda a: np.linalg.svd(a)[0][0, 0] ** 2, np.diag([2.0, 1.0, 1.0]), outer, inner)).any()
    # As a polynomial, this has the Hessian 2; the singular value of 0 is not smooth.
    assert np.isnan(hessian(lambda a: np.sum(np.linalg.svdvals(a) ** 2), RANK_ONE, outer, inner)).any()


@exact_modes
def test_only_one_triangle_is_read(method: str) -> None:
    """Breaks if the triangle that NumPy does not read has a derivative, or NaN in it spoils anything."""
    half = np.where(np.tri(3, dtype=bool), SPD, np.nan)
    for function in (np.linalg.cholesky, np.linalg.eigvalsh, lambda a: np.linalg.pinv(a, hermitian=True)):
        found = ad.jacobian(function, half, method=method)
        assert np.all(np.isfinite(found))
        np.testing.assert_array_equal(found[..., ~np.tri(3, dtype=bool)], 0.0)
        assert_close(found, numerical_jacobian(function, np.tril(SPD)), 1e-8)


# ---- singular values

NORMS_AT = {
    "spectral_of_ties": (2, np.diag([2.0, -2.0, 1.0]), np.diag([0.5, -0.5, 0.0])),
    "spectral_of_rank_one": (2, RANK_ONE, RANK_ONE / np.linalg.norm(RANK_ONE)),
    "spectral_of_zero": (2, np.zeros((2, 3)), np.zeros((2, 3))),
    "smallest_of_ties": (-2, np.diag([2.0, -2.0]), np.diag([0.5, -0.5])),
    "smallest_of_rank_one": (-2, RANK_ONE, np.zeros((3, 2))),
    "nuclear_of_ties": ("nuc", np.diag([2.0, -2.0, 1.0]), np.diag([1.0, -1.0, 1.0])),
    "nuclear_of_rank_one": ("nuc", RANK_ONE, RANK_ONE / np.linalg.norm(RANK_ONE)),
    "nuclear_of_zero": ("nuc", np.zeros((2, 3)), np.zeros((2, 3))),
    "frobenius_of_zero": ("fro", np.zeros((2, 3)), np.zeros((2, 3))),
}


@exact_modes
@pytest.mark.parametrize("name", NORMS_AT)
def test_norms_where_singular_values_tie_or_vanish(name: str, method: str) -> None:
    """Breaks if ties do not share equally, or a singular value of 0 does not have the slope 0 of abs."""
    order, x, wanted = NORMS_AT[name]
    assert_close(ad.gradient(lambda a: np.linalg.norm(a, order), x, method=method), wanted, 1e-13)
    stack = np.stack([x, np.ones_like(x) + np.eye(*x.shape)])
    found = ad.gradient(lambda a: np.sum(np.linalg.norm(a, order, axis=(1, 2))), stack, method=method)
    assert_close(found[0], wanted, 1e-13, "in a stack")
    values = {2: lambda s: s[0], -2: lambda s: s[-1], "nuc": np.sum, "fro": lambda s: np.linalg.norm(s)}[order]
    assert_close(ad.gradient(lambda a: values(np.linalg.svdvals(a)), x, method=method), wanted, 1e-13, "by svdvals")


@all_pairings
@pytest.mark.parametrize(
    ("order", "x"), [(2, RANK_ONE), ("nuc", np.eye(2)), ("nuc", np.array([[2.0, 1.0, 0.0], [-1.0, 2.0, 0.0]]))]
)
def test_hessians_of_norms_at_ties_and_low_rank(order: Any, x: np.ndarray, outer: str, inner: str) -> None:
    """Breaks if vectors that the norm does not depend on spoil its Hessian: nuclear norms of ties are smooth."""
    f = lambda a: np.linalg.norm(a, order)  # noqa: E731 - a formula
    truth = numerical_jacobian(lambda a: ad.gradient(f, a), x)
    assert_close(hessian(f, x, outer, inner), truth, 1e-8)


@exact_modes
@pytest.mark.parametrize("x", [TALL, WIDE], ids=["tall", "wide"])
def test_full_matrices(x: np.ndarray, method: str) -> None:
    """Breaks if the vectors that full_matrices adds get a number, or spoil the others."""
    tall = x.shape[0] > x.shape[1]

    def thin(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a)
        return u[:, :3] * s @ vh[:3]

    assert_close(ad.jacobian(thin, x, method=method), np.eye(x.size).reshape(x.shape * 2), 1e-12)
    rest = lambda a: np.linalg.svd(a).U[0, 3] if tall else np.linalg.svd(a).Vh[3, 0]  # noqa: E731 - a formula
    assert np.all(np.isnan(ad.gradient(rest, x, method=method)))
    if tall:
        assert np.all(np.isnan(ad.gradient(lambda a: np.linalg.qr(a, "complete").Q[0, 3], x, method=method)))


def test_named_tuples() -> None:
    """Breaks if a decomposition comes back in another class than NumPy's."""

    def f(a: Any) -> Any:
        for function in (np.linalg.eigh, np.linalg.eig, np.linalg.svd, np.linalg.qr):
            found, plain = function(a), function(SPD)
            assert type(found) is type(plain)
            assert all(getattr(found, name).shape == getattr(plain, name).shape for name in plain._fields)
        solution, residuals, rank, values = np.linalg.lstsq(a, np.ones(3))
        assert (residuals.size, int(rank), int(np.linalg.matrix_rank(a))) == (0, 3, 3)
        return np.sum(solution) + np.sum(values)

    for method in EXACT_MODES:
        assert_close(ad.gradient(f, SPD, method=method), numerical_jacobian(f, SPD), 1e-9)


# ---- condition, rank


@exact_modes
def test_condition_of_singular_matrices(method: str) -> None:
    """Breaks if the condition number of a singular matrix is not NumPy's infinity, or gets a derivative."""
    singular = np.array([[1.0, 0.0], [0.0, 0.0]])
    for p in (None, 2, 1, -1, np.inf, "fro"):
        value, gradient = ad.value_and_gradient(lambda a, p=p: np.linalg.cond(a, p), singular, method=method)
        assert value == np.linalg.cond(singular, p) == np.inf
        assert np.all(np.isnan(gradient))
        stack = np.stack([singular, SQUARE[:2, :2]])
        found = ad.jacobian(lambda a, p=p: np.linalg.cond(a, p)[1], stack, method=method)
        assert_close(found[1], ad.gradient(lambda a, p=p: np.linalg.cond(a, p), stack[1]), 1e-12, "beside a singular one")
    np.testing.assert_array_equal(ad.gradient(lambda a: np.linalg.cond(a, -2), singular, method=method), 0.0)


@exact_modes
def test_constant_rank(method: str) -> None:
    """Breaks if pinv or lstsq at a matrix of low rank is not differentiated along matrices of that rank."""
    # x -> outer(u(x), v(x)) stays at rank one, so that plain NumPy is differentiable along it.
    point, b = np.array([1.0, 2.0, -1.0, 0.5, 3.0]), np.array([1.0, -2.0, 0.5])

    def matrix(x: Any) -> Any:
        return np.outer(x[:3], x[3:])

    for f in (
        lambda x: np.linalg.pinv(matrix(x)),
        lambda x: np.linalg.lstsq(matrix(x), b)[0],
        lambda x: np.linalg.pinv(matrix(x).T, rtol=1e-10),
    ):
        assert_close(ad.jacobian(f, point, method=method), numerical_jacobian(f, point), 1e-8)
    np.testing.assert_array_equal(
        ad.gradient(lambda a: np.sum(np.linalg.matrix_rank(a) * np.ones(2)), np.eye(2), method=method), 0.0
    )


@exact_modes
@pytest.mark.parametrize("order", [0.5, -1, -2.5])
def test_vector_norms_of_low_order_with_a_zero(order: float, method: str) -> None:
    """Breaks if an element of 0 gives NaN: it is a cusp, and where the order is negative the norm itself is 0."""
    x = np.array([[0.0, 2.0, -1.0], [0.0, 0.0, 0.0], [1.0, -2.0, 3.0]])
    with np.errstate(divide="ignore"):
        value, found = ad.value_and_jacobian(lambda x: np.linalg.norm(x, order, axis=1), x, method=method)
        np.testing.assert_array_equal(value, np.linalg.norm(x, order, axis=1))
    assert np.all(np.isfinite(found))
    np.testing.assert_array_equal(found[:, x == 0], 0.0)
    assert_close(found[2, 2], numerical_jacobian(lambda v: np.linalg.norm(v, order), x[2]), 1e-8)
    if order < 0:
        np.testing.assert_array_equal(found[:2], 0.0)
    else:
        assert_close(found[0, 0, 1:], numerical_jacobian(lambda v: np.linalg.norm(v, order), x[0, 1:]), 1e-8)


# ---- float32, memory, refusals

SINGLE: dict[str, Callable[[Any], Any]] = {
    "cholesky": np.linalg.cholesky,
    "qr": lambda a: np.linalg.qr(a).Q,
    "eigh": lambda a: np.linalg.eigh(a).eigenvectors,
    "eigvalsh": np.linalg.eigvalsh,
    "eig": lambda a: np.linalg.eig(a).eigenvectors,
    "eigvals": np.linalg.eigvals,
    "svd": lambda a: np.linalg.svd(a).Vh,
    "svd_symmetric": lambda a: np.linalg.svd(a, hermitian=True).Vh,
    "svdvals": np.linalg.svdvals,
    "pinv": np.linalg.pinv,
    "lstsq": lambda a: np.linalg.lstsq(a, a[0])[0],
    "residuals": lambda a: np.linalg.lstsq(a[:, :2], a[0])[1],
    "spectral": lambda a: np.linalg.norm(a, 2),
    "nuclear": lambda a: np.linalg.norm(a, "nuc"),
    "order_of_half": lambda a: np.linalg.norm(a, 0.5, axis=0),
    "cond": np.linalg.cond,
    "cond_1": lambda a: np.linalg.cond(a, 1),
    "power": lambda a: np.linalg.matrix_power(a, -3),
    "identity": lambda a: np.linalg.matrix_power(a, 0),
    "vecdot": lambda a: np.vecdot(a, a[::-1]),
}


@exact_modes
@pytest.mark.parametrize("name", SINGLE)
def test_single_precision(name: str, method: str) -> None:
    """Breaks if float32 becomes float64, or the value is not NumPy's to the last bit."""
    x = np.array([[2.0, 0.3, 0.1], [0.3, 3.0, 0.2], [0.1, 0.2, 4.5]], np.float32)
    value, jacobian = ad.value_and_jacobian(SINGLE[name], x, method=method)
    np.testing.assert_array_equal(value, SINGLE[name](x))
    assert value.dtype == jacobian.dtype == np.float32
    np.testing.assert_allclose(jacobian, ad.jacobian(SINGLE[name], x.astype(float)), atol=2e-4)


@exact_modes
def test_arrays_that_are_not_contiguous(method: str) -> None:
    """Breaks if strided or read-only stacks of matrices are read in another order."""
    x = RNG.normal(size=(3, 4, 6)).transpose(2, 1, 0)[::2]
    x.flags.writeable = False
    for f in (np.linalg.pinv, np.linalg.svdvals, lambda a: np.linalg.qr(a).R, lambda a: np.linalg.norm(a, 2, axis=(0, 2))):
        v = np.cos(x)
        truth = numerical_jacobian(lambda t, f=f, v=v: f(x + t * v), 0.0, step=1e-3)
        assert_close(ad.jvp(f, x, v, method=method)[1], truth, 1e-7)


@exact_modes
@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (np.linalg.eigvals, np.array([[0.0, 1.0], [-1.0, 0.0]]), r"np\.linalg\.eigvals: the matrix has complex eigenvalues"),
        (lambda a: np.linalg.eig(a)[0], np.array([[0.0, 1.0], [-1.0, 0.0]]), r"np\.linalg\.eig: .*complex"),
        (np.linalg.eigvals, np.array([[1.0, 1.0], [0.0, 1.0]]), "defective"),
        (lambda a: np.linalg.eig(a)[1], np.array([[1.0, 1.0], [0.0, 1.0]]), "defective"),
        (lambda a: np.linalg.qr(a)[1], np.ones((3, 2)), r"np\.linalg\.qr.*linearly dependent"),
        (lambda a: np.linalg.qr(a, "raw")[0], SQUARE, "mode='raw'"),
        (lambda a: np.linalg.pinv(a, a[0, 0]), SQUARE, "threshold"),
        (lambda a: np.linalg.norm(a + 1j * a.T, "nuc"), SQUARE, "complex"),
        (lambda a: np.linalg.norm(a + 1j * a.T, 2), SQUARE, "complex"),
        (lambda a: np.linalg.cond(a + 1j * a.T), SQUARE, "complex"),
        (lambda a: np.vecdot(a, a, dtype=float), SQUARE, "dtype"),
    ],
)  # fmt: skip
def test_what_has_no_derivative(f: Any, x: np.ndarray, message: str, method: str) -> None:
    """Breaks if a derivative that does not exist, or is not known, is a number."""
    with pytest.raises(MissingRuleError, match=message):
        ad.jacobian(f, x, method=method)


@exact_modes
@pytest.mark.parametrize("f", [
    lambda x: np.linalg.qr(x, "nonsense"),
    lambda x: np.linalg.eigh(x, "X"),
    lambda x: np.linalg.eigh(x[:2]),
    lambda x: np.linalg.cholesky(x[:2]),
    lambda x: np.linalg.cholesky(-x),
    lambda x: np.linalg.svd(x[0]),
    lambda x: np.linalg.norm(x, 7),
    lambda x: np.linalg.norm(x, 2, axis=(0, 0)),
    lambda x: np.linalg.norm(x, 2, axis=(0, 7)),
    lambda x: np.linalg.norm(x[0], "nuc"),
    lambda x: np.linalg.lstsq(x, np.ones(5)),
    lambda x: np.linalg.pinv(x, 1e-3, rtol=1.0),
    lambda x: np.linalg.multi_dot([x]),
    lambda x: np.linalg.multi_dot([x, x, x[None]]),
    lambda x: np.linalg.matrix_power(x[:2], 2),
    lambda x: np.linalg.tensorinv(x, 0),
    lambda x: np.linalg.tensorsolve(x[:2], x[0, :2]),
    lambda x: np.linalg.cond(x[:0]),
    lambda x: np.linalg.cond(x[:2], 1),
    lambda x: np.linalg.cond(x, "nonsense"),
    lambda x: np.linalg.cross(x[:2], x[:2], axis=0),
    lambda x: np.linalg.outer(x, x),
    lambda x: np.cross(x[:, :1], x),
    lambda x: np.cross(x, x[0, 0]),
    lambda x: np.vecdot(x, x[0, :2]),
    lambda x: np.vecdot(x, x, axis=5),
])  # fmt: skip
def test_arguments_that_numpy_refuses(f: Any, method: str) -> None:
    """Breaks if a call that NumPy refuses gives a derivative, or an error of another kind."""
    with pytest.raises(ValueError):  # noqa: PT011 - NumPy's own messages differ between versions
        f(SPD)
    with pytest.raises(ValueError):  # noqa: PT011
        ad.jacobian(lambda x: np.sum(f(x)[0]), SPD, method=method)


@exact_modes
def test_vectors_of_length_two(method: str) -> None:
    """Breaks if np.cross of vectors of length two is not NumPy's, or loses its warning."""
    for f in (
        lambda x: np.cross(x[:, :2], x[0]),
        lambda x: np.cross(x, x[0, :2]),
        lambda x: np.cross(x[:, :2], x[0, :2]),
    ):
        with pytest.warns(DeprecationWarning, match="2-dimensional vectors"):
            value, found = ad.value_and_jacobian(f, S3, method=method)
        with pytest.warns(DeprecationWarning, match="2-dimensional vectors"):
            np.testing.assert_array_equal(value, f(S3))
        with pytest.warns(DeprecationWarning, match="2-dimensional vectors"):
            assert_close(found, numerical_jacobian(f, S3), 1e-9)


@exact_modes
def test_eigenvalues_of_general_matrices_are_matched(method: str) -> None:
    """Breaks if the vectors of eig, which may come in another order, are taken for those of other eigenvalues."""
    for seed in range(8):
        basis = np.random.default_rng(seed).normal(size=(5, 5)) + 2 * np.eye(5)
        x = basis @ np.diag([5.0, -3.0, 2.0, 0.5, -1.0]) @ np.linalg.inv(basis)
        w, found = ad.value_and_jacobian(np.linalg.eigvals, x, method=method)
        # Each eigenvalue is that of x + t x, so that its derivative along x is itself.
        assert_close(np.tensordot(found, x, 2), w, 1e-10)
        assert_close(np.tensordot(found, np.linalg.inv(x), 2), 1 / w, 1e-9)


def test_a_matrix_with_real_eigenvalues_is_its_closed_form() -> None:
    """Breaks if d w_i / d A is not the outer product of left and right vectors."""
    w, v = np.linalg.eig(REAL)
    left = np.linalg.inv(v)
    wanted = np.stack([np.outer(left[i], v[:, i]) for i in range(3)])
    assert_close(ad.jacobian(lambda a: np.linalg.eig(a)[0], REAL), wanted, 1e-12)
    assert_close(ad.jacobian(np.linalg.eigvals, REAL)[np.argsort(np.linalg.eigvals(REAL))], wanted[np.argsort(w)], 1e-12)
