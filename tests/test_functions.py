"""Every function of NumPy that has a rule: values, both modes, seeds and second order on a table of calls."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from order_cases import CASES as ORDERS
from rule_cases import (
    FunctionCase,
    case,
    check_array_function,
    check_first_order,
    check_second_order,
    check_seeds,
    check_single_precision,
    check_value,
)
from support import assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes import rules
from admodes.errors import MissingRuleError, TracedValueError

RNG = np.random.default_rng(22)


def floats(*shape: int) -> np.ndarray:
    """Distinct numbers of both signs, no two closer than the steps of the numerical derivative."""
    size = int(np.prod(shape))
    values = np.linspace(-1.9, 2.1, size) + RNG.uniform(-0.3, 0.3, size) / max(size, 8)
    return RNG.permutation(values + 0.3 * (size == 1)).reshape(shape)


S, V, W, M, N, T, Z = floats(), floats(4), floats(3), floats(2, 3), floats(3, 2), floats(2, 3, 2), floats(0)
MASK = np.array([[True, False, True], [True, True, False]])
SQUARE = floats(3, 3) + 2 * np.eye(3)
STACK = np.stack([SQUARE, 0.5 * SQUARE.T - np.eye(3)])

SHAPES = [
    case(np.reshape, M, (3, 2)),
    case(np.reshape, M, -1),
    case(np.reshape, T, (2, -1)),
    case(np.reshape, T, (3, 4), order="F"),
    case(np.reshape, M, (3, 2), "F"),
    case(np.reshape, M, (3, 2), order="A"),
    case(np.reshape, S, (1, 1)),
    case(np.reshape, Z, (0, 3)),
    case(np.reshape, V, shape=(2, 2)),
    case(np.ravel, T),
    case(np.ravel, T, "F"),
    case(np.ravel, S),
    case(np.ravel, M, order="K"),
    case(np.transpose, M),
    case(np.transpose, V),
    case(np.transpose, T, (1, 2, 0)),
    case(np.transpose, T, (-1, 0, 1)),
    case(np.transpose, T, axes=[2, 0, 1]),
    case(np.permute_dims, T, (2, 0, 1)),
    case(np.matrix_transpose, T),
    case(np.linalg.matrix_transpose, T),
    case(np.swapaxes, T, 0, -1),
    case(np.moveaxis, T, 0, -1),
    case(np.moveaxis, T, (0, 2), (-1, 0)),
    case(np.rollaxis, T, 2),
    case(np.rollaxis, T, 0, 3),
    case(np.squeeze, floats(1, 3, 1)),
    case(np.squeeze, floats(1, 3, 1), 0),
    case(np.squeeze, floats(1, 3, 1), axis=(0, -1)),
    case(np.expand_dims, V, 0),
    case(np.expand_dims, V, -1),
    case(np.expand_dims, M, (0, -1)),
    case(np.atleast_1d, S),
    case(np.atleast_1d, M),
    case(np.atleast_1d, S, V),
    case(np.atleast_2d, V),
    case(np.atleast_2d, S, V, M),
    case(np.atleast_3d, V),
    case(np.atleast_3d, M),
    case(np.atleast_3d, S, T),
    case(np.broadcast_to, W, (2, 3)),
    case(np.broadcast_to, floats(2, 1), (4, 2, 3)),
    case(np.broadcast_to, S, 3),
    case(np.broadcast_to, floats(1), (0,)),
    case(np.broadcast_arrays, floats(3, 1), floats(2)),
    case(np.broadcast_arrays, S, V),
]

JOINS = [
    case(np.concatenate, [V, W]),
    case(np.concatenate, (M, floats(1, 3))),
    case(np.concatenate, [M, floats(2, 2)], axis=1),
    case(np.concatenate, [M, floats(2, 2)], -1),
    case(np.concatenate, [M, V], axis=None),
    case(np.concatenate, [T, T]),
    case(np.concatenate, M),
    case(np.concatenate, [Z, V]),
    case(np.concatenate, [V, [1.0, 2.0]]),
    case(np.stack, [W, floats(3)]),
    case(np.stack, [W, floats(3)], axis=1),
    case(np.stack, [M, floats(2, 3)], axis=-1),
    case(np.stack, [M, floats(2, 3)], -2),
    case(np.stack, [S, floats()]),
    case(np.stack, [S, 2.0]),
    case(np.stack, M),
    case(np.vstack, [W, M]),
    case(np.vstack, [S, floats()]),
    case(np.hstack, [V, W]),
    case(np.hstack, [M, floats(2, 1)]),
    case(np.hstack, [S, V]),
    case(np.dstack, [M, floats(2, 3)]),
    case(np.dstack, [V, floats(4)]),
    case(np.column_stack, [W, floats(3), N]),
    case(np.append, V, W),
    case(np.append, V, 3.0),
    case(np.append, M, floats(1, 3), axis=0),
    case(np.append, M, floats(2, 1), 1),
    case(np.append, M, V),
    case(np.split, V, 2),
    case(np.split, M, [1], axis=1),
    case(np.split, V, [1, 3]),
    case(np.split, V, [2, 6]),
    case(np.split, V, [-1]),
    case(np.split, V, np.array([1, 2])),
    case(np.split, V, [3, 1]),
    case(np.split, T, 3, -2),
    case(np.array_split, V, 3),
    case(np.array_split, M, 2, axis=-1),
]

MOVES = [
    case(np.tile, V, 2),
    case(np.tile, M, (2, 1)),
    case(np.tile, M, (2, 1, 2)),
    case(np.tile, S, 3),
    case(np.repeat, V, 2),
    case(np.repeat, M, [1, 0, 2], axis=1),
    case(np.repeat, M, 2),
    case(np.repeat, M, 2, -1),
    case(np.repeat, S, 3),
    case(np.roll, V, 1),
    case(np.roll, M, -2),
    case(np.roll, M, 1, axis=1),
    case(np.roll, M, (1, 2), axis=(0, 1)),
    case(np.roll, M, (1, 2), axis=(1, 1)),
    case(np.roll, M, 1, (0, -1)),
    case(np.roll, T, 1, axis=-2),
    case(np.flip, V),
    case(np.flip, T),
    case(np.flip, T, 1),
    case(np.flip, T, axis=(0, -1)),
    case(np.fliplr, M),
    case(np.flipud, M),
    case(np.rot90, M),
    case(np.rot90, T, 3, axes=(1, 2)),
    case(np.diag, V),
    case(np.diag, V, 1),
    case(np.diag, V, k=-2),
    case(np.diag, M),
    case(np.diag, SQUARE, -1),
    case(np.diagonal, M, 1),
    case(np.diagonal, T, axis1=1, axis2=2),
    case(np.diagonal, T, 0, 0, 2),
    case(np.linalg.diagonal, T),
    case(np.linalg.diagonal, STACK, offset=1),
    case(np.trace, M),
    case(np.trace, SQUARE, offset=1),
    case(np.trace, T, 0, 1, 2),
    case(np.linalg.trace, STACK),
    case(np.linalg.trace, STACK, offset=-1),
    case(np.take, V, [0, 0, 3]),
    case(np.take, M, [2, 0], axis=1),
    case(np.take, M, 1, axis=0),
    case(np.take, M, [[0, 5], [-1, 5]]),
    case(np.take, V, [5, -7], mode="wrap"),
    case(np.take, V, [5, -7], mode="clip"),
    case(np.take_along_axis, M, np.array([[2, 0], [1, 1]]), axis=1),
    case(np.take_along_axis, M, np.array([[2, 0], [1, 1]]), -1),
    case(np.take_along_axis, M, np.array([1, 1, 0, 4]), axis=None),
    case(np.sort, V),
    case(np.sort, M, axis=0),
    case(np.sort, M, axis=None),
    case(np.sort, T, -2),
    case(np.sort, M, kind="stable"),
    case(np.sort, M, stable=True),
    case(np.diff, V),
    case(np.diff, M, axis=0),
    case(np.diff, V, n=2),
    case(np.diff, V, 0),
    case(np.diff, V, prepend=0.5),
    case(np.diff, V, append=W),
    case(np.diff, M, axis=-1, prepend=floats(2, 1), append=0.0),
    case(np.diff, T, 1, 1, prepend=S),
    case(np.pad, V, 2),
    case(np.pad, V, (1, 2)),
    case(np.pad, M, ((1, 0), (0, 2))),
    case(np.pad, M, 1, constant_values=3.5),
    case(np.pad, M, ((1, 1), (2, 0)), "constant", constant_values=((1.0, 2.0), (3.0, 4.0))),
    case(np.pad, V, 2, "edge"),
    case(np.pad, V, 3, "reflect"),
    case(np.pad, V, 3, "reflect", reflect_type="even"),
    case(np.pad, M, 1, mode="symmetric"),
    case(np.pad, M, 2, mode="wrap"),
]

CHOICES = [
    case(np.where, MASK, M, floats(2, 3)),
    case(np.where, MASK, M, 0.0),
    case(np.where, MASK, 1.0, M),
    case(np.where, MASK, W, floats(2, 1)),
    case(np.where, [True, False, True], W, S),
    case(np.where, True, V, W[:1]),
    case(np.where, M > 0, M, floats(2, 3)),
    case(np.clip, M, -1.0, 1.0),
    case(np.clip, M, None, 0.5),
    case(np.clip, M, a_min=0.1, a_max=None),
    case(np.clip, M, min=-0.5, max=0.5),
    case(np.clip, M, floats(3) - 3.0, floats(2, 1) + 1.21),
    case(np.clip, M, None, None),
    case(np.real, M),
    case(np.imag, M),
    case(np.copy, M),
    case(np.copy, M, order="F"),
    case(np.zeros_like, M),
    case(np.zeros_like, M, shape=(2,)),
    case(np.empty_like, Z),
    case(np.ones_like, M),
    case(np.ones_like, M, dtype=float, shape=3),
    case(np.full_like, M, 2.5),
]

REDUCTIONS = [
    *(
        case(function, M)
        for function in (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.amax, np.min, np.amin, np.ptp, np.cumsum)
    ),
    *(
        case(function, M, axis=0)
        for function in (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.amax, np.min, np.amin, np.ptp)
    ),
    *(case(function, M, 1, keepdims=True) for function in (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.min, np.ptp)),
    *(case(function, T, axis=(0, -1)) for function in (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.min, np.ptp)),
    *(case(function, T, axis=(2, 0), keepdims=True) for function in (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.min)),
    *(case(function, T, axis=()) for function in (np.sum, np.mean, np.prod, np.max, np.min)),
    *(case(function, S) for function in (np.sum, np.mean, np.prod, np.max, np.min, np.ptp, np.cumsum)),
    *(case(function, T, keepdims=True) for function in (np.sum, np.prod, np.max, np.var)),
    *(case(function, M, axis=1, where=MASK) for function in (np.sum, np.mean, np.prod)),
    *(case(function, M, axis=0, where=np.array([[True], [False]])) for function in (np.sum, np.mean, np.prod)),
    *(case(function, M, axis=0, initial=3.0, where=MASK) for function in (np.sum, np.prod, np.max)),
    case(np.min, M, axis=0, initial=-3.0, where=MASK),
    case(np.max, V, initial=-9.0),
    case(np.max, V, initial=9.0, smooth=False),
    case(np.sum, V, initial=3.5),
    case(np.prod, V, initial=3.5),
    case(np.sum, Z),
    case(np.prod, Z),
    case(np.sum, floats(0, 3), axis=0),
    case(np.prod, floats(0, 3), axis=0),
    case(np.prod, floats(3, 0), axis=0),
    case(np.sum, [V, V]),
    case(np.sum, V, None, float),
    case(np.mean, M, dtype=float),
    case(np.mean, floats(3, 0), axis=0),
    case(np.var, M, ddof=1),
    case(np.var, M, axis=1, ddof=1, keepdims=True),
    case(np.var, M, correction=1),
    case(np.var, M, 0, None, None, 1),
    case(np.var, M, axis=1, where=MASK),
    case(np.std, M, axis=1, where=MASK),
    case(np.std, M, axis=-1, ddof=1),
    case(np.std, T, axis=(0, 1), ddof=2, keepdims=True),
    case(np.std, M, correction=1.5),
    case(np.var, M, mean=S),
    case(np.std, M, axis=0, mean=floats(1, 3)),
    case(np.prod, np.array([2.0, 0.0, 3.0])),
    case(np.prod, np.array([2.0, 0.0, 0.0, 3.0])),
    case(np.prod, np.zeros((2, 3)), axis=1),
    case(np.cumsum, M, axis=0),
    case(np.cumsum, M, -1),
    case(np.cumsum, T, axis=1),
    case(np.cumsum, Z),
    case(np.cumsum, M, dtype=float),
]

A5 = floats(2, 1, 2, 3)
PRODUCTS = [
    case(np.matmul, M, N),
    case(np.matmul, M, W),
    case(np.matmul, W, N),
    case(np.matmul, W, floats(3)),
    case(np.matmul, T, floats(2, 3)),
    case(np.matmul, floats(2, 2), T.transpose(0, 2, 1)),
    case(np.matmul, T, floats(2)),
    case(np.matmul, W, T),
    case(np.matmul, A5, floats(4, 3, 2)),
    case(np.matmul, floats(1, 2, 3), floats(4, 3, 2)),
    case(np.matmul, A5, W),
    case(np.matmul, floats(2), A5),
    case(np.matmul, floats(2, 0), floats(0, 3)),
    case(np.matmul, floats(0, 2), floats(2, 3)),
    case(np.dot, M, N),
    case(np.dot, V, floats(4)),
    case(np.dot, M, W),
    case(np.dot, S, M),
    case(np.dot, M, S),
    case(np.dot, T, floats(4, 2, 2)),
    case(np.dot, W, T),
    case(np.dot, T, floats(2)),
    case(np.dot, M, T),
    case(np.dot, [1.0, 2.0, 3.0], N),
    case(np.vdot, V, floats(4)),
    case(np.vdot, M, N),
    case(np.vdot, S, floats()),
    case(np.inner, V, floats(4)),
    case(np.inner, M, floats(4, 3)),
    case(np.inner, T, floats(2)),
    case(np.inner, S, M),
    case(np.outer, V, W),
    case(np.outer, M, W),
    case(np.outer, S, V),
    case(np.linalg.outer, V, W),
    case(np.tensordot, M, N, 1),
    case(np.tensordot, M, floats(2, 3)),
    case(np.tensordot, M, V, 0),
    case(np.tensordot, T, floats(3, 4), ((1,), (0,))),
    case(np.tensordot, T, floats(2, 4, 3), axes=([0, 1], [0, 2])),
    case(np.tensordot, T, floats(2, 4, 3), axes=((-1, -2), (0, -1))),
    case(np.tensordot, T, floats(3, 4), axes=(1, 0)),
    case(np.linalg.tensordot, M, N, axes=1),
    case(np.einsum, "ij,jk->ik", M, N),
    case(np.einsum, "ij,jk", M, N),
    case(np.einsum, "ij,j->i", M, W),
    case(np.einsum, "i,i", V, floats(4)),
    case(np.einsum, "i,j->ij", V, W),
    case(np.einsum, "ij->", M),
    case(np.einsum, "ij->j", M),
    case(np.einsum, "ji", M),
    case(np.einsum, "ii", SQUARE),
    case(np.einsum, "ii->i", SQUARE),
    case(np.einsum, "iij->j", floats(2, 2, 3)),
    case(np.einsum, "ii,i->", SQUARE, W),
    case(np.einsum, "ij,ij,i->j", M, floats(2, 3), floats(2)),
    case(np.einsum, "i,i,i->", V, V, V),
    case(np.einsum, "ijk,kl,lm->ijm", T, floats(2, 3), floats(3, 2)),
    case(np.einsum, "...ij,...jk->...ik", A5, floats(4, 3, 2)),
    case(np.einsum, "...i->...", T),
    case(np.einsum, "i...->...", T),
    case(np.einsum, "...,...", M, W),
    case(np.einsum, "b...,b->...", M, floats(2)),
    case(np.einsum, "ij,j->ij", M, floats(1)),
    case(np.einsum, "ij,ij->i", floats(2, 1), M),
    case(np.einsum, " ij , jk -> ik ", M, N),
    case(np.einsum, ",ij->ij", S, M),
    case(np.einsum, M, [0, 1], N, [1, 2], [0, 2]),
    case(np.einsum, M, [0, 1], N, [1, 2]),
    case(np.einsum, T, [Ellipsis, 0], [Ellipsis]),
    case(np.einsum, "ij,jk,kl->il", M, N, M, optimize=True),
    case(np.einsum, "ij,jk->ik", floats(0, 2), floats(2, 3)),
    case(np.einsum, "ij,jk->ki", floats(2, 0), floats(0, 3)),
]

LINALG = [
    case(np.linalg.det, SQUARE),
    case(np.linalg.det, STACK),
    case(np.linalg.det, floats(1, 1)),
    case(np.linalg.slogdet, SQUARE),
    case(np.linalg.slogdet, STACK),
    case(np.linalg.inv, SQUARE),
    case(np.linalg.inv, STACK),
    case(np.linalg.solve, SQUARE, W),
    case(np.linalg.solve, SQUARE, N),
    case(np.linalg.solve, STACK, floats(2, 3, 2)),
    case(np.linalg.solve, STACK, N),
    case(np.linalg.solve, STACK, W),
    case(np.linalg.solve, SQUARE, floats(2, 3, 1)),
    case(np.linalg.norm, V),
    case(np.linalg.norm, M),
    case(np.linalg.norm, T),
    case(np.linalg.norm, M, axis=1),
    case(np.linalg.norm, M, 2, 0),
    case(np.linalg.norm, M, "fro"),
    case(np.linalg.norm, M, "fro", axis=(1, 0), keepdims=True),
    case(np.linalg.norm, T, axis=(0, 2), keepdims=True),
    case(np.linalg.norm, M, keepdims=True),
    *(case(np.linalg.norm, V, order) for order in (1, 2, 3, 0.5, 2.5, -1, -2, np.inf, -np.inf)),
    *(case(np.linalg.norm, M, order, axis=0, keepdims=True) for order in (1, 2, 3, np.inf, -np.inf, -1)),
    *(case(np.linalg.norm, M, order) for order in (1, -1, np.inf, -np.inf)),
    *(case(np.linalg.norm, T, order, axis=(2, 0)) for order in (1, -1, np.inf, -np.inf)),
    *(case(np.linalg.norm, T, order, axis=(-1, 1), keepdims=True) for order in (1, np.inf)),
    case(np.linalg.norm, V, 0, smooth=False),
]

ALL = [*SHAPES, *JOINS, *MOVES, *CHOICES, *REDUCTIONS, *PRODUCTS, *LINALG]
every_case = pytest.mark.parametrize("case", ALL)
# Elementwise rules are tested from the table, those whose parameters are checked first (jv's order) among them.
FUNCTIONS = [
    function
    for function, rule in rules.FUNCTIONS.items()
    if function not in rules.ELEMENTWISE and not isinstance(rule, rules.Constant)
]


SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py")))
NAMESPACES = {
    "np": np,
    "np.linalg": np.linalg,
    "np.fft": np.fft,
    "scimath": np.lib.scimath,
    "stride_tricks": np.lib.stride_tricks,
    "umath": vars(np)["_core"].umath,
}


def names_of(function: Any) -> list[str]:
    """All names under which NumPy shows a function."""
    return [
        f"{space}.{name}" for space, module in NAMESPACES.items() for name in dir(module) if vars(module).get(name) is function
    ]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_function_has_a_case(function: Any) -> None:
    """Breaks if a function gets a rule and no test names it."""
    names = names_of(function)
    assert names
    called = any(parameter.values[0].function is function for parameter in ORDERS)
    assert called or any(re.search(rf"\b{re.escape(name)}\b", SOURCES) for name in names), names


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


# ---- float32, options, and the functions without a derivative


@every_case
def test_float32_stays(case: FunctionCase) -> None:
    """Breaks if a rule widens float32 to float64 where NumPy does not, or computes a wrong derivative in it."""
    check_single_precision(case)


X = floats(2, 2)
REFUSED = {
    "sum_out": lambda x: np.sum(x, out=np.zeros(())),
    "mean_out": lambda x: np.mean(x, axis=0, out=np.zeros(2)),
    "var_out": lambda x: np.var(x, axis=0, out=np.zeros(2)),
    "prod_out": lambda x: np.prod(x, axis=0, out=np.zeros(2)),
    "max_out": lambda x: np.max(x, axis=0, out=np.zeros(2)),
    "min_out": lambda x: np.min(x, axis=0, out=np.zeros(2)),
    "ptp_out": lambda x: np.ptp(x, axis=0, out=np.zeros(2)),
    "cumsum_out": lambda x: np.cumsum(x, axis=0, out=np.zeros((2, 2))),
    "concatenate_out": lambda x: np.concatenate([x, x], out=np.zeros((4, 2))),
    "stack_out": lambda x: np.stack([x, x], out=np.zeros((2, 2, 2))),
    "take_out": lambda x: np.take(x, [0], out=np.zeros(1)),
    "clip_out": lambda x: np.clip(x, 0, 1, out=np.zeros((2, 2))),
    "dot_out": lambda x: np.dot(x, x, out=np.zeros((2, 2))),
    "outer_out": lambda x: np.outer(x, x, out=np.zeros((4, 4))),
    "trace_out": lambda x: np.trace(x, out=np.zeros(())),
    "einsum_out": lambda x: np.einsum("ij->i", x, out=np.zeros(2)),
    "einsum_dtype": lambda x: np.einsum("ij->i", x, dtype=np.float32),
    "ufunc_where": lambda x: np.add(x, x, where=np.eye(2) > 0),
    "ufunc_dtype": lambda x: np.add(x, x, dtype=np.float32),
    "ufunc_casting": lambda x: np.exp(x, casting="unsafe"),
    "pad_ramp": lambda x: np.pad(x, 1, "linear_ramp"),
    "pad_mean": lambda x: np.pad(x, 1, "mean"),
    "sort_order": lambda x: np.sort(x, order="a"),
}


@exact_modes
@pytest.mark.parametrize("name", REFUSED)
def test_options_without_a_rule_are_refused(name: str, method: str) -> None:
    """Breaks if an option whose derivative is not known is ignored, or refused without a cure."""
    with pytest.raises(MissingRuleError, match=r"np\.") as caught:
        ad.jacobian(REFUSED[name], X, method=method)
    assert any(cure in str(caught.value) for cure in ("instead", "Leave it out", "Call the function without options"))


@exact_modes
def test_writing_into_a_plain_array_by_out_is_refused(method: str) -> None:
    """Breaks if out= writes a traced value into a plain array, which cannot hold its derivative."""
    with pytest.raises(TracedValueError, match=r"np\.zeros_like"):
        ad.jacobian(lambda x: np.multiply(x, x, out=np.zeros((2, 2))), X, method=method)


@exact_modes
def test_out_of_ufuncs_may_be_a_traced_array(method: str) -> None:
    """Breaks if out= with an array made by np.zeros_like(x) is not filled, aliases and all."""

    def f(x: Any) -> Any:
        y = np.zeros_like(x)
        alias = y
        result = np.multiply(x, x, out=y)
        np.add(y, x, out=y)
        return alias * result

    assert_close(ad.jacobian(f, X, method=method), numerical_jacobian(lambda x: (x * x + x) ** 2, X), 1e-8)


def tomorrow(x: float) -> float:
    """A function that NumPy does not have yet."""
    return x


NO_RULE = {"tomorrow": np.frompyfunc(tomorrow, 1, 1)}


@exact_modes
@pytest.mark.parametrize("name", NO_RULE)
def test_functions_without_a_rule_say_how_to_add_one(name: str, method: str) -> None:
    """Breaks if a function without a rule answers with bare numbers, or its refusal does not name it and the cure."""
    with pytest.raises(MissingRuleError) as caught:
        ad.jacobian(NO_RULE[name], X, method=method)
    assert name in str(caught.value)
    assert "admodes.rules.elementwise(" in str(caught.value)
    assert "@admodes.primitive" in str(caught.value)


def test_full_like_takes_a_traced_value() -> None:
    """Breaks if np.full_like(x, value) forgets that the value depends on x."""
    check_array_function(lambda x: np.full_like(x, x[0, 1]) * x, X)
    check_array_function(lambda x: np.full_like(x, x[1]) * x, X)
    check_array_function(lambda x: np.full_like(x, x[0, 0] ** 2, shape=(3,)), X)


def test_initial_may_be_traced() -> None:
    """Breaks if the derivative by the initial value of a reduction is lost."""
    check_array_function(lambda x: np.sum(x, axis=1, initial=x[0, 0]), X)
    check_array_function(lambda x: np.prod(x, initial=x[1, 0]), X)
    check_array_function(lambda x: np.max(x, axis=0, initial=np.sum(x) + 9.0), X)


# ---- locally constant functions and metadata

CONSTANTS = [function for function, rule in rules.FUNCTIONS.items() if isinstance(rule, rules.Constant)]
#: Further arguments behind x; the others are called with x alone or, if that is not enough, with x and 0.3.
ARGUMENTS: dict[Any, tuple[Any, ...]] = {
    np.searchsorted: (0.3,),
    np.digitize: ([0.0, 1.0],),
    np.argpartition: (1,),
    np.heaviside: (0.5,),
    np.isin: ([0.0, 1.0],),
}


def _call(function: Any, x: Any) -> Any:
    bits = {
        np.bitwise_and,
        np.bitwise_or,
        np.bitwise_xor,
        np.left_shift,
        np.right_shift,
        np.invert,
        np.bitwise_count,
        np.gcd,
        np.lcm,
    }
    x = np.floor(x).astype(int) if function in bits else x
    if function in ARGUMENTS:
        return function(x, *ARGUMENTS[function])
    two = (isinstance(function, np.ufunc) and function.nin == 2) or function in (
        np.isclose,
        np.allclose,
        np.array_equal,
        np.array_equiv,
    )
    return function(x, np.ones_like(x)) if two else function((x, x)) if function is np.lexsort else function(x)


@exact_modes
@pytest.mark.parametrize("function", CONSTANTS, ids=lambda function: function.__name__)
def test_locally_constant_functions_have_zero_derivatives(function: Any, method: str) -> None:
    """Breaks if a step function's value is not NumPy's, or its derivative is not exactly zero."""
    x = np.sort(floats(4))
    wanted = _call(function, x)
    parts = wanted if isinstance(wanted, tuple) else (wanted,)

    def f(x: Any) -> Any:
        found = _call(function, x)
        return [1.0 * part for part in found] if isinstance(found, tuple) else 1.0 * found

    value, derivative = ad.value_and_jacobian(f, x, method=method)
    for found, zero, part in zip(
        *((tree if isinstance(tree, list) else [tree]) for tree in (value, derivative)), parts, strict=True
    ):
        np.testing.assert_array_equal(found, np.asarray(part, dtype=float))
        np.testing.assert_array_equal(zero, np.zeros(np.shape(part) + x.shape))


@exact_modes
@pytest.mark.parametrize("function", CONSTANTS, ids=lambda function: function.__name__)
def test_locally_constant_values_are_used_as_numbers(function: Any, method: str) -> None:
    """Breaks if a step function beside a smooth one changes the derivative of the smooth one."""
    x = np.sort(floats(4))

    def f(x: Any) -> Any:
        found = _call(function, x)
        return np.sum(x**2) * np.sum(np.asarray(1.0 * (found[0] if isinstance(found, tuple) else found)))

    assert_close(ad.gradient(f, x, method=method), 2 * x * f(x) / np.sum(x**2), 1e-12)


METADATA_CALLS = {
    np.result_type: lambda x: (x, np.float32),
    np.can_cast: lambda x: (x.dtype, np.float32),
    np.may_share_memory: lambda x: (x, np.zeros(2)),
    np.shares_memory: lambda x: (x, np.zeros(2)),
    np.einsum_path: lambda x: ("ij->i", x),
}


@exact_modes
@pytest.mark.parametrize(
    "function", sorted(rules.METADATA - set(rules.FUNCTIONS), key=lambda f: f.__name__), ids=lambda function: function.__name__
)
def test_functions_about_shape_and_type_answer_plainly(function: Any, method: str) -> None:
    """Breaks if a question about shape or type is answered with a traced value, or not as NumPy does."""
    arguments = METADATA_CALLS.get(function, lambda x: (x,))
    wanted = function(*arguments(X))
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append(function(*arguments(x)))
        return np.sum(x)

    ad.gradient(f, X, method=method)
    assert seen[0] == wanted
    assert type(seen[0]) is type(wanted)


@exact_modes
@pytest.mark.parametrize("f", [
    lambda x: np.transpose(x, (0, 2)),
    lambda x: np.transpose(x, (0,)),
    lambda x: np.swapaxes(x, 0, 5),
    lambda x: np.moveaxis(x, 0, 7),
    lambda x: np.roll(x, 1, axis=4),
    lambda x: np.sum(x, axis=3),
    lambda x: np.sum(x, axis=(0, 0)),
    lambda x: np.split(x, 3),
    lambda x: np.diff(x, n=-1),
    lambda x: np.squeeze(x, 0),
    lambda x: np.concatenate([x, x[0]]),
    lambda x: np.dot(x, np.ones(3)),
    lambda x: np.tensordot(np.repeat(x, 3, axis=1)[:, :3], np.ones((3, 2)), axes=2),
    lambda x: np.reshape(x, (3, -1)),
    lambda x: np.reshape(x, (-1, -1)),
    lambda x: np.max(x[:0]),
    lambda x: np.einsum("ij,kl", x),
    lambda x: np.take(x, 9),
    lambda x: np.broadcast_to(x, (3, 2)),
    lambda x: np.linalg.inv(x[0]),
    lambda x: np.linalg.solve(x, np.ones(3)),
])  # fmt: skip
def test_arguments_that_numpy_refuses(f: Any, method: str) -> None:
    """Breaks if a call that NumPy refuses gives a derivative, or another kind of error."""
    with pytest.raises((ValueError, IndexError)):
        f(X)
    with pytest.raises((ValueError, IndexError)):
        ad.jacobian(lambda x: np.ravel(f(x)), X, method=method)
