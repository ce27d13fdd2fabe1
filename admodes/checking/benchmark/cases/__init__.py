"""The cases of the benchmark, made anew at each call: some have a state, and one tool must not see another's traces."""

from __future__ import annotations

from ..case import Case
from .boundaries import ends, poles, stationary_points
from .kinks import at_kinks, beside_kinks, flat
from .manners import accidents, form, state
from .mistakes import arrangements, constants_and_terms, lost_chain_factors, small_errors
from .rough import lost_digits, single_precision, solvers
from .scales import oscillations, scales_of_f, scales_of_x
from .structures import containers, jacobians, many_inputs, second_derivatives

_FAMILIES = (
    scales_of_x,
    scales_of_f,
    oscillations,
    poles,
    ends,
    stationary_points,
    single_precision,
    solvers,
    lost_digits,
    at_kinks,
    beside_kinks,
    flat,
    many_inputs,
    containers,
    jacobians,
    second_derivatives,
    small_errors,
    constants_and_terms,
    arrangements,
    lost_chain_factors,
    accidents,
    state,
    form,
)


def benchmark_cases() -> list[Case]:
    """All cases, right and wrong claims, with states and random numbers as at the start.

    Returns
    -------
    list of Case

    Examples
    --------
    >>> cases = benchmark_cases()
    >>> len({case.name for case in cases}) == len(cases) >= 70
    True
    >>> sorted({case.category for case in cases})[:3]
    ['accident', 'container', 'edge']
    """
    return [case for family in _FAMILIES for case in family()]
