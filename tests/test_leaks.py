"""No silent wrong answer: whatever could cut a derivative is either right or refused."""

from __future__ import annotations

import array
import copy
import fractions
import functools
import itertools
import math
import numbers
import pickle
import random
import statistics
import struct
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from support import (
    Case,
    assert_close,
    assert_right,
    assert_right_or_refused,
    cases,
    steps,
    traced_steps,
    tracing_modes,
)

import admodes as ad
from admodes.errors import LevelError

V = np.array([0.7, -1.3, 2.1])
W = np.array([1.5, -0.5, 2.0])
S = np.array([[2.0, 0.3, -0.5], [0.1, 1.7, 0.4], [-0.2, 0.6, 2.3]])
FIRST = [True, False, True]


def plain_in_place(x: Any) -> Any:
    y = np.zeros(3)
    y += x
    return y * x


def plain_in_place_seen_by_an_alias(x: Any) -> Any:
    y = np.zeros(3)
    alias = y
    y += x
    return alias


def integer_buffer(x: Any) -> Any:
    y = np.zeros(3, dtype=int, like=x)
    y[0] = x[2]
    y[1] = 2.9
    return y * x


def reshaped_in_place(x: Any) -> Any:
    y = x * x
    y.shape = (3, 1)
    return y * np.ones(2)


def flat_written(x: Any) -> Any:
    y = x * x
    y.flat[1] = x[0]
    y.flat = y * 2.0
    return y


def view_after_write(x: Any) -> Any:
    y = x * x
    tail = y[1:]
    y[1] = x[0]
    return tail * W[:2]


def write_through_view(x: Any) -> Any:
    y = x * x
    tail = y[1:]
    tail[0] = x[0]
    return y * tail.sum()


def view_after_in_place_operator(x: Any) -> Any:
    y = x * x
    tail = y[1:]
    y *= 2.0
    return tail


def shuffled(x: Any) -> Any:
    y = x * x
    np.random.default_rng(3).shuffle(y)
    return y


def array_in_the_default_of_a_dictionary(x: Any) -> Any:
    seen: dict[Any, Any] = {}
    for v in x:
        seen[v] = seen.get(v, 0.0) + v * v
    return sum(seen.values())


def in_threads(x: Any) -> Any:
    def part(i: int) -> Any:
        v = x[i]
        for _ in range(12):
            v = np.sin(v) * 1.5 + v * 0.1
        return v

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(3) as pool:
            return np.stack(list(pool.map(part, range(3))))
    finally:
        sys.setswitchinterval(interval)


def alias_by_asarray_read(x: Any) -> Any:
    y = x * x
    alias = np.asarray(y)
    y[0] = x[1]
    return alias * 2.0


def alias_by_asarray_written(x: Any) -> Any:
    y = x * x
    alias = np.asarray(y)
    alias[0] = 5.0
    return y * 2.0


def alias_of_zeros_by_asarray(x: Any) -> Any:
    y = np.zeros_like(x)
    alias = np.asarray(y)
    y[:] = x * x
    return alias * 1.0


def alias_by_flat(x: Any) -> Any:
    y = x * x
    flat = y.flat
    y[0] = x[1]
    return sum(v * v for v in flat)


def alias_by_iteration(x: Any) -> Any:
    y, total = x * x, 0.0
    for v in y:
        total = total + v * y[2]
        y[2] = v * 2.0
    return total


def write_flat(y: Any) -> Any:
    """`y` after a write through its flat form, which is a view only where the memory order allows."""
    y.reshape(-1)[1] = 9.0
    return y


def printed(x: Any) -> Any:
    print(f"{x}", f"{x[0]}", str(x), repr(x[1]), x, x > 0, x[None], sep="\n")
    return x * x


def memoised(x: Any) -> Any:
    square = functools.lru_cache(lambda v: v * v)
    return square(x[0]) + square(x[0]) * square(x[1])


LEAKS = (
    # numbers taken out of x
    ("float", lambda x: float(x[0]) * x[1], V),
    ("int", lambda x: int(x[2]) * x, V, 2 * np.eye(3)),
    ("complex", lambda x: complex(x[0]).real * x[1], V),
    ("item", lambda x: x[0].item() * x[1], V),
    ("item_of_array", lambda x: x.item(2) * x[1], V),
    ("tolist", lambda x: sum(v * v for v in x.tolist()), V),
    ("math_sin", lambda x: math.sin(x[0]) * x[1], V),
    ("math_sqrt", lambda x: math.sqrt(x[2]), V),
    ("math_floor", lambda x: math.floor(x[2]) * x[1], V),
    ("math_trunc", lambda x: math.trunc(x[2]) * x[1], V),
    ("math_prod", lambda x: math.prod(x), V),
    ("math_fsum", lambda x: math.fsum(x), V),
    ("math_hypot", lambda x: math.hypot(x[0], x[1]), V),
    ("math_isclose", lambda x: x[0] if math.isclose(x[1], 5.0) else x[2], V),
    ("round", lambda x: round(x[0], 1) * x + round(x[2]), V, 0.7 * np.eye(3)),
    ("statistics_mean", lambda x: statistics.fmean(x), V),
    ("float64_of_scalar", lambda x: np.float64(x[0]) * x[1], V),
    ("dtype_type", lambda x: x.dtype.type(x[0]) * x[1], V),
    ("array_with_dtype", lambda x: np.array([x[0], x[1]], dtype=float) * W[:2], V),
    ("array_of_x_with_dtype", lambda x: np.array(x, dtype=np.float64) * x, V),
    ("asarray_with_dtype", lambda x: np.asarray(x, float) * x, V),
    ("asarray_of_list_with_dtype", lambda x: np.asarray([x[0] * 2, x[1]], np.float64), V),
    ("ascontiguousarray", lambda x: np.ascontiguousarray(x) * x, V),
    ("asanyarray", lambda x: np.asanyarray(x) * x, V),
    ("atleast_2d", lambda x: np.atleast_2d(x) * x, V),
    ("fromiter", lambda x: np.fromiter((v * v for v in x), float), V),
    ("array_module", lambda x: np.asarray(array.array("d", [x[0], x[1]])), V),
    ("masked_array", lambda x: np.asarray(np.ma.array(x) * 2.0), V),
    ("dunder_array", lambda x: x.__array__() * x, V),
    ("astype_float", lambda x: x.astype(float) * x, V),
    ("astype_float32", lambda x: x.astype(np.float32) * np.array([1.0, 2.0, 4.0]), V[[0, 0, 0]] * 0 + 0.5, np.diag([1.0, 2, 4])),
    ("astype_int", lambda x: x.astype(int) * x, V, np.diag([0.0, -1, 2])),
    ("astype_bool", lambda x: x.astype(bool) * x, V),
    ("astype_object", lambda x: (x.astype(object) * 2.0).sum(), V),
    ("element_astype", lambda x: x[0].astype(int) + x[1].astype(float) * x[2], V),
    ("flat", lambda x: sum(v * v for v in x.flat) * x.flat[1], V),
    ("real_imag_conj", lambda x: x.real * x.conj() + x.imag, V),
    ("ndenumerate", lambda x: sum(v * i[0] for i, v in np.ndenumerate(x)), V),
    ("nditer", lambda x: sum(v * v for v in np.nditer(x)), V),
    ("sliding_window", lambda x: np.lib.stride_tricks.sliding_window_view(x, 2).sum(axis=1), V),
    # writes into plain arrays
    ("plain_element", steps(lambda y, x: y.__setitem__(0, x[0])), V),
    ("plain_slice", steps(lambda y, x: y.__setitem__(slice(None), x * x)), V),
    ("plain_fancy", steps(lambda y, x: y.__setitem__([0, 1], x[1:])), V),
    ("plain_mask", steps(lambda y, x: y.__setitem__(x > 0, x[x > 0])), V),
    ("plain_object_rows", steps(lambda y, x: y.__setitem__(slice(2), np.array([x[0], x[1]]))), V),
    ("plain_in_place", plain_in_place, V),
    ("plain_alias", plain_in_place_seen_by_an_alias, V),
    ("plain_fill", steps(lambda y, x: y.fill(x[0])), V),
    ("plain_put_method", steps(lambda y, x: y.put([0], x[0])), V),
    ("plain_flat", steps(lambda y, x: setattr(y, "flat", x)), V),
    ("plain_flat_element", steps(lambda y, x: y.flat.__setitem__(1, x[0])), V),
    ("copyto", steps(lambda y, x: np.copyto(y, x)), V),
    ("copyto_where", steps(lambda y, x: np.copyto(y, x, where=FIRST)), V),
    ("put", steps(lambda y, x: np.put(y, [0, 1], x[1:])), V),
    ("place", steps(lambda y, x: np.place(y, np.array(FIRST), x)), V),
    ("putmask", steps(lambda y, x: np.putmask(y, np.array(FIRST), x)), V),
    ("put_along_axis", steps(lambda y, x: np.put_along_axis(y, np.array([2, 0, 1]), x, 0)), V),
    ("fill_diagonal", steps(lambda y, x: np.fill_diagonal(y.reshape(1, 3), x[0])), V),
    ("add_at", steps(lambda y, x: np.add.at(y, [0, 0], x[1:])), V),
    ("add_out", steps(lambda y, x: np.add(x, 1.0, out=y)), V),
    ("sin_out_where", steps(lambda y, x: np.sin(x, out=y, where=np.array(FIRST))), V),
    ("dot_out", steps(lambda y, x: np.dot(S, x, out=y)), V),
    ("matmul_out", steps(lambda y, x: np.matmul(S, x, out=y)), V),
    ("cumsum_out", steps(lambda y, x: np.cumsum(x, out=y)), V),
    ("clip_out", steps(lambda y, x: np.clip(x, -1, 1, out=y)), V),
    ("maximum_out", steps(lambda y, x: np.maximum(x, 0.0, out=y)), V),
    ("einsum_out", steps(lambda y, x: np.einsum("ij,j->i", S, x, out=y)), V),
    ("concatenate_out", steps(lambda y, x: np.concatenate([x[:1], x[1:]], out=y)), V),
    ("take_out", steps(lambda y, x: np.take(x, [2, 0, 1], out=y)), V),
    ("sum_method_out", steps(lambda y, x: x.sum(out=y[:1].reshape(()))), V),
    ("mean_out", steps(lambda y, x: np.mean(np.outer(x, x), axis=0, out=y)), V),
    ("full", lambda x: np.full(3, x[0]) * x, V),
    ("full_like_plain", lambda x: np.full_like(np.ones(3), x[0]) * x, V),
    ("full_like_traced", lambda x: np.full_like(x, x[1]) * x, V),
    ("insert", lambda x: np.insert(np.ones(2), 1, x[0]) * x, V),
    # writes into traced arrays
    ("traced_copyto", traced_steps(lambda y, x: np.copyto(y, x * x)), V),
    ("traced_put", traced_steps(lambda y, x: np.put(y, [0, 1], x[1:] * 2)), V),
    ("traced_place", traced_steps(lambda y, x: np.place(y, np.array(FIRST), x * 2)), V),
    ("traced_putmask", traced_steps(lambda y, x: np.putmask(y, np.array(FIRST), x * 2)), V),
    ("traced_fill", traced_steps(lambda y, x: y.fill(x[0])), V),
    ("traced_sort", traced_steps(lambda y, x: y.sort()), V),
    ("traced_out", traced_steps(lambda y, x: np.multiply(x, x, out=y)), V),
    ("traced_sum_out", traced_steps(lambda y, x: np.cumsum(x, out=y)), V),
    ("traced_add_at", traced_steps(lambda y, x: np.add.at(y, [0, 0], x[1:])), V),
    ("traced_plain_copyto", traced_steps(lambda y, x: np.copyto(y, W)), V),
    ("traced_fill_diagonal", lambda x: (lambda y: (np.fill_diagonal(y, x[0]), y)[1])(np.outer(x, x)), V),
    ("view_after_write", view_after_write, V),
    ("write_through_view", write_through_view, V),
    ("view_after_in_place_operator", view_after_in_place_operator, V),
    ("alias_by_asarray_read", alias_by_asarray_read, V),
    ("alias_by_asarray_written", alias_by_asarray_written, V),
    ("alias_of_zeros_by_asarray", alias_of_zeros_by_asarray, V),
    ("alias_by_flat", alias_by_flat, V),
    ("alias_by_iteration", alias_by_iteration, V),
    ("alias_by_ascontiguousarray", lambda x: (lambda y: (np.ascontiguousarray(y).__setitem__(0, 5.0), y)[1])(x * x), V),
    ("alias_by_atleast_1d", lambda x: (lambda y: (np.atleast_1d(y).__setitem__(0, 5.0), y)[1])(x * x), V),
    (
        "alias_by_broadcast",
        lambda x: (lambda y, b: (y.__setitem__(0, 5.0), b)[1])(*(lambda y: (y, np.broadcast_to(y, (2, 3))))(x * x)),
        V,
    ),
    (
        "alias_by_diagonal",
        lambda x: (lambda y, d: (y.__setitem__((0, 0), 5.0), d)[1])(*(lambda y: (y, np.diag(y)))(np.outer(x, x))),
        V,
    ),
    ("alias_by_real", lambda x: (lambda y: (y.real.__setitem__(0, 5.0), y)[1])(x * x), V),
    ("alias_by_split", lambda x: (lambda y: (np.split(y, 3)[1].__setitem__(0, 5.0), y)[1])(x * x), V),
    ("integer_buffer", integer_buffer, V, np.diag([2.0, 2, 0])),
    ("shape_set", reshaped_in_place, V),
    ("flat_written", flat_written, V),
    ("shuffle", shuffled, V),
    ("python_shuffle", lambda x: (lambda y: (random.Random(3).shuffle(y), y)[1])(x * x), V),
    ("permutation", lambda x: np.random.default_rng(3).permutation(x) * x, V),
    # arrays of objects
    ("object_det", lambda x: np.linalg.det(np.array([[x[0], 1.0], [2.0, x[1]]])), V),
    ("object_inv", lambda x: np.linalg.inv(np.array([[x[0], 1.0], [2.0, x[1]]])), V),
    ("object_solve", lambda x: np.linalg.solve(S, np.array([x[0], 1.0, x[1]])), V),
    ("object_norm", lambda x: np.linalg.norm(np.array([x[0], x[1]])), V),
    ("object_isnan", lambda x: x if np.isnan(np.array([x[0], x[1]])).any() else x * x, V),
    ("object_astype", lambda x: np.array([x[0], x[1]]).astype(float) * 2, V),
    ("object_empty", lambda x: (lambda y: (y.__setitem__(slice(None), x), y)[1])(np.empty(3, object)) @ W, V),
    ("object_ufuncs", lambda x: np.exp(np.array([x[0], x[1]])) * np.sqrt(np.abs(np.array([x[1], x[2]]))), V),
    ("object_ufuncs_of_two", lambda x: np.arctan2(np.array([x[0], x[1]]), x[2]) + np.hypot(np.array([x[0], x[1]]), x[2]), V),
    ("object_maximum", lambda x: np.maximum(np.array([x[0], x[1]]), 0.5) + np.where(np.array([x[0], x[1]]) > 0, x[:2], 2.0), V),
    (
        "object_reductions",
        lambda x: np.array([x[0], x[1]]).mean() + np.cumsum(np.array([x[0], x[2]])) + np.array([x[1]]).max(),
        V,
    ),
    ("object_std_sort", lambda x: np.sort(np.array([x[0], x[1]])) * np.array([x[0], x[1]]).std(), V),
    ("object_einsum", lambda x: np.einsum("i,i", np.array([x[0], x[1]]), W[:2]), V),
    ("object_interp", lambda x: np.interp(np.array([x[0], x[2]]), [0.0, 1.0, 3.0], [1.0, 4.0, 2.0]), V),
    ("object_fft", lambda x: np.fft.fft(np.array([x[0], x[1]])).real, V),
    ("object_in_place", lambda x: (lambda y: (y.__setitem__(0, y[1] * x[2]), y)[1])(np.array([x[0], x[1]])) * 2, V),
    # functions with or without a rule
    ("vectorize", lambda x: np.vectorize(lambda v: v * v)(x), V),
    ("vectorize_otypes", lambda x: np.vectorize(lambda v: v * v, otypes=[float])(x), V),
    ("apply_along_axis", lambda x: np.apply_along_axis(lambda row: row * row, 0, x), V),
    ("fromfunction", lambda x: np.fromfunction(lambda i: x[0] * i, (3,)), V),
    ("piecewise", lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, lambda v: v * v]), V),
    ("select", lambda x: np.select([x < 0, x > 1], [x * x, x], 0.0), V),
    ("interp", lambda x: np.interp(x, [-2.0, 0.5, 3.0], [1.0, 4.0, 2.0]), V),
    ("interp_values", lambda x: np.interp(0.3, [0.0, 1.0, 3.0], x), V),
    ("convolve", lambda x: np.convolve(x, x), V),
    ("polyval", lambda x: np.polyval(x, 1.5), V),
    ("poly1d", lambda x: np.poly1d([x[0], x[1], x[2]])(1.5), V),
    ("gradient_of_samples", lambda x: np.gradient(x), V),
    ("median", lambda x: np.median(x) * x, V),
    ("nan_to_num", lambda x: np.nan_to_num(x) * x, V),
    ("searchsorted", lambda x: x * np.searchsorted([0.0, 1.0, 2.0], x[2]), V, 3 * np.eye(3)),
    ("bincount_weights", lambda x: np.bincount([0, 1, 0], weights=x), V),
    ("meshgrid", lambda x: np.meshgrid(x, x)[0] * x[1], V),
    ("r_and_c", lambda x: np.r_[x, 1.0, x * x].sum() + np.c_[x, x], V),
    ("block_triu", lambda x: np.block([[x, 2 * x]]).sum() + np.triu(np.outer(x, x)), V),
    ("cross_kron", lambda x: np.cross(x, W) + np.kron(x, W)[:3], V),
    ("ufunc_reduce", lambda x: np.add.reduce(x) + np.multiply.reduce(x) + np.maximum.reduce(x), V),
    ("ufunc_accumulate", lambda x: np.add.accumulate(x) * np.multiply.accumulate(x), V),
    ("ufunc_outer", lambda x: np.multiply.outer(x, x) - np.subtract.outer(x, W), V),
    ("ufunc_reduceat", lambda x: np.add.reduceat(x, [0, 1]), V),
    ("ufunc_dtype", lambda x: np.add(x, 0.25, dtype=np.float32), np.array([0.5, 1.0, 2.0]), np.eye(3)),
    ("sum_where_initial", lambda x: np.sum(x * x, where=np.array(FIRST)) + np.max(x, initial=5.0) + x.sum(initial=1.0), V),
    ("mean_where", lambda x: np.mean(x * x, where=np.array(FIRST)), V),
    ("sum_dtype", lambda x: np.sum(x * 2, dtype=int) * x, np.array([0.6, 1.4]), np.diag([3.0, 3.0])),
    ("fft", lambda x: np.fft.fft(x).imag * x, V),
    ("complex_intermediate", lambda x: np.abs(np.exp(1j * x) + 2.0) ** 2, V),
    ("complex_sqrt", lambda x: (np.sqrt(x + 0j) ** 3).imag, V),
    # Python's ways to store, compare and copy
    ("isnan", lambda x: x if np.isnan(x).any() or not np.isfinite(x).all() else x * x, V),
    ("allclose", lambda x: x if np.allclose(x, W) else x * x, V),
    ("array_equal", lambda x: x * x if np.array_equal(x, x) and not np.array_equal(x, W) else x, V),
    ("nonzero", lambda x: x[np.nonzero(x > 0)] * x[np.flatnonzero(x < 1)], V),
    ("deepcopy", lambda x: copy.deepcopy(x) * x + copy.copy(x), V),
    ("deepcopy_is_a_copy", lambda x: (lambda y: (y.__setitem__(0, 1.0), x * y)[1])(copy.deepcopy(x)), V),
    ("deepcopy_of_container", lambda x: copy.deepcopy({"a": [x, x[0]]})["a"][1] * x, V),
    ("dictionary_key", array_in_the_default_of_a_dictionary, V),
    ("set_member", lambda x: x if x[0] in {5.0, 6.0} else x * x, V),
    ("list_member", lambda x: x if x[0] in [5.0, 6.0] else x * x, V),
    ("lru_cache", memoised, V),
    ("isscalar", lambda x: x * 2.0 if np.isscalar(x[0]) and not np.isscalar(x) else x, V),
    ("number", lambda x: x * 2.0 if isinstance(x[0], numbers.Real) and not isinstance(x, numbers.Number) else x, V),
    ("an_array", lambda x: x * x if isinstance(x, np.ndarray) and isinstance(x * 2, np.ndarray) else x, V),
    ("a_float", lambda x: x * x if isinstance(x[0], float) and isinstance(np.sin(x[0]), np.floating) else x, V),
    ("an_integer", lambda x: x * x if isinstance(np.floor(x[0]).astype(int), np.integer) else x, V),
    ("no_list", lambda x: x if isinstance(x, (list, float)) or isinstance(x[0], (np.ndarray, int)) else x * x, V),
    ("accumulate", lambda x: np.array(list(itertools.accumulate(x, lambda a, b: a * b))), V),
    ("sum_max_sorted", lambda x: sum(x) * max(x) - sorted(x)[1] * min(x), V),
    ("copy_in_C_order", lambda x: write_flat(np.outer(x, x + 1).T.copy()), V),
    ("zeros_in_the_order_of_x", lambda x: write_flat(np.zeros_like(np.outer(x, x).T) + 0.0 * x[0]) * x[1], V),
    ("astype_without_a_copy", lambda x: write_flat((x * 1).astype(float, copy=False)), V),
    ("reshape_with_a_copy", lambda x: (lambda y: (write_flat(np.reshape(y, 3, copy=True)), y)[1])(x * 1), V),
    ("sum_by_keyword", lambda x: x * np.sum(a=x) + np.max(axis=0, a=x), V),
    ("linspace", lambda x: np.linspace(x[0], x[1], 3), V),
    ("arange", lambda x: np.arange(3) * x[0] + np.arange(x[2], x[2] + 2.5), V),
    ("print", printed, V),
    ("format", lambda x: x * float(f"{x[0]:.17g}"), V),
    ("format_method", lambda x: x * float("{:.17g}".format(*x)), V),
    ("threads", in_threads, V),
    ("value_attributes", lambda x: x * x.nbytes / x.itemsize * (x.dtype == np.float64) * (x.strides == (8,)), V),
)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:you are shuffling:UserWarning")
@tracing_modes
@cases(*LEAKS)
def test_right_or_refused(case: Case, method: str) -> None:
    """Breaks if something that could cut the derivative gives a wrong one, or fails with an error that is not ours."""
    assert_right_or_refused(case, method)


@cases(*LEAKS)
def test_the_corpus_is_valid_numpy(case: Case) -> None:
    """Breaks if an entry of the corpus is no function that plain NumPy can run, or its truth is wrong."""
    assert_right(case, "finite", tolerance=1e-4)  # two entries compute in float32


@tracing_modes
@cases(
    ("text", lambda x: float(f"{x[0]}") * x[1], V),
    ("evaluated_text", lambda x: np.array(eval(repr(x.tolist()))) * x, V),
    ("struct", lambda x: struct.unpack("d", struct.pack("d", x[0]))[0] * x[1], V),
    ("bytes", lambda x: np.frombuffer(x.tobytes()) * x, V),
    ("memoryview", lambda x: np.asarray(memoryview(x)) * x, V),
    ("fraction", lambda x: float(fractions.Fraction(x[0])) * x[1], V),
    ("pickle", lambda x: pickle.loads(pickle.dumps(x)) * x, V),
    ("array_interface", lambda x: np.asarray(type("A", (), {"__array_interface__": x.__array_interface__})()) * x, V),
    ("bit_view", lambda x: x.view(np.int64).view(float) * x, V),
    ("statistics_variance", lambda x: statistics.variance(x), V),
)
def test_never_silently_wrong(case: Case, method: str) -> None:
    """Breaks if bytes or text taken from a traced value come back as a constant: any error is good, a wrong number is not."""
    try:
        value, derivative = ad.value_and_jacobian(case.f, case.x, method=method)
    except Exception:  # noqa: BLE001 - whatever is raised, it is not silent
        return
    assert_close(derivative, ad.jacobian(case.f, case.x, method="finite"), 1e-6)
    assert_close(value, case.f(case.x), 1e-12, "value")


@tracing_modes
def test_writes_from_another_thread(method: str) -> None:
    """Breaks if a traced value used by another thread loses its derivative."""

    def f(x: Any) -> Any:
        parts: list[Any] = []
        worker = threading.Thread(target=lambda: parts.append(np.sin(x)))
        worker.start()
        worker.join()
        return parts[0] * x

    assert_right_or_refused(Case(f, V), method)


@pytest.mark.parametrize(
    "record",
    [
        lambda x, y: x[0] * x[1],
        lambda x, y: x[0] + 1.0,
        lambda x, y: 1.0 - x[0],
        lambda x, y: np.sin(x[0]),
        lambda x, y: -x[0],
        lambda x, y: np.sin(x),
        lambda x, y: x + x,
        lambda x, y: x[0:2],
        lambda x, y: np.sum(x),
        lambda x, y: x[2],
        lambda x, y: y.__setitem__(0, x[0]),
        lambda x, y: np.outer(x, x),
    ],
    ids=[
        "product",
        "sum",
        "difference",
        "function",
        "negative",
        "array",
        "arrays",
        "slice",
        "reduction",
        "element",
        "write",
        "matrix",
    ],
)
def test_a_record_between_number_and_append_is_seen(record: Any, monkeypatch: Any) -> None:
    """Two threads that record at once: numbers belong to the wrong records, and the derivative is silently wrong."""

    def f(x: Any) -> Any:
        y = x * 1.0
        first, second = x[0], x[1]  # the records of reading elements come before the other thread's
        length, tape = len(x.level), x.level
        calls = iter([length])

        class Raced(type(tape)):
            def append(self, entry: Any) -> None:
                if next(calls, None) is not None:
                    list.append(self, self[length - 1])  # what the other thread records, at the worst moment
                list.append(self, entry)

        tape.__class__ = Raced
        try:
            record(x, y)
        finally:
            tape.__class__ = Raced.__base__
        return np.sum(x) + first + second

    with pytest.raises(LevelError, match="several threads at the same time"):
        ad.gradient(f, V, method="reverse")
