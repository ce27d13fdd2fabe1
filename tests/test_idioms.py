"""Plain NumPy means plain NumPy: every idiom gives the right value and derivative in every mode."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
import pytest
from support import EXACT_MODES, MODES, TOLERANCE, Case, assert_close, assert_right, assert_right_or_refused, cases, every_mode

import admodes as ad

V = np.array([0.7, -1.3, 2.1])
M = np.array([[0.7, -1.3, 2.1], [1.9, 0.4, -0.6]])
S = np.array([[2.0, 0.3, -0.5], [0.1, 1.7, 0.4], [-0.2, 0.6, 2.3]])
W = np.array([1.5, -0.5, 2.0])
A = np.array([[0.2, -0.4, 1.1], [0.9, 0.3, -0.7]])


def written(*shape: int) -> Any:
    """A writer of a traced array: ``@written(2, 3) def f(y, x)`` gets y of zeros, and f(x) returns y."""

    def decorate(write: Any) -> Any:
        def f(x: Any) -> Any:
            y = np.zeros(shape, like=x) if shape else np.zeros_like(x)
            write(y, x)
            return y

        return functools.wraps(write)(f)

    return decorate


# --- building arrays -------------------------------------------------------------------------


@every_mode
@cases(
    ("array_of_scalars", lambda x: np.array([x[0] * x[1], np.sin(x[0])]), V, [[-1.3, 0.7, 0], [np.cos(0.7), 0, 0]]),
    ("array_with_constants", lambda x: np.array([x[0], 1.0, 2]), V, [[1, 0, 0], [0, 0, 0], [0, 0, 0]]),
    ("array_of_rows", lambda x: np.array([[x[0], 1.0], [2.0, x[1] ** 2]]), V),
    ("array_of_arrays", lambda x: np.array([x, 2 * x]), V),
    ("array_of_comprehension", lambda x: np.array([v * v for v in x]), V, np.diag(2 * V)),
    ("array_used_further", lambda x: (np.array([x[0], x[1]]) * 3.0 + np.exp(np.array([x[1], x[2]]))).sum(), V),
    ("array_matmul", lambda x: A[:, :2] @ np.array([x[0] * x[2], x[1]]), V),
    ("list_returned", lambda x: [x[0] * x[1], x[2]], V, [[-1.3, 0.7, 0], [0, 0, 1]]),
    ("array_copies", lambda x: np.array(x) * x, V, np.diag(2 * V)),
    ("asarray", lambda x: np.asarray(x) ** 2, V, np.diag(2 * V)),
    ("stack", lambda x: np.stack([x[0] * x[1], x[1], 1.0 * x[2]]), V),
    ("vstack_hstack", lambda x: np.hstack([np.vstack([x, 2 * x]), np.ones((2, 1))]), V),
    ("concatenate", lambda x: np.concatenate([x[:2], x * x, [1.0]]), V),
    ("append", lambda x: np.append(x, x[0] * x[1]), V),
    ("full_like", lambda x: np.full_like(x, 2.0) * x, V, 2 * np.eye(3)),
    ("ones_like", lambda x: np.ones_like(x) + x, V, np.eye(3)),
    ("copy_is_a_copy", lambda x: functools.reduce(lambda y, i: (operator.setitem(y, i, 0.0), y)[1], [0], x.copy()) + x, V),
)
def test_building_arrays(case: Case, method: str) -> None:
    """Breaks if an array built from traced values loses its derivative."""
    assert_right(case, method)


# --- writing ---------------------------------------------------------------------------------


@written()
def elements(y: Any, x: Any) -> None:
    for i in range(3):
        y[i] = x[i] * x[(i + 1) % 3]


@written(3)
def slices(y: Any, x: Any) -> None:
    y[1:] = x[:2] ** 2
    y[0] = 5.0


@written(3)
def reversed_slice(y: Any, x: Any) -> None:
    y[::-1] = np.sin(x)


@written()
def mask(y: Any, x: Any) -> None:
    y[x > 0] = x[x > 0] ** 2


@written(3)
def fancy(y: Any, x: Any) -> None:
    y[[2, 0]] = x[1:] * x[0]


@written(3)
def fancy_add_twice_the_same_place(y: Any, x: Any) -> None:
    y[[0, 0, 1]] += x


@written(2, 3)
def columns(y: Any, x: Any) -> None:
    y[:, 0] = x[:2]
    y[1, 1:] = x[1:] * x[0]
    y[..., 2] += x[0]


@written(2, 3)
def broadcast_write(y: Any, x: Any) -> None:
    y[...] = x
    y[1] = x[0]


@written(2, 3)
def add_to_a_row(y: Any, x: Any) -> None:
    for i in range(2):
        y[i] += x * (i + 1)
        y[i] *= x


@written(3)
def overwritten_by_a_constant(y: Any, x: Any) -> None:
    y[:] = x
    y[1] = 4.0


@written(3)
def rewritten_after_reading(y: Any, x: Any) -> None:
    y[0] = x[0]
    y[1] = np.exp(y[0])
    y[0] = y[1] * x[2]
    y[2] = y[0] + y[1]


@written(3)
def overlapping(y: Any, x: Any) -> None:
    y[:] = x
    y[1:] = y[:-1]
    y[1:] += y[:-1] * x[0]


@written(3)
def swapped_elements(y: Any, x: Any) -> None:
    y[:] = x**2
    y[0], y[2] = y[2], y[0]
    y[[0, 1]] = y[[1, 0]]


@written(3)
def accumulated(y: Any, x: Any) -> None:
    for i in range(3):
        for j in range(i + 1):
            y[i] += x[j] * W[i]


def seen_through_an_alias(x: Any) -> Any:
    y = np.zeros_like(x)
    alias = y
    y += x * x
    alias[0] *= 3.0
    return y + alias


def operator_in_place(x: Any) -> Any:
    y = x * 1.0
    y += x
    y -= 0.5
    y *= x
    y /= 3.0
    y **= 2
    return y


def scalar_in_place(x: Any) -> Any:
    total = 0.0
    for v in x:
        total += v
        total -= v * v
        total *= 1.5
        total /= 2.0
    total **= 2
    return total


def floor_and_remainder_in_place(x: Any) -> Any:
    y = x * 4.0
    y %= 1.5
    z = x * 4.0
    z //= 1.5
    return y + z * x


def matmul_in_place(x: Any) -> Any:
    y = np.outer(x, x)
    y @= S
    return y


def x_itself(x: Any) -> Any:
    x *= 2.0
    x[0] = x[1] * 3.0
    return x * x


def step_by_step(x: Any) -> Any:
    state = np.zeros((4, 3), like=x)
    state[0] = x
    for i in range(3):
        state[i + 1] = np.tanh(S @ state[i]) + state[i]
    return state[-1]


WRITERS = (
    elements, slices, reversed_slice, mask, fancy, fancy_add_twice_the_same_place, columns, broadcast_write, add_to_a_row,
    overwritten_by_a_constant, rewritten_after_reading, overlapping, swapped_elements, accumulated, seen_through_an_alias,
    operator_in_place, scalar_in_place, floor_and_remainder_in_place, matmul_in_place, x_itself, step_by_step,
)  # fmt: skip


@every_mode
@pytest.mark.parametrize("f", WRITERS, ids=lambda f: f.__name__)
def test_in_place_writes(f: Any, method: str) -> None:
    """Breaks if a write into a traced array is lost, doubled or seen too late."""
    assert_right(Case(f, V), method)


def row_written(x: Any) -> Any:
    y = np.zeros((2, 3), like=x)
    row = y[0]
    row[:] = x * x
    return y


def row_read_after_base_was_written(x: Any) -> Any:
    y = np.zeros((2, 3), like=x)
    row = y[1]
    y[1] = x * 3.0
    return row * x


def row_in_place(x: Any) -> Any:
    y = np.ones((2, 3), like=x)
    row = y[1]
    row += x
    row *= x
    return y


def transposed_view(x: Any) -> Any:
    y = np.zeros((3, 2), like=x)
    y.T[0] = x
    y.reshape(-1)[1] = x[2] ** 2
    return y


def view_of_view(x: Any) -> Any:
    y = np.zeros((2, 3), like=x)
    part = y[1:, ::2]
    part[0][1] = x[0] * x[1]
    return y.sum(axis=0)


def rows_swapped(x: Any) -> Any:
    y = np.stack([x, x * x])
    y[0], y[1] = y[1], y[0]
    return y


def slice_read_before_write(x: Any) -> Any:
    y = x * x
    head = y[:2]
    y[0] = 0.0
    return head * 2.0


def iterated_rows(x: Any) -> Any:
    y = np.zeros((2, 3), like=x)
    for row in y:
        row[1] = x[1] ** 3
    return y


VIEWS = (
    row_written, row_read_after_base_was_written, row_in_place, transposed_view, view_of_view, rows_swapped,
    slice_read_before_write, iterated_rows,
)  # fmt: skip


@every_mode
@pytest.mark.parametrize("f", VIEWS, ids=lambda f: f.__name__)
def test_views_share_memory_as_in_numpy(f: Any, method: str) -> None:
    """Breaks if a view and its base disagree without an error: as NumPy, or refused, but never stale."""
    assert_right_or_refused(Case(f, V), method)


@every_mode
def test_addition_to_a_row_of_a_matrix(method: str) -> None:
    """Breaks if ``y[i] += x`` is refused: it writes through a view and then stores the view."""
    assert_right(Case(add_to_a_row, V), method)


# --- control flow ----------------------------------------------------------------------------


def branch(x: Any) -> Any:
    return x[0] ** 2 if x[0] > 0 and not x[1] > 0 else x[1] ** 3


def chained(x: Any) -> Any:
    return x * 2.0 if -2 < x[1] < 0 <= x[0] != 5 else x * 0.0


def whole_array_branch(x: Any) -> Any:
    if (x > -5).all() and np.any(x > 2) and not np.all(x == V[0]):
        return x**3
    return x


def newton_square_root(x: Any) -> Any:
    guess = x
    while abs(guess * guess - x) > 1e-14:
        guess = 0.5 * (guess + x / guess)
    return guess


def halved_until_small(x: Any) -> Any:
    v, steps = x[2] ** 2, 0
    while v > 1.0:
        v, steps = v / 2.0, steps + 1
    return v * steps


def recursive(x: Any, depth: int = 3) -> Any:
    return np.sin(x) if depth == 0 else recursive(x * x[0] + 0.1, depth - 1)


def unpacked(x: Any) -> Any:
    first, *rest = x
    return first * rest[0] - rest[1] ** 2


def zipped(x: Any) -> Any:
    return sum(i * a * b for i, (a, b) in enumerate(zip(x, reversed(x), strict=True)))


def polynomial_class(x: Any) -> Any:
    class Polynomial:
        def __init__(self, coefficients: Any) -> None:
            self.coefficients = coefficients

        def __call__(self, t: float) -> Any:
            return functools.reduce(lambda value, c: value * t + c, self.coefficients)

    return Polynomial(x)(1.5)


def remembered_in_a_dictionary(x: Any) -> Any:
    values: dict[Any, Any] = dict(enumerate(x))
    values["sum"] = values[0] + values[1]
    return values["sum"] * values[2]


def passive_values(x: Any) -> Any:
    return x * x - np.floor(x) * x + np.sign(x) * x + np.heaviside(x, 0.5) + np.round(x) * x


PROGRAMS = (
    branch, chained, whole_array_branch, halved_until_small, recursive, unpacked, zipped, polynomial_class,
    remembered_in_a_dictionary, passive_values,
)  # fmt: skip


@every_mode
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_python_programs(f: Any, method: str) -> None:
    """Breaks if Python's own control flow, unpacking or closures lose the derivative."""
    assert_right(Case(f, V), method)


@every_mode
def test_while_loop_on_values(method: str) -> None:
    """Breaks if a loop whose length depends on traced values does not converge as in NumPy."""
    assert_right(Case(newton_square_root, 2.0, 0.5 / np.sqrt(2.0)), method)


@every_mode
@cases(
    ("sum", lambda x: sum(x), V, np.ones(3)),
    ("sum_of_squares", lambda x: sum(v**2 for v in x), V, 2 * V),
    ("max", lambda x: max(x) * 2.0, V, [0, 0, 2]),
    ("min", lambda x: min(x[0], x[1]) ** 2, V, [0, -2.6, 0]),
    ("max_key", lambda x: max(x, key=abs) ** 2, V, [0, 0, 4.2]),
    ("sorted", lambda x: np.array(sorted(x)) * W, V, [[0, 1.5, 0], [-0.5, 0, 0], [0, 0, 2]]),
    ("abs", lambda x: abs(x) + abs(x[1]), V, np.diag([1, -1, 1]) + np.array([0, -1, 0])),
    ("pow", lambda x: pow(x[0], 3) + pow(2.0, x[1]), V, [3 * 0.49, np.log(2) * 2**-1.3, 0]),
    ("len_and_shape", lambda x: x.sum() / len(x) + x[0] * x.size + x[1] * x.ndim + x[2] * x.shape[0], V),
    ("star_args", lambda x: (lambda *rest: rest[0] * rest[-1])(*x), V, [2.1, 0, 0.7]),
    ("map_filter", lambda x: sum(map(np.exp, filter(lambda v: v > 0, x))), V, [np.exp(0.7), 0, np.exp(2.1)]),
    ("reduce", lambda x: functools.reduce(operator.mul, x), V, [-2.73, 1.47, -0.91]),
)
def test_builtins(case: Case, method: str) -> None:
    """Breaks if a builtin that iterates or compares traced values loses a derivative."""
    assert_right(case, method)


# --- operators -------------------------------------------------------------------------------

BINARY = (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.floordiv)


@every_mode
@pytest.mark.parametrize("binary", BINARY, ids=lambda b: b.__name__)
def test_binary_operators(binary: Any, method: str) -> None:
    """Breaks if an operator has no rule on either side, for arrays, scalars, plain arrays and Python numbers."""
    x = np.array([1.7, 2.3])
    for f in (
        lambda x: binary(x, x[::-1]),
        lambda x: binary(x, 1.3),
        lambda x: binary(3, x),
        lambda x: binary(x, np.array([[0.6, 1.9], [2.0, 0.8]])),
        lambda x: binary(np.array([[0.6], [1.9]]), x),
        lambda x: binary(x[0], x[1]),
        lambda x: binary(x[0], 2),
        lambda x: binary(2.6, x[1]),
        lambda x: binary(np.float64(2.6), x[1]),
        lambda x: binary(x, x[0] * 1.1),
        lambda x: binary(x[1], np.array([0.6, 1.9])),
    ):
        assert_right(Case(f, x), method)


@every_mode
@cases(
    ("negative", lambda x: -x + -x[0], V),
    ("positive", lambda x: +x * +x[0], V),
    ("matmul_vector", lambda x: x @ W, V, W),
    ("matmul_self", lambda x: x @ x, V, 2 * V),
    ("constant_matmul", lambda x: A @ x, V, A),
    ("matrix_matmul", lambda x: x @ x.T, M),
    ("list_operand", lambda x: x * [1.0, 2.0, 3.0] + [1, 2, 3], V, np.diag([1.0, 2, 3])),
    ("integer_power_of_negative", lambda x: x**2 + x**3 + x**-1, V, np.diag(2 * V + 3 * V**2 - V**-2)),
    ("divmod", lambda x: sum(divmod(x[0] * 4, 1.5)), V),
    ("comparison_as_weight", lambda x: (x > 0) * x**2, V, np.diag([1.4, 0, 4.2])),
)
def test_other_operators(case: Case, method: str) -> None:
    """Breaks if an operator is missing on traced values."""
    assert_right(case, method)


# --- indexing --------------------------------------------------------------------------------


@every_mode
@cases(
    ("negative", lambda x: x[-1] * x[-3], V),
    ("slice", lambda x: x[1:] * x[:-1], V),
    ("step", lambda x: x[::2] ** 2, V),
    ("negative_step", lambda x: x[::-1] * W, V),
    ("negative_step_bounds", lambda x: x[2:0:-1] ** 2, V),
    ("empty_slice", lambda x: x[3:].sum() + x[0], V, [1, 0, 0]),
    ("none", lambda x: x[:, None] * x[None, :], V),
    ("ellipsis", lambda x: x[..., 1] * x[0, ...][1], M),
    ("element", lambda x: x[1, 2] * x[0][1], M),
    ("numpy_integer", lambda x: x[np.int64(1)] * x[np.array(2)], V),
    ("column", lambda x: x[:, 1:2] * x[:, 0:1], M),
    ("fancy_repeated", lambda x: x[[0, 2, 0]] * W, V),
    ("fancy_matrix_of_indices", lambda x: x[np.array([[0, 1], [2, 2]])] ** 2, V),
    ("fancy_pairs", lambda x: x[[0, 1, 1], [2, 0, 0]] * W, M),
    ("fancy_and_slice", lambda x: x[:, [2, 0]] * x[::-1, :2], M),
    ("fancy_with_none", lambda x: x[None, [1, 0], :, None] ** 2, M),
    ("ix", lambda x: x[np.ix_([0, 1], [2, 0])] ** 2, M),
    ("boolean", lambda x: x[x > 0] ** 2, V),
    ("boolean_constant", lambda x: x[np.array([True, False, True])] ** 2, V),
    ("boolean_matrix", lambda x: x[x > 0] * np.arange(4.0), M),
    ("boolean_rows", lambda x: x[x[:, 0] > 1] ** 2, M),
    ("mask_nothing", lambda x: x[x > 100].sum() + x[1], V, [0, 1, 0]),
    ("take_diag", lambda x: np.take(x, [0, 2]) @ np.diag(np.outer(x, x))[1:], V),
    ("scalar_none", lambda x: x[None] * W, 0.4, W),
    ("scalar_empty_tuple", lambda x: x[()] ** 2, 0.4, 0.8),
    ("scalar_ellipsis", lambda x: x[...] ** 2, 0.4, 0.8),
    ("element_with_none", lambda x: x[0][None] * W, V),
)
def test_indexing(case: Case, method: str) -> None:
    """Breaks if a kind of indexing picks or scatters wrongly."""
    assert_right(case, method)


# --- functions and methods -------------------------------------------------------------------


@every_mode
@cases(
    ("where", lambda x: np.where(x > 0, x**2, -x), V, np.diag([1.4, -1, 4.2])),
    ("where_scalar", lambda x: np.where(x > 0, x, 0.0), V, np.diag([1.0, 0, 1])),
    ("maximum_clip", lambda x: np.maximum(x, 0.5) + np.minimum(x, 1.0) + np.clip(x, -1, 1), V),
    ("elementary", lambda x: np.exp(np.sin(x)) + np.log(x**2) - np.tanh(x) * np.sqrt(np.abs(x)), V),
    ("sums", lambda x: np.sum(x * x, axis=0) + x.sum(axis=1, keepdims=True) * np.ones(3), M),
    ("mean_of_axes", lambda x: np.mean(x**2, axis=(0, 1)), M),
    ("dot_outer_inner", lambda x: np.dot(A, np.outer(x, x)) * np.inner(x, W), V),
    ("product", lambda x: np.prod(x) + x.prod(), V),
    ("transpose", lambda x: x.T @ np.array([1.0, -2.0]) * np.transpose(x)[:, 0], M),
    ("reshape_ravel", lambda x: x.reshape(3, 2) @ x.ravel()[:2] + x.reshape(-1)[1::2], M),
    ("method_dot", lambda x: x.dot(x) * x.dot(W), V),
    ("method_mean_min_max", lambda x: x.mean() + 2 * x.max() - x.min(), V),
    ("method_flatten_copy", lambda x: x.flatten() * x.copy().flatten(), M),
)
def test_numpy_functions_that_every_mode_knows(case: Case, method: str) -> None:
    """Breaks if a function or method of the first report's range is wrong in any mode."""
    assert_right(case, method)


LIBRARY = (
    ("norm", lambda x: np.linalg.norm(x), V, V / np.linalg.norm(V)),
    ("norm_rows", lambda x: np.linalg.norm(x, axis=1), M),
    ("det", lambda x: np.linalg.det(x), S, np.linalg.det(S) * np.linalg.inv(S).T),
    ("inv", lambda x: np.linalg.inv(x), S),
    ("solve", lambda x: np.linalg.solve(x, W), S),
    ("solve_right_side", lambda x: np.linalg.solve(S, x), V, np.linalg.inv(S)),
    ("slogdet", lambda x: np.linalg.slogdet(x)[1], S, np.linalg.inv(S).T),
    ("slogdet_named", lambda x: np.linalg.slogdet(x).logabsdet, S, np.linalg.inv(S).T),
    ("einsum", lambda x: np.einsum("ij,kj,k->i", x, x, np.array([1.0, -2.0])), M),
    ("einsum_trace", lambda x: np.einsum("ii", x @ x), S),
    ("einsum_no_arrow", lambda x: np.einsum("ij,j", x, W), M),
    ("tensordot", lambda x: np.tensordot(x, x, axes=([1], [1])), M),
    ("vdot", lambda x: np.vdot(x, x), V, 2 * V),
    ("trace_diag", lambda x: np.trace(x @ x) + np.diag(x).sum(), S),
    ("var_std", lambda x: np.array([x.var(), x.std(), np.var(x, ddof=1)]), V),
    ("var_axis", lambda x: np.var(x, axis=0), M),
    ("max_axis", lambda x: x.max(axis=1) * np.min(x, axis=1), M),
    ("cumsum_diff", lambda x: np.cumsum(x * x)[1:] * np.diff(x), V),
    ("sort", lambda x: np.sort(x) * W, V),
    ("split", lambda x: functools.reduce(operator.mul, np.split(x * x, 3)), V),
    ("axes", lambda x: np.swapaxes(x, 0, 1) @ np.moveaxis(x, 1, 0).T, M),
    ("squeeze_expand", lambda x: np.squeeze(np.expand_dims(x, 1)) * x, V),
    ("broadcast_tile_repeat", lambda x: np.broadcast_to(x, (2, 3)).T @ np.ones(2) + np.tile(x, 2)[1:4] * np.repeat(x, 2)[2:5], V),
    ("roll_flip_pad", lambda x: np.pad(np.roll(x, 1) * np.flip(x), (1, 2)), V),
    ("cumsum_method", lambda x: x.cumsum(axis=1).swapaxes(0, 1), M),
    ("repeat_take_trace_methods", lambda x: x.repeat(2)[::3] * x.take([0, 1, 3]) * (x @ x.T).trace(), M[:, :2]),
    ("method_clip_std", lambda x: x.clip(-1, 1) * x.std() + x.var(), V),
    ("argument_by_position", lambda x: x[int(np.argmax(x))] * x[np.argmin(x)] + x[np.argsort(x)][1], V),
    ("isclose_branch", lambda x: x if np.isnan(x).any() or np.allclose(x, 0.0) else x * x, V, np.diag(2 * V)),
    ("least_squares_by_normal_equations", lambda x: np.linalg.solve(x @ x.T, x @ W), M),
)


@pytest.mark.parametrize("method", ["finite", *EXACT_MODES])
@cases(*LIBRARY)
def test_numpy_library(case: Case, method: str) -> None:
    """Breaks if a function of the rule table is wrong in a mode that reads the table."""
    assert_right(case, method)


@cases(*LIBRARY)
def test_numpy_library_symbolic(case: Case) -> None:
    """Breaks if symbolic mode returns something wrong where it should refuse."""
    assert_right_or_refused(case, "symbolic")


@every_mode
def test_closures_and_arguments(method: str) -> None:
    """Breaks if arrays from a closure, defaults or args= enter wrongly."""

    def model(x: Any, weights: Any, bias: float = 0.5) -> Any:
        return np.tanh(weights @ x + bias) * W[:2]

    got = ad.jacobian(model, V, method=method, args=(A,))
    assert_close(got, ((1 - np.tanh(A @ V + 0.5) ** 2) * W[:2])[:, None] * A, TOLERANCE[method])


# --- the kinds of x --------------------------------------------------------------------------


@every_mode
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (2, 3), (2, 0), (2, 1, 3)], ids=str)
def test_shapes_of_x(shape: tuple[int, ...], method: str) -> None:
    """Breaks if x of some shape (scalar, empty, matrix, higher) gives another shape than f(x).shape + x.shape."""
    x = np.linspace(0.3, 1.7, int(np.prod(shape))).reshape(shape)
    elementwise = ad.differentiate(lambda x: np.sin(x) * x, x, method=method)
    truth = np.diag((np.cos(x) * x + np.sin(x)).ravel()).reshape(shape + shape)
    assert_close(elementwise, truth, TOLERANCE[method])
    gradient = ad.gradient(lambda x: np.sum(x**2) + 1.0, x, method=method)
    assert_close(gradient, 2 * x, TOLERANCE[method])
    assert isinstance(gradient, np.ndarray if shape else np.floating)


def read_only(x: np.ndarray) -> np.ndarray:
    x = x.copy()
    x.flags.writeable = False
    return x


@every_mode
@pytest.mark.parametrize(
    "x",
    [
        pytest.param(np.array([[1, 2, 3], [4, 5, 6]]), id="int"),
        pytest.param([[1, 2, 3], [4, 5, 6]], id="list"),
        pytest.param(((1.0, 2, 3), [4, 5, 6]), id="tuple_and_list"),
        pytest.param(np.arange(24.0).reshape(4, 6)[::2, 5:0:-2], id="non_contiguous"),
        pytest.param(np.asfortranarray(np.arange(1.0, 7).reshape(2, 3)), id="fortran"),
        pytest.param(np.arange(1.0, 7).reshape(3, 2).T, id="transposed"),
        pytest.param(read_only(np.arange(1.0, 7).reshape(2, 3)), id="read_only"),
        pytest.param(np.broadcast_to(np.array([1.0, 2, 3]), (2, 3)), id="broadcast"),
        pytest.param(np.arange(1, 7, dtype=np.uint8).reshape(2, 3), id="uint8"),
        pytest.param(np.arange(1.0, 7).reshape(2, 3).astype(">f8"), id="big_endian"),
    ],
)
def test_memory_layouts_and_dtypes_of_x(x: Any, method: str) -> None:
    """Breaks if the layout or integer dtype of x changes the derivative or its float64 dtype."""

    def f(x: Any) -> Any:
        y = np.zeros_like(x)
        y[0] = x[1] * x[0]
        y += x / 2
        x *= 2.0
        return (y * x).sum()

    kept = np.array(x)
    got = ad.gradient(f, x, method=method)
    values = np.asarray(x, dtype=float)
    truth = 2 * values
    truth[0] += 4 * values[0] * values[1]
    truth[1] += 2 * values[0] ** 2
    assert_close(got, truth, TOLERANCE[method])
    assert got.dtype.newbyteorder("=") == np.float64
    np.testing.assert_array_equal(np.array(x), kept)


@every_mode
@pytest.mark.parametrize("x", [np.float32(1.5), np.array([0.5, 1.5], np.float32)], ids=["scalar", "array"])
def test_float32_stays_float32(x: Any, method: str) -> None:
    """Breaks if a float32 x gives a float64 derivative."""
    got = ad.gradient(lambda x: np.sum(np.sin(x) * x), x, method=method)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, np.cos(x) * x + np.sin(x), rtol=1e-2 if method == "finite" else 1e-5)


@pytest.mark.parametrize("method", MODES)
@pytest.mark.parametrize("x", [2, 2.0, np.float64(2), np.array(2.0), np.int32(2), True + 1], ids=lambda x: type(x).__name__)
def test_scalars(x: Any, method: str) -> None:
    """Breaks if a number of some type gives no NumPy scalar of float64."""
    got = ad.differentiate(lambda x: x**3 / 4, x, method=method)
    assert type(got) is np.float64
    assert_close(got, 3.0, TOLERANCE[method])


@every_mode
def test_x_is_not_mutated_by_f(method: str) -> None:
    """Breaks if a function that overwrites its argument reaches the caller's array or list."""
    array, numbers = V.copy(), [0.7, -1.3, 2.1]
    assert_close(ad.jacobian(x_itself, array, method=method), ad.jacobian(x_itself, numbers, method=method), 1e-6)
    np.testing.assert_array_equal(array, V)
    assert numbers == [0.7, -1.3, 2.1]
