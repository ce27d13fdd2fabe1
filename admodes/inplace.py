"""The methods of ndarray that write in place: all of them are writes by index."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from .errors import TracedValueError
from .table.writing import cycle


def arranged(value: Any, layout: Any, order: str) -> Any:
    """`value` in the memory order that a copy of NumPy's array, of the strides of `layout`, would have."""
    if type(value) is not np.ndarray:
        return value.copy(order)
    wanted = np.empty_like(layout, dtype=value.dtype, order=order)  # type: ignore[call-overload]
    if wanted.strides == value.strides:
        return value
    wanted[...] = value
    return wanted


class InPlace:
    """Methods of a traced buffer that change it."""

    __slots__ = ()
    size: Any
    shape: Any

    def __setitem__(self, key: Any, value: Any) -> None:
        raise NotImplementedError

    def fill(self, value: Any) -> None:
        """Set all elements."""
        self[...] = value

    def sort(self, axis: int = -1, **options: Any) -> None:
        """Sort in place."""
        self[...] = np.sort(self, axis, **options)  # type: ignore[call-overload]

    def partition(self, kth: Any, axis: int = -1, **options: Any) -> None:
        """Partition in place."""
        self[...] = np.partition(self, kth, axis, **options)  # type: ignore[call-overload]

    def put(self, indices: Any, values: Any, mode: Any = "raise") -> None:
        """As `numpy.put`."""
        np.put(self, indices, values, mode)  # type: ignore[arg-type]

    def resize(self, *shape: Any, **options: Any) -> NoReturn:
        """Refused: a buffer keeps its size."""
        raise TracedValueError(
            "y.resize(...) would change the size of a traced array in place. Write y = np.resize(y, shape), which repeats the "
            "elements, or np.pad(y, (0, n)), which adds zeros."
        )

    @property
    def flat(self) -> Any:
        """The elements in C order, as a view."""
        size = self.size

        def ravel(base: Any) -> Any:
            return np.reshape(base, size)

        flat: Any = ravel(self)
        return flat.follow(self, ravel)

    @flat.setter
    def flat(self, values: Any) -> None:
        self.flat[...] = cycle(values, self.size) if np.ndim(values) else values
