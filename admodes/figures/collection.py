"""What every collection of rows can do: be filtered, become a data frame, draw itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

from ..rows import Row
from .choosing import choose
from .errors import draw_errors, error_height
from .frames import to_frame
from .pareto import draw_pareto
from .plotting import drawing_on
from .preparation import draw_break_even

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class RowCollection(ABC):
    """An iterable of rows.

    Every ``plot_...`` method draws on the axes that it is given as ``ax``, in whatever style they have, or makes a figure of
    its own, and returns the axes. Where there is nothing to draw it raises `NothingToDrawError`, which says why.
    """

    if TYPE_CHECKING:
        # For type checkers only: a dataclass that inherits a property takes it for the default of its field.
        @property
        def rows(self) -> Sequence[Row]:
            """The rows."""

    @abstractmethod
    def _with_rows(self, rows: list[Row]) -> Self:
        """The same with fewer rows."""

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def filter(self, condition: Callable[[Row], Any] | None = None, /, **columns: Any) -> Self:
        """The rows that meet all conditions.

        Parameters
        ----------
        condition : callable, optional
            Called with a row: ``lambda row: row.error < 1e-12``.
        **columns
            A value or several for any column of a row: ``method="reverse"``, ``inputs=[16, 64]``, ``status="ok"``.

        Returns
        -------
        The same kind of collection.

        Raises
        ------
        OptionError
            If there is no such column or status, or no row of that problem or operator.
        UnknownMethodError
            If no row is of that method.
        """
        return self._with_rows(choose(self.rows, condition, columns))

    def to_pandas(self) -> Any:
        """One line a row, as a data frame of pandas; each timing becomes flat columns such as ``time_minimum``.

        Raises
        ------
        UnsupportedError
            If pandas is not installed.
        """
        return to_frame(self.rows)

    def plot_error(self, ax: Axes | None = None) -> Axes:
        """The errors of each method, one point a row; hollow where the derivative is not verified.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            A figure of its own by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        NothingToDrawError
            If no row has an error.
        """
        with drawing_on(ax, error_height(self.rows)) as axes:
            return draw_errors(axes, self.rows)

    def plot_pareto(self, ax: Axes | None = None) -> Axes:
        """Error against cost in units of f, with the front of the methods that none beats in both.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            A figure of its own by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        NothingToDrawError
            If no row has both.
        """
        with drawing_on(ax) as axes:
            return draw_pareto(axes, self.rows)

    def plot_break_even(self, ax: Axes | None = None) -> Axes:
        """The total time of k calls, prepared and not: of several cells, the one with the most prepared methods.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            A figure of its own by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        NothingToDrawError
            If nothing was prepared.
        """
        with drawing_on(ax) as axes:
            return draw_break_even(axes, self.rows)
