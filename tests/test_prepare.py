"""`prepare`: the operator's results at every point of the kind, whatever has changed since, and no more calls of f than said."""

from __future__ import annotations

import array
import collections
import contextvars
import copy
import functools
import itertools
import math
import os
import pickle
import re
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
import pytest
from support import TOLERANCE, assert_close

import admodes as ad
from admodes.errors import (
    InputError,
    MissingRuleError,
    NothingToDrawError,
    OptionError,
    ShapeError,
    TracedValueError,
    UnknownMethodError,
    UnsupportedError,
)
from admodes.forward import Forward
from admodes.measure.break_even import BreakEven, break_even
from admodes.measure.operation import OPERATORS, SCALAR
from admodes.measure.subject import Subject
from admodes.measure.trials import Effort, measure
from admodes.rows import Row, Timing
from admodes.symbolic.prepared import PreparedSymbolic

METHODS = ("auto", "finite", "symbolic", "forward", "reverse", "complex")
SECOND_TOLERANCE = {"finite": 1e-5}
WEIGHTS = np.array([0.5, -2.0, 3.0])
START, POINT = np.zeros(3), np.array([0.7, -1.2, 2.5])
V, W = np.array([1.0, -0.5, 2.0]), np.array([0.3, 2.0, -1.0])


class Pair(NamedTuple):
    """A container of two arrays."""

    first: Any
    second: Any


def cubic(x: Any) -> Any:
    return np.sum(WEIGHTS * x**3)


def squares(x: Any) -> Any:
    return WEIGHTS * x**2


GRADIENT, HESSIAN, JACOBIAN = 3 * WEIGHTS * POINT**2, np.diag(6 * WEIGHTS * POINT), np.diag(2 * WEIGHTS * POINT)
#: operator -> f, further arguments of the call, and the leaves of what it returns at POINT.
CLOSED: dict[str, tuple[Callable[[Any], Any], tuple[Any, ...], tuple[Any, ...]]] = {
    "differentiate": (squares, (), (JACOBIAN,)),
    "jacobian": (squares, (), (JACOBIAN,)),
    "value_and_jacobian": (squares, (), (WEIGHTS * POINT**2, JACOBIAN)),
    "gradient": (cubic, (), (GRADIENT,)),
    "value_and_gradient": (cubic, (), (np.sum(WEIGHTS * POINT**3), GRADIENT)),
    "hessian": (cubic, (), (HESSIAN,)),
    "jvp": (squares, (V,), (WEIGHTS * POINT**2, JACOBIAN @ V)),
    "hvp": (cubic, (V,), (HESSIAN @ V,)),
    "vjp": (squares, (), (WEIGHTS * POINT**2, W @ JACOBIAN)),
}

every_method = pytest.mark.parametrize("method", METHODS)


class Counted:
    """How often f is called, counted from outside: an f that counts its own calls changes what it reads."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.calls = 0

    def __enter__(self) -> Self:
        def count(frame: types.FrameType, event: str, argument: Any) -> None:
            self.calls += event == "call" and frame.f_code is self.f.__code__  # type: ignore[attr-defined]

        sys.setprofile(count)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(None)


def parts_of(operator: str, found: Any) -> tuple[Any, ...]:
    """What an operator returned, as arrays; the pullback of a vjp is called with W."""
    if operator == "vjp":
        return found[0], found[1](W)
    return found if isinstance(found, tuple) else (found,)


# ---- results


@every_method
@pytest.mark.parametrize("operator", CLOSED)
def test_closed_forms_at_another_point(method: str, operator: str) -> None:
    """Breaks if what was made at x = 0 keeps a zero, if a second call differs, or if x is written into."""
    f, directions, wanted = CLOSED[operator]
    prepared = ad.prepare(f, START, method, operator)
    x = POINT.copy()
    for _ in range(2):
        found = parts_of(operator, prepared(x, *directions))
        assert len(found) == len(wanted)
        tolerance = SECOND_TOLERANCE.get(method, 1e-9) if operator in ("hessian", "hvp") else TOLERANCE.get(method, 1e-9)
        for got, truth in zip(found, wanted, strict=True):
            assert_close(got, truth, tolerance)
    np.testing.assert_array_equal(x, POINT)
    assert (prepared.method, prepared.operator, prepared.prepares) == (method, operator, method == "symbolic")
    assert prepared.seconds > 0


@every_method
def test_a_result_is_the_callers_own(method: str) -> None:
    """Breaks if two calls return the same memory, or what is written into a result comes back later."""
    for operator in ("gradient", "hessian"):
        prepared = ad.prepare(cubic, POINT, method, operator)
        first = prepared(POINT)
        kept = first.copy()
        first[...] = 99.0
        np.testing.assert_array_equal(prepared(POINT), kept)


KINDS: dict[str, tuple[Callable[[Any], Any], Any, Any, Any]] = {
    "number": (lambda x: x**3, 0.0, 2.0, 12.0),
    "integer": (lambda x: x**3, 1, 2, 12.0),
    "zero-d array": (lambda x: x**3, np.array(0.0), np.array(2.0), 12.0),
    "NumPy number for a number": (lambda x: x**3, 0.0, np.float64(2.0), 12.0),
    "integers for floats": (lambda x: np.sum(x**3), np.zeros(2), np.array([1, 2]), [3.0, 12.0]),
    "a list for an array": (lambda x: np.sum(x**3), np.zeros(2), [1.0, 2.0], [3.0, 12.0]),
    "every other element": (lambda x: np.sum(x**3), np.zeros(2), np.array([1.0, 9.0, 2.0, 9.0])[::2], [3.0, 12.0]),
    "backwards": (lambda x: np.sum(x * np.array([1.0, 10.0])), np.zeros(2), np.array([2.0, 1.0])[::-1], [1.0, 10.0]),
    "a transposed matrix": (
        lambda x: np.sum(x**3),
        np.zeros((2, 2)),
        np.array([[1.0, 3.0], [2.0, 4.0]]).T,
        [[3.0, 12.0], [27.0, 48.0]],
    ),
    "single precision": (
        lambda x: np.sum(x**3),
        np.zeros(2, np.float32),
        np.array([1, 2], np.float32),
        np.array([3, 12], np.float32),
    ),
    "no elements": (lambda x: np.sum(x**3), np.zeros(0), np.zeros(0), np.zeros(0)),
    "a constant function": (lambda x: np.float64(2.0), np.zeros(2), np.ones(2), np.zeros(2)),
}


@every_method
@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_points(method: str, kind: str) -> None:
    """Breaks if a point of the kind is refused, or read otherwise than the operator reads it."""
    f, start, x, wanted = KINDS[kind]
    got = ad.prepare(f, start, method)(x)
    tolerance = 1e-3 if np.asarray(wanted).dtype == np.float32 else TOLERANCE.get(method, 1e-9)
    assert_close(got, wanted, tolerance)
    assert np.asarray(got).dtype == (np.float32 if kind == "single precision" else np.float64)


@every_method
def test_containers(method: str) -> None:
    """Breaks if the structure of a result is not the operator's, outside or inside."""

    def f(model: Any) -> Any:
        return {"out": model["weight"] * model["bias"], "sum": [np.sum(model["weight"] ** 2)]}

    prepared = ad.prepare(f, {"weight": np.zeros(2), "bias": 1.0}, method, "jacobian")
    found = prepared({"weight": np.array([2.0, 3.0]), "bias": 5.0})
    assert_close(found["out"]["weight"], 5 * np.eye(2), TOLERANCE.get(method, 1e-9))
    assert_close(found["out"]["bias"], [2.0, 3.0], TOLERANCE.get(method, 1e-9))
    # One number in a list is array_like: the sum comes back as an array of shape (1,).
    assert_close(found["sum"]["weight"], [[4.0, 6.0]], TOLERANCE.get(method, 1e-9))


@every_method
def test_namedtuples_and_second_order(method: str) -> None:
    """Breaks if blocks of a Hessian stand at each other's places."""
    prepared = ad.prepare(lambda p: np.sum(p.first * p.second**2), Pair(np.ones(2), np.ones(2)), method, "hessian")
    found = prepared(Pair(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    tolerance = SECOND_TOLERANCE.get(method, 1e-9)
    assert_close(found.first.second, np.diag([6.0, 8.0]), tolerance)
    assert_close(found.second.first, np.diag([6.0, 8.0]), tolerance)
    assert_close(found.second.second, np.diag([2.0, 4.0]), tolerance)
    assert_close(found.first.first, np.zeros((2, 2)), tolerance)


@every_method
def test_directions_carry_a_leading_axis(method: str) -> None:
    """Breaks if a prepared product takes one direction alone."""
    directions = np.stack([V, W])
    found = ad.prepare(squares, START, method, "jvp")(POINT, directions)[1]
    assert_close(found, directions @ JACOBIAN.T, TOLERANCE.get(method, 1e-9))


@every_method
def test_further_arguments(method: str) -> None:
    """Breaks if others than the prepared arguments are ignored, or stay behind for the next call."""

    def f(x: Any, power: int, scale: Any) -> Any:
        return np.sum(scale * x**power)

    prepared = ad.prepare(f, START, method, args=(2, WEIGHTS))
    tolerance = TOLERANCE.get(method, 1e-9)
    assert_close(prepared(POINT), 2 * WEIGHTS * POINT, tolerance)
    assert_close(prepared(POINT, args=(3, V)), 3 * V * POINT**2, tolerance)
    assert_close(prepared(POINT), 2 * WEIGHTS * POINT, tolerance)


@every_method
def test_argnums(method: str) -> None:
    """Breaks if the argument that f is not differentiated by is taken for the one of the preparation."""

    def f(x: Any, y: Any) -> Any:
        return np.sum(x**2 * y**3)

    tolerance = TOLERANCE.get(method, 1e-9)
    by_y = ad.prepare(f, np.ones(2), method, args=(np.ones(2),), argnums=1)
    x, y = np.array([2.0, 3.0]), np.array([0.5, -1.0])
    assert_close(by_y(x, args=(y,)), 3 * x**2 * y**2, tolerance)
    assert_close(by_y(2 * x, args=(y,)), 12 * x**2 * y**2, tolerance)
    by_both = ad.prepare(f, np.ones(2), method, args=(np.ones(2),), argnums=(0, 1))
    first, second = by_both(x, args=(y,))
    assert_close(first, 2 * x * y**3, tolerance)
    assert_close(second, 3 * x**2 * y**2, tolerance)


# ---- what changes behind its back


@every_method
def test_branches(method: str) -> None:
    """Breaks if a point on another branch of f gets the derivative of the prepared one."""

    def f(x: Any) -> Any:
        if x[0] > 0:
            return np.sum(x**2)
        if x[1] > 0:
            return np.sum(x**3)
        return x[0] * 7.0

    prepared = ad.prepare(f, np.ones(2), method)
    for x, wanted in [([2, 1], [4, 2]), ([-2, 1], [12, 3]), ([-2, -1], [7, 0]), ([3, 1], [6, 2]), ([-1, 2], [3, 12])]:
        assert_close(prepared(x), np.array(wanted, float), TOLERANCE.get(method, 1e-9))


def test_a_branch_is_traced_once() -> None:
    """Breaks if a path that was met before is traced again, or paths are kept without end."""
    with Counted(lambda x: np.sum(x ** int(np.floor(x[0])))) as counted:
        prepared = ad.prepare(counted.f, np.array([1.5, 1.0]), "symbolic")
        for _ in range(3):
            for start in (1.5, 2.5, 3.5):
                prepared(np.array([start, 1.0]))
    assert counted.calls == 3
    for start in range(30):
        assert_close(prepared(np.array([start + 0.5, 2.0]))[1], start * 2.0 ** (start - 1), 1e-12)
    assert len(prepared._prepared.differentiator._paths) <= 16


def test_data_dependent_paths() -> None:
    """Breaks if a sort, an argmax, a loop's end or a table look-up is kept from the first point."""
    functions: list[Callable[[Any], Any]] = [
        lambda x: np.sum(np.sort(x) * np.arange(3.0)),
        lambda x: x[np.argmax(x)] ** 2,
        lambda x: np.median(x) * x[0],
        lambda x: np.sum(x[x > 0] ** 2),
        lambda x: np.array([1.0, 5.0, 9.0])[int(np.abs(np.round(x[0]))) % 3] * x[1],
        lambda x: np.sum(np.where(x > 0, x**2, -x)),
        lambda x: np.sum(np.maximum(x, 0.5)),
    ]
    points = [[0.3, 0.2, 0.1], [-1.0, 2.0, 0.4], [2.2, -3.0, 1.0], [0.1, 0.2, 0.3]]
    for f in functions:
        prepared = ad.prepare(f, np.array([3.0, 1.0, 2.0]), "symbolic")
        for point in points:
            x = np.array(point)
            assert_close(prepared(x), ad.gradient(f, x, "forward"), 1e-12)


def test_kinks_are_those_of_the_point() -> None:
    """Breaks if a tie at one of the points is settled as it was at the other."""
    f = lambda x: np.sum(np.abs(x)) + np.maximum(x[0], x[1]) + np.hypot(x[0], x[1])  # noqa: E731 - a formula
    points = [np.zeros(2), np.ones(2), np.array([1.0, 0.0]), np.array([-1.0, 2.0]), np.array([0.0, -3.0])]
    for start in points:
        prepared = ad.prepare(f, start, "symbolic")
        for x in points:
            assert_close(prepared(x), ad.gradient(f, x, "reverse"), 1e-13)


def test_single_precision_decides_as_f_does() -> None:
    """Breaks if a float32 that equals f's float32 threshold is compared with the double beside it."""
    f = lambda x: np.sum(x**2) if x[0] > 0.1 else np.sum(x)  # noqa: E731 - a formula
    prepared = ad.prepare(f, np.ones(2, np.float32), "symbolic")
    assert not prepared.prepares
    np.testing.assert_array_equal(prepared(np.full(2, 0.1, np.float32)), [1, 1])
    assert ad.prepare(lambda x: np.sum(x**2), np.ones(2, np.float32), "symbolic").prepares


def test_order_in_memory() -> None:
    """Breaks if f reads its array in the order of memory, and the prepared one in that of the first point."""
    f = lambda x: np.sum(np.ravel(x, order="A") * np.arange(6.0))  # noqa: E731 - a formula
    prepared = ad.prepare(f, np.zeros((2, 3)), "symbolic")
    np.testing.assert_array_equal(prepared(np.ones((2, 3))), [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(prepared(np.ones((3, 2)).T), [[0, 2, 4], [1, 3, 5]])


def test_order_of_keys() -> None:
    """Breaks if two dicts with the same keys in another order are one to a function that stacks their values."""
    f = lambda d: np.stack([part**2 for part in d.values()])  # noqa: E731 - a formula
    prepared = ad.prepare(f, {"a": 1.0, "b": 2.0}, "symbolic", "jacobian")
    np.testing.assert_array_equal(prepared({"b": 5.0, "a": 3.0})["b"], [10, 0])
    np.testing.assert_array_equal(prepared({"a": 3.0, "b": 5.0})["b"], [0, 10])


SCALE = 2.0
TABLE = {"rate": np.array([1.0, 2.0])}


def reads_globals(x: Any) -> Any:
    return np.sum(helper(x) * TABLE["rate"])


def helper(x: Any) -> Any:
    return SCALE * x**2


class Model:
    """An object whose attributes f reads."""

    def __init__(self) -> None:
        self.weights = np.ones(2)
        self.layers = [np.ones(2)]

    def loss(self, x: Any) -> Any:
        return np.sum(self.weights * x**2 * self.layers[0])


@every_method
def test_numbers_that_f_reads_may_change(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a global, a closure, an attribute, an item or an argument that was changed since is read as it was."""
    x, tolerance = np.array([1.0, 3.0]), TOLERANCE.get(method, 1e-9)
    prepared = ad.prepare(reads_globals, x, method)
    assert_close(prepared(x), [4.0, 24.0], tolerance)
    monkeypatch.setattr(f"{__name__}.SCALE", 3.0)
    assert_close(prepared(x), [6.0, 36.0], tolerance)
    monkeypatch.setitem(TABLE, "rate", np.array([0.0, 1.0]))
    assert_close(prepared(x), [0.0, 18.0], tolerance)
    TABLE["rate"][0] = 1.0
    assert_close(prepared(x), [6.0, 18.0], tolerance)
    model = Model()
    for change in (
        lambda: setattr(model, "weights", np.full(2, 2.0)),
        lambda: model.weights.fill(4.0),
        lambda: model.layers.clear(),
    ):
        prepared = ad.prepare(model.loss, x, method)
        assert_close(prepared(x), 2 * model.weights * x, tolerance)
        change()
        if model.layers:
            assert_close(prepared(x), 2 * model.weights * x, tolerance)
    with pytest.raises(IndexError):
        prepared(x)


@every_method
def test_arguments_written_into(method: str) -> None:
    """Breaks if data in args that the caller has changed in place counts as it was."""
    data = np.ones(3)
    prepared = ad.prepare(lambda x, data: np.sum(data * x**2), START, method, args=(data,))
    assert_close(prepared(POINT), 2 * POINT, TOLERANCE.get(method, 1e-9))
    data[:] = WEIGHTS
    assert_close(prepared(POINT), 2 * WEIGHTS * POINT, TOLERANCE.get(method, 1e-9))


def test_closures_that_are_bound_anew() -> None:
    """Breaks if a variable of the enclosing function counts as it was."""
    scale = 1.0

    def f(x: Any, power: float = 2.0) -> Any:
        return np.sum(scale * x**power)

    prepared = ad.prepare(f, START, "symbolic")
    assert_close(prepared(POINT), 2 * POINT)
    scale = 5.0
    assert_close(prepared(POINT), 10 * POINT)
    f.__defaults__ = (1.0,)
    assert_close(prepared(POINT), np.full(3, 5.0))


class Slotted:
    """An object whose attributes are in no dict, and a constant of its class."""

    __slots__ = ("scale",)
    power = 2

    def __init__(self) -> None:
        self.scale = 1.0

    def loss(self, x: Any) -> Any:
        return np.sum(self.scale * self.raised(x))

    def raised(self, x: Any) -> Any:
        return SCALE / 2 * x**self.power


def test_attributes_wherever_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a slot, a constant of the class, a method, a module's constant or what a method reads counts as it was."""
    owner, module = Slotted(), types.ModuleType("my_settings")
    module.rate = 1.0  # type: ignore[attr-defined]
    losses = (owner.loss, lambda x: owner.loss(x), functools.partial(lambda owner, x: owner.loss(x), owner))
    prepared = [ad.prepare(f, POINT, "symbolic") for f in (*losses, lambda x: np.sum(module.rate * x**2))]

    def check(wanted: Any, rate: float = 1.0) -> None:
        for slope in prepared[:3]:
            assert_close(slope(POINT), wanted)
        assert_close(prepared[3](POINT), 2 * rate * POINT)

    check(2 * POINT)
    owner.scale = 3.0
    check(6 * POINT)
    monkeypatch.setattr(f"{__name__}.SCALE", 4.0)
    check(12 * POINT)
    monkeypatch.setattr(Slotted, "power", 1)
    check(np.full(3, 6.0))
    monkeypatch.setattr(Slotted, "raised", lambda self, x: x**3)
    check(9 * POINT**2)
    module.rate = 5.0  # type: ignore[attr-defined]
    check(9 * POINT**2, 5.0)


def test_what_stays_the_same_is_not_prepared_again() -> None:
    """Breaks if equal numbers in other objects cost a preparation at each call."""
    with Counted(lambda x, scale, name: np.sum(scale * x**2)) as counted:
        prepared = ad.prepare(counted.f, START, "symbolic", "value_and_gradient", args=(WEIGHTS, "a"))
        assert counted.calls == 1
        for _ in range(3):
            prepared(POINT, args=(WEIGHTS.copy(), str(np.str_("a"))))
    assert counted.calls == 4


class Rates:
    """A class that is read through itself."""

    rate = 2.0

    @staticmethod
    def static() -> float:
        return SCALE

    @classmethod
    def of_class(cls) -> float:
        return cls.rate

    def times(self, x: Any) -> Any:
        return SCALE * x


class Faster(Rates):
    """Another class of the same attributes."""

    rate = 5.0


class ListOf(list[float]):
    """A list with attributes."""


class TupleOf(tuple[float, ...]):  # noqa: SLOT001 - it has attributes on purpose
    """A tuple with attributes."""


class ArrayOf(np.ndarray):
    """An array with attributes."""


class FloatOf(float):
    """A number with attributes."""


class Holder:
    """An object that holds what it is given."""

    def __init__(self, held: Any) -> None:
        self.held = held


def with_attribute(value: Any) -> Any:
    value.rate = 2.0
    return value


def own_attribute(x: Any) -> Any:
    return np.sum(own_attribute.rate * x**2)  # type: ignore[attr-defined]


def missing(x: Any) -> Any:
    try:
        rate = PACKAGE.rate
    except AttributeError:
        rate = 2.0
    return rate * square(x)


def imports(x: Any) -> Any:
    import my_package.config

    return np.sum(my_package.config.scale * x**2)


PACKAGE, CONFIG = types.ModuleType("my_package"), types.ModuleType("my_package.config")
PACKAGE.config = CONFIG  # type: ignore[attr-defined]
TABLES: dict[str, Any] = {"a": 2.0}
get_item, proxy = TABLES.get, types.MappingProxyType(TABLES)
QUEUE, NUMBERS, BYTES = collections.deque([2.0]), array.array("d", [2.0]), bytearray([2])
OBJECTS = np.array([np.array([2.0]), None], dtype=object)
CONTEXT: contextvars.ContextVar[float] = contextvars.ContextVar("CONTEXT", default=2.0)
LOCAL, NESTED = threading.local(), collections.ChainMap(TABLES)
DEFAULTS = collections.defaultdict(float, a=2.0)
LISTED, TUPLED, FLOATED = with_attribute(ListOf([1.0])), with_attribute(TupleOf((1.0,))), with_attribute(FloatOf(1.0))
ARRAYED, HELD = with_attribute(np.ones(2).view(ArrayOf)), Holder(Rates)
OWNER = Rates()
square: Callable[[Any], Any] = lambda x: np.sum(x**2)  # noqa: E731 - a formula


def in_closure(held: Any) -> Callable[[Any], Any]:
    return lambda x: held.rate * square(x)


#: What f reads -> f, where 2 stands at first; what makes it 5; whether it can be compared.
READS: dict[str, tuple[Callable[[Any], Any], Callable[[], Any], bool]] = {
    "class": (lambda x: Rates.rate * square(x), lambda: setattr(Rates, "rate", 5.0), True),
    "class in a closure": (in_closure(Rates), lambda: setattr(Rates, "rate", 5.0), True),
    "class held": (lambda x: HELD.held.rate * square(x), lambda: setattr(Rates, "rate", 5.0), True),
    "another class": (lambda x: Rates().rate * square(x), lambda: setattr(Rates, "rate", 5.0), True),
    "submodule": (lambda x: PACKAGE.config.scale * square(x), lambda: setattr(CONFIG, "scale", 5.0), True),
    "import inside": (imports, lambda: setattr(CONFIG, "scale", 5.0), False),
    "own attribute": (own_attribute, lambda: setattr(own_attribute, "rate", 5.0), True),
    "staticmethod": (lambda x: Rates.static() * square(x), lambda: globals().update(SCALE=5.0), True),
    "staticmethod of an instance": (lambda x: Rates().static() * square(x), lambda: globals().update(SCALE=5.0), True),
    "classmethod": (lambda x: Rates.of_class() * square(x), lambda: setattr(Rates, "rate", 5.0), True),
    "method of what f makes": (lambda x: np.sum(Rates().times(x) * x), lambda: globals().update(SCALE=5.0), True),
    "list with attributes": (lambda x: LISTED.rate * square(x), lambda: setattr(LISTED, "rate", 5.0), True),
    "tuple with attributes": (lambda x: TUPLED.rate * square(x), lambda: setattr(TUPLED, "rate", 5.0), True),
    "float with attributes": (lambda x: FLOATED.rate * square(x), lambda: setattr(FLOATED, "rate", 5.0), True),
    "array with attributes": (lambda x: ARRAYED.rate * square(x), lambda: setattr(ARRAYED, "rate", 5.0), True),
    "attributes replaced": (lambda x: LISTED.rate * square(x), lambda: setattr(LISTED, "__dict__", {"rate": 5.0}), True),
    "instance's attributes replaced": (lambda x: HELD.rate * square(x), lambda: setattr(HELD, "__dict__", {"rate": 5.0}), True),
    "another class for the instance": (lambda x: OWNER.rate * square(x), lambda: setattr(OWNER, "__class__", Faster), True),
    "a missing attribute": (missing, lambda: setattr(PACKAGE, "rate", 5.0), True),
    "array of objects": (lambda x: OBJECTS[0][0] * square(x), lambda: OBJECTS[0].fill(5.0), False),
    "deque": (lambda x: QUEUE[0] * square(x), lambda: QUEUE.__setitem__(0, 5.0), False),
    "array.array": (lambda x: NUMBERS[0] * square(x), lambda: NUMBERS.__setitem__(0, 5.0), False),
    "bytearray": (lambda x: BYTES[0] * square(x), lambda: BYTES.__setitem__(0, 5), False),
    "proxy of a dict": (lambda x: proxy["a"] * square(x), lambda: TABLES.update(a=5.0), False),
    "bound get": (lambda x: get_item("a") * square(x), lambda: TABLES.update(a=5.0), True),
    "chain of dicts": (lambda x: NESTED["a"] * square(x), lambda: TABLES.update(a=5.0), True),
    "dict with a default": (lambda x: DEFAULTS["a"] * square(x), lambda: DEFAULTS.update(a=5.0), False),
    "context": (lambda x: CONTEXT.get() * square(x), lambda: CONTEXT.set(5.0), False),
    "thread's own": (lambda x: LOCAL.rate * square(x), lambda: setattr(LOCAL, "rate", 5.0), False),
    "environment": (lambda x: float(os.environ["MY_RATE"]) * square(x), lambda: os.environ.update(MY_RATE="5"), False),
    "by its text": (lambda x: globals()["SCALE"] * square(x), lambda: globals().update(SCALE=5.0), False),
}


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that `READS` reads, as it was at first."""
    monkeypatch.setitem(sys.modules, "my_package", PACKAGE)
    monkeypatch.setitem(sys.modules, "my_package.config", CONFIG)
    monkeypatch.setenv("MY_RATE", "2")
    monkeypatch.setitem(globals(), "SCALE", 2.0)
    for holder in (Rates, own_attribute, LISTED, TUPLED, FLOATED, ARRAYED, LOCAL):
        holder.rate = 2.0  # type: ignore[attr-defined]
    CONFIG.scale = 2.0  # type: ignore[attr-defined]
    HELD.__dict__, OWNER.__class__ = {"held": Rates, "rate": 2.0}, Rates
    vars(PACKAGE).pop("rate", None)
    for table in (TABLES, DEFAULTS):
        table["a"] = 2.0
    QUEUE[0], NUMBERS[0], BYTES[0], OBJECTS[0][0] = 2.0, 2.0, 2, 2.0
    CONTEXT.set(2.0)


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("what", READS)
def test_whatever_f_reads_may_change(what: str) -> None:
    """Breaks if a derivative is stale, or if what could be compared is refused, or the refusal does not say why."""
    f, change, comparable = READS[what]
    prepared = ad.prepare(f, POINT, "symbolic")
    assert_close(prepared(POINT), 4 * POINT)
    assert prepared.prepares == comparable, prepared.reason
    assert bool(prepared.reason) != comparable
    change()
    assert_close(prepared(POINT), 10 * POINT)


def test_what_differs_at_each_call_is_not_prepared() -> None:
    """Breaks if a number that is drawn, counted or read from the outside is kept from the preparation."""
    counts, generator, numbers = [0], np.random.default_rng(0), itertools.count(1)

    def counting(x: Any) -> Any:
        counts[0] += 1
        return counts[0] * square(x)

    drawn = (
        (lambda x: generator.normal() * square(x), "it reads a Generator (`generator`), whose changes cannot be seen"),
        (lambda x: np.random.rand() * square(x), "it reads a "),  # noqa: NPY002 - what is refused
        (lambda x: next(numbers) * square(x), "it reads a count (`numbers`), whose changes cannot be seen"),
        (lambda x: time.time() * square(x), "it reads the module `time`, which may return something else each time"),
        (counting, "it changes what it reads when it is called"),
    )
    for f, reason in drawn:
        prepared = ad.prepare(f, POINT, "symbolic")
        assert not prepared.prepares
        assert prepared.reason.startswith(reason)
        assert not np.array_equal(prepared(POINT), prepared(POINT))


def test_a_cache_that_f_fills_is_no_change() -> None:
    """Breaks if what f keeps for itself at its first call passes for a change at every call."""

    class Lazy:
        @functools.cached_property
        def rate(self) -> float:
            return 3.0

    lazy = Lazy()
    prepared = ad.prepare(lambda x: lazy.rate * square(x), POINT, "symbolic")
    assert prepared.prepares
    assert_close(prepared(POINT), 6 * POINT)


def test_ordinary_functions_are_prepared() -> None:
    """Breaks if what numerical code is made of is refused."""
    owner, polynomial, dot = Model(), np.poly1d([1.0, 0.0, 0.0]), np.dot

    def loops(x: Any) -> Any:
        import math as inner

        return sum([inner.sqrt(4.0) * element for element in x if element != math.pi])

    functions: list[Callable[[Any], Any]] = [
        lambda x: np.linalg.norm(x),
        lambda x: np.sum(polynomial(x)),
        lambda x: dot(x, x) * Pair(1.0, 2.0).second,
        lambda x: np.sum(Pair(x, x).first),
        loops,
        Holder(owner).held.loss,
        functools.partial(lambda scale, x: scale * square(x), 2.0),
        functools.wraps(np.sum)(lambda x: SCALE * square(x)),
        np.sum,
    ]
    for f in functions:
        prepared = ad.prepare(f, POINT[:2], "symbolic")
        assert prepared.prepares, prepared.reason
        assert_close(prepared(POINT[:2]), ad.gradient(f, POINT[:2], "reverse"))


def test_much_data_is_not_compared_at_each_call() -> None:
    """Breaks if a large array is hashed and kept for a derivative that costs less."""
    data = np.ones((600, 600))
    prepared = ad.prepare(lambda x: np.sum(data[:3, :3] @ x), POINT, "symbolic")
    assert prepared.reason == "it reads more than 1 MiB of data (`data`), which would be compared at each call"
    data[:] = 2.0
    assert_close(prepared(POINT), np.full(3, 6.0))
    small = ad.prepare(lambda x: np.sum(WEIGHTS * x), POINT, "symbolic", args=())
    assert small.prepares
    assert small.reason == ""


def test_copies_are_prepared_anew() -> None:
    """Breaks if a copy cannot be made, or stays bound to what the original reads."""
    prepared = ad.prepare(cubic, START, "symbolic")
    for copied in (copy.copy(prepared), copy.deepcopy(prepared), pickle.loads(pickle.dumps(prepared))):
        assert copied.prepares
        assert_close(copied(POINT), GRADIENT)
    model = Model()
    ours = copy.deepcopy(ad.prepare(model.loss, np.ones(2), "symbolic"))
    model.weights[:] = 7.0
    assert_close(ours(np.ones(2)), [2.0, 2.0])


# ---- what it costs


@pytest.mark.parametrize("operator", CLOSED)
def test_a_prepared_derivative_calls_f_for_its_value_alone(operator: str) -> None:
    """Breaks if the prepared derivative runs f, or f is traced again where nothing has changed."""
    f, directions, _ = CLOSED[operator]
    with Counted(f) as counted:
        prepared = ad.prepare(f, START, "symbolic", operator)
        assert prepared.prepares
        assert counted.calls == 1
        for _ in range(5):
            prepared(POINT, *directions)
    assert counted.calls == 1 + 5 * (operator in ("value_and_gradient", "value_and_jacobian", "jvp", "vjp"))


def test_what_prepares_nothing_runs_as_it_is() -> None:
    """Breaks if a method without preparation pretends to have one, or costs other calls than the operator itself."""
    for method in ("auto", "finite", "forward", "reverse", "complex"):
        with Counted(cubic) as plain:
            ad.gradient(cubic, POINT, method)
        with Counted(cubic) as counted:
            prepared = ad.prepare(cubic, POINT, method)
            assert counted.calls == 1
            prepared(POINT)
        assert counted.calls == 1 + plain.calls
        assert not prepared.prepares
        assert prepared.reason == f"{method} has nothing to prepare here"
        assert f"runs each time: {prepared.reason}>" in repr(prepared)


def test_the_programs_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a call compiles, or a Hessian is differentiated anew."""
    from admodes.symbolic import values

    made: list[int] = []
    evaluate_rows = values.evaluate_rows
    monkeypatch.setattr(values, "evaluate_rows", lambda *arguments: made.append(1) or evaluate_rows(*arguments))
    for operator in ("gradient", "hessian"):
        prepared = ad.prepare(cubic, START, "symbolic", operator)
        count = len(made)
        prepared(POINT)
        prepared(2 * POINT)
        assert len(made) == count


def test_engines_and_budgets_are_those_of_the_method() -> None:
    """Breaks if preparing forgets an option of the method."""
    fast = ad.prepare(cubic, START, ad.Symbolic(engine="symengine"))
    assert fast.prepares
    assert_close(fast(POINT), GRADIENT)
    with pytest.raises(UnsupportedError, match="its budget is 3 expressions"):
        ad.prepare(cubic, START, ad.Symbolic(nodes=3))


def test_a_method_of_another_package_may_prepare() -> None:
    """Breaks if only the symbolic method can."""
    points: list[Any] = []

    class Constant(ad.Differentiator):
        name = "constant"

        def __init__(self, block: Any = None) -> None:
            self.block = block

        def prepare(self, function: Any, *, second: bool = False) -> Any:
            points.append((function.inputs[0].copy(), second))
            return Constant(np.full(3, 7.0))

        def jacobian(self, function: Any) -> Any:
            return function.plain(function.inputs), [[self.block]]

    prepared = ad.prepare(cubic, START, Constant(), "gradient")
    np.testing.assert_array_equal(prepared(POINT), [7, 7, 7])
    assert len(points) == 1
    assert not points[0][1]
    assert (prepared.method, prepared.prepares) == ("constant", True)


# ---- refusals


@every_method
def test_the_operators_requirements_are_checked_at_once(method: str) -> None:
    """Breaks if the first call, and not the preparation, says that f has no gradient."""
    for operator in ("gradient", "value_and_gradient", "hessian", "hvp"):
        with pytest.raises(
            ShapeError, match=f"`{operator}` needs f\\(x\\) of shape \\(\\), but `squares` returned shape \\(3,\\)"
        ):
            ad.prepare(squares, START, method, operator)


def test_a_branch_of_another_shape_is_refused() -> None:
    """Breaks if a gradient is returned where f is no scalar any more."""
    f = lambda x: np.sum(x) if x[0] > 0 else x  # noqa: E731 - a formula
    prepared = ad.prepare(f, np.ones(2), "symbolic")
    with pytest.raises(ShapeError, match="returned shape"):
        prepared(-np.ones(2))


@every_method
def test_points_of_another_kind(method: str) -> None:
    """Breaks if a point of another shape, dtype or structure is taken, or the message does not say what differs."""
    prepared = ad.prepare(cubic, START, method)
    with pytest.raises(ShapeError, match=r"x: float64 of shape \(3,\), but here float64 of shape \(4,\)"):
        prepared(np.zeros(4))
    with pytest.raises(ShapeError, match=r"but here float64 of shape \(\)"):
        prepared(1.0)
    with pytest.raises(InputError, match=r"x: float64 of shape \(3,\), but here float32 of shape \(3,\)"):
        prepared(np.zeros(3, np.float32))
    with pytest.raises(ShapeError, match=r"(?s)x: prepared for float64.*x\['a'\]: not there, but here float64 of shape \(3,\)"):
        prepared({"a": np.zeros(3)})
    with pytest.raises(InputError, match="complex"):
        prepared(np.zeros(3, complex))


def test_leaves_that_differ_come_first() -> None:
    """Breaks if the one wrong leaf of many is not among those that are shown."""
    model = {f"w{number:02}": np.zeros(2) for number in range(30)}
    prepared = ad.prepare(lambda m: np.sum(m["w00"]), model, "reverse")
    with pytest.raises(ShapeError) as caught:
        prepared(model | {"w29": np.zeros(3)})
    lines = str(caught.value).splitlines()
    assert lines[1].strip() == "x['w29']: float64 of shape (2,), but here float64 of shape (3,)"
    assert lines[2].strip() == "x['w00']: float64 of shape (2,), as prepared"
    assert "... and 18 more" in str(caught.value)


def test_containers_of_another_type() -> None:
    """Breaks if a tuple passes for a list: f may treat them differently."""
    prepared = ad.prepare(lambda p: np.sum(p[0] * p[1]), [np.ones(2), np.ones(2)], "symbolic")
    with pytest.raises(ShapeError, match=r"arranged as .*\[\*, \*\].*here as .*\(\*, \*\)"):
        prepared((np.ones(2), np.ones(2)))


def test_directions() -> None:
    """Breaks if a direction is forgotten or ignored, or is not checked against x."""
    product = ad.prepare(squares, START, "symbolic", "jvp")
    with pytest.raises(InputError, match=r"`jvp` needs a direction v.*prepared\(x, v\)"):
        product(POINT)
    with pytest.raises(ShapeError, match="v has shape"):
        product(POINT, np.ones(4))
    with pytest.raises(InputError, match=r"`gradient` takes no direction v.*args="):
        ad.prepare(cubic, START, "symbolic")(POINT, V)


def test_what_cannot_be_prepared_says_so() -> None:
    """Breaks if a wrong name is found late, or the method's own refusal is hidden."""
    with pytest.raises(OptionError, match=r"There is no operator 'grad' to prepare\. The operators are differentiate, gradient"):
        ad.prepare(cubic, START, "symbolic", "grad")
    with pytest.raises(OptionError, match="There is no operator"):
        ad.prepare(cubic, START, "symbolic", ["gradient"])  # type: ignore[arg-type]
    with pytest.raises(UnknownMethodError, match="Did you mean 'symbolic'"):
        ad.prepare(cubic, START, "symbolc")
    with pytest.raises(UnsupportedError, match="reverse"):
        ad.prepare(lambda x: np.sum(np.linalg.eigvalsh(x)), np.eye(3), "symbolic")
    with pytest.raises(TracedValueError):
        ad.prepare(lambda x: float(x[0]), START, "symbolic")
    with pytest.raises(InputError, match="must be a function"):
        ad.prepare(3.0, START, "symbolic")
    refused = ad.prepare(lambda x: np.sum(np.unwrap(np.sin(x, dtype=float))), START, "reverse")
    with pytest.raises(MissingRuleError):
        refused(POINT)


def test_inside_another_derivative() -> None:
    """Breaks if a prepared program meets a traced point, and returns its bare number's derivative."""
    prepared = ad.prepare(cubic, START, "symbolic")
    for method in ("forward", "reverse", "complex", "symbolic"):
        with pytest.raises(UnsupportedError, match="inside another derivative is not supported"):
            ad.jacobian(prepared, POINT, method)
    assert_close(ad.jacobian(prepared, POINT, "finite"), HESSIAN, 1e-6)
    assert_close(ad.jacobian(ad.prepare(cubic, START, "reverse"), POINT, "forward"), HESSIAN, 1e-12)


def test_text() -> None:
    """Breaks if a prepared operator does not show what it is."""
    text = repr(ad.prepare(cubic, START, "symbolic"))
    assert text.startswith("<gradient of cubic by 'symbolic' at x: float64 of shape (3,); prepared in ")
    assert isinstance(ad.prepare(cubic, START, "symbolic")._prepared.differentiator, PreparedSymbolic)


# ---- what is measured


class Planted(Forward):
    """Forward mode with a way of preparing, which a test gives."""

    name = "planted"

    def __init__(self, prepare: Callable[[Any], Any]) -> None:
        self.planted = prepare

    def prepare(self, function: Any, *, second: bool = False) -> Any:
        return self.planted(function)


class Scaled(Forward):
    """Forward mode times a factor."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def jacobian(self, function: Any) -> Any:
        outputs, blocks = super().jacobian(function)
        return outputs, [[self.factor * block for block in row] for row in blocks]


def compared(*methods: Any, f: Any = cubic, **options: Any) -> ad.Comparison:
    return ad.compare(f, POINT, list(methods), rounds=3, **options)


def test_rows_tell_what_preparing_costs() -> None:
    """Breaks if the columns stay empty for a method that prepares, or are filled for one that does not."""
    comparison = compared("symbolic", "reverse", "finite")
    row = comparison["symbolic"]
    assert row.status == "ok"
    assert row.reason == ""
    assert row.preparation > 0
    assert len(row.prepared.samples) == 3
    assert row.prepared.first > 0
    again = Row.from_dict(row.to_dict())
    assert (again.preparation, again.prepared) == (row.preparation, row.prepared)
    for method in ("reverse", "finite"):
        assert np.isnan(comparison[method].preparation)
        assert comparison[method].prepared == Timing()
    assert [(found.prepared, found.rival) for found in comparison.break_even] == [
        ("symbolic", method) for method in ("symbolic", "reverse", "finite")
    ]


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_that_is_measured_is_prepared(operator: str) -> None:
    """Breaks if a direction is lost, or a value is compared as if it were the derivative."""
    f = cubic if operator in SCALAR else squares
    subject = Subject.at(f, POINT, operator=operator)
    (row,) = measure(subject, {"symbolic": "symbolic"}, Effort(rounds=2, sample_seconds=1e-4))
    assert (row.status, row.reason) == ("ok", "")
    assert row.preparation > 0
    assert len(row.prepared.samples) == 2


def test_a_prepared_derivative_that_differs_is_not_reported() -> None:
    """Breaks if the harness times a prepared derivative that is wrong."""
    row = compared(Planted(lambda function: Scaled(1.01)), "reverse")["planted"]
    assert row.status == "ok"
    assert re.search(r"the prepared derivative differs from the method's own \(relative error 1\.0e-02\)", row.unprepared)
    assert np.isnan(row.preparation)
    assert not row.prepared.samples
    right = compared(Planted(lambda function: Scaled(1.0)), "reverse")["planted"]
    assert right.preparation > 0
    assert not right.reason
    assert not right.unprepared


def test_a_row_says_why_its_method_was_not_prepared() -> None:
    """A function that reads what may change has no break-even count, and nobody learns why."""
    rng = np.random.default_rng(0)

    def noisy(x: Any) -> Any:
        return np.sum(x**2) + 0 * rng.normal()

    found = compared("symbolic", "reverse", f=noisy)
    assert found["symbolic"].unprepared.startswith("f reads a Generator (`rng`)")
    assert found["reverse"].unprepared == ""
    assert f"symbolic: not prepared: {found['symbolic'].unprepared}" in str(found)
    with pytest.raises(NothingToDrawError, match=re.escape(found["symbolic"].unprepared)):
        found.plot_break_even()


def test_preparing_that_fails_or_takes_too_long_leaves_the_row() -> None:
    """Breaks if a failure of preparing costs the row its derivative, or goes unsaid."""

    def fail(function: Any) -> Any:
        raise ValueError("no room")

    row = compared(Planted(fail), "reverse")["planted"]
    assert (row.status, row.reason, row.unprepared) == ("ok", "", "preparing it failed: ValueError: no room")
    assert row.succeeded
    row = compared(Planted(lambda function: time.sleep(60)), "reverse", budget=0.3)["planted"]
    assert row.status == "ok"
    assert row.unprepared.startswith("preparing it failed: stopped after ")
    row = compared(Planted(lambda function: None), "reverse")["planted"]
    assert (row.status, row.reason, row.unprepared) == ("ok", "", "planted has nothing to prepare here")
    assert np.isnan(row.preparation)


def test_a_method_that_failed_is_not_prepared() -> None:
    """Breaks if a row without a derivative gets a prepared one."""
    planted = Planted(lambda function: pytest.fail("prepared"))
    planted.jvp = lambda function, tangents: 1 / 0  # type: ignore[method-assign]
    assert compared(planted, "reverse")["planted"].status == "error"


def row_of(method: str, seconds: Any, preparation: float = np.nan, prepared: Any = (), **columns: Any) -> Row:
    """A row with planted timings: one number stands for twenty equal samples."""
    timings = [Timing(tuple(part) if np.ndim(part) else (float(part),) * 20, 1, 1.0) for part in (seconds, prepared)]
    cell = {"problem": "f", "inputs": 3, "outputs": 1, "method": method, "status": "ok"}
    return Row(**(cell | columns), time=timings[0], preparation=preparation, prepared=timings[1])


def pair(seconds: Any, preparation: float, prepared: Any) -> BreakEven:
    """The break-even count of a prepared method against a rival that takes `seconds`."""
    rows = [row_of("symbolic", 1.0, preparation, prepared), row_of("reverse", seconds)]
    return {found.rival: found for found in break_even(rows)}["reverse"]


@pytest.mark.parametrize(
    ("preparation", "call", "rival"), [(10, 1, 3), (9, 1, 3), (1, 1, 3), (0, 1, 2), (7, 0.5, 0.75), (100, 2, 2.5)]
)
def test_break_even_is_the_smallest_count(preparation: float, call: float, rival: float) -> None:
    """Breaks if the count is off by one, above all where both cost the same after a whole number of calls."""
    found = int(pair(rival, preparation, call).calls)
    assert preparation + found * call < found * rival
    assert found == 1 or preparation + (found - 1) * call >= (found - 1) * rival
    assert found == next(k for k in range(1, 10_000) if preparation + k * call < k * rival)


def test_the_interval_holds_the_count_and_grows_with_the_noise() -> None:
    """Breaks if an interval lies beside its count, or samples that scatter have none."""
    quiet = pair(3e-3, 1.0, 1e-3)
    assert quiet.low < quiet.calls == 501 < quiet.high
    # 18% of the preparation alone are 90 calls; of the prepared call, half as much again as gain: together 20% (in quadrature).
    assert 400 < quiet.low < 430
    assert 580 < quiet.high < 625
    rng = np.random.default_rng(0)
    noisy = pair(3e-3 * rng.uniform(1, 3, 5), 1.0, 1e-3 * rng.uniform(1, 3, 5))
    assert noisy.high - noisy.low > 2 * (quiet.high - quiet.low)
    assert noisy.low <= noisy.calls <= noisy.high
    assert pair(3e-3, 1.0, 1e-3) == quiet


def test_a_stalled_sample_does_not_hide_a_clear_answer() -> None:
    """Breaks if one of three samples, in which the machine did something else, makes a factor of a hundred unclear."""
    found = pair((2.0e-2, 2.1e-2, 2.2e-2), 0.02, (2.0e-4, 2.1e-4, 0.5))
    assert found.is_clear
    assert found.high <= 3


def test_never_and_ties() -> None:
    """Breaks if a count is given where the prepared call is slower, or a tie passes for an answer."""
    never = pair(1e-4, 0.01, 2e-4)
    assert never.never
    assert never.is_clear
    assert never.calls == never.low == never.high == np.inf
    assert str(never) == "Symbolic, prepared, is never cheaper than reverse: a prepared call takes 200 µs, reverse 100 µs."
    tie = pair(1e-4, 0.01, 1e-4)
    assert tie.calls == np.inf
    assert not tie.is_clear
    assert str(tie).startswith("Whether symbolic, prepared, is ever cheaper than reverse is lost in the noise: a prepared call")
    close = pair(1e-4, 0.01, 0.97e-4)
    assert close.calls == 3334
    assert not close.is_clear
    assert pair(0.0, 0.01, 1e-9).never


def test_sentences() -> None:
    """Breaks if the sentence does not say who, against whom, from when, and how sure."""
    text = str(pair(1e-4, 0.01, 5e-5))
    assert re.match(r"Symbolic, prepared in 10\.0 ms, is cheaper than reverse from 20[01] calls on \(95% interval 1\d\d to", text)
    (own, _) = break_even([row_of("symbolic", 1.0, 0.01, 1e-4), row_of("reverse", 1e-3)])
    assert str(own) == "Symbolic, prepared in 10.0 ms, is cheaper than symbolic anew each time from the first call on."


def test_only_verified_rows_of_one_cell_are_paired() -> None:
    """Breaks if a wrong derivative, an unmeasured one, or one of another size is a rival."""
    prepared = row_of("symbolic", 1.0, 0.01, 1e-4)
    rivals = [
        row_of("forward", 1e-3, status="inaccurate"),
        row_of("forward", 1e-3, inputs=4),
        row_of("forward", 1e-3, operator="hessian"),
        row_of("forward", 1e-3, problem="g"),
    ]
    assert [found.rival for found in break_even([prepared, *rivals])] == ["symbolic"]
    assert break_even([]) == []
    assert break_even([row_of("forward", 1e-3)]) == []
    assert break_even([row_of("symbolic", 1.0, 0.01, 1e-4, status="timeout")]) == []
    assert break_even([row_of("symbolic", 1.0, np.nan, 1e-4)]) == []
    once = Row("f", 3, 1, "reverse", "ok", time=Timing((), 0, 2.0))
    assert [found.calls for found in break_even([prepared, once])] == [1, 1]
