"""No silent wrong answer: whatever could cut a derivative is either right or refused with its cure."""

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
    TOLERANCE,
    Case,
    assert_close,
    assert_right,
    assert_right_or_refused,
    cases,
    every_mode,
    exact_modes,
    numerical_jacobian,
    tracing_modes,
)

import admodes as ad
from admodes.errors import AdmodesError, EscapedValueError, InputError, MissingRuleError, OutputError, TracedValueError

V = np.array([0.7, -1.3, 2.1])
W = np.array([1.5, -0.5, 2.0])
S = np.array([[2.0, 0.3, -0.5], [0.1, 1.7, 0.4], [-0.2, 0.6, 2.3]])
FIRST = [True, False, True]


def steps(*functions: Any) -> Any:
    """A function of x made of steps: each is called for its effect on (y, x), y starts as plain zeros, y is returned."""

    def f(x: Any) -> Any:
        y = np.zeros(3)
        for function in functions:
            function(y, x)
        return y

    return f


def traced_steps(*functions: Any) -> Any:
    """The same, with y a copy of x."""

    def f(x: Any) -> Any:
        y = x.copy()
        for function in functions:
            function(y, x)
        return y

    return f


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
        for _ in range(40):
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
    ("object_empty", lambda x: (lambda y: (y.__setitem__(slice(None), x), y)[1])(np.empty(3, object)) * W, V),
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
    ("accumulate", lambda x: np.array(list(itertools.accumulate(x, lambda a, b: a * b))), V),
    ("sum_max_sorted", lambda x: sum(x) * max(x) - sorted(x)[1] * min(x), V),
    ("print", printed, V),
    ("format", lambda x: x * len(f"{x[0]:.3f}"), V, 5 * np.eye(3)),
    ("format_method", lambda x: x * len("{:.3f}".format(*x)), V, 5 * np.eye(3)),
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


# --- refusals name a cure, and the cure works --------------------------------------------------


def written(*shape: int, write: Any, **options: Any) -> Any:
    """f(x): zeros made for x, then `write(y, x)`, then y."""

    def f(x: Any) -> Any:
        y = np.zeros(shape, like=x, **options) if shape else np.zeros_like(x, **options)
        write(y, x)
        return y

    return f


def set_first(y: Any, x: Any) -> None:
    y[0] = x[0] * x[1]


def set_all(y: Any, x: Any) -> None:
    y[...] = x * x


def set_masked(y: Any, x: Any) -> None:
    y[x > 0] = x[x > 0]


def by_index_and_name(x: Any) -> Any:
    table = {"first": x[0], 1: x[1]}
    return table["first"] * table[1]


MASK = np.array([True, False, True])
TABLE = np.array([1.0, 5.0, 2.0, 3.0])

# name: (what is refused, words that the message must have, what it says to write instead)
CURES: dict[str, tuple[Any, list[str], list[Any]]] = {
    "float": (lambda x: float(x[0]) * x[1], ["float"], [lambda x: x[0] * x[1]]),
    "math": (lambda x: math.sin(x[0]), ["np.sin"], [lambda x: np.sin(x[0])]),
    "int": (lambda x: int(x[2]) * x, ["np.floor"], [lambda x: np.floor(x[2]) * x, lambda x: np.trunc(x[2]) * x]),
    "range": (lambda x: sum(x[0] for _ in range(x[2])), ["np.floor"], [lambda x: sum(x[0] for _ in range(int(np.floor(x[2]))))]),
    "write": (
        steps(set_first),
        ["zeros_like", "like=x"],
        [written(write=set_first), written(3, write=set_first), lambda x: np.stack([x[0] * x[1], 0.0])],
    ),
    "dtype": (
        lambda x: np.array([x[0], x[1]], dtype=float),
        ["np.stack"],
        [lambda x: np.stack([x[0], x[1]]), lambda x: np.array([x[0], x[1]])],
    ),
    "asarray": (
        lambda x: np.asarray(x, float) * x,
        ["dtype|float"],
        [lambda x: np.asarray(x) * x, lambda x: x.astype(float) * x],
    ),
    "object": (
        lambda x: np.linalg.det(np.array([[x[0], 1.0], [2.0, x[1]]])),
        ["np.stack"],
        [lambda x: np.linalg.det(np.stack([np.stack([x[0], 1.0]), np.stack([2.0, x[1]])]))],
    ),
    "copyto": (
        steps(lambda y, x: np.copyto(y, x * x)),
        ["copyto", "zeros_like|like=", "np.where|stack"],
        [written(write=set_all), lambda x: np.where(MASK, x * x, 0.0), lambda x: np.stack([v * v for v in x])],
    ),
    "copyto_traced": (traced_steps(lambda y, x: np.copyto(y, x * x)), [r"y[...]"], [traced_steps(set_all)]),
    "putmask": (steps(lambda y, x: np.putmask(y, x > 0, x)), ["putmask"], [written(write=set_masked)]),
    "full": (lambda x: np.full(3, x[0]), ["stack|like|where"], [lambda x: np.full_like(x, x[0]), lambda x: np.ones(3) * x[0]]),
    "out": (
        steps(lambda y, x: np.multiply(x, x, out=y)),
        ["out"],
        [written(write=lambda y, x: np.multiply(x, x, out=y)), written(write=set_all)],
    ),
    "sum_out": (
        steps(lambda y, x: np.cumsum(x, out=y)),
        ["out", r"y[...]"],
        [written(write=lambda y, x: y.__setitem__(..., np.cumsum(x)))],
    ),
    "where_option": (lambda x: np.exp(x, where=MASK, out=x * 1.0), ["np.where"], [lambda x: np.where(MASK, np.exp(x), x)]),
    "item": (lambda x: (x * x).item(), ["item(i)"], [lambda x: (x * x).item(1), lambda x: (x * x)[1]]),
    "dictionary": (lambda x: {x[0]: 2.0}[x[0]] * x, ["key", "index|name"], [by_index_and_name]),
    "iterate": (lambda x: sum(x[0]), ["[x]"], [lambda x: sum([x[0]])]),
    "index": (
        lambda x: (x * x)[x + 1.5],
        ["np.floor"],
        [
            lambda x: (x * x)[np.floor(x * 0.5 + 1.0).astype(int)],
            lambda x: TABLE[np.floor(x + 1.5).astype(int)] * x,
            lambda x: TABLE[int(np.floor(x[2]))] * x,
        ],
    ),
    "integers": (written(3, write=set_first, dtype=int), ["float"], [written(write=set_first, dtype=float)]),
    "shape": (lambda x: x.__iadd__(np.ones((2, 3))), ["shape|broadcast"], [lambda x: x + np.ones((2, 3))]),
    "object_dtype": (lambda x: x.astype(object) * x, ["eave it out|object"], [lambda x: x * x]),
    "complex_output": (lambda x: x * 1j, ["complex"], [lambda x: x * 1.0]),
    "pickle": (lambda x: pickle.loads(pickle.dumps(x)), ["pickle"], [lambda x: x.copy()]),
    "frompyfunc": (lambda x: np.frompyfunc(lambda v: v * v, 1, 1)(x), ["rule", "primitive"], [lambda x: x * x]),
}


@exact_modes
@pytest.mark.parametrize("name", CURES)
def test_refusal_names_its_cure(name: str, method: str) -> None:
    """Breaks if a leak is neither right nor refused by us with what to write instead."""
    leak, words, _ = CURES[name]
    try:
        derivative = ad.jacobian(leak, V, method=method)
    except AdmodesError as error:
        for alternatives in words:
            assert any(word in str(error) for word in alternatives.split("|")), f"{alternatives} not in: {error}"
    else:
        assert name not in {"float", "math", "write", "range", "index", "integers"}, "these must be refused"
        assert_close(derivative, numerical_jacobian(leak, V))


@every_mode
@pytest.mark.parametrize("name", CURES)
def test_cures_work(name: str, method: str) -> None:
    """Breaks if following the advice of a message gives an error or a wrong derivative."""
    for cure in CURES[name][2]:
        if name == "object" and method == "symbolic":
            assert_right_or_refused(Case(cure, V), method)
        else:
            assert_right(Case(cure, V), method)


@every_mode
def test_cures_for_complex_numbers(method: str) -> None:
    """Breaks if passing or returning real and imaginary parts, as the messages say, does not work."""
    with pytest.raises(InputError, match="two real arrays"):
        ad.gradient(lambda z: np.abs(z).sum(), np.array([1.0 + 2j]), method=method)
    got = ad.gradient(
        lambda a, b: np.sum(np.hypot(a, b)), np.array([3.0]), args=(np.array([4.0]),), argnums=(0, 1), method=method
    )
    assert_close(np.array(got), [[0.6], [0.8]], TOLERANCE[method])


def test_plain_results_can_be_pickled_and_be_keys() -> None:
    """Breaks if the cure "pickle plain results after the call" does not hold."""
    value, gradient = ad.value_and_gradient(lambda x: np.sum(x * x), V, method="reverse")
    assert {value: 1}[value] == 1
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(gradient)), 2 * V)


@exact_modes
def test_missing_rule_says_how_to_add_it(method: str) -> None:
    """Breaks if a function without a rule does not raise, or the message does not point at `primitive`."""
    unknown = np.frompyfunc(lambda v: v * v, 1, 1)
    with pytest.raises(MissingRuleError, match="primitive"):
        ad.jacobian(lambda x: unknown(x), V, method=method)


@exact_modes
def test_a_hidden_error_is_unearthed(method: str) -> None:
    """Breaks if NumPy's "setting an array element with a sequence" hides our cure and the line of f."""

    def loss(x: Any) -> Any:
        y = np.zeros(3)
        y[0] = x[0]
        return y.sum()

    with pytest.raises(TracedValueError) as caught:
        ad.gradient(loss, V, method=method)
    assert "y[0] = x[0]" in str(caught.value)
    assert "loss" in str(caught.value)


# --- constants that change after use -----------------------------------------------------------

SIZES = pytest.mark.parametrize("size", [3, 2000], ids=["small", "large"])


def buffer_program(kind: str, size: int) -> Any:
    """A function of x of `size` elements that overwrites a constant after reading it."""

    def overwritten(x: Any) -> Any:
        buffer = np.linspace(1, 2, size)
        y = (x * buffer).sum()
        buffer[:] = 100.0
        return y

    def reused_in_a_loop(x: Any) -> Any:
        buffer, total = np.zeros(size), 0.0
        for k in range(3):
            buffer[:] = k + 1.0
            total = total + (x * buffer).sum()
        return total

    def restored(x: Any) -> Any:
        buffer = np.full(size, 2.0)
        y = (x * buffer).sum()
        buffer[:] = 5.0
        y = y + (np.sin(x) * buffer).sum()
        buffer[:] = 2.0
        return y

    def through_a_view(x: Any) -> Any:
        buffer = np.linspace(1, 2, size)
        y = (x[::-1] / buffer[::-1]).sum()
        buffer.reshape(1, size)[0, :] = 100.0
        return y

    def read_only_view(x: Any) -> Any:
        buffer = np.linspace(1, 2, size)
        view = buffer[:]
        view.flags.writeable = False
        y = (x * view).sum()
        buffer *= 3.0
        return y

    def condition(x: Any) -> Any:
        mask = np.arange(size) % 2 == 0
        y = np.where(mask, x, -x).sum() + x[mask].sum()
        mask[:] = True
        return y

    def index(x: Any) -> Any:
        chosen = np.arange(size)[::-1].copy()
        numbers = [0, 1, 0]
        y = (x[chosen] * np.arange(size)).sum() + x[numbers].sum()
        chosen[:] = 0
        numbers[0] = 2
        return y

    def written_index(x: Any) -> Any:
        chosen = np.arange(size)[::-1].copy()
        y = np.zeros_like(x)
        y[chosen] = x * x
        chosen[:] = 0
        return (y * np.arange(size)).sum()

    def matrix(x: Any) -> Any:
        rows = np.ones((3, size))
        y = (rows @ x).sum() + np.einsum("ij,j->", rows, x)
        rows[:] = 7.0
        return y

    def exponent(x: Any) -> Any:
        power = np.full(size, 2.0)
        y = ((x + 3.0) ** power).sum()
        power[:] = 1.0
        return y

    def written_value(x: Any) -> Any:
        buffer = np.ones(size)
        y = np.zeros_like(x)
        y[:] = buffer
        buffer[:] = 9.0
        return (x * y).sum()

    def scalar_buffer(x: Any) -> Any:
        factor = np.array(2.0)
        y = (x * factor).sum() + x[0] * factor
        factor[...] = 5.0
        return y

    return next(program for name, program in locals().items() if name == kind)


BUFFERS = (
    "overwritten", "reused_in_a_loop", "restored", "through_a_view", "read_only_view", "condition", "index", "written_index",
    "matrix", "exponent", "written_value", "scalar_buffer",
)  # fmt: skip


@tracing_modes
@SIZES
@pytest.mark.parametrize("kind", BUFFERS)
def test_constant_overwritten_after_use(kind: str, size: int, method: str) -> None:
    """Breaks if reverse mode reads a constant after f has overwritten it and returns a wrong gradient."""
    if method == "symbolic" and size > 3:
        size = 300
    x = np.linspace(0.1, 1.3, size)
    program = buffer_program(kind, size)
    try:
        value, gradient = ad.value_and_gradient(program, x, method=method)
    except AdmodesError as error:
        assert len(str(error)) > 60
        assert size > 3, "a small constant is copied, not refused"
        return
    assert_close(value, program(x.copy()), 1e-12, "value")
    rng = np.random.default_rng(0)
    for i in rng.choice(size, 3, replace=False):
        step = np.zeros(size)
        step[i] = 1e-5
        slope = (program(x + step) - program(x - step)) / 2e-5
        assert_close(gradient[i], slope, 1e-6, f"entry {i}")


@pytest.mark.parametrize("kind", ["small", "large"])
def test_constant_overwritten_before_the_pullback(kind: str) -> None:
    """Breaks if a constant that the caller changes after `vjp` returned changes the pullback."""
    size = 3 if kind == "small" else 2000
    buffer, x = np.linspace(1, 2, size), np.linspace(0.1, 1.3, size)
    kept = buffer.copy()
    value, pullback = ad.vjp(lambda x: np.exp(x) * buffer, x, method="reverse")
    buffer[:] = 0.0
    x[:] = 0.0
    value = np.asarray(value)
    try:
        got = pullback(np.ones(size))
    except AdmodesError as error:
        assert len(str(error)) > 60
        return
    assert_close(got, kept * np.exp(np.linspace(0.1, 1.3, size)))


@every_mode
def test_results_own_their_memory(method: str) -> None:
    """Breaks if writing into a returned value or gradient reaches x, the tape or a later result."""
    x = V.copy()
    value, pullback = ad.vjp(lambda x: x, x, method=method)
    value[:] = 99.0
    np.testing.assert_array_equal(x, V)
    value, pullback = ad.vjp(np.exp, x, method=method)
    value[:] = 0.0
    first = pullback(np.ones(3))
    assert_close(first, np.exp(V), TOLERANCE[method])
    weights = W.copy()
    for f in (lambda x: (weights * x).sum(), lambda x: x @ weights, lambda x: x.sum()):
        gradient = ad.gradient(f, x, method=method)
        kept = gradient.copy()
        gradient[:] = -1.0
        np.testing.assert_array_equal(weights, W)
        assert_close(ad.gradient(f, x, method=method), kept)
    cotangent = np.ones(3)
    result = ad.vjp(lambda x: x, x, method=method)[1](cotangent)
    result[:] = 5.0
    np.testing.assert_array_equal(cotangent, np.ones(3))
    tangent = np.ones(3)
    ad.jvp(lambda x: x, x, tangent, method=method)[1][:] = 5.0
    np.testing.assert_array_equal(tangent, np.ones(3))


# --- random programs of views, copies and writes -------------------------------------------------

VIEWS = (
    lambda a: a[::-1],
    lambda a: a[1:],
    lambda a: a[-1] if a.ndim > 1 else a[:2],
    lambda a: a.T,
    lambda a: a.reshape(-1),
    lambda a: a[..., ::2],
    lambda a: a[None],
    lambda a: np.swapaxes(a, 0, -1),
    lambda a: np.squeeze(a[None]),
    lambda a: np.expand_dims(a, -1)[..., 0],
    lambda a: a.ravel(),
    lambda a: np.atleast_1d(a),
)
COPIES = (
    lambda a: a.copy(),
    lambda a: a * 1.0,
    lambda a: np.array(a) + 0.0,
    lambda a: a[[0, -1]],
    lambda a: np.sin(a),
    lambda a: +a,
)


def random_program(seed: int, length: int = 14) -> Any:
    """A function of three numbers whose steps depend on the seed and on shapes alone."""

    def f(x: Any) -> Any:
        rng = np.random.default_rng(seed)
        arrays, numbers = [np.outer(x[:2], x), x * 2.0], [x[0], x[1] * x[2]]

        def pick(pool: list[Any]) -> Any:
            return pool[rng.integers(len(pool))]

        for _ in range(length):
            kind, a, s = rng.integers(8), pick(arrays), pick(numbers)
            place = tuple(int(rng.integers(n)) for n in a.shape)
            if kind <= 1:
                view = pick(VIEWS)(a)  # type: ignore[arg-type]
                if view.ndim and view.size:
                    arrays.append(view)
            elif kind == 2:
                arrays.append(pick(COPIES)(a))  # type: ignore[arg-type]
            elif kind == 3:
                numbers.append(np.sin(a[place]) * s)
            elif kind == 4:
                a[place] = s
            elif kind == 5:
                a[int(rng.integers(-1, 1)) :] *= s
            elif kind == 6:
                a += 0.5 * s if rng.integers(2) else np.cos(a)
            else:
                b = pick(arrays)
                a[: b.shape[0]] = b[: a.shape[0]] if b.shape[1:] == a.shape[1:] and b.shape[0] <= a.shape[0] else s * 0.5
        return np.concatenate([np.sin(a).reshape(-1) for a in arrays] + [np.stack(numbers)])

    return f


@exact_modes
@pytest.mark.parametrize("seed", range(120))
def test_random_views_and_writes(seed: int, method: str) -> None:
    """Breaks if some order of views, copies, reads and writes gives another value or derivative than NumPy's, silently."""
    assert_right_or_refused(Case(random_program(seed), np.array([0.7, -0.4, 1.1])), method)


# --- values that outlive their call ------------------------------------------------------------


def written_from(kept: Any, x: Any) -> Any:
    y = np.zeros_like(x)
    y[:] = kept
    return y + x


def written_to(kept: Any, x: Any) -> Any:
    kept[0] = x[0]
    return kept


ESCAPES = {
    "product": lambda kept, x: kept * x,
    "reflected": lambda kept, x: x - kept,
    "numpy": lambda kept, x: np.maximum(kept, x),
    "matmul": lambda kept, x: kept @ x,
    "output": lambda kept, x: kept,
    "output_computed": lambda kept, x: kept * 2.0,
    "part_of_output": lambda kept, x: {"a": x, "b": kept},
    "element": lambda kept, x: kept[0] * x[0],
    "element_output": lambda kept, x: kept[0],
    "array": lambda kept, x: np.array([kept[0], x[0]]),
    "stack": lambda kept, x: np.stack([kept, x]),
    "written_from": written_from,
    "written_to": written_to,
    "where": lambda kept, x: np.where(x > 0, kept, x),
}


@exact_modes
@pytest.mark.parametrize("made_by", ["forward", "reverse"])
@pytest.mark.parametrize("use", ESCAPES)
def test_escaped_values_are_refused(use: str, made_by: str, method: str) -> None:
    """Breaks if a traced value kept from an earlier call of f counts as a constant in a later one."""
    kept: list[Any] = []
    ad.jacobian(lambda x: (kept.append(x * x), x)[1], V, method=made_by)
    with pytest.raises(EscapedValueError, match="call"):
        ad.jacobian(lambda x: ESCAPES[use](kept[-1], x), V, method=method)


@tracing_modes
def test_cache_filled_by_an_earlier_call(method: str) -> None:
    """Breaks if f's own cache hands back a traced value of the call before, or the first call is refused."""
    cache: dict[str, Any] = {}

    def f(x: Any) -> Any:
        if "square" not in cache:
            cache["square"] = x * x
        return (cache["square"] * x).sum()

    try:
        assert_close(ad.gradient(f, V, method=method), 3 * V**2)
    except EscapedValueError:
        assert method == "symbolic", "one call of f is enough here"
    with pytest.raises(EscapedValueError):
        ad.gradient(f, 2 * V, method=method)


@exact_modes
@pytest.mark.parametrize("inner", ["forward", "reverse"])
def test_escape_from_an_inner_derivative(inner: str, method: str) -> None:
    """Breaks if a value of an ended inner derivative may be used in the outer function."""

    def outer(y: Any) -> Any:
        kept: list[Any] = []
        ad.gradient(lambda x: (kept.append(x * y), x * y)[1], 1.0, method=inner)
        return kept[0] * y

    with pytest.raises(EscapedValueError):
        ad.gradient(outer, 2.0, method=method)


@exact_modes
def test_pullback_after_the_call_ended(method: str) -> None:
    """Breaks if a pullback works only once, or not after another derivative was taken."""
    _, pullback = ad.vjp(lambda x: np.sin(x) * x, V, method=method)
    ad.gradient(lambda x: x.sum(), V, method=method)
    truth = (np.cos(V) * V + np.sin(V)) * W
    for _ in range(2):
        assert_close(pullback(W), truth)


# --- outputs -----------------------------------------------------------------------------------


@every_mode
@cases(
    ("python_float", lambda x: 3.0, V, np.zeros(3)),
    ("integer", lambda x: 3, V, np.zeros(3)),
    ("array", lambda x: np.ones(2), V, np.zeros((2, 3))),
    ("integer_array", lambda x: np.arange(2), V, np.zeros((2, 3))),
    ("list", lambda x: [1.0, 2.0], V, np.zeros((2, 3))),
    ("shape_only", lambda x: x.size * 1.0, V, np.zeros(3)),
    ("constant_function", lambda x: np.floor(x), V, np.zeros((3, 3))),
    ("comparison", lambda x: (x > 0) * 1.0, V, np.zeros((3, 3))),
    ("zeros_like", lambda x: np.zeros_like(x), V, np.zeros((3, 3))),
    ("one_of_two", lambda x: np.array([x[0] * x[2], 1.0]), V, [[2.1, 0, 0.7], [0, 0, 0]]),
    ("closure_only", lambda x: (V * W).sum(), V, np.zeros(3)),
    ("times_zero", lambda x: x * 0.0, V, np.zeros((3, 3))),
    ("identity", lambda x: x, V, np.eye(3)),
    ("view_of_identity", lambda x: x[1:], V, np.eye(3)[1:]),
    ("constant_of_scalar", lambda x: 3.0, 0.5, 0.0),
)
def test_outputs_that_do_not_depend_on_x(case: Case, method: str) -> None:
    """Breaks if a true zero derivative is refused, or has the wrong shape or a dtype other than float."""
    value, derivative = ad.value_and_jacobian(case.f, case.x, method=method)
    assert_close(derivative, case.truth, 1e-6 if method == "finite" else 1e-15)
    np.testing.assert_array_equal(value, case.f(case.x))


@every_mode
@pytest.mark.parametrize(
    "result",
    [
        None,
        "text",
        [None, 1.0],
        {"a": None},
        (v for v in V),
        {1.0, 2.0},
        np.array(["a"]),
        1j,
        np.array([1 + 2j]),
        object(),
        print,
    ],
    ids=lambda r: type(r).__name__,
)
def test_outputs_that_have_no_derivative(result: Any, method: str) -> None:
    """Breaks if f returning None, text, a generator or complex numbers gives anything but OutputError."""
    with pytest.raises(OutputError, match=r"return|numbers"):
        ad.jacobian(lambda x: result, V, method=method)


@every_mode
def test_forgotten_return(method: str) -> None:
    """Breaks if the commonest mistake, no return, is not named."""

    def forgets(x: Any) -> None:
        x.sum()

    with pytest.raises(OutputError, match=r"forgets.*return"):
        ad.gradient(forgets, V, method=method)


@exact_modes
def test_other_exceptions_pass_through(method: str) -> None:
    """Breaks if an exception of f's own is replaced."""
    for error in (ValueError("mine"), KeyError("k"), TypeError("mine"), ZeroDivisionError("z")):

        def f(x: Any, error: Exception = error) -> Any:
            raise error

        with pytest.raises(type(error)) as caught:
            ad.gradient(f, V, method=method)
        assert caught.value is error


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
