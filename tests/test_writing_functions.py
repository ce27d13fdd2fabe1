"""Functions and methods of NumPy that write in place, and out=: into traced arrays as NumPy does, into plain ones refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rule_cases import check_array_function
from support import EXACT_MODES, TRACING_MODES, assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes.errors import AdmodesError, MissingRuleError, TracedValueError

X = np.array([[0.7, -1.3, 2.1], [1.6, 0.4, -0.8]])
MASK = np.array([[True, False, True], [False, False, True]])
SIX = np.arange(6)

#: name: what is done to y (2 x 3, made of x) with x; `y` is NumPy's own array in a plain run.
WRITES: dict[str, Callable[[Any, Any], Any]] = {
    "put": lambda y, x: np.put(y, [0, 5], x[0, :2]),
    "put a number": lambda y, x: np.put(y, 3, x[1, 1] ** 2),
    "put over and over": lambda y, x: np.put(y, [0, 2, 4], x[0, :2]),
    "put too many": lambda y, x: np.put(y, [1], x[0]),
    "put twice": lambda y, x: np.put(y, [2, 2, 2], x[0]),
    "put at fractions": lambda y, x: np.put(y, [0.5], x[0, 1]),
    "put negative": lambda y, x: np.put(y, [-1, -6], x[:, 0]),
    "put wrapped": lambda y, x: np.put(y, [7, -8], x[:, 1], mode="wrap"),
    "put clipped": lambda y, x: np.put(y, [77, -8], x[:, 1], mode="clip"),
    "put a matrix of indices": lambda y, x: np.put(y, [[0, 1], [2, 3]], x),
    "put nothing": lambda y, x: np.put(y, [], x),
    "put of nothing": lambda y, x: np.put(y, [0], x[:0]),
    "put at passive": lambda y, x: np.put(y, np.argmax(x), x[0, 0]),
    "put constants": lambda y, x: np.put(y, [0, 1], [5.0, 6.0]),
    "method put": lambda y, x: y.put([0, 5], x[0, :2]),
    "method put wrapped": lambda y, x: y.put([9], x[0], mode="wrap"),
    "copyto": lambda y, x: np.copyto(y, np.sin(x)),
    "copyto broadcast": lambda y, x: np.copyto(y, x[0]),
    "copyto more axes": lambda y, x: np.copyto(y, x[None]),
    "copyto number": lambda y, x: np.copyto(y, x[0, 0]),
    "copyto plain": lambda y, x: np.copyto(y, 2),
    "copyto where": lambda y, x: np.copyto(y, np.sin(x), where=MASK),
    "copyto where traced": lambda y, x: np.copyto(y, np.sin(x[1]), where=x > 0),
    "copyto where row": lambda y, x: np.copyto(y, x[None, :1], where=MASK[0]),
    "copyto where one is": lambda y, x: np.copyto(y, np.sin(x), where=x[0, 0] > 0),
    "copyto nowhere": lambda y, x: np.copyto(y, x, where=False),
    "copyto unsafe": lambda y, x: np.copyto(y, x, casting="unsafe"),
    "copyto by keywords": lambda y, x: np.copyto(dst=y, src=x),
    "place": lambda y, x: np.place(y, MASK, x[1, :2]),
    "place traced mask": lambda y, x: np.place(y, x > 0, x[1]),
    "place number": lambda y, x: np.place(y, [1, 0, 0, 0, 2, 0], x[1, 1]),
    "place nowhere": lambda y, x: np.place(y, y > 99, []),
    "putmask": lambda y, x: np.putmask(y, MASK, np.sin(x)),
    "putmask over and over": lambda y, x: np.putmask(y, x > 0, x[0, :2]),
    "putmask of nothing": lambda y, x: np.putmask(y, MASK, x[:0]),
    "put_along_axis": lambda y, x: np.put_along_axis(y, np.array([[1], [2]]), x[:, :1], 1),
    "put_along_axis twice": lambda y, x: np.put_along_axis(y, np.array([[1, 1], [2, 0]]), x[:, :2], -1),
    "put_along_axis flat": lambda y, x: np.put_along_axis(y, np.array([1, 4]), x[0, :2], None),
    "put_along_axis at argmax": lambda y, x: np.put_along_axis(y, np.expand_dims(np.argmax(x, 0), 0), x[0, 0], 0),
    "put_along_axis broadcast": lambda y, x: np.put_along_axis(y, np.array([[1]]), x[:, :1], 1),
    "fill_diagonal": lambda y, x: np.fill_diagonal(y, x[0, :2]),
    "fill_diagonal over and over": lambda y, x: np.fill_diagonal(y, x[0, :1]),
    "fill_diagonal number": lambda y, x: np.fill_diagonal(y, x[0, 0]),
    "fill_diagonal too many": lambda y, x: np.fill_diagonal(y, x),
    "fill_diagonal view": lambda y, x: np.fill_diagonal(y[:, 1:].T, x[1]),
    "fill_diagonal wrapped": lambda y, x: np.fill_diagonal(y.reshape(6, 1), x[1], wrap=True),
    "add.at": lambda y, x: np.add.at(y, ([0, 0, 1], [1, 1, 2]), x[0]),
    "add.at rows": lambda y, x: np.add.at(y, [1, 1], x),
    "add.at number": lambda y, x: np.add.at(y, [1, 1, 1], x[0, 0]),
    "add.at basic": lambda y, x: np.add.at(y, (0, slice(None, None, -1)), x[1]),
    "add.at mask": lambda y, x: np.add.at(y, MASK, x[0]),
    "add.at traced mask": lambda y, x: np.add.at(y, x > 0, x[0, 0]),
    "add.at none": lambda y, x: np.add.at(y, np.zeros(0, int), 1.0),
    "add.at often": lambda y, x: np.add.at(y, (SIX % 2 * np.ones((9, 1), int), SIX % 3), 0.1 * x.ravel()),
    "subtract.at often": lambda y, x: np.subtract.at(y, (np.zeros(30, int), np.arange(30) % 2), 0.1 * x[0, 0]),
    "subtract.at": lambda y, x: np.subtract.at(y, ([0, 0], [0, 0]), x[0, :2]),
    "multiply.at": lambda y, x: np.multiply.at(y, ([0, 0, 1], [1, 1, 2]), x[0]),
    "multiply.at often": lambda y, x: np.multiply.at(y, (np.zeros(10, int), np.arange(10) % 2), x[0, 0]),
    "divide.at": lambda y, x: np.divide.at(y, [0, 0], x),
    "maximum.at": lambda y, x: np.maximum.at(y, ([0, 0, 1], [1, 1, 2]), x[1]),
    "negative.at": lambda y, x: np.negative.at(y, ([0, 0, 1], [1, 1, 2])),
    "square.at": lambda y, x: np.square.at(y, [1, 1]),
    "fill": lambda y, x: y.fill(x[0, 0]),
    "sort": lambda y, x: y.sort(axis=0),
    "flat": lambda y, x: setattr(y, "flat", x[0, :2]),
    "flat number": lambda y, x: setattr(y, "flat", x[0, 0]),
    "flat transposed": lambda y, x: y.T.flat.__setitem__([0, 1], x[0, :2]),
    "out of add": lambda y, x: np.add(x, 1.0, out=y),
    "out by position": lambda y, x: np.multiply(x, x, y),
    "out of itself": lambda y, x: np.multiply(y, y, out=y),
    "out of an overlapping view": lambda y, x: np.add(y[:, :-1], y[:, 1:], out=y[:, 1:]),
    "out of broadcast": lambda y, x: np.multiply(x[0], x[1, 0], out=y),
    "out of sin": lambda y, x: np.sin(x, out=y),
    "out of floor": lambda y, x: np.floor(x, out=y),
    "out cast": lambda y, x: np.add(x, 1.0, out=y, casting="unsafe"),
    "out where": lambda y, x: np.add(x, 1.0, out=y, where=MASK),
    "out where of rows": lambda y, x: np.multiply(x[:1], x[:, :1], out=y, where=MASK[1]),
    "out where traced": lambda y, x: np.log(x, out=y, where=x > 0),
    "out where divides": lambda y, x: np.divide(1.0, np.maximum(x, 0.0), out=y, where=x > 0),
    "out where nowhere": lambda y, x: np.divide(x, np.zeros(3), out=y, where=False),
    "out of comparison": lambda y, x: np.greater(x, 0.0, out=y),
    "out of sum": lambda y, x: np.sum(x, axis=0, out=y[1]),
    "out of sum by position": lambda y, x: np.sum(x, 0, None, y[1]),
    "out of method sum": lambda y, x: x.sum(0, out=y[1]),
    "out of sum keepdims": lambda y, x: np.sum(x, axis=1, keepdims=True, out=y[:, :1]),
    "out of mean": lambda y, x: np.mean(x * x, axis=0, out=y[0]),
    "out of method mean": lambda y, x: (x * x).mean(axis=0, out=y[0]),
    "out of var": lambda y, x: np.var(x, axis=0, out=y[0]),
    "out of std by position": lambda y, x: np.std(x, 0, None, y[0]),
    "out of std": lambda y, x: np.std(x, axis=0, out=y[0]),
    "out of prod": lambda y, x: np.prod(x, axis=0, out=y[0]),
    "out of max": lambda y, x: np.max(x, axis=0, out=y[0]),
    "out of ptp": lambda y, x: np.ptp(x, axis=0, out=y[0]),
    "out of add.reduce": lambda y, x: np.add.reduce(x, axis=0, out=y[1]),
    "out of add.reduce where": lambda y, x: np.add.reduce(x, axis=0, out=y[1], where=MASK),
    "out of add.accumulate": lambda y, x: np.add.accumulate(x, axis=1, out=y),
    "out of multiply.outer": lambda y, x: np.multiply.outer(x[:, 0], x[0], out=y),
    "out of clip": lambda y, x: np.clip(x, -1.0, 1.0, out=y),
    "out of clip by position": lambda y, x: np.clip(y, -1.0, 1.0, y),
    "out of method clip": lambda y, x: y.clip(-1.0, 1.0, out=y),
    "out of take": lambda y, x: np.take(x, [1, 0], axis=0, out=y),
    "out of choose": lambda y, x: np.choose([1, 0, 1], [x, 2 * x], out=y),
    "out of compress": lambda y, x: np.compress([0, 1, 1], x, axis=1, out=y[:, 1:]),
    "out of cumsum": lambda y, x: np.cumsum(x, axis=1, out=y),
    "out of matmul": lambda y, x: np.matmul(0.1 * x @ x.T, x, out=y),
    "out of dot": lambda y, x: np.dot(0.1 * x @ x.T, x, out=y),
    "out of dot by position": lambda y, x: np.dot(0.1 * x @ x.T, x, y),
    "out of einsum": lambda y, x: np.einsum("ij,jk->ik", 0.1 * x @ x.T, x, out=y),
    "out of outer": lambda y, x: np.outer(x[:, 0], x[0], out=y),
    "out of concatenate": lambda y, x: np.concatenate([x[:1], x[:1] ** 2], out=y),
    "out of stack": lambda y, x: np.stack([x[0], x[1] ** 2], out=y),
    "out of round": lambda y, x: np.round(x, 1, out=y),
    "out of round by position": lambda y, x: np.round(x, 1, y),
    "out that is None": lambda y, x: np.sum(x, out=None) + np.sum(x, 0, None, None),
    "out in a view of a view": lambda y, x: np.exp(x[:, 1:].T, out=y[:, ::-1].T[:2]),
}


def after(write: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """y and a view of it that was taken before, once `write` was done to y."""

    def f(x: Any) -> Any:
        y = 0.5 * x * x + np.cos(x)
        seen = y.T[1:]
        write(y, x)
        return np.concatenate([np.ravel(y), np.ravel(seen * seen)])

    return f


@pytest.mark.parametrize("name", WRITES)
def test_writes_are_those_of_numpy(name: str) -> None:
    """Breaks if a function writes elsewhere or otherwise than NumPy does, or loses a derivative on the way."""
    check_array_function(after(WRITES[name]), X)


@pytest.mark.parametrize("name", WRITES)
def test_writes_into_new_arrays(name: str) -> None:
    """Breaks if a buffer of plain numbers does not become one that holds derivatives."""

    def f(x: Any) -> Any:
        y = np.ones_like(x) * np.array([1.0, 2.0, 0.5])
        WRITES[name](y, x)
        return y + 0.0 * x

    check_array_function(f, X, second=False)


@pytest.mark.parametrize("name", WRITES)
def test_the_return_value(name: str) -> None:
    """Breaks if out= does not return the very array that was given, or a function of no value returns one."""
    seen: list[Any] = []

    def f(x: Any) -> Any:
        y = x * x
        result = WRITES[name](y, x)
        seen.append((result is None, result is y))
        return y

    f(X)
    for method in TRACING_MODES:
        ad.jacobian(f, X, method=method)
        assert seen[-1] == seen[0], method


def test_symbolic_mode_writes_too() -> None:
    """Breaks if a write comes down to something that symbolic mode does not know."""
    for name in ("put", "copyto where traced", "add.at", "add.at often", "fill_diagonal", "out where traced", "out of sum"):
        f = after(WRITES[name])
        assert_close(ad.jacobian(f, X, method="symbolic"), numerical_jacobian(f, X))


def test_elements_left_out_are_not_computed() -> None:
    """Breaks if where= evaluates the function where it is not chosen, so that warnings and NaN come of it."""

    def f(x: Any) -> Any:
        y = np.zeros_like(x)
        np.sqrt(x, out=y, where=x > 0)
        np.divide(y, x, out=y, where=x != 0)
        return y

    x = np.array([4.0, 0.0, -1.0])
    with np.errstate(all="raise"):
        for method in EXACT_MODES:
            value, derivative = ad.value_and_jacobian(f, x, method=method)
            np.testing.assert_array_equal(value, [0.5, 0.0, 0.0])
            # y / x of the third element is 0 / -1, of slope 0 by x
            assert_close(derivative, np.diag([-1 / 16, 0.0, 0.0]))


@exact_modes
def test_other_dtypes(method: str) -> None:
    """Breaks if out= of another dtype is not cast as NumPy casts it."""
    big = np.array([[1e8, 1.0, -1e8], [0.1, 0.2, 0.3]])
    outs: list[tuple[Callable[[Any, Any], Any], Any, Any]] = [
        (lambda x, y: np.sum(x, axis=1, out=y), (2,), np.float32),
        (lambda x, y: np.add.reduce(x, axis=1, out=y), (2,), np.float32),
        (lambda x, y: np.mean(x, 1, None, y), (2,), np.float32),
        (lambda x, y: np.add(x, 1, out=y), (2, 3), np.float32),
        (lambda x, y: np.max(x, axis=1, out=y), (2,), np.float32),
        (lambda x, y: np.argmax(x, axis=1, out=y), (2,), np.intp),
        (lambda x, y: np.greater(x, 0.15, out=y), (2, 3), bool),
        (lambda x, y: np.any(x > 0.15, axis=0, out=y), (3,), bool),
        (lambda x, y: np.copyto(y, x), (2, 3), np.float32),
    ]
    for write, shape, dtype in outs:

        def f(x: Any, write: Any = write, shape: Any = shape, dtype: Any = dtype) -> Any:
            y = np.zeros(shape, dtype, like=x)
            write(x, y)
            return 1.0 * y

        value, _ = ad.value_and_jacobian(f, big, method=method)
        np.testing.assert_array_equal(value, f(big))


@exact_modes
def test_a_reduction_into_integers_is_refused(method: str) -> None:
    """Breaks if the derivative of a sum is cut off in silence, as NumPy cuts its digits."""
    for write in (
        lambda x: np.sum(x, axis=0, out=np.zeros(3, int, like=x)),
        lambda x: np.add.at(np.zeros(3, int, like=x), [0, 0], x[0, 0]),
        lambda x: np.copyto(np.zeros((2, 3), int, like=x), x, casting="unsafe"),
        lambda x: np.compress([1, 1], x, axis=0, out=np.zeros((2, 3), int, like=x)),
    ):
        with pytest.raises((AdmodesError, TypeError), match=r"dtype|floats"):
            ad.jacobian(write, X, method=method)


# ---- errors

BAD: dict[str, Callable[[Any, Any], Any]] = {
    "put out of range": lambda y, x: np.put(y, [6], x),
    "copyto shape": lambda y, x: np.copyto(y, x.T),
    "copyto casting": lambda y, x: np.copyto(np.zeros(3, int, like=x), x[0]),
    "copyto mask of numbers": lambda y, x: np.copyto(y, x, where=np.arange(3)),
    "place mask": lambda y, x: np.place(y, [True], x),
    "place nothing": lambda y, x: np.place(y, MASK, []),
    "putmask mask": lambda y, x: np.putmask(y, [True], x),
    "put_along_axis indices": lambda y, x: np.put_along_axis(y, np.array([[9], [0]]), x[:, :1], 1),
    "fill_diagonal of a vector": lambda y, x: np.fill_diagonal(y[0], x[0]),
    "fill_diagonal of unequal lengths": lambda y, x: np.fill_diagonal(y[None], x[0]),
    "at out of range": lambda y, x: np.add.at(y, [2], x[0]),
    "at shape": lambda y, x: np.add.at(y, [0, 1, 1], x[:, :2]),
    "out shape": lambda y, x: np.add(x, 1.0, out=y[0]),
    "out where shape": lambda y, x: np.add(x, 1.0, out=y[0], where=MASK),
    "out where numbers": lambda y, x: np.add(x, 1.0, out=y, where=MASK.astype(int)),
    "out of sum shape": lambda y, x: np.sum(x, axis=0, out=y),
    "out of sum of a row": lambda y, x: np.sum(x, axis=0, out=y[:1]),
    "out of integers": lambda y, x: np.add(x, 1.0, out=np.zeros((2, 3), int, like=x)),
    "out no casting": lambda y, x: np.add(x, 1.0, out=np.zeros((2, 3), np.float32, like=x), casting="no"),
    "out of concatenate shape": lambda y, x: np.concatenate([x, x], out=y),
    "itemset": lambda y, x: y.itemset(0, 1.0),
}


@exact_modes
@pytest.mark.parametrize("name", BAD)
def test_writes_that_numpy_refuses(name: str, method: str) -> None:
    """Breaks if what NumPy refuses is written, in part or as a whole."""
    errors = (ValueError, TypeError, IndexError, AttributeError)
    with pytest.raises(errors):
        after(BAD[name])(X)
    with pytest.raises(errors):
        ad.jacobian(after(BAD[name]), X, method=method)


PLAIN: dict[str, Callable[[Any], Any]] = {
    "put": lambda x: np.put(np.zeros(3), [0], x[0, 0]),
    "put at passive": lambda x: np.put(np.zeros(6), np.argmax(x), 1.0),
    "copyto": lambda x: np.copyto(np.zeros((2, 3)), x),
    "place": lambda x: np.place(np.zeros((2, 3)), MASK, x),
    "putmask": lambda x: np.putmask(np.zeros((2, 3)), MASK, x),
    "put_along_axis": lambda x: np.put_along_axis(np.zeros((2, 3)), np.array([[0]]), x[:, :1], 1),
    "fill_diagonal": lambda x: np.fill_diagonal(np.zeros((2, 3)), x[0, 0]),
    "at": lambda x: np.add.at(np.zeros(3), [0, 1, 1], x[0]),
    "unary at": lambda x: np.negative.at(np.zeros(3), x[0].astype(int)),
    "out": lambda x: np.add(x, 1.0, out=np.zeros((2, 3))),
    "out where": lambda x: np.add(x, 1.0, out=np.zeros((2, 3)), where=MASK),
    "where traced": lambda x: np.add(1.0, 1.0, out=np.zeros((2, 3)), where=x > 0),
    "out of sum": lambda x: np.sum(x, axis=0, out=np.zeros(3)),
    "out of sum by position": lambda x: np.sum(x, 0, None, np.zeros(3)),
    "out of method": lambda x: x.mean(0, out=np.zeros(3)),
    "out of reduce": lambda x: np.add.reduce(x, out=np.zeros(3)),
    "out of argmax": lambda x: np.argmax(x, axis=0, out=np.zeros(3, int)),
    "out of round": lambda x: np.round(x, 0, np.zeros((2, 3))),
    "out of einsum": lambda x: np.einsum("ij->j", x, out=np.zeros(3)),
    "into a number": lambda x: np.add(x[0, 0], 1.0, out=np.zeros((), like=x)),
    "sum into a number": lambda x: np.sum(x, out=np.zeros((), like=x)),
    "copyto a number": lambda x: np.copyto(np.zeros((), like=x), x[0, 0]),
    "where without out": lambda x: np.add(x, 1.0, where=MASK),
    "resize": lambda x: (x * 1.0).resize(9),
    "integers": lambda x: np.put(np.zeros(3, int, like=x), 0, x[0, 0]),
    "floor by place into integers": lambda x: np.place(np.zeros(6, int, like=x), np.ones(6), x),
}


@exact_modes
@pytest.mark.parametrize("name", PLAIN)
def test_what_cannot_hold_a_derivative_is_refused(name: str, method: str) -> None:
    """Breaks if a derivative is lost in a plain array, a number or an array of integers, or no cure is named."""

    def f(x: Any) -> Any:
        PLAIN[name](x)
        return x

    with pytest.raises(AdmodesError) as caught:
        ad.jacobian(f, X, method=method)
    assert any(cure in str(caught.value) for cure in ("np.zeros_like(x", "instead", "np.resize", "Leave", "Use"))


@exact_modes
def test_writes_after_a_conversion_and_across_levels_are_refused(method: str) -> None:
    """Breaks if the functions that write go round the checks of a write by index."""

    def exported(x: Any) -> Any:
        y = x * x
        np.asarray(y)
        np.copyto(y, x)
        return y

    with pytest.raises(TracedValueError, match=r"np\.array"):
        ad.jacobian(exported, X, method=method)

    def outward(x: Any) -> Any:
        y = x * x

        def inner(z: Any) -> Any:
            np.multiply(z, z, out=y)
            return np.sum(z)

        return ad.gradient(inner, x, method=method) + y

    with pytest.raises(AdmodesError):
        ad.jacobian(outward, X, method=method)


@exact_modes
def test_indices_may_be_changed_after_they_were_used(method: str) -> None:
    """Breaks if reading a locally constant array as indices freezes it, or is not a snapshot."""

    def f(x: Any) -> Any:
        order = np.argsort(x[0])
        first = np.take(x[0], order)
        order[...] = 0
        return first * np.take(x[0], order)

    assert_close(ad.jacobian(f, X, method=method), numerical_jacobian(f, X))


def test_a_missing_rule_stays_missing() -> None:
    """Breaks if out= or where= hides that a function has no rule."""
    for f in (lambda x: np.frompyfunc(abs, 1, 1)(x, out=x), lambda x: np.nextafter(x, 1.0, out=x)):
        with pytest.raises(MissingRuleError):
            ad.jacobian(f, X)
