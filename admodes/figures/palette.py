"""Colours and markers: one for each method, the same in every figure and table, in light and dark.

Colours differ in lightness as well as in hue, and every method has a marker and a line style of
its own, so that nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """Something that is drawn in its own colour.

    Parameters
    ----------
    variable : str
        Name of the CSS variable that holds the colour in a page.
    light, dark : str
        The colour on a light and on a dark ground.
    """

    variable: str
    light: str
    dark: str


@dataclass(frozen=True)
class Style:
    """How a method is drawn: role, matplotlib marker and line style, and the marker as a character."""

    role: Role
    marker: str
    line: str
    glyph: str

    @property
    def color(self) -> str:
        """The colour of files and of light pages."""
        return self.role.light


INK = Role("ink", "#1f2a37", "#e7ebf0")
MUTED = Role("muted", "#5c6978", "#a3afbd")
RULE = Role("rule", "#d9dee5", "#3a444f")
PAPER = Role("paper", "#fefefe", "#161b21")

_NAMED = {
    "finite": Style(Role("finite", "#b4530a", "#ffa45c"), "s", "--", "■"),
    "symbolic": Style(Role("symbolic", "#93397f", "#e8a0d8"), "D", ":", "◆"),
    "forward": Style(Role("forward", "#0a5fa6", "#74bcff"), "o", "-", "●"),
    "reverse": Style(Role("reverse", "#027a5e", "#45d6ab"), "^", "-", "▲"),
    "complex": Style(Role("complex", "#6f6202", "#e0cd5a"), "P", "-.", "✚"),
}
_OTHERS = (
    Style(Role("other-1", "#ab2440", "#ff93a8"), "v", "--", "▼"),
    Style(Role("other-2", "#4a4ec2", "#a9acff"), "X", "-.", "✖"),
    Style(Role("other-3", "#3d5a12", "#a9cf63"), "p", ":", "⬟"),
    Style(Role("other-4", "#7a4a2b", "#d9ab8a"), "*", "--", "★"),
)

#: Everything that a page colours by a variable.
ROLES = (INK, MUTED, RULE, PAPER, *(style.role for style in (*_NAMED.values(), *_OTHERS)))


def styles_of(methods: Sequence[str]) -> dict[str, Style]:
    """A style for each method: its own for those of admodes, the next free one for others."""
    styles = {}
    others = 0
    for method in methods:
        if method in _NAMED:
            styles[method] = _NAMED[method]
        else:
            styles[method] = _OTHERS[others % len(_OTHERS)]
            others += 1
    return styles
