"""The worked examples: the lectures' facts as they are, every digit by every mode, and by the trace of each."""

from __future__ import annotations

import importlib
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import TOLERANCE, assert_close

import admodes as ad
from admodes.errors import AdmodesError, UnknownExampleError
from admodes.examples import Example
from admodes.examples.functions import EXCLUSIVE_OR, TRUTH_TABLE, sigmoid

MODES = ("finite", "symbolic", "forward", "reverse", "complex")
LECTURES = json.loads((Path(__file__).parent / "data" / "lecture_examples.json").read_text(encoding="utf-8"))
LISTED = [name for name in ad.examples if ad.examples[name].value is not None]
every_mode = pytest.mark.parametrize("method", MODES)


def same(ours: Any, theirs: Any) -> bool:
    return np.shape(ours) == np.shape(theirs) and np.array_equal(ours, theirs)


# The facts of the lectures


@pytest.mark.parametrize("name", LECTURES)
def test_the_lectures_facts_are_there(name):
    """Breaks if an example of the lectures is missing, or a number, a source or a note of it was changed."""
    facts, example = LECTURES[name], ad.examples[name]
    assert (example.source, example.formula) == (facts["source"], facts["formula"])
    assert example.notes.startswith(facts.get("notes", ""))
    for part in ("inputs", "forward", "gradient", "printed"):
        for key, number in facts.get(part, {}).items():
            assert same(getattr(example, part)[key], number), (part, key)
    told = {"source", "formula", "notes", "inputs", "forward", "gradient", "printed"}
    assert example.facts == {key: fact for key, fact in facts.items() if key not in told}


@pytest.mark.parametrize("name", ad.examples)
def test_what_is_ours_is_said(name):
    """Breaks if a point that no lecture gives looks as if one did."""
    if name not in LECTURES or "inputs" not in LECTURES[name]:
        assert "ours" in ad.examples[name].notes or "points" in LECTURES.get(name, {})


@pytest.mark.parametrize("name", LISTED)
def test_every_input_has_its_derivative(name):
    """Breaks if an example has an input without an exact derivative of its shape, or a value that is not the function's."""
    example = ad.examples[name]
    for key, number in example.inputs.items():
        assert np.shape(example.gradient[key]) == np.shape(number), key
    assert_close(example.f(*example.inputs.values()), example.value, 1e-14, "value")


# Every mode


@every_mode
@pytest.mark.parametrize("name", LISTED)
def test_every_mode_gives_the_exact_numbers(name, method):
    """Breaks if a derivative by a mode differs from the exact one, by any input of any example."""
    example = ad.examples[name]
    value, partials = ad.value_and_gradient(example.f, **example.arguments, method=method)
    assert_close(value, example.value, 1e-13, "value")
    for key, partial in zip(example.inputs, partials, strict=True):
        assert_close(partial, example.gradient[key], TOLERANCE[method], key)
    assert list(example.derivative(method)) == list(example.inputs)


def koehn_rest() -> dict[str, Any]:
    """The network from an intermediate value on."""
    p = ad.examples["koehn_network"].inputs

    def from_y(y: Any) -> Any:
        return 0.5 * (p["t"] - y) ** 2

    def from_h(h: Any) -> Any:
        return from_y(sigmoid(p["W2"] @ h + p["b2"]))

    return {"y": from_y, "sum2": lambda s: from_y(sigmoid(s)), "h": from_h, "sum1": lambda s: from_h(sigmoid(s))}


def prints() -> list[Any]:
    """Example, what is printed, and how a mode finds it: from the example's derivatives, or those by an intermediate value."""
    koehn, rest = ad.examples["koehn_network"], koehn_rest()

    def by(name: str) -> Any:
        return lambda method, _: -ad.gradient(rest[name], koehn.forward[name], method)

    found = {
        ("koehn_network", "minus_dW1"): lambda _, got: -got["W1"],
        ("koehn_network", "minus_dW2"): lambda _, got: -got["W2"],
        ("koehn_network", "minus_dx"): lambda _, got: -got["x"],
        ("koehn_network", "minus_dy"): by("y"),
        ("koehn_network", "minus_dh"): by("h"),
        ("koehn_network", "minus_dsum1"): by("sum1"),
        ("koehn_network", "minus_dsum2"): by("sum2"),
        ("koehn_network", "dsigmoid"): lambda method, _: ad.differentiate(sigmoid, koehn.forward["sum2"], method),
        ("cmp784_trace", "dx1"): lambda _, got: got["x1"],
        ("cmp784_trace", "dx2"): lambda _, got: got["x2"],
    }
    return [pytest.param(*key, how, id=".".join(key)) for key, how in found.items()]


def assert_printed(exact: Any, shown: Any) -> None:
    """Every printed digit is that of the exact number, rounded to as many."""
    assert np.shape(exact) == np.shape(shown)
    for number, digits in zip(np.ravel(exact).tolist(), np.ravel(shown).tolist(), strict=True):
        last = Decimal(repr(digits)).normalize().as_tuple().exponent
        assert isinstance(last, int)
        assert Decimal(number).quantize(Decimal(1).scaleb(min(last, 0))) == Decimal(repr(digits)), (number, digits)


@every_mode
@pytest.mark.parametrize(("name", "key", "how"), prints())
def test_every_printed_derivative_by_every_mode(name, key, how, method):
    """Breaks if a mode, rounded as the lecture rounds, does not give the digits that it prints."""
    example = ad.examples[name]
    assert_printed(how(method, example.derivative(method)), example.printed[key])


def test_every_printed_value():
    """Breaks if a printed value is not the function's, or a printed number is left out here and above."""
    checked = {tuple(case.values[:2]) for case in prints()}
    for name, example in ad.examples.items():
        for key, shown in example.printed.items():
            if (name, key) not in checked:
                assert_printed(example.forward["v6" if key == "y" and name == "cmp784_trace" else key], shown)


def test_the_printed_bias_does_not_give_the_printed_numbers():
    """Breaks if -4.6 would do as well, so that the note about -4.5 is idle."""
    example = ad.examples["koehn_network"]
    misprint = {**example.inputs, "b1": np.array([-1.5, -4.6])}
    assert "-4.6" in example.notes
    with pytest.raises(AssertionError):
        assert_printed(sigmoid(misprint["W1"] @ misprint["x"] + misprint["b1"]), example.printed["h"])
    with pytest.raises(AssertionError):
        assert_printed(example.derivative("reverse")["W2"], example.printed["minus_dW2"])


# Facts beside the numbers


@every_mode
def test_level_curves_at_all_points(method):
    """Breaks if a gradient is not the slide's, or not perpendicular to the level curve."""
    example = ad.examples["level_curves"]
    for point in example.facts["points"]:
        x, y = map(float, point["at"])
        gradient = np.array(ad.gradient(example.f, x, method, args=(y,), argnums=(0, 1)))
        assert_close(gradient, point["gradient"], TOLERANCE[method])
        assert abs(gradient @ [-2.0 * y, 8.0 * x]) <= 1e-6 * max(1.0, np.abs(gradient).max() ** 2)


@every_mode
def test_local_derivatives_of_the_gates(method):
    """Breaks if a gate of (x + y) max(y, z) has another local derivative than the lecture writes at it."""
    example = ad.examples["cs224n_gates"]
    (x, y, z), (a, b) = example.inputs.values(), (example.forward["a"], example.forward["b"])
    gates = {"da": (lambda x, y: x + y, (x, y), "xy"), "db": (np.maximum, (y, z), "yz"), "df": (lambda a, b: a * b, (a, b), "ab")}
    for gate, (f, at, names) in gates.items():
        got = ad.gradient(lambda p, f=f: f(p[0], p[1]), list(at), method)
        assert_close(got, [example.facts["local"][f"{gate}_d{name}"] for name in names], TOLERANCE[method], gate)


@every_mode
def test_the_gradient_of_word_vectors_is_sparse(method):
    """Breaks if a word that is neither centre, context nor negative gets a gradient, which the note denies."""
    by_centre, by_context = ad.examples["word2vec"].derivative(method).values()
    assert np.flatnonzero(by_centre.any(axis=1)).tolist() == [2]
    assert np.flatnonzero(by_context.any(axis=1)).tolist() == [0, 5, 7]
    assert ad.examples["word2vec_softmax"].derivative(method)["U"].any(axis=1).all()


@every_mode
def test_the_sigmoid_layer_is_diagonal(method):
    """Breaks if 2,048 numbers are not differentiated, each by itself alone, as y (1 - y)."""
    example = ad.examples["sigmoid_layer"]
    x = example.inputs["x"][: 64 if method == "symbolic" else None]  # SymPy takes seconds for thousands of symbols
    y, slopes = ad.jvp(example.f, x, np.ones_like(x), method=method)
    assert_close(slopes, y * (1 - y), TOLERANCE[method])
    jacobian = ad.jacobian(example.f, x[:64], method=method)
    assert_close(jacobian, np.diag((y * (1 - y))[:64]), TOLERANCE[method])
    assert np.count_nonzero(jacobian) == 64


def train(method: str, steps: int = 60) -> np.ndarray:
    """The XOR network's nine parameters after each step of gradient descent, from a seed."""
    f = ad.examples["xor_network"].f

    def loss(theta: Any) -> Any:
        return f(theta[:4].reshape(2, 2), theta[4:6], theta[6:8], theta[8])

    theta = np.random.default_rng(3).normal(scale=1.5, size=9)
    gradient = ad.prepare(loss, theta, method)
    path = [theta]
    for _ in range(steps):
        path.append(path[-1] - 5.0 * gradient(path[-1]))
    return np.array(path)


@pytest.fixture(scope="module")
def backpropagated() -> np.ndarray:
    return train("reverse")


@every_mode
def test_the_xor_network_learns(method, backpropagated):
    """Breaks if gradient descent with a mode's gradient does not reach the truth table, or leaves the others' path."""
    path = train(method)
    theta = path[-1]
    hidden = sigmoid(TRUTH_TABLE @ theta[:4].reshape(2, 2).T + theta[4:6])
    assert np.round(sigmoid(hidden @ theta[6:8] + theta[8])).tolist() == EXCLUSIVE_OR.tolist()
    assert np.abs(path - backpropagated).max() < (1e-5 if method == "finite" else 1e-10)  # errors add up on the way
    start = sigmoid(sigmoid(TRUTH_TABLE @ path[0][:4].reshape(2, 2).T + path[0][4:6]) @ path[0][6:8] + path[0][8])
    assert np.round(start).tolist() != EXCLUSIVE_OR.tolist()


# Traces


@pytest.mark.parametrize("name", ad.examples)
def test_the_trace_has_the_lectures_values(name):
    """Breaks if a trace lacks an intermediate value under the lecture's name, or has another adjoint for it."""
    example = ad.examples[name]
    trace = example.trace()
    nodes = {node.name: node for node in trace.nodes} | {node.variable: node for node in trace.nodes if node.variable}
    for key, number in example.forward.items():
        assert_close(np.asarray(nodes[key].value), number, 1e-13, key)
    for key, number in example.gradient.items():
        assert_close(np.asarray(nodes[key].adjoint, dtype=float), number, 1e-12, f"the adjoint of {key}")
    if name == "sigmoid_layer":
        assert_close(nodes["x"].adjoint, nodes["y"].value * (1 - nodes["y"].value), 1e-14)
    assert [trace.nodes[place].variable for place in trace.inputs] == list(example.inputs)


def test_the_trace_of_cmp784_is_the_lectures_three_tables():
    """Breaks if the evaluation, tangent or adjoint table differs from the lecture's in any line."""
    example = ad.examples["cmp784_trace"]
    trace = example.trace()
    assert [node.name for node in trace.nodes] == [f"v{i}" for i in range(7)]
    assert [node.formula for node in trace.nodes[2:]] == ["log(v0)", "v0 * v1", "sin(v1)", "v2 + v3", "v5 - v4"]
    for node in trace.nodes:
        assert_close(np.float64(node.value), example.forward[node.name], 1e-14)
        assert_close(np.float64(node.adjoint), example.facts["adjoint"][node.name], 1e-14)
        for tangent, seed in zip(node.tangents, ("tangent_x1", "tangent_x2"), strict=True):
            assert_close(np.float64(tangent), example.facts[seed][node.name], 1e-14)
    formula = ad.formula("log(x1) + x1*x2 - sin(x2)")
    typed = ad.trace(formula, 2.0, args=(5.0,), argnums=(0, 1))
    assert [(n.formula, n.value, n.tangents, n.adjoint) for n in typed.nodes] == [
        (n.formula, n.value, n.tangents, n.adjoint) for n in trace.nodes
    ]


# The mapping


def test_examples_are_a_mapping():
    """Breaks if examples are not listed, found and iterated as in a dict."""
    assert list(ad.examples) == [example.name for example in ad.examples.values()]
    assert len(ad.examples) == len(list(ad.examples)) == 22
    assert all(isinstance(example, Example) for _, example in ad.examples.items())
    assert "koehn_network" in ad.examples
    assert "nothing" not in ad.examples
    assert ad.examples.get("nothing") is None
    assert ad.examples["koehn_network"] is ad.examples["koehn_network"]
    module = importlib.import_module("admodes.examples")
    assert module is ad.examples
    assert {module, ad.examples} == {module}


def test_unknown_names_list_the_near_ones():
    """Breaks if a typing error is answered without the name that was meant, or with none that the caller expects."""
    with pytest.raises(UnknownExampleError, match=r"no example 'koehn_netwrok'. Did you mean koehn_network") as caught:
        ad.examples["koehn_netwrok"]
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, AdmodesError)
    with pytest.raises(UnknownExampleError, match=r"Did you mean losses_binary"):
        ad.examples["losses_b"]
    with pytest.raises(UnknownExampleError, match=r"There are koehn_network, gormley_cosine"):
        ad.examples["???"]
    with pytest.raises(UnknownExampleError):
        ad.examples[3]


def test_examples_are_not_changed():
    """Breaks if what one user writes into an example is what the next one reads."""
    example = ad.examples["koehn_network"]
    with pytest.raises(ValueError, match="read-only"):
        example.inputs["x"][0] = 7.0
    with pytest.raises(AttributeError):
        example.value = 3.0


def test_the_page_names_every_example():
    """Breaks if an example is missing on the page about them, or the page names one that is none."""
    page = (Path(__file__).parents[1] / "docs" / "examples.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert {word for row in rows for word in re.findall(r"`(\w+)`", row)} == set(ad.examples)
