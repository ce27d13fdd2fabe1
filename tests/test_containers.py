"""Lists, tuples, namedtuples and dicts as x and as f(x): what is an array, what is a container."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np
import pytest
from support import TOLERANCE, assert_close, every_mode, exact_modes

import admodes as ad
from admodes.errors import AdmodesError, InputError, OutputError, ShapeError


class Layer(NamedTuple):
    """A container with names."""

    weights: Any
    bias: Any


W = np.array([[0.2, -0.4, 1.1], [0.9, 0.3, -0.7]])
B = np.array([0.5, -0.1])


def assert_same(got: Any, wanted: Any, tolerance: float = 1e-9) -> None:
    """The same containers holding arrays that are close."""
    assert type(got) is type(wanted) or not isinstance(wanted, (list, tuple, dict)), f"{type(got)} is not {type(wanted)}"
    if isinstance(wanted, dict):
        assert list(got) == list(wanted)
        got, wanted = list(got.values()), list(wanted.values())
    if isinstance(wanted, (list, tuple)):
        assert len(got) == len(wanted)
        for one, other in zip(got, wanted, strict=True):
            assert_same(one, other, tolerance)
    else:
        assert_close(got, wanted, tolerance)


@every_mode
@pytest.mark.parametrize(
    ("x", "f", "gradient"),
    [
        ({"w": W, "b": B}, lambda p: np.sum(p["w"] ** 2) + p["b"][0] ** 3, {"w": 2 * W, "b": np.array([0.75, 0])}),
        (Layer(W, 2.0), lambda p: np.sum(p.weights) * p.bias, Layer(np.full((2, 3), 2.0), W.sum())),
        (Layer(1.0, 2.0), lambda p: p.weights * p.bias**2, Layer(4.0, 4.0)),
        ([W, B], lambda p: np.sum((p[0].T * p[1]).T), [np.repeat(B, 3).reshape(2, 3), W.sum(axis=1)]),
        ((B, 2.0), lambda p: np.sum(p[0]) * p[1], (np.array([2.0, 2.0]), 0.4)),
        ([B, 3], lambda p: np.sum(p[0]) * p[1], [np.array([3.0, 3.0]), 0.4]),
        ({"a": [B, (1.5, {"c": W})], "b": 2}, lambda p: np.sum(p["a"][0]) * p["a"][1][0] + np.sum(p["a"][1][1]["c"]) * p["b"],
         {"a": [np.full(2, 1.5), (0.4, {"c": np.full((2, 3), 2.0)})], "b": W.sum()}),
        ({"n": 2, "v": [1.0, 2.0]}, lambda p: p["n"] * np.sum(p["v"] ** 2), {"n": 5.0, "v": np.array([4.0, 8.0])}),
        (OrderedDict(z=B, a=1.0), lambda p: np.sum(p["z"]) * p["a"], OrderedDict(z=np.ones(2), a=0.4)),
        ({}, lambda p: 3.0, {}),
    ],
    ids=["dict", "namedtuple", "namedtuple_of_numbers", "list_of_arrays", "tuple_array_number", "list_array_integer", "nested",
         "array_like_in_dict", "ordered_dict", "empty_dict"],
)  # fmt: skip
def test_gradient_has_the_structure_of_x(x: Any, f: Any, gradient: Any, method: str) -> None:
    """Breaks if a container x loses its types, order or nesting, or its numbers are no 0-d leaves."""
    assert_same(ad.gradient(f, x, method=method), gradient, TOLERANCE[method])


@every_mode
@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        ([1.0, 2.0], np.array([2.0, 4.0])),
        ((1.0, 2.0), np.array([2.0, 4.0])),
        ([[1, 2], [3, 4]], np.array([[2.0, 4], [6, 8]])),
        (((1.0, 2), [3, 4.0]), np.array([[2.0, 4], [6, 8]])),
        ([np.float64(1.0), np.array(2.0)], np.array([2.0, 4.0])),
        ([], np.zeros(0)),
        (np.array(3.0), np.float64(6.0)),
    ],
    ids=["list", "tuple", "list_of_lists", "tuple_of_mixed", "zero_d_arrays", "empty", "zero_d"],
)
def test_numbers_at_any_depth_are_an_array(x: Any, wanted: Any, method: str) -> None:
    """Breaks if a list or tuple of only numbers is taken for a container: f must get an array, and the result is one."""
    seen = []

    def f(x: Any) -> Any:
        seen.append(x.shape)
        return np.sum(x * x)

    got = ad.gradient(f, x, method=method)
    assert_close(got, wanted, TOLERANCE[method])
    assert isinstance(got, np.ndarray if np.ndim(wanted) else np.floating)
    assert set(seen) == {np.shape(wanted)}


@every_mode
@pytest.mark.parametrize(
    ("f", "wanted"),
    [
        (lambda x: {"a": x[0] * x[1], "b": [x, 1.0]}, {"a": np.array([3.0, 2.0]), "b": [np.eye(2), np.zeros(2)]}),
        (lambda x: (x[0] ** 2, x * 2), (np.array([4.0, 0.0]), 2 * np.eye(2))),
        (lambda x: Layer(x[0], x[1]), Layer(np.array([1.0, 0]), np.array([0, 1.0]))),
        (lambda x: [x[0], x[1], 2.0], np.array([[1.0, 0], [0, 1], [0, 0]])),
        (lambda x: (x[0], x[1]), np.eye(2)),
        (lambda x: [[x[0], 0], [1, x[1]]], np.array([[[1.0, 0], [0, 0]], [[0, 0], [0, 1.0]]])),
        (lambda x: [np.sum(x), x[0]], np.array([[1.0, 1.0], [1.0, 0.0]])),
        (lambda x: [x.reshape(()) if x.shape == () else x[0], np.array(2.0)], np.array([[1.0, 0], [0, 0]])),
        (lambda x: [1.0, 2], np.zeros((2, 2))),
        (lambda x: {"a": 1, "b": np.ones(2)}, {"a": np.zeros(2), "b": np.zeros((2, 2))}),
    ],
    ids=["dict", "tuple_of_mixed", "namedtuple", "list_of_numbers", "tuple_of_numbers", "nested_numbers", "computed_numbers",
         "zero_d_array", "plain_numbers", "constants"],
)  # fmt: skip
def test_structure_of_outputs(f: Any, wanted: Any, method: str) -> None:
    """Breaks if the outputs' structure is not outside, or numbers are judged differently in plain and traced runs."""
    x = np.array([2.0, 3.0])
    assert_same(ad.jacobian(f, x, method=method), wanted, TOLERANCE[method])


@every_mode
def test_outputs_outside_inputs_inside(method: str) -> None:
    """Breaks if a Jacobian of containers is not arranged as the output outside and x inside, with 0-d blocks."""
    x = {"v": B, "s": 2.0}
    got = ad.jacobian(lambda p: (p["s"] * p["v"], {"n": p["s"] ** 2}), x, method=method)
    wanted = ({"v": 2.0 * np.eye(2), "s": B}, {"n": {"v": np.zeros(2), "s": 4.0}})
    assert_same(got, wanted, TOLERANCE[method])
    assert isinstance(got[1]["n"]["s"], np.floating)


@every_mode
def test_seeds_are_arranged_like_what_they_seed(method: str) -> None:
    """Breaks if jvp, vjp or hvp do not take containers, with or without a leading axis of k seeds."""
    x = {"v": B, "s": 2.0}
    f = lambda p: {"a": p["s"] * p["v"], "b": p["s"] ** 2}  # noqa: E731 - a formula
    tolerance = TOLERANCE[method]
    value, tangent = ad.jvp(f, x, {"v": np.array([1.0, 2.0]), "s": 3.0}, method=method)
    assert_same(value, {"a": 2 * B, "b": 4.0})
    assert_same(tangent, {"a": 2 * np.array([1.0, 2.0]) + 3 * B, "b": 12.0}, tolerance)
    _, tangents = ad.jvp(f, x, {"v": np.eye(2), "s": np.array([0.0, 1.0])}, method=method)
    assert_same(tangents, {"a": np.array([[2.0, 0], [B[0], 2 + B[1]]]), "b": np.array([0.0, 4.0])}, tolerance)
    _, pullback = ad.vjp(f, x, method=method)
    assert_same(pullback({"a": np.array([1.0, -1.0]), "b": 0.5}), {"v": np.array([2.0, -2.0]), "s": 0.6 + 2.0}, tolerance)
    both = pullback({"a": np.eye(2), "b": np.zeros(2)})
    assert_same(both, {"v": 2 * np.eye(2), "s": B}, tolerance)
    product = ad.hvp(lambda p: p["s"] * np.sum(p["v"] ** 2), x, {"v": np.ones(2), "s": 1.0}, method=method)
    assert_same(product, {"v": 2 * 2.0 * np.ones(2) + 2 * B, "s": 2 * B.sum()}, max(tolerance, 1e-5 if method == "finite" else 0))


@every_mode
def test_hessian_of_a_container(method: str) -> None:
    """Breaks if the Hessian of a container is not x's structure twice."""
    got = ad.hessian(lambda p: p["s"] * np.sum(p["v"] ** 2), {"v": B, "s": 2.0}, method=method)
    wanted = {"v": {"v": 4 * np.eye(2), "s": 2 * B}, "s": {"v": 2 * B, "s": 0.0}}
    assert_same(got, wanted, 1e-5 if method == "finite" else 1e-9)


@every_mode
def test_the_same_array_twice(method: str) -> None:
    """Breaks if two leaves that are one object are taken for one input, or outputs that are one object for one output."""
    got = ad.gradient(lambda p: np.sum(p["a"] * p["b"] ** 2), {"a": B, "b": B}, method=method)
    assert_same(got, {"a": B**2, "b": 2 * B * B}, TOLERANCE[method])

    def twice(x: Any) -> Any:
        y = x * x
        return [y, {"y": y, "part": y[:1]}]

    assert_same(
        ad.jacobian(twice, B, method=method),
        [np.diag(2 * B), {"y": np.diag(2 * B), "part": np.diag(2 * B)[:1]}],
        TOLERANCE[method],
    )


@exact_modes
def test_mixed_dtypes(method: str) -> None:
    """Breaks if leaves of different dtypes are promoted together: float32 stays, integers become float64."""
    x = {"half": np.ones(2, np.float32), "double": np.ones(2), "integer": np.arange(2), "number": 3}
    got = ad.gradient(lambda p: sum(np.sum(p[k] ** 2) for k in p), x, method=method)
    assert {k: v.dtype for k, v in got.items()} == {
        "half": np.float32, "double": np.float64, "integer": np.float64, "number": np.float64,
    }  # fmt: skip
    assert_close(got["integer"], [0.0, 2.0])


@every_mode
@pytest.mark.parametrize(
    "x",
    [
        None,
        {"a": None},
        [1.0, None],
        [B, None],
        "text",
        ["a", "b"],
        {1.0, 2.0},
        object(),
        [object()],
        {"a": "text"},
        b"bytes",
        iter([1.0]),
    ],
    ids=lambda x: f"{type(x).__name__}_of_{type(next(iter(x), 0)).__name__ if isinstance(x, (list, set, dict)) else 0}",
)
def test_x_without_numbers(x: Any, method: str) -> None:
    """Breaks if None or text in x is dropped, or gives an error that does not say where it is."""
    with pytest.raises(InputError, match="x"):
        ad.gradient(lambda x: 1.0, x, method=method)


def test_place_of_a_bad_leaf_is_named() -> None:
    """Breaks if the message does not lead to the leaf."""
    with pytest.raises(InputError, match=r"layers.*0.*bias"):
        ad.gradient(lambda p: 1.0, {"layers": [Layer(W, None)]})


@every_mode
@pytest.mark.parametrize("x", [[[1.0, 2.0], [3.0]], [1.0, [2.0]], ([1.0], 2.0), [[], [1.0]]], ids=repr)
def test_ragged_x(x: Any, method: str) -> None:
    """Breaks if a ragged list is taken for a container or gives NumPy's own message."""
    with pytest.raises(ShapeError, match="ragged"):
        ad.gradient(lambda x: 1.0, x, method=method)


@every_mode
def test_ragged_output(method: str) -> None:
    """Breaks if a ragged output of only numbers is not refused, in plain and traced runs alike."""
    for f in (lambda x: [[x[0], x[1]], [x[0]]], lambda x: [x[0], [x[1]]], lambda x: [[1.0], [2.0, 3.0]]):
        with pytest.raises(ShapeError, match=r"ragged|shape"):
            ad.jacobian(f, B, method=method)


@every_mode
@pytest.mark.parametrize("x", [1j, np.array([1.0 + 0j]), [1.0, 2j], {"a": B, "b": np.ones(2, complex)}], ids=repr)
def test_complex_x(x: Any, method: str) -> None:
    """Breaks if complex numbers are not refused with a way out."""
    with pytest.raises(InputError, match=r"complex.*real"):
        ad.gradient(lambda x: 1.0, x, method=method)


@pytest.mark.parametrize(
    "x",
    [np.array(["a"]), np.array([object()]), np.array(["2020-01-01"], "datetime64[D]"), np.zeros(2, "i4,f8")],
    ids=["text", "object", "date", "record"],
)
def test_x_of_other_dtypes(x: Any) -> None:
    """Breaks if text, objects, dates or records are differentiated by."""
    with pytest.raises(InputError, match="x"):
        ad.gradient(lambda x: 1.0, x)


@exact_modes
@pytest.mark.parametrize(
    "seed",
    [{"v": B}, {"v": B, "s": 1.0, "t": 1.0}, [B, 1.0], B, None, {"v": np.ones(3), "s": 1.0}, {"v": np.ones((2, 2)), "s": 1.0}],
    ids=repr,
)
def test_seeds_arranged_otherwise(seed: Any, method: str) -> None:
    """Breaks if a tangent of another structure, or with unequal numbers of seeds, is accepted."""
    with pytest.raises(AdmodesError):
        ad.jvp(lambda p: p["s"] * p["v"], {"v": B, "s": 2.0}, seed, method=method)
    with pytest.raises(AdmodesError):
        ad.vjp(lambda p: {"v": p["s"] * p["v"], "s": p["s"]}, {"v": B, "s": 2.0}, method=method)[1](seed)


@every_mode
def test_containers_are_not_changed(method: str) -> None:
    """Breaks if writing into the container or arrays that f gets reaches the caller's."""
    x = {"v": B.copy(), "l": [1.0, 2.0]}

    def f(p: Any) -> Any:
        v = p.pop("v")
        v *= 2.0
        p["new"] = 1.0
        return np.sum(v) * p["l"][0]

    got = ad.gradient(f, x, method=method)
    assert set(x) == {"v", "l"}
    np.testing.assert_array_equal(x["v"], B)
    assert_same(got, {"v": np.array([2.0, 2.0]), "l": np.array([0.8, 0.0])}, TOLERANCE[method])


@every_mode
def test_output_structure_with_none_inside(method: str) -> None:
    """Breaks if a None inside the outputs is dropped silently."""
    with pytest.raises(OutputError, match="None"):
        ad.jacobian(lambda x: {"loss": x.sum(), "aux": None}, B, method=method)
