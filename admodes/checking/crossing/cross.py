"""Methods against each other: they share f and nothing else, so what they agree on is evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...differentiator import Differentiator
from ...errors import OptionError
from ...formatting import format_error, join_words
from ...methods import find_differentiator
from .methods import Contest, Entrant
from .result import CrossCheck

#: What all methods together may take, unless somebody allows for more.
MOST_SECONDS = 120.0
METHODS = ("finite", "symbolic", "forward", "reverse")


def cross_check(
    f: Callable[..., Any],
    x: Any,
    methods: Sequence[str | Differentiator] = METHODS,
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
    methods : sequence of str or Differentiator
        "finite" stands for difference quotients with a bound, which judge all others.
    args : sequence
        Further arguments of f.
    seed : int
    seconds : float
        What all of it may take. A method gets its share, and what easier ones leave; `methods` says who needed more.

    Returns
    -------
    CrossCheck

    Raises
    ------
    OptionError
        Fewer than two methods, or `seconds` that are no time.
    UnknownMethodError
        A method that does not exist.
    InputError, OutputError
        x or f(x) is nothing that has a derivative.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> bool(ad.cross_check(lambda x: np.outer(x, x), np.array([1.0, 2.0]), ["finite", "reverse"]))
    True
    """
    names = _names(methods, seconds)
    others = [name for name in names if name != "finite"]
    contest = Contest(f, x, args, seed, seconds)
    entrants = contest.run(others)
    checks = {name: check for name in others if (check := entrants[name].check) is not None}
    known = [check.sensitivity for check in checks.values() if not np.isnan(check.sensitivity)]
    sensitivity = max(known) if len(known) == len(checks) > 0 else float("nan")
    texts = {name: _text(name, entrants) for name in names}
    verdict, reason = _together(names, entrants, contest)
    if verdict == "right" and sensitivity > 0:
        reason += f"; a difference above {format_error(sensitivity)} of a slope would have shown"
    return CrossCheck(verdict, texts, _differences(entrants, "finite" in names), sensitivity, reason, checks)


def _names(methods: Any, seconds: Any) -> list[Any]:
    """The methods, each once and known to exist."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise OptionError(f"seconds={seconds!r} is no time limit: give a positive number, e.g. seconds={MOST_SECONDS:.0f}.")
    names = list(dict.fromkeys(methods)) if isinstance(methods, (list, tuple, set, frozenset, dict)) else []
    if len(names) < 2:
        raise OptionError(f"methods={methods!r} has nothing to compare: name two or more, e.g. ['finite', 'reverse'].")
    for name in names:
        find_differentiator(name)
    return names


def _text(name: Any, entrants: dict[Any, Entrant]) -> str:
    """A method's own verdict; the quotients, which judge the others, are right where they know their slopes."""
    if name != "finite":
        return entrants[name].text
    verdicts = {entrant.check.verdict for entrant in entrants.values() if entrant.check is not None}
    if not verdicts:
        return "not needed: no other method is left that it could judge"
    return "inconclusive" if verdicts == {"inconclusive"} else "right"


def _differences(entrants: dict[Any, Entrant], finite: bool) -> dict[tuple[Any, Any], float]:
    names = [name for name, entrant in entrants.items() if entrant.matrix is not None]
    pairs = [(one, two) for place, one in enumerate(names) for two in names[place + 1 :]]
    gaps = {(one, two): float(np.max(entrants[one].gaps(entrants[two]), initial=0.0)) for one, two in pairs}
    if finite:
        gaps |= {(name, "finite"): gap for name in names if (gap := entrants[name].gap_to_slopes()) is not None}
    return gaps


def _together(names: Sequence[Any], entrants: dict[Any, Entrant], contest: Contest) -> tuple[str, str]:
    """The verdict on all of them, and why."""
    found = {name: entrant for name, entrant in entrants.items() if entrant.matrix is not None}
    wrong = [str(name) for name, entrant in found.items() if entrant.verdict == "wrong"]
    if wrong:
        return "wrong", f"{join_words(wrong)} {_verb(wrong, 'contradict')} the slopes of {contest.name}"
    pairs = [(one, two) for one in found for two in found if names.index(one) < names.index(two)]
    for one, two in pairs:
        place = found[one].contradicts(found[two])
        if place:
            return "wrong", f"{one} and {two} contradict each other in {place}, whatever the slopes of {contest.name} are"
    judged = [str(name) for name in names if name in found or (name == "finite" and found)]
    if len(judged) < 2:
        return "inconclusive", "fewer than two methods have a derivative that could be compared"
    unjudged = [name for name in found if found[name].verdict != "right"]
    if unjudged:
        check = found[unjudged[0]].check
        return "inconclusive", "the difference quotients were not taken" if check is None else check.reason
    for one, two in pairs:
        place = found[one].parts_from(found[two])
        if place:
            return "inconclusive", f"f has a kink in {place}, where {one} and {two} give different numbers between its slopes"
    kinks = next(iter(found.values())).kinks()
    more = f"; f has a kink in {join_words(kinks)}, where they give one number between the slopes of both sides" if kinks else ""
    return "right", f"{join_words(judged)} agree{more}"


def _verb(subjects: Sequence[str], verb: str) -> str:
    return verb if len(subjects) > 1 else f"{verb}s"
