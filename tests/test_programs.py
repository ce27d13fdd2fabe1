"""Random programs of 3 to 15 primitives: the modes, which share no derivative code with differences, must agree."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings
from rule_cases import PAIRINGS
from support import EXACT_MODES, assert_close, numerical_jacobian

import admodes as ad

# Every operation maps bounded numbers to bounded numbers and is smooth, so that differences are a fair judge.
UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "tanh": np.tanh,
    "arctan": np.arctan,
    "bell": lambda a: np.exp(-a * a),
    "log1p_square": lambda a: np.log1p(a**2),
    "root": lambda a: np.sqrt(a * a + 0.5),
    "negative": lambda a: -a,
    "halved": lambda a: a / 2,
    "reciprocal": lambda a: 1 / (1.5 + a * a),
    "constant_power": lambda a: (a * a + 1.0) ** -1.5,
    "sinc": np.sinc,
    "softplus": lambda a: np.logaddexp(a, 0.3),
    "plus_constant": lambda a: 0.25 + a,
    "minus_constant": lambda a: a - 1,
    "scaled": lambda a: a * np.float64(0.8),
    "power_of_two": lambda a: 2.0 ** np.tanh(a),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * np.sin(b),
    "divide": lambda a, b: a / (1 + b * b),
    "hypot": lambda a, b: np.hypot(a, b + 3.0) - 3.0,
    "arctan2": lambda a, b: np.arctan2(a, np.exp(0.2 * np.tanh(b))),
    "logaddexp": np.logaddexp,
    "power": lambda a, b: (a * a + 0.5) ** np.tanh(b),
    "where": lambda a, b: np.where(np.array([True, False, True])[: np.size(a) or 1] if np.ndim(a) else True, a, np.cos(b)),
}
ARRAY: dict[str, Callable[[Any], Any]] = {
    "flip": lambda a: a[::-1],
    "roll": lambda a: np.roll(a, 1),
    "fancy": lambda a: a[[2, 0, 0]],
    "cumsum": lambda a: np.cumsum(a) / 2,
    "matmul": lambda a: np.array([[0.3, -0.5, 0.2], [0.1, 0.4, 0.6], [-0.7, 0.2, 0.1]]) @ a,
    "outer": lambda a: np.outer(a, np.cos(a)) @ np.ones(3) / 3,
    "concatenate": lambda a: np.concatenate([a[1:], a[:1] * 2]),
    "stack": lambda a: np.stack([a[0] * a[1], a[2], np.sin(a[0])]),
    "listed": lambda a: np.array([a[1], a[2] * a[0], 0.5]) * a,
    "normalised": lambda a: a / np.linalg.norm(np.concatenate([a, np.ones(1)])),
    "softmax": lambda a: np.exp(a - 1.0) / np.sum(np.exp(a - 1.0)),
    "solve": lambda a: np.linalg.solve(np.diag(a * a + 1.0) + 0.1, a),
    "einsum": lambda a: np.einsum("i,ij->j", a, np.outer(np.tanh(a), np.ones(3))) / 3,
    "centred": lambda a: a - np.mean(a),
    "diff": lambda a: np.diff(a, append=a[:1]),
    "reshaped": lambda a: (a.reshape(3, 1) * a.reshape(1, 3)).sum(axis=0) / 3,
    "filtered": lambda a: np.real(np.fft.ifft(np.fft.fft(a) * np.array([1.0, 0.5j, -0.3]))),
    "spectrum": lambda a: np.abs(np.fft.rfft(a / 4, 4) + 9.0) - 9.0,
    "cholesky": lambda a: np.linalg.cholesky(_positive(a))[2],
    "eigenvalues": lambda a: np.linalg.eigvalsh(np.diag([0.0, 9.0, 20.0]) + np.outer(a, a) / 3) / 20,
    "singular_values": lambda a: np.linalg.svd(np.diag([1.0, 9.0, 20.0]) + np.outer(a, np.sin(a)) / 3)[1] / 20,
    "pseudo_inverse": lambda a: np.linalg.pinv(_positive(a)[:, :2])[0],
    "convolved": lambda a: np.convolve(a, [0.3, -0.5, 0.2], "same"),
    "slopes": lambda a: np.gradient(a),
    "running_product": lambda a: np.cumprod(np.tanh(a)),
    "triangle": lambda a: np.tril(np.outer(a, a)) @ np.ones(3) / 3,
    "averaged": lambda a: a * np.average(a, weights=1.5 + np.tanh(a)),
    "polynomial": lambda a: np.polyval(np.tanh(a), 0.3 * a),
    "put": lambda a: _put(a),
}


def _positive(a: Any) -> Any:
    return np.outer(a, a) / 9 + np.diag([1.0, 2.0, 3.0])


def _put(a: Any) -> Any:
    y = a * 0.5
    np.put(y, [0, 2], np.sin(a[:2]))
    np.add.at(y, [1, 1], a[1:])
    return np.multiply(y, 0.5, out=y)


REDUCE: dict[str, Callable[[Any], Any]] = {
    "sum": np.sum,
    "mean": lambda a: a.mean(),
    "dot": lambda a: a @ a / 3,
    "prod": lambda a: np.prod(np.tanh(a)),
    "var": np.var,
    "element": lambda a: a[1],
    "det": lambda a: np.linalg.det(np.eye(3) + np.outer(a, np.sin(a)) / 5),
    "trapezoid": lambda a: np.trapezoid(a, dx=0.5),
    "log_determinant": lambda a: np.linalg.slogdet(_positive(a))[1] / 3,
    "condition": lambda a: np.linalg.cond(_positive(a) + np.diag([0.0, 3.0, 9.0])) / 20,
    "nan_sum": lambda a: np.nansum(np.concatenate([a, [np.nan]])),
    "smooth_norm": lambda a: np.linalg.norm(np.concatenate([a, np.ones(1)])),
}


def written(a: Any, s: Any) -> Any:
    """In-place writes through a view and an alias."""
    y = np.zeros_like(a)
    y += a
    y[1:][0] = s
    tail = y[1:]
    tail *= 0.5
    return y


def looped(a: Any, s: Any) -> Any:
    """A Python loop over elements that carries a number."""
    total = s
    values = []
    for item in a:
        total = 0.5 * total + np.sin(item) * s
        values.append(total)
    return np.stack(values)


MIXED: dict[str, Callable[[Any, Any], Any]] = {
    "written": written,
    "looped": looped,
    "filled": lambda a, s: np.full_like(a, s) * a,
    "branch": lambda a, s: a * s if s > -50.0 else a,  # never at the branch point, where differences mislead
    "clipped_away": lambda a, s: np.maximum(a, -50.0) + np.clip(s, -40.0, 60.0),
}


class Instruction(NamedTuple):
    """An operation and the registers that it reads, counted from the newest."""

    kind: str
    name: str
    first: int
    second: int


def _instructions(kind: str, table: dict[str, Any]) -> Any:
    return st.builds(Instruction, st.just(kind), st.sampled_from(sorted(table)), st.integers(0, 3), st.integers(0, 3))


TABLES = {"unary": UNARY, "binary": BINARY, "array": ARRAY, "reduce": REDUCE, "mixed": MIXED}
programs = st.lists(st.one_of(*(_instructions(kind, table) for kind, table in TABLES.items())), min_size=3, max_size=15)
points = st.lists(st.floats(-1.5, 1.5, allow_subnormal=False).map(lambda value: round(value, 3)), min_size=4, max_size=4).map(
    np.array
)


def run(program: list[Instruction], x: Any) -> Any:
    """The program on registers that begin with x[:3], an array, and x[3], a number; returns all that is left, squashed."""
    arrays, numbers = [x[:3]], [x[3]]
    for kind, name, first, second in program:
        a, b = arrays[-1 - first % len(arrays)], arrays[-1 - second % len(arrays)]
        s = numbers[-1 - second % len(numbers)]
        t = numbers[-1 - first % len(numbers)]
        if kind == "unary":
            (arrays if second % 2 else numbers).append(UNARY[name](a if second % 2 else t))
        elif kind == "binary":
            (numbers if second == 0 else arrays).append(
                BINARY[name](t, s) if second == 0 else BINARY[name](a, b if second % 2 else s)
            )
        elif kind == "array":
            arrays.append(ARRAY[name](a))
        elif kind == "reduce":
            numbers.append(REDUCE[name](a))
        else:
            arrays.append(MIXED[name](a, s))
        if kind != "reduce" and len(arrays) > 1:
            arrays[-1] = 2.0 * np.tanh(arrays[-1] / 2.0)
        if len(numbers) > 1:
            numbers[-1] = 2.0 * np.tanh(numbers[-1] / 2.0)
    return np.concatenate([np.sin(arrays[-1]), np.stack([numbers[-1], numbers[-1] * arrays[-1][0]])])


#: Ways to use one number or array, whose cotangents reach it as floats, NumPy scalars, 0-d arrays, views or arrays of their own.
USES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: x,
    "twice": lambda x: 2.0 * x,
    "square": lambda x: x * x,
    "sine": np.sin,
    "where": lambda x: np.where(x > 0, x, 0.0),
    "where_both": lambda x: np.where(x > 9, 2.0 * x, x),
    "sinc": np.sinc,
    "reshaped": lambda x: np.reshape(np.reshape(x, (-1, 1)), np.shape(x)),
    "expanded": lambda x: np.expand_dims(x, 0)[0],
    "stacked": lambda x: np.stack([x, x])[1],
    "listed": lambda x: np.sum(np.array([x, 3.0 * x]), axis=0),
    "spread": lambda x: np.sum(np.broadcast_to(x, (2, *np.shape(x))), axis=0),
    "taken": lambda x: np.take(np.stack([x, x]), 0, axis=0),
    "matmul": lambda x: np.dot(np.stack([x, x]).T, np.array([1.0, 0.5])),
    "transposed": lambda x: np.transpose(x),
    "copied": lambda x: np.copy(x),
    "cast": lambda x: x.astype(np.float64),
    "maximum": lambda x: np.maximum(x, 0.1),
    "norm": lambda x: np.linalg.norm(np.stack([x, x]), axis=0),
    "written": lambda x: written(np.stack([x, x]), x)[0],
}


@pytest.mark.parametrize("first", USES)
@pytest.mark.parametrize("shape", [(), (3,)])
def test_contributions_add_up(first: str, shape: tuple[int, ...]) -> None:
    """Breaks if one of several contributions to a cotangent is lost, or added to memory that another still reads."""
    x = np.array(0.7) if shape == () else np.array([0.7, 1.1, 0.4])
    ones = np.ones(shape)
    slopes = {name: ad.jvp(use, x, ones, method="forward")[1] for name, use in USES.items()}
    for second, third in itertools.product(USES, ("itself", "where", "reshaped") if shape == () else ("square",)):
        uses = [first, second, third]

        def f(x: Any, uses: list[str] = uses) -> Any:
            return sum(USES[name](x) for name in uses) * 1.0

        found = ad.vjp(f, x, method="reverse")[1](ones)
        assert_close(found, sum(slopes[name] for name in uses), 1e-12, " + ".join(uses))


@pytest.mark.parametrize("name", USES)
def test_second_order_contributions_add_up(name: str) -> None:
    """Breaks if a contribution is lost in a sweep that is itself recorded."""

    def f(x: Any) -> Any:
        return USES[name](x) * np.sinc(x) + np.where(x > 0, USES[name](x), x) * np.sinc(x)

    wanted = ad.differentiate(lambda x: ad.differentiate(f, x, method="forward"), 0.7, method="forward")
    for outer, inner in PAIRINGS:
        found = ad.differentiate(lambda x, inner=inner: ad.differentiate(f, x, method=inner), 0.7, method=outer)
        assert_close(found, wanted, 1e-12, f"{outer} over {inner}")


def methods() -> tuple[str, ...]:
    """The methods that are there: the exact ones, and the others where their modules exist."""
    others = {"finite": "admodes.finite", "symbolic": "admodes.symbolic"}
    return (*EXACT_MODES, *(name for name, module in others.items() if importlib.util.find_spec(module) is not None))


@settings(max_examples=100)
@given(program=programs, x=points)
@example(
    program=[Instruction("mixed", "written", 0, 0), Instruction("array", "stack", 0, 0), Instruction("reduce", "det", 0, 0)],
    x=np.zeros(4),
)
def test_jacobians_of_random_programs(program: list[Instruction], x: np.ndarray) -> None:
    """Breaks if forward and reverse mode differ from each other or from differences on any composition."""
    value = run(program, x.copy())
    truth = numerical_jacobian(lambda x: run(program, x), x, step=2e-3)
    found = {}
    for method in EXACT_MODES:
        got, found[method] = ad.value_and_jacobian(lambda x: run(program, x), x, method=method)
        np.testing.assert_allclose(got, value, rtol=1e-14, atol=1e-15, err_msg=method)
        assert_close(found[method], truth, 1e-7, method)
    assert_close(found["forward"], found["reverse"], 1e-12, "forward beside reverse")
    v, w = np.array([0.3, -1.0, 0.5, 2.0]), np.array([1.0, -0.5, 0.25, 2.0, -1.5])
    assert_close(ad.jvp(lambda x: run(program, x), x, v)[1], found["forward"] @ v, 1e-12, "one tangent")
    assert_close(ad.vjp(lambda x: run(program, x), x)[1](w), w @ found["forward"], 1e-12, "one cotangent")


@settings(max_examples=20)
@given(program=programs, x=points)
def test_differences_of_the_package_agree(program: list[Instruction], x: np.ndarray) -> None:
    """Breaks if finite differences are inaccurate on a smooth composition."""
    exact = ad.jacobian(lambda x: run(program, x), x, method="reverse")
    assert_close(ad.jacobian(lambda x: run(program, x), x, method="finite"), exact, 1e-7)


SYMBOLIC = st.lists(st.one_of(_instructions("unary", UNARY), _instructions("binary", BINARY)), min_size=3, max_size=6)


@settings(max_examples=8)
@given(program=SYMBOLIC, x=points)
def test_symbolic_derivatives_agree(program: list[Instruction], x: np.ndarray) -> None:
    """Breaks if SymPy's derivative of a composition is not that of our table."""
    exact = ad.jacobian(lambda x: run(program, x), x, method="reverse")
    assert_close(ad.jacobian(lambda x: run(program, x), x, method="symbolic"), exact, 1e-10)


@settings(max_examples=25)
@given(program=programs, x=points)
def test_hessians_of_random_programs(program: list[Instruction], x: np.ndarray) -> None:
    """Breaks if any pairing of the modes gives another Hessian than the others, or one that is not symmetric."""

    def scalar(x: Any) -> Any:
        return np.sum(run(program, x) * np.arange(1.0, 6.0))

    truth = numerical_jacobian(lambda x: ad.gradient(scalar, x, method="forward"), x, step=2e-3)
    found = {}
    for outer, inner in PAIRINGS:
        found[outer, inner] = ad.jacobian(lambda x, inner=inner: ad.gradient(scalar, x, method=inner), x, method=outer)
        assert_close(found[outer, inner], truth, 1e-6, f"{outer} over {inner}")
        assert_close(found[outer, inner], found["forward", "forward"], 1e-11, f"{outer} over {inner} beside forward over forward")
    hessian = ad.hessian(scalar, x)
    assert_close(hessian, hessian.T, 1e-11, "symmetry")
    v = np.array([0.3, -1.0, 0.5, 2.0])
    assert_close(ad.hvp(scalar, x, v), hessian @ v, 1e-11, "Hessian times vector")


@settings(max_examples=15)
@given(program=programs, x=points)
def test_third_derivatives_of_random_programs(program: list[Instruction], x: np.ndarray) -> None:
    """Breaks if three levels mix: derivatives along one direction, forward, reverse and mixed."""
    v = np.array([0.3, -1.0, 0.5, 0.7])

    def line(t: Any) -> Any:
        return np.sum(run(program[:6], x + t * v) * np.arange(1.0, 6.0))

    def third(order: tuple[str, str, str]) -> Any:
        first, second, last = order
        return ad.differentiate(
            lambda t: ad.differentiate(lambda t: ad.differentiate(line, t, method=first), t, method=second), 0.1, method=last
        )

    wanted = third(("forward", "forward", "forward"))
    for order in (("reverse", "forward", "reverse"), ("forward", "reverse", "forward"), ("reverse", "reverse", "reverse")):
        assert_close(third(order), wanted, 1e-9, str(order))
