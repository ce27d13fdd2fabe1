"""Claims that were held out: written and committed before the checker was run on any of them, and run once to see its rates."""

from __future__ import annotations

from ...case import Case
from .edges import domains, slopes_of_zero, waves
from .linear_algebra import dense, layers, solves
from .magnitudes import offsets, physics, powers_of_ten
from .manners import accidents, forms, states
from .roughness import few_digits, iterations, single_precision
from .shapes import containers, curvatures, maps, thousands
from .slips import calculus, layouts, statistics
from .switches import beside, exactly_at, saturated, sorting

_FAMILIES = (
    powers_of_ten,
    offsets,
    physics,
    waves,
    domains,
    slopes_of_zero,
    single_precision,
    iterations,
    few_digits,
    exactly_at,
    beside,
    sorting,
    saturated,
    thousands,
    containers,
    maps,
    curvatures,
    dense,
    solves,
    layers,
    calculus,
    statistics,
    layouts,
    accidents,
    states,
    forms,
)


def held_out_cases() -> list[Case]:
    """All claims that were held out, made anew.

    Returns
    -------
    list of Case

    Examples
    --------
    >>> cases = held_out_cases()
    >>> len({case.name for case in cases}) == len(cases) >= 40
    True
    """
    return [case for family in _FAMILIES for case in family()]
