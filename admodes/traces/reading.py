"""Reads traces off an evaluation: with a node for each operation, for each call, or for each element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .elements import build_elements
from .evaluation import Evaluation
from .grouping import Unit, by_calls, elementary
from .model import Node, Trace
from .nodes import build


class Reading(Evaluation):
    """One evaluation of f as the source of traces."""

    def elementary(self) -> Trace:
        """A node for each operation."""
        return self._of_units(elementary(self.tape, self.shown))

    def grouped(self, depth: int) -> Trace:
        """A node for each call at that depth."""
        return self._of_units(by_calls(self.tape, self.shown, self.outputs, depth))

    def expanded(self) -> Trace:
        """A node for each element."""
        with np.errstate(all="ignore"):
            nodes, inputs, outputs = build_elements(self)
        return self._trace(nodes, inputs, outputs)

    def gradient(self) -> Any:
        """The adjoints of the inputs, arranged as x."""
        adjoint = self.back.adjoint
        leaves = [
            np.asarray(adjoint[number], leaf.dtype) if number in adjoint else np.zeros(leaf.shape, leaf.dtype)
            for number, leaf in enumerate(self.function.inputs)
        ]
        return self.function.as_input_tree(leaves)

    def _of_units(self, units: Sequence[Unit]) -> Trace:
        with np.errstate(all="ignore"):
            nodes = build(self, units)
        place = {number: node.place for number, node in nodes.items()}
        return self._trace(list(nodes.values()), [place[i] for i in range(len(self.labels))], [place[i] for i in self.outputs])

    def _trace(self, nodes: list[Node], inputs: Sequence[int], outputs: Sequence[int]) -> Trace:
        return Trace(tuple(nodes), tuple(inputs), tuple(outputs), self.title, self.seeds, self)
