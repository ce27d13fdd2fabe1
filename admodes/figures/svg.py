"""Figures as SVG files: the same bytes for the same data, in fixed colours."""

from __future__ import annotations

import re
import warnings
from io import StringIO
from typing import TYPE_CHECKING

from .plotting import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def to_svg(figure: Figure, name: str) -> str:
    """The figure as the text of an SVG file; `name` seeds its ids, so that they do not change from run to run."""
    import matplotlib as mpl

    buffer = StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the fonts are the reader's, not matplotlib's
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "admodes"})
    return _FORBIDDEN.sub("\ufffd", buffer.getvalue())  # XML has no such characters, and names of others may hold some
