"""Judges of a trace: central differences of all its values, and the sums that its derivatives must add up to."""

from __future__ import annotations

from typing import Any

import numpy as np

import admodes as ad


def close(got: Any, wanted: Any, tolerance: float) -> bool:
    """Whether shapes agree, and numbers to `tolerance` of the largest (at least of one)."""
    got, wanted = np.asarray(got, dtype=float), np.asarray(wanted, dtype=float)
    scale = max(1.0, float(np.max(np.abs(wanted), initial=0.0)))
    return got.shape == wanted.shape and bool(np.all(np.abs(got - wanted) <= tolerance * scale))


def fitted(part: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting: what was stretched is summed."""
    part = np.asarray(part)
    part = part.sum(axis=tuple(range(part.ndim - len(shape))))
    for axis, size in enumerate(shape):
        if size == 1 and part.shape[axis] != 1:
            part = part.sum(axis=axis, keepdims=True)
    return part


def assert_adds_up(trace: ad.Trace, tolerance: float = 1e-9) -> None:
    """Operands come first, shapes fit, upstream times local is downstream, and downstreams add up to the adjoint."""
    received: dict[int, Any] = {}
    for place, node in enumerate(trace.nodes):
        assert node.place == place
        assert node.name == f"v{place}"
        assert len(node.operands) == len(node.locals) == len(node.downstream)
        assert len(node.tangents) == len(trace.seeds)
        assert all(np.shape(part) == np.shape(node.value) for part in (node.adjoint, *node.tangents))
        for operand, local, part in zip(node.operands, node.locals, node.downstream, strict=True):
            assert operand < place
            shape = np.shape(trace.nodes[operand].value)
            assert np.shape(part) == shape
            received[operand] = received.get(operand, 0.0) + part
            if local is not None:
                product = np.broadcast_to(
                    node.adjoint * np.asarray(local), np.broadcast_shapes(np.shape(node.value), np.shape(local))
                )
                product = product if np.any(local) else np.zeros(shape)
                assert close(part, fitted(product, shape), tolerance), node
    for node in trace.nodes:
        if node.place not in trace.outputs:
            assert close(node.adjoint, received.get(node.place, np.zeros(np.shape(node.value))), tolerance), node


def assert_true(f: Any, x: Any, tolerance: float = 1e-6, **options: Any) -> ad.Trace:
    """All tangents, and the gradient of f, are what central differences say; the trace adds up at every granularity."""
    x = np.array(x, dtype=float)
    trace = ad.trace(f, x, **options)
    assert_adds_up(trace)
    step = 1e-5
    directions = [unit.reshape(x.shape) for unit in np.eye(x.size)]
    slopes = []
    for number, direction in enumerate(directions):
        above, below = (ad.trace(f, x + h * direction, **options) for h in (step, -step))
        for node, up, down in zip(trace.nodes, above.nodes, below.nodes, strict=True):
            if not isinstance(node.value, bool) and np.asarray(node.value).dtype.kind == "f":
                assert close(node.tangents[number], (up.value - down.value) / (2 * step), tolerance), node
        slopes.append((float(f(x + step * direction)) - float(f(x - step * direction))) / (2 * step))
    assert close(trace.gradient, np.reshape(slopes, x.shape), tolerance)
    assert close(trace.gradient, ad.gradient(f, x, method="reverse"), 1e-12)
    grouped, single = trace.grouped(), trace.expanded()
    for other in (grouped, single):
        assert_adds_up(other)
        found = np.concatenate([np.ravel(other.nodes[place].adjoint) for place in other.inputs])
        assert close(found, np.ravel(trace.gradient), 1e-12)
    for node in single.nodes:
        # Element by element all derivatives are numbers: the chain rule can be worked out by hand.
        if node.operands and np.isfinite(node.locals).all():
            for number in range(x.size):
                total = sum(local * single.nodes[o].tangents[number] for local, o in zip(node.locals, node.operands, strict=True))
                assert close(node.tangents[number], total, 1e-9), node
    return trace
