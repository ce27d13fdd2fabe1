"""Random programs: expressions of arrays, and orders of views, copies and writes, against numerical derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support import (
    Case,
    assert_close,
    assert_right,
    assert_right_or_refused,
    exact_modes,
    numerical_jacobian,
)

import admodes as ad
from admodes.errors import AdmodesError

VIEWS = (
    lambda a: a[::-1],
    lambda a: a[1:],
    lambda a: a[-1] if a.ndim > 1 else a[:2],
    lambda a: a.T,
    lambda a: a.reshape(-1),
    lambda a: a[..., ::2],
    lambda a: a[None],
    lambda a: np.swapaxes(a, 0, -1),
    lambda a: np.squeeze(a[None]),
    lambda a: np.expand_dims(a, -1)[..., 0],
    lambda a: a.ravel(),
    lambda a: np.atleast_1d(a),
)
COPIES = (
    lambda a: a.copy(),
    lambda a: a * 1.0,
    lambda a: np.array(a) + 0.0,
    lambda a: a[[0, -1]],
    lambda a: np.sin(a),
    lambda a: +a,
)


def random_program(seed: int, length: int = 14) -> Any:
    """A function of three numbers whose steps depend on the seed and on shapes alone."""

    def f(x: Any) -> Any:
        rng = np.random.default_rng(seed)
        arrays, numbers = [np.outer(x[:2], x), x * 2.0], [x[0], x[1] * x[2]]

        def pick(pool: list[Any]) -> Any:
            return pool[rng.integers(len(pool))]

        for _ in range(length):
            kind, a, s = rng.integers(8), pick(arrays), pick(numbers)
            place = tuple(int(rng.integers(n)) for n in a.shape)
            if kind <= 1:
                view = pick(VIEWS)(a)  # type: ignore[arg-type]
                if view.ndim and view.size:
                    arrays.append(view)
            elif kind == 2:
                arrays.append(pick(COPIES)(a))  # type: ignore[arg-type]
            elif kind == 3:
                numbers.append(np.sin(a[place]) * s)
            elif kind == 4:
                a[place] = s
            elif kind == 5:
                a[int(rng.integers(-1, 1)) :] *= s
            elif kind == 6:
                a += 0.5 * s if rng.integers(2) else np.cos(a)
            else:
                b = pick(arrays)
                a[: b.shape[0]] = b[: a.shape[0]] if b.shape[1:] == a.shape[1:] and b.shape[0] <= a.shape[0] else s * 0.5
        return np.concatenate([np.sin(a).reshape(-1) for a in arrays] + [np.stack(numbers)])

    return f


@exact_modes
@pytest.mark.parametrize("seed", range(80))
def test_random_views_and_writes(seed: int, method: str) -> None:
    """Breaks if some order of views, copies, reads and writes gives another value or derivative than NumPy's, silently."""
    assert_right_or_refused(Case(random_program(seed), np.array([0.7, -0.4, 1.1])), method)


@exact_modes
@pytest.mark.parametrize("inner", ["forward", "reverse"])
@pytest.mark.parametrize("seed", range(200, 208))
def test_random_views_and_writes_twice(seed: int, inner: str, method: str) -> None:
    """Breaks if the same programs have a wrong second derivative."""
    x, program = np.array([0.7, -0.4, 1.1]), random_program(seed, length=8)

    def slope(x: Any, mode: str) -> Any:
        return ad.gradient(lambda x: np.sum(program(x) ** 2), x, method=mode)

    try:
        hessian = ad.jacobian(slope, x, method=method, args=(inner,))
        truth = numerical_jacobian(lambda x: slope(x, "forward"), x)
    except AdmodesError as error:
        assert len(str(error)) > 60
    else:
        assert_close(hessian, truth, 1e-7)


BINARY_FUNCTIONS = (
    np.add, np.subtract, np.multiply, np.arctan2, np.hypot, np.maximum, np.fmin, np.logaddexp,
    lambda a, b: a / (2 + np.cos(b)), lambda a, b: (a * a + 1) ** np.tanh(b), lambda a, b: np.where(a > b, a, 2 * b),
)  # fmt: skip
UNARY_FUNCTIONS = (
    np.sin, np.tanh, np.arctan, abs, lambda a: a**3, lambda a: np.exp(-a * a), lambda a: np.clip(a, -0.777, 0.888),
    lambda a: np.log1p(a * a), lambda a: 2.0 ** np.tanh(a), lambda a: np.sqrt(a * a + 1),
)  # fmt: skip
ARRAY_FUNCTIONS = (
    lambda a, i: a.sum(axis=i), lambda a, i: a.mean(axis=i, keepdims=True), lambda a, i: np.cumsum(a, axis=i),
    lambda a, i: np.concatenate([a, 2 * a], axis=i), lambda a, i: np.stack([a, a * a], axis=i), lambda a, i: np.prod(a, axis=i),
    lambda a, i: np.roll(a, 1, axis=i), lambda a, i: np.max(a, axis=i), lambda a, i: np.sort(a, axis=i),
    lambda a, i: np.pad(a, 1), lambda a, i: np.expand_dims(a, i), lambda a, i: np.moveaxis(a, 0, i),
    lambda a, i: np.repeat(a, 2, axis=i), lambda a, i: np.take(a, [0, -1, 0], axis=i), lambda a, i: np.var(a, axis=i),
    lambda a, i: np.linalg.norm(a + 1.5, axis=i), lambda a, i: a[..., [0, 0, -1]], lambda a, i: a[[0, -1]],
    lambda a, i: a[::-1, ...], lambda a, i: a[None], lambda a, i: a[..., 0], lambda a, i: np.transpose(a),
    lambda a, i: np.einsum("...i,...i->...", a, a),
    lambda a, i: np.broadcast_to(a, (2, *a.shape)), lambda a, i: a @ np.linspace(-1, 1, 2 * a.shape[-1]).reshape(-1, 2),
    lambda a, i: np.tensordot(a, a, axes=([0], [0])),
)  # fmt: skip


def random_expression(seed: int, length: int = 9) -> Any:
    """A function of three numbers made of broadcasting arithmetic, reductions and rearrangements."""

    def f(x: Any) -> Any:
        rng = np.random.default_rng(seed)
        pool = [x, x[0], np.outer(x, x[:2]), np.linspace(-1, 1, 6).reshape(2, 1, 3) * x]
        for _ in range(length):
            kind, i, j, k = (int(number) for number in rng.integers((4, len(pool), len(pool), 10**6)))
            a, b = pool[i], pool[j]
            if kind == 0:
                new = UNARY_FUNCTIONS[k % len(UNARY_FUNCTIONS)](a)
            elif kind == 1 and (a.ndim == 0 or b.ndim == 0 or a.shape == b.shape or a.shape[-1:] == b.shape):
                new = BINARY_FUNCTIONS[k % len(BINARY_FUNCTIONS)](a, b)
            elif kind > 1 and a.ndim:
                new = ARRAY_FUNCTIONS[k % len(ARRAY_FUNCTIONS)](a, k % (2 * a.ndim) - a.ndim)
            else:
                continue
            if new.size <= 60 and new.ndim <= 4:
                pool.append(np.tanh(new))
        return np.concatenate([np.reshape(a, -1) for a in pool])

    return f


@exact_modes
@pytest.mark.parametrize("seed", range(39))
def test_random_expressions(seed: int, method: str) -> None:
    """Breaks if seeds on a leading axis are misaligned in some combination of broadcasting, reductions and indexing."""
    assert_right(Case(random_expression(seed), np.array([0.71, -0.43, 1.13])), method, tolerance=1e-7)
