"""Order statistics, statistics, numerical functions and polynomials: every mode, seeds, second order, degenerate points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from order_cases import CASES, UFUNC_METHODS, M, floats
from rule_cases import FunctionCase, check_first_order, check_second_order, check_seeds, check_value
from support import EXACT_MODES, MODES, TRACING_MODES, assert_close, exact_modes, numerical_jacobian, tracing_modes

import admodes as ad
from admodes.errors import MissingRuleError, TracedValueError

INF, NAN = np.inf, np.nan
ALL = [*CASES, *UFUNC_METHODS]
every_case = pytest.mark.parametrize("case", ALL)


@every_case
def test_values_are_those_of_numpy(case: FunctionCase) -> None:
    """Breaks if tracing changes a value, its shape or whether it is a scalar."""
    check_value(case)


@every_case
def test_first_order(case: FunctionCase) -> None:
    """Breaks if a derivative by all arguments, or by one beside constants, is not that of differences."""
    check_first_order(case)


@every_case
def test_many_seeds(case: FunctionCase) -> None:
    """Breaks if k seeds on a leading axis do not give what k single sweeps give."""
    check_seeds(case)


@pytest.mark.parametrize("case", [parameter for parameter in ALL if parameter.values[0].smooth])
def test_second_order(case: FunctionCase) -> None:
    """Breaks if a rule cannot be differentiated again, in any pairing of the modes."""
    check_second_order(case)


@every_case
def test_float32_stays(case: FunctionCase) -> None:
    """Breaks if a rule widens float32 to float64 where NumPy does not, or computes a wrong derivative in it."""
    narrow = case.named([point.astype(np.float32) for point in case.points])
    wanted = np.asarray(case(narrow))
    exact = ad.jacobian(case, case.named(case.points), method="forward")
    for method in EXACT_MODES:
        value, derivative = ad.value_and_jacobian(case, narrow, method=method)
        assert np.asarray(value).dtype == wanted.dtype
        for found, truth in zip(derivative.values(), exact.values(), strict=True):
            assert found.dtype == np.float32
            assert_close(found, truth, 2e-4, method)


@every_case
def test_symbolic(case: FunctionCase) -> None:
    """Breaks if the symbolic mode has another derivative, or none."""
    if not case.flat_point.size or not np.all(np.isfinite(case.flat_point)):
        pytest.skip("the symbolic mode is asked at numbers alone")
    truth = ad.jacobian(case.flat, case.flat_point, method="forward")
    assert_close(ad.jacobian(case.flat, case.flat_point, method="symbolic"), truth, 1e-9)
