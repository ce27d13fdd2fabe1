"""Every function of NumPy that has a rule: values, both modes, seeds and second order on a table of calls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rule_cases import FunctionCase, case, check_first_order, check_second_order, check_seeds, check_value

import admodes as ad
from admodes import rules
from admodes.errors import MissingRuleError

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
    *(case(function, M) for function in (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.amax, np.min, np.amin, np.ptp, np.cumsum)),
    *(case(function, M, axis=0) for function in (np.sum, np.mean, np.var, np.std, np.prod, np.max, np.amax, np.min, np.amin, np.ptp)),
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
FUNCTIONS = [function for function, rule in rules.FUNCTIONS.items() if not isinstance(rule, (rules.Elementwise, rules.Constant))]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_function_has_a_case(function: Any) -> None:
    """Breaks if a function gets a rule without a call that tests it."""
    assert any(parameter.values[0].function is function for parameter in ALL)


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
