"""How the cost of each method grows in theory, and whether a fit says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

#: Exponents closer than this are the same growth: terms of lower order bend the counts of small sizes by as much.
_MARGIN = 0.1
#: An interval that reaches further than this to either side says nothing.
_VAGUE = 0.5

AGREES, DIFFERS, VAGUE = "agrees with theory", "differs from theory", "too uncertain to tell"
#: Of counts, which have no noise but terms of lower order: their growth between the two largest sizes decides.
AT_LAST, TOO_SMALL = "agrees with theory at the largest sizes", "the sizes are too small to tell"


class Interval(Protocol):
    """A fitted exponent: from where to where it may lie, and whether a value lies there."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    def holds(self, value: float, margin: float = ...) -> bool: ...


@dataclass(frozen=True)
class Theory:
    """n^a m^b, and why.

    Parameters
    ----------
    inputs, outputs : float
        The exponents of n and of m.
    reason : str
        A few words.
    """

    inputs: float
    outputs: float
    reason: str

    def __str__(self) -> str:
        return f"n^{self.inputs:g} m^{self.outputs:g}"

    def verdict(self, n: Interval | None, m: Interval | None) -> str:
        """Whether fitted exponents agree with these; an exponent that was not fitted says nothing."""
        found = [(one, exact) for one, exact in ((n, self.inputs), (m, self.outputs)) if one is not None]
        if any(not one.holds(exact, _MARGIN) for one, exact in found):
            return DIFFERS
        return VAGUE if any(one.high - one.low > 2 * _VAGUE for one, _ in found) else AGREES

    def verdict_of_counts(self, fitted: Sequence[float | None], last: Sequence[float | None]) -> str:
        """What counts say whose fitted exponents of n and m differ from these: by their exponents at the largest sizes."""
        sides = zip(fitted, last, (self.inputs, self.outputs), strict=True)
        found = [(abs(one - exact), abs(end - exact)) for one, end, exact in sides if one is not None and end is not None]
        if found and all(end <= _MARGIN for _, end in found):
            return AT_LAST
        return TOO_SMALL if found and all(end <= max(_MARGIN, off - _MARGIN / 2) for off, end in found) else DIFFERS


_ONE_CALL = Theory(0, 0, "f runs once")
_STENCIL = Theory(1, 0, "2 calls of f an input, a constant factor more with several step sizes")
_COMPLEX = Theory(1, 0, "a call of f an input")
_DIRECTIONS = Theory(1, 0, "a direction an input")
_SWEEPS = Theory(0, 1, "a sweep an output")
_NONE = Theory(0, 0, "one direction, whatever the sizes")
_PULLBACK = Theory(0, 0, "one sweep, whatever the sizes")
_ENTRIES = Theory(1, 1, "an expression for each entry of the derivative")

#: (method, quantity) -> the theory of the whole first derivative. Cost is counted in evaluations of f, except for
#: the symbolic method's, whose prepared expressions do not run f. Forward mode's calls depend on how many directions one
#: run carries, so there is no theory of them.
_WHOLE = {
    ("finite", "calls of f"): _STENCIL,
    ("finite", "cost"): _STENCIL,
    ("complex", "calls of f"): _COMPLEX,
    ("complex", "cost"): _COMPLEX,
    ("forward", "cost"): _DIRECTIONS,
    ("reverse", "calls of f"): _ONE_CALL,
    ("reverse", "cost"): _SWEEPS,
    ("symbolic", "calls of f"): _ONE_CALL,
    ("symbolic", "prepared"): _ENTRIES,
}
_JVP = {("finite", "cost"): _NONE, ("finite", "calls of f"): _NONE, ("complex", "cost"): _NONE, ("forward", "cost"): _NONE}
_VJP = {
    ("finite", "cost"): _STENCIL,
    ("complex", "cost"): _COMPLEX,
    ("forward", "cost"): _DIRECTIONS,
    ("reverse", "cost"): _PULLBACK,
}
_BY_OPERATOR = {"differentiate": _WHOLE, "gradient": _WHOLE, "jacobian": _WHOLE, "jvp": _JVP, "vjp": _VJP}


def theory_of(method: str, quantity: str, operator: str = "differentiate") -> Theory | None:
    """The theory of a quantity: "calls of f", "cost" in evaluations of f, or "prepared" seconds.

    Parameters
    ----------
    method, quantity, operator : str

    Returns
    -------
    Theory or None
        None where there is none.

    References
    ----------
    A. Griewank and A. Walther, Evaluating Derivatives (2008), chapters 3 and 4.

    Examples
    --------
    >>> str(theory_of("reverse", "cost"))
    'n^0 m^1'
    """
    return _BY_OPERATOR.get(operator, {}).get((method, quantity))
