"""Differentiators of other packages: registration by entry point, and operators derived from one primitive."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np
import pytest
from support import assert_close

import admodes as ad
from admodes.errors import OptionError, UnknownMethodError

V = np.array([0.7, -1.3, 2.1])
W = np.array([1.5, -0.5, 2.0])


def columns(function: Any, h: float = 1e-4) -> tuple[list[Any], list[list[Any]]]:
    """Outputs and, for each input element, the fourth-order central difference of each output leaf."""
    outputs = function.plain(function.inputs)
    found = []
    for number, leaf in enumerate(function.inputs):
        for index in np.ndindex(leaf.shape):
            samples = []
            for step in (-2 * h, -h, h, 2 * h):
                moved = [np.array(other) for other in function.inputs]
                moved[number][index] += step
                samples.append(function.plain(moved))
            found.append([(a - 8 * b + 8 * c - d) / (12 * h) for a, b, c, d in zip(*samples, strict=True)])
    return outputs, found


class OnlyJacobian(ad.Differentiator):
    """Supplies `jacobian` alone."""

    name = "only_jacobian"

    def jacobian(self, function: Any) -> Any:
        outputs, found = columns(function)
        blocks = []
        for i, output in enumerate(outputs):
            row, start = [], 0
            for leaf in function.inputs:
                parts = [column[i] for column in found[start : start + leaf.size]]
                stacked = np.stack(parts, axis=-1) if parts else np.zeros((*output.shape, 0))
                row.append(stacked.reshape(output.shape + leaf.shape))
                start += leaf.size
            blocks.append(row)
        return outputs, blocks


class OnlyJvp(ad.Differentiator):
    """Supplies `jvp` alone."""

    name = "only_jvp"

    def jvp(self, function: Any, tangents: Any) -> Any:
        outputs, found = columns(function)
        seeds = np.concatenate([tangent.reshape(tangent.shape[0], -1) for tangent in tangents], axis=1)
        pushed = [np.zeros((len(seeds), *output.shape)) for output in outputs]
        for j, column in enumerate(found):
            for total, part in zip(pushed, column, strict=True):
                total += np.multiply.outer(seeds[:, j], part)
        return outputs, pushed


class OnlyVjp(ad.Differentiator):
    """Supplies `vjp` alone."""

    name = "only_vjp"

    def vjp(self, function: Any) -> Any:
        outputs, found = columns(function)

        def pullback(cotangents: Any) -> Any:
            count = cotangents[0].shape[0]
            weights = np.concatenate([w.reshape(count, -1) for w in cotangents], axis=1)
            flat = [weights @ np.concatenate([part.reshape(-1) for part in column]) for column in found]
            results, start = [], 0
            for leaf in function.inputs:
                part = np.stack([np.zeros(count), *flat[start : start + leaf.size]], axis=-1)[:, 1:]
                results.append(part.reshape(count, *leaf.shape))
                start += leaf.size
            return results

        return outputs, pullback


class Broken:
    """An entry point that cannot be loaded."""

    name, value, group = "broken", "nowhere:Engine", "admodes.differentiators"

    def load(self) -> Any:
        raise ImportError("No module named 'nowhere'")


class Entry:
    """An entry point that can be loaded."""

    group = "admodes.differentiators"

    def __init__(self, name: str, found: Any) -> None:
        self.name, self.found, self.value = name, found, "package:thing"

    def load(self) -> Any:
        return self.found


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the given entry points the only ones of our group."""

    def register(*entries: Any) -> None:
        def entry_points(**selection: Any) -> Any:
            return list(entries) if selection.get("group") == "admodes.differentiators" else []

        monkeypatch.setattr(metadata, "entry_points", entry_points)

    return register


engines = pytest.mark.parametrize("engine", [OnlyJacobian, OnlyJvp, OnlyVjp], ids=lambda c: c.name)


@engines
def test_every_operator_from_one_primitive(engine: type[ad.Differentiator]) -> None:
    """Breaks if an operator is not derived from jacobian, jvp or vjp alone."""
    f = lambda x: np.outer(np.sin(x[:2]), x)  # noqa: E731 - a formula
    g = lambda x: np.sum(x**3) + x[0] * x[1]  # noqa: E731 - a formula
    method = engine()
    truth = ad.jacobian(f, V, method="reverse")
    slope = 3 * V**2 + np.array([V[1], V[0], 0])
    second = np.diag(6 * V) + np.array([[0, 1.0, 0], [1, 0, 0], [0, 0, 0]])
    assert_close(ad.differentiate(f, V, method=method), truth)
    assert_close(ad.jacobian(f, V, method=method), truth)
    assert_close(method.differentiate(f, V), truth)
    value, jacobian = ad.value_and_jacobian(f, V, method=method)
    assert_close(value, f(V), 1e-15)
    assert_close(jacobian, truth)
    assert_close(ad.gradient(g, V, method=method), slope)
    assert_close(ad.value_and_gradient(g, V, method=method)[0], g(V), 1e-15)
    assert_close(ad.jvp(f, V, W, method=method)[1], truth @ W)
    assert_close(ad.jvp(f, V, np.stack([W, V]), method=method)[1], np.stack([truth @ W, truth @ V]))
    weights = np.arange(12.0).reshape(2, 2, 3)
    assert_close(ad.vjp(f, V, method=method)[1](weights[0]), np.tensordot(weights[0], truth, 2))
    assert_close(ad.vjp(f, V, method=method)[1](weights), np.tensordot(weights, truth, 2))
    assert_close(ad.hessian(g, V, method=method), second, 1e-5)
    assert_close(ad.hvp(g, V, W, method=method), second @ W, 1e-5)


@engines
def test_containers_and_arguments_from_one_primitive(engine: type[ad.Differentiator]) -> None:
    """Breaks if a derived operator loses containers, args, argnums, numbers or empty arrays."""
    x = {"v": V, "s": 2.0}
    got = ad.jacobian(lambda p, c: (p["v"] * p["s"] * c, p["s"] ** 2), x, method=engine(), args=(3.0,), argnums=(0, 1))
    assert_close(got[0][0]["v"], 6.0 * np.eye(3))
    assert_close(got[0][0]["s"], 3.0 * V)
    assert_close(got[0][1], 2.0 * V)
    assert_close(got[1][0]["s"], 4.0)
    assert_close(got[1][1], 0.0)
    assert_close(ad.differentiate(lambda x: x**2, 3.0, method=engine()), 6.0)
    assert_close(ad.gradient(lambda x: np.sum(x) + 1.0, np.zeros(0), method=engine()), np.zeros(0))


def test_a_differentiator_that_supplies_nothing() -> None:
    """Breaks if a subclass without jvp, vjp or jacobian fails otherwise than by saying so."""

    class Nothing(ad.Differentiator):
        name = "nothing"

    with pytest.raises(NotImplementedError, match=r"Nothing.*jvp, vjp, jacobian"):
        ad.gradient(lambda x: x.sum(), V, method=Nothing())


@pytest.mark.parametrize("found", [OnlyJvp, OnlyJvp()], ids=["class", "object"])
def test_registration_by_entry_point(registered: Callable[..., None], found: Any) -> None:
    """Breaks if a differentiator of another package is not found by name, or hides ours."""
    registered(Entry("theirs", found), Entry("forward", OnlyJvp))
    assert "theirs" in ad.available_methods()
    assert ad.available_methods().count("forward") == 1
    assert ad.unavailable_methods() == {}
    assert_close(ad.gradient(lambda x: np.sum(x**2), V, method="theirs"), 2 * V)
    assert ad.differentiate(np.sin, 0.0, method="forward") == 1.0


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Broken(), "nowhere"),
        (Entry("broken", lambda: None), "Differentiator"),
        (Entry("broken", 3), "int"),
        (Entry("broken", type("Raises", (), {"__init__": lambda self: 1 / 0})), "ZeroDivisionError"),
        (Entry("broken", dict), "dict"),
    ],
    ids=["import_error", "function", "number", "raises", "other_class"],
)
def test_a_broken_plugin_is_listed_and_breaks_nothing(registered: Callable[..., None], entry: Any, reason: str) -> None:
    """Breaks if a plugin that cannot be loaded is hidden, offered, or stops other methods."""
    registered(entry, Entry("theirs", OnlyVjp))
    assert "broken" not in ad.available_methods()
    assert "theirs" in ad.available_methods()
    assert list(ad.unavailable_methods()) == ["broken"]
    assert reason in ad.unavailable_methods()["broken"]
    assert_close(ad.gradient(lambda x: np.sum(x**2), V, method="reverse"), 2 * V)
    assert_close(ad.gradient(lambda x: np.sum(x**2), V, method="theirs"), 2 * V)
    with pytest.raises(UnknownMethodError, match=rf"broken.*{reason}"):
        ad.gradient(lambda x: np.sum(x**2), V, method="broken")


def test_misspelt_plugin(registered: Callable[..., None]) -> None:
    """Breaks if "did you mean" does not know the names of other packages."""
    registered(Entry("theirs", OnlyJvp))
    with pytest.raises(OptionError, match=r"(?i)did you mean.*theirs"):
        ad.gradient(lambda x: np.sum(x), V, method="thiers")


def test_real_metadata() -> None:
    """Breaks if the installed packages' entry points cannot be read."""
    assert "reverse" in ad.available_methods()
    assert isinstance(ad.unavailable_methods(), dict)
