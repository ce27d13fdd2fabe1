"""One worked example: a function, where it is evaluated, and the numbers that must come out."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import UnknownExampleError
from ..formatting import join_words
from . import functions

if TYPE_CHECKING:
    from ..traces import Trace


@dataclass(frozen=True, eq=False)
class Example:
    """A worked example of a lecture.

    Attributes
    ----------
    name : str
    f : callable
        Of the inputs, in their order: ``f(*example.inputs.values())``.
    inputs : dict
        The point, by the names of f's arguments: floats and float64 arrays.
    value : float, ndarray or None
        f there, exact to the last digits of a float; None where it is too large to be listed.
    gradient : dict
        The derivative of f by each input, of its shape, and by intermediate values that the lecture shows, by name.
    forward : dict
        Intermediate values, by their names in f.
    printed : dict
        What the lecture prints, with its digits, by the lecture's names; ``minus_dW2`` is minus the gradient by W2.
    formula, source, notes : str
        The notes say what is ours, and where a lecture's print and its own arithmetic disagree.
    facts : dict
        What else the lecture gives: tables, points, derivatives.

    Examples
    --------
    >>> import admodes as ad
    >>> example = ad.examples["cs224n_gates"]
    >>> example.inputs
    {'x': 1.0, 'y': 2.0, 'z': 0.0}
    >>> example.f(*example.inputs.values()), example.value
    (np.float64(6.0), 6.0)
    >>> example.gradient["y"], float(example.derivative("reverse")["y"])
    (5.0, 5.0)
    """

    name: str
    f: Callable[..., Any] = field(repr=False)
    inputs: dict[str, Any]
    value: Any
    gradient: dict[str, Any] = field(repr=False)
    forward: dict[str, Any] = field(repr=False)
    printed: dict[str, Any] = field(repr=False)
    formula: str
    source: str
    notes: str = field(repr=False)
    facts: dict[str, Any] = field(repr=False)

    @property
    def arguments(self) -> dict[str, Any]:
        """The inputs as the operators take them: ``ad.gradient(example.f, **example.arguments)``.

        Returns
        -------
        dict
            ``x``, ``args`` and ``argnums``; the derivative comes as a tuple, one entry an input.
        """
        first, *rest = self.inputs.values()
        return {"x": first, "args": tuple(rest), "argnums": tuple(range(1 + len(rest)))}

    def derivative(self, method: Any = "auto") -> dict[str, Any]:
        """What a method says about the derivative.

        Parameters
        ----------
        method : str or Differentiator, optional

        Returns
        -------
        dict
            The derivative by each input, of the shape of f's output and then of the input.
        """
        from ..api import differentiate

        return dict(zip(self.inputs, differentiate(self.f, **self.arguments, method=method), strict=True))

    def trace(self, **options: Any) -> Trace:
        """The trace of f at the inputs; `options` are those of ``ad.trace``.

        Where f has many outputs and none is chosen, their sum is what the adjoints are derivatives of.
        """
        from ..traces import trace

        if not {"output", "cotangent"} & set(options):
            options["cotangent"] = np.ones_like(self.f(*self.inputs.values()))
        return trace(self.f, **{**self.arguments, **options})


@functools.cache
def load() -> dict[str, Example]:
    """All examples by name, in the order of their file."""
    entries = json.loads(resources.files(__package__).joinpath("numbers.json").read_text(encoding="utf-8"))
    return {name: _example(name, entry) for name, entry in entries.items()}


def find(name: str) -> Example:
    """The example of that name.

    Raises
    ------
    UnknownExampleError
        If there is none.
    """
    known = load()
    if name not in known:
        alike = [each for each in known if str(name) and each.startswith(str(name))]
        close = alike or difflib.get_close_matches(str(name), known, 3)
        hint = f"Did you mean {join_words(close, 'or')}?" if close else f"There are {', '.join(known)}."
        raise UnknownExampleError(f"There is no example {name!r}. {hint}")
    return known[name]


def _example(name: str, entry: dict[str, Any]) -> Example:
    known = {key: entry.pop(key) for key in ("formula", "source", "notes")}
    inputs = _numbers(entry.pop("inputs"))
    forward, gradient, printed = (_numbers(entry.pop(part, {})) for part in ("forward", "gradient", "printed"))
    value = forward.get(entry.pop("result"))
    return Example(
        name, getattr(functions, name), inputs, value, gradient=gradient, forward=forward, printed=printed, facts=entry, **known
    )


def _numbers(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as floats, lists as arrays, and arrays that are drawn from a seed."""
    found: dict[str, Any] = {}
    for name, value in entries.items():
        if isinstance(value, dict):
            found[name] = np.random.default_rng(value["seed"]).standard_normal(value["shape"])
        else:
            found[name] = np.array(value, dtype=float) if isinstance(value, list) else float(value)
        if isinstance(found[name], np.ndarray):
            found[name].flags.writeable = False
    return found
