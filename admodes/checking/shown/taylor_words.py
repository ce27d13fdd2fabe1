"""What slopes of Taylor's remainders say of a claim, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...finite.lines import Point
from ...formatting import format_error
from ..slopes.ladders import DETECT
from ..slopes.slopes import Slopes
from .regimes import NEAR, Regime, power_of

if TYPE_CHECKING:
    from ..result import GradientCheck

Array = np.ndarray[Any, Any]

#: The largest step, as a part of x.
LARGEST = 0.25
#: Of f(x): multiples of it are infinite.
TOO_LARGE = 1e300
_PLACES = {"x": "", "nearby": "At the point near x ", "zero": "At x = 0 "}


@dataclass
class Setting:
    """What is known of f and the claim along the direction of the remainders.

    Attributes
    ----------
    order : 1 or 2
        Of the derivative that is claimed.
    verdict, place : str
        Of the check.
    allowed : str
        What lets a wrong number be right.
    missing : str
        Why there are no remainders of the claim at all; empty where there are.
    first, second : ndarray, shape (m,)
        The claim and the measured derivative of the other order.
    errors : tuple of two floats
        What the first and the second derivative may be off by where they were measured, 0 where they are claimed.
    off : float
        Of the claim, relative to what was measured; NaN where that is not known, 0 where it is less than is known.
    kink : str
        The slopes of f on both sides and the claim's, where f has a kink; else empty.
    unknown : str
        Why the derivative of the other order was not measured; empty where it was.
    noise : float
        f's rounding and noise.
    """

    order: int
    verdict: str
    place: str
    allowed: str
    missing: str
    first: Array
    second: Array
    errors: tuple[float, float] = (0.0, 0.0)
    off: float = float("nan")
    kink: str = ""
    unknown: str = ""
    noise: float = 0.0

    @classmethod
    def of(cls, check: GradientCheck, point: Point) -> Setting:
        """Before anything is measured."""
        nothing = np.full(point.value.size, np.nan)
        place = check.points[check.deciding].place if check.points else "x"
        allowed = "the check allows for" if check.rtol is None else f"rtol={check.rtol:g} allows"
        return cls(check.subject.derivative, check.verdict, place, allowed, _missing(check, point), nothing, nothing)

    def measured(self, claimed: Array | None, first: Slopes, second: Slopes, rounding: float) -> None:
        """Take in the claim and the slopes of f; smaller errors than `rounding` over the largest step are none."""
        if claimed is None or not np.all(np.isfinite(claimed)):
            found = "not there" if claimed is None else f"{claimed[~np.isfinite(claimed)][0]:g}"
            self.missing = self.missing or f"the claim is {found} along this direction"
            claimed = np.full(first.value.shape[1], np.nan)
        own, other = (first, second) if self.order == 1 else (second, first)
        size, error = size_of(own.value[0]), size_of(own.bound[0])
        if error <= DETECT * size and not own.kink.any():
            off = size_of(claimed - own.value[0])
            self.off = off / size if off > error else 0.0
        self.kink = _kink(claimed, first) if self.order == 1 and first.kink.any() else ""
        value, error = other.value[0], size_of(other.bound[0])
        what = "second derivative" if self.order == 1 else "slope"
        negligible = error * LARGEST ** (3 - self.order) <= rounding
        if first.kink.any():
            self.unknown = f"f has a kink along this direction, and no {what}"
        elif not (negligible or error <= DETECT * max(size_of(value), size_of(other.size[0]))):
            self.unknown = f"f's {what} along this direction is not known"
        if self.unknown:
            value, error = np.full(value.size, np.nan), float("nan")
        self.first, self.second = (claimed, value) if self.order == 1 else (value, claimed)
        self.errors = (0.0, error) if self.order == 1 else (error, 0.0)


def size_of(vector: Array) -> float:
    """The Euclidean norm, also of numbers whose squares overflow."""
    largest = float(np.max(np.abs(vector), initial=0.0))
    return largest * float(np.linalg.norm(vector / largest)) if 0 < largest < np.inf else largest


def _kink(claimed: Array, first: Slopes) -> str:
    entry = int(np.argmax(first.kink[0]))
    left, right, claim = float(first.left[0, entry]), float(first.right[0, entry]), float(claimed[entry])
    inside = min(left, right) - first.bound[0, entry] <= claim <= max(left, right) + first.bound[0, entry]
    between = "between" if inside else "outside of"
    slopes = f"along this direction f's slopes on its two sides are {left:.4g} and {right:.4g}"
    return f"{slopes}, the claim's is {claim:.4g}, {between} them"


def _missing(check: GradientCheck, point: Point) -> str:
    """What keeps the claim from being compared at all."""
    if not point.x.size:
        return "x has no elements"
    if not point.value.size:
        return f"{point.function.name}(x) has no elements"
    for finding in check.findings:
        if finding.cause in ("shape", "dtype", "not finite") and finding.verdict != "right":
            return finding.text
    if np.max(np.abs(point.value)) > TOO_LARGE:
        return f"{point.function.name}(x) is so large that its differences overflow"
    return ""


def notes_of(setting: Setting, regimes: Sequence[Regime]) -> tuple[str, ...]:
    """For each order why there is no slope, or another one than expected."""
    return tuple(_note(setting, regimes, order) for order in range(len(regimes)))


def _note(setting: Setting, regimes: Sequence[Regime], order: int) -> str:
    regime = regimes[order]
    if regime.kind == "missing":
        return _why_missing(setting, order)
    if regime.kind == "zero":
        return "f does not change at any step" if not order else "0 at every step"
    if regime.kind == "hidden":
        explained = order and any(below.kind in ("power", "bent", "few") for below in regimes[:order])
        return "nothing is left but rounding" if explained else f"below f's rounding and noise ({format_error(setting.noise)})"
    if regime.kind == "few":
        steps = "one step" if regime.count == 1 else f"{regime.count} steps"
        return f"above f's rounding and noise at {steps} only"
    if regime.kind == "bent":
        small, large = regime.ends
        return "no single slope" + (
            f": {large:.1f} at large steps, {small:.1f} at the smallest" if abs(large - small) > 0.3 else ""
        )
    return _unexpected(setting, regimes, order)


def _why_missing(setting: Setting, order: int) -> str:
    if order >= setting.order and setting.missing:
        return setting.missing
    return setting.unknown if order and setting.unknown else "f has no finite values there"


def _unexpected(setting: Setting, regimes: Sequence[Regime], order: int) -> str:
    """Of a slope that is not what a smooth f with a right claim has."""
    slope = regimes[order].slope
    if slope > order + 1 + NEAR:
        return "f's slope is too small to show" if not order else f"the term of order {order + 1} is too small to show"
    if slope >= order + 1 - NEAR:
        return ""
    if order == 0:
        return "f jumps at x, or has noise of this size" if slope < NEAR else "f's slope is infinite at x"
    if order == setting.order:
        return "see below"
    below = regimes[order - 1]
    if order > setting.order and below.kind == "power" and below.slope < order - NEAR:
        return f"what order {order - 1} leaves is left here, too"
    if order > setting.order and abs(slope - 1) <= NEAR and setting.off > 0:
        return f"the claim is off by {_part(setting.off)} of f's slope, which shows here"
    return f"f is not smooth enough for {'h**' + str(order + 1)}"


def meaning(setting: Setting, regimes: Sequence[Regime]) -> str:
    """What the table says of the claim."""
    if setting.missing:
        return f"There is no remainder of the claim: {setting.missing}."
    text = _SENTENCES[regimes[setting.order].kind](setting, regimes)
    place = _PLACES[setting.place]
    return f"{place}{text}." if place else f"{text[0].upper()}{text[1:]}."


def _of_missing(setting: Setting, regimes: Sequence[Regime]) -> str:
    return f"there is no remainder of the claim: {setting.unknown or 'f is not finite beside x'}"


def _of_zero(setting: Setting, regimes: Sequence[Regime]) -> str:
    if regimes[0].kind == "zero":
        return "along this direction f does not change, and the claim says so"
    return "the claim leaves nothing of what f changes by, at any step"


def _of_hidden(setting: Setting, regimes: Sequence[Regime]) -> str:
    noise = f"rounding and noise of f ({format_error(setting.noise)})"
    if regimes[0].kind in ("hidden", "zero"):
        return f"{noise} hide how f changes along this direction: nothing can be told"
    if regimes[setting.order - 1].kind in ("hidden", "zero"):
        return f"neither f's curvature nor the claim's remainder shows above {noise}"
    return f"what the claim leaves of f is below {noise} at every step: it explains all that f changes by"


def _of_few(setting: Setting, regimes: Sequence[Regime]) -> str:
    return "too few steps show the claim's remainder above f's rounding and noise: how it falls cannot be told"


def _of_bent(setting: Setting, regimes: Sequence[Regime]) -> str:
    small, large = regimes[setting.order].ends
    against = "; nothing there speaks against the claim" if small >= setting.order + 1 - NEAR else _in_order_2(setting, regimes)
    return (
        f"the claim's remainder falls like no single power of h: its slope goes from {large:.1f} at large steps to {small:.1f} "
        f"at the smallest ones that tell anything{against}"
    )


def _of_power(setting: Setting, regimes: Sequence[Regime]) -> str:
    regime, order = regimes[setting.order], setting.order
    what, size = ("derivative", "slope") if order == 1 else ("second derivative", "second derivative")
    falls = f"the claim's remainder falls like {regime.power}"
    off = f"off by {_part(setting.off)} of f's {size} along this direction" if setting.off > 0 else ""
    if regime.slope >= order + 1 - NEAR:
        return f"{falls}, as that of a {what} does{_unseen(setting, regimes)}"
    wanted = f"h**{order + 1}"
    if setting.kink:
        return f"{falls}, as any claim's does at a kink: {setting.kink}"
    if regime.slope > order + NEAR:
        return f"{falls}: faster than {power_of(order)}, as that of a {what} does, but f is not smooth enough for {wanted}"
    if regime.slope < NEAR:
        return "the claim's remainder does not fall: f jumps at x, or has noise of this size"
    if regime.slope < order - NEAR:
        return f"{falls}, slower than {power_of(order)}: f has no {what} along this direction"
    if setting.verdict == "right":
        return f"{falls}, not like {wanted}: it is {off or 'off'}, which {setting.allowed}"
    return f"{falls}, not like {wanted}: it is no {what}{f' ({off})' if off else ''}"


def _unseen(setting: Setting, regimes: Sequence[Regime]) -> str:
    """Why a wrong claim looks right."""
    if setting.verdict != "wrong":
        return ""
    if not setting.off > 0:
        return "; what is wrong does not show along this direction"
    return f" at these steps{_in_order_2(setting, regimes) or f': that it is off by {_part(setting.off)} does not show'}"


def _in_order_2(setting: Setting, regimes: Sequence[Regime]) -> str:
    """A small error of a claimed slope shows first where f's curvature is subtracted as well."""
    if setting.verdict == "right" or setting.order == 2 or not (setting.off > 0 and abs(regimes[2].slope - 1) <= NEAR):
        return ""
    off = f"off by {_part(setting.off)} of f's slope along this direction"
    return f"; but that of order 2 falls like h, so that the claim is no derivative ({off})"


def _part(off: float) -> str:
    """A relative error as one reads it."""
    return f"{float(f'{100 * off:.2g}'):g}%" if 1e-3 <= off < 10 else f"{off:.2g} times" if off >= 10 else format_error(off)


_SENTENCES = {
    "missing": _of_missing,
    "zero": _of_zero,
    "hidden": _of_hidden,
    "few": _of_few,
    "bent": _of_bent,
    "power": _of_power,
}
