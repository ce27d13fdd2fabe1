"""How fast cost grows, as a table: the powers of n and m of each method, and what theory says of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..measure.fits import PRIMAL, Fit
from ..measure.power_law import Estimate
from ..measure.scaling import Scaling

#: What is fitted, in words.
_QUANTITIES = {
    "calls of f": "calls of f",
    "operations": "operations",
    "operations per f": "operations over those of f",
    "tape nodes": "nodes of the tape",
    "time": "time",
    "time per f": "time over that of f",
    "prepared": "time once prepared",
}


@dataclass(frozen=True)
class Growth:
    """One quantity of one method.

    Parameters
    ----------
    method : str
        "f itself" for what is no method's.
    quantity : str
    inputs, outputs : str
        The powers of n and of m with their 95% intervals.
    theory, verdict : str
        What theory says, and whether the fit "agrees" or "differs" or is too uncertain; "" without one.
    cells : int
        What it was fitted to.
    starts : bool
        Whether it is the first line of its method.
    """

    method: str
    quantity: str
    inputs: str
    outputs: str
    theory: str
    verdict: str
    cells: int
    starts: bool


def growth_of(scaling: Scaling) -> list[Growth]:
    """One line for each fit, those of a method together: f itself first, counts before times.

    Parameters
    ----------
    scaling : Scaling

    Returns
    -------
    list of Growth
    """
    places = list(_QUANTITIES)
    methods = dict.fromkeys(fit.method for fit in scaling.fits)
    own = [
        sorted((fit for fit in scaling.fits if fit.method == name), key=lambda fit: places.index(fit.quantity))
        for name in methods
    ]
    return [_line(fit, starts=place == 0) for fits in own for place, fit in enumerate(fits)]


def _line(fit: Fit, *, starts: bool) -> Growth:
    return Growth(
        "f itself" if fit.method == PRIMAL else fit.method,
        _QUANTITIES[fit.quantity],
        _power(fit.n_exponent),
        _power(fit.m_exponent),
        "" if fit.theory is None else str(fit.theory),
        "" if fit.theory is None else fit.judgement.replace(" with theory", "").replace(" from theory", ""),
        fit.cells,
        starts,
    )


def _power(one: Estimate | None) -> str:
    """``0.98 (0.95 to 1.01)``; where it is exact, without an interval."""
    if one is None:
        return "not varied"
    value, low, high = (f"{number:.2f}".replace("-0.00", "0.00") for number in (one.value, one.low, one.high))
    return value if low == high else f"{value} ({low} to {high})"
