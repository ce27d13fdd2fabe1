"""Memory order: traced arrays have the strides that NumPy's have, so that orders K and A, views and copies are NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rule_cases import PAIRINGS
from support import EXACT_MODES, MODES, TRACING_MODES, exact_modes

import admodes as ad

C = np.random.default_rng(9).permutation(np.linspace(-1.5, 1.7, 24)).reshape(2, 3, 4)
INPUTS = {
    "C": C,
    "F": np.asfortranarray(C),
    "mixed": np.ascontiguousarray(C.transpose(1, 0, 2)).transpose(1, 0, 2),
    "backwards": C[:, ::-1],
    "strided": np.repeat(C, 2, axis=2)[..., ::2],
    "one": np.asfortranarray(C[:, :1]),
    "flat": C[0, 0],
    "matrix": np.asfortranarray(C[0]),
}


def added(y: Any, x: Any) -> Any:
    """In place: y keeps its strides."""
    y += np.ascontiguousarray(np.ones(y.shape))
    y *= np.asfortranarray(np.full(y.shape, 2.0))
    return y


MAKES: dict[str, Callable[[Any], Any]] = {
    "x": lambda x: x,
    "product": lambda x: x * 2.0,
    "transposed": lambda x: x.T,
    "transposed product": lambda x: x.T * 2.0,
    "transposed sum": lambda x: x.T + np.zeros(1),
    "sum of orders": lambda x: x + np.asfortranarray(np.ones(x.shape)),
    "slice": lambda x: x[..., 1:],
    "small piece": lambda x: x[..., :1],
    "sine of a small piece": lambda x: np.sin(x[..., :1]),
    "every other": lambda x: x[..., ::2] * 1.0,
    "flipped": lambda x: x[::-1],
    "flipped product": lambda x: np.exp(x[::-1]),
    "copy": lambda x: x.T.copy(),
    "copy F": lambda x: x.copy("F"),
    "copy K": lambda x: x.copy("K"),
    "copy A": lambda x: x.copy("A"),
    "np.copy": lambda x: np.copy(x.T),
    "np.copy of a slice": lambda x: np.copy(x[..., ::2]),
    "np.copy C": lambda x: np.copy(x.T, order="C"),
    "np.copy F": lambda x: np.copy(x, order="F"),
    "ascontiguous": lambda x: np.ascontiguousarray(x.T, like=x),
    "asfortran": lambda x: np.asfortranarray(x, like=x),
    "array F": lambda x: np.array(x, order="F", like=x),
    "array K": lambda x: np.array(x.T, like=x),
    "zeros_like": lambda x: np.zeros_like(x.T) + x.T,
    "zeros": lambda x: np.zeros(x.shape, order="F", like=x) + x.T.copy().T,
    "full": lambda x: np.full(x.shape, x, order="F", like=x),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "reshaped F": lambda x: np.reshape(x, (-1, 2), order="F"),
    "reshaped A": lambda x: np.reshape(x, (-1, 2), order="A"),
    "astype": lambda x: x.T.astype(np.float32).astype(float),
    "broadcast": lambda x: np.broadcast_to(x, (2, *x.shape)),
    "einsum": lambda x: np.einsum("...->...", x),
    "diagonal": lambda x: np.einsum("i...i->...i", np.broadcast_to(x[..., None], (*x.shape, x.shape[0]))),
    "concatenated": lambda x: np.concatenate([x, x]),
    "sum": lambda x: np.sum(x[None].T, axis=-1),
    "added in place": lambda x: added(x.T * 1.0, x),
    "flattened": lambda x: x.flatten("F"),
}
READS: dict[str, Callable[[Any], Any]] = {
    **{f"ravel {order}": lambda y, order=order: np.ravel(y, order) for order in "CFAK"},
    **{f"flatten {order}": lambda y, order=order: y.flatten(order) for order in "CFAK"},
    **{f"method ravel {order}": lambda y, order=order: y.ravel(order=order) for order in "CFAK"},
    **{f"reshape {order}": lambda y, order=order: np.reshape(y, -1, order=order) for order in "CFA"},
    **{f"copy {order}": lambda y, order=order: np.ravel(y.copy(order), "K") for order in "CFAK"},
    "method reshape": lambda y: y.reshape(1, -1, order="A"),
}


def made(make: Any, x: Any) -> Any:
    try:
        return make(x)
    except (ValueError, IndexError):
        pytest.skip("not for this shape")


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("make", MAKES)
def test_orders_are_those_of_numpy(make: str, kind: str) -> None:
    """Breaks if elements are read in another order than NumPy reads them."""
    x = INPUTS[kind]
    made(MAKES[make], x)
    x = np.array(x)  # f sees a copy of x, in its memory order but without gaps

    def f(x: Any) -> list[Any]:
        y = MAKES[make](x)
        return [read(y) for read in READS.values()]

    wanted = f(x)
    for method in TRACING_MODES if x.size < 9 else EXACT_MODES:
        found = ad.value_and_jacobian(f, x, method=method)[0]
        for name, got, value in zip(READS, found, wanted, strict=True):
            np.testing.assert_array_equal(got, value, err_msg=f"{method}: {name}")


@pytest.mark.parametrize("kind", ["F", "mixed", "one", "flat"])
@pytest.mark.parametrize("make", MAKES)
def test_views_and_copies_are_those_of_numpy(make: str, kind: str) -> None:
    """Breaks if a write is seen through a copy, or is not seen through a view."""
    x = INPUTS[kind]
    made(MAKES[make], x)
    x = np.array(x)
    for name, read in READS.items():
        if name.startswith(("method", "copy")):
            continue

        def f(x: Any, read: Any = read) -> Any:
            y = MAKES[make](x * 1.0)
            if make in {"broadcast", "diagonal"}:
                y = y.copy("K")
            z = read(y)
            z[...] = 0.25
            z[1:] = x[(0,) * x.ndim]
            return np.concatenate([np.ravel(y), np.ravel(z)])

        wanted = f(x)
        for method in EXACT_MODES:
            np.testing.assert_array_equal(ad.value_and_jacobian(f, x, method=method)[0], wanted, err_msg=method)


@pytest.mark.parametrize("kind", ["F", "mixed", "matrix"])
@pytest.mark.parametrize("read", [name for name in READS if not name.startswith("method")])
def test_derivatives(read: str, kind: str) -> None:
    """Breaks if the derivative is not in the order of the value; second order too."""
    x = np.array(INPUTS[kind])
    weights = np.arange(1.0, x.size + 1)

    def f(x: Any) -> Any:
        return np.ravel(READS[read](x.T * 1.0)) * weights

    columns = []
    for index in np.ndindex(x.shape):
        unit = np.zeros_like(x)
        unit[index] = 1.0
        columns.append(f(unit))
    truth = np.stack(columns, axis=-1)
    curved = np.einsum("ki,k,kj->ij", truth, 6 * f(x), truth)
    for outer, inner in PAIRINGS:
        found = ad.jacobian(f, x, method=inner)
        np.testing.assert_array_equal(found.reshape(truth.shape), truth, err_msg=inner)
        second = ad.jacobian(lambda x, inner=inner: ad.gradient(lambda x: np.sum(f(x) ** 3), x, method=inner), x, method=outer)
        np.testing.assert_allclose(second.reshape(curved.shape), curved, atol=1e-9 * x.size**3)


@pytest.mark.parametrize("method", MODES)
def test_inputs_keep_their_order(method: str) -> None:
    """Breaks if f sees x in another memory order than the caller passed it in."""
    x = np.asfortranarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    weights = np.arange(6.0)
    for f in (lambda x: np.sum(x.ravel("K") * weights), lambda x: np.sum(np.reshape(x, 6, order="A") * weights)):
        got = ad.gradient(f, x, method=method)
        np.testing.assert_allclose(got, [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]], atol=1e-6)


@exact_modes
def test_nested_derivatives_keep_the_order(method: str) -> None:
    """Breaks if the memory order gets lost on the way to an inner derivative."""
    x = np.asfortranarray(C[0])

    def inner(x: Any) -> Any:
        return ad.gradient(lambda z: np.sum(z.T.ravel("K") ** 3 * np.arange(12)), x, method=method)

    truth = np.diag((6 * x.ravel("K") * np.arange(12)).reshape(4, 3).T.ravel()).reshape(3, 4, 3, 4)
    np.testing.assert_allclose(ad.jacobian(inner, x, method=method), truth, atol=1e-12)


axes3 = st.permutations(range(3))
slices = st.tuples(*[st.sampled_from([slice(None), slice(None, None, -1), slice(0, 2), slice(None, None, 2), slice(0, 1)])] * 3)


@settings(max_examples=150)
@given(first=axes3, cut=slices, second=axes3, lone=st.booleans(), product=st.booleans(), order=st.sampled_from("CFAK"))
@example(
    first=[1, 0, 2], cut=(slice(0, 1), slice(None), slice(None, None, -1)), second=[2, 0, 1], lone=False, product=True, order="K"
)
def test_any_strides(first: Any, cut: Any, second: Any, lone: bool, product: bool, order: str) -> None:
    """Breaks if some combination of strides is ravelled, or seen through, otherwise than in NumPy."""

    def f(x: Any) -> Any:
        y = (x * 1.0).transpose(first).copy("C" if lone else "K")
        piece = y[cut].transpose(second)
        piece = piece * 2.0 if product else piece
        flat = piece.ravel(order)
        kept = flat * np.arange(flat.size)
        flat[:1] = x[0, 0, 0] + 5.0
        return np.concatenate([np.ravel(y), np.ravel(piece), flat, kept])

    wanted = f(C)
    for method in EXACT_MODES:
        np.testing.assert_array_equal(ad.value_and_jacobian(f, C, method=method)[0], wanted, err_msg=method)
