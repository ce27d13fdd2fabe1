"""Large arrays take steps of their own, which spare memory; what they return is what forward mode says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import admodes as ad
from admodes.rules import ELEMENTWISE
from admodes.steps.elementwise import LargeStep, elementwise_step

LONG = 6000
SHAPES = [(LONG,), (600, 10)]
#: What is done with the result, so that the cotangent is one number, constant along an axis, or full.
ENDS = {
    "sum": np.sum,
    "sum_of_squared_rows": lambda y: np.sum(np.sum(y, axis=-1) ** 2),
    "sum_of_squared_columns": lambda y: np.sum(np.sum(y, axis=0) ** 2),
    "weighted": lambda y: np.sum(y * np.cos(np.arange(y.size)).reshape(y.shape)),
    "twice": lambda y: np.sum(y * y + 3.0 * y),
}


def assert_modes_agree(f: Any, x: Any, rtol: float = 1e-10) -> None:
    """Reverse mode along a direction is what forward mode pushes along it."""
    rng = np.random.default_rng(3)
    leaves = [x] if isinstance(x, np.ndarray) else list(x.values())
    directions = [rng.normal(size=leaf.shape).astype(leaf.dtype) for leaf in leaves]
    direction = directions[0] if isinstance(x, np.ndarray) else dict(zip(x, directions, strict=True))
    gradient = ad.gradient(f, x, method="reverse")
    again = ad.gradient(f, x, method="reverse")
    found = [gradient] if isinstance(x, np.ndarray) else list(gradient.values())
    repeated = [again] if isinstance(x, np.ndarray) else list(again.values())
    for first, second, leaf in zip(found, repeated, leaves, strict=True):
        np.testing.assert_array_equal(first, second)
        assert first.shape == leaf.shape
        assert first.dtype == leaf.dtype
    pulled = sum(np.sum(one * other, dtype=float) for one, other in zip(found, directions, strict=True))
    scale = sum(np.sum(np.abs(one * other), dtype=float) for one, other in zip(found, directions, strict=True))
    assert abs(pulled - ad.jvp(f, x, direction, method="forward")[1]) <= rtol * scale


def points(rule: Any, *shapes: tuple[int, ...]) -> list[np.ndarray]:
    """Arrays inside the rule's domain."""
    rng = np.random.default_rng(5)
    domain = rule.domain or (-2.0, 2.0)
    domains = [domain] * len(shapes) if np.ndim(domain[0]) == 0 else domain
    return [rng.uniform(*bounds, size=shape) for bounds, shape in zip(domains, shapes, strict=True)]


UNARY = [function for function, rule in ELEMENTWISE.items() if len(rule.partials) == 1 and isinstance(function, np.ufunc)]
BINARY = [
    function
    for function, rule in ELEMENTWISE.items()
    if len(rule.partials) == 2 and isinstance(function, np.ufunc) and None not in rule.partials
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("function", UNARY, ids=lambda function: function.__name__)
def test_functions_of_one_array(function: Any, end: str) -> None:
    """Breaks if the cotangent of a sum, or an overwritten one, is not what it stands for."""
    for shape in SHAPES:
        (x,) = points(ELEMENTWISE[function], shape)
        assert_modes_agree(lambda x: ENDS[end](function(x)), x)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("function", BINARY, ids=lambda function: function.__name__)
@pytest.mark.parametrize("other", [(600, 10), (10,), (600, 1), (1, 10), ()], ids=str)
def test_functions_of_two_arrays(function: Any, other: tuple[int, ...], end: str) -> None:
    """Breaks if a sum over broadcast axes is short, or if an operand's share was overwritten by the other's."""
    x, y = points(ELEMENTWISE[function], (600, 10), other)
    assert_modes_agree(lambda p: ENDS[end](function(p["x"], p["y"])), {"x": x, "y": y})
    assert_modes_agree(lambda x: ENDS[end](function(x, 1.5)), x)
    y, x = points(ELEMENTWISE[function], other, (600, 10))
    assert_modes_agree(lambda p: ENDS[end](function(p["y"], p["x"])), {"x": x, "y": y})
    assert_modes_agree(lambda x: ENDS[end](function(np.full((600, 10), 0.7), x)), x)


PROGRAMS = {
    "same_operand_twice": lambda x: np.sum(x * x - x / (1 + x * x)),
    "cotangent_held_by_two": lambda x: np.sum((lambda y: (y + x) * (y - x))(np.sin(x))),
    "cotangent_of_an_output_used_again": lambda x: np.sum((lambda y: y * 2.0 - y)(np.exp(x)) ** 3),
    "difference_of_slices": lambda x: np.sum((x[1:] - x[:-1]) ** 2 * 3.0),
    "negated_then_used": lambda x: np.sum((1.0 - x) ** 2) + np.sum(np.abs(2.0 - x)),
    "written_into": lambda x: np.sum(np.tanh(_doubled(x))),
    "cubes": lambda x: np.sum(x**3 - x**2 + x**1.0 + x**0),
    "centred_rows": lambda x: np.sum(_centred(np.reshape(x, (600, 10))) ** 2),
    "transposed": lambda x: np.sum((np.reshape(x, (600, 10)).T * np.arange(600.0)) ** 2),
}


def _centred(x: Any) -> Any:
    return x - np.mean(x, axis=1, keepdims=True)


def _doubled(x: Any) -> Any:
    y = x * 2.0
    y[:3000] = y[:3000] * x[3000:]
    return y * y


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, dtype: Any) -> None:
    """Breaks if memory is reused while somebody still needs it."""
    x = np.random.default_rng(7).uniform(0.2, 1.7, LONG).astype(dtype)
    assert_modes_agree(PROGRAMS[name], x, rtol=1e-10 if dtype is np.float64 else 1e-4)


def test_several_seeds_at_once() -> None:
    """Breaks if the leading axis of seeds is taken for one of the array's own."""
    x = np.random.default_rng(8).uniform(0.2, 1.7, LONG)
    f = lambda x: np.stack([np.sum(np.exp(x) * x[0]), np.sum(x[: LONG // 2] / x[LONG // 2 :])])  # noqa: E731
    np.testing.assert_allclose(
        ad.jacobian(f, x, method="reverse"),
        [ad.gradient(lambda x, i=i: f(x)[i], x, method="reverse") for i in (0, 1)],
        rtol=1e-12,
    )


def test_second_order() -> None:
    """Breaks if a traced cotangent is treated as an array of our own."""
    x = np.random.default_rng(9).uniform(0.2, 1.7, LONG)
    v = np.cos(x)
    f = lambda x: np.sum(x**3 * np.sin(x) + x[0] / x)  # noqa: E731
    for method in ("auto", "reverse"):
        found = ad.hvp(f, x, v, method=method)
        np.testing.assert_allclose(found, ad.hvp(f, x, v, method="forward"), rtol=1e-9)


READS = {
    "repeated_indices": lambda x: np.sum(x[[0, 0, 1]]) + np.sum(x**3),
    "mask": lambda x: np.sum(x**3) + np.sum(x[np.array([True, False, True])]),
    "written": lambda x: _with_written(x * x),
}


def _with_written(y: Any) -> Any:
    y[[0, 2]] = y[[1, 1]]
    return np.sum(y) + np.sum(y**2)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("method", ["auto", "forward", "reverse"])
def test_second_order_of_reads_by_arrays(name: str, method: str) -> None:
    """Breaks if a plain cotangent is scattered into a traced one by a function that knows no traced values."""
    x = np.array([0.3, 0.7, 1.1])
    np.testing.assert_allclose(
        ad.hessian(READS[name], x, method=method), ad.hessian(READS[name], x, method="finite"), rtol=1e-6, atol=1e-6
    )


def test_the_results_belong_to_the_caller() -> None:
    """Breaks if a returned cotangent shares memory with another one, or with the seed."""
    x = np.ones(LONG)
    w = np.ones(LONG)
    value, pullback = ad.vjp(lambda p: p["a"] + p["b"], {"a": x, "b": x.copy()})
    first = pullback(w)
    assert not np.shares_memory(first["a"], first["b"])
    first["a"][:] = 5.0
    np.testing.assert_array_equal(w, 1.0)
    np.testing.assert_array_equal(pullback(w)["a"], 1.0)
    assert value.shape == (LONG,)


def test_these_arrays_are_large() -> None:
    """Breaks if the tests above no longer reach the steps that they are about."""
    add = ELEMENTWISE[np.add]
    assert type(elementwise_step(add, {}, ((LONG,), ()), (LONG,), (True, True))) is LargeStep
