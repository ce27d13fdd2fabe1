"""Refusals name what to write instead, and what they name works."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from support import (
    TOLERANCE,
    Case,
    assert_close,
    assert_right,
    assert_right_or_refused,
    every_mode,
    exact_modes,
    numerical_jacobian,
    steps,
    traced_steps,
)

import admodes as ad
from admodes.errors import AdmodesError, InputError, MissingRuleError, TracedValueError

V = np.array([0.7, -1.3, 2.1])


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
