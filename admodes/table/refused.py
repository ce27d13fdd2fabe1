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
refused(
    "it reads or writes files and text", *_found(np, "save savez savez_compressed savetxt loadtxt genfromtxt fromfile fromstring")
)
REFUSED_MODULES["numpy.lib.recfunctions"] = "it is about records"
