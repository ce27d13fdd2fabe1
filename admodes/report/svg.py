"""Figures as SVG in a page, in the page's colours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from ..figures.marks import Mark
from ..figures.palette import ROLES

_COLORS = {role.light: f"var(--{role.variable})" for role in ROLES}
#: Attributes that hold coordinates. A page shows figures at about their own size: hundredths of a point are enough there.
_COORDINATES = ("d", "x", "y", "transform", "width", "height", "points")


@dataclass(frozen=True)
class Inline:
    """A figure for a page.

    Parameters
    ----------
    markup : str
        An ``<svg>`` element. What stands for a series has ``data-series``, what has labels ``data-mark``.
    labels : dict of str to tuple of str
        ``data-mark`` -> one label for each point, or a single one for the whole group.
    """

    markup: str
    labels: dict[str, tuple[str, ...]]


def to_inline(svg: str, name: str, description: str, marks: Mapping[str, Mark] | None = None) -> Inline:
    """The SVG for a page: small, with ids that are unique there, the page's colours and font, and a text alternative.

    Parameters
    ----------
    svg : str
        As `admodes.figures.svg.to_svg` returns.
    name : str
        Unique in the page.
    description : str
        What a screen reader says.
    marks : mapping of str to Mark, optional
        As `marks_of` returns for the figure.

    Returns
    -------
    Inline
    """
    source = ET.fromstring(svg)  # noqa: S314 - our own SVG
    root = _plain(source)
    for unwanted in ("metadata", "style"):
        _remove(root, unwanted)
    labels = _mark(root, marks or {})
    _rename(root, name)
    for element in root.iter():
        if element.tag == "g":
            _share_style(element)
    for element in root.iter():
        _shrink(element)
    root.attrib = {"viewBox": source.get("viewBox", ""), "role": "img", "aria-label": description}
    return Inline(ET.tostring(root, encoding="unicode", short_empty_elements=False), labels)


def _plain(element: ET.Element) -> ET.Element:
    """A copy without namespaces, as HTML writes SVG, and without the space between elements."""
    copy = ET.Element(element.tag.rpartition("}")[2], {key.rpartition("}")[2]: value for key, value in element.attrib.items()})
    copy.text = element.text if element.text and element.text.strip() else None
    copy.extend(_plain(child) for child in element)
    return copy


def _remove(element: ET.Element, tag: str) -> None:
    for child in list(element):
        if child.tag == tag:
            element.remove(child)
        else:
            _remove(child, tag)


def _mark(root: ET.Element, marks: Mapping[str, Mark]) -> dict[str, tuple[str, ...]]:
    """Put series and marks on their groups; the labels of those whose points are all there."""
    labels: dict[str, tuple[str, ...]] = {}
    for element in root.iter():
        mark = marks.get(element.get("id", ""))
        if mark is None:
            continue
        if mark.series:
            element.set("data-field" if mark.field else "data-series", mark.series)
        # A point outside of the paper is not drawn: which labels are left for the others is not known then.
        points = sum(1 for _ in element.iter("use"))
        if mark.labels and len(mark.labels) in (1, points):
            key = str(len(labels))
            element.set("data-mark", key)
            labels[key] = mark.labels
    return labels


def _rename(root: ET.Element, name: str) -> None:
    """Short ids for what is referred to, none for the rest."""
    used = {reference for element in root.iter() for reference in _references(element)}
    names = {old: f"{name}-{number}" for number, old in enumerate(sorted(used))}
    for element in root.iter():
        old = element.attrib.pop("id", None)
        if old in names:
            element.set("id", names[old])
        for key, value in element.attrib.items():
            if key == "href":
                element.set(key, f"#{names[value[1:]]}")
            elif "url(#" in value:
                element.set(key, re.sub(r"url\(#([^)]+)\)", lambda match: f"url(#{names[match[1]]})", value))


def _references(element: ET.Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        if key == "href":
            yield value[1:]
        else:
            yield from re.findall(r"url\(#([^)]+)\)", value)


def _shrink(element: ET.Element) -> None:
    for key in _COORDINATES:
        if key in element.attrib:
            short = re.sub(r"\d+\.\d{3,}", lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), element.get(key, ""))
            element.set(key, " ".join(short.split()))
    if (style := element.get("style")) is not None:
        style = re.sub(r"font-family: [^;]*", "font-family: var(--font)", style)
        style = re.sub(r"font: ([^;]*?)([\d.]+px) [^;]*", r"font: \1\2 var(--font)", style)
        element.set("style", re.sub(r"#[0-9a-f]{6}\b", lambda match: _COLORS.get(match[0], match[0]), style))


def _share_style(group: ET.Element) -> None:
    """Points of one style say so once. An opacity of the group would blend their overlaps otherwise: it is passed on."""
    styles = {child.get("style") for child in group if child.tag == "use"}
    if len(group) < 2 or len(styles) != 1 or any(child.tag != "use" for child in group):
        return
    (style,) = styles
    if style:
        group.set("style", re.sub(r"(?<![-\w])opacity: ([\d.]+)", r"fill-opacity: \1; stroke-opacity: \1", style))
        for child in group:
            del child.attrib["style"]
