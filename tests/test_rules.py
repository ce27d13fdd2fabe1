"""The elementwise rules: tests made from the table, so that one line there is tested without an edit here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import pytest
from rule_cases import (
    FIRST_ORDER,
    PAIRINGS,
    check_array_function,
    digits_proved,
    domains,
    draw,
    exact_function,
    parameter_choices,
    partial_of,
    smooth,
)
from support import EXACT_MODES, assert_close, exact_modes, numerical_jacobian

import admodes as ad
from admodes import rules

every_rule = pytest.mark.parametrize("rule", list(rules.ELEMENTWISE.values()), ids=lambda rule: rule.name)
every_partial = pytest.mark.parametrize(
    ("rule", "position"),
    [
        pytest.param(rule, position, id=f"{rule.name}-{position}")
        for rule in rules.ELEMENTWISE.values()
        for position in smooth(rule)
    ],
)
PAIR_SHAPES = [
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (2, 3)),
    ((3, 1), (2, 1, 4)),
    ((), (3,)),
    ((2, 2), ()),
    ((1,), (4,)),
    ((0,), (1,)),
    ((2, 0), ()),
]
SHAPES = [(), (1,), (4,), (2, 3), (0,), (2, 0, 3)]


def shapes_for(rule: rules.Elementwise) -> list[tuple[tuple[int, ...], ...]]:
    """Shapes of the arguments to try the rule at; of more than two, those in front have the first's."""
    count = len(rule.partials)
    return [(shape,) for shape in SHAPES] if count == 1 else [(first,) * (count - 1) + (last,) for first, last in PAIR_SHAPES]


@every_rule
def test_the_sympy_text_is_the_function(rule: rules.Elementwise) -> None:
    """Breaks if the formula that the proof differentiates is not what NumPy computes."""
    points = draw(rule, *((20,) for _ in rule.partials))
    for parameters in parameter_choices(rule):
        theirs = [float(exact_function(rule, None, *parameters.items())(*row)) for row in rows(points)]
        np.testing.assert_allclose(rule.evaluate(*points, **parameters), theirs, rtol=1e-13, atol=1e-15)


@every_partial
def test_partials_are_proved(rule: rules.Elementwise, position: int) -> None:
    """Breaks if a partial is not SymPy's derivative to fifty digits at rational points of the domain."""
    for parameters in parameter_choices(rule):
        assert digits_proved(rule, position, parameters) >= 50, parameters


@every_partial
def test_partials_at_many_points(rule: rules.Elementwise, position: int) -> None:
    """Breaks if a partial is wrong or inaccurate anywhere in the domain, a series near a point included."""
    points = draw(rule, *((60,) for _ in rule.partials), seed=1)
    for parameters in parameter_choices(rule):
        ours = partial_of(rule, position, rule.evaluate(*points, **parameters), points, parameters)
        truth = [float(exact_function(rule, position, *parameters.items())(*row)) for row in rows(points)]
        np.testing.assert_allclose(np.broadcast_to(ours, (60,)), truth, rtol=1e-13, atol=1e-13)


def rows(points: list[np.ndarray]) -> list[tuple[Any, ...]]:
    """The points one by one, as mpmath's numbers."""
    return [tuple(mpmath.mpf(float(value)) for value in row) for row in zip(*points, strict=True)]


def by_all(rule: rules.Elementwise, points: list[np.ndarray], parameters: dict[str, Any]) -> tuple[Any, np.ndarray]:
    """The rule as a function of one vector that holds all its smooth arguments, and that vector."""
    positions = smooth(rule)
    ends = np.cumsum([0, *(points[position].size for position in positions)]).tolist()

    def f(x: Any) -> Any:
        arguments = list(points)
        for position, start, stop in zip(positions, ends, ends[1:], strict=False):
            arguments[position] = x[start:stop].reshape(points[position].shape)
        return rule(*arguments, **parameters)

    return f, np.concatenate([np.ravel(points[position]) for position in positions])


@every_rule
def test_every_mode_on_every_shape(rule: rules.Elementwise) -> None:
    """Breaks if values, first or second order are wrong on numbers, arrays, broadcast pairs or empty arrays."""
    parameters = parameter_choices(rule)[0]
    for shapes in shapes_for(rule):
        f, x = by_all(rule, draw(rule, *shapes, seed=len(shapes[0])), parameters)
        check_array_function(f, x, 3 * FIRST_ORDER)


@every_rule
def test_every_parameter(rule: rules.Elementwise) -> None:
    """Breaks if a rule is right for one value of its parameter and wrong for another."""
    for parameters in parameter_choices(rule)[1:]:
        points = [np.abs(point) + 0.2 for point in draw(rule, *((3,) for _ in rule.partials))]
        f, x = by_all(rule, points, parameters)
        check_array_function(f, x, 3 * FIRST_ORDER)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 5, -1, -2, 2.0, -3.0, np.int64(3), np.float64(2.0)])
def test_whole_powers_of_negative_numbers(exponent: Any) -> None:
    """Breaks if x**n with a constant n is wrong for negative x, where logarithms do not exist."""
    x = np.array([-1.7, -0.4, 0.6, 2.1])
    check_array_function(lambda x: x**exponent, x, 1e-7)
    check_array_function(
        lambda x: np.power(x, exponent) if exponent >= 0 or isinstance(exponent, float) else x**exponent, x, 1e-7
    )


@exact_modes
@every_partial
def test_beside_constants_and_as_numbers(rule: rules.Elementwise, position: int, method: str) -> None:
    """Breaks if one traced argument beside plain ones, or the scalar fast path, gives another derivative than arrays do."""
    parameters = parameter_choices(rule)[0]
    points = draw(rule, *((3,) for _ in rule.partials), seed=2)

    def alone(points: list[Any]) -> Any:
        return lambda x: rule(*points[:position], x, *points[position + 1 :], **parameters)

    jacobian = ad.jacobian(alone(points), points[position], method=method)
    assert_close(jacobian, numerical_jacobian(alone(points), points[position], step=5e-3), 3 * FIRST_ORDER)
    for k in range(3):
        for kind in (float, np.float64, np.array):
            row = [kind(point[k]) if point.dtype.kind == "f" else int(point[k]) for point in points]
            found = ad.differentiate(alone(row), row[position], method=method)
            assert isinstance(found, np.float64)
            assert_close(found, jacobian[k, k], 1e-13)
    second = ad.hessian(lambda x: np.sum(alone(points)(x) ** 2), points[position], method=method)
    numbers = [point[1] if point.dtype.kind == "i" else float(point[1]) for point in points]
    assert_close(ad.hessian(lambda x: alone(numbers)(x) ** 2, numbers[position], method=method), second[1, 1], 1e-12)


@exact_modes
@every_rule
def test_float32_and_strides(rule: rules.Elementwise, method: str) -> None:
    """Breaks if float32 is widened, or an array that is not contiguous is read in the wrong order."""
    parameters = parameter_choices(rule)[0]
    points = draw(rule, *((4, 6) for _ in rule.partials), seed=3)
    positions = smooth(rule)

    def f(arrays: dict[str, Any]) -> Any:
        return rule(*(arrays.get(str(position), points[position][::2, ::-3].T) for position in range(len(points))), **parameters)

    strided = {str(position): points[position][::2, ::-3].T for position in positions}
    packed = {name: array.copy() for name, array in strided.items()}
    for found, truth in zip(
        ad.jacobian(f, strided, method=method).values(), ad.jacobian(f, packed, method=method).values(), strict=True
    ):
        np.testing.assert_array_equal(found, truth)
    narrow = {name: array.astype(np.float32) for name, array in packed.items()}
    value, derivative = ad.value_and_jacobian(f, narrow, method=method)
    assert np.asarray(value).dtype == np.asarray(f(narrow)).dtype
    for found, truth in zip(derivative.values(), ad.jacobian(f, packed, method=method).values(), strict=True):
        assert found.dtype == np.float32
        assert_close(found, truth, 1e-3 if rule.name.startswith(("tan", "arc", "power", "float_power")) else 1e-4)


@every_rule
def test_batched_seeds(rule: rules.Elementwise) -> None:
    """Breaks if k seeds at once on broadcast arguments do not give what k single sweeps give."""
    parameters = parameter_choices(rule)[0]
    shapes = shapes_for(rule)[3]
    f, x = by_all(rule, draw(rule, *shapes), parameters)
    value, pullback = ad.vjp(f, x)
    rng = np.random.default_rng(1)
    v, w = rng.normal(size=(5, x.size)), rng.normal(size=(5, *value.shape))
    assert_close(ad.jvp(f, x, v)[1], np.array([ad.jvp(f, x, row)[1] for row in v]), 1e-13)
    assert_close(pullback(w), np.array([pullback(row) for row in w]), 1e-13)
    assert ad.jvp(f, x, v[:0])[1].shape == (0, *value.shape)
    assert pullback(w[:0]).shape == (0, x.size)


# ---- the generators themselves


@pytest.fixture
def forget() -> Iterator[list[Any]]:
    """Functions named here leave the registry after the test."""
    functions: list[Any] = []
    yield functions
    for function in functions:
        del rules.ELEMENTWISE[function], rules.FUNCTIONS[function]


def test_one_line_is_enough(forget: list[Any]) -> None:
    """Breaks if a primitive added by one line is not picked up by every mode, its proof and its tests."""
    squash = lambda x: x / np.sqrt(1 + x * x)  # noqa: E731 - a function of its own, not the name's definition
    rule = rules.elementwise(squash, lambda out, x: (1 + x * x) ** -1.5, sympy="x / sqrt(1 + x**2)", name="squash")
    forget.append(squash)
    assert rule in rules.ELEMENTWISE.values()
    assert digits_proved(rule, 0, {}) > 50
    assert domains(rule) == [(-2.5, 2.5)]
    for test in (test_the_sympy_text_is_the_function, test_every_mode_on_every_shape, test_batched_seeds):
        test(rule)
    for method in EXACT_MODES:
        test_beside_constants_and_as_numbers(rule, 0, method)
        test_float32_and_strides(rule, method)
        assert_close(ad.differentiate(rule, 0.5, method=method), 1.25**-1.5, 1e-15)
    for outer, inner in PAIRINGS:
        found = ad.differentiate(lambda x, inner=inner: ad.differentiate(rule, x, method=inner), 0.5, method=outer)
        assert_close(found, -1.5 * 1.25**-2.5, 1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "partial",
    [
        lambda out, x: 0.0 * x,
        lambda out, x: -np.cos(x),
        lambda out, x: np.cos(x) * (1 + 1e-12),
        lambda out, x: np.cos(x) + 1e-12,
        lambda out, x: np.where(x > 2.0, 0.9 * np.cos(x), np.cos(x)),
        lambda out, x: np.sqrt(1 - out * out),
        1,
    ],
    ids=["zero", "sign", "factor", "offset", "one_corner", "one_branch", "one"],
)
def test_a_wrong_partial_is_caught(partial: Any, forget: list[Any]) -> None:
    """Breaks if the proof accepts a partial of sin that is wrong, be it by one part in 10**12 or in one corner alone."""

    def planted(x: Any) -> Any:
        return np.sin(x)

    rule = rules.elementwise(planted, partial, sympy="sin")
    forget.append(planted)
    with pytest.raises(AssertionError):
        test_partials_are_proved(rule, 0)


def test_a_wrong_partial_is_caught_by_the_modes(forget: list[Any]) -> None:
    """Breaks if the comparison with differences, too, would pass a partial that is wrong by one part in a million."""

    def planted(x: Any) -> Any:
        return np.sin(x)

    rule = rules.elementwise(planted, lambda out, x: np.cos(x) * (1 + 1e-6), sympy="sin")
    forget.append(planted)
    with pytest.raises(AssertionError):
        test_every_mode_on_every_shape(rule)


def test_a_partial_that_does_not_depend_smoothly_is_not_asked_for() -> None:
    """Breaks if an argument without a partial (the sign of copysign) gets a derivative."""
    x, y = np.array([1.5, -2.0]), np.array([-1.0, 3.0])
    for method in EXACT_MODES:
        by_x, by_y = ad.jacobian(np.copysign, x, args=(y,), argnums=(0, 1), method=method)
        np.testing.assert_array_equal(by_x, np.diag([-1.0, -1.0]))
        np.testing.assert_array_equal(by_y, np.zeros((2, 2)))
