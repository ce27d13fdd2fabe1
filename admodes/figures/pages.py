"""Self-contained pages: templates, the house's colours in light and dark, and scripts that the content policy admits."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .palette import ROLES

_THEME = Path(__file__).parent


def render(
    folder: Path, template: str, content: Mapping[str, Any], filters: Mapping[str, Callable[..., Any]] | None = None
) -> str:
    """A template of `folder`, filled in. What a page shows is escaped; other kinds of files say themselves what they escape.

    Parameters
    ----------
    folder : Path
        Of the template and of what it includes; ``theme.css.j2`` is there for all.
    template : str
        Its name; one that ends in ``.html.j2`` makes a page.
    content : mapping
        Names of the template. A name that it asks for in vain is an error.
    filters : mapping, optional

    Returns
    -------
    str
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _THEME]),
        autoescape=template.endswith(".html.j2"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters or {})
    return environment.get_template(template).render({"roles": ROLES} | dict(content))


def with_script(path: Path) -> dict[str, Any]:
    """What a page needs to hold the script at `path`: ``script``, and ``digest`` for its content policy."""
    from markupsafe import Markup

    script = path.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {"script": Markup(script), "digest": digest}  # noqa: S704 - a script of our own
