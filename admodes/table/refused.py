"""The functions that have no derivative to speak of, and why."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules import REFUSED_MODULES, refused

_STRINGS = (
    "_center _expandtabs _expandtabs_length _ljust _lstrip_chars _lstrip_whitespace _partition _partition_index _replace _rjust "
    "_rpartition _rpartition_index _rstrip_chars _rstrip_whitespace _slice _strip_chars _strip_whitespace _zfill count endswith "
    "find index isalnum isalpha isdecimal isdigit islower isnumeric isspace istitle isupper rfind rindex startswith str_len"
)


def _found(space: Any, names: str) -> list[Any]:
    """Those that this NumPy has."""
    return [getattr(space, name) for name in names.split() if hasattr(space, name)]


refused("it is about text", *_found(vars(np)["_core"].umath, _STRINGS))
refused("it is about dates", *_found(np, "busday_count busday_offset is_busday datetime_as_string isnat"))
refused("it is about bits", np.packbits, np.unpackbits)
refused("it reads or writes files and text", *_found(np, "save savez savez_compressed savetxt fromfile fromstring"))
REFUSED_MODULES["numpy.lib.recfunctions"] = "it is about records"
REFUSED_MODULES["numpy.strings"] = REFUSED_MODULES["numpy.char"] = "it is about text"
refused("it is about rounding: write x itself, or x * (1 + 2**-52)", np.nextafter)
refused("the roots may be complex: solve p(r) = 0 outside and differentiate by r' = -(dp/dx) / (dp/dr)", np.roots)
refused("complex results cannot be returned: write np.sort of real values", np.sort_complex)
refused("it counts: write np.bincount or np.histogram, whose weights have a derivative", np.histogram2d, np.histogramdd)
refused("write np.unique(np.concatenate([x, y]))", np.union1d)
refused(
    "write np.unique(x, return_index=..., return_inverse=..., return_counts=...)",
    *_found(np, "unique_all unique_counts unique_inverse"),
)
refused("it is internal to NumPy: write np.ones_like", *_found(vars(np)["_core"].umath, "_ones_like"))
REFUSED_MODULES["numpy.polynomial.polynomial"] = "write the sum of powers with np.polyval or np.einsum"
