"""SciPy and numdifftools: differences of f by their own rules, compared with the claim by ours."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....errors import UnsupportedError
from ..case import Case
from .peer import library, passed, refuse_kinds

#: numdifftools keeps the differences of all inputs at all steps in memory: for 4000 inputs, some gigabytes.
MOST_INPUTS = 1000
#: What the claim itself may be off: it is rounded, too.
ROUNDING = 8 * float(np.finfo(float).eps)


def _flat(case: Case) -> tuple[Any, Any, Any]:
    """F, the claim and x as these tools take them: of one vector."""
    leaves, structure = case.flattened()
    if not structure.is_leaf:
        raise UnsupportedError("The tool takes one array, and x is a container: write it as one vector.")
    start = leaves[0]
    if start.ndim == 1:
        return case.f, case.grad, start

    def shaped(x: Any) -> Any:
        return float(x[0]) if isinstance(case.x, float) else np.reshape(x, start.shape)

    def f(x: Any) -> Any:
        return np.ravel(case.f(shaped(x))) if case.kind == "jacobian" else case.f(shaped(x))

    def grad(x: Any) -> Any:
        found = np.asarray(case.grad(shaped(x)))
        return found.reshape(-1, start.size) if case.kind == "jacobian" else np.ravel(found)

    return f, grad, start.ravel()


def scipy_absolute(case: Case) -> tuple[str, str]:
    """``check_grad(f, grad, x) < 1e-6``."""
    refuse_kinds(case, "gradient", "jacobian")
    error = library("scipy.optimize").check_grad(*_flat(case))
    return passed(error < 1e-6, f"check_grad = {error:.1e}")


def scipy_relative(case: Case) -> tuple[str, str]:
    """``check_grad(f, grad, x) < 1e-5 * norm(grad(x))``."""
    refuse_kinds(case, "gradient", "jacobian")
    f, grad, x = _flat(case)
    error = library("scipy.optimize").check_grad(f, grad, x)
    size = np.linalg.norm(np.asarray(grad(x.copy())))
    return passed(error <= 1e-5 * size, f"check_grad = {error:.1e}, the norm of the gradient is {size:.1e}")


def numdifftools_error(case: Case) -> tuple[str, str]:
    """The claim lies within the error that numdifftools states of its own derivative."""
    refuse_kinds(case, "gradient", "jacobian", "hessian")
    f, grad, x = _flat(case)
    if x.size > MOST_INPUTS:
        raise UnsupportedError(f"It would call f some {30 * x.size:,} times and keep the results: check fewer inputs.")
    make = getattr(library("numdifftools"), case.kind.capitalize())
    result = make(f, full_output=True)(x.astype(float))
    claim, found = np.asarray(grad(x)), np.asarray(result.estimate)
    if claim.size != found.size:
        return passed(False, f"shape {claim.shape} for {found.shape}")
    distance = np.abs(claim.ravel() - found.ravel())
    bound = np.ravel(result.error_estimate) + ROUNDING * np.abs(claim.ravel())
    return passed(np.all(distance <= bound), f"off by {np.max(distance):.1e}, its error is {np.max(bound):.1e}")
