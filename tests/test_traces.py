"""Traces: every value, tangent, adjoint, name and group, and the tables as they are printed."""

from __future__ import annotations

import csv
import functools
import html.parser
import io
import json
import re
from typing import Any

import numpy as np
import pytest
from test_random_programs import random_expression, random_program
from trace_truth import assert_adds_up, assert_true, close

import admodes as ad
from admodes.errors import (
    AdmodesError,
    BudgetError,
    EscapedValueError,
    InputError,
    LevelError,
    OptionError,
    OutputError,
    ShapeError,
    TracedValueError,
    UnsupportedError,
)
from admodes.formatting import text_table
from admodes.traces.tables import elements_text, number_text, value_text

W = np.array([[0.3, -0.5, 0.2], [0.1, 0.4, -0.6]])
X = np.array([0.7, -0.4, 1.1])


def lecture(x1: Any, x2: Any) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def lecture_trace(f: Any = lecture) -> ad.Trace:
    return ad.trace(f, 2.0, args=(5.0,), argnums=(0, 1))


# the lectures' tables


def test_the_lecture_line_by_line():
    """Breaks if a value, tangent or adjoint of the example of Baydin et al. is not the lecture's, or stands elsewhere."""
    trace = lecture_trace()
    sin, cos = -0.9589242746631385, 0.28366218546322625
    assert [node.name for node in trace.nodes] == ["v0", "v1", "v2", "v3", "v4", "v5", "v6"]
    assert [node.formula for node in trace.nodes] == ["x1", "x2", "log(v0)", "v0 * v1", "sin(v1)", "v2 + v3", "v5 - v4"]
    values = [2.0, 5.0, 0.6931471805599453, 10.0, sin, 10.693147180559945, 11.652071455223084]
    assert [node.value for node in trace.nodes] == pytest.approx(values, rel=1e-15)
    assert trace.seeds == ("x1", "x2")
    assert [node.tangents[0] for node in trace.nodes] == pytest.approx([1, 0, 0.5, 5, 0, 5.5, 5.5], rel=1e-15)
    assert [node.tangents[1] for node in trace.nodes] == pytest.approx([0, 1, 0, 2, cos, 2, 2 - cos], rel=1e-15)
    adjoints = [1, 1, -1, 1, 1, 2 - cos, 5.5]
    assert [node.adjoint for node in reversed(trace.nodes)] == pytest.approx(adjoints, rel=1e-15)
    assert trace.nodes[3].locals == (5.0, 2.0)
    assert trace.nodes[4].downstream == pytest.approx([-cos])
    assert trace.gradient == pytest.approx((5.5, 2 - cos))


def test_the_printed_digits_of_the_lecture():
    """Breaks if the tables do not show the digits that the lecture prints, in its order."""
    text = str(lecture_trace())
    evaluation, tangents, adjoints = text.split("\n\n")[1:]
    for name, value in [("v2", "0.693"), ("v3", "10"), ("v4", "-0.959"), ("v5", "10.693"), ("v6", "11.652")]:
        assert re.search(rf"^ {name} .* {value}$", evaluation, re.MULTILINE)
    assert [line.split()[-2:] for line in tangents.splitlines()[3:]] == [
        ["1", "0"], ["0", "1"], ["0.5", "0"], ["5", "2"], ["0", "0.284"], ["5.5", "2"], ["5.5", "1.716"],
    ]  # fmt: skip
    printed = [re.sub(r" x\d ", "    ", line).split()[:2] for line in adjoints.splitlines()[3:]]
    assert printed == [["v6", "1"], ["v5", "1"], ["v4", "-1"], ["v3", "1"], ["v2", "1"], ["v1", "1.716"], ["v0", "5.5"]]


def test_statements_keep_their_order():
    """Breaks if operations of two statements are mixed: only those of one expression are ordered by depth."""

    def f(x1: Any, x2: Any) -> Any:
        a = np.log(x1) + x1 * x2
        b = np.sin(x2)
        return a - b

    trace = lecture_trace(f)
    assert [node.formula for node in trace.nodes[2:]] == ["log(v0)", "v0 * v1", "v2 + v3", "sin(v1)", "v4 - v5"]
    assert [node.variable for node in trace.nodes] == ["x1", "x2", "", "", "a", "b", ""]


def test_gates():
    """Breaks if + does not distribute, max not route, * not switch the gradient, or branches are not added (y: 2 + 3)."""

    def gates(x: Any, y: Any, z: Any) -> Any:
        a = x + y
        b = np.maximum(y, z)
        return a * b

    trace = ad.trace(gates, 1.0, args=(2.0, 0.0), argnums=(0, 1, 2))
    assert [(node.variable, node.value, node.adjoint) for node in trace.nodes] == [
        ("x", 1.0, 2.0), ("y", 2.0, 5.0), ("z", 0.0, 0.0), ("a", 3.0, 2.0), ("b", 2.0, 3.0), ("", 6.0, 1.0),
    ]  # fmt: skip
    assert [node.locals for node in trace.nodes[3:]] == [(1.0, 1.0), (1.0, 0.0), (2.0, 3.0)]


# truth


def whole(x: Any) -> Any:
    h = np.tanh(W @ x)
    return np.sum(h * h) + np.mean(x) * np.prod(x)


def written(x: Any) -> Any:
    y = np.zeros_like(x)
    for i in range(3):
        y[i] = x[i] * 2 + i
    y[1:] *= x[0]
    y += np.sin(y)
    return y @ x


def branching(x: Any) -> Any:
    y = np.where(x > 0, x * x, np.exp(x))
    return y.sum() if x[0] > 0 else y[0]


def locally_constant(x: Any) -> Any:
    return np.floor(x[0] * 3) * x[1] + np.sign(x[2]) * x[2] + (x[0] > 0) * x[1] ** 2


TRUE = {
    "whole": whole,
    "written": written,
    "branching": branching,
    "locally_constant": locally_constant,
    "repeated_operand": lambda x: np.sum(x * x * x),
    "broadcast": lambda x: np.sum((x[:, None] * np.ones((1, 4)) + x[0]) / (1 + x * x)[:, None]),
    "fancy": lambda x: np.sum(x[[0, 0, 2]] ** 2) + x[np.array([True, False, True])][1],
    "softmax": lambda x: np.log(np.sum(np.exp(x - np.max(x)))) - x[0] * np.std(x),
    "matrices": lambda x: np.linalg.det(np.outer(x, x) + np.eye(3)) + np.sum(np.linalg.inv(np.diag(x) + 2 * np.eye(3))),
    "stacked": lambda x: np.sum(np.concatenate([np.stack([x[0], x[1] * x[2]]), x.reshape(3)[::-1]]) * np.arange(5.0)),
    "einsum": lambda x: np.einsum("i,j,ij->", x, x, np.arange(9.0).reshape(3, 3)),
    "unread": lambda x: (np.sin(x), x[0] * 3.0)[1],
    "derivative": lambda x: np.sum(ad.gradient(lambda y: np.sum(np.sin(y) ** 2), x) * x),
    "sorted": lambda x: np.sort(x)[0] * np.median(x) + np.max(x),
    "fft": lambda x: np.sum(np.abs(np.array([1.0, 2.0, 3.0]) * x) ** 2),
}


@pytest.mark.parametrize("name", TRUE)
def test_all_derivatives_are_those_of_differences(name: str):
    """Breaks if a tangent of any node, or the gradient, is not the slope of its value, or the parts do not add up."""
    assert_true(TRUE[name], X)


@pytest.mark.parametrize("seed", range(8))
def test_random_programs(seed: int):
    """Breaks if views, writes and aliases, or broadcasting and reductions, show a wrong value or derivative."""
    program = random_program(seed, length=8)
    try:
        ad.gradient(lambda x: np.sum(np.sin(program(x))), X)
    except AdmodesError as error:
        with pytest.raises(type(error)):
            ad.trace(program, X, output=0)
    else:
        assert_true(lambda x: np.sum(np.sin(program(x))), X, tolerance=1e-5)
    assert_true(lambda x: np.sum(np.sin(random_expression(seed, length=5)(x))), [0.71, -0.43, 1.13], tolerance=1e-4)


def test_complex_values_on_the_way():
    """Breaks if the adjoint of a purely imaginary value is lost."""
    f = lambda x: np.imag(np.exp(1j * x)) + np.real(1j * np.sqrt(x + 0j))  # noqa: E731 - short
    assert ad.trace(f, -2.25).gradient == pytest.approx(np.cos(2.25) + 1 / 3)
    with pytest.raises(UnsupportedError, match="complex"):
        ad.trace(f, -2.25, expand=True)


def test_values_are_those_of_the_moment():
    """Breaks if a node shows what an array became by a later write."""

    def f(x: Any) -> Any:
        y = x * 1.0
        first = np.sum(y)
        y[0] = 100.0
        return first + np.sum(y)

    trace = ad.trace(f, X)
    arrays = [node.value for node in trace.nodes if np.shape(node.value) == (3,)]
    np.testing.assert_array_equal(arrays[1], X)
    np.testing.assert_array_equal(arrays[2], [100.0, *X[1:]])


def test_constants_are_those_of_the_moment():
    """Breaks if a constant array that f overwrites later changes a derivative that was taken before."""

    def f(x: Any) -> Any:
        weights = np.array([1.0, 2.0, 3.0])
        y = weights * x
        weights[:] = 7.0
        return np.sum(y * y)

    np.testing.assert_allclose(ad.trace(f, X).gradient, 2 * np.array([1.0, 4.0, 9.0]) * X)


def test_unselected_branches_are_structural_zeros():
    """Breaks if an infinite partial of a branch that was not taken makes a NaN."""
    trace = ad.trace(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), np.array([0.0, 4.0]))
    np.testing.assert_array_equal(trace.gradient, [0.0, 0.25])
    np.testing.assert_array_equal([trace.expanded().nodes[place].adjoint for place in (0, 1)], [0.0, 0.25])


def test_what_is_locally_constant_hands_on_nothing():
    """Breaks if floor is left out, or hands on its adjoint."""
    trace = ad.trace(lambda x: np.floor(x) * x, 2.5)
    floor = trace.nodes[1]
    assert (floor.operation, floor.value, floor.adjoint, floor.locals, floor.downstream) == ("floor", 2.0, 2.5, (0.0,), (0.0,))
    assert trace.gradient == 2.0


@pytest.mark.parametrize(
    ("f", "gradient"),
    [
        (lambda x: 3.0, 0.0),
        (lambda x: x, 1.0),
        (lambda x: x > 1, 0.0),
        (lambda x: np.floor(x), 0.0),
        (np.sin, np.cos(2.0)),
        (functools.partial(np.multiply, 3.0), 3.0),
    ],
)
def test_small_functions(f: Any, gradient: float):
    """Breaks if f is constant, the identity, no function of Python, and its trace fails or is wrong."""
    trace = ad.trace(f, 2.0)
    assert trace.gradient == pytest.approx(gradient)
    assert trace.nodes[trace.outputs[0]].adjoint == 1.0
    assert_adds_up(trace)


def test_inputs_of_all_kinds():
    """Breaks if containers, single precision, integers or unused inputs are traced otherwise than differentiated."""

    def loss(p: Any, scale: Any) -> Any:
        return scale * np.sum(p["w"] ** 2) + p["b"]

    point = {"w": np.array([1.0, 2.0]), "b": 3.0, "unused": np.ones(2)}
    trace = ad.trace(loss, point, args=(2.0,))
    assert trace.gradient["w"].tolist() == [4.0, 8.0]
    assert (trace.gradient["b"], trace.gradient["unused"].tolist()) == (1.0, [0.0, 0.0])
    assert [node.variable for node in trace.nodes if node.operation == "input"] == ["p['b']", "p['unused']", "p['w']"]
    single = ad.trace(lambda x: np.sum(x * x), np.float32([1, 2]))
    assert single.gradient.dtype == np.float32
    assert all(np.asarray(node.adjoint).dtype == np.float32 for node in single.nodes[:-1])
    assert ad.trace(lambda x: x**2, 3).gradient == 6.0


# the choice of an output


def two(x: Any) -> Any:
    return {"loss": np.sum(x**2), "parts": x * 3.0}


@pytest.mark.parametrize(
    ("f", "options", "gradient"),
    [
        (two, {"output": "loss"}, 2 * X),
        (two, {"output": ("parts", 1)}, [0, 3, 0]),
        (two, {"cotangent": {"loss": 0.5, "parts": np.ones(3)}}, X + 3),
        (lambda x: np.outer(x, x), {"output": (0, 1)}, [X[1], X[0], 0]),
        (lambda x: x * 2, {"output": -1}, [0, 0, 2]),
        (lambda x: (x[0], x[0]), {"cotangent": (1.0, 2.0)}, [3, 0, 0]),
        (lambda x: np.sum(x)[None], {}, [1, 1, 1]),
    ],
)
def test_an_output_is_chosen(f: Any, options: Any, gradient: Any):
    """Breaks if the seed goes elsewhere than to the chosen number."""
    trace = ad.trace(f, X, **options)
    assert_adds_up(trace)
    np.testing.assert_allclose(trace.gradient, gradient)
    np.testing.assert_allclose([trace.expanded().nodes[place].adjoint for place in range(3)], gradient)


def test_seeds_of_tangents():
    """Breaks if one direction is not that of `jvp`, or many inputs get more tangents than anybody reads."""
    trace = ad.trace(whole, X, tangent=[1.0, -2.0, 0.5])
    assert trace.seeds == ("tangent",)
    assert trace.nodes[-1].tangents[0] == pytest.approx(ad.jvp(whole, X, np.array([1.0, -2.0, 0.5]))[1])
    assert ad.trace(np.sum, np.ones(16)).seeds[-1] == "x[15]" or ad.trace(np.sum, np.ones(16)).seeds[-1] == "a[15]"
    many = ad.trace(np.sum, np.ones(17))
    assert many.seeds == ()
    assert "Tangent" not in str(many)


# names


def named(trace: ad.Trace) -> dict[str, str]:
    return {node.variable: node.formula for node in trace.nodes if node.variable}


def test_variables_are_named_by_what_they_hold():
    """Breaks if a name goes to a value that the variable never held, or an alias, a tuple target or a rebinding is mistaken."""

    def f(x: Any) -> Any:
        a, b = x[0] * 2, x[1]
        c = a
        swapped, d = b + c, np.sin(b)
        d = d * swapped
        unused = 3.0
        return d * unused

    trace = ad.trace(f, X[:2])
    assert named(trace) == {
        "x": "x", "b": "v0[1]", "a": "v1 * 2", "swapped": "v2 + v3", "d_1": "sin(v2)", "d_2": "v5 * v4",
    }  # fmt: skip


def test_arrays_that_are_changed_in_place_keep_their_name():
    """Breaks if the value that a variable held before a write has no name."""

    def f(x: Any) -> Any:
        y = x * 1.0
        y *= 2
        y[0] = 7
        return np.sum(y)

    names = [(node.variable, node.formula) for node in ad.trace(f, X).nodes[1:4]]
    assert names == [("y_1", "v0 * 1"), ("y_2", "v1 * 2"), ("y_3", "v2 with [0] = 7")]


@pytest.mark.parametrize(
    ("f", "formula"),
    [
        (lambda x: np.sum(x, axis=1, keepdims=True), "sum(v0, axis=-2, keepdims=True)"),
        (lambda x: np.sum(x, keepdims=True), "sum(v0, keepdims=True)"),
        (np.sum, "sum(v0)"),
        (np.transpose, "transpose(v0)"),
        (lambda x: np.transpose(x, (2, 0, 1)), "transpose(v0, axes=(2, 0, 1))"),
    ],
)
def test_formulas_have_their_options(f: Any, formula: str):
    """Breaks if two operations that differ in their axes have the same formula."""
    x = np.ones((1, 2, 3))
    assert ad.trace(f, x, cotangent=np.ones_like(f(x))).nodes[1].formula == formula


def test_loops_number_their_variables():
    """Breaks if iterations share a name, or a number collides with a variable of f."""

    def f(x: Any) -> Any:
        a, other_1 = x, x
        for _ in range(2):
            a = np.sin(a)
        other_1 = a * 2
        x = other_1 + a
        other = x * x
        other = other + 1
        return other * 1

    names = [node.variable for node in ad.trace(f, 0.5).nodes]
    assert names == ["x", "a_1", "a_2", "other_1", "x_1", "other (1)", "other (2)", ""]


def test_code_without_source_has_true_names_or_none():
    """Breaks if a lambda, or code made by exec, gets a name that is not its own, or a line of another file."""
    scope: dict[str, Any] = {"np": np}
    exec("def f(x):\n    y = np.sin(x)\n    return y * x", scope)
    trace = ad.trace(scope["f"], 1.0)
    assert [node.variable for node in trace.nodes] == ["x", "y", ""]
    assert {node.line for node in trace.nodes} == {None}
    assert [node.variable for node in ad.trace(lambda t: np.sin(t) * t, 1.0).nodes] == ["t", "", ""]


def test_lines_are_those_of_the_file():
    """Breaks if a node points at another line than the one that computed it."""

    def f(x: Any) -> Any:
        y = np.sin(x)

        return y * x

    first = f.__code__.co_firstlineno
    assert [node.line for node in ad.trace(f, 1.0).nodes] == [None, first + 1, first + 3]


def test_names_of_inputs():
    """Breaks if given names are not used, or an unnamed argument gets the name of another."""
    assert ad.trace(lambda x: x[0] + x[1], X[:2], names=["p"], expand=True).nodes[1].formula == "p[1]"
    assert ad.trace(lambda x: x, 1.0, names="theta").nodes[0].variable == "theta"
    assert ad.trace(lambda *v: v[0] * v[1], 1.0, args=(2.0,), argnums=(0, 1)).seeds == ("v[0]", "v[1]")
    v1 = W * 2
    assert ad.trace(lambda x: v1 @ x, X, output=0).nodes[1].formula == "array(2, 3) @ v0"
    trace = ad.trace(lambda x: W @ x, X, output=0)
    assert trace.nodes[1].formula == "W @ v0"
    assert "array(2, 3)" in ad.trace(lambda x: (W * 1.0) @ x, X, output=0).nodes[1].formula


# what is no operation of f


def test_what_a_function_of_numpy_only_looks_at_is_no_node():
    """Breaks if a check inside of np.sort or np.cumprod is shown as an operation of f, or f's own unused ones are not."""
    trace = ad.trace(lambda x: np.sum(np.sort(x) * np.cumprod(x)) + np.median(x), X)
    operations = {node.operation for node in trace.nodes}
    assert not operations & {"neighbours_tie", "any_tiny", "count_numbers", "argsort"}
    assert all(np.any(node.adjoint) for node in trace.nodes)
    assert_true(lambda x: np.sum(np.sort(x) * np.cumprod(x)) + np.median(x), X)
    unused = ad.trace(lambda x: (np.argsort(x), np.sort(x), x[0] > 0, x[0])[-1], X)
    assert sorted(node.operation for node in unused.nodes) == sorted(
        ["input", "argsort", "argsort", "index", "neighbours_tie", "index", "greater", "index"]
    )


@pytest.mark.parametrize("expand", [False, True])
def test_results_are_shown_as_f_returned_them(expand: bool):
    """Breaks if the array that is made of several returned numbers is shown as an operation of f."""
    trace = ad.trace(lambda x, y: (x * y, np.sin(x)), 2.0, args=(3.0,), argnums=(0, 1), output=1, expand=expand)
    assert [node.formula for node in trace.nodes] == ["x", "y", "v0 * v1", "sin(v0)"]
    assert {trace.nodes[place].operation for place in trace.outputs} == {"multiply", "sin"}
    assert [node.adjoint for node in trace.nodes if node.operation in ("multiply", "sin")] == [0.0, 1.0]
    assert trace.gradient == pytest.approx((np.cos(2.0), 0.0))
    nested = ad.trace(lambda x: [[x * 2, x * 3], [x * 2, 4.0]], 2.0, cotangent=[[1.0, 10.0], [100.0, 5.0]], expand=expand)
    assert nested.gradient == 232.0
    assert [node.operation for node in nested.nodes] == ["input", "multiply", "multiply", "multiply"]
    kept = ad.trace(lambda x: np.stack([x * 2, x * 3]), 2.0, output=0)
    assert kept.nodes[kept.outputs[0]].operation == "stack"
    same = ad.trace(lambda x: (x, x), 2.0, cotangent=(1.0, 2.0), expand=expand)
    assert (same.outputs, same.gradient) == ((0,), 3.0)
    assert ad.trace(np.sin, 2.0, expand=expand).nodes[-1].operation == "sin"


# groups


def sigmoid(z: Any) -> Any:
    e = np.exp(-z)
    return 1 / (1 + e)


class Layer:
    """A layer with a method that calls another."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def __call__(self, x: Any) -> Any:
        return sigmoid(self.weights @ x)

    def scaled(self, x: Any) -> Any:
        return 2 * self(x)


def test_sigmoid_is_one_node():
    """Breaks if the sigmoid is not one node with the derivative s (1 - s), at a number and element by element."""
    for x in (0.4, X):
        trace = ad.trace(lambda x: np.sum(sigmoid(x) * 3), x)
        assert [node.group for node in trace.nodes].count("sigmoid") == 4
        grouped = trace.grouped()
        assert_adds_up(grouped)
        node = next(node for node in grouped.nodes if node.operation == "sigmoid")
        s = 1 / (1 + np.exp(-x))
        assert node.formula == "sigmoid(v0)"
        assert close(node.value, s, 1e-15)
        assert close(node.locals[0], s * (1 - s), 1e-14)
        assert close(grouped.gradient, 3 * s * (1 - s), 1e-14)


def test_methods_and_depth():
    """Breaks if a method has not its name, or the depth does not choose whose calls are nodes."""
    trace = ad.trace(lambda x: np.sum(Layer(W).scaled(x)), X)
    assert [node.operation for node in trace.grouped().nodes] == ["input", "Layer.scaled", "sum"]
    assert [node.operation for node in trace.grouped(2).nodes] == ["input", "Layer", "multiply", "sum"]
    assert [node.operation for node in trace.grouped(3).nodes] == ["input", "matmul", "sigmoid", "multiply", "sum"]
    assert len(trace.grouped(4).nodes) == len(trace.nodes)
    layer = trace.grouped(2).nodes[1]
    assert layer.locals == (None,)
    for depth in (1, 2, 3):
        assert_adds_up(trace.grouped(depth))


def test_calls_with_several_results():
    """Breaks if a call whose inner values are read outside gives wrong derivatives: each result is a node of its own."""

    def cell(x: Any, c: Any) -> Any:
        c = np.tanh(x) * c + x
        return np.sin(c) * x, c

    def f(x: Any) -> Any:
        h, c = cell(x, x * x)
        h, c = cell(h, c)
        return h * c

    trace = ad.trace(f, 0.7)
    grouped = trace.grouped()
    assert_adds_up(grouped)
    assert [node.operation for node in grouped.nodes].count("cell") == 4
    assert grouped.nodes[0].adjoint == pytest.approx(ad.gradient(f, 0.7))
    assert {node.variable for node in grouped.nodes} >= {"c_1", "c_2", "h_1", "h_2"}


def test_functions_of_numpy_and_primitives_are_nodes():
    """Breaks if a mean is not one node named mean, or a primitive of a user's not one by its own name."""

    @ad.primitive
    def cube(x: Any) -> Any:
        return x**3

    cube.def_vjp(lambda g, out, x: g * 3 * x**2)
    trace = ad.trace(lambda x: np.mean(cube(x)) + x.mean() + np.sum(x), X)
    operations = [node.operation for node in trace.grouped().nodes]
    assert sorted(operations) == sorted(["input", "cube", "mean", "mean", "sum", "add", "add"])
    mean = next(node for node in trace.grouped().nodes if node.operation == "mean")
    np.testing.assert_allclose(mean.locals[0], np.full(3, 1 / 3))


def test_softmax_has_no_number_for_each_element():
    """Breaks if a group that mixes elements claims a local derivative for each."""

    def softmax(x: Any) -> Any:
        e = np.exp(x)
        return e / np.sum(e)

    grouped = ad.trace(lambda x: softmax(x)[0], X).grouped()
    assert grouped.nodes[1].locals == (None,)
    s = np.exp(X) / np.sum(np.exp(X))
    np.testing.assert_allclose(grouped.gradient, s[0] * (np.eye(3)[0] - s))


# elements


def test_elements_of_a_small_network():
    """Breaks if a product of a matrix and a vector is not shown as the sums that it is."""
    nodes = ad.trace(lambda x: np.sum(np.tanh(W @ x)), X, expand=True).nodes
    assert [node.formula for node in nodes] == [
        "x[0]", "x[1]", "x[2]", "0.3 * v0 - 0.5 * v1 + 0.2 * v2", "0.1 * v0 + 0.4 * v1 - 0.6 * v2",
        "tanh(v3)", "tanh(v4)", "v5 + v6",
    ]  # fmt: skip
    assert nodes[4].locals == (0.1, 0.4, -0.6)


def test_what_is_only_moved_is_no_node():
    """Breaks if indexing, writing and transposing make nodes, or an element is taken for another."""

    def f(x: Any) -> Any:
        y = np.zeros((2, 2), like=x)
        y[0] = x[:2]
        y[1, 0] = x[2]
        return y.T[0, 1] * y.ravel()[1]

    nodes = ad.trace(f, X, expand=True).nodes
    assert [node.formula for node in nodes] == ["x[0]", "x[1]", "x[2]", "v2 * v1"]
    assert [node.adjoint for node in nodes] == [0.0, X[2], X[1], 1.0]


def test_functions_of_whole_arrays_read_all_elements():
    """Breaks if an argsort is shown as if it went element by element, or the elements of a result cannot be told apart."""
    nodes = ad.trace(lambda x: x[np.argsort(x)[0]] * 2, np.array([3.0, 1.0, 2.0]), expand=True).nodes
    places = [(node.formula, node.value, node.operands) for node in nodes if node.operation == "argsort"]
    assert places == [(f"argsort(v0, v1, v2)[{i}]", value, (0, 1, 2)) for i, value in enumerate((1, 2, 0))]
    point = np.array([3.0, 1.0, 2.0, 5.0])
    nodes = ad.trace(lambda x: np.sum(np.linalg.inv(x.reshape(2, 2))), point, expand=True).nodes
    assert [node.formula for node in nodes[4:8]] == [f"inv(v0, v1, v2, v3)[{i}, {j}]" for i in (0, 1) for j in (0, 1)]
    nodes = ad.trace(lambda x: np.sum(np.max(x.reshape(2, 2), axis=1)), point, expand=True).nodes
    assert not any("]" in node.formula for node in nodes[4:])
    nodes = ad.trace(lambda x: np.sum(np.round(x, 1) * x) + np.floor(x)[0], point, expand=True).nodes
    assert [node.operands for node in nodes if node.operation in ("round", "around")] == [(0,), (1,), (2,), (3,)]


def test_products_of_variables_are_sums():
    """Breaks if an element of a product of two variable arrays is not the sum of products that it is."""
    nodes = ad.trace(lambda x: np.sum(np.convolve(x[:2], x[:2] * 1.5)), X, expand=True).nodes
    assert [node.formula for node in nodes if node.operation == "convolve"] == ["v0 * v3", "v1 * v3 + v0 * v4", "v1 * v4"]
    nodes = ad.trace(lambda x: np.einsum("i,j,ij->", x, x, np.array([[1.0, -1.0], [0.0, 2.0]])), X[:2], expand=True).nodes
    assert nodes[-1].formula == "v0 * v0 - v0 * v1 + 2 * v1 * v1"
    assert set(nodes[-1].operands) == {0, 1}


def test_a_zero_factor_keeps_its_operand():
    """Breaks if a product at zero forgets that it depends on a variable."""
    nodes = ad.trace(lambda x: x @ x, np.zeros(2), expand=True).nodes
    assert set(nodes[-1].operands) == {0, 1}


# the tables


def test_numbers_as_text():
    """Breaks if a number is shown with another value, or a sign or an exponent is lost."""
    texts = {
        0.0: "0",
        1e6: "1000000",
        1.5e-5: "1.500e-05",
        -2.5: "-2.5",
        123456.7891: "123456.789",
        1e300: "1.000e+300",
    }
    assert {value: number_text(value) for value in texts} == texts
    assert number_text(-0.0) == "0"
    assert number_text(float("nan")) == "nan"
    assert number_text(-float("inf")) == "-inf"
    assert number_text(1 - 2j) == "1-2j"
    assert number_text(True) == "True"
    assert number_text(2.0, digits=0) == "2"
    assert value_text(np.arange(12.0).reshape(3, 4)) == "(3, 4) [0, 1, 2, ..., 11]"
    assert value_text(np.zeros(0)) == "(0,) []"
    assert elements_text(None) == "-"


def long_trace() -> ad.Trace:
    def f(x: Any) -> Any:
        for _ in range(100):
            x = np.sin(x)
        return x

    return ad.trace(f, 1.0)


def test_long_traces_are_shortened_with_a_count():
    """Breaks if lines vanish without a word, or a CSV file is not complete."""
    trace = long_trace()
    assert "... 41 lines left out ..." in str(trace)
    assert "left out" in trace._repr_html_()
    assert "left out" in trace.to_markdown()
    assert "left out" in trace.to_latex()
    assert "left out" not in trace.text(lines=None)
    assert trace.text(lines=4).count("sin(v") == 3
    assert len(trace.to_csv().splitlines()) == 102


def test_long_tables_are_not_laid_out_by_rich(monkeypatch: Any):
    """Breaks if rich, which takes seconds for a thousand lines, lays out a table that needs no wrapping, or columns shift."""
    monkeypatch.setattr("rich.console.Console", None)
    assert text_table([("n", True), ("v", False)], [("日", "1"), ("e", "22")]) == " n     v\n -------\n 日    1\n e    22"
    assert len(long_trace().text(lines=None).splitlines()) == 3 * 104 + 4


def test_csv_is_exact(tmp_path: Any):
    """Breaks if a number cannot be read back to its last bit, or a node is missing."""
    trace = ad.trace(whole, X)
    text = trace.to_csv(tmp_path / "trace.csv")
    assert (tmp_path / "trace.csv").read_text() == text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(trace.nodes)
    for row, node in zip(rows, trace.nodes, strict=True):
        np.testing.assert_array_equal(np.array(json.loads(row["value"])), node.value)
        np.testing.assert_array_equal(np.array(json.loads(row["adjoint"])), node.adjoint)
        np.testing.assert_array_equal(np.array(json.loads(row["tangent by x[1]"])), node.tangents[1])
        assert json.loads(row["operands"]) == list(node.operands)
        assert row["formula"] == node.formula


@pytest.mark.parametrize("method", ["to_csv", "to_svg", "to_page"])
def test_no_file_is_overwritten_unasked(method: str, tmp_path: Any):
    """Breaks if an export replaces a file that it was not told to replace, or cannot be told to."""
    path = tmp_path / "kept"
    path.write_text("mine")
    write = getattr(lecture_trace(), method)
    with pytest.raises(FileExistsError, match=r"left as it is.*overwrite=True"):
        write(path)
    assert path.read_text() == "mine"
    write(path, overwrite=True)
    assert len(path.read_text()) > 100
    write(tmp_path / "new")
    assert (tmp_path / "new").read_text() == path.read_text()


HOSTILE = "<script>alert(1)</script> | `$\\x_{` & \"'\n*_"


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_escaped():
    """Breaks if a name becomes markup of the page."""
    page = ad.trace(lambda x: x * 2, 1.0, names=[HOSTILE])._repr_html_()
    parser = _Tags()
    parser.feed(page)
    assert parser.tags == {"div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert HOSTILE in parser.text
    assert "currentColor" in page


def test_markdown_is_escaped():
    """Breaks if a name opens a column, a tag, or emphasis."""
    text = ad.trace(lambda x: x * 2, 1.0, names=[HOSTILE]).to_markdown()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) in (4, 7) for row in rows)
    assert r"\<script\>" in text
    assert not re.search(r"(?<!\\)[<`]", text)


def test_latex_is_escaped():
    """Breaks if a name ends a cell or a formula, or opens a command."""
    text = ad.trace(lambda x: x * 2, 1.0, names=[HOSTILE]).to_latex()
    body = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert all(len(re.findall(r"(?<!\\)&", line)) in (2, 5) for line in body)
    assert r"\textless{}script" in text
    assert r"\textbackslash{}x\_\{" in text
    plain = lecture_trace().to_latex()
    assert r"$v_{2}$ & $\log(v_{0})$ & $0.693$ \\" in plain
    assert r"$\dot{v}_{3}$ & $5 \dot{v}_{0} + 2 \dot{v}_{1}$ & $5$ & $2$ \\" in plain


def test_linear_operations_say_how_tangents_go_through():
    """Breaks if the tangent of a product with a matrix, a sum or an index is not written as the operation itself."""
    text = str(ad.trace(lambda x: np.sum(W @ x) + x[0], X))
    for formula in ("W @ v0'", "sum(v1')", "v0'[0]", "v2' + v3'"):
        assert formula in text
    assert "v1' @ v0 + v1 @ v0'" in str(ad.trace(lambda x: np.sin(x) @ x, X))


# errors


def no_arguments() -> float:
    return 1.0


KEPT: list[Any] = []


def keeps(x: Any) -> Any:
    KEPT.append(x)
    return x * KEPT[0]


ERRORS = {
    "no inputs": (lambda: ad.trace(no_arguments, 1.0), InputError, "cannot be called with the 1 arguments"),
    "too few": (lambda: ad.trace(lecture, 1.0), InputError, "missing a required argument: 'x2'"),
    "no function": (lambda: ad.trace(3.0, 1.0), InputError, "must be a function"),
    "empty": (lambda: ad.trace(np.sum, np.zeros(0)), InputError, "no numbers"),
    "complex": (lambda: ad.trace(np.sin, 1j), InputError, "complex"),
    "complex result": (lambda: ad.trace(lambda x: x * 1j, 1.0), OutputError, "complex"),
    "no result": (lambda: ad.trace(lambda x: None, 1.0), OutputError, "return"),
    "a float": (lambda: ad.trace(lambda x: float(x), 1.0), TracedValueError, "float"),
    "no choice": (lambda: ad.trace(two, X), ShapeError, r"4 numbers.*output=key"),
    "no choice of an array": (lambda: ad.trace(lambda x: x * 2, X), ShapeError, r"shape \(3,\), 3 numbers.*output=0"),
    "no index": (lambda: ad.trace(two, X, output="lost"), OptionError, "no index into"),
    "beyond": (lambda: ad.trace(lambda x: x, X, output=3), OptionError, "no index into"),
    "many": (lambda: ad.trace(two, X, output="parts"), OptionError, "more than one number"),
    "both": (lambda: ad.trace(two, X, output="loss", cotangent=1.0), OptionError, "give one of them"),
    "cotangent": (lambda: ad.trace(lambda x: x, X, cotangent=np.ones(2)), ShapeError, "cotangent has shape"),
    "cotangents": (lambda: ad.trace(lambda x: x, X, cotangent=np.ones((2, 3))), ShapeError, "own shape"),
    "tangents": (lambda: ad.trace(np.sum, X, tangent=np.ones((2, 3))), OptionError, "own shape"),
    "names": (lambda: ad.trace(lambda x: x, 1.0, names=["a", "b"]), OptionError, "one text for each of the 1 inputs"),
    "empty name": (lambda: ad.trace(lambda x: x, 1.0, names=[""]), OptionError, "one text"),
    "escaped": (lambda: [ad.trace(keeps, 2.0) for _ in range(2)], EscapedValueError, "earlier call"),
    "inside": (lambda: ad.gradient(lambda x: ad.trace(np.sin, x).gradient, 1.0), LevelError, "inside a derivative"),
    "met inside": (lambda: ad.gradient(lambda x: ad.trace(lambda y: y * x, 1.0).gradient, 1.0), LevelError, "outside of it"),
    "depth": (lambda: lecture_trace().grouped(0), OptionError, "depth=0"),
    "elements": (lambda: ad.trace(np.sum, np.ones(2000), expand=True), BudgetError, r"1,000.*2,001 elements.*\(2000,\)"),
    "by hand": (lambda: ad.Trace((), (), (), "f").grouped(), OptionError, "ad.trace"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_say_what_to_do(name: str):
    """Breaks if what cannot be traced is traced, or the message has no cure."""
    KEPT.clear()
    call, kind, message = ERRORS[name]
    with pytest.raises(kind, match=message) as caught:
        call()
    assert len(str(caught.value)) > 40


def test_huge_tapes_are_refused(monkeypatch: Any):
    """Breaks if a trace grows without bound."""
    monkeypatch.setattr("admodes.traces.recording.MOST_NODES", 50)
    with pytest.raises(BudgetError, match=r"more than 50 operations.*fewer iterations"):
        long_trace()
    monkeypatch.setattr("admodes.traces.recording.MOST_NUMBERS", 100)
    with pytest.raises(BudgetError, match=r"more than 100 numbers"):
        ad.trace(lambda x: np.sum(np.outer(x, x)), np.ones(11))


# the house


def test_a_trace_changes_nothing_else():
    """Breaks if tracing leaves fast paths off, or frames and traced values behind."""
    before = ad.gradient(whole, X, method="reverse")
    trace = ad.trace(whole, X)
    np.testing.assert_array_equal(ad.gradient(whole, X, method="reverse"), before)
    assert not trace.source.tape.watch._numbers
    assert repr(trace) == f"<trace of whole(x): {len(trace.nodes)} nodes>"


def test_a_formula_has_no_lines():
    """Breaks if the nodes of a formula point into our own code that evaluates it."""
    nodes = ad.trace(ad.formula("x * sin(x)"), 2.0).nodes
    assert [node.formula for node in nodes] == ["x", "sin(v0)", "v0 * v1"]
    assert {node.line for node in nodes} == {None}
