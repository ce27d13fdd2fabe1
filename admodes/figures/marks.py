"""What a drawn thing stands for: pages read it to switch series on and off and to show exact values.

An artist is marked once it is on its axes. In the SVG it becomes a group whose id is the mark's; the labels belong to
its points, in the order in which they were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure


class Mark(NamedTuple):
    """What an artist stands for.

    Attributes
    ----------
    series : str
        The name by which a page switches it on and off, usually a method's; "" for what always stays.
    labels : tuple of str
        One for each point, such as ``"forward, 64 inputs: 31.2 µs"``; a single one for an artist without points.
    field : bool
        Whether it is part of a surface that would have a hole without it: a page dims it and leaves it where it is.
    """

    series: str
    labels: tuple[str, ...]
    field: bool = False


_marks: WeakKeyDictionary[Figure, dict[str, Mark]] = WeakKeyDictionary()


def mark(artist: Artist, series: str, labels: Sequence[str] = (), *, field: bool = False) -> None:
    """Note what `artist`, which is on its axes already, stands for.

    Parameters
    ----------
    artist : Artist
    series : str
    labels : sequence of str
    field : bool
    """
    figure = artist.get_figure(root=True)
    if figure is None:
        return
    marks = _marks.setdefault(figure, {})
    name = f"mark-{len(marks)}"
    artist.set_gid(name)
    marks[name] = Mark(series, tuple(labels), field)


def marks_of(figure: Figure) -> dict[str, Mark]:
    """Id in the SVG -> what it stands for."""
    return dict(_marks.get(figure, {}))
