"""One path through f, and whether f takes it at other points too."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from .lowering import Lowering
from .printing import compile_expressions
from .recording import Recording


class Path:
    """What decided the path of a recording, as a program of the point.

    Parameters
    ----------
    recording : Recording
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    @cached_property
    def _operands(self) -> Callable[[np.ndarray], np.ndarray]:
        flat = [expression for guard in self.recording.guards for array in guard.expressions for expression in array.flat]
        with self.recording.graph.budget.again("compiled").running():
            return compile_expressions(Lowering(self.recording.variables), flat)

    def holds(self, numbers: np.ndarray) -> bool:
        """Whether every guard holds at a point of the same shapes, given as one vector of float64."""
        if not self.recording.guards:
            return True
        with np.errstate(all="ignore"):
            values, start = self._operands(numbers), 0
            for guard in self.recording.guards:
                arrays = []
                for array, dtype in zip(guard.expressions, guard.dtypes, strict=True):
                    arrays.append(values[start : start + array.size].reshape(array.shape).astype(dtype, copy=False))
                    start += array.size
                found = np.asarray(guard.function(*arrays))
                # Most paths are the same to the bit, which is the fastest to see.
                if found.tobytes() != guard.value.tobytes() and not np.array_equal(found, guard.value, equal_nan=True):
                    return False
        return True
