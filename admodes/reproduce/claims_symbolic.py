"""Claims about symbolic differentiation."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from .baydin import logistic_operations
from .claims import FAILS, LIMITED, Claim, Figure, series, verdict
from .values import compared


def swell(steps: int = 9) -> Claim:
    """Operations of the logistic map's derivative, written out and shared."""
    counted = logistic_operations(steps)
    sizes = range(1, steps + 1)
    whole, shared = [one for one, _ in counted], [other for _, other in counted]
    growth, shared_growth = whole[-1] / whole[-2], shared[-1] / shared[-2]
    power = float(np.polyfit(np.log(sizes[2:]), np.log(shared[2:]), 1)[0])
    values = [compared(f"l_{n}': operations, written out", count) for n, count in zip(sizes, whole, strict=True)]
    values += [compared(f"l_{n}': operations, shared", count) for n, count in zip(sizes, shared, strict=True)]
    values += [
        compared("factor of the last step, written out", growth),
        compared("factor of the last step, shared", shared_growth),
        compared("power of n that the shared count grows with", power),
    ]
    return Claim(
        "symbolic-swell",
        "Symbolic differentiation leads to exponential computation if not carefully implemented (expression swell), and sharing "
        "subexpressions removes it",
        "Gormley slide 6; CMP784 slide 70",
        "The derivative of the logistic map l_n as SymPy makes it, and with its common subexpressions computed once.",
        tuple(values),
        verdict(holds=growth > 2 and power < 3, limited=shared[-1] < whole[-1]),
        f"written out, a step multiplies the operations by {growth:.2f}: {whole[-1]:,} at l_{steps}; shared, they grow like "
        f"n^{power:.1f}: {shared[-1]:,}.",
        Figure("n", "operations", (series("written out", sizes[1:], whole[1:]), series("shared", sizes[1:], shared[1:]))),
    )


def _folded(x: Any, kinks: int) -> Any:
    """``| ... ||x - 1/2| - 1/4| ... |``: it has a kink more at every level, and twice the pieces."""
    for level in range(1, kinks + 1):
        x = np.abs(x - 0.5**level)
    return x


def piecewise(kinks: int = 6, written: int = 3) -> Claim:
    """Cases of a function with nested kinks, written out and as the symbolic mode keeps them."""
    from ..symbolic import symbolic_derivative

    sizes = range(1, kinks + 1)
    cases = [_cases_written_out(count) for count in sizes[:written]]
    kept = [symbolic_derivative(lambda x, count=count: _folded(x, count), 0.3).swell().derivative_shared for count in sizes]
    values = [compared(f"{count} kinks: cases, written out", number) for count, number in zip(sizes, cases, strict=False)]
    values += [compared(f"{count} kinks: operations, shared", number) for count, number in zip(sizes, kept, strict=True)]
    doubles, added = all(b == 2 * a for a, b in pairwise(cases)), int(np.max(np.diff(kept)))
    return Claim(
        "symbolic-piecewise",
        "Symbolic differentiation makes many cases of piecewise functions",
        "CMP784 slide 70",
        "Absolute values inside absolute values: the cases of SymPy's one Piecewise of it all are counted, and the operations "
        "that the symbolic mode keeps for the derivative.",
        tuple(values),
        LIMITED if doubles and added <= kept[0] + 5 else FAILS,
        f"written out, the cases double with each kink, to {cases[-1]} at {len(cases)}; kept as one choice for each kink, the "
        f"derivative grows by {added} operations a kink at most, to {kept[-1]} at {kinks}.",
        Figure(
            "kinks",
            "count",
            (series("cases, written out", sizes[:written], cases), series("operations, shared", sizes, kept)),
        ),
    )


def _cases_written_out(kinks: int) -> int:
    """Cases of the folded function as a single Piecewise."""
    import sympy

    x = sympy.Symbol("x", real=True)
    expression: Any = x
    for level in range(1, kinks + 1):
        expression = sympy.Abs(expression - sympy.Rational(1, 2**level))
    return len(sympy.piecewise_fold(expression.rewrite(sympy.Piecewise)).args)
