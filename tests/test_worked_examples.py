"""The lectures' own numbers, by every mode."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import TOLERANCE, assert_close, every_mode

import admodes as ad

EXAMPLES = json.loads((Path(__file__).parent / "data" / "lecture_examples.json").read_text())


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def arrays(entry: dict[str, Any]) -> dict[str, Any]:
    """Lists as arrays, numbers as they are."""
    return {name: np.array(value) if isinstance(value, list) else value for name, value in entry.items()}


def koehn(p: Any) -> Any:
    h = sigmoid(p["W1"] @ p["x"] + p["b1"])
    y = sigmoid(p["W2"] @ h + p["b2"])
    return 0.5 * (p["t"] - y) ** 2


@every_mode
def test_koehn_network(method: str) -> None:
    """Breaks if backpropagation through the 2-2-1 network does not give the slides' numbers."""
    example = EXAMPLES["koehn_network"]
    value, gradient = ad.value_and_gradient(koehn, arrays(example["inputs"]), method=method)
    assert_close(value, example["forward"]["E"], 1e-12)
    for name in ("W1", "b1", "W2", "b2", "x"):
        assert_close(gradient[name], example["gradient"][name], TOLERANCE[method], name)
    assert_close(gradient["t"], 1.0 - example["forward"]["y"], TOLERANCE[method], "t")
    printed = example["printed"]
    np.testing.assert_allclose(-gradient["W2"], printed["minus_dW2"], atol=5e-5)
    np.testing.assert_allclose(-gradient["W1"], printed["minus_dW1"], atol=5e-5)
    np.testing.assert_allclose(-gradient["x"], printed["minus_dx"], atol=5e-4)


@every_mode
def test_koehn_network_by_its_inner_values(method: str) -> None:
    """Breaks if the slides' derivatives by h and y, taken as inputs of the rest of the network, are not met."""
    example = EXAMPLES["koehn_network"]
    p, forward = arrays(example["inputs"]), arrays(example["forward"])
    by_h = ad.gradient(lambda h: 0.5 * (p["t"] - sigmoid(p["W2"] @ h + p["b2"])) ** 2, forward["h"], method=method)
    by_y = ad.gradient(lambda y: 0.5 * (p["t"] - y) ** 2, forward["y"], method=method)
    assert_close(by_h, example["gradient"]["h"], TOLERANCE[method])
    assert_close(by_y, example["gradient"]["y"], TOLERANCE[method])
    slope = ad.differentiate(sigmoid, forward["sum2"], method=method)
    np.testing.assert_allclose(slope, example["printed"]["dsigmoid"], atol=5e-4)


SCALAR_FUNCTIONS = {
    "gormley_cosine": lambda x: np.cos(np.sin(x**2) + 3 * x**2),
    "gormley_quiz_1": lambda x, z: np.exp(x * z) + x * z / np.log(x) + np.sin(np.log(x)) / np.exp(x * z),
    "cs224n_gates": lambda x, y, z: (x + y) * max(y, z),
    "cmp784_trace": lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2),
}
RESULT = {"gormley_cosine": "J", "gormley_quiz_1": "y", "cs224n_gates": "f", "cmp784_trace": "v6"}


@every_mode
@pytest.mark.parametrize("name", SCALAR_FUNCTIONS)
def test_functions_of_numbers(name: str, method: str) -> None:
    """Breaks if the value or a partial derivative differs from the lecture's, by argnums or one array."""
    f, example = SCALAR_FUNCTIONS[name], EXAMPLES[name]
    x, *rest = example["inputs"].values()
    count = 1 + len(rest)
    value, partials = ad.value_and_gradient(f, x, method=method, args=tuple(rest), argnums=tuple(range(count)))
    wanted = [example["gradient"][key] for key in example["inputs"]]
    assert_close(value, example["forward"][RESULT[name]], 1e-12)
    assert_close(np.array(partials), wanted, TOLERANCE[method])
    assert_close(ad.gradient(lambda x: f(*x), [x, *rest], method=method), wanted, TOLERANCE[method])


@every_mode
def test_gates_with_numpy_maximum(method: str) -> None:
    """Breaks if np.maximum does not route the gradient as the lecture's max gate does."""
    example = EXAMPLES["cs224n_gates"]
    x = list(example["inputs"].values())
    got = ad.gradient(lambda p: (p[0] + p[1]) * np.maximum(p[1], p[2]), x, method=method)
    assert_close(got, [example["gradient"][key] for key in "xyz"], TOLERANCE[method])
    for key, f in (("a", lambda a: a * 2.0), ("b", lambda b: 3.0 * b)):
        assert_close(ad.gradient(f, example["forward"][key], method=method), example["local"][f"df_d{key}"], TOLERANCE[method])


@every_mode
def test_forward_trace_table(method: str) -> None:
    """Breaks if the tangents of the table's intermediate values v0 to v6 are not met."""
    example = EXAMPLES["cmp784_trace"]

    def table(x: Any) -> Any:
        v2, v3, v4 = np.log(x[0]), x[0] * x[1], np.sin(x[1])
        v5 = v2 + v3
        return np.array([x[0], x[1], v2, v3, v4, v5, v5 - v4])

    x = list(example["inputs"].values())
    values = [example["forward"][f"v{i}"] for i in range(7)]
    for direction, key in ((np.array([1.0, 0.0]), "tangent_x1"), (np.array([0.0, 1.0]), "tangent_x2")):
        value, tangent = ad.jvp(table, x, direction, method=method)
        assert_close(value, values, 1e-12)
        assert_close(tangent, [example[key][f"v{i}"] for i in range(7)], TOLERANCE[method])
    np.testing.assert_allclose(tangent[6], example["printed"]["dx2"], atol=5e-4)


@every_mode
def test_adjoint_trace_table(method: str) -> None:
    """Breaks if the adjoints of v0 to v6 (each taken as an input of what follows it) are not met."""
    forward, adjoint = EXAMPLES["cmp784_trace"]["forward"], EXAMPLES["cmp784_trace"]["adjoint"]
    v0, v1, v2, v3, v4, v5 = (forward[f"v{i}"] for i in range(6))
    rest = {
        "v5": (lambda v: v - v4, v5),
        "v4": (lambda v: v5 - v, v4),
        "v3": (lambda v: v2 + v - v4, v3),
        "v2": (lambda v: v + v3 - v4, v2),
        "v1": (lambda v: v2 + v0 * v - np.sin(v), v1),
        "v0": (lambda v: np.log(v) + v * v1 - v4, v0),
    }
    for name, (f, at) in rest.items():
        assert_close(ad.gradient(f, at, method=method), adjoint[name], TOLERANCE[method], name)


@every_mode
def test_perceptron(method: str) -> None:
    """Breaks if the perceptron's output or its derivative h (1 - h) w is not met."""
    example = EXAMPLES["perceptron"]
    p = arrays(example["inputs"])
    value, by_x = ad.value_and_gradient(lambda x: sigmoid(np.dot(p["w"], x) + p["b"]), p["x"], method=method)
    h = example["forward"]["h"]
    assert_close(value, h, 1e-12)
    np.testing.assert_allclose(value, example["printed"]["h"], atol=5e-3)
    assert_close(by_x, h * (1 - h) * p["w"], TOLERANCE[method])


@every_mode
def test_level_curves(method: str) -> None:
    """Breaks if the gradients of 4 x^2 + y^2 are not the slide's, or not perpendicular to the level curve."""
    for point in EXAMPLES["level_curves"]["points"]:
        gradient = ad.gradient(lambda p: 4 * p[0] ** 2 + p[1] ** 2, point["at"], method=method)
        assert_close(gradient, point["gradient"], TOLERANCE[method])
        x, y = point["at"]
        tangent = np.array([-2.0 * y, 8.0 * x])
        assert abs(gradient @ tangent) <= 1e-6 * max(1.0, np.abs(gradient).max() * np.abs(tangent).max())


@every_mode
def test_formulas_beside_the_level_curves(method: str) -> None:
    """Breaks if the slide's three formulas differ from their printed derivatives, here at x = 1.5, y = -0.5."""
    x, y = 1.5, -0.5
    assert_close(ad.differentiate(lambda x: x**2 + 35 * x + 12, x, method=method), 2 * x + 35, TOLERANCE[method])
    assert_close(ad.differentiate(np.exp, x, method=method), np.exp(x), TOLERANCE[method])
    got = ad.gradient(lambda p: 10 * p[0] ** 3 * p[1] ** 2 + 5 * p[0] * p[1] ** 3 + 4 * p[0] + p[1], [x, y], method=method)
    wanted = [30 * x**2 * y**2 + 5 * y**3 + 4, 20 * x**3 * y + 15 * x * y**2 + 1]
    assert_close(got, wanted, TOLERANCE[method])
