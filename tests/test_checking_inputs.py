"""What people give: arrays of other packages, containers of them, numbers in odd forms, and what is no number at all."""

import decimal
import fractions
from typing import Any, NamedTuple

import numpy as np
import pytest

import admodes as ad

X = np.array([1.0, 2.0])
A = np.array([[1.0, 2.0], [0.0, 3.0]])


class Pair(NamedTuple):
    """A container with names."""

    one: Any
    two: Any


def square(x):
    return np.sum(np.asarray(x) ** 2)


def linear(x):
    return A @ x


def check(f, claim, x=X, **options):
    """The check, shown in every way: none may fail."""
    found = ad.check_gradient(f, claim, x, **options)
    assert str(found)
    assert repr(found)
    assert found._repr_html_()
    assert found.to_dict()
    return found


def claims(library):
    """Twice x, as an array of another package: a right claim for `square`."""
    if library.startswith("torch"):
        torch = pytest.importorskip("torch")
        recording = {"requires_grad": True} if library == "torch that records" else {}
        made = {"torch sparse": lambda x: torch.tensor(2 * x).to_sparse()}
        return made.get(library, lambda x: 2 * torch.tensor(x, **recording))
    if library == "pandas":
        pandas = pytest.importorskip("pandas")
        return lambda x: pandas.Series(2 * x)
    if library == "jax":
        jax = pytest.importorskip("jax")
        return lambda x: jax.numpy.asarray(2 * x)
    sparse = pytest.importorskip("scipy.sparse")
    return lambda x: sparse.coo_array(2 * x)


LIBRARIES = ["torch", "torch that records", "torch sparse", "pandas", "jax", "scipy"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_arrays_of_other_packages(library):
    """A raw error of theirs, or an array that is not read: alone, and in each container."""
    claim = claims(library)
    assert check(square, claim)
    assert check(square, lambda x: claim(1.5 * x)).verdict == "wrong"
    assert check(lambda p: square(p["a"]), lambda p: {"a": claim(p["a"])}, {"a": X})
    assert check(lambda p: square(p[0]), lambda p: [claim(p[0])], [X])
    assert check(lambda p: square(p.one) + p.two, lambda p: Pair(claim(p.one), 1.0), Pair(X, 2.0))
    assert check(lambda p: square(p["a"]), lambda p: {"a": claim(1.5 * p["a"])}, {"a": X}).verdict == "wrong"


@pytest.mark.parametrize("form", ["csr_matrix", "coo_array"])
@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "right"), (2.0, "wrong")])
def test_sparse_blocks(form, factor, verdict):
    """Blocks of a Jacobian, each a sparse matrix, taken for numbers of shape ()."""
    make = getattr(pytest.importorskip("scipy.sparse"), form)
    none = make(np.zeros((2, 2)))

    def blocks(p):
        return {"u": {"a": make(A * factor), "b": none}, "v": {"a": none, "b": make(2 * np.eye(2))}}

    assert check(lambda p: {"u": A @ p["a"], "v": 2 * p["b"]}, blocks, {"a": X, "b": X}).verdict == verdict
    rows = check(lambda p: [A @ p[0], 2 * p[1]], lambda p: [list(row.values()) for row in blocks(p).values()], [X, X])
    assert rows.verdict == verdict


def test_a_sparse_x_is_refused():
    """Its * is that of matrices: the function of the array is another one."""
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(ad.errors.InputError, match="x is a csr_matrix, as an array of dtype object"):
        check(lambda m: (m * m).sum(), lambda m: 2 * m, sparse.csr_matrix(A))


def test_tensors_as_x_and_as_f():
    """Tensors that record, where only the numbers are asked for."""
    torch = pytest.importorskip("torch")
    assert check(lambda x: torch.sum(torch.tensor(x, requires_grad=True) ** 2), lambda x: 2 * x)
    assert check(square, lambda x: 2 * x, torch.tensor(X, requires_grad=True))
    with pytest.raises(ad.errors.InputError, match=r"x is a torch.Tensor, but f and its derivative get NumPy arrays"):
        check(lambda x: x.pow(2).sum(), lambda x: 2 * x, torch.tensor(X))
    with pytest.raises(ad.errors.OutputError, match="which NumPy does not take"):
        check(lambda x: torch.tensor(x).bfloat16().sum(), lambda x: 2 * x)
    assert "NumPy does not take its Tensor" in check(square, lambda x: torch.tensor(2 * x).bfloat16()).reason


def test_tables():
    """Labels that say another order than the numbers stand in, dropped without a word."""
    pandas = pytest.importorskip("pandas")
    swapped = check(square, lambda x: pandas.Series([4.0, 2.0], index=[1, 0]))
    assert swapped.verdict == "wrong"
    assert "comes with the labels [1, 0], and is read in the order in which it stands" in str(swapped)
    assert "labels" not in str(check(linear, lambda x: pandas.DataFrame(A)))
    assert "labels" in str(check(linear, lambda x: pandas.DataFrame(A, index=["u", "v"])))
    assert check(square, lambda x: 2 * x, pandas.Series([1.0, 2.0], index=["a", "b"]))
    with pytest.raises(ad.errors.InputError, match=r"x is a pandas.Series, .*IndexError"):
        check(lambda x: x["a"] ** 2, lambda x: 2 * x, pandas.Series([1.0, 2.0], index=["a", "b"]))


@pytest.mark.parametrize("mask", [[True, True], [False, True]])
def test_masked_elements_are_not_right(mask):
    """Numbers under a mask, compared as if they were claimed; or calculated with, in f."""
    found = check(square, lambda x: np.ma.masked_array(2 * x, mask))
    assert found.verdict == "wrong"
    assert "masked" in found.reason
    assert not check(lambda p: square(p["a"]), lambda p: {"a": np.ma.masked_array(2 * p["a"], mask)}, {"a": X})
    with pytest.raises(ad.errors.OutputError, match="masked elements"):
        check(lambda x: np.ma.masked_array(x, mask), lambda x: np.eye(2))
    with pytest.raises(ad.errors.InputError, match="masked"):
        check(square, lambda x: 2 * x, np.ma.masked_array(X, mask))
    assert check(square, lambda x: np.ma.masked_array(2 * x, False))


READ = {
    "list": lambda x: [2 * part for part in x],
    "tuple": lambda x: tuple(2 * part for part in x),
    "list of 0-d arrays": lambda x: [np.array(2 * part) for part in x],
    "one array in a list": lambda x: [2 * x],
    "memoryview": lambda x: memoryview(2 * x),
    "record array": lambda x: (2 * x).view(np.recarray),
    "objects": lambda x: np.array((2 * x).tolist(), dtype=object),
    "big endian": lambda x: (2 * x).astype(">f8"),
    "pair": lambda x: (square(x), 2 * x),
}


@pytest.mark.parametrize("claim", READ.values(), ids=READ)
def test_what_is_read(claim):
    """A right claim in an odd form, refused; a wrong one, passed."""
    assert check(square, claim)
    assert check(lambda x: square(x) + x[0], claim).verdict == "wrong"


UNREAD = {
    "None": (lambda x: None, "returned None"),
    "text": (lambda x: "2 * x", "its value is a str"),
    "texts": (lambda x: np.array(["2", "4"]), "dtype <U1"),
    "bytes": (lambda x: b"ab", "its value is a bytes"),
    "generator": (lambda x: (2 * part for part in x), "its value is a generator"),
    "map": (lambda x: map(abs, x), "its value is a map"),
    "set": (lambda x: {2.0, 4.0}, "its value is a set"),
    "range": (lambda x: range(2), "its value is a range"),
    "function": (lambda x: lambda v: 2 * v, "its value is a function"),
    "object": (lambda x: object(), "its value is an object"),
    "Fraction": (lambda x: fractions.Fraction(6), "its value is a fractions.Fraction"),
    "Decimal": (lambda x: decimal.Decimal(6), "its value is a decimal.Decimal"),
    "None in a list": (lambda x: [None, None], r"its value[0] is None"),
    "ragged": (lambda x: [[1.0, 2.0], [3.0]], "a ragged list"),
    "objects that are no numbers": (lambda x: np.array([x, None], dtype=object), "no numbers to compare"),
    "complex": (lambda x: 2 * x + 0j, "complex numbers"),
    "dates": (lambda x: np.array(["2020", "2021"], dtype="M8[Y]"), "dtype datetime64"),
    "structured": (lambda x: np.zeros(2, dtype=[("a", float)]), "no numbers to compare"),
    "dict": (lambda x: {"g": 2 * x}, "returned the entries ['g'] where one array is right"),
    "column": (lambda x: (2 * x)[:, None], "returned shape (2, 1) where (2,) is right"),
    "row": (lambda x: (2 * x)[None], "returned shape (1, 2) where (2,) is right"),
}


@pytest.mark.parametrize(("claim", "text"), UNREAD.values(), ids=UNREAD)
def test_what_is_not_read_is_never_right(claim, text):
    """A claim that nobody could read, called right; or a raw error from inside."""
    found = check(square, claim)
    assert found.verdict == "wrong"
    assert text in found.reason


def test_an_operator_is_no_matrix():
    """A LinearOperator, of shape () for NumPy."""
    linalg = pytest.importorskip("scipy.sparse.linalg")
    assert "no array of its " in check(linear, lambda x: linalg.aslinearoperator(A)).reason


def test_truth_values_are_slopes():
    """The slope of a ramp written as x > 0, refused as no number."""
    found = check(lambda x: np.sum(np.maximum(x, 0)), lambda x: x > 0, np.array([1.0, -2.0]))
    assert found
    assert "comes as truth values" in str(found)
    assert check(square, lambda x: x > 0).verdict == "wrong"


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
@pytest.mark.parametrize(("factor", "verdict"), [(2.0, "right"), (2.1, "wrong")])
def test_one_output_of_any_shape(shape, factor, verdict):
    """A gradient, and the Jacobian of the shape that f(x) really has."""

    def f(x):
        return np.sum(x**2).reshape(shape)

    assert check(f, lambda x: factor * x).verdict == verdict
    assert check(f, lambda x: (factor * x).reshape(*shape, 2)).verdict == verdict


@pytest.mark.parametrize(
    ("f", "claim", "x", "what"),
    [
        (np.sum, np.ones_like, np.zeros(0), "x"),
        (np.sum, np.ones_like, [], "x"),
        (lambda p: 1.0, lambda p: {}, {}, "x"),
        (lambda x: x[:0], lambda x: np.zeros((0, 2)), X, "<lambda>(x)"),
    ],
)
def test_nothing_to_check_is_not_right(f, claim, x, what):
    """A verdict of right on no number at all: data that was not loaded."""
    found = check(f, claim, x)
    assert found.verdict == "inconclusive"
    assert found.reason == f"nothing was checked: {what} has no elements, and any derivative is right"
    assert check(np.sum, lambda x: np.ones(1), np.zeros(0)).verdict == "wrong"
