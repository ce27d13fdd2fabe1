"""autograd.test_util.check_grads on a primitive whose rule is the claim."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import Case
from .peer import floating, library, passed, pulled_back, pushed_forward, refuse_kinds, value


def check_grads(case: Case) -> tuple[str, str]:
    """``check_grads(f, modes, order=1)(x)`` with the mode that the kind of claim has."""
    refuse_kinds(case, "gradient", "jacobian", "vjp", "jvp")
    extend = library("autograd.extend")
    check = library("autograd.test_util").check_grads
    leaves, structure = case.flattened()
    function = extend.primitive(lambda x: value(case, x))
    if case.kind == "jvp":
        extend.defjvp(function, lambda tangent, out, x: np.asarray(pushed_forward(case, x, [tangent])))
    else:
        extend.defvjp(function, lambda out, x: lambda cotangent: structure.unflatten(pulled_back(case, x, cotangent)))
    x: Any = structure.unflatten(floating(leaves))
    try:
        check(function, modes=["fwd"] if case.kind == "jvp" else ["rev"], order=1)(x)
    except AssertionError as error:
        return passed(False, " ".join(str(error).split())[:200])
    return passed(True)
