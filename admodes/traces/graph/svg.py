"""A computation graph as an SVG file: with words for those who do not see it, and for light and dark readers."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from ...figures.palette import ROLES
from ...formatting import plural
from .sketch import INPUT, OUTPUT, Cell, Sketch

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"


def finish_svg(text: str, sketch: Sketch) -> str:
    """The SVG of a figure with a title, a description, a hint on each box, and the colours of dark pages.

    Parameters
    ----------
    text : str
        As `admodes.figures.svg.to_svg` returns.
    sketch : Sketch

    Returns
    -------
    str
        Groups of boxes are called ``node-0``, ``node-1``, ... in the order of the cells, those of edges ``edge-0``, ...
    """
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(text)  # noqa: S314 - our own SVG
    for unwanted in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(unwanted)
    groups = {element.get("id"): element for element in root.iter(f"{{{_SVG}}}g")}
    for number, cell in enumerate(sketch.cells):
        group = groups[f"node-{number}"]
        group.set("class", cell.kind)
        group.insert(0, _element("title", _hint(cell)))
    root.set("role", "img")
    root.set("aria-labelledby", "graph-title graph-description")
    root.insert(0, _element("style", _dark_style()))
    root.insert(0, _element("desc", describe(sketch), "graph-description"))
    root.insert(0, _element("title", f"Computation graph of {sketch.title}", "graph-title"))
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def describe(sketch: Sketch) -> str:
    """What a screen reader says: how much there is, then each operation with its numbers."""
    parts = [plural(len(sketch.links), "edge")]
    for kind, noun in ((INPUT, "input"), (OUTPUT, "output")):
        count = sum(cell.kind == kind for cell in sketch.cells)
        parts.append(plural(count, noun))
    return f"{', '.join(parts)}. {sketch.note + ' ' if sketch.note else ''}{' '.join(f'{_hint(cell)}.' for cell in sketch.cells)}"


def _hint(cell: Cell) -> str:
    words = [cell.formula or cell.label]
    for name, text in (("", cell.value), ("tangent ", cell.tangent), ("adjoint ", cell.adjoint)):
        if text:
            words.append(f"{name}{text}")
    return _allowed("; ".join(words))


def _allowed(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _element(tag: str, text: str, name: str = "") -> ET.Element:
    element = ET.Element(f"{{{_SVG}}}{tag}", {"id": name} if name else {})
    element.text = text
    return element


def _dark_style() -> str:
    """Each colour's counterpart, for readers of dark pages; programs that know no such rules keep the light ones."""
    return "@media (prefers-color-scheme: dark) { " + " ".join(_rules()) + " }"


def _rules() -> Iterable[str]:
    for role in ROLES:
        for attribute in ("fill", "stroke"):
            yield f'[style*="{attribute}: {role.light}"] {{ {attribute}: {role.dark} !important }}'
