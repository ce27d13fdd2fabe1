"""Gradients of tables of which f reads few rows."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import admodes as ad
from admodes.errors import MissingRuleError, OptionError, ShapeError, UnsupportedError
from admodes.function import ScalarFunction
from admodes.reverse import linearize
from admodes.table.structural import gather

RNG = np.random.default_rng(3)
V = RNG.normal(size=7)
M = RNG.normal(size=(5, 4, 3))
NUMBERS = np.array([0, 2, 2, -1])

#: By name: f, x, and the rows that f reads.
READS: dict[str, tuple[Any, np.ndarray, list[int]]] = {
    "numbers, one twice": (lambda x: np.sum(x[NUMBERS] ** 2), V, [0, 2, 6]),
    "a list": (lambda x: np.prod(x[[4, 1]]), V, [1, 4]),
    "elements": (lambda x: x[3] * x[-1], V, [3, 6]),
    "a slice": (lambda x: np.sum(x[2:5] ** 3) + x[6], V, [2, 3, 4, 6]),
    "a mask": (lambda x: np.sum(x[np.arange(7) > 4] ** 2), V, [5, 6]),
    "by sign": (lambda x: np.sum(x[x > 0] ** 2), V, np.flatnonzero(V > 0).tolist()),
    "nothing": (lambda x: 1.0, V, []),
    "read and not used": (lambda x: np.sum(x[NUMBERS] ** 2) + 0 * len(x[[1, 3]]), V, [0, 2, 6]),
    "all": (lambda x: np.sum(x[NUMBERS]) * np.max(x**2), V, [0, 2, 5, 6]),
    "take": (lambda x: np.sum(np.take(x, NUMBERS) ** 2), V, [0, 2, 6]),
    "take a row": (lambda x: np.sum(np.take(x, np.int8(-2), axis=0) ** 2), M, [3]),
    "take rows": (lambda x: np.sum(np.take(x, [[0, 4], [4, 1]], axis=-3) ** 2), M, [0, 1, 4]),
    "take, clipped": (lambda x: np.sum(np.take(x, [-3, 9], axis=0, mode="clip") ** 2), M, [0, 4]),
    "take columns": (lambda x: np.sum(np.take(x, [0, 0], axis=1) ** 2), M, [0, 1, 2, 3, 4]),
    "empty": (lambda x: np.sum(x[:0]), V, []),
    "rows of a row": (lambda x: np.sum(x[[0, 1, 0], 2] ** 2), M, [0, 1]),
    "one row, fancy": (lambda x: np.sum(x[1, [0, 1, 1]] ** 2), M, [1]),
    "one row": (lambda x: np.sum(x[-2] ** 2), M, [3]),
    "dots": (lambda x: np.sum(x[[0, 3], ..., None] ** 2), M, [0, 3]),
    "one element": (lambda x: x[1, 2, 0] ** 2 + x[-1, 0, 1], M, [1, 4]),
    "two axes": (lambda x: np.sum(x[[[0, 1], [1, 1]], :, [[0, 1], [2, 2]]] ** 2), M, [0, 1]),
    "a mask and a number": (lambda x: np.sum(x[np.array([True, False, False, True, True]), 0] ** 2), M, [0, 3, 4]),
    "a slice and numbers": (lambda x: np.sum(x[1:3, [0, 0]] ** 2), M, [1, 2]),
    "the last axis": (lambda x: np.sum(x[..., 0] ** 2), M, [0, 1, 2, 3, 4]),
    "in a loop": (lambda x: sum(np.sum(x[i] * x[i + 1]) for i in range(2)), M, [0, 1, 2]),
}


@pytest.mark.parametrize("method", ["auto", "reverse", "forward", "finite", "symbolic"])
@pytest.mark.parametrize("name", READS)
def test_rows_are_those_of_the_dense_gradient(name: str, method: str) -> None:
    """A row that is lost, put elsewhere or counted once where it was read twice."""
    f, x, rows = READS[name]
    try:
        dense = ad.gradient(f, x, method)
    except MissingRuleError:
        pytest.skip("no derivative at all")
    found = ad.gradient(f, x, method, sparse=True)
    assert type(found) is ad.SparseRows
    assert found.shape == x.shape
    assert found.values.shape == (len(found.rows), *x.shape[1:])
    np.testing.assert_allclose(found.toarray(), dense, rtol=1e-13, atol=1e-15)
    if name != "all" and method in ("auto", "reverse"):
        assert found.rows.tolist() == rows


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint64])
def test_numbers_of_small_types(kind: Any) -> None:
    """Row numbers counted in a type that has no room for the number of rows."""
    table = RNG.normal(size=(300, 2))
    last = -1 if np.dtype(kind).kind == "i" else 120
    for numbers in (np.array([1, last, 1], kind), kind(last), np.array([], kind)):
        found = ad.gradient(lambda x: np.sum(x[numbers] ** 2), table, sparse=True)  # noqa: B023
        assert found.rows.tolist() == sorted({int(number) % 300 for number in np.ravel(numbers)})
        np.testing.assert_allclose(found.values, 2 * table[found.rows] * (1 + (found.rows == 1))[:, None])


def skip_gram(vectors: Any, center: Any, context: Any, negatives: Any) -> Any:
    """The loss of skip-gram with negative sampling: words' own vectors, and those of their contexts."""
    own = vectors["own"][center]
    near = np.sum(own * vectors["context"][context], axis=1)
    far = np.einsum("bd,bkd->bk", own, vectors["context"][negatives])
    return np.sum(np.logaddexp(0, -near)) + np.sum(np.logaddexp(0, far))


def words(count: int, batch: int = 8) -> tuple[Any, Any]:
    """Vectors of `count` words, and numbers of words to train with."""
    rng = np.random.default_rng(1)
    vectors = {name: rng.normal(size=(count, 20)) for name in ("own", "context")}
    return vectors, (rng.integers(0, 50, batch), rng.integers(0, 50, batch), rng.integers(0, 50, (batch, 5)))


def peak_of(vectors: Any, batch: Any) -> int:
    """Bytes that the gradient takes at most."""
    tracemalloc.start()
    try:
        ad.gradient(skip_gram, vectors, args=batch, sparse=True)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_words_that_are_not_read_cost_nothing() -> None:
    """Memory, or work on it, that grows with the vocabulary."""
    vectors, batch = words(50)
    peak_of(vectors, batch)
    few = peak_of(vectors, batch)
    assert peak_of(*words(50_000)) < 1.5 * few


def test_taking_rows_is_reading_rows() -> None:
    """np.take along the first axis costs what x[numbers] costs: nothing by the table's size."""
    linear = linearize(ScalarFunction(lambda x: np.sum(np.take(x, NUMBERS, axis=0)), np.ones((50_000, 3)), (), 0))
    (key,) = [step.parameters["key"] for step, *_ in linear.tape if step.primitive is gather]
    assert [part.tolist() for part in key] == [NUMBERS.tolist()]
    assert all(np.size(out) <= 12 for *_, out in linear.tape)


def test_word_vectors() -> None:
    """One step on the touched rows is the step on all."""
    vectors, batch = words(1000)
    dense = ad.gradient(skip_gram, vectors, args=batch)
    found = ad.gradient(skip_gram, vectors, args=batch, sparse=True)
    assert found["own"].rows.tolist() == np.unique(batch[0]).tolist()
    for name in vectors:
        np.testing.assert_allclose(found[name].toarray(), dense[name], rtol=1e-13)
        stepped = vectors[name].copy()
        stepped[found[name].rows] -= 0.1 * found[name].values
        np.testing.assert_allclose(stepped, vectors[name] - 0.1 * dense[name], rtol=1e-13)


def test_inputs_beside_a_table() -> None:
    """Inputs that are read otherwise, numbers, types and several arguments."""
    found = ad.gradient(
        lambda p: np.sum(p[0][[1]]) * p[1] + p[2] @ p[2], [np.ones((4, 2)), 3.0, np.array([0.0, 2.0])], sparse=True
    )
    assert found[0].rows.tolist() == [1]
    assert found[0].values.tolist() == [[3.0, 3.0]]
    assert found[1] == 2.0
    assert (found[2].rows.tolist(), found[2].values.tolist()) == ([1], [4.0])
    single = ad.gradient(lambda x: np.sum(x[[1, 1]] ** 2), V.astype(np.float32), sparse=True)
    assert single.values.dtype == np.float32
    whole = ad.gradient(lambda x: x[1] * 2, [1, 2, 3], sparse=True)
    assert whole.toarray().tolist() == [0.0, 2.0, 0.0]
    pair = ad.gradient(lambda x, y: x[0] * y[2], V, args=(V,), argnums=(0, 1), sparse=True)
    assert [part.rows.tolist() for part in pair] == [[0], [2]]


def test_x_is_read_where_it_lies() -> None:
    """x is not copied, and nothing that f does to its own copy reaches it."""

    def f(x: Any) -> Any:
        y = x[1:5]
        y *= 2.0
        return np.sum(y**2)

    x = V.copy()
    np.testing.assert_allclose(ad.gradient(f, x, sparse=True).toarray(), ad.gradient(f, x))
    np.testing.assert_array_equal(x, V)
    x.flags.writeable = False
    np.testing.assert_allclose(ad.gradient(f, x[::-1], sparse=True).toarray(), ad.gradient(f, x[::-1]))


def test_structural_zeros_beside_infinite_derivatives() -> None:
    """The branch that is not chosen has no part, rows or not."""
    x = np.array([0.0, 4.0, 1.0])

    def f(x: Any) -> Any:
        y = x[[0, 1]]
        return np.sum(np.where(y > 0, np.sqrt(y), y))

    np.testing.assert_array_equal(ad.gradient(f, x, sparse=True).toarray(), ad.gradient(f, x))
    assert np.isnan(ad.gradient(lambda x: x[0] * np.nan, x, sparse=True).values[0])


def test_as_text_and_for_scipy() -> None:
    """Rows in other forms."""
    found = ad.gradient(READS["one row"][0], M, sparse=True)
    assert str(found) == "1 of 5 rows: [3]"
    np.testing.assert_allclose(found.tocsr().toarray(), found.toarray().reshape(5, 12))
    found = ad.gradient(READS["elements"][0], V, sparse=True)
    np.testing.assert_allclose(found.tocsr().toarray()[:, 0], found.toarray())


def test_errors() -> None:
    """What cannot be sparse says why."""
    with pytest.raises(OptionError, match="the rows that f reads are its pattern"):
        ad.gradient(READS["elements"][0], V, sparse=np.eye(7))
    with pytest.raises(ShapeError, match="Use `jacobian"):
        ad.gradient(lambda x: x[[1, 2]], V, sparse=True)
    with pytest.raises(UnsupportedError, match="inside of another derivative"):
        ad.gradient(lambda x: np.sum(ad.gradient(lambda y: y[0] ** 2, x, sparse=True).values), V)


def test_flags_of_numpys_kind() -> None:
    """A flag that was computed by NumPy, taken for a pattern."""
    for operator in (ad.gradient, ad.jacobian, ad.hessian):
        wanted = operator(lambda x: np.sum(x[[1, 1]] ** 2), V, sparse=np.True_)
        assert type(wanted) is not np.ndarray
        dense = operator(lambda x: np.sum(x[[1, 1]] ** 2), V, sparse=np.False_)
        assert type(dense) is np.ndarray
        np.testing.assert_allclose(wanted.toarray().ravel(), dense.ravel())
    with pytest.raises(OptionError, match="True or False, not a ndarray: the rows"):
        ad.gradient(lambda x: x[0], V, sparse=V)
