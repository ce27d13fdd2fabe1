"""SymEngine in SymPy's place: the same numbers, the same policy at kinks, and clear words where it is missing."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from order_cases import CASES
from rule_cases import FunctionCase
from support import assert_close

import admodes as ad
from admodes.errors import OptionError, UnsupportedError
from admodes.symbolic.engines import SymEngineGraph

FAST = ad.Symbolic(engine="symengine")
RNG = np.random.default_rng(4)
WEIGHTS = RNG.normal(size=(6, 6))
POINT = RNG.uniform(0.2, 1.4, 6)

FUNCTIONS = {
    "layer": lambda x: np.tanh(WEIGHTS @ x),
    "saturated": lambda x: np.tanh(30.0 * WEIGHTS @ x),
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x)),
    "powers": lambda x: x**0.3 + 2.0**x + x ** x[0] + np.sqrt(x) ** 3 + (1 - x**2) ** -2,
    "kinks": lambda x: np.maximum(x, 0.5) * np.abs(x - 1) + np.where(x > 1, x**2, np.log(x)) + np.clip(x, 0.4, 0.6),
    "special": lambda x: np.logaddexp(x, 1.0) + np.hypot(x, 2.0) + np.arctan2(x, x[0]) + np.sinc(x) + np.log1p(x) + np.expm1(-x),
    "norms": lambda x: x / np.linalg.norm(x),
    "det": lambda x: np.linalg.det(np.outer(x[:3], x[3:]) + np.eye(3)),
    "constants": lambda x: 0.1 * x + np.pi * x**2 / 3 + 1e-300 * np.exp(x) + np.float32(0.1),
    "remainders": lambda x: np.remainder(x, 0.41) + np.floor(x) * x,
    "not_finite": lambda x: x * np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0]),
    "constant": lambda x: np.ones(2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_numbers_are_those_of_sympy(name: str) -> None:
    """Breaks if SymEngine rounds a constant, rewrites a function, or loses a term."""
    with np.errstate(all="ignore"):
        found = ad.jacobian(FUNCTIONS[name], POINT, method=FAST)
        wanted = ad.jacobian(FUNCTIONS[name], POINT, method="symbolic")
        truth = ad.jacobian(FUNCTIONS[name], POINT, method="reverse")
    np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=0)
    np.testing.assert_allclose(found, truth, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.values[0].flat_point.size and np.all(np.isfinite(case.values[0].flat_point))]
)
def test_functions_of_the_tables(case: FunctionCase) -> None:
    """Breaks if a function that SymPy's engine takes is another one, or none, for SymEngine."""
    found = ad.jacobian(case.flat, case.flat_point, method=FAST)
    assert_close(found, ad.jacobian(case.flat, case.flat_point, method="symbolic"), 1e-13)


@pytest.mark.parametrize("point", [[0.0, 0.0], [1.0, 0.0], [3.0, 3.0], [-1.0, 2.0]])
def test_kinks_follow_the_policy(point: list[float]) -> None:
    """Breaks if SymEngine simplifies a choice or a tie by rules of its own."""

    def f(x: Any) -> Any:
        a, b = x[0], x[1]
        return np.stack([np.maximum(a, b), np.hypot(a, b), np.abs(b), a**2.0, np.where(a > b, a * b, a)])

    assert_close(ad.jacobian(f, point, method=FAST), ad.jacobian(f, point, method="forward"), 1e-14)


def test_symengine_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if the option is taken and SymPy multiplies all the same."""
    made = []
    product = SymEngineGraph.product
    monkeypatch.setattr(SymEngineGraph, "product", lambda self, *factors: made.append(1) or product(self, *factors))
    ad.jacobian(FUNCTIONS["layer"], POINT, method=FAST)
    assert len(made) > 36
    count = len(made)
    ad.jacobian(FUNCTIONS["layer"], POINT, method="symbolic")
    assert len(made) == count


def test_second_derivatives_and_products() -> None:
    """Breaks if what SymEngine does not do (second derivatives) is not SymPy's."""
    f = lambda x: np.sum(np.sin(x) * x[0])  # noqa: E731 - a formula
    assert_close(ad.hessian(f, POINT, method=FAST), ad.hessian(f, POINT, method="reverse"), 1e-13)
    assert_close(ad.jvp(f, POINT, np.ones(6), method=FAST)[1], ad.jvp(f, POINT, np.ones(6))[1], 1e-13)


def test_engines_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a typing error, or a missing package, is found later than at once, or without its cure."""
    with pytest.raises(OptionError, match=r"engine='sympi' is none of 'sympy', 'symengine': write engine='sympy'"):
        ad.Symbolic(engine="sympi")
    monkeypatch.setitem(sys.modules, "symengine", None)
    with pytest.raises(OptionError, match=r"needs the package symengine.*pip install 'admodes\[symengine\]'.*engine='sympy'"):
        ad.Symbolic(engine="symengine")
    assert ad.Symbolic().engine == "sympy"


def test_what_has_no_expression_is_refused_alike() -> None:
    """Breaks if an engine swallows the refusal."""
    refused: Any = np.linalg.eigvalsh
    with pytest.raises(UnsupportedError, match="reverse"):
        ad.jacobian(refused, np.eye(3), method=FAST)
