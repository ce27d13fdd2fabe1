"""What is measured: a function, the point, the operator, and the ratios that admodes aims at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import forms

SEED = 20240607

_IMMUTABLE = "unsupported: arrays have no element writes"
#: At most 1.5 times the hand-written gradient's time, as a ratio of the peer's time to ours.
_WITHIN_HALF = 1 / 1.5


@dataclass(frozen=True)
class Workload:
    """One function differentiated by one operator at one point.

    Parameters
    ----------
    name : str
        As `--only` takes it.
    maker : callable
        A maker of `forms`: namespace -> function.
    inputs : callable
        Generator -> the function's arguments (NumPy arrays, floats, dicts of arrays).
    operator : {"gradient", "jacobian", "hessian"}
    method : {"forward", "reverse", "auto"}
    argnums : int or tuple of int
        The arguments to differentiate by.
    targets : mapping
        Peer -> the ratio (peer's time / admodes' time) to reach.
    refused : mapping
        Peer -> why it is not run.
    by_hand : callable, optional
        A maker of the gradient written by hand.
    """

    name: str
    maker: Callable[[Any], forms.Form]
    inputs: Callable[[np.random.Generator], tuple[Any, ...]]
    operator: str = "gradient"
    method: str = "reverse"
    argnums: int | tuple[int, ...] = 0
    targets: Mapping[str, float] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    by_hand: Callable[[Any], forms.Form] | None = None

    def make_inputs(self) -> tuple[Any, ...]:
        """The arguments, the same in every run."""
        return self.inputs(np.random.default_rng(SEED))


def _network_inputs(rng: np.random.Generator) -> tuple[Any, ...]:
    units = 8
    return rng.normal(size=(units, units)) / np.sqrt(units), rng.normal(size=units), np.zeros(units)


def _perceptron_inputs(rng: np.random.Generator) -> tuple[Any, ...]:
    pixels, hidden, classes, batch = 64, 128, 10, 128
    parameters = {
        "W1": rng.normal(size=(pixels, hidden)) / np.sqrt(pixels),
        "b1": rng.normal(size=hidden) * 0.1,
        "W2": rng.normal(size=(hidden, classes)) / np.sqrt(hidden),
        "b2": rng.normal(size=classes) * 0.1,
    }
    return parameters, rng.normal(size=(batch, pixels)), np.arange(batch), rng.integers(classes, size=batch)


def _mixture_inputs(rng: np.random.Generator) -> tuple[Any, ...]:
    points, dimensions, components = 1000, 10, 10
    return (
        rng.normal(size=components),
        rng.normal(size=(components, dimensions)),
        rng.normal(size=(components, dimensions)) * 0.3,
        rng.normal(size=(points, dimensions)),
    )


def _layer_inputs(rng: np.random.Generator) -> tuple[Any, ...]:
    size = 200
    return rng.normal(size=size), rng.normal(size=(size, size)) / np.sqrt(size)


def _vector(size: int) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    return lambda rng: (rng.normal(size=size),)


def _rosenbrock(name: str, size: int, over_autograd: float, by_hand_target: bool) -> Workload:
    targets = {"autograd": over_autograd} | ({"by hand": _WITHIN_HALF} if by_hand_target else {})
    return Workload(name, forms.rosenbrock, _vector(size), targets=targets, by_hand=forms.rosenbrock_gradient)


def _writes(name: str, size: int) -> Workload:
    refused = dict.fromkeys(("autograd", "jax", "jax-jit"), _IMMUTABLE)
    return Workload(name, forms.element_writes, _vector(size), refused=refused, by_hand=forms.element_writes_gradient)


_SCALAR_TARGETS = {"autograd": 20.0, "torch": 6.0}
_JACOBIAN_TARGETS = {"autograd": 4.0, "torch": 1.0}

WORKLOADS: tuple[Workload, ...] = (
    Workload(
        "scalar-loop",
        forms.scalar_loop,
        lambda rng: (0.3, 0.7),
        argnums=(0, 1),
        targets=_SCALAR_TARGETS,
    ),
    Workload(
        "lorenz",
        forms.lorenz,
        lambda rng: (1.0, 2.0, 20.0, 10.0, 28.0, 8.0 / 3.0),
        argnums=(0, 1, 2, 3, 4, 5),
        targets=_SCALAR_TARGETS,
    ),
    _rosenbrock("rosenbrock-10", 10, 3.0, by_hand_target=False),
    _rosenbrock("rosenbrock-1e3", 1_000, 3.0, by_hand_target=False),
    _rosenbrock("rosenbrock-1e5", 100_000, 1.5, by_hand_target=True),
    _rosenbrock("rosenbrock-1e6", 1_000_000, 1.5, by_hand_target=True),
    Workload("rnn", forms.recurrent_network, _network_inputs, argnums=(0, 1), targets={"torch": 1.5}),
    Workload("mlp", forms.perceptron, _perceptron_inputs, targets={"torch": 1.0}, by_hand=forms.perceptron_gradient),
    Workload("gmm", forms.gaussian_mixture, _mixture_inputs, argnums=(0, 1, 2), targets={"torch": 1.0}),
    Workload("jacobian-forward", forms.sine_layer, _layer_inputs, "jacobian", "forward", targets=_JACOBIAN_TARGETS),
    Workload("jacobian-reverse", forms.sine_layer, _layer_inputs, "jacobian", "reverse", targets=_JACOBIAN_TARGETS),
    Workload(
        "tall-jacobian",
        forms.damped_oscillation,
        lambda rng: (np.array([1.5, 0.3, 2.0, 0.5]), np.linspace(0.0, 10.0, 10_000)),
        "jacobian",
        "forward",
        targets={"torch": 2.0},
    ),
    Workload("hessian", forms.rosenbrock, _vector(50), "hessian", "auto"),
    _writes("writes-1000", 1_000),
    _writes("writes-10000", 10_000),
)

#: The pair whose times and memory show whether element writes cost linearly.
WRITES = ("writes-1000", "writes-10000")
