"""Reading and writing by every kind of index, and views and aliases, against plain NumPy and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings
from rule_cases import PAIRINGS, check_array_function
from support import EXACT_MODES, assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes.errors import AdmodesError, TracedValueError

RNG = np.random.default_rng(4)
X1, X2, X3 = (
    RNG.permutation(np.linspace(-1.3, 1.7, size)).reshape(shape) for size, shape in ((5, 5), (12, (3, 4)), (24, (2, 3, 4)))
)
MASK2 = np.arange(12).reshape(3, 4) % 3 == 0
MASK3 = np.arange(24).reshape(2, 3, 4) % 5 == 0

#: Keys by the array they index. `ix` marks integer arrays that name an element twice.
KEYS: list[tuple[np.ndarray, Any]] = [
    *(
        (X1, key)
        for key in (0, -1, np.int64(2), slice(1, 4), slice(None, None, -1), slice(4, 0, -2), slice(2, 2), slice(-3, None))
    ),
    *(
        (X1, key)
        for key in (Ellipsis, None, (), (Ellipsis, 0), (2, Ellipsis), (None, slice(1, 3)), (slice(None), None), (0, None))
    ),
    *((X1, key) for key in ([0, 2], [0, 0, 3, 0], [-1, 4], np.array([[0, 1], [1, 4]]), [], np.zeros(0, dtype=int), np.array(3))),
    *((X1, key) for key in (X1 > 0, [True, False, True, False, True], np.zeros(5, dtype=bool), True, False, (np.array([1, 3]),))),
    *((X1, key) for key in ((None, [0, 0, 1]), (Ellipsis, [3, 1]), ([2, 1], None), np.array([0, 4], dtype=np.uint8))),
    *(
        (X2, key)
        for key in (1, -1, (1, 2), (-1, -2), (0, slice(None)), (slice(None), 1), (slice(0, 3, 2), slice(None, None, -1)))
    ),
    *(
        (X2, key)
        for key in ((Ellipsis, 1), (1, Ellipsis), (None, 1, None, 2), (slice(None), None, 0), (..., None), slice(2, 0, -1))
    ),
    *((X2, key) for key in ([0, 0], [[0, 1], [1, 2]], ([0, 1, 2], [1, 1, 3]), ([0, 0, 0], [1, 1, 3]), (slice(None), [3, 3, 0]))),
    *((X2, key) for key in (([0, 2], slice(1, 3)), ([0, 2], 1), (1, [0, 0, 2]), (None, [0, 1], [2, 2]), ([[0], [2]], [1, 3]))),
    *((X2, key) for key in (np.ix_([0, 2], [3, 1]), np.ix_([True, False, True], [0, 2]), np.ix_([1, 1], [0, 0, 2]))),
    *((X2, key) for key in (MASK2, ~MASK2, MASK2[:, 0], (slice(None), MASK2[1]), (MASK2[:, 0], [0, 3]), (MASK2[:, 0], 1))),
    *(
        (X2, key)
        for key in ((MASK2[:, 0], slice(None, None, 2)), (Ellipsis, MASK2[0]), (MASK2, None), np.zeros((3, 4), dtype=bool))
    ),
    *(
        (X2, key)
        for key in ((np.array([], dtype=int), [1]), np.nonzero(MASK2), np.unravel_index([0, 7, 7], (3, 4)), (True, 1), (False, 1))
    ),
    *(
        (X3, key)
        for key in (1, (1, 2, 3), (slice(None), 1), (Ellipsis, -1), (0, Ellipsis, 0), (slice(None), slice(None), slice(1, 3)))
    ),
    *((X3, key) for key in (([0, 1], slice(None), [1, 2]), (0, slice(None), [1, 1, 2]), ([1, 0, 1], slice(0, 2), [3, 3, 3]))),
    *(
        (X3, key)
        for key in ((slice(None), [0, 2], [1, 1]), (slice(None), [[0], [2]], [1, 3]), ([0, 1], [1, 2]), (1, None, [0, 0]))
    ),
    *((X3, key) for key in (([0, 1], None, [1, 2]), (Ellipsis, [0, 0], None), MASK3, (MASK3[0], [0]), (slice(None), MASK3[0]))),
    *(
        (X3, key)
        for key in (MASK3[..., 0], (MASK3[..., 0], [1, 1, 2]), ([0, 1], Ellipsis, MASK3[0, 0]), np.ix_([1], [0, 2], [3, 0, 0]))
    ),
]
# A mask of two axes beside integers needs as many Trues as the integers; drop the pairs that NumPy itself refuses.


def _accepted(x: np.ndarray, key: Any) -> bool:
    try:
        x[key]
    except IndexError:
        return False
    return True


def _text(key: Any) -> str:
    return repr(key).replace("\n", "").replace(" ", "").replace("slice", "").replace("None", "_")[:60]


KEYS = [(x, key) for x, key in KEYS if _accepted(x, key)]
every_key = pytest.mark.parametrize(("x", "key"), [pytest.param(x, key, id=f"{x.ndim}d-{_text(key)}") for x, key in KEYS])


# ---- reading


@every_key
def test_reading(x: np.ndarray, key: Any) -> None:
    """Breaks if x[key] is not NumPy's, or its derivative forgets or doubles an element."""
    check_array_function(lambda x: x[key] * x[key] if np.size(x[key]) else x[key], x)


@every_key
def test_reading_an_intermediate(x: np.ndarray, key: Any) -> None:
    """Breaks if the cotangent of an element does not join that of the whole array it was read from."""

    def f(x: Any) -> Any:
        y = np.sin(x)
        return np.sum(y * y) + np.sum(y[key] ** 3)

    check_array_function(f, x, second=False)


PASSIVE = {
    "argmax": lambda x: x[0][np.argmax(x[0])],
    "argmin_axis": lambda x: x[np.argmin(x, axis=0), np.arange(4)],
    "argsort": lambda x: np.ravel(x)[np.argsort(x, axis=None)] * np.arange(12),
    "comparison": lambda x: x[x > 0] ** 2,
    "comparisons": lambda x: x[(x > -1) & ~(x > 1)],
    "row_mask": lambda x: x[np.any(x > 1, axis=1)],
    "nonzero": lambda x: x[np.nonzero(x > 0)],
    "floor": lambda x: x[np.floor(np.abs(x[0, 0])).astype(int), 1],
    "slice_of_count": lambda x: x[: np.count_nonzero(x[:, 0] > 0)],
    "python_int": lambda x: x[int(np.argmax(x[0])) % 3],
    "unravel": lambda x: x[np.unravel_index(int(np.argmax(x)), x.shape)],
    "list_of_passive": lambda x: x[[np.argmax(x[:, 0]), np.argmin(x[:, 0])]],
    "searchsorted": lambda x: x[0] * np.searchsorted(np.sort(x[0]), 0.3),
    "take": lambda x: np.take(x, np.argsort(x[0])[:2], axis=1),
    "take_along": lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1)[:, 0],
    "take_one": lambda x: np.take(x, np.argmax(x)) ** 2,
    "repeat_and_roll": lambda x: np.roll(np.repeat(x[0], (x[0] > 0).astype(int)), np.argmax(x[1])),
    "mask_times": lambda x: (x > 0) * x,
    "where_passive": lambda x: np.where(x > 0, x**2, -x),
}


@pytest.mark.parametrize("name", PASSIVE)
def test_indices_that_are_locally_constant(name: str) -> None:
    """Breaks if an index computed from x by a locally constant function is refused or differentiated."""
    check_array_function(PASSIVE[name], X2)


def test_an_active_index_is_refused() -> None:
    """Breaks if an index that depends smoothly on x is cut to an integer in silence."""
    taken = (
        lambda x: np.take(x, x),
        lambda x: np.take_along_axis(x, x, 0),
        lambda x: np.repeat(x, x[0]),
        lambda x: np.roll(x, x[0, 0]),
    )
    for index in (lambda x: x[x], lambda x: x[0, [x[0, 0]]], lambda x: x[x[0, 0]], lambda x: x[: x[0, 0]], *taken):
        for method in EXACT_MODES:
            with pytest.raises((AdmodesError, IndexError)):
                ad.jacobian(index, np.ones((2, 2)), method=method)


# ---- writing


def _write(key: Any, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        y = x * x
        y[key] = make(x)
        return y

    return f


@every_key
def test_writing_a_number(x: np.ndarray, key: Any) -> None:
    """Breaks if a number, traced or plain, written to many places loses or doubles its derivative."""
    check_array_function(_write(key, lambda x: np.ravel(x)[1] * 2.0), x)
    check_array_function(_write(key, lambda x: 3.0), x, second=False)


@every_key
def test_writing_an_array(x: np.ndarray, key: Any) -> None:
    """Breaks if an array written is scattered wrongly; where an element is named twice, the last one stays."""
    shape = np.shape(x[key])
    factors = np.linspace(0.5, 2.0, int(np.prod(shape))).reshape(shape)
    check_array_function(_write(key, lambda x: factors * np.sum(x)), x)
    check_array_function(_write(key, lambda x: factors), x, second=False)


@every_key
def test_writing_what_was_read(x: np.ndarray, key: Any) -> None:
    """Breaks if y[key] *= 2 or y[key] += x[key] does not change exactly the elements that NumPy changes."""

    def f(x: Any) -> Any:
        y = np.cos(x)
        y[key] *= 2.0
        y[key] += x[key]
        y[key] = y[key] ** 2
        return y

    check_array_function(f, x)


@every_key
def test_writing_into_new_arrays(x: np.ndarray, key: Any) -> None:
    """Breaks if an array of zeros that is filled from x does not carry the derivative, or drops an earlier write."""

    def f(x: Any) -> Any:
        y = np.zeros_like(x)
        z = np.full_like(x, 0.5)
        y[key] = x[key]
        z[key] = np.sin(x)[key] + y[key]
        return y * z + y

    check_array_function(f, x)


BROADCAST = [
    (X2, slice(None), lambda x: x[0] * 2),
    (X2, slice(0, 2), lambda x: x[2]),
    (X2, (slice(None), slice(1, 3)), lambda x: x[:, :1]),
    (X2, [0, 2], lambda x: x[1]),
    (X2, ([0, 0], slice(None)), lambda x: x[1:3]),
    (X2, (slice(None), [3, 1]), lambda x: x[:, :1] * 3),
    (X2, MASK2, lambda x: x[:1, 0]),
    (X2, Ellipsis, lambda x: x[None, 0]),
    (X2, (0, slice(None)), lambda x: x[None, None, 1]),
    (X3, (slice(None), 1), lambda x: x[0, 0]),
    (X3, ([0, 1], slice(None), [1, 2]), lambda x: x[0, :, 0]),
    (X3, ([0, 1], slice(None), [1, 2]), lambda x: x[:, :1, 0]),
    (X3, (Ellipsis, [0, 0, 2]), lambda x: x[0, :, :1]),
    (X3, (slice(None), [0, 2], slice(None, None, -1)), lambda x: x[:, :1]),
    (X1, slice(1, 4), lambda x: [x[0], 2.0, x[1] * x[2]]),
    (X1, [3, 1], lambda x: (x[0], x[4])),
    (X1, slice(None), lambda x: np.arange(5)),
    (X1, X1 > 0, lambda x: x[:1]),
]


@pytest.mark.parametrize(
    ("x", "key", "make"),
    [pytest.param(*entry, id=f"{entry[0].ndim}d-{_text(entry[1])}-{n}") for n, entry in enumerate(BROADCAST)],
)
def test_writing_what_is_broadcast(x: np.ndarray, key: Any, make: Callable[[Any], Any]) -> None:
    """Breaks if the cotangent of a value that was stretched into place is not summed back."""
    check_array_function(_write(key, make), x)


@exact_modes
def test_writes_that_numpy_refuses(method: str) -> None:
    """Breaks if a value that does not fit is written in part, or an index out of range wraps around."""
    bad: list[tuple[Any, Any, Any]] = [
        (slice(0, 2), lambda x: x[:3], ValueError),
        (7, lambda x: x[0], IndexError),
        ([0, 9], lambda x: x[0], IndexError),
    ]
    for key, make, error in bad:
        with pytest.raises(error):
            ad.jacobian(_write(key, make), X1, method=method)
    with pytest.raises(IndexError):
        ad.jacobian(lambda x: x[5], X1, method=method)
    with pytest.raises(IndexError):
        ad.jacobian(lambda x: x[0, 0], X1, method=method)


@exact_modes
def test_x_itself_may_be_written_into_by_f_and_keeps_its_value(method: str) -> None:
    """Breaks if f can change the caller's x, or writing into x forgets what x was."""
    x = X1.copy()

    def f(x: Any) -> Any:
        square = x * x
        x[0] = 5.0
        x[1] = x[2] * x[0]
        return square + x

    got = ad.jacobian(f, x, method=method)
    np.testing.assert_array_equal(x, X1)
    assert_close(got, numerical_jacobian(f, X1), 1e-8)


@exact_modes
def test_an_integer_array_refuses_a_traced_number(method: str) -> None:
    """Breaks if a traced number is cut to a whole one when it is written into an array of integers."""

    def f(x: Any) -> Any:
        y = np.zeros_like(x, dtype=int)
        y[0] = x[0]
        return np.sum(y) + x[0]

    with pytest.raises(TracedValueError):
        ad.gradient(f, X1, method=method)


# ---- views and aliases: random programs on one buffer

VIEWS: dict[str, Callable[[Any], Any]] = {
    "row": lambda y: y[1],
    "column": lambda y: y[:, 1],
    "corner": lambda y: y[:2, 1:],
    "backwards": lambda y: y[::-1, ::2],
    "new_axis": lambda y: y[None, 0],
    "all": lambda y: y[...],
    "transpose": lambda y: y.T,
    "ravel": lambda y: y.ravel(),
    "reshape": lambda y: y.reshape(2, 6),
    "flip": lambda y: np.flip(y, 1),
    "swapped": lambda y: np.swapaxes(y, 0, 1)[1:],
    "element": lambda y: y[1:2, 1:2],
    "view_of_view": lambda y: y[1:].T[1:3],
    "raveled_transpose": lambda y: y.T.ravel(),
    "fancy": lambda y: y[[0, 2]],
    "masked": lambda y: y[MASK2],
    "copy": lambda y: y[:2].copy(),
    "diagonal_corner": lambda y: y[::2, ::3],
}
WRITES: dict[str, Callable[[Any, Any], None]] = {
    "fill": lambda v, s: v.__setitem__(Ellipsis, s),
    "first": lambda v, s: v.__setitem__(0, s),
    "last": lambda v, s: v.__setitem__(-1, s * 2.0),
    "half": lambda v, s: v.__setitem__(slice(None, None, 2), s),
    "fancy": lambda v, s: v.__setitem__([0, -1], s),
    "mask": lambda v, s: v.__setitem__(v > 0, s),
    "constant": lambda v, s: v.__setitem__(0, 0.25),
    "add": lambda v, s: v.__iadd__(s),
    "subtract": lambda v, s: v.__isub__(0.5),
    "multiply": lambda v, s: v.__imul__(s),
    "divide": lambda v, s: v.__itruediv__(s * s + 1.0),
    "by_itself": lambda v, s: v.__imul__(v),
    "item_add": lambda v, s: v.__setitem__(0, v[0] + s),
    "reversed": lambda v, s: v.__setitem__(Ellipsis, v[::-1] * s),
}
SCALARS: dict[str, Callable[[Any, Any], Any]] = {
    "x": lambda x, y: x[0, 0],
    "buffer": lambda x, y: y[2, 3],
    "sum": lambda x, y: np.sum(y) * 0.1,
    "sine": lambda x, y: np.sin(x[1, 1]),
    "plain": lambda x, y: 0.7,
}
steps = st.lists(
    st.one_of(
        st.tuples(st.just("view"), st.sampled_from(sorted(VIEWS)), st.integers(0, 9)),
        st.tuples(st.just("write"), st.sampled_from(sorted(WRITES)), st.integers(0, 9), st.sampled_from(sorted(SCALARS))),
        st.tuples(st.just("read"), st.integers(0, 9)),
        st.tuples(st.just("alias"), st.integers(0, 9)),
    ),
    min_size=2,
    max_size=9,
)


def run(program: list[Any], start: str, x: Any) -> Any:
    """The program's reads, then the buffer and all its views as they are in the end."""
    y = {"fresh": lambda: x * 1.0, "zeros": lambda: np.zeros_like(x), "input": lambda: x}[start]()
    held, reads = [y], []
    for step, *details in program:
        if step == "view":
            base = held[details[1] % len(held)]
            held.append(VIEWS[details[0]](base if np.shape(base) == (3, 4) else y))
        elif step == "write":
            WRITES[details[0]](held[details[1] % len(held)], SCALARS[details[2]](x, y))
        elif step == "read":
            reads.append(np.sum(np.sin(held[details[0] % len(held)])))
        else:
            held.append(held[details[0] % len(held)])
    return np.concatenate([np.ravel(part) for part in (*held, *reads)])


@settings(max_examples=120)
@given(program=steps, start=st.sampled_from(["fresh", "zeros", "input"]))
@example(program=[("view", "row", 0), ("write", "fill", 0, "x"), ("read", 1)], start="fresh")
@example(program=[("view", "transpose", 0), ("write", "add", 1, "sum"), ("read", 0)], start="input")
@example(program=[("view", "view_of_view", 0), ("write", "multiply", 1, "buffer"), ("write", "add", 0, "x")], start="fresh")
@example(
    program=[("view", "ravel", 0), ("write", "first", 1, "x"), ("view", "raveled_transpose", 0), ("write", "first", 2, "x")],
    start="zeros",
)
def test_views_and_aliases(program: list[Any], start: str) -> None:
    """Breaks if a write through a view, an alias or a stale read is not seen as NumPy sees it."""
    with np.errstate(all="ignore"):
        value = run(program, start, X2.copy())
        if not np.all(np.isfinite(value)) or np.max(np.abs(value)) > 1e3:
            return
        truth = numerical_jacobian(lambda x: run(program, start, x), X2, step=1e-4, levels=3)
        for method in EXACT_MODES:
            try:
                got, derivative = ad.value_and_jacobian(lambda x: run(program, start, x), X2, method=method)
            except AdmodesError as error:
                raise AssertionError(f"{method} refused: {error}") from error
            np.testing.assert_array_equal(got, value, err_msg=f"{method}: value")
            assert_close(derivative, truth, 1e-6, f"{method}: derivative")


@settings(max_examples=40)
@given(program=steps, start=st.sampled_from(["fresh", "zeros", "input"]), pairing=st.sampled_from(PAIRINGS))
@example(program=[("view", "all", 0), ("write", "multiply", 0, "plain")], start="fresh", pairing=("forward", "reverse"))
@example(program=[("view", "transpose", 0), ("write", "add", 0, "x")], start="input", pairing=("reverse", "reverse"))
def test_views_and_aliases_nested(program: list[Any], start: str, pairing: tuple[str, str]) -> None:
    """Breaks if views lose their base where a derivative is taken inside another one."""
    outer, inner = pairing

    def scalar(x: Any) -> Any:
        return np.sum(np.sin(run(program, start, x)))

    with np.errstate(all="ignore"):
        if not np.max(np.abs(run(program, start, X2.copy()))) < 30:
            return
        v = np.cos(np.arange(12.0)).reshape(3, 4)
        truth = numerical_jacobian(lambda t: ad.gradient(scalar, X2 + t * v, method="forward"), 0.0, step=1e-4, levels=3)
        found = ad.jvp(lambda x: ad.gradient(scalar, x, method=inner), X2, v, method=outer)[1]
        assert_close(found, truth, 1e-5)
