"""Tables and figures of Baydin, Pearlmutter, Radul and Siskind's survey, made anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..measure.problems.formulas import Logistic
from ..traces import trace
from .helmholtz import helmholtz_table
from .steps import StepCurve, step_curve
from .values import Reproduction, Table, Value, compared, same_text

PAPER = (
    "A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind: Automatic differentiation in machine learning: a survey, "
    "JMLR 18(153), 2018"
)
#: Table 1: the derivative of l_n as factor and coefficients of 1, x, x^2, ...
_DERIVATIVES = {
    2: (4, (1, -2)),
    3: (16, (1, -10, 24, -16)),
    4: (64, (1, -42, 504, -2640, 7040, -9984, 7168, -2048)),
}
#: Operations of l_n', n = 1 to 10, as SymPy 1.14 counts them, unsimplified and after sympy.cse.
_OPERATIONS = (0, 2, 21, 82, 264, 768, 2096, 5472, 13824, 34048)
_OPERATIONS_SHARED = (0, 2, 12, 27, 45, 67, 93, 123, 157, 195)
#: Tables 2 and 3: value, tangent for the seed in x1, adjoint, as printed.
_TRACE = {
    "v-1": ("2", "1", "5.5"),
    "v0": ("5", "0", "1.716"),
    "v1": ("0.693", "0.5", "1"),
    "v2": ("10", "5", "1"),
    "v3": ("-0.959", "0", "-1"),
    "v4": ("10.693", "5.5", "1"),
    "v5": ("11.652", "5.5", "1"),
}


def reproduce_baydin() -> Reproduction:
    """Table 1, Figure 3, Tables 2 and 3, and the table of the Helmholtz free energy."""
    return Reproduction("Baydin et al. 2018", (swell_table(), step_table(), trace_table(), helmholtz_table()))


def swell_table(steps: int = 10) -> Table:
    """Table 1: the derivative of the logistic map grows as a formula, and does not where subexpressions are shared."""
    values = [_polynomial(n) for n in _DERIVATIVES]
    for n, (whole, shared) in enumerate(logistic_operations(steps), 1):
        values += [
            compared(f"operations of l_{n}', unsimplified", whole, str(_OPERATIONS[n - 1])),
            compared(f"operations of l_{n}' after CSE", shared, str(_OPERATIONS_SHARED[n - 1])),
        ]
    return Table(
        "Table 1: expression swell of the logistic map",
        f"{PAPER}, table 1 (derivatives); SymPy 1.14, count_ops and cse (operations)",
        "l_1 = x, l_(n+1) = 4 l_n (1 - l_n). Ours: the symbolic mode's trace of the loop, differentiated by SymPy.",
        tuple(values),
    )


def _polynomial(n: int) -> Value:
    """The derivative of l_n, multiplied out."""
    import sympy

    from ..symbolic import symbolic_derivative

    derivative = symbolic_derivative(Logistic(n), 0.3)
    coefficients = [int(number) for number in sympy.Poly(derivative.expressions, derivative.inputs).all_coeffs()[::-1]]
    factor = coefficients[0]
    return same_text(
        f"l_{n}'", _written(factor, [number // factor for number in coefficients]), _written(*_DERIVATIVES[n]), "multiplied out"
    )


def _written(factor: int, coefficients: Sequence[int]) -> str:
    terms = [
        f"{number:+d}{'' if power == 0 else 'x' if power == 1 else f'x^{power}'}" for power, number in enumerate(coefficients)
    ]
    return f"{factor}({' '.join(terms).removeprefix('+')})"


def logistic_operations(steps: int) -> list[tuple[int, int]]:
    """Operations of the derivative of l_1, l_2, ...: written out, and with common subexpressions shared by SymPy."""
    import sympy

    from ..symbolic import symbolic_derivative

    found = []
    for n in range(1, steps + 1):
        traced = symbolic_derivative(Logistic(n), 0.3)
        replaced, (rest,) = sympy.cse(sympy.diff(traced.outputs, traced.inputs))
        shared = sum(int(sympy.count_ops(part)) for part in (*(part for _, part in replaced), rest))
        found.append((traced.swell().derivative, shared))
    return found


def logistic_formula(x: Any) -> Any:
    """The fourth logistic map as the paper writes it: ``64 x (1 - x) (1 - 2 x)^2 (1 - 8 x + 8 x^2)^2``."""
    return 64.0 * x * (1.0 - x) * (1.0 - 2.0 * x) ** 2 * (1.0 - 8.0 * x + 8.0 * x**2) ** 2


def logistic_curve(sided: str) -> StepCurve:
    """The errors of figure 3, at x = 0.2."""
    return step_curve(logistic_formula, 0.2, float(Logistic(4).derivative(np.longdouble("0.2"))), sided)


def step_table() -> Table:
    """Figure 3: error against step of forward and central differences."""
    exact = float(Logistic(4).derivative(np.longdouble("0.2")))
    forward, central = logistic_curve("forward"), logistic_curve("central")
    near = "read off medians"
    values = [
        compared("f(0.2)", logistic_formula(0.2), "0.28901376"),
        compared("f'(0.2)", exact, "9.0660864"),
        compared("slope of truncation, forward", forward.slope, "1.00"),
        compared("slope of truncation, central", central.slope, "2.00"),
        compared("predicted best step, forward", forward.predicted, "1.9e-9", factor=1.1),
        compared("predicted best step, central", central.predicted, "3.6e-7", factor=1.1),
        compared("best step, forward", forward.best[0], "1e-9", factor=10, note=near),
        compared("best step, central", central.best[0], "3e-7", factor=10, note=near),
        compared("error at the best step, forward", forward.best[1], "6e-8", factor=10, note=near),
        compared("error at the best step, central", central.best[1], "6e-10", factor=10, note=near),
        compared("error at the smallest step, forward", float(forward.errors[-1]), "0.8", factor=20, note=_EXACT_STEPS),
        compared("error at the smallest step, central", float(central.errors[-1]), "0.8", factor=20, note=_EXACT_STEPS),
        compared("slope of rounding, forward", forward.rounding_slope),
        compared("slope of rounding, central", central.rounding_slope),
    ]
    values += [
        compared(f"error at step {step:.0e}, {curve.sided}", float(error))
        for curve in (forward, central)
        for step, error in list(zip(curve.steps, curve.errors, strict=True))[::4]
    ]
    return Table(
        "Figure 3: error against step size",
        f"{PAPER}, figure 3; optima and errors recomputed with NumPy from its formula",
        "Forward and central differences of l_4 at x = 0.2, medians over 15 steps drawn around each.",
        tuple(values),
    )


_EXACT_STEPS = "ours divides by the step that was taken, (x + h) - x, not by h"


def _example(x1: Any, x2: Any) -> Any:
    """``ln x1 + x1 x2 - sin x2``, in the paper's order of steps."""
    v1 = np.log(x1)
    v2 = x1 * x2
    v3 = np.sin(x2)
    v4 = v1 + v2
    return v4 - v3


def trace_table() -> Table:
    """Tables 2 and 3: the traces of forward and of reverse mode at (2, 5)."""
    values = []
    for node in trace(_example, 2.0, args=(5.0,), argnums=(0, 1)).nodes:
        name, formula = _as_numbered(node.name), _as_numbered(node.formula)
        published = _TRACE[name]
        values += [
            compared(f"{name} = {formula}", node.value, published[0], note="value"),
            compared(f"{name} by x1", node.tangents[0], published[1], note="tangent, forward mode"),
            compared(f"y by {name}", node.adjoint, published[2], note="adjoint, reverse mode"),
        ]
    return Table(
        "Tables 2 and 3: forward and reverse traces",
        f"{PAPER}, tables 2 and 3",
        "y = ln x1 + x1 x2 - sin x2 at (2, 5). Ours are read off the tape, the tangents of forward mode, the sweep back.",
        tuple(values),
    )


def _as_numbered(text: str) -> str:
    """Nodes as the paper numbers them, from -1 on, so that v0 is the last input."""
    return re.sub(r"\bv(\d+)", lambda found: f"v{int(found[1]) - 1}", text)
