"""What can be reproduced, by name."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import OptionError
from .baydin import reproduce_baydin
from .claims import Claim, Claims
from .claims_finite import central_better, finds_mistakes, precision, slow_in_inputs
from .claims_modes import backprop_cost, backprop_dual, per_input, per_output
from .claims_symbolic import piecewise, swell
from .gradbench import reproduce_gradbench
from .values import Reproduction

#: The claims of the lectures by name, and what tests each.
CLAIMS: dict[str, Callable[[], Claim]] = {
    "fd-slow-in-inputs": slow_in_inputs,
    "fd-precision": precision,
    "central-better": central_better,
    "symbolic-swell": swell,
    "symbolic-piecewise": piecewise,
    "forward-per-input": per_input,
    "reverse-per-output": per_output,
    "backprop-cost": backprop_cost,
    "backprop-dual": backprop_dual,
    "gradcheck-finds": finds_mistakes,
}


def examine_claims() -> Claims:
    """Every claim of the lectures, tested.

    Returns
    -------
    Claims
    """
    return Claims(tuple(test() for test in CLAIMS.values()))


REPRODUCTIONS: dict[str, Callable[[], Reproduction | Claims]] = {
    "baydin": reproduce_baydin,
    "gradbench": reproduce_gradbench,
    "claims": examine_claims,
}


def reproduce(name: str) -> Reproduction | Claims:
    """Published tables made anew, each published value beside ours; or the lectures' claims, tested.

    Parameters
    ----------
    name : str
        "baydin", "gradbench" or "claims".

    Returns
    -------
    Reproduction or Claims
        Printed, it is Markdown.

    Raises
    ------
    OptionError
        If there is nothing of that name.
    """
    if name not in REPRODUCTIONS:
        raise OptionError(f"There is no reproduction {name!r}: write one of {', '.join(map(repr, REPRODUCTIONS))}.")
    return REPRODUCTIONS[name]()
