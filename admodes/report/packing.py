"""Data for a page's script, packed so that thousands of rows stay small."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any


def pack(data: Any) -> str:
    """`data` as JSON, compressed, in letters that need no escaping in HTML.

    Parameters
    ----------
    data : dict, list, str, int or float
        What JSON can hold.

    Returns
    -------
    str
        Base64 of a zlib stream, which browsers read as "deflate".

    Examples
    --------
    >>> unpack(pack({"labels": ["forward: 1.2 µs"] * 3}))
    {'labels': ['forward: 1.2 µs', 'forward: 1.2 µs', 'forward: 1.2 µs']}
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(errors="replace"), 9)).decode("ascii")


def unpack(text: str) -> Any:
    """The inverse of `pack`, as the page's script does it."""
    return json.loads(zlib.decompress(base64.b64decode(text)))
