"""What a collection of rows over many sizes can draw beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .collection import RowCollection
from .cost import Theory, draw_cost
from .map import Crossover, draw_map
from .plotting import drawing_on
from .quantities import MEMORY, OPERATIONS, TIME, Quantity

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class GridCollection(RowCollection):
    """Rows of one or more functions at many sizes."""

    def plot_cost(
        self,
        axis: str = "inputs",
        ax: Axes | None = None,
        *,
        fixed: int | None = None,
        over_f: bool = False,
        theory: Theory | None = None,
    ) -> Axes:
        """The time of a derivative against the number of inputs or outputs, a line for each method.

        Of several problems and operators, those with the most sizes are drawn: `filter` chooses others.

        Parameters
        ----------
        axis : str
            "inputs" or "outputs".
        ax : matplotlib.axes.Axes, optional
            A figure of its own by default.
        fixed : int, optional
            The number of the other size. By default the smallest with the most points.
        over_f : bool
            Whether to draw it in units of the time of f.
        theory : mapping, optional
            Method -> exponent of the size, or function of it, with which its cost grows in units of f; drawn as a dotted line
            through its largest point. By default what the modes' theory says; ``{}`` for none.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        NothingToDrawError
            If no row has a time.
        OptionError
            If the axis is not known.
        """
        return self._plot_against(axis, ax, TIME.over_f() if over_f else TIME, fixed, theory)

    def plot_operations(
        self, axis: str = "inputs", ax: Axes | None = None, *, fixed: int | None = None, over_f: bool = False
    ) -> Axes:
        """The elementary operations of a derivative, counted, against the number of inputs or outputs; as `plot_cost`."""
        return self._plot_against(axis, ax, OPERATIONS.over_f() if over_f else OPERATIONS, fixed, None)

    def plot_memory(
        self, axis: str = "inputs", ax: Axes | None = None, *, fixed: int | None = None, over_f: bool = False
    ) -> Axes:
        """The most memory that a derivative held at one moment, against the number of inputs or outputs; as `plot_cost`."""
        return self._plot_against(axis, ax, MEMORY.over_f() if over_f else MEMORY, fixed, {})

    def _plot_against(self, axis: str, ax: Axes | None, quantity: Quantity, fixed: int | None, theory: Theory | None) -> Axes:
        with drawing_on(ax) as axes:
            return draw_cost(axes, self.rows, axis, quantity=quantity, fixed=fixed, theory=theory)

    def plot_map(self, ax: Axes | None = None, *, crossover: Crossover | None = None) -> Axes:
        """The cheapest method for every number of inputs and outputs; ties have the colours of all that tie.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            A figure of its own by default.
        crossover : callable, optional
            A number of inputs -> the number of outputs at which two methods cost the same; drawn as a line. By default the
            one that was fitted to these rows, where there is one.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        NothingToDrawError
            If no row has a verified derivative with a time.
        """
        with drawing_on(ax, 5.2) as axes:
            return draw_map(axes, self.rows, crossover or self._fitted_crossover())

    def _fitted_crossover(self) -> Crossover | None:
        """The line between two methods, where something was fitted."""
        return None
