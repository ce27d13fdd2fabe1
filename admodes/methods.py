"""The differentiators by name, those of other packages included, and the rule that chooses one."""

from __future__ import annotations

import difflib
import functools
import importlib
from typing import Any, NamedTuple

from .differentiator import Blocks, Differentiator, Pullback
from .errors import OptionError, UnknownMethodError
from .function import Function, Leaves
from .reverse import Reverse, linearize

ENTRY_POINTS = "admodes.differentiators"

#: Where our own differentiators live: they are imported when first asked for.
_BUILT_IN = {
    "finite": ("admodes.finite", "CentralDifferences"),
    "symbolic": ("admodes.symbolic", "Symbolic"),
    "forward": ("admodes.forward", "Forward"),
    "reverse": ("admodes.reverse", "Reverse"),
    "complex": ("admodes.complex_step", "ComplexStep"),
}


class Choice(NamedTuple):
    """The name of a method, and why it was chosen."""

    method: str
    reason: str


def choose_method(inputs: int, outputs: int) -> Choice:
    """Forward or reverse mode by the shape of the derivative: one sweep an input, or one an output.

    Parameters
    ----------
    inputs, outputs : int
        Numbers of elements of x and of f(x).

    Returns
    -------
    Choice
        ``(method, reason)``.

    Examples
    --------
    >>> import admodes as ad
    >>> choice = ad.choose_method(inputs=200, outputs=1)
    >>> choice.method
    'reverse'
    >>> choice.reason
    '1 output against 200 inputs: reverse mode takes one seed an output, forward mode one an input'
    """
    ins, outs = f"{inputs} input{'s' * (inputs != 1)}", f"{outputs} output{'s' * (outputs != 1)}"
    if outputs < inputs:
        return Choice("reverse", f"{outs} against {ins}: reverse mode takes one seed an output, forward mode one an input")
    return Choice("forward", f"{ins} against {outs}: forward mode takes one seed an input, and keeps no tape")


class Auto(Differentiator):
    """Forward or reverse mode, by shape (see `choose_method`)."""

    name = "auto"
    traces = True

    def jvp(self, function: Function, tangents: Leaves) -> tuple[Leaves, Leaves]:
        """Forward mode: one sweep a direction."""
        return find_differentiator("forward").jvp(function, tangents)

    def vjp(self, function: Function) -> tuple[Leaves, Pullback]:
        """Reverse mode: one sweep a cotangent."""
        return Reverse().vjp(function)

    def jacobian(self, function: Function) -> tuple[Leaves, Blocks]:
        """As `choose_method` says. f is traced for reverse mode first, which tells the number of outputs."""
        if function.input_size <= 1:
            return find_differentiator("forward").jacobian(function)
        linear = linearize(function)
        if choose_method(function.input_size, sum([output.size for output in linear.outputs])).method == "forward":
            return find_differentiator("forward").jacobian(function)
        return Reverse().blocks(function, linear)

    def hessian(self, function: Function) -> tuple[Any, Blocks]:
        """Forward over reverse: the gradient's Jacobian is square, and its tape need not be kept twice."""
        return find_differentiator("forward").jacobian(self.gradient_of(function, Reverse()))

    def hvp(self, function: Function, tangents: Leaves) -> Leaves:
        """Forward over reverse."""
        return find_differentiator("forward").jvp(self.gradient_of(function, Reverse()), tangents)[1]


def _entry_points() -> dict[str, Any]:
    from importlib import metadata

    return {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}


def find_differentiator(method: str | Differentiator | type[Differentiator]) -> Differentiator:
    """The differentiator of a name; an object is returned as it is.

    Raises
    ------
    UnknownMethodError
        No method of that name, or one of another package that cannot be loaded.
    """
    if isinstance(method, Differentiator):
        return method
    if isinstance(method, type) and issubclass(method, Differentiator):
        return method()
    if not isinstance(method, str):
        raise OptionError(
            f"method must be a name or a Differentiator object, not {type(method).__name__}: write method='reverse'."
        )
    if method == "auto":
        return Auto()
    if method in _BUILT_IN:
        return _built_in(method)
    entry = _entry_points().get(method)
    if entry is None:
        names = available_methods()
        close = difflib.get_close_matches(method, names, 1)
        hint = f"Did you mean '{close[0]}'? " if close else ""
        raise UnknownMethodError(f"There is no method '{method}'. {hint}The methods are: {', '.join(names)}.")
    loaded = _load(entry)
    if isinstance(loaded, str):
        raise UnknownMethodError(
            f"The method '{method}' of another package cannot be used: {loaded}. Repair that package or choose another method."
        )
    return loaded


@functools.cache
def _built_in(method: str) -> Differentiator:
    module, name = _BUILT_IN[method]
    found: Differentiator = getattr(importlib.import_module(module), name)()
    return found


def _load(entry: Any) -> Differentiator | str:
    """The differentiator of an entry point, or the reason why there is none."""
    try:
        found = entry.load()
        found = found() if isinstance(found, type) else found
    except Exception as error:  # noqa: BLE001 - a broken package must not break the others, whatever it raises
        return f"{type(error).__name__}: {error}"
    return found if isinstance(found, Differentiator) else f"it is a {type(found).__name__}, not a Differentiator"


def available_methods() -> list[str]:
    """The names that `method` may have: ours, then those of other packages that can be loaded.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import admodes as ad
    >>> ad.available_methods()[:5]
    ['auto', 'finite', 'symbolic', 'forward', 'reverse']
    """
    others = [name for name, entry in _entry_points().items() if not isinstance(_load(entry), str)]
    return ["auto", *_BUILT_IN, *(name for name in others if name not in _BUILT_IN)]


def unavailable_methods() -> dict[str, str]:
    """Methods of other packages that cannot be loaded, and why.

    Returns
    -------
    dict
        Name -> reason.

    Examples
    --------
    >>> import admodes as ad
    >>> ad.unavailable_methods()
    {}
    """
    loaded = {name: _load(entry) for name, entry in _entry_points().items()}
    return {name: reason for name, reason in loaded.items() if isinstance(reason, str)}
