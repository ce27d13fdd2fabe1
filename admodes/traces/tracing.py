"""`ad.trace`: records f once, and reads the tape forward and backward."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import InputError, LevelError, OptionError
from ..function import Function
from ..levels import Traced, check_alive
from ..recording import record
from .choosing import cotangents_of
from .grouping import results, shown
from .model import Trace
from .reading import Reading
from .recording import TraceTape
from .sweeping import pull_back, push_forward, record_of

#: Inputs of more numbers have no tangents, unless a direction is given.
MOST_SEEDS = 16


def trace(
    f: Callable[..., Any],
    x: Any,
    *,
    args: Sequence[Any] = (),
    argnums: int | Sequence[int] = 0,
    names: Sequence[str] | None = None,
    output: Any = None,
    cotangent: Any = None,
    tangent: Any = None,
    expand: bool = False,
) -> Trace:
    """One evaluation of f at x, operation by operation, with its derivatives forward and backward.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` in plain NumPy.
    x : array_like or container
        Where to evaluate it.
    args : tuple
        Further positional arguments of f.
    argnums : int or tuple of int
        Which of ``(x, *args)`` are inputs; the others are constants.
    names : sequence of str, optional
        Names of the inputs, one for each leaf of the arguments; by default those of f's parameters.
    output : int, str or tuple, optional
        Where f returns more than one number: the index of the one whose adjoints are wanted. A tuple indexes an array,
        or is applied step by step to a container, ``("loss", 0)``.
    cotangent : array_like or container, optional
        In place of `output`: weights arranged as f(x), of whose weighted sum the adjoints are taken.
    tangent : array_like or container, optional
        One direction, arranged as x, for the tangents. By default there is a tangent for each number in x,
        if those are at most 16, and none otherwise.
    expand : bool
        Show each element of an array as a node of its own; for small arrays.

    Returns
    -------
    Trace
        Printed, it shows the tables of evaluation, tangents and adjoints. Operations stand in the order in which they were
        done; those of one expression are ordered by depth, as one numbers them by hand.

    Raises
    ------
    ShapeError, OptionError
        f(x) is more than one number and none was chosen, or `output` is no index of one.
    InputError, OutputError, MissingRuleError, TracedValueError
        As for `gradient`: what cannot be differentiated is not traced.
    BudgetError
        More operations or numbers than a trace may have (10,000 and 10 million), or more elements (1,000) than are expanded.

    Examples
    --------
    >>> import numpy as np
    >>> import admodes as ad
    >>> trace = ad.trace(lambda x1, x2: np.log(x1) + x1 * x2 - np.sin(x2), 2.0, args=(5.0,), argnums=(0, 1))
    >>> [f"{node.name} = {node.formula} = {node.value:.3f}" for node in trace.nodes[2:]]
    ['v2 = log(v0) = 0.693', 'v3 = v0 * v1 = 10.000', 'v4 = sin(v1) = -0.959', 'v5 = v2 + v3 = 10.693', 'v6 = v5 - v4 = 11.652']
    >>> [round(node.adjoint, 3) for node in reversed(trace.nodes)]
    [1.0, 1.0, -1.0, 1.0, 1.0, 1.716, 5.5]

    References
    ----------
    A. G. Baydin, B. A. Pearlmutter, A. A. Radul, J. M. Siskind: Automatic differentiation in machine learning: a survey,
    JMLR 18(153), 2018, tables 2 and 3.
    """
    function = Function(f, x, args, argnums)
    _check_arguments(function)
    if function.nested:
        raise LevelError(
            "ad.trace was called inside a derivative: its input is traced already. "
            "Trace the function outside, or trace the derivative itself: ad.trace(lambda x: ad.gradient(f, x), x)."
        )
    if not function.input_size:
        raise InputError(f"x holds no numbers: there is nothing to trace {function.name} by. Give it at least one number.")
    labels = _input_names(function, names)
    tape = TraceTape(function)
    _, leaves = record(function, tape)
    tape.watch.finish()
    outputs = [_output_record(tape, leaf) for leaf in leaves]
    with np.errstate(all="ignore"):
        numbers = tape.numbered()
        chosen = cotangents_of(function, [tape.values[number] for number in outputs], output, cotangent)
        back = pull_back(tape, list(zip(outputs, chosen, strict=True)), numbers)
        seeds, seed_names = _seeds(function, labels, tangent)
        made = results(tape, outputs)
        tangents = push_forward(tape, seeds, numbers)
        source = Reading(function, tape, labels, made, shown(tape, made), back, tangents, seed_names)
        return source.expanded() if expand else source.elementary()


def _check_arguments(function: Function) -> None:
    """Refuse an f that does not take x and args: it would fail inside."""
    try:
        signature = inspect.signature(function.f)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*function.positional)
    except TypeError as error:
        raise InputError(
            f"{function.name}{signature} cannot be called with the {len(function.positional)} arguments (x, *args): {error}. "
            "A trace needs a function of its inputs: give the first as x and the others in args=(...)."
        ) from error


def _output_record(tape: TraceTape, leaf: Any) -> int:
    """The record of one of f's outputs; one that does not depend on x becomes a constant."""
    if not isinstance(leaf, Traced):
        return record_of(tape.constant(leaf).node)
    if leaf.level is not tape:
        check_alive([leaf])
        raise LevelError("f returned a value of a derivative that it takes inside: return the result of that derivative instead.")
    leaf.refresh()
    return record_of(leaf.node)


def _input_names(function: Function, names: Sequence[str] | None) -> list[str]:
    """Names of the inputs: those given, or of f's parameters."""
    own = _parameter_names(function)
    if names is None:
        return own
    given = [names] if isinstance(names, str) else list(names)
    if len(given) != len(own) or not all(isinstance(name, str) and name for name in given):
        raise OptionError(
            f"names={names!r} must have one text for each of the {len(own)} inputs of {function.name}: {', '.join(own)}."
        )
    if len(set(given)) < len(given):
        raise OptionError(f"names={names!r} calls several inputs the same: give each a name of its own.")
    return given


def _parameter_names(function: Function) -> list[str]:
    """The inputs as f calls them, with the way to each leaf: ``p['w']``, ``xs[1]``."""
    try:
        parameters = list(inspect.signature(function.f).parameters.values())
    except (TypeError, ValueError):
        return function.input_names
    called = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    found: list[str] = []
    for number, structure in zip(function.selected, function.input_structures, strict=True):
        own = called[number] if number < len(called) else f"{''.join(rest)}[{number - len(called)}]"
        found += [own + path for path in structure.paths()]
    return found


def _seeds(function: Function, labels: Sequence[str], tangent: Any) -> tuple[dict[int, Any], tuple[str, ...]]:
    """Tangents of the inputs by record, with the leading axis of seeds, and what each is a derivative by."""
    if tangent is not None:
        given = function.flatten_like_inputs(tangent, "tangent")
        single = all(part.shape == leaf.shape for part, leaf in zip(given, function.inputs, strict=True))
        if not single:
            raise OptionError("tangent must have x's own shape: a trace shows one direction beside the unit directions.")
        return {number: part[None] for number, part in enumerate(given)}, ("tangent",)
    count = function.input_size
    if count > MOST_SEEDS:
        return {}, ()
    units, start = np.eye(count), 0
    seeds, named = {}, []
    for number, (leaf, label) in enumerate(zip(function.inputs, labels, strict=True)):
        size = math.prod(leaf.shape)
        seeds[number] = units[:, start : start + size].reshape(count, *leaf.shape).astype(leaf.dtype)
        named += [f"{label}[{', '.join(map(str, index))}]" if index else label for index in np.ndindex(*leaf.shape)]
        start += size
    return seeds, tuple(named)
