"""Methods against each other: they share f and nothing else, so what they agree on is evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..api import differentiate
from ..errors import AdmodesError, OptionError
from ..formatting import format_error
from .points import check_point, point_at
from .probes import OUTSIDE, measure_noise
from .progress import CALLS_A_SLOPE, seconds_of
from .subject import Subject
from .verdicts import WORDS

Array = np.ndarray[Any, Any]

#: What one method may take, unless somebody allows for more.
MOST_SECONDS = 120.0
METHODS = ("finite", "symbolic", "forward", "reverse")


@dataclass(frozen=True)
class CrossCheck:
    """What `cross_check` found: true where all methods that can differentiate f agree.

    Attributes
    ----------
    verdict : {"right", "wrong", "inconclusive"}
        "wrong" where two methods contradict each other, "inconclusive" where f is too noisy or fewer than two could do it.
    methods : dict
        Method -> its own verdict against the difference quotients with their bounds, or "refused: ..." or "left out: ..."
        with the reason.
    differences : dict
        Pair of methods -> largest difference, relative to the slope.
    sensitivity : float
        A relative difference above this would have shown.

    Parameters
    ----------
    verdict, methods, differences, sensitivity
        See above.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> found = ad.cross_check(lambda x: np.sum(np.sin(x)), np.array([1.0, 2.0]), methods=["finite", "forward", "reverse"])
    >>> found.verdict, found.methods["forward"]
    ('right', 'right')
    """

    verdict: str
    methods: dict[str, str]
    differences: dict[tuple[str, str], float] = field(default_factory=dict)
    sensitivity: float = float("nan")

    def __bool__(self) -> bool:
        return self.verdict == "right"

    def __str__(self) -> str:
        lines = [f"methods against each other: {self.verdict.upper()}"]
        lines += [f"{name!s:9} {verdict}" for name, verdict in self.methods.items()]
        lines += [f"{one} and {two} differ by {format_error(gap)}" for (one, two), gap in self.differences.items()]
        if np.isfinite(self.sensitivity):
            lines.append(f"A difference above {format_error(self.sensitivity)} of a slope would have shown.")
        return "\n".join(lines)


def cross_check(
    f: Callable[..., Any],
    x: Any,
    methods: Sequence[str] = METHODS,
    *,
    args: Sequence[Any] = (),
    seed: int = 0,
    seconds: float = MOST_SECONDS,
) -> CrossCheck:
    """Differentiate f in several ways and compare them within their bounds.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` in plain NumPy.
    x : array_like or container
    methods : sequence of str
        "finite" stands for difference quotients with a bound, which judge all others.
    args : sequence
        Further arguments of f.
    seed : int
    seconds : float
        A method that is expected to take longer, by the time of one call of f, is left out, and `methods` says so.

    Returns
    -------
    CrossCheck

    Raises
    ------
    OptionError
        Fewer than two methods.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> bool(ad.cross_check(lambda x: np.outer(x, x), np.array([1.0, 2.0]), ["finite", "reverse"]))
    True
    """
    names = list(dict.fromkeys(methods))
    if isinstance(methods, str) or len(names) < 2:
        raise OptionError(f"methods={methods!r} has nothing to compare: name two or more, e.g. ['finite', 'reverse'].")
    found: dict[str, Array] = {}
    verdicts: dict[str, str] = {}
    sensitivity = float("nan")
    slopes: Array | None = None
    size = np.zeros((0, 0))
    for name in names:
        if name == "finite":
            continue
        expected = _expected_seconds(f, x, name, args)
        if expected > seconds:
            verdicts[name] = (
                f"left out: it would take about {expected:.2g} seconds, more than seconds={seconds:g}. "
                "Allow for more, or give fewer elements of x"
            )
            continue
        try:
            matrix, judged = _judged(f, x, name, args, seed)
        except AdmodesError as error:
            verdicts[name] = f"refused: {error}"
            continue
        found[name] = matrix
        slopes, size = judged.expected, judged.size
        verdicts[name] = WORDS[int(judged.verdict.min(initial=1))]
        with np.errstate(all="ignore"):
            sensitivity = float(np.nanmax(np.append(judged.bound / judged.size, 0.0)))
    if "finite" in names and slopes is not None:
        found["finite"] = slopes
        verdicts["finite"] = "right" if "right" in verdicts.values() else "inconclusive"
    differences = _differences(found, size)
    return CrossCheck(
        _together(verdicts, found), {name: verdicts.get(name, "inconclusive") for name in names}, differences, sensitivity
    )


def _expected_seconds(f: Callable[..., Any], x: Any, method: str, args: Sequence[Any]) -> float:
    """What a method and the slopes that it is compared with take: calls of f, of which one is timed."""
    subject = Subject(f, f, x, args)
    try:
        one = seconds_of(lambda: subject.f(subject.tree(subject.leaves), *subject.args))
    except OUTSIDE:
        return 0.0  # the method says what is wrong
    size = int(sum(leaf.size for leaf in subject.leaves))
    own = 1 if method in ("reverse", "symbolic") else size
    return float(one) * (2 * CALLS_A_SLOPE * size + own)


def _judged(f: Callable[..., Any], x: Any, method: str, args: Sequence[Any], seed: int) -> tuple[Array, Any]:
    """A method's derivative, and what the slopes of f make of it."""
    subject = Subject(f, lambda point, *rest: differentiate(f, point, method, args=rest), x, args)
    point = point_at(subject, np.concatenate([np.empty(0), *(leaf.ravel() for leaf in subject.leaves)]))
    subject.function = point.function
    subject.output_shapes = [output.shape for output in point.outputs]
    subject.kind = "jacobian"
    reading = subject.read(subject.leaves)
    rng = np.random.default_rng(seed)
    noise = measure_noise(subject, point, reading, rng)
    judged = check_point(subject, point, reading, None, rng, noise).judgement
    assert reading.matrix is not None  # noqa: S101 - our own methods return what can be read
    return reading.matrix.T, judged


def _differences(found: dict[str, Array], size: Array) -> dict[tuple[str, str], float]:
    names = list(found)
    pairs = [(one, two) for place, one in enumerate(names) for two in names[place + 1 :]]
    with np.errstate(all="ignore"):
        return {
            (one, two): float(np.max(np.where(size > 0, np.abs(found[one] - found[two]) / size, 0.0), initial=0.0))
            for one, two in pairs
        }


def _together(verdicts: dict[str, str], found: dict[str, Array]) -> str:
    if "wrong" in verdicts.values():
        return "wrong"
    return "right" if len(found) >= 2 and "inconclusive" not in verdicts.values() else "inconclusive"
