"""Records that are alike share a step: what two programs share must be what each would have made for itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import order_cases
import pytest
import test_functions
from rule_cases import FunctionCase
from support import assert_close

import admodes as ad
from admodes import arrays, tape
from admodes.kinds import frozen
from admodes.steps.step import Step

SHAPES = [(4,), (5,), (4, 1), (1, 4), (4, 4), (4, 1, 1)]
KEYS: list[Any] = [0, 1, True, -1, slice(1, 3), slice(None, None, 2), None, ..., (0, 0), (slice(None), 0), (None, 1), [0, 1]]
CASES: list[FunctionCase] = [parameter.values[0] for parameter in (*test_functions.ALL, *order_cases.CASES)]


class Unshared(dict[Any, Step]):
    """A table of steps that gives none away, and compares those that would have been shared."""

    shared = 0

    def get(self, key: Any, default: Any = None) -> None:
        return None

    def __setitem__(self, key: Any, step: Step) -> None:
        if key in self:
            known = dict.__getitem__(self, key)
            assert type(known) is type(step), key
            for name in ("primitive", "shapes", "shape", "active", "keeps", "keeps_out"):
                assert getattr(known, name) == getattr(step, name), (key, name)
            assert repr(known.parameters) == repr(step.parameters), key
            self.shared += 1
        super().__setitem__(key, step)


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[Unshared]:
    """Tables in place of those of the library."""
    places = [(tape, "STEPS"), (arrays, "_unary_steps"), (arrays, "_reduction_steps"), (arrays, "_piece_steps")]
    made = [Unshared() for _ in places]
    for (module, name), table in zip(places, made, strict=True):
        monkeypatch.setattr(module, name, table)
    return made


def piece(key: Any) -> Any:
    """A function whose third derivatives gather and scatter at `key`."""
    return lambda x: np.sum(x[key] ** 3) * x[(0,) * x.ndim]


def test_functions_share_steps_only_with_their_like(tables: list[Unshared]) -> None:
    """Breaks if a parameter is no part of the key of a step: a later call would be differentiated with an earlier one's."""
    for case in CASES:
        if case.smooth:
            x = case.flat_point
            ad.gradient(lambda x, case=case: np.sum(ad.gradient(lambda x: np.sum(np.sin(case.flat(x))), x) ** 2), x)
    for table in tables:
        assert table.shared > 20


def test_indices_share_steps_only_with_their_like(tables: list[Unshared]) -> None:
    """Breaks if indices into arrays of several shapes share a step: among them are the target's shape and its leading axes."""
    for shape in SHAPES:
        for key in KEYS:
            x = np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape)
            try:
                x[key]
            except IndexError:
                continue
            ad.jacobian(lambda x, key=key: ad.gradient(piece(key), x), x, method="reverse")
            ad.vjp(lambda x, key=key: ad.gradient(piece(key), x), x)[1](np.ones((1, *shape)))
    assert tables[0].shared > 100


@pytest.mark.parametrize("columns_first", [False, True])
def test_an_index_into_columns_and_rows(columns_first: bool) -> None:
    """Breaks if the transposes of ``columns[3]`` and of two seeds at ``row[3]``, both of shape (2,), are confused."""

    def third(x: np.ndarray, method: str) -> Any:
        def square(x: Any) -> Any:
            return np.sum(ad.jacobian(lambda x: x[3] ** 3 * x[:2], x, method=method) ** 2)

        return ad.gradient(lambda x: np.sum(ad.gradient(square, x, method=method) ** 2), x, method=method)

    points = [np.arange(1.0, 5.0), np.arange(1.0, 9.0).reshape(4, 2)]
    for x in points[::-1] if columns_first else points:
        assert_close(third(x, "reverse"), third(x, "forward"), 1e-12)


def test_what_is_a_key() -> None:
    """Breaks if True is taken for 1, a slice for a tuple, or an array for anything."""
    assert frozen((True,)) != frozen((1,))
    assert frozen(slice(1, 2)) != frozen((1, 2, None))
    assert frozen((None, ...)) is not None
    assert frozen(np.arange(2)) is None
    assert frozen((1, (np.arange(2),))) is None
    assert len({frozen(part) for part in (0, None, slice(0), slice(None), (0,), (None,), "0")}) == 7
