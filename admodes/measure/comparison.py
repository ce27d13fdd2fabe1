"""`compare`: every method on one function at one point, measured alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from ..errors import OptionError
from ..figures.collection import RowCollection
from ..figures.dots import draw_times
from ..figures.plotting import drawing_on
from ..methods import available_methods, find_differentiator
from ..rows import Row
from .recommendation import Recommendation, recommend
from .subject import Subject
from .table import comparison_html, comparison_text
from .trials import Effort, measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False)
class Comparison(RowCollection):
    """What `compare` found: it prints as a table, and ``comparison["reverse"]`` is the row of one method.

    Parameters
    ----------
    rows : tuple of Row
        One a method, in the order of the methods.
    recommendation : Recommendation
        The method to use (None where none works) and the reason.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.measure import compare
    >>> comparison = compare(np.sin, 0.5, ["forward", "reverse"], reference=np.cos, rounds=2)
    >>> [(row.method, row.calls, round(row.digits)) for row in comparison]
    [('forward', 1, 16), ('reverse', 1, 16)]
    >>> comparison.recommendation.method in ("forward", "reverse")
    True
    """

    rows: tuple[Row, ...]
    recommendation: Recommendation

    def _with_rows(self, rows: list[Row]) -> Self:
        return type(self)(tuple(rows), recommend(rows) if rows else Recommendation(None, "No method is left."))

    def __getitem__(self, method: str) -> Row:
        for row in self.rows:
            if row.method == method:
                return row
        raise KeyError(f"{method!r} was not compared; the methods are {', '.join(row.method for row in self.rows)}.")

    def to_dict(self) -> dict[str, Any]:
        """All rows and the recommendation as plain numbers, text and lists."""
        advice = {"method": self.recommendation.method, "reason": self.recommendation.reason}
        return {"rows": [row.to_dict() for row in self.rows], "recommendation": advice}

    def __str__(self) -> str:
        return comparison_text(self.rows, self.recommendation)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return comparison_html(self.rows, self.recommendation)

    def plot_cost(self, ax: Axes | None = None) -> Axes:
        """The time of each method with the quartiles of its samples, beside the time of f; a cross where it was stopped.

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
            If no method has a time.
        """
        with drawing_on(ax, 1.6 + 0.4 * len(self.rows)) as axes:
            return draw_times(axes, self.rows)


def compare(
    f: Callable[..., Any],
    x: Any,
    methods: Sequence[Any] | None = None,
    *,
    args: Sequence[Any] = (),
    reference: Any = None,
    rounds: int = 15,
    budget: float = 20.0,
    tolerance: float | None = None,
) -> Comparison:
    """Accuracy and cost of every method on f at x, with a recommendation.

    Parameters
    ----------
    f : callable
        Called as ``f(x, *args)``; plain NumPy.
    x : array_like or container
    methods : sequence of str or Differentiator, optional
        All that are available by default; "auto" chooses one of them and is compared only if named here.
    args : tuple
        Further positional arguments of f.
    reference : array_like, container or callable, optional
        The exact derivative, or a function ``reference(x, *args)`` that returns it. Without it, expressions of f are
        evaluated by mpmath at 30 and at 60 digits, where f has few enough of them and an independent method confirms
        them; else methods that share no derivative code are compared with each other. The rows say which.
    rounds : int
        Interleaved rounds of timing.
    budget : float
        Seconds for each method; what takes longer is stopped and its status says "timeout".
    tolerance : float, optional
        Relative error up to which the status is "ok". By default 1e-6, in single precision 1e-3.

    Returns
    -------
    Comparison
        One row a method: status, error, calls of f, operations, seconds of f and of the derivative.

    Raises
    ------
    InputError
        If x holds NaN or infinity.
    UnknownMethodError
        If a method does not exist.
    ShapeError
        If the reference does not have shape ``f(x).shape + x.shape``.

    Examples
    --------
    >>> import numpy as np
    >>> from admodes.measure import compare
    >>> result = compare(lambda x: np.sum(np.sin(x)), np.arange(3.0), ["forward", "finite"], reference=np.cos, rounds=3)
    >>> [row.status for row in result]
    ['ok', 'ok']
    >>> result["forward"].calls
    1
    """
    table = method_table(methods)
    rows = measure(Subject.at(f, x, args), table, Effort(rounds, budget), reference=reference, tolerance=tolerance)
    return Comparison(tuple(rows), recommend(rows))


def method_table(methods: Sequence[Any] | None) -> dict[str, Any]:
    """Name -> what `differentiate` takes as ``method=``.

    Raises
    ------
    UnknownMethodError
        If one does not exist.
    OptionError
        If there is none.
    """
    table: dict[str, Any] = {}
    if methods is None:
        methods = [name for name in available_methods() if name != "auto"]
    for method in [methods] if isinstance(methods, str) else methods:
        name = find_differentiator(method).name
        label, count = name, 2
        while label in table:
            label, count = f"{name} ({count})", count + 1
        table[label] = method
    if not table:
        raise OptionError(f"methods is empty: name at least one of {', '.join(available_methods())}.")
    return table
