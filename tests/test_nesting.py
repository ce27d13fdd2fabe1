"""Derivatives of derivatives: every pairing of modes, perturbation confusion, threads, exceptions."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np
import pytest
from support import EXACT_MODES, assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes.errors import AdmodesError, LevelError

V = np.array([0.7, -1.3, 2.1])
A = np.array([[0.2, -0.4, 1.1], [0.9, 0.3, -0.7], [1.3, 0.8, 0.5], [-0.6, 1.2, 0.1]])

pairings = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(EXACT_MODES, repeat=2)))
triples = pytest.mark.parametrize("methods", list(itertools.product(EXACT_MODES, repeat=3)), ids="-".join)


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def rosenbrock_hessian(x: np.ndarray) -> np.ndarray:
    hessian = np.zeros((x.size, x.size))
    for i in range(x.size - 1):
        hessian[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        hessian[i, i + 1] = hessian[i + 1, i] = -400 * x[i]
        hessian[i + 1, i + 1] += 200
    return hessian


def layer(x: Any) -> Any:
    return np.sum(np.tanh(A @ x) ** 2)


def layer_hessian(x: np.ndarray) -> np.ndarray:
    t = np.tanh(A @ x)
    s = 1 - t * t
    return A.T @ np.diag(2 * s * s - 4 * t * t * s) @ A


def written(x: Any) -> Any:
    y = np.zeros_like(x)
    for i in range(3):
        y[i] = x[i] ** 2 * x[(i + 1) % 3]
    y[1:] *= x[:2]
    return y.sum()


def written_hessian(x: np.ndarray) -> np.ndarray:
    a, b, c = x  # f = a^2 b + b^2 c a + c^2 a b
    return np.array(
        [
            [2 * b, 2 * a + 2 * b * c + c**2, b**2 + 2 * c * b],
            [2 * a + 2 * b * c + c**2, 2 * c * a, 2 * a * b + 2 * c * a],
            [b**2 + 2 * c * b, 2 * a * b + 2 * c * a, 2 * a * b],
        ]
    )


def determinant(x: Any) -> Any:
    return np.linalg.slogdet(np.outer(x, x) + 2.0 * np.diag(np.ones(3)))[1]


def determinant_hessian(x: np.ndarray) -> np.ndarray:
    s = 2.0 + x @ x  # f = log(4 (2 + x.x))
    return 2 * np.eye(3) / s - 4 * np.outer(x, x) / s**2


def builtins(x: Any) -> Any:
    return sum(v**3 for v in x) * max(x) + np.array([x[0], x[1] ** 2]) @ np.array([x[2], 1.0])


def builtins_hessian(x: np.ndarray) -> np.ndarray:
    a, b, c = x  # f = (a^3 + b^3 + c^3) c + a c + b^2
    return np.array(
        [[6 * a * c, 0, 3 * a**2 + 1], [0, 6 * b * c + 2, 3 * b**2], [3 * a**2 + 1, 3 * b**2, 12 * c**2]],
    )


FUNCTIONS = {
    "rosenbrock": (rosenbrock, rosenbrock_hessian),
    "layer": (layer, layer_hessian),
    "written": (written, written_hessian),
    "determinant": (determinant, determinant_hessian),
    "builtins": (builtins, builtins_hessian),
}
functions = pytest.mark.parametrize("name", FUNCTIONS)


@pairings
def test_perturbations_are_not_confused(outer: str, inner: str) -> None:
    """Breaks if D(x * D(x + y)) is 2 and not 1."""
    got = ad.differentiate(lambda x: x * ad.differentiate(lambda y: x + y, 1.0, method=inner), 3.0, method=outer)
    assert got == 1.0
    nested = ad.differentiate(lambda x: x * ad.differentiate(lambda y: x * y, 2.0, method=inner), 3.0, method=outer)
    assert nested == 6.0
    constant = ad.differentiate(lambda x: ad.differentiate(lambda y: x * x, 2.0, method=inner) + x, 3.0, method=outer)
    assert constant == 1.0
    at_x = ad.differentiate(lambda x: ad.differentiate(lambda y: y * y * x, x, method=inner), 3.0, method=outer)
    assert at_x == 12.0


@pairings
def test_perturbations_of_arrays_are_not_confused(outer: str, inner: str) -> None:
    """Breaks if inner and outer seeds of arrays mix: d/dx (x * sum d/dy (x * y)) = 6 x for three elements."""
    got = ad.jacobian(lambda x: x * ad.gradient(lambda y: (x * y * y).sum(), V, method=inner), V, method=outer)
    assert_close(got, np.diag(4 * V * V))
    shifted = ad.jacobian(lambda x: x * ad.jacobian(lambda y: x[:, None] * y, V[:2], method=inner).sum(), V, method=outer)
    truth = 2 * (np.eye(3) * V.sum() + V[:, None])
    assert_close(shifted, truth)


@pairings
def test_function_that_returns_a_derivative_of_a_closure(outer: str, inner: str) -> None:
    """Breaks on Manzyuk's example: a derivative of a curried function, applied to another function."""

    def shift(u: Any) -> Any:
        return lambda g: lambda x: g(x + u)

    got = ad.differentiate(lambda u: ad.differentiate(shift(u)(lambda x: x**3), 2.0, method=inner), 0.0, method=outer)
    assert_close(got, 12.0)


@pairings
@functions
def test_hessian_of_every_pairing(name: str, outer: str, inner: str) -> None:
    """Breaks if the derivative of a gradient is not the Hessian, in any pairing."""
    f, hessian = FUNCTIONS[name]
    gradient = lambda x: ad.gradient(f, x, method=inner)  # noqa: E731 - the shape users write
    assert_close(ad.jacobian(gradient, V, method=outer), hessian(V))


@pairings
@functions
def test_hessian_vector_products_of_every_pairing(name: str, outer: str, inner: str) -> None:
    """Breaks if a directional derivative of a gradient is not H v, in any pairing."""
    f, hessian = FUNCTIONS[name]
    v = np.array([0.3, -2.0, 1.1])
    _, tangent = ad.jvp(lambda x: ad.gradient(f, x, method=inner), V, v, method=outer)
    assert_close(tangent, hessian(V) @ v)
    _, pullback = ad.vjp(lambda x: ad.gradient(f, x, method=inner), V, method=outer)
    assert_close(pullback(v), hessian(V) @ v)
    slope = lambda x: ad.jvp(f, x, v, method=inner)[1]  # noqa: E731 - the shape users write
    assert_close(ad.gradient(slope, V, method=outer), hessian(V) @ v)
    pulled = lambda x: ad.vjp(f, x, method=inner)[1](1.0)  # noqa: E731 - the shape users write
    assert_close(ad.jacobian(pulled, V, method=outer), hessian(V))


@exact_modes
@functions
def test_hessian_and_hvp_operators(name: str, method: str) -> None:
    """Breaks if `hessian` or `hvp` differ from the closed form."""
    f, hessian = FUNCTIONS[name]
    v = np.array([0.3, -2.0, 1.1])
    assert_close(ad.hessian(f, V, method=method), hessian(V))
    assert_close(ad.hvp(f, V, v, method=method), hessian(V) @ v)


@triples
def test_third_order(methods: tuple[str, str, str]) -> None:
    """Breaks if a third derivative is wrong in any combination of modes, on numbers and on arrays."""
    a, b, c = methods
    f = lambda x: np.sin(x) * x**3  # noqa: E731 - a formula
    third = ad.differentiate(lambda x: ad.differentiate(lambda y: ad.differentiate(f, y, method=c), x, method=b), 0.7, method=a)
    truth = -np.cos(0.7) * 0.343 - 9 * 0.49 * np.sin(0.7) + 18 * 0.7 * np.cos(0.7) + 6 * np.sin(0.7)
    assert_close(third, truth)
    cubic = lambda x: np.prod(x) + np.sum(x**3)  # noqa: E731 - a formula
    tensor = ad.jacobian(lambda x: ad.jacobian(lambda y: ad.gradient(cubic, y, method=c), x, method=b), V, method=a)
    wanted = np.zeros((3, 3, 3))
    for i, j, k in itertools.permutations(range(3)):
        wanted[i, j, k] = 1
    wanted[range(3), range(3), range(3)] = 6
    assert_close(tensor, wanted)


@pairings
def test_gradient_descent_inside_f(outer: str, inner: str) -> None:
    """Breaks if the derivative through an optimisation that itself takes gradients is wrong."""

    def final_point(rate: Any) -> Any:
        x = np.array([1.0, 2.0])
        for _ in range(3):
            x = x - rate * ad.gradient(lambda z: np.sum(np.array([1.0, 3.0]) * z * z), x, method=inner)
        return x.sum()

    r = 0.1  # x_i = x0_i (1 - 2 c_i r)^3
    truth = 1.0 * 3 * (1 - 2 * r) ** 2 * -2 + 2.0 * 3 * (1 - 6 * r) ** 2 * -6
    assert_close(ad.differentiate(final_point, r, method=outer), truth)


@pairings
def test_values_of_two_levels_meet(outer: str, inner: str) -> None:
    """Breaks if arrays, writes and comparisons of mixed levels lose one of the two derivatives."""

    def outer_function(x: Any) -> Any:
        def inner_function(y: Any) -> Any:
            z = np.zeros_like(y)
            z[0] = x[0] * y[1]
            z[1:] = np.where(y[1:] > x[1:], y[1:] * x[0], x[1:])
            return np.array([z[0] * x[2], y[2] * x[1], 1.0]) @ x + np.stack([x, y]).sum() + z.sum()

        return ad.gradient(inner_function, x + 0.5, method=inner)

    a, b, c = V
    # by y: z0 = a y1, z1 = a y1, z2 = a y2; f = a y1 c a + y2 b b + (x + y) + 2 a y1 + a y2
    wanted = np.array([1.0, a * a * c + 1 + 2 * a, b * b + 1 + a])
    assert_close(outer_function(V), wanted)
    assert_close(ad.jacobian(outer_function, V, method=outer), np.array([[0, 0, 0], [2 * a * c + 2, 0, a * a], [1, 2 * b, 0]]))


def view_read_after_a_write(x: Any) -> Any:
    a = x * 2.0
    v = a[:]
    a *= x[0]
    return np.sin(v).sum()


def view_written(x: Any) -> Any:
    a = np.outer(x, x)
    row = a[1]
    row[1:] *= x[0]
    a[0] = np.sin(row)
    return (a**2).sum()


def read_between_writes(x: Any) -> Any:
    a = x * x
    total = np.sin(a[1]) * a.sum()
    a[1] = total * x[0]
    part = a[1:] * 1.0
    a[1:] = part[::-1] * a[0]
    return (a * part[0]).sum()


def alias_and_copy(x: Any) -> Any:
    a = x.copy()
    kept, alias = a.copy(), a
    alias += x[0] * kept
    a[0] = a[1] * alias[2]
    return (kept * a * alias).sum()


def transposed_write(x: Any) -> Any:
    a = np.zeros((3, 2), like=x)
    a.T[0] = x * x
    a.T[1] = a.T[0] * x[0]
    return np.exp(a[:, 1] * a[::-1, 0]).sum()


WRITERS = (view_read_after_a_write, view_written, read_between_writes, alias_and_copy, transposed_write)


@pairings
@pytest.mark.parametrize("f", WRITERS, ids=lambda f: f.__name__)
def test_second_order_of_views_and_writes(f: Any, outer: str, inner: str) -> None:
    """Breaks if what a partial reads loses the outer derivative when views are read or written after a write."""
    slope = numerical_jacobian(f, V)
    assert_close(ad.gradient(f, V, method=inner), slope, 1e-8)
    truth = numerical_jacobian(lambda x: numerical_jacobian(f, x), V)
    assert_close(ad.jacobian(lambda x: ad.gradient(f, x, method=inner), V, method=outer), truth, 1e-6)


@pairings
def test_higher_level_value_in_a_lower_level_buffer(outer: str, inner: str) -> None:
    """Breaks if writing an inner traced value into an array of the outer function is let through."""

    def outer_function(x: Any) -> Any:
        buffer = np.zeros_like(x)

        def inner_function(y: Any) -> Any:
            buffer[0] = y * x[1]
            return buffer.sum()

        return ad.gradient(inner_function, 2.0, method=inner)

    with pytest.raises(LevelError, match=r"inner|outer|level"):
        ad.gradient(outer_function, V, method=outer)


@pairings
def test_in_place_operator_on_a_lower_level_buffer(outer: str, inner: str) -> None:
    """Breaks if `buffer += y` of an inner value keeps only one of the two derivatives."""

    def outer_function(x: Any) -> Any:
        buffer = x * 1.0

        def inner_function(y: Any) -> Any:
            local = buffer
            local += y * x
            return local.sum()

        return ad.gradient(inner_function, 2.0, method=inner)

    try:
        got = ad.gradient(outer_function, V, method=outer)
    except AdmodesError as error:
        assert len(str(error)) > 60
    else:
        assert_close(got, np.ones(3))


@pairings
def test_lower_level_buffer_is_read_and_written_inside(outer: str, inner: str) -> None:
    """Breaks if an outer array written inside the inner function with outer values is not differentiated."""

    def outer_function(x: Any) -> Any:
        buffer = np.zeros_like(x)

        def inner_function(y: Any) -> Any:
            buffer[0] = x[1] ** 2
            return (buffer * y).sum()

        return ad.gradient(inner_function, 2.0, method=inner)

    assert_close(ad.gradient(outer_function, V, method=outer), np.array([0, 2 * V[1], 0]))


@pairings
def test_seeds_that_are_traced_outside(outer: str, inner: str) -> None:
    """Breaks if a tangent, cotangent or vector that depends on the outer x counts as a constant."""
    c = np.array([0.4, 1.5, -0.8])
    jacobian = (1 - np.tanh(A @ c) ** 2)[:, None] * A
    pushed = ad.jacobian(lambda x: ad.jvp(lambda z: np.tanh(A @ z), c, x, method=inner)[1], V, method=outer)
    assert_close(pushed, jacobian)
    pulled = ad.jacobian(lambda x: ad.vjp(lambda z: np.tanh(A @ z), c, method=inner)[1](A @ x), V, method=outer)
    assert_close(pulled, jacobian.T @ A)
    product = ad.jacobian(lambda x: ad.hvp(layer, c, x, method=inner), V, method=outer)
    assert_close(product, layer_hessian(c))
    both = ad.jacobian(lambda x: ad.jvp(lambda z: np.sum(z**2) * z, x, x, method=inner)[1], V, method=outer)
    assert_close(both, 3 * (2 * np.outer(V, V) + V @ V * np.eye(3)))  # J x = 3 |x|^2 x
    seeds = ad.jacobian(lambda x: ad.jvp(lambda z: z**2, c, np.stack([x, x * x]), method=inner)[1], V, method=outer)
    assert_close(seeds, np.stack([np.diag(2 * c), np.diag(2 * c) @ np.diag(2 * V)]))


@pytest.mark.parametrize("outer", [*EXACT_MODES, "auto"])
@pytest.mark.parametrize("inner", [*EXACT_MODES, "auto"])
def test_operators_inside_f(outer: str, inner: str) -> None:
    """Breaks if f may not call hessian, value_and_gradient or a Jacobian of containers itself."""
    laplacian = ad.gradient(lambda x: np.trace(ad.hessian(lambda z: np.sum(z**4) * z[0], x, method=inner)), V, method=outer)
    a, b, c = V  # laplacian = 20 a^3 + 12 a (b^2 + c^2)
    assert_close(laplacian, np.array([60 * a**2 + 12 * (b**2 + c**2), 24 * a * b, 24 * a * c]))

    def value_times_slope(x: Any) -> Any:
        value, slope = ad.value_and_gradient(lambda z: np.sum(np.sin(z)), x, method=inner)
        return value * slope.sum()

    s, t = np.sin(V).sum(), np.cos(V).sum()
    assert_close(ad.gradient(value_times_slope, V, method=outer), np.cos(V) * t - s * np.sin(V))

    def of_container(x: Any) -> Any:
        got = ad.jacobian(lambda p: {"u": p["v"] * p["s"], "w": p["s"] ** 3}, {"v": x, "s": x[0]}, method=inner)
        return got["u"]["v"].sum() + got["u"]["s"].sum() + got["w"]["s"]

    assert_close(ad.gradient(of_container, V, method=outer), np.array([3.0 + 1 + 6 * a, 1, 1]))


@exact_modes
def test_exception_leaves_nothing_behind(method: str) -> None:
    """Breaks if an exception inside f, also inside a nested derivative, disturbs later derivatives."""

    def fails(x: Any) -> Any:
        ad.gradient(lambda y: 1 / 0 if y > 0 else y, x[0], method=method)

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            ad.gradient(fails, V, method=method)
    assert_close(ad.gradient(lambda x: (x * x).sum(), V, method=method), 2 * V)
    assert_close(ad.hessian(layer, V, method=method), layer_hessian(V))


@pairings
def test_exception_caught_inside_f(outer: str, inner: str) -> None:
    """Breaks if f cannot catch the failure of an inner derivative and go on."""

    def outer_function(x: Any) -> Any:
        try:
            ad.gradient(lambda y: (y * x).sum() / [1.0][y.size], x, method=inner)
        except IndexError:
            return (x**3).sum()

    assert_close(ad.gradient(outer_function, V, method=outer), 3 * V**2)


@pairings
def test_generators_and_closures(outer: str, inner: str) -> None:
    """Breaks if lazy evaluation mixes levels: a generator of the outer function consumed inside the inner one."""

    def outer_function(x: Any) -> Any:
        squares = (v * v for v in x)
        add = lambda y: y + x[1]  # noqa: E731 - a closure over the outer level

        def inner_function(y: Any) -> Any:
            return y * next(squares) + next(squares) * y**2 * add(y)

        return ad.differentiate(inner_function, 2.0, method=inner) + next(squares)

    a, b, c = V  # d/dy (a^2 y + b^2 (y^3 + b y^2)) + c^2 at 2 = a^2 + b^2 (12 + 4 b) + c^2
    assert_close(ad.gradient(outer_function, V, method=outer), np.array([2 * a, 24 * b + 12 * b**2, 2 * c]))


@exact_modes
def test_threads_at_the_same_time(method: str) -> None:
    """Breaks if two threads that differentiate at the same time mix their levels."""
    barrier, results, failures = threading.Barrier(2), {}, []

    def work(scale: float) -> None:
        def inner(y: Any, x: Any) -> Any:
            barrier.wait(timeout=20)
            return y * y * x * scale

        def outer(x: Any) -> Any:
            barrier.wait(timeout=20)
            return x * ad.differentiate(inner, x, method=method, args=(x,))

        try:
            for _ in range(10):
                results.setdefault(scale, []).append(ad.differentiate(outer, 3.0, method=method))
        except Exception as error:  # noqa: BLE001 - reported below, in the main thread
            failures.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(scale,)) for scale in (1.0, 10.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for scale in (1.0, 10.0):  # x * 2 x x scale
        assert_close(results[scale], np.full(10, 54.0 * scale))


@pairings
def test_args_of_an_inner_derivative_are_traced(outer: str, inner: str) -> None:
    """Breaks if a traced value that enters an inner derivative through args= counts as a constant."""
    got = ad.gradient(lambda x: ad.gradient(lambda y, z: (y * z * z).sum(), V, method=inner, args=(x,)).sum(), V, method=outer)
    assert_close(got, 2 * V)
    by_both = ad.gradient(
        lambda x: sum(
            part.sum() for part in ad.gradient(lambda y, z: (y * z * z).sum(), V, method=inner, args=(x,), argnums=(0, 1))
        ),
        V,
        method=outer,
    )
    assert_close(by_both, 2 * V + 2 * V)


@pytest.mark.parametrize("inner", ["finite", "symbolic"])
@exact_modes
def test_inner_derivative_by_another_kind_of_mode(inner: str, method: str) -> None:
    """Breaks if finite or symbolic inside forward or reverse is silently wrong: right, or refused."""
    try:
        got = ad.gradient(lambda x: (ad.gradient(lambda y: (y**3).sum(), x, method=inner) * x).sum(), V, method=method)
    except AdmodesError as error:
        assert len(str(error)) > 60
    else:
        assert_close(got, 9 * V**2, 1e-5)


@pytest.mark.parametrize("outer", ["finite", "symbolic"])
@exact_modes
def test_outer_derivative_by_another_kind_of_mode(outer: str, method: str) -> None:
    """Breaks if forward or reverse inside finite or symbolic is silently wrong: right, or refused (symbolic)."""
    try:
        got = ad.gradient(lambda x: (ad.gradient(lambda y: (y**3).sum(), x, method=method) * x).sum(), V, method=outer)
    except AdmodesError as error:
        assert outer == "symbolic"
        assert len(str(error)) > 60
    else:
        assert_close(got, 9 * V**2, 1e-6)
