"""What errors are measured against: a closed form, exact expressions in mpmath, or the consensus of independent methods."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any

import numpy as np

from ..containers import flatten
from ..errors import AdmodesError, InputError
from .accuracy import Check, Derivative, measure_error, require_same_shapes

#: Methods that read the same table of derivatives; every other method shares its derivative code with none.
_FAMILIES = {"forward": "forward+reverse", "reverse": "forward+reverse", "auto": "forward+reverse"}
#: The most exact families first: they are what the others are measured against. Unknown ones come next, finite last.
_RANKING = {"symbolic": 0, "forward+reverse": 1, "complex": 2, "finite": 4}

#: Digits of the two evaluations in mpmath, and to how many of them they must agree: more than a double has.
_DIGITS = (30, 60)
_AGREED = 20
#: What the exact expressions may cost: the reference is not what a comparison is about. Their number decides, which is the
#: same on every machine and in every run, and so is the error then; the seconds are a way out.
_NODES, _SECONDS = 2_000, 20.0
_EXPRESSIONS = "symbolic"


@dataclass(frozen=True)
class Reference:
    """The derivative that each method is compared with.

    Parameters
    ----------
    description : str
        Where it comes from, in words.
    by_method : dict
        Method -> `Derivative`. Empty where there is nothing to compare with.
    hand_error : float
        The error of the closed form evaluated in the precision of x; NaN without one.
    accuracy : dict
        Method -> what its reference may be off by itself, relative; exact references are not in it.
    remarks : dict
        Family of methods -> what this reference does not prove about it.
    """

    description: str
    by_method: dict[str, Derivative] = field(default_factory=dict)
    hand_error: float = float("nan")
    accuracy: dict[str, float] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)

    def described(self, method: str) -> str:
        """Where it comes from, and what that says about this method."""
        remark = self.remarks.get(family_of(method), "")
        return f"{self.description}; {remark}" if remark else self.description


def family_of(method: str) -> str:
    """The code that a method's derivatives come from: two methods of one family prove nothing about each other."""
    return _FAMILIES.get(method, method)


def given_reference(reference: Any, x: Any, args: Sequence[Any], methods: Sequence[str], like: Derivative | None) -> Reference:
    """The reference that the caller gave: a value, or a function ``reference(x, *args)``.

    A function is evaluated with x in extended precision, and once more in x's own precision:
    the difference is the error of the same formula written by hand in NumPy.
    """
    if not callable(reference):
        return _of_value(Derivative.of(reference, "reference"), "given value", methods, like)
    plain = Derivative.of(reference(x, *args), "reference(x)")
    exact = Derivative.of(_in_extended_precision(reference, x, args), "reference(x)")
    found = _of_value(exact, "closed form", methods, like)
    return Reference(found.description, found.by_method, measure_error(plain, exact).norm)


def _of_value(value: Derivative, description: str, methods: Sequence[str], like: Derivative | None) -> Reference:
    if like is not None:
        require_same_shapes(like, value)
    return Reference(description, dict.fromkeys(methods, value))


def _in_extended_precision(reference: Callable[..., Any], x: Any, args: Sequence[Any]) -> Any:
    """`reference` at x in extended precision; where it uses functions that lack it (np.linalg), at x itself."""
    leaves, structure = flatten(x, InputError, "x")
    precise = structure.unflatten([np.asarray(leaf, np.longdouble)[()] for leaf in leaves])
    try:
        return reference(precise, *args)
    except TypeError:
        return reference(x, *args)


def consensus(values: Mapping[str, Derivative], tolerance: float) -> Reference:
    """The reference for each method from other methods that share no derivative code with it.

    The largest set of families that agree among themselves within the tolerance is believed. Each method is then
    compared with the most exact believed family other than its own, so that none is its own judge.

    Parameters
    ----------
    values : dict
        Method -> `Derivative`, all of the same shapes.
    tolerance : float

    Returns
    -------
    Reference
        Without values where no two families agree.
    """
    families: dict[str, Derivative] = {}
    for method, value in values.items():
        if value.finite:
            families.setdefault(family_of(method), value)
    believed = _largest_agreement(families, tolerance)
    if not believed:
        reason = "disagree" if len(families) > 1 else "are missing"
        return Reference(f"none: methods that share no derivative code {reason}")
    ranked = sorted(believed, key=lambda name: _RANKING.get(name, 3))
    judges = {method: next(name for name in ranked if name != family_of(method)) for method in values}
    apart = {(a, b): measure_error(families[a], families[b]).norm for a, b in permutations(ranked, 2)}
    # A family is known to be as good as the closest one that shares no code with it.
    accuracy = {name: min(apart[other, name] for other in ranked if other != name) for name in ranked}
    return Reference(
        f"consensus of {', '.join(ranked)} (agree to {max(apart.values()):.0e})",
        {method: families[judge] for method, judge in judges.items()},
        accuracy={method: accuracy[judge] for method, judge in judges.items()},
    )


def _largest_agreement(families: Mapping[str, Derivative], tolerance: float) -> list[str]:
    """The largest set of families that pairwise agree; empty below two, or where two such sets tie."""
    for count in range(len(families), 1, -1):
        agreeing = [
            list(names) for names in combinations(families, count) if _agree([families[name] for name in names], tolerance)
        ]
        if agreeing:
            return agreeing[0] if len(agreeing) == 1 else []
    return []


def _agree(values: Sequence[Derivative], tolerance: float) -> bool:
    return all(Check(a, tolerance).passes(b) for a, b in combinations(values, 2))


def exact_expressions(f: Callable[..., Any], x: Any, args: Sequence[Any], like: Derivative) -> Derivative | None:
    """The exact derivative from expressions of f, by mpmath at two precisions that agree; None where there is none.

    There is none where f has no expressions or too many, where a component is not finite, and where the two
    precisions disagree. Its components are arranged as those of `like`.
    """
    import mpmath

    from ..symbolic import symbolic_derivative

    try:
        found = symbolic_derivative(f, x, args=args, nodes=_NODES, seconds=_SECONDS)
        rough, fine = (_numbers(found.evaluate(x, digits=digits)) for digits in _DIGITS)
    except AdmodesError:
        return None
    largest = max(map(abs, fine), default=0)
    for position, (one, other) in enumerate(zip(rough, fine, strict=True)):
        if not (mpmath.isfinite(one) and mpmath.isfinite(other)) or abs(one - other) > largest * 10**-_AGREED:
            return None
        if abs(one - other) > abs(other) * 10**-_AGREED:
            # What cancels to nothing at every precision is zero.
            fine[position] = other * 0
    vector = np.array([_long(value) for value in fine], dtype=np.longdouble)
    return like.replaced(vector) if vector.shape == like.vector.shape else None


def _numbers(tree: Any) -> list[Any]:
    import optree

    return [number for leaf in optree.tree_leaves(tree) for number in np.asarray(leaf, dtype=object).flat]


def _long(value: Any) -> np.longdouble:
    """A number of mpmath in extended precision: the sum of two floats."""
    high = float(value)
    low = float(value - high) if math.isfinite(high) else 0.0
    return np.longdouble(high) + np.longdouble(low)


def confirmed(exact: Derivative, values: Mapping[str, Derivative], tolerance: float) -> Reference | None:
    """`exact` as the reference, where a method that shares no derivative code with it agrees; else None.

    Both numbers of the symbolic mode come from the same expressions, so of the symbolic method alone it proves no
    more than its rounding: a wrong expression would be wrong in both. The others are judged by what they do not share.
    """
    witnesses = {
        family_of(name)
        for name, value in values.items()
        if family_of(name) != _EXPRESSIONS
        and (value.paths, value.shapes) == (exact.paths, exact.shapes)
        and value.finite
        and Check(exact, tolerance).passes(value)
    }
    if not witnesses:
        return None
    ranked = sorted(witnesses, key=lambda name: _RANKING.get(name, 3))
    description = f"exact expressions in mpmath at {_DIGITS[0]} and {_DIGITS[1]} digits, confirmed by {', '.join(ranked)}"
    remark = "it shares their derivatives, so that only its rounding is measured"
    return Reference(description, dict.fromkeys(values, exact), remarks={_EXPRESSIONS: remark})
