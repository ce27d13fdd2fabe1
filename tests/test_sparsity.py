"""Sparse Jacobians and Hessians: patterns, colours, few sweeps, and no wrong entry."""

from __future__ import annotations

import sys
import tracemalloc
from typing import Any

import numpy as np
import order_cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import numerical_jacobian
from test_functions import ALL
from test_random_programs import random_program

import admodes as ad
from admodes import differentiator
from admodes.errors import (
    InputError,
    MissingRuleError,
    OptionError,
    ShapeError,
    SparsityError,
    TracedValueError,
    UnsupportedError,
)
from admodes.function import Function
from admodes.reverse import linearize
from admodes.sparsity import colouring, dependence, sets
from admodes.sparsity.pattern import detect

sparse = pytest.importorskip("scipy.sparse")

N = 12
X = np.random.default_rng(5).permutation(np.linspace(0.4, 2.0, N))
BAND = np.diag(np.arange(1.0, N + 1)) + np.diag(np.ones(N - 1), 1) + np.diag(np.ones(N - 3), -3)
BLOCKS = np.random.default_rng(6).normal(size=(4, 3, 3)) + 3 * np.eye(3)


def by_writes(x: Any) -> Any:
    """A stencil as a loop that writes elements."""
    y = np.zeros_like(x)
    for i in range(1, N - 1):
        y[i] = x[i - 1] * x[i + 1]
    y[0] = y[5]
    return y


def in_place(x: Any) -> Any:
    """Writes through views, and reads of what was written before."""
    y = x.copy()
    early = y[2:4] * 1.0
    y[1:] += x[:-1] ** 2
    y[::3] = y[1::3] * y[2::3]
    return np.concatenate([y, early])


def heat(x: Any) -> Any:
    """Two steps of diffusion on a grid, with a frame of zeros."""
    grid = np.reshape(x, (3, 4))
    for _ in range(2):
        wide = np.pad(grid, 1)
        grid = grid + 0.1 * (wide[2:, 1:-1] + wide[:-2, 1:-1] + wide[1:-1, 2:] + wide[1:-1, :-2] - 4 * grid)
    return np.sin(grid)


#: By name: f, and how many entries its pattern has.
PATTERNS = {
    "diagonal": (lambda x: 1 / (1 + np.exp(-x)), N),
    "roll": (lambda x: np.roll(x, 1) * x - np.roll(x, -1), 3 * N),
    "slices": (lambda x: (x[2:] - 2 * x[1:-1] + x[:-2]) ** 2, 3 * (N - 2)),
    "diff": (lambda x: np.diff(x) ** 2, 2 * (N - 1)),
    "convolve": (lambda x: np.convolve(x, [1.0, 0.0, -1.0]) ** 2, 2 * N),
    "constant matrix": (lambda x: np.sin(BAND @ x), 3 * N - 4),
    "from the left": (lambda x: np.sin(x @ BAND), 3 * N - 4),
    "einsum": (lambda x: np.einsum("ij,j->i", BAND, x**2), 3 * N - 4),
    "masked": (lambda x: np.arange(N) % 3 * x, 2 * N // 3),
    "blocks": (lambda x: np.sin(BLOCKS @ x.reshape(4, 3, 1)), 9 * 4),
    "solve blocks": (lambda x: np.linalg.solve(BLOCKS, x.reshape(4, 3, 1)), 9 * 4),
    "inverse blocks": (lambda x: np.linalg.inv(x.reshape(3, 2, 2) + 3 * np.eye(2)), 16 * 3),
    "rows": (lambda x: np.sum(x.reshape(4, 3) ** 2, axis=1), N),
    "softmax of rows": (lambda x: np.exp(x.reshape(4, 3)) / np.sum(np.exp(x.reshape(4, 3)), axis=1, keepdims=True), 3 * N),
    "largest of rows": (lambda x: np.max(x.reshape(4, 3), axis=1), N),
    "arrow": (lambda x: np.concatenate([[np.sum(x**2)], x[1:] * x[0]]), N + 2 * (N - 1)),
    "gather": (lambda x: x[[3, 3, 0, -1]] * x[[1, 2, 3, 4]], 8),
    "scatter": (lambda x: np.bincount(np.arange(N) // 2, x**2), N),
    "sort": (np.sort, N),
    "where": (lambda x: np.where(x > 1, x, x[::-1] ** 2), N),
    "clip": (lambda x: np.maximum(x, 1.0), N),
    "branch": (lambda x: x**2 if x[0] > 0 else np.cumsum(x), N),
    "cumsum": (np.cumsum, N * (N + 1) // 2),
    "cumprod": (np.cumprod, N * (N + 1) // 2),
    "triangular solve": (lambda x: np.linalg.solve(np.tril(BAND), x), N * N),
    "fourier of rows": (lambda x: np.real(np.fft.fft(x.reshape(4, 3))), 3 * N),
    "matrix product": (lambda x: x.reshape(4, 3) @ x.reshape(3, 4), 16 * 6 - N),
    "all": (lambda x: x * np.sum(x), N * N),
    "nothing": (lambda x: np.floor(x / 10), 0),
    "writes": (by_writes, 2 * (N - 1)),
    "in place": (in_place, None),
    "heat": (heat, None),
}
METHODS = ("auto", "forward", "reverse", "complex", "finite")


def pattern_of(f: Any, x: Any) -> Any:
    """The detected pattern as a boolean array."""
    return detect(linearize(Function(f, x))).matrix.toarray()


class Counted:
    """f, and how often it was called."""

    def __init__(self, f: Any) -> None:
        self.f, self.calls = f, 0

    def __call__(self, x: Any) -> Any:
        self.calls += 1
        return self.f(x)


# ---- patterns


@pytest.mark.parametrize("name", PATTERNS)
def test_the_pattern_is_where_the_derivative_is(name: str) -> None:
    """A pattern that misses an entry that differences of f find, or has more than it should."""
    f, entries = PATTERNS[name]
    truth = numerical_jacobian(f, X)
    found = pattern_of(f, X)
    assert not np.any((np.abs(truth.reshape(found.shape)) > 1e-7) & ~found)
    if entries is not None:
        assert found.sum() == entries


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", PATTERNS)
def test_the_sparse_jacobian_is_the_dense_one(name: str, method: str) -> None:
    """A wrong entry, by any way of differentiating that has products."""
    f, _ = PATTERNS[name]
    try:
        found = ad.jacobian(f, X, method, sparse=True)
    except MissingRuleError:
        assert (name, method) in {("largest of rows", "complex"), ("sort", "complex")}
        return
    assert type(found) is sparse.csr_array
    assert found.has_sorted_indices
    exact = method != "finite"
    truth = numerical_jacobian(f, X).reshape(found.shape) if name != "clip" else np.diag(1.0 * (X > 1))
    np.testing.assert_allclose(found.toarray(), truth, rtol=1e-6, atol=1e-6)
    if exact:
        dense = ad.jacobian(f, X, "reverse").reshape(found.shape)
        np.testing.assert_allclose(found.toarray(), dense, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("case", [*ALL[::4], *order_cases.CASES[::4]])
def test_functions_of_numpy(case: Any) -> None:
    """A rule's pattern that is too small."""
    point = case.flat_point
    try:
        dense = ad.jacobian(case.flat, point, "reverse")
    except (InputError, MissingRuleError, OptionError, ValueError, TypeError):
        pytest.skip("no derivative at all")
    found = ad.jacobian(case.flat, point, "reverse", sparse=True)
    np.testing.assert_allclose(found.toarray(), np.reshape(dense, found.shape), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("seed", sorted({*range(25)} - {7, 17}))  # those two write into plain arrays
def test_random_programs(seed: int) -> None:
    """Views, copies and writes in any order: entries of a Jacobian or a Hessian that were lost or put elsewhere."""
    f, x = random_program(seed), np.array([0.7, -1.3, 2.1])
    dense = ad.jacobian(f, x, "reverse")
    np.testing.assert_allclose(ad.jacobian(f, x, sparse=True).toarray(), dense, rtol=1e-9, atol=1e-9)

    def g(x: Any) -> Any:
        return np.sum(np.sin(f(x)))

    np.testing.assert_allclose(ad.hessian(g, x, sparse=True).toarray(), ad.hessian(g, x), rtol=1e-7, atol=1e-7)


def test_the_pattern_is_that_of_this_x() -> None:
    """A pattern kept from another x, where f takes another branch."""

    def f(x: Any) -> Any:
        return x[::-1] ** 2 if x[0] > 0 else np.cumsum(x)

    for x in (np.array([1.0, 2.0, 3.0]), np.array([-1.0, 2.0, 3.0])):
        np.testing.assert_allclose(ad.jacobian(f, x, sparse=True).toarray(), ad.jacobian(f, x))


def test_zeros_of_constants_count_beside_infinite_derivatives() -> None:
    """0 * inf is not zero: the entries are NaN where those of the dense Jacobian are."""
    x = np.array([1.0, 0.0, 4.0, 2.0])
    matrix = np.diag([1.0, 0.0, 2.0, 1.0])
    for f in (lambda x: matrix @ np.sqrt(x), lambda x: np.array([1.0, 0.0, 1.0, 0.0]) * np.sqrt(x)):
        for method in ("auto", "forward", "reverse"):
            found = ad.jacobian(f, x, method, sparse=True)
            np.testing.assert_array_equal(found.toarray(), ad.jacobian(f, x, method))


def test_too_many_dependences_widen_the_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit that drops entries and does not add some."""
    monkeypatch.setattr(sets, "MOST", 2 * N)
    monkeypatch.setattr(dependence, "MOST_PAIRS", 1)
    for name in ("roll", "cumsum", "constant matrix", "convolve", "heat", "writes"):
        f, entries = PATTERNS[name]
        found = ad.jacobian(f, X, sparse=True)
        assert entries is None or found.nnz > entries
        np.testing.assert_allclose(found.toarray(), ad.jacobian(f, X).reshape(found.shape), rtol=1e-12)


# ---- colours


def random_pattern(shape: tuple[int, int], density: float, seed: int) -> Any:
    """A boolean csr_array."""
    return sparse.csr_array(np.random.default_rng(seed).random(shape) < density)


PATTERN = st.builds(random_pattern, st.tuples(st.integers(0, 15), st.integers(0, 15)), st.floats(0, 1), st.integers(0, 10**6))


@settings(max_examples=200, deadline=None)
@given(PATTERN)
def test_columns_of_one_colour_share_no_row(matrix: Any) -> None:
    """Two columns of a colour that meet in a row, or more colours than the greedy bound allows."""
    colours = colouring.colour_columns(matrix)
    dense = matrix.toarray()
    for row in dense:
        assert len(set(colours[row])) == row.sum()
    assert np.array_equal(colours >= 0, dense.any(axis=0))
    neighbours = ((dense.T.astype(int) @ dense.astype(int)) > 0).sum(axis=1)
    assert colours.max(initial=-1) < max(1, neighbours.max(initial=0))


@settings(max_examples=200, deadline=None)
@given(PATTERN, st.sampled_from([colouring.plan_columns, colouring.plan_rows, colouring.plan_both]))
def test_every_entry_is_alone_in_its_seed(matrix: Any, planner: Any) -> None:
    """An entry that its plan cannot tell from another one."""
    plan, dense = planner(matrix), matrix.toarray()
    for i, j in zip(*np.nonzero(dense), strict=True):
        if plan.rows[i] >= 0:
            assert sum(plan.rows[dense[:, j]] == plan.rows[i]) == 1
        else:
            assert plan.columns[j] >= 0
            assert sum(plan.columns[dense[i]] == plan.columns[j]) == 1


@pytest.mark.parametrize(
    ("name", "pushes", "pulls"),
    [("diagonal", 1, 0), ("roll", 3, 0), ("slices", 3, 0), ("arrow", 2, 1), ("all", N, 0), ("rows", 0, 1), ("nothing", 0, 0)],
)
def test_how_many_seeds(name: str, pushes: int, pulls: int) -> None:
    """More seeds than the pattern needs; rows where columns are fewer."""
    plan = colouring.plan_both(detect(linearize(Function(PATTERNS[name][0], X))).matrix)
    assert (plan.pushes, plan.pulls) == (pushes, pulls)


def test_another_order_where_it_is_better() -> None:
    """A crown in the worst order: column after column a colour each pair, where two are enough."""
    pairs = [(3 * i, 3 * j + 1) for i in range(8) for j in range(8) if i != j]
    rows = np.repeat(np.arange(len(pairs)), 2)
    crown = sparse.csr_array((np.ones(len(rows), dtype=bool), (rows, np.ravel(pairs))), shape=(len(pairs), 25))
    assert colouring.colour_columns(crown).max() + 1 == 8
    # One row more at the first column of each pair makes these the longer ones, which are taken first.
    longer = np.zeros((8, 25), dtype=bool)
    longer[np.arange(8), 3 * np.arange(8)] = longer[:, 24] = True
    found = sparse.csr_array(np.vstack([crown.toarray(), longer]))
    assert colouring.colour_columns(found).max() + 1 == 2


def test_colours_in_turn() -> None:
    """Bands and blocks whose colours are the least there can be, without a loop over the columns."""
    for name, count in [("slices", 3), ("blocks", 3), ("diff", 2)]:
        colours = colouring.colour_columns(detect(linearize(Function(PATTERNS[name][0], X))).matrix)
        assert colours.tolist() == (np.arange(N) % count).tolist()


# ---- sweeps


@pytest.mark.parametrize("size", [2048, 204_800])
def test_the_sigmoid_layer_takes_one_forward_sweep(size: int) -> None:
    """A layer of the lecture, and its mini-batch of 100: more sweeps than one, or memory for zeros."""
    x = np.random.default_rng(0).normal(size=size)
    f = Counted(lambda x: 1 / (1 + np.exp(-x)))
    tracemalloc.start()
    try:
        found = ad.jacobian(f, x, sparse=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert f.calls == 2  # once on the tape, for the pattern, and one sweep forward
    assert found.shape == (size, size)
    assert peak < 100e6
    y = 1 / (1 + np.exp(-x))
    np.testing.assert_array_equal(found.indices, np.arange(size))
    np.testing.assert_allclose(found.data, y * (1 - y), rtol=1e-14)


@pytest.mark.parametrize(("method", "calls"), [("auto", 2), ("forward", 2), ("reverse", 1)])
def test_all_seeds_in_one_sweep(method: str, calls: int) -> None:
    """A run of f for each colour, or a second record for reverse mode."""
    f = Counted(PATTERNS["roll"][0])
    ad.jacobian(f, X, method, sparse=True)
    assert f.calls == calls


@pytest.mark.parametrize("method", ["auto", "forward", "reverse"])
def test_many_seeds_go_in_several_sweeps(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds that a bound on memory cuts in the wrong place."""
    monkeypatch.setattr(differentiator, "SWEEP_ELEMENTS", 4 * N)
    for name in ("all", "cumsum", "arrow", "roll"):
        f = PATTERNS[name][0]
        found = ad.jacobian(f, X, method, sparse=True)
        np.testing.assert_allclose(found.toarray(), ad.jacobian(f, X, method), rtol=1e-13)


# ---- arguments and results


def test_shapes_and_types() -> None:
    """The result has two axes, whatever x and f(x) are; f's own types are kept."""
    assert ad.jacobian(lambda x: x * 2, 3.0, sparse=True).toarray().tolist() == [[2.0]]
    assert ad.jacobian(lambda x: x * 2, np.zeros(0), sparse=True).shape == (0, 0)
    assert ad.jacobian(lambda x: x[:0], X, sparse=True).shape == (0, N)
    assert ad.jacobian(lambda x: 3.0, X, sparse=True).nnz == 0
    assert ad.jacobian(lambda x: x**2, [1, 2], sparse=True).toarray().tolist() == [[2.0, 0.0], [0.0, 4.0]]
    assert ad.jacobian(lambda x: x**2, X.astype(np.float32), sparse=True).dtype == np.float32
    strided = np.asfortranarray(X.reshape(3, 4))[:, ::2]
    dense = ad.jacobian(lambda x: np.sin(x).T, strided).reshape(6, 6)
    np.testing.assert_allclose(ad.jacobian(lambda x: np.sin(x).T, strided, sparse=True).toarray(), dense)
    with pytest.raises(ShapeError, match="Use `jacobian"):
        ad.hessian(lambda x: x, X, sparse=True)


def test_containers_and_arguments() -> None:
    """Leaves out of order, or arguments that are left out."""
    point = {"u": 2.0, "v": np.array([1.0, 3.0])}
    found = ad.jacobian(lambda x: {"a": x["u"] * x["v"], "b": x["v"] ** 2}, point, sparse=True)
    assert found.toarray().tolist() == [[1, 2, 0], [3, 0, 2], [0, 2, 0], [0, 0, 6]]
    found = ad.jacobian(lambda x, y: x * y, np.ones(2), args=(np.full(2, 3.0),), argnums=(0, 1), sparse=True)
    assert found.toarray().tolist() == [[3, 0, 1, 0], [0, 3, 0, 1]]
    found = ad.hessian(lambda p: p[0] * np.sum(p[1] ** 3), [2.0, np.array([1.0, 2.0])], sparse=True)
    assert found.toarray().tolist() == [[0, 3, 12], [3, 12, 0], [12, 0, 24]]


@pytest.mark.parametrize("method", METHODS)
def test_a_given_pattern(method: str) -> None:
    """A pattern in any form, with more entries than need be."""
    f = PATTERNS["slices"][0]
    wide = np.abs(np.subtract.outer(np.arange(1, N - 1), np.arange(N))) <= 2
    for pattern in (wide, sparse.coo_array(wide), sparse.csc_matrix(1.0 * wide), wide.astype(int).tolist()):
        found = ad.jacobian(f, X, method, sparse=pattern)
        assert found.nnz == wide.sum()
        np.testing.assert_allclose(found.toarray(), ad.jacobian(f, X), rtol=1e-7, atol=1e-9)


def test_a_function_that_cannot_be_traced() -> None:
    """Differences of a function that is not NumPy's, with the pattern known."""

    def f(x: Any) -> Any:
        return np.array([float(value) ** 2 for value in x])

    np.testing.assert_allclose(ad.jacobian(f, X, "finite", sparse=np.eye(N)).toarray(), np.diag(2 * X), atol=1e-7)
    with pytest.raises(TracedValueError) as caught:
        ad.jacobian(f, X, "finite", sparse=True)
    assert "sparse=pattern" in caught.value.__notes__[0]


def test_a_pattern_is_not_changed() -> None:
    """Indices of the caller's matrix that are put in order in its own memory."""
    pattern = sparse.csr_array((np.arange(1.0, 5.0), np.array([1, 0, 0, 1]), np.array([0, 2, 4])), shape=(2, 2))
    assert ad.jacobian(lambda x: x * np.sum(x), np.ones(2), sparse=pattern).toarray().tolist() == [[3, 1], [1, 3]]
    assert pattern.indices.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9])
def test_differences_of_large_values_are_no_missing_entries(offset: float) -> None:
    """Rounding of f that is taken for an entry that was left out."""

    def f(x: Any) -> Any:
        return np.sin(x) * np.roll(x, 1) + offset

    def g(x: Any) -> Any:
        return rosenbrock(x) + offset

    np.testing.assert_allclose(ad.jacobian(f, X, "finite", sparse=True).toarray(), ad.jacobian(f, X), atol=1e-4)
    np.testing.assert_allclose(ad.hessian(g, X, "finite", sparse=True).toarray(), rosenbrock_hessian(X), rtol=1e-2, atol=1)
    with pytest.raises(SparsityError):
        ad.jacobian(f, X, "finite", sparse=np.eye(N))
    with pytest.raises(SparsityError):
        ad.hessian(g, X, "finite", sparse=np.eye(N))


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1e30])
def test_patterns_in_any_unit(scale: float) -> None:
    """An entry that is lost because all numbers are small, or large."""

    def f(x: Any) -> Any:
        return np.roll(x, 1) * x * scale

    np.testing.assert_allclose(ad.jacobian(f, X, sparse=True).toarray(), ad.jacobian(f, X), rtol=1e-13, atol=0)
    with pytest.raises(SparsityError):
        ad.jacobian(f, X, sparse=np.eye(N))


def test_a_derivative_inside() -> None:
    """The pattern of a gradient that f takes by itself."""
    found = ad.jacobian(lambda x: ad.gradient(rosenbrock, x), X, sparse=True)
    np.testing.assert_allclose(found.toarray(), rosenbrock_hessian(X), rtol=1e-12, atol=1e-11)
    assert found.nnz == 3 * N - 2


# ---- errors


@pytest.mark.parametrize("method", METHODS)
def test_a_pattern_that_leaves_out_an_entry(method: str) -> None:
    """An entry that is lost, or added to another one, in silence: each in turn."""
    f = PATTERNS["slices"][0]
    right = np.abs(np.subtract.outer(np.arange(1, N - 1), np.arange(N))) <= 1
    for i, j in [(0, 0), (3, 4), (9, 10), (5, 7)]:
        wrong = right.copy()
        wrong[i, j] = False
        if not right[i, j]:
            continue
        with pytest.raises(SparsityError, match=f"row {i}" if method != "reverse" else f"column {j}"):
            ad.jacobian(f, X, method, sparse=wrong)


def test_the_lost_entry_is_named() -> None:
    """The message says which one, and nothing is lost where the pattern is empty."""
    with pytest.raises(SparsityError, match=r"row 2, column 1 \(6\)"):
        ad.jacobian(lambda x: np.array([x[0], x[1], x[2] + 3 * x[1] ** 2]), np.ones(3), sparse=np.eye(3))
    for method in ("auto", "reverse"):
        with pytest.raises(SparsityError, match="leaves out an entry"):
            ad.jacobian(np.sin, X, method, sparse=np.zeros((N, N)))
    assert ad.jacobian(lambda x: 0 * x, X, sparse=np.zeros((N, N))).nnz == 0


def test_a_planted_fault_in_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule of ours whose pattern is too small is noticed too."""
    monkeypatch.setitem(dependence._RULES, dependence.structural.roll, dependence._unchanged)
    for method in ("auto", "forward", "reverse", "complex", "finite"):
        with pytest.raises(SparsityError, match="found on the tape"):
            ad.jacobian(lambda x: np.roll(x, 1) ** 2, X, method, sparse=True)


def test_another_function_in_each_call() -> None:
    """The pattern of one run and the derivative of another."""
    rng = np.random.default_rng(0)
    shifts = iter(rng.permutation(N))
    with pytest.raises(SparsityError, match="another function in each call"):
        ad.jacobian(lambda x: np.roll(x, int(next(shifts))) ** 2, X, sparse=True)


def test_patterns_that_do_not_fit() -> None:
    """What is no pattern, or one of other shapes."""
    for wrong in ("yes", None, 1, np.ones(N)):
        with pytest.raises(OptionError, match="sparse= takes True"):
            ad.jacobian(np.sin, X, sparse=wrong)
    with pytest.raises(ShapeError, match="x has 12 elements"):
        ad.jacobian(np.sin, X, sparse=np.eye(N + 1))
    for method in ("forward", "reverse"):
        with pytest.raises(ShapeError, match=r"`sin.x.` has 12 elements"):
            ad.jacobian(np.sin, X, method, sparse=np.eye(N + 1)[:, :N])
    with pytest.raises(ShapeError, match="x has 12 elements"):
        ad.hessian(np.sum, X, sparse=np.eye(3))


def test_methods_without_products() -> None:
    """A way of differentiating that makes the whole matrix anyway says so."""
    for operator in (ad.jacobian, ad.hessian):
        with pytest.raises(UnsupportedError, match="symbolic makes whole matrices"):
            operator(lambda x: np.sum(x**2), X, "symbolic", sparse=True)


def test_inside_of_another_derivative() -> None:
    """SciPy's arrays cannot hold traced values."""
    with pytest.raises(UnsupportedError, match="traced values"):
        ad.gradient(lambda x: np.sum(ad.jacobian(np.sin, x, sparse=True).data), X)


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ImportError that does not say what to install."""
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(OptionError, match=r"admodes\[scipy\]"):
        ad.jacobian(np.sin, X, sparse=True)


# ---- Hessians


def rosenbrock(x: Any) -> Any:
    """The chained Rosenbrock function."""
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_hessian(x: np.ndarray) -> np.ndarray:
    """Its second derivatives by hand."""
    diagonal = np.zeros_like(x)
    diagonal[:-1] += 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    diagonal[1:] += 200
    return np.diag(diagonal) + np.diag(-400 * x[:-1], 1) + np.diag(-400 * x[:-1], -1)


@pytest.mark.parametrize("method", ["auto", "forward", "reverse", "complex", "finite"])
def test_the_hessian_of_rosenbrock(method: str) -> None:
    """A band of three diagonals, by three seeds and one more."""
    x = np.linspace(-1, 1, 30)
    found = ad.hessian(rosenbrock, x, method, sparse=True)
    assert found.nnz == 88
    np.testing.assert_allclose(found.toarray(), rosenbrock_hessian(x), rtol=1e-6 if method == "finite" else 1e-12, atol=1e-4)


def test_a_large_hessian_takes_one_run() -> None:
    """A run of f for each column."""
    f = Counted(rosenbrock)
    x = np.linspace(-1, 1, 1000)
    found = ad.hessian(f, x, sparse=True)
    assert f.calls == 2
    assert found.nnz == 2998
    np.testing.assert_allclose(found.toarray(), rosenbrock_hessian(x), rtol=1e-13, atol=1e-13)


def test_a_hessian_with_a_long_row() -> None:
    """An arrow, which columns alone would need n colours for; and a pattern that is given."""
    x = np.linspace(1, 2, 40)

    def f(x: Any) -> Any:
        return x[0] ** 2 * np.sum(x[1:] ** 3)

    counted = Counted(f)
    found = ad.hessian(counted, x, sparse=True)
    assert counted.calls <= 3
    np.testing.assert_allclose(found.toarray(), ad.hessian(f, x), rtol=1e-13)
    np.testing.assert_allclose(ad.hessian(f, x, sparse=found).toarray(), found.toarray(), rtol=1e-13)
    with pytest.raises(SparsityError, match="leaves out"):
        ad.hessian(f, x, sparse=np.eye(40))
