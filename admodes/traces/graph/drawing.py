"""A computation graph on matplotlib axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.artist import Artist
from matplotlib.colors import to_rgba
from matplotlib.legend_handler import HandlerPatch
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, Patch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.text import Text

from ...figures.palette import INK, MUTED, RULE, Role
from ...figures.plotting import STYLE, add_legend, literal
from .boxes import ADJOINT, TANGENT, Lines, Placed, edge_word, place_words
from .layout import Box, Layout, Point
from .sketch import CONSTANT, INPUT, OPERATION, OUTPUT, SUMMARY, Sketch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase

#: How much larger than measured a small graph is drawn at most.
_LARGEST = 1.25
_MARGIN = 6.0
#: Inches between a picture and the ends of its figure.
_PAD = 0.12
#: Of an arrow: its length, half of its width.
_ARROW = 6.0, 2.7
#: The corners of an input.
_ROUND = 16.0
_KINDS = {
    INPUT: "input",
    CONSTANT: "constant",
    OPERATION: "operation",
    OUTPUT: "output",
    SUMMARY: "several together",
}


class _Group(Artist):
    """Shapes and words that belong together: one group of an SVG, whose letters and lines grow with the axes.

    Letters of a fixed size would leave their boxes as soon as the axes have another size than they had when they were drawn.
    """

    def __init__(self, axes: Axes, name: str, shapes: Sequence[Patch], words: Sequence[Text]) -> None:
        super().__init__()
        self.set_gid(name)
        self.set_in_layout(False)
        self.children = [*shapes, *words]
        self._sizes = [(word, float(word.get_fontsize())) for word in words]
        self._widths = [(shape, float(shape.get_linewidth())) for shape in shapes]
        for child in self.children:
            child.axes = axes
            child.set_figure(axes.figure)
            child.set_transform(axes.transData)
        axes.add_artist(self)

    def draw(self, renderer: RendererBase) -> None:
        if not self.get_visible():
            return
        scale = scale_of(self.axes)  # type: ignore[arg-type]  # it was put on axes when it was made
        for word, size in self._sizes:
            word.set_fontsize(max(0.1, size * scale))
        for shape, width in self._widths:
            shape.set_linewidth(width * scale)
        renderer.open_group("group", self.get_gid())
        for child in self.children:
            child.draw(renderer)
        renderer.close_group("group")
        self.stale = False


def scale_of(axes: Axes) -> float:
    """How many points a unit of the picture is on these axes."""
    figure = axes.get_figure(root=True)
    across = axes.transData.transform([(0, 0), (1, 0)])
    return float(abs(across[1, 0] - across[0, 0])) * 72 / (figure.dpi if figure else 72)


def draw(axes: Axes, sketch: Sketch, lines: Sequence[Lines], layout: Layout, *, legend: bool = True) -> Axes:
    """Draw a graph that is laid out, with its legend above and its note below.

    Parameters
    ----------
    axes : Axes
        Its face, or that of its figure, says whether colours for a light or for a dark ground are used.
    sketch : Sketch
    lines : sequence
        The words of each cell.
    layout : Layout
    legend : bool

    Returns
    -------
    Axes
    """
    dark = is_dark(axes)
    _fit(axes, layout)
    drawn: set[Any] = set()
    for number, (link, path, label) in enumerate(zip(sketch.links, layout.paths, layout.labels, strict=True)):
        line = _line(path, label, drawn)
        texts = [_text(Placed(edge_word(link.label), label.x, label.y, "center"), dark)] if label else []
        _Group(axes, f"edge-{number}", _arrow(line, path[-1], dark), texts)
    for number, (cell, words, box) in enumerate(zip(sketch.cells, lines, layout.nodes, strict=True)):
        shapes = _shapes(cell.kind, box, dark)
        _Group(axes, f"node-{number}", shapes, [_text(word, dark) for word in place_words(words, box.x, box.y)])
    if legend:
        _add_keys(axes, sketch, dark)
    if sketch.note:
        axes.annotate(
            literal(sketch.note),
            (0, 0),
            xytext=(0, -3),
            xycoords="axes fraction",
            textcoords="offset points",
            va="top",
            fontsize=9,
            color=_color(MUTED, dark),
        )
    return axes


def is_dark(axes: Axes) -> bool:
    """Whether what lies under the axes is dark; transparent axes on a transparent figure are on paper."""
    figure = axes.get_figure(root=True)
    for face in (axes.get_facecolor(), figure.get_facecolor() if figure else "white"):
        red, green, blue, alpha = to_rgba(face)
        if alpha > 0.5:
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.45
    return False


def _color(role: Role, dark: bool) -> str:
    return role.dark if dark else role.light


def fit_figure(axes: Axes, layout: Layout) -> None:
    """Make the figure of the axes as high as the picture needs, with its legend and its note.

    Parameters
    ----------
    axes : Axes
        With the picture on them, alone in their figure.
    layout : Layout
    """
    figure, legend = axes.get_figure(root=True), axes.get_legend()
    if figure is None:
        return
    figure.set_layout_engine("none")
    width = figure.get_figwidth() - 2 * _PAD
    scale = min(_LARGEST, width * 72 / (layout.width + 2 * _MARGIN))
    height = (layout.height + 2 * _MARGIN) * scale / 72
    above = legend.get_window_extent().height / figure.dpi if legend else 0.0
    below = sum(text.get_window_extent().height for text in axes.texts) / figure.dpi
    total = _PAD + below + height + above + _PAD
    figure.set_size_inches(width + 2 * _PAD, total)
    axes.set_position((_PAD / (width + 2 * _PAD), (_PAD + below) / total, width / (width + 2 * _PAD), height / total))
    axes.set_xlim(-_MARGIN, width * 72 / scale - _MARGIN)


def _fit(axes: Axes, layout: Layout) -> None:
    """Limits that hold the whole picture, in the middle; y is downwards, and a unit is as long in both directions."""
    figure = axes.get_figure(root=True)
    points = 72 / (figure.dpi if figure else 72) / _LARGEST
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    # So wide that letters become no larger than they should in the height that there is, or the other way round.
    width = max(width, min(axes.bbox.width * points, width * _LARGEST * 4))
    x, y = layout.width / 2, layout.height / 2
    axes.set(xlim=(x - width / 2, x + width / 2), ylim=(y + height / 2, y - height / 2))
    axes.set_aspect("equal", adjustable="box", anchor="NW")
    axes.set_axis_off()


def _shapes(kind: str, box: Box, dark: bool) -> list[Patch]:
    """Inputs are round, constants have no border, outputs have a thick one, and what is summed up a dashed one."""
    patch = _rounded(box, _ROUND if kind == INPUT else 5.0)
    return [_paint(patch, kind, dark)]


def _rounded(box: Box, corner: float) -> FancyBboxPatch:
    style = f"round,pad=0,rounding_size={min(corner, box.height / 2, box.width / 2)}"
    return FancyBboxPatch((box.left, box.top), box.width, box.height, boxstyle=style)


def _paint(patch: Patch, kind: str, dark: bool) -> Patch:
    role = MUTED if kind in (OPERATION, SUMMARY) else INK
    patch.set(
        facecolor=to_rgba(_color(RULE, dark), 0.45) if kind in (INPUT, CONSTANT) else "none",
        edgecolor="none" if kind == CONSTANT else _color(role, dark),
        linewidth=2.4 if kind == OUTPUT else 1.1,
        linestyle=(0, (4, 3)) if kind == SUMMARY else "-",
    )
    return patch


def _text(placed: Placed, dark: bool) -> Text:
    word = placed.word
    return Text(
        placed.x,
        placed.y,
        word.text,
        color=_color(word.role, dark),
        fontsize=word.size,
        fontweight="bold" if word.bold else "normal",
        fontfamily=STYLE["font.family"],
        horizontalalignment=placed.align,
        verticalalignment="center_baseline",
        parse_math=False,
    )


def _line(path: Sequence[Point], label: Box | None, drawn: set[Any]) -> Path:
    """A curve that is interrupted where its label stands, without what it shares with edges that are drawn already.

    Lines that are drawn over each other look bolder than others.
    """
    vertices: list[Point] = []
    codes = []
    for place in range(0, len(path) - 1, 3):
        curve = tuple(path[place : place + 4])
        start, *piece = curve
        if curve in drawn:
            continue
        drawn.add(curve)
        if not vertices:
            vertices, codes = [start], [Path.MOVETO]
        if label and start[1] == piece[-1][1] == label.y and start[0] <= label.x <= piece[-1][0]:
            vertices += [(label.left, label.y), (label.right, label.y), piece[-1]]
            codes += [Path.LINETO, Path.MOVETO, Path.LINETO]
        else:
            vertices += piece
            codes += [Path.CURVE4] * 3
    # It ends inside of the arrow, which would not be pointed otherwise.
    x, y = vertices[-1]
    vertices[-1] = (x - _ARROW[0] / 2, y)
    return Path(vertices, codes)


def _arrow(line: Path, end: Point, dark: bool) -> list[Patch]:
    (length, half), (x, y) = _ARROW, end
    color = _color(MUTED, dark)
    tip = [(x, y), (x - length, y - half), (x - length, y + half)]
    return [
        PathPatch(line, facecolor="none", edgecolor=color, linewidth=1.1, capstyle="butt"),
        Polygon(tip, closed=True, facecolor=color, edgecolor="none", linewidth=0),
    ]


def _add_keys(axes: Axes, sketch: Sketch, dark: bool) -> None:
    """The legend: what the shapes of the boxes and the colours of the numbers mean."""
    kinds = {cell.kind for cell in sketch.cells}
    handles: list[Artist] = []
    for kind, label in _KINDS.items():
        if kind in kinds:
            handles.append(_paint(_rounded(Box(0, 0, 1, 1), 1.0 if kind == INPUT else 0.3), kind, dark))
            handles[-1].set_label(label)
    handles.append(_key("value", "$1.5$", INK, dark, size=17))
    if sketch.seed:
        handles.append(_key(f"tangent: derivative by {sketch.seed}", r"$\rightarrow$", TANGENT, dark))
    if sketch.result:
        handles.append(_key(f"adjoint: derivative of {sketch.result}", r"$\leftarrow$", ADJOINT, dark))
    if any(link.label for link in sketch.links):
        handles.append(_key("local derivative", "$1.5$", MUTED, dark, size=15))
    add_legend(axes, handles=handles, handlers={FancyBboxPatch: HandlerPatch(_small_box)})
    legend = axes.get_legend()
    if legend is not None:
        for handle, text in zip(handles, legend.get_texts(), strict=True):
            color = handle.get_color() if isinstance(handle, Line2D) else _color(INK, dark)
            text.set(color=color, fontsize=9.5)


def _key(label: str, marker: str, role: Role, dark: bool, size: float = 11) -> Line2D:
    color = _color(role, dark)
    return Line2D([], [], linestyle="", marker=marker, markersize=size, color=color, markeredgewidth=0.3, label=literal(label))


def _small_box(
    legend: Any, orig_handle: Patch, xdescent: float, ydescent: float, width: float, height: float, fontsize: float
) -> Patch:
    """A box of the legend, with the corners of those in the picture."""
    box = Box(width / 2 - xdescent, height / 2 - ydescent, width, height * 1.3)
    return _rounded(box, height if orig_handle.get_label() == _KINDS[INPUT] else 2.5)
