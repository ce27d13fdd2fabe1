"""The worked examples of lectures on differentiation, each with its numbers: ``ad.examples["koehn_network"]``.

The module is a mapping of names to examples: ``list(ad.examples)``, ``for name, example in ad.examples.items()``.

Examples
--------
>>> import admodes as ad
>>> "cmp784_trace" in ad.examples, len(ad.examples)
(True, 22)
>>> example = ad.examples["cmp784_trace"]
>>> example.formula
'y = log(x1) + x1*x2 - sin(x2)'
>>> example.inputs, example.gradient, example.printed["dx2"]
({'x1': 2.0, 'x2': 5.0}, {'x1': 5.5, 'x2': 1.7163378145367738}, 1.716)
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import ModuleType

from .example import Example as Example
from .example import find, load


class _Examples(ModuleType, Mapping[str, Example]):
    """The module itself, which can be indexed and iterated."""

    # A module is equal to itself alone, and can stand in sets.
    __eq__ = ModuleType.__eq__
    __hash__ = ModuleType.__hash__

    def __getitem__(self, name: str) -> Example:
        return find(name)

    def __iter__(self) -> Iterator[str]:
        return iter(load())

    def __len__(self) -> int:
        return len(load())

    def _ipython_key_completions_(self) -> list[str]:
        return list(load())


sys.modules[__name__].__class__ = _Examples
