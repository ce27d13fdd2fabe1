"""autograd.test_util.check_grads on a primitive whose rule is the claim."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
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
        with _repeatable(leaves):
            check(function, modes=["fwd"] if case.kind == "jvp" else ["rev"], order=1)(x)
    except AssertionError as error:
        return passed(False, " ".join(str(error).split())[:200])
    return passed(True)


@contextmanager
def _repeatable(leaves: list[Any]) -> Iterator[None]:
    """It draws its direction from NumPy's global generator: seed that by x, and give it back as it was."""
    before = np.random.get_state()  # noqa: NPY002 - the library knows no other
    np.random.seed(zlib.crc32(b"".join(leaf.tobytes() for leaf in leaves)))  # noqa: NPY002 - as above
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002 - as above
