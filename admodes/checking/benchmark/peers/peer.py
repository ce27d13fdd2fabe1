"""What a tool under test is, and how a claim is put into the terms of another library."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....containers import Structure, flatten
from ....errors import OutputError, UnsupportedError
from ..case import Case

RIGHT, WRONG, INCONCLUSIVE = "right", "wrong", "inconclusive"


@dataclass(frozen=True)
class Peer:
    """A checker and the rule by which its answer becomes a verdict.

    Parameters
    ----------
    name : str
    rule : str
        The call and its tolerances, for the page that quotes the numbers.
    judge : callable
        ``judge(case)`` returns the verdict and a reason ("" where the tool gives none). It raises UnsupportedError where the tool
        cannot take such a case; any other error is the tool's way to say "wrong".
    library : str
        The module that has to be installed; "" for none.
    """

    name: str
    rule: str
    judge: Callable[[Case], tuple[str, str]]
    library: str = ""

    def missing(self) -> str:
        """Why the tool cannot be used here; "" if it can."""
        if self.library:
            try:
                importlib.import_module(self.library)
            except ImportError as error:
                return f"{self.library} cannot be imported: {error}"
        return ""


def library(name: str) -> Any:
    """A module of an optional library, whose types are not ours to check."""
    return importlib.import_module(name)


def passed(verdict: Any, reason: str = "") -> tuple[str, str]:
    """The verdict of a tool that knows only yes and no."""
    return (RIGHT if verdict else WRONG), reason


def refuse_kinds(case: Case, *kinds: str) -> None:
    """Raise UnsupportedError if `case` is none of `kinds`."""
    if case.kind not in kinds:
        raise UnsupportedError(f"The tool checks a {' or a '.join(kinds)}, and the case is a {case.kind}: leave it out.")


def floating(leaves: Sequence[Any]) -> list[Any]:
    """Arrays as these libraries differentiate them: integers become floats."""
    return [leaf if leaf.dtype.kind == "f" else leaf.astype(float) for leaf in leaves]


def value(case: Case, x: Any) -> Any:
    """f(x) as an array of floats, a copy."""
    found = np.asarray(case.f(_as_given(case, x)))
    return np.array(found, dtype=found.dtype if found.dtype.kind == "f" else float)


def claimed_blocks(case: Case, x: Any) -> list[Any]:
    """The gradient or Jacobian that is claimed, a block for each leaf of x."""
    return _leaves(case.grad(_as_given(case, x)))


def pulled_back(case: Case, x: Any, cotangent: Any) -> list[Any]:
    """The cotangents of the leaves of x, as a library asks a hand-written rule for them."""
    if case.kind == "vjp":
        return _leaves(case.grad(_as_given(case, x), np.array(cotangent)))
    weights = np.asarray(cotangent)
    return [
        np.tensordot(weights, block, axes=weights.ndim) if weights.ndim else weights * block for block in claimed_blocks(case, x)
    ]


def pushed_forward(case: Case, x: Any, tangents: Sequence[Any]) -> Any:
    """The tangent of f(x), as a library asks a hand-written rule for it."""
    if case.kind == "jvp":
        return np.asarray(case.grad(_as_given(case, x), np.array(tangents[0])))
    pairs = zip(claimed_blocks(case, x), tangents, strict=True)
    return sum(np.tensordot(block, np.asarray(tangent), axes=np.ndim(tangent)) for block, tangent in pairs)


def rebuilt(structure: Structure, leaves: Sequence[Any]) -> Any:
    """X of a case from arrays of another library."""
    return structure.unflatten([np.asarray(leaf) for leaf in leaves])


def _leaves(tree: Any) -> list[Any]:
    return [np.asarray(leaf) for leaf in flatten(tree, OutputError, "grad(x)")[0]]


def _as_given(case: Case, x: Any) -> Any:
    """A number where the case has a number: f may be one of the math module."""
    return float(x) if isinstance(case.x, float) else x
