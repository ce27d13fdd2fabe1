"""Every kind of index, drawn at random, for reading and for writing, on arrays and views of all kinds, against NumPy itself.

What is read or written by a fixed index is a linear map. So NumPy's own result at each unit vector is a column of the
Jacobian, without rounding: the derivatives here are compared for equality.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import example, given, settings
from rule_cases import PAIRINGS
from support import EXACT_MODES

import admodes as ad

SHAPES = ((5,), (1,), (3, 4), (1, 4), (0, 3), (2, 3, 2), (2, 1, 3))
#: How the indexed array comes from one of the shape: NumPy's strides differ, the elements do not.
ARRAYS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda y: y,
    "backwards": lambda y: y[::-1],
    "transposed": lambda y: y.T,
    "strided": lambda y: np.concatenate([y, y])[::2],
    "column order": lambda y: y.T.copy().T,
    "reshaped": lambda y: y.reshape(-1),
    "with an axis": lambda y: y[:, None],
    "piece": lambda y: y[..., 1:],
    "swapped back": lambda y: np.swapaxes(np.swapaxes(y, 0, -1), 0, -1),
}


@st.composite
def parts(draw: Any, shape: tuple[int, ...]) -> Any:
    """An index of an array of this shape; now and then one that NumPy refuses."""
    key: list[Any] = []
    common = draw(st.sampled_from([(), (2,), (3,), (2, 1), (2, 2), (0,)]))
    axis, dots = 0, False
    kinds = ["int", "slice", "slice", "list", "array", "mask", "new", "stop", "range"]
    while axis < len(shape):
        size = shape[axis]
        kind = draw(st.sampled_from([*kinds, "dots", "flag", "masks", "minus", "numpy int", "row"]))
        if kind == "stop":
            break
        if kind == "dots":
            if not dots:
                key.append(Ellipsis)
                dots = True
                axis = max(axis, len(shape) - draw(st.integers(0, 2)))
            continue
        if kind in {"new", "flag"}:
            key.append(None if kind == "new" else draw(st.sampled_from([True, False, np.True_, np.array(True)])))
            if len(key) > 5:
                break
            continue
        if kind == "masks" and len(shape) - axis > 1:
            key.append(
                np.array(
                    draw(st.lists(st.booleans(), min_size=size * shape[axis + 1], max_size=size * shape[axis + 1])), dtype=bool
                ).reshape(shape[axis : axis + 2])
            )
            axis += 2
            continue
        key.append(draw(one_axis(kind, size, common)))
        axis += 1
    if len(key) == 1 and draw(st.booleans()):
        return key[0]
    return tuple(key)


def one_axis(kind: str, size: int, common: tuple[int, ...]) -> Any:
    """An index of one axis; arrays have a shape in common, so that they fit each other."""
    numbers = st.integers(-size, max(size - 1, -size)) if size else st.integers(0, 0)
    count = int(np.prod(common))
    many = st.lists(numbers, min_size=count, max_size=count)
    ends = st.one_of(st.none(), st.integers(-size - 2, size + 2))
    return {
        "int": numbers,
        "minus": st.just(-1),
        "numpy int": numbers.map(np.int32),
        "slice": st.builds(slice, ends, ends, st.sampled_from([None, 1, 2, -1, -2, 3])),
        "list": many.map(lambda items: np.array(items, dtype=int).reshape(common).tolist()),
        "array": many.map(lambda items: np.array(items, dtype=int).reshape(common)),
        "row": st.lists(numbers, min_size=2, max_size=2).map(lambda items: np.array(items, dtype=np.int8)),
        "range": st.just(slice(None)),
        "mask": st.lists(st.booleans(), min_size=size, max_size=size).map(lambda items: np.array(items, dtype=bool)),
        "masks": st.lists(st.booleans(), min_size=size, max_size=size),
    }[kind]


@st.composite
def cases(draw: Any) -> Any:
    """A shape, a kind of array, and an index of it: as it is, or np.ix_, np.nonzero and the like of its lists."""
    shape = draw(st.sampled_from(SHAPES))
    kind = draw(st.sampled_from(sorted(ARRAYS)))
    array = ARRAYS[kind](np.zeros(shape))
    if draw(st.integers(0, 9)) == 0 and array.size:
        lists = [draw(st.lists(st.integers(-size, size - 1), min_size=1, max_size=3)) for size in array.shape]
        return shape, kind, np.ix_(*lists)
    return shape, kind, draw(parts(array.shape))


def outcome(call: Callable[[], Any]) -> Any:
    """The result, or the kind of the error."""
    try:
        return call()
    except (IndexError, ValueError, TypeError) as error:
        return IndexError if isinstance(error, IndexError) else ValueError


def columns(f: Callable[[Any], Any], shape: tuple[int, ...]) -> np.ndarray:
    """The Jacobian of a linear f, from unit vectors."""
    size = int(np.prod(shape))
    found = [f(unit.reshape(shape)) for unit in np.eye(size)]
    return np.stack(found, axis=-1).reshape(*found[0].shape, *shape) if found else np.zeros((*f(np.zeros(shape)).shape, *shape))


def check_linear(f: Callable[[Any], Any], x: np.ndarray, wanted: np.ndarray) -> None:
    """Value, Jacobian and a Hessian product of a linear f, to the last bit where nothing is summed."""
    truth = columns(f, x.shape)
    for method in EXACT_MODES:
        value, jacobian = ad.value_and_jacobian(f, x, method=method)
        np.testing.assert_array_equal(value, wanted, err_msg=method, strict=True)
        np.testing.assert_array_equal(jacobian, truth, err_msg=method)
    v = np.cos(np.arange(x.size)).reshape(x.shape)
    along = np.tensordot(truth, v, x.ndim) if x.ndim else truth * v
    curved = 6 * np.tensordot(wanted * along, truth, wanted.ndim)
    outer, inner = PAIRINGS[x.size % 4]
    found = ad.jvp(lambda x: ad.gradient(lambda x: np.sum(f(x) ** 3), x, method=inner), x, v, method=outer)[1]
    np.testing.assert_allclose(found, curved, rtol=0, atol=1e-10 * max(1.0, float(np.max(np.abs(curved), initial=0.0))))


def numbers(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape) / 4


@settings(max_examples=150)
@given(case=cases())
@example(case=((2, 3, 2), "itself", ([0, 1], slice(None), [1, 0])))
@example(case=((2, 3, 2), "transposed", (0, slice(None), [1, 0])))
@example(case=((3, 4), "itself", (True, [0, 1], None)))
@example(case=((3, 4), "itself", False))
@example(case=((0, 3), "itself", []))
@example(case=((5,), "backwards", np.array(2)))
def test_reading(case: Any) -> None:
    """Breaks if an element is read from elsewhere than NumPy reads it, or its cotangent goes elsewhere."""
    shape, kind, key = case
    x = numbers(shape)

    def f(x: Any) -> Any:
        return np.reshape(ARRAYS[kind](x * 1.0)[key], np.shape(ARRAYS[kind](np.zeros(shape))[key]))

    wanted = outcome(lambda: np.asarray(f(x)))
    if isinstance(wanted, type):
        for method in EXACT_MODES:
            assert outcome(lambda method=method: ad.jacobian(lambda x: ARRAYS[kind](x)[key], x, method=method)) is wanted
        return
    check_linear(f, x, wanted)


#: What is written, by the shape of the place: u has as many elements as it may need.
VALUES: dict[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "all": lambda u, shape: u[: int(np.prod(shape))].reshape(shape),
    "number": lambda u, shape: u[0],
    "one": lambda u, shape: u[:1],
    "zeros": lambda u, shape: 0.0,
    "last axis": lambda u, shape: u[: shape[-1]] if shape else u[0],
    "ones": lambda u, shape: u[: int(np.prod(shape[-1:]))].reshape((1,) * max(len(shape) - 1, 0) + shape[-1:]),
    "first axis": lambda u, shape: u[: shape[0]].reshape(shape[:1] + (1,) * (len(shape) - 1)) if shape else u[0],
    "more axes": lambda u, shape: u[: int(np.prod(shape))].reshape((1, 1, *shape)),
    "transposed": lambda u, shape: u[: int(np.prod(shape))].reshape(shape[::-1]).T,
    "list": lambda u, shape: list(u[: shape[0]]) if len(shape) == 1 else u[0],
    "too many": lambda u, shape: u[: int(np.prod(shape)) + 2],
    "overlapping": lambda u, shape: None,
}


@settings(max_examples=250)
@given(case=cases(), value=st.sampled_from(sorted(VALUES)), add=st.sampled_from([False, False, True]))
@example(case=((2, 3, 2), "itself", ([0, 1], slice(None), [1, 0])), value="more axes", add=False)
@example(case=((3, 4), "transposed", ([[0], [1]], [2, 2])), value="all", add=False)
@example(case=((3, 4), "itself", ([0, 0, 0], 1)), value="all", add=True)
@example(case=((5,), "itself", slice(1, None)), value="overlapping", add=False)
@example(case=((3, 4), "backwards", False), value="number", add=False)
def test_writing(case: Any, value: str, add: bool) -> None:
    """Breaks if a value is written to another place than NumPy's, or its cotangent is read from there."""
    shape, kind, key = case
    size = int(np.prod(shape))
    room = 40
    x = numbers((size + room,))

    def f(x: Any) -> Any:
        whole = 1.0 * x[:size].reshape(shape)
        y = ARRAYS[kind](whole)
        place = np.shape(y[key])
        what = y[key] if value == "overlapping" else VALUES[value](x[size:], place)
        if value == "overlapping":
            what = what[::-1] if place else what
        if add:
            y[key] += what
        else:
            y[key] = what
        return np.concatenate([np.ravel(whole), np.ravel(y)])

    wanted = outcome(lambda: f(x))
    if isinstance(wanted, type):
        for method in EXACT_MODES:
            found = outcome(lambda method=method: ad.jacobian(f, x, method=method))
            assert found in (IndexError, ValueError), f"{method}: NumPy raises {wanted}, but not we"
        return
    check_linear(f, x, wanted)
