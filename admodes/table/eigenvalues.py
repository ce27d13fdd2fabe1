"""Eigenvalues and eigenvectors, of symmetric matrices and of those whose eigenvalues are real. Stacks stand in front.

References
----------
M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
differentiation, in: Advances in Automatic Differentiation, Springer 2008.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from ..errors import MissingRuleError
from ..kinds import Constant, Custom
from ..rules import implements
from .degenerate import (
    all_alone,
    alone,
    averaged,
    determined,
    inverse_gaps,
    mirrored,
    named_tuple,
    pack,
    shares,
    square,
    swap,
    unpack,
)

Shape = tuple[int, ...]


# ---- symmetric matrices


def _eigen_shapes(shape: Shape) -> list[Shape]:
    return [shape[-1:], shape[-2:]]


def _values_and_vectors(packed: Any, shapes: Sequence[Shape]) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors: those of equal eigenvalues have no derivative, in derivatives of the rule as well."""
    w, v = unpack(packed, shapes)
    return (w, v) if all_alone(w) else (w, determined(v, alone(w)[..., None, :]))


def _eigh(a: Any, *, uplo: Any) -> Any:
    return pack(np.linalg.eigh(a, uplo), _eigen_shapes(a.shape))


def _eigh_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, uplo: Any) -> Any:
    shapes = _eigen_shapes(values[0].shape)
    w, v = _values_and_vectors(out, shapes)
    change = np.matmul(swap(v), np.matmul(tangents[0], v))
    change_v = np.matmul(v, inverse_gaps(w) * change)
    return pack([averaged(shares(w), np.diagonal(change, 0, -2, -1)), change_v], shapes)


def _eigh_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, uplo: Any) -> Any:
    parts = _eigen_shapes(shapes[0])
    w, v = _values_and_vectors(out, parts)
    g_w, g_v = unpack(g, parts)
    if type(g) is np.ndarray and not g_v.any():  # as most functions, f uses the eigenvalues alone
        return np.matmul(v * averaged(swap(shares(w)), g_w)[..., None, :], swap(v))
    within = inverse_gaps(w) * np.matmul(swap(v), g_v) + _diagonal_matrix(averaged(swap(shares(w)), g_w))
    return np.matmul(np.matmul(v, within), swap(v))


def _diagonal_matrix(values: Any) -> Any:
    return values[..., None] * np.eye(values.shape[-1], dtype=values.dtype)


packed_eigh = Custom("eigh", _eigh, _eigh_push, _eigh_pull)
packed_eigh.stacked = 1


@implements(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    a, uplo = _symmetric(a, UPLO, "eigh")
    return named_tuple(np.linalg.eigh)(*_values_and_vectors(packed_eigh(a, uplo=uplo), _eigen_shapes(a.shape)))


def _symmetric(a: Any, uplo: str, name: str) -> tuple[Any, str]:
    uplo = uplo.upper()
    if uplo not in ("L", "U"):
        raise ValueError(f"np.linalg.{name} needs UPLO='L' or 'U', but got {uplo!r}.")
    return mirrored(square(a, name), lower=uplo == "L"), uplo


def _eigvalsh(a: Any, *, uplo: Any) -> Any:
    return np.linalg.eigvalsh(a, uplo)


def _eigvalsh_push(tangents: Sequence[Any], out: Any, values: Sequence[Any], *, uplo: Any) -> Any:
    v = np.linalg.eigh(values[0], uplo)[1]
    return averaged(shares(out), np.sum(v * np.matmul(tangents[0], v), axis=-2))


def _eigvalsh_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape], *, uplo: Any) -> Any:
    v = np.linalg.eigh(values[0], uplo)[1]
    return np.matmul(v * averaged(swap(shares(out)), g)[..., None, :], swap(v))


symmetric_eigenvalues = Custom("eigvalsh", _eigvalsh, _eigvalsh_push, _eigvalsh_pull)
symmetric_eigenvalues.stacked = 1


@implements(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    a, uplo = _symmetric(a, UPLO, "eigvalsh")
    return symmetric_eigenvalues(a, uplo=uplo)


# ---- general matrices, with real eigenvalues


def _refuse_complex(name: str, w: Any) -> NoReturn:
    worst = w.ravel()[np.argmax(np.abs(w.imag))]
    raise MissingRuleError(
        f"np.linalg.{name}: the matrix has complex eigenvalues ({worst:.6g} among them), and admodes differentiates real numbers "
        "only. Use np.linalg.eigvalsh or eigh of a symmetric matrix, np.linalg.svdvals, or a real function of the matrix "
        "(trace, det, norm)."
    )


def _eig(a: Any) -> Any:
    w, v = np.linalg.eig(a)
    if w.dtype.kind == "c":
        _refuse_complex("eig", w)
    return pack([w, v], _eigen_shapes(a.shape))


#: Beyond this condition, as a power of the rounding error, eigenvectors count as linearly dependent.
_DEFECTIVE = -0.75


def _left_vectors(v: Any) -> Any:
    """The inverse of the matrix of eigenvectors."""
    inverse: Any = None
    try:
        inverse = np.linalg.inv(v)
        size = np.max(np.abs(v), axis=(-2, -1), initial=0.0) * np.max(np.abs(inverse), axis=(-2, -1), initial=0.0)
        defective = bool(np.any(size > np.finfo(v.dtype).eps ** _DEFECTIVE))
    except np.linalg.LinAlgError:
        defective = True
    if defective:
        raise MissingRuleError(
            "np.linalg.eig: the matrix is defective (it has fewer independent eigenvectors than rows): its eigenvalues have no "
            "derivative. Use a symmetric function of them instead: np.trace, np.linalg.det, or powers of the matrix."
        )
    return inverse


def _eig_push(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    shapes = _eigen_shapes(values[0].shape)
    w, v = _values_and_vectors(out, shapes)
    change = np.matmul(_left_vectors(v), np.matmul(tangents[0], v))
    change_v = np.matmul(v, inverse_gaps(w) * change)
    # NumPy's vectors have length one.
    change_v = change_v - v * np.sum(v * change_v, axis=-2, keepdims=True)
    return pack([averaged(shares(w), np.diagonal(change, 0, -2, -1)), change_v], shapes)


def _eig_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape]) -> Any:
    parts = _eigen_shapes(shapes[0])
    w, v = _values_and_vectors(out, parts)
    g_w, g_v = unpack(g, parts)
    g_v = g_v - v * np.sum(v * g_v, axis=-2, keepdims=True)
    within = inverse_gaps(w) * np.matmul(swap(v), g_v) + _diagonal_matrix(averaged(swap(shares(w)), g_w))
    return np.matmul(np.matmul(swap(_left_vectors(v)), within), swap(v))


packed_eig = Custom("eig", _eig, _eig_push, _eig_pull)
packed_eig.stacked = 1


@implements(np.linalg.eig)
def eig(a: Any) -> Any:
    a = square(a, "eig")
    return named_tuple(np.linalg.eig)(*_values_and_vectors(packed_eig(a), _eigen_shapes(a.shape)))


def _eigvals(a: Any) -> Any:
    w = np.linalg.eigvals(a)
    if w.dtype.kind == "c":
        _refuse_complex("eigvals", w)
    return w


def _same_order(w: Any, other: Any) -> Any:
    """Where each value of `w` stands in `other`: NumPy's eigvals and eig may order them differently."""
    return np.take_along_axis(np.argsort(other, axis=-1), np.argsort(np.argsort(w, axis=-1), axis=-1), axis=-1)


same_order = Constant("same_order", _same_order)


def _vectors_of(w: Any, a: Any) -> tuple[Any, Any]:
    """Right and left eigenvectors (columns and rows), in the order of the eigenvalues `w`."""
    found = np.linalg.eig(a)
    order = same_order(w, found[0])
    v = np.take_along_axis(found[1], np.broadcast_to(order[..., None, :], a.shape), -1)
    return v, _left_vectors(v)


def _eigvals_push(tangents: Sequence[Any], out: Any, values: Sequence[Any]) -> Any:
    v, left = _vectors_of(out, values[0])
    return averaged(shares(out), np.sum(swap(left) * np.matmul(tangents[0], v), axis=-2))


def _eigvals_pull(position: int, g: Any, out: Any, values: Any, shapes: Sequence[Shape]) -> Any:
    v, left = _vectors_of(out, values[0])
    return np.matmul(swap(left) * averaged(swap(shares(out)), g)[..., None, :], swap(v))


eigenvalues = Custom("eigvals", _eigvals, _eigvals_push, _eigvals_pull)
eigenvalues.stacked = 1


@implements(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    return eigenvalues(square(a, "eigvals"))
