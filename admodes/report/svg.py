"""Figures as SVG: the same bytes for the same data, in a file with fixed colours, in a page with the page's."""

from __future__ import annotations

import html
import re
from io import StringIO
from typing import TYPE_CHECKING

from ..figures.palette import ROLES
from ..figures.plotting import STYLE

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def to_svg(figure: Figure, name: str) -> str:
    """The figure as the text of an SVG file; `name` seeds its ids, so that they do not change from run to run."""
    import matplotlib as mpl

    buffer = StringIO()
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "admodes"})
    return buffer.getvalue()


def to_inline(svg: str, name: str, description: str) -> str:
    """The SVG for a page: no prolog, ids that are unique in the page, the page's colours and font, a text alternative.

    Parameters
    ----------
    svg : str
        As `to_svg` returns.
    name : str
        Unique in the page.
    description : str
        What a screen reader says.

    Returns
    -------
    str
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", body)
    body = re.sub(r"font: ([^;\"']*?)([\d.]+px) [^;\"]*(?=[;\"])", r"font: \1\2 var(--font)", body)
    for role in ROLES:
        body = body.replace(role.light, f"var(--{role.variable})")
    opening = re.match(r"<svg[^>]*>", body)
    if opening is None:  # pragma: no cover - matplotlib always writes it
        return body
    box = re.search(r'viewBox="[^"]+"', opening.group())
    start = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {box.group() if box else ""}'
    title = html.escape(description)
    return f'{start} role="img" aria-label="{title}"><title>{title}</title>{body[opening.end() :].strip()}'
