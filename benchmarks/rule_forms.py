"""One function of each rule, for admodes and autograd alike: each calls the namespace that it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_RNG = np.random.default_rng(20250301)
VECTOR = _RNG.uniform(0.3, 1.7, 1000)
OTHER = _RNG.uniform(0.3, 1.7, 1000)
MATRIX = _RNG.uniform(0.3, 1.7, (40, 25))
SQUARE = _RNG.normal(size=(30, 30)) / 8 + np.eye(30)
SYMMETRIC = SQUARE @ SQUARE.T + np.diag(np.arange(30.0))
STACK = _RNG.uniform(0.3, 1.7, (10, 10, 10))
INDEX = _RNG.integers(0, 1000, 500)
MASK = VECTOR > 1

#: Name -> (function of (np, x), the point).
RULES: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "exp": (lambda np, x: np.exp(x), VECTOR),
    "log": (lambda np, x: np.log(x), VECTOR),
    "log1p": (lambda np, x: np.log1p(x), VECTOR),
    "expm1": (lambda np, x: np.expm1(x), VECTOR),
    "sqrt": (lambda np, x: np.sqrt(x), VECTOR),
    "square": (lambda np, x: np.square(x), VECTOR),
    "reciprocal": (lambda np, x: np.reciprocal(x), VECTOR),
    "sin": (lambda np, x: np.sin(x), VECTOR),
    "tan": (lambda np, x: np.tan(x), VECTOR),
    "arctan": (lambda np, x: np.arctan(x), VECTOR),
    "tanh": (lambda np, x: np.tanh(x), VECTOR),
    "arcsinh": (lambda np, x: np.arcsinh(x), VECTOR),
    "sinc": (lambda np, x: np.sinc(x), VECTOR),
    "abs": (lambda np, x: np.abs(x - 1), VECTOR),
    "negative": (lambda np, x: -x, VECTOR),
    "add": (lambda np, x: x + OTHER, VECTOR),
    "multiply": (lambda np, x: x * x, VECTOR),
    "divide": (lambda np, x: OTHER / x, VECTOR),
    "power": (lambda np, x: x**x, VECTOR),
    "cube": (lambda np, x: x**3, VECTOR),
    "broadcasting": (lambda np, x: x * x[0] / (1 + x[:, :1]), MATRIX),
    "maximum": (lambda np, x: np.maximum(x, OTHER), VECTOR),
    "logaddexp": (lambda np, x: np.logaddexp(x, OTHER), VECTOR),
    "arctan2": (lambda np, x: np.arctan2(x, OTHER), VECTOR),
    "where": (lambda np, x: np.where(MASK, x, 2 * x), VECTOR),
    "clip": (lambda np, x: np.clip(x, 0.5, 1.5), VECTOR),
    "sum": (lambda np, x: np.sum(x, axis=1), MATRIX),
    "mean": (lambda np, x: np.mean(x, axis=0, keepdims=True), MATRIX),
    "var": (lambda np, x: np.var(x, axis=1), MATRIX),
    "std": (lambda np, x: np.std(x, axis=0), MATRIX),
    "prod": (lambda np, x: np.prod(x, axis=1), MATRIX),
    "max": (lambda np, x: np.max(x, axis=1), MATRIX),
    "cumsum": (lambda np, x: np.cumsum(x, axis=1), MATRIX),
    "sort": (lambda np, x: np.sort(x), VECTOR),
    "dot": (lambda np, x: np.dot(x, SQUARE[:25]), MATRIX),
    "matmul": (lambda np, x: x @ x.T, MATRIX),
    "inner": (lambda np, x: np.inner(x, MATRIX), MATRIX),
    "outer": (lambda np, x: np.outer(x[:30], x[30:60]), VECTOR),
    "tensordot": (lambda np, x: np.tensordot(x, STACK, 2), STACK),
    "einsum": (lambda np, x: np.einsum("ijk,ilk->ijl", x, STACK), STACK),
    "kron": (lambda np, x: np.kron(x[:5, :5], x[:4, :4]), MATRIX),
    "trace": (lambda np, x: np.trace(x), SQUARE),
    "transpose": (lambda np, x: np.transpose(x, (2, 0, 1)), STACK),
    "reshape": (lambda np, x: np.reshape(x, (25, 40)), MATRIX),
    "swapaxes": (lambda np, x: np.swapaxes(x, 0, 2), STACK),
    "concatenate": (lambda np, x: np.concatenate([x, 2 * x], axis=1), MATRIX),
    "stack": (lambda np, x: np.stack([x, 2 * x]), MATRIX),
    "split": (lambda np, x: np.split(x, 4)[1], MATRIX),
    "tile": (lambda np, x: np.tile(x, (1, 2)), MATRIX),
    "repeat": (lambda np, x: np.repeat(x, 3), VECTOR),
    "roll": (lambda np, x: np.roll(x, 3), VECTOR),
    "rot90": (lambda np, x: np.rot90(x), MATRIX),
    "pad": (lambda np, x: np.pad(x, 2, "constant"), MATRIX),
    "tril": (lambda np, x: np.tril(x), SQUARE),
    "diag": (lambda np, x: np.diag(x[:30]), VECTOR),
    "slice": (lambda np, x: x[1:] - x[:-1], VECTOR),
    "index array": (lambda np, x: x[INDEX], VECTOR),
    "mask": (lambda np, x: x[MASK], VECTOR),
    "broadcast_to": (lambda np, x: np.broadcast_to(x[:1], (40, 25)), MATRIX),
    "gradient": (lambda np, x: np.gradient(x), VECTOR),
    "inv": (lambda np, x: np.linalg.inv(x), SQUARE),
    "det": (lambda np, x: np.linalg.det(x / 2), SQUARE),
    "slogdet": (lambda np, x: np.linalg.slogdet(x)[1], SQUARE),
    "solve": (lambda np, x: np.linalg.solve(x, SQUARE), SQUARE),
    "norm": (lambda np, x: np.linalg.norm(x), MATRIX),
    "cholesky": (lambda np, x: np.linalg.cholesky(x @ x.T + 30 * SYMMETRIC), SQUARE),
    "eigh": (lambda np, x: np.linalg.eigh(x @ x.T + SYMMETRIC)[0], SQUARE),
    "svd": (lambda np, x: np.linalg.svd(x, full_matrices=False)[1], SQUARE),
    "pinv": (lambda np, x: np.linalg.pinv(x), MATRIX),
    "fft": (lambda np, x: np.abs(np.fft.fft(x)), VECTOR),
    "rfft": (lambda np, x: np.abs(np.fft.rfft(x)), VECTOR),
}


def weighted(form: Callable[[Any, Any], Any], namespace: Any, x: Any) -> Callable[[Any], Any]:
    """The rule's output times fixed weights, summed: a scalar function whose gradient asks the rule for one cotangent."""
    shape = np.shape(form(np, x))
    weights = np.random.default_rng(11).normal(size=shape)

    def value(x: Any) -> Any:
        weighted = weights * form(namespace, x)
        return namespace.sum(weighted) if shape else weighted

    return value
