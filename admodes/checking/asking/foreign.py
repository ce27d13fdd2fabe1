"""Arrays of other packages as NumPy's. None of these packages is loaded for it."""

from __future__ import annotations

import copy
import sys
from typing import Any

import numpy as np

from ...containers import flatten
from ...errors import InputError

#: What most functions return, and needs no reading.
_OWN = (np.ndarray, np.float64, float)


def readable(value: Any, *, sparse: bool = True) -> Any:
    """`value`, in which SciPy's sparse matrices have their zeros, and PyTorch's tensors are arrays that record nothing.

    Parameters
    ----------
    value : object
        Lists, tuples and dicts are searched.
    sparse : bool
        Whether sparse matrices are: as x they are not, since * of a matrix is another function than that of an array.

    Returns
    -------
    object
        The same object where there was nothing to do.
    """
    if type(value) in _OWN:
        return value
    if isinstance(value, dict):
        return _with_parts(value, list(value), [readable(part, sparse=sparse) for part in value.values()])
    if isinstance(value, (list, tuple)):
        return _with_parts(value, range(len(value)), [readable(part, sparse=sparse) for part in value])
    package, torch = sys.modules.get("scipy.sparse"), sys.modules.get("torch")
    if sparse and package is not None and package.issparse(value):
        return value.toarray()
    if torch is not None and isinstance(value, torch.Tensor):
        dense = value.detach().to_dense().cpu()
        return dense if dense.dtype == torch.bfloat16 else dense.numpy()  # NumPy has no such numbers
    return value


def _with_parts(container: Any, keys: Any, parts: list[Any]) -> Any:
    if all(container[key] is part for key, part in zip(keys, parts, strict=True)):
        return container
    if isinstance(container, tuple):
        return type(container)(*parts) if hasattr(container, "_fields") else tuple(parts)
    changed = copy.copy(container)
    for key, part in zip(keys, parts, strict=True):
        changed[key] = part
    return changed


def foreign_name(tree: Any) -> str:
    """The type of an array in x that f gets as one of NumPy's, as its users write it; "" where there is none."""
    for leaf in flatten(tree, InputError, "x")[0]:
        package = type(leaf).__module__.partition(".")[0]
        if package not in ("builtins", "numpy"):
            return f"{package}.{type(leaf).__name__}"
    return ""


def labels_of(value: Any) -> str:
    """How the rows and columns of a table of pandas are called, where that is not 0, 1, 2, ...; "" elsewhere."""
    if not type(value).__module__.startswith("pandas"):
        return ""
    axes = [list(axis) for axis in getattr(value, "axes", ())]
    return "" if all(axis == list(range(len(axis))) for axis in axes) else ", ".join(str(axis[:4]) for axis in axes)
