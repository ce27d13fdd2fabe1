"""Linear algebra where all is determined: values, both modes, seeds and second order on a table of calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from linalg_points import BLOCK, PAIR, REAL, REAL_STACK, S3, S4, SPD, SPD_STACK, SQUARE, SYMMETRIC_STACK, TALL, WIDE, normal
from rule_cases import FunctionCase, case, check_first_order, check_second_order, check_seeds, check_value

#: Small enough for formulas.
LITTLE = np.array([[1.2, -0.4], [0.7, 2.1]])


def part(function: Callable[..., Any], number: int) -> Callable[..., Any]:
    """One of several outputs, under the function's name."""

    def chosen(*args: Any, **options: Any) -> Any:
        return function(*args, **options)[number]

    chosen.__name__ = f"{function.__name__}[{number}]"
    return chosen


FACTORS = [
    *(case(np.linalg.cholesky, a) for a in (SPD, SPD_STACK, np.array([[2.0]]), np.zeros((0, 3, 3)), np.zeros((0, 0)))),
    case(np.linalg.cholesky, SPD, upper=True),
    case(np.linalg.cholesky, SPD_STACK, upper=True),
    *(case(np.linalg.qr, a) for a in (TALL, WIDE, SQUARE, PAIR, np.array([[-2.0]]), np.zeros((0, 3, 2)), np.zeros((3, 0)))),
    *(case(np.linalg.qr, a, "r") for a in (TALL, WIDE, PAIR)),
    *(case(np.linalg.qr, a, mode="complete") for a in (SQUARE, WIDE)),
    case(part(np.linalg.qr, 1), TALL, mode="complete"),
    case(lambda a: np.linalg.qr(a, "complete").Q[..., :3], TALL),
    *(case(np.linalg.eigh, a) for a in (S3, S4, SYMMETRIC_STACK, np.array([[2.0]]), np.zeros((0, 2, 2)), np.zeros((0, 0)))),
    *(case(np.linalg.eigh, a, "U") for a in (S3, SYMMETRIC_STACK)),
    *(
        case(np.linalg.eigvalsh, a)
        for a in (LITTLE, S3, S4, SYMMETRIC_STACK, np.array([[2.0]]), np.zeros((0, 2, 2)), np.zeros((0, 0)))
    ),
    *(case(np.linalg.eigvalsh, a, UPLO="u") for a in (S3, SYMMETRIC_STACK)),
    *(case(np.linalg.eig, a) for a in (REAL, REAL_STACK, np.array([[2.0]]))),
    *(case(np.linalg.eigvals, a) for a in (REAL, REAL_STACK, np.array([[2.0]]))),
    case(lambda a: np.sort(np.linalg.eigvals(a)), S4),
    *(case(np.linalg.svd, a, full_matrices=False) for a in (TALL, WIDE, SQUARE, PAIR, np.array([[2.0]]), np.zeros((0, 2, 3)))),
    case(np.linalg.svd, SQUARE),
    *(case(part(np.linalg.svd, 1), a) for a in (TALL, WIDE)),
    case(part(np.linalg.svd, 2), TALL),
    case(part(np.linalg.svd, 0), WIDE),
    case(lambda a: np.linalg.svd(a).U[..., :3], TALL),
    *(case(np.linalg.svd, a, hermitian=True) for a in (S3, SYMMETRIC_STACK)),
    *(case(np.linalg.svd, a, compute_uv=False, hermitian=True) for a in (S3, SYMMETRIC_STACK)),
    case(np.linalg.svd, TALL, compute_uv=False),
    *(case(np.linalg.svdvals, a) for a in (LITTLE, TALL, WIDE, SQUARE, PAIR, np.zeros((0, 2, 3)), np.zeros((2, 0)))),
]

LEAST_SQUARES = [
    *(case(np.linalg.pinv, a) for a in (TALL, WIDE, SQUARE, PAIR, np.zeros((2, 0)))),
    case(np.linalg.pinv, TALL, 1e-3),
    case(lambda a: np.linalg.pinv(a, rcond=np.array([1e-3, 1e-6])), PAIR),
    case(np.linalg.pinv, TALL, rtol=1e-3),
    case(np.linalg.pinv, TALL, rtol=None),
    case(np.linalg.pinv, S3, hermitian=True),
    case(np.linalg.lstsq, TALL, normal(4)),
    case(np.linalg.lstsq, TALL, normal(4, 2), rcond=None),
    case(np.linalg.lstsq, WIDE, normal(3)),
    case(np.linalg.lstsq, SQUARE, normal(3, 1), -1),
    case(np.linalg.lstsq, TALL, normal(4, 0)),
    case(np.linalg.tensorsolve, np.kron(LITTLE, LITTLE.T).reshape(2, 2, 2, 2), LITTLE),
    case(np.linalg.tensorsolve, np.eye(6).reshape(2, 3, 6) + 0.2 * normal(2, 3, 6), normal(2, 3)),
    case(np.linalg.tensorsolve, np.eye(6).reshape(6, 2, 3) + 0.2 * normal(6, 2, 3), normal(6)),
    case(
        np.linalg.tensorsolve,
        2.0 * np.eye(6).reshape(2, 3, 6).transpose(2, 0, 1) + 0.2 * normal(6, 2, 3),
        normal(2, 3),
        axes=(0,),
    ),
    case(np.linalg.tensorinv, np.eye(6).reshape(2, 3, 6) + 0.2 * normal(2, 3, 6)),
    case(np.linalg.tensorinv, np.eye(4).reshape(4, 2, 2) + 0.2 * normal(4, 2, 2), ind=1),
]

NORMS = [
    *(case(np.linalg.norm, a, order) for a in (TALL, WIDE, SQUARE) for order in (2, -2, "nuc")),
    *(case(np.linalg.norm, BLOCK, order, axis=axis) for order in (2, -2, "nuc") for axis in ((1, 2), (-1, 1), (0, 3))),
    *(case(np.linalg.norm, BLOCK, order, (2, 0), keepdims=True) for order in (2, -2, "nuc", "fro")),
    case(np.linalg.matrix_norm, LITTLE, ord=2),
    *(case(np.linalg.matrix_norm, PAIR, ord=order) for order in ("fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)),
    case(np.linalg.matrix_norm, PAIR),
    case(np.linalg.matrix_norm, PAIR, keepdims=True, ord="nuc"),
    *(case(np.linalg.vector_norm, BLOCK, axis=(1, -1), ord=order) for order in (2, 1, 3, 0.5, -1.5, np.inf, -np.inf)),
    case(np.linalg.vector_norm, BLOCK),
    case(np.linalg.vector_norm, BLOCK, keepdims=True, ord=3),
    case(np.linalg.vector_norm, BLOCK, axis=(2, 0), keepdims=True, ord=np.inf),
    case(np.linalg.vector_norm, BLOCK, axis=-2, keepdims=True),
    case(np.linalg.vector_norm, np.array(2.0)),
    case(np.linalg.cond, LITTLE),
    *(case(np.linalg.cond, SQUARE, p) for p in (None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")),
    *(case(np.linalg.cond, a) for a in (TALL, WIDE, PAIR)),
    case(np.linalg.cond, np.stack([SQUARE, 0.4 * SQUARE.T + np.eye(3)]), 1),
]

A, B, C, D = normal(3, 2), normal(2, 4), normal(4, 3), normal(3, 5)
CHAINS = [
    *(case(np.linalg.matrix_power, 0.2 * SPD, n) for n in (0, 1, 2, 3, 4, 7, -1, -2)),
    case(np.linalg.matrix_power, 0.4 * REAL_STACK, 5),
    case(np.linalg.multi_dot, [A, B]),
    case(np.linalg.multi_dot, [A, B, C]),
    case(np.linalg.multi_dot, [A, B, C, D]),
    case(np.linalg.multi_dot, (normal(3), A, B)),
    case(np.linalg.multi_dot, [A, B, normal(4)]),
    case(np.linalg.multi_dot, [normal(3), A, B, C, normal(3)]),
    case(np.linalg.matmul, PAIR, B),
    case(np.linalg.outer, normal(3), normal(2)),
    case(np.kron, A, B),
    case(np.kron, normal(3), normal(2)),
    case(np.kron, normal(2, 2), normal(3)),
    case(np.kron, normal(2), normal(2, 1, 3)),
    case(np.kron, np.array(2.0), A),
    case(np.kron, np.array(2.0), np.array(3.0)),
    case(np.cross, normal(3), normal(3)),
    case(np.cross, normal(2, 3), normal(3)),
    case(np.cross, normal(4, 1, 3), normal(2, 3)),
    case(np.cross, normal(3, 2), normal(2, 3), axisa=0, axisc=0),
    case(np.cross, normal(3, 2), normal(3, 2), axis=0),
    case(np.cross, normal(3, 2), normal(3, 2), 0, 0, -1),
    case(np.linalg.cross, normal(2, 3), normal(2, 3)),
    case(np.linalg.cross, normal(3, 2), normal(3, 2), axis=0),
    case(np.vecdot, normal(3), normal(3)),
    case(np.vecdot, normal(2, 3), normal(3)),
    case(np.vecdot, normal(3, 2), normal(3, 1), axis=0),
    case(np.linalg.vecdot, normal(2, 3), normal(2, 3)),
    case(np.linalg.vecdot, normal(3, 2), normal(3, 2), axis=0),
]
if hasattr(np, "matvec"):
    CHAINS += [
        case(np.matvec, A, normal(2)),
        case(np.matvec, PAIR, normal(2, 2)),
        case(np.matvec, A, normal(4, 2)),
        case(np.vecmat, normal(3), A),
        case(np.vecmat, normal(2, 3), PAIR),
        case(np.vecmat, normal(4, 3), A),
    ]

LINEAR_ALGEBRA = [*FACTORS, *LEAST_SQUARES, *NORMS, *CHAINS]
every_case = pytest.mark.parametrize("case", LINEAR_ALGEBRA)


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


@every_case
def test_second_order(case: FunctionCase) -> None:
    """Breaks if a rule cannot be differentiated again, in any pairing of the modes."""
    check_second_order(case)
