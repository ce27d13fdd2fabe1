"""What counts as an array and what as a container, for x and for f's outputs alike.

A number is anything of ndim 0. A list or tuple (not a namedtuple) of only numbers at any depth
is array_like; every other list, tuple, namedtuple or dict is a container whose leaves are
arrays and numbers. None is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .errors import AdmodesError
from .formatting import with_article

_NUMBERS = (int, float, complex, np.generic)


def is_number(value: Any) -> bool:
    """Whether `value` is a number: anything of ndim 0, traced scalars and 0-d arrays included."""
    return isinstance(value, _NUMBERS) or getattr(value, "ndim", None) == 0


def is_array_like(value: Any) -> bool:
    """Whether `value` is an array, a number, or a list or tuple of only numbers at any depth."""
    if type(value) in (list, tuple):
        return all(is_number(item) or (type(item) in (list, tuple) and is_array_like(item)) for item in value)
    return is_number(value) or hasattr(value, "ndim")


class Structure:
    """How leaves are arranged in a container (a single array is its own only leaf)."""

    __slots__ = ("_spec",)

    def __init__(self, spec: Any = None) -> None:
        self._spec = spec

    @property
    def is_leaf(self) -> bool:
        """Whether this is a single array and not a container."""
        return self._spec is None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and bool(self._spec == other._spec)

    def __hash__(self) -> int:
        return hash(self._spec)

    def __repr__(self) -> str:
        return "array" if self._spec is None else str(self._spec)

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """Put `leaves` back into the container that `flatten` took them from."""
        if self._spec is None:
            return leaves[0]
        import optree

        return optree.tree_unflatten(self._spec, leaves)

    def paths(self) -> list[str]:
        """The way to each leaf as Python would write it: ``['w']``, ``[0].bias``."""
        if self._spec is None:
            return [""]
        import optree

        return [accessor.codify("") for accessor in optree.treespec_accessors(self._spec)]


LEAF = Structure()


def flatten(tree: Any, error: type[AdmodesError], what: str) -> tuple[list[Any], Structure]:
    """Leaves of `tree` in a fixed order, and its structure.

    Parameters
    ----------
    tree : array_like or container
    error : type of AdmodesError
        Raised where a leaf is None or no array at all.
    what : str
        How the message names `tree`, e.g. ``"x"`` or ``"f(x)"``.

    Returns
    -------
    leaves : list
        Arrays, numbers, or (nested) lists of only numbers.
    structure : Structure
    """
    if isinstance(tree, np.ndarray) or is_array_like(tree):
        return [tree], LEAF
    if not isinstance(tree, (list, tuple, dict)):
        _refuse(tree, error, what)
    import optree

    leaves, spec = optree.tree_flatten(tree, is_leaf=is_array_like, none_is_leaf=True)
    structure = Structure(spec)
    for position, leaf in enumerate(leaves):
        if not is_array_like(leaf):
            _refuse(leaf, error, what + structure.paths()[position])
    return leaves, structure


def key_order(tree: Any) -> tuple[Any, ...]:
    """The keys of all dicts in `tree` in the order in which they are met: equal structures may differ in it."""
    if isinstance(tree, dict):
        return tuple([(key, key_order(part)) for key, part in tree.items()])
    return tuple(map(key_order, tree)) if isinstance(tree, (list, tuple)) and not is_array_like(tree) else ()


def _refuse(leaf: Any, error: type[AdmodesError], what: str) -> None:
    if leaf is None and what.endswith(")"):
        raise error(f"{what} is None: nothing to differentiate. `return` the value; print(...) has none.")
    raise error(
        f"{what} is {'None' if leaf is None else with_article(_type_name(leaf))}, which holds no numbers to differentiate. "
        "Use numbers, arrays, or lists, tuples, namedtuples and dicts of them."
    )


def _type_name(leaf: Any) -> str:
    """As a reader tells it from others: ``array.array`` is not what we call an array."""
    kind = type(leaf)
    return f"{kind.__module__}.{kind.__name__}" if kind.__module__ in ("array", "decimal", "fractions") else kind.__name__
